//! Attention with rotary positions and grouped queries, in blocks of queries.
//!
//! For each head: `S = q kᵀ / √head_dim`, `P = softmax(S)` over the keys that the query sees, `o = P v`. Blocks of
//! [`BLOCK`] queries at a time, so that no `[time, time]` matrix is ever stored; as in FlashAttention (Dao et al. 2022,
//! arXiv:2205.14135) only `L = log Σ exp(S)` of each query is kept, and backward forms `P = exp(S - L)` anew:
//!
//! `dv = Pᵀ do`, `dP = do vᵀ`, `D = Σ do · o`, `dS = P · (dP - D)`, `dq = dS k / √head_dim`, `dk = dSᵀ q / √head_dim`.
//!
//! A query sees keys of its own document only, those up to itself or all of them. They are neighbours, so a block of
//! queries works on one stretch of keys and leaves out all others.

use std::ops::Range;
use std::sync::Arc;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::{DType, Shape, Slice, TensorData};
use burn_flex::FlexTensor;

use super::buffer::{dense, floats, tensor};
use super::lanes::{dot, exp, map_sum, max, vectorised};
use super::matmul::{Matrix, Panels, Precision};
use super::pieces::{for_pieces, rows_per_piece};
use super::pool::Buffer;
use super::tiles::Out;

/// Who attends to whom.
#[derive(Clone, Debug)]
pub struct AttentionOptions {
    /// Query heads, a multiple of `kv_heads`.
    pub heads: usize,
    /// Key-value heads.
    pub kv_heads: usize,
    /// Whether a position sees only itself and those before it; without, all of its document.
    pub causal: bool,
    /// For each position of `[batch, time]` the index within its row where its document begins: it sees nothing of
    /// other documents, and its rotary position counts from there. Nothing: each row is one document.
    pub starts: Option<Arc<[i32]>>,
}

/// Which elements of a head turn together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// `i` and `i + head_dim / 2`.
    Halves,
    /// `2i` and `2i + 1`.
    Neighbours,
    /// None: positions are no concern of attention.
    None,
}

/// How many queries are worked on at once.
const BLOCK: usize = Panels::GRAIN;

/// The definition, in burn's primitives.
pub fn composed<B: Backend>(
    q: FloatTensor<B>,
    k: FloatTensor<B>,
    v: FloatTensor<B>,
    cos: FloatTensor<B>,
    sin: FloatTensor<B>,
    pairs: Pairs,
    options: AttentionOptions,
) -> FloatTensor<B> {
    let AttentionOptions { heads, kv_heads, causal, starts } = options;
    let [batch, time, width] = q.shape().dims();
    let (head_dim, group) = (width / heads, heads / kv_heads);
    let (dtype, device) = (q.dtype(), q.device());
    let split = |x, heads| {
        let x = B::float_reshape(x, Shape::from([batch, time, heads, head_dim]));
        B::float_swap_dims(x, 1, 2) // [batch, heads, time, head_dim]
    };
    // Each position's angles, [batch or 1, 1, time, head_dim / 2].
    let placed = |table: FloatTensor<B>| match &starts {
        _ if pairs == Pairs::None => table,
        None => B::float_reshape(table, Shape::from([1, 1, time, head_dim / 2])),
        Some(starts) => {
            let place = |(i, start): (usize, &i32)| (i % time) as i32 - start;
            let places: Vec<i32> = starts.iter().enumerate().map(place).collect();
            let places = B::int_from_data(TensorData::new::<i32, _>(places, [batch * time]), &device);
            B::float_reshape(B::float_select(table, 0, places), Shape::from([batch, 1, time, head_dim / 2]))
        }
    };
    let (cos, sin) = (placed(cos), placed(sin));
    let rotate = |x: FloatTensor<B>| {
        if pairs == Pairs::None {
            return x;
        }
        let all = x.shape();
        let [batch, heads, time, head_dim] = all.dims();
        let half = head_dim / 2;
        // A pair's two elements in the last but one dimension, or in the last.
        let (twos, dim) = match pairs {
            Pairs::Neighbours => ([batch, heads, time, half, 2], 4),
            _ => ([batch, heads, time, 2, half], 3),
        };
        let x = B::float_reshape(x, Shape::from(twos));
        let element = |x, i: usize| {
            let mut slices = vec![Slice::full(); 5];
            slices[dim] = Slice::from(i..i + 1);
            B::float_reshape(B::float_slice(x, &slices), Shape::from([batch, heads, time, half]))
        };
        let (a, b) = (element(x.clone(), 0), element(x, 1));
        let turned_a = B::float_sub(B::float_mul(a.clone(), cos.clone()), B::float_mul(b.clone(), sin.clone()));
        let turned_b = B::float_add(B::float_mul(a, sin.clone()), B::float_mul(b, cos.clone()));
        let mut one = twos;
        one[dim] = 1;
        let parts = [turned_a, turned_b].map(|x| B::float_reshape(x, Shape::from(one)));
        B::float_reshape(B::float_cat(parts.to_vec(), dim), all)
    };
    let repeat = |x| {
        let x = B::float_reshape(x, Shape::from([batch, kv_heads, 1, time, head_dim]));
        let x = B::float_expand(x, Shape::from([batch, kv_heads, group, time, head_dim]));
        B::float_reshape(x, Shape::from([batch, heads, time, head_dim]))
    };
    let q = rotate(split(q, heads));
    let k = repeat(rotate(split(k, kv_heads)));
    let v = repeat(split(v, kv_heads));

    let scores = B::float_matmul(q, B::float_swap_dims(k, 2, 3)); // [batch, heads, time, time]
    let scores = B::float_mul_scalar(scores, (1.0 / (head_dim as f64).sqrt()).into());
    let hidden = hidden::<B>([batch, time], causal, starts.as_deref(), dtype, &device);
    let scores = match hidden {
        Some(hidden) => B::float_add(scores, B::float_mul_scalar(hidden, (-1e30).into())),
        None => scores,
    };
    let o = B::float_matmul(B::softmax(scores, 3), v);
    B::float_reshape(B::float_swap_dims(o, 1, 2), Shape::from([batch, time, width]))
}

