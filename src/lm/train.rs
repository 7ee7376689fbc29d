//! Training: any optimizer, accumulation, held-out evaluation, checkpoints, exact resume, a guard against leaps.
//!
//! What a step sees depends only on the seed and the step's number, so a run resumed from a checkpoint goes on bit for
//! bit as if it had never stopped.

use super::checkpoint;
use super::corpus::{Batch, Batches, BatchesConfig, Corpus, CorpusConfig, Packing, WindowStart};
use super::lora::Lora;
use super::model::{Model, Pass};
use crate::data::{ArrayFile, Rng, write_atomically};
use crate::error::ensure_setting;
use crate::nn::{self, Param, Precision, StepParam, Tensor};
use crate::optim::{self, OPTIMIZERS, Optimizer, OptimizerState, Schedule, StateHeader};
use crate::progress::{self, Progress};
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// How a model is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// Optimizer steps.
    pub steps: u64,
    /// Windows in a batch.
    pub batch: usize,
    /// Batches whose gradients make one step, as if they were one batch: every target that counts weighs the same.
    pub accumulate: usize,
    /// What moves the weights, one of `mynah.optim`: "adamw" by default. Those that want curvature cannot be used here.
    pub optimizer: String,
    /// Options of the optimizer beside `lr`, `weight_decay` and, for "adamw", `beta1` and `beta2`.
    pub optimizer_options: Map<String, Value>,
    /// Highest learning rate.
    pub lr: f64,
    /// How the learning rate changes; without, a warm-up and half a cosine down to `min_lr`. Its `steps` and `warmup`
    /// are the run's where they are 0.
    pub schedule: Option<Schedule>,
    /// The last learning rate, as a part of `lr`, in [0, 1].
    pub min_lr: f64,
    /// Steps in which the learning rate rises from 0 to `lr`; at most half of `steps` are used for it.
    pub warmup: u64,
    /// Pull towards zero on matrices (norms have none), at least 0.
    pub weight_decay: f64,
    /// Decay of the mean of gradients in "adamw", in [0, 1).
    pub beta1: f64,
    /// Decay of the mean of squared gradients in "adamw", in [0, 1).
    pub beta2: f64,
    /// Gradients longer than this are scaled down to it; positive.
    pub clip: f64,
    /// What the factors of linear layers are rounded to while training: "f32", or "bf16", faster where the processor has
    /// instructions for it (AVX512-BF16; elsewhere it is the same as "f32"). Sums, weights and all else stay in f32.
    pub precision: Precision,
    /// Whether only the blocks' inputs are kept and the rest computed again on the way back: less memory, a third more
    /// work, the same numbers.
    pub recompute: bool,
    /// A loss that is not finite, or this many standard deviations above the mean of the last hundred, sends the run
    /// back to the last good weights, and on without the batches since; 0 for no guard. 6 is a usual choice.
    pub guard: f64,
    /// Part of the text, at its end, that is held out for evaluation and never trained on; in [0, 0.5].
    pub val_fraction: f64,
    /// Where windows begin.
    pub start: WindowStart,
    /// Steps from one evaluation to the next.
    pub eval_interval: u64,
    /// Most windows in an evaluation while training; the last evaluation takes all.
    pub eval_windows: usize,
    /// Steps from one line of the log to the next.
    pub log_interval: u64,
    /// Steps from one checkpoint to the next.
    pub checkpoint_interval: u64,
    /// How many of the newest checkpoints stay beside the last one, as `step-00000500.safetensors`.
    pub checkpoint_keep: usize,
    /// Folder for checkpoints and the log: `best.safetensors`, `last.safetensors`, `log.jsonl`.
    pub checkpoint: Option<String>,
    /// Goes on from `last.safetensors` in the checkpoint folder.
    pub resume: bool,
    /// Stops after this many seconds, with the learning rate falling over that time; positive.
    pub seconds: Option<f64>,
    /// Seed of the order in which windows are drawn.
    pub seed: u64,
    /// Whether a bar shows the progress on a terminal.
    pub progress: bool,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            steps: 2000,
            batch: 12,
            accumulate: 1,
            optimizer: "adamw".into(),
            optimizer_options: Map::new(),
            lr: 1e-3,
            schedule: None,
            min_lr: 0.1,
            warmup: 100,
            weight_decay: 0.1,
            beta1: 0.9,
            beta2: 0.99,
            clip: 1.0,
            precision: Precision::F32,
            recompute: false,
            guard: 0.0,
            val_fraction: 0.1,
            start: WindowStart::Anywhere,
            eval_interval: 250,
            eval_windows: 64,
            log_interval: 10,
            checkpoint_interval: 500,
            checkpoint_keep: 0,
            checkpoint: None,
            resume: false,
            seconds: None,
            seed: 1,
            progress: true,
        }
    }
}

