//! One token per byte.

use serde::{Deserialize, Serialize};

/// The tokenizer whose 256 tokens are the bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ByteTokenizer {}

impl ByteTokenizer {
    /// One token per byte of `text`.
    pub fn encode(&self, text: &[u8]) -> Vec<u32> {
        text.iter().map(|b| u32::from(*b)).collect()
    }
}
