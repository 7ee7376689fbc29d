//! Markov random fields on any graph: nodes with energies of their own and for each edge, and belief propagation.
//!
//! Pearl (1988); Kschischang, Frey & Loeliger (2001), "Factor graphs and the sum-product algorithm". Exact where the
//! graph has no circles, else as good as Bethe's approximation (Yedidia, Freeman & Weiss 2005).

use crate::error::ensure_setting;
use crate::learn::{Fit, from_bytes, to_bytes};
use crate::{Error, Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "markov_field";

/// What belief propagation looks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Messages {
    /// How probable each state of each node is.
    #[default]
    SumProduct,
    /// The most probable state of all nodes together.
    MaxProduct,
}

/// Settings of belief propagation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BeliefSettings {
    /// What to look for: "sum_product" or "max_product". Default "sum_product".
    pub messages: Messages,
    /// Rounds of messages at most, at least 1. Default 200.
    pub steps: usize,
    /// Stop when no message changes by more than this, at least 0. Default 1e-6.
    pub tolerance: f64,
    /// How much of each message is the one before, in [0, 1); helps where messages swing. Default 0.
    pub damping: f64,
}

impl Default for BeliefSettings {
    fn default() -> Self {
        Self { messages: Messages::SumProduct, steps: 200, tolerance: 1e-6, damping: 0.0 }
    }
}

impl BeliefSettings {
    /// Refuses settings out of their ranges.
    pub(super) fn check(&self) -> Result<()> {
        ensure_setting(self.steps >= 1, NAME, "steps", "at least 1", self.steps)?;
        let fine = self.tolerance >= 0.0 && self.tolerance.is_finite();
        ensure_setting(fine, NAME, "tolerance", "at least 0", self.tolerance)?;
        ensure_setting((0.0..1.0).contains(&self.damping), NAME, "damping", "in [0, 1)", self.damping)
    }

    /// How it went.
    pub(super) fn report(&self, steps: usize, change: f64) -> Fit {
        let warning = (change > self.tolerance).then(|| {
            format!("messages still changed by {change:.3e} after {steps} rounds; raise `damping` or `steps`")
        });
        Fit { steps: steps as u64, warning }
    }
}

/// Two nodes that depend on each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edge {
    /// One node, from 0.
    pub a: usize,
    /// The other.
    pub b: usize,
    /// The energy of each pair of states. `[states of a][states of b]`
    pub energies: Vec<Vec<f64>>,
}

/// A Markov random field: the probability of all states together is `exp(-energy)`, normalised.
///
/// ```
/// use mynah::learn::graphical::{BeliefSettings, Edge, PairwiseField};
/// // The first prefers state 1 by ln 3, and the second would like to be equal by ln 2.
/// let (three, two) = (3f64.ln(), 2f64.ln());
/// let equal = Edge { a: 0, b: 1, energies: vec![vec![0.0, two], vec![two, 0.0]] };
/// let field = PairwiseField::new(vec![vec![three, 0.0], vec![0.0, 0.0]], vec![equal]).unwrap();
/// let beliefs = field.propagate(&BeliefSettings::default()).unwrap();
/// assert!((beliefs.marginals[1][1] - 7.0 / 12.0).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairwiseField {
    energies: Vec<Vec<f64>>, // [nodes][states]
    edges: Vec<Edge>,
}

/// What messages have found.
#[derive(Clone, Debug, PartialEq)]
pub struct Beliefs {
    /// How probable each state of each node is; for the most probable state of all, how much that would lose.
    pub marginals: Vec<Vec<f64>>,
    /// Each node's most probable state.
    pub states: Vec<u32>,
    /// The energy of those states.
    pub energy: f64,
    /// The logarithm of the sum of `exp(-energy)` over all states, as Bethe's approximation gives it; for
    /// "max_product" the same as `-energy`.
    pub log_partition: f64,
    /// How it went.
    pub fit: Fit,
}

