//! Nelder-Mead: a simplex that walks, stretches and shrinks.
//!
//! Nelder & Mead (1965), with the parameters of Gao & Han (2012), which depend on the dimension and keep it working in
//! tens of coordinates. A simplex that has collapsed may begin anew around its best point.

use super::search::{Desk, Reason, Search};
use super::space::search_settings;
use crate::Result;
use crate::data::Rng;
use crate::error::ensure_setting;

search_settings! {
    /// Settings of [`nelder_mead`].
    NelderMeadSettings for "nelder_mead" {
        /// Edges of the first simplex, positive. Default: 0.1 of the width of the bounds, or of twice `reach`.
        step: Option<f64> = None,
        /// Times to begin anew around the best point, with edges in random directions, while that still helps. Default 3.
        restarts: u64 = 3,
        /// A simplex has converged when its values differ by less, at least 0. Default 1e-12.
        f_tol: f64 = 1e-12,
        /// It must also be smaller than this in every coordinate, at least 0. Default 1e-8.
        x_tol: f64 = 1e-8,
    }
}

/// Nelder-Mead.
///
/// # Errors
/// When a setting is out of its range.
pub fn nelder_mead(settings: NelderMeadSettings) -> Result<Search> {
    let NelderMeadSettings { step, restarts, f_tol, x_tol, .. } = settings;
    let finite = 0.0..f64::INFINITY;
    if let Some(step) = step {
        ensure_setting(step > 0.0 && step.is_finite(), "nelder_mead", "step", "positive and finite", step)?;
    }
    ensure_setting(finite.contains(&f_tol), "nelder_mead", "f_tol", "finite and at least 0", f_tol)?;
    ensure_setting(finite.contains(&x_tol), "nelder_mead", "x_tol", "finite and at least 0", x_tol)?;
    Search::new("nelder_mead", settings.space()?, async move |desk| {
        let space = desk.space.clone();
        let mut rng = Rng::new(space.seed);
        let steps: Vec<f64> = (0..space.dim()).map(|i| step.unwrap_or(0.1 * space.width(i))).collect();
        let mut x = space.x0.clone();
        let mut value = desk.value(&x).await;
        for round in 0..=restarts {
            if round > 0 {
                desk.restarted();
            }
            let edges: Vec<f64> =
                steps.iter().map(|s| if round > 0 && rng.uniform() < 0.5 { -s } else { *s }).collect();
            let (new, found) = simplex(&desk, x.clone(), value, &edges, (f_tol, x_tol)).await;
            let gain = value - found;
            (x, value) = (new, found);
            if round > 0 && (gain <= f_tol || gain.is_nan()) {
                break;
            }
        }
        Ok(Reason::Converged)
    })
}

/// One simplex from `x`, until it has collapsed; its best corner and value.
async fn simplex(desk: &Desk, x: Vec<f64>, value: f64, edges: &[f64], (f_tol, x_tol): (f64, f64)) -> (Vec<f64>, f64) {
    let n = x.len();
    let nf = (n as f64).max(2.0); // in one coordinate their shrinking factor would be 0
    // Reflection, expansion, contraction, shrinking: equation 4.1 of Gao & Han.
    let (alpha, beta, gamma, delta) = (1.0, 1.0 + 2.0 / nf, 0.75 - 0.5 / nf, 1.0 - 1.0 / nf);
    let corners = (0..n)
        .map(|i| {
            let mut corner = x.clone();
            corner[i] += edges[i];
            desk.space.fold(&mut corner);
            corner
        })
        .collect::<Vec<_>>();
    let values = desk.values(corners.clone()).await;
    let mut simplex: Vec<(f64, Vec<f64>)> = values.into_iter().zip(corners).collect();
    simplex.push((value, x));
    loop {
        simplex.sort_by(|a, b| a.0.total_cmp(&b.0)); // stable: of equal corners the older stays ahead
        let (best, worst) = (simplex[0].0, simplex[n].0);
        let size = (0..n)
            .map(|i| simplex[1..].iter().map(|(_, c)| (c[i] - simplex[0].1[i]).abs()).fold(0.0, f64::max))
            .fold(0.0, f64::max);
        let even = worst - best <= f_tol || best == worst;
        let smallest = f64::EPSILON * simplex[0].1.iter().fold(0.0, |a: f64, x| a.max(x.abs()));
        if (even && size <= x_tol) || size <= smallest {
            let (value, x) = simplex.swap_remove(0);
            return (x, value);
        }
        let centre: Vec<f64> =
            (0..n).map(|i| simplex[..n].iter().map(|(_, corner)| corner[i]).sum::<f64>() / n as f64).collect();
        let towards = |factor: f64| {
            let mut point: Vec<f64> = centre.iter().zip(&simplex[n].1).map(|(c, w)| c + factor * (c - w)).collect();
            desk.space.fold(&mut point); // clipped corners would flatten the simplex
            point
        };
        let reflected = towards(alpha);
        let f_r = desk.value(&reflected).await;
        let next = if f_r < best {
            let expanded = towards(alpha * beta);
            let f_e = desk.value(&expanded).await;
            Some(if f_e < f_r { (f_e, expanded) } else { (f_r, reflected) })
        } else if f_r < simplex[n - 1].0 {
            Some((f_r, reflected))
        } else {
            let outside = f_r < worst;
            let contracted = towards(if outside { alpha * gamma } else { -gamma });
            let f_c = desk.value(&contracted).await;
            (if outside { f_c <= f_r } else { f_c < worst }).then_some((f_c, contracted))
        };
        match next {
            Some(corner) => simplex[n] = corner,
            None => {
                let anchor = simplex[0].1.clone();
                let shrunk: Vec<Vec<f64>> = (simplex[1..].iter())
                    .map(|(_, c)| anchor.iter().zip(c).map(|(a, c)| a + delta * (c - a)).collect())
                    .collect();
                let values = desk.values(shrunk.clone()).await;
                simplex.truncate(1);
                simplex.extend(values.into_iter().zip(shrunk));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::blackbox::{Bound, minimize};

    #[test]
    fn rosenbrock_is_solved_from_the_usual_start() {
        let settings = NelderMeadSettings { x0: Some(vec![-1.2, 1.0]), seed: Some(1), ..Default::default() };
        let mut search = nelder_mead(settings).unwrap();
        let f = |x: &[f64]| Ok((1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2));
        let found = minimize(&mut search, f, |_| true).unwrap();
        assert!(found.value < 1e-15 && (found.x[0] - 1.0).abs() < 1e-6, "{found:?}");
        assert_eq!(found.reason, Reason::Converged);
    }

    #[test]
    fn a_minimum_on_the_bound_is_found_in_one_and_in_four_coordinates() {
        for n in [1, 4] {
            let (lower, upper) = (Some(Bound::All(1.0)), Some(Bound::All(9.0)));
            let settings = NelderMeadSettings { dim: Some(n), lower, upper, seed: Some(1), ..Default::default() };
            let mut search = nelder_mead(settings).unwrap();
            let found = minimize(&mut search, |x| Ok(x.iter().map(|x| x * x).sum()), |_| true).unwrap();
            assert!((found.value - n as f64).abs() < 1e-6, "{n}: {found:?}");
        }
    }

    #[test]
    fn flat_ground_ends() {
        let settings = NelderMeadSettings { x0: Some(vec![3.0, 4.0]), ..Default::default() };
        let mut search = nelder_mead(settings).unwrap();
        let found = minimize(&mut search, |_| Ok(7.0), |_| true).unwrap();
        assert_eq!((found.value, found.reason), (7.0, Reason::Converged));
    }
}
