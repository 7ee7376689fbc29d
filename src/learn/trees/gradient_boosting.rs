//! Gradient boosting: trees that each correct what all before them still get wrong.
//!
//! Friedman (2001), with second derivatives (Chen & Guestrin 2016) and histograms (Ke et al. 2017; [`super::histogram`]).
//! What is missing (NaN) goes left or right at each cut, as has been better for the samples.

use super::bins::{Binned, Bounds};
use super::choices;
use super::decision_tree::{count, most, normal, piece};
use super::forest::MOST_TREES;
use super::histogram::{BoostTree, Grower, MOST_ROWS, Scale, Shape, Sum};
use super::tree::damaged;
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::ClassWeight;
use crate::learn::cluster::exp;
use crate::learn::svm::vectorised;
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`GradientBoosting`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GradientBoostingSettings {
    /// How many trees (for more than two classes: of each class), from 1. Default 100.
    pub trees: usize,
    /// How much of each tree's answer is taken, above 0 up to 1. Default 0.1.
    pub lr: f64,
    /// Leaves of each tree at most, from 2. Default 31.
    pub max_leaves: usize,
    /// Steps from the root to a leaf at most, from 1. Default: no limit.
    pub max_depth: Option<usize>,
    /// The least number of samples in a leaf, from 1. Default 20.
    pub min_samples_leaf: usize,
    /// How much large answers cost, not negative. Default 0.
    pub l2: f64,
    /// Bins of each feature at most, from 2 to 255. Default 255.
    pub max_bins: usize,
    /// Features whose numbers are names of categories, counted from 1. Default: none.
    pub categories: Vec<usize>,
    /// Hold out some samples, and stop when they are no longer answered better. Default false.
    pub early_stopping: bool,
    /// The share of samples that `early_stopping` holds out, above 0 and below 1. Default 0.1.
    pub validation: f64,
    /// Trees without progress after which `early_stopping` stops, from 1. Default 10.
    pub patience: usize,
    /// What counts as progress for `early_stopping`, not negative. Default 1e-7.
    pub tolerance: f64,
    /// How much the samples of each class weigh: "balanced" (samples / (classes · samples of the class)), a list
    /// with a positive number for each class, or { label = number }. Default: 1 for all.
    pub class_weight: Option<ClassWeight>,
    /// Of the samples held out, and of those that the bins are taken from. Default 0.
    pub seed: u64,
}

impl Default for GradientBoostingSettings {
    fn default() -> Self {
        Self {
            trees: 100,
            lr: 0.1,
            max_leaves: 31,
            max_depth: None,
            min_samples_leaf: 20,
            l2: 0.0,
            max_bins: 255,
            categories: Vec::new(),
            early_stopping: false,
            validation: 0.1,
            patience: 10,
            tolerance: 1e-7,
            class_weight: None,
            seed: 0,
        }
    }
}

/// Settings of [`GradientBoostingRegressor`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GradientBoostingRegressorSettings {
    /// How many trees, from 1. Default 100.
    pub trees: usize,
    /// How much of each tree's answer is taken, above 0 up to 1. Default 0.1.
    pub lr: f64,
    /// Leaves of each tree at most, from 2. Default 31.
    pub max_leaves: usize,
    /// Steps from the root to a leaf at most, from 1. Default: no limit.
    pub max_depth: Option<usize>,
    /// The least number of samples in a leaf, from 1. Default 20.
    pub min_samples_leaf: usize,
    /// How much large answers cost, not negative. Default 0.
    pub l2: f64,
    /// Bins of each feature at most, from 2 to 255. Default 255.
    pub max_bins: usize,
    /// Features whose numbers are names of categories, counted from 1. Default: none.
    pub categories: Vec<usize>,
    /// Hold out some samples, and stop when they are no longer answered better. Default false.
    pub early_stopping: bool,
    /// The share of samples that `early_stopping` holds out, above 0 and below 1. Default 0.1.
    pub validation: f64,
    /// Trees without progress after which `early_stopping` stops, from 1. Default 10.
    pub patience: usize,
    /// What counts as progress for `early_stopping`, as a share of the first loss, not negative. Default 1e-7.
    pub tolerance: f64,
    /// Of the samples held out, and of those that the bins are taken from. Default 0.
    pub seed: u64,
}

