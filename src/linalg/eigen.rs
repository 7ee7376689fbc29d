//! Eigenvalues and eigenvectors, of symmetric (Hermitian) and of general square matrices.

use super::matrix::power_of_two;
use super::svd::{turn_column, turn_of};
use super::{Complex, Matrix, Scalar, matmul};
use crate::{Error, Result};
use faer::Side;

/// `a = vectors · diag(values) · vectorsᴴ` for a symmetric (Hermitian) matrix.
#[derive(Clone, Debug)]
pub struct Eigh<T = f64> {
    /// Eigenvalues, the smallest first.
    pub values: Vec<f64>, // [n]
    /// Eigenvectors, one a column, of length 1 and at right angles; the largest entry of each is real and positive.
    pub vectors: Matrix<T>, // [n, n]
}

/// `a · vectors = vectors · diag(values)` for any square matrix.
#[derive(Clone, Debug)]
pub struct Eig {
    /// Eigenvalues, in order of their real parts, then of their imaginary parts.
    pub values: Vec<Complex>, // [n]
    /// Eigenvectors, one a column, of length 1; the largest entry of each is real and positive. Where the matrix has
    /// too few of them, several columns are the same up to rounding.
    pub vectors: Matrix<Complex>, // [n, n]
}

/// Eigenvalues and eigenvectors of a symmetric (Hermitian) matrix.
///
/// ```
/// use mynah::linalg::{Matrix, eigh};
/// let a = Matrix::from_rows(&[vec![2.0, 1.0], vec![1.0, 2.0]]).unwrap();
/// let values = eigh(&a).unwrap().values;
/// assert!((values[0] - 1.0).abs() < 1e-15 && (values[1] - 3.0).abs() < 1e-15);
/// ```
///
/// # Errors
/// When `a` is not square, not symmetric (Hermitian) to six digits, or an entry is NaN or infinite.
pub fn eigh<T: Scalar>(a: &Matrix<T>) -> Result<Eigh<T>> {
    let a = hermitian_part("eigh", a)?;
    let scale = a.scale();
    let scaled = a.scaled_down(scale);
    let made = scaled.view().self_adjoint_eigen(Side::Lower);
    let made = made.or_else(|_| without_dust(&scaled).view().self_adjoint_eigen(Side::Lower));
    let made = made.map_err(|_| no_convergence("eigh"))?;
    let values = made.S().column_vector().iter().map(|s| s.re() * scale).collect();
    let mut vectors = Matrix::of_faer(made.U());
    for j in 0..vectors.cols() {
        let turn = turn_of(&vectors, j);
        turn_column(&mut vectors, j, turn);
    }
    Ok(Eigh { values, vectors })
}

/// Eigenvalues and eigenvectors of any square matrix; both are complex in general.
///
/// The matrix is balanced first (James, Langou & Lowery 2014), so that rows of very different size do no harm.
///
/// # Errors
/// When `a` is not square, or an entry is NaN or infinite.
pub fn eig<T: Scalar>(a: &Matrix<T>) -> Result<Eig> {
    a.ensure_square("eig")?;
    a.ensure_finite("eig")?;
    let scale = a.scale();
    let scaled = a.scaled_down(scale);
    let n = a.rows();

    let (balanced, d) = balance(&scaled);
    let unbalance = |u: &mut Matrix<Complex>| (0..n * n).for_each(|k| u[(k / n, k % n)] *= d[k / n]);
    let mut found = attempt(&scaled, &balanced, unbalance)?;
    // faer's iteration fails on about one matrix of zeros and ones in ten thousand, and balancing may lose more than
    // it gains where magnitudes differ beyond all reason. A similar matrix has the same eigenvalues: try others.
    let poor = |found: &Option<(Eig, f64)>| found.as_ref().is_none_or(|(_, error)| *error > 1e-13 * n.max(10) as f64);
    let keep_better = |x: Option<(Eig, f64)>, y: Option<(Eig, f64)>| {
        [x, y].into_iter().flatten().min_by(|(_, x), (_, y)| x.total_cmp(y))
    };
    if poor(&found) {
        found = keep_better(found, attempt(&scaled, &without_dust(&scaled), |_| {})?);
    }
    for number in 0..4 {
        if poor(&found) {
            let mirror = Mirror::new(n, number);
            let mut mirrored = scaled.to_complex();
            mirror.apply_left(&mut mirrored);
            let mut mirrored = mirrored.transpose();
            mirror.apply_left(&mut mirrored);
            found = keep_better(found, attempt(&scaled, &mirrored.transpose(), |u| mirror.apply_left(u))?);
        }
    }
    let (mut made, _) = found.ok_or_else(|| no_convergence("eig"))?;
    made.values.iter_mut().for_each(|value| *value = value.times(scale));
    Ok(made)
}

