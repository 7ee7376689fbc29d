//! Causal attention with rotary positions and grouped queries, in blocks of queries.
//!
//! For each head: `S = q kᵀ / √head_dim`, `P = softmax(S)` over the keys not after the query, `o = P v`. Blocks of
//! [`BLOCK`] queries at a time, so that no `[time, time]` matrix is ever stored; as in FlashAttention (Dao et al. 2022,
//! arXiv:2205.14135) only `L = log Σ exp(S)` of each query is kept, and backward forms `P = exp(S - L)` anew:
//!
//! `dv = Pᵀ do`, `dP = do vᵀ`, `D = Σ do · o`, `dS = P · (dP - D)`, `dq = dS k / √head_dim`, `dk = dSᵀ q / √head_dim`.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::{Shape, Slice, TensorData};
use burn_flex::FlexTensor;

use super::buffer::{dense, floats, tensor};
use super::lanes::{dot, exp, map_sum, max, vectorised};
use super::matmul::{Matrix, multiply, multiply_add};
use super::pieces::{for_pieces, rows_per_piece};
use super::pool::Buffer;

/// How many queries are worked on at once.
const BLOCK: usize = 64;

/// The definition, in burn's primitives.
pub fn composed<B: Backend>(
    q: FloatTensor<B>,
    k: FloatTensor<B>,
    v: FloatTensor<B>,
    cos: FloatTensor<B>,
    sin: FloatTensor<B>,
    heads: usize,
    kv_heads: usize,
) -> FloatTensor<B> {
    let [batch, time, width] = q.shape().dims();
    let (head_dim, group) = (width / heads, heads / kv_heads);
    let split = |x, heads| {
        let x = B::float_reshape(x, Shape::from([batch, time, heads, head_dim]));
        B::float_swap_dims(x, 1, 2) // [batch, heads, time, head_dim]
    };
    let angles = Shape::from([1, 1, time, head_dim / 2]);
    let (cos, sin) = (B::float_reshape(cos, angles.clone()), B::float_reshape(sin, angles));
    let rotate = |x: FloatTensor<B>| {
        let half = |x, from: usize, to: usize| {
            B::float_slice(x, &[Slice::full(), Slice::full(), Slice::full(), Slice::from(from..to)])
        };
        let (a, b) = (half(x.clone(), 0, head_dim / 2), half(x, head_dim / 2, head_dim));
        let turned_a = B::float_sub(B::float_mul(a.clone(), cos.clone()), B::float_mul(b.clone(), sin.clone()));
        let turned_b = B::float_add(B::float_mul(a, sin.clone()), B::float_mul(b, cos.clone()));
        B::float_cat(vec![turned_a, turned_b], 3)
    };
    let repeat = |x| {
        let x = B::float_reshape(x, Shape::from([batch, kv_heads, 1, time, head_dim]));
        let x = B::float_expand(x, Shape::from([batch, kv_heads, group, time, head_dim]));
        B::float_reshape(x, Shape::from([batch, heads, time, head_dim]))
    };
    let dtype = q.dtype();
    let device = q.device();
    let q = rotate(split(q, heads));
    let k = repeat(rotate(split(k, kv_heads)));
    let v = repeat(split(v, kv_heads));

    let later = (0..time).flat_map(|i| (0..time).map(move |j| if j > i { -1e30f32 } else { 0.0 })).collect();
    let later = TensorData::new::<f32, _>(later, [1, 1, time, time]).convert_dtype(dtype);
    let scores = B::float_matmul(q, B::float_swap_dims(k, 2, 3)); // [batch, heads, time, time]
    let scores = B::float_mul_scalar(scores, (1.0 / (head_dim as f64).sqrt()).into());
    let scores = B::float_add(scores, B::float_from_data(later, &device));
    let o = B::float_matmul(B::softmax(scores, 3), v);
    B::float_reshape(B::float_swap_dims(o, 1, 2), Shape::from([batch, time, width]))
}

