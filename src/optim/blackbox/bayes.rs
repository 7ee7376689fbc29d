//! Bayesian optimisation for costly functions: a Gaussian process guesses the landscape, and says where to ask next.
//!
//! Jones, Schonlau & Welch (1998), with the Matérn 5/2 kernel and one length scale per coordinate (Snoek, Larochelle &
//! Adams 2012, arXiv:1206.2944). The next point has the largest expected improvement. Scales and noise maximise the
//! marginal likelihood (Rasmussen & Williams 2006, equation 5.8), climbed coordinate by coordinate in their logarithms.

use super::eigen::dot;
use super::random::Halton;
use super::search::Search;
use super::space::search_settings;
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::{Result, stop};

search_settings! {
    /// Settings of [`bayes`].
    BayesSettings for "bayes" {
        /// Evenly spread points before the first guess, at least 2. Default 5 + 2 per coordinate.
        initial: Option<usize> = None,
        /// Improvement over the best, in standard deviations of the values, that is not worth asking for, at least 0.
        /// Default 0.001.
        xi: f64 = 1e-3,
        /// Values are noisy: learn how much. Default false.
        noisy: bool = false,
        /// Most points that the process remembers (the best and the latest), at least 10; its cost grows as their cube.
        /// Default 300.
        memory: usize = 300,
    }
}

/// Bayesian optimisation.
///
/// # Errors
/// When a setting is out of its range.
pub fn bayes(settings: BayesSettings) -> Result<Search> {
    let space = settings.space()?;
    let n = space.dim();
    let BayesSettings { initial, xi, noisy, memory, .. } = settings;
    let initial = initial.unwrap_or(5 + 2 * n);
    ensure_setting(initial >= 2, "bayes", "initial", "at least 2", initial)?;
    ensure_setting((0.0..f64::INFINITY).contains(&xi), "bayes", "xi", "finite and at least 0", xi)?;
    ensure_setting((10..=5000).contains(&memory), "bayes", "memory", "from 10 to 5000", memory)?;
    Search::new("bayes", space, async move |desk| {
        let space = desk.space.clone();
        let mut rng = Rng::new(space.seed);
        let mut halton = Halton::new(n, &mut rng);
        // The process lives in the unit cube.
        let out =
            |u: &[f64]| -> Vec<f64> { u.iter().zip(&space.first).map(|(u, (lo, hi))| lo + u * (hi - lo)).collect() };
        let mut units: Vec<Vec<f64>> = (0..initial).map(|_| halton.next()).collect();
        if space.x0_given {
            let unit =
                |(x, (lo, hi)): (&f64, &(f64, f64))| if hi > lo { ((x - lo) / (hi - lo)).clamp(0.0, 1.0) } else { 0.5 };
            units[0] = space.x0.iter().zip(&space.first).map(unit).collect();
        }
        let mut values = desk.values(units.iter().map(|u| out(u)).collect()).await;
        let mut process = Process { scales: vec![-1.0; n], noise: -12.0, ..Process::default() };
        let mut fitted = 0;
        loop {
            let (x, y) = remembered(&units, &values, memory);
            if x.len() >= fitted + (fitted / 10).max(1) || x.len() < fitted || x.len() >= memory && rng.below(20) == 0 {
                process.fit(&x, &y, noisy)?;
                fitted = x.len();
            } else {
                process.condition(&x, &y);
            }
            let mut next = process.most_promising(&mut halton, &mut rng, xi)?;
            let near = |u: &Vec<f64>| u.iter().zip(&next).all(|(a, b)| (a - b).abs() < 1e-9);
            if units.iter().any(near) {
                next = (0..n).map(|_| rng.uniform()).collect();
            }
            values.push(desk.value(&out(&next)).await);
            units.push(next);
        }
    })
}

