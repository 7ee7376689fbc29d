//! Choosing between learners and settings: scores over folds, and a search over a grid of options.

use super::estimator::Estimator;
use super::label::Label;
use super::samples::Samples;
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::{Error, Result, stop};
use rayon::prelude::*;
use serde_json::Value;

/// One fold: the places of the samples to fit to, and of those to score.
pub type Fold = (Vec<usize>, Vec<usize>);

/// The score of a fresh copy of `estimator` on each fold, fitted without that fold.
///
/// # Errors
/// When a fit or a score fails, or someone asks to stop.
pub fn cross_validate(estimator: &Estimator, x: &Samples, y: &[Label], folds: &[Fold]) -> Result<Vec<f64>> {
    if x.rows() != y.len() {
        return Err(Error::shape("cross_validate", format!("{} samples, but {} answers", x.rows(), y.len())));
    }
    let pick = |places: &[usize]| places.iter().map(|&i| y[i].clone()).collect::<Vec<_>>();
    let score = |(train, test): &Fold| {
        stop::check()?;
        if let Some(wrong) = train.iter().chain(test).find(|i| **i >= y.len()) {
            return Err(Error::value(format!("cross_validate: a fold names sample {wrong} of {}", y.len())));
        }
        let mut fresh = estimator.fresh()?;
        fresh.fit(&x.select(train), Some(&pick(train)))?;
        fresh.score(&x.select(test), &pick(test))
    };
    folds.par_iter().map(score).collect()
}

/// One setting of a grid, and how it scored.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// The options that were changed.
    pub options: Vec<(String, Value)>,
    /// The score of each fold.
    pub scores: Vec<f64>,
    /// Their mean.
    pub mean: f64,
}

/// Every combination of `grid`, scored over the folds; best first, and of equals the earlier. With `drawn` (how many, and
/// a seed) only so many of them, drawn at random (Bergstra & Bengio 2012).
///
/// # Errors
/// When the grid is empty or holds more than 100,000 combinations, an option is unknown, or a fit fails.
pub fn grid_search(
    estimator: &Estimator,
    grid: &[(String, Vec<Value>)],
    x: &Samples,
    y: &[Label],
    folds: &[Fold],
    drawn: Option<(usize, u64)>,
) -> Result<Vec<Tried>> {
    let count = grid.iter().try_fold(1usize, |n, (_, values)| n.checked_mul(values.len())).unwrap_or(usize::MAX);
    if !(1..=100_000).contains(&count) {
        return Err(Error::value(format!("grid_search: the grid has {count} combinations, not 1 to 100000")));
    }
    let mut chosen: Vec<usize> = (0..count).collect();
    if let Some((some, seed)) = drawn {
        ensure_setting(some >= 1, "grid_search", "count", "at least 1", some)?;
        Rng::new(seed).shuffle(&mut chosen);
        chosen.truncate(some);
        chosen.sort_unstable();
    }
    let mut tried = Vec::with_capacity(chosen.len());
    for k in chosen {
        let mut rest = k;
        let options: Vec<(String, Value)> = grid
            .iter()
            .map(|(name, values)| {
                let value = values[rest % values.len()].clone();
                rest /= values.len();
                (name.clone(), value)
            })
            .collect();
        let scores = cross_validate(&estimator.with(&options)?, x, y, folds)?;
        let mean = scores.iter().sum::<f64>() / scores.len().max(1) as f64;
        tried.push(Tried { options, scores, mean });
    }
    tried.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    Ok(tried)
}
