//! A grammar as a program over bytes: a network of states (Thompson 1968) for each rule, with calls between them.

use super::grammar::{CharSet, Expr, Grammar};
use crate::{Error, Result};
use regex_syntax::utf8::{Utf8Range, Utf8Sequences};
use std::collections::{HashMap, HashSet};

/// The most nodes.
const MOST: usize = 1 << 20;

/// No text leads from here to the end.
pub(super) const NEVER: u32 = u32::MAX;

/// Where the program stands; nodes are numbered.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// A byte of one of these ranges (apart from each other), and on from that node.
    Bytes(Box<[(u8, u8, u32)]>),
    /// On from any of these.
    Split(Vec<u32>),
    /// What a rule says, and on from that node.
    Call(u32, u32),
    /// The end of the rule.
    Return,
}

/// The program of a grammar.
pub(super) struct Program {
    pub nodes: Vec<Node>,
    pub starts: Vec<u32>, // of the rules
    pub root: u32,        // rule
    pub need: Vec<u32>,   // tokens that surely suffice from a node to the end of its rule, or NEVER
    pub classes: Vec<u8>, // for each byte, its class: bytes of one class are alike everywhere
    pub samples: Vec<u8>, // for each class, one of its bytes
}

/// The end of every rule.
const RETURN: u32 = 0;

impl Program {
    /// The program of those texts of `grammar` that are made of `alphabet` alone.
    ///
    /// # Errors
    /// If it grows too large, a rule calls itself before any character, or there is no such text.
    pub fn new(grammar: &Grammar, alphabet: Option<&CharSet>) -> Result<Self> {
        let mut builder = Builder {
            alphabet,
            nodes: vec![Node::Return],
            starts: vec![NEVER; grammar.rules.len()],
            sets: HashMap::new(),
            tries: HashMap::new(),
        };
        for (number, rule) in grammar.rules.iter().enumerate() {
            builder.starts[number] = builder.lower(&rule.body, RETURN)?;
        }
        let Builder { nodes, starts, .. } = builder;
        let need = needs(&nodes, &starts, alphabet.is_some());
        let root = grammar.root as u32;
        if need[starts[grammar.root] as usize] == NEVER {
            let why = match alphabet {
                Some(_) => "no text that fits can be written in the characters of this tokenizer",
                None => "no text fits: it never comes to an end",
            };
            return Err(Error::value(format!("constraint: {why}")));
        }
        refuse_left_recursion(grammar, &nodes, &starts, &need)?;
        let (classes, samples) = classes(&nodes);
        Ok(Self { nodes, starts, root, need, classes, samples })
    }
}

struct Builder<'a> {
    alphabet: Option<&'a CharSet>,
    nodes: Vec<Node>,
    starts: Vec<u32>,
    sets: HashMap<CharSet, u32>,             // rules of sets of characters
    tries: HashMap<Vec<(u8, u8, u32)>, u32>, // nodes that are alike
}

impl Builder<'_> {
    fn add(&mut self, node: Node) -> Result<u32> {
        if self.nodes.len() >= MOST {
            return Err(too_large());
        }
        self.nodes.push(node);
        Ok(self.nodes.len() as u32 - 1)
    }

    fn bytes(&mut self, ranges: Vec<(u8, u8, u32)>) -> Result<u32> {
        if let Some(known) = self.tries.get(&ranges) {
            return Ok(*known);
        }
        let node = self.add(Node::Bytes(ranges.clone().into()))?;
        self.tries.insert(ranges, node);
        Ok(node)
    }

    /// The node from which `expr` leads on to `next`.
    fn lower(&mut self, expr: &Expr, next: u32) -> Result<u32> {
        match expr {
            Expr::Text(text) => {
                if self.alphabet.is_some_and(|a| !text.chars().all(|c| a.contains(c))) {
                    return self.bytes(Vec::new()); // no way on
                }
                let mut node = next;
                for byte in text.bytes().rev() {
                    node = self.bytes(vec![(byte, byte, node)])?;
                }
                Ok(node)
            }
            Expr::Set(set) => {
                let set = self.alphabet.map_or_else(|| set.clone(), |a| a.and(set));
                if set.ranges().last().is_none_or(|(_, to)| *to < 128) {
                    return self.bytes(set.ranges().iter().map(|(from, to)| (*from as u8, *to as u8, next)).collect());
                }
                let rule = self.set(set)?;
                self.add(Node::Call(rule, next))
            }
            Expr::Seq(parts) => {
                let mut node = next;
                for part in parts.iter().rev() {
                    node = self.lower(part, node)?;
                }
                Ok(node)
            }
            Expr::Any(parts) => {
                let ways = parts.iter().map(|part| self.lower(part, next)).collect::<Result<_>>()?;
                self.add(Node::Split(ways))
            }
            Expr::Rule(rule) => self.add(Node::Call(*rule as u32, next)),
            Expr::Repeat(body, min, max) => self.repeat(body, *min, *max, next),
        }
    }

    fn repeat(&mut self, body: &Expr, min: u32, max: Option<u32>, next: u32) -> Result<u32> {
        let small = matches!(body, Expr::Rule(_) | Expr::Set(_)) || matches!(body, Expr::Text(t) if t.len() < 4);
        let copies = max.unwrap_or(min.saturating_add(1));
        if copies as usize > MOST {
            return Err(too_large());
        }
        let rule;
        let body = if small || copies < 2 {
            body
        } else {
            // Copies of a call are cheaper than copies of what it does.
            let start = self.lower(body, RETURN)?;
            self.starts.push(start);
            rule = Expr::Rule(self.starts.len() - 1);
            &rule
        };
        let mut node = next;
        match max {
            None => {
                node = self.add(Node::Split(Vec::new()))?;
                let again = self.lower(body, node)?;
                self.nodes[node as usize] = Node::Split(vec![again, next]);
            }
            Some(max) => {
                for _ in min..max {
                    let once = self.lower(body, node)?;
                    node = self.add(Node::Split(vec![once, next]))?;
                }
            }
        }
        for _ in 0..min {
            node = self.lower(body, node)?;
        }
        Ok(node)
    }

    /// The rule of a set of characters: a trie of their bytes.
    fn set(&mut self, set: CharSet) -> Result<u32> {
        if let Some(rule) = self.sets.get(&set) {
            return Ok(*rule);
        }
        let letters = set.ranges().iter().filter_map(|(a, b)| Some((char::from_u32(*a)?, char::from_u32(*b)?)));
        let sequences: Vec<Vec<Utf8Range>> =
            letters.flat_map(|(a, b)| Utf8Sequences::new(a, b)).map(|s| s.as_slice().to_vec()).collect();
        let start = self.trie(&sequences, 0)?;
        self.starts.push(start);
        let rule = self.starts.len() as u32 - 1;
        self.sets.insert(set, rule);
        Ok(rule)
    }

    /// Sequences come in order, so those that begin alike stand together.
    fn trie(&mut self, sequences: &[Vec<Utf8Range>], at: usize) -> Result<u32> {
        let mut ranges = Vec::new();
        for alike in sequences.chunk_by(|a, b| a[at] == b[at]) {
            let next = if alike[0].len() == at + 1 { RETURN } else { self.trie(alike, at + 1)? };
            let Utf8Range { start, end } = alike[0][at];
            match ranges.last_mut() {
                Some((_, last, same)) if *same == next && u16::from(*last) + 1 == u16::from(start) => *last = end,
                _ => ranges.push((start, end, next)),
            }
        }
        self.bytes(ranges)
    }
}

