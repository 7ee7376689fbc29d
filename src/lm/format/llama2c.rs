//! The files of llama2.c (Karpathy 2023): f32 without (v0) and with (v1) a header, 8 bits in groups (v2).
//!
//! Numbers are little-endian and follow each other without names; matrices are [out, in]; the weights of one kind
//! stand together for all layers. Rotary pairs are neighbours (read as halves), θ is 10,000, RMSNorm adds 1e-5, nothing
//! has biases.
//!
//! - v0: seven i32 `dim, hidden, layers, heads, kv_heads, vocab, context`, `vocab` negative if the output has its own
//!   weights; then embed, attn_norm, wq, wk, wv, wo, ffn_norm, w1, w2, w3, norm, cosines and sines
//!   [context, head_dim/2] that nobody reads, output.
//! - v1: 256 bytes: magic 0x616b3432, version, the seven i32, a byte "output shared"; then attn_norm, ffn_norm, norm,
//!   embed, wq, wk, wv, wo, w1, w2, w3, output.
//! - v2: as v1 with an i32 group size after the byte; the norms f32, every other weight as i8 numbers followed by an f32
//!   scale for each group.
//!
//! The tokenizer stands beside in `tokenizer.bin` (or the model's name with that ending): u32 longest, then for each
//! token f32 score, u32 length, bytes. A tokenizer of ours stands in the model's name with `.tokenizer.json`.

use super::bytes::{Cursor, FileBytes, Part};
use super::parts::{Format, Parts};
use super::quant::Kind;
use super::vocabulary::Vocabulary;
use super::weight::Weight;
use crate::data::{read_text, write_atomically};
use crate::lm::{ModelConfig, Positions, Tokenizer};
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The first four bytes of v1 and v2.
pub const MAGIC: u32 = 0x616b_3432;

const HEADER: usize = 256;

/// Where, in the header's unused end, 1 says that the model's rotary pairs were neighbours; otherwise it has halves.
const PAIRS: usize = HEADER - 1;
const GROUP: usize = 32;
const EPS: f64 = 1e-5;
const THETA: f64 = 10_000.0;

/// The kinds of weights in the order of v1 and v2; a layer's kinds run over all layers.
const ORDER: [&str; 12] =
    ["attn_norm", "ffn_norm", "norm", "embed", "wq", "wk", "wv", "wo", "w1", "w2", "w3", "output"];

/// The same of v0; `tables` are the cosines and sines.
const ORDER_V0: [&str; 13] =
    ["embed", "attn_norm", "wq", "wk", "wv", "wo", "ffn_norm", "w1", "w2", "w3", "norm", "tables", "output"];

/// The weights of a kind with their shapes.
pub(super) fn of_kind(config: &ModelConfig, kind: &str) -> Vec<(String, Vec<usize>)> {
    let c = config;
    let (d, q, kv, h) = (c.dim, c.q_dim(), c.kv_dim(), c.hidden);
    let shape = match kind {
        "embed" | "output" => vec![c.vocab, d],
        "attn_norm" | "ffn_norm" | "norm" => vec![d],
        "wq" => vec![q, d],
        "wk" | "wv" => vec![kv, d],
        "wo" => vec![d, q],
        "w2" => vec![d, h],
        "q_norm" | "k_norm" => vec![c.head_dim],
        _ => vec![h, d],
    };
    match kind {
        "embed" | "norm" => vec![(format!("{kind}.weight"), shape)],
        "output" if c.tied => Vec::new(),
        "output" => vec![("output.weight".into(), shape)],
        _ => (0..c.layers).map(|i| (format!("layers.{i}.{kind}.weight"), shape.clone())).collect(),
    }
}

/// The seven numbers of a header.
fn seven(c: &mut Cursor) -> Result<[i32; 7]> {
    let mut out = [0; 7];
    for n in &mut out {
        *n = c.i32()?;
    }
    Ok(out)
}

/// The sizes of a header, with what `resolved` refuses.
fn sizes(numbers: [i32; 7], tied: bool) -> Result<ModelConfig> {
    if let Some(n) = numbers.iter().find(|n| **n <= 0) {
        return Err(Error::value(format!("its header has a size of {n}: damaged, or another format")));
    }
    let [dim, hidden, layers, heads, kv_heads, vocab, context] = numbers.map(|n| n as usize);
    let config = ModelConfig {
        dim,
        hidden,
        layers,
        heads,
        kv_heads,
        vocab,
        context,
        tied,
        positions: Positions::Interleaved,
        rope_theta: THETA,
        norm_eps: EPS,
        ..Default::default()
    };
    config.resolved(vocab)
}

