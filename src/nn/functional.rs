//! The operations that networks are made of, on checked shapes; the heavy ones are fused on the CPU.

use super::device::Device;
use super::fused::{self, AttentionOptions, FeedForward, Pairs, Precision, SelfAttention};
use super::tensor::{Dtype, Tensor, grad_enabled};
use crate::{Error, Result};

/// `inputs` in one dtype and backend, and whether they are recorded.
fn together<const N: usize>(what: &str, inputs: [&Tensor; N]) -> Result<([Tensor; N], Dtype, bool)> {
    let device = inputs[0].device();
    let mut dtype = Dtype::F32;
    for t in inputs {
        if t.device() != device {
            return Err(Error::shape(what, format!("one tensor is on {device}, another on {}", t.device())));
        }
        dtype = dtype.max(t.dtype);
    }
    let recorded = grad_enabled() && inputs.iter().any(|t| t.recorded);
    let mut cast = inputs.map(Tensor::clone);
    for t in &mut cast {
        *t = t.cast(dtype)?;
    }
    Ok((cast, dtype, recorded))
}

/// `x · w`: x `[.., in]`, w `[in, out]` → `[.., out]`.
pub fn linear(x: &Tensor, w: &Tensor) -> Result<Tensor> {
    linear_in(x, w, Precision::F32)
}

/// [`linear`], backward too, with factors in `precision` on the CPU.
///
/// # Errors
/// If the shapes do not fit.
pub fn linear_in(x: &Tensor, w: &Tensor, precision: Precision) -> Result<Tensor> {
    let (xs, ws) = (x.shape(), w.shape());
    if ws.len() != 2 || xs.last() != Some(&ws[0]) {
        return Err(Error::shape("linear", format!("input {xs:?} does not fit the weight {ws:?} ([in, out])")));
    }
    let ([x, w], dtype, recorded) = together("linear", [x, w])?;
    let raw = fused::linear(x.in_backend(recorded), w.in_backend(recorded), precision);
    Ok(Tensor { raw, dtype, recorded })
}

/// Rows scaled to unit root mean square, times `w` (Zhang & Sennrich 2019, arXiv:1910.07467): x `[.., dim]`, w `[dim]`.
pub fn rms_norm(x: &Tensor, w: &Tensor, eps: f64) -> Result<Tensor> {
    let (xs, ws) = (x.shape(), w.shape());
    if ws.len() != 1 || xs.last() != Some(&ws[0]) {
        return Err(Error::shape("rms_norm", format!("input {xs:?} does not fit the weight {ws:?}")));
    }
    let ([x, w], dtype, recorded) = together("rms_norm", [x, w])?;
    let raw = fused::rms_norm(x.in_backend(recorded), w.in_backend(recorded), eps);
    Ok(Tensor { raw, dtype, recorded })
}

/// `silu(gate) · up`, the gated activation of SwiGLU (Shazeer 2020, arXiv:2002.05202); both of one shape.
pub fn silu_mul(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    if gate.shape() != up.shape() {
        return Err(Error::shape("silu_mul", format!("shapes differ: {:?} and {:?}", gate.shape(), up.shape())));
    }
    let ([gate, up], dtype, recorded) = together("silu_mul", [gate, up])?;
    let raw = fused::silu_mul(gate.in_backend(recorded), up.in_backend(recorded));
    Ok(Tensor { raw, dtype, recorded })
}

/// The angles of rotary positions (Su et al. 2021, arXiv:2104.09864): at position `t`, pair `i` of a head turns by
/// `t` times the pair's frequency.
#[derive(Clone, Debug)]
pub struct Rope {
    cos: Tensor, // [time, head_dim/2]
    sin: Tensor, // [time, head_dim/2]
    pairs: Pairs,
}

impl Rope {
    /// Angles for the positions 0 to `time` − 1; `frequencies` `[head_dim/2]` in radians per position. A pair is `i` and
    /// `i + head_dim/2`, or the neighbours `2i` and `2i + 1`.
    ///
    /// # Errors
    /// If there are no positions or no frequencies.
    pub fn new(time: usize, frequencies: &[f64], neighbours: bool, device: Device) -> Result<Self> {
        let half = frequencies.len();
        let table = |f: fn(f64) -> f64| {
            let value = |n: usize| f((n / half) as f64 * frequencies[n % half]) as f32;
            Tensor::from_vec((0..time * half).map(value).collect(), &[time, half], device)
        };
        let pairs = if neighbours { Pairs::Neighbours } else { Pairs::Halves };
        Ok(Self { cos: table(f64::cos)?, sin: table(f64::sin)?, pairs })
    }

