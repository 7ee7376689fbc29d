//! Learners within a learner: made from a name and options, taught a part of the samples, saved and read back.

use super::packed::Packed;
use crate::learn::class_weight::of_seen;
use crate::learn::{Answer, Entry, Goal, Kind, Learner, Samples, find};
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::borrow::Cow;
use std::cell::Cell;

/// A learner by name, with its options, and what samples go through before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The learner's name, such as "svc".
    pub name: String,
    /// Its options. Default: its defaults.
    #[serde(default)]
    pub options: Value,
    /// Learners whose `transform` the samples go through first, in order: a pipeline. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Member>,
}

impl Member {
    /// A learner with its defaults.
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), options: Value::Null, before: Vec::new() }
    }

    /// The learner, which must be of that kind.
    pub(super) fn make(&self, name: &str, kind: Kind) -> Result<Held> {
        let entry = entry(name, &self.name, kind)?;
        let learner = nested(name, || (entry.make)(self.options.clone()))?;
        let step = |member: &Self| {
            if !member.before.is_empty() {
                return Err(Error::value(format!("{name}: a step of a pipeline has no steps of its own")));
            }
            let entry = find(&member.name)?;
            Ok(Step { entry, learner: nested(name, || (entry.make)(member.options.clone()))? })
        };
        let before = self.before.iter().map(step).collect::<Result<_>>()?;
        let (options, classes) = (self.options.clone(), Vec::new());
        Ok(Held { before, entry, options, learner: Some(learner), classes, all: 0, says: Says::Answers })
    }

    /// Refuses samples that one of `members` could not learn from, with the places that they have here.
    pub(super) fn check_samples(name: &str, members: &[Self], kind: Kind, x: &Samples) -> Result<()> {
        for member in members {
            if !member.make(name, kind)?.takes_missing() {
                return x.check(name);
            }
        }
        x.check_size(name)
    }

    /// The same with a seed, wherever a learner takes one and is given none.
    pub(super) fn seeded(&self, seed: u64) -> Self {
        let takes = find(&self.name)
            .is_ok_and(|e| (e.schema)().as_value().get("properties").is_some_and(|p| p.get("seed").is_some()));
        let mut member = self.clone();
        member.before.iter_mut().for_each(|step| *step = step.seeded(seed));
        if takes {
            if !member.options.is_object() {
                // Other than nothing or an empty list was refused by `make`.
                member.options = Value::Object(serde_json::Map::new());
            }
            if let Some(options) = member.options.as_object_mut() {
                options.entry("seed").or_insert_with(|| Value::from(seed >> 12)); // exact as a float too
            }
        }
        member
    }
}

fn entry(name: &str, member: &str, kind: Kind) -> Result<&'static Entry> {
    let entry = find(member)?;
    if entry.kind == kind {
        return Ok(entry);
    }
    let wanted = if kind == Kind::Classifier { "tells classes apart" } else { "answers numbers" };
    Err(Error::value(format!("{name}: needs a learner that {wanted}; `{member}` does not")))
}

/// Learners within learners within … at most.
const DEPTH: u32 = 8;

/// Does `work` one level deeper.
fn nested<R>(name: &str, work: impl FnOnce() -> Result<R>) -> Result<R> {
    thread_local!(static LEVEL: Cell<u32> = const { Cell::new(0) });
    let level = LEVEL.get();
    if level >= DEPTH {
        return Err(Error::value(format!("{name}: learners within learners go at most {DEPTH} deep")));
    }
    LEVEL.set(level + 1);
    let result = work();
    LEVEL.set(level);
    result
}

/// A learner that another one holds.
pub(super) struct Held {
    before: Vec<Step>,
    entry: &'static Entry,
    options: Value,                    // as it was made; not kept in files
    learner: Option<Box<dyn Learner>>, // nothing if only one class was there to learn
    classes: Vec<u32>,                 // of a classifier: those that it has seen, rising
    all: usize,                        // how many classes there are
    says: Says,
}

/// A step of a pipeline before the learner that answers.
struct Step {
    entry: &'static Entry,
    learner: Box<dyn Learner>,
}

/// What a classifier says of each class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Says {
    Probabilities,
    Decisions,
    Answers,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    before: Vec<(String, Packed<u8>)>,
    name: String,
    state: Option<Packed<u8>>,
    classes: Packed<u32>,
    all: usize,
    says: Says,
}

