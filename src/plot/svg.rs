//! Drawings as SVG text: words stay words that can be searched and edited.

use super::color::Color;
use super::drawing::{Anchor, Drawing, Mark, Path, Pen, Rect, Step, Words};
use super::{font, raster};
use crate::Result;
use std::fmt::Write as _;

/// What a viewer looks for when it lacks the first.
const FONTS: &str = "Inter, 'Helvetica Neue', Arial, 'DejaVu Sans', 'Noto Sans CJK SC', 'PingFang SC', \
                     'Microsoft YaHei', sans-serif";

/// A grid of at most so many cells is written as rectangles.
const RECTANGLES: usize = 4096;

/// The whole file.
pub(super) fn text(drawing: &Drawing) -> Result<String> {
    let (w, h) = (drawing.width, drawing.height);
    let mut out = String::new();
    let mut put = |line: String| {
        out.push_str(&line);
        out.push('\n');
    };
    put(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
         font-family=\"{FONTS}\">"
    ));
    put(format!("<rect width=\"{w}\" height=\"{h}\" fill=\"{}\"/>", drawing.background.code()));
    let (mut clips, mut open) = (0, false);
    for mark in &drawing.marks {
        match mark {
            Mark::Fill(path, color) => put(format!("<path d=\"{}\"{}/>", d(path), fill(Some(*color)))),
            Mark::Stroke(path, pen) => put(format!("<path d=\"{}\" fill=\"none\"{}/>", d(path), stroke(pen))),
            Mark::Dots { shape, at, fill: inside, edge } => {
                put(format!("<g{}{}>", fill(*inside), edge.as_ref().map(stroke).unwrap_or_default()));
                let radius = circle(shape);
                for (x, y) in at {
                    put(match radius {
                        Some(r) => format!("<circle cx=\"{}\" cy=\"{}\" r=\"{}\"/>", n(*x), n(*y), n(r)),
                        None => format!("<path transform=\"translate({} {})\" d=\"{}\"/>", n(*x), n(*y), d(shape)),
                    });
                }
                put("</g>".into());
            }
            Mark::Cells { rect, columns, rows, colors, smooth } => {
                put(cells(*rect, *columns, *rows, colors, *smooth)?);
            }
            Mark::Words(words) => put(spoken(words)),
            Mark::Clip(clip) => {
                if std::mem::replace(&mut open, clip.is_some()) {
                    put("</g>".into());
                }
                if let Some(r) = clip {
                    clips += 1;
                    let [x, y, w, h] = [r.left, r.top, r.width, r.height].map(n);
                    put(format!(
                        "<clipPath id=\"clip{clips}\"><rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"/></clipPath>"
                    ));
                    put(format!("<g clip-path=\"url(#clip{clips})\">"));
                }
            }
        }
    }
    if open {
        put("</g>".into());
    }
    put("</svg>".into());
    Ok(out)
}

