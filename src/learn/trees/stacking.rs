//! Stacking: a final learner learns from what several others answer.
//!
//! Wolpert (1992), "Stacked generalization". The final learner is taught with answers for samples that the others had
//! not seen: the samples fall into folds, and each fold is answered by learners taught with the others.

use super::member::{Held, Member, check};
use super::tree::damaged;
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::{Answer, Fit, Goal, Kind, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`Stacking`] and [`StackingRegressor`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StackingSettings {
    /// The learners, each with `name` and `options`. Default: random_forest, extra_trees and gradient_boosting, or the
    /// regressors of those names.
    #[schemars(skip)] // Lua gives learners themselves
    pub learners: Option<Vec<Member>>,
    /// The learner that learns from their answers. Default: logistic_regression, or ridge for numbers.
    #[schemars(skip)] // Lua gives learners themselves
    pub last: Option<Member>,
    /// Parts into which the samples fall, from 2. Default 5.
    pub folds: usize,
    /// The final learner also sees the samples themselves. Default false.
    pub passthrough: bool,
    /// Of the parts. Default 0.
    pub seed: u64,
}

impl Default for StackingSettings {
    fn default() -> Self {
        Self { learners: None, last: None, folds: 5, passthrough: false, seed: 0 }
    }
}

/// A classifier that learns from what other classifiers say.
#[derive(Serialize, Deserialize)]
pub struct Stacking {
    settings: StackingSettings,
    learned: Option<Learned>,
}

/// A regression that learns from what other regressions answer.
#[derive(Serialize, Deserialize)]
pub struct StackingRegressor {
    settings: StackingSettings,
    learned: Option<Learned>,
}

#[derive(Serialize, Deserialize)]
struct Learned {
    columns: usize,
    classes: usize, // 0 for numbers
    members: Vec<Held>,
    last: Held,
}

/// What is to be learned.
#[derive(Clone, Copy)]
enum Target<'a> {
    Classes(&'a [u32], usize),
    Numbers(&'a [f64]),
}

impl Target<'_> {
    fn fit(&self, held: &mut Held, x: &Samples, places: Option<&[usize]>) -> Result<()> {
        match (self, places) {
            (Self::Classes(codes, all), None) => held.fit_classes(x, codes, *all),
            (Self::Numbers(y), None) => held.fit_numbers(x, y),
            (Self::Classes(codes, all), Some(places)) => {
                let own: Vec<u32> = places.iter().map(|&i| codes[i]).collect();
                held.fit_classes(&x.select(places), &own, *all)
            }
            (Self::Numbers(y), Some(places)) => {
                let own: Vec<f64> = places.iter().map(|&i| y[i]).collect();
                held.fit_numbers(&x.select(places), &own)
            }
        }
    }

    /// Which fold each sample is in: of each class about as many in all.
    fn folds(&self, rows: usize, folds: usize, seed: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..rows).collect();
        Rng::new(seed).shuffle(&mut order);
        if let Self::Classes(codes, _) = self {
            order.sort_by_key(|&i| codes[i]); // stable
        }
        let mut fold = vec![0; rows];
        order.iter().enumerate().for_each(|(t, &i)| fold[i] = t % folds);
        fold
    }
}

/// What a learner says of samples, in columns for the final one. Of two classes, one column says all.
fn said(held: &Held, x: &Samples, classes: usize) -> Result<(Vec<f64>, usize)> {
    match classes {
        0 => Ok((held.numbers(x)?, 1)),
        2 => Ok((held.scores(x, true)?.chunks_exact(2).map(|row| row[1]).collect(), 1)),
        _ => Ok((held.scores(x, true)?, classes)),
    }
}

/// The columns of all learners side by side, and the samples themselves if `passthrough`.
fn side_by_side(all: &[(Vec<f64>, usize)], x: &Samples, passthrough: bool) -> Result<Samples> {
    let own = if passthrough { x.columns() } else { 0 };
    let width = all.iter().map(|(_, k)| k).sum::<usize>() + own;
    let mut values = Vec::with_capacity(x.rows() * width);
    for i in 0..x.rows() {
        all.iter().for_each(|(said, k)| values.extend_from_slice(&said[i * k..(i + 1) * k]));
        if passthrough {
            values.extend_from_slice(x.row(i));
        }
    }
    Samples::new(x.rows(), width, values)
}

/// The settings, for one of both kinds.
struct Plan<'a> {
    name: &'static str,
    kind: Kind,
    learners: Vec<Member>,
    last: Member,
    settings: &'a StackingSettings,
}

impl<'a> Plan<'a> {
    fn classifier(settings: &'a StackingSettings) -> Self {
        let usual = ["random_forest", "extra_trees", "gradient_boosting"];
        Self::new(NAME, Kind::Classifier, usual, "logistic_regression", settings)
    }

    fn regressor(settings: &'a StackingSettings) -> Self {
        let usual = ["random_forest_regressor", "extra_trees_regressor", "gradient_boosting_regressor"];
        Self::new(REGRESSOR, Kind::Regressor, usual, "ridge", settings)
    }

    fn new(name: &'static str, kind: Kind, usual: [&str; 3], last: &str, settings: &'a StackingSettings) -> Self {
        let learners = settings.learners.clone().unwrap_or_else(|| usual.map(Member::new).to_vec());
        let last = settings.last.clone().unwrap_or_else(|| Member::new(last));
        Self { name, kind, learners, last, settings }
    }
    fn check(&self) -> Result<()> {
        check(self.name, &self.learners, self.kind)?;
        self.last.make(self.name, self.kind)?;
        ensure_setting(self.settings.folds >= 2, self.name, "folds", "at least 2", self.settings.folds)
    }

