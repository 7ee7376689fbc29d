//! What a model costs: parameters, operations, memory and time, before anything is computed.
//!
//! Operations as in Chowdhery et al. (2022), arXiv:2204.02311, appendix B: two per weight of a matrix and token, and for
//! attention four per query number and key seen; training takes three times as many, or four with recomputation.
//! Memory counts the numbers that this implementation keeps, 4 bytes each.

use super::config::{ModelConfig, Positions};
use crate::Result;
use crate::error::ensure_setting;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is to be estimated beside the model's sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EstimateConfig {
    /// Windows in a batch, at least 1. Default 12.
    pub batch: usize,
    /// Positions in a window; 0 (default) means the model's context.
    pub time: usize,
    /// Whether activations are recomputed on the way back. Default false.
    pub recompute: bool,
    /// Numbers that the optimizer keeps for each weight: AdamW 2 (default), Muon and momentum 1, plain descent 0.
    pub slots: usize,
    /// Tokens to train on; 0 (default) means 20 per parameter (Hoffmann et al. 2022, arXiv:2203.15556).
    pub tokens: u64,
    /// Tokens per second of training that were measured with this model; positive.
    pub tokens_per_second: Option<f64>,
    /// Floating-point operations per second that were measured with any model; positive. Used where there are no
    /// `tokens_per_second`.
    pub flops_per_second: Option<f64>,
    /// Bits of a weight in generation: 32 (default), 8 or 4.
    pub bits: usize,
    /// Texts that are generated at once, at least 1. Default 1.
    pub sessions: usize,
}

impl Default for EstimateConfig {
    fn default() -> Self {
        Self {
            batch: 12,
            time: 0,
            recompute: false,
            slots: 2,
            tokens: 0,
            tokens_per_second: None,
            flops_per_second: None,
            bits: 32,
            sessions: 1,
        }
    }
}

/// What a model costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Numbers that are trained.
    pub params: u64,
    /// Of these, embeddings and output.
    pub embedding_params: u64,
    /// Floating-point operations of a forward pass, per token of a full window.
    pub forward_flops: f64,
    /// Floating-point operations of training, per token.
    pub training_flops: f64,
    /// Bytes of weights, gradients and optimizer state.
    pub state_bytes: u64,
    /// Bytes of what a batch keeps for the way back.
    pub activation_bytes: u64,
    /// Bytes that training takes: both together.
    pub training_bytes: u64,
    /// Bytes of the weights in generation.
    pub weight_bytes: u64,
    /// Bytes of keys and values, for all texts of a whole context.
    pub cache_bytes: u64,
    /// Bytes that generation takes: both together.
    pub generation_bytes: u64,
    /// Tokens to train on.
    pub tokens: u64,
    /// Steps of one batch that these are.
    pub steps: u64,
    /// Operations of the whole training.
    pub total_flops: f64,
    /// Seconds of the whole training at the measured rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

