//! The inside of a figure: every layer as marks at places in pixels.

use super::color::{Color, PALETTE, Theme};
use super::colormap::Tint;
use super::contour::contour_lines;
use super::drawing::{Anchor, Drawing, Mark, Path, Pen, Rect, Step, Words};
use super::extent::{Row, View, between, middles};
use super::figure::{Figure, FigureSettings};
use super::font::{self, CAPITAL};
use super::layer::{
    Band, Bars, Contour, Dash, HeatMap, Histogram, Image, Layer, Line, Marker, Regions, Scatter, Segments, Side, Text,
    VectorField,
};
use super::legend::{Entry, Sample};
use super::scale::{Axis, Scale, number};
use crate::{Result, stop};
use std::collections::BTreeMap;

/// Lines are cut this many pixels outside of the pane.
const BEYOND: f64 = 64.0;

/// Where a figure's points go in a drawing.
pub(super) struct Pane<'a> {
    pub settings: &'a FigureSettings,
    pub rect: Rect,
    pub x: Axis,
    pub y: Axis,
    pub tint: Option<Tint>,
    /// What widths of lines and points are multiplied by.
    pub unit: f64,
}

impl<'a> Pane<'a> {
    pub fn new(settings: &'a FigureSettings, view: &View, rect: Rect) -> Self {
        Self { settings, rect, x: view.x, y: view.y, tint: view.tint, unit: 1.0 }
    }

    /// Pixels from the left; NaN where the number has no place.
    pub fn px(&self, x: f64) -> f64 {
        self.rect.left + self.x.unit(x) * self.rect.width
    }

    /// Pixels from the top.
    pub fn py(&self, y: f64) -> f64 {
        let unit = self.y.unit(y);
        self.rect.top + if self.settings.flip_y { unit } else { 1.0 - unit } * self.rect.height
    }

    fn at(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (px, py) = (self.px(x), self.py(y));
        (px.is_finite() && py.is_finite()).then_some((px, py))
    }

    fn theme(&self) -> Theme {
        self.settings.theme
    }

    fn paper(&self) -> Color {
        self.settings.paper()
    }

