//! Linear regression by stochastic gradient descent, for very many samples, or samples that come a few at a time.

use super::checks::{usable, usable_answers};
use super::planes::Planes;
use super::sgd::{LearningRate, Loss, Machine, Recipe, SgdPenalty, planes, warning};
use crate::Result;
use crate::error::ensure_setting;
use crate::learn::cluster::ensure_sound;
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "sgd_regressor";

/// Settings of [`SgdRegressor`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SgdRegressorSettings {
    /// "squared_error", "huber" (squares up to `epsilon`, then sizes) or "epsilon_insensitive" (sizes beyond `epsilon`).
    /// Default "squared_error".
    pub loss: RegressorLoss,
    /// Of the last two losses; at least 0 (of "huber" positive). Default 0.1.
    pub epsilon: f64,
    /// What is kept small: "l2" (squares of the weights), "l1" (their sizes), "elastic_net" (both) or "none".
    /// Default "l2".
    pub penalty: SgdPenalty,
    /// The price of that, not negative (with "optimal" positive), at most 1e9. Default 0.0001.
    pub alpha: f64,
    /// Of the penalty "elastic_net": the part on sizes, from 0 to 1. Default 0.15.
    pub l1_ratio: f64,
    /// How long steps are: "optimal", "constant", "invscaling" (eta0 / t ^ power_t) or "adaptive" (a fifth whenever the
    /// loss does not fall any more). Default "invscaling".
    pub learning_rate: LearningRate,
    /// The first step's length unless "optimal"; positive. Default 0.01.
    pub eta0: f64,
    /// Of "invscaling": from -10 to 10. Default 0.25.
    pub power_t: f64,
    /// Learn a bias. Default true.
    pub fit_intercept: bool,
    /// Answer with the mean of the weights of all steps. Default false.
    pub average: bool,
    /// Go through the samples in another order each epoch. Default true.
    pub shuffle: bool,
    /// Epochs at most, from 1 to 1e9. Default 1000.
    pub steps: u64,
    /// By how much the mean loss, with the price of the weights, must fall to count as falling; at least 0.
    /// Default 0.001.
    pub tolerance: f64,
    /// End after so many epochs without that. Default 5.
    pub patience: u64,
    /// Of the orders. Default 0.
    pub seed: u64,
}

impl Default for SgdRegressorSettings {
    fn default() -> Self {
        Self {
            loss: RegressorLoss::SquaredError,
            epsilon: 0.1,
            penalty: SgdPenalty::L2,
            alpha: 1e-4,
            l1_ratio: 0.15,
            learning_rate: LearningRate::Invscaling,
            eta0: 0.01,
            power_t: 0.25,
            fit_intercept: true,
            average: false,
            shuffle: true,
            steps: 1000,
            tolerance: 1e-3,
            patience: 5,
            seed: 0,
        }
    }
}

/// How wrong a regression's value is, by its difference `r` from the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegressorLoss {
    /// `r² / 2`.
    SquaredError,
    /// `r² / 2` up to `epsilon`, then as straight as it is there.
    Huber,
    /// `max(0, |r| - epsilon)`.
    EpsilonInsensitive,
}

/// Linear regression by stochastic gradient descent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SgdRegressor {
    settings: SgdRegressorSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    planes: Planes,
    machine: Machine, // of which the plane is
}

impl SgdRegressor {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: SgdRegressorSettings) -> Result<Self> {
        let (epsilon, huber) = (settings.epsilon, settings.loss == RegressorLoss::Huber);
        let fine = (0.0..=1e100).contains(&epsilon) && (epsilon > 0.0 || !huber);
        ensure_setting(fine, NAME, "epsilon", "at least 0 (with \"huber\" positive) and at most 1e100", epsilon)?;
        let me = Self { settings, learned: None };
        me.recipe().check(NAME)?;
        Ok(me)
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(NAME, bytes)?;
        let recipe = Self::new(me.settings.clone())?.recipe();
        let sound =
            |l: &Learned| l.planes.sound() && l.planes.outputs() == 1 && l.machine.sound(l.planes.columns, &recipe);
        ensure_sound(me.learned.as_ref().is_none_or(sound), NAME)?;
        Ok(me)
    }

    fn recipe(&self) -> Recipe {
        let s = &self.settings;
        Recipe {
            loss: match s.loss {
                RegressorLoss::SquaredError => Loss::SquaredError,
                RegressorLoss::Huber => Loss::Huber(s.epsilon),
                RegressorLoss::EpsilonInsensitive => Loss::EpsilonInsensitive(s.epsilon),
            },
            penalty: s.penalty,
            alpha: s.alpha,
            l1_ratio: s.l1_ratio,
            rate: s.learning_rate,
            eta0: s.eta0,
            power_t: s.power_t,
            fit_intercept: s.fit_intercept,
            average: s.average,
            shuffle: s.shuffle,
            steps: s.steps,
            tolerance: s.tolerance,
            patience: s.patience,
            seed: s.seed,
        }
    }
}

