//! Who a character is, and its file.

use super::act::Verb;
use super::memory::{Fact, MemoryConfig};
use crate::data::{read_text, write_atomically};
use crate::error::ensure_setting;
use crate::lm::{Conversation, GenerateConfig};
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Who a character is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CharacterConfig {
    /// The system prompt: who it is and how it speaks. Empty: none.
    pub persona: String,
    /// File of its own adapter. Default: none.
    pub adapter: Option<String>,
    /// How strongly the adapter works; finite. Default 1.
    pub adapter_weight: f64,
    /// How it chooses its words, and the most tokens of a line. Line n is drawn with `seed` + n.
    pub sampling: GenerateConfig,
    /// What it can do at the end of a line. Default: nothing.
    pub actions: Vec<Verb>,
    /// How facts come to its mind.
    pub memory: MemoryConfig,
    /// Tags of the shared facts that it may know. Default: none.
    pub knows: Vec<String>,
}

impl Default for CharacterConfig {
    fn default() -> Self {
        Self {
            persona: String::new(),
            adapter: None,
            adapter_weight: 1.0,
            sampling: GenerateConfig { tokens: 60, ..Default::default() },
            actions: Vec::new(),
            memory: MemoryConfig::default(),
            knows: Vec::new(),
        }
    }
}

impl CharacterConfig {
    /// # Errors
    /// If a setting is out of its range.
    pub fn check(&self) -> Result<()> {
        let weight = self.adapter_weight;
        ensure_setting(weight.is_finite(), "character", "adapter_weight", "finite", weight)?;
        ensure_setting(self.sampling.tokens > 0, "character", "tokens", "at least 1", self.sampling.tokens)?;
        self.memory.check()
    }
}

/// Settings of a character's words that stand beside those of [`GenerateConfig`] in a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Its `stop`.
    pub stop: Vec<String>,
    /// Its `logit_bias`.
    pub logit_bias: Vec<(u32, f32)>,
    /// Its `banned`.
    pub banned: Vec<u32>,
}

impl Limits {
    /// Those of `sampling`.
    pub fn of(sampling: &GenerateConfig) -> Self {
        let GenerateConfig { stop, logit_bias, banned, .. } = sampling.clone();
        Self { stop, logit_bias, banned }
    }
}

/// A character as its file holds it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedCharacter {
    /// Version of the format, 1.
    pub format: u32,
    /// Who it is.
    pub config: CharacterConfig,
    /// What else limits its words.
    #[serde(default)]
    pub limits: Limits,
    /// What was said. In a file the oldest messages are left out if there are too many.
    pub conversation: Conversation,
    /// What it remembers.
    pub facts: Vec<Fact>,
    /// Lines that it has begun.
    pub lines: u64,
}

/// The version of the format.
pub(super) const FORMAT: u32 = 1;

/// The most bytes of a file that conversation takes.
const TALK: usize = 64 << 10;

impl SavedCharacter {
    /// Writes it to a JSON file, whole or not at all. Of the conversation the newest 64 KB are kept.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut saved = self.clone();
        let mut size = 0;
        let messages = &mut saved.conversation.messages;
        let kept = messages.iter().rev().take_while(|m| {
            size += m.content.len() + 80;
            size <= TALK
        });
        let mut gone = messages.len() - kept.count();
        while gone > 0 && gone < messages.len() && messages[gone].role != "user" {
            gone += 1; // a turn begins with what it was told
        }
        messages.drain(..gone);
        saved.conversation.dropped = saved.conversation.dropped.saturating_sub(gone);
        let json = serde_json::to_string_pretty(&saved).map_err(|e| Error::file(&path, e))?;
        write_atomically(path.as_ref(), |file| file.write_all(json.as_bytes()))
    }

    /// Reads such a file.
    ///
    /// # Errors
    /// If it cannot be read, is none, or is of a newer version.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let json = read_text(path)?;
        let none = |e: serde_json::Error| Error::file(path, format!("not a saved character ({e})"));
        let value: serde_json::Value = serde_json::from_str(&json).map_err(none)?;
        match value.get("format").and_then(serde_json::Value::as_u64) {
            Some(format) if format == u64::from(FORMAT) => {
                let mut saved: Self = serde_json::from_value(value).map_err(none)?;
                let Limits { stop, logit_bias, banned } = saved.limits.clone();
                saved.config.sampling = GenerateConfig { stop, logit_bias, banned, ..saved.config.sampling };
                Ok(saved)
            }
            Some(format) => Err(Error::file(
                path,
                format!("a character of format {format}, but this build knows {FORMAT}; save it again with that build"),
            )),
            None => Err(Error::file(path, "not a saved character (it tells no format)")),
        }
    }
}
