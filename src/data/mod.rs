//! Data and the seeded random numbers that everything draws from.

mod rng;

pub use rng::{Rng, RngState};
