//! Linear discriminant analysis: Gaussian classes that share one covariance, and the directions that tell them apart.
//!
//! Fisher (1936); Rao (1948) for several classes. As in Hastie, Tibshirani & Friedman (2009, § 4.3): the samples are
//! brought to a covariance of 1 within classes, in as many directions as they have any; then the class means are
//! decomposed.

use super::checks::usable_dense;
use super::gram::{Gram, padded};
use super::logistic_regression::{both, softmax};
use super::planes::Planes;
use crate::error::ensure_setting;
use crate::learn::cluster::{ensure_sound, moderate_numbers, products, vectorised};
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::linalg::{Matrix, eigh, svd};
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "linear_discriminant";

/// Settings of [`LinearDiscriminant`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LinearDiscriminantSettings {
    /// How probable each class is beforehand, in their order, with sum 1. Default: as frequent as in the samples.
    pub priors: Option<Vec<f64>>,
    /// Discriminants that `transform` gives: at least 1; at most one less than classes, and not more than features.
    /// Default: as many as there can be.
    pub components: Option<usize>,
    /// How far the covariance is drawn towards a round one, for few samples: 0 to 1. Default 0.
    pub shrinkage: f64,
    /// Directions with smaller deviations (of features with deviation 1) count as having none; positive. Default 0.0001.
    pub tolerance: f64,
}

impl Default for LinearDiscriminantSettings {
    fn default() -> Self {
        Self { priors: None, components: None, shrinkage: 0.0, tolerance: 1e-4 }
    }
}

/// Linear discriminant analysis.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LinearDiscriminant {
    settings: LinearDiscriminantSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    planes: Planes,
    priors: Vec<f64>,
    means: Vec<f64>,    // [classes, columns]
    centre: Vec<f64>,   // [columns]
    scalings: Vec<f64>, // [components, columns]
    explained: Vec<f64>,
}

