//! Sequential minimal optimisation: two multipliers move at a time, until no pair can improve.
//!
//! Working sets by second-order information: Fan, Chen & Lin (2005), "Working Set Selection Using Second Order
//! Information for Training Support Vector Machines", algorithm 2. Shrinking after Joachims (1998) and Chang & Lin
//! (2011), LIBSVM, section 5.1.
//!
//! Here each sample has one signed multiplier β (yα of a classifier, α − α* of a regression), so that classes and
//! numbers are one problem:
//!
//! minimise ½ βᵀKβ − fᵀβ + ε Σ|β|,  with Σβ fixed and lo ≤ β ≤ hi.
//!
//! With r = f − Kβ, a multiplier may rise where `r + up` is large and fall where `r + low` is small; `up` and `low`
//! are ∓ε by the side of 0 that it moves on, or infinite at its bound. All is optimal once
//! max (r + up) ≤ min (r + low).

use super::kernel::{Gram, LANES, vectorised};
use super::real::Real;
use super::rows::Rows;
use crate::{Result, stop};
use rayon::prelude::*;

/// What to minimise, one number for each sample.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub f: Vec<f64>,
    pub lo: Vec<f64>, // at most 0
    pub hi: Vec<f64>, // at least 0
    pub epsilon: f64,
}

/// When to stop, and with how much memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub tolerance: f64,
    pub steps: u64,
    pub cache: f64, // megabytes
    pub shrinking: bool,
}

/// What was found.
#[derive(Clone, Debug)]
pub(super) struct Solution {
    pub beta: Vec<f64>,
    pub intercept: f64,
    /// max (r + up) − min (r + low), at least 0.
    pub residual: f64,
    /// fᵀβ − ε Σ|β| − ½ βᵀKβ: what the dual problem maximises.
    pub objective: f64,
    /// βᵀKβ = |w|².
    pub square: f64,
    pub steps: u64,
    pub converged: bool,
}

/// Up to so many samples all is computed in f64.
const FEW: usize = 1500;

/// Steps in f32 at most, for each sample; what is not optimal then goes on in f64.
const NARROW_STEPS: u64 = 100;

/// The curvature of pairs that have none: LIBSVM's τ.
const TAU: f64 = 1e-12;

/// Minimises from `beta`, which must be within the bounds; its sum stays.
pub(super) fn solve(gram: &Gram<'_>, problem: &Problem, beta: Vec<f64>, limits: Limits) -> Result<Solution> {
    // Each f32 kernel value is off by up to half of this, at random.
    let largest = gram.diagonal().into_iter().fold(0.0, |a: f64, b| a.max(b.abs()));
    let off = largest * f64::from(f32::EPSILON);
    if gram.len() <= FEW || !gram.fits_f32() || off > limits.tolerance {
        return Smo::<f64>::new(gram, problem, beta, limits)?.solve(0);
    }
    let narrow = Limits { steps: limits.steps.min(NARROW_STEPS * gram.len() as u64), ..limits };
    let found = Smo::<f32>::new(gram, problem, beta, narrow)?.solve(0)?;
    let norm = found.beta.iter().map(|b| b * b).sum::<f64>().sqrt();
    if found.converged && norm * off <= limits.tolerance / 4.0 || found.steps >= limits.steps {
        return Ok(found);
    }
    Smo::<f64>::new(gram, problem, found.beta, limits)?.solve(found.steps)
}

/// Samples in one piece of [`products`].
const PIECE: usize = 64;

/// Rows of the kernel that are computed at a time.
pub(super) const BATCH: usize = 4;

