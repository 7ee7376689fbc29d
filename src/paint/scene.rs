//! A picture in the making beside its target: every change redraws and scores only the part that it touches.

use super::image::{Image, squared_error};
use super::picture::{Canvas, Ink, Picture, Stroke, ink, opacity, round};
use super::raster::{Raster, Rect, Span};
use super::sums::SpanSums;

/// A picture with its pixels and its squared error, always in step.
///
/// The pixels are those of [`Picture::render`] to the last bit: each is made by the same operations in the same order.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    picture: Picture,
    spans: Vec<Vec<Span>>, // per shape
    boxes: Vec<Rect>,      // around each shape
    canvas: Canvas,
    rows: Vec<u64>, // squared error of each row
    error: u64,     // their sum
}

impl Scene {
    pub fn new(target: &Image, picture: Picture) -> Self {
        let whole = Rect::whole(picture.width, picture.height);
        let mut raster = Raster::default();
        let spans: Vec<_> = picture.strokes.iter().map(|s| spans(&mut raster, s, whole)).collect();
        let boxes = spans.iter().map(|s| Rect::around(s)).collect();
        let canvas = Canvas::new(whole, [0.0; 4]);
        let mut scene = Self { picture, spans, boxes, canvas, rows: vec![0; whole.height()], error: 0 };
        scene.redraw(target, whole);
        scene
    }

    pub fn picture(&self) -> &Picture {
        &self.picture
    }

    pub fn into_picture(self) -> Picture {
        self.picture
    }

    pub fn len(&self) -> usize {
        self.picture.strokes.len()
    }

    /// The squared error of the rounded pixels.
    pub fn error(&self) -> u64 {
        self.error
    }

    /// The pixels, not yet rounded.
    pub fn canvas(&self) -> &Canvas {
        &self.canvas
    }

    pub fn whole(&self) -> Rect {
        self.canvas.area
    }

    /// The smallest part of the picture that holds shape `i`.
    pub fn around(&self, i: usize) -> Rect {
        self.boxes[i]
    }

    #[cfg(test)]
    pub fn spans(&self, i: usize) -> &[Span] {
        &self.spans[i]
    }

    /// Lays one more shape over all others.
    pub fn push(&mut self, target: &Image, stroke: Stroke) {
        let spans = spans(&mut Raster::default(), &stroke, self.whole());
        let area = Rect::around(&spans);
        self.canvas.lay(&spans, opacity(stroke.rgba), ink(stroke.rgba));
        self.picture.strokes.push(stroke);
        self.spans.push(spans);
        self.boxes.push(area);
        self.score(target, area);
    }

    /// Takes a shape out.
    pub fn remove(&mut self, target: &Image, i: usize) -> Stroke {
        let stroke = self.picture.strokes.remove(i);
        self.spans.remove(i);
        let area = self.boxes.remove(i);
        self.redraw(target, area);
        stroke
    }

    /// Puts another shape in the place of one, and returns that.
    pub fn replace(&mut self, target: &Image, i: usize, stroke: Stroke) -> Stroke {
        let spans = spans(&mut Raster::default(), &stroke, self.whole());
        let area = Rect::around(&spans);
        let old = std::mem::replace(&mut self.picture.strokes[i], stroke);
        self.spans[i] = spans;
        let old_area = std::mem::replace(&mut self.boxes[i], area);
        self.redraw(target, area.or(old_area));
        old
    }

    /// Puts another shape in the place of one if that lowers the score; says whether it does.
    pub fn replace_if_better(&mut self, target: &Image, i: usize, stroke: Stroke) -> bool {
        let before = self.error;
        let old = self.replace(target, i, stroke);
        let better = self.error < before;
        if !better {
            self.replace(target, i, old);
        }
        better
    }

    /// The sums for a shape that would be laid over all others.
    pub fn sums_on_top(&self, target: &Image) -> SpanSums {
        SpanSums::new(target, &self.canvas, None)
    }

    /// The sums for what could take the place of shape `i` within `area`.
    pub fn sums_at(&self, target: &Image, i: usize, area: Rect) -> SpanSums {
        let below = self.drawn(area, 0..i, self.paper());
        let above = self.drawn(area, i + 1..self.len(), [0.0, 0.0, 0.0, 1.0]);
        SpanSums::new(target, &below, Some(&above))
    }

    fn paper(&self) -> Ink {
        let [r, g, b] = self.picture.background;
        ink([r, g, b, 255])
    }

