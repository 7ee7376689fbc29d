//! Documents read from texts, JSONL files and folders, piece by piece, so that a file may be larger than memory.

use crate::data::reason;
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The longest line of a JSONL file, or of a text cut by lines or blank lines.
const LONGEST: u64 = 1 << 28;

/// A document longer than this is tokenised in pieces, each but the last ending with a line.
const PIECE: usize = 1 << 24;

/// How deep folders may lie in folders.
const DEEPEST: usize = 32;

/// What in a text file is one document; in a JSONL file it is always the record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Documents {
    /// The whole file.
    #[default]
    Whole,
    /// What stands between blank lines.
    Paragraph,
    /// A line.
    Line,
}

/// A stretch of a document; `ends` if the document ends with it.
pub(super) struct Piece {
    pub text: Vec<u8>,
    pub ends: bool,
}

/// Calls `each` for every piece of the documents in `text`.
pub(super) fn of_text(text: &[u8], documents: Documents, each: &mut dyn FnMut(Piece) -> Result<()>) -> Result<()> {
    of_reader(Path::new("text"), text, documents, each)
}

/// Whether a file is of JSON lines, by its name.
fn is_jsonl(path: &Path) -> bool {
    matches!(extension(path).as_str(), "jsonl" | "ndjson")
}

fn extension(path: &Path) -> String {
    path.extension().map_or(String::new(), |e| e.to_string_lossy().to_lowercase())
}

/// The file, or the text and JSONL files in the folder and its folders, in order of their paths.
///
/// # Errors
/// If it is not there, or a folder has none.
pub(super) fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let fail = |e: &std::io::Error| Error::file(path, reason(e));
    if std::fs::metadata(path).map_err(|e| fail(&e))?.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut found = Vec::new();
    walk(path, 0, &mut found)?;
    found.sort();
    if found.is_empty() {
        return Err(Error::file(path, "no .txt, .text, .md, .jsonl or .ndjson files in this folder"));
    }
    Ok(found)
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    if depth > DEEPEST {
        return Err(Error::file(folder, format!("folders lie more than {DEEPEST} deep")));
    }
    stop::check()?;
    let fail = |e: std::io::Error| Error::file(folder, reason(&e));
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let (path, kind) = (entry.path(), entry.file_type().map_err(fail)?);
        if kind.is_dir() {
            walk(&path, depth + 1, found)?;
        } else if path.is_file() && matches!(extension(&path).as_str(), "txt" | "text" | "md" | "jsonl" | "ndjson") {
            found.push(path);
        }
    }
    Ok(())
}

/// Calls `each` for every piece of the documents in a file.
///
/// # Errors
/// If it cannot be read, or a line of JSONL has no text in `field` (file and line are named).
pub(super) fn of_file(
    path: &Path,
    documents: Documents,
    field: &str,
    each: &mut dyn FnMut(Piece) -> Result<()>,
) -> Result<()> {
    let file = File::open(path).map_err(|e| Error::file(path, reason(&e)))?;
    let reader = BufReader::with_capacity(1 << 18, file);
    if is_jsonl(path) { of_jsonl(path, reader, field, each) } else { of_reader(path, reader, documents, each) }
}

