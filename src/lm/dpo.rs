//! Preference tuning: of two answers, the chosen one shall become likelier and the rejected one less likely.
//!
//! Direct preference optimisation (Rafailov et al. 2023, arXiv:2305.18290, equation 7): with
//! `m = log π(chosen) − log π(rejected)`, and `m₀` the same of a frozen reference, the loss is `−log σ(β (m − m₀))`.
//! The reference's `m₀` are computed once, before training, so that no second model is kept. Label smoothing as in
//! Mitchell (2023), "A note on DPO with noisy preferences".

use super::corpus::{Batch, IGNORE};
use super::model::{Model, Pass};
use super::sft::{LongExample, asked, messages_of, only_last, records, warning, window};
use super::template::{ChatTemplate, Message};
use super::train::{TrainBatch, TrainData};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::nn::loss::{self, Reduction};
use crate::nn::{self, Dtype, Range, Reduce, Tensor};
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;

/// Two answers to one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preference {
    /// The conversation up to where the assistant speaks.
    pub prompt: Vec<Message>,
    /// The better answer.
    pub chosen: String,
    /// The worse one.
    pub rejected: String,
}

/// Settings of [`Dpo`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DpoConfig {
    /// How strongly the model is held to the reference: larger holds it closer; positive. Default 0.1.
    pub beta: f64,
    /// Part of the preferences that may be the wrong way round, in [0, 0.5). Default 0.
    pub smoothing: f64,
    /// Weight of the chosen answer's own loss per token (Pang et al. 2024, equation 2), which keeps it likely while the
    /// rejected one falls; not negative. Default 0.
    pub nll_weight: f64,
    /// Most positions of a conversation; 0 (default) means the model's context. Longer ones are left out and reported.
    pub time: usize,
    /// Part of the pairs that is held out, in [0, 0.5]. Default 0.1.
    pub val_fraction: f64,
    /// Batches in a step, as in training. Default 1.
    pub accumulate: usize,
    /// Seed of the order, and of what is held out. Default 1.
    pub seed: u64,
}

impl Default for DpoConfig {
    fn default() -> Self {
        Self { beta: 0.1, smoothing: 0.0, nll_weight: 0.0, time: 0, val_fraction: 0.1, accumulate: 1, seed: 1 }
    }
}

/// Pairs of answers, ready to be trained on; a batch of n rows is n pairs.
pub struct Dpo {
    config: DpoConfig,
    pairs: Vec<Pair>, // to train on
    held: Vec<Pair>,
    time: usize,
    mark: u64,
    too_long: Vec<LongExample>,
}

/// Tokens of the whole conversations, which of them are the answer, and the reference's m₀.
#[derive(Clone)]
struct Pair {
    sides: [(Vec<u32>, Vec<bool>); 2], // chosen, rejected
    reference: f64,
}

/// Pairs whose reference is computed at once.
const GROUP: usize = 16;