/// The output, and the function to the gradients of `q`, `k` and `v`.
pub fn forward(
    qkv: [FlexTensor; 3],
    angles: [FlexTensor; 2],
    heads: usize,
    kv_heads: usize,
) -> (FlexTensor, impl Fn(FlexTensor, [bool; 3]) -> [Option<FlexTensor>; 3] + Send + Sync + 'static) {
    let [q, k, v] = qkv.map(dense);
    let angles = angles.map(dense);
    let [batch, time, width] = q.shape().dims();
    let sizes = Sizes { batch, time, kv_heads, group: heads / kv_heads, head_dim: width / heads };
    debug_assert!(width == heads * sizes.head_dim && sizes.head_dim.is_multiple_of(2), "attention: an even head size");
    debug_assert_eq!(heads, kv_heads * sizes.group, "attention: kv_heads must divide heads");
    debug_assert!(
        [&k, &v].iter().all(|x| x.shape().dims() == [batch, time, kv_heads * sizes.head_dim]),
        "attention: k and v must be [{batch}, {time}, {kv_heads} * {}]",
        sizes.head_dim
    );
    debug_assert!(
        angles.iter().all(|x| floats(x).len() == time * sizes.head_dim / 2),
        "attention: cos and sin must be [{time}, {}]",
        sizes.head_dim / 2
    );

    let (o, log_sum) = attend(&sizes, [&q, &k, &v].map(floats), angles.each_ref().map(floats));
    let o = tensor(o, q.shape());
    let output = o.clone();
    let backward = move |d_o: FlexTensor, wanted: [bool; 3]| {
        let [dq, dk, dv] = gradients(
            &sizes,
            [&q, &k, &v].map(floats),
            angles.each_ref().map(floats),
            Attended { o: floats(&o), log_sum: &log_sum },
            floats(&dense(d_o)),
        );
        [
            wanted[0].then(|| tensor(dq, q.shape())),
            wanted[1].then(|| tensor(dk, k.shape())),
            wanted[2].then(|| tensor(dv, v.shape())),
        ]
    };
    (output, backward)
}

struct Sizes {
    batch: usize,
    time: usize,
    kv_heads: usize,
    group: usize, // query heads per key-value head
    head_dim: usize,
}

impl Sizes {
    /// Elements per position in q and o.
    fn width(&self) -> usize {
        self.kv_heads * self.group * self.head_dim
    }

    /// Elements per position in k and v.
    fn kv_width(&self) -> usize {
        self.kv_heads * self.head_dim
    }

    /// Elements of one head of one sequence.
    fn head_len(&self) -> usize {
        self.time * self.head_dim
    }

    fn scale(&self) -> f32 {
        1.0 / (self.head_dim as f32).sqrt()
    }

    /// Where the key-value head number `unit`, counted through the batch, begins in k and v.
    fn kv_start(&self, unit: usize) -> usize {
        (unit / self.kv_heads) * self.time * self.kv_width() + (unit % self.kv_heads) * self.head_dim
    }

    /// Where the query head `member` of that key-value head's group begins in q and o.
    fn q_start(&self, unit: usize, member: usize) -> usize {
        let head = (unit % self.kv_heads) * self.group + member;
        (unit / self.kv_heads) * self.time * self.width() + head * self.head_dim
    }
}

/// What the forward pass leaves for the backward pass.
struct Attended<'a> {
    o: &'a [f32],       // [batch, time, heads * head_dim]
    log_sum: &'a [f32], // [batch, heads, time]
}

/// `o`, and `L` as `[batch, heads, time]`. One piece of work is one key-value head with its group of query heads.
fn attend(sizes: &Sizes, [q, k, v]: [&[f32]; 3], angles: [&[f32]; 2]) -> (Buffer, Vec<f32>) {
    let &Sizes { batch, time, kv_heads, group, head_dim } = sizes;
    let head_len = sizes.head_len();
    let mut o = Buffer::unfilled(q.len()); // [batch, heads, time, head_dim]
    let mut log_sum = vec![0.0; batch * kv_heads * group * time];
    for_pieces([(&mut o, group * head_len), (&mut log_sum, group * time)], |unit, [o, log_sum]| {
        let mut scratch = Buffer::unfilled(2 * head_len + BLOCK * time);
        let (k_turned, scratch) = scratch.split_at_mut(head_len);
        let (q_turned, scores) = scratch.split_at_mut(head_len);
        rotate(k_turned, &k[sizes.kv_start(unit)..], sizes.kv_width(), head_dim, angles, 1.0);
        let keys = Matrix::new(k_turned, time, head_dim);
        let values = Matrix::strided(&v[sizes.kv_start(unit)..], [time, head_dim], [sizes.kv_width(), 1]);

        for (member, (o, log_sum)) in o.chunks_exact_mut(head_len).zip(log_sum.chunks_exact_mut(time)).enumerate() {
            rotate(q_turned, &q[sizes.q_start(unit, member)..], sizes.width(), head_dim, angles, sizes.scale());
            let queries = Matrix::new(q_turned, time, head_dim);
            for start in (0..time).step_by(BLOCK) {
                let end = (start + BLOCK).min(time);
                let p = &mut scores[..(end - start) * end]; // [queries of the block, keys up to its end]
                multiply(p, queries.rows(start..end), keys.rows(0..end).t());
                vectorised(|| softmax_causal(p, start, end, &mut log_sum[start..end]));
                let o = &mut o[start * head_dim..end * head_dim];
                multiply(o, Matrix::new(p, end - start, end), values.rows(0..end));
            }
        }
    });
    (merge_heads(o, time, kv_heads * group, head_dim), log_sum)
}

