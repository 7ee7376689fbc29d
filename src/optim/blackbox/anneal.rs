//! Simulated annealing: a walk that also climbs, less and less; it returns the best point seen, not the last.
//!
//! Kirkpatrick, Gelatt & Vecchi (1983): a step up by d is taken with probability exp(-d/T). The classic schedule
//! multiplies T after every step. The adaptive one measures a first T on the function, cools over the whole budget, and
//! fits each coordinate's step so that about 44 % of the steps are taken (as Corana et al. 1987 do).

use super::search::{Reason, Search};
use super::space::search_settings;
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::{Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the temperature falls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cooling {
    /// T <- `cooling` * T after each step, from `t0` down to `t_stop`.
    #[default]
    Classic,
    /// First temperature and step lengths from the function; cools over the whole budget.
    Adaptive,
}

search_settings! {
    /// Settings of [`anneal`].
    AnnealSettings for "anneal" {
        /// "classic" (T <- `cooling` * T), or "adaptive" (fits itself to the function and the budget). Default "classic".
        schedule: Cooling = Cooling::Classic,
        /// First temperature of the classic schedule, positive. Default 300.
        t0: f64 = 300.0,
        /// Factor of the classic schedule, in (0, 1). Default 0.99.
        cooling: f64 = 0.99,
        /// The classic schedule ends at or below this temperature, positive. Default 0.1.
        t_stop: f64 = 0.1,
        /// Standard deviation of a step, positive. Default: 0.1 of the width of the bounds, or of twice `reach`.
        step: Option<f64> = None,
    }
}

/// Simulated annealing.
///
/// # Errors
/// When a setting is out of its range.
pub fn anneal(settings: AnnealSettings) -> Result<Search> {
    let AnnealSettings { schedule, t0, cooling, t_stop, step, .. } = settings;
    let positive = |name: &str, value: f64| {
        ensure_setting(value > 0.0 && value.is_finite(), "anneal", name, "positive and finite", value)
    };
    positive("t0", t0)?;
    positive("t_stop", t_stop)?;
    positive("step", step.unwrap_or(1.0))?;
    ensure_setting(cooling > 0.0 && cooling < 1.0, "anneal", "cooling", "between 0 and 1", cooling)?;
    Search::new("anneal", settings.space()?, async move |desk| {
        let space = desk.space.clone();
        let n = space.dim();
        let mut rng = Rng::new(space.seed);
        let mut steps: Vec<f64> = (0..n).map(|i| step.unwrap_or(0.1 * space.width(i))).collect();
        let mut x = space.x0.clone();
        let mut f = desk.value(&x).await;
        let taken = |up: f64, t: f64, rng: &mut Rng| !(up > 0.0) || rng.uniform() < (-up / t).exp();

        if schedule == Cooling::Classic {
            let mut t = t0;
            desk.stands(&x, f, t, false);
            while t > t_stop {
                stop::check()?;
                let mut y: Vec<f64> = x.iter().zip(&steps).map(|(x, s)| x + s * rng.normal()).collect();
                space.fold(&mut y);
                let value = desk.value(&y).await;
                let yes = value.is_finite() && taken(value - f, t, &mut rng);
                if yes {
                    (x, f) = (y, value);
                }
                t *= cooling;
                desk.stands(&x, f, t, yes);
            }
            return Ok(Reason::Finished);
        }

        // A first temperature at which 80 % of the climbs of a few trial steps would be taken.
        let trials: Vec<Vec<f64>> = (0..10 * n.min(100))
            .map(|_| {
                let mut y: Vec<f64> = x.iter().zip(&steps).map(|(x, s)| x + 2.0 * s * rng.normal()).collect();
                space.fold(&mut y);
                y
            })
            .collect();
        let values = desk.values(trials).await;
        let climbs: Vec<f64> = values.iter().map(|v| (v - f).abs()).filter(|d| d.is_finite() && *d > 0.0).collect();
        let mean = if climbs.is_empty() { 1.0 } else { climbs.iter().sum::<f64>() / climbs.len() as f64 };
        let t_first = mean / -0.8_f64.ln();
        if let Some((best, value)) = desk.best() {
            (x, f) = (best, value);
        }
        let begun = desk.evals();
        let room = (desk.budget() - begun).max(1) as f64;
        let mut i = 0;
        let mut since = 0; // steps since the best was seen
        loop {
            stop::check()?;
            // From t_first down by twelve orders of magnitude.
            let share = (desk.evals() - begun) as f64 / room;
            let t = t_first * 10f64.powf(-12.0 * share);
            let mut y = x.clone();
            y[i] += steps[i] * rng.normal();
            space.fold(&mut y);
            let value = desk.value(&y).await;
            let yes = value.is_finite() && taken(value - f, t, &mut rng);
            // In balance when 44 of 100 steps are taken.
            steps[i] = (steps[i] * if yes { 1.12 } else { 0.915 }).clamp(1e-14 * space.width(i), 0.5 * space.width(i));
            if yes {
                (x, f) = (y, value);
            }
            desk.stands(&x, f, t, yes);
            since = if f <= desk.best_value() { 0 } else { since + 1 };
            if since > 200 * n {
                since = 0;
                if let Some(best) = desk.best() {
                    (x, f) = best;
                }
            }
            i = (i + 1) % n;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::blackbox::{Bound, minimize};

    #[test]
    fn the_classic_schedule_makes_exactly_797_steps() {
        let settings = AnnealSettings { x0: Some(vec![150.0, 150.0]), seed: Some(1), ..Default::default() };
        let found = minimize(&mut anneal(settings).unwrap(), |x| Ok(x[0] + x[1]), |_| true).unwrap();
        assert_eq!((found.evals, found.reason), (1 + 797, Reason::Finished)); // the start, then the steps
    }

    #[test]
    fn a_walk_stands_where_its_taken_steps_led() {
        let settings =
            AnnealSettings { x0: Some(vec![5.0]), t0: 1.0, t_stop: 0.5, seed: Some(2), ..Default::default() };
        let mut search = anneal(settings).unwrap();
        search.tell(&[25.0]).unwrap(); // at x0
        let (mut stood, mut taken) = (search.walk().unwrap(), 0);
        assert_eq!((stood.x.clone(), stood.f, stood.temperature, stood.taken), (vec![5.0], 25.0, 1.0, 0));
        while search.done().is_none() {
            let y = search.ask()[0].clone();
            let value = y[0] * y[0];
            search.tell(&[value]).unwrap();
            let now = search.walk().unwrap();
            assert!((now.temperature - stood.temperature * 0.99).abs() < 1e-12);
            let yes = now.taken > stood.taken;
            assert_eq!((&now.x, now.f), if yes { (&y, value) } else { (&stood.x, stood.f) });
            assert!(yes || value > stood.f, "a step down is always taken");
            taken += u64::from(yes);
            stood = now;
        }
        assert!(stood.taken == taken && taken > 10);
    }

    #[test]
    fn the_best_point_seen_is_returned_though_the_walk_left_it() {
        let settings = AnnealSettings { x0: Some(vec![0.0]), t0: 1e9, t_stop: 1e8, ..Default::default() };
        let found = minimize(&mut anneal(settings).unwrap(), |x| Ok(x[0].abs()), |_| true).unwrap();
        assert_eq!(found.value, 0.0);
    }

    #[test]
    fn the_adaptive_schedule_finds_the_bottom_of_rastrigin() {
        let (lower, upper) = (Some(Bound::All(-5.12)), Some(Bound::All(5.12)));
        let x0 = Some(vec![4.0, -4.0, 3.0]);
        let schedule = Cooling::Adaptive;
        let settings = AnnealSettings { schedule, x0, lower, upper, seed: Some(3), ..Default::default() };
        let f = |x: &[f64]| Ok(x.iter().map(|x| x * x + 10.0 - 10.0 * (std::f64::consts::TAU * x).cos()).sum());
        let found = minimize(&mut anneal(settings).unwrap(), f, |_| true).unwrap();
        assert!(found.value < 1e-6, "{found:?}");
    }
}
