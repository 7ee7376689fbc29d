//! The shapes: how they begin, how they change a little, which pixels they cover, how SVG writes them.

use super::raster::{Point, Raster};
use crate::data::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::f32::consts::{PI, TAU};

/// Straight pieces that stand for a curve.
const PIECES: usize = 12;

/// Which kind of shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ShapeKind {
    /// Three corners.
    #[default]
    Triangle,
    /// An ellipse at any angle.
    Ellipse,
    /// A rectangle at any angle.
    Rectangle,
    /// As many corners as `corners` says.
    Polygon,
    /// A quadratic Bézier curve with round ends, as wide as `width` says.
    Curve,
}

impl ShapeKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Triangle, Self::Ellipse, Self::Rectangle, Self::Polygon, Self::Curve];

    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Triangle => "triangle",
            Self::Ellipse => "ellipse",
            Self::Rectangle => "rectangle",
            Self::Polygon => "polygon",
            Self::Curve => "curve",
        }
    }
}

/// A shape, in pixels from the top left corner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// Three corners.
    Triangle {
        /// The corners.
        points: [Point; 3],
    },
    /// An ellipse.
    Ellipse {
        /// The middle.
        center: Point,
        /// The half axes.
        radii: [f32; 2],
        /// Radians from the x axis to the first half axis.
        angle: f32,
    },
    /// A rectangle.
    Rectangle {
        /// The middle.
        center: Point,
        /// Half the sides.
        radii: [f32; 2],
        /// Radians from the x axis to the first side.
        angle: f32,
    },
    /// A closed outline, filled by the even-odd rule where it crosses itself.
    Polygon {
        /// The corners in order.
        points: Vec<Point>,
    },
    /// A quadratic Bézier curve.
    Curve {
        /// Start, control point, end.
        points: [Point; 3],
        /// Its width.
        width: f32,
    },
}

/// What new shapes and changed shapes must keep to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub kind: ShapeKind,
    pub corners: usize,
    pub stroke: f32,
    pub width: f32,
    pub height: f32,
}

/// About normal with deviation 1, within -3.5 to 3.5: the sum of four uniform numbers, two from one draw.
fn pair(rng: &mut Rng) -> [f32; 2] {
    let bits = rng.next_u64();
    let part = |shift: u32| ((bits >> shift) & 0xffff) as f32;
    let scale = 1.2247 / 32768.0; // two uniforms on [-1, 1] have variance 2/3
    [(part(0) + part(16) - 65535.0) * scale, (part(32) + part(48) - 65535.0) * scale]
}

fn unit(rng: &mut Rng) -> f32 {
    rng.uniform() as f32
}

impl Frame {
    pub fn longest(&self) -> f32 {
        self.width.max(self.height)
    }

    /// Keeps a point in the picture or a quarter of it outside.
    fn keep(&self, [x, y]: Point) -> Point {
        let (w, h) = (self.width, self.height);
        [x.clamp(-0.25 * w, 1.25 * w), y.clamp(-0.25 * h, 1.25 * h)]
    }

    fn keep_radius(&self, r: f32) -> f32 {
        r.clamp(0.7, self.longest())
    }

    /// A new shape of about `size` pixels around `at`.
    pub fn random(&self, at: Point, size: f32, rng: &mut Rng) -> Shape {
        let near = |rng: &mut Rng| {
            let [dx, dy] = pair(rng);
            self.keep([at[0] + dx * size, at[1] + dy * size])
        };
        match self.kind {
            ShapeKind::Triangle => Shape::Triangle { points: [near(rng), near(rng), near(rng)] },
            ShapeKind::Curve => Shape::Curve { points: [near(rng), near(rng), near(rng)], width: self.stroke },
            ShapeKind::Polygon => {
                let turn = unit(rng) * TAU;
                let points = (0..self.corners).map(|k| {
                    let angle = turn + (k as f32 + 0.8 * unit(rng)) / self.corners as f32 * TAU;
                    let r = size * (0.4 + 1.2 * unit(rng));
                    self.keep([at[0] + r * angle.cos(), at[1] + r * angle.sin()])
                });
                Shape::Polygon { points: points.collect() }
            }
            ShapeKind::Ellipse | ShapeKind::Rectangle => {
                let radii = [0, 1].map(|_| self.keep_radius(size * (0.3 + 1.4 * unit(rng))));
                let (center, angle) = (self.keep(at), unit(rng) * PI);
                match self.kind {
                    ShapeKind::Ellipse => Shape::Ellipse { center, radii, angle },
                    _ => Shape::Rectangle { center, radii, angle },
                }
            }
        }
    }

