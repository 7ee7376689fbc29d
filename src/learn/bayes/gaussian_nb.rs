//! Gaussian naive Bayes: each feature of a class has a normal distribution of its own.
//!
//! Means and variances of pieces are put together as in Chan, Golub & LeVeque (1979), "Updating formulae and a
//! pairwise algorithm for computing sample variances", so that learning on equals learning at once.

use super::posterior::{all_occur, check_priors, classes, known_classes, log_priors, probabilities};
use crate::error::ensure_setting;
use crate::learn::cluster::{ensure_sound, moderate_numbers, vectorised};
use crate::learn::linear::usable_dense;
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

const NAME: &str = "gaussian_nb";

/// Samples in one piece of work.
const PIECE: usize = 2048;

/// Settings of [`GaussianNb`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GaussianNbSettings {
    /// How probable each class is beforehand, in their order, with sum 1. Default: as frequent as in the samples.
    pub priors: Option<Vec<f64>>,
    /// This part of the largest feature's variance is added to all variances; positive, at most 1. Default 1e-9.
    pub var_smoothing: f64,
}

impl Default for GaussianNbSettings {
    fn default() -> Self {
        Self { priors: None, var_smoothing: 1e-9 }
    }
}

/// Gaussian naive Bayes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GaussianNb {
    settings: GaussianNbSettings,
    learned: Option<Moments>,
}

/// Of each class the number of samples, the features' means, and their summed squared deviations from those.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Moments {
    columns: usize,
    counts: Vec<f64>,
    means: Vec<f64>,   // [classes, columns]
    squares: Vec<f64>, // [classes, columns]
}

impl Moments {
    fn new(classes: usize, columns: usize) -> Self {
        let size = classes * columns;
        Self { columns, counts: vec![0.0; classes], means: vec![0.0; size], squares: vec![0.0; size] }
    }

    /// Of one piece, which is small enough to be read twice.
    fn of(piece: &[f64], codes: &[u32], classes: usize, d: usize) -> Self {
        let mut me = Self::new(classes, d);
        vectorised(
            #[inline(always)]
            || {
                for (row, &code) in piece.chunks_exact(d).zip(codes) {
                    let c = code as usize;
                    me.counts[c] += 1.0;
                    me.means[c * d..(c + 1) * d].iter_mut().zip(row).for_each(|(m, v)| *m += v);
                }
                for (means, &n) in me.means.chunks_exact_mut(d).zip(&me.counts) {
                    means.iter_mut().for_each(|m| *m /= f64::max(n, 1.0));
                }
                for (row, &code) in piece.chunks_exact(d).zip(codes) {
                    let of = code as usize * d..(code as usize + 1) * d;
                    let pairs = me.squares[of.clone()].iter_mut().zip(&me.means[of]);
                    pairs.zip(row).for_each(|((s, m), v)| *s += (v - m) * (v - m));
                }
            },
        );
        me
    }

    fn add(&mut self, other: &Self) {
        let d = self.columns;
        for c in 0..self.counts.len() {
            let (n, more) = (self.counts[c], other.counts[c]);
            if more == 0.0 {
                continue;
            }
            let share = more / (n + more);
            for at in c * d..(c + 1) * d {
                let apart = other.means[at] - self.means[at];
                self.means[at] += share * apart;
                self.squares[at] += other.squares[at] + n * share * apart * apart;
            }
            self.counts[c] += more;
        }
    }

    /// What is added to every variance: a part of the largest variance that a feature has over all classes.
    fn smoothing(&self, part: f64) -> f64 {
        let d = self.columns;
        let mut all = Self::new(1, d);
        for c in 0..self.counts.len() {
            let of = c * d..(c + 1) * d;
            let (means, squares) = (self.means[of.clone()].to_vec(), self.squares[of].to_vec());
            all.add(&Self { columns: d, counts: vec![self.counts[c]], means, squares });
        }
        let largest = all.squares.iter().fold(0.0, |a: f64, &b| a.max(b)) / all.counts[0];
        // Constant features only: any positive number is as good.
        if largest > 1e-290 { part * largest } else { part }
    }

