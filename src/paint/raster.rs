//! From outlines to spans: which pixels of each row a shape covers.
//!
//! A pixel belongs to a shape when its centre is inside. There is no smoothing of edges, so that a shape is wholly
//! described by where its spans begin and end, and the sums over it by differences of running sums there.

/// A corner or centre, `[x, y]` in pixels from the top left corner of the picture.
pub type Point = [f32; 2];

/// Pixels `x0..x1` of row `y`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The row.
    pub y: u32,
    /// The first column.
    pub x0: u32,
    /// The column after the last one.
    pub x1: u32,
}

/// Columns `x0..x1` of rows `y0..y1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rect {
    /// The first column.
    pub x0: u32,
    /// The first row.
    pub y0: u32,
    /// The column after the last one.
    pub x1: u32,
    /// The row after the last one.
    pub y1: u32,
}

impl Rect {
    /// All of a picture of this size.
    pub fn whole(width: usize, height: usize) -> Self {
        Self { x0: 0, y0: 0, x1: width as u32, y1: height as u32 }
    }

    /// Columns.
    pub fn width(self) -> usize {
        (self.x1.saturating_sub(self.x0)) as usize
    }

    /// Rows.
    pub fn height(self) -> usize {
        (self.y1.saturating_sub(self.y0)) as usize
    }

    /// Whether there is no pixel in it.
    pub fn is_empty(self) -> bool {
        self.x0 >= self.x1 || self.y0 >= self.y1
    }

    /// What is in both.
    pub fn and(self, other: Self) -> Self {
        Self {
            x0: self.x0.max(other.x0),
            y0: self.y0.max(other.y0),
            x1: self.x1.min(other.x1),
            y1: self.y1.min(other.y1),
        }
    }

    /// The smallest that holds both; an empty one adds nothing.
    pub fn or(self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        if other.is_empty() {
            return self;
        }
        Self {
            x0: self.x0.min(other.x0),
            y0: self.y0.min(other.y0),
            x1: self.x1.max(other.x1),
            y1: self.y1.max(other.y1),
        }
    }

    /// Whether all of `other` is in it.
    pub fn holds(self, other: Self) -> bool {
        other.is_empty() || (self.x0 <= other.x0 && self.y0 <= other.y0 && other.x1 <= self.x1 && other.y1 <= self.y1)
    }

    /// Grown by `margin` on each side, up to the edges of `within`.
    pub fn grown(self, margin: u32, within: Self) -> Self {
        Self {
            x0: self.x0.saturating_sub(margin),
            y0: self.y0.saturating_sub(margin),
            x1: self.x1.saturating_add(margin),
            y1: self.y1.saturating_add(margin),
        }
        .and(within)
    }

    /// The smallest that holds all `spans`.
    pub fn around(spans: &[Span]) -> Self {
        let Some(first) = spans.first() else { return Self { x0: 0, y0: 0, x1: 0, y1: 0 } };
        let start = Self { x0: first.x0, y0: first.y, x1: first.x1, y1: first.y + 1 };
        spans.iter().fold(start, |r, s| Self {
            x0: r.x0.min(s.x0),
            y0: r.y0.min(s.y),
            x1: r.x1.max(s.x1),
            y1: r.y1.max(s.y + 1),
        })
    }
}

/// Turns outlines into spans, with memory of its own that it uses again and again.
#[derive(Clone, Debug, Default)]
pub struct Raster {
    /// The spans of the last shape, by row and within a row by column; none overlap.
    pub spans: Vec<Span>,
    low: Vec<f32>,  // leftmost crossing per row
    high: Vec<f32>, // rightmost crossing per row
    marks: Vec<(f32, f32)>,
}

/// The first pixel whose centre is right of `x`, within `0..=end`.
#[inline]
fn pixel(x: f32, end: f32) -> u32 {
    // Half up and then cut off; NaN gives 0.
    (x.max(0.0).min(end) + 0.5) as i32 as u32
}

/// The rows whose centres lie between `top` and `bottom`, within `0..rows`.
#[inline]
fn rows(top: f32, bottom: f32, rows: usize) -> std::ops::Range<usize> {
    let end = rows as f32;
    pixel(top, end) as usize..pixel(bottom, end) as usize
}