/// The eigenvalues and eigenvectors of `a` by way of a similar matrix, from whose eigenvectors `back` leads to those
/// of `a`; and how far `a · vectors` is from `vectors · diag(values)`. Nothing when the iteration fails.
fn attempt<T: Scalar, S: Scalar>(
    a: &Matrix<T>,
    similar: &Matrix<S>,
    back: impl Fn(&mut Matrix<Complex>),
) -> Result<Option<(Eig, f64)>> {
    let n = a.rows();
    let Some(made) = S::eigen(similar.view()) else { return Ok(None) };
    let (s, u) = (made.S().column_vector(), made.U());
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| s[i].re.total_cmp(&s[j].re).then(s[i].im.total_cmp(&s[j].im)));
    let values: Vec<Complex> = order.iter().map(|&j| s[j]).collect();
    let mut vectors = Matrix::from_fn(n, n, |i, j| u[(i, order[j])])?;
    back(&mut vectors);
    for j in 0..n {
        normalise(&mut vectors, j);
    }
    let product = matmul(&a.to_complex(), &vectors)?;
    let mut error = 0.0_f64;
    for i in 0..n {
        for j in 0..n {
            let distance = (product[(i, j)] - vectors[(i, j)] * values[j]).modulus();
            if !distance.is_finite() {
                return Ok(None);
            }
            error = error.max(distance);
        }
    }
    let vanished = (0..n).any(|j| vectors.col(j).iter().all(|x| *x == Complex::ZERO));
    Ok((!vanished).then_some((Eig { values, vectors }, error)))
}

/// A reflection (Householder's) in a direction without pattern, its own inverse.
struct Mirror(Vec<f64>);

impl Mirror {
    /// One of many.
    fn new(n: usize, number: usize) -> Self {
        let v: Vec<f64> = (0..n).map(|i| (1.0 + number as f64 + (i * i) as f64).cos()).collect();
        let length = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        Self(v.into_iter().map(|x| x / length).collect())
    }

    /// The mirror times `a`.
    fn apply_left(&self, a: &mut Matrix<Complex>) {
        let Self(v) = self;
        for j in 0..a.cols() {
            let along: Complex = v.iter().enumerate().map(|(i, v)| a[(i, j)] * v).sum();
            v.iter().enumerate().for_each(|(i, v)| a[(i, j)] -= along * (2.0 * v));
        }
    }
}

/// The matrix with numbers beyond any rounding of the largest set to 0. On those, faer's iterations may go astray.
fn without_dust<T: Scalar>(a: &Matrix<T>) -> Matrix<T> {
    let dust = 1e-30 * a.scale();
    a.map(|x| if x.modulus() < dust { T::ZERO } else { x })
}

/// Scales rows and columns against each other by powers of two until they are about as long: `D⁻¹ a D`, and D's
/// diagonal. Lengths count the diagonal too, so that nothing is scaled for the sake of entries
/// that the diagonal outweighs (James, Langou & Lowery 2014, arXiv:1401.5766).
fn balance<T: Scalar>(a: &Matrix<T>) -> (Matrix<T>, Vec<f64>) {
    let n = a.rows();
    let mut a = a.clone();
    let mut d = vec![1.0; n];
    for _ in 0..100 {
        let mut settled = true;
        for i in 0..n {
            let (mut row, mut col) = (0.0_f64, 0.0_f64);
            for j in 0..n {
                row = row.hypot(a[(i, j)].modulus());
                col = col.hypot(a[(j, i)].modulus());
            }
            if row == 0.0 || col == 0.0 {
                continue;
            }
            // The power of two f nearest to the root of row / col, at which both are equal.
            let f = power_of_two((row / col).sqrt() * std::f64::consts::SQRT_2);
            let after = d[i] * f;
            if (row / f).hypot(col * f) < 0.97 * row.hypot(col) && (1e-150..1e150).contains(&after) {
                settled = false;
                d[i] = after;
                for j in 0..n {
                    a[(i, j)] = a[(i, j)].times(1.0 / f);
                    a[(j, i)] = a[(j, i)].times(f);
                }
            }
        }
        if settled {
            break;
        }
    }
    (a, d)
}

