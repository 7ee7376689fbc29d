//! A figure: layers over a pair of axes.

use super::color::{Color, Theme};
use super::colormap::ColorMap;
use super::drawing::{Drawing, Rect};
use super::layer::Layer;
use super::scale::Scale;
use super::{frame, terminal};
use crate::error::ensure_setting;
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Where the legend is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Legend {
    /// In the corner that hides least.
    #[default]
    Auto,
    /// Nowhere.
    None,
    /// Beside the figure.
    Outside,
    /// In the upper right corner.
    TopRight,
    /// In the upper left corner.
    TopLeft,
    /// In the lower right corner.
    BottomRight,
    /// In the lower left corner.
    BottomLeft,
}

/// Settings of a [`Figure`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FigureSettings {
    /// The line above the figure. Default: none.
    pub title: String,
    /// What the x axis shows. Default: none.
    pub x_label: String,
    /// What the y axis shows. Default: none.
    pub y_label: String,
    /// "linear" or "log". Default "linear".
    pub x_scale: Scale,
    /// "linear" or "log". Default "linear".
    pub y_scale: Scale,
    /// From where to where the x axis goes. Default: as far as the points.
    pub x_range: Option<[f64; 2]>,
    /// From where to where the y axis goes. Default: as far as the points.
    pub y_range: Option<[f64; 2]>,
    /// Where the x axis has marks. Default: at round numbers; with `x_tick_labels` at 1, 2, 3, ….
    pub x_ticks: Vec<f64>,
    /// Where the y axis has marks. Default: at round numbers; with `y_tick_labels` at 1, 2, 3, ….
    pub y_ticks: Vec<f64>,
    /// What is written at the marks of the x axis. Default: their numbers.
    pub x_tick_labels: Vec<String>,
    /// What is written at the marks of the y axis. Default: their numbers.
    pub y_tick_labels: Vec<String>,
    /// Pixels from left to right, 16 to 16384. Default 800.
    pub width: usize,
    /// Pixels from top to bottom, 16 to 16384. Default 500.
    pub height: usize,
    /// The height of letters in pixels, 4 to 400. Default 15.
    pub font_size: f64,
    /// Where the legend is: "auto", "none", "outside", "topright", "topleft", "bottomright" or "bottomleft".
    /// Default "auto".
    pub legend: Legend,
    /// Draw a grid. Default: unless something covers the paper.
    pub grid: Option<bool>,
    /// Draw axes. Default: unless there are only images or networks.
    pub axes: Option<bool>,
    /// Make one unit of x as long as one of y. Default: only where there are only images.
    pub equal: Option<bool>,
    /// Let y grow downwards, as rows of a matrix and of a maze do. Default false.
    pub flip_y: bool,
    /// "light" or "dark". Default "light".
    pub theme: Theme,
    /// The paper's colour. Default: the theme's.
    pub background: Option<Color>,
    /// How values become colours: "viridis", "magma", "inferno", "cividis", "coolwarm" (its middle at zero) or "gray".
    /// Default "viridis".
    pub color_map: ColorMap,
    /// From where to where the values' colours go. Default: all of them.
    pub color_range: Option<[f64; 2]>,
    /// "linear" or "log". Default "linear".
    pub color_scale: Scale,
    /// Show what the colours mean, where values have them. Default true.
    pub color_bar: bool,
    /// What the colours show. Default: none.
    pub color_label: String,
}

impl Default for FigureSettings {
    fn default() -> Self {
        Self {
            title: String::new(),
            x_label: String::new(),
            y_label: String::new(),
            x_scale: Scale::Linear,
            y_scale: Scale::Linear,
            x_range: None,
            y_range: None,
            x_ticks: Vec::new(),
            y_ticks: Vec::new(),
            x_tick_labels: Vec::new(),
            y_tick_labels: Vec::new(),
            width: 800,
            height: 500,
            font_size: 15.0,
            legend: Legend::Auto,
            grid: None,
            axes: None,
            equal: None,
            flip_y: false,
            theme: Theme::Light,
            background: None,
            color_map: ColorMap::Viridis,
            color_range: None,
            color_scale: Scale::Linear,
            color_bar: true,
            color_label: String::new(),
        }
    }
}

