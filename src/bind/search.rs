//! A black-box search as Lua holds it: asked and told.

use super::convert::This;
use super::shim::{Outcome, fault};
use crate::lua_class;
use crate::optim::blackbox::Search;
use std::cell::{RefCell, RefMut};

/// A search as Lua holds it.
pub struct LuaSearch(RefCell<Search>);

impl LuaSearch {
    /// From a search, if its settings were good.
    pub fn new(made: crate::Result<Search>) -> Outcome<Self> {
        Ok(Self(RefCell::new(made?)))
    }

    fn get(&self) -> Outcome<RefMut<'_, Search>> {
        self.0.try_borrow_mut().or_else(|_| fault("the search is in use"))
    }
}

lua_class! {
    /// A search for the lowest value of a function it never sees: it asks for points and is told their values.
    class Search(LuaSearch) {
        /// Its method, such as "cmaes".
        get name(this) -> String { Ok(this.get()?.name().into()) }
        /// Values told so far.
        get evals(this) -> usize { Ok(this.get()?.counts().evals as usize) }
        /// Values that were NaN or infinite; they count as worst.
        get bad(this) -> usize { Ok(this.get()?.counts().bad as usize) }
        /// Times that it began anew.
        get restarts(this) -> usize { Ok(this.get()?.counts().restarts as usize) }
        /// Where it stands.
        meta tostring(this) -> String {
            let search = this.get()?;
            let best = search.best().map_or(String::new(), |(_, value)| format!(", best {value}"));
            Ok(format!("Search ({}, {} evaluations{best})", search.name(), search.counts().evals))
        }

        /// The points whose values it wants next; the same until it is told, none when it is done.
        fn ask(this) -> Vec<Vec<f64>> { Ok(this.get()?.ask().to_vec()) }
        /// Takes the values at the points it asked for, in their order.
        ///
        /// ```lua
        /// local search = mynah.optim.random{ lower = { 0 }, upper = { 1 }, budget = 10, seed = 1 }
        /// local ok, message = pcall(search.tell, search, {})
        /// assert(not ok and message:find("values were asked, got 0"))
        /// ```
        fn tell(this, values: Vec<f64>) -> This { this.get()?.tell(&values)?; Ok(This) }
        /// The best point told so far and its value; nothing before the first.
        fn best(this) -> (Option<Vec<f64>>, Option<f64>) {
            let search = this.get()?;
            Ok(search.best().map_or((None, None), |(x, value)| (Some(x.to_vec()), Some(value))))
        }
        /// Where a method that walks stands, "anneal" for one: the point `x`, its value `f`, the `temperature` of the
        /// next step, and how many steps were `taken`; nil for other methods and before the first value.
        ///
        /// ```lua
        /// local search = mynah.optim.anneal{ x0 = { 3 }, t0 = 10, seed = 1 }
        /// search:tell{ 9 }
        /// assert(search:walk().x[1] == 3 and search:walk().temperature == 10)
        /// ```
        fn walk(this, @lua) -> Option<mlua::Table> {
            let Some(walk) = this.get()?.walk() else { return Ok(None) };
            let table = lua.create_table()?;
            table.set("x", walk.x)?;
            table.set("f", walk.f)?;
            table.set("temperature", walk.temperature)?;
            table.set("taken", walk.taken)?;
            Ok(Some(table))
        }
        /// Why it is over, as a sentence; nil while it is not.
        fn done(this) -> Option<String> { Ok(this.get()?.done().map(|reason| reason.to_string())) }
        /// Ends it; it asks for nothing more.
        fn stop(this) -> This { this.get()?.stop(); Ok(This) }
    }
}
