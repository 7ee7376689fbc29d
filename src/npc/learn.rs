//! Learning while playing: a character's own small adapter, trained on a few pairs in slices between frames.
//!
//! A slice is one step of training on one batch, or the loss of one held-out line. The lines that are held out are
//! measured before and after; if they have become worse than allowed, the update is refused. The base never changes, so
//! taking the adapter off gives it back bit for bit.

use crate::data::Rng;
use crate::error::ensure_setting;
use crate::lm::{
    Adapter, Batch, ChatTemplate, Lora, LoraConfig, Message, Model, Pass, Sft, SftConfig, TrainBatch, TrainConfig,
    TrainData, Trainer,
};
use crate::nn::{self, Tensor};
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How a character learns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LearnConfig {
    /// Rank of a new adapter, from 1 to 4096. Default 8.
    pub rank: usize,
    /// Learning rate, positive. Default 0.005.
    pub lr: f64,
    /// Steps of training, at least 1. Default 300.
    pub steps: u64,
    /// Conversations in a step, at least 1. Default 2.
    pub batch: usize,
    /// Each pair is practised alone and behind others, in conversations of up to so many turns; at least 1. Default 3.
    pub turns: usize,
    /// By how much the mean loss of the held-out lines may grow, in nats per token, at least 0. Default 0.1.
    pub worse: f64,
    /// Seed of the adapter and of the order. Default 1.
    pub seed: u64,
}

impl Default for LearnConfig {
    fn default() -> Self {
        Self { rank: 8, lr: 5e-3, steps: 300, batch: 2, turns: 3, worse: 0.1, seed: 1 }
    }
}

/// What came of learning.
pub struct Learned {
    /// The adapter; none if the update was refused.
    pub adapter: Option<Arc<Adapter>>,
    /// The same to be saved, or learned on with.
    pub lora: Option<Lora>,
    /// Mean loss of the held-out lines before and after, in nats per token; none if there were none.
    pub held_out: Option<[f64; 2]>,
}

/// Learning that goes on.
pub struct Learner {
    model: Model,
    lora: Lora,
    trainer: Trainer,
    held: Vec<TrainBatch>, // one line each
    source: Option<Arc<dyn TrainData>>,
    losses: [Vec<f64>; 2], // of the held-out lines, before and after
    config: LearnConfig,
    cost: [f64; 2], // of a step and of a held-out line, in seconds
    saved: f64,     // budgets that were too small for anything, in seconds
}

impl Learner {
    /// Prepares to learn `pairs` of what is said and what is to be answered, as `template` writes them, for the character
    /// with this persona (none if empty). `before` is the adapter to go on with; it stays as it is.
    ///
    /// # Errors
    /// If a setting is out of range, there are no pairs, one does not fit into the context, or `before` is for another
    /// model.
    pub fn new(
        model: &Model,
        template: &ChatTemplate,
        persona: &str,
        pairs: &[(String, String)],
        held_out: &[(String, String)],
        before: Option<&Lora>,
        config: &LearnConfig,
    ) -> Result<Self> {
        ensure_setting(config.steps > 0, "learn", "steps", "at least 1", config.steps)?;
        ensure_setting(config.turns > 0, "learn", "turns", "at least 1", config.turns)?;
        let worse = config.worse;
        ensure_setting(worse.is_finite() && worse >= 0.0, "learn", "worse", "finite and at least 0", worse)?;
        if pairs.is_empty() {
            return Err(Error::value("learn: there are no pairs"));
        }
        let source = batches(model, template, persona, pairs, config)?;
        let mut held = Vec::new();
        let mut judged: Option<Arc<dyn TrainData>> = None;
        for pair in held_out {
            let line = batches(model, template, persona, std::slice::from_ref(pair), config)?;
            held.push(line.batch(0, 0, 1)?);
            judged = Some(line);
        }
        let lora = Lora::new(model, &LoraConfig { rank: config.rank, seed: config.seed, ..Default::default() })?;
        let lora = match before {
            None => lora,
            Some(before) => {
                let own = Lora::new(model, before.config())?;
                let (to, from) = (own.named_params(), before.named_params());
                if !before.fits(model.config()) || to.len() != from.len() {
                    return Err(Error::value("learn: the adapter to go on with is for another model"));
                }
                for ((_, to), (_, from)) in to.iter().zip(&from) {
                    let value = from.value().plain();
                    to.set_value(Tensor::from_vec(value.to_f32()?, &value.shape(), value.device())?)?;
                }
                own
            }
        };
        let train = TrainConfig {
            steps: config.steps,
            batch: config.batch,
            lr: config.lr,
            warmup: (config.steps / 20).min(10),
            weight_decay: 0.0,
            eval_interval: u64::MAX,
            seed: config.seed,
            progress: false,
            ..Default::default()
        };
        let trainer = Trainer::lora(model, &lora, source, &train)?;
        Ok(Self {
            model: model.clone(),
            lora,
            trainer,
            held,
            source: judged,
            losses: Default::default(),
            config: config.clone(),
            cost: [0.0; 2],
            saved: 0.0,
        })
    }

