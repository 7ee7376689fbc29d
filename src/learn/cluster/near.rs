//! Who is near whom: a k-d tree for few features, matrix products for many.
//!
//! Bentley (1975), "Multidimensional binary search trees used for associative searching". Leaves hold [`LEAF`] points
//! column by column, so that one leaf's distances are a few vector instructions.

use crate::{Result, stop};
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

/// Points in one leaf; short leaves are filled up with points infinitely far away.
const LEAF: usize = 16;

/// From this many features on a tree prunes too little, and matrix products find neighbours faster.
pub(in crate::learn) const MANY_FEATURES: usize = 16;

/// Queries in one piece of work.
const PIECE: usize = 128;

/// Runs `work` compiled for the vector instructions found at run time; what it calls must be `#[inline(always)]`.
#[inline(always)]
pub(in crate::learn) fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

/// The squared distance.
#[inline(always)]
pub(in crate::learn) fn distance2(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (a, b) in a.iter().zip(b) {
        for i in 0..8 {
            lanes[i] += (a[i] - b[i]) * (a[i] - b[i]);
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| (a - b) * (a - b)).sum();
    lanes.iter().sum::<f64>() + rest
}

/// `out = a · bᵀ` for rows of `d` numbers; `out` is `[rows of a, rows of b]`.
pub(in crate::learn) fn products(a: &[f64], b: &[f64], d: usize, out: &mut [f64]) {
    let (n, m) = (a.len() / d, b.len() / d);
    let a = MatRef::from_row_major_slice(a, n, d);
    let b = MatRef::from_column_major_slice(b, d, m);
    matmul(MatMut::from_row_major_slice_mut(out, n, m), Accum::Replace, a, b, 1.0, Par::Seq);
}

/// The nearest `k` of some points for each of many queries, the nearest first.
#[derive(Clone, Debug)]
pub(in crate::learn) struct Near {
    /// How many for each query.
    pub k: usize,
    /// Places of the neighbours. `[queries, k]`
    pub places: Vec<u32>,
    /// Their squared distances. `[queries, k]`
    pub squared: Vec<f64>,
}

/// The nearest `k` points of `x` for each row of `queries`; with `itself` false, query `i` leaves out point `i`.
pub(in crate::learn) fn nearest(x: &[f64], queries: &[f64], d: usize, k: usize, itself: bool) -> Result<Near> {
    nearest_by(x, queries, d, k, itself, d < MANY_FEATURES)
}

/// As [`nearest`], by a tree or by matrix products.
pub(in crate::learn) fn nearest_by(
    x: &[f64],
    queries: &[f64],
    d: usize,
    k: usize,
    itself: bool,
    by_tree: bool,
) -> Result<Near> {
    let n = x.len() / d;
    let k = k.min(if itself { n } else { n - 1 });
    let rows = queries.len() / d;
    let mut places = vec![0; rows * k];
    let mut squared = vec![0.0; rows * k];
    if k == 0 {
        return Ok(Near { k, places, squared });
    }
    let tree = by_tree.then(|| Tree::new(x, d));
    let norms: Vec<f64> = if tree.is_some() { vec![] } else { x.chunks_exact(d).map(norm2).collect() };
    places
        .par_chunks_mut(PIECE * k)
        .zip(squared.par_chunks_mut(PIECE * k))
        .zip(queries.par_chunks(PIECE * d))
        .enumerate()
        .try_for_each(|(piece, ((places, squared), queries))| {
            stop::check()?;
            match &tree {
                Some(tree) => vectorised(
                    #[inline(always)]
                    || {
                        let mut stack = Vec::new();
                        let lists = places.chunks_exact_mut(k).zip(squared.chunks_exact_mut(k));
                        for (i, (query, (places, squared))) in queries.chunks_exact(d).zip(lists).enumerate() {
                            let without = if itself { u32::MAX } else { (piece * PIECE + i) as u32 };
                            let mut best = Best::new(places, squared);
                            tree.nearest(query, without, &mut best, &mut stack);
                        }
                    },
                ),
                None => by_products(x, &norms, queries, d, k, (!itself).then_some(piece * PIECE), places, squared)?,
            }
            Ok(())
        })?;
    Ok(Near { k, places, squared })
}

/// The squared length.
fn norm2(row: &[f64]) -> f64 {
    row.iter().map(|v| v * v).sum()
}

/// Neighbours by `|q - x|² = |q|² + |x|² - 2 q·x`; what is chosen so is then measured exactly.
#[expect(clippy::too_many_arguments)]
fn by_products(
    x: &[f64],
    norms: &[f64],
    queries: &[f64],
    d: usize,
    k: usize,
    first: Option<usize>,
    places: &mut [u32],
    squared: &mut [f64],
) -> Result<()> {
    const STRIP: usize = 2048;
    let rows = queries.len() / d;
    let mut dots = vec![0.0; rows * STRIP];
    places.fill(u32::MAX);
    squared.fill(f64::INFINITY);
    for (strip, x) in x.chunks(STRIP * d).enumerate() {
        stop::check()?;
        let m = x.len() / d;
        let dots = &mut dots[..rows * m];
        products(queries, x, d, dots);
        let norms = &norms[strip * STRIP..][..m];
        vectorised(
            #[inline(always)]
            || {
                for i in 0..rows {
                    let dots = &mut dots[i * m..(i + 1) * m];
                    for (dot, norm) in dots.iter_mut().zip(norms) {
                        *dot = norm - 2.0 * *dot;
                    }
                    if let Some(me) = first.and_then(|f| (f + i).checked_sub(strip * STRIP)).filter(|&me| me < m) {
                        dots[me] = f64::INFINITY;
                    }
                    let (places, squared) = (&mut places[i * k..(i + 1) * k], &mut squared[i * k..(i + 1) * k]);
                    let mut best = Best { places, squared };
                    for (c, chunk) in dots.chunks(8).enumerate() {
                        let worst = best.worst();
                        let mut any = false;
                        for &v in chunk {
                            any |= v < worst;
                        }
                        if any {
                            for (j, &v) in chunk.iter().enumerate() {
                                if v < best.worst() {
                                    best.add((strip * STRIP + c * 8 + j) as u32, v);
                                }
                            }
                        }
                    }
                }
            },
        );
    }
    let exact = |i: usize, place: u32| match place {
        u32::MAX => f64::INFINITY,
        place => distance2(&queries[i * d..(i + 1) * d], &all_row(x, d, place as usize)),
    };
    for i in 0..rows {
        let mut list: Vec<(f64, u32)> = places[i * k..(i + 1) * k].iter().map(|&p| (exact(i, p), p)).collect();
        list.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for (j, (value, place)) in list.into_iter().enumerate() {
            places[i * k + j] = place;
            squared[i * k + j] = value;
        }
    }
    Ok(())
}

fn all_row(x: &[f64], d: usize, i: usize) -> Vec<f64> {
    x[i * d..(i + 1) * d].to_vec()
}

/// The best few so far, in order.
pub(in crate::learn) struct Best<'a> {
    places: &'a mut [u32],
    squared: &'a mut [f64],
}