impl LinearDiscriminant {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: LinearDiscriminantSettings) -> Result<Self> {
        let s = &settings;
        if let Some(priors) = &s.priors {
            let sum: f64 = priors.iter().sum();
            let fine = priors.iter().all(|p| *p > 0.0) && (sum - 1.0).abs() < 1e-6;
            ensure_setting(fine, NAME, "priors", "positive numbers whose sum is 1", format!("{priors:?}"))?;
        }
        let components = s.components.unwrap_or(1);
        ensure_setting(components >= 1, NAME, "components", "at least 1", components)?;
        ensure_setting((0.0..=1.0).contains(&s.shrinkage), NAME, "shrinkage", "from 0 to 1", s.shrinkage)?;
        ensure_setting(s.tolerance > 0.0 && s.tolerance < 1.0, NAME, "tolerance", "between 0 and 1", s.tolerance)?;
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(NAME, bytes)?;
        Self::new(me.settings.clone())?;
        ensure_sound(me.learned.as_ref().is_none_or(Learned::sound), NAME)?;
        Ok(me)
    }

    fn components(&self, classes: usize, columns: usize) -> Result<usize> {
        let most = (classes - 1).min(columns);
        match self.settings.components {
            Some(c) if c > most => Err(Error::value(format!(
                "{NAME}: `components` must be at most {most} for {classes} classes and {columns} features, got {c}"
            ))),
            given => Ok(given.unwrap_or(most)),
        }
    }

    /// Directions in which the samples have a covariance of 1 within classes: `[directions, columns]`.
    fn whitening(&self, x: &Samples, codes: &[u32], means: &[f64]) -> Result<Vec<Vec<f64>>> {
        let (n, d, s) = (x.rows(), x.columns(), &self.settings);
        let shrinks = s.shrinkage > 0.0;
        let count = n as f64;
        if d > n && !shrinks {
            return self.whitening_of_few(x, codes, means, count);
        }
        let padded = padded(d);
        let gram = Gram::of(x, d, |begin, rows, block, counts| {
            counts.fill(1.0);
            vectorised(
                #[inline(always)]
                || {
                    let rows = rows.chunks_exact(d).zip(&codes[begin..]);
                    for (to, (row, &c)) in block.chunks_exact_mut(padded).zip(rows) {
                        let mean = &means[c as usize * d..(c as usize + 1) * d];
                        to.iter_mut().zip(row).zip(mean).for_each(|((to, v), m)| *to = v - m);
                    }
                },
            );
        })?;
        let trace: f64 = (0..d).map(|j| gram.at(j, j)).sum();
        let more = if shrinks { s.shrinkage * trace / d as f64 } else { 0.0 };
        let at = |i: usize, j: usize| (1.0 - s.shrinkage) * gram.at(i, j) + if i == j { more } else { 0.0 };
        let deviations: Vec<f64> = (0..d).map(|j| deviation(at(j, j), count)).collect();
        let unit = |i: usize, j: usize| at(i, j) / (deviations[i] * deviations[j]) / count;
        let made = eigh(&Matrix::from_fn(d, d, unit)?)?;
        let kept = (0..d).rev().filter(|&k| made.values[k].max(0.0).sqrt() > s.tolerance);
        let direction =
            |k: usize| (0..d).map(|j| made.vectors[(j, k)] / deviations[j] / made.values[k].sqrt()).collect();
        Ok(kept.map(direction).collect())
    }

    /// The same for more features than samples, through the samples' products.
    fn whitening_of_few(&self, x: &Samples, codes: &[u32], means: &[f64], count: f64) -> Result<Vec<Vec<f64>>> {
        let (n, d) = (x.rows(), x.columns());
        let mut rows: Vec<f64> = x.values().to_vec();
        for (row, &c) in rows.chunks_exact_mut(d).zip(codes) {
            row.iter_mut().zip(&means[c as usize * d..]).for_each(|(v, m)| *v -= m);
        }
        let mut squares = vec![0.0; d];
        rows.chunks_exact(d).for_each(|row| squares.iter_mut().zip(row).for_each(|(s, v)| *s += v * v));
        let deviations: Vec<f64> = squares.iter().map(|s| deviation(*s, n as f64)).collect();
        rows.chunks_exact_mut(d).for_each(|row| row.iter_mut().zip(&deviations).for_each(|(v, s)| *v /= s));
        let mut products_of = vec![0.0; n * n];
        products(&rows, &rows, d, &mut products_of);
        let made = eigh(&Matrix::new(n, n, products_of.iter().map(|p| p / count).collect())?)?;
        let kept = (0..n).rev().filter(|&k| made.values[k].max(0.0).sqrt() > self.settings.tolerance);
        let direction = |k: usize| {
            let mut out = vec![0.0; d];
            for (i, row) in rows.chunks_exact(d).enumerate() {
                let by = made.vectors[(i, k)] / (made.values[k] * count.sqrt());
                out.iter_mut().zip(row).for_each(|(o, v)| *o += by * v);
            }
            out.iter_mut().zip(&deviations).for_each(|(o, s)| *o /= s);
            out
        };
        Ok(kept.map(direction).collect())
    }

    fn learn(&self, x: &Samples, codes: &[u32], classes: usize) -> Result<Learned> {
        let (n, d) = (x.rows(), x.columns());
        let wanted = self.components(classes, d)?;
        if n <= classes {
            return Err(Error::value(format!("{NAME}: needs more samples than classes, got {n} of {classes} classes")));
        }
        let (counts, means) = class_means(x, codes, classes)?;
        if let Some(empty) = counts.iter().position(|n| *n == 0.0) {
            return Err(Error::value(format!("{NAME}: class {} of {classes} has no samples", empty + 1)));
        }
        let priors = match &self.settings.priors {
            Some(priors) if priors.len() == classes => priors.clone(),
            Some(priors) => {
                let got = priors.len();
                return Err(Error::value(format!("{NAME}: `priors` has {got} numbers for {classes} classes")));
            }
            None => counts.iter().map(|c| c / n as f64).collect(),
        };
        let mut centre = vec![0.0; d];
        for (mean, p) in means.chunks_exact(d).zip(&priors) {
            centre.iter_mut().zip(mean).for_each(|(c, m)| *c += p * m);
        }
        let white = self.whitening(x, codes, &means)?;
        if white.is_empty() {
            return Err(Error::value(format!("{NAME}: the samples of each class are all the same")));
        }
        stop::check()?;
        let apart = |c: usize, direction: &[f64]| -> f64 {
            let mean = &means[c * d..(c + 1) * d];
            mean.iter().zip(&centre).zip(direction).map(|((m, c), w)| (m - c) * w).sum()
        };
        let spread = (n as f64 / (classes - 1) as f64).sqrt();
        let between = Matrix::from_fn(classes, white.len(), |c, k| spread * priors[c].sqrt() * apart(c, &white[k]))?;
        let made = svd(&between, false)?;
        let largest = made.s[0];
        let rank = made.s.iter().filter(|s| **s > self.settings.tolerance * largest).count().max(1);
        let turned = |k: usize| {
            let mut out = vec![0.0; d];
            for (t, direction) in white.iter().enumerate() {
                out.iter_mut().zip(direction).for_each(|(o, v)| *o += made.v[(t, k)] * v);
            }
            out
        };
        let directions: Vec<Vec<f64>> = (0..rank).map(turned).collect();
        // What each class says: of the linear parts of the Gaussians' logarithms.
        let mut planes = Planes::new(classes, d);
        for c in 0..classes {
            let mut bias = priors[c].ln();
            for direction in &directions {
                let along = apart(c, direction);
                bias -= 0.5 * along * along;
                planes.weights[c * d..(c + 1) * d].iter_mut().zip(direction).for_each(|(w, v)| *w += along * v);
            }
            planes.bias[c] = bias - planes.of(c).iter().zip(&centre).map(|(w, v)| w * v).sum::<f64>();
        }
        if classes == 2 {
            let weights = (0..d).map(|j| planes.weights[d + j] - planes.weights[j]).collect();
            planes = Planes { columns: d, weights, bias: vec![planes.bias[1] - planes.bias[0]] };
        }
        let squares: f64 = made.s.iter().map(|s| s * s).sum();
        let mut explained: Vec<f64> = made.s.iter().map(|s| s * s / squares.max(1e-300)).collect();
        let shown = wanted.min(rank);
        explained.truncate(shown);
        let scalings = directions[..shown].concat();
        Ok(Learned { planes, priors, means, centre, scalings, explained })
    }
}

