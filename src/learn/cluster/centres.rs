//! The nearest of a few centres for many rows: what k-means and vector quantisation spend their time in.

use super::near::{distance2, vectorised};
use crate::data::Rng;
use crate::{Result, stop};
use rayon::prelude::*;

/// Centres side by side in one panel, and rows handled together.
const WIDE: usize = 8;
const TALL: usize = 4;

/// Rows in one piece of work: pieces are summed in order, so that the result is the same on any number of threads.
pub(super) const PIECE: usize = 4096;

/// Centres laid out for [`Panels::distances`]. `[panels, d, WIDE]`
pub(in crate::learn) struct Panels {
    k: usize,
    d: usize,
    values: Vec<f64>,
}

/// The nearest and the second nearest centre of a row, with squared distances.
#[derive(Clone, Copy, Debug)]
pub(in crate::learn) struct Nearest {
    /// The nearest centre; the first of equals.
    pub centre: u32,
    /// Its squared distance.
    pub first: f64,
    /// The squared distance of the second nearest; infinite if there is but one.
    pub second: f64,
}

impl Panels {
    /// Of `centres`, each of `d` numbers.
    pub fn new(centres: &[f64], d: usize) -> Self {
        let k = centres.len() / d;
        let mut values = vec![f64::INFINITY; k.div_ceil(WIDE) * d * WIDE];
        for c in 0..k {
            for j in 0..d {
                values[(c / WIDE * d + j) * WIDE + c % WIDE] = centres[c * d + j];
            }
        }
        Self { k, d, values }
    }

    /// Squared distances of four rows to the centres of panel `p`.
    #[inline(always)]
    fn distances(&self, p: usize, rows: [&[f64]; TALL]) -> [[f64; WIDE]; TALL] {
        let d = self.d;
        let rows = rows.map(|r| &r[..d]);
        let panel = &self.values[p * d * WIDE..(p + 1) * d * WIDE].as_chunks::<WIDE>().0[..d];
        let mut sums = [[0.0; WIDE]; TALL];
        for j in 0..d {
            let c = &panel[j];
            for (sum, row) in sums.iter_mut().zip(&rows) {
                let v = row[j];
                for t in 0..WIDE {
                    let gap = c[t] - v;
                    sum[t] += gap * gap;
                }
            }
        }
        sums
    }

    /// The nearest centres of the rows at `places` of `x`, one answer for each place, in order.
    #[inline(always)]
    pub fn nearest_of(&self, x: &[f64], places: &[u32], mut found: impl FnMut(u32, Nearest)) {
        let row = |i: u32| &x[i as usize * self.d..(i as usize + 1) * self.d];
        for four in places.chunks(TALL) {
            let at = |t: usize| row(four[t.min(four.len() - 1)]);
            let rows = [at(0), at(1), at(2), at(3)];
            let mut best = [Nearest { centre: 0, first: f64::INFINITY, second: f64::INFINITY }; TALL];
            for p in 0..self.k.div_ceil(WIDE) {
                let sums = self.distances(p, rows);
                let here = (self.k - p * WIDE).min(WIDE);
                for (best, sums) in best.iter_mut().zip(&sums) {
                    for (t, &v) in sums[..here].iter().enumerate() {
                        let nearer = v < best.first;
                        best.second = if nearer { best.first } else { best.second.min(v) };
                        best.centre = if nearer { (p * WIDE + t) as u32 } else { best.centre };
                        best.first = if nearer { v } else { best.first };
                    }
                }
            }
            for (&i, &nearest) in four.iter().zip(&best) {
                found(i, nearest);
            }
        }
    }

    /// The nearest centre of every row of `x`.
    pub fn nearest(&self, x: &[f64]) -> Result<Vec<Nearest>> {
        let n = x.len() / self.d;
        let mut out = vec![Nearest { centre: 0, first: 0.0, second: 0.0 }; n];
        out.par_chunks_mut(PIECE).zip(x.par_chunks(PIECE * self.d)).try_for_each(|(out, x)| {
            let places: Vec<u32> = (0..out.len() as u32).collect();
            for few in places.chunks(256) {
                stop::check()?;
                vectorised(
                    #[inline(always)]
                    || self.nearest_of(x, few, |i, nearest| out[i as usize] = nearest),
                );
            }
            Ok::<(), crate::Error>(())
        })?;
        Ok(out)
    }
}

/// Starting centres: each next one is drawn with probability proportional to the squared distance to the nearest
/// so far, the best of `2 + ln k` draws kept.
///
/// Arthur & Vassilvitskii (2007), "k-means++"; the greedy draws are their section 5's. Rows weigh the same.
pub(in crate::learn) fn plus_plus(x: &[f64], d: usize, k: usize, rng: &mut Rng) -> Result<Vec<f64>> {
    let n = x.len() / d;
    let tries = 2 + (k as f64).ln() as usize;
    let row = |i: usize| &x[i * d..(i + 1) * d];
    let mut centres = row(rng.below(n)).to_vec();
    let mut gaps = vec![f64::INFINITY; n];
    let mut pieces = lower(x, d, &centres, &mut gaps)?;
    let mut work = Vec::new();
    while centres.len() < k * d {
        let total: f64 = pieces.iter().sum();
        let mut drawn: Vec<usize> = (0..tries).map(|_| draw(&gaps, &pieces, total, rng)).collect();
        drawn.dedup();
        let candidates: Vec<f64> = drawn.iter().flat_map(|&i| row(i)).copied().collect();
        let sums = potentials(x, d, &candidates, &gaps, &mut work)?;
        let best = (0..drawn.len()).fold(0, |b, t| if sums[t] < sums[b] { t } else { b });
        let chosen = row(drawn[best]);
        centres.extend_from_slice(chosen);
        pieces = lower(x, d, chosen, &mut gaps)?;
    }
    Ok(centres)
}

