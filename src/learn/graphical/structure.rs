//! Bayesian networks whose structure is learned from data.
//!
//! Hill climbing over edges added, removed and reversed, by the Bayesian information criterion (Schwarz 1978;
//! Heckerman, Geiger & Chickering 1995), or the best tree (Chow & Liu 1968).

use super::bayes_net::{BayesNet, NAME, Variable, check_rows};
use crate::error::ensure_setting;
use crate::learn::Fit;
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// A family whose table would be larger than this is never tried.
const LARGEST: usize = 1 << 22;

/// How a structure is searched for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Search {
    /// The edge that helps most is added, removed or reversed, until none helps.
    #[default]
    HillClimbing,
    /// The tree of the largest mutual information, with the first variable as its root.
    ChowLiu,
}

/// Settings of [`BayesNet::learn`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StructureSettings {
    /// How to search: "hill_climbing" or "chow_liu". Default "hill_climbing".
    pub search: Search,
    /// Parents of a variable at most, for hill climbing. Default 4.
    pub max_parents: usize,
    /// Changes at most, for hill climbing, at least 1. Default 1000.
    pub steps: usize,
    /// Where no change helps, this many that do not are made in the hope of finding a higher hill, never back to a
    /// structure seen before (tabu search, Glover 1989). Default 20.
    pub patience: usize,
    /// Added to each count of the tables, at least 0. Default 1.
    pub smoothing: f64,
}

impl Default for StructureSettings {
    fn default() -> Self {
        Self { search: Search::HillClimbing, max_parents: 4, steps: 1000, patience: 20, smoothing: 1.0 }
    }
}

/// The data column by column, and scores that were computed already.
struct Scores {
    columns: Vec<Vec<u32>>,
    sizes: Vec<usize>,
    rows: usize,
    known: HashMap<(usize, Vec<usize>), f64>,
}

impl Scores {
    fn new(variables: &[Variable], rows: &[Vec<u32>]) -> Self {
        let columns = (0..variables.len()).map(|j| rows.iter().map(|r| r[j]).collect()).collect();
        let sizes = variables.iter().map(|v| v.states.len()).collect();
        Self { columns, sizes, rows: rows.len(), known: HashMap::new() }
    }

    /// How often each combination occurs; the states of `v` stand side by side.
    fn counts(&self, v: usize, parents: &[usize]) -> Option<Vec<f64>> {
        let size = parents.iter().try_fold(self.sizes[v], |n, p| n.checked_mul(self.sizes[*p]))?;
        if size > LARGEST {
            return None;
        }
        let mut places = vec![0usize; self.rows];
        for &p in parents.iter().chain([&v]) {
            let n = self.sizes[p];
            places.iter_mut().zip(&self.columns[p]).for_each(|(at, s)| *at = *at * n + *s as usize);
        }
        let mut counts = vec![0.0; size];
        places.iter().for_each(|at| counts[*at] += 1.0);
        Some(counts)
    }

    /// The criterion's part for one family: the log likelihood, less ½ ln N for each free number of the table.
    fn family(&mut self, v: usize, parents: &[usize]) -> Result<f64> {
        let mut key = parents.to_vec();
        key.sort_unstable();
        if let Some(score) = self.known.get(&(v, key.clone())) {
            return Ok(*score);
        }
        stop::check()?;
        let score = match self.counts(v, &key) {
            None => f64::NEG_INFINITY,
            Some(counts) => {
                let n = self.sizes[v];
                let free = (counts.len() / n * (n - 1)) as f64;
                log_likelihood(&counts, n) - 0.5 * (self.rows as f64).ln() * free
            }
        };
        self.known.insert((v, key), score);
        Ok(score)
    }
}

/// Σ N ln (N / its row's sum)
fn log_likelihood(counts: &[f64], n: usize) -> f64 {
    let row = |row: &[f64]| -> f64 {
        let sum: f64 = row.iter().sum();
        row.iter().filter(|c| **c > 0.0).map(|c| c * (c / sum).ln()).sum()
    };
    counts.chunks_exact(n).map(row).sum()
}

impl BayesNet {
    /// Learns both structure and tables from rows that hold a state's code, from 0, for each variable. Parents that
    /// the variables name are where hill climbing begins.
    ///
    /// # Errors
    /// When a setting is out of range, there are no rows, or a code is not one of the states; or someone asks to stop.
    pub fn learn(variables: &[Variable], rows: &[Vec<u32>], settings: &StructureSettings) -> Result<(Self, Fit)> {
        let s = settings;
        ensure_setting(s.steps >= 1, NAME, "steps", "at least 1", s.steps)?;
        if rows.is_empty() {
            return Err(Error::value(format!("{NAME}: there are no rows to learn from")));
        }
        check_rows(variables, rows)?;
        // Checks names, states and circles.
        let first = Self::fit(variables, &[], 1.0)?;
        let mut scores = Scores::new(variables, rows);
        let (parents, fit) = match s.search {
            Search::HillClimbing => climb(&mut scores, first.parents().to_vec(), s)?,
            Search::ChowLiu => (tree(&scores)?, Fit { steps: variables.len() as u64 - 1, warning: None }),
        };
        let with_parents: Vec<Variable> = variables
            .iter()
            .zip(parents)
            .map(|(v, p)| Variable { parents: p.iter().map(|p| variables[*p].name.clone()).collect(), ..v.clone() })
            .collect();
        Ok((Self::fit(&with_parents, rows, s.smoothing)?, fit))
    }

