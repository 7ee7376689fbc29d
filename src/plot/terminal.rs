//! Figures as text: eight dots to a letter (braille) for lines and points, two blocks of colour to a letter for what
//! covers the paper.

use super::color::Color;
use super::drawing::{Anchor, Drawing, Mark, Path, Rect, Step};
use super::extent::View;
use super::figure::{Figure, Legend, TerminalSettings};
use super::layer::Layer;
use super::legend::{Entry, Sample};
use super::pane::Pane;
use super::scale::{Axis, Tick, number};
use super::{frame, raster};
use crate::{Error, Result};

/// The bits of a braille letter's dots, row by row (Unicode 15, chapter 21.1).
const DOTS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// Shades for when there are no colours, darkest first.
const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];

/// A letter with its colours.
#[derive(Clone, Copy)]
struct Cell {
    letter: char,
    ink: Option<Color>,
    paper: Option<Color>,
}

const BLANK: Cell = Cell { letter: ' ', ink: None, paper: None };

/// The figure as lines of text.
pub(super) fn text(figure: &Figure, settings: &TerminalSettings) -> Result<String> {
    if figure.layers.is_empty() {
        return Err(Error::value("figure: there is nothing to draw; add a line, points or another layer"));
    }
    let view = View::of(figure)?;
    let s = &figure.settings;
    let axes = figure.has_axes();
    let bar = view.tint.filter(|_| s.color_bar);
    let covers = figure.layers.iter().any(Layer::covers);

    // Room: the title above; below the axis, its numbers, its label, the legend.
    let names = usize::from(s.legend != Legend::None);
    let below = if axes { 2 } else { 0 } + usize::from(axes && !s.x_label.is_empty());
    let above = usize::from(!s.title.is_empty()) + usize::from(axes && !s.y_label.is_empty());
    let rows = settings.rows.saturating_sub(above + below + names.max(usize::from(bar.is_some()))).max(2);
    let y_ticks =
        if axes { frame::ticks(&view.y, &s.y_ticks, &s.y_tick_labels, (rows / 3).clamp(2, 8)) } else { Vec::new() };
    let left = y_ticks.iter().map(|t| t.label.chars().count()).max().unwrap_or(0).min(settings.columns / 3);
    let columns = settings.columns.saturating_sub(if axes { left + 2 } else { 0 }).max(4);
    let (columns, rows) = if figure.is_equal() { equal(&view, columns, rows) } else { (columns, rows) };

    let (grid, entries) = if covers {
        blocks(figure, &view, columns, rows, settings.color)?
    } else {
        braille(figure, &view, columns, rows)?
    };

    let mut lines: Vec<String> = Vec::new();
    let indent = if axes { left + 2 } else { 0 };
    let centred = |text: &str| {
        let text = clipped(text, settings.columns);
        let before = indent + columns.saturating_sub(text.chars().count()) / 2;
        format!("{}{text}", " ".repeat(before.min(settings.columns - text.chars().count())))
    };
    if !s.title.is_empty() {
        lines.push(centred(&s.title.replace('\n', " ")));
    }
    if axes && !s.y_label.is_empty() {
        lines.push(clipped(&s.y_label, settings.columns));
    }
    let place =
        |axis: &Axis, tick: &Tick, n: usize| (axis.unit(tick.value).clamp(0.0, 1.0) * (n - 1) as f64).round() as usize;
    for (r, row) in grid.iter().enumerate() {
        let mut line = String::new();
        if axes {
            let at = |t: &&Tick| {
                let k = place(&view.y, t, rows);
                r == if s.flip_y { k } else { rows - 1 - k }
            };
            match y_ticks.iter().find(at) {
                Some(tick) => line += &format!("{:>left$} ┤", clipped(&tick.label, left)),
                None => line += &format!("{:>left$} │", ""),
            }
        }
        paint(&mut line, row, settings.color);
        lines.push(line);
    }
    if axes {
        let widest = |ticks: &[Tick]| ticks.iter().map(|t| t.label.chars().count()).max().unwrap_or(1);
        let mut most = (columns / 8).clamp(2, 10);
        let mut x_ticks = frame::ticks(&view.x, &s.x_ticks, &s.x_tick_labels, most);
        while most > 2 && x_ticks.len() * (widest(&x_ticks) + 2) > columns {
            most -= 1;
            x_ticks = frame::ticks(&view.x, &s.x_ticks, &s.x_tick_labels, most);
        }
        let mut axis: Vec<char> = vec!['─'; columns];
        let mut labels: Vec<char> = vec![' '; indent + columns];
        let mut free = 0;
        for tick in &x_ticks {
            let k = place(&view.x, tick, columns);
            let label: Vec<char> = tick.label.chars().collect();
            let start =
                (indent + k).saturating_sub(label.len() / 2).min((indent + columns).saturating_sub(label.len()));
            axis[k] = '┬';
            if start >= free && start + label.len() <= labels.len() {
                labels[start..start + label.len()].copy_from_slice(&label);
                free = start + label.len() + 1;
            }
        }
        lines.push(format!("{:>left$} └{}", "", axis.into_iter().collect::<String>()));
        lines.push(labels.into_iter().collect());
        if !s.x_label.is_empty() {
            lines.push(centred(&s.x_label));
        }
    }
    let mut last = " ".repeat(indent);
    let mut used = indent;
    if let Some(tint) = bar {
        let (low, high) = (number(tint.axis.low()), number(tint.axis.high()));
        let length = 16usize.min(columns.saturating_sub(low.chars().count() + high.chars().count() + 2));
        let unit = |k: usize| k as f64 / (length.max(2) - 1) as f64;
        let cell = |k: usize| match settings.color {
            true => Cell { letter: '█', ink: Some(tint.map.at(unit(k))), paper: None },
            false => Cell { letter: shade(tint.map.at(unit(k))), ..BLANK },
        };
        last += &format!("{low} ");
        paint(&mut last, &(0..length).map(cell).collect::<Vec<_>>(), settings.color);
        last += &format!(" {high}  ");
        used += low.chars().count() + high.chars().count() + length + 4;
    }
    for entry in entries.iter().filter(|_| names > 0) {
        let (letter, color) = match &entry.sample {
            Sample::Line(Some(pen), _) => ('━', Some(pen.color)),
            Sample::Line(None, Some((_, fill, edge))) => ('●', fill.or(edge.map(|pen| pen.color))),
            Sample::Line(None, None) => (' ', None),
            Sample::Patch(color) => ('■', Some(*color)),
        };
        let label = clipped(&entry.label, settings.columns.saturating_sub(indent + 5));
        let width = label.chars().count() + 5;
        if used + width > settings.columns + 2 && used > indent {
            lines.push(std::mem::replace(&mut last, " ".repeat(indent)));
            used = indent;
        }
        paint(&mut last, &[Cell { letter, ink: color, paper: None }; 2], settings.color);
        last += &format!(" {label}  ");
        used += width;
    }
    lines.push(last);
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end_matches(' ')).collect();
    Ok(lines.join("\n").trim_end_matches('\n').to_string() + "\n")
}

