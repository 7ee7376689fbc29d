//! How good answers are: measures on class codes, scores, numbers and clusters.

mod classes;
mod clusters;
mod labellings;
mod numbers;
mod scores;

pub use classes::{
    Average, ClassScores, Scores, accuracy, balanced_accuracy, cohen_kappa, confusion_matrix, f1, matthews, per_class,
    precision, precision_recall_f1, recall,
};
pub use clusters::{calinski_harabasz, davies_bouldin, silhouette, silhouette_samples};
pub use labellings::{
    Agreement, adjusted_mutual_information, adjusted_rand, completeness, homogeneity, mutual_information,
    normalized_mutual_information, v_measure,
};
pub use numbers::{mae, median_absolute_error, mse, r2, rmse};
pub use scores::{
    PrecisionRecallCurve, RocCurve, average_precision, log_loss, precision_recall_curve, roc_auc, roc_auc_multiclass,
    roc_curve,
};

use crate::{Error, Result};

/// Refuses lists of different lengths, and empty ones.
fn same_length(name: &str, truth: usize, answers: usize) -> Result<()> {
    if truth != answers {
        return Err(Error::shape(name, format!("{truth} true answers, but {answers} given ones")));
    }
    if truth == 0 {
        return Err(Error::value(format!("{name}: there are no answers")));
    }
    Ok(())
}

/// Refuses numbers that are not finite.
fn finite(name: &str, what: &str, numbers: &[f64]) -> Result<()> {
    match numbers.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(i) => Err(Error::value(format!("{name}: {what} {} is {}; all must be finite", i + 1, numbers[i]))),
    }
}

/// An answer that is a number, or the refusal where numbers were too large to be squared.
fn representable(name: &str, answer: f64) -> Result<f64> {
    if answer.is_finite() {
        return Ok(answer);
    }
    Err(Error::value(format!("{name}: the numbers are too large, their squares overflow")))
}
