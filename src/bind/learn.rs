//! `mynah.learn`: classic learners with one face.

use super::convert::{FromArg, Ref, This, ToLua, expected};
use super::options::Options;
use super::rows::Rows;
use super::shim::{Outcome, fault};
use super::tensor::{LuaTensor, TensorLike};
use crate::learn::{self, Estimator, Label, Prediction, Samples, Shown};
use crate::nn::{Device, Tensor};
use crate::{lua_class, lua_module, progress};
use mlua::{Lua, Table, Value};
use serde::Serialize;
use std::cell::{RefCell, RefMut};

/// A learner as Lua holds it.
pub struct LuaLearner(RefCell<Estimator>);

impl LuaLearner {
    fn new(name: &str, settings: &impl Serialize) -> Outcome<Self> {
        let options = serde_json::to_value(settings).or_else(|e| fault(format!("{name}: {e}")))?;
        Ok(Self(RefCell::new(Estimator::new(name, options)?)))
    }

    fn get(&self) -> Outcome<RefMut<'_, Estimator>> {
        self.0.try_borrow_mut().or_else(|_| fault("the learner is in use"))
    }
}

/// Rows as samples.
fn samples(rows: Rows) -> Outcome<Samples> {
    let count = rows.values.len().checked_div(rows.columns).unwrap_or(0);
    Ok(Samples::new(count, rows.columns, rows.values)?)
}

/// Labels: a list of numbers or strings, or a tensor.
struct Labels(Vec<Label>);

impl super::convert::LuaType for Labels {
    fn lua_type() -> String {
        "number[]|string[]|mynah.Tensor".into()
    }
}
impl FromArg for Labels {
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self> {
        let label = |value: Value| match &value {
            Value::Integer(i) => Ok(Label::Number(*i as f64)),
            Value::Number(x) => Ok(Label::Number(*x)),
            Value::String(s) => Ok(Label::Text(s.to_string_lossy())),
            other => expected("labels that are numbers or strings", other),
        };
        match &value {
            Value::Table(_) => {
                Ok(Self(Vec::<Value>::from_arg(value, lua)?.into_iter().map(label).collect::<Outcome<_>>()?))
            }
            Value::UserData(data) if data.is::<LuaTensor>() => {
                Ok(Self(TensorLike::from_arg(value, lua)?.0.to_f64()?.into_iter().map(Label::Number).collect()))
            }
            other => expected("a list of labels or a tensor", other),
        }
    }
}

/// Labels back to Lua: a tensor when all are numbers, else a list.
fn labels(lua: &Lua, list: Vec<Label>) -> Outcome<Value> {
    let numbers: Option<Vec<f64>> =
        list.iter().map(|l| if let Label::Number(x) = l { Some(*x) } else { None }).collect();
    if let Some(numbers) = numbers {
        return row(lua, numbers);
    }
    let table = lua.create_table_with_capacity(list.len(), 0)?;
    for (i, label) in list.into_iter().enumerate() {
        match label {
            Label::Number(x) => table.raw_set(i + 1, x)?,
            Label::Text(text) => table.raw_set(i + 1, text)?,
        }
    }
    Ok(Value::Table(table))
}

fn row(lua: &Lua, numbers: Vec<f64>) -> Outcome<Value> {
    let n = numbers.len();
    Ok(LuaTensor::from(Tensor::from_vec(numbers, &[n], Device::Cpu)?).to_lua(lua)?)
}

fn grid(samples: Samples) -> Outcome<LuaTensor> {
    let shape = [samples.rows(), samples.columns()];
    Ok(Tensor::from_vec(samples.into_values(), &shape, Device::Cpu)?.into())
}

/// Tells the user what a fit had to say.
fn warn(estimator: &Estimator) {
    if let Some(warning) = estimator.warning() {
        progress::suspend(|| eprintln!("warning: {}: {warning}", estimator.name()));
    }
}

