//! Mean shift: every sample climbs to the nearest peak of the samples' density; a peak is a cluster.
//!
//! Comaniciu & Meer (2002), "Mean shift: a robust approach toward feature space analysis", with the flat kernel.

use super::checks::{ensure_sound, sound, usable};
use super::kmeans::nearest_centres;
use super::near::{Tree, distance2, nearest, vectorised};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const NAME: &str = "mean_shift";

/// Settings of [`MeanShift`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MeanShiftSettings {
    /// How far samples are seen, positive. Default: the mean distance to the neighbour that 30% of the samples are
    /// nearer than, estimated from 500 samples.
    pub bandwidth: Option<f64>,
    /// Start only from the middles of cells of this width that hold samples, which is faster. Default false.
    pub bin_seeding: bool,
    /// Steps at most of each climb, at least 1. Default 300.
    pub steps: usize,
    /// Of the samples that the bandwidth is estimated from. Default 0.
    pub seed: u64,
}

impl Default for MeanShiftSettings {
    fn default() -> Self {
        Self { bandwidth: None, bin_seeding: false, steps: 300, seed: 0 }
    }
}

/// The mean-shift clusterer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MeanShift {
    settings: MeanShiftSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    centres: Samples, // [clusters, columns]
    bandwidth: f64,
}

impl MeanShift {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: MeanShiftSettings) -> Result<Self> {
        if let Some(b) = settings.bandwidth {
            ensure_setting(b > 0.0 && b.is_finite(), NAME, "bandwidth", "positive", b)?;
        }
        ensure_setting(settings.steps >= 1, NAME, "steps", "at least 1", settings.steps)?;
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
            ensure_sound(sound(&l.centres) && l.bandwidth >= 0.0, NAME)?;
        }
        Ok(me)
    }
}

/// The mean distance to the neighbour that 30% of the samples are nearer than, from at most 500 samples.
fn estimate(x: &Samples, seed: u64) -> Result<f64> {
    let mut places: Vec<usize> = (0..x.rows()).collect();
    if x.rows() > 500 {
        let mut rng = Rng::new(seed);
        for i in 0..500 {
            places.swap(i, i + rng.below(x.rows() - i));
        }
        places.truncate(500);
    }
    let some = x.select(&places);
    let k = (places.len() * 3 / 10).max(1);
    let near = nearest(some.values(), some.values(), x.columns(), k, true)?;
    let sum: f64 = near.squared.chunks_exact(near.k).map(|list| list[near.k - 1].sqrt()).sum();
    Ok(sum / places.len() as f64)
}

/// A sample for each cell of the given width that holds any: the cell's middle.
fn cells(x: &Samples, width: f64) -> Vec<f64> {
    let mut cells: BTreeMap<Vec<i64>, ()> = BTreeMap::new();
    for row in x.iter() {
        cells.insert(row.iter().map(|v| (v / width).round() as i64).collect(), ());
    }
    cells.into_keys().flat_map(|cell| cell.into_iter().map(|c| c as f64 * width)).collect()
}

