//! `mynah.graphical`: probabilistic graphical models.

use super::convert::{FromArg, LuaType, This, ToLua, expected, got};
use super::learn::{Labels, grid, labels, row, samples};
use super::options::Options;
use super::rows::Rows;
use super::shim::{Outcome, fault};
use super::tensor::LuaTensor;
use crate::learn::graphical::{
    BayesNet, BeliefSettings, Emission, GibbsSettings, Grid, GridBeliefs, Hmm, HmmKind, HmmParameters, HmmSettings,
    HmmStart, Kalman, KalmanModel, KalmanSettings, MarkovChain, MarkovSettings, Node, Sequence, StructureSettings,
    Variable,
};
use crate::learn::{Fit, Label, ModelFile, Samples};
use crate::nn::{Device, Tensor};
use crate::{lua_class, lua_extras, lua_module, progress};
use mlua::{Lua, Table, Value};
use std::cell::RefCell;

/// Symbols in a row: a list of labels, or a string for its characters.
struct Symbols(Vec<Label>);

impl LuaType for Symbols {
    fn lua_type() -> String {
        "number[]|string[]|string".into()
    }
}
impl FromArg for Symbols {
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self> {
        match &value {
            Value::String(s) => Ok(Self(s.to_string_lossy().chars().map(|c| Label::Text(c.to_string())).collect())),
            _ => Ok(Self(Labels::from_arg(value, lua)?.0)),
        }
    }
}

/// One sequence or a list of them.
struct Many<T>(Vec<T>);

impl<T: LuaType> LuaType for Many<T> {
    fn lua_type() -> String {
        format!("{}|({})[]", T::lua_type(), T::lua_type())
    }
}
impl FromArg for Many<Symbols> {
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self> {
        if let Value::Table(table) = &value
            && matches!(table.raw_get(1)?, Value::Table(_) | Value::String(_))
            && long(table)?
        {
            return Ok(Self(Vec::from_arg(value, lua)?));
        }
        Ok(Self(vec![Symbols::from_arg(value, lua)?]))
    }
}

/// Whether a list holds sequences: lists, or strings of more than one character.
fn long(table: &Table) -> Outcome<bool> {
    for value in table.sequence_values::<Value>() {
        match value? {
            Value::Table(_) => return Ok(true),
            Value::String(s) if s.to_string_lossy().chars().count() > 1 => {}
            _ => return Ok(false),
        }
    }
    Ok(false)
}

/// Codes of labels among known ones, from 0.
fn codes(name: &str, known: &[Label], list: &[Label]) -> Outcome<Vec<u32>> {
    list.iter()
        .map(|l| match known.iter().position(|k| k == l) {
            Some(i) => Ok(i as u32),
            None => fault(format!("{name}: the symbol `{l}` was not seen before")),
        })
        .collect()
}

/// The labels that occur, numbers by size, then words.
fn sorted(name: &str, lists: &[Symbols]) -> Outcome<Vec<Label>> {
    let all: Vec<Label> = lists.iter().flat_map(|s| s.0.iter().cloned()).collect();
    Ok(crate::learn::Coded::new(name, &all)?.classes)
}

fn warn(name: &str, fit: &Fit) {
    if let Some(warning) = &fit.warning {
        let warning = warning.strip_prefix(name).map_or(&warning[..], |w| w.trim_start_matches(": "));
        progress::suspend(|| eprintln!("warning: {name}: {warning}"));
    }
}

fn table(rows: &[Vec<f64>]) -> Outcome<LuaTensor> {
    let columns = rows.first().map_or(0, Vec::len);
    grid(Samples::new(rows.len(), columns, rows.concat())?)
}

/// States as Lua counts them, from 1.
fn from_one(lua: &Lua, codes: &[u32]) -> Outcome<Value> {
    row(lua, codes.iter().map(|c| f64::from(*c) + 1.0).collect())
}

lua_extras! {
    /// What a hidden Markov model may be told at the start.
    HmmExtras {
        /// How probable each state is at the beginning.
        start: Vec<f64> = "number[]",
        /// How probable each state (columns) is after each (rows); what is 0 stays 0.
        transition: Vec<Vec<f64>> = "number[][]",
        /// How probable each symbol (columns) is in each state (rows), for discrete ones.
        emission: Vec<Vec<f64>> = "number[][]",
        /// The mean of each state, for Gaussian ones.
        means: Vec<Vec<f64>> = "number[][]",
        /// The variances of each state, or its covariance matrix row by row, for Gaussian ones.
        covariances: Vec<Vec<f64>> = "number[][]",
        /// What the columns of `emission` stand for. Default 1, 2, …
        labels: Labels = "number[]|string[]",
    }
}

/// A hidden Markov model as Lua holds it.
pub struct LuaHmm {
    model: RefCell<Hmm>,
    labels: RefCell<Vec<Label>>,
}

/// What a hidden Markov model reads: symbols or points.
struct Observed(Value);

impl LuaType for Observed {
    fn lua_type() -> String {
        "number[]|string[]|string|number[][]|mynah.Tensor".into()
    }
}
impl FromArg for Observed {
    fn from_arg(value: Value, _: &Lua) -> Outcome<Self> {
        match value {
            Value::Table(_) | Value::String(_) | Value::UserData(_) => Ok(Self(value)),
            other => expected("a sequence of symbols or points", &other),
        }
    }
}

