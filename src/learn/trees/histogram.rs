//! Trees from histograms: each leaf sums up the gradients of its samples bin by bin, and is cut between two bins.
//!
//! As in LightGBM (Ke et al. 2017): leaf by leaf, the most useful cut first; of two new leaves only the smaller one is
//! summed up, the other is what is left of their parent. Sums are whole numbers (gradients times a power of two), so
//! that this is exact and the order of summing does not matter.

use super::bins::{BINS, Binned, Bounds, MISSING, TOGETHER};
use super::packed::Packed;
use super::tree::{LEAF, TOGETHER as LANES, either, for_each_leaf, rights};
use crate::learn::svm::vectorised;
use crate::{Result, stop};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// What is summed up: a scaled gradient; and a count of samples above a scaled second derivative.
pub(super) type Sum = [i64; 2];

/// Where the count begins.
const COUNT: u32 = 40;

/// Samples at most: their count and the sums must fit.
pub(super) const MOST_ROWS: usize = 1 << 23;

/// The second derivatives in a leaf must sum up to this.
const LEAST_CURVATURE: f64 = 1e-3;

/// Categories are sorted by gradient over curvature as if so many samples of average curvature had no gradient.
const SMOOTH: f64 = 10.0;

/// Nodes with fewer samples are not worth a second thread.
const WORTH: usize = 4096;

/// How trees grow.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub max_leaves: usize,
    pub max_depth: usize,
    pub min_samples_leaf: usize,
    pub l2: f64,
    pub lr: f64,
}

/// The powers of two by which gradients and second derivatives are scaled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub gradient: f64,
    pub curvature: f64,
}

impl Scale {
    /// For `rows` samples whose gradients and second derivatives are at most this.
    pub fn new(rows: usize, gradient: f64, curvature: f64) -> Self {
        let of = |most: f64, bits: i32| {
            let exponent = if most > 0.0 && most.is_finite() { most.log2().ceil() } else { 0.0 };
            2f64.powi((bits - exponent as i32).clamp(-1000, 1000))
        };
        let n = rows.max(2).next_power_of_two().ilog2() as i32;
        Self { gradient: of(gradient, (61 - n).min(50)), curvature: of(curvature, COUNT as i32 - 2 - n) }
    }

    /// A sample's sum.
    #[inline(always)]
    pub fn sum(&self, gradient: f64, curvature: f64) -> Sum {
        const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 · 2⁵²: the sum's low bits hold the whole number
        let whole = |v: f64| (v + ROUND).to_bits().wrapping_sub(ROUND.to_bits()) as i64;
        [whole(gradient * self.gradient), whole(curvature * self.curvature) + (1 << COUNT)]
    }

    fn gradient(&self, sum: Sum) -> f64 {
        sum[0] as f64 / self.gradient
    }

    fn curvature(&self, sum: Sum) -> f64 {
        (sum[1] & ((1 << COUNT) - 1)) as f64 / self.curvature
    }
}

fn samples(sum: Sum) -> usize {
    (sum[1] >> COUNT) as usize
}

fn plus(a: Sum, b: Sum) -> Sum {
    [a[0] + b[0], a[1] + b[1]]
}

fn minus(a: Sum, b: Sum) -> Sum {
    [a[0] - b[0], a[1] - b[1]]
}

/// Which bins go left: a bit for each.
type Set = [u64; 4];

/// A tree of a boosting, depth first: the left child of a node follows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Saved", into = "Saved")]
pub(super) struct BoostTree {
    nodes: Vec<Node>,
    answers: Vec<f64>, // of each node; 0 unless it is a leaf
    sets: Vec<Set>,
}

/// A node. In a leaf the threshold is NaN, which no number is at most, and `right` is the leaf itself: whoever goes on
/// from a leaf stays there.
#[derive(Clone, Copy, Debug)]
struct Node {
    threshold: f64, // at most this goes left; with SET the place of the bins that do
    feature: u32,   // with the flags MISSING_LEFT and SET
    right: u32,
}

const MISSING_LEFT: u32 = 1 << 31;
const SET: u32 = 1 << 30;

