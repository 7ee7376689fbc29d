//! Which tokens may come next, for each state of a constraint's machine.

use super::grammar::Grammar;
use super::machine::{DEAD, Machine};
use super::program::Program;
use super::vocabulary::Vocabulary;
use crate::lm::tokenizer::Tokenizer;
use crate::{Error, Result};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most memory that states and masks of one guide take before all are forgotten, in bytes.
pub(super) const ROOM: usize = 64 << 20;

/// Masks of at most so many tokens are lists.
const FEW: usize = 128;

/// A set of tokens.
#[derive(Clone, Debug)]
pub struct TokenMask {
    bits: Vec<u64>,
    few: Option<Vec<u32>>, // all of them, in order
    count: usize,
    worst: u32, // of the tokens that the text may need after one of these
}

impl TokenMask {
    fn new(size: usize) -> Self {
        Self { bits: vec![0; size.div_ceil(64)], few: None, count: 0, worst: 0 }
    }

    fn add(&mut self, token: u32) {
        let word = &mut self.bits[token as usize / 64];
        let bit = 1 << (token % 64);
        self.count += usize::from(*word & bit == 0);
        *word |= bit;
    }

    /// Whether it holds `token`.
    pub fn contains(&self, token: u32) -> bool {
        self.bits.get(token as usize / 64).is_some_and(|word| word >> (token % 64) & 1 == 1)
    }

    /// How many tokens it holds.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Its tokens in order.
    pub fn tokens(&self) -> impl Iterator<Item = u32> {
        let words = self.bits.iter().enumerate().filter(|(_, word)| **word != 0);
        words.flat_map(|(i, word)| (0..64).filter(move |b| word >> b & 1 == 1).map(move |b| i as u32 * 64 + b))
    }

    /// Leaves the others out of a draw: their logits become −∞.
    pub fn apply(&self, logits: &mut [f32]) {
        if let Some(few) = &self.few {
            let mut kept = [0.0; FEW];
            few.iter().zip(&mut kept).for_each(|(token, kept)| *kept = logits[*token as usize]);
            logits.fill(f32::NEG_INFINITY);
            few.iter().zip(kept).for_each(|(token, kept)| logits[*token as usize] = kept);
            return;
        }
        let known = (self.bits.len() * 64).min(logits.len());
        logits[known..].fill(f32::NEG_INFINITY);
        for (word, logits) in self.bits.iter().zip(logits.chunks_mut(64)) {
            match *word {
                u64::MAX => {}
                0 => logits.fill(f32::NEG_INFINITY),
                word => {
                    for (bit, logit) in logits.iter_mut().enumerate() {
                        *logit = if word >> bit & 1 == 1 { *logit } else { f32::NEG_INFINITY };
                    }
                }
            }
        }
    }
}

/// A constraint for one tokenizer, shared by all texts that it leads.
pub struct Guide {
    vocabulary: Arc<Vocabulary>,
    ends: Vec<u32>,
    inner: Mutex<Inner>,
}

struct Inner {
    machine: Machine,
    masks: HashMap<u32, Arc<TokenMask>>,
    bytes: usize, // of the masks
    age: u64,     // how often all was forgotten
}

impl Guide {
    pub(super) fn new(grammar: &Grammar, tokenizer: &Arc<Tokenizer>, ends: &[u32]) -> Result<Self> {
        let vocabulary = Vocabulary::of(tokenizer);
        let machine = Machine::new(Program::new(grammar, vocabulary.alphabet.as_ref())?);
        let inner = Inner { machine, masks: HashMap::new(), bytes: 0, age: 0 };
        Ok(Self { vocabulary, ends: ends.to_vec(), inner: Mutex::new(inner) })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tokens that may come at `state`, of those after which `most` more suffice.
    fn mask(&self, inner: &mut Inner, state: u32, most: u32) -> Result<TokenMask> {
        let mut mask = TokenMask::new(self.vocabulary.size());
        self.vocabulary.walk(&mut inner.machine, state, |token, need| {
            if need <= most && !self.ends.contains(&token) {
                mask.add(token);
                mask.worst = mask.worst.max(need);
            }
        })?;
        if inner.machine.accepts(state) {
            self.ends.iter().for_each(|end| mask.add(*end));
        }
        if mask.count <= FEW {
            mask.few = Some(mask.tokens().collect());
        }
        Ok(mask)
    }
}

/// A text on its way along a guide.
pub struct Walk {
    guide: Arc<Guide>,
    bytes: Vec<u8>, // so far
    state: u32,
    age: u64,
    need: u32,
    done: bool,
}

impl Walk {
    /// An empty text.
    pub fn new(guide: &Arc<Guide>) -> Result<Self> {
        let (bytes, age) = (Vec::new(), u64::MAX);
        let mut walk = Self { guide: guide.clone(), bytes, state: 0, age, need: 0, done: false };
        let guide = walk.guide.clone();
        walk.settle(&mut guide.lock())?;
        Ok(walk)
    }

    /// Sees to it that the state's number means something.
    fn settle(&mut self, inner: &mut Inner) -> Result<()> {
        if inner.machine.bytes() + inner.bytes > ROOM {
            inner.machine.forget();
            inner.masks.clear();
            inner.bytes = 0;
            inner.age += 1;
        }
        if self.age != inner.age {
            self.state = inner.machine.start()?;
            for byte in &self.bytes {
                self.state = inner.machine.step(self.state, *byte)?;
            }
            self.age = inner.age;
        }
        self.note(inner);
        Ok(())
    }

    fn note(&mut self, inner: &Inner) {
        self.need = inner.machine.need(self.state);
        self.done = inner.machine.done(self.state);
    }

    /// The tokens that may come next, if at most `left` may come at all.
    pub fn mask(&mut self, left: usize) -> Result<Arc<TokenMask>> {
        let guide = self.guide.clone();
        let inner = &mut *guide.lock();
        self.settle(inner)?;
        let most = u32::try_from(left.saturating_sub(1)).unwrap_or(u32::MAX);
        let mask = match inner.masks.get(&self.state) {
            Some(mask) => mask.clone(),
            None => {
                let mask = Arc::new(guide.mask(inner, self.state, u32::MAX)?);
                inner.masks.insert(self.state, mask.clone());
                inner.bytes += guide.vocabulary.mask_bytes();
                mask
            }
        };
        // Near the end, only what still leads there.
        if mask.worst <= most { Ok(mask) } else { Ok(Arc::new(guide.mask(inner, self.state, most)?)) }
    }

    /// Goes on by the bytes of a token.
    ///
    /// # Errors
    /// If it may not come here.
    pub fn advance(&mut self, bytes: &[u8]) -> Result<()> {
        let guide = self.guide.clone();
        let inner = &mut *guide.lock();
        self.settle(inner)?;
        for byte in bytes {
            let next = inner.machine.step(self.state, *byte)?;
            if next == DEAD {
                return Err(Error::value("constraint: the text left it"));
            }
            self.bytes.push(*byte);
            self.state = next;
        }
        self.note(inner);
        Ok(())
    }

    /// Tokens that surely suffice to come to an end.
    pub fn need(&self) -> usize {
        self.need as usize
    }

    /// Whether the text must end here.
    pub fn done(&self) -> bool {
        self.done
    }
}
