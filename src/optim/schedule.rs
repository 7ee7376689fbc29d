//! Schedules: how the learning rate rises and falls over a run.
//!
//! A linear warm-up (Goyal et al. 2017, arXiv:1706.02677, section 2.2), then one of several ways on: half a cosine
//! (Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5, without restarts; counted as nanoGPT counts), a stable time
//! with a fall at its end (Hu et al. 2024, arXiv:2404.06395, section 4), one cycle (Smith & Topin 2018,
//! arXiv:1708.07120, with cosines as in fast.ai), and the classical ones.

use super::ranges::positive;
use crate::Result;
use crate::error::ensure_setting;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the learning rate changes over a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    /// The way on after the warm-up: "constant", "linear", "polynomial", "cosine", "onecycle", "wsd" (stays, then falls
    /// at the end), "step" or "exponential". Default "constant".
    pub kind: ScheduleKind,
    /// Steps of linear rise to the full rate at the start ("onecycle" rises along a cosine, over 30 % of the steps when
    /// this is 0). Default 0.
    pub warmup: u64,
    /// Steps of the whole run, warm-up included; all but "constant", "step" and "exponential" need it. Default 0.
    pub steps: u64,
    /// Share of the full rate that the rate ends at and keeps, in [0, 1]. Default 0.
    pub min_ratio: f64,
    /// Share of the full rate that "onecycle" begins at, in [0, 1]. Default 0.04.
    pub start_ratio: f64,
    /// Steps that the fall at the end of "wsd" takes; 0 for a tenth of the whole run. Default 0.
    pub decay: u64,
    /// Steps over which "step" (at once) and "exponential" (smoothly) multiply the rate by `gamma`; they need it.
    /// Default 0.
    pub every: u64,
    /// What "step" and "exponential" multiply the rate by, in (0, 1]. Default 0.1.
    pub gamma: f64,
    /// Power of the fall of "polynomial", above 0; 1 is a straight line. Default 2.
    pub power: f64,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            kind: ScheduleKind::Constant,
            warmup: 0,
            steps: 0,
            min_ratio: 0.0,
            start_ratio: 0.04,
            decay: 0,
            every: 0,
            gamma: 0.1,
            power: 2.0,
        }
    }
}

/// The way on after the warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ScheduleKind {
    /// Stays at the full rate.
    #[default]
    Constant,
    /// Falls in a straight line.
    Linear,
    /// Falls as a power of the steps left.
    Polynomial,
    /// Falls along half a cosine: slowly, fast, slowly.
    Cosine,
    /// Rises along half a cosine and falls along another.
    Onecycle,
    /// Warm-up, stable, decay: stays at the full rate and falls in a straight line at the end.
    Wsd,
    /// Falls at once, every so many steps.
    Step,
    /// Falls by the same share in every step.
    Exponential,
}

impl Schedule {
    /// A cosine over `steps` steps, the first `warmup` of them rising, that ends at `min_ratio` of the full rate.
    pub fn cosine(warmup: u64, steps: u64, min_ratio: f64) -> Self {
        Self { kind: ScheduleKind::Cosine, warmup, steps, min_ratio, ..Self::default() }
    }

    /// The share of the full rate in effect at `step`, counted from 0.
    ///
    /// ```
    /// let schedule = mynah::optim::Schedule::cosine(10, 110, 0.0);
    /// assert_eq!([0, 9, 10, 110].map(|step| schedule.factor(step)), [0.1, 1.0, 1.0, 0.0]);
    /// ```
    pub fn factor(&self, step: u64) -> f64 {
        let half_cosine = |done: f64| 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
        let warmup = self.rise();
        if step < warmup {
            return match self.kind {
                ScheduleKind::Onecycle => 1.0 - (1.0 - self.start_ratio) * half_cosine(step as f64 / warmup as f64),
                _ => (step + 1) as f64 / warmup as f64,
            };
        }
        let length = self.steps.saturating_sub(warmup).max(1);
        let done = ((step - warmup) as f64 / length as f64).min(1.0);
        let drops = || (step - warmup) as f64 / self.every.max(1) as f64;
        let above_min = match self.kind {
            ScheduleKind::Constant => return 1.0,
            ScheduleKind::Step => return self.gamma.powf(drops().floor()).max(self.min_ratio),
            ScheduleKind::Exponential => return self.gamma.powf(drops()).max(self.min_ratio),
            ScheduleKind::Linear => 1.0 - done,
            ScheduleKind::Polynomial => (1.0 - done).powf(self.power),
            ScheduleKind::Cosine | ScheduleKind::Onecycle => half_cosine(done),
            ScheduleKind::Wsd => (self.steps.saturating_sub(step) as f64 / self.fall() as f64).min(1.0),
        };
        self.min_ratio + (1.0 - self.min_ratio) * above_min
    }

    /// Steps of the rise at the start.
    fn rise(&self) -> u64 {
        match self.kind {
            ScheduleKind::Onecycle if self.warmup == 0 => self.steps * 3 / 10,
            _ => self.warmup,
        }
    }

    /// Steps of the fall at the end of "wsd".
    fn fall(&self) -> u64 {
        if self.decay > 0 { self.decay } else { (self.steps / 10).max(1) }
    }

