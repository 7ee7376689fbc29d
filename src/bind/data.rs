//! `mynah.data`: tables in and out, splits, toy data, words.

use super::convert::{This, ToLua};
use super::learn::{Features, Labels, LuaSparse, grid, labels, row};
use super::options::Options;
use super::shim::{Outcome, fault};
use super::tensor::{LuaTensor, TensorLike};
use crate::learn::tools::csv::{self, Column, CsvSettings};
use crate::learn::tools::npy::{NpyKind, read_npy, write_npy};
use crate::learn::tools::split;
use crate::learn::tools::toy;
use crate::learn::tools::words::{WordCounts, WordCountsSettings};
use crate::learn::{Coded, Label, ModelFile, Samples};
use crate::nn::{Device, Tensor};
use crate::{lua_class, lua_module};
use mlua::{Lua, Table, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;

/// Texts: a list of strings.
type Texts = Vec<String>;

/// How samples are split in two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SplitSettings {
    /// The share that is kept for the test, between 0 and 1; rounded up. Default 0.25.
    pub share: f64,
    /// Keep each class's share in both parts; the answers are classes then. Default false.
    pub stratify: bool,
    /// Of the order. Default 0.
    pub seed: u64,
}

impl Default for SplitSettings {
    fn default() -> Self {
        Self { share: 0.25, stratify: false, seed: 0 }
    }
}

/// Picks answers by their places, and gives them back as they came: a tensor or a list.
fn pick(lua: &Lua, y: &[Label], places: &[usize]) -> Outcome<Value> {
    labels(lua, places.iter().map(|&i| y[i].clone()).collect())
}

/// Samples back to Lua as they came: a tensor, or sparse rows.
pub(super) fn features(lua: &Lua, x: Samples) -> Outcome<Value> {
    Ok(if x.is_sparse() { LuaSparse(x).to_lua(lua)? } else { grid(x)?.to_lua(lua)? })
}

fn toy_classes(lua: &Lua, (x, y): (Samples, Vec<u32>)) -> Outcome<(LuaTensor, Value)> {
    Ok((grid(x)?, row(lua, y.into_iter().map(|c| f64::from(c) + 1.0).collect())?))
}

/// Words counted in texts, as Lua holds it.
pub struct LuaWordCounts(RefCell<WordCounts>);

