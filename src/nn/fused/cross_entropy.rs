//! Cross-entropy from logits: the mean of `log Σ exp(l) - l[target]` over the rows that count.
//!
//! Only each row's `log Σ exp` is kept. Backward: `dl = (softmax(l) - onehot(target)) · dloss / count`.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::Shape;
use burn_flex::FlexTensor;

use super::buffer::{dense, floats, integers, last_dim, tensor};
use super::lanes::{exp, max, sum, vectorised};
use super::pieces::{for_pieces, rows_per_piece};
use super::pool::Buffer;

/// The definition, in burn's primitives.
pub fn composed<B: Backend>(logits: FloatTensor<B>, targets: IntTensor<B>) -> FloatTensor<B> {
    let n = targets.shape().num_elements();
    let dtype = logits.dtype();
    // 1 for a row that counts, 0 for one that does not.
    let counts = B::int_add_scalar(B::int_clamp(targets.clone(), (-1).into(), 0.into()), 1.into());
    let counts = B::int_into_float(counts, dtype.into());
    let ids = B::int_reshape(B::int_clamp_min(targets, 0.into()), Shape::from([n, 1]));

    let picked = B::float_gather(1, B::log_softmax(logits, 1), ids); // [n, 1]
    let picked = B::float_reshape(picked, Shape::from([n]));
    let total = B::float_neg(B::float_sum(B::float_mul(picked, counts.clone())));
    B::float_div(total, B::float_clamp_min(B::float_sum(counts), 1.into()))
}

/// The loss, and the function to the gradient of `logits`.
pub fn forward(
    logits: FlexTensor,
    targets: FlexTensor,
) -> (FlexTensor, impl Fn(FlexTensor, [bool; 1]) -> [Option<FlexTensor>; 1] + Send + Sync + 'static) {
    let logits = dense(logits);
    let vocab = last_dim(&logits);
    let targets = integers(targets);
    debug_assert_eq!(logits.shape().num_elements(), targets.len() * vocab, "cross_entropy: one target per row");
    if let Some(id) = targets.iter().find(|&&id| id >= vocab as i64) {
        panic!("cross_entropy: targets must be below the {vocab} classes, got {id}");
    }

    let (loss, log_sum) = mean_loss(floats(&logits), &targets, vocab);
    let backward = move |d_loss: FlexTensor, _| {
        let d_loss = floats(&dense(d_loss))[0];
        [Some(tensor(gradient(floats(&logits), &targets, &log_sum, vocab, d_loss), logits.shape()))]
    };
    let mut output = Buffer::unfilled(1);
    output[0] = loss;
    (tensor(output, [1]), backward)
}

/// The mean loss, and `log Σ exp` of each row that counts.
fn mean_loss(logits: &[f32], targets: &[i64], vocab: usize) -> (f32, Vec<f32>) {
    let per_piece = rows_per_piece(vocab);
    let mut log_sum = vec![0.0; targets.len()];
    let mut losses = vec![0.0; targets.len()];
    for_pieces([(&mut log_sum, per_piece), (&mut losses, per_piece)], |piece, [log_sum, losses]| {
        let first = piece * per_piece;
        vectorised(|| {
            for (i, (log_sum, loss)) in log_sum.iter_mut().zip(losses).enumerate() {
                let Ok(target) = usize::try_from(targets[first + i]) else { continue };
                let row = &logits[(first + i) * vocab..][..vocab];
                let top = max(row);
                *log_sum = top + sum(row, |l| exp(l - top)).ln();
                *loss = *log_sum - row[target];
            }
        });
    });
    let total: f64 = losses.iter().map(|&loss| f64::from(loss)).sum();
    ((total / count(targets)) as f32, log_sum)
}

/// `dl`: zero in the rows that do not count.
fn gradient(logits: &[f32], targets: &[i64], log_sum: &[f32], vocab: usize, d_loss: f32) -> Buffer {
    let scale = (f64::from(d_loss) / count(targets)) as f32;
    let per_piece = rows_per_piece(vocab);
    let mut gradient = Buffer::unfilled(logits.len());
    for_pieces([(&mut gradient, per_piece * vocab)], |piece, [gradient]| {
        let first = piece * per_piece;
        vectorised(|| {
            for (i, gradient) in gradient.chunks_exact_mut(vocab).enumerate() {
                let Ok(target) = usize::try_from(targets[first + i]) else {
                    gradient.fill(0.0);
                    continue;
                };
                let row = &logits[(first + i) * vocab..][..vocab];
                let log_sum = log_sum[first + i];
                for (gradient, l) in gradient.iter_mut().zip(row) {
                    *gradient = exp(l - log_sum) * scale;
                }
                gradient[target] -= scale;
            }
        });
    });
    gradient
}

/// How many rows count, and at least one, so that the mean of none is 0.
fn count(targets: &[i64]) -> f64 {
    targets.iter().filter(|&&id| id >= 0).count().max(1) as f64
}
