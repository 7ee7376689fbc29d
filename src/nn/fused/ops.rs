//! Which version of each operation runs on which backend.
//!
//! burn's `backend_extension` routes a call to the backend that holds the tensors. The default bodies are the composed
//! versions, which burn differentiates by itself; `Flex` and `Autodiff<Flex>` take the kernels. These know f32 only: the
//! functions below give them nothing else.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Autodiff, Backend, Dispatch, Flex, backend_extension};
use burn_autodiff::checkpoint::strategy::CheckpointStrategy;

use super::attention::{AttentionOptions, Pairs};
use super::blocks::{FeedForward, SelfAttention};
use super::buffer::all_f32;
use super::matmul::Precision;
use super::record::record;

/// The fused operations, as each of burn's backends offers them. Call the functions of this module instead.
#[backend_extension(Flex, NdArray: cfg(feature = "ndarray-backend"), Cube: cfg(feature = "wgpu"), Autodiff)]
pub trait FusedOps: Backend {
    /// See [`linear`].
    fn linear(x: FloatTensor<Self>, w: FloatTensor<Self>, _precision: Precision) -> FloatTensor<Self> {
        super::linear::composed::<Self>(x, w)
    }

    /// See [`rms_norm`].
    fn rms_norm(x: FloatTensor<Self>, w: FloatTensor<Self>, eps: f64) -> FloatTensor<Self> {
        super::rms_norm::composed::<Self>(x, w, eps)
    }

    /// See [`silu_mul`].
    fn silu_mul(gate: FloatTensor<Self>, up: FloatTensor<Self>) -> FloatTensor<Self> {
        super::silu_mul::composed::<Self>(gate, up)
    }

    /// See [`attention`].
    fn attention(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
        cos: FloatTensor<Self>,
        sin: FloatTensor<Self>,
        pairs: Pairs,
        options: AttentionOptions,
    ) -> FloatTensor<Self> {
        super::attention::composed::<Self>(q, k, v, cos, sin, pairs, options)
    }

    /// See [`cross_entropy`].
    fn cross_entropy(logits: FloatTensor<Self>, targets: IntTensor<Self>) -> FloatTensor<Self> {
        super::cross_entropy::composed::<Self>(logits, targets)
    }

    /// See [`self_attention`].
    #[allow(clippy::too_many_arguments)] // the macro takes tensors only one by one
    fn self_attention(
        x: FloatTensor<Self>,
        norm: FloatTensor<Self>,
        wq: FloatTensor<Self>,
        wk: FloatTensor<Self>,
        wv: FloatTensor<Self>,
        wo: FloatTensor<Self>,
        cos: FloatTensor<Self>,
        sin: FloatTensor<Self>,
        settings: SelfAttention,
    ) -> FloatTensor<Self> {
        super::blocks::composed_self_attention::<Self>([x, norm, wq, wk, wv, wo], [cos, sin], settings)
    }

    /// See [`feed_forward`].
    fn feed_forward(
        x: FloatTensor<Self>,
        norm: FloatTensor<Self>,
        w1: FloatTensor<Self>,
        w2: FloatTensor<Self>,
        w3: FloatTensor<Self>,
        settings: FeedForward,
    ) -> FloatTensor<Self> {
        super::blocks::composed_feed_forward::<Self>([x, norm, w1, w2, w3], settings)
    }
}

#[cfg(feature = "ndarray-backend")]
impl FusedOps for burn::backend::NdArray {}
#[cfg(feature = "ndarray-backend")]
impl<C: CheckpointStrategy> FusedOps for Autodiff<burn::backend::NdArray, C> {}

#[cfg(feature = "wgpu")]
impl FusedOps for burn::backend::Cube {}
#[cfg(feature = "wgpu")]
impl<C: CheckpointStrategy> FusedOps for Autodiff<burn::backend::Cube, C> {}

impl FusedOps for Flex {
    fn linear(x: FloatTensor<Self>, w: FloatTensor<Self>, precision: Precision) -> FloatTensor<Self> {
        super::linear::forward(x, w, precision).0
    }

    fn rms_norm(x: FloatTensor<Self>, w: FloatTensor<Self>, eps: f64) -> FloatTensor<Self> {
        super::rms_norm::forward(x, w, eps).0
    }

    fn silu_mul(gate: FloatTensor<Self>, up: FloatTensor<Self>) -> FloatTensor<Self> {
        super::silu_mul::forward(gate, up).0
    }

    fn attention(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
        cos: FloatTensor<Self>,
        sin: FloatTensor<Self>,
        pairs: Pairs,
        options: AttentionOptions,
    ) -> FloatTensor<Self> {
        super::attention::forward([q, k, v], [cos, sin], pairs, options, Precision::F32).0
    }

    fn cross_entropy(logits: FloatTensor<Self>, targets: IntTensor<Self>) -> FloatTensor<Self> {
        super::cross_entropy::forward(logits, targets).0
    }

