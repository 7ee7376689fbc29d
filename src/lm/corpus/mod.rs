//! Corpora: texts as documents of tokens, split, shuffled, mixed and packed into the windows that training sees.

mod batches;

pub use batches::{Batch, Batches, BatchesConfig, IGNORE, Packing, Stage, WindowStart};