/// At least 1 where a query does not see a key, 0 where it does: `[batch or 1, 1, time, time]`.
fn hidden<B: Backend>(
    [batch, time]: [usize; 2],
    causal: bool,
    starts: Option<&[i32]>,
    dtype: DType,
    device: &burn::backend::tensor::Device<B>,
) -> Option<FloatTensor<B>> {
    let numbers = |values: Vec<f32>, shape: [usize; 4]| {
        B::float_from_data(TensorData::new::<f32, _>(values, shape).convert_dtype(dtype), device)
    };
    // 1 where a whole number is positive.
    let positive = |x| B::float_clamp(x, 0.0.into(), 1.0.into());
    let index = |shape| numbers((0..time).map(|i| i as f32).collect(), shape);
    let later = causal.then(|| positive(B::float_sub(index([1, 1, 1, time]), index([1, 1, time, 1]))));
    let Some(starts) = starts else { return later };
    let starts: Vec<f32> = starts.iter().map(|s| *s as f32).collect();
    let of_query = numbers(starts.clone(), [batch, 1, time, 1]);
    // Where its document begins lies after the key, or the other way round.
    let other = match later {
        Some(later) => B::float_add(positive(B::float_sub(of_query, index([1, 1, 1, time]))), later),
        None => positive(B::float_abs(B::float_sub(of_query, numbers(starts, [batch, 1, 1, time])))),
    };
    Some(other)
}

