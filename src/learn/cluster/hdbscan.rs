//! HDBSCAN: clusters of any density, those that last longest as the distance shrinks.
//!
//! Campello, Moulavi & Sander (2013), "Density-based clustering based on hierarchical density estimates", and McInnes
//! & Healy (2017), arXiv:1705.07321, for the condensed tree. λ is one over the distance.

use super::checks::{ensure_sound, sound, usable, usable_width};
use super::near::nearest;
use super::spanning::{Groups, spanning_tree};
use crate::error::ensure_setting;
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "hdbscan";

/// Which clusters of the tree are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// Those with the most "excess of mass": few and large.
    #[default]
    Eom,
    /// The leaves of the tree: many and small.
    Leaf,
}

/// Settings of [`Hdbscan`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HdbscanSettings {
    /// The smallest group that is a cluster, at least 2. Default 5.
    pub min_cluster_size: Option<usize>,
    /// How many neighbours, itself among them, measure how dense it is around a sample, at least 1. Default: as
    /// `min_cluster_size`.
    pub min_samples: Option<usize>,
    /// Which clusters are chosen: "eom" (few, large) or "leaf" (many, small). Default "eom".
    pub selection: Selection,
    /// Whether all samples may be one cluster. Default false.
    pub allow_single_cluster: bool,
}

impl HdbscanSettings {
    fn smallest(&self) -> usize {
        self.min_cluster_size.unwrap_or(5)
    }

    fn neighbours(&self) -> usize {
        self.min_samples.unwrap_or(self.smallest())
    }
}

/// The HDBSCAN clusterer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hdbscan {
    settings: HdbscanSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    samples: Samples,
    core2: Vec<f64>,    // squared distance to the neighbour that counts, for each sample
    labels: Vec<i32>,   // cluster or -1
    strength: Vec<f64>, // in [0, 1]: how firmly it belongs to its cluster
    births: Vec<f64>,   // λ at which each cluster appears
}

impl Hdbscan {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: HdbscanSettings) -> Result<Self> {
        let s = &settings;
        ensure_setting(s.smallest() >= 2, NAME, "min_cluster_size", "at least 2", s.smallest())?;
        ensure_setting(s.neighbours() >= 1, NAME, "min_samples", "at least 1", s.neighbours())?;
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
            let known = |c: i32| c == -1 || usize::try_from(c).is_ok_and(|c| c < l.births.len());
            let fits = sound(&l.samples)
                && l.core2.len() == n
                && l.core2.iter().all(|c| *c >= 0.0)
                && l.strength.len() == n
                && l.labels.len() == n
                && l.labels.iter().all(|&c| known(c))
                && l.births.iter().all(|b| !b.is_nan());
            ensure_sound(fits, NAME)?;
        }
        Ok(me)
    }
}

/// One line of the single-linkage tree: two nodes (samples below `n`, earlier lines from `n` on) become one.
struct Join {
    a: usize,
    b: usize,
    lambda: f64,
    size: usize,
}

/// A child of a cluster in the condensed tree: a sample that falls out, or a cluster that splits off.
struct Fall {
    parent: usize,
    child: Child,
    lambda: f64,
}

enum Child {
    Sample(usize),
    Cluster { id: usize, size: usize },
}

fn single_linkage(n: usize, x: &[f64], d: usize, core2: &[f64]) -> Result<Vec<Join>> {
    let edges = spanning_tree(x, d, core2)?;
    let mut groups = Groups::new(n);
    let mut node: Vec<usize> = (0..n).collect(); // of each root
    let mut size = vec![1; n];
    let mut joins: Vec<Join> = Vec::with_capacity(edges.len());
    for edge in edges {
        let (a, b) = (groups.root(edge.a) as usize, groups.root(edge.b) as usize);
        let (big, small) = if size[a] >= size[b] { (a, b) } else { (b, a) };
        // Equal samples would have λ = ∞, and sums of it no meaning.
        let lambda = (1.0 / edge.squared.sqrt()).min(1e150);
        joins.push(Join { a: node[big], b: node[small], lambda, size: size[a] + size[b] });
        groups.join(small as u32, big as u32);
        size[big] += size[small];
        node[big] = n + joins.len() - 1;
    }
    Ok(joins)
}

