//! Ask and tell: the one face of every black-box method.
//!
//! A method is written as its paper prints it, from top to bottom: an `async fn` that hands points to its [`Desk`] and
//! waits there for their values. [`Search`] runs it from one such wait to the next; nothing else is asynchronous.

use super::space::Space;
use crate::{Error, Result};
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Why a search is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// All evaluations of its budget are spent.
    Budget,
    /// A value at or below the target was seen.
    Target,
    /// Its steps or its gains became smaller than its tolerances.
    Converged,
    /// Its schedule has come to its end.
    Finished,
    /// The user or a callback stopped it.
    Stopped,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Budget => "the budget is spent",
            Self::Target => "the target is reached",
            Self::Converged => "converged",
            Self::Finished => "the schedule is finished",
            Self::Stopped => "stopped",
        })
    }
}

/// What a search has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Evaluations told.
    pub evals: u64,
    /// Batches told.
    pub batches: u64,
    /// Evaluations that were NaN or infinite; they count as worst.
    pub bad: u64,
    /// Times the method began anew.
    pub restarts: u64,
}

/// Where a method that walks from point to point stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Walk {
    /// The point that it stands on.
    pub x: Vec<f64>,
    /// The value there.
    pub f: f64,
    /// The temperature of its next step.
    pub temperature: f64,
    /// Steps taken, of those tried.
    pub taken: u64,
}

type Story = Pin<Box<dyn Future<Output = Result<Reason>> + Send>>;

/// A black-box search: it asks for values at a batch of points and is told them, until it is done.
///
/// ```
/// use mynah::optim::blackbox::{CmaesSettings, cmaes};
/// let mut es = cmaes(CmaesSettings { x0: Some(vec![3.0, -2.0]), seed: Some(1), ..Default::default() })?;
/// while es.done().is_none() {
///     let values: Vec<f64> = es.ask().iter().map(|x| x[0] * x[0] + x[1] * x[1]).collect();
///     es.tell(&values)?;
/// }
/// assert!(es.best().unwrap().1 < 1e-10);
/// # Ok::<(), mynah::Error>(())
/// ```
pub struct Search {
    name: &'static str,
    dim: usize,
    target: f64,
    budget: u64,
    story: Story,
    slot: Arc<Mutex<Slot>>,
    batch: Vec<Vec<f64>>, // asked, not yet told
    best: Option<(Vec<f64>, f64)>,
    counts: Counts,
    done: Option<Reason>,
}

/// What passes between a search and its story.
#[derive(Default)]
struct Slot {
    asked: Vec<Vec<f64>>,
    told: Option<Vec<f64>>,
    evals: u64,
    restarts: u64,
    best: Option<(Vec<f64>, f64)>,
    walk: Option<Walk>,
}

/// Where a method asks for values and waits for them.
#[derive(Clone)]
pub(super) struct Desk {
    slot: Arc<Mutex<Slot>>,
    /// Bounds and starting place.
    pub space: Arc<Space>,
    budget: u64,
}

