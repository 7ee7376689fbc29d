//! From Lua values to Rust arguments and back, with the name of each type as an editor shows it.

use super::shim::{Callback, Fault, Outcome, fault};
use mlua::{AnyUserData, Function, IntoLua, Lua, MultiValue, Table, UserData, UserDataRef, Value};

/// How a type is spelled in LuaCATS. Optional types end in `?`.
pub trait LuaType {
    /// The type's name, such as `number` or `Tensor|number`.
    fn lua_type() -> String;
    /// The option tables that this type stands for.
    fn tables() -> Vec<super::docs::OptionTable> {
        Vec::new()
    }
}

/// A Rust type that a bound function can take.
pub trait FromArg: LuaType + Sized {
    /// Converts one value; the error says only what was expected.
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self>;

    /// Takes its value, or values, from the front of what is left of the arguments.
    fn take(args: &mut MultiValue, lua: &Lua, site: &Site) -> Outcome<Self> {
        Self::from_arg(args.pop_front().unwrap_or(Value::Nil), lua).map_err(|f| site.blame(f))
    }
}

/// Which parameter of which function is being read.
pub struct Site<'a> {
    /// The function's name.
    pub function: &'a str,
    /// The parameter's place, from 1.
    pub place: usize,
    /// The parameter's name.
    pub name: &'a str,
}

impl Site<'_> {
    /// Says which argument a refusal is about.
    pub fn blame(&self, fault: Fault) -> Fault {
        let Site { function, place, name } = self;
        match fault {
            Fault::Message(text) if text.starts_with("expected ") => {
                Fault::Message(format!("bad argument #{place} (`{name}`) to `{function}`: {text}"))
            }
            Fault::Message(text) => Fault::Message(format!("{function}: `{name}`: {text}")),
            thrown => thrown,
        }
    }
}

/// A Rust type that a bound function can return.
pub trait ToLua: LuaType {
    /// Converts to one Lua value.
    fn to_lua(self, lua: &Lua) -> mlua::Result<Value>;
}

/// What a bound function returns: any number of values.
pub trait Returns {
    /// LuaCATS types of the values, in order.
    fn types() -> Vec<String>;
    /// Converts to Lua; `receiver` is the object whose method it was.
    fn into_values(self, lua: &Lua, receiver: Option<&Value>) -> mlua::Result<MultiValue>;
}

/// Returned by methods that give back their receiver, so that calls chain.
pub struct This;

impl Returns for This {
    fn types() -> Vec<String> {
        vec!["self".into()]
    }
    fn into_values(self, _: &Lua, receiver: Option<&Value>) -> mlua::Result<MultiValue> {
        Ok(receiver.cloned().into_iter().collect())
    }
}
impl Returns for () {
    fn types() -> Vec<String> {
        Vec::new()
    }
    fn into_values(self, _: &Lua, _: Option<&Value>) -> mlua::Result<MultiValue> {
        Ok(MultiValue::new())
    }
}
impl<T: ToLua> Returns for T {
    fn types() -> Vec<String> {
        vec![T::lua_type()]
    }
    fn into_values(self, lua: &Lua, _: Option<&Value>) -> mlua::Result<MultiValue> {
        Ok(MultiValue::from_iter([self.to_lua(lua)?]))
    }
}
impl<A: ToLua, B: ToLua> Returns for (A, B) {
    fn types() -> Vec<String> {
        vec![A::lua_type(), B::lua_type()]
    }
    fn into_values(self, lua: &Lua, _: Option<&Value>) -> mlua::Result<MultiValue> {
        Ok(MultiValue::from_iter([self.0.to_lua(lua)?, self.1.to_lua(lua)?]))
    }
}

impl<A: ToLua, B: ToLua, C: ToLua> Returns for (A, B, C) {
    fn types() -> Vec<String> {
        vec![A::lua_type(), B::lua_type(), C::lua_type()]
    }
    fn into_values(self, lua: &Lua, _: Option<&Value>) -> mlua::Result<MultiValue> {
        Ok(MultiValue::from_iter([self.0.to_lua(lua)?, self.1.to_lua(lua)?, self.2.to_lua(lua)?]))
    }
}

