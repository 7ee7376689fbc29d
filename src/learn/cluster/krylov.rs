//! The few largest eigenvalues of a large symmetric matrix that is only known by its products.
//!
//! Zhou, Saad, Tiago & Chelikowsky (2006), "Self-consistent-field calculations using Chebyshev-filtered subspace
//! iteration", algorithms 4.2 and 4.3: a block of vectors, so that eigenvalues that occur several times are all found,
//! is filtered by a polynomial that is small on all other eigenvalues, again and again.

use super::near::vectorised;
use crate::data::Rng;
use crate::linalg::{Matrix, eigh, matmul, qr};
use crate::{Error, Result, stop};
use faer::linalg::matmul::matmul as multiply;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

/// Up to this many rows the whole matrix is decomposed.
const SMALL: usize = 200;

/// Vectors in a block are a multiple of this.
pub(in crate::learn) const WIDE: usize = 8;

/// How many vectors the search for `k` of them works on.
pub(in crate::learn) fn width_for(k: usize) -> usize {
    (k + 4).next_multiple_of(WIDE)
}

/// How far the search goes.
#[derive(Clone, Copy, Debug)]
pub(in crate::learn) struct Effort {
    /// `|A v - λ v|` at most, relative to the largest |λ|.
    pub tolerance: f64,
    /// The polynomial's degree: products with the matrix in a round.
    pub degree: usize,
    /// Rounds at most.
    pub rounds: usize,
}

/// Eigenvalues, the largest first, and their vectors of length 1 in rows. `[k, n]`
pub(in crate::learn) struct Largest {
    pub values: Vec<f64>,
    pub vectors: Vec<Vec<f64>>,
    /// The largest `|A v - λ v|`, relative to the largest |λ|.
    pub residual: f64,
}

/// The `k` largest eigenvalues of a symmetric matrix with `n` rows, none of whose eigenvalues is below `floor`.
///
/// `apply` multiplies the matrix with a block of vectors side by side: `[n, width]` to `[n, width]`. The search begins
/// with `start`, a guess of `[n, width_for(k)]`, or else at random.
pub(in crate::learn) fn largest(
    n: usize,
    k: usize,
    floor: f64,
    effort: Effort,
    seed: u64,
    start: Option<Vec<f64>>,
    mut apply: impl FnMut(&[f64], usize, &mut [f64]) -> Result<()>,
) -> Result<Largest> {
    let k = k.min(n);
    let wide = width_for(k);
    if n <= SMALL || 4 * wide >= n {
        let mut unit = vec![0.0; n * n];
        (0..n).for_each(|i| unit[i * n + i] = 1.0);
        let mut a = vec![0.0; n * n];
        apply(&unit, n, &mut a)?;
        let a = Matrix::from_fn(n, n, |i, j| 0.5 * (a[i * n + j] + a[j * n + i]))?;
        let e = eigh(&a)?;
        let (values, vectors) = (0..k).map(|c| (e.values[n - 1 - c], e.vectors.col(n - 1 - c))).unzip();
        return Ok(Largest { values, vectors, residual: 0.0 });
    }
    let mut block = start.unwrap_or_else(|| {
        let mut rng = Rng::new(seed);
        (0..n * wide).map(|_| rng.normal()).collect()
    });
    let mut image = vec![0.0; n * wide];
    let mut round = 0;
    loop {
        stop::check()?;
        round += 1;
        // Rayleigh and Ritz: the best that the block's span holds.
        let q = qr(&Matrix::new(n, wide, block)?, false)?.q;
        apply(q.data(), wide, &mut image)?;
        let aq = Matrix::new(n, wide, std::mem::take(&mut image))?;
        let h = matmul(&q.transpose(), &aq)?;
        let e = eigh(&Matrix::from_fn(wide, wide, |i, j| 0.5 * (h[(i, j)] + h[(j, i)]))?)?;
        let turn = Matrix::from_fn(wide, wide, |i, j| e.vectors[(i, wide - 1 - j)])?;
        let values: Vec<f64> = e.values.iter().rev().copied().collect();
        block = matmul(&q, &turn)?.into_data();
        image = matmul(&aq, &turn)?.into_data();
        let mut errors = vec![0.0; k];
        for (v, a) in block.chunks_exact(wide).zip(image.chunks_exact(wide)) {
            for c in 0..k {
                errors[c] += (a[c] - values[c] * v[c]) * (a[c] - values[c] * v[c]);
            }
        }
        let scale = values[0].abs().max(values[wide - 1].abs()).max(f64::MIN_POSITIVE);
        let residual = errors.iter().fold(0.0f64, |m, e| m.max(e.sqrt())) / scale;
        if residual <= effort.tolerance || round >= effort.rounds {
            let vectors = (0..k).map(|c| block.iter().skip(c).step_by(wide).copied().collect()).collect();
            return Ok(Largest { values: values[..k].to_vec(), vectors, residual });
        }
        // What lies between the floor and the block's smallest value is damped, the rest grows.
        let top = values[0];
        let cut = values[wide - 1].max(floor + 1e-3 * (top - floor)).min(top - 1e-9 * scale);
        let (middle, half) = (0.5 * (cut + floor), (0.5 * (cut - floor)).max(1e-9 * scale));
        let first = half / (top - middle).max(half);
        let mut sigma = first;
        // Chebyshev's recurrence; the image is known already.
        let mut before = block;
        let mut now: Vec<f64> = image.iter().zip(&before).map(|(a, v)| (a - middle * v) * (sigma / half)).collect();
        for _ in 1..effort.degree {
            stop::check()?;
            let next = 1.0 / (2.0 / first - sigma);
            apply(&now, wide, &mut image)?;
            let (gain, back) = (2.0 * next / half, sigma * next);
            vectorised(
                #[inline(always)]
                || {
                    for ((b, v), a) in before.iter_mut().zip(&now).zip(&image) {
                        *b = gain * (a - middle * v) - back * *b;
                    }
                },
            );
            std::mem::swap(&mut before, &mut now);
            sigma = next;
        }
        block = now;
    }
}

