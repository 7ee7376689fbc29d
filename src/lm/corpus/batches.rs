//! What training sees at each step: windows of corpora, mixed by weight, every window once per epoch.

use super::documents::{Corpus, Side};
use super::shuffle::{Shuffle, mix};
use super::store::Mark;
use super::windows::{Packing, WindowStart, Windows};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The target of a position that has no loss.
pub const IGNORE: i32 = -100;

/// Rows of token numbers with what is to be predicted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Token numbers, [rows, time].
    pub ids: Vec<i32>,
    /// The token after each, [rows, time]; [`IGNORE`] where there is no loss.
    pub targets: Vec<i32>,
    /// For each position the index within its row where its document begins, [rows, time]: attention goes no further
    /// back, and positions count from there; padding is a document of its own. Nothing: each row is one document.
    pub starts: Option<Vec<i32>>,
    /// Windows.
    pub rows: usize,
    /// Positions in a window.
    pub time: usize,
}

impl Batch {
    /// How many positions have a loss.
    pub fn counted(&self) -> usize {
        self.targets.iter().filter(|t| **t != IGNORE).count()
    }
}

/// Weights of the corpora from some step on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// The first step (from 0) with these weights.
    pub from: u64,
    /// A weight per corpus, at least 0; only their proportions matter.
    pub weights: Vec<f64>,
}

/// How batches are made of corpora.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BatchesConfig {
    /// Positions in a window, from 1 to 1048576. Default 256.
    pub time: usize,
    /// How documents fill windows: "stream" (default), "packed" or "padded".
    pub packing: Packing,
    /// Where windows of a stream begin: "anywhere" (default) or "line".
    pub start: WindowStart,
    /// Batches in a step, at least 1. Default 1.
    pub accumulate: usize,
    /// Weights of the corpora over time, by rising `from`, the first from step 0; empty (default): all windows of all
    /// corpora alike.
    pub stages: Vec<Stage>,
    /// Seed of all orders. Default 1.
    pub seed: u64,
}

impl Default for BatchesConfig {
    fn default() -> Self {
        Self {
            time: 256,
            packing: Packing::Stream,
            start: WindowStart::Anywhere,
            accumulate: 1,
            stages: Vec::new(),
            seed: 1,
        }
    }
}

/// Rows in which a mixture has its exact proportions.
const BLOCK: u64 = 4096;

/// The batches of a training run: a pure function of seed, step and part, so that a resumed run sees what it would
/// have seen.
///
/// A step's rows are one sequence cut in parts: 4 parts of 8 rows are the 32 rows of one part. (A stream's rows are
/// drawn anew for each part.)
#[derive(Clone, Debug)]
pub struct Batches {
    config: BatchesConfig,
    train: Vec<Windows>,
    quotas: Vec<Vec<u64>>, // for each stage, rows of each corpus in a block
    val: Vec<Windows>,
    val_starts: Vec<Vec<u64>>, // of a stream's held-out windows
    val_time: usize,
    mark: u64,
}

/// Numbers for independent orders.
fn stream(kind: u64, a: u64, b: u64) -> u64 {
    mix(kind ^ mix(a ^ mix(b)))
}

