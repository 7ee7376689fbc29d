//! Texts as counts of their words, for the learners that take sparse samples.
//!
//! Salton & Buckley (1988), "Term-weighting approaches in automatic text retrieval"; weights as in scikit-learn's
//! `TfidfVectorizer`. Unlike there, words of a single letter count.

use crate::error::ensure_setting;
use crate::learn::{Samples, fitted, from_bytes, to_bytes};
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

const NAME: &str = "word_counts";

/// The lengths of runs that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "must be a length, or the least and the largest length")]
pub enum Ngrams {
    /// All lengths from 1 to this.
    UpTo(usize),
    /// All lengths from the first to the second.
    Between([usize; 2]),
}

impl Ngrams {
    fn range(self) -> (usize, usize) {
        match self {
            Self::UpTo(n) => (1, n),
            Self::Between([least, most]) => (least, most),
        }
    }
}

/// Settings of [`WordCounts`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WordCountsSettings {
    /// Words that occur fewer times in all texts together are left out. At least 1. Default 1.
    pub min_count: usize,
    /// How many words are kept at most: the most frequent. At least 1. Default: all.
    pub max_features: Option<usize>,
    /// Up to how many words in a row count as one, or the least and the largest number, from 1 to 16. Default 1.
    pub ngrams: Ngrams,
    /// Whether capital letters are the same as small ones. Default true.
    pub lowercase: bool,
    /// Whether words in many texts count less, and each text is scaled to length 1. Default false.
    pub tfidf: bool,
    /// Whether to count characters (blanks too, runs of them as one) and not words. Default false.
    pub characters: bool,
}

impl Default for WordCountsSettings {
    fn default() -> Self {
        Self {
            min_count: 1,
            max_features: None,
            ngrams: Ngrams::UpTo(1),
            lowercase: true,
            tfidf: false,
            characters: false,
        }
    }
}

impl WordCountsSettings {
    fn check(&self) -> Result<()> {
        ensure_setting(self.min_count >= 1, NAME, "min_count", "at least 1", self.min_count)?;
        let most = self.max_features.unwrap_or(1);
        ensure_setting((1..=u32::MAX as usize).contains(&most), NAME, "max_features", "at least 1", most)?;
        let (least, most) = self.ngrams.range();
        let ok = 1 <= least && least <= most && most <= 16;
        ensure_setting(ok, NAME, "ngrams", "rising lengths from 1 to 16", format!("{least} to {most}"))
    }
}

/// Turns texts into samples: a column for each known word, its count or weight in each text.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WordCounts {
    settings: WordCountsSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    words: Vec<String>, // sorted
    weights: Vec<f64>,  // of each word: ln((1 + texts) / (1 + texts with it)) + 1, or 1 without tfidf
    #[serde(skip)]
    places: HashMap<String, usize>,
}

impl Learned {
    fn new(words: Vec<String>, weights: Vec<f64>) -> Self {
        let places = words.iter().cloned().enumerate().map(|(i, word)| (word, i)).collect();
        Self { words, weights, places }
    }
}

impl WordCounts {
    /// A counter that knows no words yet.
    ///
    /// # Errors
    /// When a setting is outside its range.
    pub fn new(settings: WordCountsSettings) -> Result<Self> {
        settings.check()?;
        Ok(Self { settings, learned: None })
    }

    /// The settings.
    pub fn settings(&self) -> &WordCountsSettings {
        &self.settings
    }

    /// Learns which words there are, anew each time.
    ///
    /// # Errors
    /// When there are no texts, no word is left, there are more than 2^32 - 1, or someone asks to stop; then what was
    /// learned before is kept.
    pub fn fit(&mut self, texts: &[impl AsRef<str>]) -> Result<()> {
        let mut counts: HashMap<String, Counts> = HashMap::new();
        for (i, text) in texts.iter().enumerate() {
            if i.is_multiple_of(64) {
                stop::check()?;
            }
            self.each_word(text.as_ref(), |word| {
                // A word is copied only when it is new.
                if !counts.contains_key(word) {
                    counts.insert(word.to_string(), Counts { all: 0, texts: 0, last: usize::MAX });
                }
                let of = counts.get_mut(word).expect("it was put in");
                of.all += 1;
                if of.last != i {
                    (of.last, of.texts) = (i, of.texts + 1);
                }
            });
        }
        let mut found: Vec<(String, Counts)> =
            counts.into_iter().filter(|(_, c)| c.all >= self.settings.min_count).collect();
        found.sort_unstable_by(|a, b| b.1.all.cmp(&a.1.all).then_with(|| a.0.cmp(&b.0)));
        found.truncate(self.settings.max_features.unwrap_or(usize::MAX));
        if found.is_empty() || u32::try_from(found.len()).is_err() {
            let (n, least) = (texts.len(), self.settings.min_count);
            let why = if found.is_empty() { "no word" } else { "too many words" };
            return Err(Error::value(format!("{NAME}: {why} in {n} texts that occurs at least {least} times")));
        }
        found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let n = texts.len() as f64;
        let weight =
            |c: &Counts| if self.settings.tfidf { ((1.0 + n) / (1.0 + c.texts as f64)).ln() + 1.0 } else { 1.0 };
        let weights = found.iter().map(|(_, c)| weight(c)).collect();
        self.learned = Some(Learned::new(found.into_iter().map(|(word, _)| word).collect(), weights));
        Ok(())
    }

