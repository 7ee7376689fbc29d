//! Training a network: batches in random order, steps by sgd or adam, and when to stop.
//!
//! Momentum after Sutskever, Martens, Dahl & Hinton (2013), equations 3 and 4; adam after Kingma & Ba (2015),
//! algorithm 1; early stopping after Prechelt (1998), "Early Stopping — But When?".

use super::network::{Activation, Network, Output, Target, Work};
use crate::data::{Rng, RngState};
use crate::error::ensure_setting;
use crate::learn::svm::vectorised;
use crate::learn::{Fit, Samples, Shown};
use crate::{Error, Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`MlpClassifier`](super::MlpClassifier) and [`MlpRegressor`](super::MlpRegressor).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MlpSettings {
    /// Neurons of each hidden layer, from 1 to 100,000 each; none at all makes a linear model. Default {100}.
    pub hidden: Vec<usize>,
    /// What hidden neurons do with their sum: "relu", "tanh", "sigmoid" or "identity". Default "relu".
    pub activation: Activation,
    /// "adam" or "sgd". Default "adam".
    pub solver: Solver,
    /// How far a step goes; positive. Default 0.001.
    pub lr: f64,
    /// Samples in one step, at least 1. Default 200.
    pub batch_size: usize,
    /// How much large weights are punished (`l2 / 2 · |w|²`, shared by a batch's samples); not negative. Default 0.0001.
    pub l2: f64,
    /// Passes over the samples at most, at least 1. Default 200.
    pub epochs: usize,
    /// Of sgd: the share of the step before that is kept, in [0, 1). Default 0.9.
    pub momentum: f64,
    /// Of sgd: Nesterov's momentum. Default true.
    pub nesterov: bool,
    /// Of adam: decay of the mean, in [0, 1). Default 0.9.
    pub beta1: f64,
    /// Of adam: decay of the squared mean, in [0, 1). Default 0.999.
    pub beta2: f64,
    /// Of adam: what is added to the root; positive. Default 1e-8.
    pub eps: f64,
    /// Hold out some samples, and keep the network that answered those best. Default false.
    pub early_stopping: bool,
    /// The share that is held out; in (0, 1). Default 0.1.
    pub validation_fraction: f64,
    /// Stop after so many epochs in which the loss (or the held-out score) got no better by `tolerance`; at least 1.
    /// Default 10.
    pub patience: usize,
    /// What counts as better; not negative. Default 0.0001.
    pub tolerance: f64,
    /// Of the weights at the start, the order of the samples and the held-out part. Default 0.
    pub seed: u64,
}

/// How steps follow from gradients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Solver {
    /// Steps adapted to each weight.
    #[default]
    Adam,
    /// Stochastic gradient descent with momentum.
    Sgd,
}

impl Default for MlpSettings {
    fn default() -> Self {
        Self {
            hidden: vec![100],
            activation: Activation::Relu,
            solver: Solver::Adam,
            lr: 1e-3,
            batch_size: 200,
            l2: 1e-4,
            epochs: 200,
            momentum: 0.9,
            nesterov: true,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            early_stopping: false,
            validation_fraction: 0.1,
            patience: 10,
            tolerance: 1e-4,
            seed: 0,
        }
    }
}

/// Parameters at most: 4 GB of them.
const MOST_PARAMETERS: usize = 1 << 30;

/// Samples beyond this do not fit the network's f32.
const LARGEST: f64 = 1e30;

/// Samples in one piece of a batch; pieces may run on threads of their own.
const PIECE: usize = 256;

/// Pieces that have buffers at a time.
const PIECES: usize = 16;

