//! Mynah's own file: safetensors whose header carries sizes and tokenizer as JSON, under `mynah`.
//!
//! Matrices are [out, in], under the names of [`Parts::expected`]. Quantised ones are bytes [out, bytes of a row]:
//! blocks of 32 as GGUF's Q8_0 or Q4_0. A training run's file holds its optimizer's state beside, under `train.`.

use super::bytes::FileBytes;
use super::parts::{Format, Parts, Stored};
use super::shards::{self, Shard};
use crate::Result;
use crate::lm::checkpoint::Header;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Whether a file looks like safetensors: the length of a header, then its JSON.
pub fn seems(file: &FileBytes) -> bool {
    let all = file.all();
    let told = all.first_chunk::<8>().map_or(u64::MAX, |n| u64::from_le_bytes(*n));
    all.get(8) == Some(&b'{') && told < 1 << 32
}

/// The model in an opened file.
///
/// # Errors
/// If it is damaged, cut off, or not a model of Mynah.
pub fn read(file: &FileBytes) -> Result<Parts> {
    let shard = Shard::open(file.clone())?;
    let Some(json) = shard.meta("mynah") else {
        let why = "safetensors, but not a model of Mynah (no `mynah` header); if it belongs to a folder with config.json, give the folder";
        return Err(file.fail(why));
    };
    let header = Header::read(json).map_err(|e| file.fail(e))?;
    let config = header.config.resolved(header.tokenizer.vocab_size()).map_err(|e| file.fail(e))?;
    let template = header.tokenizer.chat_template().map(String::from);
    let mut parts =
        Parts { config, tokenizer: header.tokenizer, template, weights: BTreeMap::new(), format: Some(Format::Mynah) };
    let names: Vec<String> = shard.names().into_iter().filter(|n| !n.starts_with("train.")).collect();
    if Parts::count(&parts.config) > names.len() {
        let (layers, needs, has) = (parts.config.layers, Parts::count(&parts.config), names.len());
        return Err(file.fail(format!("its header tells of {layers} layers with {needs} weights, but it has {has}")));
    }
    for (name, shape) in Parts::expected(&parts.config) {
        let weight = shard.weight_of(&name, &shape)?;
        parts.weights.insert(name, weight);
    }
    parts.check(file.path())?;
    Ok(parts)
}

/// Writes one file.
///
/// # Errors
/// If it cannot be written.
pub fn write(parts: &Parts, path: &Path, dtype: Stored) -> Result<()> {
    let header = Header::of(&parts.config, &parts.tokenizer);
    let mut all = Vec::new();
    for (name, _) in Parts::expected(&parts.config) {
        let weight = parts.weight(&name)?;
        all.push((name, weight, dtype.kind_for(weight)));
    }
    let meta = HashMap::from([("mynah", header.text()?), ("format", "pt".to_string())]);
    shards::write(path, &all, &meta)
}
