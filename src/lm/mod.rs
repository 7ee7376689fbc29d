//! Language models: tokenizers, the transformer, training and generation.

mod checkpoint;
mod config;
mod corpus;
mod engine;
mod generate;
mod model;
mod sample;
mod template;
mod tokenizer;
mod train;

pub use config::{ModelConfig, Positions, RopeScaling};
pub use corpus::{Batch, Batches, BatchesConfig, IGNORE, Packing, Stage};
pub use engine::{
    Adapter, Engine, LowRank, Matrix, PROJECTIONS, Quantization, Session, SharedBytes, Storage, step_many,
};
pub use generate::{GenerateConfig, Generation};
pub use model::Model;
pub use sample::{Sampler, Sampling};
pub use template::{ChatTemplate, ChatTokens, Ends, Message};
pub use tokenizer::{
    BpeConfig, BpeTokenizer, ByteTokenizer, CharTokenizer, FileTokenizer, PiecesTokenizer, Split, Tokenizer,
    TrieTokenizer, Utf8Stream,
};
pub use train::{ResumeConfig, StepReport, TrainConfig, TrainReport, Trainer, WindowStart, can_resume};
