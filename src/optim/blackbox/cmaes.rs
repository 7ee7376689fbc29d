//! CMA-ES: a normal distribution that learns the shape of the landscape.
//!
//! Hansen (2016), *The CMA Evolution Strategy: A Tutorial*, arXiv:1604.00772, with its active (negative) weights and
//! its stopping rules. Restarts: IPOP (Auger & Hansen 2005) doubles the population, BIPOP (Hansen 2009) alternates that
//! with small populations. For high dimension, the separable variant keeps a diagonal only (Ros & Hansen 2008).
//! Bounds are mirrors: the distribution lives in the endless space, its samples are folded back.

use super::eigen::{dot, eigh};
use super::search::{Desk, Reason, Search};
use super::space::{Space, search_settings};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::{Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What CMA-ES does when a run has converged and budget is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Restarts {
    /// Ends.
    None,
    /// Begins anew with twice the population.
    Ipop,
    /// Alternates growing populations with small ones.
    #[default]
    Bipop,
}

search_settings! {
    /// Settings of [`cmaes`].
    CmaesSettings for "cmaes" {
        /// First standard deviation of the samples, positive. Default: 0.2 of the width of the bounds, or of twice `reach`.
        sigma: Option<f64> = None,
        /// Samples per generation, at least 4. Default 4 + 3 ln(dim).
        population: Option<usize> = None,
        /// "none", "ipop" (twice the population each time) or "bipop" (large and small in turn). Default "bipop".
        restarts: Restarts = Restarts::Bipop,
        /// Learn from the worst samples too. Default true.
        active: bool = true,
        /// Keep only a diagonal: for hundreds of coordinates. Default: from 200 coordinates on.
        separable: Option<bool> = None,
        /// A run ends when its values differ by less, at least 0. Default 1e-12.
        f_tol: f64 = 1e-12,
        /// A run ends when its steps are below this share of `sigma`, at least 0. Default 1e-12.
        x_tol: f64 = 1e-12,
    }
}

/// CMA-ES.
///
/// # Errors
/// When a setting is out of its range.
pub fn cmaes(settings: CmaesSettings) -> Result<Search> {
    let CmaesSettings { sigma, population, restarts, active, separable, f_tol, x_tol, .. } = settings;
    let space = settings.space()?;
    let n = space.dim();
    let finite = 0.0..f64::INFINITY;
    if let Some(sigma) = sigma {
        ensure_setting(sigma > 0.0 && sigma.is_finite(), "cmaes", "sigma", "positive and finite", sigma)?;
    }
    let lambda = population.unwrap_or_else(|| default_population(n));
    ensure_setting(lambda >= 4, "cmaes", "population", "at least 4", lambda)?;
    ensure_setting(finite.contains(&f_tol), "cmaes", "f_tol", "finite and at least 0", f_tol)?;
    ensure_setting(finite.contains(&x_tol), "cmaes", "x_tol", "finite and at least 0", x_tol)?;
    let scale: Vec<f64> = (0..n).map(|i| sigma.unwrap_or(0.2 * space.width(i))).collect();
    let separable = separable.unwrap_or(n >= 200);
    let plan = Plan { scale, active, separable, f_tol, x_tol };
    Search::new("cmaes", space, async move |desk| story(desk, plan, lambda, restarts).await)
}

/// 4 + 3 ln n: the population of a first run.
pub(super) fn default_population(n: usize) -> usize {
    4 + (3.0 * (n as f64).ln()) as usize
}

/// What all runs of one search share.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// First standard deviation in each coordinate.
    pub scale: Vec<f64>,
    pub active: bool,
    pub separable: bool,
    pub f_tol: f64,
    pub x_tol: f64,
}

