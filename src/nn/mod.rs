//! Tensors on a device, layers, losses and fused operations: the one place that knows burn's backends.

pub mod fused;
