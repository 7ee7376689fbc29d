//! A model in parts: sizes, tokenizer, template and weights, the same whatever file they came from.

use super::quant::Kind;
use super::weight::Weight;
use crate::lm::model::is_turned;
use crate::lm::{Engine, Matrix, Model, ModelConfig, Positions, Quantization, Storage, Tokenizer};
use crate::nn::{Device, Tensor};
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Format {
    /// One safetensors file of Mynah.
    #[serde(rename = "mynah")]
    Mynah,
    /// A folder: config.json, model.safetensors, tokenizer.json.
    #[serde(rename = "huggingface")]
    HuggingFace,
    /// GGUF, version 3.
    #[serde(rename = "gguf")]
    Gguf,
    /// llama2.c, the first layout (no magic number), f32.
    #[serde(rename = "llama2c-v0")]
    Llama2c0,
    /// llama2.c, version 1, f32.
    #[serde(rename = "llama2c-v1")]
    Llama2c1,
    /// llama2.c, version 2, 8 bits.
    #[serde(rename = "llama2c-v2")]
    Llama2c2,
    /// Nano's `.bin`; read only.
    #[serde(rename = "nano")]
    Nano,
}

impl Format {
    /// The format that a path's ending tells: `.gguf`, `.safetensors` (Mynah's), `.bin` (llama2.c), else a folder.
    pub fn of_path(path: &Path, dtype: Stored) -> Self {
        match path.extension().and_then(|e| e.to_str()) {
            Some("gguf") => Self::Gguf,
            Some("safetensors") => Self::Mynah,
            Some("bin") if dtype == Stored::Q8 => Self::Llama2c2,
            Some("bin") => Self::Llama2c1,
            _ => Self::HuggingFace,
        }
    }
}

/// How finely weights are stored in a file. Vectors (norms, biases) stay in single precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stored {
    /// Single precision.
    #[default]
    F32,
    /// Half precision.
    F16,
    /// 8 bits with an f16 scale for 32 neighbours (Q8_0).
    Q8,
    /// 4 bits with an f16 scale for 32 neighbours (Q4_0).
    Q4,
}

impl Stored {
    /// How `weight` is stored: vectors, and matrices whose rows are no whole blocks, stay in single precision.
    pub(super) fn kind_for(self, weight: &Weight) -> Kind {
        let kind = match self {
            Self::F32 => Kind::F32,
            Self::F16 => Kind::F16,
            Self::Q8 => Kind::Q8_0,
            Self::Q4 => Kind::Q4_0,
        };
        if weight.shape().len() > 1 && weight.fits(kind) { kind } else { Kind::F32 }
    }
}

/// How a model is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SaveConfig {
    /// The format; without, the path's ending tells: ".safetensors", ".gguf", ".bin" (llama2.c), else a folder.
    pub format: Option<Format>,
    /// How finely matrices are stored: "f32" (default), "f16", "q8" or "q4"; llama2.c is f32 or, as v2, q8.
    pub dtype: Stored,
}

/// A model in parts.
#[derive(Clone)]
pub struct Parts {
    /// Its sizes, with nothing left at 0.
    pub config: ModelConfig,
    /// Its tokenizer.
    pub tokenizer: Tokenizer,
    /// The chat template that came with it (Jinja).
    pub template: Option<String>,
    /// Its weights by name, as in [`expected`](Self::expected).
    pub weights: BTreeMap<String, Weight>,
    /// The file format that it came from; nothing for a model in memory.
    pub format: Option<Format>,
}