impl LuaHmm {
    fn new(settings: HmmSettings, extras: HmmExtras) -> Outcome<Self> {
        let emission = match (extras.emission, extras.means, extras.covariances) {
            (Some(table), None, None) => Some(Emission::Discrete(table)),
            (None, Some(means), Some(covariances)) => Some(Emission::Gaussian { means, covariances }),
            (None, None, None) => None,
            _ => return fault("hmm: give `emission`, or both `means` and `covariances`"),
        };
        let count = if let Some(Emission::Discrete(t)) = &emission { t.first().map_or(0, Vec::len) } else { 0 };
        let known = match extras.labels {
            Some(given) if given.0.len() != count => {
                return fault(format!("hmm: {} labels for {count} columns of `emission`", given.0.len()));
            }
            Some(given) => given.0,
            None => (1..=count).map(|i| Label::Number(i as f64)).collect(),
        };
        let mut model = Hmm::new(HmmSettings { symbols: settings.symbols.max(count), ..settings })?;
        match (extras.start, extras.transition, emission) {
            (Some(start), Some(transition), Some(emission)) => {
                model.set_parameters(HmmParameters { start, transition, emission })?;
            }
            (start, transition, emission) => model.set_begin(HmmStart { start, transition, emission })?,
        }
        Ok(Self { model: RefCell::new(model), labels: RefCell::new(known) })
    }

    fn discrete(&self) -> bool {
        self.model.borrow().settings().kind == HmmKind::Discrete
    }

    fn sequence(&self, lua: &Lua, seen: Observed) -> Outcome<Sequence> {
        if self.discrete() {
            let list = Symbols::from_arg(seen.0, lua)?.0;
            return Ok(Sequence::Symbols(codes("hmm", &self.labels.borrow(), &list)?));
        }
        points(lua, seen.0).map(Sequence::Points)
    }

    fn fit(&self, lua: &Lua, seen: Observed) -> Outcome<()> {
        let mut known = self.labels.borrow().clone();
        let sequences: Vec<Sequence> = if self.discrete() {
            let lists = Many::<Symbols>::from_arg(seen.0, lua)?.0;
            if known.is_empty() {
                known = sorted("hmm", &lists)?;
            }
            lists.iter().map(|l| Ok(Sequence::Symbols(codes("hmm", &known, &l.0)?))).collect::<Outcome<_>>()?
        } else {
            several(lua, seen.0)?.into_iter().map(Sequence::Points).collect()
        };
        let Ok(mut model) = self.model.try_borrow_mut() else { return fault("the model is in use") };
        let fit = model.fit(&sequences)?;
        *self.labels.borrow_mut() = known;
        warn("hmm", &fit);
        Ok(())
    }
}

/// Points in a row: rows, a tensor, or numbers for points of one dimension.
fn points(lua: &Lua, value: Value) -> Outcome<Samples> {
    if let Value::Table(list) = &value
        && matches!(list.raw_get(1)?, Value::Number(_) | Value::Integer(_))
    {
        let numbers = Vec::<f64>::from_arg(value, lua)?;
        return Ok(Samples::new(numbers.len(), 1, numbers)?);
    }
    samples(Rows::from_arg(value, lua)?)
}

/// One sequence of points or a list of them.
fn several(lua: &Lua, value: Value) -> Outcome<Vec<Samples>> {
    if let Value::Table(list) = &value {
        let many = match list.raw_get(1)? {
            Value::UserData(_) => true,
            Value::Table(first) => matches!(first.raw_get(1)?, Value::Table(_)),
            _ => false,
        };
        if many {
            return list.sequence_values::<Value>().map(|v| points(lua, v?)).collect();
        }
    }
    Ok(vec![points(lua, value)?])
}

/// A Markov chain as Lua holds it.
pub struct LuaMarkov {
    model: RefCell<MarkovChain>,
    labels: RefCell<Vec<Label>>,
}

impl LuaMarkov {
    fn codes(&self, list: &[Label]) -> Outcome<Vec<u32>> {
        codes("markov_chain", &self.labels.borrow(), list)
    }
    fn named(&self, lua: &Lua, numbers: &[f64]) -> Outcome<Table> {
        let table = lua.create_table()?;
        for (label, number) in self.labels.borrow().iter().zip(numbers) {
            table.raw_set(key(lua, label)?, *number)?;
        }
        Ok(table)
    }
    fn list(&self, codes: &[u32]) -> Vec<Label> {
        let known = self.labels.borrow();
        codes.iter().filter_map(|c| known.get(*c as usize).cloned()).collect()
    }
}

/// A label as a table's key: whole numbers as integers.
fn key(lua: &Lua, label: &Label) -> Outcome<Value> {
    Ok(match label {
        Label::Number(x) if x.fract() == 0.0 && x.abs() < 2f64.powi(53) => Value::Integer(*x as i64),
        Label::Number(x) => Value::Number(*x),
        Label::Text(text) => Value::String(lua.create_string(text)?),
    })
}

/// A Bayesian network as Lua holds it.
pub struct LuaBayesNet {
    model: BayesNet,
    warning: Option<String>,
}

