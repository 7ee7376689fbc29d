//! Markov chains over symbols, of any order.
//!
//! Kemeny & Snell (1960), "Finite Markov Chains", for classes and hitting times; the stationary distribution without
//! subtractions by Grassmann, Taksar & Heyman (1985), "Regenerative analysis and steady state distributions".

use super::emission::{check_row, check_rows, draw};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::cluster::{damaged, ensure_sound};
use crate::learn::{fitted, from_bytes, to_bytes};
use crate::linalg::{Matrix, solve};
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const NAME: &str = "markov_chain";

/// What is solved exactly has at most this many states.
const MOST_STATES: usize = 4096;

/// Settings of [`MarkovChain`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MarkovSettings {
    /// How many symbols back the next one depends on, 1 to 16. Default 1.
    pub order: usize,
    /// How many symbols there are; 0 takes as many as the sequences show. Default 0.
    pub symbols: usize,
    /// Added to the count of each symbol after each context, at least 0. Default 0.
    pub smoothing: f64,
}

impl Default for MarkovSettings {
    fn default() -> Self {
        Self { order: 1, symbols: 0, smoothing: 0.0 }
    }
}

/// A Markov chain over symbols coded from 0.
///
/// After a context that was never seen, the longest end of it that was seen counts instead.
///
/// ```
/// use mynah::learn::graphical::MarkovChain;
/// let chain = MarkovChain::from_matrix(vec![vec![0.9, 0.1], vec![0.5, 0.5]], None).unwrap();
/// let p = chain.stationary().unwrap();
/// assert!((p[0] - 5.0 / 6.0).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MarkovChain {
    settings: MarkovSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    symbols: usize,
    /// For each length from 0 to the order: what came after each context of that length.
    tables: Vec<Table>,
    /// The same for contexts that began a sequence, and are shorter than the order.
    starts: Table,
}

/// Contexts, in order, with the counts of what followed.
type Table = BTreeMap<Vec<u32>, Followers>;

/// Symbols, in order, with their weights.
type Followers = BTreeMap<u32, f64>;

/// States that all reach each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Class {
    /// Its states, rising.
    pub states: Vec<u32>,
    /// Whether the chain never leaves it.
    pub recurrent: bool,
    /// The greatest common divisor of the lengths of its rounds; 0 when it has none.
    pub period: u64,
}

