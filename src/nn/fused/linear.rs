//! A linear layer without bias: `y = x · w`, `dx = dy · wᵀ`, `dw = xᵀ · dy`.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::Shape;
use burn_flex::FlexTensor;

use super::buffer::{dense, floats, last_dim, tensor};
use super::matmul::{Matrix, Precision, product};

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
    let w = Weight::new(w);
    debug_assert_eq!(last_dim(&x), w.inner, "linear: the last size of x must be the first of w");
    let rows = x.shape().num_elements() / w.inner.max(1);
    let mut shape = x.shape().to_vec();
    *shape.last_mut().expect("linear needs at least one dimension") = w.outer;

    let y = product(Matrix::new(floats(&x), rows, w.inner), w.matrix(), precision); // [rows, out]
    let backward = move |dy: FlexTensor, [want_x, want_w]: [bool; 2]| {
        let dy = dense(dy);
        let dy = Matrix::new(floats(&dy), rows, w.outer);
        let dx = want_x.then(|| tensor(product(dy, w.matrix().t(), precision), x.shape()));
        let dw = want_w.then(|| w.gradient(Matrix::new(floats(&x), rows, w.inner), dy, precision));
        [dx, dw]
    };
    (tensor(y, shape), backward)
}

/// A weight `[in, out]`, stored as it is or transposed (a tied head is the embedding's transposed view).
struct Weight {
    stored: FlexTensor,
    transposed: bool,
    inner: usize,
    outer: usize,
}

impl Weight {
    fn new(w: FlexTensor) -> Self {
        let [inner, outer] = w.shape().dims();
        let turned = w.clone().with_layout(w.layout().transpose(0, 1));
        let transposed = !w.is_contiguous() && turned.is_contiguous();
        Self { stored: if transposed { turned } else { dense(w) }, transposed, inner, outer }
    }

    fn matrix(&self) -> Matrix<'_> {
        if self.transposed {
            Matrix::new(floats(&self.stored), self.outer, self.inner).t()
        } else {
            Matrix::new(floats(&self.stored), self.inner, self.outer)
        }
    }

    /// `xᵀ · dy`, laid out as the weight is, so that the way back through a transposition is free too.
    fn gradient(&self, x: Matrix, dy: Matrix, precision: Precision) -> FlexTensor {
        if self.transposed {
            let turned = tensor(product(dy.t(), x, precision), [self.outer, self.inner]);
            let layout = turned.layout().transpose(0, 1);
            turned.with_layout(layout)
        } else {
            tensor(product(x.t(), dy, precision), [self.inner, self.outer])
        }
    }
}