impl Parts {
    /// The names that a model of `config` has and their shapes in files: matrices [out, in].
    pub fn expected(config: &ModelConfig) -> Vec<(String, Vec<usize>)> {
        let c = config;
        let (d, q, kv, h) = (c.dim, c.q_dim(), c.kv_dim(), c.hidden);
        let mut all = vec![("embed.weight".to_string(), vec![c.vocab, d])];
        if c.positions == Positions::Learned {
            all.push(("positions.weight".to_string(), vec![c.context, d]));
        }
        for i in 0..c.layers {
            let mut add = |name: &str, shape: &[usize]| all.push((format!("layers.{i}.{name}"), shape.to_vec()));
            add("attn_norm.weight", &[d]);
            add("wq.weight", &[q, d]);
            add("wk.weight", &[kv, d]);
            add("wv.weight", &[kv, d]);
            if c.qkv_bias {
                add("wq.bias", &[q]);
                add("wk.bias", &[kv]);
                add("wv.bias", &[kv]);
            }
            if c.qk_norm {
                add("q_norm.weight", &[c.head_dim]);
                add("k_norm.weight", &[c.head_dim]);
            }
            add("wo.weight", &[d, q]);
            add("ffn_norm.weight", &[d]);
            add("w1.weight", &[h, d]);
            add("w2.weight", &[d, h]);
            add("w3.weight", &[h, d]);
        }
        all.push(("norm.weight".to_string(), vec![d]));
        if !c.tied {
            all.push(("output.weight".to_string(), vec![c.vocab, d]));
        }
        all
    }

    /// How many weights a model of `config` has.
    pub(super) fn count(config: &ModelConfig) -> usize {
        let one = ModelConfig { layers: 1, ..config.clone() };
        let none = ModelConfig { layers: 0, ..config.clone() };
        let (one, none) = (Self::expected(&one).len(), Self::expected(&none).len());
        none.saturating_add((one - none).saturating_mul(config.layers))
    }

    /// Checks that the weights are those of the sizes, no more and no less.
    pub(super) fn check(&self, path: &Path) -> Result<()> {
        let fail = |why: String| Err(Error::file(path, why));
        self.config.resolved(self.tokenizer.vocab_size()).map_err(|e| Error::file(path, e))?;
        if self.tokenizer.vocab_size() > self.config.vocab {
            let (tokens, vocab) = (self.tokenizer.vocab_size(), self.config.vocab);
            return fail(format!("its tokenizer has {tokens} tokens, the model only {vocab}"));
        }
        let (layers, has) = (self.config.layers, self.weights.len());
        if Self::count(&self.config) > has {
            let needs = Self::count(&self.config);
            if needs - has > 9 {
                return fail(format!("a model of {layers} layers has {needs} weights, but {has} are there"));
            }
        }
        let expected = Self::expected(&self.config);
        for (name, shape) in &expected {
            match self.weights.get(name) {
                None => return fail(format!("has no weight `{name}`")),
                Some(w) if w.shape() != shape => {
                    return fail(format!("`{name}` should have shape {shape:?}, has {:?}", w.shape()));
                }
                Some(_) => {}
            }
        }
        if has > expected.len() {
            let names: std::collections::HashSet<_> = expected.iter().map(|(n, _)| n).collect();
            let more = self.weights.keys().find(|n| !names.contains(n)).map_or("", |n| n.as_str());
            return fail(format!("has a weight `{more}` for which the model has no place"));
        }
        Ok(())
    }

    /// The weight `name`.
    ///
    /// # Errors
    /// If there is none.
    pub fn weight(&self, name: &str) -> Result<&Weight> {
        self.weights.get(name).ok_or_else(|| Error::value(format!("the model has no weight `{name}`")))
    }

    /// The same model with rotary pairs of the other kind (halves or neighbours): the rows of queries and keys change
    /// places, nothing else. Learned positions stay.
    pub fn with_positions(&self, positions: Positions) -> Self {
        let mut out = self.clone();
        let (from, half) = (self.config.positions, self.config.head_dim / 2);
        if from == positions || from == Positions::Learned || positions == Positions::Learned {
            return out;
        }
        let old = |row: usize| {
            let (head, i) = (row / (2 * half), row % (2 * half));
            let i = match positions {
                Positions::Interleaved => i / 2 + i % 2 * half, // neighbours from halves
                _ => i % half * 2 + i / half,
            };
            head * 2 * half + i
        };
        let turned = ["wq.weight", "wk.weight", "wq.bias", "wk.bias", "q_norm.weight", "k_norm.weight"];
        for (name, weight) in &mut out.weights {
            if turned.iter().any(|t| name.ends_with(t)) {
                *weight = weight.reordered(old);
            }
        }
        out.config.positions = positions;
        out
    }

