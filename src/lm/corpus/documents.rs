//! A corpus: documents of tokens, part of them held out.

use super::shuffle::Shuffle;
use super::source::{self, Documents, Piece};
use super::store::{self, Mark, Memory, Sink, Store};
use crate::error::ensure_setting;
use crate::lm::Tokenizer;
use crate::{Error, Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// How a text becomes a corpus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CorpusConfig {
    /// What in a text is one document: "whole" (default), "paragraph" (between blank lines) or "line". A line of a JSONL
    /// file always is one.
    pub documents: Documents,
    /// The field of JSONL records that holds the text. Default "text".
    pub field: String,
    /// Whether the tokenizer's tokens for the beginning and end of a text stand around each document, if it has them.
    /// Default true.
    pub ends: bool,
    /// Part of the documents that is held out and never trained on, in [0, 0.5]; of a single document, its end. Default
    /// 0.1.
    pub val_fraction: f64,
    /// Seed of the choice of documents held out. Default 1.
    pub seed: u64,
    /// Folder in which the tokens of files are kept, for the next time and to be read from there; without, they stay in
    /// memory.
    pub cache: Option<String>,
}

impl Default for CorpusConfig {
    fn default() -> Self {
        Self { documents: Documents::Whole, field: "text".into(), ends: true, val_fraction: 0.1, seed: 1, cache: None }
    }
}

/// A document as tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenDocument {
    /// Its tokens.
    pub tokens: Vec<u32>,
    /// For each token whether predicting it counts; nothing: every one counts.
    pub counts: Option<Vec<bool>>,
}

/// Documents of tokens, part of them held out.
#[derive(Clone, Debug)]
pub struct Corpus {
    store: Store,
    silent: Option<Vec<bool>>, // tokens whose prediction does not count
    mark: u64,
    vocab: usize,
    line_ends: Vec<bool>, // by token: whether a line ends with it
    split: DocumentSplit,
    cut: Option<u64>, // a single document is two: before and after this token
    reused: bool,
}

/// Which documents are held out.
#[derive(Clone, Copy, Debug)]
struct DocumentSplit {
    order: Shuffle,
    held: u64, // those at the first places of the order
}

/// The documents to train on, or those held out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// To train on.
    Train,
    /// Held out.
    Val,
}

/// Bytes of text that are tokenised at once.
const GROUP: usize = 1 << 23;

impl Corpus {
    /// The documents of `text`.
    ///
    /// # Errors
    /// If a setting is out of range, the text is empty or has characters without tokens.
    pub fn from_text(tokenizer: &Tokenizer, text: &[u8], config: &CorpusConfig) -> Result<Self> {
        let mut memory = Memory::default();
        tokenise(tokenizer, config, &mut memory, |each| source::of_text(text, config.documents, each))?;
        Self::new(memory.store(), None, tokenizer, config, None)
    }

    /// The documents of a text file, a JSONL file (`.jsonl`, `.ndjson`), or a folder of them.
    ///
    /// With `cache`, they are tokenised once; after that the tokens are read from the file there, until the tokenizer,
    /// the files or what is a document change. A damaged file there is made anew.
    ///
    /// # Errors
    /// If a setting is out of range, a file cannot be read, a line of JSONL has no text (file and line are named), or a
    /// text has characters without tokens.
    pub fn open(tokenizer: &Tokenizer, path: impl AsRef<Path>, config: &CorpusConfig) -> Result<Self> {
        let path = path.as_ref();
        let files = source::files(path)?;
        let read = |sink: &mut dyn Sink| {
            files.iter().try_for_each(|file| {
                let read = |each: &mut dyn FnMut(Piece) -> Result<()>| {
                    source::of_file(file, config.documents, &config.field, each)
                };
                tokenise(tokenizer, config, sink, read).map_err(|e| match e {
                    Error::Value(why) => Error::file(file, why),
                    other => other,
                })
            })
        };
        let Some(folder) = &config.cache else {
            let mut memory = Memory::default();
            read(&mut memory)?;
            return Self::new(memory.store(), None, tokenizer, config, None).map_err(|e| named(path, e));
        };
        let (key, vocab) = (key(tokenizer, &files, config)?, tokenizer.vocab_size());
        let stem = path.file_stem().map_or("corpus".into(), |s| s.to_string_lossy().into_owned());
        let cache = Path::new(folder).join(format!("{stem}-{key:016x}.tokens"));
        let mut reused = true;
        let found = match Store::open(&cache, key, vocab)? {
            Some(found) => found,
            None => {
                reused = false;
                store::write(&cache, key, vocab, read)?;
                let again = Store::open(&cache, key, vocab)?;
                again.ok_or_else(|| Error::file(&cache, "cannot be read back after it was written"))?
            }
        };
        let (store, mark) = found;
        let corpus = Self::new(store, None, tokenizer, config, Some(mark)).map_err(|e| named(path, e))?;
        Ok(Self { reused, ..corpus })
    }

