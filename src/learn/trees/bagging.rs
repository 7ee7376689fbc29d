//! Bagging: many learners of one kind, each taught with other samples, that answer on average.
//!
//! Breiman (1996), "Bagging predictors"; with some of the features each, random subspaces (Ho 1998).

use super::choices::MaxFeatures;
use super::decision_tree::{count, most};
use super::forest::MOST_TREES;
use super::member::{Held, Member};
use super::packed::Packed;
use super::tree::{damaged, largest};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::{Answer, Fit, Goal, Kind, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Settings of [`Bagging`] and [`BaggingRegressor`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BaggingSettings {
    /// The learner, with `name` and `options`. Default: decision_tree, or
    /// decision_tree_regressor for numbers.
    #[schemars(skip)] // Lua gives learners themselves
    pub learner: Option<Member>,
    /// How many of them, from 1. Default 10.
    pub estimators: usize,
    /// The share of samples that each is taught with, above 0 up to 1. Default 1.
    pub max_samples: f64,
    /// The features that each sees: "all", "sqrt", "log2", a share below 1, or a whole number. Default "all".
    pub max_features: MaxFeatures,
    /// Draw samples with replacement. Default true.
    pub bootstrap: bool,
    /// Score each sample by the learners that were not taught with it. Default false.
    pub oob: bool,
    /// Of the draws; the learners' own seeds come from it where they are given none. Default 0.
    pub seed: u64,
}

impl Default for BaggingSettings {
    fn default() -> Self {
        let max_features = MaxFeatures::All;
        Self { learner: None, estimators: 10, max_samples: 1.0, max_features, bootstrap: true, oob: false, seed: 0 }
    }
}

/// Classifiers of one kind taught with drawn samples.
#[derive(Serialize, Deserialize)]
pub struct Bagging {
    settings: BaggingSettings,
    learned: Option<Learned>,
}

/// Regressions of one kind taught with drawn samples.
#[derive(Serialize, Deserialize)]
pub struct BaggingRegressor {
    settings: BaggingSettings,
    learned: Option<Learned>,
}

#[derive(Serialize, Deserialize)]
struct Learned {
    columns: usize,
    classes: usize, // 0 for numbers
    members: Vec<Part>,
    oob_score: Option<f64>,
}

/// One learner, and the features that it sees; none listed are all.
#[derive(Serialize, Deserialize)]
struct Part {
    held: Held,
    features: Packed<u32>,
}

/// What is to be learned.
#[derive(Clone, Copy)]
enum Target<'a> {
    Classes(&'a [u32], usize),
    Numbers(&'a [f64]),
}

impl Part {
    fn seen<'a>(&self, x: &'a Samples) -> Result<Cow<'a, Samples>> {
        let features = &self.features.0;
        if features.is_empty() {
            return Ok(Cow::Borrowed(x));
        }
        let values = x.iter().flat_map(|row| features.iter().map(|&j| row[j as usize])).collect();
        Samples::new(x.rows(), features.len(), values).map(Cow::Owned)
    }

    /// `[rows, classes]`, or a number for each row.
    fn said(&self, x: &Samples, classes: usize) -> Result<Vec<f64>> {
        let x = self.seen(x)?;
        if classes == 0 { self.held.numbers(&x) } else { self.held.scores(&x, false) }
    }
}

/// The settings, for one of both kinds.
struct Plan<'a> {
    name: &'static str,
    kind: Kind,
    learner: Member,
    settings: &'a BaggingSettings,
}

impl<'a> Plan<'a> {
    fn new(name: &'static str, kind: Kind, usual: &str, settings: &'a BaggingSettings) -> Self {
        let learner = settings.learner.clone().unwrap_or_else(|| Member::new(usual));
        Self { name, kind, learner, settings }
    }

    fn check(&self) -> Result<()> {
        let (name, share) = (self.name, self.settings.max_samples);
        self.learner.make(name, self.kind)?;
        let rule = "from 1 to 1000000";
        ensure_setting(
            (1..=MOST_TREES).contains(&self.settings.estimators),
            name,
            "estimators",
            rule,
            self.settings.estimators,
        )?;
        ensure_setting(share > 0.0 && share <= 1.0, name, "max_samples", "above 0 and at most 1", share)?;
        self.settings.max_features.check(name)?;
        if self.settings.oob && !self.settings.bootstrap && share == 1.0 {
            let why = "`oob` needs `bootstrap` or a smaller `max_samples`: else all are taught with all samples";
            return Err(Error::value(format!("{name}: {why}")));
        }
        Ok(())
    }