    /// No turning at all, for models that learn positions otherwise.
    ///
    /// # Errors
    /// None that a sound device can cause.
    pub fn none(device: Device) -> Result<Self> {
        let unused = Tensor::full(&[1, 1], 0.0, Dtype::F32, device)?;
        Ok(Self { cos: unused.clone(), sin: unused, pairs: Pairs::None })
    }

    /// The angles of the first `time` positions.
    fn first(&self, time: usize) -> Result<[Tensor; 2]> {
        use super::tensor::Range::Span;
        if self.pairs == Pairs::None {
            return Ok([self.cos.clone(), self.sin.clone()]);
        }
        let has = self.cos.shape()[0];
        if has < time {
            return Err(Error::shape("attention", format!("{time} positions are more than the context of {has}")));
        }
        Ok([self.cos.slice(&[Span(0, time)])?, self.sin.slice(&[Span(0, time)])?])
    }
}

/// Attention with rotary positions and grouped queries (Ainslie et al. 2023, arXiv:2305.13245):
/// q `[batch, time, heads·head_dim]`, k and v `[batch, time, kv_heads·head_dim]` → `[batch, time, heads·head_dim]`.
///
/// # Errors
/// If shapes do not fit, there are more positions than angles, or `starts` are not the beginnings of documents.
pub fn attention(q: &Tensor, k: &Tensor, v: &Tensor, rope: &Rope, options: &AttentionOptions) -> Result<Tensor> {
    let [cos, sin] = check_attention([&q.shape(), &k.shape(), &v.shape()], rope, options)?;
    let ([q, k, v, cos, sin], dtype, recorded) = together("attention", [q, k, v, &cos, &sin])?;
    let [q, k, v, cos, sin] = [q, k, v, cos, sin].map(|t| t.in_backend(recorded));
    Ok(Tensor { raw: fused::attention(q, k, v, cos, sin, rope.pairs, options.clone()), dtype, recorded })
}

/// Checks q, k and v's shapes against each other, the angles and the options; gives the angles.
fn check_attention([qs, ks, vs]: [&[usize]; 3], rope: &Rope, options: &AttentionOptions) -> Result<[Tensor; 2]> {
    let &AttentionOptions { heads, kv_heads, ref starts, .. } = options;
    let fits = heads > 0
        && kv_heads > 0
        && heads.is_multiple_of(kv_heads)
        && qs.len() == 3
        && ks.len() == 3
        && qs[..2] == ks[..2]
        && qs[2].is_multiple_of(2 * heads)
        && ks[2] * heads == qs[2] * kv_heads;
    if !fits || ks != vs {
        let why = format!("q {qs:?}, k {ks:?} and v {vs:?} do not fit {heads} heads and {kv_heads} key-value heads");
        return Err(Error::shape("attention", why));
    }
    if let Some(starts) = starts {
        check_starts(starts, qs[0], qs[1])?;
    }
    let [cos, sin] = rope.first(qs[1])?;
    let half = qs[2] / heads / 2;
    if rope.pairs != Pairs::None && cos.shape()[1] != half {
        let why = format!("the angles are of heads of {}, these have {}", 2 * cos.shape()[1], 2 * half);
        return Err(Error::shape("attention", why));
    }
    Ok([cos, sin])
}

