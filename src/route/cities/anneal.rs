//! Simulated annealing: worse tours are taken too, at first often, later hardly ever.
//!
//! Kirkpatrick, Gelatt & Vecchi (1983) with the moves of 2-opt and Or-opt among near cities (Johnson & McGeoch 1997,
//! section 4.2). The temperature falls geometrically over the whole budget. The best tour seen comes back, not the last.

use super::local_search::{LocalSearch, Move, Moves, least_gain};
use super::{Neighbours, Problem};
use crate::Result;
use crate::data::Rng;

/// The temperature at the end, as a share of the one at the start.
pub(super) const LAST: f64 = 0.01;
/// Moves between two looks at the clock.
const MOVES: u64 = 256;
/// Reversals that the journal holds before a copy of the best tour is made.
const JOURNAL: usize = 1000;

/// Anneals from `start`. `share` answers how much of the budget is gone after so many moves, in [0, 1], and nothing to
/// end now; `temperature` is the first one, in mean edges of the start.
///
/// # Errors
/// What `share` answers.
pub fn anneal(
    problem: &Problem,
    neighbours: &Neighbours,
    start: Vec<u32>,
    temperature: f64,
    rng: &mut Rng,
    mut share: impl FnMut(u64, &mut dyn FnMut() -> Vec<u32>) -> Result<Option<f64>>,
) -> Result<Vec<u32>> {
    let edge = mean_edge(problem, &start);
    let least = least_gain(problem, &start);
    let mut search = LocalSearch::new(problem, neighbours, start, Moves::OrOpt);
    search.longest = (50_000_000 / search.tour.len()).max(1000); // a long reversal costs what many short ones would gain
    // The best tour is the present one with its journal rolled back, until the journal gets long; then it is a copy.
    let mut copy: Option<Vec<u32>> = None;
    let mut excess = 0.0; // of the present tour over the best
    let mut t = temperature * edge;
    let mut done = 0;
    loop {
        if done % MOVES == 0 {
            let mut best = || copy.clone().unwrap_or_else(|| rolled_back(&search));
            let Some(share) = share(done, &mut best)? else { break };
            t = temperature * edge * LAST.powf(share);
        }
        done += 1;
        let Some(gain) = search.try_move(t, rng) else { continue };
        excess -= gain;
        if excess < -least {
            (copy, excess) = (None, 0.0);
            search.tour.commit();
        } else if search.tour.changes() > JOURNAL {
            if copy.is_none() {
                copy = Some(rolled_back(&search));
            }
            search.tour.commit();
        }
    }
    Ok(copy.unwrap_or_else(|| rolled_back(&search)))
}

/// The mean length of a tour's edges.
pub(super) fn mean_edge(problem: &Problem, tour: &[u32]) -> f64 {
    tour.windows(2).map(|pair| problem.cost(pair[0], pair[1]).abs()).sum::<f64>() / tour.len() as f64
}

fn rolled_back(search: &LocalSearch<'_>) -> Vec<u32> {
    let mut tour = search.tour.clone();
    tour.roll_back();
    tour.order().to_vec()
}

impl LocalSearch<'_> {
    /// Tries a random move at temperature `t`; what it gained, if it was taken.
    pub(super) fn try_move(&mut self, t: f64, rng: &mut Rng) -> Option<f64> {
        let a = rng.below(self.tour.len()) as u32;
        let near = self.neighbours.of(a);
        let c = near[rng.below(near.len())];
        let (gain, chosen) = self.proposal(a, c, rng)?;
        if gain < 0.0 && rng.uniform() >= (gain / t).exp() {
            return None;
        }
        self.carry_out(chosen);
        Some(gain)
    }

    /// A random move that makes `a` and `c` neighbours, and its gain.
    fn proposal(&self, a: u32, c: u32, rng: &mut Rng) -> Option<(f64, Move)> {
        let Self { problem, tour, .. } = self;
        let bits = rng.next_u64();
        let forward = bits & 1 == 0;
        let ahead = |city| if forward { tour.next(city) } else { tour.previous(city) };
        let behind = |city| if forward { tour.previous(city) } else { tour.next(city) };
        if bits & 2 == 0 {
            let (b, d) = (ahead(a), ahead(c));
            if b == c || d == a {
                return None;
            }
            let gain = problem.cost(a, b) + problem.cost(c, d) - problem.cost(a, c) - problem.cost(b, d);
            let turned = if forward { tour.reversal_size(b, c) } else { tour.reversal_size(a, d) };
            return (turned <= self.longest).then_some((gain, Move::TwoOpt { a, b, c, d }));
        }
        let mut e = a;
        let mut inside = c == a;
        for _ in 0..(bits >> 3) % 3 {
            e = ahead(e);
            inside |= e == c;
        }
        let f = if bits & 4 == 0 { ahead(c) } else { behind(c) };
        let (p, q) = (behind(a), ahead(e));
        if inside || f == a || f == e || p == c && f == q || p == q {
            return None;
        }
        let gain = problem.cost(p, a) + problem.cost(e, q) + problem.cost(c, f)
            - problem.cost(p, q)
            - problem.cost(a, c)
            - problem.cost(e, f);
        let way = tour.steps(a, c);
        (way.min(tour.len() - way) <= self.longest).then_some((gain, Move::OrOpt { p, a, e, q, c, f }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Metric;
    use super::*;

    #[test]
    fn the_best_tour_seen_comes_back_even_when_the_end_is_hot() {
        let mut rng = Rng::new(1);
        let points = (0..50).map(|_| [rng.uniform(), rng.uniform()]).collect();
        let problem = Problem::points(points, Metric::Euclid).unwrap();
        let neighbours = Neighbours::new(&problem, 10);
        let start: Vec<u32> = (0..50).collect();
        let mut best = f64::INFINITY;
        let tour = anneal(&problem, &neighbours, start, 0.1, &mut rng, |done, so_far| {
            let length = problem.length(&so_far());
            assert!(length <= best + 1e-9, "the best got worse: {best} -> {length}");
            best = length;
            Ok((done < 200_000).then_some(0.0)) // never cools
        });
        let tour = tour.unwrap();
        problem.check_tour(&tour).unwrap();
        assert!(problem.length(&tour) <= best + 1e-9);
        assert!(best < 8.0, "{best}");
    }
}
