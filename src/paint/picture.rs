//! A picture as a list of shapes on a background, later ones over earlier ones.

use super::image::Image;
use super::raster::{Raster, Rect, Span};
use super::shape::Shape;
use crate::data::write_atomically;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::path::Path;

/// A shape with its colour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stroke {
    /// Where it is.
    pub shape: Shape,
    /// Red, green, blue, and how opaque: 255 hides what is below.
    pub rgba: [u8; 4],
}

/// A picture as a list of shapes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// Pixels from left to right.
    pub width: usize,
    /// Pixels from top to bottom.
    pub height: usize,
    /// The colour below all shapes.
    pub background: [u8; 3],
    /// The shapes, from the lowest to the uppermost.
    pub strokes: Vec<Stroke>,
}

/// The colours of one pixel while shapes are laid over it, not yet rounded; the fourth number is free.
pub(super) type Ink = [f32; 4];

/// Pixels that are not yet rounded, of the part `area` of a picture.
#[derive(Clone, Debug)]
pub(super) struct Canvas {
    pub area: Rect,
    pub ink: Vec<Ink>,
}

impl Canvas {
    pub fn new(area: Rect, ink: Ink) -> Self {
        Self { area, ink: vec![ink; area.width() * area.height()] }
    }

    /// Lays a colour over `spans`, as far as they are in the area: x ← x + α (c − x).
    pub fn lay(&mut self, spans: &[Span], alpha: f32, c: Ink) {
        let Rect { x0, y0, x1, y1 } = self.area;
        let width = self.area.width();
        for s in spans {
            if s.y < y0 || s.y >= y1 {
                continue;
            }
            let (from, to) = (s.x0.max(x0), s.x1.min(x1));
            if from >= to {
                continue;
            }
            let row = (s.y - y0) as usize * width;
            for x in &mut self.ink[row + (from - x0) as usize..row + (to - x0) as usize] {
                for k in 0..4 {
                    x[k] += alpha * (c[k] - x[k]);
                }
            }
        }
    }

    /// Row `y` of the picture, the columns of the area.
    pub fn row(&self, y: u32) -> &[Ink] {
        let width = self.area.width();
        let start = (y - self.area.y0) as usize * width;
        &self.ink[start..start + width]
    }
}

/// A colour for [`Canvas::lay`].
pub(super) fn ink([r, g, b, _]: [u8; 4]) -> Ink {
    [f32::from(r), f32::from(g), f32::from(b), 0.0]
}

/// How opaque, from 0 to 1.
pub(super) fn opacity(rgba: [u8; 4]) -> f32 {
    f32::from(rgba[3]) / 255.0
}

/// The byte that a finished colour becomes.
#[inline]
pub(super) fn round(x: f32) -> u8 {
    (x + 0.5) as u8
}

impl Picture {
    /// A picture without shapes.
    pub fn new(width: usize, height: usize, background: [u8; 3]) -> Self {
        Self { width, height, background, strokes: Vec::new() }
    }

    /// The pixels: all shapes laid one over the other, and rounded once at the end.
    ///
    /// # Errors
    /// When there are no pixels, or a side is longer than 32,768.
    pub fn render(&self) -> Result<Image> {
        Image::filled(self.width, self.height, self.background)?;
        let whole = Rect::whole(self.width, self.height);
        let [r, g, b] = self.background;
        let mut canvas = Canvas::new(whole, ink([r, g, b, 255]));
        let mut raster = Raster::default();
        for stroke in &self.strokes {
            stroke.shape.spans(&mut raster, self.width, self.height);
            canvas.lay(&raster.spans, opacity(stroke.rgba), ink(stroke.rgba));
        }
        let rgb = canvas.ink.iter().flat_map(|x| [round(x[0]), round(x[1]), round(x[2])]).collect();
        Image::new(self.width, self.height, rgb)
    }

