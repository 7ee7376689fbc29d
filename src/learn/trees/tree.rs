//! A grown tree: flat lists for fast answers, and a plain view of it to print and to draw.

use super::packed::Packed;
use crate::learn::Samples;
use crate::learn::cluster::vectorised;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display, Write};

/// A tree in depth-first order: the left child of a node follows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Saved", into = "Saved")]
pub(super) struct Tree {
    nodes: Vec<Node>,
    slots: Vec<u32>,  // of each node: which leaf it is
    values: Vec<f64>, // [leaves, outputs]
    outputs: usize,
}

/// A node. In a leaf the threshold is NaN, which no number is at most, and `right` is the leaf itself: whoever goes on
/// from a leaf stays there.
#[derive(Clone, Copy, Debug)]
struct Node {
    threshold: f64, // at most this goes left
    place: u64,     // the feature in the low half, `right` in the high: read at once, so that nobody waits for a guess
}

impl Node {
    fn new(threshold: f64, feature: u32, right: u32) -> Self {
        Self { threshold, place: u64::from(right) << 32 | u64::from(feature) }
    }

    #[inline(always)]
    fn feature(&self) -> u32 {
        self.place as u32
    }

    #[inline(always)]
    fn right(&self) -> u32 {
        (self.place >> 32) as u32
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        let key = |n: &Self| (n.threshold.to_bits(), n.place);
        key(self) == key(other)
    }
}

/// A [`Tree`] in a file. A feature of [`LEAF`] is a leaf.
#[derive(Clone, Serialize, Deserialize)]
struct Saved {
    features: Packed<u32>,
    thresholds: Packed<f64>, // of the nodes that are no leaves
    values: Packed<f64>,
    outputs: usize,
}

/// In place of a leaf's feature.
pub(super) const LEAF: u32 = u32::MAX;

/// Rows that go down a tree together: each waits for memory while the others go on.
pub(super) const TOGETHER: usize = 8;

