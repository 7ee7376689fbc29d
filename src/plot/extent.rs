//! How far the layers of a figure reach, and from that its axes and its colours.

use super::colormap::{ColorMap, Tint};
use super::figure::{Figure, FigureSettings};
use super::layer::{Bars, Histogram, Layer};
use super::scale::{Axis, Scale};
use crate::{Error, Result};

/// The smallest and the largest of some numbers that a scale can show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    scale: Scale,
    pub low: f64,
    pub high: f64,
}

impl Reach {
    pub fn new(scale: Scale) -> Self {
        Self { scale, low: f64::INFINITY, high: f64::NEG_INFINITY }
    }

    pub fn of(scale: Scale, values: &[f64]) -> Self {
        let mut reach = Self::new(scale);
        values.iter().for_each(|v| reach.add(*v));
        reach
    }

    pub fn add(&mut self, value: f64) {
        if self.scale.shows(value) {
            (self.low, self.high) = (self.low.min(value), self.high.max(value));
        }
    }

    pub fn is_empty(&self) -> bool {
        self.low > self.high
    }
}

/// Both edges of a grid of `n` columns whose first and last middles are `range`, even on the scale.
pub(super) fn edges(scale: Scale, range: Option<[f64; 2]>, n: usize) -> [f64; 2] {
    let Some([a, b]) = range else { return [0.5, n as f64 + 0.5] };
    if n < 2 {
        return [a, b];
    }
    let half = 0.5 / (n - 1) as f64;
    [between(scale, [a, b], -half), between(scale, [a, b], 1.0 + half)]
}

/// `t` of the way from the first to the second, even on the scale.
pub(super) fn between(scale: Scale, [a, b]: [f64; 2], t: f64) -> f64 {
    match scale {
        Scale::Linear => a * (1.0 - t) + b * t,
        Scale::Log => (a.ln() * (1.0 - t) + b.ln() * t).exp(),
    }
}

/// Where the middles of the first and the last of `n` columns are.
pub(super) fn middles(range: Option<[f64; 2]>, n: usize) -> [f64; 2] {
    range.unwrap_or([1.0, n as f64])
}

/// All sets of bars of a figure, standing beside each other.
pub(super) struct Row {
    sets: usize,
    room: f64,
}

impl Row {
    pub fn of(layers: &[Layer]) -> Self {
        let sets = layers.iter().filter_map(|l| if let Layer::Bars(bars) = l { Some(bars) } else { None });
        let mut x: Vec<f64> = sets.clone().flat_map(|b| b.x.iter().copied()).filter(|x| x.is_finite()).collect();
        x.sort_by(f64::total_cmp);
        let room = x.windows(2).map(|w| w[1] - w[0]).filter(|d| *d > 0.0).fold(f64::INFINITY, f64::min);
        Self { sets: sets.count(), room: if room.is_finite() { room } else { 1.0 } }
    }

    /// The sides of the bar of set `k` at `x`.
    pub fn sides(&self, bars: &Bars, k: usize, x: f64) -> (f64, f64) {
        let width = self.room * bars.width / self.sets.max(1) as f64;
        let left = x - self.room * bars.width / 2.0 + k as f64 * width;
        (left, left + width)
    }
}

impl Histogram {
    /// The ranges' edges, one more than their heights.
    pub(super) fn counted(&self, scale: Scale) -> (Vec<f64>, Vec<f64>) {
        let mut values: Vec<f64> = self.values.iter().copied().filter(|v| scale.shows(*v)).collect();
        let reach = Reach::of(scale, &self.range.map_or_else(|| values.clone(), |r| r.to_vec()));
        if reach.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let axis = Axis::new(scale, reach.low, reach.high);
        values.retain(|v| (axis.low()..=axis.high()).contains(v));
        values.sort_by(f64::total_cmp);
        let n = values.len();
        let bins = match self.bins {
            0 if n > 1 => {
                // Width 2 IQR / n^(1/3), here on the axis' scale.
                let quartile = |q: f64| axis.unit(values[((n - 1) as f64 * q).round() as usize]);
                let width = 2.0 * (quartile(0.75) - quartile(0.25)) / (n as f64).cbrt();
                let sturges = (n as f64).log2().ceil() + 1.0;
                (if width > 0.0 { (1.0 / width).ceil().max(sturges) } else { sturges }).min(200.0) as usize
            }
            0 => 1,
            bins => bins,
        };
        let edges: Vec<f64> = (0..=bins).map(|k| axis.value(k as f64 / bins as f64)).collect();
        let mut heights = vec![0.0; bins];
        for v in &values {
            heights[((axis.unit(*v) * bins as f64).max(0.0) as usize).min(bins - 1)] += 1.0;
        }
        if self.density {
            for (k, height) in heights.iter_mut().enumerate() {
                *height /= (n.max(1) as f64) * (edges[k + 1] - edges[k]);
            }
        }
        (edges, heights)
    }
}

