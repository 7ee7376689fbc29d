//! A Llama-like transformer (Touvron et al. 2023, arXiv:2302.13971) for training: one definition for every device.

use super::config::{ModelConfig, Positions};
use super::engine::{Adapter, Engine, PROJECTIONS};
use super::lora::Lora;
use super::tokenizer::Tokenizer;
use crate::data::Rng;
use crate::nn::{self, AttentionOptions, Device, Dtype, Gradients, Named, Param, Precision, Rope, Tensor};
use crate::{Error, Result};
use rayon::prelude::*;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A model with its tokenizer. Clones share their weights and what is attached to them.
#[derive(Clone)]
pub struct Model {
    config: ModelConfig,
    tokenizer: Arc<Tokenizer>,
    device: Device,
    embed: Param,             // [vocab, dim]
    positions: Option<Param>, // [context, dim], if they are learned
    blocks: Vec<Block>,
    norm: Param,           // [dim]
    output: Option<Param>, // [dim, vocab]; without, the embedding transposed
    rope: Arc<Mutex<Option<(usize, Rope)>>>,
    attached: Arc<Mutex<Vec<(Lora, f64)>>>,
    engine: Arc<Mutex<Option<Prepared>>>,
}

/// The weights as generation reads them, and which weights they were made of.
type Prepared = (Vec<u64>, Arc<Engine>);

#[derive(Clone)]
struct Block {
    attn_norm: Param,               // [dim]
    wq: Param,                      // [dim, heads·head_dim]
    wk: Param,                      // [dim, kv_heads·head_dim]
    wv: Param,                      // [dim, kv_heads·head_dim]
    biases: Option<[Param; 3]>,     // of q, k and v
    head_norms: Option<[Param; 2]>, // of q and k, [head_dim]
    wo: Param,                      // [heads·head_dim, dim]
    ffn_norm: Param,                // [dim]
    w1: Param,                      // [dim, hidden], the gate
    w2: Param,                      // [hidden, dim]
    w3: Param,                      // [dim, hidden]
}

/// What goes into a forward pass beside the tokens.
#[derive(Clone, Default)]
pub struct Pass {
    /// For each position of `[batch, time]` the index within its row where its document begins: attention stays
    /// within documents, and positions count from there. Nothing: each row is one document.
    pub starts: Option<Arc<[i32]>>,
    /// Source of the dropout's choices, while training; nothing: no dropout.
    pub dropout: Option<Rng>,
    /// Low-rank adapters with their weights; nothing: those attached to the model. An empty list: the bare model.
    pub lora: Option<Vec<(Lora, f64)>>,
    /// Whether the model's own weights are constants, as when an adapter is trained.
    pub frozen: bool,
    /// Of the factors in linear layers.
    pub precision: Precision,
}