lua_module! {
    /// Data in and out: tables, arrays, splits, toy data, words.
    ///
    /// ```lua
    /// local X, y = mynah.data.blobs{ samples = 30, centres = 3, seed = 1 }
    /// local Xtrain, Xtest, ytrain, ytest = mynah.data.split(X, y, { share = 0.2, stratify = true })
    /// assert(#ytrain == 24 and #ytest == 6)
    /// ```
    module "mynah.data" {
        /// Reads a table of comma-separated values: samples, answers (the column `target`, or else the last) and the features' names.
        ///
        /// ```lua
        /// mynah.data.write_csv(TMP .. "/flowers.csv", { "length", "width", "kind" },
        ///   { { 5.1, 7.0 }, { 3.5, 3.2 }, { "small", "large" } })
        /// local X, y, names = mynah.data.csv(TMP .. "/flowers.csv", { target = "kind" })
        /// assert(X.shape[1] == 2 and y[2] == "large" and names[2] == "width")
        /// ```
        fn csv(@lua, path: String, options: Options<CsvSettings>) -> (LuaTensor, Value, Vec<String>) {
            let (x, y, names) = csv::read_samples(path, &options.0)?;
            Ok((grid(x)?, labels(lua, y)?, names))
        }

        /// Reads a table of comma-separated values column by column: lists by name, and the names in order.
        ///
        /// An empty field in a column of numbers is NaN.
        ///
        /// ```lua
        /// mynah.data.write_csv(TMP .. "/towns.csv", { "town", "people" }, { { "Arbor", "Brook" }, { 120, 80 } })
        /// local columns, names = mynah.data.columns(TMP .. "/towns.csv")
        /// assert(columns.town[2] == "Brook" and columns.people[1] == 120 and names[1] == "town")
        /// ```
        fn columns(@lua, path: String, options: Options<CsvSettings>) -> (Table, Vec<String>) {
            let frame = csv::read_csv(path, &options.0)?;
            let table = lua.create_table()?;
            for (name, column) in frame.names.iter().zip(frame.columns) {
                match column {
                    Column::Numbers(numbers) => table.raw_set(&name[..], numbers)?,
                    Column::Text(words) => table.raw_set(&name[..], words)?,
                }
            }
            Ok((table, frame.names))
        }

        /// Writes a table of comma-separated values: the columns' names, and each column.
        ///
        /// ```lua
        /// mynah.data.write_csv(TMP .. "/out.csv", { "step", "note" }, { { 1, 2 }, { "first", "second, last" } })
        /// assert(mynah.data.columns(TMP .. "/out.csv").note[2] == "second, last")
        /// ```
        fn write_csv(path: String, names: Vec<String>, columns: Vec<Labels>) -> () {
            let column = |list: Labels| {
                let numbers: Option<Vec<f64>> =
                    list.0.iter().map(|l| if let Label::Number(x) = l { Some(*x) } else { None }).collect();
                match numbers {
                    Some(numbers) => Column::Numbers(numbers),
                    None => Column::Text(list.0.iter().map(Label::to_string).collect()),
                }
            };
            csv::write_csv(path, &names, &columns.into_iter().map(column).collect::<Vec<_>>())?;
            Ok(())
        }

        /// Reads an array that NumPy saved (`.npy`).
        ///
        /// ```lua
        /// mynah.data.write_npy(TMP .. "/a.npy", mynah.tensor{ { 1, 2 }, { 3, 4 } })
        /// assert(mynah.data.npy(TMP .. "/a.npy"):totable()[2][1] == 3)
        /// ```
        fn npy(path: String) -> LuaTensor {
            let (shape, values) = read_npy(path)?;
            Ok(Tensor::from_vec(values, &shape, Device::Cpu)?.into())
        }

        /// Writes an array that NumPy can load (`.npy`, 64-bit numbers).
        ///
        /// ```lua
        /// mynah.data.write_npy(TMP .. "/b.npy", mynah.arange(1, 6):reshape(2, 3))
        /// assert(mynah.data.npy(TMP .. "/b.npy").shape[2] == 3)
        /// ```
        fn write_npy(path: String, tensor: TensorLike) -> () {
            write_npy(path, &tensor.0.shape(), &tensor.0.to_f64()?, NpyKind::F64)?;
            Ok(())
        }

        /// Splits samples and answers in random order: training samples, test samples, training answers, test answers.
        ///
        /// ```lua
        /// local X, y = mynah.data.moons{ samples = 20, seed = 1 }
        /// local Xtrain, Xtest, ytrain, ytest = mynah.data.split(X, y, { share = 0.3, seed = 1 })
        /// assert(Xtrain.shape[1] == 14 and #ytest == 6)
        /// ```
        fn split(@lua, x: Features, y: Labels, options: Options<SplitSettings>) -> (Value, Value, Value, Value) {
            if x.0.rows() != y.0.len() {
                return fault(format!("{} samples, but {} answers", x.0.rows(), y.0.len()));
            }
            let s = options.0;
            let coded = if s.stratify { Some(Coded::new("split", &y.0)?) } else { None };
            let (train, test) = split::train_test_split(x.0.rows(), s.share, coded.as_ref().map(|c| &c.codes[..]), s.seed)?;
            Ok((
                features(lua, x.0.select(&train))?,
                features(lua, x.0.select(&test))?,
                pick(lua, &y.0, &train)?,
                pick(lua, &y.0, &test)?,
            ))
        }

        /// Toy data: round heaps of samples. Answers samples and the number of each one's heap.
        ///
        /// ```lua
        /// local X, y = mynah.data.blobs{ samples = 12, centres = { { 0, 0 }, { 9, 9 } }, spread = 0.5, seed = 1 }
        /// assert(mynah.learn.kmeans{ clusters = 2 }:fit(X):predict(X).shape[1] == #y)
        /// ```
        fn blobs(@lua, options: Options<toy::BlobsSettings>) -> (LuaTensor, Value) { toy_classes(lua, toy::blobs(&options.0)?) }

        /// Toy data: two crescents that reach into each other.
        ///
        /// ```lua
        /// local X, y = mynah.data.moons{ samples = 40, noise = 0.1, seed = 1 }
        /// assert(mynah.learn.svc{ gamma = 2 }:fit(X, y):score(X, y) > 0.9)
        /// ```
        fn moons(@lua, options: Options<toy::MoonsSettings>) -> (LuaTensor, Value) { toy_classes(lua, toy::moons(&options.0)?) }

        /// Toy data: a circle in a circle.
        ///
        /// ```lua
        /// local X, y = mynah.data.circles{ samples = 40, factor = 0.4, seed = 1 }
        /// assert(not mynah.learn.separable(X, y).separable)
        /// ```
        fn circles(@lua, options: Options<toy::CirclesSettings>) -> (LuaTensor, Value) { toy_classes(lua, toy::circles(&options.0)?) }

        /// Toy data: arms of a spiral.
        ///
        /// ```lua
        /// local X, y = mynah.data.spiral{ samples = 60, arms = 3, seed = 1 }
        /// assert(X.shape[2] == 2 and #y == 60)
        /// ```
        fn spiral(@lua, options: Options<toy::SpiralSettings>) -> (LuaTensor, Value) { toy_classes(lua, toy::spiral(&options.0)?) }

        /// Toy data: classes on the corners of a cube, with features that help, repeat and mislead.
        ///
        /// ```lua
        /// local X, y = mynah.data.classification{ samples = 50, features = 6, informative = 3, redundant = 1, seed = 1 }
        /// assert(X.shape[2] == 6 and #y == 50)
        /// ```
        fn classification(@lua, options: Options<toy::ClassificationSettings>) -> (LuaTensor, Value) {
            toy_classes(lua, toy::classification(&options.0)?)
        }

        /// Toy data: a weighted sum of some features, with noise. Answers samples, numbers and the true weights.
        ///
        /// ```lua
        /// local X, y, weights = mynah.data.regression{ samples = 50, features = 5, informative = 2, seed = 1 }
        /// local found = mynah.learn.linear_regression():fit(X, y):params().weights
        /// assert(math.abs(found[1] - weights[1]) < 1e-3)
        /// ```
        fn regression(@lua, options: Options<toy::RegressionSettings>) -> (LuaTensor, Value, Value) {
            let (x, y, weights) = toy::regression(&options.0)?;
            Ok((grid(x)?, row(lua, y)?, row(lua, weights)?))
        }

        /// Toy data: a rolled-up sheet in three dimensions, and where on the sheet each sample lies.
        ///
        /// ```lua
        /// local X, along = mynah.data.swiss_roll{ samples = 30, seed = 1 }
        /// assert(X.shape[2] == 3 and #along == 30)
        /// ```
        fn swiss_roll(@lua, options: Options<toy::SwissRollSettings>) -> (LuaTensor, Value) {
            let (x, along) = toy::swiss_roll(&options.0)?;
            Ok((grid(x)?, row(lua, along)?))
        }

        /// Texts to samples: how often each word occurs, as sparse rows.
        ///
        /// ```lua
        /// local words = mynah.data.word_counts()
        /// local X = words:fit_transform{ "buy cheap pills", "see you at lunch", "cheap cheap offer" }
        /// local spam = mynah.learn.multinomial_nb():fit(X, { "spam", "ham", "spam" })
        /// assert(spam:predict(words:transform{ "a cheap lunch offer" })[1] == "spam")
        /// ```
        fn word_counts(options: Options<WordCountsSettings>) -> LuaWordCounts {
            Ok(LuaWordCounts(RefCell::new(WordCounts::new(options.0)?)))
        }

        /// Reads counted words that `save` wrote.
        ///
        /// ```lua
        /// local words = mynah.data.word_counts()
        /// words:fit_transform{ "one two", "two three" }
        /// words:save(TMP .. "/w.mynah")
        /// assert(#mynah.data.load_word_counts(TMP .. "/w.mynah"):vocabulary() == 3)
        /// ```
        fn load_word_counts(path: String) -> LuaWordCounts {
            let file = ModelFile::load(&path, "word_counts")?;
            Ok(LuaWordCounts(RefCell::new(WordCounts::from_saved(&file.state)?)))
        }
    }
}

