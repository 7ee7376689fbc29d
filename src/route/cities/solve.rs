//! The front door: one call, five methods, the best tour seen.

use super::anneal::anneal;
use super::budget::{Improvement, Watch};
use super::exact::{FEW, exact};
use super::genetic::genetic;
use super::greedy::greedy;
use super::kd_tree::KdTree;
use super::local_search::{LocalSearch, Moves};
use super::nearest::nearest_tour;
use super::{Neighbours, Problem};
use crate::Result;
use crate::data::Rng;
use crate::error::ensure_setting;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How [`solve`] looks for a short tour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Genetic: edge-assembly crossover on locally best tours. The best for up to some thousand cities.
    #[default]
    Ga,
    /// Simulated annealing with the moves of 2-opt and Or-opt.
    Anneal,
    /// 2-opt from a greedy start, then random kicks, each repaired or taken back.
    TwoOpt,
    /// The same with Or-opt moves in addition. The best for many cities.
    OrOpt,
    /// On to the nearest city left, from a random one.
    Nearest,
}

/// Settings of [`solve`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SolveSettings {
    /// "ga", "anneal", "two_opt", "or_opt" or "nearest". Default "ga".
    pub method: Method,
    /// Wall-clock seconds to spend, at least 0; it ends earlier when nothing is left to gain. Default 5.
    pub seconds: f64,
    /// Steps to spend at most: generations of "ga", moves of "anneal", kicks of "two_opt" and "or_opt" (0 stops at
    /// the first local optimum). With steps that end before the seconds do, one seed gives one tour. Default: no limit.
    pub steps: Option<u64>,
    /// Seed of all random choices. Default 1.
    pub seed: u64,
    /// Near cities that each city tries as next ones, at least 1. Default 10.
    pub neighbours: usize,
    /// Members of a population of "ga", or 0 for a number that suits the cities. Default 0.
    pub population: usize,
    /// Children tried per pair of parents of "ga", at least 1. Default 30.
    pub children: usize,
    /// "ga" ends when so many populations have ended at the same shortest length, at least 1. Default 3.
    pub agree: u64,
    /// First temperature of "anneal", in mean edges of the greedy start, positive. Default 0.3.
    pub temperature: f64,
}

impl Default for SolveSettings {
    fn default() -> Self {
        Self {
            method: Method::Ga,
            seconds: 5.0,
            steps: None,
            seed: 1,
            neighbours: 10,
            population: 0,
            children: 30,
            agree: 3,
            temperature: 0.3,
        }
    }
}

/// What [`solve`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// The cities in order.
    pub tour: Vec<u32>,
    /// The length of exactly this tour, the way home included.
    pub length: f64,
    /// Wall-clock seconds spent.
    pub seconds: f64,
}

/// From so many cities on they are renumbered, so that near cities are near in memory.
const MANY: usize = 1000;
/// Kicks between two looks at the clock.
const KICKS: u64 = 64;

