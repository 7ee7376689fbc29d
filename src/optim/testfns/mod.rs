//! Test functions: landscapes whose minima are known, to try search methods on.

mod classic;
mod wells;

pub use classic::{Dims, Minimum, TEST_FUNCTIONS, TestFunction, test_function};
pub use wells::{Wells, WellsSettings};
