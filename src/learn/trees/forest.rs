//! Forests: many trees, each different by chance, that answer together.
//!
//! Random forests: Breiman (2001); extremely randomised trees, whose thresholds are random too: Geurts, Ernst &
//! Wehenkel (2006). Classes are answered by the mean of the trees' shares, as in scikit-learn, not by their votes.

use super::choices::{self, Criterion, MaxFeatures, Splitter};
use super::decision_tree::{count, ends, most, normal, piece, sums};
use super::grow::{Job, Table, Target};
use super::tree::{Tree, damaged};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::ClassWeight;
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`RandomForest`] and [`ExtraTrees`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ForestSettings {
    /// How many trees, from 1. Default 100.
    pub trees: usize,
    /// How mixed a node is: "gini" or "entropy". Default "gini".
    pub criterion: Criterion,
    /// Steps from the root to a leaf at most, from 1. Default: no limit.
    pub max_depth: Option<usize>,
    /// Nodes with fewer samples are not cut, from 2. Default 2.
    pub min_samples_split: usize,
    /// The least number of samples in a leaf, from 1. Default 1.
    pub min_samples_leaf: usize,
    /// How many features each cut tries: "all", "sqrt", "log2", a share below 1, or a whole number. Default "sqrt".
    pub max_features: MaxFeatures,
    /// Leaves of each tree at most, from 2; the cuts that help most come first. Default: no limit.
    pub max_leaves: Option<usize>,
    /// A cut must lower the impurity of the whole by so much, not negative. Default 0.
    pub min_impurity_decrease: f64,
    /// Prune branches whose leaves lower the impurity of the whole by less than this each, not negative. Default 0.
    pub ccp_alpha: f64,
    /// Each tree learns from as many samples drawn with replacement. Default true for random forests, false for extra
    /// trees.
    pub bootstrap: Option<bool>,
    /// Score each sample by the trees that did not draw it. Needs `bootstrap`. Default false.
    pub oob: bool,
    /// How much the samples of each class weigh: "balanced" (samples / (classes · samples of the class)), a list
    /// with a positive number for each class, or { label = number }. Default: 1 for all.
    pub class_weight: Option<ClassWeight>,
    /// Of all draws. Default 0.
    pub seed: u64,
}

impl Default for ForestSettings {
    fn default() -> Self {
        Self {
            trees: 100,
            criterion: Criterion::Gini,
            max_depth: None,
            min_samples_split: 2,
            min_samples_leaf: 1,
            max_features: MaxFeatures::Sqrt,
            max_leaves: None,
            min_impurity_decrease: 0.0,
            ccp_alpha: 0.0,
            bootstrap: None,
            oob: false,
            class_weight: None,
            seed: 0,
        }
    }
}

/// Settings of [`RandomForestRegressor`] and [`ExtraTreesRegressor`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ForestRegressorSettings {
    /// How many trees, from 1. Default 100.
    pub trees: usize,
    /// Steps from the root to a leaf at most, from 1. Default: no limit.
    pub max_depth: Option<usize>,
    /// Nodes with fewer samples are not cut, from 2. Default 2.
    pub min_samples_split: usize,
    /// The least number of samples in a leaf, from 1. Default 1.
    pub min_samples_leaf: usize,
    /// How many features each cut tries: "all", "sqrt", "log2", a share below 1, or a whole number. Default "all".
    pub max_features: MaxFeatures,
    /// Leaves of each tree at most, from 2; the cuts that help most come first. Default: no limit.
    pub max_leaves: Option<usize>,
    /// A cut must lower the squared error by so much (per sample of the whole), not negative. Default 0.
    pub min_impurity_decrease: f64,
    /// Prune branches whose leaves lower the squared error by less than this each, not negative. Default 0.
    pub ccp_alpha: f64,
    /// Each tree learns from as many samples drawn with replacement. Default true for random forests, false for extra
    /// trees.
    pub bootstrap: Option<bool>,
    /// Score each sample by the trees that did not draw it. Needs `bootstrap`. Default false.
    pub oob: bool,
    /// Of all draws. Default 0.
    pub seed: u64,
}

