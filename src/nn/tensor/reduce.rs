//! Many numbers into few: sums and extremes, matrix products, softmax.

use super::arith::{Binary, Unary};
use super::{Dtype, Tensor};
use crate::{Error, Result};
use burn::backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn::backend::{Dispatch, DispatchTensor};
use burn::tensor::IntDType;

/// Ways to make one number of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduce {
    /// Their sum.
    Sum,
    /// Their arithmetic mean, as floats.
    Mean,
    /// Their product.
    Prod,
    /// The largest.
    Max,
    /// The smallest.
    Min,
}

impl Tensor {
    /// The sum of all elements, shape `[1]`; bools are counted.
    pub fn sum(&self) -> Tensor {
        if self.dtype.is_float() {
            let recorded = self.recorded && super::grad_enabled();
            let raw = Dispatch::float_sum(self.in_backend(recorded));
            return Tensor::float_result(raw, self.dtype, recorded);
        }
        let ints = if self.dtype == Dtype::Bool {
            Dispatch::bool_into_int(self.raw.clone(), IntDType::I32)
        } else {
            self.raw.clone()
        };
        Tensor { raw: Dispatch::int_sum(ints), dtype: Dtype::I32, recorded: false }
    }

    /// The mean of all elements, shape `[1]`, as floats.
    pub fn mean(&self) -> Result<Tensor> {
        let n = self.len() as f64;
        self.sum().binary_scalar(Binary::Div, n)
    }

    /// All elements (`dim` = `None`, shape `[1]`) or those along `dim` made one; `keep` leaves a size of 1 there.
    pub fn reduce(&self, op: Reduce, dim: Option<usize>, keep: bool) -> Result<Tensor> {
        let Some(dim) = dim else {
            return match op {
                Reduce::Sum => Ok(self.sum()),
                Reduce::Mean => self.mean(),
                _ => self.reshape(&[self.len()])?.reduce(op, Some(0), true),
            };
        };
        self.check_dim("reduce", dim)?;
        let t = match (self.dtype, op) {
            (Dtype::Bool, _) => self.cast(Dtype::I32)?,
            (Dtype::I32, Reduce::Mean) => self.cast(Dtype::F32)?,
            _ => self.clone(),
        };
        let recorded = t.recorded && super::grad_enabled();
        let (raw, dtype) = (t.in_backend(recorded), t.dtype);
        let raw = match (dtype, op) {
            (Dtype::I32, Reduce::Sum) => Dispatch::int_sum_dim(raw, dim),
            (Dtype::I32, Reduce::Prod) => Dispatch::int_prod_dim(raw, dim),
            (Dtype::I32, Reduce::Max) => Dispatch::int_max_dim(raw, dim),
            (Dtype::I32, _) => Dispatch::int_min_dim(raw, dim),
            (_, Reduce::Sum) => Dispatch::float_sum_dim(raw, dim),
            (_, Reduce::Mean) => Dispatch::float_mean_dim(raw, dim),
            (_, Reduce::Prod) => Dispatch::float_prod_dim(raw, dim),
            (_, Reduce::Max) => Dispatch::float_max_dim(raw, dim),
            (_, Reduce::Min) => Dispatch::float_min_dim(raw, dim),
        };
        let out = Tensor { raw, dtype, recorded };
        if keep || out.rank() == 1 { Ok(out) } else { out.squeeze(Some(dim)) }
    }

    /// Variance over all elements or along `dim`, dividing by n − 1.
    pub fn var(&self, dim: Option<usize>, keep: bool) -> Result<Tensor> {
        let n = match dim {
            Some(d) => {
                self.check_dim("var", d)?;
                self.shape()[d]
            }
            None => self.len(),
        };
        if n < 2 {
            return Err(Error::shape("var", "needs at least two numbers"));
        }
        let flat = if dim.is_none() { self.reshape(&[n])? } else { self.clone() };
        let centred = flat.sub(&flat.reduce(Reduce::Mean, dim.or(Some(0)), true)?)?;
        let squares = centred.mul(&centred)?.reduce(Reduce::Sum, dim, keep)?;
        squares.binary_scalar(Binary::Div, (n - 1) as f64)
    }

    /// The 0-based place of the largest (or smallest) element, of all or along `dim`.
    pub fn arg_extreme(&self, largest: bool, dim: Option<usize>) -> Result<Tensor> {
        let Some(dim) = dim else {
            return self.reshape(&[self.len()])?.arg_extreme(largest, Some(0));
        };
        self.check_dim(if largest { "argmax" } else { "argmin" }, dim)?;
        let (raw, ..) = self.plain().as_float()?;
        let raw = if largest {
            Dispatch::float_argmax(raw, dim, IntDType::I32)
        } else {
            Dispatch::float_argmin(raw, dim, IntDType::I32)
        };
        let out = Tensor { raw: Dispatch::int_cast(raw, IntDType::I32), dtype: Dtype::I32, recorded: false };
        if out.rank() == 1 { Ok(out) } else { out.squeeze(Some(dim)) }
    }

