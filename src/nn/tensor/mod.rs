//! The n-dimensional array: one type for every rank, dtype and device, over burn's dispatch backend.
//!
//! burn panics on shapes that do not fit, so every operation here checks first and answers with a sentence.
//! Dimensions and indices are 0-based in this file's Rust; the Lua face counts from 1.
//! Numbers mix as one would hope: bool → i32 → f32 → f64, the wider side wins; a scalar never widens f32 to f64.

mod arith;
mod grad;
mod index;
mod reduce;
mod shape;
mod show;

pub use arith::{Binary, Compare, Operand, Unary};
pub use grad::{Gradients, grad_enabled, no_grad};
pub use index::Range;
pub use reduce::Reduce;
pub use shape::broadcast_shapes;

use super::device::Device;
use crate::data::Rng;
use crate::{Error, Result};
use burn::backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn::backend::{AutodiffBackend, Dispatch, DispatchTensor, TensorMetadata, read_sync};
use burn::tensor::{Bytes, DType, FloatDType, IntDType, Shape, TensorData};
use std::fmt;
use std::str::FromStr;

/// What a tensor's elements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dtype {
    /// True or false.
    Bool,
    /// 32-bit signed integers.
    I32,
    /// 32-bit floating-point numbers, the usual choice.
    F32,
    /// 64-bit floating-point numbers.
    F64,
}

impl Dtype {
    /// The name that users write.
    pub fn name(self) -> &'static str {
        match self {
            Dtype::Bool => "bool",
            Dtype::I32 => "i32",
            Dtype::F32 => "f32",
            Dtype::F64 => "f64",
        }
    }

    /// Whether elements are floating-point numbers.
    pub fn is_float(self) -> bool {
        matches!(self, Dtype::F32 | Dtype::F64)
    }

    pub(crate) fn float(self) -> FloatDType {
        if self == Dtype::F64 { FloatDType::F64 } else { FloatDType::F32 }
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Dtype {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "f32" => Ok(Dtype::F32),
            "f64" => Ok(Dtype::F64),
            "i32" => Ok(Dtype::I32),
            "bool" => Ok(Dtype::Bool),
            _ => Err(Error::value(format!("dtype must be \"f32\", \"f64\", \"i32\" or \"bool\", got \"{name}\""))),
        }
    }
}

/// An n-dimensional array on a device. Clones share the numbers; arithmetic makes new tensors.
#[derive(Clone)]
pub struct Tensor {
    pub(crate) raw: DispatchTensor,
    pub(crate) dtype: Dtype,
    /// Whether `raw` lives in burn's autodiff backend (only floats do).
    pub(crate) recorded: bool,
}

/// The most elements a tensor may have: 2³¹ − 1.
const MAX_ELEMENTS: usize = i32::MAX as usize;

/// Checks a shape for a new tensor and returns its number of elements.
fn checked_size(what: &str, shape: &[usize]) -> Result<usize> {
    if shape.is_empty() || shape.len() > 8 {
        return Err(Error::shape(what, format!("a shape has 1 to 8 sizes, got {}", shape.len())));
    }
    if shape.contains(&0) {
        return Err(Error::shape(what, format!("every size must be at least 1, got {shape:?}")));
    }
    shape.iter().try_fold(1usize, |n, &s| n.checked_mul(s)).filter(|&n| n <= MAX_ELEMENTS).ok_or_else(|| {
        Error::shape(what, format!("{shape:?} has more elements than a tensor can hold ({MAX_ELEMENTS})"))
    })
}

/// An element type that a tensor can be made from.
pub trait Element: bytemuck::NoUninit + Send + Sync {
    /// The dtype that holds it.
    const DTYPE: Dtype;
}
impl Element for f32 {
    const DTYPE: Dtype = Dtype::F32;
}
impl Element for f64 {
    const DTYPE: Dtype = Dtype::F64;
}
impl Element for i32 {
    const DTYPE: Dtype = Dtype::I32;
}

impl Tensor {
    // ---- making

    /// A tensor of `shape` (row-major) from its numbers.
    pub fn from_vec<E: Element>(values: Vec<E>, shape: &[usize], device: Device) -> Result<Self> {
        let n = checked_size("tensor", shape)?;
        if n != values.len() {
            return Err(Error::shape("tensor", format!("shape {shape:?} needs {n} numbers, got {}", values.len())));
        }
        let dtype = match E::DTYPE {
            Dtype::F64 => DType::F64,
            Dtype::I32 => DType::I32,
            _ => DType::F32,
        };
        let data = TensorData::from_bytes(Bytes::from_elems(values), Shape::from(shape.to_vec()), dtype);
        let raw = if E::DTYPE.is_float() {
            Dispatch::float_from_data(data, &device.raw())
        } else {
            Dispatch::int_from_data(data, &device.raw())
        };
        Ok(Self { raw, dtype: E::DTYPE, recorded: false })
    }