/// What is known of some variables: `{ rain = "yes" }`.
struct Evidence(Vec<(String, String)>);

impl LuaType for Evidence {
    fn lua_type() -> String {
        "table<string, string>".into()
    }
}
impl FromArg for Evidence {
    fn from_arg(value: Value, _: &Lua) -> Outcome<Self> {
        let Value::Table(table) = value else { return expected("a table { variable = state }", &value) };
        let mut pairs = Vec::new();
        for pair in table.pairs::<Value, Value>() {
            match pair? {
                (Value::String(name), Value::String(state)) => {
                    pairs.push((name.to_string_lossy(), state.to_string_lossy()));
                }
                (name, state) => {
                    return fault(format!("expected {{ variable = state }}, got [{}] = {}", got(&name), got(&state)));
                }
            }
        }
        pairs.sort();
        Ok(Self(pairs))
    }
}

impl Evidence {
    fn pairs(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(a, b)| (&a[..], &b[..])).collect()
    }
}

impl LuaBayesNet {
    fn named(&self, lua: &Lua, variable: &str, numbers: &[f64]) -> Outcome<Table> {
        let at = self.model.variable(variable)?;
        let states = &self.model.nodes()[at].states;
        Ok(lua.create_table_from(states.iter().map(|s| &s[..]).zip(numbers.iter().copied()))?)
    }
}

/// Rows of states by name: `{ { rain = "yes", grass = "wet" }, … }`, coded.
fn records(names: &[(&str, &[String])], rows: &[Evidence]) -> Outcome<Vec<Vec<u32>>> {
    let mut out = Vec::with_capacity(rows.len());
    for (i, record) in rows.iter().enumerate() {
        if let Some((name, _)) = record.0.iter().find(|(name, _)| !names.iter().any(|(n, _)| n == name)) {
            return fault(format!("row {}: there is no variable `{name}`", i + 1));
        }
        let code = |(name, states): &(&str, &[String])| {
            let Some((_, state)) = record.0.iter().find(|(n, _)| n == name) else {
                return fault(format!("row {}: nothing is said about `{name}`", i + 1));
            };
            match states.iter().position(|s| s == state) {
                Some(code) => Ok(code as u32),
                None => fault(format!("row {}: `{name}` has no state `{state}`", i + 1)),
            }
        };
        out.push(names.iter().map(code).collect::<Outcome<Vec<_>>>()?);
    }
    Ok(out)
}

fn of_variables(variables: &[Variable]) -> Vec<(&str, &[String])> {
    variables.iter().map(|v| (&v.name[..], &v.states[..])).collect()
}

fn of_nodes(nodes: &[Node]) -> Vec<(&str, &[String])> {
    nodes.iter().map(|v| (&v.name[..], &v.states[..])).collect()
}

/// The variables of records, with their states in order of their names.
fn variables(rows: &[Evidence]) -> Vec<Variable> {
    let mut found: Vec<Variable> = Vec::new();
    for (name, state) in rows.iter().flat_map(|r| &r.0) {
        let at = found.iter().position(|v| v.name == *name).unwrap_or_else(|| {
            found.push(Variable { name: name.clone(), ..Variable::default() });
            found.len() - 1
        });
        if !found[at].states.contains(state) {
            found[at].states.push(state.clone());
        }
    }
    found.iter_mut().for_each(|v| v.states.sort());
    found
}

lua_extras! {
    /// What a Bayesian network is learned from, beside its settings.
    StructureExtras {
        /// The variables with their states, in order. Default: those that occur in the rows.
        variables: Vec<Options<Variable>> = "{ name: string, states: string[] }[]",
    }
}

/// A field of labels on a grid as Lua holds it.
pub struct LuaField(Grid);

/// The codes, from 0, of labels as Lua counts them.
fn pixel_codes(values: &[f64], labels: usize) -> Outcome<Vec<u32>> {
    let code = |v: &f64| match v.fract() == 0.0 && *v >= 1.0 && *v <= labels as f64 {
        true => Ok(*v as u32 - 1),
        false => fault(format!("markov_field: a label must be a whole number from 1 to {labels}, got {v}")),
    };
    values.iter().map(code).collect()
}

fn beliefs(lua: &Lua, field: &Grid, found: GridBeliefs) -> Outcome<Table> {
    let (height, width, count) = field.size();
    let table = lua.create_table()?;
    let on_grid = |values: Vec<f64>, shape: &[usize]| -> Outcome<Value> {
        Ok(LuaTensor::from(Tensor::from_vec(values, shape, Device::Cpu)?).to_lua(lua)?)
    };
    let from_one = |codes: &[u32]| codes.iter().map(|c| f64::from(*c) + 1.0).collect::<Vec<f64>>();
    table.set("labels", on_grid(from_one(&found.labels), &[height, width])?)?;
    table.set("marginals", on_grid(found.marginals, &[height, width, count])?)?;
    table.set("energy", found.energy)?;
    table.set("steps", found.fit.steps)?;
    if !found.energies.is_empty() {
        table.set("energies", row(lua, found.energies)?)?;
        table.set("last", on_grid(from_one(&found.last), &[height, width])?)?;
    }
    warn("markov_field", &found.fit);
    Ok(table)
}

/// A Kalman filter as Lua holds it.
pub struct LuaKalman(RefCell<Kalman>);