impl Batches {
    /// The batches of these corpora.
    ///
    /// # Errors
    /// If a setting is out of range, the corpora have different vocabularies, or one is too short for a window.
    pub fn new(corpora: &[Arc<Corpus>], config: &BatchesConfig) -> Result<Self> {
        let BatchesConfig { time, packing, start, accumulate, stages, .. } = config;
        ensure_setting((1..=1 << 20).contains(time), "batches", "time", "from 1 to 1048576", time)?;
        ensure_setting(*accumulate > 0, "batches", "accumulate", "at least 1", accumulate)?;
        let Some(first) = corpora.first() else { return Err(Error::value("batches: there is no corpus")) };
        if let Some(other) = corpora.iter().find(|c| c.vocab() != first.vocab()) {
            let [a, b] = [first.vocab(), other.vocab()];
            return Err(Error::value(format!("batches: the corpora have different vocabularies, {a} and {b} tokens")));
        }
        let quotas = stages.iter().map(|s| quotas(&s.weights, corpora.len())).collect::<Result<Vec<_>>>()?;
        if !stages.is_empty() && (stages[0].from != 0 || !stages.is_sorted_by(|a, b| a.from < b.from)) {
            return Err(Error::value("batches: the stages' `from` must rise, the first being 0"));
        }
        let of = |side, time| -> Result<Vec<Windows>> {
            corpora.iter().map(|c| Windows::new(c, side, *packing, *start, time)).collect()
        };
        let train = of(Side::Train, *time)?;
        for (i, windows) in train.iter().enumerate() {
            if quotas.is_empty() || quotas.iter().any(|q| q[i] > 0) {
                windows.ensure_some()?;
            }
        }
        let mut val = of(Side::Val, *time)?;
        let (mut val_time, mut val_starts) = (*time, Vec::new());
        if *packing == Packing::Stream {
            // Held-out text may be shorter than a window.
            let longest = val.iter().map(Windows::tokens).max().unwrap_or(0).saturating_sub(1);
            if longest > 0 && (longest as usize) < val_time {
                val_time = longest as usize;
                val = of(Side::Val, val_time)?;
            }
            val_starts = val.iter().map(Windows::laid_out).collect();
        }
        let mut mark = Mark::new();
        corpora.iter().for_each(|c| mark.add(c.mark()));
        train.iter().chain(&val).for_each(|w| mark.add(w.tokens()));
        let settings = serde_json::to_string(config).unwrap_or_default();
        settings.bytes().for_each(|b| mark.add(u64::from(b)));
        Ok(Self { config: config.clone(), train, quotas, val, val_starts, val_time, mark: mark.0 })
    }

    /// Its settings.
    pub fn config(&self) -> &BatchesConfig {
        &self.config
    }

    /// Windows to train on, all corpora together: an epoch. Of a stream, places where one may begin.
    pub fn windows(&self) -> u64 {
        self.train.iter().map(Windows::len).sum()
    }

    /// Held-out windows.
    pub fn val_windows(&self) -> u64 {
        (0..self.val.len()).map(|i| self.val_len(i)).sum()
    }

    /// Batch `part` (from 0, below `accumulate`) of step `step` (from 0), of `rows` windows.
    pub fn batch(&self, step: u64, part: usize, rows: usize) -> Batch {
        let mut batch = self.empty(self.config.time, rows);
        // Streams are drawn with replacement.
        let mut rng = Rng::stream(self.config.seed, step.wrapping_mul(1 << 16).wrapping_add(1 + part as u64));
        let drawn = self.config.packing == Packing::Stream;
        if self.quotas.is_empty() {
            let all = self.windows();
            let first = self.first_row(step, part, rows);
            for row in (0..rows as u64).map(|i| first.saturating_add(i)) {
                let w = match drawn {
                    true => rng.below(all as usize) as u64,
                    false => Shuffle::new(all, self.config.seed, stream(1, row / all, 0)).at(row % all),
                };
                let (i, w) = find(&self.train, Windows::len, w);
                self.train[i].fill(w, &mut batch);
            }
            return batch;
        }
        for (i, nth) in self.mixed(step, part, rows) {
            let n = self.train[i].len();
            let w = match drawn {
                true => rng.below(n as usize) as u64,
                false => Shuffle::new(n, self.config.seed, stream(2, i as u64, nth / n)).at(nth % n),
            };
            self.train[i].fill(w, &mut batch);
        }
        batch
    }

    fn empty(&self, time: usize, rows: usize) -> Batch {
        let n = time.saturating_mul(rows).min(1 << 24);
        Batch { ids: Vec::with_capacity(n), targets: Vec::with_capacity(n), starts: None, rows: 0, time }
    }

    /// The number of a part's first row among all rows of the run.
    fn first_row(&self, step: u64, part: usize, rows: usize) -> u64 {
        let batches = step.saturating_mul(self.config.accumulate as u64).saturating_add(part as u64);
        batches.saturating_mul(rows as u64)
    }

