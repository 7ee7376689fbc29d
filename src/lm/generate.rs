//! A model continues a text, token by token, until it has said enough.

use super::constrain::{Constraint, Walk};
use super::engine::{Engine, Session};
use super::model::Model;
use super::sample::{Link, LogitHook, Sampler, Sampling, no_functions};
use super::tokenizer::{Tokenizer, Utf8Stream};
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How a text is continued. What changes the odds works in the order of `chain`; unless it says otherwise: `logit_bias`
/// and `banned`, the penalties, `temperature`, `top_k`, `top_p`, `min_p`, `typical_p`.
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
    /// Draws only from tokens with at least this part of the likeliest one's probability, in [0, 1]; 0 means all.
    pub min_p: f64,
    /// Draws only from the tokens of the most usual surprise that together have this probability, in (0, 1].
    pub typical_p: f64,
    /// Makes tokens that came lately less likely; 1 changes nothing, less is refused.
    pub repetition_penalty: f64,
    /// Taken from the logits of tokens that came lately, however often; at least 0.
    pub presence_penalty: f64,
    /// Taken from the logits of tokens that came lately, for each time; at least 0.
    pub frequency_penalty: f64,
    /// How many of the newest tokens the penalties look at.
    pub repetition_window: usize,
    /// Whether the text goes on past the tokenizer's end token.
    pub ignore_end: bool,
    /// Seed of the draws. Default: other draws every time.
    pub seed: Option<u64>,
    /// Ends before any of these texts would appear.
    #[serde(skip)]
    pub stop: Vec<String>,
    /// Added to the logits of these tokens.
    #[serde(skip)]
    pub logit_bias: Vec<(u32, f32)>,
    /// Tokens that never come.
    #[serde(skip)]
    pub banned: Vec<u32>,
    /// The order in which all this works.
    #[serde(skip)]
    pub chain: Vec<Link>,
    /// What the text must be. It comes before all of the chain, and the text ends where it says: there is no `stop`
    /// then, and `tokens` must suffice.
    #[serde(skip)]
    pub constraint: Option<Arc<Constraint>>,
}

impl Default for GenerateConfig {
    fn default() -> Self {
        Self {
            tokens: 200,
            temperature: 0.8,
            top_k: 0,
            top_p: 0.95,
            min_p: 0.0,
            typical_p: 1.0,
            repetition_penalty: 1.0,
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
            repetition_window: 64,
            ignore_end: false,
            seed: None,
            stop: Vec::new(),
            logit_bias: Vec::new(),
            banned: Vec::new(),
            chain: Link::USUAL.to_vec(),
            constraint: None,
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
        let mut generation = Generation::new(&self.engine()?, self.tokenizer(), prompt, config)?;
        generation.session.set_adapters(&self.adapters()?)?;
        Ok(generation)
    }
}

/// A text being continued.
pub struct Generation {
    session: Session,
    voice: Voice,
}

impl Generation {
    /// Continues `prompt`, as [`Model::stream`].
    ///
    /// # Errors
    /// As there.
    pub fn new(
        engine: &Arc<Engine>,
        tokenizer: &Arc<Tokenizer>,
        prompt: &[u8],
        config: &GenerateConfig,
    ) -> Result<Self> {
        let mut tokens = tokenizer.encode(prompt)?;
        if tokens.is_empty() {
            tokens.push(tokenizer.encode_known("\n").first().copied().unwrap_or(0));
        }
        Ok(Self { session: Session::new(engine), voice: Voice::new(tokenizer, tokens, config, "")? })
    }

    /// The next piece, as the iterator's, with the functions of the chain.
    ///
    /// # Errors
    /// As the iterator's, or if `hook` fails.
    pub fn next_with(&mut self, hook: &mut LogitHook) -> Option<Result<String>> {
        self.voice.next(&mut self.session, hook)
    }

    /// What reads the text; its adapters may be changed between two pieces.
    pub fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }
}

impl Iterator for Generation {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Result<String>> {
        self.next_with(&mut no_functions)
    }
}