impl Serialize for Held {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let step = |step: &Step| Ok((step.entry.name.into(), Packed(step.learner.bytes()?)));
        let before = self.before.iter().map(step).collect::<Result<_>>().map_err(serde::ser::Error::custom)?;
        let bytes = self.learner.as_ref().map(|l| l.bytes()).transpose();
        let state = bytes.map_err(serde::ser::Error::custom)?.map(Packed);
        let (name, classes) = (self.entry.name.into(), Packed(self.classes.clone()));
        Saved { before, name, state, classes, all: self.all, says: self.says }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Held {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let saved = Saved::deserialize(deserializer)?;
        let entry = find(&saved.name).map_err(D::Error::custom)?;
        let load = |state: Packed<u8>| nested(entry.name, || (entry.load)(&state.0));
        let learner = saved.state.map(load).transpose().map_err(D::Error::custom)?;
        let step = |(name, state): (String, Packed<u8>)| {
            let entry = find(&name)?;
            Ok(Step { entry, learner: nested(entry.name, || (entry.load)(&state.0))? })
        };
        let before = saved.before.into_iter().map(step).collect::<Result<_>>().map_err(D::Error::custom)?;
        let (classes, all, says) = (saved.classes.0, saved.all, saved.says);
        Ok(Self { before, entry, options: Value::Null, learner, classes, all, says })
    }
}

