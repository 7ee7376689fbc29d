//! Products of samples, sparse or not, with a few directions.

use super::Samples;
use super::cluster::vectorised;
use crate::{Result, stop};
use rayon::prelude::*;

/// Samples in one piece of work.
const PIECE: usize = 1024;

/// Directions that are summed in registers.
const LANES: usize = 8;

/// A few directions, column by column: one number of a sample meets all at once.
#[derive(Clone, Debug)]
pub(super) struct Along {
    count: usize,
    wide: usize,      // directions, and zeros up to a multiple of LANES
    values: Vec<f64>, // [columns, wide]
}

impl Along {
    /// From `count` directions of `[count, columns]`.
    pub fn new(directions: &[f64], count: usize) -> Self {
        let (d, wide) = (directions.len() / count, count.next_multiple_of(LANES));
        let mut values = vec![0.0; d * wide];
        for (c, row) in directions.chunks_exact(d).enumerate() {
            row.iter().enumerate().for_each(|(j, w)| values[j * wide + c] = *w);
        }
        Self { count, wide, values }
    }

    /// `base + x · directionsᵀ`: `[rows, count]`, each number of `x` seen through `see`, which must keep 0 where samples
    /// are sparse.
    pub fn of(&self, x: &Samples, base: &[f64], see: impl Fn(f64) -> f64 + Sync) -> Result<Vec<f64>> {
        let k = self.count;
        let mut out = vec![0.0; x.rows() * k];
        out.par_chunks_mut(PIECE * k).enumerate().try_for_each(|(piece, out)| {
            stop::check()?;
            vectorised(
                #[inline(always)]
                || {
                    for (t, out) in out.chunks_exact_mut(k).enumerate() {
                        let i = piece * PIECE + t;
                        let mut first = 0;
                        while first < self.wide {
                            if self.wide - first > LANES {
                                self.sum::<{ 2 * LANES }>(x, i, base, first, &see, out);
                            } else {
                                self.sum::<LANES>(x, i, base, first, &see, out);
                            }
                            first += 2 * LANES;
                        }
                    }
                },
            );
            Ok::<(), crate::Error>(())
        })?;
        Ok(out)
    }

    /// Of sample `i` along the directions from `first` on, as many as fit into `N`.
    #[inline(always)]
    fn sum<const N: usize>(
        &self,
        x: &Samples,
        i: usize,
        base: &[f64],
        first: usize,
        see: &impl Fn(f64) -> f64,
        out: &mut [f64],
    ) {
        let here = first..self.count.min(first + N);
        let mut sums = [0.0; N];
        sums[..here.len()].copy_from_slice(&base[here.clone()]);
        for (j, v) in x.entries(i) {
            let v = see(v);
            if v != 0.0 {
                let row = &self.values[j * self.wide + first..][..N];
                for t in 0..N {
                    sums[t] += v * row[t];
                }
            }
        }
        out[here.clone()].copy_from_slice(&sums[..here.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_by_hand_for_few_and_many_directions() {
        let rows = [vec![(0, 2.0), (2, 3.0)], vec![], vec![(1, -1.0)]];
        let sparse = Samples::sparse(3, &rows).unwrap();
        for k in [1, 7, 8, 9, 16, 17, 30] {
            let directions: Vec<f64> = (0..k).flat_map(|c| [c as f64, 10.0, 0.5 * c as f64]).collect();
            let base: Vec<f64> = (0..k).map(|c| 100.0 * c as f64).collect();
            for x in [&sparse, &sparse.dense().unwrap()] {
                let out = Along::new(&directions, k).of(x, &base, |v| v).unwrap();
                for c in 0..k {
                    let along = c as f64;
                    assert_eq!(out[c], 100.0 * along + 3.5 * along);
                    assert_eq!((out[k + c], out[2 * k + c]), (100.0 * along, 100.0 * along - 10.0));
                }
            }
        }
    }
}
