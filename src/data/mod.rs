//! Data and the seeded random numbers that everything draws from.

mod files;
mod rng;

pub use files::{read_bytes, read_text, reason, write_atomically};
pub use rng::{Rng, RngState, entropy};
