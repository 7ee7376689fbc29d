//! The greedy start: the cheapest edges first, unless they close a circle or give a city a third edge.
//!
//! Bentley (1992): 14-20 % above the optimum, and the best start for 2-opt. Edges come from the neighbour lists; the
//! pieces that are left over are joined by lists of their ends only.

use super::kd_tree::{KdTree, Nearest};
use super::{Neighbours, Problem};
use crate::Result;
use crate::data::Rng;

/// So few ends are joined by looking at all pairs.
const FEW: usize = 128;

/// A greedy tour. `going` may end it early: then what is left is joined as it comes.
///
/// # Errors
/// What `going` answers.
pub fn greedy(problem: &Problem, neighbours: &Neighbours, going: impl FnMut() -> Result<bool>) -> Result<Vec<u32>> {
    grow(problem, neighbours, |a, b| problem.cost(a, b), going)
}

/// The greedy tour for costs that are each raised by a random share of up to `noise`.
///
/// # Errors
/// What `going` answers.
pub fn noisy_greedy(
    problem: &Problem,
    neighbours: &Neighbours,
    noise: f64,
    rng: &mut Rng,
    going: impl FnMut() -> Result<bool>,
) -> Result<Vec<u32>> {
    let raised = |a, b| {
        let cost = problem.cost(a, b);
        cost + noise * rng.uniform() * cost.abs()
    };
    grow(problem, neighbours, raised, going)
}

fn grow(
    problem: &Problem,
    neighbours: &Neighbours,
    mut cost: impl FnMut(u32, u32) -> f64,
    mut going: impl FnMut() -> Result<bool>,
) -> Result<Vec<u32>> {
    let n = problem.len() as u32;
    let mut pieces = Pieces::new(n as usize);
    let candidates = (0..n).flat_map(|a| neighbours.of(a).iter().map(move |&b| (a, b)));
    pieces.join_cheapest(&mut cost, candidates.filter(|&(a, b)| a < b || !neighbours.of(b).contains(&a)));
    let places = problem.places();
    let mut k = 8;
    while pieces.count > 1 && going()? {
        let ends: Vec<u32> = (0..n).filter(|&city| pieces.links[city as usize][1] == NONE).collect();
        let before = pieces.count;
        let mut candidates = vec![];
        if let Some(places) = places.as_ref().filter(|_| ends.len() > FEW) {
            let tree = KdTree::new(places, ends.clone());
            let mut nearest = Nearest::default();
            for &a in &ends {
                tree.nearest(places[a as usize], k, a, &mut nearest);
                candidates.extend(nearest.ids().map(|b| (a, b)));
            }
        } else {
            for &a in &ends {
                let others = ends.iter().copied().filter(|&b| b != a && b != pieces.other[a as usize]);
                let mut others: Vec<(f64, u32)> = others.map(|b| (problem.cost(a, b), b)).collect();
                if others.len() > k {
                    others.select_nth_unstable_by(k, |x, y| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1)));
                    others.truncate(k);
                }
                candidates.extend(others.iter().map(|&(_, b)| (a, b)));
            }
        }
        pieces.join_cheapest(&mut cost, candidates.into_iter());
        if pieces.count == before {
            k *= 2; // the near ends were all of the same piece
        }
    }
    Ok(pieces.into_tour())
}

const NONE: u32 = u32::MAX;

/// Pieces of a tour that are still open at both ends.
struct Pieces {
    links: Vec<[u32; 2]>, // the neighbours of each city so far; the second is NONE at an end
    other: Vec<u32>,      // for each end of a piece its other end
    count: usize,
}

impl Pieces {
    fn new(n: usize) -> Self {
        Self { links: vec![[NONE; 2]; n], other: (0..n as u32).collect(), count: n }
    }

    fn join_cheapest(&mut self, cost: &mut impl FnMut(u32, u32) -> f64, candidates: impl Iterator<Item = (u32, u32)>) {
        let mut edges: Vec<(f64, u32, u32)> =
            candidates.filter(|&(a, b)| self.other[a as usize] != b).map(|(a, b)| (cost(a, b), a, b)).collect();
        edges.sort_unstable_by(|x, y| x.0.total_cmp(&y.0).then((x.1, x.2).cmp(&(y.1, y.2))));
        for (_, a, b) in edges {
            let open = |city: u32| self.links[city as usize][1] == NONE;
            if self.count > 1 && open(a) && open(b) && self.other[a as usize] != b {
                self.join(a, b);
            }
        }
    }

    fn join(&mut self, a: u32, b: u32) {
        for (from, to) in [(a, b), (b, a)] {
            let links = &mut self.links[from as usize];
            links[if links[0] == NONE { 0 } else { 1 }] = to;
        }
        let (start, end) = (self.other[a as usize], self.other[b as usize]);
        self.other[start as usize] = end;
        self.other[end as usize] = start;
        self.count -= 1;
    }

    /// The tour through all pieces; several are put one behind the other as they come.
    fn into_tour(self) -> Vec<u32> {
        let n = self.links.len();
        let mut tour = Vec::with_capacity(n);
        let mut seen = vec![false; n];
        for start in 0..n as u32 {
            if seen[start as usize] || self.links[start as usize][1] != NONE {
                continue;
            }
            let (mut from, mut city) = (NONE, start);
            while city != NONE {
                seen[city as usize] = true;
                tour.push(city);
                let [x, y] = self.links[city as usize];
                (from, city) = (city, if x != from { x } else { y });
            }
        }
        tour
    }
}

#[cfg(test)]
mod tests {
    use super::super::Metric;
    use super::*;

    #[test]
    fn a_greedy_tour_visits_all_and_is_about_a_sixth_too_long() {
        let mut rng = Rng::new(1);
        let n = 20_000;
        let points = (0..n).map(|_| [rng.uniform(), rng.uniform()]).collect();
        let problem = Problem::points(points, Metric::Euclid).unwrap();
        let tour = greedy(&problem, &Neighbours::new(&problem, 8), || Ok(true)).unwrap();
        problem.check_tour(&tour).unwrap();
        let excess = problem.length(&tour) / (0.7124 * f64::from(n).sqrt());
        assert!((1.1..1.25).contains(&excess), "{excess}");
    }

    #[test]
    fn duplicates_and_few_cities_make_a_tour() {
        for n in 1..40 {
            let points = (0..n).map(|i| [f64::from(i % 3), 0.0]).collect();
            let problem = Problem::points(points, Metric::Euclid).unwrap();
            let tour = greedy(&problem, &Neighbours::new(&problem, 2), || Ok(true)).unwrap();
            problem.check_tour(&tour).unwrap();
        }
        let problem = Problem::points(vec![[1.0, 1.0]; 1000], Metric::Euclid).unwrap();
        let tour = greedy(&problem, &Neighbours::new(&problem, 5), || Ok(true)).unwrap();
        problem.check_tour(&tour).unwrap();
    }
}