lua_module! {
    /// Probabilistic graphical models: hidden Markov models, Markov chains, Bayesian networks, fields, Kalman filters.
    ///
    /// ```lua
    /// local chain = mynah.graphical.markov_chain{ order = 1 }:fit("abababac")
    /// assert(chain:next("a").b == 0.75)
    /// ```
    module "mynah.graphical" {
        /// A hidden Markov model: states that cannot be seen, and what each shows. States count from 1.
        ///
        /// ```lua
        /// -- Healthy or ill, seen only by how one feels.
        /// local hmm = mynah.graphical.hmm{ states = 2, kind = "discrete", start = { 0.6, 0.4 },
        ///   transition = { { 0.7, 0.3 }, { 0.4, 0.6 } }, labels = { "normal", "cold", "dizzy" },
        ///   emission = { { 0.5, 0.4, 0.1 }, { 0.1, 0.3, 0.6 } } }
        /// local path, log_probability = hmm:viterbi{ "normal", "cold", "dizzy" }
        /// assert(path[1] == 1 and path[2] == 1 and path[3] == 2)
        /// assert(math.abs(math.exp(log_probability) - 0.01512) < 1e-12)
        /// ```
        fn hmm(options: Options<HmmSettings, HmmExtras>) -> LuaHmm { LuaHmm::new(options.0, options.1) }

        /// A Markov chain: what comes next depends on the last symbols alone.
        ///
        /// ```lua
        /// local chain = mynah.graphical.markov_chain{ order = 2 }:fit("the then these")
        /// assert(chain:next("th").e == 1)
        /// ```
        fn markov_chain(options: Options<MarkovSettings>) -> LuaMarkov {
            Ok(LuaMarkov { model: RefCell::new(MarkovChain::new(options.0)?), labels: RefCell::default() })
        }

        /// A Markov chain with known probabilities: of each symbol (columns) after each (rows).
        ///
        /// ```lua
        /// local chain = mynah.graphical.markov_chain_of({ { 0.9, 0.1 }, { 0.5, 0.5 } }, { "sun", "rain" })
        /// assert(math.abs(chain:stationary().sun - 5 / 6) < 1e-12)
        /// ```
        fn markov_chain_of(transition: Vec<Vec<f64>>, labels: Option<Labels>) -> LuaMarkov {
            let count = transition.len();
            let known = labels.map_or_else(|| (1..=count).map(|i| Label::Number(i as f64)).collect(), |l| l.0);
            if known.len() != count {
                return fault(format!("markov_chain: {} labels for {count} rows", known.len()));
            }
            let model = MarkovChain::from_matrix(transition, None)?;
            Ok(LuaMarkov { model: RefCell::new(model), labels: RefCell::new(known) })
        }

        /// A Bayesian network from its variables, each with its states, parents and table.
        ///
        /// ```lua
        /// local net = mynah.graphical.bayes_net{
        ///   { name = "rain", states = { "yes", "no" }, table = { { 0.2, 0.8 } } },
        ///   { name = "grass", states = { "wet", "dry" }, parents = { "rain" }, table = { { 0.9, 0.1 }, { 0.1, 0.9 } } },
        /// }
        /// assert(math.abs(net:posterior("rain", { grass = "wet" }).yes - 0.18 / 0.26) < 1e-12)
        /// ```
        fn bayes_net(nodes: Vec<Options<Node>>) -> LuaBayesNet {
            Ok(LuaBayesNet { model: BayesNet::new(nodes.into_iter().map(|n| n.0).collect())?, warning: None })
        }

        /// A Bayesian network of known structure, its tables counted from rows `{ variable = state }`.
        ///
        /// `smoothing` is added to each count.
        ///
        /// ```lua
        /// local rows = { { rain = "no", grass = "dry" }, { rain = "yes", grass = "wet" }, { rain = "no", grass = "dry" } }
        /// local net = mynah.graphical.fit_bayes_net({
        ///   { name = "rain", states = { "yes", "no" } },
        ///   { name = "grass", states = { "wet", "dry" }, parents = { "rain" } },
        /// }, rows, 1)
        /// assert(math.abs(net:posterior("rain").yes - 2 / 5) < 1e-12)
        /// ```
        fn fit_bayes_net(variables: Vec<Options<Variable>>, rows: Vec<Evidence>, smoothing: Option<f64>) -> LuaBayesNet {
            let variables: Vec<Variable> = variables.into_iter().map(|v| v.0).collect();
            let rows = records(&of_variables(&variables), &rows)?;
            Ok(LuaBayesNet { model: BayesNet::fit(&variables, &rows, smoothing.unwrap_or(0.0))?, warning: None })
        }

        /// A Bayesian network whose structure is learned as well, from rows `{ variable = state }`.
        ///
        /// ```lua
        /// local rows = {}
        /// for i = 1, 60 do
        ///   local rain = i % 3 == 0 and "yes" or "no"
        ///   rows[i] = { rain = rain, grass = (rain == "yes") ~= (i % 10 == 0) and "wet" or "dry" }
        /// end
        /// local net = mynah.graphical.learn_bayes_net(rows, { search = "chow_liu" })
        /// assert(net:posterior("grass", { rain = "yes" }).wet > 0.8)
        /// ```
        fn learn_bayes_net(rows: Vec<Evidence>, options: Options<StructureSettings, StructureExtras>) -> LuaBayesNet {
            let given = options.1.variables.map(|list| list.into_iter().map(|v| v.0).collect::<Vec<_>>());
            let variables = given.unwrap_or_else(|| variables(&rows));
            let rows = records(&of_variables(&variables), &rows)?;
            let (model, fit) = BayesNet::learn(&variables, &rows, &options.0)?;
            warn("bayes_net", &fit);
            Ok(LuaBayesNet { model, warning: fit.warning })
        }

        /// A Markov random field behind a noisy picture: neighbours tend to have the same label (Ising, Potts).
        ///
        /// `picture` holds labels from 1 to `labels`; each pixel shows a wrong one with probability `noise`; `coupling`
        /// says how much neighbours want to be alike.
        ///
        /// ```lua
        /// local picture = { { 1, 1, 1 }, { 1, 2, 1 }, { 1, 1, 1 } }
        /// local found = mynah.graphical.markov_field(picture, 2, 0.2, 1):propagate()
        /// assert(found.labels[2][2] == 1)
        /// ```
        fn markov_field(picture: Rows, labels: usize, noise: f64, coupling: f64) -> LuaField {
            let rows = samples(picture)?;
            let codes = pixel_codes(rows.values(), labels)?;
            Ok(LuaField(Grid::noisy(&codes, rows.rows(), rows.columns(), labels, noise, coupling)?))
        }

        /// A Kalman filter: a linear system that is seen through noise.
        ///
        /// ```lua
        /// -- A constant, measured four times.
        /// local kalman = mynah.graphical.kalman{ transition = { { 1 } }, observation = { { 1 } },
        ///   process_noise = { { 0 } }, observation_noise = { { 1 } }, start_mean = { 0 }, start_covariance = { { 1e6 } } }
        /// local means = kalman:filter{ { 4 }, { 6 }, { 5 }, { 5 } }.means
        /// assert(math.abs(means[4][1] - 5) < 1e-4)
        /// ```
        fn kalman(options: Options<KalmanModel>) -> LuaKalman { Ok(LuaKalman(RefCell::new(Kalman::new(options.0)?))) }

        /// Reads a hidden Markov model that `save` wrote.
        ///
        /// ```lua
        /// local hmm = mynah.graphical.hmm{ states = 2, kind = "discrete", seed = 1 }:fit("aabbaabbaabb")
        /// hmm:save(TMP .. "/h.mynah")
        /// assert(mynah.graphical.load_hmm(TMP .. "/h.mynah"):log_likelihood("aabb") == hmm:log_likelihood("aabb"))
        /// ```
        fn load_hmm(path: String) -> LuaHmm {
            let file = ModelFile::load(&path, "hmm")?;
            let model = Hmm::from_saved(&file.state)?;
            Ok(LuaHmm { model: RefCell::new(model), labels: RefCell::new(file.labels) })
        }

        /// Reads a Markov chain that `save` wrote.
        ///
        /// ```lua
        /// mynah.graphical.markov_chain():fit("abab"):save(TMP .. "/c.mynah")
        /// assert(mynah.graphical.load_markov_chain(TMP .. "/c.mynah"):next("a").b == 1)
        /// ```
        fn load_markov_chain(path: String) -> LuaMarkov {
            let file = ModelFile::load(&path, "markov_chain")?;
            let model = MarkovChain::from_saved(&file.state)?;
            Ok(LuaMarkov { model: RefCell::new(model), labels: RefCell::new(file.labels) })
        }

        /// Reads a Bayesian network that `save` wrote.
        ///
        /// ```lua
        /// local net = mynah.graphical.bayes_net{ { name = "coin", states = { "heads", "tails" }, table = { { 0.5, 0.5 } } } }
        /// net:save(TMP .. "/n.mynah")
        /// assert(mynah.graphical.load_bayes_net(TMP .. "/n.mynah"):posterior("coin").heads == 0.5)
        /// ```
        fn load_bayes_net(path: String) -> LuaBayesNet {
            let file = ModelFile::load(&path, "bayes_net")?;
            Ok(LuaBayesNet { model: BayesNet::from_saved(&file.state)?, warning: None })
        }

        /// Reads a Kalman filter that `save` wrote.
        ///
        /// ```lua
        /// mynah.graphical.kalman{ transition = { { 1 } }, observation = { { 1 } }, process_noise = { { 1 } },
        ///   observation_noise = { { 1 } } }:save(TMP .. "/k.mynah")
        /// assert(mynah.graphical.load_kalman(TMP .. "/k.mynah"):params().transition[1][1] == 1)
        /// ```
        fn load_kalman(path: String) -> LuaKalman {
            let file = ModelFile::load(&path, "kalman")?;
            Ok(LuaKalman(RefCell::new(Kalman::from_saved(&file.state)?)))
        }
    }
}

