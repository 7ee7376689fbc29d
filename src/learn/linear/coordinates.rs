//! Least squares with prices on the weights' sizes and squares, one weight after the other.
//!
//! Friedman, Hastie & Tibshirani (2010), "Regularization paths for generalized linear models via coordinate descent",
//! with their covariance updates where there are more samples than features. It ends when the duality gap is small, which
//! proves how far the end is from the best (Kim et al. 2007, "An interior-point method for large-scale l1-regularized
//! least squares").

use super::gram::{Gram, centred};
use super::linear_regression::{centre, plane};
use super::planes::{Planes, dot};
use crate::learn::Samples;
use crate::learn::cluster::vectorised;
use crate::{Result, stop};

/// `½ |y - X w|² + l1 |w|₁ + ½ l2 |w|²`.
pub struct Prices {
    pub l1: f64, // positive
    pub l2: f64,
}

/// How a descent ended.
pub struct Found {
    pub planes: Planes,
    pub steps: u64,
    /// The duality gap, as a part of `|y|²`.
    pub gap: f64,
}

/// The weights of least cost, with a gap of at most `tolerance · |y|²` unless `steps` ways through them do not suffice.
pub fn descend(x: &Samples, y: &[f64], prices: &Prices, intercept: bool, tolerance: f64, steps: u64) -> Result<Found> {
    let (means, y_mean) = centre(x, y, intercept)?;
    let d = x.columns();
    let (w, steps, gap) = if d <= x.rows().max(64) && d <= 2048 {
        by_products(&centred(x, &means, y, y_mean)?, prices, tolerance, steps)?
    } else {
        let y: Vec<f64> = y.iter().map(|y| y - y_mean).collect();
        let mut columns = x.by_columns();
        for (column, m) in columns.chunks_exact_mut(x.rows()).zip(&means) {
            column.iter_mut().for_each(|v| *v -= m);
        }
        by_columns(&columns, &y, prices, tolerance, steps)?
    };
    Ok(Found { planes: plane(w, &means, y_mean), steps, gap })
}

fn soft(v: f64, by: f64) -> f64 {
    v.signum() * f64::max(v.abs() - by, 0.0)
}

/// The duality gap, from `Xᵀ(y - X w)`, `|y - X w|²` and `y · (y - X w)`.
fn gap(w: &[f64], slopes: &[f64], prices: &Prices, r2: f64, ry: f64) -> f64 {
    let Prices { l1, l2 } = *prices;
    let dual = slopes.iter().zip(w).map(|(s, w)| (s - l2 * w).abs()).fold(0.0, f64::max);
    let shrink = if dual > l1 { l1 / dual } else { 1.0 };
    let sizes: f64 = w.iter().map(|w| w.abs()).sum();
    0.5 * r2 * (1.0 + shrink * shrink) - shrink * ry + l1 * sizes + 0.5 * l2 * (1.0 + shrink * shrink) * dot(w, w)
}

/// With all products of columns, last those with `y`.
fn by_products(all: &Gram, prices: &Prices, tolerance: f64, steps: u64) -> Result<(Vec<f64>, u64, f64)> {
    let d = all.size - 1;
    let (by_y, y2) = (&all.row(d)[..d], all.at(d, d));
    let mut w = vec![0.0; d];
    let mut slopes = by_y.to_vec(); // Xᵀ (y - X w)
    let mut reached = f64::INFINITY;
    for step in 1..=steps {
        stop::check()?;
        let (mut largest, mut moved) = (0.0_f64, 0.0_f64);
        for j in 0..d {
            let own = all.at(j, j);
            if own <= 0.0 {
                continue;
            }
            let new = soft(slopes[j] + own * w[j], prices.l1) / (own + prices.l2);
            let change = new - w[j];
            if change != 0.0 {
                w[j] = new;
                let row = &all.row(j)[..d];
                vectorised(
                    #[inline(always)]
                    || slopes.iter_mut().zip(row).for_each(|(s, g)| *s -= change * g),
                );
            }
            largest = largest.max(new.abs());
            moved = moved.max(change.abs());
        }
        if moved <= tolerance * largest || step == steps {
            // Anew, without the rounding of the changes.
            for i in 0..d {
                slopes[i] = by_y[i] - dot(&all.row(i)[..d], &w);
            }
            let (along, rest) = (dot(&w, by_y), dot(&w, &slopes));
            // |y - X w|² = y · (y - X w) - w · Xᵀ (y - X w).
            let ry = y2 - along;
            let r2 = f64::max(ry - rest, 0.0);
            reached = f64::max(gap(&w, &slopes, prices, r2, ry), 0.0);
            if reached <= tolerance * y2 || moved <= 1e-15 * largest {
                return Ok((w, step, reached / y2.max(1e-300)));
            }
        }
    }
    Ok((w, steps, reached / y2.max(1e-300)))
}

/// Column by column, with what is left of `y`; after each way through all weights some through those that are not 0.
fn by_columns(columns: &[f64], y: &[f64], prices: &Prices, tolerance: f64, steps: u64) -> Result<(Vec<f64>, u64, f64)> {
    let n = y.len();
    let column = |j: usize| &columns[j * n..(j + 1) * n];
    let d = columns.len() / n;
    let own: Vec<f64> = (0..d).map(|j| dot(column(j), column(j))).collect();
    let y2 = dot(y, y);
    let mut w = vec![0.0; d];
    let mut left = y.to_vec();
    let mut reached = f64::INFINITY;
    let mut step = 0;
    let mut active: Vec<usize> = (0..d).collect();
    let mut all = true;
    while step < steps {
        stop::check()?;
        step += 1;
        let (mut largest, mut moved) = (0.0_f64, 0.0_f64);
        vectorised(
            #[inline(always)]
            || {
                for &j in &active {
                    if own[j] <= 0.0 {
                        continue;
                    }
                    let column = column(j);
                    let new = soft(dot(column, &left) + own[j] * w[j], prices.l1) / (own[j] + prices.l2);
                    let change = new - w[j];
                    if change != 0.0 {
                        w[j] = new;
                        left.iter_mut().zip(column).for_each(|(l, v)| *l -= change * v);
                    }
                    largest = largest.max(new.abs());
                    moved = moved.max(change.abs());
                }
            },
        );
        let settled = moved <= tolerance * largest || step == steps;
        if all && settled {
            let slopes: Vec<f64> = (0..d).map(|j| dot(column(j), &left)).collect();
            reached = f64::max(gap(&w, &slopes, prices, dot(&left, &left), dot(&left, y)), 0.0);
            if reached <= tolerance * y2 || moved <= 1e-15 * largest {
                break;
            }
        }
        // All of them whenever the active ones have settled.
        all = settled || step % 10 == 0;
        active = (0..d).filter(|&j| all || w[j] != 0.0).collect();
    }
    Ok((w, step, reached / y2.max(1e-300)))
}
