//! Language models: tokenizers, the transformer, training and generation.

mod config;
mod model;
mod tokenizer;

pub use config::ModelConfig;
pub use model::Model;
pub use tokenizer::{ByteTokenizer, CharTokenizer, Tokenizer, Utf8Stream};
