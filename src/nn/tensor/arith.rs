//! Element by element: arithmetic, comparison and the usual functions, with broadcasting.

use super::shape::broadcast_shapes;
use super::{Dtype, Tensor};
use crate::{Error, Result};
use burn::backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn::backend::{Dispatch, DispatchTensor};
use burn::tensor::Scalar;

/// One side of an operation: a tensor or a plain number.
#[derive(Clone)]
pub enum Operand {
    /// A tensor, broadcast against the other side.
    Tensor(Tensor),
    /// A number, which takes the tensor's dtype (an integer tensor becomes f32 if the number is broken).
    Scalar(f64),
}

/// The two-sided operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// a + b
    Add,
    /// a − b
    Sub,
    /// a · b
    Mul,
    /// a / b (integers give floats)
    Div,
    /// a mod b, with the sign of b
    Rem,
    /// aᵇ
    Pow,
    /// the larger of the two
    Max,
    /// the smaller of the two
    Min,
}

impl Binary {
    fn name(self) -> &'static str {
        match self {
            Binary::Add => "add",
            Binary::Sub => "sub",
            Binary::Mul => "mul",
            Binary::Div => "div",
            Binary::Rem => "mod",
            Binary::Pow => "pow",
            Binary::Max => "maximum",
            Binary::Min => "minimum",
        }
    }
}

/// The comparisons, which give bool tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// a = b
    Eq,
    /// a ≠ b
    Ne,
    /// a < b
    Lt,
    /// a ≤ b
    Le,
    /// a > b
    Gt,
    /// a ≥ b
    Ge,
}

/// The functions of one tensor, element by element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Unary {
    Neg,
    Abs,
    Exp,
    Log,
    Log1p,
    Sqrt,
    Sin,
    Cos,
    Tan,
    Tanh,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Erf,
    Floor,
    Ceil,
    Round,
    Sign,
}

/// Both sides in one dtype, one device, one backend and one shape.
struct Pair {
    a: DispatchTensor,
    b: DispatchTensor,
    dtype: Dtype,
    recorded: bool,
}

fn pair(what: &str, a: &Tensor, b: &Tensor, least: Dtype) -> Result<Pair> {
    if a.device() != b.device() {
        return Err(Error::shape(what, format!("one tensor is on {}, the other on {}", a.device(), b.device())));
    }
    let dtype = a.dtype.max(b.dtype).max(least);
    let shape = broadcast_shapes(what, &a.shape(), &b.shape())?;
    let (a, b) = (a.cast(dtype)?.broadcast_to(&shape)?, b.cast(dtype)?.broadcast_to(&shape)?);
    let recorded = super::grad_enabled() && (a.recorded || b.recorded);
    Ok(Pair { a: a.in_backend(recorded), b: b.in_backend(recorded), dtype, recorded })
}

impl Tensor {
    /// The tensor that `raw`, the result of an operation on floats, is.
    pub(super) fn float_result(raw: DispatchTensor, dtype: Dtype, recorded: bool) -> Tensor {
        Tensor { raw, dtype, recorded: recorded && super::grad_enabled() }
    }

    /// `self` made ready for an operation that only floats have.
    pub(super) fn as_float(&self) -> Result<(DispatchTensor, Dtype, bool)> {
        let t = if self.dtype.is_float() { self.clone() } else { self.cast(Dtype::F32)? };
        let recorded = t.recorded && super::grad_enabled();
        Ok((t.in_backend(recorded), t.dtype, recorded))
    }

    /// A two-sided operation with broadcasting.
    pub fn binary(&self, op: Binary, other: &Tensor) -> Result<Tensor> {
        let least = if matches!(op, Binary::Div | Binary::Pow) { Dtype::F32 } else { Dtype::I32 };
        if matches!(op, Binary::Max | Binary::Min) {
            let keep = self.compare(if op == Binary::Max { Compare::Ge } else { Compare::Le }, other)?;
            return Tensor::select(&keep, self, other);
        }
        let Pair { a, b, dtype, recorded } = pair(op.name(), self, other, least)?;
        if dtype == Dtype::I32 {
            let raw = match op {
                Binary::Add => Dispatch::int_add(a, b),
                Binary::Sub => Dispatch::int_sub(a, b),
                Binary::Mul => Dispatch::int_mul(a, b),
                _ => {
                    if other.to_i32()?.contains(&0) {
                        return Err(Error::shape(op.name(), "integer remainder of a division by zero"));
                    }
                    Dispatch::int_remainder(a, b)
                }
            };
            return Ok(Tensor { raw, dtype, recorded: false });
        }
        let raw = match op {
            Binary::Add => Dispatch::float_add(a, b),
            Binary::Sub => Dispatch::float_sub(a, b),
            Binary::Mul => Dispatch::float_mul(a, b),
            Binary::Div => Dispatch::float_div(a, b),
            Binary::Rem => Dispatch::float_remainder(a, b),
            _ => Dispatch::float_powf(a, b),
        };
        Ok(Tensor::float_result(raw, dtype, recorded))
    }

