//! GBNF, llama.cpp's notation of grammars.
//!
//! `name ::= …`, with "texts", classes of characters [a-z] and [^a-z], `.` for any character, groups, alternatives `|`,
//! repetitions `* + ? {m} {m,} {m,n}` and comments after `#`. The text is what `root` says. A rule ends at the end of
//! its line, unless a group is open or the next line goes on with `|`.

use super::grammar::{CharSet, Expr, Grammar, Rule};
use crate::nearest::nearest;
use crate::{Error, Result};
use std::collections::HashMap;

/// The most groups within each other.
const DEPTH: usize = 200;

/// The grammar that `source` says.
///
/// # Errors
/// If it cannot be read (line and column are named), a rule is missing or there twice, or there is no `root`.
pub(super) fn of_gbnf(source: &str) -> Result<Grammar> {
    let mut parser = Parser { source, at: 0, depth: 0, numbers: HashMap::new(), rules: Vec::new(), places: Vec::new() };
    parser.space(true);
    while parser.peek().is_some() {
        parser.rule()?;
        parser.space(true);
    }
    let Parser { numbers, rules, places, .. } = &parser;
    let names: Vec<&str> =
        rules.iter().zip(numbers_by_place(numbers)).filter(|(r, _)| r.is_some()).map(|(_, n)| n).collect();
    if let Some(missing) = rules.iter().position(Option::is_none) {
        let name = numbers_by_place(numbers)[missing];
        let hint = nearest(name, names.iter().copied()).map_or(String::new(), |n| format!("; did you mean `{n}`?"));
        return Err(parser.fail(places[missing], format!("there is no rule `{name}`{hint}")));
    }
    let Some(root) = numbers.get("root").copied() else {
        return Err(Error::value("grammar: there is no rule `root`"));
    };
    let rules = std::mem::take(&mut parser.rules);
    Ok(Grammar { rules: rules.into_iter().flatten().collect(), root })
}

/// The rules' names in order of their numbers.
fn numbers_by_place(numbers: &HashMap<String, usize>) -> Vec<&str> {
    let mut names = vec![""; numbers.len()];
    numbers.iter().for_each(|(name, number)| names[*number] = name);
    names
}

/// An expression of digits and signs in GBNF.
pub(super) fn write(expr: &Expr) -> String {
    let all = |parts: &[Expr], between: &str| parts.iter().map(write).collect::<Vec<_>>().join(between);
    match expr {
        Expr::Text(text) => format!("{text:?}"),
        Expr::Set(set) => {
            let range = |(from, to): &(u32, u32)| format!("\\U{from:08x}-\\U{to:08x}");
            format!("[{}]", set.ranges().iter().map(range).collect::<String>())
        }
        Expr::Seq(parts) if parts.is_empty() => "\"\"".into(),
        Expr::Seq(parts) => format!("({})", all(parts, " ")),
        Expr::Any(parts) => format!("({})", all(parts, " | ")),
        Expr::Repeat(body, min, None) => format!("{}{{{min},}}", write(body)),
        Expr::Repeat(body, min, Some(max)) => format!("{}{{{min},{max}}}", write(body)),
        Expr::Rule(rule) => format!("rule-{rule}"),
    }
}

