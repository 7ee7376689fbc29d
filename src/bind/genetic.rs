//! A genetic algorithm as Lua holds it: any kind of genome, with operators that a script may supply.

use super::convert::{FromArg, LuaType, This, ToLua, expected, got};
use super::minimize::why;
use super::options::Options;
use super::shim::{Callback, Fault, Outcome, fault};
use crate::optim::blackbox::{Ga, GaSettings, Genome, GenomeKind};
use crate::{lua_class, lua_extras};
use mlua::{Lua, Table, Value};
use std::cell::{RefCell, RefMut};

lua_extras! {
    /// What a script may bring to a genetic algorithm.
    GaExtras {
        /// Makes a child of two parents, in place of the built-in crossover.
        crossover: Callback = "fun(mother: number[], father: number[]): number[]",
        /// Changes a child, in place of the built-in mutation; it decides itself how often.
        mutation: Callback = "fun(child: number[]): number[]",
        /// Individuals to begin with; random ones fill up the population.
        first: Value = "number[][]"
    }
}

/// A genetic algorithm as Lua holds it.
pub struct LuaGenetic(RefCell<Ga>);

impl LuaGenetic {
    /// From options, if they are good.
    pub fn new(lua: &Lua, options: Options<GaSettings, GaExtras>) -> Outcome<Self> {
        let Options(settings, GaExtras { crossover, mutation, first }) = options;
        let kind = settings.genome;
        let mut ga = Ga::new(settings)?;
        if let Some(first) = first {
            let list = Vec::<Value>::from_arg(first, lua)?;
            let first = list.into_iter().map(|g| genome(kind, g, "the first population", lua));
            ga = ga.with_population(first.collect::<Outcome<_>>()?)?;
        }
        if let Some(call) = crossover {
            let state = lua.weak();
            ga = ga.with_crossover(Box::new(move |a, b, _| {
                let lua = state.upgrade();
                let parents = Genes::from(a).to_lua(&lua).and_then(|a| Ok((a, Genes::from(b).to_lua(&lua)?)));
                let child = parents.map_err(Fault::from).and_then(|parents| call.call(parents));
                child.and_then(|c| genome(kind, first_of(c), "the crossover's child", &lua)).map_err(Fault::into_core)
            }));
        }
        if let Some(call) = mutation {
            let state = lua.weak();
            ga = ga.with_mutation(Box::new(move |child, _| {
                let lua = state.upgrade();
                let child = Genes::from(child).to_lua(&lua).map_err(Fault::from).and_then(|child| call.call(child));
                child.and_then(|c| genome(kind, first_of(c), "the mutated child", &lua)).map_err(Fault::into_core)
            }));
        }
        Ok(Self(RefCell::new(ga)))
    }

    fn get(&self) -> Outcome<RefMut<'_, Ga>> {
        self.0.try_borrow_mut().or_else(|_| fault("the search is in use"))
    }

    /// Runs it to its end: `value` is asked for each genome, `on_step` after each generation with the
    /// best so far, the generation and the evaluations.
    pub fn run(
        &self,
        mut value: impl FnMut(Genes) -> Outcome<f64>,
        mut on_step: impl FnMut(Genes, f64, u64, u64) -> Outcome<bool>,
    ) -> Outcome<()> {
        while self.get()?.done().is_none() {
            crate::stop::check()?;
            let asked: Vec<Genes> = self.get()?.ask().iter().map(Genes::from).collect();
            let values = asked.into_iter().map(&mut value).collect::<Outcome<Vec<_>>>()?;
            let mut ga = self.get()?;
            ga.tell(&values)?;
            let best = ga.best().map(|(g, v)| (Genes::from(g), v));
            let (generation, evals) = (ga.generation(), ga.counts().evals);
            drop(ga);
            if let Some((x, f)) = best
                && !on_step(x, f, generation, evals)?
            {
                self.get()?.stop();
            }
        }
        Ok(())
    }

    /// What came of it, as `minimize` returns it.
    pub fn result(&self, lua: &Lua) -> Outcome<Table> {
        let ga = self.get()?;
        let out = lua.create_table()?;
        if let Some((genome, value)) = ga.best() {
            out.set("x", Genes::from(genome).to_lua(lua)?)?;
            out.set("f", value)?;
        }
        out.set("evals", ga.counts().evals)?;
        out.set("bad", ga.counts().bad)?;
        out.set("steps", ga.generation())?;
        out.set("reason", why(ga.done(), ga.counts()))?;
        Ok(out)
    }
}

fn first_of(values: mlua::MultiValue) -> Value {
    values.into_iter().next().unwrap_or(Value::Nil)
}

/// Genes as Lua sees them: bits as 0 and 1, permutations counted from 1.
pub struct Genes(Genome);

impl From<&Genome> for Genes {
    fn from(genome: &Genome) -> Self {
        Self(genome.clone())
    }
}

