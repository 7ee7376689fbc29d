//! The discrete cosine transform: a signal or a picture as waves, few of which hold most of it.
//!
//! Ahmed, Natarajan & Rao (1974), types II and III scaled to be each other's transpose and inverse; through the
//! Fourier transform by Makhoul (1980), "A fast cosine transform in one and two dimensions".

use super::fourier::Fourier;
use crate::learn::Samples;
use crate::{Error, Result, stop};
use std::f64::consts::PI;

type Complex = faer::c64;

/// A plan for one length.
struct Plan {
    n: usize,
    fourier: Fourier,
    turns: Vec<Complex>, // e^(-i π k / 2n), times the scale of wave k
}

impl Plan {
    fn new(n: usize) -> Self {
        let turns = (0..n)
            .map(|k| {
                let scale = (if k == 0 { 1.0 } else { 2.0 } / n as f64).sqrt();
                let (sin, cos) = (-PI * k as f64 / (2 * n) as f64).sin_cos();
                Complex::new(scale * cos, scale * sin)
            })
            .collect();
        Self { n, fourier: Fourier::new(n), turns }
    }

    /// Where value `i` of the signal stands for the Fourier transform: even ones first, odd ones after them backwards.
    fn place(&self, i: usize) -> usize {
        if i.is_multiple_of(2) { i / 2 } else { self.n - 1 - i / 2 }
    }

    fn forward(&self, x: &mut [f64]) {
        let mut work = vec![Complex::new(0.0, 0.0); self.n];
        for (i, &v) in x.iter().enumerate() {
            work[self.place(i)] = Complex::new(v, 0.0);
        }
        self.fourier.forward(&mut work);
        for (k, v) in x.iter_mut().enumerate() {
            *v = work[k].re * self.turns[k].re - work[k].im * self.turns[k].im;
        }
    }

    /// The transpose of `forward`, which is its inverse.
    fn inverse(&self, x: &mut [f64]) {
        // Σ_k x[k] Re(turn[k] e^(-i τ k p / n)) for each place p.
        let mut work: Vec<Complex> = x.iter().zip(&self.turns).map(|(v, t)| Complex::new(v * t.re, v * t.im)).collect();
        self.fourier.forward(&mut work);
        for (i, v) in x.iter_mut().enumerate() {
            *v = work[self.place(i)].re;
        }
    }
}

fn ensure_finite(what: &str, x: &[f64]) -> Result<()> {
    match x.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(i) => Err(Error::value(format!("{what}: number {} is {}; all must be finite", i + 1, x[i]))),
    }
}

/// The discrete cosine transform (type II, of length 1 in every wave): the first number is the mean times `√n`.
///
/// ```
/// use mynah::learn::transform::{dct, inverse_dct};
/// let waves = dct(&[1.0, 1.0, 1.0, 1.0]).unwrap();
/// assert!((waves[0] - 2.0).abs() < 1e-12 && waves[1..].iter().all(|w| w.abs() < 1e-12));
/// assert!((inverse_dct(&waves).unwrap()[3] - 1.0).abs() < 1e-12);
/// ```
///
/// # Errors
/// When a number is not finite.
pub fn dct(signal: &[f64]) -> Result<Vec<f64>> {
    one("dct", signal, Plan::forward)
}

/// The signal with these waves: undoes [`dct`].
///
/// # Errors
/// When a number is not finite.
pub fn inverse_dct(waves: &[f64]) -> Result<Vec<f64>> {
    one("inverse_dct", waves, Plan::inverse)
}

fn one(what: &str, x: &[f64], work: impl Fn(&Plan, &mut [f64])) -> Result<Vec<f64>> {
    ensure_finite(what, x)?;
    let mut out = x.to_vec();
    if !out.is_empty() {
        work(&Plan::new(out.len()), &mut out);
    }
    Ok(out)
}