/// The best half and the latest half of what is known, bad values replaced by the worst, standardised.
fn remembered(units: &[Vec<f64>], values: &[f64], memory: usize) -> (Vec<Vec<f64>>, Vec<f64>) {
    let mut which: Vec<usize> = (0..values.len()).collect();
    if which.len() > memory {
        let latest = which.split_off(values.len() - memory / 2);
        which.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        which.truncate(memory - latest.len());
        which.extend(latest);
    }
    let mut sorted: Vec<f64> = which.iter().map(|&i| values[i]).filter(|v| v.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let Some((&low, &high)) = sorted.first().zip(sorted.last()) else {
        return (which.iter().map(|&i| units[i].clone()).collect(), vec![0.0; which.len()]);
    };
    // A few huge values would hide all else: they are cut well above the middle.
    let median = sorted[sorted.len() / 2];
    let high = if median > low { high.min(median + 4.0 * (median - low)) } else { high };
    let cut: Vec<f64> = which.iter().map(|&i| values[i].min(high)).collect();
    let mean = cut.iter().sum::<f64>() / cut.len() as f64;
    let deviation = (cut.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / cut.len() as f64).sqrt();
    let deviation = if deviation > 0.0 && deviation.is_finite() { deviation } else { 1.0 };
    (which.iter().map(|&i| units[i].clone()).collect(), cut.iter().map(|v| (v - mean) / deviation).collect())
}

/// A Gaussian process with mean 0 on the unit cube.
#[derive(Default)]
struct Process {
    scales: Vec<f64>, // logarithms of the length scales
    noise: f64,       // logarithm of the noise's share of the variance
    variance: f64,    // of the signal, the most likely one for these scales
    x: Vec<Vec<f64>>,
    y: Vec<f64>,
    factor: Vec<f64>, // Cholesky factor of the correlations, n by n
    alpha: Vec<f64>,  // K⁻¹ y
}

fn matern(a: &[f64], b: &[f64], inverse: &[f64]) -> f64 {
    let r2: f64 = a.iter().zip(b).zip(inverse).map(|((a, b), w)| ((a - b) * w).powi(2)).sum();
    let s = (5.0 * r2).sqrt();
    (1.0 + s + s * s / 3.0) * (-s).exp()
}

impl Process {
    fn inverse(&self) -> Vec<f64> {
        self.scales.iter().map(|s| (-s).exp()).collect()
    }

    /// Learns the values under the present scales; gives the logarithm of their marginal likelihood.
    fn condition(&mut self, x: &[Vec<f64>], y: &[f64]) -> f64 {
        let n = x.len();
        let inverse = self.inverse();
        let mut k = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..i {
                k[i * n + j] = matern(&x[i], &x[j], &inverse);
            }
            k[i * n + i] = 1.0 + self.noise.exp();
        }
        self.x = x.to_vec();
        self.y = y.to_vec();
        let mut jitter = 1e-10;
        let mut factor = k.clone();
        while !cholesky(&mut factor, n) {
            factor.clone_from(&k);
            (0..n).for_each(|i| factor[i * n + i] += jitter);
            jitter *= 10.0;
            if jitter > 1e3 {
                return f64::NEG_INFINITY;
            }
        }
        self.factor = factor;
        let mut alpha = y.to_vec();
        forward(&self.factor, &mut alpha);
        let fit = dot(&alpha, &alpha);
        backward(&self.factor, &mut alpha);
        self.alpha = alpha;
        self.variance = (fit / n as f64).max(1e-12);
        let log_det: f64 = (0..n).map(|i| self.factor[i * n + i].ln()).sum();
        -0.5 * n as f64 * self.variance.ln() - log_det
    }

    /// Finds likely scales, and learns the values under them.
    fn fit(&mut self, x: &[Vec<f64>], y: &[f64], noisy: bool) -> Result<()> {
        let d = self.scales.len();
        // A weak prior keeps scales in reach: log-normal around half the cube.
        let prior =
            |p: &Self| -p.scales.iter().map(|s| (s + 0.7).powi(2) / 4.0).sum::<f64>() - (p.noise + 8.0).powi(2) / 50.0;
        let mut best = self.condition(x, y) + prior(self);
        // 1. One scale for all.
        for scale in [-2.5, -1.5, -0.7, 0.0, 1.0] {
            stop::check()?;
            let old = std::mem::replace(&mut self.scales, vec![scale; d]);
            let score = self.condition(x, y) + prior(self);
            if score > best { best = score } else { self.scales = old }
        }
        // 2. Each by itself, in ever smaller steps.
        let mut step = 0.8;
        for _ in 0..4 {
            for i in 0..d + usize::from(noisy) {
                for sign in [1.0, -1.0] {
                    stop::check()?;
                    let old = (self.scales.clone(), self.noise);
                    if i < d {
                        self.scales[i] += sign * step
                    } else {
                        self.noise += 3.0 * sign * step
                    }
                    let score = self.condition(x, y) + prior(self);
                    if score > best {
                        best = score;
                        break;
                    }
                    (self.scales, self.noise) = old;
                }
            }
            step *= 0.6;
        }
        self.condition(x, y);
        Ok(())
    }

    /// Mean and standard deviation at a point.
    fn predict(&self, u: &[f64], inverse: &[f64]) -> (f64, f64) {
        let mut k: Vec<f64> = self.x.iter().map(|x| matern(x, u, inverse)).collect();
        let mean = dot(&k, &self.alpha);
        forward(&self.factor, &mut k);
        (mean, (self.variance * (1.0 - dot(&k, &k)).max(0.0)).sqrt())
    }

    /// The point of the largest expected improvement, as far as a search of the cube finds it.
    fn most_promising(&self, halton: &mut Halton, rng: &mut Rng, xi: f64) -> Result<Vec<f64>> {
        let d = self.scales.len();
        let inverse = self.inverse();
        let best = (0..self.y.len()).min_by(|&a, &b| self.y[a].total_cmp(&self.y[b])).unwrap_or(0);
        let lowest = self.y[best];
        let score = |u: &[f64]| {
            let (mean, deviation) = self.predict(u, &inverse);
            expected_improvement(lowest - xi - mean, deviation)
        };
        // Everywhere, and around the best.
        let mut candidates: Vec<(f64, Vec<f64>)> = vec![];
        for k in 0..(200 + 50 * d).min(1000) {
            if k.is_multiple_of(20) {
                stop::check()?;
            }
            let u = if k % 3 < 2 {
                halton.next()
            } else {
                let size = 10f64.powf(-3.0 * rng.uniform());
                self.x[best].iter().map(|x| (x + 0.5 * size * rng.normal()).clamp(0.0, 1.0)).collect()
            };
            candidates.push((score(&u), u));
        }
        candidates.sort_by(|a, b| b.0.total_cmp(&a.0));
        candidates.truncate(4);
        // From the few best uphill.
        for (value, u) in &mut candidates {
            let mut size = 0.1;
            for _ in 0..30 {
                stop::check()?;
                let mut better = false;
                for i in 0..d {
                    for sign in [1.0, -1.0] {
                        let old = u[i];
                        u[i] = (old + sign * size).clamp(0.0, 1.0);
                        let new = score(u);
                        if new > *value {
                            (*value, better) = (new, true);
                            break;
                        }
                        u[i] = old;
                    }
                }
                if !better {
                    size *= 0.3;
                    if size < 1e-6 {
                        break;
                    }
                }
            }
        }
        let top = candidates.into_iter().max_by(|a, b| a.0.total_cmp(&b.0));
        Ok(top.map_or_else(|| vec![0.5; d], |(_, u)| u))
    }
}

