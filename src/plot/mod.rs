//! Charts and pictures: to PNG, SVG and the terminal.
//!
//! A [`Figure`] is a list of layers over a pair of axes; [`Figure::draw`] makes it a [`Drawing`], which is written or
//! turned into bytes. A [`Sheet`] is several figures in one drawing. The drawing is done by tiny-skia with fonts that
//! are inside the program, so that the same numbers make the same picture everywhere.

mod canvas;
mod color;
mod colormap;
mod contour;
mod drawing;
mod extent;
mod figure;
mod font;
mod frame;
mod layer;
mod legend;
mod network;
mod pane;
mod raster;
mod scale;
mod sheet;
mod sparkline;
mod svg;
mod terminal;
mod tree;

pub use canvas::{Align, Canvas, CanvasSettings, PenSettings, ShadeSettings, ShapeSettings, WordsSettings, font_bytes};
pub use color::{Color, Theme};
pub use colormap::ColorMap;
pub use contour::contour_lines;
pub use drawing::{Drawing, Pixels};
pub use figure::{Figure, FigureSettings, Legend, TerminalSettings};
pub use layer::{
    Band, Bars, Contour, Dash, HeatMap, Histogram, Image, Layer, Line, Marker, Network, Regions, Scatter, Segments,
    Side, Split, Text, Tree, TreeNode, VectorField,
};
pub use scale::{Axis, Scale, Tick};
pub use sheet::{Sheet, SheetSettings};
pub use sparkline::sparkline;
