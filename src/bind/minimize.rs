//! `mynah.optim.minimize`: one front door for every method.

use super::convert::{FromArg, ToLua, got};
use super::diff::{gradient_at, hessian_at, jacobian_at, plain_value, product_at};
use super::genetic::{GaExtras, LuaGenetic};
use super::options::{Options, to_json};
use super::shim::{Callback, Fault, Outcome, fault};
use crate::data::Rng;
use crate::nearest::{nearest, quoted};
use crate::optim::{self, Param, blackbox, smooth};
use crate::progress::Late;
use crate::{options, stop};
use mlua::{Lua, MultiValue, Table, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// What runs around an optimizer in `minimize`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Loop {
    steps: u64,
    tolerance: f64,
    seed: u64,
}

impl Default for Loop {
    fn default() -> Self {
        Self { steps: 1000, tolerance: 1e-10, seed: 1 }
    }
}

/// A Lua function with what else the script gave of it.
pub struct Given<'a> {
    lua: &'a Lua,
    f: Callback,
    gradient: Option<Callback>,
    on_step: Option<Callback>,
    progress: bool,
}

impl<'a> Given<'a> {
    /// A function alone.
    pub fn function(lua: &'a Lua, f: Callback) -> Self {
        Self { lua, f, gradient: None, on_step: None, progress: false }
    }

    fn value_and_gradient(&self, x: &[f64]) -> Outcome<(f64, Vec<f64>)> {
        let Some(gradient) = &self.gradient else { return gradient_at(self.lua, &self.f, x) };
        let first = |values: MultiValue| values.into_iter().next().unwrap_or(Value::Nil);
        let g = super::diff::Point::from_arg(first(gradient.call(x.to_vec().to_lua(self.lua)?)?), self.lua)?.0;
        if g.len() != x.len() {
            return fault(format!("minimize: `gradient` gave {} numbers for a point of {}", g.len(), x.len()));
        }
        Ok((plain_value(self.lua, &self.f, x)?, g))
    }

    /// A bar for a search that lasts, over `total` steps or evaluations; to be told how many are done and the lowest value.
    fn bar(&self, total: u64, method: &str) -> impl FnMut(u64, f64) + use<> {
        let mut bar = self.progress.then(|| Late::steps(total, method));
        move |done, lowest| {
            if let Some(bar) = &mut bar {
                bar.set(done, || format!("lowest {lowest:.6e}"));
            }
        }
    }

    /// Shows a step; false ends the search.
    fn show(&self, x: impl ToLua, value: f64, steps: u64) -> Outcome<bool> {
        let Some(callback) = &self.on_step else { return Ok(true) };
        let table = self.lua.create_table()?;
        table.set("x", x.to_lua(self.lua)?)?;
        table.set("f", value)?;
        table.set("step", steps)?;
        Ok(!matches!(callback.call(table)?.front(), Some(Value::Boolean(false))))
    }
}

impl smooth::Objective for Given<'_> {
    fn gradient(&mut self, x: &[f64]) -> crate::Result<(f64, Vec<f64>)> {
        self.value_and_gradient(x).map_err(Fault::into_core)
    }

    fn product(&mut self, x: &[f64], v: &[f64]) -> crate::Result<Vec<f64>> {
        product_at(self.lua, &self.f, x, v).map_err(Fault::into_core)
    }

    fn hessian(&mut self, x: &[f64]) -> crate::Result<Vec<f64>> {
        hessian_at(self.lua, &self.f, x).map_err(Fault::into_core)
    }

    fn residuals(&mut self, x: &[f64]) -> crate::Result<(Vec<f64>, Vec<f64>)> {
        jacobian_at(self.lua, &self.f, x).map_err(Fault::into_core)
    }
}