    /// For each row of a part the corpus that it comes from, and how many rows of that corpus came before it.
    fn mixed(&self, step: u64, part: usize, rows: usize) -> Vec<(usize, u64)> {
        let mut seen = vec![0u64; self.train.len()];
        let now = self.config.stages.partition_point(|s| s.from <= step).saturating_sub(1);
        let begin = |stage: usize| self.first_row(self.config.stages[stage].from, 0, rows);
        let mut add = |stage: usize, rows: u64| {
            let (blocks, rest) = (rows / BLOCK, rows % BLOCK);
            seen.iter_mut().zip(&self.quotas[stage]).for_each(|(s, q)| *s = s.saturating_add(q.saturating_mul(blocks)));
            (blocks * BLOCK..blocks * BLOCK + rest).for_each(|row| seen[self.corpus_of(stage, row)] += 1);
        };
        (0..now).for_each(|stage| add(stage, begin(stage + 1) - begin(stage)));
        let first = self.first_row(step, part, rows) - begin(now);
        add(now, first);
        let row = |row: u64| {
            let i = self.corpus_of(now, row);
            seen[i] += 1;
            (i, seen[i] - 1)
        };
        (first..first.saturating_add(rows as u64)).map(row).collect()
    }

    /// The corpus of a stage's row: in each block of rows each corpus has its quota, in random order.
    fn corpus_of(&self, stage: usize, row: u64) -> usize {
        let order = Shuffle::new(BLOCK, self.config.seed, stream(3, stage as u64, row / BLOCK));
        let mut place = order.at(row % BLOCK);
        for (i, quota) in self.quotas[stage].iter().enumerate() {
            if place < *quota {
                return i;
            }
            place -= quota;
        }
        0
    }

    fn val_len(&self, i: usize) -> u64 {
        self.val_starts.get(i).map_or_else(|| self.val[i].len(), |starts| starts.len() as u64)
    }

    /// Held-out windows in batches of at most `rows`; at most `most` windows, evenly spread. Held-out text shorter than
    /// a window of a stream makes shorter windows.
    pub fn val_batches(&self, rows: usize, most: usize) -> impl Iterator<Item = Batch> + '_ {
        let all = self.val_windows();
        let (chosen, rows) = (all.min(most as u64), rows.max(1) as u64);
        (0..chosen.div_ceil(rows)).map(move |group| {
            let mut batch = self.empty(self.val_time, rows as usize);
            for j in group * rows..((group + 1) * rows).min(chosen) {
                let mut w = (u128::from(j) * u128::from(all) / u128::from(chosen)) as u64;
                let mut i = 0;
                while w >= self.val_len(i) {
                    w -= self.val_len(i);
                    i += 1;
                }
                match self.val_starts.get(i) {
                    Some(starts) => self.val[i].fill_stream(starts[w as usize], &mut batch),
                    None => self.val[i].fill(w, &mut batch),
                }
            }
            batch
        })
    }

    /// Tells one run's batches from another's: the texts' tokens and all that decides their order.
    pub fn mark(&self) -> u64 {
        self.mark
    }
}

/// The part in which number `w` falls, and its number there.
fn find<T>(parts: &[T], len: impl Fn(&T) -> u64, mut w: u64) -> (usize, u64) {
    for (i, part) in parts.iter().enumerate() {
        if w < len(part) {
            return (i, w);
        }
        w -= len(part);
    }
    (0, 0)
}

