//! File formats of language models: every reader gives [`Parts`], every writer takes them.

mod bytes;
mod gguf;
mod hugging_face;
mod llama2c;
mod nano;
mod ours;
mod parts;
mod quant;
mod shards;
mod vocabulary;
mod weight;

#[cfg(test)]
mod tests;

pub use bytes::{Part, SharedBytes};
pub(in crate::lm) use parts::transposed;
pub use parts::{Format, Parts, SaveConfig, Stored};
pub use quant::{Kind, dequantize, quantize};
pub use weight::Weight;

use crate::{Error, Result};
use bytes::FileBytes;
use std::path::Path;

/// Reads a model of any known format, recognised by its content: a folder with `config.json` (Hugging Face), a GGUF
/// file, Mynah's own safetensors, llama2.c (v0, v1, v2), Nano. A folder of a training run gives its best model.
/// Weights are mapped, and read when they are used.
///
/// # Errors
/// If the format is unknown, or the file is damaged, cut off, or not consistent.
pub fn load_parts(path: impl AsRef<Path>) -> Result<Parts> {
    let path = path.as_ref();
    if path.is_dir() {
        if path.join("config.json").exists() {
            return hugging_face::read(path);
        }
        for name in ["best.safetensors", "last.safetensors"] {
            if path.join(name).exists() {
                return ours::read(&FileBytes::map(&path.join(name))?);
            }
        }
        let why = "no model in this folder: neither config.json nor best.safetensors nor last.safetensors";
        return Err(Error::file(path, why));
    }
    let file = FileBytes::map(path)?;
    let words = file.all().first_chunk::<8>().map(|b| {
        let word = |i: usize| u32::from_le_bytes([b[i], b[i + 1], b[i + 2], b[i + 3]]);
        [word(0), word(4)]
    });
    match words {
        Some([gguf::MAGIC, _]) => gguf::read(&file),
        Some(nano::MAGIC) => nano::read(&file),
        Some([llama2c::MAGIC, _]) => llama2c::read(&file),
        _ if ours::seems(&file) || path.extension().is_some_and(|e| e == "safetensors") => ours::read(&file),
        _ if llama2c::seems_v0(&file) => llama2c::read(&file),
        _ => Err(file.fail("not a model that this program knows (or damaged, or cut off): a folder with config.json, GGUF, safetensors of Mynah, llama2.c or Nano")),
    }
}

/// Writes a model in the format that `config` or the path's ending tells; a file is whole or not there.
///
/// # Errors
/// If the format cannot hold this model, or the file cannot be written.
pub fn save_parts(parts: &Parts, path: impl AsRef<Path>, config: &SaveConfig) -> Result<()> {
    let path = path.as_ref();
    parts.check(path)?;
    let fail = |e: Error| match e {
        Error::Value(why) => Error::file(path, why),
        other => other,
    };
    match config.format.unwrap_or(Format::of_path(path, config.dtype)) {
        Format::Mynah => ours::write(parts, path, config.dtype),
        Format::HuggingFace => hugging_face::write(parts, path, config.dtype),
        Format::Gguf => gguf::write(parts, path, config.dtype),
        Format::Llama2c0 => llama2c::write(parts, path, 0),
        Format::Llama2c1 => llama2c::write(parts, path, 1),
        Format::Llama2c2 => llama2c::write(parts, path, 2),
        Format::Nano => Err(Error::value("Nano files are read, not written; save as llama2.c instead")),
    }
    .map_err(fail)
}
