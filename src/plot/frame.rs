//! What is around a figure's inside: room, axes, marks, titles, the colour bar and the legend.

use super::color::Color;
use super::drawing::{Anchor, Drawing, Mark, Path, Pen, Rect, Step, Words};
use super::extent::View;
use super::figure::{Figure, FigureSettings, Legend};
use super::font::{self, CAPITAL, LINE};
use super::layer::Layer;
use super::legend::{self, Entry};
use super::pane::Pane;
use super::scale::{Axis, Scale, Tick, number};
use crate::{Error, Result};

/// So many points about four pixels apart may be hidden by a legend.
const HIDDEN: usize = 8;

/// The angle at which crowded names are turned, in degrees.
const TURN: f64 = 38.0;

/// How everything shares the room.
struct Layout {
    pane: Rect,
    /// What the pane could have had, were it not for its own shape.
    room: (f64, f64),
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
    color_ticks: Vec<Tick>,
    /// Names of the x axis stand aslant.
    turned: bool,
    title: Vec<String>,
    /// From the pane's left side to the middle of the y label.
    y_label_at: f64,
    /// From the pane's bottom to the middle of the x label.
    x_label_at: f64,
    /// From the pane's right side to the colour label's middle.
    color_label_at: f64,
    /// Where everything at the right of the pane ends.
    outer: f64,
}

/// Draws a figure into a part of a drawing.
pub(super) fn draw(figure: &Figure, drawing: &mut Drawing, whole: Rect) -> Result<()> {
    if figure.layers.is_empty() {
        return Err(Error::value("figure: there is nothing to draw; add a line, points or another layer"));
    }
    let view = View::of(figure)?;
    let mut settings = figure.settings.clone();
    let mut entries = Vec::new();
    if settings.legend == Legend::Outside {
        let mut unseen = Drawing::new(drawing.width, drawing.height, drawing.background);
        entries = Pane::new(&settings, &view, whole).layers(figure, &mut unseen)?;
    }
    let start = drawing.marks.len();
    loop {
        let Some((size, layout)) = readable(figure, &settings, &view, whole, &entries) else {
            Pane::new(&settings, &view, whole).layers(figure, drawing)?;
            return Ok(());
        };
        settings.font_size = size;
        let pane = Pane::new(&settings, &view, layout.pane);
        if figure.has_axes() && figure.has_grid() {
            let bars = figure.layers.iter().any(|layer| matches!(layer, Layer::Bars(_)));
            grid(drawing, &pane, &layout, !bars);
        }
        let from = drawing.marks.len();
        entries = pane.layers(figure, drawing)?;
        let place = legend::place(&entries, &settings, layout.pane, layout.outer, &drawing.marks[from..]);
        if let Some(place) = &place {
            // Where it would hide something everywhere, it stands beside the figure if there is room.
            let room = layout.pane.width - legend::room(&entries, &settings) > 0.5 * whole.width;
            if settings.legend == Legend::Auto && place.hidden > HIDDEN && room {
                settings.legend = Legend::Outside;
                drawing.marks.truncate(start);
                continue;
            }
        }
        if figure.has_axes() {
            axes(drawing, &pane, &layout, figure.layers.iter().any(Layer::covers));
        }
        if has_color_bar(&settings, &view) {
            color_bar(drawing, &pane, &layout);
        }
        titles(drawing, &pane, &layout, figure.has_axes());
        if let Some(place) = place {
            legend::draw(drawing, &entries, &settings, &place);
        }
        return Ok(());
    }
}

/// The layout with letters as large as asked for, or as large as a small picture allows; none where they could not be
/// read.
fn readable(
    figure: &Figure,
    settings: &FigureSettings,
    view: &View,
    whole: Rect,
    entries: &[Entry],
) -> Option<(f64, Layout)> {
    let mut settings = settings.clone();
    while settings.font_size >= 4.0 {
        let layout = layout(figure, &settings, view, whole, entries);
        if layout.room.0 >= 0.45 * whole.width && layout.room.1 >= 0.45 * whole.height {
            return Some((settings.font_size, layout));
        }
        settings.font_size *= 0.85;
    }
    None
}

fn has_color_bar(settings: &FigureSettings, view: &View) -> bool {
    settings.color_bar && view.tint.is_some()
}