/// The axes and the colours of a figure's values.
pub(super) struct View {
    pub x: Axis,
    pub y: Axis,
    pub tint: Option<Tint>,
}

impl View {
    pub fn of(figure: &Figure) -> Result<Self> {
        let settings = &figure.settings;
        let (mut x, mut y) = (Reach::new(settings.x_scale), Reach::new(settings.y_scale));
        let (mut filled, mut grounded, mut roomy) = (false, false, false);
        let mut some = (false, false); // whether any x, any y has a place
        let row = Row::of(&figure.layers);
        let mut bars_before = 0;
        for layer in &figure.layers {
            let mut points = |xs: &[f64], ys: &[f64]| {
                for (a, b) in xs.iter().zip(ys) {
                    some = (some.0 || settings.x_scale.shows(*a), some.1 || settings.y_scale.shows(*b));
                    if settings.x_scale.shows(*a) && settings.y_scale.shows(*b) {
                        x.add(*a);
                        y.add(*b);
                    }
                }
            };
            match layer {
                Layer::Line(l) => {
                    points(&l.x, &l.y);
                    points(&l.x, &l.low);
                    points(&l.x, &l.high);
                }
                Layer::Band(b) => {
                    points(&b.x, &b.low);
                    points(&b.x, &b.high);
                }
                Layer::Scatter(s) => points(&s.x, &s.y),
                Layer::Text(t) => {
                    roomy = true;
                    points(&t.x, &t.y);
                }
                Layer::Segments(s) => {
                    points(&s.x1, &s.y1);
                    points(&s.x2, &s.y2);
                }
                Layer::VectorField(f) => {
                    roomy = true;
                    points(&f.x, &f.y);
                    if f.scale > 0.0 && !f.equal {
                        let end = |a: &[f64], d: &[f64]| -> Vec<f64> {
                            a.iter().zip(d).map(|(a, d)| a + d * f.scale).collect()
                        };
                        points(&end(&f.x, &f.u), &end(&f.y, &f.v));
                    }
                }
                Layer::Bars(b) => {
                    grounded = true;
                    for (k, (at, height)) in b.x.iter().zip(&b.y).enumerate() {
                        let error = b.errors.get(k).copied().filter(|e| e.is_finite()).unwrap_or(0.0);
                        let (left, right) = row.sides(b, bars_before, *at);
                        let gap = (right - left) * 0.2;
                        for side in [left - gap, right + gap] {
                            points(&[side; 4], &[*height, *height - error, *height + error, 0.0]);
                        }
                    }
                    bars_before += 1;
                }
                Layer::Histogram(h) => {
                    grounded = true;
                    let (edges, heights) = h.counted(settings.x_scale);
                    for (k, height) in heights.iter().enumerate() {
                        points(&[edges[k], edges[k + 1], edges[k]], &[*height, *height, 0.0]);
                    }
                }
                Layer::HeatMap(_)
                | Layer::Regions(_)
                | Layer::Contour(_)
                | Layer::Image(_)
                | Layer::Network(_)
                | Layer::Tree(_) => {
                    let (xs, ys) = layer.sides(settings);
                    points(&xs, &ys);
                    points(&[xs[1], xs[0]], &ys);
                    filled = true;
                }
            }
        }
        let (mx, my) = match (filled, roomy) {
            (true, _) => (0.0, 0.0),
            (false, true) => (0.07, 0.07),
            (false, false) => (0.03, 0.05),
        };
        let axes = [
            (x, settings.x_range, settings.x_scale, "x", [mx; 2]),
            (y, settings.y_range, settings.y_scale, "y", [my; 2]),
        ];
        let axis = |(reach, range, scale, name, mut margin): (Reach, Option<[f64; 2]>, Scale, &str, [f64; 2])| {
            if let Some([a, b]) = range {
                return Ok(Axis::new(scale, a, b));
            }
            if reach.is_empty() {
                let log = |name: &str| format!("figure: `{name}_scale` is log, but no point has {name} above 0");
                return Err(Error::value(match some {
                    (_, false) if settings.y_scale == Scale::Log => log("y"),
                    (false, _) if settings.x_scale == Scale::Log => log("x"),
                    _ => "figure: none of the points can be drawn; their numbers are not finite".into(),
                }));
            }
            if grounded && name == "y" && scale == Scale::Linear {
                let end = |v: f64, m: f64| if v == 0.0 { 0.0 } else { m };
                margin = [end(reach.low, margin[0]), end(reach.high, margin[1])];
            }
            Ok(Axis::new(scale, reach.low, reach.high).widened(margin[0], margin[1]))
        };
        let [x, y] = axes.map(axis);
        Ok(Self { x: x?, y: y?, tint: tint(figure)? })
    }
}

