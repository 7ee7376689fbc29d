//! Texts cut into words before byte pairs are merged, so that no token reaches across words.
//!
//! The rules are those of well-known tokenizers' regular expressions, written out by hand. They work on bytes: what is
//! not UTF-8 counts as punctuation, byte by byte.

use super::marks::MARKS;
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::OnceLock;

/// How a text is cut into words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// GPT-2: letters, digits or signs with the space before them. `'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+|
    /// ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    Gpt2,
    /// As GPT-2, each digit alone (SmolLM, StarCoder).
    Digits,
    /// GPT-4 and Llama 3: up to three digits together, signs keep the line ends after them.
    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
    #[default]
    Gpt4,
    /// Qwen 2: as GPT-4, each digit alone.
    Qwen2,
}

/// What a character is to the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Letter,
    Number,
    Space,
    Newline, // \r and \n, which are spaces too
    Mark,    // a sign to these rules
    Sign,
}

impl Class {
    fn is_space(self) -> bool {
        matches!(self, Self::Space | Self::Newline)
    }

    fn is_sign(self) -> bool {
        matches!(self, Self::Sign | Self::Mark)
    }
}

fn class_of(c: char) -> Class {
    if c == '\r' || c == '\n' {
        return Class::Newline;
    }
    if c.is_whitespace() {
        return Class::Space;
    }
    if c.is_numeric() {
        return Class::Number;
    }
    let code = c as u32;
    let after = MARKS.partition_point(|(first, _)| *first <= code);
    if after > 0 && code <= MARKS[after - 1].1 {
        return Class::Mark;
    }
    // Circled and squared letters are alphabetic symbols.
    let symbol = matches!(code, 0x24b6..=0x24e9 | 0x1f130..=0x1f149 | 0x1f150..=0x1f169 | 0x1f170..=0x1f189);
    if c.is_alphabetic() && !symbol { Class::Letter } else { Class::Sign }
}

/// The classes of the first 65,536 code points.
fn table() -> &'static [Class] {
    static TABLE: OnceLock<Vec<Class>> = OnceLock::new();
    TABLE.get_or_init(|| (0..0x1_0000).map(|c| char::from_u32(c).map_or(Class::Sign, class_of)).collect())
}

/// A text whose characters are looked at by place.
#[derive(Clone, Copy)]
struct Classes<'a> {
    text: &'a [u8],
    table: &'static [Class],
}

impl Classes<'_> {
    /// The class and length of the character at `at`; nothing at the end.
    #[inline]
    fn get(&self, at: usize) -> Option<(Class, usize)> {
        let rest = &self.text[at..];
        let first = *rest.first()?;
        if first < 0x80 {
            return Some((self.table[usize::from(first)], 1));
        }
        let next = |i: usize| rest.get(i).filter(|b| **b & 0xc0 == 0x80).map(|b| u32::from(*b & 0x3f));
        let lead = u32::from(first);
        let whole = match first {
            0xc2..=0xdf => next(1).map(|a| ((lead & 0x1f) << 6 | a, 2)),
            0xe0..=0xef => next(1).zip(next(2)).map(|(a, b)| ((lead & 0xf) << 12 | a << 6 | b, 3)),
            0xf0..=0xf4 => {
                next(1).zip(next(2)).zip(next(3)).map(|((a, b), c)| ((lead & 7) << 18 | a << 12 | b << 6 | c, 4))
            }
            _ => None,
        };
        Some(match whole {
            Some((code, length)) if code < 0x1_0000 => (self.table[code as usize], length),
            Some((code, length)) => (char::from_u32(code).map_or(Class::Sign, class_of), length),
            None => (Class::Sign, 1),
        })
    }

    /// Where the run of characters that are `like` ends.
    #[inline]
    fn run(&self, mut at: usize, like: impl Fn(Class) -> bool) -> usize {
        while let Some((class, length)) = self.get(at)
            && like(class)
        {
            at += length;
        }
        at
    }

    /// Where the word's letters, digits or signs that begin at `at` end; nothing if a space stands there.
    fn same_run(&self, at: usize) -> Option<usize> {
        match self.get(at)?.0 {
            Class::Letter => Some(self.run(at, |c| c == Class::Letter)),
            Class::Number => Some(self.run(at, |c| c == Class::Number)),
            class if class.is_sign() => Some(self.run(at, Class::is_sign)),
            _ => None,
        }
    }

    /// `\s+(?!\S)|\s+`: white space, but its last character is left to the word after it.
    fn spaces(&self, at: usize, ends: impl Fn(Class) -> bool) -> usize {
        let (mut end, mut last) = (at, at);
        while let Some((class, length)) = self.get(end) {
            if !class.is_space() {
                return if last == at || ends(class) { end } else { last };
            }
            last = end;
            end += length;
        }
        end
    }

    /// The length of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at `at`, 0 if none stands there.
    fn contraction(&self, at: usize, any_case: bool) -> usize {
        let rest = &self.text[at..];
        if rest.first() != Some(&b'\'') {
            return 0;
        }
        let fold = |i: usize| rest.get(i).map_or(0, |b| if any_case { b.to_ascii_lowercase() } else { *b });
        match (fold(1), fold(2)) {
            (b's' | b't' | b'm' | b'd', _) => 2,
            (b'r' | b'v', b'e') | (b'l', b'l') => 3,
            _ => 0,
        }
    }
}

