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
            return Err(Error::value(format!(
                "lora: there is no matrix `{unknown}`; there are {}",
                quoted(PROJECTIONS)
            )));
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
        // Only the widths matter here, as if every head were two numbers wide.
        let (heads, kv_heads, head_dim, vocab) = (q_dim / 2, kv_dim / 2, 2, 1);
        let widths = ModelConfig { vocab, layers, dim, hidden, heads, kv_heads, head_dim, ..Default::default() };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lm::{GenerateConfig, Pass, Tokenizer};
    use crate::nn::{self, live_bytes};

    fn model(heads: usize, qkv_bias: bool) -> Model {
        let config =
            ModelConfig { dim: 24, layers: 2, heads, head_dim: 6, qkv_bias, context: 16, ..Default::default() };
        Model::new(&config, Tokenizer::chars("abcdefghij\n").unwrap(), Device::Cpu, 1).unwrap()
    }

    /// An adapter that changes something.
    fn trained(model: &Model, config: &LoraConfig) -> Lora {
        let lora = Lora::new(model, config).unwrap();
        let mut rng = Rng::new(config.seed + 10);
        for (_, param) in lora.named_params() {
            let shape = param.value().shape();
            param.set_value(Tensor::randn(&shape, 0.0, 0.3, Dtype::F32, Device::Cpu, &mut rng).unwrap()).unwrap();
        }
        lora
    }

    fn logits(model: &Model) -> Vec<f32> {
        let ids = Tensor::from_vec((0..24).map(|i| i * 7 % 10).collect(), &[2, 12], Device::Cpu).unwrap();
        model.forward(&ids).unwrap().to_f32().unwrap()
    }

    fn weights(model: &Model) -> Vec<f32> {
        model.named_params().iter().flat_map(|(_, p)| p.value().to_f32().unwrap()).collect()
    }

    fn distance(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn a_new_adapter_changes_nothing_bit_for_bit() {
        let model = model(4, true);
        let before = logits(&model);
        model.attach(&Lora::new(&model, &LoraConfig::default()).unwrap(), 1.0).unwrap();
        assert_eq!(before, logits(&model));
    }

    #[test]
    fn merged_is_unmerged_and_detaching_restores_the_base() {
        let model = model(4, true);
        let (base, base_weights) = (logits(&model), weights(&model));
        let a = trained(&model, &LoraConfig::default());
        let b = trained(
            &model,
            &LoraConfig { rank: 3, targets: vec!["wq".into(), "w2".into()], seed: 2, ..Default::default() },
        );
        model.attach(&a, 0.5).unwrap();
        model.attach(&b, -1.5).unwrap();
        assert_eq!(model.attached().len(), 2);
        let stacked = logits(&model);
        assert!(distance(&stacked, &base) > 0.1);
        // The same adapters in the engine.
        let engine = {
            let mut session = crate::lm::Session::new(&model.engine().unwrap());
            session.set_adapters(&model.adapters().unwrap()).unwrap();
            let tokens: Vec<u32> = (0..12).map(|i| i * 7 % 10).collect();
            session.read(&tokens).unwrap();
            session.logits(1).0.to_vec()
        };
        assert!(distance(&engine, &stacked[11 * 11..12 * 11]) < 1e-5);
        assert!(model.detach(&a) && model.detach(&b) && !model.detach(&a));
        assert!(logits(&model) == base && weights(&model) == base_weights);
        model.merge(&a, 0.5).unwrap();
        model.merge(&b, -1.5).unwrap();
        let off = distance(&logits(&model), &stacked);
        assert!(off < 1e-5, "{off}");
    }

    #[test]
    fn generation_speaks_with_what_is_attached() {
        let model = model(4, false);
        let lora = trained(&model, &LoraConfig::default());
        let greedy = GenerateConfig { temperature: 0.0, tokens: 12, ..Default::default() };
        let bare = model.generate(b"abc", &greedy).unwrap();
        model.attach(&lora, 3.0).unwrap();
        let with = model.generate(b"abc", &greedy).unwrap();
        assert_ne!(bare, with);
        model.detach(&lora);
        assert_eq!(bare, model.generate(b"abc", &greedy).unwrap());
    }

    #[test]
    fn saving_and_loading_changes_nothing_and_fits_any_base_of_its_sizes() {
        let (one, other) = (model(4, false), model(4, true));
        let config = LoraConfig {
            rank: 5,
            alpha: 3.0,
            targets: vec!["wk".into(), "wo".into(), "w1".into()],
            ..Default::default()
        };
        let lora = trained(&one, &config);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("accent.safetensors");
        lora.save(&path).unwrap();
        let again = Lora::load(&path, Device::Cpu).unwrap();
        assert_eq!(again.config(), &config);
        for model in [&one, &other] {
            model.attach(&lora, 1.0).unwrap();
            let with = logits(model);
            model.detach(&lora);
            model.attach(&again, 1.0).unwrap();
            assert_eq!(with, logits(model));
            model.detach(&again);
        }
        let whole = std::fs::read(&path).unwrap();
        for cut in (0..whole.len()).step_by(301) {
            std::fs::write(&path, &whole[..cut]).unwrap();
            assert!(Lora::load(&path, Device::Cpu).is_err(), "cut at {cut}");
        }
        one.save(&path).unwrap();
        let message = Lora::load(&path, Device::Cpu).err().unwrap().to_string();
        assert!(message.ends_with("accent.safetensors: not a LoRA adapter (no `mynah.lora` header)"), "{message}");
        assert!(Model::load(folder.path().join("none"), Device::Cpu).is_err());
    }

    #[test]
    fn hostile_headers_take_no_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.safetensors");
        let refusal = |json: &str| {
            let array = Array::f32("a", &[1], vec![1.0]);
            let metadata = HashMap::from([("mynah.lora".to_string(), json.to_string())]);
            write_arrays(&path, [&array], metadata).unwrap();
            let message = Lora::load(&path, Device::Cpu).err().unwrap().to_string();
            message.rsplit('/').next().unwrap().to_string()
        };
        let base = |layers: u64| format!(r#"{{"layers":{layers},"dim":9,"q_dim":9,"kv_dim":9,"hidden":9}}"#);
        let header = |config: &str, layers| format!(r#"{{"format":1,"config":{config},"base":{}}}"#, base(layers));
        assert!(refusal(&header("{}", 900_000)).ends_with("numbers, more than it holds"));
        assert!(refusal(&header("{}", 9_000_000_000)).contains("impossible sizes"));
        assert!(refusal(&header(r#"{"rank":0}"#, 1)).contains("`rank` must be from 1 to 4096, got 0"));
        assert!(refusal(&header(r#"{"rank":1,"targets":["wq"]}"#, 1)).contains("lora_a"));
        assert!(refusal("{").contains("its header cannot be read"));
    }

    #[test]
    fn other_sizes_are_refused() {
        let (four, two) = (model(4, false), model(2, false));
        let lora = Lora::new(&four, &LoraConfig::default()).unwrap();
        let message = two.attach(&lora, 1.0).unwrap_err().to_string();
        let sizes = |q| format!("layers 2, dim 24, queries {q}, keys {q}, hidden 64");
        assert_eq!(
            message,
            format!("lora: the adapter was made for a model of {}, this one has {}", sizes(24), sizes(12))
        );
        assert!(two.merge(&lora, 1.0).is_err() && !lora.fits(two.config()) && lora.fits(four.config()));
        let refusal = |config| Lora::new(&four, &config).err().unwrap().to_string();
        let unknown = LoraConfig { targets: vec!["wx".into()], ..Default::default() };
        assert!(refusal(unknown).starts_with("lora: there is no matrix `wx`; there are `wq`, "));
        assert_eq!(
            refusal(LoraConfig { alpha: 0.0, ..Default::default() }),
            "lora: `alpha` must be finite and positive, got 0"
        );
        assert!(four.attach(&lora, f64::NAN).is_err());
    }

    #[test]
    fn a_thousand_swaps_leave_memory_flat() {
        let model = model(4, false);
        let loras = [1, 2].map(|seed| trained(&model, &LoraConfig { seed, ..Default::default() }));
        let base = logits(&model);
        let before = live_bytes();
        for i in 0..1000 {
            let lora = &loras[i % 2];
            model.attach(lora, 1.0).unwrap();
            model.adapters().unwrap();
            model.detach(lora);
        }
        // (Other tests hold tensors too, but no test leaves thousands of adapters.)
        let one: usize = loras[0].named_params().iter().map(|(_, p)| p.value().bytes()).sum();
        assert!(live_bytes() < before + 100 * one + (64 << 20));
        assert!(model.attached().is_empty() && logits(&model) == base);
    }

    #[test]
    fn frozen_weights_have_no_gradient() {
        let model = model(4, true);
        let lora = trained(&model, &LoraConfig::default());
        let ids = Tensor::from_vec((0..12).map(|i| i * 7 % 10).collect(), &[1, 12], Device::Cpu).unwrap();
        let params = |named: Vec<(String, Param)>| named.into_iter().map(|(_, p)| p).collect::<Vec<_>>();
        let (own, added) = (params(model.named_params()), params(lora.named_params()));
        let all = [own.clone(), added].concat();
        let pass = |frozen| Pass { lora: Some(vec![(lora.clone(), 1.0)]), frozen, ..Default::default() };
        let targets = ids.reshape(&[12]).unwrap();
        let of = |frozen, recompute| {
            let loss = |logits: &Tensor| nn::cross_entropy(logits, &targets);
            let (_, grads) = model.gradients(&ids, &pass(frozen), &all, recompute, loss).unwrap();
            grads.into_iter().map(|g| g.map(|g| g.to_f32().unwrap())).collect::<Vec<_>>()
        };
        let (free, frozen) = (of(false, false), of(true, false));
        assert!(free.iter().all(Option::is_some) && frozen[..own.len()].iter().all(Option::is_none));
        assert_eq!(free[own.len()..], frozen[own.len()..]);
        assert!(of(false, true) == free && of(true, true) == frozen);
    }
}
