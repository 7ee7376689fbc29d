//! Named arrays of numbers in one file: the safetensors format, which carries data and never code.
//!
//! Layout: <https://github.com/huggingface/safetensors>, through the `safetensors` crate.

use super::{read_bytes, write_atomically};
use crate::{Error, Result};
use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, View};
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

/// Numbers of one type.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
    /// 32-bit signed integers.
    I32(Vec<i32>),
    /// Truth values, one byte each: 0 or 1.
    Bool(Vec<u8>),
}

impl Numbers {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(v) => v.len(),
            Self::F64(v) => v.len(),
            Self::I32(v) => v.len(),
            Self::Bool(v) => v.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same numbers in single precision.
    pub fn into_f32(self) -> Vec<f32> {
        match self {
            Self::F32(v) => v,
            Self::F64(v) => v.into_iter().map(|x| x as f32).collect(),
            Self::I32(v) => v.into_iter().map(|x| x as f32).collect(),
            Self::Bool(v) => v.into_iter().map(f32::from).collect(),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::F32(v) => bytemuck::cast_slice(v),
            Self::F64(v) => bytemuck::cast_slice(v),
            Self::I32(v) => bytemuck::cast_slice(v),
            Self::Bool(v) => v,
        }
    }

    fn dtype(&self) -> Dtype {
        match self {
            Self::F32(_) => Dtype::F32,
            Self::F64(_) => Dtype::F64,
            Self::I32(_) => Dtype::I32,
            Self::Bool(_) => Dtype::BOOL,
        }
    }
}

/// Numbers with a name and a shape (row-major).
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Its name in the file.
    pub name: String,
    /// Its sizes; their product is the number of numbers.
    pub shape: Vec<usize>,
    /// The numbers.
    pub numbers: Numbers,
}

impl Array {
    /// An array of single-precision numbers.
    pub fn f32(name: impl Into<String>, shape: &[usize], numbers: Vec<f32>) -> Self {
        Self { name: name.into(), shape: shape.to_vec(), numbers: Numbers::F32(numbers) }
    }
}

impl View for &Array {
    fn dtype(&self) -> Dtype {
        self.numbers.dtype()
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.numbers.bytes())
    }
    fn data_len(&self) -> usize {
        self.numbers.bytes().len()
    }
}

/// Writes `arrays`, each name once, with `metadata` in the header; the file is whole or not there.
///
/// # Errors
/// If the file cannot be written.
pub fn write_arrays<'a>(
    path: impl AsRef<Path>,
    arrays: impl IntoIterator<Item = &'a Array>,
    metadata: HashMap<String, String>,
) -> Result<()> {
    let views = arrays.into_iter().map(|a| (a.name.clone(), a));
    let bytes = safetensors::serialize(views, Some(metadata)).map_err(|e| Error::file(&path, e))?;
    write_atomically(path, |file| file.write_all(&bytes))
}

/// A file of named arrays, opened and checked.
pub struct ArrayFile {
    path: String,
    bytes: Vec<u8>,
    metadata: HashMap<String, String>,
}

impl ArrayFile {
    /// Opens a file; what is wrong with it is said in one sentence.
    ///
    /// # Errors
    /// If it is missing, empty, cut off, damaged, or of another format.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let bytes = read_bytes(&path)?;
        let fail = |why: String| Error::file(&path, why);
        if bytes.is_empty() {
            return Err(fail("the file is empty".into()));
        }
        let told = bytes.first_chunk::<8>().map_or(u64::MAX, |n| u64::from_le_bytes(*n));
        if told > bytes.len() as u64 {
            let why = format!("not a safetensors file, or cut off (it has {} bytes)", bytes.len());
            return Err(fail(why));
        }
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| {
            fail(match e {
                SafeTensorError::MetadataIncompleteBuffer => {
                    format!("damaged or cut off: its {} bytes are not what its header tells of", bytes.len())
                }
                other => format!("not a safetensors file, or damaged ({other})"),
            })
        })?;
        let metadata = header.metadata().clone().unwrap_or_default();
        SafeTensors::deserialize(&bytes).map_err(|e| fail(format!("damaged or cut off ({e})")))?;
        Ok(Self { path: path.as_ref().display().to_string(), bytes, metadata })
    }

    /// A refusal that names the file.
    pub fn fail(&self, why: impl std::fmt::Display) -> Error {
        Error::file(&self.path, why)
    }

    /// How many bytes the file has.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// One entry of the header's metadata.
    pub fn meta(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }

    fn all(&self) -> Result<SafeTensors<'_>> {
        SafeTensors::deserialize(&self.bytes).map_err(|e| self.fail(e))
    }

    /// The arrays' names, sorted.
    ///
    /// # Errors
    /// None for a file that [`read`](Self::read) has opened.
    pub fn names(&self) -> Result<Vec<String>> {
        let mut names: Vec<String> = self.all()?.names().into_iter().map(String::from).collect();
        names.sort();
        Ok(names)
    }

    /// One array.
    ///
    /// # Errors
    /// If there is none of this name, or its type is none that we hold.
    pub fn array(&self, name: &str) -> Result<Array> {
        let all = self.all()?;
        let view: TensorView = all.tensor(name).map_err(|_| self.fail(format!("has no tensor `{name}`")))?;
        let data = view.data();
        let numbers = match view.dtype() {
            Dtype::F32 => Numbers::F32(bytemuck::pod_collect_to_vec(data)),
            Dtype::F64 => Numbers::F64(bytemuck::pod_collect_to_vec(data)),
            Dtype::I32 => Numbers::I32(bytemuck::pod_collect_to_vec(data)),
            Dtype::BOOL => Numbers::Bool(data.iter().map(|b| u8::from(*b != 0)).collect()),
            other => return Err(self.fail(format!("`{name}` is of type {other:?}, which is not read"))),
        };
        Ok(Array { name: name.into(), shape: view.shape().to_vec(), numbers })
    }

    /// The single-precision numbers of `name`, which must have `shape`.
    ///
    /// # Errors
    /// If there is none of this name, shape and type.
    pub fn f32(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let array = self.array(name)?;
        if array.shape != shape {
            return Err(self.fail(format!("`{name}` should have shape {shape:?}, has {:?}", array.shape)));
        }
        match array.numbers {
            Numbers::F32(numbers) => Ok(numbers),
            other => Err(self.fail(format!("`{name}` should be f32, is {:?}", other.dtype()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_comes_back_as_it_went() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        let array = |name: &str, numbers| Array { name: name.into(), shape: vec![2, 1], numbers };
        let arrays = [
            array("single", Numbers::F32(vec![0.5, -1.5])),
            array("double", Numbers::F64(vec![0.1, 1e300])),
            array("whole", Numbers::I32(vec![-7, 7])),
            array("truth", Numbers::Bool(vec![1, 0])),
        ];
        write_arrays(&path, &arrays, HashMap::from([("who".into(), "polly".into())])).unwrap();
        let file = ArrayFile::read(&path).unwrap();
        assert_eq!((file.meta("who"), file.meta("why")), (Some("polly"), None));
        assert_eq!(file.names().unwrap(), ["double", "single", "truth", "whole"]);
        for array in &arrays {
            assert_eq!(&file.array(&array.name).unwrap(), array);
        }
        let message = file.f32("single", &[2]).unwrap_err().to_string();
        assert!(message.ends_with("`single` should have shape [2], has [2, 1]"), "{message}");
        assert!(file.f32("whole", &[2, 1]).unwrap_err().to_string().ends_with("`whole` should be f32, is I32"));
    }
}
