//! LAMB: Adam's direction, with a length in proportion to the parameter's own.
//!
//! You et al. (2020), arXiv:1904.00962, Algorithm 2 with `phi(z) = min(z, 10)`. The paper's first versions do not
//! correct the moments for their start at zero, its last one does inside the trust ratio (`debias`). Without it, as in
//! the library pytorch_optimizer, Adam's correction of the mean stays on the step: the first ones are longer.

use super::param::sum;
use super::ranges::{not_negative, positive, rate};
use super::{Optimizer, Real, Rule, Schedule, Turn};
use crate::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`lamb`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LambSettings {
    /// Learning rate: the length of a step as a share of the parameter's length, at least 0. Default 0.001.
    pub lr: f64,
    /// Decay of the running mean of gradients, in [0, 1). Default 0.9.
    pub beta1: f64,
    /// Decay of the running mean of squared gradients, in [0, 1). Default 0.999.
    pub beta2: f64,
    /// Added to denominators so that they never reach zero, above 0. Default 1e-6.
    pub eps: f64,
    /// Weight decay: this times the parameter is added to Adam's direction, at least 0. Default 0.
    pub weight_decay: f64,
    /// Correct both moments inside the trust ratio, as the paper's last version does. Default false.
    pub debias: bool,
    /// How the learning rate changes over the run. Default: not at all.
    pub schedule: Schedule,
}

impl Default for LambSettings {
    fn default() -> Self {
        Self {
            lr: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-6,
            weight_decay: 0.0,
            debias: false,
            schedule: Schedule::default(),
        }
    }
}

struct Lamb(LambSettings);

/// Longest parameter that the trust ratio counts: `phi(z) = min(z, 10)`.
const LONGEST: f64 = 10.0;

/// LAMB.
///
/// # Errors
/// When a setting is out of its range.
pub fn lamb(settings: LambSettings) -> Result<Optimizer> {
    let LambSettings { lr, beta1, beta2, eps, weight_decay, debias: _, ref schedule } = settings;
    rate("lamb", "beta1", beta1)?;
    rate("lamb", "beta2", beta2)?;
    positive("lamb", "eps", eps)?;
    not_negative("lamb", "weight_decay", weight_decay)?;
    let schedule = schedule.clone();
    Optimizer::new(Lamb(settings), lr, schedule)
}

impl Rule for Lamb {
    fn name(&self) -> &'static str {
        "lamb"
    }

    fn slots(&self, n: usize, _shape: &[usize]) -> Vec<(&'static str, usize)> {
        vec![("m", n), ("v", n)]
    }

    fn update<T: Real>(&mut self, mut turn: Turn<'_, T>) {
        let LambSettings { beta1, beta2, eps, weight_decay, debias, .. } = self.0;
        let lambda = T::of(if turn.decay { weight_decay } else { 0.0 });
        let t = turn.t as f64;
        let (bias1, bias2) = (1.0 - beta1.powf(t), 1.0 - beta2.powf(t));
        let (inside1, inside2, outside) = if debias { (bias1, bias2, 1.0) } else { (1.0, 1.0, bias1) };
        let (fresh1, fresh2) = (T::of(1.0 - beta1), T::of(1.0 - beta2));
        let (beta1, beta2, root_eps) = (T::of(beta1), T::of(beta2), T::of(eps));
        let (inside1, inside2) = (T::of(inside1), T::of(inside2.sqrt()));

        // These operations, in this order, are those of pytorch_optimizer with PyTorch's vector loops, digit for digit.
        let one = T::of(1.0);
        let direction = move |x: T, m: T, v: T| m / inside1 * (one / (v.sqrt() / inside2 + root_eps)) + lambda * x;
        turn.reborrow().each(|_, g, [m, v]| {
            *m = fresh1.times_plus(g, *m * beta1);
            *v = (fresh2 * g).times_plus(g, *v * beta2);
        });
        let square = |z: T| z.to_f64() * z.to_f64();
        let (x, m, v) = (&*turn.x, &*turn.slots[0], &*turn.slots[1]);
        let length = sum(x.len(), |i| square(x[i])).sqrt().min(LONGEST);
        let step_length = sum(x.len(), |i| square(direction(x[i], m[i], v[i]))).sqrt();
        let trust = if length == 0.0 || step_length == 0.0 { 1.0 } else { length / (step_length + eps) };
        let (trust, step) = (T::of(trust), T::of(-turn.lr / outside));
        turn.each(|x, _, [m, v]| *x = step.times_plus(trust * direction(*x, *m, *v), *x));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    #[test]
    fn a_step_is_as_long_as_its_share_of_the_parameter() {
        for (x, wanted) in [([3.0_f64, 4.0], 0.05), ([300.0, 400.0], 0.1)] {
            let mut opt = lamb(LambSettings { lr: 0.01, debias: true, ..Default::default() }).unwrap();
            let mut y = x;
            opt.step(&mut [Param::new(&mut y, &[0.7, -123.0])]).unwrap();
            let length = ((x[0] - y[0]).powi(2) + (x[1] - y[1]).powi(2)).sqrt();
            assert!((length - wanted).abs() < 1e-6, "{length}");
        }
    }

    #[test]
    fn a_parameter_of_zeros_still_moves() {
        let mut opt = lamb(LambSettings { lr: 0.01, debias: true, ..Default::default() }).unwrap();
        let mut x = [0.0_f64; 2];
        opt.step(&mut [Param::new(&mut x, &[1.0, -1.0])]).unwrap();
        assert!((x[0] + 0.01).abs() < 1e-7 && (x[1] - 0.01).abs() < 1e-7, "{x:?}");
    }
}
