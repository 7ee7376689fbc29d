//! Mini-batch k-means: each step moves the centres by a few samples only.
//!
//! Sculley (2010), "Web-scale k-means clustering", algorithm 1: each centre is the running mean of the samples that
//! it was ever nearest to.

use super::centres::{Panels, plus_plus};
use super::checks::{ensure_sound, sound, usable, usable_width};
use super::kmeans::{centre_distances, enough, nearest_centres};
use crate::data::{Rng, RngState};
use crate::error::ensure_setting;
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "mini_batch_kmeans";

/// Settings of [`MiniBatchKmeans`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MiniBatchKmeansSettings {
    /// How many clusters, at least 1. Default 8.
    pub clusters: usize,
    /// Samples in one step, at least 1. Default 1024.
    pub batch_size: usize,
    /// Passes over the samples at most, at least 1. Default 100.
    pub steps: usize,
    /// Stop after this many batches that made the smoothed inertia no smaller, at least 1. Default 10.
    pub patience: usize,
    /// Of the random choices. Default 0.
    pub seed: u64,
}

impl Default for MiniBatchKmeansSettings {
    fn default() -> Self {
        Self { clusters: 8, batch_size: 1024, steps: 100, patience: 10, seed: 0 }
    }
}

/// The mini-batch k-means clusterer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MiniBatchKmeans {
    settings: MiniBatchKmeansSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    centres: Samples, // [clusters, columns]
    seen: Vec<f64>,   // samples that each centre is the mean of
    inertia: f64,     // of a sample, smoothed
    rng: RngState,
}

impl MiniBatchKmeans {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: MiniBatchKmeansSettings) -> Result<Self> {
        let s = &settings;
        ensure_setting(s.clusters >= 1, NAME, "clusters", "at least 1", s.clusters)?;
        ensure_setting(s.batch_size >= 1, NAME, "batch_size", "at least 1", s.batch_size)?;
        ensure_setting(s.steps >= 1, NAME, "steps", "at least 1", s.steps)?;
        ensure_setting(s.patience >= 1, NAME, "patience", "at least 1", s.patience)?;
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
            let k = me.settings.clusters;
            let counts = l.seen.len() == k && l.seen.iter().all(|&s| s >= 0.0 && s.is_finite());
            ensure_sound(sound(&l.centres) && l.centres.rows() == k && counts, NAME)?;
        }
        Ok(me)
    }

    fn begin(&self, x: &Samples) -> Result<Learned> {
        let k = self.settings.clusters;
        enough(NAME, x, k)?;
        let mut rng = Rng::new(self.settings.seed);
        // Starting centres need not see every sample.
        let few = (3 * self.settings.batch_size).max(3 * k).min(x.rows());
        let mut places: Vec<usize> = (0..x.rows()).collect();
        for i in 0..few {
            places.swap(i, i + rng.below(x.rows() - i));
        }
        let some = x.select(&places[..few]);
        let centres = plus_plus(some.values(), x.columns(), k, &mut rng)?;
        let centres = Samples::new(k, x.columns(), centres)?;
        Ok(Learned { centres, seen: vec![0.0; k], inertia: f64::INFINITY, rng: rng.state() })
    }
}

/// Moves the centres by one batch; the mean squared distance before.
fn step(l: &mut Learned, batch: &[f64]) -> Result<f64> {
    let d = l.centres.columns();
    let k = l.centres.rows();
    let found = Panels::new(l.centres.values(), d).nearest(batch)?;
    let mut sums = vec![0.0; k * d];
    let mut counts = vec![0.0; k];
    for (row, f) in batch.chunks_exact(d).zip(&found) {
        let c = f.centre as usize;
        counts[c] += 1.0;
        sums[c * d..(c + 1) * d].iter_mut().zip(row).for_each(|(s, v)| *s += v);
    }
    let mut centres = std::mem::take(&mut l.centres).into_values();
    for c in 0..k {
        if counts[c] > 0.0 {
            l.seen[c] += counts[c];
            for j in c * d..(c + 1) * d {
                centres[j] += (sums[j] - counts[c] * centres[j]) / l.seen[c];
            }
        }
    }
    l.centres = Samples::new(k, d, centres)?;
    Ok(found.iter().map(|f| f.first).sum::<f64>() / found.len() as f64)
}

