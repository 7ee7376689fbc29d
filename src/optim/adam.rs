//! Adam: step sizes adapted per coordinate from running gradient moments.
//!
//! Kingma & Ba (2015), arXiv:1412.6980, Algorithm 1; AMSGrad from Reddi, Kale & Kumar (2018), arXiv:1904.09237,
//! Algorithm 2. As in PyTorch, `eps` is added after the bias correction of the root, and AMSGrad keeps the largest
//! second moment before its bias correction.

use super::{Optimizer, Real, Rule, Schedule, Turn};
use crate::Result;
use crate::error::ensure_setting;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`adam`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdamSettings {
    /// Learning rate: about the length of a step in each coordinate, at least 0. Default 0.001.
    pub lr: f64,
    /// Decay of the running mean of gradients, in [0, 1). Default 0.9.
    pub beta1: f64,
    /// Decay of the running mean of squared gradients, in [0, 1). Default 0.999.
    pub beta2: f64,
    /// Added to the denominator so that it never reaches zero, at least 0. Default 1e-8.
    pub eps: f64,
    /// Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.
    pub weight_decay: f64,
    /// Divide by the largest second moment so far, so that steps never grow again. Default false.
    pub amsgrad: bool,
    /// How the learning rate changes over the run. Default: not at all.
    pub schedule: Schedule,
}

impl Default for AdamSettings {
    fn default() -> Self {
        Self {
            lr: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            weight_decay: 0.0,
            amsgrad: false,
            schedule: Schedule::default(),
        }
    }
}

/// Where weight decay acts.
pub(super) enum Decay {
    /// In the gradient: the penalty `weight_decay / 2 * |x|²`.
    Gradient,
    /// On the parameter itself, beside the step.
    Decoupled,
}

struct Adam {
    name: &'static str,
    settings: AdamSettings,
    decay: Decay,
}

/// Adam.
///
/// # Errors
/// When a setting is out of its range.
pub fn adam(settings: AdamSettings) -> Result<Optimizer> {
    build("adam", settings, Decay::Gradient)
}

pub(super) fn build(name: &'static str, settings: AdamSettings, decay: Decay) -> Result<Optimizer> {
    let AdamSettings { lr, beta1, beta2, eps, weight_decay, amsgrad: _, ref schedule } = settings;
    ensure_setting((0.0..1.0).contains(&beta1), name, "beta1", "in [0, 1)", beta1)?;
    ensure_setting((0.0..1.0).contains(&beta2), name, "beta2", "in [0, 1)", beta2)?;
    let finite = 0.0..f64::INFINITY;
    ensure_setting(finite.contains(&eps), name, "eps", "finite and at least 0", eps)?;
    ensure_setting(finite.contains(&weight_decay), name, "weight_decay", "finite and at least 0", weight_decay)?;
    let schedule = schedule.clone();
    Optimizer::new(Adam { name, settings, decay }, lr, schedule)
}

impl Rule for Adam {
    fn name(&self) -> &'static str {
        self.name
    }

    fn slots(&self, n: usize, _shape: &[usize]) -> Vec<(&'static str, usize)> {
        if self.settings.amsgrad { vec![("m", n), ("v", n), ("v_max", n)] } else { vec![("m", n), ("v", n)] }
    }

    fn update<T: Real>(&mut self, turn: Turn<'_, T>) {
        let AdamSettings { beta1, beta2, eps, weight_decay, amsgrad, .. } = self.settings;
        let weight_decay = if turn.decay { weight_decay } else { 0.0 };
        let (keep, lambda) = match self.decay {
            Decay::Gradient => (1.0, weight_decay),
            Decay::Decoupled => (1.0 - turn.lr * weight_decay, 0.0),
        };
        let t = turn.t as f64;
        let step = T::of(turn.lr / (1.0 - beta1.powf(t)));
        let root_bias2 = T::of((1.0 - beta2.powf(t)).sqrt());
        let (one_minus_beta1, one_minus_beta2) = (T::of(1.0 - beta1), T::of(1.0 - beta2));
        let (beta2, eps, keep, lambda) = (T::of(beta2), T::of(eps), T::of(keep), T::of(lambda));

        let moments = move |x: &mut T, g: T, m: &mut T, v: &mut T| {
            *x = *x * keep;
            let g = g + lambda * *x;
            *m += one_minus_beta1 * (g - *m);
            *v = *v * beta2 + one_minus_beta2 * g * g;
        };
        if amsgrad {
            turn.each(|x, g, [m, v, v_max]| {
                moments(x, g, m, v);
                *v_max = if *v > *v_max { *v } else { *v_max };
                *x += -step * *m / (v_max.sqrt() / root_bias2 + eps);
            });
        } else {
            turn.each(|x, g, [m, v]| {
                moments(x, g, m, v);
                *x += -step * *m / (v.sqrt() / root_bias2 + eps);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    #[test]
    fn the_first_step_has_length_lr() {
        for g in [42.0, 1e-3] {
            let mut opt = adam(AdamSettings { lr: 0.1, ..Default::default() }).unwrap();
            let mut x = [1.0];
            opt.step(&mut [Param::new(&mut x, &[g])]).unwrap();
            assert!((x[0] - 0.9_f64).abs() < 1e-5, "{x:?}");
        }
    }

    #[test]
    fn weight_decay_in_the_gradient_vanishes_in_the_first_step() {
        let mut opt = adam(AdamSettings { lr: 0.1, weight_decay: 10.0, ..Default::default() }).unwrap();
        let mut x = [1.0];
        opt.step(&mut [Param::new(&mut x, &[1.0])]).unwrap();
        assert!((x[0] - 0.9_f64).abs() < 1e-6, "{x:?}");
    }
}
