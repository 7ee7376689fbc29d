//! One file holds a model: weights, sizes and tokenizer, as safetensors.
//!
//! Matrices are stored in PyTorch's orientation, [out, in]. Sizes and tokenizer stand in the header's metadata under
//! `mynah`, as JSON. A training run's file holds its optimizer's state beside the weights, under `train.`.

use super::config::ModelConfig;
use super::model::Model;
use super::tokenizer::Tokenizer;
use crate::data::{read_bytes, write_atomically};
use crate::nn::{Device, Tensor};
use crate::{Error, Result};
use safetensors::tensor::{Dtype as FileDtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

/// What the header says about the model.
#[derive(Serialize, Deserialize)]
struct Header {
    /// Version of this layout.
    format: u32,
    config: ModelConfig,
    tokenizer: Tokenizer,
}

const FORMAT: u32 = 1;

/// f32 numbers with a name and a shape, as they stand in a file.
pub(super) struct Array {
    pub name: String,
    pub shape: Vec<usize>,
    pub data: Vec<f32>,
}

impl safetensors::View for &Array {
    fn dtype(&self) -> FileDtype {
        FileDtype::F32
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(bytemuck::cast_slice(&self.data))
    }
    fn data_len(&self) -> usize {
        self.data.len() * 4
    }
}

/// Whether a weight is a matrix of a linear layer, stored transposed.
fn is_linear(name: &str, shape: &[usize]) -> bool {
    shape.len() == 2 && name != "embed.weight"
}

/// The model's weights as they stand in a file.
pub(super) fn weights(model: &Model) -> Result<Vec<Array>> {
    let turned = |(name, param): (String, crate::nn::Param)| {
        let value = param.value().plain();
        let value = if is_linear(&name, &value.shape()) { value.transpose(0, 1)? } else { value };
        Ok(Array { name, shape: value.shape(), data: value.to_f32()? })
    };
    model.named_params().into_iter().map(turned).collect()
}

/// Writes the model and, for a training run, `more` arrays and metadata.
pub(super) fn write(path: &Path, model: &Model, more: &[Array], meta: &[(&str, String)]) -> Result<()> {
    let header = Header { format: FORMAT, config: model.config().clone(), tokenizer: (**model.tokenizer()).clone() };
    let json = serde_json::to_string(&header).map_err(|e| Error::file(path, e))?;
    let mut metadata = HashMap::from([("mynah".to_string(), json), ("format".to_string(), "pt".to_string())]);
    metadata.extend(meta.iter().map(|(k, v)| (k.to_string(), v.clone())));
    let arrays = weights(model)?;
    let views = arrays.iter().chain(more).map(|a| (a.name.clone(), a));
    let bytes = safetensors::serialize(views, Some(metadata)).map_err(|e| Error::file(path, e))?;
    write_atomically(path, |file| file.write_all(&bytes))
}

/// A model's file, opened and checked.
pub(super) struct Opened {
    path: String,
    bytes: Vec<u8>,
    metadata: HashMap<String, String>,
}

impl Opened {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let bytes = read_bytes(path)?;
        let shown = path.display().to_string();
        let fail = |why: String| Error::file(path, why);
        if bytes.is_empty() {
            return Err(fail("the file is empty".into()));
        }
        let told = bytes.first_chunk::<8>().map_or(u64::MAX, |n| u64::from_le_bytes(*n));
        if told > bytes.len() as u64 {
            let why = format!("not a safetensors file, or cut off (it has {} bytes)", bytes.len());
            return Err(fail(why));
        }
        let (_, header) = SafeTensors::read_metadata(&bytes)
            .map_err(|e| fail(format!("not a safetensors file, or damaged ({e})")))?;
        let metadata = header.metadata().clone().unwrap_or_default();
        SafeTensors::deserialize(&bytes).map_err(|e| fail(format!("damaged or cut off ({e})")))?;
        Ok(Self { path: shown, bytes, metadata })
    }

    fn fail(&self, why: impl std::fmt::Display) -> Error {
        Error::file(&self.path, why)
    }

    /// One entry of the header's metadata.
    pub(super) fn meta(&self, key: &str) -> Result<&str> {
        self.metadata.get(key).map(String::as_str).ok_or_else(|| self.fail(format!("has no `{key}` in its header")))
    }

    /// The f32 numbers of `name`, which must have `shape`.
    pub(super) fn array(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let all = SafeTensors::deserialize(&self.bytes).map_err(|e| self.fail(e))?;
        let view: TensorView = all.tensor(name).map_err(|_| self.fail(format!("has no tensor `{name}`")))?;
        if view.shape() != shape {
            return Err(self.fail(format!("`{name}` should have shape {shape:?}, has {:?}", view.shape())));
        }
        if view.dtype() != FileDtype::F32 {
            return Err(self.fail(format!("`{name}` should be f32, is {:?}", view.dtype())));
        }
        Ok(bytemuck::pod_collect_to_vec(view.data()))
    }

    /// The model in the file.
    pub(super) fn model(&self, device: Device) -> Result<Model> {
        let json = self.metadata.get("mynah").ok_or_else(|| self.fail("not a model of Mynah (no `mynah` header)"))?;
        let header: Header =
            serde_json::from_str(json).map_err(|e| self.fail(format!("its header cannot be read ({e})")))?;
        if header.format != FORMAT {
            return Err(self.fail(format!("format {} is newer than this build knows ({FORMAT})", header.format)));
        }
        header.tokenizer.check().map_err(|e| self.fail(e))?;
        // The weights must be there before memory is taken for them.
        let config = header.config.resolved(header.tokenizer.vocab_size()).map_err(|e| self.fail(e))?;
        if config.params() * 4 > self.bytes.len() as u128 {
            return Err(self.fail(format!("its header tells of {} parameters, more than it holds", config.params())));
        }
        Model::build(&config, header.tokenizer, device, |name, shape| {
            if is_linear(name, shape) {
                let stored = [shape[1], shape[0]];
                let t = Tensor::from_vec(self.array(name, &stored)?, &stored, device)?;
                let turned = t.transpose(0, 1)?;
                Tensor::from_vec(turned.to_f32()?, shape, device)
            } else {
                Tensor::from_vec(self.array(name, shape)?, shape, device)
            }
        })
    }
}

