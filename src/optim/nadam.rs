//! NAdam: Adam with Nesterov's look-ahead.
//!
//! Dozat (2016), ICLR workshop, Algorithm 2 with its warming momentum `mu_t`, as PyTorch writes it.

use super::ranges::{not_negative, positive, rate};
use super::{Optimizer, Real, Rule, Schedule, Turn};
use crate::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`nadam`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NadamSettings {
    /// Learning rate: about the length of a step in each coordinate, at least 0. Default 0.002.
    pub lr: f64,
    /// Decay of the running mean of gradients, in [0, 1). Default 0.9.
    pub beta1: f64,
    /// Decay of the running mean of squared gradients, in [0, 1). Default 0.999.
    pub beta2: f64,
    /// Added to the denominator so that it never reaches zero, above 0. Default 1e-8.
    pub eps: f64,
    /// How fast the momentum rises from half of `beta1` to all of it, at least 0. Default 0.004.
    pub momentum_decay: f64,
    /// Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.
    pub weight_decay: f64,
    /// Weight decay shrinks the parameter by the share `lr * weight_decay` instead, as in AdamW. Default false.
    pub decoupled: bool,
    /// How the learning rate changes over the run. Default: not at all.
    pub schedule: Schedule,
}

impl Default for NadamSettings {
    fn default() -> Self {
        Self {
            lr: 2e-3,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            momentum_decay: 4e-3,
            weight_decay: 0.0,
            decoupled: false,
            schedule: Schedule::default(),
        }
    }
}

struct Nadam(NadamSettings);

/// NAdam.
///
/// # Errors
/// When a setting is out of its range.
pub fn nadam(settings: NadamSettings) -> Result<Optimizer> {
    let NadamSettings { lr, beta1, beta2, eps, momentum_decay, weight_decay, decoupled: _, ref schedule } = settings;
    rate("nadam", "beta1", beta1)?;
    rate("nadam", "beta2", beta2)?;
    positive("nadam", "eps", eps)?;
    not_negative("nadam", "momentum_decay", momentum_decay)?;
    not_negative("nadam", "weight_decay", weight_decay)?;
    let schedule = schedule.clone();
    Optimizer::new(Nadam(settings), lr, schedule)
}

impl Rule for Nadam {
    fn name(&self) -> &'static str {
        "nadam"
    }

    fn slots(&self, n: usize, _shape: &[usize]) -> Vec<(&'static str, usize)> {
        vec![("m", n), ("v", n), ("mu_product", 1)]
    }

    fn update<T: Real>(&mut self, mut turn: Turn<'_, T>) {
        let NadamSettings { beta1, beta2, eps, momentum_decay, weight_decay, decoupled, .. } = self.0;
        let weight_decay = if turn.decay { weight_decay } else { 0.0 };
        let (keep, lambda) = if decoupled { (1.0 - turn.lr * weight_decay, 0.0) } else { (1.0, weight_decay) };
        let t = turn.t as f64;
        let mu = |t: f64| beta1 * (1.0 - 0.5 * 0.96_f64.powf(t * momentum_decay));
        let (mu_t, mu_next) = (mu(t), mu(t + 1.0));
        let so_far = turn.slots.pop().expect("the product of all mu_t is the last state vector");
        let product = if turn.t == 1 { mu_t } else { so_far[0].to_f64() * mu_t };
        so_far[0] = T::of(product);

        let by_g = T::of(turn.lr * (1.0 - mu_t) / (1.0 - product));
        let by_m = T::of(turn.lr * mu_next / (1.0 - product * mu_next));
        let bias2 = T::of(1.0 - beta2.powf(t));
        let (one_minus_beta1, one_minus_beta2) = (T::of(1.0 - beta1), T::of(1.0 - beta2));
        let (beta2, eps, keep, lambda) = (T::of(beta2), T::of(eps), T::of(keep), T::of(lambda));
        turn.each(|x, g, [m, v]| {
            *x = *x * keep;
            let g = g + lambda * *x;
            *m += one_minus_beta1 * (g - *m);
            *v = *v * beta2 + one_minus_beta2 * g * g;
            let root = (*v / bias2).sqrt() + eps;
            *x += -by_g * g / root;
            *x += -by_m * *m / root;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    #[test]
    fn the_first_step_by_hand() {
        // With momentum_decay = 0 every mu_t is beta1 / 2 = 0.4: x moves by lr * (0.6 / 0.6 + 0.4 * 0.2 / 0.84).
        let settings = NadamSettings { lr: 0.1, beta1: 0.8, momentum_decay: 0.0, ..Default::default() };
        let mut opt = nadam(settings).unwrap();
        let mut x = [1.0_f64];
        opt.step(&mut [Param::new(&mut x, &[5.0])]).unwrap();
        assert!((x[0] - (0.9 - 0.1 * 0.08 / 0.84)).abs() < 1e-8, "{x:?}");
    }
}