impl Default for GradientBoostingRegressorSettings {
    fn default() -> Self {
        Self {
            trees: 100,
            lr: 0.1,
            max_leaves: 31,
            max_depth: None,
            min_samples_leaf: 20,
            l2: 0.0,
            max_bins: 255,
            categories: Vec::new(),
            early_stopping: false,
            validation: 0.1,
            patience: 10,
            tolerance: 1e-7,
            seed: 0,
        }
    }
}

/// The settings of both, without the classes' weights.
impl From<&GradientBoostingSettings> for GradientBoostingRegressorSettings {
    fn from(s: &GradientBoostingSettings) -> Self {
        Self {
            trees: s.trees,
            lr: s.lr,
            max_leaves: s.max_leaves,
            max_depth: s.max_depth,
            min_samples_leaf: s.min_samples_leaf,
            l2: s.l2,
            max_bins: s.max_bins,
            categories: s.categories.clone(),
            early_stopping: s.early_stopping,
            validation: s.validation,
            patience: s.patience,
            tolerance: s.tolerance,
            seed: s.seed,
        }
    }
}

impl GradientBoostingRegressorSettings {
    fn check(&self, name: &str) -> Result<()> {
        ensure_setting((1..=MOST_TREES).contains(&self.trees), name, "trees", "from 1 to 1000000", self.trees)?;
        ensure_setting(self.lr > 0.0 && self.lr <= 1.0, name, "lr", "above 0 and at most 1", self.lr)?;
        ensure_setting(self.max_leaves >= 2, name, "max_leaves", "at least 2", self.max_leaves)?;
        if let Some(depth) = self.max_depth {
            ensure_setting(depth >= 1, name, "max_depth", "at least 1", depth)?;
        }
        ensure_setting(self.min_samples_leaf >= 1, name, "min_samples_leaf", "at least 1", self.min_samples_leaf)?;
        ensure_setting(self.l2 >= 0.0 && self.l2 <= 1e100, name, "l2", "from 0 to 1e100", self.l2)?;
        ensure_setting((2..=255).contains(&self.max_bins), name, "max_bins", "from 2 to 255", self.max_bins)?;
        if let Some(wrong) = self.categories.iter().find(|c| **c == 0) {
            return Err(Error::setting(name, "categories", "columns counted from 1", wrong));
        }
        let share = self.validation;
        ensure_setting(share > 0.0 && share < 1.0, name, "validation", "above 0 and below 1", share)?;
        ensure_setting(self.patience >= 1, name, "patience", "at least 1", self.patience)?;
        let t = self.tolerance;
        ensure_setting(t >= 0.0 && t.is_finite(), name, "tolerance", "not negative", t)
    }

    fn shape(&self) -> Shape {
        Shape {
            max_leaves: self.max_leaves,
            max_depth: self.max_depth.unwrap_or(usize::MAX),
            min_samples_leaf: self.min_samples_leaf.min(MOST_ROWS),
            l2: self.l2,
            lr: self.lr,
        }
    }
}

/// Gradient boosting for classes, on the log loss.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GradientBoosting {
    settings: GradientBoostingSettings,
    learned: Option<Learned>,
}

/// Gradient boosting for numbers, on the squared error.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GradientBoostingRegressor {
    settings: GradientBoostingRegressorSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    classes: usize,  // 1 for numbers
    start: Vec<f64>, // what each output begins with
    bounds: Vec<Bounds>,
    trees: Vec<BoostTree>, // one for each output in turn
    importances: Vec<f64>,
    loss_curve: Vec<f64>,       // of the samples learned from, after each round
    validation_curve: Vec<f64>, // of those held out
}

/// What the trees are to answer.
enum Target {
    /// One of two classes, as 0 or 1.
    Two(Vec<f64>),
    /// One of several.
    Many(Vec<u32>, usize),
    Numbers(Vec<f64>),
}

