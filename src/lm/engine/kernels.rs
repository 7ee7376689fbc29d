//! The engine's arithmetic on rows of f32, compiled for the widest vector instructions found at run time.
//!
//! A result depends on its own row alone: not on how many rows are worked on together, nor on the threads.

use super::matrix::{BLOCK, Matrix, ROWS, Weights};
use super::simd::{self, Isa, Rounded};
use crate::nn::lanes::{self, vectorised};

/// Multiply-adds below which a piece of work is not divided among threads.
const SMALL: usize = 1 << 16;

/// Pieces for each thread: more than one, so that a thread that is held up holds up little.
const PIECES: usize = 2;

/// The rows that a product is taken of.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// How many.
    pub rows: usize,
    /// `[rows, cols]`.
    pub exact: &'a [f32],
    /// The same, rounded, `[rows, blocks]`; only needed for quantised matrices.
    pub rounded: &'a [Rounded],
}

/// `y = x · wᵀ` in panels: w [outputs, cols] → y `[outputs / 16][rows][16]`, the last filled up; for one row that is y
/// itself. Shared out among the threads of the current pool.
pub fn product(isa: Isa, w: &Matrix, x: Input, y: &mut [f32]) {
    let [outputs, cols] = w.shape();
    let panels = outputs.div_ceil(ROWS);
    let threads = rayon::current_num_threads();
    let least = SMALL.div_ceil(ROWS * cols * x.rows);
    let grain = if threads < 2 { panels } else { panels.div_ceil(threads * PIECES).max(least) };
    share(&mut y[..panels * x.rows * ROWS], x.rows * ROWS, 0, grain, &|first, y| {
        for (p, y) in y.chunks_exact_mut(x.rows * ROWS).enumerate() {
            panel(isa, w, first + p, x, y);
        }
    });
}

/// Calls `work` with parts of `all`, which consists of units, and each part's first unit's number.
pub fn share(all: &mut [f32], unit: usize, first: usize, grain: usize, work: &(impl Fn(usize, &mut [f32]) + Sync)) {
    let units = all.len() / unit;
    if units <= grain.max(1) {
        return work(first, all);
    }
    let half = units / 2;
    let (a, b) = all.split_at_mut(half * unit);
    rayon::join(|| share(a, unit, first, grain, work), || share(b, unit, first + half, grain, work));
}

/// One panel of sixteen outputs, y [rows, 16].
fn panel(isa: Isa, w: &Matrix, p: usize, x: Input, y: &mut [f32]) {
    let [outputs, cols] = w.shape();
    let blocks = cols.div_ceil(BLOCK);
    let scales_at = p * blocks * ROWS..(p + 1) * blocks * ROWS;
    match &w.weights {
        Weights::F32(numbers) => {
            let rows = ROWS.min(outputs - p * ROWS);
            simd::panel_f32(isa, &numbers[p * ROWS * cols..][..rows * cols], cols, x.exact, y);
        }
        Weights::Q8 { quants, scales } => {
            let quants = &quants[scales_at.start * 32..scales_at.end * 32];
            rounded_rows(x, blocks, y, |x, y| simd::panel_q8(isa, quants, &scales[scales_at.clone()], x, y));
        }
        Weights::Q4 { quants, scales } => {
            let quants = &quants[scales_at.start * 16..scales_at.end * 16];
            rounded_rows(x, blocks, y, |x, y| simd::panel_q4(isa, quants, &scales[scales_at.clone()], x, y));
        }
    }
}

/// Takes the rounded rows a few at a time.
#[inline(always)]
fn rounded_rows(x: Input, blocks: usize, y: &mut [f32], work: impl Fn(&[&[Rounded]], &mut [f32])) {
    let mut few: [&[Rounded]; simd::AT_ONCE] = Default::default();
    let mut from = 0;
    while from < x.rows {
        let n = simd::AT_ONCE.min(x.rows - from);
        for (t, few) in few[..n].iter_mut().enumerate() {
            *few = &x.rounded[(from + t) * blocks..][..blocks];
        }
        work(&few[..n], &mut y[from * ROWS..(from + n) * ROWS]);
        from += n;
    }
}

