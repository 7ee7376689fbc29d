//! NumPy's array files (.npy), read as and written from `f64`.
//!
//! NEP 1 and numpy/lib/format.py: format versions 1 to 3.

use crate::data::{read_bytes, write_atomically};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

const NAME: &str = "npy";
const MAGIC: &[u8; 6] = b"\x93NUMPY";
const DIMENSIONS: usize = 64; // NumPy's own limit

/// An array: its shape, and its numbers in C order (the last axis fastest).
pub type Npy = (Vec<usize>, Vec<f64>);

/// How numbers are stored in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NpyKind {
    /// 64-bit floating point.
    #[default]
    F64,
    /// 32-bit floating point.
    F32,
    /// Whole numbers in 8 bits.
    I8,
    /// Whole numbers in 16 bits.
    I16,
    /// Whole numbers in 32 bits.
    I32,
    /// Whole numbers in 64 bits.
    I64,
    /// Whole numbers from 0 in 8 bits.
    U8,
    /// Whole numbers from 0 in 16 bits.
    U16,
    /// Whole numbers from 0 in 32 bits.
    U32,
    /// Whole numbers from 0 in 64 bits.
    U64,
    /// False and true: 0 and 1.
    Bool,
}

/// Kinds, their letters in the header, and their sizes.
const KINDS: [(NpyKind, &str, usize); 11] = [
    (NpyKind::F64, "f8", 8),
    (NpyKind::F32, "f4", 4),
    (NpyKind::I8, "i1", 1),
    (NpyKind::I16, "i2", 2),
    (NpyKind::I32, "i4", 4),
    (NpyKind::I64, "i8", 8),
    (NpyKind::U8, "u1", 1),
    (NpyKind::U16, "u2", 2),
    (NpyKind::U32, "u4", 4),
    (NpyKind::U64, "u8", 8),
    (NpyKind::Bool, "b1", 1),
];

impl NpyKind {
    fn size(self) -> usize {
        KINDS.iter().find(|k| k.0 == self).expect("every kind is listed").2
    }

    /// One number from its bytes, the lowest first.
    fn read(self, b: &[u8]) -> f64 {
        let mut wide = [0; 8];
        wide[..b.len()].copy_from_slice(b);
        let bits = u64::from_le_bytes(wide);
        match self {
            Self::F64 => f64::from_bits(bits),
            Self::F32 => f64::from(f32::from_bits(bits as u32)),
            Self::I8 => f64::from(bits as u8 as i8),
            Self::I16 => f64::from(bits as u16 as i16),
            Self::I32 => f64::from(bits as u32 as i32),
            Self::I64 => bits as i64 as f64,
            Self::U8 | Self::U16 | Self::U32 | Self::U64 => bits as f64,
            Self::Bool => f64::from(bits != 0),
        }
    }

    /// The bits of a number, if this kind can hold it. F32 rounds.
    fn bits(self, v: f64) -> Option<u64> {
        let (least, end) = match self {
            Self::F64 => return Some(v.to_bits()),
            Self::F32 => return Some(u64::from((v as f32).to_bits())),
            Self::Bool => (0.0, 2.0),
            Self::I8 | Self::I16 | Self::I32 | Self::I64 => {
                let half = 2f64.powi(self.size() as i32 * 8 - 1);
                (-half, half)
            }
            Self::U8 | Self::U16 | Self::U32 | Self::U64 => (0.0, 2f64.powi(self.size() as i32 * 8)),
        };
        let fits = v.trunc() == v && v >= least && v < end;
        fits.then_some(if v < 0.0 { v as i64 as u64 } else { v as u64 })
    }
}

/// Reads an array; whole numbers beyond 2^53 are rounded to the nearest `f64`.
///
/// # Errors
/// When the file cannot be read, is no .npy file, holds anything but numbers, or is not as long as its header says.
pub fn read_npy(path: impl AsRef<Path>) -> Result<Npy> {
    parse_npy(&read_bytes(&path)?).map_err(|why| Error::file(&path, why))
}

