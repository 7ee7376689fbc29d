//! JSON schemas as grammars.
//!
//! What is written is narrower than what the schema would allow, but always fits it: properties come in the order of the
//! schema, each once; after `:` and `,` there is a space or none, and nowhere else; a string's characters stand as they
//! are, but for those that must be escaped; whole numbers have up to 15 digits, others as many again after the point and
//! an exponent of two. A `pattern` must match whole. Keywords that are not known here are refused by name, but for those
//! that only describe.

use super::grammar::{CharSet, Expr, Grammar, Rule};
use super::regex;
use crate::nearest::quoted;
use crate::{Error, Result};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Keywords that change nothing.
const NOTES: [&str; 14] = [
    "$schema",
    "$id",
    "$comment",
    "$defs",
    "$anchor",
    "definitions",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "nullable",
];

/// What each type may ask for.
const ASKS: [(&str, &[&str]); 7] = [
    ("object", &["properties", "required", "additionalProperties"]),
    ("array", &["items", "prefixItems", "minItems", "maxItems"]),
    ("string", &["minLength", "maxLength", "pattern"]),
    ("integer", &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]),
    ("number", &[]),
    ("boolean", &[]),
    ("null", &[]),
];

/// The most schemas within each other.
const DEPTH: usize = 100;

/// The largest whole number that is written.
const LARGEST: i64 = 999_999_999_999_999;

/// The grammar of the JSON texts that fit `schema`.
///
/// # Errors
/// If it is no schema, a keyword is unknown (it is named), or a reference leads nowhere.
pub(super) fn of_schema(schema: &Value) -> Result<Grammar> {
    let mut compiler = Compiler { whole: schema, rules: Vec::new(), named: HashMap::new(), depth: 0 };
    let root = compiler.reference("#")?;
    let Expr::Rule(root) = root else { unreachable!("a reference is a rule") };
    Ok(Grammar { rules: compiler.rules, root })
}

struct Compiler<'a> {
    whole: &'a Value,
    rules: Vec<Rule>,
    named: HashMap<String, usize>, // rules of references and of parts that are used often
    depth: usize,
}

fn fail<T>(at: &str, why: impl std::fmt::Display) -> Result<T> {
    Err(Error::value(format!("schema: {at}: {why}")))
}