/// Rows of each corpus in a block: the weights' shares, rounded so that they add up (largest remainders), and at least
/// one where the weight is not 0.
fn quotas(weights: &[f64], corpora: usize) -> Result<Vec<u64>> {
    if weights.len() != corpora || corpora > BLOCK as usize {
        let n = weights.len();
        return Err(Error::value(format!("batches: a stage has {n} weights for {corpora} corpora (at most {BLOCK})")));
    }
    if let Some(weight) = weights.iter().find(|w| !(w.is_finite() && **w >= 0.0)) {
        return Err(Error::setting("batches", "weights", "at least 0", weight));
    }
    let sum: f64 = weights.iter().sum();
    if !(sum.is_finite() && sum > 0.0) {
        return Err(Error::value("batches: a stage needs a weight above 0"));
    }
    let exact: Vec<f64> = weights.iter().map(|w| w / sum * BLOCK as f64).collect();
    let mut quotas: Vec<u64> = exact.iter().map(|x| if *x > 0.0 { (*x as u64).max(1) } else { 0 }).collect();
    while quotas.iter().sum::<u64>() != BLOCK {
        // The one that is furthest below, or above, what it should be.
        let less = quotas.iter().sum::<u64>() < BLOCK;
        let gap = |i: &usize| if less { exact[*i] - quotas[*i] as f64 } else { quotas[*i] as f64 - exact[*i] };
        let fits = |i: &usize| exact[*i] > 0.0 && (less || quotas[*i] > 1);
        let Some(i) = (0..corpora).filter(fits).max_by(|a, b| gap(a).total_cmp(&gap(b))) else { break };
        quotas[i] = if less { quotas[i] + 1 } else { quotas[i] - 1 };
    }
    Ok(quotas)
}

#[cfg(test)]
mod tests {
    use super::super::{CorpusConfig, Documents, TokenDocument};
    use super::*;
    use crate::lm::Tokenizer;
    use std::collections::BTreeMap;

    /// Lines of different lengths, in two languages; no byte 0, so that padding can be told.
    fn text(lines: usize) -> String {
        (0..lines).map(|i| format!("{i:03} 磨坊 mill {}\n", "wheel ".repeat(i * 7 % 13))).collect()
    }

    fn corpus(text: &str, val_fraction: f64) -> Arc<Corpus> {
        let tokenizer = Tokenizer::bytes().with_specials(["<eos>"]).unwrap();
        let config = CorpusConfig { documents: Documents::Line, val_fraction, ..Default::default() };
        Arc::new(Corpus::from_text(&tokenizer, text.as_bytes(), &config).unwrap())
    }

    fn batches(corpora: &[Arc<Corpus>], packing: Packing) -> Batches {
        Batches::new(corpora, &BatchesConfig { time: 16, packing, ..Default::default() }).unwrap()
    }

    fn row(batch: &Batch, r: usize) -> (&[i32], &[i32], &[i32]) {
        let range = r * batch.time..(r + 1) * batch.time;
        (&batch.ids[range.clone()], &batch.targets[range.clone()], &batch.starts.as_ref().unwrap()[range])
    }

    /// The corpus's training documents.
    fn documents(corpus: &Corpus, side: Side) -> Vec<Vec<u32>> {
        (0..corpus.documents()).filter(|d| corpus.side(*d) == side).map(|d| corpus.document(d)).collect()
    }

    #[test]
    fn packed_windows_laid_end_to_end_are_the_documents() {
        let corpus = corpus(&text(90), 0.1);
        let windows = Windows::new(&corpus, Side::Train, Packing::Packed, WindowStart::Anywhere, 16).unwrap();
        let mut batch = Batch { time: 16, ..Default::default() };
        (0..windows.len()).for_each(|w| windows.fill(w, &mut batch));
        let all: Vec<i32> = documents(&corpus, Side::Train).concat().into_iter().map(|t| t as i32).collect();
        let n = all.len();
        assert_eq!(batch.ids[..n - 1], all[..n - 1], "the last token has nothing to predict");
        assert_eq!(batch.rows, (n - 1).div_ceil(16));
        // Every token but each document's first is predicted once, from the one before it.
        let mut at = 0;
        for document in documents(&corpus, Side::Train) {
            for i in 0..document.len() {
                if at + i + 1 < n {
                    let target = document.get(i + 1).map_or(IGNORE, |t| *t as i32);
                    assert_eq!(batch.targets[at + i], target);
                    let start = batch.starts.as_ref().unwrap()[at + i] as usize;
                    assert_eq!(start, at.saturating_sub((at + i) / 16 * 16), "document at {at}, token {i}");
                }
            }
            at += document.len();
        }
        assert!(batch.targets[n - 1..].iter().all(|t| *t == IGNORE));
    }

