//! `mynah.paint`: pictures from shapes, by climbing and by evolution.

use super::convert::{FromArg, Ref, This, expected};
use super::options::{Options, to_json};
use super::shim::{Callback, Outcome, fault};
use super::tensor::{LuaTensor, TensorLike, TensorOptions};
use crate::nn::{self, Tensor};
use crate::paint::{
    Film, GeneticSettings, Image, PaintSettings, Painter, Picture, PictureGa, PixelGa, PixelSettings, Stroke,
};
use crate::progress::Progress;
use crate::{Error, lua_class, lua_extras, lua_module};
use mlua::{Lua, Table, Value};
use serde_json::Value as Json;
use std::cell::{RefCell, RefMut};
use std::path::Path;

lua_extras! {
    /// What is painted.
    TargetExtras {
        /// The picture to paint: a PNG, JPEG or GIF file, or an Image; needed.
        image: Value = "string|mynah.Image"
    }
}

lua_extras! {
    /// What is painted, who watches, and where it goes.
    FitExtras {
        /// The picture to paint: a PNG, JPEG or GIF file, or an Image; needed.
        image: Value = "string|mynah.Image",
        /// Sees the painting after each step; the painting ends when it returns false.
        on_step: Callback = "fun(report: { step: integer, steps: integer, shapes: integer?, rmse: number, mean: number? }): boolean?",
        /// A PNG or SVG file that the picture is written to, also when the run is stopped.
        out: String = "string",
        /// A GIF file that shows how the picture came to be.
        film: String = "string",
        /// Whether a bar shows how far it is, on a terminal. Default true.
        progress: bool = "boolean"
    }
}

lua_extras! {
    /// Who watches a run, and where its picture goes.
    RunExtras {
        /// Sees the painting after each step; the run ends when it returns false.
        on_step: Callback = "fun(report: { step: integer, steps: integer, shapes: integer?, rmse: number, mean: number? }): boolean?",
        /// A PNG or SVG file that the picture is written to, also when the run is stopped.
        out: String = "string",
        /// A GIF file that shows how the picture came to be.
        film: String = "string",
        /// Whether a bar shows how far it is, on a terminal. Default true.
        progress: bool = "boolean"
    }
}

/// No settings beside the extras.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct RunSettings {}

/// Frames that a film keeps, and how long each stays.
const FRAMES: usize = 60;
const FRAME_SECONDS: f64 = 0.1;

/// An image as Lua holds it.
pub struct LuaImage(pub Image);

/// A picture as Lua holds it.
pub struct LuaPicture(RefCell<Picture>);

impl LuaPicture {
    /// The picture, unless a call that goes on has it.
    pub fn get(&self) -> Outcome<RefMut<'_, Picture>> {
        self.0.try_borrow_mut().or_else(|_| fault("the picture is in use"))
    }
}

/// The three ways to paint.
enum Work {
    Climb(Painter),
    Pictures(PictureGa),
    Pixels(PixelGa),
}

/// How a painting stands.
struct Report {
    step: usize,
    steps: usize,
    shapes: Option<usize>,
    rmse: f64,
    mean: Option<f64>,
}

impl Report {
    fn table(&self, lua: &Lua) -> mlua::Result<Table> {
        let table = lua.create_table()?;
        table.set("step", self.step)?;
        table.set("steps", self.steps)?;
        table.set("shapes", self.shapes)?;
        table.set("rmse", self.rmse)?;
        table.set("mean", self.mean)?;
        Ok(table)
    }
}

