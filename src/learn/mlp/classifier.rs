//! Multilayer perceptron that tells classes apart.

use super::network::{Output, Target};
use super::train::{MlpSettings, Trained, finite, largest, narrow};
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

const NAME: &str = "mlp_classifier";

/// The multilayer perceptron for classes: a softmax over as many outputs, trained on the cross-entropy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MlpClassifier {
    settings: MlpSettings,
    learned: Option<Trained>,
}

impl MlpClassifier {
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
            Some(l) if !l.sound(&me.settings, Output::Softmax) => {
                Err(Error::value(format!("{NAME}: damaged or of another version: its parts do not fit together")))
            }
            _ => Ok(me),
        }
    }

    /// What every layer but the input answers for each sample: the hidden layers, then the probabilities. Each
    /// `[rows, neurons]`.
    ///
    /// # Errors
    /// As [`Learner::predict`].
    pub fn activations(&self, x: &Samples) -> Result<Vec<Samples>> {
        let (l, x) = self.narrow(x)?;
        l.activations(&x)
    }

    /// The weights of a layer, counted from 0: `[inputs, neurons]`, and its biases.
    ///
    /// # Errors
    /// When it is not fitted, or there is no such layer.
    pub fn layer(&self, layer: usize) -> Result<(Samples, Vec<f64>)> {
        let l = fitted(NAME, &self.learned)?;
        match layer < l.network.layers() {
            true => Ok(l.layer(layer)),
            false => Err(Error::value(format!("{NAME}: there are only {} layers", l.network.layers()))),
        }
    }

    fn narrow(&self, x: &Samples) -> Result<(&Trained, Vec<f32>)> {
        let l = fitted(NAME, &self.learned)?;
        x.check_width(NAME, l.network.sizes[0])?;
        Ok((l, narrow(NAME, x)?))
    }

    fn probabilities(&self, x: &Samples) -> Result<(Vec<f32>, usize)> {
        let (l, x) = self.narrow(x)?;
        let k = l.network.sizes[l.network.layers()];
        let outputs = l.outputs(&x)?;
        finite(NAME, &outputs, k, || ())?;
        Ok((outputs, k))
    }
}

