//! The largest singular values of a large matrix by random projections.
//!
//! Halko, Martinsson & Tropp (2011), arXiv:0909.4061, algorithms 4.4 and 5.1.

use crate::data::Rng;
use crate::learn::Samples;
use crate::learn::along::Along;
use crate::learn::cluster::products;
use crate::linalg::{Matrix, qr, svd};
use crate::{Result, stop};

/// Projections beyond those wanted.
const MORE: usize = 10;

/// The `k` largest singular values of `a` (rows of `d` numbers) and their right vectors in rows, after `powers`
/// rounds of products with `a aᵀ`.
pub(super) fn randomised_svd(
    a: &[f64],
    d: usize,
    k: usize,
    powers: usize,
    seed: u64,
) -> Result<(Vec<f64>, Vec<Vec<f64>>)> {
    let n = a.len() / d;
    let mut across = vec![0.0; n * d]; // aᵀ
    for i in 0..n {
        for j in 0..d {
            across[j * n + i] = a[i * d + j];
        }
    }
    let ahead = |omega: &[f64], q: &mut [f64]| -> Result<()> {
        products(omega, a, d, q);
        Ok(())
    };
    let back = |q: &[f64], omega: &mut [f64]| -> Result<()> {
        products(q, &across, n, omega);
        Ok(())
    };
    by_products([n, d], k, powers, seed, ahead, back)
}

/// The same of sparse samples.
pub(super) fn randomised_svd_sparse(
    x: &Samples,
    k: usize,
    powers: usize,
    seed: u64,
) -> Result<(Vec<f64>, Vec<Vec<f64>>)> {
    let (n, d) = (x.rows(), x.columns());
    let mut columns = vec![Vec::new(); d];
    (0..n).for_each(|i| x.entries(i).for_each(|(j, v)| columns[j].push((i, v))));
    let across = Samples::sparse(n, &columns)?;
    let along = |x: &Samples, directions: &[f64], out: &mut [f64]| -> Result<()> {
        let wide = out.len() / x.rows();
        let found = Along::new(directions, wide).of(x, &vec![0.0; wide], |v| v)?;
        for (i, row) in found.chunks_exact(wide).enumerate() {
            row.iter().enumerate().for_each(|(c, v)| out[c * x.rows() + i] = *v);
        }
        Ok(())
    };
    by_products([n, d], k, powers, seed, |omega, q| along(x, omega, q), |q, omega| along(&across, q, omega))
}

/// From products with a matrix of `[n, d]`: `ahead` from directions in rows `[wide, d]` to `[wide, n]`, `back` from
/// `[wide, n]` to `[wide, d]`.
fn by_products(
    [n, d]: [usize; 2],
    k: usize,
    powers: usize,
    seed: u64,
    ahead: impl Fn(&[f64], &mut [f64]) -> Result<()>,
    back: impl Fn(&[f64], &mut [f64]) -> Result<()>,
) -> Result<(Vec<f64>, Vec<Vec<f64>>)> {
    let wide = (k + MORE).min(n).min(d);
    let mut rng = Rng::new(seed);
    // Directions in rows: omega [wide, d], q [wide, n].
    let mut omega: Vec<f64> = (0..wide * d).map(|_| rng.normal()).collect();
    let mut q = vec![0.0; wide * n];
    for round in 0..=powers {
        stop::check()?;
        ahead(&omega, &mut q)?;
        q = orthonormal(&q, n)?;
        if round < powers {
            back(&q, &mut omega)?;
            omega = orthonormal(&omega, d)?;
        }
    }
    let mut b = vec![0.0; wide * d]; // qᵀ a
    back(&q, &mut b)?;
    let f = svd(&Matrix::new(wide, d, b)?, false)?;
    Ok((f.s[..k].to_vec(), (0..k).map(|c| f.v.col(c)).collect()))
}

/// Rows of length 1 at right angles that span the same.
fn orthonormal(rows: &[f64], n: usize) -> Result<Vec<f64>> {
    let k = rows.len() / n;
    let q = qr(&Matrix::from_fn(n, k, |i, j| rows[j * n + i])?, false)?.q;
    Ok(q.transpose().into_data())
}
