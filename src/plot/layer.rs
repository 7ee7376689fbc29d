//! What a figure can show: numbers and how they look. Numbers that are not finite, or have no place on a logarithmic
//! axis, are left out; in a line they leave a gap.

use super::color::Color;
use super::scale::Scale;
use crate::error::ensure_setting;
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The shape of a point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Marker {
    /// No shape at all.
    #[default]
    None,
    /// A filled circle.
    Circle,
    /// A filled square.
    Square,
    /// A filled square on its corner.
    Diamond,
    /// A filled triangle.
    Triangle,
    /// A filled star of five rays.
    Star,
    /// Two crossed lines.
    Cross,
    /// Two crossed lines, upright.
    Plus,
    /// A circle's rim.
    Ring,
}

/// How a line is broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Dash {
    /// Not at all.
    #[default]
    Solid,
    /// Dashes.
    Dashed,
    /// Dots.
    Dotted,
    /// Dashes and dots in turn.
    Dashdot,
}

/// A line through points, with a band around it if `low` and `high` are given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Line {
    /// Where the points are from left to right; empty for 1, 2, 3, ….
    #[serde(skip)]
    pub x: Vec<f64>,
    /// How high they are.
    #[serde(skip)]
    pub y: Vec<f64>,
    /// The lower rim of a band around the line; empty for no band.
    #[serde(skip)]
    pub low: Vec<f64>,
    /// The upper rim.
    #[serde(skip)]
    pub high: Vec<f64>,
    /// Its name in the legend. Default: none.
    pub label: String,
    /// Its colour. Default: the palette's next.
    pub color: Option<Color>,
    /// Its width in pixels, at least 0 (no line). Default 2.
    pub width: f64,
    /// How it is broken: "solid", "dashed", "dotted" or "dashdot". Default "solid".
    pub dash: Dash,
    /// The shape of its points: "none", "circle", "square", "diamond", "triangle", "star", "cross", "plus" or "ring".
    /// Default "none".
    pub marker: Marker,
    /// The width of its points in pixels, above 0. Default 7.
    pub size: f64,
    /// Draw stairs: each value holds until the next. Default false.
    pub steps: bool,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            x: Vec::new(),
            y: Vec::new(),
            low: Vec::new(),
            high: Vec::new(),
            label: String::new(),
            color: None,
            width: 2.0,
            dash: Dash::Solid,
            marker: Marker::None,
            size: 7.0,
            steps: false,
        }
    }
}

/// The area between two lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Band {
    /// Where the points are from left to right; empty for 1, 2, 3, ….
    #[serde(skip)]
    pub x: Vec<f64>,
    /// The lower rim.
    #[serde(skip)]
    pub low: Vec<f64>,
    /// The upper rim.
    #[serde(skip)]
    pub high: Vec<f64>,
    /// Its name in the legend. Default: none.
    pub label: String,
    /// Its colour. Default: that of the next line.
    pub color: Option<Color>,
    /// How much it hides of what is below, in [0, 1]. Default 0.2.
    pub opacity: f64,
}

impl Default for Band {
    fn default() -> Self {
        Self { x: Vec::new(), low: Vec::new(), high: Vec::new(), label: String::new(), color: None, opacity: 0.2 }
    }
}

/// Points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Scatter {
    /// Where the points are from left to right; empty for 1, 2, 3, ….
    #[serde(skip)]
    pub x: Vec<f64>,
    /// How high they are.
    #[serde(skip)]
    pub y: Vec<f64>,
    /// A value for each, shown as colour through the figure's map; or empty.
    #[serde(skip)]
    pub values: Vec<f64>,
    /// A class for each, from 0, shown as a colour of the palette; or empty.
    #[serde(skip)]
    pub classes: Vec<usize>,
    /// A width in pixels for each; or empty.
    #[serde(skip)]
    pub sizes: Vec<f64>,
    /// The classes' names in the legend. Default: none.
    pub names: Vec<String>,
    /// The name of them all in the legend. Default: none.
    pub label: String,
    /// Their colour, if they have neither values nor classes. Default: the palette's next.
    pub color: Option<Color>,
    /// Their width in pixels, above 0. Default 8.
    pub size: f64,
    /// Their shape: "circle", "square", "diamond", "triangle", "star", "cross", "plus" or "ring". Default "circle".
    pub marker: Marker,
    /// How much they hide of what is below, in [0, 1]. Default 0.9.
    pub opacity: f64,
    /// The colour of a thin rim. Default: the background's; with more than 1,000 points, none.
    pub rim: Option<Color>,
}

