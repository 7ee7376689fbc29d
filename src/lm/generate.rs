//! A model continues a text, token by token, until it has said enough.

use super::engine::{Engine, Session};
use super::model::Model;
use super::sample::{Sampler, Sampling};
use super::tokenizer::{Tokenizer, Utf8Stream};
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How a text is continued.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GenerateConfig {
    /// Most tokens to add.
    pub tokens: usize,
    /// Divides the logits: lower is safer, 0 always takes the likeliest token.
    pub temperature: f64,
    /// Draws only from this many of the likeliest tokens; 0 means all.
    pub top_k: usize,
    /// Draws only from the likeliest tokens that together have this probability, in (0, 1].
    pub top_p: f64,
    /// Makes tokens that came lately less likely; 1 changes nothing, less is refused.
    pub repetition_penalty: f64,
    /// How many of the newest tokens the penalty looks at.
    pub repetition_window: usize,
    /// Seed of the draws. Default: other draws every time.
    pub seed: Option<u64>,
    /// Ends before any of these texts would appear.
    #[serde(skip)]
    pub stop: Vec<String>,
}

impl Default for GenerateConfig {
    fn default() -> Self {
        Self {
            tokens: 200,
            temperature: 0.8,
            top_k: 0,
            top_p: 0.95,
            repetition_penalty: 1.0,
            repetition_window: 64,
            seed: None,
            stop: Vec::new(),
        }
    }
}

impl Model {
    /// Continues `prompt`; returns only what is new. An empty prompt begins as after a line end.
    ///
    /// # Errors
    /// If a setting is out of range, the prompt has characters without tokens, or the weights are not finite.
    pub fn generate(&self, prompt: &[u8], config: &GenerateConfig) -> Result<String> {
        self.stream(prompt, config)?.collect()
    }

    /// Continues `prompt` piece by piece: an iterator over whole characters, as soon as they are certain.
    ///
    /// # Errors
    /// As [`generate`](Self::generate), at once or from the iterator, which then ends.
    pub fn stream(&self, prompt: &[u8], config: &GenerateConfig) -> Result<Generation> {
        let mut generation = Generation::new(self.engine()?, self.tokenizer().clone(), prompt, config)?;
        generation.session.set_adapters(&self.adapters()?)?;
        Ok(generation)
    }
}

/// A text being continued.
pub struct Generation {
    session: Session,
    sampler: Sampler,
    tokenizer: Arc<Tokenizer>,
    window: usize, // of the repetition penalty
    stops: Vec<String>,
    prompt: Vec<u32>, // not read yet
    left: usize,      // tokens that may still come
    characters: Utf8Stream,
    held: String, // may be the beginning of a stop text
    bytes: Vec<u8>,
}

impl Generation {
    fn new(engine: Arc<Engine>, tokenizer: Arc<Tokenizer>, prompt: &[u8], config: &GenerateConfig) -> Result<Self> {
        let sampler = Sampler::new(Sampling {
            temperature: config.temperature,
            top_k: config.top_k,
            top_p: config.top_p,
            repetition_penalty: config.repetition_penalty,
            seed: config.seed,
        })?;
        if config.stop.iter().any(String::is_empty) {
            return Err(Error::value("generate: a `stop` text must not be empty"));
        }
        let mut prompt = tokenizer.encode(prompt)?;
        if prompt.is_empty() {
            prompt.push(tokenizer.encode_known("\n").first().copied().unwrap_or(0));
        }
        Ok(Self {
            session: Session::new(&engine),
            sampler,
            tokenizer,
            window: config.repetition_window,
            stops: config.stop.clone(),
            prompt,
            left: config.tokens,
            characters: Utf8Stream::default(),
            held: String::new(),
            bytes: Vec::new(),
        })
    }

    /// Draws one token and adds its characters to what is held.
    fn advance(&mut self) -> Result<()> {
        stop::check()?;
        self.session.read(&self.prompt)?;
        let (logits, recent) = self.session.logits(self.window);
        let token = self.sampler.sample(logits, recent)?;
        self.prompt.clear();
        self.prompt.push(token);
        self.left -= 1;
        self.bytes.clear();
        self.tokenizer.append_bytes(token, &mut self.bytes)?;
        self.held += &self.characters.push(&self.bytes);
        if self.left == 0 {
            self.held += &self.characters.finish();
        }
        Ok(())
    }