impl Node {
    fn column(&self) -> usize {
        (self.feature & !(MISSING_LEFT | SET)) as usize
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct Saved {
    features: Packed<u32>, // with the flags, or LEAF
    numbers: Packed<f64>,  // thresholds, or a leaf's answer
    sets: Packed<u64>,
}

impl From<BoostTree> for Saved {
    fn from(tree: BoostTree) -> Self {
        let leaf = |i: usize| tree.nodes[i].right as usize == i;
        let all = 0..tree.nodes.len();
        Self {
            features: Packed(all.clone().map(|i| if leaf(i) { LEAF } else { tree.nodes[i].feature }).collect()),
            numbers: Packed(all.map(|i| if leaf(i) { tree.answers[i] } else { tree.nodes[i].threshold }).collect()),
            sets: Packed(tree.sets.concat()),
        }
    }
}

impl TryFrom<Saved> for BoostTree {
    type Error = &'static str;

    fn try_from(s: Saved) -> Result<Self, &'static str> {
        let (features, numbers) = (s.features.0, s.numbers.0);
        let sets: Vec<Set> = s.sets.0.as_chunks::<4>().0.to_vec();
        let place = |v: f64| v >= 0.0 && v < sets.len() as f64;
        let sets_of = || features.iter().zip(&numbers).filter(|(f, _)| **f != LEAF && **f & SET != 0);
        if numbers.len() != features.len()
            || s.sets.0.len() != 4 * sets.len()
            || numbers.iter().any(|v| !v.is_finite())
            || !sets_of().all(|(_, v)| place(*v))
        {
            return Err("a tree's lists do not fit each other");
        }
        Self::new(&features, &numbers, sets)
    }
}

impl BoostTree {
    /// From each node's feature with its flags (or [`LEAF`]) and its threshold (or answer).
    fn new(features: &[u32], numbers: &[f64], sets: Vec<Set>) -> Result<Self, &'static str> {
        let rights = rights(features)?;
        let node = |i: usize| match features[i] {
            LEAF => Node { threshold: f64::NAN, feature: 0, right: rights[i] },
            feature => Node { threshold: numbers[i], feature, right: rights[i] },
        };
        let nodes = (0..features.len()).map(node).collect();
        let answers = features.iter().zip(numbers).map(|(f, v)| if *f == LEAF { *v } else { 0.0 }).collect();
        Ok(Self { nodes, answers, sets })
    }

    /// Whether it fits features in such bins.
    pub fn sound(&self, bounds: &[Bounds]) -> bool {
        let sets = |b: &Bounds| matches!(b, Bounds::Categories(_));
        self.nodes.iter().all(|n| bounds.get(n.column()).is_some_and(|b| n.feature & SET == 0 || sets(b)))
    }

    pub fn leaves(&self) -> usize {
        self.nodes.len() / 2 + 1
    }

    /// Steps from the root to the farthest leaf.
    pub fn depth(&self) -> usize {
        let mut depths = vec![0u32; self.nodes.len()];
        for (i, node) in self.nodes.iter().enumerate().filter(|(i, n)| n.right as usize != *i) {
            depths[i + 1] = depths[i] + 1;
            depths[node.right as usize] = depths[i] + 1;
        }
        depths.into_iter().max().unwrap_or(0) as usize
    }

    /// Adds its answer for each of `rows` to every `step`-th of `sums`.
    pub fn add(&self, rows: &[f64], columns: usize, bounds: &[Bounds], sums: &mut [f64], step: usize) {
        let nodes = &self.nodes[..];
        let by_number = |at: u32, row: &[f64]| {
            let node = nodes[at as usize];
            let v = row[(node.feature & !MISSING_LEFT) as usize];
            let left = (v <= node.threshold) | (v.is_nan() & (node.feature & MISSING_LEFT != 0));
            either(left, at + 1, node.right)
        };
        let by_either = |at: u32, row: &[f64]| {
            let node = nodes[at as usize];
            if node.feature & SET == 0 {
                return by_number(at, row);
            }
            let bin = bounds[node.column()].category(row[node.column()] + 0.0);
            let left = self.sets[node.threshold as usize][usize::from(bin / 64)] >> (bin % 64) & 1 == 1;
            either(left, at + 1, node.right)
        };
        for (group, rows) in rows.chunks(LANES * columns).enumerate() {
            let add = |t: usize, at: u32| sums[(group * LANES + t) * step] += self.answers[at as usize];
            match self.sets.is_empty() {
                true => for_each_leaf(rows, columns, by_number, add),
                false => for_each_leaf(rows, columns, by_either, add),
            }
        }
    }
}

