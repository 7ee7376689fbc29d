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
    announced: f64, // the length of the best tour that `on_improve` has seen
    best: Vec<u32>, // of those offered
    length: f64,
    glimpse: Option<(Vec<u32>, f64)>, // the best of those shown only
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
            announced: f64::INFINITY,
            best: vec![],
            length: f64::INFINITY,
            glimpse: None,
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

    /// Keeps `tour` if it is the best so far, and announces it. `names` gives the caller's number of each city.
    ///
    /// # Errors
    /// What the caller's function answers.
    pub fn offer(&mut self, tour: &[u32], names: Option<&[u32]>) -> Result<()> {
        let (tour, length) = self.named(tour, names);
        self.announce(&tour, length)?;
        if length < self.length || self.best.is_empty() {
            (self.best, self.length) = (tour, length);
        }
        Ok(())
    }

    /// Announces a tour on the way to one that will be offered. When it comes depends on the clock, so it is the
    /// answer only where nothing as good is offered before the end.
    ///
    /// # Errors
    /// What the caller's function answers.
    pub fn show(&mut self, tour: &[u32], names: Option<&[u32]>) -> Result<()> {
        let (tour, length) = self.named(tour, names);
        if length < self.announced {
            self.announce(&tour, length)?;
            self.glimpse = Some((tour, length));
        }
        Ok(())
    }

    /// A tour in the caller's numbers, and its length.
    fn named(&self, tour: &[u32], names: Option<&[u32]>) -> (Vec<u32>, f64) {
        let tour: Vec<u32> = match names {
            Some(names) => tour.iter().map(|&city| names[city as usize]).collect(),
            None => tour.to_vec(),
        };
        let length = self.problem.length(&tour);
        (tour, length)
    }

    fn announce(&mut self, tour: &[u32], length: f64) -> Result<()> {
        if length < self.announced {
            self.announced = length;
            let seconds = self.elapsed();
            if !(self.on_improve)(&Improvement { tour, length, seconds })? {
                self.ended = true;
            }
            self.shown = Some(Instant::now());
        }
        Ok(())
    }

    /// The best tour, its length, and the seconds spent.
    pub fn finish(self) -> (Vec<u32>, f64, f64) {
        let seconds = self.elapsed();
        match self.glimpse {
            // Shorter by more than the rounding of a sum that begins elsewhere in the same tour.
            Some((tour, length)) if self.best.is_empty() || length < self.length - 1e-12 * self.length.abs() => {
                (tour, length, seconds)
            }
            _ => (self.best, self.length, seconds),
        }
    }
}