impl Tree {
    /// From each node's feature (or [`LEAF`]), the thresholds of those that are no leaves, and the leaves' values; all
    /// depth first, left before right.
    pub fn new(features: &[u32], thresholds: &[f64], values: Vec<f64>, outputs: usize) -> Result<Self, &'static str> {
        let leaves = features.iter().filter(|f| **f == LEAF).count();
        if thresholds.len() != features.len() - leaves
            || outputs == 0
            || leaves.checked_mul(outputs) != Some(values.len())
        {
            return Err("a tree's lists do not fit each other");
        }
        if thresholds.iter().chain(&values).any(|v| !v.is_finite()) {
            return Err("a tree holds what is not a number");
        }
        let rights = rights(features)?;
        let (mut thresholds, mut leaf) = (thresholds.iter(), 0);
        let mut nodes: Vec<Node> = Vec::with_capacity(features.len());
        let mut slots = Vec::with_capacity(features.len());
        for (&feature, &right) in features.iter().zip(&rights) {
            slots.push(leaf);
            if feature == LEAF {
                nodes.push(Node::new(f64::NAN, 0, right));
                leaf += 1;
            } else {
                let threshold = *thresholds.next().ok_or("a tree's lists do not fit each other")?;
                nodes.push(Node::new(threshold, feature, right));
            }
        }
        Ok(Self { nodes, slots, values, outputs })
    }

    /// Whether it fits so many features and outputs.
    pub fn sound(&self, columns: usize, outputs: usize) -> bool {
        self.outputs == outputs && self.nodes.iter().all(|n| (n.feature() as usize) < columns)
    }

    pub fn leaves(&self) -> usize {
        self.values.len() / self.outputs
    }

    /// What the leaves answer. `[leaves, outputs]`.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The same tree with other answers in its leaves, each made from the former one.
    pub fn answering(mut self, outputs: usize, answer: impl Fn(&[f64], &mut Vec<f64>)) -> Self {
        let mut values = Vec::with_capacity(self.leaves() * outputs);
        self.values.chunks_exact(self.outputs).for_each(|leaf| answer(leaf, &mut values));
        (self.values, self.outputs) = (values, outputs);
        self
    }

    /// Steps from the root to the farthest leaf.
    pub fn depth(&self) -> usize {
        let mut depths = vec![0u32; self.nodes.len()];
        for (i, node) in self.nodes.iter().enumerate() {
            if node.right() as usize != i {
                depths[i + 1] = depths[i] + 1;
                depths[node.right() as usize] = depths[i] + 1;
            }
        }
        depths.into_iter().max().unwrap_or(0) as usize
    }

    fn is_leaf(&self, i: usize) -> bool {
        self.nodes[i].right() as usize == i
    }

    /// The leaf of each of `rows`, that lie one after the other with `columns` numbers each.
    pub fn leaves_of(&self, rows: &[f64], columns: usize, mut found: impl FnMut(usize, usize)) {
        let (nodes, slots) = (&self.nodes[..], &self.slots[..]);
        let firsts: [usize; TOGETHER] = std::array::from_fn(|t| t * columns);
        vectorised(
            #[inline(always)]
            || {
                let groups = rows.chunks_exact(TOGETHER * columns);
                let rest = groups.remainder();
                let done = rows.len() - rest.len();
                for (group, rows) in groups.enumerate() {
                    // (One slice and first places: with a slice for each row this takes three times as long.)
                    let mut at = [0u32; TOGETHER];
                    loop {
                        let mut moved = 0;
                        for t in 0..TOGETHER {
                            let node = nodes[at[t] as usize];
                            let v = rows[firsts[t] + node.feature() as usize];
                            let next = either(v <= node.threshold, at[t] + 1, node.right());
                            moved |= next ^ at[t];
                            at[t] = next;
                        }
                        if moved == 0 {
                            break;
                        }
                    }
                    (0..TOGETHER).for_each(|t| found(group * TOGETHER + t, slots[at[t] as usize] as usize));
                }
                for (i, row) in rest.chunks_exact(columns).enumerate() {
                    let mut at = 0;
                    while nodes[at].right() as usize != at {
                        let node = nodes[at];
                        let left = row[node.feature() as usize] <= node.threshold;
                        at = if left { at + 1 } else { node.right() as usize };
                    }
                    found(done / columns + i, slots[at] as usize);
                }
            },
        );
    }

    /// Adds to `sums`, `[rows, outputs]`, what each row's leaf answers.
    pub fn add(&self, rows: &[f64], columns: usize, sums: &mut [f64]) {
        match self.outputs {
            1 => self.leaves_of(rows, columns, |i, leaf| sums[i] += self.values[leaf]),
            k => self.leaves_of(rows, columns, |i, leaf| {
                let values = &self.values[leaf * k..(leaf + 1) * k];
                sums[i * k..(i + 1) * k].iter_mut().zip(values).for_each(|(s, v)| *s += v);
            }),
        }
    }
}

/// `a` or `b`, without a jump, whose direction no processor could guess.
#[inline(always)]
pub(super) fn either(is: bool, a: u32, b: u32) -> u32 {
    b ^ ((a ^ b) & u32::from(is).wrapping_neg())
}

/// The nodes where up to [`TOGETHER`] rows end that go down a tree together by `step`, which stays in a leaf.
#[inline(always)]
pub(super) fn for_each_leaf(
    rows: &[f64],
    columns: usize,
    step: impl Fn(u32, &[f64]) -> u32,
    mut found: impl FnMut(usize, u32),
) {
    let mut at = [0u32; TOGETHER];
    if rows.len() == TOGETHER * columns {
        let rows: [&[f64]; TOGETHER] = std::array::from_fn(|t| &rows[t * columns..(t + 1) * columns]);
        loop {
            let mut moved = 0;
            for t in 0..TOGETHER {
                let next = step(at[t], rows[t]);
                moved |= next ^ at[t];
                at[t] = next;
            }
            if moved == 0 {
                break;
            }
        }
    } else {
        for (at, row) in at.iter_mut().zip(rows.chunks_exact(columns)) {
            loop {
                let next = step(*at, row);
                if next == *at {
                    break;
                }
                *at = next;
            }
        }
    }
    (0..rows.len() / columns).for_each(|t| found(t, at[t]));
}

