//! Layers of neurons: the answer forwards, the gradient backwards.
//!
//! Rumelhart, Hinton & Williams (1986), "Learning representations by back-propagating errors". Weights start as in
//! Glorot & Bengio (2010), equation 16.

use crate::data::Rng;
use crate::learn::svm::{Real, vectorised};
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What a hidden neuron does with its sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `max(0, z)`.
    #[default]
    Relu,
    /// `tanh(z)`.
    Tanh,
    /// `1 / (1 + exp(-z))`.
    Sigmoid,
    /// `z`.
    Identity,
}

/// What the outputs are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Output {
    /// Probabilities that sum to 1; the loss is the cross-entropy.
    Softmax,
    /// One number; the loss is half the squared error.
    Number,
}

/// What the outputs should be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target<'a> {
    Classes(&'a [u32]),
    Numbers(&'a [f32]),
}

impl<'a> Target<'a> {
    pub fn part(self, range: Range<usize>) -> Self {
        match self {
            Self::Classes(codes) => Self::Classes(&codes[range]),
            Self::Numbers(numbers) => Self::Numbers(&numbers[range]),
        }
    }
}

/// A network: sizes, and all weights and biases in one list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Network {
    pub sizes: Vec<usize>, // features, neurons of each hidden layer, outputs
    pub activation: Activation,
    pub output: Output,
    pub parameters: Vec<f32>, // of each layer: weights [inputs, neurons], then biases [neurons]
}

/// Buffers of one piece of a batch.
#[derive(Clone, Debug, Default)]
pub(super) struct Work {
    activations: Vec<Vec<f32>>, // of each layer but the input: [rows, neurons]
    delta: Vec<f32>,            // the loss's gradient by the sums of a layer
    before: Vec<f32>,           // that of the layer before
    pub gradient: Vec<f32>,     // by all parameters
    pub loss: f64,              // summed over the rows
}

impl Network {
    /// How many parameters layers of such sizes have; nothing when they are too many to count.
    pub fn count(sizes: &[usize]) -> Option<usize> {
        sizes.windows(2).try_fold(0usize, |sum, s| s[0].checked_add(1)?.checked_mul(s[1])?.checked_add(sum))
    }

    /// With weights and biases by chance. `sizes` must have a [`Network::count`].
    pub fn new(sizes: Vec<usize>, activation: Activation, output: Output, rng: &mut Rng) -> Self {
        let mut parameters = Vec::with_capacity(Self::count(&sizes).unwrap_or(0));
        for s in sizes.windows(2) {
            let gain = if activation == Activation::Sigmoid { 2.0 } else { 6.0 };
            let bound = (gain / (s[0] + s[1]) as f64).sqrt();
            parameters.extend((0..(s[0] + 1) * s[1]).map(|_| (bound * (2.0 * rng.uniform() - 1.0)) as f32));
        }
        Self { sizes, activation, output, parameters }
    }

    /// How many layers have weights.
    pub fn layers(&self) -> usize {
        self.sizes.len() - 1
    }

    /// Where the weights and the biases of a layer are among the parameters.
    pub fn places(&self, layer: usize) -> (Range<usize>, Range<usize>) {
        let start = Self::count(&self.sizes[..=layer]).unwrap_or(0);
        let middle = start + self.sizes[layer] * self.sizes[layer + 1];
        (start..middle, middle..middle + self.sizes[layer + 1])
    }