/// A row drawn with probability proportional to its gap.
fn draw(gaps: &[f64], pieces: &[f64], total: f64, rng: &mut Rng) -> usize {
    if !(total > 0.0 && total.is_finite()) {
        return rng.below(gaps.len()); // all rows lie on centres
    }
    let mut left = rng.uniform() * total;
    for (p, &piece) in pieces.iter().enumerate() {
        if left < piece {
            let start = p * PIECE;
            for (i, &gap) in gaps[start..].iter().take(PIECE).enumerate() {
                if left < gap {
                    return start + i;
                }
                left -= gap;
            }
        } else {
            left -= piece;
        }
    }
    // Rounding has eaten the last bit: the last row that can be drawn.
    gaps.iter().rposition(|&g| g > 0.0).unwrap_or(0)
}

/// Lowers each gap to the squared distance to `centre`; the sums of the gaps, by pieces.
fn lower(x: &[f64], d: usize, centre: &[f64], gaps: &mut [f64]) -> Result<Vec<f64>> {
    let centre = &centre[centre.len() - d..];
    gaps.par_chunks_mut(PIECE)
        .zip(x.par_chunks(PIECE * d))
        .map(|(gaps, x)| {
            stop::check()?;
            Ok(vectorised(
                #[inline(always)]
                || {
                    let mut sum = 0.0;
                    for (gap, row) in gaps.iter_mut().zip(x.chunks_exact(d)) {
                        let new = distance2(row, centre);
                        *gap = if new < *gap { new } else { *gap };
                        sum += *gap;
                    }
                    sum
                },
            ))
        })
        .collect()
}

/// What the sum of gaps would be with each candidate.
fn potentials(x: &[f64], d: usize, candidates: &[f64], gaps: &[f64], work: &mut Vec<f64>) -> Result<Vec<f64>> {
    work.clear();
    let panels = Panels::new(candidates, d);
    let m = panels.k;
    let pieces: Vec<Vec<f64>> = gaps
        .par_chunks(PIECE)
        .zip(x.par_chunks(PIECE * d))
        .map(|(gaps, x)| {
            stop::check()?;
            Ok(vectorised(
                #[inline(always)]
                || {
                    let mut sums = vec![0.0; m.div_ceil(WIDE) * WIDE];
                    let rows = gaps.len();
                    let row = |i: usize| &x[i.min(rows - 1) * d..(i.min(rows - 1) + 1) * d];
                    for p in 0..m.div_ceil(WIDE) {
                        let mut lanes = [0.0; WIDE];
                        for i in (0..rows).step_by(TALL) {
                            let near = panels.distances(p, [row(i), row(i + 1), row(i + 2), row(i + 3)]);
                            for (near, &gap) in near.iter().zip(&gaps[i..]) {
                                for t in 0..WIDE {
                                    lanes[t] += if near[t] < gap { near[t] } else { gap };
                                }
                            }
                        }
                        sums[p * WIDE..(p + 1) * WIDE].copy_from_slice(&lanes);
                    }
                    sums
                },
            ))
        })
        .collect::<Result<_>>()?;
    Ok((0..m).map(|c| pieces.iter().map(|p| p[c]).sum()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_centre_is_the_nearest() {
        let mut rng = Rng::new(3);
        for (n, d, k) in [(1, 1, 1), (7, 3, 2), (101, 5, 8), (60, 20, 19)] {
            let x: Vec<f64> = (0..n * d).map(|_| rng.normal()).collect();
            let centres: Vec<f64> = (0..k * d).map(|_| rng.normal()).collect();
            for (row, found) in x.chunks_exact(d).zip(Panels::new(&centres, d).nearest(&x).unwrap()) {
                let mut all: Vec<f64> = centres.chunks_exact(d).map(|c| distance2(c, row)).collect();
                let at = (0..k).fold(0, |b, c| if all[c] < all[b] { c } else { b });
                assert_eq!(found.centre as usize, at);
                all.sort_by(f64::total_cmp);
                assert!((found.first - all[0]).abs() < 1e-12);
                assert!(k == 1 && found.second.is_infinite() || (found.second - all[1]).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn starting_centres_lie_in_every_far_group() {
        let x: Vec<f64> = (0..400).map(|i| f64::from(i % 4) * 1000.0 + f64::from(i) * 1e-3).collect();
        let mut centres = plus_plus(&x, 1, 4, &mut Rng::new(1)).unwrap();
        centres.sort_by(f64::total_cmp);
        for (i, c) in centres.iter().enumerate() {
            assert!((c - i as f64 * 1000.0).abs() < 1.0, "{centres:?}");
        }
        assert_eq!(plus_plus(&[2.0; 5], 1, 3, &mut Rng::new(1)).unwrap(), [2.0; 3]);
    }
}
