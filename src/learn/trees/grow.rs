//! Growing a tree: each node is cut in two where that lowers the impurity most.
//!
//! Breiman, Friedman, Olshen & Stone (1984), "Classification and Regression Trees"; with random thresholds, Geurts,
//! Ernst & Wehenkel (2006). Exact: every threshold between two numbers of a node is tried. Numbers are replaced by
//! their ranks among all samples, so that a node sorts short whole numbers.

use super::choices::{Criterion, Splitter};
use super::sort::{order, sort};
use super::tree::{LEAF, Notes, Tree};
use crate::data::Rng;
use crate::learn::Samples;
use crate::{Result, stop};
use rayon::prelude::*;
use std::collections::{BinaryHeap, HashMap};

/// The samples feature by feature, in the form that the splitter needs.
pub(super) struct Table {
    rows: usize,
    columns: usize,
    ranks: Vec<u32>, // [columns, rows]: the place among the distinct numbers; none for random thresholds
    distinct: Vec<Vec<f64>>, // of each column, rising
    values: Vec<f64>, // [columns, rows]: only for random thresholds
}

impl Table {
    pub fn new(x: &Samples, splitter: Splitter) -> Self {
        let (rows, columns) = (x.rows(), x.columns());
        let values = x.by_columns();
        if splitter == Splitter::Random {
            return Self { rows, columns, ranks: Vec::new(), distinct: Vec::new(), values };
        }
        let mut ranks = vec![0; rows * columns];
        let distinct = ranks
            .par_chunks_exact_mut(rows)
            .zip(values.par_chunks_exact(rows))
            .map(|(ranks, column)| {
                let mut distinct: Vec<f64> = Vec::new();
                for i in order(column) {
                    let v = column[i as usize];
                    if distinct.last().is_none_or(|last| v > *last) {
                        distinct.push(v);
                    }
                    ranks[i as usize] = distinct.len() as u32 - 1;
                }
                distinct
            })
            .collect();
        Self { rows, columns, ranks, distinct, values: Vec::new() }
    }
}

/// What the tree is to answer.
#[derive(Clone, Copy)]
pub(super) enum Target<'a> {
    Classes { codes: &'a [u32], classes: usize, criterion: Criterion },
    Numbers(&'a [f64]),
}

/// Where a tree ends.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub max_depth: usize,
    pub min_samples_split: usize,
    pub min_samples_leaf: usize,
    pub max_features: usize,
    pub max_leaves: Option<usize>,
    pub min_impurity_decrease: f64,
    pub ccp_alpha: f64,
}

/// What all trees of a forest share.
pub(super) struct Job<'a> {
    pub table: &'a Table,
    pub target: Target<'a>,
    pub limits: Limits,
}

/// A tree that was grown.
pub(super) struct Grown {
    pub tree: Tree,
    pub notes: Notes,
    pub importances: Vec<f64>, // of each column: by how much its splits lowered the impurity
}

impl Job<'_> {
    /// A tree of the samples whose weight is not 0.
    pub fn grow(&self, weights: &[f64], rng: Rng) -> Result<Grown> {
        let mut grower = Grower::new(self, weights, rng);
        match self.limits.max_leaves {
            None => grower.depth_first()?,
            Some(leaves) => grower.best_first(leaves)?,
        }
        grower.prune();
        Ok(grower.finish())
    }
}

/// What a sample says, in the form that the scans read.
enum Voice<'a> {
    /// Classes and weights of which there are few kinds: the kind of each sample.
    Kinds { kind: Vec<u8>, class: Vec<u32>, weight: Vec<f64> },
    /// The class and weight of each sample.
    Classes { codes: &'a [u32], weights: &'a [f64] },
    /// The weight of each sample, and its answer less the mean of all.
    Numbers(Vec<[f64; 2]>),
}

/// Kinds fit in the low byte of a key.
const KINDS: usize = 256;