impl TrainConfig {
    fn check(&self) -> Result<()> {
        let ensure = |ok, name, rule, got: f64| ensure_setting(ok, "train", name, rule, got);
        ensure(self.steps > 0, "steps", "at least 1", self.steps as f64)?;
        ensure(self.batch > 0, "batch", "at least 1", self.batch as f64)?;
        ensure(self.accumulate > 0, "accumulate", "at least 1", self.accumulate as f64)?;
        ensure(self.lr.is_finite() && self.lr >= 0.0, "lr", "finite and at least 0", self.lr)?;
        let decay = self.weight_decay;
        ensure(decay.is_finite() && decay >= 0.0, "weight_decay", "finite and at least 0", decay)?;
        ensure((0.0..1.0).contains(&self.beta1), "beta1", "in [0, 1)", self.beta1)?;
        ensure((0.0..1.0).contains(&self.beta2), "beta2", "in [0, 1)", self.beta2)?;
        ensure(self.guard.is_finite() && self.guard >= 0.0, "guard", "finite and at least 0", self.guard)?;
        ensure((0.0..=1.0).contains(&self.min_lr), "min_lr", "in [0, 1]", self.min_lr)?;
        ensure(self.clip > 0.0, "clip", "positive", self.clip)?;
        ensure((0.0..=0.5).contains(&self.val_fraction), "val_fraction", "in [0, 0.5]", self.val_fraction)?;
        ensure(self.eval_interval > 0, "eval_interval", "at least 1", self.eval_interval as f64)?;
        ensure(self.eval_windows > 0, "eval_windows", "at least 1", self.eval_windows as f64)?;
        ensure(self.log_interval > 0, "log_interval", "at least 1", self.log_interval as f64)?;
        let interval = self.checkpoint_interval;
        ensure(interval > 0, "checkpoint_interval", "at least 1", interval as f64)?;
        let seconds = self.seconds.unwrap_or(1.0);
        ensure(seconds > 0.0 && seconds.is_finite(), "seconds", "positive", seconds)?;
        if self.resume && self.checkpoint.is_none() {
            return Err(Error::value("train: `resume` needs the folder to go on from, as `checkpoint`"));
        }
        Ok(())
    }

    /// Steps of warm-up, few enough for short runs.
    fn rise(&self) -> u64 {
        self.warmup.min(self.steps / 2)
    }

    /// How the learning rate changes.
    fn full_schedule(&self) -> Schedule {
        let Some(mut schedule) = self.schedule.clone() else {
            return Schedule::cosine(self.rise(), self.steps, self.min_lr);
        };
        if schedule.steps == 0 {
            schedule.steps = self.steps;
        }
        if schedule.warmup == 0 {
            schedule.warmup = self.rise();
        }
        schedule
    }

    /// The optimizer, with its options and schedule.
    fn optimizer(&self) -> Result<Optimizer> {
        let name = self.optimizer.as_str();
        let mut options = json!({ "lr": self.lr, "weight_decay": self.weight_decay });
        if name == "adamw" {
            options["beta1"] = self.beta1.into();
            options["beta2"] = self.beta2.into();
        }
        // Only what this optimizer knows; an unknown optimizer is refused below.
        let schema = OPTIMIZERS.iter().find(|o| o.name == name).map(|o| (o.schema)().to_value());
        let known = |key: &str| schema.as_ref().is_none_or(|s| s["properties"].get(key).is_some());
        if let Value::Object(options) = &mut options {
            options.retain(|key, _| known(key));
            options.extend(self.optimizer_options.clone());
        }
        let worded = |e: Error| Error::value(e.to_string().replacen(&format!("{name}: "), "train: ", 1));
        let mut optimizer = optim::by_name(name, options).map_err(worded)?;
        optimizer.set_schedule(self.full_schedule()).map_err(worded)?;
        if optimizer.needs_curvature() {
            return Err(Error::value(format!("train: `{name}` wants curvature, which is not computed here")));
        }
        Ok(optimizer)
    }

    /// What a resumed run must have in common with the one that it continues.
    fn identity(&self) -> Self {
        Self {
            eval_windows: 1,
            log_interval: 1,
            checkpoint_interval: 1,
            checkpoint_keep: 0,
            checkpoint: None,
            resume: false,
            seconds: None,
            progress: true,
            ..self.clone()
        }
    }
}

/// What may differ when an interrupted run goes on; everything else comes from its checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ResumeConfig {
    /// The run's folder.
    pub checkpoint: Option<String>,
    /// Stops after this many seconds; positive.
    pub seconds: Option<f64>,
    /// Whether a bar shows the progress on a terminal.
    pub progress: bool,
}

impl Default for ResumeConfig {
    fn default() -> Self {
        Self { checkpoint: None, seconds: None, progress: true }
    }
}

impl ResumeConfig {
    /// The settings of the run in the folder, ready to go on.
    ///
    /// # Errors
    /// If there is no run.
    pub fn train_config(&self) -> Result<TrainConfig> {
        let Some(folder) = &self.checkpoint else {
            return Err(Error::value("resume: needs the run's folder, as `checkpoint`"));
        };
        let (_, run) = Run::read(Path::new(folder))?;
        Ok(TrainConfig {
            checkpoint: self.checkpoint.clone(),
            seconds: self.seconds,
            progress: self.progress,
            resume: true,
            ..run.config
        })
    }
}

/// What one step did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StepReport {
    /// The step's number, from 1.
    pub step: u64,
    /// Mean loss of its batch before the step, in nats per token.
    pub loss: f64,
    /// The learning rate it took.
    pub lr: f64,
    /// Length of the gradient before clipping.
    pub grad_norm: f64,
    /// Tokens per second since training began or went on.
    pub tokens_per_second: f64,
    /// Mean loss on held-out text, if it was evaluated at this step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub val_loss: Option<f64>,
    /// The step that was not taken, because its loss leapt or was not finite; the run went back to `step`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub went_back: Option<u64>,
}

/// How training goes on after a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    /// With the next step.
    Go,
    /// Not at all.
    Stop,
    /// With this highest learning rate.
    Lr(f64),
}

impl From<bool> for Next {
    fn from(go: bool) -> Self {
        if go { Self::Go } else { Self::Stop }
    }
}

