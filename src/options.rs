//! Settings from loosely typed input: unknown keys and wrong types, worded for the person at the keyboard.

use crate::nearest::{nearest, quoted};
use crate::{Error, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads the settings of `what` from a JSON object; `null` gives the defaults.
///
/// # Errors
/// An unknown key (with the nearest known one), a value of the wrong type, or anything but an object.
pub fn read<S: DeserializeOwned + Default>(what: &str, options: Value) -> Result<S> {
    match &options {
        Value::Null => Ok(S::default()),
        Value::Array(items) if items.is_empty() => Ok(S::default()), // an empty Lua table may arrive as a list
        Value::Object(all) => serde_path_to_error::deserialize(&options).map_err(|error| {
            let (path, message) = (error.path().to_string(), error.inner().to_string());
            if path != "." {
                return explain(what, &path, &message);
            }
            // Where settings hold other settings flat, the path is lost: the key is the one that is refused alone.
            let alone = |(key, value): (&String, &Value)| {
                let one = Value::Object([(key.clone(), value.clone())].into_iter().collect());
                let message = S::deserialize(one).err()?.to_string();
                let within = message.strip_prefix("unknown field `").and_then(|m| m.split('`').next());
                let path = within.filter(|w| w != key).map_or(key.clone(), |w| format!("{key}.{w}"));
                Some(explain(what, &path, &message))
            };
            all.iter().find_map(alone).unwrap_or_else(|| explain(what, &path, &message))
        }),
        other => Err(Error::value(format!("{what}: options must be names with values, got {other}"))),
    }
}

/// Rewords serde's `message` about the option at `path` of `what`.
///
/// ```
/// let error = mynah::options::explain("adamw", "esp", "unknown field `esp`, expected `lr` or `eps`");
/// assert_eq!(error.to_string(), "unknown option `esp` for `adamw`; did you mean `eps`?");
/// ```
pub fn explain(what: &str, path: &str, message: &str) -> Error {
    if message.starts_with("unknown field ") || message.starts_with("unknown variant ") {
        // Quoted in backticks: first the name that came, then the names that were possible.
        let mut quotes = message.split('`').skip(1).step_by(2);
        let came = quotes.next().unwrap_or_default();
        let known: Vec<&str> = quotes.collect();
        let hint = match nearest(came, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if known.is_empty() => "it takes none".into(),
            None => format!("it takes {}", quoted(known)),
        };
        return Error::value(if message.starts_with("unknown field ") {
            let whose = match path.strip_suffix(came).and_then(|parent| parent.strip_suffix('.')) {
                Some(parent) if !parent.is_empty() => format!("{what}.{parent}"),
                _ => what.to_string(),
            };
            format!("unknown option `{came}` for `{whose}`; {hint}")
        } else {
            format!("{what}: unknown value `{came}` for `{path}`; {hint}")
        });
    }
    let kinds = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    if let Some((got, wanted)) = kinds.and_then(|rest| rest.split_once(", expected ")) {
        let wanted = match wanted {
            "f64" | "f32" => "a finite number",
            "u64" | "usize" | "u32" => "a whole number of at least 0",
            "a boolean" => "true or false",
            other if other.starts_with("struct ") => "a table of options",
            other => other,
        };
        let got = if got == "null" { "nothing, NaN or infinity" } else { got };
        return Error::setting(what, path, wanted, got);
    }
    Error::value(format!("{what}: option `{path}`: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::AdamwSettings;
    use serde_json::json;

    fn refusal(options: Value) -> String {
        read::<AdamwSettings>("adamw", options).unwrap_err().to_string()
    }

    #[test]
    fn no_options_are_the_defaults() {
        for none in [json!(null), json!({}), json!([])] {
            assert_eq!(read::<AdamwSettings>("adamw", none).unwrap(), AdamwSettings::default());
        }
    }

    #[test]
    fn settings_held_flat_are_named_too() {
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(default)]
        struct Both {
            #[serde(flatten)]
            inner: AdamwSettings,
        }
        let refusal = |options| read::<Both>("train", options).unwrap_err().to_string();
        assert_eq!(refusal(json!({ "lr": "fast" })), "train: `lr` must be a finite number, got string \"fast\"");
        let within = refusal(json!({ "lr": 0.1, "schedule": { "warmpu": 3 } }));
        assert_eq!(within, "unknown option `warmpu` for `train.schedule`; did you mean `warmup`?");
        assert_eq!(read::<Both>("train", json!({ "lr": 0.5 })).unwrap().inner.lr, 0.5);
    }

    #[test]
    fn every_refusal_says_what_was_wrong_and_what_was_wanted() {
        for (options, text) in [
            (json!({ "learning_rat": 1.0 }), "unknown option `learning_rat` for `adamw`; did you mean `lr`?"),
            (
                json!({ "schedule": { "warmpu": 3 } }),
                "unknown option `warmpu` for `adamw.schedule`; did you mean `warmup`?",
            ),
            (
                json!({ "schedule": { "kind": "cosin" } }),
                "adamw: unknown value `cosin` for `schedule.kind`; did you mean `cosine`?",
            ),
            (json!({ "schedule": "cosine" }), "adamw: `schedule` must be a table of options, got string \"cosine\""),
            (json!({ "lr": "fast" }), "adamw: `lr` must be a finite number, got string \"fast\""),
            (json!({ "lr": null }), "adamw: `lr` must be a finite number, got nothing, NaN or infinity"),
            (
                json!({ "schedule": { "warmup": -3 } }),
                "adamw: `schedule.warmup` must be a whole number of at least 0, got integer `-3`",
            ),
            (json!([0.1]), "adamw: options must be names with values, got [0.1]"),
        ] {
            assert_eq!(refusal(options), text);
        }
        assert!(refusal(json!({ "banana": 1 })).starts_with("unknown option `banana` for `adamw`; it takes `lr`, "));
    }
}
