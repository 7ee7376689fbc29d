//! `mynah.lm`: tokenizers and language models.

use super::convert::{Bytes, Ref, Returns, This};
use super::curve::Curve;
use super::options::Options;
use super::root::fresh_seed;
use super::shim::{Callback, Fault, Outcome, Shim, fault};
use super::tensor::{LuaTensor, TensorLike};
use crate::lm::{
    Answers, Batches, BatchesConfig, BpeConfig, CharTokenizer, Chat, ChatTemplate, Constraint, ConstraintConfig,
    Corpus, CorpusConfig, Dpo, DpoConfig, Ends, EstimateConfig, Format, Frozen, GenerateConfig, Generation, Link, Lora,
    LoraConfig, Masked, Message, Model, ModelConfig, Next, Packing, Parts, Preference, Quantization, ResumeConfig,
    SaveConfig, Sft, SftConfig, Stage, StepReport, Stored, Tokenizer, TooLong, TrainConfig, TrainData, TrainReport,
    TrieTokenizer, UnmaskConfig, read_conversations, read_preferences, save_parts,
};
use crate::nn::{self, Dtype, Tensor};
use crate::{lua_class, lua_extras, lua_module, progress};
use mlua::{Function, Lua, LuaSerdeExt, MultiValue, Table, Value};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// How a tokenizer is made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TokenizerConfig {
    /// What a token is: "char", "byte", "trie", "bpe" or "file".
    pub kind: TokenizerKind,
    /// The words of a `trie`. Default: those of its `text`, each with the space before it.
    pub words: Vec<String>,
    /// Most words that a `trie` learns from its `text`; 0 means 4096.
    pub most: usize,
    /// Whether a `char` tokenizer spells characters that it does not know in bytes.
    pub fallback: bool,
    /// The `tokenizer.json` of a `file` tokenizer.
    pub path: Option<String>,
    /// Texts that are one token each where the program puts them, never where a text says them, such as "<end>".
    pub specials: Vec<String>,
    /// Which special token begins a document.
    pub bos: Option<String>,
    /// Which special token ends a document or an answer.
    pub eos: Option<String>,
    /// What makes a text of a conversation: "plain", "chatml", "llama2", "llama3" or a Jinja template. A preset's
    /// special tokens are added. Default: that of the file, or "plain".
    pub template: Option<String>,
    /// What a `bpe` tokenizer learns.
    #[serde(flatten)]
    pub bpe: BpeConfig,
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
    /// Tokens of bytes that often stand side by side, learned from `text` (byte-pair encoding).
    Bpe,
    /// The tokenizer in a `tokenizer.json`, as Hugging Face keeps them.
    File,
}

lua_extras! {
    /// What a tokenizer learns from.
    TokenizerExtras {
        /// The text whose characters a `char` tokenizer knows, or whose words a `trie`, or that a `bpe` learns from.
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
    /// What a corpus is made of.
    CorpusExtras {
        /// The tokenizer of the model that shall learn it; needed.
        tokenizer: Ref<LuaTokenizer> = "mynah.Tokenizer",
        /// A text.
        text: Bytes = "string",
        /// A text file, a JSONL file (`.jsonl`), or a folder of them.
        path: String = "string"
    }
}

lua_extras! {
    /// What training needs beside its settings. One of `text`, `corpus`, `pairs`, `conversations`, `preferences`, `file`.
    TrainExtras {
        /// A text to learn.
        text: Bytes = "string",
        /// A corpus to learn, or several; `stages` gives their weights.
        corpus: Value = "mynah.Corpus|mynah.Corpus[]",
        /// Questions with the answers to learn: `{ { "Who are you?", "I grind the corn." }, … }`.
        pairs: Value = "string[][]",
        /// Conversations of which the assistant's part is learned: lists of `{ role =, content = }`.
        conversations: Value = "{ role: string, content: string }[][]",
        /// Answers of which one is preferred: `{ prompt =, chosen =, rejected = }`.
        preferences: Value = "{ prompt: string, chosen: string, rejected: string }[]",
        /// A JSONL file of conversations or, for `dpo`, preferences.
        file: String = "string",
        /// The system prompt before each of `pairs`, or of `preferences`.
        system: String = "string",
        /// Shows the loss as it falls: true on the terminal, a path such as "loss.png" (or .svg) in that picture as well,
        /// drawn anew every two seconds.
        curve: Value = "boolean|string",
        /// Called after every step; training ends when it returns false, and goes on at another rate when it returns a number.
        on_step: Callback = "fun(step: { step: integer, loss: number, lr: number, grad_norm: number, tokens_per_second: number, val_loss?: number, went_back?: integer }): boolean|number?"
    }
}

/// How a model is trained, and how its data fill the windows it sees.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TrainOptions {
    /// How it is trained.
    #[serde(flatten)]
    pub train: TrainConfig,
    /// How the data become windows.
    #[serde(flatten)]
    pub cut: CutOptions,
}

/// How an interrupted run goes on; on the data that it began with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ResumeOptions {
    /// Where it is.
    #[serde(flatten)]
    pub resume: ResumeConfig,
    /// How the data become windows.
    #[serde(flatten)]
    pub cut: CutOptions,
}

/// How data become windows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CutOptions {
    /// Positions in a window; 0 means the model's context.
    pub time: usize,
    /// How documents fill windows: "stream", "packed" (end to end, none sees another) or "padded" (one in each). Default:
    /// "stream" for texts, "padded" for conversations.
    pub packing: Option<Packing>,
    /// Weights of several corpora over time: `{ { from = 0, weights = { 1, 2 } }, … }`. Default: all windows alike.
    pub stages: Vec<Stage>,
    /// Which answers of a conversation are learned: "all" or "last".
    pub answers: Answers,
    /// What happens to a conversation longer than a window: "skip", "cut" or "refuse". It is told in any case.
    pub too_long: TooLong,
    /// What makes a text of a conversation: "plain", "chatml", "llama2", "llama3" or a Jinja template. Default: that of
    /// the tokenizer.
    pub template: Option<String>,
    /// The special token behind which tokens are hidden from a model with `causal = false`, which learns to tell them.
    pub mask: String,
    /// How strongly preferences hold the model to what it was; positive.
    pub beta: f64,
    /// The share of preferences that are taken to be the wrong way round, in [0, 0.5).
    pub smoothing: f64,
    /// Weight of the preferred answers' own loss, which keeps them likely; not negative.
    pub nll_weight: f64,
}

