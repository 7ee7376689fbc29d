//! The point of a convex hull that is nearest to the origin.
//!
//! Wolfe (1976), "Finding the nearest point in a polytope". The equations of its step 2 are solved as least squares, where
//! needed by singular values, so that dependent points do no harm.

use crate::learn::linear::{Factor, Gram};
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

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The point of the hull that is nearest to the origin, to rounding.
pub fn nearest<P: Points>(points: &P) -> Result<Nearest<P::Name>> {
    let d = points.columns();
    let (name, _) = points.lowest(&vec![0.0; d])?;
    let first = points.point(name);
    let mut size = dot(&first, &first).sqrt();
    let mut me = Nearest { x: first.clone(), of: vec![name], weights: vec![1.0], size };
    let mut corners = vec![first];
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
        corners.push(corner);
        loop {
            let wanted = flat(&corners)?;
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
            at = 0;
            corners.retain(|_| (stays(at), at += 1).0);
            let sum: f64 = me.weights.iter().sum();
            me.weights.iter_mut().for_each(|w| *w /= sum);
        }
        let mut x = vec![0.0; d];
        for (corner, w) in corners.iter().zip(&me.weights) {
            x.iter_mut().zip(corner).for_each(|(x, v)| *x += w * v);
        }
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

/// Weights with sum 1, of any sign, with which the corners' mean is nearest to the origin.
fn flat(corners: &[Vec<f64>]) -> Result<Vec<f64>> {
    let (first, rest) = (&corners[0], &corners[1..]);
    if rest.is_empty() {
        return Ok(vec![1.0]);
    }
    if let Some(weights) = by_products(first, rest) {
        let others: f64 = weights.iter().sum();
        return Ok([1.0 - others].into_iter().chain(weights).collect());
    }
    let edges = Matrix::from_fn(first.len(), rest.len(), |i, j| rest[j][i] - first[i])?;
    let to_origin = Matrix::column(first.iter().map(|v| -v).collect())?;
    let weights = lstsq(&edges, &to_origin)?.into_data();
    let others: f64 = weights.iter().sum();
    Ok([1.0 - others].into_iter().chain(weights).collect())
}

/// The same by products of the edges, refined once, where those are far from dependent.
fn by_products(first: &[f64], rest: &[Vec<f64>]) -> Option<Vec<f64>> {
    let edges: Vec<Vec<f64>> = rest.iter().map(|p| p.iter().zip(first).map(|(a, b)| a - b).collect()).collect();
    let values = edges.iter().flat_map(|a| edges.iter().map(|b| dot(a, b))).collect();
    let factor = Factor::new(&Gram { size: edges.len(), values }).filter(|f| f.least_pivot() > 1e-8)?;
    let mut weights = vec![0.0; edges.len()];
    for _ in 0..2 {
        let mut point = first.to_vec();
        for (edge, w) in edges.iter().zip(&weights) {
            point.iter_mut().zip(edge).for_each(|(p, e)| *p += w * e);
        }
        let slopes: Vec<f64> = edges.iter().map(|edge| -dot(edge, &point)).collect();
        weights.iter_mut().zip(factor.solve(&slopes)).for_each(|(w, more)| *w += more);
    }
    Some(weights)
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