    /// Documents that are tokens already, such as conversations of which only the answers count.
    ///
    /// # Errors
    /// If a setting is out of range, there are no documents, one has another number of marks than tokens, or a token is
    /// not the tokenizer's.
    pub fn from_documents(
        tokenizer: &Tokenizer,
        documents: impl IntoIterator<Item = TokenDocument>,
        config: &CorpusConfig,
    ) -> Result<Self> {
        let (mut tokens, mut ends, mut silent, mut any) = (Vec::new(), Vec::new(), Vec::new(), false);
        for (i, document) in documents.into_iter().enumerate() {
            let n = document.tokens.len();
            if let Some(counts) = &document.counts
                && counts.len() != n
            {
                return Err(Error::value(format!("corpus: document {} has {n} tokens, {} marks", i + 1, counts.len())));
            }
            any |= document.counts.is_some();
            silent.extend(document.counts.unwrap_or_else(|| vec![true; n]).into_iter().map(|c| !c));
            tokens.extend(document.tokens);
            ends.push(tokens.len() as u64);
        }
        Self::new(Store::Memory { tokens, ends }, any.then_some(silent), tokenizer, config, None)
    }

    fn new(
        store: Store,
        silent: Option<Vec<bool>>,
        tokenizer: &Tokenizer,
        config: &CorpusConfig,
        mark: Option<u64>,
    ) -> Result<Self> {
        let fraction = config.val_fraction;
        ensure_setting((0.0..=0.5).contains(&fraction), "corpus", "val_fraction", "in [0, 0.5]", fraction)?;
        let (documents, tokens, vocab) = (store.documents(), store.tokens(), tokenizer.vocab_size());
        if tokens == 0 {
            return Err(Error::value("corpus: the text is empty"));
        }
        let mut mark = Mark(mark.map_or_else(|| store.mark(vocab), Ok)?);
        if let Some(silent) = &silent {
            silent.iter().for_each(|s| mark.add(u64::from(*s)));
        }
        let cut = (documents == 1).then(|| tokens - (tokens as f64 * fraction) as u64);
        let held = match (cut, fraction > 0.0) {
            (None, true) => ((documents as f64 * fraction).round() as u64).max(1),
            _ => 0,
        };
        let ends_line = |token: u32| {
            let mut bytes = Vec::new();
            let _ = tokenizer.append_bytes(token, &mut bytes);
            bytes.ends_with(b"\n")
        };
        let line_ends = (0..vocab as u32).map(ends_line).collect();
        let split = DocumentSplit { order: Shuffle::new(documents, config.seed, u64::MAX), held };
        Ok(Self { store, silent, mark: mark.0, vocab, line_ends, split, cut, reused: false })
    }

    /// Documents, those held out included. A single one counts as two, what is trained on and what is held out.
    pub fn documents(&self) -> u64 {
        if self.cut.is_some() { 2 } else { self.store.documents() }
    }

    /// Tokens of all documents.
    pub fn tokens(&self) -> u64 {
        self.store.tokens()
    }

    /// Size of the vocabulary.
    pub fn vocab(&self) -> usize {
        self.vocab
    }

    /// Whether its tokens were found in the cache.
    pub fn reused(&self) -> bool {
        self.reused
    }

    /// Tells its tokens from another corpus's.
    pub fn mark(&self) -> u64 {
        self.mark
    }

    /// Whether document `d` (from 0) is trained on or held out.
    pub fn side(&self, d: u64) -> Side {
        let held =
            if self.cut.is_some() { d == 1 } else { self.split.held > 0 && self.split.order.at(d) < self.split.held };
        if held { Side::Val } else { Side::Train }
    }

    /// Where document `d` (from 0) begins and ends.
    pub(super) fn bounds(&self, d: u64) -> (u64, u64) {
        match self.cut {
            Some(cut) if d == 0 => (0, cut),
            Some(cut) => (cut, self.store.tokens()),
            None => (if d == 0 { 0 } else { self.store.end(d - 1) }, self.store.end(d)),
        }
    }

    /// The tokens of document `d` (from 0, below [`documents`](Self::documents)).
    pub fn document(&self, d: u64) -> Vec<u32> {
        let (begin, end) = self.bounds(d);
        (begin..end).map(|at| self.store.token(at)).collect()
    }

    pub(super) fn token(&self, at: u64) -> u32 {
        self.store.token(at)
    }

    /// Whether predicting the token at `at` counts.
    pub(super) fn counts(&self, at: u64) -> bool {
        self.silent.as_ref().is_none_or(|s| !s[at as usize])
    }

