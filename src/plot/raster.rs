//! Drawings as pixels, with smooth edges (tiny-skia).

use super::color::Color;
use super::drawing::{Anchor, Drawing, Mark, Path, Pen, Pixels, Rect, Step, Words};
use super::font;
use crate::{Error, Result};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _};
use tiny_skia::{
    FillRule, LineCap, LineJoin, Paint, PathBuilder, Pixmap, PremultipliedColorU8, Stroke, StrokeDash, Transform,
};

/// More dots than this are drawn once for each quarter of a pixel and copied.
const MANY: usize = 256;
/// Long opaque lines are drawn in pieces of so many points, which is several times faster.
const PIECE: usize = 24;

/// Coordinates are kept within this, far outside of any picture.
const FAR: f64 = 1e5;

/// The drawing as red, green and blue bytes.
pub(super) fn pixels(drawing: &Drawing) -> Result<Pixels> {
    let mut paper = Paper::new(drawing.width, drawing.height, drawing.background)?;
    for mark in &drawing.marks {
        paper.draw(mark)?;
    }
    Ok(paper.pixels())
}

/// What marks are drawn on, one after the other.
#[derive(Clone)]
pub(super) struct Paper {
    whole: Pixmap,
    /// A clipped part is a paper of its own, laid back when the clip ends, with the place of its corner.
    part: Option<(Pixmap, i32, i32)>,
}

impl Paper {
    /// An empty one.
    ///
    /// # Errors
    /// When there is not enough memory for it.
    pub fn new(width: usize, height: usize, background: Color) -> Result<Self> {
        let mut paper = Self { whole: pixmap(width, height)?, part: None };
        paper.clear(background);
        Ok(paper)
    }

    /// Covers all of it, and ends a clip.
    pub fn clear(&mut self, color: Color) {
        self.part = None;
        self.whole.fill(tiny_skia::Color::from_rgba8(color.r, color.g, color.b, 255));
    }

    /// Draws one mark, or begins or ends a clip.
    ///
    /// # Errors
    /// When there is not enough memory for a clip.
    pub fn draw(&mut self, mark: &Mark) -> Result<()> {
        match (mark, &mut self.part) {
            (Mark::Clip(clip), _) => {
                self.lay_back();
                self.part = clip.map(|rect| self.cut(rect)).transpose()?;
            }
            (_, Some((pixmap, x, y))) => draw(pixmap, mark, (f64::from(*x), f64::from(*y))),
            (_, None) => draw(&mut self.whole, mark, (0.0, 0.0)),
        }
        Ok(())
    }

    /// What is on it now.
    pub fn pixels(&mut self) -> Pixels {
        self.lay_back();
        let (width, height) = (self.whole.width() as usize, self.whole.height() as usize);
        Pixels { width, height, rgb: self.whole.data().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect() }
    }

    /// A copy of what is inside a rectangle.
    fn cut(&self, rect: Rect) -> Result<(Pixmap, i32, i32)> {
        let (width, height) = (self.whole.width() as usize, self.whole.height() as usize);
        let edge = |v: f64, most: usize| v.round().clamp(0.0, most as f64) as usize;
        let (l, t) = (edge(rect.left, width - 1), edge(rect.top, height - 1));
        let (r, b) = (edge(rect.right(), width).max(l + 1), edge(rect.bottom(), height).max(t + 1));
        let mut part = pixmap(r - l, b - t)?;
        let row = 4 * (r - l);
        for (k, line) in part.data_mut().chunks_exact_mut(row).enumerate() {
            let from = 4 * ((t + k) * width + l);
            line.copy_from_slice(&self.whole.data()[from..from + row]);
        }
        Ok((part, l as i32, t as i32))
    }

    /// Puts the clipped part where it belongs.
    fn lay_back(&mut self) {
        if let Some((pixmap, x, y)) = &self.part {
            let source = tiny_skia::PixmapPaint { blend_mode: tiny_skia::BlendMode::Source, ..Default::default() };
            self.whole.draw_pixmap(*x, *y, pixmap.as_ref(), &source, Transform::identity(), None);
        }
    }
}

