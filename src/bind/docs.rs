//! The written faces of the declarations: editor annotations (LuaCATS), the reference page, `help()`.

use super::declare::{Class, Function, Kind, Module};
use crate::nearest::nearest;
use std::fmt::Write;

/// One named option.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionField {
    /// Its key.
    pub name: String,
    /// Its LuaCATS type.
    pub lua_type: String,
    /// Its default as one writes it in Lua, if it has one.
    pub default: Option<String>,
    /// What it means.
    pub doc: String,
}

impl OptionField {
    /// Its default if it fits in a line, and what it means, in one line and without telling that default twice.
    fn told(&self) -> (Option<&str>, String) {
        let doc = self.doc.replace('\n', " ");
        let default = self.default.as_deref().filter(|d| !d.starts_with('{') || !doc.contains("Default"));
        let doc = match doc.rfind("Default ") {
            Some(at) if default.is_some() => doc[..at].trim_end().to_string(),
            _ => doc,
        };
        (default, doc)
    }
}

/// A table of named options that a function takes.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionTable {
    /// Its class name, such as `AdamOptions`.
    pub name: String,
    /// The field of the table before it that it is the value of, if it is not a parameter itself.
    pub within: Option<String>,
    /// What it is.
    pub doc: String,
    /// Its keys.
    pub fields: Vec<OptionField>,
}

/// Everything declared, ready to be written out.
pub struct Api {
    /// Tables of functions, `mynah` first.
    pub modules: Vec<Module>,
    /// Kinds of objects.
    pub classes: Vec<Class>,
}

