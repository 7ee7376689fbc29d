//! The singular value decomposition and what follows from it: rank, condition number, pseudo-inverse.

use super::matrix::power_of_two;
use super::{Matrix, Scalar, matmul};
use crate::error::ensure_setting;
use crate::{Error, Result};

/// `a = u · diag(s) · vᴴ`.
///
/// Each pair of columns of `u` and `v` is turned so that the largest entry of the column of `v` is real and positive,
/// which makes the decomposition the same on every machine, up to rounding, where the singular values differ.
#[derive(Clone, Debug)]
pub struct Svd<T = f64> {
    /// Left singular vectors, one a column.
    pub u: Matrix<T>, // [m, k], or [m, m] when full
    /// Singular values, the largest first, none below 0.
    pub s: Vec<f64>, // [k], k = min(m, n)
    /// Right singular vectors, one a column (not a row).
    pub v: Matrix<T>, // [n, k], or [n, n] when full
}

impl<T: Scalar> Svd<T> {
    /// Singular values up to this count as 0.
    pub(super) fn cutoff(&self, tolerance: Option<f64>) -> f64 {
        cutoff(&self.s, self.u.rows(), self.v.rows(), tolerance)
    }
}

fn cutoff(s: &[f64], m: usize, n: usize, tolerance: Option<f64>) -> f64 {
    s[0] * tolerance.unwrap_or(f64::EPSILON * m.max(n) as f64)
}

/// The decomposition of a matrix divided by a power of two, with which all magnitudes are safe.
pub(super) struct Rescaled<T: Scalar> {
    pub svd: Svd<T>,
    pub scale: f64,
}

impl<T: Scalar> Rescaled<T> {
    pub fn new(what: &str, a: &Matrix<T>, full: bool) -> Result<Self> {
        a.ensure_finite(what)?;
        let scale = a.scale();
        let scaled = a.scaled_down(scale);
        let made =
            if full { scaled.view().svd() } else { scaled.view().thin_svd() }.map_err(|_| no_convergence(what))?;
        let s: Vec<f64> = made.S().column_vector().iter().map(|s| s.re().max(0.0)).collect();
        let (mut u, mut v) = (Matrix::of_faer(made.U()), Matrix::of_faer(made.V()));
        for j in 0..v.cols() {
            let turn = turn_of(&v, j);
            turn_column(&mut v, j, turn);
            if j < s.len() {
                turn_column(&mut u, j, turn);
            }
        }
        for j in s.len()..u.cols() {
            let turn = turn_of(&u, j);
            turn_column(&mut u, j, turn);
        }
        Ok(Self { svd: Svd { u, s, v }, scale })
    }
}

/// The singular value decomposition; `full` completes `u` and `v` to square matrices.
///
/// # Errors
/// When an entry is NaN or infinite.
pub fn svd<T: Scalar>(a: &Matrix<T>, full: bool) -> Result<Svd<T>> {
    let Rescaled { mut svd, scale } = Rescaled::new("svd", a, full)?;
    svd.s.iter_mut().for_each(|s| *s *= scale);
    Ok(svd)
}

/// The singular values alone, the largest first; faster than [`svd`].
///
/// # Errors
/// When an entry is NaN or infinite.
pub fn singular_values<T: Scalar>(a: &Matrix<T>) -> Result<Vec<f64>> {
    values("svd", a)
}

fn values<T: Scalar>(what: &str, a: &Matrix<T>) -> Result<Vec<f64>> {
    a.ensure_finite(what)?;
    let scale = a.scale();
    let s = a.scaled_down(scale).view().singular_values().map_err(|_| no_convergence(what))?;
    Ok(s.into_iter().map(|s| s.max(0.0) * scale).collect())
}

/// The condition number: the largest singular value over the smallest; infinite for a singular matrix.
///
/// How much a relative error in `b` may grow in the solution of `a x = b`.
///
/// ```
/// use mynah::linalg::{Matrix, cond};
/// let a = Matrix::from_rows(&[vec![100.0, 100.0], vec![-100.0, -101.0]]).unwrap();
/// assert!((cond(&a).unwrap() - 402.0075).abs() < 1e-4);
/// ```
///
/// # Errors
/// When an entry is NaN or infinite.
pub fn cond<T: Scalar>(a: &Matrix<T>) -> Result<f64> {
    let s = values("cond", a)?;
    let (largest, smallest) = (s[0], s[s.len() - 1]);
    Ok(if smallest == 0.0 { f64::INFINITY } else { largest / smallest })
}

