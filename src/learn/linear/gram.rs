//! Gram matrices `Σ s a aᵀ` of weighted rows, and systems of equations with them.
//!
//! Rows are taken in blocks that stay in the nearest cache, and filled up so that 8 × 8 tiles cover them.

use crate::learn::Samples;
use crate::learn::cluster::vectorised;
use crate::{Result, stop};
use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::linalg::solvers::{Llt, Solve};
use faer::{Accum, Mat, MatMut, MatRef, Par, Side};
use rayon::prelude::*;

/// Rows in one block.
pub const BLOCK: usize = 64;

/// Rows in one piece of work; pieces are summed in order.
const PIECE: usize = 4096;

/// Wider rows are left to faer.
const WIDE: usize = 64;

/// A symmetric matrix, of which the lower triangle counts. `[size, size]`
#[derive(Clone, Debug)]
pub struct Gram {
    pub size: usize,
    pub values: Vec<f64>,
}

impl Gram {
    /// The sum over all rows of dense samples. `fill` writes, for `BLOCK` rows or fewer, beginning with the given row,
    /// what stands for each (`[rows, size]`, filled up to `padded` each) and how much it counts.
    pub fn of(x: &Samples, size: usize, fill: impl Fn(usize, &[f64], &mut [f64], &mut [f64]) + Sync) -> Result<Self> {
        let (d, padded) = (x.columns(), padded(size));
        let piece = PIECE.max(x.rows().div_ceil(64)).next_multiple_of(BLOCK);
        let parts: Vec<Vec<f64>> = x
            .values()
            .par_chunks(piece * d)
            .enumerate()
            .map(|(p, rows)| {
                let mut sum = vec![0.0; padded * padded];
                let mut block = vec![0.0; BLOCK * padded];
                let mut scaled = vec![0.0; BLOCK * padded];
                let mut counts = [0.0; BLOCK];
                for (b, rows) in rows.chunks(BLOCK * d).enumerate() {
                    if b.is_multiple_of(64) {
                        stop::check()?;
                    }
                    let n = rows.len() / d;
                    let (block, scaled) = (&mut block[..n * padded], &mut scaled[..n * padded]);
                    fill(p * piece + b * BLOCK, rows, block, &mut counts[..n]);
                    for ((scaled, block), &s) in
                        scaled.chunks_exact_mut(padded).zip(block.chunks_exact(padded)).zip(&counts)
                    {
                        scaled.iter_mut().zip(block).for_each(|(to, v)| *to = s * v);
                    }
                    add(scaled, block, padded, &mut sum);
                }
                Ok(sum)
            })
            .collect::<Result<_>>()?;
        let mut values = vec![0.0; size * size];
        for part in parts {
            for i in 0..size {
                for j in 0..=i {
                    values[i * size + j] += part[i * padded + j];
                }
            }
        }
        for i in 0..size {
            (0..i).for_each(|j| values[j * size + i] = values[i * size + j]);
        }
        Ok(Self { size, values })
    }

    pub fn at(&self, i: usize, j: usize) -> f64 {
        self.values[i * self.size + j]
    }

    /// Row `i`.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.size..(i + 1) * self.size]
    }
}

/// To what rows are filled up with zeros.
pub fn padded(size: usize) -> usize {
    size.next_multiple_of(8)
}

/// Adds `aᵀ b`, of which the lower triangle counts, for rows of `p` numbers.
fn add(a: &[f64], b: &[f64], p: usize, sum: &mut [f64]) {
    if p > WIDE {
        let n = a.len() / p;
        let (a, b) = (MatRef::from_row_major_slice(a, n, p), MatRef::from_row_major_slice(b, n, p));
        let sum = MatMut::from_row_major_slice_mut(sum, p, p);
        let (lower, whole) = (BlockStructure::TriangularLower, BlockStructure::Rectangular);
        return matmul(sum, lower, Accum::Add, a.transpose(), whole, b, whole, 1.0, Par::Seq);
    }
    vectorised(
        #[inline(always)]
        || {
            for i in (0..p).step_by(8) {
                for j in (0..=i).step_by(8) {
                    tile(&a[i..], &b[j..], p, &mut sum[i * p + j..]);
                }
            }
        },
    );
}