    #[test]
    fn padded_windows_are_one_document_each() {
        let corpus = corpus(&text(40), 0.1);
        let batches = batches(std::slice::from_ref(&corpus), Packing::Padded);
        let mut found: BTreeMap<Vec<i32>, usize> = BTreeMap::new();
        let n = batches.windows() as usize;
        let batch = batches.batch(0, 0, n);
        for r in 0..n {
            let (ids, targets, starts) = row(&batch, r);
            let length = targets.iter().filter(|t| **t != IGNORE).count();
            assert!(length > 0 && ids[length..].iter().all(|t| *t == 0) && ids[1..length] == targets[..length - 1]);
            assert!(starts[..length].iter().all(|s| *s == 0) && starts[length..].iter().all(|s| *s == length as i32));
            *found.entry([&ids[..length], &[targets[length - 1]]].concat()).or_default() += 1;
        }
        let mut expected: BTreeMap<Vec<i32>, usize> = BTreeMap::new();
        for document in documents(&corpus, Side::Train) {
            let document: Vec<i32> = document.into_iter().map(|t| t as i32).collect();
            for begin in (0..document.len() - 1).step_by(16) {
                *expected.entry(document[begin..(begin + 17).min(document.len())].to_vec()).or_default() += 1;
            }
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn every_window_comes_once_per_epoch() {
        let corpora = [corpus(&text(50), 0.1), corpus(&text(20).replace("mill", "bird"), 0.1)];
        let batches = batches(&corpora, Packing::Packed);
        let n = batches.windows() as usize;
        let epoch = |e: usize| {
            let batch = batches.batch(e as u64, 0, n);
            let rows: Vec<Vec<i32>> = batch.ids.chunks(16).map(<[i32]>::to_vec).collect();
            rows
        };
        let (first, second) = (epoch(0), epoch(1));
        assert_ne!(first, second, "each epoch has its own order");
        let sorted = |mut rows: Vec<Vec<i32>>| {
            rows.sort();
            rows
        };
        assert_eq!(sorted(first.clone()), sorted(second));
        let mut whole = Batch { time: 16, ..Default::default() };
        batches.train.iter().for_each(|w| (0..w.len()).for_each(|i| w.fill(i, &mut whole)));
        assert_eq!(sorted(first), sorted(whole.ids.chunks(16).map(<[i32]>::to_vec).collect()));
    }

    #[test]
    fn parts_of_a_step_are_one_sequence_cut() {
        let corpora = [corpus(&text(50), 0.1), corpus(&text(20), 0.1)];
        for stages in [vec![], vec![Stage { from: 0, weights: vec![1.0, 3.0] }]] {
            let with = |accumulate| {
                let config = BatchesConfig {
                    time: 16,
                    packing: Packing::Packed,
                    accumulate,
                    stages: stages.clone(),
                    ..Default::default()
                };
                Batches::new(&corpora, &config).unwrap()
            };
            let (whole, parts) = (with(1).batch(5, 0, 32), with(4));
            let ids: Vec<i32> = (0..4).flat_map(|part| parts.batch(5, part, 8).ids).collect();
            assert_eq!(ids, whole.ids);
        }
    }

    #[test]
    fn held_out_documents_are_never_trained_on() {
        let corpus = corpus(&text(80), 0.2);
        for packing in [Packing::Packed, Packing::Padded, Packing::Stream] {
            let batches = batches(std::slice::from_ref(&corpus), packing);
            let mut seen = Vec::new();
            for ids in (0..30)
                .flat_map(|step| batches.batch(step, 0, 20).ids.chunks(16).map(<[i32]>::to_vec).collect::<Vec<_>>())
            {
                seen.extend(ids);
                seen.push(-1);
            }
            let held = documents(&corpus, Side::Val);
            assert_eq!(held.len(), 16);
            for document in held {
                // Its number and the word after it are in no other.
                let begin: Vec<i32> = document[..10].iter().map(|t| *t as i32).collect();
                assert!(!seen.windows(10).any(|w| w == begin), "{packing:?}");
            }
            let evaluated: usize = batches.val_batches(7, usize::MAX).map(|b| b.counted()).sum();
            let tokens: usize = documents(&corpus, Side::Val).iter().map(Vec::len).sum();
            match packing {
                Packing::Stream => assert_eq!(evaluated, (tokens - 1) / 16 * 16),
                _ => assert_eq!(evaluated, tokens - 16, "all but each document's first token"),
            }
            let few: Vec<Batch> = batches.val_batches(4, 10).collect();
            assert_eq!(few.iter().map(|b| b.rows).collect::<Vec<_>>(), [4, 4, 2]);
        }
    }

    #[test]
    fn mixtures_have_their_frequencies_and_stages_begin_on_time() {
        let tokenizer = Tokenizer::bytes();
        let plain = |byte: u8, n: usize| {
            let documents = (0..n).map(|_| TokenDocument { tokens: vec![u32::from(byte); 5], counts: None });
            let config = CorpusConfig { val_fraction: 0.0, ..Default::default() };
            Arc::new(Corpus::from_documents(&tokenizer, documents, &config).unwrap())
        };
        let corpora = [plain(1, 1000), plain(2, 3), plain(3, 500)];
        let stages =
            vec![Stage { from: 0, weights: vec![6.0, 3.0, 0.0] }, Stage { from: 1000, weights: vec![0.0, 1e-9, 1.0] }];
        let config = BatchesConfig { time: 4, packing: Packing::Padded, stages, ..Default::default() };
        let batches = Batches::new(&corpora, &config).unwrap();
        let count = |steps: std::ops::Range<u64>| {
            let mut counts = [0; 4];
            steps.for_each(|s| batches.batch(s, 0, 8).ids.chunks(4).for_each(|r| counts[r[0] as usize] += 1));
            counts
        };
        let early = count(0..512); // a block of 4096 rows
        assert_eq!(early, [0, 2731, 1365, 0]);
        let short = count(0..64);
        assert!((300..384).contains(&short[1]), "{short:?} of 512");
        let late = count(1000..1512);
        assert_eq!(late, [0, 0, 1, 4095], "however small, a weight is not forgotten");
        assert_eq!(batches.batch(77, 0, 8), batches.clone().batch(77, 0, 8));
    }

    #[test]
    fn a_mixture_sees_each_corpus_evenly_across_stages() {
        let tokenizer = Tokenizer::bytes();
        let numbered = |from: u32, n: u32| {
            let documents = (from..from + n).map(|t| TokenDocument { tokens: vec![t; 5], counts: None });
            let config = CorpusConfig { val_fraction: 0.0, ..Default::default() };
            Arc::new(Corpus::from_documents(&tokenizer, documents, &config).unwrap())
        };
        let corpora = [numbered(0, 50), numbered(100, 100)];
        let stages = [(0, [1.0, 1.0]), (7, [1.0, 5.0]), (13, [2.0, 1.0])];
        let stages = stages.map(|(from, weights)| Stage { from, weights: weights.to_vec() }).to_vec();
        let config = BatchesConfig { time: 4, packing: Packing::Padded, stages, ..Default::default() };
        let batches = Batches::new(&corpora, &config).unwrap();
        let mut counts = [0i32; 256];
        (0..40).for_each(|s| batches.batch(s, 0, 10).ids.chunks(4).for_each(|r| counts[r[0] as usize] += 1));
        for part in [&counts[..50], &counts[100..200]] {
            let (low, high) = (part.iter().min().unwrap(), part.iter().max().unwrap());
            assert!(high - low <= 1, "within an epoch nothing comes twice: {part:?}");
        }
    }

    #[test]
    fn streams_draw_windows_of_the_text_and_lines_keep_their_beginning() {
        let text = text(60);
        let config = CorpusConfig::default();
        let corpus = Arc::new(Corpus::from_text(&Tokenizer::bytes(), text.as_bytes(), &config).unwrap());
        let all: Vec<i32> = text.bytes().map(i32::from).collect();
        for start in [WindowStart::Anywhere, WindowStart::Line] {
            let batches =
                Batches::new(std::slice::from_ref(&corpus), &BatchesConfig { time: 16, start, ..Default::default() })
                    .unwrap();
            let batch = batches.batch(3, 1, 50);
            assert_eq!((batch.rows, batch.starts.is_none()), (50, true));
            for (ids, targets) in batch.ids.chunks(16).zip(batch.targets.chunks(16)) {
                let window = [&ids[..1], targets].concat();
                assert_eq!(ids[1..], targets[..15]);
                let cut = all.len() - all.len() / 10;
                let at = all[..cut].windows(17).position(|w| w == window).expect("a window of the text");
                assert!(start == WindowStart::Anywhere || at == 0 || all[at - 1] == 10);
            }
            let starts: Vec<u64> = batches.val_starts.concat();
            assert!(starts.windows(2).all(|w| w[1] >= w[0] + 16) && !starts.is_empty());
        }
        // Every beginning of a line is drawn, by number.
        let windows = Windows::new(&corpus, Side::Train, Packing::Stream, WindowStart::Line, 16).unwrap();
        let cut = all.len() - all.len() / 10;
        let expected: Vec<i32> = (0..cut - 16).filter(|i| *i == 0 || all[i - 1] == 10).map(|i| all[i]).collect();
        let mut batch = Batch { time: 16, ..Default::default() };
        (0..windows.len()).for_each(|w| windows.fill(w, &mut batch));
        assert_eq!(batch.ids.chunks(16).map(|r| r[0]).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn only_what_counts_has_a_loss() {
        let document = TokenDocument { tokens: vec![5, 6, 7, 8], counts: Some(vec![false, false, true, true]) };
        let config = CorpusConfig { val_fraction: 0.0, ..Default::default() };
        let corpus =
            Arc::new(Corpus::from_documents(&Tokenizer::bytes(), [document.clone(), document], &config).unwrap());
        for packing in [Packing::Packed, Packing::Padded] {
            let config = BatchesConfig { time: 8, packing, ..Default::default() };
            let batch = Batches::new(std::slice::from_ref(&corpus), &config).unwrap().batch(0, 0, 1);
            assert_eq!(batch.targets[..4], [IGNORE, 7, 8, IGNORE]);
        }
    }

    #[test]
    fn what_cannot_be_batched_is_refused() {
        let corpus = corpus(&text(10), 0.1);
        let refusal =
            |config: BatchesConfig| Batches::new(std::slice::from_ref(&corpus), &config).unwrap_err().to_string();
        let weights = |weights: &[f64]| {
            refusal(BatchesConfig { stages: vec![Stage { from: 0, weights: weights.to_vec() }], ..Default::default() })
        };
        assert_eq!(weights(&[1.0, 2.0]), "batches: a stage has 2 weights for 1 corpora (at most 4096)");
        assert_eq!(weights(&[-1.0]), "batches: `weights` must be at least 0, got -1");
        assert_eq!(weights(&[0.0]), "batches: a stage needs a weight above 0");
        let late = vec![Stage { from: 1, weights: vec![1.0] }];
        let message = refusal(BatchesConfig { stages: late, ..Default::default() });
        assert_eq!(message, "batches: the stages' `from` must rise, the first being 0");
        let long = refusal(BatchesConfig { time: 100_000, ..Default::default() });
        assert!(long.starts_with("train: the text has ") && long.ends_with("needs at least 100001"), "{long}");
    }

    #[test]
    fn marks_tell_runs_apart() {
        let (a, b) = (corpus(&text(30), 0.1), corpus(&text(31), 0.1));
        let mark = |corpus: &Arc<Corpus>, seed| {
            Batches::new(std::slice::from_ref(corpus), &BatchesConfig { time: 8, seed, ..Default::default() })
                .unwrap()
                .mark()
        };
        assert_eq!(mark(&a, 1), mark(&a, 1));
        assert!(mark(&a, 1) != mark(&b, 1) && mark(&a, 1) != mark(&a, 2));
    }
}