/// A grid of colours: rectangles if they are few, otherwise a picture of about as many pixels as it has on the screen,
/// since viewers differ in how they enlarge one.
fn cells(rect: Rect, columns: usize, rows: usize, colors: &[Color], smooth: bool) -> Result<String> {
    let (w, h) = (rect.width / columns as f64, rect.height / rows as f64); // of a cell
    if !smooth && columns * rows <= RECTANGLES && w.min(h) >= 1.0 {
        let mut out = String::from("<g shape-rendering=\"crispEdges\">");
        for (r, row) in colors.chunks_exact(columns).enumerate() {
            let mut c = 0;
            for run in row.chunk_by(|a, b| a == b) {
                if run[0].a > 0 {
                    let [x, y, w, h] =
                        [rect.left + w * c as f64, rect.top + h * r as f64, w * run.len() as f64, h].map(n);
                    let fill = fill(Some(run[0]));
                    out += &format!("\n<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"{fill}/>");
                }
                c += run.len();
            }
        }
        return Ok(out + "\n</g>");
    }
    let pixels = |length: f64, cells: usize| (length.round().clamp(1.0, 4096.0) as usize).max(cells);
    let size = (pixels(rect.width, columns), pixels(rect.height, rows));
    let png = match size == (columns, rows) {
        true => raster::png_of_colors(columns, rows, colors)?,
        false => raster::png_of_colors(size.0, size.1, &raster::resampled(colors, columns, rows, size, smooth))?,
    };
    let [x, y, w, h] = [rect.left, rect.top, rect.width, rect.height].map(n);
    let data = base64(&png);
    Ok(format!(
        "<image x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" preserveAspectRatio=\"none\" \
         href=\"data:image/png;base64,{data}\"/>"
    ))
}

fn spoken(words: &Words) -> String {
    let (x, y) = (n(words.at.0), n(words.at.1));
    let anchor = match words.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    let turn =
        if words.angle == 0.0 { String::new() } else { format!(" transform=\"rotate({} {x} {y})\"", n(words.angle)) };
    let bold = if words.bold { " font-weight=\"600\"" } else { "" };
    let halo = words.halo.map_or(String::new(), |color| {
        let width = n(words.size * 0.22);
        format!(
            " stroke=\"{}\" stroke-width=\"{width}\" stroke-linejoin=\"round\" paint-order=\"stroke\"",
            color.code()
        )
    });
    let (size, fill, text) = (n(words.size), fill(Some(words.color)), escaped(&words.text));
    // In another font long words keep their length, so that they stay in their place.
    let width = font::width(&words.text, words.size, words.bold);
    let fit = match width > 4.0 * words.size {
        true => format!(" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\"", n(width)),
        false => String::new(),
    };
    format!("<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{anchor}{bold}{turn}{fit}{fill}{halo}>{text}</text>")
}

/// Text as XML wants it; what XML cannot say at all is left out.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

/// A number with at most two decimals.
fn n(value: f64) -> String {
    let value = if value.is_finite() { value.clamp(-1e6, 1e6) } else { 0.0 };
    let text = format!("{value:.2}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".into() } else { short.into() }
}

fn d(path: &Path) -> String {
    let mut out = String::new();
    for step in &path.0 {
        let written = match *step {
            Step::Move(x, y) => write!(out, "M{} {}", n(x), n(y)),
            Step::Line(x, y) => write!(out, "L{} {}", n(x), n(y)),
            Step::Quad(a, b, x, y) => write!(out, "Q{} {} {} {}", n(a), n(b), n(x), n(y)),
            Step::Cubic(a, b, c, d, x, y) => {
                write!(out, "C{} {} {} {} {} {}", n(a), n(b), n(c), n(d), n(x), n(y))
            }
            Step::Close => write!(out, "Z"),
        };
        written.expect("a String takes all that is written to it");
    }
    out
}

fn fill(color: Option<Color>) -> String {
    let Some(color) = color else { return " fill=\"none\"".into() };
    let clear =
        if color.a == 255 { String::new() } else { format!(" fill-opacity=\"{}\"", n(f64::from(color.a) / 255.0)) };
    format!(" fill=\"{}\"{clear}", color.code())
}

fn stroke(pen: &Pen) -> String {
    let mut out =
        format!(" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\"", pen.color.code(), n(pen.width));
    if pen.color.a < 255 {
        out += &format!(" stroke-opacity=\"{}\"", n(f64::from(pen.color.a) / 255.0));
    }
    if pen.dash.is_empty() {
        out += " stroke-linecap=\"round\"";
    } else {
        let dash: Vec<String> = pen.dash.iter().map(|d| n(d * pen.width)).collect();
        out += &format!(" stroke-dasharray=\"{}\"", dash.join(" "));
    }
    out
}

/// The radius, if the path is what [`Path::circle`] makes around 0, 0.
fn circle(path: &Path) -> Option<f64> {
    let Some(Step::Move(r, _)) = path.0.first() else { return None };
    (*path == Path::circle(0.0, 0.0, *r)).then_some(*r)
}

/// Bytes as text (RFC 4648, section 4).
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let n = three.iter().enumerate().fold(0u32, |n, (k, b)| n | u32::from(*b) << (16 - 8 * k));
        for k in 0..4 {
            let digit = DIGITS[(n >> (18 - 6 * k) & 63) as usize];
            out.push(if k <= three.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        let pairs = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, coded) in pairs {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn words_are_safe_and_numbers_short() {
        assert_eq!(escaped("a < b & \"c\" > 中\u{0}"), "a &lt; b &amp; &quot;c&quot; &gt; 中");
        assert_eq!([1.0, 0.126, -0.001, f64::NAN, 1e9].map(n), ["1", "0.13", "0", "0", "1000000"].map(String::from));
    }

    #[test]
    fn few_cells_are_rectangles_and_many_a_picture() {
        let rect = Rect { left: 0.0, top: 0.0, width: 100.0, height: 100.0 };
        let few = cells(rect, 2, 2, &[Color::hex(0xff0000), Color::hex(0xff0000), Color::hex(0), Color::hex(1)], false)
            .unwrap();
        assert_eq!(few.matches("<rect").count(), 3, "{few}");
        assert!(few.contains("width=\"100\" height=\"50\" fill=\"#ff0000\""));
        let many = cells(rect, 300, 300, &[Color::hex(0); 90_000], false).unwrap();
        assert!(many.contains("data:image/png;base64,iVBOR"));
    }

    #[test]
    fn circles_are_circles() {
        assert_eq!(circle(&Path::circle(0.0, 0.0, 3.0)), Some(3.0));
        assert_eq!(circle(&Path::polygon(&[(0.0, 0.0), (1.0, 0.0)])), None);
    }
}
