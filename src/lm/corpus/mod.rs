//! Corpora: texts as documents of tokens, split, shuffled, mixed and packed into the windows that training sees.

mod batches;
mod documents;
mod shuffle;
mod source;
mod store;
mod windows;

pub use batches::{Batch, Batches, BatchesConfig, IGNORE, Stage};
pub use documents::{Corpus, CorpusConfig, Side, TokenDocument};
pub use source::Documents;
pub use windows::Packing;
#[allow(unused_imports)] // `train` has one of its own, until it takes batches from here
pub use windows::WindowStart;