impl Default for ForestRegressorSettings {
    fn default() -> Self {
        Self {
            trees: 100,
            max_depth: None,
            min_samples_split: 2,
            min_samples_leaf: 1,
            max_features: MaxFeatures::All,
            max_leaves: None,
            min_impurity_decrease: 0.0,
            ccp_alpha: 0.0,
            bootstrap: None,
            oob: false,
            seed: 0,
        }
    }
}

/// Trees at most.
pub(super) const MOST_TREES: usize = 1_000_000;

/// A forest for classes. `EXTRA`: with random thresholds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Forest<const EXTRA: bool> {
    settings: ForestSettings,
    learned: Option<Learned>,
}

/// Trees of drawn samples that try some of the features at each cut.
pub type RandomForest = Forest<false>;

/// Trees with random thresholds that try some of the features at each cut.
pub type ExtraTrees = Forest<true>;

/// A forest for numbers. `EXTRA`: with random thresholds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ForestRegressor<const EXTRA: bool> {
    settings: ForestRegressorSettings,
    learned: Option<Learned>,
}

/// As [`RandomForest`], for numbers.
pub type RandomForestRegressor = ForestRegressor<false>;

/// As [`ExtraTrees`], for numbers.
pub type ExtraTreesRegressor = ForestRegressor<true>;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    columns: usize,
    outputs: usize, // classes, or 1
    trees: Vec<Tree>,
    importances: Vec<f64>,
    oob: Option<Oob>,
}

/// What trees say of samples that they did not draw.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Oob {
    score: f64, // the share of right answers, or R²
    samples: usize,
}

/// How a forest grows.
struct Plan {
    trees: usize,
    bootstrap: bool,
    oob: bool,
    seed: u64,
}

impl Plan {
    fn check(&self, name: &str) -> Result<()> {
        let rule = "from 1 to 1000000";
        ensure_setting((1..=MOST_TREES).contains(&self.trees), name, "trees", rule, self.trees)?;
        if self.oob && !self.bootstrap {
            return Err(Error::value(format!(
                "{name}: `oob` needs `bootstrap`: else every tree learns from all samples"
            )));
        }
        Ok(())
    }

    /// How often a tree drew each of `n` samples, and its generator.
    fn draw(&self, tree: usize, n: usize) -> (Vec<u32>, Rng) {
        let mut rng = Rng::stream(self.seed, tree as u64 + 1);
        if !self.bootstrap {
            return (vec![1; n], rng);
        }
        let mut counts = vec![0; n];
        (0..n).for_each(|_| counts[rng.below(n)] += 1);
        (counts, rng)
    }

    fn grow(&self, job: &Job<'_>, x: &Samples, weights: &[f64], outputs: usize) -> Result<Learned> {
        let n = x.rows();
        let grown: Result<Vec<_>> = (0..self.trees)
            .into_par_iter()
            .map(|t| {
                let (counts, rng) = self.draw(t, n);
                let weights: Vec<f64> = counts.iter().zip(weights).map(|(c, w)| f64::from(*c) * w).collect();
                let grown = job.grow(&weights, rng)?;
                Ok((grown.tree, normal(grown.importances)))
            })
            .collect();
        let mut sum = vec![0.0; x.columns()];
        let mut trees = Vec::with_capacity(self.trees);
        for (tree, importances) in grown? {
            sum.iter_mut().zip(importances).for_each(|(s, v)| *s += v);
            trees.push(tree);
        }
        let mut learned = Learned { columns: x.columns(), outputs, trees, importances: normal(sum), oob: None };
        if self.oob {
            learned.oob = Some(self.oob(x, job.target, &learned)?);
        }
        Ok(learned)
    }

