//! A Llama-like transformer (Touvron et al. 2023, arXiv:2302.13971) for training: one definition for every device.

use super::config::ModelConfig;
use super::engine::Engine;
use super::tokenizer::Tokenizer;
use crate::data::Rng;
use crate::nn::{self, Device, Dtype, Named, Param, Rope, Tensor};
use crate::{Error, Result};
use std::sync::{Arc, Mutex, PoisonError};

/// A model with its tokenizer. Clones share their weights.
#[derive(Clone)]
pub struct Model {
    config: ModelConfig,
    tokenizer: Arc<Tokenizer>,
    device: Device,
    rope: Rope,
    embed: Param, // [vocab, dim], also the output
    blocks: Vec<Block>,
    norm: Param, // [dim]
    engine: Arc<Mutex<Option<Prepared>>>,
}

/// The weights as generation reads them, and which weights they were made of.
type Prepared = (Vec<u64>, Arc<Engine>);

#[derive(Clone)]
struct Block {
    attn_norm: Param, // [dim]
    wq: Param,        // [dim, heads·head_dim]
    wk: Param,        // [dim, kv_heads·head_dim]
    wv: Param,        // [dim, kv_heads·head_dim]
    wo: Param,        // [heads·head_dim, dim]
    ffn_norm: Param,  // [dim]
    w1: Param,        // [dim, hidden], the gate
    w2: Param,        // [hidden, dim]
    w3: Param,        // [dim, hidden]
}

/// Standard deviation of the initial weights (GPT-2, Radford et al. 2019).
const STD: f64 = 0.02;

impl Model {
    /// A new model: weights normal with standard deviation 0.02, those that write into the residual stream (`wo`,
    /// `w2`) divided by √(2·layers); norms 1. The same seed gives the same weights on every device.
    ///
    /// # Errors
    /// If the sizes do not fit each other or the tokenizer.
    pub fn new(config: &ModelConfig, tokenizer: Tokenizer, device: Device, seed: u64) -> Result<Self> {
        let mut rng = Rng::new(seed);
        let residual = STD / (2.0 * config.layers.max(1) as f64).sqrt();
        Self::build(config, tokenizer, device, |name, shape| {
            let std = if name.ends_with("wo.weight") || name.ends_with("w2.weight") { residual } else { STD };
            if shape.len() == 1 {
                Tensor::full(shape, 1.0, Dtype::F32, device)
            } else {
                Tensor::randn(shape, 0.0, std, Dtype::F32, device, &mut rng)
            }
        })
    }

    /// A model whose weights come from `make(name, shape)`, shapes as in memory ([in, out] for matrices).
    pub(super) fn build(
        config: &ModelConfig,
        tokenizer: Tokenizer,
        device: Device,
        mut make: impl FnMut(&str, &[usize]) -> Result<Tensor>,
    ) -> Result<Self> {
        let config = config.resolved(tokenizer.vocab_size())?;
        if config.vocab < tokenizer.vocab_size() {
            return Err(Error::setting(
                "model",
                "vocab",
                format!("at least the tokenizer's {}", tokenizer.vocab_size()),
                config.vocab,
            ));
        }
        let (d, q, kv, h) = (config.dim, config.q_dim(), config.kv_dim(), config.hidden);
        let mut leaf = |name: String, shape: &[usize]| Param::leaf(&make(&name, shape)?);
        let embed = leaf("embed.weight".into(), &[config.vocab, d])?;
        let mut blocks = Vec::with_capacity(config.layers);
        for i in 0..config.layers {
            let mut part = |name: &str, shape: &[usize]| leaf(format!("layers.{i}.{name}.weight"), shape);
            blocks.push(Block {
                attn_norm: part("attn_norm", &[d])?,
                wq: part("wq", &[d, q])?,
                wk: part("wk", &[d, kv])?,
                wv: part("wv", &[d, kv])?,
                wo: part("wo", &[q, d])?,
                ffn_norm: part("ffn_norm", &[d])?,
                w1: part("w1", &[d, h])?,
                w2: part("w2", &[h, d])?,
                w3: part("w3", &[d, h])?,
            });
        }
        let norm = leaf("norm.weight".into(), &[d])?;
        let rope = Rope::new(config.context, config.head_dim, config.rope_theta, device)?;
        Ok(Self { tokenizer: Arc::new(tokenizer), device, rope, embed, blocks, norm, config, engine: Arc::default() })
    }

    /// Its sizes, with nothing left at 0.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// Its tokenizer.
    pub fn tokenizer(&self) -> &Arc<Tokenizer> {
        &self.tokenizer
    }

    /// Where its weights live.
    pub fn device(&self) -> Device {
        self.device
    }

    /// Its weights by name, in a fixed order.
    pub fn named_params(&self) -> Vec<(String, Param)> {
        let mut all = vec![("embed.weight".to_string(), self.embed.clone())];
        for (i, b) in self.blocks.iter().enumerate() {
            let parts = [
                ("attn_norm", &b.attn_norm),
                ("wq", &b.wq),
                ("wk", &b.wk),
                ("wv", &b.wv),
                ("wo", &b.wo),
                ("ffn_norm", &b.ffn_norm),
                ("w1", &b.w1),
                ("w2", &b.w2),
                ("w3", &b.w3),
            ];
            all.extend(parts.map(|(name, p)| (format!("layers.{i}.{name}.weight"), p.clone())));
        }
        all.push(("norm.weight".to_string(), self.norm.clone()));
        all
    }

