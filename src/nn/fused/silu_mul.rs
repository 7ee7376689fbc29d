//! The gate of SwiGLU: `y = silu(a) · b` with `silu(a) = a σ(a)`.
//!
//! Shazeer (2020), arXiv:2002.05202. Backward: `da = dy b σ (1 + a (1 - σ))`, `db = dy a σ`.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn_flex::FlexTensor;

use super::buffer::{dense, floats, tensor};
use super::lanes::{sigmoid, vectorised};
use super::pieces::{ELEMENTS, for_pieces};
use super::pool::Buffer;

/// The definition, in burn's primitives.
pub fn composed<B: Backend>(gate: FloatTensor<B>, up: FloatTensor<B>) -> FloatTensor<B> {
    B::float_mul(B::float_mul(gate.clone(), B::sigmoid(gate)), up)
}

/// The output, and the function to the gradients of `gate` and `up`.
pub fn forward(
    gate: FlexTensor,
    up: FlexTensor,
) -> (FlexTensor, impl Fn(FlexTensor, [bool; 2]) -> [Option<FlexTensor>; 2] + Send + Sync + 'static) {
    let (gate, up) = (dense(gate), dense(up));
    debug_assert_eq!(gate.shape(), up.shape(), "silu_mul: gate and up must have one shape");
    let y = tensor(gated(floats(&gate), floats(&up)), gate.shape());
    let backward = move |dy: FlexTensor, [want_gate, want_up]: [bool; 2]| {
        let (d_gate, d_up) = gradients(floats(&gate), floats(&up), floats(&dense(dy)));
        [want_gate.then(|| tensor(d_gate, gate.shape())), want_up.then(|| tensor(d_up, up.shape()))]
    };
    (y, backward)
}

/// `y`.
pub fn gated(gate: &[f32], up: &[f32]) -> Buffer {
    let mut y = Buffer::unfilled(gate.len());
    for_pieces([(&mut y, ELEMENTS)], |piece, [y]| {
        let (a, b) = (&gate[piece * ELEMENTS..][..y.len()], &up[piece * ELEMENTS..][..y.len()]);
        vectorised(|| {
            for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
                *y = a * sigmoid(*a) * b;
            }
        });
    });
    y
}

/// `da` and `db`.
pub fn gradients(gate: &[f32], up: &[f32], dy: &[f32]) -> (Buffer, Buffer) {
    let (mut d_gate, mut d_up) = (Buffer::unfilled(gate.len()), Buffer::unfilled(gate.len()));
    for_pieces([(&mut d_gate, ELEMENTS), (&mut d_up, ELEMENTS)], |piece, [da, db]| {
        let at = piece * ELEMENTS;
        let (a, b, dy) = (&gate[at..][..da.len()], &up[at..][..da.len()], &dy[at..][..da.len()]);
        vectorised(|| {
            for (((da, db), (a, b)), dy) in da.iter_mut().zip(db).zip(a.iter().zip(b)).zip(dy) {
                let s = sigmoid(*a);
                *da = dy * b * s * (1.0 + a * (1.0 - s));
                *db = dy * a * s;
            }
        });
    });
    (d_gate, d_up)
}