impl Learner for MiniBatchKmeans {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x)?;
        let s = &self.settings;
        let mut l = self.begin(x)?;
        let mut rng = Rng::restore(l.rng);
        let (n, d) = (x.rows(), x.columns());
        let size = s.batch_size.min(n);
        let batches = (s.steps as u64).saturating_mul(n as u64).div_ceil(size as u64);
        let weight = (2.0 * size as f64 / (n as f64 + 1.0)).min(1.0);
        let (mut best, mut stale, mut done) = (f64::INFINITY, 0, 0);
        let mut batch = Vec::with_capacity(size * d);
        while done < batches && stale < s.patience {
            stop::check()?;
            batch.clear();
            (0..size).for_each(|_| batch.extend_from_slice(x.row(rng.below(n))));
            let inertia = step(&mut l, &batch)?;
            done += 1;
            l.inertia = match done {
                1 | 2 => inertia, // that of the starting centres is no measure for what follows
                _ => l.inertia + weight * (inertia - l.inertia),
            };
            if done == 1 {
                continue;
            }
            if l.inertia < best {
                (best, stale) = (l.inertia, 0);
            } else {
                stale += 1;
            }
        }
        l.rng = rng.state();
        let better = stale < s.patience && l.inertia > 0.0;
        let warning = better.then(|| {
            format!("{NAME}: the inertia still fell after {} passes ({:.4} a sample); raise `steps`", s.steps, best)
        });
        self.learned = Some(l);
        Ok(Fit { steps: done, warning })
    }

    fn partial_fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        let mut l = match &self.learned {
            Some(l) => {
                usable_width(NAME, x, l.centres.columns())?;
                l.clone()
            }
            None => {
                usable(NAME, x)?;
                self.begin(x)?
            }
        };
        l.inertia = step(&mut l, x.values())?;
        self.learned = Some(l);
        Ok(Fit { steps: 1, warning: None })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(NAME, &self.learned)?;
        nearest_centres(NAME, &l.centres, x)
    }

    fn transform(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        centre_distances(NAME, &l.centres, x)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        vec![
            ("centres", Shown::Table(l.centres.clone())),
            ("counts", Shown::Numbers(l.seen.clone())),
            ("inertia", Shown::Number(l.inertia)),
        ]
    }

    fn summary(&self) -> Option<String> {
        let l = self.learned.as_ref()?;
        Some(format!("{} features, {} clusters", l.centres.columns(), l.centres.rows()))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heaps_are_found_at_once_or_piece_by_piece() {
        let mut rng = Rng::new(2);
        let values: Vec<f64> = (0..4000).map(|i| (i % 4) as f64 * 30.0 + rng.normal()).collect();
        let x = Samples::new(4000, 1, values).unwrap();
        let mut model = MiniBatchKmeans::new(MiniBatchKmeansSettings { clusters: 4, ..Default::default() }).unwrap();
        assert_eq!(model.fit(&x, Goal::None).unwrap().warning, None);
        let mut centres = model.learned.as_ref().unwrap().centres.values().to_vec();
        centres.sort_by(f64::total_cmp);
        for (i, c) in centres.iter().enumerate() {
            assert!((c - i as f64 * 30.0).abs() < 0.3, "{centres:?}");
        }
        let again = MiniBatchKmeans::from_saved(&model.bytes().unwrap()).unwrap();
        assert_eq!(again.predict(&x).unwrap(), model.predict(&x).unwrap());

        let mut model = MiniBatchKmeans::new(MiniBatchKmeansSettings { clusters: 4, ..Default::default() }).unwrap();
        for piece in 0..10 {
            let places: Vec<usize> = (piece * 400..(piece + 1) * 400).collect();
            model.partial_fit(&x.select(&places), Goal::None).unwrap();
        }
        let l = model.learned.unwrap();
        assert_eq!(l.seen.iter().sum::<f64>(), 4000.0);
        assert!(l.inertia < 1.5, "{}", l.inertia);
    }
}
