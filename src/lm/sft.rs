//! Supervised fine-tuning: conversations of which only what the assistant says is learned.
//!
//! The template's stretches are tokenised apart, so that no token stands across the border of an answer and every
//! token of it, the end of the turn included, has its loss; nothing else has.

use super::corpus::{Batches, BatchesConfig, Corpus, CorpusConfig, Packing, TokenDocument};
use super::model::Model;
use super::template::{ChatTemplate, ChatTokens, Message};
use crate::data::read_text;
use crate::error::ensure_setting;
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

/// Which answers of a conversation are learned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Answers {
    /// Every one.
    #[default]
    All,
    /// The last one.
    Last,
}

/// What happens to an example that is longer than a window. It is reported in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TooLong {
    /// It is left out.
    #[default]
    Skip,
    /// Its end is cut off.
    Cut,
    /// Nothing is trained.
    Refuse,
}

/// How conversations become batches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SftConfig {
    /// Positions in a window; 0 (default) means the model's context.
    pub time: usize,
    /// How conversations fill windows: "padded" (default, one in each) or "packed" (end to end, and cut at the windows'
    /// borders).
    pub packing: Packing,
    /// Which answers are learned: "all" (default) or "last".
    pub answers: Answers,
    /// What happens to an example longer than a window: "skip" (default), "cut" or "refuse".
    pub too_long: TooLong,
    /// Part of the conversations that is held out, in [0, 0.5]. Default 0.1.
    pub val_fraction: f64,
    /// Batches in a step, as in training. Default 1.
    pub accumulate: usize,
    /// Seed of the order, and of what is held out. Default 1.
    pub seed: u64,
}

impl Default for SftConfig {
    fn default() -> Self {
        Self {
            time: 0,
            packing: Packing::Padded,
            answers: Answers::All,
            too_long: TooLong::Skip,
            val_fraction: 0.1,
            accumulate: 1,
            seed: 1,
        }
    }
}

/// An example that is longer than a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LongExample {
    /// Its number, from 1.
    pub example: usize,
    /// Its tokens.
    pub tokens: usize,
}

/// Conversations, ready to be trained on.
#[derive(Clone, Debug)]
pub struct Sft {
    /// The batches, for [`Model::train_on`] or [`Model::train_lora`].
    pub batches: Arc<Batches>,
    /// Examples that are learned from, those held out included.
    pub examples: usize,
    /// Tokens of answers among them.
    pub answer_tokens: usize,
    /// Examples that are longer than a window, left out or cut.
    pub too_long: Vec<LongExample>,
}