/// Adds one 8 × 8 tile.
#[inline(always)]
fn tile(a: &[f64], b: &[f64], p: usize, sum: &mut [f64]) {
    let mut sums = [[0.0; 8]; 8];
    for (a, b) in a.chunks(p).zip(b.chunks(p)) {
        let (Some(a), Some(b)) = (a.first_chunk::<8>(), b.first_chunk::<8>()) else { return };
        for i in 0..8 {
            for j in 0..8 {
                sums[i][j] += a[i] * b[j];
            }
        }
    }
    for (sum, sums) in sum.chunks_mut(p).zip(&sums) {
        sum.iter_mut().zip(sums).for_each(|(to, s)| *to += s);
    }
}

/// The Cholesky factor of a symmetric positive definite matrix whose rows and columns are first brought to one scale.
pub struct Factor {
    llt: Llt<f64>,
    scales: Vec<f64>,
}

impl Factor {
    /// Nothing when the matrix is not positive definite to working precision.
    pub fn new(gram: &Gram) -> Option<Self> {
        let n = gram.size;
        let scale = |i| 1.0 / f64::sqrt(gram.at(i, i));
        let scales: Vec<f64> = (0..n).map(scale).collect();
        if !scales.iter().all(|s| s.is_finite() && *s > 0.0) {
            return None;
        }
        let scaled = Mat::from_fn(n, n, |i, j| gram.at(i, j) * scales[i] * scales[j]);
        let llt = Llt::new(scaled.as_ref(), Side::Lower).ok()?;
        Some(Self { llt, scales })
    }

    /// As [`Factor::new`], adding to the diagonal as little as makes it positive definite.
    pub fn forced(gram: &Gram) -> Option<Self> {
        let mut more = 0.0;
        for _ in 0..20 {
            let mut gram = gram.clone();
            let n = gram.size;
            let largest = (0..n).map(|i| gram.at(i, i)).fold(1e-300, f64::max);
            for i in 0..n {
                gram.values[i * n + i] += more * gram.at(i, i).max(1e-12 * largest);
            }
            if let Some(made) = Self::new(&gram) {
                return Some(made);
            }
            more = if more == 0.0 { 1e-12 } else { more * 10.0 };
        }
        None
    }

    /// The smallest diagonal entry of the factor, squared; with diagonal entries of 1 before, a bound of how close to
    /// singular the matrix is.
    pub fn least_pivot(&self) -> f64 {
        let l = self.llt.L();
        (0..self.scales.len()).map(|i| l[(i, i)] * l[(i, i)]).fold(f64::INFINITY, f64::min)
    }

    pub fn solve(&self, b: &[f64]) -> Vec<f64> {
        let b = Mat::from_fn(b.len(), 1, |i, _| b[i] * self.scales[i]);
        let x = self.llt.solve(&b);
        (0..self.scales.len()).map(|i| x[(i, 0)] * self.scales[i]).collect()
    }
}

/// The means of the columns, weighted alike.
pub fn means(x: &Samples) -> Result<Vec<f64>> {
    let d = x.columns();
    let mut sum = vec![0.0; d];
    if x.is_sparse() {
        (0..x.rows()).for_each(|i| x.add_to(i, 1.0, &mut sum));
    } else {
        let parts: Vec<Vec<f64>> = x
            .values()
            .par_chunks(PIECE * d)
            .map(|rows| {
                stop::check()?;
                let mut sum = vec![0.0; d];
                vectorised(
                    #[inline(always)]
                    || rows.chunks_exact(d).for_each(|row| sum.iter_mut().zip(row).for_each(|(s, v)| *s += v)),
                );
                Ok(sum)
            })
            .collect::<Result<_>>()?;
        parts.iter().for_each(|part| sum.iter_mut().zip(part).for_each(|(s, v)| *s += v));
    }
    sum.iter_mut().for_each(|s| *s /= x.rows() as f64);
    Ok(sum)
}

/// The Gram matrix of the centred features and, last, the centred answers. `[columns + 1, columns + 1]`
pub fn centred(x: &Samples, means: &[f64], y: &[f64], y_mean: f64) -> Result<Gram> {
    let (d, padded) = (x.columns(), padded(x.columns() + 1));
    Gram::of(x, d + 1, |begin, rows, block, counts| {
        counts.fill(1.0);
        let rows = rows.chunks_exact(d).zip(&y[begin..]);
        for (to, (row, y)) in block.chunks_exact_mut(padded).zip(rows) {
            to.iter_mut().zip(row).zip(means).for_each(|((to, v), m)| *to = v - m);
            to[d] = y - y_mean;
        }
    })
}