impl Compiler<'_> {
    fn rule(&mut self, name: &str, body: Expr) -> Expr {
        self.rules.push(Rule { name: name.into(), body });
        Expr::Rule(self.rules.len() - 1)
    }

    /// A rule that is the same everywhere.
    fn shared(&mut self, name: &str, body: impl FnOnce(&mut Self) -> Expr) -> Expr {
        if let Some(known) = self.named.get(name) {
            return Expr::Rule(*known);
        }
        let number = self.rules.len();
        self.named.insert(name.into(), number);
        self.rules.push(Rule { name: name.into(), body: Expr::empty() });
        self.rules[number].body = body(self);
        Expr::Rule(number)
    }

    /// The schema that a `$ref` names.
    fn reference(&mut self, name: &str) -> Result<Expr> {
        if let Some(known) = self.named.get(name) {
            return Ok(Expr::Rule(*known));
        }
        let Some(path) = name.strip_prefix('#') else {
            return fail(name, "only references within the schema (`#/…`) can be followed");
        };
        let Some(schema) = self.whole.pointer(path) else { return fail(name, "the reference leads nowhere") };
        let number = self.rules.len();
        self.named.insert(name.into(), number);
        self.rules.push(Rule { name: name.into(), body: Expr::empty() });
        let body = self.schema(schema, name)?;
        self.rules[number].body = body;
        Ok(Expr::Rule(number))
    }

    /// What fits `schema`, which stands at `at`.
    fn schema(&mut self, schema: &Value, at: &str) -> Result<Expr> {
        self.depth += 1;
        if self.depth > DEPTH {
            return fail(at, format!("more than {DEPTH} schemas stand within each other"));
        }
        let expr = match schema {
            Value::Bool(true) => Ok(self.any_json()),
            Value::Bool(false) => fail(at, "nothing fits `false`"),
            Value::Object(map) => self.object_schema(map, at),
            _ => fail(at, "a schema was expected"),
        };
        self.depth -= 1;
        expr
    }

    fn object_schema(&mut self, map: &Map<String, Value>, at: &str) -> Result<Expr> {
        // What says it all is not mixed with other demands.
        let alone = ["$ref", "const", "enum", "anyOf", "oneOf"];
        if let Some(key) = alone.into_iter().find(|key| map.contains_key(*key)) {
            let beside = |k: &&String| *k != key && *k != "type" && !NOTES.contains(&k.as_str());
            if let Some(other) = map.keys().find(beside) {
                return fail(at, format!("`{other}` beside `{key}` is not supported"));
            }
            return self.alone(key, &map[key], at);
        }
        let known = |k: &str| k == "type" || NOTES.contains(&k) || ASKS.iter().any(|(_, asks)| asks.contains(&k));
        if let Some(unknown) = map.keys().find(|k| !known(k)) {
            return fail(at, format!("the keyword `{unknown}` is not supported"));
        }
        let types: Vec<&str> = match map.get("type") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(some)) if !some.is_empty() && some.iter().all(Value::is_string) => {
                some.iter().filter_map(Value::as_str).collect()
            }
            Some(_) => return fail(at, "`type` is a text or a list of texts"),
            // What is asked for tells what is meant.
            None => {
                ASKS.iter().filter(|(_, asks)| asks.iter().any(|a| map.contains_key(*a))).map(|(t, _)| *t).collect()
            }
        };
        if let Some(unknown) = types.iter().find(|t| !ASKS.iter().any(|(name, _)| name == *t)) {
            let names = quoted(ASKS.iter().map(|(name, _)| *name));
            return fail(at, format!("there is no type `{unknown}`; there are {names}"));
        }
        if types.is_empty() {
            return Ok(self.any_json());
        }
        let fits = |key: &str| ASKS.iter().any(|(name, asks)| types.contains(name) && asks.contains(&key));
        let stray = |k: &&String| !fits(k) && *k != "type" && !NOTES.contains(&k.as_str());
        if let Some(stray) = map.keys().find(stray) {
            return fail(at, format!("`{stray}` is not supported for the type {}", quoted(types.iter().copied())));
        }
        let mut ways = Vec::new();
        for name in types {
            ways.push(match name {
                "object" => self.object(map, at)?,
                "array" => self.array(map, at)?,
                "string" => self.string(map, at)?,
                "integer" => integer(map, at)?,
                "number" => self.shared("number", |_| number()),
                "boolean" => Expr::Any(vec![Expr::text("true"), Expr::text("false")]),
                _ => Expr::text("null"),
            });
        }
        Ok(if ways.len() == 1 { ways.remove(0) } else { Expr::Any(ways) })
    }

    fn alone(&mut self, key: &str, value: &Value, at: &str) -> Result<Expr> {
        match (key, value) {
            ("$ref", Value::String(name)) => self.reference(name),
            ("const", value) => Ok(Expr::Text(value.to_string())),
            ("enum", Value::Array(values)) if !values.is_empty() => {
                Ok(Expr::Any(values.iter().map(|v| Expr::Text(v.to_string())).collect()))
            }
            ("anyOf" | "oneOf", Value::Array(schemas)) if !schemas.is_empty() => {
                let each = |(i, s): (usize, &Value)| self.schema(s, &format!("{at}/{key}/{i}"));
                Ok(Expr::Any(schemas.iter().enumerate().map(each).collect::<Result<_>>()?))
            }
            ("$ref", _) => fail(at, "`$ref` is a text"),
            _ => fail(at, format!("`{key}` is a list that is not empty")),
        }
    }

    fn object(&mut self, map: &Map<String, Value>, at: &str) -> Result<Expr> {
        let empty = Map::new();
        let properties = match map.get("properties") {
            None => &empty,
            Some(Value::Object(properties)) => properties,
            Some(_) => return fail(at, "`properties` is an object of schemas"),
        };
        let required: Vec<&str> = match map.get("required") {
            None => Vec::new(),
            Some(Value::Array(names)) if names.iter().all(Value::is_string) => {
                names.iter().filter_map(Value::as_str).collect()
            }
            Some(_) => return fail(at, "`required` is a list of texts"),
        };
        if let Some(name) = required.iter().find(|name| !properties.contains_key(**name)) {
            return fail(at, format!("the required property `{name}` is not among the `properties`"));
        }
        let others = map.get("additionalProperties").filter(|v| **v != Value::Bool(false));
        if properties.is_empty() {
            let others = match others {
                Some(schema) => self.schema(schema, &format!("{at}/additionalProperties"))?,
                None if map.contains_key("properties") || map.contains_key("additionalProperties") => {
                    return Ok(Expr::text("{}"));
                }
                None => self.any_json(),
            };
            let key = self.plain_string();
            let member = Expr::Seq(vec![key, between(':'), others]);
            let member = self.rule(&format!("{at} member"), member);
            return Ok(list('{', member, 0, None, '}'));
        }
        if matches!(others, Some(Value::Object(_))) {
            return fail(at, "a schema for `additionalProperties` beside `properties` is not supported");
        }
        // From the last to the first: what may follow if something came before, and if nothing did.
        let (mut after_some, mut after_none) = (Expr::empty(), Expr::empty());
        for (name, schema) in properties.iter().rev() {
            let value = self.schema(schema, &format!("{at}/properties/{name}"))?;
            let key = Expr::Text(Value::from(name.as_str()).to_string());
            let member = self.rule(&format!("{at}/properties/{name}"), Expr::Seq(vec![key, between(':'), value]));
            let first = Expr::Seq(vec![member.clone(), after_some.clone()]);
            let later = Expr::Seq(vec![between(','), member, after_some.clone()]);
            let (first, later) = if required.contains(&name.as_str()) {
                (first, later)
            } else {
                (Expr::Any(vec![first, after_none]), Expr::Any(vec![later, after_some]))
            };
            after_some = self.rule(&format!("{at} from {name}"), later);
            after_none = self.rule(&format!("{at} from {name} first"), first);
        }
        Ok(Expr::Seq(vec![Expr::text("{"), after_none, Expr::text("}")]))
    }

    fn array(&mut self, map: &Map<String, Value>, at: &str) -> Result<Expr> {
        let min = count(map, "minItems", at)?.unwrap_or(0);
        let max = count(map, "maxItems", at)?;
        if max.is_some_and(|max| max < min) {
            return fail(at, "`maxItems` is less than `minItems`");
        }
        if let Some(first) = map.get("prefixItems") {
            let Value::Array(first) = first else { return fail(at, "`prefixItems` is a list of schemas") };
            let n = first.len() as u32;
            let closed = map.get("items").is_none_or(|items| *items == Value::Bool(false));
            if !closed || min > n || max.is_some_and(|max| max < n) {
                return fail(at, "beside `prefixItems` no other items are supported");
            }
            let mut parts = vec![Expr::text("[")];
            for (i, schema) in first.iter().enumerate() {
                if i > 0 {
                    parts.push(between(','));
                }
                parts.push(self.schema(schema, &format!("{at}/prefixItems/{i}"))?);
            }
            parts.push(Expr::text("]"));
            return Ok(Expr::Seq(parts));
        }
        let item = match map.get("items") {
            Some(schema) => self.schema(schema, &format!("{at}/items"))?,
            None => self.any_json(),
        };
        let item = self.rule(&format!("{at}/items"), item);
        Ok(list('[', item, min, max, ']'))
    }

    fn string(&mut self, map: &Map<String, Value>, at: &str) -> Result<Expr> {
        let (min, max) = (count(map, "minLength", at)?, count(map, "maxLength", at)?);
        if max.is_some_and(|max| max < min.unwrap_or(0)) {
            return fail(at, "`maxLength` is less than `minLength`");
        }
        if let Some(pattern) = map.get("pattern") {
            let Value::String(pattern) = pattern else { return fail(at, "`pattern` is a text") };
            if min.is_some() || max.is_some() {
                return fail(at, "a length beside `pattern` is not supported; the pattern can tell it");
            }
            let content = escaped(&regex::expression(pattern, "pattern").map_err(|e| e.within("schema"))?);
            return Ok(quoted_text(content));
        }
        if min.is_none() && max.is_none() {
            return Ok(self.plain_string());
        }
        let character = self.shared("character", |_| escaped(&Expr::Set(CharSet::all())));
        Ok(quoted_text(character.repeat(min.unwrap_or(0), max)))
    }

    fn plain_string(&mut self) -> Expr {
        self.shared("string", |c| {
            let character = c.shared("character", |_| escaped(&Expr::Set(CharSet::all())));
            quoted_text(character.repeat(0, None))
        })
    }

    /// Any JSON at all.
    fn any_json(&mut self) -> Expr {
        self.shared("any JSON", |c| {
            let value = Expr::Rule(c.named["any JSON"]);
            let string = c.plain_string();
            let number = c.shared("number", |_| number());
            let member = Expr::Seq(vec![string.clone(), between(':'), value.clone()]);
            let member = c.rule("any member", member);
            let mut ways = vec![list('{', member, 0, None, '}'), list('[', value, 0, None, ']'), string, number];
            ways.extend(["true", "false", "null"].map(Expr::text));
            Expr::Any(ways)
        })
    }
}

