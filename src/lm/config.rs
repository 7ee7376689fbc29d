//! The shape of a language model.

use crate::error::ensure_setting;
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The sizes of a Llama-like transformer (Touvron et al. 2023, arXiv:2302.13971): RMSNorm before each part, rotary
/// positions, grouped-query attention, SwiGLU, tied embedding, no biases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ModelConfig {
    /// Distinct tokens; 0 takes the tokenizer's number.
    pub vocab: usize,
    /// Width of the residual stream, a multiple of 2·heads.
    pub dim: usize,
    /// Transformer blocks.
    pub layers: usize,
    /// Attention heads.
    pub heads: usize,
    /// Key-value heads, a divisor of `heads`; 0 means as many as `heads`.
    pub kv_heads: usize,
    /// Width inside the feed-forward part; 0 means 8/3·dim rounded up to a multiple of 8.
    pub hidden: usize,
    /// Longest sequence it is trained on, in tokens.
    pub context: usize,
    /// Base of the rotary positions' wavelengths.
    pub rope_theta: f64,
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
            hidden: 0,
            context: 256,
            rope_theta: 10_000.0,
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
            ("hidden", self.hidden),
            ("context", self.context),
        ];
        for (name, size) in sizes {
            ensure_setting((1..=MOST).contains(&size), "model", name, "from 1 to 1048576", size)?;
        }
        let head_rule = format!("a multiple of 2·heads ({})", 2 * self.heads);
        ensure_setting(self.dim.is_multiple_of(2 * self.heads), "model", "dim", &head_rule, self.dim)?;
        let kv_rule = format!("a divisor of heads ({})", self.heads);
        ensure_setting(self.heads.is_multiple_of(self.kv_heads), "model", "kv_heads", &kv_rule, self.kv_heads)?;
        let theta = self.rope_theta;
        ensure_setting(theta.is_finite() && theta > 1.0, "model", "rope_theta", "finite and above 1", theta)?;
        let eps = self.norm_eps;
        ensure_setting(eps.is_finite() && eps > 0.0, "model", "norm_eps", "finite and positive", eps)?;
        if self.params() > i32::MAX as u128 {
            return Err(Error::value(format!("model: {} parameters are more than this build holds", self.params())));
        }
        Ok(())
    }

    /// Width of one attention head.
    pub fn head_dim(&self) -> usize {
        self.dim / self.heads
    }

    /// Width of all key (or value) heads together.
    pub fn kv_dim(&self) -> usize {
        self.head_dim() * self.kv_heads
    }

    /// How many numbers are trained; the embedding, which is also the output, counts once.
    pub fn params(&self) -> u128 {
        let [v, d, h, kv, l] = [self.vocab, self.dim, self.hidden, self.kv_dim(), self.layers].map(|n| n as u128);
        v * d + d + l * (2 * d + 2 * d * d + 2 * d * kv + 3 * d * h)
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
        assert_eq!(stories.params(), 15_191_712);
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
        assert_eq!(big.params(), 168_334_080);
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
