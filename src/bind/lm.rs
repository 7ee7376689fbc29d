//! `mynah.lm`: tokenizers and language models.

use super::convert::{Bytes, Ref, Returns, This};
use super::options::Options;
use super::root::fresh_seed;
use super::shim::{Callback, Fault, Outcome, Shim, fault};
use super::tensor::{LuaTensor, TensorLike};
use crate::lm::{
    GenerateConfig, Model, ModelConfig, ResumeConfig, StepReport, Tokenizer, TrainConfig, TrainReport, TrieTokenizer,
};
use crate::nn::{self, Dtype, Tensor};
use crate::{lua_class, lua_extras, lua_module};
use mlua::{Function, Lua, LuaSerdeExt, MultiValue, Table, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::sync::Arc;

/// How a tokenizer is made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TokenizerConfig {
    /// What a token is: "char", "byte" or "trie".
    pub kind: TokenizerKind,
    /// The words of a `trie`. Default: those of its `text`, each with the space before it.
    pub words: Vec<String>,
    /// Most words that a `trie` learns from its `text`; 0 means 4096.
    pub most: usize,
}

/// The kinds of tokenizer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TokenizerKind {
    /// One token per character that occurs in `text`.
    #[default]
    Char,
    /// One token per byte.
    Byte,
    /// One token per word of a list, by longest match; what no word covers is spelled in bytes.
    Trie,
}

lua_extras! {
    /// What a tokenizer learns from.
    TokenizerExtras {
        /// The text whose characters a `char` tokenizer knows, or whose words a `trie`.
        text: Bytes = "string"
    }
}

lua_extras! {
    /// What a model needs beside its sizes.
    ModelExtras {
        /// Its tokenizer; needed.
        tokenizer: Ref<LuaTokenizer> = "mynah.Tokenizer",
        /// Seed of the first weights. Default: other weights every time, or as `manual_seed` says.
        seed: usize = "integer",
        /// Where it lives: "cpu", or "wgpu" in a build that has it.
        device: String = "string"
    }
}

lua_extras! {
    /// What training needs beside its settings.
    TrainExtras {
        /// The text to learn; needed.
        text: Bytes = "string",
        /// Called after every step; training ends when it returns false.
        on_step: Callback = "fun(step: { step: integer, loss: number, lr: number, grad_norm: number, tokens_per_second: number, val_loss?: number }): boolean?"
    }
}

lua_extras! {
    /// Where a generated text ends.
    GenerateExtras {
        /// A text, or several, before which it ends.
        stop: Value = "string|string[]"
    }
}

/// How a model is read from a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LoadConfig {
    /// Where it shall live: "cpu", or "wgpu" in a build that has it. Default: see `mynah.device`.
    pub device: Option<String>,
}

/// A tokenizer as Lua holds it.
#[derive(Clone)]
pub struct LuaTokenizer(Arc<Tokenizer>);

/// A model as Lua holds it.
#[derive(Clone)]
pub struct LuaModel(pub Model);

/// The model itself, so that calls chain, and what its training came to.
pub struct Trained(TrainReport);

impl Returns for Trained {
    fn types() -> Vec<String> {
        let report = "{ steps: integer, loss: number, val_loss?: number, seconds: number, tokens_per_second: number, stopped: boolean }";
        vec!["self".into(), report.into()]
    }
    fn into_values(self, lua: &Lua, receiver: Option<&Value>) -> mlua::Result<MultiValue> {
        Ok(MultiValue::from_iter([receiver.cloned().unwrap_or(Value::Nil), plain(lua, &self.0)?]))
    }
}

/// A report as a Lua table; what is absent is nil.
fn plain(lua: &Lua, report: &impl Serialize) -> mlua::Result<Value> {
    lua.to_value_with(report, mlua::serde::ser::Options::new().serialize_none_to_null(false))
}

