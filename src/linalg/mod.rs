//! Linear algebra on dense matrices, real and complex: solving, factoring, measuring.
//!
//! The work is done by faer (El Kazdadi 2023); this room checks what comes in and words what goes wrong. Everything
//! runs on one thread, so that an answer does not depend on how many there are. Rows and columns in messages count
//! from 1.

mod cholesky;
mod eigen;
mod matrix;
mod norm;
mod qr;
mod scalar;
mod solve;
mod svd;

pub use cholesky::cholesky;
pub use eigen::{Eig, Eigh, eig, eigh};
pub use matrix::{Matrix, matmul};
pub use norm::{Norm, norm};
pub use qr::{Qr, lstsq, qr};
pub use scalar::{Complex, Scalar};
pub use solve::{Slogdet, det, inv, slogdet, solve};
pub use svd::{Svd, cond, pinv, rank, singular_values, svd};
