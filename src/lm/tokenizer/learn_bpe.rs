//! Learning byte pairs: the most frequent pair of neighbouring tokens becomes a token, again and again.
//!
//! Exact: every count is that of the whole text. Each distinct word is kept once with its count; a heap gives the most
//! frequent pair, and a merge touches only the words that hold the pair.

use super::bpe::{BYTES, BpeTokenizer, WordMap};
use super::split::Split;
use crate::error::ensure_setting;
use crate::{Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The longest token, in bytes.
const LONGEST: u32 = 128;

/// How a byte-pair tokenizer is learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BpeConfig {
    /// Tokens in all, special ones not counted: 256 bytes and the pairs learned; from 256 to 1048576. Default 4096.
    pub vocab: usize,
    /// How words are told apart, over whose borders no token reaches: "gpt4" (default), "gpt2", "digits" or "qwen2".
    pub split: Split,
    /// A pair that occurs fewer times than this does not become a token; at least 1. Default 2.
    pub min_count: u64,
}

impl Default for BpeConfig {
    fn default() -> Self {
        Self { vocab: 4096, split: Split::Gpt4, min_count: 2 }
    }
}

type Pair = (u32, u32);

/// The words of all texts, each once, and where every pair occurs.
struct Words {
    symbols: Vec<Vec<u32>>,
    counts: Vec<u64>,
    pairs: WordMap<Pair, Occurrences>,
}

#[derive(Default)]
struct Occurrences {
    count: u64,
    words: Vec<u32>, // some twice, some no longer
}

impl BpeTokenizer {
    /// Learns from texts; equal counts are decided by the lower token numbers, so that the result is always the same.
    ///
    /// # Errors
    /// If a setting is out of range, or after Ctrl-C.
    pub fn learn<'a>(texts: impl IntoIterator<Item = &'a [u8]>, config: &BpeConfig) -> Result<Self> {
        let BpeConfig { vocab, split, min_count } = *config;
        ensure_setting((BYTES..=1 << 20).contains(&vocab), "bpe", "vocab", "from 256 to 1048576", vocab)?;
        ensure_setting(min_count > 0, "bpe", "min_count", "at least 1", min_count)?;
        let mut words = Words::count(texts, split)?;
        let mut lengths = vec![1u32; BYTES];
        let mut merges: Vec<Pair> = Vec::new();
        let mut made: WordMap<Vec<u8>, u32> = WordMap::default(); // two ways to one string are one token
        let mut strings: Vec<Vec<u8>> = (0..=255).map(|b| vec![b]).collect();
        let mut heap: BinaryHeap<(u64, Reverse<Pair>)> =
            words.pairs.iter().map(|(pair, found)| (found.count, Reverse(*pair))).collect();
        while lengths.len() < vocab {
            let Some((count, Reverse(pair))) = heap.pop() else { break };
            let now = words.pairs.get(&pair).map_or(0, |found| found.count);
            if now != count {
                if now > 0 {
                    heap.push((now, Reverse(pair)));
                }
                continue;
            }
            if count < min_count {
                break;
            }
            let length = lengths[pair.0 as usize] + lengths[pair.1 as usize];
            if length > LONGEST {
                continue;
            }
            stop::check()?;
            let string = [&strings[pair.0 as usize][..], &strings[pair.1 as usize]].concat();
            let token = *made.entry(string.clone()).or_insert_with(|| {
                lengths.push(length);
                strings.push(string);
                lengths.len() as u32 - 1
            });
            merges.push(pair);
            let grown = words.merge(pair, token);
            heap.extend(grown.into_iter().map(|p| (words.pairs[&p].count, Reverse(p))));
        }
        Self::learned(split, merges)
    }
}