    /// Whether a line may end at all.
    pub(super) fn has_lines(&self) -> bool {
        self.line_ends.contains(&true)
    }

    /// Whether the held-out text begins within a document.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.is_some()
    }

    pub(super) fn ends_line(&self, token: u32) -> bool {
        self.line_ends[token as usize]
    }
}

fn named(path: &Path, e: Error) -> Error {
    match e {
        Error::Value(why) => Error::file(path, why.trim_start_matches("corpus: ")),
        other => other,
    }
}

/// What the tokens of files depend on.
fn key(tokenizer: &Tokenizer, files: &[std::path::PathBuf], config: &CorpusConfig) -> Result<u64> {
    let mut mark = Mark::new();
    let text = |mark: &mut Mark, text: &str| {
        text.bytes().for_each(|b| mark.add(u64::from(b)));
        mark.add(256);
    };
    mark.add(tokenizer.fingerprint());
    text(&mut mark, &format!("{:?} {}", config.documents, config.ends));
    text(&mut mark, &config.field);
    for file in files {
        let meta = std::fs::metadata(file).map_err(|e| Error::file(file, crate::data::reason(&e)))?;
        let changed = meta.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok()).map_or(0, |d| d.as_nanos());
        text(&mut mark, &file.to_string_lossy());
        mark.add(meta.len());
        mark.add(changed as u64);
    }
    Ok(mark.0)
}

