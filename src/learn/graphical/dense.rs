//! Small dense matrices, row by row in a slice: for filters and Gaussians of a few dimensions, where a call to the
//! large matrix routines would cost more than the product itself.

/// `a · b` for `a` of `[n, k]` and `b` of `[k, m]`.
pub(super) fn product(a: &[f64], b: &[f64], n: usize, k: usize, m: usize) -> Vec<f64> {
    let mut out = vec![0.0; n * m];
    for i in 0..n {
        let row = &mut out[i * m..(i + 1) * m];
        for t in 0..k {
            let scale = a[i * k + t];
            row.iter_mut().zip(&b[t * m..(t + 1) * m]).for_each(|(o, v)| *o += scale * v);
        }
    }
    out
}

/// `a · bᵀ` for `a` of `[n, k]` and `b` of `[m, k]`.
pub(super) fn product_transposed(a: &[f64], b: &[f64], n: usize, k: usize, m: usize) -> Vec<f64> {
    let mut out = Vec::with_capacity(n * m);
    for i in 0..n {
        for j in 0..m {
            out.push(a[i * k..(i + 1) * k].iter().zip(&b[j * k..(j + 1) * k]).map(|(a, b)| a * b).sum());
        }
    }
    out
}

/// `aᵀ` for `a` of `[n, m]`.
pub(super) fn transposed(a: &[f64], n: usize, m: usize) -> Vec<f64> {
    let mut out = Vec::with_capacity(n * m);
    for j in 0..m {
        out.extend((0..n).map(|i| a[i * m + j]));
    }
    out
}

/// Makes a square matrix exactly symmetric.
pub(super) fn symmetrise(a: &mut [f64], n: usize) {
    for i in 0..n {
        for j in 0..i {
            let mean = 0.5 * (a[i * n + j] + a[j * n + i]);
            a[i * n + j] = mean;
            a[j * n + i] = mean;
        }
    }
}

/// The lower triangle `l` with `l lᵀ = a`, zeros above; nothing when `a` is not positive definite.
pub(super) fn cholesky(a: &[f64], n: usize) -> Option<Vec<f64>> {
    let mut l = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|t| l[i * n + t] * l[j * n + t]).sum();
            let rest = a[i * n + j] - dot;
            if i == j {
                if !(rest > 0.0 && rest.is_finite()) {
                    return None;
                }
                l[i * n + i] = rest.sqrt();
            } else {
                l[i * n + j] = rest / l[j * n + j];
            }
        }
    }
    Some(l)
}

/// As [`cholesky`] for a matrix that may be singular: columns without rest are zero. Nothing when it is indefinite.
pub(super) fn semi_cholesky(a: &[f64], n: usize) -> Option<Vec<f64>> {
    let scale = (0..n).map(|i| a[i * n + i].abs()).fold(0.0, f64::max);
    let small = 1e-10 * scale;
    let mut l = vec![0.0; n * n];
    for j in 0..n {
        let dot: f64 = (0..j).map(|t| l[j * n + t] * l[j * n + t]).sum();
        let rest = a[j * n + j] - dot;
        if !(rest >= -small) {
            return None;
        }
        let pivot = rest.max(0.0).sqrt();
        for i in j..n {
            let dot: f64 = (0..j).map(|t| l[i * n + t] * l[j * n + t]).sum();
            let rest_i = a[i * n + j] - dot;
            if rest > small {
                l[i * n + j] = if i == j { pivot } else { rest_i / pivot };
            } else if i != j && rest_i.abs() > 1e-5 * scale {
                return None;
            }
        }
    }
    Some(l)
}

/// Solves `l lᵀ x = b` for each column of `b`, of `[n, m]`, in place.
pub(super) fn cholesky_solve(l: &[f64], b: &mut [f64], n: usize, m: usize) {
    for j in 0..m {
        for i in 0..n {
            let dot: f64 = (0..i).map(|t| l[i * n + t] * b[t * m + j]).sum();
            b[i * m + j] = (b[i * m + j] - dot) / l[i * n + i];
        }
        for i in (0..n).rev() {
            let dot: f64 = (i + 1..n).map(|t| l[t * n + i] * b[t * m + j]).sum();
            b[i * m + j] = (b[i * m + j] - dot) / l[i * n + i];
        }
    }
}

/// The inverse of a lower triangle.
pub(super) fn lower_inverse(l: &[f64], n: usize) -> Vec<f64> {
    let mut out = vec![0.0; n * n];
    for j in 0..n {
        for i in j..n {
            let dot: f64 = (j..i).map(|t| l[i * n + t] * out[t * n + j]).sum();
            out[i * n + j] = (f64::from(u8::from(i == j)) - dot) / l[i * n + i];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_multiply_back_and_solutions_solve() {
        let a = [4.0, 2.0, 1.0, 2.0, 5.0, 3.0, 1.0, 3.0, 6.0];
        let l = cholesky(&a, 3).unwrap();
        let back = product_transposed(&l, &l, 3, 3, 3);
        assert!(back.iter().zip(&a).all(|(x, y)| (x - y).abs() < 1e-12));
        assert_eq!(semi_cholesky(&a, 3).unwrap(), l);
        let mut x = vec![1.0, 2.0, 3.0];
        cholesky_solve(&l, &mut x, 3, 1);
        let b = product(&a, &x, 3, 3, 1);
        assert!(b.iter().zip([1.0, 2.0, 3.0]).all(|(x, y)| (x - y).abs() < 1e-12));
        let one = product(&lower_inverse(&l, 3), &l, 3, 3, 3);
        assert!((0..9).all(|i| (one[i] - f64::from(u8::from(i % 4 == 0))).abs() < 1e-12));
        assert!(cholesky(&[1.0, 2.0, 2.0, 1.0], 2).is_none() && semi_cholesky(&[1.0, 2.0, 2.0, 1.0], 2).is_none());
        assert_eq!(semi_cholesky(&[1.0, 1.0, 1.0, 1.0], 2).unwrap(), [1.0, 0.0, 1.0, 0.0]);
        assert_eq!(transposed(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    }
}
