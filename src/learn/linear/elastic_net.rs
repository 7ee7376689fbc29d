//! Elastic net: least squares with prices on the sizes and on the squares of the weights. With sizes only, the lasso.
//!
//! Zou & Hastie (2005), "Regularization and variable selection via the elastic net"; Tibshirani (1996), "Regression
//! shrinkage and selection via the lasso". See [`super::coordinates`].

use super::checks::{check_effort, usable_answers, usable_dense};
use super::coordinates::{Found, Prices, descend};
use super::linear_regression::least_squares;
use super::planes::Planes;
use super::ridge::dense_ridge;
use crate::error::ensure_setting;
use crate::learn::cluster::ensure_sound;
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NET: &str = "elastic_net";
const LASSO: &str = "lasso";

/// Settings of [`ElasticNet`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ElasticNetSettings {
    /// The price of the weights against the mean squared error, half of it: 0 to 1e100. Default 1.
    pub alpha: f64,
    /// The part of it on sizes, the rest on half the squares: 0 to 1. Default 0.5.
    pub l1_ratio: f64,
    /// Learn a bias. Default true.
    pub fit_intercept: bool,
    /// The duality gap to reach, as a part of the answers' squares; positive. Default 0.0001.
    pub tolerance: f64,
    /// Ways through all weights at most. Default 1000.
    pub steps: u64,
}

impl Default for ElasticNetSettings {
    fn default() -> Self {
        Self { alpha: 1.0, l1_ratio: 0.5, fit_intercept: true, tolerance: 1e-4, steps: 1000 }
    }
}

/// Settings of [`Lasso`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LassoSettings {
    /// The price of the weights' sizes against the mean squared error, half of it: 0 to 1e100. Default 1.
    pub alpha: f64,
    /// Learn a bias. Default true.
    pub fit_intercept: bool,
    /// The duality gap to reach, as a part of the answers' squares; positive. Default 0.0001.
    pub tolerance: f64,
    /// Ways through all weights at most. Default 1000.
    pub steps: u64,
}

impl Default for LassoSettings {
    fn default() -> Self {
        Self { alpha: 1.0, fit_intercept: true, tolerance: 1e-4, steps: 1000 }
    }
}

impl LassoSettings {
    fn as_net(&self) -> ElasticNetSettings {
        let Self { alpha, fit_intercept, tolerance, steps } = *self;
        ElasticNetSettings { alpha, l1_ratio: 1.0, fit_intercept, tolerance, steps }
    }
}

/// The elastic net.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ElasticNet {
    settings: ElasticNetSettings,
    learned: Option<Learned>,
}

/// The lasso.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Lasso {
    settings: LassoSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    planes: Planes,
    gap: f64,
}

impl ElasticNetSettings {
    fn check(&self, name: &str) -> Result<()> {
        ensure_setting((0.0..=1e100).contains(&self.alpha), name, "alpha", "from 0 to 1e100", self.alpha)?;
        ensure_setting((0.0..=1.0).contains(&self.l1_ratio), name, "l1_ratio", "from 0 to 1", self.l1_ratio)?;
        check_effort(name, self.tolerance, self.steps)
    }

    fn learn(&self, name: &str, x: &Samples, y: Goal<'_>) -> Result<(Learned, Fit)> {
        usable_dense(name, x, None)?;
        let y = y.numbers(name, x.rows())?;
        usable_answers(name, y)?;
        let price = self.alpha * x.rows() as f64;
        let prices = Prices { l1: price * self.l1_ratio, l2: price * (1.0 - self.l1_ratio) };
        let found = if prices.l1 > 0.0 {
            descend(x, y, &prices, self.fit_intercept, self.tolerance, self.steps)?
        } else if prices.l2 > 0.0 {
            Found { planes: dense_ridge(x, y, prices.l2, self.fit_intercept)?, steps: 1, gap: 0.0 }
        } else {
            Found { planes: least_squares(x, y, self.fit_intercept)?, steps: 1, gap: 0.0 }
        };
        if !found.planes.finite() {
            return Err(Error::value(format!("{name}: the numbers left their range; scale the samples")));
        }
        let Found { planes, steps, gap } = found;
        let warning = (gap > self.tolerance).then(|| {
            let wanted = self.tolerance;
            format!("not converged after {steps} steps: the duality gap is {gap:.3e} of |y|², wanted {wanted:.3e}")
        });
        Ok((Learned { planes, gap: gap.min(1e200) }, Fit { steps, warning }))
    }
}

impl Learned {
    fn sound(&self) -> bool {
        self.planes.sound() && self.planes.outputs() == 1 && self.gap.is_finite()
    }

    fn predict(&self, name: &str, x: &Samples) -> Result<Answer> {
        usable_dense(name, x, Some(self.planes.columns))?;
        Ok(Answer::Numbers(self.planes.values(x)?))
    }

