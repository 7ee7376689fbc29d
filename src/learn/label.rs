//! Labels as people give them, and the codes that learners work with.

use super::samples::Goal;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

/// A label: a number or words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Label {
    /// A number.
    Number(f64),
    /// Words.
    Text(String),
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(x) => write!(f, "{x}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// Numbers by size, then words by letter.
fn order(a: &Label, b: &Label) -> Ordering {
    match (a, b) {
        (Label::Number(a), Label::Number(b)) => a.total_cmp(b),
        (Label::Text(a), Label::Text(b)) => a.cmp(b),
        (Label::Number(_), Label::Text(_)) => Ordering::Less,
        (Label::Text(_), Label::Number(_)) => Ordering::Greater,
    }
}

/// The classes of a classifier, in order, and the code of each sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Coded {
    /// The classes, sorted: numbers by size, then words.
    pub classes: Vec<Label>,
    /// One code for each label: its place among the classes, from 0.
    pub codes: Vec<u32>,
}

impl Coded {
    /// Sorts the classes that occur, and codes the labels.
    ///
    /// # Errors
    /// When a label is NaN.
    pub fn new(name: &str, labels: &[Label]) -> Result<Self> {
        if let Some(i) = labels.iter().position(|l| matches!(l, Label::Number(x) if x.is_nan())) {
            return Err(Error::value(format!("{name}: the label of row {} is NaN", i + 1)));
        }
        let mut classes = labels.to_vec();
        classes.sort_by(order);
        classes.dedup_by(|a, b| order(a, b) == Ordering::Equal);
        let codes = codes(name, &classes, labels)?;
        Ok(Self { classes, codes })
    }

    /// What a learner is told.
    pub fn goal(&self) -> Goal<'_> {
        Goal::Classes { codes: &self.codes, classes: self.classes.len() }
    }
}

/// The codes of `labels` among known, sorted `classes`.
///
/// # Errors
/// When a label is none of them.
pub fn codes(name: &str, classes: &[Label], labels: &[Label]) -> Result<Vec<u32>> {
    let code = |label: &Label| match classes.binary_search_by(|c| order(c, label)) {
        Ok(i) => Ok(i as u32),
        Err(_) => Err(Error::value(format!("{name}: the label {label} is none of the {} classes", classes.len()))),
    };
    labels.iter().map(code).collect()
}

/// The labels as numbers, for a regression.
///
/// # Errors
/// When one is words.
pub fn numbers(name: &str, labels: &[Label]) -> Result<Vec<f64>> {
    let number = |(i, label): (usize, &Label)| match label {
        Label::Number(x) => Ok(*x),
        Label::Text(text) => {
            Err(Error::value(format!("{name}: needs a number for each sample, row {} has {text:?}", i + 1)))
        }
    };
    labels.iter().enumerate().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_sorted_and_coded() {
        let text = |t: &str| Label::Text(t.into());
        let coded = Coded::new("svc", &[text("b"), Label::Number(3.0), text("a"), text("b"), Label::Number(-1.0)]);
        let coded = coded.unwrap();
        assert_eq!(coded.classes, [Label::Number(-1.0), Label::Number(3.0), text("a"), text("b")]);
        assert_eq!(coded.codes, [3, 1, 2, 3, 0]);
        let unknown = codes("svc", &coded.classes, &[text("c")]).unwrap_err().to_string();
        assert_eq!(unknown, "svc: the label c is none of the 4 classes");
        assert!(Coded::new("svc", &[Label::Number(f64::NAN)]).is_err());
        assert!(numbers("ridge", &[text("b")]).unwrap_err().to_string().contains("row 1 has \"b\""));
    }
}
