//! Schedule-free AdamW: averaging in place of a falling learning rate.
//!
//! Defazio et al. (2024), arXiv:2405.15682, Algorithm 1 with Adam's denominator. The parameters hold the paper's `y`,
//! where gradients are taken; [`Optimizer::averaged`] gives its `x`, the point to use.

use super::ranges::{not_negative, positive, rate};
use super::{Optimizer, Real, Rule, Schedule, Turn};
use crate::Result;
use crate::error::ensure_setting;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`schedulefree`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SchedulefreeSettings {
    /// Learning rate: about the length of a step in each coordinate, at least 0. Default 0.0025.
    pub lr: f64,
    /// Place of the gradient's point between the fast sequence (0) and the mean (1), in (0, 1). Default 0.9.
    pub beta1: f64,
    /// Decay of the running mean of squared gradients, in [0, 1). Default 0.999.
    pub beta2: f64,
    /// Added to the denominator so that it never reaches zero, above 0. Default 1e-8.
    pub eps: f64,
    /// Weight decay: this times the parameter is added to Adam's direction, at least 0. Default 0.
    pub weight_decay: f64,
    /// How the learning rate changes over the run: a warm-up serves, a fall is not needed. Default: not at all.
    pub schedule: Schedule,
}

impl Default for SchedulefreeSettings {
    fn default() -> Self {
        Self { lr: 2.5e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0, schedule: Schedule::default() }
    }
}

struct Schedulefree(SchedulefreeSettings);

/// Schedule-free AdamW.
///
/// # Errors
/// When a setting is out of its range.
pub fn schedulefree(settings: SchedulefreeSettings) -> Result<Optimizer> {
    let SchedulefreeSettings { lr, beta1, beta2, eps, weight_decay, ref schedule } = settings;
    ensure_setting(beta1 > 0.0 && beta1 < 1.0, "schedulefree", "beta1", "in (0, 1)", beta1)?;
    rate("schedulefree", "beta2", beta2)?;
    positive("schedulefree", "eps", eps)?;
    not_negative("schedulefree", "weight_decay", weight_decay)?;
    let schedule = schedule.clone();
    Optimizer::new(Schedulefree(settings), lr, schedule)
}

impl Rule for Schedulefree {
    fn name(&self) -> &'static str {
        "schedulefree"
    }

    fn slots(&self, n: usize, _shape: &[usize]) -> Vec<(&'static str, usize)> {
        vec![("z", n), ("v", n), ("lr", 2)] // the largest rate so far, and the sum of squared largest rates
    }

    fn update<T: Real>(&mut self, mut turn: Turn<'_, T>) {
        let SchedulefreeSettings { beta1, beta2, eps, weight_decay, .. } = self.0;
        let lambda = T::of(if turn.decay { weight_decay } else { 0.0 });
        let rates = turn.slots.pop().expect("the rates are the last state vector");
        let largest = turn.lr.max(rates[0].to_f64());
        let total = rates[1].to_f64() + largest * largest;
        (rates[0], rates[1]) = (T::of(largest), T::of(total));
        let c = if total > 0.0 { largest * largest / total } else { 0.0 };

        let first = turn.t == 1;
        let root_bias2 = T::of((1.0 - beta2.powf(turn.t as f64)).sqrt());
        let y_step = T::of(turn.lr * (1.0 - beta1 * (1.0 - c)));
        let (lr, c, fresh2) = (T::of(turn.lr), T::of(c), T::of(1.0 - beta2));
        let (beta2, eps) = (T::of(beta2), T::of(eps));
        turn.each(|y, g, [z, v]| {
            if first {
                *z = *y;
            }
            *v = *v * beta2 + fresh2 * g * g;
            let step = g / (v.sqrt() / root_bias2 + eps) + lambda * *y;
            // y = (1 - beta1) z + beta1 x, after z has taken its step and x has moved towards it by the share c.
            *y = *y + c * (*z - *y) + -y_step * step;
            *z += -lr * step;
        });
    }

    fn averages(&self) -> bool {
        true
    }

    fn average<T: Real>(&self, x: &mut [T], slots: &[&[T]]) {
        let beyond = T::of(1.0 / self.0.beta1 - 1.0);
        x.iter_mut().zip(slots[0]).for_each(|(y, z)| *y += beyond * (*y - *z));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    #[test]
    fn the_three_sequences_keep_their_definitions() {
        let settings = SchedulefreeSettings { lr: 0.1, beta1: 0.8, ..Default::default() };
        let mut opt = schedulefree(settings).unwrap();
        let (mut y, mut z, mut x, mut v) = ([1.0_f64], 1.0, 1.0, 0.0);
        for t in 1..=20 {
            // The paper's lines, each sequence by itself.
            let g: f64 = 3.0 * y[0];
            v = 0.999 * v + 0.001 * g * g;
            z -= 0.1 * g / ((v / (1.0 - 0.999_f64.powi(t))).sqrt() + 1e-8);
            x += (z - x) / f64::from(t);
            opt.step(&mut [Param::new(&mut y, &[g])]).unwrap();
            assert!((y[0] - (0.2 * z + 0.8 * x)).abs() < 1e-12, "step {t}");
            assert!((opt.averaged(0, &y).unwrap()[0] - x).abs() < 1e-12, "step {t}");
        }
    }

    #[test]
    fn before_the_first_step_the_mean_is_the_point() {
        let opt = schedulefree(SchedulefreeSettings::default()).unwrap();
        assert_eq!(opt.averaged(0, &[3.0_f32]), Some(vec![3.0]));
    }
}