    /// The same shape with a change of about `size` pixels somewhere.
    pub fn changed(&self, shape: &Shape, size: f32, rng: &mut Rng) -> Shape {
        let mut shape = shape.clone();
        match &mut shape {
            Shape::Triangle { points } | Shape::Curve { points, .. } => self.change_points(points, size, rng),
            Shape::Polygon { points } => self.change_points(points, size, rng),
            Shape::Ellipse { center, radii, angle } | Shape::Rectangle { center, radii, angle } => {
                let [dx, dy] = pair(rng);
                match rng.below(4) {
                    0 => *center = self.keep([center[0] + dx * size, center[1] + dy * size]),
                    1 => *radii = [self.keep_radius(radii[0] + dx * size), self.keep_radius(radii[1] + dy * size)],
                    2 => *angle = (*angle + dx * size / radii[0].max(radii[1])).rem_euclid(PI),
                    _ => {
                        // One end stays where it is.
                        let (sin, cos) = angle.sin_cos();
                        let k = rng.below(2);
                        let along = if k == 0 { [cos, sin] } else { [-sin, cos] };
                        let grown = self.keep_radius(radii[k] + dx * size * 0.5);
                        let by = (grown - radii[k]) * if dy < 0.0 { -1.0 } else { 1.0 };
                        radii[k] = grown;
                        *center = self.keep([center[0] + by * along[0], center[1] + by * along[1]]);
                    }
                }
            }
        }
        shape
    }

    fn change_points(&self, points: &mut [Point], size: f32, rng: &mut Rng) {
        let [dx, dy] = pair(rng);
        // Mostly one corner; sometimes all of them together, or an edge.
        let n = points.len();
        let which = rng.below(4 * n);
        if which < 3 * n {
            let p = &mut points[which / 3];
            *p = self.keep([p[0] + dx * size, p[1] + dy * size]);
        } else if which.is_multiple_of(2) {
            for p in points {
                *p = self.keep([p[0] + dx * size, p[1] + dy * size]);
            }
        } else {
            let first = which % n;
            for k in [first, (first + 1) % n] {
                points[k] = self.keep([points[k][0] + dx * size, points[k][1] + dy * size]);
            }
        }
    }
}

impl Shape {
    /// Which kind it is.
    pub fn kind(&self) -> ShapeKind {
        match self {
            Self::Triangle { .. } => ShapeKind::Triangle,
            Self::Ellipse { .. } => ShapeKind::Ellipse,
            Self::Rectangle { .. } => ShapeKind::Rectangle,
            Self::Polygon { .. } => ShapeKind::Polygon,
            Self::Curve { .. } => ShapeKind::Curve,
        }
    }

    /// Whether all its numbers are finite.
    pub fn is_finite(&self) -> bool {
        let all = |points: &[Point]| points.iter().flatten().all(|x| x.is_finite());
        match self {
            Self::Triangle { points } => all(points),
            Self::Polygon { points } => all(points),
            Self::Curve { points, width } => all(points) && width.is_finite(),
            Self::Ellipse { center, radii, angle } | Self::Rectangle { center, radii, angle } => {
                all(&[*center, *radii]) && angle.is_finite()
            }
        }
    }

    /// Its middle: the mean of its corners.
    pub fn center(&self) -> Point {
        let mean = |points: &[Point]| {
            let n = points.len().max(1) as f32;
            let sum = points.iter().fold([0.0, 0.0], |s, p| [s[0] + p[0], s[1] + p[1]]);
            [sum[0] / n, sum[1] / n]
        };
        match self {
            Self::Triangle { points } | Self::Curve { points, .. } => mean(points),
            Self::Polygon { points } => mean(points),
            Self::Ellipse { center, .. } | Self::Rectangle { center, .. } => *center,
        }
    }

    /// The same shape in a picture `factor` times as large.
    pub fn scaled(&self, factor: f32) -> Self {
        let by = |p: &mut Point| *p = [p[0] * factor, p[1] * factor];
        let mut shape = self.clone();
        match &mut shape {
            Self::Triangle { points } => points.iter_mut().for_each(by),
            Self::Polygon { points } => points.iter_mut().for_each(by),
            Self::Curve { points, width } => {
                points.iter_mut().for_each(by);
                *width *= factor;
            }
            Self::Ellipse { center, radii, .. } | Self::Rectangle { center, radii, .. } => {
                by(center);
                by(radii);
            }
        }
        shape
    }

    /// Finds the pixels that it covers in a picture of this size.
    pub fn spans(&self, raster: &mut Raster, width: usize, height: usize) {
        match self {
            Self::Triangle { points } => raster.convex(points, width, height),
            Self::Polygon { points } => raster.even_odd(points, width, height),
            Self::Ellipse { center, radii, angle } => raster.ellipse(*center, *radii, *angle, width, height),
            Self::Rectangle { center, radii, angle } => {
                raster.convex(&rectangle(*center, *radii, *angle), width, height);
            }
            Self::Curve { points: [a, b, c], width: stroke } => {
                let mut chain = [[0.0; 2]; PIECES + 1];
                for (k, p) in chain.iter_mut().enumerate() {
                    let t = k as f32 / PIECES as f32;
                    let (u, v, w) = ((1.0 - t) * (1.0 - t), 2.0 * t * (1.0 - t), t * t);
                    *p = [u * a[0] + v * b[0] + w * c[0], u * a[1] + v * b[1] + w * c[1]];
                }
                raster.stroke(&chain, 0.5 * stroke, width, height);
            }
        }
    }

