//! Decision trees: questions about one feature at a time, each the one that parts the answers best.
//!
//! Breiman, Friedman, Olshen & Stone (1984), "Classification and Regression Trees"; see [`super::grow`].

use super::choices::{self, Criterion, MaxFeatures, Splitter};
use super::grow::{Grown, Job, Limits, Table, Target};
use super::tree::{Notes, Tree, TreeView, damaged, largest};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::ClassWeight;
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`DecisionTree`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DecisionTreeSettings {
    /// How mixed a node is: "gini" or "entropy". Default "gini".
    pub criterion: Criterion,
    /// Where to cut: at the "best" threshold of each feature, or at a "random" one. Default "best".
    pub splitter: Splitter,
    /// Steps from the root to a leaf at most, from 1. Default: no limit.
    pub max_depth: Option<usize>,
    /// Nodes with fewer samples are not cut, from 2. Default 2.
    pub min_samples_split: usize,
    /// The least number of samples in a leaf, from 1. Default 1.
    pub min_samples_leaf: usize,
    /// How many features each cut tries: "all", "sqrt", "log2", a share below 1, or a whole number. Default "all".
    pub max_features: MaxFeatures,
    /// Leaves at most, from 2; the cuts that help most come first. Default: no limit.
    pub max_leaves: Option<usize>,
    /// A cut must lower the impurity of the whole by so much, not negative. Default 0.
    pub min_impurity_decrease: f64,
    /// Prune branches whose leaves lower the impurity of the whole by less than this each, not negative. Default 0.
    pub ccp_alpha: f64,
    /// How much the samples of each class weigh: "balanced" (samples / (classes · samples of the class)), a list
    /// with a positive number for each class, or { label = number }. Default: 1 for all.
    pub class_weight: Option<ClassWeight>,
    /// Of the choice of features and of random thresholds. Default 0.
    pub seed: u64,
}

impl Default for DecisionTreeSettings {
    fn default() -> Self {
        Self {
            criterion: Criterion::Gini,
            splitter: Splitter::Best,
            max_depth: None,
            min_samples_split: 2,
            min_samples_leaf: 1,
            max_features: MaxFeatures::All,
            max_leaves: None,
            min_impurity_decrease: 0.0,
            ccp_alpha: 0.0,
            class_weight: None,
            seed: 0,
        }
    }
}

/// Settings of [`DecisionTreeRegressor`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DecisionTreeRegressorSettings {
    /// Where to cut: at the "best" threshold of each feature, or at a "random" one. Default "best".
    pub splitter: Splitter,
    /// Steps from the root to a leaf at most, from 1. Default: no limit.
    pub max_depth: Option<usize>,
    /// Nodes with fewer samples are not cut, from 2. Default 2.
    pub min_samples_split: usize,
    /// The least number of samples in a leaf, from 1. Default 1.
    pub min_samples_leaf: usize,
    /// How many features each cut tries: "all", "sqrt", "log2", a share below 1, or a whole number. Default "all".
    pub max_features: MaxFeatures,
    /// Leaves at most, from 2; the cuts that help most come first. Default: no limit.
    pub max_leaves: Option<usize>,
    /// A cut must lower the squared error by so much (per sample of the whole), not negative. Default 0.
    pub min_impurity_decrease: f64,
    /// Prune branches whose leaves lower the squared error by less than this each, not negative. Default 0.
    pub ccp_alpha: f64,
    /// Of the choice of features and of random thresholds. Default 0.
    pub seed: u64,
}

impl Default for DecisionTreeRegressorSettings {
    fn default() -> Self {
        Self {
            splitter: Splitter::Best,
            max_depth: None,
            min_samples_split: 2,
            min_samples_leaf: 1,
            max_features: MaxFeatures::All,
            max_leaves: None,
            min_impurity_decrease: 0.0,
            ccp_alpha: 0.0,
            seed: 0,
        }
    }
}

/// The settings that say where trees end, of all learners that grow some.
pub(super) struct Ends {
    pub max_depth: Option<usize>,
    pub min_samples_split: usize,
    pub min_samples_leaf: usize,
    pub max_features: MaxFeatures,
    pub max_leaves: Option<usize>,
    pub min_impurity_decrease: f64,
    pub ccp_alpha: f64,
}