    /// Its weights by name, with those marked that files hold transposed.
    pub fn file_params(&self) -> Vec<Named> {
        let all = self.named_params().into_iter();
        all.map(|(name, param)| {
            let turned = param.value().rank() == 2 && name != "embed.weight";
            Named { name, param, turned }
        })
        .collect()
    }

    /// The weights as generation reads them; made anew when one has changed.
    pub fn engine(&self) -> Result<Arc<Engine>> {
        let now: Vec<u64> = self.named_params().iter().map(|(_, p)| p.version()).collect();
        let mut prepared = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        match &*prepared {
            Some((made_of, engine)) if *made_of == now => Ok(engine.clone()),
            _ => {
                let engine = Arc::new(Engine::new(self)?);
                *prepared = Some((now, engine.clone()));
                Ok(engine)
            }
        }
    }

    /// Logits of the next token at every position: ids `[batch, time]` (0-based i32) → `[batch·time, vocab]`.
    ///
    /// # Errors
    /// If there are more positions than the context, or ids that are no tokens.
    pub fn forward(&self, ids: &Tensor) -> Result<Tensor> {
        let shape = ids.shape();
        if shape.len() != 2 || ids.dtype() != Dtype::I32 {
            return Err(Error::shape("model", format!("ids must be i32 [batch, time], got {} {shape:?}", ids.dtype())));
        }
        if shape[1] > self.config.context {
            let why = format!("{} positions are more than the context of {}", shape[1], self.config.context);
            return Err(Error::shape("model", why));
        }
        let vocab = self.config.vocab;
        if let Some(id) = ids.to_i32()?.into_iter().find(|id| *id < 0 || *id as usize >= vocab) {
            return Err(Error::shape("model", format!("token {id} is outside 0..{}", vocab - 1)));
        }
        let eps = self.config.norm_eps;
        let embed = self.embed.value();
        let mut x = nn::embedding(&embed, ids)?; // [batch, time, dim]
        for block in &self.blocks {
            x = self.block(block, &x)?;
        }
        let x = nn::rms_norm(&x, &self.norm.value(), eps)?.reshape(&[ids.len(), self.config.dim])?;
        nn::linear(&x, &embed.transpose(0, 1)?)
    }

    fn block(&self, b: &Block, x: &Tensor) -> Result<Tensor> {
        let ModelConfig { heads, kv_heads, norm_eps, .. } = self.config;
        let n = nn::rms_norm(x, &b.attn_norm.value(), norm_eps)?;
        let q = nn::linear(&n, &b.wq.value())?;
        let k = nn::linear(&n, &b.wk.value())?;
        let v = nn::linear(&n, &b.wv.value())?;
        let a = nn::attention(&q, &k, &v, &self.rope, heads, kv_heads)?;
        let x = x.add(&nn::linear(&a, &b.wo.value())?)?;
        let n = nn::rms_norm(&x, &b.ffn_norm.value(), norm_eps)?;
        let f = nn::silu_mul(&nn::linear(&n, &b.w1.value())?, &nn::linear(&n, &b.w3.value())?)?;
        x.add(&nn::linear(&f, &b.w2.value())?)
    }

    /// Mean cross-entropy, in nats per token, of `targets` `[batch, time]` after `ids` `[batch, time]`.
    pub fn loss(&self, ids: &Tensor, targets: &Tensor) -> Result<Tensor> {
        nn::cross_entropy(&self.forward(ids)?, &targets.reshape(&[targets.len()])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiny(kv_heads: usize) -> Model {
        let config =
            ModelConfig { dim: 32, layers: 2, heads: 4, kv_heads, hidden: 48, context: 16, ..Default::default() };
        Model::new(&config, Tokenizer::chars("abcdefghij").unwrap(), Device::Cpu, 1).unwrap()
    }

    fn ids(rows: usize, cols: usize) -> Tensor {
        let values = (0..rows * cols).map(|i| (i * 7 % 10) as i32).collect();
        Tensor::from_vec(values, &[rows, cols], Device::Cpu).unwrap()
    }

    #[test]
    fn a_new_model_guesses_evenly() {
        let targets = ids(4, 16).add_scalar(3.0).unwrap().binary_scalar(nn::Binary::Rem, 10.0).unwrap();
        let loss = tiny(2).loss(&ids(4, 16), &targets).unwrap().item().unwrap();
        assert!((loss - 10f64.ln()).abs() < 0.1, "{loss}");
    }

    #[test]
    fn the_future_does_not_change_the_past() {
        let model = tiny(2);
        let a = model.forward(&ids(1, 16)).unwrap().to_f32().unwrap();
        let b = model.forward(&ids(1, 9)).unwrap().to_f32().unwrap();
        let worst = a.iter().zip(&b).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-5, "{worst}");
    }

    #[test]
    fn one_seed_gives_one_model() {
        let [a, b] = [tiny(4), tiny(4)].map(|m| m.forward(&ids(1, 8)).unwrap().to_f32().unwrap());
        assert_eq!(a, b);
        let count: usize = tiny(2).named_params().iter().map(|(_, p)| p.value().len()).sum();
        assert_eq!(count as u128, tiny(2).config().params());
    }

    #[test]
    fn wrong_ids_are_refused() {
        let model = tiny(2);
        let wrong = Tensor::from_vec(vec![1, 10], &[1, 2], Device::Cpu).unwrap();
        assert_eq!(model.forward(&wrong).unwrap_err().to_string(), "model: token 10 is outside 0..9");
        let message = model.forward(&ids(1, 17)).unwrap_err().to_string();
        assert_eq!(message, "model: 17 positions are more than the context of 16");
    }
}
