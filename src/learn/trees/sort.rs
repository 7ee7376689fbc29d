//! Sorting whole numbers by some of their bits, digit by digit (Seward 1954): a tree does little else.

/// What is sorted.
pub(super) trait Key: Copy + Ord + Default {
    /// The bits from `shift` on that `mask` has.
    fn digit(self, shift: u32, mask: u32) -> usize;
}

impl Key for u32 {
    #[inline(always)]
    fn digit(self, shift: u32, mask: u32) -> usize {
        (self >> shift & mask) as usize
    }
}

impl Key for u64 {
    #[inline(always)]
    fn digit(self, shift: u32, mask: u32) -> usize {
        ((self >> shift) as u32 & mask) as usize
    }
}

/// Up to so many keys are sorted by comparing them.
const FEW: usize = 96;

/// The widest digit.
const WIDEST: u32 = 11;

/// Sorts `keys` by their `bits` bits from `low` on; keys that are the same there come in any order, but always in the
/// same. All bits above must be 0. `spare` is as long.
pub(super) fn sort<K: Key>(keys: &mut [K], spare: &mut [K], low: u32, bits: u32) {
    let n = keys.len();
    if n <= FEW {
        keys.sort_unstable();
        return;
    }
    // Few keys are not worth wide digits, whose counts must all be visited.
    let widest = WIDEST.min(n.ilog2());
    let passes = bits.div_ceil(widest).max(1);
    let width = bits.div_ceil(passes).max(1);
    let spare = &mut spare[..n];
    let mut counts = [0u32; 1 << WIDEST];
    let mask = (1u32 << width) - 1;
    let (mut from, mut to) = (keys, spare);
    for pass in 0..passes {
        let shift = low + pass * width;
        let counts = &mut counts[..1 << width];
        counts.fill(0);
        for key in from.iter() {
            counts[key.digit(shift, mask)] += 1;
        }
        let mut sum = 0;
        for count in counts.iter_mut() {
            sum += std::mem::replace(count, sum);
        }
        for &key in from.iter() {
            let place = &mut counts[key.digit(shift, mask)];
            to[*place as usize] = key;
            *place += 1;
        }
        std::mem::swap(&mut from, &mut to);
    }
    if passes % 2 == 1 {
        to.copy_from_slice(from); // `to` is `keys` again
    }
}

/// The places of numbers from the smallest to the largest; none is NaN. `-0` and `0` are the same.
pub(super) fn order(values: &[f64]) -> Vec<u32> {
    // By 32 bits of precision first; where these are the same, by comparing.
    let key = |(i, v): (usize, &f64)| {
        let bits = ((*v + 0.0) as f32).to_bits();
        let rising = if bits >> 31 == 1 { !bits } else { bits | 1 << 31 };
        u64::from(rising) << 32 | i as u64
    };
    let mut keys: Vec<u64> = values.iter().enumerate().map(key).collect();
    let mut spare = vec![0; keys.len()];
    sort(&mut keys, &mut spare, 32, 32);
    let mut order: Vec<u32> = keys.iter().map(|k| *k as u32).collect();
    let mut start = 0;
    while start < keys.len() {
        let mut end = start + 1;
        let mut same = true;
        let first = values[order[start] as usize];
        while end < keys.len() && keys[end] >> 32 == keys[start] >> 32 {
            same &= values[order[end] as usize] == first;
            end += 1;
        }
        if !same {
            order[start..end].sort_unstable_by(|a, b| {
                let (x, y) = (values[*a as usize] + 0.0, values[*b as usize] + 0.0);
                x.total_cmp(&y).then(a.cmp(b))
            });
        }
        start = end;
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    #[test]
    fn keys_are_sorted_by_their_bits() {
        let mut rng = Rng::new(1);
        for n in [0, 1, 5, 96, 97, 300, 5000, 70_000] {
            for bits in [1, 7, 13, 24] {
                let mut keys: Vec<u32> = (0..n).map(|_| (rng.below(1 << bits) as u32) << 8 | 3).collect();
                let mut wanted = keys.clone();
                wanted.sort();
                sort(&mut keys, &mut vec![0; n], 8, bits);
                assert_eq!(keys, wanted);
            }
        }
    }

    #[test]
    fn numbers_are_ordered_to_the_last_bit() {
        let mut rng = Rng::new(2);
        let mut values: Vec<f64> = (0..3000).map(|_| rng.normal()).collect();
        values.extend((0..300).map(|i| 1.0 + f64::from(i % 50) * 1e-15));
        values.extend([0.0, -0.0, 1e300, -1e300, 1e200, 5e-324, -5e-324]);
        let order = order(&values);
        assert!(order.windows(2).all(|w| values[w[0] as usize] <= values[w[1] as usize]));
        let mut all = order;
        all.sort();
        assert_eq!(all, (0..values.len() as u32).collect::<Vec<_>>());
    }
}
