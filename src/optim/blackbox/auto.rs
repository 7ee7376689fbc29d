//! The portfolio: tries what is cheap, looks at what kind of landscape it is, and commits.
//!
//! 1. A quasi-Newton search from the start; before it goes far, a test for sums of one-coordinate functions.
//! 2. A few searches from elsewhere. Where they come to the same value there is one basin, and a small CMA-ES that
//!    begins with the learned inverse Hessian finishes there. On rough ground the same is tried, but not for long.
//! 3. Else there are many basins, and two ways share the budget: searches from many places (multistart), good where
//!    basins are wide, and CMA-ES with growing populations (IPOP, Auger & Hansen 2005), good where the many small
//!    basins lie in a large one. How far a descent gets tells which.

use super::cmaes::{Cma, Plan, default_population};
use super::quasi_newton::{Found, QuasiNewton};
use super::search::{Desk, Reason, Search};
use super::separable::{additive, coordinatewise};
use super::space::search_settings;
use crate::data::Rng;
use crate::{Result, stop};

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

    // 1. Down from the start.
    let x = space.x0.clone();
    let value = desk.value(&x).await;
    let mut first = QuasiNewton::new(Found { x, value });
    first.run(&desk, f64::INFINITY, 10 * n).await;
    if additive(&desk, &mut rng).await {
        coordinatewise(&desk, first.at.x.clone(), first.at.value, desk.budget() * 7 / 10).await;
    }
    first.run(&desk, f64::INFINITY, 200 * n).await;

    // 2. Do others come to the same value? At most three are asked, and two have to agree.
    let mut reach = Reach::default();
    let mut agree = 0;
    for asked in 1..=3 {
        let best = desk.best_value();
        let probe = descend(&desk, &mut rng, f64::INFINITY, 25 * n).await;
        reach.note(&probe);
        let short = (probe.to - best).abs() / (probe.from - best).max(f64::MIN_POSITIVE);
        agree += u32::from(short < 0.05);
        let hopeless = asked == 1 && !(short < 0.5); // or NaN: nothing finite yet
        if hopeless || asked == 2 && agree != 1 {
            break;
        }
    }
    let one_basin = agree >= 2;
    let plan = Plan {
        scale: (0..space.dim()).map(|i| 0.2 * space.width(i)).collect(),
        active: true,
        separable: space.dim() >= 200,
        f_tol: 1e-11,
        x_tol: 1e-12,
    };
    let lambda = default_population(space.dim());
    let mut paused = None;
    if one_basin || first.rough {
        let mut es = Cma::new(&space, &plan, desk.best().map_or(space.x0.clone(), |(x, _)| x), 0.05, lambda);
        if let Some(inverse) = first.inverse() {
            es.shape(inverse);
        }
        let converging = finish(&desk, &mut es, &mut rng, !one_basin).await?;
        paused = converging.then(|| (es, desk.best_value()));
    }

    // 3. Multistart and CMA-ES, each with its share.
    let mut population = 3 * lambda;
    let mut es = Cma::new(&space, &plan, space.x0.clone(), 1.0, population);
    let (mut starts, mut samples) = (0, 0); // evaluations of the two
    loop {
        stop::check()?;
        if desk.evals() > desk.budget() * 6 / 10
            && let Some((mut es, best)) = paused.take()
            && best == desk.best_value()
        {
            finish(&desk, &mut es, &mut rng, false).await?; // nothing better was found
        }
        let before = desk.evals();
        if (starts as f64) < reach.share() * (starts + samples) as f64 {
            let best = desk.best_value();
            reach.note(&descend(&desk, &mut rng, best, 100 * n).await);
            starts += desk.evals() - before;
            continue;
        }
        if es.stopped() {
            desk.restarted();
            population = (2 * population).min(1 << 14);
            es = Cma::new(&space, &plan, space.uniform(&mut rng), 1.0, population);
        }
        es.step(&desk, &mut rng).await?;
        samples += desk.evals() - before;
    }
}

/// Runs a small CMA-ES near the best point until it stops.
///
/// With `briefly` it gives up, too, when 50 evaluations per coordinate gain nothing or next to nothing; it then says
/// whether it was still converging.
async fn finish(desk: &Desk, es: &mut Cma, rng: &mut Rng, briefly: bool) -> Result<bool> {
    let window = 50 * desk.space.dim() as u64;
    let begin = desk.best_value();
    let mut then = (desk.evals(), begin);
    while !es.stopped() {
        es.step(desk, rng).await?;
        if briefly && desk.evals() > then.0 + window {
            let best = desk.best_value();
            let gain = then.1 - best;
            if gain <= 0.01 * (begin - best) {
                return Ok(gain > 0.0);
            }
            then = (desk.evals(), best);
        }
    }
    Ok(false)
}