    fn variances(&self, part: f64) -> Vec<f64> {
        let more = self.smoothing(part);
        let of = |at: usize| self.squares[at] / self.counts[at / self.columns].max(1.0) + more;
        (0..self.squares.len()).map(of).collect()
    }

    fn sound(&self) -> bool {
        let (k, d) = (self.counts.len(), self.columns);
        d > 0
            && k > 0
            && k.checked_mul(d) == Some(self.means.len())
            && self.squares.len() == self.means.len()
            && self.counts.iter().all(|n| (0.0..=1e18).contains(n))
            && self.counts.iter().any(|n| *n > 0.0)
            && moderate_numbers(&self.means)
            && self.squares.iter().all(|s| (0.0..1e220).contains(s))
    }
}

impl GaussianNb {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: GaussianNbSettings) -> Result<Self> {
        check_priors(NAME, &settings.priors)?;
        let v = settings.var_smoothing;
        ensure_setting(v > 0.0 && v <= 1.0, NAME, "var_smoothing", "positive and at most 1", v)?;
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
            ensure_sound(l.sound() && me.log_priors(l).is_ok(), NAME)?;
        }
        Ok(me)
    }

    fn log_priors(&self, l: &Moments) -> Result<Vec<f64>> {
        log_priors(NAME, &self.settings.priors, true, &l.counts)
    }

    fn learn(&mut self, x: &Samples, y: Goal<'_>, mut l: Moments) -> Result<Fit> {
        let (codes, _) = y.classes(NAME, x.rows(), 1)?;
        self.log_priors(&l)?;
        let (k, d) = (l.counts.len(), x.columns());
        let pieces = x.values().par_chunks(PIECE * d).zip(codes.par_chunks(PIECE));
        let parts: Vec<Moments> = pieces
            .map(|(piece, codes)| {
                stop::check()?;
                Ok(Moments::of(piece, codes, k, d))
            })
            .collect::<Result<_>>()?;
        parts.iter().for_each(|part| l.add(part));
        self.learned = Some(l);
        Ok(Fit { steps: 1, warning: None })
    }

    /// The logarithm of each class's probability together with each sample's, up to what is the same for all classes.
    fn joint(&self, x: &Samples) -> Result<(Vec<f64>, usize)> {
        let l = fitted(NAME, &self.learned)?;
        usable_dense(NAME, x, Some(l.columns))?;
        let (k, d) = (l.counts.len(), l.columns);
        let variances = l.variances(self.settings.var_smoothing);
        let inverse: Vec<f64> = variances.iter().map(|v| -0.5 / v).collect();
        let mut base = self.log_priors(l)?;
        for (base, v) in base.iter_mut().zip(variances.chunks_exact(d)) {
            *base -= 0.5 * v.iter().map(|v| (TAU * v).ln()).sum::<f64>();
        }
        let mut out = vec![0.0; x.rows() * k];
        out.par_chunks_mut(PIECE * k).zip(x.values().par_chunks(PIECE * d)).try_for_each(|(out, piece)| {
            stop::check()?;
            vectorised(
                #[inline(always)]
                || {
                    for (out, row) in out.chunks_exact_mut(k).zip(piece.chunks_exact(d)) {
                        let models = l.means.chunks_exact(d).zip(inverse.chunks_exact(d));
                        for ((out, base), (means, inverse)) in out.iter_mut().zip(&base).zip(models) {
                            *out = base + spread(row, means, inverse);
                        }
                    }
                },
            );
            Ok(())
        })?;
        Ok((out, k))
    }
}

/// The sum of `scale · (x - mean)²`.
#[inline(always)]
fn spread(x: &[f64], means: &[f64], scales: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    let ((x, x_rest), (m, m_rest), (s, s_rest)) = (x.as_chunks::<4>(), means.as_chunks::<4>(), scales.as_chunks::<4>());
    for ((x, m), s) in x.iter().zip(m).zip(s) {
        for t in 0..4 {
            lanes[t] += s[t] * ((x[t] - m[t]) * (x[t] - m[t]));
        }
    }
    let rest: f64 = x_rest.iter().zip(m_rest).zip(s_rest).map(|((x, m), s)| s * ((x - m) * (x - m))).sum();
    lanes.iter().sum::<f64>() + rest
}

