//! Solving square systems, inverses and determinants, by elimination with row exchanges.
//!
//! Rows and columns are first scaled by powers of two (exactly), so that units of measure do not count as
//! singularity; what is left is judged by Hager's estimate of the reciprocal condition number (Higham 1988,
//! ACM TOMS 14:381, algorithm 4.1), as LAPACK's `gesvx` does.

use super::matrix::power_of_two;
use super::norm::largest_column_sum;
use super::{Matrix, Scalar};
use crate::{Error, Result};
use faer::linalg::solvers::{PartialPivLu, Solve};
use faer::{Mat, MatMut};

/// A determinant as sign and logarithm, for sizes where the number itself would overflow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slogdet<T> {
    /// A number of modulus 1 (for real matrices 1 or -1), or 0 for a singular matrix.
    pub sign: T,
    /// The natural logarithm of the determinant's modulus; minus infinity for a singular matrix.
    pub ln: f64,
}

/// The solution `x` of `a x = b`; `b` may have several columns.
///
/// ```
/// use mynah::linalg::{Matrix, solve};
/// let a = Matrix::from_rows(&[vec![2.0, 1.0], vec![1.0, 3.0]]).unwrap();
/// let x = solve(&a, &Matrix::column(vec![3.0, 4.0]).unwrap()).unwrap();
/// assert_eq!(x.data(), [1.0, 1.0]);
/// ```
///
/// # Errors
/// When `a` is not square or is singular to working precision, `b` has other rows than `a`, or an entry is NaN or
/// infinite.
pub fn solve<T: Scalar>(a: &Matrix<T>, b: &Matrix<T>) -> Result<Matrix<T>> {
    a.ensure_square("solve")?;
    if a.rows() != b.rows() {
        let why = format!("`b` must have {} rows as `a` has, got {}", a.rows(), b.rows());
        return Err(Error::shape("solve", why));
    }
    b.ensure_finite("solve")?;
    Elimination::new("solve", a)?.solve("solve", b)
}

/// The inverse.
///
/// # Errors
/// When `a` is not square or is singular to working precision, or an entry is NaN or infinite.
pub fn inv<T: Scalar>(a: &Matrix<T>) -> Result<Matrix<T>> {
    a.ensure_square("inv")?;
    Elimination::new("inv", a)?.solve("inv", &Matrix::identity(a.rows())?)
}

/// The determinant. Beyond the range of numbers it is 0 or infinite; [`slogdet`] has no such bounds.
///
/// # Errors
/// When `a` is not square, or an entry is NaN or infinite.
pub fn det<T: Scalar>(a: &Matrix<T>) -> Result<T> {
    let (mantissa, exponent) = determinant("det", a)?;
    // In two steps, so that neither factor leaves the range before the product does.
    let half = exponent.clamp(-4000, 4000) / 2;
    let power = |e: i32| 2.0_f64.powi(e);
    let rest = exponent.clamp(-4000, 4000) - half;
    Ok([half / 2, half - half / 2, rest / 2, rest - rest / 2].into_iter().fold(mantissa, |d, e| d.times(power(e))))
}

/// The determinant as sign and logarithm.
///
/// # Errors
/// When `a` is not square, or an entry is NaN or infinite.
pub fn slogdet<T: Scalar>(a: &Matrix<T>) -> Result<Slogdet<T>> {
    let (mantissa, exponent) = determinant("slogdet", a)?;
    let size = mantissa.modulus();
    if size == 0.0 {
        return Ok(Slogdet { sign: T::ZERO, ln: f64::NEG_INFINITY });
    }
    let ln = size.ln() + f64::from(exponent) * std::f64::consts::LN_2;
    Ok(Slogdet { sign: mantissa.times(1.0 / size), ln })
}

/// The determinant as a moderate number times a power of two.
fn determinant<T: Scalar>(what: &str, a: &Matrix<T>) -> Result<(T, i32)> {
    a.ensure_square(what)?;
    a.ensure_finite(what)?;
    let Scaled { matrix, row_scale, col_scale } = Scaled::new(a)?;
    let lu = PartialPivLu::new(matrix.view());
    let mut mantissa = if odd(lu.P().arrays().0) { -T::ONE } else { T::ONE };
    let mut exponent = -row_scale.iter().chain(&col_scale).map(|&scale| log2(scale)).sum::<i32>();
    for i in 0..a.rows() {
        mantissa = mantissa * lu.U()[(i, i)];
        let p = power_of_two(mantissa.modulus());
        mantissa = mantissa.times(1.0 / p);
        exponent = exponent.saturating_add(log2(p));
    }
    Ok((mantissa, exponent))
}