/// Names of what is learned, layer by layer.
const WEIGHTS: [&str; 12] = [
    "weights_1",
    "weights_2",
    "weights_3",
    "weights_4",
    "weights_5",
    "weights_6",
    "weights_7",
    "weights_8",
    "weights_9",
    "weights_10",
    "weights_11",
    "weights_12",
];
const BIASES: [&str; 12] = [
    "biases_1",
    "biases_2",
    "biases_3",
    "biases_4",
    "biases_5",
    "biases_6",
    "biases_7",
    "biases_8",
    "biases_9",
    "biases_10",
    "biases_11",
    "biases_12",
];

impl MlpSettings {
    pub(super) fn check(&self, name: &str) -> Result<()> {
        let positive = |v: f64| v > 0.0 && v.is_finite();
        let decay = |v: f64| (0.0..1.0).contains(&v);
        let sizes = self.hidden.iter().find(|h| !(1..=100_000).contains(*h));
        if let Some(wrong) = sizes {
            return Err(Error::setting(name, "hidden", "from 1 to 100000 neurons in each layer", wrong));
        }
        let layers = self.hidden.len();
        ensure_setting(layers <= 1000, name, "hidden", "at most 1000 layers", layers)?;
        ensure_setting(positive(self.lr), name, "lr", "positive", self.lr)?;
        ensure_setting(self.batch_size >= 1, name, "batch_size", "at least 1", self.batch_size)?;
        ensure_setting(self.l2 >= 0.0 && self.l2.is_finite(), name, "l2", "not negative", self.l2)?;
        ensure_setting(self.epochs >= 1, name, "epochs", "at least 1", self.epochs)?;
        ensure_setting(decay(self.momentum), name, "momentum", "in [0, 1)", self.momentum)?;
        ensure_setting(decay(self.beta1), name, "beta1", "in [0, 1)", self.beta1)?;
        ensure_setting(decay(self.beta2), name, "beta2", "in [0, 1)", self.beta2)?;
        ensure_setting(positive(self.eps), name, "eps", "positive", self.eps)?;
        let share = self.validation_fraction;
        ensure_setting(share > 0.0 && share < 1.0, name, "validation_fraction", "in (0, 1)", share)?;
        ensure_setting(self.patience >= 1, name, "patience", "at least 1", self.patience)?;
        let tolerance = self.tolerance;
        ensure_setting(tolerance >= 0.0 && tolerance.is_finite(), name, "tolerance", "not negative", tolerance)
    }
}

/// A network and how its training stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Trained {
    pub network: Network,
    first: Vec<f32>,  // adam's mean, or sgd's velocity
    second: Vec<f32>, // adam's squared mean; empty for sgd
    updates: u64,
    rng: RngState,
    pub loss_curve: Vec<f64>,
    pub validation_curve: Vec<f64>,
}

impl Trained {
    /// A network that has learned nothing yet.
    pub fn new(name: &str, s: &MlpSettings, inputs: usize, outputs: usize, output: Output) -> Result<Self> {
        let sizes: Vec<usize> = std::iter::once(inputs).chain(s.hidden.iter().copied()).chain([outputs]).collect();
        let count = Network::count(&sizes).filter(|&n| n <= MOST_PARAMETERS);
        let Some(count) = count else {
            return Err(Error::value(format!("{name}: layers of {sizes:?} have too many weights")));
        };
        let mut rng = Rng::new(s.seed);
        let network = Network::new(sizes, s.activation, output, &mut rng);
        Ok(Self {
            network,
            first: vec![0.0; count],
            second: if s.solver == Solver::Adam { vec![0.0; count] } else { Vec::new() },
            updates: 0,
            rng: rng.state(),
            loss_curve: Vec::new(),
            validation_curve: Vec::new(),
        })
    }

