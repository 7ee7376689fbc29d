//! Folders as Hugging Face's `transformers` writes them, for Llama, Qwen2 and Qwen3.
//!
//! `config.json` has the sizes; `model.safetensors`, or the shards that `model.safetensors.index.json` names, the
//! weights (F32, F16, BF16); `tokenizer.json` the tokenizer; `tokenizer_config.json` or `chat_template.jinja` the chat
//! template. Tokenizers that `tokenizer.json` cannot express stand in `mynah_tokenizer.json`.

use super::bytes::FileBytes;
use super::parts::{Format, Parts, Stored};
use super::quant::Kind;
use super::shards::{self, Shard};
use super::vocabulary::Vocabulary;
use super::weight::Weight;
use crate::data::{read_text, reason, write_atomically};
use crate::lm::{ModelConfig, Positions, RopeScaling, Tokenizer};
use crate::{Error, Result};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Our own tokenizers in such a folder.
const OWN_TOKENIZER: &str = "mynah_tokenizer.json";

/// "interleaved" under this key in config.json: a model that had its rotary pairs so. The weights' rows are halves.
const OWN_POSITIONS: &str = "mynah_positions";

/// Their names of a layer's weights, and ours.
const LAYER: [(&str, &str); 14] = [
    ("input_layernorm.weight", "attn_norm.weight"),
    ("self_attn.q_proj.weight", "wq.weight"),
    ("self_attn.k_proj.weight", "wk.weight"),
    ("self_attn.v_proj.weight", "wv.weight"),
    ("self_attn.q_proj.bias", "wq.bias"),
    ("self_attn.k_proj.bias", "wk.bias"),
    ("self_attn.v_proj.bias", "wv.bias"),
    ("self_attn.q_norm.weight", "q_norm.weight"),
    ("self_attn.k_norm.weight", "k_norm.weight"),
    ("self_attn.o_proj.weight", "wo.weight"),
    ("post_attention_layernorm.weight", "ffn_norm.weight"),
    ("mlp.gate_proj.weight", "w1.weight"),
    ("mlp.down_proj.weight", "w2.weight"),
    ("mlp.up_proj.weight", "w3.weight"),
];

/// Their name of a weight of ours.
fn their_name(name: &str) -> Option<String> {
    match name {
        "embed.weight" => Some("model.embed_tokens.weight".into()),
        "norm.weight" => Some("model.norm.weight".into()),
        "output.weight" => Some("lm_head.weight".into()),
        _ => {
            let (layer, part) = name.strip_prefix("layers.")?.split_once('.')?;
            let theirs = LAYER.iter().find(|(_, ours)| *ours == part)?.0;
            Some(format!("model.layers.{layer}.{theirs}"))
        }
    }
}

/// A JSON file with its path.
struct Json<'a> {
    path: &'a Path,
    value: Value,
}

impl<'a> Json<'a> {
    fn read(path: &'a Path) -> Result<Self> {
        let value =
            serde_json::from_str(&read_text(path)?).map_err(|e| Error::file(path, format!("not JSON ({e})")))?;
        Ok(Self { path, value })
    }

    fn fail(&self, why: impl std::fmt::Display) -> Error {
        Error::file(self.path, why)
    }

    fn get(&self, key: &str) -> Option<&Value> {
        self.value.get(key).filter(|v| !v.is_null())
    }

    fn size(&self, key: &str) -> Result<Option<usize>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let size = value.as_u64().and_then(|n| usize::try_from(n).ok());
        size.map(Some).ok_or_else(|| self.fail(format!("`{key}` should be a whole number, is {value}")))
    }

    fn needed(&self, key: &str) -> Result<usize> {
        self.size(key)?.ok_or_else(|| self.fail(format!("has no `{key}`")))
    }

    fn flag(&self, key: &str) -> bool {
        self.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }
}