impl Work {
    fn name(&self) -> &'static str {
        match self {
            Self::Climb(_) => "climb",
            Self::Pictures(_) => "picture_ga",
            Self::Pixels(_) => "pixel_ga",
        }
    }

    fn step(&mut self) -> crate::Result<Option<Report>> {
        let advanced = match self {
            Self::Climb(painter) => painter.step()?.is_some(),
            Self::Pictures(ga) => ga.step()?.is_some(),
            Self::Pixels(ga) => ga.step()?.is_some(),
        };
        Ok(advanced.then(|| self.report()))
    }

    fn report(&self) -> Report {
        let generation = |r: crate::paint::GenerationReport, shapes| Report {
            step: r.generation,
            steps: r.generations,
            shapes,
            rmse: r.rmse,
            mean: Some(r.mean),
        };
        match self {
            Self::Climb(painter) => {
                let (step, steps) = painter.progress();
                let shapes = Some(painter.picture().strokes.len());
                Report { step, steps, shapes, rmse: painter.rmse(), mean: None }
            }
            Self::Pictures(ga) => generation(ga.report(), Some(ga.picture().strokes.len())),
            Self::Pixels(ga) => generation(ga.report(), None),
        }
    }

    fn picture(&self) -> Option<&Picture> {
        match self {
            Self::Climb(painter) => Some(painter.picture()),
            Self::Pictures(ga) => Some(ga.picture()),
            Self::Pixels(_) => None,
        }
    }

    fn image(&self) -> crate::Result<Image> {
        match self {
            Self::Climb(painter) => painter.picture().render(),
            Self::Pictures(ga) => ga.picture().render(),
            Self::Pixels(ga) => Ok(ga.image()),
        }
    }

    fn target(&self) -> &Image {
        match self {
            Self::Climb(painter) => painter.target(),
            Self::Pictures(ga) => ga.target(),
            Self::Pixels(ga) => ga.target(),
        }
    }

    fn save(&self, path: &str) -> crate::Result<()> {
        match self.picture() {
            Some(picture) => save_picture(picture, path),
            None if is_svg(path) => {
                Err(Error::value("save: raw pixels have no shapes for an SVG file; name a .png file"))
            }
            None => save_image(&self.image()?, path),
        }
    }
}

fn ending(path: &str) -> String {
    Path::new(path).extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase()
}

fn is_svg(path: &str) -> bool {
    ending(path) == "svg"
}

fn save_image(image: &Image, path: &str) -> crate::Result<()> {
    if ending(path) != "png" {
        return Err(Error::value(format!("save: an image is written as .png, got {path:?}")));
    }
    image.write_png(path)
}

fn save_picture(picture: &Picture, path: &str) -> crate::Result<()> {
    match ending(path).as_str() {
        "png" => picture.write_png(path),
        "svg" => picture.write_svg(path),
        _ => Err(Error::value(format!("save: a picture is written as .png or .svg, got {path:?}"))),
    }
}

/// Refuses a file name that could not be written at the end, before the work.
fn check_ending(path: Option<&str>, allowed: &[&str], what: &str) -> Outcome<()> {
    match path {
        Some(path) if !allowed.contains(&ending(path).as_str()) => {
            let list = allowed.iter().map(|e| format!(".{e}")).collect::<Vec<_>>().join(" or ");
            fault(format!("paint: `{what}` must end in {list}, got {path:?}"))
        }
        _ => Ok(()),
    }
}

/// The picture that an option names or holds.
fn target(value: Option<&Value>) -> Outcome<Image> {
    match value {
        None => fault("paint: needs `image`, the picture to paint: a file or an Image"),
        Some(value) => image_of(value),
    }
}

fn image_of(value: &Value) -> Outcome<Image> {
    match value {
        Value::String(path) => Ok(Image::read(path.to_string_lossy())?),
        Value::UserData(data) if data.is::<LuaImage>() => match data.borrow::<LuaImage>() {
            Ok(image) => Ok(image.0.clone()),
            Err(_) => fault("the image is in use"),
        },
        other => expected("the path of a picture, or an Image", other),
    }
}

/// A painting in the making, as Lua holds it.
pub struct LuaPainting(RefCell<Work>);

impl LuaPainting {
    fn new(work: Work) -> Self {
        Self(RefCell::new(work))
    }

