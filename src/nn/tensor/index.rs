//! Choosing and changing parts of a tensor.

use super::shape::by_kind;
use super::{Dtype, Tensor};
use crate::{Error, Result};
use burn::backend::Dispatch;
use burn::backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn::tensor::Slice;

/// Part of one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// All of it.
    All,
    /// One place; the dimension disappears from the result.
    At(usize),
    /// From `start` up to, not including, `end`.
    Span(usize, usize),
}

impl Tensor {
    /// Turns ranges into burn's slices and the shape of the result.
    fn slices(&self, ranges: &[Range]) -> Result<(Vec<Slice>, Vec<usize>)> {
        let shape = self.shape();
        if ranges.len() > shape.len() {
            return Err(Error::shape("index", format!("{} indices for a tensor of shape {shape:?}", ranges.len())));
        }
        let (mut slices, mut kept) = (Vec::with_capacity(shape.len()), Vec::new());
        for (dim, &size) in shape.iter().enumerate() {
            let (start, end) = match ranges.get(dim).copied().unwrap_or(Range::All) {
                Range::All => (0, size),
                Range::At(i) => (i, i + 1),
                Range::Span(start, end) => (start, end),
            };
            if start >= end || end > size {
                return Err(Error::shape(
                    "index",
                    format!("{}..{} is outside dimension {} of {shape:?}", start + 1, end, dim + 1),
                ));
            }
            if !matches!(ranges.get(dim), Some(Range::At(_))) {
                kept.push(end - start);
            }
            slices.push(Slice::from(start..end));
        }
        if kept.is_empty() {
            kept.push(1);
        }
        Ok((slices, kept))
    }

    /// A copy of the part that `ranges` name, one range per leading dimension.
    pub fn slice(&self, ranges: &[Range]) -> Result<Tensor> {
        let (slices, shape) = self.slices(ranges)?;
        by_kind!(self.clone(), float_slice | int_slice | bool_slice(&slices)).reshape(&shape)
    }

    /// The tensor with the part that `ranges` name replaced by `value`, which is broadcast.
    pub fn slice_assign(&self, ranges: &[Range], value: &Tensor) -> Result<Tensor> {
        let (slices, shape) = self.slices(ranges)?;
        let full: Vec<usize> = slices.iter().map(|s| s.end.unwrap_or(0) as usize - s.start as usize).collect();
        let value = value.cast(self.dtype)?.broadcast_to(&shape)?.reshape(&full)?;
        let recorded = super::grad_enabled() && (self.recorded || value.recorded);
        let (t, v) = (self.in_backend(recorded), value.in_backend(recorded));
        let raw = match self.dtype {
            Dtype::F32 | Dtype::F64 => Dispatch::float_slice_assign(t, &slices, v),
            Dtype::I32 => Dispatch::int_slice_assign(t, &slices, v),
            Dtype::Bool => Dispatch::bool_slice_assign(t, &slices, v),
        };
        Ok(Tensor { raw, dtype: self.dtype, recorded })
    }

    fn check_indices(what: &str, indices: &Tensor, size: usize) -> Result<()> {
        if indices.dtype != Dtype::I32 {
            return Err(Error::shape(what, format!("indices must be i32, got {}", indices.dtype)));
        }
        match indices.to_i32()?.iter().find(|&&i| i < 0 || i as usize >= size) {
            Some(&i) => Err(Error::shape(what, format!("index {} is outside 1..{size}", i64::from(i) + 1))),
            None => Ok(()),
        }
    }

    /// Whole slices along `dim`, chosen by the 0-based i32 `indices` of shape `[n]`.
    pub fn index_select(&self, dim: usize, indices: &Tensor) -> Result<Tensor> {
        self.check_dim("index_select", dim)?;
        if indices.rank() != 1 {
            return Err(Error::shape("index_select", format!("indices must be a row, got {:?}", indices.shape())));
        }
        Self::check_indices("index_select", indices, self.shape()[dim])?;
        Ok(self.index_select_unchecked(dim, indices))
    }