lua_class! {
    /// Words counted in texts: learns a vocabulary, then turns texts to sparse rows.
    class WordCounts(LuaWordCounts) {
        /// How many words it knows.
        meta tostring(this) -> String {
            Ok(match this.0.borrow().vocabulary() {
                Ok(words) => format!("word counts ({} words)", words.len()),
                Err(_) => "word counts (not fitted)".into(),
            })
        }
        /// Learns the vocabulary of texts.
        fn fit(this, texts: Texts) -> This {
            let Ok(mut counts) = this.0.try_borrow_mut() else { return fault("the word counts are in use") };
            counts.fit(&texts)?;
            Ok(This)
        }
        /// How often each known word occurs in each text.
        fn transform(this, texts: Texts) -> LuaSparse { Ok(LuaSparse(this.0.borrow().transform(&texts)?)) }
        /// `fit` and `transform` in one.
        fn fit_transform(this, texts: Texts) -> LuaSparse {
            let Ok(mut counts) = this.0.try_borrow_mut() else { return fault("the word counts are in use") };
            counts.fit(&texts)?;
            Ok(LuaSparse(counts.transform(&texts)?))
        }
        /// The words, in the order of the columns.
        fn vocabulary(this) -> Vec<String> { Ok(this.0.borrow().vocabulary()?.to_vec()) }
        /// Writes it to a file, for `mynah.data.load_word_counts`.
        fn save(this, path: String) -> This {
            let state = this.0.borrow().to_bytes()?;
            ModelFile { name: "word_counts".into(), labels: Vec::new(), state }.save(path)?;
            Ok(This)
        }
    }
}