/// The largest room of the figure's own shape: a letter is twice as high as wide.
fn equal(view: &View, columns: usize, rows: usize) -> (usize, usize) {
    let length = |axis: &Axis| axis.high() - axis.low();
    let ratio = 2.0 * length(&view.x) / length(&view.y);
    if !(ratio.is_finite() && ratio > 0.0) {
        return (columns, rows);
    }
    let fits = |n: f64, most: usize, least: usize| (n.round() as usize).clamp(least, most);
    (fits(rows as f64 * ratio, columns, 4), fits(columns as f64 / ratio, rows, 2))
}

fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.into();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).take(most).collect()
}

/// Writes letters with their colours.
fn paint(line: &mut String, cells: &[Cell], color: bool) {
    let mut now: (Option<Color>, Option<Color>) = (None, None);
    for cell in cells {
        if color && (cell.ink, cell.paper) != now {
            now = (cell.ink, cell.paper);
            line.push_str("\x1b[0m");
            if let Some(c) = cell.ink {
                line.push_str(&format!("\x1b[38;2;{};{};{}m", c.r, c.g, c.b));
            }
            if let Some(c) = cell.paper {
                line.push_str(&format!("\x1b[48;2;{};{};{}m", c.r, c.g, c.b));
            }
        }
        line.push(cell.letter);
    }
    if now != (None, None) {
        line.push_str("\x1b[0m");
    }
}

