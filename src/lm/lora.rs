//! LoRA: low-rank adapters, trained alone beside frozen weights.
//!
//! Hu et al. (2021), arXiv:2106.09685: a chosen matrix `W` [in, out] acts as `W + alpha/rank · A B` with `A` [in, rank]
//! and `B` [rank, out]. `A` begins as their code has it, uniform within ±1/√in, and `B` as zeros, so that a new adapter
//! changes nothing.

use super::config::ModelConfig;
use super::engine::{Adapter, LowRank, PROJECTIONS};
use super::model::Model;
use crate::data::{Array, ArrayFile, Rng, write_arrays};
use crate::error::ensure_setting;
use crate::nearest::quoted;
use crate::nn::{Device, Dtype, Param, Tensor};
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Settings of a [`Lora`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LoraConfig {
    /// Rank of the change to each matrix, from 1 to 4096. Default 8.
    pub rank: usize,
    /// The change is scaled by alpha / rank; finite and positive. Default 16.
    pub alpha: f64,
    /// Part of the numbers that enter the adapter dropped while it is trained, in [0, 1). Default 0.
    pub dropout: f64,
    /// The matrices that it changes in every block: "wq", "wk", "wv", "wo", "w1", "w2", "w3". Default all.
    pub targets: Vec<String>,
    /// Seed of the initial numbers. Default 1.
    pub seed: u64,
}

impl Default for LoraConfig {
    fn default() -> Self {
        let targets = PROJECTIONS.map(String::from).to_vec();
        Self { rank: 8, alpha: 16.0, dropout: 0.0, targets, seed: 1 }
    }
}

impl LoraConfig {
    fn check(&self) -> Result<()> {
        let Self { rank, alpha, dropout, ref targets, .. } = *self;
        ensure_setting((1..=4096).contains(&rank), "lora", "rank", "from 1 to 4096", rank)?;
        ensure_setting(alpha.is_finite() && alpha > 0.0, "lora", "alpha", "finite and positive", alpha)?;
        ensure_setting((0.0..1.0).contains(&dropout), "lora", "dropout", "in [0, 1)", dropout)?;
        if let Some(unknown) = targets.iter().find(|t| !PROJECTIONS.contains(&t.as_str())) {
            return Err(Error::value(format!("lora: there is no matrix `{unknown}`; there are {}", quoted(PROJECTIONS))));
        }
        if targets.is_empty() {
            return Err(Error::value(format!("lora: `targets` is empty; there are {}", quoted(PROJECTIONS))));
        }
        Ok(())
    }
}

/// The sizes of the models that an adapter fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Base {
    layers: usize,
    dim: usize,
    q_dim: usize,
    kv_dim: usize,
    hidden: usize,
}

impl Base {
    fn of(c: &ModelConfig) -> Self {
        Self { layers: c.layers, dim: c.dim, q_dim: c.q_dim(), kv_dim: c.kv_dim(), hidden: c.hidden }
    }

    /// Inputs and outputs of a projection.
    fn shape(&self, projection: usize) -> [usize; 2] {
        match PROJECTIONS[projection] {
            "wq" => [self.dim, self.q_dim],
            "wk" | "wv" => [self.dim, self.kv_dim],
            "wo" => [self.q_dim, self.dim],
            "w2" => [self.hidden, self.dim],
            _ => [self.dim, self.hidden],
        }
    }
}

/// A low-rank adapter for models of certain sizes. Clones share their numbers.
#[derive(Clone)]
pub struct Lora(Arc<Inner>);

struct Inner {
    config: LoraConfig,
    base: Base,
    device: Device,
    layers: Vec<[Option<Pair>; 7]>, // in the order of `PROJECTIONS`
    adapter: Mutex<Option<(Vec<u64>, Arc<Adapter>)>>,
}

/// What is added to one matrix.
pub(super) struct Pair {
    pub a: Param, // [in, rank]
    pub b: Param, // [rank, out]
}

impl Lora {
    /// A new adapter for `model`, which changes nothing until it is trained.
    ///
    /// # Errors
    /// If a setting is out of range or a target unknown.
    pub fn new(model: &Model, config: &LoraConfig) -> Result<Self> {
        config.check()?;
        let mut rng = Rng::new(config.seed);
        let device = model.device();
        Self::build(config, Base::of(model.config()), device, |_, is_a, shape| {
            if !is_a {
                return Tensor::full(&shape, 0.0, Dtype::F32, device);
            }
            let bound = 1.0 / (shape[0] as f64).sqrt();
            Tensor::uniform(&shape, -bound, bound, Dtype::F32, device, &mut rng)
        })
    }