    fn fit(&self, x: &Samples, target: Target<'_>) -> Result<Learned> {
        let (n, columns) = (x.rows(), x.columns());
        let draws = ((n as f64 * self.settings.max_samples) as usize).clamp(1, n);
        let width = self.settings.max_features.of(columns);
        let classes = if let Target::Classes(_, classes) = target { classes } else { 0 };
        let work = |t: usize| -> Result<(Part, Vec<usize>, Vec<f64>)> {
            stop::check()?;
            let mut rng = Rng::stream(self.settings.seed, t as u64 + 1);
            let mut places: Vec<usize> = match self.settings.bootstrap {
                true => (0..draws).map(|_| rng.below(n)).collect(),
                false => {
                    let mut all: Vec<usize> = (0..n).collect();
                    rng.shuffle(&mut all);
                    all.truncate(draws);
                    all
                }
            };
            places.sort_unstable();
            let mut features = Vec::new();
            if width < columns {
                features = (0..columns as u32).collect();
                rng.shuffle(&mut features);
                features.truncate(width);
                features.sort_unstable();
            }
            let held = self.learner.seeded(rng.next_u64()).make(self.name, self.kind)?;
            let mut part = Part { held, features: Packed(features) };
            let drawn = x.select(&places);
            let seen = part.seen(&drawn)?;
            match target {
                Target::Classes(codes, all) => {
                    let own: Vec<u32> = places.iter().map(|&i| codes[i]).collect();
                    part.held.fit_classes(&seen, &own, all)?;
                }
                Target::Numbers(y) => {
                    let own: Vec<f64> = places.iter().map(|&i| y[i]).collect();
                    part.held.fit_numbers(&seen, &own)?;
                }
            }
            let (mut others, mut said) = (Vec::new(), Vec::new());
            if self.settings.oob {
                others = (0..n).filter(|i| places.binary_search(i).is_err()).collect();
                if !others.is_empty() {
                    said = part.said(&x.select(&others), classes)?;
                }
            }
            Ok((part, others, said))
        };
        let done = (0..self.settings.estimators).into_par_iter().map(work).collect::<Result<Vec<_>>>()?;
        let k = classes.max(1);
        let mut heard = vec![0.0; if self.settings.oob { n * (k + 1) } else { 0 }]; // the sum of what is said, and by how many
        let mut members = Vec::new();
        for (part, others, said) in done {
            for (i, said) in others.into_iter().zip(said.chunks_exact(k)) {
                let to = &mut heard[i * (k + 1)..(i + 1) * (k + 1)];
                to.iter_mut().zip(said).for_each(|(to, v)| *to += v);
                to[k] += 1.0;
            }
            members.push(part);
        }
        let oob_score = self.settings.oob.then(|| score(&heard, k, target)).flatten();
        Ok(Learned { columns, classes, members, oob_score })
    }

    fn sound(&self, l: &Learned) -> bool {
        let classes = if self.kind == Kind::Classifier { l.classes >= 2 } else { l.classes == 0 };
        let features = |p: &Part| p.features.0.iter().all(|&j| (j as usize) < l.columns);
        classes
            && l.columns > 0
            && !l.members.is_empty()
            && l.members.iter().all(|p| p.held.sound(self.kind, l.classes) && features(p))
            && l.oob_score.is_none_or(f64::is_finite)
    }
}

/// The share of right answers, or R², of those samples that were heard of.
fn score(heard: &[f64], k: usize, target: Target<'_>) -> Option<f64> {
    let rows = || heard.chunks_exact(k + 1).enumerate().filter(|(_, row)| row[k] > 0.0);
    let n = rows().count() as f64;
    if n == 0.0 {
        return None;
    }
    Some(match target {
        Target::Classes(codes, _) => {
            rows().filter(|(i, row)| largest(&row[..k]) == codes[*i] as usize).count() as f64 / n
        }
        Target::Numbers(y) => {
            let mean = rows().map(|(i, _)| y[i]).sum::<f64>() / n;
            let error: f64 = rows().map(|(i, row)| (y[i] - row[0] / row[1]).powi(2)).sum();
            let spread: f64 = rows().map(|(i, _)| (y[i] - mean).powi(2)).sum();
            if spread > 0.0 { 1.0 - error / spread } else { 0.0 }
        }
    })
}

