//! Spectral clustering: k-means on the slowest vibrations of the graph of neighbours.
//!
//! Shi & Malik (2000), "Normalized cuts and image segmentation"; von Luxburg (2007), arXiv:0711.0189, section 4.

use super::agglomerative::labels_of_nearest;
use super::centres::plus_plus;
use super::checks::{ensure_sound, sound, usable};
use super::kmeans::{Run, enough, lloyd, mean_variance};
use super::krylov::{Effort, WIDE, largest, times, width_for};
use super::near::{nearest, products, vectorised};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "spectral";

/// Samples for which a table of all affinities is made: 1.8 GB of it.
const MOST: usize = 15_000;

/// Graphs with more nodes are first looked at in groups of neighbours.
const COARSEST: usize = 2000;

/// How alike two samples are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Affinity {
    /// `exp(-gamma |a - b|²)`.
    #[default]
    Rbf,
    /// 1 for neighbours (½ where only one counts the other), else 0.
    NearestNeighbors,
}

/// Settings of [`Spectral`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SpectralSettings {
    /// How many clusters, at least 1. Default 8.
    pub clusters: usize,
    /// How alike two samples are: "rbf" or "nearest_neighbors". Default "rbf".
    pub affinity: Affinity,
    /// How fast likeness ends with distance for "rbf", positive. Default 1.
    pub gamma: f64,
    /// How many neighbours each sample has for "nearest_neighbors", itself among them, at least 2. Default 10.
    pub neighbors: usize,
    /// How often k-means starts, at least 1. Default 10.
    pub starts: usize,
    /// Of the random choices. Default 0.
    pub seed: u64,
}

impl Default for SpectralSettings {
    fn default() -> Self {
        Self { clusters: 8, affinity: Affinity::Rbf, gamma: 1.0, neighbors: 10, starts: 10, seed: 0 }
    }
}

/// The spectral clusterer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spectral {
    settings: SpectralSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    samples: Samples,
    labels: Vec<u32>,
    eigenvalues: Vec<f64>, // of the normalised graph Laplacian, the smallest first
}

impl Spectral {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: SpectralSettings) -> Result<Self> {
        let s = &settings;
        ensure_setting(s.clusters >= 1, NAME, "clusters", "at least 1", s.clusters)?;
        ensure_setting(s.gamma > 0.0 && s.gamma.is_finite(), NAME, "gamma", "positive", s.gamma)?;
        ensure_setting(s.neighbors >= 2, NAME, "neighbors", "at least 2", s.neighbors)?;
        ensure_setting(s.starts >= 1, NAME, "starts", "at least 1", s.starts)?;
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
            let known = l.labels.iter().all(|&c| (c as usize) < me.settings.clusters);
            ensure_sound(sound(&l.samples) && l.labels.len() == l.samples.rows() && known, NAME)?;
        }
        Ok(me)
    }
}

/// A symmetric graph with weights: for each node its neighbours.
pub(in crate::learn) struct Graph {
    /// Where each node's neighbours begin; one more at the end.
    pub starts: Vec<usize>,
    pub ends: Vec<u32>,
    pub weights: Vec<f64>,
}

impl Graph {
    /// From directed edges `(a, b, weight)`; those between the same nodes are summed, in both directions.
    pub fn symmetric(n: usize, edges: &[(u32, u32, f64)]) -> Self {
        let mut all: Vec<(u32, u32, f64)> = edges.iter().flat_map(|&(a, b, w)| [(a, b, w), (b, a, w)]).collect();
        all.sort_unstable_by(|x, y| (x.0, x.1).cmp(&(y.0, y.1)).then(x.2.total_cmp(&y.2)));
        let (mut starts, mut ends, mut weights) = (vec![0; n + 1], Vec::<u32>::new(), Vec::<f64>::new());
        let mut last = None;
        for (a, b, w) in all {
            if last == Some((a, b)) {
                *weights.last_mut().expect("there was one") += w;
            } else {
                ends.push(b);
                weights.push(w);
                last = Some((a, b));
            }
            starts[a as usize + 1] = ends.len();
        }
        for i in 1..=n {
            starts[i] = starts[i].max(starts[i - 1]);
        }
        Self { starts, ends, weights }
    }

    /// The neighbours of a node, with weights.
    pub fn of(&self, i: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.starts[i]..self.starts[i + 1];
        self.ends[range.clone()].iter().map(|&e| e as usize).zip(self.weights[range].iter().copied())
    }