fn of_jsonl(
    path: &Path,
    mut reader: impl BufRead,
    field: &str,
    each: &mut dyn FnMut(Piece) -> Result<()>,
) -> Result<()> {
    let mut line = Vec::new();
    for number in 1u64.. {
        let fail = |why: String| Error::file(path, format!("line {number} {why}"));
        if !next_line(path, &mut reader, number, &mut line)? {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let record: serde_json::Value = serde_json::from_slice(&line).map_err(|e| {
            let what = e.to_string();
            let what = what.split(" at line ").next().unwrap_or_default();
            fail(format!("is not JSON ({what}, column {})", e.column()))
        })?;
        let Some(text) = record.get(field).and_then(serde_json::Value::as_str) else {
            return Err(fail(format!("has no text in the field `{field}`")));
        };
        each(Piece { text: text.as_bytes().to_vec(), ends: true })?;
    }
    Ok(())
}

/// Reads the next line with its end; `false` when there is none.
fn next_line(path: &Path, reader: &mut impl BufRead, number: u64, line: &mut Vec<u8>) -> Result<bool> {
    stop::check()?;
    line.clear();
    let read = reader.take(LONGEST).read_until(b'\n', line).map_err(|e| Error::file(path, reason(&e)))?;
    if read as u64 == LONGEST && line.last() != Some(&b'\n') {
        return Err(Error::file(path, format!("line {number} is longer than {LONGEST} bytes")));
    }
    Ok(read > 0)
}

fn of_reader(
    path: &Path,
    mut reader: impl BufRead,
    documents: Documents,
    each: &mut dyn FnMut(Piece) -> Result<()>,
) -> Result<()> {
    match documents {
        Documents::Whole => {
            let mut text = Vec::new();
            loop {
                stop::check()?;
                let wanted = (PIECE - text.len().min(PIECE)).max(1 << 16) as u64;
                let read = (&mut reader).take(wanted).read_to_end(&mut text);
                let read = read.map_err(|e| Error::file(path, reason(&e)))?;
                if read == 0 {
                    break;
                }
                // A piece ends with a line; without line ends in sight, it grows.
                if text.len() >= PIECE
                    && let Some(line_end) = text[..text.len() - 1].iter().rposition(|b| *b == b'\n')
                {
                    let rest = text.split_off(line_end + 1);
                    each(Piece { text: std::mem::replace(&mut text, rest), ends: false })?;
                }
                if text.len() as u64 > LONGEST {
                    return Err(Error::file(path, format!("a line is longer than {LONGEST} bytes")));
                }
            }
            if text.is_empty() { Ok(()) } else { each(Piece { text, ends: true }) }
        }
        Documents::Line | Documents::Paragraph => {
            let (mut line, mut text) = (Vec::new(), Vec::new());
            let mut give = |text: &mut Vec<u8>| {
                let text = std::mem::take(text);
                let text = text.strip_suffix(b"\n").unwrap_or(&text);
                let text = text.strip_suffix(b"\r").unwrap_or(text).to_vec();
                if text.is_empty() { Ok(()) } else { each(Piece { text, ends: true }) }
            };
            for number in 1u64.. {
                if !next_line(path, &mut reader, number, &mut line)? {
                    break;
                }
                if text.len() as u64 > LONGEST {
                    return Err(Error::file(
                        path,
                        format!("a document is longer than {LONGEST} bytes (line {number})"),
                    ));
                }
                if line.trim_ascii().is_empty() {
                    give(&mut text)?;
                    continue;
                }
                text.extend_from_slice(&line);
                if documents == Documents::Line {
                    give(&mut text)?;
                }
            }
            give(&mut text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, documents: Documents) -> Vec<String> {
        let mut all = Vec::new();
        of_text(text.as_bytes(), documents, &mut |p| {
            all.push(String::from_utf8(p.text).unwrap());
            Ok(())
        })
        .unwrap();
        all
    }

    #[test]
    fn documents_are_what_the_separator_says() {
        let text = "one\ntwo\r\n\n\n 三\n";
        assert_eq!(texts(text, Documents::Whole), [text]);
        assert_eq!(texts(text, Documents::Line), ["one", "two", " 三"]);
        assert_eq!(texts(text, Documents::Paragraph), ["one\ntwo", " 三"]);
        assert!(texts("", Documents::Whole).is_empty());
    }

    #[test]
    fn a_long_document_comes_in_pieces_that_end_with_lines() {
        let text = "a line of text\n".repeat(PIECE / 8);
        let mut pieces = Vec::new();
        of_text(text.as_bytes(), Documents::Whole, &mut |p| {
            pieces.push(p);
            Ok(())
        })
        .unwrap();
        assert_eq!(pieces.iter().map(|p| p.ends).collect::<Vec<_>>(), [false, true]);
        assert!(pieces.iter().all(|p| p.text.ends_with(b"\n") && p.text.len() <= PIECE + (1 << 16)));
        assert_eq!(pieces.iter().flat_map(|p| p.text.clone()).collect::<Vec<u8>>(), text.as_bytes());
    }

    #[test]
    fn malformed_lines_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("talk.jsonl");
        let refusal = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let message = of_file(&path, Documents::Whole, "text", &mut |_| Ok(())).unwrap_err().to_string();
            message.rsplit('/').next().unwrap().to_string()
        };
        let good = "{\"text\": \"磨坊\"}\n\n";
        assert!(
            refusal(&format!("{good}{{\"text\": oops}}\n"))
                .starts_with("talk.jsonl: line 3 is not JSON (expected value")
        );
        assert_eq!(refusal(&format!("{good}{{\"body\": 1}}")), "talk.jsonl: line 3 has no text in the field `text`");
        assert_eq!(refusal("[1]"), "talk.jsonl: line 1 has no text in the field `text`");
        assert!(refusal("\u{feff}").contains("line 1 is not JSON"));
    }

    #[test]
    fn folders_give_their_files_in_order() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("b")).unwrap();
        for name in ["c.txt", "a.md", "b/x.jsonl", ".hidden.txt", "picture.png"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        let found = files(folder.path()).unwrap();
        let names: Vec<_> = found.iter().map(|p| p.strip_prefix(folder.path()).unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a.md", "b/x.jsonl", "c.txt"]);
        let empty = tempfile::tempdir().unwrap();
        assert!(files(empty.path()).unwrap_err().to_string().contains("no .txt"));
        assert!(files(&empty.path().join("none")).unwrap_err().to_string().ends_with("none: no such file"));
    }
}
