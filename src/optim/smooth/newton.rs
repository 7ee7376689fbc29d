//! Newton's method in a trust region: a quadratic model of the function, believed no further than it proved right.
//!
//! Nocedal & Wright (2006), *Numerical Optimization*, algorithm 4.1 (the region), with Steihaug's conjugate gradients
//! (algorithm 7.2) for the model's minimum, or with the exact one (algorithm 4.3, after Moré & Sorensen 1983).

use super::minimizer::{Desk, Ending, Limits, Minimizer, along, dot, finite, norm};
use super::stationary::stationary;
use crate::Result;
use crate::optim::ranges::{not_negative, positive};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`newton`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewtonSettings {
    /// Steps at most, those that were tried and taken back included. Default 1000.
    pub steps: u64,
    /// Evaluations at most. Default: no bound.
    pub evaluations: Option<u64>,
    /// Done when the gradient's length is at most this, at least 0. Default 1e-8.
    pub tolerance: f64,
    /// What it asks for: "product" (the Hessian times a vector, many times; for many coordinates) or "hessian" (all of
    /// it, once per step). Default "product".
    pub curvature: Curvature,
    /// Radius of the first region, above 0. Default 1.
    pub radius: f64,
    /// Radius of the largest region, above 0. Default 1e10.
    pub max_radius: f64,
}

impl Default for NewtonSettings {
    fn default() -> Self {
        Self {
            steps: 1000,
            evaluations: None,
            tolerance: 1e-8,
            curvature: Curvature::Product,
            radius: 1.0,
            max_radius: 1e10,
        }
    }
}

/// What Newton's method asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Curvature {
    /// The Hessian times a vector.
    #[default]
    Product,
    /// The whole Hessian.
    Hessian,
}

/// Newton's method in a trust region, from `x0`.
///
/// # Errors
/// When a setting is out of its range, or `x0` is empty or not finite.
pub fn newton(x0: Vec<f64>, settings: NewtonSettings) -> Result<Minimizer> {
    let NewtonSettings { steps, evaluations, tolerance, curvature: _, radius, max_radius } = settings;
    not_negative("newton", "tolerance", tolerance)?;
    positive("newton", "radius", radius)?;
    positive("newton", "max_radius", max_radius)?;
    Minimizer::new("newton", &x0.clone(), Limits { steps, evaluations }, |desk| story(desk, x0, settings))
}

async fn story(desk: Desk, mut x: Vec<f64>, settings: NewtonSettings) -> Result<Ending, Ending> {
    let (mut f, mut g) = desk.gradient(&x).await?;
    if !finite(f, &g) {
        return Err(Ending::NotFinite);
    }
    if norm(&g) <= settings.tolerance {
        // On a saddle or a hilltop the Hessian knows the way down; the gradient does not.
        return stationary(&desk, &x, settings.tolerance, 0.0).await;
    }
    desk.may_step()?;
    let mut radius = settings.radius.min(settings.max_radius);
    let mut hessian = None; // at x, while x stays
    loop {
        let (p, promised) = match settings.curvature {
            Curvature::Product => steihaug(&desk, &x, &g, radius).await?,
            Curvature::Hessian => {
                if hessian.is_none() {
                    hessian = Some(desk.hessian(&x).await?);
                }
                exact(hessian.as_deref().unwrap_or_default(), &g, radius)
            }
        };
        let length = norm(&p);
        if promised.is_nan() || promised <= 0.0 || !length.is_finite() {
            return Err(Ending::NotFinite);
        }
        let tried = along(&x, 1.0, &p);
        let (f1, g1) = desk.gradient(&tried).await?;
        let rounding = 10.0 * f64::EPSILON * f.abs().max(f1.abs());
        let hidden = promised <= rounding && finite(f1, &g1) && f1 - f <= rounding;
        let rho = if hidden { f64::from(u8::from(norm(&g1) < norm(&g))) } else { (f - f1) / promised };
        // Algorithm 4.1.
        if rho > 0.75 && length > 0.99 * radius {
            radius = (2.0 * radius).min(settings.max_radius);
        } else if rho.is_nan() || rho < 0.25 {
            radius = 0.25 * length;
        }
        if rho > 1e-4 && finite(f1, &g1) {
            (x, f, g, hessian) = (tried, f1, g1, None);
            if norm(&g) <= settings.tolerance {
                let _ = desk.step_taken();
                return Ok(Ending::Converged);
            }
        } else if hidden || radius < 1e-15 * norm(&x).max(1e-15) {
            return Err(if hidden { Ending::Converged } else { Ending::Stuck });
        }
        desk.step_taken()?;
    }
}

