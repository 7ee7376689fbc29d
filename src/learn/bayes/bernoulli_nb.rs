//! Bernoulli naive Bayes: each feature is there or not, and what is not there counts as well.
//!
//! McCallum & Nigam (1998), "A comparison of event models for naive Bayes text classification".

use super::counts::Counts;
use super::posterior::{all_occur, check_priors, classes, known_classes, log_priors, probabilities};
use crate::error::ensure_setting;
use crate::learn::along::Along;
use crate::learn::cluster::ensure_sound;
use crate::learn::linear::usable;
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "bernoulli_nb";

/// Settings of [`BernoulliNb`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BernoulliNbSettings {
    /// Added to every count, so that nothing is impossible: 0 (which counts as 1e-10) to 1e9. Default 1.
    pub alpha: f64,
    /// A feature is there if its number is larger than this; finite, and for sparse samples not negative. Default 0.
    pub binarize: f64,
    /// Whether classes are as probable beforehand as they are frequent; else all alike. Default true.
    pub fit_prior: bool,
    /// How probable each class is beforehand, in their order, with sum 1. Default: as `fit_prior` says.
    pub priors: Option<Vec<f64>>,
}

impl Default for BernoulliNbSettings {
    fn default() -> Self {
        Self { alpha: 1.0, binarize: 0.0, fit_prior: true, priors: None }
    }
}

/// Bernoulli naive Bayes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BernoulliNb {
    settings: BernoulliNbSettings,
    learned: Option<Counts>,
}

impl BernoulliNb {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: BernoulliNbSettings) -> Result<Self> {
        check_priors(NAME, &settings.priors)?;
        let (alpha, binarize) = (settings.alpha, settings.binarize);
        ensure_setting((0.0..=1e9).contains(&alpha), NAME, "alpha", "from 0 to 1e9", alpha)?;
        ensure_setting(binarize.is_finite(), NAME, "binarize", "finite", binarize)?;
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
            let within = |counts: &[f64], n: &f64| counts.iter().all(|count| count <= n);
            let counted = |l: &Counts| l.features.chunks_exact(l.columns).zip(&l.classes).all(|(f, n)| within(f, n));
            ensure_sound(l.sound() && counted(l) && me.log_priors(l).is_ok(), NAME)?;
        }
        Ok(me)
    }

    fn log_priors(&self, l: &Counts) -> Result<Vec<f64>> {
        log_priors(NAME, &self.settings.priors, self.settings.fit_prior, &l.classes)
    }

    /// The logarithms of how probable each feature is in each class, and how probable it is not there.
    fn log_chances(&self, l: &Counts) -> (Vec<f64>, Vec<f64>) {
        let alpha = self.settings.alpha.max(1e-10);
        let each = |of: fn(f64, f64) -> f64| {
            let of_class = move |(counts, n): (&[f64], &f64)| {
                let all = (n + 2.0 * alpha).ln();
                counts.iter().map(|count| (of(*count, *n) + alpha).ln() - all).collect::<Vec<f64>>()
            };
            l.features.chunks_exact(l.columns).zip(&l.classes).flat_map(of_class).collect()
        };
        (each(|count, _| count), each(|count, n| n - count))
    }

    fn check(&self, x: &Samples, columns: Option<usize>) -> Result<()> {
        usable(NAME, x, columns)?;
        if x.is_sparse() && self.settings.binarize < 0.0 {
            return Err(Error::value(format!("{NAME}: with sparse samples `binarize` must not be negative")));
        }
        Ok(())
    }

    fn see(&self) -> impl Fn(f64) -> f64 + Sync + use<> {
        let above = self.settings.binarize;
        move |v| if v > above { 1.0 } else { 0.0 }
    }

    fn learn(&mut self, x: &Samples, codes: &[u32], mut l: Counts) -> Result<Fit> {
        self.log_priors(&l)?;
        l.add(x, codes, self.see())?;
        self.learned = Some(l);
        Ok(Fit { steps: 1, warning: None })
    }

    fn joint(&self, x: &Samples) -> Result<(Vec<f64>, usize)> {
        let l = fitted(NAME, &self.learned)?;
        self.check(x, Some(l.columns))?;
        let (there, not) = self.log_chances(l);
        let mut base = self.log_priors(l)?;
        base.iter_mut().zip(not.chunks_exact(l.columns)).for_each(|(b, not)| *b += not.iter().sum::<f64>());
        let weights: Vec<f64> = there.iter().zip(&not).map(|(a, b)| a - b).collect();
        let k = l.classes.len();
        Ok((Along::new(&weights, k).of(x, &base, self.see())?, k))
    }
}

impl Learner for BernoulliNb {
    fn name(&self) -> &'static str {
        NAME
    }

    fn takes_sparse(&self) -> bool {
        true
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        self.check(x, None)?;
        let (codes, classes) = y.classes(NAME, x.rows(), 1)?;
        let mut counts = vec![0.0; classes];
        codes.iter().for_each(|&c| counts[c as usize] += 1.0);
        all_occur(NAME, &counts)?;
        self.learn(x, codes, Counts::new(classes, x.columns()))
    }

    fn partial_fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        self.check(x, self.learned.as_ref().map(|l| l.columns))?;
        let (codes, classes) = y.classes(NAME, x.rows(), 1)?;
        let known = known_classes(NAME, self.learned.as_ref().map_or(0, |l| l.classes.len()), classes)?;
        let l = self.learned.clone().unwrap_or_else(|| Counts::new(known, x.columns()));
        self.learn(x, codes, l)
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
        let priors = self.log_priors(l).unwrap_or_default().iter().map(|p| p.exp()).collect();
        vec![
            ("feature_log_prob", l.table(self.log_chances(l).0)),
            ("feature_counts", l.table(l.features.clone())),
            ("priors", Shown::Numbers(priors)),
            ("class_counts", Shown::Numbers(l.classes.clone())),
        ]
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(|l| format!("{} features, {} classes", l.columns, l.classes.len()))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::linear::tests::{Known, close, goal, known, make, shown, sparse};
    use serde_json::json;

    // BernoulliNB(binarize=2.0).fit(N, c3) of scikit-learn 1.9.1, where N = np.floor(np.abs(X) * 3) with the samples of `known`.
    #[test]
    fn known_answers() {
        let Known { x, three, .. } = known();
        let counts = Samples::new(60, 4, x.values().iter().map(|v| (3.0 * v.abs()).floor()).collect()).unwrap();
        for x in [&counts, &sparse(&counts)] {
            let mut me = make(NAME, json!({ "binarize": 2.0 }));
            me.fit(x, goal(&three)).unwrap();
            let p = [
                0.3295324583,
                0.42807107,
                0.2423964717,
                0.1294860402,
                0.2990323014,
                0.5714816583,
                0.1294860402,
                0.2990323014,
                0.5714816583,
            ];
            close(me.predict_proba(&x.select(&[0, 1, 2])).unwrap().values(), &p, 1e-9);
            let logs = [-2.9957322736, -0.2231435513, -0.2231435513, -0.4307829161];
            close(&shown(&*me, "feature_log_prob")[..4], &logs, 1e-9);
        }
    }
}