    fn pen(&self, color: Color, width: f64, dash: Dash) -> Pen {
        let dash: &'static [f64] = match dash {
            Dash::Solid => &[],
            Dash::Dashed => &[4.0, 2.5],
            Dash::Dotted => &[1.2, 1.8],
            Dash::Dashdot => &[5.0, 2.0, 1.2, 2.0],
        };
        Pen { color, width: width * self.unit, dash }
    }

    /// Draws all layers, and answers with what the legend says of them.
    pub fn layers(&self, figure: &Figure, drawing: &mut Drawing) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        let mut taken = 0; // colours of the palette
        let (row, mut bars_before) = (Row::of(&figure.layers), 0);
        let covered = figure.layers.iter().any(Layer::covers);
        drawing.marks.push(Mark::Clip(Some(self.rect)));
        for layer in &figure.layers {
            stop::check()?;
            let mut next = |own: Option<Color>| {
                own.unwrap_or_else(|| {
                    taken += 1;
                    self.theme().color(taken - 1)
                })
            };
            match layer {
                Layer::Line(line) => {
                    let color = next(line.color);
                    // A palette that begins again begins with dashes.
                    let again = line.color.is_none() && line.dash == Dash::Solid && (taken - 1) / PALETTE % 2 == 1;
                    let dash = if again { Dash::Dashed } else { line.dash };
                    entries.extend(self.line(drawing, line, color, dash));
                }
                Layer::Band(band) => {
                    let color = band.color.unwrap_or_else(|| self.theme().color(taken));
                    entries.extend(self.band(drawing, band, color));
                }
                Layer::Scatter(scatter) => {
                    let own = scatter.values.is_empty() && scatter.classes.is_empty();
                    let color = if own { next(scatter.color) } else { self.theme().ink() };
                    entries.extend(self.scatter(drawing, scatter, color));
                }
                Layer::Bars(bars) => {
                    let color = next(bars.color);
                    self.bars(drawing, bars, color, &row, bars_before);
                    bars_before += 1;
                    entries.extend(entry(&bars.label, Sample::Patch(color)));
                }
                Layer::Histogram(histogram) => {
                    let color = next(histogram.color).fade(histogram.opacity);
                    self.histogram(drawing, histogram, color);
                    entries.extend(entry(&histogram.label, Sample::Patch(color)));
                }
                Layer::HeatMap(map) => self.heat_map(drawing, map, layer),
                Layer::Contour(contour) => self.contour(drawing, contour, covered),
                Layer::VectorField(field) => entries.extend(self.vector_field(drawing, field)),
                Layer::Regions(regions) => entries.extend(self.regions(drawing, regions, layer)),
                Layer::Image(image) => self.image(drawing, image, layer),
                Layer::Segments(segments) => entries.extend(self.segments(drawing, segments)),
                Layer::Text(text) => self.text(drawing, text),
                Layer::Network(network) => network.draw(drawing, self),
                Layer::Tree(tree) => tree.draw(drawing, self),
            }
        }
        drawing.marks.push(Mark::Clip(None));
        Ok(entries)
    }

    fn line(&self, drawing: &mut Drawing, line: &Line, color: Color, dash: Dash) -> Option<Entry> {
        if !line.low.is_empty() {
            self.between(drawing, &line.x, &line.low, &line.high, color.fade(0.2));
        }
        let pen = self.pen(color, line.width, dash);
        let points = line.x.iter().zip(&line.y).map(|(x, y)| self.at(*x, *y));
        let points: Vec<_> = if line.steps { stairs(points) } else { points.collect() };
        if line.width > 0.0 {
            for run in runs(&points, self.rect) {
                drawing.stroke(Path::line(&run), pen);
            }
        }
        let inside = line.x.iter().zip(&line.y).filter_map(|(x, y)| self.at(*x, *y)).filter(|p| self.shows(*p));
        let looks = self.looks(line.marker, line.size, color, Some(self.paper()));
        if let Some(looks) = looks.clone() {
            self.dots(drawing, [(looks, inside.collect())]);
        }
        let pen = (line.width > 0.0).then_some(pen);
        entry(&line.label, Sample::Line(pen, looks))
    }

    fn band(&self, drawing: &mut Drawing, band: &Band, color: Color) -> Option<Entry> {
        let color = color.fade(band.opacity);
        self.between(drawing, &band.x, &band.low, &band.high, color);
        entry(&band.label, Sample::Patch(color))
    }

    /// Fills between two lines, anew after each gap.
    fn between(&self, drawing: &mut Drawing, x: &[f64], low: &[f64], high: &[f64], color: Color) {
        let rims = (0..x.len()).map(|k| (self.at(x[k], low[k]), self.at(x[k], high[k])));
        let rims: Vec<_> = rims.map(|(low, high)| low.zip(high)).collect();
        for piece in rims.split(Option::is_none) {
            if piece.len() > 1 {
                let below = piece.iter().flatten().map(|p| p.0);
                let around: Vec<_> = below.chain(piece.iter().rev().flatten().map(|p| p.1)).collect();
                drawing.fill(Path::polygon(&around), color);
            }
        }
    }

    fn shows(&self, (x, y): (f64, f64)) -> bool {
        let r = self.rect;
        Rect { left: r.left - 0.5, top: r.top - 0.5, width: r.width + 1.0, height: r.height + 1.0 }.contains(x, y)
    }

    /// A marker as a shape with its fill and its rim.
    fn looks(&self, marker: Marker, size: f64, color: Color, rim: Option<Color>) -> Option<Looks> {
        let r = size * self.unit / 2.0;
        let star = |n: usize, inner: f64| {
            let at = |k: usize| {
                let radius = if k.is_multiple_of(2) { r * 1.2 } else { r * 1.2 * inner };
                let turn = std::f64::consts::PI * k as f64 / n as f64;
                (radius * turn.sin(), -radius * turn.cos())
            };
            Path::polygon(&(0..2 * n).map(at).collect::<Vec<_>>())
        };
        let crossed =
            |a: f64, b: f64| Path(vec![Step::Move(-a, -b), Step::Line(a, b), Step::Move(-b, a), Step::Line(b, -a)]);
        let filled =
            |path: Path| (path, Some(color), rim.map(|rim| Pen::new(rim, (size * 0.11).clamp(0.5, 1.2) * self.unit)));
        let drawn = |path: Path| (path, None, Some(Pen::new(color, (size * 0.25).clamp(1.0, 4.0) * self.unit)));
        Some(match marker {
            Marker::None => return None,
            Marker::Circle => filled(Path::circle(0.0, 0.0, r)),
            Marker::Square => filled(Rect { left: -r * 0.9, top: -r * 0.9, width: r * 1.8, height: r * 1.8 }.path()),
            Marker::Diamond => {
                filled(Path::polygon(&[(0.0, -r * 1.2), (r * 1.2, 0.0), (0.0, r * 1.2), (-r * 1.2, 0.0)]))
            }
            Marker::Triangle => filled(Path::polygon(&[(0.0, -r * 1.2), (r * 1.1, r * 0.8), (-r * 1.1, r * 0.8)])),
            Marker::Star => filled(star(5, 0.45)),
            Marker::Cross => drawn(crossed(r * 0.8, r * 0.8)),
            Marker::Plus => drawn(crossed(r, 0.0)),
            Marker::Ring => drawn(Path::circle(0.0, 0.0, r * 0.9)),
        })
    }

    /// Dots may reach over the pane's edge.
    fn dots(&self, drawing: &mut Drawing, dots: impl IntoIterator<Item = (Looks, Vec<(f64, f64)>)>) {
        drawing.marks.push(Mark::Clip(None));
        let marks = dots.into_iter().map(|((shape, fill, edge), at)| Mark::Dots { shape, at, fill, edge });
        drawing.marks.extend(marks);
        drawing.marks.push(Mark::Clip(Some(self.rect)));
    }

    fn scatter(&self, drawing: &mut Drawing, scatter: &Scatter, color: Color) -> Vec<Entry> {
        let marker = if scatter.marker == Marker::None { Marker::Circle } else { scatter.marker };
        let rim = scatter.rim.or((scatter.y.len() <= 1000).then_some(self.paper()));
        let mut groups: BTreeMap<(usize, usize, u64), Vec<(f64, f64)>> = BTreeMap::new();
        for k in 0..scatter.y.len() {
            let Some(at) = self.at(scatter.x[k], scatter.y[k]).filter(|p| self.shows(*p)) else { continue };
            let class = scatter.classes.get(k).copied().unwrap_or(0);
            let level = match (&self.tint, scatter.values.get(k)) {
                (Some(tint), Some(value)) => {
                    let unit = tint.axis.unit(*value);
                    if unit.is_nan() {
                        continue;
                    }
                    (unit.clamp(0.0, 1.0) * 255.0).round() as usize
                }
                _ => 0,
            };
            let size = (scatter.sizes.get(k).unwrap_or(&scatter.size) * 4.0).round() as u64; // quarters of a pixel
            groups.entry((class, level, size)).or_default().push(at);
        }
        let color_of = |class: usize, level: usize| match &self.tint {
            _ if !scatter.classes.is_empty() => self.theme().color(class),
            Some(tint) if !scatter.values.is_empty() => tint.map.at(level as f64 / 255.0),
            _ => color,
        };
        let dots = groups.into_iter().filter_map(|((class, level, size), at)| {
            let color = color_of(class, level).fade(scatter.opacity);
            Some((self.looks(marker, size as f64 / 4.0, color, rim)?, at))
        });
        self.dots(drawing, dots);
        let sample = |color: Color| Sample::Line(None, self.looks(marker, scatter.size.min(12.0), color, rim));
        let names = scatter.names.iter().enumerate();
        let mut entries: Vec<_> = names.filter_map(|(k, name)| entry(name, sample(self.theme().color(k)))).collect();
        entries.extend(entry(&scatter.label, sample(color_of(0, 128))));
        entries
    }

    /// The height where bars stand.
    fn ground(&self) -> f64 {
        let ground = if self.y.scale() == Scale::Log { self.y.low() } else { 0.0 };
        self.py(ground.clamp(self.y.low(), self.y.high()))
    }

    fn bars(&self, drawing: &mut Drawing, bars: &Bars, color: Color, row: &Row, set: usize) {
        let ground = self.ground();
        for (k, (x, y)) in bars.x.iter().zip(&bars.y).enumerate() {
            let (left, right) = row.sides(bars, set, *x);
            let (Some((l, top)), Some((r, _))) = (self.at(left, *y), self.at(right, *y)) else { continue };
            drawing.fill(block(l, r, top, ground), color);
            let Some(error) = bars.errors.get(k).filter(|e| e.is_finite() && **e > 0.0) else { continue };
            let low = self.py(y - error);
            let low = if low.is_finite() { low } else { ground };
            let (middle, half) = ((l + r) / 2.0, ((r - l).abs() * 0.15).min(6.0));
            if let Some((_, high)) = self.at(left, y + error) {
                let whisker = vec![
                    Step::Move(middle, low),
                    Step::Line(middle, high),
                    Step::Move(middle - half, low),
                    Step::Line(middle + half, low),
                    Step::Move(middle - half, high),
                    Step::Line(middle + half, high),
                ];
                drawing.stroke(Path(whisker), self.pen(self.theme().ink(), 1.3, Dash::Solid));
            }
        }
        if self.y.low() < 0.0 && self.y.high() > 0.0 {
            let zero = ground.floor() + 0.5;
            let line = Path::line(&[(self.rect.left, zero), (self.rect.right(), zero)]);
            drawing.stroke(line, Pen::new(self.theme().axis(), 1.0));
        }
    }

    fn histogram(&self, drawing: &mut Drawing, histogram: &Histogram, color: Color) {
        let (edges, heights) = histogram.counted(self.x.scale());
        let ground = self.ground();
        for (k, height) in heights.iter().enumerate() {
            let (Some((l, top)), Some((r, _))) = (self.at(edges[k], *height), self.at(edges[k + 1], *height)) else {
                continue;
            };
            let gap = if (r - l).abs() > 4.0 * self.unit { 0.5 * self.unit } else { 0.0 };
            if *height > 0.0 {
                drawing.fill(block(l + gap, r - gap, top, ground), color);
            }
        }
    }

    /// A grid of colours where a layer says; `colors` row by row, the first row at its first height.
    fn cells(&self, drawing: &mut Drawing, layer: &Layer, columns: usize, mut colors: Vec<Color>, smooth: bool) {
        let ([x0, x1], [y0, y1]) = layer.sides(self.settings);
        let (Some((left, bottom)), Some((right, top))) = (self.at(x0, y0), self.at(x1, y1)) else { return };
        let rows = colors.len() / columns;
        if left > right {
            colors.chunks_exact_mut(columns).for_each(|row| row.reverse());
        }
        if bottom > top {
            colors = colors.rchunks_exact(columns).flatten().copied().collect();
        }
        let rect = Rect {
            left: left.min(right),
            top: top.min(bottom),
            width: (right - left).abs(),
            height: (bottom - top).abs(),
        };
        if rect.width > 0.0 && rect.height > 0.0 {
            drawing.marks.push(Mark::Cells { rect, columns, rows, colors, smooth });
        }
    }

    fn heat_map(&self, drawing: &mut Drawing, map: &HeatMap, layer: &Layer) {
        let Some(tint) = &self.tint else { return };
        let colors = map.values.iter().map(|v| tint.of(*v)).collect();
        self.cells(drawing, layer, map.columns, colors, map.smooth);
        if !map.numbers {
            return;
        }
        let rows = map.values.len() / map.columns;
        let ([x0, x1], [y0, y1]) = layer.sides(self.settings);
        let place = |[a, b]: [f64; 2], scale, k: usize, n: usize| between(scale, [a, b], (k as f64 + 0.5) / n as f64);
        let (w, h) =
            ((self.px(x1) - self.px(x0)).abs() / map.columns as f64, (self.py(y1) - self.py(y0)).abs() / rows as f64);
        let texts: Vec<String> = map.values.iter().map(|v| short(*v)).collect();
        let widest = texts.iter().map(|t| font::width(t, 1.0, false)).fold(0.1, f64::max);
        let size = (self.settings.font_size * 0.9).min(0.85 * w / widest).min(0.6 * h);
        if !(size >= 5.0) {
            return;
        }
        for (k, text) in texts.into_iter().enumerate() {
            let x = place([x0, x1], self.x.scale(), k % map.columns, map.columns);
            let y = place([y0, y1], self.y.scale(), k / map.columns, rows);
            let Some((px, py)) = self.at(x, y).filter(|p| self.shows(*p)) else { continue };
            let below = tint.of(map.values[k]);
            let below = self.paper().mix(Color { a: 255, ..below }, f64::from(below.a) / 255.0);
            let color = if below.lightness() > 0.55 { Color::hex(0x1f2328) } else { Color::hex(0xffffff) };
            let at = (px, py + size * CAPITAL / 2.0);
            let words = Words { text, at, size, anchor: Anchor::Middle, angle: 0.0, bold: false, color, halo: None };
            drawing.marks.push(Mark::Words(words));
        }
    }

    fn regions(&self, drawing: &mut Drawing, regions: &Regions, layer: &Layer) -> Vec<Entry> {
        let pale = |class: usize| match regions.colors.get(class) {
            Some(color) => *color,
            None => self.theme().color(class).mix(self.paper(), 0.66),
        };
        let colors = regions.classes.iter().map(|class| pale(*class)).collect();
        self.cells(drawing, layer, regions.columns, colors, false);
        regions.names.iter().enumerate().filter_map(|(k, name)| entry(name, Sample::Patch(pale(k)))).collect()
    }

    fn image(&self, drawing: &mut Drawing, image: &Image, layer: &Layer) {
        let colors: Vec<Color> = image.rgb.chunks_exact(3).map(|p| Color::rgb(p[0], p[1], p[2])).collect();
        // Its first row is at the top, which is the last height unless y grows downwards.
        let ([_, _], [y0, y1]) = layer.sides(self.settings);
        let upwards = self.py(y0) > self.py(y1);
        let colors = if upwards { colors.rchunks_exact(image.columns).flatten().copied().collect() } else { colors };
        self.cells(drawing, layer, image.columns, colors, image.smooth);
    }

    fn contour(&self, drawing: &mut Drawing, contour: &Contour, covered: bool) {
        let levels = levels(contour);
        if contour.filled {
            self.filled(drawing, contour, &levels);
        }
        let rows = contour.values.len() / contour.columns;
        let (xs, ys) = (middles(contour.x_range, contour.columns), middles(contour.y_range, rows));
        for level in levels {
            let color = match (contour.color, &self.tint) {
                (Some(color), _) => color,
                (None, Some(tint)) if !covered => tint.of(level),
                _ => Color::hex(0x101418).fade(if contour.filled { 0.35 } else { 0.55 }),
            };
            let mut path = Path::default();
            for line in contour_lines(&contour.values, contour.columns, level) {
                let points: Vec<_> = line
                    .iter()
                    .map(|(c, r)| {
                        let x = between(self.x.scale(), xs, c / (contour.columns - 1) as f64);
                        let y = between(self.y.scale(), ys, r / (rows - 1) as f64);
                        self.at(x, y)
                    })
                    .collect();
                for run in runs(&points, self.rect) {
                    path.0.extend(Path::line(&run).0);
                }
            }
            drawing.stroke(path, self.pen(color, contour.width, Dash::Solid));
        }
    }

    /// Colours the areas between levels, pixel by pixel.
    fn filled(&self, drawing: &mut Drawing, contour: &Contour, levels: &[f64]) {
        let Some(tint) = &self.tint else { return };
        let (columns, rows) = (contour.columns, contour.values.len() / contour.columns);
        let (xs, ys) = (middles(contour.x_range, columns), middles(contour.y_range, rows));
        let (Some((left, bottom)), Some((right, top))) = (self.at(xs[0], ys[0]), self.at(xs[1], ys[1])) else { return };
        let clip = |a: f64, b: f64, from: f64, to: f64| (a.min(b).max(from).floor(), a.max(b).min(to).ceil());
        let (l, r) = clip(left, right, self.rect.left, self.rect.right());
        let (t, b) = clip(top, bottom, self.rect.top, self.rect.bottom());
        if !(r > l && b > t) {
            return;
        }
        let (w, h) = ((r - l) as usize, (b - t) as usize);
        let mut colors = Vec::with_capacity(w * h);
        for j in 0..h {
            let v = (t + j as f64 + 0.5 - bottom) / (top - bottom) * (rows - 1) as f64;
            for i in 0..w {
                let u = (l + i as f64 + 0.5 - left) / (right - left) * (columns - 1) as f64;
                let value = bilinear(&contour.values, columns, rows, u, v);
                let band = levels.partition_point(|level| *level <= value);
                let level = match band {
                    _ if value.is_nan() => f64::NAN,
                    0 => tint.axis.low(),
                    n if n == levels.len() => tint.axis.high(),
                    n => levels[n - 1] / 2.0 + levels[n] / 2.0,
                };
                colors.push(tint.of(level));
            }
        }
        let rect = Rect { left: l, top: t, width: w as f64, height: h as f64 };
        drawing.marks.push(Mark::Cells { rect, columns: w, rows: h, colors, smooth: false });
    }

    fn vector_field(&self, drawing: &mut Drawing, field: &VectorField) -> Option<Entry> {
        let up = if self.settings.flip_y { 1.0 } else { -1.0 };
        let mut arrows = Vec::new(); // where it begins, and how far it goes in pixels
        for k in 0..field.x.len() {
            let Some((px, py)) = self.at(field.x[k], field.y[k]).filter(|p| self.shows(*p)) else { continue };
            let dx = field.u[k] * self.x.slope(field.x[k]) * self.rect.width;
            let dy = field.v[k] * self.y.slope(field.y[k]) * self.rect.height * up;
            if dx.is_finite() && dy.is_finite() && dx.hypot(dy) > 0.0 {
                arrows.push(((px, py), (dx, dy)));
            }
        }
        let longest = arrows.iter().map(|(_, (dx, dy))| dx.hypot(*dy)).fold(0.0, f64::max);
        let room = 0.9 * (self.rect.width * self.rect.height / arrows.len().max(1) as f64).sqrt();
        let room = room.clamp(2.0, 80.0 * self.unit);
        let (mut shafts, mut heads) = (Path::default(), Path::default());
        for ((x, y), (dx, dy)) in arrows {
            let length = dx.hypot(dy);
            let factor = match field.scale {
                _ if field.equal => room / length,
                0.0 => room / longest,
                scale => scale,
            };
            let length = (length * factor).min(1e5);
            let (cos, sin) = (dx / dx.hypot(dy), dy / dx.hypot(dy));
            let head = (length * 0.4).min((3.0 + 3.0 * field.width) * self.unit);
            let place = |along: f64, aside: f64| (x + cos * along - sin * aside, y + sin * along + cos * aside);
            let (tip, neck) = (place(length, 0.0), place((length - head * 0.8).max(0.0), 0.0));
            shafts.0.extend([Step::Move(x, y), Step::Line(neck.0, neck.1)]);
            heads
                .0
                .extend(Path::polygon(&[tip, place(length - head, head * 0.42), place(length - head, -head * 0.42)]).0);
        }
        let color = field.color.unwrap_or(self.theme().ink());
        let pen = self.pen(color, field.width, Dash::Solid);
        drawing.stroke(shafts, pen);
        drawing.fill(heads, color);
        entry(&field.label, Sample::Line(Some(pen), None))
    }

    fn segments(&self, drawing: &mut Drawing, segments: &Segments) -> Option<Entry> {
        let mut path = Path::default();
        for k in 0..segments.x1.len() {
            let ends = [self.at(segments.x1[k], segments.y1[k]), self.at(segments.x2[k], segments.y2[k])];
            for run in runs(&ends, self.rect) {
                path.0.extend(Path::line(&run).0);
            }
        }
        let pen = self.pen(segments.color.unwrap_or(self.theme().ink()), segments.width, segments.dash);
        drawing.stroke(path, pen);
        entry(&segments.label, Sample::Line(Some(pen), None))
    }

    fn text(&self, drawing: &mut Drawing, text: &Text) {
        let size = if text.size > 0.0 { text.size } else { self.settings.font_size * 0.9 };
        let away = size * 0.6;
        let (anchor, dx, dy) = match text.side {
            Side::Center => (Anchor::Middle, 0.0, size * CAPITAL / 2.0),
            Side::Left => (Anchor::End, -away, size * CAPITAL / 2.0),
            Side::Right => (Anchor::Start, away, size * CAPITAL / 2.0),
            Side::Above => (Anchor::Middle, 0.0, -away),
            Side::Below => (Anchor::Middle, 0.0, away + size * CAPITAL),
        };
        drawing.marks.push(Mark::Clip(None));
        for k in 0..text.text.len() {
            let Some((x, y)) = self.at(text.x[k], text.y[k]).filter(|p| self.shows(*p)) else { continue };
            drawing.marks.push(Mark::Words(Words {
                text: text.text[k].clone(),
                at: (x + dx, y + dy),
                size,
                anchor,
                angle: 0.0,
                bold: false,
                color: text.color.unwrap_or(self.theme().ink()),
                halo: text.halo.then_some(self.paper()),
            }));
        }
        drawing.marks.push(Mark::Clip(Some(self.rect)));
    }
}