async fn story(desk: Desk, plan: Plan, lambda: usize, restarts: Restarts) -> Result<Reason> {
    let mut rng = Rng::new(desk.space.seed);
    let mut es = Cma::new(&desk.space, &plan, desk.space.x0.clone(), 1.0, lambda);
    run(&desk, &mut es, &mut rng, u64::MAX).await?;
    match restarts {
        Restarts::None => return Ok(Reason::Converged),
        Restarts::Ipop => {
            let mut lambda = lambda;
            while lambda < 1 << 24 {
                lambda *= 2;
                desk.restarted();
                let start = desk.space.uniform(&mut rng);
                let mut es = Cma::new(&desk.space, &plan, start, 1.0, lambda);
                run(&desk, &mut es, &mut rng, u64::MAX).await?;
            }
        }
        Restarts::Bipop => {
            let mut bipop = Bipop::new(lambda, desk.evals());
            loop {
                desk.restarted();
                let before = desk.evals();
                let (lambda, sigma, most) = bipop.next(&mut rng);
                let start = desk.space.uniform(&mut rng);
                let mut es = Cma::new(&desk.space, &plan, start, sigma, lambda);
                run(&desk, &mut es, &mut rng, most).await?;
                bipop.spent(desk.evals() - before);
            }
        }
    }
    Ok(Reason::Converged)
}

/// The two regimes of BIPOP-CMA-ES (Hansen 2009): whichever has spent less goes next.
#[derive(Debug)]
struct Bipop {
    first: usize,    // the first population
    large: usize,    // the latest large one
    spent: [u64; 2], // evaluations of the large and of the small regime
    last_large: u64, // evaluations of the latest large run
    small_turn: bool,
}

impl Bipop {
    /// Begins after a first run with `lambda` samples that took `evals`.
    pub fn new(lambda: usize, evals: u64) -> Self {
        Self { first: lambda, large: lambda, spent: [0, 0], last_large: evals, small_turn: false }
    }

    /// Population, share of the first sigma and most evaluations of the next run.
    pub fn next(&mut self, rng: &mut Rng) -> (usize, f64, u64) {
        self.small_turn = self.spent[1] < self.spent[0];
        if self.small_turn {
            let (u, v) = (rng.uniform(), rng.uniform());
            let ratio = 0.5 * self.large as f64 / self.first as f64;
            let lambda = (self.first as f64 * ratio.powf(u * u)) as usize;
            (lambda.max(4), 10f64.powf(-2.0 * v), (self.last_large / 2).max(1))
        } else {
            self.large = (self.large * 2).min(1 << 24);
            (self.large, 1.0, u64::MAX)
        }
    }

    /// Notes what that run took.
    pub fn spent(&mut self, evals: u64) {
        self.spent[usize::from(self.small_turn)] += evals.max(1);
        if !self.small_turn {
            self.last_large = evals;
        }
    }
}

/// Runs `es` until it stops by itself or has spent `most` evaluations.
async fn run(desk: &Desk, es: &mut Cma, rng: &mut Rng, most: u64) -> Result<()> {
    let begun = desk.evals();
    while !es.stopped() && desk.evals() - begun < most {
        es.step(desk, rng).await?;
    }
    Ok(())
}

/// One run's distribution, with the names of the tutorial.
#[derive(Debug)]
pub(super) struct Cma {
    n: usize,
    lambda: usize,
    mu: usize,
    weights: Vec<f64>, // all lambda, the last ones negative or zero
    mu_eff: f64,
    c_sigma: f64,
    d_sigma: f64,
    c_c: f64,
    c_1: f64,
    c_mu: f64,
    chi_n: f64, // E|N(0, I)|
    separable: bool,
    scale: Vec<f64>, // x = mean + sigma * scale * y
    mean: Vec<f64>,
    sigma: f64,
    sigma0: f64,
    c: Vec<f64>, // covariance: n by n, or its diagonal
    b: Vec<f64>, // its eigenvectors, one per row
    d: Vec<f64>, // roots of its eigenvalues
    p_sigma: Vec<f64>,
    p_c: Vec<f64>,
    y: Vec<f64>,       // the samples of this generation, lambda rows
    z: Vec<f64>,       // the same before stretching, in the eigenbasis
    order: Vec<usize>, // ranks of the samples
    generation: u64,
    decomposed: u64, // generation of the latest eigendecomposition
    every: u64,      // generations between two
    bests: Vec<f64>, // best value of each generation
    medians: Vec<f64>,
    worst: f64, // of the latest generation
    f_tol: f64,
    x_tol: f64,
    broken: bool,
}

