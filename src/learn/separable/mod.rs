//! Whether a plane separates two sets of points.
//!
//! In the plane: both convex hulls, and a search for an edge with the other hull beyond it, with exact arithmetic. In
//! more dimensions: the shortest difference of the hulls (Wolfe 1976); that a plane separates is then verified exactly.

mod exact;
mod hulls;
mod nearest;
mod verdict;

pub use hulls::hull;
pub use verdict::{Separation, separable};
