//! The windows of one corpus: which there are, and the tokens in each.

use super::batches::{Batch, IGNORE};
use super::documents::{Corpus, Side};
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

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

/// Documents, or tokens for line beginnings, between two entries of an index: it needs little memory for any corpus.
const STRIDE: u64 = 1024;

/// What the documents of one side measure, added up: tokens, or windows.
#[derive(Clone, Debug)]
struct Sums {
    side: Side,
    measure: Measure,
    before: Vec<u64>, // document `i · STRIDE`
    total: u64,
}

#[derive(Clone, Copy, Debug)]
enum Measure {
    Tokens,
    Pieces(u64), // of so many positions
}

impl Measure {
    fn of(self, (begin, end): (u64, u64)) -> u64 {
        match self {
            Self::Tokens => end - begin,
            Self::Pieces(time) => (end - begin).saturating_sub(1).div_ceil(time),
        }
    }
}

impl Sums {
    fn new(corpus: &Corpus, side: Side, measure: Measure) -> Result<Self> {
        let mut sums = Self { side, measure, before: Vec::new(), total: 0 };
        for d in 0..corpus.documents() {
            if d.is_multiple_of(STRIDE) {
                stop::check()?;
                sums.before.push(sums.total);
            }
            sums.total += sums.of(corpus, d);
        }
        Ok(sums)
    }

    fn of(&self, corpus: &Corpus, d: u64) -> u64 {
        if corpus.side(d) == self.side { self.measure.of(corpus.bounds(d)) } else { 0 }
    }

    /// The document in which number `i`, below the total, falls, and where in it.
    fn locate(&self, corpus: &Corpus, i: u64) -> (u64, u64) {
        let block = self.before.partition_point(|sum| *sum <= i).saturating_sub(1);
        let (mut d, mut rest) = (block as u64 * STRIDE, i - self.before[block]);
        loop {
            let here = self.of(corpus, d);
            if rest < here || d + 1 >= corpus.documents() {
                return (d, rest);
            }
            rest -= here;
            d += 1;
        }
    }
}

/// A token of the documents laid end to end.
#[derive(Clone, Copy)]
struct Place {
    at: u64, // in the corpus
    token: u32,
    first: bool, // of its document
}

/// The windows of one corpus.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    pub corpus: Arc<Corpus>,
    packing: Packing,
    time: u64,
    sums: Sums,
    lines: Option<Lines>,
}

/// Where lines begin in the documents laid end to end.
#[derive(Clone, Debug)]
struct Lines {
    before: Vec<u64>, // lines that begin before place `i · STRIDE`
    total: u64,
}

impl Windows {
    /// The windows of `time` positions of one side of a corpus.
    pub fn new(corpus: &Arc<Corpus>, side: Side, packing: Packing, start: WindowStart, time: usize) -> Result<Self> {
        let time = time as u64;
        let measure = if packing == Packing::Padded { Measure::Pieces(time) } else { Measure::Tokens };
        let sums = Sums::new(corpus, side, measure)?;
        let mut windows = Self { corpus: corpus.clone(), packing, time, sums, lines: None };
        if packing == Packing::Stream && start == WindowStart::Line {
            windows.lines = Some(windows.find_lines()?);
        }
        Ok(windows)
    }

    /// Tokens of this side.
    pub fn tokens(&self) -> u64 {
        self.sums.total
    }

    /// How many windows there are; of a stream, places where one may begin.
    pub fn len(&self) -> u64 {
        let n = self.sums.total;
        match (self.packing, &self.lines) {
            (Packing::Stream, Some(lines)) => lines.total,
            (Packing::Stream, None) => n.saturating_sub(self.time),
            (Packing::Packed, _) => n.saturating_sub(1).div_ceil(self.time),
            (Packing::Padded, _) => n,
        }
    }

    /// Windows of a stream laid end to end, for evaluation: where each begins.
    pub fn laid_out(&self) -> Vec<u64> {
        let Some(last) = self.sums.total.checked_sub(self.time + 1) else { return Vec::new() };
        if self.lines.is_none() {
            return (0..=last).step_by(self.time as usize).collect();
        }
        // Each is moved on to the next beginning of a line. Held-out text may begin within one.
        let (mut starts, mut next) = (Vec::new(), 0);
        for (i, begins) in self.line_beginnings(0) {
            if i > last {
                break;
            }
            let within = i == 0 && self.corpus.is_cut();
            if begins && i >= next && !within {
                starts.push(i);
                next = i + self.time;
            }
        }
        starts
    }

    /// Adds window `w` as a row of `batch`.
    pub fn fill(&self, w: u64, batch: &mut Batch) {
        match self.packing {
            Packing::Stream => self.fill_stream(self.begin_of(w), batch),
            Packing::Packed => self.fill_packed(w * self.time, batch),
            Packing::Padded => self.fill_padded(w, batch),
        }
    }

    /// Where the window of a stream that is number `w` begins.
    fn begin_of(&self, w: u64) -> u64 {
        let Some(lines) = &self.lines else { return w };
        let block = lines.before.partition_point(|sum| *sum <= w).saturating_sub(1);
        let mut rest = w - lines.before[block];
        for (i, begins) in self.line_beginnings(block as u64 * STRIDE) {
            if begins && rest == 0 {
                return i;
            }
            rest -= u64::from(begins);
        }
        0
    }

