//! What a character remembers, and what of it comes to mind.
//!
//! As in Park et al. (2023, arXiv:2304.03442) a fact comes to mind for its relevance, its importance and its newness.
//! Relevance is that of its words, by BM25 (Robertson & Zaragoza 2009), and of its meaning, by the cosine between the
//! model's mean states where they are known.

use crate::Result;
use crate::error::ensure_setting;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Something to remember.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Fact {
    /// The fact, in words.
    pub text: String,
    /// When it was learned, on the game's clock. Default 0.
    pub time: f64,
    /// How much it matters, in [0, 1]; 1 always comes to mind if there is room. Default 0.5.
    pub importance: f64,
    /// Who may know it besides: characters that know one of these tags, if it is shared.
    pub tags: Vec<String>,
}

impl Default for Fact {
    fn default() -> Self {
        Self { text: String::new(), time: 0.0, importance: 0.5, tags: Vec::new() }
    }
}

/// How facts come to mind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MemoryConfig {
    /// Most tokens of facts before a line; 0: none come to mind. Default 48.
    pub tokens: usize,
    /// Most facts before a line. Default 3.
    pub facts: usize,
    /// After this long on the game's clock a fact counts as half as new; positive. Default 3600.
    pub half_life: f64,
    /// How much newness counts beside relevance, at least 0. Default 0.2.
    pub newness: f64,
    /// How much importance counts beside relevance, at least 0. Default 0.3.
    pub importance: f64,
    /// How much meaning counts beside words, at least 0. Default 0.5.
    pub meaning: f64,
}

impl Default for MemoryConfig {
    fn default() -> Self {
        Self { tokens: 48, facts: 3, half_life: 3600.0, newness: 0.2, importance: 0.3, meaning: 0.5 }
    }
}

impl MemoryConfig {
    /// # Errors
    /// If a setting is out of its range.
    pub fn check(&self) -> Result<()> {
        let (half_life, positive) = (self.half_life, self.half_life.is_finite() && self.half_life > 0.0);
        ensure_setting(positive, "memory", "half_life", "finite and positive", half_life)?;
        for (name, n) in [("newness", self.newness), ("importance", self.importance), ("meaning", self.meaning)] {
            ensure_setting(n.is_finite() && n >= 0.0, "memory", name, "finite and at least 0", n)?;
        }
        Ok(())
    }
}

/// Facts, and what their texts mean to the model.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    facts: Vec<Fact>,
    words: Vec<HashMap<String, usize>>,
    meanings: Vec<Option<Vec<f32>>>, // of length 1
}

impl Memory {
    /// Adds a fact; one with the same text takes the place of the old one.
    ///
    /// # Errors
    /// If it is empty, or its importance or time is none.
    pub fn remember(&mut self, fact: Fact) -> Result<()> {
        ensure_setting(!fact.text.trim().is_empty(), "memory", "text", "not empty", "\"\"")?;
        ensure_setting((0.0..=1.0).contains(&fact.importance), "memory", "importance", "in [0, 1]", fact.importance)?;
        ensure_setting(fact.time.is_finite(), "memory", "time", "finite", fact.time)?;
        self.forget(&fact.text);
        self.words.push(words(&fact.text));
        self.meanings.push(None);
        self.facts.push(fact);
        Ok(())
    }

    /// Forgets the fact of this text; whether there was one.
    pub fn forget(&mut self, text: &str) -> bool {
        let Some(at) = self.facts.iter().position(|f| f.text == text) else { return false };
        self.facts.remove(at);
        self.words.remove(at);
        self.meanings.remove(at);
        true
    }

    /// The facts, oldest first.
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// A fact whose meaning is not known yet.
    pub fn unclear(&self) -> Option<&str> {
        self.meanings.iter().position(Option::is_none).map(|at| self.facts[at].text.as_str())
    }

    /// Notes the model's mean state for the fact of this text.
    pub fn clear_up(&mut self, text: &str, meaning: Vec<f32>) {
        if let Some(at) = self.facts.iter().position(|f| f.text == text) {
            self.meanings[at] = Some(unit(meaning));
        }
    }

    /// The facts that come to mind at `about`, best first, with their scores: those with a word of it or near it in
    /// meaning, and the most important ones. Only facts that `may` tells are looked at.
    pub fn recall(
        &self,
        about: &str,
        meaning: Option<&[f32]>,
        now: f64,
        config: &MemoryConfig,
        may: impl Fn(&Fact) -> bool,
    ) -> Vec<(f64, &Fact)> {
        let asked = words(about);
        let bm25 = self.bm25(&asked);
        let best = bm25.iter().copied().fold(0.0, f64::max);
        let meaning = meaning.map(|m| unit(m.to_vec()));
        let mut found: Vec<(f64, &Fact)> = Vec::new();
        for (i, fact) in self.facts.iter().enumerate().filter(|(_, fact)| may(fact)) {
            let by_words = if best > 0.0 { bm25[i] / best } else { 0.0 };
            let near = match (&meaning, &self.meanings[i]) {
                (Some(a), Some(b)) if a.len() == b.len() => {
                    a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>().max(0.0)
                }
                _ => 0.0,
            };
            if by_words == 0.0 && near < 0.8 && fact.importance < 1.0 {
                continue;
            }
            let age = (now - fact.time).max(0.0) / config.half_life;
            let score = by_words
                + config.meaning * near
                + config.newness * 0.5f64.powf(age)
                + config.importance * fact.importance
                + if fact.importance >= 1.0 { 1.0 } else { 0.0 };
            found.push((score, fact));
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0)); // stable: the older of equals first
        found
    }

    /// Scores of the facts for words that are asked for; k₁ = 1.2, b = 0.75.
    fn bm25(&self, asked: &HashMap<String, usize>) -> Vec<f64> {
        let n = self.words.len() as f64;
        let lengths: Vec<f64> = self.words.iter().map(|w| w.values().sum::<usize>() as f64).collect();
        let mean = (lengths.iter().sum::<f64>() / n).max(1.0);
        let mut scores = vec![0.0; self.words.len()];
        let mut asked: Vec<&String> = asked.keys().collect();
        asked.sort_unstable(); // sums in one order
        for word in asked {
            let having = self.words.iter().filter(|w| w.contains_key(word)).count() as f64;
            let rarity = ((n - having + 0.5) / (having + 0.5)).ln_1p();
            for ((score, words), length) in scores.iter_mut().zip(&self.words).zip(&lengths) {
                let times = words.get(word).copied().unwrap_or(0) as f64;
                *score += rarity * times * 2.2 / (times + 1.2 * (0.25 + 0.75 * length / mean));
            }
        }
        scores
    }
}

