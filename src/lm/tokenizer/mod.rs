//! Tokenizers: text to token numbers and back. Token numbers count from 0, as in every file format.

mod bpe;
mod bytes;
mod chars;
mod file;
mod learn_bpe;
mod marks;
mod pieces;
mod special;
mod split;
mod trie;
mod utf8;

pub use bpe::BpeTokenizer;
pub use bytes::ByteTokenizer;
pub use chars::CharTokenizer;
pub use file::FileTokenizer;
pub use learn_bpe::BpeConfig;
pub use pieces::PiecesTokenizer;
pub use split::Split;
pub use trie::TrieTokenizer;
pub use utf8::Utf8Stream;

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use special::{Part, Specials};

/// What turns plain text into tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Core {
    Char(CharTokenizer),
    Byte(ByteTokenizer),
    Trie(TrieTokenizer),
    Bpe(BpeTokenizer),
    Pieces(PiecesTokenizer),
    File(FileTokenizer),
}

/// A tokenizer of any kind, as a model carries it: with its special tokens and its chat template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tokenizer {
    #[serde(flatten)]
    core: Core,
    #[serde(default, skip_serializing_if = "Specials::is_empty")]
    specials: Specials,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bos: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    eos: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chat_template: Option<String>,
}

macro_rules! from_core {
    ($($kind:ident: $type:ty),*) => {
        $(impl From<$type> for Tokenizer {
            fn from(tokenizer: $type) -> Self {
                Self::of(Core::$kind(tokenizer))
            }
        })*
    };
}

from_core!(Char: CharTokenizer, Byte: ByteTokenizer, Trie: TrieTokenizer, Bpe: BpeTokenizer);

impl Tokenizer {
    fn of(core: Core) -> Self {
        Self { core, specials: Specials::default(), bos: None, eos: None, chat_template: None }
    }

    /// One token per distinct character of `text`.
    ///
    /// # Errors
    /// If `text` is empty.
    pub fn chars(text: &str) -> Result<Self> {
        CharTokenizer::new(text).map(Self::from)
    }

    /// One token per byte: 256 tokens, and any text or data fits.
    pub fn bytes() -> Self {
        ByteTokenizer {}.into()
    }

    /// One token per word of a list, by longest match; the rest is spelled in bytes.
    ///
    /// # Errors
    /// If a word is empty, longer than 255 bytes, or stands there twice.
    pub fn trie(words: Vec<String>) -> Result<Self> {
        TrieTokenizer::new(words).map(Self::from)
    }

    /// The longest match among `words`, of which the i-th is token i, and nothing else; those that `special` tells are
    /// special tokens, which no plain text gives.
    ///
    /// # Errors
    /// If a word is empty or stands there twice.
    pub fn words(mut words: Vec<String>, special: &[bool]) -> Result<Self> {
        let mut specials = Specials::default();
        for (i, word) in words.iter_mut().enumerate() {
            if word.is_empty() {
                return Err(Error::value(format!("tokenizer: token {i} is empty")));
            }
            if special.get(i) == Some(&true) {
                specials.add(std::mem::take(word), i as u32);
            }
        }
        let tokenizer = Self { specials, ..TrieTokenizer::bare(words)?.into() };
        tokenizer.check()?;
        Ok(tokenizer)
    }

