//! Matrix products of f32 slices.
//!
//! The right matrix is copied into panels and the left one read in tiles ([`tiles`](super::tiles)); the work is divided
//! by rows of the result. Each element is one sum along the inner size, cut into blocks of a fixed length, so neither the
//! threads nor the division change its bits.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::lanes::vectorised;
use super::pieces::for_pieces;
use super::pool::Buffer;
use super::tiles::{Bf16, Isa, Left, Out, multiply_panel};

/// In what the factors of a product are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// As they are.
    #[default]
    F32,
    /// Rounded to bf16 where the processor multiplies that (AVX512-BF16), with sums in f32; as they are elsewhere.
    Bf16,
}

impl Precision {
    fn kind(self) -> Kind {
        Kind { isa: Isa::best(), pairs: if self == Self::Bf16 { Bf16::new() } else { None } }
    }
}

/// The longest stretch of the inner size, in words, that a sum runs before it is added to the result.
const DEPTH: usize = 1024;

/// Of products longer than this, each piece of work makes its own panels, block by block.
const DEEP: usize = 2048;

/// The block length of those: a panel and the rows that meet it stay in the second cache.
const DEEP_BLOCK: usize = 256;

/// Multiply-adds below which a product stays on one thread.
const SMALL: usize = 1 << 18;

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

    /// Some of the columns.
    pub fn cols(self, range: Range<usize>) -> Self {
        self.t().rows(range).t()
    }
}

/// `a · b`, row by row, on as many threads as the work is worth.
pub fn product(a: Matrix, b: Matrix, precision: Precision) -> Buffer {
    let mut out = Buffer::unfilled(a.rows * b.cols);
    run(&mut out, a, b, false, precision.kind(), rayon::current_num_threads());
    out
}

/// `p · q` of an `n × k` and a `k × m` matrix, row by row, for optimizers that multiply matrices.
pub fn whole_product(p: &[f32], q: &[f32], [n, k, m]: [usize; 3]) -> Vec<f32> {
    let mut out = vec![0.0; n * m];
    let kind = Precision::F32.kind();
    run(&mut out, Matrix::new(p, n, k), Matrix::new(q, k, m), false, kind, rayon::current_num_threads());
    out
}

/// `out += a · b`, row by row, on as many threads as the work is worth.
pub fn product_add(out: &mut [f32], a: Matrix, b: Matrix, precision: Precision) {
    run(out, a, b, true, precision.kind(), rayon::current_num_threads());
}

fn run(out: &mut [f32], a: Matrix, b: Matrix, add: bool, kind: Kind, threads: usize) {
    let (m, k, n) = (a.rows, a.cols, b.cols);
    assert_eq!(b.rows, k, "inner sizes differ: [{m}, {k}] x [{}, {n}]", b.rows);
    assert_eq!(out.len(), m * n, "the result is [{m}, {n}]");
    if m == 0 || n == 0 || (k == 0 && add) {
        return;
    }
    if k == 0 {
        return out.fill(0.0);
    }
    let threads = if m * n * k < SMALL { 1 } else { threads };
    let tile = kind.isa.rows();
    if k > DEEP {
        return deep(kind, out, a, b, add, threads);
    }
    let panels = Panels::new(kind, b, threads);
    let rows = m.div_ceil(4 * threads).next_multiple_of(tile).min(128);
    divide(out, rows * n, threads, |piece, out| {
        let first = piece * rows;
        let out = Out { rows: out.len() / n, values: out, stride: n, cols: n, add };
        panels.multiply(a.rows(first..first + out.rows), 0..k, 0..n, out);
    });
}

/// Pieces of `length`, shared among threads if there are several.
fn divide(out: &mut [f32], length: usize, threads: usize, work: impl Fn(usize, &mut [f32]) + Send + Sync) {
    if threads == 1 {
        out.chunks_mut(length).enumerate().for_each(|(i, out)| work(i, out));
    } else {
        for_pieces([(out, length)], |i, [out]| work(i, out));
    }
}

/// The most rows of a piece of a deep product.
const DEEP_ROWS: usize = 384;

