//! Optimizers: what moves a point downhill, one gradient at a time.
//!
//! A newcomer writes one file with its settings and its [`Rule`], and one line in [`OPTIMIZERS`]; the shared
//! conformance test picks it up from there. Methods that ask a whole function themselves are in [`smooth`].

mod adabelief;
mod adadelta;
mod adafactor;
mod adagrad;
mod adahessian;
mod adam;
mod adamax;
mod adamw;
mod adan;
mod ademamix;
mod amsgrad;
mod asgd;
mod clip;
mod curvature;
mod lamb;
mod lion;
mod muon;
mod nadam;
mod optimizer;
mod param;
mod prodigy;
mod radam;
mod ranges;
mod rmsprop;
mod rprop;
mod schedule;
mod schedulefree;
mod sgd;
mod sophia;
mod state;

pub mod blackbox;
pub mod smooth;
pub mod testfns;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod golden;

pub use adabelief::{AdabeliefSettings, adabelief};
pub use adadelta::{AdadeltaSettings, adadelta};
pub use adafactor::{AdafactorSettings, adafactor};
pub use adagrad::{AdagradSettings, adagrad};
pub use adahessian::{AdahessianSettings, adahessian};
pub use adam::{AdamSettings, adam};
pub use adamax::{AdamaxSettings, adamax};
pub use adamw::{AdamwSettings, adamw};
pub use adan::{AdanSettings, adan};
pub use ademamix::{AdemamixSettings, ademamix};
pub use amsgrad::{AmsgradSettings, amsgrad};
pub use asgd::{AsgdSettings, asgd};
pub use clip::clip_grad_norm;
pub use curvature::{diagonal, probe, signs};
pub use lamb::{LambSettings, lamb};
pub use lion::{LionSettings, lion};
pub use muon::{MuonSettings, muon};
pub use nadam::{NadamSettings, nadam};
pub use optimizer::{Optimizer, OptimizerState, ParamState, Product, Rule, Turn};
pub use param::{Buffer, Pair, Param, Real, Slice};
pub use prodigy::{ProdigySettings, prodigy};
pub use radam::{RadamSettings, radam};
pub use rmsprop::{RmspropSettings, rmsprop};
pub use rprop::{RpropSettings, rprop};
pub use schedule::{Schedule, ScheduleKind};
pub use schedulefree::{SchedulefreeSettings, schedulefree};
pub use sgd::{SgdSettings, sgd};
pub use sophia::{SophiaSettings, sophia};
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
    entry!(amsgrad, AmsgradSettings, elementwise: true, "Adam whose steps never grow again"),
    entry!(nadam, NadamSettings, elementwise: true, "Adam with Nesterov's look-ahead"),
    entry!(radam, RadamSettings, elementwise: true, "Adam that waits until its second moment is known"),
    entry!(adamax, AdamaxSettings, elementwise: true, "Adam with the largest gradient for its second moment"),
    entry!(adabelief, AdabeliefSettings, elementwise: true, "Adam that divides by how far gradients stray from their mean"),
    entry!(adan, AdanSettings, elementwise: true, "Adam with a look-ahead from gradient differences"),
    entry!(ademamix, AdemamixSettings, elementwise: true, "Adam with a second, much slower mean of gradients"),
    entry!(lamb, LambSettings, elementwise: false, "Adam's direction with a length in proportion to the parameter's"),
    entry!(lion, LionSettings, elementwise: true, "the sign of a blend of momentum and gradient"),
    entry!(rmsprop, RmspropSettings, elementwise: true, "gradients over their running root mean square"),
    entry!(adagrad, AdagradSettings, elementwise: true, "step sizes that shrink with the sum of squared gradients"),
    entry!(adadelta, AdadeltaSettings, elementwise: true, "steps in the parameter's own units, from two running squares"),
    entry!(rprop, RpropSettings, elementwise: true, "step sizes from the gradient's signs alone; for whole gradients"),
    entry!(adafactor, AdafactorSettings, elementwise: false, "second moments of a matrix by row and column: little memory"),
    entry!(muon, MuonSettings, elementwise: false, "matrices along orthogonalized momentum, the rest by AdamW"),
    entry!(schedulefree, SchedulefreeSettings, elementwise: true, "AdamW with averaging in place of a falling rate"),
    entry!(prodigy, ProdigySettings, elementwise: false, "Adam that finds its own learning rate"),
    entry!(asgd, AsgdSettings, elementwise: true, "gradient descent whose answer is the mean of its points"),
    entry!(adahessian, AdahessianSettings, elementwise: true, "Adam over the Hessian's diagonal; wants curvature"),
    entry!(sophia, SophiaSettings, elementwise: true, "clipped steps over the Hessian's diagonal; wants curvature now and then"),
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
