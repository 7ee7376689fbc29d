//! Scores and probabilities against true classes: curves, the areas under them, and the log loss.
//!
//! All as in scikit-learn, without dropping points of the curves.

use super::{finite, same_length};
use crate::learn::Samples;
use crate::{Error, Result};

/// True against false alarms as the threshold sinks.
#[derive(Clone, Debug, PartialEq)]
pub struct RocCurve {
    /// The share of class 0 that is taken for class 1.
    pub false_positive: Vec<f64>,
    /// The share of class 1 that is found.
    pub true_positive: Vec<f64>,
    /// From this score on samples are taken for class 1; falling, the first is infinite.
    pub thresholds: Vec<f64>,
}

/// Precision against recall as the threshold rises.
#[derive(Clone, Debug, PartialEq)]
pub struct PrecisionRecallCurve {
    /// The share of answers that are right; at the end 1.
    pub precision: Vec<f64>,
    /// The share of class 1 that is found; at the end 0.
    pub recall: Vec<f64>,
    /// From this score on samples are taken for class 1; rising, one fewer than the others.
    pub thresholds: Vec<f64>,
}

/// One step of a falling threshold: it, and how many of class 1 and 0 score that or more.
struct Step {
    threshold: f64,
    ones: usize,
    zeros: usize,
}

/// The steps, one for each different score. Both classes must occur, or only class 1 where `zeros` need not.
fn steps(name: &str, truth: &[u32], scores: &[f64], zeros: bool) -> Result<Vec<Step>> {
    same_length(name, truth.len(), scores.len())?;
    finite(name, "the score", scores)?;
    if let Some(c) = truth.iter().find(|c| **c > 1) {
        return Err(Error::value(format!("{name}: the classes must be 0 and 1, there is {c}")));
    }
    for class in if zeros { 0..=1 } else { 1..=1 } {
        if !truth.contains(&class) {
            return Err(Error::value(format!("{name}: class {class} does not occur")));
        }
    }
    let mut order: Vec<usize> = (0..truth.len()).collect();
    order.sort_unstable_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    let mut out: Vec<Step> = Vec::new();
    let (mut ones, mut zeros) = (0, 0);
    for i in order {
        ones += truth[i] as usize;
        zeros += 1 - truth[i] as usize;
        match out.last_mut() {
            Some(step) if step.threshold == scores[i] => (step.ones, step.zeros) = (ones, zeros),
            _ => out.push(Step { threshold: scores[i], ones, zeros }),
        }
    }
    Ok(out)
}

/// The curve of true against false alarms.
///
/// # Errors
/// When the lengths differ, a class is not 0 or 1, one of them does not occur, or a score is not finite.
pub fn roc_curve(truth: &[u32], scores: &[f64]) -> Result<RocCurve> {
    let steps = steps("roc_curve", truth, scores, true)?;
    let (ones, zeros) = steps.last().map_or((1, 1), |s| (s.ones, s.zeros));
    let mut curve = RocCurve { false_positive: vec![0.0], true_positive: vec![0.0], thresholds: vec![f64::INFINITY] };
    for s in steps {
        curve.false_positive.push(s.zeros as f64 / zeros as f64);
        curve.true_positive.push(s.ones as f64 / ones as f64);
        curve.thresholds.push(s.threshold);
    }
    Ok(curve)
}

/// The chance that a sample of class 1 scores above one of class 0, ties counting half: the area under [`roc_curve`].
///
/// # Errors
/// As [`roc_curve`].
pub fn roc_auc(truth: &[u32], scores: &[f64]) -> Result<f64> {
    area("roc_auc", truth, scores)
}

fn area(name: &str, truth: &[u32], scores: &[f64]) -> Result<f64> {
    let steps = steps(name, truth, scores, true)?;
    let (mut sum, mut before) = (0.0, (0, 0));
    for s in &steps {
        sum += (s.zeros - before.1) as f64 * (s.ones + before.0) as f64 / 2.0;
        before = (s.ones, s.zeros);
    }
    Ok(sum / (before.0 as f64 * before.1 as f64))
}

/// The mean over the classes of [`roc_auc`] of that class against the rest. `scores`: `[rows, classes]`.
///
/// # Errors
/// As [`roc_curve`], and when a code is none of the columns, or there are fewer than 2.
pub fn roc_auc_multiclass(truth: &[u32], scores: &Samples) -> Result<f64> {
    const NAME: &str = "roc_auc";
    table(NAME, truth, scores)?;
    if scores.columns() < 2 {
        return Err(Error::value(format!("{NAME}: needs a column of scores for each class, got 1 column")));
    }
    let mut sum = 0.0;
    for class in 0..scores.columns() {
        let is: Vec<u32> = truth.iter().map(|t| u32::from(*t as usize == class)).collect();
        if !is.contains(&1) || !is.contains(&0) {
            let why = if is.contains(&1) { "is the only one" } else { "does not occur" };
            return Err(Error::value(format!("{NAME}: class {class} {why}")));
        }
        let of: Vec<f64> = scores.iter().map(|row| row[class]).collect();
        sum += area(NAME, &is, &of)?;
    }
    Ok(sum / scores.columns() as f64)
}

fn table(name: &str, truth: &[u32], scores: &Samples) -> Result<()> {
    same_length(name, truth.len(), scores.rows())?;
    scores.check(name)?;
    match truth.iter().find(|t| **t as usize >= scores.columns()) {
        None => Ok(()),
        Some(t) => Err(Error::value(format!("{name}: there is a class {t}, but only {} columns", scores.columns()))),
    }
}