    /// How well the structure explains rows: their log likelihood with the best tables, less ½ ln N for each free
    /// number (Schwarz's criterion; larger is better).
    ///
    /// # Errors
    /// When a code is not one of the states, or someone asks to stop.
    pub fn bic(&self, rows: &[Vec<u32>]) -> Result<f64> {
        let bare: Vec<Variable> = self
            .nodes()
            .iter()
            .map(|n| Variable { states: n.states.clone(), name: n.name.clone(), parents: vec![] })
            .collect();
        check_rows(&bare, rows)?;
        if rows.is_empty() {
            return Ok(0.0);
        }
        let mut scores = Scores::new(&bare, rows);
        self.parents().iter().enumerate().map(|(v, p)| scores.family(v, p)).sum()
    }
}

/// One change of the structure.
#[derive(Clone, Copy)]
enum Change {
    Add(usize, usize),
    Remove(usize, usize),
    Reverse(usize, usize),
}

fn climb(scores: &mut Scores, mut parents: Vec<Vec<usize>>, s: &StructureSettings) -> Result<(Vec<Vec<usize>>, Fit)> {
    let n = parents.len();
    let with = |list: &[usize], p: usize| [list, &[p]].concat();
    let but = |list: &[usize], p: usize| list.iter().copied().filter(|q| *q != p).collect::<Vec<_>>();
    let sorted = |parents: &[Vec<usize>]| -> Vec<Vec<usize>> {
        let sort = |list: &Vec<usize>| {
            let mut list = list.clone();
            list.sort_unstable();
            list
        };
        parents.iter().map(sort).collect()
    };
    let mut seen = HashSet::from([sorted(&parents)]);
    let mut best = (f64::NEG_INFINITY, parents.clone());
    let (mut steps, mut tried) = (0, 0);
    loop {
        let mut own = Vec::with_capacity(n);
        for v in 0..n {
            own.push(scores.family(v, &parents[v])?);
        }
        let total: f64 = own.iter().sum();
        if total > best.0 + 1e-9 || best.0 == f64::NEG_INFINITY {
            best = (total, parents.clone());
            tried = 0;
        }
        // What each change of an edge a -> b would gain.
        let above = ancestors(&parents);
        let mut changes = Vec::new();
        for b in 0..n {
            for a in (0..n).filter(|a| *a != b) {
                if parents[b].contains(&a) {
                    let lost = scores.family(b, &but(&parents[b], a))? - own[b];
                    changes.push((lost, Change::Remove(a, b)));
                    // Reversed: another way from a to b would close a circle.
                    let other = parents[b].iter().any(|p| *p != a && above[*p][a]);
                    if !other && parents[a].len() < s.max_parents {
                        let gained = scores.family(a, &with(&parents[a], b))? - own[a];
                        changes.push((lost + gained, Change::Reverse(a, b)));
                    }
                } else if parents[b].len() < s.max_parents && !above[a][b] {
                    let gain = scores.family(b, &with(&parents[b], a))? - own[b];
                    changes.push((gain, Change::Add(a, b)));
                }
            }
        }
        changes.retain(|(gain, _)| *gain > f64::NEG_INFINITY);
        changes.sort_by(|x, y| y.0.total_cmp(&x.0));
        let helps = changes.first().filter(|(gain, _)| *gain > 1e-9).copied();
        if steps == s.steps as u64 {
            let warning = helps.filter(|_| tried == 0).map(|(gain, _)| {
                format!("after {steps} changes another would still raise the score by {gain:.3}; raise `steps`")
            });
            return Ok((best.1, Fit { steps, warning }));
        }
        if tried == s.patience && helps.is_none_or(|(gain, _)| total + gain <= best.0) {
            return Ok((best.1, Fit { steps, warning: None }));
        }
        let changed = |change: Change| {
            let mut parents = parents.clone();
            match change {
                Change::Add(a, b) => parents[b].push(a),
                Change::Remove(a, b) => parents[b] = but(&parents[b], a),
                Change::Reverse(a, b) => {
                    parents[b] = but(&parents[b], a);
                    parents[a].push(b);
                }
            }
            parents
        };
        let next = changes.iter().map(|(_, change)| changed(*change)).find(|p| !seen.contains(&sorted(p)));
        let Some(next) = next else { return Ok((best.1, Fit { steps, warning: None })) };
        seen.insert(sorted(&next));
        parents = next;
        steps += 1;
        tried = (tried + 1).min(s.patience);
    }
}