impl PairwiseField {
    /// A field from each node's energies and the edges.
    ///
    /// # Errors
    /// When an edge joins what is not there or a node with itself, a table has the wrong size, or a number is not
    /// finite.
    pub fn new(energies: Vec<Vec<f64>>, edges: Vec<Edge>) -> Result<Self> {
        if energies.is_empty() {
            return Err(Error::value(format!("{NAME}: there are no nodes")));
        }
        if let Some(i) = energies.iter().position(|e| e.is_empty() || e.iter().any(|v| !(v.abs() <= 1e100))) {
            let why = format!("{NAME}: node {} needs at least one state, and finite energies", i + 1);
            return Err(Error::value(why));
        }
        for (i, e) in edges.iter().enumerate() {
            if e.a >= energies.len() || e.b >= energies.len() || e.a == e.b {
                let why = format!("{NAME}: edge {} must join two different nodes of {}", i + 1, energies.len());
                return Err(Error::value(why));
            }
            let (n, m) = (energies[e.a].len(), energies[e.b].len());
            if e.energies.len() != n || e.energies.iter().any(|r| r.len() != m) {
                return Err(Error::shape(NAME, format!("the energies of edge {} must be {n} x {m}", i + 1)));
            }
            if e.energies.iter().flatten().any(|v| !(v.abs() <= 1e100)) {
                return Err(Error::value(format!("{NAME}: the energies of edge {} must be finite", i + 1)));
            }
        }
        Ok(Self { energies, edges })
    }