struct Grower<'a> {
    job: &'a Job<'a>,
    rng: Rng,
    voice: Voice<'a>,
    outputs: usize,
    centre: f64,        // the mean answer
    total: f64,         // the weight of all samples
    rows: Vec<u32>,     // the samples, each node's together
    features: Vec<u32>, // in the order in which they were last drawn
    nodes: Vec<Node>,
    values: Vec<f64>, // [nodes, outputs]: the weight of each class, or the mean answer
    // For one node:
    sums: Vec<f64>, // weight of each class
    left: Vec<f64>,
    short: [Vec<u32>; 2], // keys and room to sort them
    long: [Vec<u64>; 2],
    numbers: Vec<f64>,
    kinds: Vec<u8>,
    pairs: Vec<[f64; 2]>,
    classes: Vec<u32>,
}

struct Node {
    feature: u32,
    threshold: f64,
    children: [usize; 2],
    samples: u32,
    weight: f64,
    impurity: f64,
}

/// A node that may be cut.
struct Open {
    node: usize,
    start: usize,
    end: usize,
    depth: usize,
}

/// Where a node is cut.
#[derive(Clone, Copy)]
struct Cut {
    feature: usize,
    threshold: f64,
    rank: u32,  // the last on the left
    score: f64, // larger is better
}

/// The best place found in one feature: after how many samples, and the score as a fraction.
#[derive(Clone, Copy)]
struct Place {
    after: usize,
    over: f64,
    under: f64,
}

/// No place yet.
const NOWHERE: Place = Place { after: 0, over: f64::NEG_INFINITY, under: 1.0 };

impl<'a> Grower<'a> {
    fn new(job: &'a Job<'a>, weights: &'a [f64], rng: Rng) -> Self {
        let rows: Vec<u32> = (0..job.table.rows as u32).filter(|&i| weights[i as usize] > 0.0).collect();
        let total = rows.iter().map(|&i| weights[i as usize]).sum::<f64>();
        let mut centre = 0.0;
        let (voice, outputs) = match job.target {
            Target::Numbers(y) => {
                centre = rows.iter().map(|&i| weights[i as usize] / total * y[i as usize]).sum();
                (Voice::Numbers(weights.iter().zip(y).map(|(w, y)| [*w, y - centre]).collect()), 1)
            }
            Target::Classes { codes, classes, .. } => (voice(job.table, codes, weights), classes),
        };
        let n = rows.len();
        let (short, long) = match (&voice, job.table.ranks.is_empty()) {
            (_, true) => (0, 0),
            (Voice::Kinds { .. }, _) => (n, 0),
            _ => (0, n),
        };
        Self {
            job,
            rng,
            voice,
            outputs,
            centre,
            total,
            rows,
            features: (0..job.table.columns as u32).collect(),
            nodes: Vec::new(),
            values: Vec::new(),
            sums: vec![0.0; outputs],
            left: vec![0.0; outputs],
            short: [vec![0; short], vec![0; short]],
            long: [vec![0; long], vec![0; long]],
            numbers: vec![0.0; if job.table.ranks.is_empty() { n } else { 0 }],
            kinds: Vec::new(),
            pairs: Vec::new(),
            classes: Vec::new(),
        }
    }

    /// The usual order: as deep as it goes, left first.
    fn depth_first(&mut self) -> Result<()> {
        let mut open = Vec::new();
        let root = Open { node: 0, start: 0, end: self.rows.len(), depth: 0 };
        if self.add(&root) {
            open.push(root);
        }
        while let Some(next) = open.pop() {
            if let Some(cut) = self.search(&next)? {
                let [left, right] = self.cut(&next, &cut);
                let deeper = self.add(&left);
                if self.add(&right) {
                    open.push(right);
                }
                if deeper {
                    open.push(left);
                }
            }
        }
        Ok(())
    }