fn pixmap(width: usize, height: usize) -> Result<Pixmap> {
    let none = || Error::value(format!("plot: no memory for a picture of {width} x {height} pixels"));
    Pixmap::new(width as u32, height as u32).ok_or_else(none)
}

/// The bytes of a PNG file.
pub(super) fn png(pixels: &Pixels) -> Result<Vec<u8>> {
    encode(pixels.width, pixels.height, &pixels.rgb, ExtendedColorType::Rgb8)
}

/// The bytes of a PNG file of colours that may be clear.
pub(super) fn png_of_colors(columns: usize, rows: usize, colors: &[Color]) -> Result<Vec<u8>> {
    let bytes: Vec<u8> = colors.iter().flat_map(|c| [c.r, c.g, c.b, c.a]).collect();
    encode(columns, rows, &bytes, ExtendedColorType::Rgba8)
}

fn encode(width: usize, height: usize, bytes: &[u8], kind: ExtendedColorType) -> Result<Vec<u8>> {
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Adaptive)
        .write_image(bytes, width as u32, height as u32, kind)
        .map_err(|e| Error::value(format!("plot: the picture cannot be packed as PNG: {e}")))?;
    Ok(png)
}

/// Draws one mark onto a canvas whose left upper corner is `at`.
fn draw(canvas: &mut Pixmap, mark: &Mark, at: (f64, f64)) {
    let shift = Transform::from_translate(-at.0 as f32, -at.1 as f32);
    match mark {
        Mark::Fill(path, color) => fill(canvas, path, *color, shift),
        Mark::Stroke(path, pen) if path.0.len() > 2 * PIECE && pen.color.a == 255 && pen.dash.is_empty() => {
            pieces(path).iter().for_each(|piece| stroke(canvas, piece, pen, shift));
        }
        Mark::Stroke(path, pen) => stroke(canvas, path, pen, shift),
        Mark::Dots { shape, at: places, fill: inside, edge } => {
            if places.len() > MANY && stamped(canvas, mark, at) {
                return;
            }
            let Some(shape) = skia(shape) else { return };
            for (x, y) in places {
                let there = shift.pre_translate(*x as f32, *y as f32);
                if let Some(color) = inside {
                    canvas.fill_path(&shape, &paint(*color), FillRule::Winding, there, None);
                }
                if let Some(pen) = edge {
                    canvas.stroke_path(&shape, &paint(pen.color), &skia_stroke(pen), there, None);
                }
            }
        }
        Mark::Cells { rect, columns, rows, colors, smooth } => {
            let rect = Rect { left: rect.left - at.0, top: rect.top - at.1, ..*rect };
            cells(canvas, rect, *columns, *rows, colors, *smooth);
        }
        Mark::Words(words) => write(canvas, words, shift),
        Mark::Clip(_) => {}
    }
}

fn fill(canvas: &mut Pixmap, path: &Path, color: Color, transform: Transform) {
    if let Some(path) = skia(path) {
        canvas.fill_path(&path, &paint(color), FillRule::Winding, transform, None);
    }
}

fn stroke(canvas: &mut Pixmap, path: &Path, pen: &Pen, transform: Transform) {
    if let Some(path) = skia(path) {
        canvas.stroke_path(&path, &paint(pen.color), &skia_stroke(pen), transform, None);
    }
}

fn write(canvas: &mut Pixmap, words: &Words, shift: Transform) {
    let before = match words.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => font::width(&words.text, words.size, words.bold) / 2.0,
        Anchor::End => font::width(&words.text, words.size, words.bold),
    };
    let path = font::path(&words.text, words.size, words.bold);
    let there = shift
        .pre_translate(words.at.0 as f32, words.at.1 as f32)
        .pre_rotate(words.angle as f32)
        .pre_translate(-before as f32, 0.0);
    if let Some(color) = words.halo {
        stroke(canvas, &path, &Pen::new(color, words.size * 0.22), there);
    }
    fill(canvas, &path, words.color, there);
}

fn paint(color: Color) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Default::default() };
    paint.set_color_rgba8(color.r, color.g, color.b, color.a);
    paint
}

fn skia_stroke(pen: &Pen) -> Stroke {
    let dash: Vec<f32> = pen.dash.iter().map(|d| (d * pen.width) as f32).collect();
    let cap = if dash.is_empty() { LineCap::Round } else { LineCap::Butt };
    let width = pen.width as f32;
    Stroke { width, line_cap: cap, line_join: LineJoin::Round, dash: StrokeDash::new(dash, 0.0), ..Default::default() }
}

