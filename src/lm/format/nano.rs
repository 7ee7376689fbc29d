//! The `.bin` files of Nano (BD4SUR 2024–2026, <https://github.com/bd4sur/Nano>): f32, or 8 bits in groups (Q80).
//!
//! The header is 64 u32 (256 bytes), little-endian:
//!
//! | at | what |
//! |---|---|
//! | 0, 1 | magic 0x42443453, 0x55524c4d |
//! | 2, 3 | version: year, month |
//! | 4 | kind: 0 Nano, 2 Qwen2, 3 Qwen3, 10 a LoRA module |
//! | 5 | bytes of the sizes that follow |
//! | 6 … 13 | context, vocab, layers, dim, heads, kv_heads, hidden, 1 if the output shares the embedding's weights |
//! | 14 | head_dim (since 2025.12; before: the kind of numbers) |
//! | 15, 16 | kind of numbers (0 f32, else Q80), size of a group (before 2025.12 at 14 and 15) |
//!
//! Then the tokens: u32 bytes of this part, u32 number, and for each u8 length in characters, u8 "special", two bytes
//! unused, u32 its number, its characters as u32. Then the weights, matrices [out, in], those of one kind together for
//! all layers: attn_norm, ffn_norm, norm, embed, wq, wk, wv, wo, w1, w2, w3 (Q80: i8 numbers, then an f32 scale for each
//! group), cosines and sines [context, head_dim/2] of the rotary angles, output. Before 2025.12, f32 files have the order
//! of llama2.c's v0, and Q80 files the output before the tables. Rotary pairs are neighbours; θ is read from the table.

use super::bytes::FileBytes;
use super::llama2c::Reader;
use super::parts::{Format, Parts};
use crate::Result;
use crate::lm::{ModelConfig, Positions, Tokenizer};
use std::collections::BTreeMap;

/// The first eight bytes.
pub const MAGIC: [u32; 2] = [0x4244_3453, 0x5552_4c4d];

const HEADER: usize = 256;
const EPS: f64 = 1e-5;

/// Orders of the weights: since 2025.12, and before for f32 and Q80.
const SINCE: [&str; 13] =
    ["attn_norm", "ffn_norm", "norm", "embed", "wq", "wk", "wv", "wo", "w1", "w2", "w3", "tables", "output"];
const BEFORE_F32: [&str; 13] =
    ["embed", "attn_norm", "wq", "wk", "wv", "wo", "ffn_norm", "w1", "w2", "w3", "norm", "tables", "output"];
const BEFORE_Q80: [&str; 13] =
    ["attn_norm", "ffn_norm", "norm", "embed", "wq", "wk", "wv", "wo", "w1", "w2", "w3", "output", "tables"];

/// Reads a file.
///
/// # Errors
/// If it is damaged, cut off, or of a kind that is not read.
pub fn read(file: &FileBytes) -> Result<Parts> {
    let mut c = file.cursor(0);
    let mut header = [0u32; HEADER / 4];
    for word in &mut header {
        *word = c.u32()?;
    }
    match header[4] {
        0 => {}
        2 | 3 => {
            return Err(
                file.fail("a Qwen in Nano's format is not read; take its folder from Hugging Face or its GGUF file")
            );
        }
        10 => return Err(file.fail("a LoRA module of Nano is not read, only whole models")),
        other => return Err(file.fail(format!("models of kind {other} in Nano's format are not known"))),
    }
    let new = (header[2], header[3]) >= (2025, 12);
    let (numbers, group) = if new { (header[15], header[16]) } else { (header[14], header[15]) };
    let [context, vocab, layers, dim, heads, kv_heads, hidden] = [6, 7, 8, 9, 10, 11, 12].map(|i| header[i] as usize);
    for (name, size) in [
        ("context", context),
        ("vocabulary", vocab),
        ("layers", layers),
        ("heads", heads),
        ("kv_heads", kv_heads),
        ("hidden", hidden),
    ] {
        if size == 0 {
            return Err(file.fail(format!("damaged: its header has 0 for {name}")));
        }
    }
    let mut config = ModelConfig {
        context,
        vocab,
        layers,
        dim,
        heads,
        kv_heads,
        hidden,
        tied: header[13] != 0,
        positions: Positions::Interleaved,
        norm_eps: EPS,
        ..Default::default()
    }
    .resolved(vocab)
    .map_err(|e| file.fail(e))?;
    let group = match (numbers, group) {
        (0, _) => None,
        (_, g) if (1..=1 << 20).contains(&g) => Some(halved(g as usize, dim)),
        (_, g) => return Err(file.fail(format!("damaged: groups of {g} numbers"))),
    };
    let (tokenizer, start) = tokenizer(file, vocab)?;
    let mut reader = Reader { file, at: start, group };
    reader.check_length(&config)?;
    let order = match (new, group) {
        (true, _) => &SINCE,
        (_, None) => &BEFORE_F32,
        _ => &BEFORE_Q80,
    };
    let mut weights = BTreeMap::new();
    let mut tables = 0;
    for kind in order {
        if *kind == "tables" {
            tables = reader.at;
            reader.skip(context * (config.head_dim / 2) * 2 * 4);
        } else {
            reader.all(&config, kind, &mut weights)?;
        }
    }
    if reader.at != file.len() {
        let (told, has) = (reader.at, file.len());
        return Err(file.fail(format!("damaged or cut off: its header tells of {told} bytes, it has {has}")));
    }
    config.rope_theta = theta(file, tables, &config)?;
    let parts = Parts { config, tokenizer, template: None, weights, format: Some(Format::Nano) };
    parts.check(file.path())?;
    Ok(parts.with_positions(Positions::Rope))
}