    /// Whether any (or all) elements are true, shape `[1]`.
    pub fn any_all(&self, all: bool) -> Result<Tensor> {
        let raw = self.cast(Dtype::Bool)?.raw;
        let raw = if all { Dispatch::bool_all(raw) } else { Dispatch::bool_any(raw) };
        Ok(Tensor { raw, dtype: Dtype::Bool, recorded: false })
    }

    /// Running sums along `dim`.
    pub fn cumsum(&self, dim: usize) -> Result<Tensor> {
        self.check_dim("cumsum", dim)?;
        let t = if self.dtype == Dtype::Bool { self.cast(Dtype::I32)? } else { self.clone() };
        let recorded = t.recorded && super::grad_enabled();
        let raw = t.in_backend(recorded);
        let raw = if t.dtype.is_float() { Dispatch::float_cumsum(raw, dim) } else { Dispatch::int_cumsum(raw, dim) };
        Ok(Tensor { raw, dtype: t.dtype, recorded })
    }

    /// Sorted along `dim`, with the 0-based places the elements came from.
    pub fn sort(&self, dim: usize, descending: bool) -> Result<(Tensor, Tensor)> {
        self.check_dim("sort", dim)?;
        let (raw, ..) = self.plain().as_float()?;
        let places = Dispatch::int_cast(Dispatch::float_argsort(raw, dim, descending, IntDType::I32), IntDType::I32);
        let places = Tensor { raw: places, dtype: Dtype::I32, recorded: false };
        Ok((self.gather(dim, &places)?, places))
    }

    /// The matrix product. Leading dimensions broadcast; a row `[n]` on the left or right is treated as a
    /// `[1, n]` or `[n, 1]` matrix and the extra dimension removed again.
    pub fn matmul(&self, other: &Tensor) -> Result<Tensor> {
        let (a, b) = (self.shape(), other.shape());
        let left = if a.len() == 1 { self.unsqueeze(0)? } else { self.clone() };
        let right = if b.len() == 1 { other.unsqueeze(1)? } else { other.clone() };
        let (la, rb) = (left.shape(), right.shape());
        let inner = (la[la.len() - 1], rb[rb.len() - 2]);
        if inner.0 != inner.1 {
            return Err(Error::shape("matmul", format!("inner sizes differ: {a:?} x {b:?}")));
        }
        if left.device() != right.device() {
            return Err(Error::shape(
                "matmul",
                format!("one tensor is on {}, the other on {}", left.device(), right.device()),
            ));
        }
        let batch = super::broadcast_shapes("matmul", &la[..la.len() - 2], &rb[..rb.len() - 2])?;
        let raise = |t: &Tensor, s: &[usize]| {
            let mut shape = batch.clone();
            shape.extend(&s[s.len() - 2..]);
            t.broadcast_to(&shape)
        };
        let dtype = left.dtype.max(right.dtype).max(Dtype::F32);
        let (left, right) = (raise(&left.cast(dtype)?, &la)?, raise(&right.cast(dtype)?, &rb)?);
        let recorded = super::grad_enabled() && (left.recorded || right.recorded);
        let raw = Dispatch::float_matmul(left.in_backend(recorded), right.in_backend(recorded));
        let mut out = Tensor::float_result(raw, dtype, recorded);
        let mut shape = out.shape();
        if b.len() == 1 {
            shape.pop();
        }
        if a.len() == 1 {
            shape.remove(shape.len() - if b.len() == 1 { 1 } else { 2 });
        }
        if shape.is_empty() {
            shape.push(1);
        }
        out = out.reshape(&shape)?;
        Ok(out)
    }

    /// exp(x − max) normalised to sum 1 along `dim`; the shift keeps it finite for any finite logits.
    pub fn softmax(&self, dim: usize) -> Result<Tensor> {
        let shifted = self.shifted("softmax", dim)?.unary(Unary::Exp)?;
        shifted.div(&shifted.reduce(Reduce::Sum, Some(dim), true)?)
    }

    /// The logarithm of [`Tensor::softmax`], computed without forming it: x − max − ln Σ exp(x − max).
    pub fn log_softmax(&self, dim: usize) -> Result<Tensor> {
        let shifted = self.shifted("log_softmax", dim)?;
        let total = shifted.unary(Unary::Exp)?.reduce(Reduce::Sum, Some(dim), true)?.unary(Unary::Log)?;
        shifted.sub(&total)
    }

    fn shifted(&self, what: &str, dim: usize) -> Result<Tensor> {
        self.check_dim(what, dim)?;
        let x = if self.dtype.is_float() { self.clone() } else { self.cast(Dtype::F32)? };
        // The shift cancels in the result, so it needs no derivative.
        let max = x.plain().reduce(Reduce::Max, Some(dim), true)?;
        x.sub(&max)
    }

