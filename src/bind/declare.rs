//! One declaration per Lua function.
//!
//! `lua_module!` and `lua_class!` turn a declaration (doc comment, parameters, types, body) into plain data:
//! [`Module`], [`Class`], [`Function`]. Registration, editor annotations, the reference page, `help()` and the example
//! tests all read that data.

use super::convert::{FromArg, LuaClass, Returns, Site, got};
use super::docs::OptionTable;
use super::shim::{Fault, Outcome, Shim};
use crate::nearest::nearest;
use mlua::{Lua, MultiValue, Table, UserDataFields, Value};

/// What kind of member a declaration makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A function of a module.
    Function,
    /// What calling the module itself does; declared as its function `call`.
    Call,
    /// A method, called with a colon.
    Method,
    /// A field computed when read.
    Getter,
    /// A metamethod, such as `add` for `+`.
    Meta,
}

impl Kind {
    /// Of a module's function.
    pub fn of_function(name: &str) -> Kind {
        if name == "call" { Kind::Call } else { Kind::Function }
    }

    /// From the word that begins a class member.
    pub fn of_member(word: &str) -> Kind {
        match word {
            "get" => Kind::Getter,
            "meta" => Kind::Meta,
            _ => Kind::Method,
        }
    }
}

/// One bound function, method, field or metamethod.
pub struct Function {
    /// Its name in Lua.
    pub name: &'static str,
    /// The doc comment, one line per `///`.
    pub doc: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Parameter names and LuaCATS types, without the receiver.
    pub params: Vec<(&'static str, String)>,
    /// LuaCATS types of what it returns.
    pub returns: Vec<String>,
    /// Option tables among the parameters.
    pub tables: Vec<OptionTable>,
    /// Takes the arguments apart, runs the body, puts the results together.
    pub call: fn(&Lua, MultiValue) -> Outcome<MultiValue>,
}

/// A table of functions, such as `mynah.optim`.
pub struct Module {
    /// Its path, such as `mynah.optim`.
    pub path: &'static str,
    /// The doc comment.
    pub doc: &'static str,
    /// Its functions, in order of declaration.
    pub functions: Vec<Function>,
}

/// A kind of object, such as `Tensor`.
pub struct Class {
    /// Its name, such as `Tensor`.
    pub name: &'static str,
    /// The doc comment.
    pub doc: &'static str,
    /// Its methods, fields and metamethods, in order of declaration.
    pub members: Vec<Function>,
}

/// Takes the next argument for parameter `name`, the `place`-th, of `function`.
pub fn argument<T: FromArg>(lua: &Lua, args: &mut MultiValue, function: &str, place: usize, name: &str) -> Outcome<T> {
    T::take(args, lua, &Site { function, place, name })
}

/// What messages call a function of a module: its name, or the module's if calling that is meant.
pub fn spoken_name(module: &'static str, name: &'static str) -> &'static str {
    match Kind::of_function(name) {
        Kind::Call => module.rsplit('.').next().unwrap_or(module),
        _ => name.trim_start_matches("r#"),
    }
}

/// Refuses arguments that no parameter takes.
pub fn no_more(args: &MultiValue, function: &str) -> Outcome<()> {
    match args.iter().find(|v| !v.is_nil()) {
        Some(extra) => Err(Fault::Message(format!("`{function}` takes no further argument, got {}", got(extra)))),
        None => Ok(()),
    }
}

/// The receiver of a method.
pub fn receiver<T: LuaClass>(lua: &Lua, value: &Value, method: &str) -> Outcome<mlua::UserDataRef<T>> {
    mlua::UserDataRef::<T>::from_arg(value.clone(), lua).map_err(|_| {
        Fault::Message(format!(
            "`{method}` is a method of {}: call it with a colon, object:{method}(...); got {}",
            T::NAME,
            got(value)
        ))
    })
}

/// Converts results.
pub fn results<R: Returns>(lua: &Lua, value: R, receiver: Option<&Value>) -> Outcome<MultiValue> {
    let values = value.into_values(lua, receiver)?;
    super::memory::relieve(lua)?;
    Ok(values)
}

