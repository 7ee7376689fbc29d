//! SentencePiece's byte-pair model: a text's characters join to pieces, the pair with the best score first.
//!
//! Kudo & Richardson (2018), arXiv:1808.06226, as Llama and llama2.c use it: what no piece covers is spelled in byte
//! tokens. A space that stands in a text itself stays apart from the `▁` that stands there itself, so nothing is lost.

use super::bpe::WordMap;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::OnceLock;

/// The most tokens.
const MOST: usize = 1 << 20;

/// Kinds of token, numbered as in GGUF.
pub(super) const NORMAL: i32 = 1;
pub(super) const UNKNOWN: i32 = 2;
pub(super) const CONTROL: i32 = 3;
pub(super) const USER: i32 = 4;
// 5 is unused
pub(super) const BYTE: i32 = 6;

/// The tokenizer whose tokens are pieces with scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PiecesTokenizer {
    tokens: Vec<String>,
    scores: Vec<f32>,
    types: Vec<i32>,
    /// Whether a text gets a space before it.
    prefix: bool,
    #[serde(skip)]
    table: Cell,
}

/// What encoding needs, made when it is first needed; all are equal.
#[derive(Clone, Debug, Default)]
struct Cell(OnceLock<Table>);

impl PartialEq for Cell {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[derive(Clone, Debug)]
struct Table {
    numbers: WordMap<Vec<u8>, u32>,
    bytes: Vec<Option<u32>>, // of each byte
    unknown: Option<u32>,
}

/// The byte of a token `<0x..>`.
fn byte_of(token: &str) -> Option<u8> {
    let digits = token.strip_prefix("<0x")?.strip_suffix('>')?;
    (digits.len() == 2).then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}

impl PiecesTokenizer {
    /// As [`Tokenizer::from_sentencepiece`](super::Tokenizer::from_sentencepiece).
    pub fn new(tokens: Vec<Vec<u8>>, scores: Vec<f32>, types: &[i32]) -> Result<Self> {
        let text = |(i, bytes): (usize, Vec<u8>)| {
            String::from_utf8(bytes).map_err(|_| Error::value(format!("tokenizer: token {i} is not UTF-8 text")))
        };
        let tokens: Vec<String> = tokens.into_iter().enumerate().map(text).collect::<Result<_>>()?;
        let guessed = |token: &String| match token.trim() {
            t if byte_of(t).is_some() => BYTE,
            "<unk>" => UNKNOWN,
            "<s>" | "</s>" => CONTROL,
            _ => NORMAL,
        };
        let types = if types.is_empty() { tokens.iter().map(guessed).collect() } else { types.to_vec() };
        let pieces = Self { tokens, scores, types, prefix: true, table: Cell::default() };
        pieces.check()?;
        Ok(pieces)
    }

    /// Whether a text gets a space before it.
    pub fn prefix(&self) -> bool {
        self.prefix
    }

