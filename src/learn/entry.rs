//! The list of learners: how each is made from named options, and read back from a file.

use super::learner::Learner;
use crate::Result;
use serde_json::Value;

/// What a learner is told and what it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Told classes, answers classes.
    Classifier,
    /// Told numbers, answers numbers.
    Regressor,
    /// Told nothing, answers clusters.
    Clusterer,
    /// Told nothing (or classes, if it likes), transforms samples.
    Transformer,
}

/// One learner in the list.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name, the same in Rust, in Lua and in messages.
    pub name: &'static str,
    /// What it is, in one line.
    pub summary: &'static str,
    /// What it is told and what it answers.
    pub kind: Kind,
    /// Makes one from named options; `null` gives the defaults.
    pub make: fn(Value) -> Result<Box<dyn Learner>>,
    /// Reads one back from [`Learner::bytes`]; refuses what does not fit together.
    pub load: fn(&[u8]) -> Result<Box<dyn Learner>>,
    /// Describes its options.
    pub schema: fn() -> schemars::Schema,
}

/// An [`Entry`] for a learner type with `new(settings) -> Result<Self>` and `from_saved(&[u8]) -> Result<Self>`.
macro_rules! entry {
    ($name:literal, $kind:ident, $learner:ty, $settings:ty, $summary:expr) => {
        $crate::learn::Entry {
            name: $name,
            summary: $summary,
            kind: $crate::learn::Kind::$kind,
            make: |options| Ok(Box::new(<$learner>::new($crate::options::read::<$settings>($name, options)?)?)),
            load: |bytes| Ok(Box::new(<$learner>::from_saved(bytes)?)),
            schema: || schemars::schema_for!($settings),
        }
    };
}
pub(super) use entry;
