//! RMSprop: gradients divided by their running root mean square.
//!
//! Tieleman & Hinton (2012), Coursera "Neural networks for machine learning", lecture 6.5; centered as in Graves (2013),
//! arXiv:1308.0850, equations 38 to 41. As in PyTorch, `eps` is added after the root and momentum acts on the quotient.

use super::ranges::{not_negative, positive, rate};
use super::{Optimizer, Real, Rule, Schedule, Turn};
use crate::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`rmsprop`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RmspropSettings {
    /// Learning rate: about the length of a step in each coordinate, at least 0. Default 0.01.
    pub lr: f64,
    /// Decay of the running mean of squared gradients, in [0, 1). Default 0.99.
    pub alpha: f64,
    /// Added to the denominator so that it never reaches zero, above 0. Default 1e-8.
    pub eps: f64,
    /// Share of the velocity kept from step to step, in [0, 1). Default 0: no momentum.
    pub momentum: f64,
    /// Divide by the gradient's standard deviation instead of its root mean square. Default false.
    pub centered: bool,
    /// Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.
    pub weight_decay: f64,
    /// How the learning rate changes over the run. Default: not at all.
    pub schedule: Schedule,
}

impl Default for RmspropSettings {
    fn default() -> Self {
        Self {
            lr: 0.01,
            alpha: 0.99,
            eps: 1e-8,
            momentum: 0.0,
            centered: false,
            weight_decay: 0.0,
            schedule: Schedule::default(),
        }
    }
}

struct Rmsprop(RmspropSettings);

/// RMSprop.
///
/// # Errors
/// When a setting is out of its range.
pub fn rmsprop(settings: RmspropSettings) -> Result<Optimizer> {
    let RmspropSettings { lr, alpha, eps, momentum, centered: _, weight_decay, ref schedule } = settings;
    rate("rmsprop", "alpha", alpha)?;
    positive("rmsprop", "eps", eps)?;
    rate("rmsprop", "momentum", momentum)?;
    not_negative("rmsprop", "weight_decay", weight_decay)?;
    let schedule = schedule.clone();
    Optimizer::new(Rmsprop(settings), lr, schedule)
}

impl Rule for Rmsprop {
    fn name(&self) -> &'static str {
        "rmsprop"
    }

    fn slots(&self, n: usize, _shape: &[usize]) -> Vec<(&'static str, usize)> {
        let mut slots = vec![("v", n)];
        if self.0.centered {
            slots.push(("mean", n));
        }
        if self.0.momentum > 0.0 {
            slots.push(("velocity", n));
        }
        slots
    }

    fn update<T: Real>(&mut self, turn: Turn<'_, T>) {
        let RmspropSettings { alpha, eps, momentum, centered, weight_decay, .. } = self.0;
        let lambda = T::of(if turn.decay { weight_decay } else { 0.0 });
        let (lr, alpha, fresh, eps) = (T::of(turn.lr), T::of(alpha), T::of(1.0 - alpha), T::of(eps));
        let mu = T::of(momentum);

        // The gradient over its running size.
        let plain = move |g: T, v: &mut T| {
            *v = *v * alpha + fresh * g * g;
            g / (v.sqrt() + eps)
        };
        let about_mean = move |g: T, v: &mut T, mean: &mut T| {
            *v = *v * alpha + fresh * g * g;
            *mean += fresh * (g - *mean);
            let variance = *v - *mean * *mean; // rounding may take it below zero
            g / ((if variance > T::of(0.0) { variance } else { T::of(0.0) }).sqrt() + eps)
        };
        match (centered, momentum > 0.0) {
            (false, false) => turn.each(|x, g, [v]| {
                let g = g + lambda * *x;
                *x += -lr * plain(g, v);
            }),
            (false, true) => turn.each(|x, g, [v, velocity]| {
                let g = g + lambda * *x;
                *velocity = mu * *velocity + plain(g, v);
                *x += -lr * *velocity;
            }),
            (true, false) => turn.each(|x, g, [v, mean]| {
                let g = g + lambda * *x;
                *x += -lr * about_mean(g, v, mean);
            }),
            (true, true) => turn.each(|x, g, [v, mean, velocity]| {
                let g = g + lambda * *x;
                *velocity = mu * *velocity + about_mean(g, v, mean);
                *x += -lr * *velocity;
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    fn two_steps(settings: RmspropSettings) -> [f64; 2] {
        let mut opt = rmsprop(RmspropSettings { lr: 1.0, alpha: 0.75, ..settings }).unwrap();
        let mut x = [0.0];
        [(), ()].map(|()| {
            opt.step(&mut [Param::new(&mut x, &[-4.0])]).unwrap();
            x[0]
        })
    }

    fn close(a: [f64; 2], b: [f64; 2]) {
        assert!((a[0] - b[0]).abs() < 1e-7 && (a[1] - b[1]).abs() < 1e-7, "{a:?} {b:?}");
    }

    #[test]
    fn two_steps_by_hand() {
        // v is 4, then 7
        close(two_steps(RmspropSettings::default()), [2.0, 2.0 + 4.0 / 7_f64.sqrt()]);
        let momentum = RmspropSettings { momentum: 0.5, ..Default::default() };
        close(two_steps(momentum), [2.0, 2.0 + 1.0 + 4.0 / 7_f64.sqrt()]);
        // the mean is 1, then 1.75: variances 3 and 7 - 3.0625
        let centered = RmspropSettings { centered: true, ..Default::default() };
        let first = 4.0 / 3_f64.sqrt();
        close(two_steps(centered.clone()), [first, first + 4.0 / 3.9375_f64.sqrt()]);
        let both = RmspropSettings { momentum: 0.5, ..centered };
        close(two_steps(both), [first, 1.5 * first + 4.0 / 3.9375_f64.sqrt()]);
    }
}