impl Split {
    /// The rules that GGUF files call by this name.
    ///
    /// # Errors
    /// If the name is not known.
    pub fn named(pre: &str) -> Result<Self> {
        match pre {
            "gpt-2" | "gpt2" | "default" | "phi-2" | "mpt" | "olmo" | "roberta-bpe" => Ok(Self::Gpt2),
            "smollm" | "starcoder" | "refact" | "command-r" | "codeshell" | "exaone" => Ok(Self::Digits),
            "llama-bpe" | "llama3" | "llama-v3" | "falcon3" | "dbrx" | "smaug-bpe" => Ok(Self::Gpt4),
            "qwen2" | "deepseek-r1-qwen" | "stablelm2" | "megrez" => Ok(Self::Qwen2),
            _ => Err(Error::value(format!(
                "tokenizer: the pre-tokenizer {pre:?} is not known (gpt-2, smollm, llama-bpe, qwen2 are)"
            ))),
        }
    }

    /// The words of `text`, which laid end to end are `text`.
    pub fn words(self, text: &[u8]) -> impl Iterator<Item = &[u8]> {
        let classes = Classes { text, table: table() };
        let mut at = 0;
        std::iter::from_fn(move || {
            let begin = at;
            (at < text.len()).then(|| {
                at = self.word_end(&classes, at);
                &text[begin..at]
            })
        })
    }

    #[inline]
    fn word_end(self, classes: &Classes, at: usize) -> usize {
        match self {
            Self::Gpt2 => gpt2(classes, at, false),
            Self::Digits => gpt2(classes, at, true),
            Self::Gpt4 => gpt4(classes, at, 3),
            Self::Qwen2 => gpt4(classes, at, 1),
        }
    }

    /// Cuts `text` in parts of about `size` bytes whose words are those of the whole.
    pub fn parts(self, text: &[u8], size: usize) -> Vec<Range<usize>> {
        let classes = Classes { text, table: table() };
        let (mut parts, mut begin) = (Vec::new(), 0);
        while text.len() - begin > size {
            let Some(cut) = safe_cut(&classes, begin + size) else { break };
            parts.push(begin..cut);
            begin = cut;
        }
        if begin < text.len() {
            parts.push(begin..text.len());
        }
        parts
    }
}

/// The first place after `from` where a word ends by any of the rules: a letter before it, and neither letter nor mark
/// after it.
fn safe_cut(classes: &Classes, from: usize) -> Option<usize> {
    let text = classes.text;
    let mut at = from;
    while at < text.len() && text[at] & 0xc0 == 0x80 {
        at += 1;
    }
    let mut after_letter = false;
    while at < text.len() {
        let (class, length) = classes.get(at)?;
        if after_letter && class != Class::Letter && class != Class::Mark {
            return Some(at);
        }
        after_letter = class == Class::Letter;
        at += length;
    }
    None
}

