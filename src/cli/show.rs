//! Values as the REPL shows them: tables with their content, tensors with their numbers.

use mlua::{Lua, Table, Value};

/// Longest line before a table is laid out over several.
const WIDTH: usize = 78;

/// Most entries of one table that are shown.
const ENTRIES: usize = 24;

/// Deepest table that is shown.
const DEPTH: usize = 6;

/// `value` as a text of one or more lines. A bare string is itself; inside a table it is quoted.
pub fn show(lua: &Lua, value: &Value) -> String {
    match value {
        Value::String(s) => s.to_string_lossy(),
        other => Shower { lua, inside: Vec::new() }.show(other, 0),
    }
}

struct Shower<'a> {
    lua: &'a Lua,
    inside: Vec<*const std::ffi::c_void>, // tables being shown, against circles
}

impl Shower<'_> {
    fn show(&mut self, value: &Value, indent: usize) -> String {
        match value {
            Value::String(s) => format!("{:?}", s.to_string_lossy()),
            Value::Table(table) if !has_tostring(table) => self.table(table, indent),
            Value::Function(f) => {
                let path = mynah::bind::name_of(self.lua, f).ok().flatten();
                path.map_or_else(|| plain(value), |path| format!("function {path}"))
            }
            other => plain(other).replace('\n', &format!("\n{}", " ".repeat(indent))),
        }
    }

    fn table(&mut self, table: &Table, indent: usize) -> String {
        if self.inside.contains(&table.to_pointer()) {
            return "{ ... itself ... }".into();
        }
        if self.inside.len() >= DEPTH {
            return "{ ... }".into();
        }
        self.inside.push(table.to_pointer());
        let length = table.raw_len();
        let mut entries = Vec::new();
        for i in 1..=length.min(ENTRIES) {
            let value = table.raw_get(i).unwrap_or(Value::Nil);
            entries.push(self.show(&value, indent + 2));
        }
        let mut named: Vec<(String, Value)> = table
            .pairs::<Value, Value>()
            .filter_map(Result::ok)
            .filter(|(k, _)| !matches!(k, Value::Integer(i) if *i >= 1 && *i as usize <= length))
            .map(|(k, v)| (key(&k), v))
            .collect();
        named.sort_by(|a, b| a.0.cmp(&b.0));
        let more = length.saturating_sub(ENTRIES) + named.len().saturating_sub(ENTRIES);
        for (key, value) in named.iter().take(ENTRIES) {
            entries.push(format!("{key} = {}", self.show(value, indent + 2)));
        }
        if more > 0 {
            entries.push(format!("... {more} more"));
        }
        self.inside.pop();
        let line = entries.join(", ");
        if entries.is_empty() {
            "{}".into()
        } else if indent + line.chars().count() + 4 <= WIDTH && !line.contains('\n') {
            format!("{{ {line} }}")
        } else {
            let (inner, outer) = (" ".repeat(indent + 2), " ".repeat(indent));
            let lines: Vec<String> = entries.iter().map(|e| format!("{inner}{e}")).collect();
            format!("{{\n{}\n{outer}}}", lines.join(",\n"))
        }
    }
}

fn has_tostring(table: &Table) -> bool {
    table.metatable().is_some_and(|m| m.contains_key("__tostring").unwrap_or(false))
}

fn plain(value: &Value) -> String {
    value.to_string().unwrap_or_else(|e| e.to_string())
}

fn key(key: &Value) -> String {
    match key {
        Value::String(s) => {
            let name = s.to_string_lossy();
            let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if is_name { name } else { format!("[{name:?}]") }
        }
        other => format!("[{}]", plain(other)),
    }
}
