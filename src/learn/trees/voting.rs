//! Voting: several learners learn the same, and answer by majority or on average.

use super::decision_tree::most;
use super::member::{Held, Member, check, weights};
use super::tree::damaged;
use crate::learn::{Answer, Fit, Goal, Kind, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How classes are voted for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Vote {
    /// Each learner for one class.
    #[default]
    Hard,
    /// By the mean of their probabilities.
    Soft,
}

/// Settings of [`Voting`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VotingSettings {
    /// The learners, each with `name` and `options`. Default: random_forest, extra_trees and gradient_boosting.
    #[schemars(skip)] // Lua gives learners themselves
    pub learners: Vec<Member>,
    /// "hard": each votes for one class; "soft": by the mean of their probabilities. Default "hard".
    pub voting: Vote,
    /// How much each learner counts, not negative. Default: 1 for all.
    pub weights: Option<Vec<f64>>,
}

impl Default for VotingSettings {
    fn default() -> Self {
        let learners = ["random_forest", "extra_trees", "gradient_boosting"].map(Member::new).to_vec();
        Self { learners, voting: Vote::Hard, weights: None }
    }
}

/// Settings of [`VotingRegressor`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VotingRegressorSettings {
    /// The learners, each with `name` and `options`. Default: random_forest_regressor, extra_trees_regressor and
    /// gradient_boosting_regressor.
    #[schemars(skip)] // Lua gives learners themselves
    pub learners: Vec<Member>,
    /// How much each learner counts, not negative. Default: 1 for all.
    pub weights: Option<Vec<f64>>,
}

impl Default for VotingRegressorSettings {
    fn default() -> Self {
        let names = ["random_forest_regressor", "extra_trees_regressor", "gradient_boosting_regressor"];
        Self { learners: names.map(Member::new).to_vec(), weights: None }
    }
}

/// Several classifiers that vote.
#[derive(Serialize, Deserialize)]
pub struct Voting {
    settings: VotingSettings,
    learned: Option<Learned>,
}

/// Several regressions whose mean is the answer.
#[derive(Serialize, Deserialize)]
pub struct VotingRegressor {
    settings: VotingRegressorSettings,
    learned: Option<Learned>,
}

#[derive(Serialize, Deserialize)]
struct Learned {
    columns: usize,
    classes: usize, // 0 for numbers
    members: Vec<Held>,
}

impl Learned {
    fn sound(&self, kind: Kind, members: usize) -> bool {
        let classes = if kind == Kind::Classifier { self.classes >= 2 } else { self.classes == 0 };
        classes && self.members.len() == members && self.members.iter().all(|m| m.sound(kind, self.classes))
    }

    fn words(&self) -> String {
        let names: Vec<&str> = self.members.iter().map(Held::name).collect();
        format!("{} features, {}", self.columns, names.join(" + "))
    }
}

const NAME: &str = "voting";

impl Voting {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range, or a learner cannot be made.
    pub fn new(settings: VotingSettings) -> Result<Self> {
        check(NAME, &settings.learners, Kind::Classifier)?;
        weights(NAME, &settings.weights, settings.learners.len())?;
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(NAME, bytes)?;
        Self::new(me.settings.clone())?;
        match &me.learned {
            Some(l) if !l.sound(Kind::Classifier, me.settings.learners.len()) => damaged(NAME),
            _ => Ok(me),
        }
    }

    /// The weighted share of each class. `[rows, classes]`.
    fn shares(&self, x: &Samples) -> Result<(Vec<f64>, usize)> {
        let l = fitted(NAME, &self.learned)?;
        x.check_size(NAME)?;
        let k = l.classes;
        let weights = weights(NAME, &self.settings.weights, l.members.len())?;
        let all: f64 = weights.iter().sum();
        let mut shares = vec![0.0; x.rows() * k];
        for (member, weight) in l.members.iter().zip(weights) {
            match self.settings.voting {
                Vote::Soft => {
                    let said = member.scores(x, false)?;
                    shares.iter_mut().zip(said).for_each(|(s, v)| *s += weight / all * v);
                }
                Vote::Hard => {
                    for (row, c) in shares.chunks_exact_mut(k).zip(member.classes(x)?) {
                        row[c as usize] += weight / all;
                    }
                }
            }
        }
        Ok((shares, k))
    }
}