    /// Adds the window of a stream that begins at place `begin`.
    pub fn fill_stream(&self, begin: u64, batch: &mut Batch) {
        let mut last = None;
        for place in self.places(begin).take(self.time as usize + 1) {
            if let Some(token) = last.replace(place.token) {
                batch.ids.push(token as i32);
                batch.targets.push(self.target(place));
            }
        }
        batch.rows += 1;
    }

    fn fill_packed(&self, begin: u64, batch: &mut Batch) {
        let row = batch.ids.len();
        let starts = batch.starts.get_or_insert_default();
        let (mut last, mut start): (Option<u32>, i32) = (None, 0);
        for (i, place) in self.places(begin).take(self.time as usize + 1).enumerate() {
            if let Some(token) = last.replace(place.token) {
                batch.ids.push(token as i32);
                batch.targets.push(if place.first { IGNORE } else { self.target(place) });
                starts.push(start);
            }
            if place.first {
                start = i as i32;
            }
        }
        // At the very end there is a last token with nothing after it; it belongs to the padding of the last window.
        self.pad(row, batch);
    }

    fn fill_padded(&self, w: u64, batch: &mut Batch) {
        let row = batch.ids.len();
        let (d, piece) = self.sums.locate(&self.corpus, w);
        let (begin, end) = self.corpus.bounds(d);
        let begin = begin + piece * self.time;
        let n = (end - begin).saturating_sub(1).min(self.time);
        let starts = batch.starts.get_or_insert_default();
        for at in begin..begin + n {
            batch.ids.push(self.corpus.token(at) as i32);
            let next = Place { at: at + 1, token: self.corpus.token(at + 1), first: false };
            batch.targets.push(self.target(next));
            starts.push(0);
        }
        self.pad(row, batch);
    }

    /// Fills up the row that begins at `row`; padding is a document of its own.
    fn pad(&self, row: usize, batch: &mut Batch) {
        let (here, full) = (batch.ids.len(), row + self.time as usize);
        batch.ids.resize(full, 0);
        batch.targets.resize(full, IGNORE);
        if let Some(starts) = &mut batch.starts {
            starts.resize(full, (here - row) as i32);
        }
        batch.rows += 1;
    }

    fn target(&self, place: Place) -> i32 {
        if self.corpus.counts(place.at) { place.token as i32 } else { IGNORE }
    }

    /// The tokens of this side's documents laid end to end, from place `begin`.
    fn places(&self, begin: u64) -> impl Iterator<Item = Place> + '_ {
        let corpus = &*self.corpus;
        let (mut d, offset) = if begin < self.sums.total { self.sums.locate(corpus, begin) } else { (u64::MAX, 0) };
        let (mut bounds, mut offset) = (if d < u64::MAX { corpus.bounds(d) } else { (0, 0) }, offset);
        std::iter::from_fn(move || {
            while bounds.0 + offset >= bounds.1 {
                d = d.checked_add(1)?;
                while d < corpus.documents() && corpus.side(d) != self.sums.side {
                    d += 1;
                }
                if d >= corpus.documents() {
                    d = u64::MAX - 1;
                    return None;
                }
                (bounds, offset) = (corpus.bounds(d), 0);
            }
            let at = bounds.0 + offset;
            offset += 1;
            Some(Place { at, token: corpus.token(at), first: offset == 1 })
        })
    }

    /// From place `begin` on, each place and whether a line begins there.
    fn line_beginnings(&self, begin: u64) -> impl Iterator<Item = (u64, bool)> + '_ {
        let mut after = true;
        let from = begin.saturating_sub(1);
        self.places(from).zip(from..).map(move |(place, i)| {
            let begins = after || place.first;
            after = self.corpus.ends_line(place.token);
            (i, begins && i >= begin)
        })
    }

    /// Counts the lines that begin early enough for a whole window.
    fn find_lines(&self) -> Result<Lines> {
        let mut lines = Lines { before: vec![0], total: 0 };
        let fit = self.sums.total.saturating_sub(self.time);
        for (i, begins) in self.line_beginnings(0).take_while(|(i, _)| *i < fit) {
            if i > 0 && i.is_multiple_of(STRIDE) {
                stop::check()?;
                lines.before.push(lines.total);
            }
            lines.total += u64::from(begins);
        }
        Ok(lines)
    }

    /// Refuses a corpus without windows to train on.
    pub fn ensure_some(&self) -> Result<()> {
        if self.len() > 0 {
            return Ok(());
        }
        let (all, n, time) = (self.corpus.tokens(), self.sums.total, self.time);
        Err(Error::value(match (self.packing, &self.lines) {
            (Packing::Stream, Some(_)) if n > time && !self.corpus.has_lines() => {
                "train: `start` = \"line\" needs a text with line ends".into()
            }
            (Packing::Stream, Some(_)) if n > time => {
                format!("train: no line begins {time} tokens before the end of the text")
            }
            (Packing::Stream, _) => format!(
                "train: the text has {all} tokens, {n} of them to train on; a context of {time} needs at least {}",
                time + 1
            ),
            _ => format!("train: no document to train on has two tokens (of {all} in all)"),
        }))
    }
}