impl Raster {
    /// A convex outline, corner after corner.
    pub fn convex(&mut self, points: &[Point], width: usize, height: usize) {
        self.spans.clear();
        let (mut top, mut bottom) = (f32::INFINITY, f32::NEG_INFINITY);
        for p in points {
            top = if p[1] < top { p[1] } else { top };
            bottom = if p[1] > bottom { p[1] } else { bottom };
        }
        let range = rows(top, bottom, height);
        if range.is_empty() {
            return;
        }
        let first = range.start;
        let n = range.len();
        self.low.clear();
        self.low.resize(n, f32::INFINITY);
        self.high.clear();
        self.high.resize(n, f32::NEG_INFINITY);
        for (i, a) in points.iter().enumerate() {
            let b = &points[(i + 1) % points.len()];
            let (a, b) = if a[1] <= b[1] { (a, b) } else { (b, a) };
            let range = rows(a[1], b[1], height);
            if range.is_empty() {
                continue;
            }
            let slope = (b[0] - a[0]) / (b[1] - a[1]);
            let start = a[0] + (0.5 + range.start as f32 - a[1]) * slope;
            let range = range.start - first..range.end - first;
            for (k, (low, high)) in self.low[range.clone()].iter_mut().zip(&mut self.high[range]).enumerate() {
                let x = start + k as f32 * slope;
                *low = if x < *low { x } else { *low };
                *high = if x > *high { x } else { *high };
            }
        }
        let end = width as f32;
        for (k, (low, high)) in self.low.iter().zip(&self.high).enumerate() {
            let (x0, x1) = (pixel(*low, end), pixel(*high, end));
            if x0 < x1 {
                self.spans.push(Span { y: (first + k) as u32, x0, x1 });
            }
        }
    }

    /// Any outline; a point is inside when a ray from it crosses the outline an odd number of times.
    pub fn even_odd(&mut self, points: &[Point], width: usize, height: usize) {
        self.spans.clear();
        let top = points.iter().map(|p| p[1]).fold(f32::INFINITY, f32::min);
        let bottom = points.iter().map(|p| p[1]).fold(f32::NEG_INFINITY, f32::max);
        let end = width as f32;
        for row in rows(top, bottom, height) {
            let y = row as f32 + 0.5;
            self.low.clear();
            for (i, a) in points.iter().enumerate() {
                let b = points[(i + 1) % points.len()];
                if (a[1] < y) != (b[1] < y) {
                    self.low.push(a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]));
                }
            }
            self.low.sort_unstable_by(f32::total_cmp);
            for pair in self.low.chunks_exact(2) {
                add(&mut self.spans, row as u32, pixel(pair[0], end), pixel(pair[1], end));
            }
        }
    }

    /// An ellipse with half axes `a` and `b`, turned by `angle`.
    pub fn ellipse(&mut self, center: Point, [a, b]: [f32; 2], angle: f32, width: usize, height: usize) {
        self.spans.clear();
        let (sin, cos) = angle.sin_cos();
        // Inside: p dx² + 2 q dx dy + r dy² <= 1.
        let (ia, ib) = (1.0 / (a * a), 1.0 / (b * b));
        let p = cos * cos * ia + sin * sin * ib;
        let q = sin * cos * (ia - ib);
        let reach = (a * a * sin * sin + b * b * cos * cos).sqrt();
        let (end, ip) = (width as f32, 1.0 / p);
        for row in rows(center[1] - reach, center[1] + reach, height) {
            let dy = row as f32 + 0.5 - center[1];
            // p r - q² = 1 / (a b)², so the root is of p - dy² / (a b)².
            let root = (p - dy * dy * ia * ib).max(0.0).sqrt() * ip;
            let middle = center[0] - q * dy * ip;
            add(&mut self.spans, row as u32, pixel(middle - root, end), pixel(middle + root, end));
        }
    }

    /// All points within `radius` of a chain of straight pieces.
    pub fn stroke(&mut self, chain: &[Point], radius: f32, width: usize, height: usize) {
        self.spans.clear();
        let top = chain.iter().map(|p| p[1]).fold(f32::INFINITY, f32::min);
        let bottom = chain.iter().map(|p| p[1]).fold(f32::NEG_INFINITY, f32::max);
        let end = width as f32;
        for row in rows(top - radius, bottom + radius, height) {
            let y = row as f32 + 0.5;
            self.marks.clear();
            for piece in chain.windows(2) {
                self.marks.extend(capsule(piece[0], piece[1], radius, y));
            }
            self.marks.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            let mut open: Option<(f32, f32)> = None;
            for k in 0..self.marks.len() {
                let (low, high) = self.marks[k];
                open = Some(match open {
                    Some((from, to)) if low <= to => (from, to.max(high)),
                    Some((from, to)) => {
                        add(&mut self.spans, row as u32, pixel(from, end), pixel(to, end));
                        (low, high)
                    }
                    None => (low, high),
                });
            }
            if let Some((from, to)) = open {
                add(&mut self.spans, row as u32, pixel(from, end), pixel(to, end));
            }
        }
    }
}