/// The right child of each node of a tree in depth-first order, whose features are [`LEAF`] in leaves; of a leaf the
/// leaf itself.
pub(super) fn rights(features: &[u32]) -> Result<Vec<u32>, &'static str> {
    if features.last() != Some(&LEAF) || features.len() >= LEAF as usize {
        return Err("a tree's branch leads nowhere");
    }
    let mut rights = vec![0; features.len()];
    let mut waiting: Vec<usize> = Vec::new(); // nodes whose right child is to come
    for (i, &feature) in features.iter().enumerate() {
        if i > 0 && features[i - 1] == LEAF {
            let Some(parent) = waiting.pop() else { return Err("a tree has nodes that no branch leads to") };
            rights[parent] = i as u32;
        }
        match feature {
            LEAF => rights[i] = i as u32,
            _ => waiting.push(i),
        }
    }
    if waiting.is_empty() { Ok(rights) } else { Err("a tree's branch leads nowhere") }
}

impl From<Tree> for Saved {
    fn from(tree: Tree) -> Self {
        let leaf = |i: usize| tree.is_leaf(i);
        let features = (0..tree.nodes.len()).map(|i| if leaf(i) { LEAF } else { tree.nodes[i].feature() }).collect();
        let inner = (0..tree.nodes.len()).filter(|&i| !leaf(i));
        let thresholds = inner.map(|i| tree.nodes[i].threshold).collect();
        let outputs = tree.outputs;
        Self { features: Packed(features), thresholds: Packed(thresholds), values: Packed(tree.values), outputs }
    }
}

impl TryFrom<Saved> for Tree {
    type Error = &'static str;

    fn try_from(saved: Saved) -> Result<Self, &'static str> {
        Self::new(&saved.features.0, &saved.thresholds.0, saved.values.0, saved.outputs)
    }
}

/// What is known of each node beyond the tree itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Notes {
    samples: Packed<u32>,
    impurity: Packed<f64>,
    values: Packed<f64>, // [nodes, outputs]
}

impl Notes {
    pub fn new(samples: Vec<u32>, impurity: Vec<f64>, values: Vec<f64>) -> Self {
        Self { samples: Packed(samples), impurity: Packed(impurity), values: Packed(values) }
    }

    /// Whether they are of that tree.
    pub fn sound(&self, tree: &Tree) -> bool {
        let n = tree.nodes.len();
        self.samples.0.len() == n
            && self.impurity.0.len() == n
            && n.checked_mul(tree.outputs) == Some(self.values.0.len())
            && self.impurity.0.iter().chain(&self.values.0).all(|v| v.is_finite())
    }
}

/// One node of a [`TreeView`].
#[derive(Clone, Debug, PartialEq)]
pub struct NodeView {
    /// The feature that decides, from 0; nothing in a leaf.
    pub feature: Option<usize>,
    /// Numbers up to this go left. NaN in a leaf.
    pub threshold: f64,
    /// The node where small numbers go, from 0; nothing in a leaf.
    pub left: Option<usize>,
    /// The node where the others go, from 0; nothing in a leaf.
    pub right: Option<usize>,
    /// How many samples of the fit came here.
    pub samples: u32,
    /// How mixed they are: of classes by the criterion, of numbers their variance.
    pub impurity: f64,
    /// The share of each class, or the mean answer.
    pub value: Vec<f64>,
    /// Steps from the root.
    pub depth: usize,
}

/// A plain description of one tree, to print it and to draw it. Node 0 is the root.
#[derive(Clone, Debug, PartialEq)]
pub struct TreeView {
    /// The nodes, depth first, left before right.
    pub nodes: Vec<NodeView>,
    /// Whether the values are shares of classes.
    pub classes: bool,
}

