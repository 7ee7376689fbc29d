//! A neural network as a picture: circles in columns, weights as lines.

use super::color::Color;
use super::colormap::ColorMap;
use super::drawing::{Anchor, Drawing, Mark, Path, Pen, Step};
use super::font::{self, CAPITAL};
use super::frame::say;
use super::layer::Network;
use super::pane::Pane;

/// A column of neurons as it is drawn.
struct Column {
    x: f64,
    /// The drawn neurons' numbers with their heights.
    shown: Vec<(usize, f64)>,
    /// Where dots stand for those left out.
    dots: Option<f64>,
}

impl Network {
    /// Draws the network over the whole pane.
    pub(super) fn draw(&self, drawing: &mut Drawing, pane: &Pane) {
        let (rect, settings) = (pane.rect, pane.settings);
        let (theme, paper) = (settings.theme, settings.paper());
        let size = settings.font_size * 0.9;
        let widest = |names: &[String]| names.iter().map(|n| font::width(n, size, false)).fold(0.0, f64::max);
        let most = rect.width * 0.25;
        let (before, after) = (widest(&self.inputs).min(most), widest(&self.outputs).min(most));
        let places = |n: usize| if n <= self.most { n } else { self.most + 1 };
        let tallest = self.sizes.iter().map(|n| places(*n)).max().unwrap_or(1).max(2);
        let row = rect.height / tallest as f64;
        let radius = (row * 0.34).min(rect.width / self.sizes.len() as f64 * 0.2).min(20.0);
        let (left, right) = (rect.left + before + 2.5 * radius, rect.right() - after - 2.5 * radius);
        let columns: Vec<Column> = self
            .sizes
            .iter()
            .enumerate()
            .map(|(k, n)| {
                let x = left + (right - left) * k as f64 / (self.sizes.len() - 1) as f64;
                let middle = rect.top + rect.height / 2.0;
                let y = |place: usize| middle + (place as f64 - (places(*n) - 1) as f64 / 2.0) * row;
                let half = self.most / 2;
                match n {
                    n if *n <= self.most => Column { x, shown: (0..*n).map(|i| (i, y(i))).collect(), dots: None },
                    n => {
                        let last = self.most - half;
                        let first = (0..half).map(|i| (i, y(i)));
                        let rest = (0..last).map(|i| (n - last + i, y(half + 1 + i)));
                        Column { x, shown: first.chain(rest).collect(), dots: Some(y(half)) }
                    }
                }
            })
            .collect();

        let largest = |values: &[Vec<f64>]| {
            let all = values.iter().flatten().copied().filter(|v| v.is_finite());
            all.fold(0.0f64, |m, v| m.max(v.abs())).max(f64::MIN_POSITIVE)
        };
        let heaviest = largest(&self.weights);
        for (k, pair) in columns.windows(2).enumerate() {
            let mut lines = Vec::new();
            for (i, y1) in &pair[0].shown {
                for (j, y2) in &pair[1].shown {
                    let weight = self.weights.get(k).map(|w| w[i * self.sizes[k + 1] + j] / heaviest);
                    let pen = match weight {
                        None => Pen::new(theme.axis().fade(0.45), 1.0),
                        Some(w) if w.is_finite() => {
                            let strength = w.abs();
                            Pen::new(ends(w).fade(0.15 + 0.75 * strength), 0.5 + 3.0 * strength)
                        }
                        Some(_) => continue,
                    };
                    let path = Path(vec![Step::Move(pair[0].x, *y1), Step::Line(pair[1].x, *y2)]);
                    lines.push((weight.map_or(0.0, f64::abs), path, Pen { width: pen.width * pane.unit, ..pen }));
                }
            }
            lines.sort_by(|a, b| a.0.total_cmp(&b.0)); // the strongest above the others
            lines.into_iter().for_each(|(_, path, pen)| drawing.stroke(path, pen));
        }

        let busiest = largest(&self.activations);
        let rim = Pen::new(theme.ink().mix(paper, 0.2), 1.2 * pane.unit);
        for (k, column) in columns.iter().enumerate() {
            for (i, y) in &column.shown {
                let fill = match self.activations.get(k).map(|a| a[*i]) {
                    Some(a) if a.is_finite() => {
                        let share = (a / busiest).abs();
                        paper.mix(ends(a), share)
                    }
                    _ => paper.mix(theme.color(0), 0.25),
                };
                let shape = Path::circle(0.0, 0.0, radius);
                drawing.marks.push(Mark::Dots { shape, at: vec![(column.x, *y)], fill: Some(fill), edge: Some(rim) });
            }
            if let Some(y) = column.dots {
                let shape = Path::circle(0.0, 0.0, (radius * 0.18).max(1.2));
                let at = [-0.5, 0.0, 0.5].map(|d| (column.x, y + d * row * 0.5)).to_vec();
                drawing.marks.push(Mark::Dots { shape, at, fill: Some(theme.axis()), edge: None });
            }
        }
        let ends =
            [(columns.first(), &self.inputs, Anchor::End, -1.0), (columns.last(), &self.outputs, Anchor::Start, 1.0)];
        for (column, names, anchor, side) in ends {
            let Some(column) = column else { continue };
            for (i, y) in &column.shown {
                let Some(name) = names.get(*i) else { continue };
                let text = font::shorten(name, size, false, most);
                let at = (column.x + side * radius * 1.6, y + size * CAPITAL / 2.0);
                say(drawing, &text, at, size, anchor, 0.0, false, theme.ink());
            }
        }
    }
}

/// Blue for below zero, red for above.
fn ends(value: f64) -> Color {
    ColorMap::Coolwarm.at(if value < 0.0 { 0.0 } else { 1.0 })
}

#[cfg(test)]
mod tests {
    use crate::plot::{Figure, FigureSettings, Network};

    #[test]
    fn a_heavy_weight_is_a_broad_red_line() {
        let mut figure = Figure::new(FigureSettings { width: 200, height: 100, ..Default::default() }).unwrap();
        let net = Network { sizes: vec![1, 1], weights: vec![vec![2.0]], ..Network::default() };
        figure.add(net).unwrap();
        let pixels = figure.draw().unwrap().pixels().unwrap();
        let color = pixels.at(100, 50).unwrap();
        assert!(color.r > 150 && color.g < 80 && color.b < 100, "{color:?}");
        assert_eq!(pixels.at(100, 60).unwrap(), pixels.at(0, 0).unwrap(), "paper");
    }

    #[test]
    fn of_a_large_column_the_first_and_the_last_are_drawn() {
        let mut figure = Figure::new(FigureSettings::default()).unwrap();
        let outputs = (0..1000).map(|k| format!("out{k}")).collect();
        figure.add(Network { sizes: vec![784, 10, 1000], outputs, most: 4, ..Network::default() }).unwrap();
        let svg = figure.draw().unwrap().svg().unwrap();
        for (name, there) in [("out0", true), ("out1", true), ("out2", false), ("out998", true), ("out999", true)] {
            assert_eq!(svg.contains(&format!(">{name}</text>")), there, "{name}");
        }
    }
}