impl Model {
    /// Writes the model to one safetensors file, which carries sizes and tokenizer.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        write(path.as_ref(), self, &[], &[])
    }

    /// Reads a model from a file that [`Model::save`] or training wrote; in a run's folder, the best one.
    ///
    /// # Errors
    /// If the file is missing, damaged, cut off, or not a model of Mynah.
    pub fn load(path: impl AsRef<Path>, device: Device) -> Result<Self> {
        let path = path.as_ref();
        if path.is_dir() {
            let best = path.join("best.safetensors");
            let chosen = if best.exists() { best } else { path.join("last.safetensors") };
            if !chosen.exists() {
                return Err(Error::file(path, "no best.safetensors or last.safetensors in this folder"));
            }
            return Opened::read(&chosen)?.model(device);
        }
        Opened::read(path)?.model(device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiny() -> Model {
        let config = ModelConfig { dim: 16, layers: 1, heads: 2, context: 8, ..Default::default() };
        Model::new(&config, Tokenizer::chars("héllo").unwrap(), Device::Cpu, 3).unwrap()
    }

    #[test]
    fn saving_and_loading_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bird.safetensors");
        let model = tiny();
        model.save(&path).unwrap();
        let again = Model::load(&path, Device::Cpu).unwrap();
        assert_eq!((again.config(), again.tokenizer()), (model.config(), model.tokenizer()));
        let ids = Tensor::from_vec(vec![0, 1, 2, 3], &[1, 4], Device::Cpu).unwrap();
        let [a, b] = [model, again].map(|m| m.forward(&ids).unwrap().to_f32().unwrap());
        assert_eq!(a, b);
    }

    #[test]
    fn a_file_cut_anywhere_is_refused_and_never_panics() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bird.safetensors");
        tiny().save(&path).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for cut in (0..whole.len()).step_by(97) {
            std::fs::write(&path, &whole[..cut]).unwrap();
            assert!(Model::load(&path, Device::Cpu).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn foreign_and_hostile_files_are_refused_in_one_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let refusal = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let message = Model::load(&path, Device::Cpu).err().unwrap().to_string();
            message.rsplit('/').next().unwrap().to_string()
        };
        assert_eq!(refusal("empty", b""), "empty: the file is empty");
        assert!(refusal("text", b"once upon a time there was").starts_with("text: not a safetensors file"));
        assert!(refusal("huge", &[0xff; 64]).starts_with("huge: not a safetensors file"));
        let foreign =
            safetensors::serialize([("a", &Array { name: "a".into(), shape: vec![1], data: vec![1.0] })], None)
                .unwrap();
        assert_eq!(refusal("foreign", &foreign), "foreign: not a model of Mynah (no `mynah` header)");
        let json = r#"{"format":1,"config":{"dim":65536,"layers":900000,"heads":2,"vocab":3},"tokenizer":{"kind":"char","alphabet":["a","b","c"]}}"#;
        let metadata = HashMap::from([("mynah".to_string(), json.to_string())]);
        let hostile = safetensors::serialize(
            [("a", &Array { name: "a".into(), shape: vec![1], data: vec![1.0] })],
            Some(metadata),
        )
        .unwrap();
        assert!(refusal("hostile", &hostile).starts_with("hostile: model: "), "{}", refusal("hostile", &hostile));
        let missing = Model::load(folder.path().join("none.safetensors"), Device::Cpu).err().unwrap().to_string();
        assert!(missing.ends_with("none.safetensors: no such file"), "{missing}");
    }
}
