//! The two halves of a transformer's block (Touvron et al. 2023, arXiv:2302.13971), each one operation.
//!
//! Their parts are the other operations. As one, what several products give back to one tensor adds up in its memory,
//! and so does the residual sum.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn_flex::FlexTensor;

use super::attention::{self, AttentionOptions, Pairs};
use super::buffer::{dense, floats, tensor};
use super::linear::{self, Weight};
use super::matmul::Precision;
use super::pool::Buffer;
use super::rms_norm::{self, normalise};
use super::silu_mul::{self, gated};

/// Settings of [`self_attention`](super::self_attention).
#[derive(Clone, Debug)]
pub struct SelfAttention {
    /// Added to the mean square before its root.
    pub eps: f64,
    /// Which elements of a head turn together.
    pub pairs: Pairs,
    /// Heads, and who attends to whom.
    pub attention: AttentionOptions,
    /// Of the factors of all products.
    pub precision: Precision,
}

/// Settings of [`feed_forward`](super::feed_forward).
#[derive(Clone, Copy, Debug)]
pub struct FeedForward {
    /// Added to the mean square before its root.
    pub eps: f64,
    /// Of the factors of all products.
    pub precision: Precision,
}

/// The definition of the first half: inputs x, norm, wq, wk, wv, wo.
pub fn composed_self_attention<B: Backend>(
    [x, norm, wq, wk, wv, wo]: [FloatTensor<B>; 6],
    [cos, sin]: [FloatTensor<B>; 2],
    settings: SelfAttention,
) -> FloatTensor<B> {
    let n = rms_norm::composed::<B>(x.clone(), norm, settings.eps);
    let [q, k, v] = [wq, wk, wv].map(|w| linear::composed::<B>(n.clone(), w));
    let a = attention::composed::<B>(q, k, v, cos, sin, settings.pairs, settings.attention);
    B::float_add(x, linear::composed::<B>(a, wo))
}

/// The definition of the second half: inputs x, norm, w1, w2, w3.
pub fn composed_feed_forward<B: Backend>(
    [x, norm, w1, w2, w3]: [FloatTensor<B>; 5],
    settings: FeedForward,
) -> FloatTensor<B> {
    let n = rms_norm::composed::<B>(x.clone(), norm, settings.eps);
    let [gate, up] = [w1, w3].map(|w| linear::composed::<B>(n.clone(), w));
    let h = silu_mul::composed::<B>(gate, up);
    B::float_add(x, linear::composed::<B>(h, w2))
}

/// The output of the first half, and the function to the gradients of its inputs.
pub fn self_attention(
    [x, norm, wq, wk, wv, wo]: [FlexTensor; 6],
    angles: [FlexTensor; 2],
    settings: SelfAttention,
) -> (FlexTensor, impl Fn(FlexTensor, [bool; 6]) -> [Option<FlexTensor>; 6] + Send + Sync + 'static) {
    let (x, norm) = (dense(x), dense(norm));
    let [wq, wk, wv, wo] = [wq, wk, wv, wo].map(|w| Weight::new(w, settings.precision));
    let [batch, time, _] = x.shape().dims();

    let (n, r) = normalise(floats(&x), floats(&norm), settings.eps as f32);
    let qkv = [&wq, &wk, &wv].map(|w| tensor(w.times(&n), [batch, time, w.outer()]));
    let (a, attention_back) = attention::forward(qkv, angles, settings.pairs, settings.attention, settings.precision);
    let y = residual(&x, |y| wo.times_added(y, floats(&a)));

    let shape = x.shape();
    let backward = move |dy: FlexTensor, wanted: [bool; 6]| {
        let dy = dense(dy);
        let d_wo = wanted[5].then(|| wo.gradient(floats(&a), floats(&dy)));
        let da = tensor(wo.back(floats(&dy)), a.shape());
        let qkv = attention_back(da, [true; 3]).map(|d| d.expect("it was asked for"));
        let [dq, dk, dv] = qkv.each_ref().map(floats);
        let mut dn = wq.back(dq);
        wk.back_added(&mut dn, dk);
        wv.back_added(&mut dn, dv);
        let (dx, d_norm) = rms_norm::gradients(floats(&x), floats(&norm), &r, &dn, Some(floats(&dy)));
        [
            wanted[0].then(|| tensor(dx, x.shape())),
            wanted[1].then(|| tensor(d_norm, norm.shape())),
            wanted[2].then(|| wq.gradient(&n, dq)),
            wanted[3].then(|| wk.gradient(&n, dk)),
            wanted[4].then(|| wv.gradient(&n, dv)),
            d_wo,
        ]
    };
    (tensor(y, shape), backward)
}

/// The output of the second half, and the function to the gradients of its inputs.
pub fn feed_forward(
    [x, norm, w1, w2, w3]: [FlexTensor; 5],
    settings: FeedForward,
) -> (FlexTensor, impl Fn(FlexTensor, [bool; 5]) -> [Option<FlexTensor>; 5] + Send + Sync + 'static) {
    let (x, norm) = (dense(x), dense(norm));
    let [w1, w2, w3] = [w1, w2, w3].map(|w| Weight::new(w, settings.precision));

    let (n, r) = normalise(floats(&x), floats(&norm), settings.eps as f32);
    let (gate, up) = (w1.times(&n), w3.times(&n)); // [rows, hidden]
    let h = gated(&gate, &up);
    let y = residual(&x, |y| w2.times_added(y, &h));

    let shape = x.shape();
    let backward = move |dy: FlexTensor, wanted: [bool; 5]| {
        let dy = dense(dy);
        let d_w2 = wanted[3].then(|| w2.gradient(&h, floats(&dy)));
        let (d_gate, d_up) = silu_mul::gradients(&gate, &up, &w2.back(floats(&dy)));
        let mut dn = w1.back(&d_gate);
        w3.back_added(&mut dn, &d_up);
        let (dx, d_norm) = rms_norm::gradients(floats(&x), floats(&norm), &r, &dn, Some(floats(&dy)));
        [
            wanted[0].then(|| tensor(dx, x.shape())),
            wanted[1].then(|| tensor(d_norm, norm.shape())),
            wanted[2].then(|| w1.gradient(&n, &d_gate)),
            d_w2,
            wanted[4].then(|| w3.gradient(&n, &d_up)),
        ]
    };
    (tensor(y, shape), backward)
}

/// `x` plus what `add` adds.
fn residual(x: &FlexTensor, add: impl FnOnce(&mut [f32])) -> Buffer {
    let x = floats(x);
    let mut y = Buffer::unfilled(x.len());
    y.copy_from_slice(x);
    add(&mut y);
    y
}