/// A product with a long inner size and a small result, in as few pieces as there are threads: a piece of rows reads all
/// of `b`, one of columns all of `a`.
fn deep(kind: Kind, out: &mut [f32], a: Matrix, b: Matrix, add: bool, threads: usize) {
    let (m, n) = (a.rows, b.cols);
    if n <= m || threads == 1 {
        let rows = m.div_ceil(threads).next_multiple_of(kind.isa.rows()).min(DEEP_ROWS);
        return divide(out, rows * n, threads, |piece, out| {
            let first = piece * rows;
            deep_piece(kind, out, a.rows(first..first + out.len() / n), b, add);
        });
    }
    let cols = kind.padded(n.div_ceil(threads));
    let mut parts = Buffer::unfilled(m * n); // [pieces][m][columns of the piece]
    divide(&mut parts, m * cols, threads, |piece, out| {
        let b = b.cols(piece * cols..piece * cols + out.len() / m);
        for (i, out) in out.chunks_mut(DEEP_ROWS * b.cols).enumerate() {
            let first = i * DEEP_ROWS;
            deep_piece(kind, out, a.rows(first..first + out.len() / b.cols), b, false);
        }
    });
    for (piece, part) in parts.chunks(m * cols).enumerate() {
        for (out, part) in out.chunks_exact_mut(n).zip(part.chunks_exact(part.len() / m)) {
            let out = &mut out[piece * cols..][..part.len()];
            if add {
                out.iter_mut().zip(part).for_each(|(out, part)| *out += part);
            } else {
                out.copy_from_slice(part);
            }
        }
    }
}

/// All of a product with a long inner size, block by block.
fn deep_piece(kind: Kind, out: &mut [f32], a: Matrix, b: Matrix, add: bool) {
    let (m, n, width) = (a.rows, b.cols, kind.isa.width());
    let block = kind.elements(DEEP_BLOCK);
    let mut left = Buffer::scratch(m.next_multiple_of(kind.isa.rows()) * DEEP_BLOCK);
    let mut panel = Buffer::scratch(DEEP_BLOCK * width);
    for start in (0..a.cols).step_by(block) {
        let over = start..(start + block).min(a.cols);
        let words = kind.words(over.len());
        let left = kind.left(a.cols(over.clone()), &mut left);
        let b = b.rows(over);
        for first in (0..n).step_by(width) {
            let cols = (n - first).min(width);
            let panel = &mut panel[..words * kind.padded(cols)];
            kind.panel(b.cols(first..first + cols), panel);
            let out = Out { values: &mut out[first..], stride: n, rows: m, cols, add: add || start > 0 };
            multiply_panel(kind.isa, kind.pairs, left, panel, words, out);
        }
    }
}

/// Which instructions, on which words.
#[derive(Clone, Copy)]
struct Kind {
    isa: Isa,
    pairs: Option<Bf16>, // if words are pairs of bf16
}

impl Kind {
    /// Words that hold so many neighbours along the inner size.
    fn words(self, elements: usize) -> usize {
        if self.pairs.is_some() { elements.div_ceil(2) } else { elements }
    }

    /// How many neighbours so many words hold.
    fn elements(self, words: usize) -> usize {
        if self.pairs.is_some() { 2 * words } else { words }
    }

    /// Columns, rounded up to vectors.
    fn padded(self, cols: usize) -> usize {
        cols.next_multiple_of(self.isa.lanes())
    }

    /// Some columns of a right matrix as a panel, `[words][padded columns]`.
    fn panel(self, b: Matrix, out: &mut [f32]) {
        let (k, cols, padded) = (b.rows, b.cols, self.padded(b.cols));
        if cols < padded {
            out.chunks_exact_mut(padded).for_each(|row| row[cols..].fill(0.0));
        }
        if b.col_stride == 1 {
            let row = |p: usize| &b.values[p * b.row_stride..][..cols];
            let rows = out.chunks_exact_mut(padded).enumerate();
            return match self.pairs {
                None => vectorised(
                    #[inline(always)]
                    || rows.for_each(|(p, to)| copy(to, row(p))),
                ),
                Some(bf16) => bf16.vectorised(
                    #[inline(always)]
                    || {
                        for (p, to) in rows {
                            let low = row(2 * p);
                            let high = if 2 * p + 1 < k { row(2 * p + 1) } else { &[0.0; 64][..cols] };
                            interleave(bf16, to, low, high);
                        }
                    },
                ),
            };
        }
        // Sixteen words of each column at a time, which stay in the first cache.
        for (nth, out) in out.chunks_mut(16 * padded).enumerate() {
            for j in 0..cols {
                let column = &b.values[j * b.col_stride..];
                for (p, to) in out[j..].iter_mut().step_by(padded).enumerate() {
                    let word = 16 * nth + p;
                    *to = self.word(k, word, |p| column[p * b.row_stride]);
                }
            }
        }
    }

