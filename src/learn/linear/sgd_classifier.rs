//! Linear classifiers by stochastic gradient descent: a support vector machine, logistic regression and their like, for
//! very many samples, or samples that come a few at a time.

use super::checks::usable;
use super::logistic_regression::both;
use super::planes::Planes;
use super::sgd::{Descent, LearningRate, Loss, Machine, Recipe, SgdPenalty, planes, warning};
use crate::learn::ClassWeight;
use crate::learn::cluster::ensure_sound;
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "sgd_classifier";

/// Settings of [`SgdClassifier`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SgdClassifierSettings {
    /// "hinge" (support vector machine), "log_loss" (logistic regression), "modified_huber" or "perceptron". The second
    /// and the third give probabilities. Default "hinge".
    pub loss: ClassifierLoss,
    /// What is kept small: "l2" (squares of the weights), "l1" (their sizes), "elastic_net" (both) or "none".
    /// Default "l2".
    pub penalty: SgdPenalty,
    /// The price of that, positive, at most 1e9. Default 0.0001.
    pub alpha: f64,
    /// Of the penalty "elastic_net": the part on sizes, from 0 to 1. Default 0.15.
    pub l1_ratio: f64,
    /// How long steps are: "optimal", "constant", "invscaling" (eta0 / t ^ power_t) or "adaptive" (a fifth whenever the
    /// loss does not fall any more). Default "optimal".
    pub learning_rate: LearningRate,
    /// The first step's length unless "optimal"; positive. Default 0.01.
    pub eta0: f64,
    /// Of "invscaling": from -10 to 10. Default 0.5.
    pub power_t: f64,
    /// How much the samples of each class count: "balanced" (samples / (classes · samples of the class)), a list
    /// with a positive number for each class, or { label = number }. Default: 1 for all.
    pub class_weight: Option<ClassWeight>,
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

impl Default for SgdClassifierSettings {
    fn default() -> Self {
        Self {
            loss: ClassifierLoss::Hinge,
            penalty: SgdPenalty::L2,
            alpha: 1e-4,
            l1_ratio: 0.15,
            learning_rate: LearningRate::Optimal,
            eta0: 0.01,
            power_t: 0.5,
            class_weight: None,
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

/// How wrong a classifier's value is, by the margin `m`: the value, times 1 or -1 as the class is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClassifierLoss {
    /// `max(0, 1 - m)`.
    Hinge,
    /// `ln(1 + e^-m)`.
    LogLoss,
    /// `max(0, 1 - m)²`, but `-4 m` below -1.
    ModifiedHuber,
    /// `max(0, -m)`.
    Perceptron,
}

/// A linear classifier by stochastic gradient descent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SgdClassifier {
    settings: SgdClassifierSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    planes: Planes,
    machines: Vec<Machine>, // of which the planes are
}

impl SgdClassifier {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: SgdClassifierSettings) -> Result<Self> {
        ClassWeight::check(&settings.class_weight, NAME)?;
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
        let sound = |l: &Learned| {
            let (k, d) = (l.planes.outputs(), l.planes.columns);
            l.planes.sound() && k != 2 && l.machines.len() == k && l.machines.iter().all(|m| m.sound(d, &recipe))
        };
        ensure_sound(me.learned.as_ref().is_none_or(sound), NAME)?;
        Ok(me)
    }

