//! Normalisation of rows.

use crate::error::ensure_setting;
use crate::nn::module::{Module, Named};
use crate::nn::tensor::{Binary, Unary};
use crate::nn::{self, Device, Dtype, Param, Reduce, Tensor};
use crate::{Error, Result};

fn ones(dim: usize, what: &str, eps: f64, device: Device) -> Result<Param> {
    ensure_setting(dim > 0, what, "dim", "at least 1", dim)?;
    ensure_setting(eps.is_finite() && eps > 0.0, what, "eps", "finite and positive", eps)?;
    Param::leaf(&Tensor::full(&[dim], 1.0, Dtype::F32, device)?)
}

fn fits(layer: &dyn Module, weight: &Tensor, x: &Tensor) -> Result<Tensor> {
    let dim = weight.shape()[0];
    if x.shape().last() != Some(&dim) {
        let why = format!("takes rows of {dim} numbers, got a tensor of shape {:?}", x.shape());
        return Err(Error::shape(layer.describe(), why));
    }
    if x.dtype().is_float() { Ok(x.clone()) } else { x.cast(weight.dtype()) }
}

/// Rows scaled to unit root mean square, times a weight (Zhang & Sennrich 2019, arXiv:1910.07467).
pub struct RmsNorm {
    weight: Param, // [dim]
    eps: f64,
}

impl RmsNorm {
    /// For rows of `dim` numbers; `eps` is added to the mean square.
    ///
    /// # Errors
    /// If `dim` is 0 or `eps` not positive.
    pub fn new(dim: usize, eps: f64, device: Device) -> Result<Self> {
        Ok(Self { weight: ones(dim, "rms_norm", eps, device)?, eps })
    }
}

impl Module for RmsNorm {
    /// x `[.., dim]` → the same shape.
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let weight = self.weight.value();
        nn::rms_norm(&fits(self, &weight, x)?, &weight, self.eps)
    }

    fn params(&self) -> Vec<Named> {
        vec![Named::new("weight", &self.weight)]
    }

    fn describe(&self) -> String {
        format!("rms_norm({})", self.weight.value().shape()[0])
    }
}

/// Rows shifted to mean 0 and scaled to variance 1, times a weight, plus a bias (Ba et al. 2016, arXiv:1607.06450).
pub struct LayerNorm {
    weight: Param, // [dim]
    bias: Param,   // [dim]
    eps: f64,
}

impl LayerNorm {
    /// For rows of `dim` numbers; `eps` is added to the variance.
    ///
    /// # Errors
    /// If `dim` is 0 or `eps` not positive.
    pub fn new(dim: usize, eps: f64, device: Device) -> Result<Self> {
        let weight = ones(dim, "layer_norm", eps, device)?;
        Ok(Self { weight, bias: Param::leaf(&Tensor::full(&[dim], 0.0, Dtype::F32, device)?)?, eps })
    }
}

impl Module for LayerNorm {
    /// x `[.., dim]` → the same shape.
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let weight = self.weight.value();
        let x = fits(self, &weight, x)?;
        let last = Some(x.rank() - 1);
        let centred = x.sub(&x.reduce(Reduce::Mean, last, true)?)?;
        let variance = centred.mul(&centred)?.reduce(Reduce::Mean, last, true)?;
        let scale = variance.add_scalar(self.eps)?.unary(Unary::Sqrt)?;
        centred.binary(Binary::Div, &scale)?.mul(&weight)?.add(&self.bias.value())
    }

    fn params(&self) -> Vec<Named> {
        vec![Named::new("weight", &self.weight), Named::new("bias", &self.bias)]
    }

    fn describe(&self) -> String {
        format!("layer_norm({})", self.weight.value().shape()[0])
    }
}
