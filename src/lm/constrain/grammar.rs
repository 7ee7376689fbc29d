//! Grammars: what every kind of constraint is before it becomes a machine.

use crate::{Error, Result};

/// What a text may be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    /// These characters.
    Text(String),
    /// One of these characters.
    Set(CharSet),
    /// All of these, one after the other.
    Seq(Vec<Expr>),
    /// One of these.
    Any(Vec<Expr>),
    /// At least and at most so many times.
    Repeat(Box<Expr>, u32, Option<u32>),
    /// What the rule of this number says.
    Rule(usize),
}

impl Expr {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub fn empty() -> Self {
        Self::Seq(Vec::new())
    }

    pub fn repeat(self, min: u32, max: Option<u32>) -> Self {
        Self::Repeat(Box::new(self), min, max)
    }

    /// It or nothing.
    pub fn optional(self) -> Self {
        self.repeat(0, Some(1))
    }
}

/// A named part of a grammar.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    pub name: String,
    pub body: Expr,
}

/// Rules that may use each other; a text is what the root says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Grammar {
    pub rules: Vec<Rule>,
    pub root: usize,
}

impl Grammar {
    /// A grammar of one rule.
    pub fn of(body: Expr) -> Self {
        Self { rules: vec![Rule { name: "root".into(), body }], root: 0 }
    }

    /// The same, with one of `endings` after the text, or none.
    pub fn with_ending(&self, ending: &str) -> Self {
        let mut grammar = self.clone();
        let body = Expr::Seq(vec![Expr::Rule(self.root), Expr::text(ending).optional()]);
        grammar.rules.push(Rule { name: "text and ending".into(), body });
        grammar.root = grammar.rules.len() - 1;
        grammar
    }
}

/// The largest code point.
const LAST: u32 = 0x10_ffff;

/// Characters, as ranges of code points in order, apart from each other, without surrogates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct CharSet(Vec<(u32, u32)>);

