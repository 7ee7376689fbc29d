//! What the states of a hidden Markov model show: symbols of an alphabet, or points of a Gaussian.

use super::dense::{cholesky, lower_inverse, semi_cholesky};
use crate::data::Rng;
use crate::learn::Samples;
use crate::learn::cluster::vectorised;
use crate::{Error, Result, stop};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Steps in one piece of work.
const PIECE: usize = 4096;

/// One run of observations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Sequence {
    /// Symbols, coded from 0.
    Symbols(Vec<u32>),
    /// Points, one a row.
    Points(Samples),
}

impl Sequence {
    /// How many steps it has.
    pub fn len(&self) -> usize {
        match self {
            Self::Symbols(symbols) => symbols.len(),
            Self::Points(points) => points.rows(),
        }
    }

    /// Whether it has no steps.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What each state shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Emission {
    /// How probable each symbol is in each state. `[states][symbols]`
    Discrete(Vec<Vec<f64>>),
    /// A Gaussian for each state.
    Gaussian {
        /// `[states][dimensions]`
        means: Vec<Vec<f64>>,
        /// Each state's variances, `[dimensions]`, or its covariance matrix row by row, `[dimensions²]`.
        covariances: Vec<Vec<f64>>,
    },
}

impl Emission {
    /// Of how many states it speaks.
    pub fn states(&self) -> usize {
        match self {
            Self::Discrete(table) => table.len(),
            Self::Gaussian { means, .. } => means.len(),
        }
    }

    /// How many symbols there are, or dimensions.
    pub fn width(&self) -> usize {
        match self {
            Self::Discrete(rows) | Self::Gaussian { means: rows, .. } => rows.first().map_or(0, Vec::len),
        }
    }

    /// Refuses tables that do not fit together or are no probabilities, and covariances that are none. Rows of
    /// probabilities come out with a sum of exactly 1.
    pub(super) fn check(&mut self, name: &str) -> Result<()> {
        match self {
            Self::Discrete(table) => check_rows(name, "emission", table),
            Self::Gaussian { means, covariances } => {
                let d = means.first().map_or(0, Vec::len);
                let fits = d > 0
                    && means.len() == covariances.len()
                    && means.iter().all(|m| m.len() == d)
                    && (covariances.iter().all(|c| c.len() == d)
                        || covariances.iter().all(|c| d.checked_mul(d) == Some(c.len())));
                if !fits {
                    let why = "each state needs a mean and variances of the same dimensions";
                    return Err(Error::shape(name, why));
                }
                for (i, (mean, covariance)) in means.iter().zip(covariances.iter()).enumerate() {
                    let finite = mean.iter().chain(covariance).all(|v| v.abs() <= 1e200);
                    let positive = if covariance.len() == d {
                        covariance.iter().all(|v| *v > 0.0)
                    } else {
                        symmetric(covariance, d) && cholesky(covariance, d).is_some()
                    };
                    if !finite || !positive {
                        let why = format!("{name}: the covariance of state {} is not positive definite", i + 1);
                        return Err(Error::value(why));
                    }
                }
                Ok(())
            }
        }
    }

    /// Refuses a sequence of another kind or width, and numbers that are not finite.
    pub(super) fn check_sequence(&self, name: &str, number: usize, sequence: &Sequence) -> Result<()> {
        match (self, sequence) {
            (Self::Discrete(table), Sequence::Symbols(symbols)) => {
                let known = table[0].len();
                match symbols.iter().position(|s| *s as usize >= known) {
                    None => Ok(()),
                    Some(t) => Err(Error::value(format!(
                        "{name}: sequence {number}, step {}: symbol {} is not one of {known}",
                        t + 1,
                        u64::from(symbols[t]) + 1
                    ))),
                }
            }
            (Self::Gaussian { means, .. }, Sequence::Points(points)) if points.rows() > 0 => {
                points.check_width(name, means[0].len())?;
                match points.values().iter().position(|v| v.abs() > 1e100) {
                    None => Ok(()),
                    Some(at) => Err(Error::value(format!(
                        "{name}: sequence {number}, step {} holds {:e}; at most 1e100 works",
                        at / points.columns() + 1,
                        points.values()[at]
                    ))),
                }
            }
            (Self::Gaussian { .. }, Sequence::Points(_)) => Ok(()),
            (Self::Discrete(_), _) => Err(Error::value(format!("{name}: sequence {number} must hold symbols"))),
            (Self::Gaussian { .. }, _) => Err(Error::value(format!("{name}: sequence {number} must hold points"))),
        }
    }

