//! Independent components: the sources whose mixtures the features are.
//!
//! Hyvärinen & Oja (2000), "Independent component analysis: algorithms and applications" (FastICA), all components at
//! once with symmetric decorrelation, equation 45.

use super::pca::{Principal, Solver, column_means, ensure_components, principal, project, rebuild};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::cluster::{ensure_sound, exp, moderate_numbers, products, sound, usable, usable_width, vectorised};
use crate::learn::{Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::linalg::{Matrix, eigh, matmul, pinv};
use crate::{Error, Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "ica";

/// Samples in one piece of work.
const PIECE: usize = 2048;

/// The contrast: what measures how far from normal a component is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Contrast {
    /// `ln cosh u`: a good choice for most.
    #[default]
    Logcosh,
    /// `-exp(-u²/2)`: for very heavy tails.
    Exp,
    /// `u⁴/4`: the kurtosis.
    Cube,
}

/// Settings of [`Ica`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IcaSettings {
    /// How many components, at least 1. Default: all.
    pub components: Option<usize>,
    /// The contrast: "logcosh", "exp" or "cube". Default "logcosh".
    pub contrast: Contrast,
    /// Steps at most, at least 1. Default 200.
    pub steps: usize,
    /// Stop when no direction turns by more than this (one less the cosine), positive. Default 1e-4.
    pub tolerance: f64,
    /// Of the starting directions. Default 0.
    pub seed: u64,
}

impl Default for IcaSettings {
    fn default() -> Self {
        Self { components: None, contrast: Contrast::Logcosh, steps: 200, tolerance: 1e-4, seed: 0 }
    }
}

/// Independent components analysis (FastICA).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ica {
    settings: IcaSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    mean: Vec<f64>,
    unmixing: Samples, // [components, columns]: rows that give components of variance 1
    mixing: Samples,   // [components, columns]: what each component adds to the features
}

impl Ica {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: IcaSettings) -> Result<Self> {
        let s = &settings;
        if let Some(k) = s.components {
            ensure_setting(k >= 1, NAME, "components", "at least 1", k)?;
        }
        ensure_setting(s.steps >= 1, NAME, "steps", "at least 1", s.steps)?;
        ensure_setting(s.tolerance > 0.0 && s.tolerance.is_finite(), NAME, "tolerance", "positive", s.tolerance)?;
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(NAME, bytes)?;
        Self::new(me.settings.clone())?;
        if let Some(l) = &me.learned {
            let (a, b) = (&l.unmixing, &l.mixing);
            let fits = sound(a)
                && sound(b)
                && (a.rows(), a.columns()) == (b.rows(), b.columns())
                && l.mean.len() == a.columns()
                && moderate_numbers(&l.mean);
            ensure_sound(fits, NAME)?;
        }
        Ok(me)
    }
}

/// `g(u)` in place of each number, and the sum of `g'(u)`, by the contrast; `slopes` is room to work in.
#[inline(always)]
fn curve(contrast: Contrast, values: &mut [f64], slopes: &mut [f64]) -> f64 {
    let pairs = values.iter_mut().zip(slopes.iter_mut());
    match contrast {
        Contrast::Logcosh => {
            for (u, slope) in pairs {
                // tanh |u| from e^(-2 |u|), which cannot overflow.
                let size = u.abs();
                let e = exp(-2.0 * size);
                let t = (1.0 - e) / (1.0 + e);
                *u = if *u < 0.0 { -t } else { t };
                *slope = 1.0 - t * t;
            }
        }
        Contrast::Exp => {
            for (u, slope) in pairs {
                let e = exp(-0.5 * *u * *u);
                *slope = (1.0 - *u * *u) * e;
                *u *= e;
            }
        }
        Contrast::Cube => {
            for (u, slope) in pairs {
                *slope = 3.0 * *u * *u;
                *u = *u * *u * *u;
            }
        }
    }
    let mut lanes = [0.0; 16];
    let (chunks, rest) = slopes.as_chunks::<16>();
    for chunk in chunks {
        for t in 0..16 {
            lanes[t] += chunk[t];
        }
    }
    lanes.iter().chain(rest).sum()
}