/// A shape with its fill and its rim.
pub(super) type Looks = (Path, Option<Color>, Option<Pen>);

fn entry(label: &str, sample: Sample) -> Option<Entry> {
    (!label.is_empty()).then(|| Entry { label: label.into(), sample })
}

fn block(left: f64, right: f64, top: f64, bottom: f64) -> Path {
    Path::polygon(&[(left, bottom), (left, top), (right, top), (right, bottom)])
}

/// A value in few letters, for a cell.
fn short(value: f64) -> String {
    match value {
        v if !v.is_finite() => String::new(),
        v if v.fract() == 0.0 || v.abs() >= 1000.0 => number(v.round()),
        v => number((v * 100.0).round() / 100.0),
    }
}

/// The heights that a contour draws, in order.
fn levels(contour: &Contour) -> Vec<f64> {
    let mut levels: Vec<f64> = contour.levels.iter().copied().filter(|l| l.is_finite()).collect();
    if levels.is_empty() {
        let finite = contour.values.iter().copied().filter(|v| contour.spacing.shows(*v));
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        if low < high {
            let axis = Axis::new(contour.spacing, low, high);
            levels = match contour.spacing {
                Scale::Linear => axis.ticks(contour.count + 1).into_iter().map(|t| t.value).collect(),
                Scale::Log => (0..contour.count).map(|k| axis.value((k as f64 + 0.5) / contour.count as f64)).collect(),
            };
        }
    }
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    levels
}