/// A number of things in a schema.
fn count(map: &Map<String, Value>, key: &str, at: &str) -> Result<Option<u32>> {
    match map.get(key) {
        None => Ok(None),
        Some(value) => match value.as_u64().and_then(|n| u32::try_from(n).ok()) {
            Some(n) => Ok(Some(n)),
            None => fail(at, format!("`{key}` is a whole number of at least 0, got {value}")),
        },
    }
}

/// A mark, and a space or none.
fn between(mark: char) -> Expr {
    Expr::Seq(vec![Expr::text(mark), Expr::text(" ").optional()])
}

/// Items with commas between.
fn list(open: char, item: Expr, min: u32, max: Option<u32>, close: char) -> Expr {
    let [open, close] = [open, close].map(Expr::text);
    if max == Some(0) {
        return Expr::Seq(vec![open, close]);
    }
    let more = Expr::Seq(vec![between(','), item.clone()]);
    let items = Expr::Seq(vec![item, more.repeat(min.saturating_sub(1), max.map(|max| max - 1))]);
    Expr::Seq(vec![open, if min == 0 { items.optional() } else { items }, close])
}

fn quoted_text(content: Expr) -> Expr {
    Expr::Seq(vec![Expr::text("\""), content, Expr::text("\"")])
}

/// How a character stands in a JSON string, if not as it is.
fn escape(c: char) -> Option<String> {
    Some(match c {
        '"' | '\\' => format!("\\{c}"),
        '\n' => "\\n".into(),
        '\r' => "\\r".into(),
        '\t' => "\\t".into(),
        '\u{8}' => "\\b".into(),
        '\u{c}' => "\\f".into(),
        '\0'..='\u{1f}' => format!("\\u{:04x}", c as u32),
        _ => return None,
    })
}

