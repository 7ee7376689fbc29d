//! Filling in what is hidden: training and generation for models that see whole texts at once (`causal = false`).
//!
//! The model learns to tell tokens that a mask token stands for, any part of them at a time; a text is then filled in
//! a few passes, in each of which the guesses that the model is surest of stay (MaskGIT, Chang et al. 2022,
//! arXiv:2202.04200, sections 3.1 and 3.2).

use super::corpus::{Batch, IGNORE};
use super::model::Model;
use super::train::{TrainBatch, TrainData};
use crate::data::{self, Rng};
use crate::error::ensure_setting;
use crate::nn::{self, Tensor};
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::f64::consts::FRAC_PI_2;
use std::sync::Arc;

/// How hidden tokens are filled in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UnmaskConfig {
    /// The special token that hides others. Default "<mask>".
    pub mask: String,
    /// Passes over the text, at least 1; more than there are hidden tokens means one token a pass. Default 8.
    pub steps: usize,
    /// Divides the logits of each guess; 0 (default) guesses the likeliest token.
    pub temperature: f64,
    /// How much chance there is in which guesses stay, less from pass to pass; 0 (default) keeps the surest.
    pub choice_temperature: f64,
    /// Seed of the draws. Default: other draws every time.
    pub seed: Option<u64>,
}

impl Default for UnmaskConfig {
    fn default() -> Self {
        Self { mask: "<mask>".into(), steps: 8, temperature: 0.0, choice_temperature: 0.0, seed: None }
    }
}

/// Batches of next tokens turned into batches of hidden ones: what had a loss as the token to come may be hidden, what
/// had none is always seen.
pub struct Masked {
    data: Arc<dyn TrainData>,
    mask: i32,
    seed: u64,
}

impl Masked {
    /// Hides tokens of `data` behind the token `mask`. A row has one position more than before: the last token's.
    pub fn new(data: Arc<dyn TrainData>, mask: u32, seed: u64) -> Self {
        Self { data, mask: mask as i32, seed }
    }

    /// In each row a part cos(πr/2) of the tokens that count is hidden, r uniform in [0, 1), and at least one.
    fn hide(&self, given: TrainBatch, stream: u64) -> TrainBatch {
        let Batch { ids, targets, starts, rows, time } = given.batch;
        let mut batch = Batch { rows, time: time + 1, ..Default::default() };
        let mut begins = Vec::with_capacity(rows * (time + 1));
        let mut rng = Rng::stream(self.seed, stream);
        for row in 0..rows {
            let at = |position: usize| row * time + position;
            let start = |position: usize| starts.as_ref().map_or(0, |s| s[at(position)]);
            let begin = batch.ids.len();
            let mut counts = Vec::new();
            for p in 0..=time {
                let target = if p > 0 { targets[at(p - 1)] } else { IGNORE };
                let (token, from) = if target != IGNORE {
                    counts.push(p);
                    (target, begins[begin + p - 1])
                } else if p < time {
                    // Where a document's last token took the place of the padding's first, the padding begins here.
                    let taken = p > 1 && targets[at(p - 2)] != IGNORE && start(p - 1) as usize == p - 1;
                    let anew = start(p) as usize == p || taken;
                    (ids[at(p)], if anew { p as i32 } else { begins[begin + p - 1] })
                } else {
                    (0, time as i32) // no token of anything
                };
                batch.ids.push(token);
                begins.push(from);
            }
            batch.targets.resize(batch.ids.len(), IGNORE);
            rng.shuffle(&mut counts);
            let part = (FRAC_PI_2 * rng.uniform()).cos();
            let hidden = ((part * counts.len() as f64).ceil() as usize).min(counts.len());
            for p in &counts[..hidden] {
                batch.targets[begin + p] = batch.ids[begin + p];
                batch.ids[begin + p] = self.mask;
            }
        }
        batch.starts = Some(begins);
        TrainBatch { batch, extra: Vec::new() }
    }
}

impl TrainData for Masked {
    fn batch(&self, step: u64, part: usize, rows: usize) -> Result<TrainBatch> {
        let parts = self.data.accumulate().unwrap_or(1).max(1) as u64;
        Ok(self.hide(self.data.batch(step, part, rows)?, step * parts + part as u64))
    }

