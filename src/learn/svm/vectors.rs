//! Support vectors: the samples that an answer is made of.

use super::kernel::{Function, Kernel, LANES, Panels};
use super::solver::{BATCH, dot};
use crate::learn::Samples;
use crate::{Error, Result, stop};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Numbers beyond this are refused: their squares and sums would leave the range of numbers.
pub(super) const LARGEST: f64 = 1e100;

/// Samples in one piece of work.
const PIECE: usize = 64;

/// Support vectors, and the kernel by which samples are compared with them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Vectors {
    pub function: Function,
    pub columns: usize,    // features of a sample; samples fitted to when the kernel is precomputed
    pub places: Vec<u32>,  // among the samples fitted to
    pub samples: Vec<f64>, // [places, columns]; none when the kernel is precomputed
}

impl Vectors {
    pub fn new(function: Function, x: &Samples, places: Vec<u32>) -> Self {
        let samples = match function.kernel {
            Kernel::Precomputed => Vec::new(),
            _ => places.iter().flat_map(|&i| x.row(i as usize)).copied().collect(),
        };
        Self { function, columns: x.columns(), places, samples }
    }

    /// Whether what was saved fits together.
    pub fn sound(&self) -> bool {
        let wanted = match self.function.kernel {
            Kernel::Precomputed => Some(0),
            _ => self.places.len().checked_mul(self.columns),
        };
        let ordinary = |&i: &u32| self.function.kernel != Kernel::Precomputed || (i as usize) < self.columns;
        self.function.sound()
            && self.columns > 0
            && wanted == Some(self.samples.len())
            && self.samples.iter().all(|v| v.abs() <= LARGEST)
            && self.places.iter().all(ordinary)
    }

    /// The vectors in rows; empty when the kernel is precomputed.
    pub fn table(&self) -> Samples {
        let rows = if self.samples.is_empty() { 0 } else { self.places.len() };
        Samples::new(rows, self.columns, self.samples.clone()).unwrap_or_default()
    }

    /// `Σ weights · vectors`: the normal of the plane when the kernel is linear.
    pub fn normal(&self, weights: impl Iterator<Item = (usize, f64)>) -> Vec<f64> {
        let mut w = vec![0.0; self.columns];
        for (i, weight) in weights {
            let row = &self.samples[i * self.columns..(i + 1) * self.columns];
            w.iter_mut().zip(row).for_each(|(w, v)| *w += weight * v);
        }
        w
    }

    /// Refuses samples of another width, and numbers that no kernel could bear.
    pub fn check(&self, name: &str, x: &Samples) -> Result<()> {
        x.check_width(name, self.columns)?;
        check_moderate(name, x)
    }

    /// For each sample `each(its kernel values with the vectors, out)`, where `out` takes `width` numbers.
    ///
    /// The kernel values are filled up to whole panels; weights there must be 0.
    pub fn map(
        &self,
        name: &str,
        x: &Samples,
        width: usize,
        each: impl Fn(&[f64], &mut [f64]) + Sync,
    ) -> Result<Samples> {
        let panels = match self.function.kernel {
            Kernel::Precomputed => Panels::default(),
            _ => Panels::<f64>::new(self.columns, self.samples.chunks_exact(self.columns)),
        };
        let whole = self.places.len().max(1).div_ceil(LANES) * LANES;
        let mut out = vec![0.0; x.rows() * width];
        out.par_chunks_mut(PIECE * width).zip(x.values().par_chunks(PIECE * self.columns)).try_for_each(
            |(out, rows)| {
                let mut values = vec![0.0; BATCH * whole];
                for (out, rows) in out.chunks_mut(BATCH * width).zip(rows.chunks(BATCH * self.columns)) {
                    stop::check()?;
                    match self.function.kernel {
                        Kernel::Precomputed => {
                            for (values, row) in values.chunks_exact_mut(whole).zip(rows.chunks_exact(self.columns)) {
                                values.iter_mut().zip(&self.places).for_each(|(v, &i)| *v = row[i as usize]);
                            }
                        }
                        _ => self.function.fill(self.columns, rows, &panels.values, &mut values),
                    }
                    for (r, out) in out.chunks_exact_mut(width).enumerate() {
                        each(&values[r * whole..(r + 1) * whole], out);
                    }
                }
                Ok(())
            },
        )?;
        finite(name, out.iter().position(|v| !v.is_finite()).map(|at| at / width))?;
        Samples::new(x.rows(), width, out)
    }

    /// `Σ weights · kernel values + intercept` for each sample.
    pub fn sums(&self, name: &str, x: &Samples, weights: &[f64], intercept: f64) -> Result<Vec<f64>> {
        if self.function.kernel == Kernel::Linear {
            let w = self.normal(weights.iter().copied().enumerate());
            let sums: Vec<f64> =
                x.iter().map(|row| row.iter().zip(&w).map(|(a, b)| a * b).sum::<f64>() + intercept).collect();
            finite(name, sums.iter().position(|v| !v.is_finite()))?;
            return Ok(sums);
        }
        let weights = filled_up(weights);
        let sums = self.map(name, x, 1, |values, out| {
            out[0] = super::kernel::vectorised(
                #[inline(always)]
                || dot(values, &weights),
            ) + intercept;
        })?;
        Ok(sums.into_values())
    }
}

/// With zeros up to whole panels.
fn filled_up(weights: &[f64]) -> Vec<f64> {
    let mut weights = weights.to_vec();
    weights.resize(weights.len().max(1).div_ceil(LANES) * LANES, 0.0);
    weights
}

fn finite(name: &str, row: Option<usize>) -> Result<()> {
    match row {
        None => Ok(()),
        Some(row) => Err(Error::value(format!("{name}: the kernel leaves the range of numbers in row {}", row + 1))),
    }
}

/// Refuses enormous numbers.
pub(super) fn check_moderate(name: &str, x: &Samples) -> Result<()> {
    if x.rows() > i32::MAX as usize {
        return Err(Error::value(format!("{name}: {} samples are too many", x.rows())));
    }
    match x.values().iter().position(|v| v.abs() > LARGEST) {
        None => Ok(()),
        Some(at) => {
            let (row, column) = (at / x.columns() + 1, at % x.columns() + 1);
            let value = x.values()[at];
            Err(Error::value(format!("{name}: row {row}, column {column} is {value:e}; at most {LARGEST:e} works")))
        }
    }
}