impl Sft {
    /// Tokenises conversations for `model`.
    ///
    /// # Errors
    /// If a setting is out of range, the template or the tokenizer refuses a conversation (its number is named), one has
    /// no answer, or none fits into a window.
    pub fn new(
        model: &Model,
        template: &ChatTemplate,
        conversations: &[Vec<Message>],
        config: &SftConfig,
    ) -> Result<Self> {
        let time = window(model, config.time, "sft")?;
        ensure_setting(config.packing != Packing::Stream, "sft", "packing", "\"padded\" or \"packed\"", "\"stream\"")?;
        let (mut documents, mut too_long, mut answer_tokens) = (Vec::new(), Vec::new(), 0);
        for (i, messages) in conversations.iter().enumerate() {
            stop::check()?;
            let named = |e: Error| Error::value(format!("sft: example {}: {e}", i + 1));
            let ChatTokens { mut ids, mut answer } =
                template.encode_answers(model.tokenizer(), messages).map_err(named)?;
            if config.answers == Answers::Last {
                only_last(&mut answer);
            }
            if !answer.iter().skip(1).any(|a| *a) {
                return Err(named(Error::value("the assistant says nothing in it")));
            }
            if ids.len() > time + 1 {
                too_long.push(LongExample { example: i + 1, tokens: ids.len() });
                match config.too_long {
                    TooLong::Skip => continue,
                    TooLong::Refuse => {
                        let why = format!("it has {} tokens, a window of {time} holds {}", ids.len(), time + 1);
                        return Err(named(Error::value(why)));
                    }
                    TooLong::Cut => {
                        ids.truncate(time + 1);
                        answer.truncate(time + 1);
                        if !answer.contains(&true) {
                            continue; // nothing of the answer is left
                        }
                    }
                }
            }
            answer_tokens += answer.iter().filter(|a| **a).count();
            documents.push(TokenDocument { tokens: ids, counts: Some(answer) });
        }
        let examples = documents.len();
        if examples == 0 {
            let n = conversations.len();
            return Err(Error::value(format!("sft: none of the {n} examples fits into a window of {time} positions")));
        }
        // A lone document would be cut in two to hold its end out.
        let val_fraction = if examples == 1 { 0.0 } else { config.val_fraction };
        let corpus = CorpusConfig { val_fraction, seed: config.seed, ..Default::default() };
        let corpus = Arc::new(Corpus::from_documents(model.tokenizer(), documents, &corpus)?);
        let (packing, accumulate, seed) = (config.packing, config.accumulate, config.seed);
        let batches = BatchesConfig { time, packing, accumulate, seed, ..Default::default() };
        let batches = Arc::new(Batches::new(&[corpus], &batches)?);
        Ok(Self { batches, examples, answer_tokens, too_long })
    }

    /// One line about what does not fit, if anything: how many examples and which.
    pub fn warning(&self) -> Option<String> {
        warning(&self.too_long)
    }
}

/// One line about the examples that are longer than a window.
pub(super) fn warning(too_long: &[LongExample]) -> Option<String> {
    let longest = too_long.iter().map(|e| e.tokens).max()?;
    let mut which: Vec<String> = too_long.iter().take(10).map(|e| e.example.to_string()).collect();
    if too_long.len() > 10 {
        which.push("…".into());
    }
    let n = too_long.len();
    Some(format!("{n} examples are longer than a window ({}); the longest has {longest} tokens", which.join(", ")))
}

/// Positions in a window.
pub(super) fn window(model: &Model, time: usize, what: &str) -> Result<usize> {
    let context = model.config().context;
    let rule = format!("at most the model's context of {context}");
    ensure_setting(time <= context, what, "time", &rule, time)?;
    Ok(if time == 0 { context } else { time })
}

/// Leaves only the last answer marked.
pub(super) fn only_last(answer: &mut [bool]) {
    let Some(last) = answer.iter().rposition(|a| *a) else { return };
    let begin = answer[..last].iter().rposition(|a| !*a).map_or(0, |i| i + 1);
    answer[..begin].fill(false);
}

/// The conversations in a JSONL file, one a line: `{"messages": [{"role", "content"}, …]}`, or a pair
/// `{"prompt", "answer"}` (also "instruction" or "question", and "response", "completion" or "output"), with `"system"`
/// and `"input"` if there are any.
///
/// # Errors
/// If the file cannot be read, or a line is not such a conversation; the line is named.
pub fn read_conversations(path: impl AsRef<Path>) -> Result<Vec<Vec<Message>>> {
    records(path.as_ref(), |record| {
        if let Some(messages) = record.get("messages") {
            return messages_of(messages);
        }
        let mut messages = asked(record)?;
        let answer = text_of(record, &["answer", "response", "completion", "output"]);
        messages.push(Message::new("assistant", answer.ok_or("has no `messages`, and no `answer` to a `prompt`")?));
        Ok(messages)
    })
}

