//! Everything the kernel can refuse to do, worded for the person who asked.

use std::fmt::Display;
use std::path::Path;

/// A refusal: what was wrong, what was wanted, what came instead.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Shapes, sizes, dtypes or devices that do not fit together.
    #[error("{what}: {why}")]
    Shape {
        /// The operation, such as `matmul`.
        what: String,
        /// What did not fit, with both sides' shapes.
        why: String,
    },
    /// A setting outside its range.
    #[error("{what}: `{name}` must be {rule}, got {got}")]
    Setting {
        /// Whose setting it is, such as `adamw`.
        what: String,
        /// The field's name.
        name: String,
        /// The range, such as "positive".
        rule: String,
        /// The value that came.
        got: String,
    },
    /// A file that is missing, unreadable, damaged or not what it should be.
    #[error("{path}: {why}")]
    File {
        /// The path as the caller wrote it.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// Any other input that cannot be used; the text is the whole sentence.
    #[error("{0}")]
    Value(String),
    /// A function that the caller gave has failed; the caller knows why.
    #[error("a callback failed")]
    Callback,
    /// The user asked to stop (Ctrl-C), and the work stopped cleanly.
    #[error("interrupted")]
    Interrupted,
}

/// The kernel's result type.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Shapes or types that do not fit: `matmul: inner sizes differ: [3, 4] x [5, 2]`.
    pub fn shape(what: impl Display, why: impl Display) -> Self {
        Self::Shape { what: what.to_string(), why: why.to_string() }
    }

    /// A setting outside its range: ``adamw: `lr` must be positive, got -1``.
    pub fn setting(what: impl Display, name: impl Display, rule: impl Display, got: impl Display) -> Self {
        Self::Setting { what: what.to_string(), name: name.to_string(), rule: rule.to_string(), got: got.to_string() }
    }

    /// A file that cannot be used: `tavern.safetensors: not a checkpoint`.
    pub fn file(path: impl AsRef<Path>, why: impl Display) -> Self {
        Self::File { path: path.as_ref().display().to_string(), why: why.to_string() }
    }

    /// The same refusal, of a part of `what`: `bagging: knn: there are no samples`.
    #[must_use]
    pub fn within(self, what: &str) -> Self {
        match self {
            Self::Callback | Self::Interrupted | Self::File { .. } => self,
            other => match other.to_string() {
                text if text.starts_with(&format!("{what}: ")) => other,
                text => Self::Value(format!("{what}: {text}")),
            },
        }
    }

    /// Any other unusable input; `text` is the whole sentence.
    pub fn value(text: impl Into<String>) -> Self {
        Self::Value(text.into())
    }
}

/// Checks a setting: `ensure_setting(lr > 0.0, "adamw", "lr", "positive", lr)?`.
pub fn ensure_setting(ok: bool, what: &str, name: &str, rule: &str, got: impl Display) -> Result<()> {
    if ok { Ok(()) } else { Err(Error::setting(what, name, rule, got)) }
}
