//! Generation on the CPU: one token at a time from preallocated state, with a key-value cache.
//!
//! The same transformer as [`Model`](super::Model), written for speed with one row instead of a batch: weights are
//! [out, in], so that every output is one product of two rows, and nothing is allocated per token. A sum never
//! depends on how many tokens are read together or on the number of threads.

mod kernels;

use super::checkpoint;
use super::config::ModelConfig;
use super::model::Model;
use crate::{Error, Result};
use std::sync::Arc;

/// A model's weights as generation reads them, shared by every [`Session`].
pub struct Engine {
    config: ModelConfig,
    embed: Vec<f32>, // [vocab, dim], also the output
    layers: Vec<Layer>,
    norm: Vec<f32>, // [dim]
    cos: Vec<f32>,  // [context, head_dim/2]
    sin: Vec<f32>,  // [context, head_dim/2]
}

struct Layer {
    attn_norm: Vec<f32>, // [dim]
    wq: Vec<f32>,        // [dim, dim]
    wk: Vec<f32>,        // [kv_dim, dim]
    wv: Vec<f32>,        // [kv_dim, dim]
    wo: Vec<f32>,        // [dim, dim]
    ffn_norm: Vec<f32>,  // [dim]
    w1: Vec<f32>,        // [hidden, dim], the gate
    w2: Vec<f32>,        // [dim, hidden]
    w3: Vec<f32>,        // [hidden, dim]
}

impl Engine {
    /// Copies the weights of `model` as they are now.
    pub fn new(model: &Model) -> Result<Self> {
        let config = model.config().clone();
        let mut weights = checkpoint::weights(model)?.into_iter().map(|array| array.numbers.into_f32());
        let mut next = || weights.next().unwrap_or_default(); // in the order of `named_params`
        let embed = next();
        let layer = |_| Layer {
            attn_norm: next(),
            wq: next(),
            wk: next(),
            wv: next(),
            wo: next(),
            ffn_norm: next(),
            w1: next(),
            w2: next(),
            w3: next(),
        };
        let layers = (0..config.layers).map(layer).collect();
        let norm = weights.next().unwrap_or_default();
        let half = config.head_dim / 2;
        let angle =
            |n: usize| (n / half) as f64 * config.rope_theta.powf(-2.0 * (n % half) as f64 / config.head_dim as f64);
        let table = |f: fn(f64) -> f64| (0..config.context * half).map(|n| f(angle(n)) as f32).collect();
        Ok(Self { cos: table(f64::cos), sin: table(f64::sin), embed, layers, norm, config })
    }

    /// The model's sizes.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }
}

/// Most tokens read in one pass over the weights.
const BLOCK: usize = 32;

/// One text being read and continued: the key-value cache and the work space of every layer.
pub struct Session {
    engine: Arc<Engine>,
    tokens: Vec<u32>,      // what the cache holds, at most the context
    keys: Vec<Vec<f32>>,   // per layer [kv_heads, context, head_dim], turned by position
    values: Vec<Vec<f32>>, // per layer [kv_heads, context, head_dim]
    x: Vec<f32>,           // [block, dim], the residual stream
    n: Vec<f32>,           // [block, dim], normalised
    q: Vec<f32>,           // [block, dim]
    k: Vec<f32>,           // [block, kv_dim]
    v: Vec<f32>,           // [block, kv_dim]
    gate: Vec<f32>,        // [block, hidden]
    up: Vec<f32>,          // [block, hidden]
    scores: Vec<f32>,      // [context]
    logits: Vec<f32>,      // [vocab]
}

impl Session {
    /// An empty text.
    pub fn new(engine: &Arc<Engine>) -> Self {
        let c = &engine.config;
        let (d, kv, h) = (c.dim, c.kv_dim(), c.hidden);
        let cache = || vec![vec![0.0; c.context * kv]; c.layers];
        Self {
            tokens: Vec::with_capacity(c.context),
            keys: cache(),
            values: cache(),
            x: vec![0.0; BLOCK * d],
            n: vec![0.0; BLOCK * d],
            q: vec![0.0; BLOCK * d],
            k: vec![0.0; BLOCK * kv],
            v: vec![0.0; BLOCK * kv],
            gate: vec![0.0; BLOCK * h],
            up: vec![0.0; BLOCK * h],
            scores: vec![0.0; c.context],
            logits: vec![0.0; c.vocab],
            engine: engine.clone(),
        }
    }

