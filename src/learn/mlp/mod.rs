//! Multilayer perceptrons: layers of neurons, trained by back-propagation.

mod classifier;
mod network;
mod regressor;
mod train;

use super::entry::{Entry, entry};
pub use classifier::MlpClassifier;
pub use network::Activation;
pub use regressor::MlpRegressor;
pub use train::{MlpSettings, Solver};

/// The multilayer perceptrons.
pub const ENTRIES: &[Entry] = &[
    entry!("mlp_classifier", Classifier, MlpClassifier, MlpSettings, "layers of neurons that tell classes apart"),
    entry!("mlp_regressor", Regressor, MlpRegressor, MlpSettings, "layers of neurons that answer numbers"),
];
