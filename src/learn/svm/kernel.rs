//! Kernels: how like two samples are, as an inner product in a space that is never built.
//!
//! Schölkopf & Smola (2002), "Learning with Kernels". Samples lie in panels of [`LANES`], feature by feature, so that
//! a row of the kernel matrix is computed without a single sum across a vector register.

use super::real::Real;
use super::vectors::check_moderate;
use crate::error::ensure_setting;
use crate::learn::Samples;
use crate::{Error, Result, stop};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// Samples in a panel.
pub(super) const LANES: usize = 16;

/// Which kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kernel {
    /// `x·z`.
    Linear,
    /// `exp(-gamma |x - z|²)`.
    #[default]
    Rbf,
    /// `(gamma x·z + coef0)^degree`.
    Poly,
    /// `tanh(gamma x·z + coef0)`.
    Sigmoid,
    /// The samples are the kernel's values themselves: a row for each sample, a column for each sample fitted to.
    Precomputed,
}

/// The kernel's `gamma`: "scale" is 1 / (features · variance of all numbers), "auto" is 1 / features.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Gamma {
    /// 1 / (features · variance of all numbers).
    #[default]
    Scale,
    /// 1 / features.
    Auto,
    /// This number.
    Value(f64),
}

impl Serialize for Gamma {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Scale => serializer.serialize_str("scale"),
            Self::Auto => serializer.serialize_str("auto"),
            Self::Value(gamma) => serializer.serialize_f64(*gamma),
        }
    }
}

impl<'de> Deserialize<'de> for Gamma {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Gamma;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a positive number, \"scale\" or \"auto\"")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<Gamma, E> {
                match word {
                    "scale" => Ok(Gamma::Scale),
                    "auto" => Ok(Gamma::Auto),
                    _ => Err(E::invalid_value(de::Unexpected::Str(word), &self)),
                }
            }

            fn visit_f64<E: de::Error>(self, gamma: f64) -> Result<Gamma, E> {
                Ok(Gamma::Value(gamma))
            }

            fn visit_i64<E: de::Error>(self, gamma: i64) -> Result<Gamma, E> {
                Ok(Gamma::Value(gamma as f64))
            }

            fn visit_u64<E: de::Error>(self, gamma: u64) -> Result<Gamma, E> {
                Ok(Gamma::Value(gamma as f64))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for Gamma {
    fn schema_name() -> Cow<'static, str> {
        "Gamma".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "number" }, { "type": "string", "enum": ["scale", "auto"] }] })
    }
}

/// A kernel with its numbers, ready to be computed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Function {
    pub kernel: Kernel,
    pub gamma: f64,
    pub coef0: f64,
    pub degree: u32,
}

/// Checks the settings that belong to the kernel.
pub(super) fn check(name: &str, gamma: Gamma, coef0: f64, degree: u32) -> Result<()> {
    if let Gamma::Value(gamma) = gamma {
        ensure_setting(gamma > 0.0 && gamma.is_finite(), name, "gamma", "positive, \"scale\" or \"auto\"", gamma)?;
    }
    ensure_setting(coef0.is_finite(), name, "coef0", "finite", coef0)?;
    ensure_setting((1..=100).contains(&degree), name, "degree", "from 1 to 100", degree)
}

impl Function {
    /// With `gamma` found from the samples where it is not given.
    pub fn new(kernel: Kernel, gamma: Gamma, coef0: f64, degree: u32, x: &Samples) -> Self {
        let d = x.columns() as f64;
        let gamma = match gamma {
            Gamma::Value(gamma) => gamma,
            Gamma::Auto => 1.0 / d,
            Gamma::Scale => {
                let n = x.values().len() as f64;
                let mean = x.values().iter().sum::<f64>() / n;
                let variance = x.values().iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
                if variance > 0.0 && (1.0 / (d * variance)).is_normal() { 1.0 / (d * variance) } else { 1.0 }
            }
        };
        Self { kernel, gamma, coef0, degree }
    }

