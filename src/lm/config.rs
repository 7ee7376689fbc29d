//! The shape of a language model.

use crate::error::ensure_setting;
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a model knows where a token stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Positions {
    /// Rotary (Su et al. 2021, arXiv:2104.09864), pairing element `i` of a head with `i + head_dim/2`, as Llama on
    /// Hugging Face, Qwen and GPT-NeoX do.
    #[default]
    Rope,
    /// Rotary, pairing neighbours `2i` and `2i + 1`, as Llama's first release and llama2.c do.
    Interleaved,
    /// A trained vector per position, added to the embedding (Radford et al. 2019).
    Learned,
}

/// Rotary wavelengths stretched for contexts beyond the one trained on (Llama 3.1; Dubey et al. 2024,
/// arXiv:2407.21783): long waves are divided by `factor`, short ones left, those between blended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RopeScaling {
    /// Waves longer than `original_context / low_freq_factor` turn this many times slower; at least 1.
    pub factor: f64,
    /// See `factor`; positive.
    pub low_freq_factor: f64,
    /// Waves shorter than `original_context / high_freq_factor` stay; above `low_freq_factor`.
    pub high_freq_factor: f64,
    /// The context that the wavelengths were made for, in tokens.
    pub original_context: usize,
}

/// The shape of a Llama-like transformer (Touvron et al. 2023, arXiv:2302.13971): RMSNorm before each part,
/// grouped-query attention, SwiGLU; by choice with the biases of Qwen2 or the head norms of Qwen3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ModelConfig {
    /// Distinct tokens; 0 takes the tokenizer's number.
    pub vocab: usize,
    /// Width of the residual stream; without `head_dim`, a multiple of 2·heads.
    pub dim: usize,
    /// Transformer blocks.
    pub layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Key-value heads, a divisor of `heads`; 0 means as many as `heads`.
    pub kv_heads: usize,
    /// Width of a head, even; 0 means dim / heads.
    pub head_dim: usize,
    /// Width inside the feed-forward part; 0 means 8/3·dim rounded up to a multiple of 8.
    pub hidden: usize,
    /// Longest sequence it is trained on, in tokens.
    pub context: usize,
    /// How it knows where a token stands: "rope", "interleaved" or "learned".
    pub positions: Positions,
    /// Base of the rotary positions' wavelengths.
    pub rope_theta: f64,
    /// Stretches the rotary positions' wavelengths.
    pub rope_scaling: Option<RopeScaling>,
    /// Whether queries, keys and values have biases (Qwen2).
    pub qkv_bias: bool,
    /// Whether each head's queries and keys are normalised (Qwen3).
    pub qk_norm: bool,
    /// Whether the output shares the embedding's weights.
    pub tied: bool,
    /// Whether a position sees only those before it; without, every position of its document.
    pub causal: bool,
    /// Part of the numbers dropped while training, after the embedding and after each part of a block; in [0, 1).
    pub dropout: f64,
    /// Added to the mean square in RMSNorm.
    pub norm_eps: f64,
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            vocab: 0,
            dim: 128,
            layers: 4,
            heads: 4,
            kv_heads: 0,
            head_dim: 0,
            hidden: 0,
            context: 256,
            positions: Positions::Rope,
            rope_theta: 10_000.0,
            rope_scaling: None,
            qkv_bias: false,
            qk_norm: false,
            tied: true,
            causal: true,
            dropout: 0.0,
            norm_eps: 1e-5,
        }
    }
}

/// The most a size may be, so that no product of sizes overflows.
const MOST: usize = 1 << 20;

impl ModelConfig {
    /// The same with every 0 replaced by what it stands for, checked.
    ///
    /// # Errors
    /// If a size is out of range or sizes do not divide each other as they must.
    pub fn resolved(&self, tokenizer_vocab: usize) -> Result<Self> {
        let mut c = self.clone();
        if c.vocab == 0 {
            c.vocab = tokenizer_vocab;
        }
        if c.kv_heads == 0 {
            c.kv_heads = c.heads;
        }
        if c.hidden == 0 {
            c.hidden = (c.dim.saturating_mul(8).div_ceil(3)).next_multiple_of(8);
        }
        if c.head_dim == 0 {
            let rule = format!("a multiple of 2·heads ({})", 2 * c.heads);
            let fits = c.heads > 0 && c.dim.is_multiple_of(c.heads.saturating_mul(2));
            ensure_setting(fits || c.heads == 0, "model", "dim", &rule, c.dim)?;
            c.head_dim = c.dim / c.heads.max(1);
        }
        c.check()?;
        Ok(c)
    }