    fn oob(&self, x: &Samples, target: Target<'_>, learned: &Learned) -> Result<Oob> {
        let (n, k, columns) = (x.rows(), learned.outputs, x.columns());
        // Of each tree, a bit for each sample that it drew.
        let drawn: Vec<Vec<u64>> = (0..self.trees)
            .into_par_iter()
            .map(|t| {
                let mut bits = vec![0u64; n.div_ceil(64)];
                let (counts, _) = self.draw(t, n);
                counts.iter().enumerate().filter(|(_, c)| **c > 0).for_each(|(i, _)| bits[i / 64] |= 1 << (i % 64));
                bits
            })
            .collect();
        let mut said = vec![0.0; n * (k + 1)]; // what trees answer in sum, and how many they are
        let piece = piece(n);
        let pieces = said.par_chunks_mut(piece * (k + 1)).zip(x.values().par_chunks(piece * columns));
        pieces.enumerate().try_for_each(|(p, (said, rows))| {
            for (tree, drawn) in learned.trees.iter().zip(&drawn) {
                tree.leaves_of(rows, columns, |i, leaf| {
                    let at = p * piece + i;
                    if drawn[at / 64] >> (at % 64) & 1 == 0 {
                        let said = &mut said[i * (k + 1)..(i + 1) * (k + 1)];
                        said.iter_mut().zip(&tree.values()[leaf * k..(leaf + 1) * k]).for_each(|(s, v)| *s += v);
                        said[k] += 1.0;
                    }
                });
            }
            crate::stop::check()
        })?;
        let heard = || said.chunks_exact(k + 1).enumerate().filter(|(_, row)| row[k] > 0.0);
        let samples = heard().count();
        let score = match target {
            Target::Classes { codes, .. } => {
                let right = heard().filter(|(i, row)| super::tree::largest(&row[..k]) == codes[*i] as usize).count();
                right as f64 / samples.max(1) as f64
            }
            Target::Numbers(y) => {
                let mean = heard().map(|(i, _)| y[i]).sum::<f64>() / samples.max(1) as f64;
                let error: f64 = heard().map(|(i, row)| (y[i] - row[0] / row[1]).powi(2)).sum();
                let spread: f64 = heard().map(|(i, _)| (y[i] - mean).powi(2)).sum();
                if spread > 0.0 { 1.0 - error / spread } else { 0.0 }
            }
        };
        Ok(Oob { score, samples })
    }
}

impl Learned {
    fn sound(&self) -> bool {
        !self.trees.is_empty()
            && self.trees.iter().all(|t| t.sound(self.columns, self.outputs))
            && self.importances.len() == self.columns
            && self.importances.iter().all(|v| v.is_finite())
            && self.oob.as_ref().is_none_or(|o| o.score.is_finite())
    }

    /// The mean of what the trees answer. `[rows, outputs]`.
    fn means(&self, name: &str, x: &Samples) -> Result<Vec<f64>> {
        x.check_width(name, self.columns)?;
        let mut sums = sums(x, &self.trees, self.outputs)?;
        let scale = 1.0 / self.trees.len() as f64;
        sums.iter_mut().for_each(|s| *s *= scale);
        Ok(sums)
    }

    fn fit(&self) -> Fit {
        let warning = self.oob.as_ref().and_then(|o| match o.samples {
            0 => Some("every tree drew every sample: there is no oob score".to_string()),
            _ => None,
        });
        Fit { steps: self.trees.len() as u64, warning }
    }

    fn shown(&self) -> Vec<(&'static str, Shown)> {
        let of_trees = |f: fn(&Tree) -> usize| Shown::Numbers(self.trees.iter().map(|t| f(t) as f64).collect());
        let mut shown = vec![
            ("importances", Shown::Numbers(self.importances.clone())),
            ("depth", of_trees(Tree::depth)),
            ("leaves", of_trees(Tree::leaves)),
        ];
        if let Some(oob) = self.oob.as_ref().filter(|o| o.samples > 0) {
            shown.push(("oob_score", Shown::Number(oob.score)));
        }
        shown
    }

    fn words(&self) -> String {
        let leaves: usize = self.trees.iter().map(Tree::leaves).sum();
        let trees = count(self.trees.len(), "tree", "trees");
        format!("{} features, {trees}, {} in all", self.columns, count(leaves, "leaf", "leaves"))
    }
}

