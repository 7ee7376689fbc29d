//! Agglomerative clustering: the two nearest clusters become one, again and again.
//!
//! Müllner (2011), arXiv:1109.2378: single linkage from the spanning tree, the others by chains of nearest neighbours
//! with the formulas of Lance & Williams (1967) for the distance to a joined cluster.

use super::checks::{ensure_sound, sound, usable, usable_width};
use super::near::{nearest, products, vectorised};
use super::spanning::{Groups, spanning_tree};
use crate::error::ensure_setting;
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "agglomerative";

/// Samples for which a table of all distances is made: 1.8 GB of it.
const MOST: usize = 15_000;

/// How far two clusters are from each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Linkage {
    /// By how much joining them raises the variance within clusters.
    #[default]
    Ward,
    /// The distance of the two farthest samples.
    Complete,
    /// The mean distance of their samples.
    Average,
    /// The distance of the two nearest samples.
    Single,
}

/// Settings of [`Agglomerative`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AgglomerativeSettings {
    /// How many clusters, at least 1. Default 2.
    pub clusters: usize,
    /// How far clusters are from each other: "ward", "complete", "average" or "single". Default "ward".
    pub linkage: Linkage,
    /// Join only clusters nearer than this, at least 0, in place of `clusters`. Default: not used.
    pub distance_threshold: Option<f64>,
}

impl Default for AgglomerativeSettings {
    fn default() -> Self {
        Self { clusters: 2, linkage: Linkage::Ward, distance_threshold: None }
    }
}

/// The agglomerative clusterer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Agglomerative {
    settings: AgglomerativeSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    samples: Samples,
    labels: Vec<u32>,
    clusters: usize,
    merges: Vec<Merge>,
}

/// Two clusters become one: samples are numbered from 0, and the cluster of merge `m` is number `rows + m`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Merge {
    a: u32,
    b: u32,
    height: f64,
    size: u32,
}

impl Agglomerative {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: AgglomerativeSettings) -> Result<Self> {
        let s = &settings;
        ensure_setting(s.clusters >= 1, NAME, "clusters", "at least 1", s.clusters)?;
        if let Some(t) = s.distance_threshold {
            ensure_setting(t >= 0.0, NAME, "distance_threshold", "at least 0", t)?;
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
            let n = l.samples.rows();
            let merges = l.merges.iter().enumerate();
            let fits = sound(&l.samples)
                && l.labels.len() == n
                && l.labels.iter().all(|&c| (c as usize) < l.clusters)
                && l.clusters <= n
                && l.merges.len() == n - 1
                && merges.into_iter().all(|(i, m)| (m.a as usize) < n + i && (m.b as usize) < n + i)
                && l.merges.iter().all(|m| m.height.is_finite());
            ensure_sound(fits, NAME)?;
        }
        Ok(me)
    }
}

/// Joined pairs of samples, each for its cluster, the nearest first, with heights.
fn pairs(x: &Samples, linkage: Linkage) -> Result<Vec<(u32, u32, f64)>> {
    let (n, d) = (x.rows(), x.columns());
    if linkage == Linkage::Single {
        let edges = spanning_tree(x.values(), d, &vec![0.0; n])?;
        return Ok(edges.into_iter().map(|e| (e.a, e.b, e.squared.sqrt())).collect());
    }
    if n > MOST {
        let gb = (n as f64).powi(2) * 8e-9;
        return Err(Error::value(format!(
            "{NAME}: {n} samples would need {gb:.0} GB for their distances; at most {MOST} work (more with \"single\")"
        )));
    }
    let mut table = distances(x)?;
    if linkage != Linkage::Ward {
        table.iter_mut().for_each(|v| *v = v.sqrt()); // Ward's formula is for squares
    }
    let mut joined = chains(&mut table, n, linkage)?;
    if linkage == Linkage::Ward {
        joined.iter_mut().for_each(|j| j.2 = j.2.max(0.0).sqrt());
    }
    joined.sort_by(|a, b| a.2.total_cmp(&b.2));
    Ok(joined)
}

