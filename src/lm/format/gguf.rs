//! GGUF, versions 2 and 3 (ggml, Gerganov 2023): metadata by key, tensors by name, all in one file.
//!
//! Layout: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>. Read are the architectures `llama`, `qwen2` and
//! `qwen3`. Sizes in the file run from the inside out: a matrix [out, in] stands there as `in, out`. Llama files hold
//! queries and keys with rotary pairs of neighbours, the others of halves; read are both as halves.
//!
//! A tokenizer of ours that the format's own fields cannot express stands under `mynah.tokenizer`, as JSON, and
//! `mynah.positions` says where a model had its pairs otherwise.

use super::bytes::{Cursor, FileBytes};
use super::parts::{Format, Parts, Stored};
use super::quant::Kind;
use super::vocabulary::Vocabulary;
use super::weight::Weight;
use crate::data::write_atomically;
use crate::lm::{ModelConfig, Positions, RopeScaling, Tokenizer};
use crate::{Error, Result};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// The first four bytes, "GGUF".
pub const MAGIC: u32 = u32::from_le_bytes(*b"GGUF");

const OWN_TOKENIZER: &str = "mynah.tokenizer";
const OWN_POSITIONS: &str = "mynah.positions";
const ALIGNMENT: usize = 32;

/// The type of a token that no text gives.
const UNUSED: i32 = 5;

/// Most dimensions of a tensor in the format.
const MOST_DIMS: u32 = 4;

/// Longest name or key that is read, in bytes.
const LONGEST_NAME: usize = 1 << 16;

/// Their names of a layer's weights, and ours.
const LAYER: [(&str, &str); 14] = [
    ("attn_norm.weight", "attn_norm.weight"),
    ("attn_q.weight", "wq.weight"),
    ("attn_k.weight", "wk.weight"),
    ("attn_v.weight", "wv.weight"),
    ("attn_q.bias", "wq.bias"),
    ("attn_k.bias", "wk.bias"),
    ("attn_v.bias", "wv.bias"),
    ("attn_q_norm.weight", "q_norm.weight"),
    ("attn_k_norm.weight", "k_norm.weight"),
    ("attn_output.weight", "wo.weight"),
    ("ffn_norm.weight", "ffn_norm.weight"),
    ("ffn_gate.weight", "w1.weight"),
    ("ffn_down.weight", "w2.weight"),
    ("ffn_up.weight", "w3.weight"),
];

/// Their name of a weight of ours.
fn their_name(name: &str) -> Option<String> {
    match name {
        "embed.weight" => Some("token_embd.weight".into()),
        "norm.weight" => Some("output_norm.weight".into()),
        "output.weight" => Some("output.weight".into()),
        _ => {
            let (layer, part) = name.strip_prefix("layers.")?.split_once('.')?;
            let theirs = LAYER.iter().find(|(_, ours)| *ours == part)?.0;
            Some(format!("blk.{layer}.{theirs}"))
        }
    }
}

/// A value of the metadata; lists are read when they are asked for.
#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    Int(i128),
    Float(f64),
    Bool(bool),
    Text(&'a [u8]),
    List { kind: u32, len: u64, at: usize },
}

/// Bytes of a number of type `kind`; nothing for texts, lists and unknown types.
fn number_size(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

fn number(kind: u32, bytes: &[u8]) -> Value<'static> {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    let u = u64::from_le_bytes(word);
    match kind {
        1 => Value::Int((u as u8 as i8).into()),
        3 => Value::Int((u as u16 as i16).into()),
        5 => Value::Int((u as u32 as i32).into()),
        11 => Value::Int((u as i64).into()),
        6 => Value::Float(f32::from_bits(u as u32).into()),
        12 => Value::Float(f64::from_bits(u)),
        7 => Value::Bool(u != 0),
        _ => Value::Int(u.into()),
    }
}

fn text<'a>(c: &mut Cursor<'a>) -> Result<&'a [u8]> {
    let len = c.u64()?;
    c.bytes(len)
}

