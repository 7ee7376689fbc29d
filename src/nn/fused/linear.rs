//! A linear layer without bias: `y = x · w`, `dx = dy · wᵀ`, `dw = xᵀ · dy`.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::Shape;
use burn_flex::FlexTensor;

use super::buffer::{dense, floats, last_dim, tensor};
use super::matmul::{Matrix, Precision, product, product_add};
use super::pool::Buffer;

/// The definition, in burn's primitives.
pub fn composed<B: Backend>(x: FloatTensor<B>, w: FloatTensor<B>) -> FloatTensor<B> {
    let [inner, outer] = w.shape().dims();
    let mut shape = x.shape().to_vec(); // [.., in]
    *shape.last_mut().expect("linear needs at least one dimension") = outer;
    let rows = x.shape().num_elements() / inner.max(1);
    let y = B::float_matmul(B::float_reshape(x, Shape::from([rows, inner])), w); // [rows, out]
    B::float_reshape(y, Shape::from(shape))
}

/// The output, and the function to the gradients of `x` and `w`.
pub fn forward(
    x: FlexTensor,
    w: FlexTensor,
    precision: Precision,
) -> (FlexTensor, impl Fn(FlexTensor, [bool; 2]) -> [Option<FlexTensor>; 2] + Send + Sync + 'static) {
    let x = dense(x);
    let w = Weight::new(w, precision);
    debug_assert_eq!(last_dim(&x), w.inner, "linear: the last size of x must be the first of w");
    let mut shape = x.shape().to_vec();
    *shape.last_mut().expect("linear needs at least one dimension") = w.outer;

    let y = w.times(floats(&x)); // [rows, out]
    let backward = move |dy: FlexTensor, [want_x, want_w]: [bool; 2]| {
        let dy = dense(dy);
        let dx = want_x.then(|| tensor(w.back(floats(&dy)), x.shape()));
        let dw = want_w.then(|| w.gradient(floats(&x), floats(&dy)));
        [dx, dw]
    };
    (tensor(y, shape), backward)
}

/// A weight `[in, out]`, stored as it is or transposed (a tied head is the embedding's transposed view).
pub struct Weight {
    stored: FlexTensor,
    transposed: bool,
    inner: usize,
    outer: usize,
    precision: Precision,
}

impl Weight {
    /// Takes the weight as it is.
    pub fn new(w: FlexTensor, precision: Precision) -> Self {
        let [inner, outer] = w.shape().dims();
        let turned = w.clone().with_layout(w.layout().transpose(0, 1));
        let transposed = !w.is_contiguous() && turned.is_contiguous();
        Self { stored: if transposed { turned } else { dense(w) }, transposed, inner, outer, precision }
    }

    /// Its outputs' number.
    pub fn outer(&self) -> usize {
        self.outer
    }

    fn matrix(&self) -> Matrix<'_> {
        if self.transposed {
            Matrix::new(floats(&self.stored), self.outer, self.inner).t()
        } else {
            Matrix::new(floats(&self.stored), self.inner, self.outer)
        }
    }

    /// Rows of `in` elements.
    fn inputs<'a>(&self, x: &'a [f32]) -> Matrix<'a> {
        Matrix::new(x, x.len() / self.inner.max(1), self.inner)
    }

    /// Rows of `out` elements.
    fn outputs<'a>(&self, y: &'a [f32]) -> Matrix<'a> {
        Matrix::new(y, y.len() / self.outer.max(1), self.outer)
    }

    /// `x · w`.
    pub fn times(&self, x: &[f32]) -> Buffer {
        product(self.inputs(x), self.matrix(), self.precision)
    }

    /// Adds `x · w` to `y`.
    pub fn times_added(&self, y: &mut [f32], x: &[f32]) {
        product_add(y, self.inputs(x), self.matrix(), self.precision);
    }

    /// `dx`, from `dy`.
    pub fn back(&self, dy: &[f32]) -> Buffer {
        product(self.outputs(dy), self.matrix().t(), self.precision)
    }

    /// Adds `dx`, from `dy`.
    pub fn back_added(&self, dx: &mut [f32], dy: &[f32]) {
        product_add(dx, self.outputs(dy), self.matrix().t(), self.precision);
    }

    /// `xᵀ · dy`, laid out as the weight is, so that the way back through a transposition is free too.
    pub fn gradient(&self, x: &[f32], dy: &[f32]) -> FlexTensor {
        let (x, dy) = (self.inputs(x), self.outputs(dy));
        if self.transposed {
            let turned = tensor(product(dy.t(), x, self.precision), [self.outer, self.inner]);
            let layout = turned.layout().transpose(0, 1);
            turned.with_layout(layout)
        } else {
            tensor(product(x.t(), dy, self.precision), [self.inner, self.outer])
        }
    }
}
