//! Optimizers on tensors: moves parameters by the gradients that `backward` found.
//!
//! The optimizers of [`optim`](crate::optim) work on plain slices. On the CPU a parameter's own memory is that slice;
//! elsewhere its numbers travel to the host and back.

use super::device::Device;
use super::fused::whole_product;
use super::param::Param;
use super::tensor::{Dtype, Tensor};
use crate::optim::{self, Optimizer};
use crate::{Error, Result};
use burn::backend::{BackendTensor, DispatchKindConversion, DispatchTensor, DispatchTensorKind, Flex};
use burn_flex::FlexTensor;

/// A parameter on its way through an optimizer.
pub struct StepParam {
    /// Where its state is in the optimizer: its place among all parameters, those without a gradient included.
    pub place: usize,
    /// What moves.
    pub param: Param,
    /// Its gradient, of its shape.
    pub grad: Tensor,
    /// An estimate of the Hessian's diagonal, of its shape, for the optimizers that want it.
    pub hessian: Option<Tensor>,
    /// Whether weight decay applies to it.
    pub decay: bool,
}

/// One step of `optimizer` over `params`; each finds its state by its place.
///
/// # Errors
/// If a gradient's shape is not its parameter's, or a place had another parameter in earlier steps. Nothing has moved then.
pub fn step(optimizer: &mut Optimizer, params: &[StepParam]) -> Result<()> {
    move_by(optimizer, params, None).map(|_| ())
}

/// [`step`], with gradients first scaled down together to an Euclidean length of at most `max_norm`
/// (Pascanu et al. 2013, arXiv:1211.5063). Returns their length before.
///
/// # Errors
/// As [`step`], and if the length is not finite.
pub fn step_clipped(optimizer: &mut Optimizer, params: &[StepParam], max_norm: f64) -> Result<f64> {
    move_by(optimizer, params, Some(max_norm))
}

/// The values to use for the parameter at `place`, whose values now are `now`: the mean of its points. Nothing where
/// the optimizer keeps no mean.
///
/// # Errors
/// When the numbers cannot be read.
pub fn averaged(optimizer: &Optimizer, place: usize, now: &Tensor) -> Result<Option<Tensor>> {
    let (shape, device) = (now.shape(), now.device());
    if now.dtype() == Dtype::F64 {
        let mean = optimizer.averaged(place, &now.to_f64()?);
        return mean.map(|mean| Tensor::from_vec(mean, &shape, device)).transpose();
    }
    let mean = optimizer.averaged(place, &now.to_f32()?);
    mean.map(|mean| Tensor::from_vec(mean, &shape, device)).transpose()
}

fn move_by(optimizer: &mut Optimizer, params: &[StepParam], max_norm: Option<f64>) -> Result<f64> {
    let mut shapes = Vec::with_capacity(params.len());
    let mut grads = Vec::with_capacity(params.len());
    let mut curvature = Vec::with_capacity(params.len());
    for StepParam { param, grad, hessian, .. } in params {
        let value = param.value();
        if grad.shape() != value.shape() {
            let why = format!("a gradient {:?} for a parameter {:?}", grad.shape(), value.shape());
            return Err(Error::shape(optimizer.name(), why));
        }
        if let Some(h) = hessian.as_ref().filter(|h| h.shape() != value.shape()) {
            let why = format!("curvature {:?} for a parameter {:?}", h.shape(), value.shape());
            return Err(Error::shape(optimizer.name(), why));
        }
        shapes.push(value.shape());
        curvature.push(hessian.as_ref().map(|h| h.cast(value.dtype()).and_then(Numbers::of)).transpose()?);
        grads.push(Numbers::of(grad.cast(value.dtype())?)?);
    }
    optimizer.set_product(whole_product);
    let norm = match max_norm {
        Some(max_norm) => {
            let mut slices: Vec<&mut [f32]> = grads.iter_mut().map(Numbers::f32_mut).collect();
            let norm = optim::clip_grad_norm(&mut slices, max_norm)?;
            if !norm.is_finite() {
                return Err(Error::value(format!("{}: the gradient is not finite", optimizer.name())));
            }
            norm
        }
        None => f64::NAN,
    };
    let mut values = params.iter().map(|p| Numbers::of(p.param.value())).collect::<Result<Vec<_>>>()?;
    // The places let go of their tensors, so that the optimizer finds each memory unshared and writes into it.
    params.iter().for_each(|p| p.param.let_go());
    let outcome = {
        let zip = params.iter().zip(&mut values).zip(&grads).zip(&curvature).zip(&shapes);
        let mut list: Vec<_> = zip
            .map(|((((p, x), g), h), shape)| {
                let param = x.pair(g).shape(shape).decay(p.decay).place(p.place);
                match h {
                    Some(Numbers::F64(h)) => param.hessian(h),
                    Some(h) => param.hessian(h.f32()),
                    None => param,
                }
            })
            .collect();
        optimizer.step(&mut list)
    };
    for ((p, value), shape) in params.iter().zip(values).zip(&shapes) {
        p.param.set_value(value.into_tensor(shape, p.grad.device())?)?;
    }
    outcome.map(|()| norm)
}