/// Samples in one piece of work.
const CHUNK: usize = 4096;

impl Target {
    fn outputs(&self) -> usize {
        if let Self::Many(_, classes) = self { *classes } else { 1 }
    }

    fn select(&self, places: &[usize]) -> Self {
        match self {
            Self::Two(y) => Self::Two(places.iter().map(|&i| y[i]).collect()),
            Self::Many(y, classes) => Self::Many(places.iter().map(|&i| y[i]).collect(), *classes),
            Self::Numbers(y) => Self::Numbers(places.iter().map(|&i| y[i]).collect()),
        }
    }

    /// The best answer without trees: log odds, log shares, or the mean.
    fn start(&self, weights: &[f64]) -> Vec<f64> {
        let all: f64 = weights.iter().sum();
        let mean = |y: &[f64]| y.iter().zip(weights).map(|(y, w)| y * (w / all)).sum::<f64>();
        match self {
            Self::Two(y) => {
                let p = mean(y).clamp(1e-12, 1.0 - 1e-12);
                vec![(p / (1.0 - p)).ln()]
            }
            Self::Many(y, classes) => {
                let mut shares = vec![0.0; *classes];
                y.iter().zip(weights).for_each(|(&c, w)| shares[c as usize] += w / all);
                shares.iter().map(|p| p.max(1e-12).ln()).collect()
            }
            Self::Numbers(y) => vec![mean(y)],
        }
    }

    /// The loss of `raw` answers, `[outputs, rows]`, per weight; with `sums` also each sample's gradients.
    fn loss(&self, raw: &[f64], weights: &[f64], sums: Option<(&mut [Sum], Scale)>) -> f64 {
        let n = weights.len();
        let (sums, scale) = match sums {
            Some((sums, scale)) => (sums, scale),
            None => (&mut [][..], Scale { gradient: 0.0, curvature: 0.0 }),
        };
        let total: f64 = weights.iter().sum();
        let k = self.outputs();
        // Chunks of each output's sums.
        let mut parts: Vec<Vec<&mut [Sum]>> = (0..n.div_ceil(CHUNK)).map(|_| Vec::with_capacity(k)).collect();
        if !sums.is_empty() {
            for output in sums.chunks_exact_mut(n) {
                output.chunks_mut(CHUNK).zip(&mut parts).for_each(|(chunk, part)| part.push(chunk));
            }
        }
        let losses: Vec<f64> = parts
            .into_par_iter()
            .enumerate()
            .map(|(c, mut part)| {
                let at = c * CHUNK..n.min((c + 1) * CHUNK);
                let weights = &weights[at.clone()];
                match self {
                    Self::Two(y) => vectorised(
                        #[inline(always)]
                        || two(&y[at.clone()], &raw[at.clone()], weights, part.pop(), scale),
                    ),
                    Self::Numbers(y) => vectorised(
                        #[inline(always)]
                        || squared(&y[at.clone()], &raw[at.clone()], weights, part.pop(), scale),
                    ),
                    Self::Many(y, _) => many(&y[at.clone()], raw, at.start, weights, n, &mut part, scale),
                }
            })
            .collect();
        losses.iter().sum::<f64>() / total
    }

    /// The largest gradient and second derivative there are.
    fn largest(&self, raw: &[f64], weights: &[f64]) -> (f64, f64) {
        let weight = weights.iter().fold(0.0, |a: f64, w| a.max(*w));
        match self {
            Self::Two(_) | Self::Many(..) => (weight, weight / 4.0),
            Self::Numbers(y) => {
                let far = y.iter().zip(raw).fold(0.0, |a: f64, (y, r)| a.max((r - y).abs()));
                (far * weight, weight)
            }
        }
    }
}

