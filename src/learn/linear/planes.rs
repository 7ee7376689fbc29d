//! Planes: for each output one weight for each feature, and a bias. What every linear learner ends with.

use crate::learn::cluster::{products, vectorised};
use crate::learn::{Answer, Samples, Shown};
use crate::{Error, Result, stop};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Samples in one piece of work.
const PIECE: usize = 1024;

/// One plane for each output.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Planes {
    pub columns: usize,
    pub weights: Vec<f64>, // [outputs, columns]
    pub bias: Vec<f64>,    // [outputs]
}

impl Planes {
    pub fn new(outputs: usize, columns: usize) -> Self {
        Self { columns, weights: vec![0.0; outputs * columns], bias: vec![0.0; outputs] }
    }

    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// How many classes the planes tell apart: one plane is for two.
    pub fn classes(&self) -> usize {
        self.outputs().max(2)
    }

    /// The weights of one output.
    pub fn of(&self, output: usize) -> &[f64] {
        &self.weights[output * self.columns..(output + 1) * self.columns]
    }

    /// Whether these could be of a fit: sizes fit together, and numbers are finite.
    pub fn sound(&self) -> bool {
        self.columns > 0
            && !self.bias.is_empty()
            && self.outputs().checked_mul(self.columns) == Some(self.weights.len())
            && self.finite()
    }

    pub fn finite(&self) -> bool {
        self.weights.iter().chain(&self.bias).all(|v| v.abs() <= 1e200)
    }

    /// `w · x + b` of each output. `[rows, outputs]`
    pub fn values(&self, x: &Samples) -> Result<Vec<f64>> {
        let (k, d) = (self.outputs(), self.columns);
        let mut out = vec![0.0; x.rows() * k];
        out.par_chunks_mut(PIECE * k).enumerate().try_for_each(|(piece, out)| {
            stop::check()?;
            let begin = piece * PIECE;
            if x.is_sparse() {
                for (t, out) in out.chunks_exact_mut(k).enumerate() {
                    (0..k).for_each(|c| out[c] = self.bias[c] + x.dot(begin + t, self.of(c)));
                }
                return Ok(());
            }
            let rows = &x.values()[begin * d..(begin + out.len() / k) * d];
            if k == 1 {
                vectorised(
                    #[inline(always)]
                    || dots(rows, &self.weights, self.bias[0], out),
                );
            } else {
                products(rows, &self.weights, d, out);
                out.chunks_exact_mut(k).for_each(|out| out.iter_mut().zip(&self.bias).for_each(|(o, b)| *o += b));
            }
            Ok(())
        })?;
        Ok(out)
    }

    /// The class of each sample, where one plane tells two classes apart and several planes one class each.
    pub fn predict(&self, x: &Samples) -> Result<Answer> {
        let values = self.values(x)?;
        Ok(Answer::Classes(match self.outputs() {
            1 => values.iter().map(|v| i64::from(*v > 0.0)).collect(),
            k => values.chunks_exact(k).map(|row| largest(row) as i64).collect(),
        }))
    }

    /// Refuses to learn on from samples with more classes.
    pub fn ensure_fits(&self, name: &str, classes: usize) -> Result<()> {
        match self.classes() {
            known if classes <= known => Ok(()),
            known => Err(Error::value(format!("{name}: it knows {known} classes, these samples have {classes}"))),
        }
    }

    /// What they are, by name.
    pub fn shown(&self) -> Vec<(&'static str, Shown)> {
        let weights = match self.outputs() {
            1 => Shown::Numbers(self.weights.clone()),
            k => Shown::Table(Samples::new(k, self.columns, self.weights.clone()).unwrap_or_default()),
        };
        let bias = if self.outputs() == 1 { Shown::Number(self.bias[0]) } else { Shown::Numbers(self.bias.clone()) };
        vec![("weights", weights), ("bias", bias)]
    }

    /// In a few words, for a classifier.
    pub fn summary(&self) -> String {
        format!("{} features, {} classes", self.columns, self.classes())
    }
}

/// The first of the largest.
pub fn largest(row: &[f64]) -> usize {
    (1..row.len()).fold(0, |best, c| if row[c] > row[best] { c } else { best })
}

/// `w · x + bias` for each row.
#[inline(always)]
pub fn dots(rows: &[f64], w: &[f64], bias: f64, out: &mut [f64]) {
    for (row, out) in rows.chunks_exact(w.len()).zip(out) {
        *out = bias + dot(row, w);
    }
}

/// The inner product, in lanes.
#[inline(always)]
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    let ((a, a_rest), (b, b_rest)) = (a[..n].as_chunks::<8>(), b[..n].as_chunks::<8>());
    let mut lanes = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for t in 0..8 {
            lanes[t] += a[t] * b[t];
        }
    }
    let ((a, a_rest), (b, b_rest)) = (a_rest.as_chunks::<4>(), b_rest.as_chunks::<4>());
    for (a, b) in a.iter().zip(b) {
        for t in 0..4 {
            lanes[t] += a[t] * b[t];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    let four = [lanes[0] + lanes[4], lanes[1] + lanes[5], lanes[2] + lanes[6], lanes[3] + lanes[7]];
    (four[0] + four[1]) + (four[2] + four[3]) + rest
}
