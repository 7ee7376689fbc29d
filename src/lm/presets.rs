//! Model sizes by name, from what one learns in minutes to what one learns in days.

use super::config::ModelConfig;
use crate::nearest::{nearest, quoted};
use crate::{Error, Result};

/// A model size.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// What it is for, in one line.
    pub summary: &'static str,
    sizes: [usize; 7], // layers, dim, heads, kv_heads, hidden, vocab, context
}

/// All sizes, smallest first. The two largest are those of the Nano parrots.
pub const PRESETS: &[Preset] = &[
    Preset { name: "nano-230k", summary: "229,952 parameters: puzzles on digits", sizes: [4, 64, 4, 2, 192, 512, 256] },
    Preset { name: "nano-1m", summary: "1,054,080 parameters: verses", sizes: [5, 128, 4, 2, 352, 1024, 256] },
    Preset {
        name: "nano-5m",
        summary: "4,951,296 parameters: children's stories",
        sizes: [6, 256, 8, 4, 704, 2048, 512],
    },
    Preset { name: "nano-15m", summary: "14,555,520 parameters: stories", sizes: [8, 384, 8, 4, 1024, 4096, 512] },
    Preset { name: "nano-56m", summary: "55,591,424 parameters: a parrot", sizes: [16, 512, 16, 8, 1408, 16_384, 512] },
    Preset {
        name: "nano-168m",
        summary: "168,334,080 parameters: a bigger one",
        sizes: [24, 768, 16, 8, 2048, 16_384, 512],
    },
];

impl Preset {
    /// Its sizes; everything else is as usual.
    pub fn config(&self) -> ModelConfig {
        let [layers, dim, heads, kv_heads, hidden, vocab, context] = self.sizes;
        ModelConfig { layers, dim, heads, kv_heads, hidden, vocab, context, ..Default::default() }
    }
}

/// The sizes of this name. With `vocab` 0, they take any tokenizer's number of tokens.
///
/// # Errors
/// If there is none; the nearest is named.
pub fn preset(name: &str) -> Result<ModelConfig> {
    let names = || PRESETS.iter().map(|p| p.name);
    match PRESETS.iter().find(|p| p.name == name) {
        Some(preset) => Ok(preset.config()),
        None => Err(Error::value(match nearest(name, names()) {
            Some(meant) => format!("preset: there is no `{name}`; did you mean `{meant}`?"),
            None => format!("preset: there is no `{name}`; there are {}", quoted(names())),
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_have_the_parameters_that_they_say() {
        for preset in PRESETS {
            let config = preset.config().resolved(1).unwrap();
            let said: String = preset.summary.split(' ').next().unwrap_or_default().replace(',', "");
            assert_eq!(config.params().to_string(), said, "{}", preset.name);
        }
        let params = |name| preset(name).unwrap().resolved(1).unwrap().params();
        assert_eq!([params("nano-56m"), params("nano-168m")], [55_591_424, 168_334_080]);
        assert_eq!(
            preset("nano-56n").unwrap_err().to_string(),
            "preset: there is no `nano-56n`; did you mean `nano-56m`?"
        );
    }
}