/// Squared distances of all pairs; infinite on the diagonal. `[n, n]`
fn distances(x: &Samples) -> Result<Vec<f64>> {
    let (n, d) = (x.rows(), x.columns());
    // About the mean, so that little is lost in |a|² + |b|² - 2 a·b.
    let mut mean = vec![0.0; d];
    x.iter().for_each(|row| mean.iter_mut().zip(row).for_each(|(m, v)| *m += v / n as f64));
    let x: Vec<f64> = x.iter().flat_map(|row| row.iter().zip(&mean).map(|(v, m)| v - m)).collect();
    let norms: Vec<f64> = x.chunks_exact(d).map(|r| r.iter().map(|v| v * v).sum()).collect();
    let mut table = vec![0.0; n * n];
    const ROWS: usize = 64;
    for (block, out) in table.chunks_mut(ROWS * n).enumerate() {
        stop::check()?;
        let first = block * ROWS;
        let rows = out.len() / n;
        products(&x[first * d..(first + rows) * d], &x, d, out);
        for (r, out) in out.chunks_exact_mut(n).enumerate() {
            let i = first + r;
            for (j, v) in out.iter_mut().enumerate() {
                let sum = norms[i] + norms[j];
                let squared = sum - 2.0 * *v;
                // What is all rounding is measured anew.
                *v = if squared < 1e-6 * sum {
                    super::near::distance2(&x[i * d..(i + 1) * d], &x[j * d..(j + 1) * d])
                } else {
                    squared
                };
            }
            out[i] = f64::INFINITY;
        }
    }
    // Exactly symmetric, whatever the products' rounding.
    for i in 0..n {
        for j in 0..i {
            table[j * n + i] = table[i * n + j];
        }
    }
    Ok(table)
}

/// Chains of nearest neighbours: each cluster's nearest, until two are each other's nearest; those are joined.
fn chains(table: &mut [f64], n: usize, linkage: Linkage) -> Result<Vec<(u32, u32, f64)>> {
    let mut size = vec![1.0; n]; // 0 for a cluster that went into another
    let mut joined = Vec::with_capacity(n - 1);
    let mut chain: Vec<usize> = Vec::new();
    let mut first = 0;
    while joined.len() + 1 < n {
        stop::check()?;
        if chain.is_empty() {
            while size[first] == 0.0 {
                first += 1;
            }
            chain.push(first);
        }
        let (a, b, height) = loop {
            let last = chain[chain.len() - 1];
            let before = chain.len().checked_sub(2).map(|i| chain[i]);
            let row = &table[last * n..(last + 1) * n];
            let smallest = vectorised(
                #[inline(always)]
                || min(row),
            );
            // Among equals the one before, or the chain could go in circles.
            match before.filter(|&b| row[b] <= smallest) {
                Some(b) => {
                    let height = row[b];
                    chain.truncate(chain.len() - 2);
                    break (last.min(b), last.max(b), height);
                }
                None => chain.push(row.iter().position(|&v| v == smallest).expect("the smallest is somewhere")),
            }
        };
        joined.push((a as u32, b as u32, height));
        let (na, nb) = (size[a], size[b]);
        for j in 0..n {
            if size[j] == 0.0 || j == a || j == b {
                continue;
            }
            let (to_a, to_b) = (table[a * n + j], table[b * n + j]);
            let new = match linkage {
                Linkage::Complete => to_a.max(to_b),
                Linkage::Average => (na * to_a + nb * to_b) / (na + nb),
                Linkage::Ward => {
                    let nj = size[j];
                    ((na + nj) * to_a + (nb + nj) * to_b - nj * height) / (na + nb + nj)
                }
                Linkage::Single => to_a.min(to_b),
            };
            table[b * n + j] = new;
            table[j * n + b] = new;
            table[j * n + a] = f64::INFINITY;
        }
        table[b * n + a] = f64::INFINITY;
        size[a] = 0.0;
        size[b] = na + nb;
    }
    Ok(joined)
}

