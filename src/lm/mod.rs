//! Language models: tokenizers, the transformer, training and generation.

mod chat;
mod checkpoint;
mod config;
pub(crate) mod constrain;
mod corpus;
mod dpo;
mod engine;
mod estimate;
mod format;
mod frozen;
mod generate;
mod lora;
mod model;
mod presets;
mod sample;
mod sft;
mod template;
mod tokenizer;
mod train;
mod unmask;

pub use chat::{Chat, Conversation};
pub use config::{ModelConfig, Positions, RopeScaling};
pub use constrain::{Constraint, ConstraintConfig, TokenMask};
pub use corpus::{
    Batch, Batches, BatchesConfig, Corpus, CorpusConfig, Documents, IGNORE, Packing, Side, Stage, TokenDocument,
    WindowStart,
};
pub use dpo::{Dpo, DpoConfig, Preference, read_preferences};
pub use engine::{Adapter, Engine, LowRank, Matrix, PROJECTIONS, Quantization, Session, Storage, step_many};
pub use estimate::{Estimate, EstimateConfig, estimate};
pub use format::{
    Format, Kind, Part, Parts, SaveConfig, SharedBytes, Stored, Weight, dequantize, load_parts, quantize, save_parts,
};
pub use frozen::Frozen;
pub use generate::{GenerateConfig, Generation};
pub use lora::{Lora, LoraConfig};
pub use model::{Model, Pass};
pub use presets::{PRESETS, Preset, preset};
pub use sample::{Link, LogitHook, Sampler, Sampling};
pub use sft::{Answers, LongExample, Sft, SftConfig, TooLong, read_conversations};
pub use template::{ChatTemplate, ChatTokens, Ends, Message};
pub use tokenizer::{
    BpeConfig, BpeTokenizer, ByteTokenizer, CharTokenizer, FileTokenizer, PiecesTokenizer, Split, Tokenizer,
    TrieTokenizer, Utf8Stream,
};
pub use train::{Next, ResumeConfig, StepReport, TrainBatch, TrainConfig, TrainData, TrainReport, Trainer, can_resume};
pub use unmask::{Masked, UnmaskConfig};
