//! Learners that answer as the nearest samples did.
//!
//! Cover & Hart (1967), "Nearest neighbor pattern classification". Neighbours come from a k-d tree or from matrix
//! products (`cluster/near.rs`), whichever is faster for the number of features; both are exact.

mod knn;

use super::entry::{Entry, entry};
pub use knn::{Knn, KnnRegressor, KnnSettings, Search, Weights};

/// The learners by neighbours.
pub const ENTRIES: &[Entry] = &[
    entry!("knn", Classifier, Knn, KnnSettings, "the class that most of the nearest samples have"),
    entry!("knn_regressor", Regressor, KnnRegressor, KnnSettings, "the mean answer of the nearest samples"),
];