    fn get(&self) -> Outcome<RefMut<'_, Work>> {
        self.0.try_borrow_mut().or_else(|_| fault("the painting is in use"))
    }

    /// Steps to the end, or until the watcher has seen enough.
    fn run(&self, lua: &Lua, with: &RunExtras) -> Outcome<()> {
        check_ending(with.film.as_deref(), &["gif"], "film")?;
        let formats: &[&str] = if self.get()?.picture().is_some() { &["png", "svg"] } else { &["png"] };
        check_ending(with.out.as_deref(), formats, "out")?;
        let mut film = with.film.as_ref().map(|_| Film::new(FRAMES));
        let outcome = self.walk(lua, with, &mut film);
        // Whatever ended it, the work is kept.
        let work = self.get()?;
        if let Some(path) = &with.out {
            work.save(path)?;
        }
        if let (Some(mut film), Some(path)) = (film, &with.film) {
            film.end(work.image()?)?;
            film.write_gif(path, FRAME_SECONDS)?;
        }
        outcome
    }

    fn walk(&self, lua: &Lua, with: &RunExtras, film: &mut Option<Film>) -> Outcome<()> {
        let start = self.get()?.report();
        let bar = with
            .progress
            .unwrap_or(true)
            .then(|| Progress::steps(start.steps as u64, "paint").starting_at(start.step as u64));
        loop {
            let mut work = self.get()?;
            let Some(report) = work.step()? else { break };
            if let Some(film) = film {
                film.offer(|| work.image())?;
            }
            drop(work); // the watcher may look at the painting
            if let Some(bar) = &bar {
                bar.set(report.step as u64);
                if report.step % 16 == 0 || report.step == report.steps {
                    bar.message(&format!("RMSE {:.2}", report.rmse));
                }
            }
            if let Some(callback) = &with.on_step
                && matches!(callback.call(report.table(lua)?)?.front(), Some(Value::Boolean(false)))
            {
                break;
            }
        }
        Ok(())
    }
}

/// A colour as Lua gives it: three numbers from 0 to 255, and perhaps how opaque from 0 to 1.
fn color(numbers: &[f64]) -> Outcome<[u8; 4]> {
    let byte = |x: f64| (0.0..=255.0).contains(&x).then_some((x + 0.5) as u8);
    let alpha = numbers.get(3).copied().unwrap_or(1.0);
    match numbers {
        [r, g, b] | [r, g, b, _] if (0.0..=1.0).contains(&alpha) => {
            if let (Some(r), Some(g), Some(b)) = (byte(*r), byte(*g), byte(*b)) {
                return Ok([r, g, b, (alpha * 255.0 + 0.5) as u8]);
            }
            fault(format!("a colour is red, green and blue from 0 to 255, got {numbers:?}"))
        }
        _ => {
            fault(format!("a colour is red, green, blue from 0 to 255 and perhaps alpha from 0 to 1, got {numbers:?}"))
        }
    }
}

/// Plain data as Lua values.
fn from_json(lua: &Lua, json: &Json) -> mlua::Result<Value> {
    Ok(match json {
        Json::Null => Value::Nil,
        Json::Bool(b) => Value::Boolean(*b),
        Json::Number(n) => Value::Number(n.as_f64().unwrap_or(f64::NAN)),
        Json::String(s) => Value::String(lua.create_string(s)?),
        Json::Array(items) => {
            let items = items.iter().map(|v| from_json(lua, v)).collect::<mlua::Result<Vec<_>>>()?;
            Value::Table(lua.create_sequence_from(items)?)
        }
        Json::Object(map) => {
            let table = lua.create_table()?;
            for (key, value) in map {
                table.set(key.as_str(), from_json(lua, value)?)?;
            }
            Value::Table(table)
        }
    })
}

