//! `mynah.plot`: pictures of numbers, to PNG, SVG, GIF and the terminal.

use super::canvas::{LuaCanvas, bytes_of, canvas_image, shaded};
use super::convert::{Bytes, FromArg, Ref, This, expected};
use super::options::Options;
use super::paint::{LuaImage, LuaPicture};
use super::route::LuaMaze;
use super::rows::{Data, Rows};
use super::shim::{Fault, Outcome, fault};
use crate::paint::{self, Film};
use crate::plot::{
    self, Band, Bars, Canvas, CanvasSettings, Contour, Figure, FigureSettings, HeatMap, Histogram, Layer, Line,
    Network, Regions, Scatter, Segments, ShadeSettings, Sheet, SheetSettings, Split, TerminalSettings, Text, Tree,
    TreeNode, VectorField,
};
use crate::route::grids::{Direction, Maze};
use crate::{lua_class, lua_extras, lua_module};
use mlua::{Lua, Value};
use std::cell::{RefCell, RefMut};

/// Classes counted from 1, as the core counts them.
fn classes(what: &str, numbers: Vec<f64>) -> Outcome<Vec<usize>> {
    let one = |c: f64| match c {
        c if c >= 1.0 && c.fract() == 0.0 && c < 1e9 => Ok(c as usize - 1),
        c => fault(format!("{what}: classes count from 1, got {c}")),
    };
    numbers.into_iter().map(one).collect()
}

fn take(data: Option<Data>) -> Vec<f64> {
    data.unwrap_or_default().0
}

/// Both coordinates of a list of points.
fn columns(points: Rows, what: &str) -> Outcome<(Vec<f64>, Vec<f64>)> {
    if points.columns != 2 {
        return fault(format!("{what}: points are {{ x, y }}, got {} numbers", points.columns));
    }
    Ok(points.values.chunks_exact(2).map(|p| (p[0], p[1])).unzip())
}

/// A layer of the core, with the numbers that came beside its looks.
trait Filled<E> {
    fn filled(self, extras: E) -> Outcome<Layer>;
}

lua_extras! {
    /// The numbers of a layer.
    LineExtras {
        /// Where the points are from left to right. Default: 1, 2, 3, ….
        x: Data = "number[]|mynah.Tensor",
        /// How high they are; needed.
        y: Data = "number[]|mynah.Tensor",
        /// The lower rim of a band around the line.
        low: Data = "number[]|mynah.Tensor",
        /// The upper rim of the band.
        high: Data = "number[]|mynah.Tensor",
        /// Points { x, y }, in place of `x` and `y`.
        points: Rows = "number[][]|mynah.Tensor",
        /// Whether the line goes back to its first point. Default false.
        closed: bool = "boolean"
    }
}

impl Filled<LineExtras> for Line {
    fn filled(mut self, e: LineExtras) -> Outcome<Layer> {
        (self.low, self.high) = (take(e.low), take(e.high));
        (self.x, self.y) = match e.points {
            Some(points) => columns(points, "line")?,
            None => (take(e.x), take(e.y)),
        };
        if e.closed.unwrap_or(false)
            && let (Some(x), Some(y)) = (self.x.first().copied(), self.y.first().copied())
        {
            self.x.push(x);
            self.y.push(y);
        }
        Ok(self.into())
    }
}

lua_extras! {
    /// The numbers of a layer.
    BandExtras {
        /// Where the points are from left to right. Default: 1, 2, 3, ….
        x: Data = "number[]|mynah.Tensor",
        /// The lower rim; needed.
        low: Data = "number[]|mynah.Tensor",
        /// The upper rim; needed.
        high: Data = "number[]|mynah.Tensor"
    }
}

impl Filled<BandExtras> for Band {
    fn filled(mut self, e: BandExtras) -> Outcome<Layer> {
        (self.x, self.low, self.high) = (take(e.x), take(e.low), take(e.high));
        Ok(self.into())
    }
}

lua_extras! {
    /// The numbers of a layer.
    ScatterExtras {
        /// Where the points are from left to right. Default: 1, 2, 3, ….
        x: Data = "number[]|mynah.Tensor",
        /// How high they are; needed, or `points`.
        y: Data = "number[]|mynah.Tensor",
        /// Points { x, y }, in place of `x` and `y`.
        points: Rows = "number[][]|mynah.Tensor",
        /// A value for each, shown as colour.
        values: Data = "number[]|mynah.Tensor",
        /// A class for each, from 1, shown as a colour of the palette.
        classes: Data = "number[]|mynah.Tensor",
        /// A width in pixels for each.
        sizes: Data = "number[]|mynah.Tensor"
    }
}

