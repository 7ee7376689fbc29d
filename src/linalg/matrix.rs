//! The dense matrix: numbers row by row, at least one row and one column.

use super::scalar::{Complex, Scalar};
use crate::{Error, Result, stop};
use faer::linalg::matmul::matmul as faer_matmul;
use faer::{Accum, MatMut, MatRef, Par};
use std::fmt;
use std::ops::{Index, IndexMut};

/// A dense matrix of real or complex numbers, stored row by row; it has at least one row and one column.
///
/// ```
/// use mynah::linalg::Matrix;
/// let a = Matrix::from_rows(&[vec![1.0, 2.0], vec![3.0, 4.0]]).unwrap();
/// assert_eq!((a.rows(), a.cols(), a[(1, 0)]), (2, 2, 3.0));
/// assert_eq!(a.transpose().row(0), [1.0, 3.0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix<T = f64> {
    rows: usize,
    cols: usize,
    data: Vec<T>, // [rows, cols]
}

impl<T: Scalar> Matrix<T> {
    /// A matrix from its numbers, row by row.
    ///
    /// # Errors
    /// When it would be empty, or `data` does not have `rows * cols` numbers.
    pub fn new(rows: usize, cols: usize, data: Vec<T>) -> Result<Self> {
        if rows == 0 || cols == 0 {
            return Err(Error::shape(
                "matrix",
                format!("at least one row and one column wanted, got [{rows}, {cols}]"),
            ));
        }
        if rows.checked_mul(cols) != Some(data.len()) {
            let why = format!("[{rows}, {cols}] does not hold {} numbers", data.len());
            return Err(Error::shape("matrix", why));
        }
        Ok(Self { rows, cols, data })
    }

    /// A matrix from its rows.
    ///
    /// # Errors
    /// When there are none, or they differ in length.
    pub fn from_rows(rows: &[Vec<T>]) -> Result<Self> {
        let cols = rows.first().map_or(0, Vec::len);
        if let Some(i) = rows.iter().position(|row| row.len() != cols) {
            let why = format!("row {} has {} numbers, row 1 has {cols}", i + 1, rows[i].len());
            return Err(Error::shape("matrix", why));
        }
        Self::new(rows.len(), cols, rows.concat())
    }

    /// A matrix with one column.
    ///
    /// # Errors
    /// When it would be empty.
    pub fn column(numbers: Vec<T>) -> Result<Self> {
        Self::new(numbers.len(), 1, numbers)
    }

    /// The matrix whose entry at row `i`, column `j` (from 0) is `entry(i, j)`.
    ///
    /// # Errors
    /// When it would be empty.
    pub fn from_fn(rows: usize, cols: usize, entry: impl Fn(usize, usize) -> T) -> Result<Self> {
        Self::new(
            rows,
            cols,
            (0..rows).flat_map(|i| (0..cols).map(move |j| (i, j))).map(|(i, j)| entry(i, j)).collect(),
        )
    }

    /// The matrix with these numbers on its diagonal and 0 elsewhere.
    ///
    /// # Errors
    /// When there are none.
    pub fn diagonal(numbers: &[T]) -> Result<Self> {
        let n = numbers.len();
        Self::from_fn(n, n, |i, j| if i == j { numbers[i] } else { T::ZERO })
    }

    /// The identity with `n` rows.
    ///
    /// # Errors
    /// When `n` is 0.
    pub fn identity(n: usize) -> Result<Self> {
        Self::diagonal(&vec![T::ONE; n])
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Row `i`, counted from 0.
    pub fn row(&self, i: usize) -> &[T] {
        &self.data[i * self.cols..(i + 1) * self.cols]
    }

    /// The numbers of column `j`, counted from 0.
    pub fn col(&self, j: usize) -> Vec<T> {
        (0..self.rows).map(|i| self[(i, j)]).collect()
    }

    /// All numbers, row by row.
    pub fn data(&self) -> &[T] {
        &self.data
    }

    /// All numbers, row by row.
    pub fn into_data(self) -> Vec<T> {
        self.data
    }

    /// Rows become columns.
    pub fn transpose(&self) -> Self {
        self.build(self.cols, self.rows, |i, j| self[(j, i)])
    }

    /// Rows become columns, each number its conjugate; of a real matrix the transpose.
    pub fn adjoint(&self) -> Self {
        self.build(self.cols, self.rows, |i, j| self[(j, i)].conjugate())
    }

    /// The matrix of `f` of each number.
    pub fn map<U: Scalar>(&self, f: impl Fn(T) -> U) -> Matrix<U> {
        Matrix { rows: self.rows, cols: self.cols, data: self.data.iter().map(|&x| f(x)).collect() }
    }

    /// The same matrix of complex numbers.
    pub fn to_complex(&self) -> Matrix<Complex> {
        self.map(T::complex)
    }

    // ---- for the rest of this room ----

    /// A matrix whose sizes are known to be right.
    fn build(&self, rows: usize, cols: usize, entry: impl Fn(usize, usize) -> T) -> Self {
        Self::from_fn(rows, cols, entry).expect("sizes come from a matrix")
    }

    pub(super) fn view(&self) -> MatRef<'_, T> {
        MatRef::from_row_major_slice(&self.data, self.rows, self.cols)
    }

