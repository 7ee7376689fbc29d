//! Seeded random numbers: one seed gives one stream on every platform and thread count.
//!
//! ChaCha with 8 rounds (Bernstein 2008), whose position can be saved and restored exactly.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng};
use serde::{Deserialize, Serialize};
use std::hash::{BuildHasher, Hasher, RandomState};

/// A seeded generator of uniform, normal and integer random numbers.
#[derive(Clone, Debug)]
pub struct Rng {
    seed: u64,
    chacha: ChaCha8Rng,
}

/// A generator's place in its stream, for checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RngState {
    /// The seed it began with.
    pub seed: u64,
    /// Which of the seed's independent streams it draws from.
    pub stream: u64,
    /// 32-bit words drawn so far.
    pub words: u64,
}

/// A seed that nobody chose, for what is given none.
pub fn entropy() -> u64 {
    // The standard library's hash keys are the simplest source of it.
    RandomState::new().build_hasher().finish()
}

impl Rng {
    /// The main stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self::stream(seed, 0)
    }

    /// One of the independent streams of `seed`: same seed and stream, same numbers.
    pub fn stream(seed: u64, stream: u64) -> Self {
        let mut chacha = ChaCha8Rng::seed_from_u64(seed);
        chacha.set_stream(stream);
        Self { seed, chacha }
    }

    /// Where in its stream the generator stands.
    pub fn state(&self) -> RngState {
        RngState { seed: self.seed, stream: self.chacha.get_stream(), words: self.chacha.get_word_pos() as u64 }
    }

    /// The generator that stands where `state` was taken.
    pub fn restore(state: RngState) -> Self {
        let mut rng = Self::stream(state.seed, state.stream);
        rng.chacha.set_word_pos(u128::from(state.words));
        rng
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.chacha.next_u64()
    }

    /// Uniform in [0, 1), with 53 random bits.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// A whole number in `0..n`, each equally likely (Lemire 2019, arXiv:1805.10941).
    ///
    /// # Panics
    /// If `n` is zero.
    pub fn below(&mut self, n: usize) -> usize {
        assert!(n > 0, "Rng::below needs a non-empty range");
        let n = n as u64;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            let low = product as u64;
            if low >= n || low >= n.wrapping_neg() % n {
                return (product >> 64) as usize;
            }
        }
    }

    /// Normal with mean 0 and standard deviation 1 (Box & Muller 1958; one number per call, so that no
    /// half-used pair has to be saved).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Puts `items` in a random order, each order equally likely (Fisher & Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restored_generator_continues_the_stream() {
        let mut rng = Rng::stream(7, 3);
        for _ in 0..13 {
            rng.normal();
        }
        let mut again = Rng::restore(rng.state());
        assert_eq!([rng.next_u64(), rng.next_u64()], [again.next_u64(), again.next_u64()]);
    }

    #[test]
    fn normal_has_mean_zero_and_variance_one() {
        let mut rng = Rng::new(1);
        let n = 100_000;
        let x: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
        let mean = x.iter().sum::<f64>() / n as f64;
        let var = x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n as f64;
        assert!(mean.abs() < 0.02 && (var - 1.0).abs() < 0.02, "mean {mean}, variance {var}");
    }

    #[test]
    fn below_reaches_every_value_about_equally() {
        let mut rng = Rng::new(2);
        let mut seen = [0; 6];
        for _ in 0..60_000 {
            seen[rng.below(6)] += 1;
        }
        assert!(seen.iter().all(|&c| (9_500..10_500).contains(&c)), "{seen:?}");
    }
}