    /// One from [`PairwiseField::to_bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(NAME, bytes)?;
        Self::new(me.energies, me.edges)
    }

    /// All energies, for a file.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }

    /// The energies of each node's states.
    pub fn energies(&self) -> &[Vec<f64>] {
        &self.energies
    }

    /// The edges.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The energy of one state for each node.
    ///
    /// # Errors
    /// When there are too few or too many, or one is not a state.
    pub fn energy(&self, states: &[u32]) -> Result<f64> {
        let fits = states.len() == self.energies.len()
            && states.iter().zip(&self.energies).all(|(s, e)| (*s as usize) < e.len());
        if !fits {
            return Err(Error::value(format!("{NAME}: {} nodes need one of their states each", self.energies.len())));
        }
        let own: f64 = states.iter().zip(&self.energies).map(|(s, e)| e[*s as usize]).sum();
        let joint = |e: &Edge| e.energies[states[e.a] as usize][states[e.b] as usize];
        Ok(own + self.edges.iter().map(joint).sum::<f64>())
    }

    /// Sends messages along the edges until they settle.
    ///
    /// # Errors
    /// When a setting is out of range, or someone asks to stop.
    pub fn propagate(&self, settings: &BeliefSettings) -> Result<Beliefs> {
        settings.check()?;
        let max = settings.messages == Messages::MaxProduct;
        // Message 2 e goes along edge e from a to b, 2 e + 1 back. In logarithms, the largest 0.
        let mut into: Vec<Vec<usize>> = vec![vec![]; self.energies.len()];
        let mut messages = Vec::with_capacity(2 * self.edges.len());
        for (i, e) in self.edges.iter().enumerate() {
            into[e.b].push(2 * i);
            into[e.a].push(2 * i + 1);
            messages.push(vec![0.0; self.energies[e.b].len()]);
            messages.push(vec![0.0; self.energies[e.a].len()]);
        }
        let sums = |messages: &[Vec<f64>]| -> Result<Vec<Vec<f64>>> {
            let one = |(v, e): (usize, &Vec<f64>)| {
                stop::check()?;
                let mut sum: Vec<f64> = e.iter().map(|v| -v).collect();
                into[v].iter().for_each(|i| sum.iter_mut().zip(&messages[*i]).for_each(|(s, m)| *s += m));
                Ok(sum)
            };
            self.energies.par_iter().enumerate().with_min_len(256).map(one).collect()
        };
        let (mut steps, mut change) = (0, 0.0);
        while steps < settings.steps {
            steps += 1;
            let beliefs = sums(&messages)?;
            let one = |(i, old): (usize, &Vec<f64>)| {
                let e = &self.edges[i / 2];
                let from = if i % 2 == 0 { e.a } else { e.b };
                let back = &messages[i ^ 1];
                let cavity: Vec<f64> = beliefs[from].iter().zip(back).map(|(b, m)| b - m).collect();
                let joint = |x: usize, y: usize| {
                    if i % 2 == 0 { e.energies[x][y] } else { e.energies[y][x] }
                };
                let mut new: Vec<f64> = (0..old.len())
                    .map(|y| fold(max, cavity.iter().enumerate().map(|(x, c)| c - joint(x, y))))
                    .collect();
                centre(&mut new);
                let mut change: f64 = 0.0;
                for (n, o) in new.iter_mut().zip(old) {
                    *n = (1.0 - settings.damping) * *n + settings.damping * o;
                    change = change.max((*n - o).abs());
                }
                (new, change)
            };
            let (new, changes): (Vec<Vec<f64>>, Vec<f64>) =
                messages.par_iter().enumerate().with_min_len(256).map(one).unzip();
            messages = new;
            change = changes.into_iter().fold(0.0, f64::max);
            if change <= settings.tolerance {
                break;
            }
        }
        let beliefs = sums(&messages)?;
        let states: Vec<u32> = beliefs.iter().map(|b| largest(b) as u32).collect();
        let energy = self.energy(&states)?;
        let marginals: Vec<Vec<f64>> = beliefs.iter().map(|b| normalised(b)).collect();
        let log_partition = if max { -energy } else { self.bethe(&beliefs, &messages) };
        Ok(Beliefs { marginals, states, energy, log_partition, fit: settings.report(steps, change) })
    }

    /// Bethe's log partition function: Σ ln Z of nodes with their messages, less Σ ln Z of edges counted twice.
    fn bethe(&self, beliefs: &[Vec<f64>], messages: &[Vec<f64>]) -> f64 {
        let nodes: f64 = beliefs.iter().map(|b| fold(false, b.iter().copied())).sum();
        let edges: f64 = self
            .edges
            .iter()
            .enumerate()
            .map(|(i, e)| {
                let (to_b, to_a) = (&messages[2 * i], &messages[2 * i + 1]);
                let a: Vec<f64> = beliefs[e.a].iter().zip(to_a).map(|(b, m)| b - m).collect();
                let b: Vec<f64> = beliefs[e.b].iter().zip(to_b).map(|(b, m)| b - m).collect();
                let pairs = e.energies.iter().zip(&a);
                let joint = fold(false, pairs.flat_map(|(row, a)| row.iter().zip(&b).map(move |(v, b)| a + b - v)));
                let (both_a, both_b) =
                    (fold(false, beliefs[e.a].iter().copied()), fold(false, beliefs[e.b].iter().copied()));
                joint - both_a - both_b
            })
            .sum();
        nodes + edges
    }
}

/// The logarithm of the sum of exponentials, or the largest.
fn fold(max: bool, values: impl Iterator<Item = f64> + Clone) -> f64 {
    let most = values.clone().fold(f64::NEG_INFINITY, f64::max);
    if max { most } else { most + values.map(|v| (v - most).exp()).sum::<f64>().ln() }
}

fn centre(values: &mut [f64]) {
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    values.iter_mut().for_each(|v| *v -= most);
}

fn largest(values: &[f64]) -> usize {
    (0..values.len()).rev().max_by(|a, b| values[*a].total_cmp(&values[*b])).unwrap_or(0)
}

