//! AdaBelief: Adam that divides by how far gradients stray from their running mean.
//!
//! Zhuang et al. (2020), arXiv:2010.07468, Algorithm 2: `eps` joins the running square in every step, and its root once
//! more.

use super::ranges::{not_negative, positive, rate};
use super::{Optimizer, Real, Rule, Schedule, Turn};
use crate::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`adabelief`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdabeliefSettings {
    /// Learning rate, at least 0; where gradients hardly change steps may be much longer. Default 0.001.
    pub lr: f64,
    /// Decay of the running mean of gradients, in [0, 1). Default 0.9.
    pub beta1: f64,
    /// Decay of the running mean of squared deviations, in [0, 1). Default 0.999.
    pub beta2: f64,
    /// Added to the running square in every step, above 0. Default 1e-16.
    pub eps: f64,
    /// Weight decay: each step first shrinks the parameter by the share `lr * weight_decay`, at least 0. Default 0.
    pub weight_decay: f64,
    /// How the learning rate changes over the run. Default: not at all.
    pub schedule: Schedule,
}

impl Default for AdabeliefSettings {
    fn default() -> Self {
        Self { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-16, weight_decay: 0.0, schedule: Schedule::default() }
    }
}

struct Adabelief(AdabeliefSettings);

/// AdaBelief.
///
/// # Errors
/// When a setting is out of its range.
pub fn adabelief(settings: AdabeliefSettings) -> Result<Optimizer> {
    let AdabeliefSettings { lr, beta1, beta2, eps, weight_decay, ref schedule } = settings;
    rate("adabelief", "beta1", beta1)?;
    rate("adabelief", "beta2", beta2)?;
    positive("adabelief", "eps", eps)?;
    not_negative("adabelief", "weight_decay", weight_decay)?;
    let schedule = schedule.clone();
    Optimizer::new(Adabelief(settings), lr, schedule)
}

impl Rule for Adabelief {
    fn name(&self) -> &'static str {
        "adabelief"
    }

    fn slots(&self, n: usize, _shape: &[usize]) -> Vec<(&'static str, usize)> {
        vec![("m", n), ("s", n)]
    }

    fn update<T: Real>(&mut self, turn: Turn<'_, T>) {
        let AdabeliefSettings { beta1, beta2, eps, weight_decay, .. } = self.0;
        let t = turn.t as f64;
        let keep = T::of(if turn.decay { 1.0 - turn.lr * weight_decay } else { 1.0 });
        let step = T::of(turn.lr / (1.0 - beta1.powf(t)));
        let root_bias2 = T::of((1.0 - beta2.powf(t)).sqrt());
        let (fresh1, fresh2) = (T::of(1.0 - beta1), T::of(1.0 - beta2));
        let (beta1, beta2, eps) = (T::of(beta1), T::of(beta2), T::of(eps));
        turn.each(|x, g, [m, s]| {
            *x = *x * keep;
            *m = *m * beta1 + fresh1 * g;
            let stray = g - *m;
            *s = *s * beta2 + fresh2 * stray * stray + eps;
            *x += -step * *m / ((s.sqrt() + eps) / root_bias2);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    #[test]
    fn the_first_step_by_hand() {
        // The gradient strays from its mean by 0.9 g: the step is lr / 0.9.
        let mut opt = adabelief(AdabeliefSettings { lr: 0.09, ..Default::default() }).unwrap();
        let mut x = [1.0_f64];
        opt.step(&mut [Param::new(&mut x, &[3.0])]).unwrap();
        assert!((x[0] - 0.9).abs() < 1e-12, "{x:?}");
    }
}