/// Half of a transformer's block: `x + attention(n · wq, n · wk, n · wv) · wo` with `n` the [`rms_norm`] of `x`
/// `[batch, time, dim]` → the same. Weights: norm, wq, wk, wv, wo, `[in, out]`.
///
/// # Errors
/// As [`rms_norm`], [`linear`] and [`attention`].
pub fn self_attention(
    x: &Tensor,
    weights: [&Tensor; 5],
    eps: f64,
    rope: &Rope,
    options: &AttentionOptions,
    precision: Precision,
) -> Result<Tensor> {
    let xs = x.shape();
    let [norm, wq, wk, wv, wo] = weights.map(Tensor::shape);
    let dim = xs.last().copied().unwrap_or_default();
    let inputs = [&wq, &wk, &wv].iter().all(|w| w.len() == 2 && w[0] == dim);
    if xs.len() != 3 || norm != [dim] || !inputs || wo != [wq[1], dim] {
        let why = format!("input {xs:?} does not fit the weights {norm:?}, {wq:?}, {wk:?}, {wv:?} and {wo:?}");
        return Err(Error::shape("self_attention", why));
    }
    let of = |w: &[usize]| [xs[0], xs[1], w[1]];
    let [cos, sin] = check_attention([&of(&wq), &of(&wk), &of(&wv)], rope, options)?;
    let [norm, wq, wk, wv, wo] = weights;
    let (all, dtype, recorded) = together("self_attention", [x, norm, wq, wk, wv, wo, &cos, &sin])?;
    let [x, norm, wq, wk, wv, wo, cos, sin] = all.map(|t| t.in_backend(recorded));
    let settings = SelfAttention { eps, pairs: rope.pairs, attention: options.clone(), precision };
    Ok(Tensor { raw: fused::self_attention(x, norm, wq, wk, wv, wo, cos, sin, settings), dtype, recorded })
}

/// The other half: `x + (silu(n · w1) · (n · w3)) · w2` with `n` the [`rms_norm`] of `x` `[.., dim]` → the same.
/// Weights: norm, w1, w2, w3, `[in, out]`.
///
/// # Errors
/// As [`rms_norm`] and [`linear`].
pub fn feed_forward(x: &Tensor, weights: [&Tensor; 4], eps: f64, precision: Precision) -> Result<Tensor> {
    let xs = x.shape();
    let [norm, w1, w2, w3] = weights.map(Tensor::shape);
    let dim = xs.last().copied().unwrap_or_default();
    if norm != [dim] || w1.len() != 2 || w1[0] != dim || w3 != w1 || w2 != [w1[1], dim] {
        let why = format!("input {xs:?} does not fit the weights {norm:?}, {w1:?}, {w2:?} and {w3:?}");
        return Err(Error::shape("feed_forward", why));
    }
    let [norm, w1, w2, w3] = weights;
    let (all, dtype, recorded) = together("feed_forward", [x, norm, w1, w2, w3])?;
    let [x, norm, w1, w2, w3] = all.map(|t| t.in_backend(recorded));
    Ok(Tensor { raw: fused::feed_forward(x, norm, w1, w2, w3, FeedForward { eps, precision }), dtype, recorded })
}

/// Checks that each position's start is its own index or the start of the position before it: `[batch, time]`.
///
/// # Errors
/// If one is not, or there is another number of them.
pub fn check_starts(starts: &[i32], batch: usize, time: usize) -> Result<()> {
    if starts.len() != batch * time {
        let why = format!("{} starts for {batch} rows of {time} positions", starts.len());
        return Err(Error::shape("attention", why));
    }
    for row in starts.chunks_exact(time) {
        let sound = |i: usize| row[i] == i as i32 || (i > 0 && row[i] == row[i - 1]);
        if let Some(i) = (0..time).find(|i| !sound(*i)) {
            let rule = format!("{i} (a document begins) or the start before it");
            return Err(Error::setting("attention", format!("starts[{i}]"), rule, row[i]));
        }
    }
    Ok(())
}

/// Mean cross-entropy of `logits` `[n, classes]` against 0-based class numbers `[n]` (i32); negative ones are left out.
pub fn cross_entropy(logits: &Tensor, targets: &Tensor) -> Result<Tensor> {
    let (ls, ts) = (logits.shape(), targets.shape());
    if ls.len() != 2 || ts != ls[..1] {
        return Err(Error::shape("cross_entropy", format!("logits {ls:?} do not fit targets {ts:?}")));
    }
    if targets.dtype() != Dtype::I32 {
        return Err(Error::shape("cross_entropy", format!("targets are class numbers (i32), got {}", targets.dtype())));
    }
    let ([logits], dtype, recorded) = together("cross_entropy", [logits])?;
    let raw = fused::cross_entropy(logits.in_backend(recorded), targets.in_backend(recorded));
    Ok(Tensor { raw, dtype, recorded })
}

/// Rows of `weight` `[n, dim]`, chosen by 0-based `ids` (i32, any shape): `[.., dim]`. The caller has checked the ids.
pub fn embedding(weight: &Tensor, ids: &Tensor) -> Result<Tensor> {
    let mut shape = ids.shape();
    let rows = weight.index_select_unchecked(0, &ids.reshape(&[ids.len()])?);
    shape.push(weight.shape()[1]);
    rows.reshape(&shape)
}
