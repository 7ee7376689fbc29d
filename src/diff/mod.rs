//! Exact derivatives of scalar functions: gradient, Hessian, Hessian-vector product.
//!
//! A function is run once on objects that write down every operation on a [`Tape`]; sweeps over the tape then give
//! the derivatives, exact up to rounding. [`grad`] and its siblings do this for Rust closures over [`Var`]; other
//! languages write on the tape themselves. [`gradcheck`] compares with differences, [`terrain`] tells what kind of
//! place a point is.

mod function;
mod gradcheck;
mod op;
mod tape;
mod terrain;
mod var;

pub use function::{Derivatives, derivatives, grad, hessian, hvp, value_and_grad};
pub use gradcheck::{Gradcheck, GradcheckSettings, gradcheck};
pub use op::{Binary, Unary};
pub use tape::{Node, Tape};
pub use terrain::{Terrain, TerrainSettings, Verdict, terrain};
pub use var::Var;