lua_class! {
    /// A hidden Markov model. A sequence is a list of symbols (or a string) for discrete ones, rows for Gaussian ones.
    class Hmm(LuaHmm) {
        /// What it is, and how many states it has.
        meta tostring(this) -> String {
            let model = this.model.borrow();
            let fitted = if model.parameters().is_some() { "" } else { ", not fitted" };
            Ok(format!("hmm ({} states{fitted})", model.settings().states))
        }
        /// Learns from one sequence or a list of them (Baum & Welch); a fit that did not converge prints a warning.
        fn fit(this, @lua, sequences: Observed) -> This { this.fit(lua, sequences)?; Ok(This) }
        /// The logarithm of the sequence's probability, or density.
        fn log_likelihood(this, @lua, sequence: Observed) -> f64 {
            let sequence = this.sequence(lua, sequence)?;
            Ok(this.model.borrow().log_likelihood(&sequence)?)
        }
        /// How probable each state is at each place, given all that was seen, [length, states].
        fn posterior(this, @lua, sequence: Observed) -> LuaTensor {
            let sequence = this.sequence(lua, sequence)?;
            grid(this.model.borrow().posterior(&sequence)?)
        }
        /// The most probable states in a row, and the logarithm of their probability together with the sequence.
        fn viterbi(this, @lua, sequence: Observed) -> (Value, f64) {
            let sequence = this.sequence(lua, sequence)?;
            let (path, log_probability) = this.model.borrow().viterbi(&sequence)?;
            Ok((from_one(lua, &path)?, log_probability))
        }
        /// A sequence drawn from it, and its states.
        fn sample(this, @lua, length: usize, seed: Option<usize>) -> (Value, Value) {
            let (sequence, states) = this.model.borrow().sample(length, seed.unwrap_or(0) as u64)?;
            let states = from_one(lua, &states)?;
            let known = this.labels.borrow();
            let seen = match sequence {
                Sequence::Points(points) => grid(points)?.to_lua(lua)?,
                Sequence::Symbols(codes) => {
                    let name = |c: &u32| known.get(*c as usize).cloned().unwrap_or(Label::Number(f64::from(*c) + 1.0));
                    labels(lua, codes.iter().map(name).collect())?
                }
            };
            Ok((seen, states))
        }
        /// What it has learned: start, transition, and emission or means and covariances; and the log likelihood of each step.
        fn params(this, @lua) -> Table {
            let model = this.model.borrow();
            let out = lua.create_table()?;
            if let Some(p) = model.parameters() {
                out.set("start", row(lua, p.start.clone())?)?;
                out.set("transition", table(&p.transition)?.to_lua(lua)?)?;
                match &p.emission {
                    Emission::Discrete(t) => out.set("emission", table(t)?.to_lua(lua)?)?,
                    Emission::Gaussian { means, covariances } => {
                        out.set("means", table(means)?.to_lua(lua)?)?;
                        out.set("covariances", table(covariances)?.to_lua(lua)?)?;
                    }
                }
            }
            out.set("labels", labels(lua, this.labels.borrow().clone())?)?;
            out.set("history", row(lua, model.history().to_vec())?)?;
            Ok(out)
        }
        /// Writes it to a file, for `mynah.graphical.load_hmm`.
        fn save(this, path: String) -> This {
            let state = this.model.borrow().to_bytes()?;
            ModelFile { name: "hmm".into(), labels: this.labels.borrow().clone(), state }.save(path)?;
            Ok(This)
        }
    }
}

