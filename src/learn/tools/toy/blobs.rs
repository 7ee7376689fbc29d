//! Blobs: a Gaussian around each of a few centres.

use super::{finish, go_on, not_negative, size};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::Samples;
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "blobs";

/// Where blobs are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "must be a whole number, or rows of numbers")]
pub enum Centres {
    /// So many at random places.
    Count(usize),
    /// At these places.
    Rows(Vec<Vec<f64>>),
}

/// Settings of [`blobs`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BlobsSettings {
    /// How many samples, in equal parts from the blobs. At least 1. Default 100.
    pub samples: usize,
    /// How many blobs, at least 1, or the place of each. Default 3.
    pub centres: Centres,
    /// How many features, at least 1; given places say it themselves. Default 2.
    pub features: usize,
    /// The standard deviation around each centre, at least 0. Default 1.
    pub spread: f64,
    /// Centres that are not given lie between minus this and this. Positive. Default 10.
    pub width: f64,
    /// Whether samples come in random order. Default true.
    pub shuffle: bool,
    /// Of the random numbers. Default 0.
    pub seed: u64,
}

impl Default for BlobsSettings {
    fn default() -> Self {
        Self { samples: 100, centres: Centres::Count(3), features: 2, spread: 1.0, width: 10.0, shuffle: true, seed: 0 }
    }
}

/// Samples around centres, and which centre each is from.
///
/// # Errors
/// When a setting is outside its range, or the centres differ in length.
pub fn blobs(settings: &BlobsSettings) -> Result<(Samples, Vec<u32>)> {
    let s = settings;
    let (count, features) = match &s.centres {
        Centres::Count(n) => (*n, s.features),
        Centres::Rows(rows) => (rows.len(), rows.first().map_or(0, Vec::len)),
    };
    ensure_setting(count >= 1 && u32::try_from(count).is_ok(), NAME, "centres", "at least one", count)?;
    size(NAME, s.samples, features)?;
    size(NAME, count, features)?;
    not_negative(NAME, "spread", s.spread)?;
    ensure_setting(s.width.is_finite() && s.width > 0.0, NAME, "width", "positive", s.width)?;
    let mut rng = Rng::new(s.seed);
    let centres: Vec<Vec<f64>> = match &s.centres {
        Centres::Count(_) => {
            (0..count).map(|_| (0..features).map(|_| s.width * (2.0 * rng.uniform() - 1.0)).collect()).collect()
        }
        Centres::Rows(rows) => rows.clone(),
    };
    if let Some(odd) = centres.iter().position(|c| c.len() != features || c.iter().any(|v| !v.is_finite())) {
        let why = format!("centre {} is not {features} finite numbers as the first is", odd + 1);
        return Err(Error::value(format!("{NAME}: {why}")));
    }
    let codes: Vec<u32> = (0..s.samples).map(|i| (i % count) as u32).collect();
    let mut values = Vec::with_capacity(s.samples * features);
    for (i, code) in codes.iter().enumerate() {
        go_on(i)?;
        values.extend(centres[*code as usize].iter().map(|c| c + s.spread * rng.normal()));
    }
    finish(features, values, codes, s.shuffle, &mut rng)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_lie_around_their_centres() {
        let centres = Centres::Rows(vec![vec![0.0, 50.0, 1.0], vec![-50.0, 0.0, 2.0]]);
        let settings = BlobsSettings { samples: 2001, centres, spread: 2.0, ..Default::default() };
        let (x, codes) = blobs(&settings).unwrap();
        assert_eq!((x.rows(), x.columns(), codes.len()), (2001, 3, 2001));
        assert_eq!(codes.iter().filter(|c| **c == 1).count(), 1000);
        let ones: Vec<f64> = (0..2001).filter(|i| codes[*i] == 1).map(|i| x.row(i)[0] + 50.0).collect();
        let (mean, square) = (ones.iter().sum::<f64>() / 1000.0, ones.iter().map(|v| v * v).sum::<f64>() / 1000.0);
        assert!(mean.abs() < 0.25 && (square - 4.0).abs() < 0.7, "{mean} {square}");
        assert_eq!(blobs(&settings).unwrap(), (x, codes));
    }

    #[test]
    fn refusals() {
        let says = |s: BlobsSettings| blobs(&s).unwrap_err().to_string();
        let none = BlobsSettings { centres: Centres::Count(0), ..Default::default() };
        assert_eq!(says(none), "blobs: `centres` must be at least one, got 0");
        let odd = Centres::Rows(vec![vec![0.0], vec![]]);
        assert!(says(BlobsSettings { centres: odd, ..Default::default() }).contains("centre 2 is not 1 finite"));
        assert!(says(BlobsSettings { centres: Centres::Rows(vec![]), ..Default::default() }).contains("centres"));
        assert!(says(BlobsSettings { samples: usize::MAX, ..Default::default() }).contains("at most"));
        assert!(says(BlobsSettings { spread: f64::NAN, ..Default::default() }).contains("spread"));
        let read = |json| crate::options::read::<BlobsSettings>("blobs", json);
        assert_eq!(
            read(serde_json::json!({ "centres": [[1, 2]] })).unwrap().centres,
            Centres::Rows(vec![vec![1.0, 2.0]])
        );
        assert!(read(serde_json::json!({ "centres": "x" })).unwrap_err().to_string().contains("rows of numbers"));
    }
}