/// A column of length 1 whose largest entry is real and positive.
fn normalise(a: &mut Matrix<Complex>, col: usize) {
    let column = a.col(col);
    let scale = power_of_two(column.iter().fold(0.0, |max: f64, x| max.max(x.modulus())));
    let length = column.iter().map(|x| (x.modulus() / scale).powi(2)).sum::<f64>().sqrt();
    if length > 0.0 {
        (0..a.rows()).for_each(|i| a[(i, col)] = a[(i, col)].times(1.0 / scale).times(1.0 / length));
    }
    let turn = turn_of(a, col);
    turn_column(a, col, turn);
}

/// `(a + aᴴ) / 2`, once `a` is known to be square, finite, and its own adjoint to six digits (the precision of
/// `f32`, in which many matrices are made).
pub(super) fn hermitian_part<T: Scalar>(what: &str, a: &Matrix<T>) -> Result<Matrix<T>> {
    a.ensure_square(what)?;
    a.ensure_finite(what)?;
    let allowed = 1e-6 * a.scale();
    for i in 0..a.rows() {
        for j in 0..=i {
            let (below, above) = (a[(i, j)], a[(j, i)]);
            if (below.times(0.5) - above.conjugate().times(0.5)).modulus() > allowed {
                let kind =
                    if below.complex().im == 0.0 && above.complex().im == 0.0 { "symmetric" } else { "Hermitian" };
                return Err(Error::value(format!(
                    "{what}: the matrix must be {kind}, and row {}, column {} is {below} while row {}, column {} is {above}",
                    i + 1,
                    j + 1,
                    j + 1,
                    i + 1
                )));
            }
        }
    }
    Matrix::from_fn(a.rows(), a.rows(), |i, j| a[(i, j)].times(0.5) + a[(j, i)].conjugate().times(0.5))
}

fn no_convergence(what: &str) -> Error {
    Error::value(format!("{what}: the iteration for the eigenvalues did not converge"))
}

#[cfg(test)]
mod tests {
    use super::super::matrix::tests::{distance, matrix, random, random_complex};
    use super::*;

    fn check_eigh<T: Scalar>(b: &Matrix<T>) {
        let n = b.rows();
        let a = Matrix::from_fn(n, n, |i, j| b[(i, j)] + b[(j, i)].conjugate()).unwrap();
        let Eigh { values, vectors } = eigh(&a).unwrap();
        let scaled = Matrix::from_fn(n, n, |i, j| vectors[(i, j)].times(values[j])).unwrap();
        assert!(distance(&matmul(&scaled, &vectors.adjoint()).unwrap(), &a) < 1e-12);
        let unit = Matrix::identity(n).unwrap();
        assert!(distance(&matmul(&vectors.adjoint(), &vectors).unwrap(), &unit) < 1e-13);
        assert!(values.windows(2).all(|v| v[0] <= v[1]));
    }

    fn check_eig<T: Scalar>(a: &Matrix<T>, tolerance: f64) -> Eig {
        let made = eig(a).unwrap();
        let left = matmul(&a.to_complex(), &made.vectors).unwrap();
        let right = Matrix::from_fn(a.rows(), a.rows(), |i, j| made.vectors[(i, j)] * made.values[j]).unwrap();
        assert!(distance(&left, &right) < tolerance, "{}", distance(&left, &right));
        for j in 0..a.rows() {
            let length: f64 = made.vectors.col(j).iter().map(|x| x.norm_sqr()).sum();
            assert!((length - 1.0).abs() < 1e-13);
        }
        made
    }

    #[test]
    fn symmetric_parts_multiply_back() {
        for n in [1, 2, 3, 10, 60] {
            check_eigh(&random(n, n, 1));
            check_eigh(&random_complex(n, n, 2));
        }
        check_eigh(&matrix(&[&[0.0, 0.0], &[0.0, 0.0]]));
    }

    #[test]
    fn general_parts_multiply_back() {
        for n in [1, 2, 3, 10, 60] {
            let made = check_eig(&random(n, n, 3), 1e-11);
            let trace: Complex = made.values.iter().sum();
            let wanted: f64 = (0..n).map(|i| random(n, n, 3)[(i, i)]).sum();
            assert!((trace - wanted).norm() < 1e-11);
            check_eig(&random_complex(n, n, 4), 1e-11);
        }
    }