/// Levels beyond this are not printed.
const LEVELS: usize = 40;

impl TreeView {
    pub(super) fn new(tree: &Tree, notes: &Notes, classes: bool) -> Self {
        let k = tree.outputs;
        let mut nodes: Vec<NodeView> = (0..tree.nodes.len())
            .map(|i| {
                let leaf = tree.is_leaf(i);
                NodeView {
                    feature: (!leaf).then_some(tree.nodes[i].feature() as usize),
                    threshold: tree.nodes[i].threshold,
                    left: (!leaf).then_some(i + 1),
                    right: (!leaf).then_some(tree.nodes[i].right() as usize),
                    samples: notes.samples.0[i],
                    impurity: notes.impurity.0[i],
                    value: notes.values.0[i * k..(i + 1) * k].to_vec(),
                    depth: 0,
                }
            })
            .collect();
        for i in 0..nodes.len() {
            for child in [nodes[i].left, nodes[i].right].into_iter().flatten() {
                nodes[child].depth = nodes[i].depth + 1;
            }
        }
        Self { nodes, classes }
    }

    /// The tree in words, one line for each branch and leaf. Features and classes without a name are called
    /// `feature 1`, `class 1` and so on, counted from 1.
    pub fn text(&self, feature_names: Option<&[String]>, class_names: Option<&[String]>) -> String {
        let named = |names: Option<&[String]>, i: usize, what: &str| match names.and_then(|n| n.get(i)) {
            Some(name) => name.clone(),
            None => format!("{what} {}", i + 1),
        };
        let mut out = String::new();
        // Each entry is a node, and the branch's line that comes before it.
        let mut todo: Vec<(usize, Option<(usize, bool)>)> = vec![(0, None)];
        while let Some((i, branch)) = todo.pop() {
            let node = &self.nodes[i];
            let mut level = node.depth;
            if let Some((parent, right)) = branch {
                let name = named(feature_names, self.nodes[parent].feature.unwrap_or(0), "feature");
                let sign = if right { ">" } else { "<=" };
                indent(&mut out, level - 1);
                let _ = writeln!(out, "{name} {sign} {}", short(self.nodes[parent].threshold));
            } else if node.feature.is_some() {
                level = 0;
            }
            let (samples, plural) = (node.samples, if node.samples == 1 { "" } else { "s" });
            match (node.left, node.right) {
                (Some(left), Some(right)) if node.depth < LEVELS => {
                    todo.push((right, Some((i, true))));
                    todo.push((left, Some((i, false))));
                }
                (Some(_), Some(_)) => {
                    indent(&mut out, level);
                    let _ = writeln!(out, "… more levels ({samples} sample{plural})");
                }
                _ => {
                    indent(&mut out, level);
                    let answer = match self.classes {
                        true => named(class_names, node.answer(), "class"),
                        false => short(node.value.first().copied().unwrap_or(0.0)),
                    };
                    let _ = writeln!(out, "{answer} ({samples} sample{plural})");
                }
            }
        }
        out
    }

    /// One row for each node: feature, threshold, left, right (all counted from 1, and 0 in a leaf), samples, impurity,
    /// and the class (from 1) or the mean answer; for classes then the share of each.
    pub(super) fn table(&self) -> Result<Samples> {
        let number = |v: Option<usize>| v.map_or(0.0, |v| v as f64 + 1.0);
        let row = |n: &NodeView| {
            let answer = if self.classes { n.answer() as f64 + 1.0 } else { n.value.first().copied().unwrap_or(0.0) };
            let threshold = if n.feature.is_some() { n.threshold } else { 0.0 };
            let (left, right, samples) = (number(n.left), number(n.right), f64::from(n.samples));
            let mut row = vec![number(n.feature), threshold, left, right, samples, n.impurity, answer];
            if self.classes {
                row.extend(&n.value);
            }
            row
        };
        let values: Vec<f64> = self.nodes.iter().flat_map(row).collect();
        Samples::new(self.nodes.len(), values.len() / self.nodes.len().max(1), values)
    }
}

