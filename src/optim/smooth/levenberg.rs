//! Levenberg-Marquardt: least squares by Gauss-Newton steps, damped until they go down.
//!
//! Levenberg (1944), Marquardt (1963); Madsen, Nielsen & Tingleff (2004), *Methods for Non-Linear Least Squares
//! Problems*, algorithm 3.16, with Nielsen's damping. Each coordinate is measured by its largest column so far
//! (Moré 1978), and the step solves the stacked system by QR, so that the condition is not squared.

use super::minimizer::{Desk, Ending, Limits, Minimizer, along, dot, norm};
use crate::Result;
use crate::optim::ranges::{not_negative, positive};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`levenberg`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LevenbergSettings {
    /// Steps at most, those that were tried and taken back included. Default 500.
    pub steps: u64,
    /// Evaluations at most. Default: no bound.
    pub evaluations: Option<u64>,
    /// Done when the gradient's length is at most this, at least 0. Default 1e-10.
    pub tolerance: f64,
    /// Done when a step is shorter than this share of the point's length, at least 0. Default 1e-14.
    pub step_tolerance: f64,
    /// First damping, as a share of the squared columns of the Jacobian, above 0. Default 0.001.
    pub damping: f64,
}

impl Default for LevenbergSettings {
    fn default() -> Self {
        Self { steps: 500, evaluations: None, tolerance: 1e-10, step_tolerance: 1e-14, damping: 1e-3 }
    }
}

/// Levenberg-Marquardt from `x0`: half the sum of squared residuals.
///
/// # Errors
/// When a setting is out of its range, or `x0` is empty or not finite.
pub fn levenberg(x0: Vec<f64>, settings: LevenbergSettings) -> Result<Minimizer> {
    let LevenbergSettings { steps, evaluations, tolerance, step_tolerance, damping } = settings;
    not_negative("levenberg", "tolerance", tolerance)?;
    not_negative("levenberg", "step_tolerance", step_tolerance)?;
    positive("levenberg", "damping", damping)?;
    Minimizer::new("levenberg", &x0.clone(), Limits { steps, evaluations }, |desk| story(desk, x0, settings))
}

async fn story(desk: Desk, mut x: Vec<f64>, settings: LevenbergSettings) -> Result<Ending, Ending> {
    let n = x.len();
    let finite = |r: &[f64], j: &[f64]| r.iter().chain(j).all(|v| v.is_finite());
    let (mut r, mut jacobian) = desk.residuals(&x).await?;
    if !finite(&r, &jacobian) {
        return Err(Ending::NotFinite);
    }
    let gradient = |r: &[f64], j: &[f64]| {
        let mut g = vec![0.0; n];
        r.iter().zip(j.chunks_exact(n)).for_each(|(r, row)| g.iter_mut().zip(row).for_each(|(g, j)| *g += r * j));
        g
    };
    let mut g = gradient(&r, &jacobian);
    if norm(&g) <= settings.tolerance {
        return Ok(Ending::Converged);
    }
    desk.may_step()?;
    let mut scale = vec![0.0_f64; n];
    let (mut mu, mut nu) = (settings.damping, 2.0);
    loop {
        for (j, scale) in scale.iter_mut().enumerate() {
            let column = jacobian.iter().skip(j).step_by(n).map(|v| v * v).sum::<f64>().sqrt();
            *scale = scale.max(column);
        }
        // A coordinate that nothing depends on stays where it is.
        let weights: Vec<f64> = scale.iter().map(|s| mu.sqrt() * if *s > 0.0 { *s } else { 1.0 }).collect();
        let p = damped_step(&r, &jacobian, &weights);
        let (f, length) = (0.5 * dot(&r, &r), norm(&p));
        let damped: f64 = p.iter().zip(&weights).map(|(p, w)| (p * w).powi(2)).sum();
        let promised = 0.5 * (damped - dot(&p, &g));
        if !length.is_finite() {
            return Err(Ending::NotFinite);
        }
        if length <= settings.step_tolerance * norm(&x).max(f64::MIN_POSITIVE) {
            return Ok(Ending::Converged);
        }
        let tried = along(&x, 1.0, &p);
        let (r1, jacobian1) = desk.residuals(&tried).await?;
        let f1 = 0.5 * dot(&r1, &r1);
        let rho = if finite(&r1, &jacobian1) { (f - f1) / promised } else { f64::NEG_INFINITY };
        if rho > 0.0 {
            (x, r, jacobian) = (tried, r1, jacobian1);
            g = gradient(&r, &jacobian);
            mu *= (1.0 - (2.0 * rho - 1.0).powi(3)).max(1.0 / 3.0);
            mu = mu.max(1e-30);
            nu = 2.0;
            if norm(&g) <= settings.tolerance || (promised <= 1e-30 * f && f1 >= f) {
                let _ = desk.step_taken();
                return Ok(Ending::Converged);
            }
        } else {
            if promised <= 4.0 * f64::EPSILON * f {
                return Ok(Ending::Converged); // rounding hides what there is to gain
            }
            mu *= nu;
            nu *= 2.0;
            if !mu.is_finite() || mu > 1e60 {
                return Err(Ending::Stuck);
            }
        }
        desk.step_taken()?;
    }
}

