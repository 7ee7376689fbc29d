//! Sums of one-coordinate functions: a test for them, and their global search one coordinate at a time.
//!
//! On a line the search is STEP, "select the easiest point" (Langerman, Seront & Bersini 1994): of all gaps between
//! known points it halves the one that would need the gentlest parabola to hide something better; Brent (1973) finishes.

use super::line::brent;
use super::search::Desk;
use crate::data::Rng;

/// Whether the function is, by all signs, a sum of functions of single coordinates.
///
/// For such a sum f(a) + f(b) stays when a and b swap some of their coordinates.
pub(super) async fn additive(desk: &Desk, rng: &mut Rng) -> bool {
    let n = desk.space.dim();
    if n == 1 {
        return true;
    }
    for _ in 0..if n == 2 { 2 } else { 4 } {
        let (a, b) = (desk.space.uniform(rng), desk.space.uniform(rng));
        let mut swap: Vec<bool> = (0..n).map(|i| i < n.div_ceil(2)).collect();
        rng.shuffle(&mut swap);
        let mix = |x: &[f64], y: &[f64]| (0..n).map(|i| if swap[i] { y[i] } else { x[i] }).collect::<Vec<f64>>();
        let (c, d) = (mix(&a, &b), mix(&b, &a));
        let v = desk.values(vec![a, b, c, d]).await;
        let size: f64 = v.iter().map(|v| v.abs()).sum();
        let differ = (v[0] + v[1] - v[2] - v[3]).abs() <= 1e-11 * size;
        if !differ {
            return false;
        }
    }
    true
}

/// One coordinate: known places and values, in order of place.
struct Coordinate {
    known: Vec<(f64, f64)>,
    polished: f64, // the place that Brent's method was last run from
}

impl Coordinate {
    fn best(&self) -> usize {
        (0..self.known.len()).min_by(|&a, &b| self.known[a].1.total_cmp(&self.known[b].1)).unwrap_or(0)
    }

    fn add(&mut self, place: f64, value: f64) {
        let at = self.known.partition_point(|(x, _)| *x < place);
        self.known.insert(at, (place, value));
    }

    /// The middle of the easiest gap.
    fn easiest(&self, width: f64) -> Option<f64> {
        let lowest = self.known[self.best()].1;
        let mut values: Vec<f64> = self.known.iter().map(|(_, v)| *v).collect();
        let middle = values.len() / 2;
        let median = *values.select_nth_unstable_by(middle, f64::total_cmp).1;
        let hope = (0.01 * (median - lowest)).max(1e-12 * lowest.abs()).max(f64::MIN_POSITIVE);
        let mut easiest = (f64::INFINITY, None);
        for pair in self.known.windows(2) {
            let ((x0, f0), (x1, f1)) = (pair[0], pair[1]);
            let h = x1 - x0;
            let hard = (((f0 - lowest + hope).sqrt() + (f1 - lowest + hope).sqrt()) / h).powi(2);
            if hard < easiest.0 && h > 1e-7 * width {
                easiest = (hard, Some(x0 + 0.5 * h));
            }
        }
        easiest.1
    }
}

/// Searches the coordinates of a separable function in turn, ever deeper, until `most` evaluations are spent.
pub(super) async fn coordinatewise(desk: &Desk, start: Vec<f64>, value: f64, most: u64) {
    let begun = desk.evals();
    let space = desk.space.clone();
    let n = space.dim();
    let (mut x, mut f) = (start, value);
    // Values are kept as differences to the start's, coordinate by coordinate.
    let mut coordinates: Vec<Coordinate> =
        (0..n).map(|i| Coordinate { known: vec![(x[i], 0.0)], polished: f64::NAN }).collect();
    let mut depth = 8;
    while desk.evals() - begun < most {
        let mut moved = false;
        for i in 0..n {
            let (lo, hi) = space.first[i];
            let width = hi - lo;
            let here = coordinates[i].known.iter().find(|(place, _)| *place == x[i]).map_or(0.0, |(_, v)| *v);
            let mut point = x.clone();
            // 1. Known places until there are `depth`.
            let mut lowest = (x[i], f);
            while coordinates[i].known.len() < depth && desk.evals() - begun < most {
                let known = &coordinates[i].known;
                let place = match (known.first().is_none_or(|k| k.0 > lo), known.last().is_none_or(|k| k.0 < hi)) {
                    (true, _) => lo,
                    (_, true) => hi,
                    _ => match coordinates[i].easiest(width) {
                        Some(place) => place,
                        None => break,
                    },
                };
                point[i] = place;
                let value = desk.value(&point).await;
                coordinates[i].add(place, here + value - f);
                moved = true;
                if value < lowest.1 {
                    lowest = (place, value);
                }
            }
            // 2. From the best of them to the bottom.
            let coordinate = &mut coordinates[i];
            let best = coordinate.best();
            let (place, value) = coordinate.known[best];
            if place != x[i] && place != lowest.0 {
                lowest = (place, f + value - here);
            }
            if coordinate.polished != place {
                let left = coordinate.known[best.saturating_sub(1)].0;
                let right = coordinate.known[(best + 1).min(coordinate.known.len() - 1)].0;
                let mut line = x.clone();
                let (place, value) = brent(
                    desk,
                    |t| {
                        line[i] = t;
                        line.clone()
                    },
                    (left, right),
                    lowest,
                    1e-11 * width,
                    60,
                )
                .await;
                moved = true;
                if place != lowest.0 {
                    coordinates[i].add(place, here + value - f);
                }
                coordinates[i].polished = place;
                lowest = (place, value);
            }
            if lowest.1 < f {
                (x[i], f) = lowest;
            }
        }
        if !moved && depth > 4000 {
            break;
        }
        depth += depth / 2;
    }
}
