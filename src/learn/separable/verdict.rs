//! The verdict on two sets of points.

use super::exact::{Point, side};
use super::hulls::{Relation, hull, relation};
use super::nearest::{Nearest, Points, nearest};
use crate::learn::Samples;
use crate::learn::linear::{Planes, usable};
use crate::{Error, Result};
use std::cmp::Ordering;

const NAME: &str = "separable";

/// Whether a plane separates two classes of samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Separation {
    /// Whether a plane has each class strictly on its own side.
    pub separable: bool,
    /// Whether the classes' hulls share points, and yet a plane has each class on its own side, with samples on the plane
    /// itself, but not all of them.
    pub touching: bool,
    /// The normal of such a plane, of length 1: class 1 is where `weights · x + bias` is positive. If the classes are
    /// separable, the one farthest from both; if they touch, it holds up to rounding. Empty where there is none, or
    /// where numbers are too coarse for it.
    pub weights: Vec<f64>,
    /// Of that plane.
    pub bias: f64,
    /// The distance of the nearest samples from it; 0 unless separable.
    pub margin: f64,
}

/// Whether a plane separates the samples of class 0 from those of class 1.
///
/// With one or two features the verdict is exact as long as differences of coordinates have products within the range of
/// numbers. With more, a found plane is verified exactly, and classes nearer to each other than about 1e-14 of their
/// size count as touching.
///
/// ```
/// use mynah::learn::{Samples, separable::separable};
/// let xor = Samples::new(4, 2, vec![0., 0., 1., 1., 0., 1., 1., 0.]).unwrap();
/// assert!(!separable(&xor, &[0, 0, 1, 1]).unwrap().separable);
/// let found = separable(&xor, &[0, 1, 0, 1]).unwrap(); // class 1 has x = 1
/// assert!(found.separable && (found.margin - 0.5).abs() < 1e-12);
/// ```
///
/// # Errors
/// When a code is neither 0 nor 1 or one of them does not occur, there are no samples or features, a number is not
/// finite, someone asks to stop, or (with more than two features) the search ends without an answer.
pub fn separable(x: &Samples, codes: &[u32]) -> Result<Separation> {
    usable(NAME, x, None)?;
    if codes.len() != x.rows() {
        return Err(Error::shape(NAME, format!("{} samples, but {} answers", x.rows(), codes.len())));
    }
    if codes.iter().any(|c| *c > 1) || !codes.contains(&0) || !codes.contains(&1) {
        return Err(Error::value(format!("{NAME}: needs two classes, and samples of both")));
    }
    if x.columns() <= 2 { in_the_plane(x, codes) } else { in_space(x, codes) }
}

fn in_the_plane(x: &Samples, codes: &[u32]) -> Result<Separation> {
    let mut sides = [Vec::new(), Vec::new()];
    for (i, &code) in codes.iter().enumerate() {
        let mut point: Point = [0.0; 2];
        x.entries(i).for_each(|(j, v)| point[j] = v);
        sides[code as usize].push(point);
    }
    let [a, b] = sides.map(hull);
    match relation(&a, &b) {
        Relation::Crossing => Ok(Separation::default()),
        Relation::Touching(line) => {
            let [p, q] = line.unwrap_or_else(|| across(&a, &b, true));
            let (weights, bias) = right_of(p, q, x.columns());
            Ok(Separation { touching: true, weights, bias, ..Default::default() })
        }
        Relation::Apart(line) => {
            let corners = corners(&a, &b, x.columns())?;
            let by_hulls = Differences::new(&corners, a.len());
            if let Ok(found) = nearest(&by_hulls)
                && let Some(made) = by_hulls.midway(&found.x)
                && separates(x, codes, &made)
            {
                return Ok(made);
            }
            // Too near to each other for that: along the edge.
            let [p, q] = line.unwrap_or_else(|| across(&a, &b, false));
            let (weights, _) = right_of(p, q, x.columns());
            let made = by_hulls.midway(&weights).filter(|made| separates(x, codes, made));
            Ok(made.unwrap_or(Separation { separable: true, ..Default::default() }))
        }
    }
}

/// The corners of both hulls as samples, first those of `a`.
fn corners(a: &[Point], b: &[Point], columns: usize) -> Result<Samples> {
    let values = a.iter().chain(b).flat_map(|p| p[..columns].to_vec()).collect();
    Samples::new(a.len() + b.len(), columns, values)
}