    /// Whether what was saved fits together.
    pub fn sound(&self, s: &MlpSettings, output: Output) -> bool {
        let n = &self.network;
        let sizes = n.sizes.len() == s.hidden.len() + 2 && n.sizes[1..n.sizes.len() - 1] == s.hidden[..];
        let count = n.parameters.len();
        let second = if s.solver == Solver::Adam { count } else { 0 };
        sizes
            && n.sizes.iter().all(|&s| s > 0)
            && Network::count(&n.sizes) == Some(count)
            && n.output == output
            && n.activation == s.activation
            && self.first.len() == count
            && self.second.len() == second
            && n.parameters.iter().chain(&self.first).chain(&self.second).all(|v| v.is_finite())
            && self.second.iter().all(|v| *v >= 0.0)
            && self.updates < 1 << 62
            && self.loss_curve.iter().chain(&self.validation_curve).all(|v| v.is_finite())
    }

    /// One pass over the samples in `places`; the mean loss.
    fn epoch(&mut self, s: &MlpSettings, x: &[f32], target: Target<'_>, places: &mut [usize]) -> Result<f64> {
        let d = self.network.sizes[0];
        let mut rng = Rng::restore(self.rng);
        rng.shuffle(places);
        self.rng = rng.state();
        let size = s.batch_size.min(places.len());
        let mut works = vec![Work::default(); size.div_ceil(PIECE).min(PIECES)];
        let mut gradient = Vec::new();
        let (mut rows, mut codes, mut numbers) = (Vec::with_capacity(size * d), Vec::new(), Vec::new());
        let mut loss = 0.0;
        for batch in places.chunks(size) {
            stop::check()?;
            rows.clear();
            batch.iter().for_each(|&i| rows.extend_from_slice(&x[i * d..(i + 1) * d]));
            let target = match target {
                Target::Classes(all) => {
                    codes.clear();
                    codes.extend(batch.iter().map(|&i| all[i]));
                    Target::Classes(&codes)
                }
                Target::Numbers(all) => {
                    numbers.clear();
                    numbers.extend(batch.iter().map(|&i| all[i]));
                    Target::Numbers(&numbers)
                }
            };
            let network = &self.network;
            let piece = |(p, work): (usize, &mut Work)| {
                stop::check()?;
                let range = p * PIECE..((p + 1) * PIECE).min(batch.len());
                let rows = &rows[range.start * d..range.end * d];
                network.forward(rows, work);
                network.backward(rows, target.part(range), batch.len(), work);
                Ok::<(), Error>(())
            };
            // Pieces in rounds, so that memory stays small; their gradients are summed in order.
            let pieces = batch.len().div_ceil(PIECE);
            for first in (0..pieces).step_by(PIECES) {
                let works = &mut works[..PIECES.min(pieces - first)];
                match &mut *works {
                    [work] => piece((first, work))?,
                    works => works.par_iter_mut().enumerate().try_for_each(|(p, work)| piece((first + p, work)))?,
                }
                for (p, work) in works.iter_mut().enumerate() {
                    loss += work.loss;
                    if first + p == 0 {
                        std::mem::swap(&mut gradient, &mut work.gradient);
                    } else {
                        gradient.iter_mut().zip(&work.gradient).for_each(|(g, o)| *g += o);
                    }
                }
            }
            loss += self.punish(s, &mut gradient, batch.len());
            self.step(s, &gradient);
        }
        Ok(loss / places.len() as f64)
    }

    /// Adds the gradient of `l2` for the weights; its loss.
    fn punish(&self, s: &MlpSettings, gradient: &mut [f32], rows: usize) -> f64 {
        if s.l2 == 0.0 {
            return 0.0;
        }
        let scale = (s.l2 / rows as f64) as f32;
        let mut sum = 0.0;
        for layer in 0..self.network.layers() {
            let (weights, _) = self.network.places(layer);
            let (gradient, weights) = (&mut gradient[weights.clone()], &self.network.parameters[weights]);
            sum += f64::from(vectorised(
                #[inline(always)]
                || decay(gradient, weights, scale),
            ));
        }
        0.5 * s.l2 * sum
    }