fn skia(path: &Path) -> Option<tiny_skia::Path> {
    let near = |v: f64| if v.is_nan() { 0.0 } else { v.clamp(-FAR, FAR) as f32 };
    let mut builder = PathBuilder::new();
    for step in &path.0 {
        match *step {
            Step::Move(x, y) => builder.move_to(near(x), near(y)),
            Step::Line(x, y) => builder.line_to(near(x), near(y)),
            Step::Quad(a, b, x, y) => builder.quad_to(near(a), near(b), near(x), near(y)),
            Step::Cubic(a, b, c, d, x, y) => builder.cubic_to(near(a), near(b), near(c), near(d), near(x), near(y)),
            Step::Close => builder.close(),
        }
    }
    builder.finish()
}

/// A long path of straight lines as short ones; other paths whole.
fn pieces(path: &Path) -> Vec<Path> {
    if path.0.iter().any(|step| !matches!(step, Step::Move(..) | Step::Line(..))) {
        return vec![path.clone()];
    }
    let mut out = Vec::new();
    let mut piece: Vec<Step> = Vec::new();
    for step in &path.0 {
        piece.push(*step);
        if let (true, Step::Line(x, y)) = (piece.len() > PIECE, *step) {
            out.push(Path(std::mem::replace(&mut piece, vec![Step::Move(x, y)])));
        }
    }
    out.push(Path(piece));
    out
}

/// Draws many equal dots by copying one; answers whether it could.
fn stamped(canvas: &mut Pixmap, mark: &Mark, corner: (f64, f64)) -> bool {
    let Mark::Dots { shape, at, fill, edge } = mark else { return false };
    let Some(bounds) = skia(shape).map(|path| path.bounds()) else { return false };
    let reach = bounds.left().abs().max(bounds.right()).max(bounds.top().abs()).max(bounds.bottom());
    let reach = f64::from(reach) + edge.map_or(0.0, |pen| pen.width) + 2.0;
    if !(reach < 64.0) {
        return false;
    }
    let (half, side) = (reach.ceil() as i64, 2 * reach.ceil() as usize);
    let mut stamps: Vec<Option<Pixmap>> = vec![None; 16];
    let (width, height) = (i64::from(canvas.width()), i64::from(canvas.height()));
    for (x, y) in at {
        let (x, y) = (((x - corner.0) * 4.0).round() as i64, ((y - corner.1) * 4.0).round() as i64);
        let (whole, quarter) = ((x.div_euclid(4), y.div_euclid(4)), (x.rem_euclid(4), y.rem_euclid(4)));
        let slot = &mut stamps[(quarter.1 * 4 + quarter.0) as usize];
        if slot.is_none() {
            let Some(mut stamp) = Pixmap::new(side as u32, side as u32) else { return false };
            let middle = |q: i64| half as f64 + q as f64 / 4.0;
            let one = vec![(middle(quarter.0), middle(quarter.1))];
            draw(&mut stamp, &Mark::Dots { shape: shape.clone(), at: one, fill: *fill, edge: *edge }, (0.0, 0.0));
            *slot = Some(stamp);
        }
        let Some(stamp) = slot else { continue };
        for (row, line) in stamp.data().chunks_exact(4 * side).enumerate() {
            let there = whole.1 - half + row as i64;
            if !(0..height).contains(&there) {
                continue;
            }
            for (column, over) in line.chunks_exact(4).enumerate() {
                let across = whole.0 - half + column as i64;
                if over[3] == 0 || !(0..width).contains(&across) {
                    continue;
                }
                let from = 4 * (there * width + across) as usize;
                let rest = 255 - u32::from(over[3]);
                for (under, over) in canvas.data_mut()[from..from + 4].iter_mut().zip(over) {
                    *under = (u32::from(*over) + (u32::from(*under) * rest + 127) / 255).min(255) as u8;
                }
            }
        }
    }
    true
}