    /// As [`Function::new`], for samples that are fitted to: refuses those whose kernel cannot be computed.
    pub fn for_fit(name: &str, kernel: Kernel, gamma: Gamma, coef0: f64, degree: u32, x: &Samples) -> Result<Self> {
        x.check(name)?;
        check_moderate(name, x)?;
        if kernel == Kernel::Precomputed {
            check_matrix(name, x)?;
        }
        let me = Self::new(kernel, gamma, coef0, degree, x);
        let most = x.iter().map(|row| row.iter().map(|v| v * v).sum::<f64>()).fold(0.0, f64::max);
        let bound = match kernel {
            Kernel::Linear => most,
            Kernel::Poly => (me.gamma * most + coef0.abs()).powi(degree as i32),
            Kernel::Sigmoid => me.gamma * most + coef0.abs(),
            Kernel::Rbf | Kernel::Precomputed => 0.0,
        };
        if bound <= 1e120 {
            return Ok(me);
        }
        Err(Error::value(format!("{name}: the kernel's values reach {bound:e}; scale the samples first")))
    }

    /// Whether saved numbers are such as [`check`] lets through.
    pub fn sound(&self) -> bool {
        self.gamma > 0.0 && self.gamma.is_finite() && self.coef0.is_finite() && (1..=100).contains(&self.degree)
    }

    /// Of one pair.
    pub fn value(&self, x: &[f64], z: &[f64]) -> f64 {
        let dot = || x.iter().zip(z).map(|(a, b)| a * b).sum::<f64>();
        match self.kernel {
            Kernel::Linear | Kernel::Precomputed => dot(),
            Kernel::Rbf => (-self.gamma * x.iter().zip(z).map(|(a, b)| (a - b).powi(2)).sum::<f64>()).exp(),
            Kernel::Poly => (self.gamma * dot() + self.coef0).powi(self.degree as i32),
            Kernel::Sigmoid => (self.gamma * dot() + self.coef0).tanh(),
        }
    }

    /// Of each row of `xs` with every sample in `panels`; each row of `out` holds [`LANES`] numbers for each panel.
    pub fn fill<T: Real>(&self, d: usize, xs: &[T], panels: &[T], out: &mut [T]) {
        let whole = panels.len() / d;
        if whole == 0 {
            return;
        }
        for (xs, out) in xs.chunks(TOGETHER * d).zip(out.chunks_mut(TOGETHER * whole)) {
            if xs.len() == TOGETHER * d {
                self.fill_rows::<T, TOGETHER>(xs, panels, out);
            } else {
                for (x, out) in xs.chunks_exact(d).zip(out.chunks_exact_mut(whole)) {
                    self.fill_rows::<T, 1>(x, panels, out);
                }
            }
        }
    }

    fn fill_rows<T: Real, const R: usize>(&self, xs: &[T], panels: &[T], out: &mut [T]) {
        let (gamma, coef0, degree) = (T::of(self.gamma), T::of(self.coef0), self.degree);
        match self.kernel {
            Kernel::Linear | Kernel::Precomputed => vectorised(
                #[inline(always)]
                || panel_by_panel::<T, false, R>(xs, panels, out, |s| s),
            ),
            Kernel::Rbf => vectorised(
                #[inline(always)]
                || panel_by_panel::<T, true, R>(xs, panels, out, move |s| (-(gamma * s)).exp()),
            ),
            Kernel::Poly => vectorised(
                #[inline(always)]
                || {
                    panel_by_panel::<T, false, R>(xs, panels, out, move |s| {
                        // By squaring, always all seven bits of the degree, so that lanes keep step.
                        let mut base = gamma * s + coef0;
                        let mut power = T::ONE;
                        for bit in 0..7 {
                            power = if degree >> bit & 1 == 1 { power * base } else { power };
                            base = base * base;
                        }
                        power
                    });
                },
            ),
            Kernel::Sigmoid => vectorised(
                #[inline(always)]
                || panel_by_panel::<T, false, R>(xs, panels, out, move |s| (gamma * s + coef0).tanh()),
            ),
        }
    }
}

/// Runs `work` compiled for the vector instructions found at run time; what it calls must be `#[inline(always)]`.
#[inline(always)]
pub(in crate::learn) fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

/// Rows that are computed together, so that each panel is read once for all of them.
const TOGETHER: usize = 4;

/// Panels in one round of [`panel_by_panel`]: their sums stay near while `finish` goes over them.
const ROUND: usize = 16;

