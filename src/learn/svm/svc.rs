//! Support vector classifier: the plane with the widest margin between two classes, in the space of a kernel.
//!
//! Boser, Guyon & Vapnik (1992); with a price `C` on errors, Cortes & Vapnik (1995). More than two classes: one
//! machine for each pair, and votes (Knerr, Personnaz & Dreyfus 1990), as in LIBSVM (Chang & Lin 2011).

use super::kernel::{self, Function, Gamma, Gram, Kernel, vectorised};
use super::platt::{Sigmoid, couple};
use super::solver::{Limits, Problem, Solution, dot_any, products, solve};
use super::vectors::Vectors;
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::{Answer, ClassWeight, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "svc";

/// Parts into which the samples fall when decisions are found for [`SvcSettings::probability`].
const FOLDS: usize = 5;

/// Settings of [`Svc`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SvcSettings {
    /// The price of errors: large ones are fitted closely. Positive. Default 1.
    #[serde(rename = "C")]
    pub c: f64,
    /// "linear", "rbf", "poly", "sigmoid", or "precomputed": then the samples are the kernel's values with the samples
    /// fitted to. Default "rbf".
    pub kernel: Kernel,
    /// Of the kernels rbf, poly and sigmoid: positive, "scale" (1 / (features · variance)) or "auto" (1 / features).
    /// Default "scale".
    pub gamma: Gamma,
    /// Of the kernel poly: its degree, from 1 to 100. Default 3.
    pub degree: u32,
    /// Of the kernels poly and sigmoid: the number that is added. Default 0.
    pub coef0: f64,
    /// What `C` is multiplied with: "balanced" (samples / (classes · samples of the class)), a list with a positive
    /// number for each class, or { label = number }. Default: 1 for all.
    pub class_weight: Option<ClassWeight>,
    /// Learn probabilities too, from five further fits. Default false.
    pub probability: bool,
    /// The residual of the optimality conditions to reach, positive. Default 0.001.
    pub tolerance: f64,
    /// Steps at most for each pair of classes. Default 10,000,000.
    pub steps: u64,
    /// Megabytes for kernel values, not negative. Default 200.
    pub cache: f64,
    /// Leave out samples for a while that seem settled. Default true.
    pub shrinking: bool,
    /// Of the folds for probabilities; all else has no chance in it. Default 0.
    pub seed: u64,
}

impl Default for SvcSettings {
    fn default() -> Self {
        Self {
            c: 1.0,
            kernel: Kernel::Rbf,
            gamma: Gamma::Scale,
            degree: 3,
            coef0: 0.0,
            class_weight: None,
            probability: false,
            tolerance: 1e-3,
            steps: 10_000_000,
            cache: 200.0,
            shrinking: true,
            seed: 0,
        }
    }
}

/// The support vector classifier.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Svc {
    settings: SvcSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    classes: usize,
    vectors: Vectors,       // class by class
    starts: Vec<usize>,     // where each class begins among the vectors, and the end
    machines: Vec<Machine>, // of the pairs (0, 1), (0, 2), …, (1, 2), …
}

/// What parts two classes.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Machine {
    beta: Vec<f64>, // of the first class's vectors (at most 0), then of the second's (at least 0)
    intercept: f64,
    objective: f64,
    residual: f64,
    square: f64, // |w|²
    sigmoid: Option<Sigmoid>,
}