    /// An adapter whose numbers come from `make(projection's name, whether it is A, shape)`.
    fn build(
        config: &LoraConfig,
        base: Base,
        device: Device,
        mut make: impl FnMut(&str, bool, [usize; 2]) -> Result<Tensor>,
    ) -> Result<Self> {
        let mut layers = Vec::with_capacity(base.layers.min(1 << 16));
        for layer in 0..base.layers {
            let mut pairs: [Option<Pair>; 7] = Default::default();
            for (p, name) in PROJECTIONS.iter().enumerate() {
                if !config.targets.iter().any(|t| t == name) {
                    continue;
                }
                let ([inputs, outputs], name) = (base.shape(p), format!("layers.{layer}.{name}"));
                let a = Param::leaf(&make(&name, true, [inputs, config.rank])?)?;
                let b = Param::leaf(&make(&name, false, [config.rank, outputs])?)?;
                pairs[p] = Some(Pair { a, b });
            }
            layers.push(pairs);
        }
        Ok(Self(Arc::new(Inner { config: config.clone(), base, device, layers, adapter: Mutex::default() })))
    }

    /// Its settings.
    pub fn config(&self) -> &LoraConfig {
        &self.0.config
    }

    /// What `A B` is multiplied by: alpha / rank.
    pub fn scale(&self) -> f64 {
        self.0.config.alpha / self.0.config.rank as f64
    }

    /// Where its numbers live.
    pub fn device(&self) -> Device {
        self.0.device
    }

    /// Whether both are the same adapter.
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Its numbers by name, in a fixed order: `layers.0.wq.lora_a` [in, rank], `layers.0.wq.lora_b` [rank, out].
    pub fn named_params(&self) -> Vec<(String, Param)> {
        let named = |(layer, projection, pair): (usize, usize, &Pair)| {
            let name = |part| format!("layers.{layer}.{}.{part}", PROJECTIONS[projection]);
            [(name("lora_a"), pair.a.clone()), (name("lora_b"), pair.b.clone())]
        };
        self.pairs().flat_map(named).collect()
    }

    /// How many numbers it has.
    pub fn params(&self) -> usize {
        self.named_params().iter().map(|(_, p)| p.value().len()).sum()
    }

    /// Whether it can be attached to models of these sizes.
    pub fn fits(&self, config: &ModelConfig) -> bool {
        self.0.base == Base::of(config)
    }

    /// Checks that it can be attached to `model`.
    pub(super) fn ensure_fits(&self, model: &Model) -> Result<()> {
        let (ours, theirs) = (self.0.base, Base::of(model.config()));
        if ours != theirs {
            let why = format!("the adapter was made for a model of {}, this one has {}", sizes(&ours), sizes(&theirs));
            return Err(Error::shape("lora", why));
        }
        if self.0.device != model.device() {
            let (ours, theirs) = (self.0.device, model.device());
            return Err(Error::shape("lora", format!("the adapter is on {ours}, the model on {theirs}")));
        }
        Ok(())
    }

    /// What it adds to a projection, by its number in [`PROJECTIONS`].
    pub(super) fn pair(&self, layer: usize, projection: usize) -> Option<&Pair> {
        self.0.layers.get(layer)?.get(projection)?.as_ref()
    }

