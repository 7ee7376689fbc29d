//! Non-negative matrix factorisation: samples as sums of parts, `X ≈ W H` with nothing below zero.
//!
//! Lee & Seung (1999); solved by coordinate descent (Cichocki & Phan 2009, "Fast local algorithms", HALS), started by
//! the singular vectors' positive parts (Boutsidis & Gallopoulos 2008, NNDSVD) with zeros filled by the mean.

use super::randomised::randomised_svd;
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::cluster::{dot, ensure_sound, products, sound, usable, usable_width, vectorised};
use crate::learn::{Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::linalg::{Matrix, svd};
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "nmf";

/// Where the factorisation starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NmfInit {
    /// From the singular vectors' positive parts, zeros filled by the mean.
    #[default]
    Nndsvda,
    /// Anywhere.
    Random,
}

/// Settings of [`Nmf`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NmfSettings {
    /// How many parts, at least 1. Default: as many as features (and samples) at most.
    pub components: Option<usize>,
    /// Where to start: "nndsvda" or "random". Default "nndsvda".
    pub init: NmfInit,
    /// Steps at most, at least 1. Default 200.
    pub steps: usize,
    /// Stop when the parts change by less than this share of the first step's change, at least 0. Default 1e-4.
    pub tolerance: f64,
    /// Of the random choices. Default 0.
    pub seed: u64,
}

impl Default for NmfSettings {
    fn default() -> Self {
        Self { components: None, init: NmfInit::Nndsvda, steps: 200, tolerance: 1e-4, seed: 0 }
    }
}

/// Non-negative matrix factorisation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Nmf {
    settings: NmfSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    components: Samples, // H, [components, columns]
    error: f64,          // |X - W H|, the root of the sum of squares
}

impl Nmf {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: NmfSettings) -> Result<Self> {
        let s = &settings;
        if let Some(k) = s.components {
            ensure_setting(k >= 1, NAME, "components", "at least 1", k)?;
        }
        ensure_setting(s.steps >= 1, NAME, "steps", "at least 1", s.steps)?;
        ensure_setting(s.tolerance >= 0.0 && s.tolerance.is_finite(), NAME, "tolerance", "at least 0", s.tolerance)?;
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
            ensure_sound(sound(&l.components) && l.components.values().iter().all(|v| *v >= 0.0), NAME)?;
        }
        Ok(me)
    }
}

fn ensure_nonnegative(x: &Samples) -> Result<()> {
    match x.values().iter().position(|&v| v < 0.0) {
        None => Ok(()),
        Some(at) => {
            let (row, column) = (at / x.columns() + 1, at % x.columns() + 1);
            Err(Error::value(format!("{NAME}: row {row}, column {column} is {}; none may be negative", x.values()[at])))
        }
    }
}

/// Rows that go through the descent side by side.
const LANES: usize = 32;

type Lanes<T> = [T; LANES];

/// Some rows of `w` and of `target = x hᵀ`, side by side. `[k, LANES]`
struct Block {
    w: Vec<Lanes<f64>>,
    target: Vec<Lanes<f64>>,
}

impl Block {
    fn new(k: usize) -> Self {
        Self { w: vec![[0.0; LANES]; k], target: vec![[0.0; LANES]; k] }
    }

    #[inline(always)]
    fn read(&mut self, k: usize, w: &[f64], target: &[f64]) {
        for (lane, (w, target)) in w.chunks_exact(k).zip(target.chunks_exact(k)).enumerate() {
            for t in 0..k {
                self.w[t][lane] = w[t];
                self.target[t][lane] = target[t];
            }
        }
    }

    #[inline(always)]
    fn write(&self, k: usize, w: &mut [f64]) {
        for (lane, w) in w.chunks_exact_mut(k).enumerate() {
            w.iter_mut().zip(&self.w).for_each(|(w, column)| *w = column[lane]);
        }
    }

    /// One pass of coordinate descent, with `gram = h hᵀ`, over the rows that are not `done`; how far from optimal each
    /// was.
    #[inline(always)]
    fn sweep(&mut self, gram: &[f64], done: &Lanes<bool>) -> Lanes<f64> {
        let k = self.w.len();
        let mut violation = [0.0; LANES];
        for t in 0..k {
            let gram = &gram[t * k..(t + 1) * k];
            let mut product = [0.0; LANES];
            for (g, w) in gram.iter().zip(&self.w) {
                for lane in 0..LANES {
                    product[lane] += g * w[lane];
                }
            }
            if gram[t] == 0.0 {
                continue; // the part is empty
            }
            let (w, target, stretch) = (&mut self.w[t], &self.target[t], 1.0 / gram[t]);
            for lane in 0..LANES {
                let gradient = product[lane] - target[lane];
                let projected = if w[lane] > 0.0 { gradient } else { gradient.min(0.0) };
                violation[lane] += projected.abs();
                let next = (w[lane] - gradient * stretch).max(0.0);
                w[lane] = if done[lane] { w[lane] } else { next };
            }
        }
        violation
    }
}

