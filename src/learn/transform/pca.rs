//! Principal components: the directions in which samples vary most.
//!
//! Pearson (1901), Hotelling (1933). Exactly from the covariance matrix or the singular values of the centred
//! samples, or approximately by random projections (`randomised.rs`).

use super::randomised::randomised_svd;
use crate::error::ensure_setting;
use crate::learn::cluster::{dot, ensure_sound, moderate_numbers, products, sound, usable, usable_width, vectorised};
use crate::learn::{Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::linalg::{Matrix, eigh, svd};
use crate::{Error, Result, stop};
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "pca";

/// Rows in one piece of work.
const PIECE: usize = 512;

/// How the components are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Solver {
    /// Exactly, or by random projections where that is much faster.
    #[default]
    Auto,
    /// Exactly.
    Exact,
    /// By random projections.
    Randomized,
}

/// Settings of [`Pca`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PcaSettings {
    /// How many components are kept, at least 1. Default: all.
    pub components: Option<usize>,
    /// Scale components to variance 1. Default false.
    pub whiten: bool,
    /// How they are found: "auto", "exact" or "randomized". Default "auto".
    pub solver: Solver,
    /// Of the random projections. Default 0.
    pub seed: u64,
}

/// Principal components analysis.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pca {
    settings: PcaSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    mean: Vec<f64>,
    components: Samples, // [components, columns], rows of length 1
    variances: Vec<f64>, // of each component
    total: f64,          // variance of all features
    rows: f64,
}

impl Pca {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: PcaSettings) -> Result<Self> {
        if let Some(k) = settings.components {
            ensure_setting(k >= 1, NAME, "components", "at least 1", k)?;
        }
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
            let fits = sound(&l.components)
                && l.mean.len() == l.components.columns()
                && moderate_numbers(&l.mean)
                && l.variances.len() == l.components.rows()
                && l.variances.iter().all(|v| *v >= 0.0 && v.is_finite())
                && l.total >= 0.0
                && l.rows >= 1.0;
            ensure_sound(fits, NAME)?;
        }
        Ok(me)
    }

    /// What each component is divided by.
    fn scales(&self, l: &Learned) -> Vec<f64> {
        let scale = |v: &f64| if self.settings.whiten && *v > 0.0 { v.sqrt() } else { 1.0 };
        l.variances.iter().map(scale).collect()
    }
}

/// The mean of each column.
pub(super) fn column_means(x: &Samples) -> Vec<f64> {
    let d = x.columns();
    let pieces: Vec<Vec<f64>> = x
        .values()
        .par_chunks(PIECE * d)
        .map(|rows| {
            let mut sum = vec![0.0; d];
            vectorised(
                #[inline(always)]
                || {
                    for row in rows.chunks_exact(d) {
                        for (s, v) in sum.iter_mut().zip(row) {
                            *s += v;
                        }
                    }
                },
            );
            sum
        })
        .collect();
    let mut mean = vec![0.0; d];
    pieces.iter().for_each(|p| mean.iter_mut().zip(p).for_each(|(m, v)| *m += v));
    mean.iter_mut().for_each(|m| *m /= x.rows() as f64);
    mean
}

/// `Σ (x - mean) (x - mean)ᵀ`. `[d, d]`
pub(super) fn scatter(x: &Samples, mean: &[f64]) -> Result<Vec<f64>> {
    let d = x.columns();
    // Each piece adds up several blocks, so that few tables are kept.
    let blocks = x.rows().div_ceil(PIECE).div_ceil(16).max(1);
    let pieces: Vec<Vec<f64>> = x
        .values()
        .par_chunks(PIECE * blocks * d)
        .map(|rows| {
            let mut sum = vec![0.0; d * d];
            let mut centred = vec![0.0; PIECE * d];
            for rows in rows.chunks(PIECE * d) {
                stop::check()?;
                let centred = &mut centred[..rows.len()];
                vectorised(
                    #[inline(always)]
                    || {
                        for (to, from) in centred.chunks_exact_mut(d).zip(rows.chunks_exact(d)) {
                            for j in 0..d {
                                to[j] = from[j] - mean[j];
                            }
                        }
                    },
                );
                let n = rows.len() / d;
                let b = MatRef::from_row_major_slice(&*centred, n, d);
                matmul(MatMut::from_row_major_slice_mut(&mut sum, d, d), Accum::Add, b.transpose(), b, 1.0, Par::Seq);
            }
            Ok(sum)
        })
        .collect::<Result<_>>()?;
    let mut sum = vec![0.0; d * d];
    pieces.iter().for_each(|p| sum.iter_mut().zip(p).for_each(|(s, v)| *s += v));
    for i in 0..d {
        for j in 0..i {
            sum[j * d + i] = sum[i * d + j];
        }
    }
    Ok(sum)
}