impl Module {
    /// Puts the module's functions into `table`.
    pub fn install(&self, lua: &Lua, table: &Table) -> mlua::Result<()> {
        let shim = Shim::get(lua)?;
        let meta = lua.create_table()?;
        for f in &self.functions {
            let call = f.call;
            if f.kind == Kind::Call {
                let raw = shim.raw(lua, move |lua, mut args| {
                    args.pop_front(); // the module
                    call(lua, args)
                })?;
                meta.raw_set("__call", shim.wrap(raw, Some(self.path))?)?;
                continue;
            }
            let raw = shim.raw(lua, call)?;
            table.raw_set(f.name, shim.wrap(raw, Some(&format!("{}.{}", self.path, f.name)))?)?;
        }
        // A name that is not there is most likely mistyped.
        let path = self.path;
        let missing = shim.raw(lua, move |_, args| {
            let (Some(Value::Table(table)), Some(key)) = (args.front(), args.get(1)) else {
                return Ok(MultiValue::new());
            };
            let Some(key) = key.as_string().map(|s| s.to_string_lossy()) else { return Ok(MultiValue::new()) };
            let names: Vec<String> = table.pairs::<String, Value>().filter_map(|p| p.ok().map(|p| p.0)).collect();
            let hint = nearest(&key, names.iter().map(String::as_str)).map(|near| format!("; did you mean `{near}`?"));
            Err(Fault::Message(format!("{path} has no `{key}`{}", hint.unwrap_or_default())))
        })?;
        meta.raw_set("__index", shim.wrap(missing, None)?)?;
        table.set_metatable(Some(meta))?;
        Ok(())
    }
}

/// Gives objects of class `T` their methods, fields and metamethods.
pub fn install_class<T: LuaClass, F: UserDataFields<T>>(fields: &mut F, declare: fn() -> Class) {
    fields.add_meta_field("__name", T::NAME);
    let class = declare();
    let mut index = None;
    for member in class.members.iter().filter(|m| m.kind == Kind::Meta) {
        if member.name == "index" {
            index = Some(member.call);
            continue;
        }
        let call = member.call;
        fields.add_meta_field_with(format!("__{}", member.name), move |lua| {
            let shim = Shim::get(lua)?;
            shim.wrap(shim.raw(lua, call)?, None)
        });
    }
    fields.add_meta_field_with("__index", move |lua| {
        let shim = Shim::get(lua)?;
        let class = declare();
        let (methods, getters) = (lua.create_table()?, lua.create_table()?);
        for member in &class.members {
            let raw = || shim.raw(lua, member.call);
            match member.kind {
                Kind::Method => {
                    let path = format!("{}:{}", class.name, member.name);
                    methods.raw_set(member.name, shim.wrap(raw()?, Some(&path))?)?;
                }
                Kind::Getter => getters.raw_set(member.name, raw()?)?,
                _ => {}
            }
        }
        let names: Vec<_> = class.members.iter().filter(|m| m.kind != Kind::Meta).map(|m| m.name).collect();
        let other = shim.raw(lua, move |lua, args| {
            let key = args.get(1).cloned().unwrap_or(Value::Nil);
            let found = index.map_or(Ok(MultiValue::new()), |index| index(lua, args))?;
            match (&key, found.front()) {
                (_, Some(value)) if !value.is_nil() => Ok(found),
                (Value::String(key), _) => Err(unknown_member(T::NAME, &key.to_string_lossy(), &names)),
                _ if index.is_some() => Ok(found),
                _ => Err(Fault::Message(format!("{} has no field {}", T::NAME, got(&key)))),
            }
        })?;
        shim.index(methods, getters, other)
    });
}