    fn step(&mut self, s: &MlpSettings, gradient: &[f32]) {
        self.updates += 1;
        let parameters = &mut self.network.parameters;
        match s.solver {
            Solver::Adam => {
                let t = self.updates.min(1 << 30) as i32;
                let lr = s.lr * (1.0 - s.beta2.powi(t)).sqrt() / (1.0 - s.beta1.powi(t));
                let numbers = [lr, s.beta1, s.beta2, s.eps].map(|v| v as f32);
                let (first, second) = (&mut self.first, &mut self.second);
                vectorised(
                    #[inline(always)]
                    || adam(parameters, gradient, first, second, numbers),
                );
            }
            Solver::Sgd => {
                let (lr, momentum, nesterov) = (s.lr as f32, s.momentum as f32, s.nesterov);
                let velocity = &mut self.first;
                vectorised(
                    #[inline(always)]
                    || sgd(parameters, gradient, velocity, lr, momentum, nesterov),
                );
            }
        }
    }

    /// Trains until it gets no better.
    pub fn fit(&mut self, name: &str, s: &MlpSettings, x: &[f32], target: Target<'_>) -> Result<Fit> {
        let (mut places, held_out) = self.split(name, s, x.len() / self.network.sizes[0], target)?;
        let held_x: Vec<f32> = {
            let d = self.network.sizes[0];
            held_out.iter().flat_map(|&i| &x[i * d..(i + 1) * d]).copied().collect()
        };
        let mut best_loss = f64::INFINITY;
        let mut best_score = f64::NEG_INFINITY;
        let mut best = self.network.parameters.clone(); // by score, or the latest that were finite
        let mut stale = 0;
        let mut warning = None;
        for epoch in 1..=s.epochs {
            let before = (self.first.clone(), self.second.clone());
            let loss = self.epoch(s, x, target, &mut places)?;
            let finite = |v: &[f32]| v.iter().all(|v| v.is_finite());
            if !(loss.is_finite() && finite(&self.network.parameters) && finite(&self.first) && finite(&self.second)) {
                (self.first, self.second) = before;
                warning = Some(format!("{name}: the weights left their range in epoch {epoch}; lower `lr`"));
                break;
            }
            self.loss_curve.push(loss);
            let better = if s.early_stopping {
                let score = self.score(&held_x, &held_out, target)?;
                self.validation_curve.push(score);
                let better = score > best_score + s.tolerance;
                if score > best_score {
                    best_score = score;
                    best.clone_from(&self.network.parameters);
                }
                better
            } else {
                best.clone_from(&self.network.parameters);
                let better = loss < best_loss - s.tolerance;
                best_loss = best_loss.min(loss);
                better
            };
            stale = if better { 0 } else { stale + 1 };
            if stale >= s.patience {
                break;
            }
            if epoch == s.epochs {
                warning = Some(format!("{name}: still learning after {epoch} epochs (loss {loss:.4}); raise `epochs`"));
            }
        }
        self.network.parameters = best;
        Ok(Fit { steps: self.loss_curve.len() as u64, warning })
    }

    /// One pass over the samples.
    pub fn partial_fit(&mut self, name: &str, s: &MlpSettings, x: &[f32], target: Target<'_>) -> Result<Fit> {
        let mut places: Vec<usize> = (0..x.len() / self.network.sizes[0]).collect();
        let before = self.clone();
        let loss = self.epoch(s, x, target, &mut places)?;
        let finite = |v: &[f32]| v.iter().all(|v| v.is_finite());
        let mut warning = None;
        if loss.is_finite() && finite(&self.network.parameters) && finite(&self.first) && finite(&self.second) {
            self.loss_curve.push(loss);
        } else {
            *self = before;
            warning = Some(format!("{name}: the weights left their range and were taken back; lower `lr`"));
        }
        Ok(Fit { steps: 1, warning })
    }

