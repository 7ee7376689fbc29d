//! Adan: Adam with Nesterov's look-ahead built from the differences of gradients.
//!
//! Xie et al. (2022), arXiv:2208.06677, Algorithm 1; `beta` here is one minus the paper's, as in the authors' code.

use super::ranges::{not_negative, positive, rate};
use super::{Optimizer, Real, Rule, Schedule, Turn};
use crate::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`adan`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdanSettings {
    /// Learning rate: about the length of a step in each coordinate, at least 0. Default 0.001.
    pub lr: f64,
    /// Decay of the running mean of gradients, in [0, 1). Default 0.98.
    pub beta1: f64,
    /// Decay of the running mean of gradient differences, in [0, 1). Default 0.92.
    pub beta2: f64,
    /// Decay of the running mean of squares, in [0, 1). Default 0.99.
    pub beta3: f64,
    /// Added to the denominator so that it never reaches zero, above 0. Default 1e-8.
    pub eps: f64,
    /// Weight decay: each step divides the parameter by `1 + lr * weight_decay`, at least 0. Default 0.
    pub weight_decay: f64,
    /// How the learning rate changes over the run. Default: not at all.
    pub schedule: Schedule,
}

impl Default for AdanSettings {
    fn default() -> Self {
        Self {
            lr: 1e-3,
            beta1: 0.98,
            beta2: 0.92,
            beta3: 0.99,
            eps: 1e-8,
            weight_decay: 0.0,
            schedule: Schedule::default(),
        }
    }
}

struct Adan(AdanSettings);

/// Adan.
///
/// # Errors
/// When a setting is out of its range.
pub fn adan(settings: AdanSettings) -> Result<Optimizer> {
    let AdanSettings { lr, beta1, beta2, beta3, eps, weight_decay, ref schedule } = settings;
    rate("adan", "beta1", beta1)?;
    rate("adan", "beta2", beta2)?;
    rate("adan", "beta3", beta3)?;
    positive("adan", "eps", eps)?;
    not_negative("adan", "weight_decay", weight_decay)?;
    let schedule = schedule.clone();
    Optimizer::new(Adan(settings), lr, schedule)
}

impl Rule for Adan {
    fn name(&self) -> &'static str {
        "adan"
    }

    fn slots(&self, n: usize, _shape: &[usize]) -> Vec<(&'static str, usize)> {
        vec![("m", n), ("v", n), ("n", n), ("g_before", n)]
    }

    fn update<T: Real>(&mut self, turn: Turn<'_, T>) {
        let AdanSettings { beta1, beta2, beta3, eps, weight_decay, .. } = self.0;
        let t = turn.t as f64;
        let shrink = T::of(if turn.decay { 1.0 + turn.lr * weight_decay } else { 1.0 });
        let by_m = T::of(turn.lr / (1.0 - beta1.powf(t)));
        let by_v = T::of(turn.lr * beta2 / (1.0 - beta2.powf(t)));
        let root_bias3 = T::of((1.0 - beta3.powf(t)).sqrt());
        let (fresh1, fresh2, fresh3) = (T::of(1.0 - beta1), T::of(1.0 - beta2), T::of(1.0 - beta3));
        let (beta1, beta2, beta3, eps) = (T::of(beta1), T::of(beta2), T::of(beta3), T::of(eps));
        let first = turn.t == 1;
        turn.each(|x, g, [m, v, n, g_before]| {
            let difference = if first { T::of(0.0) } else { g - *g_before };
            *m = *m * beta1 + fresh1 * g;
            *v = *v * beta2 + fresh2 * difference;
            let ahead = difference * beta2 + g;
            *n = *n * beta3 + fresh3 * ahead * ahead;
            let root = n.sqrt() / root_bias3 + eps;
            *x += -by_m * *m / root;
            *x += -by_v * *v / root;
            *x = *x / shrink;
            *g_before = g;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    #[test]
    fn two_steps_by_hand() {
        let settings = AdanSettings { lr: 1.0, beta1: 0.5, beta2: 0.5, beta3: 0.0, ..Default::default() };
        let mut opt = adan(settings).unwrap();
        let mut x = [0.0_f64];
        opt.step(&mut [Param::new(&mut x, &[2.0])]).unwrap();
        assert!((x[0] + 1.0).abs() < 1e-8, "{x:?}");
        // m = (1 + 4) / 2 / 0.75 = 10/3... with m = 2.5; v = 1 of the difference 2; the root is |4 + 0.5 * 2| = 5
        opt.step(&mut [Param::new(&mut x, &[4.0])]).unwrap();
        let wanted = -1.0 - (2.5 / 0.75 + 0.5 * 1.0 / 0.75) / 5.0;
        assert!((x[0] - wanted).abs() < 1e-8, "{x:?} {wanted}");
    }
}