fn unknown_member(class: &str, key: &str, names: &[&str]) -> Fault {
    let hint = nearest(key, names.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
    Fault::Message(format!("{class} has no method or field `{key}`{}", hint.unwrap_or_default()))
}

/// Declares a table of functions: `lua_module! { /// Doc.  module "mynah.optim" { /// Doc.  fn adam(a: T) -> R { .. } } }`.
/// Bodies return [`Outcome`]; `@lua` as the first parameter gives the body the Lua state.
#[macro_export]
macro_rules! lua_module {
    ($(#[doc = $mdoc:literal])+ module $path:literal { $(
        $(#[doc = $doc:literal])+ fn $name:ident($(@$lua:ident $(,)?)? $($arg:ident: $ty:ty),* $(,)?) -> $ret:ty $body:block
    )* }) => {
        /// The declarations of this module.
        pub fn module() -> $crate::bind::declare::Module {
            use $crate::bind::declare::{self, Function, Kind};
            #[allow(unused_imports)]
            use $crate::bind::convert::{LuaType, Returns};
            declare::Module { path: $path, doc: concat!($($mdoc, "\n"),+), functions: vec![$(
                Function {
                    name: stringify!($name).trim_start_matches("r#"),
                    doc: concat!($($doc, "\n"),+),
                    kind: Kind::of_function(stringify!($name)),
                    params: vec![$((stringify!($arg), <$ty as LuaType>::lua_type())),*],
                    returns: <$ret as Returns>::types(),
                    tables: { #[allow(unused_mut)] let mut tables = Vec::new(); $(tables.extend(<$ty as LuaType>::tables());)* tables },
                    call: |_lua, mut _args| {
                        let mut _place = 0;
                        let _name = declare::spoken_name($path, stringify!($name));
                        $(_place += 1; let $arg: $ty = declare::argument(_lua, &mut _args, _name, _place, stringify!($arg))?;)*
                        declare::no_more(&_args, _name)?;
                        $(let $lua = _lua;)?
                        let value: $crate::bind::shim::Outcome<$ret> = (move || $body)();
                        declare::results(_lua, value?, None)
                    },
                }
            ),*] }
        }
    };
}

/// Declares a class: `lua_class! { /// Doc.  class Tensor(RustType) { /// Doc.  fn sum(this) -> R { .. } } }`.
/// Members begin with `fn` (method), `get` (computed field) or `meta` (metamethod, which takes all its arguments).
#[macro_export]
macro_rules! lua_class {
    ($(#[doc = $cdoc:literal])+ class $class:ident($rust:ty) { $(
        $(#[doc = $doc:literal])+ $kind:ident $name:ident($($params:tt)*) -> $ret:ty $body:block
    )* }) => {
        impl $crate::bind::convert::LuaClass for $rust {
            const NAME: &'static str = stringify!($class);
        }
        impl mlua::UserData for $rust {
            fn add_fields<F: mlua::UserDataFields<Self>>(fields: &mut F) {
                $crate::bind::declare::install_class::<Self, F>(fields, <$rust>::class);
            }
        }
        impl $crate::bind::convert::LuaType for $rust {
            fn lua_type() -> String { concat!("mynah.", stringify!($class)).into() }
        }
        impl $crate::bind::convert::ToLua for $rust {
            fn to_lua(self, lua: &mlua::Lua) -> mlua::Result<mlua::Value> {
                Ok(mlua::Value::UserData(lua.create_userdata(self)?))
            }
        }
        impl $rust {
            /// The declarations of this class.
            pub fn class() -> $crate::bind::declare::Class {
                $crate::bind::declare::Class {
                    name: stringify!($class), doc: concat!($($cdoc, "\n"),+),
                    members: vec![$($crate::lua_member!(
                        $rust, $kind, $name, concat!($($doc, "\n"),+), $ret, $body, $($params)*
                    )),*],
                }
            }
        }
    };
}

/// One member of a class, for `lua_class!`.
#[doc(hidden)]
#[macro_export]
macro_rules! lua_member {
    ($rust:ty, $kind:ident, $name:ident, $doc:expr, $ret:ty, $body:block,
     $this:ident $(, @$lua:ident)? $(, $arg:ident: $ty:ty)* $(,)?) => {
        $crate::bind::declare::Function {
            name: stringify!($name).trim_start_matches("r#"),
            doc: $doc,
            kind: $crate::bind::declare::Kind::of_member(stringify!($kind)),
            params: vec![$((stringify!($arg), <$ty as $crate::bind::convert::LuaType>::lua_type())),*],
            returns: <$ret as $crate::bind::convert::Returns>::types(),
            tables: {
                #[allow(unused_mut)]
                let mut tables = Vec::new();
                $(tables.extend(<$ty as $crate::bind::convert::LuaType>::tables());)*
                tables
            },
            call: |_lua, mut _args| {
                use $crate::bind::declare;
                let _name = stringify!($name).trim_start_matches("r#");
                let _receiver = _args.pop_front().unwrap_or(mlua::Value::Nil);
                let $this = declare::receiver::<$rust>(_lua, &_receiver, _name)?;
                let mut _place = 0;
                $(_place += 1; let $arg: $ty = declare::argument(_lua, &mut _args, _name, _place, stringify!($arg))?;)*
                if stringify!($kind) == "fn" { declare::no_more(&_args, _name)?; }
                $(let $lua = _lua;)?
                let value: $crate::bind::shim::Outcome<$ret> = (|| $body)();
                declare::results(_lua, value?, Some(&_receiver))
            },
        }
    };
    ($rust:ty, $kind:ident, $name:ident, $doc:expr, $ret:ty, $body:block, $($arg:ident: $ty:ty),* $(,)?) => {
        $crate::bind::declare::Function {
            name: stringify!($name).trim_start_matches("r#"),
            doc: $doc,
            kind: $crate::bind::declare::Kind::of_member(stringify!($kind)),
            params: vec![$((stringify!($arg), <$ty as $crate::bind::convert::LuaType>::lua_type())),*],
            returns: <$ret as $crate::bind::convert::Returns>::types(),
            tables: vec![],
            call: |_lua, mut _args| {
                use $crate::bind::declare;
                let _name = stringify!($name).trim_start_matches("r#");
                let mut _place = 0;
                $(_place += 1; let $arg: $ty = declare::argument(_lua, &mut _args, _name, _place, stringify!($arg))?;)*
                let value: $crate::bind::shim::Outcome<$ret> = (|| $body)();
                declare::results(_lua, value?, None)
            },
        }
    };
}