/// See `mynah.optim.minimize`.
pub fn minimize(lua: &Lua, table: &Table) -> Outcome<Table> {
    let mut json = Map::new();
    let (mut f, mut gradient, mut on_step, mut method) = (None, None, None, "auto".to_string());
    let mut progress = true;
    let bred = lua.create_table()?; // what is left for a genetic algorithm
    for pair in table.pairs::<Value, Value>() {
        let (key, value) = pair?;
        let Value::String(key) = &key else {
            return fault(format!("minimize: options are named, got the key {}", got(&key)));
        };
        let key = key.to_string_lossy();
        let blame = |fault: Fault| match fault {
            Fault::Message(text) => Fault::Message(format!("minimize: `{key}`: {text}")),
            thrown => thrown,
        };
        match key.as_str() {
            "f" => f = Some(Callback::from_arg(value, lua).map_err(blame)?),
            "gradient" => gradient = Some(Callback::from_arg(value, lua).map_err(blame)?),
            "on_step" => on_step = Some(Callback::from_arg(value, lua).map_err(blame)?),
            "progress" => progress = bool::from_arg(value, lua).map_err(blame)?,
            "method" => method = String::from_arg(value, lua).map_err(blame)?,
            "x0" => {
                let point = super::diff::Point::from_arg(value, lua).map_err(blame)?.0;
                if let Some(wrong) = point.iter().find(|x| !x.is_finite()) {
                    return fault(format!("minimize: `x0` must be finite, got {wrong}"));
                }
                json.insert(key, point.into());
            }
            "crossover" | "mutation" | "first" => bred.set(key, value)?,
            _ => {
                json.insert(key.clone(), to_json(&value, 0).map_err(blame)?);
            }
        }
    }
    let Some(f) = f else { return fault("minimize: needs the function `f` to minimise") };
    let mut given = Given { lua, f, gradient, on_step, progress };
    if method == "ga" {
        for pair in table.pairs::<Value, Value>() {
            let (key, value) = pair?;
            if !matches!(&key, Value::String(s) if ["f", "gradient", "on_step", "method", "progress"].iter().any(|n| s == n))
            {
                bred.set(key, value)?;
            }
        }
        return breed(&given, bred);
    }
    if let Some(pair) = bred.pairs::<String, Value>().next() {
        return fault(format!("minimize: `{}` is an option of method \"ga\"", pair?.0));
    }
    if blackbox::METHODS.iter().any(|m| m.name == method) {
        return search(&given, &method, json);
    }
    let Some(x0) = json.remove("x0").and_then(|x| serde_json::from_value::<Vec<f64>>(x).ok()) else {
        return fault(format!("minimize: \"{method}\" needs `x0`, the point to start from"));
    };
    if smooth::MINIMIZERS.iter().any(|m| m.name == method) {
        let limit = json.get("steps").and_then(Json::as_u64).unwrap_or(1000);
        let mut minimizer = smooth::minimizer(&method, x0, Json::Object(json))?;
        let mut bar = given.bar(limit, &method);
        while minimizer.step(&mut given)? {
            let report = minimizer.report();
            bar(report.steps, report.f);
            if !given.show(report.x, report.f, report.steps)? {
                minimizer.stop();
            }
        }
        return report(lua, &minimizer.report());
    }
    if optim::OPTIMIZERS.iter().any(|m| m.name == method) {
        return steps(&given, &method, x0, json);
    }
    let names = optim::OPTIMIZERS.iter().map(|m| m.name);
    let names: Vec<_> = names
        .chain(smooth::MINIMIZERS.iter().map(|m| m.name))
        .chain(blackbox::METHODS.iter().map(|m| m.name))
        .collect();
    fault(match nearest(&method, names.iter().copied()) {
        Some(near) => format!("minimize: unknown method `{method}`; did you mean `{near}`?"),
        None => format!("minimize: unknown method `{method}`; there are {}", quoted(names)),
    })
}

/// What a minimiser with derivatives has to say, as a table.
pub fn report(lua: &Lua, report: &smooth::Report) -> Outcome<Table> {
    let out = lua.create_table()?;
    out.set("x", report.x.clone())?;
    out.set("f", report.f)?;
    out.set("steps", report.steps)?;
    out.set("evals", report.evaluations)?;
    out.set("gradient_norm", report.gradient_norm)?;
    out.set("reason", report.ending.map_or("not finished".into(), |e| e.to_string()))?;
    out.set("verdict", report.ending.map_or("open", |e| e.word()))?;
    Ok(out)
}