    /// One observation of `state`: a symbol, or a point that is added to `point`.
    pub(super) fn draw(&self, state: usize, rng: &mut Rng, point: &mut Vec<f64>) -> u32 {
        match self {
            Self::Discrete(table) => draw(&table[state], rng) as u32,
            Self::Gaussian { means, covariances } => {
                let (mean, covariance) = (&means[state], &covariances[state]);
                let d = mean.len();
                let z: Vec<f64> = (0..d).map(|_| rng.normal()).collect();
                if covariance.len() == d {
                    point.extend((0..d).map(|j| mean[j] + covariance[j].sqrt() * z[j]));
                } else {
                    let l = semi_cholesky(covariance, d).unwrap_or_else(|| vec![0.0; d * d]);
                    point.extend((0..d).map(|j| mean[j] + (0..=j).map(|t| l[j * d + t] * z[t]).sum::<f64>()));
                }
                0
            }
        }
    }
}

fn symmetric(a: &[f64], d: usize) -> bool {
    let scale = a.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    (0..d).all(|i| (0..i).all(|j| (a[i * d + j] - a[j * d + i]).abs() <= 1e-9 * scale))
}

/// A place drawn with the given probabilities, which sum to 1.
pub(super) fn draw(probabilities: &[f64], rng: &mut Rng) -> usize {
    let mut u = rng.uniform();
    let mut last = 0;
    for (i, p) in probabilities.iter().enumerate() {
        if *p > 0.0 {
            last = i;
            if u < *p {
                return i;
            }
            u -= p;
        }
    }
    last
}

/// Refuses rows of different lengths or that are no probabilities; makes their sums exactly 1.
pub(super) fn check_rows(name: &str, what: &str, rows: &mut [Vec<f64>]) -> Result<()> {
    let width = rows.first().map_or(0, Vec::len);
    if width == 0 {
        return Err(Error::shape(name, format!("`{what}` is empty")));
    }
    for (i, row) in rows.iter_mut().enumerate() {
        if row.len() != width {
            let why = format!("row {} of `{what}` has {} numbers, row 1 has {width}", i + 1, row.len());
            return Err(Error::shape(name, why));
        }
        check_row(name, format_args!("row {} of `{what}`", i + 1), row)?;
    }
    Ok(())
}

/// Refuses numbers that are no probabilities; makes their sum exactly 1.
pub(super) fn check_row(name: &str, what: impl std::fmt::Display, row: &mut [f64]) -> Result<()> {
    let sum: f64 = row.iter().sum();
    if row.iter().any(|p| !(*p >= 0.0)) || (sum - 1.0).abs() > 1e-6 || !sum.is_finite() {
        let why = if (sum - 1.0).abs() > 1e-6 { format!("sums to {sum}") } else { "has negative numbers".into() };
        return Err(Error::value(format!("{name}: {what} {why}; probabilities must sum to 1")));
    }
    row.iter_mut().for_each(|p| *p /= sum);
    Ok(())
}

/// An [`Emission`] made ready for many steps; states stand side by side.
pub(super) enum Prepared {
    /// Logarithms of `[symbols, k]`.
    Discrete { k: usize, logs: Vec<f64> },
    /// Means and halved inverse variances of `[d, k]`.
    Diagonal { k: usize, d: usize, constants: Vec<f64>, means: Vec<f64>, halves: Vec<f64> },
    /// Means of `[d, k]`; inverted Cholesky factors of `[row, column ≤ row, k]`.
    Full { k: usize, d: usize, constants: Vec<f64>, means: Vec<f64>, factors: Vec<f64> },
}

/// Sums over steps, weighted with each state's probability; points are measured from the states' means.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    pub weights: Vec<f64>, // [k]
    pub first: Vec<f64>,   // [symbols or d, k]
    pub second: Vec<f64>,  // [d, k], or [row, column ≤ row, k]
}

impl Sums {
    pub fn add(&mut self, other: &Self) {
        for (a, b) in
            [(&mut self.weights, &other.weights), (&mut self.first, &other.first), (&mut self.second, &other.second)]
        {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        }
    }
}