/// Tokens that surely suffice to come to the end of the rule, for each node: one for each byte of the shortest way, or
/// for each character if tokens are whole ones.
fn needs(nodes: &[Node], starts: &[u32], whole: bool) -> Vec<u32> {
    let mut need = vec![NEVER; nodes.len()];
    let plus = |a: u32, b: u32| if a == NEVER || b == NEVER { NEVER } else { a.saturating_add(b).min(NEVER - 1) };
    loop {
        let mut changed = false;
        for (i, node) in nodes.iter().enumerate() {
            let new = match node {
                Node::Return => 0,
                Node::Bytes(ranges) => {
                    let cost = |first: u8| u32::from(!(whole && (0x80..0xc0).contains(&first)));
                    ranges.iter().map(|r| plus(cost(r.0), need[r.2 as usize])).min().unwrap_or(NEVER)
                }
                Node::Split(ways) => ways.iter().map(|w| need[*w as usize]).min().unwrap_or(NEVER),
                Node::Call(rule, next) => plus(need[starts[*rule as usize] as usize], need[*next as usize]),
            };
            if new < need[i] {
                need[i] = new;
                changed = true;
            }
        }
        if !changed {
            return need;
        }
    }
}

/// Refuses rules that call themselves before any character: they would never be done with it.
fn refuse_left_recursion(grammar: &Grammar, nodes: &[Node], starts: &[u32], need: &[u32]) -> Result<()> {
    // The rules that each calls first.
    let first: Vec<Vec<usize>> = starts
        .iter()
        .map(|start| {
            let (mut calls, mut seen, mut left) = (HashSet::new(), HashSet::new(), vec![*start]);
            while let Some(node) = left.pop() {
                if !seen.insert(node) {
                    continue;
                }
                match &nodes[node as usize] {
                    Node::Split(ways) => left.extend(ways),
                    Node::Call(rule, next) => {
                        calls.insert(*rule as usize);
                        if need[starts[*rule as usize] as usize] == 0 {
                            left.push(*next);
                        }
                    }
                    Node::Bytes(_) | Node::Return => {}
                }
            }
            calls.into_iter().collect()
        })
        .collect();
    // 0 not seen, 1 on the way, 2 done.
    let mut mark = vec![0u8; starts.len()];
    for from in 0..starts.len() {
        let mut path = vec![(from, 0)];
        if mark[from] != 0 {
            continue;
        }
        mark[from] = 1;
        while let Some((rule, at)) = path.last_mut() {
            let Some(next) = first[*rule].get(*at).copied() else {
                mark[*rule] = 2;
                path.pop();
                continue;
            };
            *at += 1;
            match mark[next] {
                0 => {
                    mark[next] = 1;
                    path.push((next, 0));
                }
                1 => {
                    let circle = path.iter().map(|(rule, _)| *rule).skip_while(|rule| *rule != next);
                    let named = { circle }.find_map(|rule| grammar.rules.get(rule)).map_or("", |rule| &rule.name);
                    return Err(Error::value(format!(
                        "constraint: the rule `{named}` calls itself before any character (left recursion); let it \
                         begin with something else"
                    )));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn too_large() -> Error {
    Error::value(format!("constraint: it is too large (more than {MOST} states); smaller counts of repetitions help"))
}

/// Bytes that are alike in all ranges.
fn classes(nodes: &[Node]) -> (Vec<u8>, Vec<u8>) {
    let mut cut = [false; 257];
    for node in nodes {
        if let Node::Bytes(ranges) = node {
            for (from, to, _) in ranges {
                cut[usize::from(*from)] = true;
                cut[usize::from(*to) + 1] = true;
            }
        }
    }
    let (mut of, mut samples) = (Vec::with_capacity(256), Vec::new());
    for byte in 0..=255u8 {
        if byte == 0 || cut[usize::from(byte)] {
            samples.push(byte);
        }
        of.push((samples.len() - 1) as u8);
    }
    (of, samples)
}