/// What training came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainReport {
    /// Steps taken in all, earlier runs included.
    pub steps: u64,
    /// Loss of the last step's batch, in nats per token.
    pub loss: f64,
    /// Loss on all held-out text at the end; nothing if none was held out.
    pub val_loss: Option<f64>,
    /// Seconds it took, this time.
    pub seconds: f64,
    /// Tokens per second, this time.
    pub tokens_per_second: f64,
    /// Whether `on_step`, the time limit or Ctrl-C ended it before the last step.
    pub stopped: bool,
    /// How often the guard sent it back.
    pub went_back: u64,
}

/// Rows of tokens to train on, and whatever else their loss needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainBatch {
    /// The rows.
    pub batch: Batch,
    /// Numbers that the loss needs beside the logits.
    pub extra: Vec<f64>,
}

/// What a run trains on: a pure function of step and part, so that a resumed run sees what it would have seen.
pub trait TrainData: Send + Sync {
    /// Batch `part` of step `step`, both from 0, of `rows` rows (or pairs of rows).
    ///
    /// # Errors
    /// If it cannot be read.
    fn batch(&self, step: u64, part: usize, rows: usize) -> Result<TrainBatch>;

    /// What is held out, in batches of at most `rows`, at most `most` in all.
    fn held_out(&self, rows: usize, most: usize) -> Box<dyn Iterator<Item = Result<TrainBatch>> + '_>;

    /// Most positions in a row.
    fn time(&self) -> usize;

    /// Parts that make up a step in the order of its rows, if that is fixed.
    fn accumulate(&self) -> Option<usize> {
        None
    }

    /// Whether the targets are the tokens that follow, which a model that sees whole texts would read off.
    fn next_tokens(&self) -> bool {
        true
    }

    /// Tells one run's data from another's.
    fn mark(&self) -> u64;

    /// What the loss of a batch is the mean of: how many targets count.
    fn weight(&self, batch: &TrainBatch) -> f64 {
        batch.batch.counted() as f64
    }

    /// The mean loss of a batch from its logits `[rows·time, vocab]`.
    ///
    /// # Errors
    /// If they do not fit each other.
    fn loss(&self, batch: &TrainBatch, logits: &Tensor) -> Result<Tensor> {
        let targets = &batch.batch.targets;
        nn::cross_entropy(logits, &Tensor::from_vec(targets.clone(), &[targets.len()], logits.device())?)
    }
}

impl TrainData for Batches {
    fn batch(&self, step: u64, part: usize, rows: usize) -> Result<TrainBatch> {
        Ok(TrainBatch { batch: self.batch(step, part, rows), extra: Vec::new() })
    }

    fn held_out(&self, rows: usize, most: usize) -> Box<dyn Iterator<Item = Result<TrainBatch>> + '_> {
        Box::new(self.val_batches(rows, most).map(|batch| Ok(TrainBatch { batch, extra: Vec::new() })))
    }

    fn time(&self) -> usize {
        self.config().time
    }

    fn accumulate(&self) -> Option<usize> {
        Some(self.config().accumulate)
    }

    fn mark(&self) -> u64 {
        self.mark()
    }
}

impl Model {
    /// Mean loss on `text`, in nats per token, in windows of the context laid end to end.
    ///
    /// # Errors
    /// If the text has characters without tokens, or fewer than two tokens.
    pub fn evaluate(&self, text: &[u8]) -> Result<f64> {
        let tokens: Vec<i32> = self.tokenizer().encode(text)?.into_iter().map(|t| t as i32).collect();
        if tokens.len() < 2 {
            return Err(Error::value("evaluate: the text has fewer than two tokens"));
        }
        if !self.config().causal {
            return Err(Error::value(
                "evaluate: this model sees whole texts (causal = false), so it has no next token to tell",
            ));
        }
        let time = self.config().context.min(tokens.len() - 1);
        let windows: Vec<&[i32]> = (0..tokens.len() - time).step_by(time).map(|at| &tokens[at..=at + time]).collect();
        let mut total = 0.0;
        for group in windows.chunks(64) {
            stop::check()?;
            let part = |from: usize| {
                let values = group.iter().flat_map(|w| &w[from..from + time]).copied().collect();
                Tensor::from_vec(values, &[group.len(), time], self.device())
            };
            let (ids, targets) = (part(0)?, part(1)?);
            total += nn::no_grad(|| self.loss(&ids, &targets))?.item()? * group.len() as f64;
        }
        Ok(total / windows.len() as f64)
    }

    /// Goes on with the run in a checkpoint folder, on the text that it began with, bit for bit as if it had never
    /// stopped. This model's own weights are replaced by the checkpoint's.
    ///
    /// # Errors
    /// As [`train`](Self::train).
    pub fn resume<N: Into<Next>>(
        &self,
        text: &[u8],
        config: &ResumeConfig,
        on_step: impl FnMut(&StepReport) -> Result<N>,
    ) -> Result<TrainReport> {
        self.train(text, &config.train_config()?, on_step)
    }

    /// Trains on `text`. `on_step` sees every step and says how to go on: with `Ok(true)` or [`Next::Go`], not at all,
    /// or with another learning rate.
    ///
    /// # Errors
    /// If a setting is out of range, the text is too short or has characters without tokens, a checkpoint does not
    /// fit, or a file cannot be written. After Ctrl-C the work is saved and the error is [`Error::Interrupted`].
    pub fn train<N: Into<Next>>(
        &self,
        text: &[u8],
        config: &TrainConfig,
        on_step: impl FnMut(&StepReport) -> Result<N>,
    ) -> Result<TrainReport> {
        Trainer::new(self, text, config)?.run(on_step)
    }

