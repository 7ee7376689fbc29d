//! L-BFGS: Newton's direction from the last few steps and changes of the gradient.
//!
//! Nocedal & Wright (2006), *Numerical Optimization*, algorithms 7.4 (the two loops) and 7.5, with a line search for
//! the strong Wolfe conditions. First step and constants are PyTorch's, so that trajectories agree.

use super::minimizer::{Desk, Ending, Limits, Minimizer, along, dot, finite, norm};
use super::stationary::stationary;
use super::wolfe::{Wolfe, wolfe};
use crate::Result;
use crate::error::ensure_setting;
use crate::optim::ranges::not_negative;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Settings of [`lbfgs`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LbfgsSettings {
    /// Steps at most. Default 1000.
    pub steps: u64,
    /// Evaluations at most. Default: no bound.
    pub evaluations: Option<u64>,
    /// Done when the gradient's length is at most this, at least 0. Default 1e-8.
    pub tolerance: f64,
    /// Past steps that are remembered, at least 1. Default 20.
    pub history: usize,
    /// Line search: the share of the slope's promise that f has to keep, in (0, 0.5). Default 1e-4.
    pub c1: f64,
    /// Line search: the share of the slope that may be left, in (c1, 1); 0.9 spends the fewest trials per step,
    /// less the fewest steps. Default 0.5.
    pub c2: f64,
}

impl Default for LbfgsSettings {
    fn default() -> Self {
        Self { steps: 1000, evaluations: None, tolerance: 1e-8, history: 20, c1: 1e-4, c2: 0.5 }
    }
}

/// Checks the constants of a line search.
pub(super) fn check_wolfe(what: &str, c1: f64, c2: f64) -> Result<()> {
    ensure_setting(c1 > 0.0 && c1 < 0.5, what, "c1", "in (0, 0.5)", c1)?;
    ensure_setting(c2 > c1 && c2 < 1.0, what, "c2", &format!("in ({c1}, 1)"), c2)
}

/// L-BFGS from `x0`.
///
/// # Errors
/// When a setting is out of its range, or `x0` is empty or not finite.
pub fn lbfgs(x0: Vec<f64>, settings: LbfgsSettings) -> Result<Minimizer> {
    let LbfgsSettings { steps, evaluations, tolerance, history, c1, c2 } = settings;
    not_negative("lbfgs", "tolerance", tolerance)?;
    ensure_setting(history >= 1, "lbfgs", "history", "at least 1", history)?;
    check_wolfe("lbfgs", c1, c2)?;
    let limits = Limits { steps, evaluations };
    Minimizer::new("lbfgs", &x0.clone(), limits, |desk| story(desk, x0, settings))
}

/// One past step.
struct Pair {
    s: Vec<f64>, // the step
    y: Vec<f64>, // the change of the gradient
    rho: f64,    // 1 / (s · y)
}

async fn story(desk: Desk, mut x: Vec<f64>, settings: LbfgsSettings) -> Result<Ending, Ending> {
    let search = Wolfe { c1: settings.c1, c2: settings.c2, most: 25, narrow: 1e-9 };
    let (mut f, mut g) = desk.gradient(&x).await?;
    if !finite(f, &g) {
        return Err(Ending::NotFinite);
    }
    if norm(&g) <= settings.tolerance {
        return stationary(&desk, &x, settings.tolerance, 0.0).await;
    }
    desk.may_step()?;
    let mut pairs: VecDeque<Pair> = VecDeque::new();
    let mut gamma = 1.0;
    loop {
        let fresh = pairs.is_empty();
        let mut d = two_loops(&g, &pairs, gamma);
        if dot(&d, &g) >= 0.0 || !dot(&d, &d).is_finite() {
            pairs.clear();
            gamma = 1.0;
            d = g.iter().map(|g| -g).collect();
        }
        let first = if fresh { (1.0 / g.iter().map(|g| g.abs()).sum::<f64>()).min(1.0) } else { 1.0 };
        let found = wolfe(&desk, &x, &d, (f, &g), first, &search).await?;
        if found.t == 0.0 {
            if !pairs.is_empty() {
                (pairs, gamma) = (VecDeque::new(), 1.0);
                continue;
            }
            return Err(nothing_lower(f, &g, &x));
        }
        let s: Vec<f64> = d.iter().map(|d| found.t * d).collect();
        let y = along(&found.g, -1.0, &g);
        x = along(&x, found.t, &d);
        (f, g) = (found.f, found.g);
        let sy = dot(&y, &s);
        if sy > 1e-10 * norm(&s) * norm(&y) {
            if pairs.len() == settings.history {
                pairs.pop_front();
            }
            gamma = sy / dot(&y, &y);
            pairs.push_back(Pair { s, y, rho: 1.0 / sy });
        }
        if norm(&g) <= settings.tolerance {
            let _ = desk.step_taken();
            return Ok(Ending::Converged);
        }
        desk.step_taken()?;
    }
}

/// The ending when no step down the gradient `g` is lower than `f`: converged if rounding hides what there is to gain.
pub(super) fn nothing_lower(f: f64, g: &[f64], x: &[f64]) -> Ending {
    let size = norm(x).max(1.0);
    if norm(g) * 1e-8 * size <= 1e-11 * f.abs().max(1e-12) { Ending::Converged } else { Ending::Stuck }
}

/// Algorithm 7.4: `-H g`.
fn two_loops(g: &[f64], pairs: &VecDeque<Pair>, gamma: f64) -> Vec<f64> {
    let mut q: Vec<f64> = g.iter().map(|g| -g).collect();
    let mut alphas = Vec::with_capacity(pairs.len());
    for Pair { s, y, rho } in pairs.iter().rev() {
        let alpha = dot(s, &q) * rho;
        q = along(&q, -alpha, y);
        alphas.push(alpha);
    }
    let mut r: Vec<f64> = q.iter().map(|q| gamma * q).collect();
    for (Pair { s, y, rho }, alpha) in pairs.iter().zip(alphas.iter().rev()) {
        let beta = dot(y, &r) * rho;
        r = along(&r, alpha - beta, s);
    }
    r
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn rosenbrock(x: &[f64]) -> Result<(f64, Vec<f64>)> {
        let (mut f, mut g) = (0.0, vec![0.0; x.len()]);
        for i in 0..x.len() - 1 {
            let (r, q) = (x[i + 1] - x[i] * x[i], 1.0 - x[i]);
            f += 100.0 * r * r + q * q;
            g[i] += -400.0 * r * x[i] - 2.0 * q;
            g[i + 1] += 200.0 * r;
        }
        Ok((f, g))
    }

    #[test]
    fn rosenbrock_in_ten_dimensions_is_solved() {
        let mut method = lbfgs(vec![-1.2; 10], LbfgsSettings::default()).unwrap();
        let report = method.run(&mut rosenbrock, |_| Ok(true)).unwrap();
        assert_eq!(report.ending, Some(Ending::Converged), "{report}");
        assert!(report.x.iter().all(|x| (x - 1.0).abs() < 1e-7) && report.evaluations < 200, "{report}");
    }

    #[test]
    fn a_quadratic_of_condition_a_million_is_solved() {
        let mut f = |x: &[f64]| -> Result<(f64, Vec<f64>)> {
            let c: Vec<f64> = (0..x.len()).map(|i| 10_f64.powf(6.0 * i as f64 / 19.0)).collect();
            Ok((
                0.5 * x.iter().zip(&c).map(|(x, c)| c * x * x).sum::<f64>(),
                x.iter().zip(&c).map(|(x, c)| c * x).collect(),
            ))
        };
        let mut method = lbfgs(vec![1.0; 20], LbfgsSettings::default()).unwrap();
        let report = method.run(&mut f, |_| Ok(true)).unwrap();
        assert!(report.ending == Some(Ending::Converged) && report.f < 1e-15, "{report}");
    }

    #[test]
    fn a_function_that_is_infinite_beyond_a_wall_is_minimised_on_this_side() {
        // x - log x, minimum 1 at 1, infinite at 0 and below
        let mut f = |x: &[f64]| -> Result<(f64, Vec<f64>)> {
            if x[0] <= 0.0 {
                Ok((f64::INFINITY, vec![f64::NAN]))
            } else {
                Ok((x[0] - x[0].ln(), vec![1.0 - 1.0 / x[0]]))
            }
        };
        for start in [1e-3, 30.0] {
            let mut method = lbfgs(vec![start], LbfgsSettings::default()).unwrap();
            let report = method.run(&mut f, |_| Ok(true)).unwrap();
            assert!((report.x[0] - 1.0).abs() < 1e-7, "{report}");
        }
        let mut method = lbfgs(vec![-1.0], LbfgsSettings::default()).unwrap();
        assert_eq!(method.run(&mut f, |_| Ok(true)).unwrap().ending, Some(Ending::NotFinite));
    }

    #[test]
    fn budgets_hold_and_the_best_point_is_returned() {
        for (settings, steps) in [
            (LbfgsSettings { steps: 3, ..Default::default() }, 3),
            (LbfgsSettings { steps: 0, ..Default::default() }, 0),
        ] {
            let mut method = lbfgs(vec![-1.2, 1.0], settings).unwrap();
            let report = method.run(&mut rosenbrock, |_| Ok(true)).unwrap();
            assert_eq!((report.ending, report.steps), (Some(Ending::Budget), steps));
            assert_eq!(report.f, rosenbrock(&report.x).unwrap().0);
        }
        let settings = LbfgsSettings { evaluations: Some(7), ..Default::default() };
        let report = lbfgs(vec![-1.2, 1.0], settings).unwrap().run(&mut rosenbrock, |_| Ok(true)).unwrap();
        assert_eq!((report.ending, report.evaluations), (Some(Ending::Budget), 7));
        let none = LbfgsSettings { evaluations: Some(0), ..Default::default() };
        assert_eq!(lbfgs(vec![1.0], none).unwrap().ending(), Some(Ending::Budget));
    }

    #[test]
    fn a_slope_without_a_bottom_ends() {
        let mut f = |x: &[f64]| -> Result<(f64, Vec<f64>)> { Ok((-x[0], vec![-1.0])) };
        let report = lbfgs(vec![0.0], LbfgsSettings::default()).unwrap().run(&mut f, |_| Ok(true)).unwrap();
        assert!(report.f < -1e6 && report.ending.is_some(), "{report}");
    }
}