/// What turns a session's logits into text: draws tokens and gives out their characters.
pub(crate) struct Voice {
    sampler: Sampler,
    tokenizer: Arc<Tokenizer>,
    window: usize, // of the penalties
    stops: Vec<String>,
    ends: Vec<u32>,   // tokens that end the text
    unread: Vec<u32>, // tokens that the session has not read yet
    left: usize,      // tokens that may still come
    characters: Utf8Stream,
    held: String, // may be the beginning of a stop text
    bytes: Vec<u8>,
    guided: Option<Guided>,
}

/// What a text under a constraint has more.
struct Guided {
    constraint: Arc<Constraint>,
    walk: Walk,
    ending: String, // may follow the text, and is taken away then
    text: String,   // all of it
}

impl Voice {
    /// Speaks after `prompt`, which is not read yet. `turn_end` is what the model writes after a turn, nothing if empty.
    pub fn new(tokenizer: &Arc<Tokenizer>, prompt: Vec<u32>, config: &GenerateConfig, turn_end: &str) -> Result<Self> {
        let sampler = Sampler::new(Sampling {
            temperature: config.temperature,
            top_k: config.top_k,
            top_p: config.top_p,
            min_p: config.min_p,
            typical_p: config.typical_p,
            repetition_penalty: config.repetition_penalty,
            presence_penalty: config.presence_penalty,
            frequency_penalty: config.frequency_penalty,
            logit_bias: config.logit_bias.clone(),
            banned: config.banned.clone(),
            chain: config.chain.clone(),
            seed: config.seed,
        })?;
        if config.stop.iter().any(String::is_empty) {
            return Err(Error::value("generate: a `stop` text must not be empty"));
        }
        let mut stops = config.stop.clone();
        let mut ends: Vec<u32> = if config.ignore_end { Vec::new() } else { tokenizer.eos().into_iter().collect() };
        let mut ending = String::new();
        match tokenizer.special(turn_end) {
            _ if turn_end.is_empty() => {}
            Some(token) => ends.push(token),
            None if config.constraint.is_some() => ending = turn_end.into(),
            None => stops.push(turn_end.into()),
        }
        let guided = match &config.constraint {
            None => None,
            Some(_) if !stops.is_empty() => {
                return Err(Error::value(
                    "generate: a text with a `constraint` ends where that says; leave `stop` out",
                ));
            }
            Some(constraint) => {
                let walk = Walk::new(&constraint.guide(tokenizer, &ends, &ending)?)?;
                if walk.need() > config.tokens {
                    return Err(Error::value(format!(
                        "generate: the shortest text that the `constraint` allows may need {} tokens; `tokens` is {}",
                        walk.need(),
                        config.tokens
                    )));
                }
                Some(Guided { constraint: constraint.clone(), walk, ending, text: String::new() })
            }
        };
        Ok(Self {
            sampler,
            tokenizer: tokenizer.clone(),
            window: config.repetition_window,
            stops,
            ends,
            unread: prompt,
            left: config.tokens,
            characters: Utf8Stream::default(),
            held: String::new(),
            bytes: Vec::new(),
            guided,
        })
    }