    fn recipe(&self) -> Recipe {
        let s = &self.settings;
        Recipe {
            loss: match s.loss {
                ClassifierLoss::Hinge => Loss::Hinge,
                ClassifierLoss::LogLoss => Loss::Log,
                ClassifierLoss::ModifiedHuber => Loss::ModifiedHuber,
                ClassifierLoss::Perceptron => Loss::Perceptron,
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

    /// Lets one machine for each plane learn: each class against the others, or of two the second against the first.
    fn each(
        &self,
        codes: &[u32],
        classes: usize,
        machines: Vec<Machine>,
        learn: impl Fn(usize, &mut Machine, &[f64], Option<&[f64]>) -> Result<Descent> + Sync,
    ) -> Result<(Vec<Machine>, Vec<Descent>)> {
        let by_class = ClassWeight::weights(&self.settings.class_weight, NAME, codes, classes)?;
        let weights: Vec<f64> = codes.iter().map(|&c| by_class[c as usize]).collect();
        let weights = self.settings.class_weight.as_ref().map(|_| &weights[..]);
        let single = machines.len() == 1;
        let work = |(c, mut machine): (usize, Machine)| {
            let class = if single { 1 } else { c as u32 };
            let y: Vec<f64> = codes.iter().map(|&code| if code == class { 1.0 } else { -1.0 }).collect();
            let descent = learn(c, &mut machine, &y, weights)?;
            Ok((machine, descent))
        };
        let done: Vec<_> = machines.into_par_iter().enumerate().map(work).collect::<Result<_>>()?;
        Ok(done.into_iter().unzip())
    }

    fn new_machines(&self, classes: usize, columns: usize) -> Vec<Machine> {
        vec![Machine::new(columns, &self.recipe()); if classes == 2 { 1 } else { classes }]
    }
}

impl Learner for SgdClassifier {
    fn name(&self) -> &'static str {
        NAME
    }

    fn takes_sparse(&self) -> bool {
        true
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x, None)?;
        let (codes, classes) = y.classes(NAME, x.rows(), 2)?;
        let recipe = self.recipe();
        let machines = self.new_machines(classes, x.columns());
        let (machines, descents) = self.each(codes, classes, machines, |c, machine, y, weights| {
            machine.descend(NAME, &recipe, x, y, weights, c as u64)
        })?;
        self.learned = Some(Learned { planes: planes(&machines, x.columns()), machines });
        let steps = descents.iter().map(|d| d.epochs).max().unwrap_or(0);
        Ok(Fit { steps, warning: warning(&descents, recipe.tolerance) })
    }

    fn partial_fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x, self.learned.as_ref().map(|l| l.planes.columns))?;
        let (codes, classes) = y.classes(NAME, x.rows(), 2)?;
        if self.settings.class_weight == Some(ClassWeight::Balanced) {
            return Err(Error::value(format!(
                "{NAME}: partial_fit cannot know what is balanced; give `class_weight` as a list"
            )));
        }
        let recipe = self.recipe();
        let (machines, classes) = match &self.learned {
            None => (self.new_machines(classes, x.columns()), classes),
            Some(l) => {
                l.planes.ensure_fits(NAME, classes)?;
                (l.machines.clone(), l.planes.classes())
            }
        };
        let (machines, _) = self.each(codes, classes, machines, |_, machine, y, weights| {
            machine.learn_on(NAME, &recipe, x, y, weights)?;
            Ok(Descent { epochs: 1, converged: true, loss: 0.0 })
        })?;
        self.learned = Some(Learned { planes: planes(&machines, x.columns()), machines });
        Ok(Fit { steps: 1, warning: None })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(NAME, &self.learned)?;
        usable(NAME, x, Some(l.planes.columns))?;
        l.planes.predict(x)
    }

    fn predict_proba(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        let probability: fn(f64) -> f64 = match self.settings.loss {
            ClassifierLoss::LogLoss => |v| both(v)[1],
            ClassifierLoss::ModifiedHuber => |v| 0.5 * (v.clamp(-1.0, 1.0) + 1.0),
            _ => {
                let why = "has probabilities only with the loss \"log_loss\" or \"modified_huber\"";
                return Err(Error::value(format!("{NAME}: {why}")));
            }
        };
        let values = self.decision(x)?.into_values();
        let k = l.planes.classes();
        let mut out: Vec<f64> = match l.planes.outputs() {
            1 => values.iter().map(|v| probability(*v)).flat_map(|p| [1.0 - p, p]).collect(),
            _ => values.iter().map(|v| probability(*v)).collect(),
        };
        for row in out.chunks_exact_mut(k) {
            let sum: f64 = row.iter().sum();
            row.iter_mut().for_each(|p| *p = if sum > 0.0 { *p / sum } else { 1.0 / k as f64 });
        }
        Samples::new(x.rows(), k, out)
    }

    fn decision(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        usable(NAME, x, Some(l.planes.columns))?;
        Samples::new(x.rows(), l.planes.outputs(), l.planes.values(x)?)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        self.learned.as_ref().map_or(vec![], |l| l.planes.shown())
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(|l| l.planes.summary())
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Known, close, goal, known, make, shown};
    use super::*;
    use serde_json::{Value, json};

    // SGDClassifier(shuffle=False, max_iter=3, tol=None, …) of scikit-learn 1.9.1, with the samples of `known`.
    #[test]
    fn known_answers() {
        let Known { x, two, three, .. } = known();
        let fit = |codes: &[u32], mut options: Value| {
            options["shuffle"] = json!(false);
            options["steps"] = json!(3);
            let mut me = make(NAME, options);
            me.fit(&x, goal(codes)).unwrap();
            me
        };
        let me = fit(&two, json!({}));
        close(&shown(&*me, "weights"), &[-13.3470580873, -78.2461377627, 40.3742010926, 64.7502465234], 1e-9);
        close(&shown(&*me, "bias"), &[-66.6693961337], 1e-9);
        let average =
            json!({ "loss": "log_loss", "alpha": 0.01, "learning_rate": "invscaling", "eta0": 0.1, "average": true });
        let me = fit(&three, average);
        let w = [
            [-0.0385621492, 0.3801476225, -0.4044332353, -0.5113104279],
            [-0.0524720664, -0.0963579372, -0.2868185821, 0.1869899382],
            [0.0548143564, -0.4805040834, 0.3938730452, -0.0237423402],
        ];
        close(&shown(&*me, "weights"), &w.concat(), 1e-8);
        close(&shown(&*me, "bias"), &[-0.0932555255, -0.1469055895, -0.2871765806], 1e-8);
        let me = fit(&two, json!({ "loss": "log_loss", "penalty": "elastic_net", "alpha": 0.01 }));
        close(&shown(&*me, "weights"), &[-0.7509888238, -4.6323984695, 2.9580530847, 3.0251375856], 1e-8);
        close(&shown(&*me, "bias"), &[-6.5980791655], 1e-8);
        let me = fit(&two, json!({ "loss": "modified_huber", "penalty": "l1", "alpha": 0.01, "class_weight": [1, 2] }));
        close(&shown(&*me, "weights"), &[5.2438571531, -98.754952598, 54.4011170276, 32.1854775571], 1e-9);
        close(&shown(&*me, "bias"), &[-30.0068555957], 1e-9);
        close(me.predict_proba(&x.select(&[0, 1])).unwrap().values(), &[1.0, 0.0, 0.0, 1.0], 1e-9);
    }
}
