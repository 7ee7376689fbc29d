//! `mynah.metrics`: how good answers are.

use super::convert::{FromArg, LuaType, expected};
use super::learn::{Features, Labels, grid, labels, row};
use super::rows::Data;
use super::shim::{Outcome, fault};
use super::tensor::{LuaTensor, TensorLike};
use crate::learn::tools::metrics::{self, Average};
use crate::learn::{Coded, Label, Samples};
use crate::lua_module;
use mlua::{Lua, Value};

/// Labels coded together, so that equal labels have equal codes.
fn together(name: &str, truth: &Labels, found: &Labels) -> Outcome<(Vec<Label>, Vec<u32>, Vec<u32>)> {
    if truth.0.len() != found.0.len() {
        return fault(format!("{name}: {} labels, but {} answers", truth.0.len(), found.0.len()));
    }
    let all: Vec<Label> = truth.0.iter().chain(&found.0).cloned().collect();
    let coded = Coded::new(name, &all)?;
    let (a, b) = coded.codes.split_at(truth.0.len());
    Ok((coded.classes, a.to_vec(), b.to_vec()))
}

/// How the scores of several classes become one.
struct Mean(Average);

impl LuaType for Mean {
    fn lua_type() -> String {
        "\"binary\"|\"macro\"|\"micro\"|\"weighted\"".into()
    }
}
impl FromArg for Mean {
    fn from_arg(value: Value, _: &Lua) -> Outcome<Self> {
        let Value::String(word) = &value else {
            return expected("\"binary\", \"macro\", \"micro\" or \"weighted\"", &value);
        };
        Ok(Self(match &word.to_string_lossy()[..] {
            "binary" => Average::Binary,
            "macro" => Average::Macro,
            "micro" => Average::Micro,
            "weighted" => Average::Weighted,
            _ => return expected("\"binary\", \"macro\", \"micro\" or \"weighted\"", &value),
        }))
    }
}

/// The mean that was asked for; of two classes the second alone, else that of all.
fn mean_of(asked: Option<Mean>, classes: usize) -> Average {
    asked.map_or(if classes == 2 { Average::Binary } else { Average::Macro }, |m| m.0)
}

