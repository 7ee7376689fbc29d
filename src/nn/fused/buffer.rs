//! From burn's CPU tensors to slices and back, without a copy where the layout allows.

use burn::backend::TensorMetadata;
use burn::tensor::{DType, Shape};
use burn_flex::{FlexTensor, Layout};

use super::pool::Buffer;

/// Whether all tensors hold f32, the only type that the kernels know.
pub fn all_f32<T: TensorMetadata>(tensors: &[&T]) -> bool {
    tensors.iter().all(|tensor| tensor.dtype() == DType::F32)
}

/// `tensor` with its elements in row-major order, copied only if they are not.
pub fn dense(tensor: FlexTensor) -> FlexTensor {
    if tensor.is_contiguous() { tensor } else { tensor.to_contiguous() }
}

/// The elements of a dense f32 tensor.
pub fn floats(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().expect("a dense f32 tensor")
}

/// The elements of an integer tensor of either width.
pub fn integers(tensor: FlexTensor) -> Vec<i64> {
    let tensor = dense(tensor);
    match tensor.dtype() {
        DType::I64 => tensor.as_slice::<i64>().expect("a dense i64 tensor").to_vec(),
        DType::I32 => tensor.as_slice::<i32>().expect("a dense i32 tensor").iter().map(|&i| i64::from(i)).collect(),
        other => panic!("targets must be 32- or 64-bit integers, got {other:?}"),
    }
}

/// A tensor that takes over `values`, in row-major order.
pub fn tensor(values: Buffer, shape: impl Into<Shape>) -> FlexTensor {
    let shape = shape.into();
    assert_eq!(values.len(), shape.num_elements(), "values must fill the shape {shape:?}");
    FlexTensor::new(values.into_bytes(), Layout::contiguous(shape), DType::F32)
}

/// The size of the last dimension.
pub fn last_dim(tensor: &FlexTensor) -> usize {
    *tensor.layout().shape().last().expect("a tensor with at least one dimension")
}
