//! Powell's method: line searches along directions that it makes conjugate, without derivatives.
//!
//! Powell (1964), with the test of Numerical Recipes (section 10.7) for when a new direction may replace the one of
//! the largest gain; the line search is Brent's.

use super::line::{bracket, brent};
use super::search::{Reason, Search};
use super::space::search_settings;
use crate::Result;
use crate::error::ensure_setting;

search_settings! {
    /// Settings of [`powell`].
    PowellSettings for "powell" {
        /// Length of the first steps, positive. Default: 0.1 of the width of the bounds, or of twice `reach`.
        step: Option<f64> = None,
        /// It has converged when a round of all directions gains less than this share of the value, at least 0.
        /// Default 1e-14.
        f_tol: f64 = 1e-14,
        /// Share of a step to which a line search is exact, positive. Default 1e-8.
        x_tol: f64 = 1e-8,
    }
}

/// Powell's method.
///
/// # Errors
/// When a setting is out of its range.
pub fn powell(settings: PowellSettings) -> Result<Search> {
    let PowellSettings { step, f_tol, x_tol, .. } = settings;
    if let Some(step) = step {
        ensure_setting(step > 0.0 && step.is_finite(), "powell", "step", "positive and finite", step)?;
    }
    ensure_setting((0.0..f64::INFINITY).contains(&f_tol), "powell", "f_tol", "finite and at least 0", f_tol)?;
    ensure_setting(x_tol > 0.0 && x_tol < 1.0, "powell", "x_tol", "between 0 and 1", x_tol)?;
    Search::new("powell", settings.space()?, async move |desk| {
        let space = desk.space.clone();
        let n = space.dim();
        let mut directions: Vec<Vec<f64>> = (0..n)
            .map(|i| (0..n).map(|j| if i == j { step.unwrap_or(0.1 * space.width(i)) } else { 0.0 }).collect())
            .collect();
        let mut x = space.x0.clone();
        let mut f = desk.value(&x).await;
        loop {
            let (start, f_start) = (x.clone(), f);
            let (mut largest, mut which) = (0.0, 0);
            for i in 0..n {
                let before = f;
                (x, f) = along(&desk, &x, f, &directions[i], x_tol).await;
                if before - f > largest {
                    (largest, which) = (before - f, i);
                }
            }
            let gain = f_start - f;
            if gain.is_nan() || gain <= f_tol * (f.abs() + f_start.abs()) + f64::MIN_POSITIVE {
                return Ok(Reason::Converged);
            }
            // The way of the whole round, once more: is it a direction worth keeping?
            let way: Vec<f64> = x.iter().zip(&start).map(|(a, b)| a - b).collect();
            let mut further: Vec<f64> = x.iter().zip(&way).map(|(x, w)| x + w).collect();
            space.clip(&mut further);
            let f_e = desk.value(&further).await;
            let curved = 2.0 * (f_start - 2.0 * f + f_e) * (f_start - f - largest).powi(2);
            if f_e < f_start && curved < largest * (f_start - f_e).powi(2) {
                (x, f) = along(&desk, &x, f, &way, x_tol).await;
                directions[which] = directions[n - 1].clone();
                directions[n - 1] = way;
            }
        }
    })
}

/// The minimum on the line from `x` along `p`, inside the bounds.
async fn along(desk: &super::search::Desk, x: &[f64], f: f64, p: &[f64], x_tol: f64) -> (Vec<f64>, f64) {
    let space = &desk.space;
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    for (i, &p) in p.iter().enumerate() {
        if p != 0.0 {
            let ends = [(space.lower[i] - x[i]) / p, (space.upper[i] - x[i]) / p];
            low = low.max(ends[0].min(ends[1]));
            high = high.min(ends[0].max(ends[1]));
        }
    }
    if low >= high || p.iter().all(|p| *p == 0.0) {
        return (x.to_vec(), f);
    }
    let at = |t: f64| x.iter().zip(p).map(|(x, p)| x + t * p).collect::<Vec<f64>>();
    let (range, middle) = bracket(desk, at, (low, high), f).await;
    let width = range.1 - range.0;
    let (t, value) = brent(desk, at, range, middle, x_tol * width.clamp(1e-12, 1.0), 60).await;
    if value >= f || t == 0.0 {
        return (x.to_vec(), f);
    }
    let mut found = at(t);
    space.clip(&mut found);
    (found, value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::blackbox::{Bound, minimize};

    #[test]
    fn a_tilted_valley_is_solved() {
        let mut search = powell(PowellSettings { x0: Some(vec![3.0, -2.0, 1.0]), ..Default::default() }).unwrap();
        let f = |x: &[f64]| Ok((x[0] + x[1] - 2.0).powi(2) + 100.0 * (x[1] - x[2]).powi(2) + (x[2] - 4.0).powi(2));
        let found = minimize(&mut search, f, |_| true).unwrap();
        assert!(found.value < 1e-14 && (found.x[0] + 2.0).abs() < 1e-6, "{found:?}");
        assert_eq!(found.reason, Reason::Converged);
    }

    #[test]
    fn a_slope_ends_in_the_corner_and_flat_ground_ends() {
        let (lower, upper) = (Some(Bound::All(-5.0)), Some(Bound::All(5.0)));
        let settings = PowellSettings { dim: Some(3), lower, upper, ..Default::default() };
        let found =
            minimize(&mut powell(settings.clone()).unwrap(), |x| Ok(x[0] - 2.0 * x[1] + x[2]), |_| true).unwrap();
        assert!((found.value + 20.0).abs() < 1e-6, "{found:?}");
        let found = minimize(&mut powell(settings).unwrap(), |_| Ok(1.0), |_| true).unwrap();
        assert_eq!((found.value, found.reason), (1.0, Reason::Converged));
    }

    #[test]
    fn an_endless_slope_ends_with_the_budget() {
        let settings = PowellSettings { x0: Some(vec![0.0]), budget: 500, ..Default::default() };
        let found = minimize(&mut powell(settings).unwrap(), |x| Ok(x[0]), |_| true).unwrap();
        assert!(found.value < -1e3);
    }
}
