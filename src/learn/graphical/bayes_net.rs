//! Bayesian networks: discrete variables, each with a table of its probabilities given its parents.
//!
//! Pearl (1988), "Probabilistic Reasoning in Intelligent Systems". Exact answers by variable elimination (see
//! `factor.rs`), others by likelihood weighting (Fung & Chang 1990; Shachter & Peot 1990).

use super::emission::{check_row, draw};
use super::factor::{Factor, eliminate, explain, min_fill};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::{from_bytes, to_bytes};
use crate::nearest::{nearest, quoted};
use crate::{Error, Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) const NAME: &str = "bayes_net";

/// Entries of a table at most.
const LARGEST: usize = 1 << 24;

/// Samples in one piece of work.
const PIECE: usize = 4096;

/// A variable: its name, its states, and on what it depends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// The names of its states, at least 1.
    pub states: Vec<String>,
    /// The names of its parents.
    pub parents: Vec<String>,
}

/// A variable with its table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// The names of its states, at least 1.
    pub states: Vec<String>,
    /// The names of its parents.
    pub parents: Vec<String>,
    /// How probable its states are: a row for each combination of the parents' states, where those of the last parent
    /// change fastest.
    pub table: Vec<Vec<f64>>,
}

/// A Bayesian network.
///
/// ```
/// use mynah::learn::graphical::{BayesNet, Node};
/// let names = |list: &[&str]| list.iter().map(|s| s.to_string()).collect::<Vec<_>>();
/// let net = BayesNet::new(vec![
///     Node { name: "ill".into(), states: names(&["yes", "no"]), parents: vec![], table: vec![vec![0.01, 0.99]] },
///     Node {
///         name: "test".into(),
///         states: names(&["positive", "negative"]),
///         parents: names(&["ill"]),
///         table: vec![vec![0.9, 0.1], vec![0.1, 0.9]],
///     },
/// ]).unwrap();
/// let p = net.posterior("ill", &[("test", "positive")]).unwrap();
/// assert!((p[0] - 1.0 / 12.0).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BayesNet {
    nodes: Vec<Node>,
    parents: Vec<Vec<usize>>,
    order: Vec<usize>, // parents before children
}

/// The state that is most probable for everything at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// A state for each variable, by its code from 0.
    pub states: Vec<u32>,
    /// The logarithm of its probability, together with the evidence.
    pub log_probability: f64,
}

impl BayesNet {
    /// A network of nodes, in any order.
    ///
    /// # Errors
    /// When names are unknown or occur twice, parents form a circle, or tables have the wrong size or do not sum to 1.
    pub fn new(mut nodes: Vec<Node>) -> Result<Self> {
        let bare: Vec<Variable> = nodes.iter().map(Variable::of).collect();
        let (parents, order) = structure(&bare)?;
        let sizes: Vec<usize> = nodes.iter().map(|n| n.states.len()).collect();
        for (i, node) in nodes.iter_mut().enumerate() {
            let rows = combinations(&sizes, &parents[i], sizes[i], &node.name)?;
            if node.table.len() != rows || node.table.iter().any(|r| r.len() != sizes[i]) {
                let got = node.table.iter().map(Vec::len).find(|n| *n != sizes[i]).unwrap_or(sizes[i]);
                let why = format!(
                    "`{}` has a table of {} x {got}, wanted {rows} x {}",
                    node.name,
                    node.table.len(),
                    sizes[i]
                );
                return Err(Error::shape(NAME, why));
            }
            for (r, row) in node.table.iter_mut().enumerate() {
                check_row(NAME, format_args!("row {} of `{}`", r + 1, node.name), row)?;
            }
        }
        Ok(Self { nodes, parents, order })
    }

