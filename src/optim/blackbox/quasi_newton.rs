//! BFGS on finite differences, inside a box: what solves smooth landscapes in a few dozen evaluations.
//!
//! Nocedal & Wright (2006), *Numerical Optimization*, algorithms 6.1 (BFGS) and 16.5 (projection on the box), section
//! 8.1 (finite differences). The line search fits a parabola, for a gradient costs as much as `n` values. Part of
//! [`super::auto`], which starts it in many places; it gives up early where the landscape is not smooth.

use super::eigen::dot;
use super::search::Desk;

/// Where a local search came to, and its value.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub x: Vec<f64>,
    pub value: f64,
}

/// A local search that can be carried on.
#[derive(Clone, Debug)]
pub(super) struct QuasiNewton {
    /// Where it stands.
    pub at: Found,
    /// Whether it gave up because line searches took too long.
    pub rough: bool,
    over: bool,
    h: Vec<f64>,   // inverse Hessian
    fresh: bool,   // h is still the unit matrix, of unknown scale
    g: Vec<f64>,   // gradient, empty before the first run
    central: bool, // differences to both sides
    last: f64,     // gain of the latest step
    tries: f64,    // values per line search, averaged
}

impl QuasiNewton {
    /// A search from `at`.
    pub fn new(at: Found) -> Self {
        let h = unit(at.x.len());
        let (g, last, tries) = (vec![], f64::INFINITY, 2.0);
        Self { at, rough: false, over: false, h, fresh: true, g, central: false, last, tries }
    }

    /// The inverse Hessian that it has learned, row-major.
    pub fn inverse(&self) -> Option<&[f64]> {
        (!self.fresh).then_some(&self.h)
    }

    /// Goes downhill, spending at most about `most` evaluations. It is over, too, once it seems that it will not come
    /// below `beat`.
    pub async fn run(&mut self, desk: &Desk, beat: f64, most: u64) {
        let begun = desk.evals();
        let space = desk.space.clone();
        let n = space.dim();
        if self.g.is_empty() {
            self.g = gradient(desk, &self.at.x, self.at.value, self.central).await;
        }
        while !self.over && desk.evals() - begun < most {
            let (x, f, g) = (&self.at.x, self.at.value, &self.g);
            // Coordinates that stand at a bound and want to go further stay.
            let free: Vec<bool> = (0..n)
                .map(|i| !(x[i] <= space.lower[i] && g[i] > 0.0 || x[i] >= space.upper[i] && g[i] < 0.0))
                .collect();
            let held: Vec<f64> = (0..n).map(|i| if free[i] { g[i] } else { 0.0 }).collect();
            if !held.iter().all(|g| g.is_finite()) || held.iter().all(|g| *g == 0.0) {
                self.over = true;
                break;
            }
            let mut p: Vec<f64> =
                (0..n).map(|i| if free[i] { -dot(&self.h[i * n..(i + 1) * n], &held) } else { 0.0 }).collect();
            let mut slope = dot(&p, &held);
            if slope >= 0.0 || !slope.is_finite() {
                (self.h, self.fresh) = (unit(n), true);
                p = held.iter().map(|g| -g).collect();
                slope = dot(&p, &held);
            }
            // The model promises slope / 2 more.
            if !self.fresh && f - 5.0 * self.last.max(-0.5 * slope) > beat {
                self.over = true;
                break;
            }
            if self.tries > 6.0 {
                (self.over, self.rough) = (true, true);
                break;
            }
            let mut t = 1.0;
            if self.fresh {
                let width = (0..n).map(|i| space.width(i)).fold(f64::INFINITY, f64::min);
                t = 0.1 * width / dot(&p, &p).sqrt();
            }
            let before = desk.evals();
            let next = line(desk, x, f, &p, slope, t).await;
            self.tries = 0.7 * self.tries + 0.3 * (desk.evals() - before) as f64;
            if let Some(next) = next {
                let gain = f - next.value;
                self.last = gain;
                let s: Vec<f64> = next.x.iter().zip(x).map(|(a, b)| a - b).collect();
                let tiny = gain <= (4.0 * f64::EPSILON * (f.abs() + next.value.abs())).max(1e-12);
                self.at = next;
                if tiny && self.central {
                    self.over = true;
                    break;
                }
                self.central |= tiny;
                let new = gradient(desk, &self.at.x, self.at.value, self.central).await;
                let y: Vec<f64> = new.iter().zip(&self.g).map(|(a, b)| a - b).collect();
                self.g = new;
                let sy = dot(&s, &y);
                if sy > 1e-10 * dot(&s, &s).sqrt() * dot(&y, &y).sqrt() {
                    if self.fresh {
                        let factor = sy / dot(&y, &y); // equation 6.20
                        self.h.iter_mut().for_each(|h| *h *= factor);
                    }
                    update(&mut self.h, &s, &y, sy);
                    self.fresh = false;
                }
            } else if self.central && self.fresh {
                self.over = true;
            } else if self.central {
                (self.h, self.fresh) = (unit(n), true);
            } else {
                self.central = true;
                self.g = gradient(desk, &self.at.x, self.at.value, true).await;
            }
        }
    }
}

fn unit(n: usize) -> Vec<f64> {
    (0..n * n).map(|k| if k % (n + 1) == 0 { 1.0 } else { 0.0 }).collect()
}