/// (gain) Φ(z) + s φ(z), z = gain / s; as its logarithm, so that far away is still told from farther.
fn expected_improvement(gain: f64, s: f64) -> f64 {
    if s <= 1e-14 {
        return if gain > 0.0 { gain.ln() } else { f64::NEG_INFINITY };
    }
    let z = gain / s;
    let log_density = -0.5 * z * z - 0.5 * std::f64::consts::TAU.ln();
    if z < -2.0 {
        // With t = -z, Φ(z) / φ(z) = 1/(t + 1/(t + 2/(t + ...))) (Abramowitz & Stegun 1964, 26.2.14).
        let t = -z;
        let ratio = 1.0 / (1..=60).rev().fold(t, |below, k| t + f64::from(k) / below);
        return log_density + s.ln() + (1.0 - t * ratio).max(f64::MIN_POSITIVE).ln();
    }
    (gain * normal_cdf(z) + s * log_density.exp()).max(f64::MIN_POSITIVE).ln()
}

/// Φ, to 1.5e-7 (Abramowitz & Stegun 1964, 7.1.26).
fn normal_cdf(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let poly =
        t * (0.254_829_592 + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    let tail = 0.5 * poly * (-x * x).exp();
    if z > 0.0 { 1.0 - tail } else { tail }
}

/// Replaces the lower triangle by its Cholesky factor; false when the matrix is not positive definite.
fn cholesky(a: &mut [f64], n: usize) -> bool {
    for i in 0..n {
        let (above, rest) = a.split_at_mut(i * n);
        let row = &mut rest[..n];
        for j in 0..i {
            let other = &above[j * n..j * n + n];
            row[j] = (row[j] - dot(&row[..j], &other[..j])) / other[j];
        }
        let pivot = row[i] - dot(&row[..i], &row[..i]);
        if !(pivot > 1e-14) {
            return false;
        }
        row[i] = pivot.sqrt();
    }
    true
}

/// b <- L⁻¹ b.
fn forward(l: &[f64], b: &mut [f64]) {
    let n = b.len();
    for i in 0..n {
        b[i] = (b[i] - dot(&l[i * n..i * n + i], &b[..i])) / l[i * n + i];
    }
}

/// b <- L⁻ᵀ b.
fn backward(l: &[f64], b: &mut [f64]) {
    let n = b.len();
    for i in (0..n).rev() {
        b[i] /= l[i * n + i];
        let bi = b[i];
        b[..i].iter_mut().zip(&l[i * n..i * n + i]).for_each(|(b, l)| *b -= l * bi);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optim::blackbox::{Bound, minimize};

    #[test]
    fn the_process_passes_through_its_points_and_doubts_between() {
        let mut process = Process { scales: vec![-1.0], noise: -20.0, ..Process::default() };
        let (x, y) = (vec![vec![0.0], vec![0.4], vec![1.0]], vec![1.0, -0.5, 0.3]);
        process.condition(&x, &y);
        for (x, y) in x.iter().zip(&y) {
            let (mean, deviation) = process.predict(x, &process.inverse());
            assert!((mean - y).abs() < 1e-6 && deviation < 1e-3, "{mean} ± {deviation}");
        }
        assert!(process.predict(&[0.7], &process.inverse()).1 > 0.1);
    }

    #[test]
    fn expected_improvement_agrees_with_its_formula_and_joins_its_tail() {
        assert!((expected_improvement(0.0, 1.0) - 0.398_942_280_f64.ln()).abs() < 1e-6);
        let (near, far) = (expected_improvement(-1.999, 1.0), expected_improvement(-2.001, 1.0));
        assert!(near > far && near - far < 0.01, "{near} {far}");
        // φ(8)/8² (1 - 3/8² + 15/8⁴ - ...)
        let tail = (5.052_271e-15_f64 / 64.0 * (1.0 - 3.0 / 64.0 + 15.0 / 4096.0 - 105.0 / 262_144.0)).ln();
        assert!((expected_improvement(-8.0, 1.0) - tail).abs() < 1e-4);
    }

    #[test]
    fn branin_is_solved_in_sixty_evaluations() {
        let (lower, upper) = (Some(Bound::Each(vec![-5.0, 0.0])), Some(Bound::Each(vec![10.0, 15.0])));
        let settings = BayesSettings { lower, upper, budget: 60, seed: Some(1), ..Default::default() };
        let f = |x: &[f64]| {
            let pi = std::f64::consts::PI;
            let a = x[1] - 5.1 / (4.0 * pi * pi) * x[0] * x[0] + 5.0 / pi * x[0] - 6.0;
            Ok(a * a + 10.0 * (1.0 - 1.0 / (8.0 * pi)) * x[0].cos() + 10.0)
        };
        let found = minimize(&mut bayes(settings).unwrap(), f, |_| true).unwrap();
        assert!(found.value < 0.397_887 + 1e-2, "{found:?}");
    }

    #[test]
    fn constant_and_undefined_values_do_no_harm() {
        for value in [1.0, f64::NAN, f64::INFINITY] {
            let settings = BayesSettings { dim: Some(2), budget: 30, seed: Some(1), ..Default::default() };
            let mut search = bayes(settings).unwrap();
            while search.done().is_none() {
                let values = vec![value; search.ask().len()];
                search.tell(&values).unwrap();
            }
            assert_eq!(search.counts().evals, 30);
        }
    }
}