/// The samples less the means.
pub(super) fn centred(x: &Samples, mean: &[f64]) -> Vec<f64> {
    x.iter().flat_map(|row| row.iter().zip(mean).map(|(v, m)| v - m)).collect()
}

/// Turns a direction so that its largest entry is positive.
pub(super) fn turned(mut v: Vec<f64>) -> Vec<f64> {
    let largest = v.iter().fold(0.0f64, |a, &b| if b.abs() > a.abs() { b } else { a });
    if largest < 0.0 {
        v.iter_mut().for_each(|v| *v = -*v);
    }
    v
}

/// Directions and variances, and the variance of all features together.
pub(super) struct Principal {
    pub directions: Samples, // [k, columns], rows of length 1
    pub variances: Vec<f64>, // the largest first
    pub total: f64,
}

/// The `k` directions in which the samples vary most.
pub(super) fn principal(x: &Samples, mean: &[f64], k: usize, solver: Solver, seed: u64) -> Result<Principal> {
    let (n, d) = (x.rows(), x.columns());
    let most = n.min(d);
    let random = match solver {
        Solver::Exact => false,
        Solver::Randomized => true,
        Solver::Auto => !(d <= 1000 && n >= d) && n.max(d) > 500 && 5 * k < 4 * most,
    };
    let divisor = (n as f64 - 1.0).max(1.0);
    // Squared singular values of the centred samples, their right vectors, and the sum of all such squares.
    let (directions, squares, total): (Vec<f64>, Vec<f64>, f64) = if random {
        let x = centred(x, mean);
        let (s, v) = randomised_svd(&x, d, k, 7, seed)?;
        (v.into_iter().flat_map(turned).collect(), s.iter().map(|s| s * s).collect(), dot(&x, &x))
    } else if n >= d {
        let sums = scatter(x, mean)?;
        let total = (0..d).map(|j| sums[j * d + j]).sum();
        let e = eigh(&Matrix::new(d, d, sums)?)?;
        let directions = (0..k).flat_map(|c| turned(e.vectors.col(d - 1 - c))).collect();
        (directions, (0..k).map(|c| e.values[d - 1 - c].max(0.0)).collect(), total)
    } else {
        let f = svd(&Matrix::new(n, d, centred(x, mean))?, false)?;
        let directions = (0..k).flat_map(|c| turned(f.v.col(c))).collect();
        (directions, f.s[..k].iter().map(|s| s * s).collect(), f.s.iter().map(|s| s * s).sum())
    };
    let variances: Vec<f64> = squares.iter().map(|s| s / divisor).collect();
    let total = (total / divisor).max(variances.iter().sum());
    Ok(Principal { directions: Samples::new(k, d, directions)?, variances, total })
}

/// `(x - mean) · directionsᵀ`, each column divided by its scale.
pub(super) fn project(x: &Samples, mean: &[f64], directions: &Samples, scales: &[f64]) -> Result<Samples> {
    let (d, k) = (x.columns(), directions.rows());
    let mut out = vec![0.0; x.rows() * k];
    let across = columns_of_eight(directions);
    out.par_chunks_mut(PIECE * k).zip(x.values().par_chunks(PIECE * d)).try_for_each(|(out, rows)| {
        stop::check()?;
        let mut centred = vec![0.0; rows.len()];
        vectorised(
            #[inline(always)]
            || {
                for (to, row) in centred.chunks_exact_mut(d).zip(rows.chunks_exact(d)) {
                    to.iter_mut().zip(row).zip(mean).for_each(|((to, v), m)| *to = v - m);
                }
                if d * k <= SMALL {
                    few_products(&centred, &across, d, k, out);
                }
            },
        );
        if d * k > SMALL {
            products(&centred, directions.values(), d, out);
        }
        if scales.iter().any(|s| *s != 1.0) {
            for row in out.chunks_exact_mut(k) {
                row.iter_mut().zip(scales).for_each(|(v, s)| *v /= s);
            }
        }
        Ok::<(), Error>(())
    })?;
    Samples::new(x.rows(), k, out)
}

