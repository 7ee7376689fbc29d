//! Matrix products of f32 slices, by the `gemm` crate behind checked bounds.
//!
//! `gemm` picks its instructions at run time (AVX-512, AVX2, NEON, portable). With several threads it deals out tiles
//! of the result and never splits a sum, so the bits do not depend on their number.

use std::ops::Range;

use gemm::Parallelism;

use super::pool::Buffer;

/// A matrix that borrows its elements: element `(i, j)` is `values[i * row_stride + j * col_stride]`.
#[derive(Clone, Copy)]
pub struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

impl<'a> Matrix<'a> {
    /// All of `values`, row by row.
    pub fn new(values: &'a [f32], rows: usize, cols: usize) -> Self {
        Self::strided(values, [rows, cols], [cols, 1])
    }

    /// Every stride may be any distance; the last element must lie inside `values`.
    pub fn strided(values: &'a [f32], [rows, cols]: [usize; 2], [row_stride, col_stride]: [usize; 2]) -> Self {
        if rows > 0 && cols > 0 {
            let last = (rows - 1).checked_mul(row_stride).zip((cols - 1).checked_mul(col_stride));
            let last = last.and_then(|(down, right)| down.checked_add(right));
            assert!(
                last.is_some_and(|last| last < values.len()),
                "a {rows} x {cols} matrix with strides {row_stride}, {col_stride} needs more than {} values",
                values.len()
            );
        }
        Self { values, rows, cols, row_stride, col_stride }
    }

    /// The transposed matrix.
    pub fn t(self) -> Self {
        Self {
            values: self.values,
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
        }
    }

    /// Some of the rows.
    pub fn rows(self, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.rows, "rows {range:?} of {}", self.rows);
        let start = (range.start * self.row_stride).min(self.values.len());
        Self { values: &self.values[start..], rows: range.len(), ..self }
    }
}

/// `a · b`, row by row, on as many threads as the work is worth.
pub fn product(a: Matrix, b: Matrix) -> Buffer {
    let mut out = Buffer::unfilled(a.rows * b.cols);
    // `Rayon(0)` means as many as the current pool has; below some 600,000 multiply-adds `gemm` stays on this thread.
    run(&mut out, a, b, false, Parallelism::Rayon(0));
    out
}

/// `out = a · b`, row by row, on this thread.
pub fn multiply(out: &mut [f32], a: Matrix, b: Matrix) {
    run(out, a, b, false, Parallelism::None);
}

/// `out += a · b`, row by row, on this thread.
pub fn multiply_add(out: &mut [f32], a: Matrix, b: Matrix) {
    run(out, a, b, true, Parallelism::None);
}

fn run(out: &mut [f32], a: Matrix, b: Matrix, add: bool, parallelism: Parallelism) {
    let (m, k, n) = (a.rows, a.cols, b.cols);
    assert_eq!(b.rows, k, "inner sizes differ: [{m}, {k}] x [{}, {n}]", b.rows);
    assert_eq!(out.len(), m * n, "the result is [{m}, {n}]");
    // SAFETY: `gemm` takes pointers. It reads elements (i, j) of `a` and `b` for i, j below their sizes, which
    // `Matrix::strided` found inside their slices (and `t` and `rows` keep there), and reads and writes the m * n
    // elements of `out`, whose length was checked above and which nothing else can touch while we hold it.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            add,
            a.values.as_ptr(),
            a.col_stride as isize,
            a.row_stride as isize,
            b.values.as_ptr(),
            b.col_stride as isize,
            b.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            parallelism,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_by_hand() {
        let a = Matrix::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3);
        assert_eq!(product(a, a.t())[..], [14.0, 32.0, 32.0, 77.0]);
        assert_eq!(product(a.rows(1..2), a.t())[..], [32.0, 77.0]);
        let mut out = [100.0; 4];
        multiply_add(&mut out, a, a.t());
        assert_eq!(out, [114.0, 132.0, 132.0, 177.0]);
    }

    #[test]
    fn an_empty_inner_size_gives_zeros() {
        assert_eq!(product(Matrix::new(&[], 2, 0), Matrix::new(&[], 0, 2))[..], [0.0; 4]);
    }

    #[test]
    #[should_panic(expected = "needs more than 5 values")]
    fn a_matrix_must_lie_inside_its_values() {
        Matrix::new(&[0.0; 5], 2, 3);
    }

    #[test]
    fn the_bits_do_not_depend_on_the_threads() {
        // Big enough that `gemm` uses its threads; odd enough that tiles are left over.
        for (m, k, n) in [(517, 96, 131), (64, 2000, 70), (1, 4096, 512), (1000, 33, 1), (131, 1500, 17)] {
            let values = |n: usize| (0..n).map(|i| ((i * 7919) % 1013) as f32 / 506.0 - 1.0).collect::<Vec<f32>>();
            let (a, b) = (values(m * k), values(k * n));
            let (a, b) = (Matrix::new(&a, m, k), Matrix::new(&b, k, n));
            let on = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| product(a, b))
            };
            let one = on(1);
            let mut alone = vec![0.0; m * n];
            multiply(&mut alone, a, b);
            assert!(one[..] == alone && one[..] == on(2)[..] && one[..] == on(3)[..], "{m} x {k} x {n}");
        }
    }
}