/// Bytes of a whole v0 file.
fn v0_size(config: &ModelConfig) -> u128 {
    let tables = 2 * config.context as u128 * (config.head_dim / 2) as u128;
    28 + 4 * (config.params() + tables)
}

/// Whether a file is of v0: it has no magic number, but its sizes tell its length exactly.
pub fn seems_v0(file: &FileBytes) -> bool {
    v0(file).is_ok_and(|config| v0_size(&config) == file.len() as u128)
}

fn v0(file: &FileBytes) -> Result<ModelConfig> {
    let mut numbers = seven(&mut file.cursor(0))?;
    let tied = numbers[5] > 0;
    numbers[5] = numbers[5].saturating_abs();
    sizes(numbers, tied)
}

/// Reads a file of v0, v1 or v2.
///
/// # Errors
/// If it is damaged or cut off, or there is no tokenizer beside it.
pub fn read(file: &FileBytes) -> Result<Parts> {
    let fail = |e: Error| match e {
        Error::File { .. } => e,
        other => file.fail(other),
    };
    let mut c = file.cursor(0);
    let (version, config, group) = if c.u32()? == MAGIC {
        let version = c.i32()?;
        if version != 1 && version != 2 {
            return Err(file.fail(format!("version {version} of llama2.c is not known; 0, 1 and 2 are")));
        }
        let numbers = seven(&mut c)?;
        let shared = c.u8()?;
        let group = if version == 2 { c.i32()? } else { 1 };
        let group = usize::try_from(group).ok().filter(|g| (1..=1 << 20).contains(g));
        let group = group.ok_or_else(|| file.fail("its header has a group size that is none"))?;
        (version, sizes(numbers, shared != 0).map_err(fail)?, group)
    } else {
        (0, v0(file).map_err(fail)?, 1)
    };
    let mut reader =
        Reader { file, at: if version == 0 { 28 } else { HEADER }, group: (version == 2).then_some(group) };
    reader.check_length(&config)?;
    let order: &[&str] = if version == 0 { &ORDER_V0 } else { &ORDER };
    let mut weights = BTreeMap::new();
    for kind in order {
        if *kind == "tables" {
            reader.skip(config.context * (config.head_dim / 2) * 2 * 4);
            continue;
        }
        reader.all(&config, kind, &mut weights)?;
    }
    if reader.at != file.len() {
        let (told, has) = (reader.at, file.len());
        return Err(file.fail(format!("damaged: its header tells of {told} bytes, it has {has}")));
    }
    let format = [Format::Llama2c0, Format::Llama2c1, Format::Llama2c2][version as usize];
    let tokenizer = tokenizer_beside(file.path(), config.vocab)?;
    let template = tokenizer.chat_template().map(String::from);
    let parts = Parts { config, tokenizer, template, weights, format: Some(format) };
    parts.check(file.path())?;
    let interleaved = version > 0 && file.all().get(PAIRS) == Some(&1);
    Ok(parts.with_positions(if interleaved { Positions::Interleaved } else { Positions::Rope }))
}

/// Reads weights that follow each other without names.
pub(super) struct Reader<'a> {
    /// The file.
    pub file: &'a FileBytes,
    /// Where the next weight stands.
    pub at: usize,
    /// The size of a group if matrices have 8 bits.
    pub group: Option<usize>,
}

impl Reader<'_> {
    /// Checks that the file can hold so many numbers, before memory is taken for their names.
    pub fn check_length(&self, config: &ModelConfig) -> Result<()> {
        let least = config.params() * if self.group.is_some() { 1 } else { 4 };
        if least > self.file.len() as u128 {
            let (n, has) = (config.params(), self.file.len());
            return Err(self.file.fail(format!("damaged or cut off: {n} weights do not fit in its {has} bytes")));
        }
        Ok(())
    }

    /// Passes over bytes.
    pub fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    /// Reads all weights of a kind.
    pub fn all(&mut self, config: &ModelConfig, kind: &str, out: &mut BTreeMap<String, Weight>) -> Result<()> {
        for (name, shape) in of_kind(config, kind) {
            let weight = self.weight(&name, &shape)?;
            out.insert(name, weight);
        }
        Ok(())
    }

    fn part(&mut self, name: &str, bytes: usize) -> Result<Part> {
        let part = self.file.part(&format!("`{name}`"), self.at, bytes)?;
        self.at += bytes;
        Ok(part)
    }

    fn weight(&mut self, name: &str, shape: &[usize]) -> Result<Weight> {
        let len: usize = shape.iter().product();
        let made = match self.group.filter(|_| shape.len() == 2) {
            None => Weight::blocks(shape, Kind::F32, self.part(name, len * 4)?),
            Some(group) => {
                let quants = self.part(name, len)?;
                let scales = self.part(name, len / group * 4)?;
                Weight::groups(shape, group, quants, scales)
            }
        };
        made.map_err(|e| self.file.fail(format!("`{name}`: {e}")))
    }
}