/// The output, and the function to the gradients of `q`, `k` and `v`.
pub fn forward(
    qkv: [FlexTensor; 3],
    angles: [FlexTensor; 2],
    pairs: Pairs,
    options: AttentionOptions,
    precision: Precision,
) -> (FlexTensor, impl Fn(FlexTensor, [bool; 3]) -> [Option<FlexTensor>; 3] + Send + Sync + 'static) {
    let [q, k, v] = qkv.map(dense);
    let angles = angles.map(dense);
    let [batch, time, width] = q.shape().dims();
    let AttentionOptions { heads, kv_heads, causal, starts } = options;
    let sizes = Sizes { batch, time, kv_heads, group: heads / kv_heads, head_dim: width / heads, pairs, precision };
    let seen = Seen::new(time, causal, starts);
    debug_assert!(width == heads * sizes.head_dim && sizes.head_dim.is_multiple_of(2), "attention: an even head size");
    debug_assert_eq!(heads, kv_heads * sizes.group, "attention: kv_heads must divide heads");
    debug_assert!(
        [&k, &v].iter().all(|x| x.shape().dims() == [batch, time, kv_heads * sizes.head_dim]),
        "attention: k and v must be [{batch}, {time}, {kv_heads} * {}]",
        sizes.head_dim
    );
    debug_assert!(
        pairs == Pairs::None || angles.iter().all(|x| floats(x).len() == time * sizes.head_dim / 2),
        "attention: cos and sin must be [{time}, {}]",
        sizes.head_dim / 2
    );

    let (o, log_sum) = attend(&sizes, &seen, [&q, &k, &v].map(floats), angles.each_ref().map(floats));
    let o = tensor(o, q.shape());
    let output = o.clone();
    let backward = move |d_o: FlexTensor, wanted: [bool; 3]| {
        let [dq, dk, dv] = gradients(
            &sizes,
            &seen,
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
    pairs: Pairs,
    precision: Precision,
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

    /// Which sequence of the batch the key-value head number `unit`, counted through the batch, belongs to.
    fn sequence(&self, unit: usize) -> usize {
        unit / self.kv_heads
    }

    /// Where that key-value head begins in k and v.
    fn kv_start(&self, unit: usize) -> usize {
        self.sequence(unit) * self.time * self.kv_width() + (unit % self.kv_heads) * self.head_dim
    }

    /// Where the query head `member` of that key-value head's group begins in q and o.
    fn q_start(&self, unit: usize, member: usize) -> usize {
        let head = (unit % self.kv_heads) * self.group + member;
        self.sequence(unit) * self.time * self.width() + head * self.head_dim
    }
}

/// Which keys each query sees.
struct Seen {
    time: usize,
    causal: bool,
    documents: Option<Documents>,
}

/// Where the document of each position of `[batch, time]` begins, and, unless attention is causal, ends.
struct Documents {
    starts: Arc<[i32]>,
    ends: Vec<i32>,
}

impl Seen {
    fn new(time: usize, causal: bool, starts: Option<Arc<[i32]>>) -> Self {
        let documents = starts.map(|starts| {
            let mut ends = Vec::new();
            if !causal {
                ends = vec![0; starts.len()];
                for (starts, ends) in starts.chunks_exact(time.max(1)).zip(ends.chunks_exact_mut(time.max(1))) {
                    let mut end = time as i32;
                    for i in (0..time).rev() {
                        ends[i] = end;
                        if starts[i] == i as i32 {
                            end = starts[i];
                        }
                    }
                }
            }
            Documents { starts, ends }
        });
        Self { time, causal, documents }
    }

    /// The part about one sequence.
    fn of(&self, sequence: usize) -> SeenIn<'_> {
        let rows = sequence * self.time..(sequence + 1) * self.time;
        let starts = self.documents.as_ref().map(|d| &d.starts[rows.clone()]);
        let ends = self.documents.as_ref().filter(|_| !self.causal).map(|d| &d.ends[rows]);
        SeenIn { time: self.time, causal: self.causal, starts, ends }
    }
}

/// Which keys each query of one sequence sees.
#[derive(Clone, Copy)]
struct SeenIn<'a> {
    time: usize,
    causal: bool,
    starts: Option<&'a [i32]>,
    ends: Option<&'a [i32]>,
}

impl SeenIn<'_> {
    /// Where the document of position `t` begins.
    #[inline(always)]
    fn start(&self, t: usize) -> usize {
        self.starts.map_or(0, |starts| starts[t] as usize)
    }

    /// The keys that the query at position `t` sees.
    #[inline(always)]
    fn by(&self, t: usize) -> Range<usize> {
        let end = if self.causal { t + 1 } else { self.ends.map_or(self.time, |ends| ends[t] as usize) };
        self.start(t)..end
    }

    /// The keys that any query of a block sees, and some more: as panels may be cut.
    fn by_block(&self, block: Range<usize>) -> Range<usize> {
        let (start, end) = (self.by(block.start).start, self.by(block.end - 1).end);
        start / BLOCK * BLOCK..end.next_multiple_of(BLOCK).min(self.time)
    }

    /// A position's place within its document.
    #[inline(always)]
    fn place(&self, t: usize) -> usize {
        t - self.start(t)
    }
}

/// What the forward pass leaves for the backward pass.
struct Attended<'a> {
    o: &'a [f32],       // [batch, time, heads * head_dim]
    log_sum: &'a [f32], // [batch, heads, time]
}

