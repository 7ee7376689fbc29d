//! A learner together with the labels that it was told, as people use it: fit, predict, score, save.

use super::LEARNERS;
use super::class_weight::by_class;
use super::entry::{Entry, Kind};
use super::file::blob;
use super::label::{Coded, Label, codes, numbers};
use super::learner::{Fit, Learner, Shown};
use super::samples::{Answer, Goal, Samples};
use crate::data::{read_bytes, write_atomically};
use crate::nearest::{nearest, quoted};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::path::Path;

/// A learner with its labels; or a pipeline, whose samples go through other learners' `transform` first.
pub struct Estimator {
    before: Vec<Estimator>,
    entry: &'static Entry,
    options: Value,
    learner: Box<dyn Learner>,
    classes: Vec<Label>, // what codes mean; empty unless a classifier was fitted
    columns: usize,
    warning: Option<String>,
}

/// What an estimator answers for each sample.
#[derive(Clone, Debug, PartialEq)]
pub enum Prediction {
    /// A label for each.
    Labels(Vec<Label>),
    /// A number for each.
    Numbers(Vec<f64>),
    /// A cluster for each, from 0; -1 is none of them.
    Clusters(Vec<i64>),
}

/// What stands in a file of an estimator.
#[derive(Serialize, Deserialize)]
struct Saved {
    before: Vec<Saved>,
    name: String,
    options: String,
    classes: Vec<Label>,
    columns: usize,
    #[serde(with = "blob")]
    state: Vec<u8>,
}

/// The first bytes of a file of an estimator, with its version.
const MAGIC: &[u8] = b"mynah learner 1\n";

/// What a fit had to say, after the learner's name.
fn named(name: &str, fit: &Fit) -> Option<String> {
    let said = fit.warning.as_ref()?;
    Some(if said.starts_with(name) { said.clone() } else { format!("{name}: {said}") })
}

/// The entry of a learner.
///
/// # Errors
/// When the name is unknown, with the nearest known one.
pub fn find(name: &str) -> Result<&'static Entry> {
    let all = || LEARNERS.iter().flat_map(|family| family.iter());
    if let Some(entry) = all().find(|entry| entry.name == name) {
        return Ok(entry);
    }
    let names = || all().map(|entry| entry.name);
    Err(Error::value(match nearest(name, names()) {
        Some(meant) => format!("unknown learner `{name}`; did you mean `{meant}`?"),
        None => format!("unknown learner `{name}`; there are {}", quoted(names())),
    }))
}

impl Estimator {
    /// A learner by name, with named options; `null` gives the defaults.
    ///
    /// # Errors
    /// When the name or an option is unknown, or an option is out of its range.
    pub fn new(name: &str, options: Value) -> Result<Self> {
        let entry = find(name)?;
        let learner = (entry.make)(options.clone())?;
        Ok(Self { before: Vec::new(), entry, options, learner, classes: Vec::new(), columns: 0, warning: None })
    }

    /// A pipeline: samples go through the `transform` of all `steps` but the last, which learns and answers.
    ///
    /// # Errors
    /// When there are no steps.
    pub fn pipeline(mut steps: Vec<Estimator>) -> Result<Self> {
        let Some(mut last) = steps.pop() else { return Err(Error::value("pipeline: there are no steps")) };
        steps.append(&mut last.before); // a pipeline in a pipeline is one pipeline
        last.before = steps;
        Ok(last)
    }

    /// The same learner with the same options, not fitted.
    ///
    /// # Errors
    /// None that [`Estimator::new`] has not had.
    pub fn fresh(&self) -> Result<Self> {
        let mut fresh = Self::new(self.entry.name, self.options.clone())?;
        fresh.before = self.before.iter().map(Self::fresh).collect::<Result<_>>()?;
        Ok(fresh)
    }