/// Words that say nothing of what a text is about.
const COMMON: [&str; 40] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "did", "do", "does", "for", "from", "has", "have",
    "how", "i", "in", "is", "it", "me", "my", "of", "on", "or", "so", "that", "the", "this", "to", "was", "what",
    "where", "who", "why", "with", "you", "your",
];

/// The words of a text, in small letters; characters of scripts without spaces are words of their own.
fn words(text: &str) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    let mut add = |word: &mut String| {
        if !word.is_empty() && !COMMON.contains(&word.as_str()) {
            *counts.entry(word.clone()).or_insert(0) += 1;
        }
        word.clear();
    };
    let mut word = String::new();
    for c in text.chars() {
        if matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
        {
            add(&mut word);
            add(&mut c.to_string());
        } else if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        } else {
            add(&mut word);
        }
    }
    add(&mut word);
    counts
}

fn unit(mut v: Vec<f32>) -> Vec<f32> {
    let length = v.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length > 0.0 {
        v.iter_mut().for_each(|x| *x /= length);
    }
    v
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory() -> Memory {
        let mut memory = Memory::default();
        for (i, text) in ["The bridge is broken.", "The mill grinds corn.", "The king is ill.", "磨坊主喜欢面包。"]
            .into_iter()
            .enumerate()
        {
            memory.remember(Fact { text: text.into(), time: i as f64, ..Default::default() }).unwrap();
        }
        memory
    }

    fn texts<'a>(found: &[(f64, &'a Fact)]) -> Vec<&'a str> {
        found.iter().map(|(_, f)| f.text.as_str()).collect()
    }

    #[test]
    fn what_is_asked_about_comes_to_mind() {
        let (memory, config) = (memory(), MemoryConfig::default());
        let recall = |about: &str| texts(&memory.recall(about, None, 10.0, &config, |_| true));
        assert_eq!(recall("Is the BRIDGE open?"), ["The bridge is broken."]);
        assert_eq!(recall("你要面包吗"), ["磨坊主喜欢面包。"]);
        assert_eq!(recall("How is the king of the mill?").len(), 2);
        assert!(recall("What is the time?").is_empty());
        assert!(memory.recall("bridge", None, 0.0, &config, |_| false).is_empty());
    }

    #[test]
    fn newer_and_more_important_facts_come_first() {
        let mut memory = Memory::default();
        let mut add = |text: &str, time, importance| {
            memory.remember(Fact { text: text.into(), time, importance, ..Default::default() }).unwrap();
        };
        add("dragon one", 0.0, 0.5);
        add("dragon two", 90.0, 0.5);
        add("dragon six", 0.0, 0.9);
        add("never forget", 0.0, 1.0);
        let config = MemoryConfig { half_life: 10.0, newness: 0.1, ..Default::default() };
        let found = texts(&memory.recall("the dragon", None, 100.0, &config, |_| true));
        assert_eq!(found, ["never forget", "dragon six", "dragon two", "dragon one"].map(|t| t).to_vec());
    }

    #[test]
    fn meaning_finds_what_words_do_not() {
        let mut memory = memory();
        assert_eq!(memory.unclear(), Some("The bridge is broken."));
        memory.clear_up("The bridge is broken.", vec![3.0, 4.0]);
        memory.clear_up("The mill grinds corn.", vec![-4.0, 3.0]);
        let found = memory.recall("river crossing", Some(&[0.6, 0.8]), 0.0, &MemoryConfig::default(), |_| true);
        assert_eq!(texts(&found), ["The bridge is broken."]);
        assert!(memory.forget("The bridge is broken.") && !memory.forget("x"));
        assert_eq!(memory.facts().len(), 3);
    }

    #[test]
    fn what_is_no_fact_is_refused() {
        let refusal = |fact| Memory::default().remember(fact).unwrap_err().to_string();
        assert_eq!(refusal(Fact::default()), "memory: `text` must be not empty, got \"\"");
        let fact = Fact { text: "a".into(), importance: 2.0, ..Default::default() };
        assert_eq!(refusal(fact), "memory: `importance` must be in [0, 1], got 2");
        assert!(MemoryConfig { half_life: 0.0, ..Default::default() }.check().is_err());
    }
}