fn value<'a>(file: &FileBytes, c: &mut Cursor<'a>, kind: u32) -> Result<Value<'a>> {
    match (kind, number_size(kind)) {
        (_, Some(size)) => Ok(number(kind, c.bytes(size)?)),
        (8, _) => Ok(Value::Text(text(c)?)),
        (9, _) => {
            let (kind, len) = (c.u32()?, c.u64()?);
            let at = c.at();
            match (kind, number_size(kind)) {
                (_, Some(size)) => {
                    let bytes = len.checked_mul(size).ok_or_else(|| file.fail("a list in it is too long"))?;
                    c.bytes(bytes)?;
                }
                (8, _) => {
                    for _ in 0..len {
                        text(c)?; // ends at the file's end at the latest
                    }
                }
                _ => return Err(file.fail(format!("a list of type {kind} is not read"))),
            }
            Ok(Value::List { kind, len, at })
        }
        _ => Err(file.fail(format!("a value of unknown type {kind}: damaged, or newer than this program"))),
    }
}

/// The metadata of an opened file.
struct Meta<'a> {
    file: &'a FileBytes,
    values: HashMap<&'a str, Value<'a>>,
    architecture: String,
}

impl<'a> Meta<'a> {
    fn fail(&self, why: impl std::fmt::Display) -> Error {
        self.file.fail(why)
    }

    fn get(&self, key: &str) -> Option<Value<'a>> {
        self.values.get(key).copied()
    }

    /// `key` of the architecture: `llama.block_count`.
    fn arch_key(&self, key: &str) -> String {
        format!("{}.{key}", self.architecture)
    }

    fn size(&self, key: &str) -> Result<Option<usize>> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Int(n)) => {
                usize::try_from(n).map(Some).map_err(|_| self.fail(format!("`{key}` is {n}, which is no size")))
            }
            Some(_) => Err(self.fail(format!("`{key}` should be a whole number"))),
        }
    }

    fn arch_size(&self, key: &str) -> Result<Option<usize>> {
        self.size(&self.arch_key(key))
    }

    fn needed(&self, key: &str) -> Result<usize> {
        self.arch_size(key)?.ok_or_else(|| self.fail(format!("has no `{}`", self.arch_key(key))))
    }

    fn float(&self, key: &str) -> Option<f64> {
        match self.get(&self.arch_key(key))? {
            Value::Float(x) => Some(x),
            Value::Int(x) => Some(x as f64),
            _ => None,
        }
    }

    fn text(&self, key: &str) -> Option<String> {
        match self.get(key)? {
            Value::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        }
    }

    /// A list of texts, as bytes.
    fn texts(&self, key: &str) -> Result<Vec<&'a [u8]>> {
        match self.get(key) {
            Some(Value::List { kind: 8, len, at }) => {
                let mut c = self.file.cursor(at);
                (0..len).map(|_| text(&mut c)).collect()
            }
            Some(_) => Err(self.fail(format!("`{key}` should be a list of texts"))),
            None => Err(self.fail(format!("has no `{key}`"))),
        }
    }

    /// A list of numbers; empty if there is none.
    fn numbers(&self, key: &str) -> Result<Vec<f64>> {
        match self.get(key) {
            Some(Value::List { kind, len, at }) => {
                let size =
                    number_size(kind).ok_or_else(|| self.fail(format!("`{key}` should be a list of numbers")))?;
                let mut c = self.file.cursor(at);
                let bytes = c.bytes(len.saturating_mul(size))?;
                let number = |b| match number(kind, b) {
                    Value::Int(n) => n as f64,
                    Value::Float(x) => x,
                    _ => 0.0,
                };
                Ok(bytes.chunks_exact(size as usize).map(number).collect())
            }
            Some(_) => Err(self.fail(format!("`{key}` should be a list of numbers"))),
            None => Ok(Vec::new()),
        }
    }
}