/// A grid of colours over a rectangle: each pixel has the colour of the cell that its middle is in, or the mix of the
/// four nearest.
fn cells(canvas: &mut Pixmap, rect: Rect, columns: usize, rows: usize, colors: &[Color], smooth: bool) {
    let (width, height) = (canvas.width() as usize, canvas.height() as usize);
    let span = |from: f64, to: f64, most: usize| {
        let edge = |v: f64| (v + 0.5).floor().clamp(0.0, most as f64) as usize;
        edge(from)..edge(to)
    };
    let across: Vec<(usize, f64)> = span(rect.left, rect.right(), width)
        .map(|x| (x, (x as f64 + 0.5 - rect.left) / rect.width * columns as f64))
        .collect();
    for y in span(rect.top, rect.bottom(), height) {
        let v = (y as f64 + 0.5 - rect.top) / rect.height * rows as f64;
        for &(x, u) in &across {
            let color = cell_at(colors, columns, rows, u, v, smooth);
            if color.a == 0 {
                continue;
            }
            let pixel = &mut canvas.pixels_mut()[y * width + x];
            let over = match color.a {
                255 => color,
                a => {
                    let under = Color::rgb(pixel.red(), pixel.green(), pixel.blue());
                    under.mix(Color { a: 255, ..color }, f64::from(a) / 255.0)
                }
            };
            if let Some(opaque) = PremultipliedColorU8::from_rgba(over.r, over.g, over.b, 255) {
                *pixel = opaque;
            }
        }
    }
}

/// The colour of a grid at `u` columns from the left and `v` rows from the top.
fn cell_at(colors: &[Color], columns: usize, rows: usize, u: f64, v: f64, smooth: bool) -> Color {
    if smooth {
        return mixed(colors, columns, rows, u - 0.5, v - 0.5);
    }
    colors[(v.max(0.0) as usize).min(rows - 1) * columns + (u.max(0.0) as usize).min(columns - 1)]
}

/// The same grid as `width` by `height` colours.
pub(super) fn resampled(
    colors: &[Color],
    columns: usize,
    rows: usize,
    (width, height): (usize, usize),
    smooth: bool,
) -> Vec<Color> {
    let at = |k: usize, of: usize, n: usize| (k as f64 + 0.5) / of as f64 * n as f64;
    let place = |k: usize| (at(k % width, width, columns), at(k / width, height, rows));
    (0..width * height).map(place).map(|(u, v)| cell_at(colors, columns, rows, u, v, smooth)).collect()
}