    /// Checks the settings on behalf of the optimizer `what`.
    ///
    /// # Errors
    /// When a schedule that ends has no room after its warm-up, or a number is out of its range.
    pub fn check(&self, what: &str) -> Result<()> {
        let share = |name: &str, got: f64| ensure_setting((0.0..=1.0).contains(&got), what, name, "in [0, 1]", got);
        share("schedule.min_ratio", self.min_ratio)?;
        share("schedule.start_ratio", self.start_ratio)?;
        let gamma = self.gamma;
        ensure_setting(gamma > 0.0 && gamma <= 1.0, what, "schedule.gamma", "in (0, 1]", gamma)?;
        positive(what, "schedule.power", self.power)?;
        if matches!(self.kind, ScheduleKind::Step | ScheduleKind::Exponential) {
            return ensure_setting(self.every >= 1, what, "schedule.every", "at least 1", self.every);
        }
        let ends = self.kind != ScheduleKind::Constant;
        let rule = format!("more than the {} steps of warm-up", self.warmup);
        ensure_setting(!ends || self.steps > self.warmup, what, "schedule.steps", &rule, self.steps)?;
        if self.kind == ScheduleKind::Wsd {
            let room = self.steps - self.warmup;
            let rule = format!("at most the {room} steps after the warm-up");
            ensure_setting(self.decay <= room, what, "schedule.decay", &rule, self.decay)?;
        }
        Ok(())
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
        let linear = Schedule { kind: ScheduleKind::Linear, steps: 4, min_ratio: 0.5, ..Default::default() };
        assert_eq!([0, 1, 2, 3, 4, 5].map(|s| linear.factor(s)), [1.0, 0.875, 0.75, 0.625, 0.5, 0.5]);
        let constant = Schedule { warmup: 2, ..Default::default() };
        assert_eq!([0, 1, 2, 1_000_000].map(|s| constant.factor(s)), [0.5, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn polynomial_falls_as_a_power_of_what_is_left() {
        let square = Schedule { kind: ScheduleKind::Polynomial, steps: 4, ..Default::default() };
        assert_eq!([0, 1, 2, 3, 4].map(|s| square.factor(s)), [1.0, 0.5625, 0.25, 0.0625, 0.0]);
    }

    #[test]
    fn step_drops_at_once_and_exponential_smoothly_to_the_same_places() {
        let step = Schedule { kind: ScheduleKind::Step, warmup: 2, every: 3, gamma: 0.5, ..Default::default() };
        assert_eq!([0, 1, 2, 4, 5, 7, 8].map(|s| step.factor(s)), [0.5, 1.0, 1.0, 1.0, 0.5, 0.5, 0.25]);
        let smooth = Schedule { kind: ScheduleKind::Exponential, ..step.clone() };
        assert_eq!([2, 5, 8].map(|s| smooth.factor(s)), [1.0, 0.5, 0.25]);
        assert!((smooth.factor(3) - 0.5_f64.cbrt()).abs() < 1e-15);
        let floored = Schedule { min_ratio: 0.3, ..step };
        assert_eq!(floored.factor(1_000_000), 0.3);
    }

    #[test]
    fn one_cycle_rises_to_the_full_rate_and_falls_to_the_least() {
        let cycle = Schedule { kind: ScheduleKind::Onecycle, steps: 100, min_ratio: 0.01, ..Default::default() };
        for (step, wanted) in [(0, 0.04), (15, 0.52), (30, 1.0), (65, 0.505), (100, 0.01), (200, 0.01)] {
            assert!((cycle.factor(step) - wanted).abs() < 1e-12, "step {step}: {}", cycle.factor(step));
        }
    }

    #[test]
    fn wsd_warms_up_stays_and_falls_at_the_end() {
        let wsd = Schedule { kind: ScheduleKind::Wsd, warmup: 2, steps: 20, decay: 4, ..Default::default() };
        let factors = [0, 1, 2, 15, 16, 17, 18, 19, 20, 99].map(|s| wsd.factor(s));
        assert_eq!(factors, [0.5, 1.0, 1.0, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0]);
        let tenth = Schedule { decay: 0, ..wsd.clone() };
        assert_eq!([17, 18, 19, 20].map(|s| tenth.factor(s)), [1.0, 1.0, 0.5, 0.0]);
        let error = Schedule { decay: 19, ..wsd }.check("adamw").unwrap_err();
        assert_eq!(error.to_string(), "adamw: `schedule.decay` must be at most the 18 steps after the warm-up, got 19");
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        let base = Schedule { kind: ScheduleKind::Step, every: 5, ..Default::default() };
        assert!(base.check("sgd").is_ok());
        assert!(Schedule { every: 0, ..base.clone() }.check("sgd").is_err());
        for bad in [f64::NAN, f64::INFINITY, -0.5] {
            assert!(Schedule { gamma: bad, ..base.clone() }.check("sgd").is_err(), "{bad}");
            assert!(Schedule { power: bad, ..base.clone() }.check("sgd").is_err(), "{bad}");
            assert!(Schedule { start_ratio: bad, ..base.clone() }.check("sgd").is_err(), "{bad}");
        }
    }

    #[test]
    fn a_cosine_without_room_is_refused() {
        let error = Schedule::cosine(100, 100, 0.0).check("adamw").unwrap_err();
        let wanted = "adamw: `schedule.steps` must be more than the 100 steps of warm-up, got 100";
        assert_eq!(error.to_string(), wanted);
        assert!(Schedule::cosine(0, 1, f64::NAN).check("adamw").is_err());
    }
}
