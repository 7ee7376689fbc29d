//! Particle swarms: points with inertia, drawn to the best places that they and their neighbours remember.
//!
//! Kennedy & Eberhart (1995), with the constriction of Clerc & Kennedy (2002) (w = 0.7298, c = 1.49618) and a ring of
//! neighbours (Bratton & Kennedy 2007). At a bound a particle stops and turns back.

use super::search::{Reason, Search};
use super::space::search_settings;
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::{Result, stop};

search_settings! {
    /// Settings of [`pso`].
    PsoSettings for "pso" {
        /// Particles, at least 3. Default 40.
        population: usize = 40,
        /// Share of the velocity that is kept, in [0, 1). Default 0.7298.
        inertia: f64 = 0.7298,
        /// Pull of a particle's own best place, at least 0. Default 1.49618.
        cognitive: f64 = 1.49618,
        /// Pull of its neighbours' best place, at least 0. Default 1.49618.
        social: f64 = 1.49618,
        /// It has converged when the best places are closer than this share of the first box, at least 0. Default 1e-12.
        x_tol: f64 = 1e-12,
    }
}

/// Particle swarm optimisation.
///
/// # Errors
/// When a setting is out of its range.
pub fn pso(settings: PsoSettings) -> Result<Search> {
    let PsoSettings { population, inertia, cognitive, social, x_tol, .. } = settings;
    let pull = 0.0..f64::INFINITY;
    ensure_setting((3..=1 << 20).contains(&population), "pso", "population", "from 3 to 1048576", population)?;
    ensure_setting((0.0..1.0).contains(&inertia), "pso", "inertia", "in [0, 1)", inertia)?;
    ensure_setting(pull.contains(&cognitive), "pso", "cognitive", "finite and at least 0", cognitive)?;
    ensure_setting(pull.contains(&social), "pso", "social", "finite and at least 0", social)?;
    ensure_setting(pull.contains(&x_tol), "pso", "x_tol", "finite and at least 0", x_tol)?;
    Search::new("pso", settings.space()?, async move |desk| {
        let space = desk.space.clone();
        let n = space.dim();
        let mut rng = Rng::new(space.seed);
        let mut x: Vec<Vec<f64>> = (0..population).map(|_| space.uniform(&mut rng)).collect();
        if space.x0_given {
            x[0].clone_from(&space.x0);
        }
        // Half-differences: v = (y - x) / 2 with y another uniform point.
        let mut v: Vec<Vec<f64>> =
            (x.iter()).map(|x| space.uniform(&mut rng).iter().zip(x).map(|(y, x)| 0.5 * (y - x)).collect()).collect();
        let mut own: Vec<(Vec<f64>, f64)> = x.iter().map(|x| (x.clone(), f64::INFINITY)).collect();
        loop {
            stop::check()?;
            let values = desk.values(x.clone()).await;
            for (k, value) in values.into_iter().enumerate() {
                if value < own[k].1 {
                    own[k] = (x[k].clone(), value);
                }
            }
            let spread = (0..n).map(|i| {
                let places = own.iter().map(|(p, _)| p[i]);
                let (lo, hi) = places.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), p| (a.min(p), b.max(p)));
                (hi - lo) / space.width(i).max(f64::MIN_POSITIVE)
            });
            if spread.fold(0.0, f64::max) <= x_tol {
                return Ok(Reason::Converged);
            }
            for k in 0..population {
                let ring = [(k + population - 1) % population, k, (k + 1) % population];
                let lead = ring.into_iter().min_by(|&a, &b| own[a].1.total_cmp(&own[b].1)).unwrap_or(k);
                for i in 0..n {
                    let here = x[k][i];
                    let mut speed = inertia * v[k][i]
                        + cognitive * rng.uniform() * (own[k].0[i] - here)
                        + social * rng.uniform() * (own[lead].0[i] - here);
                    let mut next = here + speed;
                    if !(next >= space.lower[i] && next <= space.upper[i]) {
                        next = next.clamp(space.lower[i], space.upper[i]);
                        speed *= -0.5;
                    }
                    (x[k][i], v[k][i]) = (next, speed);
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::blackbox::{Bound, minimize};

    #[test]
    fn rastrigin_in_two_coordinates_is_solved_from_each_of_ten_seeds() {
        for seed in 0..10 {
            let (lower, upper) = (Some(Bound::All(-5.12)), Some(Bound::All(5.12)));
            let settings = PsoSettings { dim: Some(2), lower, upper, seed: Some(seed), ..Default::default() };
            let f = |x: &[f64]| Ok(x.iter().map(|x| x * x + 10.0 - 10.0 * (std::f64::consts::TAU * x).cos()).sum());
            let found = minimize(&mut pso(settings).unwrap(), f, |_| true).unwrap();
            assert!(found.value < 1e-9, "seed {seed}: {found:?}");
        }
    }

    #[test]
    fn a_function_without_finite_values_ends_with_a_sentence() {
        let settings = PsoSettings { dim: Some(2), budget: 200, seed: Some(1), ..Default::default() };
        let error = minimize(&mut pso(settings).unwrap(), |_| Ok(f64::NAN), |_| true).unwrap_err();
        assert_eq!(error.to_string(), "pso: none of 200 values was a finite number (the budget is spent)");
    }
}
