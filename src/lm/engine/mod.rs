//! Generation on the CPU: from preallocated state, with a key-value cache, for one text or many at once.
//!
//! The same transformer as [`Model`](super::Model), written for speed: weights are [out, in], f32 or quantised, so that
//! every output is one product of two rows, and nothing is allocated per token. A result never depends on how many
//! tokens or texts are read together, on the number of threads, or, with quantised weights, on the processor.

mod adapter;
mod kernels;
mod matrix;
mod session;
mod simd;

pub use adapter::{Adapter, LowRank, PROJECTIONS};
pub use matrix::{Matrix, Quantization, Storage};
pub use session::{Session, step_many};

use super::checkpoint;
use super::config::{ModelConfig, Positions};
use super::model::Model;
use crate::{Error, Result};
use session::Work;
use simd::Isa;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// A model's weights as generation reads them, shared by every [`Session`].
pub struct Engine {
    config: ModelConfig,
    embed: Matrix,             // [vocab, dim]
    output: Option<Matrix>,    // [vocab, dim]; without, the embedding
    positions: Option<Matrix>, // [context, dim], if they are learned
    layers: Vec<Layer>,
    norm: Vec<f32>,        // [dim]
    frequencies: Vec<f64>, // [head_dim/2], angles per position; empty for learned positions
    isa: Isa,
    spare: Mutex<Vec<Work>>, // work space for the next that read
}

struct Layer {
    attn_norm: Vec<f32>,
    wq: Matrix,                // [q_dim, dim]
    wk: Matrix,                // [kv_dim, dim]
    wv: Matrix,                // [kv_dim, dim]
    biases: [Vec<f32>; 3],     // of q, k and v, or empty
    head_norms: [Vec<f32>; 2], // of q and k, [head_dim], or empty
    wo: Matrix,                // [dim, q_dim]
    ffn_norm: Vec<f32>,
    w1: Matrix, // [hidden, dim], the gate
    w2: Matrix, // [dim, hidden]
    w3: Matrix, // [hidden, dim]
}

impl Engine {
    /// Copies the weights of `model` as they are now.
    pub fn new(model: &Model) -> Result<Self> {
        let arrays = checkpoint::weights(model)?.into_iter();
        let mut arrays: HashMap<String, Vec<f32>> = arrays.map(|a| (a.name, a.numbers.into_f32())).collect();
        Self::from_parts(model.config(), |name, [rows, cols]| {
            Matrix::f32(rows, cols, arrays.remove(name).unwrap_or_default()).map_err(|e| e.within(name))
        })
    }

    /// An engine whose weights come from `part(name, [rows, cols])`, asked once for each: matrices [out, in] as files
    /// hold them, vectors as [1, n]. Matrices may be of different kinds; vectors are kept as f32.
    ///
    /// # Errors
    /// Those of `part`; if a shape is not the one asked for; if the sizes do not fit each other.
    pub fn from_parts(config: &ModelConfig, mut part: impl FnMut(&str, [usize; 2]) -> Result<Matrix>) -> Result<Self> {
        let config = config.resolved(config.vocab)?;
        let (v, d, q, kv, h) = (config.vocab, config.dim, config.q_dim(), config.kv_dim(), config.hidden);
        let mut matrix = |name: &str, rows: usize, cols: usize| {
            let got = part(name, [rows, cols])?;
            if got.shape() == [rows, cols] {
                return Ok(got);
            }
            let [r, c] = got.shape();
            Err(Error::shape("engine", format!("`{name}` must be [{rows}, {cols}], got [{r}, {c}]")))
        };
        let embed = matrix("embed.weight", v, d)?;
        let positions = match config.positions {
            Positions::Learned => Some(matrix("positions.weight", config.context, d)?),
            _ => None,
        };
        let mut layers = Vec::with_capacity(config.layers);
        for i in 0..config.layers {
            let mut matrix = |name: &str, rows, cols| matrix(&format!("layers.{i}.{name}"), rows, cols);
            let attn_norm = matrix("attn_norm.weight", 1, d)?.to_f32();
            let [wq, wk, wv] = [matrix("wq.weight", q, d)?, matrix("wk.weight", kv, d)?, matrix("wv.weight", kv, d)?];
            let biases = match config.qkv_bias {
                true => {
                    [matrix("wq.bias", 1, q)?, matrix("wk.bias", 1, kv)?, matrix("wv.bias", 1, kv)?].map(|b| b.to_f32())
                }
                false => Default::default(),
            };
            let width = config.head_dim;
            let head_norms = match config.qk_norm {
                true => [matrix("q_norm.weight", 1, width)?, matrix("k_norm.weight", 1, width)?].map(|n| n.to_f32()),
                false => Default::default(),
            };
            layers.push(Layer {
                attn_norm,
                wq,
                wk,
                wv,
                biases,
                head_norms,
                wo: matrix("wo.weight", d, q)?,
                ffn_norm: matrix("ffn_norm.weight", 1, d)?.to_f32(),
                w1: matrix("w1.weight", h, d)?,
                w2: matrix("w2.weight", d, h)?,
                w3: matrix("w3.weight", h, d)?,
            });
        }
        let norm = matrix("norm.weight", 1, d)?.to_f32();
        let output = if config.tied { None } else { Some(matrix("output.weight", v, d)?) };
        let frequencies = if positions.is_some() { Vec::new() } else { config.frequencies() };
        let (isa, spare) = (Isa::best(), Mutex::default());
        let mut engine = Self { config, embed, output, positions, layers, norm, frequencies, isa, spare };
        let layers = engine.layers.iter_mut();
        let mut matrices: Vec<&mut Matrix> = layers
            .flat_map(|l| [&mut l.wq, &mut l.wk, &mut l.wv, &mut l.wo, &mut l.w1, &mut l.w3, &mut l.w2])
            .chain([&mut engine.embed])
            .chain(&mut engine.output)
            .collect();
        matrix::to_large_pages(&mut matrices);
        Ok(engine)
    }