impl Default for Scatter {
    fn default() -> Self {
        Self {
            x: Vec::new(),
            y: Vec::new(),
            values: Vec::new(),
            classes: Vec::new(),
            sizes: Vec::new(),
            names: Vec::new(),
            label: String::new(),
            color: None,
            size: 8.0,
            marker: Marker::Circle,
            opacity: 0.9,
            rim: None,
        }
    }
}

/// Bars from zero. Several sets of bars in one figure stand beside each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bars {
    /// Where the bars are from left to right; empty for 1, 2, 3, ….
    #[serde(skip)]
    pub x: Vec<f64>,
    /// How high they are.
    #[serde(skip)]
    pub y: Vec<f64>,
    /// How far up and down each may be off, drawn as a whisker; empty for none.
    #[serde(skip)]
    pub errors: Vec<f64>,
    /// Their name in the legend. Default: none.
    pub label: String,
    /// Their colour. Default: the palette's next.
    pub color: Option<Color>,
    /// The share of the room between two places that bars fill, in (0, 1]. Default 0.75.
    pub width: f64,
}

impl Default for Bars {
    fn default() -> Self {
        Self { x: Vec::new(), y: Vec::new(), errors: Vec::new(), label: String::new(), color: None, width: 0.75 }
    }
}

/// How often values fall into each of several ranges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Histogram {
    /// The values.
    #[serde(skip)]
    pub values: Vec<f64>,
    /// How many ranges, up to 10,000; 0 to choose from the spread (Freedman & Diaconis 1981). Default 0.
    pub bins: usize,
    /// From where to where values are counted. Default: all of them.
    pub range: Option<[f64; 2]>,
    /// Show shares per unit of x, whose area is 1, instead of counts. Default false.
    pub density: bool,
    /// Its name in the legend. Default: none.
    pub label: String,
    /// Its colour. Default: the palette's next.
    pub color: Option<Color>,
    /// How much it hides of what is below, in [0, 1]. Default 0.8.
    pub opacity: f64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            bins: 0,
            range: None,
            density: false,
            label: String::new(),
            color: None,
            opacity: 0.8,
        }
    }
}

/// Values over a grid, shown as colours through the figure's map. The first row is the lowest, or the highest in a
/// figure with `flip_y`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HeatMap {
    /// The values, row by row.
    #[serde(skip)]
    pub values: Vec<f64>, // [rows, columns]
    /// How many values a row has.
    #[serde(skip)]
    pub columns: usize,
    /// Where the middles of the first and the last column are. Default: 1 and their number.
    pub x_range: Option<[f64; 2]>,
    /// Where the middles of the first and the last row are. Default: 1 and their number.
    pub y_range: Option<[f64; 2]>,
    /// Mix the colours of neighbours, for a function sampled at points. Default false.
    pub smooth: bool,
    /// Write each value into its cell. Default false.
    pub numbers: bool,
}

/// Lines of equal height over a grid, as in [`HeatMap`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Contour {
    /// The values, row by row.
    #[serde(skip)]
    pub values: Vec<f64>, // [rows, columns]
    /// How many values a row has.
    #[serde(skip)]
    pub columns: usize,
    /// The heights to draw; empty to choose them.
    #[serde(skip)]
    pub levels: Vec<f64>,
    /// Where the first and the last column are. Default: 1 and their number.
    pub x_range: Option<[f64; 2]>,
    /// Where the first and the last row are. Default: 1 and their number.
    pub y_range: Option<[f64; 2]>,
    /// About how many heights to choose, 1 to 200. Default 10.
    pub count: usize,
    /// Whether chosen heights have equal differences ("linear") or equal ratios ("log"). Default "linear".
    pub spacing: Scale,
    /// The lines' colour. Default: by height through the figure's map; ink over a heat map.
    pub color: Option<Color>,
    /// The lines' width in pixels, above 0. Default 1.2.
    pub width: f64,
    /// Fill the areas between the lines. Default false.
    pub filled: bool,
}

