//! A named place for a tensor: what layers, optimizers and scripts share and change.

use super::tensor::{Tensor, grad_enabled};
use crate::{Error, Result};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// A shared place that holds a tensor and, if it is a leaf, the derivative found for it. Clones are the same place.
#[derive(Clone, Debug)]
pub struct Param(Arc<Place>);

#[derive(Debug)]
struct Place(Mutex<Content>);

#[derive(Debug)]
struct Content {
    value: Tensor,
    grad: Option<Tensor>,
    leaf: bool,
    bytes: usize,
    version: u64,
}

static LIVE_BYTES: AtomicUsize = AtomicUsize::new(0);

/// Every leaf that some place still holds: where [`backward`] puts what it finds.
static LEAVES: Mutex<Vec<Weak<Place>>> = Mutex::new(Vec::new());

fn next_version() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Bytes of tensors that places hold.
pub fn live_bytes() -> usize {
    LIVE_BYTES.load(Ordering::Relaxed)
}

impl Drop for Place {
    fn drop(&mut self) {
        let content = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        LIVE_BYTES.fetch_sub(content.bytes, Ordering::Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Param {
    /// A place for `value`.
    pub fn new(value: Tensor) -> Self {
        let bytes = value.bytes();
        LIVE_BYTES.fetch_add(bytes, Ordering::Relaxed);
        Self(Arc::new(Place(Mutex::new(Content { value, grad: None, leaf: false, bytes, version: next_version() }))))
    }

    /// A place for a leaf: `backward` finds its derivative.
    pub fn leaf(value: &Tensor) -> Result<Self> {
        let param = Self::new(value.clone());
        param.set_requires_grad(true)?;
        Ok(param)
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        lock(&self.0.0)
    }

    /// The tensor that is there now.
    pub fn value(&self) -> Tensor {
        self.content().value.clone()
    }

    /// A number that no other value, here or elsewhere, has had: another one means another value.
    pub fn version(&self) -> u64 {
        self.content().version
    }

    /// Whether it is a leaf whose derivative `backward` finds, or was computed from one.
    pub fn requires_grad(&self) -> bool {
        self.content().value.is_recorded()
    }

    /// Whether it is a leaf.
    pub fn is_leaf(&self) -> bool {
        self.content().leaf
    }

    /// Makes it a leaf, or cuts it from its history.
    pub fn set_requires_grad(&self, on: bool) -> Result<()> {
        let mut content = self.content();
        if on && !content.leaf {
            content.value = content.value.require_grad()?;
            content.leaf = true;
            drop(content);
            let mut leaves = lock(&LEAVES);
            leaves.retain(|leaf| leaf.strong_count() > 0);
            leaves.push(Arc::downgrade(&self.0));
        } else if !on {
            content.value = content.value.plain();
            content.leaf = false;
            content.grad = None;
        }
        Ok(())
    }

    /// Puts `value` in place of the old one. A leaf stays a leaf; its new value begins without history.
    pub fn set_value(&self, value: Tensor) -> Result<()> {
        let mut content = self.content();
        let bytes = value.bytes();
        LIVE_BYTES.fetch_add(bytes, Ordering::Relaxed);
        LIVE_BYTES.fetch_sub(content.bytes, Ordering::Relaxed);
        content.bytes = bytes;
        content.version = next_version();
        content.value = if content.leaf { value.require_grad()? } else { value };
        Ok(())
    }

    /// Forgets the tensor, so that whoever reads it next writes into unshared memory; `set_value` must follow.
    pub(super) fn let_go(&self) {
        let mut content = self.content();
        let nothing = Tensor::full(&[1], 0.0, content.value.dtype(), super::Device::Cpu);
        if let Ok(nothing) = nothing {
            content.value = nothing;
        }
    }

    /// Changes the tensor in place.
    ///
    /// # Errors
    /// If `backward` will need it as it is: change leaves inside [`no_grad`](super::no_grad).
    pub fn change(&self, what: &str, work: impl FnOnce(Tensor) -> Result<Tensor>) -> Result<()> {
        if self.is_leaf() && grad_enabled() {
            return Err(Error::value(format!(
                "{what}: this tensor requires a gradient; change it inside `no_grad` or through an optimizer"
            )));
        }
        let old = self.value();
        let (shape, dtype) = (old.shape(), old.dtype());
        let new = work(old)?;
        if new.shape() != shape {
            return Err(Error::shape(what, format!("the result {:?} does not fit in place of {shape:?}", new.shape())));
        }
        self.set_value(new.cast(dtype)?)
    }

    /// The derivative that `backward` found, summed over its calls.
    pub fn grad(&self) -> Option<Tensor> {
        self.content().grad.clone()
    }

    /// Replaces or forgets the derivative.
    pub fn set_grad(&self, grad: Option<Tensor>) {
        self.content().grad = grad;
    }

    /// Whether both are the same place.
    pub fn same(&self, other: &Param) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Finds the derivatives of `loss` by every leaf it was computed from and adds them to the leaves' `grad`.
///
/// # Errors
/// If `loss` is not one number, or depends on no leaf.
pub fn backward(loss: &Tensor) -> Result<()> {
    let found = loss.backward()?;
    let leaves: Vec<_> = lock(&LEAVES).iter().filter_map(Weak::upgrade).collect();
    for leaf in leaves {
        let mut content = lock(&leaf.0);
        if let Some(new) = found.get(&content.value) {
            content.grad = Some(match content.grad.take() {
                Some(old) => old.add(&new)?,
                None => new,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Device;
    use super::*;

    fn leaf(values: &[f32]) -> Param {
        Param::leaf(&Tensor::from_vec(values.to_vec(), &[values.len()], Device::Cpu).unwrap()).unwrap()
    }

    #[test]
    fn derivatives_add_up_over_calls() {
        let x = leaf(&[3.0]);
        for _ in 0..2 {
            backward(&x.value().mul(&x.value()).unwrap().sum()).unwrap();
        }
        assert_eq!(x.grad().unwrap().to_f64().unwrap(), [12.0]);
    }

    #[test]
    fn a_changed_leaf_is_still_a_leaf() {
        let x = leaf(&[1.0, 2.0]);
        assert!(x.change("add_", |t| t.add_scalar(1.0)).is_err());
        super::super::no_grad(|| x.change("add_", |t| t.add_scalar(1.0))).unwrap();
        backward(&x.value().mul(&x.value()).unwrap().sum()).unwrap();
        assert_eq!(x.grad().unwrap().to_f64().unwrap(), [4.0, 6.0]);
    }
}
