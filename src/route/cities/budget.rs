//! What a search may spend, and the best tour that it has shown so far.

use super::Problem;
use crate::{Result, stop};
use std::time::{Duration, Instant};

/// A better tour than any before, on its way to the caller.
#[derive(Clone, Copy, Debug)]
pub struct Improvement<'a> {
    /// The cities in order.
    pub tour: &'a [u32],
    /// The length of this tour.
    pub length: f64,
    /// Seconds since the search began.
    pub seconds: f64,
}

/// Least time between two tours shown, so that showing them does not become the work.
const PAUSE: Duration = Duration::from_millis(20);

/// Watches the time, asks whether to go on, and keeps the best tour.
pub struct Watch<'a> {
    problem: &'a Problem, // in the caller's numbers
    on_improve: &'a mut dyn FnMut(&Improvement<'_>) -> Result<bool>,
    started: Instant,
    seconds: f64,
    shown: Option<Instant>,
    best: Vec<u32>,
    length: f64,
    ended: bool,
}

impl<'a> Watch<'a> {
    pub fn new(
        problem: &'a Problem,
        seconds: f64,
        on_improve: &'a mut dyn FnMut(&Improvement<'_>) -> Result<bool>,
    ) -> Self {
        Self {
            problem,
            on_improve,
            started: Instant::now(),
            seconds,
            shown: None,
            best: vec![],
            length: f64::INFINITY,
            ended: false,
        }
    }

    /// Whether there is time left and nobody asked to end.
    ///
    /// # Errors
    /// `Interrupted` when the user asked to stop everything.
    pub fn going(&mut self) -> Result<bool> {
        stop::check()?;
        if !self.ended && self.elapsed() >= self.seconds {
            self.ended = true;
        }
        Ok(!self.ended)
    }

    /// Seconds since the search began.
    pub fn elapsed(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// The share of the time that is gone, in [0, 1].
    pub fn share(&self) -> f64 {
        (self.elapsed() / self.seconds).clamp(0.0, 1.0)
    }

    /// Whether enough time has passed to show the next tour.
    pub fn may_show(&self) -> bool {
        self.shown.is_none_or(|shown| shown.elapsed() >= PAUSE)
    }

    /// Keeps `tour` if it is the best so far, and shows it. `names` gives the caller's number of each city.
    ///
    /// # Errors
    /// What the caller's function answers.
    pub fn offer(&mut self, tour: &[u32], names: Option<&[u32]>) -> Result<()> {
        let tour: Vec<u32> = match names {
            Some(names) => tour.iter().map(|&city| names[city as usize]).collect(),
            None => tour.to_vec(),
        };
        let length = self.problem.length(&tour);
        if length < self.length || self.best.is_empty() {
            (self.best, self.length) = (tour, length);
            let seconds = self.elapsed();
            if !(self.on_improve)(&Improvement { tour: &self.best, length, seconds })? {
                self.ended = true;
            }
            self.shown = Some(Instant::now());
        }
        Ok(())
    }

    /// The best tour, its length, and the seconds spent.
    pub fn finish(self) -> (Vec<u32>, f64, f64) {
        let seconds = self.elapsed();
        (self.best, self.length, seconds)
    }
}