    /// [`Tensor::index_select`] without reading the indices back to check them.
    pub(crate) fn index_select_unchecked(&self, dim: usize, indices: &Tensor) -> Tensor {
        let recorded = super::grad_enabled() && self.recorded;
        let (t, i) = (self.in_backend(recorded), indices.in_backend(recorded));
        let raw = match self.dtype {
            Dtype::F32 | Dtype::F64 => Dispatch::float_select(t, dim, i),
            Dtype::I32 => Dispatch::int_select(t, dim, i),
            Dtype::Bool => Dispatch::bool_select(t, dim, i),
        };
        Tensor { raw, dtype: self.dtype, recorded }
    }

    /// One element per index: `out[i][j] = self[i][indices[i][j]]` for `dim` = 1. Indices are 0-based i32 and have
    /// this tensor's rank and, except along `dim`, its sizes.
    pub fn gather(&self, dim: usize, indices: &Tensor) -> Result<Tensor> {
        self.check_dim("gather", dim)?;
        let (own, theirs) = (self.shape(), indices.shape());
        if own.len() != theirs.len() || (0..own.len()).any(|d| d != dim && own[d] != theirs[d]) {
            return Err(Error::shape(
                "gather",
                format!("indices {theirs:?} do not fit {own:?} along dimension {}", dim + 1),
            ));
        }
        Self::check_indices("gather", indices, own[dim])?;
        let recorded = super::grad_enabled() && self.recorded;
        let (t, i) = (self.in_backend(recorded), indices.in_backend(recorded));
        let raw = match self.dtype {
            Dtype::F32 | Dtype::F64 => Dispatch::float_gather(dim, t, i),
            Dtype::I32 => Dispatch::int_gather(dim, t, i),
            Dtype::Bool => Dispatch::bool_gather(dim, t, i),
        };
        Ok(Tensor { raw, dtype: self.dtype, recorded })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Device;
    use super::*;

    fn counting(shape: &[usize]) -> Tensor {
        let n = shape.iter().product::<usize>();
        Tensor::from_vec((1..=n as i32).map(|v| v as f32).collect(), shape, Device::Cpu).unwrap()
    }

    #[test]
    fn parts_are_read_and_written() {
        let x = counting(&[3, 4]);
        assert_eq!(x.slice(&[Range::At(1)]).unwrap().to_f64().unwrap(), [5.0, 6.0, 7.0, 8.0]);
        let column = x.slice(&[Range::All, Range::At(1)]).unwrap();
        assert_eq!((column.shape(), column.to_f64().unwrap()), (vec![3], vec![2.0, 6.0, 10.0]));
        let block = x.slice(&[Range::Span(0, 2), Range::Span(2, 4)]).unwrap();
        assert_eq!(block.to_f64().unwrap(), [3.0, 4.0, 7.0, 8.0]);
        let zero = Tensor::full(&[1], 0.0, Dtype::F32, Device::Cpu).unwrap();
        let y = x.slice_assign(&[Range::Span(1, 3), Range::At(0)], &zero).unwrap();
        assert_eq!(y.slice(&[Range::All, Range::At(0)]).unwrap().to_f64().unwrap(), [1.0, 0.0, 0.0]);
        assert_eq!(x.slice(&[Range::At(3)]).unwrap_err().to_string(), "index: 4..4 is outside dimension 1 of [3, 4]");
    }

    #[test]
    fn gradients_reach_only_the_chosen_part() {
        let x = counting(&[2, 2]).require_grad().unwrap();
        let row = x.slice(&[Range::At(1)]).unwrap().sum();
        assert_eq!(row.backward().unwrap().get(&x).unwrap().to_f64().unwrap(), [0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn indices_choose_rows_and_elements() {
        let x = counting(&[3, 2]);
        let i = |v: &[i32], s: &[usize]| Tensor::from_vec(v.to_vec(), s, Device::Cpu).unwrap();
        assert_eq!(x.index_select(0, &i(&[2, 0], &[2])).unwrap().to_f64().unwrap(), [5.0, 6.0, 1.0, 2.0]);
        assert_eq!(x.gather(1, &i(&[1, 0, 1], &[3, 1])).unwrap().to_f64().unwrap(), [2.0, 3.0, 6.0]);
        assert!(x.index_select(0, &i(&[3], &[1])).is_err());
        assert!(x.gather(1, &i(&[-1, 0, 0], &[3, 1])).is_err());
    }
}
