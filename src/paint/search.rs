//! The search for one shape: random beginnings, then a climb by small changes.

use super::raster::{Raster, Rect};
use super::shape::{Frame, Shape};
use super::sums::{Fit, SpanSums};
use crate::data::Rng;
use crate::stop;

/// Rows that a first look reads.
const GLANCE: usize = 12;

/// A success lengthens the next changes, a failure shortens them; one success in about seven keeps the length.
const UP: f32 = 1.3;
const DOWN: f32 = 0.96;

/// A shape with its best colour.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub shape: Shape,
    pub fit: Fit,
}

/// The search for one shape over one table of sums.
pub(super) struct Search<'a> {
    sums: &'a SpanSums,
    frame: &'a Frame,
    alphas: [f32; 2],
    raster: Raster,
}

impl<'a> Search<'a> {
    pub fn new(sums: &'a SpanSums, frame: &'a Frame, alphas: [f32; 2]) -> Self {
        Self { sums, frame, alphas, raster: Raster::default() }
    }

    /// The best colour for a shape; nothing when it covers nothing, or pixels that the sums do not know.
    pub fn fit(&mut self, shape: &Shape) -> Option<Fit> {
        let (width, height) = (self.frame.width as usize, self.frame.height as usize);
        shape.spans(&mut self.raster, width, height);
        let spans = &self.raster.spans;
        let whole = self.sums.area.width() == width && self.sums.area.height() == height;
        if !whole && !self.sums.area.holds(Rect::around(spans)) {
            return None;
        }
        self.sums.best(spans, self.alphas)
    }

    /// A first look at a shape from about a dozen of its rows.
    fn glance(&mut self, shape: &Shape) -> Option<f32> {
        shape.spans(&mut self.raster, self.frame.width as usize, self.frame.height as usize);
        let stride = self.raster.spans.len() / GLANCE + 1;
        Some(self.sums.glance(&self.raster.spans, stride, self.alphas)?.gain)
    }

    /// The best of `tries` random shapes, looked at briefly. The sums must know the whole picture.
    pub fn begin(&mut self, tries: usize, place: impl Fn(&mut Rng) -> [f32; 2], rng: &mut Rng) -> Option<Shape> {
        let longest = self.frame.longest();
        let mut best: Option<(f32, Shape)> = None;
        for _ in 0..tries {
            if stop::requested() {
                break;
            }
            // Every size is as likely as its double.
            let size = 2.0 * (longest / 8.0).max(1.0).powf(rng.uniform() as f32);
            let shape = self.frame.random(place(rng), size, rng);
            if let Some(gain) = self.glance(&shape)
                && best.as_ref().is_none_or(|(g, _)| gain > *g)
            {
                best = Some((gain, shape));
            }
        }
        best.map(|(_, shape)| shape)
    }

    /// Climbs from `start` until `patience` changes in a row have gained nothing, or someone asked to stop.
    pub fn climb(&mut self, start: Shape, step: f32, patience: usize, rng: &mut Rng) -> Option<Found> {
        let fit = self.fit(&start)?;
        let mut best = Found { shape: start, fit };
        let (mut size, mut failures) = (step, 0);
        while failures < patience && !stop::requested() {
            let reach = size * (0.25 + 1.5 * rng.uniform() as f32);
            let shape = self.frame.changed(&best.shape, reach, rng);
            match self.fit(&shape) {
                Some(fit) if fit.gain > best.fit.gain => {
                    best = Found { shape, fit };
                    size = (size * UP).min(0.5 * self.frame.longest());
                    failures = 0;
                }
                _ => {
                    size = (size * DOWN).max(0.4);
                    failures += 1;
                }
            }
        }
        Some(best)
    }
}
