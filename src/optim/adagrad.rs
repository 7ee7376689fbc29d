//! Adagrad: step sizes that shrink with the sum of squared gradients so far.
//!
//! Duchi, Hazan & Singer (2011), JMLR 12, figure 1 with the diagonal matrix; as in PyTorch, `eps` is added after the root.

use super::ranges::{not_negative, positive};
use super::{Optimizer, Real, Rule, Schedule, Turn};
use crate::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`adagrad`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdagradSettings {
    /// Learning rate: the length of the first step in each coordinate, at least 0. Default 0.01.
    pub lr: f64,
    /// The rate of step t is divided by `1 + (t - 1) * lr_decay`, at least 0. Default 0.
    pub lr_decay: f64,
    /// What the sum of squares begins with, at least 0. Default 0.
    pub initial: f64,
    /// Added to the denominator so that it never reaches zero, above 0. Default 1e-10.
    pub eps: f64,
    /// Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.
    pub weight_decay: f64,
    /// How the learning rate changes over the run. Default: not at all.
    pub schedule: Schedule,
}

impl Default for AdagradSettings {
    fn default() -> Self {
        Self { lr: 0.01, lr_decay: 0.0, initial: 0.0, eps: 1e-10, weight_decay: 0.0, schedule: Schedule::default() }
    }
}

struct Adagrad(AdagradSettings);

/// Adagrad.
///
/// # Errors
/// When a setting is out of its range.
pub fn adagrad(settings: AdagradSettings) -> Result<Optimizer> {
    let AdagradSettings { lr, lr_decay, initial, eps, weight_decay, ref schedule } = settings;
    not_negative("adagrad", "lr_decay", lr_decay)?;
    not_negative("adagrad", "initial", initial)?;
    positive("adagrad", "eps", eps)?;
    not_negative("adagrad", "weight_decay", weight_decay)?;
    let schedule = schedule.clone();
    Optimizer::new(Adagrad(settings), lr, schedule)
}

impl Rule for Adagrad {
    fn name(&self) -> &'static str {
        "adagrad"
    }

    fn slots(&self, n: usize, _shape: &[usize]) -> Vec<(&'static str, usize)> {
        vec![("sum", n)]
    }

    fn update<T: Real>(&mut self, turn: Turn<'_, T>) {
        let AdagradSettings { lr_decay, initial, eps, weight_decay, .. } = self.0;
        let lambda = T::of(if turn.decay { weight_decay } else { 0.0 });
        let lr = T::of(turn.lr / (1.0 + (turn.t - 1) as f64 * lr_decay));
        let (before, eps) = (T::of(if turn.t == 1 { initial } else { 0.0 }), T::of(eps));
        turn.each(|x, g, [sum]| {
            let g = g + lambda * *x;
            *sum += before + g * g;
            *x += -lr * g / (sum.sqrt() + eps);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    #[test]
    fn two_steps_by_hand() {
        let mut opt = adagrad(AdagradSettings { lr: 1.0, ..Default::default() }).unwrap();
        let mut x = [0.0_f64];
        opt.step(&mut [Param::new(&mut x, &[3.0])]).unwrap();
        assert!((x[0] + 1.0).abs() < 1e-9, "3 / sqrt(9): {x:?}");
        opt.step(&mut [Param::new(&mut x, &[4.0])]).unwrap();
        assert!((x[0] + 1.8).abs() < 1e-9, "4 / sqrt(9 + 16) more: {x:?}");
    }

    #[test]
    fn the_initial_sum_counts_once() {
        let mut opt = adagrad(AdagradSettings { lr: 1.0, initial: 16.0, ..Default::default() }).unwrap();
        let mut x = [0.0_f64];
        opt.step(&mut [Param::new(&mut x, &[3.0])]).unwrap();
        assert!((x[0] + 0.6).abs() < 1e-9, "3 / sqrt(16 + 9): {x:?}");
        opt.step(&mut [Param::new(&mut x, &[0.0])]).unwrap();
        assert!((x[0] + 0.6).abs() < 1e-9, "{x:?}");
    }
}
