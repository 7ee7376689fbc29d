//! Nonlinear conjugate gradients: each direction is the gradient, turned by what the last one learned.
//!
//! Polak & Ribière's formula kept at or above zero (Nocedal & Wright 2006, equations 5.44 and 5.45), or that of Hager &
//! Zhang (2005), SIAM J. Optim. 16, equations 1.3 and 1.6, which always points down.

use super::lbfgs::{check_wolfe, nothing_lower};
use super::minimizer::{Desk, Ending, Limits, Minimizer, along, dot, finite, norm};
use super::stationary::stationary;
use super::wolfe::{Wolfe, wolfe};
use crate::Result;
use crate::optim::ranges::not_negative;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`cg`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CgSettings {
    /// Steps at most. Default 10,000.
    pub steps: u64,
    /// Evaluations at most. Default: no bound.
    pub evaluations: Option<u64>,
    /// Done when the gradient's length is at most this, at least 0. Default 1e-8.
    pub tolerance: f64,
    /// How directions are made conjugate: "hager_zhang" or "polak_ribiere". Default "hager_zhang".
    pub formula: CgFormula,
    /// Line search: the share of the slope's promise that f has to keep, in (0, 0.5). Default 1e-4.
    pub c1: f64,
    /// Line search: the share of the slope that may be left, in (c1, 1). Default 0.1.
    pub c2: f64,
}

impl Default for CgSettings {
    fn default() -> Self {
        Self { steps: 10_000, evaluations: None, tolerance: 1e-8, formula: CgFormula::HagerZhang, c1: 1e-4, c2: 0.1 }
    }
}

/// How directions are made conjugate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CgFormula {
    /// Hager & Zhang (2005).
    #[default]
    HagerZhang,
    /// Polak & Ribière, never below zero.
    PolakRibiere,
}

/// Nonlinear conjugate gradients from `x0`.
///
/// # Errors
/// When a setting is out of its range, or `x0` is empty or not finite.
pub fn cg(x0: Vec<f64>, settings: CgSettings) -> Result<Minimizer> {
    let CgSettings { steps, evaluations, tolerance, formula: _, c1, c2 } = settings;
    not_negative("cg", "tolerance", tolerance)?;
    check_wolfe("cg", c1, c2)?;
    Minimizer::new("cg", &x0.clone(), Limits { steps, evaluations }, |desk| story(desk, x0, settings))
}

async fn story(desk: Desk, mut x: Vec<f64>, settings: CgSettings) -> Result<Ending, Ending> {
    let search = Wolfe { c1: settings.c1, c2: settings.c2, most: 30, narrow: 1e-12 };
    let (mut f, mut g) = desk.gradient(&x).await?;
    if !finite(f, &g) {
        return Err(Ending::NotFinite);
    }
    if norm(&g) <= settings.tolerance {
        return stationary(&desk, &x, settings.tolerance, 0.0).await;
    }
    desk.may_step()?;
    let downhill = |g: &[f64]| g.iter().map(|g| -g).collect::<Vec<f64>>();
    let mut d = downhill(&g);
    let mut steepest = true;
    let mut first = (1.0 / g.iter().map(|g| g.abs()).sum::<f64>()).min(1.0);
    loop {
        let slope = dot(&g, &d);
        let found = wolfe(&desk, &x, &d, (f, &g), first, &search).await?;
        if found.t == 0.0 {
            if steepest {
                return Err(nothing_lower(f, &g, &x));
            }
            d = downhill(&g);
            (steepest, first) = (true, (1.0 / norm(&g)).min(1.0) * 1e-3);
            continue;
        }
        x = along(&x, found.t, &d);
        let y = along(&found.g, -1.0, &g);
        let beta = match settings.formula {
            CgFormula::PolakRibiere => (dot(&found.g, &y) / dot(&g, &g)).max(0.0),
            CgFormula::HagerZhang => {
                let dy = dot(&d, &y);
                let beta = (dot(&y, &found.g) - 2.0 * dot(&y, &y) * dot(&d, &found.g) / dy) / dy;
                beta.max(-1.0 / (norm(&d) * norm(&g).min(0.01)))
            }
        };
        (f, g) = (found.f, found.g);
        if norm(&g) <= settings.tolerance {
            let _ = desk.step_taken();
            return Ok(Ending::Converged);
        }
        desk.step_taken()?;
        d = along(&downhill(&g), beta, &d);
        steepest = dot(&g, &d) >= 0.0 || !dot(&d, &d).is_finite();
        if steepest {
            d = downhill(&g);
        }
        // The first trial promises as much as the last step did (section 3.5, "initial step length").
        first = (found.t * slope / dot(&g, &d)).clamp(1e-3 * found.t, 1e3 * found.t);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rosenbrock(x: &[f64]) -> Result<(f64, Vec<f64>)> {
        let (r, q) = (x[1] - x[0] * x[0], 1.0 - x[0]);
        Ok((100.0 * r * r + q * q, vec![-400.0 * r * x[0] - 2.0 * q, 200.0 * r]))
    }

    #[test]
    fn both_formulas_solve_rosenbrock() {
        for formula in [CgFormula::HagerZhang, CgFormula::PolakRibiere] {
            let mut method = cg(vec![-1.2, 1.0], CgSettings { formula, ..Default::default() }).unwrap();
            let report = method.run(&mut rosenbrock, |_| Ok(true)).unwrap();
            assert_eq!(report.ending, Some(Ending::Converged), "{formula:?}: {report}");
            assert!(report.evaluations < 200 && (report.x[0] - 1.0).abs() < 1e-6, "{formula:?}: {report}");
        }
    }

    #[test]
    fn a_quadratic_takes_about_as_many_steps_as_it_has_eigenvalues() {
        let c = [1.0, 4.0, 30.0, 100.0];
        let mut f = |x: &[f64]| -> Result<(f64, Vec<f64>)> {
            Ok((
                0.5 * x.iter().zip(c).map(|(x, c)| c * x * x).sum::<f64>(),
                x.iter().zip(c).map(|(x, c)| c * x).collect(),
            ))
        };
        for formula in [CgFormula::HagerZhang, CgFormula::PolakRibiere] {
            let mut method = cg(vec![1.0; 4], CgSettings { formula, c2: 0.01, ..Default::default() }).unwrap();
            let report = method.run(&mut f, |_| Ok(true)).unwrap();
            assert!(report.ending == Some(Ending::Converged) && report.steps <= 12, "{formula:?}: {report}");
        }
    }
}
