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

/// Searches downhill from `start`, spending at most about `most` evaluations.
///
/// It gives up once it seems that it will not come below `beat`. `inverse` is a first guess at the inverse Hessian, up
/// to a factor.
pub(super) async fn quasi_newton(
    desk: &Desk,
    start: Found,
    inverse: Option<Vec<f64>>,
    (beat, agree): (f64, f64),
    most: u64,
) -> Found {
    let begun = desk.evals();
    let space = desk.space.clone();
    let n = space.dim();
    let Found { mut x, value: mut f } = start;
    let mut guess = inverse;
    let mut h = guess.clone().unwrap_or_else(|| unit(n));
    let mut fresh = true; // the length of the first step is not known
    let mut central = false;
    let mut g = gradient(desk, &x, f, central).await;
    let mut last = f64::INFINITY; // gain of the latest step
    let begin = f;
    let mut tries = 2.0; // values per line search, averaged
    while desk.evals() - begun < most {
        // Coordinates that stand at a bound and want to go further stay.
        let free: Vec<bool> =
            (0..n).map(|i| !(x[i] <= space.lower[i] && g[i] > 0.0 || x[i] >= space.upper[i] && g[i] < 0.0)).collect();
        let held: Vec<f64> = (0..n).map(|i| if free[i] { g[i] } else { 0.0 }).collect();
        if !held.iter().all(|g| g.is_finite()) || held.iter().all(|g| *g == 0.0) {
            break;
        }
        let mut p: Vec<f64> = (0..n).map(|i| if free[i] { -dot(&h[i * n..(i + 1) * n], &held) } else { 0.0 }).collect();
        let mut slope = dot(&p, &held);
        if slope >= 0.0 || !slope.is_finite() {
            (h, fresh) = (unit(n), true);
            p = held.iter().map(|g| -g).collect();
            slope = dot(&p, &held);
        }
        // The model promises slope / 2 more.
        if !fresh && f - 5.0 * last.max(-0.5 * slope) > beat {
            break;
        }
        if f - beat < agree * (begin - f) && f > beat {
            break;
        }
        if tries > 6.0 {
            break; // not smooth
        }
        let mut t = 1.0;
        if fresh {
            let width = (0..n).map(|i| space.width(i)).fold(f64::INFINITY, f64::min);
            t = 0.1 * width / dot(&p, &p).sqrt();
        }
        let before = desk.evals();
        let next = line(desk, &x, f, &p, slope, t).await;
        tries = 0.7 * tries + 0.3 * (desk.evals() - before) as f64;
        match next {
            Some(next) => {
                let gain = f - next.value;
                last = gain;
                let s: Vec<f64> = next.x.iter().zip(&x).map(|(a, b)| a - b).collect();
                let tiny = gain <= (4.0 * f64::EPSILON * (f.abs() + next.value.abs())).max(1e-12);
                (x, f) = (next.x, next.value);
                if tiny && central {
                    break;
                }
                central |= tiny;
                let new = gradient(desk, &x, f, central).await;
                let y: Vec<f64> = new.iter().zip(&g).map(|(a, b)| a - b).collect();
                g = new;
                let sy = dot(&s, &y);
                if sy > 1e-10 * dot(&s, &s).sqrt() * dot(&y, &y).sqrt() {
                    if fresh && guess.is_none() {
                        let factor = sy / dot(&y, &y); // equation 6.20
                        h.iter_mut().for_each(|h| *h *= factor);
                    }
                    update(&mut h, &s, &y, sy);
                    fresh = false;
                }
            }
            None if central && (fresh || guess.is_some()) => break,
            None if central => {
                (h, fresh) = (unit(n), true);
            }
            None => {
                central = true;
                g = gradient(desk, &x, f, central).await;
            }
        }
        if guess.take().is_some() {
            fresh = false;
        }
    }
    Found { x, value: f }
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
    for _ in 0..25 {
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
