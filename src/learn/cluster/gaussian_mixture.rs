//! A mixture of Gaussians, fitted by expectation and maximisation.
//!
//! Dempster, Laird & Rubin (1977), "Maximum likelihood from incomplete data via the EM algorithm"; the steps as in
//! Bishop (2006), section 9.2.2. Starts from k-means. One pass over the samples does both steps: the sums of the
//! second are taken about the means of the first, where they lose nothing to rounding.

use super::centres::plus_plus;
use super::checks::{damaged, ensure_sound, sound, usable, usable_width};
use super::exp::exp;
use super::kmeans::{enough, lloyd, mean_variance};
use super::near::vectorised;
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::linalg::{Matrix, cholesky};
use crate::{Error, Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "gaussian_mixture";

/// Samples handled side by side.
const LANES: usize = 32;

/// Samples in one piece of work, a multiple of [`LANES`].
const PIECE: usize = 1024;

/// Which shapes the Gaussians may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Covariance {
    /// Each its own ellipsoid.
    #[default]
    Full,
    /// All the same ellipsoid.
    Tied,
    /// Each its own ellipsoid along the axes.
    Diag,
    /// Each its own ball.
    Spherical,
}

/// Settings of [`GaussianMixture`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GaussianMixtureSettings {
    /// How many Gaussians, at least 1. Default 1.
    pub components: usize,
    /// Which shapes they may have: "full", "tied", "diag" or "spherical". Default "full".
    pub covariance: Covariance,
    /// Steps at most in each start, at least 1. Default 100.
    pub steps: usize,
    /// Stop when a step raises the mean log likelihood of a sample by less than this, at least 0. Default 1e-3.
    pub tolerance: f64,
    /// Added to each variance, so that none vanishes, at least 0. Default 1e-6.
    pub reg_covar: f64,
    /// How often to start; the best result is kept. At least 1. Default 1.
    pub starts: usize,
    /// Of the random choices. Default 0.
    pub seed: u64,
}

impl Default for GaussianMixtureSettings {
    fn default() -> Self {
        Self {
            components: 1,
            covariance: Covariance::Full,
            steps: 100,
            tolerance: 1e-3,
            reg_covar: 1e-6,
            starts: 1,
            seed: 0,
        }
    }
}

/// The mixture of Gaussians.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GaussianMixture {
    settings: GaussianMixtureSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    weights: Vec<f64>, // [components], sum 1
    means: Samples,    // [components, d]
    /// full: `[components, d, d]`; tied: `[d, d]`; diag: `[components, d]`; spherical: `[components]`.
    covariances: Vec<f64>,
    log_likelihood: f64, // of a sample, on average
    bic: f64,
    aic: f64,
    #[serde(skip)]
    factors: Option<Factors>,
}

/// What densities are computed from.
#[derive(Clone, Debug)]
struct Factors {
    /// Rows of L⁻¹ for Σ = L Lᵀ; of a diagonal Σ the diagonal only. One for each component (or one in all, if tied).
    inverse: Vec<Vec<f64>>,
    /// `ln(weight) - ln det L - d/2 ln 2π`
    constant: Vec<f64>,
    triangular: bool,
}