    /// The counts or weights of the known words in each text, sparse. `[texts, words]`.
    ///
    /// # Errors
    /// When it is not fitted, or someone asks to stop.
    pub fn transform(&self, texts: &[impl AsRef<str>]) -> Result<Samples> {
        let learned = fitted(NAME, &self.learned)?;
        let mut rows = Vec::with_capacity(texts.len());
        let mut places = Vec::new();
        for (i, text) in texts.iter().enumerate() {
            if i.is_multiple_of(64) {
                stop::check()?;
            }
            places.clear();
            self.each_word(text.as_ref(), |word| places.extend(learned.places.get(word)));
            places.sort_unstable();
            let weighted = |same: &[usize]| (same[0], same.len() as f64 * learned.weights[same[0]]);
            let mut row: Vec<(usize, f64)> = places.chunk_by(|a, b| a == b).map(weighted).collect();
            if self.settings.tfidf && !row.is_empty() {
                let length = row.iter().map(|(_, v)| v * v).sum::<f64>().sqrt();
                row.iter_mut().for_each(|(_, v)| *v /= length);
            }
            rows.push(row);
        }
        Samples::sparse(learned.words.len(), &rows)
    }

    /// The known words, sorted: one for each column.
    ///
    /// # Errors
    /// When it is not fitted.
    pub fn vocabulary(&self) -> Result<&[String]> {
        Ok(&fitted(NAME, &self.learned)?.words)
    }

    /// Settings and vocabulary, for a file.
    ///
    /// # Errors
    /// When they cannot be written as bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }

    /// From what [`WordCounts::to_bytes`] gave.
    ///
    /// # Errors
    /// When the bytes are damaged, or the numbers within do not fit together.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let mut saved: Self = from_bytes(NAME, bytes)?;
        saved.settings.check()?;
        if let Some(learned) = saved.learned.take() {
            let sorted = learned.words.is_sorted_by(|a, b| a < b);
            let weights = learned.weights.iter().all(|w| w.is_finite() && *w > 0.0);
            if !sorted || !weights || learned.words.is_empty() || learned.words.len() != learned.weights.len() {
                return Err(Error::value(format!("{NAME}: damaged: its words and weights do not fit together")));
            }
            saved.learned = Some(Learned::new(learned.words, learned.weights));
        }
        Ok(saved)
    }

    /// Calls `to` with every word, run of words or run of characters.
    fn each_word(&self, text: &str, mut to: impl FnMut(&str)) {
        let lower = if self.settings.lowercase { text.to_lowercase() } else { String::new() };
        let text = if self.settings.lowercase { &lower } else { text };
        let (least, most) = self.settings.ngrams.range();
        if self.settings.characters {
            let mut plain = String::with_capacity(text.len());
            for c in text.chars() {
                match c.is_whitespace() {
                    true if plain.ends_with(' ') => (),
                    true => plain.push(' '),
                    false => plain.push(c),
                }
            }
            let mut starts: Vec<usize> = plain.char_indices().map(|(at, _)| at).collect();
            starts.push(plain.len());
            for length in least..=most.min(starts.len() - 1) {
                starts.windows(length + 1).for_each(|w| to(&plain[w[0]..w[length]]));
            }
            return;
        }
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
        if most == 1 {
            return words.for_each(to);
        }
        let words: Vec<&str> = words.collect();
        for length in least..=most {
            words.windows(length).for_each(|run| to(&run.join(" ")));
        }
    }
}

