//! Multinomial naive Bayes: samples are counts, of words for one, drawn one by one from a class's own urn.
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

const NAME: &str = "multinomial_nb";

/// Settings of [`MultinomialNb`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MultinomialNbSettings {
    /// Added to every count, so that nothing is impossible: 0 (which counts as 1e-10) to 1e9. Default 1.
    pub alpha: f64,
    /// Whether classes are as probable beforehand as they are frequent; else all alike. Default true.
    pub fit_prior: bool,
    /// How probable each class is beforehand, in their order, with sum 1. Default: as `fit_prior` says.
    pub priors: Option<Vec<f64>>,
}

impl Default for MultinomialNbSettings {
    fn default() -> Self {
        Self { alpha: 1.0, fit_prior: true, priors: None }
    }
}

/// Multinomial naive Bayes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MultinomialNb {
    settings: MultinomialNbSettings,
    learned: Option<Counts>,
    #[serde(skip)]
    answers: Option<Answers>,
}

/// What follows from the counts for every answer.
#[derive(Clone, Debug)]
struct Answers {
    priors: Vec<f64>, // logarithms
    shares: Along,
}

impl MultinomialNb {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: MultinomialNbSettings) -> Result<Self> {
        check_priors(NAME, &settings.priors)?;
        let alpha = settings.alpha;
        ensure_setting((0.0..=1e9).contains(&alpha), NAME, "alpha", "from 0 to 1e9", alpha)?;
        Ok(Self { settings, learned: None, answers: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let mut me: Self = from_bytes(NAME, bytes)?;
        Self::new(me.settings.clone())?;
        if let Some(l) = &me.learned {
            ensure_sound(l.sound() && me.log_priors(l).is_ok(), NAME)?;
            me.answers = Some(me.answers(l)?);
        }
        Ok(me)
    }

    fn log_priors(&self, l: &Counts) -> Result<Vec<f64>> {
        log_priors(NAME, &self.settings.priors, self.settings.fit_prior, &l.classes)
    }

    /// The logarithm of each feature's share in each class. `[classes, columns]`
    fn log_shares(&self, l: &Counts) -> Vec<f64> {
        let alpha = self.settings.alpha.max(1e-10);
        let shares = |counts: &[f64]| {
            let total = (counts.iter().sum::<f64>() + alpha * counts.len() as f64).ln();
            counts.iter().map(move |n| (n + alpha).ln() - total).collect::<Vec<f64>>()
        };
        l.features.chunks_exact(l.columns).flat_map(shares).collect()
    }

    fn answers(&self, l: &Counts) -> Result<Answers> {
        Ok(Answers { priors: self.log_priors(l)?, shares: Along::new(&self.log_shares(l), l.classes.len()) })
    }

    fn check(x: &Samples, columns: Option<usize>) -> Result<()> {
        usable(NAME, x, columns)?;
        match x.values().iter().find(|v| **v < 0.0) {
            Some(v) => Err(Error::value(format!("{NAME}: needs counts, which are not negative, got {v}"))),
            None => Ok(()),
        }
    }

    fn learn(&mut self, x: &Samples, codes: &[u32], mut l: Counts) -> Result<Fit> {
        self.log_priors(&l)?;
        l.add(x, codes, |v| v)?;
        self.answers = Some(self.answers(&l)?);
        self.learned = Some(l);
        Ok(Fit { steps: 1, warning: None })
    }

    fn joint(&self, x: &Samples) -> Result<(Vec<f64>, usize)> {
        let l = fitted(NAME, &self.learned)?;
        Self::check(x, Some(l.columns))?;
        let answers = fitted(NAME, &self.answers)?;
        Ok((answers.shares.of(x, &answers.priors, |v| v)?, l.classes.len()))
    }
}

impl Learner for MultinomialNb {
    fn name(&self) -> &'static str {
        NAME
    }

    fn takes_sparse(&self) -> bool {
        true
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        Self::check(x, None)?;
        let (codes, classes) = y.classes(NAME, x.rows(), 1)?;
        let mut counts = vec![0.0; classes];
        codes.iter().for_each(|&c| counts[c as usize] += 1.0);
        all_occur(NAME, &counts)?;
        self.learn(x, codes, Counts::new(classes, x.columns()))
    }

    fn partial_fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        Self::check(x, self.learned.as_ref().map(|l| l.columns))?;
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
            ("feature_log_prob", l.table(self.log_shares(l))),
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

    // MultinomialNB(alpha=0.5).fit(N, c3) of scikit-learn 1.9.1, where N = np.floor(np.abs(X) * 3) with the samples of `known`.
    #[test]
    fn known_answers() {
        let Known { x, three, .. } = known();
        let counts = Samples::new(60, 4, x.values().iter().map(|v| (3.0 * v.abs()).floor()).collect()).unwrap();
        for x in [&counts, &sparse(&counts)] {
            let mut me = make(NAME, json!({ "alpha": 0.5 }));
            me.fit(x, goal(&three)).unwrap();
            let p = [
                1.7626544097e-01,
                8.1108667693e-01,
                1.2647882101e-02,
                2.7915557814e-04,
                5.6244385350e-02,
                9.4347645907e-01,
                6.5094699251e-03,
                7.0868507637e-01,
                2.8480545370e-01,
            ];
            close(me.predict_proba(&x.select(&[0, 1, 2])).unwrap().values(), &p, 1e-9);
            let logs = [-2.5927032202, -1.1077782557, -1.1646117304, -1.26285017];
            close(&shown(&*me, "feature_log_prob")[..4], &logs, 1e-9);
        }
        let mut me = make(NAME, json!({}));
        assert!(me.fit(&x, goal(&three)).unwrap_err().to_string().contains("needs counts"));
    }
}
