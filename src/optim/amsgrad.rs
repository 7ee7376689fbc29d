//! AMSGrad: Adam that divides by the largest second moment so far, so that steps never grow again.
//!
//! Reddi, Kale & Kumar (2018), arXiv:1904.09237, Algorithm 2; the work is done in `adam.rs`.

use super::adam::{Decay, build};
use super::{AdamSettings, Optimizer, Schedule};
use crate::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`amsgrad`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AmsgradSettings {
    /// Learning rate: about the length of a step in each coordinate, at least 0. Default 0.001.
    pub lr: f64,
    /// Decay of the running mean of gradients, in [0, 1). Default 0.9.
    pub beta1: f64,
    /// Decay of the running mean of squared gradients, in [0, 1). Default 0.999.
    pub beta2: f64,
    /// Added to the denominator so that it never reaches zero, at least 0. Default 1e-8.
    pub eps: f64,
    /// Weight decay: this times the parameter is added to the gradient, at least 0. Default 0.
    pub weight_decay: f64,
    /// How the learning rate changes over the run. Default: not at all.
    pub schedule: Schedule,
}

impl Default for AmsgradSettings {
    fn default() -> Self {
        let AdamSettings { lr, beta1, beta2, eps, weight_decay, amsgrad: _, schedule } = AdamSettings::default();
        Self { lr, beta1, beta2, eps, weight_decay, schedule }
    }
}

/// AMSGrad.
///
/// # Errors
/// When a setting is out of its range.
pub fn amsgrad(settings: AmsgradSettings) -> Result<Optimizer> {
    let AmsgradSettings { lr, beta1, beta2, eps, weight_decay, schedule } = settings;
    build("amsgrad", AdamSettings { lr, beta1, beta2, eps, weight_decay, amsgrad: true, schedule }, Decay::Gradient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    #[test]
    fn a_large_gradient_is_never_forgotten() {
        // With beta2 = 0 Adam would divide the second step by 1, AMSGrad goes on dividing by 10.
        let settings = AmsgradSettings { lr: 1.0, beta1: 0.0, beta2: 0.0, ..Default::default() };
        let mut opt = amsgrad(settings).unwrap();
        let mut x = [0.0_f64];
        for g in [10.0, 1.0] {
            opt.step(&mut [Param::new(&mut x, &[g])]).unwrap();
        }
        assert!((x[0] + 1.1).abs() < 1e-6, "{x:?}");
    }
}
