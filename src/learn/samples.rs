//! What learners learn from: rows of numbers, and what each row is to be answered with.

use crate::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;

/// Samples in rows, features in columns. `[rows, columns]`, row by row, all finite unless said otherwise.
///
/// Sparse samples ([`Samples::sparse`], for words counted in texts) hold only what is not zero. A learner takes them if
/// it says so ([`super::Learner::takes_sparse`]), and reads them by [`Samples::entries`], [`Samples::dot`] and
/// [`Samples::add_to`], which know both kinds.
///
/// A clone shares the numbers: learners keep the samples that they were fitted to at no cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Samples {
    rows: usize,
    columns: usize,
    #[serde(serialize_with = "write", deserialize_with = "read")]
    values: Arc<Vec<f64>>,
    #[serde(skip)]
    places: Option<Arc<Places>>,
}

fn write<S: Serializer>(values: &Arc<Vec<f64>>, serializer: S) -> Result<S::Ok, S::Error> {
    values.serialize(serializer)
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<Vec<f64>>, D::Error> {
    Vec::deserialize(deserializer).map(Arc::new)
}

/// Where the numbers of sparse samples stand: compressed sparse rows.
#[derive(Clone, Debug, PartialEq)]
struct Places {
    starts: Vec<usize>, // of each row, and the end of the last
    columns: Vec<u32>,  // rising within a row
}

/// More numbers than this are not made out of sparse samples (2 GB).
const DENSE_LIMIT: usize = 1 << 28;

impl Samples {
    /// From numbers row by row.
    ///
    /// # Errors
    /// When `values` does not hold `rows * columns` numbers.
    pub fn new(rows: usize, columns: usize, values: Vec<f64>) -> Result<Self> {
        match rows.checked_mul(columns) {
            Some(n) if n == values.len() => Ok(Self::with(rows, columns, values, None)),
            _ => Err(Error::shape("samples", format!("{rows} x {columns} are not {} numbers", values.len()))),
        }
    }

    fn with(rows: usize, columns: usize, values: Vec<f64>, places: Option<Places>) -> Self {
        Self { rows, columns, values: Arc::new(values), places: places.map(Arc::new) }
    }

    /// Sparse samples: of each row the numbers that are not zero, with their columns from 0, in any order.
    ///
    /// # Errors
    /// When a column is not below `columns` or occurs twice in a row; places count from 1.
    pub fn sparse(columns: usize, rows: &[Vec<(usize, f64)>]) -> Result<Self> {
        u32::try_from(columns).map_err(|_| Error::value("samples: too many columns"))?;
        let mut places = Places { starts: vec![0], columns: Vec::new() };
        let mut values = Vec::new();
        for (i, row) in rows.iter().enumerate() {
            let mut row = row.clone();
            row.sort_by_key(|&(column, _)| column);
            for (t, &(column, value)) in row.iter().enumerate() {
                if column >= columns || t > 0 && row[t - 1].0 == column {
                    let why =
                        if column >= columns { format!("is not one of {columns}") } else { "occurs twice".into() };
                    return Err(Error::value(format!(
                        "samples: row {}: column {} {why}",
                        i + 1,
                        column.saturating_add(1)
                    )));
                }
                if value != 0.0 {
                    places.columns.push(column as u32);
                    values.push(value);
                }
            }
            places.starts.push(values.len());
        }
        Ok(Self::with(rows.len(), columns, values, Some(places)))
    }

    /// Whether only what is not zero is held.
    pub fn is_sparse(&self) -> bool {
        self.places.is_some()
    }

    /// The same samples with every number held.
    ///
    /// # Errors
    /// When that would be more than 2 GB.
    pub fn dense(&self) -> Result<Self> {
        let size = self.rows.checked_mul(self.columns).filter(|n| *n <= DENSE_LIMIT);
        let Some(size) = size else {
            let why = format!("{} x {} sparse numbers are too many to be written out", self.rows, self.columns);
            return Err(Error::shape("samples", why));
        };
        let mut values = vec![0.0; size];
        for i in 0..self.rows {
            self.add_to(i, 1.0, &mut values[i * self.columns..(i + 1) * self.columns]);
        }
        Ok(Self::with(self.rows, self.columns, values, None))
    }

    /// The columns and numbers of one sample: all of them, or for sparse samples those that are not zero.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn entries(&self, i: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let (range, columns) = match &self.places {
            None => (i * self.columns..(i + 1) * self.columns, None),
            Some(p) => (p.starts[i]..p.starts[i + 1], Some(&p.columns[p.starts[i]..p.starts[i + 1]])),
        };
        let values = &self.values[range];
        values.iter().enumerate().map(move |(t, v)| (columns.map_or(t, |c| c[t] as usize), *v))
    }

    /// The product of one sample with `w`, one weight for each column.
    ///
    /// # Panics
    /// If there is no such row, or a weight is missing.
    pub fn dot(&self, i: usize, w: &[f64]) -> f64 {
        match &self.places {
            None => {
                let (row, w) = (self.row(i), &w[..self.columns]);
                let mut sums = [0.0; 8];
                let (heads, tails) = (row.chunks_exact(8), w.chunks_exact(8));
                let rest: f64 = heads.remainder().iter().zip(tails.remainder()).map(|(a, b)| a * b).sum();
                for (a, b) in heads.zip(tails) {
                    for t in 0..8 {
                        sums[t] += a[t] * b[t];
                    }
                }
                sums.iter().sum::<f64>() + rest
            }
            Some(_) => self.entries(i).map(|(j, v)| v * w[j]).sum(),
        }
    }

    /// Adds `scale` times one sample to `to`, one number for each column.
    ///
    /// # Panics
    /// If there is no such row, or a number is missing.
    pub fn add_to(&self, i: usize, scale: f64, to: &mut [f64]) {
        match &self.places {
            None => to[..self.columns].iter_mut().zip(self.row(i)).for_each(|(t, v)| *t += scale * v),
            Some(_) => self.entries(i).for_each(|(j, v)| to[j] += scale * v),
        }
    }

    /// How many samples there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many features each has.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All numbers, row by row; of sparse samples those that are not zero.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// All numbers, row by row, to be kept.
    pub fn into_values(self) -> Vec<f64> {
        Arc::unwrap_or_clone(self.values)
    }

    /// One sample, of samples that are not sparse.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.columns..(i + 1) * self.columns]
    }

    /// The samples one after the other, if they are not sparse.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        // With no columns there is nothing to cut; such samples are refused by every learner.
        self.values.chunks_exact(self.columns.max(1))
    }

    /// The same numbers column by column, of samples that are not sparse.
    pub fn by_columns(&self) -> Vec<f64> {
        let mut out = Vec::with_capacity(self.values.len());
        for j in 0..self.columns {
            out.extend((0..self.rows).map(|i| self.values[i * self.columns + j]));
        }
        out
    }

    /// The samples in `places`, in that order.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn select(&self, places: &[usize]) -> Self {
        let (n, columns) = (places.len(), self.columns);
        let Some(all) = &self.places else {
            let values = places.iter().flat_map(|&i| self.row(i)).copied().collect();
            return Self::with(n, columns, values, None);
        };
        let mut picked = Places { starts: vec![0], columns: Vec::new() };
        let mut values = Vec::new();
        for &i in places {
            let range = all.starts[i]..all.starts[i + 1];
            picked.columns.extend(&all.columns[range.clone()]);
            values.extend(&self.values[range]);
            picked.starts.push(values.len());
        }
        Self::with(n, columns, values, Some(picked))
    }

    /// Refuses samples that no learner could use: none at all, no features, or numbers that are not finite.
    ///
    /// # Errors
    /// A sentence that begins with the learner's name; places count from 1.
    pub fn check(&self, name: &str) -> Result<()> {
        self.check_size(name)?;
        self.check_finite(name)
    }

    fn check_finite(&self, name: &str) -> Result<()> {
        // Without an end before the end, so that many are looked at together.
        if self.values.chunks(1024).all(|part| part.iter().fold(true, |fine, v| fine & v.is_finite())) {
            return Ok(());
        }
        match self.values.iter().position(|v| !v.is_finite()) {
            None => Ok(()),
            Some(at) => {
                let (row, column) = match &self.places {
                    None => (at / self.columns + 1, at % self.columns + 1),
                    Some(p) => (p.starts.partition_point(|s| *s <= at), p.columns[at] as usize + 1),
                };
                let value = self.values[at];
                Err(Error::value(format!("{name}: row {row}, column {column} is {value}; all must be finite")))
            }
        }
    }

    /// Refuses samples without rows or columns; numbers may be NaN where a learner knows missing values.
    ///
    /// # Errors
    /// A sentence that begins with the learner's name.
    pub fn check_size(&self, name: &str) -> Result<()> {
        if self.is_sparse() {
            return Err(Error::value(format!("{name}: does not take sparse samples")));
        }
        self.check_any_size(name)
    }

    fn check_any_size(&self, name: &str) -> Result<()> {
        if self.rows == 0 {
            return Err(Error::value(format!("{name}: there are no samples")));
        }
        if self.columns == 0 {
            return Err(Error::value(format!("{name}: the samples have no features")));
        }
        Ok(())
    }

    /// Refuses samples of another width than those that were learned from, and those of [`Samples::check`].
    ///
    /// # Errors
    /// A sentence with both widths.
    pub fn check_width(&self, name: &str, columns: usize) -> Result<()> {
        self.check_same_width(name, columns)?;
        self.check(name)
    }

    /// As [`Samples::check`], and with a width as [`Samples::check_width`], for learners that take sparse samples too.
    ///
    /// # Errors
    /// As those.
    pub fn check_any(&self, name: &str, columns: Option<usize>) -> Result<()> {
        columns.map_or(Ok(()), |columns| self.check_same_width(name, columns))?;
        self.check_any_size(name)?;
        self.check_finite(name)
    }

    fn check_same_width(&self, name: &str, columns: usize) -> Result<()> {
        if self.columns == columns {
            return Ok(());
        }
        let why = format!("it was fitted to {columns} features, these samples have {}", self.columns);
        Err(Error::shape(name, why))
    }
}