impl Default for Contour {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            columns: 0,
            levels: Vec::new(),
            x_range: None,
            y_range: None,
            count: 10,
            spacing: Scale::Linear,
            color: None,
            width: 1.2,
            filled: false,
        }
    }
}

/// Arrows at places.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct VectorField {
    /// Where the arrows begin from left to right.
    #[serde(skip)]
    pub x: Vec<f64>,
    /// How high they begin.
    #[serde(skip)]
    pub y: Vec<f64>,
    /// How far they go to the right.
    #[serde(skip)]
    pub u: Vec<f64>,
    /// How far they go up.
    #[serde(skip)]
    pub v: Vec<f64>,
    /// What the lengths are multiplied by; 0 to make the longest as long as the room it has. Default 0.
    pub scale: f64,
    /// Draw all equally long, so that only the direction shows. Default false.
    pub equal: bool,
    /// Their colour. Default: ink.
    pub color: Option<Color>,
    /// Their width in pixels, above 0. Default 1.3.
    pub width: f64,
    /// Their name in the legend. Default: none.
    pub label: String,
}

impl Default for VectorField {
    fn default() -> Self {
        Self {
            x: Vec::new(),
            y: Vec::new(),
            u: Vec::new(),
            v: Vec::new(),
            scale: 0.0,
            equal: false,
            color: None,
            width: 1.3,
            label: String::new(),
        }
    }
}

/// A class for each cell of a grid, shown as pale colours of the palette: decision regions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Regions {
    /// The classes from 0, row by row.
    #[serde(skip)]
    pub classes: Vec<usize>, // [rows, columns]
    /// How many a row has.
    #[serde(skip)]
    pub columns: usize,
    /// Where the middles of the first and the last column are. Default: 1 and their number.
    pub x_range: Option<[f64; 2]>,
    /// Where the middles of the first and the last row are. Default: 1 and their number.
    pub y_range: Option<[f64; 2]>,
    /// The classes' colours. Default: pale ones of the palette.
    pub colors: Vec<Color>,
    /// The classes' names in the legend. Default: none.
    pub names: Vec<String>,
}

/// A picture, its first row always at the top.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Image {
    /// Red, green and blue, row by row from the top, three to a pixel.
    #[serde(skip)]
    pub rgb: Vec<u8>, // [rows, columns, 3]
    /// How many pixels a row has.
    #[serde(skip)]
    pub columns: usize,
    /// From where to where it reaches. Default: 0 and its pixels.
    pub x_range: Option<[f64; 2]>,
    /// From where to where it reaches. Default: 0 and its pixels.
    pub y_range: Option<[f64; 2]>,
    /// Mix the colours of neighbours. Default false.
    pub smooth: bool,
}

/// Straight lines, each on its own: walls of a maze, edges of a tour or a tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Segments {
    /// Where each begins from left to right.
    #[serde(skip)]
    pub x1: Vec<f64>,
    /// How high each begins.
    #[serde(skip)]
    pub y1: Vec<f64>,
    /// Where each ends from left to right.
    #[serde(skip)]
    pub x2: Vec<f64>,
    /// How high each ends.
    #[serde(skip)]
    pub y2: Vec<f64>,
    /// Their name in the legend. Default: none.
    pub label: String,
    /// Their colour. Default: ink.
    pub color: Option<Color>,
    /// Their width in pixels, above 0. Default 1.5.
    pub width: f64,
    /// How they are broken: "solid", "dashed", "dotted" or "dashdot". Default "solid".
    pub dash: Dash,
}

impl Default for Segments {
    fn default() -> Self {
        Self {
            x1: Vec::new(),
            y1: Vec::new(),
            x2: Vec::new(),
            y2: Vec::new(),
            label: String::new(),
            color: None,
            width: 1.5,
            dash: Dash::Solid,
        }
    }
}

/// Where words stand at their place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Right on it.
    #[default]
    Center,
    /// To its left.
    Left,
    /// To its right.
    Right,
    /// Above it.
    Above,
    /// Below it.
    Below,
}

/// Words at places.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Text {
    /// Where they are from left to right.
    #[serde(skip)]
    pub x: Vec<f64>,
    /// How high they are.
    #[serde(skip)]
    pub y: Vec<f64>,
    /// The words.
    #[serde(skip)]
    pub text: Vec<String>,
    /// Where they stand at their place: "center", "left", "right", "above" or "below". Default "center".
    pub side: Side,
    /// Their colour. Default: ink.
    pub color: Option<Color>,
    /// The height of their line in pixels, above 0; 0 for the figure's. Default 0.
    pub size: f64,
    /// A rim of the background's colour around the letters, so that they can be read over anything. Default true.
    pub halo: bool,
}

