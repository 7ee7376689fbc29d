//! A finished drawing: shapes and words at places in pixels, ready to become a PNG, an SVG or bytes.

use super::color::Color;
use super::{raster, svg};
use crate::data::write_atomically;
use crate::{Error, Result};
use std::path::Path as FilePath;

/// A picture of red, green and blue bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// Pixels from left to right.
    pub width: usize,
    /// Pixels from top to bottom.
    pub height: usize,
    /// The bytes, row by row from the top, three to a pixel.
    pub rgb: Vec<u8>, // [height, width, 3]
}

impl Pixels {
    /// The colour at column `x` and row `y`, both from 0; nothing outside.
    pub fn at(&self, x: usize, y: usize) -> Option<Color> {
        let at = (x < self.width && y < self.height).then_some((y * self.width + x) * 3)?;
        Some(Color::rgb(self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]))
    }
}

/// A finished drawing, the same for all kinds of files.
#[derive(Clone, Debug)]
pub struct Drawing {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) background: Color,
    pub(super) marks: Vec<Mark>,
}

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    pub fn right(&self) -> f64 {
        self.left + self.width
    }

    pub fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub fn contains(&self, x: f64, y: f64) -> bool {
        (self.left..=self.right()).contains(&x) && (self.top..=self.bottom()).contains(&y)
    }

    pub fn path(&self) -> Path {
        let corners = [
            (self.left, self.top),
            (self.right(), self.top),
            (self.right(), self.bottom()),
            (self.left, self.bottom()),
        ];
        Path::polygon(&corners)
    }
}

/// One stroke of a pen along a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step {
    Move(f64, f64),
    Line(f64, f64),
    Quad(f64, f64, f64, f64),
    Cubic(f64, f64, f64, f64, f64, f64),
    Close,
}

/// Lines and curves in a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Path(pub Vec<Step>);

impl Path {
    pub fn line(points: &[(f64, f64)]) -> Self {
        let step = |(k, (x, y)): (usize, &(f64, f64))| if k == 0 { Step::Move(*x, *y) } else { Step::Line(*x, *y) };
        Self(points.iter().enumerate().map(step).collect())
    }

    pub fn polygon(points: &[(f64, f64)]) -> Self {
        let mut path = Self::line(points);
        path.0.push(Step::Close);
        path
    }

    pub fn circle(x: f64, y: f64, r: f64) -> Self {
        let c = 0.552_284_75 * r; // a quarter of a circle as one cubic
        Self(vec![
            Step::Move(x + r, y),
            Step::Cubic(x + r, y + c, x + c, y + r, x, y + r),
            Step::Cubic(x - c, y + r, x - r, y + c, x - r, y),
            Step::Cubic(x - r, y - c, x - c, y - r, x, y - r),
            Step::Cubic(x + c, y - r, x + r, y - c, x + r, y),
            Step::Close,
        ])
    }

    /// A rectangle with rounded corners.
    pub fn rounded(rect: Rect, r: f64) -> Self {
        let (l, t, b, q) = (rect.left, rect.top, rect.bottom(), rect.right());
        Self(vec![
            Step::Move(l + r, t),
            Step::Line(q - r, t),
            Step::Quad(q, t, q, t + r),
            Step::Line(q, b - r),
            Step::Quad(q, b, q - r, b),
            Step::Line(l + r, b),
            Step::Quad(l, b, l, b - r),
            Step::Line(l, t + r),
            Step::Quad(l, t, l + r, t),
            Step::Close,
        ])
    }
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pen {
    pub color: Color,
    pub width: f64,
    /// Lengths of dashes and gaps in turn, in widths of the line; none for a solid line.
    pub dash: &'static [f64],
}

impl Pen {
    pub fn new(color: Color, width: f64) -> Self {
        Self { color, width, dash: &[] }
    }
}

/// Which end of the words is at their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Words at a place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Words {
    pub text: String,
    /// Where the anchor is on the base line.
    pub at: (f64, f64),
    pub size: f64,
    pub anchor: Anchor,
    /// Clockwise, in degrees.
    pub angle: f64,
    pub bold: bool,
    pub color: Color,
    /// A rim of this colour behind the letters.
    pub halo: Option<Color>,
}

