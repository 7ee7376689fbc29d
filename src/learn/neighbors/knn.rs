//! k nearest neighbours, for classes and for numbers.

use crate::error::ensure_setting;
use crate::learn::cluster::{MANY_FEATURES, nearest_by};
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const CLASSIFIER: &str = "knn";
const REGRESSOR: &str = "knn_regressor";

/// How much each neighbour counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Weights {
    /// All the same.
    #[default]
    Uniform,
    /// The inverse of the distance; neighbours at the very place decide alone.
    Distance,
}

/// How neighbours are found; all ways are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Search {
    /// A tree below 16 features, else matrix products.
    #[default]
    Auto,
    /// A k-d tree.
    KdTree,
    /// All distances, by matrix products.
    Brute,
}

/// Settings of [`Knn`] and [`KnnRegressor`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KnnSettings {
    /// How many neighbours answer, at least 1; all, if there are fewer. Default 5.
    pub neighbors: usize,
    /// How much each counts: "uniform", or "distance" (the inverse of its distance). Default "uniform".
    pub weights: Weights,
    /// How neighbours are found, all exactly: "kd_tree", "brute" (matrix products), or "auto" (a tree below 16
    /// features). Default "auto".
    pub algorithm: Search,
}

impl Default for KnnSettings {
    fn default() -> Self {
        Self { neighbors: 5, weights: Weights::Uniform, algorithm: Search::Auto }
    }
}

/// What both remember: the samples and their answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Memory<T> {
    x: Samples,
    answers: Vec<T>,
}

impl<T> Memory<T> {
    /// For each sample of `x` in turn, its neighbours' answers and how much each counts.
    fn each(
        &self,
        name: &str,
        settings: &KnnSettings,
        x: &Samples,
        mut tell: impl FnMut(&mut dyn Iterator<Item = (&T, f64)>),
    ) -> Result<()> {
        x.check_width(name, self.x.columns())?;
        let d = x.columns();
        let by_tree = match settings.algorithm {
            Search::Auto => d < MANY_FEATURES,
            Search::KdTree => true,
            Search::Brute => false,
        };
        let near = nearest_by(self.x.values(), x.values(), d, settings.neighbors, true, by_tree)?;
        for (places, squared) in near.places.chunks_exact(near.k).zip(near.squared.chunks_exact(near.k)) {
            let weight = |d2: f64| match settings.weights {
                Weights::Uniform => 1.0,
                Weights::Distance if squared[0] == 0.0 => f64::from(u8::from(d2 == 0.0)),
                // The nearest counts 1: only ratios matter, and numbers too far to be told apart count the same.
                Weights::Distance if squared[0].is_finite() => (squared[0] / d2).sqrt(),
                Weights::Distance => 1.0,
            };
            // (A distance beyond all numbers finds no place; any neighbour is as good as another then.)
            let answer = |p: u32| self.answers.get(p as usize).unwrap_or(&self.answers[0]);
            tell(&mut places.iter().zip(squared).map(|(p, d2)| (answer(*p), weight(*d2))));
        }
        Ok(())
    }

    fn sound(&self, name: &str) -> Result<()> {
        let x = Samples::new(self.x.rows(), self.x.columns(), self.x.values().to_vec())?;
        x.check(name)?;
        if self.answers.len() == x.rows() { Ok(()) } else { Err(damaged(name)) }
    }
}

fn damaged(name: &str) -> Error {
    Error::value(format!("{name}: damaged or of another version: its numbers do not fit together"))
}

fn checked(name: &str, settings: KnnSettings) -> Result<KnnSettings> {
    ensure_setting(settings.neighbors >= 1, name, "neighbors", "at least 1", settings.neighbors)?;
    Ok(settings)
}

/// A warning where fewer samples are known than are asked for.
fn few(rows: usize, settings: &KnnSettings) -> Fit {
    let warning = (rows < settings.neighbors)
        .then(|| format!("{rows} samples are all neighbours there are; {} were wanted", settings.neighbors));
    Fit { steps: 1, warning }
}

/// Answers with the class that most of the nearest samples have; of equals, the class that comes first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Knn {
    settings: KnnSettings,
    learned: Option<(usize, Memory<u32>)>, // classes
}