    /// The node whose cut lowers the impurity most comes first, until there are so many leaves.
    fn best_first(&mut self, leaves: usize) -> Result<()> {
        struct Candidate(f64, Open, Cut);
        impl PartialEq for Candidate {
            fn eq(&self, other: &Self) -> bool {
                self.cmp(other).is_eq()
            }
        }
        impl Eq for Candidate {}
        impl PartialOrd for Candidate {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }
        impl Ord for Candidate {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                self.0.total_cmp(&other.0).then(other.1.node.cmp(&self.1.node))
            }
        }
        let mut open = BinaryHeap::new();
        let consider = |me: &mut Self, next: Open, open: &mut BinaryHeap<Candidate>| -> Result<()> {
            if me.add(&next)
                && let Some(cut) = me.search(&next)?
            {
                open.push(Candidate(cut.score - me.parent_score(&next), next, cut));
            }
            Ok(())
        };
        let root = Open { node: 0, start: 0, end: self.rows.len(), depth: 0 };
        consider(self, root, &mut open)?;
        for _ in 1..leaves {
            let Some(Candidate(_, next, cut)) = open.pop() else { break };
            let [left, right] = self.cut(&next, &cut);
            consider(self, left, &mut open)?;
            consider(self, right, &mut open)?;
        }
        Ok(())
    }

    /// Adds a node as a leaf; whether it may be cut.
    fn add(&mut self, open: &Open) -> bool {
        let rows = &self.rows[open.start..open.end];
        let (mut weight, mut pure) = (0.0, true);
        let impurity;
        match &self.voice {
            Voice::Numbers(pairs) => {
                let (mut sum, mut least, mut most) = (0.0, f64::INFINITY, f64::NEG_INFINITY);
                for &i in rows {
                    let [w, y] = pairs[i as usize];
                    weight += w;
                    sum += w * y;
                    least = least.min(y);
                    most = most.max(y);
                }
                let mean = sum / weight;
                let square = |&i: &u32| {
                    let [w, y] = pairs[i as usize];
                    w * (y - mean) * (y - mean)
                };
                impurity = rows.iter().map(square).sum::<f64>() / weight;
                pure = least == most;
                self.values.push(self.centre + mean);
            }
            voice => {
                self.sums.fill(0.0);
                match voice {
                    Voice::Kinds { kind, class, weight } => {
                        let mut counts = [0u32; KINDS];
                        rows.iter().for_each(|&i| counts[kind[i as usize] as usize] += 1);
                        for (kind, class) in class.iter().enumerate() {
                            self.sums[*class as usize] += f64::from(counts[kind]) * weight[kind];
                        }
                    }
                    Voice::Classes { codes, weights } => {
                        rows.iter().for_each(|&i| self.sums[codes[i as usize] as usize] += weights[i as usize]);
                    }
                    Voice::Numbers(_) => {}
                }
                weight = self.sums.iter().sum();
                pure &= self.sums.iter().filter(|s| **s > 0.0).count() <= 1;
                impurity = if pure { 0.0 } else { self.impurity(weight) };
                self.values.extend_from_slice(&self.sums);
            }
        }
        self.nodes.push(Node {
            feature: LEAF,
            threshold: 0.0,
            children: [0; 2],
            samples: rows.len() as u32,
            weight,
            impurity,
        });
        let (l, n) = (&self.job.limits, rows.len());
        !pure && open.depth < l.max_depth && n >= l.min_samples_split && n >= 2 * l.min_samples_leaf
    }

    fn criterion(&self) -> Criterion {
        match self.job.target {
            Target::Classes { criterion, .. } => criterion,
            Target::Numbers(_) => Criterion::Gini, // has the same scores: a sum of squares over weights
        }
    }

    /// The impurity of classes whose weights are `sums`.
    fn impurity(&self, weight: f64) -> f64 {
        let shares = self.sums.iter().map(|s| s / weight);
        match self.criterion() {
            Criterion::Gini => 1.0 - shares.map(|p| p * p).sum::<f64>(),
            Criterion::Entropy => -shares.filter(|p| *p > 0.0).map(|p| p * p.log2()).sum::<f64>(),
        }
    }

    /// What a cut's score is measured against: the node's own, were it a side of a cut.
    fn parent_score(&self, open: &Open) -> f64 {
        let (node, value) = (&self.nodes[open.node], &self.values[open.node * self.outputs..][..self.outputs]);
        match (self.job.target, self.criterion()) {
            (Target::Numbers(_), _) => {
                let mean = value[0] - self.centre;
                mean * mean * node.weight
            }
            (_, Criterion::Gini) => value.iter().map(|s| s * s).sum::<f64>() / node.weight,
            (_, Criterion::Entropy) => -node.impurity * node.weight * std::f64::consts::LN_2,
        }
    }

    /// The best cut of a node, if there is one that is good enough.
    fn search(&mut self, open: &Open) -> Result<Option<Cut>> {
        let (table, limits) = (self.job.table, &self.job.limits);
        self.prepare(open);
        let columns = table.columns;
        let mut best: Option<Cut> = None;
        for drawn in 0..columns {
            if drawn >= limits.max_features && best.is_some() {
                break;
            }
            if limits.max_features < columns {
                let other = drawn + self.rng.below(columns - drawn);
                self.features.swap(drawn, other);
            }
            stop::check()?;
            let feature = self.features[drawn] as usize;
            let found = match (table.ranks.is_empty(), &self.voice) {
                (true, _) => self.random(open, feature),
                (false, Voice::Kinds { .. }) => self.among_kinds(open, feature),
                (false, _) => self.among_all(open, feature),
            };
            if let Some(cut) = found
                && best.is_none_or(|b| cut.score > b.score)
            {
                best = Some(cut);
            }
        }
        let scale = match self.criterion() {
            Criterion::Gini => 1.0,
            Criterion::Entropy => 1.0 / std::f64::consts::LN_2,
        };
        let least = limits.min_impurity_decrease;
        let parent = self.parent_score(open);
        Ok(best.filter(|cut| least <= 0.0 || (cut.score - parent) * scale / self.total + f64::EPSILON >= least))
    }

    /// Gathers what the samples of a node say.
    fn prepare(&mut self, open: &Open) {
        let rows = &self.rows[open.start..open.end];
        match &self.voice {
            Voice::Kinds { kind, .. } => {
                self.kinds.clear();
                self.kinds.extend(rows.iter().map(|&i| kind[i as usize]));
            }
            Voice::Classes { codes, weights } => {
                self.classes.clear();
                self.classes.extend(rows.iter().map(|&i| codes[i as usize]));
                self.pairs.clear();
                self.pairs.extend(rows.iter().map(|&i| [weights[i as usize], 0.0]));
            }
            Voice::Numbers(pairs) => {
                self.pairs.clear();
                self.pairs.extend(rows.iter().map(|&i| pairs[i as usize]));
            }
        }
        if !matches!(self.voice, Voice::Numbers(_)) {
            self.sums.copy_from_slice(&self.values[open.node * self.outputs..][..self.outputs]);
        }
    }

    /// The best threshold of a feature, where samples are of few kinds: rank and kind are sorted together.
    fn among_kinds(&mut self, open: &Open, feature: usize) -> Option<Cut> {
        let Voice::Kinds { class, weight, .. } = &self.voice else { return None };
        let table = self.job.table;
        let n = open.end - open.start;
        let ranks = &table.ranks[feature * table.rows..(feature + 1) * table.rows];
        let criterion = self.criterion();
        let [keys, spare] = &mut self.short;
        let keys = &mut keys[..n];
        let (mut least, mut most) = (u32::MAX, 0);
        for ((key, &i), &kind) in keys.iter_mut().zip(&self.rows[open.start..open.end]).zip(&self.kinds) {
            let rank = ranks[i as usize];
            least = least.min(rank);
            most = most.max(rank);
            *key = rank << 8 | u32::from(kind);
        }
        if least == most {
            return None;
        }
        keys.iter_mut().for_each(|k| *k -= least << 8);
        sort(keys, spare, 8, (most - least).ilog2() + 1);
        let keys = &*keys;
        let apart = |i: usize| keys[i] >> 8 != keys[i + 1] >> 8;
        let leaf = self.job.limits.min_samples_leaf;
        let place = match (criterion, self.outputs) {
            (Criterion::Gini, 2) => two(keys, class, weight, &self.sums, leaf),
            (Criterion::Gini, _) => {
                let say = |i: usize| {
                    let kind = (keys[i] & 0xff) as usize;
                    (class[kind] as usize, weight[kind])
                };
                gini(n, leaf, &self.sums, &mut self.left, say, apart)
            }
            (Criterion::Entropy, _) => {
                let say = |i: usize| {
                    let kind = (keys[i] & 0xff) as usize;
                    (class[kind] as usize, weight[kind])
                };
                entropy(n, leaf, &self.sums, &mut self.left, say, apart)
            }
        };
        (place.after > 0).then(|| {
            let rank = |i: usize| (keys[i] >> 8) + least;
            table.cut(feature, rank(place.after - 1), rank(place.after), &place)
        })
    }

    /// The best threshold of a feature: rank and place in the node are sorted together.
    fn among_all(&mut self, open: &Open, feature: usize) -> Option<Cut> {
        let table = self.job.table;
        let n = open.end - open.start;
        let ranks = &table.ranks[feature * table.rows..(feature + 1) * table.rows];
        let criterion = self.criterion();
        let [keys, spare] = &mut self.long;
        let keys = &mut keys[..n];
        let (mut least, mut most) = (u32::MAX, 0);
        for (t, (key, &i)) in keys.iter_mut().zip(&self.rows[open.start..open.end]).enumerate() {
            let rank = ranks[i as usize];
            least = least.min(rank);
            most = most.max(rank);
            *key = u64::from(rank) << 32 | t as u64;
        }
        if least == most {
            return None;
        }
        keys.iter_mut().for_each(|k| *k -= u64::from(least) << 32);
        sort(keys, spare, 32, (most - least).ilog2() + 1);
        let keys = &*keys;
        let apart = |i: usize| keys[i] >> 32 != keys[i + 1] >> 32;
        let leaf = self.job.limits.min_samples_leaf;
        let place = match (&self.voice, criterion) {
            (Voice::Numbers(_), _) => squares(n, leaf, &self.pairs, |i| keys[i] as u32 as usize, apart),
            (_, criterion) => {
                let say = |i: usize| {
                    let t = keys[i] as u32 as usize;
                    (self.classes[t] as usize, self.pairs[t][0])
                };
                match criterion {
                    Criterion::Gini => gini(n, leaf, &self.sums, &mut self.left, say, apart),
                    Criterion::Entropy => entropy(n, leaf, &self.sums, &mut self.left, say, apart),
                }
            }
        };
        (place.after > 0).then(|| {
            let rank = |i: usize| (keys[i] >> 32) as u32 + least;
            table.cut(feature, rank(place.after - 1), rank(place.after), &place)
        })
    }

    /// A random threshold of a feature.
    fn random(&mut self, open: &Open, feature: usize) -> Option<Cut> {
        let table = self.job.table;
        let n = open.end - open.start;
        let column = &table.values[feature * table.rows..(feature + 1) * table.rows];
        let numbers = &mut self.numbers[..n];
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        for (v, &i) in numbers.iter_mut().zip(&self.rows[open.start..open.end]) {
            *v = column[i as usize];
            least = if *v < least { *v } else { least };
            most = if *v > most { *v } else { most };
        }
        if least == most {
            return None;
        }
        let u = self.rng.uniform();
        let mut threshold = least * (1.0 - u) + most * u;
        if !(threshold >= least && threshold < most) {
            threshold = least;
        }
        let numbers = &self.numbers[..n];
        let mut count = 0;
        let score = match &self.voice {
            Voice::Numbers(_) => {
                let (mut all, mut left) = ([0.0; 2], [0.0; 2]);
                for (v, [w, y]) in numbers.iter().zip(&self.pairs) {
                    let is = *v <= threshold;
                    count += usize::from(is);
                    let pair = [*w, w * y];
                    for t in 0..2 {
                        all[t] += pair[t];
                        left[t] += if is { pair[t] } else { 0.0 };
                    }
                }
                let right = [all[0] - left[0], all[1] - left[1]];
                left[1] * left[1] / left[0] + right[1] * right[1] / right[0]
            }
            Voice::Kinds { class, weight, .. } => {
                let mut counts = [0u32; KINDS];
                for (v, kind) in numbers.iter().zip(&self.kinds) {
                    counts[*kind as usize] += u32::from(*v <= threshold);
                }
                self.left.fill(0.0);
                for (kind, class) in class.iter().enumerate() {
                    self.left[*class as usize] += f64::from(counts[kind]) * weight[kind];
                    count += counts[kind] as usize;
                }
                score(self.criterion(), &self.sums, &self.left)
            }
            Voice::Classes { .. } => {
                self.left.fill(0.0);
                for ((v, class), pair) in numbers.iter().zip(&self.classes).zip(&self.pairs) {
                    if *v <= threshold {
                        count += 1;
                        self.left[*class as usize] += pair[0];
                    }
                }
                score(self.criterion(), &self.sums, &self.left)
            }
        };
        let leaf = self.job.limits.min_samples_leaf;
        (count >= leaf && n - count >= leaf).then_some(Cut { feature, threshold, rank: 0, score })
    }

    /// Cuts a node; its children.
    fn cut(&mut self, open: &Open, cut: &Cut) -> [Open; 2] {
        let table = self.job.table;
        let column = cut.feature * table.rows..(cut.feature + 1) * table.rows;
        let rows = &mut self.rows[open.start..open.end];
        let spare = &mut self.classes;
        spare.clear();
        spare.resize(rows.len(), 0);
        let left = match table.ranks.is_empty() {
            true => {
                let column = &table.values[column];
                partition(rows, spare, |i| column[i] <= cut.threshold)
            }
            false => {
                let column = &table.ranks[column];
                partition(rows, spare, |i| column[i] <= cut.rank)
            }
        };
        let children = [self.nodes.len(), self.nodes.len() + 1];
        let node = &mut self.nodes[open.node];
        (node.feature, node.threshold, node.children) = (cut.feature as u32, cut.threshold, children);
        let (middle, depth) = (open.start + left, open.depth + 1);
        [
            Open { node: children[0], start: open.start, end: middle, depth },
            Open { node: children[1], start: middle, end: open.end, depth },
        ]
    }

    /// Minimal cost-complexity pruning: a branch stays if its leaves lower the impurity by more than `ccp_alpha` each.
    fn prune(&mut self) {
        let alpha = self.job.limits.ccp_alpha;
        if !(alpha > 0.0) {
            return;
        }
        let mut costs = vec![0.0; self.nodes.len()];
        for i in (0..self.nodes.len()).rev() {
            // (Children come after their parent.)
            let node = &mut self.nodes[i];
            let own = node.impurity * node.weight / self.total + alpha;
            costs[i] = own;
            if node.feature != LEAF {
                let branch = costs[node.children[0]] + costs[node.children[1]];
                if own <= branch {
                    node.feature = LEAF;
                } else {
                    costs[i] = branch;
                }
            }
        }
    }

    /// The tree, depth first.
    fn finish(self) -> Grown {
        let k = self.outputs;
        let mut importances = vec![0.0; self.job.table.columns];
        let (mut features, mut thresholds, mut leaves) = (Vec::new(), Vec::new(), Vec::new());
        let (mut samples, mut impurity, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let mut todo = vec![0];
        while let Some(i) = todo.pop() {
            let node = &self.nodes[i];
            let sums = &self.values[i * k..(i + 1) * k];
            let whole = if matches!(self.voice, Voice::Numbers(_)) { 1.0 } else { node.weight };
            let value = sums.iter().map(|s| s / whole);
            features.push(node.feature);
            samples.push(node.samples);
            impurity.push(node.impurity);
            values.extend(value.clone());
            if node.feature == LEAF {
                leaves.extend(value);
                continue;
            }
            thresholds.push(node.threshold);
            let weighed = |i: usize| self.nodes[i].impurity * self.nodes[i].weight;
            let [left, right] = node.children;
            importances[node.feature as usize] += (weighed(i) - weighed(left) - weighed(right)) / self.total;
            todo.extend([right, left]);
        }
        let tree = Tree::new(&features, &thresholds, leaves, k).expect("what was grown is a tree");
        Grown { tree, notes: Notes::new(samples, impurity, values), importances }
    }
}