fn normalised(logs: &[f64]) -> Vec<f64> {
    let total = fold(false, logs.iter().copied());
    logs.iter().map(|v| (v - total).exp()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    fn random(sizes: &[usize], pairs: &[(usize, usize)], seed: u64) -> PairwiseField {
        let mut rng = Rng::new(seed);
        let energies = sizes.iter().map(|n| (0..*n).map(|_| 2.0 * rng.normal()).collect()).collect();
        let mut edge = |(a, b): &(usize, usize)| Edge {
            a: *a,
            b: *b,
            energies: (0..sizes[*a]).map(|_| (0..sizes[*b]).map(|_| 2.0 * rng.normal()).collect()).collect(),
        };
        let edges = pairs.iter().map(&mut edge).collect();
        PairwiseField::new(energies, edges).unwrap()
    }

    #[test]
    fn trees_are_exact() {
        let sizes = [2, 3, 2, 4, 3, 2];
        let field = random(&sizes, &[(1, 0), (1, 2), (3, 1), (3, 4), (5, 3)], 1);
        let count: usize = sizes.iter().product();
        let (mut z, mut best) = (0.0, (f64::INFINITY, vec![]));
        let mut marginals: Vec<Vec<f64>> = sizes.iter().map(|n| vec![0.0; *n]).collect();
        for mut code in 0..count {
            let states: Vec<u32> = sizes
                .iter()
                .map(|n| {
                    let s = code % n;
                    code /= n;
                    s as u32
                })
                .collect();
            let energy = field.energy(&states).unwrap();
            z += (-energy).exp();
            states.iter().enumerate().for_each(|(i, s)| marginals[i][*s as usize] += (-energy).exp());
            if energy < best.0 {
                best = (energy, states);
            }
        }
        let sum = field.propagate(&BeliefSettings { damping: 0.1, tolerance: 1e-13, ..Default::default() }).unwrap();
        assert!(sum.fit.warning.is_none(), "{:?}", sum.fit);
        for (a, b) in sum.marginals.concat().iter().zip(marginals.concat()) {
            assert!((a - b / z).abs() < 1e-10);
        }
        assert!((sum.log_partition - z.ln()).abs() < 1e-10, "{} {}", sum.log_partition, z.ln());
        let max = field.propagate(&BeliefSettings { messages: Messages::MaxProduct, ..Default::default() }).unwrap();
        assert!(max.states == best.1 && (max.energy - best.0).abs() < 1e-12);
    }

    #[test]
    fn circles_settle_or_say_that_they_do_not() {
        let field = random(&[2, 2, 2], &[(0, 1), (1, 2), (2, 0)], 3);
        let one = field.propagate(&BeliefSettings { steps: 1, ..Default::default() }).unwrap();
        assert!(one.fit.warning.unwrap().contains("after 1 rounds"));
        let all = field.propagate(&BeliefSettings { damping: 0.3, ..Default::default() }).unwrap();
        assert!(all.marginals.iter().all(|m| (m.iter().sum::<f64>() - 1.0).abs() < 1e-12));
    }

    #[test]
    fn mistakes_are_told_and_files_come_back() {
        let says = |r: Result<PairwiseField>| r.unwrap_err().to_string();
        assert!(says(PairwiseField::new(vec![], vec![])).contains("no nodes"));
        let edge = |a, b, energies| Edge { a, b, energies };
        let two = || vec![vec![0.0, 1.0], vec![0.0, 1.0]];
        assert!(says(PairwiseField::new(two(), vec![edge(0, 0, two())])).contains("two different nodes of 2"));
        assert!(says(PairwiseField::new(two(), vec![edge(0, 1, vec![vec![0.0]])])).contains("must be 2 x 2"));
        let field = random(&[2, 3], &[(0, 1)], 2);
        let bytes = field.to_bytes().unwrap();
        assert_eq!(PairwiseField::from_saved(&bytes).unwrap(), field);
        assert!(
            field.energy(&[0, 3]).is_err()
                && field.propagate(&BeliefSettings { damping: 1.0, ..Default::default() }).is_err()
        );
        for i in 0..bytes.len() {
            let mut hurt = bytes.clone();
            hurt[i] ^= 0x11;
            let _ = PairwiseField::from_saved(&hurt)
                .map(|f| f.propagate(&BeliefSettings { steps: 3, ..Default::default() }));
        }
    }
}
