//! AdaBoost: small trees one after the other, each with more weight on what those before it got wrong.
//!
//! Freund & Schapire (1997); for several classes SAMME (Zhu, Zou, Rosset & Hastie 2009); for numbers AdaBoost.R2
//! (Drucker 1997).

use super::choices::{self, Criterion, MaxFeatures, Splitter};
use super::decision_tree::{Ends, count, most, normal, piece, sums};
use super::forest::MOST_TREES;
use super::gradient_boosting::softmax;
use super::grow::{Job, Table, Target};
use super::tree::{Tree, damaged, largest};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`Adaboost`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdaboostSettings {
    /// How many trees at most, from 1. Default 50.
    pub trees: usize,
    /// How much each tree counts, positive. Default 1.
    pub lr: f64,
    /// Steps from the root to a leaf at most, from 1: trees of one step are called stumps. Default 1.
    pub max_depth: usize,
    /// The least number of samples in a leaf, from 1. Default 1.
    pub min_samples_leaf: usize,
    /// How many features each cut tries: "all", "sqrt", "log2", a share below 1, or a whole number. Default "all".
    pub max_features: MaxFeatures,
    /// Of the choice of features. Default 0.
    pub seed: u64,
}

impl Default for AdaboostSettings {
    fn default() -> Self {
        let (max_depth, max_features) = (1, MaxFeatures::All);
        Self { trees: 50, lr: 1.0, max_depth, min_samples_leaf: 1, max_features, seed: 0 }
    }
}

/// How much an error counts in [`AdaboostRegressor`], as a share of the largest one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BoostLoss {
    /// `e`.
    #[default]
    Linear,
    /// `e²`.
    Square,
    /// `1 - exp(-e)`.
    Exponential,
}

/// Settings of [`AdaboostRegressor`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdaboostRegressorSettings {
    /// How many trees at most, from 1. Default 50.
    pub trees: usize,
    /// How much each tree counts, positive. Default 1.
    pub lr: f64,
    /// How much an error counts: "linear", "square" or "exponential". Default "linear".
    pub loss: BoostLoss,
    /// Steps from the root to a leaf at most, from 1. Default 3.
    pub max_depth: usize,
    /// The least number of samples in a leaf, from 1. Default 1.
    pub min_samples_leaf: usize,
    /// How many features each cut tries: "all", "sqrt", "log2", a share below 1, or a whole number. Default "all".
    pub max_features: MaxFeatures,
    /// Of the draws of samples and features. Default 0.
    pub seed: u64,
}

impl Default for AdaboostRegressorSettings {
    fn default() -> Self {
        let (max_depth, max_features, loss) = (3, MaxFeatures::All, BoostLoss::Linear);
        Self { trees: 50, lr: 1.0, loss, max_depth, min_samples_leaf: 1, max_features, seed: 0 }
    }
}

/// AdaBoost for classes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Adaboost {
    settings: AdaboostSettings,
    learned: Option<Learned>,
}

/// AdaBoost for numbers: the weighted median of the trees.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AdaboostRegressor {
    settings: AdaboostRegressorSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    columns: usize,
    outputs: usize,    // classes, or 1
    trees: Vec<Tree>,  // of classes: each leaf votes 1 for its class, -1 / (classes - 1) for the others
    weights: Vec<f64>, // of each tree
    errors: Vec<f64>,  // the weighted error of each tree
    importances: Vec<f64>,
}

impl Learned {
    fn new(columns: usize, outputs: usize) -> Self {
        let importances = vec![0.0; columns];
        Self { columns, outputs, trees: Vec::new(), weights: Vec::new(), errors: Vec::new(), importances }
    }

    fn take(&mut self, tree: Tree, weight: f64, error: f64, importances: Vec<f64>) {
        self.trees.push(tree);
        self.weights.push(weight);
        self.errors.push(error);
        self.importances.iter_mut().zip(normal(importances)).for_each(|(sum, v)| *sum += weight * v);
    }

    fn sound(&self) -> bool {
        !self.trees.is_empty()
            && self.trees.iter().all(|t| t.sound(self.columns, self.outputs))
            && self.weights.len() == self.trees.len()
            && self.importances.len() == self.columns
            && self.weights.iter().all(|w| *w > 0.0 && w.is_finite())
            && self.errors.iter().chain(&self.importances).all(|v| v.is_finite())
    }

    fn shown(&self) -> Vec<(&'static str, Shown)> {
        vec![
            ("importances", Shown::Numbers(self.importances.clone())),
            ("weights", Shown::Numbers(self.weights.clone())),
            ("errors", Shown::Numbers(self.errors.clone())),
        ]
    }

    fn words(&self) -> String {
        format!("{} features, {}", self.columns, count(self.trees.len(), "tree", "trees"))
    }
}

fn check(name: &str, trees: usize, lr: f64, ends: &Ends) -> Result<()> {
    ensure_setting((1..=MOST_TREES).contains(&trees), name, "trees", "from 1 to 1000000", trees)?;
    ensure_setting(lr > 0.0 && lr <= 1e6, name, "lr", "positive and at most 1e6", lr)?;
    ends.check(name)
}

