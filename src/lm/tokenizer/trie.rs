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
    /// Token 256 + i is the i-th word; token i if there are no bytes.
    words: Vec<String>,
    /// Whether the words are all tokens there are: no bytes, and an empty word is a token that no text gives.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    bare: bool,
    #[serde(skip)]
    trie: OnceLock<Trie>,
}

impl PartialEq for TrieTokenizer {
    fn eq(&self, other: &Self) -> bool {
        (&self.words, self.bare) == (&other.words, other.bare)
    }
}

/// A node's children by byte, and the token of the word that ends there.
#[derive(Clone, Debug, Default)]
struct Trie {
    children: HashMap<(u32, u8), u32>,
    tokens: Vec<Option<u32>>,
}

impl Trie {
    fn new(words: &[String], first: usize) -> Self {
        let mut trie = Self { children: HashMap::new(), tokens: vec![None] };
        for (i, word) in words.iter().enumerate().filter(|(_, word)| !word.is_empty()) {
            let mut node = 0;
            for byte in word.bytes() {
                let next = trie.tokens.len() as u32;
                node = *trie.children.entry((node, byte)).or_insert(next);
                if node == next {
                    trie.tokens.push(None);
                }
            }
            trie.tokens[node as usize] = Some((first + i) as u32);
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
        let tokenizer = Self { words, bare: false, trie: OnceLock::new() };
        tokenizer.check()?;
        Ok(tokenizer)
    }

    /// A tokenizer whose token i is the i-th word, without bytes for the rest; no text gives an empty word.
    ///
    /// # Errors
    /// If there are no words, or a word stands there twice.
    pub fn bare(words: Vec<String>) -> Result<Self> {
        let tokenizer = Self { words, bare: true, trie: OnceLock::new() };
        tokenizer.check()?;
        Ok(tokenizer)
    }

    /// The token of the first word.
    fn first(&self) -> usize {
        if self.bare { 0 } else { BYTES }
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
        self.first() + self.words.len()
    }

    /// Whether there are no tokens (never).
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The bytes of `token`, which is in the vocabulary, appended to `out`.
    pub fn append(&self, token: u32, out: &mut Vec<u8>) {
        match (token as usize).checked_sub(self.first()) {
            None => out.push(token as u8),
            Some(word) => out.extend(self.words[word].as_bytes()),
        }
    }

    /// The longest word at each place, or a byte.
    ///
    /// # Errors
    /// If there are no bytes, and no word begins somewhere.
    pub fn encode(&self, text: &[u8]) -> Result<Vec<u32>> {
        let trie = self.trie.get_or_init(|| Trie::new(&self.words, self.first()));
        let (mut tokens, mut at) = (Vec::with_capacity(text.len() / 4), 0);
        while at < text.len() {
            let (token, length) = match trie.longest(&text[at..]) {
                Some(found) => found,
                None if self.bare => {
                    let rest = String::from_utf8_lossy(&text[at..text.len().min(at + 4)]);
                    let what = rest.chars().next().unwrap_or(' ');
                    return Err(Error::value(format!("encode: no token begins with {what:?} (byte {})", at + 1)));
                }
                None => (u32::from(text[at]), 1),
            };
            tokens.push(token);
            at += length;
        }
        Ok(tokens)
    }

    /// Checks words that came from a file.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn check(&self) -> Result<()> {
        if self.bare && self.words.is_empty() {
            return Err(Error::value("tokenizer: there are no words"));
        }
        let mut seen = std::collections::HashSet::new();
        for word in self.words.iter().filter(|w| !(self.bare && w.is_empty())) {
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
        assert_eq!(t.encode(b"mill the millers").unwrap(), [256, 258, 32, 257, 115]);
        assert_eq!(t.encode("磨坊!".as_bytes()).unwrap(), [259, 33]);
        assert_eq!(t.encode(b"mille").unwrap(), [256, 101], "a beginning of a longer word is not that word");
    }

    #[test]
    fn every_string_of_bytes_survives() {
        let t = trie(&["ab", "abc", "né"]);
        for text in [&b"abcabxab"[..], b"\xff\x00n\xc3", "né abc né".as_bytes(), b""] {
            let mut back = Vec::new();
            t.encode(text).unwrap().into_iter().for_each(|token| t.append(token, &mut back));
            assert_eq!(back, text);
        }
    }

    #[test]
    fn without_bytes_the_rest_is_refused() {
        let words = ["a", "", "ab", "磨"].map(String::from).to_vec();
        let t = TrieTokenizer::bare(words).unwrap();
        assert_eq!((t.len(), t.encode("ab磨a".as_bytes()).unwrap()), (4, vec![2, 3, 0]));
        let refusal = t.encode("a坊".as_bytes()).unwrap_err().to_string();
        assert_eq!(refusal, "encode: no token begins with '坊' (byte 2)");
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
