//! A script's own arguments: `--name value` by the names and types of a table of defaults.

use super::convert::got;
use super::shim::{Outcome, fault};
use crate::nearest::{nearest, quoted};
use mlua::{Lua, Table, Value};

/// The defaults with what `list` says put over them, and the arguments that belong to no option.
pub fn read(lua: &Lua, list: &Table, defaults: &Table) -> Outcome<(Table, Vec<String>)> {
    let options = lua.create_table()?;
    let mut names = Vec::new();
    for pair in defaults.pairs::<String, Value>() {
        let (name, value) = pair?;
        options.raw_set(name.as_str(), value)?;
        names.push(name);
    }
    names.sort();
    let mut rest = Vec::new();
    let mut words = list.sequence_values::<String>();
    while let Some(word) = words.next() {
        let word = word?;
        let Some(flag) = word.strip_prefix("--").filter(|f| !f.is_empty()) else {
            rest.push(word);
            continue;
        };
        let (flag, given) = match flag.split_once('=') {
            Some((flag, value)) => (flag, Some(value.to_string())),
            None => (flag, None),
        };
        let name = flag.replace('-', "_");
        let Some(name) = names.iter().find(|n| **n == name) else { return Err(unknown(flag, &names)) };
        let default: Value = defaults.raw_get(name.as_str())?;
        if let (Value::Boolean(_), None) = (&default, &given) {
            options.raw_set(name.as_str(), true)?;
            continue;
        }
        let text = match given.map_or_else(|| words.next().transpose(), |g| Ok(Some(g)))? {
            Some(text) => text,
            None => return fault(format!("--{flag} needs a value")),
        };
        options.raw_set(name.as_str(), value_like(lua, &default, flag, &text)?)?;
    }
    Ok((options, rest))
}

/// `text` as a value of the default's type.
fn value_like(lua: &Lua, default: &Value, flag: &str, text: &str) -> Outcome<Value> {
    let wrong = |wanted: &str| fault(format!("--{flag} needs {wanted}, got \"{text}\""));
    match default {
        Value::Boolean(_) => match text {
            "true" | "yes" | "1" => Ok(Value::Boolean(true)),
            "false" | "no" | "0" => Ok(Value::Boolean(false)),
            _ => wrong("true or false"),
        },
        Value::Integer(_) | Value::Number(_) => {
            if let Ok(whole) = text.parse::<i64>() {
                return Ok(Value::Integer(whole));
            }
            match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Value::Number(number)),
                _ => wrong("a number"),
            }
        }
        Value::String(_) => Ok(Value::String(lua.create_string(text)?)),
        other => fault(format!("args: a default is a number, a string or a boolean, got {}", got(other))),
    }
}

fn unknown(flag: &str, names: &[String]) -> super::Fault {
    let dashed: Vec<String> = names.iter().map(|n| format!("--{}", n.replace('_', "-"))).collect();
    let all = dashed.iter().map(String::as_str);
    super::Fault::Message(match nearest(&format!("--{flag}"), all.clone()) {
        Some(near) => format!("unknown option `--{flag}`; did you mean `{near}`?"),
        None => format!("unknown option `--{flag}`; there are {}", quoted(all)),
    })
}