/// What a learner is told about each sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal<'a> {
    /// Nothing.
    None,
    /// The class of each, from 0 to `classes - 1`; every class occurs.
    Classes {
        /// One number for each sample.
        codes: &'a [u32],
        /// How many classes there are.
        classes: usize,
    },
    /// A number for each.
    Numbers(&'a [f64]),
}

impl Goal<'_> {
    /// How many samples it speaks of; nothing for [`Goal::None`].
    pub fn len(&self) -> Option<usize> {
        match self {
            Self::None => None,
            Self::Classes { codes, .. } => Some(codes.len()),
            Self::Numbers(numbers) => Some(numbers.len()),
        }
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.len().unwrap_or(0) == 0
    }

    /// The classes, for a classifier.
    ///
    /// # Errors
    /// When it is not classes, their number is not `rows`, or there are fewer than `least` of them.
    pub fn classes(&self, name: &str, rows: usize, least: usize) -> Result<(&[u32], usize)> {
        let Self::Classes { codes, classes } = self else {
            return Err(Error::value(format!("{name}: needs a class for each sample")));
        };
        same_length(name, rows, codes.len())?;
        if *classes < least {
            return Err(Error::value(format!("{name}: needs at least {least} classes, got {classes}")));
        }
        Ok((codes, *classes))
    }

    /// The numbers, for a regression.
    ///
    /// # Errors
    /// When it is not numbers, there are not `rows` of them, or one is not finite.
    pub fn numbers(&self, name: &str, rows: usize) -> Result<&[f64]> {
        let Self::Numbers(numbers) = self else {
            return Err(Error::value(format!("{name}: needs a number for each sample")));
        };
        same_length(name, rows, numbers.len())?;
        match numbers.iter().position(|v| !v.is_finite()) {
            None => Ok(numbers),
            Some(i) => Err(Error::value(format!("{name}: the answer of row {} is {}", i + 1, numbers[i]))),
        }
    }
}