lua_module! {
    /// Pictures from shapes: paint an image with triangles, ellipses, rectangles, polygons or curves.
    ///
    /// `fit` climbs shape by shape and is by far the fastest; `picture_ga` breeds whole pictures and `pixel_ga` raw pixels.
    /// The score they report is that of the file they write. Pixels count from 1.
    module "mynah.paint" {
        /// Paints an image with shapes, by hill climbing shape by shape, and returns the finished Painting.
        ///
        /// ```lua
        /// local target = mynah.paint.image(mynah.zeros(8, 8, 3) + 200)
        /// local art = mynah.paint.fit{ image = target, shapes = 3, background = { 0, 0, 0 } }
        /// assert(art.rmse < 100 and art.shapes <= 3)
        /// ```
        fn fit(@lua, options: Options<PaintSettings, FitExtras>) -> LuaPainting {
            let Options(settings, FitExtras { image, on_step, out, film, progress }) = options;
            let painting = LuaPainting::new(Work::Climb(Painter::new(&target(image.as_ref())?, settings)?));
            painting.run(lua, &RunExtras { on_step, out, film, progress })?;
            Ok(painting)
        }

        /// An empty Painting that climbs shape by shape when it is stepped or run.
        ///
        /// ```lua
        /// local target = mynah.paint.image(mynah.zeros(8, 8, 3) + 200)
        /// local art = mynah.paint.painter{ image = target, shapes = 3, background = { 0, 0, 0 } }
        /// while art:step() do end
        /// assert(art.rmse < 100)
        /// ```
        fn painter(options: Options<PaintSettings, TargetExtras>) -> LuaPainting {
            let Options(settings, extras) = options;
            Ok(LuaPainting::new(Work::Climb(Painter::new(&target(extras.image.as_ref())?, settings)?)))
        }

        /// A genetic algorithm over whole pictures, each a list of shapes; step it or run it.
        ///
        /// ```lua
        /// local target = mynah.paint.image(mynah.rand(8, 8, 3, { seed = 1 }) * 255)
        /// local ga = mynah.paint.picture_ga{ image = target, shapes = 4, population = 6, generations = 10 }
        /// local before = ga.rmse
        /// assert(ga:run().rmse <= before)
        /// ```
        fn picture_ga(options: Options<GeneticSettings, TargetExtras>) -> LuaPainting {
            let Options(settings, extras) = options;
            Ok(LuaPainting::new(Work::Pictures(PictureGa::new(&target(extras.image.as_ref())?, settings)?)))
        }

        /// A genetic algorithm over raw pixels, where every byte of the picture is a gene; step it or run it.
        ///
        /// ```lua
        /// local target = mynah.paint.image(mynah.rand(8, 8, 3, { seed = 1 }) * 255)
        /// local ga = mynah.paint.pixel_ga{ image = target, population = 6, generations = 10 }
        /// local before = ga.rmse
        /// assert(ga:run().rmse <= before)
        /// ```
        fn pixel_ga(options: Options<PixelSettings, TargetExtras>) -> LuaPainting {
            let Options(settings, extras) = options;
            Ok(LuaPainting::new(Work::Pixels(PixelGa::new(&target(extras.image.as_ref())?, settings)?)))
        }

        /// An image from a PNG, JPEG or GIF file, or from a tensor [height, width, 3] of numbers from 0 to 255.
        ///
        /// ```lua
        /// local image = mynah.paint.image(mynah.zeros(2, 3, 3))
        /// assert(image.width == 3 and image.height == 2)
        /// ```
        fn image(@lua, source: Value) -> LuaImage {
            if !matches!(&source, Value::Table(_)) && !matches!(&source, Value::UserData(d) if d.is::<LuaTensor>()) {
                return Ok(LuaImage(image_of(&source)?));
            }
            let tensor = TensorLike::from_arg(source, lua)?.0;
            let [height, width, 3] = tensor.shape()[..] else {
                return fault(format!("image: a tensor must be [height, width, 3], got {:?}", tensor.shape()));
            };
            let bytes = tensor.to_f64()?.into_iter().map(|x| (x.clamp(0.0, 255.0) + 0.5) as u8).collect();
            Ok(LuaImage(Image::new(width, height, bytes)?))
        }

        /// A picture without shapes, to draw on with `add`.
        ///
        /// ```lua
        /// local picture = mynah.paint.picture(40, 30, { 255, 255, 255 })
        /// picture:add({ triangle = { points = { { 0, 0 }, { 40, 0 }, { 0, 30 } } } }, { 200, 0, 0, 0.5 })
        /// assert(picture:image():pixel(1, 1)[1] == 227)
        /// ```
        fn picture(width: usize, height: usize, background: Option<Vec<f64>>) -> LuaPicture {
            let [r, g, b, _] = color(&background.unwrap_or(vec![255.0; 3]))?;
            Image::filled(width, height, [r, g, b])?;
            Ok(LuaPicture(RefCell::new(Picture::new(width, height, [r, g, b]))))
        }
    }
}

