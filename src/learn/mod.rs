//! Classic learners, all with one face: [`Learner`]; an [`Estimator`] adds the labels that people use.

mod along;
pub mod bayes;
mod class_weight;
pub mod cluster;
#[cfg(test)]
mod conformance;
mod entry;
mod estimator;
mod file;
pub mod graphical;
mod label;
mod learner;
pub mod linear;
pub mod mlp;
pub mod neighbors;
mod samples;
mod select;
pub mod separable;
pub mod svm;
pub mod tools;
pub mod transform;
pub mod trees;

pub use class_weight::ClassWeight;
pub use entry::{Entry, Kind};
pub use estimator::{Estimator, Prediction, find};
pub use file::ModelFile;
pub use label::{Coded, Label};
pub use learner::{Fit, Learner, Shown, fitted, from_bytes, to_bytes, without};
pub use samples::{Answer, Goal, Samples};
pub use select::{Choice, Fold, Range, SearchSettings, Tried, cross_validate, grid_search, search};

/// All learners, family by family, in the order in which they are shown.
pub const LEARNERS: &[&[Entry]] = &[
    linear::ENTRIES,
    svm::ENTRIES,
    neighbors::ENTRIES,
    bayes::ENTRIES,
    trees::ENTRIES,
    mlp::ENTRIES,
    cluster::ENTRIES,
    transform::ENTRIES,
    graphical::ENTRIES,
];