impl Table {
    fn cut(&self, feature: usize, rank: u32, next: u32, place: &Place) -> Cut {
        let (a, b) = (self.distinct[feature][rank as usize], self.distinct[feature][next as usize]);
        let middle = a / 2.0 + b / 2.0;
        let threshold = if middle >= a && middle < b { middle } else { a };
        Cut { feature, threshold, rank, score: place.over / place.under }
    }
}

/// The kinds of samples if there are few, else the classes and weights themselves.
fn voice<'a>(table: &Table, codes: &'a [u32], weights: &'a [f64]) -> Voice<'a> {
    let all = Voice::Classes { codes, weights };
    if table.rows > 1 << 24 {
        return all; // a rank and a kind do not fit a key
    }
    let mut known: HashMap<(u32, u64), u8> = HashMap::new();
    let (mut class, mut weight, mut kind) = (Vec::new(), Vec::new(), vec![0; codes.len()]);
    let mut last = (u32::MAX, 0);
    let mut last_kind = 0;
    for (i, (&c, &w)) in codes.iter().zip(weights).enumerate() {
        if w > 0.0 {
            let key = (c, w.to_bits());
            if key != last {
                last_kind = match known.get(&key) {
                    Some(kind) => *kind,
                    None if class.len() == KINDS => return all,
                    None => {
                        let new = class.len() as u8;
                        known.insert(key, new);
                        class.push(c);
                        weight.push(w);
                        new
                    }
                };
                last = key;
            }
            kind[i] = last_kind;
        }
    }
    Voice::Kinds { kind, class, weight }
}