impl Knn {
    /// One with these settings.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: KnnSettings) -> Result<Self> {
        Ok(Self { settings: checked(CLASSIFIER, settings)?, learned: None })
    }

    /// Reads one back from its [`Learner::bytes`].
    ///
    /// # Errors
    /// When the bytes are not of this learner, or do not fit together.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let saved: Self = from_bytes(CLASSIFIER, bytes)?;
        checked(CLASSIFIER, saved.settings.clone())?;
        if let Some((classes, memory)) = &saved.learned {
            memory.sound(CLASSIFIER)?;
            if *classes > memory.answers.len() || memory.answers.iter().any(|c| *c as usize >= *classes) {
                return Err(damaged(CLASSIFIER));
            }
        }
        Ok(saved)
    }
}

impl Learner for Knn {
    fn name(&self) -> &'static str {
        CLASSIFIER
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        x.check(CLASSIFIER)?;
        let (codes, classes) = y.classes(CLASSIFIER, x.rows(), 1)?;
        self.learned = Some((classes, Memory { x: x.clone(), answers: codes.to_vec() }));
        Ok(few(x.rows(), &self.settings))
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let shares = self.predict_proba(x)?;
        // `max_by` answers with the last of equals: so they are asked from behind.
        let best = |row: &[f64]| (0..row.len()).rev().max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap_or(0) as i64;
        Ok(Answer::Classes(shares.iter().map(best).collect()))
    }

    fn predict_proba(&self, x: &Samples) -> Result<Samples> {
        let (classes, memory) = fitted(CLASSIFIER, &self.learned)?;
        let mut out = Vec::with_capacity(x.rows() * classes);
        memory.each(CLASSIFIER, &self.settings, x, |neighbours| {
            let start = out.len();
            out.resize(start + classes, 0.0);
            let mut sum = 0.0;
            for (class, weight) in neighbours {
                out[start + *class as usize] += weight;
                sum += weight;
            }
            out[start..].iter_mut().for_each(|p| *p /= sum);
        })?;
        Samples::new(x.rows(), *classes, out)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some((_, memory)) = &self.learned else { return Vec::new() };
        vec![("samples", Shown::Table(memory.x.clone()))]
    }

    fn summary(&self) -> Option<String> {
        let (classes, memory) = self.learned.as_ref()?;
        Some(format!("{} samples, {} features, {classes} classes", memory.x.rows(), memory.x.columns()))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(CLASSIFIER, self)
    }
}

/// Answers with the mean answer of the nearest samples.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KnnRegressor {
    settings: KnnSettings,
    learned: Option<Memory<f64>>,
}

impl KnnRegressor {
    /// One with these settings.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: KnnSettings) -> Result<Self> {
        Ok(Self { settings: checked(REGRESSOR, settings)?, learned: None })
    }

    /// Reads one back from its [`Learner::bytes`].
    ///
    /// # Errors
    /// When the bytes are not of this learner, or do not fit together.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let saved: Self = from_bytes(REGRESSOR, bytes)?;
        checked(REGRESSOR, saved.settings.clone())?;
        if let Some(memory) = &saved.learned {
            memory.sound(REGRESSOR)?;
            if memory.answers.iter().any(|v| !v.is_finite()) {
                return Err(damaged(REGRESSOR));
            }
        }
        Ok(saved)
    }
}

