//! Root-mean-square normalisation: `y = x · r · w` with `r = 1 / sqrt(mean(x²) + eps)` of each row.
//!
//! Zhang & Sennrich (2019), arXiv:1910.07467. Backward, for one row of `d` elements and with `g = dy · w`:
//! `dx = g r - x r³ Σ(x g) / d`, and `dw = Σ dy x r` over the rows.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::Shape;
use burn_flex::FlexTensor;

use super::buffer::{dense, floats, last_dim, tensor};
use super::lanes::{sum, vectorised};
use super::pieces::{for_pieces, rows_per_piece};
use super::pool::Buffer;

/// The definition, in burn's primitives.
pub fn composed<B: Backend>(x: FloatTensor<B>, w: FloatTensor<B>, eps: f64) -> FloatTensor<B> {
    let last = x.rank() - 1;
    let mut w_shape = vec![1; x.rank()]; // [1, .., dim]
    w_shape[last] = w.shape().num_elements();
    let mean_square = B::float_mean_dim(B::float_mul(x.clone(), x.clone()), last);
    let rms = B::float_sqrt(B::float_add_scalar(mean_square, eps.into()));
    B::float_mul(B::float_div(x, rms), B::float_reshape(w, Shape::from(w_shape)))
}

/// The output, and the function to the gradients of `x` and `w`.
pub fn forward(
    x: FlexTensor,
    w: FlexTensor,
    eps: f64,
) -> (FlexTensor, impl Fn(FlexTensor, [bool; 2]) -> [Option<FlexTensor>; 2] + Send + Sync + 'static) {
    let (x, w) = (dense(x), dense(w));
    debug_assert_eq!(last_dim(&x), floats(&w).len(), "rms_norm: w must have the last size of x");
    let (y, r) = normalise(floats(&x), floats(&w), eps as f32);
    let y = tensor(y, x.shape());
    let backward = move |dy: FlexTensor, [want_x, want_w]: [bool; 2]| {
        let (dx, dw) = gradients(floats(&x), floats(&w), &r, floats(&dense(dy)), None);
        [want_x.then(|| tensor(dx, x.shape())), want_w.then(|| tensor(dw, w.shape()))]
    };
    (y, backward)
}

/// `y`, and `r` of each row.
pub fn normalise(x: &[f32], w: &[f32], eps: f32) -> (Buffer, Vec<f32>) {
    let dim = w.len();
    let per_piece = rows_per_piece(dim);
    let mut y = Buffer::unfilled(x.len());
    let mut r = vec![0.0; x.len() / dim.max(1)];
    for_pieces([(&mut y, per_piece * dim), (&mut r, per_piece)], |piece, [y, r]| {
        let x = &x[piece * per_piece * dim..][..y.len()];
        vectorised(|| {
            for ((x, y), r) in x.chunks_exact(dim).zip(y.chunks_exact_mut(dim)).zip(r) {
                *r = 1.0 / (sum(x, |x| x * x) / dim as f32 + eps).sqrt();
                for ((y, x), w) in y.iter_mut().zip(x).zip(w) {
                    *y = x * *r * w;
                }
            }
        });
    });
    (y, r)
}

/// `dx`, plus `more` if there is more, and `dw`.
pub fn gradients(x: &[f32], w: &[f32], r: &[f32], dy: &[f32], more: Option<&[f32]>) -> (Buffer, Buffer) {
    let dim = w.len();
    let per_piece = rows_per_piece(dim);
    let mut dx = Buffer::unfilled(x.len());
    let mut dw_parts = vec![0.0; r.len().div_ceil(per_piece) * dim]; // [pieces, dim]
    for_pieces([(&mut dx, per_piece * dim), (&mut dw_parts, dim)], |piece, [dx, dw]| {
        let first = piece * per_piece;
        let x = &x[first * dim..][..dx.len()];
        let dy = &dy[first * dim..][..dx.len()];
        let more = more.map(|more| &more[first * dim..][..dx.len()]);
        vectorised(|| {
            let rows = x.chunks_exact(dim).zip(dy.chunks_exact(dim)).zip(dx.chunks_exact_mut(dim)).zip(&r[first..]);
            for (i, (((x, dy), dx), &r)) in rows.enumerate() {
                for (((dx, dw), (x, dy)), w) in dx.iter_mut().zip(dw.iter_mut()).zip(x.iter().zip(dy)).zip(w) {
                    *dw += dy * x * r;
                    *dx = dy * w; // g, for now
                }
                let c = super::lanes::dot(x, dx) * r * r * r / dim as f32;
                match more {
                    None => dx.iter_mut().zip(x).for_each(|(dx, x)| *dx = *dx * r - x * c),
                    Some(more) => {
                        for ((dx, x), more) in dx.iter_mut().zip(x).zip(&more[i * dim..]) {
                            *dx = *dx * r - x * c + more;
                        }
                    }
                }
            }
        });
    });

    let mut dw = Buffer::unfilled(dim);
    dw.fill(0.0);
    for part in dw_parts.chunks_exact(dim.max(1)) {
        for (dw, part) in dw.iter_mut().zip(part) {
            *dw += part;
        }
    }
    (dx, dw)
}
