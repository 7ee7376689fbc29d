//! Tensors on a device, layers, losses and fused operations: the one place that knows burn's backends.

pub mod loss;

mod activation;
mod curvature;
mod device;
mod functional;
mod fused;
mod layers;
mod module;
mod param;
mod step;
mod tensor;

pub use activation::Activation;
pub use curvature::{Moved, step_on};
pub use device::{Device, default_device, set_default_device};
pub use functional::{
    Rope, attention, check_starts, cross_entropy, embedding, feed_forward, linear, linear_in, rms_norm, self_attention,
    silu_mul,
};
pub(crate) use fused::lanes;
pub use fused::{AttentionOptions, Precision, release_memory};
pub use layers::{Dropout, Embedding, LayerNorm, Linear, RmsNorm};
pub use module::{Module, Named, Sequential, clip_grad_norm, load_params, save_params};
pub use param::{Param, backward, live_bytes};
pub use step::{StepParam, averaged, step, step_clipped};
pub use tensor::{
    Binary, Compare, Dtype, Element, Gradients, Operand, Range, Reduce, Tensor, Unary, broadcast_shapes, grad_enabled,
    no_grad,
};