impl Svc {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: SvcSettings) -> Result<Self> {
        let s = &settings;
        ensure_setting(s.c > 0.0 && s.c.is_finite(), NAME, "C", "positive", s.c)?;
        kernel::check(NAME, s.gamma, s.coef0, s.degree)?;
        ensure_setting(s.tolerance > 0.0 && s.tolerance.is_finite(), NAME, "tolerance", "positive", s.tolerance)?;
        ensure_setting(s.steps >= 1, NAME, "steps", "at least 1", s.steps)?;
        ensure_setting(s.cache >= 0.0 && s.cache <= 1e9, NAME, "cache", "from 0 to 1e9", s.cache)?;
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
        match &me.learned {
            Some(l) if !l.sound() => {
                Err(Error::value(format!("{NAME}: damaged or of another version: its parts do not fit together")))
            }
            _ => Ok(me),
        }
    }

    /// The decision of each machine: one column for each pair of classes, (0, 1), (0, 2), …, (1, 2), …; positive for
    /// the second of the pair.
    ///
    /// # Errors
    /// As [`Learner::predict`].
    pub fn pairs(&self, x: &Samples) -> Result<Samples> {
        fitted(NAME, &self.learned)?.pairs(x)
    }

    /// What errors cost in each class.
    fn prices(&self, codes: &[u32], classes: usize) -> Result<Vec<f64>> {
        let mut counts = vec![0usize; classes];
        for &code in codes {
            counts[code as usize] += 1;
        }
        if let Some(empty) = counts.iter().position(|&n| n == 0) {
            return Err(Error::value(format!("{NAME}: class {} of {classes} has no samples", empty + 1)));
        }
        let weights = ClassWeight::weights(&self.settings.class_weight, NAME, codes, classes)?;
        Ok(weights.into_iter().map(|w| self.settings.c * w).collect())
    }

    fn limits(&self) -> Limits {
        let s = &self.settings;
        Limits { tolerance: s.tolerance, steps: s.steps, cache: s.cache, shrinking: s.shrinking }
    }

    /// The sigmoid of a pair, from decisions about samples that the machines were not fitted to.
    fn sigmoid(&self, pair: u64, gram: &Gram<'_>, problem: &Problem) -> Result<Sigmoid> {
        let n = gram.len();
        let mut order: Vec<usize> = (0..n).collect();
        Rng::stream(self.settings.seed, pair).shuffle(&mut order);
        let mut decisions = vec![0.0; n];
        for fold in 0..FOLDS {
            let (begin, end) = (fold * n / FOLDS, (fold + 1) * n / FOLDS);
            let rest: Vec<usize> = order[..begin].iter().chain(&order[end..]).copied().collect();
            let out: Vec<u32> = order[begin..end].iter().map(|&i| i as u32).collect();
            let pick = |v: &[f64]| rest.iter().map(|&i| v[i]).collect::<Vec<f64>>();
            let part = Problem { f: pick(&problem.f), lo: pick(&problem.lo), hi: pick(&problem.hi), epsilon: 0.0 };
            let found = solve(&gram.subset(&rest), &part, vec![0.0; rest.len()], self.limits())?;
            let mut beta = vec![0.0; n];
            rest.iter().zip(&found.beta).for_each(|(&i, &b)| beta[i] = b);
            for (&i, k) in out.iter().zip(products::<f64>(gram, &beta, &out)?) {
                decisions[i as usize] = k + found.intercept;
            }
        }
        let positive: Vec<bool> = problem.f.iter().map(|&y| y > 0.0).collect();
        Ok(Sigmoid::fit(&decisions, &positive))
    }
}

/// The pairs of classes in the machines' order.
fn pairs_of(classes: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..classes).flat_map(move |a| (a + 1..classes).map(move |b| (a, b)))
}

/// The machine of the pair (a, b), a < b.
fn machine_of(classes: usize, a: usize, b: usize) -> usize {
    a * (2 * classes - a - 1) / 2 + b - a - 1
}

impl Learned {
    fn sound(&self) -> bool {
        let k = self.classes;
        let few = (2..=100_000).contains(&k);
        let starts = self.starts.len() == k.saturating_add(1)
            && self.starts[0] == 0
            && self.starts.is_sorted()
            && self.starts.last() == Some(&self.vectors.places.len());
        few && starts
            && self.vectors.sound()
            && self.machines.len() == k * (k - 1) / 2
            && self.machines.iter().zip(pairs_of(k)).all(|(m, (a, b))| {
                let of = |c: usize| self.starts[c + 1] - self.starts[c];
                let sigmoid = m.sigmoid.is_none_or(|s| s.a.is_finite() && s.b.is_finite());
                let numbers = [m.intercept, m.objective, m.residual, m.square];
                m.beta.len() == of(a) + of(b)
                    && m.beta.iter().chain(&numbers).all(|v| v.is_finite())
                    && sigmoid
                    && m.sigmoid.is_some() == self.machines[0].sigmoid.is_some()
            })
    }