impl Search {
    /// A search that follows `story` in `space`.
    pub(super) fn new<F>(name: &'static str, space: Space, story: impl FnOnce(Desk) -> F) -> Result<Self>
    where
        F: Future<Output = Result<Reason>> + Send + 'static,
    {
        let slot = Arc::new(Mutex::new(Slot::default()));
        let (dim, budget, target) = (space.dim(), space.budget, space.target);
        let desk = Desk { slot: slot.clone(), space: Arc::new(space), budget };
        let mut search = Self {
            name,
            dim,
            target,
            budget,
            story: Box::pin(story(desk)),
            slot,
            batch: vec![],
            best: None,
            counts: Counts::default(),
            done: None,
        };
        if budget == 0 {
            search.done = Some(Reason::Budget);
        } else {
            search.go_on()?;
        }
        Ok(search)
    }

    /// The method's name in the list, such as `cmaes`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Coordinates of a point.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The points whose values it wants next, inside the bounds; the same until told, and none when done.
    pub fn ask(&self) -> &[Vec<f64>] {
        &self.batch
    }

    /// Takes the values at the points of [`Self::ask`], in their order. NaN and infinities count as worst.
    ///
    /// # Errors
    /// When there are more or fewer values than points, or the search is done.
    pub fn tell(&mut self, values: &[f64]) -> Result<()> {
        if let Some(reason) = self.done {
            return Err(Error::value(format!("{}: tell: nothing was asked, the search is over ({reason})", self.name)));
        }
        if values.len() != self.batch.len() {
            let (asked, came) = (self.batch.len(), values.len());
            return Err(Error::value(format!("{}: tell: {asked} values were asked, got {came}", self.name)));
        }
        let values: Vec<f64> = values.iter().map(|v| if v.is_finite() { *v } else { f64::INFINITY }).collect();
        let batch = std::mem::take(&mut self.batch);
        let mut improved = false;
        for (x, &value) in batch.into_iter().zip(&values) {
            if value.is_finite() && self.best.as_ref().is_none_or(|(_, best)| value < *best) {
                self.best = Some((x, value));
                improved = true;
            }
        }
        self.counts.evals += values.len() as u64;
        self.counts.batches += 1;
        self.counts.bad += values.iter().filter(|v| v.is_infinite()).count() as u64;
        if self.best.as_ref().is_some_and(|(_, best)| *best <= self.target) {
            self.done = Some(Reason::Target);
        } else if self.counts.evals >= self.budget {
            self.done = Some(Reason::Budget);
        } else {
            let mut slot = lock(&self.slot);
            slot.evals = self.counts.evals;
            slot.told = Some(values);
            if improved {
                slot.best.clone_from(&self.best);
            }
            drop(slot);
            self.go_on()?;
        }
        Ok(())
    }

    /// The best point seen and its value; nothing before the first finite value.
    pub fn best(&self) -> Option<(&[f64], f64)> {
        self.best.as_ref().map(|(x, value)| (x.as_slice(), *value))
    }

    /// Where it stands, if it is a method that walks (annealing does).
    pub fn walk(&self) -> Option<Walk> {
        lock(&self.slot).walk.clone()
    }

    /// Why it is over, if it is.
    pub fn done(&self) -> Option<Reason> {
        self.done
    }

    /// What it has done so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The evaluations that it may spend.
    pub fn budget(&self) -> u64 {
        self.budget
    }

    /// Ends the search; it asks for nothing more.
    pub fn stop(&mut self) {
        self.done.get_or_insert(Reason::Stopped);
        self.batch.clear();
    }

    /// Runs the story to its next wait.
    fn go_on(&mut self) -> Result<()> {
        let mut context = Context::from_waker(Waker::noop());
        match self.story.as_mut().poll(&mut context) {
            Poll::Pending => {}
            Poll::Ready(Ok(reason)) => self.done = Some(reason),
            Poll::Ready(Err(error)) => {
                self.done = Some(Reason::Stopped);
                return Err(error);
            }
        }
        let mut slot = lock(&self.slot);
        self.counts.restarts = slot.restarts;
        self.batch = std::mem::take(&mut slot.asked);
        Ok(())
    }
}

impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {} dimensions: {:?}", self.name, self.dim, self.counts)
    }
}

fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk {
    /// The values at `points`, which are first put inside the bounds.
    pub async fn values(&self, mut points: Vec<Vec<f64>>) -> Vec<f64> {
        if points.is_empty() {
            return vec![];
        }
        points.truncate(usize::try_from(self.left()).unwrap_or(usize::MAX)); // then the budget ends the story here
        points.iter_mut().for_each(|x| self.space.clip(x));
        lock(&self.slot).asked = points;
        poll_fn(|_| lock(&self.slot).told.take().map_or(Poll::Pending, Poll::Ready)).await
    }

    /// The value at one point.
    pub async fn value(&self, x: &[f64]) -> f64 {
        self.values(vec![x.to_vec()]).await[0]
    }

    /// Evaluations told so far.
    pub fn evals(&self) -> u64 {
        lock(&self.slot).evals
    }

    /// Evaluations that the budget still allows.
    pub fn left(&self) -> u64 {
        self.budget - self.evals()
    }

    /// All evaluations that it allows.
    pub fn budget(&self) -> u64 {
        self.budget
    }

    /// The best point seen and its value.
    pub fn best(&self) -> Option<(Vec<f64>, f64)> {
        lock(&self.slot).best.clone()
    }

    /// The best value seen, infinite when there is none.
    pub fn best_value(&self) -> f64 {
        lock(&self.slot).best.as_ref().map_or(f64::INFINITY, |(_, value)| *value)
    }

    /// Notes that the method begins anew.
    pub fn restarted(&self) {
        lock(&self.slot).restarts += 1;
    }
    /// Notes where a walk stands, and the temperature of its next step.
    pub fn stands(&self, x: &[f64], f: f64, temperature: f64, stepped: bool) {
        let mut slot = lock(&self.slot);
        let taken = slot.walk.as_ref().map_or(0, |walk| walk.taken) + u64::from(stepped);
        slot.walk = Some(Walk { x: x.to_vec(), f, temperature, taken });
    }
}
