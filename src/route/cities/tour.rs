//! A tour as an array of cities and of their positions, changed by turning pieces round.
//!
//! Every change of the local searches is a sequence of reversals, and a reversal of one side of the tour is the same
//! round trip as a reversal of the other: the shorter side is turned (Johnson & McGeoch 1997, section 3.3). A journal of
//! reversals takes changes back.

/// A tour that knows where each city stands.
#[derive(Clone, Debug)]
pub struct ArrayTour {
    order: Vec<u32>,
    position: Vec<u32>,
    journal: Vec<(u32, u32)>, // reversed positions since the last `commit`
}

impl ArrayTour {
    /// A tour in this order: a permutation of 0..n.
    pub fn new(order: Vec<u32>) -> Self {
        let mut position = vec![0; order.len()];
        for (i, &city) in order.iter().enumerate() {
            position[city as usize] = i as u32;
        }
        Self { order, position, journal: vec![] }
    }

    /// The cities in order.
    pub fn order(&self) -> &[u32] {
        &self.order
    }

    /// The number of cities.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// The city at a position.
    #[inline]
    pub fn at(&self, position: usize) -> u32 {
        self.order[position]
    }

    /// Where a city stands.
    #[inline]
    pub fn position(&self, city: u32) -> usize {
        self.position[city as usize] as usize
    }

    /// The city after this one.
    #[inline]
    pub fn next(&self, city: u32) -> u32 {
        let i = self.position(city) + 1;
        self.order[if i == self.order.len() { 0 } else { i }]
    }

    /// The city before this one.
    #[inline]
    pub fn previous(&self, city: u32) -> u32 {
        let i = self.position(city);
        self.order[if i == 0 { self.order.len() } else { i } - 1]
    }

    /// How many cities a reversal of the way from `a` on to `b` would move.
    #[inline]
    pub fn reversal_size(&self, a: u32, b: u32) -> usize {
        let inside = self.steps(a, b) + 1;
        inside.min(self.len() - inside)
    }

    /// How many steps on from `a` stands `b`.
    #[inline]
    pub fn steps(&self, a: u32, b: u32) -> usize {
        let (i, j) = (self.position(a), self.position(b));
        if j >= i { j - i } else { j + self.len() - i }
    }

    /// Turns the way from `a` on to `b` round, or the rest of the tour, which is the same round trip.
    pub fn reverse(&mut self, a: u32, b: u32) {
        let n = self.len();
        let (i, j) = (self.position(a), self.position(b));
        let inside = self.steps(a, b) + 1;
        let (i, j) =
            if 2 * inside <= n { (i, j) } else { (if j + 1 == n { 0 } else { j + 1 }, if i == 0 { n } else { i } - 1) };
        self.journal.push((i as u32, j as u32));
        self.turn(i, j);
    }

    fn turn(&mut self, i: usize, j: usize) {
        let n = self.len();
        if i <= j {
            // The whole tour or nothing to turn also ends here: harmless.
            self.order[i..=j].reverse();
            for (offset, &city) in self.order[i..=j].iter().enumerate() {
                self.position[city as usize] = (i + offset) as u32;
            }
            return;
        }
        let length = j + n - i + 1;
        let (mut i, mut j) = (i, j);
        for _ in 0..length / 2 {
            let (a, b) = (self.order[i], self.order[j]);
            self.order[i] = b;
            self.order[j] = a;
            self.position[b as usize] = i as u32;
            self.position[a as usize] = j as u32;
            i = if i + 1 == n { 0 } else { i + 1 };
            j = if j == 0 { n } else { j } - 1;
        }
    }

    /// Lets go of the way back: what is now is kept.
    pub fn commit(&mut self) {
        self.journal.clear();
    }

    /// Reversals since the last `commit`.
    pub fn changes(&self) -> usize {
        self.journal.len()
    }

    /// Takes back everything since the last `commit`.
    pub fn roll_back(&mut self) {
        while let Some((i, j)) = self.journal.pop() {
            self.turn(i as usize, j as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;
    use std::collections::BTreeSet;

    fn edges(order: &[u32]) -> BTreeSet<(u32, u32)> {
        (0..order.len()).map(|i| (order[i], order[(i + 1) % order.len()])).map(|(a, b)| (a.min(b), a.max(b))).collect()
    }

    #[test]
    fn a_reversal_changes_two_edges_and_rolls_back() {
        let mut rng = Rng::new(1);
        for n in [4, 5, 11] {
            let mut tour = ArrayTour::new((0..n).collect());
            for _ in 0..500 {
                let before = tour.order().to_vec();
                let (a, b) = (rng.below(n as usize) as u32, rng.below(n as usize) as u32);
                let (from, to) = (tour.previous(a), tour.next(b));
                tour.reverse(a, b);
                let mut wanted = edges(&before);
                if from != b && to != a && from != to {
                    wanted.remove(&(from.min(a), from.max(a)));
                    wanted.remove(&(b.min(to), b.max(to)));
                    wanted.insert((from.min(b), from.max(b)));
                    wanted.insert((a.min(to), a.max(to)));
                    assert_eq!(edges(tour.order()), wanted);
                }
                for i in 0..n as usize {
                    assert_eq!(tour.position(tour.at(i)), i);
                    assert_eq!(tour.previous(tour.next(i as u32)), i as u32);
                }
                if rng.below(2) == 0 {
                    tour.roll_back();
                    assert_eq!(tour.order(), before);
                } else {
                    tour.commit();
                }
            }
        }
    }
}