impl MarkovChain {
    /// One that knows nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: MarkovSettings) -> Result<Self> {
        let s = &settings;
        ensure_setting((1..=16).contains(&s.order), NAME, "order", "1 to 16", s.order)?;
        ensure_setting(s.symbols <= 1 << 24, NAME, "symbols", "at most 2^24", s.symbols)?;
        let fine = s.smoothing >= 0.0 && s.smoothing.is_finite();
        ensure_setting(fine, NAME, "smoothing", "at least 0", s.smoothing)?;
        Ok(Self { settings, learned: None })
    }

    /// One of order 1 from its moves, `[from][to]`, and how it begins (evenly, where that is not given).
    ///
    /// # Errors
    /// When the table is not square or a row does not sum to 1.
    pub fn from_matrix(mut rows: Vec<Vec<f64>>, start: Option<Vec<f64>>) -> Result<Self> {
        check_rows(NAME, "transition", &mut rows)?;
        let n = rows.len();
        let mut start = start.unwrap_or_else(|| vec![1.0 / n as f64; n]);
        if rows[0].len() != n || start.len() != n {
            let why = format!("{n} rows, {} columns and {} starts do not fit", rows[0].len(), start.len());
            return Err(Error::shape(NAME, why));
        }
        check_row(NAME, "`start`", &mut start)?;
        let mut me = Self::new(MarkovSettings { symbols: n, ..Default::default() })?;
        let followers = |row: &[f64]| -> Followers {
            row.iter().enumerate().filter(|(_, p)| **p > 0.0).map(|(j, p)| (j as u32, *p)).collect()
        };
        let all = vec![1.0 / n as f64; n];
        let table = rows.iter().enumerate().map(|(i, row)| (vec![i as u32], followers(row))).collect();
        let tables = vec![[(vec![], followers(&all))].into(), table];
        me.learned = Some(Learned { symbols: n, tables, starts: [(vec![], followers(&start))].into() });
        Ok(me)
    }

    /// One from [`MarkovChain::to_bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(NAME, bytes)?;
        Self::new(me.settings.clone())?;
        if let Some(l) = &me.learned {
            let order = me.settings.order;
            ensure_sound((1..=1 << 24).contains(&l.symbols) && l.tables.len() == order + 1, NAME)?;
            let known = |s: &u32| (*s as usize) < l.symbols;
            let weighed = |f: &Followers| {
                f.iter().all(|(s, w)| known(s) && *w >= 0.0 && *w <= 1e18) && f.values().sum::<f64>() > 0.0
            };
            let fine = |t: &Table| t.iter().all(|(c, f)| c.iter().all(known) && weighed(f));
            let lengths = l.tables.iter().enumerate().all(|(n, t)| t.keys().all(|c| c.len() == n));
            let begun = l.tables[0].contains_key(&[] as &[u32]) && l.starts.contains_key(&[] as &[u32]);
            let short = l.starts.keys().all(|c| c.len() < order);
            ensure_sound(lengths && begun && short && fine(&l.starts) && l.tables.iter().all(fine), NAME)?;
        }
        Ok(me)
    }

    /// Settings and counts, for a file.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }

    /// Its settings.
    pub fn settings(&self) -> &MarkovSettings {
        &self.settings
    }

    /// How many symbols it knows; 0 before the fit.
    pub fn symbols(&self) -> usize {
        self.learned.as_ref().map_or(0, |l| l.symbols)
    }

    /// Counts what follows what, anew each time; empty sequences count for nothing.
    ///
    /// # Errors
    /// When there is nothing to count, a symbol is not one of those that the settings speak of, or someone asks to
    /// stop.
    pub fn fit(&mut self, sequences: &[Vec<u32>]) -> Result<()> {
        let s = &self.settings;
        let largest = sequences.iter().flatten().max();
        let Some(&largest) = largest else {
            return Err(Error::value(format!("{NAME}: there are no symbols to learn from")));
        };
        let symbols = if s.symbols > 0 { s.symbols } else { largest as usize + 1 };
        if largest as usize >= symbols || symbols > 1 << 24 {
            let wanted = if s.symbols > 0 { symbols } else { 1 << 24 };
            let why = format!("{NAME}: symbol {} is not one of {wanted}", u64::from(largest) + 1);
            return Err(Error::value(why));
        }
        let mut tables = vec![Table::new(); s.order + 1];
        let mut starts = Table::new();
        let mut looks = 0;
        for q in sequences {
            for (t, symbol) in q.iter().enumerate() {
                looks += 1;
                if looks % 4096 == 0 {
                    stop::check()?;
                }
                for (n, table) in tables.iter_mut().enumerate().take(t + 1) {
                    count(table, &q[t - n..t], *symbol);
                }
                if t < s.order {
                    count(&mut starts, &q[..t], *symbol);
                }
            }
        }
        self.learned = Some(Learned { symbols, tables, starts });
        Ok(())
    }

    /// How probable each symbol is after `history`, of which only the end counts. An empty history is the beginning
    /// of a sequence.
    ///
    /// # Errors
    /// When it is not fitted, or the history holds an unknown symbol.
    pub fn next(&self, history: &[u32]) -> Result<Vec<f64>> {
        let l = fitted(NAME, &self.learned)?;
        check_symbols(l, history)?;
        Ok(self.row(l, history))
    }

    /// As [`MarkovChain::next`], for a history that may also stand in the middle of a sequence: one shorter than the
    /// order does not mean the beginning.
    fn row(&self, l: &Learned, history: &[u32]) -> Vec<f64> {
        let followers = self.followers(l, history);
        let total: f64 = followers.values().sum::<f64>() + self.settings.smoothing * l.symbols as f64;
        let mut out = vec![self.settings.smoothing / total; l.symbols];
        followers.iter().for_each(|(s, w)| out[*s as usize] += w / total);
        out
    }

    fn followers<'a>(&self, l: &'a Learned, history: &[u32]) -> &'a Followers {
        if history.len() < self.settings.order
            && let Some(found) = l.starts.get(history)
        {
            return found;
        }
        let longest = history.len().min(self.settings.order);
        let seen = (0..=longest).rev().find_map(|n| l.tables[n].get(&history[history.len() - n..]));
        seen.expect("something follows the empty context")
    }

    fn probability(&self, l: &Learned, history: &[u32], symbol: u32) -> f64 {
        let followers = self.followers(l, history);
        let smoothing = self.settings.smoothing;
        let total: f64 = followers.values().sum::<f64>() + smoothing * l.symbols as f64;
        (followers.get(&symbol).copied().unwrap_or(0.0) + smoothing) / total
    }

    /// The logarithm of a sequence's probability; minus infinity when it is impossible.
    ///
    /// # Errors
    /// As [`MarkovChain::next`], and when someone asks to stop.
    pub fn log_likelihood(&self, sequence: &[u32]) -> Result<f64> {
        let l = fitted(NAME, &self.learned)?;
        check_symbols(l, sequence)?;
        let mut sum = 0.0;
        for (t, symbol) in sequence.iter().enumerate() {
            if t % 4096 == 0 {
                stop::check()?;
            }
            let first = t - t.min(self.settings.order);
            sum += self.probability(l, &sequence[first..t], *symbol).ln();
        }
        Ok(sum)
    }

    /// `n` symbols drawn after `history`; an empty one is the beginning of a sequence.
    ///
    /// # Errors
    /// As [`MarkovChain::next`], and when someone asks to stop.
    pub fn sample(&self, n: usize, history: &[u32], seed: u64) -> Result<Vec<u32>> {
        let l = fitted(NAME, &self.learned)?;
        check_symbols(l, history)?;
        let mut rng = Rng::new(seed);
        let mut all = history.to_vec();
        for t in 0..n {
            if t % 1024 == 0 {
                stop::check()?;
            }
            let first = all.len() - all.len().min(self.settings.order);
            let symbol = draw(&self.row(l, &all[first..]), &mut rng);
            all.push(symbol as u32);
        }
        Ok(all.split_off(history.len()))
    }

    /// The probabilities of all moves, `[from][to]`, of a chain of order 1.
    ///
    /// # Errors
    /// When it is not fitted, its order is not 1, or it has more than 4096 symbols.
    pub fn transition(&self) -> Result<Vec<Vec<f64>>> {
        let l = fitted(NAME, &self.learned)?;
        if self.settings.order != 1 {
            let why = format!("{NAME}: only a chain of order 1 has a table of moves, this has {}", self.settings.order);
            return Err(Error::value(why));
        }
        let rows = self.moves(l)?;
        Ok(rows.iter().map(|row| spread(row, l.symbols)).collect())
    }

    /// The states of the chain: single symbols, or for a higher order the contexts that occurred (with what they can
    /// lead to). What [`MarkovChain::classes`] counts in.
    ///
    /// # Errors
    /// When it is not fitted, or there are more than 4096 states or symbols.
    pub fn states(&self) -> Result<Vec<Vec<u32>>> {
        let l = fitted(NAME, &self.learned)?;
        let order = self.settings.order;
        if l.symbols > MOST_STATES {
            let why = format!("{NAME}: {} symbols are too many to be solved for, at most {MOST_STATES}", l.symbols);
            return Err(Error::value(why));
        }
        let mut states: std::collections::BTreeSet<Vec<u32>> = l.tables[order].keys().cloned().collect();
        if order == 1 {
            states.extend((0..l.symbols as u32).map(|s| vec![s]));
        }
        // What is reached from them by moves that are possible.
        let mut open: Vec<Vec<u32>> = states.iter().cloned().collect();
        while let Some(state) = open.pop() {
            if states.len() > MOST_STATES {
                let why = format!("{NAME}: more than {MOST_STATES} states are too many to be solved for");
                return Err(Error::value(why));
            }
            stop::check()?;
            for (symbol, p) in self.row(l, &state).iter().enumerate() {
                let mut to = state[1..].to_vec();
                to.push(symbol as u32);
                if *p > 0.0 && states.insert(to.clone()) {
                    open.push(to);
                }
            }
        }
        Ok(states.into_iter().collect())
    }

    /// Where each state leads, with what probability.
    fn moves(&self, l: &Learned) -> Result<Vec<Vec<(usize, f64)>>> {
        let states = self.states()?;
        let mut out = Vec::with_capacity(states.len());
        for state in &states {
            stop::check()?;
            let row = self.row(l, state);
            let mut moves = Vec::new();
            for (symbol, p) in row.iter().enumerate().filter(|(_, p)| **p > 0.0) {
                let mut to = state[1..].to_vec();
                to.push(symbol as u32);
                moves.push((states.binary_search(&to).expect("all that is reached is a state"), *p));
            }
            out.push(moves);
        }
        Ok(out)
    }

    /// The chain's states in classes that reach each other, numbered as in [`MarkovChain::states`]; classes by their
    /// first state.
    ///
    /// # Errors
    /// As [`MarkovChain::states`].
    pub fn classes(&self) -> Result<Vec<Class>> {
        let moves = self.moves(fitted(NAME, &self.learned)?)?;
        let component = components(&moves);
        let n = component.iter().max().map_or(0, |c| c + 1);
        let mut classes = vec![Class { states: vec![], recurrent: true, period: 0 }; n];
        component.iter().enumerate().for_each(|(i, c)| classes[*c].states.push(i as u32));
        for (i, row) in moves.iter().enumerate() {
            if row.iter().any(|(j, _)| component[*j] != component[i]) {
                classes[component[i]].recurrent = false;
            }
        }
        for class in &mut classes {
            class.period = period(&moves, &component, class.states[0] as usize);
        }
        classes.sort_by_key(|c| c.states[0]);
        Ok(classes)
    }

    /// How often each symbol occurs in the long run.
    ///
    /// # Errors
    /// As [`MarkovChain::states`], and when the chain has several recurrent classes: then it depends on the beginning.
    pub fn stationary(&self) -> Result<Vec<f64>> {
        let l = fitted(NAME, &self.learned)?;
        let (states, moves, classes) = (self.states()?, self.moves(l)?, self.classes()?);
        let mut closed = classes.iter().filter(|c| c.recurrent);
        let Some(class) = closed.next() else { return damaged(NAME) };
        let more = closed.count();
        if more > 0 {
            let why = format!("{NAME}: {} classes are never left, so the long run depends on the beginning", more + 1);
            return Err(Error::value(why));
        }
        let p = stationary(&moves, &class.states)?;
        let mut out = vec![0.0; l.symbols];
        for (i, p) in class.states.iter().zip(&p) {
            out[*states[*i as usize].last().expect("states have symbols") as usize] += p;
        }
        Ok(out)
    }

    /// How many steps it takes on average to reach one of `targets` from each symbol, in a chain of order 1; 0 from
    /// the targets themselves, infinity where they may never be reached.
    ///
    /// # Errors
    /// As [`MarkovChain::transition`], and when a target is no symbol or there is none.
    pub fn hitting_times(&self, targets: &[u32]) -> Result<Vec<f64>> {
        let (p, reach) = self.towards(targets)?;
        let sure: Vec<bool> = reach.iter().map(|r| *r == Reach::Surely || *r == Reach::There).collect();
        let mut out: Vec<f64> = reach.iter().map(|r| if *r == Reach::There { 0.0 } else { f64::INFINITY }).collect();
        let open: Vec<usize> = (0..p.len()).filter(|i| sure[*i] && reach[*i] != Reach::There).collect();
        // h = 1 + Q h
        let h = solve_from(&p, &open, &vec![1.0; open.len()])?;
        open.iter().zip(h).for_each(|(i, h)| out[*i] = h);
        Ok(out)
    }

    /// How probable it is ever to reach one of `targets` from each symbol, in a chain of order 1.
    ///
    /// # Errors
    /// As [`MarkovChain::hitting_times`].
    pub fn hitting_probabilities(&self, targets: &[u32]) -> Result<Vec<f64>> {
        let (p, reach) = self.towards(targets)?;
        let mut out: Vec<f64> =
            reach.iter().map(|r| f64::from(u8::from(matches!(r, Reach::There | Reach::Surely)))).collect();
        let open: Vec<usize> = (0..p.len()).filter(|i| reach[*i] == Reach::Perhaps).collect();
        // h = Q h + what goes to where it is sure
        let known: Vec<f64> = open.iter().map(|i| p[*i].iter().zip(&out).map(|(p, o)| p * o).sum()).collect();
        let h = solve_from(&p, &open, &known)?;
        open.iter().zip(h).for_each(|(i, h)| out[*i] = h.clamp(0.0, 1.0));
        Ok(out)
    }

    /// From where the targets are reached.
    fn towards(&self, targets: &[u32]) -> Result<(Vec<Vec<f64>>, Vec<Reach>)> {
        let l = fitted(NAME, &self.learned)?;
        check_symbols(l, targets)?;
        if targets.is_empty() {
            return Err(Error::value(format!("{NAME}: there are no targets")));
        }
        let p = self.transition()?;
        let n = p.len();
        let mut there = vec![false; n];
        targets.iter().for_each(|t| there[*t as usize] = true);
        // Backwards from some states, never through the targets.
        let backwards = |from: Vec<usize>| {
            let mut seen = vec![false; n];
            from.iter().for_each(|i| seen[*i] = true);
            let mut open = from;
            while let Some(to) = open.pop() {
                for i in 0..n {
                    if !seen[i] && !there[i] && p[i][to] > 0.0 {
                        seen[i] = true;
                        open.push(i);
                    }
                }
            }
            seen
        };
        let reaches = backwards((0..n).filter(|i| there[*i]).collect());
        let escapes = backwards((0..n).filter(|i| !reaches[*i]).collect());
        let reach = (0..n).map(|i| match (there[i], reaches[i], escapes[i]) {
            (true, ..) => Reach::There,
            (_, false, _) => Reach::Never,
            (_, true, true) => Reach::Perhaps,
            (_, true, false) => Reach::Surely,
        });
        let reach = reach.collect();
        Ok((p, reach))
    }

    /// How surprising a symbol is on average in the long run, in bits (Shannon 1948).
    ///
    /// # Errors
    /// As [`MarkovChain::stationary`].
    pub fn entropy_rate(&self) -> Result<f64> {
        let l = fitted(NAME, &self.learned)?;
        let (moves, classes) = (self.moves(l)?, self.classes()?);
        self.stationary()?; // refuses several classes
        let Some(class) = classes.iter().find(|c| c.recurrent) else { return damaged(NAME) };
        let p = stationary(&moves, &class.states)?;
        let bits = |row: &[(usize, f64)]| -> f64 { row.iter().map(|(_, p)| -p * p.log2()).sum() };
        Ok(class.states.iter().zip(&p).map(|(i, p)| p * bits(&moves[*i as usize])).sum())
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Reach {
    There,
    Surely,
    Perhaps,
    Never,
}

fn count(table: &mut Table, context: &[u32], symbol: u32) {
    let followers = match table.get_mut(context) {
        Some(found) => found,
        None => table.entry(context.to_vec()).or_default(),
    };
    *followers.entry(symbol).or_default() += 1.0;
}

fn check_symbols(l: &Learned, symbols: &[u32]) -> Result<()> {
    match symbols.iter().position(|s| *s as usize >= l.symbols) {
        None => Ok(()),
        Some(t) => {
            let symbol = u64::from(symbols[t]) + 1;
            Err(Error::value(format!("{NAME}: place {}: symbol {symbol} is not one of {}", t + 1, l.symbols)))
        }
    }
}

fn spread(row: &[(usize, f64)], n: usize) -> Vec<f64> {
    let mut out = vec![0.0; n];
    row.iter().for_each(|(j, p)| out[*j] = *p);
    out
}

/// `(I - Q) x = b` for the moves among `open`.
fn solve_from(p: &[Vec<f64>], open: &[usize], b: &[f64]) -> Result<Vec<f64>> {
    if open.is_empty() {
        return Ok(vec![]);
    }
    let entry = |i: usize, j: usize| f64::from(u8::from(i == j)) - p[open[i]][open[j]];
    let a = Matrix::from_fn(open.len(), open.len(), entry)?;
    Ok(solve(&a, &Matrix::column(b.to_vec())?)?.into_data())
}

/// The strongly connected component of each state (Tarjan 1972, without recursion).
fn components(moves: &[Vec<(usize, f64)>]) -> Vec<usize> {
    const NONE: usize = usize::MAX;
    let n = moves.len();
    let (mut index, mut low, mut component) = (vec![NONE; n], vec![0; n], vec![NONE; n]);
    let (mut stack, mut work, mut next, mut found) = (Vec::new(), Vec::new(), 0, 0);
    for root in 0..n {
        if index[root] != NONE {
            continue;
        }
        work.push((root, 0));
        while let Some((v, edge)) = work.pop() {
            if edge == 0 {
                (index[v], low[v]) = (next, next);
                next += 1;
                stack.push(v);
            }
            if let Some(&(w, _)) = moves[v].get(edge) {
                work.push((v, edge + 1));
                if index[w] == NONE {
                    work.push((w, 0));
                } else if component[w] == NONE {
                    low[v] = low[v].min(index[w]);
                }
                continue;
            }
            if low[v] == index[v] {
                while let Some(w) = stack.pop() {
                    component[w] = found;
                    if w == v {
                        break;
                    }
                }
                found += 1;
            }
            if let Some(&(parent, _)) = work.last() {
                low[parent] = low[parent].min(low[v]);
            }
        }
    }
    component
}

/// The period of a class: by levels from `root`, the common divisor of what they miss at each move.
fn period(moves: &[Vec<(usize, f64)>], component: &[usize], root: usize) -> u64 {
    let mut level = vec![None; moves.len()];
    level[root] = Some(0i64);
    let mut queue = std::collections::VecDeque::from([root]);
    let mut period = 0u64;
    while let Some(v) = queue.pop_front() {
        let here = level[v].expect("queued states have levels");
        for &(w, _) in moves[v].iter().filter(|(w, _)| component[*w] == component[root]) {
            match level[w] {
                None => {
                    level[w] = Some(here + 1);
                    queue.push_back(w);
                }
                Some(there) => {
                    let (mut a, mut b) = (period, (here + 1 - there).unsigned_abs());
                    while b > 0 {
                        (a, b) = (b, a % b);
                    }
                    period = a;
                }
            }
        }
    }
    period
}

/// The stationary distribution of one closed class: states are taken out one by one, their moves given to the others.
fn stationary(moves: &[Vec<(usize, f64)>], class: &[u32]) -> Result<Vec<f64>> {
    let n = class.len();
    let mut a = vec![0.0; n * n];
    for (i, state) in class.iter().enumerate() {
        for (to, p) in &moves[*state as usize] {
            if let Ok(j) = class.binary_search(&(*to as u32)) {
                a[i * n + j] = *p;
            }
        }
    }
    for m in (1..n).rev() {
        stop::check()?;
        let out: f64 = a[m * n..m * n + m].iter().sum();
        if !(out > 0.0) {
            return Err(Error::value(format!("{NAME}: the moves are too small to be solved for")));
        }
        let (rows, last) = a.split_at_mut(m * n);
        for row in rows.chunks_exact_mut(n) {
            row[m] /= out;
            let scale = row[m];
            if scale > 0.0 {
                row[..m].iter_mut().zip(&last[..m]).for_each(|(r, l)| *r += scale * l);
            }
        }
    }
    let mut p = vec![1.0; n];
    for m in 1..n {
        p[m] = (0..m).map(|i| p[i] * a[i * n + m]).sum();
    }
    let sum: f64 = p.iter().sum();
    p.iter_mut().for_each(|v| *v /= sum);
    Ok(p)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: &[f64], b: &[f64]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || (a - b).abs() < 1e-10)
    }

    #[test]
    fn the_weather_in_the_land_of_oz() {
        // Kemeny & Snell: rain, nice, snow. Never two nice days in a row.
        let rows = vec![vec![0.5, 0.25, 0.25], vec![0.5, 0.0, 0.5], vec![0.25, 0.25, 0.5]];
        let oz = MarkovChain::from_matrix(rows, None).unwrap();
        assert!(close(&oz.stationary().unwrap(), &[0.4, 0.2, 0.4]));
        // Their mean first passage times to rain: 8/3 from nice, 10/3 from snow.
        assert!(close(&oz.hitting_times(&[0]).unwrap(), &[0.0, 8.0 / 3.0, 10.0 / 3.0]));
        let all = Class { states: vec![0, 1, 2], recurrent: true, period: 1 };
        assert_eq!(oz.classes().unwrap(), [all]);
        let symbols = oz.sample(40_000, &[], 1).unwrap();
        let nice = symbols.iter().filter(|s| **s == 1).count() as f64 / 40_000.0;
        assert!((nice - 0.2).abs() < 0.01, "{nice}");
        let mut again = MarkovChain::new(MarkovSettings::default()).unwrap();
        again.fit(&[symbols]).unwrap();
        assert!((again.next(&[1]).unwrap()[0] - 0.5).abs() < 0.02 && again.next(&[1]).unwrap()[1] == 0.0);
    }

    #[test]
    fn the_gambler_is_ruined() {
        // Fair, from 0 to 5: from i, P(rich) = i / 5 and the game lasts i (5 - i) rounds.
        let mut rows = vec![vec![0.0; 6]; 6];
        (rows[0][0], rows[5][5]) = (1.0, 1.0);
        for i in 1..5 {
            (rows[i][i - 1], rows[i][i + 1]) = (0.5, 0.5);
        }
        let chain = MarkovChain::from_matrix(rows, None).unwrap();
        let rich = chain.hitting_probabilities(&[5]).unwrap();
        assert!(close(&rich, &[0.0, 0.2, 0.4, 0.6, 0.8, 1.0]), "{rich:?}");
        let time = chain.hitting_times(&[0, 5]).unwrap();
        assert!(close(&time, &[0.0, 4.0, 6.0, 6.0, 4.0, 0.0]), "{time:?}");
        assert_eq!(chain.hitting_times(&[5]).unwrap()[1], f64::INFINITY);
        let classes = chain.classes().unwrap();
        assert_eq!(
            classes.iter().map(|c| (c.recurrent, c.period)).collect::<Vec<_>>(),
            [(true, 1), (false, 2), (true, 1)]
        );
        assert!(chain.stationary().unwrap_err().to_string().contains("2 classes are never left"));
    }

    #[test]
    fn counts_smoothing_and_log_likelihood_by_hand() {
        let mut chain = MarkovChain::new(MarkovSettings { smoothing: 1.0, ..Default::default() }).unwrap();
        chain.fit(&[vec![0, 1, 0, 0], vec![1, 0]]).unwrap();
        assert!(close(&chain.next(&[0]).unwrap(), &[0.5, 0.5]));
        assert!(close(&chain.next(&[1]).unwrap(), &[0.75, 0.25]));
        assert!(close(&chain.next(&[]).unwrap(), &[0.5, 0.5]));
        assert!((chain.log_likelihood(&[1, 0, 1]).unwrap() - (0.5f64 * 0.75 * 0.5).ln()).abs() < 1e-12);
        assert!(chain.next(&[2]).unwrap_err().to_string().contains("symbol 3 is not one of 2"));
    }

    #[test]
    fn order_two_tells_what_order_one_cannot() {
        // 0 0 1 1 0 0 1 1 …: after one symbol all is open, after two nothing is.
        let q: Vec<u32> = (0..400).map(|i| (i / 2 % 2) as u32).collect();
        let mut two = MarkovChain::new(MarkovSettings { order: 2, ..Default::default() }).unwrap();
        two.fit(std::slice::from_ref(&q)).unwrap();
        assert_eq!(two.next(&[0, 0]).unwrap(), [0.0, 1.0]);
        assert!(two.log_likelihood(&q).unwrap().abs() < 1e-9);
        assert!(close(&two.stationary().unwrap(), &[0.5, 0.5]) && two.entropy_rate().unwrap().abs() < 1e-12);
        assert_eq!(two.classes().unwrap()[0].period, 4);
        assert_eq!(two.sample(6, &[0, 1], 0).unwrap(), [1, 0, 0, 1, 1, 0]);
        assert_eq!(two.log_likelihood(&[1]).unwrap(), f64::NEG_INFINITY);
        assert!(two.hitting_times(&[0]).unwrap_err().to_string().contains("order 1"));
    }

    #[test]
    fn stationary_distributions_are_stationary_however_stiff() {
        let mut rng = Rng::new(5);
        let rows: Vec<Vec<f64>> = (0..40)
            .map(|_| {
                let row: Vec<f64> = (0..40).map(|_| 10f64.powf(-20.0 * rng.uniform())).collect();
                let sum: f64 = row.iter().sum();
                row.iter().map(|v| v / sum).collect()
            })
            .collect();
        let chain = MarkovChain::from_matrix(rows, None).unwrap();
        let (p, a) = (chain.stationary().unwrap(), chain.transition().unwrap());
        for j in 0..40 {
            let next: f64 = (0..40).map(|i| p[i] * a[i][j]).sum();
            assert!((next - p[j]).abs() < 1e-13 * p[j].max(1e-3));
        }
    }

    #[test]
    fn saved_and_read_back_it_is_the_same_and_damage_is_told() {
        let mut chain = MarkovChain::new(MarkovSettings { order: 3, ..Default::default() }).unwrap();
        assert!(chain.next(&[]).is_err() && chain.fit(&[vec![]]).is_err());
        chain.fit(&[vec![0, 1, 2, 0, 1, 2, 2], vec![2]]).unwrap();
        let bytes = chain.to_bytes().unwrap();
        let back = MarkovChain::from_saved(&bytes).unwrap();
        assert_eq!(back.sample(20, &[], 7).unwrap(), chain.sample(20, &[], 7).unwrap());
        for i in 0..bytes.len() {
            let mut hurt = bytes.clone();
            hurt[i] ^= 0x0d;
            if let Ok(c) = MarkovChain::from_saved(&hurt) {
                let _ = (c.sample(5, &[], 0), c.stationary(), c.classes());
            }
        }
    }
}
