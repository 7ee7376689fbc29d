//! Prodigy: Adam that finds its own learning rate, from how far the gradients say there is to go.
//!
//! Mishchenko & Defazio (2024), arXiv:2306.06101, Algorithm 4. One estimate `d` serves all parameters together.

use super::param::sum;
use super::ranges::{not_negative, positive, rate};
use super::{Optimizer, Real, Rule, Schedule, Turn};
use crate::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`prodigy`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ProdigySettings {
    /// Factor on the rate that it finds, at least 0; leave it at 1. Default 1.
    pub lr: f64,
    /// Decay of the running mean of gradients, in [0, 1). Default 0.9.
    pub beta1: f64,
    /// Decay of the running mean of squared gradients, in [0, 1). Default 0.999.
    pub beta2: f64,
    /// Added to the denominator so that it never reaches zero, above 0. Default 1e-8.
    pub eps: f64,
    /// First guess of the distance to the minimum, far too small on purpose, above 0. Default 1e-6.
    pub d0: f64,
    /// Factor on the estimated distance, above 0. Default 1.
    pub d_coef: f64,
    /// Weight decay: each step shrinks the parameter by the share `lr * d * weight_decay`, at least 0. Default 0.
    pub weight_decay: f64,
    /// How the learning rate changes over the run. Default: not at all.
    pub schedule: Schedule,
}

impl Default for ProdigySettings {
    fn default() -> Self {
        Self {
            lr: 1.0,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            d0: 1e-6,
            d_coef: 1.0,
            weight_decay: 0.0,
            schedule: Schedule::default(),
        }
    }
}

struct Prodigy {
    settings: ProdigySettings,
    d: f64,      // estimated distance to the minimum
    r: f64,      // running sum of lr d² <g, x0 - x>
    s_norm: f64, // sum of |s| over all parameters, in this step
}

/// Prodigy.
///
/// # Errors
/// When a setting is out of its range.
pub fn prodigy(settings: ProdigySettings) -> Result<Optimizer> {
    let ProdigySettings { lr, beta1, beta2, eps, d0, d_coef, weight_decay, ref schedule } = settings;
    rate("prodigy", "beta1", beta1)?;
    rate("prodigy", "beta2", beta2)?;
    positive("prodigy", "eps", eps)?;
    positive("prodigy", "d0", d0)?;
    positive("prodigy", "d_coef", d_coef)?;
    not_negative("prodigy", "weight_decay", weight_decay)?;
    let schedule = schedule.clone();
    Optimizer::new(Prodigy { settings, d: d0, r: 0.0, s_norm: 0.0 }, lr, schedule)
}

impl Rule for Prodigy {
    fn name(&self) -> &'static str {
        "prodigy"
    }

    fn slots(&self, n: usize, _shape: &[usize]) -> Vec<(&'static str, usize)> {
        vec![("m", n), ("v", n), ("s", n), ("x0", n)]
    }

    fn begin_step(&mut self, _t: u64) {
        if self.s_norm > 0.0 {
            let found = self.settings.d_coef * self.r / self.s_norm;
            if found.is_finite() {
                self.d = self.d.max(found);
            }
        }
        self.r *= self.settings.beta2.sqrt();
        self.s_norm = 0.0;
    }

    fn update<T: Real>(&mut self, mut turn: Turn<'_, T>) {
        let ProdigySettings { beta1, beta2, eps, weight_decay, .. } = self.settings;
        if turn.t == 1 {
            let (x, x0) = (&*turn.x, &mut turn.slots[3]);
            x0.copy_from_slice(x);
        }
        let (x, g, x0) = (&*turn.x, turn.g, &*turn.slots[3]);
        let d = self.d;
        let fresh3 = (1.0 - beta2.sqrt()) * turn.lr * d * d;
        self.r += fresh3 * sum(x.len(), |i| g[i].to_f64() * (x0[i].to_f64() - x[i].to_f64()));

        let keep = T::of(if turn.decay { 1.0 - turn.lr * d * weight_decay } else { 1.0 });
        let step = T::of(turn.lr * d);
        let (fresh1, fresh2, fresh3) = (T::of((1.0 - beta1) * d), T::of((1.0 - beta2) * d * d), T::of(fresh3));
        let (beta1, beta3) = (T::of(beta1), T::of(beta2.sqrt()));
        let (beta2, eps) = (T::of(beta2), T::of(d * eps));
        turn.reborrow().each(|x, g, [m, v, s, _x0]| {
            *m = *m * beta1 + fresh1 * g;
            *v = *v * beta2 + fresh2 * g * g;
            *s = *s * beta3 + fresh3 * g;
            *x = *x * keep + -step * *m / (v.sqrt() + eps);
        });
        let s = &*turn.slots[2];
        self.s_norm += sum(s.len(), |i| s[i].to_f64().abs());
    }

    fn scalars(&self) -> Vec<(&'static str, f64)> {
        vec![("d", self.d), ("r", self.r), ("s_norm", self.s_norm)]
    }

    fn load_scalars(&mut self, numbers: &[f64]) {
        [self.d, self.r, self.s_norm] = numbers.try_into().expect("as many numbers as it gave");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    #[test]
    fn the_rate_is_found_whatever_the_scale() {
        for scale in [1e-2, 1.0, 1e2] {
            let mut opt = prodigy(ProdigySettings::default()).unwrap();
            let (mut x, target) = ([0.0_f64; 2], [3.0 * scale, -scale]);
            for _ in 0..1000 {
                let g = [x[0] - target[0], x[1] - target[1]];
                opt.step(&mut [Param::new(&mut x, &g)]).unwrap();
            }
            let error = ((x[0] - target[0]).abs() + (x[1] - target[1]).abs()) / scale;
            assert!(error < 1e-2, "scale {scale}: {x:?}");
        }
    }

    #[test]
    fn the_first_step_by_hand() {
        // d0 (1 - beta1) g d0 / (d0 sqrt(1 - beta2) g) = d0 * 0.1 / sqrt(0.001)
        let mut opt = prodigy(ProdigySettings { d0: 0.5, ..Default::default() }).unwrap();
        let mut x = [1.0_f64];
        opt.step(&mut [Param::new(&mut x, &[40.0])]).unwrap();
        assert!((x[0] - (1.0 - 0.05 / 0.001_f64.sqrt())).abs() < 1e-6, "{x:?}");
    }
}
