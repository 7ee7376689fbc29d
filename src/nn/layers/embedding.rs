//! An embedding: one learned row for each of n things.

use crate::data::Rng;
use crate::error::ensure_setting;
use crate::nn::module::{Module, Named};
use crate::nn::{self, Device, Dtype, Param, Tensor};
use crate::{Error, Result};

/// One learned row for each of n things.
pub struct Embedding {
    weight: Param, // [n, dim]
}

impl Embedding {
    /// `n` rows of `dim` numbers in f32, normal with standard deviation 1, as PyTorch begins.
    ///
    /// # Errors
    /// If a size is 0.
    pub fn new(n: usize, dim: usize, device: Device, rng: &mut Rng) -> Result<Self> {
        ensure_setting(n > 0, "embedding", "n", "at least 1", n)?;
        ensure_setting(dim > 0, "embedding", "dim", "at least 1", dim)?;
        Ok(Self { weight: Param::leaf(&Tensor::randn(&[n, dim], 0.0, 1.0, Dtype::F32, device, rng)?)? })
    }
}

impl Module for Embedding {
    /// 0-based i32 ids of any shape → `[.., dim]`.
    fn forward(&self, ids: &Tensor) -> Result<Tensor> {
        let weight = self.weight.value();
        let n = weight.shape()[0];
        let ids = ids.cast(Dtype::I32)?;
        if let Some(id) = ids.to_i32()?.into_iter().find(|id| *id < 0 || *id as usize >= n) {
            return Err(Error::shape(self.describe(), format!("has rows 1 to {n}, got {}", i64::from(id) + 1)));
        }
        nn::embedding(&weight, &ids)
    }

    fn params(&self) -> Vec<Named> {
        vec![Named::new("weight", &self.weight)]
    }

    fn describe(&self) -> String {
        let shape = self.weight.value().shape();
        format!("embedding({}, {})", shape[0], shape[1])
    }
}