    /// Tables from data for a structure that is given. Each row holds a state's code, from 0, for each variable;
    /// `smoothing` is added to each count (1 is Laplace's). What never occurred is even.
    ///
    /// # Errors
    /// As [`BayesNet::new`]; and when a code is not one of the states.
    pub fn fit(variables: &[Variable], rows: &[Vec<u32>], smoothing: f64) -> Result<Self> {
        ensure_setting(smoothing >= 0.0 && smoothing.is_finite(), NAME, "smoothing", "at least 0", smoothing)?;
        let (parents, _) = structure(variables)?;
        let sizes: Vec<usize> = variables.iter().map(|v| v.states.len()).collect();
        check_rows(variables, rows)?;
        let mut nodes = Vec::with_capacity(variables.len());
        for (i, v) in variables.iter().enumerate() {
            let mut table = vec![vec![smoothing; sizes[i]]; combinations(&sizes, &parents[i], sizes[i], &v.name)?];
            for (r, row) in rows.iter().enumerate() {
                if r % 4096 == 0 {
                    stop::check()?;
                }
                let at = parents[i].iter().fold(0, |at, p| at * sizes[*p] + row[*p] as usize);
                table[at][row[i] as usize] += 1.0;
            }
            for row in &mut table {
                let sum: f64 = row.iter().sum();
                let even = 1.0 / sizes[i] as f64;
                row.iter_mut().for_each(|c| *c = if sum > 0.0 { *c / sum } else { even });
            }
            let Variable { name, states, parents } = v.clone();
            nodes.push(Node { name, states, parents, table });
        }
        Self::new(nodes)
    }