impl Dpo {
    /// Tokenises pairs and computes what `reference` (the model as it is before training) makes of them.
    ///
    /// # Errors
    /// If a setting is out of range, the template or the tokenizer refuses a conversation (its number is named), or no
    /// pair fits.
    pub fn new(
        reference: &Model,
        template: &ChatTemplate,
        preferences: &[Preference],
        config: &DpoConfig,
    ) -> Result<Self> {
        let DpoConfig { beta, smoothing, nll_weight, val_fraction, accumulate, .. } = *config;
        ensure_setting(beta.is_finite() && beta > 0.0, "dpo", "beta", "finite and positive", beta)?;
        ensure_setting((0.0..0.5).contains(&smoothing), "dpo", "smoothing", "in [0, 0.5)", smoothing)?;
        ensure_setting(nll_weight.is_finite() && nll_weight >= 0.0, "dpo", "nll_weight", "not negative", nll_weight)?;
        ensure_setting((0.0..=0.5).contains(&val_fraction), "dpo", "val_fraction", "in [0, 0.5]", val_fraction)?;
        ensure_setting(accumulate > 0, "dpo", "accumulate", "at least 1", accumulate)?;
        let most = window(reference, config.time, "dpo")?;
        let (mut pairs, mut too_long) = (Vec::new(), Vec::new());
        for (i, preference) in preferences.iter().enumerate() {
            stop::check()?;
            let named = |e: Error| Error::value(format!("dpo: example {}: {e}", i + 1));
            let side = |answer: &str| {
                let mut messages = preference.prompt.clone();
                messages.push(Message::new("assistant", answer));
                let tokens = template.encode_answers(reference.tokenizer(), &messages).map_err(named)?;
                let mut answer = tokens.answer;
                only_last(&mut answer);
                Ok::<_, Error>((tokens.ids, answer))
            };
            let sides = [side(&preference.chosen)?, side(&preference.rejected)?];
            let tokens = sides[0].0.len().max(sides[1].0.len());
            if tokens > most + 1 {
                too_long.push(LongExample { example: i + 1, tokens });
                continue;
            }
            pairs.push(Pair { sides, reference: 0.0 });
        }
        if pairs.is_empty() {
            let n = preferences.len();
            return Err(Error::value(format!("dpo: none of the {n} examples fits into {most} positions")));
        }
        for group in pairs.chunks_mut(GROUP) {
            stop::check()?;
            let batch = rows(group);
            let margins = nn::no_grad(|| margins(&batch, &logits(reference, &batch, &Pass::default())?))?;
            group.iter_mut().zip(margins.to_f64()?).for_each(|(pair, m)| pair.reference = m);
        }
        let mut mark = 0xcbf2_9ce4_8422_2325u64; // FNV-1a (Fowler, Noll & Vo 1991), over whole words
        let mut add = |word: u64| mark = (mark ^ word).wrapping_mul(0x0100_0000_01b3);
        for pair in &pairs {
            pair.sides.iter().flat_map(|(ids, _)| ids).for_each(|t| add(u64::from(*t)));
            add(pair.reference.to_bits());
        }
        serde_json::to_string(config).unwrap_or_default().bytes().for_each(|b| add(u64::from(b)));
        Rng::stream(config.seed, u64::MAX).shuffle(&mut pairs);
        let held = if pairs.len() > 1 { (pairs.len() as f64 * val_fraction).round() as usize } else { 0 };
        let held = pairs.split_off(pairs.len() - held);
        let time = pairs.iter().chain(&held).map(longest).max().unwrap_or(1);
        Ok(Self { config: config.clone(), pairs, held, time, mark, too_long })
    }

    /// Pairs to train on, and held out.
    pub fn pairs(&self) -> [usize; 2] {
        [self.pairs.len(), self.held.len()]
    }

    /// Pairs that were left out for their length.
    pub fn too_long(&self) -> &[LongExample] {
        &self.too_long
    }

    /// One line about what was left out, if anything: how many pairs and which.
    pub fn warning(&self) -> Option<String> {
        warning(&self.too_long)
    }

    /// The share of pairs (of those held out, or to train on) of which the model prefers the chosen answer more than the
    /// reference did; with what is attached to it.
    ///
    /// # Errors
    /// If the model is another one's.
    pub fn preferred(&self, model: &Model, held_out: bool) -> Result<f64> {
        let pairs = if held_out { &self.held } else { &self.pairs };
        let mut better = 0;
        for group in pairs.chunks(GROUP) {
            stop::check()?;
            let batch = rows(group);
            let margins = nn::no_grad(|| margins(&batch, &logits(model, &batch, &Pass::default())?))?.to_f64()?;
            better += margins.iter().zip(group).filter(|(m, pair)| **m > pair.reference).count();
        }
        Ok(better as f64 / pairs.len().max(1) as f64)
    }

    fn made(&self, pairs: &[Pair]) -> TrainBatch {
        TrainBatch { batch: rows(pairs), extra: pairs.iter().map(|p| p.reference).collect() }
    }
}

/// Positions of a pair's longer side.
fn longest(pair: &Pair) -> usize {
    pair.sides.iter().map(|(ids, _)| ids.len() - 1).max().unwrap_or(1).max(1)
}