impl<A: ToLua, B: ToLua, C: ToLua, D: ToLua> Returns for (A, B, C, D) {
    fn types() -> Vec<String> {
        vec![A::lua_type(), B::lua_type(), C::lua_type(), D::lua_type()]
    }
    fn into_values(self, lua: &Lua, _: Option<&Value>) -> mlua::Result<MultiValue> {
        Ok(MultiValue::from_iter([self.0.to_lua(lua)?, self.1.to_lua(lua)?, self.2.to_lua(lua)?, self.3.to_lua(lua)?]))
    }
}

/// Names what came instead of what was wanted: `nil`, `a table`, `the string "abc"`.
pub fn got(value: &Value) -> String {
    match value {
        Value::Nil => "nothing".into(),
        Value::Boolean(b) => b.to_string(),
        Value::Integer(i) => i.to_string(),
        Value::Number(n) => n.to_string(),
        Value::String(s) => {
            let text = s.to_string_lossy();
            if text.chars().count() > 30 {
                let start: String = text.chars().take(30).collect();
                format!("the string {start:?}...")
            } else {
                format!("the string {text:?}")
            }
        }
        Value::Table(_) => "a table".into(),
        Value::Function(_) => "a function".into(),
        Value::UserData(u) => {
            let name = u.metatable().and_then(|m| m.get::<String>("__name")).unwrap_or("a userdata".into());
            format!("a {name}")
        }
        other => format!("a {}", other.type_name()),
    }
}

/// The usual refusal: what was expected and what came.
pub fn expected<T>(what: &str, value: &Value) -> Outcome<T> {
    fault(format!("expected {what}, got {}", got(value)))
}

macro_rules! lua_type {
    ($($rust:ty => $lua:literal),* $(,)?) => { $(impl LuaType for $rust { fn lua_type() -> String { $lua.into() } })* };
}
lua_type! {
    f64 => "number", i64 => "integer", usize => "integer", bool => "boolean", String => "string", Value => "any",
    Table => "table", Function => "function", Callback => "function", AnyUserData => "userdata", Bytes => "string",
    mlua::LuaString => "string",
}

impl FromArg for f64 {
    fn from_arg(value: Value, _: &Lua) -> Outcome<Self> {
        match value {
            Value::Integer(i) => Ok(i as f64),
            Value::Number(n) => Ok(n),
            other => expected("a number", &other),
        }
    }
}
impl FromArg for i64 {
    fn from_arg(value: Value, _: &Lua) -> Outcome<Self> {
        match value {
            Value::Integer(i) => Ok(i),
            Value::Number(n) if n.fract() == 0.0 && n.abs() < 9e15 => Ok(n as i64),
            other => expected("a whole number", &other),
        }
    }
}
impl FromArg for usize {
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self> {
        match i64::from_arg(value.clone(), lua) {
            Ok(i) if i >= 0 => Ok(i as usize),
            _ => expected("a whole number, 0 or more", &value),
        }
    }
}
impl FromArg for bool {
    fn from_arg(value: Value, _: &Lua) -> Outcome<Self> {
        match value {
            Value::Boolean(b) => Ok(b),
            other => expected("true or false", &other),
        }
    }
}
impl FromArg for String {
    fn from_arg(value: Value, _: &Lua) -> Outcome<Self> {
        match &value {
            Value::String(s) => match s.to_str() {
                Ok(text) => Ok(text.to_string()),
                Err(_) => fault("expected UTF-8 text, got a string with other bytes in it"),
            },
            other => expected("a string", other),
        }
    }
}

/// A Lua string of any bytes.
pub struct Bytes(pub Vec<u8>);