    fn held_out(&self, rows: usize, most: usize) -> Box<dyn Iterator<Item = Result<TrainBatch>> + '_> {
        let all = self.data.held_out(rows, most).enumerate();
        Box::new(all.map(|(i, batch)| Ok(self.hide(batch?, u64::MAX - i as u64))))
    }

    fn time(&self) -> usize {
        self.data.time() + 1
    }

    fn accumulate(&self) -> Option<usize> {
        self.data.accumulate()
    }

    fn next_tokens(&self) -> bool {
        false
    }

    fn mark(&self) -> u64 {
        self.data.mark() ^ (self.mask as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

impl Model {
    /// The number of a special token that hides others.
    ///
    /// # Errors
    /// If the tokenizer has none of this name.
    pub fn mask_token(&self, mask: &str) -> Result<u32> {
        self.tokenizer().special(mask).ok_or_else(|| {
            Error::value(format!("the tokenizer has no special token {mask:?}, which hides what is to be filled in"))
        })
    }

    /// Fills in a text: every mask token in `text` is replaced by what the model takes to be there.
    ///
    /// # Errors
    /// If a setting is out of range, the model is causal, the tokenizer has no such mask, the text has characters without
    /// tokens or does not fit into the context, or the weights are not finite.
    pub fn unmask(&self, text: &[u8], config: &UnmaskConfig) -> Result<Vec<u8>> {
        let UnmaskConfig { mask, steps, temperature, choice_temperature, seed } = config;
        ensure_setting(*steps > 0, "unmask", "steps", "at least 1", steps)?;
        for (name, t) in [("temperature", *temperature), ("choice_temperature", *choice_temperature)] {
            ensure_setting(t.is_finite() && t >= 0.0, "unmask", name, "finite and at least 0", t)?;
        }
        if self.config().causal {
            return Err(Error::value(
                "unmask: this model sees only what stands before (causal = true); `generate` continues its texts",
            ));
        }
        let mask = self.mask_token(mask).map_err(|e| Error::value(format!("unmask: {e}")))?;
        let mut tokens = self.tokenizer().encode_with_specials(text)?;
        let (n, context) = (tokens.len(), self.config().context);
        if n > context {
            return Err(Error::value(format!("unmask: the text has {n} tokens, but the context only {context}")));
        }
        let mut rng = Rng::new(seed.unwrap_or_else(data::entropy));
        let mut hidden: Vec<usize> = (0..n).filter(|i| tokens[*i] == mask).collect();
        let (all, steps) = (hidden.len(), (*steps).min(hidden.len()));
        for step in 1..=steps {
            stop::check()?;
            let ids = tokens.iter().map(|t| *t as i32).collect();
            let ids = Tensor::from_vec(ids, &[1, n], self.device())?;
            let logits = nn::no_grad(|| self.forward(&ids))?.to_f32()?;
            let vocab = logits.len() / n;
            let mut guesses = Vec::with_capacity(hidden.len());
            for at in &hidden {
                let (token, sureness) =
                    guess(&logits[at * vocab..(at + 1) * vocab], mask as usize, *temperature, &mut rng)?;
                // Gumbel noise, as if the guesses that stay were drawn in proportion to how sure they are.
                let noise = -(-rng.uniform().max(f64::MIN_POSITIVE).ln()).ln();
                let left = 1.0 - step as f64 / steps as f64;
                guesses.push((sureness + choice_temperature * left * noise, *at, token));
            }
            guesses.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            // So many stay hidden: cos(π/2 · step / steps) of all, at least one fewer than before.
            let part = (FRAC_PI_2 * step as f64 / steps as f64).cos();
            let stay = ((part * all as f64).floor() as usize).min(hidden.len() - 1);
            let stay = if step == steps { 0 } else { stay };
            let told = hidden.len() - stay;
            guesses[..told].iter().for_each(|(_, at, token)| tokens[*at] = *token as u32);
            hidden = guesses[told..].iter().map(|(_, at, _)| *at).collect();
            hidden.sort_unstable();
            if hidden.is_empty() {
                break;
            }
        }
        self.tokenizer().decode(&tokens)
    }
}

/// A token for one place, never the mask itself, and the logarithm of its probability.
fn guess(logits: &[f32], mask: usize, temperature: f64, rng: &mut Rng) -> Result<(usize, f64)> {
    let most = logits.iter().enumerate().filter(|(i, _)| *i != mask).map(|(_, l)| *l).fold(f32::NEG_INFINITY, f32::max);
    if !most.is_finite() || logits.iter().any(|l| l.is_nan()) {
        return Err(Error::value(
            "unmask: a logit is not finite; the model's weights are damaged, or training went astray",
        ));
    }
    let odds = |i: usize, divisor: f64| {
        if i == mask { 0.0 } else { (f64::from(logits[i] - most) / divisor).exp() }
    };
    let token = if temperature == 0.0 {
        logits.iter().enumerate().position(|(i, l)| i != mask && *l == most).unwrap_or(0)
    } else {
        let total: f64 = (0..logits.len()).map(|i| odds(i, temperature)).sum();
        let mut left = rng.uniform() * total;
        let drawn = (0..logits.len()).find(|i| {
            left -= odds(*i, temperature);
            left < 0.0
        });
        drawn.or_else(|| (0..logits.len()).rposition(|i| odds(i, temperature) > 0.0)).unwrap_or(0)
    };
    let total: f64 = (0..logits.len()).map(|i| odds(i, 1.0)).sum();
    Ok((token, (odds(token, 1.0) / total).ln()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lm::{
        Batches, BatchesConfig, ChatTemplate, Corpus, CorpusConfig, Message, ModelConfig, Packing, Sft, SftConfig,
        Tokenizer, TrainConfig,
    };
    use crate::nn::Device;

    fn model(context: usize) -> Model {
        let tokenizer = Tokenizer::chars("abcdefghijklmnopqrstuvwxyz =;\n").unwrap().with_specials(["<mask>"]).unwrap();
        let config = ModelConfig { dim: 32, layers: 2, heads: 2, context, causal: false, ..Default::default() };
        Model::new(&config, tokenizer, Device::Cpu, 1).unwrap()
    }

    /// What stands in a row where nothing is hidden.
    fn plain(batch: &Batch, row: usize) -> (Vec<i32>, Vec<i32>) {
        let span = row * batch.time..(row + 1) * batch.time;
        let told = span.clone().map(|i| if batch.targets[i] == IGNORE { batch.ids[i] } else { batch.targets[i] });
        (told.collect(), batch.starts.as_ref().unwrap()[span].to_vec())
    }

    #[test]
    fn only_answers_are_hidden_and_their_last_token_has_a_place() {
        let model = model(24);
        let template = ChatTemplate::new(
            "{% for m in messages %}{{ m.content }}{% if m.role == 'user' %}={% else %};{% endif %}{% endfor %}",
        )
        .unwrap();
        let talk =
            [("ab", "cd"), ("x", "yzw")].map(|(q, a)| vec![Message::new("user", q), Message::new("assistant", a)]);
        let config = SftConfig { time: 9, val_fraction: 0.0, ..Default::default() };
        let sft = Sft::new(&model, &template, &talk, &config).unwrap();
        let mask = model.mask_token("<mask>").unwrap();
        let data = Masked::new(sft.batches.clone(), mask, 1);
        assert_eq!(data.time(), 10);
        let mut shares = [0; 5];
        for step in 0..200 {
            let batch = data.batch(step, 0, 2).unwrap().batch;
            for row in 0..2 {
                let (told, starts) = plain(&batch, row);
                let text: Vec<u32> = told.iter().take(6).map(|t| *t as u32).collect();
                let text = String::from_utf8(model.tokenizer().decode(&text).unwrap()).unwrap();
                let (question, end) = if text.starts_with("ab=cd;") { (3, 6) } else { (2, 6) };
                assert!(text == "ab=cd;" || text == "x=yzw;", "{text:?}");
                assert_eq!(starts[..end], vec![0; end]);
                assert!(starts[end..].iter().all(|s| *s as usize >= end), "{starts:?}");
                let hidden: Vec<usize> = (0..10).filter(|i| batch.targets[row * 10 + i] != IGNORE).collect();
                assert!(!hidden.is_empty() && hidden.iter().all(|i| (question..end).contains(i)), "{hidden:?}");
                assert!(hidden.iter().all(|i| batch.ids[row * 10 + i] == mask as i32));
                shares[hidden.len()] += 1;
            }
            assert_eq!(batch, data.batch(step, 0, 2).unwrap().batch);
        }
        assert!(shares[1..].iter().all(|n| *n > 20), "any part is hidden at times: {shares:?}");
    }

    #[test]
    fn packed_documents_stay_apart() {
        let model = model(24);
        let corpus = CorpusConfig { documents: crate::lm::Documents::Line, val_fraction: 0.0, ..Default::default() };
        let corpus = Corpus::from_text(model.tokenizer(), b"abc\nde\nfghij\nk\nlm\n", &corpus).unwrap();
        let config = BatchesConfig { time: 7, packing: Packing::Packed, ..Default::default() };
        let batches = Arc::new(Batches::new(&[Arc::new(corpus)], &config).unwrap());
        let data = Masked::new(batches, model.mask_token("<mask>").unwrap(), 1);
        for step in 0..20 {
            let batch = data.batch(step, 0, 2).unwrap().batch;
            nn::check_starts(batch.starts.as_ref().unwrap(), 2, 8).unwrap();
        }
    }

    #[test]
    fn a_line_learned_by_heart_is_filled_in() {
        let model = model(32);
        let text = "polly wants a cracker\n".repeat(40);
        let corpus = CorpusConfig { val_fraction: 0.0, ..Default::default() };
        let corpus = Corpus::from_text(model.tokenizer(), text.as_bytes(), &corpus).unwrap();
        let config = BatchesConfig { time: 21, ..Default::default() };
        let batches = Arc::new(Batches::new(&[Arc::new(corpus)], &config).unwrap());
        let data = Arc::new(Masked::new(batches, model.mask_token("<mask>").unwrap(), 1));
        let train = TrainConfig { steps: 1200, batch: 16, lr: 3e-3, warmup: 20, progress: false, ..Default::default() };
        model.train_on(data, &train, |_| Ok(true)).unwrap();
        let told = |text: &str, config: &UnmaskConfig| {
            String::from_utf8(model.unmask(text.as_bytes(), config).unwrap()).unwrap()
        };
        let holes = "polly w<mask>nts <mask> crac<mask><mask><mask>";
        for steps in [1, 3, 99] {
            assert_eq!(told(holes, &UnmaskConfig { steps, ..Default::default() }), "polly wants a cracker", "{steps}");
        }
        let drawn = UnmaskConfig { temperature: 2.0, choice_temperature: 1.0, seed: Some(4), ..Default::default() };
        assert_eq!(told(holes, &drawn), told(holes, &drawn));
        assert!(!told(&"<mask>".repeat(9), &drawn).contains("mask"));
        assert_eq!(told("polly", &UnmaskConfig::default()), "polly");
    }

    #[test]
    fn what_cannot_be_filled_in_is_refused() {
        let model = model(8);
        let refusal =
            |text: &str, config: UnmaskConfig| model.unmask(text.as_bytes(), &config).unwrap_err().to_string();
        assert_eq!(
            refusal("abcdefghi", UnmaskConfig::default()),
            "unmask: the text has 9 tokens, but the context only 8"
        );
        let other = UnmaskConfig { mask: "[M]".into(), ..Default::default() };
        assert!(refusal("a", other).contains("no special token \"[M]\""));
        assert!(refusal("a", UnmaskConfig { steps: 0, ..Default::default() }).contains("`steps` must be at least 1"));
        let causal = ModelConfig { dim: 32, layers: 1, heads: 2, context: 8, ..Default::default() };
        let causal = Model::new(&causal, Tokenizer::bytes(), Device::Cpu, 1).unwrap();
        let message = causal.unmask(b"a", &UnmaskConfig::default()).unwrap_err().to_string();
        assert!(message.contains("causal = true"), "{message}");
    }
}
