//! Sophia: the mean gradient over the Hessian's diagonal, clipped per coordinate.
//!
//! Liu et al. (2023), arXiv:2305.14342, Algorithm 3. Every so many steps it wants an estimate of the diagonal, such as
//! `z ∘ Hz` (the paper's Hutchinson estimator, Sophia-H). The step is written as in the library pytorch_optimizer:
//! `lr * clip(m / max(h, eps), clip)`; the paper's `rho` and `gamma` are `lr * clip` and `clip`.

use super::ranges::{not_negative, positive, rate};
use super::{Optimizer, Real, Rule, Schedule, Turn};
use crate::Result;
use crate::error::ensure_setting;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`sophia`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SophiaSettings {
    /// Learning rate: the share of Newton's step that is taken, at least 0. Default 0.06.
    pub lr: f64,
    /// Decay of the running mean of gradients, in [0, 1). Default 0.96.
    pub beta1: f64,
    /// Decay of the running mean of curvatures, in [0, 1). Default 0.99.
    pub beta2: f64,
    /// Longest step in each coordinate, before `lr` multiplies it, above 0. Default 0.01.
    pub clip: f64,
    /// Steps from one estimate of the curvature to the next, at least 1. Default 10.
    pub every: u64,
    /// The step with the first estimate, at least 1; all steps before it have the longest length. Default 1.
    pub start: u64,
    /// Least curvature that is divided by, above 0. Default 1e-12.
    pub eps: f64,
    /// Weight decay: each step first shrinks the parameter by the share `lr * weight_decay`, at least 0. Default 0.
    pub weight_decay: f64,
    /// How the learning rate changes over the run. Default: not at all.
    pub schedule: Schedule,
}

impl Default for SophiaSettings {
    fn default() -> Self {
        Self {
            lr: 0.06,
            beta1: 0.96,
            beta2: 0.99,
            clip: 0.01,
            every: 10,
            start: 1,
            eps: 1e-12,
            weight_decay: 0.0,
            schedule: Schedule::default(),
        }
    }
}

struct Sophia(SophiaSettings);

/// Sophia.
///
/// # Errors
/// When a setting is out of its range.
pub fn sophia(settings: SophiaSettings) -> Result<Optimizer> {
    let SophiaSettings { lr, beta1, beta2, clip, every, start, eps, weight_decay, ref schedule } = settings;
    rate("sophia", "beta1", beta1)?;
    rate("sophia", "beta2", beta2)?;
    positive("sophia", "clip", clip)?;
    ensure_setting(every >= 1, "sophia", "every", "at least 1", every)?;
    ensure_setting(start >= 1, "sophia", "start", "at least 1", start)?;
    positive("sophia", "eps", eps)?;
    not_negative("sophia", "weight_decay", weight_decay)?;
    let schedule = schedule.clone();
    Optimizer::new(Sophia(settings), lr, schedule)
}

impl Rule for Sophia {
    fn name(&self) -> &'static str {
        "sophia"
    }

    fn slots(&self, n: usize, _shape: &[usize]) -> Vec<(&'static str, usize)> {
        vec![("m", n), ("h", n)]
    }

    fn needs_curvature(&self, t: u64) -> bool {
        t.checked_sub(self.0.start).is_some_and(|since| since.is_multiple_of(self.0.every))
    }

    fn update<T: Real>(&mut self, turn: Turn<'_, T>) {
        let SophiaSettings { beta1, beta2, clip, eps, weight_decay, .. } = self.0;
        let keep = T::of(if turn.decay { 1.0 - turn.lr * weight_decay } else { 1.0 });
        let (lr, clip) = (T::of(turn.lr), T::of(clip));
        let (fresh1, fresh2) = (T::of(1.0 - beta1), T::of(1.0 - beta2));
        let (beta1, beta2, eps) = (T::of(beta1), T::of(beta2), T::of(eps));
        let work = move |x: &mut T, g: T, m: &mut T, h: T| {
            *x = *x * keep;
            *m = *m * beta1 + fresh1 * g;
            let newton = *m / if h > eps { h } else { eps };
            *x += -lr
                * if newton > clip {
                    clip
                } else if newton < -clip {
                    -clip
                } else {
                    newton
                };
        };
        if turn.h.is_some() {
            turn.each_with_curvature(|x, g, d, [m, h]| {
                *h = *h * beta2 + fresh2 * d;
                work(x, g, m, *h);
            });
        } else {
            turn.each(|x, g, [m, h]| work(x, g, m, *h));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    #[test]
    fn newtons_step_or_the_clip_and_negative_curvature_is_clipped() {
        let settings = SophiaSettings { lr: 1.0, beta1: 0.0, beta2: 0.0, clip: 0.5, ..Default::default() };
        let mut opt = sophia(settings).unwrap();
        let mut x = [0.0_f64; 3];
        opt.step(&mut [Param::new(&mut x, &[1.0, 1.0, 1.0]).hessian(&[4.0, 1.0, -9.0])]).unwrap();
        assert_eq!(x, [-0.25, -0.5, -0.5]);
    }

    #[test]
    fn curvature_is_wanted_every_so_often() {
        let mut opt = sophia(SophiaSettings { every: 3, ..Default::default() }).unwrap();
        let mut x = [1.0_f64];
        let wanted: Vec<bool> = (0..7)
            .map(|_| {
                let wanted = opt.needs_curvature();
                let param = Param::new(&mut x, &[1.0]);
                opt.step(&mut [if wanted { param.hessian(&[2.0]) } else { param }]).unwrap();
                wanted
            })
            .collect();
        assert_eq!(wanted, [true, false, false, true, false, false, true]);
    }
}