/// The curve of precision against recall.
///
/// # Errors
/// As [`roc_curve`], but class 0 need not occur.
pub fn precision_recall_curve(truth: &[u32], scores: &[f64]) -> Result<PrecisionRecallCurve> {
    let steps = steps("precision_recall_curve", truth, scores, false)?;
    let ones = steps.last().map_or(1, |s| s.ones) as f64;
    let mut curve = PrecisionRecallCurve { precision: vec![], recall: vec![], thresholds: vec![] };
    for s in steps.iter().rev() {
        curve.precision.push(s.ones as f64 / (s.ones + s.zeros) as f64);
        curve.recall.push(s.ones as f64 / ones);
        curve.thresholds.push(s.threshold);
    }
    curve.precision.push(1.0);
    curve.recall.push(0.0);
    Ok(curve)
}

/// The precision at each threshold, weighted by how much recall rises there.
///
/// # Errors
/// As [`precision_recall_curve`].
pub fn average_precision(truth: &[u32], scores: &[f64]) -> Result<f64> {
    let steps = steps("average_precision", truth, scores, false)?;
    let ones = steps.last().map_or(1, |s| s.ones) as f64;
    let (mut sum, mut before) = (0.0, 0);
    for s in &steps {
        sum += (s.ones - before) as f64 / ones * (s.ones as f64 / (s.ones + s.zeros) as f64);
        before = s.ones;
    }
    Ok(sum)
}

/// The mean of -ln p, p the probability given to the true class (at least 2.2e-16). `probabilities`: `[rows, classes]`.
///
/// # Errors
/// When the lengths differ, a code is none of the columns, a probability is not in [0, 1], or a row does not sum to 1
/// (within 1e-4).
pub fn log_loss(truth: &[u32], probabilities: &Samples) -> Result<f64> {
    const NAME: &str = "log_loss";
    table(NAME, truth, probabilities)?;
    for (i, row) in probabilities.iter().enumerate() {
        let sum: f64 = row.iter().sum();
        if row.iter().any(|p| !(0.0..=1.0 + 1e-9).contains(p)) || (sum - 1.0).abs() > 1e-4 {
            return Err(Error::value(format!("{NAME}: row {} is not probabilities: they sum to {sum}", i + 1)));
        }
    }
    let loss = |(t, row): (&u32, &[f64])| -row[*t as usize].clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln();
    Ok(truth.iter().zip(probabilities.iter()).map(loss).sum::<f64>() / truth.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUTH: [u32; 8] = [0, 0, 1, 1, 0, 1, 1, 0];
    const SCORES: [f64; 8] = [0.1, 0.4, 0.35, 0.8, 0.4, 0.4, 0.9, 0.05];

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    }

    // scikit-learn 1.9.1: roc_auc_score, roc_curve(drop_intermediate=False), precision_recall_curve,
    // average_precision_score, log_loss; roc_auc_score(multi_class="ovr").
    #[test]
    fn as_in_scikit_learn() {
        near(roc_auc(&TRUTH, &SCORES).unwrap(), 0.8125);
        let roc = roc_curve(&TRUTH, &SCORES).unwrap();
        assert_eq!(roc.false_positive, [0.0, 0.0, 0.0, 0.5, 0.5, 0.75, 1.0]);
        assert_eq!(roc.true_positive, [0.0, 0.25, 0.5, 0.75, 1.0, 1.0, 1.0]);
        assert_eq!(roc.thresholds, [f64::INFINITY, 0.9, 0.8, 0.4, 0.35, 0.1, 0.05]);
        let pr = precision_recall_curve(&TRUTH, &SCORES).unwrap();
        assert_eq!(pr.precision, [0.5, 4.0 / 7.0, 4.0 / 6.0, 0.6, 1.0, 1.0, 1.0]);
        assert_eq!(pr.recall, [1.0, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0]);
        assert_eq!(pr.thresholds, [0.05, 0.1, 0.35, 0.4, 0.8, 0.9]);
        near(average_precision(&TRUTH, &SCORES).unwrap(), 0.8166666666666667);
        let p = [0.7, 0.2, 0.1, 0.5, 0.3, 0.2, 0.2, 0.5, 0.3, 0.3, 0.3, 0.4, 0.1, 0.2, 0.7, 0.4, 0.3, 0.3];
        let p = Samples::new(6, 3, p.to_vec()).unwrap();
        near(log_loss(&[0, 0, 1, 1, 2, 2], &p).unwrap(), 0.7512649762748712);
        near(roc_auc_multiclass(&[0, 0, 1, 1, 2, 2], &p).unwrap(), 0.8958333333333334);
    }

    #[test]
    fn edges_are_defined() {
        assert_eq!(roc_auc(&[0, 0], &[1.0, 2.0]).unwrap_err().to_string(), "roc_auc: class 1 does not occur");
        assert!(roc_auc(&[0, 2], &[1.0, 2.0]).is_err() && roc_auc(&[0, 1], &[1.0, f64::NAN]).is_err());
        assert_eq!(roc_auc(&[0, 1, 1], &[1.0; 3]).unwrap(), 0.5);
        assert_eq!(roc_auc(&[0, 1], &[-0.0, 0.0]).unwrap(), 0.5);
        assert_eq!(average_precision(&[1, 1], &[1.0, 0.5]).unwrap(), 1.0);
        let p = Samples::new(2, 2, vec![0.0, 1.0, 0.5, 0.6]).unwrap();
        let says = |t: &[u32], p: &Samples| log_loss(t, p).unwrap_err().to_string();
        assert!(says(&[0, 1], &p).contains("row 2 is not probabilities"));
        assert!(says(&[0, 2], &p).contains("there is a class 2"));
        assert!(log_loss(&[0], &p.select(&[0])).unwrap().is_finite());
        assert!(roc_auc_multiclass(&[0, 0], &p).unwrap_err().to_string().contains("is the only one"));
    }
}
