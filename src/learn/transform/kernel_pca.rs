//! Principal components in the space of a kernel.
//!
//! Schölkopf, Smola & Müller (1998), "Nonlinear component analysis as a kernel eigenvalue problem".

use super::pca::turned;
use crate::error::ensure_setting;
use crate::learn::cluster::{
    Effort, dot, ensure_sound, exp, largest, moderate_numbers, products, sound, times, usable, usable_width, vectorised,
};
use crate::learn::{Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "kernel_pca";

/// Samples for which a table of the kernel is made: 1.8 GB of it.
const MOST: usize = 15_000;

/// Rows in one piece of work.
const PIECE: usize = 64;

/// A kernel: the inner product of two samples in another space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PcaKernel {
    /// `a·b`.
    #[default]
    Linear,
    /// `(gamma a·b + coef0) ^ degree`.
    Poly,
    /// `exp(-gamma |a - b|²)`.
    Rbf,
    /// `tanh(gamma a·b + coef0)`.
    Sigmoid,
    /// `a·b / (|a| |b|)`.
    Cosine,
}

/// Settings of [`KernelPca`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KernelPcaSettings {
    /// How many components are kept, at least 1. Default 2.
    pub components: usize,
    /// The kernel: "linear", "poly", "rbf", "sigmoid" or "cosine". Default "linear".
    pub kernel: PcaKernel,
    /// The kernel's `gamma`, positive. Default: one over the number of features.
    pub gamma: Option<f64>,
    /// The degree of "poly", in [1, 20]. Default 3.
    pub degree: u32,
    /// What "poly" and "sigmoid" add. Default 1.
    pub coef0: f64,
    /// Of the start of the search for eigenvectors. Default 0.
    pub seed: u64,
}

impl Default for KernelPcaSettings {
    fn default() -> Self {
        Self { components: 2, kernel: PcaKernel::Linear, gamma: None, degree: 3, coef0: 1.0, seed: 0 }
    }
}

/// Kernel principal components analysis.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KernelPca {
    settings: KernelPcaSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    samples: Samples,
    means: Vec<f64>,       // of the kernel's rows
    eigenvalues: Vec<f64>, // of the centred kernel
    coefficients: Samples, // [components, rows]: eigenvectors over the roots of their eigenvalues
}

impl KernelPca {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: KernelPcaSettings) -> Result<Self> {
        let s = &settings;
        ensure_setting(s.components >= 1, NAME, "components", "at least 1", s.components)?;
        if let Some(g) = s.gamma {
            ensure_setting(g > 0.0 && g.is_finite(), NAME, "gamma", "positive", g)?;
        }
        ensure_setting((1..=20).contains(&s.degree), NAME, "degree", "in [1, 20]", s.degree)?;
        ensure_setting(s.coef0.is_finite(), NAME, "coef0", "finite", s.coef0)?;
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(NAME, bytes)?;
        Self::new(me.settings.clone())?;
        if let Some(l) = &me.learned {
            let fits = sound(&l.samples)
                && sound(&l.coefficients)
                && l.means.len() == l.samples.rows()
                && moderate_numbers(&l.means)
                && l.coefficients.columns() == l.samples.rows()
                && l.eigenvalues.len() == l.coefficients.rows();
            ensure_sound(fits, NAME)?;
        }
        Ok(me)
    }

    /// The squared lengths that [`Self::kernel`] needs.
    fn norms(&self, x: &Samples) -> Vec<f64> {
        match self.settings.kernel {
            PcaKernel::Rbf | PcaKernel::Cosine => x.iter().map(|r| dot(r, r)).collect(),
            _ => vec![],
        }
    }

    /// The kernel of some rows with all of `x`. `[rows, rows of x]`
    fn kernel(&self, rows: &[f64], x: &Samples, norms: &[f64], out: &mut [f64]) {
        let s = &self.settings;
        let (d, m) = (x.columns(), x.rows());
        let gamma = s.gamma.unwrap_or(1.0 / d as f64);
        products(rows, x.values(), d, out);
        for (row, out) in rows.chunks_exact(d).zip(out.chunks_exact_mut(m)) {
            match s.kernel {
                PcaKernel::Linear => {}
                PcaKernel::Poly => out.iter_mut().for_each(|v| *v = (gamma * *v + s.coef0).powi(s.degree as i32)),
                PcaKernel::Sigmoid => out.iter_mut().for_each(|v| *v = (gamma * *v + s.coef0).tanh()),
                PcaKernel::Rbf => {
                    let mine = dot(row, row);
                    vectorised(
                        #[inline(always)]
                        || {
                            for (v, norm) in out.iter_mut().zip(norms) {
                                *v = exp(-gamma * (mine + norm - 2.0 * *v).max(0.0));
                            }
                        },
                    );
                }
                PcaKernel::Cosine => {
                    let mine = dot(row, row);
                    let root = |norm: &f64| if *norm * mine > 0.0 { (norm.sqrt()) * mine.sqrt() } else { 1.0 };
                    out.iter_mut().zip(norms).for_each(|(v, norm)| *v /= root(norm));
                }
            }
        }
    }
}