impl LuaType for Genes {
    fn lua_type() -> String {
        "number[]".into()
    }
}
impl ToLua for Genes {
    fn to_lua(self, lua: &Lua) -> mlua::Result<Value> {
        let whole = |genes: Vec<i64>| genes.to_lua(lua);
        match self.0 {
            Genome::Real(genes) => genes.to_lua(lua),
            Genome::Binary(genes) => whole(genes.into_iter().map(i64::from).collect()),
            Genome::Permutation(genes) => whole(genes.into_iter().map(|g| i64::from(g) + 1).collect()),
            Genome::Bytes(genes) => whole(genes.into_iter().map(i64::from).collect()),
        }
    }
}

/// A genome from Lua; its length is checked by the algorithm.
fn genome(kind: GenomeKind, value: Value, whose: &str, lua: &Lua) -> Outcome<Genome> {
    let Value::Table(_) = value else {
        return fault(format!("ga: {whose} must be a list of genes, got {}", got(&value)));
    };
    if kind == GenomeKind::Binary {
        let bit = |gene: Value| match gene {
            Value::Boolean(b) => Ok(b),
            Value::Integer(i @ 0..=1) => Ok(i == 1),
            Value::Number(0.0) => Ok(false),
            Value::Number(1.0) => Ok(true),
            other => expected("genes that are 0 or 1", &other),
        };
        return Ok(Genome::Binary(Vec::<Value>::from_arg(value, lua)?.into_iter().map(bit).collect::<Outcome<_>>()?));
    }
    let genes = Vec::<f64>::from_arg(value, lua)?;
    let n = genes.len();
    let whole = |low: f64, high: f64| {
        let wrong = genes.iter().find(|g| !(g.fract() == 0.0 && (low..=high).contains(*g)));
        wrong.map_or(Ok(()), |g| fault(format!("ga: {whose} must have whole numbers from {low} to {high}, got {g}")))
    };
    Ok(match kind {
        GenomeKind::Bytes => {
            whole(0.0, 255.0)?;
            Genome::Bytes(genes.iter().map(|g| *g as u8).collect())
        }
        GenomeKind::Permutation => {
            whole(1.0, n as f64)?;
            let mut seen = vec![false; n];
            for g in &genes {
                if std::mem::replace(&mut seen[*g as usize - 1], true) {
                    return fault(format!("ga: {whose} must have each number once, got {g} twice"));
                }
            }
            Genome::Permutation(genes.iter().map(|g| *g as u32 - 1).collect())
        }
        _ => Genome::Real(genes),
    })
}

lua_class! {
    /// A genetic algorithm: it asks for genomes and is told their values, lower ones being better.
    ///
    /// Genomes are lists of numbers: reals, bits as 0 and 1, permutations of 1 to n, or bytes from 0 to 255.
    class Genetic(LuaGenetic) {
        /// Its method: "ga".
        get name(this) -> String { let _ = this; Ok("ga".into()) }
        /// Values told so far.
        get evals(this) -> usize { Ok(this.get()?.counts().evals as usize) }
        /// Values that were NaN or infinite; they count as worst.
        get bad(this) -> usize { Ok(this.get()?.counts().bad as usize) }
        /// Generations told so far.
        get generation(this) -> usize { Ok(this.get()?.generation() as usize) }
        /// Where it stands.
        meta tostring(this) -> String {
            let ga = this.get()?;
            let best = ga.best().map_or(String::new(), |(_, value)| format!(", best {value}"));
            Ok(format!("Genetic (generation {}, {} evaluations{best})", ga.generation(), ga.counts().evals))
        }

        /// The genomes whose values it wants next; the same until it is told, none when it is done.
        fn ask(this) -> Vec<Genes> { Ok(this.get()?.ask().iter().map(Genes::from).collect()) }
        /// Takes the values of the genomes it asked for, in their order, and breeds the next generation.
        ///
        /// ```lua
        /// local ga = mynah.optim.ga{ genome = "binary", dim = 4, population = 6, seed = 1 }
        /// local ok, message = pcall(ga.tell, ga, { 1, 2 })
        /// assert(not ok and message:find("6 values were asked, got 2"))
        /// ```
        fn tell(this, values: Vec<f64>) -> This { this.get()?.tell(&values)?; Ok(This) }
        /// The best genome told so far and its value; nothing before the first.
        fn best(this) -> (Option<Genes>, Option<f64>) {
            let ga = this.get()?;
            Ok(ga.best().map_or((None, None), |(genome, value)| (Some(Genes::from(genome)), Some(value))))
        }
        /// The individuals that were told last and the elite, best first, and their values.
        ///
        /// ```lua
        /// local ga = mynah.optim.ga{ genome = "permutation", dim = 5, population = 6, elite = 1, seed = 1 }
        /// ga:tell{ 3, 1, 2, 6, 5, 4 }
        /// local genomes, values = ga:population()
        /// assert(values[1] == 1 and #genomes == 1)
        /// ```
        fn population(this) -> (Vec<Genes>, Vec<f64>) {
            let ga = this.get()?;
            Ok(ga.population().iter().map(|(genome, value)| (Genes::from(genome), *value)).unzip())
        }
        /// Why it is over, as a sentence; nil while it is not.
        fn done(this) -> Option<String> { Ok(this.get()?.done().map(|reason| reason.to_string())) }
        /// Ends it; it asks for nothing more.
        fn stop(this) -> This { this.get()?.stop(); Ok(This) }
    }
}
