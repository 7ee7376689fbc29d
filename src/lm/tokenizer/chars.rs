//! One token per character of a text's alphabet, in order of code points.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// The tokenizer whose tokens are the distinct characters of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CharTokenizer {
    /// The alphabet, sorted: token i is its i-th character.
    alphabet: Vec<char>,
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
        let tokenizer = Self { alphabet };
        tokenizer.check()?;
        Ok(tokenizer)
    }

    /// How many characters the alphabet has.
    pub fn len(&self) -> usize {
        self.alphabet.len()
    }

    /// Whether the alphabet is empty (never, once checked).
    pub fn is_empty(&self) -> bool {
        self.alphabet.is_empty()
    }

    /// The character of `token`, which is in the vocabulary.
    pub fn char_of(&self, token: u32) -> char {
        self.alphabet[token as usize]
    }

    fn token_of(&self, c: char) -> Option<u32> {
        self.alphabet.binary_search(&c).ok().map(|i| i as u32)
    }

    /// One token per character.
    ///
    /// # Errors
    /// If a character is not in the alphabet; it and its place are named.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
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

    /// One token per character, leaving out those that are not in the alphabet.
    pub fn encode_known(&self, text: &str) -> Vec<u32> {
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
        assert_eq!(t.encode("ban").unwrap(), [1, 0, 2]);
        assert_eq!(t.encode_known("b-a-n"), [1, 0, 2]);
    }

    #[test]
    fn unknown_characters_and_empty_texts_are_refused() {
        let t = CharTokenizer::new("abc").unwrap();
        let message = t.encode("abx").unwrap_err().to_string();
        assert_eq!(message, "encode: character 'x' (number 3) is not in the alphabet of 3");
        assert!(CharTokenizer::new("").is_err());
    }
}
