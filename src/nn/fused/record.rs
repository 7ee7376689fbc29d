//! One step on burn's autodiff tape for an operation with a backward pass of its own.

use std::fmt;
use std::sync::Arc;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use burn_autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};
use burn_flex::FlexTensor;

/// Runs `forward` on the inputs' values and, if one of them wants a gradient, records its backward pass.
///
/// `forward` gives the output and a function from the output's gradient, and from which inputs want theirs, to the
/// inputs' gradients. That function keeps what it needs (a clone of a tensor shares its memory) and may run again.
pub fn record<C: CheckpointStrategy, const N: usize, G>(
    inputs: [FloatTensor<Autodiff<Flex, C>>; N],
    forward: impl FnOnce([FlexTensor; N]) -> (FlexTensor, G),
) -> FloatTensor<Autodiff<Flex, C>>
where
    G: Fn(FlexTensor, [bool; N]) -> [Option<FlexTensor>; N] + Send + Sync + 'static,
{
    let nodes = inputs.each_ref().map(|input| input.node());
    let (output, gradients) = forward(inputs.map(|input| input.into_primitive()));
    match Fused::<N>.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(step) => step.finish(Saved(Arc::new(gradients)), output),
        OpsKind::UnTracked(step) => step.finish(output),
    }
}

#[derive(Debug)]
struct Fused<const N: usize>;

type GradientFn<const N: usize> = dyn Fn(FlexTensor, [bool; N]) -> [Option<FlexTensor>; N] + Send + Sync;

#[derive(Clone)]
struct Saved<const N: usize>(Arc<GradientFn<N>>);

impl<const N: usize> fmt::Debug for Saved<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Saved")
    }
}

impl<const N: usize> Backward<Flex, N> for Fused<N> {
    type State = Saved<N>;

    fn backward(self, ops: Ops<Saved<N>, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let output_gradient = grads.consume::<Flex>(&ops.node);
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let gradients = (ops.state.0)(output_gradient, wanted);
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                grads.register::<Flex>(parent.id, gradient);
            }
        }
    }
}