/// `dq`, `dk` and `dv`, shaped as q, k and v. The pieces of work are those of [`attend`].
fn gradients(
    sizes: &Sizes,
    [q, k, v]: [&[f32]; 3],
    angles: [&[f32]; 2],
    attended: Attended,
    d_o: &[f32],
) -> [Buffer; 3] {
    let &Sizes { time, kv_heads, group, head_dim, .. } = sizes;
    let (head_len, width) = (sizes.head_len(), sizes.width());
    let mut dq = Buffer::unfilled(q.len()); // [batch, heads, time, head_dim]
    let mut dk = Buffer::unfilled(k.len()); // [batch, kv_heads, time, head_dim]
    let mut dv = Buffer::unfilled(v.len()); // [batch, kv_heads, time, head_dim]
    let outputs = [(&mut *dq, group * head_len), (&mut *dk, head_len), (&mut *dv, head_len)];
    for_pieces(outputs, |unit, [dq, dk, dv]| {
        dk.fill(0.0);
        dv.fill(0.0);
        let mut scratch = Buffer::unfilled(2 * head_len + 2 * BLOCK * time);
        let (k_turned, scratch) = scratch.split_at_mut(head_len);
        let (q_turned, scratch) = scratch.split_at_mut(head_len);
        let (p_block, ds_block) = scratch.split_at_mut(BLOCK * time);
        rotate(k_turned, &k[sizes.kv_start(unit)..], sizes.kv_width(), head_dim, angles, 1.0);
        let keys = Matrix::new(k_turned, time, head_dim);
        let values = Matrix::strided(&v[sizes.kv_start(unit)..], [time, head_dim], [sizes.kv_width(), 1]);

        for (member, dq) in dq.chunks_exact_mut(head_len).enumerate() {
            let q_start = sizes.q_start(unit, member);
            rotate(q_turned, &q[q_start..], width, head_dim, angles, sizes.scale());
            let queries = Matrix::new(q_turned, time, head_dim);
            let (o, d_o) = (&attended.o[q_start..], &d_o[q_start..]);
            let d_outputs = Matrix::strided(d_o, [time, head_dim], [width, 1]);
            let log_sum = &attended.log_sum[(unit * group + member) * time..][..time];

            for start in (0..time).step_by(BLOCK) {
                let end = (start + BLOCK).min(time);
                let p = &mut p_block[..(end - start) * end]; // [queries of the block, keys up to its end]
                let ds = &mut ds_block[..(end - start) * end];
                multiply(p, queries.rows(start..end), keys.rows(0..end).t()); // S
                multiply(ds, d_outputs.rows(start..end), values.rows(0..end).t()); // dP
                vectorised(|| {
                    for (i, (p, ds)) in p.chunks_exact_mut(end).zip(ds.chunks_exact_mut(end)).enumerate() {
                        let query = start + i;
                        let row = query * width..query * width + head_dim;
                        let d = dot(&d_o[row.clone()], &o[row]);
                        for (p, ds) in p.iter_mut().zip(ds.iter_mut()).take(query + 1) {
                            *p = exp(*p - log_sum[query]);
                            *ds = *p * (*ds - d);
                        }
                        p[query + 1..].fill(0.0);
                        ds[query + 1..].fill(0.0);
                    }
                });
                let p = Matrix::new(p, end - start, end);
                let ds = Matrix::new(ds, end - start, end);
                multiply(&mut dq[start * head_dim..end * head_dim], ds, keys.rows(0..end));
                multiply_add(&mut dk[..end * head_dim], ds.t(), queries.rows(start..end));
                multiply_add(&mut dv[..end * head_dim], p.t(), d_outputs.rows(start..end));
            }
            rotate_back(dq, head_dim, angles, sizes.scale());
        }
        rotate_back(dk, head_dim, angles, 1.0); // the queries brought the scale
    });
    [
        merge_heads(dq, time, kv_heads * group, head_dim),
        merge_heads(dk, time, kv_heads, head_dim),
        merge_heads(dv, time, kv_heads, head_dim),
    ]
}