impl Filled<ScatterExtras> for Scatter {
    fn filled(mut self, e: ScatterExtras) -> Outcome<Layer> {
        self.values = take(e.values);
        self.classes = classes("scatter", take(e.classes))?;
        self.sizes = take(e.sizes);
        (self.x, self.y) = match e.points {
            Some(points) => columns(points, "scatter")?,
            None => (take(e.x), take(e.y)),
        };
        Ok(self.into())
    }
}

lua_extras! {
    /// The numbers of a layer.
    BarsExtras {
        /// Where the bars are from left to right. Default: 1, 2, 3, ….
        x: Data = "number[]|mynah.Tensor",
        /// How high they are; needed.
        y: Data = "number[]|mynah.Tensor",
        /// How far up and down each may be off, drawn as a whisker.
        errors: Data = "number[]|mynah.Tensor"
    }
}

impl Filled<BarsExtras> for Bars {
    fn filled(mut self, e: BarsExtras) -> Outcome<Layer> {
        (self.x, self.y, self.errors) = (take(e.x), take(e.y), take(e.errors));
        Ok(self.into())
    }
}

lua_extras! {
    /// The numbers of a layer.
    HistogramExtras {
        /// The values; needed.
        values: Data = "number[]|mynah.Tensor"
    }
}

impl Filled<HistogramExtras> for Histogram {
    fn filled(mut self, e: HistogramExtras) -> Outcome<Layer> {
        self.values = take(e.values);
        Ok(self.into())
    }
}

lua_extras! {
    /// The numbers of a layer.
    HeatMapExtras {
        /// The values, row by row, the first row lowest unless the figure has `flip_y`; needed.
        values: Rows = "number[][]|mynah.Tensor"
    }
}

impl Filled<HeatMapExtras> for HeatMap {
    fn filled(mut self, e: HeatMapExtras) -> Outcome<Layer> {
        let rows = e.values.unwrap_or_default();
        (self.values, self.columns) = (rows.values, rows.columns);
        Ok(self.into())
    }
}

lua_extras! {
    /// The numbers of a layer.
    ContourExtras {
        /// The heights over a grid, row by row, the first row lowest; needed.
        values: Rows = "number[][]|mynah.Tensor",
        /// The heights to draw. Default: about `count`, chosen.
        levels: Data = "number[]|mynah.Tensor"
    }
}

impl Filled<ContourExtras> for Contour {
    fn filled(mut self, e: ContourExtras) -> Outcome<Layer> {
        let rows = e.values.unwrap_or_default();
        (self.values, self.columns) = (rows.values, rows.columns);
        self.levels = take(e.levels);
        Ok(self.into())
    }
}

lua_extras! {
    /// The numbers of a layer.
    VectorFieldExtras {
        /// Where the arrows begin from left to right; needed.
        x: Data = "number[]|mynah.Tensor",
        /// How high they begin; needed.
        y: Data = "number[]|mynah.Tensor",
        /// How far they go to the right; needed.
        u: Data = "number[]|mynah.Tensor",
        /// How far they go up; needed.
        v: Data = "number[]|mynah.Tensor"
    }
}

impl Filled<VectorFieldExtras> for VectorField {
    fn filled(mut self, e: VectorFieldExtras) -> Outcome<Layer> {
        (self.x, self.y, self.u, self.v) = (take(e.x), take(e.y), take(e.u), take(e.v));
        Ok(self.into())
    }
}

lua_extras! {
    /// The numbers of a layer.
    RegionsExtras {
        /// A class from 1 for each cell, row by row, the first row lowest; needed.
        classes: Rows = "number[][]|mynah.Tensor"
    }
}

impl Filled<RegionsExtras> for Regions {
    fn filled(mut self, e: RegionsExtras) -> Outcome<Layer> {
        let rows = e.classes.unwrap_or_default();
        (self.classes, self.columns) = (classes("regions", rows.values)?, rows.columns);
        Ok(self.into())
    }
}

lua_extras! {
    /// The numbers of a layer.
    SegmentsExtras {
        /// Where each begins, as points { x, y }; needed.
        from: Rows = "number[][]|mynah.Tensor",
        /// Where each ends; needed.
        to: Rows = "number[][]|mynah.Tensor"
    }
}

