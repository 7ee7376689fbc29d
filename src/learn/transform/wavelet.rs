//! Wavelets: a signal or a picture as a coarse version of itself and what is missing from it, level by level.
//!
//! Haar (1910), and the 5/3 wavelet of Cohen, Daubechies & Feauveau (1992) as in JPEG 2000, by lifting (Sweldens
//! 1996). Any length: an odd one leaves one number more on the coarse side. Both are scaled so that a coefficient
//! weighs about the same on every level (exactly so for Haar, whose steps are rotations).

use crate::learn::Samples;
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

/// Which wavelet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Wavelet {
    /// Haar's: means and differences of pairs.
    #[default]
    Haar,
    /// Cohen, Daubechies & Feauveau's 5/3: what straight lines between neighbours do not predict.
    Cdf53,
}

/// Both sides of lifting: a wavelet of any kind is undone by the same steps backwards.
impl Wavelet {
    /// One level: the coarse half first, then the details.
    fn forward(self, x: &mut [f64], work: &mut Vec<f64>) {
        let n = x.len();
        if n < 2 {
            return;
        }
        let coarse = n.div_ceil(2);
        match self {
            Self::Haar => {
                for pair in x.chunks_exact_mut(2) {
                    let (a, b) = (pair[0], pair[1]);
                    (pair[0], pair[1]) = ((a + b) * FRAC_1_SQRT_2, (a - b) * FRAC_1_SQRT_2);
                }
            }
            Self::Cdf53 => {
                // Odd places: less the mean of both neighbours (mirrored at the edge).
                for i in (1..n).step_by(2) {
                    let right = if i + 1 < n { x[i + 1] } else { x[i - 1] };
                    x[i] -= 0.5 * (x[i - 1] + right);
                }
                // Even places: so that the mean is kept.
                for i in (0..n).step_by(2) {
                    let left = if i > 0 { x[i - 1] } else { x[1] };
                    let right = if i + 1 < n { x[i + 1] } else { left };
                    x[i] = (x[i] + 0.25 * (left + right)) * SQRT_2;
                }
                x.iter_mut().skip(1).step_by(2).for_each(|v| *v *= FRAC_1_SQRT_2);
            }
        }
        work.clear();
        work.extend_from_slice(x);
        for (i, v) in work.iter().enumerate() {
            x[if i % 2 == 0 { i / 2 } else { coarse + i / 2 }] = *v;
        }
    }

    /// Undoes `forward`.
    fn inverse(self, x: &mut [f64], work: &mut Vec<f64>) {
        let n = x.len();
        if n < 2 {
            return;
        }
        let coarse = n.div_ceil(2);
        work.clear();
        work.extend_from_slice(x);
        for (i, v) in x.iter_mut().enumerate() {
            *v = work[if i % 2 == 0 { i / 2 } else { coarse + i / 2 }];
        }
        match self {
            Self::Haar => {
                for pair in x.chunks_exact_mut(2) {
                    let (a, b) = (pair[0], pair[1]);
                    (pair[0], pair[1]) = ((a + b) * FRAC_1_SQRT_2, (a - b) * FRAC_1_SQRT_2);
                }
            }
            Self::Cdf53 => {
                x.iter_mut().skip(1).step_by(2).for_each(|v| *v *= SQRT_2);
                for i in (0..n).step_by(2) {
                    let left = if i > 0 { x[i - 1] } else { x[1] };
                    let right = if i + 1 < n { x[i + 1] } else { left };
                    x[i] = x[i] * FRAC_1_SQRT_2 - 0.25 * (left + right);
                }
                for i in (1..n).step_by(2) {
                    let right = if i + 1 < n { x[i + 1] } else { x[i - 1] };
                    x[i] += 0.5 * (x[i - 1] + right);
                }
            }
        }
    }
}

/// Levels until one number is left.
fn most_levels(n: usize) -> usize {
    n.max(1).next_power_of_two().trailing_zeros() as usize
}

/// How long the coarse part is after each level, the whole first.
fn lengths(n: usize, levels: usize) -> Vec<usize> {
    (0..levels.min(most_levels(n))).scan(n, |n, _| Some(std::mem::replace(n, n.div_ceil(2)))).collect()
}

fn ensure_finite(what: &str, x: &[f64]) -> Result<()> {
    match x.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(i) => Err(Error::value(format!("{what}: number {} is {}; all must be finite", i + 1, x[i]))),
    }
}

/// The wavelet transform of a signal: the coarse part first, then the details, the coarsest first. Without `levels`
/// there are as many as there can be.
///
/// # Errors
/// When a number is not finite.
pub fn wavelet(signal: &[f64], kind: Wavelet, levels: Option<usize>) -> Result<Vec<f64>> {
    ensure_finite("wavelet", signal)?;
    let (mut out, mut work) = (signal.to_vec(), vec![]);
    for n in lengths(out.len(), levels.unwrap_or(usize::MAX)) {
        kind.forward(&mut out[..n], &mut work);
    }
    Ok(out)
}

/// Undoes [`wavelet`] with the same kind and levels.
///
/// # Errors
/// When a number is not finite.
pub fn inverse_wavelet(waves: &[f64], kind: Wavelet, levels: Option<usize>) -> Result<Vec<f64>> {
    ensure_finite("inverse_wavelet", waves)?;
    let (mut out, mut work) = (waves.to_vec(), vec![]);
    for n in lengths(out.len(), levels.unwrap_or(usize::MAX)).into_iter().rev() {
        kind.inverse(&mut out[..n], &mut work);
    }
    Ok(out)
}

