//! Minimising a smooth function, if wished with a price on absolute values, by limited memory.
//!
//! L-BFGS: Nocedal (1980), "Updating quasi-Newton matrices with limited storage"; step lengths by bisection on the weak
//! Wolfe conditions (Lewis & Overton 2013). With absolute values, OWL-QN: Andrew & Gao (2007), "Scalable training of
//! L1-regularized log-linear models".

use crate::{Result, stop};
use std::collections::VecDeque;

/// Pairs of steps and changes of the gradient that are remembered.
const MEMORY: usize = 12;

/// What a search ends with.
pub struct Minimum {
    pub x: Vec<f64>,
    pub steps: u64,
    /// Whether `done` was reached.
    pub done: bool,
    /// The gradient at the end (with absolute values, its part of least size).
    pub gradient: Vec<f64>,
}

/// Minimises `value(x) + Σ price_i |x_i|` from `x`; `value` also fills in the gradient. It ends when `done` finds the
/// gradient small, after `steps`, or when no step leads lower.
pub fn minimise(
    mut x: Vec<f64>,
    prices: Option<&[f64]>,
    steps: u64,
    mut value: impl FnMut(&[f64], &mut [f64]) -> Result<f64>,
    done: impl Fn(&[f64]) -> bool,
) -> Result<Minimum> {
    let n = x.len();
    let absolute = |x: &[f64]| prices.map_or(0.0, |p| p.iter().zip(x).map(|(p, x)| p * x.abs()).sum());
    let mut smooth = vec![0.0; n]; // the gradient of `value` alone
    let mut f = value(&x, &mut smooth)? + absolute(&x);
    let mut g = least(&x, &smooth, prices);
    let mut pairs: VecDeque<(Vec<f64>, Vec<f64>, f64)> = VecDeque::new();
    let mut step = 0;
    while !done(&g) {
        if step >= steps {
            return Ok(Minimum { x, steps: step, done: false, gradient: g });
        }
        stop::check()?;
        step += 1;
        let mut direction = two_loops(&g, &pairs);
        if prices.is_some() {
            // Only where it agrees with the steepest descent.
            direction.iter_mut().zip(&g).for_each(|(d, g)| *d = if *d * g < 0.0 { *d } else { 0.0 });
        }
        let mut slope = dot(&direction, &g);
        if !(slope < 0.0) {
            pairs.clear();
            direction = g.iter().map(|g| -g).collect();
            slope = -dot(&g, &g);
        }
        let first = if pairs.is_empty() { 1.0 / dot(&g, &g).sqrt().max(1.0) } else { 1.0 };
        let (mut low, mut high, mut t) = (0.0, f64::INFINITY, first);
        let mut next = vec![0.0; n];
        let mut next_smooth = vec![0.0; n];
        let mut found = None;
        for _ in 0..50 {
            for i in 0..n {
                let moved = x[i] + t * direction[i];
                // Within the orthant that `x`, or from 0 the descent, lies in.
                let side = if x[i] != 0.0 { x[i] } else { -g[i] };
                let leaves = prices.is_some_and(|p| p[i] > 0.0 && moved * side <= 0.0);
                next[i] = if leaves { 0.0 } else { moved };
            }
            let next_f = value(&next, &mut next_smooth)? + absolute(&next);
            let wanted = match prices {
                None => t * slope,
                Some(_) => (0..n).map(|i| g[i] * (next[i] - x[i])).sum(),
            };
            if !(next_f <= f + 1e-4 * wanted + 1e-15 * f.abs()) {
                high = t;
            } else {
                found = Some(next_f);
                if prices.is_some() || dot(&next_smooth, &direction) >= 0.9 * slope {
                    break;
                }
                low = t;
            }
            t = if high.is_finite() { 0.5 * (low + high) } else { 2.0 * t };
        }
        let Some(next_f) = found else {
            if pairs.is_empty() {
                return Ok(Minimum { x, steps: step, done: false, gradient: g });
            }
            pairs.clear();
            continue;
        };
        let s: Vec<f64> = next.iter().zip(&x).map(|(a, b)| a - b).collect();
        let y: Vec<f64> = next_smooth.iter().zip(&smooth).map(|(a, b)| a - b).collect();
        let sy = dot(&s, &y);
        if sy > 1e-12 * (dot(&s, &s) * dot(&y, &y)).sqrt() {
            pairs.push_back((s, y, 1.0 / sy));
            if pairs.len() > MEMORY {
                pairs.pop_front();
            }
        }
        (x, smooth, f) = (next, next_smooth, next_f);
        g = least(&x, &smooth, prices);
    }
    Ok(Minimum { x, steps: step, done: true, gradient: g })
}

/// Of all gradients that a kink allows, the one of least size.
fn least(x: &[f64], smooth: &[f64], prices: Option<&[f64]>) -> Vec<f64> {
    let Some(prices) = prices else { return smooth.to_vec() };
    let each = |((x, g), p): ((&f64, &f64), &f64)| match () {
        () if *x != 0.0 => g + p * x.signum(),
        () if *g > *p => g - p,
        () if *g < -p => g + p,
        () => 0.0,
    };
    x.iter().zip(smooth).zip(prices).map(each).collect()
}

/// The direction of descent from what is remembered.
fn two_loops(g: &[f64], pairs: &VecDeque<(Vec<f64>, Vec<f64>, f64)>) -> Vec<f64> {
    let mut q: Vec<f64> = g.iter().map(|g| -g).collect();
    let mut alphas = Vec::new();
    for (s, y, rho) in pairs.iter().rev() {
        let alpha = rho * dot(s, &q);
        q.iter_mut().zip(y).for_each(|(q, y)| *q -= alpha * y);
        alphas.push(alpha);
    }
    if let Some((_, y, rho)) = pairs.back() {
        let scale = 1.0 / (rho * dot(y, y));
        q.iter_mut().for_each(|q| *q *= scale);
    }
    for ((s, y, rho), alpha) in pairs.iter().zip(alphas.iter().rev()) {
        let beta = rho * dot(y, &q);
        q.iter_mut().zip(s).for_each(|(q, s)| *q += (alpha - beta) * s);
    }
    q
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    super::planes::dot(a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_valley_and_a_kink() {
        // Rosenbrock's valley has its minimum at (1, 1).
        let valley = |x: &[f64], g: &mut [f64]| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            g.copy_from_slice(&[-2.0 * a - 400.0 * x[0] * b, 200.0 * b]);
            Ok(a * a + 100.0 * b * b)
        };
        let small = |g: &[f64]| g.iter().all(|g| g.abs() < 1e-9);
        let found = minimise(vec![-1.2, 1.0], None, 1000, valley, small).unwrap();
        assert!(found.done && (found.x[0] - 1.0).abs() < 1e-8 && (found.x[1] - 1.0).abs() < 1e-8);
        // ½ (x - 3)² + |x| at 2; ½ (y - ½)² + |y| at 0.
        let bowl = |x: &[f64], g: &mut [f64]| {
            g.copy_from_slice(&[x[0] - 3.0, x[1] - 0.5]);
            Ok(0.5 * (g[0] * g[0] + g[1] * g[1]))
        };
        let found = minimise(vec![-1.0, 4.0], Some(&[1.0, 1.0]), 1000, bowl, small).unwrap();
        assert!(found.done && (found.x[0] - 2.0).abs() < 1e-8 && found.x[1] == 0.0);
    }
}
