//! A picture to draw on at once: shapes, words and pixels, each put down where one says.
//!
//! A figure knows axes and layers; a canvas knows pixels only, from the left upper corner. It is what a program draws its
//! own frames on, such as a game without a screen.

use super::color::{Color, Theme};
use super::colormap::ColorMap;
use super::drawing::{Anchor, Mark, Path, Pen, Pixels, Rect, Words};
use super::figure::size;
use super::font;
use super::raster::{self, Paper};
use crate::data::write_atomically;
use crate::error::ensure_setting;
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path as FilePath;

/// Settings of [`Canvas`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CanvasSettings {
    /// The colour that everything is drawn over. Default "#15181e".
    pub background: Color,
    /// Pixels to a unit of length, in [0.1, 8]: 2 draws the same picture twice as large. Default 1.
    pub scale: f64,
}

impl Default for CanvasSettings {
    fn default() -> Self {
        Self { background: Theme::Dark.background(), scale: 1.0 }
    }
}

/// How a shape looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ShapeSettings {
    /// The colour of its inside. Default: none.
    pub fill: Option<Color>,
    /// The colour of its rim. Default: none.
    pub line: Option<Color>,
    /// How wide the rim is, positive. Default 1.
    pub width: f64,
    /// How round the corners of a rectangle are, at least 0. Default 0.
    pub radius: f64,
}

impl Default for ShapeSettings {
    fn default() -> Self {
        Self { fill: None, line: None, width: 1.0, radius: 0.0 }
    }
}

/// How a line looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PenSettings {
    /// Its colour. Default "white".
    pub color: Color,
    /// How wide it is, positive. Default 1.
    pub width: f64,
    /// Whether it goes back to where it began. Default false.
    pub closed: bool,
    /// Whether it is dashed. Default false.
    pub dashed: bool,
}

impl Default for PenSettings {
    fn default() -> Self {
        Self { color: Color::hex(0xffffff), width: 1.0, closed: false, dashed: false }
    }
}

/// Which end of the words is at their place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Align {
    /// They begin there.
    #[default]
    Left,
    /// Their middle is there.
    Center,
    /// They end there.
    Right,
}

/// How words look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WordsSettings {
    /// The size of the font, 4 to 400. Default 15.
    pub size: f64,
    /// Their colour. Default "white".
    pub color: Color,
    /// Where they stand: "left" (from their place on), "center" or "right". Default "left".
    pub align: Align,
    /// Whether the letters are thick. Default false.
    pub bold: bool,
}

impl Default for WordsSettings {
    fn default() -> Self {
        Self { size: 15.0, color: Color::hex(0xffffff), align: Align::Left, bold: false }
    }
}

/// How numbers become pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ShadeSettings {
    /// How numbers become colours: "viridis", "magma", "inferno", "cividis", "coolwarm" or "gray". Default "viridis".
    pub color_map: ColorMap,
    /// The number that has the first colour. Default: the least.
    pub low: Option<f64>,
    /// The number that has the last colour. Default: the greatest.
    pub high: Option<f64>,
    /// How much they hide of what is below, in [0, 1]. Default 1.
    pub opacity: f64,
    /// Whether colours flow into each other where the picture is enlarged. Default false.
    pub smooth: bool,
}

impl Default for ShadeSettings {
    fn default() -> Self {
        Self { color_map: ColorMap::Viridis, low: None, high: None, opacity: 1.0, smooth: false }
    }
}

impl ShadeSettings {
    /// The numbers as colours; NaN is clear.
    ///
    /// # Errors
    /// When `opacity` is out of its range, or `low` and `high` are not finite.
    pub fn colors(&self, values: &[f64]) -> Result<Vec<Color>> {
        self.check()?;
        let finite = || values.iter().copied().filter(|v| v.is_finite());
        let low = self.low.unwrap_or_else(|| finite().fold(f64::INFINITY, f64::min));
        let high = self.high.unwrap_or_else(|| finite().fold(f64::NEG_INFINITY, f64::max));
        let unit = |v: f64| if high == low { if v.is_nan() { v } else { 0.5 } } else { (v - low) / (high - low) };
        Ok(values.iter().map(|v| self.color_map.at(unit(*v)).fade(self.opacity)).collect())
    }