/// The tree with groups smaller than `smallest` taken as samples falling out of their cluster. Cluster 0 is all.
fn condense(n: usize, joins: &[Join], smallest: usize) -> (Vec<Fall>, usize) {
    let size = |node: usize| if node < n { 1 } else { joins[node - n].size };
    let mut falls = Vec::new();
    let mut clusters = 1;
    let mut todo = vec![(n + joins.len() - 1, 0)];
    let mut below = Vec::new();
    while let Some((node, cluster)) = todo.pop() {
        if node < n {
            continue; // a single sample is its own root only when n = 1
        }
        let Join { a, b, lambda, .. } = joins[node - n];
        let both = size(a) >= smallest && size(b) >= smallest;
        for child in [b, a] {
            if both {
                falls.push(Fall { parent: cluster, child: Child::Cluster { id: clusters, size: size(child) }, lambda });
                todo.push((child, clusters));
                clusters += 1;
            } else if size(child) >= smallest {
                todo.push((child, cluster));
            } else {
                below.push(child);
                while let Some(node) = below.pop() {
                    if node < n {
                        falls.push(Fall { parent: cluster, child: Child::Sample(node), lambda });
                    } else {
                        below.extend([joins[node - n].a, joins[node - n].b]);
                    }
                }
            }
        }
    }
    (falls, clusters)
}