/// Grows trees of the same samples; keeps the room that this needs.
pub(super) struct Grower<'a> {
    binned: &'a Binned,
    shape: Shape,
    rows: Vec<u32>, // the samples, each leaf's together
    spare: Vec<u32>,
    near: Vec<Sum>,              // of one leaf's samples, in their order
    pool: Vec<Vec<[Sum; BINS]>>, // histograms that nobody uses, one list of features each
    /// By how much the cuts of each feature have lowered the loss.
    pub importances: Vec<f64>,
}

/// A leaf that may be cut.
struct Open {
    cut: Cut,
    node: usize,
    leaf: Leaf,
    histogram: Vec<[Sum; BINS]>,
}

/// A part of the samples.
#[derive(Clone, Copy)]
struct Leaf {
    start: usize,
    end: usize,
    depth: usize,
    sum: Sum,
}

/// Where a leaf is cut.
#[derive(Clone, Copy)]
struct Cut {
    gain: f64,
    feature: usize,
    bin: usize, // the last on the left
    missing_left: bool,
    set: Option<Set>,
    left: Sum,
}

impl PartialEq for Open {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Open {}
impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Open {
    fn cmp(&self, other: &Self) -> Ordering {
        self.cut.gain.total_cmp(&other.cut.gain).then(other.node.cmp(&self.node))
    }
}

/// A node while the tree grows.
struct Grown {
    leaf: Leaf,
    cut: Option<Cut>,
    children: [usize; 2],
}

impl<'a> Grower<'a> {
    pub fn new(binned: &'a Binned, shape: Shape) -> Self {
        Self {
            binned,
            shape,
            rows: (0..binned.rows as u32).collect(),
            spare: vec![0; binned.rows],
            near: vec![[0; 2]; binned.rows],
            pool: Vec::new(),
            importances: vec![0.0; binned.columns],
        }
    }

    /// A tree that steps against the gradients; it adds its answers to `raw`.
    pub fn grow(&mut self, sums: &[Sum], scale: Scale, raw: &mut [f64]) -> Result<BoostTree> {
        let n = self.binned.rows;
        self.rows.iter_mut().enumerate().for_each(|(i, row)| *row = i as u32);
        let root = Leaf { start: 0, end: n, depth: 0, sum: sums.iter().fold([0; 2], |a, &b| plus(a, b)) };
        let mut nodes = vec![Grown { leaf: root, cut: None, children: [0; 2] }];
        let mut open = BinaryHeap::new();
        if self.worth(&root) {
            let mut histogram = self.room();
            self.fill(&root, sums, &mut histogram);
            self.consider(0, root, histogram, scale, &mut open)?;
        }
        let mut leaves = 1;
        while leaves < self.shape.max_leaves {
            let Some(Open { cut, node, leaf, histogram }) = open.pop() else { break };
            leaves += 1;
            let middle = leaf.start + self.part(&leaf, &cut);
            let depth = leaf.depth + 1;
            let left = Leaf { start: leaf.start, end: middle, depth, sum: cut.left };
            let right = Leaf { start: middle, end: leaf.end, depth, sum: minus(leaf.sum, cut.left) };
            let at = nodes.len();
            (nodes[node].cut, nodes[node].children) = (Some(cut), [at, at + 1]);
            self.importances[cut.feature] += cut.gain;
            for leaf in [left, right] {
                nodes.push(Grown { leaf, cut: None, children: [0; 2] });
            }
            let mut both = [(at, left), (at + 1, right)];
            if left.end - left.start > right.end - right.start {
                both.swap(0, 1);
            }
            let [smaller, larger] = both;
            if leaves == self.shape.max_leaves || !self.worth(&larger.1) {
                self.pool.push(histogram);
                continue;
            }
            let mut own = self.room();
            self.fill(&smaller.1, sums, &mut own);
            let mut rest = histogram;
            take_away(&mut rest, &own);
            self.consider(larger.0, larger.1, rest, scale, &mut open)?;
            match self.worth(&smaller.1) {
                true => self.consider(smaller.0, smaller.1, own, scale, &mut open)?,
                false => self.pool.push(own),
            }
        }
        self.pool.extend(open.into_iter().map(|o| o.histogram));
        Ok(self.finish(&nodes, scale, raw))
    }

