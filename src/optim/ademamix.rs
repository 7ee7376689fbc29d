//! AdEMAMix: Adam with a second, much slower mean of gradients beside the first.
//!
//! Pagliardini, Ablin & Grangier (2024), arXiv:2409.03137, Algorithm 1, with its warm-ups of `alpha` and `beta3`.

use super::ranges::{not_negative, positive, rate};
use super::{Optimizer, Real, Rule, Schedule, Turn};
use crate::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`ademamix`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdemamixSettings {
    /// Learning rate: about the length of a step in each coordinate, at least 0. Default 0.001.
    pub lr: f64,
    /// Decay of the fast mean of gradients, in [0, 1). Default 0.9.
    pub beta1: f64,
    /// Decay of the running mean of squared gradients, in [0, 1). Default 0.999.
    pub beta2: f64,
    /// Decay of the slow mean of gradients, in [0, 1). Default 0.9999.
    pub beta3: f64,
    /// Weight of the slow mean, at least 0. Default 5.
    pub alpha: f64,
    /// Steps over which `alpha` and `beta3` rise to their values; 0 for at once. Default 0.
    pub alpha_warmup: u64,
    /// Added to the denominator so that it never reaches zero, above 0. Default 1e-8.
    pub eps: f64,
    /// Weight decay: each step first shrinks the parameter by the share `lr * weight_decay`, at least 0. Default 0.
    pub weight_decay: f64,
    /// How the learning rate changes over the run. Default: not at all.
    pub schedule: Schedule,
}

impl Default for AdemamixSettings {
    fn default() -> Self {
        Self {
            lr: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            beta3: 0.9999,
            alpha: 5.0,
            alpha_warmup: 0,
            eps: 1e-8,
            weight_decay: 0.0,
            schedule: Schedule::default(),
        }
    }
}

struct Ademamix(AdemamixSettings);

/// AdEMAMix.
///
/// # Errors
/// When a setting is out of its range.
pub fn ademamix(settings: AdemamixSettings) -> Result<Optimizer> {
    let AdemamixSettings { lr, beta1, beta2, beta3, alpha, alpha_warmup: _, eps, weight_decay, ref schedule } =
        settings;
    rate("ademamix", "beta1", beta1)?;
    rate("ademamix", "beta2", beta2)?;
    rate("ademamix", "beta3", beta3)?;
    not_negative("ademamix", "alpha", alpha)?;
    positive("ademamix", "eps", eps)?;
    not_negative("ademamix", "weight_decay", weight_decay)?;
    let schedule = schedule.clone();
    Optimizer::new(Ademamix(settings), lr, schedule)
}

/// `beta3` in step `t`: its half-life grows in a straight line from `beta1`'s (section 3, "schedulers").
fn slow_decay(beta1: f64, beta3: f64, t: u64, warmup: u64) -> f64 {
    if t >= warmup || beta1 == 0.0 || beta3 <= beta1 {
        return beta3;
    }
    let (share, log1, log3) = (t as f64 / warmup as f64, beta1.ln(), beta3.ln());
    (log1 * log3 / ((1.0 - share) * log3 + share * log1)).exp().min(beta3)
}

impl Rule for Ademamix {
    fn name(&self) -> &'static str {
        "ademamix"
    }

    fn slots(&self, n: usize, _shape: &[usize]) -> Vec<(&'static str, usize)> {
        vec![("m1", n), ("m2", n), ("v", n)]
    }

    fn update<T: Real>(&mut self, turn: Turn<'_, T>) {
        let AdemamixSettings { beta1, beta2, beta3, alpha, alpha_warmup, eps, weight_decay, .. } = self.0;
        let t = turn.t as f64;
        let keep = T::of(if turn.decay { 1.0 - turn.lr * weight_decay } else { 1.0 });
        let alpha = if turn.t < alpha_warmup { alpha * t / alpha_warmup as f64 } else { alpha };
        let beta3 = slow_decay(beta1, beta3, turn.t, alpha_warmup);
        let (bias1, root_bias2) = (T::of(1.0 - beta1.powf(t)), T::of((1.0 - beta2.powf(t)).sqrt()));
        let (fresh1, fresh2, fresh3) = (T::of(1.0 - beta1), T::of(1.0 - beta2), T::of(1.0 - beta3));
        let (beta2, alpha, lr, eps) = (T::of(beta2), T::of(alpha), T::of(turn.lr), T::of(eps));
        turn.each(|x, g, [m1, m2, v]| {
            *x = *x * keep;
            *m1 += fresh1 * (g - *m1);
            *m2 += fresh3 * (g - *m2);
            *v = *v * beta2 + fresh2 * g * g;
            *x += -lr * (*m1 / bias1 + alpha * *m2) / (v.sqrt() / root_bias2 + eps);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    #[test]
    fn the_first_step_by_hand() {
        // Adam's step of lr, and alpha (1 - beta3) of it more.
        let settings = AdemamixSettings { lr: 0.1, beta3: 0.75, alpha: 2.0, ..Default::default() };
        let mut opt = ademamix(settings).unwrap();
        let mut x = [1.0_f64];
        opt.step(&mut [Param::new(&mut x, &[7.0])]).unwrap();
        assert!((x[0] - 0.85).abs() < 1e-8, "{x:?}");
    }

    #[test]
    fn the_slow_decay_rises_from_beta1_to_beta3() {
        let rise: Vec<f64> = [0, 1, 50, 99, 100].iter().map(|&t| slow_decay(0.9, 0.9999, t, 100)).collect();
        assert!((rise[0] - 0.9).abs() < 1e-12 && rise[4] == 0.9999, "{rise:?}");
        assert!(rise.windows(2).all(|pair| pair[0] < pair[1]), "{rise:?}");
    }
}
