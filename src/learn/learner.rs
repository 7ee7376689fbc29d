//! The one face of every learner.

use super::samples::{Answer, Goal, Samples};
use crate::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How a fit went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fit {
    /// Passes, iterations or trees: what the learner counts.
    pub steps: u64,
    /// What the user should know, with the numbers: that it did not converge, for one. Nothing when all is well.
    pub warning: Option<String>,
}

/// One thing that a fitted learner can show.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// A number.
    Number(f64),
    /// A list of numbers.
    Numbers(Vec<f64>),
    /// Rows of numbers.
    Table(Samples),
    /// Words.
    Text(String),
}

/// A learner: settings, and after [`Learner::fit`] what it has learned. Every method but `fit` needs a fit before.
///
/// Where a learner does not offer a method, that answers with a sentence.
pub trait Learner: Send + Sync {
    /// Its name, the same in Rust, in Lua and in messages.
    fn name(&self) -> &'static str;

    /// Whether it takes sparse samples; the others are given them written out.
    fn takes_sparse(&self) -> bool {
        false
    }

    /// Whether numbers may be missing (NaN) in its samples.
    fn takes_missing(&self) -> bool {
        false
    }

    /// Learns from samples, anew each time.
    ///
    /// # Errors
    /// When the samples or the goal cannot be learned from (then what was learned before is kept), or someone asks to
    /// stop.
    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit>;

    /// Learns on from more samples.
    ///
    /// # Errors
    /// As [`Learner::fit`].
    fn partial_fit(&mut self, _x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        without(self.name(), "partial_fit")
    }

    /// Its answer for each sample: a class, a cluster or a number.
    ///
    /// # Errors
    /// When it is not fitted, or the samples have another width than those it was fitted to.
    fn predict(&self, _x: &Samples) -> Result<Answer> {
        without(self.name(), "predict")
    }

    /// How probable each class is for each sample. `[rows, classes]`.
    ///
    /// # Errors
    /// As [`Learner::predict`].
    fn predict_proba(&self, _x: &Samples) -> Result<Samples> {
        without(self.name(), "predict_proba")
    }

    /// How far each sample is on the side of each class: one column for two classes, else one per class.
    ///
    /// # Errors
    /// As [`Learner::predict`].
    fn decision(&self, _x: &Samples) -> Result<Samples> {
        without(self.name(), "decision")
    }

    /// The samples as it sees them. `[rows, components]`.
    ///
    /// # Errors
    /// As [`Learner::predict`].
    fn transform(&self, _x: &Samples) -> Result<Samples> {
        without(self.name(), "transform")
    }

    /// What [`Learner::transform`] made, back in the samples' own features, as far as that goes.
    ///
    /// # Errors
    /// As [`Learner::predict`].
    fn inverse_transform(&self, _x: &Samples) -> Result<Samples> {
        without(self.name(), "inverse_transform")
    }

    /// What each of its layers answers to the samples, the last one last. `[rows, neurons]` each.
    ///
    /// # Errors
    /// As [`Learner::predict`].
    fn activations(&self, _x: &Samples) -> Result<Vec<Samples>> {
        without(self.name(), "activations")
    }

    /// What it has learned, by name; empty before the fit.
    fn learned(&self) -> Vec<(&'static str, Shown)>;

    /// In a few words what was fitted, such as "20 features, 3 classes"; nothing before the fit.
    fn summary(&self) -> Option<String>;

    /// Settings and all that was learned, for a file. Use [`to_bytes`].
    ///
    /// # Errors
    /// When it cannot be written as bytes, as a kernel that is a function.
    fn bytes(&self) -> Result<Vec<u8>>;
}

/// The refusal of a method that a learner does not offer.
///
/// # Errors
/// Always.
pub fn without<T>(name: &str, method: &str) -> Result<T> {
    Err(Error::value(format!("{name} has no `{method}`")))
}

/// What was learned, or the refusal before the fit.
///
/// # Errors
/// When there is nothing yet.
pub fn fitted<'a, T>(name: &str, learned: &'a Option<T>) -> Result<&'a T> {
    learned.as_ref().ok_or_else(|| Error::value(format!("{name}: not fitted yet; call `fit` first")))
}

/// A learner's state as bytes (CBOR).
///
/// # Errors
/// When it cannot be written so.
pub fn to_bytes<T: Serialize>(name: &str, state: &T) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    ciborium::into_writer(state, &mut bytes).map_err(|e| Error::value(format!("{name}: cannot be saved: {e}")))?;
    Ok(bytes)
}

/// A learner's state from bytes. The caller checks that sizes within fit each other.
///
/// # Errors
/// When they are not such a state.
pub fn from_bytes<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T> {
    ciborium::from_reader(bytes).map_err(|e| Error::value(format!("{name}: damaged or of another version: {e}")))
}
