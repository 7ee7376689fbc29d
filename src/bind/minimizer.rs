//! A minimiser with derivatives as Lua holds it: asked and told, or stepped.

use super::convert::{FromArg, This, ToLua};
use super::diff::Point;
use super::minimize::{Given, report};
use super::shim::{Callback, Outcome, fault};
use crate::optim::smooth::{Answer, Minimizer, Question};
use crate::{lua_class, lua_extras};
use mlua::{Lua, Table, Value};
use std::cell::{RefCell, RefMut};

lua_extras! {
    /// Where a minimiser starts.
    StartExtras {
        /// The point to start from; needed.
        x0: Value = "number[]|mynah.Tensor"
    }
}

/// A minimiser as Lua holds it.
pub struct LuaMinimizer(RefCell<Minimizer>);

impl LuaMinimizer {
    /// From its settings and its starting point.
    pub fn new<S>(
        lua: &Lua,
        name: &str,
        settings: S,
        start: StartExtras,
        make: fn(Vec<f64>, S) -> crate::Result<Minimizer>,
    ) -> Outcome<Self> {
        let Some(x0) = start.x0 else { return fault(format!("{name}: needs `x0`, the point to start from")) };
        Ok(Self(RefCell::new(make(Point::from_arg(x0, lua)?.0, settings)?)))
    }

    fn get(&self) -> Outcome<RefMut<'_, Minimizer>> {
        self.0.try_borrow_mut().or_else(|_| fault("the minimizer is in use"))
    }
}

/// Numbers in a list, or row by row in a list of lists.
fn flat(value: Value, lua: &Lua) -> Outcome<Vec<f64>> {
    if let Value::Table(table) = &value
        && matches!(table.raw_get::<Value>(1)?, Value::Table(_))
    {
        return Ok(Vec::<Vec<f64>>::from_arg(value, lua)?.concat());
    }
    Ok(Point::from_arg(value, lua)?.0)
}

lua_class! {
    /// A search for a minimum that knows derivatives. Step it with a function, or answer its questions.
    class Minimizer(LuaMinimizer) {
        /// Its method, such as "lbfgs".
        get name(this) -> String { Ok(this.get()?.name().into()) }
        /// Where it stands.
        meta tostring(this) -> String { Ok(this.get()?.report().to_string()) }

        /// One step on the function `f`, with exact derivatives; false when it is done.
        ///
        /// ```lua
        /// local search = mynah.optim.newton{ x0 = { 3, -4 } }
        /// while search:step(function(p) return p[1]^2 + p[2]^4 end) do end
        /// assert(math.abs(search:report().x[2]) < 1e-2)
        /// ```
        fn step(this, @lua, f: Callback) -> bool {
            Ok(this.get()?.step(&mut Given::function(lua, f))?)
        }
        /// What it wants to know next: `kind` ("gradient", "product", "hessian" or "residuals"), the point `x`, and `v` for a product; nil when done.
        fn ask(this, @lua) -> Option<Table> {
            let Some(question) = this.get()?.ask() else { return Ok(None) };
            let (kind, x, v) = match question {
                Question::Gradient { x } => ("gradient", x, None),
                Question::Product { x, v } => ("product", x, Some(v)),
                Question::Hessian { x } => ("hessian", x, None),
                Question::Residuals { x } => ("residuals", x, None),
            };
            let table = lua.create_table()?;
            table.set("kind", kind)?;
            table.set("x", x.to_lua(lua)?)?;
            table.set("v", v.to_lua(lua)?)?;
            Ok(Some(table))
        }
        /// The answer: a value and its gradient; the Hessian times `v`; the Hessian's rows; or residuals and their Jacobian's rows.
        ///
        /// ```lua
        /// local search = mynah.optim.lbfgs{ x0 = { 3 } }
        /// while search:ask() do
        ///   local x = search:ask().x[1]
        ///   search:tell(x^2, { 2 * x })
        /// end
        /// assert(search:report().f < 1e-12)
        /// ```
        fn tell(this, @lua, answer: Value, derivatives: Option<Value>) -> This {
            let mut search = this.get()?;
            let Some(question) = search.ask() else { return fault("tell: nothing was asked, the search is done") };
            let second = || match derivatives.clone() {
                Some(value) => flat(value, lua),
                None => fault("tell: the derivatives are missing; they are the second argument"),
            };
            let answer = match question {
                Question::Gradient { .. } => Answer::Gradient { f: f64::from_arg(answer, lua)?, g: second()? },
                Question::Product { .. } => Answer::Product(flat(answer, lua)?),
                Question::Hessian { .. } => Answer::Hessian(flat(answer, lua)?),
                Question::Residuals { .. } => Answer::Residuals { r: flat(answer, lua)?, jacobian: second()? },
            };
            search.tell(answer)?;
            Ok(This)
        }
        /// Where it stands: the best point `x`, its value `f`, `steps`, `evals`, `gradient_norm`, the `reason` of its end and its `verdict`.
        fn report(this, @lua) -> Table { report(lua, &this.get()?.report()) }
        /// Why it is over, as a sentence; nil while it is not.
        fn done(this) -> Option<String> { Ok(this.get()?.ending().map(|e| e.to_string())) }
        /// Ends it; it asks for nothing more.
        fn stop(this) -> This { this.get()?.stop(); Ok(This) }
    }
}
