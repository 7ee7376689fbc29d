//! One token per word of a list, by longest match; what no word covers is spelled in bytes, so nothing is lost.
//!
//! The list is a trie (Fredkin 1960), walked byte by byte. Tokens 0 to 255 are the bytes, the words follow.

use crate::error::ensure_setting;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::OnceLock;

/// How many tokens are single bytes.
const BYTES: usize = 256;

/// The longest word, in bytes.
const LONGEST: usize = 255;

/// The tokenizer whose tokens are the words of a list and the bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TrieTokenizer {
    /// Token 256 + i is the i-th word.
    words: Vec<String>,
    #[serde(skip)]
    trie: OnceLock<Trie>,
}

impl PartialEq for TrieTokenizer {
    fn eq(&self, other: &Self) -> bool {
        self.words == other.words
    }
}

/// A node's children by byte, and the token of the word that ends there.
#[derive(Clone, Debug, Default)]
struct Trie {
    children: HashMap<(u32, u8), u32>,
    tokens: Vec<Option<u32>>,
}

impl Trie {
    fn new(words: &[String]) -> Self {
        let mut trie = Self { children: HashMap::new(), tokens: vec![None] };
        for (i, word) in words.iter().enumerate() {
            let mut node = 0;
            for byte in word.bytes() {
                let next = trie.tokens.len() as u32;
                node = *trie.children.entry((node, byte)).or_insert(next);
                if node == next {
                    trie.tokens.push(None);
                }
            }
            trie.tokens[node as usize] = Some((BYTES + i) as u32);
        }
        trie
    }

    /// The longest word at the start of `text`, and its length.
    fn longest(&self, text: &[u8]) -> Option<(u32, usize)> {
        let (mut node, mut found) = (0, None);
        for (i, byte) in text.iter().enumerate() {
            let Some(next) = self.children.get(&(node, *byte)) else { break };
            node = *next;
            found = self.tokens[node as usize].map(|token| (token, i + 1)).or(found);
        }
        found
    }
}

impl TrieTokenizer {
    /// A tokenizer of these words.
    ///
    /// # Errors
    /// If a word is empty, longer than 255 bytes, or stands there twice.
    pub fn new(words: Vec<String>) -> Result<Self> {
        let tokenizer = Self { words, trie: OnceLock::new() };
        tokenizer.check()?;
        Ok(tokenizer)
    }

    /// A tokenizer of the words of `text`, each with the space before it; at most `most`, those that save the most
    /// bytes first.
    ///
    /// # Errors
    /// If `most` is 0.
    pub fn learn(text: &str, most: usize) -> Result<Self> {
        ensure_setting(most > 0, "tokenizer", "most", "at least 1", most)?;
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for word in words_of(text).filter(|w| w.len() > 1) {
            *counts.entry(word).or_default() += 1;
        }
        let mut words: Vec<(&str, usize)> = counts.into_iter().collect();
        // A word saves its bytes less one each time it occurs; equal ones in alphabetical order, to be the same always.
        words.sort_by_key(|(word, count)| (std::cmp::Reverse(count * (word.len() - 1)), *word));
        words.retain(|(word, _)| word.len() <= LONGEST);
        words.truncate(most);
        Self::new(words.into_iter().map(|(word, _)| word.to_string()).collect())
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        BYTES + self.words.len()
    }

    /// Whether there are no tokens (never).
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The bytes of `token`, which is in the vocabulary, appended to `out`.
    pub fn append(&self, token: u32, out: &mut Vec<u8>) {
        match (token as usize).checked_sub(BYTES) {
            None => out.push(token as u8),
            Some(word) => out.extend(self.words[word].as_bytes()),
        }
    }

    /// The longest word at each place, or a byte.
    pub fn encode(&self, text: &[u8]) -> Vec<u32> {
        let trie = self.trie.get_or_init(|| Trie::new(&self.words));
        let (mut tokens, mut at) = (Vec::with_capacity(text.len() / 4), 0);
        while at < text.len() {
            let (token, length) = trie.longest(&text[at..]).unwrap_or((u32::from(text[at]), 1));
            tokens.push(token);
            at += length;
        }
        tokens
    }

    /// Checks words that came from a file.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn check(&self) -> Result<()> {
        let mut seen = std::collections::HashSet::new();
        for word in &self.words {
            if word.is_empty() || word.len() > LONGEST {
                return Err(Error::value(format!("tokenizer: a word has 1 to {LONGEST} bytes, got {}", word.len())));
            }
            if !seen.insert(word) {
                return Err(Error::value(format!("tokenizer: the word {word:?} stands in the list twice")));
            }
        }
        Ok(())
    }
}

/// Words with the space before them, and whatever stands between words.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let space = usize::from(first == ' ');
        let letters: usize =
            rest[space..].chars().take_while(|c| c.is_alphanumeric() || *c == '\'').map(char::len_utf8).sum();
        let end = if letters > 0 { space + letters } else { first.len_utf8() };
        let (word, tail) = rest.split_at(end);
        rest = tail;
        Some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trie(words: &[&str]) -> TrieTokenizer {
        TrieTokenizer::new(words.iter().map(|w| w.to_string()).collect()).unwrap()
    }

    #[test]
    fn the_longest_word_wins_and_bytes_fill_the_gaps() {
        let t = trie(&["mill", "miller", " the", "磨坊"]);
        assert_eq!(t.encode(b"mill the millers"), [256, 258, 32, 257, 115]);
        assert_eq!(t.encode("磨坊!".as_bytes()), [259, 33]);
        assert_eq!(t.encode(b"mille"), [256, 101], "a beginning of a longer word is not that word");
    }

    #[test]
    fn every_string_of_bytes_survives() {
        let t = trie(&["ab", "abc", "né"]);
        for text in [&b"abcabxab"[..], b"\xff\x00n\xc3", "né abc né".as_bytes(), b""] {
            let mut back = Vec::new();
            t.encode(text).into_iter().for_each(|token| t.append(token, &mut back));
            assert_eq!(back, text);
        }
    }

    #[test]
    fn words_are_learned_with_the_space_before_them() {
        let t = TrieTokenizer::learn("the miller's mill. the mill, the mill", 3).unwrap();
        assert_eq!(t.words, [" mill", " miller's", " the"]);
        assert_eq!(TrieTokenizer::learn("the mill", 1).unwrap().len(), 257);
        assert_eq!(words_of("a bc, d  e\n").collect::<Vec<_>>(), ["a", " bc", ",", " d", " ", " e", "\n"]);
    }

    #[test]
    fn impossible_lists_are_refused() {
        let refusal =
            |words: &[&str]| TrieTokenizer::new(words.iter().map(|w| w.to_string()).collect()).unwrap_err().to_string();
        assert_eq!(refusal(&["a", "b", "a"]), "tokenizer: the word \"a\" stands in the list twice");
        assert_eq!(refusal(&[""]), "tokenizer: a word has 1 to 255 bytes, got 0");
    }
}