impl Learned {
    /// The mean of what all say. `[rows, classes]`, or a number for each row.
    fn means(&self, name: &str, x: &Samples) -> Result<Vec<f64>> {
        x.check_size(name)?;
        if x.columns() != self.columns {
            let why = format!("it was fitted to {} features, these samples have {}", self.columns, x.columns());
            return Err(Error::shape(name, why));
        }
        let all: Vec<Vec<f64>> =
            self.members.par_iter().map(|p| p.said(x, self.classes)).collect::<Result<Vec<_>>>()?;
        let mut means = vec![0.0; x.rows() * self.classes.max(1)];
        let scale = 1.0 / self.members.len() as f64;
        all.iter().for_each(|said| means.iter_mut().zip(said).for_each(|(m, v)| *m += scale * v));
        Ok(means)
    }

    fn shown(&self) -> Vec<(&'static str, Shown)> {
        let mut shown = vec![("learners", Shown::Text(self.words()))];
        shown.extend(self.oob_score.map(|v| ("oob_score", Shown::Number(v))));
        shown
    }

    fn fit(&self, oob: bool) -> Fit {
        let without = oob && self.oob_score.is_none();
        let warning = without.then(|| "every learner was taught with every sample: there is no oob score".to_string());
        Fit { steps: self.members.len() as u64, warning }
    }

    fn words(&self) -> String {
        let name = self.members.first().map_or("", |p| p.held.name());
        format!("{} features, {} of {name}", self.columns, count(self.members.len(), "learner", "learners"))
    }
}

const NAME: &str = "bagging";

impl Bagging {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range, or the learner cannot be made.
    pub fn new(settings: BaggingSettings) -> Result<Self> {
        let me = Self { settings, learned: None };
        me.plan().check()?;
        Ok(me)
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(NAME, bytes)?;
        me.plan().check()?;
        if me.learned.as_ref().is_some_and(|l| !me.plan().sound(l)) { damaged(NAME) } else { Ok(me) }
    }

    fn plan(&self) -> Plan<'_> {
        Plan::new(NAME, Kind::Classifier, "decision_tree", &self.settings)
    }
}

impl Learner for Bagging {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        Member::check_samples(NAME, &[self.plan().learner], Kind::Classifier, x)?;
        let (codes, classes) = y.classes(NAME, x.rows(), 2)?;
        let learned = self.plan().fit(x, Target::Classes(codes, classes)).map_err(|e| e.within(NAME))?;
        Ok(self.learned.insert(learned).fit(self.settings.oob))
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(NAME, &self.learned)?;
        Ok(most(&l.means(NAME, x)?, l.classes))
    }

    fn predict_proba(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        Samples::new(x.rows(), l.classes, l.means(NAME, x)?)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        self.learned.as_ref().map(Learned::shown).unwrap_or_default()
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(|l| format!("{}, {} classes", l.words(), l.classes))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

const REGRESSOR: &str = "bagging_regressor";

impl BaggingRegressor {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range, or the learner cannot be made.
    pub fn new(settings: BaggingSettings) -> Result<Self> {
        let me = Self { settings, learned: None };
        me.plan().check()?;
        Ok(me)
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(REGRESSOR, bytes)?;
        me.plan().check()?;
        if me.learned.as_ref().is_some_and(|l| !me.plan().sound(l)) { damaged(REGRESSOR) } else { Ok(me) }
    }

    fn plan(&self) -> Plan<'_> {
        Plan::new(REGRESSOR, Kind::Regressor, "decision_tree_regressor", &self.settings)
    }
}

impl Learner for BaggingRegressor {
    fn name(&self) -> &'static str {
        REGRESSOR
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        Member::check_samples(REGRESSOR, &[self.plan().learner], Kind::Regressor, x)?;
        let y = y.numbers(REGRESSOR, x.rows())?;
        let learned = self.plan().fit(x, Target::Numbers(y)).map_err(|e| e.within(REGRESSOR))?;
        Ok(self.learned.insert(learned).fit(self.settings.oob))
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(REGRESSOR, &self.learned)?;
        Ok(Answer::Numbers(l.means(REGRESSOR, x)?))
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        self.learned.as_ref().map(Learned::shown).unwrap_or_default()
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(Learned::words)
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(REGRESSOR, self)
    }
}