/// [`Ends`] from the fields of the same names.
macro_rules! ends {
    ($s:expr, $max_features:expr) => {
        $crate::learn::trees::decision_tree::Ends {
            max_depth: $s.max_depth,
            min_samples_split: $s.min_samples_split,
            min_samples_leaf: $s.min_samples_leaf,
            max_features: $max_features,
            max_leaves: $s.max_leaves,
            min_impurity_decrease: $s.min_impurity_decrease,
            ccp_alpha: $s.ccp_alpha,
        }
    };
}
pub(super) use ends;

impl Ends {
    pub fn check(&self, name: &str) -> Result<()> {
        if let Some(depth) = self.max_depth {
            ensure_setting(depth >= 1, name, "max_depth", "at least 1", depth)?;
        }
        ensure_setting(self.min_samples_split >= 2, name, "min_samples_split", "at least 2", self.min_samples_split)?;
        ensure_setting(self.min_samples_leaf >= 1, name, "min_samples_leaf", "at least 1", self.min_samples_leaf)?;
        self.max_features.check(name)?;
        if let Some(leaves) = self.max_leaves {
            ensure_setting(leaves >= 2, name, "max_leaves", "at least 2", leaves)?;
        }
        for (field, v) in [("min_impurity_decrease", self.min_impurity_decrease), ("ccp_alpha", self.ccp_alpha)] {
            ensure_setting(v >= 0.0 && v.is_finite(), name, field, "not negative", v)?;
        }
        Ok(())
    }

    pub fn limits(&self, columns: usize) -> Limits {
        Limits {
            max_depth: self.max_depth.unwrap_or(usize::MAX),
            min_samples_split: self.min_samples_split,
            min_samples_leaf: self.min_samples_leaf.min(usize::MAX / 4),
            max_features: self.max_features.of(columns),
            max_leaves: self.max_leaves,
            min_impurity_decrease: self.min_impurity_decrease,
            ccp_alpha: self.ccp_alpha,
        }
    }
}

/// The decision tree for classes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DecisionTree {
    settings: DecisionTreeSettings,
    learned: Option<Learned>,
}

/// The decision tree for numbers: a leaf answers the mean of its samples.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DecisionTreeRegressor {
    settings: DecisionTreeRegressorSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    columns: usize,
    outputs: usize, // classes, or 1
    tree: Tree,
    notes: Notes,
    importances: Vec<f64>,
}

impl Learned {
    fn new(columns: usize, outputs: usize, grown: Grown) -> Self {
        let importances = normal(grown.importances);
        Self { columns, outputs, tree: grown.tree, notes: grown.notes, importances }
    }

    fn sound(&self) -> bool {
        self.tree.sound(self.columns, self.outputs)
            && self.notes.sound(&self.tree)
            && self.importances.len() == self.columns
            && self.importances.iter().all(|v| v.is_finite())
    }

    fn shown(&self, classes: bool) -> Vec<(&'static str, Shown)> {
        let view = TreeView::new(&self.tree, &self.notes, classes);
        let mut shown = vec![
            ("importances", Shown::Numbers(self.importances.clone())),
            ("depth", Shown::Number(self.tree.depth() as f64)),
            ("leaves", Shown::Number(self.tree.leaves() as f64)),
            ("text", Shown::Text(view.text(None, None))),
        ];
        if let Ok(table) = view.table() {
            shown.push(("nodes", Shown::Table(table)));
        }
        shown
    }

    fn words(&self) -> String {
        let (leaves, depth) = (self.tree.leaves(), self.tree.depth());
        format!("{} features, {}, depth {depth}", self.columns, count(leaves, "leaf", "leaves"))
    }
}

/// "1 leaf", "2 leaves".
pub(super) fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// Numbers whose sum is 1; all 0 if they are.
pub(super) fn normal(mut numbers: Vec<f64>) -> Vec<f64> {
    numbers.iter_mut().for_each(|v| *v = v.max(0.0));
    let sum: f64 = numbers.iter().sum();
    if sum > 0.0 && sum.is_finite() {
        numbers.iter_mut().for_each(|v| *v /= sum);
    } else {
        numbers.fill(0.0);
    }
    numbers
}

/// Rows that are answered in one piece: many, so that a tree stays near while they go down it.
pub(super) fn piece(rows: usize) -> usize {
    rows.div_ceil(rayon::current_num_threads()).clamp(256, 4096)
}

