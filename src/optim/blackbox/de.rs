//! Differential evolution, L-SHADE: it remembers which parameters worked, and its population shrinks.
//!
//! Tanabe & Fukunaga (2014), *Improving the Search Performance of SHADE Using Linear Population Size Reduction*, with
//! the parameters of its table I; the mutation is current-to-pbest/1 of JADE (Zhang & Sanderson 2009), whose rule for
//! bounds (halfway to the parent) is kept.

use super::search::{Reason, Search};
use super::space::search_settings;
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::{Result, stop};

search_settings! {
    /// Settings of [`de`].
    DeSettings for "de" {
        /// Points at the start, at least 4; they shrink to 4 by the end of the budget. Default 18 per coordinate.
        population: Option<usize> = None,
        /// Share of the population that counts as best in the mutation, in (0, 1]. Default 0.11.
        p: f64 = 0.11,
        /// Remembered pairs of parameters, at least 1. Default 6.
        memory: usize = 6,
        /// Size of the archive of replaced points, in populations, at least 0. Default 2.6.
        archive: f64 = 2.6,
        /// It has converged when all values differ by less, at least 0. Default 0: until the budget is spent or all are equal.
        f_tol: f64 = 0.0,
    }
}

/// Differential evolution (L-SHADE).
///
/// # Errors
/// When a setting is out of its range.
pub fn de(settings: DeSettings) -> Result<Search> {
    let DeSettings { population, p, memory, archive: archive_rate, f_tol, .. } = settings;
    let space = settings.space()?;
    let n_init = population.unwrap_or(18 * space.dim()).max(if population.is_none() { 18 } else { 0 });
    ensure_setting((4..=1 << 20).contains(&n_init), "de", "population", "from 4 to 1048576", n_init)?;
    ensure_setting(p > 0.0 && p <= 1.0, "de", "p", "in (0, 1]", p)?;
    ensure_setting((1..=1 << 20).contains(&memory), "de", "memory", "from 1 to 1048576", memory)?;
    ensure_setting((0.0..1e6).contains(&archive_rate), "de", "archive", "from 0 to 1000000", archive_rate)?;
    ensure_setting((0.0..f64::INFINITY).contains(&f_tol), "de", "f_tol", "finite and at least 0", f_tol)?;
    Search::new("de", space, async move |desk| {
        const N_MIN: usize = 4;
        let space = desk.space.clone();
        let n = space.dim();
        let mut rng = Rng::new(space.seed);
        let mut points: Vec<Vec<f64>> = (0..n_init).map(|_| space.uniform(&mut rng)).collect();
        if space.x0_given {
            points[0].clone_from(&space.x0);
        }
        let values = desk.values(points.clone()).await;
        let mut people: Vec<(Vec<f64>, f64)> = points.into_iter().zip(values).collect();
        let mut archive: Vec<Vec<f64>> = vec![];
        let (mut m_f, mut m_cr) = (vec![0.5; memory], vec![Some(0.5); memory]); // None: the paper's terminal value
        let mut place = 0;
        loop {
            stop::check()?;
            people.sort_by(|a, b| a.1.total_cmp(&b.1));
            let (best, worst) = (people[0].1, people[people.len() - 1].1);
            if worst - best <= f_tol || best == worst && best.is_finite() {
                return Ok(Reason::Converged);
            }
            // Equation 10: the population shrinks in a straight line over the budget.
            let spent = desk.evals() as f64 / desk.budget() as f64;
            let size = (n_init as f64 + (N_MIN as f64 - n_init as f64) * spent).round().max(N_MIN as f64) as usize;
            people.truncate(size);
            let size = people.len();
            let room = (archive_rate * size as f64) as usize;
            while archive.len() > room {
                archive.swap_remove(rng.below(archive.len()));
            }

            // Trial vectors.
            let top = ((p * size as f64).round() as usize).clamp(2, size);
            let mut trials = Vec::with_capacity(size);
            let mut tried = Vec::with_capacity(size);
            for i in 0..size {
                let r = rng.below(memory);
                let cr = m_cr[r].map_or(0.0, |mean| (mean + 0.1 * rng.normal()).clamp(0.0, 1.0));
                let f = loop {
                    let cauchy = m_f[r] + 0.1 * (std::f64::consts::PI * (rng.uniform() - 0.5)).tan();
                    if cauchy > 0.0 {
                        break cauchy.min(1.0);
                    }
                };
                let lead = rng.below(top);
                let r1 = other_than(&[i], size, &mut rng);
                let r2 = other_than(&[i, r1], size + archive.len(), &mut rng);
                let x = &people[i].0;
                let x2 = if r2 < size { &people[r2].0 } else { &archive[r2 - size] };
                let sure = rng.below(n);
                let trial: Vec<f64> = (0..n)
                    .map(|j| {
                        if j != sure && rng.uniform() >= cr {
                            return x[j];
                        }
                        let v = x[j] + f * (people[lead].0[j] - x[j]) + f * (people[r1].0[j] - x2[j]);
                        if v < space.lower[j] {
                            0.5 * (space.lower[j] + x[j])
                        } else if v > space.upper[j] {
                            0.5 * (space.upper[j] + x[j])
                        } else {
                            v
                        }
                    })
                    .collect();
                trials.push(trial);
                tried.push((f, cr));
            }
            let values = desk.values(trials.clone()).await;

            // Selection, and what succeeded, weighted by its gain (equations 7 to 9).
            let mut wins: Vec<(f64, f64, f64)> = vec![];
            for (i, (trial, value)) in trials.into_iter().zip(values).enumerate() {
                if value > people[i].1 {
                    continue;
                }
                let (old, was) = std::mem::replace(&mut people[i], (trial, value));
                if value < was {
                    wins.push((tried[i].0, tried[i].1, (was - value).min(f64::MAX)));
                    if archive.len() < room {
                        archive.push(old);
                    } else if room > 0 {
                        let k = rng.below(archive.len());
                        archive[k] = old;
                    }
                }
            }
            let total: f64 = wins.iter().map(|w| w.2 / wins.len() as f64).sum();
            if total > 0.0 {
                let lehmer = |of: fn(&(f64, f64, f64)) -> f64| {
                    let square: f64 = wins.iter().map(|w| w.2 / total * of(w) * of(w)).sum();
                    square / wins.iter().map(|w| w.2 / total * of(w)).sum::<f64>().max(f64::MIN_POSITIVE)
                };
                m_f[place] = lehmer(|w| w.0);
                let all_zero = wins.iter().all(|w| w.1 == 0.0);
                m_cr[place] = if m_cr[place].is_none() || all_zero { None } else { Some(lehmer(|w| w.1)) };
                place = (place + 1) % memory;
            }
        }
    })
}

