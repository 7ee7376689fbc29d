//! Adafactor: second moments of a matrix kept as one number per row and per column.
//!
//! Shazeer & Stern (2018), arXiv:1804.04235, Algorithms 4 and 5, without momentum. As in PyTorch, `lr` bounds the
//! relative step `1 / sqrt(t)`. A tensor of more dimensions counts as a matrix of all but its last dimension by its last.

use super::param::sum;
use super::ranges::{not_negative, positive};
use super::{Optimizer, Real, Rule, Schedule, Turn};
use crate::Result;
use crate::error::ensure_setting;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`adafactor`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdafactorSettings {
    /// Learning rate: bound on the step as a share of the parameter's root mean square, at least 0. Default 0.01.
    pub lr: f64,
    /// The second moment's decay in step t is `1 - t^beta2_decay`, in (-1, 0]. Default -0.8.
    pub beta2_decay: f64,
    /// Added to squared gradients, above 0. Default 1e-30.
    pub eps1: f64,
    /// Least root mean square that a parameter counts with, above 0. Default 0.001.
    pub eps2: f64,
    /// Bound on the update's root mean square, above 0. Default 1.
    pub clip: f64,
    /// Weight decay: each step first shrinks the parameter by the share `lr * weight_decay`, at least 0. Default 0.
    pub weight_decay: f64,
    /// How the learning rate changes over the run. Default: not at all.
    pub schedule: Schedule,
}

impl Default for AdafactorSettings {
    fn default() -> Self {
        Self {
            lr: 0.01,
            beta2_decay: -0.8,
            eps1: 1e-30,
            eps2: 1e-3,
            clip: 1.0,
            weight_decay: 0.0,
            schedule: Schedule::default(),
        }
    }
}

struct Adafactor(AdafactorSettings);

/// Adafactor.
///
/// # Errors
/// When a setting is out of its range.
pub fn adafactor(settings: AdafactorSettings) -> Result<Optimizer> {
    let AdafactorSettings { lr, beta2_decay, eps1, eps2, clip, weight_decay, ref schedule } = settings;
    let in_range = beta2_decay > -1.0 && beta2_decay <= 0.0;
    ensure_setting(in_range, "adafactor", "beta2_decay", "in (-1, 0]", beta2_decay)?;
    positive("adafactor", "eps1", eps1)?;
    positive("adafactor", "eps2", eps2)?;
    positive("adafactor", "clip", clip)?;
    not_negative("adafactor", "weight_decay", weight_decay)?;
    let schedule = schedule.clone();
    Optimizer::new(Adafactor(settings), lr, schedule)
}

/// Rows and columns of what counts as a matrix.
fn matrix(shape: &[usize]) -> Option<(usize, usize)> {
    let (columns, leading) = shape.split_last()?;
    let rows = leading.iter().product();
    (!leading.is_empty() && rows > 1 && *columns > 1).then_some((rows, *columns))
}

