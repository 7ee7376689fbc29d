//! Completion of globals, fields and methods, without running anything of the script's.

use mlua::{Lua, Table, Value};
use mynah::bind::{self, declare::Kind};

/// Where the word before `end` starts, and what it may become.
pub fn candidates(lua: &Lua, line: &str, end: usize) -> (usize, Vec<String>) {
    let before = &line[..end];
    let path_from = before
        .rfind(|c: char| !c.is_alphanumeric() && !"_.:".contains(c))
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let path = &before[path_from..];
    let start = path.rfind(['.', ':']).map_or(path_from, |at| path_from + at + 1);
    let (word, owner) = (&before[start..], &before[path_from..start]);
    let mut names = match owner.chars().last() {
        None => global_names(lua),
        Some(mark) => match resolve(lua, &owner[..owner.len() - 1]) {
            Some(value) => names_of(lua, &value, mark == ':'),
            None => Vec::new(),
        },
    };
    names.retain(|name| name.starts_with(word));
    names.sort();
    names.dedup();
    (start, names)
}

const KEYWORDS: &[&str] = &[
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
    "not", "or", "repeat", "return", "then", "true", "until", "while",
];

fn global_names(lua: &Lua) -> Vec<String> {
    let mut names = keys(&lua.globals());
    names.extend(KEYWORDS.iter().map(|k| k.to_string()));
    names
}

/// The value that `a.b.c` stands for, read without calling anything.
fn resolve(lua: &Lua, path: &str) -> Option<Value> {
    let mut value = Value::Table(lua.globals());
    for name in path.split(['.', ':']) {
        value = match value {
            Value::Table(table) => table.raw_get(name).ok()?,
            _ => return None,
        };
    }
    Some(value)
}

fn keys(table: &Table) -> Vec<String> {
    let pairs = table.pairs::<Value, Value>().filter_map(Result::ok);
    pairs.filter_map(|(k, _)| k.as_string().map(|s| s.to_string_lossy())).collect()
}

fn names_of(lua: &Lua, value: &Value, methods: bool) -> Vec<String> {
    match value {
        Value::Table(table) => {
            let mut names = keys(table);
            let index = table.metatable().and_then(|m| m.raw_get::<Table>("__index").ok());
            names.extend(index.map(|i| keys(&i)).unwrap_or_default());
            names
        }
        Value::String(_) => lua.globals().raw_get::<Table>("string").map(|t| keys(&t)).unwrap_or_default(),
        Value::UserData(data) => {
            let class = data.metatable().and_then(|m| m.get::<String>("__name")).unwrap_or_default();
            let api = bind::api();
            let class = api.classes.iter().find(|c| c.name == class);
            let wanted = if methods { Kind::Method } else { Kind::Getter };
            let members = class.into_iter().flat_map(|c| &c.members).filter(|m| m.kind == wanted);
            members.map(|m| m.name.to_string()).collect()
        }
        _ => Vec::new(),
    }
}