/// A square matrix times a block of vectors, for [`largest`].
pub(in crate::learn) fn times(a: &[f64], n: usize, block: &[f64], wide: usize, out: &mut [f64]) -> Result<()> {
    let block = MatRef::from_row_major_slice(block, n, wide);
    out.par_chunks_mut(256 * wide).zip(a.par_chunks(256 * n)).try_for_each(|(out, a)| {
        stop::check()?;
        let rows = a.len() / n;
        let a = MatRef::from_row_major_slice(a, rows, n);
        multiply(MatMut::from_row_major_slice_mut(out, rows, wide), Accum::Replace, a, block, 1.0, Par::Seq);
        Ok::<(), Error>(())
    })
}

/// `Σ aᵢ bᵢ`.
pub(in crate::learn) fn dot(a: &[f64], b: &[f64]) -> f64 {
    vectorised(
        #[inline(always)]
        || {
            let mut lanes = [0.0; 32];
            let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<32>(), b.as_chunks::<32>());
            for (a, b) in a.iter().zip(b) {
                for t in 0..32 {
                    lanes[t] += a[t] * b[t];
                }
            }
            lanes.iter().sum::<f64>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f64>()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_eigenvalues_with_their_multiplicities() {
        for n in [5usize, 150, 400, 3000] {
            // A diagonal matrix: three times 9, then 5, then many below 4.
            let diagonal = |i: usize| match i {
                1 | 3 | 4 => 9.0,
                2 => 5.0,
                i => 4.0 * (i as f64 / n as f64),
            };
            let apply = |block: &[f64], wide: usize, out: &mut [f64]| {
                out.iter_mut().zip(block).enumerate().for_each(|(i, (o, v))| *o = diagonal(i / wide) * v);
                Ok(())
            };
            let effort = Effort { tolerance: 1e-10, degree: 8, rounds: 100 };
            let found = largest(n, 4, 0.0, effort, 1, None, apply).unwrap();
            for (value, expected) in found.values.iter().zip([9.0, 9.0, 9.0, 5.0]) {
                assert!((value - expected).abs() < 1e-9, "{n}: {:?}", found.values);
            }
            assert!((found.vectors[3][2].abs() - 1.0).abs() < 1e-8);
        }
    }
}