    fn check(&self) -> Result<()> {
        let sizes = [
            ("vocab", self.vocab),
            ("dim", self.dim),
            ("layers", self.layers),
            ("heads", self.heads),
            ("kv_heads", self.kv_heads),
            ("head_dim", self.head_dim),
            ("hidden", self.hidden),
            ("context", self.context),
        ];
        for (name, size) in sizes {
            ensure_setting((1..=MOST).contains(&size), "model", name, "from 1 to 1048576", size)?;
        }
        ensure_setting(self.head_dim.is_multiple_of(2), "model", "head_dim", "even", self.head_dim)?;
        let kv_rule = format!("a divisor of heads ({})", self.heads);
        ensure_setting(self.heads.is_multiple_of(self.kv_heads), "model", "kv_heads", &kv_rule, self.kv_heads)?;
        let theta = self.rope_theta;
        ensure_setting(theta.is_finite() && theta > 1.0, "model", "rope_theta", "finite and above 1", theta)?;
        let eps = self.norm_eps;
        ensure_setting(eps.is_finite() && eps > 0.0, "model", "norm_eps", "finite and positive", eps)?;
        let dropout = self.dropout;
        ensure_setting((0.0..1.0).contains(&dropout), "model", "dropout", "in [0, 1)", dropout)?;
        if let Some(scaling) = &self.rope_scaling {
            scaling.check()?;
        }
        if self.params() > i32::MAX as u128 {
            return Err(Error::value(format!("model: {} parameters are more than this build holds", self.params())));
        }
        Ok(())
    }

    /// Width of all query heads together.
    pub fn q_dim(&self) -> usize {
        self.head_dim * self.heads
    }

    /// Width of all key (or value) heads together.
    pub fn kv_dim(&self) -> usize {
        self.head_dim * self.kv_heads
    }

    /// Angles per position that the rotary pairs 0 to head_dim/2 − 1 of a head turn by, in radians.
    pub fn frequencies(&self) -> Vec<f64> {
        let frequency = |i: usize| self.rope_theta.powf(-2.0 * i as f64 / self.head_dim as f64);
        let scaled = |f: f64| self.rope_scaling.map_or(f, |s| s.scaled(f));
        (0..self.head_dim / 2).map(frequency).map(scaled).collect()
    }

    /// How many numbers are trained; a tied embedding counts once.
    pub fn params(&self) -> u128 {
        let sizes = [self.vocab, self.dim, self.hidden, self.q_dim(), self.kv_dim(), self.layers, self.context];
        let [v, d, h, q, kv, l, c] = sizes.map(|n| n as u128);
        let embeddings = v * d * if self.tied { 1 } else { 2 };
        let places = if self.positions == Positions::Learned { c * d } else { 0 };
        let biases = if self.qkv_bias { q + 2 * kv } else { 0 };
        let head_norms = if self.qk_norm { 2 * self.head_dim as u128 } else { 0 };
        embeddings + places + d + l * (2 * d + 2 * d * q + 2 * d * kv + 3 * d * h + biases + head_norms)
    }
}

impl RopeScaling {
    fn check(&self) -> Result<()> {
        let Self { factor, low_freq_factor: low, high_freq_factor: high, original_context } = *self;
        let ensure = |ok, name, rule, got| ensure_setting(ok, "rope_scaling", name, rule, got);
        ensure(factor.is_finite() && factor >= 1.0, "factor", "finite and at least 1", factor)?;
        ensure(low.is_finite() && low > 0.0, "low_freq_factor", "finite and positive", low)?;
        ensure(high.is_finite() && high > low, "high_freq_factor", "finite and above `low_freq_factor`", high)?;
        let context = original_context as f64;
        ensure((1..=MOST).contains(&original_context), "original_context", "from 1 to 1048576", context)
    }

    /// The frequency that takes the place of `f`.
    fn scaled(&self, f: f64) -> f64 {
        let turns = self.original_context as f64 * f / std::f64::consts::TAU; // in the original context
        let smooth = (turns - self.low_freq_factor) / (self.high_freq_factor - self.low_freq_factor);
        let smooth = smooth.clamp(0.0, 1.0);
        (1.0 - smooth) * f / self.factor + smooth * f
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_parameter_counts() {
        // stories15M of llama2.c has 15,191,712 parameters; the preset shapes are from the project's design.
        let stories = ModelConfig {
            vocab: 32_000,
            dim: 288,
            layers: 6,
            heads: 6,
            kv_heads: 6,
            hidden: 768,
            context: 256,
            ..Default::default()
        };
        assert_eq!(stories.resolved(32_000).unwrap().params(), 15_191_712);
        let big = ModelConfig {
            vocab: 16_384,
            dim: 768,
            layers: 24,
            heads: 16,
            kv_heads: 8,
            hidden: 2048,
            context: 512,
            ..Default::default()
        };
        assert_eq!(big.resolved(16_384).unwrap().params(), 168_334_080);
    }

    #[test]
    fn zeros_stand_for_usual_sizes() {
        let c = ModelConfig::default().resolved(65).unwrap();
        assert_eq!((c.vocab, c.kv_heads, c.hidden), (65, 4, 344));
    }

    #[test]
    fn impossible_sizes_are_refused() {
        let with = |change: fn(&mut ModelConfig)| {
            let mut c = ModelConfig::default();
            change(&mut c);
            c.resolved(65).unwrap_err().to_string()
        };
        assert_eq!(with(|c| c.dim = 130), "model: `dim` must be a multiple of 2·heads (8), got 130");
        assert_eq!(with(|c| c.kv_heads = 3), "model: `kv_heads` must be a divisor of heads (4), got 3");
        assert_eq!(with(|c| c.layers = 0), "model: `layers` must be from 1 to 1048576, got 0");
        assert_eq!(
            with(|c| c.context = usize::MAX).split(" got").next(),
            Some("model: `context` must be from 1 to 1048576,")
        );
    }
}