    /// Red, green and blue bytes as colours.
    ///
    /// # Errors
    /// When `opacity` is out of its range.
    pub fn colors_of_rgb(&self, rgb: &[u8]) -> Result<Vec<Color>> {
        self.check()?;
        Ok(rgb.chunks_exact(3).map(|p| Color::rgb(p[0], p[1], p[2]).fade(self.opacity)).collect())
    }

    fn check(&self) -> Result<()> {
        ensure_setting((0.0..=1.0).contains(&self.opacity), "image", "opacity", "in [0, 1]", self.opacity)?;
        for (name, value) in [("low", self.low), ("high", self.high)] {
            if let Some(value) = value {
                ensure_setting(value.is_finite(), "image", name, "finite", value)?;
            }
        }
        Ok(())
    }
}

/// A picture that is drawn on at once.
///
/// ```
/// use mynah::plot::{Canvas, CanvasSettings, Color, ShapeSettings};
/// let mut canvas = Canvas::new(40, 30, CanvasSettings::default())?;
/// let red = ShapeSettings { fill: Some(Color::rgb(255, 0, 0)), ..Default::default() };
/// canvas.rect([10.0, 5.0], [20.0, 20.0], &red)?;
/// assert_eq!(canvas.pixels().at(20, 15), Some(Color::rgb(255, 0, 0)));
/// # Ok::<(), mynah::Error>(())
/// ```
#[derive(Clone)]
pub struct Canvas {
    paper: Paper,
    width: usize,
    height: usize,
    settings: CanvasSettings,
}

impl std::fmt::Debug for Canvas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "canvas of {} x {}", self.width, self.height)
    }
}

impl Canvas {
    /// An empty one of `width` by `height` units.
    ///
    /// # Errors
    /// When a size or a setting is out of its range, or there is not enough memory.
    pub fn new(width: usize, height: usize, settings: CanvasSettings) -> Result<Self> {
        let scale = settings.scale;
        ensure_setting((0.1..=8.0).contains(&scale), "canvas", "scale", "in [0.1, 8]", scale)?;
        let pixels = |units: usize| (units.min(1 << 20) as f64 * scale).round() as usize;
        size("canvas", "width", pixels(width))?;
        size("canvas", "height", pixels(height))?;
        let paper = Paper::new(pixels(width), pixels(height), settings.background)?;
        Ok(Self { paper, width, height, settings })
    }

    /// Units from left to right.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Units from top to bottom.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Covers everything with a colour, by default the background, and ends a clip.
    pub fn clear(&mut self, color: Option<Color>) {
        self.paper.clear(color.unwrap_or(self.settings.background));
    }

