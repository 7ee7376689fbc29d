//! The lowest point between two others on a line: Brent's parabolas and golden sections.
//!
//! Brent (1973), *Algorithms for Minimization without Derivatives*, chapter 5.

use super::search::Desk;

/// From `start` (a place and its value) to a minimum in `range`, to within `tolerance`, in at most `most` evaluations.
///
/// `at` gives the point for a place on the line.
pub(super) async fn brent(
    desk: &Desk,
    mut at: impl FnMut(f64) -> Vec<f64>,
    range: (f64, f64),
    start: (f64, f64),
    tolerance: f64,
    most: usize,
) -> (f64, f64) {
    const GOLDEN: f64 = 0.381_966_011_250_105;
    let (mut a, mut b) = range;
    // The best, the second best and the one before it.
    let (mut x, mut w, mut v) = (start, start, start);
    let (mut step, mut before) = (0.0_f64, 0.0_f64);
    for _ in 0..most {
        let middle = 0.5 * (a + b);
        let fine = f64::EPSILON.sqrt() * 1e-3 * x.0.abs() + tolerance;
        if (x.0 - middle).abs() <= 2.0 * fine - 0.5 * (b - a) {
            break;
        }
        let mut golden = true;
        if before.abs() > fine {
            let r = (x.0 - w.0) * (x.1 - v.1);
            let q = (x.0 - v.0) * (x.1 - w.1);
            let (mut p, mut q) = ((x.0 - v.0) * q - (x.0 - w.0) * r, 2.0 * (q - r));
            if q > 0.0 {
                p = -p;
            }
            q = q.abs();
            if p.abs() < (0.5 * q * before).abs() && p > q * (a - x.0) && p < q * (b - x.0) {
                (before, step) = (step, p / q);
                let u = x.0 + step;
                if u - a < 2.0 * fine || b - u < 2.0 * fine {
                    step = fine.copysign(middle - x.0);
                }
                golden = false;
            }
        }
        if golden {
            before = if x.0 >= middle { a - x.0 } else { b - x.0 };
            step = GOLDEN * before;
        }
        let place = x.0 + if step.abs() >= fine { step } else { fine.copysign(step) };
        let u = (place, desk.value(&at(place)).await);
        if u.1 <= x.1 {
            if u.0 >= x.0 {
                a = x.0
            } else {
                b = x.0
            }
            (v, w, x) = (w, x, u);
        } else {
            if u.0 < x.0 {
                a = u.0
            } else {
                b = u.0
            }
            if u.1 <= w.1 || w.0 == x.0 {
                (v, w) = (w, u);
            } else if u.1 <= v.1 || v.0 == x.0 || v.0 == w.0 {
                v = u;
            }
        }
    }
    x
}

/// Three places around a minimum on a line: the outer two, and the lowest with its value; `f` is the value at 0.
///
/// Steps grow by the golden ratio from 1, and stay inside `limits`, which hold 0.
pub(super) async fn bracket(
    desk: &Desk,
    at: impl Fn(f64) -> Vec<f64>,
    limits: (f64, f64),
    f: f64,
) -> ((f64, f64), (f64, f64)) {
    const GROW: f64 = 1.618_033_988_749_895;
    let (low, high) = limits;
    let inside = |t: f64| t.clamp(low, high);
    let mut behind = (0.0, f);
    // A first step to the side with more room if one side has nearly none.
    let t = if high >= 1.0 || high >= -low { inside(1.0) } else { inside(-1.0) };
    let mut here = (t, desk.value(&at(t)).await);
    if here.1 > behind.1 {
        // Down is the other way, or in between.
        let t = inside(-here.0);
        if t == 0.0 {
            return ((here.0.min(0.0), here.0.max(0.0)), behind);
        }
        let other = (t, desk.value(&at(t)).await);
        if other.1 >= behind.1 {
            return ((here.0.min(t), here.0.max(t)), behind);
        }
        here = other;
    }
    for _ in 0..200 {
        let t = inside(here.0 + GROW * (here.0 - behind.0));
        if t == here.0 || !t.is_finite() {
            return ((behind.0.min(here.0), behind.0.max(here.0)), here); // at the limit
        }
        let next = (t, desk.value(&at(t)).await);
        if next.1 >= here.1 {
            return ((behind.0.min(t), behind.0.max(t)), here);
        }
        (behind, here) = (here, next);
    }
    ((behind.0.min(here.0), behind.0.max(here.0)), here)
}