fn bilinear(values: &[f64], columns: usize, rows: usize, u: f64, v: f64) -> f64 {
    let (u, v) = (u.clamp(0.0, (columns - 1) as f64), v.clamp(0.0, (rows - 1) as f64));
    let (c, r) = ((u as usize).min(columns - 2), (v as usize).min(rows - 2));
    let (s, t) = (u - c as f64, v - r as f64);
    let at = |c: usize, r: usize| values[r * columns + c];
    (at(c, r) * (1.0 - s) + at(c + 1, r) * s) * (1.0 - t) + (at(c, r + 1) * (1.0 - s) + at(c + 1, r + 1) * s) * t
}

/// Each value holds until the next.
fn stairs(points: impl Iterator<Item = Option<(f64, f64)>>) -> Vec<Option<(f64, f64)>> {
    let mut out: Vec<Option<(f64, f64)>> = Vec::new();
    for point in points {
        if let (Some((x, _)), Some(Some((_, y)))) = (point, out.last().copied()) {
            out.push(Some((x, y)));
        }
        out.push(point);
    }
    out
}

/// A line in pieces: anew after each gap, cut a little outside of `rect`, and thinned where points crowd.
fn runs(points: &[Option<(f64, f64)>], rect: Rect) -> Vec<Vec<(f64, f64)>> {
    let mut out: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut run: Vec<(f64, f64)> = Vec::new();
    for pair in points.windows(2) {
        let cut = match *pair {
            [Some(a), Some(b)] => clipped(a, b, rect),
            _ => None,
        };
        match cut {
            Some((a, b)) => {
                if run.last() != Some(&a) {
                    out.push(std::mem::replace(&mut run, vec![a]));
                }
                run.push(b);
            }
            None => out.push(std::mem::take(&mut run)),
        }
    }
    out.push(run);
    out.retain(|run| run.len() > 1);
    out.into_iter().map(|run| thinned(run, rect.width)).collect()
}