/// From panels `[outputs / 16][rows][16]` to rows `[rows, outputs]`.
pub fn from_panels(out: &mut [f32], panels: &[f32], rows: usize) {
    let outputs = out.len() / rows;
    for (p, panel) in panels.chunks_exact(rows * ROWS).enumerate() {
        let width = ROWS.min(outputs - p * ROWS);
        for (r, part) in panel.as_chunks::<ROWS>().0.iter().enumerate() {
            let out = &mut out[r * outputs + p * ROWS..][..width];
            if width == ROWS {
                out.copy_from_slice(part);
            } else {
                out.copy_from_slice(&part[..width]);
            }
        }
    }
}

/// Each row of `x` scaled to unit root mean square, times `w`.
pub fn rms_norm(out: &mut [f32], x: &[f32], w: &[f32], eps: f32) {
    out.copy_from_slice(x);
    rms_norm_in_place(out, w, eps);
}

/// The same, in place.
pub fn rms_norm_in_place(x: &mut [f32], w: &[f32], eps: f32) {
    vectorised(
        #[inline(always)]
        || {
            for x in x.chunks_exact_mut(w.len()) {
                let scale = 1.0 / (lanes::dot(x, x) / w.len() as f32 + eps).sqrt();
                for (x, w) in x.iter_mut().zip(w) {
                    *x = *x * scale * w;
                }
            }
        },
    );
}

/// Turns every head of `row` by its position's angles: pairs (i, i + head_dim/2), or neighbours.
pub fn rotate(row: &mut [f32], [cos, sin]: [&[f32]; 2], neighbours: bool) {
    let half = cos.len();
    for head in row.chunks_exact_mut(2 * half) {
        if neighbours {
            for (i, [a, b]) in head.as_chunks_mut::<2>().0.iter_mut().enumerate() {
                (*a, *b) = (*a * cos[i] - *b * sin[i], *b * cos[i] + *a * sin[i]);
            }
        } else {
            let (a, b) = head.split_at_mut(half);
            for i in 0..half {
                (a[i], b[i]) = (a[i] * cos[i] - b[i] * sin[i], b[i] * cos[i] + a[i] * sin[i]);
            }
        }
    }
}

/// Positions of a piece of attention.
const PIECE: usize = 64;

/// `out = softmax(q · keysᵀ / √head_dim) · values` over all positions given, piece by piece with a running maximum
/// (Milakov & Gimelshein 2018, arXiv:1805.02867).
pub fn attend(out: &mut [f32], q: &[f32], keys: &[f32], values: &[f32]) {
    let width = q.len();
    let scale = 1.0 / (width as f32).sqrt();
    vectorised(
        #[inline(always)]
        || {
            let (mut most, mut total) = (f32::NEG_INFINITY, 0.0);
            out.fill(0.0);
            for (keys, values) in keys.chunks(PIECE * width).zip(values.chunks(PIECE * width)) {
                let mut scores = [0.0f32; PIECE];
                let scores = &mut scores[..keys.len() / width];
                for (score, key) in scores.iter_mut().zip(keys.chunks_exact(width)) {
                    *score = lanes::dot(q, key) * scale;
                }
                let largest = lanes::max(scores).max(most);
                if largest > most && total > 0.0 {
                    let shrink = lanes::exp(most - largest);
                    total *= shrink;
                    out.iter_mut().for_each(|o| *o *= shrink);
                }
                most = largest;
                total += lanes::map_sum(
                    scores,
                    #[inline(always)]
                    |s| lanes::exp(s - most),
                );
                for (weight, value) in scores.iter().zip(values.chunks_exact(width)) {
                    for (out, value) in out.iter_mut().zip(value) {
                        *out = weight.mul_add(*value, *out);
                    }
                }
            }
            let share = 1.0 / total;
            out.iter_mut().for_each(|o| *o *= share);
        },
    );
}

