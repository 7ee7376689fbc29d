//! Numbers that are a weighted sum of some features, with noise.

use super::{finish, go_on, not_negative, size};
use crate::Result;
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::Samples;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "regression";

/// Settings of [`regression`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RegressionSettings {
    /// How many samples, at least 1. Default 100.
    pub samples: usize,
    /// How many features, at least 1. Default 10.
    pub features: usize,
    /// How many of them have a weight, at most `features`. Default 5.
    pub informative: usize,
    /// What is added to every answer. Default 0.
    pub bias: f64,
    /// The standard deviation of Gaussian noise on the answers, at least 0. Default 0.
    pub noise: f64,
    /// Of the random numbers. Default 0.
    pub seed: u64,
}

impl Default for RegressionSettings {
    fn default() -> Self {
        Self { samples: 100, features: 10, informative: 5, bias: 0.0, noise: 0.0, seed: 0 }
    }
}

/// Standard normal samples, their answers, and the true weights (of up to 100, 0 for features that tell nothing).
///
/// # Errors
/// When a setting is outside its range.
pub fn regression(settings: &RegressionSettings) -> Result<(Samples, Vec<f64>, Vec<f64>)> {
    let s = settings;
    size(NAME, s.samples, s.features)?;
    ensure_setting(s.informative <= s.features, NAME, "informative", "at most the number of features", s.informative)?;
    ensure_setting(s.bias.is_finite(), NAME, "bias", "finite", s.bias)?;
    not_negative(NAME, "noise", s.noise)?;
    let mut rng = Rng::new(s.seed);
    let mut weights: Vec<f64> =
        (0..s.features).map(|j| if j < s.informative { 100.0 * (1.0 - rng.uniform()) } else { 0.0 }).collect();
    rng.shuffle(&mut weights);
    let mut values = Vec::with_capacity(s.samples * s.features);
    let mut answers = Vec::with_capacity(s.samples);
    let mut noise = Rng::stream(s.seed, 1); // its own, so that the samples are the same with and without
    for i in 0..s.samples {
        go_on(i)?;
        let row: Vec<f64> = (0..s.features).map(|_| rng.normal()).collect();
        let sum: f64 = row.iter().zip(&weights).map(|(v, w)| v * w).sum();
        answers.push(sum + s.bias + s.noise * noise.normal());
        values.extend(row);
    }
    let (samples, answers) = finish(s.features, values, answers, false, &mut rng)?;
    Ok((samples, answers, weights))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_the_weighted_sum() {
        let settings = RegressionSettings { bias: 3.0, informative: 4, ..Default::default() };
        let (x, y, weights) = regression(&settings).unwrap();
        assert_eq!(weights.iter().filter(|w| **w != 0.0).count(), 4);
        (0..100).for_each(|i| assert!((x.dot(i, &weights) + 3.0 - y[i]).abs() < 1e-9));
        let (_, noisy, _) = regression(&RegressionSettings { noise: 2.0, samples: 2000, ..settings.clone() }).unwrap();
        let (_, plain, _) = regression(&RegressionSettings { samples: 2000, ..settings }).unwrap();
        let square = noisy.iter().zip(&plain).map(|(a, b)| (a - b) * (a - b)).sum::<f64>() / 2000.0;
        assert!((square - 4.0).abs() < 0.6, "{square}");
        assert!(regression(&RegressionSettings { informative: 11, ..Default::default() }).is_err());
        assert!(regression(&RegressionSettings { bias: f64::NAN, ..Default::default() }).is_err());
    }
}
