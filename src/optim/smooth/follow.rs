//! Any [`Optimizer`] as a minimiser: it follows the gradients of a function that is asked at every point.

use super::minimizer::{Desk, Ending, Limits, Minimizer, finite, norm};
use super::stationary::stationary;
use crate::Result;
use crate::data::Rng;
use crate::optim::ranges::not_negative;
use crate::optim::{Optimizer, Param, diagonal, signs};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`follow`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FollowSettings {
    /// Steps at most. Default 1000.
    pub steps: u64,
    /// Evaluations at most. Default: no bound.
    pub evaluations: Option<u64>,
    /// Done when the gradient's length is at most this, at least 0. Default 1e-8.
    pub tolerance: f64,
    /// Seed of the probes for optimizers that want curvature. Default 0.
    pub seed: u64,
}

impl Default for FollowSettings {
    fn default() -> Self {
        Self { steps: 1000, evaluations: None, tolerance: 1e-8, seed: 0 }
    }
}

/// A minimiser that moves from `x0` by `optimizer`; it answers with the best point seen.
///
/// An optimizer that wants curvature is given `z ∘ Hz`, so it asks for products.
///
/// ```
/// use mynah::optim::smooth::{FollowSettings, follow};
/// let adam = mynah::optim::by_name("adam", serde_json::json!({ "lr": 0.1 }))?;
/// let mut f = |x: &[f64]| Ok(((x[0] - 3.0).powi(2), vec![2.0 * (x[0] - 3.0)]));
/// let report = follow(adam, vec![0.0], FollowSettings::default())?.run(&mut f, |_| Ok(true))?;
/// assert!((report.x[0] - 3.0).abs() < 1e-6);
/// # Ok::<(), mynah::Error>(())
/// ```
///
/// # Errors
/// When a setting is out of its range, or `x0` is empty or not finite.
pub fn follow(optimizer: Optimizer, x0: Vec<f64>, settings: FollowSettings) -> Result<Minimizer> {
    let name = optimizer.name();
    let FollowSettings { steps, evaluations, tolerance, seed: _ } = settings;
    not_negative(name, "tolerance", tolerance)?;
    Minimizer::new(name, &x0.clone(), Limits { steps, evaluations }, |desk| story(desk, optimizer, x0, settings))
}

async fn story(
    desk: Desk,
    mut optimizer: Optimizer,
    mut x: Vec<f64>,
    settings: FollowSettings,
) -> Result<Ending, Ending> {
    let mut rng = Rng::new(settings.seed);
    loop {
        let (f, g) = desk.gradient(&x).await?;
        if !finite(f, &g) {
            return Err(Ending::NotFinite);
        }
        if norm(&g) <= settings.tolerance {
            let fresh = desk.steps() == 0;
            return if fresh { stationary(&desk, &x, settings.tolerance, 0.0).await } else { Ok(Ending::Converged) };
        }
        desk.may_step()?;
        let curvature = if optimizer.needs_curvature() {
            let z: Vec<f64> = signs(x.len(), &mut rng);
            let hz = desk.product(&x, &z).await?;
            Some(diagonal(&z, hz).map_err(|_| Ending::NotFinite)?)
        } else {
            None
        };
        let param = Param::new(&mut x, &g);
        let param = if let Some(d) = &curvature { param.hessian(d) } else { param };
        optimizer.step(&mut [param]).map_err(|_| Ending::Stuck)?;
        if let Err(ending) = desk.step_taken() {
            // What the last step found counts too, and so does the mean of an optimizer that keeps one.
            if x.iter().all(|x| x.is_finite()) {
                desk.gradient(&x).await?;
                if let Some(mean) = optimizer.averaged(0, &x) {
                    desk.gradient(&mean).await?;
                }
            }
            return Err(ending);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::WithProduct;
    use super::*;
    use crate::optim::{OPTIMIZERS, by_name};
    use serde_json::{Value, json};

    fn bowl(x: &[f64]) -> Result<(f64, Vec<f64>)> {
        Ok((x[0] * x[0] + 10.0 * x[1] * x[1], vec![2.0 * x[0], 20.0 * x[1]]))
    }

    #[test]
    fn every_optimizer_comes_lower_and_returns_the_best_point_seen() {
        for entry in OPTIMIZERS {
            let optimizer = (entry.make)(Value::Null).unwrap();
            let mut method = follow(optimizer, vec![1.0, -1.0], Default::default()).unwrap();
            let mut lowest = f64::INFINITY;
            let mut f = |x: &[f64]| {
                let (f, g) = bowl(x)?;
                lowest = lowest.min(f);
                Ok((f, g))
            };
            let product = |_: &[f64], v: &[f64]| Ok(vec![2.0 * v[0], 20.0 * v[1]]);
            let report = method.run(&mut WithProduct { f: &mut f, product }, |_| Ok(true)).unwrap();
            assert!(report.f < 10.9 && report.f == lowest && report.name == entry.name, "{report}");
        }
    }

    #[test]
    fn adahessian_asks_for_products_and_one_seed_gives_one_way() {
        let run = |seed: u64| {
            let optimizer = by_name("adahessian", json!({ "lr": 0.1 })).unwrap();
            let settings = FollowSettings { steps: 50, seed, ..Default::default() };
            let mut mixed = |x: &[f64]| {
                let (x, y) = (x[0], x[1]);
                Ok((x * x + x * y + 2.0 * y * y, vec![2.0 * x + y, x + 4.0 * y]))
            };
            follow(optimizer, vec![1.0, -2.0], settings).unwrap().run(&mut mixed, |_| Ok(true)).unwrap()
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1).x, run(2).x);
        assert_eq!(run(1).products, 50);
    }
}