impl Cma {
    /// A run from `start`, with `sigma` times the first standard deviations of `plan`.
    pub fn new(space: &Space, plan: &Plan, start: Vec<f64>, sigma: f64, lambda: usize) -> Self {
        let n = space.dim();
        let nf = n as f64;
        let mu = lambda / 2;
        // w' of equation 49, then the sums of equations 8 and 37.
        let raw: Vec<f64> = (1..=lambda).map(|i| ((lambda as f64 + 1.0) / 2.0).ln() - (i as f64).ln()).collect();
        let sum = |w: &[f64]| w.iter().sum::<f64>();
        let eff = |w: &[f64]| sum(w).powi(2) / dot(w, w).max(f64::MIN_POSITIVE);
        let (good, bad) = raw.split_at(mu);
        let (mu_eff, mu_eff_bad) = (eff(good), eff(bad));
        let c_c = (4.0 + mu_eff / nf) / (nf + 4.0 + 2.0 * mu_eff / nf);
        let c_sigma = (mu_eff + 2.0) / (nf + mu_eff + 5.0);
        let d_sigma = 1.0 + 2.0 * (((mu_eff - 1.0) / (nf + 1.0)).sqrt() - 1.0).max(0.0) + c_sigma;
        let faster = if plan.separable { (nf + 2.0) / 3.0 } else { 1.0 };
        let c_1 = (faster * 2.0 / ((nf + 1.3).powi(2) + mu_eff)).min(0.5);
        let rank_mu = 2.0 * (0.25 + mu_eff + 1.0 / mu_eff - 2.0) / ((nf + 2.0).powi(2) + mu_eff);
        let c_mu = (faster * rank_mu).min(1.0 - c_1);
        // Equations 50 to 53: how much the bad ones may take away.
        let allowed = (1.0 + c_1 / c_mu)
            .min(1.0 + 2.0 * mu_eff_bad / (mu_eff + 2.0))
            .min((1.0 - c_1 - c_mu).max(0.0) / (nf * c_mu));
        let (good_sum, bad_sum) = (sum(good), -sum(bad));
        let weights = (raw.iter().enumerate())
            .map(|(i, w)| match i < mu {
                true => w / good_sum,
                false if plan.active && bad_sum > 0.0 => allowed * w / bad_sum,
                false => 0.0,
            })
            .collect();
        let every =
            if plan.separable { 1 } else { (lambda as f64 / (10.0 * nf * (c_1 + c_mu)) / lambda as f64) as u64 };
        let (c, b) = if plan.separable {
            (vec![1.0; n], vec![])
        } else {
            let unit: Vec<f64> = (0..n * n).map(|k| if k % (n + 1) == 0 { 1.0 } else { 0.0 }).collect();
            (unit.clone(), unit)
        };
        Self {
            n,
            lambda,
            mu,
            weights,
            mu_eff,
            c_sigma,
            d_sigma,
            c_c,
            c_1,
            c_mu,
            chi_n: nf.sqrt() * (1.0 - 1.0 / (4.0 * nf) + 1.0 / (21.0 * nf * nf)),
            separable: plan.separable,
            scale: plan.scale.clone(),
            mean: start,
            sigma,
            sigma0: sigma,
            c,
            b,
            d: vec![1.0; n],
            p_sigma: vec![0.0; n],
            p_c: vec![0.0; n],
            y: vec![0.0; lambda * n],
            z: vec![0.0; lambda * n],
            order: vec![],
            generation: 0,
            decomposed: 0,
            every: every.max(1),
            bests: vec![],
            medians: vec![],
            worst: f64::INFINITY,
            f_tol: plan.f_tol,
            x_tol: plan.x_tol,
            broken: false,
        }
    }