    /// Keeps the elements on and below diagonal `k` (lower), or on and above it, of each matrix; zero elsewhere.
    pub fn triangle(&self, lower: bool, k: i64) -> Result<Tensor> {
        let shape = self.shape();
        let [.., rows, cols] = shape[..] else {
            return Err(Error::shape(if lower { "tril" } else { "triu" }, "needs a matrix"));
        };
        let keep = (0..rows * cols).map(|i| {
            let d = (i % cols) as i64 - (i / cols) as i64;
            if lower { d <= k } else { d >= k }
        });
        let mask = Tensor::from_bools(keep.collect(), &[rows, cols], self.device())?;
        Tensor::select(&mask, self, &Tensor::full(&[1], 0.0, self.dtype, self.device())?)
    }

    /// Whether every element is finite.
    pub fn all_finite(&self) -> bool {
        if !self.dtype.is_float() {
            return true;
        }
        let raw: DispatchTensor = self.plain().raw;
        let bools = self.device().bools();
        let bad = Dispatch::bool_or(Dispatch::float_is_nan(raw.clone(), bools), Dispatch::float_is_inf(raw, bools));
        let bad = Tensor { raw: Dispatch::bool_any(bad), dtype: Dtype::Bool, recorded: false };
        bad.item().is_ok_and(|b| b == 0.0)
    }

    /// A copy of the tensor with dimension order made plain in memory.
    pub fn detach(&self) -> Tensor {
        self.plain()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Device;
    use super::*;

    fn t(values: &[f32], shape: &[usize]) -> Tensor {
        Tensor::from_vec(values.to_vec(), shape, Device::Cpu).unwrap()
    }

    #[test]
    fn reductions_know_their_dimension() {
        let x = t(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3]);
        let run = |op, dim| x.reduce(op, dim, false).unwrap().to_f64().unwrap();
        assert_eq!(run(Reduce::Sum, Some(0)), [5.0, 7.0, 9.0]);
        assert_eq!(run(Reduce::Mean, Some(1)), [2.0, 5.0]);
        assert_eq!(run(Reduce::Max, None), [6.0]);
        assert_eq!(run(Reduce::Prod, Some(1)), [6.0, 120.0]);
        assert_eq!(x.reduce(Reduce::Min, Some(1), true).unwrap().shape(), [2, 1]);
        assert_eq!(x.arg_extreme(true, Some(1)).unwrap().to_i32().unwrap(), [2, 2]);
        assert_eq!(x.var(Some(1), false).unwrap().to_f64().unwrap(), [1.0, 1.0]);
        assert_eq!(x.cast(Dtype::I32).unwrap().mean().unwrap().item().unwrap(), 3.5);
    }

    #[test]
    fn matrix_products_of_every_rank() {
        let a = t(&[1.0, 2.0, 3.0, 4.0], &[2, 2]);
        assert_eq!(a.matmul(&a).unwrap().to_f64().unwrap(), [7.0, 10.0, 15.0, 22.0]);
        let v = t(&[1.0, 10.0], &[2]);
        assert_eq!(a.matmul(&v).unwrap().to_f64().unwrap(), [21.0, 43.0]);
        assert_eq!(v.matmul(&a).unwrap().to_f64().unwrap(), [31.0, 42.0]);
        assert_eq!(v.matmul(&v).unwrap().to_f64().unwrap(), [101.0]);
        let batch = t(&[1.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 2.0], &[2, 2, 2]);
        assert_eq!(batch.matmul(&a).unwrap().to_f64().unwrap(), [1.0, 2.0, 3.0, 4.0, 2.0, 4.0, 6.0, 8.0]);
        let wrong = t(&[0.0; 12], &[3, 4]).matmul(&t(&[0.0; 10], &[5, 2])).unwrap_err();
        assert_eq!(wrong.to_string(), "matmul: inner sizes differ: [3, 4] x [5, 2]");
    }

    #[test]
    fn softmax_of_huge_logits_stays_finite() {
        assert_eq!(t(&[1000.0, 1000.0], &[2]).softmax(0).unwrap().to_f64().unwrap(), [0.5, 0.5]);
        let logs = t(&[1e4, -1e4], &[2]).log_softmax(0).unwrap().to_f64().unwrap();
        assert_eq!(logs, [0.0, -2e4]);
    }

    #[test]
    fn sorting_says_where_elements_came_from() {
        let (sorted, places) = t(&[3.0, 1.0, 2.0], &[3]).sort(0, false).unwrap();
        assert_eq!(sorted.to_f64().unwrap(), [1.0, 2.0, 3.0]);
        assert_eq!(places.to_i32().unwrap(), [1, 2, 0]);
    }

    #[test]
    fn infinities_are_noticed() {
        assert!(t(&[1.0, 2.0], &[2]).all_finite());
        assert!(!t(&[1.0, f32::NAN], &[2]).all_finite());
        assert!(!t(&[1.0, f32::INFINITY], &[2]).all_finite());
    }
}