    /// A two-sided operation between a tensor and a number.
    pub fn binary_scalar(&self, op: Binary, value: f64) -> Result<Tensor> {
        let whole = value.fract() == 0.0 && value.abs() <= f64::from(i32::MAX);
        let as_int = !self.dtype.is_float() && whole && !matches!(op, Binary::Div | Binary::Pow);
        if as_int || matches!(op, Binary::Max | Binary::Min | Binary::Rem) {
            let dtype = if as_int {
                Dtype::I32
            } else if self.dtype.is_float() {
                self.dtype
            } else {
                Dtype::F32
            };
            return self.binary(op, &Tensor::full(&[1], value, dtype, self.device())?);
        }
        let (a, dtype, recorded) = self.as_float()?;
        let s = Scalar::Float(value);
        let raw = match op {
            Binary::Add => Dispatch::float_add_scalar(a, s),
            Binary::Sub => Dispatch::float_sub_scalar(a, s),
            Binary::Mul => Dispatch::float_mul_scalar(a, s),
            Binary::Div => Dispatch::float_div_scalar(a, s),
            _ if value == 2.0 => Dispatch::float_mul(a.clone(), a),
            _ => Dispatch::float_powf_scalar(a, s),
        };
        Ok(Tensor::float_result(raw, dtype, recorded))
    }

    /// A two-sided operation with either side a tensor or a number.
    ///
    /// # Errors
    /// If both are numbers, or the shapes do not broadcast.
    pub fn operate(op: Binary, a: &Operand, b: &Operand) -> Result<Tensor> {
        match (a, b) {
            (Operand::Tensor(a), Operand::Tensor(b)) => a.binary(op, b),
            (Operand::Tensor(a), Operand::Scalar(b)) => a.binary_scalar(op, *b),
            (Operand::Scalar(a), Operand::Tensor(b)) => match op {
                Binary::Add | Binary::Mul | Binary::Max | Binary::Min => b.binary_scalar(op, *a),
                Binary::Sub => b.unary(Unary::Neg)?.binary_scalar(Binary::Add, *a),
                _ => {
                    let whole = a.fract() == 0.0 && a.abs() <= f64::from(i32::MAX);
                    let dtype = match b.dtype {
                        Dtype::F32 | Dtype::F64 => b.dtype,
                        _ if whole => Dtype::I32,
                        _ => Dtype::F32,
                    };
                    Tensor::full(&[1], *a, dtype, b.device())?.binary(op, b)
                }
            },
            (Operand::Scalar(_), Operand::Scalar(_)) => Err(Error::shape(op.name(), "needs a tensor on one side")),
        }
    }

    /// Element by element sum, with broadcasting.
    pub fn add(&self, other: &Tensor) -> Result<Tensor> {
        self.binary(Binary::Add, other)
    }

    /// Element by element difference, with broadcasting.
    pub fn sub(&self, other: &Tensor) -> Result<Tensor> {
        self.binary(Binary::Sub, other)
    }

    /// Element by element product, with broadcasting.
    pub fn mul(&self, other: &Tensor) -> Result<Tensor> {
        self.binary(Binary::Mul, other)
    }

    /// Element by element quotient, with broadcasting.
    pub fn div(&self, other: &Tensor) -> Result<Tensor> {
        self.binary(Binary::Div, other)
    }

    /// Every element plus `value`.
    pub fn add_scalar(&self, value: f64) -> Result<Tensor> {
        self.binary_scalar(Binary::Add, value)
    }

    /// Every element times `value`.
    pub fn mul_scalar(&self, value: f64) -> Result<Tensor> {
        self.binary_scalar(Binary::Mul, value)
    }

    /// A comparison, element by element, as a bool tensor.
    pub fn compare(&self, op: Compare, other: &Tensor) -> Result<Tensor> {
        let Pair { a, b, dtype, .. } = pair("compare", &self.plain(), &other.plain(), Dtype::I32)?;
        let bools = self.device().bools();
        let raw = if dtype == Dtype::I32 {
            match op {
                Compare::Eq => Dispatch::int_equal(a, b, bools),
                Compare::Ne => Dispatch::int_not_equal(a, b, bools),
                Compare::Lt => Dispatch::int_lower(a, b, bools),
                Compare::Le => Dispatch::int_lower_equal(a, b, bools),
                Compare::Gt => Dispatch::int_greater(a, b, bools),
                Compare::Ge => Dispatch::int_greater_equal(a, b, bools),
            }
        } else {
            match op {
                Compare::Eq => Dispatch::float_equal(a, b, bools),
                Compare::Ne => Dispatch::float_not_equal(a, b, bools),
                Compare::Lt => Dispatch::float_lower(a, b, bools),
                Compare::Le => Dispatch::float_lower_equal(a, b, bools),
                Compare::Gt => Dispatch::float_greater(a, b, bools),
                Compare::Ge => Dispatch::float_greater_equal(a, b, bools),
            }
        };
        Ok(Tensor { raw, dtype: Dtype::Bool, recorded: false })
    }