/// The deviation of a feature, or 1 where it has none.
fn deviation(square: f64, n: f64) -> f64 {
    let s = (square / n).sqrt();
    if s > 1e-150 { s } else { 1.0 }
}

/// How many samples each class has, and the means of their features. `[classes]`, `[classes, columns]`
fn class_means(x: &Samples, codes: &[u32], classes: usize) -> Result<(Vec<f64>, Vec<f64>)> {
    let d = x.columns();
    let (mut counts, mut means) = (vec![0.0; classes], vec![0.0; classes * d]);
    for (rows, codes) in x.values().chunks(8192 * d).zip(codes.chunks(8192)) {
        stop::check()?;
        vectorised(
            #[inline(always)]
            || {
                for (row, &c) in rows.chunks_exact(d).zip(codes) {
                    counts[c as usize] += 1.0;
                    let mean = &mut means[c as usize * d..(c as usize + 1) * d];
                    mean.iter_mut().zip(row).for_each(|(m, v)| *m += v);
                }
            },
        );
    }
    for (mean, n) in means.chunks_exact_mut(d).zip(&counts) {
        mean.iter_mut().for_each(|m| *m /= f64::max(*n, 1.0));
    }
    Ok((counts, means))
}

impl Learned {
    fn sound(&self) -> bool {
        let (k, d) = (self.priors.len(), self.planes.columns);
        let components = self.explained.len();
        self.planes.sound()
            && self.planes.outputs() != 2
            && self.planes.classes() == k
            && self.priors.iter().all(|p| *p > 0.0 && *p <= 1.0)
            && k.checked_mul(d) == Some(self.means.len())
            && self.centre.len() == d
            && components >= 1
            && components.checked_mul(d) == Some(self.scalings.len())
            && [&self.means, &self.centre, &self.scalings, &self.explained].iter().all(|v| moderate_numbers(v))
    }
}