/// The path of our own tokenizer beside a model.
fn own_tokenizer(model: &Path) -> PathBuf {
    model.with_extension("tokenizer.json")
}

fn tokenizer_beside(model: &Path, vocab: usize) -> Result<Tokenizer> {
    let own = own_tokenizer(model);
    if own.exists() {
        let tokenizer: Tokenizer = serde_json::from_str(&read_text(&own)?).map_err(|e| Error::file(&own, e))?;
        tokenizer.check().map_err(|e| Error::file(&own, e))?;
        return Ok(tokenizer);
    }
    let named = model.with_extension("tokenizer.bin");
    let usual = model.with_file_name("tokenizer.bin");
    match [named, usual].into_iter().find(|p| p.exists()) {
        Some(path) => read_tokenizer(&path, vocab),
        None => Err(Error::file(model, "has no tokenizer beside it: put llama2.c's tokenizer.bin into its folder")),
    }
}

/// Reads a `tokenizer.bin` of `vocab` tokens.
fn read_tokenizer(path: &Path, vocab: usize) -> Result<Tokenizer> {
    let file = FileBytes::map(path)?;
    let mut c = file.cursor(0);
    let _longest = c.u32()?;
    let (mut tokens, mut scores) = (Vec::new(), Vec::new());
    for _ in 0..vocab {
        if c.left() == 0 {
            let why = format!("has {} tokens, the model beside it {vocab}", tokens.len());
            return Err(file.fail(why));
        }
        scores.push(c.f32()?);
        let len = c.u32()?;
        let bytes = c.bytes(len.into())?;
        // The first two control tokens are wrapped in line breaks there.
        let text = match bytes {
            b"\n<s>\n" => b"<s>",
            b"\n</s>\n" => b"</s>".as_slice(),
            other => other,
        };
        tokens.push(text.to_vec());
    }
    if c.left() > 0 {
        return Err(file.fail(format!("has more tokens than the {vocab} of the model beside it")));
    }
    let ends = tokens.get(1).is_some_and(|t| t == b"<s>") && tokens.get(2).is_some_and(|t| t == b"</s>");
    let tokenizer = Tokenizer::from_sentencepiece(tokens, scores, &[]).map_err(|e| file.fail(e))?;
    if ends { tokenizer.with_ends(Some(1), Some(2)).map_err(|e| file.fail(e)) } else { Ok(tokenizer) }
}

