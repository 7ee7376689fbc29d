//! Schedules: how the learning rate rises and falls over a run.
//!
//! A linear warm-up (Goyal et al. 2017, arXiv:1706.02677, section 2.2), then constant, linear decay, or half a cosine
//! (Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5, without restarts), counted as nanoGPT counts.

use crate::Result;
use crate::error::ensure_setting;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the learning rate changes over a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    /// The way down after the warm-up: "constant", "linear" or "cosine". Default "constant".
    pub kind: ScheduleKind,
    /// Steps of linear rise to the full rate at the start. Default 0.
    pub warmup: u64,
    /// Steps of the whole run, warm-up included; "linear" and "cosine" need it. Default 0.
    pub steps: u64,
    /// Share of the full rate that "linear" and "cosine" end at and keep, in [0, 1]. Default 0.
    pub min_ratio: f64,
}

/// The way down after the warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ScheduleKind {
    /// Stays at the full rate.
    #[default]
    Constant,
    /// Falls in a straight line.
    Linear,
    /// Falls along half a cosine: slowly, fast, slowly.
    Cosine,
}

impl Schedule {
    /// A cosine over `steps` steps, the first `warmup` of them rising, that ends at `min_ratio` of the full rate.
    pub fn cosine(warmup: u64, steps: u64, min_ratio: f64) -> Self {
        Self { kind: ScheduleKind::Cosine, warmup, steps, min_ratio }
    }

    /// The share of the full rate in effect at `step`, counted from 0.
    ///
    /// ```
    /// let schedule = mynah::optim::Schedule::cosine(10, 110, 0.0);
    /// assert_eq!([0, 9, 10, 110].map(|step| schedule.factor(step)), [0.1, 1.0, 1.0, 0.0]);
    /// ```
    pub fn factor(&self, step: u64) -> f64 {
        if step < self.warmup {
            return (step + 1) as f64 / self.warmup as f64;
        }
        let length = self.steps.saturating_sub(self.warmup).max(1);
        let done = ((step - self.warmup) as f64 / length as f64).min(1.0);
        let above_min = match self.kind {
            ScheduleKind::Constant => return 1.0,
            ScheduleKind::Linear => 1.0 - done,
            ScheduleKind::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * done).cos()),
        };
        self.min_ratio + (1.0 - self.min_ratio) * above_min
    }

    /// Checks the settings on behalf of the optimizer `what`.
    ///
    /// # Errors
    /// When a falling schedule has no room after its warm-up, or `min_ratio` is out of its range.
    pub fn check(&self, what: &str) -> Result<()> {
        let in_range = (0.0..=1.0).contains(&self.min_ratio);
        ensure_setting(in_range, what, "schedule.min_ratio", "in [0, 1]", self.min_ratio)?;
        let falls = self.kind != ScheduleKind::Constant;
        let rule = format!("more than the {} steps of warm-up", self.warmup);
        ensure_setting(!falls || self.steps > self.warmup, what, "schedule.steps", &rule, self.steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosine_agrees_with_the_formula_of_the_nanogpt_recipe() {
        let schedule = Schedule::cosine(100, 2000, 0.1);
        for (step, wanted) in [(0, 0.01), (49, 0.5), (99, 1.0), (100, 1.0), (1050, 0.55), (2000, 0.1), (9999, 0.1)] {
            assert!((schedule.factor(step) - wanted).abs() < 1e-15, "step {step}: {}", schedule.factor(step));
        }
        for step in 100..2000 {
            let recipe = 0.1 + 0.45 * (1.0 + (std::f64::consts::PI * (step - 100) as f64 / 1900.0).cos());
            assert!((schedule.factor(step) - recipe).abs() < 1e-15, "step {step}");
        }
    }

    #[test]
    fn linear_falls_in_equal_steps_and_constant_stays() {
        let linear = Schedule { kind: ScheduleKind::Linear, warmup: 0, steps: 4, min_ratio: 0.5 };
        assert_eq!([0, 1, 2, 3, 4, 5].map(|s| linear.factor(s)), [1.0, 0.875, 0.75, 0.625, 0.5, 0.5]);
        let constant = Schedule { warmup: 2, ..Default::default() };
        assert_eq!([0, 1, 2, 1_000_000].map(|s| constant.factor(s)), [0.5, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn a_cosine_without_room_is_refused() {
        let error = Schedule::cosine(100, 100, 0.0).check("adamw").unwrap_err();
        let wanted = "adamw: `schedule.steps` must be more than the 100 steps of warm-up, got 100";
        assert_eq!(error.to_string(), wanted);
        assert!(Schedule::cosine(0, 1, f64::NAN).check("adamw").is_err());
    }
}
