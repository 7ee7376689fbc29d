//! Trees and ensembles: questions about one feature at a time, and many learners that answer together.

mod choices;
mod decision_tree;
mod forest;
mod grow;
mod packed;
mod sort;
mod tree;

use super::entry::{Entry, entry};
pub use choices::{Criterion, MaxFeatures, Splitter};
pub use decision_tree::{DecisionTree, DecisionTreeRegressor, DecisionTreeRegressorSettings, DecisionTreeSettings};
pub use forest::{
    ExtraTrees, ExtraTreesRegressor, Forest, ForestRegressor, ForestRegressorSettings, ForestSettings, RandomForest,
    RandomForestRegressor,
};
pub use tree::{NodeView, TreeView};

/// The trees and ensembles.
pub const ENTRIES: &[Entry] = &[
    entry!("decision_tree", Classifier, DecisionTree, DecisionTreeSettings, "questions about one feature at a time"),
    entry!(
        "decision_tree_regressor",
        Regressor,
        DecisionTreeRegressor,
        DecisionTreeRegressorSettings,
        "questions about one feature at a time, numbers at the end"
    ),
    entry!("random_forest", Classifier, RandomForest, ForestSettings, "trees of drawn samples and features"),
    entry!(
        "random_forest_regressor",
        Regressor,
        RandomForestRegressor,
        ForestRegressorSettings,
        "trees of drawn samples, for numbers"
    ),
    entry!("extra_trees", Classifier, ExtraTrees, ForestSettings, "trees with random thresholds"),
    entry!(
        "extra_trees_regressor",
        Regressor,
        ExtraTreesRegressor,
        ForestRegressorSettings,
        "trees with random thresholds, for numbers"
    ),
];
