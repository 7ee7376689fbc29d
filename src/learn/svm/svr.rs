//! Support vector regression: errors below `epsilon` cost nothing, larger ones grow in proportion.
//!
//! Drucker, Burges, Kaufman, Smola & Vapnik (1997); the dual problem is that of Smola & Schölkopf (2004), "A tutorial
//! on support vector regression", equation 10.

use super::kernel::{self, Function, Gamma, Gram, Kernel};
use super::solver::{Limits, Problem, solve};
use super::svc::unfinished;
use super::vectors::Vectors;
use crate::error::ensure_setting;
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "svr";

/// Settings of [`Svr`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SvrSettings {
    /// The price of errors: large ones are fitted closely. Positive. Default 1.
    #[serde(rename = "C")]
    pub c: f64,
    /// Errors up to this cost nothing; not negative. Default 0.1.
    pub epsilon: f64,
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

impl Default for SvrSettings {
    fn default() -> Self {
        Self {
            c: 1.0,
            epsilon: 0.1,
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

/// The support vector regression.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Svr {
    settings: SvrSettings,
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

impl Svr {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: SvrSettings) -> Result<Self> {
        let s = &settings;
        ensure_setting(s.c > 0.0 && s.c.is_finite(), NAME, "C", "positive", s.c)?;
        ensure_setting(s.epsilon >= 0.0 && s.epsilon.is_finite(), NAME, "epsilon", "not negative", s.epsilon)?;
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
}

impl Learner for Svr {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        let s = &self.settings;
        let function = Function::for_fit(NAME, s.kernel, s.gamma, s.coef0, s.degree, x)?;
        let n = x.rows();
        let z = y.numbers(NAME, n)?;
        let gram = Gram::new(function, x, (0..n).collect());
        let problem = Problem { f: z.to_vec(), lo: vec![-s.c; n], hi: vec![s.c; n], epsilon: s.epsilon };
        let limits = Limits { tolerance: s.tolerance, steps: s.steps, cache: s.cache, shrinking: s.shrinking };
        let found = solve(&gram, &problem, vec![0.0; n], limits)?;
        let places: Vec<u32> = (0..n as u32).filter(|&i| found.beta[i as usize] != 0.0).collect();
        let learned = Learned {
            beta: places.iter().map(|&i| found.beta[i as usize]).collect(),
            vectors: Vectors::new(function, x, places),
            intercept: found.intercept,
            objective: found.objective,
            residual: found.residual,
        };
        if !learned.sound() {
            return Err(Error::value(format!("{NAME}: the numbers left their range; scale the samples or lower `C`")));
        }
        self.learned = Some(learned);
        Ok(Fit { steps: found.steps, warning: unfinished(NAME, [&found].into_iter(), s.tolerance) })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(NAME, &self.learned)?;
        l.vectors.check(NAME, x)?;
        Ok(Answer::Numbers(l.vectors.sums(NAME, x, &l.beta, l.intercept)?))
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        let mut shown = vec![
            ("support", Shown::Numbers(l.vectors.places.iter().map(|&i| f64::from(i)).collect())),
            ("support_vectors", Shown::Table(l.vectors.table())),
            ("dual", Shown::Numbers(l.beta.clone())),
            ("intercept", Shown::Number(l.intercept)),
            ("objective", Shown::Number(l.objective)),
            ("residual", Shown::Number(l.residual)),
            ("gamma", Shown::Number(l.vectors.function.gamma)),
        ];
        if l.vectors.function.kernel == Kernel::Linear {
            shown.push(("weights", Shown::Numbers(l.vectors.normal(l.beta.iter().copied().enumerate()))));
        }
        shown
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
    use super::super::tests::{blobs, number, numbers};
    use super::*;
    use crate::data::Rng;

    fn answers(me: &Svr, x: &Samples) -> Vec<f64> {
        let Answer::Numbers(found) = me.predict(x).unwrap() else { panic!("numbers") };
        found
    }

    #[test]
    fn a_line_is_found_as_flat_as_its_tube_allows() {
        // y = 2x + 1 from 0 to 4: with a tube of 0.5 the flattest line is 1.75x + 1.5.
        let x = Samples::new(5, 1, vec![0.0, 1.0, 2.0, 3.0, 4.0]).unwrap();
        let y = [1.0, 3.0, 5.0, 7.0, 9.0];
        let settings =
            SvrSettings { c: 100.0, epsilon: 0.5, kernel: Kernel::Linear, tolerance: 1e-9, ..Default::default() };
        let mut me = Svr::new(settings).unwrap();
        assert_eq!(me.fit(&x, Goal::Numbers(&y)).unwrap().warning, None);
        assert!((number(&me, "weights") - 1.75).abs() < 1e-8 && (number(&me, "intercept") - 1.5).abs() < 1e-8);
        assert_eq!(numbers(&me, "support"), [0.0, 4.0]);
    }

    #[test]
    fn a_wave_is_followed_within_the_tube() {
        let mut rng = Rng::new(1);
        let x: Vec<f64> = (0..2000).map(|_| rng.uniform() * 6.0).collect();
        let y: Vec<f64> = x.iter().map(|x| x.sin()).collect();
        let x = Samples::new(2000, 1, x).unwrap();
        for shrinking in [true, false] {
            let settings = SvrSettings { c: 10.0, epsilon: 0.05, shrinking, ..Default::default() };
            let mut me = Svr::new(settings).unwrap();
            assert_eq!(me.fit(&x, Goal::Numbers(&y)).unwrap().warning, None);
            let found = answers(&me, &x);
            // (Free vectors may be off by the tolerance.)
            let worst = found.iter().zip(&y).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(worst < 0.052, "{worst}");
            let beta = numbers(&me, "dual");
            assert!(beta.iter().sum::<f64>().abs() < 1e-9 && beta.iter().all(|b| b.abs() <= 10.0));
            assert_eq!(answers(&Svr::from_saved(&me.bytes().unwrap()).unwrap(), &x), found);
        }
    }

    #[test]
    fn no_tube_and_strange_data() {
        let (x, codes) = blobs(60, 2, 3, 1.0, 2);
        let y: Vec<f64> = codes.iter().map(|&c| f64::from(c)).collect();
        let mut me = Svr::new(SvrSettings { epsilon: 0.0, ..Default::default() }).unwrap();
        assert_eq!(me.fit(&x, Goal::Numbers(&y)).unwrap().warning, None);
        // All the same: no vector is needed.
        me.fit(&x, Goal::Numbers(&[7.0; 60])).unwrap();
        assert!(answers(&me, &x).iter().all(|v| (v - 7.0).abs() < 1e-9));
        let one = Samples::new(1, 1, vec![2.0]).unwrap();
        me.fit(&one, Goal::Numbers(&[3.0])).unwrap();
        assert_eq!(answers(&me, &one), [3.0]);
        assert!(me.predict(&x).unwrap_err().to_string().contains("fitted to 1 features"));
        assert!(me.fit(&one, Goal::Numbers(&[f64::NAN])).is_err() && me.fit(&one, Goal::None).is_err());
        let twice = Samples::new(2, 1, vec![2.0, 2.0]).unwrap();
        me.fit(&twice, Goal::Numbers(&[-1.0, 1.0])).unwrap();
        assert!(answers(&me, &twice)[0].abs() <= 1.0);
        let huge = me.fit(&twice, Goal::Numbers(&[-1e300, 1e300]));
        assert!(huge.is_err() || answers(&me, &twice)[0].is_finite());
        let mut other = me.clone();
        other.learned.as_mut().unwrap().beta.push(1.0);
        assert!(Svr::from_saved(&other.bytes().unwrap()).is_err());
    }
}
