//! Points without a plan: uniform, or evenly spread by Halton's sequence. The measure for everything else.
//!
//! Halton (1960): coordinate i counts in the i-th prime's base, mirrored at the point; shifted at random as a whole
//! (Cranley & Patterson 1976).

use super::search::Search;
use super::space::search_settings;
use crate::Result;
use crate::data::Rng;
use crate::error::ensure_setting;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How points are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sampler {
    /// Each by itself.
    #[default]
    Uniform,
    /// Evenly spread; best below 20 coordinates.
    Halton,
}

search_settings! {
    /// Settings of [`random`].
    RandomSettings for "random" {
        /// "uniform", or "halton": evenly spread, best below 20 coordinates. Default "uniform".
        sampler: Sampler = Sampler::Uniform,
        /// Points per batch, at least 1. Default 64.
        batch: usize = 64,
    }
}

/// Random search.
///
/// # Errors
/// When a setting is out of its range.
pub fn random(settings: RandomSettings) -> Result<Search> {
    let RandomSettings { sampler, batch, .. } = settings;
    ensure_setting((1..=1 << 20).contains(&batch), "random", "batch", "from 1 to 1048576", batch)?;
    Search::new("random", settings.space()?, async move |desk| {
        let space = desk.space.clone();
        let mut rng = Rng::new(space.seed);
        let mut halton = Halton::new(space.dim(), &mut rng);
        loop {
            let next = |_| match sampler {
                Sampler::Uniform => space.uniform(&mut rng),
                Sampler::Halton => {
                    let unit = halton.next();
                    unit.iter().zip(&space.first).map(|(u, (lo, hi))| lo + u * (hi - lo)).collect()
                }
            };
            let points = (0..batch).map(next).collect();
            desk.values(points).await;
        }
    })
}

/// A Halton sequence in the unit cube.
#[derive(Debug)]
pub(super) struct Halton {
    primes: Vec<u64>,
    shift: Vec<f64>,
    count: u64,
}

impl Halton {
    /// The sequence in `n` coordinates, shifted at random.
    pub fn new(n: usize, rng: &mut Rng) -> Self {
        let mut primes: Vec<u64> = vec![];
        let mut candidate = 2;
        while primes.len() < n {
            if primes.iter().take_while(|p| *p * *p <= candidate).all(|p| !candidate.is_multiple_of(*p)) {
                primes.push(candidate);
            }
            candidate += 1;
        }
        Self { primes, shift: (0..n).map(|_| rng.uniform()).collect(), count: 0 }
    }

    /// The next point.
    pub fn next(&mut self) -> Vec<f64> {
        self.count += 1;
        let radical = |base: u64| {
            let (mut k, mut place, mut sum) = (self.count, 1.0, 0.0);
            while k > 0 {
                place /= base as f64;
                sum += place * (k % base) as f64;
                k /= base;
            }
            sum
        };
        self.primes.iter().zip(&self.shift).map(|(&p, shift)| (radical(p) + shift).fract()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::blackbox::{Bound, minimize};

    #[test]
    fn halton_fills_every_cell_of_a_grid_sooner_than_chance() {
        let mut halton = Halton::new(2, &mut Rng::new(1));
        let mut cells = [false; 64];
        for _ in 0..128 {
            let p = halton.next();
            cells[(p[0] * 8.0) as usize * 8 + (p[1] * 8.0) as usize] = true;
        }
        let filled = cells.iter().filter(|c| **c).count();
        assert!(filled >= 60, "{filled} of 64"); // by chance about 55
    }

    #[test]
    fn the_budget_is_kept_to_the_point_and_bounds_hold() {
        for sampler in [Sampler::Uniform, Sampler::Halton] {
            let (lower, upper) = (Some(Bound::Each(vec![1.0, -3.0])), Some(Bound::Each(vec![2.0, -2.0])));
            let settings = RandomSettings { sampler, lower, upper, budget: 100, seed: Some(1), ..Default::default() };
            let mut search = random(settings).unwrap();
            let f = |x: &[f64]| {
                assert!((1.0..=2.0).contains(&x[0]) && (-3.0..=-2.0).contains(&x[1]), "{x:?}");
                Ok(x[0] * x[1])
            };
            assert_eq!(minimize(&mut search, f, |_| true).unwrap().evals, 100);
        }
    }
}