/// The marks of an axis: those asked for, or round numbers.
pub(super) fn ticks(axis: &Axis, at: &[f64], labels: &[String], most: usize) -> Vec<Tick> {
    if at.is_empty() && labels.is_empty() {
        return axis.ticks(most);
    }
    let label = |k: usize, value: f64| labels.get(k).cloned().unwrap_or_else(|| number(value));
    let count = |k: usize| at.get(k).copied().unwrap_or((k + 1) as f64);
    let all = (0..at.len().max(labels.len())).map(|k| Tick { value: count(k), label: label(k, count(k)) });
    all.filter(|t| (-1e-9..=1.0 + 1e-9).contains(&axis.unit(t.value))).collect()
}

fn widest(ticks: &[Tick], size: f64) -> f64 {
    ticks.iter().map(|t| font::width(&t.label, size, false)).fold(0.0, f64::max)
}

fn layout(figure: &Figure, settings: &FigureSettings, view: &View, whole: Rect, entries: &[Entry]) -> Layout {
    let size = settings.font_size;
    let small = size * 0.9;
    let (pad, tick) = ((size * 0.8).round(), (size * 0.3).round());
    let title = font::wrap(&settings.title, size * 1.15, true, whole.width - 2.0 * pad);
    let mut top = pad;
    if !settings.title.is_empty() {
        top += title.len() as f64 * size * 1.15 * LINE + size * 0.25;
    }
    let axes = figure.has_axes();
    let label = |text: &str| if text.is_empty() { 0.0 } else { size * LINE };
    let few = |room: f64| ((room / (size * 2.7)) as usize).clamp(3, 11);

    // What stands below and beside depends on each other's room: heights first.
    let mut bottom = pad;
    if axes {
        bottom = tick + small * 1.25 + label(&settings.x_label) + size * 0.5;
        top = top.max(size * 0.7);
    }
    let height = whole.height - top - bottom;
    let y_ticks =
        if axes { ticks(&view.y, &settings.y_ticks, &settings.y_tick_labels, few(height)) } else { Vec::new() };
    let y_width = widest(&y_ticks, small);
    let mut left = pad;
    let mut y_label_at = 0.0;
    if axes {
        left = size * 0.5 + label(&settings.y_label) + y_width + tick + size * 0.35;
        y_label_at = tick + size * 0.35 + y_width + size * 0.25 + size * LINE / 2.0;
        if y_ticks.is_empty() {
            left = left.max(pad);
        }
    }
    let mut beside = 0.0; // at the right of the pane
    let (mut color_ticks, mut color_label_at) = (Vec::new(), 0.0);
    if let (true, Some(tint)) = (has_color_bar(settings, view), &view.tint) {
        color_ticks = tint.axis.ticks(few(height));
        beside = size * 1.9 + tick + size * 0.3 + widest(&color_ticks, small);
        color_label_at = beside + size * 0.2 + size * LINE / 2.0;
        beside += label(&settings.color_label);
    }
    let mut right = pad + beside + legend::room(entries, settings);

    let (mut x_ticks, mut turned) = (Vec::new(), false);
    let mut below = 0.0; // how far the marks' names reach
    if axes {
        let room = whole.width - left - right;
        let named = !(settings.x_ticks.is_empty() && settings.x_tick_labels.is_empty());
        if named {
            x_ticks = ticks(&view.x, &settings.x_ticks, &settings.x_tick_labels, 0);
            let places: Vec<f64> = x_ticks.iter().map(|t| view.x.unit(t.value) * room).collect();
            let apart = places.windows(2).map(|w| (w[1] - w[0]).abs()).fold(f64::INFINITY, f64::min);
            turned = widest(&x_ticks, small) + size * 0.5 > apart;
            // Still too many: every second, third, … stays.
            let every = (small * 1.15 / apart.max(0.01)).ceil().max(1.0) as usize;
            x_ticks = x_ticks.into_iter().step_by(every).collect();
        } else {
            let mut most = ((room / (size * 3.2)) as usize).clamp(2, 11);
            x_ticks = view.x.ticks(most);
            while most > 2 && widest(&x_ticks, small) + size * 0.9 > room / x_ticks.len().max(1) as f64 {
                most -= 1;
                x_ticks = view.x.ticks(most);
            }
        }
        below = small * 1.1;
        if turned {
            let (sin, cos) = TURN.to_radians().sin_cos();
            let most = (0.4 * whole.height / sin).min(size * 14.0);
            x_ticks.iter_mut().for_each(|t| t.label = font::shorten(&t.label, small, false, most));
            below = widest(&x_ticks, small) * sin + small * 0.9;
            let first = x_ticks.first().map_or(0.0, |t| view.x.unit(t.value) * room);
            left = left.max(widest(&x_ticks[..1.min(x_ticks.len())], small) * cos - first + pad);
        } else if let Some(last) = x_ticks.last() {
            let over = font::width(&last.label, small, false) / 2.0 - (1.0 - view.x.unit(last.value)) * room;
            right = right.max(over + size * 0.4);
        }
        bottom = tick + size * 0.25 + below + label(&settings.x_label) + size * 0.5;
    }
    let x_label_at = tick + size * 0.25 + below + size * 0.15 + size * LINE / 2.0;
    let (mut pane_left, mut pane_top) = (whole.left + left.round(), whole.top + top.round());
    let mut width = (whole.width - left - right).round().max(0.0);
    let mut height = (whole.height - top - bottom).round().max(0.0);
    let room = (width, height);
    if figure.is_equal() && width > 0.0 && height > 0.0 {
        let length = |axis: &Axis| match axis.scale() {
            Scale::Linear => axis.high() - axis.low(),
            Scale::Log => axis.high().log10() - axis.low().log10(),
        };
        let ratio = length(&view.x) / length(&view.y);
        if settings.x_scale == settings.y_scale && ratio.is_finite() && ratio > 0.0 {
            let (w, h) = ((height * ratio).round().clamp(1.0, width), (width / ratio).round().clamp(1.0, height));
            pane_left += ((width - w) / 2.0).floor();
            pane_top += ((height - h) / 2.0).floor();
            (width, height) = (w, h);
        }
    }
    let pane = Rect { left: pane_left, top: pane_top, width, height };
    Layout {
        pane,
        room,
        x_ticks,
        y_ticks,
        color_ticks,
        turned,
        title,
        y_label_at,
        x_label_at,
        color_label_at,
        outer: pane.right() + beside,
    }
}

