//! A linear layer: y = x·W + b.

use crate::data::Rng;
use crate::error::ensure_setting;
use crate::nn::module::{Module, Named};
use crate::nn::{self, Device, Dtype, Param, Tensor};
use crate::{Error, Result};

/// y = x·W + b.
pub struct Linear {
    weight: Param,       // [in, out]
    bias: Option<Param>, // [out]
}

impl Linear {
    /// From `inputs` numbers to `outputs`, in f32: W and b uniform in ±1/√inputs, as PyTorch begins (He et al. 2015,
    /// arXiv:1502.01852, with a = √5).
    ///
    /// # Errors
    /// If a size is 0.
    pub fn new(inputs: usize, outputs: usize, bias: bool, device: Device, rng: &mut Rng) -> Result<Self> {
        ensure_setting(inputs > 0, "linear", "inputs", "at least 1", inputs)?;
        ensure_setting(outputs > 0, "linear", "outputs", "at least 1", outputs)?;
        let bound = 1.0 / (inputs as f64).sqrt();
        let mut draw = |shape: &[usize]| Param::leaf(&Tensor::uniform(shape, -bound, bound, Dtype::F32, device, rng)?);
        Ok(Self { weight: draw(&[inputs, outputs])?, bias: if bias { Some(draw(&[outputs])?) } else { None } })
    }
}

impl Module for Linear {
    /// x `[.., in]` → `[.., out]`.
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let weight = self.weight.value();
        let (xs, inputs) = (x.shape(), weight.shape()[0]);
        if xs.last() != Some(&inputs) {
            let why = format!("takes rows of {inputs} numbers, got a tensor of shape {xs:?}");
            return Err(Error::shape(self.describe(), why));
        }
        let x = if x.dtype().is_float() { x.clone() } else { x.cast(weight.dtype())? };
        let y = nn::linear(&x, &weight)?;
        match &self.bias {
            Some(bias) => y.add(&bias.value()),
            None => Ok(y),
        }
    }

    fn params(&self) -> Vec<Named> {
        let weight = Named { turned: true, ..Named::new("weight", &self.weight) };
        std::iter::once(weight).chain(self.bias.as_ref().map(|b| Named::new("bias", b))).collect()
    }

    fn describe(&self) -> String {
        let shape = self.weight.value().shape();
        let bias = if self.bias.is_some() { "" } else { ", { bias = false }" };
        format!("linear({}, {}{bias})", shape[0], shape[1])
    }
}
