//! Black-box search: what looks for the lowest value of a function it can only ask.
//!
//! A newcomer writes one file with its settings and its story, and one line in [`METHODS`].

mod anneal;
mod auto;
mod bayes;
mod cmaes;
mod de;
mod eigen;
mod ga;
mod line;
mod minimize;
mod nelder_mead;
mod powell;
mod pso;
mod quasi_newton;
mod random;
mod search;
mod separable;
mod space;

pub use anneal::{AnnealSettings, Cooling, anneal};
pub use auto::{AutoSettings, auto};
pub use bayes::{BayesSettings, bayes};
pub use cmaes::{CmaesSettings, Restarts, cmaes};
pub use de::{DeSettings, de};
pub use ga::{Crossover, Ga, GaSettings, Genome, GenomeKind, Mutation, Selection, ga};
pub use minimize::{Solution, minimize, minimize_parallel};
pub use nelder_mead::{NelderMeadSettings, nelder_mead};
pub use powell::{PowellSettings, powell};
pub use pso::{PsoSettings, pso};
pub use random::{RandomSettings, Sampler, random};
pub use search::{Counts, Reason, Search, Walk};
pub use space::Bound;

use crate::nearest::{nearest, quoted};
use crate::{Error, Result, options};
use serde_json::Value;

/// One method in the list.
#[derive(Clone, Copy, Debug)]
pub struct MethodEntry {
    /// Its name, the same in Rust, in Lua and in messages.
    pub name: &'static str,
    /// What it is, in one line.
    pub summary: &'static str,
    /// Makes a search from named options.
    pub make: fn(Value) -> Result<Search>,
    /// Describes its options.
    pub schema: fn() -> schemars::Schema,
}

macro_rules! entry {
    ($name:ident, $settings:ty, $summary:expr) => {
        MethodEntry {
            name: stringify!($name),
            summary: $summary,
            make: |options| $name(options::read::<$settings>(stringify!($name), options)?),
            schema: || schemars::schema_for!($settings),
        }
    };
}

/// All methods, in the order in which they are shown.
pub const METHODS: &[MethodEntry] = &[
    entry!(auto, AutoSettings, "a portfolio that probes the landscape and then commits; the usual choice"),
    entry!(cmaes, CmaesSettings, "a normal distribution that learns the landscape's shape, with restarts"),
    entry!(de, DeSettings, "differential evolution (L-SHADE): differences of points as steps"),
    entry!(pso, PsoSettings, "a particle swarm: points with inertia and memory"),
    entry!(nelder_mead, NelderMeadSettings, "a simplex that walks downhill; a few coordinates, no noise"),
    entry!(powell, PowellSettings, "line searches along directions made conjugate; smooth functions"),
    entry!(anneal, AnnealSettings, "simulated annealing: a walk that climbs less and less"),
    entry!(ga, GaSettings, "a genetic algorithm; other genomes than points by its own object"),
    entry!(bayes, BayesSettings, "a Gaussian process with expected improvement; costly functions"),
    entry!(random, RandomSettings, "points without a plan, the measure for everything else"),
];

/// Makes a search from a method's name and its options.
///
/// # Errors
/// When the name or an option is unknown (with the nearest known one), or an option is out of its range.
pub fn by_name(name: &str, options: Value) -> Result<Search> {
    if let Some(entry) = METHODS.iter().find(|entry| entry.name == name) {
        return (entry.make)(options);
    }
    let names = || METHODS.iter().map(|entry| entry.name);
    Err(Error::value(match nearest(name, names()) {
        Some(meant) => format!("unknown method `{name}`; did you mean `{meant}`?"),
        None => format!("unknown method `{name}`; there are {}", quoted(names())),
    }))
}
