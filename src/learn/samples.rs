//! What learners learn from: rows of numbers, and what each row is to be answered with.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// Samples in rows, features in columns. `[rows, columns]`, row by row, all finite unless said otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Samples {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Samples {
    /// From numbers row by row.
    ///
    /// # Errors
    /// When `values` does not hold `rows * columns` numbers.
    pub fn new(rows: usize, columns: usize, values: Vec<f64>) -> Result<Self> {
        match rows.checked_mul(columns) {
            Some(n) if n == values.len() => Ok(Self { rows, columns, values }),
            _ => Err(Error::shape("samples", format!("{rows} x {columns} are not {} numbers", values.len()))),
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

    /// All numbers, row by row.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// All numbers, row by row, to be kept.
    pub fn into_values(self) -> Vec<f64> {
        self.values
    }

    /// One sample.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.columns..(i + 1) * self.columns]
    }

    /// The samples one after the other.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        // With no columns there is nothing to cut; such samples are refused by every learner.
        self.values.chunks_exact(self.columns.max(1))
    }

    /// The same numbers column by column.
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
        let values = places.iter().flat_map(|&i| self.row(i)).copied().collect();
        Self { rows: places.len(), columns: self.columns, values }
    }

    /// Refuses samples that no learner could use: none at all, no features, or numbers that are not finite.
    ///
    /// # Errors
    /// A sentence that begins with the learner's name; places count from 1.
    pub fn check(&self, name: &str) -> Result<()> {
        self.check_size(name)?;
        match self.values.iter().position(|v| !v.is_finite()) {
            None => Ok(()),
            Some(at) => {
                let (row, column) = (at / self.columns + 1, at % self.columns + 1);
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
        if self.columns != columns {
            let why = format!("it was fitted to {columns} features, these samples have {}", self.columns);
            return Err(Error::shape(name, why));
        }
        self.check(name)
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