    /// Works for about `budget`: slices that are expected to fit, or one that never does once in as many calls as it
    /// takes budgets. True when all is done.
    ///
    /// # Errors
    /// If the loss is not finite, or the user asks to stop.
    pub fn work(&mut self, budget: Duration) -> Result<bool> {
        let (begun, budget) = (Instant::now(), budget.as_secs_f64());
        let mut done = false;
        while !self.finished() {
            let left = budget - begun.elapsed().as_secs_f64();
            let kind = usize::from(!self.training());
            let cost = self.cost[kind] * 1.1;
            if cost > left {
                if done || left <= 0.0 {
                    return Ok(false);
                }
                self.saved += budget;
                if self.saved < cost {
                    return Ok(false);
                }
            }
            self.saved = 0.0;
            let slice = Instant::now();
            self.slice()?;
            let took = slice.elapsed().as_secs_f64();
            self.cost[kind] = took.max(0.9 * self.cost[kind] + 0.1 * took);
            done = true;
        }
        Ok(true)
    }

    /// Whether all is done.
    pub fn finished(&self) -> bool {
        self.trainer.finished() && self.losses[1].len() == self.held.len()
    }

    fn training(&self) -> bool {
        self.losses[0].len() == self.held.len() && !self.trainer.finished()
    }

    fn slice(&mut self) -> Result<()> {
        if self.training() {
            return self.trainer.step().map(|_| ());
        }
        let when = usize::from(self.losses[0].len() == self.held.len());
        let part = &self.held[self.losses[when].len()];
        let Batch { ids, rows, time, .. } = &part.batch;
        let ids = Tensor::from_vec(ids.clone(), &[*rows, *time], self.model.device())?;
        let pass = Pass { lora: Some(vec![(self.lora.clone(), 1.0)]), frozen: true, ..Default::default() };
        let source = self.source.as_ref().expect("there are held-out lines");
        let loss = nn::no_grad(|| source.loss(part, &self.model.forward_with(&ids, &pass)?))?;
        self.losses[when].push(loss.item()?);
        Ok(())
    }

    /// What came of it.
    ///
    /// # Errors
    /// If it is not done yet.
    pub fn finish(self) -> Result<Learned> {
        if !self.finished() {
            return Err(Error::value("learn: it is not done yet"));
        }
        let mean = |l: &Vec<f64>| l.iter().sum::<f64>() / l.len() as f64;
        let held_out = if self.held.is_empty() { None } else { Some([mean(&self.losses[0]), mean(&self.losses[1])]) };
        let good = held_out.is_none_or(|[before, after]| after <= before + self.config.worse);
        if !good {
            return Ok(Learned { adapter: None, lora: None, held_out });
        }
        Ok(Learned { adapter: Some(self.lora.adapter()?), lora: Some(self.lora), held_out })
    }
}

