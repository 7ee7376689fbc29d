//! Linear learners: answers that are weighted sums of the features.

mod checks;
mod coordinates;
mod elastic_net;
mod gram;
mod lbfgs;
mod linear_discriminant;
mod linear_regression;
mod logistic_regression;
mod perceptron;
mod planes;
mod ridge;
mod sgd;
mod sgd_classifier;
mod sgd_regressor;
#[cfg(test)]
pub(super) mod tests;

use super::entry::{Entry, entry};
pub use elastic_net::{ElasticNet, ElasticNetSettings, Lasso, LassoSettings};
pub use linear_discriminant::{LinearDiscriminant, LinearDiscriminantSettings};
pub use linear_regression::{LinearRegression, LinearRegressionSettings};
pub use logistic_regression::{LogisticRegression, LogisticRegressionSettings, Penalty};
pub use perceptron::{Perceptron, PerceptronSettings};
pub use ridge::{Ridge, RidgeSettings};
pub use sgd::{LearningRate, SgdPenalty};
pub use sgd_classifier::{ClassifierLoss, SgdClassifier, SgdClassifierSettings};
pub use sgd_regressor::{RegressorLoss, SgdRegressor, SgdRegressorSettings};

// What naive Bayes and `separable` share with the linear learners.
pub(super) use checks::{usable, usable_dense};
pub(super) use planes::{Planes, dot};

/// The linear learners.
pub const ENTRIES: &[Entry] = &[
    entry!(
        "perceptron",
        Classifier,
        Perceptron,
        PerceptronSettings,
        "the perceptron, with a pocket for the best weights and a verdict"
    ),
    entry!(
        "linear_regression",
        Regressor,
        LinearRegression,
        LinearRegressionSettings,
        "least squares: the plane nearest to the answers"
    ),
    entry!("ridge", Regressor, Ridge, RidgeSettings, "least squares with a price on the weights' squares"),
    entry!("lasso", Regressor, Lasso, LassoSettings, "least squares with a price on the weights' sizes: many become 0"),
    entry!("elastic_net", Regressor, ElasticNet, ElasticNetSettings, "least squares with prices on sizes and squares"),
    entry!(
        "linear_discriminant",
        Classifier,
        LinearDiscriminant,
        LinearDiscriminantSettings,
        "Gaussian classes with one covariance, and the directions that tell them apart"
    ),
    entry!(
        "logistic_regression",
        Classifier,
        LogisticRegression,
        LogisticRegressionSettings,
        "logistic regression: classes whose log-odds are linear, with probabilities"
    ),
    entry!(
        "sgd_classifier",
        Classifier,
        SgdClassifier,
        SgdClassifierSettings,
        "linear classifiers by stochastic gradient descent"
    ),
    entry!(
        "sgd_regressor",
        Regressor,
        SgdRegressor,
        SgdRegressorSettings,
        "linear regression by stochastic gradient descent"
    ),
];