impl Filled<SegmentsExtras> for Segments {
    fn filled(mut self, e: SegmentsExtras) -> Outcome<Layer> {
        (self.x1, self.y1) = columns(e.from.unwrap_or(Rows { columns: 2, ..Default::default() }), "segments")?;
        (self.x2, self.y2) = columns(e.to.unwrap_or(Rows { columns: 2, ..Default::default() }), "segments")?;
        Ok(self.into())
    }
}

lua_extras! {
    /// The numbers of a layer.
    TextExtras {
        /// Where the words are from left to right; needed, or `points`.
        x: Data = "number[]|mynah.Tensor",
        /// How high they are; needed, or `points`.
        y: Data = "number[]|mynah.Tensor",
        /// Points { x, y }, in place of `x` and `y`.
        points: Rows = "number[][]|mynah.Tensor",
        /// The words; needed.
        text: Vec<String> = "string[]"
    }
}

impl Filled<TextExtras> for Text {
    fn filled(mut self, e: TextExtras) -> Outcome<Layer> {
        self.text = e.text.unwrap_or_default();
        (self.x, self.y) = match e.points {
            Some(points) => columns(points, "text")?,
            None => (take(e.x), take(e.y)),
        };
        Ok(self.into())
    }
}

lua_extras! {
    /// The numbers of a layer.
    NetworkExtras {
        /// How many neurons each layer has, inputs first; needed, or `weights`.
        sizes: Data = "number[]|mynah.Tensor",
        /// The weights from each layer to the next, each [inputs, outputs]; shown as the lines' colour and width.
        weights: Vec<Rows> = "mynah.Tensor[]|number[][][]",
        /// How active each layer's neurons are, shown as colours.
        activations: Vec<Data> = "number[][]"
    }
}

impl Filled<NetworkExtras> for Network {
    fn filled(mut self, e: NetworkExtras) -> Outcome<Layer> {
        let weights = e.weights.unwrap_or_default();
        let whole = |x: &f64| {
            if *x >= 1.0 && x.fract() == 0.0 {
                Ok(*x as usize)
            } else {
                fault(format!("network: a layer has a whole number of neurons, got {x}"))
            }
        };
        self.sizes = match e.sizes {
            Some(sizes) => sizes.0.iter().map(whole).collect::<Outcome<_>>()?,
            None => {
                let inputs = weights.first().map(|w| w.values.len() / w.columns.max(1));
                inputs.into_iter().chain(weights.iter().map(|w| w.columns)).collect()
            }
        };
        self.weights = weights.into_iter().map(|w| w.values).collect();
        self.activations = e.activations.unwrap_or_default().into_iter().map(|a| a.0).collect();
        Ok(self.into())
    }
}

lua_extras! {
    /// The numbers of a layer.
    TreeExtras {
        /// The nodes of a decision tree, as `tree:params().nodes` gives them: one row for each with its feature, threshold,
        /// left and right node, samples, impurity and answer, then the shares of the classes, if it has some; needed.
        nodes: Rows = "number[][]|mynah.Tensor"
    }
}

impl Filled<TreeExtras> for Tree {
    fn filled(mut self, e: TreeExtras) -> Outcome<Layer> {
        let Rows { values, columns } = e.nodes.unwrap_or_default();
        if !values.is_empty() && columns < 7 {
            return fault(format!("tree: a node has 7 numbers or more (see `tree:params().nodes`), got {columns}"));
        }
        let place = |v: f64| {
            if v >= 1.0 && v.fract() == 0.0 && v < 1e9 {
                Ok(v as usize - 1)
            } else {
                fault(format!("tree: nodes and features count from 1, got {v}"))
            }
        };
        for row in values.chunks_exact(columns.max(1)) {
            let split = match row[0] {
                0.0 => None,
                feature => Some(Split {
                    feature: place(feature)?,
                    threshold: row[1],
                    left: place(row[2])?,
                    right: place(row[3])?,
                }),
            };
            let shares = row[7..].to_vec();
            let answer = if shares.is_empty() { row[6] } else { place(row[6])? as f64 };
            self.nodes.push(TreeNode { split, samples: row[4], answer, shares });
        }
        Ok(self.into())
    }
}

/// A figure as Lua holds it.
pub struct LuaFigure(RefCell<Figure>);