/// What `trees` answer together: the sum of their leaves' values for each row. `[rows, outputs]`.
pub(super) fn sums(x: &Samples, trees: &[Tree], outputs: usize) -> Result<Vec<f64>> {
    let columns = x.columns();
    let mut sums = vec![0.0; x.rows() * outputs];
    let piece = piece(x.rows());
    sums.par_chunks_mut(piece * outputs).zip(x.values().par_chunks(piece * columns)).try_for_each(|(sums, rows)| {
        trees.iter().try_for_each(|tree| {
            tree.add(rows, columns, sums);
            stop::check()
        })
    })?;
    Ok(sums)
}

/// The class whose number is largest in each row.
pub(super) fn most(scores: &[f64], classes: usize) -> Answer {
    Answer::Classes(scores.chunks_exact(classes).map(|row| largest(row) as i64).collect())
}

const NAME: &str = "decision_tree";

impl DecisionTree {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: DecisionTreeSettings) -> Result<Self> {
        ends!(settings, settings.max_features).check(NAME)?;
        ClassWeight::check(&settings.class_weight, NAME)?;
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(NAME, bytes)?;
        Self::new(me.settings.clone())?;
        if me.learned.as_ref().is_some_and(|l| !l.sound()) { damaged(NAME) } else { Ok(me) }
    }

    /// The tree as a plain list of nodes, to print and to draw.
    ///
    /// # Errors
    /// When it is not fitted.
    pub fn view(&self) -> Result<TreeView> {
        fitted(NAME, &self.learned).map(|l| TreeView::new(&l.tree, &l.notes, true))
    }

    fn shares(&self, x: &Samples) -> Result<(Vec<f64>, usize)> {
        let l = fitted(NAME, &self.learned)?;
        x.check_width(NAME, l.columns)?;
        Ok((sums(x, std::slice::from_ref(&l.tree), l.outputs)?, l.outputs))
    }
}

impl Learner for DecisionTree {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        x.check(NAME)?;
        choices::check_size(NAME, x)?;
        let (codes, classes) = y.classes(NAME, x.rows(), 2)?;
        let s = &self.settings;
        let of_class = ClassWeight::weights(&s.class_weight, NAME, codes, classes)?;
        let weights: Vec<f64> = codes.iter().map(|&c| of_class[c as usize]).collect();
        let table = Table::new(x, s.splitter);
        let target = Target::Classes { codes, classes, criterion: s.criterion };
        let limits = ends!(s, s.max_features).limits(x.columns());
        let grown = Job { table: &table, target, limits }.grow(&weights, Rng::new(s.seed))?;
        self.learned = Some(Learned::new(x.columns(), classes, grown));
        Ok(Fit { steps: 1, warning: None })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let (shares, classes) = self.shares(x)?;
        Ok(most(&shares, classes))
    }

    fn predict_proba(&self, x: &Samples) -> Result<Samples> {
        let (shares, classes) = self.shares(x)?;
        Samples::new(x.rows(), classes, shares)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        self.learned.as_ref().map(|l| l.shown(true)).unwrap_or_default()
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(|l| format!("{}, {} classes", l.words(), l.outputs))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

const REGRESSOR: &str = "decision_tree_regressor";

impl DecisionTreeRegressor {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: DecisionTreeRegressorSettings) -> Result<Self> {
        ends!(settings, settings.max_features).check(REGRESSOR)?;
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

    /// The tree as a plain list of nodes, to print and to draw.
    ///
    /// # Errors
    /// When it is not fitted.
    pub fn view(&self) -> Result<TreeView> {
        fitted(REGRESSOR, &self.learned).map(|l| TreeView::new(&l.tree, &l.notes, false))
    }
}

impl Learner for DecisionTreeRegressor {
    fn name(&self) -> &'static str {
        REGRESSOR
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        x.check(REGRESSOR)?;
        choices::check_size(REGRESSOR, x)?;
        let y = y.numbers(REGRESSOR, x.rows())?;
        choices::check_answers(REGRESSOR, y)?;
        let s = &self.settings;
        let table = Table::new(x, s.splitter);
        let limits = ends!(s, s.max_features).limits(x.columns());
        let job = Job { table: &table, target: Target::Numbers(y), limits };
        let grown = job.grow(&vec![1.0; y.len()], Rng::new(s.seed))?;
        self.learned = Some(Learned::new(x.columns(), 1, grown));
        Ok(Fit { steps: 1, warning: None })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(REGRESSOR, &self.learned)?;
        x.check_width(REGRESSOR, l.columns)?;
        Ok(Answer::Numbers(sums(x, std::slice::from_ref(&l.tree), 1)?))
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        self.learned.as_ref().map(|l| l.shown(false)).unwrap_or_default()
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(Learned::words)
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(REGRESSOR, self)
    }
}
