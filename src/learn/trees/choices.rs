//! Choices that the trees share: how impurity is measured, how many features are tried, how much each class weighs.

use crate::error::ensure_setting;
use crate::learn::Samples;
use crate::{Error, Result};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// How mixed the classes in a node are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// `1 - Σ p²`: how often two samples drawn at random are of different classes (Breiman et al. 1984).
    #[default]
    Gini,
    /// `-Σ p log₂ p`, in bits (Quinlan 1986).
    Entropy,
}

/// Where a tree cuts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Splitter {
    /// At the best of all thresholds of each feature.
    #[default]
    Best,
    /// At one random threshold of each feature.
    Random,
}

/// How many features each split tries.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum MaxFeatures {
    /// All.
    #[default]
    All,
    /// The square root of their number.
    Sqrt,
    /// The logarithm of their number to base 2.
    Log2,
    /// This share of them.
    Share(f64),
    /// So many.
    Count(usize),
}

impl MaxFeatures {
    /// How many of `columns` are tried, at least one.
    pub(super) fn of(self, columns: usize) -> usize {
        let n = columns as f64;
        let wanted = match self {
            Self::All => columns,
            Self::Sqrt => n.sqrt() as usize,
            Self::Log2 => n.log2() as usize,
            Self::Share(share) => (share * n) as usize,
            Self::Count(count) => count,
        };
        wanted.clamp(1, columns)
    }

    /// Refuses a share or number that is not one.
    pub(super) fn check(self, name: &str) -> Result<()> {
        let rule = "\"all\", \"sqrt\", \"log2\", a share below 1 or a whole number";
        match self {
            Self::Share(share) => ensure_setting(share > 0.0 && share < 1.0, name, "max_features", rule, share),
            Self::Count(count) => ensure_setting(count >= 1, name, "max_features", rule, count),
            _ => Ok(()),
        }
    }
}

impl Serialize for MaxFeatures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("all"),
            Self::Sqrt => serializer.serialize_str("sqrt"),
            Self::Log2 => serializer.serialize_str("log2"),
            Self::Share(share) => serializer.serialize_f64(*share),
            Self::Count(count) => serializer.serialize_u64(*count as u64),
        }
    }
}

impl<'de> Deserialize<'de> for MaxFeatures {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = MaxFeatures;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("\"all\", \"sqrt\", \"log2\", a share below 1 or a whole number")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<MaxFeatures, E> {
                match word {
                    "all" => Ok(MaxFeatures::All),
                    "sqrt" => Ok(MaxFeatures::Sqrt),
                    "log2" => Ok(MaxFeatures::Log2),
                    _ => Err(E::invalid_value(de::Unexpected::Str(word), &self)),
                }
            }

            fn visit_u64<E: de::Error>(self, count: u64) -> Result<MaxFeatures, E> {
                Ok(MaxFeatures::Count(count as usize))
            }

            fn visit_f64<E: de::Error>(self, v: f64) -> Result<MaxFeatures, E> {
                match v {
                    _ if v > 0.0 && v < 1.0 => Ok(MaxFeatures::Share(v)),
                    _ if v >= 1.0 && v.fract() == 0.0 => Ok(MaxFeatures::Count(v as usize)),
                    _ => Err(E::invalid_value(de::Unexpected::Float(v), &self)),
                }
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl JsonSchema for MaxFeatures {
    fn schema_name() -> Cow<'static, str> {
        "MaxFeatures".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string", "enum": ["all", "sqrt", "log2"] }, { "type": "number" }] })
    }
}

/// Samples beyond this are refused: a tree counts them with 32 bits, and a sort with fewer.
const MOST: usize = 1 << 30;

/// Refuses what no tree could hold.
pub(super) fn check_size(name: &str, x: &Samples) -> Result<()> {
    match x.rows() > MOST || x.columns() > MOST {
        true => Err(Error::value(format!("{name}: {} x {} samples are too many", x.rows(), x.columns()))),
        false => Ok(()),
    }
}

/// Refuses answers whose squares leave the range of numbers.
pub(super) fn check_answers(name: &str, y: &[f64]) -> Result<()> {
    match y.iter().position(|v| v.abs() > 1e100) {
        None => Ok(()),
        Some(i) => Err(Error::value(format!("{name}: the answer of row {} is {:e}; at most 1e100 works", i + 1, y[i]))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn features_are_counted_as_said() {
        for (said, of_20) in
            [(json!("all"), 20), (json!("sqrt"), 4), (json!("log2"), 4), (json!(0.5), 10), (json!(7), 7)]
        {
            let read: MaxFeatures = serde_json::from_value(said.clone()).unwrap();
            assert_eq!(read.of(20), of_20);
            assert_eq!(serde_json::to_value(read).unwrap(), said);
        }
        assert_eq!(
            (MaxFeatures::Log2.of(1), MaxFeatures::Count(30).of(20), MaxFeatures::Share(0.01).of(3)),
            (1, 20, 1)
        );
        for wrong in [json!("half"), json!(-0.5), json!(1.5), json!(-2)] {
            assert!(serde_json::from_value::<MaxFeatures>(wrong).is_err());
        }
        assert!(MaxFeatures::Count(0).check("x").is_err());
    }
}
