//! One file holds a model: weights, sizes and tokenizer, as safetensors.
//!
//! Matrices are stored in PyTorch's orientation, [out, in]. Sizes and tokenizer stand in the header's metadata under
//! `mynah`, as JSON. A training run's file holds its optimizer's state beside the weights, under `train.`.

use super::config::ModelConfig;
use super::format::load_parts;
use super::model::{Model, is_turned};
use super::tokenizer::Tokenizer;
use crate::data::{Array, ArrayFile, write_arrays};
use crate::nn::{Device, Tensor};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;

/// What the header says about the model.
#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    /// Version of this layout.
    format: u32,
    pub(super) config: ModelConfig,
    pub(super) tokenizer: Tokenizer,
}

const FORMAT: u32 = 1;

impl Header {
    /// The header of a model.
    pub(super) fn of(config: &ModelConfig, tokenizer: &Tokenizer) -> Self {
        Self { format: FORMAT, config: config.clone(), tokenizer: tokenizer.clone() }
    }

    /// Its JSON.
    pub(super) fn text(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|e| Error::value(e.to_string()))
    }

    /// Reads and checks the JSON.
    pub(super) fn read(json: &str) -> Result<Self> {
        let header: Self =
            serde_json::from_str(json).map_err(|e| Error::value(format!("its header cannot be read ({e})")))?;
        if header.format != FORMAT {
            let format = header.format;
            return Err(Error::value(format!("format {format} is newer than this build knows ({FORMAT})")));
        }
        header.tokenizer.check()?;
        Ok(header)
    }
}

/// The model's weights as they stand in a file.
pub(super) fn weights(model: &Model) -> Result<Vec<Array>> {
    let turned = |(name, param): (String, crate::nn::Param)| {
        let value = param.value().plain();
        let value = if is_turned(&name, &value.shape()) { value.transpose(0, 1)? } else { value };
        Ok(Array::f32(name, &value.shape(), value.to_f32()?))
    };
    model.named_params().into_iter().map(turned).collect()
}

/// Writes the model and, for a training run, `more` arrays and metadata.
pub(super) fn write(path: &Path, model: &Model, more: &[Array], meta: &[(&str, String)]) -> Result<()> {
    let json = Header::of(model.config(), model.tokenizer()).text().map_err(|e| Error::file(path, e))?;
    let mut metadata = HashMap::from([("mynah".to_string(), json), ("format".to_string(), "pt".to_string())]);
    metadata.extend(meta.iter().map(|(k, v)| (k.to_string(), v.clone())));
    let arrays = weights(model)?;
    write_arrays(path, arrays.iter().chain(more), metadata)
}

/// The model in an opened file.
pub(super) fn model(file: &ArrayFile, device: Device) -> Result<Model> {
    let json = file.meta("mynah").ok_or_else(|| file.fail("not a model of Mynah (no `mynah` header)"))?;
    let header = Header::read(json).map_err(|e| file.fail(e))?;
    // The weights must be there before memory is taken for them.
    let config = header.config.resolved(header.tokenizer.vocab_size()).map_err(|e| file.fail(e))?;
    if config.params() * 4 > file.size() as u128 {
        return Err(file.fail(format!("its header tells of {} parameters, more than it holds", config.params())));
    }
    Model::build(&config, header.tokenizer, device, |name, shape| {
        if is_turned(name, shape) {
            let stored = [shape[1], shape[0]];
            let t = Tensor::from_vec(file.f32(name, &stored)?, &stored, device)?;
            let turned = t.transpose(0, 1)?;
            Tensor::from_vec(turned.to_f32()?, shape, device)
        } else {
            Tensor::from_vec(file.f32(name, shape)?, shape, device)
        }
    })
}

impl Model {
    /// Writes the model to one safetensors file, which carries sizes and tokenizer.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        write(path.as_ref(), self, &[], &[])
    }

    /// Reads a model of any known format onto a device; see [`load_parts`](super::load_parts).
    ///
    /// # Errors
    /// If the file is missing, damaged, cut off, or of no known format.
    pub fn load(path: impl AsRef<Path>, device: Device) -> Result<Self> {
        load_parts(path)?.to_model(device)
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
        assert!(
            refusal("text", b"once upon a time there was").starts_with("text: not a model that this program knows")
        );
        assert!(refusal("huge", &[0xff; 64]).starts_with("huge: not a model that this program knows"));
        let foreign = safetensors::serialize([("a", &Array::f32("a", &[1], vec![1.0]))], None).unwrap();
        assert!(refusal("foreign", &foreign).starts_with("foreign: safetensors, but not a model of Mynah"));
        let json = r#"{"format":1,"config":{"dim":65536,"layers":900000,"heads":2,"vocab":3},"tokenizer":{"kind":"char","alphabet":["a","b","c"]}}"#;
        let metadata = HashMap::from([("mynah".to_string(), json.to_string())]);
        let hostile = safetensors::serialize([("a", &Array::f32("a", &[1], vec![1.0]))], Some(metadata)).unwrap();
        assert!(refusal("hostile", &hostile).starts_with("hostile: model: "), "{}", refusal("hostile", &hostile));
        let missing = Model::load(folder.path().join("none.safetensors"), Device::Cpu).err().unwrap().to_string();
        assert!(missing.ends_with("none.safetensors: no such file"), "{missing}");
    }
}