/// Runs `$work` with `$k` known to the compiler for few states.
macro_rules! for_count {
    ($count:expr, $k:ident => $work:expr) => {
        match $count {
            2 => {
                const $k: usize = 2;
                vectorised(
                    #[inline(always)]
                    || $work,
                )
            }
            3 => {
                const $k: usize = 3;
                vectorised(
                    #[inline(always)]
                    || $work,
                )
            }
            4 => {
                const $k: usize = 4;
                vectorised(
                    #[inline(always)]
                    || $work,
                )
            }
            5 => {
                const $k: usize = 5;
                vectorised(
                    #[inline(always)]
                    || $work,
                )
            }
            6 => {
                const $k: usize = 6;
                vectorised(
                    #[inline(always)]
                    || $work,
                )
            }
            8 => {
                const $k: usize = 8;
                vectorised(
                    #[inline(always)]
                    || $work,
                )
            }
            #[allow(non_snake_case)]
            $k => vectorised(
                #[inline(always)]
                || $work,
            ),
        }
    };
}

impl Prepared {
    pub fn new(emission: &Emission) -> Self {
        let k = emission.states();
        let side_by_side = |rows: &[Vec<f64>]| -> Vec<f64> {
            (0..rows[0].len()).flat_map(|j| rows.iter().map(move |row| row[j])).collect()
        };
        match emission {
            Emission::Discrete(table) => {
                Self::Discrete { k, logs: side_by_side(table).iter().map(|p| p.ln()).collect() }
            }
            Emission::Gaussian { means, covariances } => {
                let d = means[0].len();
                let base = -0.5 * d as f64 * (2.0 * std::f64::consts::PI).ln();
                if covariances[0].len() == d && (d > 1 || covariances[0].len() == 1) {
                    let constants = covariances.iter().map(|c| base - 0.5 * c.iter().map(|v| v.ln()).sum::<f64>());
                    let halves = side_by_side(covariances).iter().map(|v| 0.5 / v).collect();
                    return Self::Diagonal { k, d, constants: constants.collect(), means: side_by_side(means), halves };
                }
                let mut constants = Vec::with_capacity(k);
                let mut rows = Vec::with_capacity(k);
                for covariance in covariances {
                    // Checked where the parameters came from.
                    let l = cholesky(covariance, d).expect("covariances are positive definite");
                    constants.push(base - (0..d).map(|i| l[i * d + i].ln()).sum::<f64>());
                    let w = lower_inverse(&l, d);
                    rows.push((0..d).flat_map(|r| w[r * d..r * d + r + 1].to_vec()).collect::<Vec<f64>>());
                }
                Self::Full { k, d, constants, means: side_by_side(means), factors: side_by_side(&rows) }
            }
        }
    }

    fn states(&self) -> usize {
        match self {
            Self::Discrete { k, .. } | Self::Diagonal { k, .. } | Self::Full { k, .. } => *k,
        }
    }

    /// The logarithm of each step's density in each state. `[steps, k]`
    pub fn logs(&self, sequence: &Sequence) -> Result<Vec<f64>> {
        let k = self.states();
        let mut out = vec![0.0; sequence.len() * k];
        out.par_chunks_mut(PIECE * k).enumerate().try_for_each(|(piece, out)| {
            stop::check()?;
            let first = piece * PIECE;
            match (self, sequence) {
                (Self::Discrete { logs, .. }, Sequence::Symbols(symbols)) => {
                    for (out, s) in out.chunks_exact_mut(k).zip(&symbols[first..]) {
                        out.copy_from_slice(&logs[*s as usize * k..(*s as usize + 1) * k]);
                    }
                }
                (Self::Diagonal { d, constants, means, halves, .. }, Sequence::Points(points)) => {
                    let x = &points.values()[first * d..];
                    for_count!(k, K => diagonal_logs(K, *d, constants, means, halves, x, out));
                }
                (Self::Full { d, constants, means, factors, .. }, Sequence::Points(points)) => {
                    let x = &points.values()[first * d..];
                    for_count!(k, K => full_logs(K, *d, constants, means, factors, x, out));
                }
                _ => unreachable!("sequences are checked"),
            }
            Ok::<(), Error>(())
        })?;
        Ok(out)
    }

    /// Sums of nothing.
    pub fn zeros(&self) -> Sums {
        let (k, first, second) = match self {
            Self::Discrete { k, logs } => (*k, logs.len(), 0),
            Self::Diagonal { k, d, .. } => (*k, d * k, d * k),
            Self::Full { k, d, .. } => (*k, d * k, d * (d + 1) / 2 * k),
        };
        Sums { weights: vec![0.0; k], first: vec![0.0; first], second: vec![0.0; second] }
    }