#[inline(always)]
fn min(row: &[f64]) -> f64 {
    let mut lanes = [f64::INFINITY; 16];
    let (chunks, rest) = row.as_chunks::<16>();
    for chunk in chunks {
        for t in 0..16 {
            lanes[t] = if chunk[t] < lanes[t] { chunk[t] } else { lanes[t] };
        }
    }
    lanes.iter().chain(rest).fold(f64::INFINITY, |a, &b| a.min(b))
}

impl Learner for Agglomerative {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x)?;
        let s = &self.settings;
        let n = x.rows();
        if s.distance_threshold.is_none() {
            super::kmeans::enough(NAME, x, s.clusters)?;
        }
        let pairs = pairs(x, s.linkage)?;
        let keep = match s.distance_threshold {
            Some(t) => pairs.iter().filter(|p| p.2 < t).count(),
            None => n - s.clusters,
        };
        let mut groups = Groups::new(n);
        let mut node: Vec<u32> = (0..n as u32).collect();
        let mut size = vec![1u32; n];
        let mut merges = Vec::with_capacity(n - 1);
        let mut roots = vec![0; n];
        for m in 0..n {
            if m == keep {
                (0..n).for_each(|i| roots[i] = groups.root(i as u32));
            }
            let Some(&(a, b, height)) = pairs.get(m) else { break };
            let (a, b) = (groups.root(a), groups.root(b));
            let (low, high) = (node[a as usize].min(node[b as usize]), node[a as usize].max(node[b as usize]));
            let total = size[a as usize] + size[b as usize];
            merges.push(Merge { a: low, b: high, height, size: total });
            let (big, small) = if size[a as usize] >= size[b as usize] { (a, b) } else { (b, a) };
            groups.join(small, big);
            size[big as usize] = total;
            node[big as usize] = (n + m) as u32;
        }
        let mut number = vec![u32::MAX; n];
        let mut clusters = 0;
        let labels = roots
            .iter()
            .map(|&root| {
                let number = &mut number[root as usize];
                if *number == u32::MAX {
                    *number = clusters;
                    clusters += 1;
                }
                *number
            })
            .collect();
        self.learned = Some(Learned { samples: x.clone(), labels, clusters: clusters as usize, merges });
        Ok(Fit { steps: n as u64 - 1, warning: None })
    }

    /// The cluster of the nearest sample of the fit.
    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(NAME, &self.learned)?;
        labels_of_nearest(NAME, &l.samples, &l.labels, x)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        let mut shown = vec![
            ("clusters", Shown::Number(l.clusters as f64)),
            ("labels", Shown::Numbers(l.labels.iter().map(|&c| f64::from(c)).collect())),
        ];
        let merges = l.merges.iter().flat_map(|m| [f64::from(m.a), f64::from(m.b), m.height, f64::from(m.size)]);
        if let Ok(table) = Samples::new(l.merges.len(), 4, merges.collect()) {
            shown.push(("merges", Shown::Table(table)));
        }
        shown
    }

    fn summary(&self) -> Option<String> {
        let l = self.learned.as_ref()?;
        Some(format!("{} features, {} clusters of {} samples", l.samples.columns(), l.clusters, l.labels.len()))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

/// For each new sample the label of the nearest old one.
pub(super) fn labels_of_nearest(name: &str, old: &Samples, labels: &[u32], x: &Samples) -> Result<Answer> {
    usable_width(name, x, old.columns())?;
    let near = nearest(old.values(), x.values(), x.columns(), 1, true)?;
    Ok(Answer::Classes(near.places.iter().map(|&p| i64::from(labels[p as usize])).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    const ALL: [Linkage; 4] = [Linkage::Ward, Linkage::Complete, Linkage::Average, Linkage::Single];

    /// Heights by trying all pairs of clusters each time, from the definitions.
    fn plain(x: &Samples, linkage: Linkage) -> Vec<f64> {
        let mut clusters: Vec<Vec<usize>> = (0..x.rows()).map(|i| vec![i]).collect();
        let gap = |i: usize, j: usize| super::super::near::distance2(x.row(i), x.row(j)).sqrt();
        let mean = |c: &[usize]| -> Vec<f64> {
            (0..x.columns()).map(|j| c.iter().map(|&i| x.row(i)[j]).sum::<f64>() / c.len() as f64).collect()
        };
        let far = |a: &[usize], b: &[usize]| {
            let all = a.iter().flat_map(|&i| b.iter().map(move |&j| (i, j))).map(|(i, j)| gap(i, j));
            match linkage {
                Linkage::Complete => all.fold(0.0, f64::max),
                Linkage::Single => all.fold(f64::INFINITY, f64::min),
                Linkage::Average => all.sum::<f64>() / (a.len() * b.len()) as f64,
                Linkage::Ward => {
                    let (na, nb) = (a.len() as f64, b.len() as f64);
                    (2.0 * na * nb / (na + nb) * super::super::near::distance2(&mean(a), &mean(b))).sqrt()
                }
            }
        };
        let mut heights = vec![];
        while clusters.len() > 1 {
            let mut best = (f64::INFINITY, 0, 0);
            for i in 0..clusters.len() {
                for j in 0..i {
                    let new = far(&clusters[i], &clusters[j]);
                    if new < best.0 {
                        best = (new, i, j);
                    }
                }
            }
            heights.push(best.0);
            let gone = clusters.swap_remove(best.1);
            clusters[best.2].extend(gone);
        }
        heights
    }

    #[test]
    fn heights_are_those_of_the_definitions() {
        let mut rng = Rng::new(12);
        let x = Samples::new(40, 3, (0..120).map(|_| rng.normal()).collect()).unwrap();
        for linkage in ALL {
            let mut model = Agglomerative::new(AgglomerativeSettings { linkage, ..Default::default() }).unwrap();
            model.fit(&x, Goal::None).unwrap();
            let merges = &model.learned.as_ref().unwrap().merges;
            for (m, h) in merges.iter().zip(plain(&x, linkage)) {
                assert!((m.height - h).abs() < 1e-9, "{linkage:?}: {} {h}", m.height);
            }
            assert_eq!(merges.last().unwrap().size, 40);
        }
    }

    #[test]
    fn heaps_thresholds_and_saving() {
        let x = Samples::new(7, 1, vec![0.0, 1.0, 0.5, 10.0, 10.5, 30.0, 30.2]).unwrap();
        for linkage in ALL {
            let settings = AgglomerativeSettings { clusters: 3, linkage, ..Default::default() };
            let mut model = Agglomerative::new(settings.clone()).unwrap();
            model.fit(&x, Goal::None).unwrap();
            let expected = Answer::Classes(vec![0, 0, 0, 1, 1, 2, 2]);
            assert_eq!(model.predict(&x).unwrap(), expected);
            let again = Agglomerative::from_saved(&model.bytes().unwrap()).unwrap();
            assert_eq!(again.predict(&x).unwrap(), expected);
            let settings = AgglomerativeSettings { distance_threshold: Some(3.0), ..settings };
            let mut model = Agglomerative::new(settings).unwrap();
            model.fit(&x, Goal::None).unwrap();
            assert_eq!(model.predict(&x).unwrap(), expected);
        }
        let mut one = Agglomerative::new(AgglomerativeSettings { clusters: 1, ..Default::default() }).unwrap();
        one.fit(&x.select(&[0]), Goal::None).unwrap();
        assert_eq!(one.predict(&x).unwrap(), Answer::Classes(vec![0; 7]));
        let equal = Samples::new(50, 2, vec![3.0; 100]).unwrap();
        one.fit(&equal, Goal::None).unwrap();
        assert_eq!(one.learned.unwrap().merges.len(), 49);
    }
}