/// The exponent of a power of two.
fn log2(power: f64) -> i32 {
    (power.to_bits() >> 52) as i32 - 1023
}

/// Whether a permutation takes an odd number of exchanges.
fn odd(permutation: &[usize]) -> bool {
    let mut seen = vec![false; permutation.len()];
    let mut exchanges = 0;
    for start in 0..permutation.len() {
        let mut i = start;
        while !std::mem::replace(&mut seen[i], true) {
            i = permutation[i];
            exchanges += usize::from(i != start);
        }
    }
    exchanges % 2 == 1
}

/// A matrix scaled by powers of two until the largest number in each row and column is about 1.
struct Scaled<T> {
    matrix: Matrix<T>,   // row scale · a · column scale
    row_scale: Vec<f64>, // 1 for a row of zeros
    col_scale: Vec<f64>, // 1 for a column of zeros
}

impl<T: Scalar> Scaled<T> {
    fn new(a: &Matrix<T>) -> Result<Self> {
        let scale = |sizes: &[f64]| sizes.iter().map(|&s| 1.0 / power_of_two(s)).collect::<Vec<f64>>();
        let mut row_sizes = vec![0.0_f64; a.rows()];
        for (i, size) in row_sizes.iter_mut().enumerate() {
            a.row(i).iter().for_each(|x| *size = size.max(x.modulus()));
        }
        let row_scale = scale(&row_sizes);
        let mut col_sizes = vec![0.0_f64; a.cols()];
        for i in 0..a.rows() {
            let row = col_sizes.iter_mut().zip(a.row(i));
            row.for_each(|(size, x)| *size = size.max(x.times(row_scale[i]).modulus()));
        }
        let col_scale = scale(&col_sizes);
        let matrix = Matrix::from_fn(a.rows(), a.cols(), |i, j| a[(i, j)].times(row_scale[i]).times(col_scale[j]))?;
        Ok(Self { matrix, row_scale, col_scale })
    }
}

/// A square matrix, scaled and eliminated.
struct Elimination<T: Scalar> {
    row_scale: Vec<f64>,
    col_scale: Vec<f64>,
    lu: PartialPivLu<T>,
}

impl<T: Scalar> Elimination<T> {
    fn new(what: &str, a: &Matrix<T>) -> Result<Self> {
        a.ensure_finite(what)?;
        let zero = |x: &T| *x == T::ZERO;
        let dependent = |which: &str, k: usize| {
            Error::value(format!("{what}: the matrix is singular: {which} {} is zero; `lstsq` takes it", k + 1))
        };
        if let Some(i) = (0..a.rows()).find(|&i| a.row(i).iter().all(zero)) {
            return Err(dependent("row", i));
        }
        if let Some(j) = (0..a.cols()).find(|&j| a.col(j).iter().all(zero)) {
            return Err(dependent("column", j));
        }
        let Scaled { matrix, row_scale, col_scale } = Scaled::new(a)?;
        let made = Self { row_scale, col_scale, lu: PartialPivLu::new(matrix.view()) };

        let rcond = made.rcond(largest_column_sum(&matrix));
        if rcond < f64::EPSILON {
            return Err(Error::value(format!(
                "{what}: the matrix is singular to working precision (reciprocal condition number {rcond:.1e}); \
                 `lstsq` takes it"
            )));
        }
        Ok(made)
    }

    fn solve(&self, what: &str, b: &Matrix<T>) -> Result<Matrix<T>> {
        let mut x = Mat::from_fn(b.rows(), b.cols(), |i, j| b[(i, j)].times(self.row_scale[i]));
        self.lu.solve_in_place(x.as_mut());
        let x = Matrix::from_fn(b.rows(), b.cols(), |i, j| x[(i, j)].times(self.col_scale[i]))?;
        if x.data().iter().all(|x| x.finite()) {
            return Ok(x);
        }
        Err(Error::value(format!("{what}: the solution is too large for a number")))
    }