impl Held {
    pub fn name(&self) -> &'static str {
        self.entry.name
    }

    /// Whether it, or what stands before it, takes NaN for what is missing.
    fn takes_missing(&self) -> bool {
        match self.before.first() {
            Some(step) => step.learner.takes_missing(),
            None => self.learner.as_ref().is_some_and(|l| l.takes_missing()),
        }
    }

    /// The samples as the learner at the end sees them.
    fn through<'a>(&self, x: &'a Samples) -> Result<Cow<'a, Samples>> {
        self.before.iter().try_fold(Cow::Borrowed(x), |x, step| step.learner.transform(&x).map(Cow::Owned))
    }

    /// Teaches what stands before the learner, and gives the samples as that one sees them.
    fn prepare<'a>(&mut self, x: &'a Samples, goal: Goal<'_>) -> Result<Cow<'a, Samples>> {
        self.before.iter_mut().try_fold(Cow::Borrowed(x), |x, step| {
            step.learner.fit(&x, if step.entry.kind == Kind::Transformer { Goal::None } else { goal })?;
            step.learner.transform(&x).map(Cow::Owned)
        })
    }

    /// Whether what came from a file is such a learner.
    pub fn sound(&self, kind: Kind, classes: usize) -> bool {
        let seen = &self.classes;
        self.entry.kind == kind
            && match kind {
                Kind::Classifier => {
                    self.all == classes
                        && !seen.is_empty()
                        && seen.windows(2).all(|w| w[0] < w[1])
                        && seen.iter().all(|&c| (c as usize) < classes)
                        && (seen.len() == 1 || self.learner.is_some())
                }
                _ => self.learner.is_some(),
            }
    }

    /// Learns classes, of which some may not occur.
    pub fn fit_classes(&mut self, x: &Samples, codes: &[u32], all: usize) -> Result<()> {
        let mut place = vec![u32::MAX; all];
        codes.iter().for_each(|&c| place[c as usize] = 0);
        self.classes = (0..all as u32).filter(|&c| place[c as usize] == 0).collect();
        self.classes.iter().zip(0..).for_each(|(&c, i)| place[c as usize] = i);
        self.all = all;
        if self.classes.len() < 2 || self.learner.is_none() {
            self.learner = None;
            self.before.clear();
            return Ok(());
        }
        if self.classes.len() < all
            && let Some(options) = of_seen(&self.options, all, &self.classes)
        {
            self.learner = Some(nested(self.entry.name, || (self.entry.make)(options))?);
        }
        let own: Vec<u32> = codes.iter().map(|&c| place[c as usize]).collect();
        let goal = Goal::Classes { codes: &own, classes: self.classes.len() };
        let x = self.prepare(x, goal)?;
        let Some(learner) = &mut self.learner else { return Ok(()) };
        learner.fit(&x, goal)?;
        let one = x.select(&[0]);
        self.says = if learner.predict_proba(&one).is_ok() {
            Says::Probabilities
        } else if learner.decision(&one).is_ok() {
            Says::Decisions
        } else {
            Says::Answers
        };
        Ok(())
    }

    /// Learns numbers.
    pub fn fit_numbers(&mut self, x: &Samples, y: &[f64]) -> Result<()> {
        let x = self.prepare(x, Goal::Numbers(y))?;
        let learner = self.learner.as_mut().ok_or_else(|| Error::value("there is no learner"))?;
        learner.fit(&x, Goal::Numbers(y)).map(|_| ())
    }

    /// Whether it knows probabilities.
    pub fn has_probabilities(&self) -> bool {
        self.learner.is_none() || self.says == Says::Probabilities
    }

    /// What it says of each class: probabilities, or else decisions if `decisions`, or else 1 for its answer and 0 for
    /// the others. `[rows, classes]`.
    pub fn scores(&self, x: &Samples, decisions: bool) -> Result<Vec<f64>> {
        let (n, k) = (x.rows(), self.all);
        let mut scores = vec![0.0; n * k];
        let Some(learner) = &self.learner else {
            scores.chunks_exact_mut(k).for_each(|row| row[self.classes[0] as usize] = 1.0);
            return Ok(scores);
        };
        let said = match self.says {
            Says::Probabilities => learner.predict_proba(&*self.through(x)?)?,
            Says::Decisions if decisions => learner.decision(&*self.through(x)?)?,
            _ => {
                for (row, code) in scores.chunks_exact_mut(k).zip(self.classes(x)?) {
                    row[code as usize] = 1.0;
                }
                return Ok(scores);
            }
        };
        let (width, seen) = (said.columns(), &self.classes);
        if said.rows() != n || width != seen.len() && !(width == 1 && seen.len() == 2) {
            return self.misfit();
        }
        for (row, said) in scores.chunks_exact_mut(k).zip(said.iter()) {
            if width == 1 {
                (row[seen[0] as usize], row[seen[1] as usize]) = (-said[0], said[0]);
            } else {
                seen.iter().zip(said).for_each(|(&c, v)| row[c as usize] = *v);
            }
        }
        Ok(scores)
    }

    /// The class of each sample.
    pub fn classes(&self, x: &Samples) -> Result<Vec<u32>> {
        let Some(learner) = &self.learner else { return Ok(vec![self.classes[0]; x.rows()]) };
        let Answer::Classes(codes) = learner.predict(&*self.through(x)?)? else { return self.misfit() };
        let code = |c: &i64| usize::try_from(*c).ok().and_then(|c| self.classes.get(c).copied());
        match codes.iter().map(code).collect::<Option<Vec<u32>>>() {
            Some(codes) if codes.len() == x.rows() => Ok(codes),
            _ => self.misfit(),
        }
    }

    /// The number of each sample.
    pub fn numbers(&self, x: &Samples) -> Result<Vec<f64>> {
        let seen = self.through(x)?;
        match self.learner.as_ref().map(|l| l.predict(&seen)).transpose()? {
            Some(Answer::Numbers(numbers)) if numbers.len() == x.rows() => Ok(numbers),
            _ => self.misfit(),
        }
    }

    fn misfit<T>(&self) -> Result<T> {
        Err(Error::value(format!("{}: answers in another shape than it was fitted to", self.name())))
    }
}

/// Refuses a list without learners, and options that they do not take.
pub(super) fn check(name: &str, members: &[Member], kind: Kind) -> Result<()> {
    if members.is_empty() {
        return Err(Error::value(format!("{name}: `learners` needs at least one learner")));
    }
    members.iter().try_for_each(|m| m.make(name, kind).map(|_| ()))
}

/// One weight for each learner, 1 if none are given.
pub(super) fn weights(name: &str, given: &Option<Vec<f64>>, members: usize) -> Result<Vec<f64>> {
    let Some(weights) = given else { return Ok(vec![1.0; members]) };
    if weights.len() != members {
        let why = format!("`weights` holds {} numbers, but there are {members} learners", weights.len());
        return Err(Error::shape(name, why));
    }
    match weights.iter().find(|w| !(**w >= 0.0 && **w <= 1e100)) {
        Some(wrong) => Err(Error::setting(name, "weights", "not negative", wrong)),
        None if weights.iter().all(|w| *w == 0.0) => Err(Error::value(format!("{name}: all `weights` are 0"))),
        None => Ok(weights.clone()),
    }
}
