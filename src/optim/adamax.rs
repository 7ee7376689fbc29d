//! Adamax: Adam with the largest gradient, slowly forgotten, in place of the second moment.
//!
//! Kingma & Ba (2015), arXiv:1412.6980, Algorithm 2; as in PyTorch, `eps` is added to the new gradient's size.

use super::ranges::{not_negative, positive, rate};
use super::{Optimizer, Real, Rule, Schedule, Turn};
use crate::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`adamax`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdamaxSettings {
    /// Learning rate: about the length of a step in each coordinate, at least 0. Default 0.002.
    pub lr: f64,
    /// Decay of the running mean of gradients, in [0, 1). Default 0.9.
    pub beta1: f64,
    /// Decay of the largest gradient, in [0, 1). Default 0.999.
    pub beta2: f64,
    /// Added to the gradient's size so that nothing is divided by zero, above 0. Default 1e-8.
    pub eps: f64,
    /// Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.
    pub weight_decay: f64,
    /// How the learning rate changes over the run. Default: not at all.
    pub schedule: Schedule,
}

impl Default for AdamaxSettings {
    fn default() -> Self {
        Self { lr: 2e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0, schedule: Schedule::default() }
    }
}

struct Adamax(AdamaxSettings);

/// Adamax.
///
/// # Errors
/// When a setting is out of its range.
pub fn adamax(settings: AdamaxSettings) -> Result<Optimizer> {
    let AdamaxSettings { lr, beta1, beta2, eps, weight_decay, ref schedule } = settings;
    rate("adamax", "beta1", beta1)?;
    rate("adamax", "beta2", beta2)?;
    positive("adamax", "eps", eps)?;
    not_negative("adamax", "weight_decay", weight_decay)?;
    let schedule = schedule.clone();
    Optimizer::new(Adamax(settings), lr, schedule)
}

impl Rule for Adamax {
    fn name(&self) -> &'static str {
        "adamax"
    }

    fn slots(&self, n: usize, _shape: &[usize]) -> Vec<(&'static str, usize)> {
        vec![("m", n), ("u", n)]
    }

    fn update<T: Real>(&mut self, turn: Turn<'_, T>) {
        let AdamaxSettings { beta1, beta2, eps, weight_decay, .. } = self.0;
        let lambda = T::of(if turn.decay { weight_decay } else { 0.0 });
        let step = T::of(turn.lr / (1.0 - beta1.powf(turn.t as f64)));
        let (one_minus_beta1, beta2, eps) = (T::of(1.0 - beta1), T::of(beta2), T::of(eps));
        turn.each(|x, g, [m, u]| {
            let g = g + lambda * *x;
            *m += one_minus_beta1 * (g - *m);
            let (before, now) = (*u * beta2, g.abs() + eps);
            *u = if before > now { before } else { now };
            *x += -step * *m / *u;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    #[test]
    fn two_steps_by_hand() {
        let settings = AdamaxSettings { lr: 1.0, beta1: 0.5, beta2: 0.75, ..Default::default() };
        let mut opt = adamax(settings).unwrap();
        let mut x = [0.0_f64];
        opt.step(&mut [Param::new(&mut x, &[8.0])]).unwrap();
        assert!((x[0] + 1.0).abs() < 1e-8, "{x:?}");
        // m = 2 + 1 = 3, corrected 4; u = max(6, 2)
        opt.step(&mut [Param::new(&mut x, &[2.0])]).unwrap();
        assert!((x[0] + 1.0 + 4.0 / 6.0).abs() < 1e-8, "{x:?}");
    }
}