    /// The model with these weights, in single precision on `device`.
    ///
    /// # Errors
    /// If the parts do not fit each other.
    pub fn to_model(&self, device: Device) -> Result<Model> {
        Model::build(&self.config, self.tokenizer.clone(), device, |name, shape| {
            let weight = self.weight(name)?;
            let turn = is_turned(name, shape);
            let stored: Vec<usize> = if turn { vec![shape[1], shape[0]] } else { shape.to_vec() };
            if weight.shape() != stored {
                let why = format!("`{name}` should have shape {stored:?}, has {:?}", weight.shape());
                return Err(Error::value(why));
            }
            let numbers = weight.to_f32();
            if turn {
                return Tensor::from_vec(transposed(&numbers, stored[0], stored[1]), shape, device);
            }
            Tensor::from_vec(numbers, shape, device)
        })
    }

    /// The model for generation on the CPU. Q8_0 and Q4_0 blocks stay as they are, f32 may stay in the mapped file, f16
    /// and bf16 become f32; other quantised matrices become 8 bits with an f16 scale for 32 (off by half a step at most).
    ///
    /// # Errors
    /// If the parts do not fit each other.
    pub fn to_engine(&self) -> Result<Engine> {
        Engine::from_parts(&self.config, |name, [rows, cols]| {
            let weight = self.weight(name)?;
            let (len, vector) = (weight.len(), weight.shape().len() == 1);
            if len != rows * cols {
                return Err(Error::value(format!("`{name}` should have shape [{rows}, {cols}], has {len} numbers")));
            }
            match weight.raw() {
                Some((Kind::Q8_0, part)) => Matrix::from_blocks(Quantization::Q8, rows, cols, part.all()),
                Some((Kind::Q4_0, part)) => Matrix::from_blocks(Quantization::Q4, rows, cols, part.all()),
                Some((Kind::F32, part)) => {
                    let (bytes, from, _) = part.shared();
                    let mapped = Storage::shared(bytes.clone(), from, len);
                    Matrix::f32(rows, cols, mapped.unwrap_or_else(|_| weight.to_f32().into()))
                }
                Some((Kind::F16 | Kind::BF16, _)) => Matrix::f32(rows, cols, weight.to_f32()),
                _ if vector => Matrix::f32(rows, cols, weight.to_f32()),
                _ => Ok(Matrix::f32(rows, cols, weight.to_f32())?.quantized(Quantization::Q8)),
            }
        })
    }

    /// The parts of a model, as it is now.
    ///
    /// # Errors
    /// If the device fails.
    pub fn of_model(model: &Model) -> Result<Self> {
        let mut weights = BTreeMap::new();
        for (name, param) in model.named_params() {
            let value = param.value().plain();
            let (shape, numbers) = (value.shape(), value.to_f32()?);
            let weight = if is_turned(&name, &shape) {
                Weight::f32(&[shape[1], shape[0]], &transposed(&numbers, shape[0], shape[1]))
            } else {
                Weight::f32(&shape, &numbers)
            };
            weights.insert(name, weight);
        }
        let tokenizer = (**model.tokenizer()).clone();
        let template = tokenizer.chat_template().map(String::from);
        Ok(Self { config: model.config().clone(), template, tokenizer, weights, format: None })
    }
}

/// [rows, cols] → [cols, rows], in tiles that stay in the cache.
pub(in crate::lm) fn transposed(numbers: &[f32], rows: usize, cols: usize) -> Vec<f32> {
    const TILE: usize = 32;
    let mut out = vec![0.0; numbers.len()];
    for r0 in (0..rows).step_by(TILE) {
        for c0 in (0..cols).step_by(TILE) {
            for r in r0..rows.min(r0 + TILE) {
                for c in c0..cols.min(c0 + TILE) {
                    out[c * rows + r] = numbers[r * cols + c];
                }
            }
        }
    }
    out
}