impl LuaFigure {
    fn get(&self) -> Outcome<RefMut<'_, Figure>> {
        self.0.try_borrow_mut().or_else(|_| fault("the figure is in use"))
    }

    fn add(&self, layer: Layer) -> Outcome<This> {
        self.get()?.add(layer)?;
        Ok(This)
    }

    /// A figure with usual settings and one layer.
    fn with(layer: Layer) -> Outcome<Self> {
        let mut figure = Figure::new(FigureSettings::default())?;
        figure.add(layer)?;
        Ok(Self(RefCell::new(figure)))
    }
}

/// A sheet as Lua holds it.
pub struct LuaSheet(Sheet);

/// A film as Lua holds it.
pub struct LuaFilm(RefCell<Film>);

/// How many frames a film keeps at most.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct FilmSettings {
    /// Frames that it keeps, at least 2; when it is full every second one goes, so that they stay even. Default 100.
    frames: usize,
}

impl Default for FilmSettings {
    fn default() -> Self {
        Self { frames: 100 }
    }
}

fn drawn(drawing: &plot::Drawing) -> Outcome<paint::Image> {
    let pixels = drawing.pixels()?;
    Ok(paint::Image::new(pixels.width, pixels.height, pixels.rgb)?)
}

/// What can be a frame or an image layer.
pub fn image_of(value: &Value, lua: &Lua) -> Outcome<paint::Image> {
    let Value::UserData(data) = value else {
        return expected("a Figure, a Sheet, a Canvas, a Picture or an Image", value);
    };
    if data.is::<LuaFigure>() {
        drawn(&Ref::<LuaFigure>::from_arg(value.clone(), lua)?.get()?.draw()?)
    } else if data.is::<LuaSheet>() {
        drawn(&Ref::<LuaSheet>::from_arg(value.clone(), lua)?.0.draw()?)
    } else if data.is::<LuaCanvas>() {
        canvas_image(value, lua)
    } else if data.is::<LuaPicture>() {
        Ok(Ref::<LuaPicture>::from_arg(value.clone(), lua)?.get()?.render()?)
    } else if data.is::<LuaImage>() {
        Ok(Ref::<LuaImage>::from_arg(value.clone(), lua)?.0.clone())
    } else {
        expected("a Figure, a Sheet, a Canvas, a Picture or an Image", value)
    }
}

/// The walls of a maze, each between two corners.
fn walls(maze: &Maze) -> Segments {
    let (width, height) = (maze.grid().width(), maze.grid().height());
    let mut walls = Segments { width: 2.0, ..Default::default() };
    let mut wall = |x1: usize, y1: usize, x2: usize, y2: usize| {
        let at = |n: usize| n as f64 + 0.5; // cells have their middles at 1, 2, 3, …
        walls.x1.push(at(x1));
        walls.y1.push(at(y1));
        walls.x2.push(at(x2));
        walls.y2.push(at(y2));
    };
    for y in 0..height {
        for x in 0..width {
            let cell = y * width + x;
            if y == 0 {
                wall(x, 0, x + 1, 0);
            }
            if x == 0 {
                wall(0, y, 0, y + 1);
            }
            if !maze.has_passage(cell, Direction::South) {
                wall(x, y + 1, x + 1, y + 1);
            }
            if !maze.has_passage(cell, Direction::East) {
                wall(x + 1, y, x + 1, y + 1);
            }
        }
    }
    walls
}

