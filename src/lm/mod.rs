//! Language models: tokenizers, the transformer, training and generation.

mod checkpoint;
mod config;
mod model;
mod tokenizer;
mod train;

pub use config::ModelConfig;
pub use model::Model;
pub use tokenizer::{ByteTokenizer, CharTokenizer, Tokenizer, Utf8Stream};
pub use train::{StepReport, TrainConfig, TrainReport, Trainer, can_resume};
