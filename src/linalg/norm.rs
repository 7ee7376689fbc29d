//! Norms: how large a matrix is.

use super::svd::singular_values;
use super::{Matrix, Scalar};
use crate::nearest::{nearest, quoted};
use crate::{Error, Result};
use std::str::FromStr;

/// Which norm. Of a single column they are the vector norms of the same names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Norm {
    /// "fro": the root of the sum of squares (Frobenius).
    #[default]
    Fro,
    /// "1": the largest sum of moduli down a column.
    One,
    /// "inf": the largest sum of moduli along a row.
    Inf,
    /// "2": the largest singular value, the most that a vector is stretched.
    Two,
    /// "nuclear": the sum of the singular values.
    Nuclear,
}

impl Norm {
    /// All norms with their names.
    pub const ALL: [(&'static str, Norm); 5] =
        [("fro", Norm::Fro), ("1", Norm::One), ("inf", Norm::Inf), ("2", Norm::Two), ("nuclear", Norm::Nuclear)];
}

impl FromStr for Norm {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let names = || Self::ALL.into_iter().map(|(known, _)| known);
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, norm)| norm).ok_or_else(|| {
            // One slip turns any digit into "1", so only words are worth a guess.
            Error::value(match nearest(name, names().filter(|known| known.len() > 1)) {
                Some(meant) => format!("norm: unknown kind `{name}`; did you mean `{meant}`?"),
                None => format!("norm: unknown kind `{name}`; there are {}", quoted(names())),
            })
        })
    }
}

/// The norm of a matrix or, as one column, of a vector.
///
/// ```
/// use mynah::linalg::{Matrix, Norm, norm};
/// let v = Matrix::column(vec![3.0, -4.0]).unwrap();
/// assert_eq!(norm(&v, Norm::Fro).unwrap(), 5.0);
/// assert_eq!(norm(&v, Norm::One).unwrap(), 7.0);
/// assert_eq!(norm(&v, Norm::Inf).unwrap(), 4.0);
/// ```
///
/// # Errors
/// When an entry is NaN or infinite.
pub fn norm<T: Scalar>(a: &Matrix<T>, kind: Norm) -> Result<f64> {
    a.ensure_finite("norm")?;
    Ok(match kind {
        Norm::Fro => {
            let scale = a.scale();
            scale * a.data().iter().map(|x| (x.modulus() / scale).powi(2)).sum::<f64>().sqrt()
        }
        Norm::One => largest_column_sum(a),
        Norm::Inf => (0..a.rows()).map(|i| a.row(i).iter().map(|x| x.modulus()).sum()).fold(0.0, f64::max),
        Norm::Two => singular_values(a)?[0],
        Norm::Nuclear => singular_values(a)?.iter().sum(),
    })
}

pub(super) fn largest_column_sum<T: Scalar>(a: &Matrix<T>) -> f64 {
    let mut sums = vec![0.0; a.cols()];
    for i in 0..a.rows() {
        sums.iter_mut().zip(a.row(i)).for_each(|(sum, x)| *sum += x.modulus());
    }
    sums.into_iter().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::super::Complex;
    use super::super::matrix::tests::{matrix, random};
    use super::*;

    #[test]
    fn norms_of_a_small_matrix_are_as_by_hand() {
        let a = matrix(&[&[3.0, 0.0], &[4.0, 5.0]]); // singular values 3√5, √5
        let root5 = 5.0_f64.sqrt();
        for (name, wanted) in
            [("fro", 50.0_f64.sqrt()), ("1", 7.0), ("inf", 9.0), ("2", 3.0 * root5), ("nuclear", 4.0 * root5)]
        {
            let got = norm(&a, name.parse().unwrap()).unwrap();
            assert!((got - wanted).abs() < 1e-14, "{name}: {got}");
        }
    }

    #[test]
    fn complex_entries_count_by_modulus() {
        let a = Matrix::column(vec![Complex::new(3.0, 4.0), Complex::new(0.0, -12.0)]).unwrap();
        assert_eq!(norm(&a, Norm::Fro).unwrap(), 13.0);
        assert_eq!(norm(&a, Norm::One).unwrap(), 17.0);
    }

    #[test]
    fn huge_and_tiny_entries_neither_overflow_nor_vanish() {
        for scale in [1e300, 1e-300] {
            let a = matrix(&[&[3.0 * scale], &[4.0 * scale]]);
            for kind in [Norm::Fro, Norm::Two] {
                assert!((norm(&a, kind).unwrap() / scale - 5.0).abs() < 1e-14);
            }
        }
    }

    #[test]
    fn the_norms_are_ordered_as_they_must_be() {
        let a = random(7, 5, 3);
        let [fro, _, _, two, nuclear] = Norm::ALL.map(|(_, kind)| norm(&a, kind).unwrap());
        assert!(two <= fro && fro <= nuclear && nuclear <= 5.0_f64.sqrt() * fro);
    }

    #[test]
    fn unknown_kinds_and_nan_are_refused() {
        let refusal = |name: &str| name.parse::<Norm>().unwrap_err().to_string();
        assert_eq!(refusal("nuclaer"), "norm: unknown kind `nuclaer`; did you mean `nuclear`?");
        assert_eq!(refusal("3"), "norm: unknown kind `3`; there are `fro`, `1`, `inf`, `2`, `nuclear`");
        let error = norm(&matrix(&[&[1.0, f64::NAN]]), Norm::Fro).unwrap_err().to_string();
        assert_eq!(error, "norm: the entry at row 1, column 2 must be finite, got NaN");
    }
}