    pub(super) fn of_faer(a: MatRef<'_, T>) -> Self {
        let (rows, cols) = a.shape();
        Self::from_fn(rows, cols, |i, j| a[(i, j)]).expect("faer keeps the sizes it was given")
    }

    /// The sentence for a matrix that holds NaN or infinity.
    pub(super) fn ensure_finite(&self, what: &str) -> Result<()> {
        match self.data.iter().position(|x| !x.finite()) {
            None => Ok(()),
            Some(k) => {
                let (row, col) = (k / self.cols + 1, k % self.cols + 1);
                Err(Error::value(format!(
                    "{what}: the entry at row {row}, column {col} must be finite, got {}",
                    self.data[k]
                )))
            }
        }
    }

    /// The sentence for a matrix that is not square.
    pub(super) fn ensure_square(&self, what: &str) -> Result<()> {
        if self.rows == self.cols {
            return Ok(());
        }
        Err(Error::shape(what, format!("a square matrix wanted, got [{}, {}]", self.rows, self.cols)))
    }

    /// The power of two next below the largest modulus (1 for a matrix of zeros): dividing by it is exact, and
    /// keeps squares and products far from overflow.
    pub(super) fn scale(&self) -> f64 {
        power_of_two(self.data.iter().fold(0.0, |max: f64, x| max.max(x.modulus())))
    }

    /// Every number divided by `scale`, a power of two.
    pub(super) fn scaled_down(&self, scale: f64) -> Self {
        self.map(|x| x.times(1.0 / scale))
    }
}

/// The power of two next below `x`, kept where its reciprocal is an ordinary number too; 1 for 0.
pub(super) fn power_of_two(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let bits = x.clamp(f64::MIN_POSITIVE, 2.0_f64.powi(1022)).to_bits();
    f64::from_bits(bits & (0x7ff << 52))
}

impl<T: Scalar> Index<(usize, usize)> for Matrix<T> {
    type Output = T;

    fn index(&self, (i, j): (usize, usize)) -> &T {
        assert!(j < self.cols, "column {j} of a matrix with {} columns", self.cols);
        &self.data[i * self.cols + j]
    }
}

impl<T: Scalar> IndexMut<(usize, usize)> for Matrix<T> {
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut T {
        assert!(j < self.cols, "column {j} of a matrix with {} columns", self.cols);
        &mut self.data[i * self.cols + j]
    }
}

impl<T: Scalar> fmt::Display for Matrix<T> {
    /// One line per row, numbers apart by two spaces.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for i in 0..self.rows {
            let row: Vec<String> = self.row(i).iter().map(|x| x.to_string()).collect();
            write!(f, "{}{}", if i > 0 { "\n" } else { "" }, row.join("  "))?;
        }
        Ok(())
    }
}

