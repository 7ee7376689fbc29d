//! Probabilities from decisions.
//!
//! Platt (1999), as a sigmoid fitted by Newton's method: Lin, Lin & Weng (2007), "A note on Platt's probabilistic
//! outputs for support vector machines", algorithm 1. Several classes are coupled pair by pair: Wu, Lin & Weng
//! (2004), "Probability Estimates for Multi-class Classification by Pairwise Coupling", the second approach.

use serde::{Deserialize, Serialize};

/// `P(positive | f) = 1 / (1 + exp(a f + b))`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Sigmoid {
    pub a: f64,
    pub b: f64,
}

impl Sigmoid {
    /// The probability of the positive class at decision `f`.
    pub fn probability(&self, f: f64) -> f64 {
        let z = self.a * f + self.b;
        if z >= 0.0 { (-z).exp() / (1.0 + (-z).exp()) } else { 1.0 / (1.0 + z.exp()) }
    }

    /// Fitted to decisions `f` of samples that are `positive` or not.
    pub fn fit(f: &[f64], positive: &[bool]) -> Self {
        let p = positive.iter().filter(|&&y| y).count() as f64;
        let n = positive.len() as f64 - p;
        // Targets a little inside (0, 1), so that no sample is certain.
        let (high, low) = ((p + 1.0) / (p + 2.0), 1.0 / (n + 2.0));
        let targets: Vec<f64> = positive.iter().map(|&y| if y { high } else { low }).collect();
        let loss = |a: f64, b: f64| -> f64 {
            let one = |(f, t): (&f64, &f64)| {
                let z = f * a + b;
                if z >= 0.0 { t * z + (-z).exp().ln_1p() } else { (t - 1.0) * z + z.exp().ln_1p() }
            };
            f.iter().zip(&targets).map(one).sum()
        };
        let (mut a, mut b) = (0.0, ((n + 1.0) / (p + 1.0)).ln());
        let mut value = loss(a, b);
        for _ in 0..100 {
            // Gradient and Hessian, the latter made a little more than it is so that it can be inverted.
            let (mut h11, mut h22, mut h21, mut g1, mut g2) = (1e-12, 1e-12, 0.0, 0.0, 0.0);
            for (f, t) in f.iter().zip(&targets) {
                let q = Self { a, b }.probability(*f);
                let d2 = q * (1.0 - q);
                h11 += f * f * d2;
                h22 += d2;
                h21 += f * d2;
                let d1 = t - q;
                g1 += f * d1;
                g2 += d1;
            }
            if g1.abs() < 1e-5 && g2.abs() < 1e-5 {
                break;
            }
            let det = h11 * h22 - h21 * h21;
            let (da, db) = (-(h22 * g1 - h21 * g2) / det, -(h11 * g2 - h21 * g1) / det);
            let slope = g1 * da + g2 * db;
            if !(da.is_finite() && db.is_finite()) {
                break;
            }
            let mut step = 1.0;
            let moved = loop {
                let (next_a, next_b) = (a + step * da, b + step * db);
                let next = loss(next_a, next_b);
                if next < value + 1e-4 * step * slope {
                    (a, b, value) = (next_a, next_b, next);
                    break true;
                }
                step *= 0.5;
                if step < 1e-10 {
                    break false;
                }
            };
            if !moved {
                break;
            }
        }
        Self { a, b }
    }
}

/// The probabilities of all classes from `r(i, j)`, that of class `i` against class `j`.
pub(super) fn couple(classes: usize, r: impl Fn(usize, usize) -> f64, out: &mut [f64]) {
    let k = classes;
    // Q of equation 22.
    let mut q = vec![0.0; k * k];
    for i in 0..k {
        for j in 0..k {
            if i != j {
                q[i * k + i] += r(j, i) * r(j, i);
                q[i * k + j] = -r(j, i) * r(i, j);
            }
        }
    }
    out.fill(1.0 / k as f64);
    let mut qp = vec![0.0; k];
    let enough = 0.005 / k as f64;
    for _ in 0..k.max(100) {
        for i in 0..k {
            qp[i] = (0..k).map(|j| q[i * k + j] * out[j]).sum();
        }
        let pqp: f64 = (0..k).map(|i| out[i] * qp[i]).sum();
        if qp.iter().all(|v| (v - pqp).abs() < enough) {
            break;
        }
        let mut pqp = pqp;
        for t in 0..k {
            // Algorithm 2: one probability at a time, then all are made to sum to 1.
            let diff = (pqp - qp[t]) / q[t * k + t];
            out[t] += diff;
            pqp = (pqp + diff * (diff * q[t * k + t] + 2.0 * qp[t])) / (1.0 + diff).powi(2);
            for j in 0..k {
                qp[j] = (qp[j] + diff * q[t * k + j]) / (1.0 + diff);
                out[j] /= 1.0 + diff;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    #[test]
    fn the_sigmoid_that_made_the_labels_is_found() {
        let mut rng = Rng::new(2);
        let truth = Sigmoid { a: -2.0, b: 0.5 };
        let f: Vec<f64> = (0..20_000).map(|_| 2.0 * rng.normal()).collect();
        let y: Vec<bool> = f.iter().map(|&f| rng.uniform() < truth.probability(f)).collect();
        let found = Sigmoid::fit(&f, &y);
        assert!((found.a - truth.a).abs() < 0.1 && (found.b - truth.b).abs() < 0.1, "{found:?}");
    }

    #[test]
    fn one_sided_and_constant_decisions_have_probabilities() {
        for (f, y) in [(vec![1.0; 5], vec![true; 5]), (vec![0.0; 4], vec![true, false, true, false])] {
            let p = Sigmoid::fit(&f, &y).probability(f[0]);
            assert!(p > 0.4 && p < 1.0, "{p}");
        }
        let far = Sigmoid { a: -1e300, b: 0.0 };
        assert_eq!((far.probability(1e9), far.probability(-1e9)), (1.0, 0.0));
    }

    #[test]
    fn coupling_finds_the_probabilities_that_made_the_pairs() {
        let truth = [0.6, 0.3, 0.1];
        let mut found = [0.0; 3];
        couple(3, |i, j| truth[i] / (truth[i] + truth[j]), &mut found);
        for (a, b) in found.iter().zip(truth) {
            assert!((a - b).abs() < 0.01, "{found:?}");
        }
        assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
}