lua_module! {
    /// Pictures of numbers: charts to PNG, SVG, GIF and the terminal.
    ///
    /// A figure is made once, layers are laid over it, and it is saved or printed. Its fonts are inside the program.
    ///
    /// ```lua
    /// local figure = mynah.plot.figure{ title = "Loss", x_label = "step", y_scale = "log" }
    /// figure:line{ y = { 3, 1.5, 1, 0.8 }, label = "train" }
    /// figure:save(TMP .. "/loss.png")
    /// print(figure)
    /// ```
    module "mynah.plot" {
        /// An empty figure; lay `line`, `scatter`, `heatmap` and others over it.
        ///
        /// ```lua
        /// local figure = mynah.plot.figure{ title = "Two points", width = 300, height = 200 }
        /// figure:scatter{ points = { { 1, 2 }, { 2, 1 } } }:save(TMP .. "/two.svg")
        /// ```
        fn figure(options: Options<FigureSettings>) -> LuaFigure { Ok(LuaFigure(RefCell::new(Figure::new(options.0)?))) }

        /// Several figures in one picture, row by row.
        ///
        /// ```lua
        /// local a, b = mynah.plot.line{ y = { 1, 2 } }, mynah.plot.line{ y = { 2, 1 } }
        /// mynah.plot.sheet({ a, b }, { title = "Up and down", columns = 2 }):save(TMP .. "/both.png")
        /// ```
        fn sheet(figures: Vec<Ref<LuaFigure>>, options: Options<SheetSettings>) -> LuaSheet {
            let mut sheet = Sheet::new(options.0)?;
            for figure in &figures {
                sheet.add(figure.get()?.clone());
            }
            Ok(LuaSheet(sheet))
        }

        /// An empty film, for an animated GIF of figures, pictures or images.
        ///
        /// ```lua
        /// local film = mynah.plot.film()
        /// for n = 1, 3 do film:add(mynah.plot.line{ y = { 1, n } }) end
        /// film:save(TMP .. "/film.gif", 0.2)
        /// ```
        fn film(options: Options<FilmSettings>) -> LuaFilm { Ok(LuaFilm(RefCell::new(Film::new(options.0.frames)))) }

        /// A figure of its own: a line through points, with a band around it if `low` and `high` are given.
        ///
        /// ```lua
        /// mynah.plot.line{ y = { 3, 1.5, 1 } }:save(TMP .. "/line.png")
        /// ```
        fn line(options: Options<Line, LineExtras>) -> LuaFigure { LuaFigure::with(options.0.filled(options.1)?) }

        /// A figure of its own: points, coloured by value or by class if wanted.
        ///
        /// ```lua
        /// mynah.plot.scatter{ points = { { 1, 2 }, { 2, 1 } } }:save(TMP .. "/points.png")
        /// ```
        fn scatter(options: Options<Scatter, ScatterExtras>) -> LuaFigure { LuaFigure::with(options.0.filled(options.1)?) }

        /// A figure of its own: bars from zero; several sets stand beside each other.
        ///
        /// ```lua
        /// mynah.plot.bars{ y = { 3, 5, 2 } }:save(TMP .. "/bars.png")
        /// ```
        fn bars(options: Options<Bars, BarsExtras>) -> LuaFigure { LuaFigure::with(options.0.filled(options.1)?) }

        /// A figure of its own: how often values fall into each of several ranges.
        ///
        /// ```lua
        /// mynah.plot.histogram{ values = mynah.randn(1000, { seed = 1 }) }:save(TMP .. "/histogram.png")
        /// ```
        fn histogram(options: Options<Histogram, HistogramExtras>) -> LuaFigure { LuaFigure::with(options.0.filled(options.1)?) }

        /// A figure of its own: values over a grid, shown as colours.
        ///
        /// ```lua
        /// mynah.plot.heatmap{ values = mynah.rand(8, 8, { seed = 1 }) }:save(TMP .. "/heat.png")
        /// ```
        fn heatmap(options: Options<HeatMap, HeatMapExtras>) -> LuaFigure { LuaFigure::with(options.0.filled(options.1)?) }

        /// A figure of its own: lines of equal height over a grid.
        ///
        /// ```lua
        /// mynah.plot.contour{ values = { { 1, 2, 3 }, { 2, 3, 4 }, { 3, 4, 9 } } }:save(TMP .. "/contour.png")
        /// ```
        fn contour(options: Options<Contour, ContourExtras>) -> LuaFigure { LuaFigure::with(options.0.filled(options.1)?) }

        /// A figure of its own: a neural network: circles in columns, lines whose colour and width are the weights.
        ///
        /// ```lua
        /// mynah.plot.network{ sizes = { 2, 8, 3 } }:save(TMP .. "/net.png")
        /// ```
        fn network(options: Options<Network, NetworkExtras>) -> LuaFigure { LuaFigure::with(options.0.filled(options.1)?) }

        /// A figure of its own: a decision tree: what each node asks, its samples, and their classes as colours.
        ///
        /// ```lua
        /// local X, y = mynah.data.blobs{ samples = 60, centres = 3, seed = 1 }
        /// local tree = mynah.learn.decision_tree{ max_depth = 3 }:fit(X, y)
        /// mynah.plot.tree{ nodes = tree:params().nodes, features = { "x", "y" } }:save(TMP .. "/tree.svg")
        /// ```
        fn tree(options: Options<Tree, TreeExtras>) -> LuaFigure { LuaFigure::with(options.0.filled(options.1)?) }

        /// A picture to draw on at once: shapes, words and pixels at places, counted from the left upper corner.
        ///
        /// ```lua
        /// local canvas = mynah.plot.canvas(320, 200, { background = "#101820" })
        /// canvas:rect(20, 20, 280, 160, { fill = "#1b2733", radius = 10 })
        /// canvas:text("Hello", 160, 100, { size = 24, align = "center" }):save(TMP .. "/hello.png")
        /// ```
        fn canvas(width: usize, height: usize, options: Options<CanvasSettings>) -> LuaCanvas {
            Ok(LuaCanvas(RefCell::new(Canvas::new(width, height, options.0)?)))
        }

        /// A picture as bytes, four to a pixel: red, green, blue, opacity. Takes what `Canvas:image` takes.
        ///
        /// Other programs make pictures of them, such as `love.image.newImageData(width, height, "rgba8", bytes)`.
        ///
        /// ```lua
        /// local bytes = mynah.plot.rgba({ { 0, 1 }, { 2, 3 } }, { color_map = "gray" })
        /// assert(#bytes == 16 and bytes:byte(-4) == 255)
        /// ```
        fn rgba(@lua, picture: Value, options: Options<ShadeSettings>) -> Bytes {
            Ok(bytes_of(&shaded(picture, lua, &options.0)?.1))
        }

        /// The lines of equal height over a grid, each as `{ x1, y1, x2, y2, … }`: columns and rows, both from 1.
        ///
        /// ```lua
        /// local lines = mynah.plot.contour_lines({ { 0, 1 }, { 0, 1 } }, 0.25)
        /// assert(#lines == 1 and lines[1][1] == 1.25 and lines[1][2] == 1)
        /// ```
        fn contour_lines(values: Rows, level: f64) -> Vec<Vec<f64>> {
            let lines = plot::contour_lines(&values.values, values.columns, level);
            Ok(lines.into_iter().map(|line| line.into_iter().flat_map(|(x, y)| [x + 1.0, y + 1.0]).collect()).collect())
        }

        /// The font that words are written in, as the bytes of a TTF file; the thick one if `bold`.
        ///
        /// ```lua
        /// assert(#mynah.plot.font() > 10000 and mynah.plot.font() ~= mynah.plot.font(true))
        /// ```
        fn font(bold: Option<bool>) -> Bytes { Ok(Bytes(plot::font_bytes(bold.unwrap_or(false)).to_vec())) }

        /// Numbers as one line of text, high and low blocks, at most `width` (default 60) wide.
        ///
        /// ```lua
        /// print(mynah.plot.sparkline{ 5, 3, 2, 1.5, 1.2 })
        /// ```
        fn sparkline(values: Vec<f64>, width: Option<usize>) -> String {
            Ok(plot::sparkline(&values, width.unwrap_or(60)))
        }
    }
}

