//! The operations that networks are made of, on checked shapes; the heavy ones are fused on the CPU.

use super::device::Device;
use super::fused;
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
    let (xs, ws) = (x.shape(), w.shape());
    if ws.len() != 2 || xs.last() != Some(&ws[0]) {
        return Err(Error::shape("linear", format!("input {xs:?} does not fit the weight {ws:?} ([in, out])")));
    }
    let ([x, w], dtype, recorded) = together("linear", [x, w])?;
    let raw = fused::linear(x.in_backend(recorded), w.in_backend(recorded));
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

/// The angles of rotary positions (Su et al. 2021, arXiv:2104.09864), half-split: pair (i, i + head_dim/2) turns by
/// position · theta^(−2i/head_dim).
#[derive(Clone, Debug)]
pub struct Rope {
    cos: Tensor, // [time, head_dim/2]
    sin: Tensor, // [time, head_dim/2]
}

impl Rope {
    /// Angles for the positions 0 to `time` − 1.
    pub fn new(time: usize, head_dim: usize, theta: f64, device: Device) -> Result<Self> {
        let half = head_dim / 2;
        let angle = |t: usize, i: usize| t as f64 * theta.powf(-2.0 * i as f64 / head_dim as f64);
        let table = |f: fn(f64) -> f64| {
            let values = (0..time * half).map(|n| f(angle(n / half, n % half)) as f32).collect();
            Tensor::from_vec(values, &[time, half], device)
        };
        Ok(Self { cos: table(f64::cos)?, sin: table(f64::sin)? })
    }

    /// The angles of the first `time` positions.
    fn first(&self, time: usize) -> Result<[Tensor; 2]> {
        use super::tensor::Range::Span;
        Ok([self.cos.slice(&[Span(0, time)])?, self.sin.slice(&[Span(0, time)])?])
    }
}

/// Causal attention with rotary positions and grouped queries (Ainslie et al. 2023, arXiv:2305.13245):
/// q `[batch, time, heads·head_dim]`, k and v `[batch, time, kv_heads·head_dim]` → `[batch, time, heads·head_dim]`.
pub fn attention(q: &Tensor, k: &Tensor, v: &Tensor, rope: &Rope, heads: usize, kv_heads: usize) -> Result<Tensor> {
    let (qs, ks, vs) = (q.shape(), k.shape(), v.shape());
    let fits = |qs: &[usize], ks: &[usize]| {
        heads > 0
            && kv_heads > 0
            && heads.is_multiple_of(kv_heads)
            && qs.len() == 3
            && ks.len() == 3
            && qs[..2] == ks[..2]
            && qs[2].is_multiple_of(2 * heads)
            && ks[2] * heads == qs[2] * kv_heads
    };
    if !fits(&qs, &ks) || ks != vs {
        let why = format!("q {qs:?}, k {ks:?} and v {vs:?} do not fit {heads} heads and {kv_heads} key-value heads");
        return Err(Error::shape("attention", why));
    }
    if rope.cos.shape()[0] < qs[1] {
        let why = format!("{} positions are more than the context of {}", qs[1], rope.cos.shape()[0]);
        return Err(Error::shape("attention", why));
    }
    let [cos, sin] = rope.first(qs[1])?;
    let ([q, k, v, cos, sin], dtype, recorded) = together("attention", [q, k, v, &cos, &sin])?;
    let [q, k, v, cos, sin] = [q, k, v, cos, sin].map(|t| t.in_backend(recorded));
    Ok(Tensor { raw: fused::attention(q, k, v, cos, sin, heads, kv_heads), dtype, recorded })
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