    /// The model's sizes.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// The same with every matrix but learned positions rounded to `kind`; a tied embedding, too.
    ///
    /// # Errors
    /// None that a sound engine can cause.
    pub fn quantized(&self, kind: Quantization) -> Result<Self> {
        Self::from_parts(&self.config, |name, [rows, cols]| {
            let part = self.part(name)?;
            let keep = rows == 1 || cols == 1 || name == "positions.weight";
            Ok(if keep { part } else { part.quantized(kind) })
        })
    }

    /// The weight of this name, as [`from_parts`](Self::from_parts) asked for it.
    ///
    /// # Errors
    /// If there is none.
    pub fn part(&self, name: &str) -> Result<Matrix> {
        let vector = |v: &Vec<f32>| Matrix::f32(1, v.len(), v.clone());
        let unknown = || Error::value(format!("engine: the model has no weight `{name}`"));
        let matrix = match name {
            "embed.weight" => Some(&self.embed),
            "output.weight" => self.output.as_ref(),
            "positions.weight" => self.positions.as_ref(),
            "norm.weight" => return vector(&self.norm),
            _ => {
                let (layer, name) = name.strip_prefix("layers.").and_then(|n| n.split_once('.')).ok_or_else(unknown)?;
                let layer: Option<&Layer> = layer.parse().ok().and_then(|l: usize| self.layers.get(l));
                let layer = layer.ok_or_else(unknown)?;
                let [bq, bk, bv] = &layer.biases;
                let [nq, nk] = &layer.head_norms;
                match name {
                    "wq.weight" => Some(&layer.wq),
                    "wk.weight" => Some(&layer.wk),
                    "wv.weight" => Some(&layer.wv),
                    "wo.weight" => Some(&layer.wo),
                    "w1.weight" => Some(&layer.w1),
                    "w2.weight" => Some(&layer.w2),
                    "w3.weight" => Some(&layer.w3),
                    "attn_norm.weight" => return vector(&layer.attn_norm),
                    "ffn_norm.weight" => return vector(&layer.ffn_norm),
                    "wq.bias" if self.config.qkv_bias => return vector(bq),
                    "wk.bias" if self.config.qkv_bias => return vector(bk),
                    "wv.bias" if self.config.qkv_bias => return vector(bv),
                    "q_norm.weight" if self.config.qk_norm => return vector(nq),
                    "k_norm.weight" if self.config.qk_norm => return vector(nk),
                    _ => None,
                }
            }
        };
        matrix.cloned().ok_or_else(unknown)
    }

    /// How many bytes the matrices take.
    pub fn bytes(&self) -> usize {
        let layer =
            |l: &Layer| [&l.wq, &l.wk, &l.wv, &l.wo, &l.w1, &l.w2, &l.w3].map(Matrix::bytes).iter().sum::<usize>();
        let others = [Some(&self.embed), self.output.as_ref(), self.positions.as_ref()];
        self.layers.iter().map(layer).sum::<usize>() + others.into_iter().flatten().map(Matrix::bytes).sum::<usize>()
    }

    fn take_work(&self) -> Work {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_else(|| Work::new(self))
    }

    fn give_back(&self, work: Work) {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(work);
    }
}

#[cfg(test)]
mod tests;