/// `Kβ` at `rows`.
pub(super) fn products<T: Real>(gram: &Gram<'_>, beta: &[f64], rows: &[u32]) -> Result<Vec<f64>> {
    let places: Vec<u32> = (0..beta.len() as u32).filter(|&j| beta[j as usize] != 0.0).collect();
    let mut weights: Vec<f64> = places.iter().map(|&j| beta[j as usize]).collect();
    weights.resize(places.len().div_ceil(LANES) * LANES, 0.0);
    let panels = gram.panels::<T>(&places);
    let mut out = vec![0.0; rows.len()];
    if places.is_empty() {
        return Ok(out);
    }
    out.par_chunks_mut(PIECE).zip(rows.par_chunks(PIECE)).try_for_each(|(out, rows)| {
        let whole = weights.len();
        let mut values = vec![T::default(); BATCH * whole];
        for (out, rows) in out.chunks_mut(BATCH).zip(rows.chunks(BATCH)) {
            stop::check()?;
            let values = &mut values[..rows.len() * whole];
            gram.fill(rows, &panels, &places, 0, values);
            for (out, values) in out.iter_mut().zip(values.chunks_exact(whole)) {
                *out = vectorised(
                    #[inline(always)]
                    || dot(values, &weights),
                );
            }
        }
        Ok(())
    })?;
    Ok(out)
}

/// `Σ aᵢ bᵢ` of whole panels.
#[inline(always)]
pub(super) fn dot<T: Real>(a: &[T], b: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    for (a, b) in a.as_chunks::<LANES>().0.iter().zip(b.as_chunks::<LANES>().0) {
        for l in 0..LANES {
            sums[l] += a[l].wide() * b[l];
        }
    }
    sums.iter().sum()
}

/// `Σ aᵢ bᵢ`.
#[inline(always)]
pub(super) fn dot_any(a: &[f64], b: &[f64]) -> f64 {
    let rest = a.as_chunks::<LANES>().1.iter().zip(b.as_chunks::<LANES>().1);
    dot(a, b) + rest.map(|(a, b)| a * b).sum::<f64>()
}

struct Smo<'a, T> {
    problem: &'a Problem,
    limits: Limits,
    gram: &'a Gram<'a>,
    rows: Rows<'a, T>,
    beta: Vec<f64>,  // of each sample
    r_all: Vec<f64>, // of each sample; out of date for the active ones and those left out
    // When `r` was last right for all, and what it was:
    beta_then: Vec<f64>,
    r_then: Vec<f64>,
    // Of each active sample, filled up to whole panels with ones that can never be chosen:
    r: Vec<f64>,
    up: Vec<f64>,
    low: Vec<f64>,
    diagonal: Vec<T>,
    diagonal_all: Vec<f64>,
    steps: u64,
}

impl<'a, T: Real> Smo<'a, T> {
    fn new(gram: &'a Gram<'a>, problem: &'a Problem, beta: Vec<f64>, limits: Limits) -> Result<Self> {
        let n = gram.len();
        let mut r_all = problem.f.clone();
        if beta.iter().any(|&b| b != 0.0) {
            let all: Vec<u32> = (0..n as u32).collect();
            let k_beta = products::<T>(gram, &beta, &all)?;
            r_all.iter_mut().zip(k_beta).for_each(|(r, k)| *r -= k);
        }
        let rows = Rows::new(gram, limits.cache);
        let diagonal_all = gram.diagonal();
        let mut me = Self {
            problem,
            limits,
            gram,
            rows,
            beta_then: beta.clone(),
            r_then: r_all.clone(),
            beta,
            r_all,
            r: Vec::new(),
            up: Vec::new(),
            low: Vec::new(),
            diagonal: Vec::new(),
            diagonal_all,
            steps: 0,
        };
        me.gather();
        Ok(me)
    }

    /// By how much `r` is changed for a rise and for a fall of sample `i`.
    fn sides(&self, i: usize) -> (f64, f64) {
        let (p, b) = (self.problem, self.beta[i]);
        let up = match b < p.hi[i] {
            true if b < 0.0 => p.epsilon,
            true => -p.epsilon,
            false => f64::NEG_INFINITY,
        };
        let low = match b > p.lo[i] {
            true if b > 0.0 => -p.epsilon,
            true => p.epsilon,
            false => f64::INFINITY,
        };
        (up, low)
    }

