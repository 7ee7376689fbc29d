//! Lion: every coordinate moves by the same length, along the sign of a blend of momentum and gradient.
//!
//! Chen et al. (2023), arXiv:2302.06675, Algorithm 2.

use super::ranges::{not_negative, rate};
use super::{Optimizer, Real, Rule, Schedule, Turn};
use crate::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`lion`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LionSettings {
    /// Learning rate: the length of a step in each coordinate, at least 0; a third to a tenth of AdamW's serves well.
    /// Default 1e-4.
    pub lr: f64,
    /// Share of the momentum in the blend whose sign is followed, in [0, 1). Default 0.9.
    pub beta1: f64,
    /// Decay of the momentum, in [0, 1). Default 0.99.
    pub beta2: f64,
    /// Weight decay: each step first shrinks the parameter by the share `lr * weight_decay`, at least 0. Default 0.
    pub weight_decay: f64,
    /// How the learning rate changes over the run. Default: not at all.
    pub schedule: Schedule,
}

impl Default for LionSettings {
    fn default() -> Self {
        Self { lr: 1e-4, beta1: 0.9, beta2: 0.99, weight_decay: 0.0, schedule: Schedule::default() }
    }
}

struct Lion(LionSettings);

/// Lion.
///
/// # Errors
/// When a setting is out of its range.
pub fn lion(settings: LionSettings) -> Result<Optimizer> {
    let LionSettings { lr, beta1, beta2, weight_decay, ref schedule } = settings;
    rate("lion", "beta1", beta1)?;
    rate("lion", "beta2", beta2)?;
    not_negative("lion", "weight_decay", weight_decay)?;
    let schedule = schedule.clone();
    Optimizer::new(Lion(settings), lr, schedule)
}

impl Rule for Lion {
    fn name(&self) -> &'static str {
        "lion"
    }

    fn slots(&self, n: usize, _shape: &[usize]) -> Vec<(&'static str, usize)> {
        vec![("m", n)]
    }

    fn update<T: Real>(&mut self, turn: Turn<'_, T>) {
        let LionSettings { beta1, beta2, weight_decay, .. } = self.0;
        let keep = T::of(if turn.decay { 1.0 - turn.lr * weight_decay } else { 1.0 });
        let (lr, zero) = (T::of(turn.lr), T::of(0.0));
        let (fresh1, fresh2) = (T::of(1.0 - beta1), T::of(1.0 - beta2));
        let (beta1, beta2) = (T::of(beta1), T::of(beta2));
        turn.each(|x, g, [m]| {
            let c = *m * beta1 + fresh1 * g;
            *m = *m * beta2 + fresh2 * g;
            let sign = if c > zero {
                lr
            } else if c < zero {
                -lr
            } else {
                zero
            };
            *x = *x * keep + -sign;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    #[test]
    fn momentum_outvotes_a_small_gradient() {
        let mut opt = lion(LionSettings { lr: 1.0, beta1: 0.5, beta2: 0.5, ..Default::default() }).unwrap();
        let mut x = [10.0_f64, 0.0];
        opt.step(&mut [Param::new(&mut x, &[4.0, 0.0])]).unwrap();
        assert_eq!(x, [9.0, 0.0]); // m = (2, 0)
        opt.step(&mut [Param::new(&mut x, &[-1.0, -1.0])]).unwrap();
        assert_eq!(x, [8.0, 1.0]); // blends 0.5 and -0.5
    }
}