impl Factors {
    fn new(kind: Covariance, weights: &[f64], covariances: &[f64], d: usize, reg_covar: f64) -> Result<Self> {
        let k = weights.len();
        let triangular = matches!(kind, Covariance::Full | Covariance::Tied);
        let mut inverse = Vec::new();
        let mut log_det = Vec::new();
        let thin = |c: usize| {
            Error::value(format!("{NAME}: component {} has become flat; raise `reg_covar` above {reg_covar:e}", c + 1))
        };
        if triangular {
            for (c, sigma) in covariances.chunks_exact(d * d).enumerate() {
                let l = cholesky(&Matrix::new(d, d, sigma.to_vec())?).map_err(|_| thin(c))?;
                let rows = inverse_lower(&l, d);
                log_det.push((0..d).map(|j| l[(j, j)].ln()).sum::<f64>());
                inverse.push(rows);
            }
        } else {
            for c in 0..k {
                let variance: Vec<f64> = match kind {
                    Covariance::Spherical => vec![covariances[c]; d],
                    _ => covariances[c * d..(c + 1) * d].to_vec(),
                };
                if !variance.iter().all(|&v| v > 0.0) {
                    return Err(thin(c));
                }
                log_det.push(variance.iter().map(|v| 0.5 * v.ln()).sum());
                inverse.push(variance.iter().map(|v| 1.0 / v.sqrt()).collect());
            }
        }
        let half = 0.5 * d as f64 * std::f64::consts::TAU.ln();
        let constant = (0..k).map(|c| weights[c].ln() - log_det[c.min(log_det.len() - 1)] - half).collect::<Vec<_>>();
        if inverse.iter().flatten().chain(&log_det).any(|v| !v.is_finite()) {
            return Err(thin(0));
        }
        Ok(Self { inverse, constant, triangular })
    }

    fn of(&self, c: usize) -> &[f64] {
        &self.inverse[c.min(self.inverse.len() - 1)]
    }
}

/// The inverse of a lower triangular matrix, row after row without the zeros.
fn inverse_lower(l: &Matrix, d: usize) -> Vec<f64> {
    let mut full = vec![0.0; d * d];
    for j in 0..d {
        full[j * d + j] = 1.0 / l[(j, j)];
        for i in j + 1..d {
            let sum: f64 = (j..i).map(|m| l[(i, m)] * full[m * d + j]).sum();
            full[i * d + j] = -sum / l[(i, i)];
        }
    }
    (0..d).flat_map(|i| full[i * d..i * d + i + 1].to_vec()).collect()
}

/// Sums over some samples: what the second step needs.
struct Sums {
    log_likelihood: f64,
    weight: Vec<f64>, // [components]
    first: Vec<f64>,  // [components, d] about the old means
    second: Vec<f64>, // [components, wide, wide] or [components, d], about the old means
}

