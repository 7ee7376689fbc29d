//! Averaged SGD: gradient descent whose answer is the mean of the points it visited.
//!
//! Polyak & Juditsky (1992), with the step sizes of Bottou's sgd and PyTorch: `lr / (1 + lambda lr t)^alpha`. The
//! parameters are those of the descent; [`Optimizer::averaged`] gives the mean.

use super::ranges::not_negative;
use super::{Optimizer, Real, Rule, Schedule, Turn};
use crate::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`asgd`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AsgdSettings {
    /// Learning rate of the first step, at least 0. Default 0.01.
    pub lr: f64,
    /// How fast the rate falls, and how strongly each step shrinks the parameter, at least 0. Default 1e-4.
    pub lambda: f64,
    /// Power with which the rate falls, at least 0. Default 0.75.
    pub alpha: f64,
    /// Steps before the mean begins; until then it is the point itself. Default 1,000,000.
    pub start: u64,
    /// Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.
    pub weight_decay: f64,
    /// How the learning rate changes over the run. Default: not at all.
    pub schedule: Schedule,
}

impl Default for AsgdSettings {
    fn default() -> Self {
        Self { lr: 0.01, lambda: 1e-4, alpha: 0.75, start: 1_000_000, weight_decay: 0.0, schedule: Schedule::default() }
    }
}

struct Asgd(AsgdSettings);

/// Averaged SGD.
///
/// # Errors
/// When a setting is out of its range.
pub fn asgd(settings: AsgdSettings) -> Result<Optimizer> {
    let AsgdSettings { lr, lambda, alpha, start: _, weight_decay, ref schedule } = settings;
    not_negative("asgd", "lambda", lambda)?;
    not_negative("asgd", "alpha", alpha)?;
    not_negative("asgd", "weight_decay", weight_decay)?;
    let schedule = schedule.clone();
    Optimizer::new(Asgd(settings), lr, schedule)
}

impl Rule for Asgd {
    fn name(&self) -> &'static str {
        "asgd"
    }

    fn slots(&self, n: usize, _shape: &[usize]) -> Vec<(&'static str, usize)> {
        vec![("mean", n)]
    }

    fn update<T: Real>(&mut self, turn: Turn<'_, T>) {
        let AsgdSettings { lambda, alpha, start, weight_decay, .. } = self.0;
        let weight_decay = T::of(if turn.decay { weight_decay } else { 0.0 });
        let before = (turn.t - 1) as f64;
        let eta = turn.lr / (1.0 + lambda * turn.lr * before).powf(alpha);
        let (keep, eta) = (T::of(1.0 - lambda * eta), T::of(eta));
        let mu = T::of(1.0 / (turn.t.saturating_sub(start).max(1)) as f64);
        let all = turn.t <= start + 1;
        turn.each(|x, g, [mean]| {
            let g = g + weight_decay * *x;
            *x = *x * keep;
            *x += -eta * g;
            *mean = if all { *x } else { *mean + mu * (*x - *mean) };
        });
    }

    fn averages(&self) -> bool {
        true
    }

    fn average<T: Real>(&self, x: &mut [T], slots: &[&[T]]) {
        x.copy_from_slice(slots[0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    #[test]
    fn the_mean_of_the_points_visited_by_hand() {
        let settings = AsgdSettings { lr: 1.0, lambda: 0.0, start: 0, ..Default::default() };
        let mut opt = asgd(settings).unwrap();
        let mut x = [0.0_f64];
        for g in [-1.0, -1.0, 3.0] {
            opt.step(&mut [Param::new(&mut x, &[g])]).unwrap();
        }
        assert_eq!(x, [-1.0]); // 1, 2, -1
        assert!((opt.averaged(0, &x).unwrap()[0] - 2.0 / 3.0).abs() < 1e-15);
    }
}
