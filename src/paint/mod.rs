//! Pictures from shapes: fit an image with triangles, ellipses, rectangles, polygons or curves.
//!
//! [`Painter`] climbs shape by shape and keeps improving the earlier ones; [`PictureGa`] breeds whole pictures;
//! [`PixelGa`] breeds raw pixels. All three advance with `step()`, can be left at any time, and report the score of
//! the file that they would write: one rasteriser serves the search and the picture.

mod film;
mod genetic;
mod image;
mod painter;
mod picture;
mod pixels;
mod raster;
mod scene;
mod search;
mod shape;
mod sums;

pub use film::Film;
pub use genetic::{GenerationReport, GeneticSettings, PictureGa};
pub use image::Image;
pub use painter::{PaintReport, PaintSettings, Painter, Turn, fit};
pub use picture::{Picture, Stroke};
pub use pixels::{PixelGa, PixelSettings};
pub use raster::{Point, Raster, Span};
pub use shape::{Shape, ShapeKind};