/// `o`, and `L` as `[batch, heads, time]`. One piece of work is one key-value head with its group of query heads.
fn attend(sizes: &Sizes, seen: &Seen, [q, k, v]: [&[f32]; 3], angles: [&[f32]; 2]) -> (Buffer, Vec<f32>) {
    let &Sizes { batch, time, kv_heads, group, head_dim, precision, .. } = sizes;
    let head_len = sizes.head_len();
    let mut o = Buffer::unfilled(q.len()); // [batch, heads, time, head_dim]
    let mut log_sum = vec![0.0; batch * kv_heads * group * time];
    for_pieces([(&mut o, group * head_len), (&mut log_sum, group * time)], |unit, [o, log_sum]| {
        let seen = seen.of(sizes.sequence(unit));
        let turn = Turn { head_dim, pairs: sizes.pairs, angles, seen };
        let mut scratch = Buffer::unfilled(2 * head_len + BLOCK * time);
        let (k_turned, scratch) = scratch.split_at_mut(head_len);
        let (q_turned, scores) = scratch.split_at_mut(head_len);
        turn.gather(k_turned, &k[sizes.kv_start(unit)..], sizes.kv_width(), 1.0);
        let keys_t = Panels::of(Matrix::new(k_turned, time, head_dim).t(), precision);
        let values = Matrix::strided(&v[sizes.kv_start(unit)..], [time, head_dim], [sizes.kv_width(), 1]);
        let values = Panels::of(values, precision);

        for (member, (o, log_sum)) in o.chunks_exact_mut(head_len).zip(log_sum.chunks_exact_mut(time)).enumerate() {
            turn.gather(q_turned, &q[sizes.q_start(unit, member)..], sizes.width(), sizes.scale());
            let queries = Matrix::new(q_turned, time, head_dim);
            for start in (0..time).step_by(BLOCK) {
                let block = start..(start + BLOCK).min(time);
                let over = seen.by_block(block.clone());
                let (rows, cols) = (block.len(), over.len());
                let p = &mut scores[..rows * cols]; // [queries of the block, keys that they see]
                keys_t.multiply(
                    queries.rows(block.clone()),
                    0..head_dim,
                    over.clone(),
                    dense_out(p, rows, cols, false),
                );
                vectorised(|| softmax_seen(p, start, &over, seen, &mut log_sum[block.clone()]));
                let o = &mut o[start * head_dim..block.end * head_dim];
                values.multiply(Matrix::new(p, rows, cols), over, 0..head_dim, dense_out(o, rows, head_dim, false));
            }
        }
    });
    (merge_heads(o, time, kv_heads * group, head_dim), log_sum)
}