    /// Reads `tokens` after what was read before; gives the logits of the token after the last.
    ///
    /// When the text outgrows the context, reading starts again from its newest half, so every logit is the one that
    /// the model gives for some window that it was trained on.
    ///
    /// # Errors
    /// If there are no tokens, or one is not in the vocabulary. Nothing has been read then.
    pub fn read(&mut self, tokens: &[u32]) -> Result<&mut [f32]> {
        let ModelConfig { vocab, context, .. } = self.engine.config;
        if tokens.is_empty() {
            return Err(Error::value("generate: there are no tokens to read"));
        }
        if let Some(token) = tokens.iter().find(|t| **t as usize >= vocab) {
            return Err(Error::value(format!("generate: token {token} is outside 0..{}", vocab - 1)));
        }
        if self.tokens.len() + tokens.len() <= context {
            self.append(tokens);
        } else {
            let keep = context.div_ceil(2);
            let mut newest: Vec<u32> = self.tokens.iter().chain(tokens).copied().collect();
            newest.drain(..newest.len() - keep);
            self.tokens.clear();
            self.append(&newest);
        }
        Ok(&mut self.logits)
    }

    /// The logits that [`read`](Self::read) gave last, and at most `window` of the newest tokens.
    pub fn logits(&mut self, window: usize) -> (&mut [f32], &[u32]) {
        let from = self.tokens.len().saturating_sub(window);
        (&mut self.logits, &self.tokens[from..])
    }

    /// The tokens that the next one can look back on.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// Forgets all but the first `n` tokens, whose work is kept.
    pub fn rewind(&mut self, n: usize) {
        self.tokens.truncate(n);
    }

    fn append(&mut self, tokens: &[u32]) {
        let engine = self.engine.clone();
        let d = engine.config.dim;
        for block in tokens.chunks(BLOCK) {
            for (row, token) in self.x.chunks_exact_mut(d).zip(block) {
                row.copy_from_slice(&engine.embed[*token as usize * d..][..d]);
            }
            for layer in 0..engine.layers.len() {
                self.layer(&engine, layer, block.len());
            }
            self.tokens.extend(block);
            let last = &self.x[(block.len() - 1) * d..][..d];
            kernels::rms_norm(&mut self.n[..d], last, &engine.norm, engine.config.norm_eps as f32);
        }
        kernels::matmul(&mut self.logits, &engine.embed, &self.n[..d], 1);
    }

    /// One transformer block over `rows` tokens of the residual stream.
    fn layer(&mut self, engine: &Engine, index: usize, rows: usize) {
        let c = &engine.config;
        let w = &engine.layers[index];
        let (d, kv, h, eps) = (c.dim, c.kv_dim(), c.hidden, c.norm_eps as f32);
        let (x, n) = (&mut self.x[..rows * d], &mut self.n[..rows * d]);
        let (q, k, v) = (&mut self.q[..rows * d], &mut self.k[..rows * kv], &mut self.v[..rows * kv]);
        let (gate, up) = (&mut self.gate[..rows * h], &mut self.up[..rows * h]);

        // Attention: x ← x + Wo · attention(q, k, v)
        kernels::rms_norm(n, x, &w.attn_norm, eps);
        kernels::matmul(q, &w.wq, n, rows);
        kernels::matmul(k, &w.wk, n, rows);
        kernels::matmul(v, &w.wv, n, rows);
        let half = c.head_dim / 2;
        for row in 0..rows {
            let at = self.tokens.len() + row;
            let angles = [&engine.cos[at * half..][..half], &engine.sin[at * half..][..half]];
            kernels::rotate(&mut q[row * d..][..d], angles);
            kernels::rotate(&mut k[row * kv..][..kv], angles);
            store(&mut self.keys[index], &k[row * kv..][..kv], at, c);
            store(&mut self.values[index], &v[row * kv..][..kv], at, c);
        }
        for row in 0..rows {
            let seen = self.tokens.len() + row + 1;
            let group = c.heads / c.kv_heads;
            for head in 0..c.heads {
                let cache = (head / group) * c.context * c.head_dim..;
                let [keys, values] = [&self.keys[index], &self.values[index]].map(|all| &all[cache.clone()]);
                let at = row * d + head * c.head_dim;
                let out = &mut n[at..][..c.head_dim];
                kernels::attend(out, &q[at..][..c.head_dim], keys, values, &mut self.scores[..seen]);
            }
        }
        kernels::matmul(q, &w.wo, n, rows);
        kernels::add(x, q);

        // Feed-forward: x ← x + W2 · (silu(W1 · n) * W3 · n)
        kernels::rms_norm(n, x, &w.ffn_norm, eps);
        kernels::matmul(gate, &w.w1, n, rows);
        kernels::matmul(up, &w.w3, n, rows);
        kernels::silu_mul(gate, up);
        kernels::matmul(q, &w.w2, gate, rows);
        kernels::add(x, q);
    }
}

