//! How much each class counts.

use super::label::Label;
use crate::nearest::{nearest, quoted};
use crate::{Error, Result};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// How much the samples of each class count.
#[derive(Clone, Debug, PartialEq)]
pub enum ClassWeight {
    /// As much for a rare class as for a frequent one.
    Balanced,
    /// So much for each class, in their order.
    Each(Vec<f64>),
    /// So much for the classes with these labels, 1 for the others. Only an [`super::Estimator`] knows labels; it gives
    /// its learner a list.
    ByLabel(BTreeMap<String, f64>),
}

/// What weights may be.
const RULE: &str = "from 1e-6 to 1e6 for each class";

impl ClassWeight {
    /// Refuses weights out of their range.
    pub(super) fn check(weight: &Option<Self>, name: &str) -> Result<()> {
        let wrong = |w: &&f64| !(1e-6..=1e6).contains(*w);
        let found = match weight {
            Some(Self::Each(weights)) => weights.iter().find(wrong),
            Some(Self::ByLabel(weights)) => weights.values().find(wrong),
            _ => None,
        };
        found.map_or(Ok(()), |wrong| Err(Error::setting(name, "class_weight", RULE, wrong)))
    }

    /// The weight of each class.
    pub(super) fn weights(weight: &Option<Self>, name: &str, codes: &[u32], classes: usize) -> Result<Vec<f64>> {
        match weight {
            None => Ok(vec![1.0; classes]),
            Some(Self::Balanced) => {
                let mut counts = vec![0usize; classes];
                codes.iter().for_each(|&c| counts[c as usize] += 1);
                Ok(counts.iter().map(|&n| codes.len() as f64 / (classes as f64 * n.max(1) as f64)).collect())
            }
            Some(Self::Each(weights)) if weights.len() == classes => Ok(weights.clone()),
            Some(Self::Each(weights)) => {
                let got = weights.len();
                Err(Error::value(format!("{name}: `class_weight` has {got} numbers for {classes} classes")))
            }
            Some(Self::ByLabel(_)) => {
                Err(Error::value(format!("{name}: `class_weight` by label, but the learner was told no labels")))
            }
        }
    }
}

/// Options with each `class_weight` by label made a list for `classes`, also within the learners within; nothing if
/// there is none.
///
/// # Errors
/// When a label is none of the classes.
pub(super) fn by_class(name: &str, options: &Value, classes: &[Label]) -> Result<Option<Value>> {
    let named = |weights: &Value| match weights {
        Value::Object(weights) => in_order(name, weights, classes).map(Some),
        _ => Ok(None),
    };
    changed(options, &named)
}

/// Options with each `class_weight` that lists `all` classes cut to those in `seen`; nothing if there is none.
pub(super) fn of_seen(options: &Value, all: usize, seen: &[u32]) -> Option<Value> {
    let cut = |weights: &Value| match weights {
        Value::Array(list) if list.len() == all => {
            Ok(Some(Value::Array(seen.iter().map(|&c| list[c as usize].clone()).collect())))
        }
        _ => Ok(None),
    };
    changed(options, &cut).ok().flatten()
}

fn in_order(name: &str, weights: &Map<String, Value>, classes: &[Label]) -> Result<Value> {
    let labels: Vec<String> = classes.iter().map(Label::to_string).collect();
    if let Some(wrong) = weights.keys().find(|key| !labels.contains(key)) {
        let words = wrong.parse::<f64>().is_err(); // (a number is near to no other)
        let hint = match nearest(wrong, labels.iter().map(String::as_str)).filter(|_| words) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("there are {}", quoted(labels.iter().map(String::as_str))),
        };
        return Err(Error::value(format!("{name}: `class_weight` names `{wrong}`, which is no class; {hint}")));
    }
    Ok(Value::Array(labels.iter().map(|l| weights.get(l).cloned().unwrap_or(Value::from(1.0))).collect()))
}

/// `options` with each `class_weight` replaced by what `change` makes of it, if it makes something of any.
fn changed(options: &Value, change: &dyn Fn(&Value) -> Result<Option<Value>>) -> Result<Option<Value>> {
    let mut any = false;
    let mut one = |key: &str, value: &Value| -> Result<Value> {
        let new = if key == "class_weight" { change(value)? } else { changed(value, change)? };
        any |= new.is_some();
        Ok(new.unwrap_or_else(|| value.clone()))
    };
    let new = match options {
        Value::Object(map) => {
            Value::Object(map.iter().map(|(k, v)| Ok((k.clone(), one(k, v)?))).collect::<Result<_>>()?)
        }
        Value::Array(items) => Value::Array(items.iter().map(|v| one("", v)).collect::<Result<_>>()?),
        _ => return Ok(None),
    };
    Ok(any.then_some(new))
}