/// One thing drawn.
#[derive(Clone, Debug)]
pub(super) enum Mark {
    Fill(Path, Color),
    Stroke(Path, Pen),
    /// The same small shape (around 0, 0) at many places.
    Dots {
        shape: Path,
        at: Vec<(f64, f64)>,
        fill: Option<Color>,
        edge: Option<Pen>,
    },
    /// A grid of colours over a rectangle, the first row at the top.
    Cells {
        rect: Rect,
        columns: usize,
        rows: usize,
        colors: Vec<Color>,
        smooth: bool,
    },
    Words(Words),
    /// What follows is drawn inside this rectangle only, or everywhere again.
    Clip(Option<Rect>),
}

impl Drawing {
    pub(super) fn new(width: usize, height: usize, background: Color) -> Self {
        Self { width, height, background, marks: Vec::new() }
    }

    pub(super) fn fill(&mut self, path: Path, color: Color) {
        self.marks.push(Mark::Fill(path, color));
    }

    pub(super) fn stroke(&mut self, path: Path, pen: Pen) {
        self.marks.push(Mark::Stroke(path, pen));
    }

    /// Pixels from left to right.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels from top to bottom.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The drawing as bytes.
    ///
    /// # Errors
    /// When there is not enough memory for it.
    pub fn pixels(&self) -> Result<Pixels> {
        raster::pixels(self)
    }

    /// The drawing as the bytes of a PNG file.
    ///
    /// # Errors
    /// When there is not enough memory for it.
    pub fn png(&self) -> Result<Vec<u8>> {
        raster::png(&self.pixels()?)
    }

    /// The drawing as the text of an SVG file. Words stay words; a viewer without the font Inter takes a similar one.
    ///
    /// # Errors
    /// When a picture inside it cannot be packed.
    pub fn svg(&self) -> Result<String> {
        svg::text(self)
    }

    /// The drawing for terminals that know kitty's graphics protocol, as one string to print.
    ///
    /// # Errors
    /// When there is not enough memory for it.
    pub fn kitty(&self) -> Result<String> {
        let data = svg::base64(&self.png()?);
        let pieces: Vec<&[u8]> = data.as_bytes().chunks(4096).collect();
        let mut text = String::new();
        for (k, piece) in pieces.iter().enumerate() {
            let more = u8::from(k + 1 < pieces.len());
            let head = if k == 0 { format!("a=T,f=100,m={more}") } else { format!("m={more}") };
            text.push_str(&format!("\x1b_G{head};{}\x1b\\", String::from_utf8_lossy(piece)));
        }
        text.push('\n');
        Ok(text)
    }

    /// Writes the drawing to a file, PNG or SVG as its name ends.
    ///
    /// # Errors
    /// When the name ends otherwise, or the file cannot be written.
    pub fn write(&self, path: impl AsRef<FilePath>) -> Result<()> {
        let path = path.as_ref();
        let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        let bytes = match ending.as_deref() {
            Some("png") => self.png()?,
            Some("svg") => self.svg()?.into_bytes(),
            _ => return Err(Error::file(path, "a picture's name must end in .png or .svg")),
        };
        write_atomically(path, |f| f.write_all(&bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_what_their_names_say() {
        let folder = tempfile::tempdir().unwrap();
        let drawing = Drawing::new(20, 16, Color::hex(0x336699));
        let (png, svg) = (folder.path().join("a.PNG"), folder.path().join("new/a.svg"));
        drawing.write(&png).unwrap();
        drawing.write(&svg).unwrap();
        assert!(std::fs::read(&png).unwrap().starts_with(b"\x89PNG"));
        assert!(std::fs::read_to_string(&svg).unwrap().starts_with("<svg"));
        let refusal = drawing.write("a.bmp").unwrap_err().to_string();
        assert_eq!(refusal, "a.bmp: a picture's name must end in .png or .svg");
        assert!(drawing.write(png.join("b.png")).is_err(), "a folder that is a file");
        assert!(drawing.kitty().unwrap().starts_with("\x1b_Ga=T,f=100,m=0;iVBOR"));
    }
}
