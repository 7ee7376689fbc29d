//! How points on a map repel each other: `Σ q² (y_i - y_j)` with `q = 1 / (1 + |y_i - y_j|²)`.
//!
//! Exactly for few points; for many, far groups count as one point at their middle (Barnes & Hut 1986). Points are
//! sorted along Morton's curve and share one walk through the tree in groups of [`LANES`], so that all arithmetic runs
//! over lists, a vector at a time.

use crate::learn::cluster::vectorised;
use crate::{Result, stop};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Points side by side in one vector.
pub(super) const LANES: usize = 16;

/// Up to this many points all pairs are computed.
const EXACT: usize = 2500;

/// Groups of points in one piece of work.
const PIECE: usize = 8;

/// Bits of each coordinate in a place along the curve.
const BITS: u32 = 20;

/// Points with weights, column by column; filled up to whole vectors with weight 0.
struct Sources<const D: usize> {
    weights: Vec<f32>,
    columns: [Vec<f32>; D],
}

impl<const D: usize> Sources<D> {
    fn new() -> Self {
        Self { weights: vec![], columns: std::array::from_fn(|_| vec![]) }
    }

    fn clear(&mut self) {
        self.weights.clear();
        self.columns.iter_mut().for_each(Vec::clear);
    }

    #[inline(always)]
    fn push(&mut self, weight: f32, at: &[f32; D]) {
        self.weights.push(weight);
        for a in 0..D {
            self.columns[a].push(at[a]);
        }
    }

    #[inline(always)]
    fn fill_up(&mut self) {
        while !self.weights.len().is_multiple_of(LANES) {
            self.push(0.0, &[0.0; D]);
        }
    }
}

/// `Σ w q` and `Σ w q² (y - s)` over the sources `s`, for each point `y`.
struct Push<'a, const D: usize> {
    sources: &'a Sources<D>,
    points: &'a [[f32; D]],
    out: &'a mut [([f32; D], f32)],
}

impl<const D: usize> WithSimd for Push<'_, D> {
    type Output = ();

    /// Four points at once: one division gives the q of all four.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (weights, _) = S::as_simd_f32s(&self.sources.weights);
        let columns: [&[S::f32s]; D] =
            std::array::from_fn(|a| &S::as_simd_f32s(&self.sources.columns[a]).0[..weights.len()]);
        let (zero, one) = (simd.splat_f32s(0.0), simd.splat_f32s(1.0));
        for (points, out) in self.points.chunks(4).zip(self.out.chunks_mut(4)) {
            let mut y = [[zero; D]; 4];
            for p in 0..4 {
                for a in 0..D {
                    y[p][a] = simd.splat_f32s(points[p.min(points.len() - 1)][a]);
                }
            }
            let mut z = [zero; 4];
            let mut force = [[zero; D]; 4];
            for c in 0..weights.len() {
                let mut gaps = [[zero; D]; 4];
                let mut d2 = [one; 4];
                for a in 0..D {
                    let s = columns[a][c];
                    for p in 0..4 {
                        gaps[p][a] = simd.sub_f32s(y[p][a], s);
                        d2[p] = simd.mul_add_e_f32s(gaps[p][a], gaps[p][a], d2[p]);
                    }
                }
                let (first, last) = (simd.mul_f32s(d2[0], d2[1]), simd.mul_f32s(d2[2], d2[3]));
                let all = simd.div_f32s(one, simd.mul_f32s(first, last)); // q₀ q₁ q₂ q₃
                let (first, last) = (simd.mul_f32s(all, last), simd.mul_f32s(all, first)); // q₀ q₁ and q₂ q₃
                let q = [
                    simd.mul_f32s(first, d2[1]),
                    simd.mul_f32s(first, d2[0]),
                    simd.mul_f32s(last, d2[3]),
                    simd.mul_f32s(last, d2[2]),
                ];
                for p in 0..4 {
                    let wq = simd.mul_f32s(weights[c], q[p]);
                    z[p] = simd.add_f32s(z[p], wq);
                    let wq2 = simd.mul_f32s(wq, q[p]);
                    for a in 0..D {
                        force[p][a] = simd.mul_add_e_f32s(wq2, gaps[p][a], force[p][a]);
                    }
                }
            }
            for (p, out) in out.iter_mut().enumerate() {
                out.1 = simd.reduce_sum_f32s(z[p]);
                for a in 0..D {
                    out.0[a] = simd.reduce_sum_f32s(force[p][a]);
                }
            }
        }
    }
}

