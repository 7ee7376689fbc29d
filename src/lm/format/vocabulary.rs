//! A tokenizer as the fields of other programs' formats hold it.

use crate::lm::Tokenizer;
use serde_json::Value;

/// What other programs' formats can express.
pub enum Vocabulary {
    /// Byte-level BPE: tokens in GPT-2's printable alphabet, merges "a b", types, the pre-tokenizer's name.
    Gpt2 { tokens: Vec<String>, merges: Vec<String>, types: Vec<i32>, pre: &'static str },
    /// SentencePiece: pieces with scores and types.
    Pieces { tokens: Vec<String>, scores: Vec<f32>, types: Vec<i32> },
    /// The text of a `tokenizer.json`.
    File(String),
}

const NORMAL: i32 = 1;
const CONTROL: i32 = 3;

impl Vocabulary {
    /// The tokenizer in such a form, if it has one.
    pub fn of(tokenizer: &Tokenizer) -> Option<Self> {
        let value = serde_json::to_value(tokenizer).ok()?;
        match tokenizer.kind() {
            "bpe" => gpt2(tokenizer, &value),
            "pieces" => pieces(tokenizer, &value),
            "file" => Some(Self::File(value.get("json")?.as_str()?.into())),
            _ => None,
        }
    }
}

fn gpt2(tokenizer: &Tokenizer, value: &Value) -> Option<Vocabulary> {
    let pre = match value.get("split")?.as_str()? {
        "gpt2" => "gpt-2",
        "digits" => "smollm",
        "gpt4" => "llama-bpe",
        "qwen2" => "qwen2",
        _ => return None,
    };
    let pairs: Vec<(u32, u32)> = serde_json::from_value(value.get("merges")?.clone()).ok()?;
    let mut tokens: Vec<String> = match value.get("tokens") {
        Some(tokens) => serde_json::from_value(tokens.clone()).ok()?,
        None => printable().iter().map(char::to_string).collect(),
    };
    let given = value.get("tokens").is_some();
    let mut merges = Vec::with_capacity(pairs.len());
    for (a, b) in pairs {
        let (a, b) = (tokens.get(a as usize)?.clone(), tokens.get(b as usize)?.clone());
        merges.push(format!("{a} {b}"));
        if !given && !tokens.contains(&format!("{a}{b}")) {
            tokens.push(a + &b);
        }
    }
    let mut types = vec![NORMAL; tokens.len()];
    with_specials(tokenizer, &mut tokens, &mut types)?;
    Some(Vocabulary::Gpt2 { tokens, merges, types, pre })
}

fn pieces(tokenizer: &Tokenizer, value: &Value) -> Option<Vocabulary> {
    let mut tokens: Vec<String> = serde_json::from_value(value.get("tokens")?.clone()).ok()?;
    let mut scores: Vec<f32> = serde_json::from_value(value.get("scores")?.clone()).ok()?;
    let mut types: Vec<i32> = serde_json::from_value(value.get("types")?.clone()).ok()?;
    with_specials(tokenizer, &mut tokens, &mut types)?;
    scores.resize(tokens.len(), 0.0);
    Some(Vocabulary::Pieces { tokens, scores, types })
}

/// Special tokens beyond the others, and their types.
fn with_specials(tokenizer: &Tokenizer, tokens: &mut Vec<String>, types: &mut Vec<i32>) -> Option<()> {
    let mut specials: Vec<(&str, u32)> = tokenizer.specials().collect();
    specials.sort_by_key(|(_, id)| *id);
    for (text, id) in specials {
        if id as usize == tokens.len() {
            tokens.push(text.into());
            types.push(CONTROL);
        } else if types.get(id as usize)? == &NORMAL {
            types[id as usize] = CONTROL;
        }
    }
    (tokens.len() == tokenizer.vocab_size()).then_some(())
}

/// GPT-2's printable characters of the bytes 0 to 255 (Radford et al. 2019): those that print stand for themselves.
fn printable() -> [char; 256] {
    let mut spare = (256..).filter_map(char::from_u32);
    std::array::from_fn(|byte| match byte {
        0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff => char::from(byte as u8),
        _ => spare.next().unwrap_or(' '),
    })
}