/// Of hulls on one line that share at most an end: a line across it there, which has the second hull to its right.
fn across(a: &[Point], b: &[Point], touching: bool) -> [Point; 2] {
    let distance2 = |p: &Point, q: &Point| (p[0] - q[0]).powi(2) + (p[1] - q[1]).powi(2);
    let pairs = a.iter().flat_map(|p| b.iter().map(move |q| (*p, *q)));
    let near = |p: &(Point, Point), q: &(Point, Point)| distance2(&p.0, &p.1).total_cmp(&distance2(&q.0, &q.1));
    let (p, mut q) = pairs.clone().min_by(near).unwrap_or_default();
    let mut from = p;
    if touching {
        let (far_p, far_q) = pairs.max_by(near).unwrap_or_default();
        (from, q) = (far_p, far_q);
    }
    // The direction from `a` to `b` points to the right of this.
    let along = [q[0] - from[0], q[1] - from[1]];
    [p, [p[0] - along[1], p[1] + along[0]]]
}

/// The plane that is positive to the right of the line from `p` to `q`.
fn right_of(p: Point, q: Point, columns: usize) -> (Vec<f64>, f64) {
    let normal = [q[1] - p[1], p[0] - q[0]];
    let length = normal[0].hypot(normal[1]).max(1e-300);
    let w = [normal[0] / length, normal[1] / length];
    (w[..columns].to_vec(), -(w[0] * p[0] + w[1] * p[1]))
}

/// Whether the plane has each class strictly on its own side: exactly.
fn separates(x: &Samples, codes: &[u32], plane: &Separation) -> bool {
    (0..x.rows()).all(|i| {
        let entries = Entries { x, i };
        let wanted = if codes[i] == 1 { Ordering::Greater } else { Ordering::Less };
        side(&plane.weights, plane.bias, entries.iter()) == wanted
    })
}

/// One sample, whose numbers can be read more than once.
#[derive(Clone, Copy)]
struct Entries<'a> {
    x: &'a Samples,
    i: usize,
}

impl<'a> Entries<'a> {
    fn iter(self) -> impl Iterator<Item = (usize, f64)> + Clone + 'a {
        let all: Vec<(usize, f64)> = self.x.entries(self.i).collect();
        all.into_iter()
    }
}

fn in_space(x: &Samples, codes: &[u32]) -> Result<Separation> {
    // What does not separate some samples does not separate all.
    for part in [10, 100] {
        let few = part * (x.columns() + 1);
        if x.rows() < 2 * few {
            break;
        }
        let places: Vec<usize> = (0..few).map(|t| t * x.rows() / few).collect();
        let some: Vec<u32> = places.iter().map(|&i| codes[i]).collect();
        if some.contains(&0) && some.contains(&1) {
            let found = among_all(&x.select(&places), &some)?;
            if !found.separable && !found.touching {
                return Ok(found);
            }
        }
    }
    among_all(x, codes)
}

fn among_all(x: &Samples, codes: &[u32]) -> Result<Separation> {
    let of_class = |c: u32| (0..x.rows()).filter(move |&i| codes[i] == c).collect::<Vec<usize>>();
    let (a, b) = (of_class(0), of_class(1));
    let places: Vec<usize> = a.iter().chain(&b).copied().collect();
    let ordered = x.select(&places);
    let differences = Differences::new(&ordered, a.len());
    let found = nearest(&differences)?;
    if let Some(made) = differences.midway(&found.x)
        && separates(x, codes, &made)
    {
        return Ok(made);
    }
    touching(&ordered, a.len())
}

/// The differences between samples of class 1 and samples of class 0.
struct Differences<'a> {
    x: &'a Samples,
    zeros: usize, // so many samples of class 0 come first
}

impl<'a> Differences<'a> {
    fn new(x: &'a Samples, zeros: usize) -> Self {
        Self { x, zeros }
    }

    /// The highest of class 0 and the lowest of class 1 in the direction `w`.
    fn extremes(&self, w: &[f64]) -> Result<((usize, f64), (usize, f64))> {
        let planes = Planes { columns: self.x.columns(), weights: w.to_vec(), bias: vec![0.0] };
        let heights = planes.values(self.x)?;
        let (zeros, ones) = heights.split_at(self.zeros);
        let high = (0..zeros.len()).fold(0, |best, i| if zeros[i] > zeros[best] { i } else { best });
        let low = (0..ones.len()).fold(0, |best, i| if ones[i] < ones[best] { i } else { best });
        Ok(((high, zeros[high]), (self.zeros + low, ones[low])))
    }

