//! A step length that satisfies the strong Wolfe conditions.
//!
//! Nocedal & Wright (2006), *Numerical Optimization*, algorithms 3.5 (bracketing) and 3.6 (zoom), with the cubic
//! interpolation of equation 3.59. The constants are those of Schmidt's minFunc and of PyTorch's L-BFGS: the bracket
//! grows by a hundredth to ten times of its last growth, and a trial keeps a tenth of the bracket's width from its ends
//! once progress was poor.

use super::minimizer::{Desk, Ending, along, dot, finite};

/// What the search needs to know.
pub(super) struct Wolfe {
    /// Sufficient decrease: the share of the slope's promise that f has to keep.
    pub c1: f64,
    /// Curvature: the share of the slope that may be left.
    pub c2: f64,
    /// Trials at most.
    pub most: u32,
    /// The bracket is not cut further when no coordinate would move by this.
    pub narrow: f64,
}

/// Where a trial came to.
#[derive(Clone)]
pub(super) struct Trial {
    pub t: f64,
    pub f: f64,
    pub g: Vec<f64>,
    slope: f64,
}

/// Searches from `x` along `d`, where f is `f` with the gradient `g`, beginning with the step `t`.
///
/// The best trial is returned even if it does not satisfy the conditions; its `t` is 0 when nothing lower was found.
pub(super) async fn wolfe(
    desk: &Desk,
    x: &[f64],
    d: &[f64],
    start: (f64, &[f64]),
    t: f64,
    settings: &Wolfe,
) -> Result<Trial, Ending> {
    let Wolfe { c1, c2, most, narrow } = *settings;
    let longest = d.iter().fold(0.0_f64, |m, d| m.max(d.abs()));
    let begin = Trial { t: 0.0, f: start.0, g: start.1.to_vec(), slope: dot(start.1, d) };
    let (f0, slope0) = (begin.f, begin.slope);
    let trial = async |t: f64| {
        let (f, g) = desk.gradient(&along(x, t, d)).await?;
        Ok(Trial { t, f, slope: dot(&g, d), g })
    };

    // Algorithm 3.5: lengthen the step until a good one lies between two known ones.
    let (mut before, mut now) = (begin, trial(t).await?);
    let mut tries = 0;
    let (mut low, mut high);
    loop {
        if tries >= most {
            return Ok(if finite(now.f, &now.g) && now.f < before.f { now } else { before });
        }
        if !finite(now.f, &now.g) {
            // Too far: come back half the way.
            now = trial(0.5 * (before.t + now.t)).await?;
            tries += 1;
            continue;
        }
        if now.f > f0 + c1 * now.t * slope0 || (tries > 1 && now.f >= before.f) {
            (low, high) = (before, now);
            break;
        }
        if now.slope.abs() <= -c2 * slope0 {
            return Ok(now);
        }
        if now.slope >= 0.0 {
            (low, high) = (before, now);
            break;
        }
        let bounds = (now.t + 0.01 * (now.t - before.t), 10.0 * now.t);
        let t = cubic(&before, &now, bounds);
        before = std::mem::replace(&mut now, trial(t).await?);
        tries += 1;
    }
    if high.f < low.f {
        std::mem::swap(&mut low, &mut high);
    }

    // Algorithm 3.6: cut the bracket. `low` is the lower end and satisfies sufficient decrease.
    let mut poor = false;
    while tries < most && (high.t - low.t).abs() * longest >= narrow {
        let (left, right) = if low.t <= high.t { (low.t, high.t) } else { (high.t, low.t) };
        let (first, second) = if low.t <= high.t { (&low, &high) } else { (&high, &low) };
        let mut t = cubic(first, second, (left, right));
        let margin = 0.1 * (right - left);
        if (right - t).min(t - left) < margin {
            if poor || t >= right || t <= left {
                t = if (t - right).abs() < (t - left).abs() { right - margin } else { left + margin };
                poor = false;
            } else {
                poor = true;
            }
        } else {
            poor = false;
        }
        let now = trial(t).await?;
        tries += 1;
        if !finite(now.f, &now.g) || now.f > f0 + c1 * now.t * slope0 || now.f >= low.f {
            high = if finite(now.f, &now.g) { now } else { Trial { f: f64::INFINITY, slope: f64::NAN, ..now } };
            if high.f < low.f {
                std::mem::swap(&mut low, &mut high); // lower, though not by enough: as minFunc has it
            }
        } else {
            let done = now.slope.abs() <= -c2 * slope0;
            if !done && now.slope * (high.t - low.t) >= 0.0 {
                high = low;
            }
            low = now;
            if done {
                break;
            }
        }
    }
    Ok(low)
}

/// The minimum of the cubic through both ends' values and slopes, kept within `bounds` (equation 3.59).
fn cubic(a: &Trial, b: &Trial, bounds: (f64, f64)) -> f64 {
    let middle = 0.5 * (bounds.0 + bounds.1);
    let d1 = a.slope + b.slope - 3.0 * (a.f - b.f) / (a.t - b.t);
    let square = d1 * d1 - a.slope * b.slope;
    if square.is_nan() || square < 0.0 {
        return middle;
    }
    let d2 = square.sqrt();
    let t = if a.t <= b.t {
        b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2.0 * d2))
    } else {
        a.t - (a.t - b.t) * ((a.slope + d2 - d1) / (a.slope - b.slope + 2.0 * d2))
    };
    if t.is_nan() { middle } else { t.max(bounds.0).min(bounds.1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cubic_is_minimised_exactly() {
        // t³ - 3t: slope 3t² - 3, minimum at 1
        let at = |t: f64| Trial { t, f: t.powi(3) - 3.0 * t, g: vec![], slope: 3.0 * t * t - 3.0 };
        for (a, b) in [(0.0, 3.0), (3.0, 0.0), (0.5, 1.5)] {
            assert!((cubic(&at(a), &at(b), (0.0, 3.0)) - 1.0).abs() < 1e-12, "{a} {b}");
        }
        assert_eq!(cubic(&at(0.0), &at(3.0), (2.0, 3.0)), 2.0);
    }
}
