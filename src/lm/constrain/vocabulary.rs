//! A tokenizer's tokens as a trie of their bytes, to be walked together with a machine.

use super::grammar::CharSet;
use super::machine::{DEAD, Machine};
use crate::Result;
use crate::lm::tokenizer::Tokenizer;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The tokens that may stand in a text, by their bytes; special tokens are none of them.
pub(super) struct Vocabulary {
    size: usize,
    bytes: Vec<u8>,   // of the nodes, each before its children
    depths: Vec<u16>, // 1 for a first byte
    ends: Vec<u32>,   // the node after the last one below
    firsts: Vec<u32>, // where in `tokens` those begin that end at a node; one more than nodes
    tokens: Vec<u32>,
    deepest: usize,
    /// The characters that every text must be made of, if not every byte has a token.
    pub alphabet: Option<CharSet>,
}

/// Vocabularies made before, while their tokenizers live.
static KNOWN: Mutex<Vec<(Weak<Tokenizer>, Arc<Vocabulary>)>> = Mutex::new(Vec::new());

/// Longer tokens are not used.
const LONGEST: usize = 1 << 12;

impl Vocabulary {
    /// That of a tokenizer; made once.
    pub fn of(tokenizer: &Arc<Tokenizer>) -> Arc<Self> {
        let find = |known: &[(Weak<Tokenizer>, Arc<Self>)]| {
            let same = |(of, _): &&(Weak<Tokenizer>, Arc<Self>)| of.as_ptr() == Arc::as_ptr(tokenizer);
            known.iter().find(same).map(|(_, v)| v.clone())
        };
        let lock = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = find(&lock()) {
            return known;
        }
        let made = Arc::new(Self::new(tokenizer));
        let mut known = lock();
        known.retain(|(of, _)| of.strong_count() > 0);
        if let Some(before) = find(&known) {
            return before;
        }
        known.push((Arc::downgrade(tokenizer), made.clone()));
        made
    }

    fn new(tokenizer: &Tokenizer) -> Self {
        let size = tokenizer.vocab_size();
        let mut spelled: Vec<(Vec<u8>, u32)> = Vec::with_capacity(size);
        for token in 0..size as u32 {
            let mut bytes = Vec::new();
            let plain = tokenizer.special_text(token).is_none();
            if plain && tokenizer.append_bytes(token, &mut bytes).is_ok() && (1..=LONGEST).contains(&bytes.len()) {
                spelled.push((bytes, token));
            }
        }
        // A tokenizer with a token for every byte of UTF-8 can write whatever is asked for.
        let mut single = [false; 256];
        spelled
            .iter()
            .filter(|(bytes, _)| bytes.len() == 1)
            .for_each(|(bytes, _)| single[usize::from(bytes[0])] = true);
        let alphabet = if (0..=0xf4u8).all(|b| matches!(b, 0xc0 | 0xc1) || single[usize::from(b)]) {
            None
        } else {
            // Else only whole characters are sure to lead on.
            spelled.retain(|(bytes, _)| std::str::from_utf8(bytes).is_ok());
            let lone = |(bytes, _): &(Vec<u8>, u32)| {
                let mut characters = std::str::from_utf8(bytes).ok()?.chars();
                let first = characters.next()? as u32;
                characters.next().is_none().then_some((first, first))
            };
            Some(CharSet::new(spelled.iter().filter_map(lone)))
        };
        spelled.sort_unstable();
        let mut trie = Self {
            size,
            bytes: Vec::new(),
            depths: Vec::new(),
            ends: Vec::new(),
            firsts: Vec::new(),
            tokens: Vec::with_capacity(spelled.len()),
            deepest: spelled.iter().map(|(bytes, _)| bytes.len()).max().unwrap_or(0),
            alphabet,
        };
        let mut path: Vec<(u8, u32)> = Vec::new(); // bytes and nodes down to the token before
        for (bytes, token) in &spelled {
            let same = path.iter().zip(bytes).take_while(|((a, _), b)| a == *b).count();
            trie.close(&mut path, same);
            for byte in &bytes[same..] {
                path.push((*byte, trie.bytes.len() as u32));
                trie.bytes.push(*byte);
                trie.depths.push(path.len() as u16);
                trie.ends.push(0);
                trie.firsts.push(trie.tokens.len() as u32);
            }
            trie.tokens.push(*token);
        }
        trie.close(&mut path, 0);
        trie.firsts.push(trie.tokens.len() as u32);
        trie
    }

    /// The nodes of `path` below the first `keep` have no more children.
    fn close(&mut self, path: &mut Vec<(u8, u32)>, keep: usize) {
        let end = self.bytes.len() as u32;
        path.drain(keep..).for_each(|(_, node)| self.ends[node as usize] = end);
    }

    /// How many tokens the tokenizer has.
    pub fn size(&self) -> usize {
        self.size
    }

    /// About how many bytes a mask takes.
    pub fn mask_bytes(&self) -> usize {
        self.size / 8 + 64
    }

    /// Calls `allow` with each token whose bytes lead on from `state`, and how many more then suffice.
    pub fn walk(&self, machine: &mut Machine, state: u32, mut allow: impl FnMut(u32, u32)) -> Result<()> {
        let mut states = vec![state; self.deepest + 1]; // by depth
        let mut node = 0;
        while node < self.bytes.len() {
            let depth = usize::from(self.depths[node]);
            let next = machine.step(states[depth - 1], self.bytes[node])?;
            if next == DEAD {
                node = self.ends[node] as usize;
                continue;
            }
            states[depth] = next;
            let (from, to) = (self.firsts[node] as usize, self.firsts[node + 1] as usize);
            if from < to {
                let need = machine.need(next);
                self.tokens[from..to].iter().for_each(|token| allow(*token, need));
            }
            node += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trie_holds_every_token_once() {
        let tokenizer = Tokenizer::trie(vec!["the".into(), "then".into(), " the".into(), "磨坊".into()]).unwrap();
        let tokenizer = Arc::new(tokenizer.with_specials(["<eos>"]).unwrap());
        let v = Vocabulary::of(&tokenizer);
        let mut tokens = v.tokens.clone();
        tokens.sort_unstable();
        assert_eq!(tokens, (0..260).collect::<Vec<u32>>(), "all but the special one");
        assert_eq!((v.size(), v.deepest, v.alphabet.is_none()), (261, 6, true));
        for node in 0..v.bytes.len() {
            let end = v.ends[node] as usize;
            assert!(end > node && (node + 1..end).all(|below| v.depths[below] > v.depths[node]));
            assert!(end == v.bytes.len() || v.depths[end] <= v.depths[node]);
        }
        assert!(Arc::ptr_eq(&v, &Vocabulary::of(&tokenizer)), "made once");
        let chars = Vocabulary::of(&Arc::new(Tokenizer::chars("ab磨").unwrap()));
        assert_eq!(chars.alphabet, Some(CharSet::of("ab磨")));
    }
}