    /// The word at a place along the inner size.
    #[inline(always)]
    fn word(self, inner: usize, word: usize, element: impl Fn(usize) -> f32) -> f32 {
        if self.pairs.is_none() {
            element(word)
        } else if 2 * word + 1 < inner {
            pair(element(2 * word), element(2 * word + 1))
        } else {
            pair(element(2 * word), 0.0)
        }
    }

    /// Whether the tiles read a left matrix where it is.
    fn in_place(self, a: Matrix) -> bool {
        // (Rows a multiple of half a page apart share places in the first cache.)
        let apart = !a.row_stride.is_multiple_of(512);
        self.isa == Isa::Avx512 && self.pairs.is_none() && a.col_stride == 1 && apart
    }

    /// The words of scratch memory that [`left`](Self::left) needs.
    fn scratch(self, a: Matrix) -> usize {
        if self.in_place(a) { 0 } else { a.rows.next_multiple_of(self.isa.rows()) * self.words(a.cols).min(DEPTH) }
    }

    /// A left matrix as the tiles read it, in `scratch` (of as many words, rows rounded up to tiles) if not in place.
    fn left<'a>(self, a: Matrix<'a>, scratch: &'a mut [f32]) -> Left<'a> {
        let (m, k) = (a.rows, a.cols);
        let words = self.words(k);
        match self.pairs {
            None if self.in_place(a) => return Left::Rows { values: a.values, stride: a.row_stride },
            Some(bf16) if a.col_stride == 1 => {
                let row = |i: usize| &a.values[i * a.row_stride..][..k];
                bf16.vectorised(
                    #[inline(always)]
                    || {
                        for (i, to) in scratch.chunks_exact_mut(words).take(m).enumerate() {
                            neighbours(bf16, to, row(i));
                        }
                    },
                );
                return Left::Rows { values: scratch, stride: words };
            }
            _ => {}
        }
        let tile = self.isa.rows();
        if a.row_stride == 1 {
            match (self.pairs, tile) {
                (Some(bf16), _) => bf16.vectorised(
                    #[inline(always)]
                    || tiles_of_columns::<8>(a, words, scratch, |low, high| bf16.interleave_8(low, high)),
                ),
                (None, 8) => vectorised(
                    #[inline(always)]
                    || tiles_of_columns::<8>(a, words, scratch, |column, _| *column),
                ),
                (None, 6) => vectorised(
                    #[inline(always)]
                    || tiles_of_columns::<6>(a, words, scratch, |column, _| *column),
                ),
                _ => tiles_of_columns::<4>(a, words, scratch, |column, _| *column),
            }
        } else {
            for (nth, to) in scratch.chunks_exact_mut(tile * words).take(m.div_ceil(tile)).enumerate() {
                for i in 0..tile {
                    // (Rows past the last are the last again: their results go nowhere.)
                    let row = &a.values[(nth * tile + i).min(m - 1) * a.row_stride..];
                    for (p, to) in to[i..].iter_mut().step_by(tile).enumerate() {
                        *to = self.word(k, p, |p| row[p * a.col_stride]);
                    }
                }
            }
        }
        Left::Tiles(scratch)
    }
}

/// Tiles of `T` rows of a matrix whose columns lie together. `word` makes words of a column, or of one and the next.
#[inline(always)]
fn tiles_of_columns<const T: usize>(
    a: Matrix,
    words: usize,
    to: &mut [f32],
    word: impl Fn(&[f32; T], &[f32; T]) -> [f32; T],
) {
    let (m, k) = (a.rows, a.cols);
    let per_word = if words < k { 2 } else { 1 };
    let whole = m / T * T;
    // Sixteen words at a time, whose columns stay in the first cache from tile to tile.
    for from in (0..words).step_by(16) {
        let block = from..(from + 16).min(words);
        for first in (0..whole).step_by(T) {
            let column = |p: usize| -> &[f32; T] {
                let column = &a.values[p * a.col_stride + first..];
                column.first_chunk().expect("it lies inside")
            };
            let to = &mut to[first * words + block.start * T..][..block.len() * T];
            for (nth, to) in block.clone().zip(to.as_chunks_mut::<T>().0) {
                let p = per_word * nth;
                *to = if per_word == 2 && p + 1 < k {
                    word(column(p), column(p + 1))
                } else {
                    word(column(p), &[0.0; T])
                };
            }
        }
    }
    if whole < m {
        let to = &mut to[whole * words..][..T * words];
        for (nth, to) in to.as_chunks_mut::<T>().0.iter_mut().enumerate() {
            // (Rows past the last are the last again: their results go nowhere.)
            let column = |p: usize| std::array::from_fn(|i| a.values[p * a.col_stride + (whole + i).min(m - 1)]);
            let p = per_word * nth;
            *to =
                if per_word == 2 && p + 1 < k { word(&column(p), &column(p + 1)) } else { word(&column(p), &[0.0; T]) };
        }
    }
}

