//! AdamW: Adam whose weight decay acts on the parameter itself, not through the gradient.
//!
//! Loshchilov & Hutter (2019), arXiv:1711.05101, Algorithm 2. As in PyTorch, the decay is multiplied by the
//! learning rate.

use super::adam::{Decay, build};
use super::{AdamSettings, Optimizer, Schedule};
use crate::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`adamw`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdamwSettings {
    /// Learning rate: about the length of a step in each coordinate, at least 0. Default 0.001.
    pub lr: f64,
    /// Decay of the running mean of gradients, in [0, 1). Default 0.9.
    pub beta1: f64,
    /// Decay of the running mean of squared gradients, in [0, 1). Default 0.999.
    pub beta2: f64,
    /// Added to the denominator so that it never reaches zero, at least 0. Default 1e-8.
    pub eps: f64,
    /// Weight decay: each step first shrinks the parameter by the share `lr * weight_decay`, at least 0. Default 0.01.
    pub weight_decay: f64,
    /// Divide by the largest second moment so far, so that steps never grow again. Default false.
    pub amsgrad: bool,
    /// How the learning rate changes over the run. Default: not at all.
    pub schedule: Schedule,
}

impl Default for AdamwSettings {
    fn default() -> Self {
        let AdamSettings { lr, beta1, beta2, eps, amsgrad, schedule, .. } = AdamSettings::default();
        Self { lr, beta1, beta2, eps, weight_decay: 0.01, amsgrad, schedule }
    }
}

/// AdamW.
///
/// # Errors
/// When a setting is out of its range.
pub fn adamw(settings: AdamwSettings) -> Result<Optimizer> {
    let AdamwSettings { lr, beta1, beta2, eps, weight_decay, amsgrad, schedule } = settings;
    build("adamw", AdamSettings { lr, beta1, beta2, eps, weight_decay, amsgrad, schedule }, Decay::Decoupled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    #[test]
    fn decay_shrinks_the_parameter_beside_the_step() {
        let mut opt = adamw(AdamwSettings { lr: 0.1, weight_decay: 1.0, ..Default::default() }).unwrap();
        let (mut decayed, mut kept) = ([2.0_f64], [2.0_f64]);
        opt.step(&mut [Param::new(&mut decayed, &[1.0]), Param::new(&mut kept, &[1.0]).decay(false)]).unwrap();
        assert!((decayed[0] - 1.7).abs() < 1e-6 && (kept[0] - 1.9).abs() < 1e-6, "{decayed:?} {kept:?}");
    }
}