fn same_length(name: &str, rows: usize, answers: usize) -> Result<()> {
    if rows == answers {
        return Ok(());
    }
    Err(Error::shape(name, format!("{rows} samples, but {answers} answers")))
}

/// What a learner answers for each sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// A class for each, as it was coded; for clusters -1 is "none of them".
    Classes(Vec<i64>),
    /// A number for each.
    Numbers(Vec<f64>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_learned_from_is_told_with_its_place() {
        let says = |s: Result<()>| s.unwrap_err().to_string();
        let nan = Samples::new(2, 2, vec![1.0, 2.0, 3.0, f64::NAN]).unwrap();
        assert_eq!(says(nan.check("knn")), "knn: row 2, column 2 is NaN; all must be finite");
        assert_eq!(says(Samples::default().check("knn")), "knn: there are no samples");
        assert_eq!(says(Samples::new(3, 0, vec![]).unwrap().check("knn")), "knn: the samples have no features");
        let wide = Samples::new(1, 3, vec![0.0; 3]).unwrap();
        assert!(says(wide.check_width("knn", 2)).contains("fitted to 2 features, these samples have 3"));
        assert!(Samples::new(2, 2, vec![0.0; 3]).is_err() && Samples::new(usize::MAX, 2, vec![]).is_err());
    }

    #[test]
    fn sparse_samples_are_the_same_samples() {
        let rows = [vec![(2, 3.0), (0, 1.0)], vec![], vec![(1, -2.0), (2, 0.0)]];
        let s = Samples::sparse(3, &rows).unwrap();
        let dense = s.dense().unwrap();
        assert_eq!(dense.values(), [1.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0, -2.0, 0.0]);
        let w = [2.0, 5.0, 7.0];
        for i in 0..3 {
            assert_eq!(s.dot(i, &w), dense.dot(i, &w));
            assert_eq!(s.entries(i).map(|(_, v)| v).sum::<f64>(), dense.row(i).iter().sum::<f64>());
        }
        assert_eq!(s.select(&[2, 0]).dense().unwrap(), dense.select(&[2, 0]));
        let says = |s: Result<()>| s.unwrap_err().to_string();
        assert!(says(s.check("knn")).contains("does not take sparse"));
        assert!(s.check_any("nb", Some(3)).is_ok() && s.check_any("nb", Some(4)).is_err());
        let nan = Samples::sparse(3, &[vec![], vec![(1, f64::NAN)]]).unwrap();
        assert_eq!(says(nan.check_any("nb", None)), "nb: row 2, column 2 is NaN; all must be finite");
        assert!(
            Samples::sparse(3, &[vec![(3, 1.0)]]).is_err() && Samples::sparse(3, &[vec![(1, 1.0), (1, 2.0)]]).is_err()
        );
        assert!(Samples::sparse(1 << 20, &vec![vec![]; 1000]).unwrap().dense().is_err());
    }

    #[test]
    fn goals_must_fit_the_samples() {
        let goal = Goal::Classes { codes: &[0, 1, 0], classes: 2 };
        assert_eq!(goal.classes("svc", 3, 2).unwrap(), (&[0, 1, 0][..], 2));
        assert!(goal.classes("svc", 4, 2).unwrap_err().to_string().contains("4 samples, but 3 answers"));
        assert!(goal.numbers("ridge", 3).is_err() && goal.classes("svc", 3, 3).is_err());
        assert!(Goal::Numbers(&[1.0, f64::INFINITY]).numbers("ridge", 2).is_err());
    }

    #[test]
    fn columns_and_selections_hold_the_same_numbers() {
        let s = Samples::new(2, 3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        assert_eq!(s.by_columns(), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        assert_eq!(s.select(&[1, 1]).values(), [4.0, 5.0, 6.0, 4.0, 5.0, 6.0]);
    }
}