/// The chosen conversations and then the rejected ones, one in a row; padding is a document of its own.
fn rows(pairs: &[Pair]) -> Batch {
    let time = pairs.iter().map(longest).max().unwrap_or(1);
    let mut batch = Batch { rows: 2 * pairs.len(), time, ..Default::default() };
    let mut starts = Vec::with_capacity(batch.rows * time);
    for side in 0..2 {
        for (ids, answer) in pairs.iter().map(|pair| &pair.sides[side]) {
            let n = ids.len() - 1;
            batch.ids.extend(ids[..n].iter().map(|t| *t as i32));
            batch.targets.extend((1..=n).map(|i| if answer[i] { ids[i] as i32 } else { IGNORE }));
            starts.extend(std::iter::repeat_n(0, n));
            batch.ids.extend(std::iter::repeat_n(0, time - n));
            batch.targets.extend(std::iter::repeat_n(IGNORE, time - n));
            starts.extend(std::iter::repeat_n(n as i32, time - n));
        }
    }
    batch.starts = Some(starts);
    batch
}

fn logits(model: &Model, batch: &Batch, pass: &Pass) -> Result<Tensor> {
    let ids = Tensor::from_vec(batch.ids.clone(), &[batch.rows, batch.time], model.device())?;
    let starts = batch.starts.as_ref().map(|s| s.as_slice().into());
    model.forward_with(&ids, &Pass { starts, ..pass.clone() })
}

/// log π(chosen) − log π(rejected) of each pair, `[pairs]`.
fn margins(batch: &Batch, logits: &Tensor) -> Result<Tensor> {
    let [chosen, rejected] = surprises(batch, logits)?;
    rejected.sub(&chosen)
}

/// −log π of the chosen answers and of the rejected ones, each `[pairs]`.
fn surprises(batch: &Batch, logits: &Tensor) -> Result<[Tensor; 2]> {
    let (rows, time, pairs) = (batch.rows, batch.time, batch.rows / 2);
    let targets = Tensor::from_vec(batch.targets.clone(), &[rows * time], logits.device())?;
    let each = loss::cross_entropy(logits, &targets, Reduction::None)?; // −log π, 0 where nothing counts
    let sums = each.reshape(&[rows, time])?.reduce(Reduce::Sum, Some(1), false)?;
    Ok([sums.slice(&[Range::Span(0, pairs)])?, sums.slice(&[Range::Span(pairs, rows)])?])
}

impl TrainData for Dpo {
    fn batch(&self, step: u64, part: usize, rows: usize) -> Result<TrainBatch> {
        let n = self.pairs.len() as u64;
        let first = (step * self.config.accumulate as u64 + part as u64) * rows as u64;
        let (mut epoch, mut order) = (u64::MAX, Vec::new());
        let mut pairs = Vec::with_capacity(rows);
        for row in first..first + rows as u64 {
            if row / n != epoch {
                epoch = row / n;
                order = (0..self.pairs.len()).collect();
                Rng::stream(self.config.seed, epoch).shuffle(&mut order);
            }
            pairs.push(self.pairs[order[(row % n) as usize]].clone());
        }
        Ok(self.made(&pairs))
    }

    fn held_out(&self, rows: usize, most: usize) -> Box<dyn Iterator<Item = Result<TrainBatch>> + '_> {
        let chosen = &self.held[..self.held.len().min(most)];
        Box::new(chosen.chunks(rows.max(1)).map(|pairs| Ok(self.made(pairs))))
    }

    fn time(&self) -> usize {
        self.time
    }

    fn accumulate(&self) -> Option<usize> {
        Some(self.config.accumulate)
    }

    fn mark(&self) -> u64 {
        self.mark
    }

    fn weight(&self, batch: &TrainBatch) -> f64 {
        batch.extra.len() as f64
    }

    fn loss(&self, batch: &TrainBatch, logits: &Tensor) -> Result<Tensor> {
        let [chosen, rejected] = surprises(&batch.batch, logits)?;
        let (margins, n) = (rejected.sub(&chosen)?, batch.extra.len());
        let reference = Tensor::from_f64(batch.extra.clone(), &[n], Dtype::F32, logits.device())?;
        let gained = margins.sub(&reference)?.mul_scalar(self.config.beta)?;
        let wanted = Tensor::full(&[n], 1.0 - self.config.smoothing, Dtype::F32, logits.device())?;
        let preferred = loss::bce_with_logits(&gained, &wanted, Reduction::Mean)?;
        if self.config.nll_weight == 0.0 {
            return Ok(preferred);
        }
        let tokens = batch.batch.targets[..n * batch.batch.time].chunks(batch.batch.time);
        let share =
            |row: &[i32]| self.config.nll_weight / (n * row.iter().filter(|t| **t != IGNORE).count().max(1)) as f64;
        let shares = Tensor::from_f64(tokens.map(share).collect(), &[n], Dtype::F32, logits.device())?;
        preferred.add(&chosen.mul(&shares)?.sum())
    }
}

