//! Files of models that are no [`super::Learner`]: which model, what its codes stand for, and its bytes.

use super::Label;
use crate::data::{read_bytes, write_atomically};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The first bytes of such a file, with its version.
const MAGIC: &[u8] = b"mynah model 1\n";

/// Bytes as one piece, not as a list of numbers.
pub(super) mod blob {
    use serde::de::{Deserializer, Error, Visitor};
    use serde::ser::Serializer;
    use std::fmt;

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Vec<u8>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
            fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
                Ok(bytes)
            }
        }
        deserializer.deserialize_byte_buf(Bytes)
    }
}

/// What stands in such a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelFile {
    /// Which model it is, such as "hmm".
    pub name: String,
    /// What the codes of its symbols stand for, in order.
    pub labels: Vec<Label>,
    /// The model's own bytes.
    #[serde(with = "blob")]
    pub state: Vec<u8>,
}

impl ModelFile {
    /// Writes it; a file that was there stays whole until the new one is.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let mut bytes = MAGIC.to_vec();
        ciborium::into_writer(self, &mut bytes).map_err(|e| Error::file(&path, format!("cannot be written: {e}")))?;
        write_atomically(path, |f| f.write_all(&bytes))
    }

    /// Reads one of the model `name`.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or holds another model.
    pub fn load(path: impl AsRef<Path>, name: &str) -> Result<Self> {
        let bytes = read_bytes(&path)?;
        let Some(body) = bytes.strip_prefix(MAGIC) else {
            return Err(Error::file(&path, "not a model's file of this version"));
        };
        let file: Self = ciborium::from_reader(body).map_err(|e| Error::file(&path, format!("damaged: {e}")))?;
        if file.name != name {
            return Err(Error::file(&path, format!("holds a {}, not a {name}", file.name)));
        }
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_comes_back_and_another_model_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m");
        let file = ModelFile { name: "hmm".into(), labels: vec![Label::Text("a".into())], state: vec![1, 2, 255] };
        file.save(&path).unwrap();
        assert_eq!(ModelFile::load(&path, "hmm").unwrap(), file);
        assert!(ModelFile::load(&path, "kalman").unwrap_err().to_string().contains("holds a hmm, not a kalman"));
        std::fs::write(&path, b"mynah model 1\nx").unwrap();
        assert!(ModelFile::load(&path, "hmm").unwrap_err().to_string().contains("damaged"));
    }
}