fn ends(max_depth: usize, min_samples_leaf: usize, max_features: MaxFeatures) -> Ends {
    Ends {
        max_depth: Some(max_depth),
        min_samples_split: 2,
        min_samples_leaf,
        max_features,
        max_leaves: None,
        min_impurity_decrease: 0.0,
        ccp_alpha: 0.0,
    }
}

const NAME: &str = "adaboost";

impl Adaboost {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: AdaboostSettings) -> Result<Self> {
        let s = &settings;
        check(NAME, s.trees, s.lr, &ends(s.max_depth, s.min_samples_leaf, s.max_features))?;
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(NAME, bytes)?;
        Self::new(me.settings.clone())?;
        match &me.learned {
            Some(l) if l.outputs < 2 || !l.sound() => damaged(NAME),
            _ => Ok(me),
        }
    }

    /// The weighted mean of the votes. `[rows, classes]`.
    fn votes(&self, x: &Samples) -> Result<(Vec<f64>, usize)> {
        let l = fitted(NAME, &self.learned)?;
        x.check_width(NAME, l.columns)?;
        let (k, columns) = (l.outputs, l.columns);
        let all: f64 = l.weights.iter().sum();
        let mut votes = vec![0.0; x.rows() * k];
        let piece = piece(x.rows());
        votes.par_chunks_mut(piece * k).zip(x.values().par_chunks(piece * columns)).try_for_each(|(votes, rows)| {
            for (tree, weight) in l.trees.iter().zip(&l.weights) {
                let (values, weight) = (tree.values(), weight / all);
                tree.leaves_of(rows, columns, |i, leaf| {
                    let value = &values[leaf * k..(leaf + 1) * k];
                    votes[i * k..(i + 1) * k].iter_mut().zip(value).for_each(|(to, v)| *to += weight * v);
                });
            }
            stop::check()
        })?;
        Ok((votes, k))
    }
}

impl Learner for Adaboost {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        x.check(NAME)?;
        choices::check_size(NAME, x)?;
        let (codes, classes) = y.classes(NAME, x.rows(), 2)?;
        let s = &self.settings;
        let table = Table::new(x, Splitter::Best);
        let target = Target::Classes { codes, classes, criterion: Criterion::Gini };
        let limits = ends(s.max_depth, s.min_samples_leaf, s.max_features).limits(x.columns());
        let job = Job { table: &table, target, limits };
        let others = (classes - 1) as f64;
        let mut learned = Learned::new(x.columns(), classes);
        let mut weights = vec![1.0; x.rows()];
        let mut warning = None;
        for t in 0..s.trees {
            // The sum is the number of samples, so that none is too small to count.
            let scale = x.rows() as f64 / weights.iter().sum::<f64>();
            weights.iter_mut().for_each(|w| *w *= scale);
            let grown = job.grow(&weights, Rng::stream(s.seed, t as u64))?;
            let tree = grown.tree.answering(classes, |shares, votes| {
                let class = largest(shares);
                votes.extend((0..classes).map(|c| if c == class { 1.0 } else { -1.0 / others }));
            });
            let said = sums(x, std::slice::from_ref(&tree), classes)?;
            let wrong: Vec<bool> =
                said.chunks_exact(classes).zip(codes).map(|(votes, &c)| votes[c as usize] != 1.0).collect();
            let error = weights.iter().zip(&wrong).filter(|(_, wrong)| **wrong).map(|(w, _)| w).sum::<f64>();
            let error = error / x.rows() as f64;
            if error <= 1e-12 {
                // Nothing is left to correct.
                learned.take(tree, 1.0, error, grown.importances);
                break;
            }
            let weight = s.lr * (((1.0 - error) / error).ln() + others.ln());
            if !(weight > 1e-12) {
                if t == 0 {
                    let chance = others / classes as f64;
                    warning =
                        Some(format!("the first tree is no better than chance: error {error:.4}, chance {chance:.4}"));
                    learned.take(tree, 1.0, error, grown.importances);
                }
                break;
            }
            let factor = weight.min(600.0).exp();
            weights.iter_mut().zip(&wrong).filter(|(_, wrong)| **wrong).for_each(|(w, _)| *w *= factor);
            learned.take(tree, weight, error, grown.importances);
        }
        learned.importances = normal(learned.importances);
        let steps = learned.trees.len() as u64;
        self.learned = Some(learned);
        Ok(Fit { steps, warning })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let (votes, classes) = self.votes(x)?;
        Ok(most(&votes, classes))
    }

    fn predict_proba(&self, x: &Samples) -> Result<Samples> {
        let (mut votes, classes) = self.votes(x)?;
        for row in votes.chunks_exact_mut(classes) {
            row.iter_mut().for_each(|v| *v /= (classes - 1) as f64);
            softmax(row);
        }
        Samples::new(x.rows(), classes, votes)
    }

    fn decision(&self, x: &Samples) -> Result<Samples> {
        let (votes, classes) = self.votes(x)?;
        match classes {
            2 => Samples::new(x.rows(), 1, votes.chunks_exact(2).map(|v| v[1] - v[0]).collect()),
            _ => Samples::new(x.rows(), classes, votes),
        }
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        self.learned.as_ref().map(Learned::shown).unwrap_or_default()
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(|l| format!("{}, {} classes", l.words(), l.outputs))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

const REGRESSOR: &str = "adaboost_regressor";

impl AdaboostRegressor {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: AdaboostRegressorSettings) -> Result<Self> {
        let s = &settings;
        check(REGRESSOR, s.trees, s.lr, &ends(s.max_depth, s.min_samples_leaf, s.max_features))?;
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(REGRESSOR, bytes)?;
        Self::new(me.settings.clone())?;
        match &me.learned {
            Some(l) if l.outputs != 1 || !l.sound() => damaged(REGRESSOR),
            _ => Ok(me),
        }
    }
}