/// `finish` of the squared distance (`APART`) or of the inner product of `R` rows with each sample of each panel.
#[inline(always)]
fn panel_by_panel<T: Real, const APART: bool, const R: usize>(
    xs: &[T],
    panels: &[T],
    out: &mut [T],
    finish: impl Fn(T) -> T,
) {
    let d = xs.len() / R;
    let whole = out.len() / R;
    for (round, panels) in panels.chunks(ROUND * LANES * d).enumerate() {
        let start = round * ROUND * LANES;
        for (p, panel) in panels.chunks_exact(LANES * d).enumerate() {
            let mut sums = [[T::default(); LANES]; R];
            for (k, column) in panel.as_chunks::<LANES>().0.iter().enumerate() {
                for r in 0..R {
                    let v = xs[r * d + k];
                    for l in 0..LANES {
                        sums[r][l] = if APART {
                            let apart = v - column[l];
                            sums[r][l] + apart * apart
                        } else {
                            sums[r][l] + v * column[l]
                        };
                    }
                }
            }
            for r in 0..R {
                let at = r * whole + start + p * LANES;
                out[at..at + LANES].copy_from_slice(&sums[r]);
            }
        }
        for r in 0..R {
            let end = (start + ROUND * LANES).min(whole);
            for v in &mut out[r * whole + start..r * whole + end] {
                *v = finish(*v);
            }
        }
    }
}

/// Samples in panels. `[panels, columns, LANES]`, the last one filled up with zeros.
#[derive(Clone, Debug, Default)]
pub(super) struct Panels<T> {
    pub values: Vec<T>,
}

impl<T: Real> Panels<T> {
    pub fn new<'a>(columns: usize, rows: impl ExactSizeIterator<Item = &'a [f64]>) -> Self {
        let mut values = vec![T::default(); rows.len().div_ceil(LANES) * LANES * columns];
        for (i, row) in rows.enumerate() {
            let start = i / LANES * LANES * columns + i % LANES;
            for (place, &v) in values[start..].iter_mut().step_by(LANES).zip(row) {
                *place = T::of(v);
            }
        }
        Self { values }
    }
}

/// The kernel matrix of samples with themselves, of which only rows are ever computed.
#[derive(Clone, Debug)]
pub(super) struct Gram<'a> {
    pub function: Function,
    n: usize,
    points: Points<'a>,
}

#[derive(Clone, Debug)]
enum Points<'a> {
    /// Samples row by row.
    Samples { x: Vec<f64>, columns: usize },
    /// A matrix given whole, and which of its rows (and columns) are meant.
    Matrix { matrix: &'a Samples, places: Vec<usize> },
}

impl<'a> Gram<'a> {
    /// Of the samples in `places`.
    pub fn new(function: Function, x: &'a Samples, places: Vec<usize>) -> Self {
        let n = places.len();
        let points = if function.kernel == Kernel::Precomputed {
            Points::Matrix { matrix: x, places }
        } else {
            let columns = x.columns();
            let mut rows: Vec<f64> = places.iter().flat_map(|&i| x.row(i)).copied().collect();
            if function.kernel == Kernel::Rbf {
                // Distances stay, and numbers about 0 are rounded less.
                for j in 0..columns {
                    let mean = rows.iter().skip(j).step_by(columns).sum::<f64>() / n as f64;
                    rows.iter_mut().skip(j).step_by(columns).for_each(|v| *v -= mean);
                }
            }
            Points::Samples { x: rows, columns }
        };
        Self { function, n, points }
    }

    /// Of some of its samples.
    pub fn subset(&self, chosen: &[usize]) -> Self {
        let points = match &self.points {
            Points::Samples { x, columns } => {
                let x = chosen.iter().flat_map(|&i| &x[i * columns..(i + 1) * columns]).copied().collect();
                Points::Samples { x, columns: *columns }
            }
            Points::Matrix { matrix, places } => {
                Points::Matrix { matrix, places: chosen.iter().map(|&i| places[i]).collect() }
            }
        };
        Self { function: self.function, n: chosen.len(), points }
    }

    /// How many samples.
    pub fn len(&self) -> usize {
        self.n
    }

    /// Each sample with itself.
    pub fn diagonal(&self) -> Vec<f64> {
        match &self.points {
            Points::Samples { x, columns } => x.chunks_exact(*columns).map(|x| self.function.value(x, x)).collect(),
            Points::Matrix { matrix, places } => places.iter().map(|&i| matrix.row(i)[i]).collect(),
        }
    }

    /// Whether rows can be computed in f32 without leaving its range.
    pub fn fits_f32(&self) -> bool {
        let values = match &self.points {
            Points::Samples { x, .. } => &x[..],
            Points::Matrix { matrix, .. } => matrix.values(),
        };
        let narrow = |v: f64| (v == 0.0 || v.abs() > 1e-15) && v.abs() < 1e15;
        values.iter().all(|v| v.abs() < 1e15)
            && self.diagonal().iter().all(|v| v.abs() < 1e15)
            && narrow(self.function.gamma)
    }

