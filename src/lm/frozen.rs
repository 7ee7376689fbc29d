//! A model for generation alone: its engine, tokenizer and chat template, without weights to train.

use super::chat::Chat;
use super::engine::{Engine, Quantization};
use super::format::{load_parts, transposed};
use super::generate::{GenerateConfig, Generation};
use super::model::{Model, is_turned};
use super::template::ChatTemplate;
use super::tokenizer::Tokenizer;
use crate::nn::{Device, Tensor};
use crate::{Error, Result};
use std::path::Path;
use std::sync::Arc;

/// What generates. Clones share their weights.
#[derive(Clone)]
pub struct Frozen {
    engine: Arc<Engine>,
    tokenizer: Arc<Tokenizer>,
    template: ChatTemplate,
}

impl Frozen {
    /// Puts the parts together; without a template, that of the tokenizer or the plain one.
    ///
    /// # Errors
    /// If the tokenizer has more tokens than the model, or its template is none.
    pub fn new(engine: Arc<Engine>, tokenizer: Arc<Tokenizer>, template: Option<ChatTemplate>) -> Result<Self> {
        let (known, vocab) = (tokenizer.vocab_size(), engine.config().vocab);
        if known > vocab {
            return Err(Error::value(format!("model: the tokenizer has {known} tokens, the model only {vocab}")));
        }
        let template = template.map_or_else(|| ChatTemplate::of(&tokenizer), Ok)?;
        Ok(Self { engine, tokenizer, template })
    }

    /// A model from a file of any known format; 8- and 4-bit weights stay as they are.
    ///
    /// # Errors
    /// If the file cannot be read or is none.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let parts = load_parts(path)?;
        let template = parts.template.as_deref().map(ChatTemplate::new).transpose()?;
        Self::new(Arc::new(parts.to_engine()?), Arc::new(parts.tokenizer), template)
    }

    /// The weights of `model` as they are now.
    ///
    /// # Errors
    /// If its tokenizer's template is none.
    pub fn of(model: &Model) -> Result<Self> {
        Self::new(model.engine()?, model.tokenizer().clone(), None)
    }

    /// The same with its matrices rounded to `kind`.
    ///
    /// # Errors
    /// None that a sound engine can cause.
    pub fn quantized(&self, kind: Quantization) -> Result<Self> {
        Ok(Self { engine: Arc::new(self.engine.quantized(kind)?), ..self.clone() })
    }

    /// A model with these weights in single precision, to train adapters on: what was rounded stays rounded.
    ///
    /// # Errors
    /// None that a sound engine can cause.
    pub fn model(&self) -> Result<Model> {
        Model::build(self.engine.config(), Tokenizer::clone(&self.tokenizer), Device::Cpu, |name, shape| {
            let numbers = self.engine.part(name)?.to_f32();
            let turned = is_turned(name, shape);
            let numbers = if turned { transposed(&numbers, shape[1], shape[0]) } else { numbers };
            Tensor::from_vec(numbers, shape, Device::Cpu)
        })
    }

    /// Its weights.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Its tokenizer.
    pub fn tokenizer(&self) -> &Arc<Tokenizer> {
        &self.tokenizer
    }

    /// What makes a text of a conversation.
    pub fn template(&self) -> &ChatTemplate {
        &self.template
    }

    /// Continues `prompt`; returns only what is new. An empty prompt begins as after a line end.
    ///
    /// # Errors
    /// As [`Model::generate`].
    pub fn generate(&self, prompt: &[u8], config: &GenerateConfig) -> Result<String> {
        self.stream(prompt, config)?.collect()
    }

    /// Continues `prompt` piece by piece, as [`Model::stream`].
    ///
    /// # Errors
    /// As there.
    pub fn stream(&self, prompt: &[u8], config: &GenerateConfig) -> Result<Generation> {
        Generation::new(&self.engine, &self.tokenizer, prompt, config)
    }

    /// A conversation with it.
    pub fn chat(&self, system: Option<&str>) -> Chat {
        Chat::new(self, system)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lm::ModelConfig;

    #[test]
    fn a_model_of_frozen_weights_computes_the_same() {
        let config = ModelConfig { dim: 32, layers: 2, heads: 4, kv_heads: 2, context: 16, ..Default::default() };
        let model = Model::new(&config, Tokenizer::chars("abcdefg").unwrap(), Device::Cpu, 1).unwrap();
        let ids = Tensor::from_vec(vec![0, 3, 1, 2, 6, 5], &[1, 6], Device::Cpu).unwrap();
        let logits = |m: &Model| m.forward(&ids).unwrap().to_f32().unwrap();
        let frozen = Frozen::of(&model).unwrap();
        assert_eq!(logits(&frozen.model().unwrap()), logits(&model));
        let rounded = frozen.quantized(Quantization::Q8).unwrap();
        let thawed = rounded.model().unwrap();
        assert_ne!(logits(&thawed), logits(&model));
        let again = Frozen::of(&thawed).unwrap().quantized(Quantization::Q8).unwrap();
        let worst = logits(&again.model().unwrap()).into_iter().zip(logits(&thawed)).map(|(a, b)| (a - b).abs());
        assert!(worst.fold(0.0, f32::max) < 1e-2, "rounding what is rounded changes next to nothing");
    }
}
