//! Constrained decoding: texts that are one of a list, match a regular expression, are JSON of a schema, or follow a
//! grammar, whatever the model would rather say.
//!
//! Every constraint becomes a grammar, the grammar a machine over bytes ([`machine`]), and the tokenizer's tokens a trie
//! ([`vocabulary`]); walking both together tells which tokens may come next. The answer is kept for each state of the
//! machine, so that it is looked up when the state comes again. The idea is Willard & Louf's (2023, arXiv:2307.09702),
//! with stacks for what is not regular.
//!
//! A text that is cut off would not be valid, so a token is only allowed if what is left of `tokens` then still
//! suffices for the shortest way to the end.

mod gbnf;
mod grammar;
mod guide;
mod machine;
mod program;
mod regex;
mod schema;
mod vocabulary;

pub use guide::TokenMask;
pub(super) use guide::Walk;

use super::tokenizer::Tokenizer;
use crate::{Error, Result};
use grammar::Grammar;
use guide::Guide;
use machine::{DEAD, Machine};
use program::Program;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// What a text must be; exactly one of these.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ConstraintConfig {
    /// One of these texts.
    pub choices: Option<Vec<String>>,
    /// A text that this regular expression matches from beginning to end, in the notation of Rust's `regex`.
    pub regex: Option<String>,
    /// JSON that fits this JSON schema.
    pub json: Option<Value>,
    /// A text that follows this grammar, in llama.cpp's GBNF notation.
    pub grammar: Option<String>,
}

/// The whole numbers from `min` to `max`, in GBNF.
pub(crate) fn integer_gbnf(min: i64, max: i64) -> String {
    gbnf::write(&schema::integers(min, max))
}

/// What a text must be, checked and ready; for any tokenizer.
pub struct Constraint {
    config: ConstraintConfig,
    grammar: Grammar,
    machine: Mutex<Option<Machine>>, // of whole texts, made when first needed
    guides: Mutex<Vec<Made>>,
}

/// A guide made before.
struct Made {
    tokenizer: Weak<Tokenizer>,
    ends: Vec<u32>,
    ending: String,
    guide: Arc<Guide>,
}

impl Constraint {
    /// Reads what `config` asks for.
    ///
    /// # Errors
    /// If it asks for nothing or for two things, or what it asks for cannot be read.
    pub fn new(config: &ConstraintConfig) -> Result<Self> {
        let ConstraintConfig { choices, regex, json, grammar } = config;
        let grammar = match (choices, regex, json, grammar) {
            (Some(choices), None, None, None) => grammar::of_choices(choices)?,
            (None, Some(pattern), None, None) => regex::of_regex(pattern)?,
            (None, None, Some(schema), None) => schema::of_schema(schema)?,
            (None, None, None, Some(source)) => gbnf::of_gbnf(source)?,
            _ => return Err(Error::value("constraint: give one of `choices`, `regex`, `json` and `grammar`")),
        };
        Self::of(config.clone(), grammar)
    }

    /// One of these texts.
    ///
    /// # Errors
    /// If there are none, or one is empty.
    pub fn choices<S: Into<String>>(choices: impl IntoIterator<Item = S>) -> Result<Self> {
        let choices = Some(choices.into_iter().map(Into::into).collect());
        Self::new(&ConstraintConfig { choices, ..Default::default() })
    }

    /// A text that `pattern` matches from beginning to end.
    ///
    /// # Errors
    /// If it cannot be read, or has borders of words or anchors within it.
    pub fn regex(pattern: &str) -> Result<Self> {
        Self::new(&ConstraintConfig { regex: Some(pattern.into()), ..Default::default() })
    }

    /// JSON that fits a schema.
    ///
    /// # Errors
    /// If the schema has a keyword that is not known here, or no JSON fits it.
    pub fn json(schema: &Value) -> Result<Self> {
        Self::new(&ConstraintConfig { json: Some(schema.clone()), ..Default::default() })
    }

    /// A text that follows a grammar in GBNF.
    ///
    /// # Errors
    /// If it cannot be read (line and column are named), or no text follows it.
    pub fn gbnf(source: &str) -> Result<Self> {
        Self::new(&ConstraintConfig { grammar: Some(source.into()), ..Default::default() })
    }

    fn of(config: ConstraintConfig, grammar: Grammar) -> Result<Self> {
        Program::new(&grammar, None)?;
        Ok(Self { config, grammar, machine: Mutex::default(), guides: Mutex::default() })
    }

    /// What it was made of.
    pub fn config(&self) -> &ConstraintConfig {
        &self.config
    }

    /// Whether it allows `text`.
    ///
    /// # Errors
    /// If the grammar is too ambiguous to tell.
    pub fn accepts(&self, text: &str) -> Result<bool> {
        let mut kept = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
        let machine = match &mut *kept {
            Some(machine) => machine,
            none => none.insert(Machine::new(Program::new(&self.grammar, None)?)),
        };
        if machine.bytes() > guide::ROOM {
            machine.forget();
        }
        let mut state = machine.start()?;
        for byte in text.bytes() {
            state = machine.step(state, byte)?;
            if state == DEAD {
                return Ok(false);
            }
        }
        Ok(machine.accepts(state))
    }

    /// What leads a model's texts: `ends` are its end tokens, `ending` what it may write after a text (nothing if
    /// empty). Kept for the next time.
    pub(super) fn guide(&self, tokenizer: &Arc<Tokenizer>, ends: &[u32], ending: &str) -> Result<Arc<Guide>> {
        let mut guides = self.guides.lock().unwrap_or_else(PoisonError::into_inner);
        guides.retain(|made| made.tokenizer.strong_count() > 0);
        let same = |made: &&Made| {
            made.tokenizer.as_ptr() == Arc::as_ptr(tokenizer) && made.ends == ends && made.ending == ending
        };
        if let Some(made) = guides.iter().find(same) {
            return Ok(made.guide.clone());
        }
        let grammar = if ending.is_empty() { &self.grammar } else { &self.grammar.with_ending(ending) };
        let guide = Arc::new(Guide::new(grammar, tokenizer, ends)?);
        let (tokenizer, ends, ending) = (Arc::downgrade(tokenizer), ends.to_vec(), ending.to_string());
        guides.push(Made { tokenizer, ends, ending, guide: guide.clone() });
        Ok(guide)
    }
}

impl std::fmt::Debug for Constraint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Constraint").field(&self.config).finish()
    }
}

impl PartialEq for Constraint {
    fn eq(&self, other: &Self) -> bool {
        self.grammar == other.grammar
    }
}

#[cfg(test)]
mod tests;
