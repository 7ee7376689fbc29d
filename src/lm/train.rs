//! Training a model on text: AdamW with warm-up and cosine decay, held-out evaluation, checkpoints, exact resume.
//!
//! Which windows a step sees depends only on the seed and the step's number, so a run resumed from a checkpoint goes
//! on bit for bit as if it had never stopped.

use super::checkpoint;
use super::model::Model;
use crate::data::{ArrayFile, Rng, write_atomically};
use crate::error::ensure_setting;
use crate::nn::{self, StepParam, Tensor};
use crate::optim::{AdamwSettings, Optimizer, OptimizerState, Schedule, StateHeader, adamw};
use crate::progress::{self, Progress};
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Where a training window may begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WindowStart {
    /// At any token.
    #[default]
    Anywhere,
    /// At the beginning of a line: no line is seen without its beginning. For texts of lines that stand alone.
    Line,
}

/// How a model is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// Optimizer steps.
    pub steps: u64,
    /// Windows in a batch.
    pub batch: usize,
    /// Batches whose gradients are averaged for one step.
    pub accumulate: usize,
    /// Highest learning rate.
    pub lr: f64,
    /// The last learning rate, as a part of `lr`, in [0, 1].
    pub min_lr: f64,
    /// Steps in which the learning rate rises from 0 to `lr`; at most half of `steps` are used for it.
    pub warmup: u64,
    /// Pull towards zero on matrices (norms have none), at least 0.
    pub weight_decay: f64,
    /// Decay of the mean of gradients, in [0, 1).
    pub beta1: f64,
    /// Decay of the mean of squared gradients, in [0, 1).
    pub beta2: f64,
    /// Gradients longer than this are scaled down to it; positive.
    pub clip: f64,
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
            lr: 1e-3,
            min_lr: 0.1,
            warmup: 100,
            weight_decay: 0.1,
            beta1: 0.9,
            beta2: 0.99,
            clip: 1.0,
            val_fraction: 0.1,
            start: WindowStart::Anywhere,
            eval_interval: 250,
            eval_windows: 64,
            log_interval: 10,
            checkpoint_interval: 500,
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

    /// What a resumed run must have in common with the one that it continues.
    fn identity(&self) -> Self {
        Self {
            eval_windows: 1,
            log_interval: 1,
            checkpoint_interval: 1,
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
    fn train_config(&self) -> Result<TrainConfig> {
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
#[derive(Clone, Debug, PartialEq, Serialize)]
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
}

/// A text as token numbers, split by position into a part to train on and a part held out.
struct Corpus {
    mark: u64, // tells one text from another
    train: Vec<i32>,
    held: Vec<i32>,
    time: usize, // positions in a window
    line_end: Option<i32>,
    starts: Vec<usize>, // where training windows may begin; empty for anywhere
}

impl Corpus {
    fn new(model: &Model, text: &[u8], config: &TrainConfig) -> Result<Self> {
        let tokens = model.tokenizer().encode(text)?;
        let (n, time) = (tokens.len(), model.config().context);
        let cut = n - (n as f64 * config.val_fraction) as usize;
        if cut < time + 1 {
            return Err(Error::value(format!(
                "train: the text has {n} tokens, {cut} of them to train on; a context of {time} needs at least {}",
                time + 1
            )));
        }
        // FNV-1a (Fowler, Noll & Vo 1991), over whole tokens.
        let mark =
            tokens.iter().fold(0xcbf2_9ce4_8422_2325, |h: u64, t| (h ^ u64::from(*t)).wrapping_mul(0x0100_0000_01b3));
        let mut train: Vec<i32> = tokens.into_iter().map(|t| t as i32).collect();
        let held = train.split_off(cut);
        let line_end = match config.start {
            WindowStart::Anywhere => None,
            WindowStart::Line => match model.tokenizer().encode_known("\n")[..] {
                [end] => Some(end as i32),
                _ => return Err(Error::value("train: `start` = \"line\" needs a text with line ends")),
            },
        };
        let mut starts = line_end.map(|end| line_starts(&train, end)).unwrap_or_default();
        starts.retain(|at| at + time < train.len());
        if line_end.is_some() && starts.is_empty() {
            return Err(Error::value(format!("train: no line begins {time} tokens before the end of the text")));
        }
        Ok(Self { mark, train, held, time, line_end, starts })
    }

    /// The windows of batch `part` of `step`: begun at random places, drawn with replacement.
    fn batch(&self, seed: u64, step: u64, part: usize, rows: usize) -> (Vec<i32>, Vec<i32>) {
        let mut rng = Rng::stream(seed, 1 + step * (1 << 16) + part as u64);
        let (mut ids, mut targets) = (Vec::with_capacity(rows * self.time), Vec::with_capacity(rows * self.time));
        for _ in 0..rows {
            let at = match self.starts[..] {
                [] => rng.below(self.train.len() - self.time),
                ref starts => starts[rng.below(starts.len())],
            };
            ids.extend(&self.train[at..at + self.time]);
            targets.extend(&self.train[at + 1..at + 1 + self.time]);
        }
        (ids, targets)
    }
}

/// Where lines begin.
fn line_starts(tokens: &[i32], end: i32) -> Vec<usize> {
    let after = tokens.iter().enumerate().filter(|(_, t)| **t == end).map(|(i, _)| i + 1);
    std::iter::once(0).chain(after).filter(|at| *at < tokens.len()).collect()
}

/// Mean loss of `model` over `tokens`, in windows of its context laid end to end (each moved on to the next beginning
/// of a line, if lines end with `line_end`); at most `most` of them, evenly spread. Nothing if there is no window.
fn mean_loss(model: &Model, tokens: &[i32], line_end: Option<i32>, most: usize) -> Result<Option<f64>> {
    if tokens.len() < 2 {
        return Ok(None);
    }
    let time = model.config().context.min(tokens.len() - 1);
    let last = tokens.len() - 1 - time; // where the last window may begin
    let starts: Vec<usize> = match line_end {
        None => (0..=last).step_by(time).collect(),
        Some(end) => {
            let mut next = 0;
            let mut starts = line_starts(tokens, end);
            // The held-out part may begin within a line.
            starts.retain(|at| {
                let fits = *at > 0 && *at >= next && *at <= last;
                next = if fits { at + time } else { next };
                fits
            });
            starts
        }
    };
    let chosen = starts.len().min(most);
    let starts: Vec<usize> = (0..chosen).map(|i| starts[i * starts.len() / chosen]).collect();
    let mut total = 0.0;
    for group in starts.chunks(64) {
        stop::check()?;
        let rows = group.len();
        let pick = |by: usize| group.iter().flat_map(|s| &tokens[s + by..s + by + time]).copied().collect::<Vec<_>>();
        let shape = [rows, time];
        let ids = Tensor::from_vec(pick(0), &shape, model.device())?;
        let targets = Tensor::from_vec(pick(1), &shape, model.device())?;
        total += nn::no_grad(|| model.loss(&ids, &targets))?.item()? * rows as f64;
    }
    Ok((chosen > 0).then(|| total / chosen as f64))
}

impl Model {
    /// Mean loss on `text`, in nats per token, in windows of the context laid end to end.
    ///
    /// # Errors
    /// If the text has characters without tokens, or fewer than two tokens.
    pub fn evaluate(&self, text: &[u8]) -> Result<f64> {
        let tokens: Vec<i32> = self.tokenizer().encode(text)?.into_iter().map(|t| t as i32).collect();
        mean_loss(self, &tokens, None, usize::MAX)?
            .ok_or_else(|| Error::value("evaluate: the text has fewer than two tokens"))
    }

    /// Goes on with the run in a checkpoint folder, on the text that it began with, bit for bit as if it had never
    /// stopped. This model's own weights are replaced by the checkpoint's.
    ///
    /// # Errors
    /// As [`train`](Self::train).
    pub fn resume(
        &self,
        text: &[u8],
        config: &ResumeConfig,
        on_step: impl FnMut(&StepReport) -> Result<bool>,
    ) -> Result<TrainReport> {
        self.train(text, &config.train_config()?, on_step)
    }

    /// Trains on `text`. `on_step` sees every step and ends the training by answering `Ok(false)`.
    ///
    /// # Errors
    /// If a setting is out of range, the text is too short or has characters without tokens, a checkpoint does not
    /// fit, or a file cannot be written. After Ctrl-C the work is saved and the error is [`Error::Interrupted`].
    pub fn train(
        &self,
        text: &[u8],
        config: &TrainConfig,
        mut on_step: impl FnMut(&StepReport) -> Result<bool>,
    ) -> Result<TrainReport> {
        let mut trainer = Trainer::new(self, text, config)?;
        let bar = config.progress.then(|| Progress::steps(config.steps, "train").starting_at(trainer.step));
        let outcome = loop {
            if trainer.finished() {
                break Ok(false);
            }
            match trainer.step() {
                Ok(report) => {
                    if let Some(bar) = &bar {
                        bar.set_total(trainer.expected_steps());
                        bar.set(report.step);
                        bar.message(&trainer.status(&report));
                    }
                    match on_step(&report) {
                        Ok(true) => {}
                        Ok(false) => break Ok(true),
                        Err(e) => break Err(e),
                    }
                }
                Err(e) => break Err(e),
            }
            if let Err(e) = stop::check() {
                break Err(e);
            }
        };
        drop(bar); // its last line says how far it came
        trainer.finish(outcome)
    }
}

/// A training run, one step at a time.
pub struct Trainer {
    model: Model,
    corpus: Corpus,
    config: TrainConfig,
    optimizer: Optimizer,
    folder: Option<PathBuf>,
    log: Option<File>,
    step: u64,        // steps taken, earlier runs included
    best: f64,        // lowest held-out loss seen
    loss: f64,        // of the last step
    val: Option<f64>, // the newest held-out loss
    begun: Instant,
    tokens: u64, // since `begun`
}

impl Trainer {
    /// Prepares a run; with `resume`, from where the checkpoint folder's last one stands.
    pub fn new(model: &Model, text: &[u8], config: &TrainConfig) -> Result<Self> {
        config.check()?;
        if text.is_empty() {
            return Err(Error::value("train: the text is empty"));
        }
        let corpus = Corpus::new(model, text, config)?;
        let optimizer = adamw(AdamwSettings {
            lr: config.lr,
            beta1: config.beta1,
            beta2: config.beta2,
            weight_decay: config.weight_decay,
            schedule: Schedule::cosine(config.rise(), config.steps, config.min_lr),
            ..Default::default()
        })
        .map_err(|e| Error::value(e.to_string().replace("adamw:", "train:")))?;
        let mut trainer = Self {
            model: model.clone(),
            corpus,
            config: config.clone(),
            optimizer,
            folder: config.checkpoint.as_ref().map(PathBuf::from),
            log: None,
            step: 0,
            best: f64::INFINITY,
            loss: f64::NAN,
            val: None,
            begun: Instant::now(),
            tokens: 0,
        };
        if config.resume {
            trainer.restore()?;
        }
        trainer.open_log()?;
        Ok(trainer)
    }

    /// Whether the last step is done, or the time is up.
    pub fn finished(&self) -> bool {
        self.step >= self.config.steps || self.config.seconds.is_some_and(|s| self.begun.elapsed().as_secs_f64() >= s)
    }

    /// One optimizer step, with the evaluation, log line and checkpoint that are due after it.
    ///
    /// # Errors
    /// If the loss or gradient is not finite (the weights are then those of before the step), or a file cannot be
    /// written.
    pub fn step(&mut self) -> Result<StepReport> {
        let TrainConfig { batch, accumulate, seed, .. } = self.config;
        let (model, shape) = (&self.model, [batch, self.corpus.time]);
        let params = model.named_params();
        let mut sums: Vec<Option<Tensor>> = vec![None; params.len()];
        let mut loss = 0.0;
        for part in 0..accumulate {
            let (ids, targets) = self.corpus.batch(seed, self.step, part, batch);
            let ids = Tensor::from_vec(ids, &shape, model.device())?;
            let targets = Tensor::from_vec(targets, &shape, model.device())?;
            let part_loss = model.loss(&ids, &targets)?.mul_scalar(1.0 / accumulate as f64)?;
            loss += part_loss.item()?;
            let found = part_loss.backward()?;
            for (sum, (_, param)) in sums.iter_mut().zip(&params) {
                let Some(new) = found.get(&param.value()) else { continue };
                *sum = Some(match sum.take() {
                    Some(old) => old.add(&new)?,
                    None => new,
                });
            }
        }
        if !loss.is_finite() {
            return Err(Error::value(format!(
                "train: the loss is {loss} at step {}; a lower `lr` or a longer `warmup` helps",
                self.step + 1
            )));
        }
        let mut list = Vec::with_capacity(params.len());
        for (place, ((_, param), grad)) in params.into_iter().zip(sums).enumerate() {
            let Some(grad) = grad else { continue };
            list.push(StepParam { place, decay: grad.rank() > 1, param, grad, hessian: None });
        }
        self.follow_the_clock()?;
        let lr = self.optimizer.current_lr();
        let grad_norm = nn::step_clipped(&mut self.optimizer, &list, self.config.clip)?;
        self.step += 1;
        self.loss = loss;
        self.tokens += self.tokens_per_step();
        let val_loss = if self.step.is_multiple_of(self.config.eval_interval) && self.step < self.config.steps {
            self.evaluate(self.config.eval_windows)?
        } else {
            None
        };
        let tokens_per_second = self.tokens as f64 / self.begun.elapsed().as_secs_f64();
        let report = StepReport { step: self.step, loss, lr, grad_norm, tokens_per_second, val_loss };
        if self.step.is_multiple_of(self.config.log_interval) || val_loss.is_some() {
            self.write_log(&report)?;
        }
        if self.step.is_multiple_of(self.config.checkpoint_interval) {
            self.save_last()?;
        }
        Ok(report)
    }

    /// With a time limit, the learning rate falls with the time rather than with the steps, whichever is further.
    fn follow_the_clock(&mut self) -> Result<()> {
        let Some(seconds) = self.config.seconds else { return Ok(()) };
        let TrainConfig { lr, steps, min_lr, .. } = self.config;
        let warmup = self.config.rise();
        let by_time = (self.begun.elapsed().as_secs_f64() / seconds * steps as f64) as u64;
        let cosine = Schedule::cosine(0, steps, min_lr).factor(by_time.max(self.step).min(steps));
        let rising = if warmup > 0 { ((self.step + 1) as f64 / warmup as f64).min(1.0) } else { 1.0 };
        self.optimizer.set_schedule(Schedule::default())?;
        self.optimizer.set_lr(lr * cosine * rising)
    }

    fn evaluate(&mut self, windows: usize) -> Result<Option<f64>> {
        let loss = mean_loss(&self.model, &self.corpus.held, self.corpus.line_end, windows)?;
        self.val = loss.or(self.val);
        if let (Some(loss), Some(folder)) = (loss, &self.folder)
            && loss < self.best
        {
            self.best = loss;
            self.model.save(folder.join("best.safetensors"))?;
        }
        Ok(loss)
    }

    /// All steps, or those that the time limit will leave at the present speed.
    pub fn expected_steps(&self) -> u64 {
        let Some(seconds) = self.config.seconds else { return self.config.steps };
        let share = (self.begun.elapsed().as_secs_f64() / seconds).clamp(1e-9, 1.0);
        let begun_at = self.step - self.tokens / self.tokens_per_step();
        let taken = (self.step - begun_at) as f64;
        self.config.steps.min(begun_at + (taken / share) as u64).max(self.step)
    }

    fn tokens_per_step(&self) -> u64 {
        (self.config.batch * self.config.accumulate * self.corpus.time) as u64
    }

    /// One line about how it goes.
    pub fn status(&self, report: &StepReport) -> String {
        let val = self.val.map_or(String::new(), |v| format!("  val {v:.3}"));
        format!("loss {:.3}{val}  {:.0} tokens/s", report.loss, report.tokens_per_second)
    }

    /// Evaluates on all held-out text, writes the last checkpoint and says what came of it.
    pub fn finish(mut self, outcome: Result<bool>) -> Result<TrainReport> {
        let (seconds, stopped) = (self.begun.elapsed().as_secs_f64(), outcome);
        self.save_last()?;
        if let (Err(Error::Interrupted), Some(folder), true) = (&stopped, &self.folder, self.config.progress) {
            let kept = format!("stopped at step {}; the run is kept in {}", self.step, folder.display());
            progress::suspend(|| eprintln!("{kept}, and `resume` goes on with it"));
        }
        let stopped = stopped?;
        let val_loss = self.evaluate(usize::MAX)?;
        let tokens_per_second = self.tokens as f64 / seconds.max(1e-9);
        let done = self.step >= self.config.steps;
        Ok(TrainReport {
            steps: self.step,
            loss: self.loss,
            val_loss,
            seconds,
            tokens_per_second,
            stopped: stopped || !done,
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
            text: self.corpus.mark,
            config: TrainConfig { checkpoint: None, resume: false, ..self.config.clone() },
            optimizer,
        };
        let json = serde_json::to_string(&run).map_err(|e| Error::value(e.to_string()))?;
        checkpoint::write(&folder.join(LAST), &self.model, &arrays, &[("mynah.train", json)])
    }

    fn restore(&mut self) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let path = folder.join(LAST);
        let fail = |why: String| Error::file(&path, why);
        let (file, run) = Run::read(folder)?;
        let saved = checkpoint::model(&file, self.model.device())?;
        if saved.config() != self.model.config() || saved.tokenizer() != self.model.tokenizer() {
            return Err(fail("the run there is of a model with other sizes or another tokenizer".into()));
        }
        let (theirs, ours) = (run.config.identity(), self.config.identity());
        if theirs != ours {
            return Err(fail(differing(&theirs, &ours)));
        }
        if run.text != self.corpus.mark {
            return Err(fail("the run there was trained on another text".into()));
        }
        self.optimizer.load_state(OptimizerState::from_file(run.optimizer, &file)?)?;
        for ((_, own), (_, theirs)) in self.model.named_params().iter().zip(saved.named_params()) {
            own.set_value(theirs.value().plain())?;
        }
        self.step = run.step;
        self.best = run.best.unwrap_or(f64::INFINITY);
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
