//! Activation functions, element by element, stable for any finite input.

use super::tensor::{Binary, Compare, Operand, Tensor, Unary};
use crate::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A function that bends: what stands between two linear layers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// max(x, 0).
    Relu,
    /// x below 0 times this slope.
    LeakyRelu(f64),
    /// α·(eˣ − 1) below 0, x above (Clevert et al. 2016, arXiv:1511.07289); holds α.
    Elu(f64),
    /// x·Φ(x), Φ the normal distribution, exact (Hendrycks & Gimpel 2016, arXiv:1606.08415).
    Gelu,
    /// GELU's approximation through tanh, as GPT-2 has it.
    GeluTanh,
    /// x·σ(x), also called swish (Elfwing et al. 2017, arXiv:1702.03118).
    Silu,
    /// 1 / (1 + e⁻ˣ).
    Sigmoid,
    /// (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ).
    Tanh,
    /// ln(1 + eˣ).
    Softplus,
    /// exp(x) normalised to sum 1 along the last dimension.
    Softmax,
    /// The logarithm of softmax along the last dimension.
    LogSoftmax,
}

impl Activation {
    /// The name that users write.
    pub fn name(self) -> &'static str {
        match self {
            Self::Relu => "relu",
            Self::LeakyRelu(_) => "leaky_relu",
            Self::Elu(_) => "elu",
            Self::Gelu => "gelu",
            Self::GeluTanh => "gelu_tanh",
            Self::Silu => "silu",
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::Softplus => "softplus",
            Self::Softmax => "softmax",
            Self::LogSoftmax => "log_softmax",
        }
    }

    /// The function of every element of `x`; integers and bools are taken as f32.
    ///
    /// # Errors
    /// None for any tensor that exists.
    pub fn apply(self, x: &Tensor) -> Result<Tensor> {
        let x = &if x.dtype().is_float() { x.clone() } else { x.cast(super::Dtype::F32)? };
        match self {
            Self::Relu => positive(x),
            Self::LeakyRelu(slope) => positive(x)?.add(&negative(x)?.mul_scalar(slope)?),
            Self::Elu(alpha) => positive(x)?.add(&expm1_below_zero(x)?.mul_scalar(alpha)?),
            Self::Gelu => {
                let phi = x.mul_scalar(std::f64::consts::FRAC_1_SQRT_2)?.unary(Unary::Erf)?.add_scalar(1.0)?;
                x.mul(&phi)?.mul_scalar(0.5)
            }
            Self::GeluTanh => {
                let cube = x.mul(x)?.mul(x)?.mul_scalar(0.044715)?;
                let inner = x.add(&cube)?.mul_scalar((2.0 / std::f64::consts::PI).sqrt())?;
                x.mul(&inner.unary(Unary::Tanh)?.add_scalar(1.0)?)?.mul_scalar(0.5)
            }
            Self::Silu => x.mul(&sigmoid(x)?),
            Self::Sigmoid => sigmoid(x),
            Self::Tanh => x.unary(Unary::Tanh),
            Self::Softplus => softplus(x),
            Self::Softmax => x.softmax(x.rank() - 1),
            Self::LogSoftmax => x.log_softmax(x.rank() - 1),
        }
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeakyRelu(x) | Self::Elu(x) => write!(f, "{}({x})", self.name()),
            _ => write!(f, "{}()", self.name()),
        }
    }
}

/// x above 0, and 0 elsewhere with derivative 0.
fn positive(x: &Tensor) -> Result<Tensor> {
    where_positive(x, &Operand::Tensor(x.clone()), &Operand::Scalar(0.0))
}

/// x where it is not above 0, and 0 elsewhere.
fn negative(x: &Tensor) -> Result<Tensor> {
    where_positive(x, &Operand::Scalar(0.0), &Operand::Tensor(x.clone()))
}

fn where_positive(x: &Tensor, above: &Operand, below: &Operand) -> Result<Tensor> {
    let mask = Tensor::compare_operands(Compare::Gt, &Operand::Tensor(x.plain()), &Operand::Scalar(0.0))?;
    let tensor = |side: &Operand| match side {
        Operand::Tensor(t) => Ok(t.clone()),
        Operand::Scalar(value) => Tensor::full(&[1], *value, x.dtype(), x.device()),
    };
    Tensor::select(&mask, &tensor(above)?, &tensor(below)?)
}

/// eˣ − 1 where x is below 0, and 0 elsewhere: the exponent never overflows.
fn expm1_below_zero(x: &Tensor) -> Result<Tensor> {
    negative(x)?.unary(Unary::Exp)?.add_scalar(-1.0)
}

/// Through tanh: neither side of it can overflow.
fn sigmoid(x: &Tensor) -> Result<Tensor> {
    x.mul_scalar(0.5)?.unary(Unary::Tanh)?.mul_scalar(0.5)?.add_scalar(0.5)
}

/// max(x, 0) + ln(1 + e^−|x|).
pub(super) fn softplus(x: &Tensor) -> Result<Tensor> {
    // |x| as x − 2·min(x, 0), whose derivative at 0 is that of one side.
    let size = x.binary(Binary::Sub, &negative(x)?.mul_scalar(2.0)?)?;
    positive(x)?.add(&size.unary(Unary::Neg)?.unary(Unary::Exp)?.unary(Unary::Log1p)?)
}