impl Words {
    fn count<'a>(texts: impl IntoIterator<Item = &'a [u8]>, split: Split) -> Result<Self> {
        let mut all: WordMap<&[u8], u64> = WordMap::default();
        for text in texts {
            stop::check()?;
            let parts = split.parts(text, (1 << 20).min(text.len().div_ceil(8)).max(1 << 14));
            let count = |part| {
                let mut counts: WordMap<&[u8], u64> = WordMap::default();
                split.words(&text[part]).for_each(|w| *counts.entry(w).or_default() += 1);
                counts
            };
            for counts in parts.into_par_iter().map(count).collect::<Vec<_>>() {
                counts.into_iter().for_each(|(word, n)| *all.entry(word).or_default() += n);
            }
        }
        let mut list: Vec<(&[u8], u64)> = all.into_iter().filter(|(word, _)| word.len() > 1).collect();
        list.par_sort_unstable();
        let symbols: Vec<Vec<u32>> = list.iter().map(|(w, _)| w.iter().map(|b| u32::from(*b)).collect()).collect();
        let counts: Vec<u64> = list.iter().map(|(_, n)| *n).collect();
        let mut pairs: WordMap<Pair, Occurrences> = WordMap::default();
        for (i, word) in symbols.iter().enumerate() {
            for two in word.windows(2) {
                pairs.entry((two[0], two[1])).or_default().add(counts[i], i as u32);
            }
        }
        Ok(Self { symbols, counts, pairs })
    }

    /// Joins `pair` to `token` wherever it occurs, left to right; the pairs that there are more of now.
    fn merge(&mut self, pair: Pair, token: u32) -> Vec<Pair> {
        let Some(found) = self.pairs.remove(&pair) else { return Vec::new() };
        let mut places = found.words;
        places.sort_unstable();
        places.dedup();
        let mut grown: Vec<Pair> = Vec::new();
        for i in places {
            let (count, word) = (self.counts[i as usize], &mut self.symbols[i as usize]);
            let (mut read, mut write) = (0, 0);
            while read < word.len() {
                if read + 1 < word.len() && (word[read], word[read + 1]) == pair {
                    if write > 0 {
                        let left = word[write - 1];
                        self.pairs.entry((left, pair.0)).and_modify(|o| o.take(count));
                        self.pairs.entry((left, token)).or_default().add(count, i);
                        grown.push((left, token));
                    }
                    if let Some(&right) = word.get(read + 2) {
                        self.pairs.entry((pair.1, right)).and_modify(|o| o.take(count));
                        self.pairs.entry((token, right)).or_default().add(count, i);
                        grown.push((token, right));
                    }
                    word[write] = token;
                    read += 2;
                } else {
                    word[write] = word[read];
                    read += 1;
                }
                write += 1;
            }
            word.truncate(write);
        }
        grown.sort_unstable();
        grown.dedup();
        grown
    }
}

impl Occurrences {
    fn add(&mut self, count: u64, word: u32) {
        self.count += count;
        if self.words.last() != Some(&word) {
            self.words.push(word);
        }
    }

    fn take(&mut self, count: u64) {
        self.count = self.count.saturating_sub(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    /// The definition: count all pairs anew before each merge.
    fn plainly(text: &str, config: &BpeConfig) -> Vec<Pair> {
        let mut words: Vec<Vec<u32>> =
            config.split.words(text.as_bytes()).map(|w| w.iter().map(|b| u32::from(*b)).collect()).collect();
        let mut merges = Vec::new();
        let mut strings: Vec<Vec<u8>> = (0..=255).map(|b| vec![b]).collect();
        while strings.len() < config.vocab {
            let mut counts = std::collections::BTreeMap::<Pair, u64>::new();
            for word in &words {
                word.windows(2).for_each(|p| *counts.entry((p[0], p[1])).or_default() += 1);
            }
            let Some((pair, count)) = counts.into_iter().max_by_key(|(pair, n)| (*n, Reverse(*pair))) else { break };
            if count < config.min_count {
                break;
            }
            let string = [&strings[pair.0 as usize][..], &strings[pair.1 as usize]].concat();
            let token = strings.iter().position(|s| *s == string).unwrap_or_else(|| {
                strings.push(string);
                strings.len() - 1
            }) as u32;
            merges.push(pair);
            for word in &mut words {
                let mut i = 0;
                while i + 1 < word.len() {
                    if (word[i], word[i + 1]) == pair {
                        word[i] = token;
                        word.remove(i + 1);
                    }
                    i += 1;
                }
            }
        }
        merges
    }

    #[test]
    fn merges_are_those_of_counting_anew_each_time() {
        let mut rng = Rng::new(8);
        // Runs of one letter are where pairs overlap ("aaa").
        let pieces = ["a", "aa", "b", "ab", "磨", "坊", " ", "\n", "mill"];
        for min_count in [1, 2] {
            let text: String = (0..4000).map(|_| pieces[rng.below(pieces.len())]).collect();
            let config = BpeConfig { vocab: 400, min_count, ..Default::default() };
            let learned = BpeTokenizer::learn([text.as_bytes()], &config).unwrap();
            let expected = BpeTokenizer::learned(config.split, plainly(&text, &config)).unwrap();
            assert_eq!(learned, expected);
        }
    }

    #[test]
    fn nothing_is_learned_from_nothing() {
        assert_eq!(BpeTokenizer::learn([], &BpeConfig::default()).unwrap().len(), 256);
        let small = BpeConfig { vocab: 255, ..Default::default() };
        let message = BpeTokenizer::learn([], &small).unwrap_err().to_string();
        assert_eq!(message, "bpe: `vocab` must be from 256 to 1048576, got 255");
    }
}
