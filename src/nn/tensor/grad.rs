//! Recording and derivatives: reverse-mode automatic differentiation through burn's autodiff backend.

use super::{Dtype, Tensor};
use crate::{Error, Result};
use burn::backend::ops::FloatTensorOps;
use burn::backend::{AutodiffBackend, Dispatch};
use std::cell::Cell;

thread_local! {
    static RECORDING: Cell<bool> = const { Cell::new(true) };
}

/// Whether operations on this thread are recorded for `backward`.
pub fn grad_enabled() -> bool {
    RECORDING.with(Cell::get)
}

/// Runs `work` without recording it: cheaper, and nothing in it is differentiated.
pub fn no_grad<T>(work: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            RECORDING.with(|r| r.set(self.0));
        }
    }
    let _restore = Restore(RECORDING.with(|r| r.replace(false)));
    work()
}

/// What `backward` found: the derivative of one number by every tensor that asked for it.
pub struct Gradients(<Dispatch as AutodiffBackend>::Gradients);

impl Gradients {
    /// The derivative by `tensor`, of its shape; `None` if the number does not depend on it.
    pub fn get(&self, tensor: &Tensor) -> Option<Tensor> {
        if !tensor.recorded {
            return None;
        }
        let raw = <Dispatch as AutodiffBackend>::grad(&tensor.raw, &self.0)?;
        Some(Tensor { raw, dtype: tensor.dtype, recorded: false })
    }
}

impl Tensor {
    /// The same numbers as a new leaf whose derivative `backward` will find.
    ///
    /// # Errors
    /// If the elements are not floating-point numbers.
    pub fn require_grad(&self) -> Result<Self> {
        if !self.dtype.is_float() {
            return Err(Error::shape(
                "requires_grad",
                format!("only f32 and f64 have derivatives, got {}", self.dtype),
            ));
        }
        let leaf = <Dispatch as AutodiffBackend>::from_inner(self.plain().raw);
        Ok(Self { raw: Dispatch::float_set_require_grad(leaf, true), dtype: self.dtype, recorded: true })
    }

    /// Whether its history is recorded, so that `backward` can pass through it.
    pub fn is_recorded(&self) -> bool {
        self.recorded && Dispatch::is_tracked(&self.raw)
    }

    /// The derivatives of this one number by every leaf it was computed from.
    ///
    /// # Errors
    /// If it is not one number, or was not computed from a leaf with [`Tensor::require_grad`].
    pub fn backward(&self) -> Result<Gradients> {
        if self.len() != 1 {
            return Err(Error::shape("backward", format!("needs one number, got shape {:?}", self.shape())));
        }
        if !self.is_recorded() {
            return Err(Error::value(
                "backward: nothing here requires a gradient (set `requires_grad` on a tensor before using it)",
            ));
        }
        Ok(Gradients(<Dispatch as AutodiffBackend>::backward(self.raw.clone())))
    }

    /// The tensor in the backend that operations on `self` and `others` must share.
    pub(in crate::nn) fn in_backend(&self, recorded: bool) -> burn::backend::DispatchTensor {
        let t = if grad_enabled() { self.clone() } else { self.plain() };
        if t.recorded || !recorded || !grad_enabled() {
            return t.raw;
        }
        match t.dtype {
            Dtype::F32 | Dtype::F64 => <Dispatch as AutodiffBackend>::from_inner(t.raw),
            Dtype::I32 => <Dispatch as AutodiffBackend>::int_from_inner(t.raw),
            Dtype::Bool => <Dispatch as AutodiffBackend>::bool_from_inner(t.raw),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Device;
    use super::*;

    fn leaf(values: &[f32]) -> Tensor {
        Tensor::from_vec(values.to_vec(), &[values.len()], Device::Cpu).unwrap().require_grad().unwrap()
    }

    #[test]
    fn the_derivative_of_a_sum_of_squares_is_twice_the_point() {
        let x = leaf(&[1.0, -2.0, 3.0]);
        let y = x.mul(&x).unwrap().sum();
        assert_eq!(y.backward().unwrap().get(&x).unwrap().to_f64().unwrap(), [2.0, -4.0, 6.0]);
    }

    #[test]
    fn unrecorded_tensors_mix_with_recorded_ones() {
        let x = leaf(&[1.0, 2.0]);
        let c = Tensor::from_vec(vec![3.0f32, 5.0], &[2], Device::Cpu).unwrap();
        let y = c.mul(&x).unwrap().add(&c).unwrap().sum();
        assert_eq!(y.backward().unwrap().get(&x).unwrap().to_f64().unwrap(), [3.0, 5.0]);
    }

    #[test]
    fn no_grad_records_nothing() {
        let x = leaf(&[1.0, 2.0]);
        let y = no_grad(|| x.mul(&x).unwrap().sum());
        assert!(!y.is_recorded() && y.backward().is_err());
        assert!(grad_enabled());
    }
}
