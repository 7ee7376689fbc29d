//! `mynah.learn`: classic learners with one face.

use super::convert::{FromArg, LuaType, Ref, This, ToLua, expected, got};
use super::options::{Options, to_json};
use super::rows::Rows;
use super::shim::{Callback, Outcome, fault};
use super::tensor::{LuaTensor, TensorLike};
use crate::learn::trees::Member;
use crate::learn::{self, Choice, Estimator, Label, Prediction, Samples, Shown};
use crate::nn::{Device, Tensor};
use crate::{lua_class, lua_extras, lua_module, progress};
use mlua::{Lua, LuaSerdeExt, Table, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cell::{RefCell, RefMut};

/// A learner as Lua holds it.
pub struct LuaLearner {
    estimator: RefCell<Estimator>,
    kernel: Option<LuaKernel>,
}

/// A kernel that is a Lua function, and the samples that it is to be asked about.
struct LuaKernel {
    function: Callback,
    known: RefCell<Samples>,
}

lua_extras! {
    /// What the options of support vectors hold beside their settings.
    KernelExtras {
        /// A kernel of your own, in place of `kernel`: a function of two samples (lists of numbers) that answers a
        /// number, symmetric and positive. A learner with one cannot be saved.
        kernel_function: Callback = "fun(a: number[], b: number[]): number",
    }
}

lua_extras! {
    /// What bagging holds beside its settings.
    MemberExtras {
        /// The learner to be taught many times, not fitted. Default: a decision tree.
        learner: Ref<LuaLearner> = "mynah.Learner",
    }
}

lua_extras! {
    /// What voting holds beside its settings.
    MembersExtras {
        /// The learners that vote. Default: a random forest, extra trees and gradient boosting.
        learners: Vec<Ref<LuaLearner>> = "mynah.Learner[]",
    }
}

lua_extras! {
    /// What stacking holds beside its settings.
    StackExtras {
        /// The learners at the bottom. Default: a random forest, extra trees and gradient boosting.
        learners: Vec<Ref<LuaLearner>> = "mynah.Learner[]",
        /// The learner on top. Default: logistic regression, or ridge for numbers.
        last: Ref<LuaLearner> = "mynah.Learner",
    }
}

/// A learner as a part of another one, with its steps in one row.
fn member(estimator: &Estimator) -> Member {
    let mut before = Vec::new();
    for step in estimator.before() {
        let mut step = member(step);
        before.append(&mut step.before);
        before.push(step);
    }
    Member { name: estimator.name().into(), options: estimator.options().clone(), before }
}

impl LuaLearner {
    /// The learner as a part of another one.
    fn member(&self) -> Outcome<Member> {
        Ok(member(&*self.plain()?))
    }

    fn new(name: &str, settings: &impl Serialize) -> Outcome<Self> {
        Self::with_kernel(name, settings, KernelExtras::default())
    }

    fn with_kernel(name: &str, settings: &impl Serialize, extras: KernelExtras) -> Outcome<Self> {
        let mut options = serde_json::to_value(settings).or_else(|e| fault(format!("{name}: {e}")))?;
        if extras.kernel_function.is_some() {
            options["kernel"] = "precomputed".into();
        }
        let kernel = extras.kernel_function.map(|function| LuaKernel { function, known: RefCell::default() });
        Ok(Self { estimator: RefCell::new(Estimator::new(name, options)?), kernel })
    }

    fn get(&self) -> Outcome<RefMut<'_, Estimator>> {
        self.estimator.try_borrow_mut().or_else(|_| fault("the learner is in use"))
    }

    /// The learner, if its kernel is no Lua function (which works on the script's own thread only).
    fn plain(&self) -> Outcome<RefMut<'_, Estimator>> {
        match self.kernel {
            Some(_) => fault("a learner whose kernel is a Lua function stands alone"),
            None => self.get(),
        }
    }

    /// The samples as the learner wants them: with a Lua kernel, its values with the samples fitted to.
    fn seen(&self, x: Features) -> Outcome<Samples> {
        match &self.kernel {
            None => Ok(x.0),
            Some(kernel) => {
                let known = kernel.known.borrow().clone();
                if known.rows() > 0 && known.columns() != x.0.columns() {
                    let (was, is) = (known.columns(), x.0.columns());
                    return fault(format!("it was fitted to {was} features, these samples have {is}"));
                }
                kernel.values(&x.0, &known)
            }
        }
    }

    /// Fits to the samples, or to the values of a Lua kernel between them.
    fn fit(&self, x: Features, y: Option<&Labels>) -> Outcome<()> {
        let mut estimator = self.get()?;
        let y = y.map(|y| &y.0[..]);
        match &self.kernel {
            None => estimator.fit(&x.0, y)?,
            Some(kernel) => {
                x.0.check(estimator.name())?;
                let fit = estimator.fit(&kernel.values(&x.0, &x.0)?, y)?;
                *kernel.known.borrow_mut() = x.0;
                fit
            }
        };
        warn(&estimator);
        Ok(())
    }
}