/// As many places as there are weights, drawn by them.
fn draw(weights: &[f64], rng: &mut Rng) -> Vec<f64> {
    let mut sum = 0.0;
    let ends: Vec<f64> = weights
        .iter()
        .map(|w| {
            sum += w;
            sum
        })
        .collect();
    let mut counts = vec![0.0; weights.len()];
    for _ in 0..weights.len() {
        let at = rng.uniform() * sum;
        counts[ends.partition_point(|end| *end <= at).min(weights.len() - 1)] += 1.0;
    }
    counts
}

impl Learner for AdaboostRegressor {
    fn name(&self) -> &'static str {
        REGRESSOR
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        x.check(REGRESSOR)?;
        choices::check_size(REGRESSOR, x)?;
        let y = y.numbers(REGRESSOR, x.rows())?;
        choices::check_answers(REGRESSOR, y)?;
        let s = &self.settings;
        let table = Table::new(x, Splitter::Best);
        let limits = ends(s.max_depth, s.min_samples_leaf, s.max_features).limits(x.columns());
        let job = Job { table: &table, target: Target::Numbers(y), limits };
        let mut learned = Learned::new(x.columns(), 1);
        let mut weights = vec![1.0; x.rows()];
        for t in 0..s.trees {
            let mut rng = Rng::stream(s.seed, t as u64);
            let scale = x.rows() as f64 / weights.iter().sum::<f64>();
            weights.iter_mut().for_each(|w| *w *= scale);
            let drawn = draw(&weights, &mut rng);
            let grown = job.grow(&drawn, rng)?;
            let mut errors = sums(x, std::slice::from_ref(&grown.tree), 1)?;
            errors.iter_mut().zip(y).for_each(|(e, y)| *e = (*e - y).abs());
            let largest = errors.iter().fold(0.0, |a: f64, e| a.max(*e));
            if largest <= 0.0 {
                learned.take(grown.tree, 1.0, 0.0, grown.importances);
                break;
            }
            for e in &mut errors {
                *e /= largest;
                *e = match s.loss {
                    BoostLoss::Linear => *e,
                    BoostLoss::Square => *e * *e,
                    BoostLoss::Exponential => 1.0 - (-*e).exp(),
                };
            }
            let loss = errors.iter().zip(&weights).map(|(e, w)| e * w).sum::<f64>() / x.rows() as f64;
            let loss = loss.max(1e-12);
            if loss >= 0.5 {
                if t == 0 {
                    learned.take(grown.tree, 1.0, loss, grown.importances);
                }
                break;
            }
            let beta = loss / (1.0 - loss);
            weights.iter_mut().zip(&errors).for_each(|(w, e)| *w *= beta.powf((1.0 - e) * s.lr).max(1e-100));
            learned.take(grown.tree, s.lr * (1.0 / beta).ln(), loss, grown.importances);
        }
        learned.importances = normal(learned.importances);
        let steps = learned.trees.len() as u64;
        self.learned = Some(learned);
        Ok(Fit { steps, warning: None })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(REGRESSOR, &self.learned)?;
        x.check_width(REGRESSOR, l.columns)?;
        let (columns, trees) = (l.columns, l.trees.len());
        let half = l.weights.iter().sum::<f64>() / 2.0;
        let mut answers = vec![0.0; x.rows()];
        let piece = piece(x.rows());
        answers.par_chunks_mut(piece).zip(x.values().par_chunks(piece * columns)).try_for_each(|(answers, rows)| {
            let mut said = vec![(0.0, 0.0); answers.len() * trees]; // [rows, trees]: an answer and its weight
            for (t, (tree, weight)) in l.trees.iter().zip(&l.weights).enumerate() {
                tree.leaves_of(rows, columns, |i, leaf| said[i * trees + t] = (tree.values()[leaf], *weight));
            }
            for (answer, said) in answers.iter_mut().zip(said.chunks_exact_mut(trees)) {
                said.sort_by(|a, b| a.0.total_cmp(&b.0));
                let mut sum = 0.0;
                let median = said.iter().find(|(_, weight)| {
                    sum += weight;
                    sum >= half
                });
                *answer = median.or(said.last()).map_or(0.0, |(v, _)| *v);
            }
            stop::check()
        })?;
        Ok(Answer::Numbers(answers))
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        self.learned.as_ref().map(Learned::shown).unwrap_or_default()
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(Learned::words)
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(REGRESSOR, self)
    }
}