/// The middle of the pixel that holds `v`, so that a thin line is sharp.
fn sharp(v: f64) -> f64 {
    v.floor() + 0.5
}

fn grid(drawing: &mut Drawing, pane: &Pane, layout: &Layout, upright: bool) {
    let r = pane.rect;
    let mut path = Path::default();
    for x in layout.x_ticks.iter().filter(|_| upright).map(|t| sharp(pane.px(t.value))) {
        path.0.extend([Step::Move(x, r.top), Step::Line(x, r.bottom())]);
    }
    for y in layout.y_ticks.iter().map(|t| sharp(pane.py(t.value))) {
        path.0.extend([Step::Move(r.left, y), Step::Line(r.right(), y)]);
    }
    if !path.0.is_empty() {
        drawing.stroke(path, Pen::new(pane.settings.theme.grid(), 1.0));
    }
}

fn axes(drawing: &mut Drawing, pane: &Pane, layout: &Layout, framed: bool) {
    let (r, size, theme) = (pane.rect, pane.settings.font_size, pane.settings.theme);
    let small = size * 0.9;
    let tick = (size * 0.3).round();
    let (left, right, top, bottom) = (sharp(r.left - 1.0), sharp(r.right()), sharp(r.top - 1.0), sharp(r.bottom()));
    let mut path = vec![Step::Move(left, top), Step::Line(left, bottom), Step::Line(right, bottom)];
    if framed {
        path.extend([Step::Line(right, top), Step::Close]);
    }
    let inside_x = |x: f64| x.clamp(left, right);
    let inside_y = |y: f64| y.clamp(top, bottom);
    let mut minor = Vec::new();
    for tick_at in &layout.x_ticks {
        let x = inside_x(sharp(pane.px(tick_at.value)));
        path.extend([Step::Move(x, bottom), Step::Line(x, bottom + tick)]);
        let (anchor, angle, at) = match layout.turned {
            true => (Anchor::End, -TURN, (x + small * 0.35, bottom + tick + size * 0.2 + small * 0.6)),
            false => (Anchor::Middle, 0.0, (x, bottom + tick + size * 0.25 + small * CAPITAL + small * 0.15)),
        };
        say(drawing, &tick_at.label, at, small, anchor, angle, false, theme.ink());
    }
    for tick_at in &layout.y_ticks {
        let y = inside_y(sharp(pane.py(tick_at.value)));
        path.extend([Step::Move(left, y), Step::Line(left - tick, y)]);
        let at = (left - tick - size * 0.35, y + small * CAPITAL / 2.0);
        say(drawing, &tick_at.label, at, small, Anchor::End, 0.0, false, theme.ink());
    }
    if pane.settings.x_ticks.is_empty() && pane.settings.x_tick_labels.is_empty() {
        for x in pane.x.minor().into_iter().map(|v| inside_x(sharp(pane.px(v)))) {
            minor.extend([Step::Move(x, bottom), Step::Line(x, bottom + tick * 0.6)]);
        }
    }
    if pane.settings.y_ticks.is_empty() && pane.settings.y_tick_labels.is_empty() {
        for y in pane.y.minor().into_iter().map(|v| inside_y(sharp(pane.py(v)))) {
            minor.extend([Step::Move(left, y), Step::Line(left - tick * 0.6, y)]);
        }
    }
    drawing.stroke(Path(path), Pen::new(theme.axis(), 1.0));
    if !minor.is_empty() {
        drawing.stroke(Path(minor), Pen::new(theme.axis(), 0.7));
    }
}

