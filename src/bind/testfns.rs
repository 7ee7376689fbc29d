//! `mynah.testfns`: landscapes whose minima are known.

use super::diff::Point;
use super::options::Options;
use super::shim::Outcome;
use crate::lua_module;
use crate::optim::testfns::{TEST_FUNCTIONS, Wells, WellsSettings, test_function};
use mlua::{Lua, Table};

fn known(lua: &Lua, name: &str, n: usize) -> Outcome<Table> {
    let function = test_function(name)?;
    let table = lua.create_table()?;
    table.set("name", function.name)?;
    table.set("summary", function.summary)?;
    let (lower, upper): (Vec<f64>, Vec<f64>) = function.domain(n)?.into_iter().unzip();
    table.set("lower", lower)?;
    table.set("upper", upper)?;
    let minima = lua.create_table()?;
    for minimum in function.minima(n)? {
        let entry = lua.create_table()?;
        entry.set("x", minimum.x)?;
        entry.set("f", minimum.value)?;
        minima.raw_push(entry)?;
    }
    table.set("minima", minima)?;
    Ok(table)
}

lua_module! {
    /// Landscapes whose minima are known, to try search methods on.
    module "mynah.testfns" {
        /// The names of all of them, with what they look like.
        ///
        /// ```lua
        /// assert(mynah.testfns.names().rosenbrock)
        /// ```
        fn names(@lua) -> Table { Ok(lua.create_table_from(TEST_FUNCTIONS.iter().map(|f| (f.name, f.summary)))?) }

        /// A landscape in `n` coordinates: where it is searched (`lower`, `upper`) and its `minima`, each with `x` and `f`.
        ///
        /// ```lua
        /// local r = mynah.testfns.info("rosenbrock", 2)
        /// assert(r.minima[1].x[1] == 1 and r.minima[1].f == 0)
        /// ```
        fn info(@lua, name: String, n: usize) -> Table { known(lua, &name, n) }

        /// The height of a landscape at a point.
        ///
        /// ```lua
        /// assert(mynah.testfns.value("sphere", { 1, 2 }) == 5)
        /// ```
        fn value(name: String, point: Point) -> f64 { Ok(test_function(&name)?.value(&point.0)?) }

        /// The gradient of a landscape at a point.
        ///
        /// ```lua
        /// assert(mynah.testfns.gradient("sphere", { 1, 2 })[2] == 4)
        /// ```
        fn gradient(name: String, point: Point) -> Vec<f64> { Ok(test_function(&name)?.gradient(&point.0)?) }

        /// The height and the gradient of a sum of equal Gaussian wells (peaks, for a positive amplitude) at a point.
        ///
        /// ```lua
        /// local height, slope = mynah.testfns.wells({ 200, 200 }, { centres = { {200, 200} } })
        /// assert(height == -10 and slope[1] == 0)
        /// ```
        fn wells(point: Point, options: Options<WellsSettings>) -> (f64, Vec<f64>) {
            let wells = Wells::new(options.0)?;
            Ok((wells.value(&point.0)?, wells.gradient(&point.0)?))
        }
    }
}