/// The matrix product.
///
/// # Errors
/// When the inner sizes differ. NaN and infinity pass through as in any sum of products.
pub fn matmul<T: Scalar>(a: &Matrix<T>, b: &Matrix<T>) -> Result<Matrix<T>> {
    if a.cols != b.rows {
        let why = format!("inner sizes differ: [{}, {}] x [{}, {}]", a.rows, a.cols, b.rows, b.cols);
        return Err(Error::shape("matmul", why));
    }
    let mut data = vec![T::ZERO; a.rows * b.cols];
    // In slices of rows worth a few milliseconds, so that it can be stopped.
    let slice = (20_000_000 / (a.cols * b.cols)).max(64);
    for (a_rows, out) in a.data.chunks(slice * a.cols).zip(data.chunks_mut(slice * b.cols)) {
        stop::check()?;
        let rows = a_rows.len() / a.cols;
        let a_rows = MatRef::from_row_major_slice(a_rows, rows, a.cols);
        let out = MatMut::from_row_major_slice_mut(out, rows, b.cols);
        faer_matmul(out, Accum::Replace, a_rows, b.view(), T::ONE, Par::Seq);
    }
    Matrix::new(a.rows, b.cols, data)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::data::Rng;

    pub fn random(rows: usize, cols: usize, seed: u64) -> Matrix {
        let mut rng = Rng::new(seed);
        Matrix::new(rows, cols, (0..rows * cols).map(|_| rng.normal()).collect()).unwrap()
    }

    pub fn random_complex(rows: usize, cols: usize, seed: u64) -> Matrix<Complex> {
        let mut rng = Rng::new(seed);
        Matrix::new(rows, cols, (0..rows * cols).map(|_| Complex::new(rng.normal(), rng.normal())).collect()).unwrap()
    }

    pub fn matrix(rows: &[&[f64]]) -> Matrix {
        Matrix::from_rows(&rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>()).unwrap()
    }

    /// The largest difference between two matrices of one size.
    pub fn distance<T: Scalar>(a: &Matrix<T>, b: &Matrix<T>) -> f64 {
        assert_eq!((a.rows, a.cols), (b.rows, b.cols));
        a.data.iter().zip(&b.data).fold(0.0, |max, (&x, &y)| {
            let d = (x - y).modulus();
            if d.is_nan() { f64::INFINITY } else { d.max(max) }
        })
    }

    #[test]
    fn a_product_is_rows_times_columns() {
        let a = matrix(&[&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]]);
        let b = matrix(&[&[1.0, 0.0], &[0.0, 1.0], &[2.0, -1.0]]);
        assert_eq!(matmul(&a, &b).unwrap(), matrix(&[&[7.0, -1.0], &[16.0, -1.0]]));
        let i = Matrix::column(vec![Complex::I]).unwrap();
        assert_eq!(matmul(&i, &i).unwrap()[(0, 0)], Complex::new(-1.0, 0.0));
        let error = matmul(&a, &a).unwrap_err().to_string();
        assert_eq!(error, "matmul: inner sizes differ: [2, 3] x [2, 3]");
    }

    #[test]
    fn a_large_product_equals_the_plain_sum() {
        let (a, b) = (random(700, 300, 1), random(300, 300, 2));
        let c = matmul(&a, &b).unwrap();
        for (i, j) in [(0, 0), (350, 7), (699, 299)] {
            let sum: f64 = (0..300).map(|k| a[(i, k)] * b[(k, j)]).sum();
            assert!((c[(i, j)] - sum).abs() < 1e-12);
        }
    }

    #[test]
    fn an_adjoint_turns_products_around() {
        let (a, b) = (random_complex(3, 4, 1), random_complex(4, 2, 2));
        let left = matmul(&a, &b).unwrap().adjoint();
        let right = matmul(&b.adjoint(), &a.adjoint()).unwrap();
        assert!(distance(&left, &right) < 1e-14);
    }

    #[test]
    fn ragged_and_empty_input_is_refused() {
        let error = Matrix::from_rows(&[vec![1.0, 2.0], vec![3.0]]).unwrap_err().to_string();
        assert_eq!(error, "matrix: row 2 has 1 numbers, row 1 has 2");
        assert!(Matrix::<f64>::from_rows(&[]).is_err());
        assert!(Matrix::<f64>::column(vec![]).is_err());
        assert!(Matrix::new(2, 2, vec![1.0]).is_err());
        assert!(Matrix::<f64>::new(usize::MAX, 2, vec![]).is_err());
    }

    #[test]
    fn powers_of_two_are_exact_and_safe() {
        assert_eq!([3.0, 4.0, 0.3, 0.0].map(power_of_two), [2.0, 4.0, 0.25, 1.0]);
        for x in [f64::MAX, 5e-324, f64::MIN_POSITIVE] {
            let p = power_of_two(x);
            assert!((1.0 / p).is_normal() && p.is_normal(), "{x}");
        }
    }
}