    /// A comparison with either side a tensor or a number.
    pub fn compare_operands(op: Compare, a: &Operand, b: &Operand) -> Result<Tensor> {
        let like = |value: f64, other: &Tensor| {
            let dtype = if other.dtype == Dtype::F64 { Dtype::F64 } else { Dtype::F32 };
            Tensor::full(&[1], value, dtype, other.device())
        };
        match (a, b) {
            (Operand::Tensor(a), Operand::Tensor(b)) => a.compare(op, b),
            (Operand::Tensor(a), Operand::Scalar(b)) => a.compare(op, &like(*b, a)?),
            (Operand::Scalar(a), Operand::Tensor(b)) => like(*a, b)?.compare(op, b),
            (Operand::Scalar(_), Operand::Scalar(_)) => Err(Error::shape("compare", "needs a tensor on one side")),
        }
    }

    /// Where elements differ from `value`.
    pub(super) fn ne_scalar(&self, value: f64) -> Result<Tensor> {
        Tensor::compare_operands(Compare::Ne, &Operand::Tensor(self.clone()), &Operand::Scalar(value))
    }

    /// `a` where `mask` is true and `b` elsewhere, all three broadcast.
    pub fn select(mask: &Tensor, a: &Tensor, b: &Tensor) -> Result<Tensor> {
        let shape = broadcast_shapes("where", &broadcast_shapes("where", &a.shape(), &b.shape())?, &mask.shape())?;
        let mask = mask.cast(Dtype::Bool)?.broadcast_to(&shape)?;
        let (a, b) = (a.broadcast_to(&shape)?, b.broadcast_to(&shape)?);
        let Pair { a, b, dtype, recorded } = pair("where", &a, &b, Dtype::Bool)?;
        let mask = mask.in_backend(recorded);
        Ok(match dtype {
            Dtype::F32 | Dtype::F64 => Tensor::float_result(Dispatch::float_mask_where(b, mask, a), dtype, recorded),
            Dtype::I32 => Tensor { raw: Dispatch::int_mask_where(b, mask, a), dtype, recorded: false },
            Dtype::Bool => Tensor { raw: Dispatch::bool_mask_where(b, mask, a), dtype, recorded: false },
        })
    }

    /// Logical and, or, exclusive or of bool tensors; `not` of one.
    pub fn logical(&self, op: &str, other: &Tensor) -> Result<Tensor> {
        let shape = broadcast_shapes(op, &self.shape(), &other.shape())?;
        let a = self.cast(Dtype::Bool)?.broadcast_to(&shape)?.raw;
        let b = other.cast(Dtype::Bool)?.broadcast_to(&shape)?.raw;
        let raw = match op {
            "and" => Dispatch::bool_and(a, b),
            "or" => Dispatch::bool_or(a, b),
            _ => Dispatch::bool_xor(a, b),
        };
        Ok(Tensor { raw, dtype: Dtype::Bool, recorded: false })
    }

    /// True where the element is zero or false.
    pub fn logical_not(&self) -> Result<Tensor> {
        let raw = Dispatch::bool_not(self.cast(Dtype::Bool)?.raw);
        Ok(Tensor { raw, dtype: Dtype::Bool, recorded: false })
    }