/// The same texts as they stand in a JSON string.
fn escaped(expr: &Expr) -> Expr {
    let all = |parts: &[Expr]| parts.iter().map(escaped).collect();
    match expr {
        Expr::Text(text) => Expr::Text(text.chars().map(|c| escape(c).unwrap_or_else(|| c.into())).collect()),
        Expr::Set(set) => {
            let special = ('\0'..='\u{1f}').chain(['"', '\\']);
            let spelled = special.clone().filter(|c| set.contains(*c)).filter_map(escape).map(Expr::Text);
            let plain = set.and(&CharSet::new(special.map(|c| (c as u32, c as u32))).negated());
            Expr::Any([Expr::Set(plain)].into_iter().chain(spelled).collect())
        }
        Expr::Seq(parts) => Expr::Seq(all(parts)),
        Expr::Any(parts) => Expr::Any(all(parts)),
        Expr::Repeat(body, min, max) => escaped(body).repeat(*min, *max),
        Expr::Rule(rule) => Expr::Rule(*rule),
    }
}

fn digit(from: u8, to: u8) -> Expr {
    Expr::Set(CharSet::new([(u32::from(from), u32::from(to))]))
}

/// A number, whole or not.
fn number() -> Expr {
    let digits = |min, max| digit(b'0', b'9').repeat(min, Some(max));
    let whole = Expr::Any(vec![Expr::text("0"), Expr::Seq(vec![digit(b'1', b'9'), digits(0, 14)])]);
    let fraction = Expr::Seq(vec![Expr::text("."), digits(1, 15)]);
    let sign = Expr::Set(CharSet::of("+-")).optional();
    let exponent = Expr::Seq(vec![Expr::Set(CharSet::of("eE")), sign, digits(1, 2)]);
    Expr::Seq(vec![Expr::text("-").optional(), whole, fraction.optional(), exponent.optional()])
}