    fn shown(&self) -> Vec<(&'static str, Shown)> {
        let mut shown = self.planes.shown();
        shown.push(("gap", Shown::Number(self.gap)));
        shown
    }

    fn summary(&self) -> String {
        let used = self.planes.weights.iter().filter(|w| **w != 0.0).count();
        format!("{} features, {used} of them used", self.planes.columns)
    }
}

impl ElasticNet {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: ElasticNetSettings) -> Result<Self> {
        settings.check(NET)?;
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(NET, bytes)?;
        me.settings.check(NET)?;
        ensure_sound(me.learned.as_ref().is_none_or(Learned::sound), NET)?;
        Ok(me)
    }
}

impl Lasso {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: LassoSettings) -> Result<Self> {
        settings.as_net().check(LASSO)?;
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(LASSO, bytes)?;
        me.settings.as_net().check(LASSO)?;
        ensure_sound(me.learned.as_ref().is_none_or(Learned::sound), LASSO)?;
        Ok(me)
    }
}

impl Learner for ElasticNet {
    fn name(&self) -> &'static str {
        NET
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        let (learned, fit) = self.settings.learn(NET, x, y)?;
        self.learned = Some(learned);
        Ok(fit)
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        fitted(NET, &self.learned)?.predict(NET, x)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        self.learned.as_ref().map_or(vec![], Learned::shown)
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(Learned::summary)
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NET, self)
    }
}

impl Learner for Lasso {
    fn name(&self) -> &'static str {
        LASSO
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        let (learned, fit) = self.settings.as_net().learn(LASSO, x, y)?;
        self.learned = Some(learned);
        Ok(fit)
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        fitted(LASSO, &self.learned)?.predict(LASSO, x)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        self.learned.as_ref().map_or(vec![], Learned::shown)
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(Learned::summary)
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(LASSO, self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Known, close, known, make, shown};
    use super::*;
    use serde_json::json;

    // Lasso(alpha=0.3, tol=1e-12), ElasticNet(alpha=0.3, l1_ratio=0.4, tol=1e-12) and Lasso(alpha=0.05, tol=1e-12) on
    // X[:3], of scikit-learn 1.9.1, with the samples of `known`.
    #[test]
    fn known_answers() {
        let Known { x, y, .. } = known();
        let fit = |name, x: &Samples, options| {
            let mut me = make(name, options);
            assert_eq!(me.fit(x, Goal::Numbers(&y[..x.rows()])).unwrap().warning, None);
            [shown(&*me, "weights"), shown(&*me, "bias")].concat()
        };
        let found = fit(LASSO, &x, json!({ "alpha": 0.3, "tolerance": 1e-12 }));
        close(&found, &[0.9852653659, -0.8523846201, 0.0, 0.0, 2.9390218577], 1e-8);
        let found = fit(NET, &x, json!({ "alpha": 0.3, "l1_ratio": 0.4, "tolerance": 1e-12 }));
        close(&found, &[0.9889134668, -0.8645844376, 0.0, 0.0, 2.9452245989], 1e-8);
        let few = x.select(&[0, 1, 2]);
        let found = fit(LASSO, &few, json!({ "alpha": 0.05, "tolerance": 1e-12, "steps": 100_000 }));
        close(&found, &[0.0, -1.3392474739, 0.0909225316, 0.0, 3.926727921], 1e-7);
        // Without a price on sizes it is ridge.
        let found = fit(NET, &x, json!({ "alpha": 2.5 / 60.0, "l1_ratio": 0 }));
        close(&found[..2], &[1.4600550732, -0.97885400247], 1e-9);
    }

    #[test]
    fn both_ways_agree_and_the_gap_is_told() {
        let mut rng = crate::data::Rng::new(2);
        let (n, d) = (70, 100);
        let x = Samples::new(n, d, (0..n * d).map(|_| rng.normal()).collect()).unwrap();
        let y: Vec<f64> = x.iter().map(|row| row[0] - 2.0 * row[7] + 0.1 * row[50]).collect();
        let prices = super::super::coordinates::Prices { l1: 10.0, l2: 1.0 };
        let wide = descend(&x, &y, &prices, true, 1e-10, 10_000).unwrap();
        let narrow = x.select(&(0..n).chain(0..n).collect::<Vec<_>>());
        let twice: Vec<f64> = y.iter().chain(&y).copied().collect();
        let prices = super::super::coordinates::Prices { l1: 20.0, l2: 2.0 };
        let tall = descend(&narrow, &twice, &prices, true, 1e-10, 10_000).unwrap();
        close(&wide.planes.weights, &tall.planes.weights, 1e-5);
        assert!(wide.gap <= 1e-10 && tall.gap <= 1e-10);
        let mut me = make(LASSO, json!({ "alpha": 0.001, "steps": 2 }));
        let said = me.fit(&x, Goal::Numbers(&y)).unwrap().warning.unwrap();
        assert!(said.starts_with("not converged after 2 steps: the duality gap is "), "{said}");
    }
}