impl LuaKernel {
    /// `[rows of a, rows of b]`
    fn values(&self, a: &Samples, b: &Samples) -> Outcome<Samples> {
        if a.is_sparse() || b.is_sparse() {
            return fault("a kernel that is a Lua function takes no sparse samples");
        }
        let rows: Vec<Vec<f64>> = b.iter().map(<[f64]>::to_vec).collect();
        let mut out = Vec::with_capacity(a.rows() * b.rows());
        for a in a.iter() {
            let a = a.to_vec();
            for b in &rows {
                let value = self.function.call((a.clone(), b.clone()))?.pop_front().unwrap_or(Value::Nil);
                match value.as_number().or(value.as_integer().map(|i| i as f64)) {
                    Some(v) if v.is_finite() => out.push(v),
                    _ => return fault(format!("the kernel must answer a finite number, got {}", got(&value))),
                }
            }
        }
        Ok(Samples::new(a.rows(), b.rows(), out)?)
    }
}

/// Samples: a tensor [rows, features], a table of rows, or sparse rows.
pub struct Features(pub Samples);

impl LuaType for Features {
    fn lua_type() -> String {
        format!("{}|mynah.SparseRows", Rows::lua_type())
    }
}
impl FromArg for Features {
    fn from_arg(value: Value, lua: &Lua) -> Outcome<Self> {
        match &value {
            Value::UserData(data) if data.is::<LuaSparse>() => Ok(Self(data.borrow::<LuaSparse>()?.0.clone())),
            _ => Ok(Self(samples(Rows::from_arg(value, lua)?)?)),
        }
    }
}

/// How samples are cut into folds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FoldSettings {
    /// How many folds, at least 2. Default 5.
    pub folds: usize,
    /// Put the samples in random order first. Default true.
    pub shuffle: bool,
    /// Of the order, and of combinations that are drawn. Default 0.
    pub seed: u64,
}

impl Default for FoldSettings {
    fn default() -> Self {
        Self { folds: 5, shuffle: true, seed: 0 }
    }
}

lua_extras! {
    /// What a search over options is told beside its folds.
    GridExtras {
        /// Try only so many combinations, drawn at random. Default: all.
        count: usize = "integer",
    }
}

/// Folds for a learner: with classes kept in proportion where it tells classes apart.
fn folds(estimator: &Estimator, y: &Labels, s: &FoldSettings) -> Outcome<Vec<learn::Fold>> {
    let shuffle = s.shuffle.then_some(s.seed);
    Ok(match estimator.kind() {
        learn::Kind::Classifier => {
            let coded = learn::Coded::new("folds", &y.0)?;
            learn::tools::split::stratified_k_fold(&coded.codes, s.folds, shuffle)?
        }
        _ => learn::tools::split::k_fold(y.0.len(), s.folds, shuffle)?,
    })
}

/// The options of a search with what they may be, in the order of their names.
fn axes(ranges: &Table) -> Outcome<Vec<(String, Value)>> {
    let mut axes = Vec::new();
    for pair in ranges.pairs::<Value, Value>() {
        match pair? {
            (Value::String(name), list @ Value::Table(_)) => axes.push((name.to_string_lossy(), list)),
            (name, value) => {
                return fault(format!(
                    "the options to search must be {{ option = {{ values }} }}, got [{}] = {}",
                    got(&name),
                    got(&value)
                ));
            }
        }
    }
    axes.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(axes)
}

/// What a search found: the best options, their score, a learner with them fitted to all samples, and all that was tried.
fn found(lua: &Lua, estimator: &Estimator, tried: &[learn::Tried], x: &Samples, y: &Labels) -> Outcome<Table> {
    let changed = |t: &learn::Tried| -> Outcome<Table> {
        let table = lua.create_table()?;
        for (name, value) in &t.options {
            table.set(&name[..], lua.to_value(value)?)?;
        }
        Ok(table)
    };
    let mut best = estimator.with(&tried[0].options)?;
    best.fit(x, Some(&y.0))?;
    warn(&best);
    let table = lua.create_table()?;
    table.set("options", changed(&tried[0])?)?;
    table.set("score", tried[0].mean)?;
    table.set("learner", LuaLearner { estimator: RefCell::new(best), kernel: None }.to_lua(lua)?)?;
    let list = lua.create_table()?;
    for one in tried {
        let entry = lua.create_table()?;
        entry.set("options", changed(one)?)?;
        entry.set("score", one.mean)?;
        entry.set("scores", row(lua, one.scores.clone())?)?;
        list.push(entry)?;
    }
    table.set("tried", list)?;
    Ok(table)
}

/// Rows as samples.
pub(super) fn samples(rows: Rows) -> Outcome<Samples> {
    let count = rows.values.len().checked_div(rows.columns).unwrap_or(0);
    Ok(Samples::new(count, rows.columns, rows.values)?)
}

/// Sparse samples as Lua holds them.
pub struct LuaSparse(pub Samples);

/// Labels: a list of numbers or strings, or a tensor.
pub struct Labels(pub Vec<Label>);