/// A whole number within what the schema says.
fn integer(map: &Map<String, Value>, at: &str) -> Result<Expr> {
    let bound = |key: &str, exclusive: &str, towards: i64| -> Result<Option<i64>> {
        let mut bounds = Vec::new();
        for (key, step) in [(key, 0), (exclusive, towards)] {
            let Some(value) = map.get(key) else { continue };
            let Some(n) = value.as_i64().or_else(|| value.as_f64().filter(|n| n.fract() == 0.0).map(|n| n as i64))
            else {
                return fail(at, format!("`{key}` of an integer is a whole number, got {value}"));
            };
            bounds.push(n.clamp(-LARGEST - 1, LARGEST + 1) + step);
        }
        Ok(if towards > 0 { bounds.into_iter().max() } else { bounds.into_iter().min() })
    };
    let min = bound("minimum", "exclusiveMinimum", 1)?.unwrap_or(-LARGEST).max(-LARGEST);
    let max = bound("maximum", "exclusiveMaximum", -1)?.unwrap_or(LARGEST).min(LARGEST);
    if min > max {
        return fail(at, format!("no whole number is from {min} to {max}"));
    }
    Ok(integers(min, max))
}

/// The whole numbers from `min` to `max`.
pub(super) fn integers(min: i64, max: i64) -> Expr {
    let mut ways = Vec::new();
    if min < 0 {
        let (from, to) = (if max < 0 { -max } else { 1 }, -min);
        ways.push(Expr::Seq(vec![Expr::text("-"), Expr::Any(within(from as u64, to as u64))]));
    }
    if max >= 0 {
        ways.extend(within(min.max(0) as u64, max as u64));
    }
    Expr::Any(ways)
}

/// The decimal numbers from `from` to `to`, by their lengths.
fn within(from: u64, to: u64) -> Vec<Expr> {
    let (short, long) = (from.to_string().len(), to.to_string().len());
    (short..=long)
        .map(|length| {
            let least = if length == short { from } else { 10u64.pow(length as u32 - 1) };
            let most = if length == long { to } else { 10u64.pow(length as u32) - 1 };
            same_length(least.to_string().as_bytes(), most.to_string().as_bytes())
        })
        .collect()
}

/// The numbers between two of the same length.
fn same_length(from: &[u8], to: &[u8]) -> Expr {
    let Some(((a, from_rest), (b, to_rest))) = from.split_first().zip(to.split_first()) else { return Expr::empty() };
    let rest = from_rest.len();
    let any = |n: usize| digit(b'0', b'9').repeat(n as u32, Some(n as u32));
    if from_rest.iter().all(|d| *d == b'0') && to_rest.iter().all(|d| *d == b'9') {
        return Expr::Seq(vec![digit(*a, *b), any(rest)]);
    }
    if a == b {
        return Expr::Seq(vec![digit(*a, *a), same_length(from_rest, to_rest)]);
    }
    let mut ways = vec![
        Expr::Seq(vec![digit(*a, *a), same_length(from_rest, &vec![b'9'; rest])]),
        Expr::Seq(vec![digit(*b, *b), same_length(&vec![b'0'; rest], to_rest)]),
    ];
    if a + 1 < *b {
        ways.push(Expr::Seq(vec![digit(a + 1, b - 1), any(rest)]));
    }
    Expr::Any(ways)
}

#[cfg(test)]
mod tests {
    use super::super::grammar::tests::Recogniser;
    use super::*;
    use serde_json::json;

    #[test]
    fn ranges_of_whole_numbers_are_exact() {
        for (min, max) in [(0, 0), (-3, 12), (7, 1234), (-1005, -99), (95, 105), (-1, 1)] {
            let grammar = of_schema(&json!({"type": "integer", "minimum": min, "maximum": max})).unwrap();
            for n in -1500..1500 {
                let fits = (min..=max).contains(&n);
                assert_eq!(Recogniser::accepts(&grammar, &n.to_string()), fits, "{n} in {min}..={max}");
            }
        }
        let grammar = of_schema(&json!({"type": "integer", "exclusiveMinimum": 3, "maximum": 9.0})).unwrap();
        assert!(!Recogniser::accepts(&grammar, "3") && Recogniser::accepts(&grammar, "4"));
        assert!(!Recogniser::accepts(&grammar, "-0") && !Recogniser::accepts(&grammar, "04"));
    }