/// The discrete cosine transform of a picture, along its rows and its columns: of all of it, or with `block` of each
/// square of that side (those at the right and lower edge may be smaller).
///
/// # Errors
/// When a number is not finite or `block` is 0.
pub fn dct2(picture: &Samples, block: Option<usize>) -> Result<Samples> {
    two("dct2", picture, block, Plan::forward)
}

/// The picture with these waves: undoes [`dct2`] with the same `block`.
///
/// # Errors
/// As [`dct2`].
pub fn inverse_dct2(waves: &Samples, block: Option<usize>) -> Result<Samples> {
    two("inverse_dct2", waves, block, Plan::inverse)
}

fn two(what: &str, x: &Samples, block: Option<usize>, work: impl Fn(&Plan, &mut [f64])) -> Result<Samples> {
    ensure_finite(what, x.values())?;
    crate::error::ensure_setting(block != Some(0), what, "block", "at least 1", 0)?;
    let (rows, columns) = (x.rows(), x.columns());
    let side = block.unwrap_or(rows.max(columns));
    let mut out = x.values().to_vec();
    if out.is_empty() {
        return Ok(x.clone());
    }
    // Plans for whole and for edge pieces.
    let plans =
        |n: usize| (Plan::new(side.min(n)), (!n.is_multiple_of(side.min(n))).then(|| Plan::new(n % side.min(n))));
    let along = |row: &mut [f64], (whole, rest): &(Plan, Option<Plan>)| {
        for piece in row.chunks_mut(whole.n) {
            let plan = if piece.len() == whole.n { whole } else { rest.as_ref().expect("made for the rest") };
            work(plan, piece);
        }
    };
    let plan = plans(columns);
    for row in out.chunks_exact_mut(columns) {
        stop::check()?;
        along(row, &plan);
    }
    let plan = plans(rows);
    let mut column = vec![0.0; rows];
    for j in 0..columns {
        stop::check()?;
        (0..rows).for_each(|i| column[i] = out[i * columns + j]);
        along(&mut column, &plan);
        (0..rows).for_each(|i| out[i * columns + j] = column[i]);
    }
    Samples::new(rows, columns, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    #[test]
    fn waves_are_those_of_the_definition_and_the_inverse_undoes_them() {
        let mut rng = Rng::new(2);
        for n in [1, 2, 3, 5, 8, 13, 64, 100] {
            let x: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
            let y = dct(&x).unwrap();
            for k in 0..n {
                let scale = (if k == 0 { 1.0 } else { 2.0 } / n as f64).sqrt();
                let wave = |i: usize| (PI * k as f64 * (2 * i + 1) as f64 / (2 * n) as f64).cos();
                let sum = scale * (0..n).map(|i| x[i] * wave(i)).sum::<f64>();
                assert!((sum - y[k]).abs() < 1e-12, "{n} {k}");
            }
            assert!(inverse_dct(&y).unwrap().iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-12));
        }
        assert!(dct(&[]).unwrap().is_empty() && dct(&[f64::NAN]).is_err());
    }

    #[test]
    fn pictures_whole_and_in_blocks() {
        let mut rng = Rng::new(3);
        let x = Samples::new(11, 19, (0..209).map(|_| rng.normal()).collect()).unwrap();
        for block in [None, Some(1), Some(4), Some(8), Some(100)] {
            let y = dct2(&x, block).unwrap();
            let energy = |s: &Samples| s.values().iter().map(|v| v * v).sum::<f64>();
            assert!((energy(&x) - energy(&y)).abs() < 1e-9);
            let back = inverse_dct2(&y, block).unwrap();
            assert!(back.values().iter().zip(x.values()).all(|(a, b)| (a - b).abs() < 1e-12));
        }
        let flat = Samples::new(8, 8, vec![2.0; 64]).unwrap();
        let y = dct2(&flat, Some(4)).unwrap();
        assert!((y.row(4)[4] - 8.0).abs() < 1e-12 && y.row(4)[5].abs() < 1e-12);
        assert!(dct2(&flat, Some(0)).is_err());
    }
}