    /// A bool tensor of `shape` (row-major) from its values.
    pub fn from_bools(values: Vec<bool>, shape: &[usize], device: Device) -> Result<Self> {
        let n = checked_size("tensor", shape)?;
        if n != values.len() {
            return Err(Error::shape("tensor", format!("shape {shape:?} needs {n} values, got {}", values.len())));
        }
        let data = TensorData::new(values, Shape::from(shape.to_vec()));
        Ok(Self { raw: Dispatch::bool_from_data(data, &device.raw()), dtype: Dtype::Bool, recorded: false })
    }

    /// A tensor of `dtype` from numbers in double precision, rounded or truncated as the dtype asks.
    pub fn from_f64(values: Vec<f64>, shape: &[usize], dtype: Dtype, device: Device) -> Result<Self> {
        match dtype {
            Dtype::F64 => Self::from_vec(values, shape, device),
            Dtype::F32 => Self::from_vec(values.into_iter().map(|v| v as f32).collect(), shape, device),
            Dtype::I32 => Self::from_vec(values.into_iter().map(|v| v as i32).collect(), shape, device),
            Dtype::Bool => Self::from_bools(values.into_iter().map(|v| v != 0.0).collect(), shape, device),
        }
    }

    /// A tensor with every element `value`.
    pub fn full(shape: &[usize], value: f64, dtype: Dtype, device: Device) -> Result<Self> {
        let n = checked_size("full", shape)?;
        Self::from_f64(vec![value; n], shape, dtype, device)
    }

    /// Whole or broken numbers from `start` towards `stop` (not reached) in steps of `step`, shape `[n]`.
    pub fn arange(start: f64, stop: f64, step: f64, dtype: Dtype, device: Device) -> Result<Self> {
        if !(start.is_finite() && stop.is_finite() && step.is_finite()) || step == 0.0 {
            return Err(Error::value(format!(
                "arange: start, stop and step must be finite and step not 0, got {start}, {stop}, {step}"
            )));
        }
        let n = ((stop - start) / step).ceil();
        if n < 1.0 || n > MAX_ELEMENTS as f64 {
            return Err(Error::value(format!("arange: no numbers from {start} to {stop} in steps of {step}")));
        }
        Self::from_f64((0..n as usize).map(|i| start + i as f64 * step).collect(), &[n as usize], dtype, device)
    }

    /// `n` numbers from `start` to `stop`, both included, evenly spaced, shape `[n]`.
    pub fn linspace(start: f64, stop: f64, n: usize, dtype: Dtype, device: Device) -> Result<Self> {
        checked_size("linspace", &[n])?;
        let step = if n > 1 { (stop - start) / (n - 1) as f64 } else { 0.0 };
        Self::from_f64((0..n).map(|i| start + i as f64 * step).collect(), &[n], dtype, device)
    }

    /// The identity matrix `[n, n]`.
    pub fn eye(n: usize, dtype: Dtype, device: Device) -> Result<Self> {
        let size = checked_size("eye", &[n, n])?;
        let mut values = vec![0.0; size];
        values.iter_mut().step_by(n + 1).for_each(|v| *v = 1.0);
        Self::from_f64(values, &[n, n], dtype, device)
    }

    /// Normal random numbers, drawn on the host so that one seed gives one tensor on every device.
    pub fn randn(shape: &[usize], mean: f64, std: f64, dtype: Dtype, device: Device, rng: &mut Rng) -> Result<Self> {
        let n = checked_size("randn", shape)?;
        Self::from_f64((0..n).map(|_| mean + std * rng.normal()).collect(), shape, dtype, device)
    }

    /// Random numbers uniform in [low, high).
    pub fn uniform(shape: &[usize], low: f64, high: f64, dtype: Dtype, device: Device, rng: &mut Rng) -> Result<Self> {
        let n = checked_size("rand", shape)?;
        Self::from_f64((0..n).map(|_| low + (high - low) * rng.uniform()).collect(), shape, dtype, device)
    }

    // ---- what it is

    /// Sizes along each dimension.
    pub fn shape(&self) -> Vec<usize> {
        self.raw.shape().to_vec()
    }

    /// How many dimensions it has.
    pub fn rank(&self) -> usize {
        self.raw.shape().num_dims()
    }

    /// How many elements it has.
    pub fn len(&self) -> usize {
        self.raw.shape().num_elements()
    }

    /// Whether it has no elements (never: every size is at least 1).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What its elements are.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// Where it lives.
    pub fn device(&self) -> Device {
        let raw = self.plain().raw.device();
        Device::ALL.iter().copied().find(|d| d.raw() == raw).unwrap_or_default()
    }

    /// Bytes its elements take.
    pub fn bytes(&self) -> usize {
        self.len() * if self.dtype == Dtype::F64 { 8 } else { 4 }
    }

    // ---- changing what it is