    /// The active samples' numbers from those of all.
    fn gather(&mut self) {
        let active = self.rows.active().to_vec();
        let whole = active.len().div_ceil(LANES) * LANES;
        let mut sides: Vec<(f64, f64)> = active.iter().map(|&i| self.sides(i as usize)).collect();
        sides.resize(whole, (f64::NEG_INFINITY, f64::INFINITY));
        (self.up, self.low) = sides.into_iter().unzip();
        self.r = active.iter().map(|&i| self.r_all[i as usize]).collect();
        self.r.resize(whole, 0.0);
        self.diagonal = active.iter().map(|&i| T::of(self.diagonal_all[i as usize])).collect();
        self.diagonal.resize(whole, T::ONE);
    }

    /// The active samples' `r` into that of all.
    fn scatter(&mut self) {
        for (&i, &r) in self.rows.active().iter().zip(&self.r) {
            self.r_all[i as usize] = r;
        }
    }

    fn solve(mut self, steps_before: u64) -> Result<Solution> {
        let n = self.gram.len();
        let every = n.clamp(1, 1000) as u64;
        let mut until_shrink = every;
        let mut exact_at = Some(0); // the step at which `r_all` was right for all
        let allowed = self.limits.steps.saturating_sub(steps_before);
        let (mut best_up, mut i) = vectorised(
            #[inline(always)]
            || rise(&self.r, &self.up),
        );
        let (converged, gap) = loop {
            stop::check()?;
            let mut gap = f64::NEG_INFINITY;
            if best_up > f64::NEG_INFINITY {
                let sample = self.rows.active()[i];
                self.rows.ready(sample);
                let own = self.diagonal[i];
                let row = self.rows.row(sample);
                let (most, j) = vectorised(
                    #[inline(always)]
                    || fall(&self.r, &self.low, row, &self.diagonal, best_up, own),
                );
                gap = most;
                let out_of_steps = self.steps >= allowed;
                if gap > self.limits.tolerance && !out_of_steps {
                    if self.limits.shrinking && until_shrink == 0 {
                        until_shrink = every;
                        if self.shrink(best_up, best_up - gap) {
                            (best_up, i) = vectorised(
                                #[inline(always)]
                                || rise(&self.r, &self.up),
                            );
                            continue;
                        }
                    }
                    (best_up, i) = self.step(i, j);
                    self.steps += 1;
                    until_shrink = until_shrink.saturating_sub(1);
                    continue;
                }
            }
            // All active ones are optimal, or the steps are spent: now those that were left out.
            let converged = gap <= self.limits.tolerance;
            if self.rows.active().len() == n || exact_at == Some(self.steps) {
                break (converged, gap);
            }
            self.restore(best_up, best_up - gap)?;
            exact_at = Some(self.steps);
            (best_up, i) = vectorised(
                #[inline(always)]
                || rise(&self.r, &self.up),
            );
        };
        self.scatter();
        Ok(self.solution(converged, gap, steps_before))
    }