    /// Trains on any data; see [`train`](Self::train). The settings that tell how a text is cut do not matter.
    ///
    /// # Errors
    /// As [`train`](Self::train).
    pub fn train_on<N: Into<Next>>(
        &self,
        data: Arc<dyn TrainData>,
        config: &TrainConfig,
        on_step: impl FnMut(&StepReport) -> Result<N>,
    ) -> Result<TrainReport> {
        ensure_told(self, &*data)?;
        Trainer::on(self, data, config)?.run(on_step)
    }

    /// Trains an adapter alone: this model's own weights, and other adapters attached to it, stay as they are.
    /// Checkpoints hold the adapter. It need not be attached.
    ///
    /// # Errors
    /// As [`train`](Self::train), or if the adapter does not fit.
    pub fn train_lora<N: Into<Next>>(
        &self,
        lora: &Lora,
        data: Arc<dyn TrainData>,
        config: &TrainConfig,
        on_step: impl FnMut(&StepReport) -> Result<N>,
    ) -> Result<TrainReport> {
        ensure_told(self, &*data)?;
        Trainer::lora(self, lora, data, config)?.run(on_step)
    }
}

/// A model that sees what it shall tell learns nothing.
fn ensure_told(model: &Model, data: &dyn TrainData) -> Result<()> {
    if !model.config().causal && data.next_tokens() {
        return Err(Error::value(
            "train: a model with causal = false sees the token that it shall tell; let it tell hidden ones (`Masked`)",
        ));
    }
    Ok(())
}

/// The windows of a text, as [`Model::train`] sees them.
fn of_text(model: &Model, text: &[u8], config: &TrainConfig) -> Result<Batches> {
    if text.is_empty() {
        return Err(Error::value("train: the text is empty"));
    }
    let corpus = CorpusConfig { val_fraction: config.val_fraction, ends: false, ..Default::default() };
    let corpus = Arc::new(Corpus::from_text(model.tokenizer(), text, &corpus)?);
    let batches = BatchesConfig {
        time: model.config().context,
        packing: Packing::Stream,
        start: config.start,
        accumulate: config.accumulate,
        stages: Vec::new(),
        seed: config.seed,
    };
    Batches::new(&[corpus], &batches)
}

/// A training run, one step at a time.
pub struct Trainer {
    model: Model,
    lora: Option<Lora>, // if it alone is trained
    data: Arc<dyn TrainData>,
    config: TrainConfig,
    optimizer: Optimizer,
    lr: f64, // before the schedule
    folder: Option<PathBuf>,
    log: Option<File>,
    step: u64,        // steps taken, earlier runs included
    skipped: u64,     // steps' data left out by the guard
    went_back: u64,   // by the guard
    recent: Vec<f64>, // losses of the last steps, for the guard
    good: Option<Good>,
    best: f64,        // lowest held-out loss seen
    loss: f64,        // of the last step
    val: Option<f64>, // the newest held-out loss
    begun: Instant,
    begun_at: u64, // step
    tokens: u64,   // since `begun`
}

/// Weights to which a run may go back.
struct Good {
    step: u64,
    weights: Vec<Tensor>,
    optimizer: OptimizerState,
    recent: Vec<f64>,
    returns: u32,
}

/// Steps from one set of good weights to the next.
const GOOD: u64 = 50;

/// Losses that the guard compares with, and how many it needs.
const RECENT: usize = 100;
const ENOUGH: usize = 20;

/// How often a run may go back to the same weights.
const RETURNS: u32 = 10;

impl Trainer {
    /// Prepares a run on a text; with `resume`, from where the checkpoint folder's last one stands.
    ///
    /// # Errors
    /// As [`Model::train`].
    pub fn new(model: &Model, text: &[u8], config: &TrainConfig) -> Result<Self> {
        config.check()?;
        Self::prepare(model, None, Arc::new(of_text(model, text, config)?), config)
    }

    /// Prepares a run on any data.
    ///
    /// # Errors
    /// As [`Model::train_on`].
    pub fn on(model: &Model, data: Arc<dyn TrainData>, config: &TrainConfig) -> Result<Self> {
        Self::prepare(model, None, data, config)
    }

    /// Prepares a run that trains an adapter alone.
    ///
    /// # Errors
    /// As [`Model::train_lora`].
    pub fn lora(model: &Model, lora: &Lora, data: Arc<dyn TrainData>, config: &TrainConfig) -> Result<Self> {
        lora.ensure_fits(model)?;
        Self::prepare(model, Some(lora.clone()), data, config)
    }

    fn prepare(model: &Model, lora: Option<Lora>, data: Arc<dyn TrainData>, config: &TrainConfig) -> Result<Self> {
        config.check()?;
        if let Some(parts) = data.accumulate().filter(|parts| *parts != config.accumulate) {
            let rule = format!("{parts}, as the batches are made for");
            return Err(Error::setting("train", "accumulate", rule, config.accumulate));
        }
        if data.time() > model.config().context {
            let (time, context) = (data.time(), model.config().context);
            return Err(Error::value(format!(
                "train: windows of {time} are longer than the model's context of {context}"
            )));
        }
        let mut trainer = Self {
            model: model.clone(),
            lora,
            data,
            config: config.clone(),
            optimizer: config.optimizer()?,
            lr: config.lr,
            folder: config.checkpoint.as_ref().map(PathBuf::from),
            log: None,
            step: 0,
            skipped: 0,
            went_back: 0,
            recent: Vec::new(),
            good: None,
            best: f64::INFINITY,
            loss: f64::NAN,
            val: None,
            begun: Instant::now(),
            begun_at: 0,
            tokens: 0,
        };
        if config.resume {
            trainer.restore()?;
        }
        trainer.begun_at = trainer.step;
        trainer.open_log()?;
        Ok(trainer)
    }

