//! The point of a convex hull that is nearest to the origin.
//!
//! Wolfe (1976), "Finding the nearest point in a polytope". A triangular factor follows the corners as they come and go
//! (its section 6); where they are nearly dependent, singular values take its place, so that they do no harm.

use crate::learn::cluster::vectorised;
use crate::learn::linear::dot;
use crate::linalg::{Matrix, lstsq};
use crate::{Error, Result, stop};

/// Points whose hull is looked at.
pub trait Points {
    /// What names a point.
    type Name: Copy + PartialEq;

    /// Coordinates of each.
    fn columns(&self) -> usize;

    /// The point that is lowest in the direction `w`, and how high it is.
    fn lowest(&self, w: &[f64]) -> Result<(Self::Name, f64)>;

    /// The point.
    fn point(&self, name: Self::Name) -> Vec<f64>;
}

/// The nearest point, and of which points it is a mean.
pub struct Nearest<N> {
    pub x: Vec<f64>,
    pub of: Vec<N>,
    pub weights: Vec<f64>,
    /// The size of the points that were met.
    pub size: f64,
}

/// The corners whose mean is looked at, and the factor `L` of `size² + pᵢ · pⱼ`: nothing where they are nearly dependent.
struct Corral {
    size2: f64,
    corners: Vec<Vec<f64>>,
    factor: Option<Vec<Vec<f64>>>, // rows of the lower triangle
}

impl Corral {
    fn new(first: Vec<f64>, size: f64) -> Self {
        let mut me = Self { size2: size * size, corners: vec![], factor: Some(vec![]) };
        me.add(first);
        me
    }

    fn add(&mut self, corner: Vec<f64>) {
        self.corners.push(corner);
        if let Some(rows) = &mut self.factor
            && let Some(row) = next_row(rows, &self.corners, self.size2)
        {
            rows.push(row);
        } else {
            self.factor = None;
        }
    }

    /// Keeps only some corners, in their order.
    fn retain(&mut self, stays: impl Fn(usize) -> bool) {
        let count = self.corners.len();
        for at in (0..count).rev().filter(|&at| !stays(at)) {
            self.corners.remove(at);
            if let Some(rows) = &mut self.factor {
                remove_row(rows, at);
            }
        }
        if self.factor.is_none() {
            let mut rows: Vec<Vec<f64>> = vec![];
            for count in 1..=self.corners.len() {
                let Some(row) = next_row(&rows, &self.corners[..count], self.size2) else { return };
                rows.push(row);
            }
            self.factor = Some(rows);
        }
    }

    /// The mean with these weights.
    fn mean(&self, weights: &[f64]) -> Vec<f64> {
        vectorised(
            #[inline(always)]
            || {
                let mut x = vec![0.0; self.corners[0].len()];
                for (corner, w) in self.corners.iter().zip(weights) {
                    x.iter_mut().zip(corner).for_each(|(x, v)| *x += w * v);
                }
                x
            },
        )
    }

    /// Weights with sum 1, of any sign, with which the corners' mean is nearest to the origin.
    fn flat(&self) -> Result<Vec<f64>> {
        let Some(rows) = &self.factor else { return self.by_singular_values() };
        let ones = solve(rows, vec![1.0; rows.len()]);
        let sum: f64 = ones.iter().sum();
        let mut weights: Vec<f64> = ones.iter().map(|v| v / sum).collect();
        // Refined once: the corners should all be equally high in the mean's direction.
        let x = self.mean(&weights);
        let heights = vectorised(
            #[inline(always)]
            || self.corners.iter().map(|p| dot(p, &x)).collect::<Vec<f64>>(),
        );
        let more = solve(rows, heights);
        let level = more.iter().sum::<f64>() / sum;
        for ((w, more), one) in weights.iter_mut().zip(&more).zip(&ones) {
            *w -= more - level * one;
        }
        Ok(weights)
    }

    fn by_singular_values(&self) -> Result<Vec<f64>> {
        let (first, rest) = (&self.corners[0], &self.corners[1..]);
        if rest.is_empty() {
            return Ok(vec![1.0]);
        }
        let edges = Matrix::from_fn(first.len(), rest.len(), |i, j| rest[j][i] - first[i])?;
        let to_origin = Matrix::column(first.iter().map(|v| -v).collect())?;
        let weights = lstsq(&edges, &to_origin)?.into_data();
        let others: f64 = weights.iter().sum();
        Ok([1.0 - others].into_iter().chain(weights).collect())
    }
}

/// The row of the factor for the last corner; nothing when that nearly depends on the others.
fn next_row(rows: &[Vec<f64>], corners: &[Vec<f64>], size2: f64) -> Option<Vec<f64>> {
    let corner = corners.last()?;
    vectorised(
        #[inline(always)]
        || {
            let mut row: Vec<f64> = corners.iter().map(|p| size2 + dot(p, corner)).collect();
            for (i, known) in rows.iter().enumerate() {
                row[i] = (row[i] - dot(&known[..i], &row[..i])) / known[i];
            }
            let at = rows.len();
            let (whole, pivot) = (row[at], row[at] - dot(&row[..at], &row[..at]));
            row[at] = pivot.max(0.0).sqrt();
            (pivot > 1e-8 * whole).then_some(row)
        },
    )
}