/// Pairs as batches of windows that are as long as the longest, alone and behind others.
fn batches(
    model: &Model,
    template: &ChatTemplate,
    persona: &str,
    pairs: &[(String, String)],
    config: &LearnConfig,
) -> Result<Arc<dyn TrainData>> {
    let context = model.config().context;
    let (mut conversations, mut longest) = (Vec::new(), 2);
    let mut rng = Rng::new(config.seed);
    for i in 0..pairs.len() {
        for turns in 1..=config.turns.min(pairs.len()) {
            let mut before: Vec<usize> = (0..pairs.len()).filter(|j| *j != i).collect();
            rng.shuffle(&mut before);
            let mut messages = Vec::new();
            if !persona.is_empty() {
                messages.push(Message::new("system", persona));
            }
            for (said, answer) in before[..turns - 1].iter().chain([&i]).map(|j| &pairs[*j]) {
                messages.extend([Message::new("user", said.as_str()), Message::new("assistant", answer.as_str())]);
            }
            let length = match template.encode_answers(model.tokenizer(), &messages) {
                Ok(encoded) => encoded.ids.len(),
                Err(e) if turns == 1 => return Err(e),
                Err(_) => break, // a template that leaves earlier turns out
            };
            if length - 1 > context {
                if turns == 1 {
                    let why = format!("learn: a pair has {length} tokens, but the context has only {context}");
                    return Err(Error::value(why));
                }
                break;
            }
            longest = longest.max(length);
            conversations.push(messages);
        }
    }
    let sft = SftConfig { time: longest - 1, val_fraction: 0.0, seed: config.seed, ..Default::default() };
    Ok(Sft::new(model, template, &conversations, &sft).map_err(|e| e.within("learn"))?.batches)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lm::{Frozen, GenerateConfig, ModelConfig, Tokenizer};
    use crate::nn::Device;
    use crate::npc::{CharacterConfig, Event, Stage, StageConfig};

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect()
    }

    fn plain(model: &Model) -> ChatTemplate {
        ChatTemplate::of(model.tokenizer()).unwrap()
    }

    /// A bird with a few answers learned by heart.
    fn bird() -> (Model, Vec<(String, String)>) {
        let letters: String = ('a'..='z').chain(" .?\n".chars()).collect();
        let specials = ChatTemplate::preset_specials("plain").iter().copied();
        let tokenizer = Tokenizer::chars(&letters).unwrap().with_specials(specials).unwrap();
        let config = ModelConfig { dim: 32, layers: 2, heads: 4, kv_heads: 2, context: 64, ..Default::default() };
        let model = Model::new(&config, tokenizer, Device::Cpu, 1).unwrap();
        let known = pairs(&[("who?", "a miller."), ("where?", "by the river."), ("what?", "corn.")]);
        let mut learning = LearnConfig { steps: 1, turns: 1, ..Default::default() };
        learning.batch = 3;
        let data = batches(&model, &ChatTemplate::of(model.tokenizer()).unwrap(), "", &known, &learning).unwrap();
        let train = TrainConfig { steps: 150, batch: 3, lr: 1e-2, warmup: 5, progress: false, ..Default::default() };
        model.train_on(data, &train, |_| Ok(true)).unwrap();
        (model, known)
    }

    fn answers(stage: &mut Stage, who: usize, pairs: &[(String, String)]) -> Vec<String> {
        pairs.iter().map(|(said, _)| line(stage, who, said)).collect()
    }

    fn line(stage: &mut Stage, who: usize, said: &str) -> String {
        stage.say(who, said).unwrap();
        let mut text = String::new();
        while stage.busy(who) {
            for spoken in stage.poll(Duration::from_millis(50)).unwrap() {
                if let Event::Piece(piece) = spoken.event {
                    text += &piece;
                }
            }
        }
        text
    }

    #[test]
    fn a_character_learns_forgets_and_leaves_the_others_alone() {
        let (model, known) = bird();
        let new = pairs(&[("name?", "polly."), ("age?", "seven."), ("food?", "crackers.")]);
        let config = LearnConfig { steps: 120, batch: 3, turns: 1, lr: 1e-2, worse: 10.0, ..Default::default() };
        let mut learner = Learner::new(&model, &plain(&model), "", &new, &known, None, &config).unwrap();
        assert!(Learner::finish(Learner::new(&model, &plain(&model), "", &new, &[], None, &config).unwrap()).is_err());
        while !learner.work(Duration::from_millis(4)).unwrap() {}
        let learned = learner.finish().unwrap();
        let [before, after] = learned.held_out.unwrap();
        assert!(before < 0.2 && after.is_finite(), "{before} {after}");

        let sampling = GenerateConfig { tokens: 20, temperature: 0.0, ..Default::default() };
        let somebody = CharacterConfig { sampling, ..Default::default() };
        let mut stage =
            Stage::new(&Frozen::of(&model).unwrap(), &StageConfig { threads: 0, ..Default::default() }).unwrap();
        // One question each, so that no history confuses so small a bird.
        let mut ask = |adapter: Option<Arc<Adapter>>, twice: bool, pairs: &[(String, String)]| -> Vec<String> {
            let mut said = Vec::new();
            for pair in pairs {
                let who = stage.add(&somebody).unwrap();
                stage.set_adapter(who, adapter.clone().map(|a| (a, 1.0))).unwrap();
                if twice {
                    stage.set_adapter(who, None).unwrap();
                }
                said.extend(answers(&mut stage, who, std::slice::from_ref(pair)));
            }
            said
        };
        let wanted = |pairs: &[(String, String)]| pairs.iter().map(|p| p.1.clone()).collect::<Vec<_>>();
        let base = ask(None, false, &new);
        assert_eq!(ask(None, false, &known), wanted(&known));
        assert_ne!(base, wanted(&new));
        assert_eq!(ask(learned.adapter.clone(), false, &new), wanted(&new), "it learned");
        assert_eq!(ask(learned.adapter.clone(), true, &new), base, "and forgot");
        assert_eq!(ask(None, false, &known), wanted(&known), "the others say what they said");
        // Learning on from there changes a copy.
        let lora = learned.lora.unwrap();
        let mut more = Learner::new(&model, &plain(&model), "", &known, &new, Some(&lora), &config).unwrap();
        while !more.work(Duration::from_secs(1)).unwrap() {}
        let begun = more.finish().unwrap().held_out.unwrap()[0];
        assert!(begun < 0.5, "it began where the first ended, not at {begun}");
        assert_eq!(ask(Some(lora.adapter().unwrap()), false, &new), wanted(&new));
    }

    #[test]
    fn an_update_that_spoils_the_held_out_lines_is_refused() {
        let (model, known) = bird();
        let spoiling = pairs(&[("who?", "zzzz."), ("where?", "zzzz."), ("what?", "zzzz.")]);
        let config = LearnConfig { steps: 60, batch: 3, turns: 1, lr: 1e-2, ..Default::default() };
        let mut learner = Learner::new(&model, &plain(&model), "", &spoiling, &known, None, &config).unwrap();
        while !learner.work(Duration::from_secs(1)).unwrap() {}
        let learned = learner.finish().unwrap();
        let [before, after] = learned.held_out.unwrap();
        assert!(after > before + 1.0 && learned.adapter.is_none() && learned.lora.is_none());
        let refusal = |pairs: &[(String, String)], config: &LearnConfig| {
            Learner::new(&model, &plain(&model), "", pairs, &[], None, config).err().unwrap().to_string()
        };
        assert_eq!(refusal(&[], &config), "learn: there are no pairs");
        assert_eq!(
            refusal(&known, &LearnConfig { steps: 0, ..config.clone() }),
            "learn: `steps` must be at least 1, got 0"
        );
        let long = pairs(&[("who?", &"a".repeat(99))]);
        assert!(refusal(&long, &config).contains("but the context has only 64"));
    }
}
