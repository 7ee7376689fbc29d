//! Byte-pair encoding on bytes: words are spelled in bytes, then the pairs that training found join, the first first.
//!
//! Sennrich, Haddow & Birch (2016), arXiv:1508.07909; on bytes as GPT-2 does (Radford et al. 2019). Every string of
//! bytes has tokens, and they give it back.

use super::split::Split;
use crate::{Error, Result};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::OnceLock;

/// How many tokens are single bytes, in a vocabulary learned here.
pub(super) const BYTES: usize = 256;

/// The most tokens, and the most bytes that all tokens together may have.
const MOST: usize = 1 << 20;
const MOST_BYTES: usize = 1 << 26;

/// The tokenizer whose tokens are bytes and the pairs of tokens that were joined.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BpeTokenizer {
    split: Split,
    /// Whether a word that is a token is taken whole, whatever the pairs say (Llama 3).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    whole: bool,
    /// The tokens in GPT-2's printable alphabet; empty: the bytes and then what the merges make, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tokens: Vec<String>,
    /// Pairs of tokens that join, the first first.
    merges: Vec<(u32, u32)>,
    #[serde(skip)]
    table: OnceLock<Table>,
}

impl PartialEq for BpeTokenizer {
    fn eq(&self, other: &Self) -> bool {
        (self.split, self.whole, &self.tokens, &self.merges) == (other.split, other.whole, &other.tokens, &other.merges)
    }
}

/// A fast hash of short strings: multiply and fold, eight bytes at a time.
#[derive(Clone, Copy, Default)]
pub(super) struct WordHasher(u64);

