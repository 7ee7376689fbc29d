//! The truncated singular value decomposition: principal components without taking away the mean, as is usual for
//! counts of words ("latent semantic analysis"). Sparse samples stay sparse.
//!
//! Deerwester, Dumais, Furnas, Landauer & Harshman (1990).

use super::pca::{ensure_components, project, rebuild, scatter, turned};
use super::randomised::{randomised_svd, randomised_svd_sparse};
use crate::Result;
use crate::error::ensure_setting;
use crate::learn::along::Along;
use crate::learn::cluster::{ensure_sound, sound, usable_width};
use crate::learn::linear::usable;
use crate::learn::{Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::linalg::{Matrix, eigh, svd};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "truncated_svd";

/// Sparse samples of up to so many numbers are written out and decomposed exactly.
const SMALL: usize = 1 << 21;

/// Settings of [`TruncatedSvd`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TruncatedSvdSettings {
    /// How many components are kept, at least 1. Default 2.
    pub components: usize,
    /// Rounds of refinement for more than 500 features and samples (fewer are decomposed exactly), at most 100.
    /// Default 5.
    pub steps: usize,
    /// Of the random projections. Default 0.
    pub seed: u64,
}

impl Default for TruncatedSvdSettings {
    fn default() -> Self {
        Self { components: 2, steps: 5, seed: 0 }
    }
}

/// The truncated singular value decomposition.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TruncatedSvd {
    settings: TruncatedSvdSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    components: Samples, // [components, columns], rows of length 1
    singular_values: Vec<f64>,
}

impl TruncatedSvd {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: TruncatedSvdSettings) -> Result<Self> {
        ensure_setting(settings.components >= 1, NAME, "components", "at least 1", settings.components)?;
        ensure_setting(settings.steps <= 100, NAME, "steps", "at most 100", settings.steps)?;
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
            ensure_sound(sound(&l.components) && l.singular_values.len() == l.components.rows(), NAME)?;
        }
        Ok(me)
    }
}

impl Learner for TruncatedSvd {
    fn name(&self) -> &'static str {
        NAME
    }

    fn takes_sparse(&self) -> bool {
        true
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x, None)?;
        let (n, d, s) = (x.rows(), x.columns(), &self.settings);
        let k = s.components;
        ensure_components(NAME, k, x)?;
        let small = n.checked_mul(d).is_some_and(|all| all <= SMALL) && n.min(d) <= 500;
        let dense = if x.is_sparse() && small { Some(x.dense()?) } else { None };
        let x = dense.as_ref().unwrap_or(x);
        let (values, vectors): (Vec<f64>, Vec<Vec<f64>>) = if x.is_sparse() {
            randomised_svd_sparse(x, k, s.steps, s.seed)?
        } else if n >= d && d <= 500 {
            let e = eigh(&Matrix::new(d, d, scatter(x, &vec![0.0; d])?)?)?;
            (0..k).map(|c| (e.values[d - 1 - c].max(0.0).sqrt(), e.vectors.col(d - 1 - c))).unzip()
        } else if n.min(d) <= 500 {
            let f = svd(&Matrix::new(n, d, x.values().to_vec())?, false)?;
            (0..k).map(|c| (f.s[c], f.v.col(c))).unzip()
        } else {
            randomised_svd(x.values(), d, k, s.steps, s.seed)?
        };
        let components = Samples::new(k, d, vectors.into_iter().flat_map(turned).collect())?;
        self.learned = Some(Learned { components, singular_values: values });
        Ok(Fit { steps: 1, warning: None })
    }

    fn transform(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        let (k, d) = (l.components.rows(), l.components.columns());
        usable(NAME, x, Some(d))?;
        if x.is_sparse() {
            let along = Along::new(l.components.values(), k).of(x, &vec![0.0; k], |v| v)?;
            return Samples::new(x.rows(), k, along);
        }
        project(x, &vec![0.0; d], &l.components, &vec![1.0; k])
    }

    fn inverse_transform(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        let (k, d) = (l.components.rows(), l.components.columns());
        let dense = if x.is_sparse() { Some(x.dense()?) } else { None };
        let x = dense.as_ref().unwrap_or(x);
        usable_width(NAME, x, k)?;
        rebuild(x, &vec![0.0; d], &l.components, &vec![1.0; k])
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        vec![
            ("components", Shown::Table(l.components.clone())),
            ("singular_values", Shown::Numbers(l.singular_values.clone())),
        ]
    }

    fn summary(&self) -> Option<String> {
        let l = self.learned.as_ref()?;
        Some(format!("{} features, {} components", l.components.columns(), l.components.rows()))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    #[test]
    fn a_matrix_of_rank_two_comes_back_from_two_components() {
        let mut rng = Rng::new(1);
        for (n, d) in [(30, 10), (10, 30), (600, 520)] {
            let (a, b): (Vec<f64>, Vec<f64>) = (0..n).map(|_| (rng.normal(), rng.normal())).unzip();
            let (p, q): (Vec<f64>, Vec<f64>) = (0..d).map(|_| (rng.normal(), rng.normal())).unzip();
            let values = (0..n * d).map(|i| 2.0 * a[i / d] * p[i % d] + b[i / d] * q[i % d]).collect();
            let x = Samples::new(n, d, values).unwrap();
            let mut model = TruncatedSvd::new(TruncatedSvdSettings::default()).unwrap();
            model.fit(&x, Goal::None).unwrap();
            let y = model.transform(&x).unwrap();
            let back = model.inverse_transform(&y).unwrap();
            assert!(back.values().iter().zip(x.values()).all(|(a, b)| (a - b).abs() < 1e-8));
            let again = TruncatedSvd::from_saved(&model.bytes().unwrap()).unwrap();
            assert_eq!(again.transform(&x).unwrap(), y);
        }
    }

    #[test]
    fn sparse_samples_have_the_components_of_the_same_samples_written_out() {
        for (n, d) in [(40, 30), (4000, 700)] {
            let mut rng = Rng::new(2);
            let rows: Vec<Vec<(usize, f64)>> = (0..n)
                .map(|i| {
                    // Three groups of words, the first most frequent.
                    let group = [0, 0, 0, 1, 1, 2][i % 6];
                    let mut row: Vec<usize> = (0..8).map(|_| group * d / 3 + rng.below(d / 6)).collect();
                    row.sort_unstable();
                    row.dedup();
                    row.into_iter().map(|j| (j, 1.0 + rng.uniform())).collect()
                })
                .collect();
            let sparse = Samples::sparse(d, &rows).unwrap();
            let dense = sparse.dense().unwrap();
            let fit = |x: &Samples| {
                let mut me = TruncatedSvd::new(TruncatedSvdSettings { components: 3, ..Default::default() }).unwrap();
                me.fit(x, Goal::None).unwrap();
                (me.transform(x).unwrap(), me.learned.unwrap().singular_values)
            };
            let ((a, a_values), (b, b_values)) = (fit(&sparse), fit(&dense));
            for (a, b) in a_values.iter().zip(&b_values).chain(a.values().iter().zip(b.values())) {
                assert!((a - b).abs() < 1e-6 * b_values[0], "{n}: {a} {b}");
            }
        }
    }
}