lua_module! {
    /// Language models: a small Llama-like transformer that learns a text and continues it.
    ///
    /// ```lua
    /// local text = ("polly wants a cracker\n"):rep(20)
    /// local tok = mynah.lm.tokenizer{ kind = "char", text = text }
    /// local bird = mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 2, context = 32, seed = 1 }
    /// bird:train{ text = text, steps = 60, lr = 1e-2 }
    /// print(bird:generate("polly", { tokens = 16, temperature = 0 }))
    /// ```
    module "mynah.lm" {
        /// A tokenizer: what turns text into token numbers and back.
        ///
        /// A `char` tokenizer knows the characters of its `text`, one token each. A `byte` tokenizer knows everything. A `trie`
        /// has one token for each of its words and spells the rest in bytes: fewer tokens, so a small model learns sentences sooner.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "char", text = "banana" }
        /// assert(tok.vocab_size == 3 and tok:encode("ban")[1] == 1)
        /// local words = mynah.lm.tokenizer{ kind = "trie", words = { "the", " mill" } }
        /// assert(words:encode("the mill!")[2] == 257 and words:decode(words:encode("the sea")) == "the sea")
        /// ```
        fn tokenizer(options: Options<TokenizerConfig, TokenizerExtras>) -> LuaTokenizer {
            let Options(config, extras) = options;
            let tokenizer = match (config.kind, extras.text) {
                (TokenizerKind::Byte, _) => Tokenizer::bytes(),
                (TokenizerKind::Char, Some(text)) => Tokenizer::chars(utf8("tokenizer", &text.0)?)?,
                (TokenizerKind::Trie, text) if config.words.is_empty() => match text {
                    Some(text) => {
                        let most = if config.most == 0 { 4096 } else { config.most };
                        TrieTokenizer::learn(utf8("tokenizer", &text.0)?, most)?.into()
                    }
                    None => return fault("tokenizer: a `trie` tokenizer needs its `words`, or the `text` whose words it shall know"),
                },
                (TokenizerKind::Trie, _) => Tokenizer::trie(config.words)?,
                (TokenizerKind::Char, None) => return fault("tokenizer: a `char` tokenizer needs the `text` whose characters it shall know"),
            };
            Ok(LuaTokenizer(Arc::new(tokenizer)))
        }

        /// A new model with random weights.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 2, context = 16, seed = 1 }
        /// assert(bird.config.vocab == 256)
        /// ```
        fn model(@lua, options: Options<ModelConfig, ModelExtras>) -> LuaModel {
            let Options(config, extras) = options;
            let Some(tokenizer) = extras.tokenizer else {
                return fault("model: needs a `tokenizer`, such as mynah.lm.tokenizer{ text = corpus }");
            };
            let device = extras.device.map_or(Ok(nn::default_device()), |d| d.parse())?;
            let seed = extras.seed.map_or_else(|| fresh_seed(lua), |s| s as u64);
            Ok(LuaModel(Model::new(&config, (*tokenizer.0).clone(), device, seed)?))
        }

        /// A model from a file that `save` wrote, or from a training run's folder (the best one there).
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 8 }
        /// bird:save(TMP .. "/bird.safetensors")
        /// local again = mynah.lm.load(TMP .. "/bird.safetensors")
        /// assert(again.config.dim == 16)
        /// ```
        fn load(path: String, options: Options<LoadConfig>) -> LuaModel {
            let device = options.0.device.map_or(Ok(nn::default_device()), |d| d.parse())?;
            Ok(LuaModel(Model::load(path, device)?))
        }

        /// Whether a training run's folder holds a checkpoint that `resume` can go on from.
        ///
        /// ```lua
        /// assert(not mynah.lm.can_resume("no/such/folder"))
        /// ```
        fn can_resume(folder: String) -> bool { Ok(crate::lm::can_resume(folder)) }
    }
}

lua_class! {
    /// What turns text into token numbers and back. Token numbers count from 0, as in every file format.
    class Tokenizer(LuaTokenizer) {
        /// "char", "byte" or "trie".
        get kind(this) -> String { Ok(this.0.kind().into()) }
        /// How many distinct tokens there are.
        get vocab_size(this) -> usize { Ok(this.0.vocab_size()) }
        /// The tokens of `text`, as a list of numbers from 0.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ text = "abc" }
        /// assert(tok:encode("cab")[1] == 2)
        /// ```
        fn encode(this, text: Bytes) -> Vec<usize> {
            Ok(this.0.encode(&text.0)?.into_iter().map(|t| t as usize).collect())
        }
        /// The text of `tokens`.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ text = "abc" }
        /// assert(tok:decode{ 2, 0, 1 } == "cab")
        /// ```
        fn decode(this, tokens: Vec<usize>) -> Bytes {
            let tokens: Vec<u32> = tokens.into_iter().map(|t| u32::try_from(t).unwrap_or(u32::MAX)).collect();
            Ok(Bytes(this.0.decode(&tokens)?))
        }
        /// `text` without the characters that have no token.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ text = "abc" }
        /// assert(tok:keep("a-b-c!") == "abc")
        /// ```
        fn keep(this, text: Bytes) -> Bytes {
            let known = this.0.encode_known(&String::from_utf8_lossy(&text.0));
            Ok(Bytes(this.0.decode(&known)?))
        }
        /// Its kind and size.
        meta tostring(this) -> String {
            Ok(format!("Tokenizer ({}, {} tokens)", this.0.kind(), this.0.vocab_size()))
        }
    }
}

