//! Tokenizers: text to token numbers and back. Token numbers count from 0, as in every file format.

mod bytes;
mod chars;
mod trie;
mod utf8;

pub use bytes::ByteTokenizer;
pub use chars::CharTokenizer;
pub use trie::TrieTokenizer;
pub use utf8::Utf8Stream;

use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// A tokenizer of any kind, as a model carries it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Tokenizer {
    /// One token per character of a text's alphabet.
    Char(CharTokenizer),
    /// One token per byte.
    Byte(ByteTokenizer),
    /// One token per word of a list, by longest match, and per byte of the rest.
    Trie(TrieTokenizer),
}

impl Tokenizer {
    /// One token per distinct character of `text`.
    pub fn chars(text: &str) -> Result<Self> {
        CharTokenizer::new(text).map(Self::Char)
    }

    /// One token per byte: 256 tokens, and any text or data fits.
    pub fn bytes() -> Self {
        Self::Byte(ByteTokenizer {})
    }

    /// One token per word of a list, by longest match; the rest is spelled in bytes.
    pub fn trie(words: Vec<String>) -> Result<Self> {
        TrieTokenizer::new(words).map(Self::Trie)
    }

    /// Byte-level BPE as GGUF's `gpt2` model stores it: `tokens` in GPT-2's printable alphabet, `merges` as pairs
    /// with a space between, `types` as GGUF numbers them (1 normal, 3 control, 4 user-defined; empty: all normal),
    /// `pre` the name of the pre-tokenizer ("gpt-2", "llama-bpe", "qwen2", "smollm", …).
    ///
    /// # Errors
    /// If a token or merge cannot be one, or the pre-tokenizer is unknown.
    pub fn from_gpt2(tokens: Vec<String>, merges: Vec<String>, types: &[i32], pre: &str) -> Result<Self> {
        let _ = (tokens, merges, types, pre);
        Err(Error::value("tokenizer: to be written"))
    }

    /// SentencePiece BPE as GGUF's `llama` model and llama2.c store it: pieces with scores, joined best score first;
    /// `types` as GGUF numbers them (1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte; empty: read
    /// from the pieces `<0x..>`, `<unk>`, `<s>`, `</s>`). A piece's `▁` stands for a space.
    ///
    /// # Errors
    /// If the numbers of tokens, scores and types differ, or a score is not a number.
    pub fn from_sentencepiece(tokens: Vec<Vec<u8>>, scores: Vec<f32>, types: &[i32]) -> Result<Self> {
        let _ = (tokens, scores, types);
        Err(Error::value("tokenizer: to be written"))
    }

    /// The tokenizer in the text of a `tokenizer.json` file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn from_json(json: &str) -> Result<Self> {
        let _ = json;
        Err(Error::value("tokenizer: to be written"))
    }

    /// The token of the special text `name`, such as `<eos>`.
    pub fn special(&self, name: &str) -> Option<u32> {
        let _ = name;
        None
    }

    /// The tokens of `text`, in which special texts are recognised. For texts that the program made, never for what a
    /// stranger wrote.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn encode_with_specials(&self, text: &[u8]) -> Result<Vec<u32>> {
        self.encode(text)
    }

    /// The token put before a text, if the model expects one.
    pub fn bos(&self) -> Option<u32> {
        None
    }

    /// The token that ends a text or a turn.
    pub fn eos(&self) -> Option<u32> {
        None
    }

    /// The same with these tokens for the beginning and end of a text.
    ///
    /// # Errors
    /// If a number is not a token.
    pub fn with_ends(self, bos: Option<u32>, eos: Option<u32>) -> Result<Self> {
        let _ = (bos, eos);
        Ok(self)
    }

    /// The same with a chat template (Jinja) to be kept with it.
    pub fn with_chat_template(self, template: Option<String>) -> Self {
        let _ = template;
        self
    }

    /// The chat template that came with it.
    pub fn chat_template(&self) -> Option<&str> {
        None
    }

    /// `char`, `byte` or `trie`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Char(_) => "char",
            Self::Byte(_) => "byte",
            Self::Trie(_) => "trie",
        }
    }

    /// How many distinct tokens there are.
    pub fn vocab_size(&self) -> usize {
        match self {
            Self::Char(t) => t.len(),
            Self::Byte(_) => 256,
            Self::Trie(t) => t.len(),
        }
    }

    /// The tokens of `text`.
    ///
    /// # Errors
    /// If a character has no token (its place is named), or a `char` tokenizer is given bytes that are not UTF-8.
    pub fn encode(&self, text: &[u8]) -> Result<Vec<u32>> {
        match self {
            Self::Char(t) => {
                let text = std::str::from_utf8(text)
                    .map_err(|e| Error::value(format!("encode: not UTF-8 text (byte {})", e.valid_up_to() + 1)))?;
                t.encode(text)
            }
            Self::Byte(t) => Ok(t.encode(text)),
            Self::Trie(t) => Ok(t.encode(text)),
        }
    }

    /// The tokens of `text`, without the characters that have none.
    pub fn encode_known(&self, text: &str) -> Vec<u32> {
        match self {
            Self::Char(t) => t.encode_known(text),
            Self::Byte(t) => t.encode(text.as_bytes()),
            Self::Trie(t) => t.encode(text.as_bytes()),
        }
    }

    /// The bytes that `tokens` stand for.
    ///
    /// # Errors
    /// If a number is not a token.
    pub fn decode(&self, tokens: &[u32]) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(tokens.len());
        for &token in tokens {
            self.append_bytes(token, &mut out)?;
        }
        Ok(out)
    }

    /// Appends the bytes of one token to `out`.
    pub fn append_bytes(&self, token: u32, out: &mut Vec<u8>) -> Result<()> {
        if token as usize >= self.vocab_size() {
            return Err(Error::value(format!("decode: token {token} is outside 0..{}", self.vocab_size() - 1)));
        }
        match self {
            Self::Char(t) => {
                let mut buffer = [0; 4];
                out.extend_from_slice(t.char_of(token).encode_utf8(&mut buffer).as_bytes());
            }
            Self::Byte(_) => out.push(token as u8),
            Self::Trie(t) => t.append(token, out),
        }
        Ok(())
    }

    /// Checks what came from a file.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Char(t) => t.check(),
            Self::Byte(_) => Ok(()),
            Self::Trie(t) => t.check(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_undoes_encoding() {
        let text = "Open the bridge, 磨坊主! 🐦";
        let words = Tokenizer::trie(vec!["Open".into(), " the".into(), "磨坊".into()]).unwrap();
        for tokenizer in [Tokenizer::chars(text).unwrap(), Tokenizer::bytes(), words] {
            let tokens = tokenizer.encode(text.as_bytes()).unwrap();
            assert_eq!(tokenizer.decode(&tokens).unwrap(), text.as_bytes(), "{}", tokenizer.kind());
            let json = serde_json::to_string(&tokenizer).unwrap();
            assert_eq!(serde_json::from_str::<Tokenizer>(&json).unwrap(), tokenizer);
        }
        let all: Vec<u8> = (0..=255).collect();
        let bytes = Tokenizer::bytes();
        assert_eq!(bytes.decode(&bytes.encode(&all).unwrap()).unwrap(), all);
    }

    #[test]
    fn a_number_that_is_no_token_is_refused() {
        let t = Tokenizer::chars("ab").unwrap();
        assert_eq!(t.decode(&[2]).unwrap_err().to_string(), "decode: token 2 is outside 0..1");
    }
}
