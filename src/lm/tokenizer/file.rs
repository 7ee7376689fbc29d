//! A tokenizer of Hugging Face's `tokenizer.json`, by the `tokenizers` crate. The model keeps the file's text.

use super::bpe::printable_bytes;
use crate::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::str::FromStr;
use std::sync::OnceLock;

/// The most tokens.
const MOST: usize = 1 << 20;

/// The tokenizer in a `tokenizer.json`.
#[derive(Clone, Debug)]
pub struct FileTokenizer {
    json: String,
    ready: OnceLock<Box<Ready>>,
}

impl PartialEq for FileTokenizer {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json
    }
}

impl Serialize for FileTokenizer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Stored { json: self.json.clone() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for FileTokenizer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Stored::deserialize(deserializer).map(|s| Self { json: s.json, ready: OnceLock::new() })
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    json: String,
}

/// The file's tokenizer, read.
#[derive(Clone, Debug)]
struct Ready {
    plain: tokenizers::Tokenizer,    // no added token is recognised in a text
    specials: tokenizers::Tokenizer, // all are
    tokens: Vec<Vec<u8>>,            // the bytes of each
    added: Vec<(String, u32)>,
    prefix: bool,
}

/// How the file spells bytes in its tokens.
#[derive(Clone, Copy, PartialEq)]
enum Spelling {
    Printable, // GPT-2's alphabet
    Pieces,    // ▁ for a space, <0x..> for a byte
    WordPiece, // ## before what goes on with a word
    Plain,
}

/// Whether an object of this `type` stands anywhere in `value`, with what `more` asks.
fn holds(value: &Value, kind: &str, more: &impl Fn(&Value) -> bool) -> bool {
    match value {
        Value::Object(map) => {
            (map.get("type").and_then(Value::as_str) == Some(kind) && more(value))
                || map.values().any(|v| holds(v, kind, more))
        }
        Value::Array(list) => list.iter().any(|v| holds(v, kind, more)),
        _ => false,
    }
}

impl FileTokenizer {
    /// The tokenizer in this text.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn new(json: &str) -> Result<Self> {
        let tokenizer = Self { json: json.to_string(), ready: OnceLock::new() };
        tokenizer.check()?;
        Ok(tokenizer)
    }

    /// Checks what came from a file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn check(&self) -> Result<()> {
        self.ready().map(|_| ())
    }

    fn ready(&self) -> Result<&Ready> {
        if let Some(ready) = self.ready.get() {
            return Ok(ready);
        }
        let ready = Ready::read(&self.json)?;
        Ok(self.ready.get_or_init(|| Box::new(ready)))
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.ready().map_or(0, |r| r.tokens.len())
    }

    /// Whether there are no tokens (never, once checked).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a text gets a space before it.
    pub fn prefix(&self) -> bool {
        self.ready().is_ok_and(|r| r.prefix)
    }

    /// The tokens that the file adds to its model, with their numbers.
    pub fn added(&self) -> Vec<(String, u32)> {
        self.ready().map_or(Vec::new(), |r| r.added.clone())
    }

    /// The bytes of `token`, which is in the vocabulary, appended to `out`.
    pub fn append(&self, token: u32, out: &mut Vec<u8>) {
        if let Ok(ready) = self.ready() {
            out.extend(&ready.tokens[token as usize]);
        }
    }

    /// The tokens of `text`; with `specials`, added tokens are recognised in it.
    ///
    /// # Errors
    /// If it is not UTF-8, or the tokenizer cannot encode it.
    pub fn encode(&self, text: &[u8], specials: bool) -> Result<Vec<u32>> {
        let text = std::str::from_utf8(text)
            .map_err(|e| Error::value(format!("encode: not UTF-8 text (byte {})", e.valid_up_to() + 1)))?;
        let ready = self.ready()?;
        let tokenizer = if specials { &ready.specials } else { &ready.plain };
        let encoding = tokenizer.encode_fast(text, false).map_err(|e| Error::value(format!("encode: {e}")))?;
        let tokens = encoding.get_ids().to_vec();
        match tokens.iter().find(|t| **t as usize >= ready.tokens.len()) {
            Some(token) => Err(Error::value(format!("encode: the file's tokenizer gave {token}, which is no token"))),
            None => Ok(tokens),
        }
    }
}

impl Ready {
    fn read(json: &str) -> Result<Self> {
        let fail = |e: &dyn std::fmt::Display| Error::value(format!("tokenizer.json: cannot be read ({e})"));
        let mut value: Value = serde_json::from_str(json).map_err(|e| fail(&e))?;
        let read = |text: &str| tokenizers::Tokenizer::from_str(text).map_err(|e| fail(&e));
        let mut specials = read(json)?;
        // In plain text no added token is recognised, be it called special or not; but runs of white space are.
        for token in value["added_tokens"].as_array_mut().into_iter().flatten() {
            if token["content"].as_str().is_some_and(|c| !c.trim().is_empty()) {
                token["special"] = true.into();
            }
        }
        let mut plain = read(&value.to_string())?;
        plain.set_encode_special_tokens(true);
        for tokenizer in [&mut plain, &mut specials] {
            let _ = tokenizer.with_truncation(None);
            tokenizer.with_padding(None);
        }

        let vocab = specials.get_vocab(true);
        let size = vocab.values().map(|id| *id as usize + 1).max().unwrap_or(0);
        if size == 0 || size > MOST {
            return Err(fail(&format!("there must be 1 to {MOST} tokens, got {size}")));
        }
        let decoder = &value["decoder"];
        let has = |kind: &str| holds(decoder, kind, &|_| true);
        let spelling = if has("ByteLevel") {
            Spelling::Printable
        } else if has("ByteFallback") || has("Metaspace") || has("Replace") {
            Spelling::Pieces
        } else if has("WordPiece") {
            Spelling::WordPiece
        } else {
            Spelling::Plain
        };
        let mut tokens = vec![Vec::new(); size];
        for (text, id) in &vocab {
            tokens[*id as usize] = spelling.bytes(text);
        }
        let mut added: Vec<(String, u32)> =
            specials.get_added_tokens_decoder().into_iter().map(|(id, token)| (token.content, id)).collect();
        added.retain(|(text, id)| !text.trim().is_empty() && (*id as usize) < size);
        added.sort_by_key(|(_, id)| *id);
        for (text, id) in &added {
            tokens[*id as usize] = text.clone().into_bytes();
        }
        let before = &value["pre_tokenizer"];
        let is = |key: &'static str, wanted: Value| move |v: &Value| v[key] == wanted;
        let prefix = holds(&value["normalizer"], "Prepend", &|_| true)
            || holds(before, "Metaspace", &|v| v["prepend_scheme"] != "never" && v["add_prefix_space"] != false)
            || holds(before, "ByteLevel", &is("add_prefix_space", true.into()));
        Ok(Self { plain, specials, tokens, added, prefix })
    }
}

impl Spelling {
    fn bytes(self, token: &str) -> Vec<u8> {
        match self {
            Self::Printable => printable_bytes(token),
            Self::Pieces => {
                let byte = token.strip_prefix("<0x").and_then(|t| t.strip_suffix('>'));
                match byte.filter(|d| d.len() == 2).and_then(|d| u8::from_str_radix(d, 16).ok()) {
                    Some(byte) => vec![byte],
                    None => token.replace('▁', " ").into_bytes(),
                }
            }
            Self::WordPiece => match token.strip_prefix("##") {
                Some(rest) => rest.as_bytes().to_vec(),
                None => format!(" {token}").into_bytes(),
            },
            Self::Plain => token.as_bytes().to_vec(),
        }
    }
}
