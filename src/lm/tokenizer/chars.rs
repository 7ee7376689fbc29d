//! One token per character of a text's alphabet, in order of code points; by choice, bytes for all others.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// The tokenizer whose tokens are the distinct characters of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CharTokenizer {
    /// The alphabet, sorted: token i is its i-th character.
    alphabet: Vec<char>,
    /// Whether 256 tokens for the bytes follow, in which other characters are spelled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    bytes: bool,
}

impl CharTokenizer {
    /// The alphabet of `text`.
    ///
    /// # Errors
    /// If `text` is empty.
    pub fn new(text: &str) -> Result<Self> {
        let mut alphabet: Vec<char> = text.chars().collect();
        alphabet.sort_unstable();
        alphabet.dedup();
        let tokenizer = Self { alphabet, bytes: false };
        tokenizer.check()?;
        Ok(tokenizer)
    }

    /// The same with 256 tokens more, the bytes, in which characters outside the alphabet are spelled.
    #[must_use]
    pub fn with_bytes(self) -> Self {
        Self { bytes: true, ..self }
    }

    /// How many tokens there are: the alphabet's characters and, if they are there, the bytes.
    pub fn len(&self) -> usize {
        self.alphabet.len() + if self.bytes { 256 } else { 0 }
    }

    /// Whether the alphabet is empty (never, once checked).
    pub fn is_empty(&self) -> bool {
        self.alphabet.is_empty()
    }

    /// The bytes of `token`, which is in the vocabulary, appended to `out`.
    pub fn append(&self, token: u32, out: &mut Vec<u8>) {
        match self.alphabet.get(token as usize) {
            Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            None => out.push((token as usize - self.alphabet.len()) as u8),
        }
    }

    fn token_of(&self, c: char) -> Option<u32> {
        self.alphabet.binary_search(&c).ok().map(|i| i as u32)
    }

    /// One token per character; with bytes, one per byte of what is not in the alphabet.
    ///
    /// # Errors
    /// Without bytes, if a character is not in the alphabet (it and its place are named) or the text is not UTF-8.
    pub fn encode(&self, text: &[u8]) -> Result<Vec<u32>> {
        if self.bytes {
            return Ok(self.encode_any(text));
        }
        let text = std::str::from_utf8(text)
            .map_err(|e| Error::value(format!("encode: not UTF-8 text (byte {})", e.valid_up_to() + 1)))?;
        let unknown = |(i, c): (usize, char)| {
            self.token_of(c).ok_or_else(|| {
                Error::value(format!(
                    "encode: character {c:?} (number {}) is not in the alphabet of {}",
                    i + 1,
                    self.len()
                ))
            })
        };
        text.chars().enumerate().map(unknown).collect()
    }

    fn encode_any(&self, text: &[u8]) -> Vec<u32> {
        let byte = |b: &u8| (self.alphabet.len() + usize::from(*b)) as u32;
        let mut tokens = Vec::with_capacity(text.len());
        for chunk in text.utf8_chunks() {
            for c in chunk.valid().chars() {
                match self.token_of(c) {
                    Some(token) => tokens.push(token),
                    None => tokens.extend(c.encode_utf8(&mut [0; 4]).as_bytes().iter().map(byte)),
                }
            }
            tokens.extend(chunk.invalid().iter().map(byte));
        }
        tokens
    }

    /// One token per character, leaving out those that are not in the alphabet.
    pub fn encode_known(&self, text: &str) -> Vec<u32> {
        if self.bytes {
            return self.encode_any(text.as_bytes());
        }
        text.chars().filter_map(|c| self.token_of(c)).collect()
    }

    /// Checks an alphabet that came from a file.
    pub fn check(&self) -> Result<()> {
        if self.alphabet.is_empty() {
            return Err(Error::value("tokenizer: a text without characters gives no alphabet"));
        }
        if !self.alphabet.is_sorted_by(|a, b| a < b) {
            return Err(Error::value("tokenizer: the alphabet is not sorted"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_follow_the_sorted_alphabet() {
        let t = CharTokenizer::new("banana").unwrap();
        assert_eq!(t.encode(b"ban").unwrap(), [1, 0, 2]);
        assert_eq!(t.encode_known("b-a-n"), [1, 0, 2]);
    }

    #[test]
    fn bytes_spell_what_the_alphabet_lacks() {
        let t = CharTokenizer::new("ab").unwrap().with_bytes();
        assert_eq!(t.len(), 258);
        assert_eq!(t.encode("aé\u{7f}".as_bytes()).unwrap(), [0, 2 + 0xc3, 2 + 0xa9, 2 + 0x7f]);
        assert_eq!(t.encode(b"b\xff").unwrap(), [1, 2 + 0xff]);
    }

    #[test]
    fn unknown_characters_and_empty_texts_are_refused() {
        let t = CharTokenizer::new("abc").unwrap();
        let message = t.encode(b"abx").unwrap_err().to_string();
        assert_eq!(message, "encode: character 'x' (number 3) is not in the alphabet of 3");
        assert!(CharTokenizer::new("").is_err());
    }
}