lua_class! {
    /// A Markov chain over symbols: a list of labels, or a string for its characters.
    class MarkovChain(LuaMarkov) {
        /// What it is, and how many symbols it knows.
        meta tostring(this) -> String {
            let model = this.model.borrow();
            Ok(format!("markov chain (order {}, {} symbols)", model.settings().order, this.labels.borrow().len()))
        }
        /// Counts what follows what, in one sequence or a list of them.
        fn fit(this, sequences: Many<Symbols>) -> This {
            let known = sorted("markov_chain", &sequences.0)?;
            let lists: Vec<Vec<u32>> =
                sequences.0.iter().map(|s| codes("markov_chain", &known, &s.0)).collect::<Outcome<_>>()?;
            let Ok(mut model) = this.model.try_borrow_mut() else { return fault("the chain is in use") };
            model.fit(&lists)?;
            *this.labels.borrow_mut() = known;
            Ok(This)
        }
        /// How probable each symbol is after a history.
        fn next(this, @lua, history: Symbols) -> Table {
            let found = this.model.borrow().next(&this.codes(&history.0)?)?;
            this.named(lua, &found)
        }
        /// The logarithm of the sequence's probability.
        fn log_likelihood(this, sequence: Symbols) -> f64 {
            Ok(this.model.borrow().log_likelihood(&this.codes(&sequence.0)?)?)
        }
        /// Symbols drawn one after the other, going on from `history` if there is one.
        fn sample(this, @lua, length: usize, seed: Option<usize>, history: Option<Symbols>) -> Value {
            let history = history.map_or(Ok(Vec::new()), |h| this.codes(&h.0))?;
            let codes = this.model.borrow().sample(length, &history, seed.unwrap_or(0) as u64)?;
            labels(lua, this.list(&codes))
        }
        /// The symbols it knows, in the order of rows and columns.
        fn symbols(this, @lua) -> Value { labels(lua, this.labels.borrow().clone()) }
        /// How probable each symbol (columns) is after each (rows); of order 1 only.
        fn transition(this) -> LuaTensor { table(&this.model.borrow().transition()?) }
        /// How often each symbol comes in the long run; of order 1 only.
        fn stationary(this, @lua) -> Table {
            let model = this.model.borrow();
            if model.settings().order != 1 {
                return fault("markov_chain: `stationary` is for order 1");
            }
            this.named(lua, &model.stationary()?)
        }
        /// From each symbol, how many steps pass until one of `targets` is met, on average; of order 1 only.
        fn hitting_times(this, @lua, targets: Symbols) -> Table {
            let found = this.model.borrow().hitting_times(&this.codes(&targets.0)?)?;
            this.named(lua, &found)
        }
        /// From each symbol, how probable it is that one of `targets` is ever met; of order 1 only.
        fn hitting_probabilities(this, @lua, targets: Symbols) -> Table {
            let found = this.model.borrow().hitting_probabilities(&this.codes(&targets.0)?)?;
            this.named(lua, &found)
        }
        /// How much each symbol tells in the long run, in nats.
        fn entropy_rate(this) -> f64 { Ok(this.model.borrow().entropy_rate()?) }
        /// Writes it to a file, for `mynah.graphical.load_markov_chain`.
        fn save(this, path: String) -> This {
            let state = this.model.borrow().to_bytes()?;
            ModelFile { name: "markov_chain".into(), labels: this.labels.borrow().clone(), state }.save(path)?;
            Ok(This)
        }
    }
}