    /// The plane across `w`, as far from one class as from the other; nothing if they are not apart in its direction.
    fn midway(&self, w: &[f64]) -> Option<Separation> {
        let length = w.iter().fold(0.0, |sum: f64, v| sum.hypot(*v));
        if !(length > 0.0) {
            return None;
        }
        let weights: Vec<f64> = w.iter().map(|v| v / length).collect();
        let ((_, high), (_, low)) = self.extremes(&weights).ok()?;
        let (bias, margin) = (-0.5 * (high + low), 0.5 * (low - high));
        (margin > 0.0).then_some(Separation { separable: true, touching: false, weights, bias, margin })
    }
}

impl Points for Differences<'_> {
    type Name = (usize, usize);

    fn columns(&self) -> usize {
        self.x.columns()
    }

    fn lowest(&self, w: &[f64]) -> Result<((usize, usize), f64)> {
        let ((high, zero), (low, one)) = self.extremes(w)?;
        Ok(((high, low), one - zero))
    }

    fn point(&self, (high, low): (usize, usize)) -> Vec<f64> {
        let mut out = vec![0.0; self.x.columns()];
        self.x.add_to(low, 1.0, &mut out);
        self.x.add_to(high, -1.0, &mut out);
        out
    }
}

/// Samples as points `±(x - centre, size)`, of which a plane through the origin wants all on one side; without those that
/// lie on every such plane.
struct Signed<'a> {
    x: &'a Samples,
    zeros: usize,
    centre: Vec<f64>,
    size: f64,
    fixed: Vec<Vec<f64>>, // directions in which no plane can lean, orthonormal
    left: Vec<bool>,
}

impl Signed<'_> {
    fn all(&self, i: usize) -> Vec<f64> {
        let sign = if i < self.zeros { -1.0 } else { 1.0 };
        let mut out: Vec<f64> = self.centre.iter().map(|c| -sign * c).chain([sign * self.size]).collect();
        self.x.add_to(i, sign, &mut out[..self.x.columns()]);
        self.cut(&mut out);
        out
    }

    /// Takes away, twice for precision, what lies in the fixed directions.
    fn cut(&self, v: &mut [f64]) {
        for q in self.fixed.iter().chain(&self.fixed) {
            let along: f64 = q.iter().zip(v.iter()).map(|(a, b)| a * b).sum();
            v.iter_mut().zip(q).for_each(|(v, q)| *v -= along * q);
        }
    }
}

impl Points for Signed<'_> {
    type Name = usize;

    fn columns(&self) -> usize {
        self.x.columns() + 1
    }

    fn lowest(&self, w: &[f64]) -> Result<(usize, f64)> {
        let mut w = w.to_vec();
        self.cut(&mut w);
        let (last, weights) = w.split_last().unwrap_or((&0.0, &[]));
        let shift = last * self.size - weights.iter().zip(&self.centre).map(|(w, c)| w * c).sum::<f64>();
        let planes = Planes { columns: self.x.columns(), weights: weights.to_vec(), bias: vec![shift] };
        let heights = planes.values(self.x)?;
        let mut best: Option<(usize, f64)> = None;
        for (i, h) in heights.into_iter().enumerate().filter(|(i, _)| self.left[*i]) {
            let h = if i < self.zeros { -h } else { h };
            best = best.filter(|(_, least)| *least <= h).or(Some((i, h)));
        }
        best.ok_or_else(|| Error::value(format!("{NAME}: no samples are left")))
    }

    fn point(&self, i: usize) -> Vec<f64> {
        self.all(i)
    }
}