    /// The same picture `factor` times as large.
    ///
    /// # Errors
    /// When `factor` is not positive, or the new sides do not fit.
    pub fn scaled(&self, factor: f64) -> Result<Self> {
        let side = |n: usize| (n as f64 * factor).round();
        let fits = factor > 0.0 && side(self.width.max(self.height)) <= 32_768.0;
        if !fits || side(self.width.min(self.height)) < 1.0 {
            let size = format!("{} x {}", self.width, self.height);
            return Err(Error::value(format!("picture: {size} pixels cannot be made {factor} times as large")));
        }
        let scaled = |s: &Stroke| Stroke { shape: s.shape.scaled(factor as f32), rgba: s.rgba };
        Ok(Self {
            width: side(self.width) as usize,
            height: side(self.height) as usize,
            background: self.background,
            strokes: self.strokes.iter().map(scaled).collect(),
        })
    }

    /// The RMSE of its pixels against `target`, from 0 to 255.
    ///
    /// # Errors
    /// When the sizes differ.
    pub fn rmse(&self, target: &Image) -> Result<f64> {
        self.render()?.rmse(target)
    }

    /// Writes the pixels as a PNG file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_png(&self, path: impl AsRef<Path>) -> Result<()> {
        self.render()?.write_png(path)
    }

    /// The text of an SVG file with the same shapes in the same colours.
    ///
    /// ```
    /// let svg = mynah::paint::Picture::new(4, 3, [255, 0, 0]).svg();
    /// assert!(svg.contains("viewBox=\"0 0 4 3\"") && svg.contains("fill=\"#ff0000\""));
    /// ```
    pub fn svg(&self) -> String {
        let (width, height) = (self.width, self.height);
        let [r, g, b] = self.background;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\">\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#{r:02x}{g:02x}{b:02x}\"/>\n"
        );
        for stroke in &self.strokes {
            writeln!(svg, "{}", stroke.shape.svg(stroke.rgba)).expect("a string takes all text");
        }
        svg.push_str("</svg>\n");
        svg
    }

    /// Writes an SVG file with the same shapes in the same colours; programs that show it smooth the edges.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_svg(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomically(path, |f| f.write_all(self.svg().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f32, y: f32, rgba: [u8; 4]) -> Stroke {
        Stroke { shape: Shape::Rectangle { center: [x, y], radii: [1.0, 1.0], angle: 0.0 }, rgba }
    }

    #[test]
    fn half_opaque_red_over_white_is_pink_and_a_later_shape_lies_above() {
        let mut picture = Picture::new(4, 4, [255, 255, 255]);
        picture.strokes.push(square(1.0, 1.0, [255, 0, 0, 51])); // a fifth
        picture.strokes.push(square(3.0, 3.0, [1, 2, 3, 255]));
        let image = picture.render().unwrap();
        assert_eq!(image.pixel(0, 0), [255, 204, 204]);
        assert_eq!(image.pixel(2, 2), [1, 2, 3]);
        assert_eq!(image.pixel(3, 0), [255, 255, 255]);
        picture.strokes.push(square(1.0, 1.0, [0, 0, 0, 255]));
        assert_eq!(picture.render().unwrap().pixel(0, 0), [0, 0, 0]);
    }

    #[test]
    fn a_scaled_picture_shows_the_same() {
        let mut picture = Picture::new(4, 2, [9, 9, 9]);
        picture.strokes.push(square(1.0, 1.0, [200, 0, 0, 255]));
        let large = picture.scaled(10.0).unwrap().render().unwrap();
        assert_eq!((large.width(), large.height()), (40, 20));
        assert_eq!([large.pixel(19, 19), large.pixel(20, 19)], [[200, 0, 0], [9, 9, 9]]);
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e6, 0.01] {
            assert!(picture.scaled(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn svg_lists_background_and_shapes_in_order() {
        let mut picture = Picture::new(4, 4, [1, 2, 3]);
        picture.strokes = vec![square(1.0, 1.0, [255, 0, 0, 255]), square(3.0, 3.0, [0, 255, 0, 255])];
        let svg = picture.svg();
        let places: Vec<_> = ["#010203", "#ff0000", "#00ff00", "</svg>"].map(|c| svg.find(c).unwrap()).into();
        assert!(places.is_sorted(), "{svg}");
    }

    #[test]
    fn a_picture_survives_json() {
        let mut picture = Picture::new(4, 4, [1, 2, 3]);
        picture.strokes.push(square(1.0, 1.3, [255, 0, 0, 77]));
        let text = serde_json::to_string(&picture).unwrap();
        assert_eq!(serde_json::from_str::<Picture>(&text).unwrap(), picture);
    }
}
