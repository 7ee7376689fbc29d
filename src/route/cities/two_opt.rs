//! 2-opt: two edges leave the tour, and the piece between them turns round.
//!
//! Croes (1958), with neighbour lists (Lin & Kernighan 1973; Johnson & McGeoch 1997, section 3.3): the first new edge
//! must be shorter than the edge that it replaces.

use super::local_search::{LocalSearch, Move, bar, keep};

impl LocalSearch<'_> {
    /// Looks for the best exchange that gives `a` a shorter edge.
    #[inline]
    pub(super) fn two_opt(&self, a: u32, best: &mut Option<(f64, Move)>) {
        let Self { problem, tour, longest, least, .. } = self;
        for forward in [true, false] {
            let step = |city| if forward { tour.next(city) } else { tour.previous(city) };
            let b = step(a);
            let ab = problem.cost(a, b);
            for &c in self.near(a) {
                let g1 = ab - problem.cost(a, c);
                if g1 <= *least {
                    break;
                }
                let d = step(c);
                let gain = g1 + problem.cost(c, d) - problem.cost(b, d);
                if gain > bar(best, *least) {
                    let turned = if forward { tour.reversal_size(b, c) } else { tour.reversal_size(a, d) };
                    if turned <= *longest {
                        keep(best, gain, Move::TwoOpt { a, b, c, d });
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::local_search::Moves;
    use super::super::{Metric, Neighbours, Problem};
    use super::*;
    use crate::data::Rng;

    #[test]
    fn no_exchange_of_two_edges_is_left_that_shortens_the_tour() {
        let mut rng = Rng::new(5);
        let points = (0..60).map(|_| [rng.uniform(), rng.uniform()]).collect();
        let problem = Problem::points(points, Metric::Euclid).unwrap();
        let neighbours = Neighbours::new(&problem, 59);
        let start: Vec<u32> = (0..60).collect();
        let before = problem.length(&start);
        let mut search = LocalSearch::new(&problem, &neighbours, start, Moves::TwoOpt);
        search.wake_all();
        let gained = search.descend(|| Ok(true)).unwrap();
        let tour = search.tour.order();
        assert!((before - gained - problem.length(tour)).abs() < 1e-9);
        for i in 0..60 {
            for j in i + 2..60 {
                let (a, b, c, d) = (tour[i], tour[i + 1], tour[j], tour[(j + 1) % 60]);
                let gain = problem.cost(a, b) + problem.cost(c, d) - problem.cost(a, c) - problem.cost(b, d);
                assert!(gain < 1e-9, "{i} {j}: {gain}");
            }
        }
    }
}