/// The points as sources of repulsion.
pub(super) struct Field<const D: usize> {
    all: Option<Sources<D>>,
    tree: Tree<D>,
    angle2: f32,
}

/// A tree over points in the order of Morton's curve.
struct Tree<const D: usize> {
    order: Vec<u32>,
    points: Vec<[f32; D]>, // in that order
    nodes: Vec<Node<D>>,   // each before what is below it
}

#[derive(Clone, Copy)]
struct Node<const D: usize> {
    middle: [f32; D],
    weight: f32,
    size2: f32, // the squared side of its cell
    start: u32,
    end: u32,  // points
    skip: u32, // the next node that is not below this one
    leaf: bool,
}

impl<const D: usize> Field<D> {
    /// Of points on a map; groups count as one when their cell's side over their distance is below `angle`.
    pub fn new(y: &[[f32; D]], angle: f32) -> Self {
        let mut tree = Tree { order: vec![], points: vec![], nodes: vec![] };
        if y.len() <= EXACT || angle == 0.0 {
            let mut all = Sources::new();
            y.iter().for_each(|p| all.push(1.0, p));
            all.fill_up();
            return Self { all: Some(all), tree, angle2: 0.0 };
        }
        tree.build(y);
        Self { all: None, tree, angle2: angle * angle }
    }
}

impl<const D: usize> Tree<D> {
    fn build(&mut self, y: &[[f32; D]]) {
        let mut low = [f32::INFINITY; D];
        let mut high = [f32::NEG_INFINITY; D];
        for p in y {
            for a in 0..D {
                low[a] = low[a].min(p[a]);
                high[a] = high[a].max(p[a]);
            }
        }
        let side = (0..D).map(|a| high[a] - low[a]).fold(0.0, f32::max).max(1e-30) * 1.000_01;
        let scale = (1u32 << BITS) as f32 / side;
        let mut keys: Vec<(u64, u32)> = y
            .iter()
            .enumerate()
            .map(|(i, p)| {
                let cells: [u64; D] = std::array::from_fn(|a| (((p[a] - low[a]) * scale) as u64).min((1 << BITS) - 1));
                let mut key = 0;
                for bit in (0..BITS).rev() {
                    for cell in cells {
                        key = key << 1 | (cell >> bit & 1);
                    }
                }
                (key, i as u32)
            })
            .collect();
        keys.sort_unstable();
        self.order = keys.iter().map(|k| k.1).collect();
        self.points = self.order.iter().map(|&i| y[i as usize]).collect();
        self.split(&keys, 0, keys.len(), 0, side);
    }

    /// Adds the node of the points from `start` to `end`, which agree in the first `level` bits of each coordinate.
    fn split(&mut self, keys: &[(u64, u32)], start: usize, end: usize, level: u32, side: f32) {
        let me = self.nodes.len();
        let mut sum = [0.0f64; D];
        for p in &self.points[start..end] {
            for a in 0..D {
                sum[a] += f64::from(p[a]);
            }
        }
        let weight = (end - start) as f32;
        let leaf = end - start <= 4 || level == BITS;
        self.nodes.push(Node {
            middle: sum.map(|s| (s / f64::from(weight)) as f32),
            weight,
            size2: side * side,
            start: start as u32,
            end: end as u32,
            skip: 0,
            leaf,
        });
        if !leaf {
            let shift = (BITS - 1 - level) * D as u32;
            let cell = |key: u64| key >> shift;
            let mut from = start;
            while from < end {
                let mine = cell(keys[from].0);
                let to = from + keys[from..end].partition_point(|k| cell(k.0) == mine);
                self.split(keys, from, to, level + 1, 0.5 * side);
                from = to;
            }
        }
        self.nodes[me].skip = self.nodes.len() as u32;
    }