    /// Moves the pair at `i` and `j` as far as it helps; then the next `i`.
    fn step(&mut self, i: usize, j: usize) -> (f64, usize) {
        let (si, sj) = (self.rows.active()[i], self.rows.active()[j]);
        self.rows.ready(sj);
        let (row_i, row_j) = (self.rows.row(si), self.rows.row(sj));
        let (ai, aj) = (si as usize, sj as usize);
        let p = self.problem;
        let b = (self.r[i] + self.up[i]) - (self.r[j] + self.low[j]);
        let a = self.diagonal_all[ai] + self.diagonal_all[aj] - 2.0 * row_i[j].wide();
        // Each moves at most to its bound, or to 0 where |β| bends.
        let to_i = if p.epsilon > 0.0 && self.beta[ai] < 0.0 { 0.0 } else { p.hi[ai] };
        let to_j = if p.epsilon > 0.0 && self.beta[aj] > 0.0 { 0.0 } else { p.lo[aj] };
        let (room_i, room_j) = (to_i - self.beta[ai], self.beta[aj] - to_j);
        let delta = (b / a.max(TAU)).min(room_i).min(room_j);
        self.beta[ai] = if delta >= room_i { to_i } else { self.beta[ai] + delta };
        self.beta[aj] = if delta >= room_j { to_j } else { self.beta[aj] - delta };
        (self.up[i], self.low[i]) = self.sides(ai);
        (self.up[j], self.low[j]) = self.sides(aj);
        let (r, up) = (&mut self.r, &self.up);
        vectorised(
            #[inline(always)]
            || move_and_rise(r, up, row_i, row_j, delta),
        )
    }

    /// Leaves out those that no pair would choose; false when they are too few to be worth it.
    fn shrink(&mut self, most: f64, least: f64) -> bool {
        let n = self.rows.active().len();
        let stays = |k: &u32| {
            let k = *k as usize;
            !(self.r[k] + self.up[k] < least && self.r[k] + self.low[k] > most)
        };
        let kept: Vec<u32> = (0..n as u32).filter(stays).collect();
        if kept.len() * 10 > n * 9 {
            return false;
        }
        self.scatter();
        self.rows.shrink(kept);
        self.gather();
        true
    }

    /// Computes `r` of those left out, from what has moved since they were last right, and takes back all that a pair might choose.
    fn restore(&mut self, most: f64, least: f64) -> Result<()> {
        self.scatter();
        let mut out = vec![true; self.gram.len()];
        self.rows.active().iter().for_each(|&i| out[i as usize] = false);
        let out: Vec<u32> = (0..self.gram.len() as u32).filter(|&i| out[i as usize]).collect();
        let moved: Vec<f64> = self.beta.iter().zip(&self.beta_then).map(|(b, then)| b - then).collect();
        let k_moved = products::<T>(self.gram, &moved, &out)?;
        let mut back = Vec::new();
        for (&i, k) in out.iter().zip(k_moved) {
            let i = i as usize;
            self.r_all[i] = self.r_then[i] - k;
            let (up, low) = self.sides(i);
            if !(self.r_all[i] + up < least && self.r_all[i] + low > most) {
                back.push(i as u32);
            }
        }
        self.beta_then.clone_from(&self.beta);
        self.r_then.clone_from(&self.r_all);
        self.rows.grow(&back);
        self.gather();
        Ok(())
    }

    fn solution(self, converged: bool, gap: f64, steps_before: u64) -> Solution {
        let p = self.problem;
        let (mut sum, mut free) = (0.0, 0usize);
        let (mut most, mut least) = (f64::NEG_INFINITY, f64::INFINITY);
        let (mut square, mut linear, mut size) = (0.0, 0.0, 0.0);
        for i in 0..self.beta.len() {
            let (r, b) = (self.r_all[i], self.beta[i]);
            let (up, low) = self.sides(i);
            if up == low {
                sum += r + up;
                free += 1;
            }
            most = most.max(r + up);
            least = least.min(r + low);
            square += b * (p.f[i] - r);
            linear += p.f[i] * b;
            size += b.abs();
        }
        // Free vectors lie on the margin; without any the intercept may be anything between the two sides.
        let intercept = match (free > 0, most.is_finite(), least.is_finite()) {
            (true, ..) => sum / free as f64,
            (false, true, true) => 0.5 * (most + least),
            (false, true, false) => most,
            (false, false, true) => least,
            (false, false, false) => 0.0,
        };
        Solution {
            beta: self.beta,
            intercept,
            residual: gap.max(0.0),
            objective: linear - p.epsilon * size - 0.5 * square,
            square: square.max(0.0),
            steps: steps_before + self.steps,
            converged,
        }
    }
}