    /// The places to learn from and those held out, the latter with the same share of each class.
    fn split(&mut self, name: &str, s: &MlpSettings, n: usize, target: Target<'_>) -> Result<(Vec<usize>, Vec<usize>)> {
        if !s.early_stopping {
            return Ok(((0..n).collect(), Vec::new()));
        }
        let mut rng = Rng::restore(self.rng);
        let mut order: Vec<usize> = (0..n).collect();
        rng.shuffle(&mut order);
        self.rng = rng.state();
        if let Target::Classes(codes) = target {
            order.sort_by_key(|&i| codes[i]); // stable: by chance within a class
        }
        // Every so many-th sample of the order.
        let place = |i: usize| (i as f64 * s.validation_fraction + 0.5).floor();
        let (held_out, rest): (Vec<_>, Vec<_>) = (0..n).partition(|&i| place(i + 1) > place(i));
        if held_out.is_empty() || rest.is_empty() {
            return Err(Error::value(format!(
                "{name}: `early_stopping` holds out {} of {n} samples; it needs some on both sides",
                held_out.len()
            )));
        }
        let pick = |v: Vec<usize>| v.into_iter().map(|i| order[i]).collect::<Vec<_>>();
        Ok((pick(rest), pick(held_out)))
    }

    /// Accuracy, or R².
    fn score(&self, x: &[f32], places: &[usize], target: Target<'_>) -> Result<f64> {
        let outputs = self.outputs(x)?;
        match target {
            Target::Classes(codes) => {
                let classes = outputs.chunks_exact(self.network.sizes[self.network.layers()]).map(largest);
                let hits = classes.zip(places).filter(|(c, i)| *c == codes[**i] as usize).count();
                Ok(hits as f64 / places.len() as f64)
            }
            Target::Numbers(numbers) => {
                let mean = places.iter().map(|&i| f64::from(numbers[i])).sum::<f64>() / places.len() as f64;
                let error: f64 = outputs.iter().zip(places).map(|(o, &i)| f64::from(o - numbers[i]).powi(2)).sum();
                let spread: f64 = places.iter().map(|&i| (f64::from(numbers[i]) - mean).powi(2)).sum();
                Ok(if spread > 0.0 { 1.0 - error / spread } else { -error }.max(f64::MIN))
            }
        }
    }

    /// The outputs for `x`. `[rows, outputs]`
    pub fn outputs(&self, x: &[f32]) -> Result<Vec<f32>> {
        let (d, k) = (self.network.sizes[0], self.network.sizes[self.network.layers()]);
        let mut out = vec![0.0; x.len() / d * k];
        out.par_chunks_mut(PIECE * k).zip(x.par_chunks(PIECE * d)).try_for_each_init(
            Work::default,
            |work, (out, x)| {
                stop::check()?;
                self.network.forward(x, work);
                out.copy_from_slice(work.outputs());
                Ok::<(), Error>(())
            },
        )?;
        Ok(out)
    }

    /// What every layer but the input answers: hidden layers, then the output.
    pub fn activations(&self, x: &[f32]) -> Result<Vec<Samples>> {
        let mut work = Work::default();
        let mut all = vec![Vec::new(); self.network.layers()];
        for x in x.chunks(PIECE * self.network.sizes[0]) {
            stop::check()?;
            self.network.forward(x, &mut work);
            for (all, layer) in all.iter_mut().zip(work.activations()) {
                all.extend(layer.iter().map(|&a| f64::from(a)));
            }
        }
        let rows = x.len() / self.network.sizes[0];
        all.into_iter().zip(&self.network.sizes[1..]).map(|(a, &size)| Samples::new(rows, size, a)).collect()
    }

    /// The weights of a layer, `[inputs, neurons]`, and its biases.
    pub fn layer(&self, layer: usize) -> (Samples, Vec<f64>) {
        let (weights, biases) = self.network.places(layer);
        let wide = |range: std::ops::Range<usize>| {
            self.network.parameters[range].iter().map(|&v| f64::from(v)).collect::<Vec<_>>()
        };
        let (ins, outs) = (self.network.sizes[layer], self.network.sizes[layer + 1]);
        (Samples::new(ins, outs, wide(weights)).unwrap_or_default(), wide(biases))
    }

