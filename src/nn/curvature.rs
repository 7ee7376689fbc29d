//! Steps from a loss that can be asked again: gradients, and curvature for the optimizers that want it.
//!
//! The Hessian's diagonal is estimated as `z ∘ Hz` with random signs `z` (Hutchinson 1989); `Hz` is the central difference
//! of two gradients, (∇L(w + εz) − ∇L(w − εz)) / 2ε with ε = ∛u · max(1, |w|∞) and u the precision of the numbers.

use super::param::Param;
use super::step::{StepParam, step};
use super::tensor::{Dtype, Tensor};
use crate::data::Rng;
use crate::optim::{Optimizer, signs};
use crate::{Error, Result};

/// A parameter that [`step_on`] may move.
#[derive(Clone, Debug)]
pub struct Moved {
    /// What moves; its place in the list is its place in the optimizer.
    pub param: Param,
    /// Whether weight decay applies to it.
    pub decay: bool,
}

/// One step of `optimizer` over `params`, down the gradient of `loss`, and returns the loss before it.
///
/// Where the optimizer wants curvature (AdaHessian always, Sophia now and then) the loss is asked twice more, a little
/// to both sides; it must be the same function each time, so no fresh dropout. `seed` draws the probe.
///
/// # Errors
/// Those of `loss`; when it or its gradient is not finite, or depends on none of the parameters. Nothing has moved then.
pub fn step_on(
    optimizer: &mut Optimizer,
    params: &[Moved],
    seed: u64,
    loss: &mut dyn FnMut() -> Result<Tensor>,
) -> Result<f64> {
    let name = optimizer.name();
    let (value, grads) = gradients(params, loss)?;
    if !value.is_finite() {
        return Err(Error::value(format!("{name}: the loss is {value}")));
    }
    if grads.iter().all(Option::is_none) {
        return Err(Error::value(format!("{name}: the loss depends on none of the parameters")));
    }
    let curvature = if optimizer.needs_curvature() {
        diagonal(params, &mut Rng::stream(seed, optimizer.t()), loss)?
    } else {
        vec![None; params.len()]
    };
    let all = params.iter().zip(grads).zip(curvature).enumerate();
    let list: Vec<StepParam> = all
        .filter_map(|(place, ((moved, grad), hessian))| {
            let Moved { param, decay } = moved.clone();
            grad.map(|grad| StepParam { place, param, grad, hessian, decay })
        })
        .collect();
    step(optimizer, &list)?;
    Ok(value)
}

type Found = Vec<Option<Tensor>>;

fn gradients(params: &[Moved], loss: &mut dyn FnMut() -> Result<Tensor>) -> Result<(f64, Found)> {
    let loss = loss()?;
    let found = loss.backward()?;
    Ok((loss.item()?, params.iter().map(|p| found.get(&p.param.value())).collect()))
}