/// Takes a row (and its column) out; plane rotations make the rest triangular again.
fn remove_row(rows: &mut Vec<Vec<f64>>, at: usize) {
    rows.remove(at);
    for i in at..rows.len() {
        let length = rows[i][i].hypot(rows[i][i + 1]);
        let (c, s) = (rows[i][i] / length, rows[i][i + 1] / length);
        for row in &mut rows[i..] {
            (row[i], row[i + 1]) = (c * row[i] + s * row[i + 1], c * row[i + 1] - s * row[i]);
        }
        rows[i].truncate(i + 1);
    }
}

/// Solves `L Lᵀ v = b`.
fn solve(rows: &[Vec<f64>], mut b: Vec<f64>) -> Vec<f64> {
    vectorised(
        #[inline(always)]
        || {
            for (i, row) in rows.iter().enumerate() {
                b[i] = (b[i] - dot(&row[..i], &b[..i])) / row[i];
            }
            for (i, row) in rows.iter().enumerate().rev() {
                b[i] /= row[i];
                let v = b[i];
                b[..i].iter_mut().zip(row).for_each(|(b, l)| *b -= v * l);
            }
            b
        },
    )
}

/// The point of the hull that is nearest to the origin, to rounding.
pub fn nearest<P: Points>(points: &P) -> Result<Nearest<P::Name>> {
    let d = points.columns();
    let (name, _) = points.lowest(&vec![0.0; d])?;
    let first = points.point(name);
    let mut size = dot(&first, &first).sqrt();
    let mut me = Nearest { x: first.clone(), of: vec![name], weights: vec![1.0], size };
    let mut corral = Corral::new(first, size);
    for _ in 0..200 + 50 * d {
        stop::check()?;
        let square = dot(&me.x, &me.x);
        let (name, height) = points.lowest(&me.x)?;
        let corner = points.point(name);
        size = size.max(dot(&corner, &corner).sqrt());
        me.size = size;
        let rounding = 4.0 * f64::EPSILON * (d as f64).sqrt() * size * square.sqrt();
        if square - height <= f64::max(1e-12 * square, rounding) || me.of.contains(&name) {
            return Ok(me);
        }
        me.of.push(name);
        me.weights.push(0.0);
        corral.add(corner);
        loop {
            let wanted = corral.flat()?;
            if wanted.iter().all(|w| *w > 1e-14) {
                me.weights = wanted;
                break;
            }
            // As far towards it as the weights stay positive; what reaches 0 goes.
            let mut t: f64 = 1.0;
            for (w, wanted) in me.weights.iter().zip(&wanted) {
                if *wanted <= 1e-14 {
                    t = t.min(w / (w - wanted).max(1e-300));
                }
            }
            me.weights.iter_mut().zip(&wanted).for_each(|(w, wanted)| *w += t * (wanted - *w));
            let keep: Vec<bool> = me.weights.iter().map(|w| *w > 1e-14).collect();
            let goes = if keep.iter().all(|k| *k) {
                // By rounding nothing reached 0: the least goes.
                (0..keep.len()).min_by(|&a, &b| wanted[a].total_cmp(&wanted[b]))
            } else {
                None
            };
            let stays = |at: usize| keep[at] && goes != Some(at);
            if (0..keep.len()).filter(|&at| stays(at)).count() == 0 {
                return Ok(me);
            }
            let mut at = 0;
            me.of.retain(|_| (stays(at), at += 1).0);
            at = 0;
            me.weights.retain(|_| (stays(at), at += 1).0);
            corral.retain(stays);
            let sum: f64 = me.weights.iter().sum();
            me.weights.iter_mut().for_each(|w| *w /= sum);
        }
        let x = corral.mean(&me.weights);
        let shorter = dot(&x, &x) < square;
        if shorter {
            me.x = x;
        }
        if !shorter || dot(&me.x, &me.x).sqrt() <= 1e-16 * size {
            return Ok(me);
        }
    }
    Err(Error::value("separable: not decided; the points lie too unluckily for the precision of numbers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Cloud(Vec<Vec<f64>>);

    impl Points for Cloud {
        type Name = usize;

        fn columns(&self) -> usize {
            self.0[0].len()
        }

        fn lowest(&self, w: &[f64]) -> Result<(usize, f64)> {
            let heights = self.0.iter().map(|p| dot(p, w)).enumerate();
            Ok(heights.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap())
        }

        fn point(&self, name: usize) -> Vec<f64> {
            self.0[name].clone()
        }
    }

    #[test]
    fn nearest_points_of_a_triangle_and_a_ball() {
        let triangle = Cloud(vec![vec![1.0, 1.0], vec![3.0, 1.0], vec![-1.0, 1.0], vec![0.0, 5.0]]);
        let found = nearest(&triangle).unwrap();
        assert!(found.x[0].abs() < 1e-14 && (found.x[1] - 1.0).abs() < 1e-14);
        let mut rng = crate::data::Rng::new(1);
        for around in [0.0, 0.5] {
            let cloud = Cloud((0..400).map(|_| (0..6).map(|_| rng.normal() + 6.0 * around).collect()).collect());
            let found = nearest(&cloud).unwrap();
            let square = dot(&found.x, &found.x);
            assert_eq!(square > 1e-20, around > 0.0, "{square}");
            assert!(cloud.lowest(&found.x).unwrap().1 >= square * (1.0 - 1e-9) - 1e-12);
        }
    }
}