impl Hasher for WordHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (chunks, rest) = bytes.as_chunks::<8>();
        for chunk in chunks {
            self.write_u64(u64::from_le_bytes(*chunk));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            self.write_u64(u64::from_le_bytes(last));
        }
    }

    fn write_u64(&mut self, n: u64) {
        let product = u128::from(self.0 ^ n ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }

    fn write_u8(&mut self, n: u8) {
        self.write_u64(u64::from(n));
    }

    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

pub(super) type WordMap<K, V> = HashMap<K, V, BuildHasherDefault<WordHasher>>;

/// Pairs and what they join to: a hash table with open addressing.
#[derive(Clone, Debug)]
struct Pairs {
    slots: Vec<(u64, u32, u32)>, // (pair, rank, token); pair u64::MAX when free
    shift: u32,
}

const FREE: u64 = u64::MAX;

impl Pairs {
    fn new(merges: impl ExactSizeIterator<Item = ((u32, u32), u32)>) -> Self {
        let bits = (merges.len() * 2).next_power_of_two().trailing_zeros().max(4);
        let mut pairs = Self { slots: vec![(FREE, 0, 0); 1 << bits], shift: 64 - bits };
        for (rank, ((a, b), token)) in merges.enumerate() {
            let key = u64::from(a) << 32 | u64::from(b);
            let slot = pairs.slot(key);
            if pairs.slots[slot].0 == FREE {
                pairs.slots[slot] = (key, rank as u32, token);
            }
        }
        pairs
    }

    #[inline]
    fn slot(&self, key: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize;
        while self.slots[slot].0 != key && self.slots[slot].0 != FREE {
            slot = (slot + 1) & mask;
        }
        slot
    }

    /// The rank and token of a pair; `NONE` as rank if it does not join.
    #[inline]
    fn get(&self, a: u32, b: u32) -> (u32, u32) {
        let key = u64::from(a) << 32 | u64::from(b);
        match self.slots[self.slot(key)] {
            (found, rank, token) if found == key => (rank, token),
            _ => (NONE, 0),
        }
    }
}

const NONE: u32 = u32::MAX;

/// What encoding and decoding need.
#[derive(Clone, Debug)]
struct Table {
    bytes: Vec<u32>, // the token of each byte
    pairs: Pairs,
    text: Vec<u8>,                // all tokens' bytes
    ends: Vec<u32>,               // where each token's bytes end in it
    words: WordMap<Vec<u8>, u32>, // only if words are taken whole
}

/// GPT-2's printable alphabet: the character that stands for each byte.
fn alphabet() -> [char; 256] {
    let mut next = 256;
    std::array::from_fn(|byte| match byte {
        0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff => char::from(byte as u8),
        _ => {
            next += 1;
            char::from_u32(next - 1).unwrap_or(' ')
        }
    })
}

/// The bytes that a token's printable text stands for; a text outside the alphabet stands for itself.
pub(super) fn printable_bytes(text: &str) -> Vec<u8> {
    static BACK: OnceLock<HashMap<char, u8>> = OnceLock::new();
    let back = BACK.get_or_init(|| alphabet().into_iter().zip(0..=255).collect());
    let bytes: Option<Vec<u8>> = text.chars().map(|c| back.get(&c).copied()).collect();
    bytes.unwrap_or_else(|| text.as_bytes().to_vec())
}

fn fail<T>(why: String) -> Result<T> {
    Err(Error::value(format!("tokenizer: {why}")))
}

impl BpeTokenizer {
    /// The bytes as tokens 0 to 255, then what `merges` make.
    pub(super) fn learned(split: Split, merges: Vec<(u32, u32)>) -> Result<Self> {
        let bpe = Self { split, whole: false, tokens: Vec::new(), merges, table: OnceLock::new() };
        bpe.check()?;
        Ok(bpe)
    }

    /// Tokens in GPT-2's printable alphabet and merges as pairs of them with a space between.
    ///
    /// # Errors
    /// If a byte has no token, or a merge is not of tokens to a token.
    pub fn from_gpt2(tokens: Vec<String>, merges: &[String], pre: &str) -> Result<Self> {
        let split = Split::named(pre)?;
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        for (i, token) in tokens.iter().enumerate() {
            numbers.entry(token).or_insert(i as u32);
        }
        let pair = |merge: &String| {
            let two = merge.split_once(' ').and_then(|(a, b)| Some((*numbers.get(a)?, *numbers.get(b)?)));
            two.ok_or_else(|| Error::value(format!("tokenizer: the merge {merge:?} is not a pair of tokens")))
        };
        let merges = merges.iter().map(pair).collect::<Result<_>>()?;
        let whole = matches!(pre, "llama-bpe" | "llama3" | "llama-v3" | "falcon3");
        let bpe = Self { split, whole, tokens, merges, table: OnceLock::new() };
        bpe.check()?;
        Ok(bpe)
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        if self.tokens.is_empty() { self.table().map_or(0, |t| t.ends.len()) } else { self.tokens.len() }
    }

    /// Whether there are no tokens (never, once checked).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Checks what came from a file.
    ///
    /// # Errors
    /// If a byte has no token, a merge is not of tokens to a token, or there are too many.
    pub fn check(&self) -> Result<()> {
        self.table().map(|_| ())
    }

    fn table(&self) -> Result<&Table> {
        if let Some(table) = self.table.get() {
            return Ok(table);
        }
        let table = self.build()?;
        Ok(self.table.get_or_init(|| table))
    }

    fn build(&self) -> Result<Table> {
        if self.tokens.len() > MOST || self.merges.len() > MOST {
            return fail(format!("more than {MOST} tokens or merges"));
        }
        let given = !self.tokens.is_empty();
        let mut list: Vec<Vec<u8>> = if given {
            self.tokens.iter().map(|t| printable_bytes(t)).collect()
        } else {
            (0..=255).map(|b| vec![b]).collect()
        };
        let mut total: usize = list.iter().map(Vec::len).sum();
        let mut numbers: WordMap<Vec<u8>, u32> = WordMap::default();
        for (i, bytes) in list.iter().enumerate() {
            numbers.entry(bytes.clone()).or_insert(i as u32);
        }
        let byte = |b: u8| {
            let found = numbers.get(&[b][..]).copied();
            found.ok_or_else(|| Error::value(format!("tokenizer: the byte {b} has no token")))
        };
        let bytes = (0..=255).map(byte).collect::<Result<Vec<u32>>>()?;
        let mut joined = Vec::with_capacity(self.merges.len());
        for (i, &(a, b)) in self.merges.iter().enumerate() {
            let (Some(left), Some(right)) = (list.get(a as usize), list.get(b as usize)) else {
                return fail(format!("merge {} is of tokens that there are not yet ({a}, {b})", i + 1));
            };
            if left.len() + right.len() > MOST_BYTES - total.min(MOST_BYTES) {
                return fail("the tokens are too long together".into());
            }
            let both = [&left[..], right].concat();
            let token = match numbers.get(&both) {
                Some(token) => *token,
                None if given => return fail(format!("merge {} ({a}, {b}) makes nothing that is a token", i + 1)),
                None => {
                    total += both.len();
                    numbers.insert(both.clone(), list.len() as u32);
                    list.push(both);
                    list.len() as u32 - 1
                }
            };
            joined.push(((a, b), token));
        }
        let (mut text, mut ends) = (Vec::with_capacity(total), Vec::with_capacity(list.len()));
        for bytes in &list {
            text.extend_from_slice(bytes);
            ends.push(text.len() as u32);
        }
        let words = if self.whole { numbers } else { WordMap::default() };
        Ok(Table { bytes, pairs: Pairs::new(joined.into_iter()), text, ends, words })
    }

    /// The bytes of `token`, which is in the vocabulary, appended to `out`.
    pub fn append(&self, token: u32, out: &mut Vec<u8>) {
        if let Ok(table) = self.table() {
            let at = token as usize;
            let begin = if at == 0 { 0 } else { table.ends[at - 1] };
            out.extend_from_slice(&table.text[begin as usize..table.ends[at] as usize]);
        }
    }

    /// The tokens of `text`, on all threads if it is long.
    ///
    /// # Errors
    /// Never, once checked.
    pub fn encode(&self, text: &[u8]) -> Result<Vec<u32>> {
        const ALONE: usize = 1 << 16;
        let table = self.table()?;
        if text.len() < 2 * ALONE {
            return Ok(table.encode(self.split, text));
        }
        let size = text.len().div_ceil(4 * rayon::current_num_threads()).max(ALONE);
        let parts: Vec<Vec<u32>> =
            self.split.parts(text, size).into_par_iter().map(|part| table.encode(self.split, &text[part])).collect();
        Ok(parts.concat())
    }
}

impl Table {
    fn encode(&self, split: Split, text: &[u8]) -> Vec<u32> {
        const REMEMBERED: usize = 1 << 17; // words
        const SHORT: usize = 64; // bytes; longer words hardly come twice
        let mut seen: WordMap<&[u8], (u32, u32)> = WordMap::default(); // word: where in `tokens` it was written
        let mut tokens: Vec<u32> = Vec::with_capacity(text.len() / 3);
        let mut scratch = Scratch::default();
        for word in split.words(text) {
            if let [byte] = word {
                tokens.push(self.bytes[usize::from(*byte)]);
                continue;
            }
            if let Some(&(from, to)) = seen.get(word) {
                tokens.extend_from_within(from as usize..to as usize);
                continue;
            }
            let from = tokens.len();
            match self.words.get(word) {
                Some(token) => tokens.push(*token),
                None => self.join(word, &mut scratch, &mut tokens),
            }
            let places = (u32::try_from(from), u32::try_from(tokens.len()));
            if let (Ok(from), Ok(to)) = places
                && seen.len() < REMEMBERED
                && word.len() <= SHORT
            {
                seen.insert(word, (from, to));
            }
        }
        tokens
    }

    /// Joins the pairs of a word, the lowest rank first, of equal ones the leftmost.
    fn join(&self, word: &[u8], scratch: &mut Scratch, tokens: &mut Vec<u32>) {
        const LONG: usize = 192; // bytes, from which on a heap is quicker than looking through all pairs
        if word.len() > LONG {
            return self.join_long(word, tokens);
        }
        let Scratch { parts, ranks } = scratch;
        parts.clear();
        parts.extend(word.iter().map(|b| self.bytes[usize::from(*b)]));
        ranks.clear();
        ranks.extend(parts.windows(2).map(|p| self.pairs.get(p[0], p[1])));
        loop {
            let mut best = (NONE, 0);
            for (i, (rank, _)) in ranks.iter().enumerate() {
                if *rank < best.0 {
                    best = (*rank, i);
                }
            }
            let (rank, i) = best;
            if rank == NONE {
                break;
            }
            parts[i] = ranks[i].1;
            parts.remove(i + 1);
            ranks.remove(i);
            if i < ranks.len() {
                ranks[i] = self.pairs.get(parts[i], parts[i + 1]);
            }
            if i > 0 {
                ranks[i - 1] = self.pairs.get(parts[i - 1], parts[i]);
            }
        }
        tokens.extend_from_slice(parts);
    }

    fn join_long(&self, word: &[u8], tokens: &mut Vec<u32>) {
        const GONE: u32 = u32::MAX;
        let n = word.len();
        let mut parts: Vec<u32> = word.iter().map(|b| self.bytes[usize::from(*b)]).collect();
        let mut next: Vec<usize> = (1..=n).collect();
        let mut before: Vec<usize> = (0..n).map(|i| i.wrapping_sub(1)).collect();
        let mut heap = BinaryHeap::new();
        let offer = |heap: &mut BinaryHeap<_>, parts: &[u32], a: usize, b: usize| {
            let (rank, token) = self.pairs.get(parts[a], parts[b]);
            if rank != NONE {
                heap.push(Reverse((rank, a, b, token, parts[a], parts[b])));
            }
        };
        for i in 1..n {
            offer(&mut heap, &parts, i - 1, i);
        }
        while let Some(Reverse((_, a, b, token, left, right))) = heap.pop() {
            if parts[a] != left || next[a] != b || parts[b] != right {
                continue; // joined with another since
            }
            parts[a] = token;
            parts[b] = GONE;
            next[a] = next[b];
            if next[a] < n {
                before[next[a]] = a;
                offer(&mut heap, &parts, a, next[a]);
            }
            if before[a] < n {
                offer(&mut heap, &parts, before[a], a);
            }
        }
        let mut at = 0;
        while at < n {
            tokens.push(parts[at]);
            at = next[at];
        }
    }
}

#[derive(Default)]
struct Scratch {
    parts: Vec<u32>,
    ranks: Vec<(u32, u32)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;
    use crate::lm::BpeConfig;

    #[test]
    fn the_first_merge_joins_first_and_of_equal_ones_the_leftmost() {
        let merges = vec![(97, 98), (98, 99), (256, 99), (97, 97)];
        let bpe = BpeTokenizer::learned(Split::Gpt4, merges).unwrap();
        assert_eq!(bpe.len(), 260);
        assert_eq!(bpe.encode(b"abc").unwrap(), [258]);
        assert_eq!(bpe.encode(b"bcab").unwrap(), [257, 256]);
        assert_eq!(bpe.encode(b"aaa").unwrap(), [259, 97]);
    }

    #[test]
    fn long_words_have_the_tokens_of_the_plain_rule() {
        let mut rng = Rng::new(3);
        let text: Vec<u8> = (0..4000).map(|_| 97 + rng.below(8) as u8).collect();
        let config = BpeConfig { vocab: 600, ..Default::default() };
        let bpe = BpeTokenizer::learn([&text[..]], &config).unwrap();
        assert!(bpe.len() > 500);
        let table = bpe.table().unwrap();
        for length in [2, 30, 190] {
            let word: Vec<u8> = (0..length).map(|_| 97 + rng.below(8) as u8).collect();
            let (mut short, mut long) = (Vec::new(), Vec::new());
            table.join(&word, &mut Scratch::default(), &mut short);
            table.join_long(&word, &mut long);
            assert_eq!(short, long);
        }
    }

    #[test]
    fn hostile_merges_are_refused_in_bounded_memory() {
        let refusal = |merges| BpeTokenizer::learned(Split::Gpt4, merges).unwrap_err().to_string();
        assert_eq!(refusal(vec![(97, 256)]), "tokenizer: merge 1 is of tokens that there are not yet (97, 256)");
        let doubling = (0..100).map(|i| if i == 0 { (97, 97) } else { (255 + i, 255 + i) }).collect();
        assert_eq!(refusal(doubling), "tokenizer: the tokens are too long together");
    }
}
