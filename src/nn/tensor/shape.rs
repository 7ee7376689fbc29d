//! Rearranging: the same numbers in another shape or order.

use super::{Dtype, Tensor, checked_size};
use crate::{Error, Result};
use burn::backend::Dispatch;
use burn::backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn::tensor::Shape;

/// The shape that `a` and `b` take together: aligned at the right, sizes equal or 1.
///
/// ```
/// assert_eq!(mynah::nn::broadcast_shapes("add", &[4, 1, 3], &[2, 1]).unwrap(), [4, 2, 3]);
/// ```
pub fn broadcast_shapes(what: &str, a: &[usize], b: &[usize]) -> Result<Vec<usize>> {
    let rank = a.len().max(b.len());
    let size = |s: &[usize], i: usize| if i + s.len() >= rank { s[i + s.len() - rank] } else { 1 };
    (0..rank)
        .map(|i| match (size(a, i), size(b, i)) {
            (x, y) if x == y => Ok(x),
            (1, y) => Ok(y),
            (x, 1) => Ok(x),
            _ => Err(Error::shape(what, format!("shapes do not broadcast: {a:?} with {b:?}"))),
        })
        .collect()
}

/// Calls the operation of the tensor's kind: `by_kind!(t, float_x | int_x | bool_x (args))`.
macro_rules! by_kind {
    ($tensor:expr, $float:ident | $int:ident | $bool:ident ($($arg:expr),*)) => {{
        let t: Tensor = $tensor;
        let recorded = t.recorded && super::grad_enabled();
        let dtype = t.dtype;
        let raw = t.in_backend(recorded);
        let raw = match dtype {
            Dtype::F32 | Dtype::F64 => Dispatch::$float(raw, $($arg),*),
            Dtype::I32 => Dispatch::$int(raw, $($arg),*),
            Dtype::Bool => Dispatch::$bool(raw, $($arg),*),
        };
        Tensor { raw, dtype, recorded }
    }};
}
pub(super) use by_kind;

impl Tensor {
    /// Checks that `dim` is one of this tensor's dimensions.
    pub(super) fn check_dim(&self, what: &str, dim: usize) -> Result<()> {
        if dim < self.rank() {
            return Ok(());
        }
        let shape = self.shape();
        Err(Error::shape(what, format!("dimension {} of a tensor of shape {shape:?} does not exist", dim + 1)))
    }

    /// The same numbers, in row-major order, in `shape`.
    pub fn reshape(&self, shape: &[usize]) -> Result<Tensor> {
        if checked_size("reshape", shape)? != self.len() {
            let n = self.len();
            return Err(Error::shape("reshape", format!("{:?} ({n} elements) does not fit {shape:?}", self.shape())));
        }
        if self.raw_shape_is(shape) {
            return Ok(self.clone());
        }
        Ok(by_kind!(self.clone(), float_reshape | int_reshape | bool_reshape(Shape::from(shape.to_vec()))))
    }

    fn raw_shape_is(&self, shape: &[usize]) -> bool {
        self.shape() == shape
    }

    /// Repeats dimensions of size 1 until the tensor has `shape`.
    pub fn broadcast_to(&self, shape: &[usize]) -> Result<Tensor> {
        if self.raw_shape_is(shape) {
            return Ok(self.clone());
        }
        checked_size("expand", shape)?;
        let own = self.shape();
        if broadcast_shapes("expand", &own, shape)? != shape {
            return Err(Error::shape("expand", format!("{own:?} does not expand to {shape:?}")));
        }
        let mut padded = vec![1; shape.len() - own.len()];
        padded.extend(own);
        let t = self.reshape(&padded)?;
        Ok(by_kind!(t, float_expand | int_expand | bool_expand(Shape::from(shape.to_vec()))))
    }

    /// Dimensions `a` and `b` exchanged.
    pub fn transpose(&self, a: usize, b: usize) -> Result<Tensor> {
        self.check_dim("transpose", a)?;
        self.check_dim("transpose", b)?;
        Ok(by_kind!(self.clone(), float_swap_dims | int_swap_dims | bool_swap_dims(a, b)))
    }

    /// Dimensions in a new order: dimension `axes[i]` becomes dimension `i`.
    pub fn permute(&self, axes: &[usize]) -> Result<Tensor> {
        let mut sorted = axes.to_vec();
        sorted.sort_unstable();
        if sorted != (0..self.rank()).collect::<Vec<_>>() {
            let order: Vec<_> = axes.iter().map(|a| a + 1).collect();
            let n = self.rank();
            return Err(Error::shape("permute", format!("{order:?} must name each of the {n} dimensions once")));
        }
        Ok(by_kind!(self.clone(), float_permute | int_permute | bool_permute(axes)))
    }

    /// A new dimension of size 1 before dimension `dim`.
    pub fn unsqueeze(&self, dim: usize) -> Result<Tensor> {
        let mut shape = self.shape();
        if dim > shape.len() {
            return Err(Error::shape("unsqueeze", format!("no place {} in a shape {shape:?}", dim + 1)));
        }
        shape.insert(dim, 1);
        self.reshape(&shape)
    }