/// Puts the key or value of one position into its heads' places.
fn store(cache: &mut [f32], row: &[f32], at: usize, c: &ModelConfig) {
    for (head, part) in row.chunks_exact(c.head_dim).enumerate() {
        cache[(head * c.context + at) * c.head_dim..][..c.head_dim].copy_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lm::Tokenizer;
    use crate::nn::{Device, Tensor};

    fn model(kv_heads: usize) -> Model {
        // Sizes that leave rests everywhere: 24 is no multiple of 16, 37 none of 4.
        let config =
            ModelConfig { dim: 24, layers: 3, heads: 4, kv_heads, hidden: 37, context: 48, ..Default::default() };
        let model = Model::new(&config, Tokenizer::bytes(), Device::Cpu, 3).unwrap();
        for (_, p) in model.named_params().iter().filter(|(name, _)| !name.contains("norm")) {
            p.set_value(p.value().plain().mul_scalar(8.0).unwrap()).unwrap(); // far from the flat start
        }
        model
    }

    fn full(model: &Model, tokens: &[u32]) -> Vec<f32> {
        let ids = tokens.iter().map(|t| *t as i32).collect();
        let ids = Tensor::from_vec(ids, &[1, tokens.len()], Device::Cpu).unwrap();
        let logits = model.forward(&ids).unwrap().to_f32().unwrap();
        logits[logits.len() - 256..].to_vec()
    }

    fn worst(a: &[f32], b: &[f32]) -> f32 {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    fn text(n: usize) -> Vec<u32> {
        (0..n).map(|i| (i * i * 7 + 3 * i) as u32 % 256).collect()
    }

    #[test]
    fn cached_logits_are_those_of_a_full_pass() {
        for kv_heads in [1, 2, 4] {
            let model = model(kv_heads);
            let engine = Arc::new(Engine::new(&model).unwrap());
            let tokens = text(48);
            let mut one_by_one = Session::new(&engine);
            for n in 1..=tokens.len() {
                let cached = one_by_one.read(&tokens[n - 1..n]).unwrap().to_vec();
                let off = worst(&cached, &full(&model, &tokens[..n]));
                assert!(off < 1e-4, "{n} tokens, {kv_heads} key-value heads: {off}");
                let at_once = Session::new(&engine).read(&tokens[..n]).unwrap().to_vec();
                assert_eq!(cached, at_once, "{n} tokens read in blocks");
            }
        }
    }

    #[test]
    fn a_text_longer_than_the_context_goes_on_from_its_newest_half() {
        let model = model(2);
        let engine = Arc::new(Engine::new(&model).unwrap());
        let tokens = text(130);
        let mut session = Session::new(&engine);
        for token in &tokens {
            let cached = session.read(&[*token]).unwrap().to_vec();
            let window = session.tokens().to_vec();
            assert!(tokens.windows(window.len()).any(|w| w == window) && window.len() <= 48);
            assert!(worst(&cached, &full(&model, &window)) < 1e-4);
        }
        let long = Session::new(&engine).read(&tokens).unwrap().to_vec();
        assert!(worst(&long, &full(&model, &tokens[130 - 24..])) < 1e-4);
    }

    #[test]
    fn rewinding_keeps_the_work_before() {
        let engine = Arc::new(Engine::new(&model(2)).unwrap());
        let tokens = text(20);
        let mut session = Session::new(&engine);
        let straight = session.read(&tokens).unwrap().to_vec();
        session.read(&[1, 2, 3]).unwrap();
        session.rewind(15);
        assert_eq!(session.read(&tokens[15..]).unwrap(), straight);
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        // Wide enough that the products are shared out.
        let config = ModelConfig { dim: 512, layers: 1, heads: 8, context: 16, ..Default::default() };
        let model = Model::new(&config, Tokenizer::bytes(), Device::Cpu, 3).unwrap();
        let engine = Arc::new(Engine::new(&model).unwrap());
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Session::new(&engine).read(&text(9)).unwrap().to_vec())
        };
        assert_eq!(run(1), run(2));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let engine = Arc::new(Engine::new(&model(2)).unwrap());
        let mut session = Session::new(&engine);
        assert_eq!(session.read(&[256]).unwrap_err().to_string(), "generate: token 256 is outside 0..255");
        assert!(session.read(&[]).is_err() && session.tokens().is_empty());
    }
}