/// The `p` that minimises `|J p + r|² + |W p|²`: Householder QR of `J` stacked on the diagonal `W`.
fn damped_step(r: &[f64], jacobian: &[f64], weights: &[f64]) -> Vec<f64> {
    let (m, n) = (r.len(), weights.len());
    let rows = m + n;
    let mut a = jacobian.to_vec();
    a.resize(rows * n, 0.0);
    weights.iter().enumerate().for_each(|(j, w)| a[(m + j) * n + j] = *w);
    let mut b: Vec<f64> = r.iter().map(|r| -r).chain(weights.iter().map(|_| 0.0)).collect();
    for k in 0..n {
        let column: Vec<f64> = (k..rows).map(|i| a[i * n + k]).collect();
        let length = norm(&column);
        if length == 0.0 {
            continue;
        }
        let alpha = -length.copysign(column[0]);
        let mut v = column;
        v[0] -= alpha;
        let vv = dot(&v, &v);
        let reflect =
            |entries: &mut dyn FnMut(usize) -> f64| (0..v.len()).map(|i| v[i] * entries(i)).sum::<f64>() * 2.0 / vv;
        for j in k..n {
            let factor = reflect(&mut |i| a[(k + i) * n + j]);
            (0..v.len()).for_each(|i| a[(k + i) * n + j] -= factor * v[i]);
        }
        let factor = reflect(&mut |i| b[k + i]);
        (0..v.len()).for_each(|i| b[k + i] -= factor * v[i]);
    }
    let mut p = vec![0.0; n];
    for i in (0..n).rev() {
        let sum: f64 = (i + 1..n).map(|j| a[i * n + j] * p[j]).sum();
        p[i] = (b[i] - sum) / a[i * n + i];
    }
    p
}

#[cfg(test)]
mod tests {
    use super::super::SumOfSquares;
    use super::*;

    #[test]
    fn a_line_through_points_takes_a_few_steps_to_the_exact_answer() {
        // y = 2 + 3 t with errors 0.1, -0.1, -0.1, 0.1 at t = 0, 1, 2, 3: orthogonal to both columns
        let y = [2.1, 4.9, 7.9, 11.1];
        let mut f = SumOfSquares(|x: &[f64]| {
            let r = y.iter().enumerate().map(|(t, y)| x[0] + x[1] * t as f64 - y).collect();
            Ok((r, (0..4).flat_map(|t| [1.0, f64::from(t)]).collect()))
        });
        let report =
            levenberg(vec![0.0, 0.0], LevenbergSettings::default()).unwrap().run(&mut f, |_| Ok(true)).unwrap();
        assert!(report.ending == Some(Ending::Converged) && report.steps < 15, "{report}");
        assert!((report.x[0] - 2.0).abs() < 1e-9 && (report.x[1] - 3.0).abs() < 1e-9, "{report}");
        assert!((report.f - 0.02).abs() < 1e-12, "{report}");
    }

    #[test]
    fn rosenbrock_as_residuals_and_a_badly_scaled_exponential() {
        let mut f = SumOfSquares(|x: &[f64]| {
            Ok((vec![10.0 * (x[1] - x[0] * x[0]), 1.0 - x[0]], vec![-20.0 * x[0], 10.0, -1.0, 0.0]))
        });
        let report =
            levenberg(vec![-1.2, 1.0], LevenbergSettings::default()).unwrap().run(&mut f, |_| Ok(true)).unwrap();
        assert!(report.f < 1e-20 && report.steps < 40, "{report}");

        // 5e4 exp(-0.002 t) at t = 0, 100, …, 900
        let mut f = SumOfSquares(|x: &[f64]| {
            let t = || (0..10).map(|i| f64::from(i) * 100.0);
            let r = t().map(|t| x[0] * (-x[1] * t).exp() - 5e4 * (-0.002 * t).exp()).collect();
            Ok((r, t().flat_map(|t| [(-x[1] * t).exp(), -x[0] * t * (-x[1] * t).exp()]).collect()))
        });
        let report =
            levenberg(vec![1.0, 0.01], LevenbergSettings::default()).unwrap().run(&mut f, |_| Ok(true)).unwrap();
        assert!((report.x[0] / 5e4 - 1.0).abs() < 1e-9 && (report.x[1] / 0.002 - 1.0).abs() < 1e-9, "{report}");
    }

    #[test]
    fn a_coordinate_that_nothing_depends_on_stays() {
        let mut f = SumOfSquares(|x: &[f64]| Ok((vec![x[0] - 4.0], vec![1.0, 0.0])));
        let report =
            levenberg(vec![0.0, 7.0], LevenbergSettings::default()).unwrap().run(&mut f, |_| Ok(true)).unwrap();
        assert!((report.x[0] - 4.0).abs() < 1e-9 && (report.x[1] - 7.0).abs() < 1e-12, "{report}");
    }

    #[test]
    fn residuals_that_change_their_number_are_refused() {
        let mut calls = 0;
        let mut f = SumOfSquares(|x: &[f64]| {
            calls += 1;
            Ok((vec![x[0] - 4.0; calls], vec![1.0; calls]))
        });
        let error = levenberg(vec![0.0], LevenbergSettings::default()).unwrap().run(&mut f, |_| Ok(true)).unwrap_err();
        assert_eq!(error.to_string(), "levenberg: the list of residuals has 2 numbers, not 1");
    }
}