/// Equation 6.17: H <- (I - s y'/sy) H (I - y s'/sy) + s s'/sy.
fn update(h: &mut [f64], s: &[f64], y: &[f64], sy: f64) {
    let n = s.len();
    let hy: Vec<f64> = (0..n).map(|i| dot(&h[i * n..(i + 1) * n], y)).collect();
    let factor = (1.0 + dot(y, &hy) / sy) / sy;
    for i in 0..n {
        for j in 0..n {
            h[i * n + j] += factor * s[i] * s[j] - (hy[i] * s[j] + s[i] * hy[j]) / sy;
        }
    }
}

/// Differences towards the inside of the box, one or two per coordinate.
async fn gradient(desk: &Desk, x: &[f64], f: f64, central: bool) -> Vec<f64> {
    let space = &desk.space;
    let n = x.len();
    let small = if central { f64::EPSILON.cbrt() } else { f64::EPSILON.sqrt() };
    let mut points = Vec::with_capacity(2 * n);
    let mut steps = Vec::with_capacity(n);
    for i in 0..n {
        let h = small * x[i].abs().max(0.1 * space.width(i).min(1e3));
        let (up, down) = ((x[i] + h).min(space.upper[i]), (x[i] - h).max(space.lower[i]));
        let mut ends = if up - x[i] >= x[i] - down { [up, x[i]] } else { [x[i], down] };
        if central {
            ends = [up, down];
        }
        for end in ends {
            if end != x[i] {
                let mut point = x.to_vec();
                point[i] = end;
                points.push(point);
            }
        }
        steps.push(ends);
    }
    let values = desk.values(points).await;
    let mut told = values.into_iter();
    let mut at = |end: f64, i: usize| if end == x[i] { f } else { told.next().unwrap_or(f64::NAN) };
    (0..n)
        .map(|i| {
            let [up, down] = steps[i];
            let (high, low) = (at(up, i), at(down, i));
            if up > down { (high - low) / (up - down) } else { 0.0 }
        })
        .collect()
}

/// A point on the ray from `x` along `p` that is clearly lower, if there is one.
async fn line(desk: &Desk, x: &[f64], f: f64, p: &[f64], slope: f64, first: f64) -> Option<Found> {
    let at = |t: f64| {
        let mut point: Vec<f64> = x.iter().zip(p).map(|(x, p)| x + t * p).collect();
        desk.space.clip(&mut point);
        point
    };
    let enough = |t: f64, value: f64| value < f && value <= f + 1e-4 * t * slope;
    // Where the parabola through f, the slope and the value at t has its bottom.
    let bottom = |t: f64, value: f64| {
        let a = (value - f - slope * t) / (t * t);
        if a > 0.0 { -slope / (2.0 * a) } else { f64::INFINITY }
    };
    let mut t = first;
    let mut best: Option<(f64, Found)> = None;
    for _ in 0..12 {
        let point = at(t);
        if point == x {
            return None;
        }
        let value = desk.value(&point).await;
        if enough(t, value) || (value < f && best.is_none() && t < 1e-3 * first) {
            best = Some((t, Found { x: point, value }));
            break;
        }
        let shorter = if value.is_finite() { bottom(t, value) } else { 0.1 * t };
        t = shorter.clamp(0.1 * t, 0.5 * t);
    }
    let (mut t, mut found) = best?;
    for _ in 0..12 {
        let wanted = bottom(t, found.value).min(8.0 * t);
        if (0.7..1.4).contains(&(wanted / t)) {
            break;
        }
        let point = at(wanted);
        if point == found.x {
            break;
        }
        let value = desk.value(&point).await;
        if value >= found.value {
            break;
        }
        let curved = wanted < 7.9 * t;
        (t, found) = (wanted, Found { x: point, value });
        if curved {
            break;
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::blackbox::search::{Reason, Search};
    use crate::optim::blackbox::space::Space;

    /// Points asked for on the way down a stretched bowl, `most` evaluations at a time.
    fn path(most: u64) -> Vec<Vec<f64>> {
        let space = Space::new("test", Some(&[3.0, -2.0, 1.0]), [None, None], None, 2.0, (400, None, Some(1))).unwrap();
        let mut search = Search::new("test", space, async move |desk| {
            let x = desk.space.x0.clone();
            let value = desk.value(&x).await;
            let mut search = QuasiNewton::new(Found { x, value });
            while !search.over {
                search.run(&desk, f64::INFINITY, most).await;
            }
            Ok(Reason::Converged)
        })
        .unwrap();
        let mut asked = vec![];
        while search.done().is_none() {
            let points = search.ask().to_vec();
            let values: Vec<f64> =
                points.iter().map(|x| x[0].powi(2) + 100.0 * (x[1] - x[0]).powi(2) + 1e4 * x[2].powi(2)).collect();
            search.tell(&values).unwrap();
            asked.extend(points);
        }
        let (x, value) = search.best().unwrap();
        assert!(value < 1e-12, "{x:?} {value}");
        asked
    }

    #[test]
    fn a_search_in_pieces_is_the_same_search() {
        let whole = path(u64::MAX);
        assert!(whole.len() < 200, "{}", whole.len());
        assert_eq!(whole, path(7));
    }
}