impl Learner for SgdRegressor {
    fn name(&self) -> &'static str {
        NAME
    }

    fn takes_sparse(&self) -> bool {
        true
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x, None)?;
        let y = y.numbers(NAME, x.rows())?;
        usable_answers(NAME, y)?;
        let recipe = self.recipe();
        let mut machine = Machine::new(x.columns(), &recipe);
        let descent = machine.descend(NAME, &recipe, x, y, None, 0)?;
        let nothing = y.iter().map(|y| recipe.loss.at(0.0, *y).0).sum::<f64>() / x.rows() as f64;
        let (steps, loss) = (descent.epochs, descent.loss);
        let warning = if loss > nothing {
            Some(format!(
                "after {steps} epochs the loss is {loss:.3e}, more than {nothing:.3e} without any weights: scale the samples \
                 or lower `eta0`"
            ))
        } else {
            warning(&[descent], recipe.tolerance)
        };
        self.learned = Some(Learned { planes: planes(std::slice::from_ref(&machine), x.columns()), machine });
        Ok(Fit { steps, warning })
    }

    fn partial_fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x, self.learned.as_ref().map(|l| l.planes.columns))?;
        let y = y.numbers(NAME, x.rows())?;
        usable_answers(NAME, y)?;
        let recipe = self.recipe();
        let mut machine = match &self.learned {
            Some(l) => l.machine.clone(),
            None => Machine::new(x.columns(), &recipe),
        };
        machine.learn_on(NAME, &recipe, x, y, None)?;
        self.learned = Some(Learned { planes: planes(std::slice::from_ref(&machine), x.columns()), machine });
        Ok(Fit { steps: 1, warning: None })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(NAME, &self.learned)?;
        usable(NAME, x, Some(l.planes.columns))?;
        Ok(Answer::Numbers(l.planes.values(x)?))
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        self.learned.as_ref().map_or(vec![], |l| l.planes.shown())
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(|l| format!("{} features", l.planes.columns))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Known, close, known, make, shown};
    use super::*;
    use serde_json::{Value, json};

    // SGDRegressor(shuffle=False, max_iter=3, tol=None, …) of scikit-learn 1.9.1, with the samples of `known`.
    #[test]
    fn known_answers() {
        let Known { x, y, .. } = known();
        let fit = |mut options: Value| {
            options["shuffle"] = json!(false);
            options["steps"] = json!(3);
            let mut me = make(NAME, options);
            me.fit(&x, Goal::Numbers(&y)).unwrap();
            [shown(&*me, "weights"), shown(&*me, "bias")].concat()
        };
        let wanted = [0.4477369263, -0.4779814723, 0.2797301256, 0.2571457977, 0.9398518901];
        close(&fit(json!({})), &wanted, 1e-9);
        let wanted = [0.0419011448, -0.0352139143, 0.1161727789, 0.3174979825, 0.2118870883];
        close(&fit(json!({ "loss": "huber", "epsilon": 0.5, "penalty": "none" })), &wanted, 1e-9);
        let wanted = [1.3816257026, -0.8926868935, 0.00140249, 0.3879959747, 3.0];
        let options = json!({ "loss": "epsilon_insensitive", "learning_rate": "constant", "eta0": 0.05 });
        close(&fit(options), &wanted, 1e-9);
    }

    #[test]
    fn numbers_that_run_away_are_told() {
        let x = Samples::new(3, 1, vec![1e6, -2e6, 3e6]).unwrap();
        let mut me = make(NAME, json!({}));
        let said = me.fit(&x, Goal::Numbers(&[1.0, 2.0, 3.0])).unwrap().warning.unwrap();
        assert!(said.contains("without any weights: scale the samples or lower `eta0`"), "{said}");
    }
}