lua_class! {
    /// A Bayesian network. Evidence is a table `{ variable = state }`.
    class BayesNet(LuaBayesNet) {
        /// Its variables with their parents.
        meta tostring(this) -> String {
            let node = |n: &Node| match n.parents.is_empty() {
                true => n.name.clone(),
                false => format!("{} given {}", n.name, n.parents.join(", ")),
            };
            Ok(format!("bayes net ({})", this.model.nodes().iter().map(node).collect::<Vec<_>>().join("; ")))
        }
        /// What learning its structure had to say; nil when all went well.
        get warning(this) -> Option<String> { Ok(this.warning.clone()) }
        /// Its variables: a list of tables with name, states, parents and table.
        fn nodes(this, @lua) -> Table {
            let list = lua.create_table()?;
            for node in this.model.nodes() {
                let one = lua.create_table()?;
                one.set("name", &node.name[..])?;
                one.set("states", node.states.clone())?;
                one.set("parents", node.parents.clone())?;
                one.set("table", node.table.clone())?;
                list.push(one)?;
            }
            Ok(list)
        }
        /// How probable each state of a variable is, exactly (variable elimination).
        fn posterior(this, @lua, variable: String, evidence: Option<Evidence>) -> Table {
            let evidence = evidence.unwrap_or(Evidence(Vec::new()));
            let found = this.model.posterior(&variable, &evidence.pairs())?;
            this.named(lua, &variable, &found)
        }
        /// The same by drawing samples that agree with the evidence, each with its weight.
        fn likelihood_weighting(this, @lua, variable: String, evidence: Evidence, samples: usize, seed: Option<usize>) -> Table {
            let seed = seed.unwrap_or(0) as u64;
            let found = this.model.likelihood_weighting(&variable, &evidence.pairs(), samples, seed)?;
            this.named(lua, &variable, &found)
        }
        /// The most probable states of all variables together, and the logarithm of their probability.
        fn explanation(this, @lua, evidence: Evidence) -> (Table, f64) {
            let found = this.model.explanation(&evidence.pairs())?;
            let states = this.model.nodes().iter().zip(&found.states);
            let pairs = states.map(|(n, s)| (&n.name[..], &n.states[*s as usize][..]));
            Ok((lua.create_table_from(pairs)?, found.log_probability))
        }
        /// The logarithm of the evidence's probability.
        fn log_probability(this, evidence: Evidence) -> f64 { Ok(this.model.log_probability(&evidence.pairs())?) }
        /// Rows `{ variable = state }` drawn from it.
        fn sample(this, @lua, count: usize, seed: Option<usize>) -> Table {
            let list = lua.create_table_with_capacity(count.min(1 << 20), 0)?;
            for states in this.model.sample(count, seed.unwrap_or(0) as u64)? {
                let nodes = this.model.nodes().iter().zip(&states);
                list.push(lua.create_table_from(nodes.map(|(n, s)| (&n.name[..], &n.states[*s as usize][..])))?)?;
            }
            Ok(list)
        }
        /// The logarithm of the rows' probability.
        fn log_likelihood(this, rows: Vec<Evidence>) -> f64 {
            Ok(this.model.log_likelihood(&records(&of_nodes(this.model.nodes()), &rows)?)?)
        }
        /// The Bayesian information criterion of the rows: the higher, the better it explains them for its size.
        fn bic(this, rows: Vec<Evidence>) -> f64 {
            Ok(this.model.bic(&records(&of_nodes(this.model.nodes()), &rows)?)?)
        }
        /// Writes it to a file, for `mynah.graphical.load_bayes_net`.
        fn save(this, path: String) -> This {
            ModelFile { name: "bayes_net".into(), labels: Vec::new(), state: this.model.to_bytes()? }.save(path)?;
            Ok(This)
        }
    }
}