    /// What repels the points from `start` to `end`.
    #[inline(always)]
    fn list(&self, start: usize, end: usize, angle2: f32, out: &mut Sources<D>) {
        let mut low = self.points[start];
        let mut high = low;
        for p in &self.points[start..end] {
            for a in 0..D {
                low[a] = low[a].min(p[a]);
                high[a] = high[a].max(p[a]);
            }
        }
        out.clear();
        let mut at = 0;
        while at < self.nodes.len() {
            let node = &self.nodes[at];
            let mut gap2 = 0.0;
            for a in 0..D {
                let gap = (low[a] - node.middle[a]).max(node.middle[a] - high[a]).max(0.0);
                gap2 += gap * gap;
            }
            if node.size2 < angle2 * gap2 {
                out.push(node.weight, &node.middle);
                at = node.skip as usize;
            } else {
                if node.leaf {
                    self.points[node.start as usize..node.end as usize].iter().for_each(|p| out.push(1.0, p));
                }
                at += 1;
            }
        }
        out.fill_up();
    }
}

/// For each point `Σ q² (y_i - y_j)` and `Σ q` over all other points.
pub(super) fn repel<const D: usize>(field: &Field<D>, y: &[[f32; D]], out: &mut [([f32; D], f32)]) -> Result<()> {
    // Each point's own q is 1.
    let others = |out: &mut [([f32; D], f32)]| out.iter_mut().for_each(|o| o.1 -= 1.0);
    if let Some(sources) = &field.all {
        return out.par_chunks_mut(PIECE * LANES).zip(y.par_chunks(PIECE * LANES)).try_for_each(|(out, points)| {
            stop::check()?;
            Arch::new().dispatch(Push { sources, points, out: &mut *out });
            others(out);
            Ok(())
        });
    }
    let tree = &field.tree;
    let mut found = vec![([0.0; D], 0.0); y.len()];
    found.par_chunks_mut(PIECE * LANES).zip(tree.points.par_chunks(PIECE * LANES)).enumerate().try_for_each(
        |(piece, (found, points))| {
            stop::check()?;
            let mut list = Sources::new();
            for (group, (out, points)) in found.chunks_mut(LANES).zip(points.chunks(LANES)).enumerate() {
                let start = (piece * PIECE + group) * LANES;
                vectorised(
                    #[inline(always)]
                    || tree.list(start, start + points.len(), field.angle2, &mut list),
                );
                Arch::new().dispatch(Push { sources: &list, points, out: &mut *out });
                others(out);
            }
            Ok::<(), crate::Error>(())
        },
    )?;
    for (&i, force) in tree.order.iter().zip(found) {
        out[i as usize] = force;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    fn check<const D: usize>(n: usize, angle: f32, wanted: f64) {
        let mut rng = Rng::new(3);
        let y: Vec<[f32; D]> = (0..n).map(|_| std::array::from_fn(|_| 20.0 * rng.normal() as f32)).collect();
        let mut out = vec![([0.0; D], 0.0); n];
        repel(&Field::new(&y, angle), &y, &mut out).unwrap();
        let (mut error, mut size) = (0.0, 0.0);
        for i in (0..n).step_by(37) {
            let mut force = [0.0f64; D];
            let mut z = 0.0;
            for j in (0..n).filter(|&j| j != i) {
                let gap: [f64; D] = std::array::from_fn(|a| f64::from(y[i][a]) - f64::from(y[j][a]));
                let q = 1.0 / (1.0 + gap.iter().map(|g| g * g).sum::<f64>());
                z += q;
                (0..D).for_each(|a| force[a] += q * q * gap[a]);
            }
            assert!((z - f64::from(out[i].1)).abs() < wanted * (z + 1e-3), "{z} {}", out[i].1);
            for a in 0..D {
                error += (force[a] - f64::from(out[i].0[a])).powi(2);
                size += force[a] * force[a];
            }
        }
        assert!(error.sqrt() < wanted * size.sqrt(), "{n} {D}: {error} {size}");
    }

    #[test]
    fn few_points_repel_exactly_and_many_almost() {
        check::<1>(100, 0.5, 1e-4);
        check::<2>(701, 0.5, 1e-4);
        check::<3>(1000, 0.5, 1e-4);
        check::<1>(4000, 0.5, 0.06);
        check::<2>(4000, 0.5, 0.03);
        check::<3>(4000, 0.5, 0.03);
        check::<2>(4000, 0.2, 0.005);
    }

    #[test]
    fn equal_points_are_no_trouble() {
        let y = vec![[1.0f32, 2.0]; 5000];
        let mut out = vec![([0.0; 2], 0.0); 5000];
        repel(&Field::new(&y, 0.5), &y, &mut out).unwrap();
        assert!(out.iter().all(|o| o.0 == [0.0; 2] && (o.1 - 4999.0).abs() < 1.0));
    }
}