impl NodeView {
    /// The most frequent class, from 0.
    pub fn answer(&self) -> usize {
        largest(&self.value)
    }
}

impl Display for TreeView {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.text(None, None))
    }
}

fn indent(out: &mut String, level: usize) {
    (0..level).for_each(|_| out.push_str("|  "));
}

/// A number with about four digits that matter.
fn short(v: f64) -> String {
    match v.abs() {
        a if a != 0.0 && !(1e-3..1e6).contains(&a) => format!("{v:.3e}"),
        a if a >= 1000.0 => format!("{v:.1}"),
        a if a >= 1.0 || a == 0.0 => format!("{v:.3}"),
        _ => format!("{v:.4}"),
    }
}

/// The place of the largest number, the first of several.
pub(super) fn largest(row: &[f64]) -> usize {
    let mut best = 0;
    for (i, v) in row.iter().enumerate() {
        if *v > row[best] {
            best = i;
        }
    }
    best
}

/// The refusal of a file whose parts do not fit together.
pub(super) fn damaged<T>(name: &str) -> Result<T> {
    Err(Error::value(format!("{name}: damaged or of another version: its parts do not fit together")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Tree {
        // x1 <= 0.5 ? (x2 <= 2 ? 10 : 20) : 30
        Tree::new(&[0, 1, LEAF, LEAF, LEAF], &[0.5, 2.0], vec![10.0, 20.0, 30.0], 1).unwrap()
    }

    #[test]
    fn rows_find_their_leaves() {
        let tree = small();
        assert_eq!((tree.depth(), tree.leaves()), (2, 3));
        let rows: Vec<f64> = (0..11).flat_map(|i| [f64::from(i % 2), f64::from(i % 4)]).collect();
        let mut sums = vec![0.0; 11];
        tree.add(&rows, 2, &mut sums);
        assert_eq!(sums, [10.0, 30.0, 10.0, 30.0, 10.0, 30.0, 10.0, 30.0, 10.0, 30.0, 10.0]);
        let mut sums = vec![0.0; 1];
        tree.add(&[0.5, 2.5], 2, &mut sums);
        assert_eq!(sums, [20.0]);
    }

    #[test]
    fn only_trees_are_trees() {
        assert!(Tree::new(&[0, LEAF], &[0.5], vec![1.0], 1).is_err());
        assert!(Tree::new(&[LEAF, LEAF], &[], vec![1.0, 2.0], 1).is_err());
        assert!(Tree::new(&[0, LEAF, LEAF, LEAF], &[0.5], vec![1.0; 3], 1).is_err());
        assert!(Tree::new(&[LEAF], &[], vec![f64::NAN], 1).is_err());
        assert!(Tree::new(&[0, LEAF, LEAF], &[0.5], vec![1.0; 2], usize::MAX).is_err());
        assert!(!small().sound(1, 1) && small().sound(2, 1) && !small().sound(2, 2));
    }

    #[test]
    fn a_tree_is_printed_with_names() {
        let notes = Notes::new(vec![9, 5, 2, 3, 4], vec![0.0; 5], vec![0.0, 0.0, 10.0, 20.0, 30.0]);
        let view = TreeView::new(&small(), &notes, false);
        let names = ["height".to_string()];
        assert_eq!(
            view.text(Some(&names), None),
            "height <= 0.5000\n|  feature 2 <= 2.000\n|  |  10.000 (2 samples)\n|  feature 2 > 2.000\n\
             |  |  20.000 (3 samples)\nheight > 0.5000\n|  30.000 (4 samples)\n"
        );
        assert_eq!(view.table().unwrap().row(1), [2.0, 2.0, 3.0, 4.0, 5.0, 0.0, 0.0]);
    }
}
