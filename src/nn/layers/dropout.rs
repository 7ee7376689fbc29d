//! Dropout: while training, each number is 0 with probability p, and the rest grow by 1/(1 − p).
//!
//! Srivastava et al. (2014), JMLR 15; scaled while training, as everyone does since, so that use needs no change.

use crate::Result;
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::nn::module::Module;
use crate::nn::{Dtype, Tensor};
use std::cell::{Cell, RefCell};

/// Random zeros while training, nothing in use.
pub struct Dropout {
    p: f64,
    training: Cell<bool>,
    rng: RefCell<Rng>,
}

impl Dropout {
    /// With probability `p`, in [0, 1); begins in training mode, as nets do.
    ///
    /// # Errors
    /// If `p` is out of range.
    pub fn new(p: f64, rng: Rng) -> Result<Self> {
        ensure_setting((0.0..1.0).contains(&p), "dropout", "p", "in [0, 1)", p)?;
        Ok(Self { p, training: Cell::new(true), rng: RefCell::new(rng) })
    }
}

impl Module for Dropout {
    /// Any shape → the same shape.
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        if !self.training.get() || self.p == 0.0 {
            return Ok(x.clone());
        }
        let mut rng = self.rng.borrow_mut();
        let kept = 1.0 / (1.0 - self.p);
        let mask = (0..x.len()).map(|_| if rng.uniform() < self.p { 0.0 } else { kept }).collect();
        let dtype = x.dtype().max(Dtype::F32);
        x.mul(&Tensor::from_f64(mask, &x.shape(), dtype, x.device())?)
    }

    fn set_training(&self, on: bool) {
        self.training.set(on);
    }

    fn describe(&self) -> String {
        format!("dropout({})", self.p)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Device;

    #[test]
    fn training_drops_its_share_keeps_the_mean_and_use_drops_nothing() {
        let layer = Dropout::new(0.25, Rng::new(1)).unwrap();
        let x = Tensor::full(&[100, 100], 3.0, Dtype::F32, Device::Cpu).unwrap();
        let y = layer.forward(&x).unwrap().to_f64().unwrap();
        assert!(y.iter().all(|v| *v == 0.0 || *v == 4.0));
        let zeros = y.iter().filter(|v| **v == 0.0).count() as f64 / 1e4;
        assert!((zeros - 0.25).abs() < 0.02, "{zeros}");
        layer.set_training(false);
        assert_eq!(layer.forward(&x).unwrap().to_f64().unwrap(), x.to_f64().unwrap());
        assert!(Dropout::new(1.0, Rng::new(1)).is_err());
    }
}