/// The pairs in a JSONL file, one a line: `{"prompt", "chosen", "rejected"}`, the prompt a text (with `"system"` and
/// `"input"` if there are any) or a list of messages; the answers texts, or lists whose last message they are.
///
/// # Errors
/// If the file cannot be read, or a line is not such a pair; the line is named.
pub fn read_preferences(path: impl AsRef<Path>) -> Result<Vec<Preference>> {
    records(path.as_ref(), |record| {
        let side = |name: &str| match record.get(name) {
            Some(Value::String(text)) => Ok((None, text.clone())),
            Some(messages @ Value::Array(_)) => {
                let mut messages = messages_of(messages)?;
                let last = messages.pop().filter(|m| m.role == "assistant");
                let last = last.ok_or(format!("has `{name}` that does not end with what the assistant says"))?;
                Ok((Some(messages).filter(|m| !m.is_empty()), last.content))
            }
            _ => Err(format!("has no `{name}`")),
        };
        let ((before, chosen), (_, rejected)) = (side("chosen")?, side("rejected")?);
        let prompt = match before {
            Some(messages) if record.get("prompt").is_none() => messages,
            _ => asked(record)?,
        };
        Ok(Preference { prompt, chosen, rejected })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lm::{Lora, LoraConfig, ModelConfig, Tokenizer, TrainConfig};
    use crate::nn::Device;
    use std::sync::Arc;

    fn model() -> Model {
        let config = ModelConfig { dim: 32, layers: 2, heads: 2, context: 64, ..Default::default() };
        Model::new(&config, Tokenizer::bytes(), Device::Cpu, 1).unwrap()
    }

    fn preferences() -> Vec<Preference> {
        let pair = |(question, chosen, rejected): (&str, &str, &str)| Preference {
            prompt: vec![Message::new("user", question)],
            chosen: chosen.into(),
            rejected: rejected.into(),
        };
        [("one", "eins", "zwei drei"), ("two", "zwei", "x"), ("three", "drei", "vier"), ("four", "vier", "eins")]
            .map(pair)
            .to_vec()
    }

    #[test]
    fn before_training_the_loss_is_ln_2_and_the_gradient_is_that_of_equation_7() {
        let model = model();
        let template = ChatTemplate::preset("plain").unwrap();
        let dpo = Dpo::new(&model, &template, &preferences(), &DpoConfig { val_fraction: 0.0, ..Default::default() });
        let dpo = dpo.unwrap();
        let batch = dpo.batch(0, 0, 4).unwrap();
        let out = logits(&model, &batch.batch, &Pass::default()).unwrap();
        let loss = dpo.loss(&batch, &out).unwrap();
        assert!((loss.item().unwrap() - 2f64.ln()).abs() < 1e-5);
        // −β σ(−0) of the margin's gradient, each pair a quarter: compare with the margins' mean.
        let params: Vec<_> = model.named_params().into_iter().map(|(_, p)| p).collect();
        let found = loss.backward().unwrap();
        let mean = margins(&batch.batch, &logits(&model, &batch.batch, &Pass::default()).unwrap()).unwrap();
        let expected = mean.mean().unwrap().mul_scalar(-0.1 * 0.5).unwrap().backward().unwrap();
        for param in params {
            let [a, b] = [&found, &expected].map(|g| g.get(&param.value()).unwrap().to_f32().unwrap());
            let size = b.iter().fold(0f32, |m, x| m.max(x.abs()));
            assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= 1e-4 * size + 1e-9));
        }
    }

    #[test]
    fn preferences_are_learned_by_the_whole_model_and_by_an_adapter_alone() {
        let template = ChatTemplate::preset("plain").unwrap();
        let config = DpoConfig { val_fraction: 0.0, ..Default::default() };
        let train = TrainConfig { steps: 25, batch: 4, lr: 3e-3, warmup: 2, progress: false, ..Default::default() };
        let whole = model();
        let dpo = Arc::new(Dpo::new(&whole, &template, &preferences(), &config).unwrap());
        assert_eq!((dpo.pairs(), dpo.preferred(&whole, false).unwrap()), ([4, 0], 0.0));
        let report = whole.train_on(dpo.clone(), &train, |_| Ok(true)).unwrap();
        assert!(report.loss < 0.4, "{report:?}");
        assert_eq!(dpo.preferred(&whole, false).unwrap(), 1.0);

        let base = model();
        let lora = Lora::new(&base, &LoraConfig::default()).unwrap();
        let report = base.train_lora(&lora, dpo.clone(), &TrainConfig { lr: 1e-2, ..train }, |_| Ok(true)).unwrap();
        assert!(report.loss < 0.6, "{report:?}");
        assert_eq!(dpo.preferred(&base, false).unwrap(), 0.0, "the base has not moved");
        base.attach(&lora, 1.0).unwrap();
        assert_eq!(dpo.preferred(&base, false).unwrap(), 1.0);
    }

    #[test]
    fn the_chosen_answers_stay_likely_where_their_own_loss_counts() {
        let model = model();
        let template = ChatTemplate::preset("plain").unwrap();
        let [plain, weighted] = [0.0, 0.7].map(|nll_weight| {
            let config = DpoConfig { val_fraction: 0.0, nll_weight, ..Default::default() };
            Dpo::new(&model, &template, &preferences(), &config).unwrap()
        });
        let batch = weighted.batch(0, 0, 4).unwrap();
        let out = logits(&model, &batch.batch, &Pass::default()).unwrap();
        let loss = |dpo: &Dpo| dpo.loss(&batch, &out).unwrap().item().unwrap();
        // Each chosen answer's mean surprise, from the logits themselves.
        let time = batch.batch.time;
        let flat: Vec<Vec<f64>> = out.to_f64().unwrap().chunks(256).map(<[f64]>::to_vec).collect();
        let mean = (0..4).map(|row| {
            let at: Vec<usize> = (row * time..(row + 1) * time).filter(|i| batch.batch.targets[*i] != IGNORE).collect();
            let each = at.iter().map(|i| {
                let total: f64 = flat[*i].iter().map(|x| x.exp()).sum();
                total.ln() - flat[*i][batch.batch.targets[*i] as usize]
            });
            each.sum::<f64>() / at.len() as f64
        });
        let expected = 0.7 * mean.sum::<f64>() / 4.0;
        assert!((loss(&weighted) - loss(&plain) - expected).abs() < 1e-4, "{expected}");
    }

    #[test]
    fn wrong_settings_and_files_are_refused() {
        let template = ChatTemplate::preset("plain").unwrap();
        let refusal = |config: DpoConfig| match Dpo::new(&model(), &template, &preferences(), &config) {
            Ok(_) => String::new(),
            Err(e) => e.to_string(),
        };
        assert_eq!(
            refusal(DpoConfig { beta: 0.0, ..Default::default() }),
            "dpo: `beta` must be finite and positive, got 0"
        );
        assert_eq!(
            refusal(DpoConfig { time: 2, ..Default::default() }),
            "dpo: none of the 4 examples fits into 2 positions"
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.jsonl");
        std::fs::write(&path, "{\"prompt\": \"a\", \"chosen\": \"b\", \"rejected\": \"c\"}\n{\"prompt\": \"a\"}\n")
            .unwrap();
        let message = read_preferences(&path).unwrap_err().to_string();
        assert!(message.ends_with("x.jsonl: line 2 has no `chosen`"), "{message}");
        std::fs::write(&path, "{\"prompt\": \"a\", \"chosen\": \"b\", \"rejected\": \"c\"}\n").unwrap();
        assert_eq!(read_preferences(&path).unwrap()[0].rejected, "c");
    }
}