/// Reads a file.
///
/// # Errors
/// If it is damaged, cut off, of another architecture, or holds types that are not read.
pub fn read(file: &FileBytes) -> Result<Parts> {
    let mut c = file.cursor(4);
    let version = c.u32()?;
    if !(2..=3).contains(&version) {
        return Err(file.fail(format!("GGUF version {version} is not read; 2 and 3 are (little-endian)")));
    }
    let (tensors, entries) = (c.u64()?, c.u64()?);
    // Each takes at least 24 or 13 bytes: a hostile number ends here.
    if tensors > c.left() as u64 / 24 || entries > c.left() as u64 / 13 {
        return Err(file.fail(format!("damaged or cut off: it tells of {tensors} tensors and {entries} entries")));
    }
    let mut meta = Meta { file, values: HashMap::new(), architecture: String::new() };
    for _ in 0..entries {
        let key = name(file, &mut c)?;
        let kind = c.u32()?;
        let value = value(file, &mut c, kind)?;
        if meta.values.insert(key, value).is_some() {
            return Err(file.fail(format!("the key `{key}` stands twice in it")));
        }
    }
    meta.architecture = meta.text("general.architecture").unwrap_or_default();
    let weights = weights(&meta, c, tensors)?;
    model(&meta, weights)
}

fn name<'a>(file: &FileBytes, c: &mut Cursor<'a>) -> Result<&'a str> {
    let bytes = text(c)?;
    let name = std::str::from_utf8(bytes).ok().filter(|n| n.len() <= LONGEST_NAME);
    name.ok_or_else(|| file.fail("damaged: a name in it is no text"))
}

/// The tensors by their names.
fn weights(meta: &Meta, mut c: Cursor, tensors: u64) -> Result<BTreeMap<String, Weight>> {
    let file = meta.file;
    let mut infos = Vec::new();
    for _ in 0..tensors {
        let name = name(file, &mut c)?.to_string();
        let dims = c.u32()?;
        if dims == 0 || dims > MOST_DIMS {
            return Err(file.fail(format!("`{name}` has {dims} dimensions; 1 to {MOST_DIMS} are possible")));
        }
        let mut shape = Vec::new();
        for _ in 0..dims {
            let size = usize::try_from(c.u64()?).map_err(|_| file.fail(format!("`{name}` is too large")))?;
            shape.insert(0, size);
        }
        infos.push((name, shape, c.u32()?, c.u64()?));
    }
    let alignment = meta.size("general.alignment")?.unwrap_or(ALIGNMENT);
    if !alignment.is_power_of_two() || alignment > 1 << 20 {
        return Err(file.fail(format!("`general.alignment` should be a power of two, is {alignment}")));
    }
    let start = c.at().next_multiple_of(alignment);
    let mut weights = BTreeMap::new();
    let mut total = 0usize;
    for (name, shape, ggml, offset) in infos {
        let kind = Kind::ALL.into_iter().find(|k| k.ggml() == ggml).ok_or_else(|| {
            let read = "F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K";
            file.fail(format!("`{name}` is of type {}, which is not read; read are {read}", type_name(ggml)))
        })?;
        let cols = shape.last().copied().unwrap_or(0);
        let rows = shape[..shape.len() - 1].iter().try_fold(1usize, |n, s| n.checked_mul(*s));
        let bytes = rows.and_then(|rows| kind.bytes(rows, cols));
        let bytes = bytes.ok_or_else(|| file.fail(format!("`{name}` of shape {shape:?} is no {kind:?}")))?;
        let from = usize::try_from(offset).ok().and_then(|o| start.checked_add(o)).unwrap_or(usize::MAX);
        total = total.saturating_add(bytes);
        if total > file.len() {
            return Err(file.fail("damaged or cut off: its tensors are larger together than the file"));
        }
        let part = file.part(&format!("`{name}`"), from, bytes)?;
        let weight = Weight::blocks(&shape, kind, part).map_err(|e| file.fail(format!("`{name}`: {e}")))?;
        if weights.insert(name.clone(), weight).is_some() {
            return Err(file.fail(format!("the tensor `{name}` stands twice in it")));
        }
    }
    Ok(weights)
}

/// Names of types that others write.
fn type_name(ggml: u32) -> String {
    let names = [(10, "Q2_K"), (11, "Q3_K"), (15, "Q8_K"), (16, "IQ2_XXS"), (20, "IQ4_NL"), (23, "IQ4_XS")];
    names.iter().find(|(n, _)| *n == ggml).map_or_else(|| format!("number {ggml}"), |(_, name)| (*name).into())
}