lua_class! {
    /// A Llama-like transformer with its tokenizer.
    ///
    /// RMSNorm before each part, rotary positions, grouped-query attention, SwiGLU, tied embedding, no biases
    /// (Touvron et al. 2023). An optimizer steps it like a net: `opt:step(bird)`.
    class Model(LuaModel) {
        /// Its sizes, as a table.
        get config(this, @lua) -> Value { Ok(lua.to_value(this.0.config())?) }
        /// Its tokenizer.
        get tokenizer(this) -> LuaTokenizer { Ok(LuaTokenizer(this.0.tokenizer().clone())) }
        /// Where it lives: "cpu" or "wgpu".
        get device(this) -> String { Ok(this.0.device().name().into()) }
        /// How many numbers it has learned, or will.
        get size(this) -> usize { Ok(this.0.config().params() as usize) }
        /// Its sizes in one line.
        meta tostring(this) -> String { Ok(shown(&this.0)) }

        /// Learns a text. Returns the model and what its training came to.
        ///
        /// The last tenth of the text is held out: never trained on, only evaluated. With `checkpoint`, a folder keeps the best
        /// model, the newest state and a log, so that an interrupted run loses little and `resume` goes on.
        ///
        /// ```lua
        /// local text = ("polly wants a cracker\n"):rep(20)
        /// local tok = mynah.lm.tokenizer{ text = text }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 16, seed = 1 }
        /// local _, report = bird:train{ text = text, steps = 5, on_step = function(s) assert(s.loss > 0) end }
        /// assert(report.steps == 5 and report.val_loss < 4)
        /// ```
        fn train(this, @lua, options: Options<TrainConfig, TrainExtras>) -> Trained {
            let Options(config, extras) = options;
            learn("train", lua, extras, |text, on_step| this.0.train(text, &config, on_step))
        }

        /// Goes on with an interrupted run, bit for bit as if it had never stopped; settings come from its folder.
        ///
        /// ```lua
        /// local text = ("polly wants a cracker\n"):rep(20)
        /// local tok = mynah.lm.tokenizer{ text = text }
        /// local sizes = { tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 16, seed = 1 }
        /// mynah.lm.model(sizes):train{ text = text, steps = 6, checkpoint = TMP, on_step = function(s) return s.step < 3 end }
        /// local _, report = mynah.lm.model(sizes):resume{ text = text, checkpoint = TMP }
        /// assert(report.steps == 6)
        /// ```
        fn resume(this, @lua, options: Options<ResumeConfig, TrainExtras>) -> Trained {
            let Options(config, extras) = options;
            learn("resume", lua, extras, |text, on_step| this.0.resume(text, &config, on_step))
        }

        /// Mean loss on `text`, in nats per token.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ text = "ab" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 16, seed = 1 }
        /// assert(math.abs(bird:evaluate("abbaab") - math.log(2)) < 0.1)
        /// ```
        fn evaluate(this, text: Bytes) -> f64 { Ok(this.0.evaluate(&text.0)?) }

        /// Continues `prompt` and returns what is new.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ text = "ab\n" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 16, seed = 1 }
        /// local one = bird:generate("ab", { tokens = 5, seed = 1 })
        /// assert(#one == 5 and one == bird:generate("ab", { tokens = 5, seed = 1 }))
        /// assert(not bird:generate("ab", { stop = "\n" }):find("\n"))
        /// ```
        fn generate(this, @lua, prompt: Bytes, options: Options<GenerateConfig, GenerateExtras>) -> String {
            Ok(this.0.generate(&prompt.0, &asked(lua, options)?)?)
        }

        /// Continues `prompt` piece by piece, for a `for` loop; takes the options of `generate`.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ text = "ab" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 16, seed = 1 }
        /// local text = ""
        /// for piece in bird:stream("a", { tokens = 5, seed = 1 }) do text = text .. piece end
        /// assert(text == bird:generate("a", { tokens = 5, seed = 1 }))
        /// ```
        fn stream(this, @lua, prompt: Bytes, options: Options<GenerateConfig, GenerateExtras>) -> Pieces {
            let generation = RefCell::new(this.0.stream(&prompt.0, &asked(lua, options)?)?);
            let shim = Shim::get(lua)?;
            let next = shim.raw(lua, move |lua, _| {
                let piece = generation.borrow_mut().next().transpose()?;
                Ok(MultiValue::from_iter(piece.map(|p| lua.create_string(p).map(Value::String)).transpose()?))
            })?;
            Ok(Pieces(shim.wrap(next, None)?))
        }

        /// Logits of the next token at every position: token numbers [batch, time] (i32, from 0) → [batch, time, vocab].
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ text = "abc" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 16, seed = 1 }
        /// assert(bird:logits{ { 0, 1 }, { 2, 2 } }.shape[3] == 3)
        /// ```
        fn logits(this, ids: TensorLike) -> LuaTensor {
            let ids = numbers(ids)?;
            let mut shape = ids.shape();
            let logits = this.0.forward(&ids)?;
            shape.push(this.0.config().vocab);
            Ok(logits.reshape(&shape)?.into())
        }

        /// Mean cross-entropy of `targets` [batch, time] after `ids` [batch, time]: one number, for `backward`.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ text = "abc" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 16, seed = 1 }
        /// bird:loss({ { 0, 1 } }, { { 1, 2 } }):backward()
        /// ```
        fn loss(this, ids: TensorLike, targets: TensorLike) -> LuaTensor {
            let (ids, targets) = (numbers(ids)?, numbers(targets)?);
            if ids.shape() != targets.shape() {
                return fault(format!("loss: ids {:?} and targets {:?} differ in shape", ids.shape(), targets.shape()));
            }
            let vocab = this.0.config().vocab;
            if let Some(id) = targets.to_f64()?.into_iter().find(|id| *id >= vocab as f64) {
                return fault(format!("loss: targets must be below the {vocab} tokens of the vocabulary, got {id}"));
            }
            Ok(this.0.loss(&ids, &targets)?.into())
        }

        /// Its weights by name, as tensors that share its memory; matrices are [in, out].
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ text = "abc" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 16, seed = 1 }
        /// assert(bird:parameters()["norm.weight"].shape[1] == 16)
        /// ```
        fn parameters(this, @lua) -> Table {
            let all = this.0.named_params().into_iter().map(|(name, p)| (name, LuaTensor(p)));
            Ok(lua.create_table_from(all)?)
        }

        /// Writes the model to one safetensors file, which carries sizes and tokenizer.
        fn save(this, path: String) -> This { this.0.save(path)?; Ok(This) }
    }
}

