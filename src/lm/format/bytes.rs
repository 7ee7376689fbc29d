//! A file's bytes, mapped into memory and read with every bound checked.

use crate::data::reason;
use crate::{Error, Result};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes that somebody keeps alive, such as a memory-mapped file.
pub type SharedBytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// A file's bytes with its name for error messages.
#[derive(Clone)]
pub struct FileBytes {
    path: PathBuf,
    bytes: SharedBytes,
}

impl FileBytes {
    /// Maps a file into memory: only what is touched is read. Nobody may shorten the file meanwhile (writers of this
    /// crate put a whole new file in its place).
    ///
    /// # Errors
    /// If it cannot be opened, or is empty.
    #[allow(unsafe_code)]
    pub fn map(path: &Path) -> Result<Self> {
        let fail = |e: std::io::Error| Error::file(path, reason(&e));
        let file = File::open(path).map_err(fail)?;
        if file.metadata().map_err(fail)?.is_dir() {
            return Err(Error::file(path, "it is a folder"));
        }
        if file.metadata().map_err(fail)?.len() == 0 {
            return Err(Error::file(path, "the file is empty"));
        }
        // SAFETY: the mapping is read-only; that the file keeps its length is the caller's side, as documented.
        let map = unsafe { memmap2::Mmap::map(&file) }.map_err(fail)?;
        Ok(Self { path: path.to_path_buf(), bytes: Arc::new(map) })
    }

    /// All of it.
    pub fn all(&self) -> &[u8] {
        (*self.bytes).as_ref()
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.all().len()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A refusal that names the file.
    pub fn fail(&self, why: impl std::fmt::Display) -> Error {
        Error::file(&self.path, why)
    }

    /// `len` bytes from `from`, kept alive.
    ///
    /// # Errors
    /// If they are not all there; `what` names them.
    pub fn part(&self, what: &str, from: usize, len: usize) -> Result<Part> {
        let inside = from.checked_add(len).is_some_and(|to| to <= self.len());
        if !inside {
            let why = format!("damaged or cut off: {what} lies outside its {} bytes", self.len());
            return Err(self.fail(why));
        }
        Ok(Part { bytes: self.bytes.clone(), from, len })
    }

    /// A reader from byte `at` on.
    pub fn cursor(&self, at: usize) -> Cursor<'_> {
        Cursor { file: self, at }
    }
}

/// Some bytes of a file or of memory, kept alive.
#[derive(Clone)]
pub struct Part {
    bytes: SharedBytes,
    from: usize,
    len: usize,
}

impl Part {
    /// Bytes that are owned.
    pub fn owned(bytes: Vec<u8>) -> Self {
        let len = bytes.len();
        Self { bytes: Arc::new(bytes), from: 0, len }
    }

    /// The bytes.
    pub fn all(&self) -> &[u8] {
        (*self.bytes).as_ref().get(self.from..self.from + self.len).unwrap_or_default()
    }

    /// What they lie in, where they begin there, and how many they are.
    pub fn shared(&self) -> (&SharedBytes, usize, usize) {
        (&self.bytes, self.from, self.len)
    }
}

/// Reads numbers (little-endian) one after the other.
pub struct Cursor<'a> {
    file: &'a FileBytes,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Where it stands, in bytes from the file's beginning.
    pub fn at(&self) -> usize {
        self.at
    }

    /// How many bytes follow.
    pub fn left(&self) -> usize {
        self.file.len().saturating_sub(self.at)
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    /// If there are fewer.
    pub fn bytes(&mut self, len: u64) -> Result<&'a [u8]> {
        let part = usize::try_from(len)
            .ok()
            .and_then(|len| self.at.checked_add(len))
            .and_then(|to| self.file.all().get(self.at..to))
            .ok_or_else(|| {
                let (at, has) = (self.at, self.file.len());
                self.file.fail(format!("damaged or cut off: {len} bytes are expected at byte {at}, the file has {has}"))
            })?;
        self.at += part.len();
        Ok(part)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut out = [0; N];
        out.copy_from_slice(self.bytes(N as u64)?);
        Ok(out)
    }

    /// A byte.
    pub fn u8(&mut self) -> Result<u8> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    /// An unsigned 32-bit number.
    pub fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// A signed 32-bit number.
    pub fn i32(&mut self) -> Result<i32> {
        Ok(i32::from_le_bytes(self.array()?))
    }

    /// An unsigned 64-bit number.
    pub fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// A single-precision number.
    pub fn f32(&mut self) -> Result<f32> {
        Ok(f32::from_le_bytes(self.array()?))
    }
}
