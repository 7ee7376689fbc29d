//! Logistic regression: the logarithm of the odds of classes is linear in the features.
//!
//! Two classes: Newton's method, that is, iteratively reweighted least squares (McCullagh & Nelder 1989, § 4.4). On many
//! samples it begins with every eighth, and keeps a Hessian as long as the gradient shrinks well with it. More
//! classes, many features, sparse samples and the penalty "l1": see [`super::lbfgs`], on features that are
//! centred and scaled in thought.

use super::checks::{check_effort, usable};
use super::gram::{BLOCK, Factor, Gram, padded};
use super::lbfgs::minimise;
use super::planes::{Planes, dot, dots, largest};
use crate::error::ensure_setting;
use crate::learn::ClassWeight;
use crate::learn::cluster::{ensure_sound, exp, products, vectorised};
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result, stop};
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "logistic_regression";

/// More weights than this are not for Newton's method, whose Hessian has their square.
const MANY: usize = 256;

/// With at least so many samples, every eighth is fitted first.
const THIN_FROM: usize = 20_000;
const THIN: usize = 8;

/// Settings of [`LogisticRegression`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogisticRegressionSettings {
    /// How much the samples count against the penalty: small ones keep the weights small. Positive. Default 1.
    #[serde(rename = "C")]
    pub c: f64,
    /// What is kept small: "l2" (squares of the weights), "l1" (their sizes: many become 0) or "none". Default "l2".
    pub penalty: Penalty,
    /// How much the samples of each class count: "balanced" (samples / (classes · samples of the class)), a list
    /// with a positive number for each class, or { label = number }. Default: 1 for all.
    pub class_weight: Option<ClassWeight>,
    /// Learn a bias. Default true.
    pub fit_intercept: bool,
    /// The largest part of the gradient of the mean loss to reach, positive. Default 0.0001.
    pub tolerance: f64,
    /// Steps at most. Default 100.
    pub steps: u64,
}

impl Default for LogisticRegressionSettings {
    fn default() -> Self {
        Self { c: 1.0, penalty: Penalty::L2, class_weight: None, fit_intercept: true, tolerance: 1e-4, steps: 100 }
    }
}

/// What is kept small in a logistic regression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Penalty {
    /// Half the sum of the weights' squares.
    L2,
    /// The sum of the weights' sizes.
    L1,
    /// Nothing.
    None,
}

/// Logistic regression.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LogisticRegression {
    settings: LogisticRegressionSettings,
    learned: Option<Planes>,
}

impl LogisticRegression {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: LogisticRegressionSettings) -> Result<Self> {
        let s = &settings;
        ensure_setting(s.c >= 1e-20 && s.c <= 1e20, NAME, "C", "positive, from 1e-20 to 1e20", s.c)?;
        check_effort(NAME, s.tolerance, s.steps)?;
        ClassWeight::check(&s.class_weight, NAME)?;
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(NAME, bytes)?;
        Self::new(me.settings.clone())?;
        ensure_sound(me.learned.as_ref().is_none_or(|l| l.sound() && l.outputs() != 2), NAME)?;
        Ok(me)
    }
}

/// What is minimised: the mean loss and the penalty.
struct Problem<'a> {
    x: &'a Samples,
    codes: &'a [u32],
    class_weights: Vec<f64>,
    total: f64, // of the samples' weights
    l2: f64,
    l1: f64,
    intercept: bool,
}

/// How a search ended.
struct Found {
    planes: Planes,
    steps: u64,
    done: bool,
    gradient: f64, // its largest part
}