/// Where a pass puts its answers.
enum Wanted<'a> {
    /// Sums for the next step; responsibilities are given for the very first.
    Sums(Option<&'a [u32]>),
    /// `ln(weight · density)` for each component.
    Logs(&'a mut [f64]),
}

/// One pass over a piece of the samples.
#[inline(always)]
fn pass(rows: &[f64], d: usize, means: &[f64], factors: Option<&Factors>, full: bool, wanted: Wanted<'_>) -> Sums {
    let k = means.len() / d;
    let wide = d.next_multiple_of(8);
    let mut sums = Sums {
        log_likelihood: 0.0,
        weight: vec![0.0; k],
        first: vec![0.0; k * d],
        second: vec![0.0; if full { k * wide * wide } else { k * d }],
    };
    let mut turned = vec![[0.0; LANES]; d]; // x, feature by feature
    let mut gaps = vec![[0.0; LANES]; d]; // x - mean
    let mut logs = vec![[0.0; LANES]; k];
    let mut flat = vec![0.0; if full { LANES * wide } else { 0 }]; // the same, sample by sample
    let (labels, mut out) = match wanted {
        Wanted::Sums(labels) => (labels, None),
        Wanted::Logs(out) => (None, Some(out)),
    };
    for (block, rows) in rows.chunks(LANES * d).enumerate() {
        let m = rows.len() / d;
        if let Some(factors) = factors {
            for (j, column) in turned.iter_mut().enumerate() {
                for t in 0..m {
                    column[t] = rows[t * d + j];
                }
            }
            for c in 0..k {
                let mean = &means[c * d..(c + 1) * d];
                let mut squared = [0.0; LANES];
                let inverse = factors.of(c);
                if factors.triangular {
                    for ((gap, column), mean) in gaps.iter_mut().zip(&turned).zip(mean) {
                        for t in 0..LANES {
                            gap[t] = column[t] - mean;
                        }
                    }
                    let mut at = 0;
                    for j in 0..d {
                        let mut y = [0.0; LANES];
                        for (&p, gap) in inverse[at..at + j + 1].iter().zip(&gaps) {
                            for t in 0..LANES {
                                y[t] += p * gap[t];
                            }
                        }
                        for t in 0..LANES {
                            squared[t] += y[t] * y[t];
                        }
                        at += j + 1;
                    }
                } else {
                    for ((&p, column), mean) in inverse.iter().zip(&turned).zip(mean) {
                        for t in 0..LANES {
                            let y = p * (column[t] - mean);
                            squared[t] += y * y;
                        }
                    }
                }
                for t in 0..LANES {
                    logs[c][t] = factors.constant[c] - 0.5 * squared[t];
                }
            }
        }
        if let Some(out) = &mut out {
            for t in 0..m {
                for c in 0..k {
                    out[(block * LANES + t) * k + c] = logs[c][t];
                }
            }
            continue;
        }
        match labels {
            Some(labels) => {
                for (c, logs) in logs.iter_mut().enumerate() {
                    for t in 0..m {
                        logs[t] = f64::from(u8::from(labels[block * LANES + t] as usize == c));
                    }
                }
            }
            None => {
                // Responsibilities: the logarithms become probabilities.
                let mut top = [f64::NEG_INFINITY; LANES];
                for log in &logs {
                    for t in 0..LANES {
                        top[t] = if log[t] > top[t] { log[t] } else { top[t] };
                    }
                }
                let mut total = [0.0; LANES];
                for log in &mut logs {
                    for t in 0..LANES {
                        log[t] = exp(log[t] - top[t]);
                        total[t] += log[t];
                    }
                }
                for t in 0..m {
                    sums.log_likelihood += top[t] + total[t].ln();
                    total[t] = 1.0 / total[t];
                }
                for log in &mut logs {
                    for t in 0..LANES {
                        log[t] *= total[t];
                    }
                }
            }
        }
        for c in 0..k {
            let mean = &means[c * d..(c + 1) * d];
            let share = &logs[c];
            sums.weight[c] += share[..m].iter().sum::<f64>();
            let first = &mut sums.first[c * d..(c + 1) * d];
            if !full {
                let second = &mut sums.second[c * d..(c + 1) * d];
                for (row, share) in rows.chunks_exact(d).zip(share) {
                    let sums = first.iter_mut().zip(second.iter_mut());
                    for (((first, second), v), mean) in sums.zip(row).zip(mean) {
                        let gap = v - mean;
                        *first += share * gap;
                        *second += share * gap * gap;
                    }
                }
                continue;
            }
            for t in 0..m {
                let flat = &mut flat[t * wide..t * wide + d];
                for j in 0..d {
                    flat[j] = rows[t * d + j] - mean[j];
                    first[j] += share[t] * flat[j];
                }
            }
            let second = &mut sums.second[c * wide * wide..(c + 1) * wide * wide];
            // Tiles of 4 x 8 on and below the diagonal.
            for i in (0..d).step_by(4) {
                for j in (0..=i).step_by(8) {
                    let mut tile = [[0.0; 8]; 4];
                    for t in 0..m {
                        let row = &flat[t * wide..(t + 1) * wide];
                        let left: [f64; 4] = row[i..i + 4].try_into().expect("four");
                        let right: &[f64; 8] = row[j..j + 8].try_into().expect("eight");
                        for a in 0..4 {
                            let v = share[t] * left[a];
                            for b in 0..8 {
                                tile[a][b] += v * right[b];
                            }
                        }
                    }
                    for a in 0..4 {
                        for b in 0..8 {
                            second[(i + a) * wide + j + b] += tile[a][b];
                        }
                    }
                }
            }
        }
    }
    sums
}

impl GaussianMixture {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: GaussianMixtureSettings) -> Result<Self> {
        let s = &settings;
        ensure_setting(s.components >= 1, NAME, "components", "at least 1", s.components)?;
        ensure_setting(s.steps >= 1, NAME, "steps", "at least 1", s.steps)?;
        ensure_setting(s.starts >= 1, NAME, "starts", "at least 1", s.starts)?;
        let fine = |v: f64| v >= 0.0 && v.is_finite();
        ensure_setting(fine(s.tolerance), NAME, "tolerance", "at least 0", s.tolerance)?;
        ensure_setting(fine(s.reg_covar), NAME, "reg_covar", "at least 0", s.reg_covar)?;
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let mut me: Self = from_bytes(NAME, bytes)?;
        Self::new(me.settings.clone())?;
        let s = me.settings.clone();
        if let Some(l) = &mut me.learned {
            let k = s.components;
            ensure_sound(sound(&l.means) && l.means.rows() == k && l.weights.len() == k, NAME)?;
            let d = l.means.columns();
            ensure_sound(Some(l.covariances.len()) == covariance_size(s.covariance, k, d), NAME)?;
            ensure_sound(l.weights.iter().all(|w| *w > 0.0 && *w <= 1.0 + 1e-6), NAME)?;
            let factors = Factors::new(s.covariance, &l.weights, &l.covariances, d, s.reg_covar);
            let Ok(factors) = factors else { return damaged(NAME) };
            l.factors = Some(factors);
        }
        Ok(me)
    }

    /// `ln(weight · density)` of each component for each sample. `[rows, components]`
    fn logs(&self, x: &Samples) -> Result<Vec<f64>> {
        let l = fitted(NAME, &self.learned)?;
        let (d, k) = (l.means.columns(), l.means.rows());
        usable_width(NAME, x, d)?;
        let factors = l.factors.as_ref().expect("a fit and a load make them");
        let mut out = vec![0.0; x.rows() * k];
        out.par_chunks_mut(PIECE * k).zip(x.values().par_chunks(PIECE * d)).try_for_each(|(out, rows)| {
            stop::check()?;
            vectorised(
                #[inline(always)]
                || pass(rows, d, l.means.values(), Some(factors), false, Wanted::Logs(out)),
            );
            Ok::<(), Error>(())
        })?;
        Ok(out)
    }

    fn start(&self, x: &Samples, start: usize) -> Result<(Learned, u64, bool, f64)> {
        let s = &self.settings;
        let (values, d, k) = (x.values(), x.columns(), s.components);
        let mut rng = Rng::stream(s.seed, start as u64);
        let centres = plus_plus(values, d, k, &mut rng)?;
        let run = lloyd(values, d, centres, 300, 1e-4 * mean_variance(x))?;
        let mut l = maximised(s, x, &run.centres, None, Some(&run.places))?.0;
        let (mut before, mut gain) = (f64::NEG_INFINITY, f64::INFINITY);
        let mut steps = 0;
        while steps < s.steps && gain >= s.tolerance {
            steps += 1;
            let (next, log_likelihood) = maximised(s, x, l.means.values(), l.factors.as_ref(), None)?;
            gain = (log_likelihood - before).abs();
            before = log_likelihood;
            l = next;
            l.log_likelihood = log_likelihood;
        }
        Ok((l, steps as u64, gain < s.tolerance, gain))
    }
}