impl FigureSettings {
    pub(super) fn paper(&self) -> Color {
        self.background.map_or(self.theme.background(), |color| Color { a: 255, ..color })
    }

    fn check(&self) -> Result<()> {
        size("figure", "width", self.width)?;
        size("figure", "height", self.height)?;
        letters("figure", self.font_size)?;
        let ranges = [
            ("x_range", self.x_range, self.x_scale),
            ("y_range", self.y_range, self.y_scale),
            ("color_range", self.color_range, self.color_scale),
        ];
        for (name, range, scale) in ranges {
            let Some([a, b]) = range else { continue };
            let rule = match scale {
                Scale::Linear => "two different finite numbers",
                Scale::Log => "two different numbers above 0 on a log scale",
            };
            let ok = a != b && scale.shows(a) && scale.shows(b);
            ensure_setting(ok, "figure", name, rule, format!("{a} and {b}"))?;
        }
        let ticks = [
            ("x_ticks", &self.x_ticks, "x_tick_labels", &self.x_tick_labels),
            ("y_ticks", &self.y_ticks, "y_tick_labels", &self.y_tick_labels),
        ];
        for (name, at, labels_name, labels) in ticks {
            let (n, m) = (at.len(), labels.len());
            if n > 0 && m > 0 && n != m {
                return Err(Error::shape("figure", format!("`{name}` has {n} values, `{labels_name}` has {m}")));
            }
            ensure_setting(n.max(m) <= 10_000, "figure", name, "at most 10000", n.max(m))?;
        }
        Ok(())
    }
}

/// Refuses pictures that are absurdly small or large.
pub(super) fn size(what: &str, name: &str, pixels: usize) -> Result<()> {
    ensure_setting((16..=16384).contains(&pixels), what, name, "16 to 16384 pixels", pixels)
}

/// Refuses letters that are absurdly small or large.
pub(super) fn letters(what: &str, pixels: f64) -> Result<()> {
    ensure_setting((4.0..=400.0).contains(&pixels), what, "font_size", "4 to 400 pixels", pixels)
}

/// Settings of [`Figure::terminal`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TerminalSettings {
    /// Letters from left to right, 20 to 500. Default 80.
    pub columns: usize,
    /// Lines from top to bottom, axes and labels included, 6 to 300. Default 24.
    pub rows: usize,
    /// Use colours. Default true.
    pub color: bool,
}

impl Default for TerminalSettings {
    fn default() -> Self {
        Self { columns: 80, rows: 24, color: true }
    }
}

/// Layers over a pair of axes.
///
/// ```
/// use mynah::plot::{Figure, FigureSettings, Line};
/// let mut figure = Figure::new(FigureSettings { title: "Loss".into(), ..Default::default() }).unwrap();
/// figure.add(Line { y: vec![3.0, 1.5, 1.0], label: "train".into(), ..Default::default() }).unwrap();
/// assert!(figure.draw().unwrap().svg().unwrap().contains(">train</text>"));
/// ```
#[derive(Clone, Debug)]
pub struct Figure {
    pub(super) settings: FigureSettings,
    pub(super) layers: Vec<Layer>,
}