    /// The next certain characters, or nothing at the end.
    pub fn next(&mut self, session: &mut Session, hook: &mut LogitHook) -> Option<Result<String>> {
        while self.left > 0 {
            if let Err(e) = self.advance(session, hook) {
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

    /// Adds one token's characters to what is held.
    fn advance(&mut self, session: &mut Session, hook: &mut LogitHook) -> Result<()> {
        stop::check()?;
        if self.take_forced()? {
            return Ok(());
        }
        session.read(&self.unread)?;
        self.unread.clear();
        self.draw(session, hook)
    }

    /// What the session must read before the next draw.
    pub fn unread(&mut self) -> &mut Vec<u32> {
        &mut self.unread
    }

    /// Whether nothing more will come.
    pub fn finished(&self) -> bool {
        self.left == 0
    }

    /// Takes the next token without a look at the logits, if the constraint allows only one.
    pub fn take_forced(&mut self) -> Result<bool> {
        let Some(guided) = &mut self.guided else { return Ok(false) };
        let mask = guided.walk.mask(self.left)?;
        let only = if mask.len() == 1 { mask.tokens().next() } else { None };
        let Some(token) = only.filter(|token| self.sampler.takes_alone(*token)) else { return Ok(false) };
        self.take(token)?;
        Ok(true)
    }

    /// Draws a token, once the session has read what was unread.
    pub fn draw(&mut self, session: &mut Session, hook: &mut LogitHook) -> Result<()> {
        let allowed = match &mut self.guided {
            Some(guided) => Some(guided.walk.mask(self.left)?),
            None => None,
        };
        let (logits, recent) = session.logits(self.window);
        let token = self.sampler.sample_among(allowed.as_deref(), logits, recent, hook)?;
        self.take(token)
    }

    fn take(&mut self, token: u32) -> Result<()> {
        self.unread.push(token);
        self.left -= 1;
        if self.ends.contains(&token) {
            self.left = 0;
        } else {
            self.bytes.clear();
            self.tokenizer.append_bytes(token, &mut self.bytes)?;
            let new = self.characters.push(&self.bytes);
            if let Some(guided) = &mut self.guided {
                guided.walk.advance(&self.bytes)?;
                guided.text += &new;
                if guided.walk.done() {
                    self.left = 0;
                }
            }
            self.held += &new;
        }
        if self.left == 0 {
            self.held += &self.characters.finish();
        }
        Ok(())
    }

    /// Takes what is certain to come before any stop text; ends the generation at a whole one.
    pub fn certain(&mut self) -> String {
        let begins = |held: &str, at: usize, end: &str| end.starts_with(&held[at..]);
        if let Some(Guided { constraint, ending, text, .. }) = &self.guided {
            if self.left == 0 {
                // The ending is none of the text, unless the text would not be whole without it.
                if let Some(whole) = text.strip_suffix(ending.as_str()).filter(|_| !ending.is_empty())
                    && constraint.accepts(whole).unwrap_or(false)
                {
                    self.held.truncate(self.held.len().saturating_sub(ending.len()));
                }
                return std::mem::take(&mut self.held);
            }
            let mut places = self.held.char_indices().map(|(at, _)| at);
            let keep = places.find(|at| begins(&self.held, *at, ending)).unwrap_or(self.held.len());
            let rest = self.held.split_off(keep);
            return std::mem::replace(&mut self.held, rest);
        }
        if let Some(end) = self.stops.iter().filter_map(|s| self.held.find(s.as_str())).min() {
            self.held.truncate(end);
            self.left = 0;
        }
        if self.left == 0 {
            return std::mem::take(&mut self.held);
        }
        let begins = |at: &usize| self.stops.iter().any(|s| begins(&self.held, *at, s));
        let keep = self.held.char_indices().map(|(at, _)| at).find(begins).unwrap_or(self.held.len());
        let rest = self.held.split_off(keep);
        std::mem::replace(&mut self.held, rest)
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
    fn the_end_token_ends_the_text_and_is_not_shown() {
        let bird = bird();
        let tokenizer = (**bird.tokenizer()).clone();
        let end = tokenizer.encode(b",").unwrap()[0];
        let tokenizer = Arc::new(tokenizer.with_ends(None, Some(end)).unwrap());
        let greedy = GenerateConfig { temperature: 0.0, tokens: 20, ..Default::default() };
        let said = |config: &GenerateConfig| -> String {
            let engine = bird.engine().unwrap();
            Generation::new(&engine, &tokenizer, b"polly", config).unwrap().map(Result::unwrap).collect()
        };
        assert_eq!(said(&greedy), " wants a cracker");
        assert_eq!(said(&GenerateConfig { ignore_end: true, ..greedy.clone() }), " wants a cracker, né");
        let banned = vec![end];
        assert!(!said(&GenerateConfig { banned, ..greedy }).contains(','));
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