/// An iterator over pieces of text.
pub struct Pieces(Function);

impl Returns for Pieces {
    fn types() -> Vec<String> {
        vec!["fun(): string?".into()]
    }
    fn into_values(self, _: &Lua, _: Option<&Value>) -> mlua::Result<MultiValue> {
        Ok(MultiValue::from_iter([Value::Function(self.0)]))
    }
}

fn shown(model: &Model) -> String {
    let c = model.config();
    format!(
        "Model ({} parameters: {} layers, {} heads, {} key-value heads, dim {}, hidden {}, context {}; {} tokenizer of {}; {})",
        c.params(),
        c.layers,
        c.heads,
        c.kv_heads,
        c.dim,
        c.hidden,
        c.context,
        model.tokenizer().kind(),
        c.vocab,
        model.device(),
    )
}

fn utf8<'a>(what: &str, text: &'a [u8]) -> Outcome<&'a str> {
    std::str::from_utf8(text)
        .or_else(|e| fault(format!("{what}: `text` is not UTF-8 text (byte {})", e.valid_up_to() + 1)))
}

/// Runs a training with its callback, whose throws and answers pass through unchanged.
fn learn(
    what: &str,
    lua: &Lua,
    extras: TrainExtras,
    run: impl FnOnce(&[u8], &mut dyn FnMut(&StepReport) -> crate::Result<bool>) -> crate::Result<TrainReport>,
) -> Outcome<Trained> {
    let Some(text) = extras.text else {
        return fault(format!("{what}: needs the `text` to learn, such as mynah.read(\"corpus.txt\")"));
    };
    let mut on_step = |report: &StepReport| {
        let Some(callback) = &extras.on_step else { return Ok(true) };
        let answer = plain(lua, report).map_err(Fault::from).and_then(|r| callback.call(r));
        let values = answer.map_err(Fault::into_core)?;
        Ok(!matches!(values.front(), Some(Value::Boolean(false))))
    };
    Ok(Trained(run(&text.0, &mut on_step)?))
}

fn asked(lua: &Lua, options: Options<GenerateConfig, GenerateExtras>) -> Outcome<GenerateConfig> {
    let Options(mut config, extras) = options;
    config.seed = config.seed.or_else(|| Some(fresh_seed(lua)));
    config.stop = match extras.stop {
        None => Vec::new(),
        Some(Value::String(one)) => vec![one.to_string_lossy()],
        Some(list @ Value::Table(_)) => super::convert::FromArg::from_arg(list, lua)?,
        Some(other) => {
            let came = super::convert::got(&other);
            return fault(format!("generate: `stop` must be a string or a list of strings, got {came}"));
        }
    };
    Ok(config)
}

/// Token numbers as i32 [batch, time]; a plain row is a batch of one.
fn numbers(ids: TensorLike) -> Outcome<Tensor> {
    let ids = ids.0.cast(Dtype::I32)?;
    match ids.shape()[..] {
        [time] => Ok(ids.reshape(&[1, time])?),
        [_, _] => Ok(ids),
        ref other => fault(format!("token numbers are [batch, time], got {other:?}")),
    }
}
