//! Low-rank adapters beside the engine's weights (LoRA: Hu et al. 2021, arXiv:2106.09685), one or more per session.

use crate::lm::config::ModelConfig;
use crate::{Error, Result};

/// The matrices of a block that an adapter may change, in their order in [`Adapter`].
pub const PROJECTIONS: [&str; 7] = ["wq", "wk", "wv", "wo", "w1", "w3", "w2"];

/// Adds `scale · B A x` to chosen products of a model.
pub struct Adapter {
    pub(super) layers: Vec<[Option<Pair>; 7]>,
    pub(super) scale: f32,
}

pub(super) struct Pair {
    pub a: Vec<f32>, // [rank, in]
    pub b: Vec<f32>, // [rank, out], turned
    shape: [usize; 2],
}

/// A projection's low-rank part.
pub struct LowRank {
    /// Which, such as `layers.0.wq`.
    pub name: String,
    /// `[rank, in]`.
    pub a: Vec<f32>,
    /// `[out, rank]`.
    pub b: Vec<f32>,
    /// At least 1.
    pub rank: usize,
}

impl Adapter {
    /// An adapter for models of these sizes; `scale` is alpha / rank.
    ///
    /// # Errors
    /// If a name is unknown or comes twice, a shape does not fit the model, or `scale` is not finite.
    pub fn new(config: &ModelConfig, scale: f64, parts: impl IntoIterator<Item = LowRank>) -> Result<Self> {
        // Sizes that are written out are taken as they are: only widths matter here.
        let whole = ![config.kv_heads, config.head_dim, config.hidden].contains(&0);
        let config = &if whole { config.clone() } else { config.resolved(1)? };
        let mut layers: Vec<[Option<Pair>; 7]> = (0..config.layers).map(|_| Default::default()).collect();
        for LowRank { name, a, b, rank } in parts {
            let unknown = || Error::value(format!("adapter: the model has no projection `{name}`"));
            let (layer, projection) =
                name.strip_prefix("layers.").and_then(|n| n.split_once('.')).ok_or_else(unknown)?;
            let layer = layer.parse::<usize>().ok().filter(|l| *l < config.layers).ok_or_else(unknown)?;
            let p = PROJECTIONS.iter().position(|p| *p == projection).ok_or_else(unknown)?;
            let [inputs, outputs] = shape(config, p);
            if rank == 0 || rank.checked_mul(inputs) != Some(a.len()) || rank.checked_mul(outputs) != Some(b.len()) {
                let got = format!("{} and {} numbers", a.len(), b.len());
                let why = format!("`{name}` wants A [{rank}, {inputs}] and B [{outputs}, {rank}], got {got}");
                return Err(Error::shape("adapter", why));
            }
            if layers[layer][p].is_some() {
                return Err(Error::value(format!("adapter: `{name}` comes twice")));
            }
            let b = (0..b.len()).map(|i| b[i % outputs * rank + i / outputs]).collect();
            layers[layer][p] = Some(Pair { a, b, shape: [inputs, outputs] });
        }
        if !scale.is_finite() {
            return Err(Error::setting("adapter", "scale", "finite", scale));
        }
        Ok(Self { layers, scale: scale as f32 })
    }

    /// Whether it fits a model of these sizes.
    pub fn fits(&self, config: &ModelConfig) -> bool {
        let fits = |(p, pair): (usize, &Option<Pair>)| pair.as_ref().is_none_or(|pair| pair.shape == shape(config, p));
        self.layers.len() == config.layers && self.layers.iter().all(|layer| layer.iter().enumerate().all(fits))
    }
}

/// Inputs and outputs of a projection.
fn shape(c: &ModelConfig, projection: usize) -> [usize; 2] {
    match PROJECTIONS[projection] {
        "wq" => [c.dim, c.q_dim()],
        "wk" | "wv" => [c.dim, c.kv_dim()],
        "wo" => [c.q_dim(), c.dim],
        "w2" => [c.hidden, c.dim],
        _ => [c.dim, c.hidden],
    }
}