    /// The activations of every layer for `x`, `[rows, features]`, into `work`.
    pub fn forward(&self, x: &[f32], work: &mut Work) {
        let rows = x.len() / self.sizes[0];
        work.activations.resize(self.layers(), Vec::new());
        for layer in 0..self.layers() {
            let (ins, outs) = (self.sizes[layer], self.sizes[layer + 1]);
            let (weights, biases) = self.places(layer);
            let (done, rest) = work.activations.split_at_mut(layer);
            let input = done.last().map_or(x, |a| &a[..]);
            let out = &mut rest[0];
            out.resize(rows * outs, 0.0);
            let w = MatRef::from_row_major_slice(&self.parameters[weights], ins, outs);
            let input = MatRef::from_row_major_slice(input, rows, ins);
            matmul(MatMut::from_row_major_slice_mut(out, rows, outs), Accum::Replace, input, w, 1.0, Par::Seq);
            let biases = &self.parameters[biases];
            match (layer + 1 == self.layers(), self.output) {
                (true, Output::Softmax) => vectorised(
                    #[inline(always)]
                    || softmax(out, biases),
                ),
                (true, Output::Number) => vectorised(
                    #[inline(always)]
                    || activate(out, biases, |z| z),
                ),
                (false, _) => match self.activation {
                    Activation::Relu => vectorised(
                        #[inline(always)]
                        || activate(out, biases, |z| if z > 0.0 { z } else { 0.0 }),
                    ),
                    Activation::Tanh => vectorised(
                        #[inline(always)]
                        || activate(out, biases, Real::tanh),
                    ),
                    Activation::Sigmoid => vectorised(
                        #[inline(always)]
                        || activate(out, biases, sigmoid),
                    ),
                    Activation::Identity => vectorised(
                        #[inline(always)]
                        || activate(out, biases, |z| z),
                    ),
                },
            }
        }
    }

    /// The gradient and the loss of `x` after [`Network::forward`]; the gradient is divided by `count`.
    pub fn backward(&self, x: &[f32], target: Target<'_>, count: usize, work: &mut Work) {
        let rows = x.len() / self.sizes[0];
        let Work { activations, delta, before, gradient, loss } = work;
        gradient.resize(self.parameters.len(), 0.0);
        let outs = self.sizes[self.layers()];
        let last = &activations[self.layers() - 1];
        let scale = 1.0 / count as f32;
        // For both losses the gradient by the last sums is output - target.
        delta.clear();
        delta.extend(last.iter().map(|a| a * scale));
        *loss = 0.0;
        match target {
            Target::Classes(codes) => {
                for (i, &code) in codes.iter().enumerate() {
                    let at = i * outs + code as usize;
                    *loss -= f64::from(last[at].max(1e-10)).ln();
                    delta[at] -= scale;
                }
            }
            Target::Numbers(numbers) => {
                for (i, &y) in numbers.iter().enumerate() {
                    *loss += 0.5 * f64::from(last[i] - y).powi(2);
                    delta[i] -= scale * y;
                }
            }
        }
        for layer in (0..self.layers()).rev() {
            let (ins, outs) = (self.sizes[layer], self.sizes[layer + 1]);
            let (weights, biases) = self.places(layer);
            let input = if layer == 0 { x } else { &activations[layer - 1][..] };
            let d = MatRef::from_row_major_slice(&delta[..], rows, outs);
            let a = MatRef::from_row_major_slice(input, rows, ins);
            let into = MatMut::from_row_major_slice_mut(&mut gradient[weights.clone()], ins, outs);
            matmul(into, Accum::Replace, a.transpose(), d, 1.0, Par::Seq);
            let sums = &mut gradient[biases];
            vectorised(
                #[inline(always)]
                || column_sums(delta, sums),
            );
            if layer > 0 {
                before.resize(rows * ins, 0.0);
                let w = MatRef::from_row_major_slice(&self.parameters[weights], ins, outs);
                let into = MatMut::from_row_major_slice_mut(before, rows, ins);
                matmul(into, Accum::Replace, d, w.transpose(), 1.0, Par::Seq);
                match self.activation {
                    Activation::Relu => vectorised(
                        #[inline(always)]
                        || chain(before, input, |d, a| if a > 0.0 { d } else { 0.0 }),
                    ),
                    Activation::Tanh => vectorised(
                        #[inline(always)]
                        || chain(before, input, |d, a| d * (1.0 - a * a)),
                    ),
                    Activation::Sigmoid => vectorised(
                        #[inline(always)]
                        || chain(before, input, |d, a| d * (a * (1.0 - a))),
                    ),
                    Activation::Identity => {}
                }
                std::mem::swap(delta, before);
            }
        }
    }
}

impl Work {
    /// The activations of each layer but the input. `[rows, neurons]`
    pub fn activations(&self) -> &[Vec<f32>] {
        &self.activations
    }

    /// The outputs. `[rows, outputs]`
    pub fn outputs(&self) -> &[f32] {
        self.activations.last().map_or(&[], |a| &a[..])
    }
}