    fn pairs(&self, x: &Samples) -> Result<Samples> {
        self.vectors.check(NAME, x)?;
        if let [machine] = &self.machines[..] {
            let sums = self.vectors.sums(NAME, x, &machine.beta, machine.intercept)?;
            return Samples::new(x.rows(), 1, sums);
        }
        self.vectors.map(NAME, x, self.machines.len(), |values, out| {
            for ((out, machine), (a, b)) in out.iter_mut().zip(&self.machines).zip(pairs_of(self.classes)) {
                let of = |c: usize| &values[self.starts[c]..self.starts[c + 1]];
                let (beta_a, beta_b) = machine.beta.split_at(of(a).len());
                *out = machine.intercept
                    + vectorised(
                        #[inline(always)]
                        || dot_any(of(a), beta_a) + dot_any(of(b), beta_b),
                    );
            }
        })
    }

    /// Each machine's multipliers of all vectors.
    fn all_weights(&self) -> impl Iterator<Item = Vec<f64>> {
        self.machines.iter().zip(pairs_of(self.classes)).map(|(m, (a, b))| {
            let mut all = vec![0.0; self.vectors.places.len()];
            let of_a = self.starts[a + 1] - self.starts[a];
            all[self.starts[a]..self.starts[a + 1]].copy_from_slice(&m.beta[..of_a]);
            all[self.starts[b]..self.starts[b + 1]].copy_from_slice(&m.beta[of_a..]);
            all
        })
    }

    /// Votes, and within a third of a vote how decided they were.
    fn votes(&self, pairs: &[f64], votes: &mut [f64]) {
        votes.fill(0.0);
        let mut sure = vec![0.0; self.classes];
        for (&f, (a, b)) in pairs.iter().zip(pairs_of(self.classes)) {
            votes[if f > 0.0 { b } else { a }] += 1.0;
            sure[a] -= f;
            sure[b] += f;
        }
        votes.iter_mut().zip(&sure).for_each(|(v, s)| *v += s / (3.0 * (s.abs() + 1.0)));
    }
}

impl Learner for Svc {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        let s = &self.settings;
        let function = Function::for_fit(NAME, s.kernel, s.gamma, s.coef0, s.degree, x)?;
        let (codes, classes) = y.classes(NAME, x.rows(), 2)?;
        let prices = self.prices(codes, classes)?;
        let mut of_class = vec![Vec::new(); classes];
        codes.iter().enumerate().for_each(|(i, &c)| of_class[c as usize].push(i));

        let pairs: Vec<(usize, usize)> = pairs_of(classes).collect();
        let fit_pair = |(pair, &(a, b)): (usize, &(usize, usize))| -> Result<(Solution, Option<Sigmoid>)> {
            let places: Vec<usize> = of_class[a].iter().chain(&of_class[b]).copied().collect();
            let n_a = of_class[a].len();
            let each = |of_a: f64, of_b: f64| (0..places.len()).map(|i| if i < n_a { of_a } else { of_b }).collect();
            let problem =
                Problem { f: each(-1.0, 1.0), lo: each(-prices[a], 0.0), hi: each(0.0, prices[b]), epsilon: 0.0 };
            let gram = Gram::new(function, x, places);
            let found = solve(&gram, &problem, vec![0.0; gram.len()], self.limits())?;
            let sigmoid = s.probability.then(|| self.sigmoid(pair as u64, &gram, &problem)).transpose()?;
            Ok((found, sigmoid))
        };
        let found: Vec<_> = pairs.par_iter().enumerate().map(fit_pair).collect::<Result<_>>()?;

