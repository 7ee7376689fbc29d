//! AdaHessian: Adam that divides by the size of the Hessian's diagonal instead of the gradient's.
//!
//! Yao et al. (2021), arXiv:2006.00719, Algorithm 1, without its averaging over blocks. Each step wants an estimate of
//! the diagonal, such as `z ∘ Hz` with a probe `z` of random signs (see [`probe`](super::probe)).

use super::ranges::{not_negative, positive, rate};
use super::{Optimizer, Real, Rule, Schedule, Turn};
use crate::Result;
use crate::error::ensure_setting;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`adahessian`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdahessianSettings {
    /// Learning rate: the share of Newton's step that is taken, at least 0. Default 0.1.
    pub lr: f64,
    /// Decay of the running mean of gradients, in [0, 1). Default 0.9.
    pub beta1: f64,
    /// Decay of the running mean of squared curvatures, in [0, 1). Default 0.999.
    pub beta2: f64,
    /// Added to the denominator so that it never reaches zero, above 0. Default 1e-16.
    pub eps: f64,
    /// Power of the curvature that is divided by, in (0, 1]. Default 1.
    pub hessian_power: f64,
    /// Weight decay: each step first shrinks the parameter by the share `lr * weight_decay`, at least 0. Default 0.
    pub weight_decay: f64,
    /// How the learning rate changes over the run. Default: not at all.
    pub schedule: Schedule,
}

impl Default for AdahessianSettings {
    fn default() -> Self {
        Self {
            lr: 0.1,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-16,
            hessian_power: 1.0,
            weight_decay: 0.0,
            schedule: Schedule::default(),
        }
    }
}

struct Adahessian(AdahessianSettings);

/// AdaHessian.
///
/// # Errors
/// When a setting is out of its range.
pub fn adahessian(settings: AdahessianSettings) -> Result<Optimizer> {
    let AdahessianSettings { lr, beta1, beta2, eps, hessian_power: k, weight_decay, ref schedule } = settings;
    rate("adahessian", "beta1", beta1)?;
    rate("adahessian", "beta2", beta2)?;
    positive("adahessian", "eps", eps)?;
    ensure_setting(k > 0.0 && k <= 1.0, "adahessian", "hessian_power", "in (0, 1]", k)?;
    not_negative("adahessian", "weight_decay", weight_decay)?;
    let schedule = schedule.clone();
    Optimizer::new(Adahessian(settings), lr, schedule)
}

impl Rule for Adahessian {
    fn name(&self) -> &'static str {
        "adahessian"
    }

    fn slots(&self, n: usize, _shape: &[usize]) -> Vec<(&'static str, usize)> {
        vec![("m", n), ("v", n)]
    }

    fn needs_curvature(&self, _t: u64) -> bool {
        true
    }

    fn update<T: Real>(&mut self, turn: Turn<'_, T>) {
        let AdahessianSettings { beta1, beta2, eps, hessian_power: k, weight_decay, .. } = self.0;
        let t = turn.t as f64;
        let keep = T::of(if turn.decay { 1.0 - turn.lr * weight_decay } else { 1.0 });
        let step = T::of(turn.lr / (1.0 - beta1.powf(t)));
        let bias2 = T::of(1.0 - beta2.powf(t));
        let (fresh1, fresh2) = (T::of(1.0 - beta1), T::of(1.0 - beta2));
        let (beta1, beta2, eps) = (T::of(beta1), T::of(beta2), T::of(eps));
        let root = move |x: &mut T, g: T, d: T, m: &mut T, v: &mut T| {
            *x = *x * keep;
            *m = *m * beta1 + fresh1 * g;
            *v = *v * beta2 + fresh2 * d * d;
            (*v / bias2).sqrt()
        };
        if k == 1.0 {
            turn.each_with_curvature(|x, g, d, [m, v]| {
                let size = root(x, g, d, m, v);
                *x += -step * *m / (size + eps);
            });
        } else {
            turn.each_with_curvature(|x, g, d, [m, v]| {
                let size = T::of(root(x, g, d, m, v).to_f64().powf(k));
                *x += -step * *m / (size + eps);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    #[test]
    fn the_first_step_is_a_share_of_newtons() {
        let mut opt = adahessian(AdahessianSettings { lr: 0.5, ..Default::default() }).unwrap();
        let mut x = [1.0_f64, -2.0];
        let g = [1e4 * x[0], 3.0 * x[1]];
        opt.step(&mut [Param::new(&mut x, &g).hessian(&[1e4, 3.0])]).unwrap();
        assert!((x[0] - 0.5).abs() < 1e-12 && (x[1] + 1.0).abs() < 1e-12, "{x:?}");
    }

    #[test]
    fn a_quadratic_of_condition_10_000_is_solved_to_a_millionth_in_200_steps() {
        for lr in [0.1, 0.15] {
            let curvature = [1.0, 1e1, 1e2, 1e3, 1e4];
            let mut opt = adahessian(AdahessianSettings { lr, ..Default::default() }).unwrap();
            let mut x = [1.0_f64; 5];
            for _ in 0..200 {
                let g: Vec<f64> = x.iter().zip(curvature).map(|(x, c)| c * x).collect();
                opt.step(&mut [Param::new(&mut x, &g).hessian(&curvature)]).unwrap();
            }
            let f: f64 = x.iter().zip(curvature).map(|(x, c)| 0.5 * c * x * x).sum();
            assert!(f < 1e-6, "lr {lr}: {f:e}");
        }
    }

    #[test]
    fn a_step_without_curvature_is_refused() {
        let mut opt = adahessian(AdahessianSettings::default()).unwrap();
        assert!(opt.needs_curvature());
        let error = opt.step(&mut [Param::new(&mut [1.0], &[1.0])]).unwrap_err().to_string();
        assert!(error.starts_with("adahessian: parameter 0 comes without its curvature"), "{error}");
        assert_eq!(opt.t(), 0);
    }
}