/// Brings the `rows` that go left to the front, keeping the order on both sides; how many they are.
#[inline(always)]
fn partition(rows: &mut [u32], spare: &mut [u32], left: impl Fn(usize) -> bool) -> usize {
    let (mut l, mut r) = (0, 0);
    for t in 0..rows.len() {
        let i = rows[t];
        let is = left(i as usize);
        rows[l] = i;
        spare[r] = i;
        l += usize::from(is);
        r += usize::from(!is);
    }
    rows[l..].copy_from_slice(&spare[..r]);
    l
}

/// The score of a cut into `left` and the rest of `sums`.
fn score(criterion: Criterion, sums: &[f64], left: &[f64]) -> f64 {
    let side = |part: &dyn Fn(usize) -> f64| {
        let weight: f64 = (0..sums.len()).map(part).sum();
        match criterion {
            Criterion::Gini => (0..sums.len()).map(|c| part(c) * part(c)).sum::<f64>() / weight,
            Criterion::Entropy => (0..sums.len()).map(|c| x_ln_x(part(c))).sum::<f64>() - x_ln_x(weight),
        }
    };
    side(&|c| left[c]) + side(&|c| (sums[c] - left[c]).max(0.0))
}

/// `x ln x`, 0 at 0.
fn x_ln_x(x: f64) -> f64 {
    if x > 0.0 { x * x.ln() } else { 0.0 }
}