    /// Takes what is certain to come before any stop text; ends the generation at a whole one.
    fn certain(&mut self) -> String {
        if let Some(end) = self.stops.iter().filter_map(|s| self.held.find(s.as_str())).min() {
            self.held.truncate(end);
            self.left = 0;
        }
        if self.left == 0 {
            return std::mem::take(&mut self.held);
        }
        let begins = |at: &usize| self.stops.iter().any(|s| s.starts_with(&self.held[*at..]));
        let keep = self.held.char_indices().map(|(at, _)| at).find(begins).unwrap_or(self.held.len());
        let rest = self.held.split_off(keep);
        std::mem::replace(&mut self.held, rest)
    }
}

impl Iterator for Generation {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Result<String>> {
        while self.left > 0 {
            if let Err(e) = self.advance() {
                self.left = 0;
                return Some(Err(e));
            }
            let piece = self.certain();
            if !piece.is_empty() {
                return Some(Ok(piece));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lm::{ModelConfig, TrainConfig};
    use crate::nn::Device;

    /// A bird that has learned one line by heart.
    fn bird() -> Model {
        let text = "polly wants a cracker, né?\n".repeat(12);
        let config = ModelConfig { dim: 32, layers: 2, heads: 2, context: 32, ..Default::default() };
        let model = Model::new(&config, Tokenizer::chars(&text).unwrap(), Device::Cpu, 1).unwrap();
        let train = TrainConfig { steps: 60, batch: 8, lr: 1e-2, warmup: 5, progress: false, ..Default::default() };
        model.train(text.as_bytes(), &train, |_| Ok(true)).unwrap();
        model
    }

    #[test]
    fn a_bird_says_what_it_heard_and_stops_where_it_is_told() {
        let bird = bird();
        let greedy = GenerateConfig { temperature: 0.0, tokens: 40, ..Default::default() };
        let said = bird.generate(b"polly", &greedy).unwrap();
        assert_eq!(said, " wants a cracker, né?\npolly wants a crac");
        let stopping = |stops: &[&str]| {
            let stop = stops.iter().map(|s| s.to_string()).collect();
            let config = GenerateConfig { stop, ..greedy.clone() };
            let pieces: Vec<String> = bird.stream(b"polly", &config).unwrap().map(Result::unwrap).collect();
            assert!(pieces.iter().all(|p| !p.is_empty()));
            pieces.concat()
        };
        assert_eq!(stopping(&["\n"]), " wants a cracker, né?");
        assert_eq!(stopping(&["crackers", "acke", "?\n"]), " wants a cr");
        assert_eq!(stopping(&["crackers, no"]), said);
        assert_eq!(stopping(&["cracker\n"]), said, "what might have been a stop text comes out at the end");
        assert_eq!(bird.generate(b"", &GenerateConfig { tokens: 5, ..greedy }).unwrap(), "polly");
    }

    #[test]
    fn training_further_changes_what_is_generated() {
        let bird = bird();
        let config = GenerateConfig { tokens: 30, seed: Some(1), temperature: 2.0, ..Default::default() };
        let before = bird.generate(b"p", &config).unwrap();
        assert_eq!(before, bird.generate(b"p", &config).unwrap());
        for (_, p) in bird.named_params() {
            p.set_value(p.value().plain().mul_scalar(0.1).unwrap()).unwrap();
        }
        assert_ne!(before, bird.generate(b"p", &config).unwrap());
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let bird = bird();
        let refusal = |prompt: &str, change: fn(&mut GenerateConfig)| {
            let mut config = GenerateConfig::default();
            change(&mut config);
            bird.generate(prompt.as_bytes(), &config).unwrap_err().to_string()
        };
        assert_eq!(
            refusal("p", |c| c.temperature = -1.0),
            "generate: `temperature` must be finite and at least 0, got -1"
        );
        assert_eq!(refusal("p", |c| c.top_p = 0.0), "generate: `top_p` must be in (0, 1], got 0");
        assert_eq!(refusal("p", |c| c.stop = vec![String::new()]), "generate: a `stop` text must not be empty");
        assert!(refusal("Q", |_| ()).starts_with("encode: character 'Q'"));
        let embed = &bird.named_params()[0].1;
        embed.set_value(embed.value().plain().mul_scalar(f64::NAN).unwrap()).unwrap();
        assert!(refusal("p", |_| ()).starts_with("generate: a logit is NaN"));
    }
}