impl Layer {
    /// Both sides and both heights of what fills a rectangle.
    pub(super) fn sides(&self, settings: &FigureSettings) -> ([f64; 2], [f64; 2]) {
        let (sx, sy) = (settings.x_scale, settings.y_scale);
        match self {
            Self::HeatMap(m) => {
                let rows = m.values.len() / m.columns;
                (edges(sx, m.x_range, m.columns), edges(sy, m.y_range, rows))
            }
            Self::Regions(m) => {
                let rows = m.classes.len() / m.columns;
                (edges(sx, m.x_range, m.columns), edges(sy, m.y_range, rows))
            }
            Self::Contour(m) => {
                let rows = m.values.len() / m.columns;
                (middles(m.x_range, m.columns), middles(m.y_range, rows))
            }
            Self::Image(m) => {
                let rows = m.rgb.len() / 3 / m.columns;
                (m.x_range.unwrap_or([0.0, m.columns as f64]), m.y_range.unwrap_or([0.0, rows as f64]))
            }
            _ => ([0.0, 1.0], [0.0, 1.0]),
        }
    }

    /// Whether it covers the paper.
    pub(super) fn covers(&self) -> bool {
        match self {
            Self::HeatMap(_) | Self::Regions(_) | Self::Image(_) => true,
            Self::Contour(contour) => contour.filled,
            _ => false,
        }
    }
}

/// The colours of all values of a figure, if it has any that are shown so.
fn tint(figure: &Figure) -> Result<Option<Tint>> {
    let settings = &figure.settings;
    let mut reach = Reach::new(settings.color_scale);
    let mut any = false;
    let lines_have_colors = !figure.layers.iter().any(Layer::covers);
    for layer in &figure.layers {
        let values = match layer {
            Layer::HeatMap(m) => &m.values,
            Layer::Scatter(s) if !s.values.is_empty() => &s.values,
            Layer::Contour(c) if c.filled || (c.color.is_none() && lines_have_colors) => &c.values,
            _ => continue,
        };
        any = true;
        values.iter().for_each(|v| reach.add(*v));
    }
    if !any {
        return Ok(None);
    }
    let (low, high) = match settings.color_range {
        Some([a, b]) => (a, b),
        None if reach.is_empty() => {
            return Err(Error::value(match settings.color_scale {
                Scale::Log => "figure: `color_scale` is log, but no value is above 0",
                Scale::Linear => "figure: none of the values is finite",
            }));
        }
        // A map with a middle has it at zero.
        None if settings.color_map == ColorMap::Coolwarm && reach.low < 0.0 && reach.high > 0.0 => {
            let size = reach.high.max(-reach.low);
            (-size, size)
        }
        None => (reach.low, reach.high),
    };
    Ok(Some(Tint { map: settings.color_map, axis: Axis::new(settings.color_scale, low, high) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_counted_once() {
        let values: Vec<f64> = (0..100).map(f64::from).chain([f64::NAN, f64::INFINITY]).collect();
        let histogram = Histogram { values, bins: 4, ..Histogram::default() };
        let (edges, heights) = histogram.counted(Scale::Linear);
        assert_eq!((edges.len(), heights), (5, vec![25.0; 4]));
        let density = Histogram { density: true, ..histogram.clone() }.counted(Scale::Linear);
        let area: f64 = density.1.iter().zip(density.0.windows(2)).map(|(h, e)| h * (e[1] - e[0])).sum();
        assert!((area - 1.0).abs() < 1e-12);
        let log = Histogram { values: vec![1.0, 10.0, 100.0, 1000.0, -5.0], bins: 3, ..Histogram::default() };
        assert_eq!(log.counted(Scale::Log).1.iter().sum::<f64>(), 4.0);
        let same = Histogram { values: vec![7.0; 9], ..Histogram::default() };
        assert_eq!(same.counted(Scale::Linear).1.iter().sum::<f64>(), 9.0);
    }

    #[test]
    fn sets_of_bars_stand_beside_each_other() {
        let set = || Layer::Bars(Bars { x: vec![1.0, 2.0], y: vec![1.0, 2.0], width: 0.8, ..Bars::default() });
        let Layer::Bars(bars) = set() else { unreachable!() };
        let row = Row::of(&[set(), set()]);
        assert_eq!((row.sides(&bars, 0, 1.0), row.sides(&bars, 1, 1.0)), ((0.6, 1.0), (1.0, 1.4)));
    }

    #[test]
    fn a_grid_reaches_half_a_cell_beyond_its_middles() {
        assert_eq!(edges(Scale::Linear, Some([0.0, 10.0]), 6), [-1.0, 11.0]);
        assert_eq!(edges(Scale::Linear, None, 3), [0.5, 3.5]);
        let [a, b] = edges(Scale::Log, Some([1.0, 100.0]), 3);
        assert!((a - 10f64.powf(-0.5)).abs() < 1e-12 && (b - 10f64.powf(2.5)).abs() < 1e-9);
    }
}