impl<const EXTRA: bool> Forest<EXTRA> {
    const NAME: &'static str = if EXTRA { "extra_trees" } else { "random_forest" };

    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: ForestSettings) -> Result<Self> {
        ends!(settings, settings.max_features).check(Self::NAME)?;
        ClassWeight::check(&settings.class_weight, Self::NAME)?;
        let me = Self { settings, learned: None };
        me.plan().check(Self::NAME)?;
        Ok(me)
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(Self::NAME, bytes)?;
        Self::new(me.settings.clone())?;
        if me.learned.as_ref().is_some_and(|l| !l.sound()) { damaged(Self::NAME) } else { Ok(me) }
    }

    fn plan(&self) -> Plan {
        let s = &self.settings;
        Plan { trees: s.trees, bootstrap: s.bootstrap.unwrap_or(!EXTRA), oob: s.oob, seed: s.seed }
    }
}

/// How a forest cuts.
fn splitter(extra: bool) -> Splitter {
    if extra { Splitter::Random } else { Splitter::Best }
}

impl<const EXTRA: bool> Learner for Forest<EXTRA> {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        x.check(Self::NAME)?;
        choices::check_size(Self::NAME, x)?;
        let (codes, classes) = y.classes(Self::NAME, x.rows(), 2)?;
        let s = &self.settings;
        let of_class = ClassWeight::weights(&s.class_weight, Self::NAME, codes, classes)?;
        let weights: Vec<f64> = codes.iter().map(|&c| of_class[c as usize]).collect();
        let table = Table::new(x, splitter(EXTRA));
        let target = Target::Classes { codes, classes, criterion: s.criterion };
        let job = Job { table: &table, target, limits: ends!(s, s.max_features).limits(x.columns()) };
        let learned = self.plan().grow(&job, x, &weights, classes)?;
        Ok(self.learned.insert(learned).fit())
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(Self::NAME, &self.learned)?;
        Ok(most(&l.means(Self::NAME, x)?, l.outputs))
    }

    fn predict_proba(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(Self::NAME, &self.learned)?;
        Samples::new(x.rows(), l.outputs, l.means(Self::NAME, x)?)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        self.learned.as_ref().map(Learned::shown).unwrap_or_default()
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(|l| format!("{}, {} classes", l.words(), l.outputs))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(Self::NAME, self)
    }
}

impl<const EXTRA: bool> ForestRegressor<EXTRA> {
    const NAME: &'static str = if EXTRA { "extra_trees_regressor" } else { "random_forest_regressor" };

    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: ForestRegressorSettings) -> Result<Self> {
        ends!(settings, settings.max_features).check(Self::NAME)?;
        let me = Self { settings, learned: None };
        me.plan().check(Self::NAME)?;
        Ok(me)
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(Self::NAME, bytes)?;
        Self::new(me.settings.clone())?;
        match &me.learned {
            Some(l) if l.outputs != 1 || !l.sound() => damaged(Self::NAME),
            _ => Ok(me),
        }
    }

    fn plan(&self) -> Plan {
        let s = &self.settings;
        Plan { trees: s.trees, bootstrap: s.bootstrap.unwrap_or(!EXTRA), oob: s.oob, seed: s.seed }
    }
}

impl<const EXTRA: bool> Learner for ForestRegressor<EXTRA> {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        x.check(Self::NAME)?;
        choices::check_size(Self::NAME, x)?;
        let y = y.numbers(Self::NAME, x.rows())?;
        choices::check_answers(Self::NAME, y)?;
        let s = &self.settings;
        let table = Table::new(x, splitter(EXTRA));
        let limits = ends!(s, s.max_features).limits(x.columns());
        let job = Job { table: &table, target: Target::Numbers(y), limits };
        let learned = self.plan().grow(&job, x, &vec![1.0; y.len()], 1)?;
        Ok(self.learned.insert(learned).fit())
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        Ok(Answer::Numbers(fitted(Self::NAME, &self.learned)?.means(Self::NAME, x)?))
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        self.learned.as_ref().map(Learned::shown).unwrap_or_default()
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(Learned::words)
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(Self::NAME, self)
    }
}
