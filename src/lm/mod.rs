//! Language models: tokenizers, the transformer, training and generation.

mod chat;
mod checkpoint;
mod config;
mod corpus;
mod engine;
mod format;
mod frozen;
mod generate;
mod model;
mod sample;
mod template;
mod tokenizer;
mod train;

pub use chat::{Chat, Conversation};
pub use config::{ModelConfig, Positions, RopeScaling};
pub use corpus::{
    Batch, Batches, BatchesConfig, Corpus, CorpusConfig, Documents, IGNORE, Packing, Side, Stage, TokenDocument,
};
pub use engine::{Adapter, Engine, LowRank, Matrix, PROJECTIONS, Quantization, Session, Storage, step_many};
pub use format::{
    Format, Kind, Part, Parts, SaveConfig, SharedBytes, Stored, Weight, dequantize, load_parts, quantize, save_parts,
};
pub use frozen::Frozen;
pub use generate::{GenerateConfig, Generation};
pub use model::Model;
pub use sample::{LogitHook, Sampler, Sampling};
pub use template::{ChatTemplate, ChatTokens, Ends, Message};
pub use tokenizer::{
    BpeConfig, BpeTokenizer, ByteTokenizer, CharTokenizer, FileTokenizer, PiecesTokenizer, Split, Tokenizer,
    TrieTokenizer, Utf8Stream,
};
pub use train::{ResumeConfig, StepReport, TrainConfig, TrainReport, Trainer, WindowStart, can_resume};