/// Calls `read` for each line of a JSONL file.
pub(super) fn records<T>(path: &Path, read: impl Fn(&Value) -> Result<T, String>) -> Result<Vec<T>> {
    let text = read_text(path)?;
    let mut all = Vec::new();
    for (i, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let fail = |why: String| Error::file(path, format!("line {} {why}", i + 1));
        let record: Value = serde_json::from_str(line).map_err(|e| {
            let what = e.to_string();
            let what = what.split(" at line ").next().unwrap_or_default();
            fail(format!("is not JSON ({what}, column {})", e.column()))
        })?;
        all.push(read(&record).map_err(fail)?);
    }
    if all.is_empty() {
        return Err(Error::file(path, "there are no lines in it"));
    }
    Ok(all)
}

/// A list of turns.
pub(super) fn messages_of(messages: &Value) -> Result<Vec<Message>, String> {
    let messages = messages.as_array().ok_or("has `messages` that are no list")?;
    let turn = |(i, message): (usize, &Value)| {
        let part = |key| message.get(key).and_then(Value::as_str).map(String::from);
        match (part("role"), part("content")) {
            (Some(role), Some(content)) => Ok(Message { role, content }),
            _ => Err(format!("has a message ({}) without `role` and `content` as texts", i + 1)),
        }
    };
    messages.iter().enumerate().map(turn).collect()
}

/// What stands before the answer: the system's words, if there are any, and the question.
pub(super) fn asked(record: &Value) -> Result<Vec<Message>, String> {
    if let Some(messages @ Value::Array(_)) = record.get("prompt") {
        return messages_of(messages);
    }
    let mut messages = Vec::new();
    if let Some(system) = text_of(record, &["system"]) {
        messages.push(Message::new("system", system));
    }
    let prompt = text_of(record, &["prompt", "instruction", "question"]);
    let mut prompt = prompt.ok_or("has no `messages`, and no `prompt`")?.to_string();
    if let Some(input) = text_of(record, &["input"]).filter(|input| !input.is_empty()) {
        prompt = format!("{prompt}\n{input}");
    }
    messages.push(Message::new("user", prompt));
    Ok(messages)
}

