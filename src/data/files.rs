//! Files that are whole or not there: written beside, synced, renamed.

use crate::{Error, Result};
use etcetera::BaseStrategy;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes `path` through `work` so that readers see the old file or the whole new one, never half.
///
/// The folder is made if it is missing. If anything fails, an older file at `path` stays as it was.
pub fn write_atomically(
    path: impl AsRef<Path>,
    work: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<()> {
    let path = path.as_ref();
    let fail = |e: std::io::Error| Error::file(path, format!("cannot be written: {}", reason(&e)));
    let folder = match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p.to_path_buf(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&folder).map_err(fail)?;
    let mut beside = tempfile::Builder::new().prefix(".writing-").tempfile_in(&folder).map_err(fail)?;
    let mut buffer = BufWriter::with_capacity(1 << 16, beside.as_file_mut());
    work(&mut buffer).and_then(|()| buffer.flush()).map_err(fail)?;
    drop(buffer);
    open_to_all(beside.as_file()).map_err(fail)?;
    beside.as_file().sync_all().map_err(fail)?;
    beside.persist(path).map_err(|e| fail(e.error))?;
    Ok(())
}

/// A folder of this name in the user's cache (`~/.cache/mynah/name` on Linux), made if it is missing.
///
/// # Errors
/// If the user has no home, or it cannot be written.
pub fn cache_dir(name: &str) -> Result<PathBuf> {
    let base = etcetera::choose_base_strategy().map_err(|e| Error::value(format!("cache_dir: {e}")))?;
    let folder = base.cache_dir().join("mynah").join(name);
    fs::create_dir_all(&folder).map_err(|e| Error::file(&folder, format!("cannot be made: {}", reason(&e))))?;
    Ok(folder)
}

/// Temporary files are private; finished ones have the usual permissions.
#[cfg(unix)]
fn open_to_all(file: &fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn open_to_all(_: &fs::File) -> std::io::Result<()> {
    Ok(())
}

/// An I/O error in words, without the number.
pub fn reason(e: &std::io::Error) -> String {
    match e.kind() {
        std::io::ErrorKind::NotFound => "no such file".into(),
        std::io::ErrorKind::PermissionDenied => "permission denied".into(),
        std::io::ErrorKind::StorageFull => "the disk is full".into(),
        std::io::ErrorKind::IsADirectory => "it is a folder".into(),
        _ => e.to_string(),
    }
}

/// A whole file as bytes.
pub fn read_bytes(path: impl AsRef<Path>) -> Result<Vec<u8>> {
    fs::read(&path).map_err(|e| Error::file(&path, reason(&e)))
}

/// A whole file as text.
///
/// # Errors
/// If it cannot be read, or is not UTF-8 (the place of the first wrong byte is named).
pub fn read_text(path: impl AsRef<Path>) -> Result<String> {
    String::from_utf8(read_bytes(&path)?).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let line = 1 + e.as_bytes()[..at].iter().filter(|b| **b == b'\n').count();
        Error::file(&path, format!("not UTF-8 text (byte {} in line {line})", at + 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.txt");
        write_atomically(&path, |f| f.write_all(b"old")).unwrap();
        let broken = write_atomically(&path, |f| {
            f.write_all(b"new")?;
            Err(std::io::Error::other("power cut"))
        });
        assert!(broken.unwrap_err().to_string().ends_with("cannot be written: power cut"));
        assert_eq!(read_text(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn text_that_is_no_text_is_refused_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("latin.txt");
        fs::write(&path, b"one\ncaf\xe9").unwrap();
        let message = read_text(&path).unwrap_err().to_string();
        assert!(message.ends_with("latin.txt: not UTF-8 text (byte 8 in line 2)"), "{message}");
        assert!(read_text(folder.path().join("none")).unwrap_err().to_string().ends_with("none: no such file"));
    }
}