/// Reads a folder.
///
/// # Errors
/// If the model is of another kind, or something is missing, damaged or inconsistent.
pub fn read(folder: &Path) -> Result<Parts> {
    let path = folder.join("config.json");
    let json = Json::read(&path)?;
    let (mut config, kind) = sizes(&json)?;
    let shards = open_shards(folder)?;
    let has = |name: &str| shards.place.contains_key(name);
    config.tied = !has("lm_head.weight") || json.flag("tie_word_embeddings");
    if config.tied && !json.flag("tie_word_embeddings") && json.get("tie_word_embeddings").is_some() {
        return Err(Error::file(folder, "config.json says that the output has its own weights, but there are none"));
    }
    config.qkv_bias = has("model.layers.0.self_attn.q_proj.bias");
    config.qk_norm = has("model.layers.0.self_attn.q_norm.weight");
    if has("model.layers.0.self_attn.o_proj.bias") || has("model.layers.0.mlp.gate_proj.bias") {
        return Err(json.fail(format!("{kind} with biases in its output projection or feed-forward part is not read")));
    }
    let tokenizer = tokenizer(folder, &json)?;
    let config = config.resolved(tokenizer.vocab_size()).map_err(|e| json.fail(e))?;
    if Parts::count(&config) > shards.place.len() {
        let (layers, needs, has) = (config.layers, Parts::count(&config), shards.place.len());
        return Err(json.fail(format!("tells of {layers} layers with {needs} weights, but the folder has {has}")));
    }
    let template = tokenizer.chat_template().map(String::from);
    let mut weights = BTreeMap::new();
    for (name, _) in Parts::expected(&config) {
        let theirs = their_name(&name).unwrap_or_default();
        let weight = shards.weight(folder, &theirs)?;
        weights.insert(name, weight);
    }
    let parts = Parts { config, tokenizer, template, weights, format: Some(Format::HuggingFace) };
    parts.check(folder)?;
    let interleaved = json.text(OWN_POSITIONS) == Some("interleaved");
    Ok(parts.with_positions(if interleaved { Positions::Interleaved } else { Positions::Rope }))
}

/// Sizes and settings, and the kind of model.
fn sizes(json: &Json) -> Result<(ModelConfig, String)> {
    let kind = json.text("model_type").unwrap_or("unknown").to_string();
    if !["llama", "qwen2", "qwen3", "mynah"].contains(&kind.as_str()) {
        return Err(json.fail(format!("models of type `{kind}` are not read; llama, qwen2 and qwen3 are")));
    }
    if let Some(act) = json.text("hidden_act").filter(|a| *a != "silu" && *a != "swish") {
        return Err(json.fail(format!("`hidden_act` {act} is not read; silu is")));
    }
    if json.flag("use_sliding_window") {
        return Err(json.fail("attention in a sliding window is not read"));
    }
    if let Some(quant) = json.get("quantization_config") {
        let how = quant.get("quant_method").and_then(Value::as_str).unwrap_or("some kind");
        return Err(json.fail(format!("quantised weights ({how}) in a folder are not read; take the F16 or GGUF file")));
    }
    let number = |value: &Value, key: &str| value.get(key).and_then(Value::as_f64);
    // Older files have `rope_theta` and `rope_scaling`, newer ones both in `rope_parameters`.
    let empty = Value::Null;
    let newer = json.get("rope_parameters").unwrap_or(&empty);
    let scaling = json.get("rope_scaling").unwrap_or(newer);
    let theta = number(newer, "rope_theta").or_else(|| number(&json.value, "rope_theta")).unwrap_or(10_000.0);
    if number(newer, "partial_rotary_factor").or_else(|| number(&json.value, "partial_rotary_factor")).unwrap_or(1.0)
        != 1.0
    {
        return Err(json.fail("rotary positions on a part of each head are not read"));
    }
    let rope_type = scaling.get("rope_type").or_else(|| scaling.get("type")).and_then(Value::as_str);
    let rope_scaling = match rope_type.unwrap_or("default") {
        "default" => None,
        "llama3" => {
            let needed =
                |key: &str| number(scaling, key).ok_or_else(|| json.fail(format!("its rope scaling has no `{key}`")));
            Some(RopeScaling {
                factor: needed("factor")?,
                low_freq_factor: needed("low_freq_factor")?,
                high_freq_factor: needed("high_freq_factor")?,
                original_context: needed("original_max_position_embeddings")? as usize,
            })
        }
        other => return Err(json.fail(format!("rope scaling of type `{other}` is not read; llama3 is"))),
    };
    let heads = json.needed("num_attention_heads")?;
    let config = ModelConfig {
        vocab: json.needed("vocab_size")?,
        dim: json.needed("hidden_size")?,
        layers: json.needed("num_hidden_layers")?,
        heads,
        kv_heads: json.size("num_key_value_heads")?.unwrap_or(heads),
        head_dim: json.size("head_dim")?.unwrap_or(0),
        hidden: json.needed("intermediate_size")?,
        context: json.size("max_position_embeddings")?.unwrap_or(2048),
        positions: Positions::Rope,
        rope_theta: theta,
        rope_scaling,
        norm_eps: json.get("rms_norm_eps").and_then(Value::as_f64).unwrap_or(1e-6),
        ..Default::default()
    };
    for (name, size) in [("vocab_size", config.vocab), ("num_hidden_layers", config.layers)] {
        if size == 0 {
            return Err(json.fail(format!("`{name}` is 0")));
        }
    }
    Ok((config, kind))
}