fn text_of<'a>(record: &'a Value, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| record.get(name).and_then(Value::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lm::{IGNORE, ModelConfig, Tokenizer, TrainConfig};
    use crate::nn::Device;

    fn model(context: usize) -> Model {
        let config = ModelConfig { dim: 32, layers: 2, heads: 2, context, ..Default::default() };
        let specials = ChatTemplate::preset_specials("chatml").iter().copied();
        Model::new(&config, Tokenizer::bytes().with_specials(specials).unwrap(), Device::Cpu, 1).unwrap()
    }

    fn pair(question: &str, answer: &str) -> Vec<Message> {
        vec![Message::new("user", question), Message::new("assistant", answer)]
    }

    /// The text of the tokens whose prediction counts, row by row.
    fn learned(model: &Model, sft: &Sft) -> Vec<String> {
        let batch = sft.batches.batch(0, 0, sft.batches.windows() as usize);
        let text = |targets: &[i32]| {
            let ids: Vec<u32> = targets.iter().filter(|t| **t != IGNORE).map(|t| *t as u32).collect();
            String::from_utf8(model.tokenizer().decode(&ids).unwrap()).unwrap()
        };
        let mut all: Vec<String> = batch.targets.chunks(batch.time).map(text).collect();
        all.sort();
        all
    }

    #[test]
    fn only_answers_are_learned_and_all_of_them_to_the_letter() {
        let model = model(120);
        let template = ChatTemplate::preset("chatml").unwrap();
        let long = vec![
            Message::new("system", "Du bist ein Papagei. 你好"),
            Message::new("user", "来吧 hello"),
            Message::new("assistant", "你好, friend!"),
            Message::new("user", "x"),
            Message::new("assistant", "再见"),
        ];
        let conversations = [pair("mill", "wheel"), long];
        let of = |answers| {
            let config = SftConfig { answers, val_fraction: 0.0, ..Default::default() };
            learned(&model, &Sft::new(&model, &template, &conversations, &config).unwrap())
        };
        assert_eq!(of(Answers::All), ["wheel<|im_end|>", "你好, friend!<|im_end|>再见<|im_end|>"]);
        assert_eq!(of(Answers::Last), ["wheel<|im_end|>", "再见<|im_end|>"]);
    }

    #[test]
    fn what_is_too_long_is_reported() {
        let model = model(40);
        let template = ChatTemplate::preset("plain").unwrap();
        let conversations =
            [pair("a", "b"), pair(&"long ".repeat(20), "b"), pair("c", &"d".repeat(60)), pair("e", "f")];
        let of = |too_long| Sft::new(&model, &template, &conversations, &SftConfig { too_long, ..Default::default() });
        let sft = of(TooLong::Skip).unwrap();
        assert_eq!((sft.examples, sft.too_long.len()), (2, 2));
        assert_eq!([sft.too_long[0].example, sft.too_long[1].example], [2, 3]);
        assert!(sft.warning().unwrap().starts_with("2 examples are longer than a window (2, 3); the longest has "));
        let cut = of(TooLong::Cut).unwrap();
        assert_eq!((cut.examples, cut.too_long.len()), (3, 2), "of the second nothing would be left");
        let message = of(TooLong::Refuse).unwrap_err().to_string();
        assert!(
            message.starts_with("sft: example 2: it has ") && message.ends_with("a window of 40 holds 41"),
            "{message}"
        );
        let none = Sft::new(&model, &template, &[vec![Message::new("user", "x")]], &SftConfig::default());
        assert_eq!(none.unwrap_err().to_string(), "sft: example 1: the assistant says nothing in it");
    }

    #[test]
    fn a_model_learns_to_answer() {
        let model = model(32);
        let template = ChatTemplate::preset("chatml").unwrap();
        let conversations = [pair("red", "rot"), pair("blue", "blau"), pair("two", "zwei")];
        let config = SftConfig { val_fraction: 0.0, ..Default::default() };
        let sft = Sft::new(&model, &template, &conversations, &config).unwrap();
        let train = TrainConfig { steps: 60, batch: 3, lr: 1e-2, warmup: 5, progress: false, ..Default::default() };
        let report = model.train_on(sft.batches.clone(), &train, |_| Ok(true)).unwrap();
        assert!(report.loss < 0.05, "{report:?}");
        let prompt = template.encode(model.tokenizer(), &conversations[1][..1], true).unwrap();
        let mut session = crate::lm::Session::new(&model.engine().unwrap());
        let mut said = prompt;
        let begin = said.len();
        session.read(&said).unwrap();
        for _ in 0..5 {
            let logits = session.logits(1).0.to_vec();
            let best = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap() as u32;
            said.push(best);
            session.read(&[best]).unwrap();
        }
        assert_eq!(model.tokenizer().decode(&said[begin..]).unwrap(), b"blau<|im_end|>");
    }

    #[test]
    fn files_are_read_with_their_lines_named() {
        let folder = tempfile::tempdir().unwrap();
        let read = |text: &str| {
            let path = folder.path().join("x.jsonl");
            std::fs::write(&path, text).unwrap();
            read_conversations(path).map_err(|e| e.to_string().rsplit('/').next().unwrap_or_default().to_string())
        };
        let found = read(concat!(
            r#"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}"#,
            "\n\n",
            r#"{"system": "s", "instruction": "i", "input": "n", "output": "o"}"#,
            "\n"
        ));
        let second = vec![Message::new("system", "s"), Message::new("user", "i\nn"), Message::new("assistant", "o")];
        assert_eq!(found.unwrap(), [pair("a", "b"), second]);
        assert_eq!(read("{\"prompt\": 1}\n").unwrap_err(), "x.jsonl: line 1 has no `messages`, and no `prompt`");
        let broken = read("\n{\"prompt\": \"a\", \"answer\": \"b\"}\n{").unwrap_err();
        assert!(broken.starts_with("x.jsonl: line 3 is not JSON ("), "{broken}");
    }
}
