//! Stochastic gradient descent, plain or with momentum.
//!
//! Momentum: Polyak (1964); Nesterov's look-ahead in the form of Sutskever et al. (2013), ICML, equations 3 and 4,
//! as PyTorch writes it: the rate multiplies the whole velocity, so that a changed rate acts at once, and the first
//! velocity is the first gradient.

use super::{Optimizer, Real, Rule, Schedule, Turn};
use crate::Result;
use crate::error::ensure_setting;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`sgd`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SgdSettings {
    /// Learning rate: the step per unit of gradient, at least 0. Default 0.001.
    pub lr: f64,
    /// Share of the velocity kept from step to step, in [0, 1). Default 0: no momentum.
    pub momentum: f64,
    /// Share of the gradient kept out of the velocity, in [0, 1]. Default 0.
    pub dampening: f64,
    /// Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.
    pub weight_decay: f64,
    /// Look ahead along the velocity (needs momentum and no dampening). Default false.
    pub nesterov: bool,
    /// How the learning rate changes over the run. Default: not at all.
    pub schedule: Schedule,
}

impl Default for SgdSettings {
    fn default() -> Self {
        Self {
            lr: 1e-3,
            momentum: 0.0,
            dampening: 0.0,
            weight_decay: 0.0,
            nesterov: false,
            schedule: Schedule::default(),
        }
    }
}

struct Sgd(SgdSettings);

/// Stochastic gradient descent.
///
/// # Errors
/// When a setting is out of its range.
pub fn sgd(settings: SgdSettings) -> Result<Optimizer> {
    let SgdSettings { lr, momentum, dampening, weight_decay, nesterov, ref schedule } = settings;
    ensure_setting((0.0..1.0).contains(&momentum), "sgd", "momentum", "in [0, 1)", momentum)?;
    ensure_setting((0.0..=1.0).contains(&dampening), "sgd", "dampening", "in [0, 1]", dampening)?;
    let finite = 0.0..f64::INFINITY;
    ensure_setting(finite.contains(&weight_decay), "sgd", "weight_decay", "finite and at least 0", weight_decay)?;
    let look_ahead = !nesterov || (momentum > 0.0 && dampening == 0.0);
    ensure_setting(look_ahead, "sgd", "nesterov", "false without momentum or with dampening", nesterov)?;
    let schedule = schedule.clone();
    Optimizer::new(Sgd(settings), lr, schedule)
}

impl Rule for Sgd {
    fn name(&self) -> &'static str {
        "sgd"
    }

    fn slots(&self, n: usize, _shape: &[usize]) -> Vec<(&'static str, usize)> {
        if self.0.momentum == 0.0 { vec![] } else { vec![("velocity", n)] }
    }

    fn update<T: Real>(&mut self, turn: Turn<'_, T>) {
        let SgdSettings { momentum, dampening, weight_decay, nesterov, .. } = self.0;
        let lambda = T::of(if turn.decay { weight_decay } else { 0.0 });
        let (lr, mu) = (T::of(turn.lr), T::of(momentum));
        let fresh = T::of(if turn.t == 1 { 1.0 } else { 1.0 - dampening });
        if momentum == 0.0 {
            turn.each(|x, g, []| *x += -lr * (g + lambda * *x));
        } else if nesterov {
            turn.each(|x, g, [v]| {
                let g = g + lambda * *x;
                *v = mu * *v + fresh * g;
                *x += -lr * (g + mu * *v);
            });
        } else {
            turn.each(|x, g, [v]| {
                *v = mu * *v + fresh * (g + lambda * *x);
                *x += -lr * *v;
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    fn two_steps(settings: SgdSettings) -> [f64; 2] {
        let mut opt = sgd(SgdSettings { lr: 1.0, ..settings }).unwrap();
        let mut x = [0.0];
        [(), ()].map(|()| {
            opt.step(&mut [Param::new(&mut x, &[-1.0])]).unwrap();
            x[0]
        })
    }

    #[test]
    fn two_steps_by_hand() {
        assert_eq!(two_steps(SgdSettings::default()), [1.0, 2.0]);
        // velocity 1, then 0.5 + 1
        assert_eq!(two_steps(SgdSettings { momentum: 0.5, ..Default::default() }), [1.0, 2.5]);
        // 1 + 0.5 * 1, then 1 + 0.5 * 1.5 more
        assert_eq!(two_steps(SgdSettings { momentum: 0.5, nesterov: true, ..Default::default() }), [1.5, 3.25]);
        // velocity 1, then 0.5 + 0.5: the first gradient is not dampened
        assert_eq!(two_steps(SgdSettings { momentum: 0.5, dampening: 0.5, ..Default::default() }), [1.0, 2.0]);
    }

    #[test]
    fn nesterov_without_momentum_is_refused() {
        let error = sgd(SgdSettings { nesterov: true, ..Default::default() }).unwrap_err();
        assert!(error.to_string().starts_with("sgd: `nesterov` must be false"), "{error}");
    }
}