/// The folder's weights: opened files, and which has what.
struct Shards {
    files: Vec<Shard>,
    place: HashMap<String, usize>,
}

impl Shards {
    fn add(&mut self, path: &Path) -> Result<()> {
        let shard = Shard::open(FileBytes::map(path)?)?;
        for name in shard.names() {
            if self.place.insert(name.clone(), self.files.len()).is_some() {
                return Err(Error::file(path, format!("`{name}` stands in two files")));
            }
        }
        self.files.push(shard);
        Ok(())
    }

    fn weight(&self, folder: &Path, name: &str) -> Result<Weight> {
        match self.place.get(name) {
            Some(i) => self.files[*i].weight(name),
            None => Err(Error::file(folder, format!("has no weight `{name}`"))),
        }
    }
}

fn open_shards(folder: &Path) -> Result<Shards> {
    let mut shards = Shards { files: Vec::new(), place: HashMap::new() };
    let single = folder.join("model.safetensors");
    let index = folder.join("model.safetensors.index.json");
    if single.exists() {
        shards.add(&single)?;
        return Ok(shards);
    }
    if !index.exists() {
        let why =
            "has neither model.safetensors nor model.safetensors.index.json (files of PyTorch's pickle are never read)";
        return Err(Error::file(folder, why));
    }
    let json = Json::read(&index)?;
    let map = json.get("weight_map").and_then(Value::as_object).ok_or_else(|| json.fail("has no `weight_map`"))?;
    let mut names: Vec<&str> = map.values().filter_map(Value::as_str).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        // A shard stands in the folder itself: an index cannot lead elsewhere.
        if name.contains(['/', '\\']) || !name.ends_with(".safetensors") {
            return Err(json.fail(format!("`{name}` is no name of a shard")));
        }
        shards.add(&folder.join(name))?;
    }
    for (name, shard) in map {
        if !shards.place.contains_key(name) {
            return Err(json.fail(format!("says that `{name}` stands in {shard}, but it does not")));
        }
    }
    Ok(shards)
}

fn tokenizer(folder: &Path, config: &Json) -> Result<Tokenizer> {
    let own = folder.join(OWN_TOKENIZER);
    if own.exists() {
        let tokenizer: Tokenizer = serde_json::from_str(&read_text(&own)?).map_err(|e| Error::file(&own, e))?;
        tokenizer.check().map_err(|e| Error::file(&own, e))?;
        return Ok(tokenizer);
    }
    let path = folder.join("tokenizer.json");
    if !path.exists() {
        return Err(Error::file(folder, "has no tokenizer.json"));
    }
    let text = read_text(&path)?;
    let tokenizer = Tokenizer::from_json(&text).map_err(|e| Error::file(&path, e))?;
    let settings_path = folder.join("tokenizer_config.json");
    let settings = if settings_path.exists() {
        Json::read(&settings_path)?
    } else {
        Json { path: &settings_path, value: Value::Null }
    };
    // A special token is a text, or an object with the text in `content`.
    let special = |key: &str| {
        let value = settings.get(key)?;
        value.as_str().or_else(|| value.get("content")?.as_str())
    };
    let first = |value: &Value| value.as_u64().or_else(|| value.as_array()?.first()?.as_u64());
    let known = |id: u64| u32::try_from(id).ok().filter(|id| (*id as usize) < tokenizer.vocab_size());
    let configured = |key: &str| config.get(key).and_then(first).and_then(known);
    let eos = special("eos_token").and_then(|t| tokenizer.special(t)).or_else(|| configured("eos_token_id"));
    // A text begins with the first token if the settings say so, or the tokenizer's own last step puts it there.
    let bos = special("bos_token").filter(|bos| match settings.get("add_bos_token").and_then(Value::as_bool) {
        Some(begins) => begins,
        None => {
            let steps: Value = serde_json::from_str(&text).unwrap_or_default();
            steps.get("post_processor").is_some_and(|p| p.to_string().contains(&format!("{bos:?}")))
        }
    });
    let bos = bos.and_then(|t| tokenizer.special(t));
    let template = chat_template(folder, &settings)?;
    let tokenizer = tokenizer.with_ends(bos, eos).map_err(|e| Error::file(&path, e))?;
    Ok(tokenizer.with_chat_template(template))
}

/// The chat template: a file of its own, or in the settings a text or a list of named ones, of which `default` counts.
fn chat_template(folder: &Path, settings: &Json) -> Result<Option<String>> {
    let path = folder.join("chat_template.jinja");
    if path.exists() {
        return read_text(&path).map(Some);
    }
    let Some(value) = settings.get("chat_template") else { return Ok(None) };
    let named = |v: &Value| {
        let all = v.as_array()?;
        let default = all.iter().find(|t| t.get("name").and_then(Value::as_str) == Some("default")).or(all.first())?;
        default.get("template")?.as_str().map(String::from)
    };
    Ok(value.as_str().map(String::from).or_else(|| named(value)))
}