/// Directions of up to so many numbers in all are multiplied with here.
const SMALL: usize = 4096;

/// Directions, eight at a time side by side, the last filled up with zeros. `[⌈k / 8⌉, d]`
fn columns_of_eight(directions: &Samples) -> Vec<[f64; 8]> {
    let (d, k) = (directions.columns(), directions.rows());
    let at = |c: usize, j: usize| if c < k { directions.values()[c * d + j] } else { 0.0 };
    (0..k).step_by(8).flat_map(|c| (0..d).map(move |j| std::array::from_fn(|t| at(c + t, j)))).collect()
}

/// Rows times directions, four rows at a time.
#[inline(always)]
fn few_products(rows: &[f64], across: &[[f64; 8]], d: usize, k: usize, out: &mut [f64]) {
    for (rows, out) in rows.chunks(4 * d).zip(out.chunks_mut(4 * k)) {
        for (eight, columns) in across.chunks_exact(d).enumerate() {
            let mut sums = [[0.0; 8]; 4];
            if let Some([a, b, c, e]) = four(rows, d) {
                for ((((a, b), c), e), column) in a.iter().zip(b).zip(c).zip(e).zip(columns) {
                    for t in 0..8 {
                        sums[0][t] += a * column[t];
                        sums[1][t] += b * column[t];
                        sums[2][t] += c * column[t];
                        sums[3][t] += e * column[t];
                    }
                }
            } else {
                for (row, sums) in rows.chunks_exact(d).zip(&mut sums) {
                    for (v, column) in row.iter().zip(columns) {
                        for t in 0..8 {
                            sums[t] += v * column[t];
                        }
                    }
                }
            }
            for (out, sums) in out.chunks_exact_mut(k).zip(&sums) {
                let out = &mut out[8 * eight..];
                match out.first_chunk_mut::<8>() {
                    Some(out) => *out = *sums,
                    None => out.iter_mut().zip(sums).for_each(|(o, s)| *o = *s),
                }
            }
        }
    }
}

/// Four rows of `d` numbers, if there are as many.
#[inline(always)]
fn four(rows: &[f64], d: usize) -> Option<[&[f64]; 4]> {
    let mut rows = rows.chunks_exact(d);
    Some([rows.next()?, rows.next()?, rows.next()?, rows.next()?])
}

/// `mean + Σ valueₖ · scaleₖ · directionₖ` for each row.
pub(super) fn rebuild(y: &Samples, mean: &[f64], directions: &Samples, scales: &[f64]) -> Result<Samples> {
    let d = directions.columns();
    let mut out = Vec::with_capacity(y.rows() * d);
    for (i, row) in y.iter().enumerate() {
        if i % 256 == 0 {
            stop::check()?;
        }
        let start = out.len();
        out.extend_from_slice(mean);
        for ((v, s), direction) in row.iter().zip(scales).zip(directions.iter()) {
            out[start..].iter_mut().zip(direction).for_each(|(o, a)| *o += v * s * a);
        }
    }
    Samples::new(y.rows(), d, out)
}

/// Refuses more components than there can be.
pub(super) fn ensure_components(name: &str, k: usize, x: &Samples) -> Result<()> {
    let most = x.rows().min(x.columns());
    if k <= most {
        return Ok(());
    }
    let (n, d) = (x.rows(), x.columns());
    Err(Error::value(format!("{name}: {n} samples of {d} features have at most {most} components, {k} were wanted")))
}