/// Estimates what a model of these sizes costs; `vocab` must be given.
///
/// # Errors
/// If sizes or settings are out of range.
pub fn estimate(config: &ModelConfig, with: &EstimateConfig) -> Result<Estimate> {
    let c = config.resolved(config.vocab)?;
    let ensure = |ok, name, rule: &str, got: f64| ensure_setting(ok, "estimate", name, rule, got);
    let most = 1 << 20;
    ensure((1..=most).contains(&with.batch), "batch", "from 1 to 1048576", with.batch as f64)?;
    ensure(with.time <= c.context, "time", &format!("at most the context of {}", c.context), with.time as f64)?;
    ensure((1..=most).contains(&with.sessions), "sessions", "from 1 to 1048576", with.sessions as f64)?;
    ensure(with.slots <= 16, "slots", "at most 16", with.slots as f64)?;
    ensure([32, 8, 4].contains(&with.bits), "bits", "32, 8 or 4", with.bits as f64)?;
    for (name, rate) in [("tokens_per_second", with.tokens_per_second), ("flops_per_second", with.flops_per_second)] {
        let rate = rate.unwrap_or(1.0);
        ensure(rate.is_finite() && rate > 0.0, name, "positive", rate)?;
    }
    let time = if with.time == 0 { c.context } else { with.time };
    let sizes = [c.vocab, c.dim, c.hidden, c.q_dim(), c.kv_dim(), c.layers, c.context];
    let [v, d, h, q, kv, l, context] = sizes.map(|n| n as u64);
    let params = c.params() as u64;
    let places = if c.positions == Positions::Learned { context * d } else { 0 };
    let embedding_params = v * d * if c.tied { 1 } else { 2 } + places;

    // ---- operations
    let block = 2 * d * q + 2 * d * kv + 3 * d * h;
    let keys = if c.causal { (time + 1) as f64 / 2.0 } else { time as f64 };
    let in_blocks = l as f64 * (2.0 * block as f64 + 4.0 * q as f64 * keys);
    let forward_flops = in_blocks + 2.0 * (d * v) as f64;
    let training_flops = 3.0 * forward_flops + if with.recompute { in_blocks } else { 0.0 };

    // ---- memory
    let positions = (with.batch * time) as u64;
    let normed_heads = if c.qk_norm { q + kv } else { 0 };
    let masks = if c.dropout > 0.0 { 2 * d } else { 0 };
    // Both norms' inputs and outputs, q, k, v, what attention gives, gate, up and their product.
    let inside = 4 * d + 2 * q + 2 * kv + 3 * h + normed_heads + masks;
    let kept = if with.recompute { l * d + inside } else { l * inside };
    let activation_bytes = 4 * positions * (kept + 2 * d + 2 * v);
    let state_bytes = 4 * params * (2 + with.slots as u64);
    // One scale of 16 bits for 32 weights.
    let bits = if with.bits == 32 { 32.0 } else { with.bits as f64 + 0.5 };
    let weight_bytes = (params as f64 * bits / 8.0) as u64;
    let cache_bytes = 4 * with.sessions as u64 * context * l * 2 * kv;

    // ---- time
    let tokens = if with.tokens == 0 { 20 * params } else { with.tokens };
    let total_flops = training_flops * tokens as f64;
    let by_flops = with.flops_per_second.map(|rate| total_flops / rate);
    let seconds = with.tokens_per_second.map(|rate| tokens as f64 / rate).or(by_flops);
    Ok(Estimate {
        params,
        embedding_params,
        forward_flops,
        training_flops,
        state_bytes,
        activation_bytes,
        training_bytes: state_bytes + activation_bytes,
        weight_bytes,
        cache_bytes,
        generation_bytes: weight_bytes + cache_bytes,
        tokens,
        steps: tokens.div_ceil(positions),
        total_flops,
        seconds,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lm::preset;

    #[test]
    fn a_small_model_by_hand() {
        let config =
            ModelConfig { vocab: 10, dim: 4, layers: 1, heads: 1, hidden: 8, context: 3, ..Default::default() };
        let with = EstimateConfig { batch: 2, tokens: 60, tokens_per_second: Some(30.0), ..Default::default() };
        let e = estimate(&config, &with).unwrap();
        // 40 embeddings, 9 norms of one number per dim (3 · 4), 4 · 16 in attention, 3 · 32 beyond.
        assert_eq!((e.params, e.embedding_params), (212, 40));
        // 2 · 160 for matrices, 4 · 4 · 2 for attention over two keys on average, 2 · 40 for the output.
        assert_eq!((e.forward_flops, e.training_flops), (432.0, 1296.0));
        assert_eq!(e.state_bytes, 16 * 212);
        // 16 + 8 + 8 + 24 inside the block, 8 around it, 20 for the logits: of 6 positions.
        assert_eq!(e.activation_bytes, 4 * 6 * 84);
        assert_eq!((e.weight_bytes, e.cache_bytes), (848, 96));
        assert_eq!((e.steps, e.seconds), (10, Some(2.0)));
        let again = EstimateConfig { recompute: true, ..with };
        assert_eq!(estimate(&config, &again).unwrap().training_flops, 1296.0 + 352.0);
    }

    #[test]
    fn recomputation_takes_less_memory_and_wrong_settings_are_refused() {
        let config = preset("nano-56m").unwrap();
        let of = |recompute| {
            estimate(&config, &EstimateConfig { recompute, flops_per_second: Some(1e11), ..Default::default() })
                .unwrap()
        };
        let (plain, recomputed) = (of(false), of(true));
        assert!(recomputed.activation_bytes < plain.activation_bytes / 2);
        assert!(recomputed.seconds > plain.seconds && plain.params == 55_591_424);
        let wrong = EstimateConfig { bits: 5, ..Default::default() };
        assert_eq!(estimate(&config, &wrong).unwrap_err().to_string(), "estimate: `bits` must be 32, 8 or 4, got 5");
    }
}