    /// Whether a leaf could be cut at all.
    fn worth(&self, leaf: &Leaf) -> bool {
        leaf.end - leaf.start >= 2 * self.shape.min_samples_leaf && leaf.depth < self.shape.max_depth
    }

    fn room(&mut self) -> Vec<[Sum; BINS]> {
        self.pool.pop().unwrap_or_else(|| vec![[[0; 2]; BINS]; self.binned.columns])
    }

    /// Sums up the samples of a leaf.
    fn fill(&mut self, leaf: &Leaf, sums: &[Sum], histogram: &mut [[Sum; BINS]]) {
        let rows = &self.rows[leaf.start..leaf.end];
        let all = rows.len() == sums.len();
        let near = if all {
            sums
        } else {
            let near = &mut self.near[..rows.len()];
            near.iter_mut().zip(rows).for_each(|(near, &i)| *near = sums[i as usize]);
            near
        };
        let blocks = &self.binned.blocks;
        let one = |(block, histogram): (&Vec<[u8; TOGETHER]>, &mut [[Sum; BINS]])| {
            histogram.iter_mut().for_each(|h| *h = [[0; 2]; BINS]);
            match histogram.len() {
                4 => sum_up::<4>(block, rows, near, histogram, all),
                3 => sum_up::<3>(block, rows, near, histogram, all),
                2 => sum_up::<2>(block, rows, near, histogram, all),
                _ => sum_up::<1>(block, rows, near, histogram, all),
            }
        };
        match rows.len() >= WORTH && rayon::current_num_threads() > 1 {
            true => blocks.par_iter().zip(histogram.par_chunks_mut(TOGETHER)).for_each(one),
            false => blocks.iter().zip(histogram.chunks_mut(TOGETHER)).for_each(one),
        }
    }

    /// Finds the best cut of a leaf, and puts it among the open ones if there is one.
    fn consider(
        &mut self,
        node: usize,
        leaf: Leaf,
        histogram: Vec<[Sum; BINS]>,
        scale: Scale,
        open: &mut BinaryHeap<Open>,
    ) -> Result<()> {
        stop::check()?;
        let (bounds, shape) = (&self.binned.bounds, &self.shape);
        let one = |(j, h): (usize, &[Sum; BINS])| match &bounds[j] {
            Bounds::Edges(_) => among_numbers(j, h, bounds[j].bins(), &leaf, shape, scale),
            Bounds::Categories(_) => among_categories(j, h, &leaf, shape, scale),
        };
        let better = |a: Option<Cut>, b: Option<Cut>| match (a, b) {
            (Some(a), Some(b)) => Some(if b.gain > a.gain { b } else { a }),
            (a, b) => a.or(b),
        };
        let best = match histogram.len() >= 64 && rayon::current_num_threads() > 1 {
            true => {
                let found: Vec<Option<Cut>> = histogram.par_iter().enumerate().map(one).collect();
                found.into_iter().fold(None, better)
            }
            false => histogram.iter().enumerate().map(one).fold(None, better),
        };
        match best {
            Some(cut) => open.push(Open { cut, node, leaf, histogram }),
            None => self.pool.push(histogram),
        }
        Ok(())
    }

    /// Brings the samples that go left to the front of their leaf, keeping the order; how many they are.
    fn part(&mut self, leaf: &Leaf, cut: &Cut) -> usize {
        let block = &self.binned.blocks[cut.feature / TOGETHER];
        let t = cut.feature % TOGETHER;
        let mut goes = [false; BINS];
        for (bin, goes) in goes.iter_mut().enumerate() {
            *goes = match cut.set {
                Some(set) => set[bin / 64] >> (bin % 64) & 1 == 1,
                None if bin == usize::from(MISSING) => cut.missing_left,
                None => bin <= cut.bin,
            };
        }
        let rows = &mut self.rows[leaf.start..leaf.end];
        let spare = &mut self.spare[..rows.len()];
        let (mut l, mut r) = (0, 0);
        for at in 0..rows.len() {
            let i = rows[at];
            let left = goes[usize::from(block[i as usize][t])];
            rows[l] = i;
            spare[r] = i;
            l += usize::from(left);
            r += usize::from(!left);
        }
        rows[l..].copy_from_slice(&spare[..r]);
        l
    }