    /// Begins with the shape of an inverse Hessian (row-major) instead of a sphere; its longest axis keeps its length.
    pub fn shape(&mut self, inverse: &[f64]) {
        let n = self.n;
        let at = |i: usize, j: usize| {
            let mean = 0.5 * (inverse[i * n + j] + inverse[j * n + i]);
            mean / (self.scale[i] * self.scale[j])
        };
        let (mut squares, mut axes) = (vec![], vec![]);
        if self.separable {
            squares.extend((0..n).map(|i| at(i, i)));
        } else {
            let c: Vec<f64> = (0..n * n).map(|k| at(k / n, k % n)).collect();
            eigh(&c, n, &mut squares, &mut axes);
        }
        let longest = squares.iter().fold(0.0, |a: f64, s| a.max(*s));
        if !(longest > 0.0 && squares.iter().all(|s| s.is_finite())) {
            return;
        }
        squares.iter_mut().for_each(|s| *s = (*s / longest).max(1e-8));
        self.d = squares.iter().map(|s| s.sqrt()).collect();
        if self.separable {
            self.c = squares;
        } else {
            let rebuilt =
                |i: usize, j: usize| (0..n).map(|k| axes[k * n + i] * squares[k] * axes[k * n + j]).sum::<f64>();
            self.c = (0..n * n).map(|k| rebuilt(k / n, k % n)).collect();
            self.b = axes;
        }
    }

    /// One generation.
    pub async fn step(&mut self, desk: &Desk, rng: &mut Rng) -> Result<()> {
        stop::check()?;
        let points = self.sample(&desk.space, rng);
        let values = desk.values(points).await;
        self.update(&values);
        Ok(())
    }

    /// The samples of the next generation, inside the bounds (equations 38 to 40).
    pub fn sample(&mut self, space: &Space, rng: &mut Rng) -> Vec<Vec<f64>> {
        let n = self.n;
        let mut points = Vec::with_capacity(self.lambda);
        normals(&mut self.z, rng);
        for k in 0..self.lambda {
            let z = &mut self.z[k * n..(k + 1) * n];
            let y = &mut self.y[k * n..(k + 1) * n];
            if self.separable {
                (0..n).for_each(|i| y[i] = self.d[i] * z[i]);
            } else {
                y.fill(0.0);
                for j in 0..n {
                    let length = self.d[j] * z[j];
                    y.iter_mut().zip(&self.b[j * n..(j + 1) * n]).for_each(|(y, b)| *y += length * b);
                }
            }
            let mut x: Vec<f64> = (0..n).map(|i| self.mean[i] + self.sigma * self.scale[i] * y[i]).collect();
            space.fold(&mut x);
            points.push(x);
        }
        points
    }