/// Two classes: `-ln p` of the right one, where `p = 1 / (1 + exp(-raw))`.
#[inline(always)]
fn two(y: &[f64], raw: &[f64], weights: &[f64], sums: Option<&mut [Sum]>, scale: Scale) -> f64 {
    const LANES: usize = 8;
    let mut loss = [0.0; LANES];
    // Of ln(1 + e) the product is taken: up to 2^CHUNK/LANES fits a number.
    let mut products = [1.0; LANES];
    let weighted = weights.iter().any(|w| *w != 1.0);
    let mut one = |i: usize, lane: usize| {
        let (y, r, w) = (y[i], raw[i], weights[i]);
        let e = exp(-r.abs());
        let p = if r >= 0.0 { 1.0 } else { e } / (1.0 + e);
        if weighted {
            loss[lane] += w * (r.max(0.0) - y * r + (1.0 + e).ln());
        } else {
            loss[lane] += r.max(0.0) - y * r;
            products[lane] *= 1.0 + e;
        }
        (w * (p - y), w * p * (1.0 - p))
    };
    match sums {
        Some(sums) => {
            for (i, sum) in sums.iter_mut().enumerate() {
                let (g, h) = one(i, i % LANES);
                *sum = scale.sum(g, h);
            }
        }
        None => (0..y.len()).for_each(|i| {
            one(i, i % LANES);
        }),
    }
    loss.iter().sum::<f64>() + products.iter().map(|p| p.ln()).sum::<f64>()
}

/// Numbers: the squared error.
#[inline(always)]
fn squared(y: &[f64], raw: &[f64], weights: &[f64], mut sums: Option<&mut [Sum]>, scale: Scale) -> f64 {
    let mut loss = 0.0;
    for i in 0..y.len() {
        let off = raw[i] - y[i];
        loss += weights[i] * off * off;
        if let Some(sums) = &mut sums {
            sums[i] = scale.sum(weights[i] * off, weights[i]);
        }
    }
    loss
}

/// Several classes: `-ln p` of the right one, where the `p` are the softmax of `raw`.
fn many(y: &[u32], raw: &[f64], at: usize, weights: &[f64], n: usize, sums: &mut [&mut [Sum]], scale: Scale) -> f64 {
    let k = raw.len() / n;
    let m = y.len();
    let mut p = vec![0.0; k * m]; // [classes, samples]
    let mut highest = vec![f64::NEG_INFINITY; m];
    let mut totals = vec![0.0; m];
    vectorised(
        #[inline(always)]
        || {
            for c in 0..k {
                let raw = &raw[c * n + at..][..m];
                highest.iter_mut().zip(raw).for_each(|(h, r)| *h = if *r > *h { *r } else { *h });
            }
            for c in 0..k {
                let raw = &raw[c * n + at..][..m];
                let p = &mut p[c * m..(c + 1) * m];
                for i in 0..m {
                    p[i] = exp(raw[i] - highest[i]);
                    totals[i] += p[i];
                }
            }
            for (c, sums) in sums.iter_mut().enumerate() {
                let p = &p[c * m..(c + 1) * m];
                for (i, sum) in sums.iter_mut().enumerate() {
                    let p = p[i] / totals[i];
                    let right = if y[i] as usize == c { 1.0 } else { 0.0 };
                    *sum = scale.sum(weights[i] * (p - right), weights[i] * p * (1.0 - p));
                }
            }
        },
    );
    (0..m).map(|i| weights[i] * (highest[i] + totals[i].ln() - raw[y[i] as usize * n + at + i])).sum()
}

impl Learned {
    fn fit(
        name: &str,
        s: &GradientBoostingRegressorSettings,
        x: &Samples,
        target: Target,
        weights: Vec<f64>,
    ) -> Result<(Self, Fit)> {
        let columns = x.columns();
        let mut categories = vec![false; columns];
        for &c in &s.categories {
            match categories.get_mut(c - 1) {
                Some(is) => *is = true,
                None => {
                    let why = format!("`categories` names column {c}, but there are {columns}");
                    return Err(Error::shape(name, why));
                }
            }
        }
        if !s.early_stopping {
            return Self::grow(name, s, x, &target, &weights, &categories, None);
        }
        let (train, held) = split(name, s, &target, x.rows())?;
        let of = |places: &[usize]| places.iter().map(|&i| weights[i]).collect::<Vec<f64>>();
        let held = (x.select(&held), target.select(&held), of(&held));
        Self::grow(name, s, &x.select(&train), &target.select(&train), &of(&train), &categories, Some(held))
    }

