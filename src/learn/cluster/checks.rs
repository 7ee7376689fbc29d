//! Checks that several learners share: of samples before a fit, and of what comes from a file.

use super::near::vectorised;
use crate::learn::Samples;
use crate::{Error, Result};

/// Numbers beyond this are refused: their squares and sums would leave the range of numbers.
const LARGEST: f64 = 1e100;

/// Refuses samples without rows or columns, with numbers that are not finite, or with numbers whose squares overflow.
pub(in crate::learn) fn usable(name: &str, x: &Samples) -> Result<()> {
    x.check_size(name)?;
    moderate(name, x)
}

/// As [`usable`], and the width must be the fitted one.
pub(in crate::learn) fn usable_width(name: &str, x: &Samples, columns: usize) -> Result<()> {
    if x.columns() != columns || x.is_sparse() {
        x.check_width(name, columns)?;
    }
    usable(name, x)
}

fn moderate(name: &str, x: &Samples) -> Result<()> {
    if x.rows() > i32::MAX as usize {
        return Err(Error::value(format!("{name}: {} samples are too many", x.rows())));
    }
    // Without an end before the end, so that many are looked at together.
    let fine = |part: &[f64]| part.iter().fold(true, |fine, v| fine & (v.abs() <= LARGEST));
    let all_fine = vectorised(
        #[inline(always)]
        || x.values().chunks(1024).all(fine),
    );
    if all_fine {
        return Ok(());
    }
    x.check(name)?;
    match x.values().iter().position(|v| v.abs() > LARGEST) {
        None => Ok(()),
        Some(at) => {
            let (row, column) = (at / x.columns() + 1, at % x.columns() + 1);
            let value = x.values()[at];
            Err(Error::value(format!("{name}: row {row}, column {column} is {value:e}; at most {LARGEST:e} works")))
        }
    }
}

/// The refusal of a file whose parts do not fit together.
pub(in crate::learn) fn damaged<T>(name: &str) -> Result<T> {
    Err(Error::value(format!("{name}: damaged or of another version: its parts do not fit together")))
}

/// Refuses a saved learner unless `ok`.
pub(in crate::learn) fn ensure_sound(ok: bool, name: &str) -> Result<()> {
    if ok { Ok(()) } else { damaged(name) }
}

/// Whether saved samples hold as many numbers as they say, all finite and none beyond what a fit accepts.
pub(in crate::learn) fn sound(x: &Samples) -> bool {
    x.rows() > 0
        && x.columns() > 0
        && x.rows().checked_mul(x.columns()) == Some(x.values().len())
        && moderate_numbers(x.values())
}

/// Whether saved numbers are finite and not enormous.
pub(in crate::learn) fn moderate_numbers(numbers: &[f64]) -> bool {
    numbers.iter().all(|v| v.abs() <= 1e200)
}
