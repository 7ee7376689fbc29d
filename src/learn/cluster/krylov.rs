//! The few largest eigenvalues of a large symmetric matrix that is only known by its products.
//!
//! Block Krylov spaces with restarts and Rayleigh–Ritz (Golub & Underwood 1977, "The block Lanczos method for
//! computing eigenvalues"): blocks, so that eigenvalues that occur several times are all found.

use super::near::vectorised;
use crate::data::Rng;
use crate::linalg::{Matrix, eigh};
use crate::{Result, stop};

/// Below this many rows the whole matrix is decomposed.
const SMALL: usize = 200;

/// Products with the matrix between restarts.
const POWERS: usize = 7;

/// Eigenvalues, the largest first, and their vectors of length 1 in rows. `[k, n]`
pub(in crate::learn) struct Largest {
    pub values: Vec<f64>,
    pub vectors: Vec<Vec<f64>>,
    /// The largest `|A v - λ v|`, relative to the largest |λ|.
    pub residual: f64,
}

/// The `k` largest eigenvalues of a symmetric matrix with `n` rows; `apply` multiplies it with vectors.
pub(in crate::learn) fn largest(
    n: usize,
    k: usize,
    tolerance: f64,
    restarts: usize,
    seed: u64,
    mut apply: impl FnMut(&[Vec<f64>]) -> Result<Vec<Vec<f64>>>,
) -> Result<Largest> {
    let k = k.min(n);
    if n <= SMALL {
        let unit = |i: usize| (0..n).map(|j| f64::from(u8::from(i == j))).collect::<Vec<f64>>();
        let rows = apply(&(0..n).map(unit).collect::<Vec<_>>())?;
        let a = Matrix::from_fn(n, n, |i, j| 0.5 * (rows[i][j] + rows[j][i]))?;
        let e = eigh(&a)?;
        let (values, vectors) = (0..k).map(|c| (e.values[n - 1 - c], e.vectors.col(n - 1 - c))).unzip();
        return Ok(Largest { values, vectors, residual: 0.0 });
    }
    let b = (k + 3.max(k / 4)).min(n / 8);
    let b = b.max(k.min(n));
    let mut rng = Rng::new(seed);
    let mut block: Vec<Vec<f64>> = (0..b).map(|_| (0..n).map(|_| rng.normal()).collect()).collect();
    let mut turn = 0;
    loop {
        turn += 1;
        let mut basis: Vec<Vec<f64>> = Vec::new();
        let mut images: Vec<Vec<f64>> = Vec::new();
        for power in 0..POWERS {
            if basis.len() >= n {
                break;
            }
            let first = basis.len();
            for v in std::mem::take(&mut block) {
                stop::check()?;
                if let Some(v) = beside(v, &basis) {
                    basis.push(v);
                }
            }
            if basis.len() == first {
                break; // the space is closed under the matrix: exact
            }
            let new = apply(&basis[first..])?;
            if power + 1 < POWERS {
                block.clone_from(&new);
            }
            images.extend(new);
        }
        let m = basis.len();
        let mut h = vec![0.0; m * m];
        for i in 0..m {
            stop::check()?;
            for j in 0..=i {
                let v = dot(&basis[i], &images[j]);
                h[i * m + j] = v;
                h[j * m + i] = v;
            }
        }
        let e = eigh(&Matrix::new(m, m, h)?)?;
        let combine = |of: &[Vec<f64>], c: usize| {
            let mut out = vec![0.0; n];
            for (i, v) in of.iter().enumerate() {
                axpy(e.vectors[(i, m - 1 - c)], v, &mut out);
            }
            out
        };
        let kept = b.min(m);
        let vectors: Vec<Vec<f64>> = (0..kept).map(|c| combine(&basis, c)).collect();
        let scale = e.values[0].abs().max(e.values[m - 1].abs()).max(f64::MIN_POSITIVE);
        let mut residual = 0.0f64;
        for c in 0..k.min(m) {
            let mut r = combine(&images, c);
            axpy(-e.values[m - 1 - c], &vectors[c], &mut r);
            residual = residual.max(dot(&r, &r).sqrt() / scale);
        }
        if residual <= tolerance || turn >= restarts {
            let k = k.min(m);
            let values = (0..k).map(|c| e.values[m - 1 - c]).collect();
            return Ok(Largest { values, vectors: vectors.into_iter().take(k).collect(), residual });
        }
        block = vectors;
    }
}

/// The part of `v` at right angles to the basis, of length 1; nothing if none is left.
fn beside(mut v: Vec<f64>, basis: &[Vec<f64>]) -> Option<Vec<f64>> {
    let before = dot(&v, &v).sqrt();
    // Twice is enough (Kahan; Parlett 1980).
    for _ in 0..2 {
        for q in basis {
            let c = dot(q, &v);
            axpy(-c, q, &mut v);
        }
    }
    let after = dot(&v, &v).sqrt();
    if !(after > 1e-10 * before) {
        return None;
    }
    v.iter_mut().for_each(|x| *x /= after);
    Some(v)
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

/// `y += c x`.
pub(in crate::learn) fn axpy(c: f64, x: &[f64], y: &mut [f64]) {
    vectorised(
        #[inline(always)]
        || y.iter_mut().zip(x).for_each(|(y, x)| *y += c * x),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_eigenvalues_with_their_multiplicities() {
        for n in [5usize, 150, 400] {
            // A diagonal matrix: three times 9, then 5, then many below 4.
            let diagonal = |i: usize| match i {
                1 | 3 | 4 => 9.0,
                2 => 5.0,
                i => 4.0 * (i as f64 / n as f64),
            };
            let apply = |block: &[Vec<f64>]| {
                Ok(block.iter().map(|v| v.iter().enumerate().map(|(i, x)| diagonal(i) * x).collect()).collect())
            };
            let found = largest(n, 4, 1e-9, 100, 1, apply).unwrap();
            for (value, expected) in found.values.iter().zip([9.0, 9.0, 9.0, 5.0]) {
                assert!((value - expected).abs() < 1e-9, "{n}: {:?}", found.values);
            }
            assert!((found.vectors[3][2].abs() - 1.0).abs() < 1e-8);
        }
    }
}
