//! Numbers in up to 255 bins: what histogram boosting sees of the samples.
//!
//! As in LightGBM (Ke et al. 2017): bins hold about equally many samples; one more bin is for what is missing.

use super::packed::Packed;
use super::sort::order;
use crate::data::Rng;
use crate::learn::Samples;
use crate::{Error, Result};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// The bin of what is missing.
pub(super) const MISSING: u8 = 255;

/// Bins of one feature in all.
pub(super) const BINS: usize = 256;

/// Features that lie together, row by row: their histograms fit the nearest cache.
pub(super) const TOGETHER: usize = 4;

/// The bounds are taken from so many samples at most.
const ENOUGH: usize = 200_000;

/// How one feature falls into bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Bounds {
    /// Bin `b` holds the numbers up to the `b`-th of these, and above the one before; the last bin holds the rest.
    Edges(Packed<f64>),
    /// Bin `b` is the `b`-th of these, which rise.
    Categories(Packed<f64>),
}

impl Bounds {
    /// How many bins there are, without that of what is missing.
    pub fn bins(&self) -> usize {
        match self {
            Self::Edges(edges) => edges.0.len() + 1,
            Self::Categories(values) => values.0.len(),
        }
    }

    /// The bin of a category; [`MISSING`] if it is unknown.
    pub fn category(&self, v: f64) -> u8 {
        let Self::Categories(values) = self else { return MISSING };
        values
            .0
            .binary_search_by(|c| c.partial_cmp(&v).unwrap_or(std::cmp::Ordering::Less))
            .map_or(MISSING, |b| b as u8)
    }

    /// Whether they are of such a kind that a bin is below [`MISSING`], rise and are finite.
    pub fn sound(&self) -> bool {
        let (Self::Edges(list) | Self::Categories(list)) = self;
        let list = &list.0;
        self.bins() < BINS && list.iter().all(|v| v.is_finite()) && list.windows(2).all(|w| w[0] < w[1])
    }
}

/// The bins of all samples. Features lie in blocks of [`TOGETHER`], within a block row by row.
pub(super) struct Binned {
    pub rows: usize,
    pub columns: usize,
    pub bounds: Vec<Bounds>,
    pub blocks: Vec<Vec<[u8; TOGETHER]>>,
}

impl Binned {
    /// Bins of samples, with `most` bins of numbers at most; `categories` says which features are categories.
    pub fn new(name: &str, x: &Samples, most: usize, categories: &[bool], seed: u64) -> Result<Self> {
        let (rows, columns) = (x.rows(), x.columns());
        let picked: Option<Vec<usize>> = (rows > ENOUGH).then(|| {
            let mut rng = Rng::stream(seed, 1);
            (0..ENOUGH).map(|_| rng.below(rows)).collect()
        });
        let values = x.values();
        let bounds: Result<Vec<Bounds>> = (0..columns)
            .into_par_iter()
            .map(|j| {
                let at = |i: usize| values[i * columns + j] + 0.0;
                let seen: Vec<f64> = match &picked {
                    Some(picked) if !categories[j] => picked.iter().map(|&i| at(i)).filter(|v| !v.is_nan()).collect(),
                    _ => (0..rows).map(at).filter(|v| !v.is_nan()).collect(),
                };
                let sorted: Vec<f64> = order(&seen).into_iter().map(|i| seen[i as usize]).collect();
                match categories[j] {
                    true => kinds(name, j, sorted),
                    false => Ok(edges(&sorted, most)),
                }
            })
            .collect();
        let bounds = bounds?;
        let mut blocks = vec![vec![[0; TOGETHER]; rows]; columns.div_ceil(TOGETHER)];
        blocks.par_iter_mut().enumerate().for_each(|(b, block)| {
            for t in 0..TOGETHER.min(columns - b * TOGETHER) {
                let j = b * TOGETHER + t;
                match &bounds[j] {
                    Bounds::Edges(edges) => {
                        let mut wide = [f64::INFINITY; BINS];
                        wide[..edges.0.len()].copy_from_slice(&edges.0);
                        for (i, row) in block.iter_mut().enumerate() {
                            row[t] = find(&wide, values[i * columns + j]);
                        }
                    }
                    all => {
                        for (i, row) in block.iter_mut().enumerate() {
                            row[t] = all.category(values[i * columns + j] + 0.0);
                        }
                    }
                }
            }
        });
        Ok(Self { rows, columns, bounds, blocks })
    }

    /// The bin of one sample's feature.
    #[cfg(test)]
    pub fn bin(&self, row: usize, column: usize) -> u8 {
        self.blocks[column / TOGETHER][row][column % TOGETHER]
    }
}