    /// The same learner with some options changed, not fitted. In a pipeline `scaler.option` means the step `scaler`.
    ///
    /// # Errors
    /// When there is no such step or option, or a value is out of its range.
    pub fn with(&self, changes: &[(String, Value)]) -> Result<Self> {
        let mut changed = self.fresh()?;
        for (path, value) in changes {
            match path.split_once('.') {
                None => changed = changed.with_option(path, value)?,
                Some((step, option)) if step == changed.entry.name => changed = changed.with_option(option, value)?,
                Some((step, option)) => match changed.before.iter().position(|b| b.entry.name == step) {
                    Some(i) => changed.before[i] = changed.before[i].with_option(option, value)?,
                    None => return Err(Error::value(format!("pipeline: there is no step `{step}`"))),
                },
            }
        }
        Ok(changed)
    }

    fn with_option(&self, option: &str, value: &Value) -> Result<Self> {
        let mut options = self.options.as_object().cloned().unwrap_or_default();
        options.insert(option.into(), value.clone());
        let mut changed = Self::new(self.entry.name, Value::Object(options))?;
        changed.before = self.before.iter().map(Self::fresh).collect::<Result<_>>()?;
        Ok(changed)
    }

    /// The samples as the last step sees them.
    fn through<'a>(&self, x: &'a Samples) -> Result<Cow<'a, Samples>> {
        let mut seen = Cow::Borrowed(x);
        for step in &self.before {
            seen = Cow::Owned(step.transformed(seen)?);
        }
        self.taken(seen)
    }

    fn transformed(&self, x: Cow<'_, Samples>) -> Result<Samples> {
        let x = self.taken(x)?;
        self.learner.transform(&x)
    }

    /// Sparse samples are written out for a learner that does not take them so.
    fn taken<'a>(&self, x: Cow<'a, Samples>) -> Result<Cow<'a, Samples>> {
        Ok(if x.is_sparse() && !self.learner.takes_sparse() { Cow::Owned(x.dense()?) } else { x })
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.entry.name
    }

    /// The options that it was made with.
    pub fn options(&self) -> &Value {
        &self.options
    }

    /// The learners whose `transform` the samples go through first, in order.
    pub fn before(&self) -> &[Estimator] {
        &self.before
    }

    /// What it is told and answers.
    pub fn kind(&self) -> Kind {
        self.entry.kind
    }

    /// The learner itself.
    pub fn learner(&self) -> &dyn Learner {
        &*self.learner
    }

    /// The classes, in the order of the columns of [`Estimator::predict_proba`]; empty unless it is a fitted classifier.
    pub fn classes(&self) -> &[Label] {
        &self.classes
    }

    /// What the latest fit had to say, with the numbers; nothing when all went well.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// A fresh learner that has been told its class weights in the order of the classes, if they were given by label.
    fn told(&self, classes: &[Label]) -> Result<Option<Box<dyn Learner>>> {
        by_class(self.entry.name, &self.options, classes)?.map(self.entry.make).transpose()
    }

    /// Learns from samples and, where it needs them, their labels.
    ///
    /// # Errors
    /// When they cannot be learned from; then what was learned before is kept.
    pub fn fit(&mut self, x: &Samples, y: Option<&[Label]>) -> Result<Fit> {
        let name = self.entry.name;
        // (A pipeline learns into fresh steps, so that a failure keeps the old ones.)
        let mut before = self.before.iter().map(Self::fresh).collect::<Result<Vec<_>>>()?;
        let mut seen = Cow::Borrowed(x);
        for step in &mut before {
            step.fit(&seen, y)?;
            seen = Cow::Owned(step.transformed(seen)?);
        }
        let seen = self.taken(seen)?;
        let x = &*seen;
        let (fit, classes) = match (self.entry.kind, y) {
            (Kind::Classifier, None) => return Err(Error::value(format!("{name}: fit needs a label for each sample"))),
            (Kind::Regressor, None) => return Err(Error::value(format!("{name}: fit needs a number for each sample"))),
            (Kind::Regressor, Some(y)) => (self.learner.fit(x, Goal::Numbers(&numbers(name, y)?))?, Vec::new()),
            (_, Some(y)) => {
                let coded = Coded::new(name, y)?;
                let fit = match self.told(&coded.classes)? {
                    None => self.learner.fit(x, coded.goal())?,
                    Some(mut told) => {
                        let fit = told.fit(x, coded.goal())?;
                        self.learner = told;
                        fit
                    }
                };
                (fit, coded.classes)
            }
            (_, None) => (self.learner.fit(x, Goal::None)?, Vec::new()),
        };
        self.classes = if self.entry.kind == Kind::Classifier { classes } else { Vec::new() };
        self.columns = x.columns();
        let said = before.iter().filter_map(|step| step.warning.clone()).chain(named(name, &fit));
        let said = said.collect::<Vec<_>>().join("; ");
        let fit = Fit { warning: (!said.is_empty()).then_some(said), ..fit };
        self.before = before;
        self.warning.clone_from(&fit.warning);
        Ok(fit)
    }

    /// Learns on from more samples. A classifier learns its classes from the first call, or from `classes` there.
    ///
    /// # Errors
    /// As [`Estimator::fit`], and when a label is none of the classes.
    pub fn partial_fit(&mut self, x: &Samples, y: Option<&[Label]>, classes: Option<&[Label]>) -> Result<Fit> {
        let name = self.entry.name;
        let seen = self.through(x)?;
        let x = &*seen;
        let fit = match (self.entry.kind, y) {
            (Kind::Classifier, Some(y)) => {
                let known = match (self.classes.is_empty(), classes) {
                    (false, _) => self.classes.clone(),
                    (true, given) => Coded::new(name, given.unwrap_or(y))?.classes,
                };
                let codes = codes(name, &known, y)?;
                if self.classes.is_empty()
                    && let Some(told) = self.told(&known)?
                {
                    self.learner = told;
                }
                let fit = self.learner.partial_fit(x, Goal::Classes { codes: &codes, classes: known.len() })?;
                self.classes = known;
                fit
            }
            (Kind::Regressor, Some(y)) => self.learner.partial_fit(x, Goal::Numbers(&numbers(name, y)?))?,
            (Kind::Classifier | Kind::Regressor, None) => {
                return Err(Error::value(format!("{name}: partial_fit needs an answer for each sample")));
            }
            (_, _) => self.learner.partial_fit(x, Goal::None)?,
        };
        self.columns = x.columns();
        self.warning = named(name, &fit);
        Ok(fit)
    }

    /// Its answer for each sample.
    ///
    /// # Errors
    /// When it is not fitted, or the samples have another width.
    pub fn predict(&self, x: &Samples) -> Result<Prediction> {
        Ok(match self.learner.predict(&*self.through(x)?)? {
            Answer::Numbers(numbers) => Prediction::Numbers(numbers),
            Answer::Classes(codes) if self.entry.kind == Kind::Classifier => {
                let label = |c: i64| usize::try_from(c).ok().and_then(|c| self.classes.get(c)).cloned();
                let labels: Option<Vec<Label>> = codes.into_iter().map(label).collect();
                match labels {
                    Some(labels) => Prediction::Labels(labels),
                    None => return Err(Error::value(format!("{}: answers a class that it was not told", self.name()))),
                }
            }
            Answer::Classes(clusters) => Prediction::Clusters(clusters),
        })
    }

    /// How probable each class is for each sample. `[rows, classes]`.
    ///
    /// # Errors
    /// As [`Estimator::predict`], and when the learner has no probabilities.
    pub fn predict_proba(&self, x: &Samples) -> Result<Samples> {
        self.learner.predict_proba(&*self.through(x)?)
    }

    /// How far each sample is on the side of each class.
    ///
    /// # Errors
    /// As [`Estimator::predict`], and when the learner has no such thing.
    pub fn decision(&self, x: &Samples) -> Result<Samples> {
        self.learner.decision(&*self.through(x)?)
    }

    /// The samples as it sees them.
    ///
    /// # Errors
    /// As [`Estimator::predict`], and when the learner does not transform.
    pub fn transform(&self, x: &Samples) -> Result<Samples> {
        self.learner.transform(&*self.through(x)?)
    }

    /// What [`Estimator::transform`] made, back in the samples' own features.
    ///
    /// # Errors
    /// As [`Estimator::transform`].
    pub fn inverse_transform(&self, x: &Samples) -> Result<Samples> {
        let mut back = self.learner.inverse_transform(x)?;
        for step in self.before.iter().rev() {
            back = step.learner.inverse_transform(&back)?;
        }
        Ok(back)
    }

    /// The share of right labels, or R² (1 − squared error over variance) for numbers.
    ///
    /// # Errors
    /// As [`Estimator::predict`], when the lengths differ, or for clusters.
    pub fn score(&self, x: &Samples, y: &[Label]) -> Result<f64> {
        let name = self.entry.name;
        if x.rows() != y.len() {
            return Err(Error::shape(name, format!("{} samples, but {} answers", x.rows(), y.len())));
        }
        match self.predict(x)? {
            Prediction::Labels(labels) => {
                Ok(labels.iter().zip(y).filter(|(a, b)| a == b).count() as f64 / y.len() as f64)
            }
            Prediction::Numbers(found) => {
                let wanted = numbers(name, y)?;
                let mean = wanted.iter().sum::<f64>() / wanted.len() as f64;
                let error: f64 = found.iter().zip(&wanted).map(|(a, b)| (a - b).powi(2)).sum();
                let spread: f64 = wanted.iter().map(|b| (b - mean).powi(2)).sum();
                Ok(if spread > 0.0 { 1.0 - error / spread } else { f64::from(u8::from(error == 0.0)) })
            }
            Prediction::Clusters(_) => {
                Err(Error::value(format!("{name} has no `score`: clusters have no right answer")))
            }
        }
    }

    /// What each of its layers answers to the samples.
    ///
    /// # Errors
    /// As [`Estimator::predict`], and when the learner has no layers.
    pub fn activations(&self, x: &Samples) -> Result<Vec<Samples>> {
        self.learner.activations(&*self.through(x)?)
    }

    /// What it has learned, by name.
    pub fn learned(&self) -> Vec<(&'static str, Shown)> {
        self.learner.learned()
    }

    /// Writes it to a file.
    ///
    /// # Errors
    /// When it is not fitted, or the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        if self.learner.summary().is_none() {
            return Err(Error::value(format!("{}: not fitted yet; there is nothing to save", self.name())));
        }
        let saved = self.saved()?;
        let mut bytes = MAGIC.to_vec();
        ciborium::into_writer(&saved, &mut bytes).map_err(|e| Error::file(&path, format!("cannot be written: {e}")))?;
        write_atomically(path, |f| f.write_all(&bytes))
    }

    fn saved(&self) -> Result<Saved> {
        Ok(Saved {
            before: self.before.iter().map(Self::saved).collect::<Result<_>>()?,
            name: self.entry.name.into(),
            options: self.options.to_string(),
            classes: self.classes.clone(),
            columns: self.columns,
            state: self.learner.bytes()?,
        })
    }

    /// Reads one back that [`Estimator::save`] wrote.
    ///
    /// # Errors
    /// When the file cannot be read, or holds no such learner.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let bytes = read_bytes(&path)?;
        Self::decode(&bytes).map_err(|e| Error::file(&path, e))
    }

    fn decode(bytes: &[u8]) -> Result<Self> {
        let Some(body) = bytes.strip_prefix(MAGIC) else {
            return Err(Error::value("not a learner's file of this version"));
        };
        let saved: Saved =
            ciborium::from_reader(body).map_err(|e| Error::value(format!("a damaged learner's file: {e}")))?;
        Self::restored(saved)
    }

    fn restored(saved: Saved) -> Result<Self> {
        let before = saved.before.into_iter().map(Self::restored).collect::<Result<_>>()?;
        let entry = find(&saved.name)?;
        let options: Value =
            serde_json::from_str(&saved.options).map_err(|e| Error::value(format!("a damaged learner's file: {e}")))?;
        (entry.make)(options.clone())?;
        let learner = (entry.load)(&saved.state)?;
        Ok(Self { before, entry, options, learner, classes: saved.classes, columns: saved.columns, warning: None })
    }
}

impl std::fmt::Display for Estimator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for step in &self.before {
            write!(f, "{} → ", step.name())?;
        }
        match self.learner.summary() {
            Some(summary) => write!(f, "{} ({summary})", self.name()),
            None => write!(f, "{} (not fitted)", self.name()),
        }
    }
}

impl std::fmt::Debug for Estimator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}
