//! Naive Bayes: classifiers that take a class's features for independent.

mod bernoulli_nb;
mod counts;
mod gaussian_nb;
mod multinomial_nb;
mod posterior;

use super::entry::{Entry, entry};
pub use bernoulli_nb::{BernoulliNb, BernoulliNbSettings};
pub use gaussian_nb::{GaussianNb, GaussianNbSettings};
pub use multinomial_nb::{MultinomialNb, MultinomialNbSettings};

/// The naive Bayes classifiers.
pub const ENTRIES: &[Entry] = &[
    entry!(
        "gaussian_nb",
        Classifier,
        GaussianNb,
        GaussianNbSettings,
        "naive Bayes with a Gaussian for each class and feature"
    ),
    entry!("multinomial_nb", Classifier, MultinomialNb, MultinomialNbSettings, "naive Bayes for counts, as of words"),
    entry!(
        "bernoulli_nb",
        Classifier,
        BernoulliNb,
        BernoulliNbSettings,
        "naive Bayes for features that are there or not"
    ),
];