impl Default for Text {
    fn default() -> Self {
        Self { x: Vec::new(), y: Vec::new(), text: Vec::new(), side: Side::Center, color: None, size: 0.0, halo: true }
    }
}

/// A neural network: circles in columns, lines whose colour and width are the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Network {
    /// How many neurons each column has, inputs first.
    #[serde(skip)]
    pub sizes: Vec<usize>,
    /// The weights from each column to the next, `[inputs, outputs]` row by row; empty for plain lines.
    #[serde(skip)]
    pub weights: Vec<Vec<f64>>,
    /// How active each column's neurons are, shown as colours; empty for plain circles.
    #[serde(skip)]
    pub activations: Vec<Vec<f64>>,
    /// The inputs' names. Default: none.
    pub inputs: Vec<String>,
    /// The outputs' names. Default: none.
    pub outputs: Vec<String>,
    /// How many neurons of a column are drawn at most; of more, the first and the last, with dots between. 2 to 100.
    /// Default 16.
    pub most: usize,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            sizes: Vec::new(),
            weights: Vec::new(),
            activations: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            most: 16,
        }
    }
}

/// One node of a [`Tree`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TreeNode {
    /// What it asks; nothing in a leaf.
    pub split: Option<Split>,
    /// How many samples came here.
    pub samples: f64,
    /// The class that answers, from 0, or the number.
    pub answer: f64,
    /// The share of each class; empty for numbers.
    pub shares: Vec<f64>,
}

/// What a [`TreeNode`] asks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Split {
    /// Which feature, from 0.
    pub feature: usize,
    /// Numbers up to this go left.
    pub threshold: f64,
    /// The node on the left, from 0; it comes behind this one.
    pub left: usize,
    /// The node on the right.
    pub right: usize,
}

/// A decision tree: a box for each node, with what it asks, how many samples came, and their classes as colours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tree {
    /// The nodes, the root first, each before its children.
    #[serde(skip)]
    pub nodes: Vec<TreeNode>,
    /// The features' names. Default: feature 1, feature 2, ….
    pub features: Vec<String>,
    /// The classes' names. Default: class 1, class 2, ….
    pub classes: Vec<String>,
    /// Levels below the root that are drawn, 1 to 20; an ellipsis stands for what is deeper. Default 6.
    pub levels: usize,
}

impl Default for Tree {
    fn default() -> Self {
        Self { nodes: Vec::new(), features: Vec::new(), classes: Vec::new(), levels: 6 }
    }
}

/// One thing that a figure shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// See [`Line`].
    Line(Line),
    /// See [`Band`].
    Band(Band),
    /// See [`Scatter`].
    Scatter(Scatter),
    /// See [`Bars`].
    Bars(Bars),
    /// See [`Histogram`].
    Histogram(Histogram),
    /// See [`HeatMap`].
    HeatMap(HeatMap),
    /// See [`Contour`].
    Contour(Contour),
    /// See [`VectorField`].
    VectorField(VectorField),
    /// See [`Regions`].
    Regions(Regions),
    /// See [`Image`].
    Image(Image),
    /// See [`Segments`].
    Segments(Segments),
    /// See [`Text`].
    Text(Text),
    /// See [`Network`].
    Network(Network),
    /// See [`Tree`].
    Tree(Tree),
}

macro_rules! layers {
    ($($kind:ident)*) => {
        $(impl From<$kind> for Layer {
            fn from(layer: $kind) -> Self {
                Self::$kind(layer)
            }
        })*

        impl Layer {
            /// Fills in what was left to default, and refuses what cannot be drawn.
            pub(super) fn prepared(self) -> Result<Self> {
                match self {
                    $(Self::$kind(mut layer) => {
                        layer.prepare()?;
                        Ok(Self::$kind(layer))
                    })*
                }
            }
        }
    };
}

layers!(Line Band Scatter Bars Histogram HeatMap Contour VectorField Regions Image Segments Text Network Tree);

