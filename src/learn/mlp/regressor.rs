//! Multilayer perceptron that answers numbers.

use super::network::{Output, Target};
use super::train::{MlpSettings, Trained, finite, narrow};
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

const NAME: &str = "mlp_regressor";

/// Answers beyond this are refused: their squares would leave the range of numbers.
const LARGEST: f64 = 1e100;

/// The multilayer perceptron for numbers, trained on half the squared error.
///
/// Inside, answers are counted from their mean in standard deviations (those of the first samples it saw), so that
/// `lr` and `tolerance` mean the same whatever the unit; the losses shown are in that unit too.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MlpRegressor {
    settings: MlpSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    trained: Trained,
    mean: f64,
    deviation: f64, // 1 when all answers are the same
}

impl MlpRegressor {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: MlpSettings) -> Result<Self> {
        settings.check(NAME)?;
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(NAME, bytes)?;
        me.settings.check(NAME)?;
        match &me.learned {
            Some(l) if !l.sound(&me.settings) => {
                Err(Error::value(format!("{NAME}: damaged or of another version: its parts do not fit together")))
            }
            _ => Ok(me),
        }
    }

    /// What every layer but the input answers for each sample: the hidden layers, then the answer. Each
    /// `[rows, neurons]`.
    ///
    /// # Errors
    /// As [`Learner::predict`].
    pub fn activations(&self, x: &Samples) -> Result<Vec<Samples>> {
        let (l, x) = self.narrow(x)?;
        let mut layers = l.trained.activations(&x)?;
        if let Some(last) = layers.pop() {
            let answers = last.values().iter().map(|a| a * l.deviation + l.mean).collect();
            layers.push(Samples::new(last.rows(), 1, answers)?);
        }
        Ok(layers)
    }

    /// The weights of a layer, counted from 0: `[inputs, neurons]`, and its biases.
    ///
    /// # Errors
    /// When it is not fitted, or there is no such layer.
    pub fn layer(&self, layer: usize) -> Result<(Samples, Vec<f64>)> {
        let l = &fitted(NAME, &self.learned)?.trained;
        match layer < l.network.layers() {
            true => Ok(l.layer(layer)),
            false => Err(Error::value(format!("{NAME}: there are only {} layers", l.network.layers()))),
        }
    }

    fn narrow(&self, x: &Samples) -> Result<(&Learned, Vec<f32>)> {
        let l = fitted(NAME, &self.learned)?;
        x.check_width(NAME, l.trained.network.sizes[0])?;
        Ok((l, narrow(NAME, x)?))
    }

    /// The samples in f32 and their answers; refuses what cannot be learned from.
    fn numbers<'a>(x: &Samples, y: Goal<'a>) -> Result<(Vec<f32>, &'a [f64])> {
        x.check(NAME)?;
        let Goal::Numbers(numbers) = y else {
            return y.numbers(NAME, x.rows()).map(|_| Default::default());
        };
        y.numbers(NAME, x.rows())?;
        match numbers.iter().position(|v| v.abs() > LARGEST) {
            None => Ok((narrow(NAME, x)?, numbers)),
            Some(i) => {
                let (row, value) = (i + 1, numbers[i]);
                Err(Error::value(format!("{NAME}: the answer of row {row} is {value:e}; at most {LARGEST:e} works")))
            }
        }
    }

    fn begin(&self, columns: usize, y: &[f64]) -> Result<Learned> {
        let n = y.len() as f64;
        let mean = y.iter().sum::<f64>() / n;
        let deviation = (y.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        let deviation = if deviation > 1e-12 * mean.abs() && deviation.is_normal() { deviation } else { 1.0 };
        let trained = Trained::new(NAME, &self.settings, columns, 1, Output::Number)?;
        Ok(Learned { trained, mean, deviation })
    }
}

impl Learned {
    fn sound(&self, settings: &MlpSettings) -> bool {
        let sizes = &self.trained.network.sizes;
        self.trained.sound(settings, Output::Number)
            && sizes.last() == Some(&1)
            && self.mean.abs() <= LARGEST
            && self.deviation > 0.0
            && self.deviation <= 2.0 * LARGEST
    }

    fn inside(&self, y: &[f64]) -> Vec<f32> {
        // (Later answers may be far from the first ones.)
        y.iter().map(|v| ((v - self.mean) / self.deviation).clamp(-1e15, 1e15) as f32).collect()
    }
}