/// Looks for a short tour. `on_improve` sees better tours on the way, at most 50 a second; when it answers false, the
/// search ends with the best tour so far.
///
/// ```
/// use mynah::route::cities::{Metric, Problem, SolveSettings, solve};
/// let square = Problem::points(vec![[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]], Metric::Euclid)?;
/// let solution = solve(&square, &SolveSettings::default(), &mut |_| Ok(true))?;
/// assert_eq!(solution.length, 4.0);
/// # Ok::<(), mynah::Error>(())
/// ```
///
/// # Errors
/// When a setting is out of its range, `on_improve` fails, or the user asked to stop everything.
pub fn solve(
    problem: &Problem,
    settings: &SolveSettings,
    on_improve: &mut dyn FnMut(&Improvement<'_>) -> Result<bool>,
) -> Result<Solution> {
    let SolveSettings { method, seconds, neighbours, children, agree, temperature, .. } = *settings;
    ensure_setting(seconds >= 0.0, "tsp", "seconds", "at least 0", seconds)?;
    ensure_setting(neighbours >= 1, "tsp", "neighbours", "at least 1", neighbours)?;
    ensure_setting(children >= 1, "tsp", "children", "at least 1", children)?;
    ensure_setting(agree >= 1, "tsp", "agree", "at least 1", agree)?;
    let positive = temperature > 0.0 && temperature.is_finite();
    ensure_setting(positive, "tsp", "temperature", "positive", temperature)?;
    let mut watch = Watch::new(problem, seconds, on_improve);
    let n = problem.len();
    if n <= FEW && method != Method::Nearest {
        watch.offer(&exact(problem), None)?;
    } else if method == Method::Nearest {
        let start = Rng::new(settings.seed).below(n) as u32;
        let tour = nearest_tour(problem, start, || watch.going())?;
        watch.offer(&tour, None)?;
    } else {
        let names = if n >= MANY { memory_order(problem) } else { None };
        let renumbered = names.as_ref().map(|names| problem.renumbered(names));
        improve(renumbered.as_ref().unwrap_or(problem), names.as_deref(), settings, &mut watch)?;
    }
    let (tour, length, seconds) = watch.finish();
    Ok(Solution { tour, length, seconds })
}

/// An order in which near cities are near each other, if there are points.
fn memory_order(problem: &Problem) -> Option<Vec<u32>> {
    let places = problem.places()?;
    Some(KdTree::new(&places, (0..problem.len() as u32).collect()).leaf_order().to_vec())
}

fn improve(problem: &Problem, names: Option<&[u32]>, settings: &SolveSettings, watch: &mut Watch<'_>) -> Result<()> {
    if !watch.going()? {
        return watch.offer(&(0..problem.len() as u32).collect::<Vec<_>>(), names);
    }
    let neighbours = Neighbours::new(problem, settings.neighbours);
    let tour = greedy(problem, &neighbours, || watch.going())?;
    watch.offer(&tour, names)?;
    let moves = if settings.method == Method::TwoOpt { Moves::TwoOpt } else { Moves::OrOpt };
    match settings.method {
        Method::Ga => return genetic(problem, &neighbours, names, settings, watch),
        Method::Anneal => {
            let mut rng = Rng::new(settings.seed);
            let best = anneal(problem, &neighbours, tour, settings.temperature, &mut rng, |done, best| {
                if !watch.going()? {
                    return Ok(None);
                }
                if watch.may_show() {
                    watch.show(&best(), names)?;
                }
                let Some(steps) = settings.steps else { return Ok(Some(watch.share())) };
                // The clock counts only where it would end the search well before the steps do.
                let (moved, late) = (done as f64 / steps.max(1) as f64, watch.share() - 0.1);
                Ok((moved < 1.0 && steps > 0).then(|| moved.max(late)))
            })?;
            return watch.offer(&best, names);
        }
        _ => {}
    }
    let mut search = LocalSearch::new(problem, &neighbours, tour, moves);
    search.wake_all();
    search.descend(|| watch.going())?;
    search.sleep_all();
    watch.offer(search.tour.order(), names)?;
    let mut rng = Rng::new(settings.seed);
    let mut gained = 0.0;
    for kick in 0..settings.steps.unwrap_or(u64::MAX) {
        if kick % KICKS == 0 {
            if !watch.going()? {
                break;
            }
            if gained > 0.0 && watch.may_show() {
                watch.show(search.tour.order(), names)?;
                gained = 0.0;
            }
        }
        gained += search.kick(&mut rng)?;
    }
    watch.offer(search.tour.order(), names)
}

#[cfg(test)]
mod tests {
    use super::super::Metric;
    use super::*;
    use std::time::Duration;

    #[test]
    fn one_seed_gives_one_tour_however_long_a_watcher_dawdles() {
        // On a lattice many tours are equally short, and which of them is shown depends on the clock.
        let points = (0..441).map(|i| [f64::from(i % 21), f64::from(i / 21)]).collect();
        let problem = Problem::points(points, Metric::Euclid).unwrap();
        for (method, steps) in
            [(Method::Ga, 3), (Method::OrOpt, 20_000), (Method::TwoOpt, 20_000), (Method::Anneal, 200_000)]
        {
            let run = |pause| {
                let settings =
                    SolveSettings { method, steps: Some(steps), seconds: 600.0, seed: 3, ..Default::default() };
                let mut seen = f64::INFINITY;
                let solution = solve(&problem, &settings, &mut |better| {
                    std::thread::sleep(Duration::from_millis(pause));
                    assert!(better.length < seen, "{method:?}: {} after {seen}", better.length);
                    seen = better.length;
                    Ok(true)
                })
                .unwrap();
                assert!(solution.length <= seen * (1.0 + 1e-12), "{method:?}");
                (solution.tour, solution.length)
            };
            assert_eq!(run(0), run(30), "{method:?}");
        }
    }

    #[test]
    fn a_tour_that_was_shown_is_kept_when_the_watcher_ends_the_search() {
        let points = (0..400).map(|i| [f64::from(i * 7919 % 1009), f64::from(i * 104_729 % 997)]).collect();
        let problem = Problem::points(points, Metric::Euclid).unwrap();
        for method in [Method::Ga, Method::OrOpt, Method::Anneal] {
            let (mut seen, mut shown) = (f64::INFINITY, 0);
            let settings = SolveSettings { method, seconds: 600.0, ..Default::default() };
            let solution = solve(&problem, &settings, &mut |better| {
                (seen, shown) = (better.length, shown + 1);
                Ok(shown < 3)
            })
            .unwrap();
            assert!(solution.length <= seen * (1.0 + 1e-12), "{method:?}: {} but {seen} was shown", solution.length);
            assert_eq!(problem.length(&solution.tour), solution.length);
        }
    }
}