/// Softmax of each row over the keys up to its query, zeros after it; `log_sum` takes `log Σ exp`.
///
/// `scores`: `[end - start, end]`, of the queries `start..end`.
#[inline(always)]
fn softmax_causal(scores: &mut [f32], start: usize, end: usize, log_sum: &mut [f32]) {
    for (i, (row, log_sum)) in scores.chunks_exact_mut(end).zip(log_sum).enumerate() {
        let (seen, later) = row.split_at_mut(start + i + 1);
        let top = max(seen);
        let total = map_sum(seen, |s| exp(s - top));
        *log_sum = top + total.ln();
        let share = 1.0 / total;
        for p in seen {
            *p *= share;
        }
        later.fill(0.0);
    }
}

/// Gathers one head from rows that are `stride` apart, turned by its positions' angles and times `scale`.
///
/// `to`: `[time, head_dim]`. The halves (a, b) of a row become (a cos - b sin, a sin + b cos).
fn rotate(to: &mut [f32], from: &[f32], stride: usize, head_dim: usize, [cos, sin]: [&[f32]; 2], scale: f32) {
    let half = head_dim / 2;
    vectorised(|| {
        for (t, to) in to.chunks_exact_mut(head_dim).enumerate() {
            let (a, b) = from[t * stride..][..head_dim].split_at(half);
            let (to_a, to_b) = to.split_at_mut(half);
            let (cos, sin) = (&cos[t * half..][..half], &sin[t * half..][..half]);
            for ((to_a, to_b), ((a, b), (c, s))) in
                to_a.iter_mut().zip(to_b).zip(a.iter().zip(b).zip(cos.iter().zip(sin)))
            {
                *to_a = (a * c - b * s) * scale;
                *to_b = (a * s + b * c) * scale;
            }
        }
    });
}

/// Turns a gradient `[time, head_dim]` back: [`rotate`] by the opposite angles, in place.
fn rotate_back(x: &mut [f32], head_dim: usize, [cos, sin]: [&[f32]; 2], scale: f32) {
    let half = head_dim / 2;
    vectorised(|| {
        for (t, row) in x.chunks_exact_mut(head_dim).enumerate() {
            let (a, b) = row.split_at_mut(half);
            let (cos, sin) = (&cos[t * half..][..half], &sin[t * half..][..half]);
            for ((a, b), (c, s)) in a.iter_mut().zip(b).zip(cos.iter().zip(sin)) {
                (*a, *b) = ((*a * c + *b * s) * scale, (*b * c - *a * s) * scale);
            }
        }
    });
}

/// `[batch, heads, time, head_dim]` to `[batch, time, heads * head_dim]`.
fn merge_heads(x: Buffer, time: usize, heads: usize, head_dim: usize) -> Buffer {
    if heads == 1 || time == 1 {
        return x;
    }
    let width = heads * head_dim;
    let per_piece = rows_per_piece(width);
    let mut merged = Buffer::unfilled(x.len());
    for_pieces([(&mut merged, per_piece * width)], |piece, [rows]| {
        for (i, row) in rows.chunks_exact_mut(width).enumerate() {
            let (sequence, t) = ((piece * per_piece + i) / time, (piece * per_piece + i) % time);
            for (head, to) in row.chunks_exact_mut(head_dim).enumerate() {
                let from = ((sequence * heads + head) * time + t) * head_dim;
                to.copy_from_slice(&x[from..from + head_dim]);
            }
        }
    });
    merged
}
