//! `mynah.plot`: pictures of numbers.

use crate::{lua_module, plot};

lua_module! {
    /// Pictures of numbers.
    module "mynah.plot" {
        /// Numbers as one line of text, high and low blocks, at most `width` (default 60) wide.
        ///
        /// ```lua
        /// print(mynah.plot.sparkline{ 5, 3, 2, 1.5, 1.2 })
        /// ```
        fn sparkline(values: Vec<f64>, width: Option<usize>) -> String {
            Ok(plot::sparkline(&values, width.unwrap_or(60)))
        }
    }
}
