//! Safetensors files, mapped: weights by name, and writing one weight after the other.

use super::bytes::FileBytes;
use super::quant::Kind;
use super::weight::Weight;
use crate::data::write_atomically;
use crate::{Error, Result};
use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, Metadata, SafeTensors};
use std::collections::HashMap;
use std::path::Path;

/// An opened safetensors file.
pub struct Shard {
    file: FileBytes,
    header: Metadata,
    start: usize, // of the data
}

impl Shard {
    /// Opens a file; its header is checked against its length.
    ///
    /// # Errors
    /// If it is damaged, cut off, or of another format.
    pub fn open(file: FileBytes) -> Result<Self> {
        let (size, header) = SafeTensors::read_metadata(file.all()).map_err(|e| {
            file.fail(match e {
                SafeTensorError::MetadataIncompleteBuffer => {
                    format!("damaged or cut off: its {} bytes are not what its header tells of", file.len())
                }
                other => format!("not a safetensors file, or damaged or cut off ({other})"),
            })
        })?;
        Ok(Self { file, header, start: size + 8 })
    }

    /// One entry of the header's metadata.
    pub fn meta(&self, key: &str) -> Option<&str> {
        self.header.metadata().as_ref()?.get(key).map(String::as_str)
    }

    /// The weights' names.
    pub fn names(&self) -> Vec<String> {
        self.header.offset_keys()
    }

    /// The bytes of a weight, its shape and type.
    fn raw(&self, name: &str) -> Result<(super::bytes::Part, &[usize], Dtype)> {
        let info = self.header.info(name).ok_or_else(|| self.file.fail(format!("has no weight `{name}`")))?;
        let (from, to) = info.data_offsets;
        let part = self.file.part(&format!("`{name}`"), self.start.saturating_add(from), to.saturating_sub(from))?;
        Ok((part, &info.shape, info.dtype))
    }

    /// A weight of f32, f16 or bf16.
    ///
    /// # Errors
    /// If there is none of this name, or it is of another type.
    pub fn weight(&self, name: &str) -> Result<Weight> {
        let (part, shape, dtype) = self.raw(name)?;
        let kind = match dtype {
            Dtype::F32 => Kind::F32,
            Dtype::F16 => Kind::F16,
            Dtype::BF16 => Kind::BF16,
            other => {
                let why = format!("`{name}` is of type {other:?}, which is not read (F32, F16 and BF16 are)");
                return Err(self.file.fail(why));
            }
        };
        Weight::blocks(shape, kind, part).map_err(|e| self.file.fail(format!("`{name}`: {e}")))
    }

    /// A weight of shape `shape`, which may be quantised: bytes [rows, bytes of a row] of Q8_0 or Q4_0 blocks.
    ///
    /// # Errors
    /// As [`weight`](Self::weight).
    pub fn weight_of(&self, name: &str, shape: &[usize]) -> Result<Weight> {
        let (part, stored, dtype) = self.raw(name)?;
        if dtype != Dtype::U8 || shape.len() != 2 {
            return self.weight(name);
        }
        let fits = |k: &Kind| k.bytes(1, shape[1]).is_some_and(|bytes| stored == [shape[0], bytes]);
        let kind = [Kind::Q8_0, Kind::Q4_0].into_iter().find(fits).ok_or_else(|| {
            self.file.fail(format!("`{name}` with bytes {stored:?} is no quantised matrix of shape {shape:?}"))
        })?;
        Weight::blocks(shape, kind, part).map_err(|e| self.file.fail(format!("`{name}`: {e}")))
    }
}

/// Writes named weights, each as its kind, with metadata.
///
/// # Errors
/// If a number does not fit its kind, or the file cannot be written.
pub fn write(path: &Path, weights: &[(String, &Weight, Kind)], metadata: &HashMap<&str, String>) -> Result<()> {
    let mut header = serde_json::Map::new();
    header.insert("__metadata__".into(), serde_json::json!(metadata));
    let mut at = 0usize;
    for (name, weight, kind) in weights {
        let (numbers, bytes) = kind.block();
        let len = weight.len() / numbers * bytes;
        let (dtype, shape) = match kind {
            Kind::F32 => ("F32", weight.shape().to_vec()),
            Kind::F16 => ("F16", weight.shape().to_vec()),
            Kind::BF16 => ("BF16", weight.shape().to_vec()),
            _ => ("U8", vec![weight.shape()[0], len / weight.shape()[0].max(1)]),
        };
        let info = serde_json::json!({ "dtype": dtype, "shape": shape, "data_offsets": [at, at + len] });
        header.insert(name.clone(), info);
        at += len;
    }
    let mut json = serde_json::to_vec(&header).map_err(|e| Error::file(path, e))?;
    json.resize(json.len().next_multiple_of(8), b' ');
    let mut failed = None;
    let written = write_atomically(path, |out| {
        out.write_all(&(json.len() as u64).to_le_bytes())?;
        out.write_all(&json)?;
        for (name, weight, kind) in weights {
            match weight.to_bytes(*kind) {
                Ok(bytes) => out.write_all(&bytes)?,
                Err(e) => {
                    failed = Some(Error::file(path, format!("`{name}`: {e}")));
                    return Err(std::io::Error::other("a weight cannot be stored"));
                }
            }
        }
        Ok(())
    });
    failed.map_or(written, Err)
}
