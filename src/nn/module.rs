//! What all layers share: a forward pass, parameters with names, a mode.

use super::device::Device;
use super::param::Param;
use super::tensor::Tensor;
use crate::data::{Array, ArrayFile, Numbers, write_arrays};
use crate::{Error, Result};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::rc::Rc;

/// A layer, or several: takes a tensor and gives one.
pub trait Module {
    /// What comes out for `x`.
    ///
    /// # Errors
    /// If its shape does not fit; the message names the layer and both shapes.
    fn forward(&self, x: &Tensor) -> Result<Tensor>;

    /// Its parameters by name, in a fixed order.
    fn params(&self) -> Vec<Named> {
        Vec::new()
    }

    /// Switches between training and use; matters to dropout alone.
    fn set_training(&self, _on: bool) {}

    /// How one makes it, in one line: `linear(2, 16)`.
    fn describe(&self) -> String;
}

/// A parameter with its name in a state dict.
#[derive(Clone, Debug)]
pub struct Named {
    /// Such as `weight`, or `0.weight` within a sequence.
    pub name: String,
    /// Where it is.
    pub param: Param,
    /// Whether files hold its transpose: a linear layer's weight is `[in, out]` here and `[out, in]` in PyTorch's files.
    pub turned: bool,
}

impl Named {
    /// A parameter that files hold as it is.
    pub fn new(name: impl Into<String>, param: &Param) -> Self {
        Self { name: name.into(), param: param.clone(), turned: false }
    }

    /// The same parameter one level further out.
    pub fn within(self, outer: &str) -> Self {
        let name = if self.name.is_empty() { outer.to_string() } else { format!("{outer}.{}", self.name) };
        Self { name, ..self }
    }
}

/// Layers one after the other.
pub struct Sequential(pub Vec<Rc<dyn Module>>);

impl Module for Sequential {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.0.iter().try_fold(x.clone(), |x, layer| layer.forward(&x))
    }

    fn params(&self) -> Vec<Named> {
        let of = |(i, layer): (usize, &Rc<dyn Module>)| {
            layer.params().into_iter().map(move |named| named.within(&i.to_string()))
        };
        self.0.iter().enumerate().flat_map(of).collect()
    }

    fn set_training(&self, on: bool) {
        self.0.iter().for_each(|layer| layer.set_training(on));
    }

    fn describe(&self) -> String {
        let lines: Vec<String> =
            self.0.iter().map(|layer| format!("  {}", layer.describe().replace('\n', "\n  "))).collect();
        format!("sequential {{\n{}\n}}", lines.join(",\n"))
    }
}

/// Writes parameters to a safetensors file under their names, as PyTorch would (`[out, in]` for linear layers).
///
/// # Errors
/// If two share a name, or the file cannot be written.
pub fn save_params(path: impl AsRef<Path>, params: &[Named]) -> Result<()> {
    let mut arrays = BTreeMap::new();
    for named in params {
        let value = named.param.value().plain();
        let value = if named.turned { value.transpose(0, 1)? } else { value };
        let array = Array { name: named.name.clone(), shape: value.shape(), numbers: value.numbers()? };
        if arrays.insert(named.name.clone(), array).is_some() {
            return Err(Error::file(path, format!("two parameters are called `{}`", named.name)));
        }
    }
    write_arrays(path, arrays.values(), HashMap::from([("format".to_string(), "pt".to_string())]))
}

/// Reads what [`save_params`] wrote, or PyTorch for the same layers, into `params`.
///
/// # Errors
/// If the file is unusable, lacks a parameter, has one too many, or a shape differs. Nothing has changed then.
pub fn load_params(path: impl AsRef<Path>, params: &[Named]) -> Result<()> {
    let file = ArrayFile::read(&path)?;
    let mut values = Vec::with_capacity(params.len());
    for named in params {
        let old = named.param.value();
        let array = file.array(&named.name)?;
        let stored = Tensor::from_numbers(array.numbers, &array.shape, old.device())?;
        let value = if named.turned && stored.rank() == 2 { stored.transpose(0, 1)? } else { stored };
        if value.shape() != old.shape() {
            let (ours, theirs) = (old.shape(), value.shape());
            return Err(file.fail(format!("`{}` has shape {theirs:?}, the net's has {ours:?}", named.name)));
        }
        // A transpose is a view; parameters own their memory in the order of their shape.
        let value =
            if named.turned { Tensor::from_numbers(value.numbers()?, &value.shape(), old.device())? } else { value };
        values.push(value.cast(old.dtype())?);
    }
    if let Some(extra) = file.names()?.into_iter().find(|name| params.iter().all(|p| p.name != *name)) {
        return Err(file.fail(format!("holds `{extra}`, which the net does not have")));
    }
    for (named, value) in params.iter().zip(values) {
        named.param.set_value(value)?;
    }
    Ok(())
}

/// Scales the gradients of `params` by one factor if their joint Euclidean length exceeds `max_norm`; returns the
/// length before (Pascanu et al. 2013, arXiv:1211.5063). Parameters without a gradient count as 0.
///
/// # Errors
/// If `max_norm` is not positive.
pub fn clip_grad_norm(params: &[Param], max_norm: f64) -> Result<f64> {
    let grads: Vec<(&Param, Tensor)> = params.iter().filter_map(|p| p.grad().map(|g| (p, g))).collect();
    let mut numbers = grads.iter().map(|(_, g)| g.to_f64()).collect::<Result<Vec<_>>>()?;
    let mut slices: Vec<&mut [f64]> = numbers.iter_mut().map(Vec::as_mut_slice).collect();
    let norm = crate::optim::clip_grad_norm(&mut slices, max_norm)?;
    if norm > max_norm {
        for ((param, grad), scaled) in grads.iter().zip(numbers) {
            param.set_grad(Some(Tensor::from_f64(scaled, &grad.shape(), grad.dtype(), grad.device())?));
        }
    }
    Ok(norm)
}

impl Tensor {
    /// All elements in row-major order, in their own type.
    ///
    /// # Errors
    /// If the device fails.
    pub fn numbers(&self) -> Result<Numbers> {
        use super::Dtype;
        Ok(match self.dtype() {
            Dtype::F32 => Numbers::F32(self.to_f32()?),
            Dtype::F64 => Numbers::F64(self.to_f64()?),
            Dtype::I32 => Numbers::I32(self.to_i32()?),
            Dtype::Bool => Numbers::Bool(self.to_i32()?.into_iter().map(|b| b as u8).collect()),
        })
    }

    /// A tensor from numbers in row-major order.
    ///
    /// # Errors
    /// If `shape` does not hold them.
    pub fn from_numbers(numbers: Numbers, shape: &[usize], device: Device) -> Result<Self> {
        match numbers {
            Numbers::F32(v) => Self::from_vec(v, shape, device),
            Numbers::F64(v) => Self::from_vec(v, shape, device),
            Numbers::I32(v) => Self::from_vec(v, shape, device),
            Numbers::Bool(v) => Self::from_bools(v.into_iter().map(|b| b != 0).collect(), shape, device),
        }
    }
}