    fn self_attention(
        x: FloatTensor<Self>,
        norm: FloatTensor<Self>,
        wq: FloatTensor<Self>,
        wk: FloatTensor<Self>,
        wv: FloatTensor<Self>,
        wo: FloatTensor<Self>,
        cos: FloatTensor<Self>,
        sin: FloatTensor<Self>,
        settings: SelfAttention,
    ) -> FloatTensor<Self> {
        super::blocks::self_attention([x, norm, wq, wk, wv, wo], [cos, sin], settings).0
    }

    fn feed_forward(
        x: FloatTensor<Self>,
        norm: FloatTensor<Self>,
        w1: FloatTensor<Self>,
        w2: FloatTensor<Self>,
        w3: FloatTensor<Self>,
        settings: FeedForward,
    ) -> FloatTensor<Self> {
        super::blocks::feed_forward([x, norm, w1, w2, w3], settings).0
    }
}

impl<C: CheckpointStrategy> FusedOps for Autodiff<Flex, C> {
    fn linear(x: FloatTensor<Self>, w: FloatTensor<Self>, precision: Precision) -> FloatTensor<Self> {
        record::<C, 2, _>([x, w], |[x, w]| super::linear::forward(x, w, precision))
    }

    fn rms_norm(x: FloatTensor<Self>, w: FloatTensor<Self>, eps: f64) -> FloatTensor<Self> {
        record::<C, 2, _>([x, w], |[x, w]| super::rms_norm::forward(x, w, eps))
    }

    fn silu_mul(gate: FloatTensor<Self>, up: FloatTensor<Self>) -> FloatTensor<Self> {
        record::<C, 2, _>([gate, up], |[gate, up]| super::silu_mul::forward(gate, up))
    }

    fn attention(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        v: FloatTensor<Self>,
        cos: FloatTensor<Self>,
        sin: FloatTensor<Self>,
        pairs: Pairs,
        options: AttentionOptions,
    ) -> FloatTensor<Self> {
        let angles = [cos.into_primitive(), sin.into_primitive()];
        let forward = |qkv| super::attention::forward(qkv, angles, pairs, options, Precision::F32);
        record::<C, 3, _>([q, k, v], forward)
    }

    fn cross_entropy(logits: FloatTensor<Self>, targets: IntTensor<Self>) -> FloatTensor<Self> {
        record::<C, 1, _>([logits], |[logits]| super::cross_entropy::forward(logits, targets))
    }

    fn self_attention(
        x: FloatTensor<Self>,
        norm: FloatTensor<Self>,
        wq: FloatTensor<Self>,
        wk: FloatTensor<Self>,
        wv: FloatTensor<Self>,
        wo: FloatTensor<Self>,
        cos: FloatTensor<Self>,
        sin: FloatTensor<Self>,
        settings: SelfAttention,
    ) -> FloatTensor<Self> {
        let angles = [cos.into_primitive(), sin.into_primitive()];
        record::<C, 6, _>([x, norm, wq, wk, wv, wo], |inputs| super::blocks::self_attention(inputs, angles, settings))
    }

    fn feed_forward(
        x: FloatTensor<Self>,
        norm: FloatTensor<Self>,
        w1: FloatTensor<Self>,
        w2: FloatTensor<Self>,
        w3: FloatTensor<Self>,
        settings: FeedForward,
    ) -> FloatTensor<Self> {
        record::<C, 5, _>([x, norm, w1, w2, w3], |inputs| super::blocks::feed_forward(inputs, settings))
    }
}

/// `x · w`: `[.., in]` by `[in, out]` gives `[.., out]`. No bias. A transposed view of `w` is not copied.
///
/// `precision` is that of the factors in f32's kernels, backward too; other types and backends have their own.
pub fn linear(x: FloatTensor<Dispatch>, w: FloatTensor<Dispatch>, precision: Precision) -> FloatTensor<Dispatch> {
    if !all_f32(&[&x, &w]) {
        return super::linear::composed::<Dispatch>(x, w);
    }
    <Dispatch as FusedOps>::linear(x, w, precision)
}

/// Each row of `x` divided by its root mean square, times `w`: `[.., dim]` and `[dim]` give `[.., dim]`.
///
/// `eps` is added to the mean square before its root. Zhang & Sennrich (2019), arXiv:1910.07467.
pub fn rms_norm(x: FloatTensor<Dispatch>, w: FloatTensor<Dispatch>, eps: f64) -> FloatTensor<Dispatch> {
    if !all_f32(&[&x, &w]) {
        return super::rms_norm::composed::<Dispatch>(x, w, eps);
    }
    <Dispatch as FusedOps>::rms_norm(x, w, eps)
}