    /// One from [`BayesNet::to_bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        Self::new(from_bytes(NAME, bytes)?)
    }

    /// All nodes, for a file.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, &self.nodes)
    }

    /// Its nodes, as they were given.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The places of each node's parents.
    pub fn parents(&self) -> &[Vec<usize>] {
        &self.parents
    }

    /// The place of a variable.
    ///
    /// # Errors
    /// When there is none of that name; says which is near.
    pub fn variable(&self, name: &str) -> Result<usize> {
        find("variable", name, self.nodes.iter().map(|n| n.name.as_str()), "")
    }

    fn evidence(&self, evidence: &[(&str, &str)]) -> Result<Vec<Option<usize>>> {
        let mut out = vec![None; self.nodes.len()];
        for (name, state) in evidence {
            let i = self.variable(name)?;
            let states = self.nodes[i].states.iter().map(String::as_str);
            let state_code = find("state", state, states, &format!(" of `{name}`"))?;
            if out[i].replace(state_code).is_some_and(|old| old != state_code) {
                return Err(Error::value(format!("{NAME}: the evidence gives `{name}` two states")));
            }
        }
        Ok(out)
    }

    /// The tables of all that matters for `wanted`, with the evidence put in.
    fn factors(&self, wanted: &[usize], evidence: &[Option<usize>], logs: bool) -> (Vec<Factor>, Vec<bool>) {
        // Only ancestors of the query and of the evidence matter.
        let mut matters = vec![false; self.nodes.len()];
        wanted.iter().for_each(|v| matters[*v] = true);
        evidence.iter().enumerate().for_each(|(i, e)| matters[i] |= e.is_some());
        for &v in self.order.iter().rev() {
            if matters[v] {
                self.parents[v].iter().for_each(|p| matters[*p] = true);
            }
        }
        let mut factors = Vec::new();
        for v in (0..self.nodes.len()).filter(|v| matters[*v]) {
            let mut variables = self.parents[v].clone();
            variables.push(v);
            let sizes: Vec<usize> = variables.iter().map(|i| self.nodes[*i].states.len()).collect();
            let mut f = Factor::new(&variables, &sizes, &self.nodes[v].table.concat());
            for i in variables {
                if let Some(state) = evidence[i] {
                    f = f.given(i, state);
                }
            }
            if logs {
                f.values.iter_mut().for_each(|v| *v = v.ln());
            }
            factors.push(f);
        }
        (factors, matters)
    }

    /// How probable each state of a variable is, given the states of others, exactly.
    ///
    /// # Errors
    /// When a name is unknown, the evidence is impossible, or the network is too entangled for an exact answer.
    pub fn posterior(&self, variable: &str, evidence: &[(&str, &str)]) -> Result<Vec<f64>> {
        let v = self.variable(variable)?;
        let given = self.evidence(evidence)?;
        let (factor, log) = self.marginal(v, &given)?;
        if log == f64::NEG_INFINITY {
            return impossible(evidence);
        }
        if let Some(state) = given[v] {
            return Ok((0..self.nodes[v].states.len()).map(|s| f64::from(u8::from(s == state))).collect());
        }
        let sum: f64 = factor.values.iter().sum();
        Ok(factor.values.iter().map(|p| p / sum).collect())
    }

    fn marginal(&self, v: usize, given: &[Option<usize>]) -> Result<(Factor, f64)> {
        let (factors, matters) = self.factors(&[v], given, false);
        let out: Vec<usize> = (0..matters.len()).filter(|i| matters[*i] && given[*i].is_none() && *i != v).collect();
        let order = min_fill(&factors, &out)?;
        eliminate(factors, &order)
    }

    /// The logarithm of the evidence's probability; minus infinity when it is impossible.
    ///
    /// # Errors
    /// When a name is unknown, or the network is too entangled for an exact answer.
    pub fn log_probability(&self, evidence: &[(&str, &str)]) -> Result<f64> {
        let given = self.evidence(evidence)?;
        let (factors, matters) = self.factors(&[], &given, false);
        let out: Vec<usize> = (0..matters.len()).filter(|i| matters[*i] && given[*i].is_none()).collect();
        let order = min_fill(&factors, &out)?;
        Ok(eliminate(factors, &order)?.1)
    }

    /// The most probable states of all variables, given those of some.
    ///
    /// # Errors
    /// As [`BayesNet::posterior`].
    pub fn explanation(&self, evidence: &[(&str, &str)]) -> Result<Explanation> {
        let given = self.evidence(evidence)?;
        let all: Vec<usize> = (0..self.nodes.len()).collect();
        let (factors, _) = self.factors(&all, &given, true);
        let out: Vec<usize> = all.into_iter().filter(|i| given[*i].is_none()).collect();
        let order = min_fill(&factors, &out)?;
        let mut states: Vec<usize> = given.iter().map(|g| g.unwrap_or(0)).collect();
        let log_probability = explain(factors, &order, &mut states)?;
        if log_probability == f64::NEG_INFINITY {
            return impossible(evidence);
        }
        Ok(Explanation { states: states.iter().map(|s| *s as u32).collect(), log_probability })
    }

    fn row(&self, v: usize, states: &[u32]) -> &[f64] {
        let at = self.parents[v].iter().fold(0, |at, p| at * self.nodes[*p].states.len() + states[*p] as usize);
        &self.nodes[v].table[at]
    }

    /// As [`BayesNet::posterior`], from `samples` random draws that are weighted by how well they explain the evidence.
    ///
    /// # Errors
    /// When a name is unknown, `samples` is 0, no draw can explain the evidence, or someone asks to stop.
    pub fn likelihood_weighting(
        &self,
        variable: &str,
        evidence: &[(&str, &str)],
        samples: usize,
        seed: u64,
    ) -> Result<Vec<f64>> {
        let v = self.variable(variable)?;
        let given = self.evidence(evidence)?;
        ensure_setting(samples >= 1, NAME, "samples", "at least 1", samples)?;
        let n = self.nodes[v].states.len();
        let one = |piece: usize| -> Result<Vec<f64>> {
            stop::check()?;
            let mut rng = Rng::stream(seed, piece as u64);
            let mut states = vec![0u32; self.nodes.len()];
            let mut sums = vec![0.0; n];
            for _ in 0..PIECE.min(samples - piece * PIECE) {
                let mut weight = 1.0;
                for &i in &self.order {
                    let row = self.row(i, &states);
                    match given[i] {
                        Some(state) => {
                            weight *= row[state];
                            states[i] = state as u32;
                        }
                        None => states[i] = draw(row, &mut rng) as u32,
                    }
                }
                sums[states[v] as usize] += weight;
            }
            Ok(sums)
        };
        // In batches, so that the list of pieces stays short.
        let mut sums = vec![0.0; n];
        let pieces = samples.div_ceil(PIECE);
        for first in (0..pieces).step_by(1024) {
            let batch: Vec<Vec<f64>> =
                (first..pieces.min(first + 1024)).into_par_iter().map(one).collect::<Result<_>>()?;
            batch.iter().for_each(|piece| sums.iter_mut().zip(piece).for_each(|(s, p)| *s += p));
        }
        let total: f64 = sums.iter().sum();
        if !(total > 0.0) {
            let why = format!("{NAME}: none of {samples} samples can explain the evidence; it may be impossible");
            return Err(Error::value(why));
        }
        Ok(sums.iter().map(|s| s / total).collect())
    }

    /// Rows of states' codes drawn from the network.
    ///
    /// # Errors
    /// When someone asks to stop.
    pub fn sample(&self, n: usize, seed: u64) -> Result<Vec<Vec<u32>>> {
        let mut rng = Rng::new(seed);
        let mut out = Vec::new();
        for t in 0..n {
            if t % 1024 == 0 {
                stop::check()?;
            }
            let mut states = vec![0u32; self.nodes.len()];
            for &i in &self.order {
                states[i] = draw(self.row(i, &states), &mut rng) as u32;
            }
            out.push(states);
        }
        Ok(out)
    }

    /// The logarithm of the probability of rows that hold a state's code for each variable; minus infinity when one
    /// is impossible.
    ///
    /// # Errors
    /// When a code is not one of the states.
    pub fn log_likelihood(&self, rows: &[Vec<u32>]) -> Result<f64> {
        let bare: Vec<Variable> = self.nodes.iter().map(Variable::of).collect();
        check_rows(&bare, rows)?;
        let mut sum = 0.0;
        for (r, row) in rows.iter().enumerate() {
            if r % 1024 == 0 {
                stop::check()?;
            }
            sum += (0..self.nodes.len()).map(|i| self.row(i, row)[row[i] as usize].ln()).sum::<f64>();
        }
        Ok(sum)
    }
}