    /// The graph of groups of neighbours, and the group of each node.
    fn coarse(&self) -> (Self, Vec<u32>) {
        let n = self.starts.len() - 1;
        const NONE: u32 = u32::MAX;
        let mut group = vec![NONE; n];
        let mut groups = 0;
        for i in 0..n {
            if group[i] == NONE && self.of(i).all(|(j, _)| group[j] == NONE) {
                group[i] = groups;
                self.of(i).for_each(|(j, _)| group[j] = groups);
                groups += 1;
            }
        }
        // Whoever is left stands next to a group.
        let whole = group.clone();
        for i in (0..n).filter(|&i| whole[i] == NONE) {
            let near = self.of(i).filter(|(j, _)| whole[*j] != NONE);
            let strongest = near.fold((NONE, 0.0), |best, (j, w)| if w > best.1 { (whole[j], w) } else { best });
            group[i] = strongest.0;
            if group[i] == NONE {
                group[i] = groups;
                groups += 1;
            }
        }
        let mut edges = Vec::with_capacity(self.ends.len() / 2);
        for i in 0..n {
            for (j, w) in self.of(i).filter(|(j, _)| i <= *j) {
                edges.push((group[i], group[j], if i == j { 0.5 * w } else { w }));
            }
        }
        (Self::symmetric(groups as usize, &edges), group)
    }

    /// The same graph with its nodes in another order.
    fn ordered(&self, order: &[u32]) -> Self {
        let mut place = vec![0; order.len()];
        order.iter().zip(0u32..).for_each(|(&i, p)| place[i as usize] = p);
        let (mut starts, mut ends, mut weights) = (vec![0], Vec::new(), Vec::new());
        for &i in order {
            let range = self.starts[i as usize]..self.starts[i as usize + 1];
            ends.extend(self.ends[range.clone()].iter().map(|&e| place[e as usize]));
            weights.extend_from_slice(&self.weights[range]);
            starts.push(ends.len());
        }
        Self { starts, ends, weights }
    }

    /// The root of each node's degree.
    fn roots(&self) -> Vec<f64> {
        (0..self.starts.len() - 1).map(|i| root_of(self.of(i).map(|(_, w)| w).sum())).collect()
    }

    /// The slowest vibrations: eigenvectors of the normalised Laplacian `I - D^-½ W D^-½` to the smallest `k`
    /// eigenvalues, with `√` of each node's degree.
    ///
    /// Of a large graph first those of groups of neighbours are found, as cascadic multigrid begins (Bornemann &
    /// Deuflhard 1996): slow vibrations hardly differ between neighbours.
    pub fn slowest(&self, k: usize, tolerance: f64, rounds: usize, seed: u64) -> Result<Vibrations> {
        let (n, wide) = (self.starts.len() - 1, width_for(k));
        if n <= COARSEST {
            return self.search(k, tolerance, rounds, seed, None);
        }
        let (coarse, group) = self.coarse();
        let groups = coarse.starts.len() - 1;
        if groups < 2 * wide || groups > n / 2 {
            return self.search(k, tolerance, rounds, seed, None);
        }
        let of_groups = coarse.slowest(wide, 1e-3, 8, seed)?;
        // Neighbours side by side, so that products find them in the cache.
        let (_, upper) = coarse.coarse();
        let mut order: Vec<u32> = (0..n as u32).collect();
        order.sort_by_key(|&i| (upper[group[i as usize] as usize], group[i as usize]));
        let me = self.ordered(&order);
        let mut rng = Rng::stream(seed, n as u64);
        let size = 0.01 / (n as f64).sqrt();
        let mut guess = Vec::with_capacity(n * wide);
        for (root, &i) in me.roots().iter().zip(&order) {
            let g = group[i as usize] as usize;
            // (With a little of everything, so that nothing is missing for good.)
            guess.extend(of_groups.vectors.iter().map(|v| root * v[g] / of_groups.roots[g] + size * rng.normal()));
        }
        let found = me.search(k, tolerance, rounds, seed, Some(guess))?;
        let back = |v: &[f64]| {
            let mut out = vec![0.0; n];
            order.iter().zip(v).for_each(|(&i, v)| out[i as usize] = *v);
            out
        };
        let vectors = found.vectors.iter().map(|v| back(v)).collect();
        Ok(Vibrations { vectors, roots: back(&found.roots), ..found })
    }