/// `dq`, `dk` and `dv`, shaped as q, k and v. The pieces of work are those of [`attend`].
fn gradients(
    sizes: &Sizes,
    seen: &Seen,
    [q, k, v]: [&[f32]; 3],
    angles: [&[f32]; 2],
    attended: Attended,
    d_o: &[f32],
) -> [Buffer; 3] {
    let &Sizes { time, kv_heads, group, head_dim, precision, .. } = sizes;
    let (head_len, width) = (sizes.head_len(), sizes.width());
    let mut dq = Buffer::unfilled(q.len()); // [batch, heads, time, head_dim]
    let mut dk = Buffer::unfilled(k.len()); // [batch, kv_heads, time, head_dim]
    let mut dv = Buffer::unfilled(v.len()); // [batch, kv_heads, time, head_dim]
    let outputs = [(&mut *dq, group * head_len), (&mut *dk, head_len), (&mut *dv, head_len)];
    for_pieces(outputs, |unit, [dq, dk, dv]| {
        dk.fill(0.0);
        dv.fill(0.0);
        let seen = seen.of(sizes.sequence(unit));
        let turn = Turn { head_dim, pairs: sizes.pairs, angles, seen };
        let mut scratch = Buffer::unfilled(2 * head_len + 2 * BLOCK * time);
        let (k_turned, scratch) = scratch.split_at_mut(head_len);
        let (q_turned, scratch) = scratch.split_at_mut(head_len);
        let (p_block, ds_block) = scratch.split_at_mut(BLOCK * time);
        turn.gather(k_turned, &k[sizes.kv_start(unit)..], sizes.kv_width(), 1.0);
        let keys = Matrix::new(k_turned, time, head_dim);
        let values = Matrix::strided(&v[sizes.kv_start(unit)..], [time, head_dim], [sizes.kv_width(), 1]);
        let [keys_t, values_t, keys] = [keys.t(), values.t(), keys].map(|m| Panels::of(m, precision));

        for (member, dq) in dq.chunks_exact_mut(head_len).enumerate() {
            let q_start = sizes.q_start(unit, member);
            turn.gather(q_turned, &q[q_start..], width, sizes.scale());
            let queries = Matrix::new(q_turned, time, head_dim);
            let (o, d_o) = (&attended.o[q_start..], &d_o[q_start..]);
            let d_outputs = Matrix::strided(d_o, [time, head_dim], [width, 1]);
            let (query_panels, d_output_panels) = (Panels::of(queries, precision), Panels::of(d_outputs, precision));
            let log_sum = &attended.log_sum[(unit * group + member) * time..][..time];

            for start in (0..time).step_by(BLOCK) {
                let block = start..(start + BLOCK).min(time);
                let over = seen.by_block(block.clone());
                let (rows, cols) = (block.len(), over.len());
                let p = &mut p_block[..rows * cols]; // [queries of the block, keys that they see]
                let ds = &mut ds_block[..rows * cols];
                let (q, d_outs) = (queries.rows(block.clone()), d_outputs.rows(block.clone()));
                keys_t.multiply(q, 0..head_dim, over.clone(), dense_out(p, rows, cols, false)); // S
                values_t.multiply(d_outs, 0..head_dim, over.clone(), dense_out(ds, rows, cols, false)); // dP
                vectorised(|| {
                    for (i, (p, ds)) in p.chunks_exact_mut(cols).zip(ds.chunks_exact_mut(cols)).enumerate() {
                        let query = start + i;
                        let row = query * width..query * width + head_dim;
                        let d = dot(&d_o[row.clone()], &o[row]);
                        let (from, to) = within(seen.by(query), &over);
                        for (p, ds) in p[from..to].iter_mut().zip(&mut ds[from..to]) {
                            *p = exp(*p - log_sum[query]);
                            *ds = *p * (*ds - d);
                        }
                        p[..from].fill(0.0);
                        p[to..].fill(0.0);
                        ds[..from].fill(0.0);
                        ds[to..].fill(0.0);
                    }
                });
                let p = Matrix::new(p, rows, cols);
                let ds = Matrix::new(ds, rows, cols);
                let dq = dense_out(&mut dq[start * head_dim..block.end * head_dim], rows, head_dim, false);
                keys.multiply(ds, over.clone(), 0..head_dim, dq);
                let over_elements = over.start * head_dim..over.end * head_dim;
                let dk = dense_out(&mut dk[over_elements.clone()], cols, head_dim, true);
                query_panels.multiply(ds.t(), block.clone(), 0..head_dim, dk);
                let dv = dense_out(&mut dv[over_elements], cols, head_dim, true);
                d_output_panels.multiply(p.t(), block, 0..head_dim, dv);
            }
            turn.back(dq, sizes.scale());
        }
        turn.back(dk, 1.0); // the queries brought the scale
    });
    [
        merge_heads(dq, time, kv_heads * group, head_dim),
        merge_heads(dk, time, kv_heads, head_dim),
        merge_heads(dv, time, kv_heads, head_dim),
    ]
}

/// All of `values`, row by row, as the place of a product.
fn dense_out(values: &mut [f32], rows: usize, cols: usize, add: bool) -> Out<'_> {
    Out { values, stride: cols, rows, cols, add }
}

/// Where the keys `seen` stand among those of a block.
#[inline(always)]
fn within(seen: Range<usize>, over: &Range<usize>) -> (usize, usize) {
    (seen.start - over.start, seen.end - over.start)
}

/// Softmax of each row over the keys that its query sees, zeros elsewhere; `log_sum` takes `log Σ exp`.
///
/// `scores`: of the queries from `start` on by the keys `over`.
#[inline(always)]
fn softmax_seen(scores: &mut [f32], start: usize, over: &Range<usize>, seen: SeenIn, log_sum: &mut [f32]) {
    for (i, (row, log_sum)) in scores.chunks_exact_mut(over.len()).zip(log_sum).enumerate() {
        let (from, to) = within(seen.by(start + i), over);
        let (row, after) = row.split_at_mut(to);
        let (before, seen) = row.split_at_mut(from);
        let top = max(seen);
        let total = map_sum(seen, |s| exp(s - top));
        *log_sum = top + total.ln();
        let share = 1.0 / total;
        for p in seen {
            *p *= share;
        }
        before.fill(0.0);
        after.fill(0.0);
    }
}

