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
