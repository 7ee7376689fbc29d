//! Acting: a character may end its line with one of the game's verbs, such as `do: give(item="bread", count=2)`.
//!
//! The verbs become a grammar, so what the model writes can always be read back: an unknown verb, a missing argument or
//! a value out of its range cannot come.

use crate::error::ensure_setting;
use crate::lm::Constraint;
use crate::lm::constrain::integer_gbnf;
use crate::nearest::quoted;
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::sync::Arc;

/// Something that a character can do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Verb {
    /// Its name: letters, digits and `_`, not beginning with a digit.
    pub name: String,
    /// What it needs, in order; all of it must be given.
    pub args: Vec<Argument>,
}

/// An argument of a verb.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Argument {
    /// Its name, as a verb's.
    pub name: String,
    /// What it may be. Default: a text of up to 40 characters.
    pub kind: ArgumentKind,
}

/// What an argument may be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ArgumentKind {
    /// A text of at most so many characters, without line ends.
    Text(u32),
    /// One of these texts.
    OneOf(Vec<String>),
    /// A whole number from the first to the second, within ±999999999999999.
    Integer(i64, i64),
    /// A number with up to 9 digits before the point and up to 6 after it.
    Number,
    /// `true` or `false`.
    Flag,
}

impl Default for ArgumentKind {
    fn default() -> Self {
        Self::Text(40)
    }
}

/// A value that a character gave for an argument.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ActionValue {
    /// Of `Text` and `OneOf`.
    Text(String),
    /// Of `Integer`.
    Integer(i64),
    /// Of `Number`.
    Number(f64),
    /// Of `Flag`.
    Flag(bool),
}

/// What a character does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Action {
    /// The verb.
    pub name: String,
    /// Names and values, in the verb's order.
    pub args: Vec<(String, ActionValue)>,
}

/// What stands between the words and the action.
pub(super) const MARK: &str = "\ndo: ";

/// The verbs of a character, ready to be used.
#[derive(Clone, Debug)]
pub struct Actions {
    verbs: Vec<Verb>,
    constraint: Arc<Constraint>,
}

impl Actions {
    /// Checks the verbs and makes their grammar.
    ///
    /// # Errors
    /// If there are none, a name is none or there twice, or an argument can be nothing.
    pub fn new(verbs: Vec<Verb>) -> Result<Self> {
        if verbs.is_empty() {
            return Err(Error::value("actions: there are none"));
        }
        for (i, verb) in verbs.iter().enumerate() {
            ensure_name(&verb.name)?;
            if verbs[..i].iter().any(|other| other.name == verb.name) {
                return Err(Error::value(format!("actions: `{}` is there twice", verb.name)));
            }
            for (j, arg) in verb.args.iter().enumerate() {
                ensure_name(&arg.name)?;
                if verb.args[..j].iter().any(|other| other.name == arg.name) {
                    return Err(Error::value(format!("actions: `{}`: `{}` is there twice", verb.name, arg.name)));
                }
                let (whose, limit) = (format!("actions: `{}`", verb.name), 999_999_999_999_999);
                match &arg.kind {
                    ArgumentKind::OneOf(texts) if texts.is_empty() => {
                        return Err(Error::value(format!("{whose}: `{}` can be nothing", arg.name)));
                    }
                    ArgumentKind::Integer(min, max) => {
                        let ok = min <= max && *min >= -limit && *max <= limit;
                        let rule = "from a smaller to a larger whole number of up to 15 digits";
                        ensure_setting(ok, &whose, &arg.name, rule, format!("{min} to {max}"))?;
                    }
                    _ => {}
                }
            }
        }
        let constraint = Arc::new(Constraint::gbnf(&grammar(&verbs))?);
        Ok(Self { verbs, constraint })
    }

    /// What a line must be: words without a line end, and an action after them or none.
    pub fn constraint(&self) -> &Arc<Constraint> {
        &self.constraint
    }

    /// The verbs.
    pub fn verbs(&self) -> &[Verb] {
        &self.verbs
    }