fn covariance_size(kind: Covariance, k: usize, d: usize) -> Option<usize> {
    match kind {
        Covariance::Full => k.checked_mul(d)?.checked_mul(d),
        Covariance::Tied => d.checked_mul(d),
        Covariance::Diag => k.checked_mul(d),
        Covariance::Spherical => Some(k),
    }
}

/// Both steps once: from means and factors (or the cluster of each sample) to new ones, and the mean log likelihood
/// with the old.
fn maximised(
    s: &GaussianMixtureSettings,
    x: &Samples,
    means: &[f64],
    factors: Option<&Factors>,
    labels: Option<&[u32]>,
) -> Result<(Learned, f64)> {
    let (n, d, k) = (x.rows(), x.columns(), s.components);
    let full = matches!(s.covariance, Covariance::Full | Covariance::Tied);
    let pieces: Vec<Sums> = x
        .values()
        .par_chunks(PIECE * d)
        .enumerate()
        .map(|(p, rows)| {
            stop::check()?;
            let labels = labels.map(|l| &l[p * PIECE..]);
            Ok(vectorised(
                #[inline(always)]
                || pass(rows, d, means, factors, full, Wanted::Sums(labels)),
            ))
        })
        .collect::<Result<_>>()?;
    let mut pieces = pieces.into_iter();
    let mut sums = pieces.next().expect("there are samples");
    for piece in pieces {
        sums.log_likelihood += piece.log_likelihood;
        let add = |a: &mut [f64], b: &[f64]| a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        add(&mut sums.weight, &piece.weight);
        add(&mut sums.first, &piece.first);
        add(&mut sums.second, &piece.second);
    }
    let wide = d.next_multiple_of(8);
    let mut new_means = means.to_vec();
    let mut covariances = vec![0.0; covariance_size(s.covariance, k, d).unwrap_or(0)];
    for c in 0..k {
        let weight = sums.weight[c] + 10.0 * f64::EPSILON;
        let shift: Vec<f64> = sums.first[c * d..(c + 1) * d].iter().map(|v| v / weight).collect();
        new_means[c * d..(c + 1) * d].iter_mut().zip(&shift).for_each(|(m, v)| *m += v);
        let flat = &sums.second[c * if full { wide * wide } else { d }..];
        let central = |i: usize, j: usize| {
            let (i, j) = (i.max(j), i.min(j));
            flat[if full { i * wide + j } else { i }] / weight - shift[i] * shift[j]
        };
        match s.covariance {
            Covariance::Full | Covariance::Tied => {
                let (at, share) = match s.covariance {
                    Covariance::Full => (c * d * d, 1.0),
                    _ => (0, weight / n as f64),
                };
                for i in 0..d {
                    for j in 0..d {
                        covariances[at + i * d + j] += share * central(i, j);
                    }
                }
            }
            Covariance::Diag => (0..d).for_each(|j| covariances[c * d + j] = central(j, j).max(0.0)),
            Covariance::Spherical => {
                covariances[c] = (0..d).map(|j| central(j, j).max(0.0)).sum::<f64>() / d as f64;
            }
        }
    }
    match s.covariance {
        Covariance::Full | Covariance::Tied => {
            for sigma in covariances.chunks_exact_mut(d * d) {
                (0..d).for_each(|j| sigma[j * d + j] = sigma[j * d + j].max(0.0) + s.reg_covar);
            }
        }
        _ => covariances.iter_mut().for_each(|v| *v += s.reg_covar),
    }
    let total: f64 = sums.weight.iter().map(|w| w + 10.0 * f64::EPSILON).sum();
    let weights: Vec<f64> = sums.weight.iter().map(|w| (w + 10.0 * f64::EPSILON) / total).collect();
    let factors = Some(Factors::new(s.covariance, &weights, &covariances, d, s.reg_covar)?);
    let means = Samples::new(k, d, new_means)?;
    let l = Learned { weights, means, covariances, log_likelihood: 0.0, bic: 0.0, aic: 0.0, factors };
    Ok((l, sums.log_likelihood / n as f64))
}