    /// Without dimension `dim`, which must have size 1; without all such dimensions if `None`.
    pub fn squeeze(&self, dim: Option<usize>) -> Result<Tensor> {
        let mut shape = self.shape();
        match dim {
            Some(dim) => {
                self.check_dim("squeeze", dim)?;
                if shape[dim] != 1 {
                    return Err(Error::shape(
                        "squeeze",
                        format!("dimension {} of {shape:?} has size {}, not 1", dim + 1, shape[dim]),
                    ));
                }
                shape.remove(dim);
            }
            None => shape.retain(|&s| s != 1),
        }
        if shape.is_empty() {
            shape.push(1);
        }
        self.reshape(&shape)
    }

    /// Reversed along `dim`.
    pub fn flip(&self, dim: usize) -> Result<Tensor> {
        self.check_dim("flip", dim)?;
        Ok(by_kind!(self.clone(), float_flip | int_flip | bool_flip(&[dim])))
    }

    /// Repeated `times` times along `dim`.
    pub fn repeat(&self, dim: usize, times: usize) -> Result<Tensor> {
        self.check_dim("repeat", dim)?;
        let mut shape = self.shape();
        shape[dim] = shape[dim].saturating_mul(times);
        checked_size("repeat", &shape)?;
        Ok(by_kind!(self.clone(), float_repeat_dim | int_repeat_dim | bool_repeat_dim(dim, times)))
    }

    /// Tensors joined along the existing dimension `dim`; their other sizes must agree.
    pub fn cat(tensors: &[Tensor], dim: usize) -> Result<Tensor> {
        let first = tensors.first().ok_or_else(|| Error::shape("cat", "needs at least one tensor"))?;
        first.check_dim("cat", dim)?;
        let (device, shape) = (first.device(), first.shape());
        let dtype = tensors.iter().map(|t| t.dtype).max().unwrap_or(first.dtype);
        let recorded = super::grad_enabled() && tensors.iter().any(|t| t.recorded);
        let mut raws = Vec::with_capacity(tensors.len());
        for t in tensors {
            let other = t.shape();
            let fits = other.len() == shape.len() && (0..shape.len()).all(|i| i == dim || other[i] == shape[i]);
            if !fits || t.device() != device {
                return Err(Error::shape(
                    "cat",
                    format!("{shape:?} on {device} and {other:?} on {} do not join along {}", t.device(), dim + 1),
                ));
            }
            raws.push(t.cast(dtype)?.in_backend(recorded));
        }
        let raw = match dtype {
            Dtype::F32 | Dtype::F64 => Dispatch::float_cat(raws, dim),
            Dtype::I32 => Dispatch::int_cat(raws, dim),
            Dtype::Bool => Dispatch::bool_cat(raws, dim),
        };
        Ok(Tensor { raw, dtype, recorded: recorded && dtype.is_float() })
    }

    /// Tensors of one shape joined along a new dimension `dim`.
    pub fn stack(tensors: &[Tensor], dim: usize) -> Result<Tensor> {
        let raised = tensors.iter().map(|t| t.unsqueeze(dim)).collect::<Result<Vec<_>>>()?;
        Tensor::cat(&raised, dim).map_err(|e| Error::value(e.to_string().replace("cat:", "stack:")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Device;
    use super::*;

    fn counting(shape: &[usize]) -> Tensor {
        let n = shape.iter().product::<usize>();
        Tensor::from_vec((1..=n as i32).collect(), shape, Device::Cpu).unwrap()
    }

    #[test]
    fn rearranging_keeps_the_numbers() {
        let x = counting(&[2, 3]);
        assert_eq!(x.transpose(0, 1).unwrap().to_i32().unwrap(), [1, 4, 2, 5, 3, 6]);
        assert_eq!(x.reshape(&[3, 2]).unwrap().to_i32().unwrap(), [1, 2, 3, 4, 5, 6]);
        assert_eq!(x.flip(1).unwrap().to_i32().unwrap(), [3, 2, 1, 6, 5, 4]);
        assert_eq!(counting(&[2, 3, 4]).permute(&[2, 0, 1]).unwrap().shape(), [4, 2, 3]);
    }

    #[test]
    fn joining_makes_longer_or_deeper_tensors() {
        let x = counting(&[2, 2]);
        assert_eq!(Tensor::cat(&[x.clone(), x.clone()], 1).unwrap().to_i32().unwrap(), [1, 2, 1, 2, 3, 4, 3, 4]);
        assert_eq!(Tensor::stack(&[x.clone(), x.clone()], 0).unwrap().shape(), [2, 2, 2]);
        assert!(Tensor::cat(&[x, counting(&[3, 3])], 0).is_err());
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        let x = counting(&[2, 3]);
        assert_eq!(x.reshape(&[4]).unwrap_err().to_string(), "reshape: [2, 3] (6 elements) does not fit [4]");
        assert!(x.permute(&[0, 0]).is_err());
        assert!(x.transpose(0, 2).is_err());
        assert!(x.broadcast_to(&[2, 4]).is_err());
    }
}
