//! A search for a short tour that one steps by hand, to watch it or to share the time with something else.
//!
//! The same moves as [`solve`](super::solve) makes: 2-opt and Or-opt down to a local optimum and then kicks, or annealing.

use super::anneal::{LAST, mean_edge};
use super::exact::{FEW, exact};
use super::greedy::greedy;
use super::local_search::{LocalSearch, Moves, least_gain};
use super::{Method, Neighbours, Problem};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`TourSearch`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TourSearchSettings {
    /// "anneal", "two_opt" or "or_opt". Default "or_opt".
    pub method: Method,
    /// Steps until it is done: moves tried by "anneal", whose temperature falls over all of them, or improvements and
    /// kicks of the others. Default 100000.
    pub steps: u64,
    /// Seed of all random choices. Default 1.
    pub seed: u64,
    /// Near cities that each city tries as next ones, at least 1. Default 10.
    pub neighbours: usize,
    /// First temperature of "anneal", in mean edges of the greedy tour, positive. Default 0.3.
    pub temperature: f64,
}

impl Default for TourSearchSettings {
    fn default() -> Self {
        Self { method: Method::OrOpt, steps: 100_000, seed: 1, neighbours: 10, temperature: 0.3 }
    }
}

/// A search for a short tour, step by step.
///
/// ```
/// use mynah::route::cities::{Metric, Problem, TourSearch, TourSearchSettings};
/// let points = (0..20).map(|i| [f64::from(i * 7 % 20), f64::from(i * i % 11)]).collect();
/// let problem = Problem::points(points, Metric::Euclid)?;
/// let mut search = TourSearch::new(problem, TourSearchSettings::default(), None)?;
/// let before = search.length();
/// search.step(100)?;
/// assert!(search.length() <= before && search.steps() == 100);
/// # Ok::<(), mynah::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TourSearch {
    problem: Problem,
    neighbours: Neighbours,
    settings: TourSearchSettings,
    rng: Rng,
    tour: Vec<u32>, // where it stands
    length: f64,
    best: Vec<u32>,
    best_length: f64,
    edge: f64, // a mean one of the greedy tour
    descended: bool,
    steps: u64,
}

impl TourSearch {
    /// One that begins at `tour`, or at the greedy one. Nine cities or fewer are solved at once.
    ///
    /// # Errors
    /// When a setting is out of its range, or the tour is none.
    pub fn new(problem: Problem, settings: TourSearchSettings, tour: Option<Vec<u32>>) -> Result<Self> {
        let TourSearchSettings { method, neighbours, temperature, .. } = settings;
        let what = "tour_search";
        if matches!(method, Method::Ga | Method::Nearest) {
            let name = if method == Method::Ga { "ga" } else { "nearest" };
            let why = format!("`method` must be \"anneal\", \"two_opt\" or \"or_opt\", got \"{name}\"");
            return Err(Error::value(format!("{what}: {why}")));
        }
        ensure_setting(neighbours >= 1, what, "neighbours", "at least 1", neighbours)?;
        let positive = temperature > 0.0 && temperature.is_finite();
        ensure_setting(positive, what, "temperature", "positive", temperature)?;
        if let Some(tour) = &tour {
            problem.check_tour(tour)?;
        }
        let few = problem.len() <= FEW;
        let near = Neighbours::new(&problem, neighbours);
        let short = if few { exact(&problem) } else { greedy(&problem, &near, || Ok(true))? };
        let edge = mean_edge(&problem, &short);
        let tour = if few { short } else { tour.unwrap_or(short) };
        let length = problem.length(&tour);
        let steps = if few { settings.steps } else { 0 };
        let rng = Rng::new(settings.seed);
        let (best, best_length) = (tour.clone(), length);
        Ok(Self {
            problem,
            neighbours: near,
            settings,
            rng,
            tour,
            length,
            best,
            best_length,
            edge,
            descended: few,
            steps,
        })
    }