/// The estimate of the Hessian's diagonal for each parameter that has a gradient.
fn diagonal(params: &[Moved], rng: &mut Rng, loss: &mut dyn FnMut() -> Result<Tensor>) -> Result<Found> {
    let before: Vec<Tensor> = params.iter().map(|p| p.param.value().plain()).collect();
    let probes = before.iter().map(|w| {
        let z = signs::<f32>(w.len(), rng);
        Tensor::from_vec(z, &w.shape(), w.device())?.cast(w.dtype())
    });
    let probes = probes.collect::<Result<Vec<_>>>()?;
    let mut reach = 1.0f64;
    for w in &before {
        reach = w.to_f64()?.into_iter().fold(reach, |reach, w| reach.max(w.abs()));
    }
    let single = before.iter().any(|w| w.dtype() != Dtype::F64);
    let epsilon = if single { f64::from(f32::EPSILON) } else { f64::EPSILON }.cbrt() * reach;
    let mut aside = |side: f64| -> Result<Found> {
        for ((p, w), z) in params.iter().zip(&before).zip(&probes) {
            p.param.set_value(w.add(&z.mul_scalar(side * epsilon)?)?)?;
        }
        gradients(params, loss).map(|(_, grads)| grads)
    };
    let both = aside(1.0).and_then(|above| aside(-1.0).map(|below| (above, below)));
    // Whatever came of it, the parameters are where they were.
    for (p, w) in params.iter().zip(before) {
        p.param.set_value(w)?;
    }
    let (above, below) = both?;
    let one = |((above, below), z): ((Option<Tensor>, Option<Tensor>), &Tensor)| match (above, below) {
        (Some(above), Some(below)) => above.sub(&below)?.mul(z)?.mul_scalar(0.5 / epsilon).map(Some),
        _ => Ok(None),
    };
    above.into_iter().zip(below).zip(&probes).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Device;
    use crate::optim::{AdahessianSettings, SophiaSettings, adahessian, sophia};

    fn leaf(values: &[f64], dtype: Dtype) -> Moved {
        let tensor = Tensor::from_f64(values.to_vec(), &[values.len()], dtype, Device::Cpu).unwrap();
        Moved { param: Param::leaf(&tensor).unwrap(), decay: true }
    }

    /// 0.5 (w₁² + 100 w₂²) + w₁⁴ / 4, whose Hessian is diagonal: 1 + 3 w₁², 100.
    fn bowl(w: &Param) -> Result<Tensor> {
        let w = w.value();
        let scale = Tensor::from_f64(vec![0.5, 50.0], &[2], w.dtype(), Device::Cpu)?;
        let fourth = Tensor::from_f64(vec![0.25, 0.0], &[2], w.dtype(), Device::Cpu)?;
        let square = w.mul(&w)?;
        Ok(square.mul(&scale)?.add(&square.mul(&square)?.mul(&fourth)?)?.sum())
    }

    #[test]
    fn the_diagonal_is_that_of_the_hessian() {
        for (dtype, tolerance) in [(Dtype::F64, 1e-8), (Dtype::F32, 1e-3)] {
            let w = leaf(&[2.0, -1.0], dtype);
            let found = diagonal(std::slice::from_ref(&w), &mut Rng::new(1), &mut || bowl(&w.param)).unwrap();
            let d = found[0].as_ref().unwrap().to_f64().unwrap();
            assert!((d[0] / 13.0 - 1.0).abs() < tolerance && (d[1] / 100.0 - 1.0).abs() < tolerance, "{dtype}: {d:?}");
            assert_eq!(w.param.value().to_f64().unwrap(), [2.0, -1.0], "back where it was");
        }
    }

    #[test]
    fn methods_with_curvature_go_down_a_bowl_of_any_condition() {
        let w = leaf(&[2.0, -1.0], Dtype::F64);
        let mut opt = adahessian(AdahessianSettings { lr: 0.1, ..Default::default() }).unwrap();
        for _ in 0..300 {
            step_on(&mut opt, std::slice::from_ref(&w), 1, &mut || bowl(&w.param)).unwrap();
        }
        assert!(bowl(&w.param).unwrap().item().unwrap() < 1e-6, "{:?}", w.param.value());

        let w = leaf(&[2.0, -1.0], Dtype::F32);
        let mut opt = sophia(SophiaSettings { lr: 0.02, clip: 1.0, ..Default::default() }).unwrap();
        for _ in 0..300 {
            step_on(&mut opt, std::slice::from_ref(&w), 1, &mut || bowl(&w.param)).unwrap();
        }
        assert!(bowl(&w.param).unwrap().item().unwrap() < 0.1, "{:?}", w.param.value());
    }

    #[test]
    fn a_failing_loss_moves_nothing() {
        let w = leaf(&[2.0, -1.0], Dtype::F64);
        let mut opt = adahessian(AdahessianSettings::default()).unwrap();
        let mut calls = 0;
        let outcome = step_on(&mut opt, std::slice::from_ref(&w), 1, &mut || {
            calls += 1;
            if calls == 3 { Err(Error::value("no more")) } else { bowl(&w.param) }
        });
        assert_eq!((outcome.unwrap_err().to_string().as_str(), calls), ("no more", 3));
        assert_eq!(w.param.value().to_f64().unwrap(), [2.0, -1.0]);
        assert_eq!(opt.t(), 0);
    }
}