/// Tokenises the documents that `read` gives, on all threads.
fn tokenise(
    tokenizer: &Tokenizer,
    config: &CorpusConfig,
    sink: &mut dyn Sink,
    read: impl FnOnce(&mut dyn FnMut(Piece) -> Result<()>) -> Result<()>,
) -> Result<()> {
    let (before, after) = if config.ends { (tokenizer.bos(), tokenizer.eos()) } else { (None, None) };
    let (mut group, mut size, mut begins) = (Vec::new(), 0, true);
    let mut flush = |group: &mut Vec<Piece>| -> Result<()> {
        stop::check()?;
        let encoded: Vec<Result<Vec<u32>>> = group.par_iter().map(|piece| tokenizer.encode(&piece.text)).collect();
        let written = |e: std::io::Error| Error::value(format!("corpus: tokens cannot be written: {e}"));
        for (piece, tokens) in group.iter().zip(encoded) {
            if let Some(token) = before.filter(|_| begins) {
                sink.add(&[token]).map_err(written)?;
            }
            sink.add(&tokens?).map_err(written)?;
            if piece.ends {
                after.map_or(Ok(()), |token| sink.add(&[token])).and_then(|()| sink.end()).map_err(written)?;
            }
            begins = piece.ends;
        }
        group.clear();
        Ok(())
    };
    read(&mut |piece| {
        size += piece.text.len() + 64;
        group.push(piece);
        if size >= GROUP {
            size = 0;
            flush(&mut group)?;
        }
        Ok(())
    })?;
    flush(&mut group)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> CorpusConfig {
        CorpusConfig { documents: Documents::Line, ..Default::default() }
    }

    fn text() -> String {
        (0..200).map(|i| format!("line {i} of the mill 磨坊 {}\n", "x".repeat(i % 17))).collect()
    }

    #[test]
    fn part_of_the_documents_is_held_out() {
        let tokenizer = Tokenizer::bytes().with_specials(["<eos>"]).unwrap();
        let corpus = Corpus::from_text(&tokenizer, text().as_bytes(), &lines()).unwrap();
        assert_eq!(corpus.documents(), 200);
        let held: Vec<u64> = (0..200).filter(|d| corpus.side(*d) == Side::Val).collect();
        assert_eq!(held.len(), 20);
        assert!(held.iter().any(|d| *d < 100) && held.iter().any(|d| *d >= 100), "chosen by chance");
        assert_eq!(tokenizer.decode(&corpus.document(1)).unwrap(), "line 1 of the mill 磨坊 x<eos>".as_bytes());
        let other = CorpusConfig { seed: 2, ..lines() };
        let other = Corpus::from_text(&tokenizer, text().as_bytes(), &other).unwrap();
        assert_ne!(held, (0..200).filter(|d| other.side(*d) == Side::Val).collect::<Vec<u64>>());
    }

    #[test]
    fn of_a_single_document_the_end_is_held_out() {
        let corpus = Corpus::from_text(&Tokenizer::bytes(), &[7; 100], &CorpusConfig::default()).unwrap();
        assert_eq!((corpus.bounds(0), corpus.bounds(1)), ((0, 90), (90, 100)));
        assert_eq!((corpus.side(0), corpus.side(1)), (Side::Train, Side::Val));
    }

    #[test]
    fn a_cache_is_used_again_until_something_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mill.txt");
        std::fs::write(&path, text()).unwrap();
        let cache = folder.path().join("cache");
        let config = CorpusConfig { cache: Some(cache.display().to_string()), ..lines() };
        let tokenizer = Tokenizer::bytes();
        let open = |tokenizer: &Tokenizer| Corpus::open(tokenizer, &path, &config).unwrap();
        let (first, second) = (open(&tokenizer), open(&tokenizer));
        assert!(!first.reused() && second.reused());
        let memory = Corpus::open(&tokenizer, &path, &lines()).unwrap();
        for corpus in [&first, &second] {
            assert_eq!((corpus.mark(), corpus.tokens()), (memory.mark(), memory.tokens()));
            assert!((0..200).all(|d| corpus.document(d) == memory.document(d) && corpus.side(d) == memory.side(d)));
        }
        assert!(!open(&tokenizer.clone().with_specials(["<new>"]).unwrap()).reused(), "another tokenizer");
        let file = std::fs::read_dir(&cache).unwrap().map(|e| e.unwrap().path()).min().unwrap();
        assert_eq!(std::fs::read_dir(&cache).unwrap().count(), 2, "nothing is left beside them");
        drop((first, second));
        // Damage of any kind is noticed, and repaired by tokenising anew.
        let whole = std::fs::read(&file).unwrap();
        let specials = ["<new>"];
        let tokenizers = [tokenizer.clone(), tokenizer.with_specials(specials).unwrap()];
        let own = tokenizers.iter().find(|t| {
            std::fs::write(&file, b"").unwrap();
            !open(t).reused()
        });
        let own = own.unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), whole);
        for at in [0, 9, whole.len() / 2, whole.len() - 60, whole.len() - 40, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x40;
            // A new file, so that no mapping sees the change.
            std::fs::remove_file(&file).unwrap();
            std::fs::write(&file, &damaged).unwrap();
            assert!(!open(own).reused(), "byte {at}");
            assert_eq!(std::fs::read(&file).unwrap(), whole);
        }
        std::fs::remove_file(&file).unwrap();
        std::fs::write(&file, &whole[..whole.len() - 8]).unwrap();
        assert!(!open(own).reused(), "cut off");
        std::fs::write(&path, text() + "more\n").unwrap();
        assert!(!open(own).reused(), "another text");
    }

    #[test]
    fn folders_of_texts_and_records_make_one_corpus() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.txt"), "一\n二\n").unwrap();
        std::fs::write(folder.path().join("b.jsonl"), "{\"text\": \"three\\nlines\"}\n{\"text\": \"four\"}\n").unwrap();
        let tokenizer = Tokenizer::bytes();
        let corpus = Corpus::open(&tokenizer, folder.path(), &lines()).unwrap();
        let all: Vec<Vec<u8>> = (0..4).map(|d| tokenizer.decode(&corpus.document(d)).unwrap()).collect();
        assert_eq!(all, ["一", "二", "three\nlines", "four"].map(|t| t.as_bytes().to_vec()));
        std::fs::write(folder.path().join("c.jsonl"), "{\"text\": \"ok\"}\nnot json\n").unwrap();
        let message = Corpus::open(&tokenizer, folder.path(), &lines()).unwrap_err().to_string();
        assert!(message.contains("c.jsonl: line 2 is not JSON"), "{message}");
        let cache = folder.path().join("cache");
        let config = CorpusConfig { cache: Some(cache.display().to_string()), ..lines() };
        assert!(Corpus::open(&tokenizer, folder.path(), &config).unwrap_err().to_string().contains("line 2"));
        assert_eq!(std::fs::read_dir(&cache).unwrap().count(), 0, "no half cache");
    }

    #[test]
    fn what_cannot_be_a_corpus_is_refused() {
        let tokenizer = Tokenizer::chars("ab").unwrap();
        let refusal = |text: &str, config: &CorpusConfig| {
            Corpus::from_text(&tokenizer, text.as_bytes(), config).unwrap_err().to_string()
        };
        assert_eq!(refusal("", &lines()), "corpus: the text is empty");
        assert!(refusal("abc", &lines()).starts_with("encode: character 'c'"));
        let much = CorpusConfig { val_fraction: 0.6, ..lines() };
        assert_eq!(refusal("ab", &much), "corpus: `val_fraction` must be in [0, 0.5], got 0.6");
        let odd = TokenDocument { tokens: vec![0, 1], counts: Some(vec![true]) };
        let message = Corpus::from_documents(&tokenizer, [odd], &lines()).unwrap_err().to_string();
        assert_eq!(message, "corpus: document 1 has 2 tokens, 1 marks");
        let high = TokenDocument { tokens: vec![0, 9], counts: None };
        let message = Corpus::from_documents(&tokenizer, [high], &lines()).unwrap_err().to_string();
        assert_eq!(message, "corpus: 9 is no token of the tokenizer's 2");
    }
}