impl Learner for Pca {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x)?;
        let s = &self.settings;
        let k = s.components.unwrap_or(x.rows().min(x.columns()));
        ensure_components(NAME, k, x)?;
        let mean = column_means(x);
        let Principal { directions: components, variances, total } = principal(x, &mean, k, s.solver, s.seed)?;
        self.learned = Some(Learned { mean, components, variances, total, rows: x.rows() as f64 });
        Ok(Fit { steps: 1, warning: None })
    }

    fn transform(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        usable_width(NAME, x, l.mean.len())?;
        project(x, &l.mean, &l.components, &self.scales(l))
    }

    fn inverse_transform(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        usable_width(NAME, x, l.components.rows())?;
        rebuild(x, &l.mean, &l.components, &self.scales(l))
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        let ratio = |v: &f64| if l.total > 0.0 { v / l.total } else { 0.0 };
        let divisor = (l.rows - 1.0).max(1.0);
        vec![
            ("components", Shown::Table(l.components.clone())),
            ("explained_variance", Shown::Numbers(l.variances.clone())),
            ("explained_variance_ratio", Shown::Numbers(l.variances.iter().map(ratio).collect())),
            ("singular_values", Shown::Numbers(l.variances.iter().map(|v| (v * divisor).sqrt()).collect())),
            ("mean", Shown::Numbers(l.mean.clone())),
        ]
    }

    fn summary(&self) -> Option<String> {
        let l = self.learned.as_ref()?;
        let share = if l.total > 0.0 { 100.0 * l.variances.iter().sum::<f64>() / l.total } else { 100.0 };
        Some(format!("{} features, {} components with {share:.1}% of the variance", l.mean.len(), l.components.rows()))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    fn noise(n: usize, d: usize, seed: u64) -> Samples {
        let mut rng = Rng::new(seed);
        let values = (0..n * d).map(|i| 3.0 + rng.normal() * 0.8f64.powi((i % d) as i32)).collect();
        Samples::new(n, d, values).unwrap()
    }

    #[test]
    fn points_on_a_line_have_one_component() {
        let x = Samples::new(3, 2, vec![0.0, 0.0, 3.0, 4.0, 6.0, 8.0]).unwrap();
        let mut model = Pca::new(PcaSettings::default()).unwrap();
        model.fit(&x, Goal::None).unwrap();
        let l = model.learned.as_ref().unwrap();
        assert!((l.components.row(0)[0] - 0.6).abs() < 1e-12 && (l.components.row(0)[1] - 0.8).abs() < 1e-12);
        assert!((l.variances[0] - 25.0).abs() < 1e-12 && l.variances[1].abs() < 1e-12);
        let y = model.transform(&x).unwrap();
        assert!((y.row(0)[0] + 5.0).abs() < 1e-12 && y.row(1)[0].abs() < 1e-12);
    }

    #[test]
    fn all_ways_agree_and_all_components_give_the_samples_back() {
        for (n, d) in [(300, 20), (20, 40), (700, 600)] {
            let x = noise(n, d, 3);
            let fit = |solver, whiten, components| {
                let mut model = Pca::new(PcaSettings { components, whiten, solver, seed: 1 }).unwrap();
                model.fit(&x, Goal::None).unwrap();
                model
            };
            let exact = fit(Solver::Exact, false, Some(3));
            let random = fit(Solver::Randomized, false, Some(3));
            for (a, b) in
                exact.learned.as_ref().unwrap().variances.iter().zip(&random.learned.as_ref().unwrap().variances)
            {
                assert!((a - b).abs() < 1e-3 * a, "{a} {b}");
            }
            if n > 500 {
                continue;
            }
            let all = fit(Solver::Exact, true, None);
            let y = all.transform(&x).unwrap();
            let back = all.inverse_transform(&y).unwrap();
            assert!(back.values().iter().zip(x.values()).all(|(a, b)| (a - b).abs() < 1e-9));
            let variance: f64 = y.iter().map(|r| r[1] * r[1]).sum::<f64>() / (n as f64 - 1.0);
            assert!((variance - 1.0).abs() < 1e-9);
            let again = Pca::from_saved(&all.bytes().unwrap()).unwrap();
            assert_eq!(again.transform(&x).unwrap(), y);
        }
    }

    #[test]
    fn single_rows_constants_and_too_many_components() {
        let x = Samples::new(1, 3, vec![1.0, 2.0, 3.0]).unwrap();
        let mut model = Pca::new(PcaSettings { whiten: true, ..Default::default() }).unwrap();
        model.fit(&x, Goal::None).unwrap();
        assert_eq!(model.transform(&x).unwrap().values(), [0.0]);
        let mut model = Pca::new(PcaSettings { components: Some(4), ..Default::default() }).unwrap();
        assert!(model.fit(&x, Goal::None).unwrap_err().to_string().contains("at most 1 components, 4 were wanted"));
    }
}