    /// Hager's estimate of 1 / (‖A‖₁ ‖A⁻¹‖₁) for the scaled matrix; `norm` is ‖A‖₁.
    fn rcond(&self, norm: f64) -> f64 {
        let n = self.row_scale.len();
        let u = self.lu.U();
        if (0..n).any(|i| u[(i, i)] == T::ZERO || !u[(i, i)].finite()) {
            return 0.0;
        }
        let column = |x: &mut Vec<T>, adjoint: bool| {
            let view = MatMut::from_column_major_slice_mut(x, n, 1);
            if adjoint { self.lu.solve_adjoint_in_place(view) } else { self.lu.solve_in_place(view) }
        };
        let size = |x: &[T]| x.iter().map(|x| x.modulus()).sum::<f64>();

        let mut x = vec![T::of(1.0 / n as f64); n];
        let mut estimate = 0.0_f64;
        let mut last = usize::MAX;
        for _ in 0..5 {
            column(&mut x, false);
            let now = size(&x);
            if now.is_nan() {
                return 0.0;
            }
            if now <= estimate {
                break;
            }
            estimate = now;
            for x in &mut x {
                let modulus = x.modulus();
                *x = if modulus == 0.0 { T::ONE } else { x.times(1.0 / modulus) };
            }
            column(&mut x, true);
            let (mut j, mut largest) = (0, -1.0);
            for (k, z) in x.iter().enumerate() {
                if z.modulus() > largest {
                    (j, largest) = (k, z.modulus());
                }
            }
            if j == last {
                break;
            }
            last = j;
            x.fill(T::ZERO);
            x[j] = T::ONE;
        }
        // A second guess against matrices made to fool the first (Higham 1988).
        let mut x: Vec<T> = (0..n)
            .map(|i| T::of((1.0 + i as f64 / (n.max(2) - 1) as f64) * if i % 2 == 0 { 1.0 } else { -1.0 }))
            .collect();
        column(&mut x, false);
        let estimate = estimate.max(2.0 * size(&x) / (3.0 * n as f64));
        if estimate.is_finite() { 1.0 / (norm * estimate) } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::super::matrix::tests::{distance, matrix, random, random_complex};
    use super::super::{Complex, matmul};
    use super::*;

    #[test]
    fn the_two_nearly_dependent_systems_of_the_issue() {
        let b = Matrix::column(vec![1.0, 1.0]).unwrap();
        for (first, wanted) in [(100.0, [2.01, -2.0]), (99.0, [-201.0, 199.0])] {
            let x = solve(&matrix(&[&[first, 100.0], &[-100.0, -101.0]]), &b).unwrap();
            for (x, wanted) in x.data().iter().zip(wanted) {
                assert!((x - wanted).abs() < 1e-9, "{x} for {wanted}");
            }
        }
    }

    #[test]
    fn a_solution_solves_and_an_inverse_inverts() {
        for n in [1, 2, 3, 8, 50, 200] {
            let (a, b) = (random(n, n, n as u64), random(n, 3, 99));
            let x = solve(&a, &b).unwrap();
            assert!(distance(&matmul(&a, &x).unwrap(), &b) < 1e-9, "{n}");
            let i = Matrix::identity(n).unwrap();
            assert!(distance(&matmul(&a, &inv(&a).unwrap()).unwrap(), &i) < 1e-9, "{n}");

            let (a, b) = (random_complex(n, n, n as u64), random_complex(n, 2, 98));
            let x = solve(&a, &b).unwrap();
            assert!(distance(&matmul(&a, &x).unwrap(), &b) < 1e-9, "{n}");
        }
    }

    #[test]
    fn units_of_measure_are_no_singularity() {
        let a = matrix(&[&[1e-200, 0.0], &[0.0, 1e200]]);
        let x = solve(&a, &Matrix::column(vec![1e-200, 3e200]).unwrap()).unwrap();
        assert_eq!(x.data(), [1.0, 3.0]);
        let a = matrix(&[&[2e-30, 1e10], &[1e-30, 3e10]]);
        let x = solve(&a, &Matrix::column(vec![3e10, 4e10]).unwrap()).unwrap();
        assert!((x[(0, 0)] / 1e40 - 1.0).abs() < 1e-14 && (x[(1, 0)] - 1.0).abs() < 1e-14);
    }

    #[test]
    fn singular_matrices_are_named_so() {
        let refusal = |rows: &[&[f64]]| inv(&matrix(rows)).unwrap_err().to_string();
        let start = "inv: the matrix is singular";
        for rows in [
            &[&[1.0, 2.0][..], &[2.0, 4.0]][..],
            &[&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0], &[7.0, 8.0, 9.0]],
            &[&[0.1, 0.2, 0.3], &[0.4, 0.5, 0.6], &[0.7, 0.8, 0.9]],
            &[&[16.0, 2.0, 3.0, 13.0], &[5.0, 11.0, 10.0, 8.0], &[9.0, 7.0, 6.0, 12.0], &[4.0, 14.0, 15.0, 1.0]],
        ] {
            assert!(refusal(rows).starts_with(start), "{}", refusal(rows));
        }
        assert_eq!(
            refusal(&[&[1.0, 0.0], &[0.0, 0.0]]),
            "inv: the matrix is singular: row 2 is zero; `lstsq` takes it"
        );
        assert_eq!(
            refusal(&[&[1.0, 0.0], &[1.0, 0.0]]),
            "inv: the matrix is singular: column 2 is zero; `lstsq` takes it"
        );
    }