    /// Makes so many steps, fewer if it is done before.
    ///
    /// # Errors
    /// When the user asked to stop everything.
    pub fn step(&mut self, steps: u64) -> Result<()> {
        let steps = steps.min(self.settings.steps - self.steps);
        if steps == 0 {
            return Ok(());
        }
        let moves = if self.settings.method == Method::TwoOpt { Moves::TwoOpt } else { Moves::OrOpt };
        let least = least_gain(&self.problem, &self.tour);
        let mut search = LocalSearch::new(&self.problem, &self.neighbours, self.tour.clone(), moves);
        for k in 0..steps {
            let gained = if self.settings.method == Method::Anneal {
                let share = (self.steps + k) as f64 / self.settings.steps as f64;
                let t = self.settings.temperature * self.edge * LAST.powf(share);
                search.try_move(t, &mut self.rng).unwrap_or(0.0)
            } else if self.descended {
                search.kick(&mut self.rng)?
            } else {
                if k == 0 {
                    search.wake_all();
                }
                search.improve_once().unwrap_or_else(|| {
                    self.descended = true;
                    0.0
                })
            };
            search.tour.commit();
            self.length -= gained;
            if self.length < self.best_length - least {
                (self.best, self.best_length) = (search.tour.order().to_vec(), self.length);
            }
        }
        self.steps += steps;
        self.tour = search.tour.order().to_vec();
        // Sums of gains drift; these are the lengths of the very tours.
        self.length = self.problem.length(&self.tour);
        self.best_length = self.problem.length(&self.best);
        Ok(())
    }

    /// The tour that it stands on.
    pub fn tour(&self) -> &[u32] {
        &self.tour
    }

    /// The length of that tour.
    pub fn length(&self) -> f64 {
        self.length
    }

    /// The best tour seen, and its length.
    pub fn best(&self) -> (&[u32], f64) {
        (&self.best, self.best_length)
    }

    /// Steps made.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Whether all steps are made.
    pub fn is_done(&self) -> bool {
        self.steps >= self.settings.steps
    }

    /// The temperature of annealing, in the unit of lengths.
    pub fn temperature(&self) -> Option<f64> {
        let share = self.steps as f64 / self.settings.steps.max(1) as f64;
        (self.settings.method == Method::Anneal).then(|| self.settings.temperature * self.edge * LAST.powf(share))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Metric;
    use super::*;

    fn problem(n: usize) -> Problem {
        let mut rng = Rng::new(8);
        Problem::points((0..n).map(|_| [rng.uniform(), rng.uniform()]).collect(), Metric::Euclid).unwrap()
    }

    #[test]
    fn every_method_shortens_a_poor_tour_and_keeps_its_books() {
        for method in [Method::Anneal, Method::TwoOpt, Method::OrOpt] {
            let settings = TourSearchSettings { method, steps: 30_000, ..Default::default() };
            let start: Vec<u32> = (0..60).collect();
            let mut search = TourSearch::new(problem(60), settings, Some(start.clone())).unwrap();
            assert_eq!(search.tour(), start);
            let mut best = f64::INFINITY;
            while !search.is_done() {
                search.step(1000).unwrap();
                problem(60).check_tour(search.tour()).unwrap();
                let (tour, length) = search.best();
                assert!((problem(60).length(tour) - length).abs() < 1e-9);
                assert!(length <= best + 1e-9 && length <= search.length() + 1e-9, "{method:?}");
                best = length;
            }
            assert!(best < 6.4, "{method:?}: {best}");
            search.step(5).unwrap();
            assert_eq!(search.steps(), 30_000);
        }
    }

    #[test]
    fn small_steps_lead_where_large_ones_do() {
        let settings = TourSearchSettings { method: Method::Anneal, steps: 5000, ..Default::default() };
        let run = |step| {
            let mut search = TourSearch::new(problem(40), settings.clone(), None).unwrap();
            while !search.is_done() {
                search.step(step).unwrap();
            }
            search.tour().to_vec()
        };
        assert_eq!(run(5000).len(), 40);
        assert_eq!(run(100), run(5000));
    }

    #[test]
    fn few_cities_are_solved_at_once() {
        let square = Problem::points(vec![[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]], Metric::Euclid).unwrap();
        let search = TourSearch::new(square, TourSearchSettings::default(), None).unwrap();
        assert!(search.is_done() && search.length() == 4.0);
    }

    #[test]
    fn what_is_no_method_and_no_tour_is_refused() {
        let says = |settings, tour| TourSearch::new(problem(12), settings, tour).unwrap_err().to_string();
        let ga = TourSearchSettings { method: Method::Ga, ..Default::default() };
        assert!(says(ga, None).ends_with("must be \"anneal\", \"two_opt\" or \"or_opt\", got \"ga\""));
        says(TourSearchSettings { temperature: 0.0, ..Default::default() }, None);
        says(TourSearchSettings { neighbours: 0, ..Default::default() }, None);
        says(TourSearchSettings::default(), Some(vec![0; 12]));
        says(TourSearchSettings::default(), Some(vec![0, 1]));
    }
}