/// Writes a file of `version` 0, 1 or 2, and the tokenizer beside it.
///
/// # Errors
/// If the format cannot hold the model, or the files cannot be written.
pub fn write(parts: &Parts, path: &Path, version: u32) -> Result<()> {
    let c = &parts.config;
    let cannot =
        |what: &str| Err(Error::value(format!("llama2.c's files cannot hold {what}; save as .gguf or .safetensors")));
    match c {
        _ if c.positions == Positions::Learned => return cannot("learned positions"),
        _ if !c.causal => return cannot("a model that is not causal"),
        _ if c.qkv_bias || c.qk_norm => return cannot("biases or head norms"),
        _ if c.head_dim * c.heads != c.dim => return cannot("a head_dim other than dim / heads"),
        _ if c.rope_scaling.is_some() || c.rope_theta != THETA => return cannot("a rope_theta other than 10000"),
        _ if c.norm_eps != EPS => return cannot("a norm_eps other than 1e-5"),
        _ => {}
    }
    let parts = &parts.with_positions(Positions::Interleaved);
    let group = group_size(c);
    if version == 2 && group < 4 {
        return cannot("8 bits of such a width: dim and hidden should be multiples of 32");
    }
    let numbers = [c.dim, c.hidden, c.layers, c.heads, c.kv_heads, c.vocab, c.context].map(|n| n as i32);
    let mut head = Vec::new();
    if version == 0 {
        let mut numbers = numbers;
        if !c.tied {
            numbers[5] = -numbers[5];
        }
        numbers.iter().for_each(|n| head.extend(n.to_le_bytes()));
    } else {
        head.extend(MAGIC.to_le_bytes());
        head.extend(version.to_le_bytes());
        numbers.iter().for_each(|n| head.extend(n.to_le_bytes()));
        head.push(u8::from(c.tied));
        if version == 2 {
            head.extend((group as i32).to_le_bytes());
        }
        head.resize(HEADER, 0);
        head[PAIRS] = u8::from(c.positions == Positions::Interleaved);
    }
    let order: &[&str] = if version == 0 { &ORDER_V0 } else { &ORDER };
    let mut failed = None;
    let written = write_atomically(path, |out| {
        out.write_all(&head)?;
        for kind in order {
            if *kind == "tables" {
                write_tables(out, c)?;
                continue;
            }
            for (name, shape) in of_kind(c, kind) {
                let bytes = parts.weight(&name).and_then(|w| match version == 2 && shape.len() == 2 {
                    true => groups(w, group),
                    false => Ok(w.to_bytes(Kind::F32)?.into_owned()),
                });
                match bytes {
                    Ok(bytes) => out.write_all(&bytes)?,
                    Err(e) => {
                        failed = Some(Error::file(path, format!("`{name}`: {e}")));
                        return Err(std::io::Error::other("a weight cannot be stored"));
                    }
                }
            }
        }
        Ok(())
    });
    failed.map_or(written, Err)?;
    if let Some(Vocabulary::Pieces { tokens, scores, .. }) = Vocabulary::of(&parts.tokenizer)
        && tokens.len() == c.vocab
    {
        write_tokenizer(&path.with_extension("tokenizer.bin"), &tokens, &scores)?;
    }
    let json = serde_json::to_string(&parts.tokenizer).map_err(|e| Error::value(e.to_string()))?;
    write_atomically(own_tokenizer(path), |out| out.write_all(json.as_bytes()))
}

/// Writes a `tokenizer.bin`; there, spaces stand for themselves.
fn write_tokenizer(path: &Path, tokens: &[String], scores: &[f32]) -> Result<()> {
    let text = |token: &String| match token.as_str() {
        "<s>" => "\n<s>\n".to_string(),
        "</s>" => "\n</s>\n".to_string(),
        other => other.replace('\u{2581}', " "),
    };
    let texts: Vec<String> = tokens.iter().map(text).collect();
    let longest = texts.iter().map(String::len).max().unwrap_or(0) as u32;
    write_atomically(path, |out| {
        out.write_all(&longest.to_le_bytes())?;
        for (text, score) in texts.iter().zip(scores) {
            out.write_all(&score.to_le_bytes())?;
            out.write_all(&(text.len() as u32).to_le_bytes())?;
            out.write_all(text.as_bytes())?;
        }
        Ok(())
    })
}

/// 32, or the largest power of two below that divides every row.
fn group_size(c: &ModelConfig) -> usize {
    let fits = |g: &usize| [c.dim, c.hidden, c.q_dim()].iter().all(|n| n.is_multiple_of(*g));
    [GROUP, 16, 8, 4, 2].into_iter().find(fits).unwrap_or(1)
}

fn write_tables(out: &mut dyn Write, c: &ModelConfig) -> std::io::Result<()> {
    let frequencies = c.frequencies();
    for function in [f64::cos, f64::sin] {
        for position in 0..c.context {
            for f in &frequencies {
                out.write_all(&(function(position as f64 * f) as f32).to_le_bytes())?;
            }
        }
    }
    Ok(())
}

/// i8 numbers, then the scales of the groups (f32): no number is off by more than half a step.
fn groups(weight: &Weight, group: usize) -> Result<Vec<u8>> {
    if let Some((quants, scales, own)) = weight.raw_groups()
        && own == group
    {
        return Ok([bytemuck::cast_slice(quants), scales].concat());
    }
    let numbers = weight.to_f32();
    let (mut quants, mut scales) = (Vec::with_capacity(numbers.len()), Vec::new());
    for block in numbers.chunks(group) {
        if !block.iter().all(|x| x.is_finite()) {
            return Err(Error::value("a weight is not finite"));
        }
        let scale = block.iter().fold(0f32, |m, x| m.max(x.abs())) / 127.0;
        let q = |x: &f32| if scale > 0.0 { (x / scale).round_ties_even().clamp(-127.0, 127.0) } else { 0.0 };
        quants.extend(block.iter().map(|x| q(x) as i8 as u8));
        scales.extend(scale.to_le_bytes());
    }
    quants.extend(scales);
    Ok(quants)
}