    /// Takes all steps, with a progress bar if it was asked for.
    ///
    /// # Errors
    /// As [`Model::train`]; the work is saved first.
    pub fn run<N: Into<Next>>(mut self, mut on_step: impl FnMut(&StepReport) -> Result<N>) -> Result<TrainReport> {
        let bar = self.config.progress.then(|| Progress::steps(self.config.steps, "train").starting_at(self.step));
        let mut next = |trainer: &mut Self| -> Result<Next> {
            let report = trainer.step()?;
            if let Some(bar) = &bar {
                bar.set_total(trainer.expected_steps());
                bar.set(report.step);
                bar.message(&trainer.status(&report));
                if let Some(from) = report.went_back {
                    let why = format!("the loss of step {from} is {:.3}; back to step {}", report.loss, report.step);
                    progress::suspend(|| eprintln!("train: {why}, and on without the batches since"));
                }
            }
            let next = on_step(&report)?.into();
            if let Next::Lr(lr) = next {
                trainer.set_lr(lr)?;
            }
            stop::check()?;
            Ok(next)
        };
        let outcome = loop {
            if self.finished() {
                break Ok(false);
            }
            match next(&mut self) {
                Ok(Next::Stop) => break Ok(true),
                Ok(_) => {}
                Err(e) => break Err(e),
            }
        };
        drop(bar); // its last line says how far it came
        self.finish(outcome)
    }

    /// Whether the last step is done, or the time is up.
    pub fn finished(&self) -> bool {
        self.step >= self.config.steps || self.config.seconds.is_some_and(|s| self.begun.elapsed().as_secs_f64() >= s)
    }

    /// Changes the highest learning rate from the next step on.
    ///
    /// # Errors
    /// If it is negative or not finite.
    pub fn set_lr(&mut self, lr: f64) -> Result<()> {
        ensure_setting(lr.is_finite() && lr >= 0.0, "train", "lr", "finite and at least 0", lr)?;
        self.lr = lr;
        self.optimizer.set_lr(lr)
    }

    /// What moves: the model's weights, or the adapter's.
    fn params(&self) -> Vec<(String, Param)> {
        self.lora.as_ref().map_or_else(|| self.model.named_params(), Lora::named_params)
    }

    /// How a batch goes through the model; `dropout` while training.
    fn pass(&self, batch: &Batch, dropout: Option<Rng>) -> Pass {
        let mut lora = self.model.attached();
        if let Some(own) = &self.lora {
            lora.retain(|(other, _)| !other.same(own));
            lora.push((own.clone(), 1.0));
        }
        let starts = batch.starts.as_ref().map(|s| s.as_slice().into());
        Pass { starts, dropout, lora: Some(lora), frozen: self.lora.is_some(), precision: self.config.precision }
    }

    /// Loss and gradients of the next step, and how many positions it read.
    fn gradients(&self, params: &[Param]) -> Result<(f64, Vec<Option<Tensor>>, u64)> {
        let TrainConfig { batch, accumulate, seed, recompute, .. } = self.config;
        let at = self.step + self.skipped;
        let parts = (0..accumulate).map(|part| self.data.batch(at, part, batch)).collect::<Result<Vec<_>>>()?;
        let weights: Vec<f64> = parts.iter().map(|part| self.data.weight(part)).collect();
        let whole = weights.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let (mut loss, mut sums, mut tokens) = (0.0, vec![None; params.len()], 0);
        for (i, (part, weight)) in parts.iter().zip(weights).enumerate() {
            let rows = &part.batch;
            let ids = Tensor::from_vec(rows.ids.clone(), &[rows.rows, rows.time], self.model.device())?;
            // Another seed than the data's, so that no dropout follows the order of the windows.
            let dropout = Rng::stream(seed ^ 0x6472_6f70_6f75_7400, 1 + at * (1 << 16) + i as u64);
            let pass = self.pass(rows, Some(dropout));
            let share = weight / whole;
            let (part_loss, found) = self.model.gradients(&ids, &pass, params, recompute, |logits| {
                let loss = self.data.loss(part, logits)?;
                if share == 1.0 { Ok(loss) } else { loss.mul_scalar(share) }
            })?;
            loss += part_loss;
            tokens += rows.ids.len() as u64;
            for (sum, new) in sums.iter_mut().zip(found) {
                let Some(new) = new else { continue };
                *sum = Some(match sum.take() {
                    Some(old) => Tensor::add(&old, &new)?,
                    None => new,
                });
            }
        }
        Ok((loss, sums, tokens))
    }

    /// One optimizer step, with the evaluation, log line and checkpoint that are due after it.
    ///
    /// # Errors
    /// If the loss or gradient is not finite and there is no guard (the weights are then those of before the step), or a
    /// file cannot be written.
    pub fn step(&mut self) -> Result<StepReport> {
        let named = self.params();
        let params: Vec<Param> = named.iter().map(|(_, p)| p.clone()).collect();
        self.keep_good(&params)?;
        let (loss, sums, tokens) = self.gradients(&params)?;
        self.tokens += tokens;
        if let Some(why) = self.gone_wrong(loss) {
            return self.go_back(&params, loss, why);
        }
        self.follow_the_clock()?;
        let lr = self.next_lr();
        let grad_norm = match self.move_by(&named, sums)? {
            Some(norm) => norm,
            None => return self.go_back(&params, loss, "the gradient is not finite".into()),
        };
        self.step += 1;
        self.loss = loss;
        if self.config.guard > 0.0 {
            self.recent.push(loss);
            let old = self.recent.len().saturating_sub(RECENT);
            self.recent.drain(..old);
        }
        let val_loss = if self.step.is_multiple_of(self.config.eval_interval) && self.step < self.config.steps {
            self.evaluate(self.config.eval_windows)?
        } else {
            None
        };
        let tokens_per_second = self.tokens as f64 / self.begun.elapsed().as_secs_f64();
        let report = StepReport { step: self.step, loss, lr, grad_norm, tokens_per_second, val_loss, went_back: None };
        if self.step.is_multiple_of(self.config.log_interval) || val_loss.is_some() {
            self.write_log(&report)?;
        }
        if self.step.is_multiple_of(self.config.checkpoint_interval) {
            self.save_last()?;
            self.keep_checkpoints()?;
        }
        Ok(report)
    }