impl Figure {
    /// An empty figure.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: FigureSettings) -> Result<Self> {
        settings.check()?;
        Ok(Self { settings, layers: Vec::new() })
    }

    /// Lays a layer over those before.
    ///
    /// # Errors
    /// When it has nothing to draw, lengths differ, or a setting is out of its range.
    pub fn add(&mut self, layer: impl Into<Layer>) -> Result<&mut Self> {
        self.layers.push(layer.into().prepared()?);
        Ok(self)
    }

    /// The settings.
    pub fn settings(&self) -> &FigureSettings {
        &self.settings
    }

    /// The layers, the lowest first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The finished drawing.
    ///
    /// # Errors
    /// When there is no layer, or nothing in them has a place on the axes.
    pub fn draw(&self) -> Result<Drawing> {
        let (width, height) = (self.settings.width, self.settings.height);
        let mut drawing = Drawing::new(width, height, self.settings.paper());
        let whole = Rect { left: 0.0, top: 0.0, width: width as f64, height: height as f64 };
        frame::draw(self, &mut drawing, whole)?;
        Ok(drawing)
    }

    /// Writes the figure to a file, PNG or SVG as its name ends.
    ///
    /// # Errors
    /// Those of [`Figure::draw`] and [`Drawing::write`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        self.draw()?.write(path)
    }

    /// The figure as text: dots of braille for lines and points, blocks of colour for what covers the paper.
    ///
    /// # Errors
    /// Those of [`Figure::draw`], or when a setting is out of its range.
    pub fn terminal(&self, settings: &TerminalSettings) -> Result<String> {
        let TerminalSettings { columns, rows, .. } = *settings;
        ensure_setting((20..=500).contains(&columns), "terminal", "columns", "20 to 500", columns)?;
        ensure_setting((6..=300).contains(&rows), "terminal", "rows", "6 to 300", rows)?;
        terminal::text(self, settings)
    }

    pub(super) fn has_axes(&self) -> bool {
        let bare = |layer: &Layer| matches!(layer, Layer::Image(_) | Layer::Network(_) | Layer::Tree(_));
        self.settings.axes.unwrap_or_else(|| !self.layers.iter().all(bare))
    }

    pub(super) fn is_equal(&self) -> bool {
        let image = |layer: &Layer| matches!(layer, Layer::Image(_));
        self.settings.equal.unwrap_or_else(|| self.layers.iter().any(image) && !self.has_axes())
    }

    pub(super) fn has_grid(&self) -> bool {
        self.settings.grid.unwrap_or_else(|| self.has_axes() && !self.layers.iter().any(Layer::covers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::extent::View;
    use crate::plot::pane::Pane;
    use crate::plot::*;

    fn bare(width: usize, height: usize) -> FigureSettings {
        FigureSettings {
            width,
            height,
            axes: Some(false),
            color_bar: false,
            legend: Legend::None,
            ..Default::default()
        }
    }

    fn refusal(settings: FigureSettings, layer: impl Into<Layer>) -> String {
        let mut figure = Figure::new(settings).unwrap();
        figure.add(layer).unwrap();
        figure.draw().unwrap_err().to_string()
    }

    fn all_kinds() -> Vec<Layer> {
        let (a, b) = (vec![1.0, 2.0, 3.0, 4.0], vec![4.0, f64::NAN, f64::INFINITY, 1.0]);
        let grid = vec![1.0, f64::NAN, f64::INFINITY, 4.0, 5.0, 6.0];
        vec![
            Line {
                y: b.clone(),
                low: a.clone(),
                high: b.clone(),
                marker: Marker::Star,
                label: "l".into(),
                ..Default::default()
            }
            .into(),
            Band { low: a.clone(), high: b.clone(), label: "b".into(), ..Default::default() }.into(),
            Scatter { y: b.clone(), classes: vec![0, 1, 2, 900], names: vec!["c".into()], ..Default::default() }.into(),
            Scatter {
                y: a.clone(),
                values: b.clone(),
                sizes: vec![0.0, 1.0, 99.0, 5.0],
                label: "s".into(),
                ..Default::default()
            }
            .into(),
            Bars { y: b.clone(), errors: b.clone(), label: "x".into(), ..Default::default() }.into(),
            Histogram { values: b.clone(), label: "h".into(), ..Default::default() }.into(),
            HeatMap { values: grid.clone(), columns: 3, numbers: true, ..Default::default() }.into(),
            HeatMap { values: vec![5.0; 6], columns: 2, smooth: true, ..Default::default() }.into(),
            Contour { values: grid.clone(), columns: 3, filled: true, ..Default::default() }.into(),
            Contour { values: grid, columns: 2, spacing: Scale::Log, ..Default::default() }.into(),
            VectorField {
                x: a.clone(),
                y: a.clone(),
                u: b.clone(),
                v: a.clone(),
                label: "v".into(),
                ..Default::default()
            }
            .into(),
            Regions { classes: vec![0, 1, 5, 7], columns: 2, names: vec!["r".into()], ..Default::default() }.into(),
            Image { rgb: vec![9; 12], columns: 2, ..Default::default() }.into(),
            Segments { x1: a.clone(), y1: b.clone(), x2: b.clone(), y2: a.clone(), ..Default::default() }.into(),
            Text { x: a, y: b, text: ["a", "<b>", "中", ""].map(String::from).to_vec(), ..Default::default() }.into(),
            Network {
                sizes: vec![2, 30, 1],
                activations: vec![vec![f64::NAN, 1.0], vec![0.5; 30], vec![-1.0]],
                ..Default::default()
            }
            .into(),
            Tree {
                nodes: vec![
                    TreeNode { split: Some(Split { left: 1, right: 2, ..Default::default() }), ..Default::default() },
                    TreeNode { shares: vec![0.25, 0.75], samples: 4.0, ..Default::default() },
                    TreeNode::default(),
                ],
                ..Default::default()
            }
            .into(),
        ]
    }

    #[test]
    fn every_kind_of_layer_is_drawn_at_every_size_on_every_scale() {
        for layer in all_kinds() {
            for (width, height) in [(16, 16), (64, 300), (640, 480)] {
                for (x_scale, y_scale) in [(Scale::Linear, Scale::Linear), (Scale::Log, Scale::Log)] {
                    for flip_y in [false, true] {
                        let text = || "words, αβγ 中文".to_string();
                        let settings = FigureSettings {
                            width,
                            height,
                            x_scale,
                            y_scale,
                            flip_y,
                            title: text(),
                            x_label: text(),
                            y_label: text(),
                            color_label: text(),
                            theme: if flip_y { Theme::Dark } else { Theme::Light },
                            ..Default::default()
                        };
                        let mut figure = Figure::new(settings).unwrap();
                        figure.add(layer.clone()).unwrap();
                        let drawing = figure.draw().unwrap();
                        let pixels = drawing.pixels().unwrap();
                        assert_eq!(pixels.rgb.len(), width * height * 3);
                        assert!(drawing.svg().unwrap().ends_with("</svg>\n"));
                        figure.terminal(&TerminalSettings { columns: 40, rows: 12, color: flip_y }).unwrap();
                    }
                }
            }
        }
    }

    #[test]
    fn all_layers_together_are_the_same_picture_twice() {
        let draw = || {
            let mut figure = Figure::new(FigureSettings::default()).unwrap();
            for layer in all_kinds() {
                figure.add(layer).unwrap();
            }
            (figure.draw().unwrap().pixels().unwrap(), figure.draw().unwrap().svg().unwrap())
        };
        assert_eq!(draw(), draw());
    }

    #[test]
    fn a_heat_maps_extremes_have_the_maps_ends() {
        let mut figure = Figure::new(bare(100, 100)).unwrap();
        figure.add(HeatMap { values: vec![0.0, 1.0, 2.0, 3.0], columns: 2, ..Default::default() }).unwrap();
        let pixels = figure.draw().unwrap().pixels().unwrap();
        assert_eq!(pixels.at(30, 70), Some(ColorMap::Viridis.at(0.0)), "the first row is the lowest");
        assert_eq!(pixels.at(70, 30), Some(ColorMap::Viridis.at(1.0)));
        assert_eq!(pixels.at(70, 70), Some(ColorMap::Viridis.at(1.0 / 3.0)));
        let mut figure = Figure::new(FigureSettings { flip_y: true, ..bare(100, 100) }).unwrap();
        figure.add(HeatMap { values: vec![0.0, 1.0, 2.0, 3.0], columns: 2, ..Default::default() }).unwrap();
        assert_eq!(figure.draw().unwrap().pixels().unwrap().at(30, 30), Some(ColorMap::Viridis.at(0.0)));
    }

    #[test]
    fn an_images_first_row_is_at_the_top_whichever_way_y_grows() {
        for flip_y in [false, true] {
            let mut figure = Figure::new(FigureSettings { flip_y, ..bare(100, 100) }).unwrap();
            figure
                .add(Image { rgb: vec![250, 0, 0, 250, 0, 0, 0, 0, 250, 0, 0, 250], columns: 2, ..Default::default() })
                .unwrap();
            let pixels = figure.draw().unwrap().pixels().unwrap();
            let colors = [pixels.at(50, 20).unwrap(), pixels.at(50, 80).unwrap()];
            assert_eq!(colors, [Color::rgb(250, 0, 0), Color::rgb(0, 0, 250)], "flip_y = {flip_y}");
        }
    }

    #[test]
    fn lines_bars_and_points_are_where_their_numbers_say() {
        let range = Some([0.0, 10.0]);
        let settings = FigureSettings { x_range: range, y_range: range, ..bare(400, 300) };
        let mut figure = Figure::new(settings).unwrap();
        let ink = Color::rgb(200, 0, 0);
        let red = Some(ink);
        figure.add(Bars { x: vec![2.0], y: vec![4.0], color: red, width: 1.0, ..Default::default() }).unwrap();
        figure
            .add(Line { x: vec![5.0, 7.0], y: vec![8.0, 8.0], color: red, width: 5.0, ..Default::default() })
            .unwrap();
        figure
            .add(Scatter { x: vec![8.0], y: vec![3.0], color: red, size: 12.0, opacity: 1.0, ..Default::default() })
            .unwrap();
        let drawing = figure.draw().unwrap();
        let pixels = drawing.pixels().unwrap();
        // Without axes there is a rim of 0.8 letters.
        let (rim, view) = (12.0, View::of(&figure).unwrap());
        let rect = Rect { left: rim, top: rim, width: 400.0 - 2.0 * rim, height: 300.0 - 2.0 * rim };
        let pane = Pane::new(&figure.settings, &view, rect);
        let at = |x: f64, y: f64| pixels.at(pane.px(x) as usize, pane.py(y) as usize).unwrap();
        for (x, y, drawn) in [
            (2.0, 3.8, true),
            (1.6, 0.2, true),
            (2.0, 4.2, false),
            (2.7, 2.0, false),
            (6.0, 8.0, true),
            (6.0, 7.5, false),
            (4.7, 8.0, false),
            (8.0, 3.0, true),
            (8.4, 3.0, false),
        ] {
            assert_eq!(at(x, y) == ink, drawn, "{x}, {y}: {:?}", at(x, y));
        }
    }

    #[test]
    fn the_svg_has_its_words_and_a_gap_has_none_of_the_line() {
        let settings = FigureSettings {
            title: "R&D <loss>".into(),
            x_label: "step".into(),
            y_label: "损失".into(),
            x_range: Some([0.0, 100.0]),
            ..Default::default()
        };
        let mut figure = Figure::new(settings).unwrap();
        let y = vec![1.0, 2.0, f64::NAN, 4.0, 5.0];
        figure.add(Line { y, label: "train".into(), ..Default::default() }).unwrap();
        let svg = figure.draw().unwrap().svg().unwrap();
        for word in ["R&amp;D &lt;loss&gt;", "step", "损失", "train", "0", "100"] {
            assert!(svg.contains(&format!(">{word}</text>")), "{word}");
        }
        let color = Theme::Light.color(0).code();
        let curves = svg.lines().filter(|l| l.contains("fill=\"none\"") && l.contains(&color)).count();
        assert_eq!(curves, 2 + 1, "two pieces, and the sample in the legend");
    }

    #[test]
    fn a_legend_stands_where_it_hides_nothing() {
        let rise: Vec<f64> = (0..50).map(f64::from).collect();
        let draw = |y: Vec<f64>| {
            let mut figure = Figure::new(FigureSettings::default()).unwrap();
            figure.add(Line { y, label: "name".into(), ..Default::default() }).unwrap();
            let svg = figure.draw().unwrap().svg().unwrap();
            let line = svg.lines().find(|l| l.contains(">name</text>")).unwrap().to_string();
            let x = line.split('"').nth(1).unwrap().parse::<f64>().unwrap();
            let y = line.split('"').nth(3).unwrap().parse::<f64>().unwrap();
            (x > 400.0, y > 250.0)
        };
        assert_eq!(draw(rise.clone()), (false, false), "upper left of a rise");
        assert_eq!(draw(rise.into_iter().rev().collect()), (true, false), "upper right of a fall");
    }

    #[test]
    fn what_cannot_be_drawn_is_said() {
        let empty = Figure::new(FigureSettings::default()).unwrap().draw().unwrap_err().to_string();
        assert_eq!(empty, "figure: there is nothing to draw; add a line, points or another layer");
        let nan = Line { y: vec![f64::NAN; 3], ..Default::default() };
        assert_eq!(
            refusal(FigureSettings::default(), nan),
            "figure: none of the points can be drawn; their numbers are not finite"
        );
        let log = FigureSettings { y_scale: Scale::Log, ..Default::default() };
        let low = Line { y: vec![-1.0, 0.0], ..Default::default() };
        assert_eq!(refusal(log.clone(), low), "figure: `y_scale` is log, but no point has y above 0");
        let mut figure = Figure::new(log).unwrap();
        figure.add(Line { y: vec![-1.0, 1.0, 10.0], ..Default::default() }).unwrap();
        assert!(figure.draw().is_ok(), "points that have no place are left out");
        let map = HeatMap { values: vec![-1.0; 4], columns: 2, ..Default::default() };
        let color_log = FigureSettings { color_scale: Scale::Log, ..Default::default() };
        assert_eq!(refusal(color_log, map), "figure: `color_scale` is log, but no value is above 0");
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        let says = |settings: FigureSettings| Figure::new(settings).unwrap_err().to_string();
        let wide = FigureSettings { width: 100_000, ..Default::default() };
        assert_eq!(says(wide), "figure: `width` must be 16 to 16384 pixels, got 100000");
        let log = FigureSettings { x_scale: Scale::Log, x_range: Some([0.0, 1.0]), ..Default::default() };
        assert_eq!(says(log), "figure: `x_range` must be two different numbers above 0 on a log scale, got 0 and 1");
        let ticks =
            FigureSettings { x_ticks: vec![1.0], x_tick_labels: vec!["a".into(), "b".into()], ..Default::default() };
        assert_eq!(says(ticks), "figure: `x_ticks` has 1 values, `x_tick_labels` has 2");
        let letters = FigureSettings { font_size: f64::NAN, ..Default::default() };
        assert!(says(letters).contains("`font_size` must be 4 to 400 pixels"));
    }

    #[test]
    fn the_largest_and_the_smallest_numbers_are_no_trouble() {
        for odd in [f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 1e-300, 1e16] {
            let mut figure = Figure::new(bare(64, 64)).unwrap();
            figure.add(Line { x: vec![odd, 1.0, -odd], y: vec![1.0, odd, -odd], ..Default::default() }).unwrap();
            figure.add(Histogram { values: vec![odd, 1.0, -odd], ..Default::default() }).unwrap();
            figure.add(Contour { values: vec![odd, 1.0, -odd, 0.0], columns: 2, ..Default::default() }).unwrap();
            let range = Some([odd, 0.0]);
            figure
                .add(HeatMap {
                    values: vec![odd, 1.0],
                    columns: 2,
                    x_range: range,
                    y_range: range,
                    ..Default::default()
                })
                .unwrap();
            figure.draw().unwrap().pixels().unwrap();
        }
    }
}