impl Rule for Adafactor {
    fn name(&self) -> &'static str {
        "adafactor"
    }

    fn slots(&self, n: usize, shape: &[usize]) -> Vec<(&'static str, usize)> {
        match matrix(shape) {
            Some((rows, columns)) => vec![("rows", rows), ("columns", columns)],
            None => vec![("v", n)],
        }
    }

    fn update<T: Real>(&mut self, turn: Turn<'_, T>) {
        let AdafactorSettings { beta2_decay, eps1, eps2, clip, weight_decay, .. } = self.0;
        let Turn { x, g, mut slots, shape, t, lr, decay, .. } = turn;
        if x.is_empty() {
            return;
        }
        let n = x.len() as f64;
        let fresh = (t as f64).powf(beta2_decay);
        let square = |z: T| z.to_f64() * z.to_f64();
        let rho = lr.min(1.0 / (t as f64).sqrt());
        let alpha = eps2.max((sum(x.len(), |i| square(x[i])) / n).sqrt()) * rho;
        let keep = T::of(if decay { 1.0 - lr * weight_decay } else { 1.0 });

        // The second moment at row i, column j is `row_factors[i] * columns[j]`; a vector is one row of factor 1.
        let blend = |kept: &mut T, new: f64| *kept = T::of(kept.to_f64() + fresh * (new - kept.to_f64()));
        let (row_factors, columns) = if let Some((rows, columns)) = matrix(shape) {
            let [r, c] = &mut slots[..] else { unreachable!("a matrix has rows and columns") };
            let mut sums = vec![0.0; columns];
            for (r, row) in r.iter_mut().zip(g.chunks_exact(columns)) {
                blend(r, sum(columns, |j| square(row[j]) + eps1) / columns as f64);
                sums.iter_mut().zip(row).for_each(|(sum, g)| *sum += square(*g) + eps1);
            }
            c.iter_mut().zip(&sums).for_each(|(c, sum)| blend(c, sum / rows as f64));
            let mean = r.iter().map(|r| r.to_f64()).sum::<f64>() / rows as f64;
            (r.iter().map(|r| r.to_f64() / mean).collect(), &*slots[1])
        } else {
            slots[0].iter_mut().zip(g).for_each(|(v, g)| blend(v, square(*g) + eps1));
            (vec![1.0], &*slots[0])
        };
        let update = |g: T, factor: f64, c: T| g.to_f64() / (factor * c.to_f64()).sqrt().max(f64::MIN_POSITIVE);
        let width = columns.len();
        let row_sum = |(row, r): (&[T], &f64)| sum(width, |j| update(row[j], *r, columns[j]).powi(2));
        let rms = (g.chunks_exact(width).zip(&row_factors).map(row_sum).sum::<f64>() / n).sqrt();
        let step = alpha / 1_f64.max(rms / clip);
        for ((x, g), r) in x.chunks_exact_mut(width).zip(g.chunks_exact(width)).zip(&row_factors) {
            for ((x, g), c) in x.iter_mut().zip(g).zip(columns) {
                *x = *x * keep + T::of(-step * update(*g, *r, *c));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    #[test]
    fn the_first_step_of_a_vector_by_hand() {
        // In the first step v is g², the update its sign: x moves by lr * rms(x) = 0.1 * 5 / sqrt(2).
        let mut opt = adafactor(AdafactorSettings { lr: 0.1, ..Default::default() }).unwrap();
        let mut x = [3.0_f64, 4.0];
        opt.step(&mut [Param::new(&mut x, &[0.01, -70.0])]).unwrap();
        let step = 0.5 / 2_f64.sqrt();
        assert!((x[0] - (3.0 - step)).abs() < 1e-12 && (x[1] - (4.0 + step)).abs() < 1e-12, "{x:?}");
    }

    #[test]
    fn a_matrix_of_rank_one_squares_is_estimated_exactly_from_rows_and_columns() {
        let g = [1.0, 2.0, 3.0, 3.0, 6.0, 9.0_f64]; // |g| = (1, 3) x (1, 2, 3)
        let mut opt = adafactor(AdafactorSettings { lr: 0.1, ..Default::default() }).unwrap();
        let mut x = [1.0_f64; 6];
        opt.step(&mut [Param::new(&mut x, &g).shape(&[2, 3])]).unwrap();
        assert!(x.iter().all(|x| (x - 0.9).abs() < 1e-12), "{x:?}");
        assert_eq!(opt.state().params[&0].slots.iter().map(|(_, slot)| slot.len()).sum::<usize>(), 5);
    }

    #[test]
    fn a_gradient_of_zeros_moves_nothing() {
        let mut opt = adafactor(AdafactorSettings::default()).unwrap();
        let mut x = [1.0_f32; 4];
        opt.step(&mut [Param::new(&mut x, &[0.0; 4]).shape(&[2, 2])]).unwrap();
        assert_eq!(x, [1.0; 4]);
    }
}