/// How many of `edges`, which rise and end in infinities, are below `v`; [`MISSING`] for NaN.
#[inline(always)]
fn find(edges: &[f64; BINS], v: f64) -> u8 {
    let mut at = 0usize;
    for half in [128, 64, 32, 16, 8, 4, 2, 1] {
        at += if edges[(at + half - 1) & 0xff] < v { half } else { 0 };
    }
    if v.is_nan() { MISSING } else { at as u8 }
}

/// Bounds between the distinct numbers, or if these are too many, where equally many lie between.
fn edges(sorted: &[f64], most: usize) -> Bounds {
    let mut distinct: Vec<f64> = Vec::new();
    for &v in sorted {
        if distinct.last() != Some(&v) {
            distinct.push(v);
            if distinct.len() > most {
                break;
            }
        }
    }
    let mut edges: Vec<f64> = match distinct.len() <= most {
        true => distinct.windows(2).map(|w| middle(w[0], w[1])).collect(),
        false => {
            let n = sorted.len();
            (1..most).map(|b| b * n / most).filter(|&at| at > 0).map(|at| middle(sorted[at - 1], sorted[at])).collect()
        }
    };
    edges.dedup();
    // Above the last edge there must be something.
    while edges.last().is_some_and(|e| sorted.last().is_none_or(|v| v <= e)) {
        edges.pop();
    }
    Bounds::Edges(Packed(edges))
}

/// A number from `a` up to below `b`; `a` if they are the same.
fn middle(a: f64, b: f64) -> f64 {
    let middle = a / 2.0 + b / 2.0;
    if middle >= a && middle < b { middle } else { a }
}

fn kinds(name: &str, column: usize, mut sorted: Vec<f64>) -> Result<Bounds> {
    sorted.dedup();
    let n = sorted.len();
    match n < BINS {
        true => Ok(Bounds::Categories(Packed(sorted))),
        false => Err(Error::value(format!("{name}: column {} has {n} categories; at most 255 work", column + 1))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_numbers_have_a_bin_each_and_many_share_them() {
        let n = 10_000;
        let values = (0..n).flat_map(|i| [f64::from(i % 7), f64::from(i), if i % 3 == 0 { f64::NAN } else { 5.0 }]);
        let x = Samples::new(n as usize, 3, values.collect()).unwrap();
        let binned = Binned::new("x", &x, 255, &[false; 3], 0).unwrap();
        assert_eq!(binned.bounds.iter().map(Bounds::bins).collect::<Vec<_>>(), [7, 255, 1]);
        let mut counts = [0; BINS];
        for i in 0..n as usize {
            assert_eq!(usize::from(binned.bin(i, 0)), i % 7);
            assert_eq!(binned.bin(i, 2), if i % 3 == 0 { MISSING } else { 0 });
            counts[usize::from(binned.bin(i, 1))] += 1;
        }
        assert!(counts[..255].iter().all(|c| (39..=40).contains(c)) && counts[255] == 0);
        assert!(binned.bounds.iter().all(Bounds::sound));
    }

    #[test]
    fn a_frequent_number_and_huge_ones_keep_their_order() {
        let mut values = vec![0.0; 900];
        values.extend((0..600).map(|i| f64::from(i) * 1e305));
        values.extend((0..600).map(|i| f64::from(i) * -1e305));
        let x = Samples::new(values.len(), 1, values.clone()).unwrap();
        let binned = Binned::new("x", &x, 64, &[false], 0).unwrap();
        assert!(binned.bounds[0].sound());
        for i in 0..values.len() {
            for j in 0..values.len() {
                assert!(values[i] > values[j] || binned.bin(i, 0) <= binned.bin(j, 0));
            }
        }
    }

    #[test]
    fn categories_are_themselves() {
        let x = Samples::new(5, 1, vec![7.0, -2.0, f64::NAN, 7.0, 3.5]).unwrap();
        let binned = Binned::new("x", &x, 255, &[true], 0).unwrap();
        assert_eq!((0..5).map(|i| binned.bin(i, 0)).collect::<Vec<_>>(), [2, 0, MISSING, 2, 1]);
        assert_eq!(binned.bounds[0].category(4.0), MISSING);
        let many = Samples::new(300, 1, (0..300).map(f64::from).collect()).unwrap();
        let said = Binned::new("x", &many, 255, &[true], 0).err().unwrap().to_string();
        assert_eq!(said, "x: column 1 has 300 categories; at most 255 work");
    }
}