    fn search(
        &self,
        k: usize,
        tolerance: f64,
        rounds: usize,
        seed: u64,
        start: Option<Vec<f64>>,
    ) -> Result<Vibrations> {
        let n = self.starts.len() - 1;
        let roots = self.roots();
        let mut scaled = self.weights.clone();
        for i in 0..n {
            for e in self.starts[i]..self.starts[i + 1] {
                scaled[e] /= roots[i] * roots[self.ends[e] as usize];
            }
        }
        let effort = Effort { tolerance, degree: 40, rounds };
        vibrations(roots, k, effort, seed, start, |block, wide, out| {
            out.par_chunks_mut(512 * wide).enumerate().for_each(|(p, out)| {
                vectorised(
                    #[inline(always)]
                    || {
                        for (t, out) in out.chunks_exact_mut(wide).enumerate() {
                            let i = p * 512 + t;
                            for (c, out) in out.chunks_mut(WIDE).enumerate() {
                                let mut sum = [0.0; WIDE];
                                for e in self.starts[i]..self.starts[i + 1] {
                                    let w = scaled[e];
                                    let from = &block[self.ends[e] as usize * wide + c * WIDE..][..out.len()];
                                    for (s, v) in sum.iter_mut().zip(from) {
                                        *s += w * v;
                                    }
                                }
                                out.copy_from_slice(&sum[..out.len()]);
                            }
                        }
                    },
                );
            });
            Ok(())
        })
    }
}

/// What [`Graph::slowest`] finds.
pub(in crate::learn) struct Vibrations {
    pub eigenvalues: Vec<f64>,
    /// `[k, n]`
    pub vectors: Vec<Vec<f64>>,
    pub roots: Vec<f64>,
    pub residual: f64,
}

/// The root of a degree; of a node without neighbours 1.
fn root_of(degree: f64) -> f64 {
    if degree > 0.0 { degree.sqrt() } else { 1.0 }
}

/// From products with `D^-½ W D^-½`, whose eigenvalues lie between -1 and 1.
fn vibrations(
    roots: Vec<f64>,
    k: usize,
    effort: Effort,
    seed: u64,
    start: Option<Vec<f64>>,
    apply: impl FnMut(&[f64], usize, &mut [f64]) -> Result<()>,
) -> Result<Vibrations> {
    let found = largest(roots.len(), k, -1.0, effort, seed, start, apply)?;
    let eigenvalues = found.values.iter().map(|v| (1.0 - v).max(0.0)).collect();
    Ok(Vibrations { eigenvalues, vectors: found.vectors, roots, residual: found.residual })
}

/// All affinities `exp(-gamma |a - b|²)`, with zeros on the diagonal. `[n, n]`
fn affinities(x: &Samples, gamma: f64) -> Result<Vec<f64>> {
    let (n, d) = (x.rows(), x.columns());
    let mut mean = vec![0.0; d];
    x.iter().for_each(|row| mean.iter_mut().zip(row).for_each(|(m, v)| *m += v / n as f64));
    let x: Vec<f64> = x.iter().flat_map(|row| row.iter().zip(&mean).map(|(v, m)| v - m)).collect();
    let norms: Vec<f64> = x.chunks_exact(d).map(|r| r.iter().map(|v| v * v).sum()).collect();
    let mut table = vec![0.0; n * n];
    const ROWS: usize = 64;
    table.par_chunks_mut(ROWS * n).enumerate().try_for_each(|(block, out)| {
        stop::check()?;
        let first = block * ROWS;
        let rows = out.len() / n;
        products(&x[first * d..(first + rows) * d], &x, d, out);
        for (r, out) in out.chunks_exact_mut(n).enumerate() {
            let i = first + r;
            for (j, v) in out.iter_mut().enumerate() {
                *v = (-gamma * (norms[i] + norms[j] - 2.0 * *v).max(0.0)).exp();
            }
            out[i] = 0.0;
        }
        Ok::<(), Error>(())
    })?;
    Ok(table)
}