impl Learner for KernelPca {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x)?;
        let (n, d, k) = (x.rows(), x.columns(), self.settings.components);
        if n > MOST {
            return Err(Error::value(format!("{NAME}: {n} samples are too many; at most {MOST} work")));
        }
        if k > n {
            return Err(Error::value(format!("{NAME}: {n} samples have at most {n} components, {k} were wanted")));
        }
        let norms = self.norms(x);
        let mut table = vec![0.0; n * n];
        table.par_chunks_mut(PIECE * n).zip(x.values().par_chunks(PIECE * d)).try_for_each(|(out, rows)| {
            stop::check()?;
            self.kernel(rows, x, &norms, out);
            Ok::<(), Error>(())
        })?;
        if !moderate_numbers(&table) {
            return Err(Error::value(format!("{NAME}: the kernel of some samples is too large; scale them first")));
        }
        let means: Vec<f64> = table.par_chunks(n).map(|row| row.iter().sum::<f64>() / n as f64).collect();
        let mean = means.iter().sum::<f64>() / n as f64;
        table.par_chunks_mut(n).zip(&means).for_each(|(row, mine)| {
            row.iter_mut().zip(&means).for_each(|(v, other)| *v += mean - mine - other);
        });
        const TOLERANCE: f64 = 1e-9;
        // Only "sigmoid" has eigenvalues below zero, none below the least of -Σ |k| over a row.
        let row_sum = |row: &[f64]| row.iter().map(|v| v.abs()).sum::<f64>();
        let floor = match self.settings.kernel {
            PcaKernel::Sigmoid => -table.par_chunks(n).map(row_sum).reduce(|| 0.0, f64::max),
            _ => 0.0,
        };
        let effort = Effort { tolerance: TOLERANCE, degree: 8, rounds: 100 };
        let found = largest(n, k, floor, effort, self.settings.seed, None, |block, wide, out| {
            times(&table, n, block, wide, out)
        })?;
        // What is all rounding has no direction.
        let floor = 1e-12 * found.values[0].abs().max(mean.abs() * 1e-3).max(f64::MIN_POSITIVE);
        let mut coefficients = Vec::with_capacity(k * n);
        let mut eigenvalues = Vec::with_capacity(k);
        for (value, vector) in found.values.iter().zip(found.vectors) {
            let kept = *value > floor;
            eigenvalues.push(if kept { *value } else { 0.0 });
            let scale = if kept { 1.0 / value.sqrt() } else { 0.0 };
            coefficients.extend(turned(vector).into_iter().map(|v| v * scale));
        }
        let warning = (found.residual > TOLERANCE)
            .then(|| format!("{NAME}: the components are exact to {:.1e} only", found.residual));
        let coefficients = Samples::new(eigenvalues.len(), n, coefficients)?;
        self.learned = Some(Learned { samples: x.clone(), means, eigenvalues, coefficients });
        Ok(Fit { steps: 1, warning })
    }

    fn transform(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        let (n, d, k) = (l.samples.rows(), l.samples.columns(), l.coefficients.rows());
        usable_width(NAME, x, d)?;
        let mean = l.means.iter().sum::<f64>() / n as f64;
        let norms = self.norms(&l.samples);
        let mut out = vec![0.0; x.rows() * k];
        out.par_chunks_mut(PIECE * k).zip(x.values().par_chunks(PIECE * d)).try_for_each(|(out, rows)| {
            stop::check()?;
            let mut table = vec![0.0; rows.len() / d * n];
            self.kernel(rows, &l.samples, &norms, &mut table);
            if !moderate_numbers(&table) {
                return Err(Error::value(format!("{NAME}: the kernel of some samples is too large; scale them first")));
            }
            for row in table.chunks_exact_mut(n) {
                let mine = row.iter().sum::<f64>() / n as f64;
                row.iter_mut().zip(&l.means).for_each(|(v, other)| *v += mean - mine - other);
            }
            products(&table, l.coefficients.values(), n, out);
            Ok(())
        })?;
        Samples::new(x.rows(), k, out)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        vec![("eigenvalues", Shown::Numbers(l.eigenvalues.clone()))]
    }

    fn summary(&self) -> Option<String> {
        let l = self.learned.as_ref()?;
        Some(format!("{} features, {} components", l.samples.columns(), l.coefficients.rows()))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::pca::{Pca, PcaSettings};
    use super::*;
    use crate::data::Rng;

    #[test]
    fn with_the_linear_kernel_it_is_pca() {
        let mut rng = Rng::new(1);
        for n in [50, 300] {
            let x = (0..n * 4).map(|i| rng.normal() * (i % 4 + 1) as f64).collect();
            let x = Samples::new(n, 4, x).unwrap();
            let mut pca = Pca::new(PcaSettings { components: Some(2), ..Default::default() }).unwrap();
            let mut kernel = KernelPca::new(KernelPcaSettings::default()).unwrap();
            pca.fit(&x, Goal::None).unwrap();
            kernel.fit(&x, Goal::None).unwrap();
            let (a, b) = (pca.transform(&x).unwrap(), kernel.transform(&x).unwrap());
            for (a, b) in a.values().iter().zip(b.values()) {
                assert!((a.abs() - b.abs()).abs() < 1e-6, "{a} {b}");
            }
            let again = KernelPca::from_saved(&kernel.bytes().unwrap()).unwrap();
            assert_eq!(again.transform(&x).unwrap(), b);
        }
    }

    #[test]
    fn all_components_together_hold_the_centred_kernel() {
        let mut rng = Rng::new(6);
        let n = 30;
        let x = Samples::new(n, 3, (0..3 * n).map(|_| rng.normal()).collect()).unwrap();
        for kernel in [PcaKernel::Poly, PcaKernel::Rbf, PcaKernel::Cosine] {
            let settings = KernelPcaSettings { kernel, gamma: Some(0.5), components: n, ..Default::default() };
            let mut model = KernelPca::new(settings).unwrap();
            model.fit(&x, Goal::None).unwrap();
            let y = model.transform(&x).unwrap();
            let k = |i: usize, j: usize| {
                let (a, b) = (x.row(i), x.row(j));
                match kernel {
                    PcaKernel::Poly => (0.5 * dot(a, b) + 1.0).powi(3),
                    PcaKernel::Rbf => (-0.5 * a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>()).exp(),
                    _ => dot(a, b) / (dot(a, a) * dot(b, b)).sqrt(),
                }
            };
            let mean = |i: usize| (0..n).map(|j| k(i, j)).sum::<f64>() / n as f64;
            let all = (0..n).map(mean).sum::<f64>() / n as f64;
            for (i, j) in [(0, 0), (1, 2), (3, 29), (15, 7)] {
                let centred = k(i, j) - mean(i) - mean(j) + all;
                assert!((dot(y.row(i), y.row(j)) - centred).abs() < 1e-8 * (1.0 + centred.abs()), "{kernel:?}");
            }
        }
    }

    #[test]
    fn equal_samples_lie_at_zero() {
        for kernel in [PcaKernel::Linear, PcaKernel::Poly, PcaKernel::Rbf, PcaKernel::Sigmoid, PcaKernel::Cosine] {
            let mut model = KernelPca::new(KernelPcaSettings { kernel, ..Default::default() }).unwrap();
            let x = Samples::new(4, 2, vec![0.0; 8]).unwrap();
            model.fit(&x, Goal::None).unwrap();
            assert!(model.transform(&x).unwrap().values().iter().all(|v| v.abs() < 1e-9));
        }
    }
}
