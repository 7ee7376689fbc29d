//! Plain gradient descent that says how it ended: at a minimum, on flat ground, going to and fro, or out of steps.
//!
//! Constant steps, with momentum (Polyak 1964), or with a backtracking line search (Nocedal & Wright 2006, algorithm
//! 3.1).

use super::lbfgs::nothing_lower;
use super::minimizer::{Desk, Ending, Limits, Minimizer, along, dot, finite, norm};
use super::stationary::stationary;
use crate::Result;
use crate::error::ensure_setting;
use crate::optim::ranges::{not_negative, positive, rate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Settings of [`descend`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DescendSettings {
    /// Step per unit of gradient, above 0; with a line search the first trial. Default 0.01.
    pub lr: f64,
    /// Share of the velocity kept from step to step, in [0, 1). Default 0: no momentum.
    pub momentum: f64,
    /// Shorten steps until they go down, and lengthen them again when they do (needs no momentum). Default false.
    pub line_search: bool,
    /// Steps at most. Default 10,000.
    pub steps: u64,
    /// Evaluations at most. Default: no bound.
    pub evaluations: Option<u64>,
    /// Done when the gradient's length is at most this, at least 0. Default 1e-6.
    pub tolerance: f64,
}

impl Default for DescendSettings {
    fn default() -> Self {
        Self { lr: 0.01, momentum: 0.0, line_search: false, steps: 10_000, evaluations: None, tolerance: 1e-6 }
    }
}

/// Gradient descent from `x0`.
///
/// # Errors
/// When a setting is out of its range, or `x0` is empty or not finite.
pub fn descend(x0: Vec<f64>, settings: DescendSettings) -> Result<Minimizer> {
    let DescendSettings { lr, momentum, line_search, steps, evaluations, tolerance } = settings;
    positive("descend", "lr", lr)?;
    rate("descend", "momentum", momentum)?;
    let alone = !line_search || momentum == 0.0;
    ensure_setting(alone, "descend", "line_search", "false with momentum", line_search)?;
    not_negative("descend", "tolerance", tolerance)?;
    Minimizer::new("descend", &x0.clone(), Limits { steps, evaluations }, |desk| story(desk, x0, settings))
}

async fn story(desk: Desk, x0: Vec<f64>, settings: DescendSettings) -> Result<Ending, Ending> {
    let DescendSettings { lr, momentum, line_search, tolerance, .. } = settings;
    let mut x = x0.clone();
    let (mut f, mut g) = desk.gradient(&x).await?;
    let mut velocity = vec![0.0; x.len()];
    let mut t = lr;
    let mut watch = Watch::default();
    loop {
        if !finite(f, &g) {
            return Err(Ending::NotFinite);
        }
        if norm(&g) <= tolerance {
            let reach = norm(&along(&x, -1.0, &x0));
            return stationary(&desk, &x, tolerance, reach).await;
        }
        if desk.steps() == 0 {
            desk.may_step()?;
        } else if let Some(period) = watch.cycle(&x, f) {
            return Err(Ending::Oscillating { period });
        }
        if line_search {
            let promised = dot(&g, &g);
            loop {
                let tried = along(&x, -t, &g);
                let (f1, g1) = desk.gradient(&tried).await?;
                if finite(f1, &g1) && f1 <= f - 1e-4 * t * promised {
                    (x, f, g) = (tried, f1, g1);
                    t *= 2.0;
                    break;
                }
                t *= 0.5;
                if t * promised.sqrt() <= 1e-16 * norm(&x).max(f64::MIN_POSITIVE) {
                    return Err(nothing_lower(f, &g, &x));
                }
            }
        } else {
            velocity.iter_mut().zip(&g).for_each(|(v, g)| *v = momentum * *v - lr * g);
            x = along(&x, 1.0, &velocity);
            (f, g) = desk.gradient(&x).await?;
        }
        let last = desk.step_taken();
        // The last step may have arrived.
        if last.is_err() && !(finite(f, &g) && norm(&g) <= tolerance) {
            return last.map(|()| Ending::Budget);
        }
    }
}

/// Watches for steps that come back to where they were.
#[derive(Default)]
struct Watch {
    points: VecDeque<Vec<f64>>, // the latest last
    best: Option<f64>,
    idle: usize,                // steps since the best value
    back: [usize; LONGEST + 1], // for each period, how many steps in a row were a repetition
    path: f64,                  // length of the way since the best value
    from: Vec<f64>,             // where the best value was
}

/// Longest period looked for.
const LONGEST: usize = 8;

/// Steps without a lower value after which a way that leads nowhere counts as oscillation.
const PATIENCE: usize = 200;

impl Watch {
    /// The period, once a cycle is certain; 0 for one that never quite repeats.
    fn cycle(&mut self, x: &[f64], f: f64) -> Option<u64> {
        let lower = self.best.is_none_or(|best| f < best - 1e-9 * best.abs());
        let step = self.points.back().map_or(0.0, |last| norm(&along(x, -1.0, last)));
        if lower {
            (self.best, self.idle, self.path, self.from) = (Some(f), 0, 0.0, x.to_vec());
        } else {
            self.idle += 1;
            self.path += step;
        }
        let mut found = None;
        for period in 2..=LONGEST {
            let Some(before) = self.points.len().checked_sub(period).map(|i| &self.points[i]) else { break };
            let same = step > 0.0 && norm(&along(x, -1.0, before)) <= 1e-5 * step;
            self.back[period] = if same { self.back[period] + 1 } else { 0 };
            if self.back[period] >= 2 * period && self.idle >= 2 * period && found.is_none() {
                found = Some(period as u64);
            }
        }
        self.points.push_back(x.to_vec());
        if self.points.len() > LONGEST {
            self.points.pop_front();
        }
        let astray = self.idle >= PATIENCE && self.path > 10.0 * norm(&along(x, -1.0, &self.from));
        found.or(astray.then_some(0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::minimizer::Report;
    use super::*;

    /// The sum of the wells `-10 exp(-r² / (2 · 60²))` around `centers`, and its gradient.
    fn wells(centers: &[(f64, f64)]) -> impl FnMut(&[f64]) -> Result<(f64, Vec<f64>)> {
        let (a, sigma2) = (-10.0, 3600.0);
        move |x| {
            let (mut f, mut g) = (0.0, vec![0.0; 2]);
            for (cx, cy) in centers {
                let (dx, dy) = (x[0] - cx, x[1] - cy);
                let e = a * (-(dx * dx + dy * dy) / (2.0 * sigma2)).exp();
                f += e;
                g[0] -= e * dx / sigma2;
                g[1] -= e * dy / sigma2;
            }
            Ok((f, g))
        }
    }

    fn run(centers: &[(f64, f64)], x0: [f64; 2], settings: DescendSettings) -> Report {
        let settings = DescendSettings { lr: 20.0, tolerance: 0.01, ..settings };
        descend(x0.to_vec(), settings).unwrap().run(&mut wells(centers), |_| Ok(true)).unwrap()
    }

    #[test]
    fn one_well_takes_60_steps() {
        let report = run(&[(200.0, 200.0)], [150.0, 150.0], Default::default());
        assert_eq!((report.steps, report.ending), (60, Some(Ending::Converged)), "{report}");
        assert!(report.x.iter().all(|x| (x - 197.459_873_309).abs() < 1e-9), "{:?}", report.x);
        assert!((report.f + 9.982_093_153).abs() < 5e-10, "{report}");
    }

    #[test]
    fn two_wells_take_111_steps() {
        let report = run(&[(100.0, 100.0), (220.0, 200.0)], [150.0, 150.0], Default::default());
        assert_eq!((report.steps, report.ending), (111, Some(Ending::Converged)), "{report}");
        let wanted = [109.051_697_580, 107.563_420_861];
        assert!(report.x.iter().zip(wanted).all(|(x, wanted)| (x - wanted).abs() < 2e-9), "{:?}", report.x);
    }

    #[test]
    fn a_far_plateau_is_flat_and_a_wells_bottom_is_not() {
        let report = run(&[(0.0, 0.0)], [300.0, 300.0], Default::default());
        assert_eq!((report.steps, report.ending), (0, Some(Ending::Flat)), "{report}");
        assert!(report.to_string().contains("flat"), "{report}");
        for bottom in [200.0, 0.0] {
            let report = run(&[(bottom, bottom)], [bottom, bottom], Default::default());
            assert_eq!((report.steps, report.ending), (0, Some(Ending::Converged)), "{report}");
        }
        let nowhere = |x: &[f64]| -> Result<(f64, Vec<f64>)> { Ok((5.0, vec![0.0; x.len()])) };
        let report =
            descend(vec![1.0, 2.0, 3.0], Default::default()).unwrap().run(&mut { nowhere }, |_| Ok(true)).unwrap();
        assert_eq!(report.ending, Some(Ending::Flat));
    }

    #[test]
    fn forty_stacked_wells_oscillate_and_that_is_said() {
        let stack = [(200.0, 200.0); 40];
        let report = run(&stack, [150.0, 150.0], Default::default());
        assert_eq!(report.ending, Some(Ending::Oscillating { period: 2 }), "{report}");
        assert!(report.steps < 200, "{report}");
        let wanted = "oscillating: every 2 steps it is back at the same point; take shorter steps";
        assert!(report.to_string().ends_with(wanted), "{report}");
        for settings in [
            DescendSettings { momentum: 0.5, ..Default::default() },
            DescendSettings { line_search: true, ..Default::default() },
        ] {
            let report = run(&stack, [150.0, 150.0], settings);
            assert_eq!(report.ending, Some(Ending::Converged), "{report}");
            assert!(report.x.iter().all(|x| (x - 200.0).abs() < 0.1), "{report}");
        }
    }

    #[test]
    fn saddles_and_hilltops_are_told_apart() {
        let saddle =
            |x: &[f64]| -> Result<(f64, Vec<f64>)> { Ok((x[0] * x[0] - x[1] * x[1], vec![2.0 * x[0], -2.0 * x[1]])) };
        let hill =
            |x: &[f64]| -> Result<(f64, Vec<f64>)> { Ok((-x[0] * x[0] - x[1] * x[1], vec![-2.0 * x[0], -2.0 * x[1]])) };
        let quartic = |x: &[f64]| -> Result<(f64, Vec<f64>)> { Ok((x[0].powi(4), vec![4.0 * x[0].powi(3), 0.0])) };
        type Surface = fn(&[f64]) -> Result<(f64, Vec<f64>)>;
        let ending = |f: Surface| {
            descend(vec![0.0, 0.0], Default::default()).unwrap().run(&mut { f }, |_| Ok(true)).unwrap().ending
        };
        assert_eq!(ending(saddle), Some(Ending::Saddle));
        assert_eq!(ending(hill), Some(Ending::Maximum));
        assert_eq!(ending(quartic), Some(Ending::Flat), "too flat to tell at this tolerance");
    }

    #[test]
    fn slow_convergence_to_and_fro_is_no_oscillation() {
        // Each step overshoots to -0.99 times where it was.
        let mut f = |x: &[f64]| -> Result<(f64, Vec<f64>)> { Ok((0.5 * x[0] * x[0], vec![x[0]])) };
        let settings = DescendSettings { lr: 1.99, ..Default::default() };
        let report = descend(vec![100.0], settings).unwrap().run(&mut f, |_| Ok(true)).unwrap();
        assert_eq!(report.ending, Some(Ending::Converged), "{report}");
        // Just too long: for ever to and fro between -100 and 100.
        let settings = DescendSettings { lr: 2.0, ..Default::default() };
        let report = descend(vec![100.0], settings).unwrap().run(&mut f, |_| Ok(true)).unwrap();
        assert_eq!(report.ending, Some(Ending::Oscillating { period: 2 }), "{report}");
        // Far too long: off to infinity.
        let settings = DescendSettings { lr: 3.0, ..Default::default() };
        let report = descend(vec![100.0], settings).unwrap().run(&mut f, |_| Ok(true)).unwrap();
        assert_eq!((report.ending, report.f), (Some(Ending::NotFinite), 5000.0), "{report}");
    }

    #[test]
    fn chaotic_steps_are_oscillation_without_a_period() {
        // x -> x - lr (x³ - x) on one side only: the cubic map, chaotic at lr = 2.9
        let mut f = |x: &[f64]| -> Result<(f64, Vec<f64>)> {
            Ok((0.25 * x[0].powi(4) - 0.5 * x[0] * x[0], vec![x[0].powi(3) - x[0]]))
        };
        let settings = DescendSettings { lr: 1.75, ..Default::default() };
        let report = descend(vec![0.3], settings).unwrap().run(&mut f, |_| Ok(true)).unwrap();
        assert!(matches!(report.ending, Some(Ending::Oscillating { .. })), "{report}");
    }

    #[test]
    fn the_budget_is_kept() {
        let report = run(&[(200.0, 200.0)], [150.0, 150.0], DescendSettings { steps: 10, ..Default::default() });
        assert_eq!((report.steps, report.ending), (10, Some(Ending::Budget)), "{report}");
        let report = run(&[(200.0, 200.0)], [150.0, 150.0], DescendSettings { steps: 60, ..Default::default() });
        assert_eq!((report.steps, report.ending), (60, Some(Ending::Converged)), "{report}");
    }
}