/// `gate = silu(gate) · up`.
pub fn silu_mul(gate: &mut [f32], up: &[f32]) {
    vectorised(
        #[inline(always)]
        || {
            for (gate, up) in gate.iter_mut().zip(up) {
                *gate *= lanes::sigmoid(*gate) * up;
            }
        },
    );
}

/// `x += y`.
pub fn add(x: &mut [f32], y: &[f32]) {
    for (x, y) in x.iter_mut().zip(y) {
        *x += y;
    }
}

/// `y += scale · B (A x)`: A [rank, in], B turned to [rank, out].
pub fn add_low_rank(y: &mut [f32], x: &[f32], a: &[f32], b: &[f32], scale: f32) {
    let (inputs, outputs) = (x.len(), y.len());
    vectorised(
        #[inline(always)]
        || {
            for (a, b) in a.chunks_exact(inputs).zip(b.chunks_exact(outputs)) {
                let low = lanes::dot(a, x) * scale;
                for (y, b) in y.iter_mut().zip(b) {
                    *y = low.mul_add(*b, *y);
                }
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(w: &[f32], x: &[f32], rows: usize) -> Vec<f32> {
        let cols = x.len() / rows;
        let w = Matrix::f32(w.len() / cols, cols, w.to_vec()).unwrap();
        let mut panels = vec![0.0; w.shape()[0].next_multiple_of(ROWS) * rows];
        product(Isa::Portable, &w, Input { rows, exact: x, rounded: &[] }, &mut panels);
        let mut y = vec![0.0; w.shape()[0] * rows];
        from_panels(&mut y, &panels, rows);
        y
    }

    #[test]
    fn products_of_every_length() {
        for n in 1..140 {
            let x: Vec<f32> = (1..=n).map(|i| i as f32).collect();
            let w = vec![2.0; 3 * n];
            assert_eq!(times(&w, &x, 1), [(n * (n + 1)) as f32; 3], "{n}");
        }
    }

    #[test]
    fn several_rows_by_hand() {
        let w = [1.0, 0.0, 2.0, 1.0, 0.0, -1.0]; // [3, 2]
        let x = [1.0, 10.0, 3.0, 4.0]; // [2, 2]
        assert_eq!(times(&w, &x, 2), [1.0, 12.0, -10.0, 3.0, 10.0, -4.0]);
    }

    #[test]
    fn a_row_among_others_gives_the_same_bits() {
        let number = |i: usize| ((i * 7919 % 1013) as f32 / 1013.0 - 0.5) * 1.1;
        let w: Vec<f32> = (0..37 * 53).map(number).collect();
        let x: Vec<f32> = (0..11 * 53).map(|i| number(i + 5)).collect();
        let alone: Vec<f32> = x.chunks(53).flat_map(|x| times(&w, x, 1)).collect();
        assert_eq!(times(&w, &x, 11), alone);
    }

    #[test]
    fn attention_to_equal_keys_is_the_mean() {
        let keys = [1.0, 1.0, 1.0, 1.0];
        let values = [0.0, 4.0, 2.0, 0.0];
        let mut out = [0.0; 2];
        attend(&mut out, &[3.0, -1.0], &keys, &values);
        assert_eq!(out, [1.0, 2.0]);
        // Over several pieces: 150 positions, the values' mean is that of 0..150.
        let values: Vec<f32> = (0..150).flat_map(|i| [i as f32, 1.0]).collect();
        attend(&mut out, &[3.0, -1.0], &[1.0; 300], &values);
        assert!((out[0] - 74.5).abs() < 1e-4 && (out[1] - 1.0).abs() < 1e-6, "{out:?}");
    }
}