fn model(meta: &Meta, mut theirs: BTreeMap<String, Weight>) -> Result<Parts> {
    let arch = meta.architecture.clone();
    let positions = match arch.as_str() {
        "llama" => Positions::Interleaved,
        "qwen2" | "qwen3" => Positions::Rope,
        "" => return Err(meta.fail("has no `general.architecture`")),
        other => {
            return Err(meta.fail(format!("models of architecture `{other}` are not read; llama, qwen2 and qwen3 are")));
        }
    };
    if meta.arch_size("expert_count")?.unwrap_or(0) > 0 {
        return Err(meta.fail("mixtures of experts are not read"));
    }
    let tokenizer = tokenizer(meta)?;
    let heads = meta.needed("attention.head_count")?;
    let dim = meta.needed("embedding_length")?;
    let head_dim = meta.arch_size("attention.key_length")?.unwrap_or(0);
    let whole_head = if head_dim == 0 { dim / heads.max(1) } else { head_dim };
    if meta.arch_size("attention.value_length")?.is_some_and(|v| v != whole_head) {
        return Err(meta.fail("keys and values of different widths are not read"));
    }
    if meta.arch_size("rope.dimension_count")?.is_some_and(|d| d != whole_head) {
        return Err(meta.fail("rotary positions on a part of each head are not read"));
    }
    let embed = theirs.get("token_embd.weight").map(|w| w.shape()[0]);
    let has = |name: &str| theirs.contains_key(name);
    let mut config = ModelConfig {
        vocab: embed.ok_or_else(|| meta.fail("has no tensor `token_embd.weight`"))?,
        dim,
        layers: meta.needed("block_count")?,
        heads,
        kv_heads: meta.arch_size("attention.head_count_kv")?.unwrap_or(heads),
        head_dim,
        hidden: meta.needed("feed_forward_length")?,
        context: meta.needed("context_length")?,
        positions,
        rope_theta: meta.float("rope.freq_base").unwrap_or(10_000.0),
        rope_scaling: None,
        qkv_bias: has("blk.0.attn_q.bias"),
        qk_norm: has("blk.0.attn_q_norm.weight"),
        tied: !has("output.weight"),
        norm_eps: meta.float("attention.layer_norm_rms_epsilon").map_or(1e-5, rounded),
        ..Default::default()
    }
    .resolved(tokenizer.vocab_size())
    .map_err(|e| meta.fail(e))?;
    config.rope_theta = rounded(config.rope_theta);
    match meta.text(&meta.arch_key("rope.scaling.type")).as_deref() {
        None | Some("none") => {}
        Some(other) if meta.float("rope.scaling.factor").is_none_or(|f| f != 1.0) => {
            return Err(meta.fail(format!("rope scaling of type `{other}` is not read; llama3's is")));
        }
        Some(_) => {}
    }
    if let Some(factors) = theirs.remove("rope_freqs.weight") {
        config.rope_scaling = Some(scaling(&config, &factors.to_f32()).map_err(|e| meta.fail(e))?);
    }
    if Parts::count(&config) > theirs.len() {
        let (layers, needs, has) = (config.layers, Parts::count(&config), theirs.len());
        return Err(meta.fail(format!("its header tells of {layers} layers with {needs} weights, but it has {has}")));
    }
    let mut weights = BTreeMap::new();
    for (name, _) in Parts::expected(&config) {
        let their = their_name(&name).unwrap_or_default();
        let weight = theirs.remove(&their).ok_or_else(|| meta.fail(format!("has no tensor `{their}`")))?;
        weights.insert(name, weight);
    }
    if let Some(name) = theirs.keys().find(|n| !n.ends_with(".rope_freqs.weight")) {
        return Err(meta.fail(format!("has a tensor `{name}` for which the model has no place")));
    }
    let template = tokenizer.chat_template().map(String::from);
    let parts = Parts { config, tokenizer, template, weights, format: Some(Format::Gguf) };
    parts.check(meta.file.path())?;
    let interleaved = meta.text(OWN_POSITIONS).is_some_and(|p| p == "interleaved");
    Ok(parts.with_positions(if interleaved { Positions::Interleaved } else { Positions::Rope }))
}