impl Variable {
    fn of(node: &Node) -> Self {
        Self { name: node.name.clone(), states: node.states.clone(), parents: node.parents.clone() }
    }
}

/// The places of all parents, and an order with parents first.
fn structure(variables: &[Variable]) -> Result<(Vec<Vec<usize>>, Vec<usize>)> {
    if variables.is_empty() {
        return Err(Error::value(format!("{NAME}: there are no variables")));
    }
    let twice = |names: &[&str]| -> Option<String> {
        let mut sorted = names.to_vec();
        sorted.sort_unstable();
        sorted.windows(2).find(|w| w[0] == w[1]).map(|w| w[0].to_string())
    };
    let names: Vec<&str> = variables.iter().map(|v| v.name.as_str()).collect();
    if let Some(name) = twice(&names) {
        return Err(Error::value(format!("{NAME}: two variables are called `{name}`")));
    }
    // Names to places, for networks of many variables.
    let places: std::collections::BTreeMap<&str, usize> = names.iter().enumerate().map(|(i, n)| (*n, i)).collect();
    let mut parents = Vec::with_capacity(variables.len());
    for v in variables {
        let states: Vec<&str> = v.states.iter().map(String::as_str).collect();
        if states.is_empty() {
            return Err(Error::value(format!("{NAME}: `{}` has no states", v.name)));
        }
        if let Some(state) = twice(&states) {
            return Err(Error::value(format!("{NAME}: `{}` has two states called `{state}`", v.name)));
        }
        let list: Vec<&str> = v.parents.iter().map(String::as_str).collect();
        if let Some(parent) = twice(&list) {
            return Err(Error::value(format!("{NAME}: `{parent}` is twice a parent of `{}`", v.name)));
        }
        let mut mine = Vec::with_capacity(list.len());
        for parent in list {
            mine.push(match places.get(parent) {
                Some(i) => *i,
                None => find("parent", parent, names.iter().copied(), &format!(" of `{}`", v.name))?,
            });
        }
        parents.push(mine);
    }
    let mut waits: Vec<usize> = parents.iter().map(Vec::len).collect();
    let mut children = vec![vec![]; variables.len()];
    parents.iter().enumerate().for_each(|(i, mine)| mine.iter().for_each(|p| children[*p].push(i)));
    let mut order: Vec<usize> = (0..waits.len()).filter(|i| waits[*i] == 0).collect();
    let mut next = 0;
    while next < order.len() {
        for &c in &children[order[next]] {
            waits[c] -= 1;
            if waits[c] == 0 {
                order.push(c);
            }
        }
        next += 1;
    }
    if order.len() < variables.len() {
        return Err(Error::value(format!("{NAME}: parents form a circle: {}", circle(variables, &parents, &waits))));
    }
    Ok((parents, order))
}