/// Words of two rows, element by element.
#[inline(always)]
fn interleave(bf16: Bf16, to: &mut [f32], low: &[f32], high: &[f32]) {
    let (whole, rest) = low.as_chunks::<16>();
    for ((to, low), high) in to.as_chunks_mut::<16>().0.iter_mut().zip(whole).zip(high.as_chunks::<16>().0) {
        *to = bf16.interleave(low, high);
    }
    let done = low.len() - rest.len();
    for ((to, low), high) in to[done..].iter_mut().zip(rest).zip(&high[done..]) {
        *to = pair(*low, *high);
    }
}

/// Words of neighbours in a row.
#[inline(always)]
fn neighbours(bf16: Bf16, to: &mut [f32], row: &[f32]) {
    let (whole, rest) = row.as_chunks::<32>();
    for (to, row) in to.as_chunks_mut::<16>().0.iter_mut().zip(whole) {
        *to = bf16.neighbours(row);
    }
    for (to, two) in to[whole.len() * 16..].iter_mut().zip(rest.chunks(2)) {
        *to = pair(two[0], two.get(1).copied().unwrap_or(0.0));
    }
}

/// Copies a few floats, mostly whole eights, without the call that `copy_from_slice` is.
#[inline(always)]
fn copy(to: &mut [f32], from: &[f32]) {
    let whole = from.len() / 8 * 8;
    for (to, from) in to.as_chunks_mut::<8>().0.iter_mut().zip(from.as_chunks::<8>().0) {
        *to = *from;
    }
    if whole < from.len() {
        to[whole..from.len()].copy_from_slice(&from[whole..]);
    }
}

/// Two floats, each rounded to bf16 (to the nearest, ties to even), as one word: the first in its low half.
#[inline(always)]
fn pair(low: f32, high: f32) -> f32 {
    let round = |x: f32| {
        let bits = x.to_bits();
        let rounded = bits + 0x7fff + (bits >> 16 & 1);
        // NaN stays NaN.
        if x.is_nan() { bits | 0x0040_0000 } else { rounded }
    };
    f32::from_bits(round(low) >> 16 | round(high) & 0xffff_0000)
}

/// A right matrix, ready for many products: `[panels][words][columns of the panel]`.
pub struct Panels {
    values: Buffer,
    kind: Kind,
    inner: usize,
    cols: usize,
}

impl Panels {
    /// Where a part of a matrix may begin and end, beside its end: a multiple of every panel's width.
    pub const GRAIN: usize = 48;

    /// Copies the matrix, on this thread.
    pub fn of(b: Matrix, precision: Precision) -> Self {
        Self::new(precision.kind(), b, 1)
    }

    fn new(kind: Kind, b: Matrix, threads: usize) -> Self {
        let (inner, cols, width) = (b.rows, b.cols, kind.isa.width());
        let words = kind.words(inner);
        let mut values = Buffer::unfilled(words * kind.padded(cols));
        let threads = if words * cols < SMALL / 16 { 1 } else { threads };
        divide(&mut values, (words * width).max(1), threads, |panel, out| {
            let first = panel * width;
            kind.panel(b.cols(first..(first + width).min(cols)), out);
        });
        Self { values, kind, inner, cols }
    }

