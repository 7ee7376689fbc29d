//! DBSCAN: clusters are where samples lie close together; what lies alone belongs to none.
//!
//! Ester, Kriegel, Sander & Xu (1996), "A density-based algorithm for discovering clusters". A sample at the border of
//! two clusters goes to the one with the nearest core sample, so the result does not depend on the samples' order.

use super::checks::{ensure_sound, sound, usable, usable_width};
use super::near::{MANY_FEATURES, Tree, distance2, products, vectorised};
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

/// Samples for which a table of all neighbours is made: 64 MB of it.
const MOST: usize = 22_000;

const NONE: u32 = u32::MAX;

/// What the search finds.
struct Flooded {
    core: Vec<bool>,
    labels: Vec<u32>, // `NONE` for noise
    clusters: u32,
}

/// For few features: neighbours are found by a k-d tree, again and again.
fn by_tree(values: &[f64], d: usize, radius2: f64, least: usize) -> Result<Flooded> {
    let n = values.len() / d;
    let tree = Tree::new(values, d);
    let row = |i: u32| &values[i as usize * d..(i as usize + 1) * d];

    // Which samples are at the core? In the tree's order, so that neighbours are still in the cache.
    let found: Vec<Vec<bool>> = tree
        .order()
        .par_chunks(PIECE)
        .map(|places| {
            stop::check()?;
            let mut stack = vec![];
            Ok(vectorised(
                #[inline(always)]
                || {
                    let mut is = vec![false; places.len()];
                    for (is, &i) in is.iter_mut().zip(places) {
                        *is = tree.count(row(i), radius2, least, &mut stack) >= least;
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
    let mut labels = vec![NONE; n];
    let mut gaps = vec![f64::INFINITY; n];
    let mut clusters = 0;
    let (mut stack, mut flood) = (vec![], vec![]);
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
    Ok(Flooded { core, labels, clusters })
}

/// For many features: one table of who is whose neighbour, a bit each, by matrix products.
fn by_table(values: &[f64], d: usize, radius2: f64, least: usize) -> Result<Flooded> {
    let n = values.len() / d;
    let words = n.div_ceil(64);
    let table = neighbours(values, d, radius2)?;
    let of = |i: usize| &table[i * words..(i + 1) * words];
    let core: Vec<bool> =
        (0..n).map(|i| of(i).iter().map(|w| w.count_ones() as usize).sum::<usize>() >= least).collect();
    let mut fresh = vec![0u64; words]; // core samples that belong to no cluster yet
    (0..n).filter(|&i| core[i]).for_each(|i| fresh[i / 64] |= 1 << (i % 64));
    let cores = fresh.clone();
    let mut labels = vec![NONE; n];
    let (mut clusters, mut flood) = (0, vec![]);
    for start in 0..n {
        if fresh[start / 64] >> (start % 64) & 1 == 0 {
            continue;
        }
        fresh[start / 64] &= !(1 << (start % 64));
        flood.push(start);
        while let Some(i) = flood.pop() {
            stop::check()?;
            labels[i] = clusters;
            for (w, (near, fresh)) in of(i).iter().zip(&mut fresh).enumerate() {
                let found = near & *fresh;
                *fresh &= !found;
                flood.extend(bits(w, found));
            }
        }
        clusters += 1;
    }
    // Border samples belong to their nearest core.
    for i in (0..n).filter(|&i| !core[i]) {
        let row = &values[i * d..(i + 1) * d];
        let near = of(i).iter().zip(&cores).enumerate().flat_map(|(w, (near, cores))| bits(w, near & cores));
        let gaps = near.map(|j| (distance2(row, &values[j * d..(j + 1) * d]), labels[j]));
        labels[i] = gaps.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))).map_or(NONE, |best| best.1);
    }
    Ok(Flooded { core, labels, clusters })
}

/// The places of the bits of word `w`.
fn bits(w: usize, mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (word != 0).then(|| word.trailing_zeros() as usize)?;
        word &= word - 1;
        Some(64 * w + bit)
    })
}

/// Who is within the radius of whom, itself among them, a bit each. `[n, ⌈n / 64⌉]`
fn neighbours(values: &[f64], d: usize, radius2: f64) -> Result<Vec<u64>> {
    let n = values.len() / d;
    let words = n.div_ceil(64);
    let mut mean = vec![0.0; d];
    values.chunks_exact(d).for_each(|row| mean.iter_mut().zip(row).for_each(|(m, v)| *m += v / n as f64));
    let x: Vec<f64> = values.chunks_exact(d).flat_map(|row| row.iter().zip(&mean).map(|(v, m)| v - m)).collect();
    let norms: Vec<f64> = x.chunks_exact(d).map(|row| row.iter().map(|v| v * v).sum()).collect();
    let largest = norms.iter().fold(0.0f64, |a, &b| a.max(b));
    // What is nearer to the border than rounding is measured again.
    let unsure = 1e-12 * (largest + radius2) * d as f64;
    // Each 64 rows with themselves and those after them.
    let pieces: Vec<Vec<u64>> = (0..words)
        .into_par_iter()
        .map(|block| {
            stop::check()?;
            let (first, rows) = (64 * block, (n - 64 * block).min(64));
            let mut piece = vec![0u64; 64 * (words - block)];
            let mut dots = vec![0.0; rows * 64 * STRIP];
            for from in (first..n).step_by(64 * STRIP) {
                let columns = (n - from).min(64 * STRIP);
                let dots = &mut dots[..rows * columns];
                products(&x[first * d..(first + rows) * d], &x[from * d..(from + columns) * d], d, dots);
                vectorised(
                    #[inline(always)]
                    || {
                        for (r, dots) in dots.chunks_exact(columns).enumerate() {
                            let i = first + r;
                            let most = radius2 - norms[i];
                            let tiles = dots.chunks(64).zip(norms[from..from + columns].chunks(64)).enumerate();
                            for (tile, (dots, norms)) in tiles {
                                let mut near = [0u8; 64];
                                let mut doubt = 0u8;
                                for ((near, dot), norm) in near.iter_mut().zip(dots).zip(norms) {
                                    let over = norm - 2.0 * dot - most;
                                    *near = u8::from(over <= 0.0);
                                    doubt |= u8::from(over.abs() <= unsure);
                                }
                                if doubt != 0 {
                                    for (t, near) in near.iter_mut().enumerate().take(dots.len()) {
                                        let j = from + 64 * tile + t;
                                        let (a, b) = (&values[i * d..(i + 1) * d], &values[j * d..(j + 1) * d]);
                                        *near = u8::from(distance2(a, b) <= radius2);
                                    }
                                }
                                piece[((from - first) / 64 + tile) * 64 + r] = packed(&near);
                            }
                        }
                    },
                );
            }
            Ok(piece)
        })
        .collect::<Result<_>>()?;
    let mut table = vec![0u64; n * words];
    for (block, mut piece) in pieces.into_iter().enumerate() {
        for (more, tile) in piece.as_chunks_mut::<64>().0.iter_mut().enumerate() {
            let other = block + more;
            for (r, word) in tile.iter().enumerate().take((n - 64 * block).min(64)) {
                table[(64 * block + r) * words + other] = *word;
            }
            if more > 0 {
                turn(tile);
                for (r, word) in tile.iter().enumerate().take((n - 64 * other).min(64)) {
                    table[(64 * other + r) * words + block] = *word;
                }
            }
        }
    }
    Ok(table)
}

/// Words of 64 columns in one product.
const STRIP: usize = 16;

/// 64 numbers that are 0 or 1 as bits.
#[inline(always)]
fn packed(near: &[u8; 64]) -> u64 {
    let bytes = near.as_chunks::<8>().0;
    let byte = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    bytes.iter().enumerate().fold(0, |word, (t, eight)| word | byte(eight) << (8 * t))
}

/// Turns a square of 64 x 64 bits: bit `j` of word `i` becomes bit `i` of word `j` (Warren, Hacker's Delight, 7-3).
fn turn(square: &mut [u64; 64]) {
    let (mut width, mut mask) = (32, 0x0000_0000_ffff_ffff_u64);
    while width > 0 {
        for i in (0..64).filter(|i| i & width == 0) {
            let swapped = (square[i] >> width ^ square[i + width]) & mask;
            square[i] ^= swapped << width;
            square[i + width] ^= swapped;
        }
        width /= 2;
        mask ^= mask << width;
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
        let least = self.settings.min_samples;
        let Flooded { core, labels, clusters } = if d < MANY_FEATURES || n > MOST {
            by_tree(values, d, radius2, least)?
        } else {
            by_table(values, d, radius2, least)?
        };
        let places: Vec<usize> = (0..n).filter(|&i| core[i]).collect();
        let cores = (!places.is_empty()).then(|| x.select(&places));
        let core_clusters = places.iter().map(|&i| labels[i]).collect();
        let labels = labels.into_iter().map(|c| if c == NONE { -1 } else { c as i32 }).collect();
        let warning = (clusters == 0).then(|| {
            let s = &self.settings;
            format!("{NAME}: no sample has {} neighbours within {}; raise `eps`", s.min_samples, s.eps)
        });
        self.learned = Some(Learned { columns: d, cores, core_clusters, labels, clusters: clusters as usize });
        Ok(Fit { steps: core.iter().filter(|c| **c).count() as u64, warning })
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
