//! Tables of named options: a plain settings struct of the core, read from a Lua table.
//!
//! Field docs, types and defaults come from the struct (serde and schemars). Unknown keys are refused with the
//! nearest known one. What a settings struct cannot hold (functions, tensors, long lists) is declared beside it with
//! `lua_extras!` and read from the same table.

use super::convert::{FromArg, LuaType, Site, expected, got};
use super::docs::{OptionField, OptionTable};
use super::shim::{Fault, Outcome, fault};
use crate::nearest::{nearest, quoted};
use mlua::{Lua, MultiValue, Value};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value as Json};
use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Settings of the core that Lua gives as a table.
pub trait Settings: DeserializeOwned + Serialize + JsonSchema + Default + 'static {}
impl<T: DeserializeOwned + Serialize + JsonSchema + Default + 'static> Settings for T {}

/// The values beside the settings that one option table may hold.
pub trait Extras: Default + 'static {
    /// Name, LuaCATS type and documentation of each.
    fn fields() -> Vec<OptionField>;
    /// Takes the value of `key`.
    fn set(&mut self, key: &str, value: Value, lua: &Lua) -> Outcome<()>;
}

/// No extras.
#[derive(Default)]
pub struct NoExtras;

impl Extras for NoExtras {
    fn fields() -> Vec<OptionField> {
        Vec::new()
    }
    fn set(&mut self, _: &str, _: Value, _: &Lua) -> Outcome<()> {
        Ok(())
    }
}