/// 1, 2, 3, … if there are none.
fn count_up(x: &mut Vec<f64>, n: usize) {
    if x.is_empty() {
        *x = (1..=n).map(|k| k as f64).collect();
    }
}

/// Refuses lists of no or of different lengths; `lists` holds each one's name and length, 0 for those left out.
fn same_lengths(what: &str, lists: &[(&str, usize)], left_out: &[(&str, usize)]) -> Result<()> {
    let (first, n) = lists[0];
    for (name, m) in lists[1..].iter().chain(left_out.iter().filter(|(_, m)| *m > 0)) {
        if *m != n {
            return Err(Error::shape(what, format!("`{first}` has {n} values, `{name}` has {m}")));
        }
    }
    if n == 0 {
        return Err(Error::value(format!("{what}: `{first}` is empty, there is nothing to draw")));
    }
    Ok(())
}

/// Refuses a grid that is empty or has an unfinished row.
fn full_rows(what: &str, n: usize, columns: usize) -> Result<()> {
    if n == 0 || columns == 0 {
        return Err(Error::value(format!("{what}: the grid is empty, there is nothing to draw")));
    }
    if !n.is_multiple_of(columns) {
        return Err(Error::shape(what, format!("{n} values do not fill rows of {columns}")));
    }
    Ok(())
}

/// Refuses ends that are not two finite numbers apart.
fn ends(what: &str, name: &str, range: Option<[f64; 2]>) -> Result<()> {
    match range {
        Some([a, b]) if !(a.is_finite() && b.is_finite() && a != b) => {
            Err(Error::setting(what, name, "two different finite numbers", format!("{a} and {b}")))
        }
        _ => Ok(()),
    }
}

fn positive(what: &str, name: &str, value: f64) -> Result<()> {
    ensure_setting(value > 0.0 && value <= 1e4, what, name, "above 0, up to 10000", value)
}

fn share(what: &str, name: &str, value: f64) -> Result<()> {
    ensure_setting((0.0..=1.0).contains(&value), what, name, "in [0, 1]", value)
}

impl Line {
    fn prepare(&mut self) -> Result<()> {
        count_up(&mut self.x, self.y.len());
        let rims = [("low", self.low.len()), ("high", self.high.len())];
        same_lengths("line", &[("y", self.y.len()), ("x", self.x.len())], &rims)?;
        if self.low.len() != self.high.len() {
            let (low, high) = (self.low.len(), self.high.len());
            return Err(Error::shape("line", format!("`low` has {low} values, `high` has {high}")));
        }
        ensure_setting((0.0..=1e4).contains(&self.width), "line", "width", "in [0, 10000]", self.width)?;
        positive("line", "size", self.size)
    }
}

impl Band {
    fn prepare(&mut self) -> Result<()> {
        count_up(&mut self.x, self.low.len());
        same_lengths("band", &[("low", self.low.len()), ("high", self.high.len()), ("x", self.x.len())], &[])?;
        share("band", "opacity", self.opacity)
    }
}

impl Scatter {
    fn prepare(&mut self) -> Result<()> {
        count_up(&mut self.x, self.y.len());
        let more = [("values", self.values.len()), ("classes", self.classes.len()), ("sizes", self.sizes.len())];
        same_lengths("scatter", &[("y", self.y.len()), ("x", self.x.len())], &more)?;
        if let Some(size) = self.sizes.iter().find(|s| !(**s >= 0.0 && **s <= 1e4)) {
            return Err(Error::setting("scatter", "sizes", "in [0, 10000] each", size));
        }
        share("scatter", "opacity", self.opacity)?;
        positive("scatter", "size", self.size)
    }
}

impl Bars {
    fn prepare(&mut self) -> Result<()> {
        count_up(&mut self.x, self.y.len());
        same_lengths("bars", &[("y", self.y.len()), ("x", self.x.len())], &[("errors", self.errors.len())])?;
        ensure_setting(self.width > 0.0 && self.width <= 1.0, "bars", "width", "in (0, 1]", self.width)
    }
}

impl Histogram {
    fn prepare(&mut self) -> Result<()> {
        same_lengths("histogram", &[("values", self.values.len())], &[])?;
        ends("histogram", "range", self.range)?;
        ensure_setting(self.bins <= 10_000, "histogram", "bins", "at most 10000", self.bins)?;
        share("histogram", "opacity", self.opacity)
    }
}