lua_module! {
    /// Classic learners, all with one face: `learn.name{ options }:fit(X, y)`, then `predict`, `transform`, `score`.
    ///
    /// ```lua
    /// local X = { { 0, 0 }, { 0, 1 }, { 9, 9 }, { 9, 8 } }
    /// local found = mynah.learn.kmeans{ clusters = 2, seed = 1 }:fit(X):predict(X)
    /// assert(found[1] == found[2] and found[3] == found[4] and found[1] ~= found[3])
    /// ```
    module "mynah.learn" {
        /// k-means: centres, each the mean of the samples nearest to it.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local learner = mynah.learn.kmeans{ clusters = 2 }
        /// local found = learner:fit(X):predict(X)
        /// assert(found[1] == found[2] and found[1] ~= found[4])
        /// ```
        fn kmeans(options: Options<learn::cluster::KmeansSettings>) -> LuaLearner { LuaLearner::new("kmeans", &options.0) }

        /// k-means by steps on a few samples each, for very many samples.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local learner = mynah.learn.mini_batch_kmeans{ clusters = 2 }
        /// local found = learner:fit(X):predict(X)
        /// assert(found[1] == found[2] and found[1] ~= found[4])
        /// ```
        fn mini_batch_kmeans(options: Options<learn::cluster::MiniBatchKmeansSettings>) -> LuaLearner { LuaLearner::new("mini_batch_kmeans", &options.0) }

        /// Clusters of any shape, where samples lie close together; the rest is noise (0).
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local learner = mynah.learn.dbscan{ eps = 2, min_samples = 2 }
        /// local found = learner:fit(X):predict(X)
        /// assert(found[1] == found[2] and found[1] ~= found[4])
        /// ```
        fn dbscan(options: Options<learn::cluster::DbscanSettings>) -> LuaLearner { LuaLearner::new("dbscan", &options.0) }

        /// Clusters of any shape and density; the rest is noise (0).
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local learner = mynah.learn.hdbscan{ min_cluster_size = 2 }
        /// local found = learner:fit(X):predict(X)
        /// assert(found[1] == found[2] and found[1] ~= found[4])
        /// ```
        fn hdbscan(options: Options<learn::cluster::HdbscanSettings>) -> LuaLearner { LuaLearner::new("hdbscan", &options.0) }

        /// The two nearest clusters become one, again and again.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local learner = mynah.learn.agglomerative{ clusters = 2 }
        /// local found = learner:fit(X):predict(X)
        /// assert(found[1] == found[2] and found[1] ~= found[4])
        /// ```
        fn agglomerative(options: Options<learn::cluster::AgglomerativeSettings>) -> LuaLearner { LuaLearner::new("agglomerative", &options.0) }

        /// A mixture of Gaussians, with probabilities.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local learner = mynah.learn.gaussian_mixture{ components = 2 }
        /// local found = learner:fit(X):predict(X)
        /// assert(found[1] == found[2] and found[1] ~= found[4])
        /// ```
        fn gaussian_mixture(options: Options<learn::cluster::GaussianMixtureSettings>) -> LuaLearner { LuaLearner::new("gaussian_mixture", &options.0) }

        /// The peaks of the samples' density.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local learner = mynah.learn.mean_shift{ bandwidth = 1 }
        /// local found = learner:fit(X):predict(X)
        /// assert(found[1] == found[2] and found[1] ~= found[4])
        /// ```
        fn mean_shift(options: Options<learn::cluster::MeanShiftSettings>) -> LuaLearner { LuaLearner::new("mean_shift", &options.0) }

        /// k-means on the graph of neighbours' slowest vibrations: clusters that hang together.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local learner = mynah.learn.spectral{ clusters = 2 }
        /// local found = learner:fit(X):predict(X)
        /// assert(found[1] == found[2] and found[1] ~= found[4])
        /// ```
        fn spectral(options: Options<learn::cluster::SpectralSettings>) -> LuaLearner { LuaLearner::new("spectral", &options.0) }

        /// The directions in which samples vary most.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local seen = mynah.learn.pca{ components = 1 }:fit_transform(X)
        /// assert(seen.shape[1] == 6)
        /// ```
        fn pca(options: Options<learn::transform::PcaSettings>) -> LuaLearner { LuaLearner::new("pca", &options.0) }

        /// Principal components in the space of a kernel.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local seen = mynah.learn.kernel_pca{ components = 1 }:fit_transform(X)
        /// assert(seen.shape[1] == 6)
        /// ```
        fn kernel_pca(options: Options<learn::transform::KernelPcaSettings>) -> LuaLearner { LuaLearner::new("kernel_pca", &options.0) }

        /// The largest singular values and their vectors.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local seen = mynah.learn.truncated_svd{ components = 1 }:fit_transform(X)
        /// assert(seen.shape[1] == 6)
        /// ```
        fn truncated_svd(options: Options<learn::transform::TruncatedSvdSettings>) -> LuaLearner { LuaLearner::new("truncated_svd", &options.0) }

        /// The independent sources whose mixtures the features are.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local seen = mynah.learn.ica{ components = 2, seed = 1 }:fit_transform(X)
        /// assert(seen.shape[1] == 6)
        /// ```
        fn ica(options: Options<learn::transform::IcaSettings>) -> LuaLearner { LuaLearner::new("ica", &options.0) }

        /// Samples as sums of parts, nothing below zero.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local seen = mynah.learn.nmf{ components = 1 }:fit_transform(X)
        /// assert(seen.shape[1] == 6)
        /// ```
        fn nmf(options: Options<learn::transform::NmfSettings>) -> LuaLearner { LuaLearner::new("nmf", &options.0) }

        /// Fewer features by random directions; distances are almost kept.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local seen = mynah.learn.random_projection{ components = 1, seed = 1 }:fit_transform(X)
        /// assert(seen.shape[1] == 6)
        /// ```
        fn random_projection(options: Options<learn::transform::RandomProjectionSettings>) -> LuaLearner { LuaLearner::new("random_projection", &options.0) }

        /// A picture in which neighbours stay neighbours: few dimensions for many.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local seen = mynah.learn.tsne{ perplexity = 2, seed = 1 }:fit_transform(X)
        /// assert(seen.shape[1] == 6)
        /// ```
        fn tsne(options: Options<learn::transform::TsneSettings>) -> LuaLearner { LuaLearner::new("tsne", &options.0) }

        /// A picture made from the graph of neighbours.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local seen = mynah.learn.umap{ neighbors = 3, seed = 1 }:fit_transform(X)
        /// assert(seen.shape[1] == 6)
        /// ```
        fn umap(options: Options<learn::transform::UmapSettings>) -> LuaLearner { LuaLearner::new("umap", &options.0) }

        /// Each feature to mean 0 and variance 1.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local seen = mynah.learn.standard_scaler():fit_transform(X)
        /// assert(seen.shape[1] == 6)
        /// ```
        fn standard_scaler(options: Options<learn::transform::StandardScalerSettings>) -> LuaLearner { LuaLearner::new("standard_scaler", &options.0) }

        /// Each feature to a range, from 0 to 1 unless said otherwise.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local seen = mynah.learn.min_max_scaler():fit_transform(X)
        /// assert(seen.shape[1] == 6)
        /// ```
        fn min_max_scaler(options: Options<learn::transform::MinMaxScalerSettings>) -> LuaLearner { LuaLearner::new("min_max_scaler", &options.0) }

        /// Each feature by its median and quartiles, so that outliers do not count.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local seen = mynah.learn.robust_scaler():fit_transform(X)
        /// assert(seen.shape[1] == 6)
        /// ```
        fn robust_scaler(options: Options<learn::transform::RobustScalerSettings>) -> LuaLearner { LuaLearner::new("robust_scaler", &options.0) }

        /// Each value of a feature becomes a feature of 0 and 1.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local seen = mynah.learn.one_hot():fit_transform(X)
        /// assert(seen.shape[1] == 6)
        /// ```
        fn one_hot(options: Options<learn::transform::OneHotSettings>) -> LuaLearner { LuaLearner::new("one_hot", &options.0) }

        /// All products of the features up to a degree.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local seen = mynah.learn.polynomial_features{ degree = 2 }:fit_transform(X)
        /// assert(seen.shape[1] == 6)
        /// ```
        fn polynomial_features(options: Options<learn::transform::PolynomialFeaturesSettings>) -> LuaLearner { LuaLearner::new("polynomial_features", &options.0) }

        /// Reads a learner that `save` wrote.
        ///
        /// ```lua
        /// local X = { { 0 }, { 1 }, { 8 }, { 9 } }
        /// mynah.learn.kmeans{ clusters = 2, seed = 1 }:fit(X):save(TMP .. "/means.mynah")
        /// assert(mynah.learn.load(TMP .. "/means.mynah").name == "kmeans")
        /// ```
        fn load(path: String) -> LuaLearner { Ok(LuaLearner(RefCell::new(Estimator::load(path)?))) }

        /// A pipeline: samples go through the `transform` of all learners but the last, which learns and answers.
        ///
        /// ```lua
        /// local learn = mynah.learn
        /// local both = learn.pipeline{ learn.kmeans{ clusters = 3, seed = 1 }, learn.kmeans{ clusters = 2, seed = 1 } }
        /// local found = both:fit({ { 0 }, { 1 }, { 8 }, { 9 } }):predict({ { 0 }, { 9 } })
        /// assert(found[1] ~= found[2])
        /// ```
        fn pipeline(steps: Vec<Ref<LuaLearner>>) -> LuaLearner {
            let steps = steps.iter().map(|s| Ok(s.get()?.fresh()?)).collect::<Outcome<_>>()?;
            Ok(LuaLearner(RefCell::new(Estimator::pipeline(steps)?)))
        }

        /// The names of all learners, with what they are.
        ///
        /// ```lua
        /// assert(mynah.learn.names().kmeans)
        /// ```
        fn names(@lua) -> Table {
            Ok(lua.create_table_from(learn::LEARNERS.iter().flat_map(|f| f.iter()).map(|e| (e.name, e.summary)))?)
        }
    }
}

