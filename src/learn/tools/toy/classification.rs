//! Classes in clusters at the corners of a cube, some features telling and some not.
//!
//! Guyon (2003), "Design of experiments for the NIPS 2003 variable selection benchmark"; scikit-learn's
//! `make_classification`.

use super::{LIMIT, finish, go_on, size};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::Samples;
use crate::{Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

const NAME: &str = "classification";

/// Settings of [`classification`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ClassificationSettings {
    /// How many samples, in equal parts from the classes. At least 1. Default 100.
    pub samples: usize,
    /// How many features; those neither informative nor redundant are noise. Default 20.
    pub features: usize,
    /// How many features tell the class, from 1 to 4096. Default 2.
    pub informative: usize,
    /// How many are mixtures of the informative ones. Default 2.
    pub redundant: usize,
    /// How many classes, at least 1. Default 2.
    pub classes: usize,
    /// How many clusters each class has, at least 1; all together at most 2^informative. Default 2.
    pub clusters_per_class: usize,
    /// Half the side of the cube at whose corners clusters lie: larger is easier. At least 0. Default 1.
    pub class_sep: f64,
    /// The share of samples whose class is drawn anew, in [0, 1]. Default 0.01.
    pub flip: f64,
    /// Whether samples and features come in random order; else informative, redundant, noise. Default true.
    pub shuffle: bool,
    /// Of the random numbers. Default 0.
    pub seed: u64,
}

impl Default for ClassificationSettings {
    fn default() -> Self {
        Self {
            samples: 100,
            features: 20,
            informative: 2,
            redundant: 2,
            classes: 2,
            clusters_per_class: 2,
            class_sep: 1.0,
            flip: 0.01,
            shuffle: true,
            seed: 0,
        }
    }
}

impl ClassificationSettings {
    fn check(&self) -> Result<usize> {
        size(NAME, self.samples, self.features)?;
        ensure_setting(
            (1..=4096).contains(&self.informative),
            NAME,
            "informative",
            "from 1 to 4096",
            self.informative,
        )?;
        let told = self.informative.saturating_add(self.redundant);
        let rule = "at least informative + redundant";
        ensure_setting(told <= self.features, NAME, "features", rule, self.features)?;
        ensure_setting(self.classes >= 1, NAME, "classes", "at least 1", self.classes)?;
        ensure_setting(
            self.clusters_per_class >= 1,
            NAME,
            "clusters_per_class",
            "at least 1",
            self.clusters_per_class,
        )?;
        let corners = 1usize << self.informative.min(20);
        let clusters = self.classes.saturating_mul(self.clusters_per_class);
        let rule = "at most 2^informative (and 2^20) in all classes together";
        ensure_setting(clusters <= corners, NAME, "clusters_per_class", rule, clusters)?;
        let most = clusters.max(self.redundant).saturating_mul(self.informative);
        let rule = "less: 268435456 corners of clusters or weights of redundant features at most";
        ensure_setting(most <= LIMIT, NAME, "informative", rule, self.informative)?;
        let sound = self.class_sep.is_finite() && self.class_sep >= 0.0;
        ensure_setting(sound, NAME, "class_sep", "at least 0", self.class_sep)?;
        ensure_setting((0.0..=1.0).contains(&self.flip), NAME, "flip", "in [0, 1]", self.flip)?;
        Ok(clusters)
    }
}

/// `count` different corners of a cube, each a bit for each dimension.
fn corners(count: usize, dimensions: usize, rng: &mut Rng) -> Vec<Vec<bool>> {
    if dimensions <= 20 && count > (1 << dimensions) / 2 {
        let mut all: Vec<usize> = (0..1 << dimensions).collect();
        rng.shuffle(&mut all);
        return all[..count].iter().map(|bits| (0..dimensions).map(|j| bits >> j & 1 == 1).collect()).collect();
    }
    // At least half the corners are free, so that a draw soon finds one.
    let (mut seen, mut out) = (BTreeSet::new(), Vec::with_capacity(count));
    while out.len() < count {
        let corner: Vec<bool> = (0..dimensions).map(|_| rng.next_u64() >> 63 == 1).collect();
        if seen.insert(corner.clone()) {
            out.push(corner);
        }
    }
    out
}

/// Uniform between -1 and 1. `[rows, columns]`
fn mixture(rows: usize, columns: usize, rng: &mut Rng) -> Vec<f64> {
    (0..rows * columns).map(|_| 2.0 * rng.uniform() - 1.0).collect()
}

