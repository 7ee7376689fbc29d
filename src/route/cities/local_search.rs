//! The descent that two_opt.rs and or_opt.rs share: a queue of cities to look at, and the tour that they change.
//!
//! A city that has been looked at in vain sleeps until one of its edges changes: the don't-look bits of Bentley (1992),
//! "Fast algorithms for geometric traveling salesman problems", as a queue.

use super::tour::ArrayTour;
use super::{Neighbours, Problem};
use crate::Result;
use std::collections::VecDeque;

/// Which moves a descent makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    /// Exchanges of two edges.
    TwoOpt,
    /// These, and moving short pieces elsewhere.
    OrOpt,
}

/// One change of the tour.
#[derive(Clone, Copy, Debug)]
pub enum Move {
    /// The edges (a, b) and (c, d) become (a, c) and (b, d); b follows a as d follows c, or both precede.
    TwoOpt { a: u32, b: u32, c: u32, d: u32 },
    /// The piece from `a` to `e`, between `p` and `q`, goes between `c` and `f`: `a` beside `c`, `e` beside `f`.
    OrOpt { p: u32, a: u32, e: u32, q: u32, c: u32, f: u32 },
}

/// A tour going downhill. Needs at least eight cities.
pub struct LocalSearch<'a> {
    pub problem: &'a Problem,
    pub neighbours: &'a Neighbours,
    pub tour: ArrayTour,
    pub moves: Moves,
    /// No reversal moves more cities than this: it would cost more time than it gains.
    pub longest: usize,
    /// A gain must be larger than this: beyond the rounding of sums.
    pub least: f64,
    queue: VecDeque<u32>,
    queued: Vec<bool>,
}

/// Cities looked at between two looks at the clock.
const LOOKS: usize = 256;

impl<'a> LocalSearch<'a> {
    pub fn new(problem: &'a Problem, neighbours: &'a Neighbours, tour: Vec<u32>, moves: Moves) -> Self {
        let n = tour.len();
        Self {
            problem,
            neighbours,
            least: least_gain(problem, &tour),
            tour: ArrayTour::new(tour),
            moves,
            longest: usize::MAX,
            queue: VecDeque::new(),
            queued: vec![false; n],
        }
    }

    #[inline]
    pub(super) fn near(&self, a: u32) -> &[u32] {
        self.neighbours.of(a)
    }

    /// This city is worth a look.
    pub fn wake(&mut self, city: u32) {
        if !std::mem::replace(&mut self.queued[city as usize], true) {
            self.queue.push_back(city);
        }
    }

    /// All cities are.
    pub fn wake_all(&mut self) {
        for i in 0..self.tour.len() {
            self.wake(self.tour.at(i));
        }
    }

    /// Takes the best improvement at each waking city until all sleep; returns what was gained. It stops early when
    /// `going` says so.
    ///
    /// # Errors
    /// What `going` answers.
    pub fn descend(&mut self, mut going: impl FnMut() -> Result<bool>) -> Result<f64> {
        let mut gained = 0.0;
        let mut looks = 0;
        while let Some(city) = self.queue.pop_front() {
            self.queued[city as usize] = false;
            while let Some((gain, chosen)) = self.best_move(city) {
                self.make(chosen);
                gained += gain;
            }
            looks += 1;
            if looks % LOOKS == 0 && !going()? {
                break;
            }
        }
        Ok(gained)
    }

    /// The best improvement at the next waking city that has one; what it gained, or nothing when all sleep.
    pub fn improve_once(&mut self) -> Option<f64> {
        while let Some(city) = self.queue.pop_front() {
            self.queued[city as usize] = false;
            if let Some((gain, chosen)) = self.best_move(city) {
                self.make(chosen);
                self.wake(city);
                return Some(gain);
            }
        }
        None
    }

    /// Lets all cities sleep.
    pub fn sleep_all(&mut self) {
        for city in self.queue.drain(..) {
            self.queued[city as usize] = false;
        }
    }

    fn best_move(&self, city: u32) -> Option<(f64, Move)> {
        let mut best = None;
        self.two_opt(city, &mut best);
        if self.moves == Moves::OrOpt {
            self.or_opt(city, &mut best);
        }
        best
    }

    /// Makes a move and wakes the cities whose edges it changes.
    fn make(&mut self, chosen: Move) {
        self.carry_out(chosen);
        match chosen {
            Move::TwoOpt { a, b, c, d } => [a, b, c, d].into_iter().for_each(|city| self.wake(city)),
            Move::OrOpt { p, a, e, q, c, f } => [p, a, e, q, c, f].into_iter().for_each(|city| self.wake(city)),
        }
    }

    /// Makes a move.
    pub fn carry_out(&mut self, chosen: Move) {
        match chosen {
            Move::TwoOpt { a, b, c, d } => self.exchange(a, b, c, d),
            Move::OrOpt { p, a, e, q, c, f } => self.move_piece(p, a, e, q, c, f),
        }
    }

    /// The edges (a, b) and (c, d) become (a, c) and (b, d); b follows a as d follows c, or both precede.
    pub fn exchange(&mut self, a: u32, b: u32, c: u32, d: u32) {
        if self.tour.next(a) == b { self.tour.reverse(b, c) } else { self.tour.reverse(a, d) }
    }
}

/// The least difference of tour lengths that is not rounding.
pub fn least_gain(problem: &Problem, tour: &[u32]) -> f64 {
    let costs = tour.windows(2).map(|pair| problem.cost(pair[0], pair[1]).abs());
    1e-12 * costs.sum::<f64>() / (tour.len() as f64).sqrt()
}

/// Keeps the better of two moves.
pub fn keep(best: &mut Option<(f64, Move)>, gain: f64, chosen: Move) {
    *best = Some((gain, chosen));
}

/// The gain that the next candidate must exceed.
#[inline]
pub fn bar(best: &Option<(f64, Move)>, least: f64) -> f64 {
    best.as_ref().map_or(least, |&(gain, _)| gain)
}