impl Learner for MlpClassifier {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        x.check(NAME)?;
        let (codes, classes) = y.classes(NAME, x.rows(), 2)?;
        let rows = narrow(NAME, x)?;
        let mut trained = Trained::new(NAME, &self.settings, x.columns(), classes, Output::Softmax)?;
        let fit = trained.fit(NAME, &self.settings, &rows, Target::Classes(codes))?;
        self.learned = Some(trained);
        Ok(fit)
    }

    fn partial_fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        x.check(NAME)?;
        let (codes, classes) = y.classes(NAME, x.rows(), 2)?;
        let rows = narrow(NAME, x)?;
        let mut trained = match &self.learned {
            None => Trained::new(NAME, &self.settings, x.columns(), classes, Output::Softmax)?,
            Some(l) => {
                x.check_width(NAME, l.network.sizes[0])?;
                let known = l.network.sizes[l.network.layers()];
                if classes > known {
                    return Err(Error::value(format!(
                        "{NAME}: it knows {known} classes, these samples have {classes}"
                    )));
                }
                l.clone()
            }
        };
        let fit = trained.partial_fit(NAME, &self.settings, &rows, Target::Classes(codes))?;
        self.learned = Some(trained);
        Ok(fit)
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let (outputs, k) = self.probabilities(x)?;
        Ok(Answer::Classes(outputs.chunks_exact(k).map(|row| largest(row) as i64).collect()))
    }

    fn predict_proba(&self, x: &Samples) -> Result<Samples> {
        let (outputs, k) = self.probabilities(x)?;
        let mut wide: Vec<f64> = outputs.into_iter().map(f64::from).collect();
        for row in wide.chunks_exact_mut(k) {
            let sum: f64 = row.iter().sum();
            row.iter_mut().for_each(|p| *p /= sum); // to 1 in f64 too
        }
        Samples::new(x.rows(), k, wide)
    }

    fn activations(&self, x: &Samples) -> Result<Vec<Samples>> {
        Self::activations(self, x)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        self.learned.as_ref().map(Trained::learned).unwrap_or_default()
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(Trained::summary)
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::network::Activation;
    use super::super::train::Solver;
    use super::*;
    use crate::learn::svm::tests::{blobs, numbers, read, threads};

    fn goal(codes: &[u32]) -> Goal<'_> {
        Goal::Classes { codes, classes: codes.iter().max().map_or(0, |&c| c as usize + 1) }
    }

    fn accuracy(me: &MlpClassifier, x: &Samples, codes: &[u32]) -> f64 {
        let Answer::Classes(found) = me.predict(x).unwrap() else { panic!("classes") };
        found.iter().zip(codes).filter(|(a, b)| **a == i64::from(**b)).count() as f64 / codes.len() as f64
    }

    #[test]
    fn five_moons_are_told_apart_by_epoch_40() {
        let Some((x, labels)) = read("mlp_five_moons.csv") else { return };
        let codes: Vec<u32> = labels.iter().map(|&l| l as u32).collect();
        for seed in 0..5 {
            let settings = MlpSettings {
                hidden: vec![6, 6, 6],
                lr: 0.01,
                batch_size: 16,
                epochs: 40,
                patience: 40,
                seed,
                ..Default::default()
            };
            let mut me = MlpClassifier::new(settings).unwrap();
            me.fit(&x, goal(&codes)).unwrap();
            let a = accuracy(&me, &x, &codes);
            println!("seed {seed}: {a}");
            assert!(a > 0.875, "seed {seed}: {a}");
        }
    }

    #[test]
    fn every_activation_and_solver_learns() {
        let (x, codes) = blobs(300, 3, 4, 2.0, 2);
        for activation in [Activation::Relu, Activation::Tanh, Activation::Sigmoid, Activation::Identity] {
            for (solver, lr) in [(Solver::Adam, 0.02), (Solver::Sgd, 0.1)] {
                for nesterov in [true, false] {
                    let settings = MlpSettings {
                        hidden: vec![8],
                        activation,
                        solver,
                        lr,
                        nesterov,
                        batch_size: 50,
                        epochs: 60,
                        ..Default::default()
                    };
                    let mut me = MlpClassifier::new(settings).unwrap();
                    me.fit(&x, goal(&codes)).unwrap();
                    let a = accuracy(&me, &x, &codes);
                    assert!(a > 0.9, "{activation:?} {solver:?} {a}");
                    let curve = numbers(&me, "loss_curve");
                    assert!(curve[curve.len() - 1] < curve[0]);
                }
            }
        }
    }

    #[test]
    fn early_stopping_keeps_the_best_and_shows_its_curve() {
        let (x, codes) = blobs(400, 2, 2, 1.0, 3);
        let settings = MlpSettings { early_stopping: true, lr: 0.02, epochs: 500, ..Default::default() };
        let mut me = MlpClassifier::new(settings).unwrap();
        assert_eq!(me.fit(&x, goal(&codes)).unwrap().warning, None);
        let curve = numbers(&me, "validation_curve");
        assert!(curve.len() > 10 && curve.len() < 500 && curve.len() == numbers(&me, "loss_curve").len());
        assert!(curve.iter().all(|s| (0.0..=1.0).contains(s)));
        let one = Samples::new(2, 1, vec![0.0, 1.0]).unwrap();
        let said = me.fit(&one, goal(&[0, 1])).unwrap_err().to_string();
        assert_eq!(said, "mlp_classifier: `early_stopping` holds out 0 of 2 samples; it needs some on both sides");
        assert!(me.summary().unwrap().starts_with("layers of 2, 100, 2, "), "what was learned before is kept");
    }

    #[test]
    fn activations_end_in_the_probabilities() {
        let (x, codes) = blobs(300, 3, 2, 2.0, 4);
        let settings = MlpSettings { hidden: vec![5, 4], epochs: 5, ..Default::default() };
        let mut me = MlpClassifier::new(settings).unwrap();
        me.fit(&x, goal(&codes)).unwrap();
        let layers = me.activations(&x).unwrap();
        assert_eq!(layers.iter().map(Samples::columns).collect::<Vec<_>>(), [5, 4, 3]);
        let p = me.predict_proba(&x).unwrap();
        for (a, b) in layers[2].values().iter().zip(p.values()) {
            assert!((a - b).abs() < 1e-6);
        }
        // The first layer by hand.
        let (w, b) = me.layer(0).unwrap();
        let z = b[3] + x.row(7)[0] * w.row(0)[3] + x.row(7)[1] * w.row(1)[3];
        assert!((layers[0].row(7)[3] - z.max(0.0)).abs() < 1e-5);
        assert!(me.layer(3).is_err());
    }

    #[test]
    fn the_same_on_one_and_two_threads_and_after_saving() {
        let (x, codes) = blobs(1500, 3, 4, 1.0, 8);
        let fit = || {
            let settings = MlpSettings { batch_size: 700, epochs: 3, seed: 9, ..Default::default() };
            let mut me = MlpClassifier::new(settings).unwrap();
            me.fit(&x, goal(&codes)).unwrap();
            (me.bytes().unwrap(), me.predict_proba(&x).unwrap())
        };
        let (bytes, p) = threads(1, fit);
        assert!((bytes.clone(), p.clone()) == threads(2, fit));
        let mut again = MlpClassifier::from_saved(&bytes).unwrap();
        assert_eq!(again.predict_proba(&x).unwrap(), p);
        // It goes on where it was.
        let loss = numbers(&again, "loss")[0];
        again.partial_fit(&x, goal(&codes)).unwrap();
        assert!(numbers(&again, "loss")[0] < loss && numbers(&again, "loss_curve").len() == 4);
        let mut fresh = MlpClassifier::new(MlpSettings::default()).unwrap();
        fresh.partial_fit(&x, Goal::Classes { codes: &codes, classes: 7 }).unwrap();
        assert_eq!(fresh.predict_proba(&x).unwrap().columns(), 7);
    }

    #[test]
    fn too_long_steps_are_taken_back() {
        let (x, codes) = blobs(100, 2, 2, 1.0, 3);
        let far = Samples::new(100, 2, x.values().iter().map(|v| v * 1e25).collect()).unwrap();
        for x in [&x, &far] {
            let settings = MlpSettings {
                hidden: vec![5, 5],
                activation: Activation::Identity,
                solver: Solver::Sgd,
                lr: 1e15,
                ..Default::default()
            };
            let mut me = MlpClassifier::new(settings).unwrap();
            let said = me.fit(x, goal(&codes)).unwrap().warning.unwrap();
            assert!(said.contains("left their range in epoch"), "{said}");
            MlpClassifier::from_saved(&me.bytes().unwrap()).unwrap();
            match me.predict_proba(x) {
                Ok(p) => assert!(p.values().iter().all(|p| p.is_finite())),
                Err(e) => assert!(e.to_string().contains("leave the range of numbers in row"), "{e}"),
            }
        }
    }

    #[test]
    fn strange_data_and_settings_have_a_sentence() {
        let one = Samples::new(1, 1, vec![0.0]).unwrap();
        let mut me = MlpClassifier::new(MlpSettings::default()).unwrap();
        assert!(me.predict(&one).unwrap_err().to_string().contains("not fitted yet"));
        assert!(me.fit(&one, Goal::Classes { codes: &[0], classes: 1 }).is_err());
        assert!(me.fit(&Samples::new(1, 1, vec![1e40]).unwrap(), Goal::Classes { codes: &[0], classes: 2 }).is_err());
        me.fit(&one, Goal::Classes { codes: &[0], classes: 2 }).unwrap();
        assert_eq!(me.predict(&one).unwrap(), Answer::Classes(vec![0]));
        let constant = Samples::new(4, 2, vec![3.0; 8]).unwrap();
        me.fit(&constant, goal(&[0, 1, 0, 1])).unwrap();
        assert!(me.predict_proba(&constant).unwrap().values().iter().all(|p| (p - 0.5).abs() < 0.2));
        for wrong in [
            MlpSettings { hidden: vec![0], ..Default::default() },
            MlpSettings { lr: 0.0, ..Default::default() },
            MlpSettings { batch_size: 0, ..Default::default() },
            MlpSettings { momentum: 1.0, ..Default::default() },
            MlpSettings { l2: f64::NAN, ..Default::default() },
        ] {
            assert!(MlpClassifier::new(wrong).is_err());
        }
        let wide = MlpSettings { hidden: vec![100_000; 3], ..Default::default() };
        assert!(MlpClassifier::new(wide).unwrap().fit(&constant, goal(&[0, 1, 0, 1])).is_err());
    }

    #[test]
    fn damaged_files_are_refused() {
        let (x, codes) = blobs(30, 3, 2, 1.0, 1);
        let mut me = MlpClassifier::new(MlpSettings { epochs: 1, ..Default::default() }).unwrap();
        me.fit(&x, goal(&codes)).unwrap();
        let damage: [fn(&mut Trained); 5] = [
            |l| l.network.sizes[0] = usize::MAX,
            |l| l.network.sizes.truncate(1),
            |l| l.network.parameters.truncate(7),
            |l| l.network.parameters[2] = f32::NAN,
            |l| l.network.output = Output::Number,
        ];
        for (i, damage) in damage.into_iter().enumerate() {
            let mut other = me.clone();
            damage(other.learned.as_mut().unwrap());
            assert!(MlpClassifier::from_saved(&other.bytes().unwrap()).is_err(), "damage {i}");
        }
    }
}