    #[test]
    fn the_condition_estimate_is_near_the_truth() {
        for seed in 0..20 {
            let n = 2 + seed as usize;
            let a = random(n, n, seed);
            let made = Elimination::new("test", &a).unwrap();
            let scaled = Matrix::from_fn(n, n, |i, j| a[(i, j)] * made.row_scale[i] * made.col_scale[j]).unwrap();
            let norm = largest_column_sum(&scaled);
            let truth = 1.0 / (norm * largest_column_sum(&inv(&scaled).unwrap()));
            let ratio = made.rcond(norm) / truth;
            assert!((0.999..3.0).contains(&ratio), "{n}: {ratio}");
        }
    }

    #[test]
    fn determinants_by_hand() {
        let det_of = |rows: &[&[f64]]| det(&matrix(rows)).unwrap();
        assert_eq!(det_of(&[&[3.0]]), 3.0);
        assert!((det_of(&[&[1.0, 2.0], &[3.0, 4.0]]) + 2.0).abs() < 1e-15);
        assert_eq!(det_of(&[&[0.0, 1.0, 0.0], &[0.0, 0.0, 1.0], &[1.0, 0.0, 0.0]]), 1.0);
        assert_eq!(det_of(&[&[0.0, 1.0], &[1.0, 0.0]]), -1.0);
        assert_eq!(det_of(&[&[1.0, 2.0], &[2.0, 4.0]]), 0.0);
        let i = Complex::I;
        let a = Matrix::from_rows(&[vec![i, Complex::ONE], vec![Complex::ONE, i]]).unwrap();
        assert!((det(&a).unwrap() + 2.0).norm() < 1e-15); // i² - 1
    }

    #[test]
    fn a_determinant_of_a_product_is_the_product() {
        let (a, b) = (random(30, 30, 1), random(30, 30, 2));
        let (ab, product) = (det(&matmul(&a, &b).unwrap()).unwrap(), det(&a).unwrap() * det(&b).unwrap());
        assert!((ab / product - 1.0).abs() < 1e-10);
        let log = slogdet(&a).unwrap();
        assert!((log.sign * log.ln.exp() / det(&a).unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn large_determinants_have_a_logarithm() {
        let a = Matrix::diagonal(&vec![1e10; 100]).unwrap();
        assert_eq!(det(&a).unwrap(), f64::INFINITY);
        let log = slogdet(&a).unwrap();
        assert!(log.sign == 1.0 && (log.ln - 1000.0 * 10.0_f64.ln()).abs() < 1e-9);
        assert_eq!(det(&Matrix::diagonal(&vec![1e-10; 100]).unwrap()).unwrap(), 0.0);
        let mixed: Vec<f64> = (0..100).map(|i| if i % 2 == 0 { 1e200 } else { -1e-200 }).collect();
        assert!((det(&Matrix::diagonal(&mixed).unwrap()).unwrap() - 1.0).abs() < 1e-13);
    }

    #[test]
    fn misfits_are_refused() {
        let (a, b) = (matrix(&[&[1.0, 2.0]]), matrix(&[&[1.0]]));
        assert_eq!(solve(&a, &b).unwrap_err().to_string(), "solve: a square matrix wanted, got [1, 2]");
        let a = matrix(&[&[1.0, 2.0], &[3.0, f64::INFINITY]]);
        assert_eq!(solve(&a, &b).unwrap_err().to_string(), "solve: `b` must have 2 rows as `a` has, got 1");
        assert_eq!(det(&a).unwrap_err().to_string(), "det: the entry at row 2, column 2 must be finite, got inf");
    }
}