/// The best place to cut sorted samples of two classes: the largest `Σ l² / Σ l + Σ r² / Σ r` over both classes'
/// weights `l` on the left and `r` on the right. Fractions are compared without dividing.
fn two(keys: &[u32], class: &[u32], weight: &[f64], sums: &[f64], leaf: usize) -> Place {
    let mut table = [[0.0; 2]; KINDS];
    for (row, (&c, &w)) in table.iter_mut().zip(class.iter().zip(weight)) {
        row[c as usize] = w;
    }
    let n = keys.len();
    let (n0, n1) = (sums[0], sums[1]);
    let (mut l0, mut l1) = (0.0, 0.0);
    let mut best = NOWHERE;
    for key in &keys[..leaf - 1] {
        let [w0, w1] = table[(key & 0xff) as usize];
        l0 += w0;
        l1 += w1;
    }
    for (i, pair) in keys[leaf - 1..n - leaf + 1].windows(2).enumerate() {
        let [w0, w1] = table[(pair[0] & 0xff) as usize];
        l0 += w0;
        l1 += w1;
        let (r0, r1) = (n0 - l0, n1 - l1);
        let (l, r) = (l0 + l1, r0 + r1);
        let over = (l0 * l0 + l1 * l1) * r + (r0 * r0 + r1 * r1) * l;
        let under = l * r;
        if over * best.under > best.over * under && pair[0] >> 8 != pair[1] >> 8 && under > 0.0 {
            best = Place { after: i + leaf, over, under };
        }
    }
    best
}