fn shade(color: Color) -> char {
    SHADES[((color.lightness() * 5.0) as usize).min(4)]
}

type Grid = Vec<Vec<Cell>>;

/// What covers the paper as two pixels to a letter.
fn blocks(figure: &Figure, view: &View, columns: usize, rows: usize, color: bool) -> Result<(Grid, Vec<Entry>)> {
    let mut drawing = Drawing::new(columns, 2 * rows, figure.settings.paper());
    let whole = Rect { left: 0.0, top: 0.0, width: columns as f64, height: 2.0 * rows as f64 };
    let mut pane = Pane::new(&figure.settings, view, whole);
    pane.unit = 0.35;
    let entries = pane.layers(figure, &mut drawing)?;
    drawing.marks.retain(|mark| !matches!(mark, Mark::Words(_)));
    let pixels = raster::pixels(&drawing)?;
    let cell = |c: usize, r: usize| {
        let (upper, lower) = (pixels.at(c, 2 * r), pixels.at(c, 2 * r + 1));
        match (upper, lower, color) {
            (Some(upper), Some(lower), false) => Cell { letter: shade(upper.mix(lower, 0.5)), ..BLANK },
            (upper, lower, _) => Cell { letter: '▀', ink: upper, paper: lower },
        }
    };
    Ok(((0..rows).map(|r| (0..columns).map(|c| cell(c, r)).collect()).collect(), entries))
}

/// Lines and points as eight dots to a letter.
fn braille(figure: &Figure, view: &View, columns: usize, rows: usize) -> Result<(Grid, Vec<Entry>)> {
    let (width, height) = (2 * columns, 4 * rows);
    let mut drawing = Drawing::new(width, height, figure.settings.paper());
    // The ends of the axes are the middles of the outermost dots.
    let middles = Rect { left: 0.5, top: 0.5, width: (width - 1) as f64, height: (height - 1) as f64 };
    let entries = Pane::new(&figure.settings, view, middles).layers(figure, &mut drawing)?;
    let mut page = Page { width, height, dots: vec![0; columns * rows], inks: vec![None; columns * rows] };
    let mut words = Vec::new();
    for mark in &drawing.marks {
        match mark {
            Mark::Fill(path, color) => page.fill(path, *color),
            Mark::Stroke(path, pen) => page.stroke(path, pen.color),
            Mark::Dots { at, fill, edge, .. } => {
                let color = fill.or(edge.map(|pen| pen.color)).unwrap_or(drawing.background);
                at.iter().for_each(|(x, y)| page.dot(x.floor() as i64, y.floor() as i64, color));
            }
            Mark::Words(w) => words.push(w),
            Mark::Cells { .. } | Mark::Clip(_) => {}
        }
    }
    let cell = |k: usize| match page.dots[k] {
        0 => BLANK,
        dots => {
            Cell { letter: char::from_u32(0x2800 + u32::from(dots)).unwrap_or(' '), ink: page.inks[k], paper: None }
        }
    };
    let mut grid: Grid = (0..rows).map(|r| (0..columns).map(|c| cell(r * columns + c)).collect()).collect();
    for w in words {
        let n = w.text.chars().count() as f64;
        let before = match w.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => n / 2.0,
            Anchor::End => n,
        };
        let (c, r) = ((w.at.0 / 2.0 - before).round() as i64, (w.at.1 / 4.0).floor() as i64);
        for (k, letter) in w.text.chars().enumerate() {
            let (Ok(r), Ok(c)) = (usize::try_from(r), usize::try_from(c + k as i64)) else { continue };
            if let Some(cell) = grid.get_mut(r).and_then(|row| row.get_mut(c)) {
                *cell = Cell { letter, ink: Some(w.color), paper: None };
            }
        }
    }
    Ok((grid, entries))
}

