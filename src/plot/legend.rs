//! The legend: which line is which.

use super::color::Color;
use super::drawing::{Anchor, Drawing, Mark, Path, Pen, Rect, Step, Words};
use super::figure::{FigureSettings, Legend};
use super::font::{self, CAPITAL};
use super::pane::Looks;

/// One name with what it looks like.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub label: String,
    pub sample: Sample,
}

/// What a named thing looks like.
#[derive(Clone, Debug)]
pub(super) enum Sample {
    Line(Option<Pen>, Option<Looks>),
    Patch(Color),
}

/// The legend's width and its letters' size.
fn measured(entries: &[Entry], settings: &FigureSettings) -> (f64, f64) {
    let size = settings.font_size * 0.9;
    let most = settings.width as f64 * 0.3;
    let widest = entries.iter().map(|e| font::width(&e.label, size, false)).fold(0.0, f64::max).min(most);
    (widest + 4.1 * size, size)
}

/// How much room a legend outside takes.
pub(super) fn room(entries: &[Entry], settings: &FigureSettings) -> f64 {
    if entries.is_empty() {
        return 0.0;
    }
    measured(entries, settings).0 + settings.font_size * 0.8
}

/// Where a legend stands.
pub(super) struct Place {
    rect: Rect,
    /// How many of the entries it shows.
    shown: usize,
    /// How much of the layers it hides, as points about four pixels apart.
    pub hidden: usize,
}

/// Where the legend stands, if there is one; `marks` are those of the layers, which it tries not to hide.
pub(super) fn place(
    entries: &[Entry],
    settings: &FigureSettings,
    pane: Rect,
    outer: f64,
    marks: &[Mark],
) -> Option<Place> {
    if entries.is_empty() || settings.legend == Legend::None {
        return None;
    }
    let fits = ((pane.height / settings.font_size / 1.35 - 1.0) as usize).max(1);
    let shown = if entries.len() > fits { fits - 1 } else { entries.len() };
    let rows = if shown < entries.len() { shown + 1 } else { shown };
    let (width, size) = measured(entries, settings);
    let height = rows as f64 * size * 1.5 + 0.7 * size;
    let gap = size * 0.6;
    let at = |left: f64, top: f64| Rect { left, top, width, height };
    let (left, middle, right) = (pane.left + gap, pane.left + (pane.width - width) / 2.0, pane.right() - gap - width);
    let (top, center, bottom) = (pane.top + gap, pane.top + (pane.height - height) / 2.0, pane.bottom() - gap - height);
    let rect = match settings.legend {
        Legend::Outside => at(outer + settings.font_size * 0.6, pane.top),
        Legend::TopLeft => at(left, top),
        Legend::BottomRight => at(right, bottom),
        Legend::BottomLeft => at(left, bottom),
        Legend::TopRight | Legend::None => at(right, top),
        Legend::Auto => {
            let places = [
                at(right, top),
                at(left, top),
                at(right, bottom),
                at(left, bottom),
                at(right, center),
                at(left, center),
                at(middle, top),
                at(middle, bottom),
            ];
            let hidden = hidden(marks, &places);
            let least = (0..places.len()).min_by_key(|k| hidden[*k]).unwrap_or(0);
            return Some(Place { rect: places[least], shown, hidden: hidden[least] });
        }
    };
    Some(Place { rect, shown, hidden: 0 })
}

/// Draws the legend.
pub(super) fn draw(drawing: &mut Drawing, entries: &[Entry], settings: &FigureSettings, place: &Place) {
    let Place { rect, shown, .. } = *place;
    let size = settings.font_size * 0.9;
    let mut entries = entries.to_vec();
    if shown < entries.len() {
        let label = format!("… {} more", entries.len() - shown);
        entries.truncate(shown);
        entries.push(Entry { label, sample: Sample::Line(None, None) });
    }
    let theme = settings.theme;
    if settings.legend != Legend::Outside {
        drawing.fill(Path::rounded(rect, 4.0), settings.paper().fade(0.85));
        drawing.stroke(Path::rounded(rect, 4.0), Pen::new(theme.grid(), 1.0));
    }
    for (k, entry) in entries.into_iter().enumerate() {
        let middle = rect.top + size * (0.35 + 0.75 + 1.5 * k as f64);
        let (from, to) = (rect.left + size * 0.7, rect.left + size * 2.7);
        match entry.sample {
            Sample::Line(pen, looks) => {
                if let Some(pen) = pen {
                    let pen = Pen { width: pen.width.min(size * 0.5), ..pen };
                    let line = Path::line(&[(from, middle), (to, middle)]);
                    if near(pen.color, settings.paper()) {
                        let rim = Pen { color: theme.ink().fade(0.5), width: pen.width + 1.6, dash: &[] };
                        drawing.stroke(line.clone(), rim);
                    }
                    drawing.stroke(line, pen);
                }
                if let Some((shape, fill, edge)) = looks {
                    let at = vec![((from + to) / 2.0, middle)];
                    drawing.marks.push(Mark::Dots { shape, at, fill, edge });
                }
            }
            Sample::Patch(color) => {
                let patch = Rect { left: from, top: middle - size * 0.42, width: to - from, height: size * 0.84 };
                drawing.fill(Path::rounded(patch, 2.0), color);
            }
        }
        drawing.marks.push(Mark::Words(Words {
            text: font::shorten(&entry.label, size, false, settings.width as f64 * 0.3),
            at: (rect.left + size * 3.3, middle + size * CAPITAL / 2.0),
            size,
            anchor: Anchor::Start,
            angle: 0.0,
            bold: false,
            color: theme.ink(),
            halo: None,
        }));
    }
}

/// Whether a line of one colour could hardly be seen on the other.
fn near(a: Color, b: Color) -> bool {
    (a.lightness() - b.lightness()).abs() < 0.12
}

/// How much of what is drawn each rectangle would hide, as points about four pixels apart.
fn hidden(marks: &[Mark], rects: &[Rect]) -> Vec<usize> {
    let mut counts = vec![0; rects.len()];
    let mut add = |x: f64, y: f64| {
        for (count, rect) in counts.iter_mut().zip(rects) {
            *count += usize::from(rect.contains(x, y));
        }
    };
    for mark in marks {
        match mark {
            Mark::Dots { at, .. } => at.iter().for_each(|(x, y)| (0..3).for_each(|_| add(*x, *y))),
            Mark::Words(words) => (0..10).for_each(|_| add(words.at.0, words.at.1)),
            Mark::Stroke(path, _) | Mark::Fill(path, _) => {
                let mut before = (0.0, 0.0);
                for step in &path.0 {
                    let (Step::Move(x, y) | Step::Line(x, y)) = *step else { continue };
                    if matches!(step, Step::Line(..)) {
                        let length = (x - before.0).hypot(y - before.1);
                        let n = if length.is_finite() { (length / 4.0).ceil().clamp(1.0, 2000.0) } else { 1.0 };
                        for k in 0..=n as usize {
                            let t = k as f64 / n;
                            add(before.0 + t * (x - before.0), before.1 + t * (y - before.1));
                        }
                    }
                    before = (x, y);
                }
            }
            Mark::Cells { .. } | Mark::Clip(_) => {}
        }
    }
    counts
}