    /// Moves the parameters; answers the gradient's length, or nothing if it is not finite and there is a guard.
    fn move_by(&mut self, named: &[(String, Param)], sums: Vec<Option<Tensor>>) -> Result<Option<f64>> {
        // Muon turns matrices, but a table of vectors is none (Jordan et al. 2024): it goes as one long vector.
        let long = |name: &str| {
            self.config.optimizer == "muon" && ["embed.weight", "positions.weight", "output.weight"].contains(&name)
        };
        let (mut list, mut long_ones) = (Vec::with_capacity(named.len()), Vec::new());
        for (place, ((name, param), grad)) in named.iter().zip(sums).enumerate() {
            let Some(grad) = grad else { continue };
            let decay = grad.rank() > 1;
            let (param, grad) = if long(name) {
                let flat = Param::new(param.value().plain().reshape(&[grad.len()])?);
                long_ones.push((param, flat.clone(), grad.shape()));
                (flat, grad.reshape(&[grad.len()])?)
            } else {
                (param.clone(), grad)
            };
            list.push(StepParam { place, decay, param, grad, hessian: None });
        }
        let guarded = self.config.guard > 0.0;
        if guarded && !list.iter().all(|p| p.grad.all_finite()) {
            return Ok(None);
        }
        let norm = nn::step_clipped(&mut self.optimizer, &list, self.config.clip)?;
        for (param, flat, shape) in long_ones {
            param.set_value(flat.value().plain().reshape(&shape)?)?;
        }
        Ok(Some(norm))
    }

    /// The learning rate that the next step takes.
    fn next_lr(&self) -> f64 {
        self.optimizer.lr() * self.optimizer.schedule().factor(self.optimizer.t())
    }

    // ---- guard

    /// Every now and then keeps the weights as good ones.
    fn keep_good(&mut self, params: &[Param]) -> Result<()> {
        let due = self.good.as_ref().is_none_or(|good| self.step >= good.step + GOOD);
        if self.config.guard == 0.0 || !due {
            return Ok(());
        }
        let copy = |p: &Param| {
            let value = p.value().plain();
            Tensor::from_vec(value.to_f32()?, &value.shape(), value.device())
        };
        self.good = Some(Good {
            step: self.step,
            weights: params.iter().map(copy).collect::<Result<_>>()?,
            optimizer: self.optimizer.state(),
            recent: self.recent.clone(),
            returns: 0,
        });
        Ok(())
    }

    /// Why a step with this loss is not taken.
    fn gone_wrong(&self, loss: f64) -> Option<String> {
        if !loss.is_finite() {
            return Some(format!("the loss is {loss}"));
        }
        let n = self.recent.len() as f64;
        if self.config.guard == 0.0 || self.recent.len() < ENOUGH {
            return None;
        }
        let mean = self.recent.iter().sum::<f64>() / n;
        let deviation = (self.recent.iter().map(|l| (l - mean).powi(2)).sum::<f64>() / n).sqrt();
        // Losses that hardly differ say nothing about leaps.
        let leap = mean + self.config.guard * deviation.max(0.01 * mean.abs());
        (loss > leap).then(|| format!("the loss is {loss:.3} after a mean of {mean:.3}"))
    }

    /// Goes back to the last good weights, and on with other data.
    fn go_back(&mut self, params: &[Param], loss: f64, why: String) -> Result<StepReport> {
        let failed = self.step + 1;
        let fail = |hint: &str| Err(Error::value(format!("train: {why} at step {failed}; {hint}")));
        let Some(good) = &mut self.good else {
            return fail("a lower `lr` or a longer `warmup` helps");
        };
        if good.returns >= RETURNS {
            return fail("going back does not help; a lower `lr` or a longer `warmup` may");
        }
        good.returns += 1;
        for (param, value) in params.iter().zip(&good.weights) {
            // A copy, since steps change values in place.
            param.set_value(Tensor::from_vec(value.to_f32()?, &value.shape(), value.device())?)?;
        }
        self.optimizer.load_state(good.optimizer.clone())?;
        self.optimizer.set_lr(self.lr)?;
        self.skipped += failed - good.step;
        self.step = good.step;
        self.recent = good.recent.clone();
        self.went_back += 1;
        let report = StepReport {
            step: self.step,
            loss,
            lr: self.optimizer.current_lr(),
            grad_norm: f64::NAN,
            tokens_per_second: self.tokens as f64 / self.begun.elapsed().as_secs_f64(),
            val_loss: None,
            went_back: Some(failed),
        };
        self.write_log(&report)?;
        Ok(report)
    }

