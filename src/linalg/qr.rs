//! The QR factorisation, and least squares.

use super::svd::{Rescaled, phase};
use super::{Matrix, Scalar, matmul};
use crate::{Error, Result};

/// `a = q r`.
#[derive(Clone, Debug)]
pub struct Qr<T = f64> {
    /// Columns of length 1, at right angles to each other.
    pub q: Matrix<T>, // [m, k], or [m, m] when full
    /// Zero below the diagonal, whose entries are real and at least 0.
    pub r: Matrix<T>, // [k, n], or [m, n] when full
}

/// The QR factorisation (Householder's); `full` completes `q` to a square matrix.
///
/// With its diagonal at least 0, `r` is the only one where the columns of `a` are independent.
///
/// # Errors
/// When an entry is NaN or infinite.
pub fn qr<T: Scalar>(a: &Matrix<T>, full: bool) -> Result<Qr<T>> {
    a.ensure_finite("qr")?;
    let (m, k) = (a.rows(), a.rows().min(a.cols()));
    let scale = a.scale();
    let made = faer::linalg::solvers::Qr::new(a.scaled_down(scale).view());
    let mut q = Matrix::of_faer(if full { made.compute_Q() } else { made.compute_thin_Q() }.as_ref());
    let above = made.R();
    let mut r = Matrix::from_fn(if full { m } else { k }, a.cols(), |i, j| {
        if i < k && j >= i { above[(i, j)].times(scale) } else { T::ZERO }
    })?;
    for i in 0..k {
        let turn = phase(r[(i, i)]);
        (0..m).for_each(|row| q[(row, i)] = q[(row, i)] * turn);
        (i..a.cols()).for_each(|col| r[(i, col)] = r[(i, col)] * turn.conjugate());
        r[(i, i)] = T::of(r[(i, i)].re());
    }
    Ok(Qr { q, r })
}

/// The `x` that brings `a x` nearest to `b`, and of several such the shortest: `a` may have any shape and rank.
///
/// Through the singular values, so that dependent columns do no harm; those below `max(m, n)` times the rounding
/// unit, relative to the largest, count as 0.
///
/// ```
/// use mynah::linalg::{Matrix, lstsq};
/// // The line through (0, 1), (1, 3), (2, 5): y = 1 + 2 t.
/// let a = Matrix::from_rows(&[vec![1.0, 0.0], vec![1.0, 1.0], vec![1.0, 2.0]]).unwrap();
/// let x = lstsq(&a, &Matrix::column(vec![1.0, 3.0, 5.0]).unwrap()).unwrap();
/// assert!((x[(0, 0)] - 1.0).abs() < 1e-14 && (x[(1, 0)] - 2.0).abs() < 1e-14);
/// ```
///
/// # Errors
/// When `b` has other rows than `a`, or an entry is NaN or infinite.
pub fn lstsq<T: Scalar>(a: &Matrix<T>, b: &Matrix<T>) -> Result<Matrix<T>> {
    if a.rows() != b.rows() {
        let why = format!("`b` must have {} rows as `a` has, got {}", a.rows(), b.rows());
        return Err(Error::shape("lstsq", why));
    }
    b.ensure_finite("lstsq")?;
    let Rescaled { svd, scale } = Rescaled::new("lstsq", a, false)?;
    let cutoff = svd.cutoff(None);
    let mut y = matmul(&svd.u.adjoint(), b)?;
    for (i, &s) in svd.s.iter().enumerate() {
        let factor = if s > cutoff { 1.0 / s } else { 0.0 };
        (0..b.cols()).for_each(|j| y[(i, j)] = y[(i, j)].times(factor));
    }
    Ok(matmul(&svd.v, &y)?.map(|x| x.times(1.0 / scale)))
}

#[cfg(test)]
mod tests {
    use super::super::matrix::tests::{distance, matrix, random, random_complex};
    use super::super::solve;
    use super::*;

    fn check<T: Scalar>(a: &Matrix<T>, full: bool) {
        let Qr { q, r } = qr(a, full).unwrap();
        assert!(distance(&matmul(&q, &r).unwrap(), a) < 1e-13);
        let unit = Matrix::identity(q.cols()).unwrap();
        assert!(distance(&matmul(&q.adjoint(), &q).unwrap(), &unit) < 1e-13);
        assert_eq!(q.cols(), if full { a.rows() } else { a.rows().min(a.cols()) });
        for i in 0..r.rows() {
            assert!((0..i.min(r.cols())).all(|j| r[(i, j)] == T::ZERO));
            assert!(i >= r.cols() || (r[(i, i)].re() >= 0.0 && r[(i, i)] == T::of(r[(i, i)].re())));
        }
    }

    #[test]
    fn factors_multiply_back_in_every_shape() {
        for (m, n) in [(1, 1), (5, 5), (7, 3), (3, 7), (40, 20)] {
            for full in [false, true] {
                check(&random(m, n, 5), full);
                check(&random_complex(m, n, 6), full);
            }
        }
        check(&matrix(&[&[1.0, 1.0], &[1.0, 1.0]]), false);
        check(&matrix(&[&[0.0, 0.0], &[0.0, 0.0], &[0.0, 0.0]]), true);
    }

    #[test]
    fn a_factor_by_hand() {
        let Qr { q, r } = qr(&matrix(&[&[3.0, 1.0], &[4.0, 2.0]]), false).unwrap();
        assert!(distance(&q, &matrix(&[&[0.6, -0.8], &[0.8, 0.6]])) < 1e-15);
        assert!(distance(&r, &matrix(&[&[5.0, 2.2], &[0.0, 0.4]])) < 1e-15);
    }

    #[test]
    fn the_residual_is_at_right_angles_to_the_columns() {
        let (a, b) = (random_complex(20, 4, 1), random_complex(20, 2, 2));
        let x = lstsq(&a, &b).unwrap();
        let ax = matmul(&a, &x).unwrap();
        let rest = Matrix::from_fn(20, 2, |i, j| b[(i, j)] - ax[(i, j)]).unwrap();
        let projected = matmul(&a.adjoint(), &rest).unwrap();
        assert!(projected.data().iter().all(|x| x.modulus() < 1e-12));
    }

    #[test]
    fn a_square_system_gets_its_solution() {
        let (a, b) = (random(9, 9, 1), random(9, 1, 2));
        assert!(distance(&lstsq(&a, &b).unwrap(), &solve(&a, &b).unwrap()) < 1e-11);
    }

    #[test]
    fn of_many_solutions_the_shortest() {
        // x + y = 2 is nearest to the origin at (1, 1); twice the same equation changes nothing.
        for a in [matrix(&[&[1.0, 1.0]]), matrix(&[&[1.0, 1.0], &[1.0, 1.0]])] {
            let b = Matrix::column(vec![2.0; a.rows()]).unwrap();
            let x = lstsq(&a, &b).unwrap();
            assert!(distance(&x, &Matrix::column(vec![1.0, 1.0]).unwrap()) < 1e-14);
        }
        let zero = lstsq(&matrix(&[&[0.0]]), &matrix(&[&[1.0]])).unwrap();
        assert_eq!(zero.data(), [0.0]);
        assert!(lstsq(&matrix(&[&[1.0]]), &matrix(&[&[1.0], &[2.0]])).is_err());
    }
}