    pub fn learned(&self) -> Vec<(&'static str, Shown)> {
        let sizes = self.network.sizes.iter().map(|&s| s as f64).collect();
        let mut shown = vec![
            ("layers", Shown::Numbers(sizes)),
            ("loss", Shown::Number(self.loss_curve.last().copied().unwrap_or(0.0))),
            ("loss_curve", Shown::Numbers(self.loss_curve.clone())),
            ("validation_curve", Shown::Numbers(self.validation_curve.clone())),
        ];
        for (layer, (weights_name, biases_name)) in (0..self.network.layers()).zip(WEIGHTS.into_iter().zip(BIASES)) {
            let (weights, biases) = self.layer(layer);
            shown.push((weights_name, Shown::Table(weights)));
            shown.push((biases_name, Shown::Numbers(biases)));
        }
        shown
    }

    /// In a few words.
    pub fn summary(&self) -> String {
        let sizes: Vec<String> = self.network.sizes.iter().map(ToString::to_string).collect();
        format!("layers of {}, {} epochs", sizes.join(", "), self.loss_curve.len())
    }
}

/// The place of the largest, the first of equals.
pub(super) fn largest(row: &[f32]) -> usize {
    (1..row.len()).fold(0, |best, i| if row[i] > row[best] { i } else { best })
}

/// The samples in f32.
pub(super) fn narrow(name: &str, x: &Samples) -> Result<Vec<f32>> {
    match x.values().iter().position(|v| v.abs() > LARGEST) {
        None => Ok(x.values().iter().map(|&v| v as f32).collect()),
        Some(at) => {
            let (row, column) = (at / x.columns() + 1, at % x.columns() + 1);
            let value = x.values()[at];
            Err(Error::value(format!("{name}: row {row}, column {column} is {value:e}; at most {LARGEST:e} works")))
        }
    }
}

/// Refuses answers that are no numbers: those of enormous samples may be.
pub(super) fn finite<T>(name: &str, outputs: &[f32], width: usize, then: impl FnOnce() -> T) -> Result<T> {
    match outputs.iter().position(|v| !v.is_finite()) {
        None => Ok(then()),
        Some(at) => {
            Err(Error::value(format!("{name}: the neurons leave the range of numbers in row {}", at / width + 1)))
        }
    }
}

#[inline(always)]
fn decay(gradient: &mut [f32], weights: &[f32], scale: f32) -> f32 {
    let mut sums = [0.0; 16];
    let (g, g_rest) = gradient.as_chunks_mut::<16>();
    let (w, w_rest) = weights.as_chunks::<16>();
    for (g, w) in g.iter_mut().zip(w) {
        for l in 0..16 {
            g[l] += scale * w[l];
            sums[l] += w[l] * w[l];
        }
    }
    for (g, w) in g_rest.iter_mut().zip(w_rest) {
        *g += scale * w;
        sums[0] += w * w;
    }
    sums.iter().sum()
}

#[inline(always)]
fn adam(p: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], [lr, beta1, beta2, eps]: [f32; 4]) {
    for (((p, g), m), v) in p.iter_mut().zip(g).zip(m).zip(v) {
        *m = beta1 * *m + (1.0 - beta1) * g;
        *v = beta2 * *v + (1.0 - beta2) * (g * g);
        *p -= lr * *m / (v.sqrt() + eps);
    }
}

#[inline(always)]
fn sgd(p: &mut [f32], g: &[f32], velocity: &mut [f32], lr: f32, momentum: f32, nesterov: bool) {
    for ((p, g), v) in p.iter_mut().zip(g).zip(velocity) {
        *v = momentum * *v - lr * g;
        *p += if nesterov { momentum * *v - lr * g } else { *v };
    }
}
