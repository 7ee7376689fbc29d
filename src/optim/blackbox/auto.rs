//! The portfolio: tries what is cheap, looks at what kind of landscape it is, and commits.

use super::cmaes::{Bipop, Cma, Plan, default_population, run};
use super::quasi_newton::{Found, quasi_newton};
use super::search::{Desk, Reason, Search};
use super::separable::{additive, coordinatewise};
use super::space::search_settings;
use crate::Result;
use crate::data::Rng;

search_settings! {
    /// Settings of [`auto`].
    AutoSettings for "auto" {
    }
}

/// The portfolio.
///
/// # Errors
/// When a setting is out of its range.
pub fn auto(settings: AutoSettings) -> Result<Search> {
    Search::new("auto", settings.space()?, async move |desk| story(desk).await)
}

async fn story(desk: Desk) -> Result<Reason> {
    let space = desk.space.clone();
    let n = space.dim() as u64;
    let mut rng = Rng::new(space.seed);

    let x = space.x0.clone();
    let value = desk.value(&x).await;
    let first = quasi_newton(&desk, Found { x, value }, None, (f64::INFINITY, 0.0), 200 * n).await;

    if additive(&desk, &mut rng).await {
        coordinatewise(&desk, first.x.clone(), first.value, desk.budget() * 7 / 10).await;
    }

    let plan = Plan {
        scale: (0..space.dim()).map(|i| 0.2 * space.width(i)).collect(),
        active: true,
        separable: space.dim() >= 200,
        f_tol: 1e-11,
        x_tol: 1e-12,
    };
    let lambda = default_population(space.dim());
    let before = desk.evals();
    let mut es = Cma::new(&space, &plan, space.x0.clone(), 1.0, lambda);
    run(&desk, &mut es, &mut rng, u64::MAX).await?;
    let mut bipop = Bipop::new(lambda, desk.evals() - before);
    loop {
        desk.restarted();
        let before = desk.evals();
        let (lambda, sigma, most) = bipop.next(&mut rng);
        let start = space.uniform(&mut rng);
        let mut es = Cma::new(&space, &plan, start, sigma, lambda);
        run(&desk, &mut es, &mut rng, most).await?;
        bipop.spent(desk.evals() - before);
    }
}