    /// The element of SVG that draws it, in `rgba`.
    pub fn svg(&self, rgba: [u8; 4]) -> String {
        let [r, g, b, a] = rgba;
        let color = format!("#{r:02x}{g:02x}{b:02x}");
        let opacity = f64::from(a) / 255.0;
        let list = |points: &[Point]| points.iter().map(|p| format!("{},{}", p[0], p[1])).collect::<Vec<_>>().join(" ");
        let fill = format!("fill=\"{color}\" fill-opacity=\"{opacity:.5}\"");
        match self {
            Self::Triangle { points } => format!("<polygon points=\"{}\" {fill}/>", list(points)),
            Self::Polygon { points } => {
                format!("<polygon points=\"{}\" fill-rule=\"evenodd\" {fill}/>", list(points))
            }
            Self::Rectangle { center, radii, angle } => {
                format!("<polygon points=\"{}\" {fill}/>", list(&rectangle(*center, *radii, *angle)))
            }
            Self::Ellipse { center: [x, y], radii: [rx, ry], angle } => {
                let turn = angle.to_degrees();
                format!(
                    "<ellipse cx=\"{x}\" cy=\"{y}\" rx=\"{rx}\" ry=\"{ry}\" transform=\"rotate({turn} {x} {y})\" {fill}/>"
                )
            }
            Self::Curve { points: [p, q, r], width } => format!(
                "<path d=\"M{} {}Q{} {} {} {}\" fill=\"none\" stroke-linecap=\"round\" stroke-width=\"{width}\" \
                 stroke=\"{color}\" stroke-opacity=\"{opacity:.5}\"/>",
                p[0], p[1], q[0], q[1], r[0], r[1]
            ),
        }
    }
}

fn rectangle(center: Point, radii: [f32; 2], angle: f32) -> [Point; 4] {
    let (sin, cos) = angle.sin_cos();
    let (ux, uy) = (radii[0] * cos, radii[0] * sin);
    let (vx, vy) = (-radii[1] * sin, radii[1] * cos);
    [(1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (-1.0, 1.0)]
        .map(|(s, t)| [center[0] + s * ux + t * vx, center[1] + s * uy + t * vy])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: ShapeKind) -> Frame {
        Frame { kind, corners: 6, stroke: 3.0, width: 80.0, height: 50.0 }
    }

    #[test]
    fn random_and_changed_shapes_stay_near_the_picture_and_keep_their_kind() {
        let mut rng = Rng::new(5);
        for kind in ShapeKind::ALL {
            let frame = frame(kind);
            for _ in 0..200 {
                let at = [unit(&mut rng) * 80.0, unit(&mut rng) * 50.0];
                let mut shape = frame.random(at, 200.0 * unit(&mut rng), &mut rng);
                for _ in 0..20 {
                    shape = frame.changed(&shape, 100.0, &mut rng);
                }
                assert_eq!(shape.kind(), kind);
                let [x, y] = shape.center();
                assert!((-20.0..=100.0).contains(&x) && (-12.5..=62.5).contains(&y), "{shape:?}");
            }
        }
    }

    #[test]
    fn a_shape_drawn_twice_as_large_covers_four_times_the_pixels() {
        let (mut rng, mut raster) = (Rng::new(6), Raster::default());
        let mut area = |shape: &Shape, factor: usize| {
            shape.spans(&mut raster, 80 * factor, 50 * factor);
            raster.spans.iter().map(|s| f64::from(s.x1 - s.x0)).sum::<f64>()
        };
        for kind in ShapeKind::ALL {
            for _ in 0..20 {
                let shape = frame(kind).random([40.0, 25.0], 9.0, &mut rng);
                let (small, large) = (area(&shape, 2), area(&shape, 1).max(30.0) * 4.0);
                let twice = area(&shape.scaled(2.0), 2);
                assert!(small <= twice, "{shape:?}");
                assert!((twice / large - 1.0).abs() < 0.35 || twice < 200.0, "{shape:?}: {twice} against {large}");
            }
        }
    }

    #[test]
    fn each_kind_has_its_svg_element() {
        let triangle = Shape::Triangle { points: [[0.0, 0.0], [4.5, 0.0], [0.0, 3.0]] };
        let wanted = "<polygon points=\"0,0 4.5,0 0,3\" fill=\"#ff8000\" fill-opacity=\"0.20000\"/>";
        assert_eq!(triangle.svg([255, 128, 0, 51]), wanted);
        let curve = Shape::Curve { points: [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], width: 2.0 };
        assert!(curve.svg([0, 0, 0, 255]).starts_with("<path d=\"M1 2Q3 4 5 6\" fill=\"none\""));
        let ellipse = Shape::Ellipse { center: [5.0, 6.0], radii: [2.0, 1.0], angle: PI / 2.0 };
        assert!(ellipse.svg([0, 0, 0, 255]).contains("rotate(90 5 6)"));
    }

    #[test]
    fn names_are_those_of_the_settings() {
        for kind in ShapeKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
