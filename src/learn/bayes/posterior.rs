//! From how likely each class is with a sample to its answer, shared by the three kinds of naive Bayes.

use crate::learn::{Answer, Samples};
use crate::{Error, Result};

/// The class of each sample: the first of the likeliest. `logs` is `[rows, classes]`.
pub fn classes(logs: &[f64], classes: usize) -> Answer {
    let largest = |row: &[f64]| (1..row.len()).fold(0, |best, c| if row[c] > row[best] { c } else { best });
    Answer::Classes(logs.chunks_exact(classes).map(|row| largest(row) as i64).collect())
}

/// Probabilities in place of the logarithms of joint probabilities. Where all classes are impossible, all are alike.
pub fn probabilities(mut logs: Vec<f64>, rows: usize, classes: usize) -> Result<Samples> {
    for row in logs.chunks_exact_mut(classes) {
        let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        for p in row.iter_mut() {
            *p = if most > f64::NEG_INFINITY { (*p - most).exp() } else { 1.0 };
            sum += *p;
        }
        row.iter_mut().for_each(|p| *p /= sum);
    }
    Samples::new(rows, classes, logs)
}

/// Checks priors given as a setting.
pub fn check_priors(name: &str, priors: &Option<Vec<f64>>) -> Result<()> {
    let Some(priors) = priors else { return Ok(()) };
    let sum: f64 = priors.iter().sum();
    if priors.iter().all(|p| *p > 0.0) && (sum - 1.0).abs() < 1e-6 {
        return Ok(());
    }
    Err(Error::setting(name, "priors", "positive numbers whose sum is 1", format!("{priors:?}")))
}

/// The logarithms of the classes' priors: given, as frequent as in the samples, or all alike.
pub fn log_priors(name: &str, given: &Option<Vec<f64>>, by_count: bool, counts: &[f64]) -> Result<Vec<f64>> {
    let (total, k) = (counts.iter().sum::<f64>(), counts.len());
    match given {
        Some(priors) if priors.len() == k => Ok(priors.iter().map(|p| p.ln()).collect()),
        Some(priors) => Err(Error::value(format!("{name}: `priors` has {} numbers for {k} classes", priors.len()))),
        None if by_count => Ok(counts.iter().map(|n| (n / total).ln()).collect()),
        None => Ok(counts.iter().map(|_| -(k as f64).ln()).collect()),
    }
}

/// How many classes there are after more samples with `classes` of them; nothing is known yet where `known` is 0.
pub fn known_classes(name: &str, known: usize, classes: usize) -> Result<usize> {
    match known {
        0 => Ok(classes),
        _ if classes <= known => Ok(known),
        _ => Err(Error::value(format!("{name}: it knows {known} classes, these samples have {classes}"))),
    }
}

/// Refuses classes without samples.
pub fn all_occur(name: &str, counts: &[f64]) -> Result<()> {
    match counts.iter().position(|n| *n == 0.0) {
        None => Ok(()),
        Some(empty) => Err(Error::value(format!("{name}: class {} of {} has no samples", empty + 1, counts.len()))),
    }
}
