//! Gradient clipping: a bound on the length of the whole gradient.
//!
//! Pascanu, Mikolov & Bengio (2013), arXiv:1211.5063, Algorithm 1, over all parameters together. As in PyTorch the
//! factor is `max_norm / (norm + 1e-6)`.

use super::Real;
use crate::Result;
use crate::error::ensure_setting;
use rayon::prelude::*;

/// Values summed in one go. The split is fixed, so that the sum does not depend on the number of threads.
const CHUNK: usize = 1 << 14;

/// Scales all gradients by one factor if their joint Euclidean length exceeds `max_norm`; returns the length before.
///
/// An infinite `max_norm` only measures. When the length is not finite it is returned as it is and the gradients stay
/// as they are: the caller decides.
///
/// ```
/// let (mut a, mut b) = ([3.0], [4.0]);
/// let norm = mynah::optim::clip_grad_norm(&mut [&mut a[..], &mut b[..]], 1.0)?;
/// assert_eq!(norm, 5.0);
/// assert!((a[0] - 0.6_f64).abs() < 1e-6 && (b[0] - 0.8_f64).abs() < 1e-6);
/// # Ok::<(), mynah::Error>(())
/// ```
///
/// # Errors
/// When `max_norm` is not positive.
pub fn clip_grad_norm<T: Real>(grads: &mut [&mut [T]], max_norm: f64) -> Result<f64> {
    ensure_setting(max_norm > 0.0, "clip_grad_norm", "max_norm", "positive", max_norm)?;
    let norm = grads.iter().map(|grad| sum_of_squares(grad)).sum::<f64>().sqrt();
    let factor = max_norm / (norm + 1e-6);
    if norm.is_finite() && factor < 1.0 {
        let factor = T::of(factor);
        let scale = |chunk: &mut [T]| chunk.iter_mut().for_each(|g| *g = *g * factor);
        for grad in grads {
            if grad.len() <= CHUNK { scale(grad) } else { grad.par_chunks_mut(CHUNK).for_each(scale) }
        }
    }
    Ok(norm)
}

fn sum_of_squares<T: Real>(grad: &[T]) -> f64 {
    if grad.len() <= CHUNK {
        return chunk_sum(grad);
    }
    grad.par_chunks(CHUNK).map(chunk_sum).collect::<Vec<f64>>().iter().sum()
}

/// Eight sums side by side, so that the compiler can keep them in one vector.
fn chunk_sum<T: Real>(chunk: &[T]) -> f64 {
    let mut lanes = [0.0; 8];
    let (eights, rest) = chunk.as_chunks::<8>();
    for eight in eights {
        for (lane, g) in lanes.iter_mut().zip(eight) {
            *lane += g.to_f64() * g.to_f64();
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|g| g.to_f64() * g.to_f64()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_gradient_is_left_alone() {
        let mut g = [0.3_f32, 0.4];
        assert!((clip_grad_norm(&mut [&mut g], 1.0).unwrap() - 0.5).abs() < 1e-7);
        assert_eq!(g, [0.3, 0.4]);
    }

    #[test]
    fn a_norm_that_is_not_finite_is_reported_and_nothing_is_scaled() {
        for bad in [f64::NAN, f64::INFINITY] {
            let mut g = [1.0, bad];
            let norm = clip_grad_norm(&mut [&mut g], 1.0).unwrap();
            assert!(!norm.is_finite() && g[0] == 1.0, "{norm} {g:?}");
        }
    }

    #[test]
    fn single_precision_gradients_do_not_overflow() {
        let mut g = [f32::MAX; 4];
        let norm = clip_grad_norm(&mut [&mut g], f64::INFINITY).unwrap();
        assert_eq!(norm, 2.0 * f64::from(f32::MAX));
    }

    #[test]
    fn the_norm_does_not_depend_on_the_number_of_threads() {
        let grad: Vec<f32> = (0..100_003).map(|i| (i as f32 * 0.7).sin()).collect();
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut grad = grad.clone();
            let norm = pool.install(|| clip_grad_norm(&mut [&mut grad], 1.0).unwrap());
            (norm.to_bits(), grad)
        };
        assert_eq!(run(1), run(3));
    }

    #[test]
    fn a_bound_that_is_not_positive_is_refused() {
        for bad in [0.0, -1.0, f64::NAN] {
            assert!(clip_grad_norm(&mut [&mut [1.0_f64][..]], bad).is_err(), "{bad}");
        }
    }
}