    fn grow(
        name: &str,
        s: &GradientBoostingRegressorSettings,
        x: &Samples,
        target: &Target,
        weights: &[f64],
        categories: &[bool],
        held: Option<(Samples, Target, Vec<f64>)>,
    ) -> Result<(Self, Fit)> {
        let (n, k) = (x.rows(), target.outputs());
        let binned = Binned::new(name, x, s.max_bins, categories, s.seed)?;
        let mut grower = Grower::new(&binned, s.shape());
        let start = target.start(weights);
        let spread = |n: usize| start.iter().flat_map(|v| std::iter::repeat_n(*v, n)).collect::<Vec<f64>>();
        let mut raw = spread(n);
        let mut raw_held = held.as_ref().map_or(Vec::new(), |(x, ..)| spread(x.rows()));
        let mut sums = vec![[0i64; 2]; n * k];
        let (mut trees, mut loss_curve, mut validation_curve) = (Vec::new(), Vec::new(), Vec::new());
        let (mut best, mut best_round, mut warning) = (f64::INFINITY, 0, None);
        let mut least = 0.0;
        if let Some((_, target, weights)) = &held {
            best = target.loss(&raw_held, weights, None);
            least = s.tolerance * if matches!(target, Target::Numbers(_)) { best } else { 1.0 };
        }
        for round in 0..s.trees {
            let (g, h) = target.largest(&raw, weights);
            let scale = Scale::new(n, g, h);
            let loss = target.loss(&raw, weights, Some((&mut sums, scale)));
            if round > 0 {
                loss_curve.push(loss);
            }
            let mut grew = false;
            let before = trees.len();
            for (sums, raw) in sums.chunks_exact(n).zip(raw.chunks_exact_mut(n)) {
                let tree = grower.grow(sums, scale, raw)?;
                grew |= tree.leaves() > 1;
                trees.push(tree);
            }
            if !grew {
                // Nothing can be cut any more, and more trees would not change that.
                trees.truncate(before);
                if round == 0 {
                    let least = s.min_samples_leaf;
                    warning = Some(format!(
                        "no cut was possible: of {n} samples, {least} at least must go into each leaf, and the answers \
                         must differ"
                    ));
                }
                break;
            }
            if let Some((x, target, weights)) = &held {
                let rows = x.rows();
                for (tree, raw) in trees[before..].iter().zip(raw_held.chunks_exact_mut(rows)) {
                    tree.add(x.values(), x.columns(), &binned.bounds, raw, 1);
                }
                let loss = target.loss(&raw_held, weights, None);
                validation_curve.push(loss);
                if loss < best - least {
                    (best, best_round) = (loss, round + 1);
                } else if round + 1 - best_round >= s.patience {
                    break;
                }
            }
        }
        if loss_curve.len() * k < trees.len() {
            loss_curve.push(target.loss(&raw, weights, None));
        }
        if held.is_some() {
            trees.truncate(best_round.max(1) * k); // (and the cuts of the others stay in the importances)
        }
        let classes = match target {
            Target::Two(_) => 2,
            Target::Many(_, classes) => *classes,
            Target::Numbers(_) => 1,
        };
        let importances = normal(grower.importances);
        let fit = Fit { steps: (trees.len() / k) as u64, warning };
        let bounds = binned.bounds;
        Ok((Self { classes, start, bounds, trees, importances, loss_curve, validation_curve }, fit))
    }

    fn outputs(&self) -> usize {
        if self.classes == 2 { 1 } else { self.classes }
    }

    fn sound(&self) -> bool {
        let finite = |list: &[f64]| list.iter().all(|v| v.is_finite());
        self.classes > 0
            && self.start.len() == self.outputs()
            && self.trees.len().is_multiple_of(self.outputs())
            && !self.bounds.is_empty()
            && self.bounds.iter().all(Bounds::sound)
            && self.trees.iter().all(|t| t.sound(&self.bounds))
            && self.importances.len() == self.bounds.len()
            && [&self.start, &self.importances, &self.loss_curve, &self.validation_curve].into_iter().all(|l| finite(l))
    }