    /// A rectangle from its left upper corner.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn rect(&mut self, corner: [f64; 2], size: [f64; 2], look: &ShapeSettings) -> Result<()> {
        let rect = self.place(corner, size);
        let most = (rect.width.min(rect.height) / 2.0).max(0.0);
        ensure_setting(look.radius >= 0.0, "rect", "radius", "at least 0", look.radius)?;
        let r = (look.radius * self.settings.scale).min(most);
        self.shape("rect", if r > 0.0 { Path::rounded(rect, r) } else { rect.path() }, look)
    }

    /// A circle around a point.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn circle(&mut self, middle: [f64; 2], radius: f64, look: &ShapeSettings) -> Result<()> {
        let ([x, y], r) = (self.scaled(middle), radius * self.settings.scale);
        self.shape("circle", Path::circle(x, y, r), look)
    }

    /// Many equal circles, each around one of `points`.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn dots(&mut self, points: &[[f64; 2]], radius: f64, look: &ShapeSettings) -> Result<()> {
        let edge = self.rim("dots", look)?;
        let at = points.iter().map(|p| self.scaled(*p).into()).collect();
        let shape = Path::circle(0.0, 0.0, radius * self.settings.scale);
        self.paper.draw(&Mark::Dots { shape, at, fill: look.fill, edge })
    }

    /// A surface with corners.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn polygon(&mut self, points: &[[f64; 2]], look: &ShapeSettings) -> Result<()> {
        let path = Path::polygon(&self.all(points));
        self.shape("polygon", path, look)
    }

    /// A line through points.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn line(&mut self, points: &[[f64; 2]], pen: &PenSettings) -> Result<()> {
        let width = self.wide("line", pen.width)?;
        let points = self.all(points);
        let path = if pen.closed { Path::polygon(&points) } else { Path::line(&points) };
        let dash: &'static [f64] = if pen.dashed { &[4.0, 3.0] } else { &[] };
        self.paper.draw(&Mark::Stroke(path, Pen { color: pen.color, width, dash }))
    }

    /// Colours row by row from the top, `columns` to a row, stretched over a rectangle.
    ///
    /// # Errors
    /// When the colours do not fill their rows.
    pub fn image(
        &mut self,
        (columns, colors): (usize, Vec<Color>),
        corner: [f64; 2],
        size: [f64; 2],
        smooth: bool,
    ) -> Result<()> {
        let rows = colors.len().checked_div(columns).unwrap_or(0);
        if rows == 0 || rows * columns != colors.len() {
            return Err(Error::value(format!("image: {} colours do not fill rows of {columns}", colors.len())));
        }
        let rect = self.place(corner, size);
        self.paper.draw(&Mark::Cells { rect, columns, rows, colors, smooth })
    }

    /// A line of words; their capitals are as far above `y` as below it.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn text(&mut self, words: &str, [x, y]: [f64; 2], look: &WordsSettings) -> Result<()> {
        ensure_setting((4.0..=400.0).contains(&look.size), "text", "size", "4 to 400", look.size)?;
        let size = look.size * self.settings.scale;
        let [x, y] = self.scaled([x, y]);
        let anchor = match look.align {
            Align::Left => Anchor::Start,
            Align::Center => Anchor::Middle,
            Align::Right => Anchor::End,
        };
        self.paper.draw(&Mark::Words(Words {
            text: words.into(),
            at: (x, y + font::CAPITAL * size / 2.0),
            size,
            anchor,
            angle: 0.0,
            bold: look.bold,
            color: look.color,
            halo: None,
        }))
    }

    /// How wide a line of words is.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn text_width(words: &str, look: &WordsSettings) -> Result<f64> {
        ensure_setting((4.0..=400.0).contains(&look.size), "text", "size", "4 to 400", look.size)?;
        Ok(font::width(words, look.size, look.bold))
    }

    /// Draws inside a rectangle only from now on, or everywhere again.
    ///
    /// # Errors
    /// When there is not enough memory for it.
    pub fn clip(&mut self, part: Option<([f64; 2], [f64; 2])>) -> Result<()> {
        let rect = part.map(|(corner, size)| self.place(corner, size));
        self.paper.draw(&Mark::Clip(rect))
    }

    /// What is on it now.
    pub fn pixels(&mut self) -> Pixels {
        self.paper.pixels()
    }

    /// Writes it to a PNG file.
    ///
    /// # Errors
    /// When the name ends otherwise, or the file cannot be written.
    pub fn write(&mut self, path: impl AsRef<FilePath>) -> Result<()> {
        let path = path.as_ref();
        if !path.extension().is_some_and(|e| e.eq_ignore_ascii_case("png")) {
            return Err(Error::file(path, "a canvas is written to a name that ends in .png"));
        }
        let bytes = raster::png(&self.pixels())?;
        write_atomically(path, |f| f.write_all(&bytes))
    }

    fn shape(&mut self, what: &'static str, path: Path, look: &ShapeSettings) -> Result<()> {
        let rim = self.rim(what, look)?;
        match (look.fill, rim) {
            (Some(color), Some(pen)) => {
                self.paper.draw(&Mark::Fill(path.clone(), color))?;
                self.paper.draw(&Mark::Stroke(path, pen))
            }
            (Some(color), None) => self.paper.draw(&Mark::Fill(path, color)),
            (None, Some(pen)) => self.paper.draw(&Mark::Stroke(path, pen)),
            (None, None) => Ok(()),
        }
    }

    fn rim(&self, what: &'static str, look: &ShapeSettings) -> Result<Option<Pen>> {
        let width = self.wide(what, look.width)?;
        Ok(look.line.map(|color| Pen::new(color, width)))
    }

    fn wide(&self, what: &'static str, width: f64) -> Result<f64> {
        ensure_setting(width > 0.0 && width.is_finite(), what, "width", "positive", width)?;
        Ok(width * self.settings.scale)
    }

    fn scaled(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [x * self.settings.scale, y * self.settings.scale]
    }

    fn all(&self, points: &[[f64; 2]]) -> Vec<(f64, f64)> {
        points.iter().map(|p| self.scaled(*p).into()).collect()
    }

    fn place(&self, corner: [f64; 2], size: [f64; 2]) -> Rect {
        let ([left, top], [width, height]) = (self.scaled(corner), self.scaled(size));
        Rect { left, top, width, height }
    }
}