/// How many rows (or columns) are independent: the singular values above `tolerance` times the largest.
///
/// The usual tolerance is `max(m, n)` times the rounding unit 2.2e-16.
///
/// # Errors
/// When `tolerance` is not in [0, 1), or an entry is NaN or infinite.
pub fn rank<T: Scalar>(a: &Matrix<T>, tolerance: Option<f64>) -> Result<usize> {
    ensure_tolerance("rank", tolerance)?;
    let s = values("rank", a)?;
    let cutoff = cutoff(&s, a.rows(), a.cols(), tolerance);
    Ok(s.iter().filter(|&&s| s > cutoff).count())
}

/// The pseudo-inverse (Moore & Penrose): the inverse where there is one, else the map to the shortest least-squares
/// solution. Singular values up to `tolerance` times the largest count as 0, as in [`rank`].
///
/// # Errors
/// When `tolerance` is not in [0, 1), or an entry is NaN or infinite.
pub fn pinv<T: Scalar>(a: &Matrix<T>, tolerance: Option<f64>) -> Result<Matrix<T>> {
    ensure_tolerance("pinv", tolerance)?;
    let Rescaled { svd, scale } = Rescaled::new("pinv", a, false)?;
    let cutoff = svd.cutoff(tolerance);
    let Svd { u, s, mut v } = svd;
    for (j, &s) in s.iter().enumerate() {
        let factor = if s > cutoff { 1.0 / s } else { 0.0 };
        (0..v.rows()).for_each(|i| v[(i, j)] = v[(i, j)].times(factor));
    }
    Ok(matmul(&v, &u.adjoint())?.map(|x| x.times(1.0 / scale)))
}

fn ensure_tolerance(what: &str, tolerance: Option<f64>) -> Result<()> {
    tolerance.map_or(Ok(()), |t| ensure_setting((0.0..1.0).contains(&t), what, "tolerance", "in [0, 1)", t))
}

fn no_convergence(what: &str) -> Error {
    Error::value(format!("{what}: the iteration for the singular values did not converge"))
}

/// The number of modulus 1 in the direction of `x`; 1 for 0.
pub(super) fn phase<T: Scalar>(x: T) -> T {
    if x == T::ZERO {
        return T::ONE;
    }
    let x = x.times(1.0 / power_of_two(x.modulus())); // so that the next reciprocal is an ordinary number
    x.times(1.0 / x.modulus())
}

/// The factor of modulus 1 that makes the largest entry of a column real and positive.
pub(super) fn turn_of<T: Scalar>(a: &Matrix<T>, col: usize) -> T {
    let mut largest = T::ZERO;
    for i in 0..a.rows() {
        // Of equally large entries the first, also where rounding makes a later one the larger.
        if a[(i, col)].modulus() > largest.modulus() * (1.0 + 1e-9) {
            largest = a[(i, col)];
        }
    }
    phase(largest).conjugate()
}

pub(super) fn turn_column<T: Scalar>(a: &mut Matrix<T>, col: usize, turn: T) {
    (0..a.rows()).for_each(|i| a[(i, col)] = a[(i, col)] * turn);
}

#[cfg(test)]
mod tests {
    use super::super::inv;
    use super::super::matrix::tests::{distance, matrix, random, random_complex};
    use super::*;

    fn check<T: Scalar>(a: &Matrix<T>, full: bool) {
        let Svd { u, s, v } = svd(a, full).unwrap();
        let k = a.rows().min(a.cols());
        assert_eq!((u.cols(), v.cols()), if full { (a.rows(), a.cols()) } else { (k, k) });
        let us = Matrix::from_fn(a.rows(), k, |i, j| u[(i, j)].times(s[j])).unwrap();
        let v_k = Matrix::from_fn(a.cols(), k, |i, j| v[(i, j)]).unwrap();
        assert!(distance(&matmul(&us, &v_k.adjoint()).unwrap(), a) < 1e-13 * (1.0 + s[0]));
        for q in [&u, &v] {
            let unit = Matrix::identity(q.cols()).unwrap();
            assert!(distance(&matmul(&q.adjoint(), q).unwrap(), &unit) < 1e-13);
        }
        assert!(s.windows(2).all(|s| s[0] >= s[1]) && s[k - 1] >= 0.0);
        let alone = singular_values(a).unwrap();
        assert!(s.iter().zip(&alone).all(|(x, y)| (x - y).abs() < 1e-13 * (1.0 + s[0])));
    }