    /// One line that tells a model what it can do: `give(item, count), nod()`.
    pub fn describe(&self) -> String {
        let verb = |v: &Verb| {
            let args: Vec<&str> = v.args.iter().map(|a| a.name.as_str()).collect();
            format!("{}({})", v.name, args.join(", "))
        };
        self.verbs.iter().map(verb).collect::<Vec<_>>().join(", ")
    }

    /// A line's words, and what is done after them.
    ///
    /// # Errors
    /// If the action is none of the verbs with its arguments.
    pub fn split<'a>(&self, line: &'a str) -> Result<(&'a str, Option<Action>)> {
        match line.split_once(MARK) {
            None => Ok((line, None)),
            Some((words, action)) => Ok((words, Some(self.parse(action)?))),
        }
    }

    /// Reads `name(argument=value, …)`.
    ///
    /// # Errors
    /// If it is none of the verbs with its arguments.
    pub fn parse(&self, text: &str) -> Result<Action> {
        let fail = |why: String| Error::value(format!("action: {why}"));
        let (name, rest) = text.split_once('(').ok_or_else(|| fail(format!("`(` was expected in {text:?}")))?;
        let verb = self.verbs.iter().find(|v| v.name == name).ok_or_else(|| {
            fail(format!("there is no `{name}`; there are {}", quoted(self.verbs.iter().map(|v| v.name.as_str()))))
        })?;
        let (mut rest, mut args) = (rest, Vec::new());
        for (i, arg) in verb.args.iter().enumerate() {
            let begin = format!("{}{}=", if i > 0 { ", " } else { "" }, arg.name);
            rest = rest.strip_prefix(&begin).ok_or_else(|| fail(format!("`{name}` wants `{}`", arg.name)))?;
            let length = if rest.starts_with('"') {
                let mut texts = serde_json::Deserializer::from_str(rest).into_iter::<String>();
                texts.next();
                texts.byte_offset()
            } else {
                rest.find([',', ')']).unwrap_or(rest.len())
            };
            let value = serde_json::from_str(&rest[..length]).ok().and_then(|v| checked(&v, &arg.kind));
            let value = value.ok_or_else(|| fail(format!("`{name}`: `{}` is not what it must be", arg.name)))?;
            rest = &rest[length..];
            args.push((arg.name.clone(), value));
        }
        if rest != ")" {
            return Err(fail(format!("`{name}` ends with `)`, got {rest:?}")));
        }
        Ok(Action { name: name.into(), args })
    }
}

fn checked(value: &serde_json::Value, kind: &ArgumentKind) -> Option<ActionValue> {
    Some(match kind {
        ArgumentKind::Text(most) => {
            ActionValue::Text(value.as_str().filter(|t| t.chars().count() <= *most as usize)?.into())
        }
        ArgumentKind::OneOf(texts) => {
            ActionValue::Text(value.as_str().filter(|t| texts.iter().any(|other| other == t))?.into())
        }
        ArgumentKind::Integer(min, max) => ActionValue::Integer(value.as_i64().filter(|n| (min..=max).contains(&n))?),
        ArgumentKind::Number => ActionValue::Number(value.as_f64()?),
        ArgumentKind::Flag => ActionValue::Flag(value.as_bool()?),
    })
}

fn ensure_name(name: &str) -> Result<()> {
    let good = |(i, c): (usize, char)| c == '_' || c.is_ascii_alphabetic() || (i > 0 && c.is_ascii_digit());
    let ok = !name.is_empty() && name.chars().enumerate().all(good);
    ensure_setting(ok, "actions", "name", "of letters, digits and `_`", format!("{name:?}"))
}