/// As [`two`] for any number of classes: a sample changes one term of each sum of squares.
#[inline(always)]
fn gini(
    n: usize,
    leaf: usize,
    sums: &[f64],
    left: &mut [f64],
    say: impl Fn(usize) -> (usize, f64),
    apart: impl Fn(usize) -> bool,
) -> Place {
    left.fill(0.0);
    let (mut l, mut r) = (0.0, sums.iter().sum::<f64>());
    let (mut squares_l, mut squares_r) = (0.0, sums.iter().map(|s| s * s).sum::<f64>());
    let mut best = NOWHERE;
    for i in 0..n - leaf {
        let (class, w) = say(i);
        let there = left[class];
        squares_l += w * (2.0 * there + w);
        squares_r -= w * (2.0 * (sums[class] - there) - w);
        left[class] = there + w;
        l += w;
        r -= w;
        if i + 1 < leaf {
            continue;
        }
        let over = squares_l * r + squares_r * l;
        let under = l * r;
        if over * best.under > best.over * under && apart(i) && under > 0.0 {
            best = Place { after: i + 1, over, under };
        }
    }
    best
}

/// The largest `Σ l ln l - L ln L + Σ r ln r - R ln R`: the least entropy.
#[inline(always)]
fn entropy(
    n: usize,
    leaf: usize,
    sums: &[f64],
    left: &mut [f64],
    say: impl Fn(usize) -> (usize, f64),
    apart: impl Fn(usize) -> bool,
) -> Place {
    left.fill(0.0);
    let (mut l, mut r) = (0.0, sums.iter().sum::<f64>());
    let mut logs = sums.iter().map(|s| x_ln_x(*s)).sum::<f64>();
    let mut best = NOWHERE;
    for i in 0..n - leaf {
        let (class, w) = say(i);
        let there = left[class];
        let rest = sums[class] - there;
        logs += x_ln_x(there + w) - x_ln_x(there) + x_ln_x(rest - w) - x_ln_x(rest);
        left[class] = there + w;
        l += w;
        r -= w;
        if i + 1 < leaf || !apart(i) {
            continue;
        }
        let score = logs - x_ln_x(l) - x_ln_x(r);
        if score > best.over {
            best = Place { after: i + 1, over: score, under: 1.0 };
        }
    }
    best
}

/// The largest `(Σ_l w y)² / Σ_l w + (Σ_r w y)² / Σ_r w`: the least squared error.
#[inline(always)]
fn squares(
    n: usize,
    leaf: usize,
    pairs: &[[f64; 2]],
    at: impl Fn(usize) -> usize,
    apart: impl Fn(usize) -> bool,
) -> Place {
    let [mut r, mut right] = pairs.iter().fold([0.0; 2], |[a, b], [w, y]| [a + w, b + w * y]);
    let (mut l, mut left) = (0.0, 0.0);
    let mut best = NOWHERE;
    for i in 0..n - leaf {
        let [w, y] = pairs[at(i)];
        l += w;
        r -= w;
        left += w * y;
        right -= w * y;
        if i + 1 < leaf {
            continue;
        }
        let over = left * left * r + right * right * l;
        let under = l * r;
        if over * best.under > best.over * under && apart(i) && under > 0.0 {
            best = Place { after: i + 1, over, under };
        }
    }
    best
}