/// `(w wᵀ)^-½ w`: directions at right angles, none preferred.
fn decorrelated(w: &Matrix) -> Result<Matrix> {
    let e = eigh(&matmul(w, &w.transpose())?)?;
    let k = w.rows();
    let root = |c: usize| 1.0 / e.values[c].max(f64::MIN_POSITIVE).sqrt();
    let s = Matrix::from_fn(k, k, |i, j| (0..k).map(|c| e.vectors[(i, c)] * root(c) * e.vectors[(j, c)]).sum())?;
    matmul(&s, w)
}

impl Learner for Ica {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x)?;
        let s = &self.settings;
        let (n, d) = (x.rows(), x.columns());
        let wanted = s.components.unwrap_or(n.min(d));
        ensure_components(NAME, wanted, x)?;
        let mean = column_means(x);
        let Principal { directions, variances, .. } = principal(x, &mean, wanted, Solver::Exact, 0)?;
        // Directions without variance cannot be whitened and hold no component.
        let k = variances.iter().filter(|&&v| v > 1e-12 * variances[0] && v > 0.0).count();
        if k == 0 || k < wanted && s.components.is_some() {
            return Err(Error::value(format!(
                "{NAME}: {wanted} components wanted, but the samples vary in {k} directions only"
            )));
        }
        // Variance as the mean of squares, as the contrast wants it.
        let scales: Vec<f64> =
            variances[..k].iter().map(|v| (v * (n as f64 - 1.0).max(1.0) / n as f64).sqrt()).collect();
        let directions = Samples::new(k, d, directions.values()[..k * d].to_vec())?;
        let white = project(x, &mean, &directions, &scales)?.by_columns(); // [k, n]

        let mut rng = Rng::new(s.seed);
        let mut w = decorrelated(&Matrix::new(k, k, (0..k * k).map(|_| rng.normal()).collect())?)?;
        let (mut steps, mut turn) = (0, f64::INFINITY);
        // Pieces of columns, each row by row, so that both products run along samples.
        let pieces: Vec<(Vec<f64>, Vec<f64>)> = (0..n)
            .step_by(PIECE)
            .map(|start| {
                let m = (n - start).min(PIECE);
                let across: Vec<f64> = (0..k).flat_map(|c| &white[c * n + start..c * n + start + m]).copied().collect();
                let along = (0..m).flat_map(|i| (0..k).map(move |c| (i, c))).map(|(i, c)| across[c * m + i]).collect();
                (along, across)
            })
            .collect();
        while steps < s.steps && turn >= s.tolerance {
            steps += 1;
            let sums: Vec<(Vec<f64>, Vec<f64>)> = pieces
                .par_iter()
                .map(|(along, across)| {
                    stop::check()?;
                    let m = along.len() / k;
                    let mut u = vec![0.0; k * m];
                    products(w.data(), along, k, &mut u);
                    let mut room = vec![0.0; m];
                    let mut slopes = vec![0.0; k];
                    vectorised(
                        #[inline(always)]
                        || {
                            for (slope, row) in slopes.iter_mut().zip(u.chunks_exact_mut(m)) {
                                *slope = curve(s.contrast, row, &mut room);
                            }
                        },
                    );
                    let mut outer = vec![0.0; k * k];
                    products(&u, across, m, &mut outer);
                    Ok((outer, slopes))
                })
                .collect::<Result<_>>()?;
            let total = |at: usize| sums.iter().map(|p| p.0[at]).sum::<f64>() / n as f64;
            let slope: Vec<f64> = (0..k).map(|i| sums.iter().map(|p| p.1[i]).sum::<f64>() / n as f64).collect();
            let next = Matrix::from_fn(k, k, |i, j| total(i * k + j) - slope[i] * w[(i, j)])?;
            let next = decorrelated(&next)?;
            turn = (0..k)
                .map(|i| (1.0 - next.row(i).iter().zip(w.row(i)).map(|(a, b)| a * b).sum::<f64>().abs()).abs())
                .fold(0.0, f64::max);
            w = next;
        }
        // From samples to components and back.
        let unmixing = Samples::new(
            k,
            d,
            (0..k * d).map(|i| (0..k).map(|c| w[(i / d, c)] / scales[c] * directions.row(c)[i % d]).sum()).collect(),
        )?;
        let back = pinv(&Matrix::new(k, d, unmixing.values().to_vec())?, None)?; // [d, k]
        let mixing = Samples::new(k, d, back.transpose().into_data())?;
        let warning = (turn >= s.tolerance).then(|| {
            format!("{NAME}: directions still turned by {turn:.1e} after {steps} steps; raise `steps` or `tolerance`")
        });
        self.learned = Some(Learned { mean, unmixing, mixing });
        Ok(Fit { steps: steps as u64, warning })
    }

    fn transform(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        usable_width(NAME, x, l.mean.len())?;
        project(x, &l.mean, &l.unmixing, &vec![1.0; l.unmixing.rows()])
    }

    fn inverse_transform(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        usable_width(NAME, x, l.mixing.rows())?;
        rebuild(x, &l.mean, &l.mixing, &vec![1.0; l.mixing.rows()])
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        vec![
            ("components", Shown::Table(l.unmixing.clone())),
            ("mixing", Shown::Table(l.mixing.clone())),
            ("mean", Shown::Numbers(l.mean.clone())),
        ]
    }

    fn summary(&self) -> Option<String> {
        let l = self.learned.as_ref()?;
        Some(format!("{} features, {} components", l.mean.len(), l.unmixing.rows()))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixed_signals_are_separated() {
        let n = 4000;
        let mut rng = Rng::new(2);
        let sources: Vec<[f64; 3]> = (0..n)
            .map(|i| {
                let t = i as f64 * 0.01;
                [(2.0 * t).sin(), (3.0 * t).sin().signum(), (t * 0.7).fract() - 0.5 + 0.01 * rng.normal()]
            })
            .collect();
        let mix = [[1.0, 1.0, 1.0], [0.5, 2.0, 1.0], [1.5, 1.0, 2.0]];
        let x = sources.iter().flat_map(|s| mix.map(|m| (0..3).map(|j| m[j] * s[j]).sum::<f64>())).collect();
        let x = Samples::new(n, 3, x).unwrap();
        for contrast in [Contrast::Logcosh, Contrast::Exp, Contrast::Cube] {
            let mut model = Ica::new(IcaSettings { contrast, ..Default::default() }).unwrap();
            assert_eq!(model.fit(&x, Goal::None).unwrap().warning, None);
            let y = model.transform(&x).unwrap();
            for j in 0..3 {
                let power: f64 = sources.iter().map(|s| s[j] * s[j]).sum();
                let mean: f64 = sources.iter().map(|s| s[j]).sum::<f64>() / n as f64;
                let best = (0..3)
                    .map(|c| {
                        let cov: f64 = sources.iter().zip(y.iter()).map(|(s, r)| (s[j] - mean) * r[c]).sum();
                        cov.abs() / ((power - n as f64 * mean * mean) * n as f64).sqrt()
                    })
                    .fold(0.0, f64::max);
                assert!(best > 0.97, "{contrast:?} source {j}: {best}");
            }
            let back = model.inverse_transform(&y).unwrap();
            assert!(back.values().iter().zip(x.values()).all(|(a, b)| (a - b).abs() < 1e-9));
            let again = Ica::from_saved(&model.bytes().unwrap()).unwrap();
            assert_eq!(again.transform(&x).unwrap(), y);
        }
    }

    #[test]
    fn constant_samples_are_refused() {
        let mut model = Ica::new(IcaSettings::default()).unwrap();
        let error = model.fit(&Samples::new(3, 2, vec![1.0; 6]).unwrap(), Goal::None).unwrap_err();
        assert!(error.to_string().contains("vary in 0 directions only"));
    }
}
