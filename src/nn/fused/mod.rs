//! Fused operations: what a language model spends its time on, each with its own backward pass.
//!
//! burn composes a model from small primitives, and on a CPU every primitive is one more trip through memory. The
//! operations here each make one trip. They run as kernels on the CPU ([`Flex`](burn::backend::Flex), in f32)
//! and as the composed primitives on every other backend and in every other float type; both give the same numbers up
//! to rounding, and their gradients are first derivatives only.
//!
//! The work is split by the shapes alone, never by the number of threads: results are the same bits on one thread
//! and on sixteen.
//!
//! - [`linear`]: `x · w`
//! - [`rms_norm`]: rows scaled to unit root mean square
//! - [`silu_mul`]: `silu(gate) · up`
//! - [`attention`]: attention with rotary positions, grouped queries and several documents in a row
//! - [`cross_entropy`]: mean loss from logits
//! - [`self_attention`] and [`feed_forward`]: a transformer's half-blocks, made of the others; gradients that meet add
//!   up where they are
//!
//! Each file holds one operation: the composed version (its definition), then the kernels of both passes. [`ops`]
//! tells burn which version belongs to which backend.

pub mod ops;

mod attention;
mod blocks;
mod cross_entropy;
mod linear;
mod rms_norm;
mod silu_mul;

mod buffer;
pub mod lanes;
mod matmul;
mod pieces;
mod pool;
mod record;
mod tiles;

pub use attention::{AttentionOptions, Pairs};
pub use blocks::{FeedForward, SelfAttention};
pub use matmul::{Precision, whole_product};
pub use ops::{attention, cross_entropy, feed_forward, linear, rms_norm, self_attention, silu_mul};
pub use pool::release_memory;

#[cfg(test)]
mod tests;
