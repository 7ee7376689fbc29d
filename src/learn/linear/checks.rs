//! What the linear learners check before they work.

use crate::error::ensure_setting;
use crate::learn::Samples;
use crate::learn::cluster::vectorised;
use crate::{Error, Result};

/// Numbers beyond this are refused: their squares and sums would leave the range of numbers.
const LARGEST: f64 = 1e100;

/// Whether all numbers are finite and at most 1e100.
pub(in crate::learn) fn moderate(numbers: &[f64]) -> bool {
    let fine = |numbers: &[f64]| numbers.iter().fold(true, |fine, v| fine & (v.abs() <= LARGEST));
    vectorised(
        #[inline(always)]
        || numbers.chunks(4096).all(fine),
    )
}

/// Refuses samples, sparse or not, without rows or columns, of another width than `columns`, or with numbers that are
/// not finite or enormous.
pub(in crate::learn) fn usable(name: &str, x: &Samples, columns: Option<usize>) -> Result<()> {
    if x.rows() > 0 && x.columns() > 0 && columns.is_none_or(|c| c == x.columns()) && moderate(x.values()) {
        return Ok(());
    }
    x.check_any(name, columns)?;
    let Some((i, (j, v))) =
        (0..x.rows()).flat_map(|i| x.entries(i).map(move |e| (i, e))).find(|e| e.1.1.abs() > LARGEST)
    else {
        return Ok(());
    };
    Err(Error::value(format!("{name}: row {}, column {} is {v:e}; at most {LARGEST:e} works", i + 1, j + 1)))
}

/// As [`usable`], for learners that do not take sparse samples.
pub(in crate::learn) fn usable_dense(name: &str, x: &Samples, columns: Option<usize>) -> Result<()> {
    if x.is_sparse() { x.check_size(name) } else { usable(name, x, columns) }
}

/// Refuses answers beyond the range that squares allow.
pub fn usable_answers(name: &str, y: &[f64]) -> Result<()> {
    match y.iter().position(|v| !(v.abs() <= LARGEST)) {
        None => Ok(()),
        Some(i) => {
            let (row, v) = (i + 1, y[i]);
            Err(Error::value(format!("{name}: the answer of row {row} is {v:e}; at most {LARGEST:e} works")))
        }
    }
}

/// Checks the settings `tolerance` and `steps`.
pub fn check_effort(name: &str, tolerance: f64, steps: u64) -> Result<()> {
    ensure_setting(tolerance > 0.0 && tolerance.is_finite(), name, "tolerance", "positive", tolerance)?;
    ensure_setting((1..=1 << 40).contains(&steps), name, "steps", "at least 1 and at most 2^40", steps)
}
