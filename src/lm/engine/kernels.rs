//! The engine's arithmetic on rows of f32, compiled for the widest vector instructions found at run time.

use crate::nn::lanes::{self, vectorised};
use rayon::prelude::*;

/// Parallel sums of a product of two rows: four AVX-512 registers hide the latency of the addition.
const LANES: usize = 64;

/// Outputs of one piece of work when a product is shared out among threads.
const ROWS: usize = 64;

/// Multiply-adds from which sharing out is worth it.
const SHARE: usize = 1 << 18;

/// `y = x · wᵀ`: x [n, in], w [out, in] → y [n, out].
pub fn matmul(y: &mut [f32], w: &[f32], x: &[f32], n: usize) {
    let (inner, outer) = (x.len() / n, y.len() / n);
    debug_assert_eq!(w.len(), inner * outer);
    let threads = rayon::current_num_threads();
    if n * inner * outer < SHARE || threads < 2 {
        vectorised(
            #[inline(always)]
            || product(y, w, x, inner),
        );
    } else if n == 1 {
        y.par_chunks_mut(ROWS).zip(w.par_chunks(ROWS * inner)).for_each(|(y, w)| {
            vectorised(
                #[inline(always)]
                || product(y, w, x, inner),
            );
        });
    } else {
        y.par_chunks_mut(outer).zip(x.par_chunks(inner)).for_each(|(y, x)| {
            vectorised(
                #[inline(always)]
                || product(y, w, x, inner),
            );
        });
    }
}

/// Rows of `w` against every row of `x`; a weight row stays in the cache while all of `x` passes.
#[inline(always)]
fn product(y: &mut [f32], w: &[f32], x: &[f32], inner: usize) {
    let outer = w.len() / inner;
    for (j, w) in w.chunks_exact(inner).enumerate() {
        for (i, x) in x.chunks_exact(inner).enumerate() {
            y[i * outer + j] = dot(w, x);
        }
    }
}

/// `Σ aᵢ bᵢ`, with fused multiply-adds: the same bits on every machine.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for i in 0..LANES {
            sums[i] = a[i].mul_add(b[i], sums[i]);
        }
    }
    let ((a, a_rest), (b, b_rest)) = (a_rest.as_chunks::<16>(), b_rest.as_chunks::<16>());
    for (part, (a, b)) in a.iter().zip(b).enumerate() {
        for i in 0..16 {
            sums[part * 16 + i] = a[i].mul_add(b[i], sums[part * 16 + i]);
        }
    }
    for (i, (a, b)) in a_rest.iter().zip(b_rest).enumerate() {
        sums[48 + i] = a.mul_add(*b, sums[48 + i]);
    }
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            sums[i] += sums[i + width];
        }
        width /= 2;
    }
    sums[0]
}

/// Each row of `x` scaled to unit root mean square, times `w`.
pub fn rms_norm(out: &mut [f32], x: &[f32], w: &[f32], eps: f32) {
    vectorised(
        #[inline(always)]
        || {
            for (out, x) in out.chunks_exact_mut(w.len()).zip(x.chunks_exact(w.len())) {
                let scale = 1.0 / (lanes::dot(x, x) / w.len() as f32 + eps).sqrt();
                for ((out, x), w) in out.iter_mut().zip(x).zip(w) {
                    *out = x * scale * w;
                }
            }
        },
    );
}

/// Turns every head of `row` by its position's angles: pairs (i, i + head_dim/2).
pub fn rotate(row: &mut [f32], [cos, sin]: [&[f32]; 2]) {
    let half = cos.len();
    for head in row.chunks_exact_mut(2 * half) {
        let (a, b) = head.split_at_mut(half);
        for i in 0..half {
            (a[i], b[i]) = (a[i] * cos[i] - b[i] * sin[i], b[i] * cos[i] + a[i] * sin[i]);
        }
    }
}

/// `out = softmax(q · keysᵀ / √head_dim) · values` over the first `scores.len()` positions.
pub fn attend(out: &mut [f32], q: &[f32], keys: &[f32], values: &[f32], scores: &mut [f32]) {
    let width = q.len();
    let scale = 1.0 / (width as f32).sqrt();
    vectorised(
        #[inline(always)]
        || {
            for (score, key) in scores.iter_mut().zip(keys.chunks_exact(width)) {
                *score = lanes::dot(q, key) * scale;
            }
            let most = lanes::max(scores);
            let total = lanes::map_sum(
                scores,
                #[inline(always)]
                |s| lanes::exp(s - most),
            );
            out.fill(0.0);
            for (score, value) in scores.iter().zip(values.chunks_exact(width)) {
                let weight = score / total;
                for (out, value) in out.iter_mut().zip(value) {
                    *out = weight.mul_add(*value, *out);
                }
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_every_length() {
        for n in 1..140 {
            let x: Vec<f32> = (1..=n).map(|i| i as f32).collect();
            let w = vec![2.0; 3 * n];
            let mut y = [0.0; 3];
            matmul(&mut y, &w, &x, 1);
            assert_eq!(y, [(n * (n + 1)) as f32; 3], "{n}");
        }
    }

    #[test]
    fn several_rows_by_hand() {
        let w = [1.0, 0.0, 2.0, 1.0, 0.0, -1.0]; // [3, 2]
        let x = [1.0, 10.0, 3.0, 4.0]; // [2, 2]
        let mut y = [0.0; 6];
        matmul(&mut y, &w, &x, 2);
        assert_eq!(y, [1.0, 12.0, -10.0, 3.0, 10.0, -4.0]);
    }

    #[test]
    fn attention_to_equal_keys_is_the_mean() {
        let keys = [1.0, 1.0, 1.0, 1.0];
        let values = [0.0, 4.0, 2.0, 0.0];
        let mut out = [0.0; 2];
        attend(&mut out, &[3.0, -1.0], &keys, &values, &mut [0.0; 2]);
        assert_eq!(out, [1.0, 2.0]);
    }
}