impl Learner for GaussianMixture {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x)?;
        let s = &self.settings;
        enough(NAME, x, s.components)?;
        let mut best = self.start(x, 0)?;
        for start in 1..s.starts {
            let next = self.start(x, start)?;
            if next.0.log_likelihood > best.0.log_likelihood {
                best = next;
            }
        }
        let (mut l, steps, converged, gain) = best;
        let (k, d) = (s.components as f64, x.columns() as f64);
        let shape = match s.covariance {
            Covariance::Full => k * d * (d + 1.0) / 2.0,
            Covariance::Tied => d * (d + 1.0) / 2.0,
            Covariance::Diag => k * d,
            Covariance::Spherical => k,
        };
        let free = shape + k * d + k - 1.0;
        let n = x.rows() as f64;
        let mut warning = (!converged)
            .then(|| format!("{NAME}: after {steps} steps the log likelihood still rose by {gain:.2e}; raise `steps`"));
        l.bic = -2.0 * n * l.log_likelihood + free * n.ln();
        l.aic = -2.0 * n * l.log_likelihood + 2.0 * free;
        let lost = l.weights.iter().filter(|&&w| w * n < 1e-6).count();
        if lost > 0 {
            warning = Some(format!("{NAME}: {lost} of {} components have no samples", s.components));
        }
        self.learned = Some(l);
        Ok(Fit { steps, warning })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let logs = self.logs(x)?;
        let k = self.settings.components;
        let best = |row: &[f64]| (1..k).fold(0, |b, c| if row[c] > row[b] { c } else { b });
        Ok(Answer::Classes(logs.chunks_exact(k).map(|row| best(row) as i64).collect()))
    }

    fn predict_proba(&self, x: &Samples) -> Result<Samples> {
        let mut logs = self.logs(x)?;
        let k = self.settings.components;
        for row in logs.chunks_exact_mut(k) {
            let top = row.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
            row.iter_mut().for_each(|v| *v = (*v - top).exp());
            let total: f64 = row.iter().sum();
            row.iter_mut().for_each(|v| *v /= total);
        }
        Samples::new(x.rows(), k, logs)
    }

    /// The log density of each sample. `[rows, 1]`
    fn decision(&self, x: &Samples) -> Result<Samples> {
        let logs = self.logs(x)?;
        let log_sum = |row: &[f64]| {
            let top = row.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
            top + row.iter().map(|v| (v - top).exp()).sum::<f64>().ln()
        };
        Samples::new(x.rows(), 1, logs.chunks_exact(self.settings.components).map(log_sum).collect())
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        let (k, d) = (l.means.rows(), l.means.columns());
        let (rows, columns) = match self.settings.covariance {
            Covariance::Full => (k * d, d),
            Covariance::Tied => (d, d),
            Covariance::Diag => (k, d),
            Covariance::Spherical => (k, 1),
        };
        let mut shown = vec![("weights", Shown::Numbers(l.weights.clone())), ("means", Shown::Table(l.means.clone()))];
        if let Ok(table) = Samples::new(rows, columns, l.covariances.clone()) {
            shown.push(("covariances", Shown::Table(table)));
        }
        shown.push(("log_likelihood", Shown::Number(l.log_likelihood)));
        shown.push(("bic", Shown::Number(l.bic)));
        shown.push(("aic", Shown::Number(l.aic)));
        shown
    }

    fn summary(&self) -> Option<String> {
        let l = self.learned.as_ref()?;
        Some(format!("{} features, {} components", l.means.columns(), l.means.rows()))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Covariance; 4] = [Covariance::Full, Covariance::Tied, Covariance::Diag, Covariance::Spherical];

    fn two_heaps() -> Samples {
        let mut rng = Rng::new(3);
        let mut x = Vec::new();
        for i in 0..2000 {
            let (a, b) = (rng.normal(), rng.normal());
            // Covariances [[1, 0.5], [0.5, 1.25]] and I / 4.
            if i % 4 == 0 { x.extend([10.0 + 0.5 * a, -5.0 + 0.5 * b]) } else { x.extend([a, 0.5 * a + b]) }
        }
        Samples::new(2000, 2, x).unwrap()
    }

    fn model(covariance: Covariance, components: usize) -> GaussianMixture {
        GaussianMixture::new(GaussianMixtureSettings { components, covariance, ..Default::default() }).unwrap()
    }

    #[test]
    fn weights_means_and_covariances_are_found() {
        let x = two_heaps();
        let mut m = model(Covariance::Full, 2);
        m.fit(&x, Goal::None).unwrap();
        let l = m.learned.as_ref().unwrap();
        let big = usize::from(l.weights[1] > l.weights[0]);
        assert!((l.weights[big] - 0.75).abs() < 0.01);
        assert!(l.means.row(big).iter().all(|v| v.abs() < 0.1));
        for (a, b) in l.covariances[big * 4..big * 4 + 4].iter().zip([1.0, 0.5, 0.5, 1.25]) {
            assert!((a - b).abs() < 0.12, "{a} {b}");
        }
    }

    #[test]
    fn one_component_has_the_samples_mean_and_covariance() {
        let x = two_heaps();
        let n = x.rows() as f64;
        let mean = |j: usize| x.iter().map(|r| r[j]).sum::<f64>() / n;
        let cov = |i: usize, j: usize| x.iter().map(|r| (r[i] - mean(i)) * (r[j] - mean(j))).sum::<f64>() / n;
        for covariance in [Covariance::Full, Covariance::Tied] {
            let mut m = model(covariance, 1);
            m.fit(&x, Goal::None).unwrap();
            let l = m.learned.as_ref().unwrap();
            assert!((l.means.row(0)[1] - mean(1)).abs() < 1e-9);
            assert!((l.covariances[1] - cov(0, 1)).abs() < 1e-9 && (l.covariances[3] - cov(1, 1) - 1e-6).abs() < 1e-9);
        }
        let mut m = model(Covariance::Spherical, 1);
        m.fit(&x, Goal::None).unwrap();
        let expected = 0.5 * (cov(0, 0) + cov(1, 1)) + 1e-6;
        assert!((m.learned.unwrap().covariances[0] - expected).abs() < 1e-9);
    }

    #[test]
    fn every_kind_separates_heaps_and_survives_saving() {
        let x = two_heaps();
        for covariance in ALL {
            let mut m = model(covariance, 2);
            m.fit(&x, Goal::None).unwrap();
            let Answer::Classes(codes) = m.predict(&x).unwrap() else { panic!() };
            assert!(codes.iter().enumerate().all(|(i, &c)| (c == codes[0]) == (i % 4 == 0)));
            let again = GaussianMixture::from_saved(&m.bytes().unwrap()).unwrap();
            assert_eq!(again.predict_proba(&x).unwrap(), m.predict_proba(&x).unwrap());
            let mean = m.decision(&x).unwrap().values().iter().sum::<f64>() / 2000.0;
            assert!((mean - m.learned.as_ref().unwrap().log_likelihood).abs() < 1e-2);
            m.learned.as_mut().unwrap().covariances[0] = -1.0;
            assert!(GaussianMixture::from_saved(&m.bytes().unwrap()).is_err());
        }
    }

    #[test]
    fn constant_columns_and_equal_samples_have_answers() {
        for covariance in ALL {
            let x = Samples::new(20, 3, (0..60).map(|i| if i % 3 == 0 { f64::from(i / 30) } else { 2.0 }).collect());
            let mut m = model(covariance, 2);
            m.fit(x.as_ref().unwrap(), Goal::None).unwrap();
            assert!(m.predict_proba(x.as_ref().unwrap()).unwrap().values().iter().all(|v| v.is_finite()));
            let mut m = model(covariance, 3);
            m.fit(&Samples::new(5, 2, vec![1.0; 10]).unwrap(), Goal::None).unwrap();
            m.settings.reg_covar = 0.0;
            assert!(m.fit(&Samples::new(5, 2, vec![1.0; 10]).unwrap(), Goal::None).is_err());
        }
    }
}
