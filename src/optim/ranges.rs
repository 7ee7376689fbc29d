//! Ranges that settings of several optimizers share.

use crate::Result;
use crate::error::ensure_setting;

/// A decay rate: in [0, 1).
pub(super) fn rate(what: &str, name: &str, got: f64) -> Result<()> {
    ensure_setting((0.0..1.0).contains(&got), what, name, "in [0, 1)", got)
}

/// Finite and at least 0.
pub(super) fn not_negative(what: &str, name: &str, got: f64) -> Result<()> {
    ensure_setting((0.0..f64::INFINITY).contains(&got), what, name, "finite and at least 0", got)
}

/// Finite and above 0.
pub(super) fn positive(what: &str, name: &str, got: f64) -> Result<()> {
    ensure_setting(got > 0.0 && got.is_finite(), what, name, "finite and above 0", got)
}