/// A genetic algorithm over any genome to its end.
fn breed(given: &Given, table: Table) -> Outcome<Table> {
    let options = Options::<blackbox::GaSettings, GaExtras>::from_arg(Value::Table(table), given.lua)?;
    let budget = options.0.budget;
    let ga = LuaGenetic::new(given.lua, options)?;
    let mut bar = given.bar(budget, "ga");
    ga.run(
        |genes| {
            let genes = genes.to_lua(given.lua)?;
            let result = given.f.call(genes)?.into_iter().next().unwrap_or(Value::Nil);
            f64::from_arg(result.clone(), given.lua)
                .or_else(|_| fault(format!("the function must return one number, got {}", got(&result))))
        },
        |x, value, generation, evals| {
            bar(evals, value);
            given.show(x, value, generation)
        },
    )?;
    ga.result(given.lua)
}

/// A black-box search to its end.
fn search(given: &Given, method: &str, json: Map<String, Json>) -> Outcome<Table> {
    let mut search = blackbox::by_name(method, Json::Object(json))?;
    let mut bar = given.bar(search.budget(), method);
    while search.done().is_none() {
        stop::check()?;
        let values = search.ask().iter().map(|x| plain_value(given.lua, &given.f, x)).collect::<Outcome<Vec<_>>>()?;
        search.tell(&values)?;
        let counts = search.counts();
        bar(counts.evals, search.best().map_or(f64::INFINITY, |(_, value)| value));
        let go_on = match search.best() {
            Some((x, value)) => given.show(x.to_vec(), value, counts.batches)?,
            None => true,
        };
        if !go_on {
            search.stop();
        }
    }
    let out = given.lua.create_table()?;
    let counts = search.counts();
    if let Some((x, value)) = search.best() {
        out.set("x", x.to_vec())?;
        out.set("f", value)?;
    }
    out.set("evals", counts.evals)?;
    out.set("bad", counts.bad)?;
    out.set("steps", counts.batches)?;
    out.set("reason", why(search.done(), counts))?;
    Ok(out)
}

/// Why a search is over, as a sentence; also that it has found nothing.
pub fn why(end: Option<blackbox::Reason>, counts: blackbox::Counts) -> String {
    let end = end.map_or(String::new(), |reason| reason.to_string());
    match counts.evals {
        0 => end,
        evals if counts.bad == evals => format!("none of {evals} values was a finite number ({end})"),
        _ => end,
    }
}

/// An optimizer, step by step, with the best point seen.
fn steps(given: &Given, method: &str, mut x: Vec<f64>, mut json: Map<String, Json>) -> Outcome<Table> {
    let mut own = Map::new();
    for key in ["steps", "tolerance", "seed"] {
        if let Some(value) = json.remove(key) {
            own.insert(key.into(), value);
        }
    }
    let Loop { steps, tolerance, seed } = options::read("minimize", Json::Object(own))?;
    let mut optimizer = optim::by_name(method, Json::Object(json))?;
    let mut rng = Rng::new(seed);
    let (mut best, mut lowest, mut taken) = (x.clone(), f64::INFINITY, 0);
    let mut bar = given.bar(steps, method);
    let (reason, norm) = loop {
        stop::check()?;
        bar(taken, lowest);
        let (value, g) = given.value_and_gradient(&x)?;
        let norm = g.iter().map(|g| g * g).sum::<f64>().sqrt();
        if value < lowest {
            (best, lowest) = (x.clone(), value);
        }
        if !value.is_finite() || !norm.is_finite() {
            break ("the value or the gradient is not finite", norm);
        }
        if norm <= tolerance {
            break ("converged", norm);
        }
        if taken == steps {
            break ("the steps are spent", norm);
        }
        let h = if optimizer.needs_curvature() {
            let product = |z: &[f64]| product_at(given.lua, &given.f, &x, z).map_err(Fault::into_core);
            Some(optim::probe(x.len(), &mut rng, product)?)
        } else {
            None
        };
        let param = Param::new(&mut x, &g);
        optimizer.step(&mut [match &h {
            Some(h) => param.hessian(h),
            None => param,
        }])?;
        taken += 1;
        if !given.show(x.clone(), value, taken)? {
            break ("stopped", norm);
        }
    };
    if let Some(mean) = optimizer.averaged(0, &x) {
        let value = plain_value(given.lua, &given.f, &mean)?;
        if value < lowest {
            (best, lowest) = (mean, value);
        }
    }
    let out = given.lua.create_table()?;
    out.set("x", best)?;
    out.set("f", lowest)?;
    out.set("steps", taken)?;
    out.set("gradient_norm", norm)?;
    out.set("reason", reason)?;
    Ok(out)
}
