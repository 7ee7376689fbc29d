//! Eigenvalues and eigenvectors of small symmetric matrices.
//!
//! Householder's reduction to a tridiagonal matrix, then implicit QL with Wilkinson's shift (Golub & Van Loan, *Matrix
//! Computations*, sections 8.3.1 and 8.3.5). Small on purpose: CMA-ES calls it once per generation.

/// Decomposes the symmetric `a` (row-major, `n` by `n`) into eigenvalues and eigenvectors.
///
/// `vectors` holds one eigenvector per row. Values come in no particular order.
pub(super) fn eigh(a: &[f64], n: usize, values: &mut Vec<f64>, vectors: &mut Vec<f64>) {
    let mut a = a.to_vec();
    let z = vectors; // rows: the columns of the orthogonal matrix so far
    z.clear();
    z.resize(n * n, 0.0);
    (0..n).for_each(|i| z[i * n + i] = 1.0);

    // 1. A <- H A H, H = I - 2 v v' / v'v, one column after another.
    let (mut v, mut w) = (vec![0.0; n], vec![0.0; n]);
    for k in 0..n.saturating_sub(2) {
        let tail = (k + 2..n).map(|i| a[i * n + k] * a[i * n + k]).sum::<f64>();
        if tail == 0.0 {
            continue;
        }
        let head = a[(k + 1) * n + k];
        let alpha = -(head * head + tail).sqrt().copysign(head);
        (k + 1..n).for_each(|i| v[i] = a[i * n + k]);
        v[k + 1] -= alpha;
        let beta = 2.0 / (v[k + 1] * v[k + 1] + tail);
        // w = p - (beta/2) (p'v) v with p = beta A v; then A <- A - v w' - w v'.
        for i in k + 1..n {
            w[i] = beta * dot(&a[i * n + k + 1..(i + 1) * n], &v[k + 1..n]);
        }
        let half = 0.5 * beta * dot(&w[k + 1..n], &v[k + 1..n]);
        (k + 1..n).for_each(|i| w[i] -= half * v[i]);
        for i in k + 1..n {
            let (vi, wi) = (v[i], w[i]);
            for j in k + 1..n {
                a[i * n + j] -= vi * w[j] + wi * v[j];
            }
        }
        a[(k + 1) * n + k] = alpha;
        // Q <- Q H; the rows of z are the columns of Q.
        let s = &mut w;
        s.fill(0.0);
        for i in k + 1..n {
            let vi = beta * v[i];
            s.iter_mut().zip(&z[i * n..(i + 1) * n]).for_each(|(s, z)| *s += vi * z);
        }
        for i in k + 1..n {
            let vi = v[i];
            z[i * n..(i + 1) * n].iter_mut().zip(s.iter()).for_each(|(z, s)| *z -= vi * s);
        }
    }

    // 2. QL on the diagonal d and the subdiagonal e.
    let d = values;
    d.clear();
    d.extend((0..n).map(|i| a[i * n + i]));
    let mut e: Vec<f64> = (0..n).map(|i| if i + 1 < n { a[(i + 1) * n + i] } else { 0.0 }).collect();
    for l in 0..n {
        for _ in 0..64 {
            let m = (l..n - 1).find(|&m| e[m].abs() <= f64::EPSILON * (d[m].abs() + d[m + 1].abs())).unwrap_or(n - 1);
            if m == l {
                break;
            }
            let half = (d[l + 1] - d[l]) / (2.0 * e[l]);
            let mut g = d[m] - d[l] + e[l] / (half + half.hypot(1.0).copysign(half));
            let (mut s, mut c, mut p) = (1.0, 1.0, 0.0);
            let mut split = false;
            for i in (l..m).rev() {
                let (f, b) = (s * e[i], c * e[i]);
                let r = f.hypot(g);
                e[i + 1] = r;
                if r == 0.0 {
                    d[i + 1] -= p;
                    e[m] = 0.0;
                    split = true;
                    break;
                }
                (s, c) = (f / r, g / r);
                g = d[i + 1] - p;
                let r = (d[i] - g) * s + 2.0 * c * b;
                p = s * r;
                d[i + 1] = g + p;
                g = c * r - b;
                let (low, high) = z.split_at_mut((i + 1) * n);
                for (x, y) in low[i * n..].iter_mut().zip(&mut high[..n]) {
                    (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
                }
            }
            if !split {
                d[l] -= p;
                e[l] = g;
                e[m] = 0.0;
            }
        }
    }
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    #[test]
    fn vectors_are_orthonormal_and_rebuild_the_matrix() {
        let mut rng = Rng::new(1);
        for n in [1, 2, 3, 7, 20] {
            let mut a = vec![0.0; n * n];
            for i in 0..n {
                for j in 0..=i {
                    a[i * n + j] = rng.normal();
                    a[j * n + i] = a[i * n + j];
                }
            }
            let (mut d, mut z) = (vec![], vec![]);
            eigh(&a, n, &mut d, &mut z);
            for i in 0..n {
                for j in 0..n {
                    let rebuilt: f64 = (0..n).map(|k| z[k * n + i] * d[k] * z[k * n + j]).sum();
                    let product = dot(&z[i * n..(i + 1) * n], &z[j * n..(j + 1) * n]);
                    assert!((rebuilt - a[i * n + j]).abs() < 1e-12, "{n}: {rebuilt}");
                    assert!((product - f64::from(u8::from(i == j))).abs() < 1e-12, "{n}: {product}");
                }
            }
        }
    }

    #[test]
    fn a_known_matrix_has_its_known_values() {
        let (mut d, mut z) = (vec![], vec![]);
        eigh(&[2.0, 1.0, 1.0, 2.0], 2, &mut d, &mut z);
        d.sort_by(f64::total_cmp);
        assert!((d[0] - 1.0).abs() < 1e-15 && (d[1] - 3.0).abs() < 1e-15, "{d:?}");
        eigh(&[0.0; 9], 3, &mut d, &mut z);
        assert_eq!(d, [0.0; 3]);
    }
}
