//! Signs of sums of products without rounding.
//!
//! Shewchuk (1997), "Adaptive precision floating-point arithmetic and fast robust geometric predicates": a rounded sum
//! decides if it is beyond its error; else the sum is written as numbers that do not overlap. Exact as long as no
//! product leaves the range of numbers.

use std::cmp::Ordering;

/// A point of the plane.
pub type Point = [f64; 2];

/// The sum of numbers that do not overlap, the smallest first.
#[derive(Default)]
struct Expansion(Vec<f64>);

impl Expansion {
    fn add(&mut self, mut b: f64) {
        let mut out = Vec::with_capacity(self.0.len() + 1);
        for &e in &self.0 {
            let sum = b + e;
            let e_part = sum - b;
            let error = (b - (sum - e_part)) + (e - e_part);
            if error != 0.0 {
                out.push(error);
            }
            b = sum;
        }
        if b != 0.0 {
            out.push(b);
        }
        self.0 = out;
    }

    fn add_product(&mut self, a: f64, b: f64) {
        let product = a * b;
        self.add(a.mul_add(b, -product));
        self.add(product);
    }

    fn sign(&self) -> Ordering {
        sign(self.0.last().copied().unwrap_or(0.0))
    }
}

fn sign(v: f64) -> Ordering {
    v.partial_cmp(&0.0).unwrap_or(Ordering::Equal)
}

/// On which side of the direction from `p` to `q` the direction from `r` to `s` turns: greater is left.
pub fn turn(p: Point, q: Point, r: Point, s: Point) -> Ordering {
    let (a, b) = ((q[0] - p[0]) * (s[1] - r[1]), (q[1] - p[1]) * (s[0] - r[0]));
    if (a - b).abs() > 8.0 * f64::EPSILON * (a.abs() + b.abs()) {
        return sign(a - b);
    }
    let mut sum = Expansion::default();
    for (q, s, side) in [(q[0], s[1], 1.0), (p[0], s[1], -1.0), (q[1], s[0], -1.0), (p[1], s[0], 1.0)] {
        sum.add_product(side * q, s);
    }
    for (q, r, side) in [(q[0], r[1], -1.0), (p[0], r[1], 1.0), (q[1], r[0], 1.0), (p[1], r[0], -1.0)] {
        sum.add_product(side * q, r);
    }
    sum.sign()
}

/// On which side of the plane `w · x + b` a point is, given by its numbers that are not zero.
pub fn side(w: &[f64], b: f64, x: impl Iterator<Item = (usize, f64)> + Clone) -> Ordering {
    let (mut rounded, mut size, mut terms) = (b, b.abs(), 2.0);
    for (j, v) in x.clone() {
        rounded += w[j] * v;
        size += (w[j] * v).abs();
        terms += 1.0;
    }
    if rounded.abs() > terms * f64::EPSILON * size {
        return sign(rounded);
    }
    let mut sum = Expansion::default();
    x.for_each(|(j, v)| sum.add_product(w[j], v));
    sum.add(b);
    sum.sign()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Ordering::{Equal, Greater, Less};

    #[test]
    fn turns_are_told_where_rounding_would_not() {
        // Points near (0.5, 0.5), seen from (12, 12) to (24, 24): left or right by one unit in the last place.
        let unit = f64::EPSILON / 2.0;
        for (i, j) in (0..40).flat_map(|i| (0..40).map(move |j| (i, j))) {
            let p = [0.5 + f64::from(i) * unit, 0.5 + f64::from(j) * unit];
            assert_eq!(turn([12.0, 12.0], [24.0, 24.0], [12.0, 12.0], p), j.cmp(&i), "{i} {j}");
        }
        assert_eq!(turn([0.0, 0.0], [1.0, 0.0], [0.0, 0.0], [0.0, 1e-200]), Greater);
    }

    #[test]
    fn sides_are_told_where_rounding_would_not() {
        let x = [1e30, 1.0, -1e30];
        let entries = || x.iter().copied().enumerate();
        assert_eq!(side(&[1.0, 1.0, 1.0], 0.0, entries()), Greater);
        assert_eq!(side(&[1.0, 1.0, 1.0], -1.0, entries()), Equal);
        assert_eq!(side(&[1.0, 1.0, 1.0], -1.5, entries()), Less);
    }
}
