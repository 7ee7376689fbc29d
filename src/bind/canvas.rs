//! `mynah.plot.canvas`: a picture to draw on at once, and what pictures of numbers are made of.

use super::convert::{Bytes, FromArg, LuaType, Ref, This, expected};
use super::options::Options;
use super::paint::LuaImage;
use super::plot::image_of;
use super::shim::{Outcome, fault};
use super::tensor::TensorLike;
use crate::lua_class;
use crate::paint;
use crate::plot::{Canvas, Color, PenSettings, ShadeSettings, ShapeSettings, WordsSettings};
use mlua::{Lua, Value};
use std::cell::{RefCell, RefMut};

/// Points in a plane: `{ x1, y1, x2, y2, … }`, a list of `{ x, y }`, or a tensor [points, 2].
pub struct Points(pub Vec<[f64; 2]>);

impl LuaType for Points {
    fn lua_type() -> String {
        "number[]|number[][]|mynah.Tensor".into()
    }
}
impl FromArg for Points {
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self> {
        let flat = match &value {
            Value::Table(table) if matches!(table.raw_get(1)?, Value::Table(_)) => {
                let mut flat = Vec::with_capacity(2 * table.raw_len());
                for (i, row) in table.sequence_values::<mlua::Table>().enumerate() {
                    let row = row?;
                    let (x, y): (Value, Value) = (row.raw_get(1)?, row.raw_get(2)?);
                    match (f64::from_arg(x, lua), f64::from_arg(y, lua)) {
                        (Ok(x), Ok(y)) if row.raw_len() == 2 => flat.extend([x, y]),
                        _ => return fault(format!("point {} must be {{ x, y }}, two numbers", i + 1)),
                    }
                }
                flat
            }
            Value::Table(_) => Vec::<f64>::from_arg(value, lua)?,
            Value::UserData(_) => {
                let tensor = TensorLike::from_arg(value, lua)?.0;
                if tensor.shape().last() != Some(&2) {
                    return fault(format!("points are a tensor [points, 2], got {:?}", tensor.shape()));
                }
                tensor.to_f64()?
            }
            other => return expected("points: a list of numbers, a list of { x, y } or a tensor", other),
        };
        if flat.len() % 2 == 1 {
            return fault(format!("points have two numbers each, got {} numbers", flat.len()));
        }
        Ok(Self(flat.chunks_exact(2).map(|p| [p[0], p[1]]).collect()))
    }
}

/// A grid of colours: how many stand in a row, and all of them from the top.
pub fn shaded(value: Value, lua: &Lua, settings: &ShadeSettings) -> Outcome<(usize, Vec<Color>)> {
    let numbers = match &value {
        Value::Table(_) => true,
        Value::UserData(data) => data.is::<super::tensor::LuaTensor>(),
        _ => false,
    };
    if !numbers {
        let image = image_of(&value, lua)?;
        return Ok((image.width(), settings.colors_of_rgb(image.rgb())?));
    }
    let tensor = TensorLike::from_arg(value, lua)?.0;
    let shape = tensor.shape();
    let colors = match shape[..] {
        [_, _] => settings.colors(&tensor.to_f64()?)?,
        [_, _, 3] => {
            let bytes: Vec<u8> = tensor.to_f64()?.into_iter().map(|v| v.round().clamp(0.0, 255.0) as u8).collect();
            settings.colors_of_rgb(&bytes)?
        }
        _ => return fault(format!("a picture is a tensor [height, width] or [height, width, 3], got {shape:?}")),
    };
    if colors.is_empty() {
        return fault(format!("a picture needs pixels, got {shape:?}"));
    }
    Ok((shape[1], colors))
}

/// Red, green, blue and opacity of each colour.
pub fn bytes_of(colors: &[Color]) -> Bytes {
    Bytes(colors.iter().flat_map(|c| [c.r, c.g, c.b, c.a]).collect())
}

/// A canvas as Lua holds it.
pub struct LuaCanvas(pub RefCell<Canvas>);

impl LuaCanvas {
    /// The canvas itself.
    pub fn get(&self) -> Outcome<RefMut<'_, Canvas>> {
        self.0.try_borrow_mut().or_else(|_| fault("the canvas is in use"))
    }

    /// What is on it, as an image.
    pub fn image(&self) -> Outcome<paint::Image> {
        let pixels = self.get()?.pixels();
        Ok(paint::Image::new(pixels.width, pixels.height, pixels.rgb)?)
    }
}