fn color_bar(drawing: &mut Drawing, pane: &Pane, layout: &Layout) {
    let Some(tint) = &pane.tint else { return };
    let (r, size, theme) = (pane.rect, pane.settings.font_size, pane.settings.theme);
    let (small, tick) = (size * 0.9, (size * 0.3).round());
    let (left, width) = ((r.right() + size * 0.9).round(), size.round());
    let bar = Rect { left, width, ..r };
    let rows = 256;
    let colors = (0..rows).map(|k| tint.map.at(1.0 - k as f64 / (rows - 1) as f64)).collect();
    drawing.marks.push(Mark::Cells { rect: bar, columns: 1, rows, colors, smooth: true });
    let mut path = Path::default();
    for tick_at in &layout.color_ticks {
        let y = sharp(r.top + (1.0 - tint.axis.unit(tick_at.value)) * r.height).clamp(r.top + 0.5, r.bottom() - 0.5);
        path.0.extend([Step::Move(bar.right(), y), Step::Line(bar.right() + tick, y)]);
        let at = (bar.right() + tick + size * 0.3, y + small * CAPITAL / 2.0);
        say(drawing, &tick_at.label, at, small, Anchor::Start, 0.0, false, theme.ink());
    }
    if !path.0.is_empty() {
        drawing.stroke(path, Pen::new(theme.axis(), 1.0));
    }
}

fn titles(drawing: &mut Drawing, pane: &Pane, layout: &Layout, axes: bool) {
    let (r, s) = (pane.rect, pane.settings);
    let (size, ink) = (s.font_size, s.theme.ink());
    let line = size * 1.15 * LINE;
    let middle = (r.left + r.width / 2.0, r.top + r.height / 2.0);
    for (k, text) in layout.title.iter().enumerate() {
        let base = r.top - size * 0.65 - line * (layout.title.len() - 1 - k) as f64;
        let half = font::width(text, size * 1.15, true) / 2.0;
        // In the middle of the pane, unless it would leave the picture there.
        let x = middle.0.min(drawing.width as f64 - half - 2.0).max(half + 2.0);
        say(drawing, text, (x, base), size * 1.15, Anchor::Middle, 0.0, true, ink);
    }
    if axes && !s.x_label.is_empty() {
        let text = font::shorten(&s.x_label, size, false, r.width.max(r.right() - 4.0));
        let at = (middle.0, r.bottom() + layout.x_label_at + size * CAPITAL / 2.0);
        say(drawing, &text, at, size, Anchor::Middle, 0.0, false, ink);
    }
    let sideways = |drawing: &mut Drawing, text: &str, x: f64| {
        let text = font::shorten(text, size, false, r.height.max(r.bottom() - 4.0));
        say(drawing, &text, (x + size * CAPITAL / 2.0, middle.1), size, Anchor::Middle, -90.0, false, ink);
    };
    if axes && !s.y_label.is_empty() {
        sideways(drawing, &s.y_label, r.left - layout.y_label_at);
    }
    if s.color_bar && pane.tint.is_some() && !s.color_label.is_empty() {
        sideways(drawing, &s.color_label, r.right() + layout.color_label_at);
    }
}

#[allow(clippy::too_many_arguments)] // a line of words is what it is
pub(super) fn say(
    drawing: &mut Drawing,
    text: &str,
    at: (f64, f64),
    size: f64,
    anchor: Anchor,
    angle: f64,
    bold: bool,
    color: Color,
) {
    let words = Words { text: text.into(), at, size, anchor, angle, bold, color, halo: None };
    drawing.marks.push(Mark::Words(words));
}
