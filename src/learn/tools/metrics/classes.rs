//! Classes against true classes: accuracy, precision, recall and their kin.
//!
//! All as in scikit-learn; a class that was never answered has precision 0, one that never occurs has recall 0.

use super::same_length;
use crate::learn::Samples;
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How the scores of several classes become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Average {
    /// Only that of class 1; there are no classes but 0 and 1.
    Binary,
    /// The mean over the classes.
    #[default]
    Macro,
    /// From the sums over the classes of what is right, missed and wrong.
    Micro,
    /// The mean over the classes, weighted by how often each is true.
    Weighted,
}

/// Precision, recall and F1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores {
    /// The share of answers that are right.
    pub precision: f64,
    /// The share of truth that is found.
    pub recall: f64,
    /// Their harmonic mean.
    pub f1: f64,
}

/// How one class fares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassScores {
    /// The class's code.
    pub class: u32,
    /// Precision, recall and F1.
    pub scores: Scores,
    /// How often it is the truth.
    pub support: usize,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    right: usize,
    answered: usize,
    occurs: usize,
}

impl Counts {
    fn scores(self) -> Scores {
        let share = |a: usize, b: usize| if b == 0 { 0.0 } else { a as f64 / b as f64 };
        Scores {
            precision: share(self.right, self.answered),
            recall: share(self.right, self.occurs),
            f1: share(2 * self.right, self.answered + self.occurs),
        }
    }
}

/// Of every class that occurs or is answered.
fn counts(name: &str, truth: &[u32], answers: &[u32]) -> Result<BTreeMap<u32, Counts>> {
    same_length(name, truth.len(), answers.len())?;
    let mut out: BTreeMap<u32, Counts> = BTreeMap::new();
    for (t, a) in truth.iter().zip(answers) {
        let of = out.entry(*t).or_default();
        of.occurs += 1;
        of.right += usize::from(t == a);
        out.entry(*a).or_default().answered += 1;
    }
    Ok(out)
}

/// The share of answers that are right.
///
/// # Errors
/// When the lengths differ, or there are no answers.
pub fn accuracy(truth: &[u32], answers: &[u32]) -> Result<f64> {
    same_length("accuracy", truth.len(), answers.len())?;
    let right = truth.iter().zip(answers).filter(|(t, a)| t == a).count();
    Ok(right as f64 / truth.len() as f64)
}

/// The mean over the true classes of the share that is found.
///
/// # Errors
/// As [`accuracy`].
pub fn balanced_accuracy(truth: &[u32], answers: &[u32]) -> Result<f64> {
    let counts = counts("balanced_accuracy", truth, answers)?;
    let occurring: Vec<&Counts> = counts.values().filter(|c| c.occurs > 0).collect();
    Ok(occurring.iter().map(|c| c.scores().recall).sum::<f64>() / occurring.len() as f64)
}

/// How often class `j` was answered where class `i` was true. `[classes, classes]`.
///
/// # Errors
/// As [`accuracy`], when a code is not below `classes`, or there are more than 8192 classes.
pub fn confusion_matrix(truth: &[u32], answers: &[u32], classes: usize) -> Result<Samples> {
    const NAME: &str = "confusion_matrix";
    same_length(NAME, truth.len(), answers.len())?;
    if classes > 8192 {
        return Err(Error::value(format!("{NAME}: {classes} classes are too many, at most 8192")));
    }
    if let Some(code) = truth.iter().chain(answers).find(|c| **c as usize >= classes) {
        return Err(Error::value(format!("{NAME}: the code {code} is not one of {classes} classes")));
    }
    let mut values = vec![0.0; classes * classes];
    truth.iter().zip(answers).for_each(|(t, a)| values[*t as usize * classes + *a as usize] += 1.0);
    Samples::new(classes, classes, values)
}

/// Precision, recall and F1 of every class that occurs or is answered, by code.
///
/// # Errors
/// As [`accuracy`].
pub fn per_class(truth: &[u32], answers: &[u32]) -> Result<Vec<ClassScores>> {
    let counts = counts("per_class", truth, answers)?;
    Ok(counts.into_iter().map(|(class, c)| ClassScores { class, scores: c.scores(), support: c.occurs }).collect())
}

fn averaged(name: &str, truth: &[u32], answers: &[u32], average: Average) -> Result<Scores> {
    let counts = counts(name, truth, answers)?;
    let weighted = |weight: &dyn Fn(&Counts) -> f64| {
        let total: f64 = counts.values().map(weight).sum();
        let mean =
            |of: &dyn Fn(Scores) -> f64| counts.values().map(|c| weight(c) * of(c.scores())).sum::<f64>() / total;
        Scores { precision: mean(&|s| s.precision), recall: mean(&|s| s.recall), f1: mean(&|s| s.f1) }
    };
    Ok(match average {
        Average::Macro => weighted(&|_| 1.0),
        Average::Weighted => weighted(&|c| c.occurs as f64),
        Average::Micro => {
            let sum = |of: fn(&Counts) -> usize| counts.values().map(of).sum();
            Counts { right: sum(|c| c.right), answered: sum(|c| c.answered), occurs: sum(|c| c.occurs) }.scores()
        }
        Average::Binary => match counts.keys().find(|c| **c > 1) {
            None => counts.get(&1).copied().unwrap_or_default().scores(),
            Some(c) => {
                let why =
                    format!("there is a class {c}, so the average cannot be \"binary\", for classes 0 and 1 only");
                return Err(Error::value(format!("{name}: {why}")));
            }
        },
    })
}

