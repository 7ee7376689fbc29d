//! Random projections: fewer features, distances almost kept.
//!
//! Johnson & Lindenstrauss (1984); Dasgupta & Gupta (2003) for how many are enough; sparse ones by Achlioptas (2003)
//! and Li, Hastie & Church (2006).

use super::pca::project;
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::cluster::{ensure_sound, sound, usable, usable_width};
use crate::learn::{Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "random_projection";

/// How the directions are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Directions {
    /// Normal numbers.
    #[default]
    Gaussian,
    /// Mostly zeros, else plus or minus the same number.
    Sparse,
}

/// Settings of [`RandomProjection`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RandomProjectionSettings {
    /// How many directions, at least 1. Default: enough for `eps`, but not more than features.
    pub components: Option<usize>,
    /// How much squared distances may change where `components` is not given, in (0, 1). Default 0.1.
    pub eps: f64,
    /// How directions are drawn: "gaussian" or "sparse". Default "gaussian".
    pub kind: Directions,
    /// The share of numbers that are not zero for "sparse", in (0, 1]. Default: one over the root of the features.
    pub density: Option<f64>,
    /// Of the directions. Default 0.
    pub seed: u64,
}

impl Default for RandomProjectionSettings {
    fn default() -> Self {
        Self { components: None, eps: 0.1, kind: Directions::Gaussian, density: None, seed: 0 }
    }
}

/// Random projection.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RandomProjection {
    settings: RandomProjectionSettings,
    learned: Option<Samples>, // [components, columns]
}

impl RandomProjection {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: RandomProjectionSettings) -> Result<Self> {
        let s = &settings;
        if let Some(k) = s.components {
            ensure_setting(k >= 1, NAME, "components", "at least 1", k)?;
        }
        ensure_setting(s.eps > 0.0 && s.eps < 1.0, NAME, "eps", "in (0, 1)", s.eps)?;
        if let Some(p) = s.density {
            ensure_setting(p > 0.0 && p <= 1.0, NAME, "density", "in (0, 1]", p)?;
        }
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
            ensure_sound(sound(l), NAME)?;
        }
        Ok(me)
    }
}

/// How many directions keep the squared distances of `n` samples to a factor of `1 ± eps`.
fn enough(n: usize, eps: f64) -> usize {
    (4.0 * (n as f64).ln() / (eps * eps / 2.0 - eps * eps * eps / 3.0)).ceil().max(1.0) as usize
}

impl Learner for RandomProjection {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x)?;
        let s = &self.settings;
        let d = x.columns();
        let k = s.components.unwrap_or_else(|| enough(x.rows(), s.eps).min(d));
        if k.saturating_mul(d) > 1 << 28 {
            return Err(Error::value(format!("{NAME}: {k} directions are too many for {d} features")));
        }
        let mut rng = Rng::new(s.seed);
        let values = match s.kind {
            Directions::Gaussian => (0..k * d).map(|_| rng.normal() / (k as f64).sqrt()).collect(),
            Directions::Sparse => {
                let density = s.density.unwrap_or(1.0 / (d as f64).sqrt());
                let size = 1.0 / (density * k as f64).sqrt();
                (0..k * d)
                    .map(|_| match rng.uniform() / density {
                        u if u < 0.5 => size,
                        u if u < 1.0 => -size,
                        _ => 0.0,
                    })
                    .collect()
            }
        };
        self.learned = Some(Samples::new(k, d, values)?);
        Ok(Fit { steps: 1, warning: None })
    }

    fn transform(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        usable_width(NAME, x, l.columns())?;
        project(x, &vec![0.0; l.columns()], l, &vec![1.0; l.rows()])
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        self.learned.iter().map(|l| ("components", Shown::Table(l.clone()))).collect()
    }

    fn summary(&self) -> Option<String> {
        let l = self.learned.as_ref()?;
        Some(format!("{} features, {} components", l.columns(), l.rows()))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_almost_kept() {
        let mut rng = Rng::new(7);
        let x = Samples::new(20, 2000, (0..40_000).map(|_| rng.normal()).collect()).unwrap();
        let squared = |x: &Samples, i: usize, j: usize| -> f64 {
            x.row(i).iter().zip(x.row(j)).map(|(a, b)| (a - b) * (a - b)).sum()
        };
        for kind in [Directions::Gaussian, Directions::Sparse] {
            let mut model =
                RandomProjection::new(RandomProjectionSettings { eps: 0.3, kind, ..Default::default() }).unwrap();
            model.fit(&x, Goal::None).unwrap();
            let y = model.transform(&x).unwrap();
            assert_eq!(y.columns(), 333); // 4 ln 20 / (0.045 - 0.009)
            for i in 0..20 {
                for j in 0..i {
                    let ratio = squared(&y, i, j) / squared(&x, i, j);
                    assert!((ratio - 1.0).abs() < 0.3, "{kind:?}: {ratio}");
                }
            }
            let again = RandomProjection::from_saved(&model.bytes().unwrap()).unwrap();
            assert_eq!(again.transform(&x).unwrap(), y);
        }
    }
}
