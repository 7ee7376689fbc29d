//! How long the next slice of work will take, judged by those before.

use std::time::Duration;

/// Most texts in one pass.
pub(super) const MOST: usize = 64;

/// Times of slices, in seconds; 0: none known yet.
pub(super) struct Pace {
    step: [f64; MOST + 1], // of a token for so many texts
    read: f64,             // of a token of a prompt
    begin: f64,            // of the beginning of a line
}

/// Rises at once, falls slowly.
fn note(known: &mut f64, new: f64) {
    *known = if new > *known { new } else { 0.95 * *known + 0.05 * new };
}

impl Pace {
    pub fn new() -> Self {
        Self { step: [0.0; MOST + 1], read: 0.0, begin: 0.0 }
    }

    pub fn note_step(&mut self, texts: usize, took: Duration) {
        note(&mut self.step[texts.min(MOST)], took.as_secs_f64());
    }

    pub fn note_read(&mut self, tokens: usize, took: Duration) {
        note(&mut self.read, took.as_secs_f64() / tokens.max(1) as f64);
    }

    pub fn note_begin(&mut self, took: Duration) {
        note(&mut self.begin, took.as_secs_f64());
    }

    /// What a token for so many texts will take; from fewer texts if that is all that is known.
    pub fn step(&self, texts: usize) -> f64 {
        let texts = texts.min(MOST);
        let fewer = (1..=texts).rev().find(|n| self.step[*n] > 0.0);
        fewer.map_or(self.read * texts as f64, |n| self.step[n] * texts as f64 / n as f64)
    }

    pub fn read(&self, tokens: usize) -> f64 {
        self.read * tokens as f64
    }

    pub fn begin(&self) -> f64 {
        self.begin
    }

    /// The most texts, up to `texts`, for which a token takes at most `seconds`; at least 1.
    pub fn texts_within(&self, texts: usize, seconds: f64) -> usize {
        (1..=texts.min(MOST)).rev().find(|n| self.step(*n) <= seconds).unwrap_or(1)
    }

    /// The most tokens of a prompt, up to `tokens`, that take at most `seconds`; at least 1.
    pub fn tokens_within(&self, tokens: usize, seconds: f64) -> usize {
        if self.read <= 0.0 { tokens.min(4) } else { tokens.min((seconds / self.read) as usize) }.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_cut_to_the_time_that_is_left() {
        let mut pace = Pace::new();
        assert_eq!((pace.step(8), pace.tokens_within(64, 0.0)), (0.0, 4));
        pace.note_step(2, Duration::from_millis(2));
        assert!((pace.step(4) - 0.004).abs() < 1e-9 && (pace.step(2) - 0.002).abs() < 1e-9);
        assert_eq!((pace.texts_within(8, 0.0051), pace.texts_within(8, 0.0001)), (5, 1));
        pace.note_read(4, Duration::from_millis(2));
        assert_eq!((pace.tokens_within(64, 0.00201), pace.tokens_within(3, 1.0)), (4, 3));
        pace.note_read(1, Duration::from_millis(0));
        assert!(pace.read(1) > 0.0004, "falls slowly");
    }
}