/// The part of a straight line near the pane (Liang & Barsky 1984).
fn clipped(a: (f64, f64), b: (f64, f64), rect: Rect) -> Option<((f64, f64), (f64, f64))> {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let (mut from, mut to) = (0.0f64, 1.0f64);
    let sides = [
        (-dx, a.0 - (rect.left - BEYOND)),
        (dx, rect.right() + BEYOND - a.0),
        (-dy, a.1 - (rect.top - BEYOND)),
        (dy, rect.bottom() + BEYOND - a.1),
    ];
    for (p, q) in sides {
        if p == 0.0 {
            if q < 0.0 {
                return None;
            }
        } else if p < 0.0 {
            from = from.max(q / p);
        } else {
            to = to.min(q / p);
        }
    }
    let at = |t: f64| {
        if t == 0.0 {
            a
        } else if t == 1.0 {
            b
        } else {
            (a.0 + t * dx, a.1 + t * dy)
        }
    };
    (from <= to).then(|| (at(from), at(to)))
}

/// Of a long line, what can be seen: in each half pixel from left to right the first, lowest, highest and last point
/// (M4: Jugel et al. 2014, doi 10.14778/2732951.2732953).
fn thinned(run: Vec<(f64, f64)>, width: f64) -> Vec<(f64, f64)> {
    if (run.len() as f64) < 8.0 * width {
        return run;
    }
    let mut out = Vec::new();
    let column = |p: &(f64, f64)| (p.0 * 2.0).floor();
    for group in run.chunk_by(|a, b| column(a) == column(b)) {
        let by_height = |k: &usize, l: &usize| group[*k].1.total_cmp(&group[*l].1);
        let (first, last) = (0, group.len() - 1);
        let low = (0..group.len()).min_by(by_height).unwrap_or(first);
        let high = (0..group.len()).max_by(by_height).unwrap_or(first);
        let mut chosen = [first, low, high, last];
        chosen.sort_unstable();
        for (k, index) in chosen.into_iter().enumerate() {
            if k == 0 || index != chosen[k - 1] {
                out.push(group[index]);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECT: Rect = Rect { left: 0.0, top: 0.0, width: 100.0, height: 100.0 };

    #[test]
    fn a_gap_ends_a_line_and_far_points_are_cut() {
        let points = [Some((0.0, 0.0)), Some((10.0, 10.0)), None, Some((20.0, 0.0)), Some((20.0, 1e300))];
        let pieces = runs(&points, RECT);
        assert_eq!(pieces, [vec![(0.0, 0.0), (10.0, 10.0)], vec![(20.0, 0.0), (20.0, 164.0)]]);
        assert!(runs(&[Some((-900.0, -900.0)), Some((-900.0, 900.0))], RECT).is_empty());
        let through = runs(&[Some((-1000.0, 50.0)), Some((1000.0, 50.0))], RECT);
        assert_eq!(through, [vec![(-64.0, 50.0), (164.0, 50.0)]]);
    }

    #[test]
    fn a_thinned_line_keeps_its_peaks() {
        let mut points: Vec<(f64, f64)> = (0..100_000).map(|k| (f64::from(k) / 1000.0, 50.0)).collect();
        (points[31_415].1, points[77_777].1) = (1.0, 99.0);
        let thin = thinned(points.clone(), 100.0);
        assert!(thin.len() < 1000 && thin.contains(&points[31_415]) && thin.contains(&points[77_777]));
        assert_eq!((thin.first(), thin.last()), (points.first(), points.last()));
    }

    #[test]
    fn stairs_hold_their_value() {
        let points = [Some((0.0, 1.0)), Some((1.0, 2.0)), None, Some((3.0, 4.0))];
        let steps = stairs(points.into_iter());
        assert_eq!(steps, [Some((0.0, 1.0)), Some((1.0, 1.0)), Some((1.0, 2.0)), None, Some((3.0, 4.0))]);
    }

    #[test]
    fn chosen_levels_are_round_or_even_ratios() {
        let values = vec![0.0, 1.0, 2.0, 10.0];
        let contour = Contour { values: values.clone(), columns: 2, count: 5, ..Contour::default() };
        assert_eq!(levels(&contour), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        let log = levels(&Contour { spacing: Scale::Log, count: 2, values, columns: 2, ..Contour::default() });
        assert!((log[1] / log[0] - 10f64.sqrt()).abs() < 1e-9, "{log:?}");
        assert!(levels(&Contour { values: vec![3.0; 4], columns: 2, ..Contour::default() }).is_empty());
    }
}