/// A number that was rounded to f32, as its shortest decimal.
fn rounded(x: f64) -> f64 {
    (x as f32).to_string().parse().unwrap_or(x)
}

/// The scaling whose factors for each rotary pair are `factors`: the file has no more.
fn scaling(config: &ModelConfig, factors: &[f32]) -> Result<RopeScaling> {
    let plain = ModelConfig { rope_scaling: None, ..config.clone() }.frequencies();
    if plain.len() != factors.len() || factors.iter().any(|f| !(*f >= 1.0) || !f.is_finite()) {
        return Err(Error::value("its rope factors are not those of llama3"));
    }
    let factor = f64::from(factors.iter().fold(1f32, |m, f| m.max(*f)));
    let fits = |s: &RopeScaling| {
        let scaled = ModelConfig { rope_scaling: Some(*s), ..config.clone() }.frequencies();
        plain.iter().zip(scaled).zip(factors).all(|((f, s), factor)| (f / s / f64::from(*factor) - 1.0).abs() < 1e-4)
    };
    let usual =
        |original_context| RopeScaling { factor, low_freq_factor: 1.0, high_freq_factor: 4.0, original_context };
    let mut candidates = vec![usual(8192)];
    // Between the ends the kept part s = 1/f grows evenly with the turns in a context: two points give the line, of
    // which only its two ends matter; low_freq_factor 1 fixes the rest.
    let kept = |f: f32| (1.0 / f64::from(f) - 1.0 / factor) / (1.0 - 1.0 / factor);
    let blended: Vec<(f64, f64)> = plain
        .iter()
        .zip(factors)
        .map(|(f, factor)| (f / std::f64::consts::TAU, kept(*factor)))
        .filter(|(_, s)| (1e-3..0.999).contains(s))
        .collect();
    match &blended[..] {
        [first, .., last] => {
            let slope = (last.1 - first.1) / (last.0 - first.0);
            let width = -1.0 / (first.1 - slope * first.0); // s at 0 turns is −low / (high − low)
            let made = |high: f64| RopeScaling {
                factor,
                low_freq_factor: 1.0,
                high_freq_factor: high,
                original_context: (slope * width).round().clamp(1.0, 1e6) as usize,
            };
            candidates.extend([made((1.0 + width).round()), made(1.0 + width)]);
        }
        // One point leaves a choice, none a wider one; every choice that fits gives the same model.
        [(turns, s)] => candidates.push(usual(((3.0 * s + 1.0) / turns).round().clamp(1.0, 1e6) as usize)),
        [] => {
            let whole = plain.iter().zip(factors).filter(|(_, f)| **f < 1.0005).map(|(f, _)| f / std::f64::consts::TAU);
            let shortest = whole.fold(f64::INFINITY, f64::min);
            candidates.push(usual((4.0 / shortest).ceil().clamp(1.0, 1e6) as usize));
        }
    }
    candidates
        .into_iter()
        .find(|s| s.high_freq_factor > s.low_freq_factor && fits(s))
        .ok_or_else(|| Error::value("its rope factors are not those of llama3"))
}