    /// Adds up one sequence with `gamma` of `[steps, k]`.
    pub fn gather(&self, sequence: &Sequence, gamma: &[f64], sums: &mut Sums) -> Result<()> {
        let k = self.states();
        let pieces: Vec<Sums> = gamma
            .par_chunks(PIECE * k)
            .enumerate()
            .map(|(piece, gamma)| {
                stop::check()?;
                let mut sums = self.zeros();
                let first = piece * PIECE;
                match (self, sequence) {
                    (Self::Discrete { .. }, Sequence::Symbols(symbols)) => {
                        for (gamma, s) in gamma.chunks_exact(k).zip(&symbols[first..]) {
                            let to = &mut sums.first[*s as usize * k..(*s as usize + 1) * k];
                            to.iter_mut().zip(gamma).for_each(|(t, g)| *t += g);
                        }
                        for gamma in gamma.chunks_exact(k) {
                            sums.weights.iter_mut().zip(gamma).for_each(|(w, g)| *w += g);
                        }
                    }
                    (Self::Diagonal { d, means, .. }, Sequence::Points(points)) => {
                        let x = &points.values()[first * d..];
                        for_count!(k, K => diagonal_sums(K, *d, means, x, gamma, &mut sums));
                    }
                    (Self::Full { d, means, .. }, Sequence::Points(points)) => {
                        let x = &points.values()[first * d..];
                        for_count!(k, K => full_sums(K, *d, means, x, gamma, &mut sums));
                    }
                    _ => unreachable!("sequences are checked"),
                }
                Ok(sums)
            })
            .collect::<Result<_>>()?;
        pieces.iter().for_each(|piece| sums.add(piece));
        Ok(())
    }
}

#[inline(always)]
fn diagonal_logs(k: usize, d: usize, constants: &[f64], means: &[f64], halves: &[f64], x: &[f64], out: &mut [f64]) {
    let (means, halves, constants) = (&means[..d * k], &halves[..d * k], &constants[..k]);
    for (out, x) in out.chunks_exact_mut(k).zip(x.chunks_exact(d)) {
        out.copy_from_slice(constants);
        for ((x, means), halves) in x.iter().zip(means.chunks_exact(k)).zip(halves.chunks_exact(k)) {
            for s in 0..k {
                let gap = x - means[s];
                out[s] -= gap * gap * halves[s];
            }
        }
    }
}

#[inline(always)]
fn full_logs(k: usize, d: usize, constants: &[f64], means: &[f64], factors: &[f64], x: &[f64], out: &mut [f64]) {
    let mut gaps = vec![0.0; d * k];
    let mut y = vec![0.0; k];
    let (gaps, y, constants) = (&mut gaps[..], &mut y[..k], &constants[..k]);
    for (out, x) in out.chunks_exact_mut(k).zip(x.chunks_exact(d)) {
        out.copy_from_slice(constants);
        for ((x, means), gaps) in x.iter().zip(means.chunks_exact(k)).zip(gaps.chunks_exact_mut(k)) {
            for s in 0..k {
                gaps[s] = x - means[s];
            }
        }
        let mut factors = factors.chunks_exact(k);
        for r in 0..d {
            y.fill(0.0);
            for (gaps, w) in gaps.chunks_exact(k).take(r + 1).zip(&mut factors) {
                for s in 0..k {
                    y[s] += w[s] * gaps[s];
                }
            }
            for s in 0..k {
                out[s] -= 0.5 * y[s] * y[s];
            }
        }
    }
}

#[inline(always)]
fn diagonal_sums(k: usize, d: usize, means: &[f64], x: &[f64], gamma: &[f64], sums: &mut Sums) {
    let weights = &mut sums.weights[..k];
    for gamma in gamma.chunks_exact(k) {
        for s in 0..k {
            weights[s] += gamma[s];
        }
    }
    let lists = means.chunks_exact(k).zip(sums.first.chunks_exact_mut(k)).zip(sums.second.chunks_exact_mut(k));
    for (j, ((means, first), second)) in lists.enumerate() {
        for (gamma, x) in gamma.chunks_exact(k).zip(x.chunks_exact(d)) {
            let x = x[j];
            for s in 0..k {
                let gap = x - means[s];
                let weighted = gamma[s] * gap;
                first[s] += weighted;
                second[s] += weighted * gap;
            }
        }
    }
}