    /// All that it adds: layer, projection, matrices.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (usize, usize, &Pair)> {
        self.0.layers.iter().enumerate().flat_map(|(layer, pairs)| {
            pairs.iter().enumerate().filter_map(move |(p, pair)| pair.as_ref().map(|pair| (layer, p, pair)))
        })
    }

    /// The adapter as generation reads it; made anew when a number has changed.
    ///
    /// # Errors
    /// If the device fails.
    pub fn adapter(&self) -> Result<Arc<Adapter>> {
        let now: Vec<u64> = self.named_params().iter().map(|(_, p)| p.version()).collect();
        let mut kept = self.0.adapter.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, adapter)) = kept.as_ref().filter(|(made_of, _)| *made_of == now) {
            return Ok(adapter.clone());
        }
        let mut parts = Vec::new();
        for (layer, projection, pair) in self.pairs() {
            let turned = |p: &Param| p.value().plain().transpose(0, 1)?.to_f32();
            let name = format!("layers.{layer}.{}", PROJECTIONS[projection]);
            parts.push(LowRank { name, a: turned(&pair.a)?, b: turned(&pair.b)?, rank: self.0.config.rank });
        }
        let Base { layers, dim, q_dim, kv_dim, hidden } = self.0.base;
        // Only the widths matter here, as if every head were one number wide.
        let (heads, kv_heads) = (q_dim, kv_dim);
        let widths = ModelConfig { layers, dim, hidden, heads, kv_heads, head_dim: 1, ..Default::default() };
        let adapter = Arc::new(Adapter::new(&widths, self.scale(), parts)?);
        *kept = Some((now, adapter.clone()));
        Ok(adapter)
    }

    // ---- files

    /// Writes it alone to a safetensors file, with its settings and the sizes of the models that it fits. Matrices
    /// stand as in PEFT's files: A [rank, in], B [out, rank].
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        self.write(path.as_ref(), &[], &[])
    }

    /// Writes it and, for a training run, `more` arrays and metadata.
    pub(super) fn write(&self, path: &Path, more: &[Array], meta: &[(&str, String)]) -> Result<()> {
        let header = Header { format: FORMAT, config: self.0.config.clone(), base: self.0.base };
        let json = serde_json::to_string(&header).map_err(|e| Error::file(path, e))?;
        let mut metadata = HashMap::from([("mynah.lora".to_string(), json), ("format".to_string(), "pt".to_string())]);
        metadata.extend(meta.iter().map(|(k, v)| (k.to_string(), v.clone())));
        let turned = |(name, param): (String, Param)| {
            let value = param.value().plain().transpose(0, 1)?;
            Ok(Array::f32(format!("{name}.weight"), &value.shape(), value.to_f32()?))
        };
        let arrays = self.named_params().into_iter().map(turned).collect::<Result<Vec<_>>>()?;
        write_arrays(path, arrays.iter().chain(more), metadata)
    }

    /// Reads an adapter from a file that [`save`](Self::save) or training wrote; in a run's folder, the best one.
    ///
    /// # Errors
    /// If the file is missing, damaged, or not an adapter.
    pub fn load(path: impl AsRef<Path>, device: Device) -> Result<Self> {
        let path = path.as_ref();
        if path.is_dir() {
            let best = path.join("best.safetensors");
            return Self::load(if best.exists() { best } else { path.join("last.safetensors") }, device);
        }
        Self::read(&ArrayFile::read(path)?, device)
    }

    /// The adapter in an opened file.
    pub(super) fn read(file: &ArrayFile, device: Device) -> Result<Self> {
        let json = file.meta("mynah.lora").ok_or_else(|| file.fail("not a LoRA adapter (no `mynah.lora` header)"))?;
        let header: Header =
            serde_json::from_str(json).map_err(|e| file.fail(format!("its header cannot be read ({e})")))?;
        if header.format != FORMAT {
            return Err(file.fail(format!("format {} is newer than this build knows ({FORMAT})", header.format)));
        }
        let Header { config, base, .. } = header;
        config.check().map_err(|e| file.fail(e))?;
        // The numbers must be there before memory is taken for them.
        let most = [base.layers, base.dim, base.q_dim, base.kv_dim, base.hidden];
        if most.iter().any(|n| !(1..=1 << 20).contains(n)) {
            return Err(file.fail(format!("its header tells of impossible sizes: {}", sizes(&base))));
        }
        let pair = |p: usize| (base.shape(p)[0] + base.shape(p)[1]) as u128 * config.rank as u128;
        let chosen = (0..7).filter(|p| config.targets.iter().any(|t| t == PROJECTIONS[*p]));
        let numbers = base.layers as u128 * chosen.map(pair).sum::<u128>();
        if numbers * 4 > file.size() as u128 {
            return Err(file.fail(format!("its header tells of {numbers} numbers, more than it holds")));
        }
        Self::build(&config, base, device, |name, is_a, [rows, cols]| {
            let part = if is_a { "lora_a" } else { "lora_b" };
            let stored = [cols, rows];
            let t = Tensor::from_vec(file.f32(&format!("{name}.{part}.weight"), &stored)?, &stored, device)?;
            Tensor::from_vec(t.transpose(0, 1)?.to_f32()?, &[rows, cols], device)
        })
    }
}

/// What the header says about the adapter.
#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    config: LoraConfig,
    base: Base,
}

const FORMAT: u32 = 1;

fn sizes(b: &Base) -> String {
    let Base { layers, dim, q_dim, kv_dim, hidden } = b;
    format!("layers {layers}, dim {dim}, queries {q_dim}, keys {kv_dim}, hidden {hidden}")
}
