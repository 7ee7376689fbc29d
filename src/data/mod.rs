//! Data in and out: seeded random numbers, files that are never half written, named arrays.

mod arrays;
mod files;
mod rng;

pub use arrays::{Array, ArrayFile, Numbers, write_arrays};
pub use files::{cache_dir, read_bytes, read_text, reason, write_atomically};
pub use rng::{Rng, RngState, entropy};