    /// Some of the shapes over `paper`, in one part of the picture.
    fn drawn(&self, area: Rect, shapes: std::ops::Range<usize>, paper: Ink) -> Canvas {
        let mut canvas = Canvas::new(area, paper);
        for i in shapes {
            if !self.boxes[i].and(area).is_empty() {
                let rgba = self.picture.strokes[i].rgba;
                canvas.lay(&self.spans[i], opacity(rgba), ink(rgba));
            }
        }
        canvas
    }

    fn redraw(&mut self, target: &Image, area: Rect) {
        if area.is_empty() {
            return;
        }
        let part = self.drawn(area, 0..self.len(), self.paper());
        let width = self.whole().width();
        for y in area.y0..area.y1 {
            let start = y as usize * width + area.x0 as usize;
            self.canvas.ink[start..start + area.width()].copy_from_slice(part.row(y));
        }
        self.score(target, area);
    }

    fn score(&mut self, target: &Image, area: Rect) {
        if area.is_empty() {
            return;
        }
        let width = self.whole().width();
        let mut bytes = vec![0; width * 3];
        for y in area.y0..area.y1 {
            for (rgb, x) in bytes.chunks_exact_mut(3).zip(self.canvas.row(y)) {
                rgb.copy_from_slice(&[round(x[0]), round(x[1]), round(x[2])]);
            }
            let start = y as usize * width * 3;
            let new = squared_error(&bytes, &target.rgb()[start..start + width * 3]);
            let old = std::mem::replace(&mut self.rows[y as usize], new);
            self.error = self.error - old + new;
        }
    }
}

fn spans(raster: &mut Raster, stroke: &Stroke, whole: Rect) -> Vec<Span> {
    stroke.shape.spans(raster, whole.width(), whole.height());
    raster.spans.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;
    use crate::paint::shape::{Frame, ShapeKind};

    #[test]
    fn pixels_and_score_stay_those_of_the_picture_through_all_changes() {
        let mut rng = Rng::new(8);
        let target = Image::new(30, 20, (0..1800).map(|_| rng.below(256) as u8).collect()).unwrap();
        for kind in ShapeKind::ALL {
            let frame = Frame { kind, corners: 5, stroke: 2.5, width: 30.0, height: 20.0 };
            let mut scene = Scene::new(&target, Picture::new(30, 20, [50, 60, 70]));
            let stroke = |rng: &mut Rng| {
                let at = [rng.uniform() as f32 * 30.0, rng.uniform() as f32 * 20.0];
                Stroke { shape: frame.random(at, 8.0, rng), rgba: [0; 4].map(|_| rng.below(256) as u8) }
            };
            for turn in 0..60 {
                match turn % 3 {
                    0 => scene.push(&target, stroke(&mut rng)),
                    1 => drop(scene.replace(&target, rng.below(scene.len()), stroke(&mut rng))),
                    _ if turn % 4 == 0 => drop(scene.remove(&target, rng.below(scene.len()))),
                    _ => scene.push(&target, stroke(&mut rng)),
                }
                let image = scene.picture().render().unwrap();
                assert_eq!(scene.error(), image.squared_error(&target).unwrap(), "{kind:?}, turn {turn}");
            }
            let again = Scene::new(&target, scene.picture().clone());
            assert_eq!(again.canvas.ink, scene.canvas.ink, "{kind:?}");
        }
    }

    #[test]
    fn sums_in_the_middle_of_the_stack_foretell_the_score() {
        let mut rng = Rng::new(9);
        let target = Image::new(30, 20, (0..1800).map(|_| rng.below(256) as u8).collect()).unwrap();
        let frame = Frame { kind: ShapeKind::Triangle, corners: 3, stroke: 1.0, width: 30.0, height: 20.0 };
        let mut scene = Scene::new(&target, Picture::new(30, 20, [50, 60, 70]));
        for _ in 0..12 {
            let shape = frame.random([15.0, 10.0], 8.0, &mut rng);
            scene.push(&target, Stroke { shape, rgba: [200, 10, 90, 100] });
        }
        for i in 0..12 {
            let sums = scene.sums_at(&target, i, scene.whole());
            let old =
                scene.replace(&target, i, Stroke { shape: scene.picture().strokes[i].shape.clone(), rgba: [0; 4] });
            let without = scene.error() as f64;
            scene.replace(&target, i, old);
            let gain = f64::from(sums.gain(scene.spans(i), [200.0, 10.0, 90.0], 100.0 / 255.0));
            let with = scene.error() as f64;
            // Rounding moves each of 1,800 bytes by up to a half.
            assert!((without - with - gain).abs() < 0.002 * with, "shape {i}: {without} - {with} against {gain}");
        }
    }
}
