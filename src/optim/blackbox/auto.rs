//! The portfolio: tries what is cheap, looks at what kind of landscape it is, and commits.

use super::cmaes::{Bipop, Cma, Plan, default_population};
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

fn env(name: &str, default: f64) -> f64 {
    std::env::var(name).map_or(default, |v| v.parse().unwrap())
}

async fn story(desk: Desk) -> Result<Reason> {
    let space = desk.space.clone();
    let n = space.dim() as u64;
    let mut rng = Rng::new(space.seed);

    let x = space.x0.clone();
    let value = desk.value(&x).await;
    let first = quasi_newton(&desk, Found { x, value }, None, f64::INFINITY, 200 * n).await;

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
    // Local CMA
    let start = if env("FROM", 1.0) > 0.5 { desk.best().map_or(space.x0.clone(), |b| b.0) } else { space.x0.clone() };
    let mut es =
        Running::new(&desk, Cma::new(&space, &plan, start, env("S1", 0.5), (env("L1", 1.0) * lambda as f64) as usize));
    while !es.over(&desk) {
        es.step(&desk, &mut rng).await;
    }
    // Scatter
    let share = (env("SC", 0.1) * desk.budget() as f64) as u64;
    let begun = desk.evals();
    while desk.evals() - begun < share {
        scatter(&desk, &mut rng).await;
    }
    // Arms
    let lambda = (env("LAMBDA", 4.0) * lambda as f64) as usize;
    let mut bipop = Bipop::new(lambda / 2, share);
    let mut spent = [1.0, 1.0];
    let mut leader = 1;
    let mut es: Option<Running> = None;
    let mut left = u64::MAX;
    let mut es_begun = 0;
    let mut turn = 0;
    loop {
        let (before, was) = (desk.evals(), desk.best_value());
        let weight = if leader == 0 { env("WL", 0.6) } else { env("WC", 0.2) };
        let arm = usize::from(spent[0] / weight > spent[1] / (1.0 - weight));
        if arm == 0 {
            turn += 1;
            if turn % 2 == 0 {
                hop(&desk, &mut rng, &mut -1.5).await;
            } else {
                scatter(&desk, &mut rng).await;
            }
        } else {
            if es.as_mut().is_none_or(|es| es.over(&desk) || desk.evals() - es_begun >= left) {
                if es.is_some() {
                    bipop.spent(desk.evals() - es_begun);
                }
                desk.restarted();
                let (lambda, sigma, most) = bipop.next(&mut rng);
                let start = if es.is_none() { space.x0.clone() } else { space.uniform(&mut rng) };
                es_begun = desk.evals();
                left = most;
                es = Some(Running::new(&desk, Cma::new(&space, &plan, start, sigma, lambda)));
            }
            if let Some(es) = &mut es {
                es.step(&desk, &mut rng).await;
            }
        }
        spent[arm] += (desk.evals() - before) as f64;
        if desk.best_value() < was {
            leader = arm;
        }
    }
}

struct Running {
    es: Cma,
    best: f64,
    then: (u64, f64), // an earlier best, and when
    hopeless: bool,
}

impl Running {
    fn new(desk: &Desk, es: Cma) -> Self {
        Self { es, best: f64::INFINITY, then: (desk.evals(), f64::INFINITY), hopeless: false }
    }
    async fn step(&mut self, desk: &Desk, rng: &mut Rng) {
        let points = self.es.sample(&desk.space, rng);
        let values = desk.values(points).await;
        self.es.update(&values);
        self.best = values.iter().copied().fold(self.best, f64::min);
        if desk.evals() - self.then.0 >= env("HW", 20.0) as u64 * desk.space.dim() as u64 {
            let gain = self.then.1 - self.best;
            self.hopeless = self.es.spread() < env("HS", 0.05) && self.best - env("HG", 5.0) * gain > desk.best_value();
            self.then = (desk.evals(), self.best);
        }
    }
    fn over(&self, _: &Desk) -> bool {
        self.hopeless || self.es.stopped()
    }
}

async fn hop(desk: &Desk, rng: &mut Rng, log_size: &mut f64) {
    let space = desk.space.clone();
    let n = space.dim();
    let Some((mut x, best)) = desk.best() else { return };
    let size = 10f64.powf(*log_size + 0.5 * rng.normal()).min(0.4);
    for i in 0..n {
        x[i] += size * space.width(i) * rng.normal();
    }
    space.fold(&mut x);
    let value = desk.value(&x).await;
    let found = quasi_newton(desk, Found { x, value }, None, best, 100 * n as u64).await;
    if found.value < best {
        *log_size = 0.7 * *log_size + 0.3 * size.log10();
    }
}

async fn scatter(desk: &Desk, rng: &mut Rng) {
    let space = desk.space.clone();
    let best = desk.best_value();
    let points: Vec<Vec<f64>> = (0..5).map(|_| space.uniform(rng)).collect();
    let values = desk.values(points.clone()).await;
    let k = (0..points.len()).min_by(|&a, &b| values[a].total_cmp(&values[b])).unwrap_or(0);
    quasi_newton(desk, Found { x: points[k].clone(), value: values[k] }, None, best, 100 * space.dim() as u64).await;
}