fn mixed(colors: &[Color], columns: usize, rows: usize, u: f64, v: f64) -> Color {
    let (u, v) = (u.clamp(0.0, (columns - 1) as f64), v.clamp(0.0, (rows - 1) as f64));
    let (c, r) = (u as usize, v as usize);
    let (c1, r1) = ((c + 1).min(columns - 1), (r + 1).min(rows - 1));
    let (s, t) = ((u - c as f64) as f32, (v - r as f64) as f32);
    let corners = [(c, r), (c1, r), (c, r1), (c1, r1)].map(|(c, r)| colors[r * columns + c]);
    let weights = [(1.0 - s) * (1.0 - t), s * (1.0 - t), (1.0 - s) * t, s * t];
    let opacity: f32 = corners.iter().zip(weights).map(|(c, w)| f32::from(c.a) * w).sum();
    // What is clear has no colour to give.
    let mix = |part: fn(&Color) -> u8| {
        let sum: f32 = corners.iter().zip(weights).map(|(c, w)| f32::from(part(c)) * f32::from(c.a) * w).sum();
        (sum / opacity.max(1e-3) + 0.5) as u8
    };
    Color { r: mix(|c| c.r), g: mix(|c| c.g), b: mix(|c| c.b), a: (opacity + 0.5) as u8 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INK: Color = Color::rgb(200, 0, 0);

    fn canvas() -> Drawing {
        Drawing::new(40, 30, Color::hex(0xffffff))
    }

    #[test]
    fn fills_cover_their_inside_and_nothing_else() {
        let mut drawing = canvas();
        drawing.fill(Rect { left: 10.0, top: 5.0, width: 10.0, height: 10.0 }.path(), INK);
        let pixels = drawing.pixels().unwrap();
        for (x, y, inside) in [(10, 5, true), (19, 14, true), (9, 5, false), (20, 14, false), (15, 15, false)] {
            assert_eq!(pixels.at(x, y) == Some(INK), inside, "{x}, {y}");
        }
    }

    #[test]
    fn a_clip_ends_where_it_says() {
        let mut drawing = canvas();
        drawing.marks.push(Mark::Clip(Some(Rect { left: 10.0, top: 10.0, width: 5.0, height: 5.0 })));
        drawing.fill(Rect { left: 0.0, top: 0.0, width: 40.0, height: 30.0 }.path(), INK);
        drawing.marks.push(Mark::Clip(None));
        drawing.fill(Rect { left: 30.0, top: 0.0, width: 2.0, height: 2.0 }.path(), INK);
        let pixels = drawing.pixels().unwrap();
        let inside: usize = (0..30).map(|y| (0..40).filter(|x| pixels.at(*x, y) == Some(INK)).count()).sum();
        assert_eq!(inside, 25 + 4);
    }

    #[test]
    fn cells_have_the_colours_they_were_given() {
        let mut drawing = canvas();
        let colors = vec![Color::rgb(1, 0, 0), Color::rgb(2, 0, 0), Color::rgb(3, 0, 0), Color { a: 0, ..INK }];
        let rect = Rect { left: 0.0, top: 0.0, width: 40.0, height: 30.0 };
        drawing.marks.push(Mark::Cells { rect, columns: 2, rows: 2, colors, smooth: false });
        let pixels = drawing.pixels().unwrap();
        let reds = [(0, 0), (39, 14), (19, 29), (20, 15)].map(|(x, y)| pixels.at(x, y).unwrap().r);
        assert_eq!(reds, [1, 2, 3, 255], "the last is clear");
    }

    #[test]
    fn many_dots_look_like_each_alone() {
        let at: Vec<(f64, f64)> = (0..300).map(|k| (f64::from(k % 20) * 2.0 + 0.25, f64::from(k / 20) * 2.0)).collect();
        let shape = Path::circle(0.0, 0.0, 0.8);
        let together = Mark::Dots { shape: shape.clone(), at: at.clone(), fill: Some(INK), edge: None };
        let alone = at.iter().map(|p| Mark::Dots { shape: shape.clone(), at: vec![*p], fill: Some(INK), edge: None });
        let (mut a, mut b) = (canvas(), canvas());
        a.marks.push(together);
        b.marks.extend(alone);
        let (a, b) = (a.pixels().unwrap(), b.pixels().unwrap());
        let apart = a.rgb.iter().zip(&b.rgb).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(apart <= Some(3), "{apart:?}");
    }

    #[test]
    fn a_line_in_pieces_is_the_line() {
        let zigzag: Vec<(f64, f64)> = (0..200).map(|k| (f64::from(k) / 5.0, 15.0 + f64::from(k % 2 * 6))).collect();
        let path = Path::line(&zigzag);
        let rejoined: usize = pieces(&path).iter().map(|piece| piece.0.len() - 1).sum();
        assert_eq!(rejoined, 199);
        let (mut a, mut b) = (canvas(), canvas());
        a.stroke(path.clone(), Pen::new(INK, 2.0));
        b.stroke(path, Pen { dash: &[1e6, 1.0], ..Pen::new(INK, 2.0) }); // in one go
        let (a, b) = (a.pixels().unwrap(), b.pixels().unwrap());
        let far = a.rgb.iter().zip(&b.rgb).filter(|(a, b)| a.abs_diff(**b) > 40).count();
        assert!(far < 12, "{far} bytes differ");
    }

    #[test]
    fn nothing_that_is_no_place_is_drawn_or_fatal() {
        let mut drawing = canvas();
        let odd = [(f64::NAN, 0.0), (1e300, -1e300), (f64::INFINITY, 5.0)];
        drawing.stroke(Path::line(&odd), Pen::new(INK, 1.0));
        drawing.fill(Path::polygon(&odd), INK);
        drawing.fill(Path::default(), INK);
        let rect = Rect { left: f64::NAN, top: -1e300, width: 0.0, height: f64::INFINITY };
        drawing.marks.push(Mark::Cells { rect, columns: 1, rows: 1, colors: vec![INK], smooth: true });
        drawing.pixels().unwrap();
    }
}
