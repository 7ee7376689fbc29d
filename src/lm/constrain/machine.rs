//! A program run on all its ways at once: states are sets of places, each with what is to be returned to.
//!
//! States are made when they are first reached and then known: the machine becomes a table. Stacks share their lower
//! parts, and equal ones are one, so that equal sets of places are one state.

use super::program::{NEVER, Node, Program};
use crate::{Error, Result};
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// No way on.
pub(super) const DEAD: u32 = u32::MAX;

/// Not known yet.
const UNKNOWN: u32 = u32::MAX - 1;

/// The most places in one state.
const PLACES: usize = 1 << 12;

/// A node that wants a byte, and the stack of nodes to return to.
type Place = (u32, u32);

/// Mixes small numbers quickly, by Firefox's way: turn, xor, multiply.
#[derive(Default)]
struct Mixer(u64);

impl Mixer {
    fn mix(&mut self, n: u64) {
        self.0 = (self.0.rotate_left(5) ^ n).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.mix(u64::from(*b)));
    }

    fn write_u32(&mut self, n: u32) {
        self.mix(u64::from(n));
    }

    fn write_usize(&mut self, n: usize) {
        self.mix(n as u64);
    }

    fn finish(&self) -> u64 {
        // (The table looks at the upper bits, which a product fills best, and at the lower.)
        self.0 ^ self.0 >> 32
    }
}

type Mixed = BuildHasherDefault<Mixer>;

/// The empty stack.
const EMPTY: u32 = 0;

struct Frame {
    node: u32, // to return to
    below: u32,
    need: u32, // tokens that suffice from there to the end of the text
}

struct State {
    places: Box<[Place]>,
    accepts: bool,
    need: u32,
    next: Box<[u32]>, // by class
}

/// A program and the states of it that have been reached.
pub(super) struct Machine {
    program: Program,
    frames: Vec<Frame>,
    frame_numbers: HashMap<(u32, u32), u32, Mixed>,
    states: Vec<State>,
    state_numbers: HashMap<(Box<[Place]>, bool), u32, Mixed>,
    bytes: usize, // about how much memory all this takes
    left: Vec<Place>,
    seen: HashSet<Place, Mixed>,
    found: Vec<Place>,
}

impl Machine {
    pub fn new(program: Program) -> Self {
        let empty = Frame { node: 0, below: EMPTY, need: 0 };
        Self {
            program,
            frames: vec![empty],
            frame_numbers: HashMap::default(),
            states: Vec::new(),
            state_numbers: HashMap::default(),
            bytes: 0,
            left: Vec::new(),
            seen: HashSet::default(),
            found: Vec::new(),
        }
    }

    /// Forgets all states; their numbers mean nothing afterwards.
    pub fn forget(&mut self) {
        self.frames.truncate(1);
        self.frame_numbers.clear();
        self.states.clear();
        self.state_numbers.clear();
        self.bytes = 0;
    }

    /// About how many bytes the states take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn start(&mut self) -> Result<u32> {
        self.left.clear();
        self.left.push((self.program.starts[self.program.root as usize], EMPTY));
        self.close()
    }

    /// The state after `byte`, or DEAD.
    pub fn step(&mut self, state: u32, byte: u8) -> Result<u32> {
        let class = self.program.classes[usize::from(byte)];
        let known = self.states[state as usize].next[usize::from(class)];
        if known != UNKNOWN {
            return Ok(known);
        }
        let byte = self.program.samples[usize::from(class)];
        self.left.clear();
        for (node, stack) in &self.states[state as usize].places {
            let Node::Bytes(ranges) = &self.program.nodes[*node as usize] else { continue };
            if let Some((_, _, next)) = ranges.iter().find(|(from, to, _)| (*from..=*to).contains(&byte)) {
                self.left.push((*next, *stack));
            }
        }
        let next = if self.left.is_empty() { DEAD } else { self.close()? };
        self.states[state as usize].next[usize::from(class)] = next;
        Ok(next)
    }

    /// Whether a text may end here.
    pub fn accepts(&self, state: u32) -> bool {
        self.states[state as usize].accepts
    }

    /// Whether a text must end here.
    pub fn done(&self, state: u32) -> bool {
        self.states[state as usize].places.is_empty()
    }

    /// Tokens that surely suffice from here to the end of a text.
    pub fn need(&self, state: u32) -> u32 {
        self.states[state as usize].need
    }

    /// The state of all places that can be reached from those in `left` without a byte.
    fn close(&mut self) -> Result<u32> {
        let Self { program, frames, frame_numbers, left, seen, found, .. } = self;
        seen.clear();
        found.clear();
        let mut accepts = false;
        while let Some((node, stack)) = left.pop() {
            if program.need[node as usize] == NEVER || !seen.insert((node, stack)) {
                continue;
            }
            match &program.nodes[node as usize] {
                Node::Bytes(_) => found.push((node, stack)),
                Node::Split(ways) => left.extend(ways.iter().rev().map(|way| (*way, stack))),
                Node::Call(rule, next) => {
                    // What a rule does last needs no place to return to.
                    let stack = if matches!(program.nodes[*next as usize], Node::Return) {
                        stack
                    } else {
                        *frame_numbers.entry((*next, stack)).or_insert_with(|| {
                            let need = program.need[*next as usize].saturating_add(frames[stack as usize].need);
                            frames.push(Frame { node: *next, below: stack, need });
                            self.bytes += 48;
                            frames.len() as u32 - 1
                        })
                    };
                    left.push((program.starts[*rule as usize], stack));
                }
                Node::Return if stack == EMPTY => accepts = true,
                Node::Return => left.push((frames[stack as usize].node, frames[stack as usize].below)),
            }
            if found.len() > PLACES {
                return Err(Error::value(format!(
                    "constraint: it is too ambiguous (more than {PLACES} ways to go on at one place)"
                )));
            }
        }
        if found.is_empty() && !accepts {
            return Ok(DEAD);
        }
        found.sort_unstable();
        let key = (found.as_slice().into(), accepts);
        if let Some(known) = self.state_numbers.get(&key) {
            return Ok(*known);
        }
        let need = |(node, stack): &Place| program.need[*node as usize].saturating_add(frames[*stack as usize].need);
        let need = if accepts { 0 } else { found.iter().map(need).min().unwrap_or(NEVER) };
        let next = vec![UNKNOWN; program.samples.len()].into();
        self.bytes += 160 + found.len() * 16 + program.samples.len() * 4;
        self.states.push(State { places: key.0.clone(), accepts, need, next });
        let number = self.states.len() as u32 - 1;
        self.state_numbers.insert(key, number);
        Ok(number)
    }
}