/// Precision, recall and F1 over all classes.
///
/// # Errors
/// As [`accuracy`]; [`Average::Binary`] takes no code but 0 and 1.
pub fn precision_recall_f1(truth: &[u32], answers: &[u32], average: Average) -> Result<Scores> {
    averaged("precision_recall_f1", truth, answers, average)
}

/// The share of a class's answers that are right.
///
/// # Errors
/// As [`precision_recall_f1`].
pub fn precision(truth: &[u32], answers: &[u32], average: Average) -> Result<f64> {
    Ok(averaged("precision", truth, answers, average)?.precision)
}

/// The share of a class's samples that are found.
///
/// # Errors
/// As [`precision_recall_f1`].
pub fn recall(truth: &[u32], answers: &[u32], average: Average) -> Result<f64> {
    Ok(averaged("recall", truth, answers, average)?.recall)
}

/// The harmonic mean of precision and recall of a class.
///
/// # Errors
/// As [`precision_recall_f1`].
pub fn f1(truth: &[u32], answers: &[u32], average: Average) -> Result<f64> {
    Ok(averaged("f1", truth, answers, average)?.f1)
}

/// Right answers, all answers, and the sums over classes of answered x occurs, answered squared, occurs squared.
fn marginals(name: &str, truth: &[u32], answers: &[u32]) -> Result<[f64; 5]> {
    let counts = counts(name, truth, answers)?;
    let mut out = [0.0, truth.len() as f64, 0.0, 0.0, 0.0];
    for c in counts.values() {
        let (answered, occurs) = (c.answered as f64, c.occurs as f64);
        out[0] += c.right as f64;
        out[2] += answered * occurs;
        out[3] += answered * answered;
        out[4] += occurs * occurs;
    }
    Ok(out)
}

/// Matthews' correlation of answers and truth, for any number of classes (Gorodkin 2004); 0 where one is constant.
///
/// # Errors
/// As [`accuracy`].
pub fn matthews(truth: &[u32], answers: &[u32]) -> Result<f64> {
    let [right, n, both, answered, occurs] = marginals("matthews", truth, answers)?;
    let spread = (n * n - answered) * (n * n - occurs);
    Ok(if spread == 0.0 { 0.0 } else { (right * n - both) / spread.sqrt() })
}

/// Agreement beyond chance (Cohen 1960); 0 where chance alone gives agreement.
///
/// # Errors
/// As [`accuracy`].
pub fn cohen_kappa(truth: &[u32], answers: &[u32]) -> Result<f64> {
    let [right, n, both, ..] = marginals("cohen_kappa", truth, answers)?;
    let chance = both / n;
    Ok(if chance == n { 0.0 } else { (right - chance) / (n - chance) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUTH: [u32; 12] = [0, 0, 1, 1, 2, 2, 2, 0, 1, 2, 2, 1];
    const ANSWERS: [u32; 12] = [0, 1, 1, 1, 2, 0, 2, 0, 2, 2, 1, 1];

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    }

    // scikit-learn 1.9.1: accuracy_score, balanced_accuracy_score, confusion_matrix, precision_recall_fscore_support,
    // matthews_corrcoef and cohen_kappa_score of the lists above.
    #[test]
    fn as_in_scikit_learn() {
        near(accuracy(&TRUTH, &ANSWERS).unwrap(), 2.0 / 3.0);
        near(balanced_accuracy(&TRUTH, &ANSWERS).unwrap(), 0.6722222222222222);
        let confusion = confusion_matrix(&TRUTH, &ANSWERS, 3).unwrap();
        assert_eq!(confusion.values(), [2.0, 1.0, 0.0, 0.0, 3.0, 1.0, 1.0, 1.0, 3.0]);
        for (average, known) in [
            (Average::Macro, [0.6722222222222222, 0.6722222222222222, 0.6666666666666666]),
            (Average::Micro, [2.0 / 3.0; 3]),
            (Average::Weighted, [0.6791666666666667, 0.6666666666666666, 0.6666666666666666]),
        ] {
            near(precision(&TRUTH, &ANSWERS, average).unwrap(), known[0]);
            near(recall(&TRUTH, &ANSWERS, average).unwrap(), known[1]);
            near(f1(&TRUTH, &ANSWERS, average).unwrap(), known[2]);
        }
        let third = per_class(&TRUTH, &ANSWERS).unwrap()[2];
        assert_eq!((third.class, third.support), (2, 5));
        near(third.scores.precision, 0.75);
        near(third.scores.recall, 0.6);
        let two = precision_recall_f1(&[1, 0, 1, 1, 0, 1], &[1, 1, 0, 1, 0, 1], Average::Binary).unwrap();
        assert_eq!(two, Scores { precision: 0.75, recall: 0.75, f1: 0.75 });
        near(matthews(&TRUTH, &ANSWERS).unwrap(), 0.5);
        near(cohen_kappa(&TRUTH, &ANSWERS).unwrap(), 0.49473684210526314);
    }

    #[test]
    fn edges_are_defined() {
        assert!(accuracy(&[], &[]).is_err() && accuracy(&[1], &[1, 2]).is_err());
        assert!(confusion_matrix(&[3], &[0], 3).is_err() && confusion_matrix(&[0], &[0], usize::MAX).is_err());
        assert!(f1(&[0, 2], &[0, 0], Average::Binary).unwrap_err().to_string().contains("there is a class 2"));
        assert_eq!(f1(&[0, 0], &[0, 0], Average::Binary).unwrap(), 0.0);
        assert_eq!(precision(&[u32::MAX, 0], &[0, 0], Average::Macro).unwrap(), 0.25);
        assert_eq!(matthews(&[5, 5], &[5, 5]).unwrap(), 0.0);
        assert_eq!(cohen_kappa(&[5, 5], &[5, 5]).unwrap(), 0.0);
    }
}