impl<'a> Best<'a> {
    fn new(places: &'a mut [u32], squared: &'a mut [f64]) -> Self {
        places.fill(u32::MAX);
        squared.fill(f64::INFINITY);
        Self { places, squared }
    }

    #[inline(always)]
    fn worst(&self) -> f64 {
        self.squared[self.squared.len() - 1]
    }

    #[inline(always)]
    fn add(&mut self, place: u32, squared: f64) {
        let mut i = self.squared.len() - 1;
        while i > 0 && self.squared[i - 1] > squared {
            self.squared[i] = self.squared[i - 1];
            self.places[i] = self.places[i - 1];
            i -= 1;
        }
        self.squared[i] = squared;
        self.places[i] = place;
    }
}

/// A k-d tree.
#[derive(Clone, Debug)]
pub(in crate::learn) struct Tree {
    d: usize,
    nodes: Vec<Node>,
    /// Smallest then largest coordinates of each node's points. `[nodes, 2, d]`
    boxes: Vec<f64>,
    /// Places of the points, leaf by leaf.
    order: Vec<u32>,
    /// Coordinates of each leaf, column by column. `[leaves, d, LEAF]`
    leaves: Vec<f64>,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    /// Its points in `order`.
    start: u32,
    end: u32,
    /// The second child (the first is the next node), or for a leaf its number, with `LEAF_BIT`.
    next: u32,
}

const LEAF_BIT: u32 = 1 << 31;