    /// The same numbers as another dtype; to i32 truncates towards zero, to bool asks "not zero?".
    pub fn cast(&self, dtype: Dtype) -> Result<Self> {
        let t = self.clone();
        Ok(match (t.dtype, dtype) {
            (a, b) if a == b => t,
            (Dtype::F32 | Dtype::F64, Dtype::F32 | Dtype::F64) => {
                Self { raw: Dispatch::float_cast(t.raw, dtype.float()), dtype, recorded: t.recorded }
            }
            (Dtype::F32 | Dtype::F64, Dtype::I32) => {
                let plain = t.plain();
                Self { raw: Dispatch::float_into_int(plain.raw, IntDType::I32), dtype, recorded: false }
            }
            (Dtype::I32, Dtype::F32 | Dtype::F64) => {
                Self { raw: Dispatch::int_into_float(t.raw, dtype.float()), dtype, recorded: false }
            }
            (Dtype::Bool, Dtype::I32) => {
                Self { raw: Dispatch::bool_into_int(t.raw, IntDType::I32), dtype, recorded: false }
            }
            (Dtype::Bool, _) => Self { raw: Dispatch::bool_into_float(t.raw, dtype.float()), dtype, recorded: false },
            (_, Dtype::Bool) => t.plain().ne_scalar(0.0)?,
            _ => unreachable!("every pair of dtypes is handled"),
        })
    }

    /// The same numbers on another device.
    pub fn to_device(&self, device: Device) -> Result<Self> {
        if self.device() == device {
            return Ok(self.clone());
        }
        let moved = Self::from_data(self.plain().data()?, self.dtype, device);
        Ok(moved)
    }

    fn from_data(data: TensorData, dtype: Dtype, device: Device) -> Self {
        let raw = match dtype {
            Dtype::F32 | Dtype::F64 => Dispatch::float_from_data(data, &device.raw()),
            Dtype::I32 => Dispatch::int_from_data(data, &device.raw()),
            Dtype::Bool => Dispatch::bool_from_data(data, &device.raw()),
        };
        Self { raw, dtype, recorded: false }
    }

    /// The tensor without its recording, in burn's plain backend.
    pub fn plain(&self) -> Self {
        let mut t = self.clone();
        if t.recorded {
            t.raw = <Dispatch as AutodiffBackend>::inner(t.raw);
            t.recorded = false;
        }
        t
    }

    // ---- reading

    fn data(&self) -> Result<TensorData> {
        let t = self.plain();
        let data = match t.dtype {
            Dtype::F32 | Dtype::F64 => read_sync(Dispatch::float_into_data(t.raw)),
            Dtype::I32 => read_sync(Dispatch::int_into_data(t.raw)),
            Dtype::Bool => read_sync(Dispatch::bool_into_data(t.raw)),
        };
        data.map_err(|e| Error::value(format!("reading a tensor from {}: {e:?}", self.device())))
    }

    /// All elements in row-major order, in double precision (bools as 0 and 1).
    pub fn to_f64(&self) -> Result<Vec<f64>> {
        Ok(self.data()?.iter::<f64>().collect())
    }

    /// All elements in row-major order, in single precision.
    pub fn to_f32(&self) -> Result<Vec<f32>> {
        let data = self.data()?;
        match data.as_slice::<f32>() {
            Ok(slice) => Ok(slice.to_vec()),
            Err(_) => Ok(data.iter::<f32>().collect()),
        }
    }

    /// All elements in row-major order, as integers (floats truncated).
    pub fn to_i32(&self) -> Result<Vec<i32>> {
        Ok(self.data()?.iter::<i32>().collect())
    }

    /// The only element, as a number.
    ///
    /// # Errors
    /// If there is more than one.
    pub fn item(&self) -> Result<f64> {
        match self.to_f64()?.as_slice() {
            [value] => Ok(*value),
            _ => Err(Error::shape("item", format!("needs a tensor of one element, got shape {:?}", self.shape()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_a_round_trip_in_every_dtype() {
        for dtype in [Dtype::F32, Dtype::F64, Dtype::I32] {
            let t = Tensor::from_f64(vec![1.0, -2.0, 3.0, 0.0, 5.0, 6.0], &[2, 3], dtype, Device::Cpu).unwrap();
            assert_eq!((t.shape(), t.dtype()), (vec![2, 3], dtype));
            assert_eq!(t.to_f64().unwrap(), [1.0, -2.0, 3.0, 0.0, 5.0, 6.0]);
            assert_eq!(t.cast(Dtype::Bool).unwrap().to_f64().unwrap(), [1.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
        }
        let precise = Tensor::from_f64(vec![0.1], &[1], Dtype::F64, Device::Cpu).unwrap();
        assert_eq!(precise.item().unwrap(), 0.1);
    }

    #[test]
    fn impossible_shapes_are_refused() {
        let too_many = [1 << 20, 1 << 20, 1 << 20, 1 << 20];
        assert!(Tensor::full(&too_many, 0.0, Dtype::F32, Device::Cpu).is_err());
        assert!(Tensor::full(&[2, 0], 0.0, Dtype::F32, Device::Cpu).is_err());
        assert!(Tensor::from_vec(vec![1.0f32; 5], &[2, 3], Device::Cpu).is_err());
    }
}
