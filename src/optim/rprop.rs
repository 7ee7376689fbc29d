//! Rprop: only the gradient's sign counts; each coordinate's step grows while the sign stays, and shrinks when it turns.
//!
//! Riedmiller & Braun (1993), in the form of Igel & Hüsken (2000) called iRprop-: after a turn the coordinate waits for
//! one step, as in PyTorch. For whole gradients, not for samples of one.

use super::ranges::positive;
use super::{Optimizer, Real, Rule, Schedule, Turn};
use crate::Result;
use crate::error::ensure_setting;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`rprop`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RpropSettings {
    /// Length of each coordinate's first step, at least 0. Default 0.01.
    pub lr: f64,
    /// Factor on the step when the gradient's sign has turned, in (0, 1). Default 0.5.
    pub shrink: f64,
    /// Factor on the step when the gradient's sign has stayed, above 1. Default 1.2.
    pub grow: f64,
    /// Shortest step, above 0. Default 1e-6.
    pub min_step: f64,
    /// Longest step, at least `min_step`. Default 50.
    pub max_step: f64,
}

impl Default for RpropSettings {
    fn default() -> Self {
        Self { lr: 0.01, shrink: 0.5, grow: 1.2, min_step: 1e-6, max_step: 50.0 }
    }
}

struct Rprop(RpropSettings);

/// Rprop.
///
/// # Errors
/// When a setting is out of its range.
pub fn rprop(settings: RpropSettings) -> Result<Optimizer> {
    let RpropSettings { lr, shrink, grow, min_step, max_step } = settings;
    ensure_setting(shrink > 0.0 && shrink < 1.0, "rprop", "shrink", "in (0, 1)", shrink)?;
    ensure_setting(grow > 1.0 && grow.is_finite(), "rprop", "grow", "finite and above 1", grow)?;
    positive("rprop", "min_step", min_step)?;
    let rule = format!("finite and at least `min_step` ({min_step})");
    ensure_setting(max_step >= min_step && max_step.is_finite(), "rprop", "max_step", &rule, max_step)?;
    Optimizer::new(Rprop(settings), lr, Schedule::default())
}

impl Rule for Rprop {
    fn name(&self) -> &'static str {
        "rprop"
    }

    fn slots(&self, n: usize, _shape: &[usize]) -> Vec<(&'static str, usize)> {
        vec![("g_before", n), ("length", n)]
    }

    fn update<T: Real>(&mut self, turn: Turn<'_, T>) {
        let RpropSettings { shrink, grow, min_step, max_step, .. } = self.0;
        let (shrink, grow, zero) = (T::of(shrink), T::of(grow), T::of(0.0));
        let (min_step, max_step) = (T::of(min_step), T::of(max_step));
        let first = (turn.t == 1).then(|| T::of(turn.lr));
        turn.each(|x, mut g, [g_before, length]| {
            if let Some(first) = first {
                *length = first;
            }
            let (stayed, turned) = (g * *g_before > zero, g * *g_before < zero);
            let factor = if stayed {
                grow
            } else if turned {
                shrink
            } else {
                T::of(1.0)
            };
            let wanted = *length * factor;
            *length = if wanted < min_step {
                min_step
            } else if wanted > max_step {
                max_step
            } else {
                wanted
            };
            if turned {
                g = zero;
            }
            if g > zero {
                *x += -*length;
            } else if g < zero {
                *x += *length;
            }
            *g_before = g;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::Param;

    #[test]
    fn steps_grow_wait_and_shrink_by_hand() {
        let mut opt = rprop(RpropSettings { lr: 1.0, ..Default::default() }).unwrap();
        let mut x = [0.0_f64];
        let path: Vec<f64> = [7.0, 0.1, -3.0, -3.0, -9.0]
            .iter()
            .map(|g| {
                opt.step(&mut [Param::new(&mut x, &[*g])]).unwrap();
                x[0]
            })
            .collect();
        // 1; 1.2 more; a turn: wait with 0.6; 0.6 back; 0.72 back
        for (x, wanted) in path.iter().zip([-1.0, -2.2, -2.2, -1.6, -0.88]) {
            assert!((x - wanted).abs() < 1e-12, "{path:?}");
        }
    }
}