/// Dots, eight to a letter.
struct Page {
    width: usize,
    height: usize,
    dots: Vec<u8>,
    inks: Vec<Option<Color>>,
}

impl Page {
    fn dot(&mut self, x: i64, y: i64, color: Color) {
        if x < 0 || y < 0 || x >= self.width as i64 || y >= self.height as i64 {
            return;
        }
        let (x, y) = (x as usize, y as usize);
        let at = y / 4 * (self.width / 2) + x / 2;
        self.dots[at] |= DOTS[y % 4][x % 2];
        self.inks[at] = Some(color);
    }

    fn stroke(&mut self, path: &Path, color: Color) {
        for line in flattened(path) {
            line.windows(2).for_each(|w| self.line(w[0], w[1], color));
        }
    }

    /// A straight line (Bresenham 1965).
    fn line(&mut self, a: (f64, f64), b: (f64, f64), color: Color) {
        let near = |v: f64| v.floor().clamp(-1e4, 1e4) as i64;
        let (mut x, mut y, x1, y1) = (near(a.0), near(a.1), near(b.0), near(b.1));
        let (dx, dy) = ((x1 - x).abs(), -(y1 - y).abs());
        let (sx, sy) = (if x < x1 { 1 } else { -1 }, if y < y1 { 1 } else { -1 });
        let mut error = dx + dy;
        loop {
            self.dot(x, y, color);
            if (x, y) == (x1, y1) {
                return;
            }
            let twice = 2 * error;
            if twice >= dy {
                error += dy;
                x += sx;
            }
            if twice <= dx {
                error += dx;
                y += sy;
            }
        }
    }

    /// The inside of a shape; of one that lets much shine through, every sixteenth dot.
    fn fill(&mut self, path: &Path, color: Color) {
        let lines = flattened(path);
        for y in 0..self.height {
            let middle = y as f64 + 0.5;
            let mut cuts: Vec<f64> = Vec::new();
            for line in &lines {
                let around = line.windows(2).map(|w| (w[0], w[1])).chain([(line[line.len() - 1], line[0])]);
                for (a, b) in around {
                    if (a.1 <= middle) != (b.1 <= middle) {
                        cuts.push(a.0 + (middle - a.1) / (b.1 - a.1) * (b.0 - a.0));
                    }
                }
            }
            cuts.sort_by(f64::total_cmp);
            for pair in cuts.chunks_exact(2) {
                let edge = |v: f64| (v - 0.5).ceil().clamp(0.0, self.width as f64) as usize;
                for x in edge(pair[0])..edge(pair[1]) {
                    if color.a >= 128 || (x % 4 == y / 4 % 2 * 2 && y % 4 == 0) {
                        self.dot(x as i64, y as i64, color);
                    }
                }
            }
        }
    }
}