    /// The tree, depth first; its answers are added to `raw`.
    fn finish(&self, nodes: &[Grown], scale: Scale, raw: &mut [f64]) -> BoostTree {
        let (mut features, mut numbers, mut sets) = (Vec::new(), Vec::new(), Vec::new());
        let mut todo = vec![0];
        while let Some(i) = todo.pop() {
            let Grown { leaf, cut, children } = &nodes[i];
            let Some(cut) = cut else {
                let step = -scale.gradient(leaf.sum) / (scale.curvature(leaf.sum) + self.shape.l2).max(1e-12);
                let answer = step * self.shape.lr;
                for &row in &self.rows[leaf.start..leaf.end] {
                    raw[row as usize] += answer;
                }
                features.push(LEAF);
                numbers.push(answer);
                continue;
            };
            let mut feature = cut.feature as u32;
            match (&self.binned.bounds[cut.feature], cut.set) {
                (_, Some(set)) => {
                    feature |= SET;
                    numbers.push(sets.len() as f64);
                    sets.push(set);
                }
                // After the last bin come only the missing ones.
                (Bounds::Edges(edges), _) => numbers.push(edges.0.get(cut.bin).copied().unwrap_or(f64::MAX)),
                (Bounds::Categories(_), None) => numbers.push(0.0),
            }
            features.push(feature | if cut.missing_left { MISSING_LEFT } else { 0 });
            todo.extend([children[1], children[0]]);
        }
        BoostTree::new(&features, &numbers, sets).expect("what was grown is a tree")
    }
}

/// Sums up samples in the histograms of `N` features that lie together.
#[inline(always)]
fn sum_up<const N: usize>(
    block: &[[u8; TOGETHER]],
    rows: &[u32],
    near: &[Sum],
    histogram: &mut [[Sum; BINS]],
    all: bool,
) {
    let Ok(histogram) = <&mut [[Sum; BINS]; N]>::try_from(histogram) else { return };
    let mut add = |bins: [u8; TOGETHER], sum: &Sum| {
        for t in 0..N {
            let to = &mut histogram[t][usize::from(bins[t])];
            *to = plus(*to, *sum);
        }
    };
    match all {
        true => block.iter().zip(near).for_each(|(bins, sum)| add(*bins, sum)),
        false => rows.iter().zip(near).for_each(|(&i, sum)| add(block[i as usize], sum)),
    }
}

/// What is left of a parent's histogram without one child's.
fn take_away(from: &mut [[Sum; BINS]], what: &[[Sum; BINS]]) {
    for (from, what) in from.iter_mut().zip(what) {
        for (from, what) in from.iter_mut().zip(what) {
            *from = minus(*from, *what);
        }
    }
}

/// How good it is to answer `l` and `r` apart: `G_l² / (H_l + l2) + G_r² / (H_r + l2)`, as one fraction.
#[inline(always)]
fn apart(gl: f64, hl: f64, gr: f64, hr: f64) -> f64 {
    (gl * gl * hr + gr * gr * hl) / (hl * hr)
}

/// The best cut of a feature between two of its bins, with what is missing on the left or on the right.
fn among_numbers(
    feature: usize,
    h: &[Sum; BINS],
    bins: usize,
    leaf: &Leaf,
    shape: &Shape,
    scale: Scale,
) -> Option<Cut> {
    let missing = h[usize::from(MISSING)];
    let some = samples(missing) > 0;
    if bins < 2 && !some {
        return None;
    }
    let mut sums = [[0i64; 2]; BINS];
    let mut sum = [0; 2];
    // Behind the last bin there is a cut only if something is missing.
    let cuts = if some { bins } else { bins - 1 };
    for b in 0..cuts {
        sum = plus(sum, h[b]);
        sums[b] = sum;
    }
    let (mut best, mut found) = (parent(leaf, shape, scale), None);
    for missing_left in [false, true] {
        if missing_left && !some {
            break;
        }
        let extra = if missing_left { missing } else { [0; 2] };
        let cuts = if missing_left { cuts - 1 } else { cuts };
        let mut gains = [0.0; BINS];
        vectorised(
            #[inline(always)]
            || all_gains(&sums, cuts, extra, leaf.sum, shape, scale, &mut gains),
        );
        for (b, gain) in gains[..cuts].iter().enumerate() {
            if *gain > best {
                (best, found) = (*gain, Some((b, missing_left, plus(sums[b], extra))));
            }
        }
    }
    found.map(|(bin, missing_left, left)| {
        let gain = best - parent(leaf, shape, scale);
        // Where nothing was missing, the missing go with the many.
        let missing_left = if some { missing_left } else { 2 * samples(left) > samples(leaf.sum) };
        Cut { gain, feature, bin, missing_left, set: None, left }
    })
}

/// What a cut must be better than.
fn parent(leaf: &Leaf, shape: &Shape, scale: Scale) -> f64 {
    let (g, h) = (scale.gradient(leaf.sum), scale.curvature(leaf.sum) + shape.l2);
    let own = if h > 0.0 { g * g / h } else { 0.0 };
    own + 1e-9 * own.max(f64::MIN_POSITIVE)
}

/// How good each cut is; 0 where a side would be too small.
#[inline(always)]
fn all_gains(
    sums: &[Sum; BINS],
    cuts: usize,
    extra: Sum,
    all: Sum,
    shape: &Shape,
    scale: Scale,
    gains: &mut [f64; BINS],
) {
    const LOW: i64 = (1 << COUNT) - 1;
    let least = shape.min_samples_leaf as i64;
    let (g_unit, h_unit) = (1.0 / scale.gradient, 1.0 / scale.curvature);
    for (sum, gain) in sums[..cuts].iter().zip(&mut gains[..cuts]) {
        let l = [sum[0] + extra[0], sum[1] + extra[1]];
        let r = [all[0] - l[0], all[1] - l[1]];
        let (gl, gr) = (l[0] as f64 * g_unit, r[0] as f64 * g_unit);
        let (hl, hr) = ((l[1] & LOW) as f64 * h_unit, (r[1] & LOW) as f64 * h_unit);
        let good =
            (l[1] >> COUNT >= least) & (r[1] >> COUNT >= least) & (hl >= LEAST_CURVATURE) & (hr >= LEAST_CURVATURE);
        let value = apart(gl, hl + shape.l2, gr, hr + shape.l2);
        *gain = if good { value } else { 0.0 };
    }
}

/// The best cut of categories: sorted by their gradients, a cut between two neighbours is the best of all sets (Fisher
/// 1958). What is missing is a category too.
fn among_categories(feature: usize, h: &[Sum; BINS], leaf: &Leaf, shape: &Shape, scale: Scale) -> Option<Cut> {
    let average = scale.curvature(leaf.sum) / samples(leaf.sum).max(1) as f64;
    let key = |bin: usize| scale.gradient(h[bin]) / (scale.curvature(h[bin]) + SMOOTH * average).max(1e-12);
    let mut order: Vec<(f64, usize)> = (0..BINS).filter(|&b| samples(h[b]) > 0).map(|b| (key(b), b)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut sums = [[0i64; 2]; BINS];
    let mut sum = [0; 2];
    for (to, (_, bin)) in sums.iter_mut().zip(&order) {
        sum = plus(sum, h[*bin]);
        *to = sum;
    }
    let cuts = order.len().saturating_sub(1);
    let mut gains = [0.0; BINS];
    all_gains(&sums, cuts, [0; 2], leaf.sum, shape, scale, &mut gains);
    let (mut best, mut found) = (parent(leaf, shape, scale), None);
    for (at, gain) in gains[..cuts].iter().enumerate() {
        if *gain > best {
            (best, found) = (*gain, Some(at));
        }
    }
    found.map(|at| {
        let mut set = [0; 4];
        order[..=at].iter().for_each(|(_, bin)| set[bin / 64] |= 1 << (bin % 64));
        let gain = best - parent(leaf, shape, scale);
        Cut { gain, feature, bin: 0, missing_left: false, set: Some(set), left: sums[at] }
    })
}
