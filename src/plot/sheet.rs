//! Several figures in one picture.

use super::color::{Color, Theme};
use super::drawing::{Anchor, Drawing, Rect};
use super::figure::{Figure, letters, size};
use super::font;
use super::font::LINE;
use super::frame::{self, say};
use crate::error::ensure_setting;
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path as FilePath;

/// Settings of a [`Sheet`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SheetSettings {
    /// The line above all figures. Default: none.
    pub title: String,
    /// Figures in a row, up to 100; 0 to choose. Default 0.
    pub columns: usize,
    /// Pixels from left to right, 16 to 16384; 0 for as many as the figures want. Default 0.
    pub width: usize,
    /// Pixels from top to bottom, 16 to 16384; 0 for as many as the figures want. Default 0.
    pub height: usize,
    /// The height of the title's letters in pixels, 4 to 400. Default 20.
    pub font_size: f64,
    /// "light" or "dark". Default "light".
    pub theme: Theme,
    /// The paper's colour. Default: the theme's.
    pub background: Option<Color>,
}

impl Default for SheetSettings {
    fn default() -> Self {
        Self {
            title: String::new(),
            columns: 0,
            width: 0,
            height: 0,
            font_size: 20.0,
            theme: Theme::Light,
            background: None,
        }
    }
}

/// Figures in rows and columns, all equally large.
#[derive(Clone, Debug)]
pub struct Sheet {
    settings: SheetSettings,
    figures: Vec<Figure>,
}

impl Sheet {
    /// An empty sheet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: SheetSettings) -> Result<Self> {
        for (name, pixels) in [("width", settings.width), ("height", settings.height)] {
            if pixels > 0 {
                size("sheet", name, pixels)?;
            }
        }
        letters("sheet", settings.font_size)?;
        ensure_setting(settings.columns <= 100, "sheet", "columns", "at most 100", settings.columns)?;
        Ok(Self { settings, figures: Vec::new() })
    }

    /// Adds a figure behind those before, row by row.
    pub fn add(&mut self, figure: Figure) -> &mut Self {
        self.figures.push(figure);
        self
    }

    /// The figures, row by row.
    pub fn figures(&self) -> &[Figure] {
        &self.figures
    }

    /// The finished drawing.
    ///
    /// # Errors
    /// When there is no figure, one of them cannot be drawn (it says which), or the whole is too large.
    pub fn draw(&self) -> Result<Drawing> {
        let s = &self.settings;
        let n = self.figures.len();
        if n == 0 {
            return Err(Error::value("sheet: there is no figure on it"));
        }
        let columns = if s.columns == 0 { (n as f64).sqrt().ceil() as usize } else { s.columns.min(n) };
        let rows = n.div_ceil(columns);
        let largest = |side: fn(&Figure) -> usize| self.figures.iter().map(side).max().unwrap_or(0);
        let lines = |width: f64| font::wrap(&s.title, s.font_size, true, width - 2.0 * s.font_size);
        let width = if s.width > 0 { s.width } else { columns * largest(|f| f.settings.width) };
        let title = if s.title.is_empty() { Vec::new() } else { lines(width as f64) };
        let top = if title.is_empty() { 0.0 } else { ((title.len() as f64 * LINE + 0.5) * s.font_size).round() };
        let height = if s.height > 0 { s.height } else { rows * largest(|f| f.settings.height) + top as usize };
        size("sheet", "width", width)?;
        size("sheet", "height", height)?;
        let paper = s.background.map_or(s.theme.background(), |color| Color { a: 255, ..color });
        let mut drawing = Drawing::new(width, height, paper);
        for (k, line) in title.iter().enumerate() {
            let at = (width as f64 / 2.0, s.font_size * (1.3 + k as f64 * LINE));
            say(&mut drawing, line, at, s.font_size, Anchor::Middle, 0.0, true, s.theme.ink());
        }
        let room = height as f64 - top;
        if room < 16.0 * rows as f64 || width < 16 * columns {
            let why = format!("{width} x {height} pixels do not hold {columns} x {rows} figures");
            return Err(Error::shape("sheet", why));
        }
        for (k, figure) in self.figures.iter().enumerate() {
            let edge = |k: usize, of: usize, length: f64| (length * k as f64 / of as f64).round();
            let (c, r) = (k % columns, k / columns);
            let (left, right) = (edge(c, columns, width as f64), edge(c + 1, columns, width as f64));
            let (above, below) = (top + edge(r, rows, room), top + edge(r + 1, rows, room));
            let rect = Rect { left, top: above, width: right - left, height: below - above };
            if figure.settings.paper() != paper {
                drawing.fill(rect.path(), figure.settings.paper());
            }
            let wrong = |e: Error| match e {
                Error::Interrupted => e,
                e => Error::value(format!("sheet: figure {}: {e}", k + 1)),
            };
            frame::draw(figure, &mut drawing, rect).map_err(wrong)?;
        }
        Ok(drawing)
    }

    /// Writes the sheet to a file, PNG or SVG as its name ends.
    ///
    /// # Errors
    /// Those of [`Sheet::draw`] and [`Drawing::write`].
    pub fn write(&self, path: impl AsRef<FilePath>) -> Result<()> {
        self.draw()?.write(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{FigureSettings, Line};

    fn figure(width: usize) -> Figure {
        let settings = FigureSettings { width, height: 150, title: format!("w{width}"), ..Default::default() };
        let mut figure = Figure::new(settings).unwrap();
        figure.add(Line { y: vec![1.0, 2.0], ..Default::default() }).unwrap();
        figure
    }

    #[test]
    fn figures_fill_rows_of_equal_rooms() {
        let mut sheet = Sheet::new(SheetSettings { columns: 2, ..Default::default() }).unwrap();
        assert_eq!(sheet.draw().unwrap_err().to_string(), "sheet: there is no figure on it");
        sheet.add(figure(200)).add(figure(240)).add(figure(220));
        let drawing = sheet.draw().unwrap();
        assert_eq!((drawing.width(), drawing.height()), (480, 300));
        let svg = drawing.svg().unwrap();
        assert!(["w200", "w240", "w220"].iter().all(|t| svg.contains(&format!(">{t}</text>"))));
    }

    #[test]
    fn a_figure_that_cannot_be_drawn_is_named() {
        let mut sheet = Sheet::new(SheetSettings::default()).unwrap();
        sheet.add(figure(200)).add(Figure::new(FigureSettings::default()).unwrap());
        let refusal = sheet.draw().unwrap_err().to_string();
        assert!(refusal.starts_with("sheet: figure 2: figure: there is nothing to draw"), "{refusal}");
        let small = SheetSettings { width: 20, ..Default::default() };
        let mut sheet = Sheet::new(small).unwrap();
        sheet.add(figure(200)).add(figure(200));
        assert!(sheet.draw().unwrap_err().to_string().contains("do not hold 2 x 1 figures"));
        assert!(Sheet::new(SheetSettings { width: 1, ..Default::default() }).is_err());
    }
}