/// A circle among the variables that still wait for a parent.
fn circle(variables: &[Variable], parents: &[Vec<usize>], waits: &[usize]) -> String {
    let mut at = waits.iter().position(|w| *w > 0).unwrap_or(0);
    let mut seen: Vec<usize> = Vec::new();
    while !seen.contains(&at) {
        seen.push(at);
        // Whoever waits has a parent that waits.
        at = parents[at].iter().copied().find(|p| waits[*p] > 0).unwrap_or(at);
    }
    let first = seen.iter().position(|v| *v == at).unwrap_or(0);
    let mut names: Vec<String> = seen[first..].iter().map(|v| format!("`{}`", variables[*v].name)).collect();
    names.push(names[0].clone());
    names.reverse();
    names.join(" -> ")
}

/// How many combinations the parents' states have.
pub(super) fn combinations(sizes: &[usize], parents: &[usize], own: usize, name: &str) -> Result<usize> {
    let rows = parents.iter().try_fold(1usize, |n, p| n.checked_mul(sizes[*p]));
    match rows.filter(|rows| rows.checked_mul(own).is_some_and(|n| n <= LARGEST)) {
        Some(rows) => Ok(rows),
        None => {
            Err(Error::value(format!("{NAME}: `{name}` has too many parents: its table would be beyond {LARGEST}")))
        }
    }
}

/// Refuses rows of the wrong length, or codes that are not states.
pub(super) fn check_rows(variables: &[Variable], rows: &[Vec<u32>]) -> Result<()> {
    for (r, row) in rows.iter().enumerate() {
        if row.len() != variables.len() {
            let why = format!("row {} has {} states, there are {} variables", r + 1, row.len(), variables.len());
            return Err(Error::shape(NAME, why));
        }
        for (code, v) in row.iter().zip(variables) {
            if *code as usize >= v.states.len() {
                let (code, n) = (u64::from(*code) + 1, v.states.len());
                return Err(Error::value(format!("{NAME}: row {}: `{}` has {n} states, got {code}", r + 1, v.name)));
            }
        }
    }
    Ok(())
}

fn find<'a>(kind: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone, of: &str) -> Result<usize> {
    if let Some(i) = known.clone().position(|n| n == name) {
        return Ok(i);
    }
    let hint = match nearest(name, known.clone()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("there are {}", quoted(known.take(20))),
    };
    Err(Error::value(format!("{NAME}: unknown {kind} `{name}`{of}; {hint}")))
}