/// The straight lines of a path; curves in eight pieces.
fn flattened(path: &Path) -> Vec<Vec<(f64, f64)>> {
    let mut lines: Vec<Vec<(f64, f64)>> = Vec::new();
    for step in &path.0 {
        let Some(line) = lines.last_mut() else {
            if let Step::Move(x, y) = *step {
                lines.push(vec![(x, y)]);
            }
            continue;
        };
        let from = line[line.len() - 1];
        let mut curve = |at: &dyn Fn(f64) -> (f64, f64)| line.extend((1..=8).map(|k| at(f64::from(k) / 8.0)));
        match *step {
            Step::Move(x, y) => lines.push(vec![(x, y)]),
            Step::Line(x, y) => line.push((x, y)),
            Step::Quad(a, b, x, y) => curve(&|t| {
                let mix = |p: f64, q: f64, r: f64| (1.0 - t) * (1.0 - t) * p + 2.0 * t * (1.0 - t) * q + t * t * r;
                (mix(from.0, a, x), mix(from.1, b, y))
            }),
            Step::Cubic(a, b, c, d, x, y) => curve(&|t| {
                let u = 1.0 - t;
                let mix = |p: f64, q: f64, r: f64, s: f64| {
                    u * u * u * p + 3.0 * u * u * t * q + 3.0 * u * t * t * r + t * t * t * s
                };
                (mix(from.0, a, c, x), mix(from.1, b, d, y))
            }),
            Step::Close => line.push(line[0]),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{FigureSettings, HeatMap, Image, Line};

    fn plain(columns: usize, rows: usize) -> TerminalSettings {
        TerminalSettings { columns, rows, color: false }
    }

    fn bare() -> FigureSettings {
        FigureSettings { axes: Some(false), legend: Legend::None, color_bar: false, ..Default::default() }
    }

    #[test]
    fn a_diagonal_is_drawn_dot_by_dot() {
        let settings = FigureSettings { x_range: Some([0.0, 7.0]), y_range: Some([0.0, 7.0]), ..bare() };
        let mut figure = Figure::new(settings).unwrap();
        figure.add(Line { x: vec![0.0, 7.0], y: vec![0.0, 7.0], ..Line::default() }).unwrap();
        let (grid, _) = braille(&figure, &View::of(&figure).unwrap(), 4, 2).unwrap();
        let text: Vec<String> = grid.iter().map(|row| row.iter().map(|c| c.letter).collect()).collect();
        assert_eq!(text, ["  ⡠⠊", "⡠⠊  "]);
    }

    #[test]
    fn every_line_fits_and_the_axes_say_where() {
        let settings = FigureSettings {
            title: "A title that is rather too long ".repeat(5),
            x_label: "step".into(),
            y_label: "loss".into(),
            ..Default::default()
        };
        let mut figure = Figure::new(settings).unwrap();
        figure.add(Line { y: (0..50).map(f64::from).collect(), label: "train".into(), ..Line::default() }).unwrap();
        for (columns, rows) in [(20, 6), (80, 24), (133, 50)] {
            let text = figure.terminal(&plain(columns, rows)).unwrap();
            let widest = text.lines().map(|l| l.chars().count()).max().unwrap();
            assert!(widest <= columns, "{widest} > {columns}\n{text}");
            assert!(text.lines().count() <= rows.max(8), "{text}");
        }
        let text = figure.terminal(&plain(80, 24)).unwrap();
        for part in ["━━ train", " 0 ┤", "40 ┤", "└─", "step", "loss"] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(!text.contains('\x1b'));
    }

    #[test]
    fn blocks_have_the_maps_colours() {
        let mut figure = Figure::new(bare()).unwrap();
        figure.add(HeatMap { values: vec![0.0, 0.0, 1.0, 1.0], columns: 2, ..HeatMap::default() }).unwrap();
        let text = figure.terminal(&TerminalSettings { columns: 20, rows: 6, color: true }).unwrap();
        assert!(text.starts_with("\x1b[0m\x1b[38;2;253;231;37m\x1b[48;2;253;231;37m▀"), "{text:?}");
        assert!(text.contains("\x1b[38;2;68;1;84m"));
        let shades = figure.terminal(&plain(20, 6)).unwrap();
        assert_eq!(shades.lines().next(), Some("█".repeat(20).as_str()), "yellow is light");
    }

    #[test]
    fn an_image_keeps_its_shape() {
        let mut figure = Figure::new(FigureSettings { legend: Legend::None, ..Default::default() }).unwrap();
        figure.add(Image { rgb: vec![255; 30 * 10 * 3], columns: 30, ..Image::default() }).unwrap();
        let text = figure.terminal(&plain(60, 30)).unwrap();
        assert_eq!((text.lines().count(), text.lines().next().unwrap().chars().count()), (10, 60));
    }
}