struct Parser<'a> {
    source: &'a str,
    at: usize,
    depth: usize,
    numbers: HashMap<String, usize>, // of rules, as they are first named
    rules: Vec<Option<Rule>>,
    places: Vec<usize>, // where each was first named
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn fail(&self, at: usize, why: impl std::fmt::Display) -> Error {
        let before = &self.source[..at];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        Error::value(format!("grammar: line {line}, column {column}: {why}"))
    }

    /// What stands here, for a refusal.
    fn here(&self) -> String {
        match self.peek() {
            None => "the end".into(),
            Some('\n' | '\r') => "the end of the line".into(),
            Some(c) => format!("{c:?}"),
        }
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        self.at += if found { text.len() } else { 0 };
        found
    }

    /// Skips blanks and comments; line ends too, if they mean nothing here.
    fn space(&mut self, lines: bool) {
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' => self.at += 1,
                '\r' | '\n' if lines => self.at += 1,
                '#' => self.at += self.rest().find(['\r', '\n']).unwrap_or(self.rest().len()),
                _ => return,
            }
        }
    }

    fn name(&mut self) -> Option<String> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let end = self.rest().find(|c| !is_name(c)).unwrap_or(self.rest().len());
        let name = self.rest()[..end].to_string();
        self.at += end;
        (end > 0).then_some(name)
    }

    /// The number of a rule, a new one if it was not named before.
    fn number(&mut self, name: &str, at: usize) -> usize {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        self.numbers.insert(name.into(), self.rules.len());
        self.rules.push(None);
        self.places.push(at);
        self.rules.len() - 1
    }

    fn rule(&mut self) -> Result<()> {
        let at = self.at;
        let Some(name) = self.name() else {
            return Err(self.fail(at, format!("a rule's name was expected, got {}", self.here())));
        };
        self.space(false);
        if !self.take("::=") {
            return Err(self.fail(self.at, format!("`::=` was expected after `{name}`, got {}", self.here())));
        }
        self.space(true);
        let number = self.number(&name, at);
        if self.rules[number].is_some() {
            return Err(self.fail(at, format!("the rule `{name}` is there twice")));
        }
        let body = self.alternatives(false)?;
        if !matches!(self.peek(), None | Some('\r' | '\n')) {
            return Err(self.fail(self.at, format!("the end of the rule was expected, got {}", self.here())));
        }
        self.rules[number] = Some(Rule { name, body });
        Ok(())
    }

    fn alternatives(&mut self, nested: bool) -> Result<Expr> {
        let mut all = vec![self.sequence(nested)?];
        loop {
            let before = self.at;
            self.space(true);
            if !self.take("|") {
                if !nested {
                    self.at = before;
                }
                break;
            }
            self.space(true);
            all.push(self.sequence(nested)?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Expr::Any(all) })
    }

    fn sequence(&mut self, nested: bool) -> Result<Expr> {
        let mut parts = Vec::new();
        loop {
            self.space(nested);
            // Between rules a name may stand that begins the next one.
            let Some(part) = self.item()? else { break };
            let part = self.repetitions(part, nested)?;
            parts.push(part);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::Seq(parts) })
    }

    fn item(&mut self) -> Result<Option<Expr>> {
        let at = self.at;
        Ok(Some(match self.peek() {
            Some('"') => {
                self.at += 1;
                let mut text = String::new();
                while !self.take("\"") {
                    if matches!(self.peek(), None | Some('\n' | '\r')) {
                        return Err(self.fail(at, "this text has no end"));
                    }
                    text.push(self.character()?);
                }
                Expr::Text(text)
            }
            Some('[') => {
                self.at += 1;
                let negated = self.take("^");
                let mut ranges = Vec::new();
                while !self.take("]") {
                    if matches!(self.peek(), None | Some('\n' | '\r')) {
                        return Err(self.fail(at, "this class of characters has no end"));
                    }
                    let begin = self.at;
                    let from = self.character()?;
                    let to = if self.rest().starts_with('-') && !self.rest().starts_with("-]") {
                        self.at += 1;
                        self.character()?
                    } else {
                        from
                    };
                    if to < from {
                        return Err(self.fail(begin, format!("the range {from}-{to} runs backwards")));
                    }
                    ranges.push((from as u32, to as u32));
                }
                let set = CharSet::new(ranges);
                Expr::Set(if negated { set.negated() } else { set })
            }
            Some('.') => {
                self.at += 1;
                Expr::Set(CharSet::all())
            }
            Some('(') => {
                self.at += 1;
                self.depth += 1;
                if self.depth > DEPTH {
                    return Err(self.fail(at, format!("more than {DEPTH} groups stand within each other")));
                }
                self.space(true);
                let body = self.alternatives(true)?;
                self.space(true);
                if !self.take(")") {
                    return Err(self.fail(self.at, format!("`)` was expected, got {}", self.here())));
                }
                self.depth -= 1;
                body
            }
            Some('<' | '!') => {
                return Err(self.fail(at, "tokens in a grammar (`<…>`) are not supported; write their characters"));
            }
            _ => match self.name() {
                Some(name) => Expr::Rule(self.number(&name, at)),
                None => return Ok(None),
            },
        }))
    }

    fn repetitions(&mut self, mut part: Expr, nested: bool) -> Result<Expr> {
        loop {
            let at = self.at;
            self.space(nested);
            let (min, max) = match self.peek() {
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('?') => (0, Some(1)),
                Some('{') => {
                    self.at += 1;
                    let min = self.count()?;
                    let max = if self.take(",") {
                        self.space(false);
                        if self.rest().starts_with('}') { None } else { Some(self.count()?) }
                    } else {
                        Some(min)
                    };
                    if !self.rest().starts_with('}') {
                        return Err(self.fail(self.at, format!("`}}` was expected, got {}", self.here())));
                    }
                    if max.is_some_and(|max| max < min) {
                        return Err(self.fail(at, "the most are fewer than the least"));
                    }
                    (min, max)
                }
                _ => {
                    self.at = at;
                    return Ok(part);
                }
            };
            self.at += 1;
            part = part.repeat(min, max);
        }
    }

    fn count(&mut self) -> Result<u32> {
        self.space(false);
        let at = self.at;
        let end = self.rest().find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest().len());
        let number = self.rest()[..end].parse();
        self.at += end;
        self.space(false);
        number.map_err(|_| self.fail(at, "a whole number was expected"))
    }

    /// One character of a text or class, with the escapes of llama.cpp.
    fn character(&mut self) -> Result<char> {
        let at = self.at;
        let Some(c) = self.peek() else { return Err(self.fail(at, "a character was expected, got the end")) };
        self.at += c.len_utf8();
        if c != '\\' {
            return Ok(c);
        }
        let Some(c) = self.peek() else { return Err(self.fail(at, "a character was expected, got the end")) };
        self.at += c.len_utf8();
        let digits = match c {
            'n' => return Ok('\n'),
            't' => return Ok('\t'),
            'r' => return Ok('\r'),
            '\\' | '"' | '[' | ']' | '-' | '^' | '/' | '\'' => return Ok(c),
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => return Err(self.fail(at, format!("`\\{c}` is no escape"))),
        };
        let number = self.rest().get(..digits).and_then(|d| u32::from_str_radix(d, 16).ok());
        let Some(c) = number.and_then(char::from_u32) else {
            return Err(self.fail(at, format!("`\\{c}` wants {digits} hexadecimal digits of a character")));
        };
        self.at += digits;
        Ok(c)
    }
}

