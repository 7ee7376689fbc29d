//! Iterated local search: a small random kick, a repair, and back again if the tour grew longer.
//!
//! Martin, Otto & Felten (1991) with their double bridge, kept local as in Applegate, Cook & Rohe (2003), "Chained
//! Lin-Kernighan for large traveling salesman problems": the kick exchanges three neighbouring pieces of the tour, and
//! only the cities at their ends wake. So a kick costs the same in a tour of a thousand cities and of a million.

use super::local_search::LocalSearch;
use crate::Result;
use crate::data::Rng;

/// Cities in each exchanged piece, at most.
const PIECE: usize = 30;

impl LocalSearch<'_> {
    /// Kicks the tour once and repairs it; what it gained, 0 if the kick was taken back.
    pub fn kick(&mut self, rng: &mut Rng) -> Result<f64> {
        let n = self.tour.len();
        let piece = PIECE.min((n - 2) / 3); // two cities outside at least
        let from = rng.below(n);
        let [l1, l2, l3] = [(); 3].map(|()| 1 + rng.below(piece));
        let at = |search: &Self, i: usize| search.tour.at((from + i) % n);
        // a [b..c] [d..e] [f..g] h becomes a [f..g] [d..e] [b..c] h.
        let (a, b, c) = (at(self, 0), at(self, 1), at(self, l1));
        let (d, e) = (at(self, l1 + 1), at(self, l1 + l2));
        let (f, g, h) = (at(self, l1 + l2 + 1), at(self, l1 + l2 + l3), at(self, l1 + l2 + l3 + 1));
        let problem = self.problem;
        let before = problem.cost(a, b) + problem.cost(c, d) + problem.cost(e, f) + problem.cost(g, h);
        let after = problem.cost(a, f) + problem.cost(g, d) + problem.cost(e, b) + problem.cost(c, h);
        self.tour.commit();
        self.exchange(a, b, g, h); // a [g..f] [e..d] [c..b] h
        self.exchange(a, g, f, e); // a [f..g] [e..d] [c..b] h
        self.exchange(g, e, d, c); // a [f..g] [d..e] [c..b] h
        self.exchange(e, c, b, h); // a [f..g] [d..e] [b..c] h
        for city in [a, b, c, d, e, f, g, h] {
            self.wake(city);
        }
        let gained = before - after + self.descend(|| Ok(true))?;
        if gained < -self.least {
            self.tour.roll_back();
            return Ok(0.0);
        }
        Ok(gained)
    }
}

#[cfg(test)]
mod tests {
    use super::super::local_search::Moves;
    use super::super::{Metric, Neighbours, Problem};
    use super::*;

    #[test]
    fn kicks_never_lengthen_the_tour_and_keep_their_books() {
        let mut rng = Rng::new(2);
        for n in [8, 10, 200] {
            let points = (0..n).map(|_| [rng.uniform(), rng.uniform()]).collect();
            let problem = Problem::points(points, Metric::Euclid).unwrap();
            let neighbours = Neighbours::new(&problem, 7);
            let mut search = LocalSearch::new(&problem, &neighbours, (0..n).collect(), Moves::OrOpt);
            let mut length = problem.length(search.tour.order());
            for _ in 0..300 {
                let gained = search.kick(&mut rng).unwrap();
                let now = problem.length(search.tour.order());
                assert!(gained > -1e-9 && (length - gained - now).abs() < 1e-9, "{length} - {gained} != {now}");
                length = now;
            }
            problem.check_tour(search.tour.order()).unwrap();
        }
    }
}