fn tokenizer(meta: &Meta) -> Result<Tokenizer> {
    if let Some(json) = meta.text(OWN_TOKENIZER) {
        let tokenizer: Tokenizer = serde_json::from_str(&json).map_err(|e| meta.fail(e))?;
        tokenizer.check().map_err(|e| meta.fail(e))?;
        return Ok(tokenizer);
    }
    let kind = meta.text("tokenizer.ggml.model").ok_or_else(|| meta.fail("has no tokenizer"))?;
    let tokens = meta.texts("tokenizer.ggml.tokens")?;
    let types: Vec<i32> = meta.numbers("tokenizer.ggml.token_type")?.into_iter().map(|t| t as i32).collect();
    let text = |b: &&[u8]| String::from_utf8_lossy(b).into_owned();
    let made = match kind.as_str() {
        "gpt2" => {
            let merges = meta.texts("tokenizer.ggml.merges")?.iter().map(text).collect();
            let pre = meta.text("tokenizer.ggml.pre").unwrap_or_else(|| "default".into());
            Tokenizer::from_gpt2(tokens.iter().map(text).collect(), merges, &types, &pre)
        }
        "llama" => {
            let scores = meta.numbers("tokenizer.ggml.scores")?.into_iter().map(|s| s as f32).collect();
            Tokenizer::from_sentencepiece(tokens.iter().map(|t| t.to_vec()).collect(), scores, &types)
        }
        other => return Err(meta.fail(format!("its tokenizer `{other}` is not read; gpt2 and llama are"))),
    };
    let tokenizer = made.map_err(|e| meta.fail(e))?;
    let vocab = tokenizer.vocab_size();
    let id = |key: &str| -> Result<Option<u32>> {
        let id = meta.size(&format!("tokenizer.ggml.{key}"))?;
        Ok(id.filter(|id| *id < vocab).and_then(|id| u32::try_from(id).ok()))
    };
    // Llama's tokenizers begin every text with their first token unless the file says otherwise.
    let begins = match meta.get("tokenizer.ggml.add_bos_token") {
        Some(Value::Bool(yes)) => yes,
        _ => kind == "llama" || meta.text("tokenizer.ggml.pre").is_some_and(|p| p == "llama-bpe"),
    };
    let bos = if begins { id("bos_token_id")? } else { None };
    let tokenizer = tokenizer.with_ends(bos, id("eos_token_id")?).map_err(|e| meta.fail(e))?;
    Ok(tokenizer.with_chat_template(meta.text("tokenizer.chat_template")))
}

/// The header being written.
#[derive(Default)]
struct Out {
    bytes: Vec<u8>,
    entries: u64,
}

impl Out {
    fn raw_text(&mut self, text: &[u8]) {
        self.bytes.extend((text.len() as u64).to_le_bytes());
        self.bytes.extend(text);
    }

    fn key(&mut self, key: &str, kind: u32) {
        self.entries += 1;
        self.raw_text(key.as_bytes());
        self.bytes.extend(kind.to_le_bytes());
    }

    fn u32(&mut self, key: &str, value: usize) {
        self.key(key, 4);
        self.bytes.extend((value as u32).to_le_bytes());
    }

    fn f32(&mut self, key: &str, value: f64) {
        self.key(key, 6);
        self.bytes.extend((value as f32).to_le_bytes());
    }

    fn list(&mut self, key: &str, kind: u32, len: usize) {
        self.key(key, 9);
        self.bytes.extend(kind.to_le_bytes());
        self.bytes.extend((len as u64).to_le_bytes());
    }

    fn texts(&mut self, key: &str, texts: &[String]) {
        self.list(key, 8, texts.len());
        texts.iter().for_each(|t| self.raw_text(t.as_bytes()));
    }

    fn numbers(&mut self, key: &str, kind: u32, numbers: impl ExactSizeIterator<Item = [u8; 4]>) {
        self.list(key, kind, numbers.len());
        numbers.for_each(|n| self.bytes.extend(n));
    }

    fn text(&mut self, key: &str, text: &str) {
        self.key(key, 8);
        self.raw_text(text.as_bytes());
    }
}