lua_class! {
    /// A picture in the making: step it, run it, look at it at any time, save it.
    class Painting(LuaPainting) {
        /// How it is made: "climb", "picture_ga" or "pixel_ga".
        get method(this) -> String { Ok(this.get()?.name().into()) }
        /// The root of the mean squared error over red, green and blue, 0 to 255, of the picture as it would be written.
        get rmse(this) -> f64 { Ok(this.get()?.report().rmse) }
        /// Shapes in the picture; nil for raw pixels.
        get shapes(this) -> Option<usize> { Ok(this.get()?.report().shapes) }
        /// Steps or generations taken.
        get steps(this) -> usize { Ok(this.get()?.report().step) }
        /// Steps or generations in all.
        get total(this) -> usize { Ok(this.get()?.report().steps) }
        /// Where it stands.
        meta tostring(this) -> String {
            let work = this.get()?;
            let Report { step, steps, shapes, rmse, .. } = work.report();
            let shapes = shapes.map_or(String::new(), |n| format!("{n} shapes, "));
            Ok(format!("Painting ({}, {shapes}step {step} of {steps}, RMSE {rmse:.2})", work.name()))
        }

        /// One step or generation: how it stands, or nil when all is done.
        ///
        /// ```lua
        /// local art = mynah.paint.painter{ image = mynah.paint.image(mynah.rand(8, 8, 3, { seed = 1 }) * 255), shapes = 2 }
        /// assert(art:step().step == 1)
        /// ```
        fn step(this, @lua) -> Option<Table> {
            let report = this.get()?.step()?;
            Ok(report.map(|r| r.table(lua)).transpose()?)
        }
        /// Steps to the end, or until `on_step` returns false; what is there is kept, and another `run` goes on from it.
        ///
        /// ```lua
        /// local target = mynah.paint.image(mynah.rand(8, 8, 3, { seed = 1 }) * 255)
        /// local art = mynah.paint.painter{ image = target, shapes = 2 }
        /// art:run{ out = TMP .. "/art.svg", on_step = function(r) return r.step < 2 end }
        /// assert(art.steps == 2)
        /// ```
        fn run(this, @lua, options: Options<RunSettings, RunExtras>) -> This {
            this.run(lua, &options.1)?;
            Ok(This)
        }
        /// The picture as it stands: the best so far; nil for raw pixels.
        fn picture(this) -> Option<LuaPicture> { Ok(this.get()?.picture().map(|p| LuaPicture(RefCell::new(p.clone())))) }
        /// The pixels as they stand.
        fn image(this) -> LuaImage { Ok(LuaImage(this.get()?.image()?)) }
        /// What is painted, in the size in which it is painted.
        fn target(this) -> LuaImage { Ok(LuaImage(this.get()?.target().clone())) }
        /// Writes the picture as a PNG or an SVG file, by the ending of its name.
        fn save(this, path: String) -> This { this.get()?.save(&path)?; Ok(This) }
    }
}