    /// Byte pairs learned from texts.
    ///
    /// # Errors
    /// If a setting is out of range, or after Ctrl-C.
    pub fn bpe<'a>(texts: impl IntoIterator<Item = &'a [u8]>, config: &BpeConfig) -> Result<Self> {
        BpeTokenizer::learn(texts, config).map(Self::from)
    }

    /// Byte-level BPE as GGUF's `gpt2` model stores it: `tokens` in GPT-2's printable alphabet, `merges` as pairs
    /// with a space between, `types` as GGUF numbers them (1 normal, 3 control, 4 user-defined; empty: all normal),
    /// `pre` the name of the pre-tokenizer ("gpt-2", "llama-bpe", "qwen2", "smollm", …). Control and user-defined
    /// tokens become special tokens.
    ///
    /// # Errors
    /// If a byte has no token, a merge is not of tokens to a token, or the pre-tokenizer is unknown.
    pub fn from_gpt2(tokens: Vec<String>, merges: Vec<String>, types: &[i32], pre: &str) -> Result<Self> {
        if !types.is_empty() && types.len() != tokens.len() {
            return Err(Error::value(format!("tokenizer: {} tokens have {} types", tokens.len(), types.len())));
        }
        let is_special = |i: &usize| matches!(types.get(*i), Some(&(pieces::CONTROL | pieces::USER)));
        let mut specials = Specials::default();
        for i in (0..tokens.len()).filter(is_special) {
            specials.add(tokens[i].clone(), i as u32);
        }
        let tokenizer = Self { specials, ..BpeTokenizer::from_gpt2(tokens, &merges, pre)?.into() };
        tokenizer.check()?;
        Ok(tokenizer)
    }

    /// SentencePiece BPE as GGUF's `llama` model and llama2.c store it: pieces with scores, joined best score first;
    /// `types` as GGUF numbers them (1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte; empty: read
    /// from the pieces `<0x..>`, `<unk>`, `<s>`, `</s>`). A piece's `▁` stands for a space. Control tokens become
    /// special tokens; `<s>` and `</s>` the beginning and end of a text.
    ///
    /// # Errors
    /// If the numbers of tokens, scores and types differ, or a score is not a number.
    pub fn from_sentencepiece(tokens: Vec<Vec<u8>>, scores: Vec<f32>, types: &[i32]) -> Result<Self> {
        let core = PiecesTokenizer::new(tokens, scores, types)?;
        let mut specials = Specials::default();
        for (id, text) in core.of_type(pieces::CONTROL).filter(|(_, text)| !text.is_empty()) {
            specials.add(text.to_string(), id);
        }
        let [bos, eos] = ["<s>", "</s>"].map(|name| specials.id(name));
        let tokenizer = Self { specials, bos, eos, ..Self::of(Core::Pieces(core)) };
        tokenizer.check()?;
        Ok(tokenizer)
    }

    /// The tokenizer in the text of a `tokenizer.json` file; the tokens that it adds are special tokens.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn from_json(json: &str) -> Result<Self> {
        let file = FileTokenizer::new(json)?;
        let mut specials = Specials::default();
        file.added().into_iter().for_each(|(text, id)| specials.add(text, id));
        let tokenizer = Self { specials, ..Self::of(Core::File(file)) };
        tokenizer.check()?;
        Ok(tokenizer)
    }

    /// The tokenizer in a `tokenizer.json` file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn from_file(path: impl AsRef<std::path::Path>) -> Result<Self> {
        Self::from_json(&crate::data::read_text(&path)?).map_err(|e| Error::file(&path, e))
    }

    /// The same with more special tokens, numbered after all others; those that it has already stay as they are.
    /// `<bos>` and `<eos>` become the beginning and end of a text, if it has none.
    ///
    /// # Errors
    /// If a text is empty or longer than 1024 bytes.
    pub fn with_specials<S: Into<String>>(mut self, texts: impl IntoIterator<Item = S>) -> Result<Self> {
        for text in texts {
            let next = self.vocab_size() as u32;
            self.specials.add(text.into(), next);
        }
        self.specials.check(self.core_size())?;
        self.bos = self.bos.or(self.special("<bos>"));
        self.eos = self.eos.or(self.special("<eos>"));
        Ok(self)
    }

    /// The same with these tokens for the beginning and end of a text.
    ///
    /// # Errors
    /// If a number is not a token.
    pub fn with_ends(self, bos: Option<u32>, eos: Option<u32>) -> Result<Self> {
        let tokenizer = Self { bos, eos, ..self };
        tokenizer.check_ends()?;
        Ok(tokenizer)
    }

    /// The same with a chat template (Jinja) to be kept with it.
    #[must_use]
    pub fn with_chat_template(self, template: Option<String>) -> Self {
        Self { chat_template: template, ..self }
    }

    /// The same, and a SentencePiece tokenizer puts a space before a text or not (it does unless told); others stay.
    #[must_use]
    pub fn with_space_before(mut self, space: bool) -> Self {
        if let Core::Pieces(t) = &mut self.core {
            t.set_prefix(space);
        }
        self
    }

    /// `char`, `byte`, `trie`, `bpe`, `pieces` (SentencePiece) or `file` (tokenizer.json).
    pub fn kind(&self) -> &'static str {
        match self.core {
            Core::Char(_) => "char",
            Core::Byte(_) => "byte",
            Core::Trie(_) => "trie",
            Core::Bpe(_) => "bpe",
            Core::Pieces(_) => "pieces",
            Core::File(_) => "file",
        }
    }

    fn core_size(&self) -> usize {
        match &self.core {
            Core::Char(t) => t.len(),
            Core::Byte(_) => 256,
            Core::Trie(t) => t.len(),
            Core::Bpe(t) => t.len(),
            Core::Pieces(t) => t.len(),
            Core::File(t) => t.len(),
        }
    }

    /// How many distinct tokens there are, special ones included.
    pub fn vocab_size(&self) -> usize {
        self.core_size().max(self.specials.end())
    }

    /// The token of the special text `name`, such as `<eos>`.
    pub fn special(&self, name: &str) -> Option<u32> {
        if self.specials.is_empty() { None } else { self.specials.id(name) }
    }

    /// The special tokens' texts and numbers.
    pub fn specials(&self) -> impl Iterator<Item = (&str, u32)> {
        self.specials.iter().map(|s| (s.text.as_str(), s.id))
    }

    /// The text of `token`, if it is a special one.
    pub fn special_text(&self, token: u32) -> Option<&str> {
        self.specials.text(token)
    }

    /// The token put before a text, if the model expects one.
    pub fn bos(&self) -> Option<u32> {
        self.bos
    }

    /// The token that ends a text or a turn.
    pub fn eos(&self) -> Option<u32> {
        self.eos
    }

    /// The chat template that came with it.
    pub fn chat_template(&self) -> Option<&str> {
        self.chat_template.as_deref()
    }

    /// The tokens of `text`, all of it taken as plain text: no special token comes of it, whatever it says.
    ///
    /// # Errors
    /// If a character has no token (its place is named), or a `char` or `file` tokenizer is given bytes that are not
    /// UTF-8.
    pub fn encode(&self, text: &[u8]) -> Result<Vec<u32>> {
        match &self.core {
            Core::Char(t) => t.encode(text),
            Core::Byte(t) => Ok(t.encode(text)),
            Core::Trie(t) => t.encode(text),
            Core::Bpe(t) => t.encode(text),
            Core::Pieces(t) => t.encode(text),
            Core::File(t) => t.encode(text, false),
        }
    }

    /// The tokens of `text`, in which special texts are recognised. For texts that the program made, never for what a
    /// stranger wrote.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn encode_with_specials(&self, text: &[u8]) -> Result<Vec<u32>> {
        if let Core::File(t) = &self.core
            && self.specials.end() <= t.len()
        {
            return t.encode(text, true);
        }
        let mut tokens = Vec::new();
        for part in self.specials.split(text) {
            match part {
                Part::Plain(text) => tokens.extend(self.encode(text)?),
                Part::Special(id) => tokens.push(id),
            }
        }
        Ok(tokens)
    }

    /// The tokens of `text`, in which special texts are recognised and `guard`, which keeps them from being recognised,
    /// is taken out.
    pub(super) fn encode_guarded(&self, text: &str, guard: char) -> Result<Vec<u32>> {
        let mut tokens = Vec::new();
        for part in self.specials.split(text.as_bytes()) {
            match part {
                Part::Plain(bytes) => {
                    let text = String::from_utf8_lossy(bytes).replace(guard, "");
                    tokens.extend(self.encode(text.as_bytes())?);
                }
                Part::Special(id) => tokens.push(id),
            }
        }
        Ok(tokens)
    }

    /// The tokens of `text`, without the characters that have none.
    pub fn encode_known(&self, text: &str) -> Vec<u32> {
        match &self.core {
            Core::Char(t) => t.encode_known(text),
            _ => self.encode(text.as_bytes()).unwrap_or_default(),
        }
    }

    /// The bytes that `tokens` stand for; of special tokens, their texts. Where encoding puts a space before a text,
    /// decoding takes it away.
    ///
    /// # Errors
    /// If a number is not a token.
    pub fn decode(&self, tokens: &[u32]) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(tokens.len() * 4);
        let prefix = match &self.core {
            Core::Pieces(t) => t.prefix(),
            Core::File(t) => t.prefix(),
            _ => false,
        };
        let mut begins = true; // a text, or what follows a special token
        for &token in tokens {
            let from = out.len();
            self.append_bytes(token, &mut out)?;
            if prefix {
                let special = self.special_text(token).is_some();
                if begins && !special && out.get(from) == Some(&b' ') {
                    out.remove(from);
                }
                begins = special;
            }
        }
        Ok(out)
    }

    /// Appends the bytes of one token to `out`.
    ///
    /// # Errors
    /// If the number is not a token.
    pub fn append_bytes(&self, token: u32, out: &mut Vec<u8>) -> Result<()> {
        if let Some(text) = self.specials.text(token) {
            out.extend(text.as_bytes());
            return Ok(());
        }
        if token as usize >= self.core_size() {
            return Err(Error::value(format!("decode: token {token} is outside 0..{}", self.vocab_size() - 1)));
        }
        match &self.core {
            Core::Char(t) => t.append(token, out),
            Core::Byte(_) => out.push(token as u8),
            Core::Trie(t) => t.append(token, out),
            Core::Bpe(t) => t.append(token, out),
            Core::Pieces(t) => t.append(token, out),
            Core::File(t) => t.append(token, out),
        }
        Ok(())
    }

    /// A number that tells this tokenizer's encoding from others', the same in every process.
    pub fn fingerprint(&self) -> u64 {
        let plain = Self { chat_template: None, ..self.clone() };
        let json = serde_json::to_vec(&plain).unwrap_or_default();
        // FNV-1a (Fowler, Noll & Vo 1991).
        json.iter().fold(0xcbf2_9ce4_8422_2325, |h: u64, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
    }

    fn check_ends(&self) -> Result<()> {
        let size = self.vocab_size();
        match [self.bos, self.eos].into_iter().flatten().find(|t| *t as usize >= size) {
            Some(token) => Err(Error::value(format!("tokenizer: the end token {token} is outside 0..{}", size - 1))),
            None => Ok(()),
        }
    }

    /// Checks what came from a file.
    ///
    /// # Errors
    /// If any part of it cannot be what it should be.
    pub fn check(&self) -> Result<()> {
        match &self.core {
            Core::Char(t) => t.check(),
            Core::Byte(_) => Ok(()),
            Core::Trie(t) => t.check(),
            Core::Bpe(t) => t.check(),
            Core::Pieces(t) => t.check(),
            Core::File(t) => t.check(),
        }?;
        self.specials.check(self.core_size())?;
        self.check_ends()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    const TEXT: &str = "Open the bridge, 磨坊主! 🐦 The miller's mill; the mill.\n\n";

    fn bpe() -> Tokenizer {
        let config = BpeConfig { vocab: 300, ..Default::default() };
        Tokenizer::bpe([TEXT.repeat(3).as_bytes()], &config).unwrap()
    }

    fn llama() -> Tokenizer {
        let (tokens, scores) = pieces::tests::small();
        Tokenizer::from_sentencepiece(tokens, scores, &[]).unwrap()
    }

    /// GPT-2's layout: the printable alphabet, two merges, a control token.
    fn gpt2() -> Tokenizer {
        let letters = ('!'..='~').chain('¡'..='¬').chain('®'..='ÿ').chain('Ā'..='ģ' /* 0x100 to 0x123 */);
        let mut tokens: Vec<String> = letters.chain('Ĥ'..='Ń').map(String::from).collect();
        assert_eq!(tokens.len(), 256);
        tokens.extend(["th", "Ġth", "<|end|>"].map(String::from));
        let mut types = vec![1; 258];
        types.push(3);
        Tokenizer::from_gpt2(tokens, vec!["t h".into(), "Ġ th".into()], &types, "gpt-2").unwrap()
    }

    fn lossless() -> Vec<Tokenizer> {
        let words = Tokenizer::trie(vec!["Open".into(), " the".into(), "磨坊".into()]).unwrap();
        let chars = CharTokenizer::new(TEXT).unwrap().with_bytes().into();
        vec![Tokenizer::bytes(), words, chars, bpe(), gpt2(), llama(), llama().with_space_before(false)]
    }

    #[test]
    fn decoding_undoes_encoding() {
        let mut all = lossless();
        all.push(Tokenizer::chars(TEXT).unwrap());
        for tokenizer in all {
            let tokens = tokenizer.encode(TEXT.as_bytes()).unwrap();
            assert_eq!(tokenizer.decode(&tokens).unwrap(), TEXT.as_bytes(), "{}", tokenizer.kind());
            let json = serde_json::to_string(&tokenizer).unwrap();
            let again: Tokenizer = serde_json::from_str(&json).unwrap();
            again.check().unwrap();
            assert_eq!((&again, again.fingerprint()), (&tokenizer, tokenizer.fingerprint()));
            assert_eq!(again.encode(TEXT.as_bytes()).unwrap(), tokens);
        }
    }

    #[test]
    fn every_string_of_bytes_survives() {
        let mut rng = Rng::new(11);
        let pieces: [&[u8]; 10] = [
            b"the",
            b" ",
            "磨".as_bytes(),
            b"\xe7\xa3",
            b"\xff",
            b"\n",
            "🐦".as_bytes(),
            b"'s",
            "▁".as_bytes(),
            b"<s>",
        ];
        for tokenizer in lossless() {
            let tokenizer = tokenizer.with_specials(["<bos>", "<s>"]).unwrap();
            for round in 0..300 {
                let mut text = Vec::new();
                for _ in 0..rng.below(40) {
                    if round % 2 == 0 {
                        text.push(rng.below(256) as u8);
                    } else {
                        text.extend(pieces[rng.below(pieces.len())]);
                    }
                }
                let plain = tokenizer.encode(&text).unwrap();
                assert_eq!(tokenizer.decode(&plain).unwrap(), text, "{}", tokenizer.kind());
                assert!(plain.iter().all(|t| tokenizer.special_text(*t).is_none()), "no special token from plain text");
                let with = tokenizer.encode_with_specials(&text).unwrap();
                assert_eq!(tokenizer.decode(&with).unwrap(), text, "{}", tokenizer.kind());
            }
        }
    }

    #[test]
    fn special_tokens_come_only_when_asked_for() {
        let t = Tokenizer::bytes().with_specials(["<bos>", "<eos>", "<e"]).unwrap();
        assert_eq!((t.vocab_size(), t.bos(), t.eos(), t.special("<e")), (259, Some(256), Some(257), Some(258)));
        assert_eq!(t.encode(b"<eos>").unwrap(), b"<eos>".map(u32::from));
        assert_eq!(t.encode_with_specials(b"a<eos><e>").unwrap(), [97, 257, 258, 62], "the longest of two");
        assert_eq!(t.decode(&[97, 257]).unwrap(), b"a<eos>");
        assert_eq!(gpt2().encode_with_specials(b"the<|end|>").unwrap()[2..], [258]);
        assert_eq!(gpt2().encode(b"a the").unwrap().len(), 3, "a, Ġth, e");
        let again = t.clone().with_specials(["<eos>", "<new>"]).unwrap();
        assert_eq!((again.vocab_size(), again.special("<new>")), (260, Some(259)));
        assert!(Tokenizer::bytes().with_specials([""]).is_err());
    }

    #[test]
    fn tokenizers_of_earlier_files_are_read() {
        let old = |json: &str| serde_json::from_str::<Tokenizer>(json).unwrap();
        assert_eq!(old(r#"{"kind":"char","alphabet":["a","b"]}"#), Tokenizer::chars("ab").unwrap());
        assert_eq!(old(r#"{"kind":"byte"}"#), Tokenizer::bytes());
        assert_eq!(old(r#"{"kind":"trie","words":["mill"]}"#), Tokenizer::trie(vec!["mill".into()]).unwrap());
    }

    #[test]
    fn hostile_content_is_refused() {
        let refusal = |json: &str| match serde_json::from_str::<Tokenizer>(json) {
            Ok(t) => t.check().unwrap_err().to_string(),
            Err(e) => e.to_string(),
        };
        let gap = r#"{"kind":"byte","specials":[{"text":"<a>","id":300}]}"#;
        assert_eq!(refusal(gap), "tokenizer: no token has the number 256");
        let huge = r#"{"kind":"byte","specials":[{"text":"<a>","id":4294967295}]}"#;
        assert_eq!(refusal(huge), "tokenizer: no token has the number 256");
        assert_eq!(refusal(r#"{"kind":"byte","eos":256}"#), "tokenizer: the end token 256 is outside 0..255");
        assert_eq!(
            refusal(r#"{"kind":"bpe","split":"gpt4","tokens":["a"],"merges":[]}"#),
            "tokenizer: the byte 0 has no token"
        );
        assert!(refusal(r#"{"kind":"bpe","split":"gpt4","merges":[[9,999]]}"#).starts_with("tokenizer: merge 1 "));
        assert!(refusal(r#"{"kind":"file","json":"{}"}"#).starts_with("tokenizer.json: cannot be read"));
        assert!(refusal(r#"{"kind":"morse"}"#).contains("unknown variant"));
    }

    #[test]
    fn a_number_that_is_no_token_is_refused() {
        let t = Tokenizer::chars("ab").unwrap();
        assert_eq!(t.decode(&[2]).unwrap_err().to_string(), "decode: token 2 is outside 0..1");
    }

    /// The layout of a byte-level `tokenizer.json`, such as Qwen's.
    #[test]
    fn a_tokenizer_file_is_read_and_kept() {
        let bpe = gpt2();
        let Core::Bpe(core) = &bpe.core else { panic!("it is byte pairs") };
        let tokens = serde_json::to_value(core).unwrap()["tokens"].clone();
        let vocab: serde_json::Map<String, serde_json::Value> = tokens.as_array().unwrap()[..258]
            .iter()
            .zip(0..)
            .map(|(t, i)| (t.as_str().unwrap().into(), i.into()))
            .collect();
        let json = serde_json::json!({
            "version": "1.0", "truncation": null, "padding": null,
            "added_tokens": [{"id": 258, "content": "<|end|>", "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": false}],
            "normalizer": null,
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
            "post_processor": null,
            "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
            "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
                "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "vocab": vocab,
                "merges": ["t h", "Ġ th"]}
        });
        let file = Tokenizer::from_json(&json.to_string()).unwrap();
        for text in [TEXT, "the other thing<|end|>", "", "  th  "] {
            assert_eq!(file.encode(text.as_bytes()).unwrap(), bpe.encode(text.as_bytes()).unwrap());
            let tokens = file.encode_with_specials(text.as_bytes()).unwrap();
            assert_eq!(tokens, bpe.encode_with_specials(text.as_bytes()).unwrap());
            assert_eq!(file.decode(&tokens).unwrap(), text.as_bytes());
        }
        let again: Tokenizer = serde_json::from_str(&serde_json::to_string(&file).unwrap()).unwrap();
        assert_eq!(again, file);
        assert_eq!((file.vocab_size(), file.special("<|end|>")), (259, Some(258)));
        let more = file.with_specials(["<user>"]).unwrap();
        assert_eq!(more.encode_with_specials(b"<user>a<|end|>").unwrap(), [259, 64, 258]);
        assert!(more.encode(b"\xff").is_err());
    }

    /// The tokens of `tests/golden/tokenizer.py`.
    #[test]
    fn tokens_are_those_of_other_programs() {
        let golden = include_str!("../../../tests/golden/tokenizer.json");
        let golden: serde_json::Value = serde_json::from_str(golden).unwrap();
        fn list<T: serde::de::DeserializeOwned>(value: &serde_json::Value) -> Vec<T> {
            serde_json::from_value(value.clone()).unwrap()
        }
        let texts: Vec<String> = list(&golden["texts"]);
        let check = |name: &str, tokenizer: &Tokenizer, ids: &serde_json::Value| {
            for (text, ids) in texts.iter().zip(list::<Vec<u32>>(ids)) {
                assert_eq!(tokenizer.encode(text.as_bytes()).unwrap(), ids, "{name}: {text:?}");
                assert_eq!(tokenizer.decode(&ids).unwrap(), text.as_bytes(), "{name}");
            }
        };
        for case in golden["byte_pairs"].as_array().unwrap() {
            let pre = case["pre"].as_str().unwrap();
            let tokenizer = Tokenizer::from_gpt2(list(&case["tokens"]), list(&case["merges"]), &[], pre).unwrap();
            check(pre, &tokenizer, &case["ids"]);
        }
        let pieces = &golden["pieces"];
        let tokens = list::<String>(&pieces["tokens"]).into_iter().map(String::into_bytes).collect();
        let tokenizer = Tokenizer::from_sentencepiece(tokens, list(&pieces["scores"]), &[]).unwrap();
        check("sentencepiece", &tokenizer, &pieces["ids"]);
    }
}