    fn fit(&self, x: &Samples, target: Target<'_>) -> Result<Learned> {
        let (name, kind, rows) = (self.name, self.kind, x.rows());
        if rows < self.settings.folds {
            let n = self.settings.folds;
            return Err(Error::value(format!("{name}: {n} folds need at least {n} samples, got {rows}")));
        }
        let classes = if let Target::Classes(_, classes) = target { classes } else { 0 };
        let fold = target.folds(rows, self.settings.folds, self.settings.seed);
        // A task for each learner and fold, and one for each learner with all samples.
        let tasks: Vec<(usize, usize)> =
            (0..self.learners.len()).flat_map(|m| (0..=self.settings.folds).map(move |f| (m, f))).collect();
        enum Done {
            Said(Vec<usize>, Vec<f64>, usize),
            All(Box<Held>),
        }
        let work = |&(m, f): &(usize, usize)| -> Result<Done> {
            let mut held = self.learners[m].make(name, kind)?;
            if f == self.settings.folds {
                target.fit(&mut held, x, None)?;
                return Ok(Done::All(Box::new(held)));
            }
            let (out, within): (Vec<usize>, Vec<usize>) = (0..rows).partition(|&i| fold[i] == f);
            target.fit(&mut held, x, Some(&within))?;
            let (values, width) = said(&held, &x.select(&out), classes)?;
            Ok(Done::Said(out, values, width))
        };
        let done = tasks.par_iter().map(work).collect::<Result<Vec<Done>>>()?;
        let (mut columns, mut members) = (Vec::new(), Vec::new());
        let mut column: Option<(Vec<f64>, usize)> = None;
        for done in done {
            match done {
                Done::Said(places, values, width) => {
                    let (column, _) = column.get_or_insert_with(|| (vec![0.0; rows * width], width));
                    for (i, said) in places.into_iter().zip(values.chunks_exact(width)) {
                        column[i * width..(i + 1) * width].copy_from_slice(said);
                    }
                }
                Done::All(held) => {
                    columns.extend(column.take());
                    members.push(*held);
                }
            }
        }
        let mut last = self.last.make(name, kind)?;
        target.fit(&mut last, &side_by_side(&columns, x, self.settings.passthrough)?, None)?;
        Ok(Learned { columns: x.columns(), classes, members, last })
    }

    fn sound(&self, l: &Learned) -> bool {
        let classes = if self.kind == Kind::Classifier { l.classes >= 2 } else { l.classes == 0 };
        classes
            && l.members.len() == self.learners.len()
            && l.members.iter().chain([&l.last]).all(|m| m.sound(self.kind, l.classes))
    }
}

impl Learned {
    /// What the final learner sees.
    fn seen(&self, name: &str, x: &Samples, passthrough: bool) -> Result<Samples> {
        x.check_size(name)?;
        let all = self.members.iter().map(|m| said(m, x, self.classes)).collect::<Result<Vec<_>>>()?;
        side_by_side(&all, x, passthrough)
    }

    fn words(&self) -> String {
        let names: Vec<&str> = self.members.iter().map(Held::name).collect();
        format!("{} features, {} under {}", self.columns, names.join(" + "), self.last.name())
    }
}

const NAME: &str = "stacking";

impl Stacking {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range, or a learner cannot be made.
    pub fn new(settings: StackingSettings) -> Result<Self> {
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
        Plan::classifier(&self.settings)
    }
}

impl Learner for Stacking {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        Member::check_samples(NAME, &self.plan().learners, Kind::Classifier, x)?;
        let (codes, classes) = y.classes(NAME, x.rows(), 2)?;
        let learned = self.plan().fit(x, Target::Classes(codes, classes)).map_err(|e| e.within(NAME))?;
        let steps = learned.members.len() as u64;
        self.learned = Some(learned);
        Ok(Fit { steps, warning: None })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(NAME, &self.learned)?;
        let codes = l.last.classes(&l.seen(NAME, x, self.settings.passthrough)?)?;
        Ok(Answer::Classes(codes.into_iter().map(i64::from).collect()))
    }

    fn predict_proba(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        if !l.last.has_probabilities() {
            return Err(Error::value(format!("{NAME}: its final learner, `{}`, has no probabilities", l.last.name())));
        }
        let scores = l.last.scores(&l.seen(NAME, x, self.settings.passthrough)?, false)?;
        Samples::new(x.rows(), l.classes, scores)
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

const REGRESSOR: &str = "stacking_regressor";

impl StackingRegressor {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range, or a learner cannot be made.
    pub fn new(settings: StackingSettings) -> Result<Self> {
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
        Plan::regressor(&self.settings)
    }
}

impl Learner for StackingRegressor {
    fn name(&self) -> &'static str {
        REGRESSOR
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        Member::check_samples(REGRESSOR, &self.plan().learners, Kind::Regressor, x)?;
        let y = y.numbers(REGRESSOR, x.rows())?;
        let learned = self.plan().fit(x, Target::Numbers(y)).map_err(|e| e.within(REGRESSOR))?;
        let steps = learned.members.len() as u64;
        self.learned = Some(learned);
        Ok(Fit { steps, warning: None })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(REGRESSOR, &self.learned)?;
        Ok(Answer::Numbers(l.last.numbers(&l.seen(REGRESSOR, x, self.settings.passthrough)?)?))
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