impl Learner for MeanShift {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x)?;
        let s = &self.settings;
        let d = x.columns();
        let bandwidth = match s.bandwidth {
            Some(b) => b,
            None => estimate(x, s.seed)?,
        };
        let seeds = match s.bin_seeding && bandwidth > 0.0 {
            true => cells(x, bandwidth),
            false => x.values().to_vec(),
        };
        let tree = Tree::new(x.values(), d);
        let radius2 = bandwidth * bandwidth;
        let near_enough2 = (1e-3 * bandwidth).powi(2);
        // Where each climb ends, how many samples are seen there, and after how many steps.
        type End = (Vec<f64>, usize, usize);
        let ends: Vec<End> = seeds
            .par_chunks(d)
            .map(|seed| {
                let mut at = seed.to_vec();
                let mut sum = vec![0.0; d];
                let mut stack = vec![];
                let (mut seen, mut steps) = (0, 0);
                while steps < s.steps {
                    stop::check()?;
                    sum.fill(0.0);
                    seen = 0;
                    vectorised(
                        #[inline(always)]
                        || {
                            tree.within(&at, radius2, &mut stack, |i, _| {
                                let row = &x.values()[i as usize * d..(i as usize + 1) * d];
                                sum.iter_mut().zip(row).for_each(|(s, v)| *s += v);
                                seen += 1;
                                true
                            });
                        },
                    );
                    if seen == 0 {
                        break;
                    }
                    sum.iter_mut().for_each(|v| *v /= seen as f64);
                    steps += 1;
                    let moved2 = distance2(&sum, &at);
                    std::mem::swap(&mut at, &mut sum);
                    if moved2 <= near_enough2 {
                        break;
                    }
                }
                Ok((at, seen, steps))
            })
            .collect::<Result<_>>()?;
        let steps = ends.iter().map(|e| e.2).max().unwrap_or(0);
        let mut peaks: Vec<&End> = ends.iter().filter(|e| e.1 > 0).collect();
        // Where most is seen first; a peak within sight of one before is the same.
        let by_place = |a: &[f64], b: &[f64]| {
            a.iter().zip(b).map(|(a, b)| a.total_cmp(b)).find(|o| o.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
        };
        peaks.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| by_place(&a.0, &b.0)));
        let mut centres: Vec<f64> = Vec::new();
        for (i, peak) in peaks.iter().enumerate() {
            if i % 64 == 0 {
                stop::check()?;
            }
            let known = vectorised(
                #[inline(always)]
                || {
                    for c in centres.chunks_exact(d) {
                        if distance2(c, &peak.0) <= radius2 {
                            return true;
                        }
                    }
                    false
                },
            );
            if !known {
                centres.extend(&peak.0);
            }
        }
        if centres.is_empty() {
            // Middles of cells may see no sample: then the samples themselves do.
            centres.extend(x.row(0));
        }
        let warning = (steps >= s.steps).then(|| format!("{NAME}: a climb was not over after {steps} steps"));
        let centres = Samples::new(centres.len() / d, d, centres)?;
        self.learned = Some(Learned { centres, bandwidth });
        Ok(Fit { steps: steps as u64, warning })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(NAME, &self.learned)?;
        nearest_centres(NAME, &l.centres, x)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        vec![("centres", Shown::Table(l.centres.clone())), ("bandwidth", Shown::Number(l.bandwidth))]
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
    fn peaks_are_where_the_samples_are() {
        let mut rng = Rng::new(5);
        let values = (0..600).map(|i| f64::from(i % 6 / 2) * 20.0 + rng.normal()).collect();
        let x = Samples::new(300, 2, values).unwrap();
        for bin_seeding in [false, true] {
            let settings = MeanShiftSettings { bandwidth: Some(4.0), bin_seeding, ..Default::default() };
            let mut model = MeanShift::new(settings).unwrap();
            model.fit(&x, Goal::None).unwrap();
            let l = model.learned.as_ref().unwrap();
            let mut at: Vec<f64> = l.centres.iter().map(|c| c[0]).collect();
            at.sort_by(f64::total_cmp);
            assert_eq!(at.len(), 3);
            assert!(at.iter().enumerate().all(|(i, c)| (c - i as f64 * 20.0).abs() < 0.5), "{at:?}");
            let again = MeanShift::from_saved(&model.bytes().unwrap()).unwrap();
            assert_eq!(again.predict(&x).unwrap(), model.predict(&x).unwrap());
        }
    }

    #[test]
    fn equal_samples_are_one_cluster() {
        let x = Samples::new(5, 2, vec![1.5; 10]).unwrap();
        for bin_seeding in [false, true] {
            let mut model = MeanShift::new(MeanShiftSettings { bin_seeding, ..Default::default() }).unwrap();
            model.fit(&x, Goal::None).unwrap();
            assert_eq!(model.predict(&x).unwrap(), Answer::Classes(vec![0; 5]));
        }
    }
}