    #[test]
    fn the_parts_multiply_back_in_every_shape() {
        for (m, n) in [(1, 1), (1, 4), (4, 1), (5, 5), (9, 4), (4, 9), (60, 33)] {
            for full in [false, true] {
                check(&random(m, n, 7), full);
                check(&random_complex(m, n, 8), full);
            }
        }
        for full in [false, true] {
            check(&matrix(&[&[1.0, 1.0], &[1.0, 1.0], &[1.0, 1.0]]), full);
            check(&matrix(&[&[0.0, 0.0], &[0.0, 0.0]]), full);
            check(&Matrix::<f64>::identity(6).unwrap(), full);
        }
    }

    #[test]
    fn largest_entries_of_v_are_real_and_positive() {
        let v = svd(&random_complex(6, 4, 1), true).unwrap().v;
        for j in 0..4 {
            let largest = v.col(j).into_iter().max_by(|a, b| a.norm().total_cmp(&b.norm())).unwrap();
            assert!(largest.re > 0.0 && largest.im.abs() < 1e-15);
        }
    }

    #[test]
    fn condition_numbers_of_the_issue() {
        // κ + 1/κ = ‖A‖²_F / |det A| for two by two: 40201/100 and 40002/1.
        for (first, sum, wanted) in [(100.0, 402.01, 402.0075), (99.0, 40002.0, 40002.0)] {
            let kappa = cond(&matrix(&[&[first, 100.0], &[-100.0, -101.0]])).unwrap();
            assert!((kappa - wanted).abs() < 1e-4, "{kappa}");
            assert!(((kappa + 1.0 / kappa) / sum - 1.0_f64).abs() < 1e-11, "{kappa}");
        }
        assert_eq!(cond(&matrix(&[&[1.0, 0.0], &[0.0, 0.0]])).unwrap(), f64::INFINITY);
        assert!(cond(&matrix(&[&[1.0, 2.0], &[2.0, 4.0]])).unwrap() > 1e15);
        assert_eq!(cond(&matrix(&[&[0.0]])).unwrap(), f64::INFINITY);
    }

    #[test]
    fn rank_counts_independent_rows() {
        assert_eq!(rank(&matrix(&[&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0], &[7.0, 8.0, 9.0]]), None).unwrap(), 2);
        assert_eq!(rank(&matrix(&[&[0.0, 0.0]]), None).unwrap(), 0);
        assert_eq!(rank(&matmul(&random(20, 3, 1), &random(3, 15, 2)).unwrap(), None).unwrap(), 3);
        let a = matrix(&[&[1.0, 0.0], &[0.0, 1e-4]]);
        assert_eq!([None, Some(1e-3)].map(|t| rank(&a, t).unwrap()), [2, 1]);
        let error = rank(&a, Some(-1.0)).unwrap_err().to_string();
        assert_eq!(error, "rank: `tolerance` must be in [0, 1), got -1");
    }

    #[test]
    fn the_pseudo_inverse_obeys_its_four_laws() {
        for a in [random_complex(6, 4, 1), random_complex(3, 7, 2), {
            matmul(&random_complex(6, 2, 3), &random_complex(2, 5, 4)).unwrap()
        }] {
            let p = pinv(&a, None).unwrap();
            let (ap, pa) = (matmul(&a, &p).unwrap(), matmul(&p, &a).unwrap());
            assert!(distance(&matmul(&ap, &a).unwrap(), &a) < 1e-12);
            assert!(distance(&matmul(&pa, &p).unwrap(), &p) < 1e-12);
            assert!(distance(&ap, &ap.adjoint()) < 1e-12);
            assert!(distance(&pa, &pa.adjoint()) < 1e-12);
        }
        let a = random(5, 5, 9);
        assert!(distance(&pinv(&a, None).unwrap(), &inv(&a).unwrap()) < 1e-11);
        assert_eq!(pinv(&matrix(&[&[0.0, 0.0]]), None).unwrap().data(), [0.0, 0.0]);
    }

    #[test]
    fn huge_and_tiny_matrices_keep_their_digits() {
        for scale in [1e300, 1e-300] {
            let a = matrix(&[&[2.0 * scale, 0.0], &[0.0, scale]]);
            assert!((cond(&a).unwrap() - 2.0).abs() < 1e-14);
            assert!((svd(&a, false).unwrap().s[0] / scale - 2.0).abs() < 1e-14);
        }
    }

    #[test]
    fn nan_is_refused() {
        let error = svd(&matrix(&[&[1.0], &[f64::NAN]]), false).unwrap_err().to_string();
        assert_eq!(error, "svd: the entry at row 2, column 1 must be finite, got NaN");
    }
}