/// A number below `n` that is none of `taken`.
fn other_than(taken: &[usize], n: usize, rng: &mut Rng) -> usize {
    loop {
        let k = rng.below(n);
        if !taken.contains(&k) {
            return k;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::blackbox::{Bound, minimize};

    #[test]
    fn rastrigin_in_ten_coordinates_is_solved() {
        let (lower, upper) = (Some(Bound::All(-5.12)), Some(Bound::All(5.12)));
        let settings = DeSettings { dim: Some(10), lower, upper, budget: 60_000, seed: Some(1), ..Default::default() };
        let f = |x: &[f64]| Ok(x.iter().map(|x| x * x + 10.0 - 10.0 * (std::f64::consts::TAU * x).cos()).sum());
        let found = minimize(&mut de(settings).unwrap(), f, |_| true).unwrap();
        assert!(found.value < 1e-8, "{found:?}");
    }

    #[test]
    fn flat_ground_ends_and_a_single_coordinate_works() {
        let settings = DeSettings { dim: Some(1), seed: Some(1), ..Default::default() };
        let found = minimize(&mut de(settings.clone()).unwrap(), |_| Ok(1.0), |_| true).unwrap();
        assert_eq!((found.reason, found.evals), (Reason::Converged, 18));
        let found = minimize(&mut de(settings).unwrap(), |x| Ok((x[0] - 1.0).abs()), |_| true).unwrap();
        assert!(found.value < 1e-6, "{found:?}");
    }
}
