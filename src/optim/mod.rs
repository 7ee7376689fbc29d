//! Optimizers: what moves a point downhill, one gradient at a time.
//!
//! A newcomer writes one file with its settings and its [`Rule`], and one line in [`OPTIMIZERS`]; the shared
//! conformance test picks it up from there.

mod adam;
mod adamw;
mod clip;
mod optimizer;
mod param;
mod schedule;
mod sgd;
mod state;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod golden;

pub use adam::{AdamSettings, adam};
pub use adamw::{AdamwSettings, adamw};
pub use clip::clip_grad_norm;
pub use optimizer::{Optimizer, OptimizerState, ParamState, Rule, Turn};
pub use param::{Buffer, Pair, Param, Real};
pub use schedule::{Schedule, ScheduleKind};
pub use sgd::{SgdSettings, sgd};
pub use state::StateHeader;

use crate::nearest::{nearest, quoted};
use crate::{Error, Result, options};
use serde_json::Value;

/// One optimizer in the list.
#[derive(Clone, Copy, Debug)]
pub struct OptimizerEntry {
    /// Its name, the same in Rust, in Lua and in messages.
    pub name: &'static str,
    /// What it is, in one line.
    pub summary: &'static str,
    /// Whether each coordinate moves by itself, so that cutting a parameter in two changes nothing.
    pub elementwise: bool,
    /// Makes one from named options; `null` gives the defaults.
    pub make: fn(Value) -> Result<Optimizer>,
    /// Describes its options.
    pub schema: fn() -> schemars::Schema,
    /// Makes one with a single option set, to any number at all.
    #[cfg(test)]
    with_number: fn(&'static str, f64) -> Result<Optimizer>,
}

macro_rules! entry {
    ($name:ident, $settings:ty, elementwise: $elementwise:expr, $summary:expr) => {
        OptimizerEntry {
            name: stringify!($name),
            summary: $summary,
            elementwise: $elementwise,
            make: |options| $name(options::read(stringify!($name), options)?),
            schema: || schemars::schema_for!($settings),
            #[cfg(test)]
            with_number: conformance::with_number!($name),
        }
    };
}

/// All optimizers, in the order in which they are shown.
pub const OPTIMIZERS: &[OptimizerEntry] = &[
    entry!(sgd, SgdSettings, elementwise: true, "gradient descent, plain or with momentum"),
    entry!(adam, AdamSettings, elementwise: true, "step sizes adapted per coordinate from gradient moments"),
    entry!(adamw, AdamwSettings, elementwise: true, "Adam with weight decay beside the step; the usual choice"),
];

/// Makes an optimizer from its name and its options.
///
/// ```
/// let error = mynah::optim::by_name("adamw", serde_json::json!({ "esp": 1e-6 })).unwrap_err();
/// assert_eq!(error.to_string(), "unknown option `esp` for `adamw`; did you mean `eps`?");
/// ```
///
/// # Errors
/// When the name or an option is unknown (with the nearest known one), or an option is out of its range.
pub fn by_name(name: &str, options: Value) -> Result<Optimizer> {
    if let Some(entry) = OPTIMIZERS.iter().find(|entry| entry.name == name) {
        return (entry.make)(options);
    }
    let names = || OPTIMIZERS.iter().map(|entry| entry.name);
    Err(Error::value(match nearest(name, names()) {
        Some(meant) => format!("unknown optimizer `{name}`; did you mean `{meant}`?"),
        None => format!("unknown optimizer `{name}`; there are {}", quoted(names())),
    }))
}