    #[test]
    fn a_rotation_has_imaginary_eigenvalues() {
        let made = check_eig(&matrix(&[&[0.0, -1.0], &[1.0, 0.0]]), 1e-15);
        assert!((made.values[0] + Complex::I).norm() < 1e-15 && (made.values[1] - Complex::I).norm() < 1e-15);
    }

    #[test]
    fn matrices_with_too_few_eigenvectors_have_an_answer() {
        let made = check_eig(&matrix(&[&[1.0, 1.0], &[0.0, 1.0]]), 1e-14);
        assert!(made.values.iter().all(|l| (l - 1.0).norm() < 1e-7));
        check_eig(&matrix(&[&[0.0, 0.0], &[0.0, 0.0]]), 1e-15);
        check_eig(&matrix(&[&[0.0, 1.0, 0.0], &[0.0, 0.0, 1.0], &[0.0, 0.0, 0.0]]), 1e-14);
        check_eig(&Matrix::<f64>::identity(4).unwrap(), 1e-15);
    }

    #[test]
    fn small_matrices_of_whole_numbers_on_which_faer_does_not_converge() {
        for rows in [
            [[0, 1, 0, 0], [0, 1, 0, 0], [1, 0, 1, 0], [1, 1, 0, 0]],
            [[0, 0, -1, 0], [0, 0, 1, -1], [0, 1, -1, -1], [-1, -1, 0, -1]],
            [[-1, 1, 1, 1], [-1, -1, 0, -1], [1, 1, 1, 0], [1, 1, 1, 0]],
        ] {
            check_eig(&Matrix::new(4, 4, rows.concat().iter().map(|&x| f64::from(x)).collect()).unwrap(), 1e-13);
        }
    }

    #[test]
    fn rows_of_very_different_size_are_balanced() {
        // D⁻¹ [[1, 2], [3, 4]] D with D = diag(1, 1e10): the same eigenvalues (5 ± √33) / 2.
        let a = matrix(&[&[1.0, 2e10], &[3e-10, 4.0]]);
        let root = 33.0_f64.sqrt();
        for (value, wanted) in eig(&a).unwrap().values.iter().zip([(5.0 - root) / 2.0, (5.0 + root) / 2.0]) {
            assert!((value - wanted).norm() < 1e-14, "{value} for {wanted}");
        }
    }

    #[test]
    fn eigenvalues_of_a_companion_matrix_are_the_roots() {
        // x³ - 6x² + 11x - 6 = (x - 1)(x - 2)(x - 3)
        let a = matrix(&[&[6.0, -11.0, 6.0], &[1.0, 0.0, 0.0], &[0.0, 1.0, 0.0]]);
        for (value, wanted) in eig(&a).unwrap().values.iter().zip([1.0, 2.0, 3.0]) {
            assert!((value - wanted).norm() < 1e-12, "{value}");
        }
    }

    #[test]
    fn huge_and_tiny_matrices_keep_their_digits() {
        for scale in [1e300, 1e-300] {
            let a = matrix(&[&[2.0 * scale, scale], &[scale, 2.0 * scale]]);
            assert!((eigh(&a).unwrap().values[1] / scale - 3.0).abs() < 1e-14);
            assert!((eig(&a).unwrap().values[1].re / scale - 3.0).abs() < 1e-14);
        }
    }

    #[test]
    fn what_is_not_symmetric_is_refused() {
        let error = eigh(&matrix(&[&[1.0, 2.0], &[3.0, 4.0]])).unwrap_err().to_string();
        assert_eq!(error, "eigh: the matrix must be symmetric, and row 2, column 1 is 3 while row 1, column 2 is 2");
        let i = Complex::I;
        let a = Matrix::from_rows(&[vec![Complex::ONE, i], vec![i, Complex::ONE]]).unwrap();
        assert!(eigh(&a).unwrap_err().to_string().starts_with("eigh: the matrix must be Hermitian"));
        assert!(eigh(&matrix(&[&[1.0, 2.0]])).is_err());
        assert!(eig(&matrix(&[&[1.0, f64::NAN], &[0.0, 1.0]])).is_err());
    }
}