#[inline(always)]
fn sigmoid(z: f32) -> f32 {
    let z = if z < -80.0 { -80.0 } else { z };
    let z = if z > 80.0 { 80.0 } else { z };
    1.0 / (1.0 + Real::exp(-z))
}

/// `f(z + bias)` in place.
#[inline(always)]
fn activate(z: &mut [f32], biases: &[f32], f: impl Fn(f32) -> f32) {
    for row in z.chunks_exact_mut(biases.len()) {
        for (z, b) in row.iter_mut().zip(biases) {
            *z = f(*z + b);
        }
    }
}

/// Probabilities in place.
#[inline(always)]
fn softmax(z: &mut [f32], biases: &[f32]) {
    for row in z.chunks_exact_mut(biases.len()) {
        row.iter_mut().zip(biases).for_each(|(z, b)| *z += b);
        let most = row.iter().fold(f32::NEG_INFINITY, |a, &b| if b > a { b } else { a });
        row.iter_mut().for_each(|z| *z -= most);
    }
    z.iter_mut().for_each(|z| *z = Real::exp(*z));
    for row in z.chunks_exact_mut(biases.len()) {
        let sum: f32 = row.iter().sum();
        row.iter_mut().for_each(|z| *z = *z / sum);
    }
}

/// `f(delta, activation)` in place.
#[inline(always)]
fn chain(delta: &mut [f32], activations: &[f32], f: impl Fn(f32, f32) -> f32) {
    for (d, &a) in delta.iter_mut().zip(activations) {
        *d = f(*d, a);
    }
}

#[inline(always)]
fn column_sums(rows: &[f32], sums: &mut [f32]) {
    sums.fill(0.0);
    for row in rows.chunks_exact(sums.len()) {
        for (s, v) in sums.iter_mut().zip(row) {
            *s += v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss(network: &Network, x: &[f32], target: Target<'_>) -> f64 {
        let mut work = Work::default();
        network.forward(x, &mut work);
        network.backward(x, target, 1, &mut work);
        work.loss
    }

    #[test]
    fn the_gradient_is_that_of_differences() {
        let mut rng = Rng::new(5);
        let x: Vec<f32> = (0..7 * 3).map(|_| rng.normal() as f32).collect();
        let classes = [0, 1, 3, 2, 1, 0, 2];
        let numbers: Vec<f32> = (0..7).map(|_| rng.normal() as f32).collect();
        for activation in [Activation::Relu, Activation::Tanh, Activation::Sigmoid, Activation::Identity] {
            for (output, outs, target) in
                [(Output::Softmax, 4, Target::Classes(&classes)), (Output::Number, 1, Target::Numbers(&numbers))]
            {
                let network = Network::new(vec![3, 6, 5, outs], activation, output, &mut rng);
                let mut work = Work::default();
                network.forward(&x, &mut work);
                network.backward(&x, target, 1, &mut work);
                let mut wrong = 0;
                for p in 0..network.parameters.len() {
                    let at = |by: f32| {
                        let mut moved = network.clone();
                        moved.parameters[p] += by;
                        loss(&moved, &x, target)
                    };
                    let numeric = (at(2e-3) - at(-2e-3)) / 4e-3;
                    let off = (numeric - f64::from(work.gradient[p])).abs();
                    wrong += usize::from(off > 5e-3 + 0.01 * numeric.abs());
                }
                // (A kink of relu may lie between the two points.)
                let few = if activation == Activation::Relu { 5 } else { 0 };
                assert!(wrong <= few, "{activation:?} {output:?}: {wrong} wrong");
            }
        }
    }

    #[test]
    fn one_layer_by_hand() {
        let network = Network {
            sizes: vec![2, 1],
            activation: Activation::Relu,
            output: Output::Number,
            parameters: vec![2.0, -1.0, 0.5],
        };
        let mut work = Work::default();
        network.forward(&[1.0, 3.0, 2.0, 0.0], &mut work);
        assert_eq!(work.outputs(), [-0.5, 4.5]);
        network.backward(&[1.0, 3.0, 2.0, 0.0], Target::Numbers(&[0.5, 4.5]), 2, &mut work);
        assert_eq!((work.loss, &work.gradient[..]), (0.5, &[-0.5, -1.5, -0.5][..]));
    }
}
