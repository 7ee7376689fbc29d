//! The genetic algorithm: populations of local optima, bred by edge-assembly crossover until they agree.
//!
//! A population that no longer improves makes room for a fresh one; several that end at the same length are taken as the
//! answer. Where the time does not suffice for a population, kicks improve a single tour first.

use super::budget::Watch;
use super::eax::{Eax, Strategy};
use super::greedy::noisy_greedy;
use super::local_search::{LocalSearch, Moves};
use super::{Neighbours, Problem, SolveSettings};
use crate::Result;
use crate::data::Rng;

/// Generations without a shorter best tour or mean after which a population is done.
const PATIENCE: usize = 10;
/// How much the greedy starts differ.
const NOISE: f64 = 0.5;

/// Breeds tours until the budget is spent or populations agree; shows them to `watch`.
///
/// # Errors
/// What `watch` answers.
pub fn genetic(
    problem: &Problem,
    neighbours: &Neighbours,
    names: Option<&[u32]>,
    settings: &SolveSettings,
    watch: &mut Watch<'_>,
) -> Result<()> {
    let n = problem.len();
    let mut generations = settings.steps.unwrap_or(u64::MAX);
    let mut shortest = f64::INFINITY;
    let mut agreed = 0;
    for round in 0.. {
        let mut rng = Rng::stream(settings.seed, round);
        let size = if settings.population > 0 { settings.population } else { usual_population(n) };
        let mut tours = vec![];
        for _ in 0..size {
            if !watch.going()? {
                return Ok(());
            }
            let tour = noisy_greedy(problem, neighbours, NOISE, &mut rng, || watch.going())?;
            let mut search = LocalSearch::new(problem, neighbours, tour, Moves::OrOpt);
            search.wake_all();
            search.descend(|| watch.going())?;
            for _ in 0..n {
                search.kick(&mut rng)?;
            }
            let tour = search.tour.order().to_vec();
            if watch.may_show() {
                watch.show(&tour, names)?;
            }
            tours.push(tour);
        }
        let mut eax = Eax::new(problem, neighbours, &tours, settings.children);
        for strategy in [Strategy::Single, Strategy::Block] {
            let mut known = eax.lengths();
            let mut vain = 0;
            while vain < PATIENCE && !eax.converged() && generations > 0 && watch.going()? {
                generations -= 1;
                eax.generation(strategy, &mut rng, || watch.going())?;
                let now = eax.lengths();
                vain = if now.0 < known.0 || now.1 < known.1 { 0 } else { vain + 1 };
                if now.0 < known.0 && watch.may_show() {
                    watch.show(&eax.best().0, names)?;
                }
                known = now;
            }
        }
        let (tour, length) = eax.best();
        watch.offer(&tour, names)?;
        let rounding = 1e-9 * length.abs();
        agreed = match () {
            () if length < shortest - rounding => 1,
            () if length <= shortest + rounding => agreed + 1,
            () => agreed,
        };
        shortest = shortest.min(length);
        if agreed >= settings.agree || generations == 0 || !watch.going()? {
            break;
        }
    }
    Ok(())
}

/// Members of a population for so many cities.
fn usual_population(n: usize) -> usize {
    (n / 3).clamp(30, 300)
}