impl HeatMap {
    fn prepare(&mut self) -> Result<()> {
        full_rows("heatmap", self.values.len(), self.columns)?;
        ends("heatmap", "x_range", self.x_range)?;
        ends("heatmap", "y_range", self.y_range)
    }
}

impl Contour {
    fn prepare(&mut self) -> Result<()> {
        full_rows("contour", self.values.len(), self.columns)?;
        if self.columns < 2 || self.values.len() / self.columns < 2 {
            return Err(Error::value("contour: the grid needs two rows and two columns at least"));
        }
        ends("contour", "x_range", self.x_range)?;
        ends("contour", "y_range", self.y_range)?;
        ensure_setting((1..=200).contains(&self.count), "contour", "count", "1 to 200", self.count)?;
        positive("contour", "width", self.width)
    }
}

impl VectorField {
    fn prepare(&mut self) -> Result<()> {
        let all = [("x", self.x.len()), ("y", self.y.len()), ("u", self.u.len()), ("v", self.v.len())];
        same_lengths("vectors", &all, &[])?;
        let ok = self.scale >= 0.0 && self.scale.is_finite();
        ensure_setting(ok, "vectors", "scale", "at least 0", self.scale)?;
        positive("vectors", "width", self.width)
    }
}

impl Regions {
    fn prepare(&mut self) -> Result<()> {
        full_rows("regions", self.classes.len(), self.columns)?;
        ends("regions", "x_range", self.x_range)?;
        ends("regions", "y_range", self.y_range)
    }
}

impl Image {
    fn prepare(&mut self) -> Result<()> {
        if !self.rgb.len().is_multiple_of(3) {
            return Err(Error::shape("image", format!("{} bytes are not three to a pixel", self.rgb.len())));
        }
        full_rows("image", self.rgb.len() / 3, self.columns)?;
        ends("image", "x_range", self.x_range)?;
        ends("image", "y_range", self.y_range)
    }
}

impl Segments {
    fn prepare(&mut self) -> Result<()> {
        let all = [("x1", self.x1.len()), ("y1", self.y1.len()), ("x2", self.x2.len()), ("y2", self.y2.len())];
        same_lengths("segments", &all, &[])?;
        positive("segments", "width", self.width)
    }
}

impl Text {
    fn prepare(&mut self) -> Result<()> {
        same_lengths("text", &[("text", self.text.len()), ("x", self.x.len()), ("y", self.y.len())], &[])?;
        ensure_setting((0.0..=1e3).contains(&self.size), "text", "size", "in [0, 1000]", self.size)
    }
}

impl Network {
    fn prepare(&mut self) -> Result<()> {
        let n = self.sizes.len();
        if n < 2 || self.sizes.contains(&0) {
            let rule = "two columns at least, none of them empty";
            return Err(Error::setting("network", "sizes", rule, format!("{:?}", self.sizes)));
        }
        if !self.weights.is_empty() && self.weights.len() != n - 1 {
            let (wanted, got) = (n - 1, self.weights.len());
            return Err(Error::shape("network", format!("{n} columns have {wanted} sets of weights, got {got}")));
        }
        for (k, weights) in self.weights.iter().enumerate() {
            let (a, b, got) = (self.sizes[k], self.sizes[k + 1], weights.len());
            if a.checked_mul(b) != Some(got) {
                let why = format!("weights {} go from {a} to {b} neurons, got {got} values", k + 1);
                return Err(Error::shape("network", why));
            }
        }
        if !self.activations.is_empty() && self.activations.len() != n {
            let got = self.activations.len();
            return Err(Error::shape("network", format!("{n} columns have {n} sets of activations, got {got}")));
        }
        for (k, active) in self.activations.iter().enumerate() {
            let (size, got) = (self.sizes[k], active.len());
            if size != got {
                return Err(Error::shape(
                    "network",
                    format!("column {} has {size} neurons, got {got} activations", k + 1),
                ));
            }
        }
        ensure_setting((2..=100).contains(&self.most), "network", "most", "2 to 100", self.most)
    }
}

