//! Adadelta: steps measured in the parameter's own units, from the ratio of two running squares.
//!
//! Zeiler (2012), arXiv:1212.5701, Algorithm 1; the learning rate on top of it is PyTorch's.

use super::ranges::{not_negative, positive, rate};
use super::{Optimizer, Real, Rule, Schedule, Turn};
use crate::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`adadelta`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdadeltaSettings {
    /// Learning rate: a factor on the step that the rule finds, at least 0. Default 1.
    pub lr: f64,
    /// Decay of both running squares, in [0, 1). Default 0.9.
    pub rho: f64,
    /// Added to both squares; the first steps have about the length `sqrt(10 * eps)`, above 0. Default 1e-6.
    pub eps: f64,
    /// Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.
    pub weight_decay: f64,
    /// How the learning rate changes over the run. Default: not at all.
    pub schedule: Schedule,
}

impl Default for AdadeltaSettings {
    fn default() -> Self {
        Self { lr: 1.0, rho: 0.9, eps: 1e-6, weight_decay: 0.0, schedule: Schedule::default() }
    }
}

struct Adadelta(AdadeltaSettings);

/// Adadelta.
///
/// # Errors
/// When a setting is out of its range.
pub fn adadelta(settings: AdadeltaSettings) -> Result<Optimizer> {
    let AdadeltaSettings { lr, rho, eps, weight_decay, ref schedule } = settings;
    rate("adadelta", "rho", rho)?;
    positive("adadelta", "eps", eps)?;
    not_negative("adadelta", "weight_decay", weight_decay)?;
    let schedule = schedule.clone();
    Optimizer::new(Adadelta(settings), lr, schedule)
}

impl Rule for Adadelta {
    fn name(&self) -> &'static str {
        "adadelta"
    }

    fn slots(&self, n: usize, _shape: &[usize]) -> Vec<(&'static str, usize)> {
        vec![("g2", n), ("dx2", n)]
    }

    fn update<T: Real>(&mut self, turn: Turn<'_, T>) {
        let AdadeltaSettings { rho, eps, weight_decay, .. } = self.0;
        let lambda = T::of(if turn.decay { weight_decay } else { 0.0 });
        let (lr, rho, fresh, eps) = (T::of(turn.lr), T::of(rho), T::of(1.0 - rho), T::of(eps));
        turn.each(|x, g, [g2, dx2]| {
            let g = g + lambda * *x;
            *g2 = *g2 * rho + fresh * g * g;
            let dx = (*dx2 + eps).sqrt() / (*g2 + eps).sqrt() * g;
            *dx2 = *dx2 * rho + fresh * dx * dx;
            *x += -lr * dx;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    #[test]
    fn the_first_step_by_hand() {
        // sqrt(0.01) / sqrt(0.36 * 0.5 + 0.01) * 0.6 is 0.06 / sqrt(0.19)
        let mut opt = adadelta(AdadeltaSettings { rho: 0.5, eps: 0.01, ..Default::default() }).unwrap();
        let mut x = [1.0_f64];
        opt.step(&mut [Param::new(&mut x, &[0.6])]).unwrap();
        assert!((x[0] - (1.0 - 0.06 / 0.19_f64.sqrt())).abs() < 1e-15, "{x:?}");
    }
}