struct Counts {
    all: usize,
    texts: usize, // how many hold it
    last: usize,  // the last of those
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 3] = ["the cat sat", "The dog sat; down!", "a cat\nand a dog"];

    fn fit(settings: WordCountsSettings) -> WordCounts {
        let mut words = WordCounts::new(settings).unwrap();
        words.fit(&TEXTS).unwrap();
        words
    }

    // scikit-learn 1.9.1: CountVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b") and TfidfVectorizer.
    #[test]
    fn as_in_scikit_learn() {
        let words = fit(WordCountsSettings { ngrams: Ngrams::UpTo(2), ..Default::default() });
        let x = words.transform(&TEXTS).unwrap();
        assert!(x.is_sparse());
        let known = [
            "a", "a cat", "a dog", "and", "and a", "cat", "cat and", "cat sat", "dog", "dog sat", "down", "sat",
            "sat down", "the", "the cat", "the dog",
        ];
        assert_eq!(words.vocabulary().unwrap(), known);
        let rows = [
            [0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0],
            [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 1],
            [2, 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0],
        ];
        assert_eq!(x.dense().unwrap().values(), rows.concat().into_iter().map(f64::from).collect::<Vec<_>>());

        let words = fit(WordCountsSettings { tfidf: true, ..Default::default() });
        let x = words.transform(&TEXTS).unwrap().dense().unwrap();
        let (a, b, c) = (0.5773502691896257, 0.45985352875883484, 0.3065042162415877);
        let known = [
            [0.0, 0.0, a, 0.0, 0.0, a, a],
            [0.0, 0.0, 0.0, b, 0.604652128305311, b, b],
            [0.8060324216071015, 0.40301621080355077, c, c, 0.0, 0.0, 0.0],
        ];
        x.values().iter().zip(known.concat()).for_each(|(a, b)| assert!((a - b).abs() < 1e-12));
    }

    #[test]
    fn characters_and_limits() {
        let between = Ngrams::Between([2, 2]);
        let mut words =
            WordCounts::new(WordCountsSettings { characters: true, ngrams: between, ..Default::default() }).unwrap();
        words.fit(&TEXTS[..1]).unwrap();
        assert_eq!(words.vocabulary().unwrap(), [" c", " s", "at", "ca", "e ", "he", "sa", "t ", "th"]);
        assert_eq!(words.transform(&["北京", "", "at \n at"]).unwrap().dense().unwrap().row(2)[2], 2.0);
        let few = fit(WordCountsSettings { max_features: Some(2), min_count: 2, ..Default::default() });
        assert_eq!(few.vocabulary().unwrap(), ["a", "cat"]);
        let cased = fit(WordCountsSettings { lowercase: false, ..Default::default() });
        assert!(cased.vocabulary().unwrap().contains(&"The".to_string()));
    }

    #[test]
    fn refusals() {
        let says = |s: WordCountsSettings| WordCounts::new(s).unwrap_err().to_string();
        let odd = WordCountsSettings { ngrams: Ngrams::Between([3, 2]), ..Default::default() };
        assert_eq!(says(odd), "word_counts: `ngrams` must be rising lengths from 1 to 16, got 3 to 2");
        assert!(says(WordCountsSettings { min_count: 0, ..Default::default() }).contains("min_count"));
        assert!(says(WordCountsSettings { max_features: Some(0), ..Default::default() }).contains("max_features"));
        let mut words = WordCounts::new(WordCountsSettings::default()).unwrap();
        assert!(words.transform(&TEXTS).unwrap_err().to_string().contains("not fitted"));
        assert!(words.fit(&["", "…"]).unwrap_err().to_string().starts_with("word_counts: no word in 2 texts"));
        assert!(words.fit(&[] as &[String]).is_err());
    }

    #[test]
    fn save_and_load_change_nothing_and_damage_is_told() {
        let words = fit(WordCountsSettings { tfidf: true, ..Default::default() });
        let bytes = words.to_bytes().unwrap();
        let again = WordCounts::from_saved(&bytes).unwrap();
        assert_eq!(again.transform(&TEXTS).unwrap(), words.transform(&TEXTS).unwrap());
        for n in 0..bytes.len() {
            assert!(WordCounts::from_saved(&bytes[..n]).is_err());
        }
        let mut bad = words.clone();
        bad.learned.as_mut().unwrap().weights.pop();
        assert!(WordCounts::from_saved(&bad.to_bytes().unwrap()).unwrap_err().to_string().contains("damaged"));
        let mut bad = words;
        bad.learned.as_mut().unwrap().words.swap(0, 1);
        assert!(WordCounts::from_saved(&bad.to_bytes().unwrap()).is_err());
    }
}