/// Algorithm 7.2: the model's minimum within `radius`, about; and how much lower the model is there.
async fn steihaug(desk: &Desk, x: &[f64], g: &[f64], radius: f64) -> Result<(Vec<f64>, f64), Ending> {
    let n = x.len();
    let length = norm(g);
    let close = length * length.sqrt().min(0.5);
    let (mut z, mut hz) = (vec![0.0; n], vec![0.0; n]);
    let (mut r, mut d) = (g.to_vec(), g.iter().map(|g| -g).collect::<Vec<f64>>());
    let gain = |z: &[f64], hz: &[f64]| -(dot(g, z) + 0.5 * dot(z, hz));
    // To the edge of the region along d.
    let edge = |z: &[f64], d: &[f64]| {
        let (a, b, c) = (dot(d, d), dot(z, d), dot(z, z) - radius * radius);
        let root = (b * b - a * c).max(0.0).sqrt();
        if b > 0.0 { -c / (b + root) } else { (root - b) / a }
    };
    for _ in 0..2 * n.max(10) {
        let hd = desk.product(x, &d).await?;
        if hd.iter().any(|h| !h.is_finite()) {
            return Err(Ending::NotFinite);
        }
        let curvature = dot(&d, &hd);
        let alpha = dot(&r, &r) / curvature;
        let next = along(&z, alpha, &d);
        if curvature <= 0.0 || norm(&next) >= radius {
            let tau = edge(&z, &d);
            (z, hz) = (along(&z, tau, &d), along(&hz, tau, &hd));
            break;
        }
        (z, hz) = (next, along(&hz, alpha, &hd));
        let after = along(&r, alpha, &hd);
        if norm(&after) <= close {
            break;
        }
        let beta = dot(&after, &after) / dot(&r, &r);
        d = along(&after.iter().map(|r| -r).collect::<Vec<f64>>(), beta, &d);
        r = after;
    }
    let promised = gain(&z, &hz);
    Ok((z, promised))
}

/// Algorithm 4.3: the model's minimum within `radius`, `(H + λI) p = -g`; and how much lower the model is there.
fn exact(h: &[f64], g: &[f64], radius: f64) -> (Vec<f64>, f64) {
    let n = g.len();
    let row_sums = || (0..n).map(|i| (0..n).filter(|j| *j != i).map(|j| h[i * n + j].abs()).sum::<f64>());
    let size = row_sums().zip(0..n).fold(0.0_f64, |m, (sum, i)| m.max(sum + h[i * n + i].abs()));
    // Gershgorin: no eigenvalue is below `least`.
    let least = row_sums().zip(0..n).fold(f64::INFINITY, |m, (sum, i)| m.min(h[i * n + i] - sum));
    let shifted = |lambda: f64| {
        let mut a = h.to_vec();
        (0..n).for_each(|i| a[i * n + i] += lambda);
        cholesky(a, n)
    };
    let minus_g: Vec<f64> = g.iter().map(|g| -g).collect();
    // λ lies between these: the model is convex above `low`, and the step is short enough at `high`.
    let (mut low, mut high) = (0.0_f64, (norm(g) / radius - least).max(0.0) + 1e-15 * size);
    let mut lambda = 0.0;
    let (mut best, mut factor) = (None, None);
    for _ in 0..100 {
        let Some(l) = shifted(lambda) else {
            low = low.max(lambda);
            lambda = if lambda == 0.0 { (1e-3 * high).max(1e-12 * size) } else { 0.5 * (low + high) };
            continue;
        };
        let p = solve(&l, &minus_g, n);
        let length = norm(&p);
        best = Some(p.clone());
        if (lambda == 0.0 && length <= radius) || (length - radius).abs() <= 1e-3 * radius {
            break;
        }
        if length < radius {
            high = lambda
        } else {
            low = lambda
        }
        if high - low <= 1e-12 * high {
            factor = (length < radius).then_some(l);
            break;
        }
        // Newton on 1/radius - 1/|p|.
        let q = forward(&l, &p, n);
        let next = lambda + (length / norm(&q)).powi(2) * (length - radius) / radius;
        lambda = if next > low && next < high { next } else { (low * high).sqrt().max(low + 1e-2 * (high - low)) };
    }
    let mut p = best.unwrap_or_else(|| {
        let length = norm(g);
        g.iter().map(|g| -g * radius / length).collect()
    });
    let gain = |p: &[f64]| {
        let hp: Vec<f64> = h.chunks_exact(n).map(|row| dot(row, p)).collect();
        -(dot(g, p) + 0.5 * dot(p, &hp))
    };
    if let Some(l) = factor {
        // The hard case: the gradient does not see the most negative curvature. Go along its direction, which inverse
        // iteration finds, to the edge.
        let mut u: Vec<f64> = (0..n).map(|i| 1.0 + 0.1 * (i as f64).sin()).collect();
        for _ in 0..4 {
            u = solve(&l, &u, n);
            let length = norm(&u);
            u.iter_mut().for_each(|u| *u /= length);
        }
        let (b, c) = (dot(&p, &u), dot(&p, &p) - radius * radius);
        let root = (b * b - c).max(0.0).sqrt();
        let (one, other) = (along(&p, root - b, &u), along(&p, -root - b, &u));
        let better = if gain(&one) >= gain(&other) { one } else { other };
        if gain(&better) > gain(&p) {
            p = better;
        }
    }
    let length = norm(&p);
    if length > radius {
        p.iter_mut().for_each(|p| *p *= radius / length);
    }
    let promised = gain(&p);
    (p, promised)
}