impl CharSet {
    /// These ranges, in any order; surrogates are left out.
    pub fn new(ranges: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let mut all: Vec<(u32, u32)> = Vec::new();
        for (from, to) in ranges {
            let to = to.min(LAST);
            // (Surrogates, U+D800 to U+DFFF, are no characters.)
            for (from, to) in [(from, to.min(0xd7ff)), (from.max(0xe000), to)] {
                if from <= to {
                    all.push((from, to));
                }
            }
        }
        all.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(all.len());
        for (from, to) in all {
            match merged.last_mut() {
                Some(last) if from <= last.1 + 1 => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        Self(merged)
    }

    /// Every character.
    pub fn all() -> Self {
        Self::new([(0, LAST)])
    }

    /// These characters.
    pub fn of(text: &str) -> Self {
        Self::new(text.chars().map(|c| (c as u32, c as u32)))
    }

    pub fn ranges(&self) -> &[(u32, u32)] {
        &self.0
    }

    /// Whether it holds `c`.
    pub fn contains(&self, c: char) -> bool {
        let c = c as u32;
        let at = self.0.partition_point(|(_, to)| *to < c);
        self.0.get(at).is_some_and(|(from, _)| *from <= c)
    }

    /// All others.
    pub fn negated(&self) -> Self {
        let (mut next, mut rest) = (0, Vec::new());
        for (from, to) in &self.0 {
            if next < *from {
                rest.push((next, from - 1));
            }
            next = to + 1;
        }
        if next <= LAST {
            rest.push((next, LAST));
        }
        Self::new(rest)
    }

    /// Those of both.
    pub fn and(&self, other: &Self) -> Self {
        let (mut i, mut j, mut both) = (0, 0, Vec::new());
        while let (Some(a), Some(b)) = (self.0.get(i), other.0.get(j)) {
            let (from, to) = (a.0.max(b.0), a.1.min(b.1));
            if from <= to {
                both.push((from, to));
            }
            if a.1 < b.1 {
                i += 1;
            } else {
                j += 1;
            }
        }
        Self::new(both)
    }
}

/// The grammar of a list of texts.
///
/// # Errors
/// If there are none, or one is empty.
pub(super) fn of_choices(choices: &[String]) -> Result<Grammar> {
    if choices.is_empty() {
        return Err(Error::value("constraint: `choices` is empty"));
    }
    if choices.iter().any(String::is_empty) {
        return Err(Error::value("constraint: one of the `choices` is an empty text"));
    }
    Ok(Grammar::of(Expr::Any(choices.iter().map(Expr::text).collect())))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::collections::{BTreeSet, HashMap};

    /// A slow recogniser that shares nothing with the machine: for a place in a text, all places where an expression
    /// may end.
    pub struct Recogniser<'a> {
        grammar: &'a Grammar,
        text: &'a str,
        known: HashMap<(usize, usize), BTreeSet<usize>>,
    }

    impl<'a> Recogniser<'a> {
        pub fn accepts(grammar: &'a Grammar, text: &'a str) -> bool {
            let mut r = Self { grammar, text, known: HashMap::new() };
            r.rule(grammar.root, 0).contains(&text.len())
        }

        fn rule(&mut self, rule: usize, at: usize) -> BTreeSet<usize> {
            if let Some(ends) = self.known.get(&(rule, at)) {
                return ends.clone();
            }
            let grammar = self.grammar;
            let ends = self.ends(&grammar.rules[rule].body, at);
            self.known.insert((rule, at), ends.clone());
            ends
        }

        fn ends(&mut self, expr: &Expr, at: usize) -> BTreeSet<usize> {
            match expr {
                Expr::Text(t) => self.text[at..].starts_with(t.as_str()).then_some(at + t.len()).into_iter().collect(),
                Expr::Set(set) => {
                    let first = self.text[at..].chars().next().filter(|c| set.contains(*c));
                    first.map(|c| at + c.len_utf8()).into_iter().collect()
                }
                Expr::Seq(parts) => parts.iter().fold(BTreeSet::from([at]), |from, part| {
                    from.into_iter().flat_map(|at| self.ends(part, at)).collect()
                }),
                Expr::Any(parts) => parts.iter().flat_map(|part| self.ends(part, at)).collect(),
                Expr::Rule(rule) => self.rule(*rule, at),
                Expr::Repeat(body, min, max) => {
                    let (mut all, mut now, mut times) = (BTreeSet::new(), BTreeSet::from([at]), 0);
                    loop {
                        if times >= *min {
                            let before = all.len();
                            all.extend(&now);
                            if times > *min && all.len() == before {
                                return all;
                            }
                        }
                        if Some(times) == *max || now.is_empty() {
                            return all;
                        }
                        now = now.into_iter().flat_map(|at| self.ends(body, at)).collect();
                        times += 1;
                    }
                }
            }
        }
    }

    #[test]
    fn sets_of_characters() {
        let digits = CharSet::new([(53, 57), (48, 54)]);
        assert_eq!(digits.ranges(), [(48, 57)]);
        let rest = digits.negated();
        assert_eq!(rest.ranges(), [(0, 47), (58, 0xd7ff), (0xe000, LAST)]);
        assert_eq!(rest.and(&digits), CharSet::default());
        assert_eq!(rest.negated(), digits);
        assert!(digits.contains('7') && !digits.contains('a') && CharSet::of("磨a").contains('磨'));
        assert_eq!(CharSet::new([(0xd900, 0xda00)]), CharSet::default());
    }

    #[test]
    fn the_recogniser_knows_simple_grammars() {
        let g = Grammar::of(Expr::Seq(vec![Expr::text("a").repeat(1, Some(2)), Expr::text("b").repeat(0, None)]));
        let seen: Vec<bool> =
            ["a", "aa", "aabbb", "", "aaa", "ba"].map(|t| Recogniser::accepts(&g, t)).into_iter().collect();
        assert_eq!(seen, [true, true, true, false, false, false]);
    }
}