impl Learner for KnnRegressor {
    fn name(&self) -> &'static str {
        REGRESSOR
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        x.check(REGRESSOR)?;
        let answers = y.numbers(REGRESSOR, x.rows())?.to_vec();
        self.learned = Some(Memory { x: x.clone(), answers });
        Ok(few(x.rows(), &self.settings))
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let memory = fitted(REGRESSOR, &self.learned)?;
        let mut out = Vec::with_capacity(x.rows());
        memory.each(REGRESSOR, &self.settings, x, |neighbours| {
            let (mut mean, mut sum) = (0.0, 0.0);
            for (answer, weight) in neighbours {
                sum += weight;
                if weight > 0.0 {
                    mean += (answer - mean) * (weight / sum);
                }
            }
            out.push(mean);
        })?;
        Ok(Answer::Numbers(out))
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(memory) = &self.learned else { return Vec::new() };
        vec![("samples", Shown::Table(memory.x.clone())), ("answers", Shown::Numbers(memory.answers.clone()))]
    }

    fn summary(&self) -> Option<String> {
        let memory = self.learned.as_ref()?;
        Some(format!("{} samples, {} features", memory.x.rows(), memory.x.columns()))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(REGRESSOR, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: [f64; 6] = [0.0, 1.0, 2.0, 10.0, 11.0, 12.0];
    const CLASSES: Goal<'_> = Goal::Classes { codes: &[0, 0, 1, 1, 1, 1], classes: 2 };

    fn line() -> Samples {
        Samples::new(6, 1, LINE.to_vec()).unwrap()
    }

    fn with(neighbors: usize, weights: Weights, algorithm: Search) -> KnnSettings {
        KnnSettings { neighbors, weights, algorithm }
    }

    #[test]
    fn votes_and_means_by_hand() {
        for algorithm in [Search::KdTree, Search::Brute] {
            let mut knn = Knn::new(with(3, Weights::Uniform, algorithm)).unwrap();
            knn.fit(&line(), CLASSES).unwrap();
            let at = Samples::new(2, 1, vec![0.4, 9.0]).unwrap();
            let thirds = [2.0 / 3.0, 1.0 / 3.0, 0.0, 1.0];
            assert_eq!(knn.predict_proba(&at).unwrap().values(), thirds);
            assert_eq!(knn.predict(&at).unwrap(), Answer::Classes(vec![0, 1]));

            // Distances .5, .5 and 1.5 count 3 : 3 : 1.
            let mut mean = KnnRegressor::new(with(3, Weights::Distance, algorithm)).unwrap();
            mean.fit(&line(), Goal::Numbers(&[7.0, 14.0, 21.0, 0.0, 0.0, 0.0])).unwrap();
            let at = Samples::new(2, 1, vec![0.5, 1.0]).unwrap();
            let Answer::Numbers(found) = mean.predict(&at).unwrap() else { panic!() };
            assert!((found[0] - (3.0 * 7.0 + 3.0 * 14.0 + 21.0) / 7.0).abs() < 1e-12);
            assert_eq!(found[1], 14.0, "a sample at the very place decides alone");
        }
    }

    #[test]
    fn a_tree_and_products_find_the_same_neighbours() {
        let mut rng = crate::data::Rng::new(3);
        for d in [1, 3, 20] {
            let values = (0..300 * d).map(|_| rng.normal()).collect();
            let x = Samples::new(300, d, values).unwrap();
            let y: Vec<f64> = (0..300).map(f64::from).collect();
            let found: Vec<Answer> = [Search::KdTree, Search::Brute, Search::Auto]
                .map(|algorithm| {
                    let mut knn = KnnRegressor::new(with(7, Weights::Uniform, algorithm)).unwrap();
                    knn.fit(&x, Goal::Numbers(&y)).unwrap();
                    knn.predict(&x).unwrap()
                })
                .into();
            assert_eq!(found[0], found[1]);
            assert_eq!(found[0], found[2]);
        }
    }

    #[test]
    fn few_samples_and_huge_numbers_are_no_trouble() {
        let mut knn = Knn::new(KnnSettings::default()).unwrap();
        let one = Samples::new(1, 2, vec![1e300, -1e300]).unwrap();
        let fit = knn.fit(&one, Goal::Classes { codes: &[0], classes: 1 }).unwrap();
        assert_eq!(fit.warning.as_deref(), Some("1 samples are all neighbours there are; 5 were wanted"));
        let at = Samples::new(2, 2, vec![-1e300, 1e300, 0.0, 0.0]).unwrap();
        assert_eq!(knn.predict(&at).unwrap(), Answer::Classes(vec![0, 0]));
        for weights in [Weights::Uniform, Weights::Distance] {
            for algorithm in [Search::KdTree, Search::Brute] {
                let mut knn = KnnRegressor::new(with(2, weights, algorithm)).unwrap();
                let x = Samples::new(3, 2, vec![1e300, -1e300, 1e300, 1e300, 0.0, 0.0]).unwrap();
                knn.fit(&x, Goal::Numbers(&[1.0, 2.0, 3.0])).unwrap();
                let Answer::Numbers(found) = knn.predict(&at).unwrap() else { panic!() };
                assert!(found.iter().all(|v| (1.0..=3.0).contains(v)), "{found:?}");
            }
        }
    }

    #[test]
    fn files_keep_every_answer_and_damage_is_told() {
        let mut knn = Knn::new(with(3, Weights::Distance, Search::Auto)).unwrap();
        knn.fit(&line(), CLASSES).unwrap();
        let bytes = knn.bytes().unwrap();
        let at = Samples::new(3, 1, vec![0.4, 6.0, 9.0]).unwrap();
        let again = Knn::from_saved(&bytes).unwrap();
        assert_eq!(again.predict_proba(&at).unwrap(), knn.predict_proba(&at).unwrap());
        let (classes, memory) = knn.learned.as_mut().unwrap();
        *classes = 1;
        memory.answers[0] = 1;
        assert!(Knn::from_saved(&knn.bytes().unwrap()).unwrap_err().to_string().contains("do not fit"));
        assert!(Knn::from_saved(&bytes[..20]).is_err());
    }
}