/// `[v][a]`: whether `a` is `v` or above it.
fn ancestors(parents: &[Vec<usize>]) -> Vec<Vec<bool>> {
    let n = parents.len();
    let above = |v: usize| {
        let mut seen = vec![false; n];
        let mut open = vec![v];
        seen[v] = true;
        while let Some(v) = open.pop() {
            for &p in &parents[v] {
                if !std::mem::replace(&mut seen[p], true) {
                    open.push(p);
                }
            }
        }
        seen
    };
    (0..n).map(above).collect()
}

/// The spanning tree of the largest mutual information (Prim 1957), each variable with its parent.
fn tree(scores: &Scores) -> Result<Vec<Vec<usize>>> {
    let n = scores.sizes.len();
    let mut parents = vec![vec![]; n];
    let mut inside = vec![false; n];
    let mut near = vec![(f64::NEG_INFINITY, 0); n];
    let mut last = 0;
    inside[0] = true;
    for _ in 1..n {
        for v in (0..n).filter(|v| !inside[*v]) {
            stop::check()?;
            let Some(counts) = scores.counts(v, &[last]) else { continue };
            let alone = scores.counts(v, &[]).unwrap_or_default();
            // N · I = Σ N ln (N / row) - the same without a parent
            let size = scores.sizes[v];
            let information = log_likelihood(&counts, size) - log_likelihood(&alone, size);
            if information > near[v].0 {
                near[v] = (information, last);
            }
        }
        let outside = (0..n).filter(|v| !inside[*v]);
        // Of equals the first.
        let next = outside.rev().max_by(|a, b| near[*a].0.total_cmp(&near[*b].0)).expect("some are outside");
        inside[next] = true;
        if near[next].0 > f64::NEG_INFINITY {
            parents[next] = vec![near[next].1];
        }
        last = next;
    }
    Ok(parents)
}

#[cfg(test)]
mod tests {
    use super::super::bayes_net::tests::{asia, sprinkler};
    use super::*;

    fn bare(net: &BayesNet) -> Vec<Variable> {
        let one = |n: &super::super::bayes_net::Node| Variable {
            name: n.name.clone(),
            states: n.states.clone(),
            parents: vec![],
        };
        net.nodes().iter().map(one).collect()
    }

    fn edges(net: &BayesNet) -> Vec<(usize, usize)> {
        let mut out: Vec<_> = net
            .parents()
            .iter()
            .enumerate()
            .flat_map(|(v, list)| list.iter().map(move |p| (v.min(*p), v.max(*p))))
            .collect();
        out.sort_unstable();
        out
    }

    #[test]
    fn the_sprinkler_is_found_in_its_own_samples() {
        let net = sprinkler();
        let rows = net.sample(10_000, 4).unwrap();
        let (found, fit) = BayesNet::learn(&bare(&net), &rows, &StructureSettings::default()).unwrap();
        assert!(found.bic(&rows).unwrap() >= net.bic(&rows).unwrap() - 1e-6, "{:?}", found.parents());
        assert!(fit.warning.is_none() && fit.steps >= 4);
        let rain = found.posterior("rain", &[("wet", "yes")]).unwrap()[0];
        assert!((rain - 0.7079).abs() < 0.02, "{rain}");
        let (_, short) =
            BayesNet::learn(&bare(&net), &rows, &StructureSettings { steps: 1, ..Default::default() }).unwrap();
        assert!(short.warning.unwrap().contains("after 1 changes"));
    }

    #[test]
    fn bic_by_hand() {
        // 3 heads of 4: ll = 3 ln .75 + ln .25, one free number.
        let coin = Variable { name: "c".into(), states: vec!["h".into(), "t".into()], parents: vec![] };
        let rows = [vec![0], vec![0], vec![0], vec![1]];
        let (net, _) = BayesNet::learn(&[coin], &rows, &StructureSettings::default()).unwrap();
        let hand = 3.0 * 0.75f64.ln() + 0.25f64.ln() - 0.5 * 4f64.ln();
        assert!((net.bic(&rows).unwrap() - hand).abs() < 1e-12);
    }

    #[test]
    fn a_tree_is_found_again() {
        // asia's strong edges; the tree keeps smoke-bronc, bronc-dysp, either-xray, lung-either.
        let net = asia();
        let rows = net.sample(20_000, 2).unwrap();
        let settings = StructureSettings { search: Search::ChowLiu, ..Default::default() };
        let (tree, _) = BayesNet::learn(&bare(&net), &rows, &settings).unwrap();
        let found = edges(&tree);
        assert_eq!(found.len(), 7);
        for strong in [(2, 4), (4, 7), (5, 6), (3, 5)] {
            assert!(found.contains(&strong), "{found:?}");
        }
        assert!(tree.parents().iter().all(|p| p.len() <= 1));
        let (climbed, _) = BayesNet::learn(&bare(&net), &rows, &StructureSettings::default()).unwrap();
        assert!(climbed.bic(&rows).unwrap() > tree.bic(&rows).unwrap());
        assert!(BayesNet::learn(&bare(&net), &[], &settings).is_err());
    }
}