impl Tree {
    /// Of the rows of `x`, each of `d` numbers.
    pub fn new(x: &[f64], d: usize) -> Self {
        let n = x.len() / d;
        let order = (0..n as u32).collect();
        let mut tree = Self { d, nodes: vec![], boxes: vec![], order, leaves: vec![] };
        if n > 0 {
            tree.build(x, 0, n);
        }
        tree
    }

    fn build(&mut self, x: &[f64], start: usize, end: usize) {
        let (d, me) = (self.d, self.nodes.len());
        let mut low = vec![f64::INFINITY; d];
        let mut high = vec![f64::NEG_INFINITY; d];
        for &p in &self.order[start..end] {
            for (j, &v) in x[p as usize * d..][..d].iter().enumerate() {
                low[j] = low[j].min(v);
                high[j] = high[j].max(v);
            }
        }
        let widest = (0..d).fold(0, |w, j| if high[j] - low[j] > high[w] - low[w] { j } else { w });
        self.boxes.extend(low);
        self.boxes.extend(high);
        self.nodes.push(Node { start: start as u32, end: end as u32, next: 0 });
        if end - start <= LEAF {
            let leaf = self.leaves.len() / (d * LEAF);
            self.nodes[me].next = leaf as u32 | LEAF_BIT;
            self.order[start..end].sort_unstable();
            for j in 0..d {
                let column = self.order[start..end].iter().map(|&p| x[p as usize * d + j]);
                self.leaves.extend(column.chain(std::iter::repeat_n(f64::INFINITY, LEAF - (end - start))));
            }
            return;
        }
        // Cut at a multiple of a leaf, so that leaves are full.
        let half = ((end - start) / 2).div_ceil(LEAF) * LEAF;
        self.order[start..end].select_nth_unstable_by(half, |&a, &b| {
            x[a as usize * d + widest].total_cmp(&x[b as usize * d + widest]).then(a.cmp(&b))
        });
        self.build(x, start, start + half);
        self.nodes[me].next = self.nodes.len() as u32;
        self.build(x, start + half, end);
    }

    /// Places of the points in the order of the leaves: queries in this order find what they need in the cache.
    pub fn order(&self) -> &[u32] {
        &self.order
    }

    #[inline(always)]
    fn gap2(&self, node: usize, query: &[f64]) -> f64 {
        let d = self.d;
        let (low, high) = self.boxes[node * 2 * d..(node + 1) * 2 * d].split_at(d);
        let mut sum = 0.0;
        for j in 0..d {
            let gap = (low[j] - query[j]).max(query[j] - high[j]).max(0.0);
            sum += gap * gap;
        }
        sum
    }

    #[inline(always)]
    fn reach2(&self, node: usize, query: &[f64]) -> f64 {
        let d = self.d;
        let (low, high) = self.boxes[node * 2 * d..(node + 1) * 2 * d].split_at(d);
        let mut sum = 0.0;
        for j in 0..d {
            let reach = (query[j] - low[j]).max(high[j] - query[j]);
            sum += reach * reach;
        }
        sum
    }

    #[inline(always)]
    fn leaf_distances(&self, leaf: usize, query: &[f64]) -> [f64; LEAF] {
        let columns = self.leaves[leaf * self.d * LEAF..(leaf + 1) * self.d * LEAF].as_chunks::<LEAF>().0;
        let mut sum = [0.0; LEAF];
        for (column, &q) in columns.iter().zip(query) {
            for t in 0..LEAF {
                sum[t] += (column[t] - q) * (column[t] - q);
            }
        }
        sum
    }

    /// Fills `best` with the nearest points but `without`.
    #[inline(always)]
    pub fn nearest(&self, query: &[f64], without: u32, best: &mut Best<'_>, stack: &mut Vec<(f64, u32)>) {
        stack.clear();
        stack.push((0.0, 0));
        while let Some((gap, node)) = stack.pop() {
            if gap >= best.worst() {
                continue;
            }
            let Node { start, end, next } = self.nodes[node as usize];
            if next & LEAF_BIT == 0 {
                let (a, b) = (node + 1, next);
                let (gap_a, gap_b) = (self.gap2(a as usize, query), self.gap2(b as usize, query));
                // The nearer one is looked at first: it lies on top.
                if gap_a <= gap_b {
                    stack.extend([(gap_b, b), (gap_a, a)]);
                } else {
                    stack.extend([(gap_a, a), (gap_b, b)]);
                }
                continue;
            }
            let distances = self.leaf_distances((next & !LEAF_BIT) as usize, query);
            let worst = best.worst();
            let mut any = false;
            for t in 0..LEAF {
                any |= distances[t] < worst;
            }
            if any {
                for t in 0..(end - start) as usize {
                    let place = self.order[start as usize + t];
                    if distances[t] < best.worst() && place != without {
                        best.add(place, distances[t]);
                    }
                }
            }
        }
    }