impl LuaType for Labels {
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
pub(super) fn labels(lua: &Lua, list: Vec<Label>) -> Outcome<Value> {
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

/// Numbers to Lua: a tensor, or an empty list, since no tensor is empty.
pub(super) fn row(lua: &Lua, numbers: Vec<f64>) -> Outcome<Value> {
    if numbers.is_empty() {
        return Ok(Value::Table(lua.create_table()?));
    }
    let n = numbers.len();
    Ok(LuaTensor::from(Tensor::from_vec(numbers, &[n], Device::Cpu)?).to_lua(lua)?)
}

pub(super) fn grid(samples: Samples) -> Outcome<LuaTensor> {
    let shape = [samples.rows(), samples.columns()];
    Ok(Tensor::from_vec(samples.into_values(), &shape, Device::Cpu)?.into())
}

/// Tells the user what a fit had to say.
fn warn(estimator: &Estimator) {
    if let Some(warning) = estimator.warning() {
        progress::suspend(|| eprintln!("warning: {warning}"));
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
        /// The perceptron: a plane moved by each mistake, with a pocket for the best one seen and a verdict where none can separate.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local y = { "low", "low", "low", "high", "high", "high" }
        /// local learner = mynah.learn.perceptron():fit(X, y)
        /// assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
        /// ```
        fn perceptron(options: Options<learn::linear::PerceptronSettings>) -> LuaLearner { LuaLearner::new("perceptron", &options.0) }

        /// Least squares: the plane nearest to the answers.
        ///
        /// ```lua
        /// local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
        /// local learner = mynah.learn.linear_regression():fit(X, y)
        /// assert(learner:score(X, y) > 0.9)
        /// ```
        fn linear_regression(options: Options<learn::linear::LinearRegressionSettings>) -> LuaLearner { LuaLearner::new("linear_regression", &options.0) }

        /// Least squares with a price on the squares of the weights.
        ///
        /// ```lua
        /// local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
        /// local learner = mynah.learn.ridge{ alpha = 0.1 }:fit(X, y)
        /// assert(learner:score(X, y) > 0.9)
        /// ```
        fn ridge(options: Options<learn::linear::RidgeSettings>) -> LuaLearner { LuaLearner::new("ridge", &options.0) }

        /// Least squares with a price on the sizes of the weights: many become 0.
        ///
        /// ```lua
        /// local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
        /// local learner = mynah.learn.lasso{ alpha = 0.1 }:fit(X, y)
        /// assert(learner:score(X, y) > 0.9)
        /// ```
        fn lasso(options: Options<learn::linear::LassoSettings>) -> LuaLearner { LuaLearner::new("lasso", &options.0) }

        /// Least squares with prices on the sizes and the squares of the weights.
        ///
        /// ```lua
        /// local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
        /// local learner = mynah.learn.elastic_net{ alpha = 0.1 }:fit(X, y)
        /// assert(learner:score(X, y) > 0.9)
        /// ```
        fn elastic_net(options: Options<learn::linear::ElasticNetSettings>) -> LuaLearner { LuaLearner::new("elastic_net", &options.0) }

        /// Gaussian classes with one covariance; `transform` gives the directions that tell them apart best.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local y = { "low", "low", "low", "high", "high", "high" }
        /// local learner = mynah.learn.linear_discriminant():fit(X, y)
        /// assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
        /// ```
        fn linear_discriminant(options: Options<learn::linear::LinearDiscriminantSettings>) -> LuaLearner { LuaLearner::new("linear_discriminant", &options.0) }

        /// Classes whose log-odds are linear, with probabilities.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local y = { "low", "low", "low", "high", "high", "high" }
        /// local learner = mynah.learn.logistic_regression():fit(X, y)
        /// assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
        /// ```
        fn logistic_regression(options: Options<learn::linear::LogisticRegressionSettings>) -> LuaLearner { LuaLearner::new("logistic_regression", &options.0) }

        /// Linear classifiers by stochastic gradient descent; learns on with `partial_fit`.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local y = { "low", "low", "low", "high", "high", "high" }
        /// local learner = mynah.learn.sgd_classifier{ seed = 1 }:fit(X, y)
        /// assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
        /// ```
        fn sgd_classifier(options: Options<learn::linear::SgdClassifierSettings>) -> LuaLearner { LuaLearner::new("sgd_classifier", &options.0) }

        /// Linear regression by stochastic gradient descent; learns on with `partial_fit`.
        ///
        /// ```lua
        /// local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
        /// local learner = mynah.learn.sgd_regressor{ seed = 1 }:fit(X, y)
        /// assert(learner:score(X, y) > 0.5)
        /// ```
        fn sgd_regressor(options: Options<learn::linear::SgdRegressorSettings>) -> LuaLearner { LuaLearner::new("sgd_regressor", &options.0) }

        /// Support vector classifier: the widest margin between classes, in the space of a kernel.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local y = { "low", "low", "low", "high", "high", "high" }
        /// local learner = mynah.learn.svc():fit(X, y)
        /// assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
        /// ```
        fn svc(options: Options<learn::svm::SvcSettings, KernelExtras>) -> LuaLearner { LuaLearner::with_kernel("svc", &options.0, options.1) }

        /// Support vector regression: as flat as a tube around the answers allows.
        ///
        /// ```lua
        /// local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
        /// local learner = mynah.learn.svr{ kernel = "linear", C = 10 }:fit(X, y)
        /// assert(learner:score(X, y) > 0.9)
        /// ```
        fn svr(options: Options<learn::svm::SvrSettings, KernelExtras>) -> LuaLearner { LuaLearner::with_kernel("svr", &options.0, options.1) }

        /// Support vectors around what is usual: 1, or 0 for what is not.
        ///
        /// ```lua
        /// local X = mynah.randn(200, 2, { seed = 1 })
        /// local found = mynah.learn.one_class{ nu = 0.1 }:fit(X):predict{ { 0, 0 }, { 9, 9 } }
        /// assert(found[1] == 1 and found[2] == 0)
        /// ```
        fn one_class(options: Options<learn::svm::OneClassSettings, KernelExtras>) -> LuaLearner { LuaLearner::with_kernel("one_class", &options.0, options.1) }

        /// The class that most of the nearest samples have.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local y = { "low", "low", "low", "high", "high", "high" }
        /// local learner = mynah.learn.knn{ neighbors = 3 }:fit(X, y)
        /// assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
        /// ```
        fn knn(options: Options<learn::neighbors::KnnSettings>) -> LuaLearner { LuaLearner::new("knn", &options.0) }

        /// The mean answer of the nearest samples.
        ///
        /// ```lua
        /// local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
        /// local learner = mynah.learn.knn_regressor{ neighbors = 2, weights = "distance" }:fit(X, y)
        /// assert(learner:score(X, y) > 0.8)
        /// ```
        fn knn_regressor(options: Options<learn::neighbors::KnnSettings>) -> LuaLearner { LuaLearner::new("knn_regressor", &options.0) }

        /// Naive Bayes with a Gaussian for each class and feature.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local y = { "low", "low", "low", "high", "high", "high" }
        /// local learner = mynah.learn.gaussian_nb():fit(X, y)
        /// assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
        /// ```
        fn gaussian_nb(options: Options<learn::bayes::GaussianNbSettings>) -> LuaLearner { LuaLearner::new("gaussian_nb", &options.0) }

        /// Naive Bayes for counts, as of words; takes sparse rows.
        ///
        /// ```lua
        /// local X = { { 2, 0, 1 }, { 3, 1, 0 }, { 0, 4, 1 }, { 1, 3, 0 } }
        /// local learner = mynah.learn.multinomial_nb():fit(X, { "ham", "ham", "spam", "spam" })
        /// assert(learner:predict{ { 5, 1, 0 } }[1] == "ham")
        /// ```
        fn multinomial_nb(options: Options<learn::bayes::MultinomialNbSettings>) -> LuaLearner { LuaLearner::new("multinomial_nb", &options.0) }

        /// Naive Bayes for features that are there or not; takes sparse rows.
        ///
        /// ```lua
        /// local X = { { 1, 0, 1 }, { 1, 0, 0 }, { 0, 1, 1 }, { 0, 1, 0 } }
        /// local learner = mynah.learn.bernoulli_nb():fit(X, { "ham", "ham", "spam", "spam" })
        /// assert(learner:predict{ { 1, 0, 0 } }[1] == "ham")
        /// ```
        fn bernoulli_nb(options: Options<learn::bayes::BernoulliNbSettings>) -> LuaLearner { LuaLearner::new("bernoulli_nb", &options.0) }

        /// Questions about one feature at a time; `params().text` prints them.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local y = { "low", "low", "low", "high", "high", "high" }
        /// local learner = mynah.learn.decision_tree():fit(X, y)
        /// assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
        /// ```
        fn decision_tree(options: Options<learn::trees::DecisionTreeSettings>) -> LuaLearner { LuaLearner::new("decision_tree", &options.0) }

        /// Questions about one feature at a time, numbers at the end.
        ///
        /// ```lua
        /// local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
        /// local learner = mynah.learn.decision_tree_regressor():fit(X, y)
        /// assert(learner:score(X, y) > 0.9)
        /// ```
        fn decision_tree_regressor(options: Options<learn::trees::DecisionTreeRegressorSettings>) -> LuaLearner { LuaLearner::new("decision_tree_regressor", &options.0) }

        /// Many trees, each of drawn samples and features.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local y = { "low", "low", "low", "high", "high", "high" }
        /// local learner = mynah.learn.random_forest{ trees = 20, seed = 1 }:fit(X, y)
        /// assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
        /// ```
        fn random_forest(options: Options<learn::trees::ForestSettings>) -> LuaLearner { LuaLearner::new("random_forest", &options.0) }

        /// Many trees of drawn samples, for numbers.
        ///
        /// ```lua
        /// local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
        /// local learner = mynah.learn.random_forest_regressor{ trees = 20, seed = 1 }:fit(X, y)
        /// assert(learner:score(X, y) > 0.7)
        /// ```
        fn random_forest_regressor(options: Options<learn::trees::ForestRegressorSettings>) -> LuaLearner { LuaLearner::new("random_forest_regressor", &options.0) }

        /// Many trees with random thresholds.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local y = { "low", "low", "low", "high", "high", "high" }
        /// local learner = mynah.learn.extra_trees{ trees = 20, seed = 1 }:fit(X, y)
        /// assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
        /// ```
        fn extra_trees(options: Options<learn::trees::ForestSettings>) -> LuaLearner { LuaLearner::new("extra_trees", &options.0) }

        /// Many trees with random thresholds, for numbers.
        ///
        /// ```lua
        /// local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
        /// local learner = mynah.learn.extra_trees_regressor{ trees = 20, seed = 1 }:fit(X, y)
        /// assert(learner:score(X, y) > 0.9)
        /// ```
        fn extra_trees_regressor(options: Options<learn::trees::ForestRegressorSettings>) -> LuaLearner { LuaLearner::new("extra_trees_regressor", &options.0) }

        /// Trees that correct each other (histogram boosting); takes NaN for what is missing, and categories.
        ///
        /// ```lua
        /// local X, y = mynah.data.blobs{ samples = 60, centres = { { 0, 0 }, { 9, 9 } }, seed = 1 }
        /// local learner = mynah.learn.gradient_boosting{ trees = 20 }:fit(X, y)
        /// assert(learner:score(X, y) == 1)
        /// ```
        fn gradient_boosting(options: Options<learn::trees::GradientBoostingSettings>) -> LuaLearner { LuaLearner::new("gradient_boosting", &options.0) }

        /// Trees that correct each other, for numbers.
        ///
        /// ```lua
        /// local X, y = mynah.data.regression{ samples = 120, features = 3, informative = 3, seed = 1 }
        /// local learner = mynah.learn.gradient_boosting_regressor{ trees = 50, min_samples_leaf = 5 }:fit(X, y)
        /// assert(learner:score(X, y) > 0.7)
        /// ```
        fn gradient_boosting_regressor(options: Options<learn::trees::GradientBoostingRegressorSettings>) -> LuaLearner { LuaLearner::new("gradient_boosting_regressor", &options.0) }

        /// Small trees, each on what the others got wrong (SAMME).
        ///
        /// ```lua
        /// local X, y = mynah.data.blobs{ samples = 60, centres = { { 0, 0 }, { 9, 9 } }, seed = 1 }
        /// local learner = mynah.learn.adaboost():fit(X, y)
        /// assert(learner:score(X, y) == 1)
        /// ```
        fn adaboost(options: Options<learn::trees::AdaboostSettings>) -> LuaLearner { LuaLearner::new("adaboost", &options.0) }

        /// Small trees, each on what the others missed, for numbers (R2).
        ///
        /// ```lua
        /// local X, y = mynah.data.regression{ samples = 120, features = 3, informative = 3, seed = 1 }
        /// local learner = mynah.learn.adaboost_regressor{ seed = 1 }:fit(X, y)
        /// assert(learner:score(X, y) > 0.7)
        /// ```
        fn adaboost_regressor(options: Options<learn::trees::AdaboostRegressorSettings>) -> LuaLearner { LuaLearner::new("adaboost_regressor", &options.0) }

        /// Learners of one kind, each taught with drawn samples, that vote.
        ///
        /// ```lua
        /// local X, y = mynah.data.blobs{ samples = 60, centres = { { 0, 0 }, { 9, 9 } }, seed = 1 }
        /// local learner = mynah.learn.bagging{ learner = mynah.learn.knn(), seed = 1 }:fit(X, y)
        /// assert(learner:score(X, y) == 1)
        /// ```
        fn bagging(options: Options<learn::trees::BaggingSettings, MemberExtras>) -> LuaLearner {
            let mut settings = options.0;
            settings.learner = options.1.learner.map(|l| l.member()).transpose()?;
            LuaLearner::new("bagging", &settings)
        }

        /// Learners of one kind, each taught with drawn samples, for numbers.
        ///
        /// ```lua
        /// local X, y = mynah.data.regression{ samples = 120, features = 3, informative = 3, seed = 1 }
        /// local learner = mynah.learn.bagging_regressor{ learner = mynah.learn.ridge(), seed = 1 }:fit(X, y)
        /// assert(learner:score(X, y) > 0.7)
        /// ```
        fn bagging_regressor(options: Options<learn::trees::BaggingSettings, MemberExtras>) -> LuaLearner {
            let mut settings = options.0;
            settings.learner = options.1.learner.map(|l| l.member()).transpose()?;
            LuaLearner::new("bagging_regressor", &settings)
        }

        /// Several learners that vote.
        ///
        /// ```lua
        /// local X, y = mynah.data.blobs{ samples = 60, centres = { { 0, 0 }, { 9, 9 } }, seed = 1 }
        /// local learner = mynah.learn.voting{ learners = { mynah.learn.knn(), mynah.learn.gaussian_nb() } }:fit(X, y)
        /// assert(learner:score(X, y) == 1)
        /// ```
        fn voting(options: Options<learn::trees::VotingSettings, MembersExtras>) -> LuaLearner {
            let mut settings = options.0;
            if let Some(list) = options.1.learners {
                settings.learners = list.iter().map(|l| l.member()).collect::<Outcome<_>>()?;
            }
            LuaLearner::new("voting", &settings)
        }

        /// The mean of several learners.
        ///
        /// ```lua
        /// local X, y = mynah.data.regression{ samples = 120, features = 3, informative = 3, seed = 1 }
        /// local learner = mynah.learn.voting_regressor{ learners = { mynah.learn.ridge(), mynah.learn.linear_regression() } }:fit(X, y)
        /// assert(learner:score(X, y) > 0.7)
        /// ```
        fn voting_regressor(options: Options<learn::trees::VotingRegressorSettings, MembersExtras>) -> LuaLearner {
            let mut settings = options.0;
            if let Some(list) = options.1.learners {
                settings.learners = list.iter().map(|l| l.member()).collect::<Outcome<_>>()?;
            }
            LuaLearner::new("voting_regressor", &settings)
        }

        /// Several learners, and a last one that learns from their answers.
        ///
        /// ```lua
        /// local X, y = mynah.data.blobs{ samples = 60, centres = { { 0, 0 }, { 9, 9 } }, seed = 1 }
        /// local learner = mynah.learn.stacking{ learners = { mynah.learn.knn(), mynah.learn.gaussian_nb() } }:fit(X, y)
        /// assert(learner:score(X, y) == 1)
        /// ```
        fn stacking(options: Options<learn::trees::StackingSettings, StackExtras>) -> LuaLearner {
            let mut settings = options.0;
            settings.learners = options.1.learners.map(|list| list.iter().map(|l| l.member()).collect()).transpose()?;
            settings.last = options.1.last.map(|l| l.member()).transpose()?;
            LuaLearner::new("stacking", &settings)
        }

        /// Several learners, and a last one that learns from their answers, for numbers.
        ///
        /// ```lua
        /// local X, y = mynah.data.regression{ samples = 120, features = 3, informative = 3, seed = 1 }
        /// local learner = mynah.learn.stacking_regressor{ learners = { mynah.learn.ridge(), mynah.learn.knn_regressor() } }:fit(X, y)
        /// assert(learner:score(X, y) > 0.7)
        /// ```
        fn stacking_regressor(options: Options<learn::trees::StackingSettings, StackExtras>) -> LuaLearner {
            let mut settings = options.0;
            settings.learners = options.1.learners.map(|list| list.iter().map(|l| l.member()).collect()).transpose()?;
            settings.last = options.1.last.map(|l| l.member()).transpose()?;
            LuaLearner::new("stacking_regressor", &settings)
        }

        /// Layers of neurons that tell classes apart; `activations` shows what each layer sees.
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 9, 9 }, { 9, 8 }, { 8, 9 } }
        /// local y = { "low", "low", "low", "high", "high", "high" }
        /// local learner = mynah.learn.mlp_classifier{ hidden = { 8 }, lr = 0.01, seed = 1 }:fit(X, y)
        /// assert(learner:predict{ { 0, 1 } }[1] == "low" and learner:score(X, y) == 1)
        /// ```
        fn mlp_classifier(options: Options<learn::mlp::MlpSettings>) -> LuaLearner { LuaLearner::new("mlp_classifier", &options.0) }

        /// Layers of neurons that answer numbers.
        ///
        /// ```lua
        /// local X, y = { { 0 }, { 1 }, { 2 }, { 3 } }, { 1, 3, 5, 7 }
        /// local learner = mynah.learn.mlp_regressor{ hidden = { 8 }, lr = 0.03, seed = 1 }:fit(X, y)
        /// assert(learner:score(X, y) > 0.8)
        /// ```
        fn mlp_regressor(options: Options<learn::mlp::MlpSettings>) -> LuaLearner { LuaLearner::new("mlp_regressor", &options.0) }

        /// Latent Dirichlet allocation: the topics that texts are mixtures of; takes sparse rows of word counts.
        ///
        /// ```lua
        /// local X = { { 5, 4, 0, 0 }, { 4, 5, 0, 0 }, { 0, 0, 5, 4 }, { 0, 0, 4, 5 } }
        /// local seen = mynah.learn.lda{ components = 2, seed = 1 }:fit_transform(X)
        /// assert(seen.shape[1] == 4 and seen.shape[2] == 2)
        /// ```
        fn lda(options: Options<learn::graphical::LdaSettings>) -> LuaLearner { LuaLearner::new("lda", &options.0) }

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

        /// The largest singular values and their vectors; takes sparse rows.
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

        /// Sparse samples: of each row only what is not 0, as `{ [column] = number }`, and how many columns there are.
        ///
        /// ```lua
        /// local X = mynah.learn.sparse({ { [1] = 2 }, { [3] = 1 }, {} }, 3)
        /// assert(#X == 3 and X.columns == 3)
        /// local learner = mynah.learn.multinomial_nb():fit(X, { "a", "b", "b" })
        /// assert(learner:predict(X)[1] == "a")
        /// ```
        fn sparse(rows: Vec<Table>, columns: usize) -> LuaSparse {
            let mut list = Vec::with_capacity(rows.len());
            for (i, row) in rows.into_iter().enumerate() {
                let mut entries = Vec::new();
                for pair in row.pairs::<Value, Value>() {
                    match pair? {
                        (Value::Integer(column), Value::Number(number)) if column >= 1 => {
                            entries.push((column as usize - 1, number));
                        }
                        (Value::Integer(column), Value::Integer(number)) if column >= 1 => {
                            entries.push((column as usize - 1, number as f64));
                        }
                        (column, value) => {
                            let (column, value) = (got(&column), got(&value));
                            return fault(format!("row {} must hold {{ [column] = number }}, got [{column}] = {value}", i + 1));
                        }
                    }
                }
                list.push(entries);
            }
            Ok(LuaSparse(Samples::sparse(columns, &list)?))
        }

        /// Whether a plane separates the samples of two classes.
        ///
        /// The answer has `separable` (strictly), `touching` (only with points on the plane), and for a plane that
        /// separates `weights`, `bias` and `margin` (the distance of the nearest sample).
        ///
        /// ```lua
        /// local X = { { 0, 0 }, { 1, 1 }, { 0, 1 }, { 1, 0 } }
        /// assert(not mynah.learn.separable(X, { 0, 0, 1, 1 }).separable) -- exclusive or
        /// assert(mynah.learn.separable(X, { 0, 1, 1, 1 }).separable)
        /// ```
        fn separable(@lua, x: Features, y: Labels) -> Table {
            let coded = learn::Coded::new("separable", &y.0)?;
            let verdict = learn::separable::separable(&x.0, &coded.codes)?;
            let table = lua.create_table()?;
            table.set("separable", verdict.separable)?;
            table.set("touching", verdict.touching)?;
            if !verdict.weights.is_empty() {
                table.set("weights", row(lua, verdict.weights)?)?;
                table.set("bias", verdict.bias)?;
                table.set("margin", verdict.margin)?;
            }
            Ok(table)
        }

        /// The corners of the convex hull of points in the plane, counterclockwise; one for points that are all the same,
        /// two for points on a line.
        ///
        /// ```lua
        /// local corners = mynah.learn.hull{ { 0, 0 }, { 4, 0 }, { 2, 1 }, { 4, 4 }, { 0, 4 } }
        /// assert(#corners == 4)
        /// ```
        fn hull(points: Rows) -> Vec<Vec<f64>> {
            if points.columns != 2 && !points.values.is_empty() {
                return fault(format!("hull: points are {{ x, y }}, got {} numbers", points.columns));
            }
            if let Some(odd) = points.values.iter().find(|v| !v.is_finite()) {
                return fault(format!("hull: coordinates must be finite, got {odd}"));
            }
            let corners = learn::separable::hull(points.values.chunks_exact(2).map(|p| [p[0], p[1]]).collect());
            Ok(corners.into_iter().map(Vec::from).collect())
        }

        /// Reads a learner that `save` wrote.
        ///
        /// ```lua
        /// local X = { { 0 }, { 1 }, { 8 }, { 9 } }
        /// mynah.learn.kmeans{ clusters = 2, seed = 1 }:fit(X):save(TMP .. "/means.mynah")
        /// assert(mynah.learn.load(TMP .. "/means.mynah").name == "kmeans")
        /// ```
        fn load(path: String) -> LuaLearner { Ok(LuaLearner { estimator: RefCell::new(Estimator::load(path)?), kernel: None }) }

        /// A pipeline: samples go through the `transform` of all learners but the last, which learns and answers.
        ///
        /// ```lua
        /// local learn = mynah.learn
        /// local both = learn.pipeline{ learn.kmeans{ clusters = 3, seed = 1 }, learn.kmeans{ clusters = 2, seed = 1 } }
        /// local found = both:fit({ { 0 }, { 1 }, { 8 }, { 9 } }):predict({ { 0 }, { 9 } })
        /// assert(found[1] ~= found[2])
        /// ```
        fn pipeline(steps: Vec<Ref<LuaLearner>>) -> LuaLearner {
            let steps = steps.iter().map(|s| Ok(s.plain()?.fresh()?)).collect::<Outcome<_>>()?;
            Ok(LuaLearner { estimator: RefCell::new(Estimator::pipeline(steps)?), kernel: None })
        }

        /// The scores of a learner over folds: each time fitted afresh to all folds but one, and scored on that.
        ///
        /// Classes are kept in proportion in each fold.
        ///
        /// ```lua
        /// local X, y = mynah.data.blobs{ samples = 60, centres = { { 0, 0 }, { 9, 9 } }, seed = 1 }
        /// local scores = mynah.learn.cross_validate(mynah.learn.knn(), X, y, { folds = 3 })
        /// assert(#scores == 3 and scores[1] == 1)
        /// ```
        fn cross_validate(@lua, learner: Ref<LuaLearner>, x: Features, y: Labels, options: Options<FoldSettings>) -> Value {
            let estimator = learner.plain()?.fresh()?;
            let folds = folds(&estimator, &y, &options.0)?;
            row(lua, learn::cross_validate(&estimator, &x.0, &y.0, &folds)?)
        }

        /// Every combination of options, scored over folds: the best one's options, score and learner fitted to all samples.
        ///
        /// In a pipeline `["scaler.option"]` means the step `scaler`. With `count` only so many combinations are tried,
        /// drawn at random. `tried` lists all, the best first.
        ///
        /// ```lua
        /// local X, y = mynah.data.moons{ samples = 60, noise = 0.1, seed = 1 }
        /// local found = mynah.learn.grid_search(mynah.learn.knn(), { neighbors = { 1, 5, 50 } }, X, y, { folds = 3 })
        /// assert(found.options.neighbors < 50 and #found.tried == 3 and found.learner:score(X, y) > 0.9)
        /// ```
        fn grid_search(@lua, learner: Ref<LuaLearner>, grid: Table, x: Features, y: Labels, options: Options<FoldSettings, GridExtras>) -> Table {
            let estimator = learner.plain()?.fresh()?;
            let folds = folds(&estimator, &y, &options.0)?;
            let mut lists = Vec::new();
            for (name, list) in axes(&grid)? {
                match to_json(&list, 0)? {
                    serde_json::Value::Array(values) => lists.push((name, values)),
                    _ => return fault(format!("`{name}` must be a list of values; `search` takes ranges")),
                }
            }
            let count = options.1.count;
            let tried = learn::grid_search(&estimator, &lists, &x.0, &y.0, &folds, count.map(|n| (n, options.0.seed)))?;
            found(lua, &estimator, &tried, &x.0, &y)
        }

        /// Options within ranges, proposed by a method of `mynah.optim` that learns from the scores over folds.
        ///
        /// A range is `{ low = 0.01, high = 100, log = true }`, with `whole = true` for whole numbers, or a list of
        /// values. The answer is as from `grid_search`.
        ///
        /// ```lua
        /// local X, y = mynah.data.moons{ samples = 80, noise = 0.2, seed = 1 }
        /// local found = mynah.learn.search(mynah.learn.svc(), { C = { low = 0.01, high = 100, log = true },
        ///   gamma = { low = 0.01, high = 10, log = true }, kernel = { "rbf", "linear" } }, X, y, { trials = 12, folds = 3 })
        /// assert(found.score > 0.85 and found.options.C >= 0.01 and #found.tried <= 12)
        /// ```
        fn search(@lua, learner: Ref<LuaLearner>, ranges: Table, x: Features, y: Labels, options: Options<learn::SearchSettings>) -> Table {
            let estimator = learner.plain()?.fresh()?;
            let settings = options.0;
            let folds = folds(&estimator, &y, &FoldSettings { folds: settings.folds, shuffle: settings.shuffle, seed: settings.seed })?;
            let mut space = Vec::new();
            for (name, value) in axes(&ranges)? {
                space.push((name.clone(), Choice::from_json(&name, to_json(&value, 0)?)?));
            }
            let tried = learn::search(&estimator, &space, &x.0, &y.0, &folds, &settings)?;
            found(lua, &estimator, &tried, &x.0, &y)
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
        fn fit(this, x: Features, y: Option<Labels>) -> This {
            this.fit(x, y.as_ref())?;
            Ok(This)
        }
        /// Learns on from more samples; a classifier may be told all `classes` with the first ones.
        fn partial_fit(this, x: Features, y: Option<Labels>, classes: Option<Labels>) -> This {
            let mut estimator = this.get()?;
            estimator.partial_fit(&x.0, y.as_ref().map(|y| &y.0[..]), classes.as_ref().map(|y| &y.0[..]))?;
            Ok(This)
        }
        /// Its answer for each sample: labels, numbers, or clusters from 1 (0 is none of them).
        fn predict(this, @lua, x: Features) -> Value {
            let x = this.seen(x)?;
            let found = this.get()?.predict(&x)?;
            match found {
                Prediction::Labels(list) => labels(lua, list),
                Prediction::Numbers(numbers) => row(lua, numbers),
                Prediction::Clusters(clusters) => row(lua, clusters.into_iter().map(|c| (c + 1) as f64).collect()),
            }
        }
        /// How probable each class is for each sample, [rows, classes].
        fn predict_proba(this, x: Features) -> LuaTensor { let x = this.seen(x)?; grid(this.get()?.predict_proba(&x)?) }
        /// How far each sample is on the side of each class: one column for two classes, else one per class.
        fn decision(this, x: Features) -> LuaTensor { let x = this.seen(x)?; grid(this.get()?.decision(&x)?) }
        /// The samples as it sees them, [rows, components].
        fn transform(this, x: Features) -> LuaTensor { let x = this.seen(x)?; grid(this.get()?.transform(&x)?) }
        /// What `transform` made, back in the samples' own features.
        fn inverse_transform(this, x: Features) -> LuaTensor { let x = this.seen(x)?; grid(this.get()?.inverse_transform(&x)?) }
        /// What each layer of a multilayer perceptron answers to the samples, a list of tensors [rows, neurons].
        fn activations(this, x: Features) -> Vec<LuaTensor> {
            let layers = this.get()?.activations(&x.0)?;
            layers.into_iter().map(grid).collect()
        }
        /// `fit` and `transform` in one.
        fn fit_transform(this, x: Features, y: Option<Labels>) -> LuaTensor {
            this.fit(Features(x.0.clone()), y.as_ref())?;
            let x = this.seen(x)?;
            grid(this.get()?.transform(&x)?)
        }
        /// The share of right labels, or R² for numbers.
        fn score(this, x: Features, y: Labels) -> f64 { let x = this.seen(x)?; Ok(this.get()?.score(&x, &y.0)?) }
        /// What it has learned, by name: numbers, tensors and words.
        fn params(this, @lua) -> Table {
            let table = lua.create_table()?;
            let estimator = this.get()?;
            let clusters = estimator.kind() == learn::Kind::Clusterer;
            for (name, shown) in estimator.learned() {
                match shown {
                    Shown::Numbers(codes) if clusters && name == "labels" => {
                        table.set(name, row(lua, codes.into_iter().map(|c| c + 1.0).collect())?)?;
                    }
                    Shown::Number(x) => table.set(name, x)?,
                    Shown::Text(text) => table.set(name, text)?,
                    Shown::Numbers(numbers) => table.set(name, row(lua, numbers)?)?,
                    Shown::Table(samples) if samples.rows() * samples.columns() == 0 => table.set(name, lua.create_table()?)?,
                    Shown::Table(samples) => table.set(name, grid(samples)?.to_lua(lua)?)?,
                }
            }
            Ok(table)
        }
        /// Writes it to a file, for `mynah.learn.load`.
        fn save(this, path: String) -> This {
            if this.kernel.is_some() {
                return fault("a learner whose kernel is a Lua function cannot be saved");
            }
            this.get()?.save(path)?;
            Ok(This)
        }
    }
}

lua_class! {
    /// Sparse samples: rows that hold only what is not 0, for learners that say they take them.
    class SparseRows(LuaSparse) {
        /// How many columns there are.
        get columns(this) -> usize { Ok(this.0.columns()) }
        /// How many rows there are.
        meta len(this) -> usize { Ok(this.0.rows()) }
        /// Their name and size.
        meta tostring(this) -> String { Ok(format!("sparse rows [{}, {}]", this.0.rows(), this.0.columns())) }
        /// The rows with every number written out, [rows, columns].
        fn dense(this) -> LuaTensor { grid(this.0.dense()?) }
    }
}
