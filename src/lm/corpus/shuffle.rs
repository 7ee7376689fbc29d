//! A random order of 0 to n − 1 in which any place can be asked for, without keeping the order in memory.
//!
//! A Feistel network is a permutation of a power of four; walking on until the number is below n makes it one of n
//! (Black & Rogaway 2002, "Ciphers with arbitrary finite domains").

/// Rounds of the network.
const ROUNDS: u64 = 6;

/// A well-mixed number from a number (splitmix64's finish: Steele, Lea & Flood 2014).
pub(super) fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// One of the orders of `n` numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shuffle {
    n: u64,
    half: u32, // bits of each half
    key: u64,
}

impl Shuffle {
    /// The order number `stream` of `seed`.
    pub fn new(n: u64, seed: u64, stream: u64) -> Self {
        let bits = (64 - n.saturating_sub(1).leading_zeros()).max(6);
        Self { n, half: bits.div_ceil(2), key: mix(mix(seed) ^ stream.wrapping_mul(0xd6e8_feb8_6659_fd93)) }
    }

    /// The number at place `i`, which is below n.
    pub fn at(&self, i: u64) -> u64 {
        let mask = (1u64 << self.half) - 1;
        let mut x = i;
        loop {
            let (mut left, mut right) = (x >> self.half, x & mask);
            for round in 0..ROUNDS {
                (left, right) = (right, left ^ (mix(self.key ^ (round << 58) ^ right) & mask));
            }
            x = left << self.half | right;
            if x < self.n {
                return x;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_once() {
        for n in [1, 2, 3, 7, 64, 65, 1000, 4096, 10_007] {
            let order = Shuffle::new(n, 9, 2);
            let mut seen = vec![false; n as usize];
            (0..n).for_each(|i| assert!(!std::mem::replace(&mut seen[order.at(i) as usize], true), "{n}"));
        }
    }

    #[test]
    fn large_orders_need_no_memory() {
        let n = (1 << 40) + 12_345;
        let order = Shuffle::new(n, 1, 0);
        let picked: std::collections::HashSet<u64> = (0..10_000).map(|i| order.at(i * 97)).collect();
        assert!(picked.len() == 10_000 && picked.iter().all(|x| *x < n));
        let high = picked.iter().filter(|x| **x > n / 2).count();
        assert!((4800..5200).contains(&high), "{high} of 10000 in the upper half");
    }

    #[test]
    fn places_are_about_independent() {
        // Over many keys, each of 5 numbers comes to each of 5 places about equally often.
        let mut counts = [[0; 5]; 5];
        for key in 0..5000 {
            let order = Shuffle::new(5, key, 0);
            (0..5).for_each(|i| counts[i][order.at(i as u64) as usize] += 1);
        }
        assert!(counts.iter().flatten().all(|c| (880..1120).contains(c)), "{counts:?}");
    }
}