/// One pass over all rows of `w`; how far from optimal they were.
fn sweep_all(w: &mut [f64], k: usize, gram: &[f64], target: &[f64]) -> Result<f64> {
    let rows = (2_000_000 / (k * k)).next_multiple_of(LANES).max(LANES) * k;
    let mut block = Block::new(k);
    let mut violation = 0.0;
    for (w, target) in w.chunks_mut(rows).zip(target.chunks(rows)) {
        stop::check()?;
        vectorised(
            #[inline(always)]
            || {
                for (w, target) in w.chunks_mut(LANES * k).zip(target.chunks(LANES * k)) {
                    block.read(k, w, target);
                    let each = block.sweep(gram, &[false; LANES]);
                    violation += each[..w.len() / k].iter().sum::<f64>();
                    block.write(k, w);
                }
            },
        );
    }
    Ok(violation)
}

/// Starting factors: W `[n, k]` and H as columns `[d, k]`.
fn start(x: &Samples, k: usize, init: NmfInit, seed: u64) -> Result<(Vec<f64>, Vec<f64>)> {
    let (n, d) = (x.rows(), x.columns());
    let mean = x.values().iter().sum::<f64>() / (n * d) as f64;
    if init == NmfInit::Random || k > n.min(d) {
        let mut rng = Rng::new(seed);
        let scale = (mean / k as f64).sqrt();
        let mut some = |m: usize| (0..m * k).map(|_| scale * rng.normal().abs()).collect::<Vec<f64>>();
        return Ok((some(n), some(d)));
    }
    let (s, v): (Vec<f64>, Vec<Vec<f64>>) = if n.min(d) <= 300 {
        let f = svd(&Matrix::new(n, d, x.values().to_vec())?, false)?;
        (0..k).map(|c| (f.s[c], f.v.col(c))).unzip()
    } else {
        randomised_svd(x.values(), d, k, 5, seed)?
    };
    let mut w = vec![0.0; n * k];
    let mut h = vec![0.0; d * k];
    for c in 0..k {
        if !(s[c] > 1e-12 * s[0]) {
            continue;
        }
        let u: Vec<f64> = x.iter().map(|row| dot(row, &v[c]) / s[c]).collect();
        let part = |list: &[f64], sign: f64| list.iter().map(|a| (sign * a).max(0.0)).collect::<Vec<f64>>();
        let norm = |list: &[f64]| dot(list, list).sqrt();
        // The side with more of the product's weight.
        let sides = [1.0, -1.0].map(|sign| {
            let (u, v) = (part(&u, sign), part(&v[c], sign));
            let (a, b) = (norm(&u), norm(&v));
            (u, v, a, b)
        });
        let [plus, minus] = sides;
        let (u, v, a, b) = if plus.2 * plus.3 >= minus.2 * minus.3 { plus } else { minus };
        if a * b > 0.0 {
            let scale = (s[c] * a * b).sqrt();
            (0..n).for_each(|i| w[i * k + c] = scale * u[i] / a);
            (0..d).for_each(|j| h[j * k + c] = scale * v[j] / b);
        }
    }
    w.iter_mut().chain(&mut h).filter(|v| **v < 1e-6).for_each(|v| *v = mean);
    Ok((w, h))
}

