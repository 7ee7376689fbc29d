//! RAdam: Adam whose adaptive step waits until its second moment is known well enough.
//!
//! Liu et al. (2020), arXiv:1908.03265, Algorithm 2; as in PyTorch the adaptive step begins at `rho_t > 5`.

use super::ranges::{not_negative, positive, rate};
use super::{Optimizer, Real, Rule, Schedule, Turn};
use crate::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`radam`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RadamSettings {
    /// Learning rate: about the length of a step in each coordinate, after a few steps that follow the plain mean
    /// gradient; at least 0. Default 0.001.
    pub lr: f64,
    /// Decay of the running mean of gradients, in [0, 1). Default 0.9.
    pub beta1: f64,
    /// Decay of the running mean of squared gradients, in [0, 1). Default 0.999.
    pub beta2: f64,
    /// Added to the denominator so that it never reaches zero, above 0. Default 1e-8.
    pub eps: f64,
    /// Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.
    pub weight_decay: f64,
    /// Weight decay shrinks the parameter by the share `lr * weight_decay` instead, as in AdamW. Default false.
    pub decoupled: bool,
    /// How the learning rate changes over the run. Default: not at all.
    pub schedule: Schedule,
}

impl Default for RadamSettings {
    fn default() -> Self {
        Self {
            lr: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            weight_decay: 0.0,
            decoupled: false,
            schedule: Schedule::default(),
        }
    }
}

struct Radam(RadamSettings);

/// RAdam.
///
/// # Errors
/// When a setting is out of its range.
pub fn radam(settings: RadamSettings) -> Result<Optimizer> {
    let RadamSettings { lr, beta1, beta2, eps, weight_decay, decoupled: _, ref schedule } = settings;
    rate("radam", "beta1", beta1)?;
    rate("radam", "beta2", beta2)?;
    positive("radam", "eps", eps)?;
    not_negative("radam", "weight_decay", weight_decay)?;
    let schedule = schedule.clone();
    Optimizer::new(Radam(settings), lr, schedule)
}

/// The rectification `r_t` of step `t`, once there is one.
fn rectification(beta2: f64, t: u64) -> Option<f64> {
    let rho_inf = 2.0 / (1.0 - beta2) - 1.0;
    let power = beta2.powf(t as f64);
    let rho = rho_inf - 2.0 * t as f64 * power / (1.0 - power);
    (rho > 5.0).then(|| ((rho - 4.0) * (rho - 2.0) * rho_inf / ((rho_inf - 4.0) * (rho_inf - 2.0) * rho)).sqrt())
}

impl Rule for Radam {
    fn name(&self) -> &'static str {
        "radam"
    }

    fn slots(&self, n: usize, _shape: &[usize]) -> Vec<(&'static str, usize)> {
        vec![("m", n), ("v", n)]
    }

    fn update<T: Real>(&mut self, turn: Turn<'_, T>) {
        let RadamSettings { beta1, beta2, eps, weight_decay, decoupled, .. } = self.0;
        let weight_decay = if turn.decay { weight_decay } else { 0.0 };
        let (keep, lambda) = if decoupled { (1.0 - turn.lr * weight_decay, 0.0) } else { (1.0, weight_decay) };
        let t = turn.t as f64;
        let step = turn.lr / (1.0 - beta1.powf(t));
        let rectified = rectification(beta2, turn.t).map(|r| T::of(step * r * (1.0 - beta2.powf(t)).sqrt()));
        let step = T::of(step);
        let (one_minus_beta1, one_minus_beta2) = (T::of(1.0 - beta1), T::of(1.0 - beta2));
        let (beta2, eps, keep, lambda) = (T::of(beta2), T::of(eps), T::of(keep), T::of(lambda));
        let moments = move |x: &mut T, g: T, m: &mut T, v: &mut T| {
            *x = *x * keep;
            let g = g + lambda * *x;
            *m += one_minus_beta1 * (g - *m);
            *v = *v * beta2 + one_minus_beta2 * g * g;
        };
        if let Some(rectified) = rectified {
            turn.each(|x, g, [m, v]| {
                moments(x, g, m, v);
                *x += -rectified * *m / (v.sqrt() + eps);
            });
        } else {
            turn.each(|x, g, [m, v]| {
                moments(x, g, m, v);
                *x += -step * *m;
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    #[test]
    fn the_first_steps_follow_the_gradient_itself() {
        let mut opt = radam(RadamSettings { lr: 0.5, ..Default::default() }).unwrap();
        let mut x = [1.0_f64];
        for _ in 0..5 {
            opt.step(&mut [Param::new(&mut x, &[2.0])]).unwrap();
        }
        assert!((x[0] + 4.0).abs() < 1e-12, "five steps of 0.5 * 2: {x:?}");
    }

    #[test]
    fn rectification_begins_at_the_sixth_step_and_approaches_one() {
        let known: Vec<bool> = (1..8).map(|t| rectification(0.999, t).is_some()).collect();
        assert_eq!(known, [false, false, false, false, false, true, true]);
        assert!(rectification(0.999, 6).unwrap() < 0.1 && rectification(0.999, 100_000).unwrap() > 0.999);
        assert!(rectification(0.5, 1000).is_none(), "rho is never above 3");
    }
}