impl FromArg for Bytes {
    fn from_arg(value: Value, _: &Lua) -> Outcome<Self> {
        match &value {
            Value::String(s) => Ok(Bytes(s.as_bytes().to_vec())),
            other => expected("a string", other),
        }
    }
}
impl ToLua for Bytes {
    fn to_lua(self, lua: &Lua) -> mlua::Result<Value> {
        Ok(Value::String(lua.create_string(self.0)?))
    }
}
impl FromArg for Value {
    fn from_arg(value: Value, _: &Lua) -> Outcome<Self> {
        Ok(value)
    }
}
impl FromArg for Table {
    fn from_arg(value: Value, _: &Lua) -> Outcome<Self> {
        match value {
            Value::Table(t) => Ok(t),
            other => expected("a table", &other),
        }
    }
}
impl FromArg for Callback {
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self> {
        match value {
            Value::Function(f) => Ok(Callback::new(lua, f)?),
            other => expected("a function", &other),
        }
    }
}
impl<T: LuaType> LuaType for Option<T> {
    fn lua_type() -> String {
        format!("{}?", T::lua_type().trim_end_matches('?'))
    }
    fn tables() -> Vec<super::docs::OptionTable> {
        T::tables()
    }
}
impl<T: FromArg> FromArg for Option<T> {
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self> {
        if value.is_nil() { Ok(None) } else { T::from_arg(value, lua).map(Some) }
    }
}
impl<T: LuaType> LuaType for Vec<T> {
    fn lua_type() -> String {
        let item = T::lua_type();
        let item = item.trim_end_matches('?');
        if item.contains('|') { format!("({item})[]") } else { format!("{item}[]") }
    }
    fn tables() -> Vec<super::docs::OptionTable> {
        T::tables()
    }
}
impl<T: FromArg> FromArg for Vec<T> {
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self> {
        let Value::Table(table) = value else { return expected("a list", &value) };
        (1..=table.raw_len())
            .map(|i| {
                T::from_arg(table.raw_get(i)?, lua).map_err(|fault| match fault {
                    Fault::Message(text) => Fault::Message(format!("item {i}: {text}")),
                    thrown => thrown,
                })
            })
            .collect()
    }
}
macro_rules! to_lua {
    ($($rust:ty),*) => { $(impl ToLua for $rust {
        fn to_lua(self, lua: &Lua) -> mlua::Result<Value> { self.into_lua(lua) }
    })* };
}
to_lua!(f64, i64, usize, bool, String, Table, Function, AnyUserData);
impl ToLua for Value {
    fn to_lua(self, _: &Lua) -> mlua::Result<Value> {
        Ok(self)
    }
}
impl<T: ToLua> ToLua for Option<T> {
    fn to_lua(self, lua: &Lua) -> mlua::Result<Value> {
        self.map_or(Ok(Value::Nil), |v| v.to_lua(lua))
    }
}
impl<T: ToLua> ToLua for Vec<T> {
    fn to_lua(self, lua: &Lua) -> mlua::Result<Value> {
        let table = lua.create_table_with_capacity(self.len(), 0)?;
        for (i, item) in self.into_iter().enumerate() {
            table.raw_set(i + 1, item.to_lua(lua)?)?;
        }
        Ok(Value::Table(table))
    }
}

/// What stands in brackets: a place, or ranges for each dimension, or a mask.
pub struct Places(pub Value);
/// What stands in brackets or behind a dot: a place or a name.
pub struct Key(pub Value);

impl LuaType for Places {
    fn lua_type() -> String {
        "integer|table|mynah.Tensor".into()
    }
}
impl LuaType for Key {
    fn lua_type() -> String {
        "integer|string".into()
    }
}
impl FromArg for Places {
    fn from_arg(value: Value, _: &Lua) -> Outcome<Self> {
        Ok(Self(value))
    }
}
impl FromArg for Key {
    fn from_arg(value: Value, _: &Lua) -> Outcome<Self> {
        Ok(Self(value))
    }
}

/// All arguments that are left.
pub struct Rest(pub MultiValue);

impl LuaType for Rest {
    fn lua_type() -> String {
        "any".into()
    }
}
impl FromArg for Rest {
    fn from_arg(value: Value, _: &Lua) -> Outcome<Self> {
        Ok(Self(MultiValue::from_iter([value])))
    }
    fn take(args: &mut MultiValue, _: &Lua, _: &Site) -> Outcome<Self> {
        Ok(Self(std::mem::take(args)))
    }
}

/// An object of one of the kernel's classes, borrowed for the length of a call.
pub type Ref<T> = UserDataRef<T>;

/// The Lua name of a class of the kernel.
pub trait LuaClass: UserData + 'static {
    /// Such as `Tensor`.
    const NAME: &'static str;
}
impl<T: LuaClass> LuaType for Ref<T> {
    fn lua_type() -> String {
        format!("mynah.{}", T::NAME)
    }
}
impl<T: LuaClass> FromArg for Ref<T> {
    fn from_arg(value: Value, _: &Lua) -> Outcome<Self> {
        match &value {
            Value::UserData(data) => match data.borrow::<T>() {
                Ok(object) => Ok(object),
                Err(mlua::Error::UserDataBorrowError) => fault(format!("the {} is in use", T::NAME)),
                Err(_) => expected(&format!("a {}", T::NAME), &value),
            },
            other => expected(&format!("a {}", T::NAME), other),
        }
    }
}