    /// Learns from the values at the samples.
    pub fn update(&mut self, values: &[f64]) {
        let n = self.n;
        self.generation += 1;
        self.order.clear();
        self.order.extend(0..self.lambda);
        self.order.sort_by(|&a, &b| values[a].total_cmp(&values[b])); // stable: ties keep their order
        let (best, worst) = (values[self.order[0]], values[self.order[self.lambda - 1]]);
        self.bests.push(best);
        self.medians.push(values[self.order[self.lambda / 2]]);
        self.worst = worst;

        // The mean moves by <y>_w (equation 42); <z>_w is the same in the eigenbasis before stretching.
        let (mut y_w, mut z_w) = (vec![0.0; n], vec![0.0; n]);
        for (rank, &k) in self.order[..self.mu].iter().enumerate() {
            let w = self.weights[rank];
            for i in 0..n {
                y_w[i] += w * self.y[k * n + i];
                z_w[i] += w * self.z[k * n + i];
            }
        }
        for i in 0..n {
            self.mean[i] += self.sigma * self.scale[i] * y_w[i];
        }

        // Step size (equations 43 and 44): C^(-1/2) <y>_w = B <z>_w.
        let keep = 1.0 - self.c_sigma;
        let gain = (self.c_sigma * (2.0 - self.c_sigma) * self.mu_eff).sqrt();
        self.p_sigma.iter_mut().for_each(|p| *p *= keep);
        if self.separable {
            (0..n).for_each(|i| self.p_sigma[i] += gain * z_w[i]);
        } else {
            for j in 0..n {
                let length = gain * z_w[j];
                self.p_sigma.iter_mut().zip(&self.b[j * n..(j + 1) * n]).for_each(|(p, b)| *p += length * b);
            }
        }
        let norm = dot(&self.p_sigma, &self.p_sigma).sqrt();
        self.sigma *= ((self.c_sigma / self.d_sigma) * (norm / self.chi_n - 1.0)).min(1.0).exp();

        // Covariance (equations 45 to 47).
        let unbiased = norm / (1.0 - keep.powf(2.0 * self.generation as f64)).sqrt();
        let h_sigma = unbiased < (1.4 + 2.0 / (n as f64 + 1.0)) * self.chi_n;
        let gain = if h_sigma { (self.c_c * (2.0 - self.c_c) * self.mu_eff).sqrt() } else { 0.0 };
        for i in 0..n {
            self.p_c[i] = (1.0 - self.c_c) * self.p_c[i] + gain * y_w[i];
        }
        let lost = if h_sigma { 0.0 } else { self.c_1 * self.c_c * (2.0 - self.c_c) };
        let sum: f64 = self.weights.iter().sum();
        let keep = 1.0 + lost - self.c_1 - self.c_mu * sum;
        self.c.iter_mut().for_each(|c| *c *= keep);
        self.add_outer(self.c_1, None);
        for rank in 0..self.lambda {
            let k = self.order[rank];
            let mut w = self.weights[rank];
            if w < 0.0 {
                let z = &self.z[k * n..(k + 1) * n];
                w *= n as f64 / dot(z, z).max(f64::MIN_POSITIVE); // |C^(-1/2) y| = |z|
            }
            if w != 0.0 {
                self.add_outer(self.c_mu * w, Some(k));
            }
        }
        if self.generation >= self.decomposed + self.every {
            self.decompose();
        }
        // Flat ground (the tutorial, B.2): more than half of the samples are equal, so walk further.
        if self.order.len() > 4 && best == values[self.order[self.lambda * 7 / 10]] {
            self.sigma *= (0.2 + self.c_sigma / self.d_sigma).exp();
        }
        self.broken |= !self.sigma.is_finite() || self.mean.iter().any(|m| !m.is_finite());
    }

    /// C += w y y' for a sample, or for the path.
    fn add_outer(&mut self, w: f64, sample: Option<usize>) {
        let n = self.n;
        let y = sample.map_or(&self.p_c[..], |k| &self.y[k * n..(k + 1) * n]);
        if self.separable {
            self.c.iter_mut().zip(y).for_each(|(c, y)| *c += w * y * y);
        } else {
            for (row, yi) in self.c.chunks_exact_mut(n).zip(y) {
                let wy = w * yi;
                row.iter_mut().zip(y).for_each(|(c, y)| *c += wy * y);
            }
        }
    }

    fn decompose(&mut self) {
        self.decomposed = self.generation;
        if self.separable {
            self.d.clear();
            self.d.extend(self.c.iter().map(|c| c.max(0.0).sqrt()));
        } else {
            eigh(&self.c, self.n, &mut self.d, &mut self.b);
            self.d.iter_mut().for_each(|d| *d = d.max(0.0).sqrt());
        }
        self.broken |= self.d.iter().any(|d| !(*d > 0.0 && d.is_finite()));
    }