fn parse_npy(bytes: &[u8]) -> Result<Npy, String> {
    let (head, body) = split_head(bytes)?;
    let head = Head::parse(head)?;
    let count = head.shape.iter().try_fold(1usize, |n, d| n.checked_mul(*d));
    let count = if head.shape.contains(&0) { Some(0) } else { count };
    let size = head.kind.size();
    if count.and_then(|n| n.checked_mul(size)) != Some(body.len()) {
        let (shape, body) = (&head.shape, body.len());
        return Err(format!("the header says {shape:?} numbers of {size} bytes, but {body} bytes follow"));
    }
    let number = |b: &[u8]| {
        let mut low = [0; 8];
        let low = &mut low[..size];
        low.copy_from_slice(b);
        if head.big {
            low.reverse();
        }
        head.kind.read(low)
    };
    let values: Vec<f64> = body.chunks_exact(size).map(number).collect();
    let values = if head.fortran && head.shape.len() > 1 { c_order(&head.shape, &values) } else { values };
    Ok((head.shape, values))
}

/// The header's text and what follows it.
fn split_head(bytes: &[u8]) -> Result<(&str, &[u8]), String> {
    let rest = bytes.strip_prefix(MAGIC).ok_or("not a .npy file")?;
    let cut = || "the header is cut off".to_string();
    let version = *rest.first().ok_or_else(cut)?;
    let (length, at) = match version {
        1 => (rest.get(2..4).map(|b| u64::from(u16::from_le_bytes([b[0], b[1]]))), 4),
        2 | 3 => (rest.get(2..6).map(|b| u64::from(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))), 6),
        other => return Err(format!("format version {other} is not known; versions 1 to 3 are")),
    };
    let end = usize::try_from(length.ok_or_else(cut)?).ok().and_then(|n| n.checked_add(at));
    let (head, body) = end.and_then(|end| rest.split_at_checked(end)).ok_or_else(cut)?;
    let head = std::str::from_utf8(&head[at..]).map_err(|_| "the header is not text")?;
    Ok((head, body))
}

/// The header: `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`.
struct Head {
    kind: NpyKind,
    big: bool,
    fortran: bool,
    shape: Vec<usize>,
}

impl Head {
    fn parse(text: &str) -> Result<Self, String> {
        let odd = || "the header is not one of NumPy's".to_string();
        let mut inner = text.trim().strip_prefix('{').and_then(|t| t.strip_suffix('}')).ok_or_else(odd)?.trim();
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        while !inner.is_empty() {
            let (key, rest) = quoted(inner).ok_or_else(odd)?;
            let rest = rest.trim_start().strip_prefix(':').ok_or_else(odd)?.trim_start();
            let after = match key {
                "descr" => {
                    let (d, after) = quoted(rest).ok_or("holds records or objects; only plain numbers can be read")?;
                    descr = Some(d);
                    after
                }
                "fortran_order" => {
                    let yes = rest.strip_prefix("True");
                    fortran = Some(yes.is_some());
                    yes.or_else(|| rest.strip_prefix("False")).ok_or_else(odd)?
                }
                "shape" => {
                    let (list, after) = rest.strip_prefix('(').and_then(|r| r.split_once(')')).ok_or_else(odd)?;
                    shape = Some(dimensions(list).ok_or_else(odd)?);
                    after
                }
                _ => return Err(odd()),
            };
            inner = after.trim_start();
            inner = match inner.strip_prefix(',') {
                Some(more) => more.trim_start(),
                None if inner.is_empty() => inner,
                None => return Err(odd()),
            };
        }
        let (Some(descr), Some(fortran), Some(shape)) = (descr, fortran, shape) else { return Err(odd()) };
        let letters = descr.trim_start_matches(['<', '>', '|', '=']);
        let Some(&(kind, ..)) = KINDS.iter().find(|k| k.1 == letters) else {
            return Err(format!(
                "holds `{}`; only f4, f8, i1 to i8, u1 to u8 and b1 can be read",
                descr.escape_debug()
            ));
        };
        Ok(Self { kind, big: descr.starts_with('>'), fortran, shape })
    }
}

/// A Python string without escapes, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text[1..].split_once(quote).filter(|(inside, _)| !inside.contains('\\'))
}