/// Standard deviation of the initial weights (GPT-2, Radford et al. 2019).
const STD: f64 = 0.02;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Model {
    /// A new model: weights normal with standard deviation 0.02, those that write into the residual stream (`wo`,
    /// `w2`) divided by √(2·layers); norms 1, biases 0. The same seed gives the same weights on every device.
    ///
    /// # Errors
    /// If the sizes do not fit each other or the tokenizer.
    pub fn new(config: &ModelConfig, tokenizer: Tokenizer, device: Device, seed: u64) -> Result<Self> {
        let mut rng = Rng::new(seed);
        let residual = STD / (2.0 * config.layers.max(1) as f64).sqrt();
        Self::build(config, tokenizer, device, |name, shape| {
            let std = if name.ends_with("wo.weight") || name.ends_with("w2.weight") { residual } else { STD };
            if shape.len() == 1 {
                let value = if name.ends_with(".bias") { 0.0 } else { 1.0 };
                Tensor::full(shape, value, Dtype::F32, device)
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
        let (v, d, q, kv, h) = (config.vocab, config.dim, config.q_dim(), config.kv_dim(), config.hidden);
        let mut leaf = |name: &str, shape: &[usize]| Param::leaf(&make(name, shape)?);
        let embed = leaf("embed.weight", &[v, d])?;
        let positions = match config.positions {
            Positions::Learned => Some(leaf("positions.weight", &[config.context, d])?),
            _ => None,
        };
        let mut blocks = Vec::with_capacity(config.layers);
        for i in 0..config.layers {
            let mut part = |name: &str, shape: &[usize]| leaf(&format!("layers.{i}.{name}"), shape);
            blocks.push(Block {
                attn_norm: part("attn_norm.weight", &[d])?,
                wq: part("wq.weight", &[d, q])?,
                wk: part("wk.weight", &[d, kv])?,
                wv: part("wv.weight", &[d, kv])?,
                biases: match config.qkv_bias {
                    true => Some([part("wq.bias", &[q])?, part("wk.bias", &[kv])?, part("wv.bias", &[kv])?]),
                    false => None,
                },
                head_norms: match config.qk_norm {
                    true => {
                        let width = [config.head_dim];
                        Some([part("q_norm.weight", &width)?, part("k_norm.weight", &width)?])
                    }
                    false => None,
                },
                wo: part("wo.weight", &[q, d])?,
                ffn_norm: part("ffn_norm.weight", &[d])?,
                w1: part("w1.weight", &[d, h])?,
                w2: part("w2.weight", &[h, d])?,
                w3: part("w3.weight", &[d, h])?,
            });
        }
        let norm = leaf("norm.weight", &[d])?;
        let output = if config.tied { None } else { Some(leaf("output.weight", &[d, v])?) };
        Ok(Self {
            config,
            tokenizer: Arc::new(tokenizer),
            device,
            embed,
            positions,
            blocks,
            norm,
            output,
            rope: Arc::default(),
            attached: Arc::default(),
            engine: Arc::default(),
        })
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
        let more = |name: &str, param: &Option<Param>| param.clone().map(|p| (name.to_string(), p));
        all.extend(more("positions.weight", &self.positions));
        for (i, b) in self.blocks.iter().enumerate() {
            let mut add = |name: &str, param: &Param| all.push((format!("layers.{i}.{name}"), param.clone()));
            add("attn_norm.weight", &b.attn_norm);
            add("wq.weight", &b.wq);
            add("wk.weight", &b.wk);
            add("wv.weight", &b.wv);
            if let Some([q, k, v]) = &b.biases {
                add("wq.bias", q);
                add("wk.bias", k);
                add("wv.bias", v);
            }
            if let Some([q, k]) = &b.head_norms {
                add("q_norm.weight", q);
                add("k_norm.weight", k);
            }
            add("wo.weight", &b.wo);
            add("ffn_norm.weight", &b.ffn_norm);
            add("w1.weight", &b.w1);
            add("w2.weight", &b.w2);
            add("w3.weight", &b.w3);
        }
        all.push(("norm.weight".to_string(), self.norm.clone()));
        all.extend(more("output.weight", &self.output));
        all
    }

    /// Its weights by name, with those marked that files hold transposed.
    pub fn file_params(&self) -> Vec<Named> {
        let all = self.named_params().into_iter();
        all.map(|(name, param)| {
            let turned = is_turned(&name, &param.value().shape());
            Named { name, param, turned }
        })
        .collect()
    }

    /// The matrix of a projection, by its number in [`PROJECTIONS`].
    pub(super) fn projection(&self, layer: usize, projection: usize) -> Option<&Param> {
        let b = self.blocks.get(layer)?;
        Some(match *PROJECTIONS.get(projection)? {
            "wq" => &b.wq,
            "wk" => &b.wk,
            "wv" => &b.wv,
            "wo" => &b.wo,
            "w1" => &b.w1,
            "w2" => &b.w2,
            _ => &b.w3,
        })
    }

    /// The weights as generation reads them, without what is attached; made anew when one has changed.
    pub fn engine(&self) -> Result<Arc<Engine>> {
        let now: Vec<u64> = self.named_params().iter().map(|(_, p)| p.version()).collect();
        let mut prepared = lock(&self.engine);
        match &*prepared {
            Some((made_of, engine)) if *made_of == now => Ok(engine.clone()),
            _ => {
                let engine = Arc::new(Engine::new(self)?);
                *prepared = Some((now, engine.clone()));
                Ok(engine)
            }
        }
    }

    // ---- adapters

    /// Adds a low-rank adapter, times `weight`, to what the model computes from now on; its own weights stay as they
    /// are. Several add up. One that is attached already takes the new weight.
    ///
    /// # Errors
    /// If it was made for other sizes or lives on another device, or `weight` is not finite.
    pub fn attach(&self, lora: &Lora, weight: f64) -> Result<()> {
        lora.ensure_fits(self)?;
        if !weight.is_finite() {
            return Err(Error::setting("lora", "weight", "finite", weight));
        }
        let mut attached = lock(&self.attached);
        match attached.iter_mut().find(|(other, _)| other.same(lora)) {
            Some((_, old)) => *old = weight,
            None => attached.push((lora.clone(), weight)),
        }
        Ok(())
    }

    /// Takes an adapter away: the model is bit for bit what it was without it. Answers whether it was attached.
    pub fn detach(&self, lora: &Lora) -> bool {
        let mut attached = lock(&self.attached);
        let before = attached.len();
        attached.retain(|(other, _)| !other.same(lora));
        attached.len() < before
    }

    /// The attached adapters with their weights, in the order in which they came.
    pub fn attached(&self) -> Vec<(Lora, f64)> {
        lock(&self.attached).clone()
    }

    /// The attached adapters as generation reads them.
    ///
    /// # Errors
    /// If the device fails.
    pub fn adapters(&self) -> Result<Vec<(Arc<Adapter>, f32)>> {
        self.attached().iter().map(|(lora, weight)| Ok((lora.adapter()?, *weight as f32))).collect()
    }

    /// Adds `weight` times an adapter into the model's own weights for good, and detaches it if it was attached.
    ///
    /// # Errors
    /// As [`attach`](Self::attach); nothing has changed then.
    pub fn merge(&self, lora: &Lora, weight: f64) -> Result<()> {
        lora.ensure_fits(self)?;
        if !weight.is_finite() {
            return Err(Error::setting("lora", "weight", "finite", weight));
        }
        let mut merged = Vec::new();
        for (layer, projection, pair) in lora.pairs() {
            let Some(param) = self.projection(layer, projection) else { continue };
            let change = nn::linear(&pair.a.value().plain(), &pair.b.value().plain())?;
            let change = change.mul_scalar(lora.scale() * weight)?;
            merged.push((param.clone(), param.value().plain().add(&change)?));
        }
        for (param, value) in merged {
            param.set_value(value)?;
        }
        self.detach(lora);
        Ok(())
    }

    // ---- computing

    /// Logits of the next token at every position: ids `[batch, time]` (0-based i32) → `[batch·time, vocab]`.
    ///
    /// # Errors
    /// If there are more positions than the context, or ids that are no tokens.
    pub fn forward(&self, ids: &Tensor) -> Result<Tensor> {
        self.forward_with(ids, &Pass::default())
    }

    /// [`forward`](Self::forward) with documents in rows, dropout or adapters.
    ///
    /// # Errors
    /// As [`forward`](Self::forward), or if the pass does not fit the ids.
    pub fn forward_with(&self, ids: &Tensor, pass: &Pass) -> Result<Tensor> {
        let run = Run::new(self, ids, pass)?;
        let mut x = run.embed()?;
        for layer in 0..self.blocks.len() {
            x = run.block(layer, &x)?;
        }
        run.logits(&x)
    }

    /// How much each head looks at each position: for each layer `[heads, time, time]`, whose rows add up to 1; ids
    /// `[1, time]`.
    ///
    /// # Errors
    /// As [`forward`](Self::forward), or if there is more than one row.
    pub fn attention(&self, ids: &Tensor) -> Result<Vec<Tensor>> {
        let run = Run::new(self, ids, &Pass::default())?;
        if ids.shape()[0] != 1 || ids.is_empty() {
            return Err(Error::shape("attention", format!("ids must be [1, time], got {:?}", ids.shape())));
        }
        nn::no_grad(|| {
            let mut x = run.embed()?.plain();
            let mut layers = Vec::new();
            for layer in 0..self.blocks.len() {
                layers.push(run.looks(layer, &x)?);
                x = run.block(layer, &x)?;
            }
            Ok(layers)
        })
    }

    /// Mean cross-entropy, in nats per token, of `targets` `[batch, time]` after `ids` `[batch, time]`; negative targets
    /// do not count.
    ///
    /// # Errors
    /// As [`forward`](Self::forward), or if the targets are not of the ids' shape or no tokens.
    pub fn loss(&self, ids: &Tensor, targets: &Tensor) -> Result<Tensor> {
        self.loss_with(ids, targets, &Pass::default())
    }

    /// [`loss`](Self::loss) with documents in rows, dropout or adapters.
    ///
    /// # Errors
    /// As [`loss`](Self::loss), or if the pass does not fit the ids.
    pub fn loss_with(&self, ids: &Tensor, targets: &Tensor, pass: &Pass) -> Result<Tensor> {
        if targets.shape() != ids.shape() {
            let why = format!("targets {:?} do not fit ids {:?}", targets.shape(), ids.shape());
            return Err(Error::shape("model", why));
        }
        let vocab = self.config.vocab;
        if let Some(target) = targets.to_i32()?.into_iter().find(|t| *t >= 0 && *t as usize >= vocab) {
            return Err(Error::shape("model", format!("target {target} is outside 0..{}", vocab - 1)));
        }
        nn::cross_entropy(&self.forward_with(ids, pass)?, &targets.reshape(&[targets.len()])?)
    }

    /// The number that `loss` makes of the logits `[batch·time, vocab]`, and its gradient by each of `params`.
    ///
    /// With `recompute`, only each block's input is kept, and its inside is computed once more on the way back: less
    /// memory for a third more work, and the very same numbers.
    ///
    /// # Errors
    /// As [`forward_with`](Self::forward_with), those of `loss`, or if it does not depend on any weight.
    pub fn gradients(
        &self,
        ids: &Tensor,
        pass: &Pass,
        params: &[Param],
        recompute: bool,
        loss: impl FnOnce(&Tensor) -> Result<Tensor>,
    ) -> Result<(f64, Vec<Option<Tensor>>)> {
        let mut sums = vec![None; params.len()];
        if !recompute {
            let value = loss(&self.forward_with(ids, pass)?)?;
            add_gradients(&mut sums, params, &value.backward()?)?;
            return Ok((value.item()?, sums));
        }
        let run = Run::new(self, ids, pass)?;
        let last = self.blocks.len();
        let inputs = nn::no_grad(|| {
            let mut inputs = vec![run.embed()?.plain()]; // of each block, then of the last norm
            for layer in 0..last {
                inputs.push(run.block(layer, &inputs[layer])?);
            }
            Ok::<_, Error>(inputs)
        })?;
        let input = inputs[last].require_grad()?;
        let value = loss(&run.logits(&input)?)?;
        let found = value.backward()?;
        add_gradients(&mut sums, params, &found)?;
        let mut dx = found.get(&input); // of the loss by the input of what follows
        for layer in (0..last).rev() {
            let Some(dy) = dx else { return Ok((value.item()?, sums)) };
            let input = inputs[layer].require_grad()?;
            let found = run.block(layer, &input)?.mul(&dy)?.sum().backward()?;
            add_gradients(&mut sums, params, &found)?;
            dx = found.get(&input);
        }
        let embedded = run.embed()?;
        if let (Some(dy), true) = (dx, embedded.is_recorded()) {
            add_gradients(&mut sums, params, &embedded.mul(&dy)?.sum().backward()?)?;
        }
        Ok((value.item()?, sums))
    }
}

/// Whether files hold this weight transposed: a matrix of a linear layer.
pub(super) fn is_turned(name: &str, shape: &[usize]) -> bool {
    shape.len() == 2 && name != "embed.weight" && name != "positions.weight"
}

/// Adds what was found for each parameter to its sum.
fn add_gradients(sums: &mut [Option<Tensor>], params: &[Param], found: &Gradients) -> Result<()> {
    for (sum, param) in sums.iter_mut().zip(params) {
        let Some(new) = found.get(&param.value()) else { continue };
        *sum = Some(match sum.take() {
            Some(old) => old.add(&new)?,
            None => new,
        });
    }
    Ok(())
}

/// One forward pass under way.
struct Run<'a> {
    model: &'a Model,
    ids: &'a Tensor, // [batch, time]
    attention: AttentionOptions,
    rope: Rope,
    dropout: Option<u64>, // the seed of this pass
    lora: Vec<(Lora, f64)>,
    frozen: bool,
    precision: Precision,
}

/// Places where numbers are dropped, in a block; the adapters' come after them.
const AFTER_ATTENTION: u64 = 1;
const AFTER_FEED_FORWARD: u64 = 2;
const BEFORE_ADAPTERS: u64 = 3;

impl<'a> Run<'a> {
    fn new(model: &'a Model, ids: &'a Tensor, pass: &Pass) -> Result<Self> {
        let (config, shape) = (&model.config, ids.shape());
        if shape.len() != 2 || ids.dtype() != Dtype::I32 {
            return Err(Error::shape("model", format!("ids must be i32 [batch, time], got {} {shape:?}", ids.dtype())));
        }
        let time = shape[1];
        if time > config.context {
            let why = format!("{time} positions are more than the context of {}", config.context);
            return Err(Error::shape("model", why));
        }
        let vocab = config.vocab;
        if let Some(id) = ids.to_i32()?.into_iter().find(|id| *id < 0 || *id as usize >= vocab) {
            return Err(Error::shape("model", format!("token {id} is outside 0..{}", vocab - 1)));
        }
        if let Some(starts) = &pass.starts {
            nn::check_starts(starts, shape[0], time)?;
        }
        let lora = pass.lora.clone().unwrap_or_else(|| model.attached());
        for (lora, _) in &lora {
            lora.ensure_fits(model)?;
        }
        Ok(Self {
            model,
            ids,
            attention: AttentionOptions {
                heads: config.heads,
                kv_heads: config.kv_heads,
                causal: config.causal,
                starts: pass.starts.clone(),
            },
            rope: model.rope(time)?,
            dropout: pass.dropout.clone().map(|mut rng| rng.next_u64()),
            lora,
            frozen: pass.frozen,
            precision: pass.precision,
        })
    }

    /// A weight of the model's own.
    fn own(&self, param: &Param) -> Tensor {
        if self.frozen { param.value().plain() } else { param.value() }
    }

    /// The beginning of the residual stream, `[batch, time, dim]`.
    fn embed(&self) -> Result<Tensor> {
        let mut x = nn::embedding(&self.own(&self.model.embed), self.ids)?;
        if let Some(positions) = &self.model.positions {
            let time = self.ids.shape()[1];
            let (places, shape): (Vec<i32>, _) = match &self.attention.starts {
                None => ((0..time as i32).collect(), vec![1, time]),
                Some(starts) => {
                    (starts.iter().enumerate().map(|(i, s)| (i % time) as i32 - s).collect(), self.ids.shape())
                }
            };
            let places = Tensor::from_vec(places, &shape, self.model.device)?;
            x = x.add(&nn::embedding(&self.own(positions), &places)?)?;
        }
        self.dropped(x, self.model.config.dropout, 0)
    }

    /// One block: `[batch, time, dim]` → the same.
    fn block(&self, layer: usize, x: &Tensor) -> Result<Tensor> {
        let (b, c) = (&self.model.blocks[layer], &self.model.config);
        let site = |place| (layer as u64 + 1) << 16 | place;
        if self.is_plain(layer) {
            let weights = [&b.attn_norm, &b.wq, &b.wk, &b.wv, &b.wo].map(|p| self.own(p));
            let x = nn::self_attention(x, weights.each_ref(), c.norm_eps, &self.rope, &self.attention, self.precision)?;
            let weights = [&b.ffn_norm, &b.w1, &b.w2, &b.w3].map(|p| self.own(p));
            return nn::feed_forward(&x, weights.each_ref(), c.norm_eps, self.precision);
        }
        let [q, k, v] = self.heads(layer, x)?;
        let a = nn::attention(&q, &k, &v, &self.rope, &self.attention)?;
        let a = self.project(layer, "wo", &a, &b.wo)?;
        let x = x.add(&self.dropped(a, c.dropout, site(AFTER_ATTENTION))?)?;
        let n = nn::rms_norm(&x, &self.own(&b.ffn_norm), c.norm_eps)?;
        let gate = self.project(layer, "w1", &n, &b.w1)?;
        let f = nn::silu_mul(&gate, &self.project(layer, "w3", &n, &b.w3)?)?;
        let f = self.project(layer, "w2", &f, &b.w2)?;
        x.add(&self.dropped(f, c.dropout, site(AFTER_FEED_FORWARD))?)
    }

    /// The queries, keys and values of a block, `[batch, time, heads·head_dim]`, from its input `[batch, time, dim]`.
    fn heads(&self, layer: usize, x: &Tensor) -> Result<[Tensor; 3]> {
        let (b, c) = (&self.model.blocks[layer], &self.model.config);
        let n = nn::rms_norm(x, &self.own(&b.attn_norm), c.norm_eps)?;
        let [mut q, mut k, mut v] = [
            self.project(layer, "wq", &n, &b.wq)?,
            self.project(layer, "wk", &n, &b.wk)?,
            self.project(layer, "wv", &n, &b.wv)?,
        ];
        if let Some(biases) = &b.biases {
            let [bq, bk, bv] = biases.each_ref().map(|b| self.own(b));
            (q, k, v) = (q.add(&bq)?, k.add(&bk)?, v.add(&bv)?);
        }
        if let Some([q_norm, k_norm]) = &b.head_norms {
            q = self.head_norm(&q, c.heads, q_norm)?;
            k = self.head_norm(&k, c.kv_heads, k_norm)?;
        }
        Ok([q, k, v])
    }

    /// How much each head of a block looks at each position, `[heads, time, time]`, for a batch of one. What attention
    /// answers to values that are one at one position and zero elsewhere is the weight of that position.
    fn looks(&self, layer: usize, x: &Tensor) -> Result<Tensor> {
        let c = &self.model.config;
        let [q, k, _] = self.heads(layer, x)?;
        let (time, wide) = (x.shape()[1], c.head_dim);
        let mut looks = vec![0.0f32; c.heads * time * time];
        for from in (0..time).step_by(wide) {
            let mut v = vec![0.0f32; time * c.kv_heads * wide];
            for t in from..time.min(from + wide) {
                for head in 0..c.kv_heads {
                    v[(t * c.kv_heads + head) * wide + t - from] = 1.0;
                }
            }
            let v = Tensor::from_vec(v, &[1, time, c.kv_heads * wide], x.device())?;
            let a = nn::attention(&q, &k, &v, &self.rope, &self.attention)?.to_f32()?; // [1, time, heads·head_dim]
            for (t, row) in a.chunks_exact(c.heads * wide).enumerate() {
                for (head, of_head) in row.chunks_exact(wide).enumerate() {
                    let to = (head * time + t) * time + from;
                    let some = wide.min(time - from);
                    looks[to..to + some].copy_from_slice(&of_head[..some]);
                }
            }
        }
        Tensor::from_vec(looks, &[c.heads, time, time], x.device())
    }

    /// Whether a block has nothing between its operations: no biases, norms of heads, dropout or adapters.
    fn is_plain(&self, layer: usize) -> bool {
        let b = &self.model.blocks[layer];
        let dropout = self.dropout.is_some() && self.model.config.dropout > 0.0;
        let adapted = self.lora.iter().any(|(lora, _)| (0..PROJECTIONS.len()).any(|p| lora.pair(layer, p).is_some()));
        b.biases.is_none() && b.head_norms.is_none() && !dropout && !adapted
    }

    /// Each head by itself, `[batch, time, heads·head_dim]`, to unit root mean square times `w` `[head_dim]`.
    fn head_norm(&self, x: &Tensor, heads: usize, w: &Param) -> Result<Tensor> {
        let shape = x.shape();
        let c = &self.model.config;
        let x = x.reshape(&[shape[0], shape[1], heads, c.head_dim])?;
        nn::rms_norm(&x, &self.own(w), c.norm_eps)?.reshape(&shape)
    }

    /// `x · w`, and what the adapters add: `x · A · B`, scaled.
    fn project(&self, layer: usize, name: &str, x: &Tensor, w: &Param) -> Result<Tensor> {
        let mut y = nn::linear_in(x, &self.own(w), self.precision)?;
        let projection = PROJECTIONS.iter().position(|p| *p == name).unwrap_or_default();
        for (nth, (lora, weight)) in self.lora.iter().enumerate() {
            let Some(pair) = lora.pair(layer, projection) else { continue };
            let place = BEFORE_ADAPTERS + (nth * PROJECTIONS.len() + projection) as u64;
            let x = self.dropped(x.clone(), lora.config().dropout, (layer as u64 + 1) << 16 | place)?;
            let low = nn::linear(&x, &pair.a.value())?;
            y = y.add(&nn::linear(&low, &pair.b.value())?.mul_scalar(lora.scale() * weight)?)?;
        }
        Ok(y)
    }

    /// Logits, `[batch·time, vocab]`, of the end of the residual stream.
    fn logits(&self, x: &Tensor) -> Result<Tensor> {
        let (m, c) = (self.model, &self.model.config);
        let x = nn::rms_norm(x, &self.own(&m.norm), c.norm_eps)?.reshape(&[self.ids.len(), c.dim])?;
        match &m.output {
            Some(output) => nn::linear_in(&x, &self.own(output), self.precision),
            None => nn::linear_in(&x, &self.own(&m.embed).transpose(0, 1)?, self.precision),
        }
    }

    /// Dropout (Srivastava et al. 2014): zeros with probability `p`, and the rest times 1/(1 − p). The same pass has
    /// the same zeros at the same site, on any number of threads.
    fn dropped(&self, x: Tensor, p: f64, site: u64) -> Result<Tensor> {
        let Some(seed) = self.dropout.filter(|_| p > 0.0) else { return Ok(x) };
        const CHUNK: usize = 1 << 14;
        let (limit, kept) = ((p * 4_294_967_296.0) as u32, (1.0 / (1.0 - p)) as f32);
        let mut mask = vec![0.0f32; x.len()];
        mask.par_chunks_mut(CHUNK).enumerate().for_each(|(i, chunk)| {
            let mut rng = Rng::stream(seed, site << 32 | i as u64);
            for two in chunk.chunks_mut(2) {
                let bits = rng.next_u64();
                for (to, bits) in two.iter_mut().zip([bits as u32, (bits >> 32) as u32]) {
                    *to = if bits < limit { 0.0 } else { kept };
                }
            }
        });
        x.mul(&Tensor::from_vec(mask, &x.shape(), x.device())?)
    }
}

impl Model {
    /// The rotary angles of at least `time` positions.
    fn rope(&self, time: usize) -> Result<Rope> {
        if self.config.positions == Positions::Learned {
            return Rope::none(self.device);
        }
        let mut rope = lock(&self.rope);
        if let Some((_, rope)) = rope.as_ref().filter(|(has, _)| *has >= time) {
            return Ok(rope.clone());
        }
        let has = time.next_power_of_two().min(self.config.context);
        let neighbours = self.config.positions == Positions::Interleaved;
        let made = Rope::new(has, &self.config.frequencies(), neighbours, self.device)?;
        *rope = Some((has, made.clone()));
        Ok(made)
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

    /// Every kind of model, small.
    fn kinds() -> Vec<Model> {
        let base = ModelConfig { dim: 24, layers: 2, heads: 4, kv_heads: 2, context: 16, ..Default::default() };
        let with = |change: fn(&mut ModelConfig)| {
            let mut config = base.clone();
            change(&mut config);
            Model::new(&config, Tokenizer::chars("abcdefghij").unwrap(), Device::Cpu, 1).unwrap()
        };
        vec![
            with(|_| ()),
            with(|c| (c.qkv_bias, c.causal) = (true, false)),
            with(|c| (c.qk_norm, c.head_dim, c.tied) = (true, 10, false)),
            with(|c| c.positions = Positions::Interleaved),
            with(|c| c.positions = Positions::Learned),
            with(|c| {
                let (low_freq_factor, high_freq_factor) = (1.0, 4.0);
                let original_context = 8;
                c.rope_scaling =
                    Some(crate::lm::RopeScaling { factor: 4.0, low_freq_factor, high_freq_factor, original_context });
            }),
        ]
    }

    #[test]
    fn looks_add_up_to_one_and_explain_what_attention_gives() {
        for model in kinds() {
            let (c, ids) = (model.config().clone(), ids(1, 13));
            let layers = model.attention(&ids).unwrap();
            assert_eq!(layers.len(), 2);
            for looks in &layers {
                assert_eq!(looks.shape(), [4, 13, 13]);
                for (row, weights) in looks.to_f32().unwrap().chunks_exact(13).enumerate() {
                    let sum: f32 = weights.iter().sum();
                    assert!((sum - 1.0).abs() < 1e-5 && weights.iter().all(|w| *w >= 0.0), "{weights:?}");
                    let t = row % 13;
                    assert!(!c.causal || weights[t + 1..].iter().all(|w| *w == 0.0), "no look ahead");
                }
            }
            // The weights times the values are what the first block's heads give.
            let run = Run::new(&model, &ids, &Pass::default()).unwrap();
            let [q, k, v] = run.heads(0, &run.embed().unwrap()).unwrap();
            let given = nn::attention(&q, &k, &v, &run.rope, &run.attention).unwrap().to_f32().unwrap();
            let (v, looks, wide) = (v.to_f32().unwrap(), layers[0].to_f32().unwrap(), c.head_dim);
            for head in 0..4 {
                for t in 0..13 {
                    for d in 0..wide {
                        let value = |s: usize| v[(s * 2 + head / 2) * wide + d] * looks[(head * 13 + t) * 13 + s];
                        let sum: f32 = (0..13).map(value).sum();
                        assert!((sum - given[(t * 4 + head) * wide + d]).abs() < 1e-5);
                    }
                }
            }
        }
        let refusal = tiny(2).attention(&ids(2, 5)).unwrap_err().to_string();
        assert!(refusal.contains("ids must be [1, time], got [2, 5]"), "{refusal}");
    }

    fn numbers(values: &[i32], rows: usize) -> Tensor {
        Tensor::from_vec(values.to_vec(), &[rows, values.len() / rows], Device::Cpu).unwrap()
    }

    #[test]
    fn params_are_counted_and_files_keep_them() {
        let folder = tempfile::tempdir().unwrap();
        for model in kinds() {
            let count: usize = model.named_params().iter().map(|(_, p)| p.value().len()).sum();
            assert_eq!(count as u128, model.config().params());
            let path = folder.path().join("x.safetensors");
            model.save(&path).unwrap();
            let again = Model::load(&path, Device::Cpu).unwrap();
            let [a, b] = [&model, &again].map(|m| m.forward(&ids(2, 9)).unwrap().to_f32().unwrap());
            assert_eq!(a, b);
        }
    }

    #[test]
    fn a_document_in_a_pack_has_the_logits_that_it_has_alone() {
        for model in kinds() {
            let text = ids(1, 16).to_i32().unwrap();
            let starts: Vec<i32> = (0..16)
                .map(|i| {
                    if i < 5 {
                        0
                    } else if i < 6 {
                        5
                    } else {
                        6
                    }
                })
                .collect();
            let pass = Pass { starts: Some(starts.into()), ..Default::default() };
            let packed = model.forward_with(&numbers(&text, 1), &pass).unwrap().to_f32().unwrap();
            for range in [0..5, 5..6, 6..16] {
                let alone = model.forward(&numbers(&text[range.clone()], 1)).unwrap().to_f32().unwrap();
                let inside = &packed[range.start * 10..range.end * 10];
                let off = inside.iter().zip(&alone).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(off < 1e-6, "{:?} {range:?}: off by {off}", model.config());
            }
            let wrong = Pass { starts: Some(vec![3; 16].into()), ..Default::default() };
            let message = model.forward_with(&numbers(&text, 1), &wrong).unwrap_err().to_string();
            assert_eq!(message, "attention: `starts[0]` must be 0 (a document begins) or the start before it, got 3");
        }
    }

    #[test]
    fn no_gradient_passes_from_one_document_into_another() {
        for model in kinds().into_iter().filter(|m| !m.config().tied || m.config().positions == Positions::Learned) {
            // Tokens 0 to 4 stand in the first document only, 5 to 9 in the second, whose loss alone is asked for.
            let text = numbers(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 1);
            let targets = numbers(&[-100, -100, -100, -100, -100, 6, 7, 8, 9, 5], 1);
            let starts = [0, 0, 0, 0, 0, 5, 5, 5, 5, 5];
            let pass = Pass { starts: Some(starts.into()), ..Default::default() };
            let model = Model::new(
                &ModelConfig { tied: false, ..model.config().clone() },
                (**model.tokenizer()).clone(),
                Device::Cpu,
                1,
            )
            .unwrap();
            let found = model.loss_with(&text, &targets, &pass).unwrap().backward().unwrap();
            let grad = found.get(&model.embed.value()).unwrap().to_f32().unwrap();
            assert!(grad[..5 * 24].iter().all(|g| *g == 0.0) && grad[5 * 24..].iter().all(|g| *g != 0.0));
        }
    }

    #[test]
    fn masked_targets_change_no_loss_and_a_mask_of_all_is_none() {
        let model = tiny(2);
        let text = ids(2, 8);
        let targets = text.to_i32().unwrap();
        let whole = model.loss(&text, &numbers(&targets, 2)).unwrap().item().unwrap();
        let plain = nn::cross_entropy(&model.forward(&text).unwrap(), &numbers(&targets, 2).reshape(&[16]).unwrap());
        assert_eq!(whole, plain.unwrap().item().unwrap());
        let masked = |hidden: i32| {
            let some: Vec<i32> =
                targets.iter().enumerate().map(|(i, t)| if i % 3 == 0 { hidden } else { *t }).collect();
            model.loss(&text, &numbers(&some, 2)).unwrap().item().unwrap()
        };
        assert_eq!(masked(-100), masked(-1));
        assert_ne!(masked(-100), whole);
        let message = model.loss(&text, &numbers(&[10; 16], 2)).unwrap_err().to_string();
        assert_eq!(message, "model: target 10 is outside 0..9");
    }

    #[test]
    fn the_engine_computes_what_the_model_does() {
        for model in kinds().into_iter().filter(|m| m.config().causal) {
            let text = ids(1, 12);
            let logits = model.forward(&text).unwrap().to_f32().unwrap();
            let mut session = crate::lm::Session::new(&model.engine().unwrap());
            let tokens: Vec<u32> = text.to_i32().unwrap().iter().map(|t| *t as u32).collect();
            session.read(&tokens).unwrap();
            let last = session.logits(1).0;
            let off = last.iter().zip(&logits[110..]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(off < 1e-5, "{:?}: {off}", model.config());
        }
    }

    #[test]
    fn dropout_keeps_the_mean_and_is_the_same_on_any_number_of_threads() {
        let config = ModelConfig { dropout: 0.25, ..tiny(2).config().clone() };
        let model = Model::new(&config, Tokenizer::chars("abcdefghij").unwrap(), Device::Cpu, 1).unwrap();
        let text = ids(1, 8);
        let pass = |seed| Pass { dropout: Some(Rng::new(seed)), ..Default::default() };
        let on = |threads, seed| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| model.forward_with(&text, &pass(seed)).unwrap().to_f32().unwrap())
        };
        assert_eq!(on(1, 1), on(2, 1));
        assert_ne!(on(1, 1), on(1, 2));
        let run = Run::new(&model, &text, &pass(3)).unwrap();
        let ones = Tensor::full(&[200, 300], 3.0, Dtype::F32, Device::Cpu).unwrap();
        let dropped = run.dropped(ones, 0.25, 7).unwrap().to_f32().unwrap();
        assert!(dropped.iter().all(|x| *x == 0.0 || *x == 4.0));
        let zeros = dropped.iter().filter(|x| **x == 0.0).count() as f64 / 60_000.0;
        assert!((zeros - 0.25).abs() < 0.008, "{zeros}"); // four and a half standard deviations
    }
}
