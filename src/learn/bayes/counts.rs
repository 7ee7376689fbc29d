//! How often features occur in each class: shared by multinomial and Bernoulli naive Bayes.

use crate::learn::{Samples, Shown};
use crate::{Result, stop};
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
