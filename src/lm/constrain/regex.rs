//! Regular expressions, in the notation of Rust's `regex` crate.

use super::grammar::{CharSet, Expr, Grammar};
use crate::{Error, Result};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// The grammar of the texts that a regular expression matches whole.
///
/// # Errors
/// If it cannot be read, or has word borders or anchors within it.
pub(super) fn of_regex(pattern: &str) -> Result<Grammar> {
    expression(pattern, "regex").map(Grammar::of)
}

/// The texts that `pattern` matches whole; `what` is its name in a refusal.
pub(super) fn expression(pattern: &str, what: &str) -> Result<Expr> {
    let hir = ParserBuilder::new().nest_limit(200).build().parse(pattern).map_err(|e| {
        let (why, column) = match &e {
            regex_syntax::Error::Parse(e) => (e.kind().to_string(), e.span().start.column),
            regex_syntax::Error::Translate(e) => (e.kind().to_string(), e.span().start.column),
            other => (other.to_string(), 1),
        };
        Error::value(format!("constraint: `{what}` cannot be read at column {column}: {why}"))
    })?;
    lower(&hir, true, true).map_err(|why| Error::value(format!("constraint: `{what}` has {why}")))
}

/// `first` and `last` tell whether nothing may stand before or after.
fn lower(hir: &Hir, first: bool, last: bool) -> Result<Expr, String> {
    Ok(match hir.kind() {
        HirKind::Empty => Expr::empty(),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).map_err(|_| "bytes that are no characters")?;
            Expr::text(text)
        }
        HirKind::Class(Class::Unicode(class)) => {
            Expr::Set(CharSet::new(class.iter().map(|r| (r.start() as u32, r.end() as u32))))
        }
        HirKind::Class(Class::Bytes(class)) => {
            if class.iter().any(|r| r.end() > 0x7f) {
                return Err("bytes that are no characters".into());
            }
            Expr::Set(CharSet::new(class.iter().map(|r| (u32::from(r.start()), u32::from(r.end())))))
        }
        HirKind::Look(Look::Start) if first => Expr::empty(),
        HirKind::Look(Look::End) if last => Expr::empty(),
        HirKind::Look(Look::Start | Look::End) => return Err("an anchor that is not at its end".into()),
        HirKind::Look(_) => return Err("a border of words or lines, which says nothing of characters".into()),
        HirKind::Repetition(r) => lower(&r.sub, false, false)?.repeat(r.min, r.max),
        HirKind::Capture(capture) => lower(&capture.sub, first, last)?,
        HirKind::Concat(parts) => {
            let n = parts.len();
            let part = |(i, part): (usize, &Hir)| lower(part, first && i == 0, last && i + 1 == n);
            Expr::Seq(parts.iter().enumerate().map(part).collect::<Result<_, _>>()?)
        }
        HirKind::Alternation(parts) => {
            Expr::Any(parts.iter().map(|part| lower(part, first, last)).collect::<Result<_, _>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_nothing_of_characters_is_refused() {
        let refusal = |pattern: &str| of_regex(pattern).unwrap_err().to_string();
        assert_eq!(
            refusal(r"a\bb"),
            "constraint: `regex` has a border of words or lines, which says nothing of characters"
        );
        assert_eq!(refusal("a^b"), "constraint: `regex` has an anchor that is not at its end");
        assert_eq!(refusal("ab(c"), "constraint: `regex` cannot be read at column 3: unclosed group");
        assert!(refusal(r"(?-u:\xff)").contains("cannot be read"));
        assert!(of_regex("^(a|b$)").is_ok() && of_regex("^(?:a|é)+$").is_ok());
    }
}