lua_class! {
    /// Layers over a pair of axes. Printing draws it in the terminal.
    class Figure(LuaFigure) {
        /// How many layers it has.
        get layers(this) -> usize { Ok(this.get()?.layers().len()) }
        /// The figure as text, without colours.
        meta tostring(this) -> String {
            let figure = this.get()?;
            if figure.layers().is_empty() {
                return Ok("Figure (empty)".into());
            }
            Ok(figure.terminal(&TerminalSettings { color: false, ..Default::default() })?)
        }

        /// A line through points, with a band around it if `low` and `high` are given.
        ///
        /// ```lua
        /// local figure = mynah.plot.figure()
        /// figure:line{ y = { 3, 1.5, 1 }, label = "loss" }
        /// figure:save(TMP .. "/figure.png")
        /// ```
        fn line(this, options: Options<Line, LineExtras>) -> This { this.add(options.0.filled(options.1)?) }
        /// The area between two lines.
        ///
        /// ```lua
        /// local figure = mynah.plot.figure()
        /// figure:band{ low = { 0, 1 }, high = { 2, 4 } }
        /// figure:save(TMP .. "/figure.png")
        /// ```
        fn band(this, options: Options<Band, BandExtras>) -> This { this.add(options.0.filled(options.1)?) }
        /// Points, coloured by value or by class if wanted.
        ///
        /// ```lua
        /// local figure = mynah.plot.figure()
        /// figure:scatter{ x = { 1, 2, 3 }, y = { 2, 1, 2 }, classes = { 1, 1, 2 }, names = { "low", "high" } }
        /// figure:save(TMP .. "/figure.png")
        /// ```
        fn scatter(this, options: Options<Scatter, ScatterExtras>) -> This { this.add(options.0.filled(options.1)?) }
        /// Bars from zero; several sets stand beside each other.
        ///
        /// ```lua
        /// local figure = mynah.plot.figure()
        /// figure:bars{ y = { 3, 5, 2 } }
        /// figure:save(TMP .. "/figure.png")
        /// ```
        fn bars(this, options: Options<Bars, BarsExtras>) -> This { this.add(options.0.filled(options.1)?) }
        /// How often values fall into each of several ranges.
        ///
        /// ```lua
        /// local figure = mynah.plot.figure()
        /// figure:histogram{ values = { 1, 2, 2, 3, 3, 3 } }
        /// figure:save(TMP .. "/figure.png")
        /// ```
        fn histogram(this, options: Options<Histogram, HistogramExtras>) -> This { this.add(options.0.filled(options.1)?) }
        /// Values over a grid, shown as colours.
        ///
        /// ```lua
        /// local figure = mynah.plot.figure()
        /// figure:heatmap{ values = { { 1, 2 }, { 3, 4 } }, numbers = true }
        /// figure:save(TMP .. "/figure.png")
        /// ```
        fn heatmap(this, options: Options<HeatMap, HeatMapExtras>) -> This { this.add(options.0.filled(options.1)?) }
        /// Lines of equal height over a grid.
        ///
        /// ```lua
        /// local figure = mynah.plot.figure()
        /// figure:contour{ values = { { 1, 2, 3 }, { 2, 3, 4 }, { 3, 4, 9 } } }
        /// figure:save(TMP .. "/figure.png")
        /// ```
        fn contour(this, options: Options<Contour, ContourExtras>) -> This { this.add(options.0.filled(options.1)?) }
        /// Arrows at places: a vector field.
        ///
        /// ```lua
        /// local figure = mynah.plot.figure()
        /// figure:arrows{ x = { 0, 1 }, y = { 0, 1 }, u = { 1, 0 }, v = { 0, -1 } }
        /// figure:save(TMP .. "/figure.png")
        /// ```
        fn arrows(this, options: Options<VectorField, VectorFieldExtras>) -> This { this.add(options.0.filled(options.1)?) }
        /// A class for each cell of a grid, in pale colours: decision regions.
        ///
        /// ```lua
        /// local figure = mynah.plot.figure()
        /// figure:regions{ classes = { { 1, 1 }, { 1, 2 } } }
        /// figure:save(TMP .. "/figure.png")
        /// ```
        fn regions(this, options: Options<Regions, RegionsExtras>) -> This { this.add(options.0.filled(options.1)?) }
        /// Straight lines, each on its own: walls, edges of a tree.
        ///
        /// ```lua
        /// local figure = mynah.plot.figure()
        /// figure:segments{ from = { { 0, 0 }, { 1, 0 } }, to = { { 0, 1 }, { 1, 1 } } }
        /// figure:save(TMP .. "/figure.png")
        /// ```
        fn segments(this, options: Options<Segments, SegmentsExtras>) -> This { this.add(options.0.filled(options.1)?) }
        /// Words at places.
        ///
        /// ```lua
        /// local figure = mynah.plot.figure()
        /// figure:text{ x = { 1, 2 }, y = { 1, 2 }, text = { "here", "there" } }
        /// figure:save(TMP .. "/figure.png")
        /// ```
        fn text(this, options: Options<Text, TextExtras>) -> This { this.add(options.0.filled(options.1)?) }
        /// A neural network: circles in columns, lines whose colour and width are the weights.
        ///
        /// ```lua
        /// local figure = mynah.plot.figure()
        /// figure:network{ sizes = { 2, 3, 1 } }
        /// figure:save(TMP .. "/figure.png")
        /// ```
        fn network(this, options: Options<Network, NetworkExtras>) -> This { this.add(options.0.filled(options.1)?) }
        /// A decision tree: what each node asks, its samples, and their classes as colours.
        ///
        /// ```lua
        /// local tree = mynah.learn.decision_tree():fit({ { 1 }, { 2 }, { 8 } }, { "low", "low", "high" })
        /// local figure = mynah.plot.figure{ title = "One question" }
        /// figure:tree{ nodes = tree:params().nodes, classes = tree.classes }
        /// figure:save(TMP .. "/figure.png")
        /// ```
        fn tree(this, options: Options<Tree, TreeExtras>) -> This { this.add(options.0.filled(options.1)?) }
        /// Pixels: an Image, a Picture, or another figure; the first row at the top.
        ///
        /// ```lua
        /// local figure = mynah.plot.figure()
        /// figure:image(mynah.paint.image(mynah.rand(4, 4, 3, { seed = 1 }) * 255)):save(TMP .. "/image.png")
        /// ```
        fn image(this, @lua, image: Value, options: Options<plot::Image>) -> This {
            let image = image_of(&image, lua)?;
            this.add(plot::Image { columns: image.width(), rgb: image.rgb().to_vec(), ..options.0 }.into())
        }
        /// The walls of a maze, cells in columns and rows from 1, row 1 at the top; make the figure with `equal` and `flip_y`.
        ///
        /// A way of its cells is drawn too; all that `maze:path` returns can be handed on.
        ///
        /// ```lua
        /// local maze = mynah.route.maze{ width = 6, height = 4, seed = 1 }
        /// local figure = mynah.plot.figure{ equal = true, flip_y = true, axes = false }
        /// figure:maze(maze, maze:path(1, 24)):save(TMP .. "/maze.png")
        /// ```
        fn maze(this, maze: Ref<LuaMaze>, way: Option<Vec<usize>>, length: Option<f64>, looked_at: Option<usize>) -> This {
            let _ = (length, looked_at); // so that all that `path` returns can be handed on
            let maze = maze.maze();
            let (width, cells) = (maze.grid().width(), maze.grid().cells());
            if let Some(way) = way {
                if let Some(wrong) = way.iter().find(|c| !(1..=cells).contains(*c)) {
                    return fault(format!("maze: cells count from 1 to {cells}, got {wrong}"));
                }
                let x = way.iter().map(|c| ((c - 1) % width) as f64 + 1.0).collect();
                let y = way.iter().map(|c| ((c - 1) / width) as f64 + 1.0).collect();
                this.add(Line { x, y, width: 3.0, ..Default::default() }.into())?;
            }
            this.add(walls(maze).into())
        }

        /// Writes it as a PNG or an SVG file, by the ending of its name.
        fn save(this, path: String) -> This { this.get()?.write(path)?; Ok(This) }
        /// The figure as text: braille for lines and points, blocks for what covers the paper.
        ///
        /// ```lua
        /// print(mynah.plot.line{ y = { 1, 3, 2 } }:terminal{ columns = 40, rows = 10, color = false })
        /// ```
        fn terminal(this, options: Options<TerminalSettings>) -> String { Ok(this.get()?.terminal(&options.0)?) }
        /// The figure for terminals that show pictures (kitty's protocol).
        fn kitty(this) -> String { Ok(this.get()?.draw()?.kitty()?) }
        /// The text of an SVG file.
        fn svg(this) -> String { Ok(this.get()?.draw()?.svg()?) }
        /// Its pixels as an Image.
        fn pixels(this) -> LuaImage { Ok(LuaImage(drawn(&this.get()?.draw()?)?)) }
    }
}