impl Learner for Spectral {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x)?;
        let s = &self.settings;
        let (n, k) = (x.rows(), s.clusters);
        enough(NAME, x, k)?;
        const TOLERANCE: f64 = 1e-5;
        let found = match s.affinity {
            Affinity::NearestNeighbors => {
                let near = nearest(x.values(), x.values(), x.columns(), s.neighbors - 1, false)?;
                let edges: Vec<_> = (0..n)
                    .flat_map(|i| near.places[i * near.k..(i + 1) * near.k].iter().map(move |&j| (i as u32, j, 0.5)))
                    .collect();
                Graph::symmetric(n, &edges).slowest(k, TOLERANCE, 200, s.seed)?
            }
            Affinity::Rbf => {
                if n > MOST {
                    return Err(Error::value(format!(
                        "{NAME}: {n} samples would need {:.0} GB for \"rbf\"; at most {MOST} work (more with \
                         \"nearest_neighbors\")",
                        (n as f64).powi(2) * 8e-9
                    )));
                }
                let mut table = affinities(x, s.gamma)?;
                let roots: Vec<f64> = table.chunks_exact(n).map(|row| root_of(row.iter().sum())).collect();
                table.par_chunks_mut(n).zip(&roots).for_each(|(row, mine)| {
                    row.iter_mut().zip(&roots).for_each(|(v, other)| *v /= mine * other);
                });
                let effort = Effort { tolerance: TOLERANCE, degree: 10, rounds: 100 };
                vibrations(roots, k, effort, s.seed, None, |block, wide, out| times(&table, n, block, wide, out))?
            }
        };
        let map: Vec<f64> = (0..n)
            .flat_map(|i| found.vectors.iter().map(move |v| (i, v)))
            .map(|(i, v)| v[i] / found.roots[i])
            .collect();
        let map = Samples::new(n, k, map)?;
        let mut best: Option<Run> = None;
        for start in 0..s.starts {
            let mut rng = Rng::stream(s.seed, start as u64 + 1);
            let centres = plus_plus(map.values(), k, k, &mut rng)?;
            let run = lloyd(map.values(), k, centres, 300, 1e-4 * mean_variance(&map))?;
            if best.as_ref().is_none_or(|b| run.inertia < b.inertia) {
                best = Some(run);
            }
        }
        let run = best.expect("there is at least one start");
        // Numbers in the order of the samples.
        let mut number = vec![u32::MAX; k];
        let mut next = 0;
        let labels = run
            .places
            .iter()
            .map(|&c| {
                let number = &mut number[c as usize];
                if *number == u32::MAX {
                    *number = next;
                    next += 1;
                }
                *number
            })
            .collect();
        let warning = if found.residual > TOLERANCE {
            Some(format!("{NAME}: the eigenvectors are exact to {:.1e} only, wanted {TOLERANCE:.0e}", found.residual))
        } else {
            (run.empty > 0).then(|| format!("{NAME}: only {next} of {k} clusters have samples"))
        };
        self.learned = Some(Learned { samples: x.clone(), labels, eigenvalues: found.eigenvalues });
        Ok(Fit { steps: run.steps, warning })
    }

    /// The cluster of the nearest sample of the fit.
    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(NAME, &self.learned)?;
        labels_of_nearest(NAME, &l.samples, &l.labels, x)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        vec![
            ("labels", Shown::Numbers(l.labels.iter().map(|&c| f64::from(c)).collect())),
            ("eigenvalues", Shown::Numbers(l.eigenvalues.clone())),
        ]
    }

    fn summary(&self) -> Option<String> {
        let l = self.learned.as_ref()?;
        Some(format!("{} features, {} clusters", l.samples.columns(), self.settings.clusters))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_rings_are_two_clusters() {
        let mut x = Vec::new();
        for i in 0..400 {
            let (radius, angle) = (if i % 2 == 0 { 1.0 } else { 4.0 }, f64::from(i) * 0.7);
            x.extend([radius * angle.cos(), radius * angle.sin()]);
        }
        let x = Samples::new(400, 2, x).unwrap();
        for affinity in [Affinity::Rbf, Affinity::NearestNeighbors] {
            let settings = SpectralSettings { clusters: 2, affinity, gamma: 4.0, ..Default::default() };
            let mut model = Spectral::new(settings).unwrap();
            assert_eq!(model.fit(&x, Goal::None).unwrap().warning, None);
            let Answer::Classes(codes) = model.predict(&x).unwrap() else { panic!() };
            assert!(codes.iter().enumerate().all(|(i, &c)| c == i as i64 % 2), "{affinity:?}");
            let again = Spectral::from_saved(&model.bytes().unwrap()).unwrap();
            assert_eq!(again.predict(&x).unwrap(), model.predict(&x).unwrap());
        }
    }

    #[test]
    fn small_and_equal_samples() {
        let mut model = Spectral::new(SpectralSettings { clusters: 2, ..Default::default() }).unwrap();
        model.fit(&Samples::new(2, 1, vec![0.0, 9.0]).unwrap(), Goal::None).unwrap();
        model.fit(&Samples::new(6, 2, vec![1.0; 12]).unwrap(), Goal::None).unwrap();
        assert!(model.fit(&Samples::new(1, 1, vec![0.0]).unwrap(), Goal::None).is_err());
    }
}