/// The grammar of a line. Values are written as in JSON.
fn grammar(verbs: &[Verb]) -> String {
    let mut out = String::from("root ::= [^\\r\\n]* (\"\\ndo: \" (");
    for (i, verb) in verbs.iter().enumerate() {
        let _ = write!(out, "{}\"{}(\" ", if i > 0 { " | " } else { "" }, verb.name);
        for (j, arg) in verb.args.iter().enumerate() {
            let _ = write!(out, "\"{}{}=\" ", if j > 0 { ", " } else { "" }, arg.name);
            match &arg.kind {
                ArgumentKind::Text(most) => {
                    let _ = write!(out, "\"\\\"\" character{{0,{most}}} \"\\\"\" ");
                }
                ArgumentKind::OneOf(texts) => {
                    let each: Vec<String> = texts.iter().map(|t| literal(&serde_json::json!(t).to_string())).collect();
                    let _ = write!(out, "({}) ", each.join(" | "));
                }
                ArgumentKind::Integer(min, max) => {
                    let _ = write!(out, "({}) ", integer_gbnf(*min, *max));
                }
                ArgumentKind::Number => out += "number ",
                ArgumentKind::Flag => out += "(\"true\" | \"false\") ",
            }
        }
        out += "\")\"";
    }
    out += "))?\ncharacter ::= [^\"\\\\\\x00-\\x1f] | \"\\\\\\\"\" | \"\\\\\\\\\"\n";
    out += "number ::= \"-\"? (\"0\" | [1-9] [0-9]{0,8}) (\".\" [0-9]{1,6})?\n";
    out
}

/// A text as GBNF writes it.
fn literal(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            c => out.push(c),
        }
    }
    out + "\""
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn verbs() -> Vec<Verb> {
        let arg = |name: &str, kind| Argument { name: name.into(), kind };
        let items = vec!["bread".into(), "a \"magic\" flour".into()];
        vec![
            Verb { name: "nod".into(), args: vec![] },
            Verb {
                name: "give".into(),
                args: vec![arg("item", ArgumentKind::OneOf(items)), arg("count", ArgumentKind::Integer(1, 12))],
            },
            Verb {
                name: "go".into(),
                args: vec![
                    arg("x", ArgumentKind::Number),
                    arg("run", ArgumentKind::Flag),
                    arg("why", ArgumentKind::Text(6)),
                ],
            },
        ]
    }

    #[test]
    fn what_the_grammar_allows_is_read_back() {
        let actions = Actions::new(verbs()).unwrap();
        assert_eq!(actions.describe(), "nod(), give(item, count), go(x, run, why)");
        let (words, action) = actions.split("Here.\ndo: give(item=\"a \\\"magic\\\" flour\", count=12)").unwrap();
        let args = vec![
            ("item".to_string(), ActionValue::Text("a \"magic\" flour".into())),
            ("count".to_string(), ActionValue::Integer(12)),
        ];
        assert_eq!((words, action), ("Here.", Some(Action { name: "give".into(), args })));
        assert_eq!(actions.split("Hello").unwrap(), ("Hello", None));
        for line in ["Hi\ndo: nod()", "", "\ndo: go(x=-0.5, run=true, why=\"a\\\\\\\"é,)\")"] {
            assert!(actions.constraint().accepts(line).unwrap(), "{line}");
            actions.split(line).unwrap();
        }
        for line in ["Hi\n", "a\ndo: dance()", "a\ndo: give(item=\"bread\", count=13)", "a\ndo: nod() b", "a\ndo: nod"]
        {
            assert!(!actions.constraint().accepts(line).unwrap(), "{line}");
            assert!(line == "Hi\n" || actions.split(line).is_err(), "{line}");
        }
    }

    #[test]
    fn verbs_that_cannot_be_are_refused() {
        let refusal = |verbs| Actions::new(verbs).unwrap_err().to_string();
        assert_eq!(refusal(vec![]), "actions: there are none");
        let verb = |name: &str, kind| vec![Verb { name: name.into(), args: vec![Argument { name: "a".into(), kind }] }];
        assert!(refusal(verb("two words", ArgumentKind::Flag)).contains("must be of letters, digits and `_`"));
        assert_eq!(refusal(verb("go", ArgumentKind::OneOf(vec![]))), "actions: `go`: `a` can be nothing");
        assert!(refusal(verb("go", ArgumentKind::Integer(3, 2))).contains("got 3 to 2"));
        assert_eq!(refusal([verbs(), verbs()].concat()), "actions: `nod` is there twice");
    }
}