/// Height and width of the coarse part before each level.
fn sizes(x: &Samples, levels: Option<usize>) -> Vec<(usize, usize)> {
    let (rows, columns) = (x.rows(), x.columns());
    let levels = levels.unwrap_or(usize::MAX).min(most_levels(rows.max(columns)));
    let one = |n: usize| (0..levels).scan(n, |n, _| Some(std::mem::replace(n, n.div_ceil(2))));
    one(rows).zip(one(columns)).collect()
}

/// The wavelet transform of a picture, each level along rows and columns: the coarse part in the upper left corner.
/// Without `levels` there are as many as there can be.
///
/// # Errors
/// When a number is not finite.
pub fn wavelet2(picture: &Samples, kind: Wavelet, levels: Option<usize>) -> Result<Samples> {
    ensure_finite("wavelet2", picture.values())?;
    if picture.values().is_empty() {
        return Ok(picture.clone());
    }
    let mut out = picture.values().to_vec();
    for (rows, columns) in sizes(picture, levels) {
        along_rows(&mut out, picture.columns(), rows, columns, |x, work| kind.forward(x, work))?;
        along_columns(&mut out, picture.columns(), rows, columns, |x, work| kind.forward(x, work))?;
    }
    Samples::new(picture.rows(), picture.columns(), out)
}

/// Undoes [`wavelet2`] with the same kind and levels.
///
/// # Errors
/// When a number is not finite.
pub fn inverse_wavelet2(waves: &Samples, kind: Wavelet, levels: Option<usize>) -> Result<Samples> {
    ensure_finite("inverse_wavelet2", waves.values())?;
    if waves.values().is_empty() {
        return Ok(waves.clone());
    }
    let mut out = waves.values().to_vec();
    for (rows, columns) in sizes(waves, levels).into_iter().rev() {
        along_columns(&mut out, waves.columns(), rows, columns, |x, work| kind.inverse(x, work))?;
        along_rows(&mut out, waves.columns(), rows, columns, |x, work| kind.inverse(x, work))?;
    }
    Samples::new(waves.rows(), waves.columns(), out)
}

type Step<'a> = &'a dyn Fn(&mut [f64], &mut Vec<f64>);

fn along_rows(
    x: &mut [f64],
    stride: usize,
    rows: usize,
    columns: usize,
    step: impl Fn(&mut [f64], &mut Vec<f64>),
) -> Result<()> {
    let mut work = vec![];
    let step: Step<'_> = &step;
    for row in x.chunks_mut(stride).take(rows) {
        stop::check()?;
        step(&mut row[..columns], &mut work);
    }
    Ok(())
}

fn along_columns(
    x: &mut [f64],
    stride: usize,
    rows: usize,
    columns: usize,
    step: impl Fn(&mut [f64], &mut Vec<f64>),
) -> Result<()> {
    let (mut work, mut column) = (vec![], vec![0.0; rows]);
    let step: Step<'_> = &step;
    for j in 0..columns {
        stop::check()?;
        (0..rows).for_each(|i| column[i] = x[i * stride + j]);
        step(&mut column, &mut work);
        (0..rows).for_each(|i| x[i * stride + j] = column[i]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    const BOTH: [Wavelet; 2] = [Wavelet::Haar, Wavelet::Cdf53];

    #[test]
    fn signals_of_every_length_come_back() {
        let mut rng = Rng::new(5);
        for kind in BOTH {
            for n in 0..40 {
                let x: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
                for levels in [None, Some(0), Some(1), Some(3)] {
                    let y = wavelet(&x, kind, levels).unwrap();
                    let back = inverse_wavelet(&y, kind, levels).unwrap();
                    assert!(back.iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-12), "{kind:?} {n}");
                }
            }
        }
        assert!(wavelet(&[f64::INFINITY], Wavelet::Haar, None).is_err());
    }

    #[test]
    fn haar_means_and_differences_and_53_lines() {
        let y = wavelet(&[1.0, 3.0, 5.0, 11.0], Wavelet::Haar, None).unwrap();
        let expected = [10.0, -6.0, -2.0 * FRAC_1_SQRT_2, -6.0 * FRAC_1_SQRT_2];
        assert!(y.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{y:?}");
        // A straight line leaves no details inside (the last is mirrored).
        let line: Vec<f64> = (0..9).map(f64::from).collect();
        let y = wavelet(&line, Wavelet::Cdf53, Some(1)).unwrap();
        assert!(y[5..].iter().all(|v| v.abs() < 1e-12));
    }

    #[test]
    fn pictures_come_back_and_flat_ones_are_one_number() {
        let mut rng = Rng::new(6);
        for kind in BOTH {
            for (r, c) in [(1, 1), (1, 9), (7, 5), (16, 16), (13, 40)] {
                let x = Samples::new(r, c, (0..r * c).map(|_| rng.normal()).collect()).unwrap();
                for levels in [None, Some(2)] {
                    let y = wavelet2(&x, kind, levels).unwrap();
                    let back = inverse_wavelet2(&y, kind, levels).unwrap();
                    assert!(back.values().iter().zip(x.values()).all(|(a, b)| (a - b).abs() < 1e-12));
                }
            }
            let y = wavelet2(&Samples::new(8, 8, vec![1.0; 64]).unwrap(), kind, None).unwrap();
            assert!((y.row(0)[0] - 8.0).abs() < 1e-12);
            assert!(y.values()[1..].iter().all(|v| v.abs() < 1e-12));
        }
    }
}