impl Learner for LinearDiscriminant {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        usable_dense(NAME, x, None)?;
        let (codes, classes) = y.classes(NAME, x.rows(), 2)?;
        let learned = self.learn(x, codes, classes)?;
        if !learned.sound() {
            return Err(Error::value(format!("{NAME}: the numbers left their range; scale the samples")));
        }
        self.learned = Some(learned);
        Ok(Fit { steps: 1, warning: None })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(NAME, &self.learned)?;
        usable_dense(NAME, x, Some(l.planes.columns))?;
        l.planes.predict(x)
    }

    fn predict_proba(&self, x: &Samples) -> Result<Samples> {
        let mut values = self.decision(x)?.into_values();
        let k = fitted(NAME, &self.learned)?.planes.classes();
        if k == 2 {
            values = values.iter().flat_map(|v| both(*v)).collect();
        } else {
            values.chunks_exact_mut(k).for_each(softmax);
        }
        Samples::new(x.rows(), k, values)
    }

    fn decision(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        usable_dense(NAME, x, Some(l.planes.columns))?;
        Samples::new(x.rows(), l.planes.outputs(), l.planes.values(x)?)
    }

    fn transform(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        usable_dense(NAME, x, Some(l.planes.columns))?;
        let d = l.planes.columns;
        let shift = |v: &[f64]| -v.iter().zip(&l.centre).map(|(w, c)| w * c).sum::<f64>();
        let bias: Vec<f64> = l.scalings.chunks_exact(d).map(shift).collect();
        let planes = Planes { columns: d, weights: l.scalings.clone(), bias };
        Samples::new(x.rows(), planes.outputs(), planes.values(x)?)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        let d = l.planes.columns;
        let table =
            |values: &[f64]| Shown::Table(Samples::new(values.len() / d, d, values.to_vec()).unwrap_or_default());
        let mut shown = l.planes.shown();
        shown.push(("priors", Shown::Numbers(l.priors.clone())));
        shown.push(("means", table(&l.means)));
        shown.push(("discriminants", table(&l.scalings)));
        shown.push(("explained_variance_ratio", Shown::Numbers(l.explained.clone())));
        shown
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(|l| format!("{}, {} discriminants", l.planes.summary(), l.explained.len()))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Known, close, goal, known, make, shown};
    use super::*;
    use serde_json::json;

    // LinearDiscriminantAnalysis() and (solver="lsqr", shrinkage=0.3), of scikit-learn 1.9.1, with the samples of `known`.
    #[test]
    fn known_answers() {
        let Known { x, two, three, .. } = known();
        let fit = |codes: &[u32], options| {
            let mut me = make(NAME, options);
            me.fit(&x, goal(codes)).unwrap();
            me
        };
        let me = fit(&three, json!({}));
        let w = [
            [0.2829072353, 1.8390529728, -1.1592960008, -0.977287297],
            [-0.4579759969, -0.0716114733, -0.1988770064, 0.2050413476],
            [0.3277274273, -1.7435710085, 1.4244653427, 0.7038988335],
        ];
        close(&shown(&*me, "weights"), &w.concat(), 1e-8);
        close(&shown(&*me, "bias"), &[-2.1246325677, -1.2308187355, -5.4634523808], 1e-8);
        close(&shown(&*me, "explained_variance_ratio"), &[0.9078016054, 0.0921983946], 1e-8);
        let start = x.select(&[0, 1]);
        let seen: Vec<f64> = me.transform(&start).unwrap().values().iter().map(|v| v.abs()).collect();
        close(&seen, &[2.0482006857, 1.0996671683, 3.8845180122, 0.487789046], 1e-8);
        let p = [
            6.8447573087e-01,
            3.1545147252e-01,
            7.2796608953e-05,
            2.1708039731e-08,
            1.6651021387e-03,
            9.9833487615e-01,
        ];
        close(me.predict_proba(&start).unwrap().values(), &p, 1e-9);
        let me = fit(&two, json!({}));
        close(&shown(&*me, "weights"), &[-1.0945689091, -1.8291202163, 1.0014582596, 0.6974766752], 1e-8);
        close(&shown(&*me, "bias"), &[-1.1686460111], 1e-8);
        let me = fit(&three, json!({ "shrinkage": 0.3 }));
        let w = [
            [0.1057516196, 1.0429545022, -0.2956805683, -0.3881933317],
            [-0.1942538709, -0.0576055037, 0.252112093, 0.6483123695],
            [0.1415853221, -0.9693397696, 1.5216829751, 0.9005091687],
        ];
        // Equal up to what is the same for all classes: compare differences.
        let differences = |w: &[f64]| (4..12).map(|at| w[at] - w[at % 4]).collect::<Vec<f64>>();
        close(&differences(&shown(&*me, "weights")), &differences(&w.concat()), 1e-8);
        let b = shown(&*me, "bias");
        close(&[b[1] - b[0], b[2] - b[0]], &[-1.8396283341 + 2.149260525, -4.8646914069 + 2.149260525], 1e-8);
    }

    #[test]
    fn more_features_than_samples_and_dependent_features() {
        let Known { x, three, .. } = known();
        // The same features many times: the answers are those of the features once.
        let often: Vec<f64> = x.iter().flat_map(|row| row.repeat(20)).collect();
        let often = Samples::new(60, 80, often).unwrap();
        let (mut once, mut many) = (make(NAME, json!({})), make(NAME, json!({ "components": 1 })));
        once.fit(&x, goal(&three)).unwrap();
        many.fit(&often, goal(&three)).unwrap();
        close(many.decision(&often).unwrap().values(), once.decision(&x).unwrap().values(), 1e-7);
        assert_eq!(many.transform(&often).unwrap().columns(), 1);
        let mut wrong = make(NAME, json!({ "components": 3 }));
        assert!(wrong.fit(&x, goal(&three)).unwrap_err().to_string().contains("at most 2 for 3 classes"));
    }
}