impl Learner for Voting {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        Member::check_samples(NAME, &self.settings.learners, Kind::Classifier, x)?;
        let (codes, classes) = y.classes(NAME, x.rows(), 2)?;
        let soft = self.settings.voting == Vote::Soft;
        let fit = |member: &Member| {
            let mut held = member.make(NAME, Kind::Classifier)?;
            held.fit_classes(x, codes, classes).map_err(|e| e.within(NAME))?;
            match soft && !held.has_probabilities() {
                true => Err(Error::value(format!("{NAME}: soft votes need probabilities, `{}` has none", held.name()))),
                false => Ok(held),
            }
        };
        let members = self.settings.learners.par_iter().map(fit).collect::<Result<Vec<Held>>>()?;
        let steps = members.len() as u64;
        self.learned = Some(Learned { columns: x.columns(), classes, members });
        Ok(Fit { steps, warning: None })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let (shares, classes) = self.shares(x)?;
        Ok(most(&shares, classes))
    }

    fn predict_proba(&self, x: &Samples) -> Result<Samples> {
        if self.settings.voting == Vote::Hard {
            return Err(Error::value(format!("{NAME}: probabilities need `voting = \"soft\"`")));
        }
        let (shares, classes) = self.shares(x)?;
        Samples::new(x.rows(), classes, shares)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        self.learned.iter().map(|l| ("learners", Shown::Text(l.words()))).collect()
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(|l| format!("{}, {} classes", l.words(), l.classes))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

const REGRESSOR: &str = "voting_regressor";

impl VotingRegressor {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range, or a learner cannot be made.
    pub fn new(settings: VotingRegressorSettings) -> Result<Self> {
        check(REGRESSOR, &settings.learners, Kind::Regressor)?;
        weights(REGRESSOR, &settings.weights, settings.learners.len())?;
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(REGRESSOR, bytes)?;
        Self::new(me.settings.clone())?;
        match &me.learned {
            Some(l) if !l.sound(Kind::Regressor, me.settings.learners.len()) => damaged(REGRESSOR),
            _ => Ok(me),
        }
    }
}

impl Learner for VotingRegressor {
    fn name(&self) -> &'static str {
        REGRESSOR
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        Member::check_samples(REGRESSOR, &self.settings.learners, Kind::Regressor, x)?;
        let y = y.numbers(REGRESSOR, x.rows())?;
        let fit = |member: &Member| {
            let mut held = member.make(REGRESSOR, Kind::Regressor)?;
            held.fit_numbers(x, y).map_err(|e| e.within(REGRESSOR))?;
            Ok(held)
        };
        let members = self.settings.learners.par_iter().map(fit).collect::<Result<Vec<Held>>>()?;
        let steps = members.len() as u64;
        self.learned = Some(Learned { columns: x.columns(), classes: 0, members });
        Ok(Fit { steps, warning: None })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(REGRESSOR, &self.learned)?;
        x.check_size(REGRESSOR)?;
        let weights = weights(REGRESSOR, &self.settings.weights, l.members.len())?;
        let all: f64 = weights.iter().sum();
        let mut means = vec![0.0; x.rows()];
        for (member, weight) in l.members.iter().zip(weights) {
            means.iter_mut().zip(member.numbers(x)?).for_each(|(m, v)| *m += weight / all * v);
        }
        Ok(Answer::Numbers(means))
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        self.learned.iter().map(|l| ("learners", Shown::Text(l.words()))).collect()
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(Learned::words)
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(REGRESSOR, self)
    }
}
