//! How often features occur in each class, and what follows from it: shared by multinomial and Bernoulli naive Bayes.

use crate::learn::cluster::vectorised;
use crate::learn::{Samples, Shown};
use crate::{Result, stop};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Samples in one piece of work.
const PIECE: usize = 1024;

/// Of each class the number of samples, and how much there is of each feature.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Counts {
    pub columns: usize,
    pub classes: Vec<f64>,
    pub features: Vec<f64>, // [classes, columns]
}

impl Counts {
    pub fn new(classes: usize, columns: usize) -> Self {
        Self { columns, classes: vec![0.0; classes], features: vec![0.0; classes * columns] }
    }

    /// Adds samples, each number seen through `see`, which must keep 0 where samples are sparse.
    pub fn add(&mut self, x: &Samples, codes: &[u32], see: impl Fn(f64) -> f64) -> Result<()> {
        let d = self.columns;
        for (begin, piece) in codes.chunks(PIECE).enumerate() {
            stop::check()?;
            for (t, &code) in piece.iter().enumerate() {
                let (i, c) = (begin * PIECE + t, code as usize);
                self.classes[c] += 1.0;
                let features = &mut self.features[c * d..(c + 1) * d];
                match x.is_sparse() {
                    true => x.entries(i).for_each(|(j, v)| features[j] += see(v)),
                    false => features.iter_mut().zip(x.row(i)).for_each(|(f, v)| *f += see(*v)),
                }
            }
        }
        Ok(())
    }

    pub fn sound(&self) -> bool {
        let (k, d) = (self.classes.len(), self.columns);
        let fine = |n: &f64| (0.0..=1e200).contains(n);
        d > 0
            && k > 0
            && k.checked_mul(d) == Some(self.features.len())
            && self.classes.iter().all(fine)
            && self.classes.iter().any(|n| *n > 0.0)
            && self.features.iter().all(fine)
    }

    /// Numbers for each class and feature as a table.
    pub fn table(&self, values: Vec<f64>) -> Shown {
        Shown::Table(Samples::new(self.classes.len(), self.columns, values).unwrap_or_default())
    }
}

/// `base + x · weightsᵀ`: `[rows, classes]`, each number of `x` seen through `see`.
pub fn scores(x: &Samples, base: &[f64], weights: &[f64], see: impl Fn(f64) -> f64 + Sync) -> Result<Vec<f64>> {
    let (k, d) = (base.len(), x.columns());
    // [columns, classes]: one number of a sample meets all classes at once.
    let turned: Vec<f64> = (0..d).flat_map(|j| (0..k).map(move |c| weights[c * d + j])).collect();
    let mut out = vec![0.0; x.rows() * k];
    out.par_chunks_mut(PIECE * k).enumerate().try_for_each(|(piece, out)| {
        stop::check()?;
        vectorised(
            #[inline(always)]
            || {
                for (t, out) in out.chunks_exact_mut(k).enumerate() {
                    out.copy_from_slice(base);
                    let i = piece * PIECE + t;
                    for (j, v) in x.entries(i) {
                        let v = see(v);
                        if v != 0.0 {
                            let row = &turned[j * k..(j + 1) * k];
                            out.iter_mut().zip(row).for_each(|(o, w)| *o += v * w);
                        }
                    }
                }
            },
        );
        Ok(())
    })?;
    Ok(out)
}
