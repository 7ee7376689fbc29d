//! One-hot: a feature with a few values becomes as many features that are 0 or 1.

use crate::error::ensure_setting;
use crate::learn::cluster::{ensure_sound, usable, usable_width};
use crate::learn::{Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "one_hot";

/// What is done about a value that was not there in the fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// It is refused.
    #[default]
    Error,
    /// It becomes zeros.
    Ignore,
}

/// Settings of [`OneHot`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OneHotSettings {
    /// What is done about a value that was not there in the fit: "error" or "ignore". Default "error".
    pub unknown: Unknown,
    /// Leave out each feature's first value, which all zeros then stand for. Default false.
    pub drop_first: bool,
    /// How many values a feature may have, at least 1. Default 10000.
    pub most: usize,
}

impl Default for OneHotSettings {
    fn default() -> Self {
        Self { unknown: Unknown::Error, drop_first: false, most: 10_000 }
    }
}

/// One-hot coding of features with a few values each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OneHot {
    settings: OneHotSettings,
    learned: Option<Vec<Vec<f64>>>, // the values of each feature, in order
}

impl OneHot {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: OneHotSettings) -> Result<Self> {
        ensure_setting(settings.most >= 1, NAME, "most", "at least 1", settings.most)?;
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(NAME, bytes)?;
        Self::new(me.settings.clone())?;
        if let Some(l) = &me.learned {
            let ordered =
                |v: &Vec<f64>| !v.is_empty() && v.iter().all(|a| a.is_finite()) && v.is_sorted_by(|a, b| a < b);
            ensure_sound(!l.is_empty() && l.iter().all(ordered), NAME)?;
        }
        Ok(me)
    }

    /// Columns before the first of a feature, and how many there are for it.
    fn widths<'a>(&self, values: &'a [Vec<f64>]) -> impl Iterator<Item = (usize, &'a Vec<f64>)> + 'a {
        let skip = usize::from(self.settings.drop_first);
        values.iter().scan(0, move |at, v| {
            let start = *at;
            *at += v.len() - skip;
            Some((start, v))
        })
    }

    fn width(&self, values: &[Vec<f64>]) -> usize {
        values.iter().map(|v| v.len() - usize::from(self.settings.drop_first)).sum()
    }
}

impl Learner for OneHot {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x)?;
        let mut values = Vec::with_capacity(x.columns());
        for (j, column) in x.by_columns().chunks_exact(x.rows()).enumerate() {
            let mut sorted: Vec<f64> = column.iter().map(|v| v + 0.0).collect(); // -0 is 0
            sorted.sort_by(f64::total_cmp);
            sorted.dedup();
            if sorted.len() > self.settings.most {
                return Err(Error::value(format!(
                    "{NAME}: column {} has {} different values, more than `most` = {}",
                    j + 1,
                    sorted.len(),
                    self.settings.most
                )));
            }
            values.push(sorted);
        }
        self.learned = Some(values);
        Ok(Fit { steps: 1, warning: None })
    }

    fn transform(&self, x: &Samples) -> Result<Samples> {
        let values = fitted(NAME, &self.learned)?;
        usable_width(NAME, x, values.len())?;
        let width = self.width(values);
        let skip = usize::from(self.settings.drop_first);
        let size = x.rows().checked_mul(width).filter(|&s| s <= 1 << 31);
        let size = size.ok_or_else(|| Error::value(format!("{NAME}: {} x {width} numbers are too many", x.rows())))?;
        let mut out = vec![0.0; size];
        for (i, row) in x.iter().enumerate() {
            for (j, ((start, known), v)) in self.widths(values).zip(row).enumerate() {
                match known.binary_search_by(|a| a.total_cmp(&(v + 0.0))) {
                    Ok(c) if c >= skip => out[i * width + start + c - skip] = 1.0,
                    Ok(_) => {}
                    Err(_) if self.settings.unknown == Unknown::Ignore => {}
                    Err(_) => {
                        let (row, column) = (i + 1, j + 1);
                        return Err(Error::value(format!(
                            "{NAME}: row {row}, column {column}: {v} was not there in the fit"
                        )));
                    }
                }
            }
        }
        Samples::new(x.rows(), width, out)
    }

    /// Each feature's value with the largest number (or the one left out, where all are below ½).
    fn inverse_transform(&self, x: &Samples) -> Result<Samples> {
        let values = fitted(NAME, &self.learned)?;
        usable_width(NAME, x, self.width(values))?;
        let skip = usize::from(self.settings.drop_first);
        let mut out = Vec::with_capacity(x.rows() * values.len());
        for row in x.iter() {
            for (start, known) in self.widths(values) {
                let group = &row[start..start + known.len() - skip];
                let best = (0..group.len()).fold(0, |b, c| if group[c] > group[b] { c } else { b });
                let first = skip == 1 && group.iter().all(|v| *v < 0.5);
                out.push(if first { known[0] } else { known[best + skip] });
            }
        }
        Samples::new(x.rows(), values.len(), out)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(values) = &self.learned else { return vec![] };
        let flat = values.iter().enumerate().flat_map(|(j, v)| v.iter().flat_map(move |v| [(j + 1) as f64, *v]));
        let flat: Vec<f64> = flat.collect();
        let mut shown = vec![("sizes", Shown::Numbers(values.iter().map(|v| v.len() as f64).collect()))];
        if let Ok(table) = Samples::new(flat.len() / 2, 2, flat) {
            shown.push(("values", Shown::Table(table))); // feature (from 1), value
        }
        shown
    }

    fn summary(&self) -> Option<String> {
        let values = self.learned.as_ref()?;
        Some(format!("{} features, {} with one for each value", values.len(), self.width(values)))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_columns_and_come_back() {
        let x = Samples::new(3, 2, vec![5.0, 1.0, 2.0, 1.0, 9.0, 0.0]).unwrap();
        let mut model = OneHot::new(OneHotSettings::default()).unwrap();
        model.fit(&x, Goal::None).unwrap();
        let y = model.transform(&x).unwrap();
        assert_eq!(y.row(0), [0.0, 1.0, 0.0, 0.0, 1.0]);
        assert_eq!(y.row(2), [0.0, 0.0, 1.0, 1.0, 0.0]);
        assert_eq!(model.inverse_transform(&y).unwrap(), x);
        let new = Samples::new(1, 2, vec![5.0, 3.0]).unwrap();
        let error = model.transform(&new).unwrap_err().to_string();
        assert_eq!(error, "one_hot: row 1, column 2: 3 was not there in the fit");
        let settings = OneHotSettings { unknown: Unknown::Ignore, drop_first: true, ..Default::default() };
        let mut model = OneHot::new(settings).unwrap();
        model.fit(&x, Goal::None).unwrap();
        assert_eq!(model.transform(&new).unwrap().values(), [1.0, 0.0, 0.0]);
        let again = OneHot::from_saved(&model.bytes().unwrap()).unwrap();
        assert_eq!(again.inverse_transform(&model.transform(&x).unwrap()).unwrap(), x);
    }

    #[test]
    fn a_column_of_one_value_may_be_dropped_altogether() {
        let x = Samples::new(2, 1, vec![4.0, 4.0]).unwrap();
        let mut model = OneHot::new(OneHotSettings { drop_first: true, ..Default::default() }).unwrap();
        model.fit(&x, Goal::None).unwrap();
        assert_eq!(model.transform(&x).unwrap().columns(), 0);
        assert!(model.inverse_transform(&Samples::new(2, 0, vec![]).unwrap()).is_err());
    }
}