lua_class! {
    /// A learner: `fit` it to samples, then ask it about others. Where it does not offer a method, that says so.
    ///
    /// Samples are a tensor [rows, features] or a table of rows; labels are numbers or strings.
    class Learner(LuaLearner) {
        /// Its name, such as "svc".
        get name(this) -> String { Ok(this.get()?.name().into()) }
        /// The classes of a fitted classifier, in the order of the columns of `predict_proba`.
        get classes(this, @lua) -> Value { let classes = this.get()?.classes().to_vec(); labels(lua, classes) }
        /// What the latest fit had to say, with the numbers: that it did not converge, for one; nil when all went well.
        get warning(this) -> Option<String> { Ok(this.get()?.warning().map(String::from)) }
        /// What it is and what was fitted.
        meta tostring(this) -> String { Ok(this.get()?.to_string()) }

        /// Learns from samples and, where it needs them, their labels; anew each time. A fit with something to say prints a warning.
        fn fit(this, x: Rows, y: Option<Labels>) -> This {
            let mut estimator = this.get()?;
            estimator.fit(&samples(x)?, y.as_ref().map(|y| &y.0[..]))?;
            warn(&estimator);
            Ok(This)
        }
        /// Learns on from more samples; a classifier may be told all `classes` with the first ones.
        fn partial_fit(this, x: Rows, y: Option<Labels>, classes: Option<Labels>) -> This {
            let mut estimator = this.get()?;
            estimator.partial_fit(&samples(x)?, y.as_ref().map(|y| &y.0[..]), classes.as_ref().map(|y| &y.0[..]))?;
            Ok(This)
        }
        /// Its answer for each sample: labels, numbers, or clusters from 1 (0 is none of them).
        fn predict(this, @lua, x: Rows) -> Value {
            match this.get()?.predict(&samples(x)?)? {
                Prediction::Labels(list) => labels(lua, list),
                Prediction::Numbers(numbers) => row(lua, numbers),
                Prediction::Clusters(clusters) => row(lua, clusters.into_iter().map(|c| (c + 1) as f64).collect()),
            }
        }
        /// How probable each class is for each sample, [rows, classes].
        fn predict_proba(this, x: Rows) -> LuaTensor { grid(this.get()?.predict_proba(&samples(x)?)?) }
        /// How far each sample is on the side of each class: one column for two classes, else one per class.
        fn decision(this, x: Rows) -> LuaTensor { grid(this.get()?.decision(&samples(x)?)?) }
        /// The samples as it sees them, [rows, components].
        fn transform(this, x: Rows) -> LuaTensor { grid(this.get()?.transform(&samples(x)?)?) }
        /// What `transform` made, back in the samples' own features.
        fn inverse_transform(this, x: Rows) -> LuaTensor { grid(this.get()?.inverse_transform(&samples(x)?)?) }
        /// `fit` and `transform` in one.
        fn fit_transform(this, x: Rows, y: Option<Labels>) -> LuaTensor {
            let mut estimator = this.get()?;
            let x = samples(x)?;
            estimator.fit(&x, y.as_ref().map(|y| &y.0[..]))?;
            warn(&estimator);
            grid(estimator.transform(&x)?)
        }
        /// The share of right labels, or R² for numbers.
        fn score(this, x: Rows, y: Labels) -> f64 { Ok(this.get()?.score(&samples(x)?, &y.0)?) }
        /// What it has learned, by name: numbers, tensors and words.
        fn params(this, @lua) -> Table {
            let table = lua.create_table()?;
            for (name, shown) in this.get()?.learned() {
                match shown {
                    Shown::Number(x) => table.set(name, x)?,
                    Shown::Text(text) => table.set(name, text)?,
                    Shown::Numbers(numbers) => table.set(name, row(lua, numbers)?)?,
                    Shown::Table(samples) => table.set(name, grid(samples)?.to_lua(lua)?)?,
                }
            }
            Ok(table)
        }
        /// Writes it to a file, for `mynah.learn.load`.
        fn save(this, path: String) -> This { this.get()?.save(path)?; Ok(This) }
    }
}
