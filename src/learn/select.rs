//! Choosing between learners and settings: scores over folds, and searches over a grid of options or within ranges.

use super::estimator::Estimator;
use super::label::Label;
use super::samples::Samples;
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::optim::blackbox;
use crate::{Error, Result, options, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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

impl Tried {
    fn new(
        estimator: &Estimator,
        options: Vec<(String, Value)>,
        x: &Samples,
        y: &[Label],
        folds: &[Fold],
    ) -> Result<Self> {
        let scores = cross_validate(&estimator.with(&options)?, x, y, folds)?;
        let mean = scores.iter().sum::<f64>() / scores.len().max(1) as f64;
        Ok(Self { options, scores, mean })
    }
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
        tried.push(Tried::new(estimator, options, x, y, folds)?);
    }
    tried.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    Ok(tried)
}

/// Settings of [`search`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SearchSettings {
    /// The method that proposes options, one of `mynah.optim` such as "bayes", "cmaes" or "random". Default "bayes".
    pub method: String,
    /// Proposals, from 1 to 100000; those that were tried before cost nothing. Default 30.
    pub trials: usize,
    /// How many folds, at least 2. Default 5.
    pub folds: usize,
    /// Put the samples in random order first. Default true.
    pub shuffle: bool,
    /// Of the order and of the proposals. Default 0.
    pub seed: u64,
}

impl Default for SearchSettings {
    fn default() -> Self {
        Self { method: "bayes".into(), trials: 30, folds: 5, shuffle: true, seed: 0 }
    }
}

/// From where to where an option goes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Range {
    /// The smallest value. Default 0.
    pub low: f64,
    /// The largest value. Default 0, which must be changed.
    pub high: f64,
    /// Even in its logarithm; `low` must be positive. Default false.
    pub log: bool,
    /// Whole numbers only. Default false.
    pub whole: bool,
}

/// What an option may be.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// A number within a range.
    Between(Range),
    /// One of these.
    Among(Vec<Value>),
}

impl Choice {
    /// From a list of values or the fields of a [`Range`].
    ///
    /// # Errors
    /// When it is neither, the list is empty or the range is.
    pub fn from_json(name: &str, value: Value) -> Result<Self> {
        match value {
            Value::Array(values) if values.is_empty() => {
                Err(Error::value(format!("search: `{name}` must be a list of values or {{ low, high }}")))
            }
            Value::Array(values) => Ok(Self::Among(values)),
            fields => {
                let range: Range = options::read(&format!("search.{name}"), fields)?;
                let Range { low, high, log, .. } = range;
                if !(low < high && low.is_finite() && high.is_finite()) {
                    return Err(Error::value(format!(
                        "search: `{name}` must go from low up to high, got {low} to {high}"
                    )));
                }
                if log && low <= 0.0 {
                    return Err(Error::value(format!("search: `{name}` with `log` must begin above 0, got {low}")));
                }
                Ok(Self::Between(range))
            }
        }
    }

    /// The value at `u` of the way, in [0, 1].
    fn at(&self, u: f64) -> Value {
        match self {
            Self::Among(values) => values[((u * values.len() as f64) as usize).min(values.len() - 1)].clone(),
            Self::Between(Range { low, high, log, whole }) => {
                // Whole numbers have half a step of room on each side.
                let (a, b) = if *whole { (low - 0.5, high + 0.5) } else { (*low, *high) };
                let a = if *log && *whole { a.max(low * 0.5) } else { a };
                let v = if *log { (a.ln() + u * (b.ln() - a.ln())).exp() } else { a + u * (b - a) };
                match whole {
                    true => Value::from(v.round().clamp(low.ceil(), high.floor().max(low.ceil())) as i64),
                    false => Value::from(v.clamp(*low, *high)),
                }
            }
        }
    }
}