    /// The sum of all trees. `[rows, outputs]`.
    fn raw(&self, name: &str, x: &Samples) -> Result<Vec<f64>> {
        if x.columns() != self.bounds.len() {
            let why = format!("it was fitted to {} features, these samples have {}", self.bounds.len(), x.columns());
            return Err(Error::shape(name, why));
        }
        check(name, x)?;
        let (k, columns) = (self.outputs(), x.columns());
        let mut raw = self.start.repeat(x.rows());
        let piece = piece(x.rows());
        raw.par_chunks_mut(piece * k).zip(x.values().par_chunks(piece * columns)).try_for_each(|(raw, rows)| {
            for (t, tree) in self.trees.iter().enumerate() {
                tree.add(rows, columns, &self.bounds, &mut raw[t % k..], k);
            }
            stop::check()
        })?;
        Ok(raw)
    }

    fn shown(&self) -> Vec<(&'static str, Shown)> {
        let of_trees = |f: fn(&BoostTree) -> usize| Shown::Numbers(self.trees.iter().map(|t| f(t) as f64).collect());
        let mut shown = vec![
            ("importances", Shown::Numbers(self.importances.clone())),
            ("rounds", Shown::Number((self.trees.len() / self.outputs()) as f64)),
            ("depth", of_trees(BoostTree::depth)),
            ("leaves", of_trees(BoostTree::leaves)),
            ("loss_curve", Shown::Numbers(self.loss_curve.clone())),
        ];
        if !self.validation_curve.is_empty() {
            shown.push(("validation_curve", Shown::Numbers(self.validation_curve.clone())));
        }
        shown
    }

    fn words(&self) -> String {
        let leaves: usize = self.trees.iter().map(BoostTree::leaves).sum();
        let trees = count(self.trees.len(), "tree", "trees");
        format!("{} features, {trees}, {} in all", self.bounds.len(), count(leaves, "leaf", "leaves"))
    }
}

/// Refuses samples with infinities; NaN is what is missing.
fn check(name: &str, x: &Samples) -> Result<()> {
    x.check_size(name)?;
    match x.values().iter().position(|v| v.is_infinite()) {
        None => Ok(()),
        Some(at) => {
            let (row, column) = (at / x.columns() + 1, at % x.columns() + 1);
            let why = "all must be finite, or NaN where missing";
            Err(Error::value(format!("{name}: row {row}, column {column} is {}; {why}", x.values()[at])))
        }
    }
}

/// Refuses what cannot be learned from.
fn check_fit(name: &str, x: &Samples) -> Result<()> {
    check(name, x)?;
    choices::check_size(name, x)?;
    match x.rows() > MOST_ROWS {
        true => Err(Error::value(format!("{name}: {} samples are too many; {MOST_ROWS} work", x.rows()))),
        false => Ok(()),
    }
}

/// Samples to learn from, and those held out: of each class the same share.
fn split(
    name: &str,
    s: &GradientBoostingRegressorSettings,
    target: &Target,
    rows: usize,
) -> Result<(Vec<usize>, Vec<usize>)> {
    let mut rng = Rng::new(s.seed);
    let class = |i: usize| match target {
        Target::Two(y) => y[i] as usize,
        Target::Many(y, _) => y[i] as usize,
        Target::Numbers(_) => 0,
    };
    let mut order: Vec<usize> = (0..rows).collect();
    rng.shuffle(&mut order);
    let mut seen = vec![0usize; target.outputs().max(2)];
    let (mut train, mut held): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    for i in order {
        let c = class(i);
        // The place of the sample within its class falls to those held out each time a whole one is due.
        let due = |n: usize| (n as f64 * s.validation).floor();
        if due(seen[c] + 1) > due(seen[c]) {
            held.push(i)
        } else {
            train.push(i)
        }
        seen[c] += 1;
    }
    if train.is_empty() || held.is_empty() {
        let n = held.len();
        let why = format!("`early_stopping` holds out {n} of {rows} samples; it needs some on both sides");
        return Err(Error::value(format!("{name}: {why}")));
    }
    train.sort_unstable();
    held.sort_unstable();
    Ok((train, held))
}

