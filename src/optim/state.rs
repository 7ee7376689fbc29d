//! What an optimizer remembers, in a file: a header of names and counts, and the state vectors as arrays.

use super::optimizer::{OptimizerState, ParamState};
use super::param::Buffer;
use crate::data::{Array, ArrayFile, Numbers};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An [`OptimizerState`] without its vectors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StateHeader {
    /// The optimizer's name.
    pub name: String,
    /// Steps taken.
    pub t: u64,
    scalars: Vec<(String, f64)>,
    params: BTreeMap<usize, (u64, Vec<usize>, Vec<String>)>, // steps, shape, names of the state vectors
}

/// What the array of one state vector is called in a file.
fn array_name(index: usize, slot: &str) -> String {
    format!("optimizer.{index}.{slot}")
}

impl OptimizerState {
    /// The two parts that a file holds.
    pub fn to_file(&self) -> (StateHeader, Vec<Array>) {
        let mut arrays = Vec::new();
        let mut params = BTreeMap::new();
        for (index, param) in &self.params {
            let names = param.slots.iter().map(|(name, _)| name.clone()).collect();
            params.insert(*index, (param.t, param.shape.clone(), names));
            for (slot, buffer) in &param.slots {
                let numbers = match buffer {
                    Buffer::F32(v) => Numbers::F32(v.clone()),
                    Buffer::F64(v) => Numbers::F64(v.clone()),
                };
                arrays.push(Array { name: array_name(*index, slot), shape: vec![buffer.len()], numbers });
            }
        }
        (StateHeader { name: self.name.clone(), t: self.t, scalars: self.scalars.clone(), params }, arrays)
    }

    /// The state that a file holds.
    ///
    /// # Errors
    /// If a vector is missing or of another type.
    pub fn from_file(header: StateHeader, file: &ArrayFile) -> Result<Self> {
        let mut params = BTreeMap::new();
        for (index, (t, shape, names)) in header.params {
            let slot = |name: String| {
                let array = file.array(&array_name(index, &name))?;
                let buffer = match array.numbers {
                    Numbers::F32(v) => Buffer::F32(v),
                    Numbers::F64(v) => Buffer::F64(v),
                    _ => return Err(file.fail(format!("`{}` holds no floating-point numbers", array.name))),
                };
                Ok((name, buffer))
            };
            let slots = names.into_iter().map(slot).collect::<Result<_>>()?;
            params.insert(index, ParamState { t, shape, slots });
        }
        Ok(Self { name: header.name, t: header.t, scalars: header.scalars, params })
    }

    /// The header's part of a file's metadata.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    pub fn header(file: &ArrayFile, key: &str) -> Result<StateHeader> {
        let json = file.meta(key).ok_or_else(|| file.fail("holds no optimizer's state"))?;
        serde_json::from_str(json).map_err(|e| file.fail(format!("its optimizer's state cannot be read ({e})")))
    }
}

impl super::Optimizer {
    /// Writes what it remembers to a safetensors file.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: impl AsRef<std::path::Path>) -> Result<()> {
        let (header, arrays) = self.state().to_file();
        let json = serde_json::to_string(&header).map_err(|e| Error::file(&path, e))?;
        crate::data::write_arrays(path, &arrays, [(KEY.to_string(), json)].into())
    }

    /// Goes on from what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// If the file is unusable, or another optimizer's. Nothing has changed then.
    pub fn load(&mut self, path: impl AsRef<std::path::Path>) -> Result<()> {
        let file = ArrayFile::read(&path)?;
        let state = OptimizerState::from_file(OptimizerState::header(&file, KEY)?, &file)?;
        self.load_state(state).map_err(|e| file.fail(e))
    }
}

/// Where the header stands in an optimizer's own file.
const KEY: &str = "mynah.optimizer";

#[cfg(test)]
mod tests {
    use crate::optim::{AdamSettings, Param, SgdSettings, adam, sgd};

    #[test]
    fn a_saved_optimizer_goes_on_as_if_it_had_never_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("opt.safetensors");
        let fresh = || adam(AdamSettings { lr: 0.1, ..Default::default() }).unwrap();
        let run = |opt: &mut crate::optim::Optimizer, x: &mut [f64], y: &mut [f32]| {
            let (g, h) = (x.to_vec(), y.to_vec());
            opt.step(&mut [Param::new(x, &g), Param::new(y, &h)]).unwrap();
        };
        let (mut first, mut x, mut y) = (fresh(), [1.0, -2.0], [0.5_f32]);
        run(&mut first, &mut x, &mut y);
        first.save(&path).unwrap();
        let (mut second, mut x2, mut y2) = (fresh(), x, y);
        second.load(&path).unwrap();
        run(&mut first, &mut x, &mut y);
        run(&mut second, &mut x2, &mut y2);
        assert_eq!((x, y), (x2, y2));
        let message = sgd(SgdSettings::default()).unwrap().load(&path).unwrap_err().to_string();
        assert!(message.ends_with("sgd: cannot continue from the state of `adam`"), "{message}");
    }
}
