//! Minimisers for whole functions with derivatives: each step sees the exact gradient.
//!
//! All share one face, [`Minimizer`]: asked and told question by question, stepped, or run to the end.

mod cg;
mod descend;
mod follow;
mod lbfgs;
mod levenberg;
mod minimizer;
mod newton;
mod objective;
mod stationary;
mod wolfe;

pub use cg::{CgFormula, CgSettings, cg};
pub use descend::{DescendSettings, descend};
pub use follow::{FollowSettings, follow};
pub use lbfgs::{LbfgsSettings, lbfgs};
pub use levenberg::{LevenbergSettings, levenberg};
pub use minimizer::{Answer, Ending, Minimizer, Question, Report};
pub use newton::{Curvature, NewtonSettings, newton};
pub use objective::{Objective, SumOfSquares, WithHessian, WithProduct};

use crate::nearest::{nearest, quoted};
use crate::{Error, Result, options};
use serde_json::Value;

/// One minimiser in the list.
#[derive(Clone, Copy, Debug)]
pub struct MinimizerEntry {
    /// Its name, the same in Rust, in Lua and in messages.
    pub name: &'static str,
    /// What it is, in one line.
    pub summary: &'static str,
    /// Whether it wants residuals and their Jacobian in place of a value and a gradient.
    pub residuals: bool,
    /// Makes one that starts from a point, with named options; `null` gives the defaults.
    pub make: fn(Vec<f64>, Value) -> Result<Minimizer>,
    /// Describes its options.
    pub schema: fn() -> schemars::Schema,
}

macro_rules! entry {
    ($name:ident, $settings:ty, residuals: $residuals:expr, $summary:expr) => {
        MinimizerEntry {
            name: stringify!($name),
            summary: $summary,
            residuals: $residuals,
            make: |x0, options| $name(x0, options::read(stringify!($name), options)?),
            schema: || schemars::schema_for!($settings),
        }
    };
}

/// All minimisers, in the order in which they are shown.
pub const MINIMIZERS: &[MinimizerEntry] = &[
    entry!(lbfgs, LbfgsSettings, residuals: false, "Newton's direction from past gradients; the usual choice"),
    entry!(newton, NewtonSettings, residuals: false, "Newton's method in a trust region, by Hessian-vector products"),
    entry!(cg, CgSettings, residuals: false, "nonlinear conjugate gradients: little memory"),
    entry!(levenberg, LevenbergSettings, residuals: true, "Levenberg-Marquardt, for sums of squares"),
    entry!(descend, DescendSettings, residuals: false, "plain gradient descent that says how it ended"),
];

/// Makes a minimiser from its name, its starting point and its options.
///
/// # Errors
/// When the name or an option is unknown (with the nearest known one), or an option is out of its range.
pub fn minimizer(name: &str, x0: Vec<f64>, options: Value) -> Result<Minimizer> {
    if let Some(entry) = MINIMIZERS.iter().find(|entry| entry.name == name) {
        return (entry.make)(x0, options);
    }
    let names = || MINIMIZERS.iter().map(|entry| entry.name);
    Err(Error::value(match nearest(name, names()) {
        Some(meant) => format!("unknown minimizer `{name}`; did you mean `{meant}`?"),
        None => format!("unknown minimizer `{name}`; there are {}", quoted(names())),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_option_is_documented_and_an_unknown_one_is_refused() {
        for entry in MINIMIZERS {
            let schema = (entry.schema)();
            for (option, property) in schema.get("properties").and_then(Value::as_object).unwrap() {
                let text = property["description"].as_str().unwrap_or_default();
                assert!(text.contains("Default"), "{}: `{option}` does not say its default: {text:?}", entry.name);
                let refusal = minimizer(entry.name, vec![1.0], json!({ option: "x" })).unwrap_err().to_string();
                assert!(refusal.contains(option), "{refusal}");
            }
            let refusal = minimizer(entry.name, vec![1.0], json!({ "stepz": 1 })).unwrap_err().to_string();
            assert_eq!(refusal, format!("unknown option `stepz` for `{}`; did you mean `steps`?", entry.name));
        }
        let refusal = minimizer("lbgfs", vec![1.0], Value::Null).unwrap_err().to_string();
        assert_eq!(refusal, "unknown minimizer `lbgfs`; did you mean `lbfgs`?");
    }

    #[test]
    fn each_ends_on_bad_functions_with_a_defined_result() {
        type Bad = fn(&[f64]) -> (f64, f64);
        let bad: [(&str, Bad); 5] = [
            ("NaN everywhere", |_| (f64::NAN, f64::NAN)),
            ("NaN gradient", |x| (x[0], f64::NAN)),
            ("infinite", |_| (f64::INFINITY, 1.0)),
            ("wrong gradient", |x| (x[0] * x[0], -2.0 * x[0])),
            ("a cliff", |x| if x[0] < 0.9 { (f64::NEG_INFINITY, 1.0) } else { (x[0], 1.0) }),
        ];
        for entry in MINIMIZERS {
            for (what, f) in bad {
                let mut method = (entry.make)(vec![1.0], json!({ "steps": 300 })).unwrap();
                let report = if entry.residuals {
                    let r = |x: &[f64]| Ok((vec![f(x).0], vec![f(x).1]));
                    method.run(&mut SumOfSquares(r), |_| Ok(true)).unwrap()
                } else {
                    method.run(&mut |x: &[f64]| Ok((f(x).0, vec![f(x).1])), |_| Ok(true)).unwrap()
                };
                assert!(report.ending.is_some() && !report.f.is_nan(), "{} on {what}: {report}", entry.name);
            }
        }
    }
}