impl Problem<'_> {
    fn outputs(&self) -> usize {
        if self.class_weights.len() == 2 { 1 } else { self.class_weights.len() }
    }

    /// Means of the columns, or of some 1,000 of their numbers, which is enough to make Newton's equations well posed.
    fn rough_centre(&self) -> Vec<f64> {
        let (n, d) = (self.x.rows(), self.x.columns());
        let mut centre = vec![0.0; d];
        if self.intercept {
            let every = n.div_ceil(1024);
            let rows = n.div_ceil(every) as f64;
            (0..n).step_by(every).for_each(|i| self.x.add_to(i, 1.0 / rows, &mut centre));
        }
        centre
    }

    /// The first rows of a block as `x - centre`, 1 and zeros, and what the planes `w` make of them, times the class's
    /// sign.
    #[inline(always)]
    fn fill(&self, begin: usize, rows: &[f64], at: &Point<'_>, block: &mut [f64], margins: &mut [f64]) {
        let (d, p) = (self.x.columns(), at.w.len());
        for (to, row) in block.chunks_exact_mut(p).zip(rows.chunks_exact(d)) {
            let (features, rest) = to.split_at_mut(d);
            features.iter_mut().zip(row).zip(at.centre).for_each(|((to, v), m)| *to = v - m);
            rest[0] = if self.intercept { 1.0 } else { 0.0 };
        }
        dots(block, at.w, 0.0, margins);
        for (m, code) in margins.iter_mut().zip(&self.codes[begin..]) {
            *m = if *code == 1 { *m } else { -*m };
        }
    }

    /// The mean loss of two classes with its penalty, and its gradient.
    fn slope(&self, at: &Point<'_>) -> Result<(f64, Vec<f64>)> {
        let (d, p) = (self.x.columns(), at.w.len());
        let piece = 4096.max(self.x.rows().div_ceil(64)).next_multiple_of(BLOCK);
        let parts: Vec<(f64, Vec<f64>)> = self
            .x
            .values()
            .par_chunks(piece * d)
            .enumerate()
            .map(|(begin, rows)| {
                stop::check()?;
                let mut sum = vec![0.0; p];
                let mut loss = 0.0;
                let mut block = vec![0.0; BLOCK * p];
                vectorised(
                    #[inline(always)]
                    || {
                        let mut margins = [0.0; BLOCK];
                        for (b, rows) in rows.chunks(BLOCK * d).enumerate() {
                            let begin = begin * piece + b * BLOCK;
                            let n = rows.len() / d;
                            self.fill(begin, rows, at, &mut block[..n * p], &mut margins[..n]);
                            loss += self.pulls(&mut margins[..n], &self.codes[begin..begin + n]);
                            for (row, pull) in block.chunks_exact(p).zip(&margins[..n]) {
                                sum.iter_mut().zip(row).for_each(|(s, v)| *s += pull * v);
                            }
                        }
                    },
                );
                Ok((loss, sum))
            })
            .collect::<Result<_>>()?;
        let w = &at.w[..d];
        let mut loss = 0.0;
        let mut g = vec![0.0; d + 1];
        for (part, sum) in &parts {
            loss += part;
            g.iter_mut().zip(sum).for_each(|(g, s)| *g += s);
        }
        g.iter_mut().for_each(|g| *g /= self.total);
        g.iter_mut().zip(w).for_each(|(g, w)| *g += self.l2 * w);
        Ok((loss / self.total + 0.5 * self.l2 * dot(w, w), g))
    }

    /// The losses `ln(1 + e^-m)` of margins, summed; the margins become the losses' derivatives by what the plane says.
    #[inline(always)]
    fn pulls(&self, margins: &mut [f64], codes: &[u32]) -> f64 {
        let [s0, s1] = [self.class_weights[0], self.class_weights[1]];
        let mut loss = 0.0;
        if s0 == 1.0 && s1 == 1.0 {
            // One logarithm for the product of 8 lanes: each factor is at most 2, and there are at most 64.
            let mut lanes = [1.0; 8];
            let mut sums = [0.0; 8];
            let (chunks, rest) = margins.as_chunks::<8>();
            for m in chunks {
                for t in 0..8 {
                    lanes[t] *= 1.0 + exp(-m[t].abs());
                    sums[t] += if m[t] < 0.0 { -m[t] } else { 0.0 };
                }
            }
            loss += lanes.iter().product::<f64>().ln() + sums.iter().sum::<f64>();
            rest.iter().for_each(|m| loss += (-m.abs()).exp().ln_1p() + f64::max(-m, 0.0));
        } else {
            for (m, code) in margins.iter().zip(codes) {
                let s = if *code == 1 { s1 } else { s0 };
                loss += s * ((-m.abs()).exp().ln_1p() + f64::max(-m, 0.0));
            }
        }
        for (m, code) in margins.iter_mut().zip(codes) {
            let e = exp(-m.abs());
            let wrong = if *m > 0.0 { e } else { 1.0 } / (1.0 + e);
            *m = if *code == 1 { -s1 * wrong } else { s0 * wrong };
        }
        loss
    }

    /// The Hessian of the same.
    fn curvature(&self, at: &Point<'_>) -> Result<Gram> {
        let d = self.x.columns();
        let mut gram = Gram::of(self.x, d + 1, |begin, rows, block, counts| {
            vectorised(
                #[inline(always)]
                || {
                    self.fill(begin, rows, at, block, counts);
                    for (m, code) in counts.iter_mut().zip(&self.codes[begin..]) {
                        let e = exp(-m.abs());
                        *m = self.class_weights[*code as usize] * e / ((1.0 + e) * (1.0 + e));
                    }
                },
            );
        })?;
        gram.values.iter_mut().for_each(|v| *v /= self.total);
        let largest = (0..=d).map(|i| gram.at(i, i)).fold(1e-300, f64::max);
        for i in 0..d {
            gram.values[i * (d + 1) + i] += self.l2;
        }
        for i in 0..=d {
            // A column without any curvature has no gradient either, and stays as it is.
            let at = i * (d + 1) + i;
            gram.values[at] = gram.values[at].max(1e-14 * largest);
        }
        Ok(gram)
    }

    /// Newton's method for two classes and dense samples. `start` has the weights and, last, the bias.
    fn newton(
        &self,
        centre: &[f64],
        start: Option<&Found>,
        tolerance: f64,
        steps: u64,
        keep: Option<Factor>,
    ) -> Result<(Found, Option<Factor>)> {
        let d = self.x.columns();
        let mut w = vec![0.0; padded(d + 1)];
        if let Some(start) = start {
            w[..d].copy_from_slice(&start.planes.weights);
            w[d] = start.planes.bias[0] + dot(centre, &start.planes.weights);
        }
        let here = |w: &Vec<f64>| self.slope(&Point { w, centre });
        // What the gradient is for features that are not centred.
        let size = |g: &[f64]| {
            let outer = (0..d).map(|j| (g[j] + centre[j] * g[d]).abs()).fold(0.0, f64::max);
            if self.intercept { outer.max(g[d].abs()) } else { outer }
        };
        let (mut f, mut g) = here(&w)?;
        let mut factor = keep;
        let mut fresh = false;
        let mut step = 0;
        let mut halt = false;
        while size(&g) > tolerance && step < steps && !halt {
            if factor.is_none() {
                factor = Factor::forced(&self.curvature(&Point { w: &w, centre })?);
                fresh = true;
            }
            let Some(by) = &factor else { break };
            step += 1;
            let mut change = by.solve(&g);
            if !self.intercept {
                change[d] = 0.0;
            }
            let gain = dot(&change, &g);
            let mut t = 1.0;
            loop {
                let mut next = w.clone();
                next.iter_mut().zip(&change).for_each(|(w, c)| *w -= t * c);
                let (next_f, next_g) = here(&next)?;
                if next_f <= f - 1e-4 * t * gain + 1e-14 * f.abs() {
                    let shrunk = size(&next_g) <= 0.1 * size(&g);
                    halt = fresh && gain <= 1e-17 * (1.0 + f);
                    (w, f, g) = (next, next_f, next_g);
                    if !shrunk {
                        factor = None;
                    }
                    fresh = false;
                    break;
                }
                if !fresh {
                    factor = None;
                    break;
                }
                t *= 0.5;
                if t < 1e-12 {
                    halt = true;
                    break;
                }
            }
        }
        let weights = w[..d].to_vec();
        let bias = if self.intercept { w[d] - dot(centre, &weights) } else { 0.0 };
        let planes = Planes { columns: d, weights, bias: vec![bias] };
        let gradient = size(&g);
        Ok((Found { planes, steps: step, done: gradient <= tolerance, gradient }, factor))
    }

    /// Newton's method, on many samples with a running start.
    fn two_classes(&self, tolerance: f64, steps: u64) -> Result<Found> {
        let (n, centre) = (self.x.rows(), self.rough_centre());
        if n < THIN_FROM {
            return Ok(self.newton(&centre, None, tolerance, steps, None)?.0);
        }
        let places: Vec<usize> = (0..n).step_by(THIN).collect();
        let (x, codes) = (self.x.select(&places), places.iter().map(|&i| self.codes[i]).collect::<Vec<_>>());
        let total = codes.iter().map(|&c| self.class_weights[c as usize]).sum();
        let thin = Problem { x: &x, codes: &codes, class_weights: self.class_weights.clone(), total, ..*self };
        let (start, factor) = thin.newton(&centre, None, tolerance.max(1e-3), steps, None)?;
        let (found, _) = self.newton(&centre, Some(&start), tolerance, steps, factor)?;
        Ok(Found { steps: start.steps + found.steps, ..found })
    }

    /// The mean loss and its gradient for any number of outputs; `w` has of each output the weights, then the biases.
    fn value(&self, w: &[f64], g: &mut [f64]) -> Result<f64> {
        let (k, d, n) = (self.outputs(), self.x.columns(), self.x.rows());
        let piece = 256.max(n.div_ceil(64));
        let (weights, bias) = w.split_at(k * d);
        let parts: Vec<(f64, Vec<f64>)> = (0..n.div_ceil(piece))
            .into_par_iter()
            .map(|part| {
                let mut sum = vec![0.0; g.len()];
                let mut loss = 0.0;
                for begin in (part * piece..n.min((part + 1) * piece)).step_by(256) {
                    stop::check()?;
                    let rows = 256.min(n.min((part + 1) * piece) - begin);
                    let mut z = vec![0.0; rows * k];
                    if self.x.is_sparse() {
                        for (i, z) in z.chunks_exact_mut(k).enumerate() {
                            (0..k).for_each(|c| z[c] = self.x.dot(begin + i, &weights[c * d..(c + 1) * d]));
                        }
                    } else {
                        products(&self.x.values()[begin * d..(begin + rows) * d], weights, d, &mut z);
                    }
                    let codes = &self.codes[begin..begin + rows];
                    loss += vectorised(
                        #[inline(always)]
                        || self.errors(&mut z, bias, codes),
                    );
                    let (by_weight, by_bias) = sum.split_at_mut(k * d);
                    for z in z.chunks_exact(k) {
                        by_bias.iter_mut().zip(z).for_each(|(b, z)| *b += z);
                    }
                    if self.x.is_sparse() {
                        for (i, z) in z.chunks_exact(k).enumerate() {
                            (0..k).for_each(|c| self.x.add_to(begin + i, z[c], &mut by_weight[c * d..(c + 1) * d]));
                        }
                    } else {
                        let x = MatRef::from_row_major_slice(&self.x.values()[begin * d..(begin + rows) * d], rows, d);
                        let z = MatRef::from_row_major_slice(&z, rows, k);
                        let out = MatMut::from_row_major_slice_mut(by_weight, k, d);
                        matmul(out, Accum::Add, z.transpose(), x, 1.0, Par::Seq);
                    }
                }
                Ok((loss, sum))
            })
            .collect::<Result<_>>()?;
        g.fill(0.0);
        let mut loss = 0.0;
        for (part, sum) in &parts {
            loss += part;
            g.iter_mut().zip(sum).for_each(|(g, s)| *g += s);
        }
        g.iter_mut().for_each(|g| *g /= self.total);
        g.iter_mut().zip(weights).for_each(|(g, w)| *g += self.l2 * w);
        Ok(loss / self.total + 0.5 * self.l2 * dot(weights, weights))
    }

    /// From what the planes say to the losses' derivatives by it, in place; the losses summed.
    #[inline(always)]
    fn errors(&self, z: &mut [f64], bias: &[f64], codes: &[u32]) -> f64 {
        let mut loss = 0.0;
        if let [bias] = bias {
            for (z, code) in z.iter_mut().zip(codes) {
                let v = *z + bias;
                *z = if *code == 1 { v } else { -v };
            }
            return self.pulls_in_parts(z, codes);
        }
        for (z, &code) in z.chunks_exact_mut(bias.len()).zip(codes) {
            let (s, c) = (self.class_weights[code as usize], code as usize);
            z.iter_mut().zip(bias).for_each(|(z, b)| *z += b);
            let (most, right) = (z.iter().copied().fold(f64::NEG_INFINITY, f64::max), z[c]);
            let mut sum = 0.0;
            for z in z.iter_mut() {
                *z = exp(*z - most);
            }
            z.iter().for_each(|z| sum += z);
            loss += s * (most + sum.ln() - right);
            z.iter_mut().for_each(|z| *z *= s / sum);
            z[c] -= s;
        }
        loss
    }

    #[inline(always)]
    fn pulls_in_parts(&self, z: &mut [f64], codes: &[u32]) -> f64 {
        z.chunks_mut(BLOCK).zip(codes.chunks(BLOCK)).map(|(z, codes)| self.pulls(z, codes)).sum()
    }

    /// By limited memory, on features that are centred and scaled in thought: `u = s w`, `b' = b + w · mean`.
    fn by_gradients(&self, tolerance: f64, steps: u64) -> Result<Found> {
        let (k, d, n) = (self.outputs(), self.x.columns(), self.x.rows() as f64);
        let (mut means, mut squares) = (vec![0.0; d], vec![0.0; d]);
        for i in 0..self.x.rows() {
            self.x.add_to(i, 1.0 / n, &mut means);
        }
        if self.x.is_sparse() {
            let mut counts = vec![0.0; d];
            for i in 0..self.x.rows() {
                for (j, v) in self.x.entries(i) {
                    counts[j] += 1.0;
                    squares[j] += (v - means[j]) * (v - means[j]);
                }
            }
            (0..d).for_each(|j| squares[j] += (n - counts[j]) * means[j] * means[j]);
        } else {
            for row in self.x.iter() {
                squares.iter_mut().zip(row).zip(&means).for_each(|((s, v), m)| *s += (v - m) * (v - m));
            }
        }
        if !self.intercept {
            (0..d).for_each(|j| squares[j] += n * means[j] * means[j]);
            means.fill(0.0);
        }
        let share = 1.0 / (k.max(2) as f64);
        let scale = |s: &f64| {
            let scale = (share * (1.0 - share) * s / n + self.l2).sqrt();
            if scale > 1e-100 { scale } else { 1.0 }
        };
        let scales: Vec<f64> = squares.iter().map(scale).collect();
        let bias_scale = (share * (1.0 - share)).sqrt();
        let plain = |u: &[f64]| {
            let mut w = u.to_vec();
            for c in 0..k {
                w[c * d..(c + 1) * d].iter_mut().zip(&scales).for_each(|(w, s)| *w /= s);
                let shift = dot(&w[c * d..(c + 1) * d], &means);
                let b = &mut w[k * d + c];
                *b = if self.intercept { *b / bias_scale - shift } else { 0.0 };
            }
            w
        };
        // The gradient by `u` from that by `w`, and back.
        let mut by_w = vec![0.0; k * (d + 1)];
        let value = |u: &[f64], g: &mut [f64]| {
            let f = self.value(&plain(u), &mut by_w)?;
            for c in 0..k {
                let by_b = if self.intercept { by_w[k * d + c] } else { 0.0 };
                (0..d).for_each(|j| g[c * d + j] = (by_w[c * d + j] - means[j] * by_b) / scales[j]);
                g[k * d + c] = by_b / bias_scale;
            }
            Ok(f)
        };
        let size = |g: &[f64]| {
            let each = |at: usize| match at < k * d {
                true => (g[at] * scales[at % d] + means[at % d] * g[k * d + at / d] * bias_scale).abs(),
                false => (g[at] * bias_scale).abs(),
            };
            (0..g.len()).map(each).fold(0.0, f64::max)
        };
        let prices: Vec<f64> =
            (0..k * (d + 1)).map(|at| if at < k * d { self.l1 / scales[at % d] } else { 0.0 }).collect();
        let prices = (self.l1 > 0.0).then_some(&prices[..]);
        let found = minimise(vec![0.0; k * (d + 1)], prices, steps, value, |g| size(g) <= tolerance)?;
        let mut w = plain(&found.x);
        let bias = w.split_off(k * d);
        let planes = Planes { columns: d, weights: w, bias };
        Ok(Found { planes, steps: found.steps, done: found.done, gradient: size(&found.gradient) })
    }
}

