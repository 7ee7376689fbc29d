//! Trees and ensembles: questions about one feature at a time, and many learners that answer together.

mod adaboost;
mod bagging;
mod bins;
mod choices;
mod decision_tree;
mod forest;
mod gradient_boosting;
mod grow;
mod histogram;
mod member;
mod packed;
mod sort;
mod stacking;
#[cfg(test)]
mod tests;
mod tree;
mod voting;

use super::entry::{Entry, entry};
pub use adaboost::{Adaboost, AdaboostRegressor, AdaboostRegressorSettings, AdaboostSettings, BoostLoss};
pub use bagging::{Bagging, BaggingRegressor, BaggingSettings};
pub use choices::{Criterion, MaxFeatures, Splitter};
pub use decision_tree::{DecisionTree, DecisionTreeRegressor, DecisionTreeRegressorSettings, DecisionTreeSettings};
pub use forest::{
    ExtraTrees, ExtraTreesRegressor, Forest, ForestRegressor, ForestRegressorSettings, ForestSettings, RandomForest,
    RandomForestRegressor,
};
pub use gradient_boosting::{
    GradientBoosting, GradientBoostingRegressor, GradientBoostingRegressorSettings, GradientBoostingSettings,
};
pub use member::Member;
pub use stacking::{Stacking, StackingRegressor, StackingSettings};
pub use tree::{NodeView, TreeView};
pub use voting::{Vote, Voting, VotingRegressor, VotingRegressorSettings, VotingSettings};

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
    entry!(
        "gradient_boosting",
        Classifier,
        GradientBoosting,
        GradientBoostingSettings,
        "trees that each correct those before them; NaN is missing"
    ),
    entry!(
        "gradient_boosting_regressor",
        Regressor,
        GradientBoostingRegressor,
        GradientBoostingRegressorSettings,
        "trees that each correct those before them, for numbers; NaN is missing"
    ),
    entry!(
        "adaboost",
        Classifier,
        Adaboost,
        AdaboostSettings,
        "small trees, each with more weight on what those before it got wrong"
    ),
    entry!(
        "adaboost_regressor",
        Regressor,
        AdaboostRegressor,
        AdaboostRegressorSettings,
        "small trees, each with more weight on what those before it got wrong, for numbers"
    ),
    entry!("bagging", Classifier, Bagging, BaggingSettings, "learners of one kind, each taught with drawn samples"),
    entry!(
        "bagging_regressor",
        Regressor,
        BaggingRegressor,
        BaggingSettings,
        "learners of one kind, each taught with drawn samples, for numbers"
    ),
    entry!("voting", Classifier, Voting, VotingSettings, "several learners that vote"),
    entry!(
        "voting_regressor",
        Regressor,
        VotingRegressor,
        VotingRegressorSettings,
        "several learners that vote, for numbers"
    ),
    entry!(
        "stacking",
        Classifier,
        Stacking,
        StackingSettings,
        "a final learner that learns from what several others say"
    ),
    entry!(
        "stacking_regressor",
        Regressor,
        StackingRegressor,
        StackingSettings,
        "a final learner that learns from what several others say, for numbers"
    ),
];