lua_class! {
    /// A list of shapes on a background, later ones over earlier ones.
    class Picture(LuaPicture) {
        /// Pixels from left to right.
        get width(this) -> usize { Ok(this.get()?.width) }
        /// Pixels from top to bottom.
        get height(this) -> usize { Ok(this.get()?.height) }
        /// How many shapes it has.
        get shapes(this) -> usize { Ok(this.get()?.strokes.len()) }
        /// Its size and the number of its shapes.
        meta tostring(this) -> String {
            let picture = this.get()?;
            Ok(format!("Picture ({} x {}, {} shapes)", picture.width, picture.height, picture.strokes.len()))
        }
        /// Lays a shape over the others; its colour is red, green, blue from 0 to 255 and perhaps alpha from 0 to 1.
        ///
        /// Shapes are `{ triangle = { points } }`, `{ polygon = { points } }`, `{ curve = { points, width } }`,
        /// `{ ellipse = { center, radii, angle } }` and `{ rectangle = { center, radii, angle } }`, in pixels from the top left
        /// corner and radians.
        ///
        /// ```lua
        /// local picture = mynah.paint.picture(9, 9)
        /// picture:add({ ellipse = { center = { 4.5, 4.5 }, radii = { 3, 3 }, angle = 0 } }, { 0, 0, 255 })
        /// assert(picture:image():pixel(5, 5)[3] == 255 and picture.shapes == 1)
        /// ```
        fn add(this, shape: Table, colour: Vec<f64>) -> This {
            let json = to_json(&Value::Table(shape), 0)?;
            let shape: crate::paint::Shape =
                serde_json::from_value(json).or_else(|e| fault(format!("add: not a shape: {e}")))?;
            if !shape.is_finite() {
                return fault("add: the numbers of a shape must be finite");
            }
            this.get()?.strokes.push(Stroke { shape, rgba: color(&colour)? });
            Ok(This)
        }
        /// The shapes from the lowest to the uppermost, each `{ shape = …, color = { r, g, b, alpha } }` as `add` takes them.
        fn strokes(this, @lua) -> Vec<Table> {
            let strokes = this.get()?.strokes.clone();
            strokes.iter().map(|s| {
                let table = lua.create_table()?;
                let json = serde_json::to_value(&s.shape).or_else(|e| fault(format!("strokes: {e}")))?;
                table.set("shape", from_json(lua, &json)?)?;
                let [r, g, b, a] = s.rgba.map(f64::from);
                table.set("color", vec![r, g, b, a / 255.0])?;
                Ok(table)
            }).collect()
        }
        /// Its pixels as an image.
        fn image(this) -> LuaImage { Ok(LuaImage(this.get()?.render()?)) }
        /// The root of the mean squared error of its pixels against an image of the same size.
        fn rmse(this, image: Ref<LuaImage>) -> f64 { Ok(this.get()?.rmse(&image.0)?) }
        /// The same picture `factor` times as large.
        fn scaled(this, factor: f64) -> LuaPicture { Ok(LuaPicture(RefCell::new(this.get()?.scaled(factor)?))) }
        /// The text of an SVG file that shows it.
        fn svg(this) -> String { Ok(this.get()?.svg()) }
        /// Writes it as a PNG or an SVG file, by the ending of its name.
        fn save(this, path: String) -> This { save_picture(&*this.get()?, &path)?; Ok(This) }
    }
}

lua_class! {
    /// Pixels of red, green and blue from 0 to 255.
    class Image(LuaImage) {
        /// Pixels from left to right.
        get width(this) -> usize { Ok(this.0.width()) }
        /// Pixels from top to bottom.
        get height(this) -> usize { Ok(this.0.height()) }
        /// Its width and height.
        meta tostring(this) -> String { Ok(format!("Image ({} x {})", this.0.width(), this.0.height())) }
        /// The colour at a column and a row, both from 1: red, green and blue.
        fn pixel(this, column: usize, row: usize) -> Vec<f64> {
            if column == 0 || row == 0 || column > this.0.width() || row > this.0.height() {
                let (w, h) = (this.0.width(), this.0.height());
                return fault(format!("pixel: column {column}, row {row} is outside {w} x {h}"));
            }
            Ok(this.0.pixel(column - 1, row - 1).map(f64::from).to_vec())
        }
        /// Its numbers as a tensor [height, width, 3].
        fn tensor(this) -> LuaTensor {
            let values: Vec<f32> = this.0.rgb().iter().copied().map(f32::from).collect();
            let shape = [this.0.height(), this.0.width(), 3];
            TensorOptions::default().finish(Tensor::from_vec(values, &shape, nn::default_device())?)
        }
        /// The root of the mean squared error against another image of the same size.
        fn rmse(this, other: Ref<LuaImage>) -> f64 { Ok(this.0.rmse(&other.0)?) }
        /// The same with at most `longest` pixels on a side.
        fn reduced(this, longest: usize) -> LuaImage { Ok(LuaImage(this.0.reduced(longest))) }
        /// Writes it as a PNG file.
        fn save(this, path: String) -> This { save_image(&this.0, &path)?; Ok(This) }
    }
}