/// The first paragraph of a doc comment, as one line.
fn summary(doc: &str) -> String {
    let lines = doc.lines().map(str::trim).take_while(|l| !l.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

/// A doc comment without the space that follows `///`.
fn unindent(doc: &str) -> String {
    let lines: Vec<_> = doc.lines().map(|l| l.strip_prefix(' ').unwrap_or(l)).collect();
    lines.join("\n").trim().to_string()
}

impl Function {
    /// How one calls it: `mynah.optim.adam(options)`, `tensor:sum(dim)`.
    pub fn call_shape(&self, owner: &str) -> String {
        let names: Vec<_> = self.params.iter().map(|p| p.0).collect();
        let object = owner.to_lowercase();
        match self.kind {
            Kind::Function => format!("{owner}.{}({})", self.name, names.join(", ")),
            Kind::Call => format!("{owner}({})", names.join(", ")),
            Kind::Method => format!("{object}:{}({})", self.name, names.join(", ")),
            Kind::Getter => format!("{object}.{}", self.name),
            Kind::Meta => operator(self.name, &object),
        }
    }

    /// The fenced Lua examples in its doc comment.
    pub fn examples(&self) -> Vec<String> {
        let doc = unindent(self.doc);
        doc.split("```lua\n").skip(1).filter_map(|part| part.split("```").next()).map(str::to_string).collect()
    }

    fn signature(&self) -> String {
        let types: Vec<_> = self.params.iter().map(|(n, t)| format!("{n}: {}", t.replace("mynah.", ""))).collect();
        let returns = self.returns.join(", ").replace("mynah.", "");
        let arrow = if returns.is_empty() { String::new() } else { format!(" -> {returns}") };
        if self.params.is_empty() && !matches!(self.kind, Kind::Function | Kind::Call | Kind::Method) {
            return arrow.trim_start().to_string();
        }
        format!("({}){arrow}", types.join(", "))
    }

    /// Full help in plain text.
    pub fn help(&self, owner: &str) -> String {
        let mut out = format!("{}\n", self.call_shape(owner));
        let signature = self.signature();
        if !signature.is_empty() {
            let _ = writeln!(out, "  {signature}");
        }
        let _ = writeln!(out, "\n{}", unindent(self.doc).replace("```lua\n", "\nExample:\n").replace("```", ""));
        for table in &self.tables {
            match &table.within {
                None => out.push_str("Options:\n"),
                Some(field) => {
                    let _ = writeln!(out, "Options of `{field}`:");
                }
            }
            for field in &table.fields {
                let (default, doc) = field.told();
                let head = format!("{}{}", field.name, default.map_or(String::new(), |d| format!(" = {d}")));
                let _ = writeln!(out, "  {head:<26} {doc} ({})", field.lua_type.replace("mynah.", ""));
            }
        }
        out.trim_end().to_string()
    }
}

/// How a metamethod is written in a script.
fn operator(name: &str, object: &str) -> String {
    match name {
        "add" => "a + b".into(),
        "sub" => "a - b".into(),
        "mul" => "a * b".into(),
        "div" => "a / b".into(),
        "mod" => "a % b".into(),
        "pow" => "a ^ b".into(),
        "unm" => "-a".into(),
        "lt" => "a < b".into(),
        "le" => "a <= b".into(),
        "eq" => "a == b".into(),
        "len" => format!("#{object}"),
        "call" => format!("{object}(...)"),
        "index" => format!("{object}[...]"),
        "newindex" => format!("{object}[...] = value"),
        "tostring" => format!("tostring({object})"),
        other => other.into(),
    }
}

impl Api {
    /// All option tables, each once, by name.
    pub fn option_tables(&self) -> Vec<OptionTable> {
        let functions = self.modules.iter().flat_map(|m| &m.functions);
        let members = self.classes.iter().flat_map(|c| &c.members);
        let mut tables: Vec<_> = functions.chain(members).flat_map(|f| f.tables.clone()).collect();
        tables.sort_by(|a, b| a.name.cmp(&b.name));
        tables.dedup_by(|a, b| a.name == b.name);
        tables
    }

    /// Every function with the path that users know it by.
    pub fn functions(&self) -> Vec<(String, String, &Function)> {
        let mut all = Vec::new();
        for module in &self.modules {
            all.extend(module.functions.iter().map(|f| {
                let path = match f.kind {
                    Kind::Call => module.path.to_string(),
                    _ => format!("{}.{}", module.path, f.name),
                };
                (path, module.path.to_string(), f)
            }));
        }
        for class in &self.classes {
            all.extend(class.members.iter().map(|f| {
                let join = if f.kind == Kind::Getter { "." } else { ":" };
                (format!("{}{join}{}", class.name, f.name), class.name.to_string(), f)
            }));
        }
        all
    }

    /// The LuaCATS definition file that editors read.
    pub fn luacats(&self) -> String {
        let mut out = String::from(
            "---@meta mynah\n-- Generated from src/bind; `BLESS=1 cargo test` rewrites it. Point your editor's Lua \
             language server at this folder.\n\n",
        );
        for table in self.option_tables() {
            comment(&mut out, &table.doc);
            let _ = writeln!(out, "---@class mynah.{}", table.name);
            for f in &table.fields {
                let (default, doc) = f.told();
                let doc = format!("{doc}{}", default.map_or(String::new(), |d| format!(" Default {d}.")));
                let _ = writeln!(out, "---@field {}? {} {doc}", f.name, parenthesised(&f.lua_type));
            }
            out.push('\n');
        }
        for class in &self.classes {
            comment(&mut out, &unindent(class.doc));
            let _ = writeln!(out, "---@class mynah.{}", class.name);
            for f in &class.members {
                let returns = f.returns.first().map_or("nil", String::as_str);
                match f.kind {
                    Kind::Getter => {
                        let _ = writeln!(out, "---@field {} {returns} {}", f.name, summary(f.doc));
                    }
                    Kind::Meta => annotate_operator(&mut out, f, returns),
                    _ => {}
                }
            }
            let _ = writeln!(out, "local {} = {{}}\n", class.name);
            for f in class.members.iter().filter(|f| f.kind == Kind::Method) {
                annotate(&mut out, f, &format!("{}:{}", class.name, f.name), class.name);
            }
        }
        for module in &self.modules {
            comment(&mut out, &unindent(module.doc));
            let local = if module.path == "mynah" { "local " } else { "" };
            if let Some(f) = module.functions.iter().find(|f| f.kind == Kind::Call) {
                let _ = writeln!(out, "---@class {}", module.path);
                annotate_operator(&mut out, f, f.returns.first().map_or("nil", String::as_str));
            }
            let _ = writeln!(out, "{local}{} = {{}}\n", module.path);
            for f in module.functions.iter().filter(|f| f.kind != Kind::Call) {
                annotate(&mut out, f, &format!("{}.{}", module.path, f.name), "");
            }
        }
        out + "return mynah\n"
    }

    /// The reference page, in Markdown.
    pub fn reference(&self) -> String {
        let mut out = String::from(
            "# Reference\n\nGenerated from `src/bind`; `BLESS=1 cargo test` rewrites it. In the REPL, \
             `help \"name\"` shows the same.\n",
        );
        let section = |out: &mut String, f: &Function, owner: &str| {
            let _ = writeln!(out, "\n### `{}`\n", f.call_shape(owner));
            let signature = f.signature();
            if !signature.is_empty() {
                let _ = writeln!(out, "`{signature}`\n");
            }
            let _ = writeln!(out, "{}", unindent(f.doc));
            for table in &f.tables {
                let _ = writeln!(out, "\n| option | type | default | |\n|---|---|---|---|");
                for o in &table.fields {
                    let (default, doc) = o.told();
                    let default = default.map_or(String::new(), |d| format!("`{d}`"));
                    let kind = o.lua_type.replace('|', " \\| ").replace("mynah.", "");
                    let name = match &table.within {
                        Some(outer) => format!("{outer}.{}", o.name),
                        None => o.name.clone(),
                    };
                    let _ = writeln!(out, "| `{name}` | {kind} | {default} | {doc} |");
                }
            }
        };
        for module in &self.modules {
            let _ = writeln!(out, "\n## `{}`\n\n{}", module.path, unindent(module.doc));
            for f in &module.functions {
                section(&mut out, f, module.path);
            }
        }
        for class in &self.classes {
            let _ = writeln!(out, "\n## {}\n\n{}", class.name, unindent(class.doc));
            for f in &class.members {
                section(&mut out, f, class.name);
            }
        }
        out
    }

    /// What `help "query"` says: a module, a class, a function by its path or its last name, or the nearest ones.
    pub fn help(&self, query: &str) -> String {
        let query = query.trim();
        if let Some(module) = self.modules.iter().find(|m| m.path == query || m.path.ends_with(&format!(".{query}"))) {
            return module_help(module);
        }
        if let Some(class) = self.classes.iter().find(|c| c.name.eq_ignore_ascii_case(query)) {
            return class_help(class);
        }
        let all = self.functions();
        let tail = |path: &str| path.rsplit(['.', ':']).next().unwrap_or_default().to_string();
        let hits: Vec<_> = all.iter().filter(|(path, ..)| path == query || tail(path) == query).collect();
        match hits.as_slice() {
            [] => {
                let names: Vec<_> = all.iter().map(|(path, ..)| tail(path)).collect();
                match nearest(query, names.iter().map(String::as_str)) {
                    Some(near) => format!("No help for `{query}`; did you mean `{near}`? help() lists the rooms."),
                    None => format!("No help for `{query}`. help() lists the rooms."),
                }
            }
            [(_, owner, f)] => f.help(owner),
            several => {
                let pages: Vec<_> = several.iter().map(|(_, owner, f)| f.help(owner)).collect();
                pages.join("\n\n----\n\n")
            }
        }
    }

    /// What `help()` says.
    pub fn overview(&self) -> String {
        let mut out = String::from("Mynah, a scriptable machine-learning kernel.\n\nRooms:\n");
        for module in &self.modules {
            let _ = writeln!(out, "  {:<14} {}", module.path, summary(module.doc));
        }
        out.push_str("\nObjects:\n");
        for class in &self.classes {
            let _ = writeln!(out, "  {:<14} {}", class.name, summary(class.doc));
        }
        out + "\nhelp \"mynah.nn\", help \"Tensor\" or help \"adamw\" says more; help(f) works on a function or object too."
    }
}

fn module_help(module: &Module) -> String {
    let mut out = format!("{}\n\n{}\n\n", module.path, unindent(module.doc));
    for f in &module.functions {
        let _ = writeln!(out, "  {:<34} {}", f.call_shape(module.path), summary(f.doc));
    }
    out.trim_end().to_string()
}

fn class_help(class: &Class) -> String {
    let mut out = format!("{}\n\n{}\n\n", class.name, unindent(class.doc));
    for f in &class.members {
        let _ = writeln!(out, "  {:<34} {}", f.call_shape(class.name), summary(f.doc));
    }
    out.trim_end().to_string()
}

fn comment(out: &mut String, doc: &str) {
    for line in doc.lines() {
        let _ = writeln!(out, "---{line}");
    }
}

fn parenthesised(lua_type: &str) -> String {
    if lua_type.starts_with("fun(") { format!("({lua_type})") } else { lua_type.into() }
}

fn annotate(out: &mut String, f: &Function, path: &str, class: &str) {
    comment(out, &unindent(f.doc));
    for (name, lua_type) in &f.params {
        let (mark, lua_type) = match lua_type.strip_suffix('?') {
            Some(inner) => ("?", inner),
            None => ("", lua_type.as_str()),
        };
        if *name == "rest" {
            let _ = writeln!(out, "---@param ... {lua_type}");
        } else {
            let _ = writeln!(out, "---@param {name}{mark} {lua_type}");
        }
    }
    for returned in &f.returns {
        let returned = if returned == "self" { format!("mynah.{class}") } else { returned.clone() };
        let _ = writeln!(out, "---@return {returned}");
    }
    let names: Vec<_> = f.params.iter().map(|p| if p.0 == "rest" { "..." } else { p.0 }).collect();
    let _ = writeln!(out, "function {path}({}) end\n", names.join(", "));
}

fn annotate_operator(out: &mut String, f: &Function, returns: &str) {
    match f.name {
        "add" | "sub" | "mul" | "div" | "mod" | "pow" => {
            let other = f.params.get(1).map_or("any", |p| p.1.as_str());
            let _ = writeln!(out, "---@operator {}({other}): {returns}", f.name);
        }
        "unm" | "len" => {
            let _ = writeln!(out, "---@operator {}: {returns}", f.name);
        }
        "call" => {
            let name = |n: &&'static str| if *n == "rest" { "..." } else { *n };
            let types: Vec<_> = f.params.iter().map(|(n, t)| format!("{}: {t}", name(n))).collect();
            let _ = writeln!(out, "---@overload fun({}): {returns}", types.join(", "));
        }
        "index" => {
            for key in f.params.iter().flat_map(|p| p.1.split('|')) {
                let _ = writeln!(out, "---@field [{key}] {returns} {}", summary(f.doc));
            }
        }
        _ => {}
    }
}