impl Serialize for ClassWeight {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Balanced => serializer.serialize_str("balanced"),
            Self::Each(weights) => weights.serialize(serializer),
            Self::ByLabel(weights) => weights.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ClassWeight {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = ClassWeight;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("\"balanced\", a list of positive numbers, or a positive number for each label")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<ClassWeight, E> {
                match word {
                    "balanced" => Ok(ClassWeight::Balanced),
                    _ => Err(E::invalid_value(de::Unexpected::Str(word), &self)),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<ClassWeight, A::Error> {
                let mut weights = Vec::new();
                while let Some(weight) = seq.next_element()? {
                    weights.push(weight);
                }
                Ok(ClassWeight::Each(weights))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ClassWeight, A::Error> {
                let mut weights = BTreeMap::new();
                while let Some((label, weight)) = map.next_entry()? {
                    weights.insert(label, weight);
                }
                Ok(ClassWeight::ByLabel(weights))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl JsonSchema for ClassWeight {
    fn schema_name() -> Cow<'static, str> {
        "ClassWeight".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "string", "enum": ["balanced"] },
                { "type": "array", "items": { "type": "number" } },
                { "type": "object", "additionalProperties": { "type": "number" } },
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn classes() -> Vec<Label> {
        vec![Label::Number(0.0), Label::Number(2.5), Label::Text("ham".into()), Label::Text("spam".into())]
    }

    #[test]
    fn weights_by_label_stand_in_the_order_of_the_classes_at_every_depth() {
        let options = json!({ "C": 2, "class_weight": { "spam": 3, "0": 0.5 } });
        let found = by_class("svc", &options, &classes()).unwrap().unwrap();
        assert_eq!(found, json!({ "C": 2, "class_weight": [0.5, 1.0, 1.0, 3] }));
        let deep = json!({ "learners": [{ "name": "svc", "options": { "class_weight": { "2.5": 9 } } }] });
        let found = by_class("voting", &deep, &classes()).unwrap().unwrap();
        assert_eq!(found["learners"][0]["options"]["class_weight"], json!([1.0, 9, 1.0, 1.0]));
        for plain in [json!(null), json!({ "class_weight": "balanced" }), json!({ "class_weight": [1, 2, 3, 4] })] {
            assert_eq!(by_class("svc", &plain, &classes()).unwrap(), None);
        }
        let listed = json!({ "class_weight": [1, 2, 3, 4] });
        assert_eq!(of_seen(&listed, 4, &[1, 3]).unwrap(), json!({ "class_weight": [2, 4] }));
        assert_eq!(of_seen(&listed, 5, &[1, 3]), None);
    }

    #[test]
    fn unknown_labels_are_named() {
        let refusal =
            |weights| by_class("svc", &json!({ "class_weight": weights }), &classes()).unwrap_err().to_string();
        assert_eq!(
            refusal(json!({ "spma": 1 })),
            "svc: `class_weight` names `spma`, which is no class; did you mean `spam`?"
        );
        assert_eq!(
            refusal(json!({ "virginica": 1 })),
            "svc: `class_weight` names `virginica`, which is no class; there are `0`, `2.5`, `ham`, `spam`"
        );
    }

    #[test]
    fn weights_are_read_as_written() {
        for value in [json!("balanced"), json!([1.0, 2.0]), json!({ "ham": 1.0, "spam": 3.0 })] {
            let read: ClassWeight = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(serde_json::to_value(read).unwrap(), value);
        }
        assert!(serde_json::from_value::<ClassWeight>(json!("fair")).is_err());
        let check = |w: ClassWeight| ClassWeight::check(&Some(w), "svc");
        assert!(check(ClassWeight::Each(vec![1.0, 0.0])).is_err());
        assert!(check(ClassWeight::ByLabel([("a".into(), -1.0)].into())).is_err());
        let weights = |w, codes: &[u32]| ClassWeight::weights(&Some(w), "svc", codes, 2);
        assert_eq!(weights(ClassWeight::Balanced, &[0, 0, 0, 1]).unwrap(), [4.0 / 6.0, 2.0]);
        let few = weights(ClassWeight::Each(vec![1.0]), &[0, 1]).unwrap_err().to_string();
        assert_eq!(few, "svc: `class_weight` has 1 numbers for 2 classes");
    }
}