/// Options within `space`, proposed by a black-box method that learns from the scores over the folds; best first, and of
/// equals the earlier. (Bergstra et al. 2011, "Algorithms for hyper-parameter optimization".)
///
/// # Errors
/// When the space is empty, the method or an option is unknown, or a fit fails.
pub fn search(
    estimator: &Estimator,
    space: &[(String, Choice)],
    x: &Samples,
    y: &[Label],
    folds: &[Fold],
    settings: &SearchSettings,
) -> Result<Vec<Tried>> {
    if space.is_empty() {
        return Err(Error::value("search: there is no option to search"));
    }
    ensure_setting((1..=100_000).contains(&settings.trials), "search", "trials", "from 1 to 100000", settings.trials)?;
    // Every option is a coordinate of the unit cube.
    let cube = json!({
        "lower": 0.0, "upper": 1.0, "dim": space.len(), "budget": settings.trials, "seed": settings.seed,
    });
    let mut method = blackbox::by_name(&settings.method, cube)?;
    let mut tried: Vec<Tried> = Vec::new();
    while method.done().is_none() && method.counts().evals < settings.trials as u64 {
        let mut values = Vec::new();
        for point in method.ask().to_vec() {
            let options: Vec<(String, Value)> =
                space.iter().zip(&point).map(|((name, choice), u)| (name.clone(), choice.at(*u))).collect();
            let mean = match tried.iter().find(|t| t.options == options) {
                Some(before) => before.mean,
                None => {
                    tried.push(Tried::new(estimator, options, x, y, folds)?);
                    tried[tried.len() - 1].mean
                }
            };
            values.push(-mean);
        }
        method.tell(&values)?;
    }
    tried.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    Ok(tried)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::tools::split::k_fold;
    use crate::learn::tools::toy::{MoonsSettings, moons};

    #[test]
    fn ranges_reach_their_ends_and_no_further() {
        let choice = |value| Choice::from_json("C", value);
        let c = choice(json!({ "low": 0.01, "high": 100.0, "log": true })).unwrap();
        for (u, wanted) in [(0.0, 0.01), (0.5, 1.0), (1.0, 100.0)] {
            let found = c.at(u).as_f64().unwrap();
            assert!((found - wanted).abs() < 1e-12 * wanted && (0.01..=100.0).contains(&found), "{u}: {found}");
        }
        for log in [false, true] {
            let k = choice(json!({ "low": 1, "high": 3, "whole": true, "log": log })).unwrap();
            assert_eq!([0.0, 0.6, 1.0].map(|u| k.at(u)), [json!(1), json!(2), json!(3)], "{log}");
        }
        let words = choice(json!(["a", "b"])).unwrap();
        assert_eq!([0.0, 0.49, 0.5, 1.0].map(|u| words.at(u)), ["a", "a", "b", "b"].map(Value::from));
        for (wrong, why) in [
            (json!({ "low": 1, "high": 1 }), "search: `C` must go from low up to high, got 1 to 1"),
            (json!({ "low": 0, "high": 1, "log": true }), "search: `C` with `log` must begin above 0, got 0"),
            (json!({ "lo": 0, "high": 1 }), "unknown option `lo` for `search.C`; did you mean `low`?"),
            (json!([]), "search: `C` must be a list of values or { low, high }"),
        ] {
            assert_eq!(choice(wrong).unwrap_err().to_string(), why);
        }
    }

    #[test]
    fn a_search_finds_what_a_grid_finds_and_the_same_from_the_same_seed() {
        let (x, codes) = moons(&MoonsSettings { samples: 120, noise: 0.2, seed: 3, ..Default::default() }).unwrap();
        let y: Vec<Label> = codes.iter().map(|c| Label::Number(f64::from(*c))).collect();
        let folds = k_fold(120, 3, Some(1)).unwrap();
        let svc = Estimator::new("svc", json!({})).unwrap();
        let range = |low: f64, high: f64| Choice::Between(Range { low, high, log: true, whole: false });
        let space = [("C".to_string(), range(0.01, 100.0)), ("gamma".to_string(), range(0.001, 100.0))];
        let values = |list: &[f64]| list.iter().map(|v| json!(v)).collect::<Vec<_>>();
        let grid = [("C".into(), values(&[0.1, 1.0, 10.0])), ("gamma".into(), values(&[0.01, 0.1, 1.0, 10.0]))];
        let best = grid_search(&svc, &grid, &x, &y, &folds, None).unwrap()[0].mean;
        for method in ["bayes", "cmaes", "random"] {
            let settings = SearchSettings { method: method.into(), trials: 25, seed: 2, ..Default::default() };
            let found = search(&svc, &space, &x, &y, &folds, &settings).unwrap();
            assert!(found.len() <= 25 && found[0].mean >= best - 0.025, "{method}: {} {best}", found[0].mean);
            assert!(found.windows(2).all(|w| w[0].mean >= w[1].mean));
            assert_eq!(search(&svc, &space, &x, &y, &folds, &settings).unwrap(), found, "{method}");
        }
        let settings = SearchSettings { method: "byes".into(), ..Default::default() };
        let refusal = search(&svc, &space, &x, &y, &folds, &settings).unwrap_err().to_string();
        assert_eq!(refusal, "unknown method `byes`; did you mean `bayes`?");
    }
}
