//! Shapes that no straight line parts: moons, circles, spirals, and the Swiss roll.

use super::{finish, go_on, not_negative, size};
use crate::Result;
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::Samples;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::f64::consts::{PI, TAU};

/// Settings of [`moons`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MoonsSettings {
    /// How many samples, half in each moon. At least 1. Default 100.
    pub samples: usize,
    /// The standard deviation of Gaussian noise, at least 0. Default 0.1.
    pub noise: f64,
    /// Whether samples come in random order. Default true.
    pub shuffle: bool,
    /// Of the random numbers. Default 0.
    pub seed: u64,
}

impl Default for MoonsSettings {
    fn default() -> Self {
        Self { samples: 100, noise: 0.1, shuffle: true, seed: 0 }
    }
}

/// Settings of [`circles`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CirclesSettings {
    /// How many samples, half on each circle. At least 1. Default 100.
    pub samples: usize,
    /// The standard deviation of Gaussian noise, at least 0. Default 0.05.
    pub noise: f64,
    /// The radius of the inner circle; that of the outer is 1. In [0, 1). Default 0.5.
    pub factor: f64,
    /// Whether samples come in random order. Default true.
    pub shuffle: bool,
    /// Of the random numbers. Default 0.
    pub seed: u64,
}

impl Default for CirclesSettings {
    fn default() -> Self {
        Self { samples: 100, noise: 0.05, factor: 0.5, shuffle: true, seed: 0 }
    }
}

/// Settings of [`spiral`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SpiralSettings {
    /// How many samples, in equal parts on the arms. At least 1. Default 100.
    pub samples: usize,
    /// How many arms, each a class. At least 1. Default 2.
    pub arms: usize,
    /// How often each arm goes round. Positive. Default 1.
    pub turns: f64,
    /// The standard deviation of Gaussian noise, at least 0; the arms end at radius 1. Default 0.02.
    pub noise: f64,
    /// Whether samples come in random order. Default true.
    pub shuffle: bool,
    /// Of the random numbers. Default 0.
    pub seed: u64,
}

impl Default for SpiralSettings {
    fn default() -> Self {
        Self { samples: 100, arms: 2, turns: 1.0, noise: 0.02, shuffle: true, seed: 0 }
    }
}

/// Settings of [`swiss_roll`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SwissRollSettings {
    /// How many samples, at least 1. Default 100.
    pub samples: usize,
    /// The standard deviation of Gaussian noise, at least 0. Default 0.
    pub noise: f64,
    /// Of the random numbers. Default 0.
    pub seed: u64,
}

impl Default for SwissRollSettings {
    fn default() -> Self {
        Self { samples: 100, noise: 0.0, seed: 0 }
    }
}

/// The `i`-th of `n` numbers from 0 to 1, both ends among them.
fn step(i: usize, n: usize) -> f64 {
    if n < 2 { 0.0 } else { i as f64 / (n - 1) as f64 }
}

/// Points with their codes, made noisy and put in random order.
fn noisy(
    points: impl Iterator<Item = ([f64; 2], u32)>,
    noise: f64,
    shuffle: bool,
    seed: u64,
) -> Result<(Samples, Vec<u32>)> {
    let mut rng = Rng::new(seed);
    let (mut values, mut codes) = (Vec::new(), Vec::new());
    for (i, (point, code)) in points.enumerate() {
        go_on(i)?;
        values.extend(point.map(|v| v + noise * rng.normal()));
        codes.push(code);
    }
    finish(2, values, codes, shuffle, &mut rng)
}

/// Two half circles that reach into each other, and which each sample is on.
///
/// # Errors
/// When a setting is outside its range.
pub fn moons(settings: &MoonsSettings) -> Result<(Samples, Vec<u32>)> {
    let s = settings;
    size("moons", s.samples, 2)?;
    not_negative("moons", "noise", s.noise)?;
    let outer = s.samples / 2;
    let point = |i: usize| {
        if i < outer {
            let angle = PI * step(i, outer);
            ([angle.cos(), angle.sin()], 0)
        } else {
            let angle = PI * step(i - outer, s.samples - outer);
            ([1.0 - angle.cos(), 0.5 - angle.sin()], 1)
        }
    };
    noisy((0..s.samples).map(point), s.noise, s.shuffle, s.seed)
}

/// A circle in a circle, and which each sample is on: 0 the outer, 1 the inner.
///
/// # Errors
/// When a setting is outside its range.
pub fn circles(settings: &CirclesSettings) -> Result<(Samples, Vec<u32>)> {
    let s = settings;
    size("circles", s.samples, 2)?;
    not_negative("circles", "noise", s.noise)?;
    ensure_setting((0.0..1.0).contains(&s.factor), "circles", "factor", "in [0, 1)", s.factor)?;
    let outer = s.samples / 2;
    let point = |i: usize| {
        let (i, n, radius, code) =
            if i < outer { (i, outer, 1.0, 0) } else { (i - outer, s.samples - outer, s.factor, 1) };
        let angle = TAU * i as f64 / n as f64;
        ([radius * angle.cos(), radius * angle.sin()], code)
    };
    noisy((0..s.samples).map(point), s.noise, s.shuffle, s.seed)
}

