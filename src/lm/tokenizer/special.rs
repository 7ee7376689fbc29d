//! Special tokens: texts such as `<eos>` that are one token where the program says so, and plain text elsewhere.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// The most special tokens, and the longest in bytes.
const MOST: usize = 1 << 16;
const LONGEST: usize = 1 << 10;

/// A special token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Special {
    pub text: String,
    pub id: u32,
}

/// A tokenizer's special tokens.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Specials {
    list: Vec<Special>,
    #[serde(skip)]
    index: OnceLock<Index>,
}

impl PartialEq for Specials {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list
    }
}

/// The list, ready to be searched.
#[derive(Clone, Debug)]
struct Index {
    by_id: HashMap<u32, usize>,
    by_text: HashMap<String, u32>,
    by_first: Vec<Vec<usize>>, // for each first byte, longest first
}

/// Part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Plain(&'a [u8]),
    Special(u32),
}

impl Specials {
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Special> {
        self.list.iter()
    }

    /// One past the highest number, 0 without any.
    pub fn end(&self) -> usize {
        self.list.iter().map(|s| s.id as usize + 1).max().unwrap_or(0)
    }

    /// Adds a special token, unless its text is one already.
    pub fn add(&mut self, text: String, id: u32) {
        if !self.list.iter().any(|s| s.text == text) {
            self.list.push(Special { text, id });
            self.index = OnceLock::new();
        }
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let mut by_first = vec![Vec::new(); 256];
            for (i, special) in self.list.iter().enumerate() {
                if let Some(first) = special.text.bytes().next() {
                    by_first[usize::from(first)].push(i);
                }
            }
            by_first.iter_mut().for_each(|l: &mut Vec<usize>| {
                l.sort_by_key(|i| std::cmp::Reverse(self.list[*i].text.len()));
            });
            Index {
                by_id: self.list.iter().enumerate().map(|(i, s)| (s.id, i)).collect(),
                by_text: self.list.iter().map(|s| (s.text.clone(), s.id)).collect(),
                by_first,
            }
        })
    }

    pub fn id(&self, text: &str) -> Option<u32> {
        self.index().by_text.get(text).copied()
    }

    pub fn text(&self, id: u32) -> Option<&str> {
        if self.list.is_empty() {
            return None;
        }
        self.index().by_id.get(&id).map(|i| self.list[*i].text.as_str())
    }

    /// The text cut at its special tokens: the leftmost first, of those that begin together the longest.
    pub fn split<'a>(&self, text: &'a [u8]) -> Vec<Part<'a>> {
        let (mut parts, mut plain, mut at) = (Vec::new(), 0, 0);
        while at < text.len() {
            let candidates = if self.list.is_empty() { &[][..] } else { &self.index().by_first[usize::from(text[at])] };
            let found = candidates.iter().map(|i| &self.list[*i]).find(|s| text[at..].starts_with(s.text.as_bytes()));
            let Some(special) = found else {
                at += 1;
                continue;
            };
            if plain < at {
                parts.push(Part::Plain(&text[plain..at]));
            }
            parts.push(Part::Special(special.id));
            at += special.text.len();
            plain = at;
        }
        if plain < text.len() {
            parts.push(Part::Plain(&text[plain..]));
        }
        parts
    }

    /// Checks what came from a file, for a vocabulary of `core` other tokens.
    ///
    /// # Errors
    /// If a text is empty, too long or there twice, or numbers leave a gap after the vocabulary.
    pub fn check(&self, core: usize) -> Result<()> {
        let fail = |why: String| Err(Error::value(format!("tokenizer: {why}")));
        if self.list.len() > MOST {
            return fail(format!("{} special tokens are more than {MOST}", self.list.len()));
        }
        let (mut texts, mut ids) = (HashSet::new(), HashSet::new());
        for Special { text, id } in &self.list {
            if text.is_empty() || text.len() > LONGEST {
                return fail(format!("a special token has 1 to {LONGEST} bytes, got {}", text.len()));
            }
            if !texts.insert(text) || !ids.insert(*id) {
                return fail(format!("the special token {text:?} or its number {id} stands there twice"));
            }
        }
        match (core..self.end()).find(|id| !ids.contains(&(*id as u32))) {
            Some(gap) => fail(format!("no token has the number {gap}")),
            None => Ok(()),
        }
    }
}