/// `3, 4` or `3,` or nothing; Python 2 wrote `3L`.
fn dimensions(list: &str) -> Option<Vec<usize>> {
    let list = list.trim();
    let list = list.strip_suffix(',').unwrap_or(list);
    if list.is_empty() {
        return Some(Vec::new());
    }
    let shape: Option<Vec<usize>> = list.split(',').map(|d| d.trim().trim_end_matches('L').parse().ok()).collect();
    shape.filter(|s| s.len() <= DIMENSIONS)
}

/// Numbers with the first axis fastest, put in order with the last axis fastest.
fn c_order(shape: &[usize], values: &[f64]) -> Vec<f64> {
    let mut strides = Vec::with_capacity(shape.len()); // of each axis, in `values`
    let mut stride = 1usize;
    for d in shape {
        strides.push(stride);
        stride = stride.saturating_mul(*d); // exact unless there are no numbers
    }
    let mut place = vec![0; shape.len()];
    let mut at = 0;
    let mut out = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        out.push(values[at]);
        for axis in (0..shape.len()).rev() {
            place[axis] += 1;
            at += strides[axis];
            if place[axis] < shape[axis] {
                break;
            }
            at -= strides[axis] * shape[axis];
            place[axis] = 0;
        }
    }
    out
}

/// Writes an array given in C order: little-endian, format version 1.
///
/// # Errors
/// When the shape does not fit the numbers, `kind` cannot hold one of them (F32 rounds), or the file cannot be written.
pub fn write_npy(path: impl AsRef<Path>, shape: &[usize], values: &[f64], kind: NpyKind) -> Result<()> {
    let count = shape.iter().try_fold(1usize, |n, d| n.checked_mul(*d));
    if count != Some(values.len()) || shape.len() > DIMENSIONS {
        return Err(Error::shape(NAME, format!("{shape:?} are not {} numbers", values.len())));
    }
    if let Some(i) = values.iter().position(|v| kind.bits(*v).is_none()) {
        let why = format!("number {} is {}, which {kind:?} cannot hold", i + 1, values[i]);
        return Err(Error::value(format!("{NAME}: {why}")));
    }
    let letters = KINDS.iter().find(|k| k.0 == kind).expect("every kind is listed").1;
    let order = if kind.size() == 1 { '|' } else { '<' };
    let list: Vec<String> = shape.iter().map(usize::to_string).collect();
    let list = if list.len() == 1 { format!("{},", list[0]) } else { list.join(", ") };
    let mut head = format!("{{'descr': '{order}{letters}', 'fortran_order': False, 'shape': ({list}), }}");
    // The numbers begin at a multiple of 64 bytes, after 10 bytes, the header and its line end.
    let pad = (64 - (10 + head.len() + 1) % 64) % 64;
    head.extend(std::iter::repeat_n(' ', pad));
    head.push('\n');
    write_atomically(path, |to| {
        to.write_all(MAGIC)?;
        to.write_all(&[1, 0])?;
        to.write_all(&(head.len() as u16).to_le_bytes())?; // at most 64 dimensions of 20 digits
        to.write_all(head.as_bytes())?;
        let bytes = |v: &f64| kind.bits(*v).unwrap_or(0).to_le_bytes();
        values.iter().try_for_each(|v| to.write_all(&bytes(v)[..kind.size()]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(version: u8, head: &str, body: &[u8]) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend([version, 0]);
        if version == 1 {
            out.extend((head.len() as u16).to_le_bytes());
        } else {
            out.extend((head.len() as u32).to_le_bytes());
        }
        out.extend(head.as_bytes());
        out.extend(body);
        out
    }

    #[test]
    fn all_kinds_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        for (kind, ..) in KINDS {
            let values = match kind {
                NpyKind::F64 | NpyKind::F32 => vec![0.5, -1.0, f64::INFINITY, 3.0, 0.0, -7.25],
                NpyKind::Bool => vec![0.0, 1.0, 1.0, 0.0, 0.0, 1.0],
                NpyKind::U8 | NpyKind::U16 | NpyKind::U32 | NpyKind::U64 => vec![0.0, 1.0, 2.0, 255.0, 4.0, 5.0],
                _ => vec![0.0, -1.0, -128.0, 127.0, 4.0, 5.0],
            };
            for shape in [vec![6], vec![2, 3], vec![1, 3, 2]] {
                write_npy(&path, &shape, &values, kind).unwrap();
                assert_eq!(std::fs::metadata(&path).unwrap().len() as usize % 64, 6 * kind.size() % 64);
                assert_eq!(read_npy(&path).unwrap(), (shape, values.clone()), "{kind:?}");
            }
        }
        write_npy(&path, &[], &[4.0], NpyKind::F64).unwrap();
        assert_eq!(read_npy(&path).unwrap(), (vec![], vec![4.0]));
        write_npy(&path, &[0, 5], &[], NpyKind::F64).unwrap();
        assert_eq!(read_npy(&path).unwrap(), (vec![0, 5], vec![]));
        for (v, kind) in [(256.0, NpyKind::U8), (-1.0, NpyKind::U64), (0.5, NpyKind::I32), (f64::NAN, NpyKind::I64)] {
            assert!(write_npy(&path, &[1], &[v], kind).is_err());
        }
        assert!(write_npy(&path, &[2], &[1.0], NpyKind::F64).is_err());
    }

    #[test]
    fn orders_versions_and_ends() {
        let body = [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0xff, 0xfe];
        let head = "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }    \n";
        for version in 1..=3 {
            let read = parse_npy(&file(version, head, &body)).unwrap();
            assert_eq!(read, (vec![2, 3], vec![1.0, 3.0, 5.0, 2.0, 4.0, -2.0]));
        }
        // np.asfortranarray(np.arange(24.).reshape(2, 3, 4)) holds these in its file.
        let values: Vec<f64> = (0..24).map(|t| f64::from(t % 2 * 12 + t / 2 % 3 * 4 + t / 6)).collect();
        assert_eq!(c_order(&[2, 3, 4], &values), (0..24).map(f64::from).collect::<Vec<_>>());
        let old = parse_npy(&file(1, "{\"shape\": (2L,), 'fortran_order':False,'descr':'|u1'}", &[7, 8])).unwrap();
        assert_eq!(old, (vec![2], vec![7.0, 8.0]));
    }

    #[test]
    fn hostile_files_are_refused() {
        let says = |bytes: &[u8]| parse_npy(bytes).unwrap_err();
        let head = |descr: &str, shape: &str| format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}");
        assert_eq!(says(b"PK"), "not a .npy file");
        assert_eq!(says(&file(9, "", b"")), "format version 9 is not known; versions 1 to 3 are");
        for shape in ["(4,)", "(99999999999, 99999999999)", "(18446744073709551615,)", "(3, 0)"] {
            assert!(says(&file(1, &head("'<f8'", shape), &[0; 24])).contains("but 24 bytes follow"), "{shape}");
        }
        for shape in ["(-1,)", "(a,)", "(1", "(1, 1.5)", "(99999999999999999999999,)", "(,,)"] {
            assert!(says(&file(1, &head("'<f8'", shape), &[0; 24])).contains("header"), "{shape}");
        }
        assert!(says(&file(1, &head("'<f8'", &format!("({})", "1,".repeat(99))), &[0; 8])).contains("header"));
        assert!(says(&file(1, &head("'|O'", "(1,)"), &[0; 8])).contains("holds `|O`"));
        assert!(says(&file(1, &head("[('a', '<f8')]", "(1,)"), &[0; 8])).contains("records"));
        assert!(says(&file(1, "{'descr': '<f8'}", b"")).contains("header"));
        assert!(says(&file(1, "{'shape': é", b"")).contains("header"));
        let whole = file(2, &head("'<f8'", "(1,)"), &[0; 8]);
        for n in 0..whole.len() {
            says(&whole[..n]);
        }
        let empty = parse_npy(&file(1, &head("'<f8'", "(0, 18446744073709551615, 2)"), b"")).unwrap();
        assert!(empty.1.is_empty());
    }
}