    /// Whether the run is over, by the rules of the tutorial's appendix B.3.
    pub fn stopped(&self) -> bool {
        let n = self.n as f64;
        let g = self.bests.len();
        if self.broken {
            return true;
        }
        if g == 0 {
            return false;
        }
        let (d_min, d_max) = self.d.iter().fold((f64::INFINITY, 0.0_f64), |(a, b), d| (a.min(*d), b.max(*d)));
        // TolFun and EqualFunValues.
        let window = 10 + (30.0 * n / self.lambda as f64).ceil() as usize;
        if g >= window {
            let recent = &self.bests[g - window..];
            let (low, high) =
                recent.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), f| (a.min(*f), b.max(*f)));
            let now = self.worst - self.bests[g - 1];
            if low.is_infinite() || (high - low <= self.f_tol && (now <= self.f_tol || high == low)) {
                return true;
            }
        }
        // TolX, TolXUp and ConditionCov.
        let c_max = d_max.max(self.p_c.iter().fold(0.0, |a: f64, p| a.max(p.abs())));
        if self.sigma * c_max < self.x_tol * self.sigma0
            || self.sigma * d_max > 1e8 * self.sigma0
            || d_max > 1e7 * d_min
        {
            return true;
        }
        // NoEffectAxis and NoEffectCoord: steps that the mean cannot feel.
        let none = (0..self.n).any(|i| {
            let c = if self.separable { self.c[i] } else { self.c[i * self.n + i] };
            let step = 0.2 * self.sigma * self.scale[i] * c.max(0.0).sqrt();
            self.mean[i] + step == self.mean[i]
        });
        if none {
            return true;
        }
        // Stagnation: medians and bests of the latest third no better than those of the first.
        let long = (120.0 + 30.0 * n / self.lambda as f64).max(0.2 * g as f64).min(20_000.0) as usize;
        if g > long {
            let part = (0.3 * long as f64) as usize;
            let stale = |series: &[f64]| {
                let mut old = series[g - long..g - long + part].to_vec();
                let mut new = series[g - part..].to_vec();
                median(&mut new) >= median(&mut old)
            };
            // Looked at now and then only: it sorts.
            if g.is_multiple_of(10) && stale(&self.bests) && stale(&self.medians) {
                return true;
            }
        }
        false
    }
}

fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// Fills `z` with standard normal numbers, two from each pair of uniform ones (Box & Muller 1958).
pub(super) fn normals(z: &mut [f64], rng: &mut Rng) {
    for pair in z.chunks_mut(2) {
        let radius = (-2.0 * (1.0 - rng.uniform()).ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * rng.uniform()).sin_cos();
        pair[0] = radius * cos;
        if let Some(second) = pair.get_mut(1) {
            *second = radius * sin;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::blackbox::Bound;

    #[test]
    fn a_given_shape_is_the_shape_of_the_first_samples() {
        let bounds = [Some(&Bound::All(-1e3)), Some(&Bound::All(1e3))];
        let space = Space::new("cmaes", Some(&[0.0, 0.0]), bounds, None, 2.0, (10, None, Some(1))).unwrap();
        for separable in [false, true] {
            let plan = Plan { scale: vec![1.0, 2.0], active: true, separable, f_tol: 0.0, x_tol: 0.0 };
            let mut es = Cma::new(&space, &plan, vec![0.0, 0.0], 1.0, 20_000);
            es.shape(&[0.01, 0.0, 0.0, 4.0]); // in shares of the scale: 0.01 and 1
            let points = es.sample(&space, &mut Rng::new(1));
            let spread = |i: usize| (points.iter().map(|x| x[i] * x[i]).sum::<f64>() / points.len() as f64).sqrt();
            assert!((spread(0) - 0.1).abs() < 0.003 && (spread(1) - 2.0).abs() < 0.06, "{} {}", spread(0), spread(1));
        }
    }
}
