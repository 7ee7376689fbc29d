//! Errors at the caller's line.
//!
//! mlua raises a Rust error as userdata without a line number, and turns what a Lua callback throws into a string.
//! So no Rust function here raises: it returns a marker and a message, and a few lines of Lua around it (`shim.lua`)
//! raise a plain string at the line that called. What a callback throws is kept aside and thrown again unchanged.

use crate::{Error, stop};
use mlua::{Function, IntoLua, Lua, MultiValue, Table, Value};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Why a bound function did not succeed.
#[derive(Debug)]
pub enum Fault {
    /// A sentence for the caller.
    Message(String),
    /// A Lua callback threw; its value waits in the stash.
    Thrown,
}

impl From<Error> for Fault {
    fn from(e: Error) -> Self {
        match e {
            Error::Callback => Fault::Thrown, // only Lua's callbacks answer so, and their reason waits in the stash
            other => Fault::Message(other.to_string()),
        }
    }
}

impl Fault {
    /// The same on its way through the core.
    pub fn into_core(self) -> Error {
        match self {
            Fault::Message(text) => Error::Value(text),
            Fault::Thrown => Error::Callback,
        }
    }
}

impl From<mlua::Error> for Fault {
    fn from(e: mlua::Error) -> Self {
        let text = e.to_string();
        let text = text.split("\nstack traceback:").next().unwrap_or_default();
        Fault::Message(text.strip_prefix("runtime error: ").unwrap_or(text).to_string())
    }
}

/// What bodies of bound functions return.
pub type Outcome<T> = Result<T, Fault>;

/// A [`Fault`] with `text` as its sentence.
pub fn fault<T>(text: impl Into<String>) -> Outcome<T> {
    Err(Fault::Message(text.into()))
}

/// The Lua halves of the shim, one set for each Lua state.
pub struct Shim {
    wrap: Function,
    callback: Function,
    index: Function,
    /// Which declaration each bound function came from, for `help`.
    pub names: Table,
    fail: Table,
}

const KEY: &str = "mynah.shim";

impl Shim {
    /// The shim of this Lua state, made on first use.
    pub fn get(lua: &Lua) -> mlua::Result<mlua::AppDataRef<'_, Shim>> {
        if lua.app_data_ref::<Shim>().is_none() {
            let fail = lua.create_table()?;
            let names = lua.create_table()?;
            let weak = lua.create_table()?;
            weak.set("__mode", "k")?;
            names.set_metatable(Some(weak))?;
            let stash = lua.create_table()?;
            lua.set_named_registry_value(KEY, &stash)?;
            let chunk = lua.load(include_str!("shim.lua")).set_name("=[mynah]");
            let (wrap, callback, index) = chunk.call((&fail, &names, stash))?;
            lua.set_app_data(Shim { wrap, callback, index, names, fail });
        }
        lua.app_data_ref::<Shim>().ok_or_else(|| mlua::Error::runtime("the Lua state is in use"))
    }

    /// `call` as a raw Lua function that returns the marker instead of raising. Panics become messages.
    pub fn raw(
        &self,
        lua: &Lua,
        call: impl Fn(&Lua, MultiValue) -> Outcome<MultiValue> + 'static,
    ) -> mlua::Result<Function> {
        let fail = self.fail.clone();
        lua.create_function(move |lua, args: MultiValue| {
            let outcome = catch_unwind(AssertUnwindSafe(|| call(lua, args))).unwrap_or_else(|panic| {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
                fault(format!("internal error in mynah, please report it: {text}"))
            });
            match outcome {
                Ok(values) => Ok(values),
                Err(Fault::Message(text)) => {
                    if text == Error::Interrupted.to_string() {
                        stop::clear(); // one request stops one piece of work; the script may catch it and save
                    }
                    let text = Value::String(lua.create_string(text)?);
                    Ok(MultiValue::from_iter([Value::Table(fail.clone()), text]))
                }
                Err(Fault::Thrown) => Ok(MultiValue::from_iter([Value::Table(fail.clone())])),
            }
        })
    }

    /// A raw function wrapped so that its errors are raised at the caller's line; `path` names it for `help`.
    pub fn wrap(&self, raw: Function, path: Option<&str>) -> mlua::Result<Function> {
        self.wrap.call((raw, path))
    }

    /// The `__index` function of a class.
    pub fn index(&self, methods: Table, getters: Table, other: Function) -> mlua::Result<Function> {
        self.index.call((methods, getters, other))
    }
}

/// A Lua function that the kernel may call.
#[derive(Clone, Debug)]
pub struct Callback(Function);

impl Callback {
    /// Makes `function` callable from Rust without losing what it throws.
    pub fn new(lua: &Lua, function: Function) -> mlua::Result<Self> {
        Ok(Self(Shim::get(lua)?.callback.call(function)?))
    }

    /// Calls it; what it throws becomes [`Fault::Thrown`] and reaches the script unchanged.
    pub fn call(&self, args: impl mlua::IntoLuaMulti) -> Outcome<MultiValue> {
        let mut values: MultiValue = self.0.call(args)?;
        match values.pop_front() {
            Some(Value::Boolean(true)) => Ok(values),
            _ => Err(Fault::Thrown),
        }
    }
}

impl IntoLua for Callback {
    fn into_lua(self, _: &Lua) -> mlua::Result<Value> {
        Ok(Value::Function(self.0))
    }
}
