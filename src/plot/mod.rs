//! Charts and pictures.

mod sparkline;

pub use sparkline::sparkline;