impl Learner for Nmf {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x)?;
        ensure_nonnegative(x)?;
        let s = &self.settings;
        let (n, d) = (x.rows(), x.columns());
        let k = s.components.unwrap_or(n.min(d));
        if k > 100_000 || k.saturating_mul(n + d) > 1 << 30 {
            return Err(Error::value(format!("{NAME}: {k} components are too many for {n} samples of {d} features")));
        }
        let (mut w, mut h) = start(x, k, s.init, s.seed)?;
        let across = x.by_columns(); // [d, n]
        let turned = |m: &[f64], rows: usize| -> Vec<f64> {
            let mut out = vec![0.0; k * rows];
            for (i, row) in m.chunks_exact(k).enumerate() {
                row.iter().zip(out[i..].iter_mut().step_by(rows)).for_each(|(v, to)| *to = *v);
            }
            out
        };
        let mut gram = vec![0.0; k * k];
        let (mut steps, mut first, mut violation) = (0, 0.0, 0.0);
        let mut converged = false;
        let (mut target_w, mut target_h) = (vec![0.0; n * k], vec![0.0; d * k]);
        while steps < s.steps && !converged {
            steps += 1;
            let ht = turned(&h, d); // [k, d]
            products(&ht, &ht, d, &mut gram);
            products(x.values(), &ht, d, &mut target_w);
            violation = sweep_all(&mut w, k, &gram, &target_w)?;
            let wt = turned(&w, n); // [k, n]
            products(&wt, &wt, n, &mut gram);
            products(&across, &wt, n, &mut target_h);
            violation += sweep_all(&mut h, k, &gram, &target_h)?;
            if steps == 1 {
                first = violation;
            }
            converged = violation <= s.tolerance * first;
        }
        let components = Samples::new(k, d, turned(&h, d))?;
        let mut error = 0.0;
        for (row, w) in x.iter().zip(w.chunks_exact(k)) {
            for j in 0..d {
                let value: f64 = w.iter().zip(&h[j * k..(j + 1) * k]).map(|(a, b)| a * b).sum();
                error += (row[j] - value) * (row[j] - value);
            }
        }
        let warning = (!converged).then(|| {
            let share = violation / first;
            format!("{NAME}: after {steps} steps the parts still changed ({share:.1e} of the first step's change)")
        });
        self.learned = Some(Learned { components, error: error.sqrt() });
        Ok(Fit { steps: steps as u64, warning })
    }

    /// The weights of the parts: `W` for given `H`.
    fn transform(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        let (k, d) = (l.components.rows(), l.components.columns());
        usable_width(NAME, x, d)?;
        ensure_nonnegative(x)?;
        let h = l.components.values();
        let mut gram = vec![0.0; k * k];
        products(h, h, d, &mut gram);
        let mut target = vec![0.0; x.rows() * k];
        products(x.values(), h, d, &mut target);
        // Each row ends on its own, so that a sample's weights do not depend on the others.
        let mut w = vec![0.0; x.rows() * k];
        let mut block = Block::new(k);
        for (w, target) in w.chunks_mut(LANES * k).zip(target.chunks(LANES * k)) {
            stop::check()?;
            vectorised(
                #[inline(always)]
                || {
                    block.read(k, w, target);
                    let rows = w.len() / k;
                    let mut done = [false; LANES];
                    done[rows..].fill(true);
                    let first = block.sweep(&gram, &done);
                    for _ in 1..self.settings.steps.max(200) {
                        let now = block.sweep(&gram, &done);
                        let changes = now.iter().zip(first);
                        for (done, (now, first)) in done.iter_mut().zip(changes) {
                            *done |= *now <= 1e-2 * self.settings.tolerance * first;
                        }
                        if done.iter().all(|d| *d) {
                            break;
                        }
                    }
                    block.write(k, w);
                },
            );
        }
        Samples::new(x.rows(), k, w)
    }

    fn inverse_transform(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        usable_width(NAME, x, l.components.rows())?;
        super::pca::rebuild(x, &vec![0.0; l.components.columns()], &l.components, &vec![1.0; l.components.rows()])
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        vec![("components", Shown::Table(l.components.clone())), ("error", Shown::Number(l.error))]
    }

    fn summary(&self) -> Option<String> {
        let l = self.learned.as_ref()?;
        Some(format!("{} features, {} components", l.components.columns(), l.components.rows()))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_of_parts_is_taken_apart() {
        let mut rng = Rng::new(4);
        let (n, d, k) = (60, 12, 3);
        let w: Vec<f64> = (0..n * k).map(|_| (rng.uniform() - 0.4).max(0.0)).collect();
        let h: Vec<f64> = (0..k * d).map(|_| (rng.uniform() - 0.4).max(0.0)).collect();
        let x = (0..n * d).map(|i| (0..k).map(|c| w[i / d * k + c] * h[c * d + i % d]).sum()).collect();
        let x = Samples::new(n, d, x).unwrap();
        for init in [NmfInit::Nndsvda, NmfInit::Random] {
            let settings = NmfSettings { components: Some(k), init, steps: 5000, tolerance: 1e-7, seed: 1 };
            let mut model = Nmf::new(settings).unwrap();
            model.fit(&x, Goal::None).unwrap();
            let l = model.learned.as_ref().unwrap();
            let size = x.values().iter().map(|v| v * v).sum::<f64>().sqrt();
            assert!(l.error < 0.01 * size, "{init:?}: {} of {size}", l.error);
            let y = model.transform(&x).unwrap();
            assert!(y.values().iter().all(|v| *v >= 0.0));
            let back = model.inverse_transform(&y).unwrap();
            let error: f64 = back.values().iter().zip(x.values()).map(|(a, b)| (a - b) * (a - b)).sum();
            assert!(error.sqrt() < 0.012 * size);
            let again = Nmf::from_saved(&model.bytes().unwrap()).unwrap();
            assert_eq!(again.transform(&x).unwrap(), y);
        }
    }

    #[test]
    fn negative_numbers_are_refused_and_zeros_are_fine() {
        let mut model = Nmf::new(NmfSettings::default()).unwrap();
        let error = model.fit(&Samples::new(1, 2, vec![1.0, -2.0]).unwrap(), Goal::None).unwrap_err();
        assert_eq!(error.to_string(), "nmf: row 1, column 2 is -2; none may be negative");
        let zeros = Samples::new(3, 2, vec![0.0; 6]).unwrap();
        model.fit(&zeros, Goal::None).unwrap();
        assert_eq!(model.transform(&zeros).unwrap().values(), [0.0; 6]);
    }
}