const NAME: &str = "gradient_boosting";

impl GradientBoosting {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: GradientBoostingSettings) -> Result<Self> {
        GradientBoostingRegressorSettings::from(&settings).check(NAME)?;
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
        match &me.learned {
            Some(l) if l.classes < 2 || !l.sound() => damaged(NAME),
            _ => Ok(me),
        }
    }

    fn raw(&self, x: &Samples) -> Result<(Vec<f64>, usize)> {
        let l = fitted(NAME, &self.learned)?;
        Ok((l.raw(NAME, x)?, l.classes))
    }
}

impl Learner for GradientBoosting {
    fn name(&self) -> &'static str {
        NAME
    }

    fn takes_missing(&self) -> bool {
        true
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        check_fit(NAME, x)?;
        let (codes, classes) = y.classes(NAME, x.rows(), 2)?;
        let of_class = ClassWeight::weights(&self.settings.class_weight, NAME, codes, classes)?;
        let weights = codes.iter().map(|&c| of_class[c as usize]).collect();
        let target = match classes {
            2 => Target::Two(codes.iter().map(|&c| f64::from(c)).collect()),
            _ => Target::Many(codes.to_vec(), classes),
        };
        let (learned, fit) = Learned::fit(NAME, &(&self.settings).into(), x, target, weights)?;
        self.learned = Some(learned);
        Ok(fit)
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let (raw, classes) = self.raw(x)?;
        Ok(match classes {
            2 => Answer::Classes(raw.iter().map(|r| i64::from(*r > 0.0)).collect()),
            _ => most(&raw, classes),
        })
    }

    fn predict_proba(&self, x: &Samples) -> Result<Samples> {
        let (mut raw, classes) = self.raw(x)?;
        if classes == 2 {
            raw = raw.iter().flat_map(|r| [0.0, *r]).collect();
        }
        raw.chunks_exact_mut(classes).for_each(softmax);
        Samples::new(x.rows(), classes, raw)
    }

    fn decision(&self, x: &Samples) -> Result<Samples> {
        let (raw, classes) = self.raw(x)?;
        Samples::new(x.rows(), if classes == 2 { 1 } else { classes }, raw)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        self.learned.as_ref().map(Learned::shown).unwrap_or_default()
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(|l| format!("{}, {} classes", l.words(), l.classes))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

/// Makes shares of exponents.
pub(super) fn softmax(row: &mut [f64]) {
    let highest = row.iter().fold(f64::NEG_INFINITY, |a, b| a.max(*b));
    row.iter_mut().for_each(|v| *v = (*v - highest).exp());
    let sum: f64 = row.iter().sum();
    row.iter_mut().for_each(|v| *v /= sum);
}

const REGRESSOR: &str = "gradient_boosting_regressor";

impl GradientBoostingRegressor {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: GradientBoostingRegressorSettings) -> Result<Self> {
        settings.check(REGRESSOR)?;
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(REGRESSOR, bytes)?;
        me.settings.check(REGRESSOR)?;
        match &me.learned {
            Some(l) if l.classes != 1 || !l.sound() => damaged(REGRESSOR),
            _ => Ok(me),
        }
    }
}

impl Learner for GradientBoostingRegressor {
    fn name(&self) -> &'static str {
        REGRESSOR
    }

    fn takes_missing(&self) -> bool {
        true
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        check_fit(REGRESSOR, x)?;
        let y = y.numbers(REGRESSOR, x.rows())?;
        choices::check_answers(REGRESSOR, y)?;
        let target = Target::Numbers(y.to_vec());
        let (learned, fit) = Learned::fit(REGRESSOR, &self.settings, x, target, vec![1.0; y.len()])?;
        self.learned = Some(learned);
        Ok(fit)
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        Ok(Answer::Numbers(fitted(REGRESSOR, &self.learned)?.raw(REGRESSOR, x)?))
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