    /// The samples in `places` in panels, for [`Gram::fill`].
    pub fn panels<T: Real>(&self, places: &[u32]) -> Panels<T> {
        match &self.points {
            Points::Samples { x, columns } => {
                let columns = *columns;
                Panels::new(columns, places.iter().map(|&i| &x[i as usize * columns..(i as usize + 1) * columns]))
            }
            Points::Matrix { .. } => Panels::default(),
        }
    }

    /// The samples `rows` with those of `panels` (which are `places`) from panel `first` on; each row of `out` begins
    /// there too.
    pub fn fill<T: Real>(&self, rows: &[u32], panels: &Panels<T>, places: &[u32], first: usize, out: &mut [T]) {
        match &self.points {
            Points::Samples { x, columns } => {
                let row = |&i: &u32| &x[i as usize * columns..(i as usize + 1) * columns];
                let rows: Vec<T> = rows.iter().flat_map(row).map(|&v| T::of(v)).collect();
                self.function.fill(*columns, &rows, &panels.values[first * LANES * columns..], out);
            }
            Points::Matrix { matrix, places: all } => {
                let whole = out.len() / rows.len().max(1);
                for (&i, out) in rows.iter().zip(out.chunks_exact_mut(whole.max(1))) {
                    let row = matrix.row(all[i as usize]);
                    for (out, &k) in out.iter_mut().zip(&places[first * LANES..]) {
                        *out = T::of(row[all[k as usize]]);
                    }
                }
            }
        }
    }
}

/// Refuses samples that are no kernel matrix of samples with themselves.
pub(super) fn check_matrix(name: &str, x: &Samples) -> Result<()> {
    let n = x.rows();
    if x.columns() != n {
        let why = format!("a precomputed kernel must be square, got {n} x {}", x.columns());
        return Err(Error::shape(name, why));
    }
    const TILE: usize = 64; // so that columns are read from cache
    for rows in (0..n).step_by(TILE) {
        stop::check()?;
        for columns in (0..=rows).step_by(TILE) {
            for i in rows..(rows + TILE).min(n) {
                for j in columns..(columns + TILE).min(i) {
                    let (a, b) = (x.row(i)[j], x.row(j)[i]);
                    if (a - b).abs() > 1e-6 * (a.abs() + b.abs()) + 1e-12 {
                        let (i, j) = (i + 1, j + 1);
                        return Err(Error::value(format!(
                            "{name}: a precomputed kernel must be symmetric, but row {i}, column {j} is {a} and row {j}, \
                             column {i} is {b}"
                        )));
                    }
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    #[test]
    fn rows_in_both_precisions_are_the_kernel_of_each_pair() {
        let mut rng = Rng::new(1);
        let x = Samples::new(37, 5, (0..37 * 5).map(|_| rng.normal()).collect()).unwrap();
        for kernel in [Kernel::Linear, Kernel::Rbf, Kernel::Poly, Kernel::Sigmoid] {
            let function = Function::new(kernel, Gamma::Scale, 0.5, 3, &x);
            let gram = Gram::new(function, &x, (0..37).collect());
            let places: Vec<u32> = (0..37).rev().collect();
            let (wide, narrow) = (gram.panels::<f64>(&places), gram.panels::<f32>(&places));
            let (mut a, mut b) = (vec![0.0; 48], vec![0.0; 48]);
            gram.fill(&[4], &wide, &places, 0, &mut a);
            gram.fill(&[4], &narrow, &places, 0, &mut b);
            for k in 0..37 {
                let exact = function.value(x.row(4), x.row(36 - k));
                assert!((a[k] - exact).abs() < 1e-12 * (1.0 + exact.abs()), "{kernel:?}");
                assert!((f64::from(b[k]) - exact).abs() < 3e-5 * (1.0 + exact.abs()), "{kernel:?}");
            }
        }
    }

    #[test]
    fn matrices_must_be_square_and_symmetric() {
        let says = |s: Samples| check_matrix("svc", &s).unwrap_err().to_string();
        assert!(says(Samples::new(1, 2, vec![1.0, 2.0]).unwrap()).contains("must be square, got 1 x 2"));
        assert!(says(Samples::new(2, 2, vec![1.0, 2.0, 3.0, 4.0]).unwrap()).contains("row 2, column 1 is 3"));
    }
}