/// Writers halve the group until it divides the width, without a word in the header.
fn halved(mut group: usize, dim: usize) -> usize {
    while group > 1 && !dim.is_multiple_of(group) {
        group /= 2;
    }
    group
}

/// The base of the wavelengths, from the angle of the second pair at position 1.
fn theta(file: &FileBytes, tables: usize, c: &ModelConfig) -> Result<f64> {
    let half = c.head_dim / 2;
    if half < 2 || c.context < 2 {
        return Ok(ModelConfig::default().rope_theta);
    }
    let number = |at: usize| file.cursor(tables + at * 4).f32().map(f64::from);
    let (cos, sin) = (number(half + 1)?, number(c.context * half + half + 1)?);
    let theta = sin.atan2(cos).powf(-(half as f64));
    // Rounded to what somebody would have chosen.
    let scale = 10f64.powf((theta.abs().log10().floor() - 2.0).clamp(-300.0, 300.0));
    let near = (theta / scale).round() * scale;
    if !(near.is_finite() && near > 1.0) {
        return Err(file.fail("damaged: its rotary angles are none"));
    }
    Ok(near)
}

/// The tokens, and where the weights begin.
fn tokenizer(file: &FileBytes, vocab: usize) -> Result<(Tokenizer, usize)> {
    let mut c = file.cursor(HEADER);
    let (bytes, count) = (c.u32()? as usize, c.u32()? as usize);
    let end = HEADER.saturating_add(bytes);
    if end > file.len() || count > bytes / 8 || count > vocab {
        return Err(file
            .fail(format!("damaged, or of an older layout: {count} tokens in {bytes} bytes for a model of {vocab}")));
    }
    let mut tokens: Vec<Option<(String, bool)>> = vec![None; count];
    for _ in 0..count {
        let (len, special) = (c.u8()?, c.u8()? != 0);
        c.bytes(2)?;
        let id = c.u32()?;
        let text: Option<String> =
            (0..len).map(|_| c.u32().map(char::from_u32)).collect::<Result<Vec<_>>>()?.into_iter().collect();
        let text = text.ok_or_else(|| file.fail(format!("token {id} is no text")))?;
        match tokens.get_mut(id as usize) {
            Some(place @ None) => *place = Some((text, special)),
            _ => return Err(file.fail(format!("damaged: token {id} is beyond the vocabulary, or stands there twice"))),
        }
    }
    if c.at() != end {
        return Err(file.fail("damaged: its tokens do not fill their place"));
    }
    let tokens =
        tokens.into_iter().collect::<Option<Vec<_>>>().ok_or_else(|| file.fail("damaged: a token is missing"))?;
    let tokenizer = words(tokens).map_err(|e| file.fail(e))?;
    Ok((tokenizer, end))
}

/// Nano's tokenizer: the longest match among the words. `<|bos|>` and `<|eos|>` are its ends.
fn words(tokens: Vec<(String, bool)>) -> Result<Tokenizer> {
    let (words, special): (Vec<String>, Vec<bool>) = tokens.into_iter().unzip();
    let tokenizer = Tokenizer::words(words, &special)?;
    let (bos, eos) = (tokenizer.special("<|bos|>"), tokenizer.special("<|eos|>"));
    tokenizer.with_ends(bos, eos)
}
