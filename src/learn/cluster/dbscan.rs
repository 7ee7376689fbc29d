//! DBSCAN: clusters are where samples lie close together; what lies alone belongs to none.
//!
//! Ester, Kriegel, Sander & Xu (1996), "A density-based algorithm for discovering clusters". A sample at the border of
//! two clusters goes to the one with the nearest core sample, so the result does not depend on the samples' order.

use super::checks::{ensure_sound, sound, usable, usable_width};
use super::near::{Tree, vectorised};
use crate::error::ensure_setting;
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "dbscan";

/// Queries between two looks at whether to stop.
const PIECE: usize = 512;

/// Settings of [`Dbscan`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DbscanSettings {
    /// Samples at most this far apart are neighbours, positive. Default 0.5.
    pub eps: f64,
    /// A sample with this many neighbours, itself among them, is at the core of a cluster, at least 1. Default 5.
    pub min_samples: usize,
}

impl Default for DbscanSettings {
    fn default() -> Self {
        Self { eps: 0.5, min_samples: 5 }
    }
}

/// The DBSCAN clusterer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Dbscan {
    settings: DbscanSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    columns: usize,
    /// The core samples; nothing if there are none.
    cores: Option<Samples>,
    /// The cluster of each core sample.
    core_clusters: Vec<u32>,
    /// The cluster of each sample of the fit, or -1.
    labels: Vec<i32>,
    clusters: usize,
}

impl Dbscan {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: DbscanSettings) -> Result<Self> {
        let s = &settings;
        ensure_setting(s.eps > 0.0 && s.eps.is_finite(), NAME, "eps", "positive", s.eps)?;
        ensure_setting(s.min_samples >= 1, NAME, "min_samples", "at least 1", s.min_samples)?;
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
            let known = |c: u32| (c as usize) < l.clusters;
            let cores = l.cores.as_ref().map_or(0, Samples::rows);
            let fits = l.cores.as_ref().is_none_or(|c| sound(c) && c.columns() == l.columns)
                && l.columns > 0
                && l.core_clusters.len() == cores
                && l.core_clusters.iter().all(|&c| known(c))
                && l.labels.iter().all(|&c| c == -1 || u32::try_from(c).is_ok_and(known));
            ensure_sound(fits, NAME)?;
        }
        Ok(me)
    }
}