    /// With a time limit, the learning rate falls with the time rather than with the steps, whichever is further.
    fn follow_the_clock(&mut self) -> Result<()> {
        let Some(seconds) = self.config.seconds else { return Ok(()) };
        let steps = self.config.steps;
        let schedule = self.config.full_schedule();
        let warmup = schedule.warmup;
        let by_time = (self.begun.elapsed().as_secs_f64() / seconds * steps as f64) as u64;
        let falling = Schedule { warmup: 0, ..schedule }.factor(by_time.max(self.step).min(steps));
        let rising = if warmup > 0 { ((self.step + 1) as f64 / warmup as f64).min(1.0) } else { 1.0 };
        self.optimizer.set_schedule(Schedule::default())?;
        self.optimizer.set_lr(self.lr * falling * rising)
    }

    /// Calls `work` with the weights to use in place: where the optimizer keeps a mean of the points visited, that.
    fn with_averages<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if !self.optimizer.averages() {
            return work(self);
        }
        let named = self.params();
        let moving: Vec<Tensor> = named.iter().map(|(_, p)| p.value().plain()).collect();
        for (place, ((_, param), now)) in named.iter().zip(&moving).enumerate() {
            if let Some(mean) = nn::averaged(&self.optimizer, place, now)? {
                param.set_value(mean)?;
            }
        }
        let outcome = work(self);
        for ((_, param), value) in named.iter().zip(moving) {
            param.set_value(value)?;
        }
        outcome
    }

    /// Mean loss of what is held out, nothing if nothing is; the best weights are kept.
    fn evaluate(&mut self, windows: usize) -> Result<Option<f64>> {
        self.with_averages(|trainer| {
            let loss = trainer.held_out_loss(windows)?;
            trainer.val = loss.or(trainer.val);
            if let (Some(loss), Some(folder)) = (loss, &trainer.folder)
                && loss < trainer.best
            {
                let path = folder.join("best.safetensors");
                match &trainer.lora {
                    Some(lora) => lora.save(path)?,
                    None => trainer.model.save(path)?,
                }
                trainer.best = loss;
            }
            Ok(loss)
        })
    }

    fn held_out_loss(&self, most: usize) -> Result<Option<f64>> {
        let (mut total, mut whole) = (0.0, 0.0);
        for part in self.data.held_out(self.config.batch.min(64), most) {
            stop::check()?;
            let part = part?;
            let (rows, weight) = (&part.batch, self.data.weight(&part));
            if weight == 0.0 {
                continue;
            }
            let ids = Tensor::from_vec(rows.ids.clone(), &[rows.rows, rows.time], self.model.device())?;
            let pass = self.pass(rows, None);
            let loss = nn::no_grad(|| self.data.loss(&part, &self.model.forward_with(&ids, &pass)?))?;
            total += loss.item()? * weight;
            whole += weight;
        }
        Ok((whole > 0.0).then(|| total / whole))
    }

    /// All steps, or those that the time limit will leave at the present speed.
    pub fn expected_steps(&self) -> u64 {
        let Some(seconds) = self.config.seconds else { return self.config.steps };
        let share = (self.begun.elapsed().as_secs_f64() / seconds).clamp(1e-9, 1.0);
        let taken = self.step.saturating_sub(self.begun_at) as f64;
        self.config.steps.min(self.begun_at + (taken / share) as u64).max(self.step)
    }

    /// One line about how it goes.
    pub fn status(&self, report: &StepReport) -> String {
        let val = self.val.map_or(String::new(), |v| format!("  val {v:.3}"));
        format!("loss {:.3}{val}  {:.0} tokens/s", report.loss, report.tokens_per_second)
    }

    /// Evaluates on all that is held out, writes the last checkpoint and says what came of it. Where the optimizer keeps
    /// a mean of the points visited, the weights are that mean afterwards.
    ///
    /// # Errors
    /// That of `outcome`, or if a file cannot be written.
    pub fn finish(mut self, outcome: Result<bool>) -> Result<TrainReport> {
        let (seconds, stopped) = (self.begun.elapsed().as_secs_f64(), outcome);
        self.save_last()?;
        if let (Err(Error::Interrupted), Some(folder), true) = (&stopped, &self.folder, self.config.progress) {
            let kept = format!("stopped at step {}; the run is kept in {}", self.step, folder.display());
            progress::suspend(|| eprintln!("{kept}, and `resume` goes on with it"));
        }
        let stopped = stopped?;
        let val_loss = self.evaluate(usize::MAX)?;
        if self.optimizer.averages() {
            let named = self.params();
            for (place, (_, param)) in named.iter().enumerate() {
                if let Some(mean) = nn::averaged(&self.optimizer, place, &param.value().plain())? {
                    param.set_value(mean)?;
                }
            }
        }
        let tokens_per_second = self.tokens as f64 / seconds.max(1e-9);
        let done = self.step >= self.config.steps;
        Ok(TrainReport {
            steps: self.step,
            loss: self.loss,
            val_loss,
            seconds,
            tokens_per_second,
            stopped: stopped || !done,
            went_back: self.went_back,
        })
    }

    // ---- files

    fn open_log(&mut self) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let path = folder.join("log.jsonl");
        if !self.config.resume {
            write_atomically(&path, |_| Ok(()))?;
        }
        let open = OpenOptions::new().append(true).create(true).open(&path);
        self.log = Some(open.map_err(|e| Error::file(&path, crate::data::reason(&e)))?);
        Ok(())
    }

    fn write_log(&mut self, report: &StepReport) -> Result<()> {
        let Some(log) = &mut self.log else { return Ok(()) };
        let line = serde_json::to_string(report).map_err(|e| Error::value(e.to_string()))?;
        writeln!(log, "{line}").map_err(|e| Error::value(format!("train: the log cannot be written: {e}")))
    }

    /// Everything that a resumed run needs, in one file, beside the weights.
    fn save_last(&self) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let (optimizer, arrays) = self.optimizer.state().to_file();
        let run = Run {
            step: self.step,
            best: self.best.is_finite().then_some(self.best),
            text: self.data.mark(),
            config: TrainConfig { checkpoint: None, resume: false, ..self.config.clone() },
            optimizer,
            lr: Some(self.lr),
            skipped: self.skipped,
            went_back: self.went_back,
            recent: self.recent.clone(),
        };
        let json = serde_json::to_string(&run).map_err(|e| Error::value(e.to_string()))?;
        let (path, meta) = (folder.join(LAST), [("mynah.train", json)]);
        match &self.lora {
            Some(lora) => lora.write(&path, &arrays, &meta),
            None => checkpoint::write(&path, &self.model, &arrays, &meta),
        }
    }

    /// Keeps the newest checkpoint under its step's name too, and of these only so many.
    fn keep_checkpoints(&self) -> Result<()> {
        let (Some(folder), keep) = (&self.folder, self.config.checkpoint_keep) else { return Ok(()) };
        if keep == 0 {
            return Ok(());
        }
        let fail = |path: &Path, e: std::io::Error| Error::file(path, crate::data::reason(&e));
        let kept = folder.join(format!("step-{:08}.safetensors", self.step));
        let _ = std::fs::remove_file(&kept);
        // The last one is always written anew, never changed: both names can share its bytes.
        let last = folder.join(LAST);
        if std::fs::hard_link(&last, &kept).is_err() {
            std::fs::copy(&last, &kept).map_err(|e| fail(&kept, e))?;
        }
        let mut all: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(|e| fail(folder, e))? {
            let path = entry.map_err(|e| fail(folder, e))?.path();
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            let number = name.strip_prefix("step-").and_then(|n| n.strip_suffix(".safetensors"));
            if number.is_some_and(|n| n.len() >= 8 && n.bytes().all(|b| b.is_ascii_digit())) {
                all.push(path);
            }
        }
        all.sort();
        let old = all.len().saturating_sub(keep);
        all[..old].iter().try_for_each(|path| std::fs::remove_file(path).map_err(|e| fail(path, e)))
    }

    fn restore(&mut self) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let path = folder.join(LAST);
        let fail = |why: String| Error::file(&path, why);
        let (file, run) = Run::read(folder)?;
        let saved = match &self.lora {
            None => {
                let saved = checkpoint::model(&file, self.model.device())?;
                if saved.config() != self.model.config() || saved.tokenizer() != self.model.tokenizer() {
                    return Err(fail("the run there is of a model with other sizes or another tokenizer".into()));
                }
                saved.named_params()
            }
            Some(lora) => {
                let saved = Lora::read(&file, self.model.device())?;
                saved.ensure_fits(&self.model)?;
                if saved.config() != lora.config() {
                    return Err(fail("the run there is of an adapter with other settings".into()));
                }
                saved.named_params()
            }
        };
        let (theirs, ours) = (run.config.identity(), self.config.identity());
        if theirs != ours {
            return Err(fail(differing(&theirs, &ours)));
        }
        if run.text != self.data.mark() {
            return Err(fail("the run there was trained on another text".into()));
        }
        self.optimizer.load_state(OptimizerState::from_file(run.optimizer, &file)?)?;
        for ((_, own), (_, theirs)) in self.params().iter().zip(saved) {
            own.set_value(theirs.value().plain())?;
        }
        self.step = run.step;
        self.best = run.best.unwrap_or(f64::INFINITY);
        self.lr = run.lr.unwrap_or(self.config.lr);
        self.optimizer.set_lr(self.lr)?;
        (self.skipped, self.went_back, self.recent) = (run.skipped, run.went_back, run.recent);
        Ok(())
    }
}

