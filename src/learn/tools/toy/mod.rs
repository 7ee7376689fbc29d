//! Toy data, seeded: small worlds whose truth is known.
//!
//! As scikit-learn's `make_…`, with other random numbers.

mod blobs;
mod classification;
mod regression;
mod shapes;

pub use blobs::{BlobsSettings, Centres, blobs};
pub use classification::{ClassificationSettings, classification};
pub use regression::{RegressionSettings, regression};
pub use shapes::{
    CirclesSettings, MoonsSettings, SpiralSettings, SwissRollSettings, circles, moons, spiral, swiss_roll,
};

use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::Samples;
use crate::{Result, stop};

/// More numbers than this are not made (2 GB).
const LIMIT: usize = 1 << 28;

/// Refuses no samples, no features, and more numbers than fit in memory.
fn size(name: &str, samples: usize, features: usize) -> Result<()> {
    ensure_setting(samples >= 1, name, "samples", "at least 1", samples)?;
    ensure_setting(features >= 1, name, "features", "at least 1", features)?;
    let fits = samples.checked_mul(features).is_some_and(|n| n <= LIMIT);
    let got = format!("{samples} x {features}");
    ensure_setting(fits, name, "samples", "at most 268435456 numbers in all", got)
}

/// In loops over samples: now and then looks whether someone asked to stop.
fn go_on(i: usize) -> Result<()> {
    if i.is_multiple_of(1024) { stop::check() } else { Ok(()) }
}

/// A setting that must be finite and not negative.
fn not_negative(name: &str, setting: &str, value: f64) -> Result<()> {
    ensure_setting(value.is_finite() && value >= 0.0, name, setting, "at least 0", value)
}

/// The samples and their answers, in random order if `shuffle`.
fn finish<T: Copy>(
    columns: usize,
    values: Vec<f64>,
    answers: Vec<T>,
    shuffle: bool,
    rng: &mut Rng,
) -> Result<(Samples, Vec<T>)> {
    let samples = Samples::new(answers.len(), columns, values)?;
    if !shuffle {
        return Ok((samples, answers));
    }
    let mut order: Vec<usize> = (0..answers.len()).collect();
    rng.shuffle(&mut order);
    Ok((samples.select(&order), order.iter().map(|i| answers[*i]).collect()))
}