#[cfg(test)]
mod tests {
    use super::super::grammar::tests::Recogniser;
    use super::*;

    /// llama.cpp's `grammars/json.gbnf` in shape.
    pub const JSON: &str = r#"
root   ::= object
value  ::= object | array | string | number | ("true" | "false" | "null") ws  # scalars

object ::=
  "{" ws (
            string ":" ws value
    ("," ws string ":" ws value)*
  )? "}" ws

array  ::=
  "[" ws (
            value
    ("," ws value)*
  )? "]" ws

string ::=
  "\"" (
    [^"\\\x7F\x00-\x1F] |
    "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) # escapes
  )* "\"" ws

number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
ws ::= | " " | "\n" [ \t]{0,20}
"#;

    #[test]
    fn the_notation_of_llama_cpp_is_read() {
        let json = of_gbnf(JSON).unwrap();
        for text in ["{}", "{\"a\": [1, -2.5e3,\n  true], \"é\\u0041\":{\"\":null}}\n"] {
            assert!(Recogniser::accepts(&json, text), "{text}");
        }
        for text in ["", "{a:1}", "{\"a\":01}", "[1]", "{\"a\": tru}"] {
            assert!(!Recogniser::accepts(&json, text), "{text}");
        }
        let list =
            of_gbnf("root ::= item+\n  # one a line\nitem ::= \"- \" [^\\r\\n]{1,3} \"\\n\"\n | \"--\" .").unwrap();
        for (text, good) in [("- ab\n- 磨\n", true), ("--\n", true), ("- abcd\n", false), ("- a", false)] {
            assert_eq!(Recogniser::accepts(&list, text), good, "{text:?}");
        }
        let odd = of_gbnf("root ::= [a\\-\\]-]? (\"\\U0001f426\" | ) x-1{0,2}\nx-1 ::= [+-]").unwrap();
        for (text, good) in [("", true), ("-🐦+-", true), ("]", true), ("+++", false)] {
            assert_eq!(Recogniser::accepts(&odd, text), good, "{text:?}");
        }
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let refusal = |source: &str| of_gbnf(source).unwrap_err().to_string();
        assert_eq!(
            refusal("root ::= item\nitems ::= \"a\""),
            "grammar: line 1, column 10: there is no rule `item`; did you mean `items`?"
        );
        assert_eq!(refusal("a ::= \"b\""), "grammar: there is no rule `root`");
        assert_eq!(refusal(""), "grammar: there is no rule `root`");
        assert_eq!(refusal("root ::= \"a\nb"), "grammar: line 1, column 10: this text has no end");
        assert_eq!(refusal("root ::= [a-"), "grammar: line 1, column 13: a character was expected, got the end");
        assert_eq!(refusal("root ::= [z-a]"), "grammar: line 1, column 11: the range z-a runs backwards");
        assert_eq!(refusal("root ::= (\"a\""), "grammar: line 1, column 14: `)` was expected, got the end");
        assert_eq!(refusal("root = \"a\""), "grammar: line 1, column 6: `::=` was expected after `root`, got '='");
        assert_eq!(
            refusal("root ::= \"a\"\n\nroot ::= \"b\""),
            "grammar: line 3, column 1: the rule `root` is there twice"
        );
        assert_eq!(refusal("root ::= \"\\q\""), "grammar: line 1, column 11: `\\q` is no escape");
        assert_eq!(refusal("root ::= \"a\"{3,2}"), "grammar: line 1, column 13: the most are fewer than the least");
        assert_eq!(
            refusal("root ::= \"a\" )"),
            "grammar: line 1, column 14: the end of the rule was expected, got ')'"
        );
        assert!(refusal(&format!("root ::= {}", "(".repeat(100_000))).contains("more than 200 groups"));
    }
}
