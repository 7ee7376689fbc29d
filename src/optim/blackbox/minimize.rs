//! The driver: evaluates what a search asks for until it is done.

use super::search::{Reason, Search};
use crate::{Error, Result, stop};
use rayon::prelude::*;

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// The best point seen.
    pub x: Vec<f64>,
    /// Its value.
    pub value: f64,
    /// Evaluations made.
    pub evals: u64,
    /// Evaluations that were NaN or infinite.
    pub bad: u64,
    /// Why the search ended.
    pub reason: Reason,
}

/// Runs `search` on `f` to its end, and calls `on_step` after every batch; an answer of false stops it.
///
/// ```
/// use mynah::optim::blackbox::{NelderMeadSettings, minimize, nelder_mead};
/// let mut search = nelder_mead(NelderMeadSettings { x0: Some(vec![5.0]), ..Default::default() })?;
/// let found = minimize(&mut search, |x| Ok((x[0] - 2.0).powi(2)), |_| true)?;
/// assert!((found.x[0] - 2.0).abs() < 1e-6);
/// # Ok::<(), mynah::Error>(())
/// ```
///
/// # Errors
/// When `f` fails, when the user stops it ([`crate::stop`]), or when no value was finite. What was found until then
/// is [`Search::best`].
pub fn minimize(
    search: &mut Search,
    mut f: impl FnMut(&[f64]) -> Result<f64>,
    mut on_step: impl FnMut(&Search) -> bool,
) -> Result<Solution> {
    while search.done().is_none() {
        let mut values = Vec::with_capacity(search.ask().len());
        for x in search.ask() {
            stop::check()?;
            values.push(f(x)?);
        }
        search.tell(&values)?;
        if !on_step(search) {
            search.stop();
        }
    }
    solution(search)
}

/// The same with each batch spread over all threads, for functions that are costly and may be called at once.
///
/// # Errors
/// As [`minimize`]; of several failures in one batch, the first in its order is reported.
pub fn minimize_parallel(
    search: &mut Search,
    f: impl Fn(&[f64]) -> Result<f64> + Sync,
    mut on_step: impl FnMut(&Search) -> bool,
) -> Result<Solution> {
    while search.done().is_none() {
        let told: Vec<Result<f64>> = search.ask().par_iter().map(|x| stop::check().and_then(|()| f(x))).collect();
        let values = told.into_iter().collect::<Result<Vec<f64>>>()?;
        search.tell(&values)?;
        if !on_step(search) {
            search.stop();
        }
    }
    solution(search)
}

fn solution(search: &Search) -> Result<Solution> {
    let (counts, reason) = (search.counts(), search.done().unwrap_or(Reason::Stopped));
    match search.best() {
        Some((x, value)) => Ok(Solution { x: x.to_vec(), value, evals: counts.evals, bad: counts.bad, reason }),
        None if counts.evals == 0 => Err(Error::value(format!("{}: nothing was evaluated: {reason}", search.name()))),
        None => {
            let (name, evals) = (search.name(), counts.evals);
            Err(Error::value(format!("{name}: none of {evals} values was a finite number ({reason})")))
        }
    }
}
