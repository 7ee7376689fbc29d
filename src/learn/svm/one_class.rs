//! One-class support vectors: the smallest region that holds most of the samples.
//!
//! Schölkopf, Platt, Shawe-Taylor, Smola & Williamson (2001), "Estimating the support of a high-dimensional
//! distribution"; multipliers are scaled as in LIBSVM: each at most 1, νn in sum.

use super::kernel::{self, Function, Gamma, Gram, Kernel};
use super::solver::{Limits, Problem, solve};
use super::svc::unfinished;
use super::vectors::Vectors;
use crate::error::ensure_setting;
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "one_class";

/// Settings of [`OneClass`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OneClassSettings {
    /// At most this share of the samples is unusual, at least this share are support vectors; in (0, 1]. Default 0.5.
    pub nu: f64,
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
    /// The residual of the optimality conditions to reach, positive. Default 0.001.
    pub tolerance: f64,
    /// Steps at most. Default 10,000,000.
    pub steps: u64,
    /// Megabytes for kernel values, not negative. Default 200.
    pub cache: f64,
    /// Leave out samples for a while that seem settled. Default true.
    pub shrinking: bool,
}

impl Default for OneClassSettings {
    fn default() -> Self {
        Self {
            nu: 0.5,
            kernel: Kernel::Rbf,
            gamma: Gamma::Scale,
            degree: 3,
            coef0: 0.0,
            tolerance: 1e-3,
            steps: 10_000_000,
            cache: 200.0,
            shrinking: true,
        }
    }
}

/// The one-class support vector machine. It answers 0 for a usual sample, -1 for an unusual one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OneClass {
    settings: OneClassSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    vectors: Vectors,
    beta: Vec<f64>, // of each vector
    intercept: f64,
    objective: f64,
    residual: f64,
}

impl OneClass {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: OneClassSettings) -> Result<Self> {
        let s = &settings;
        ensure_setting(s.nu > 0.0 && s.nu <= 1.0, NAME, "nu", "above 0 and at most 1", s.nu)?;
        kernel::check(NAME, s.gamma, s.coef0, s.degree)?;
        ensure_setting(s.tolerance > 0.0 && s.tolerance.is_finite(), NAME, "tolerance", "positive", s.tolerance)?;
        ensure_setting(s.steps >= 1, NAME, "steps", "at least 1", s.steps)?;
        ensure_setting(s.cache >= 0.0 && s.cache <= 1e9, NAME, "cache", "from 0 to 1e9", s.cache)?;
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
}

impl Learned {
    fn sound(&self) -> bool {
        let numbers = [self.intercept, self.objective, self.residual];
        self.vectors.sound()
            && self.beta.len() == self.vectors.places.len()
            && self.beta.iter().chain(&numbers).all(|v| v.is_finite())
    }

    fn sums(&self, x: &Samples) -> Result<Vec<f64>> {
        self.vectors.check(NAME, x)?;
        self.vectors.sums(NAME, x, &self.beta, self.intercept)
    }
}

impl Learner for OneClass {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        let s = &self.settings;
        let function = Function::for_fit(NAME, s.kernel, s.gamma, s.coef0, s.degree, x)?;
        let n = x.rows();
        let gram = Gram::new(function, x, (0..n).collect());
        let problem = Problem { f: vec![0.0; n], lo: vec![0.0; n], hi: vec![1.0; n], epsilon: 0.0 };
        let sum = s.nu * n as f64;
        let beta = (0..n).map(|i| (sum - i as f64).clamp(0.0, 1.0)).collect();
        let limits = Limits { tolerance: s.tolerance, steps: s.steps, cache: s.cache, shrinking: s.shrinking };
        let found = solve(&gram, &problem, beta, limits)?;
        let places: Vec<u32> = (0..n as u32).filter(|&i| found.beta[i as usize] != 0.0).collect();
        let learned = Learned {
            beta: places.iter().map(|&i| found.beta[i as usize]).collect(),
            vectors: Vectors::new(function, x, places),
            intercept: found.intercept,
            objective: found.objective,
            residual: found.residual,
        };
        if !learned.sound() {
            return Err(Error::value(format!("{NAME}: the numbers left their range; scale the samples")));
        }
        self.learned = Some(learned);
        Ok(Fit { steps: found.steps, warning: unfinished(NAME, [&found].into_iter(), s.tolerance) })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let sums = fitted(NAME, &self.learned)?.sums(x)?;
        Ok(Answer::Classes(sums.into_iter().map(|f| if f >= 0.0 { 0 } else { -1 }).collect()))
    }

    fn decision(&self, x: &Samples) -> Result<Samples> {
        Samples::new(x.rows(), 1, fitted(NAME, &self.learned)?.sums(x)?)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        vec![
            ("support", Shown::Numbers(l.vectors.places.iter().map(|&i| f64::from(i)).collect())),
            ("support_vectors", Shown::Table(l.vectors.table())),
            ("dual", Shown::Numbers(l.beta.clone())),
            ("intercept", Shown::Number(l.intercept)),
            ("objective", Shown::Number(l.objective)),
            ("residual", Shown::Number(l.residual)),
            ("gamma", Shown::Number(l.vectors.function.gamma)),
        ]
    }

    fn summary(&self) -> Option<String> {
        let l = self.learned.as_ref()?;
        Some(format!("{} features, {} support vectors", l.vectors.columns, l.vectors.places.len()))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{blobs, numbers};
    use super::*;

    #[test]
    fn the_share_of_unusual_samples_is_nu() {
        for (n, nu) in [(400, 0.1), (1700, 0.3), (50, 1.0), (37, 0.001)] {
            let (x, _) = blobs(n, 1, 3, 1.0, 4);
            let mut me = OneClass::new(OneClassSettings { nu, ..Default::default() }).unwrap();
            assert_eq!(me.fit(&x, Goal::None).unwrap().warning, None);
            let Answer::Classes(found) = me.predict(&x).unwrap() else { panic!("classes") };
            let unusual = found.iter().filter(|c| **c < 0).count() as f64 / n as f64;
            let vectors = numbers(&me, "dual").len() as f64 / n as f64;
            assert!(nu == 1.0 || nu == 0.001 || unusual <= nu + 0.02, "{unusual} of {nu}");
            assert!(vectors >= nu - 1e-9, "{vectors} of {nu}");
            let sum: f64 = numbers(&me, "dual").iter().sum();
            assert!((sum - nu * n as f64).abs() < 1e-9);
            let again = OneClass::from_saved(&me.bytes().unwrap()).unwrap();
            assert_eq!(again.decision(&x).unwrap(), me.decision(&x).unwrap());
        }
    }

    #[test]
    fn what_is_far_away_is_unusual() {
        let (x, _) = blobs(200, 1, 2, 0.0, 4);
        let mut me = OneClass::new(OneClassSettings { nu: 0.05, ..Default::default() }).unwrap();
        me.fit(&x, Goal::None).unwrap();
        let probes = Samples::new(2, 2, vec![0.0, 0.0, 9.0, 9.0]).unwrap();
        assert_eq!(me.predict(&probes).unwrap(), Answer::Classes(vec![0, -1]));
        let one = Samples::new(1, 1, vec![5.0]).unwrap();
        me.fit(&one, Goal::None).unwrap();
        assert!(me.decision(&one).unwrap().values()[0].is_finite());
    }
}