/// Whether hulls that are not apart have no more than their borders in common. A mean of some points that is the origin
/// fixes that a plane holds them all; what is left must be on one side (facial reduction, Borwein & Wolkowicz 1981).
fn touching(x: &Samples, zeros: usize) -> Result<Separation> {
    let (n, d) = (x.rows(), x.columns());
    let mut centre = vec![0.0; d];
    (0..n).for_each(|i| x.add_to(i, 1.0 / n as f64, &mut centre));
    let mut size: f64 = 0.0;
    let mut me = Signed { x, zeros, centre, size: 0.0, fixed: vec![], left: vec![true; n] };
    for i in 0..n {
        size = me.all(i).iter().fold(size, |s, v| s.max(v.abs()));
    }
    if size == 0.0 {
        return Ok(Separation::default());
    }
    me.size = size;
    for _ in 0..=d + 1 {
        for i in 0..n {
            if me.left[i] && !me.fixed.is_empty() {
                let rest = me.all(i).iter().fold(0.0, |s: f64, v| s.max(v.abs()));
                me.left[i] = rest > 1e-10 * size;
            }
        }
        if !me.left.contains(&true) {
            return Ok(Separation::default());
        }
        let Nearest { x: w, of, .. } = nearest(&me)?;
        let length = w.iter().fold(0.0, |sum: f64, v| sum.hypot(*v));
        if length > 1e-10 * size && me.lowest(&w)?.1 > 0.0 {
            let (last, weights) = w.split_last().unwrap_or((&0.0, &[]));
            let normal = weights.iter().fold(0.0, |sum: f64, v| sum.hypot(*v)).max(1e-300);
            let shift: f64 = weights.iter().zip(&me.centre).map(|(w, c)| w * c).sum();
            let bias = (last * size - shift) / normal;
            let weights = weights.iter().map(|w| w / normal).collect();
            return Ok(Separation { touching: true, weights, bias, ..Default::default() });
        }
        for i in of {
            let mut q = me.all(i);
            let length = q.iter().fold(0.0, |sum: f64, v| sum.hypot(*v));
            if length > 1e-10 * size {
                q.iter_mut().for_each(|v| *v /= length);
                me.fixed.push(q);
            }
            me.left[i] = false;
        }
    }
    Ok(Separation::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    /// A linear programme in whole numbers (fractions with one denominator, Bland's rule): whether weights of the points,
    /// none negative and with sum 1, give the origin. Then, and only then, no plane through the origin has all on one side.
    fn origin_within(points: &[Vec<i128>]) -> bool {
        let (m, n) = (points[0].len() + 1, points.len());
        // Rows: coordinates and the sum; columns: points, then one artificial number for each row, then the wanted sum.
        let width = n + m + 1;
        let mut t: Vec<Vec<i128>> = (0..m)
            .map(|r| {
                let mut row: Vec<i128> = points.iter().map(|p| if r + 1 < m { p[r] } else { 1 }).collect();
                row.extend((0..m).map(|c| i128::from(c == r)));
                row.push(i128::from(r + 1 == m));
                row
            })
            .collect();
        let mut basis: Vec<usize> = (n..n + m).collect();
        let mut denominator: i128 = 1;
        loop {
            // What a unit of each column takes off the sum of artificial numbers.
            let gain = |j: usize| (0..m).filter(|&r| basis[r] >= n).map(|r| t[r][j]).sum::<i128>();
            let Some(enter) = (0..n).find(|&j| !basis.contains(&j) && gain(j) > 0) else {
                return (0..m).all(|r| basis[r] < n || t[r][width - 1] == 0);
            };
            let rows = (0..m).filter(|&r| t[r][enter] > 0);
            let leave = rows.min_by(|&a, &b| {
                let (left, right) = (t[a][width - 1] * t[b][enter], t[b][width - 1] * t[a][enter]);
                left.cmp(&right).then(basis[a].cmp(&basis[b]))
            });
            let leave = leave.expect("bounded");
            let pivot = t[leave][enter];
            for r in (0..m).filter(|&r| r != leave) {
                let factor = t[r][enter];
                for j in 0..width {
                    t[r][j] = (t[r][j] * pivot - t[leave][j] * factor) / denominator;
                }
            }
            denominator = pivot;
            basis[leave] = enter;
        }
    }

    fn by_programme(x: &Samples, codes: &[u32]) -> bool {
        let signed = |(row, code): (&[f64], &u32)| {
            let sign = if *code == 1 { 1 } else { -1 };
            row.iter().map(|v| sign * *v as i128).chain([sign]).collect::<Vec<i128>>()
        };
        !origin_within(&x.iter().zip(codes).map(signed).collect::<Vec<_>>())
    }

    /// Points on a small grid: many of them the same or on one line.
    fn set(rng: &mut Rng, d: usize, at_most: usize) -> (Samples, Vec<u32>) {
        let n = 2 + rng.below(at_most);
        let (side, shift) = (1 + rng.below(6), rng.below(5));
        let mut codes: Vec<u32> = (0..n).map(|_| rng.below(2) as u32).collect();
        (codes[0], codes[1]) = (0, 1);
        let mut values = Vec::new();
        for &code in &codes {
            let point: Vec<f64> = (0..d).map(|_| rng.below(side) as f64).collect();
            // Sometimes class 1 is moved away, sometimes all points are on a diagonal.
            let line = shift == 4 && point.len() > 1;
            let at = |j: usize| if line { point[0] } else { point[j] };
            values.extend((0..d).map(|j| at(j) + if j == 0 && code == 1 { shift as f64 } else { 0.0 }));
        }
        (Samples::new(n, d, values).unwrap(), codes)
    }

    #[test]
    fn agrees_with_a_linear_programme_on_a_thousand_sets() {
        let mut rng = Rng::new(7);
        let (mut yes, mut touch) = (0, 0);
        for _ in 0..1000 {
            let (x, codes) = set(&mut rng, 2, 12);
            let exact = by_programme(&x, &codes);
            let found = separable(&x, &codes).unwrap();
            assert_eq!(found.separable, exact, "{x:?} {codes:?}");
            let other = in_space(&x, &codes).unwrap();
            assert_eq!((other.separable, other.touching), (exact, found.touching), "{x:?} {codes:?}");
            if exact {
                assert!(separates(&x, &codes, &found) && (found.margin - other.margin).abs() < 1e-9);
            }
            if found.touching {
                assert!(!exact);
                let value = |row: &[f64]| row[0] * found.weights[0] + row[1] * found.weights[1] + found.bias;
                let signed = x.iter().zip(&codes).map(|(row, c)| if *c == 1 { value(row) } else { -value(row) });
                let signed: Vec<f64> = signed.collect();
                assert!(signed.iter().all(|v| *v > -1e-9) && signed.iter().any(|v| *v > 1e-9), "{x:?} {codes:?}");
            }
            yes += usize::from(exact);
            touch += usize::from(found.touching);
        }
        assert!((200..800).contains(&yes) && touch > 50, "{yes} {touch}");
    }

    #[test]
    fn agrees_with_a_linear_programme_in_space() {
        let mut rng = Rng::new(8);
        let mut yes = 0;
        for turn in 0..1000 {
            let (x, codes) = set(&mut rng, 3 + turn % 3, 16);
            let exact = by_programme(&x, &codes);
            let found = separable(&x, &codes).unwrap();
            assert_eq!(found.separable, exact, "{x:?} {codes:?}");
            assert!(!exact || separates(&x, &codes, &found));
            yes += usize::from(exact);
        }
        assert!((200..950).contains(&yes), "{yes}");
    }

    #[test]
    fn one_column_and_far_numbers() {
        let line = |values: Vec<f64>| Samples::new(values.len(), 1, values).unwrap();
        let found = separable(&line(vec![1.0, 2.0, 5.0, 4.0]), &[0, 0, 1, 1]).unwrap();
        assert!(found.separable && (found.margin - 1.0).abs() < 1e-12 && found.weights[0] == 1.0);
        let found = separable(&line(vec![1.0, 4.0, 5.0, 4.0]), &[1, 1, 0, 0]).unwrap();
        assert!(found.touching && !found.separable && found.weights[0] < 0.0);
        assert!(!separable(&line(vec![1.0, 3.0, 2.0]), &[0, 0, 1]).unwrap().touching);
        // Neighbouring numbers: apart, though no third is between them.
        let next = f64::from_bits(1e9_f64.to_bits() + 1);
        assert!(separable(&line(vec![1e9, next]), &[0, 1]).unwrap().separable);
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        let x = Samples::new(2, 2, vec![0.0, 0.0, 1.0, f64::NAN]).unwrap();
        assert!(separable(&x, &[0, 1]).is_err());
        let x = Samples::new(2, 2, vec![0.0, 0.0, 1.0, 1.0]).unwrap();
        assert!(separable(&x, &[0, 0]).is_err() && separable(&x, &[0, 2]).is_err() && separable(&x, &[0]).is_err());
    }
}
