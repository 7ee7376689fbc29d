//! Pictures from shapes: fit an image with triangles, ellipses, rectangles, polygons or curves.

mod image;
mod painter;
mod picture;
mod raster;
mod scene;
mod search;
mod shape;
mod sums;

pub use image::Image;
pub use painter::{PaintReport, PaintSettings, Painter, Turn};
pub use picture::{Picture, Stroke};
pub use raster::{Rect, Span};
pub use shape::{Shape, ShapeKind};