impl Learner for Dbscan {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x)?;
        let (n, d, values) = (x.rows(), x.columns(), x.values());
        let radius2 = self.settings.eps * self.settings.eps;
        let tree = Tree::new(values, d);
        let row = |i: u32| &values[i as usize * d..(i as usize + 1) * d];

        // Which samples are at the core? In the tree's order, so that neighbours are still in the cache.
        let found: Vec<Vec<bool>> = tree
            .order()
            .par_chunks(PIECE)
            .map(|places| {
                stop::check()?;
                let mut stack = vec![];
                let enough = self.settings.min_samples;
                Ok(vectorised(
                    #[inline(always)]
                    || {
                        let mut is = vec![false; places.len()];
                        for (is, &i) in is.iter_mut().zip(places) {
                            *is = tree.count(row(i), radius2, enough, &mut stack) >= enough;
                        }
                        is
                    },
                ))
            })
            .collect::<Result<_>>()?;
        let mut core = vec![false; n];
        for (&i, is) in tree.order().iter().zip(found.into_iter().flatten()) {
            core[i as usize] = is;
        }

        // Each cluster is flooded from its first core sample; border samples remember their nearest core.
        const NONE: u32 = u32::MAX;
        let mut labels = vec![NONE; n];
        let mut gaps = vec![f64::INFINITY; n];
        let mut clusters = 0;
        let (mut stack, mut flood) = (vec![], vec![]);
        let mut steps = 0usize;
        for start in 0..n as u32 {
            if !core[start as usize] || labels[start as usize] != NONE {
                continue;
            }
            labels[start as usize] = clusters;
            flood.push(start);
            while !flood.is_empty() {
                stop::check()?;
                vectorised(
                    #[inline(always)]
                    || {
                        for _ in 0..64 {
                            let Some(i) = flood.pop() else { break };
                            steps += 1;
                            tree.within(row(i), radius2, &mut stack, |j, gap| {
                                let at = j as usize;
                                if core[at] {
                                    if labels[at] == NONE {
                                        labels[at] = clusters;
                                        flood.push(j);
                                    }
                                } else if gap < gaps[at] || gap == gaps[at] && clusters < labels[at] {
                                    (gaps[at], labels[at]) = (gap, clusters);
                                }
                                true
                            });
                        }
                    },
                );
            }
            clusters += 1;
        }
        let places: Vec<usize> = (0..n).filter(|&i| core[i]).collect();
        let cores = (!places.is_empty()).then(|| x.select(&places));
        let core_clusters = places.iter().map(|&i| labels[i]).collect();
        let labels = labels.into_iter().map(|c| if c == NONE { -1 } else { c as i32 }).collect();
        let warning = (clusters == 0).then(|| {
            let s = &self.settings;
            format!("{NAME}: no sample has {} neighbours within {}; raise `eps`", s.min_samples, s.eps)
        });
        self.learned = Some(Learned { columns: d, cores, core_clusters, labels, clusters: clusters as usize });
        Ok(Fit { steps: steps as u64, warning })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(NAME, &self.learned)?;
        usable_width(NAME, x, l.columns)?;
        let Some(cores) = &l.cores else { return Ok(Answer::Classes(vec![-1; x.rows()])) };
        let tree = Tree::new(cores.values(), l.columns);
        let radius2 = self.settings.eps * self.settings.eps;
        let mut out = vec![-1; x.rows()];
        out.par_chunks_mut(PIECE).zip(x.values().par_chunks(PIECE * l.columns)).try_for_each(|(out, rows)| {
            stop::check()?;
            let mut stack = vec![];
            vectorised(
                #[inline(always)]
                || {
                    for (out, row) in out.iter_mut().zip(rows.chunks_exact(l.columns)) {
                        let mut best = (f64::INFINITY, u32::MAX);
                        tree.within(row, radius2, &mut stack, |j, gap| {
                            let new = (gap, l.core_clusters[j as usize]);
                            best = if new < best { new } else { best };
                            true
                        });
                        *out = if best.0.is_finite() { i64::from(best.1) } else { -1 };
                    }
                },
            );
            Ok::<(), crate::Error>(())
        })?;
        Ok(Answer::Classes(out))
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        let mut shown = vec![
            ("clusters", Shown::Number(l.clusters as f64)),
            ("labels", Shown::Numbers(l.labels.iter().map(|&c| f64::from(c)).collect())),
        ];
        if let Some(cores) = &l.cores {
            shown.push(("cores", Shown::Table(cores.clone())));
        }
        shown
    }

    fn summary(&self) -> Option<String> {
        let l = self.learned.as_ref()?;
        let alone = l.labels.iter().filter(|&&c| c < 0).count();
        Some(format!("{} features, {} clusters, {alone} samples in none", l.columns, l.clusters))
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
    fn a_line_a_heap_and_a_stranger() {
        let x = Samples::new(9, 1, vec![0.0, 0.4, 0.8, 1.2, 50.0, 9.0, 9.1, 9.2, 9.3]).unwrap();
        let mut model = Dbscan::new(DbscanSettings { eps: 0.5, min_samples: 2 }).unwrap();
        model.fit(&x, Goal::None).unwrap();
        let Answer::Classes(codes) = model.predict(&x).unwrap() else { panic!() };
        assert_eq!(codes, [0, 0, 0, 0, -1, 1, 1, 1, 1]);
        let again = Dbscan::from_saved(&model.bytes().unwrap()).unwrap();
        assert_eq!(again.predict(&x).unwrap(), Answer::Classes(codes));
        let mut bad = model;
        bad.learned.as_mut().unwrap().core_clusters[0] = 7;
        assert!(Dbscan::from_saved(&bad.bytes().unwrap()).is_err());
    }

    #[test]
    fn the_definition_holds_on_random_samples() {
        let mut rng = Rng::new(4);
        for d in [1, 2, 5] {
            let n = 300;
            let x = Samples::new(n, d, (0..n * d).map(|_| rng.normal() * 2.0).collect()).unwrap();
            let (eps, min_samples) = (0.15 * 4f64.powi(d as i32 - 1).min(7.0), 4);
            let mut model = Dbscan::new(DbscanSettings { eps, min_samples }).unwrap();
            model.fit(&x, Goal::None).unwrap();
            let labels = &model.learned.as_ref().unwrap().labels;
            let near = |i: usize, j: usize| super::super::near::distance2(x.row(i), x.row(j)) <= eps * eps;
            let core: Vec<bool> = (0..n).map(|i| (0..n).filter(|&j| near(i, j)).count() >= min_samples).collect();
            for i in 0..n {
                let reached = (0..n).any(|j| core[j] && near(i, j));
                assert_eq!(labels[i] >= 0, reached);
                for j in 0..n {
                    assert!(!(core[i] && core[j] && near(i, j)) || labels[i] == labels[j]);
                }
            }
            let Answer::Classes(codes) = model.predict(&x).unwrap() else { panic!() };
            assert!(codes.iter().zip(labels).all(|(&a, &b)| a == i64::from(b)));
        }
    }
}
