//! The Cholesky factor: the root of a positive definite matrix.

use super::eigen::hermitian_part;
use super::{Matrix, Scalar};
use crate::{Error, Result};
use faer::Side;
use faer::linalg::cholesky::llt::factor::LltError;
use faer::linalg::solvers::Llt;

/// The lower triangular `l` with `a = l lᴴ` and a positive diagonal.
///
/// ```
/// use mynah::linalg::{Matrix, cholesky};
/// let a = Matrix::from_rows(&[vec![4.0, 2.0], vec![2.0, 10.0]]).unwrap();
/// assert_eq!(cholesky(&a).unwrap().data(), [2.0, 0.0, 1.0, 3.0]);
/// ```
///
/// # Errors
/// When `a` is not square, not symmetric (Hermitian) to six digits, or not positive definite, or an entry is NaN or
/// infinite.
pub fn cholesky<T: Scalar>(a: &Matrix<T>) -> Result<Matrix<T>> {
    let a = hermitian_part("cholesky", a)?;
    match Llt::new(a.view(), Side::Lower) {
        Ok(made) => Ok(Matrix::of_faer(made.L())),
        Err(LltError::NonPositivePivot { index }) => Err(Error::value(format!(
            "cholesky: the matrix must be positive definite, and its first {} rows and columns are not",
            (index + 1).min(a.rows())
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::matmul;
    use super::super::matrix::tests::{distance, matrix, random, random_complex};
    use super::*;

    fn check<T: Scalar>(b: &Matrix<T>) {
        let a = matmul(b, &b.adjoint()).unwrap();
        let l = cholesky(&a).unwrap();
        assert!(distance(&matmul(&l, &l.adjoint()).unwrap(), &a) < 1e-12);
        for i in 0..l.rows() {
            assert!(l[(i, i)].re() > 0.0 && (i + 1..l.cols()).all(|j| l[(i, j)] == T::ZERO));
        }
    }

    #[test]
    fn factors_multiply_back() {
        for n in [1, 2, 5, 40] {
            check(&random(n, n + 3, 1));
            check(&random_complex(n, n + 3, 2));
        }
    }

    #[test]
    fn what_has_no_root_is_refused() {
        let refusal = |rows: &[&[f64]]| cholesky(&matrix(rows)).unwrap_err().to_string();
        for rows in [&[&[1.0, 2.0][..], &[2.0, 1.0]][..], &[&[1.0, 1.0], &[1.0, 1.0]]] {
            assert_eq!(
                refusal(rows),
                "cholesky: the matrix must be positive definite, and its first 2 rows and columns are not"
            );
        }
        assert!(refusal(&[&[-1.0]]).contains("its first 1 rows"));
        assert!(refusal(&[&[0.0]]).contains("positive definite"));
        assert!(refusal(&[&[1.0, 2.0], &[0.0, 1.0]]).contains("symmetric"));
    }
}