fn impossible<T>(evidence: &[(&str, &str)]) -> Result<T> {
    let list: Vec<String> = evidence.iter().map(|(v, s)| format!("{v} = {s}")).collect();
    Err(Error::value(format!("{NAME}: the evidence is impossible: {}", list.join(", "))))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A node with states "yes" and "no"; the table holds the probabilities of "yes".
    fn node(name: &str, parents: &[&str], yes: &[f64]) -> Node {
        Node {
            name: name.into(),
            states: vec!["yes".into(), "no".into()],
            parents: parents.iter().map(|p| p.to_string()).collect(),
            table: yes.iter().map(|p| vec![*p, 1.0 - p]).collect(),
        }
    }

    /// Russell & Norvig's wet grass.
    pub fn sprinkler() -> BayesNet {
        BayesNet::new(vec![
            node("wet", &["sprinkler", "rain"], &[0.99, 0.9, 0.9, 0.0]),
            node("cloudy", &[], &[0.5]),
            node("sprinkler", &["cloudy"], &[0.1, 0.5]),
            node("rain", &["cloudy"], &[0.8, 0.2]),
        ])
        .unwrap()
    }

    /// Russell & Norvig's burglary, from Pearl.
    fn burglary() -> BayesNet {
        BayesNet::new(vec![
            node("burglary", &[], &[0.001]),
            node("earthquake", &[], &[0.002]),
            node("alarm", &["burglary", "earthquake"], &[0.95, 0.94, 0.29, 0.001]),
            node("john", &["alarm"], &[0.9, 0.05]),
            node("mary", &["alarm"], &[0.7, 0.01]),
        ])
        .unwrap()
    }

    /// Lauritzen & Spiegelhalter (1988).
    pub fn asia() -> BayesNet {
        BayesNet::new(vec![
            node("asia", &[], &[0.01]),
            node("tub", &["asia"], &[0.05, 0.01]),
            node("smoke", &[], &[0.5]),
            node("lung", &["smoke"], &[0.1, 0.01]),
            node("bronc", &["smoke"], &[0.6, 0.3]),
            node("either", &["lung", "tub"], &[1.0, 1.0, 1.0, 0.0]),
            node("xray", &["either"], &[0.98, 0.05]),
            node("dysp", &["bronc", "either"], &[0.9, 0.8, 0.7, 0.1]),
        ])
        .unwrap()
    }

    #[test]
    fn the_textbooks_answers() {
        let p = |net: &BayesNet, v: &str, e: &[(&str, &str)]| net.posterior(v, e).unwrap()[0];
        let wet = sprinkler();
        assert!((p(&wet, "rain", &[("wet", "yes")]) - 0.7079).abs() < 5e-5);
        assert!((p(&wet, "sprinkler", &[("wet", "yes")]) - 0.4298).abs() < 5e-5);
        assert!((p(&wet, "wet", &[]) - 0.6471).abs() < 1e-12);
        let alarm = burglary();
        assert!((p(&alarm, "burglary", &[("john", "yes"), ("mary", "yes")]) - 0.284).abs() < 5e-4);
        let asia = asia();
        for (v, known) in [
            ("tub", 0.0104),
            ("lung", 0.055),
            ("bronc", 0.45),
            ("either", 0.064828),
            ("xray", 0.11029),
            ("dysp", 0.43597),
        ] {
            assert!((p(&asia, v, &[]) - known).abs() < 1e-5, "{v}");
        }
        assert_eq!(p(&asia, "tub", &[("tub", "yes")]), 1.0);
    }

    /// All rows with their probabilities.
    fn joint(net: &BayesNet) -> Vec<(Vec<u32>, f64)> {
        let n = net.nodes().len();
        (0..1u32 << n)
            .map(|code| {
                let row: Vec<u32> = (0..n).map(|i| code >> i & 1).collect();
                let p = net.log_likelihood(std::slice::from_ref(&row)).unwrap().exp();
                (row, p)
            })
            .collect()
    }

    #[test]
    fn elimination_agrees_with_the_whole_joint_table() {
        let net = asia();
        let all = joint(&net);
        assert!((all.iter().map(|(_, p)| p).sum::<f64>() - 1.0).abs() < 1e-12);
        let evidence = [("dysp", "yes"), ("xray", "no")];
        let fits: Vec<_> = all.iter().filter(|(r, _)| r[7] == 0 && r[6] == 1).collect();
        let total: f64 = fits.iter().map(|(_, p)| p).sum();
        assert!((net.log_probability(&evidence).unwrap() - total.ln()).abs() < 1e-12);
        for (i, node) in net.nodes().iter().enumerate() {
            let yes: f64 = fits.iter().filter(|(r, _)| r[i] == 0).map(|(_, p)| p).sum::<f64>() / total;
            assert!((net.posterior(&node.name, &evidence).unwrap()[0] - yes).abs() < 1e-12, "{}", node.name);
        }
        let best = fits.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        let found = net.explanation(&evidence).unwrap();
        assert!(found.states == best.0 && (found.log_probability - best.1.ln()).abs() < 1e-12);
    }

    #[test]
    fn likelihood_weighting_comes_near_on_any_number_of_threads() {
        let net = asia();
        let evidence = [("dysp", "yes"), ("smoke", "no")];
        let exact = net.posterior("bronc", &evidence).unwrap()[0];
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| net.likelihood_weighting("bronc", &evidence, 50_000, 3).unwrap())
        };
        assert!((run(1)[0] - exact).abs() < 0.01 && run(1) == run(2));
    }

    #[test]
    fn tables_come_back_from_samples() {
        let net = sprinkler();
        let rows = net.sample(20_000, 1).unwrap();
        let bare: Vec<Variable> = net.nodes().iter().map(Variable::of).collect();
        let fitted = BayesNet::fit(&bare, &rows, 1.0).unwrap();
        for (a, b) in net.nodes().iter().zip(fitted.nodes()) {
            assert!(a.table.concat().iter().zip(b.table.concat()).all(|(a, b)| (a - b).abs() < 0.03), "{b:?}");
        }
        // Laplace by hand: 3 of 4 become 4 of 6.
        let coin = Variable { name: "coin".into(), states: vec!["h".into(), "t".into()], parents: vec![] };
        let one = BayesNet::fit(&[coin], &[vec![0], vec![0], vec![1], vec![0]], 1.0).unwrap();
        assert!((one.nodes()[0].table[0][0] - 4.0 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn a_long_chain_does_not_underflow_and_a_thick_net_is_refused() {
        let mut nodes = vec![node("v0", &[], &[0.5])];
        for i in 1..600 {
            nodes.push(node(&format!("v{i}"), &[&format!("v{}", i - 1)], &[0.9, 0.1]));
        }
        let names: Vec<String> = (1..600).map(|i| format!("v{i}")).collect();
        let net = BayesNet::new(nodes).unwrap();
        let evidence: Vec<(&str, &str)> =
            names.iter().enumerate().map(|(i, n)| (n.as_str(), if i % 2 == 0 { "yes" } else { "no" })).collect();
        assert!((net.log_probability(&evidence).unwrap() - (0.5f64.ln() + 598.0 * 0.1f64.ln())).abs() < 1e-6);
        assert!((net.posterior("v0", &evidence).unwrap()[0] - 0.9).abs() < 1e-12);
        assert!((net.posterior("v599", &[]).unwrap()[0] - 0.5).abs() < 1e-12);
        // 40 causes, each pair with a common effect.
        let mut nodes: Vec<Node> = (0..40).map(|i| node(&format!("c{i}"), &[], &[0.5])).collect();
        let mut seen = vec![];
        for i in 0..40 {
            for j in 0..i {
                nodes.push(node(&format!("e{i}_{j}"), &[&format!("c{i}"), &format!("c{j}")], &[0.9, 0.5, 0.5, 0.1]));
                seen.push(format!("e{i}_{j}"));
            }
        }
        let net = BayesNet::new(nodes).unwrap();
        let evidence: Vec<(&str, &str)> = seen.iter().map(|s| (s.as_str(), "yes")).collect();
        assert!(net.posterior("c0", &evidence).unwrap_err().to_string().contains("likelihood_weighting"));
    }

    #[test]
    fn mistakes_are_told() {
        let says = |nodes: Vec<Node>| BayesNet::new(nodes).unwrap_err().to_string();
        assert_eq!(
            says(vec![node("a", &["b"], &[0.1, 0.2]), node("b", &["a"], &[0.1, 0.2])]),
            "bayes_net: parents form a circle: `a` -> `b` -> `a`"
        );
        assert!(
            says(vec![node("rain", &[], &[0.5]), node("wet", &["rian"], &[0.1, 0.2])]).contains("did you mean `rain`?")
        );
        assert!(says(vec![node("a", &[], &[0.5, 0.5])]).contains("`a` has a table of 2 x 2, wanted 1 x 2"));
        assert!(
            says(vec![Node { table: vec![vec![0.5, 0.6]], ..node("a", &[], &[0.5]) }])
                .contains("row 1 of `a` sums to 1.1")
        );
        assert!(says(vec![node("a", &[], &[0.5]), node("a", &[], &[0.5])]).contains("two variables are called `a`"));
        let net = sprinkler();
        let says = |r: Result<Vec<f64>>| r.unwrap_err().to_string();
        assert!(says(net.posterior("sprinkle", &[])).contains("did you mean `sprinkler`?"));
        assert!(
            says(net.posterior("rain", &[("wet", "yse")]))
                .contains("unknown state `yse` of `wet`; did you mean `yes`?")
        );
        let dry = [("wet", "yes"), ("rain", "no"), ("sprinkler", "no")];
        assert!(says(net.posterior("cloudy", &dry)).contains("the evidence is impossible: wet = yes, rain = no"));
        assert!(net.explanation(&dry).is_err() && net.likelihood_weighting("cloudy", &dry, 1000, 0).is_err());
        assert_eq!(net.log_probability(&dry).unwrap(), f64::NEG_INFINITY);
    }

    #[test]
    fn saved_and_read_back_it_is_the_same_and_damage_is_told() {
        let net = sprinkler();
        let bytes = net.to_bytes().unwrap();
        assert_eq!(BayesNet::from_saved(&bytes).unwrap(), net);
        for i in 0..bytes.len() {
            let mut hurt = bytes.clone();
            hurt[i] ^= 0x07;
            if let Ok(n) = BayesNet::from_saved(&hurt) {
                let _ = n.posterior(&n.nodes()[0].name, &[]);
            }
        }
    }
}