impl Default for CutOptions {
    fn default() -> Self {
        let DpoConfig { beta, smoothing, nll_weight, .. } = DpoConfig::default();
        Self {
            time: 0,
            packing: None,
            stages: Vec::new(),
            answers: Answers::All,
            too_long: TooLong::Skip,
            template: None,
            mask: UnmaskConfig::default().mask,
            beta,
            smoothing,
            nll_weight,
        }
    }
}

/// Sizes, and what shall be known about them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct EstimateOptions {
    /// The sizes.
    #[serde(flatten)]
    pub model: ModelConfig,
    /// What it is estimated for.
    #[serde(flatten)]
    pub with: EstimateConfig,
}

/// How the answers of a conversation are drawn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ChatOptions {
    /// How they are drawn.
    #[serde(flatten)]
    pub draw: GenerateConfig,
    /// The system prompt: who the assistant is.
    pub system: Option<String>,
    /// What makes a text of the conversation: "plain", "chatml", "llama2", "llama3" or a Jinja template. Default: that of
    /// the tokenizer.
    pub template: Option<String>,
}

lua_extras! {
    /// Where a generated text ends, and what it favours.
    GenerateExtras {
        /// A text, or several, before which it ends.
        stop: Value = "string|string[]",
        /// Added to the logits of tokens, by their numbers: `{ [17] = -2.5 }`.
        logit_bias: Table = "table<integer, number>",
        /// Numbers of tokens that never come.
        banned: Vec<usize> = "integer[]",
        /// The text is one of these. Of `choices`, `regex`, `json` and `grammar` at most one; what they say holds always.
        choices: Vec<String> = "string[]",
        /// The whole text matches this regular expression, in the notation of Rust's `regex`.
        regex: String = "string",
        /// The text is JSON that fits this JSON schema, a table or its text.
        json: Value = "table|string",
        /// The text follows this grammar, in llama.cpp's GBNF notation.
        grammar: String = "string",
        /// What works on the odds and in which order: "bias", "penalties", "temperature", "top_k", "top_p", "min_p",
        /// "typical_p", and functions anywhere among them. A function gets the logits as they are there (-inf for what was left
        /// out) and the recent tokens' numbers; it changes the tensor, or returns another.
        chain: Value = "(string|fun(logits: mynah.Tensor, recent: integer[]): mynah.Tensor?)[]"
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

/// A model for generation as Lua holds it.
#[derive(Clone)]
pub struct LuaFrozen(pub Frozen);

/// A corpus as Lua holds it.
#[derive(Clone)]
pub struct LuaCorpus(Arc<Corpus>);

/// An adapter with the model that it was made for.
#[derive(Clone)]
pub struct LuaLora {
    /// The adapter.
    pub lora: Lora,
    model: Model,
}

/// A conversation with the settings of its answers.
pub struct LuaChat {
    chat: Rc<RefCell<Chat>>,
    draw: Draw,
}

/// How tokens are drawn, with the functions of the chain.
#[derive(Clone)]
pub(super) struct Draw {
    /// How.
    pub config: GenerateConfig,
    functions: Vec<Callback>,
}

/// The model itself, so that calls chain, and what its training came to.
pub struct Trained(TrainReport);

impl Returns for Trained {
    fn types() -> Vec<String> {
        let report = "{ steps: integer, loss: number, val_loss?: number, seconds: number, tokens_per_second: number, stopped: boolean, went_back: integer }";
        vec!["self".into(), report.into()]
    }
    fn into_values(self, lua: &Lua, receiver: Option<&Value>) -> mlua::Result<MultiValue> {
        Ok(MultiValue::from_iter([receiver.cloned().unwrap_or(Value::Nil), plain(lua, &self.0)?]))
    }
}

/// A report as a Lua table; what is absent is nil.
pub(super) fn plain(lua: &Lua, report: &impl Serialize) -> mlua::Result<Value> {
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
        /// A `bpe` tokenizer learns its tokens from a text and knows everything; a `file` tokenizer reads those of others.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "char", text = "banana" }
        /// assert(tok.vocab_size == 3 and tok:encode("ban")[1] == 1)
        /// local words = mynah.lm.tokenizer{ kind = "trie", words = { "the", " mill" } }
        /// assert(words:encode("the mill!")[2] == 257 and words:decode(words:encode("the sea")) == "the sea")
        /// local pairs = mynah.lm.tokenizer{ kind = "bpe", text = ("the mill by the sea "):rep(9), vocab = 270, specials = { "<end>" }, eos = "<end>" }
        /// assert(#pairs:encode("the mill") < 8 and pairs:special("<end>") == pairs.vocab_size - 1)
        /// ```
        fn tokenizer(options: Options<TokenizerConfig, TokenizerExtras>) -> LuaTokenizer {
            let Options(config, extras) = options;
            let wanting = |what: &str| fault(format!("tokenizer: a `{what}"));
            let tokenizer = match (config.kind, extras.text) {
                (TokenizerKind::Byte, _) => Tokenizer::bytes(),
                (TokenizerKind::Char, Some(text)) if config.fallback => {
                    CharTokenizer::new(utf8("tokenizer", &text.0)?)?.with_bytes().into()
                }
                (TokenizerKind::Char, Some(text)) => Tokenizer::chars(utf8("tokenizer", &text.0)?)?,
                (TokenizerKind::Char, None) => return wanting("char` tokenizer needs the `text` whose characters it shall know"),
                (TokenizerKind::Trie, text) if config.words.is_empty() => match text {
                    Some(text) => {
                        let most = if config.most == 0 { 4096 } else { config.most };
                        TrieTokenizer::learn(utf8("tokenizer", &text.0)?, most)?.into()
                    }
                    None => return wanting("trie` tokenizer needs its `words`, or the `text` whose words it shall know"),
                },
                (TokenizerKind::Trie, _) => Tokenizer::trie(config.words)?,
                (TokenizerKind::Bpe, Some(text)) => Tokenizer::bpe([text.0.as_slice()], &config.bpe)?,
                (TokenizerKind::Bpe, None) => return wanting("bpe` tokenizer needs the `text` that it shall learn from"),
                (TokenizerKind::File, _) => match &config.path {
                    Some(path) => Tokenizer::from_file(path)?,
                    None => return wanting("file` tokenizer needs the `path` of its tokenizer.json"),
                },
            };
            let preset = config.template.as_deref().map_or(&[][..], ChatTemplate::preset_specials);
            let all = preset.iter().map(|s| s.to_string()).chain(config.specials);
            let new: Vec<String> = all.filter(|s| tokenizer.special(s).is_none()).collect();
            let tokenizer = if new.is_empty() { tokenizer } else { tokenizer.with_specials(new)? };
            let end = |name: &Option<String>, own| match name {
                None => Ok(own),
                Some(name) => match tokenizer.special(name) {
                    Some(token) => Ok(Some(token)),
                    None => fault(format!("tokenizer: {name:?} is not among its `specials`")),
                },
            };
            let (bos, eos) = (end(&config.bos, tokenizer.bos())?, end(&config.eos, tokenizer.eos())?);
            let tokenizer = tokenizer.with_ends(bos, eos)?;
            let tokenizer = match config.template {
                Some(template) => tokenizer.with_chat_template(Some(template_of(&template)?.source().to_string())),
                None => tokenizer,
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

        /// A model to train or to use, from a file of any known format: one that `save` wrote, a training run's folder (the
        /// best one there), a Hugging Face folder (Llama, Qwen2, Qwen3), GGUF, llama2.c or Nano.
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

        /// A model for generation alone, from a file of any known format: 8- and 4-bit weights stay as they are, and little
        /// memory is taken. It cannot be trained.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 1, context = 8 }
        /// bird:save(TMP .. "/bird.gguf", { dtype = "q8" })
        /// assert(#mynah.lm.frozen(TMP .. "/bird.gguf"):generate("a", { tokens = 3, ignore_end = true }) > 0)
        /// ```
        fn frozen(path: String) -> LuaFrozen { Ok(LuaFrozen(Frozen::load(path)?)) }

        /// The sizes of a model by name, "nano-230k" to "nano-168m", as a table for `model` or `estimate`.
        ///
        /// ```lua
        /// local sizes = mynah.lm.preset "nano-230k"
        /// sizes.tokenizer = mynah.lm.tokenizer{ kind = "byte" }
        /// assert(mynah.lm.model(sizes).size == 229952)
        /// ```
        fn preset(@lua, name: String) -> Value { Ok(plain(lua, &crate::lm::preset(&name)?)?) }

        /// What a model of these sizes costs: parameters, operations per token, memory, and the time to train it at a given rate.
        ///
        /// ```lua
        /// local sizes = mynah.lm.preset "nano-56m"
        /// sizes.tokens, sizes.tokens_per_second = 1e9, 3000
        /// local cost = mynah.lm.estimate(sizes)
        /// assert(cost.params == 55591424 and cost.seconds > 3e5)
        /// ```
        fn estimate(@lua, options: Options<EstimateOptions>) -> Value {
            let EstimateOptions { model, with } = options.0;
            Ok(plain(lua, &crate::lm::estimate(&model.resolved(0)?, &with)?)?)
        }

        /// Texts as tokens, part of them held out: from a `text`, or from a text file, a JSONL file or a folder of them.
        ///
        /// With `cache`, a folder, files are tokenised once and read from there, however large they are.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local corpus = mynah.lm.corpus{ tokenizer = tok, text = "one\ntwo\nthree\n", documents = "line" }
        /// assert(corpus.documents == 3)
        /// ```
        fn corpus(options: Options<CorpusConfig, CorpusExtras>) -> LuaCorpus {
            let Options(config, extras) = options;
            let Some(tokenizer) = extras.tokenizer else { return fault("corpus: needs the `tokenizer` of its model") };
            let corpus = match (extras.text, extras.path) {
                (Some(text), None) => Corpus::from_text(&tokenizer.0, &text.0, &config)?,
                (None, Some(path)) => Corpus::open(&tokenizer.0, path, &config)?,
                _ => return fault("corpus: needs a `text`, or the `path` of a file or folder"),
            };
            Ok(LuaCorpus(Arc::new(corpus)))
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
        /// "char", "byte", "trie", "bpe", "pieces" or "file".
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
        /// The tokens of `text`, in which the texts of special tokens are these tokens.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte", specials = { "<end>" } }
        /// assert(#tok:encode("a<end>") == 6 and #tok:encode_specials("a<end>") == 2)
        /// ```
        fn encode_specials(this, text: Bytes) -> Vec<usize> {
            Ok(this.0.encode_with_specials(&text.0)?.into_iter().map(|t| t as usize).collect())
        }
        /// The number of a special token; nil if there is none of this name.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte", specials = { "<end>" } }
        /// assert(tok:special("<end>") == 256 and tok:special("<begin>") == nil)
        /// ```
        fn special(this, name: String) -> Option<usize> { Ok(this.0.special(&name).map(|t| t as usize)) }
        /// The text that a conversation is to the model: a list of `{ role =, content = }`, by the tokenizer's template.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte", template = "chatml" }
        /// local text = tok:render({ { role = "user", content = "Hello" } }, true)
        /// assert(text == "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n")
        /// ```
        fn render(this, @lua, messages: Value, prompt: Option<bool>) -> String {
            let messages: Vec<Message> = given(lua, "render", "messages", messages)?;
            Ok(ChatTemplate::of(&this.0)?.render(&messages, prompt.unwrap_or(false), &Ends::of(&this.0))?)
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
    /// RMSNorm before each part, grouped-query attention, SwiGLU (Touvron et al. 2023); by choice with rotary or learned
    /// positions, biases (Qwen2), head norms (Qwen3), an output of its own. An optimizer steps it like a net: `opt:step(bird)`.
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
        fn train(this, @lua, options: Options<TrainOptions, TrainExtras>) -> Trained {
            let Options(TrainOptions { train, cut }, extras) = options;
            let data = data("train", lua, &this.0, &train, &cut, &extras)?;
            learn(lua, &extras, |on_step| this.0.train_on(data, &train, on_step))
        }

        /// Fine-tunes on questions and answers, or on conversations: only what the assistant says is learned. Takes the options
        /// of `train`.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte", specials = { "<end>" }, eos = "<end>" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
        /// bird:sft{ pairs = { { "Who?", "Polly." }, { "What?", "A cracker." } }, steps = 3, progress = false }
        /// ```
        fn sft(this, @lua, options: Options<TrainOptions, TrainExtras>) -> Trained {
            let Options(TrainOptions { train, cut }, extras) = options;
            if extras.pairs.is_none() && extras.conversations.is_none() && extras.file.is_none() {
                return fault("sft: needs `pairs`, such as { { \"Who are you?\", \"A miller.\" } }, or `conversations`, or a JSONL `file`");
            }
            let data = data("sft", lua, &this.0, &train, &cut, &extras)?;
            learn(lua, &extras, |on_step| this.0.train_on(data, &train, on_step))
        }

        /// Tunes on preferences between two answers (direct preference optimisation, Rafailov et al. 2023), held to what the
        /// model is now. Takes the options of `train`.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte", specials = { "<end>" }, eos = "<end>" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
        /// bird:dpo{ preferences = { { prompt = "Who?", chosen = "Polly.", rejected = "Go away." } }, steps = 3, progress = false }
        /// ```
        fn dpo(this, @lua, options: Options<TrainOptions, TrainExtras>) -> Trained {
            let Options(TrainOptions { train, cut }, extras) = options;
            if extras.preferences.is_none() && extras.file.is_none() {
                return fault("dpo: needs `preferences`, such as { { prompt = …, chosen = …, rejected = … } }, or a JSONL `file`");
            }
            let data = data("dpo", lua, &this.0, &train, &cut, &extras)?;
            learn(lua, &extras, |on_step| this.0.train_on(data, &train, on_step))
        }

        /// A new low-rank adapter (LoRA, Hu et al. 2021) for this model: a small change, trained and kept apart from it.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
        /// local miller = bird:lora{ rank = 2 }
        /// miller:train{ pairs = { { "Who are you?", "I grind the corn." } }, steps = 3, progress = false }
        /// miller:attach()
        /// ```
        fn lora(this, options: Options<LoraConfig>) -> LuaLora {
            Ok(LuaLora { lora: Lora::new(&this.0, &options.0)?, model: this.0.clone() })
        }

        /// An adapter from a file that an adapter's `save` wrote.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
        /// bird:lora{ rank = 2 }:save(TMP .. "/miller.safetensors")
        /// bird:load_lora(TMP .. "/miller.safetensors"):attach(0.5)
        /// ```
        fn load_lora(this, path: String) -> LuaLora {
            let lora = Lora::load(&path, this.0.device())?;
            if !lora.fits(this.0.config()) {
                return fault(format!("load_lora: {path} was made for a model of other sizes"));
            }
            Ok(LuaLora { lora, model: this.0.clone() })
        }

        /// The same model for generation alone, its matrices in "q8" (8 bits) or "q4" (4 bits): smaller and faster. What is
        /// attached to it is not taken along.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 1, context = 64, seed = 1 }
        /// local small = bird:quantize("q8")
        /// assert(small.bytes < 4 * bird.size / 2)
        /// ```
        fn quantize(this, kind: String) -> LuaFrozen {
            let kind = match kind.as_str() {
                "q8" => Quantization::Q8,
                "q4" => Quantization::Q4,
                other => return fault(format!("quantize: there is \"q8\" and \"q4\", got {other:?}")),
            };
            Ok(LuaFrozen(Frozen::of(&this.0)?.quantized(kind)?))
        }

        /// A conversation: the model answers as it is now.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
        /// local chat = bird:chat{ system = "You are a parrot.", tokens = 5, seed = 1 }
        /// chat:say("Hello!")
        /// assert(#chat.history == 3)
        /// ```
        fn chat(this, @lua, options: Options<ChatOptions, GenerateExtras>) -> LuaChat {
            let chat = converse(lua, &Frozen::of(&this.0)?, options)?;
            let adapters = this.0.adapters()?;
            chat.chat.borrow_mut().session_mut().set_adapters(&adapters)?;
            Ok(chat)
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
        fn resume(this, @lua, options: Options<ResumeOptions, TrainExtras>) -> Trained {
            let Options(ResumeOptions { resume, cut }, extras) = options;
            let train = resume.train_config()?;
            let data = data("resume", lua, &this.0, &train, &cut, &extras)?;
            learn(lua, &extras, |on_step| this.0.train_on(data, &train, on_step))
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
            let Draw { config, functions } = asked(lua, options)?;
            whole(lua, this.0.stream(&prompt.0, &config)?, &functions)
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
            let Draw { config, functions } = asked(lua, options)?;
            pieces(lua, this.0.stream(&prompt.0, &config)?, functions)
        }

        /// Fills in every mask token in `text`, for a model with `causal = false`: in a few passes, the surest guesses first
        /// (MaskGIT, Chang et al. 2022). Returns the whole text.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "char", text = "polly ", specials = { "<mask>" } }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 2, context = 16, causal = false, seed = 1 }
        /// bird:train{ text = ("polly "):rep(60), steps = 60, lr = 1e-2, progress = false }
        /// print(bird:unmask("po<mask>ly p<mask>lly", { steps = 2 }))
        /// ```
        fn unmask(this, text: Bytes, options: Options<UnmaskConfig>) -> Bytes { Ok(Bytes(this.0.unmask(&text.0, &options.0)?)) }

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

        /// How much each head looks at each position when it reads these token numbers (from 0): a tensor
        /// [heads, time, time] for each layer. Row t says where position t looks; it adds up to 1.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ text = "abc" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 2, context = 16, seed = 1 }
        /// local looks = bird:attention{ 0, 1, 2 }
        /// assert(#looks == 1 and looks[1].shape[1] == 2 and looks[1][1][1][1] == 1) -- the first sees itself only
        /// ```
        fn attention(this, ids: TensorLike) -> Vec<LuaTensor> {
            Ok(this.0.attention(&numbers(ids)?)?.into_iter().map(LuaTensor::from).collect())
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

        /// Writes the model to a file: Mynah's safetensors with sizes and tokenizer, or what the path's ending or `format`
        /// says (".gguf", ".bin" for llama2.c, "/" for a Hugging Face folder); by choice in fewer bits.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 1, context = 64, seed = 1 }
        /// bird:save(TMP .. "/bird.safetensors"):save(TMP .. "/bird.gguf", { dtype = "q8" })
        /// ```
        fn save(this, path: String, options: Options<SaveConfig>) -> This {
            let SaveConfig { format, dtype } = options.0;
            let told = path.ends_with(['/', '\\']) || path.ends_with(".gguf") || path.ends_with(".bin");
            let format = format.or((!told).then_some(Format::Mynah));
            if format == Some(Format::Mynah) && dtype == Stored::F32 {
                this.0.save(path)?;
            } else {
                save_parts(&Parts::of_model(&this.0)?, path, &SaveConfig { format, dtype })?;
            }
            Ok(This)
        }
    }
}

lua_class! {
    /// A model for generation alone, often in 8 or 4 bits.
    class Frozen(LuaFrozen) {
        /// Its sizes, as a table.
        get config(this, @lua) -> Value { Ok(lua.to_value(this.0.engine().config())?) }
        /// Its tokenizer.
        get tokenizer(this) -> LuaTokenizer { Ok(LuaTokenizer(this.0.tokenizer().clone())) }
        /// Bytes that its weights take in memory.
        get bytes(this) -> usize { Ok(this.0.engine().bytes()) }
        /// Its sizes in one line.
        meta tostring(this) -> String {
            let c = this.0.engine().config();
            Ok(format!("Frozen ({} parameters in {} bytes: {} layers, dim {}, context {})", c.params(), this.0.engine().bytes(), c.layers, c.dim, c.context))
        }

        /// Continues `prompt` and returns what is new; takes the options of a model's `generate`.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 1, context = 64, seed = 1 }
        /// local small = bird:quantize("q8")
        /// assert(small:generate("a", { tokens = 5, seed = 1 }) == small:generate("a", { tokens = 5, seed = 1 }))
        /// ```
        fn generate(this, @lua, prompt: Bytes, options: Options<GenerateConfig, GenerateExtras>) -> String {
            let Draw { config, functions } = asked(lua, options)?;
            whole(lua, this.0.stream(&prompt.0, &config)?, &functions)
        }

        /// Continues `prompt` piece by piece, for a `for` loop; takes the options of `generate`.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 1, context = 64, seed = 1 }
        /// for piece in bird:quantize("q4"):stream("a", { tokens = 5 }) do assert(#piece > 0) end
        /// ```
        fn stream(this, @lua, prompt: Bytes, options: Options<GenerateConfig, GenerateExtras>) -> Pieces {
            let Draw { config, functions } = asked(lua, options)?;
            pieces(lua, this.0.stream(&prompt.0, &config)?, functions)
        }

        /// A conversation, as a model's `chat`.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 1, context = 64, seed = 1 }
        /// bird:quantize("q8"):chat{ tokens = 5 }:say("Hello!")
        /// ```
        fn chat(this, @lua, options: Options<ChatOptions, GenerateExtras>) -> LuaChat { converse(lua, &this.0, options) }
    }
}

lua_class! {
    /// Documents as tokens, part of them held out.
    class Corpus(LuaCorpus) {
        /// How many documents there are.
        get documents(this) -> usize { Ok(this.0.documents() as usize) }
        /// How many tokens there are.
        get tokens(this) -> usize { Ok(this.0.tokens() as usize) }
        /// Whether its tokens came from the cache.
        get reused(this) -> bool { Ok(this.0.reused()) }
        /// How many documents and tokens it has.
        meta tostring(this) -> String {
            Ok(format!("Corpus ({} documents, {} tokens)", this.0.documents(), this.0.tokens()))
        }
    }
}

lua_class! {
    /// A low-rank adapter and the model that it was made for (LoRA, Hu et al. 2021, arXiv:2106.09685).
    class Lora(LuaLora) {
        /// Its settings, as a table.
        get config(this, @lua) -> Value { Ok(plain(lua, this.lora.config())?) }
        /// How many numbers it has learned, or will.
        get size(this) -> usize { Ok(this.lora.params()) }
        /// Its size and rank.
        meta tostring(this) -> String {
            Ok(format!("Lora ({} parameters, rank {})", this.lora.params(), this.lora.config().rank))
        }

        /// Trains the adapter alone; the model stays as it is. Takes the options of a model's `train`. Returns the adapter and
        /// what its training came to.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
        /// local _, report = bird:lora{ rank = 2 }:train{ text = ("polly "):rep(99), steps = 3, progress = false }
        /// assert(report.steps == 3)
        /// ```
        fn train(this, @lua, options: Options<TrainOptions, TrainExtras>) -> Trained {
            let Options(TrainOptions { train, cut }, extras) = options;
            let data = data("train", lua, &this.model, &train, &cut, &extras)?;
            learn(lua, &extras, |on_step| this.model.train_lora(&this.lora, data, &train, on_step))
        }

        /// Adds the adapter, times `weight` (default 1), to what its model says from now on. Several add up.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
        /// bird:lora{ rank = 2 }:attach(0.5):detach()
        /// ```
        fn attach(this, weight: Option<f64>) -> This {
            this.model.attach(&this.lora, weight.unwrap_or(1.0))?;
            Ok(This)
        }

        /// Takes the adapter away: the model is bit for bit what it was.
        fn detach(this) -> This {
            this.model.detach(&this.lora);
            Ok(This)
        }

        /// Adds the adapter, times `weight` (default 1), into the model's own weights for good.
        fn merge(this, weight: Option<f64>) -> This {
            this.model.merge(&this.lora, weight.unwrap_or(1.0))?;
            Ok(This)
        }

        /// Writes the adapter alone to a safetensors file.
        fn save(this, path: String) -> This { this.lora.save(path)?; Ok(This) }
    }
}

lua_class! {
    /// A conversation with a model. What was read stays read: each turn costs only its own tokens. Past the end of the context
    /// the system prompt stays and the oldest turns go.
    class Chat(LuaChat) {
        /// What was said so far: a list of `{ role =, content = }`, the system prompt first.
        get history(this, @lua) -> Value {
            let chat = this.chat.borrow();
            let said = chat.conversation();
            let system = said.system.iter().map(|s| Message::new("system", s.as_str()));
            let all: Vec<Message> = system.chain(said.messages.iter().cloned()).collect();
            Ok(plain(lua, &all)?)
        }
        /// How much was said.
        meta tostring(this) -> String { Ok(format!("Chat ({} messages)", this.chat.borrow().conversation().messages.len())) }

        /// Says something and returns the answer. The options are those of `chat`, for this answer alone.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
        /// local chat = bird:chat{ tokens = 5 }
        /// chat:say("Hello!", { tokens = 2, temperature = 0 })
        /// ```
        fn say(this, @lua, text: String, options: Option<Options<GenerateConfig, GenerateExtras>>) -> String {
            let draw = this.draw(lua, options)?;
            Ok(this.chat.borrow_mut().say_with(&text, &draw.config, &mut hook(lua, &draw.functions))?)
        }

        /// Says something and gives the answer piece by piece, for a `for` loop; a loop that is left early is a `cancel`.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
        /// local chat = bird:chat{ tokens = 5 }
        /// for piece in chat:stream("Hello!") do io.write(piece) end
        /// ```
        fn stream(this, @lua, text: String, options: Option<Options<GenerateConfig, GenerateExtras>>) -> Pieces {
            let draw = this.draw(lua, options)?;
            this.chat.borrow_mut().begin(&text, &draw.config)?;
            let chat = this.chat.clone();
            let shim = Shim::get(lua)?;
            let next = shim.raw(lua, move |lua, _| {
                let piece = chat.borrow_mut().next_piece_with(&mut hook(lua, &draw.functions)).transpose()?;
                Ok(MultiValue::from_iter(piece.map(|p| lua.create_string(p).map(Value::String)).transpose()?))
            })?;
            Ok(Pieces(shim.wrap(next, None)?))
        }

        /// Ends the answer that is being given; what was said of it stays said.
        fn cancel(this) -> This { this.chat.borrow_mut().cancel(); Ok(This) }

        /// Writes what was said to a JSON file.
        fn save(this, path: String) -> This { this.chat.borrow().save(path)?; Ok(This) }

        /// Goes on from what `save` wrote.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
        /// local chat = bird:chat{ tokens = 5 }
        /// chat:say("Hello!")
        /// chat:save(TMP .. "/talk.json")
        /// assert(#bird:chat{ tokens = 5 }:load(TMP .. "/talk.json").history == 2)
        /// ```
        fn load(this, path: String) -> This { this.chat.borrow_mut().load(path)?; Ok(This) }
    }
}

impl LuaChat {
    /// How the next answer is drawn.
    fn draw(&self, lua: &Lua, options: Option<Options<GenerateConfig, GenerateExtras>>) -> Outcome<Draw> {
        match options {
            Some(options) => asked(lua, options),
            None => Ok(self.draw.clone()),
        }
    }
}

fn converse(lua: &Lua, model: &Frozen, options: Options<ChatOptions, GenerateExtras>) -> Outcome<LuaChat> {
    let Options(ChatOptions { draw, system, template }, extras) = options;
    let draw = asked(lua, Options(draw, extras))?;
    let model = match template {
        Some(template) => {
            Frozen::new(model.engine().clone(), model.tokenizer().clone(), Some(template_of(&template)?))?
        }
        None => model.clone(),
    };
    Ok(LuaChat { chat: Rc::new(RefCell::new(model.chat(system.as_deref()))), draw })
}

/// A template by its preset's name, or from Jinja.
fn template_of(text: &str) -> crate::Result<ChatTemplate> {
    if text.contains('{') { ChatTemplate::new(text) } else { ChatTemplate::preset(text) }
}

/// A Lua value as plain data of this type.
pub(super) fn given<T: DeserializeOwned>(lua: &Lua, what: &str, name: &str, value: Value) -> Outcome<T> {
    lua.from_value(value).or_else(|e| {
        let text = e.to_string();
        let why = text.rsplit("deserialize error: ").next().unwrap_or(&text);
        fault(format!("{what}: `{name}` cannot be read: {why}"))
    })
}

/// What a model learns from.
fn data(
    what: &str,
    lua: &Lua,
    model: &Model,
    train: &TrainConfig,
    cut: &CutOptions,
    extras: &TrainExtras,
) -> Outcome<Arc<dyn TrainData>> {
    let TrainConfig { val_fraction, accumulate, seed, start, .. } = *train;
    let system = || extras.system.iter().map(|s| Message::new("system", s.as_str())).collect::<Vec<_>>();
    let template = || match &cut.template {
        Some(template) => template_of(template),
        None => ChatTemplate::of(model.tokenizer()),
    };
    // A model that sees whole texts learns what is hidden; the last token then needs a place of its own.
    let causal = model.config().causal;
    let longest = model.config().context - usize::from(!causal);
    if !causal && what == "dpo" {
        return fault("dpo: a model with causal = false has no next token to prefer");
    }
    let whole = |data: Arc<dyn TrainData>| -> Outcome<Arc<dyn TrainData>> {
        if causal {
            return Ok(data);
        }
        let Ok(mask) = model.mask_token(&cut.mask) else {
            return fault(format!(
                "{what}: a model with causal = false learns what is hidden behind a token, but its tokenizer has no {:?} among its `specials`",
                cut.mask
            ));
        };
        Ok(Arc::new(Masked::new(data, mask, seed)))
    };
    let many = [
        extras.text.is_some(),
        extras.corpus.is_some(),
        extras.pairs.is_some(),
        extras.conversations.is_some(),
        extras.preferences.is_some(),
        extras.file.is_some(),
    ];
    match many.iter().filter(|m| **m).count() {
        0 => return fault(format!("{what}: needs the `text` to learn, such as mynah.read(\"corpus.txt\")")),
        1 => {}
        _ => {
            return fault(format!(
                "{what}: takes one of `text`, `corpus`, `pairs`, `conversations`, `preferences` and `file`"
            ));
        }
    }
    if what == "dpo" {
        let preferences = match (&extras.preferences, &extras.file) {
            (_, Some(path)) => read_preferences(path)?,
            (Some(list), _) => {
                let list: Vec<Preferred> = given(lua, what, "preferences", list.clone())?;
                let with = |p: Preferred| {
                    let mut prompt = system();
                    prompt.push(Message::new("user", p.prompt));
                    Preference { prompt, chosen: p.chosen, rejected: p.rejected }
                };
                list.into_iter().map(with).collect()
            }
            _ => return fault("dpo: needs `preferences`"),
        };
        let CutOptions { beta, smoothing, nll_weight, time, .. } = *cut;
        let config = DpoConfig { beta, smoothing, nll_weight, time, val_fraction, accumulate, seed };
        let dpo = Dpo::new(model, &template()?, &preferences, &config)?;
        warn(dpo.warning());
        return Ok(Arc::new(dpo));
    }
    let conversations: Option<Vec<Vec<Message>>> = match (&extras.pairs, &extras.conversations, &extras.file) {
        (Some(pairs), _, _) => {
            let pairs: Vec<(String, String)> = given(lua, what, "pairs", pairs.clone())?;
            let turns = |(question, answer): (String, String)| {
                let mut all = system();
                all.extend([Message::new("user", question), Message::new("assistant", answer)]);
                all
            };
            Some(pairs.into_iter().map(turns).collect())
        }
        (_, Some(list), _) => Some(given(lua, what, "conversations", list.clone())?),
        (_, _, Some(path)) => Some(read_conversations(path)?),
        _ => None,
    };
    if let Some(conversations) = conversations {
        let config = SftConfig {
            time: if cut.time == 0 { longest } else { cut.time },
            packing: cut.packing.unwrap_or(Packing::Padded),
            answers: cut.answers,
            too_long: cut.too_long,
            val_fraction,
            accumulate,
            seed,
        };
        let sft = Sft::new(model, &template()?, &conversations, &config)?;
        warn(sft.warning());
        return whole(sft.batches);
    }
    let corpora: Vec<Arc<Corpus>> = match (&extras.text, &extras.corpus) {
        (Some(text), _) => {
            if text.0.is_empty() {
                return fault(format!("{what}: the text is empty"));
            }
            let config = CorpusConfig { val_fraction, ends: false, ..Default::default() };
            vec![Arc::new(Corpus::from_text(model.tokenizer(), &text.0, &config)?)]
        }
        (_, Some(Value::Table(list))) => {
            let list: Vec<Ref<LuaCorpus>> = super::convert::FromArg::from_arg(Value::Table(list.clone()), lua)?;
            list.iter().map(|c| c.0.clone()).collect()
        }
        (_, Some(one)) => vec![<Ref<LuaCorpus> as super::convert::FromArg>::from_arg(one.clone(), lua)?.0.clone()],
        _ => return fault(format!("{what}: learns preferences with `dpo`")),
    };
    let config = BatchesConfig {
        time: if cut.time == 0 { longest } else { cut.time },
        packing: cut.packing.unwrap_or(Packing::Stream),
        start,
        accumulate,
        stages: cut.stages.clone(),
        seed,
    };
    whole(Arc::new(Batches::new(&corpora, &config)?))
}

/// One preference as a script gives it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Preferred {
    prompt: String,
    chosen: String,
    rejected: String,
}

fn warn(warning: Option<String>) {
    if let Some(warning) = warning {
        progress::suspend(|| eprintln!("warning: {warning}"));
    }
}

/// A text to its end.
fn whole(lua: &Lua, mut generation: Generation, functions: &[Callback]) -> Outcome<String> {
    let (mut text, mut hook) = (String::new(), hook(lua, functions));
    while let Some(piece) = generation.next_with(&mut hook) {
        text += &piece?;
    }
    Ok(text)
}

/// The iterator over a text as it comes.
fn pieces(lua: &Lua, generation: Generation, functions: Vec<Callback>) -> Outcome<Pieces> {
    let generation = RefCell::new(generation);
    let shim = Shim::get(lua)?;
    let next = shim.raw(lua, move |lua, _| {
        let piece = generation.borrow_mut().next_with(&mut hook(lua, &functions)).transpose()?;
        Ok(MultiValue::from_iter(piece.map(|p| lua.create_string(p).map(Value::String)).transpose()?))
    })?;
    Ok(Pieces(shim.wrap(next, None)?))
}

/// An iterator over pieces of text.
pub struct Pieces(pub Function);

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
    lua: &Lua,
    extras: &TrainExtras,
    run: impl FnOnce(&mut dyn FnMut(&StepReport) -> crate::Result<Next>) -> crate::Result<TrainReport>,
) -> Outcome<Trained> {
    let mut curve = match &extras.curve {
        None | Some(Value::Boolean(false)) => None,
        Some(Value::Boolean(true)) => Some(Curve::new(None)?),
        Some(Value::String(path)) => Some(Curve::new(Some(path.to_string_lossy()))?),
        Some(other) => {
            let came = super::convert::got(other);
            return fault(format!("train: `curve` must be true, false or a path, got {came}"));
        }
    };
    let mut on_step = |report: &StepReport| {
        if let Some(curve) = &mut curve {
            curve.add(report)?;
        }
        let Some(callback) = &extras.on_step else { return Ok(Next::Go) };
        let answer = plain(lua, report).map_err(Fault::from).and_then(|r| callback.call(r));
        let values = answer.map_err(Fault::into_core)?;
        Ok(match values.front() {
            Some(Value::Boolean(false)) => Next::Stop,
            Some(Value::Number(lr)) => Next::Lr(*lr),
            Some(Value::Integer(lr)) => Next::Lr(*lr as f64),
            _ => Next::Go,
        })
    };
    let report = run(&mut on_step);
    if let Some(curve) = &curve {
        curve.draw()?;
    }
    Ok(Trained(report?))
}

pub(super) fn asked(lua: &Lua, options: Options<GenerateConfig, GenerateExtras>) -> Outcome<Draw> {
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
    let number = |token: usize| u32::try_from(token).unwrap_or(u32::MAX);
    config.banned = extras.banned.unwrap_or_default().into_iter().map(number).collect();
    if let Some(bias) = extras.logit_bias {
        for pair in bias.pairs::<Value, Value>() {
            let (token, bias) = pair?;
            let token: usize = super::convert::FromArg::from_arg(token, lua)?;
            let bias: f64 = super::convert::FromArg::from_arg(bias, lua)?;
            config.logit_bias.push((number(token), bias as f32));
        }
        config.logit_bias.sort_by_key(|(token, _)| *token);
    }
    config.constraint = constraint("generate", lua, extras.choices, extras.regex, extras.json, extras.grammar)?;
    let mut functions = Vec::new();
    if let Some(chain) = extras.chain {
        let Value::Table(chain) = chain else {
            return fault(format!("generate: `chain` must be a list, got {}", super::convert::got(&chain)));
        };
        config.chain.clear();
        for (i, link) in chain.sequence_values::<Value>().enumerate() {
            config.chain.push(match link? {
                Value::Function(function) => {
                    functions.push(Callback::new(lua, function)?);
                    Link::Function(functions.len() - 1)
                }
                other => {
                    let name = other.as_string().map(|s| s.to_string_lossy());
                    let known = Link::USUAL.into_iter().find(|l| l.name() == name.as_deref());
                    let Some(link) = known else {
                        let (all, came) =
                            (Link::USUAL.map(|l| l.name().unwrap_or_default()), super::convert::got(&other));
                        return fault(format!(
                            "generate: `chain[{}]` must be a function or one of {}, got {came}",
                            i + 1,
                            crate::nearest::quoted(all)
                        ));
                    };
                    link
                }
            });
        }
    }
    Ok(Draw { config, functions })
}

/// What a text must be, if anything is told.
pub(super) fn constraint(
    what: &str,
    lua: &Lua,
    choices: Option<Vec<String>>,
    regex: Option<String>,
    json: Option<Value>,
    grammar: Option<String>,
) -> Outcome<Option<Arc<Constraint>>> {
    let json = match json {
        None => None,
        Some(Value::String(text)) => {
            let schema = serde_json::from_slice(&text.as_bytes());
            Some(schema.or_else(|e| fault(format!("{what}: `json` is not JSON: {e}")))?)
        }
        Some(schema) => Some(given(lua, what, "json", schema)?),
    };
    let config = ConstraintConfig { choices, regex, json, grammar };
    if config == ConstraintConfig::default() {
        return Ok(None);
    }
    Ok(Some(Arc::new(Constraint::new(&config)?)))
}

/// What calls the functions of a chain.
fn hook<'a>(
    lua: &'a Lua,
    functions: &'a [Callback],
) -> impl FnMut(usize, &mut [f32], &[u32]) -> crate::Result<()> + 'a {
    move |number, logits, recent| {
        let mut change = || -> Outcome<()> {
            let tensor = LuaTensor::from(Tensor::from_vec(logits.to_vec(), &[logits.len()], nn::Device::Cpu)?);
            let given = lua.create_userdata(tensor)?;
            let recent = lua.create_sequence_from(recent.iter().copied())?;
            let answer = functions[number].call((&given, recent))?;
            let changed: TensorLike = match answer.into_iter().next() {
                None | Some(Value::Nil) => super::convert::FromArg::from_arg(Value::UserData(given), lua)?,
                Some(other) => super::convert::FromArg::from_arg(other, lua)?,
            };
            let changed = changed.0.to_f32()?;
            if changed.len() != logits.len() {
                let (n, m) = (logits.len(), changed.len());
                return fault(format!("generate: a function in `chain` must give {n} logits, got {m}"));
            }
            logits.copy_from_slice(&changed);
            Ok(())
        };
        change().map_err(Fault::into_core)
    }
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