impl Learner for MlpRegressor {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        let (rows, y) = Self::numbers(x, y)?;
        let mut learned = self.begin(x.columns(), y)?;
        let inside = learned.inside(y);
        let fit = learned.trained.fit(NAME, &self.settings, &rows, Target::Numbers(&inside))?;
        self.learned = Some(learned);
        Ok(fit)
    }

    fn partial_fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        let (rows, y) = Self::numbers(x, y)?;
        let mut learned = match &self.learned {
            None => self.begin(x.columns(), y)?,
            Some(l) => {
                x.check_width(NAME, l.trained.network.sizes[0])?;
                l.clone()
            }
        };
        let inside = learned.inside(y);
        let fit = learned.trained.partial_fit(NAME, &self.settings, &rows, Target::Numbers(&inside))?;
        self.learned = Some(learned);
        Ok(fit)
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let (l, x) = self.narrow(x)?;
        let outputs = l.trained.outputs(&x)?;
        let answer = |o: &f32| f64::from(*o) * l.deviation + l.mean;
        finite(NAME, &outputs, 1, || Answer::Numbers(outputs.iter().map(answer).collect()))
    }

    fn activations(&self, x: &Samples) -> Result<Vec<Samples>> {
        Self::activations(self, x)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        let mut shown = l.trained.learned();
        shown.push(("mean", Shown::Number(l.mean)));
        shown.push(("deviation", Shown::Number(l.deviation)));
        shown
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(|l| l.trained.summary())
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::network::Activation;
    use super::*;
    use crate::data::Rng;
    use crate::learn::svm::tests::numbers;

    fn answers(me: &MlpRegressor, x: &Samples) -> Vec<f64> {
        let Answer::Numbers(found) = me.predict(x).unwrap() else { panic!("numbers") };
        found
    }

    #[test]
    fn a_wave_in_any_unit_is_learned() {
        let mut rng = Rng::new(1);
        let x: Vec<f64> = (0..500).map(|_| rng.uniform() * 6.0 - 3.0).collect();
        for unit in [1e-6, 1.0, 1e9] {
            let y: Vec<f64> = x.iter().map(|x| unit * (x.sin() + 10.0)).collect();
            let x = Samples::new(500, 1, x.clone()).unwrap();
            let settings = MlpSettings {
                hidden: vec![30, 30],
                activation: Activation::Tanh,
                lr: 0.01,
                batch_size: 50,
                early_stopping: true,
                ..Default::default()
            };
            let mut me = MlpRegressor::new(settings).unwrap();
            me.fit(&x, Goal::Numbers(&y)).unwrap();
            let found = answers(&me, &x);
            let error = found.iter().zip(&y).map(|(a, b)| ((a - b) / unit).powi(2)).sum::<f64>() / 500.0;
            assert!(error < 0.005, "{error}");
            assert!(numbers(&me, "validation_curve").iter().any(|r2| *r2 > 0.98));
            assert_eq!(me.activations(&x).unwrap()[2].values(), found);
            assert_eq!(answers(&MlpRegressor::from_saved(&me.bytes().unwrap()).unwrap(), &x), found);
        }
    }

    #[test]
    fn a_linear_model_without_hidden_layers() {
        let x = Samples::new(4, 1, vec![0.0, 1.0, 2.0, 3.0]).unwrap();
        let settings =
            MlpSettings { hidden: vec![], lr: 0.05, epochs: 2000, l2: 0.0, patience: 2000, ..Default::default() };
        let mut me = MlpRegressor::new(settings).unwrap();
        me.fit(&x, Goal::Numbers(&[1.0, 3.0, 5.0, 7.0])).unwrap();
        answers(&me, &x).iter().zip([1.0, 3.0, 5.0, 7.0]).for_each(|(a, b)| assert!((a - b).abs() < 1e-3, "{a}"));
    }

    #[test]
    fn strange_data_has_a_sentence_or_an_answer() {
        let one = Samples::new(1, 1, vec![2.0]).unwrap();
        let mut me = MlpRegressor::new(MlpSettings::default()).unwrap();
        assert!(me.fit(&one, Goal::None).is_err() && me.fit(&one, Goal::Numbers(&[f64::NAN])).is_err());
        assert!(me.fit(&one, Goal::Numbers(&[1e200])).is_err());
        me.fit(&one, Goal::Numbers(&[3.0])).unwrap();
        assert!((answers(&me, &one)[0] - 3.0).abs() < 0.1);
        me.partial_fit(&one, Goal::Numbers(&[1e99])).unwrap();
        assert!(answers(&me, &one)[0].is_finite());
        assert!(me.predict(&Samples::new(1, 2, vec![0.0; 2]).unwrap()).is_err());
        let mut other = me.clone();
        other.learned.as_mut().unwrap().deviation = 0.0;
        assert!(MlpRegressor::from_saved(&other.bytes().unwrap()).is_err());
    }
}