/// The bytes of the font that words are written in, a TTF file.
pub fn font_bytes(bold: bool) -> &'static [u8] {
    font::bytes(bold)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INK: Color = Color::rgb(200, 10, 20);

    fn filled() -> ShapeSettings {
        ShapeSettings { fill: Some(INK), ..Default::default() }
    }

    fn inked(canvas: &mut Canvas) -> usize {
        canvas.pixels().rgb.chunks_exact(3).filter(|p| *p == [200, 10, 20]).count()
    }

    fn canvas(scale: f64) -> Canvas {
        Canvas::new(40, 30, CanvasSettings { scale, ..Default::default() }).unwrap()
    }

    #[test]
    fn a_rectangle_covers_its_pixels_at_any_scale() {
        for (scale, pixels) in [(1.0, 80), (2.0, 320)] {
            let mut canvas = canvas(scale);
            canvas.rect([5.0, 6.0], [10.0, 8.0], &filled()).unwrap();
            assert_eq!((inked(&mut canvas), canvas.pixels().width), (pixels, (40.0 * scale) as usize));
        }
    }

    #[test]
    fn round_corners_take_away_and_a_rim_adds() {
        let covered = |look: ShapeSettings| {
            let mut canvas = canvas(1.0);
            canvas.rect([5.0, 5.0], [20.0, 20.0], &look).unwrap();
            inked(&mut canvas)
        };
        let plain = covered(filled());
        assert_eq!(plain, 400);
        assert!(covered(ShapeSettings { radius: 8.0, ..filled() }) < 390);
        assert!(
            covered(ShapeSettings { radius: 1e9, ..filled() }) < covered(ShapeSettings { radius: 8.0, ..filled() })
        );
        assert_eq!(covered(ShapeSettings { line: Some(INK), width: 2.0, ..filled() }), 22 * 22 - 4, "round joins");
        assert_eq!(covered(ShapeSettings::default()), 0, "neither inside nor rim");
    }

    #[test]
    fn dots_are_circles() {
        let points: Vec<[f64; 2]> = (0..12).map(|k| [3.0 * f64::from(k) + 2.5, 10.0]).collect();
        let (mut together, mut alone) = (canvas(1.0), canvas(1.0));
        together.dots(&points, 2.0, &filled()).unwrap();
        points.iter().for_each(|p| alone.circle(*p, 2.0, &filled()).unwrap());
        assert_eq!(together.pixels(), alone.pixels());
    }

    #[test]
    fn a_clip_holds_until_it_ends_and_survives_a_look() {
        let mut canvas = canvas(1.0);
        canvas.clip(Some(([10.0, 10.0], [5.0, 4.0]))).unwrap();
        canvas.rect([0.0, 0.0], [12.0, 30.0], &filled()).unwrap();
        assert_eq!(inked(&mut canvas), 2 * 4);
        canvas.rect([0.0, 0.0], [40.0, 30.0], &filled()).unwrap();
        assert_eq!(inked(&mut canvas), 5 * 4);
        canvas.clip(None).unwrap();
        canvas.rect([0.0, 0.0], [40.0, 30.0], &filled()).unwrap();
        assert_eq!(inked(&mut canvas), 40 * 30);
        canvas.clear(None);
        assert_eq!(inked(&mut canvas), 0);
    }

    #[test]
    fn words_stand_around_their_place() {
        let edges = |align| {
            let mut canvas = canvas(1.0);
            let look = WordsSettings { size: 14.0, align, ..Default::default() };
            canvas.text("H", [20.0, 15.0], &look).unwrap();
            let pixels = canvas.pixels();
            let light = |x: usize, y: usize| pixels.at(x, y).unwrap().r > 130;
            let columns: Vec<usize> = (0..40).filter(|x| (0..30).any(|y| light(*x, y))).collect();
            let rows: Vec<usize> = (0..30).filter(|y| (0..40).any(|x| light(x, *y))).collect();
            assert!((rows[0] + rows[rows.len() - 1]).abs_diff(29) <= 1, "{rows:?}");
            (columns[0], columns[columns.len() - 1])
        };
        assert!(edges(Align::Left).0 >= 20 && edges(Align::Right).1 <= 20);
        let middle = edges(Align::Center);
        assert!((middle.0 + middle.1).abs_diff(39) <= 1, "{middle:?}");
        let width = Canvas::text_width("HH", &WordsSettings::default()).unwrap();
        assert!((width - 2.0 * Canvas::text_width("H", &WordsSettings::default()).unwrap()).abs() < 1e-9);
    }

    #[test]
    fn numbers_become_the_colours_of_their_map() {
        let settings = ShadeSettings { color_map: ColorMap::Gray, ..Default::default() };
        let grays: Vec<u8> = settings.colors(&[2.0, 4.0, 3.0, f64::NAN]).unwrap().iter().map(|c| c.r).collect();
        assert_eq!(grays, [0, 255, 128, 0]);
        assert_eq!(settings.colors(&[f64::NAN]).unwrap()[0].a, 0);
        assert_eq!(settings.colors(&[7.0, 7.0]).unwrap()[0].r, 128, "all alike: the middle");
        let half = ShadeSettings { opacity: 0.5, ..settings };
        assert_eq!(half.colors_of_rgb(&[1, 2, 3]).unwrap()[0], Color { a: 128, ..Color::rgb(1, 2, 3) });
        let mut canvas = canvas(1.0);
        let colors = vec![INK, Color::hex(0), Color::hex(0), INK];
        canvas.image((2, colors), [0.0, 0.0], [40.0, 30.0], false).unwrap();
        assert_eq!(inked(&mut canvas), 600);
    }

    #[test]
    fn what_is_out_of_range_is_refused_and_odd_places_draw_nothing() {
        let says = |r: Result<()>| r.unwrap_err().to_string();
        let mut it = canvas(1.0);
        let thin = ShapeSettings { width: 0.0, ..Default::default() };
        assert_eq!(says(it.circle([1.0, 1.0], 2.0, &thin)), "circle: `width` must be positive, got 0");
        let round = ShapeSettings { radius: f64::NAN, ..Default::default() };
        assert_eq!(says(it.rect([1.0, 1.0], [2.0, 2.0], &round)), "rect: `radius` must be at least 0, got NaN");
        let tiny = WordsSettings { size: 1.0, ..Default::default() };
        assert_eq!(says(it.text("a", [0.0, 0.0], &tiny)), "text: `size` must be 4 to 400, got 1");
        assert_eq!(
            says(it.image((3, vec![INK; 4]), [0.0; 2], [1.0; 2], false)),
            "image: 4 colours do not fill rows of 3"
        );
        assert!(says(it.write("a.svg")).ends_with("a canvas is written to a name that ends in .png"));
        let huge = Canvas::new(usize::MAX, 9, CanvasSettings::default()).unwrap_err().to_string();
        assert!(huge.starts_with("canvas: `width` must be 16 to 16384 pixels"), "{huge}");
        assert!(Canvas::new(40, 30, CanvasSettings { scale: f64::NAN, ..Default::default() }).is_err());
        for odd in [f64::NAN, f64::INFINITY, -1e300] {
            it.rect([odd, 0.0], [odd, 5.0], &filled()).unwrap();
            it.circle([odd, 1.0], odd, &filled()).unwrap();
            it.dots(&[[odd, 1.0]], 2.0, &filled()).unwrap();
            it.polygon(&[[odd, odd], [1.0, 2.0], [odd, 3.0]], &filled()).unwrap();
            it.line(&[[odd, odd]], &PenSettings::default()).unwrap();
            it.text("odd", [odd, odd], &WordsSettings::default()).unwrap();
            it.clip(Some(([odd, 0.0], [odd, odd]))).unwrap();
            it.clip(None).unwrap();
        }
    }
}