/// Adds `row` times `matrix` (`[row.len(), to.len()]`) to `to`.
fn add_product(row: &[f64], matrix: &[f64], to: &mut [f64]) {
    for (v, weights) in row.iter().zip(matrix.chunks_exact(to.len().max(1))) {
        to.iter_mut().zip(weights).for_each(|(t, w)| *t += v * w);
    }
}

/// Samples of several classes, and the class of each.
///
/// # Errors
/// When a setting is outside its range.
pub fn classification(settings: &ClassificationSettings) -> Result<(Samples, Vec<u32>)> {
    let clusters = settings.check()?;
    let &ClassificationSettings { samples, features, informative, redundant, classes, class_sep, flip, .. } = settings;
    let mut rng = Rng::new(settings.seed);
    let corners = corners(clusters, informative, &mut rng);
    let redundancy = mixture(informative, redundant, &mut rng);
    let mut order: Vec<usize> = (0..features).collect();
    if settings.shuffle {
        rng.shuffle(&mut order);
    }
    let mut values = vec![0.0; samples * features];
    let mut codes = vec![0; samples];
    let mut row = vec![0.0; features];
    for (cluster, corner) in corners.iter().enumerate() {
        // Each cluster is stretched in its own way.
        let stretch = mixture(informative, informative, &mut rng);
        stop::check()?;
        for i in (cluster..samples).step_by(clusters) {
            go_on(i / clusters)?;
            let normal: Vec<f64> = (0..informative).map(|_| rng.normal()).collect();
            let (told, rest) = row.split_at_mut(informative);
            told.iter_mut().zip(corner).for_each(|(t, up)| *t = if *up { class_sep } else { -class_sep });
            add_product(&normal, &stretch, told);
            let (mixed, noise) = rest.split_at_mut(redundant);
            mixed.fill(0.0);
            add_product(told, &redundancy, mixed);
            noise.iter_mut().for_each(|v| *v = rng.normal());
            order.iter().zip(&row).for_each(|(to, v)| values[i * features + to] = *v);
            codes[i] = (cluster % classes) as u32;
        }
    }
    for code in &mut codes {
        if rng.uniform() < flip {
            *code = rng.below(classes) as u32;
        }
    }
    finish(features, values, codes, settings.shuffle, &mut rng)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_as_said() {
        let settings = ClassificationSettings {
            samples: 3000,
            features: 6,
            informative: 3,
            redundant: 1,
            classes: 3,
            clusters_per_class: 1,
            class_sep: 100.0,
            flip: 0.0,
            shuffle: false,
            ..Default::default()
        };
        let (x, codes) = classification(&settings).unwrap();
        x.check("toy").unwrap();
        for class in 0..3 {
            let of: Vec<&[f64]> = x.iter().zip(&codes).filter(|(_, c)| **c == class).map(|(r, _)| r).collect();
            assert_eq!(of.len(), 1000);
            // Far apart, every cluster lies in the octant of its corner.
            for j in 0..3 {
                assert!(of.iter().all(|r| r[j].signum() == of[0][j].signum()));
            }
            for j in 4..6 {
                assert!((of.iter().map(|r| r[j]).sum::<f64>() / 1000.0).abs() < 0.2);
            }
        }
        let flipped = classification(&ClassificationSettings { flip: 0.5, ..settings.clone() }).unwrap();
        let changed = flipped.1.iter().zip(&codes).filter(|(a, b)| a != b).count();
        assert!((850..1150).contains(&changed), "{changed}");
        let shuffled = ClassificationSettings { shuffle: true, seed: 5, ..settings };
        assert_eq!(classification(&shuffled).unwrap(), classification(&shuffled).unwrap());
    }

    #[test]
    fn refusals_and_edges() {
        let with = |f: fn(&mut ClassificationSettings)| {
            let mut s = ClassificationSettings::default();
            f(&mut s);
            classification(&s)
        };
        assert!(with(|s| s.classes = 3).unwrap_err().to_string().contains("at most 2^informative"));
        assert!(with(|s| s.features = 3).unwrap_err().to_string().contains("informative + redundant"));
        assert!(with(|s| s.informative = 5000).is_err() && with(|s| s.redundant = usize::MAX).is_err());
        assert!(with(|s| s.classes = usize::MAX).is_err() && with(|s| s.class_sep = f64::NAN).is_err());
        let wide = with(|s| (s.samples, s.features, s.informative, s.redundant) = (1, 1 << 28, 4000, 1 << 27));
        assert!(wide.unwrap_err().to_string().contains("`informative` must be less"));
        assert!(with(|s| s.redundant = 0).is_ok() && with(|s| s.samples = 1).is_ok());
        assert!(with(|s| (s.informative, s.classes) = (12, 700)).is_ok());
    }
}