/// Where the loss of two classes is looked at.
struct Point<'a> {
    w: &'a [f64], // weights, bias, zeros
    centre: &'a [f64],
}

impl Learner for LogisticRegression {
    fn name(&self) -> &'static str {
        NAME
    }

    fn takes_sparse(&self) -> bool {
        true
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x, None)?;
        let (codes, classes) = y.classes(NAME, x.rows(), 2)?;
        let s = &self.settings;
        let class_weights = ClassWeight::weights(&s.class_weight, NAME, codes, classes)?;
        let total: f64 = codes.iter().map(|&c| class_weights[c as usize]).sum();
        let of = |penalty| if s.penalty == penalty { 1.0 / (s.c * total) } else { 0.0 };
        let (l2, l1) = (of(Penalty::L2), of(Penalty::L1));
        let problem = Problem { x, codes, class_weights, total, l2, l1, intercept: s.fit_intercept };
        let found = if classes == 2 && l1 == 0.0 && !x.is_sparse() && x.columns() < MANY {
            problem.two_classes(s.tolerance, s.steps)?
        } else {
            problem.by_gradients(s.tolerance, s.steps)?
        };
        if !found.planes.finite() {
            return Err(Error::value(format!("{NAME}: the numbers left their range; scale the samples or lower `C`")));
        }
        let warning = (!found.done).then(|| {
            let (steps, g, wanted) = (found.steps, found.gradient, s.tolerance);
            format!("not converged after {steps} steps: the gradient is {g:.3e}, wanted {wanted:.3e}")
        });
        self.learned = Some(found.planes);
        Ok(Fit { steps: found.steps, warning })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(NAME, &self.learned)?;
        usable(NAME, x, Some(l.columns))?;
        l.predict(x)
    }

    fn predict_proba(&self, x: &Samples) -> Result<Samples> {
        let mut values = self.decision(x)?.into_values();
        let k = fitted(NAME, &self.learned)?.classes();
        if k == 2 {
            values = values.iter().flat_map(|v| both(*v)).collect();
        } else {
            values.chunks_exact_mut(k).for_each(softmax);
        }
        Samples::new(x.rows(), k, values)
    }

    fn decision(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        usable(NAME, x, Some(l.columns))?;
        Samples::new(x.rows(), l.outputs(), l.values(x)?)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        self.learned.as_ref().map_or(vec![], Planes::shown)
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(Planes::summary)
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

/// The probabilities of two classes from the logarithm of their odds.
pub fn both(odds: f64) -> [f64; 2] {
    let e = (-odds.abs()).exp();
    let (less, more) = (e / (1.0 + e), 1.0 / (1.0 + e));
    if odds > 0.0 { [less, more] } else { [more, less] }
}

/// Probabilities from logarithms, in place.
pub fn softmax(row: &mut [f64]) {
    let most = row[largest(row)];
    row.iter_mut().for_each(|v| *v = (*v - most).exp());
    let sum: f64 = row.iter().sum();
    row.iter_mut().for_each(|v| *v /= sum);
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Known, blobs, close, goal, known, make, shown, sparse};
    use super::*;
    use serde_json::json;

    // LogisticRegression(tol=1e-10, max_iter=10000, …) of scikit-learn 1.9.1, with the samples of `known`.
    #[test]
    fn known_answers_for_two_classes() {
        let Known { x, two, .. } = known();
        let fit = |x: &Samples, mut options: serde_json::Value| {
            options["tolerance"] = json!(1e-10);
            options["steps"] = json!(10_000);
            let mut me = make(NAME, options);
            assert_eq!(me.fit(x, goal(&two)).unwrap().warning, None);
            (shown(&*me, "weights"), shown(&*me, "bias")[0], me.predict_proba(&x.select(&[0, 1])).unwrap())
        };
        for x in [&x, &sparse(&x)] {
            let (w, b, p) = fit(x, json!({}));
            close(&w, &[-0.3501629004, -1.6009872275, 1.0191785933, 0.6813425189], 1e-7);
            close(&[b], &[-1.500385304], 1e-7);
            close(p.values(), &[0.9844010605, 0.0155989395, 0.0013664918, 0.9986335082], 1e-8);
            let (w, b, _) = fit(x, json!({ "C": 0.3, "class_weight": "balanced" }));
            close(&w, &[-0.2696522372, -1.131565789, 0.7397083539, 0.5155151725], 1e-6);
            close(&[b], &[-1.1246659839], 1e-6);
            let (w, b, _) = fit(x, json!({ "fit_intercept": false }));
            close(&w, &[-0.547934561, -1.5510482429, 0.7919558849, 0.4034682981], 1e-7);
            assert_eq!(b, 0.0);
            let (w, b, _) = fit(x, json!({ "penalty": "none" }));
            close(&w, &[-0.3084397415, -2.462571243, 1.5470650859, 0.9852312162], 1e-6);
            close(&[b], &[-2.1337941974], 1e-6);
            let (w, b, _) = fit(x, json!({ "penalty": "l1", "C": 0.5 }));
            close(&w, &[0.0, -1.4272762752, 0.8721554693, 0.6033134418], 1e-6);
            assert_eq!(w[0], 0.0);
            close(&[b], &[-1.2581441915], 1e-6);
        }
    }

    #[test]
    fn known_answers_for_three_classes() {
        let Known { x, three, .. } = known();
        for x in [&x, &sparse(&x)] {
            let mut me = make(NAME, json!({ "tolerance": 1e-10, "steps": 10_000 }));
            me.fit(x, goal(&three)).unwrap();
            let w = [
                [-0.4549952935, 1.3093746677, -1.0683324989, -0.9152801795],
                [0.1647024885, 0.0511523643, -0.1756534193, 0.2088520111],
                [0.290292805, -1.360527032, 1.2439859182, 0.7064281684],
            ];
            close(&shown(&*me, "weights"), &w.concat(), 1e-6);
            close(&shown(&*me, "bias"), &[1.094209928, 1.3104296943, -2.4046396223], 1e-6);
            let p = me.predict_proba(&x.select(&[0, 1])).unwrap();
            let wanted = [
                5.3103266548e-01,
                4.6855418538e-01,
                4.1314913770e-04,
                7.5394423575e-08,
                4.6962271493e-03,
                9.9530369746e-01,
            ];
            close(p.values(), &wanted, 1e-7);
        }
    }

    #[test]
    fn a_running_start_and_limited_memory_end_where_newton_ends() {
        let (x, codes) = blobs(25_000, 2, 5, 0.4, 2);
        let shifted = Samples::new(25_000, 5, x.values().iter().map(|v| 3.0 * v + 50.0).collect()).unwrap();
        let n = x.rows() as f64;
        for x in [&x, &shifted] {
            let class_weights = vec![1.0, 1.0];
            let problem = Problem { x, codes: &codes, class_weights, total: n, l2: 1.0 / n, l1: 0.0, intercept: true };
            let plain = problem.newton(&problem.rough_centre(), None, 1e-9, 100, None).unwrap().0;
            let running = problem.two_classes(1e-9, 100).unwrap();
            let memory = problem.by_gradients(1e-9, 1000).unwrap();
            for other in [&running, &memory] {
                assert!(other.done && plain.done, "{} {}", other.gradient, plain.gradient);
                close(&other.planes.weights, &plain.planes.weights, 1e-6);
                close(&other.planes.bias, &plain.planes.bias, 1e-5);
            }
        }
    }

    #[test]
    fn separable_classes_without_a_penalty_end() {
        let (x, codes) = blobs(100, 2, 3, 20.0, 1);
        for (penalty, x) in [("none", x.clone()), ("none", sparse(&x)), ("l1", x.clone())] {
            let mut me = make(NAME, json!({ "penalty": penalty, "C": 1e10, "tolerance": 1e-9 }));
            let fit = me.fit(&x, goal(&codes)).unwrap();
            assert!(fit.steps <= 100);
            assert!(me.predict_proba(&x).unwrap().values().iter().all(|p| p.is_finite()));
        }
    }
}