/// The lower triangle `L` of `A = L Lᵀ`, if `A` is positive definite.
fn cholesky(mut a: Vec<f64>, n: usize) -> Option<Vec<f64>> {
    for j in 0..n {
        for i in j..n {
            let sum = a[i * n + j] - dot(&a[i * n..][..j], &a[j * n..][..j]);
            if i == j {
                if sum <= 0.0 || !sum.is_finite() {
                    return None;
                }
                a[i * n + i] = sum.sqrt();
            } else {
                a[i * n + j] = sum / a[j * n + j];
            }
        }
    }
    Some(a)
}

/// `L y = b`.
fn forward(l: &[f64], b: &[f64], n: usize) -> Vec<f64> {
    let mut y = Vec::with_capacity(n);
    for i in 0..n {
        y.push((b[i] - dot(&l[i * n..][..i], &y)) / l[i * n + i]);
    }
    y
}

/// `L Lᵀ x = b`.
fn solve(l: &[f64], b: &[f64], n: usize) -> Vec<f64> {
    let mut x = forward(l, b, n);
    for i in (0..n).rev() {
        let sum: f64 = (i + 1..n).map(|k| l[k * n + i] * x[k]).sum();
        x[i] = (x[i] - sum) / l[i * n + i];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::super::{WithHessian, WithProduct};
    use super::*;

    fn rosenbrock(x: &[f64]) -> Result<(f64, Vec<f64>)> {
        let (r, q) = (x[1] - x[0] * x[0], 1.0 - x[0]);
        Ok((100.0 * r * r + q * q, vec![-400.0 * r * x[0] - 2.0 * q, 200.0 * r]))
    }

    fn hessian(x: &[f64]) -> Result<Vec<f64>> {
        let mixed = -400.0 * x[0];
        Ok(vec![1200.0 * x[0] * x[0] - 400.0 * x[1] + 2.0, mixed, mixed, 200.0])
    }

    #[test]
    fn both_ways_solve_rosenbrock_in_few_steps() {
        for curvature in [Curvature::Product, Curvature::Hessian] {
            let settings = NewtonSettings { curvature, ..Default::default() };
            let mut method = newton(vec![-1.2, 1.0], settings.clone()).unwrap();
            let report = method.run(&mut WithHessian { f: rosenbrock, hessian }, |_| Ok(true)).unwrap();
            assert!(report.ending == Some(Ending::Converged) && report.steps < 40, "{curvature:?}: {report}");
            assert!(report.f < 1e-15, "{curvature:?}: {report}");
            // Without a Hessian, from differences of gradients.
            let report = newton(vec![-1.2, 1.0], settings).unwrap().run(&mut rosenbrock, |_| Ok(true)).unwrap();
            assert!(report.ending == Some(Ending::Converged) && report.steps < 40, "{curvature:?}: {report}");
        }
    }

    #[test]
    fn a_quadratic_within_the_region_takes_one_step() {
        let f = |x: &[f64]| -> Result<(f64, Vec<f64>)> {
            Ok((0.5 * (1e6 * x[0] * x[0] + x[1] * x[1]), vec![1e6 * x[0], x[1]]))
        };
        let product = |_: &[f64], v: &[f64]| Ok(vec![1e6 * v[0], v[1]]);
        let hessian = Curvature::Hessian;
        let settings = NewtonSettings { curvature: hessian, radius: 10.0, ..Default::default() };
        let whole = |_: &[f64]| Ok(vec![1e6, 0.0, 0.0, 1.0]);
        let report = newton(vec![1.0, 1.0], settings)
            .unwrap()
            .run(&mut WithHessian { f, hessian: whole }, |_| Ok(true))
            .unwrap();
        assert_eq!((report.steps, report.ending), (1, Some(Ending::Converged)), "{report}");
        let settings = NewtonSettings { radius: 10.0, ..Default::default() };
        let report =
            newton(vec![1.0, 1.0], settings).unwrap().run(&mut WithProduct { f, product }, |_| Ok(true)).unwrap();
        assert!(report.steps <= 3 && report.ending == Some(Ending::Converged), "{report}");
    }

    #[test]
    fn negative_curvature_is_followed_away_from_a_saddle() {
        // x² - y² + y⁴/4: minima at y = ±sqrt(2), f = -1
        let f = |x: &[f64]| -> Result<(f64, Vec<f64>)> {
            let (a, b) = (x[0], x[1]);
            Ok((a * a - b * b + 0.25 * b.powi(4), vec![2.0 * a, -2.0 * b + b.powi(3)]))
        };
        let hessian = |x: &[f64]| Ok(vec![2.0, 0.0, 0.0, -2.0 + 3.0 * x[1] * x[1]]);
        for curvature in [Curvature::Product, Curvature::Hessian] {
            let mut method = newton(vec![1.0, 1e-3], NewtonSettings { curvature, ..Default::default() }).unwrap();
            let report = method.run(&mut WithHessian { f, hessian }, |_| Ok(true)).unwrap();
            assert!((report.f + 1.0).abs() < 1e-12, "{curvature:?}: {report}");
        }
        let mut method = newton(vec![0.0, 0.0], NewtonSettings::default()).unwrap();
        let report = method.run(&mut WithHessian { f, hessian }, |_| Ok(true)).unwrap();
        assert_eq!(report.ending, Some(Ending::Saddle));
    }

    #[test]
    fn the_exact_step_sees_curvature_that_the_gradient_does_not() {
        // -2 along the second axis, and a gradient along the first: p = (-1/4, ±sqrt(4 - 1/16))
        let (p, promised) = exact(&[2.0, 0.0, 0.0, -2.0], &[1.0, 0.0], 2.0);
        assert!((p[0] + 0.25).abs() < 1e-3 && (p[1].abs() - (4.0 - 0.0625_f64).sqrt()).abs() < 1e-2, "{p:?}");
        assert!((promised - (0.25 - 0.0625 + 3.9375)).abs() < 1e-2, "{promised}");
    }

    #[test]
    fn the_exact_step_stands_on_the_edge_and_solves_its_equation() {
        let h = [2.0, 1.0, 1.0, -3.0];
        let (p, promised) = exact(&h, &[1.0, -2.0], 0.5);
        assert!((norm(&p) - 0.5).abs() < 1e-3 && promised > 0.0, "{p:?}");
        // Every other point of the circle is no lower.
        let model = |p: &[f64]| p[0] - 2.0 * p[1] + p[0] * p[0] + p[0] * p[1] - 1.5 * p[1] * p[1];
        for i in 0..360 {
            let (s, c) = f64::from(i).to_radians().sin_cos();
            assert!(model(&[0.5 * c, 0.5 * s]) >= -promised - 5e-3, "{i}");
        }
    }
}