lua_module! {
    /// How good answers are: for classes, scores, numbers and clusters.
    ///
    /// ```lua
    /// assert(mynah.metrics.accuracy({ "a", "b", "b" }, { "a", "b", "a" }) == 2 / 3)
    /// ```
    module "mynah.metrics" {
        /// The share of right answers.
        ///
        /// ```lua
        /// assert(mynah.metrics.accuracy({ 1, 2, 2, 1 }, { 1, 2, 1, 1 }) == 0.75)
        /// ```
        fn accuracy(truth: Labels, found: Labels) -> f64 { let (_, a, b) = together("accuracy", &truth, &found)?; Ok(metrics::accuracy(&a, &b)?) }

        /// The share of right answers in each class, and of those the mean.
        ///
        /// ```lua
        /// assert(mynah.metrics.balanced_accuracy({ 1, 1, 1, 2 }, { 1, 1, 1, 1 }) == 0.5)
        /// ```
        fn balanced_accuracy(truth: Labels, found: Labels) -> f64 {
            let (_, a, b) = together("balanced_accuracy", &truth, &found)?;
            Ok(metrics::balanced_accuracy(&a, &b)?)
        }

        /// How often each class (rows) got each answer (columns), and the classes in order.
        ///
        /// ```lua
        /// local counts, classes = mynah.metrics.confusion_matrix({ "a", "a", "b" }, { "a", "b", "b" })
        /// assert(counts[1][2] == 1 and counts[2][2] == 1 and classes[1] == "a")
        /// ```
        fn confusion_matrix(@lua, truth: Labels, found: Labels) -> (LuaTensor, Value) {
            let (classes, a, b) = together("confusion_matrix", &truth, &found)?;
            let counts = metrics::confusion_matrix(&a, &b, classes.len())?;
            Ok((grid(counts)?, labels(lua, classes)?))
        }

        /// The share of right ones among the answers of a class; of two classes the second one's, else the mean of all.
        ///
        /// ```lua
        /// assert(mynah.metrics.precision({ 0, 1, 1, 0 }, { 0, 1, 1, 1 }) == 2 / 3)
        /// ```
        fn precision(truth: Labels, found: Labels, average: Option<Mean>) -> f64 {
            let (classes, a, b) = together("precision", &truth, &found)?;
            Ok(metrics::precision(&a, &b, mean_of(average, classes.len()))?)
        }

        /// The share of a class that was found; of two classes the second one's, else the mean of all.
        ///
        /// ```lua
        /// assert(mynah.metrics.recall({ 0, 1, 1, 0 }, { 0, 1, 0, 1 }) == 0.5)
        /// ```
        fn recall(truth: Labels, found: Labels, average: Option<Mean>) -> f64 {
            let (classes, a, b) = together("recall", &truth, &found)?;
            Ok(metrics::recall(&a, &b, mean_of(average, classes.len()))?)
        }

        /// The harmonic mean of precision and recall; of two classes the second one's, else the mean of all.
        ///
        /// ```lua
        /// assert(math.abs(mynah.metrics.f1({ 0, 1, 1, 0 }, { 0, 1, 1, 1 }) - 0.8) < 1e-12)
        /// ```
        fn f1(truth: Labels, found: Labels, average: Option<Mean>) -> f64 {
            let (classes, a, b) = together("f1", &truth, &found)?;
            Ok(metrics::f1(&a, &b, mean_of(average, classes.len()))?)
        }

        /// Matthews's correlation of answers and truth, from -1 to 1.
        ///
        /// ```lua
        /// assert(mynah.metrics.matthews({ 0, 1, 1, 0 }, { 0, 1, 1, 0 }) == 1)
        /// ```
        fn matthews(truth: Labels, found: Labels) -> f64 { let (_, a, b) = together("matthews", &truth, &found)?; Ok(metrics::matthews(&a, &b)?) }

        /// Cohen's kappa: how far answers agree beyond chance.
        ///
        /// ```lua
        /// assert(mynah.metrics.cohen_kappa({ 0, 1, 1, 0 }, { 0, 1, 0, 1 }) == 0)
        /// ```
        fn cohen_kappa(truth: Labels, found: Labels) -> f64 { let (_, a, b) = together("cohen_kappa", &truth, &found)?; Ok(metrics::cohen_kappa(&a, &b)?) }

        /// The area under the receiver operating characteristic: how often one of the second class scores higher than one of the first.
        ///
        /// For more than two classes `scores` has a column for each, and the answer is the mean of each class against the rest.
        ///
        /// ```lua
        /// assert(mynah.metrics.roc_auc({ 0, 0, 1, 1 }, { 0.1, 0.4, 0.35, 0.8 }) == 0.75)
        /// ```
        fn roc_auc(truth: Labels, scores: TensorLike) -> f64 {
            let coded = Coded::new("roc_auc", &truth.0)?;
            let columns = if let [_, columns] = scores.0.shape()[..] { columns } else { 1 };
            let values = scores.0.to_f64()?;
            match columns {
                1 => Ok(metrics::roc_auc(&coded.codes, &values)?),
                2 => Ok(metrics::roc_auc(&coded.codes, &values.chunks(2).map(|r| r[1]).collect::<Vec<_>>())?),
                _ => Ok(metrics::roc_auc_multiclass(&coded.codes, &Samples::new(values.len() / columns, columns, values)?)?),
            }
        }

        /// The receiver operating characteristic: false positives, true positives, thresholds.
        ///
        /// ```lua
        /// local fpr, tpr = mynah.metrics.roc_curve({ 0, 0, 1, 1 }, { 0.1, 0.4, 0.35, 0.8 })
        /// assert(fpr[1] == 0 and tpr[#tpr] == 1)
        /// ```
        fn roc_curve(@lua, truth: Labels, scores: Data) -> (Value, Value, Value) {
            let curve = metrics::roc_curve(&Coded::new("roc_curve", &truth.0)?.codes, &scores.0)?;
            Ok((row(lua, curve.false_positive)?, row(lua, curve.true_positive)?, row(lua, curve.thresholds)?))
        }

        /// Precision, recall, thresholds.
        ///
        /// ```lua
        /// local precision, recall = mynah.metrics.precision_recall_curve({ 0, 0, 1, 1 }, { 0.1, 0.4, 0.35, 0.8 })
        /// assert(precision[#precision] == 1 and recall[#recall] == 0)
        /// ```
        fn precision_recall_curve(@lua, truth: Labels, scores: Data) -> (Value, Value, Value) {
            let curve = metrics::precision_recall_curve(&Coded::new("precision_recall_curve", &truth.0)?.codes, &scores.0)?;
            Ok((row(lua, curve.precision)?, row(lua, curve.recall)?, row(lua, curve.thresholds)?))
        }

        /// The area under precision over recall.
        ///
        /// ```lua
        /// assert(math.abs(mynah.metrics.average_precision({ 0, 0, 1, 1 }, { 0.1, 0.4, 0.35, 0.8 }) - 5 / 6) < 1e-12)
        /// ```
        fn average_precision(truth: Labels, scores: Data) -> f64 {
            Ok(metrics::average_precision(&Coded::new("average_precision", &truth.0)?.codes, &scores.0)?)
        }

        /// How surprised the probabilities are by the truth, in natural units; a column for each class, in their order.
        ///
        /// ```lua
        /// assert(math.abs(mynah.metrics.log_loss({ "a", "b" }, { { 0.5, 0.5 }, { 0.5, 0.5 } }) - math.log(2)) < 1e-12)
        /// ```
        fn log_loss(truth: Labels, probabilities: Features) -> f64 {
            Ok(metrics::log_loss(&Coded::new("log_loss", &truth.0)?.codes, &probabilities.0)?)
        }

        /// The mean squared error.
        ///
        /// ```lua
        /// assert(mynah.metrics.mse({ 1, 2 }, { 2, 4 }) == 2.5)
        /// ```
        fn mse(truth: Data, found: Data) -> f64 { Ok(metrics::mse(&truth.0, &found.0)?) }

        /// The root of the mean squared error.
        ///
        /// ```lua
        /// assert(mynah.metrics.rmse({ 0, 0 }, { 2, 2 }) == 2)
        /// ```
        fn rmse(truth: Data, found: Data) -> f64 { Ok(metrics::rmse(&truth.0, &found.0)?) }

        /// The mean absolute error.
        ///
        /// ```lua
        /// assert(mynah.metrics.mae({ 1, 2 }, { 2, 4 }) == 1.5)
        /// ```
        fn mae(truth: Data, found: Data) -> f64 { Ok(metrics::mae(&truth.0, &found.0)?) }

        /// The median absolute error.
        ///
        /// ```lua
        /// assert(mynah.metrics.median_absolute_error({ 1, 2, 3 }, { 1, 3, 9 }) == 1)
        /// ```
        fn median_absolute_error(truth: Data, found: Data) -> f64 { Ok(metrics::median_absolute_error(&truth.0, &found.0)?) }

        /// R²: 1 less the squared error over the variance.
        ///
        /// ```lua
        /// assert(mynah.metrics.r2({ 1, 2, 3 }, { 1, 2, 3 }) == 1)
        /// ```
        fn r2(truth: Data, found: Data) -> f64 { Ok(metrics::r2(&truth.0, &found.0)?) }

        /// How much nearer samples are to their own cluster than to the next, from -1 to 1.
        ///
        /// ```lua
        /// assert(mynah.metrics.silhouette({ { 0 }, { 1 }, { 9 }, { 10 } }, { 1, 1, 2, 2 }) > 0.8)
        /// ```
        fn silhouette(x: Features, clusters: Labels) -> f64 { Ok(metrics::silhouette(&x.0, &Coded::new("silhouette", &clusters.0)?.codes)?) }

        /// How alike clusters are to their most alike one; the lower, the better.
        ///
        /// ```lua
        /// assert(mynah.metrics.davies_bouldin({ { 0 }, { 1 }, { 9 }, { 10 } }, { 1, 1, 2, 2 }) < 0.2)
        /// ```
        fn davies_bouldin(x: Features, clusters: Labels) -> f64 { Ok(metrics::davies_bouldin(&x.0, &Coded::new("davies_bouldin", &clusters.0)?.codes)?) }

        /// Variance between the clusters over variance within; the higher, the better.
        ///
        /// ```lua
        /// assert(math.abs(mynah.metrics.calinski_harabasz({ { 0 }, { 1 }, { 9 }, { 10 } }, { 1, 1, 2, 2 }) - 162) < 1e-9)
        /// ```
        fn calinski_harabasz(x: Features, clusters: Labels) -> f64 { Ok(metrics::calinski_harabasz(&x.0, &Coded::new("calinski_harabasz", &clusters.0)?.codes)?) }

        /// How far two groupings agree, beyond chance (adjusted Rand index); 1 if they are the same up to their names.
        ///
        /// ```lua
        /// assert(mynah.metrics.adjusted_rand({ 1, 1, 2, 2 }, { "x", "x", "y", "y" }) == 1)
        /// ```
        fn adjusted_rand(truth: Labels, found: Labels) -> f64 {
            Ok(metrics::adjusted_rand(&Coded::new("adjusted_rand", &truth.0)?.codes, &Coded::new("adjusted_rand", &found.0)?.codes)?)
        }

        /// How much one grouping says about another, from 0 to 1.
        ///
        /// ```lua
        /// assert(math.abs(mynah.metrics.normalized_mutual_information({ 1, 1, 2, 2 }, { 2, 2, 1, 1 }) - 1) < 1e-12)
        /// ```
        fn normalized_mutual_information(truth: Labels, found: Labels) -> f64 {
            let name = "normalized_mutual_information";
            Ok(metrics::normalized_mutual_information(&Coded::new(name, &truth.0)?.codes, &Coded::new(name, &found.0)?.codes)?)
        }

        /// How much one grouping says about another, beyond chance.
        ///
        /// ```lua
        /// assert(math.abs(mynah.metrics.adjusted_mutual_information({ 1, 1, 2, 2 }, { 2, 2, 1, 1 }) - 1) < 1e-12)
        /// ```
        fn adjusted_mutual_information(truth: Labels, found: Labels) -> f64 {
            let name = "adjusted_mutual_information";
            Ok(metrics::adjusted_mutual_information(&Coded::new(name, &truth.0)?.codes, &Coded::new(name, &found.0)?.codes)?)
        }

        /// Whether clusters hold one class only, whether classes lie in one cluster only, and their harmonic mean.
        ///
        /// ```lua
        /// local homogeneity, completeness, v_measure = mynah.metrics.v_measure({ 1, 1, 2, 2 }, { 1, 2, 3, 3 })
        /// assert(homogeneity == 1 and completeness < 1 and v_measure < 1)
        /// ```
        fn v_measure(truth: Labels, found: Labels) -> (f64, f64, f64) {
            let found = metrics::v_measure(&Coded::new("v_measure", &truth.0)?.codes, &Coded::new("v_measure", &found.0)?.codes)?;
            Ok((found.homogeneity, found.completeness, found.v_measure))
        }
    }
}
