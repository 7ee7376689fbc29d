//! Tokens of documents, in memory or in a mapped file.
//!
//! The file: 8 bytes of magic; the tokens as little-endian u16 or u32, filled up to 8 bytes; for each document, as u64,
//! where its tokens end; 48 bytes that say how many there are of both, what they were made from, and their checksum.
//! It is written from front to back, so that a corpus of any size needs little memory.

use crate::data::{reason, write_atomically};
use crate::{Error, Result, stop};
use memmap2::Mmap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

const MAGIC: &[u8; 8] = b"MYNAHTK1";

/// Bytes at the end of the file: width, tokens, documents, key, mark, and the checksum of these.
const TRAILER: usize = 48;

/// Tokens and where documents end in them.
#[derive(Clone, Debug)]
pub(super) enum Store {
    Memory { tokens: Vec<u32>, ends: Vec<u64> },
    Mapped { map: Arc<Mmap>, wide: bool, tokens: usize, documents: usize },
}

/// FNV-1a (Fowler, Noll & Vo 1991), over whole numbers.
#[derive(Clone, Copy)]
pub(super) struct Mark(pub u64);

impl Mark {
    pub fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub fn add(&mut self, n: u64) {
        self.0 = (self.0 ^ n).wrapping_mul(0x0100_0000_01b3);
    }
}

/// What stands in for a document's end among its tokens' numbers, in a mark.
const END: u64 = 1 << 32;

fn padding(bytes: usize) -> usize {
    bytes.next_multiple_of(8) - bytes
}

impl Store {
    pub fn tokens(&self) -> u64 {
        match self {
            Self::Memory { tokens, .. } => tokens.len() as u64,
            Self::Mapped { tokens, .. } => *tokens as u64,
        }
    }

    pub fn documents(&self) -> u64 {
        match self {
            Self::Memory { ends, .. } => ends.len() as u64,
            Self::Mapped { documents, .. } => *documents as u64,
        }
    }

    /// Where document `d` ends.
    pub fn end(&self, d: u64) -> u64 {
        match self {
            Self::Memory { ends, .. } => ends[d as usize],
            Self::Mapped { map, wide, tokens, .. } => {
                let body = tokens * if *wide { 4 } else { 2 };
                let at = MAGIC.len() + body + padding(body) + d as usize * 8;
                map[at..at + 8].try_into().map_or(0, u64::from_le_bytes)
            }
        }
    }

    /// The token at `at`.
    pub fn token(&self, at: u64) -> u32 {
        let at = at as usize;
        match self {
            Self::Memory { tokens, .. } => tokens[at],
            Self::Mapped { map, wide: false, .. } => {
                let at = MAGIC.len() + at * 2;
                map[at..at + 2].try_into().map_or(0, |b| u32::from(u16::from_le_bytes(b)))
            }
            Self::Mapped { map, .. } => {
                let at = MAGIC.len() + at * 4;
                map[at..at + 4].try_into().map_or(0, u32::from_le_bytes)
            }
        }
    }

    /// A number that tells these documents from others.
    ///
    /// # Errors
    /// If a token is not below `vocab`, or ends are not in order; after Ctrl-C.
    pub fn mark(&self, vocab: usize) -> Result<u64> {
        let (mut mark, mut begin) = (Mark::new(), 0);
        for d in 0..self.documents() {
            let end = self.end(d);
            if end < begin || end > self.tokens() {
                return Err(Error::value("corpus: documents end out of order"));
            }
            for at in begin..end {
                if at.is_multiple_of(1 << 20) {
                    stop::check()?;
                }
                let token = self.token(at);
                if token as usize >= vocab {
                    return Err(Error::value(format!("corpus: {token} is no token of the tokenizer's {vocab}")));
                }
                mark.add(u64::from(token));
            }
            mark.add(END);
            begin = end;
        }
        if begin != self.tokens() {
            return Err(Error::value("corpus: tokens stand after the last document"));
        }
        Ok(mark.0)
    }

    /// The documents in a file made for `key`, and their mark; nothing if it is missing, damaged or made for another.
    ///
    /// # Errors
    /// After Ctrl-C.
    pub fn open(path: &Path, key: u64, vocab: usize) -> Result<Option<(Self, u64)>> {
        let Ok(Some((store, mark))) = Self::map(path, key) else { return Ok(None) };
        match store.mark(vocab) {
            Ok(found) if found == mark => Ok(Some((store, mark))),
            Err(Error::Interrupted) => Err(Error::Interrupted),
            _ => Ok(None),
        }
    }