    /// A function of each element.
    pub fn unary(&self, op: Unary) -> Result<Tensor> {
        if self.dtype == Dtype::I32 && matches!(op, Unary::Neg | Unary::Abs | Unary::Sign) {
            let a = self.raw.clone();
            let raw = match op {
                Unary::Neg => Dispatch::int_neg(a),
                Unary::Abs => Dispatch::int_abs(a),
                _ => Dispatch::int_sign(a),
            };
            return Ok(Tensor { raw, dtype: Dtype::I32, recorded: false });
        }
        let (a, dtype, recorded) = self.as_float()?;
        let raw = match op {
            Unary::Neg => Dispatch::float_neg(a),
            Unary::Abs => Dispatch::float_abs(a),
            Unary::Exp => Dispatch::float_exp(a),
            Unary::Log => Dispatch::float_log(a),
            Unary::Log1p => Dispatch::float_log1p(a),
            Unary::Sqrt => Dispatch::float_sqrt(a),
            Unary::Sin => Dispatch::float_sin(a),
            Unary::Cos => Dispatch::float_cos(a),
            Unary::Tan => Dispatch::float_tan(a),
            Unary::Tanh => Dispatch::float_tanh(a),
            Unary::Asin => Dispatch::float_asin(a),
            Unary::Acos => Dispatch::float_acos(a),
            Unary::Atan => Dispatch::float_atan(a),
            Unary::Sinh => Dispatch::float_sinh(a),
            Unary::Cosh => Dispatch::float_cosh(a),
            Unary::Erf => Dispatch::float_erf(a),
            Unary::Floor => Dispatch::float_floor(a),
            Unary::Ceil => Dispatch::float_ceil(a),
            Unary::Round => Dispatch::float_round(a),
            Unary::Sign => Dispatch::float_sign(a),
        };
        Ok(Tensor::float_result(raw, dtype, recorded))
    }

    /// Every element limited to [low, high].
    pub fn clamp(&self, low: f64, high: f64) -> Result<Tensor> {
        if low.is_nan() || high.is_nan() || low > high {
            return Err(Error::value(format!(
                "clamp: the lower limit must not exceed the upper, got {low} and {high}"
            )));
        }
        self.binary_scalar(Binary::Max, low)?.binary_scalar(Binary::Min, high)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Device;
    use super::*;

    fn t(values: &[f64], shape: &[usize], dtype: Dtype) -> Tensor {
        Tensor::from_f64(values.to_vec(), shape, dtype, Device::Cpu).unwrap()
    }

    #[test]
    fn shapes_broadcast_and_dtypes_widen() {
        let rows = t(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3], Dtype::I32);
        let sum = rows.add(&t(&[0.5, 1.0, 1.5], &[3], Dtype::F32)).unwrap();
        assert_eq!((sum.dtype(), sum.to_f64().unwrap()), (Dtype::F32, vec![1.5, 3.0, 4.5, 4.5, 6.0, 7.5]));
        assert_eq!(rows.add(&rows).unwrap().dtype(), Dtype::I32);
        assert_eq!(rows.add_scalar(1.0).unwrap().dtype(), Dtype::I32);
        assert_eq!(rows.add_scalar(0.5).unwrap().dtype(), Dtype::F32);
    }

    #[test]
    fn shapes_that_do_not_fit_are_named() {
        let a = t(&[1.0; 6], &[2, 3], Dtype::F32);
        let b = t(&[1.0; 8], &[2, 4], Dtype::F32);
        assert_eq!(a.add(&b).unwrap_err().to_string(), "add: shapes do not broadcast: [2, 3] with [2, 4]");
    }

    #[test]
    fn a_number_may_stand_on_either_side() {
        let x = Operand::Tensor(t(&[1.0, 2.0, 4.0], &[3], Dtype::F32));
        let run = |op, a: &Operand, b: &Operand| Tensor::operate(op, a, b).unwrap().to_f64().unwrap();
        let two = Operand::Scalar(2.0);
        assert_eq!(run(Binary::Sub, &two, &x), [1.0, 0.0, -2.0]);
        assert_eq!(run(Binary::Div, &two, &x), [2.0, 1.0, 0.5]);
        assert_eq!(run(Binary::Pow, &two, &x), [2.0, 4.0, 16.0]);
        assert_eq!(run(Binary::Pow, &x, &two), [1.0, 4.0, 16.0]);
        assert_eq!(run(Binary::Rem, &Operand::Scalar(-7.0), &x), [0.0, 1.0, 1.0]);
        assert_eq!(run(Binary::Max, &x, &two), [2.0, 2.0, 4.0]);
    }

    #[test]
    fn comparisons_choose_elements() {
        let a = t(&[1.0, 5.0, 3.0], &[3], Dtype::F32);
        let b = t(&[2.0, 2.0, 3.0], &[3], Dtype::F32);
        assert_eq!(a.compare(Compare::Ge, &b).unwrap().to_f64().unwrap(), [0.0, 1.0, 1.0]);
        let mask = a.compare(Compare::Gt, &b).unwrap();
        assert_eq!(Tensor::select(&mask, &a, &b).unwrap().to_f64().unwrap(), [2.0, 5.0, 3.0]);
    }

    #[test]
    fn integer_remainder_by_zero_is_an_error() {
        let a = t(&[7.0, 8.0], &[2], Dtype::I32);
        assert!(a.binary(Binary::Rem, &t(&[0.0], &[1], Dtype::I32)).is_err());
        assert_eq!(a.binary_scalar(Binary::Rem, 4.0).unwrap().to_i32().unwrap(), [3, 0]);
    }
}