#[inline(always)]
fn full_sums(k: usize, d: usize, means: &[f64], x: &[f64], gamma: &[f64], sums: &mut Sums) {
    let mut gaps = vec![0.0; d * k];
    let mut weighted = vec![0.0; k];
    let (gaps, weighted, weights) = (&mut gaps[..], &mut weighted[..k], &mut sums.weights[..k]);
    for (gamma, x) in gamma.chunks_exact(k).zip(x.chunks_exact(d)) {
        for s in 0..k {
            weights[s] += gamma[s];
        }
        for ((x, means), gaps) in x.iter().zip(means.chunks_exact(k)).zip(gaps.chunks_exact_mut(k)) {
            for s in 0..k {
                gaps[s] = x - means[s];
            }
        }
        let mut second = sums.second.chunks_exact_mut(k);
        for (r, first) in sums.first.chunks_exact_mut(k).enumerate() {
            let here = &gaps[r * k..(r + 1) * k];
            for s in 0..k {
                weighted[s] = gamma[s] * here[s];
                first[s] += weighted[s];
            }
            for (gaps, second) in gaps.chunks_exact(k).take(r + 1).zip(&mut second) {
                for s in 0..k {
                    second[s] += weighted[s] * gaps[s];
                }
            }
        }
    }
}

/// What the sums say each state shows. `before` is kept for a state that no step belongs to.
pub(super) fn estimate(before: &Emission, sums: &Sums, pseudocount: f64, floor: f64) -> Emission {
    let k = before.states();
    match before {
        Emission::Discrete(table) => {
            let symbols = table[0].len();
            let row = |s: usize| {
                let counts: Vec<f64> = (0..symbols).map(|j| sums.first[j * k + s]).collect();
                normalised(&counts, pseudocount, &table[s])
            };
            Emission::Discrete((0..k).map(row).collect())
        }
        Emission::Gaussian { means, covariances } => {
            let d = means[0].len();
            let full = covariances[0].len() != d;
            let (mut new_means, mut new_covariances) = (means.clone(), covariances.clone());
            for s in 0..k {
                let w = sums.weights[s];
                if w < 1e-8 {
                    continue;
                }
                let move_: Vec<f64> = (0..d).map(|j| sums.first[j * k + s] / w).collect();
                for j in 0..d {
                    new_means[s][j] += move_[j];
                }
                if full {
                    let mut at = 0;
                    for r in 0..d {
                        for c in 0..=r {
                            let v = sums.second[at * k + s] / w - move_[r] * move_[c];
                            new_covariances[s][r * d + c] = v;
                            new_covariances[s][c * d + r] = v;
                            at += 1;
                        }
                    }
                    settle(&mut new_covariances[s], d, floor);
                } else {
                    for j in 0..d {
                        new_covariances[s][j] = (sums.second[j * k + s] / w - move_[j] * move_[j]).max(floor);
                    }
                }
            }
            Emission::Gaussian { means: new_means, covariances: new_covariances }
        }
    }
}

/// Lifts variances to the floor, and the diagonal further until the matrix is positive definite.
pub(super) fn settle(covariance: &mut [f64], d: usize, floor: f64) {
    for j in 0..d {
        covariance[j * d + j] = covariance[j * d + j].max(floor);
    }
    let mut lift = floor;
    // A factor that exists only by rounding is none: the smallest pivot must keep half the floor.
    while cholesky(covariance, d).is_none_or(|l| (0..d).any(|j| l[j * d + j] * l[j * d + j] < 0.5 * floor)) {
        (0..d).for_each(|j| covariance[j * d + j] += lift);
        lift *= 2.0;
        if !lift.is_finite() {
            break; // not a number: the caller refuses it
        }
    }
}

/// Counts as probabilities; where all are zero, what was `before`. The pseudocount goes only where `before` is not 0.
pub(super) fn normalised(counts: &[f64], pseudocount: f64, before: &[f64]) -> Vec<f64> {
    let mut out: Vec<f64> =
        counts.iter().zip(before).map(|(c, b)| if *b > 0.0 { c + pseudocount } else { 0.0 }).collect();
    let sum: f64 = out.iter().sum();
    if !(sum > 1e-300) {
        return before.to_vec();
    }
    out.iter_mut().for_each(|p| *p /= sum);
    out
}