impl Learner for Hdbscan {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x)?;
        let s = &self.settings;
        let (n, d) = (x.rows(), x.columns());
        if n < 2 {
            return Err(Error::value(format!("{NAME}: needs at least 2 samples, got {n}")));
        }
        let near = nearest(x.values(), x.values(), d, s.neighbours(), true)?;
        let core2: Vec<f64> = near.squared.chunks_exact(near.k).map(|list| list[near.k - 1]).collect();
        let joins = single_linkage(n, x.values(), d, &core2)?;
        let (falls, clusters) = condense(n, &joins, s.smallest());

        // Stability: how long its samples stay, summed.
        let mut birth = vec![0.0; clusters];
        let mut parent = vec![0; clusters];
        for fall in &falls {
            if let Child::Cluster { id, .. } = fall.child {
                (birth[id], parent[id]) = (fall.lambda, fall.parent);
            }
        }
        let mut stability = vec![0.0; clusters];
        let mut leaf = vec![true; clusters];
        for fall in &falls {
            let weight = match fall.child {
                Child::Sample(_) => 1,
                Child::Cluster { size, .. } => {
                    leaf[fall.parent] = false;
                    size
                }
            };
            stability[fall.parent] += (fall.lambda - birth[fall.parent]) * weight as f64;
        }
        // From the leaves up (children have larger numbers): a cluster or what its children have, whichever lasts longer.
        let first = usize::from(!s.allow_single_cluster);
        let mut chosen = vec![false; clusters];
        let mut below = vec![0.0; clusters];
        for c in (first..clusters).rev() {
            let take = match s.selection {
                Selection::Leaf => leaf[c],
                Selection::Eom => stability[c] >= below[c],
            };
            chosen[c] = take;
            let kept = if take { stability[c] } else { below[c] };
            if c > 0 {
                below[parent[c]] += kept;
            }
        }
        // Of chosen clusters within each other the outermost counts.
        let mut owner = vec![usize::MAX; clusters];
        for c in 0..clusters {
            owner[c] = match (c > 0).then(|| owner[parent[c]]) {
                Some(above) if above != usize::MAX => above,
                _ if chosen[c] => c,
                _ => usize::MAX,
            };
        }
        let mut owned = vec![usize::MAX; n];
        let mut lambdas = vec![0.0; n];
        let mut longest = vec![0.0f64; clusters];
        for fall in &falls {
            if let Child::Sample(i) = fall.child
                && owner[fall.parent] != usize::MAX
            {
                (owned[i], lambdas[i]) = (owner[fall.parent], fall.lambda);
                longest[owned[i]] = longest[owned[i]].max(fall.lambda);
            }
        }
        // Numbers in the order of the samples.
        let mut number = vec![-1; clusters];
        let mut births = Vec::new();
        let mut labels = vec![-1; n];
        let mut strength = vec![0.0; n];
        for i in 0..n {
            let c = owned[i];
            if c == usize::MAX {
                continue;
            }
            // When all is one cluster, what falls off last is not in it.
            if c == 0 && leaf[0] && lambdas[i] <= 0.0 {
                continue;
            }
            if number[c] < 0 {
                number[c] = births.len() as i32;
                births.push(birth[c]);
            }
            labels[i] = number[c];
            strength[i] = if longest[c] > 0.0 { lambdas[i] / longest[c] } else { 1.0 };
        }
        let warning = births
            .is_empty()
            .then(|| format!("{NAME}: no two groups of {} samples stand apart; all are in no cluster", s.smallest()));
        self.learned = Some(Learned { samples: x.clone(), core2, labels, strength, births });
        Ok(Fit { steps: joins.len() as u64, warning })
    }

    /// The cluster of the sample of the fit that is nearest by mutual reachability, unless the new sample lies too
    /// far out for it.
    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(NAME, &self.learned)?;
        usable_width(NAME, x, l.samples.columns())?;
        let k = self.settings.neighbours();
        let near = nearest(l.samples.values(), x.values(), x.columns(), k.max(2), true)?;
        let codes = (0..x.rows()).map(|i| {
            let list = near.places[i * near.k..(i + 1) * near.k].iter().zip(&near.squared[i * near.k..]);
            let gap0 = near.squared[i * near.k];
            if gap0 == 0.0 {
                return i64::from(l.labels[near.places[i * near.k] as usize]);
            }
            let core = near.squared[i * near.k + k.min(near.k) - 1];
            let reach = list.map(|(&p, &gap)| (gap.max(core).max(l.core2[p as usize]), p));
            let (squared, place) = reach.min_by(|a, b| a.0.total_cmp(&b.0)).expect("there is a neighbour");
            let label = l.labels[place as usize];
            let inside = label >= 0 && 1.0 / squared.sqrt() >= l.births[label as usize];
            if inside { i64::from(label) } else { -1 }
        });
        Ok(Answer::Classes(codes.collect()))
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        vec![
            ("clusters", Shown::Number(l.births.len() as f64)),
            ("labels", Shown::Numbers(l.labels.iter().map(|&c| f64::from(c)).collect())),
            ("strength", Shown::Numbers(l.strength.clone())),
        ]
    }

    fn summary(&self) -> Option<String> {
        let l = self.learned.as_ref()?;
        let alone = l.labels.iter().filter(|&&c| c < 0).count();
        Some(format!("{} features, {} clusters, {alone} samples in none", l.samples.columns(), l.births.len()))
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
    fn heaps_of_different_density_and_noise() {
        let mut rng = Rng::new(6);
        let mut x = Vec::new();
        for i in 0..300 {
            let (at, wide) = [(0.0, 0.1), (10.0, 1.0), (40.0, 3.0)][i / 100];
            x.extend([at + wide * rng.normal(), wide * rng.normal()]);
        }
        x.extend([200.0, 200.0, -300.0, 50.0]);
        let x = Samples::new(302, 2, x).unwrap();
        let settings = HdbscanSettings { min_cluster_size: Some(20), ..Default::default() };
        let mut model = Hdbscan::new(settings).unwrap();
        assert_eq!(model.fit(&x, Goal::None).unwrap().warning, None);
        let Answer::Classes(codes) = model.predict(&x).unwrap() else { panic!() };
        let l = model.learned.as_ref().unwrap();
        assert_eq!(l.births.len(), 3);
        assert!(codes[300..] == [-1, -1]);
        for heap in codes[..300].chunks(100) {
            let label = heap.iter().filter(|&&c| c >= 0).min().unwrap();
            let same = heap.iter().filter(|&c| c == label).count();
            assert!(same >= 80 && heap.iter().all(|c| c == label || *c == -1), "{heap:?}");
        }
        assert!(codes.iter().zip(&l.labels).all(|(&a, &b)| a == i64::from(b)));
        let again = Hdbscan::from_saved(&model.bytes().unwrap()).unwrap();
        assert_eq!(again.predict(&x).unwrap(), Answer::Classes(codes));
    }

    #[test]
    fn equal_samples_are_no_trouble() {
        let x = Samples::new(8, 1, vec![1.0; 8]).unwrap();
        let mut model = Hdbscan::new(HdbscanSettings { min_cluster_size: Some(3), ..Default::default() }).unwrap();
        assert!(model.fit(&x, Goal::None).unwrap().warning.is_some());
        let two = Samples::new(8, 1, vec![1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0]).unwrap();
        model.fit(&two, Goal::None).unwrap();
        assert_eq!(model.predict(&two).unwrap(), Answer::Classes(vec![0, 0, 0, 0, 1, 1, 1, 1]));
        assert!(model.fit(&two.select(&[0]), Goal::None).is_err());
    }
}