/// In each lane the best so far, and the panel that it is from.
struct Best<T> {
    values: [T; LANES],
    panels: [u32; LANES],
}

impl<T: Real> Best<T> {
    #[inline(always)]
    fn new(least: T) -> Self {
        Self { values: [least; LANES], panels: [0; LANES] }
    }

    #[inline(always)]
    fn offer(&mut self, l: usize, value: T, panel: u32) {
        let better = value > self.values[l];
        self.values[l] = if better { value } else { self.values[l] };
        self.panels[l] = if better { panel } else { self.panels[l] };
    }

    /// The best of all, and the first place that has it.
    #[inline(always)]
    fn found(&self) -> (T, usize) {
        let place = |l: usize| self.panels[l] as usize * LANES + l;
        let mut best = 0;
        for l in 1..LANES {
            let (a, b) = (self.values[l], self.values[best]);
            if a > b || (a == b && place(l) < place(best)) {
                best = l;
            }
        }
        (self.values[best], place(best))
    }
}

/// The largest `r + up`, and where it is first.
#[inline(always)]
fn rise(r: &[f64], up: &[f64]) -> (f64, usize) {
    let mut best = Best::new(f64::NEG_INFINITY);
    for (p, (r, up)) in r.as_chunks::<LANES>().0.iter().zip(up.as_chunks::<LANES>().0).enumerate() {
        for l in 0..LANES {
            best.offer(l, r[l] + up[l], p as u32);
        }
    }
    best.found()
}

/// `r -= delta (row_i - row_j)`, then [`rise`].
#[inline(always)]
fn move_and_rise<T: Real>(r: &mut [f64], up: &[f64], row_i: &[T], row_j: &[T], delta: f64) -> (f64, usize) {
    let mut best = Best::new(f64::NEG_INFINITY);
    let sides = r.as_chunks_mut::<LANES>().0.iter_mut().zip(up.as_chunks::<LANES>().0);
    let rows = row_i.as_chunks::<LANES>().0.iter().zip(row_j.as_chunks::<LANES>().0);
    for (p, ((r, up), (row_i, row_j))) in sides.zip(rows).enumerate() {
        for l in 0..LANES {
            r[l] -= delta * (row_i[l] - row_j[l]).wide();
            best.offer(l, r[l] + up[l], p as u32);
        }
    }
    best.found()
}

/// The largest violation `best_up - (r + low)`, and the place `j` with the largest gain of the pair (i, j).
#[inline(always)]
fn fall<T: Real>(r: &[f64], low: &[f64], row: &[T], diagonal: &[T], best_up: f64, own: T) -> (f64, usize) {
    let tau = T::of(TAU);
    let mut best = Best::new(-T::ONE);
    let mut most = [f64::NEG_INFINITY; LANES];
    let sides = r.as_chunks::<LANES>().0.iter().zip(low.as_chunks::<LANES>().0);
    let rows = row.as_chunks::<LANES>().0.iter().zip(diagonal.as_chunks::<LANES>().0);
    for (p, ((r, low), (row, diagonal))) in sides.zip(rows).enumerate() {
        for l in 0..LANES {
            let b = best_up - (r[l] + low[l]);
            most[l] = if b > most[l] { b } else { most[l] };
            let b = T::of(b);
            let a = own + diagonal[l] - (row[l] + row[l]);
            let a = if a > tau { a } else { tau };
            let gain = b * b / a;
            best.offer(l, if b > T::default() { gain } else { -T::ONE }, p as u32);
        }
    }
    let most = most.into_iter().fold(f64::NEG_INFINITY, |a, b| if b > a { b } else { a });
    match best.found() {
        (gain, j) if gain > -T::ONE => (most, j),
        // Too small or too large for this precision: the pair that violates most.
        _ => (most, r.iter().zip(low).position(|(r, low)| best_up - (r + low) == most).unwrap_or(0)),
    }
}