/// The turning of heads by their positions' angles.
struct Turn<'a> {
    head_dim: usize,
    pairs: Pairs,
    angles: [&'a [f32]; 2], // cos and sin, [time, head_dim / 2]
    seen: SeenIn<'a>,
}

impl Turn<'_> {
    /// The angles' cosines and sines at position `t`.
    #[inline(always)]
    fn at(&self, t: usize) -> [&[f32]; 2] {
        let half = self.head_dim / 2;
        let from = self.seen.place(t) * half;
        [&self.angles[0][from..from + half], &self.angles[1][from..from + half]]
    }

    /// Gathers one head from rows that are `stride` apart, turned and times `scale`: a pair (a, b) becomes
    /// (a cos - b sin, a sin + b cos). `to`: `[time, head_dim]`.
    fn gather(&self, to: &mut [f32], from: &[f32], stride: usize, scale: f32) {
        let (head_dim, half) = (self.head_dim, self.head_dim / 2);
        let row = |t: usize| &from[t * stride..][..head_dim];
        let rows = to.chunks_exact_mut(head_dim).enumerate();
        match self.pairs {
            Pairs::Halves => vectorised(|| {
                for (t, to) in rows {
                    let (a, b) = row(t).split_at(half);
                    let (to_a, to_b) = to.split_at_mut(half);
                    let [cos, sin] = self.at(t);
                    // (In eights, for halves of heads are seldom longer than a vector or two.)
                    let (eights, done) = (half / 8, half / 8 * 8);
                    for i in 0..eights {
                        let [a, b, c, s] = [a, b, cos, sin].map(|x| &x.as_chunks::<8>().0[i]);
                        let (to_a, to_b) = (&mut to_a.as_chunks_mut::<8>().0[i], &mut to_b.as_chunks_mut::<8>().0[i]);
                        for j in 0..8 {
                            to_a[j] = (a[j] * c[j] - b[j] * s[j]) * scale;
                            to_b[j] = (a[j] * s[j] + b[j] * c[j]) * scale;
                        }
                    }
                    for i in done..half {
                        to_a[i] = (a[i] * cos[i] - b[i] * sin[i]) * scale;
                        to_b[i] = (a[i] * sin[i] + b[i] * cos[i]) * scale;
                    }
                }
            }),
            Pairs::Neighbours => vectorised(|| {
                for (t, to) in rows {
                    let [cos, sin] = self.at(t);
                    let (to, from) = (to.as_chunks_mut::<2>().0, row(t).as_chunks::<2>().0);
                    for ((to, [a, b]), (c, s)) in to.iter_mut().zip(from).zip(cos.iter().zip(sin)) {
                        *to = [(a * c - b * s) * scale, (a * s + b * c) * scale];
                    }
                }
            }),
            Pairs::None => vectorised(|| {
                for (t, to) in rows {
                    to.iter_mut().zip(row(t)).for_each(|(to, from)| *to = from * scale);
                }
            }),
        }
    }

    /// Turns a gradient `[time, head_dim]` back, in place: [`gather`](Self::gather) by the opposite angles.
    fn back(&self, x: &mut [f32], scale: f32) {
        let half = self.head_dim / 2;
        let rows = x.chunks_exact_mut(self.head_dim);
        match self.pairs {
            Pairs::Halves => vectorised(|| {
                for (t, row) in rows.enumerate() {
                    let (a, b) = row.split_at_mut(half);
                    let [cos, sin] = self.at(t);
                    for ((a, b), (c, s)) in a.iter_mut().zip(b).zip(cos.iter().zip(sin)) {
                        (*a, *b) = ((*a * c + *b * s) * scale, (*b * c - *a * s) * scale);
                    }
                }
            }),
            Pairs::Neighbours => vectorised(|| {
                for (t, row) in rows.enumerate() {
                    let [cos, sin] = self.at(t);
                    for ([a, b], (c, s)) in row.as_chunks_mut::<2>().0.iter_mut().zip(cos.iter().zip(sin)) {
                        (*a, *b) = ((*a * c + *b * s) * scale, (*b * c - *a * s) * scale);
                    }
                }
            }),
            Pairs::None => vectorised(|| rows.for_each(|row| row.iter_mut().for_each(|x| *x *= scale))),
        }
    }
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