fn gpt2(classes: &Classes, at: usize, digits: bool) -> usize {
    let contraction = classes.contraction(at, false);
    if contraction > 0 {
        return at + contraction;
    }
    let lone = |class: Class| digits && class == Class::Number;
    let begin = at + usize::from(classes.text[at] == b' ');
    match classes.get(begin) {
        Some((class, length)) if lone(class) && begin == at => return at + length,
        Some((class, _)) if lone(class) => {}
        _ => {
            if let Some(end) = classes.same_run(begin) {
                return end;
            }
        }
    }
    classes.spaces(at, lone)
}

fn gpt4(classes: &Classes, at: usize, digits: usize) -> usize {
    let contraction = classes.contraction(at, true);
    if contraction > 0 {
        return at + contraction;
    }
    let Some((class, length)) = classes.get(at) else { return at };
    let letters = |at| classes.run(at, |c| c == Class::Letter);
    match class {
        Class::Letter => return letters(at + length),
        Class::Number => {
            let mut end = at + length;
            for _ in 1..digits {
                match classes.get(end) {
                    Some((Class::Number, length)) => end += length,
                    _ => break,
                }
            }
            return end;
        }
        Class::Newline => {}
        _ => {
            let next = classes.get(at + length).map(|(class, _)| class);
            if next == Some(Class::Letter) {
                return letters(at + length);
            }
            if class.is_sign() || (classes.text[at] == b' ' && next.is_some_and(Class::is_sign)) {
                let signs = classes.run(at + length, Class::is_sign);
                return classes.run(signs, |c| c == Class::Newline);
            }
        }
    }
    // White space: to its last line end, if it has one.
    let (mut end, mut line) = (at, None);
    while let Some((class, length)) = classes.get(end)
        && class.is_space()
    {
        end += length;
        line = if class == Class::Newline { Some(end) } else { line };
    }
    line.unwrap_or_else(|| classes.spaces(at, |_| false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(split: Split, text: &str) -> Vec<&str> {
        split.words(text.as_bytes()).map(|w| std::str::from_utf8(w).unwrap()).collect()
    }

    #[test]
    fn words_are_those_of_the_regular_expressions() {
        let text = "It's 12345  tea\n\n\n  at Ömer's… 世界,你好!  \tok\r\n";
        assert_eq!(
            words(Split::Gpt2, text),
            [
                "It", "'s", " 12345", " ", " tea", "\n\n\n ", " at", " Ömer", "'s", "…", " 世界", ",", "你好", "!",
                "  ", "\t", "ok", "\r\n"
            ]
        );
        assert_eq!(
            words(Split::Gpt4, text),
            [
                "It", "'s", " ", "123", "45", " ", " tea", "\n\n\n", " ", " at", " Ömer", "'s", "…", " 世界", ",你好",
                "!", "  ", "\tok", "\r\n"
            ]
        );
        assert_eq!(words(Split::Qwen2, "a12"), ["a", "1", "2"]);
        assert_eq!(words(Split::Digits, "a  12 b"), ["a", "  ", "1", "2", " b"]);
        assert_eq!(words(Split::Gpt4, "I'LL don't"), ["I", "'LL", " don", "'t"]);
        assert_eq!(words(Split::Gpt4, "e\u{301}a हिन्दी"), ["e", "\u{301}a", " ह", "िन", "्द", "ी"]);
    }

    #[test]
    fn parts_have_the_words_of_the_whole() {
        let mut rng = crate::data::Rng::new(4);
        let pieces = ["a", "mill", " ", "\n", "世界", ",", "'s", "7", "é", "\u{301}", "\r\n", "🐦"];
        for split in [Split::Gpt2, Split::Digits, Split::Gpt4, Split::Qwen2] {
            let text: String = (0..3000).map(|_| pieces[rng.below(pieces.len())]).collect();
            let whole: Vec<&[u8]> = split.words(text.as_bytes()).collect();
            let parts = split.parts(text.as_bytes(), 100);
            assert!(parts.len() > 20);
            let cut: Vec<&[u8]> = parts.into_iter().flat_map(|r| split.words(&text.as_bytes()[r])).collect();
            assert_eq!(whole, cut);
        }
    }
}