/// A quasi-Newton search from somewhere: its first and last value, and how far it got in widths of the space.
struct Descent {
    from: f64,
    to: f64,
    far: f64,
}

/// Goes down from the best of a few random points; gives up when it seems that it will not come below `beat`.
async fn descend(desk: &Desk, rng: &mut Rng, beat: f64, most: u64) -> Descent {
    let space = &desk.space;
    let mut points: Vec<Vec<f64>> = (0..15).map(|_| space.uniform(rng)).collect();
    let values = desk.values(points.clone()).await;
    let lowest = (0..values.len()).min_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or(0);
    let (x, from) = (points.swap_remove(lowest), values[lowest]);
    let mut search = QuasiNewton::new(Found { x: x.clone(), value: from });
    search.run(desk, beat, most).await;
    let moved = |i: usize| (search.at.x[i] - x[i]) / space.width(i);
    let far = (0..x.len()).map(|i| moved(i).powi(2)).sum::<f64>().sqrt().min(1.0);
    Descent { from, to: search.at.value, far }
}

/// How far descents get, on average over about the latest twenty.
#[derive(Default)]
struct Reach {
    mean: f64,
    count: u32,
}

impl Reach {
    fn note(&mut self, descent: &Descent) {
        self.count += 1;
        self.mean += (descent.far - self.mean) / f64::from(self.count.min(20));
    }

    /// The share of the budget that multistart deserves.
    fn share(&self) -> f64 {
        match () {
            () if self.mean > 0.15 => 0.8, // wide basins, so not many
            () if self.count < 7 => 0.4,   // in few dimensions even small basins may be few
            () => 0.05,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::blackbox::Bound;

    fn search(dim: usize, budget: u64, seed: u64) -> Search {
        let (lower, upper) = (Some(Bound::All(-5.0)), Some(Bound::All(5.0)));
        auto(AutoSettings { dim: Some(dim), lower, upper, budget, seed: Some(seed), ..Default::default() }).unwrap()
    }

    fn lowest(mut search: Search, f: impl Fn(&[f64]) -> f64) -> (Vec<f64>, f64, u64) {
        while search.done().is_none() {
            let values: Vec<f64> = search.ask().iter().map(|x| f(x)).collect();
            search.tell(&values).unwrap();
        }
        let evals = search.counts().evals;
        search.best().map_or((vec![], f64::INFINITY, evals), |(x, value)| (x.to_vec(), value, evals))
    }

    #[test]
    fn an_ill_conditioned_valley_is_followed_to_its_end() {
        let rosenbrock =
            |x: &[f64]| x.windows(2).map(|p| 100.0 * (p[1] - p[0] * p[0]).powi(2) + (1.0 - p[0]).powi(2)).sum();
        for seed in 1..4 {
            let (x, value, _) = lowest(search(5, 2000, seed), rosenbrock);
            assert!(value < 1e-9 && x.iter().all(|x| (x - 1.0).abs() < 1e-3), "{x:?} {value}");
        }
    }

    #[test]
    fn the_deepest_of_wide_basins_is_found() {
        // Nine bowls; only the one around (3, ..., 3) goes down to 0.
        let centres: Vec<f64> = (0..9).map(|k| -4.0 + f64::from(k)).collect();
        let bowls = |x: &[f64]| {
            let bowl = |c: &f64| x.iter().map(|x| (x - c).powi(2)).sum::<f64>() + f64::from(*c != 3.0);
            centres.iter().map(bowl).fold(f64::INFINITY, f64::min)
        };
        for seed in 1..4 {
            let (x, value, _) = lowest(search(4, 4000, seed), bowls);
            assert!(value < 1e-8, "{x:?} {value}");
        }
    }

    #[test]
    fn flat_ground_and_no_numbers_end_with_the_budget() {
        assert_eq!(lowest(search(3, 5000, 1), |_| 1.0).1, 1.0);
        let (_, value, evals) = lowest(search(3, 5000, 1), |_| f64::NAN);
        assert!(value.is_infinite() && evals == 5000);
        let (_, value, _) =
            lowest(search(3, 3000, 1), |x| if x[0] < 1.0 { f64::NAN } else { x[0] * x[0] + x[1].abs() });
        assert!((1.0..1.01).contains(&value), "{value}");
    }

    #[test]
    fn the_same_seed_asks_the_same_points() {
        let rough = |x: &[f64]| x.iter().map(|x| x * x + (9.0 * x + x * x).sin()).sum::<f64>().abs().sqrt();
        assert_eq!(lowest(search(3, 3000, 7), rough), lowest(search(3, 3000, 7), rough));
    }
}