/// Declares the functions, tensors and lists that an option table holds beside its settings:
/// `/// Doc.  name: Type = "lua type"` gives a field `name: Option<Type>`.
#[macro_export]
macro_rules! lua_extras {
    ($(#[doc = $sdoc:literal])* $name:ident { $($(#[doc = $doc:literal])+ $field:ident: $ty:ty = $lua:literal),* $(,)? }) => {
        $(#[doc = $sdoc])*
        #[derive(Default)]
        pub struct $name { $($(#[doc = $doc])+ pub $field: Option<$ty>),* }
        impl $crate::bind::options::Extras for $name {
            fn fields() -> Vec<$crate::bind::docs::OptionField> {
                vec![$($crate::bind::docs::OptionField {
                    name: stringify!($field).into(), lua_type: $lua.into(), default: None,
                    doc: concat!($($doc, "\n"),+).trim().into(),
                }),*]
            }
            fn set(&mut self, key: &str, value: mlua::Value, lua: &mlua::Lua) -> $crate::bind::shim::Outcome<()> {
                match key {
                    $(stringify!($field) => self.$field = $crate::bind::convert::FromArg::from_arg(value, lua)?,)*
                    _ => {}
                }
                Ok(())
            }
        }
    };
}

/// An optional table of named settings; missing keys take their defaults.
pub struct Options<T, E = NoExtras>(pub T, pub E);

/// Every key that the table of `T` and `E` knows.
fn fields<T: Settings, E: Extras>() -> Vec<OptionField> {
    let schema = schemars::schema_for!(T).to_value();
    let defaults = serde_json::to_value(T::default()).unwrap_or(Json::Null);
    let mut fields = properties(&schema, &schema, &defaults);
    fields.extend(E::fields());
    fields
}

/// The keys of an option table.
struct Names {
    known: Vec<String>,
    extras: Vec<String>,
}

/// The names of [`fields`], found once: a schema takes longer to make than most calls.
fn names<T: Settings, E: Extras>() -> Arc<Names> {
    static FOUND: Mutex<Option<HashMap<TypeId, Arc<Names>>>> = Mutex::new(None);
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = found.get_or_insert_default().entry(TypeId::of::<(T, E)>());
    entry
        .or_insert_with(|| {
            let names = |fields: Vec<OptionField>| fields.into_iter().map(|f| f.name).collect();
            Arc::new(Names { known: names(fields::<T, E>()), extras: names(E::fields()) })
        })
        .clone()
}

/// The keys of one object's schema, with their defaults.
fn properties(schema: &Json, root: &Json, defaults: &Json) -> Vec<OptionField> {
    let properties = schema.get("properties").and_then(Json::as_object).cloned().unwrap_or_default();
    let field = |(name, field): (&String, &Json)| OptionField {
        name: name.clone(),
        lua_type: lua_type_of(field, root),
        default: defaults.get(name).filter(|d| !d.is_null()).map(literal),
        doc: field.get("description").and_then(Json::as_str).unwrap_or_default().into(),
    };
    properties.iter().map(field).collect()
}

/// The option tables within an option table, such as `schedule` of an optimizer.
fn inner_tables(root: &Json, defaults: &Json) -> Vec<OptionTable> {
    let properties = root.get("properties").and_then(Json::as_object).cloned().unwrap_or_default();
    let table = |(field, schema): (&String, &Json)| {
        let (name, target) = referred(schema, root)?;
        Some(OptionTable {
            name: class_name(name),
            within: Some(field.clone()),
            doc: target.get("description").and_then(Json::as_str).unwrap_or_default().into(),
            fields: self::properties(target, root, &defaults[field]),
        })
    };
    properties.iter().filter_map(table).collect()
}

/// The name and schema of the object that a field refers to.
fn referred<'a>(schema: &'a Json, root: &'a Json) -> Option<(&'a str, &'a Json)> {
    let reference = schema.get("$ref").and_then(Json::as_str)?;
    let target = root.pointer(reference.trim_start_matches('#'))?;
    target.get("properties")?;
    Some((reference.rsplit('/').next()?, target))
}

/// A JSON value as one writes it in Lua.
fn literal(value: &Json) -> String {
    match value {
        Json::Array(items) => format!("{{{}}}", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Json::Object(map) => {
            let inner: Vec<_> = map.iter().map(|(k, v)| format!("{k} = {}", literal(v))).collect();
            format!("{{ {} }}", inner.join(", "))
        }
        other => other.to_string(),
    }
}

/// The LuaCATS type of a JSON schema.
fn lua_type_of(schema: &Json, root: &Json) -> String {
    if let Some((name, _)) = referred(schema, root) {
        return format!("mynah.{}", class_name(name));
    }
    if let Some(reference) = schema.get("$ref").and_then(Json::as_str) {
        let target = reference.trim_start_matches('#');
        return root.pointer(target).map_or("any".into(), |s| lua_type_of(s, root));
    }
    if let Some(constant) = schema.get("const") {
        return constant.to_string();
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(options) = schema.get(key).and_then(Json::as_array) {
            let mut names: Vec<_> = options.iter().map(|o| lua_type_of(o, root)).filter(|n| n != "nil").collect();
            names.dedup();
            return names.join("|");
        }
    }
    if let Some(values) = schema.get("enum").and_then(Json::as_array) {
        let names: Vec<_> = values.iter().filter(|v| !v.is_null()).map(Json::to_string).collect();
        return names.join("|");
    }
    let kind = match schema.get("type") {
        Some(Json::Array(kinds)) => kinds.iter().filter_map(Json::as_str).find(|k| *k != "null").unwrap_or("any"),
        Some(Json::String(kind)) => kind,
        _ => "any",
    };
    match kind {
        "array" => {
            let item = schema.get("items").map_or("any".into(), |i| lua_type_of(i, root));
            if item.contains('|') { format!("({item})[]") } else { format!("{item}[]") }
        }
        "object" => "table".into(),
        "null" => "nil".into(),
        other => other.into(),
    }
}

impl<T: Settings, E: Extras> LuaType for Options<T, E> {
    fn lua_type() -> String {
        format!("mynah.{}?", table_name::<T>())
    }
    fn tables() -> Vec<OptionTable> {
        let schema = schemars::schema_for!(T).to_value();
        let doc = schema.get("description").and_then(Json::as_str).unwrap_or_default();
        let outer = OptionTable { name: table_name::<T>(), within: None, doc: doc.into(), fields: fields::<T, E>() };
        let defaults = serde_json::to_value(T::default()).unwrap_or(Json::Null);
        std::iter::once(outer).chain(inner_tables(&schema, &defaults)).collect()
    }
}

fn table_name<T: JsonSchema>() -> String {
    class_name(&T::schema_name())
}

/// What editors call the option table of a settings struct.
fn class_name(name: &str) -> String {
    let stem = name.strip_suffix("Config").or_else(|| name.strip_suffix("Settings")).unwrap_or(name);
    format!("{}Options", stem.trim_end_matches("Options"))
}

impl<T: Settings, E: Extras> FromArg for Options<T, E> {
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self> {
        read(value, lua, "options")
    }

    fn take(args: &mut MultiValue, lua: &Lua, site: &Site) -> Outcome<Self> {
        let value = args.pop_front().unwrap_or(Value::Nil);
        match value {
            Value::Nil | Value::Table(_) => read(value, lua, site.function),
            other => expected("a table of options", &other).map_err(|f| site.blame(f)),
        }
    }
}

fn read<T: Settings, E: Extras>(value: Value, lua: &Lua, what: &str) -> Outcome<Options<T, E>> {
    let Value::Table(table) = value else { return Ok(Options(T::default(), E::default())) };
    let names = names::<T, E>();
    let Names { known, extras: extra_names } = &*names;
    let (mut json, mut extras) = (Map::new(), E::default());
    for pair in table.pairs::<Value, Value>() {
        let (key, value) = pair?;
        let Value::String(key) = &key else {
            return fault(format!("{what}: options are named, got the key {}", got(&key)));
        };
        let key = key.to_string_lossy();
        let blame = |f| match f {
            Fault::Message(text) => Fault::Message(format!("{what}: `{key}`: {text}")),
            thrown => thrown,
        };
        if extra_names.contains(&key) {
            extras.set(&key, value, lua).map_err(blame)?;
        } else if known.contains(&key) {
            json.insert(key.clone(), to_json(&value, 0).map_err(blame)?);
        } else {
            return Err(unknown_option(what, &key, known));
        }
    }
    Ok(Options(crate::options::read(what, Json::Object(json))?, extras))
}

/// The refusal of a key that no option has, with the nearest that one has.
fn unknown_option(what: &str, key: &str, known: &[String]) -> Fault {
    let hint = match nearest(key, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it takes {}", quoted(known.iter().map(String::as_str))),
    };
    Fault::Message(format!("unknown option `{key}` for `{what}`; {hint}"))
}

/// A plain Lua value as JSON; whole floats become integers.
pub fn to_json(value: &Value, depth: usize) -> Outcome<Json> {
    Ok(match value {
        Value::Nil => Json::Null,
        Value::Boolean(b) => Json::Bool(*b),
        Value::Integer(i) => Json::Number((*i).into()),
        Value::Number(n) if n.fract() == 0.0 && n.abs() < 9e15 => Json::Number((*n as i64).into()),
        Value::Number(n) => match Number::from_f64(*n) {
            Some(number) => Json::Number(number),
            None => return fault(format!("must be finite, got {n}")),
        },
        Value::String(s) => match s.to_str() {
            Ok(text) => Json::String(text.to_string()),
            Err(_) => return fault("must be UTF-8 text"),
        },
        Value::Table(table) if depth < 16 => {
            let keys = table.pairs::<Value, Value>().count();
            if keys > 0 && table.raw_len() == keys {
                let items: Outcome<Vec<_>> =
                    table.sequence_values::<Value>().map(|v| to_json(&v?, depth + 1)).collect();
                return Ok(Json::Array(items?));
            }
            let mut map = Map::new();
            for pair in table.pairs::<Value, Value>() {
                let (key, value) = pair?;
                let name = match &key {
                    Value::String(key) => key.to_string_lossy(),
                    Value::Integer(_) | Value::Number(_) => got(&key), // a label, say
                    key => return fault(format!("a key must be a name or a number, got {}", got(key))),
                };
                map.insert(name, to_json(&value, depth + 1)?);
            }
            // An empty table may mean either; an empty list also reads as settings left at their defaults.
            if map.is_empty() { Json::Array(Vec::new()) } else { Json::Object(map) }
        }
        other => return fault(format!("cannot be {}", got(other))),
    })
}