impl Learner for GaussianNb {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        usable_dense(NAME, x, None)?;
        let (codes, classes) = y.classes(NAME, x.rows(), 1)?;
        let mut counts = vec![0.0; classes];
        codes.iter().for_each(|&c| counts[c as usize] += 1.0);
        all_occur(NAME, &counts)?;
        self.learn(x, y, Moments::new(classes, x.columns()))
    }

    fn partial_fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        usable_dense(NAME, x, self.learned.as_ref().map(|l| l.columns))?;
        let (_, classes) = y.classes(NAME, x.rows(), 1)?;
        let known = self.learned.as_ref().map_or(0, |l| l.counts.len());
        let known = known_classes(NAME, known, classes)?;
        let l = self.learned.clone().unwrap_or_else(|| Moments::new(known, x.columns()));
        self.learn(x, y, l)
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let (logs, k) = self.joint(x)?;
        Ok(classes(&logs, k))
    }

    fn predict_proba(&self, x: &Samples) -> Result<Samples> {
        let (logs, k) = self.joint(x)?;
        probabilities(logs, x.rows(), k)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        let table =
            |values: Vec<f64>| Shown::Table(Samples::new(l.counts.len(), l.columns, values).unwrap_or_default());
        let priors = self.log_priors(l).unwrap_or_default().iter().map(|p| p.exp()).collect();
        vec![
            ("means", table(l.means.clone())),
            ("variances", table(l.variances(self.settings.var_smoothing))),
            ("priors", Shown::Numbers(priors)),
            ("class_counts", Shown::Numbers(l.counts.clone())),
        ]
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(|l| format!("{} features, {} classes", l.columns, l.counts.len()))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::linear::tests::{Known, close, goal, known, make, shown};
    use serde_json::json;

    // GaussianNB().fit(X, c3) of scikit-learn 1.9.1, with the samples of `known`.
    #[test]
    fn known_answers() {
        let Known { x, three, .. } = known();
        let mut me = make(NAME, json!({}));
        me.fit(&x, goal(&three)).unwrap();
        let p = [
            [1.2715151952e-01, 8.7284437895e-01, 4.1015307434e-06],
            [3.1256690114e-05, 3.1333678105e-02, 9.6863506521e-01],
            [3.1350557077e-02, 9.6828884248e-01, 3.6060044551e-04],
        ];
        close(me.predict_proba(&x.select(&[0, 1, 2])).unwrap().values(), &p.concat(), 1e-9);
        close(&shown(&*me, "means")[4..8], &[-0.1561787715, 0.4607046554, 0.2644745593, 2.7397267832], 1e-9);
        close(&shown(&*me, "variances")[4..8], &[0.4724939096, 1.9158942475, 3.0100494908, 5.615334655], 1e-9);
    }

    #[test]
    fn learning_on_equals_learning_at_once() {
        let Known { x, three, .. } = known();
        let mut once = make(NAME, json!({}));
        once.fit(&x, goal(&three)).unwrap();
        let mut parts = make(NAME, json!({}));
        for part in 0..6 {
            let places: Vec<usize> = (part * 10..(part + 1) * 10).collect();
            let codes: Vec<u32> = places.iter().map(|&i| three[i]).collect();
            parts.partial_fit(&x.select(&places), Goal::Classes { codes: &codes, classes: 3 }).unwrap();
        }
        close(&shown(&*parts, "variances"), &shown(&*once, "variances"), 1e-12);
    }

    #[test]
    fn a_constant_feature_says_nothing() {
        let x = Samples::new(4, 2, vec![0.0, 7.0, 1.0, 7.0, 10.0, 7.0, 11.0, 7.0]).unwrap();
        let mut me = make(NAME, json!({}));
        me.fit(&x, goal(&[0, 0, 1, 1])).unwrap();
        assert_eq!(me.predict(&x).unwrap(), Answer::Classes(vec![0, 0, 1, 1]));
        let mut me = make(NAME, json!({}));
        assert!(me.fit(&x, Goal::Classes { codes: &[0, 0, 0, 0], classes: 2 }).is_err());
        assert!(GaussianNb::new(GaussianNbSettings { priors: Some(vec![0.5, 0.6]), ..Default::default() }).is_err());
    }
}