lua_class! {
    /// Several figures in one picture.
    class Sheet(LuaSheet) {
        /// How many figures it has.
        get figures(this) -> usize { Ok(this.0.figures().len()) }
        /// The number of its figures.
        meta tostring(this) -> String { Ok(format!("Sheet ({} figures)", this.0.figures().len())) }
        /// Writes it as a PNG or an SVG file, by the ending of its name.
        fn save(this, path: String) -> This { this.0.write(path)?; Ok(This) }
        /// Its pixels as an Image.
        fn pixels(this) -> LuaImage { Ok(LuaImage(drawn(&this.0.draw()?)?)) }
    }
}

lua_class! {
    /// Frames for an animated GIF, all of one size.
    class Film(LuaFilm) {
        /// How many frames it holds.
        get frames(this) -> usize { Ok(this.film()?.frames().len()) }
        /// The number of its frames.
        meta tostring(this) -> String { Ok(format!("Film ({} frames)", this.film()?.frames().len())) }
        /// Offers the next frame: a Figure, a Sheet, a Canvas, a Picture or an Image. A full film keeps every second frame.
        fn add(this, @lua, frame: Value) -> This {
            this.film()?.offer(|| image_of(&frame, lua).map_err(Fault::into_core))?;
            Ok(This)
        }
        /// Writes it as a GIF file that plays for ever, `seconds` (default 0.1) to a frame and two for the last.
        fn save(this, path: String, seconds: Option<f64>) -> This {
            this.film()?.write_gif(path, seconds.unwrap_or(0.1))?;
            Ok(This)
        }
    }
}

impl LuaFilm {
    fn film(&self) -> Outcome<RefMut<'_, Film>> {
        self.0.try_borrow_mut().or_else(|_| fault("the film is in use"))
    }
}