/// Writes a file of version 3.
///
/// # Errors
/// If the format cannot hold the model, or the file cannot be written.
pub fn write(parts: &Parts, path: &Path, dtype: Stored) -> Result<()> {
    let c = &parts.config;
    if c.positions == Positions::Learned || !c.causal {
        return Err(Error::value("GGUF holds causal models with rotary positions only"));
    }
    let arch = match (c.qk_norm, c.qkv_bias) {
        (true, _) => "qwen3",
        (_, true) => "qwen2",
        _ => "llama",
    };
    if c.rope_scaling.is_some() && arch != "llama" {
        return Err(Error::value(format!("GGUF holds rope scaling for llama, not for {arch}")));
    }
    let parts = &parts.with_positions(if arch == "llama" { Positions::Interleaved } else { Positions::Rope });
    let mut out = Out::default();
    let key = |name: &str| format!("{arch}.{name}");
    out.text("general.architecture", arch);
    out.u32("general.alignment", ALIGNMENT);
    let file_type = match dtype {
        Stored::F32 => 0,
        Stored::F16 => 1,
        Stored::Q8 => 7,
        Stored::Q4 => 2,
    };
    out.u32("general.file_type", file_type);
    out.u32("general.quantization_version", 2);
    out.u32(&key("vocab_size"), c.vocab);
    out.u32(&key("context_length"), c.context);
    out.u32(&key("embedding_length"), c.dim);
    out.u32(&key("block_count"), c.layers);
    out.u32(&key("feed_forward_length"), c.hidden);
    out.u32(&key("attention.head_count"), c.heads);
    out.u32(&key("attention.head_count_kv"), c.kv_heads);
    out.u32(&key("attention.key_length"), c.head_dim);
    out.u32(&key("attention.value_length"), c.head_dim);
    out.u32(&key("rope.dimension_count"), c.head_dim);
    out.f32(&key("rope.freq_base"), c.rope_theta);
    out.f32(&key("attention.layer_norm_rms_epsilon"), c.norm_eps);
    if c.positions == Positions::Interleaved {
        out.text(OWN_POSITIONS, "interleaved");
    }
    write_tokenizer(&mut out, &parts.tokenizer, c.vocab)?;
    if let Some(template) = &parts.template {
        out.text("tokenizer.chat_template", template);
    }

    let factors = c.rope_scaling.map(|_| {
        let plain = ModelConfig { rope_scaling: None, ..c.clone() }.frequencies();
        let factors: Vec<f32> = plain.iter().zip(c.frequencies()).map(|(f, s)| (f / s) as f32).collect();
        Weight::f32(&[factors.len()], &factors)
    });
    let mut all: Vec<(String, &Weight, Kind)> = Vec::new();
    all.extend(factors.iter().map(|f| ("rope_freqs.weight".to_string(), f, Kind::F32)));
    for (name, _) in Parts::expected(&parts.config) {
        let weight = parts.weight(&name)?;
        all.push((their_name(&name).unwrap_or(name), weight, dtype.kind_for(weight)));
    }
    let mut infos = Out::default();
    let mut at = 0usize;
    for (name, weight, kind) in &all {
        infos.raw_text(name.as_bytes());
        infos.bytes.extend((weight.shape().len() as u32).to_le_bytes());
        weight.shape().iter().rev().for_each(|s| infos.bytes.extend((*s as u64).to_le_bytes()));
        infos.bytes.extend(kind.ggml().to_le_bytes());
        infos.bytes.extend((at as u64).to_le_bytes());
        at += (weight.len() / kind.block().0 * kind.block().1).next_multiple_of(ALIGNMENT);
    }
    let mut head = Vec::new();
    head.extend(MAGIC.to_le_bytes());
    head.extend(3u32.to_le_bytes());
    head.extend((all.len() as u64).to_le_bytes());
    head.extend(out.entries.to_le_bytes());
    head.extend(out.bytes);
    head.extend(infos.bytes);
    head.resize(head.len().next_multiple_of(ALIGNMENT), 0);
    let mut failed = None;
    let written = write_atomically(path, |file| {
        file.write_all(&head)?;
        for (name, weight, kind) in &all {
            match weight.to_bytes(*kind) {
                Ok(bytes) => {
                    file.write_all(&bytes)?;
                    file.write_all(&vec![0; bytes.len().next_multiple_of(ALIGNMENT) - bytes.len()])?;
                }
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

fn write_tokenizer(out: &mut Out, tokenizer: &Tokenizer, vocab: usize) -> Result<()> {
    let json = serde_json::to_string(tokenizer).map_err(|e| Error::value(e.to_string()))?;
    out.text(OWN_TOKENIZER, &json);
    // Others want as many tokens as the model has, so unused ones fill up.
    let fill = |tokens: &mut Vec<String>, types: &mut Vec<i32>| {
        for i in tokens.len()..vocab {
            tokens.push(format!("[unused{i}]"));
            types.push(UNUSED);
        }
    };
    match Vocabulary::of(tokenizer) {
        Some(Vocabulary::Gpt2 { mut tokens, merges, mut types, pre }) => {
            out.text("tokenizer.ggml.model", "gpt2");
            out.text("tokenizer.ggml.pre", pre);
            fill(&mut tokens, &mut types);
            out.texts("tokenizer.ggml.tokens", &tokens);
            out.numbers("tokenizer.ggml.token_type", 5, types.iter().map(|t| t.to_le_bytes()));
            out.texts("tokenizer.ggml.merges", &merges);
        }
        Some(Vocabulary::Pieces { mut tokens, mut scores, mut types }) => {
            out.text("tokenizer.ggml.model", "llama");
            fill(&mut tokens, &mut types);
            scores.resize(tokens.len(), 0.0);
            out.texts("tokenizer.ggml.tokens", &tokens);
            out.numbers("tokenizer.ggml.scores", 6, scores.iter().map(|s| s.to_le_bytes()));
            out.numbers("tokenizer.ggml.token_type", 5, types.iter().map(|t| t.to_le_bytes()));
        }
        Some(Vocabulary::File(_)) | None => out.text("tokenizer.ggml.model", "none"),
    }
    out.key("tokenizer.ggml.add_bos_token", 7);
    out.bytes.push(u8::from(tokenizer.bos().is_some()));
    if let Some(bos) = tokenizer.bos() {
        out.u32("tokenizer.ggml.bos_token_id", bos as usize);
    }
    if let Some(eos) = tokenizer.eos() {
        out.u32("tokenizer.ggml.eos_token_id", eos as usize);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual(original_context: usize) -> RopeScaling {
        RopeScaling { factor: 8.0, low_freq_factor: 1.0, high_freq_factor: 4.0, original_context }
    }

    #[test]
    fn rope_scaling_is_found_in_its_factors() {
        for (head_dim, theta, scaling_of) in [
            (64, 500_000.0, (8.0, 1.0, 4.0, 8192)),
            (128, 500_000.0, (32.0, 1.0, 4.0, 8192)),
            (64, 10_000.0, (4.0, 1.0, 8.0, 512)),
        ] {
            let (factor, low_freq_factor, high_freq_factor, original_context) = scaling_of;
            let scaled = RopeScaling { factor, low_freq_factor, high_freq_factor, original_context };
            let config =
                ModelConfig { head_dim, rope_theta: theta, rope_scaling: Some(scaled), vocab: 3, ..Default::default() };
            let plain = ModelConfig { rope_scaling: None, ..config.clone() };
            let factors: Vec<f32> =
                plain.frequencies().iter().zip(config.frequencies()).map(|(f, s)| (f / s) as f32).collect();
            let found = scaling(&plain, &factors).unwrap();
            let again = ModelConfig { rope_scaling: Some(found), ..config.clone() };
            for (a, b) in config.frequencies().iter().zip(again.frequencies()) {
                assert!((a / b - 1.0).abs() < 1e-4, "{found:?}");
            }
        }
        // Fewer points than unknowns.
        for (head_dim, rope_theta, original_context) in [(8, 5e4, 16), (10, 5e5, 16), (8, 1e9, 64)] {
            let scaled = usual(original_context);
            let config = ModelConfig { head_dim, rope_theta, rope_scaling: Some(scaled), ..Default::default() };
            let plain = ModelConfig { rope_scaling: None, ..config.clone() };
            let factors: Vec<f32> =
                plain.frequencies().iter().zip(config.frequencies()).map(|(f, s)| (f / s) as f32).collect();
            let again = ModelConfig { rope_scaling: Some(scaling(&plain, &factors).unwrap()), ..plain };
            for (a, b) in config.frequencies().iter().zip(again.frequencies()) {
                assert!((a / b - 1.0).abs() < 1e-4, "{head_dim} {rope_theta}");
            }
        }
        let config = ModelConfig { head_dim: 8, ..Default::default() };
        assert!(scaling(&config, &[1.0, 7.0, 2.0, 3.0]).is_err());
        assert!(scaling(&config, &[f32::NAN; 4]).is_err());
    }
}