    #[test]
    fn what_fits_is_accepted_and_what_does_not_is_not() {
        let check = |schema: Value, good: &[&str], bad: &[&str]| {
            let grammar = of_schema(&schema).unwrap();
            good.iter().for_each(|t| assert!(Recogniser::accepts(&grammar, t), "{t} should fit {schema}"));
            bad.iter().for_each(|t| assert!(!Recogniser::accepts(&grammar, t), "{t} should not fit {schema}"));
        };
        let person = json!({"type": "object", "required": ["b"], "properties": {
            "a": {"type": "integer"}, "b": {"enum": ["x", 1, null]}, "c": {"type": ["boolean", "null"]}}});
        check(
            person,
            &[r#"{"b":"x"}"#, r#"{"a": 12, "b":null}"#, r#"{"a":-1, "b": 1,"c": true}"#, r#"{"b":1, "c":null}"#],
            &["{}", r#"{"a":1}"#, r#"{"b":"y"}"#, r#"{"b":1,"a":1}"#, r#"{"b":1,}"#, r#"{,"b":1}"#, r#"{"a":1 "b":1}"#],
        );
        let optional = json!({"properties": {"a": {"const": 1}, "b": {"const": 2}}});
        check(
            optional,
            &["{}", r#"{"a":1}"#, r#"{"b":2}"#, r#"{"a":1, "b":2}"#],
            &[r#"{"a":1,}"#, r#"{"b":2,"a":1}"#, r#"{"a":2}"#],
        );
        check(
            json!({"items": {"type": "null"}, "minItems": 1, "maxItems": 2}),
            &["[null]", "[null, null]"],
            &["[]", "[null,null,null]"],
        );
        check(json!({"type": "array", "maxItems": 0}), &["[]"], &["[1]"]);
        check(json!({"prefixItems": [{"const": 1}, {"type": "string"}]}), &[r#"[1, "é"]"#], &["[1]", r#"[1,"a",2]"#]);
        check(
            json!({"type": "string", "minLength": 1, "maxLength": 2}),
            &[r#""磨""#, r#""\"\n""#],
            &[r#""""#, r#""abc""#, "\"\n\"", r#""\x""#],
        );
        check(
            json!({"type": "string", "pattern": r#"^[a"\\]{2}\n?$"#}),
            &[r#""a\"""#, r#""\\a\n""#],
            &[r#""a""#, r#""a"""#],
        );
        let tree = json!({"$ref": "#/$defs/tree", "$defs": {"tree": {"anyOf": [
            {"type": "null"}, {"type": "array", "items": {"$ref": "#/$defs/tree"}, "minItems": 2, "maxItems": 2}]}}});
        check(tree, &["null", "[null, [null,null]]"], &["[null]", "[[null,null],1]"]);
        check(json!({"type": "number"}), &["0", "-1.5e+3", "12"], &["01", "1.", ".5", "+1", "1e", "NaN"]);
        check(json!({}), &["{}", r#"{"a": [1, {"b":null}]}"#, "true", "\"\""], &["", "{a:1}", "[1,]"]);
        check(
            json!({"type": "object", "additionalProperties": {"type": "integer"}}),
            &[r#"{"k":1, "l":2}"#],
            &[r#"{"k":""}"#],
        );
    }

    #[test]
    fn what_is_not_supported_is_named() {
        let refusal = |schema: Value| of_schema(&schema).unwrap_err().to_string();
        assert_eq!(
            refusal(json!({"properties": {"a": {"type": "array", "uniqueItems": true}}})),
            "schema: #/properties/a: the keyword `uniqueItems` is not supported"
        );
        assert_eq!(
            refusal(json!({"type": "number", "minimum": 1})),
            "schema: #: `minimum` is not supported for the type `number`"
        );
        assert_eq!(refusal(json!({"$ref": "#/$defs/x"})), "schema: #/$defs/x: the reference leads nowhere");
        assert!(refusal(json!({"$ref": "http://a"})).contains("only references within the schema"));
        assert!(refusal(json!({"type": "text"})).contains("there is no type `text`; there are `object`"));
        assert_eq!(
            refusal(json!({"properties": {}, "required": ["a"]})),
            "schema: #: the required property `a` is not among the `properties`"
        );
        assert_eq!(refusal(json!({"minItems": 2, "maxItems": 1})), "schema: #: `maxItems` is less than `minItems`");
        assert_eq!(refusal(json!(false)), "schema: #: nothing fits `false`");
        assert_eq!(refusal(json!([])), "schema: #: a schema was expected");
    }
}