/// `silu(gate) · up`, element by element, with `silu(a) = a / (1 + exp(-a))`; both of one shape.
///
/// The gate of SwiGLU: Shazeer (2020), arXiv:2002.05202.
pub fn silu_mul(gate: FloatTensor<Dispatch>, up: FloatTensor<Dispatch>) -> FloatTensor<Dispatch> {
    if !all_f32(&[&gate, &up]) {
        return super::silu_mul::composed::<Dispatch>(gate, up);
    }
    <Dispatch as FusedOps>::silu_mul(gate, up)
}

/// Attention with rotary positions: each position attends to its document, or to that up to itself.
///
/// # Shapes
/// - `q`: `[batch, time, heads * head_dim]`, `head_dim` even
/// - `k`, `v`: `[batch, time, kv_heads * head_dim]`; query head `h` reads key-value head `h / (heads / kv_heads)`
///   (Ainslie et al. 2023, arXiv:2305.13245)
/// - `cos`, `sin`: `[time, head_dim / 2]`, of position times frequency. `q` and `k` are turned by them here (Su et al.
///   2021, arXiv:2104.09864), in the given pairs. They are constants: no gradient. Without pairs they are not read.
/// - `options.starts`: `[batch, time]`, each the index itself or the start before it
/// - result: `[batch, time, heads * head_dim]`
pub fn attention(
    q: FloatTensor<Dispatch>,
    k: FloatTensor<Dispatch>,
    v: FloatTensor<Dispatch>,
    cos: FloatTensor<Dispatch>,
    sin: FloatTensor<Dispatch>,
    pairs: Pairs,
    options: AttentionOptions,
) -> FloatTensor<Dispatch> {
    if !all_f32(&[&q, &k, &v, &cos, &sin]) {
        return super::attention::composed::<Dispatch>(q, k, v, cos, sin, pairs, options);
    }
    <Dispatch as FusedOps>::attention(q, k, v, cos, sin, pairs, options)
}

/// The mean of `-log softmax(logits)[target]` over the rows whose target is not negative.
///
/// # Shapes
/// - `logits`: `[n, vocab]`
/// - `targets`: `[n]`, each below `vocab`; a negative one (-100 by custom) leaves its row out: no loss, no gradient
/// - result: `[1]`; 0 if every row is left out
pub fn cross_entropy(logits: FloatTensor<Dispatch>, targets: IntTensor<Dispatch>) -> FloatTensor<Dispatch> {
    if !all_f32(&[&logits]) {
        return super::cross_entropy::composed::<Dispatch>(logits, targets);
    }
    <Dispatch as FusedOps>::cross_entropy(logits, targets)
}

/// Half of a transformer's block: `x + attention(n · wq, n · wk, n · wv) · wo` with `n = rms_norm(x)`.
///
/// # Shapes
/// - `x`: `[batch, time, dim]`; `norm`: `[dim]`
/// - `wq`: `[dim, heads * head_dim]`, `wk`, `wv`: `[dim, kv_heads * head_dim]`, `wo`: `[heads * head_dim, dim]`
/// - `cos`, `sin`: as in [`attention`]
/// - result: `[batch, time, dim]`
#[allow(clippy::too_many_arguments)] // the macro takes tensors only one by one
pub fn self_attention(
    x: FloatTensor<Dispatch>,
    norm: FloatTensor<Dispatch>,
    wq: FloatTensor<Dispatch>,
    wk: FloatTensor<Dispatch>,
    wv: FloatTensor<Dispatch>,
    wo: FloatTensor<Dispatch>,
    cos: FloatTensor<Dispatch>,
    sin: FloatTensor<Dispatch>,
    settings: SelfAttention,
) -> FloatTensor<Dispatch> {
    if !all_f32(&[&x, &norm, &wq, &wk, &wv, &wo, &cos, &sin]) {
        return super::blocks::composed_self_attention::<Dispatch>([x, norm, wq, wk, wv, wo], [cos, sin], settings);
    }
    <Dispatch as FusedOps>::self_attention(x, norm, wq, wk, wv, wo, cos, sin, settings)
}

/// The other half: `x + (silu(n · w1) · (n · w3)) · w2` with `n = rms_norm(x)`.
///
/// # Shapes
/// - `x`: `[.., dim]`; `norm`: `[dim]`
/// - `w1`, `w3`: `[dim, hidden]`, `w2`: `[hidden, dim]`
/// - result: `[.., dim]`
pub fn feed_forward(
    x: FloatTensor<Dispatch>,
    norm: FloatTensor<Dispatch>,
    w1: FloatTensor<Dispatch>,
    w2: FloatTensor<Dispatch>,
    w3: FloatTensor<Dispatch>,
    settings: FeedForward,
) -> FloatTensor<Dispatch> {
    if !all_f32(&[&x, &norm, &w1, &w2, &w3]) {
        return super::blocks::composed_feed_forward::<Dispatch>([x, norm, w1, w2, w3], settings);
    }
    <Dispatch as FusedOps>::feed_forward(x, norm, w1, w2, w3, settings)
}