    #[allow(unsafe_code)]
    fn map(path: &Path, key: u64) -> io::Result<Option<(Self, u64)>> {
        let file = File::open(path)?;
        if file.metadata()?.len() < (MAGIC.len() + TRAILER) as u64 {
            return Ok(None);
        }
        // SAFETY: nobody writes to a finished file of this name; a new one is put in its place whole, and the old one
        // lives on under the mapping.
        let map = unsafe { Mmap::map(&file)? };
        let body = map.len() - TRAILER;
        let numbers: Vec<u64> = map[body..].as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
        let [width, tokens, documents, of, mark, check] = numbers[..] else { return Ok(None) };
        if map[..MAGIC.len()] != *MAGIC || of != key || check != checksum(&numbers[..5]) || !matches!(width, 2 | 4) {
            return Ok(None);
        }
        let bytes = |tokens: u64| {
            let body = usize::try_from(tokens.checked_mul(width)?).ok()?;
            let ends = usize::try_from(documents.checked_mul(8)?).ok()?;
            MAGIC.len().checked_add(body.checked_next_multiple_of(8)?)?.checked_add(ends)
        };
        if bytes(tokens) != Some(body) {
            return Ok(None);
        }
        let (tokens, documents) = (tokens as usize, documents as usize);
        Ok(Some((Self::Mapped { map: Arc::new(map), wide: width == 4, tokens, documents }, mark)))
    }
}

fn checksum(numbers: &[u64]) -> u64 {
    let mut mark = Mark::new();
    numbers.iter().for_each(|n| mark.add(*n));
    mark.0
}

/// Documents being written, to memory or to a file.
pub(super) trait Sink {
    /// Adds tokens to the document that is open.
    fn add(&mut self, tokens: &[u32]) -> io::Result<()>;
    /// Ends the document.
    fn end(&mut self) -> io::Result<()>;
}

/// Documents in memory.
#[derive(Default)]
pub(super) struct Memory {
    tokens: Vec<u32>,
    ends: Vec<u64>,
}

impl Memory {
    pub fn store(self) -> Store {
        Store::Memory { tokens: self.tokens, ends: self.ends }
    }
}

impl Sink for Memory {
    fn add(&mut self, tokens: &[u32]) -> io::Result<()> {
        self.tokens.extend_from_slice(tokens);
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.ends.push(self.tokens.len() as u64);
        Ok(())
    }
}

/// Documents on their way to a file.
struct Writing<'a> {
    out: &'a mut dyn Write,
    ends: BufWriter<File>, // a nameless file beside, until all tokens are written
    wide: bool,
    tokens: u64,
    documents: u64,
    mark: Mark,
}

impl Sink for Writing<'_> {
    fn add(&mut self, tokens: &[u32]) -> io::Result<()> {
        for token in tokens {
            self.mark.add(u64::from(*token));
            match self.wide {
                true => self.out.write_all(&token.to_le_bytes())?,
                false => self.out.write_all(&(*token as u16).to_le_bytes())?,
            }
        }
        self.tokens += tokens.len() as u64;
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.mark.add(END);
        self.documents += 1;
        self.ends.write_all(&self.tokens.to_le_bytes())
    }
}

/// Writes the documents that `work` gives to a file for `key`; it appears whole or not at all.
///
/// # Errors
/// Those of `work`, or if the file cannot be written.
pub(super) fn write(path: &Path, key: u64, vocab: usize, work: impl FnOnce(&mut dyn Sink) -> Result<()>) -> Result<()> {
    let mut failure = None;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let fail = |e: io::Error| Error::file(folder, format!("cannot be written: {}", reason(&e)));
    std::fs::create_dir_all(folder).map_err(fail)?;
    let ends = BufWriter::new(tempfile::tempfile_in(folder).map_err(fail)?);
    let outcome = write_atomically(path, |out| {
        out.write_all(MAGIC)?;
        let wide = vocab > 1 << 16;
        let mut sink = Writing { out, ends, wide, tokens: 0, documents: 0, mark: Mark::new() };
        if let Err(e) = work(&mut sink) {
            failure = Some(e);
            return Err(io::Error::other("stopped"));
        }
        let Writing { out, ends, tokens, documents, mark, .. } = sink;
        let width = if wide { 4u64 } else { 2 };
        out.write_all(&[0; 8][..padding((tokens * width) as usize)])?;
        let mut ends = ends.into_inner().map_err(|e| e.into_error())?;
        ends.seek(SeekFrom::Start(0))?;
        let copied = io::copy(&mut BufReader::new(ends).take(documents * 8), out)?;
        if copied != documents * 8 {
            return Err(io::Error::other("the list of documents was lost"));
        }
        let numbers = [width, tokens, documents, key, mark.0];
        numbers.iter().chain([&checksum(&numbers)]).try_for_each(|n| out.write_all(&n.to_le_bytes()))
    });
    match failure {
        Some(e) => Err(e),
        None => outcome,
    }
}