    /// `out (+)= a · part` on this thread, of the part with these rows (as many as `a` has columns) and columns.
    pub fn multiply(&self, a: Matrix, rows: Range<usize>, cols: Range<usize>, out: Out) {
        let (kind, width) = (self.kind, self.kind.isa.width());
        assert!(rows.len() == a.cols && rows.end <= self.inner && cols.end <= self.cols, "a part of the matrix");
        let whole = |range: &Range<usize>, size: usize| {
            let grain = |place: usize| place.is_multiple_of(Self::GRAIN);
            (range.start == 0 || grain(range.start)) && (range.end == size || grain(range.end))
        };
        debug_assert!(whole(&rows, self.inner) && whole(&cols, self.cols), "{rows:?} and {cols:?} are cut elsewhere");
        let words = kind.words(self.inner);
        let block = kind.elements(DEPTH);
        let mut scratch = Buffer::scratch(kind.scratch(a));
        for start in rows.clone().step_by(block) {
            let over = start..(start + block).min(rows.end);
            let words_over = kind.words(start)..kind.words(over.end);
            let left = kind.left(a.cols(start - rows.start..over.end - rows.start), &mut scratch);
            for first in cols.clone().step_by(width) {
                let padded = kind.padded((self.cols - first).min(width));
                let panel = &self.values[words * first..][words_over.start * padded..words_over.end * padded];
                let out = Out {
                    values: &mut out.values[first - cols.start..],
                    cols: (cols.end - first).min(width),
                    add: out.add || start > rows.start,
                    ..out
                };
                multiply_panel(kind.isa, kind.pairs, left, panel, words_over.len(), out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Precision::F32;
    use super::*;

    #[test]
    fn products_by_hand() {
        let a = Matrix::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3);
        assert_eq!(product(a, a.t(), F32)[..], [14.0, 32.0, 32.0, 77.0]);
        assert_eq!(product(a.rows(1..2), a.t(), F32)[..], [32.0, 77.0]);
        let mut out = [100.0; 4];
        product_add(&mut out, a, a.t(), F32);
        assert_eq!(out, [114.0, 132.0, 132.0, 177.0]);
    }

    #[test]
    fn an_empty_inner_size_gives_zeros() {
        assert_eq!(product(Matrix::new(&[], 2, 0), Matrix::new(&[], 0, 2), F32)[..], [0.0; 4]);
    }

    #[test]
    #[should_panic(expected = "needs more than 5 values")]
    fn a_matrix_must_lie_inside_its_values() {
        Matrix::new(&[0.0; 5], 2, 3);
    }

    /// Numbers in [-1, 1].
    fn numbers(n: usize, seed: usize) -> Vec<f32> {
        (0..n).map(|i| ((i * 7919 + seed) % 1013) as f32 / 506.0 - 1.0).collect()
    }

    /// Odd enough that tiles and panels are left over; some deep, wide and narrow, some big enough for threads.
    const SHAPES: [[usize; 3]; 10] = [
        [1, 1, 1],
        [3, 5, 2],
        [7, 49, 17],
        [517, 96, 131],
        [64, 2000, 70],
        [1, 4096, 512],
        [1000, 33, 1],
        [131, 2500, 17],
        [17, 2301, 401],
        [2, 1031, 97],
    ];

    /// Each factor as it is and as a transposed view.
    fn views<'a>(stored: &'a [Vec<f32>; 2], [m, k, n]: [usize; 3]) -> [[Matrix<'a>; 2]; 4] {
        let (a, b) = (Matrix::new(&stored[0], m, k), Matrix::new(&stored[1], k, n));
        let (at, bt) = (Matrix::new(&stored[0], k, m).t(), Matrix::new(&stored[1], n, k).t());
        [[a, b], [at, b], [a, bt], [at, bt]]
    }

    fn element(x: Matrix, i: usize, j: usize) -> f64 {
        f64::from(x.values[i * x.row_stride + j * x.col_stride])
    }

    #[test]
    fn products_of_every_shape_and_layout_on_every_kind_of_processor() {
        for shape in SHAPES {
            let [m, k, n] = shape;
            let stored = [numbers(m * k, 3), numbers(k * n, 5)];
            for [a, b] in views(&stored, shape) {
                let mut bits = Vec::new();
                for &isa in Isa::available() {
                    let mut out = vec![1.0; m * n];
                    run(&mut out, a, b, true, Kind { isa, pairs: None }, 2);
                    for (i, j) in [(0, 0), (m - 1, n - 1), (m / 2, n / 3), (m / 3, n - 1), (m - 1, n / 2)] {
                        let exact = 1.0 + (0..k).map(|p| element(a, i, p) * element(b, p, j)).sum::<f64>();
                        let off = (f64::from(out[i * n + j]) - exact).abs();
                        assert!(off < 1e-6 * (k as f64).sqrt() * 8.0, "{isa:?} {shape:?} ({i}, {j}): off by {off}");
                    }
                    bits.push((isa, out));
                }
                let fused: Vec<_> = bits.iter().filter(|(isa, _)| *isa != Isa::Portable).collect();
                assert!(fused.windows(2).all(|w| w[0].1 == w[1].1), "{shape:?}: AVX-512 and AVX2 differ");
            }
        }
    }

    #[test]
    fn bf16_rounds_the_factors_and_nothing_else() {
        let Some(bf16) = Bf16::new() else { return println!("skipped: the processor has no AVX512-BF16") };
        let round = |x: f64| f64::from(half::bf16::from_f32(x as f32).to_f32());
        for shape in SHAPES {
            let [m, k, n] = shape;
            let stored = [numbers(m * k, 3), numbers(k * n, 5)];
            for [a, b] in views(&stored, shape) {
                let mut out = vec![0.0; m * n];
                run(&mut out, a, b, false, Kind { isa: Isa::Avx512, pairs: Some(bf16) }, 2);
                for (i, j) in [(0, 0), (m - 1, n - 1), (m / 2, n / 3), (m / 3, n - 1), (m - 1, n / 2)] {
                    let products = (0..k).map(|p| round(element(a, i, p)) * round(element(b, p, j)));
                    let (exact, size) = products.fold((0.0, 0.0), |(sum, size), x| (sum + x, size + x.abs()));
                    let off = (f64::from(out[i * n + j]) - exact).abs();
                    assert!(off <= 4e-6 * size, "{shape:?} ({i}, {j}): off by {off}");
                }
            }
        }
    }

    #[test]
    fn rounding_to_bf16_is_to_the_nearest_and_keeps_nan() {
        let values = [0.0, -0.0, 1.0, 1.003_906_3, 1.011_718_8, -3.333_333_3, 1e-40, 3.4e38, f32::INFINITY, f32::NAN];
        for x in values {
            let bits = pair(x, 2.0).to_bits();
            assert_eq!(bits >> 16, 0x4000);
            let low = half::bf16::from_bits(bits as u16);
            let right = half::bf16::from_f32(x);
            assert!(low == right || (x.is_nan() && low.is_nan()), "{x}: {low} for {right}");
        }
    }

    #[test]
    fn nan_is_not_lost() {
        for precision in [F32, Precision::Bf16] {
            let a = [1.0, f32::NAN, 1.0, 1.0];
            let out = product(Matrix::new(&a, 2, 2), Matrix::new(&[1.0; 4], 2, 2), precision);
            assert!(out[0].is_nan() && out[1].is_nan() && out[2] == 2.0 && out[3] == 2.0);
        }
    }

    #[test]
    fn parts_of_panels_are_parts_of_the_matrix() {
        let (m, k, n) = (5, 130, 107);
        let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
        let (a, b) = (Matrix::new(&a, m, k), Matrix::new(&b, k, n));
        let panels = Panels::of(b, F32);
        for (rows, cols) in [(0..130, 0..107), (48..130, 48..96), (0..96, 96..107), (96..130, 0..48)] {
            let mut out = vec![0.0; m * cols.len()];
            let place = Out { values: &mut out, stride: cols.len(), rows: m, cols: cols.len(), add: false };
            panels.multiply(a.cols(rows.clone()), rows.clone(), cols.clone(), place);
            let direct = product(a.cols(rows.clone()), b.rows(rows).cols(cols), F32);
            assert_eq!(out, direct[..]);
        }
    }

    #[test]
    fn the_bits_do_not_depend_on_the_threads() {
        for shape in SHAPES {
            let [m, k, n] = shape;
            let stored = [numbers(m * k, 3), numbers(k * n, 5)];
            for [a, b] in views(&stored, shape) {
                for precision in [F32, Precision::Bf16] {
                    let on = |threads| {
                        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                        pool.install(|| product(a, b, precision))
                    };
                    let one = on(1);
                    assert!(one[..] == on(2)[..] && one[..] == on(3)[..], "{shape:?}");
                }
            }
        }
    }
}