/// Writes a folder: f32 or f16.
///
/// # Errors
/// If such folders cannot hold the model, or cannot be written.
pub fn write(parts: &Parts, folder: &Path, dtype: Stored) -> Result<()> {
    let c = &parts.config;
    if matches!(dtype, Stored::Q8 | Stored::Q4) {
        return Err(Error::value("a Hugging Face folder holds f32 or f16; save q8 and q4 as .gguf or .safetensors"));
    }
    if c.positions == Positions::Learned || !c.causal {
        return Err(Error::value("a Hugging Face folder holds causal models with rotary positions only"));
    }
    if c.qkv_bias && c.qk_norm {
        return Err(Error::value("a Hugging Face folder holds biases (Qwen2) or head norms (Qwen3), not both"));
    }
    let parts = &parts.with_positions(Positions::Rope);
    let (kind, class) = match (c.qkv_bias, c.qk_norm) {
        (true, _) => ("qwen2", "Qwen2ForCausalLM"),
        (_, true) => ("qwen3", "Qwen3ForCausalLM"),
        _ => ("llama", "LlamaForCausalLM"),
    };
    if kind == "qwen2" && c.head_dim * c.heads != c.dim {
        return Err(Error::value("a Hugging Face folder holds Qwen2 with head_dim = dim / heads only"));
    }
    let rope_scaling = c.rope_scaling.map(|s| {
        json!({ "rope_type": "llama3", "factor": s.factor, "low_freq_factor": s.low_freq_factor,
            "high_freq_factor": s.high_freq_factor, "original_max_position_embeddings": s.original_context })
    });
    let config = json!({
        "architectures": [class], "model_type": kind, "hidden_act": "silu",
        "vocab_size": c.vocab, "hidden_size": c.dim, "num_hidden_layers": c.layers, "num_attention_heads": c.heads,
        "num_key_value_heads": c.kv_heads, "head_dim": c.head_dim, "intermediate_size": c.hidden,
        "max_position_embeddings": c.context, "rope_theta": c.rope_theta, "rope_scaling": rope_scaling,
        "rms_norm_eps": c.norm_eps, "tie_word_embeddings": c.tied, "attention_bias": false, "mlp_bias": false,
        "use_sliding_window": false, "torch_dtype": if dtype == Stored::F16 { "float16" } else { "float32" },
        "bos_token_id": parts.tokenizer.bos(), "eos_token_id": parts.tokenizer.eos(),
        OWN_POSITIONS: (c.positions == Positions::Interleaved).then_some("interleaved"),
    });
    let mut all = Vec::new();
    for (name, _) in Parts::expected(&parts.config) {
        let weight = parts.weight(&name)?;
        let kind = if dtype == Stored::F16 { Kind::F16 } else { Kind::F32 };
        all.push((their_name(&name).unwrap_or(name), weight, kind));
    }
    shards::write(&folder.join("model.safetensors"), &all, &HashMap::from([("format", "pt".to_string())]))?;
    let text = |name: &str, text: String| write_atomically(folder.join(name), |out| out.write_all(text.as_bytes()));
    let pretty = |value: &Value| serde_json::to_string_pretty(value).map_err(|e| Error::value(e.to_string()));
    let t = &parts.tokenizer;
    if let Some(Vocabulary::File(json)) = Vocabulary::of(t) {
        let special = |id: Option<u32>| id.and_then(|id| t.special_text(id));
        let settings = json!({ "tokenizer_class": "PreTrainedTokenizerFast", "add_bos_token": t.bos().is_some(),
            "bos_token": special(t.bos()), "eos_token": special(t.eos()) });
        text("tokenizer.json", json)?;
        text("tokenizer_config.json", pretty(&settings)?)?;
        remove(&folder.join(OWN_TOKENIZER))?; // of an earlier model
    } else {
        text(OWN_TOKENIZER, serde_json::to_string(t).map_err(|e| Error::value(e.to_string()))?)?;
    }
    // Shards of an earlier model would be in the way.
    remove(&folder.join("model.safetensors.index.json"))?;
    if parts.template.is_none() {
        remove(&folder.join("chat_template.jinja"))?;
    }
    if let Some(template) = &parts.template {
        text("chat_template.jinja", template.clone())?;
    }
    text("config.json", pretty(&config)? + "\n")
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::file(path, reason(&e))),
        _ => Ok(()),
    }
}
