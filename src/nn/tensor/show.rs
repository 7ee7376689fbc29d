//! How a tensor looks when printed: shape, dtype and an abbreviated body.

use super::{Dtype, Tensor};
use std::fmt;

/// Rows or columns shown before the middle is left out, and how many of each end stay.
const FULL: usize = 10;
const EDGE: usize = 4;

/// One number, as short as four decimals allow.
fn cell(value: f64, dtype: Dtype, whole: bool) -> String {
    match dtype {
        Dtype::Bool => (if value != 0.0 { "true" } else { "false" }).to_string(),
        Dtype::I32 => format!("{value}"),
        _ if value.is_nan() => "nan".into(),
        _ if value.is_infinite() => (if value > 0.0 { "inf" } else { "-inf" }).into(),
        _ if whole && value.abs() < 1e7 => format!("{value:.0}"),
        _ if value != 0.0 && !(1e-3..1e6).contains(&value.abs()) => format!("{value:.3e}"),
        _ => format!("{value:.4}"),
    }
}

/// The places shown of `n`; `None` stands for those left out.
fn places(n: usize) -> Vec<Option<usize>> {
    if n <= FULL {
        return (0..n).map(Some).collect();
    }
    (0..EDGE).map(Some).chain([None]).chain((n - EDGE..n).map(Some)).collect()
}

fn body(values: &[f64], shape: &[usize], dtype: Dtype, whole: bool, width: usize, indent: usize) -> String {
    let stride = shape[1..].iter().product::<usize>();
    let rows: Vec<String> = places(shape[0])
        .into_iter()
        .map(|place| match place {
            None => {
                if shape.len() == 1 {
                    format!("{:>width$}", "...")
                } else {
                    "...".into()
                }
            }
            Some(i) if shape.len() == 1 => format!("{:>width$}", cell(values[i], dtype, whole)),
            Some(i) => body(&values[i * stride..(i + 1) * stride], &shape[1..], dtype, whole, width, indent + 1),
        })
        .collect();
    let join = if shape.len() == 1 { ", ".to_string() } else { format!(",\n{}", " ".repeat(indent + 1)) };
    format!("{{{}}}", rows.join(&join))
}

impl fmt::Display for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = self.shape();
        let sizes: Vec<_> = shape.iter().map(ToString::to_string).collect();
        write!(f, "tensor {} {}", sizes.join("x"), self.dtype)?;
        if self.device() != Default::default() {
            write!(f, " on {}", self.device())?;
        }
        if self.is_recorded() {
            write!(f, " requires_grad")?;
        }
        match self.to_f64() {
            Ok(values) => {
                let whole = values.iter().all(|v| v.fract() == 0.0 || !v.is_finite());
                let shown = |v: &f64| cell(*v, self.dtype, whole).len();
                let width = values.iter().take(10_000).map(shown).max().unwrap_or(1);
                write!(f, "\n{}", body(&values, &shape, self.dtype, whole, width, 0))
            }
            Err(e) => write!(f, "\n<{e}>"),
        }
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Device;
    use super::*;

    #[test]
    fn a_small_tensor_is_shown_whole() {
        let x = Tensor::from_vec(vec![1.0f32, 2.0, 3.0, -4.0], &[2, 2], Device::Cpu).unwrap();
        assert_eq!(x.to_string(), "tensor 2x2 f32\n{{ 1,  2},\n { 3, -4}}");
        let half = x.mul_scalar(0.5).unwrap();
        assert_eq!(half.to_string(), "tensor 2x2 f32\n{{ 0.5000,  1.0000},\n { 1.5000, -2.0000}}");
    }

    #[test]
    fn a_long_tensor_is_abbreviated() {
        let x = Tensor::arange(1.0, 1001.0, 1.0, Dtype::I32, Device::Cpu).unwrap();
        assert_eq!(x.to_string(), "tensor 1000 i32\n{   1,    2,    3,    4,  ...,  997,  998,  999, 1000}");
    }
}