lua_class! {
    /// A field of labels on a grid, each pixel drawn to its own picture and to its neighbours.
    class MarkovField(LuaField) {
        /// Its size and labels.
        meta tostring(this) -> String {
            let (height, width, labels) = this.0.size();
            Ok(format!("markov field ({height} x {width}, {labels} labels)"))
        }
        /// Gibbs sampling: labels (the most frequent), marginals, energies of each sweep.
        fn gibbs(this, @lua, options: Options<GibbsSettings>) -> Table { beliefs(lua, &this.0, this.0.gibbs(&options.0)?) }
        /// Loopy belief propagation: labels (the most probable) and marginals.
        fn propagate(this, @lua, options: Options<BeliefSettings>) -> Table {
            beliefs(lua, &this.0, this.0.propagate(&options.0)?)
        }
        /// The energy of labels from 1: the lower, the more probable.
        fn energy(this, labels: Rows) -> f64 {
            let codes = pixel_codes(&labels.values, this.0.size().2)?;
            Ok(this.0.energy(&codes)?)
        }
    }
}

lua_class! {
    /// A Kalman filter. Observations are rows, with NaN where nothing was seen.
    class Kalman(LuaKalman) {
        /// How many numbers its state has.
        meta tostring(this) -> String {
            Ok(format!("kalman filter ({} states)", this.0.borrow().model().transition.len()))
        }
        /// The state after each observation: means [length, states], covariances [length, states²], predicted ones, log_likelihood.
        fn filter(this, @lua, observations: Rows, controls: Option<Rows>) -> Table {
            let controls = controls.map(samples).transpose()?;
            let found = this.0.borrow().filter(&samples(observations)?, controls.as_ref())?;
            let out = lua.create_table()?;
            out.set("means", grid(found.means)?.to_lua(lua)?)?;
            out.set("covariances", grid(found.covariances)?.to_lua(lua)?)?;
            out.set("predicted_means", grid(found.predicted_means)?.to_lua(lua)?)?;
            out.set("predicted_covariances", grid(found.predicted_covariances)?.to_lua(lua)?)?;
            out.set("log_likelihood", found.log_likelihood)?;
            Ok(out)
        }
        /// The state at each time, given all observations (Rauch, Tung & Striebel): means, covariances, log_likelihood.
        fn smooth(this, @lua, observations: Rows, controls: Option<Rows>) -> Table {
            let controls = controls.map(samples).transpose()?;
            let found = this.0.borrow().smooth(&samples(observations)?, controls.as_ref())?;
            let out = lua.create_table()?;
            out.set("means", grid(found.means)?.to_lua(lua)?)?;
            out.set("covariances", grid(found.covariances)?.to_lua(lua)?)?;
            out.set("log_likelihood", found.log_likelihood)?;
            Ok(out)
        }
        /// What comes after the observations: means, covariances, observations, observation_covariances.
        fn forecast(this, @lua, observations: Rows, steps: usize, controls: Option<Rows>) -> Table {
            let controls = controls.map(samples).transpose()?;
            let found = this.0.borrow().forecast(&samples(observations)?, controls.as_ref(), steps)?;
            let out = lua.create_table()?;
            out.set("means", grid(found.means)?.to_lua(lua)?)?;
            out.set("covariances", grid(found.covariances)?.to_lua(lua)?)?;
            out.set("observations", grid(found.observations)?.to_lua(lua)?)?;
            out.set("observation_covariances", grid(found.observation_covariances)?.to_lua(lua)?)?;
            Ok(out)
        }
        /// Learns its noises, and more by choice, from one sequence of observations or a list of them (expectation maximisation).
        fn fit(this, @lua, observations: Observed, options: Options<KalmanSettings>) -> This {
            let sequences = several(lua, observations.0)?;
            let Ok(mut model) = this.0.try_borrow_mut() else { return fault("the filter is in use") };
            let fit = model.fit(&sequences, None, &options.0)?;
            warn("kalman", &fit);
            Ok(This)
        }
        /// States and observations drawn from it.
        fn sample(this, length: usize, seed: Option<usize>) -> (LuaTensor, LuaTensor) {
            let (states, seen) = this.0.borrow().sample(length, None, seed.unwrap_or(0) as u64)?;
            Ok((grid(states)?, grid(seen)?))
        }
        /// Its matrices: transition, observation, process_noise, observation_noise, start_mean, start_covariance.
        fn params(this, @lua) -> Table {
            let model = this.0.borrow().model().clone();
            let out = lua.create_table()?;
            out.set("transition", table(&model.transition)?.to_lua(lua)?)?;
            out.set("observation", table(&model.observation)?.to_lua(lua)?)?;
            out.set("process_noise", table(&model.process_noise)?.to_lua(lua)?)?;
            out.set("observation_noise", table(&model.observation_noise)?.to_lua(lua)?)?;
            if let Some(mean) = model.start_mean { out.set("start_mean", row(lua, mean)?)?; }
            if let Some(covariance) = model.start_covariance { out.set("start_covariance", table(&covariance)?.to_lua(lua)?)?; }
            Ok(out)
        }
        /// Writes it to a file, for `mynah.graphical.load_kalman`.
        fn save(this, path: String) -> This {
            ModelFile { name: "kalman".into(), labels: Vec::new(), state: this.0.borrow().to_bytes()? }.save(path)?;
            Ok(This)
        }
    }
}