    /// Chooses whether a text gets a space before it.
    pub fn set_prefix(&mut self, prefix: bool) {
        self.prefix = prefix;
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there are no tokens (never, once checked).
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The tokens of a kind, with their texts.
    pub(super) fn of_type(&self, kind: i32) -> impl Iterator<Item = (u32, &str)> {
        let of = move |(_, t): &(usize, &i32)| **t == kind;
        self.types.iter().enumerate().filter(of).map(|(i, _)| (i as u32, self.tokens[i].trim()))
    }

    /// Checks what came from a file.
    ///
    /// # Errors
    /// If the numbers of tokens, scores and types differ, or a score is not a number.
    pub fn check(&self) -> Result<()> {
        let fail = |why: String| Err(Error::value(format!("tokenizer: {why}")));
        let [n, scores, types] = [self.tokens.len(), self.scores.len(), self.types.len()];
        if n == 0 || n > MOST {
            return fail(format!("there must be 1 to {MOST} tokens, got {n}"));
        }
        if scores != n || types != n {
            return fail(format!("{n} tokens have {scores} scores and {types} types"));
        }
        if let Some(i) = self.scores.iter().position(|s| !s.is_finite()) {
            return fail(format!("the score of token {i} is not a number"));
        }
        match self.types.iter().find(|t| !(NORMAL..=BYTE).contains(t)) {
            Some(kind) => fail(format!("a token's type is 1 to 6, got {kind}")),
            None => Ok(()),
        }
    }

    /// The bytes of `token`, which is in the vocabulary, appended to `out`.
    pub fn append(&self, token: u32, out: &mut Vec<u8>) {
        let i = token as usize;
        match byte_of(&self.tokens[i]).filter(|_| self.types[i] == BYTE) {
            Some(byte) => out.push(byte),
            None => out.extend(self.tokens[i].replace('▁', " ").as_bytes()),
        }
    }

    fn table(&self) -> &Table {
        self.table.0.get_or_init(|| {
            let mut table = Table { numbers: WordMap::default(), bytes: vec![None; 256], unknown: None };
            for (i, (token, kind)) in self.tokens.iter().zip(&self.types).enumerate() {
                let number = i as u32;
                match (*kind, byte_of(token)) {
                    (BYTE, Some(byte)) => table.bytes[usize::from(byte)] = Some(number),
                    (UNKNOWN, _) => table.unknown = Some(number),
                    (NORMAL | USER, _) if !token.is_empty() => {
                        table.numbers.entry(token.replace('▁', " ").into_bytes()).or_insert(number);
                    }
                    _ => {}
                }
            }
            table
        })
    }

    /// The tokens of `text`.
    ///
    /// # Errors
    /// If a byte has neither piece nor byte token and there is no unknown token.
    pub fn encode(&self, text: &[u8]) -> Result<Vec<u32>> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let spaced = if self.prefix { [b" ", text].concat() } else { text.to_vec() };
        let (text, table) = (&spaced[..], self.table());
        // Symbols are stretches of the text, known by where they begin: [begin, end[begin]).
        let n = text.len();
        let mut end = vec![0; n];
        let mut before = vec![usize::MAX; n];
        let (mut at, mut last) = (0, usize::MAX);
        while at < n {
            end[at] = at + char_length(&text[at..]);
            before[at] = last;
            (last, at) = (at, end[at]);
        }
        let mut heap: BinaryHeap<(Score, Reverse<usize>, usize, usize)> = BinaryHeap::new();
        let offer = |heap: &mut BinaryHeap<_>, end: &[usize], a: usize| {
            let middle = end[a];
            if let Some(stop) = end.get(middle).copied()
                && let Some(token) = table.numbers.get(&text[a..stop])
            {
                heap.push((Score(self.scores[*token as usize]), Reverse(a), middle, stop));
            }
        };
        let mut at = 0;
        while at < n {
            offer(&mut heap, &end, at);
            at = end[at];
        }
        while let Some((_, Reverse(a), middle, stop)) = heap.pop() {
            // A symbol that was joined to the one before it has no end any more.
            if end[a] != middle || end[middle] != stop {
                continue;
            }
            end[a] = stop;
            end[middle] = 0;
            if stop < n {
                before[stop] = a;
            }
            offer(&mut heap, &end, a);
            if before[a] < n {
                offer(&mut heap, &end, before[a]);
            }
        }
        let mut tokens = Vec::with_capacity(n / 3);
        let mut at = 0;
        while at < n {
            let stop = end[at];
            match table.numbers.get(&text[at..stop]) {
                Some(token) => tokens.push(*token),
                None => {
                    for byte in &text[at..stop] {
                        let token = table.bytes[usize::from(*byte)].or(table.unknown);
                        tokens.push(token.ok_or_else(|| {
                            Error::value(format!(
                                "encode: the byte {byte} has no token, nor is there one for the unknown"
                            ))
                        })?);
                    }
                }
            }
            at = stop;
        }
        Ok(tokens)
    }
}

/// The length of the character at the beginning of `text`; 1 if it is not UTF-8.
fn char_length(text: &[u8]) -> usize {
    let length = match text[0] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    let whole = text.get(..length).is_some_and(|c| std::str::from_utf8(c).is_ok());
    if whole { length } else { 1 }
}

/// A finite score, in order.
#[derive(Clone, Copy, PartialEq)]
struct Score(f32);

impl Eq for Score {}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A small vocabulary in Llama's layout.
    pub fn small() -> (Vec<Vec<u8>>, Vec<f32>) {
        let mut tokens: Vec<String> = ["<unk>", "<s>", "</s>"].map(String::from).to_vec();
        tokens.extend((0..256).map(|b| format!("<0x{b:02X}>")));
        tokens.extend(["▁", "a", "b", "磨", "ab", "▁ab", "aa", "磨坊", "坊"].map(String::from));
        let scores = (0..tokens.len()).map(|i| if i < 259 { 0.0 } else { -(i as f32) }).collect();
        (tokens.into_iter().map(String::into_bytes).collect(), scores)
    }

    #[test]
    fn the_best_score_joins_first_and_bytes_fill_the_gaps() {
        let (tokens, scores) = small();
        let t = PiecesTokenizer::new(tokens, scores, &[]).unwrap();
        assert_eq!(t.encode(b"ab").unwrap(), [264]);
        assert_eq!(t.encode(b"aab").unwrap(), [259, 260, 263], "ab scores above aa");
        assert_eq!(t.encode("磨坊z".as_bytes()).unwrap(), [259, 266, 3 + u32::from(b'z')]);
        assert_eq!(t.encode("▁".as_bytes()).unwrap(), [259, 3 + 0xe2, 3 + 0x96, 3 + 0x81], "not a space");
    }

    #[test]
    fn lists_that_do_not_fit_are_refused() {
        let refusal =
            |scores, types: &[i32]| PiecesTokenizer::new(vec![b"a".to_vec()], scores, types).unwrap_err().to_string();
        assert_eq!(refusal(vec![], &[]), "tokenizer: 1 tokens have 0 scores and 1 types");
        assert_eq!(refusal(vec![f32::NAN], &[]), "tokenizer: the score of token 0 is not a number");
        assert_eq!(refusal(vec![0.0], &[9]), "tokenizer: a token's type is 1 to 6, got 9");
    }
}
