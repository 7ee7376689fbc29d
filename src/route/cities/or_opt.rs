//! Or-opt: a piece of up to three cities goes elsewhere, either way round.
//!
//! Or (1976); with neighbour lists as in Johnson & McGeoch (1997), section 3.3: one end of the piece lands beside a near
//! city, at a cost below what taking the piece out saves.

use super::local_search::{LocalSearch, Move, bar, keep};

/// Cities in a piece, at most.
const PIECE: usize = 3;

impl LocalSearch<'_> {
    /// Looks for the best way to move a piece that begins or ends at `a`, so that `a` lands beside a near city.
    pub(super) fn or_opt(&self, a: u32, best: &mut Option<(f64, Move)>) {
        let Self { problem, tour, longest, least, .. } = self;
        for forward in [true, false] {
            let ahead = |city| if forward { tour.next(city) } else { tour.previous(city) };
            let behind = |city| if forward { tour.previous(city) } else { tour.next(city) };
            let p = behind(a);
            let pa = problem.cost(p, a);
            let mut piece = [a; PIECE];
            let mut e = a;
            for size in 1..=PIECE {
                if size > 1 {
                    e = ahead(e);
                    piece[size - 1] = e;
                }
                let q = ahead(e);
                let saved = pa + problem.cost(e, q) - problem.cost(p, q);
                if saved <= *least {
                    continue;
                }
                for &c in self.near(a) {
                    let g = saved - problem.cost(a, c);
                    if g <= *least {
                        break;
                    }
                    if piece[..size].contains(&c) {
                        continue;
                    }
                    for f in [ahead(c), behind(c)] {
                        let gain = g - problem.cost(e, f) + problem.cost(c, f);
                        if gain > bar(best, *least) && !piece[..size].contains(&f) {
                            let way = tour.steps(a, c);
                            if way.min(tour.len() - way) <= *longest {
                                keep(best, gain, Move::OrOpt { p, a, e, q, c, f });
                            }
                        }
                    }
                }
            }
        }
    }

    /// Makes the move, as two or three exchanges of two edges.
    pub(super) fn move_piece(&mut self, p: u32, a: u32, e: u32, q: u32, c: u32, f: u32) {
        // Seen in the direction from p to a: p [a..e] q .. and then either c f or f c.
        let forward = self.tour.next(p) == a;
        let f_is_next = self.tour.next(c) == f;
        if forward == f_is_next {
            // p [a..e q..c] f, p [c..q] [e..a] f, p [q..c] [a..e] f
            self.exchange(p, a, c, f);
            self.exchange(p, c, q, e);
            self.exchange(c, e, a, f);
        } else {
            // p [a..e q..f] c, p [f..q] [e..a] c, p [q..f] [e..a] c
            self.exchange(p, a, f, c);
            self.exchange(p, f, q, e);
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
    fn what_a_descent_gains_is_what_the_tour_loses() {
        let mut rng = Rng::new(6);
        for n in [8, 9, 12, 100] {
            for _ in 0..20 {
                let points = (0..n).map(|_| [rng.uniform(), rng.uniform()]).collect();
                let problem = Problem::points(points, Metric::Euclid).unwrap();
                let neighbours = Neighbours::new(&problem, 10);
                let mut start: Vec<u32> = (0..n).collect();
                rng.shuffle(&mut start);
                let before = problem.length(&start);
                let mut search = LocalSearch::new(&problem, &neighbours, start, Moves::OrOpt);
                search.wake_all();
                let gained = search.descend(|| Ok(true)).unwrap();
                problem.check_tour(search.tour.order()).unwrap();
                assert!((before - gained - problem.length(search.tour.order())).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_piece_goes_where_two_opt_cannot_bring_it() {
        // A city on the lower side is visited on the way along the upper side.
        let mut points: Vec<[f64; 2]> = (0..5).map(|i| [f64::from(i), 0.0]).collect();
        points.extend((0..5).map(|i| [4.0 - f64::from(i), 1.0]));
        let problem = Problem::points(points, Metric::Euclid).unwrap();
        let neighbours = Neighbours::new(&problem, 5);
        let mut search = LocalSearch::new(&problem, &neighbours, vec![0, 1, 3, 4, 5, 6, 2, 7, 8, 9], Moves::OrOpt);
        search.wake_all();
        search.descend(|| Ok(true)).unwrap();
        assert!((problem.length(search.tour.order()) - 10.0).abs() < 1e-12);
    }
}
