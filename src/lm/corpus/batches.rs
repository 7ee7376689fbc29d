//! What training sees at each step: windows of corpora, mixed by weight, every window once per epoch.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// back, and positions count from there. Nothing: each row is one document.
    pub starts: Option<Vec<i32>>,
    /// Windows.
    pub rows: usize,
    /// Positions in a window.
    pub time: usize,
}

/// How documents fill windows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Packing {
    /// Windows begin at random places of the documents laid end to end, drawn with replacement.
    #[default]
    Stream,
    /// Documents laid end to end and cut in windows; each document sees only itself. Every window once per epoch.
    Packed,
    /// One document per window, the rest of it padding without loss; longer ones are cut in pieces. Every window once
    /// per epoch.
    Padded,
}

/// Where a window of a stream may begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WindowStart {
    /// At any token.
    #[default]
    Anywhere,
    /// At the beginning of a line: no line is seen without its beginning. For texts of lines that stand alone.
    Line,
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
    /// Positions in a window, at least 1. Default 256.
    pub time: usize,
    /// How documents fill windows: "stream" (default), "packed" or "padded".
    pub packing: Packing,
    /// Where windows of a stream begin: "anywhere" (default) or "line".
    pub start: WindowStart,
    /// Batches in a step, at least 1. Default 1.
    pub accumulate: usize,
    /// Weights of the corpora over time, by rising `from`, the first from step 0; empty: by their sizes.
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

/// The batches of a training run: a pure function of seed, step and part, so that a resumed run sees what it would
/// have seen.
#[derive(Clone, Debug)]
pub struct Batches {}

impl Batches {
    /// Batch `part` (from 0) of step `step` (from 0), of `rows` windows.
    pub fn batch(&self, step: u64, part: usize, rows: usize) -> Batch {
        let _ = (step, part, rows);
        Batch::default()
    }

    /// Held-out windows in batches of at most `rows`; at most `most` windows, evenly spread.
    pub fn val_batches(&self, rows: usize, most: usize) -> impl Iterator<Item = Batch> + '_ {
        let _ = (rows, most);
        std::iter::empty()
    }

    /// Tells one run's batches from another's: the texts, the tokenizer's numbers and all that decides their order.
    pub fn mark(&self) -> u64 {
        0
    }
}