/// The part of a checkpoint that is not numbers of the model's size.
#[derive(Serialize, Deserialize)]
struct Run {
    step: u64,
    best: Option<f64>,
    text: u64,
    config: TrainConfig,
    optimizer: StateHeader,
    #[serde(default)]
    lr: Option<f64>,
    #[serde(default)]
    skipped: u64,
    #[serde(default)]
    went_back: u64,
    #[serde(default)]
    recent: Vec<f64>,
}

/// The newest checkpoint in a run's folder.
const LAST: &str = "last.safetensors";

impl Run {
    fn read(folder: &Path) -> Result<(ArrayFile, Self)> {
        let path = folder.join(LAST);
        if !path.exists() {
            return Err(Error::file(&path, "no such file; there is no run to resume here"));
        }
        let file = ArrayFile::read(&path)?;
        let json = file.meta("mynah.train").ok_or_else(|| file.fail("holds a model, but no run to resume"))?;
        let run = serde_json::from_str(json);
        let run = run.map_err(|e| Error::file(&path, format!("its training state cannot be read ({e})")))?;
        Ok((file, run))
    }
}

/// Says which setting of the run to resume is another.
fn differing(saved: &TrainConfig, given: &TrainConfig) -> String {
    let [saved, given] = [saved, given].map(|c| serde_json::to_value(c).unwrap_or_default());
    let names = saved.as_object().map(|o| o.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    match names.iter().find(|n| saved[*n] != given[*n]) {
        Some(name) => format!("the run there has `{name}` = {}, not {}", saved[name], given[name]),
        None => "the run there has other settings".into(),
    }
}

/// Whether a folder holds a run that can be resumed.
pub fn can_resume(folder: impl AsRef<Path>) -> bool {
    folder.as_ref().join(LAST).is_file()
}
