//! Layers, each with its parameters and its seeded first values.

mod dropout;
mod embedding;
mod linear;
mod norm;

pub use dropout::Dropout;
pub use embedding::Embedding;
pub use linear::Linear;
pub use norm::{LayerNorm, RmsNorm};

use super::activation::Activation;
use super::module::Module;
use super::tensor::Tensor;
use crate::Result;

impl Module for Activation {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.apply(x)
    }

    fn describe(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod golden;