lua_class! {
    /// A picture that is drawn on at once, in units from the left upper corner.
    class Canvas(LuaCanvas) {
        /// Units from left to right.
        get width(this) -> usize { Ok(this.get()?.width()) }
        /// Units from top to bottom.
        get height(this) -> usize { Ok(this.get()?.height()) }
        /// Its width and height in pixels.
        meta tostring(this) -> String {
            let canvas = this.get()?;
            Ok(format!("Canvas ({} x {})", canvas.width(), canvas.height()))
        }
        /// Covers everything with a colour, by default the background, and ends a clip.
        fn clear(this, color: Option<String>) -> This {
            let color = color.map(|c| Color::parse(&c)).transpose()?;
            this.get()?.clear(color);
            Ok(This)
        }
        /// A rectangle from its left upper corner.
        ///
        /// ```lua
        /// local canvas = mynah.plot.canvas(100, 60)
        /// canvas:rect(10, 10, 80, 40, { fill = "#334455", line = "white", radius = 6 })
        /// assert(canvas:pixels():pixel(50, 30)[3] == 0x55)
        /// ```
        fn rect(this, x: f64, y: f64, width: f64, height: f64, options: Options<ShapeSettings>) -> This {
            this.get()?.rect([x, y], [width, height], &options.0)?;
            Ok(This)
        }
        /// A circle around a point.
        ///
        /// ```lua
        /// mynah.plot.canvas(40, 40):circle(20, 20, 12, { fill = "red" }):save(TMP .. "/circle.png")
        /// ```
        fn circle(this, x: f64, y: f64, radius: f64, options: Options<ShapeSettings>) -> This {
            this.get()?.circle([x, y], radius, &options.0)?;
            Ok(This)
        }
        /// Many equal circles, each around one of the points: `{ x1, y1, x2, y2, … }`, a list of `{ x, y }` or a tensor.
        ///
        /// ```lua
        /// mynah.plot.canvas(40, 40):dots({ 10, 10, 30, 30 }, 3, { fill = "yellow" })
        /// ```
        fn dots(this, points: Points, radius: f64, options: Options<ShapeSettings>) -> This {
            this.get()?.dots(&points.0, radius, &options.0)?;
            Ok(This)
        }
        /// A surface with corners, which are given as for `dots`.
        ///
        /// ```lua
        /// mynah.plot.canvas(40, 40):polygon({ { 5, 35 }, { 20, 5 }, { 35, 35 } }, { fill = "green" })
        /// ```
        fn polygon(this, points: Points, options: Options<ShapeSettings>) -> This {
            this.get()?.polygon(&points.0, &options.0)?;
            Ok(This)
        }
        /// A line through points, which are given as for `dots`.
        ///
        /// ```lua
        /// mynah.plot.canvas(40, 40):line({ 5, 35, 20, 5, 35, 35 }, { color = "cyan", width = 2, closed = true })
        /// ```
        fn line(this, points: Points, options: Options<PenSettings>) -> This {
            this.get()?.line(&points.0, &options.0)?;
            Ok(This)
        }
        /// A picture, stretched over a rectangle: an Image, a Picture, a Figure, a Canvas, a tensor [height, width] of
        /// numbers, or one [height, width, 3] of red, green and blue from 0 to 255; the first row at the top.
        ///
        /// ```lua
        /// local waves = mynah.rand(8, 8, { seed = 1 })
        /// mynah.plot.canvas(80, 80):image(waves, 0, 0, 80, 80, { color_map = "magma", smooth = true })
        /// ```
        fn image(this, @lua, picture: Value, x: f64, y: f64, width: f64, height: f64, options: Options<ShadeSettings>) -> This {
            let cells = shaded(picture, lua, &options.0)?; // before the canvas is in use: the picture may be itself
            this.get()?.image(cells, [x, y], [width, height], options.0.smooth)?;
            Ok(This)
        }
        /// A line of words; their capitals are as far above `y` as below it.
        ///
        /// ```lua
        /// local canvas = mynah.plot.canvas(120, 40)
        /// canvas:text("Loss 0.25", 60, 20, { size = 14, align = "center", bold = true })
        /// ```
        fn text(this, words: String, x: f64, y: f64, options: Options<WordsSettings>) -> This {
            this.get()?.text(&words, [x, y], &options.0)?;
            Ok(This)
        }
        /// How wide a line of words is; takes the options of `text`.
        ///
        /// ```lua
        /// local canvas = mynah.plot.canvas(120, 40)
        /// assert(canvas:text_width("wide") > canvas:text_width("i"))
        /// ```
        fn text_width(this, words: String, options: Options<WordsSettings>) -> f64 {
            let _ = this;
            Ok(Canvas::text_width(&words, &options.0)?)
        }
        /// Draws inside a rectangle only from now on; without one, everywhere again.
        ///
        /// ```lua
        /// local canvas = mynah.plot.canvas(40, 40)
        /// canvas:clip(10, 10, 20, 20):circle(10, 20, 15, { fill = "blue" }):clip()
        /// ```
        fn clip(this, x: Option<f64>, y: Option<f64>, width: Option<f64>, height: Option<f64>) -> This {
            let part = match (x, y, width, height) {
                (None, None, None, None) => None,
                (Some(x), Some(y), Some(width), Some(height)) => Some(([x, y], [width, height])),
                _ => return fault("clip: all of x, y, width and height, or none of them"),
            };
            this.get()?.clip(part)?;
            Ok(This)
        }
        /// Writes it as a PNG file.
        fn save(this, path: String) -> This { this.get()?.write(path)?; Ok(This) }
        /// Its pixels as an Image.
        fn pixels(this) -> LuaImage { Ok(LuaImage(this.image()?)) }
    }
}

/// An image of whatever has pixels of its own.
pub fn canvas_image(value: &Value, lua: &Lua) -> Outcome<paint::Image> {
    Ref::<LuaCanvas>::from_arg(value.clone(), lua)?.image()
}