/// Appends a span, joined to the last one where they touch.
fn add(spans: &mut Vec<Span>, y: u32, x0: u32, x1: u32) {
    if x0 >= x1 {
        return;
    }
    match spans.last_mut() {
        Some(last) if last.y == y && last.x1 >= x0 => last.x1 = last.x1.max(x1),
        _ => spans.push(Span { y, x0, x1 }),
    }
}

/// Where the row `y` crosses the points within `radius` of the piece from `a` to `b`.
fn capsule(a: Point, b: Point, radius: f32, y: f32) -> Option<(f32, f32)> {
    let mut found: Option<(f32, f32)> = None;
    let mut join = |low: f32, high: f32| {
        found = Some(found.map_or((low, high), |(l, h)| (l.min(low), h.max(high))));
    };
    for c in [a, b] {
        let dy = y - c[1];
        if dy.abs() <= radius {
            let dx = (radius * radius - dy * dy).sqrt();
            join(c[0] - dx, c[0] + dx);
        }
    }
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let length = (dx * dx + dy * dy).sqrt();
    if length > 0.0 {
        let (nx, ny) = (-dy / length * radius, dx / length * radius);
        let box_ = [[a[0] + nx, a[1] + ny], [b[0] + nx, b[1] + ny], [b[0] - nx, b[1] - ny], [a[0] - nx, a[1] - ny]];
        for (i, p) in box_.iter().enumerate() {
            let q = box_[(i + 1) % 4];
            if (p[1] < y) != (q[1] < y) {
                let x = p[0] + (y - p[1]) / (q[1] - p[1]) * (q[0] - p[0]);
                join(x, x);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    const W: usize = 40;
    const H: usize = 30;

    fn covered(spans: &[Span]) -> Vec<bool> {
        let mut on = vec![false; W * H];
        for s in spans {
            assert!(s.x0 < s.x1 && s.x1 <= W as u32 && s.y < H as u32, "{s:?}");
            for x in s.x0..s.x1 {
                let cell = &mut on[s.y as usize * W + x as usize];
                assert!(!*cell, "{s:?} covers a pixel twice");
                *cell = true;
            }
        }
        on
    }

    /// Compares with a test of each pixel's centre; centres within 0.01 of the outline may fall either way.
    fn agrees(spans: &[Span], inside: impl Fn(f32, f32) -> bool, what: &str) {
        let on = covered(spans);
        for (i, on) in on.iter().enumerate() {
            let (x, y) = ((i % W) as f32 + 0.5, (i / W) as f32 + 0.5);
            let around = [(0.0, 0.0), (0.01, 0.0), (-0.01, 0.0), (0.0, 0.01), (0.0, -0.01)];
            let all: Vec<bool> = around.iter().map(|(dx, dy)| inside(x + dx, y + dy)).collect();
            if all.iter().all(|a| *a == all[0]) {
                assert_eq!(*on, all[0], "{what}: pixel {x}, {y}");
            }
        }
    }

    fn point(rng: &mut Rng) -> Point {
        [rng.uniform() as f32 * 60.0 - 10.0, rng.uniform() as f32 * 50.0 - 10.0]
    }

    fn odd(points: &[Point], x: f32, y: f32) -> bool {
        let mut inside = false;
        for (i, a) in points.iter().enumerate() {
            let b = points[(i + 1) % points.len()];
            if (a[1] < y) != (b[1] < y) && a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]) < x {
                inside = !inside;
            }
        }
        inside
    }

    #[test]
    fn triangles_and_polygons_cover_the_pixels_whose_centres_are_inside() {
        let (mut raster, mut rng) = (Raster::default(), Rng::new(1));
        for _ in 0..300 {
            let corners: Vec<Point> = (0..3).map(|_| point(&mut rng)).collect();
            raster.convex(&corners, W, H);
            agrees(&raster.spans, |x, y| odd(&corners, x, y), "triangle");
            let corners: Vec<Point> = (0..7).map(|_| point(&mut rng)).collect();
            raster.even_odd(&corners, W, H);
            agrees(&raster.spans, |x, y| odd(&corners, x, y), "polygon");
        }
    }

    #[test]
    fn ellipses_cover_the_pixels_whose_centres_are_inside() {
        let (mut raster, mut rng) = (Raster::default(), Rng::new(2));
        for _ in 0..300 {
            let (center, angle) = (point(&mut rng), rng.uniform() as f32 * 3.0);
            let axes = [1.0 + rng.uniform() as f32 * 20.0, 1.0 + rng.uniform() as f32 * 20.0];
            raster.ellipse(center, axes, angle, W, H);
            let inside = |x: f32, y: f32| {
                let (dx, dy) = (x - center[0], y - center[1]);
                let (u, v) = (dx * angle.cos() + dy * angle.sin(), dy * angle.cos() - dx * angle.sin());
                (u / axes[0]).powi(2) + (v / axes[1]).powi(2) <= 1.0
            };
            agrees(&raster.spans, inside, "ellipse");
        }
    }

    #[test]
    fn strokes_cover_the_pixels_whose_centres_are_near() {
        let (mut raster, mut rng) = (Raster::default(), Rng::new(3));
        for _ in 0..200 {
            let chain: Vec<Point> = (0..5).map(|_| point(&mut rng)).collect();
            let radius = 0.6 + rng.uniform() as f32 * 6.0;
            raster.stroke(&chain, radius, W, H);
            let near = |x: f32, y: f32| {
                chain.windows(2).any(|piece| {
                    let ([ax, ay], [bx, by]) = (piece[0], piece[1]);
                    let (dx, dy) = (bx - ax, by - ay);
                    let t = (((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
                    (x - ax - t * dx).powi(2) + (y - ay - t * dy).powi(2) <= radius * radius
                })
            };
            agrees(&raster.spans, near, "stroke");
        }
    }

    #[test]
    fn neighbours_share_no_pixel_and_leave_no_gap() {
        let (mut raster, mut rng) = (Raster::default(), Rng::new(4));
        for _ in 0..200 {
            let middle = [5.0 + 30.0 * rng.uniform() as f32, 5.0 + 20.0 * rng.uniform() as f32];
            let corners = [[0.0, 0.0], [W as f32, 0.0], [W as f32, H as f32], [0.0, H as f32]];
            let mut on = [0; W * H];
            for i in 0..4 {
                raster.convex(&[corners[i], corners[(i + 1) % 4], middle], W, H);
                covered(&raster.spans).iter().zip(&mut on).for_each(|(c, n)| *n += i32::from(*c));
            }
            // An edge computed from the same two corners is the same edge.
            let wrong = on.iter().filter(|n| **n != 1).count();
            assert_eq!(wrong, 0);
        }
    }

    #[test]
    fn what_is_outside_or_not_a_number_covers_nothing() {
        let mut raster = Raster::default();
        for bad in [f32::NAN, f32::INFINITY, -1e30, 1e30] {
            raster.convex(&[[bad, bad], [bad, 3.0], [3.0, bad]], W, H);
            covered(&raster.spans);
            raster.even_odd(&[[bad, bad], [bad, 3.0], [3.0, bad]], W, H);
            covered(&raster.spans);
            raster.ellipse([bad, 3.0], [bad, 2.0], bad, W, H);
            covered(&raster.spans);
            raster.stroke(&[[bad, 3.0], [2.0, bad]], 2.0, W, H);
            covered(&raster.spans);
        }
        raster.convex(&[[-9.0, -9.0], [-2.0, -9.0], [-5.0, -1.0]], W, H);
        assert!(raster.spans.is_empty());
    }
}