    /// Calls `found` with each point whose squared distance is at most `radius2`, until it answers false.
    #[inline(always)]
    pub fn within(&self, query: &[f64], radius2: f64, stack: &mut Vec<u32>, mut found: impl FnMut(u32, f64) -> bool) {
        stack.clear();
        stack.push(0);
        while let Some(node) = stack.pop() {
            let Node { start, end, next } = self.nodes[node as usize];
            if next & LEAF_BIT == 0 {
                for child in [next, node + 1] {
                    if self.gap2(child as usize, query) <= radius2 {
                        stack.push(child);
                    }
                }
                continue;
            }
            let distances = self.leaf_distances((next & !LEAF_BIT) as usize, query);
            for t in 0..(end - start) as usize {
                if distances[t] <= radius2 && !found(self.order[start as usize + t], distances[t]) {
                    return;
                }
            }
        }
    }

    /// How many points have a squared distance of at most `radius2`; counting may end at `enough`.
    #[inline(always)]
    pub fn count(&self, query: &[f64], radius2: f64, enough: usize, stack: &mut Vec<u32>) -> usize {
        stack.clear();
        stack.push(0);
        let mut count = 0;
        while let Some(node) = stack.pop() {
            let Node { start, end, next } = self.nodes[node as usize];
            if next & LEAF_BIT == 0 {
                for child in [next, node + 1] {
                    if self.gap2(child as usize, query) > radius2 {
                        continue;
                    }
                    if self.reach2(child as usize, query) <= radius2 {
                        let Node { start, end, .. } = self.nodes[child as usize];
                        count += (end - start) as usize;
                    } else {
                        stack.push(child);
                    }
                }
            } else {
                let distances = self.leaf_distances((next & !LEAF_BIT) as usize, query);
                let mut here = 0;
                for t in 0..LEAF {
                    here += usize::from(distances[t] <= radius2);
                }
                count += here.min((end - start) as usize);
            }
            if count >= enough {
                return count;
            }
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    fn points(n: usize, d: usize, seed: u64) -> Vec<f64> {
        let mut rng = Rng::new(seed);
        (0..n * d).map(|_| (rng.normal() * 8.0).round() / 8.0).collect()
    }

    #[test]
    fn neighbours_are_those_that_a_full_search_finds() {
        for (n, d, k) in [(1, 2, 3), (2, 3, 1), (40, 1, 5), (300, 3, 7), (2500, 2, 4), (150, 20, 6), (2300, 17, 3)] {
            let x = points(n, d, 5);
            for itself in [true, false] {
                let near = nearest(&x, &x, d, k, itself).unwrap();
                for i in (0..n).step_by(7) {
                    let mut all: Vec<f64> = (0..n)
                        .filter(|&j| itself || i != j)
                        .map(|j| distance2(&x[i * d..(i + 1) * d], &x[j * d..(j + 1) * d]))
                        .collect();
                    all.sort_by(f64::total_cmp);
                    for (a, b) in near.squared[i * near.k..(i + 1) * near.k].iter().zip(&all) {
                        assert!((a - b).abs() < 1e-9, "{a} {b}");
                    }
                }
            }
        }
    }

    #[test]
    fn points_within_a_radius_are_counted_and_listed() {
        let (n, d) = (700, 2);
        let x = points(n, d, 9);
        let tree = Tree::new(&x, d);
        let mut stack = vec![];
        for i in 0..50 {
            let query = &x[i * d..(i + 1) * d];
            let expected = x.chunks_exact(d).filter(|p| distance2(p, query) <= 0.25).count();
            assert_eq!(tree.count(query, 0.25, usize::MAX, &mut stack), expected);
            let mut listed = 0;
            tree.within(query, 0.25, &mut stack, |_, _| {
                listed += 1;
                true
            });
            assert_eq!(listed, expected);
        }
    }
}