        // A vector of any machine is a vector of all.
        let mut supports: Vec<Vec<bool>> = of_class.iter().map(|of| vec![false; of.len()]).collect();
        for ((solution, _), &(a, b)) in found.iter().zip(&pairs) {
            let (beta_a, beta_b) = solution.beta.split_at(of_class[a].len());
            for (c, beta) in [(a, beta_a), (b, beta_b)] {
                supports[c].iter_mut().zip(beta).for_each(|(s, &b)| *s |= b != 0.0);
            }
        }
        let mut starts = vec![0];
        let mut places = Vec::new();
        for (of, supports) in of_class.iter().zip(&supports) {
            places.extend(of.iter().zip(supports).filter(|(_, s)| **s).map(|(&i, _)| i as u32));
            starts.push(places.len());
        }
        let machine = |((solution, sigmoid), &(a, b)): (&(Solution, Option<Sigmoid>), &(usize, usize))| {
            let supports = supports[a].iter().chain(&supports[b]);
            Machine {
                beta: solution.beta.iter().zip(supports).filter(|(_, s)| **s).map(|(&b, _)| b).collect(),
                intercept: solution.intercept,
                objective: solution.objective,
                residual: solution.residual,
                square: solution.square,
                sigmoid: *sigmoid,
            }
        };
        let machines = found.iter().zip(&pairs).map(machine).collect();
        let learned = Learned { classes, vectors: Vectors::new(function, x, places), starts, machines };
        if !learned.sound() {
            return Err(Error::value(format!("{NAME}: the numbers left their range; scale the samples or lower `C`")));
        }
        self.learned = Some(learned);
        let solutions = || found.iter().map(|(solution, _)| solution);
        Ok(Fit { steps: solutions().map(|s| s.steps).sum(), warning: unfinished(NAME, solutions(), s.tolerance) })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(NAME, &self.learned)?;
        let pairs = l.pairs(x)?;
        if l.classes == 2 {
            return Ok(Answer::Classes(pairs.values().iter().map(|&f| i64::from(f > 0.0)).collect()));
        }
        let mut votes = vec![0.0; l.classes];
        let class = |pairs: &[f64]| {
            l.votes(pairs, &mut votes);
            (1..l.classes).fold(0, |best, c| if votes[c] > votes[best] { c } else { best }) as i64
        };
        Ok(Answer::Classes(pairs.iter().map(class).collect()))
    }

    fn predict_proba(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        let sigmoids: Option<Vec<Sigmoid>> = l.machines.iter().map(|m| m.sigmoid).collect();
        let Some(sigmoids) = sigmoids else {
            return Err(Error::value(format!("{NAME}: set `probability` before the fit for probabilities")));
        };
        let pairs = l.pairs(x)?;
        let k = l.classes;
        let mut out = vec![0.0; x.rows() * k];
        for (out, pairs) in out.chunks_exact_mut(k).zip(pairs.iter()) {
            let p: Vec<f64> = pairs.iter().zip(&sigmoids).map(|(&f, s)| s.probability(f)).collect();
            if k == 2 {
                out.copy_from_slice(&[1.0 - p[0], p[0]]);
                continue;
            }
            // No pair is certain, or the coupled equations would have no answer.
            let of = |i: usize, j: usize| match i < j {
                true => 1.0 - p[machine_of(k, i, j)].clamp(1e-7, 1.0 - 1e-7),
                false => p[machine_of(k, j, i)].clamp(1e-7, 1.0 - 1e-7),
            };
            couple(k, of, out);
        }
        Samples::new(x.rows(), k, out)
    }

    fn decision(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        let pairs = l.pairs(x)?;
        if l.classes == 2 {
            return Ok(pairs);
        }
        let mut out = vec![0.0; x.rows() * l.classes];
        for (out, pairs) in out.chunks_exact_mut(l.classes).zip(pairs.iter()) {
            l.votes(pairs, out);
        }
        Samples::new(x.rows(), l.classes, out)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        let each = |f: fn(&Machine) -> f64| Shown::Numbers(l.machines.iter().map(f).collect());
        let table = |rows: Vec<Vec<f64>>| {
            let width = rows.first().map_or(0, Vec::len);
            Shown::Table(Samples::new(rows.len(), width, rows.concat()).unwrap_or_default())
        };
        let mut shown = vec![
            ("support", Shown::Numbers(l.vectors.places.iter().map(|&i| f64::from(i)).collect())),
            ("support_vectors", Shown::Table(l.vectors.table())),
            ("support_counts", Shown::Numbers(l.starts.windows(2).map(|w| (w[1] - w[0]) as f64).collect())),
            ("dual", table(l.all_weights().collect())),
            ("intercept", each(|m| m.intercept)),
            ("margin", each(|m| 1.0 / m.square.sqrt().max(1e-300))),
            ("objective", each(|m| m.objective)),
            ("residual", each(|m| m.residual)),
            ("gamma", Shown::Number(l.vectors.function.gamma)),
        ];
        if l.vectors.function.kernel == Kernel::Linear {
            let rows = l.all_weights().map(|w| l.vectors.normal(w.into_iter().enumerate()));
            shown.push(("weights", table(rows.collect())));
        }
        shown
    }

    fn summary(&self) -> Option<String> {
        let l = self.learned.as_ref()?;
        let (d, k, n) = (l.vectors.columns, l.classes, l.vectors.places.len());
        Some(format!("{d} features, {k} classes, {n} support vectors"))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

/// What to say of fits that ran out of steps.
pub(super) fn unfinished<'a>(name: &str, found: impl Iterator<Item = &'a Solution>, tolerance: f64) -> Option<String> {
    let worst = found.filter(|s| !s.converged).max_by(|a, b| a.residual.total_cmp(&b.residual))?;
    let (steps, residual) = (worst.steps, worst.residual);
    Some(format!(
        "{name}: not optimal after {steps} steps: the residual is {residual:.2e}, wanted {tolerance:.0e}; scale the \
         samples, lower `C` or raise `steps`"
    ))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{blobs, number, numbers, read, threads};
    use super::*;

    fn goal(codes: &[u32]) -> Goal<'_> {
        Goal::Classes { codes, classes: codes.iter().max().map_or(0, |&c| c as usize + 1) }
    }

    fn right(me: &Svc, x: &Samples, codes: &[u32]) -> usize {
        let Answer::Classes(found) = me.predict(x).unwrap() else { panic!("classes") };
        found.iter().zip(codes).filter(|(a, b)| **a == i64::from(**b)).count()
    }

    fn near(a: f64, b: f64, off: f64) {
        assert!((a - b).abs() <= off, "{a} is not {b}");
    }

    #[test]
    fn the_linear_example_has_its_known_plane() {
        let Some((x, labels)) = read("svm_linear.csv") else { return };
        let codes: Vec<u32> = labels.iter().map(|&l| u32::from(l > 0.0)).collect();
        for seed in 0..3 {
            let settings = SvcSettings { kernel: Kernel::Linear, tolerance: 1e-10, seed, ..Default::default() };
            let mut me = Svc::new(settings).unwrap();
            assert_eq!(me.fit(&x, goal(&codes)).unwrap().warning, None);
            let w = numbers(&me, "weights");
            near(w[0], -0.01603863, 1e-8);
            near(w[1], 0.02241959, 1e-8);
            near(numbers(&me, "intercept")[0], -0.88410796, 1e-6);
            near(numbers(&me, "objective")[0], 7.69702562, 1e-7);
            assert_eq!(right(&me, &x, &codes), 10);
        }
        let mut usual = Svc::new(SvcSettings { kernel: Kernel::Linear, ..Default::default() }).unwrap();
        usual.fit(&x, goal(&codes)).unwrap();
        near(numbers(&usual, "objective")[0], 7.69702562, 1e-3);
    }

    #[test]
    fn the_spiral_is_learned_by_heart() {
        let Some((x, labels)) = read("svm_spiral.csv") else { return };
        let codes: Vec<u32> = labels.iter().map(|&l| u32::from(l > 0.0)).collect();
        let settings = SvcSettings { c: 20.0, gamma: Gamma::Value(1.0 / 800.0), tolerance: 1e-9, ..Default::default() };
        let mut me = Svc::new(settings).unwrap();
        me.fit(&x, goal(&codes)).unwrap();
        near(numbers(&me, "intercept")[0], -0.31318702, 1e-7);
        near(numbers(&me, "dual").iter().map(|b| b.abs()).sum(), 47.11847, 1e-5);
        assert_eq!(right(&me, &x, &codes), 40);
    }

    #[test]
    fn xor_has_four_equal_multipliers() {
        let x = Samples::new(4, 2, vec![75.0, 75.0, 225.0, 225.0, 75.0, 225.0, 225.0, 75.0]).unwrap();
        let settings = SvcSettings { c: 20.0, gamma: Gamma::Value(1.0 / 800.0), ..Default::default() };
        let mut me = Svc::new(settings).unwrap();
        me.fit(&x, goal(&[1, 1, 0, 0])).unwrap();
        numbers(&me, "dual").iter().for_each(|b| near(b.abs(), 1.0, 1e-9));
        near(numbers(&me, "intercept")[0], 0.0, 1e-9);
        assert_eq!(right(&me, &x, &[1, 1, 0, 0]), 4);
    }

    #[test]
    fn conditions_hold_for_every_kernel_and_a_given_matrix_is_the_same() {
        let (x, codes) = blobs(120, 3, 5, 1.5, 7);
        for kernel in [Kernel::Linear, Kernel::Rbf, Kernel::Poly, Kernel::Sigmoid] {
            let settings = SvcSettings { kernel, coef0: 0.3, gamma: Gamma::Value(0.1), ..Default::default() };
            let mut me = Svc::new(settings.clone()).unwrap();
            assert_eq!(me.fit(&x, goal(&codes)).unwrap().warning, None);
            assert!(numbers(&me, "residual").iter().all(|r| *r <= 1e-3));
            assert!(right(&me, &x, &codes) > 60, "{kernel:?}");
            let function = Function::new(kernel, Gamma::Value(0.1), 0.3, 3, &x);
            let matrix = x.iter().flat_map(|a| x.iter().map(move |b| function.value(a, b))).collect();
            let matrix = Samples::new(120, 120, matrix).unwrap();
            let mut given = Svc::new(SvcSettings { kernel: Kernel::Precomputed, ..settings }).unwrap();
            given.fit(&matrix, goal(&codes)).unwrap();
            let (a, b) = (me.decision(&x).unwrap(), given.decision(&matrix).unwrap());
            for (a, b) in a.values().iter().zip(b.values()) {
                near(*a, *b, 2e-3);
            }
        }
    }

    #[test]
    fn many_samples_in_f32_end_where_f64_ends() {
        let (x, codes) = blobs(2000, 2, 4, 0.8, 3);
        let function = Function::new(Kernel::Rbf, Gamma::Scale, 0.0, 3, &x);
        let gram = Gram::new(function, &x, (0..2000).collect());
        let y = |c: &u32| if *c == 1 { 1.0 } else { -1.0 };
        let problem = Problem {
            f: codes.iter().map(y).collect(),
            lo: codes.iter().map(|c| f64::min(y(c), 0.0)).collect(),
            hi: codes.iter().map(|c| f64::max(y(c), 0.0)).collect(),
            epsilon: 0.0,
        };
        let all: Vec<u32> = (0..2000).collect();
        let mut objectives = Vec::new();
        for (shrinking, cache) in [(true, 200.0), (false, 200.0), (true, 0.1)] {
            let limits = Limits { tolerance: 1e-3, steps: 1_000_000, cache, shrinking };
            let found = solve(&gram, &problem, vec![0.0; 2000], limits).unwrap();
            let k = products::<f64>(&gram, &found.beta, &all).unwrap();
            let r: Vec<f64> = problem.f.iter().zip(&k).map(|(f, k)| f - k).collect();
            let most = (0..2000).filter(|&i| found.beta[i] < problem.hi[i]).map(|i| r[i]).fold(-9.0, f64::max);
            let least = (0..2000).filter(|&i| found.beta[i] > problem.lo[i]).map(|i| r[i]).fold(9.0, f64::min);
            assert!(found.converged && most - least < 1.05e-3, "{} in truth", most - least);
            near(found.beta.iter().sum(), 0.0, 1e-9);
            objectives.push(found.objective);
        }
        objectives.iter().for_each(|o| near(*o, objectives[0], 0.02));
    }

    #[test]
    fn samples_far_from_zero_are_refined_in_f64() {
        let (x, codes) = blobs(1600, 2, 3, 1.0, 4);
        let far = Samples::new(1600, 3, x.values().iter().map(|v| v + 3000.0).collect()).unwrap();
        let fit = |x: &Samples| {
            let mut me = Svc::new(SvcSettings { kernel: Kernel::Linear, ..Default::default() }).unwrap();
            assert_eq!(me.fit(x, goal(&codes)).unwrap().warning, None);
            (number(&me, "objective"), numbers(&me, "weights"))
        };
        let (a, b) = (fit(&x), fit(&far));
        near(a.0, b.0, 0.05);
        a.1.iter().zip(&b.1).for_each(|(a, b)| near(*a, *b, 0.02));
    }

    #[test]
    fn probabilities_sum_to_one_and_prefer_the_right_class() {
        for classes in [2, 4] {
            let (x, codes) = blobs(200, classes, 3, 3.0, 5);
            let mut me = Svc::new(SvcSettings { probability: true, ..Default::default() }).unwrap();
            me.fit(&x, goal(&codes)).unwrap();
            let p = me.predict_proba(&x).unwrap();
            let mut hits = 0;
            for (row, &code) in p.iter().zip(&codes) {
                near(row.iter().sum(), 1.0, 1e-9);
                assert!(row.iter().all(|p| (0.0..=1.0).contains(p)));
                hits += usize::from(row.iter().all(|p| *p <= row[code as usize]));
            }
            assert!(hits > 180, "{hits}");
            let again = Svc::from_saved(&me.bytes().unwrap()).unwrap();
            assert_eq!(again.predict_proba(&x).unwrap(), p);
            assert_eq!(again.decision(&x).unwrap(), me.decision(&x).unwrap());
        }
    }

    #[test]
    fn weights_move_the_plane_towards_the_cheaper_class() {
        let (x, codes) = blobs(300, 2, 2, 1.0, 6);
        let share = |class_weight| {
            let mut me = Svc::new(SvcSettings { class_weight, ..Default::default() }).unwrap();
            me.fit(&x, goal(&codes)).unwrap();
            let Answer::Classes(found) = me.predict(&x).unwrap() else { panic!() };
            found.iter().sum::<i64>()
        };
        let (few, some, many) = (
            share(Some(ClassWeight::Each(vec![10.0, 1.0]))),
            share(Some(ClassWeight::Balanced)),
            share(Some(ClassWeight::Each(vec![1.0, 10.0]))),
        );
        assert!(few < some && some < many, "{few} {some} {many}");
        let mut wrong =
            Svc::new(SvcSettings { class_weight: Some(ClassWeight::Each(vec![1.0])), ..Default::default() }).unwrap();
        let says = wrong.fit(&x, goal(&codes)).unwrap_err().to_string();
        assert_eq!(says, "svc: `class_weight` has 1 numbers for 2 classes");
    }

    #[test]
    fn the_same_on_one_and_two_threads() {
        let (x, codes) = blobs(1800, 3, 4, 1.0, 8);
        let fit = || {
            let mut me = Svc::new(SvcSettings { probability: true, ..Default::default() }).unwrap();
            me.fit(&x, goal(&codes)).unwrap();
            (me.bytes().unwrap(), me.predict_proba(&x).unwrap())
        };
        assert!(threads(1, fit) == threads(2, fit));
    }

    #[test]
    fn strange_data_has_a_sentence_or_an_answer() {
        let mut me = Svc::new(SvcSettings { steps: 100_000, ..Default::default() }).unwrap();
        let two = |values: Vec<f64>| Samples::new(2, values.len() / 2, values).unwrap();
        assert!(me.predict(&two(vec![0.0, 1.0])).unwrap_err().to_string().contains("not fitted yet"));
        assert!(me.fit(&two(vec![0.0, f64::NAN]), goal(&[0, 1])).is_err());
        assert!(me.fit(&two(vec![0.0, 1e150]), goal(&[0, 1])).is_err());
        assert!(me.fit(&two(vec![0.0, 1.0]), Goal::Classes { codes: &[0, 0], classes: 1 }).is_err());
        assert!(me.fit(&two(vec![0.0, 1.0]), Goal::Classes { codes: &[0, 0], classes: 2 }).is_err());
        assert!(me.fit(&two(vec![0.0, 1.0]), Goal::None).is_err());
        for values in [vec![3.0, 3.0], vec![0.0, 0.0], vec![-1e99, 1e99], vec![0.0, 1e-300], vec![0.0, 0.0, 1.0, 1.0]] {
            for kernel in [Kernel::Linear, Kernel::Rbf, Kernel::Poly, Kernel::Sigmoid] {
                let settings = SvcSettings { kernel, steps: 10_000, probability: true, ..Default::default() };
                let mut me = Svc::new(settings).unwrap();
                let x = two(values.clone());
                if me.fit(&x, goal(&[0, 1])).is_ok() {
                    assert!(me.predict_proba(&x).unwrap().values().iter().all(|p| p.is_finite()));
                    Svc::from_saved(&me.bytes().unwrap()).unwrap();
                }
            }
        }
        // Not positive definite, and a price without measure: it ends.
        let matrix = Samples::new(2, 2, vec![-1.0, 5.0, 5.0, -1.0]).unwrap();
        for c in [1.0, 1e300] {
            let settings = SvcSettings { c, kernel: Kernel::Precomputed, steps: 1000, ..Default::default() };
            let _ = Svc::new(settings).unwrap().fit(&matrix, goal(&[0, 1]));
        }
    }

    #[test]
    fn too_few_steps_are_told() {
        let (x, codes) = blobs(300, 2, 2, 0.3, 6);
        let mut me = Svc::new(SvcSettings { steps: 20, ..Default::default() }).unwrap();
        let said = me.fit(&x, goal(&codes)).unwrap().warning.unwrap();
        assert!(said.starts_with("svc: not optimal after 20 steps: the residual is "), "{said}");
    }

    #[test]
    fn damaged_files_are_refused() {
        let (x, codes) = blobs(30, 3, 2, 1.0, 1);
        let mut me = Svc::new(SvcSettings::default()).unwrap();
        me.fit(&x, goal(&codes)).unwrap();
        let damage: [fn(&mut Learned); 7] = [
            |l| l.classes = usize::MAX,
            |l| l.starts[1] = 1_000_000,
            |l| l.vectors.columns = usize::MAX,
            |l| l.vectors.samples.truncate(3),
            |l| l.machines[1].beta.clear(),
            |l| l.machines[2].intercept = f64::NAN,
            |l| l.vectors.function.kernel = Kernel::Precomputed,
        ];
        for (i, damage) in damage.into_iter().enumerate() {
            let mut other = me.clone();
            damage(other.learned.as_mut().unwrap());
            assert!(Svc::from_saved(&other.bytes().unwrap()).is_err(), "damage {i}");
        }
        assert!(Svc::from_saved(&[]).is_err() && Svc::from_saved(&[0xff; 40]).is_err());
    }
}