/// A tensor's numbers on the host, in its own memory where that is possible.
enum Numbers {
    Shared(FlexTensor),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

impl Numbers {
    fn of(tensor: Tensor) -> Result<Self> {
        if tensor.dtype() == Dtype::F64 {
            return tensor.to_f64().map(Self::F64);
        }
        match tensor.plain().raw.kind {
            DispatchTensorKind::Flex(BackendTensor::Float(flex)) => Ok(Self::Shared(flex.to_contiguous())),
            #[allow(unreachable_patterns)] // other backends exist only in other builds
            _ => tensor.to_f32().map(Self::F32),
        }
    }

    /// These values with the gradient `g`.
    fn pair<'a>(&'a mut self, g: &'a Numbers) -> optim::Param<'a> {
        match (self, g) {
            (Self::F64(x), Self::F64(g)) => optim::Param::new(x, g),
            (x, g) => optim::Param::new(x.f32_mut(), g.f32()),
        }
    }

    fn f32(&self) -> &[f32] {
        match self {
            Self::Shared(flex) => flex.as_slice::<f32>().unwrap_or_default(),
            Self::F32(values) => values,
            Self::F64(_) => &[],
        }
    }

    fn f32_mut(&mut self) -> &mut [f32] {
        match self {
            Self::Shared(flex) => flex.storage_mut::<f32>(),
            Self::F32(values) => values,
            Self::F64(_) => &mut [],
        }
    }

    fn into_tensor(self, shape: &[usize], device: Device) -> Result<Tensor> {
        match self {
            Self::Shared(flex) => {
                let raw = DispatchTensor::from_backend(BackendTensor::<Flex>::Float(flex));
                Ok(Tensor { raw, dtype: Dtype::F32, recorded: false })
            }
            Self::F32(values) => Tensor::from_vec(values, shape, device),
            Self::F64(values) => Tensor::from_vec(values, shape, device),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::{SgdSettings, sgd};

    fn leaf(values: &[f64], dtype: Dtype) -> Param {
        Param::leaf(&Tensor::from_f64(values.to_vec(), &[values.len()], dtype, Device::Cpu).unwrap()).unwrap()
    }

    #[test]
    fn a_step_moves_leaves_and_keeps_them_leaves() {
        for dtype in [Dtype::F32, Dtype::F64] {
            let x = leaf(&[4.0, -2.0], dtype);
            let mut opt = sgd(SgdSettings { lr: 0.25, ..Default::default() }).unwrap();
            for _ in 0..2 {
                let v = x.value();
                let found = v.mul(&v).unwrap().sum().backward().unwrap();
                let grad = found.get(&v).unwrap();
                step(&mut opt, &[StepParam { place: 0, param: x.clone(), grad, hessian: None, decay: true }]).unwrap();
            }
            assert_eq!(x.value().to_f64().unwrap(), [1.0, -0.5]);
            assert!(x.is_leaf() && x.requires_grad());
        }
    }

    #[test]
    fn a_wrong_gradient_moves_nothing() {
        let x = leaf(&[4.0, -2.0], Dtype::F32);
        let grad = Tensor::full(&[3], 1.0, Dtype::F32, Device::Cpu).unwrap();
        let mut opt = sgd(SgdSettings::default()).unwrap();
        let wrong =
            step(&mut opt, &[StepParam { place: 0, param: x.clone(), grad, hessian: None, decay: true }]).unwrap_err();
        assert_eq!(wrong.to_string(), "sgd: a gradient [3] for a parameter [2]");
        assert_eq!(x.value().to_f64().unwrap(), [4.0, -2.0]);
    }
}