/// Arms that wind around each other from the middle to radius 1, and which each sample is on.
///
/// # Errors
/// When a setting is outside its range.
pub fn spiral(settings: &SpiralSettings) -> Result<(Samples, Vec<u32>)> {
    let s = settings;
    size("spiral", s.samples, 2)?;
    not_negative("spiral", "noise", s.noise)?;
    ensure_setting((1..=1 << 20).contains(&s.arms), "spiral", "arms", "from 1 to 1048576", s.arms)?;
    ensure_setting(s.turns.is_finite() && s.turns > 0.0, "spiral", "turns", "positive", s.turns)?;
    let point = |i: usize| {
        let (arm, i, n) = (i % s.arms, i / s.arms, s.samples.div_ceil(s.arms));
        let radius = (i + 1) as f64 / n as f64;
        let angle = TAU * (s.turns * radius + arm as f64 / s.arms as f64);
        ([radius * angle.cos(), radius * angle.sin()], arm as u32)
    };
    noisy((0..s.samples).map(point), s.noise, s.shuffle, s.seed)
}

/// A rolled-up sheet in three dimensions (Marsland 2009), and how far along the roll each sample is.
///
/// # Errors
/// When a setting is outside its range.
pub fn swiss_roll(settings: &SwissRollSettings) -> Result<(Samples, Vec<f64>)> {
    let s = settings;
    size("swiss_roll", s.samples, 3)?;
    not_negative("swiss_roll", "noise", s.noise)?;
    let mut rng = Rng::new(s.seed);
    let (mut values, mut along) = (Vec::with_capacity(3 * s.samples), Vec::with_capacity(s.samples));
    for i in 0..s.samples {
        go_on(i)?;
        let t = 1.5 * PI * (1.0 + 2.0 * rng.uniform());
        let point = [t * t.cos(), 21.0 * rng.uniform(), t * t.sin()];
        values.extend(point.map(|v| v + s.noise * rng.normal()));
        along.push(t);
    }
    finish(3, values, along, false, &mut rng)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_noise_every_point_lies_on_its_shape() {
        let (x, codes) = moons(&MoonsSettings { noise: 0.0, samples: 101, ..Default::default() }).unwrap();
        for (row, code) in x.iter().zip(&codes) {
            let (a, b, up) = if *code == 0 { (0.0, 0.0, row[1]) } else { (1.0, 0.5, 0.5 - row[1]) };
            assert!((f64::hypot(row[0] - a, row[1] - b) - 1.0).abs() < 1e-12 && up > -1e-12);
        }
        assert_eq!(codes.iter().filter(|c| **c == 0).count(), 50);
        let (x, codes) = circles(&CirclesSettings { noise: 0.0, factor: 0.3, ..Default::default() }).unwrap();
        for (row, code) in x.iter().zip(&codes) {
            assert!((f64::hypot(row[0], row[1]) - [1.0, 0.3][*code as usize]).abs() < 1e-12);
        }
        let (x, codes) = spiral(&SpiralSettings { noise: 0.0, arms: 3, turns: 2.0, ..Default::default() }).unwrap();
        for (row, code) in x.iter().zip(&codes) {
            let angle = TAU * (2.0 * f64::hypot(row[0], row[1]) + f64::from(*code) / 3.0);
            assert!(
                f64::hypot(row[0], row[1]) <= 1.0 + 1e-12 && (row[0] * angle.sin() - row[1] * angle.cos()).abs() < 1e-9
            );
        }
        let (x, along) = swiss_roll(&SwissRollSettings::default()).unwrap();
        for (row, t) in x.iter().zip(&along) {
            assert!((f64::hypot(row[0], row[2]) - t).abs() < 1e-9 && (0.0..21.0).contains(&row[1]));
        }
    }

    #[test]
    fn same_seed_same_data_and_few_samples_do() {
        let seeded = |seed| moons(&MoonsSettings { seed, ..Default::default() }).unwrap();
        assert_eq!(seeded(3), seeded(3));
        assert_ne!(seeded(3), seeded(4));
        for samples in 1..4 {
            let all = [
                moons(&MoonsSettings { samples, ..Default::default() }),
                circles(&CirclesSettings { samples, ..Default::default() }),
                spiral(&SpiralSettings { samples, ..Default::default() }),
            ];
            all.into_iter().for_each(|r| r.unwrap().0.check("toy").unwrap());
        }
        assert!(moons(&MoonsSettings { samples: 0, ..Default::default() }).is_err());
        assert!(circles(&CirclesSettings { factor: 1.0, ..Default::default() }).is_err());
        assert!(spiral(&SpiralSettings { turns: f64::NAN, ..Default::default() }).is_err());
        assert!(swiss_roll(&SwissRollSettings { noise: -1.0, ..Default::default() }).is_err());
    }
}