impl Tree {
    fn prepare(&mut self) -> Result<()> {
        let n = self.nodes.len();
        if n == 0 {
            return Err(Error::value("tree: there are no nodes, there is nothing to draw"));
        }
        let mut parents = vec![0; n];
        for (i, node) in self.nodes.iter().enumerate() {
            for child in node.split.iter().flat_map(|s| [s.left, s.right]) {
                if child <= i || child >= n {
                    return Err(Error::value(format!(
                        "tree: node {} leads to {}, not to one behind it",
                        i + 1,
                        child + 1
                    )));
                }
                parents[child] += 1;
            }
            let numbers = [node.samples, node.answer].into_iter().chain(node.shares.iter().copied());
            if numbers.chain(node.split.map(|s| s.threshold)).any(|v| !v.is_finite()) {
                return Err(Error::value(format!("tree: node {} holds what is not a number", i + 1)));
            }
        }
        if let Some(i) = (1..n).find(|&i| parents[i] != 1) {
            return Err(Error::value(format!("tree: {} branches lead to node {}, not one", parents[i], i + 1)));
        }
        ensure_setting((1..=20).contains(&self.levels), "tree", "levels", "1 to 20", self.levels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(layer: impl Into<Layer>) -> String {
        layer.into().prepared().unwrap_err().to_string()
    }

    #[test]
    fn lengths_that_differ_are_named_with_both() {
        let line = Line { x: vec![1.0, 2.0], y: vec![1.0; 3], ..Line::default() };
        assert_eq!(refusal(line), "line: `y` has 3 values, `x` has 2");
        let scatter = Scatter { y: vec![1.0; 3], classes: vec![0; 4], ..Scatter::default() };
        assert_eq!(refusal(scatter), "scatter: `y` has 3 values, `classes` has 4");
        let map = HeatMap { values: vec![0.0; 11], columns: 4, ..HeatMap::default() };
        assert_eq!(refusal(map), "heatmap: 11 values do not fill rows of 4");
        let net = Network { sizes: vec![2, 3], weights: vec![vec![0.0; 5]], ..Network::default() };
        assert_eq!(refusal(net), "network: weights 1 go from 2 to 3 neurons, got 5 values");
        let line = Line { y: vec![1.0; 3], low: vec![0.0; 3], ..Line::default() };
        assert_eq!(refusal(line), "line: `low` has 3 values, `high` has 0");
    }

    #[test]
    fn nothing_to_draw_is_said() {
        assert_eq!(refusal(Line::default()), "line: `y` is empty, there is nothing to draw");
        assert_eq!(refusal(Histogram::default()), "histogram: `values` is empty, there is nothing to draw");
        assert_eq!(refusal(HeatMap::default()), "heatmap: the grid is empty, there is nothing to draw");
        assert_eq!(
            refusal(Image { rgb: vec![0; 4], columns: 1, ..Image::default() }),
            "image: 4 bytes are not three to a pixel"
        );
        assert!(refusal(Network::default()).starts_with("network: `sizes` must be two columns at least"));
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        let y = || vec![1.0];
        assert_eq!(
            refusal(Line { y: y(), width: f64::NAN, ..Line::default() }),
            "line: `width` must be in [0, 10000], got NaN"
        );
        assert!(refusal(Scatter { y: y(), size: 0.0, ..Scatter::default() }).contains("`size` must be above 0"));
        assert!(refusal(Bars { y: y(), width: 2.0, ..Bars::default() }).contains("(0, 1]"));
        let range = Some([1.0, 1.0]);
        let map = HeatMap { values: y(), columns: 1, x_range: range, ..HeatMap::default() };
        assert_eq!(refusal(map), "heatmap: `x_range` must be two different finite numbers, got 1 and 1");
    }

    #[test]
    fn places_that_were_left_out_count_up() {
        let Layer::Line(line) = Layer::from(Line { y: vec![5.0; 3], ..Line::default() }).prepared().unwrap() else {
            panic!("a line stays a line")
        };
        assert_eq!(line.x, [1.0, 2.0, 3.0]);
    }

    #[test]
    fn only_looks_are_options() {
        let line: Line =
            serde_json::from_str(r##"{ "label": "loss", "color": "#ff0000", "dash": "dashed" }"##).unwrap();
        assert_eq!((line.dash, line.color), (Dash::Dashed, Some(Color::rgb(255, 0, 0))));
        assert!(serde_json::from_str::<Line>(r#"{ "colour": "red" }"#).is_err());
        let schema = schemars::schema_for!(Line).to_value();
        assert!(schema["properties"].get("label").is_some() && schema["properties"].get("y").is_none());
    }
}
