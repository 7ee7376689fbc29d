//! Every learner beside scikit-learn (and hmmlearn): CPU seconds of a fit and of an answer, and how good the answers are, on
//! the same samples, one thread each.
//!
//!     cargo bench --bench learn                  # all but the slowest
//!     cargo bench --bench learn -- svc knn       # lines with one of these words
//!     cargo bench --bench learn -- all           # the slowest too: half an hour
//!
//! `PYTHON` names the Python that has scikit-learn; without one, only our own side is measured. Times are means over seeds
//! of the shortest of several runs. A line that ends with `!` is slower than the peer, or worse by more than half a point
//! (0.005, or of a measure in other units 0.5 %) and, where there are five seeds or more, by more than twice the standard
//! error of that difference.

use mynah::data::Rng;
use mynah::learn::graphical::{Emission, Hmm, HmmCovariance, HmmSettings, HmmStart, Sequence};
use mynah::learn::tools::csv::{CsvSettings, read_samples};
use mynah::learn::tools::metrics::{accuracy, adjusted_rand, r2};
use mynah::learn::tools::toy::{BlobsSettings, Centres, ClassificationSettings, blobs, classification};
use mynah::learn::{Answer, Coded, Fit, Goal, Kind, Learner, Samples, Shown, find, without};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Repeat what is short until this many CPU seconds are spent.
const SECONDS: f64 = 0.3;

/// Samples to learn from, and others to answer.
struct Set {
    name: &'static str,
    x: Samples,
    y: Vec<f64>,
    test: Samples,
    wanted: Vec<f64>,
    classes: usize, // 0 where `y` are numbers
}

/// What a learner answers with.
#[derive(Clone, Copy, PartialEq)]
enum Output {
    Predict,
    Transform,
    Labels, // of the samples fitted to
    Map,    // of these too
}

/// How good that is.
#[derive(Clone, Copy, PartialEq)]
enum Measure {
    /// The share of answers that are right.
    Accuracy,
    /// The share of the numbers' variance that is answered.
    R2,
    /// The adjusted Rand index of clusters.
    Rand,
    /// The mean squared distance from a cluster's mean; less is better.
    Within,
    /// The share of samples inside.
    Inside,
    /// The share of the samples' variance that a linear map of the output gives back.
    Explained,
    /// The mean squared third and fourth cumulants of the output: how far from Gaussian it is.
    Cumulants,
    /// By how much squared distances are wrong, in the mean; less is better.
    Distortion,
    /// The mean square of the output.
    Square,
    /// What the learners say themselves: ours under this name, the peer's from this expression. `true`: more is better.
    Said(&'static str, &'static str, bool),
}

struct Line {
    learner: &'static str,
    options: Value,
    peer: &'static str,
    sets: &'static [&'static str],
    output: Output,
    measure: Measure,
    runs: u64, // seeds
    slow: bool,
}

fn line(learner: &'static str, options: Value, peer: &'static str, sets: &'static [&'static str]) -> Line {
    let kind = find(learner).map_or(Kind::Clusterer, |entry| entry.kind);
    let (output, measure) = match kind {
        Kind::Classifier => (Output::Predict, Measure::Accuracy),
        Kind::Regressor => (Output::Predict, Measure::R2),
        Kind::Clusterer => (Output::Predict, Measure::Rand),
        Kind::Transformer => (Output::Transform, Measure::Explained),
    };
    Line { learner, options, peer, sets, output, measure, runs: 1, slow: false }
}

impl Line {
    fn runs(self, runs: u64) -> Self {
        Self { runs, ..self }
    }

    fn by(self, measure: Measure) -> Self {
        Self { measure, ..self }
    }

    fn labels(self) -> Self {
        Self { output: Output::Labels, ..self }
    }

    fn slow(self) -> Self {
        Self { slow: true, ..self }
    }
}

const TWO: &[&str] = &["10k", "100k"];
const CLASSES: &[&str] = &["10k", "100k", "digits"];
const SMALL: &[&str] = &["10k", "digits"];
const NUMBERS: &[&str] = &["friedman 10k", "friedman 100k"];

/// All lines. In the peers' expressions `s` is the seed.
fn lines() -> Vec<Line> {
    let few = json!({ "learners": [
        { "name": "logistic_regression" }, { "name": "gaussian_nb" }, { "name": "decision_tree", "options": { "max_depth": 8 } },
    ]});
    let soft = json!({ "learners": few["learners"], "voting": "soft" });
    let few_numbers = json!({ "learners": [
        { "name": "ridge" }, { "name": "decision_tree_regressor", "options": { "max_depth": 8 } },
    ]});
    vec![
        // Linear.
        line("perceptron", json!({}), "Perceptron(random_state=s)", CLASSES).runs(10),
        line("linear_regression", json!({}), "LinearRegression()", NUMBERS),
        line("ridge", json!({}), "Ridge()", NUMBERS),
        line("lasso", json!({ "alpha": 0.01 }), "Lasso(alpha=0.01)", NUMBERS),
        line("elastic_net", json!({ "alpha": 0.01 }), "ElasticNet(alpha=0.01)", NUMBERS),
        line("logistic_regression", json!({}), "LogisticRegression()", CLASSES),
        line("sgd_classifier", json!({}), "SGDClassifier(random_state=s)", CLASSES).runs(10),
        line(
            "sgd_classifier",
            json!({ "loss": "log_loss" }),
            "SGDClassifier(loss='log_loss', random_state=s)",
            CLASSES,
        )
        .runs(40),
        line(
            "sgd_classifier",
            json!({ "average": true, "penalty": "elastic_net" }),
            "SGDClassifier(average=True, penalty='elasticnet', random_state=s)",
            CLASSES,
        )
        .runs(10),
        line("sgd_regressor", json!({}), "SGDRegressor(random_state=s)", NUMBERS).runs(10),
        line("linear_discriminant", json!({}), "LinearDiscriminantAnalysis()", CLASSES),
        // Support vectors.
        line("svc", json!({}), "SVC()", SMALL),
        line("svc", json!({}), "SVC()", &["100k"]).slow(),
        line("svc", json!({ "kernel": "linear" }), "SVC(kernel='linear')", SMALL),
        line("svc", json!({ "kernel": "poly" }), "SVC(kernel='poly')", SMALL),
        line("svr", json!({}), "SVR()", &["friedman 10k"]),
        line("svr", json!({}), "SVR()", &["friedman 100k"]).slow(),
        line("one_class", json!({ "nu": 0.1 }), "OneClassSVM(nu=0.1)", SMALL).by(Measure::Inside),
        line("one_class", json!({ "nu": 0.1 }), "OneClassSVM(nu=0.1)", &["100k"]).by(Measure::Inside).slow(),
        // Neighbours and Bayes.
        line("knn", json!({}), "KNeighborsClassifier()", CLASSES),
        line("knn", json!({}), "KNeighborsClassifier()", &["blobs"]),
        line("knn_regressor", json!({}), "KNeighborsRegressor()", NUMBERS),
        line("gaussian_nb", json!({}), "GaussianNB()", CLASSES),
        line("multinomial_nb", json!({}), "MultinomialNB()", &["digits", "texts"]),
        line("bernoulli_nb", json!({ "binarize": 0.5 }), "BernoulliNB(binarize=0.5)", CLASSES),
        line("bernoulli_nb", json!({ "binarize": 0.5 }), "BernoulliNB(binarize=0.5)", &["texts"]),
        // Trees and ensembles.
        line("decision_tree", json!({}), "DecisionTreeClassifier(random_state=s)", SMALL).runs(40),
        line("decision_tree", json!({}), "DecisionTreeClassifier(random_state=s)", &["100k"]).runs(3),
        line("decision_tree_regressor", json!({}), "DecisionTreeRegressor(random_state=s)", NUMBERS).runs(3),
        line("random_forest", json!({}), "RandomForestClassifier(random_state=s)", SMALL).runs(3),
        line("random_forest", json!({}), "RandomForestClassifier(random_state=s)", &["100k"]).slow(),
        line("random_forest_regressor", json!({ "trees": 20 }), "RandomForestRegressor(20, random_state=s)", NUMBERS),
        line("extra_trees", json!({}), "ExtraTreesClassifier(random_state=s)", SMALL).runs(3),
        line("extra_trees", json!({}), "ExtraTreesClassifier(random_state=s)", &["100k"]),
        line("extra_trees_regressor", json!({ "trees": 20 }), "ExtraTreesRegressor(20, random_state=s)", NUMBERS),
        line("gradient_boosting", json!({}), "HistGradientBoostingClassifier(early_stopping=False)", CLASSES),
        line("gradient_boosting_regressor", json!({}), "HistGradientBoostingRegressor(early_stopping=False)", NUMBERS),
        line("adaboost", json!({}), "AdaBoostClassifier(random_state=s)", CLASSES),
        line("adaboost_regressor", json!({}), "AdaBoostRegressor(random_state=s)", &["friedman 10k"]).runs(10),
        line("adaboost_regressor", json!({}), "AdaBoostRegressor(random_state=s)", &["friedman 100k"]).runs(5),
        line("bagging", json!({}), "BaggingClassifier(random_state=s)", SMALL).runs(20),
        line("bagging", json!({}), "BaggingClassifier(random_state=s)", &["100k"]).runs(2),
        line("bagging_regressor", json!({}), "BaggingRegressor(random_state=s)", &["friedman 10k"]).runs(2),
        line(
            "voting",
            soft,
            "VotingClassifier([('a', LogisticRegression()), ('b', GaussianNB()), \
             ('c', DecisionTreeClassifier(max_depth=8))], voting='soft')",
            CLASSES,
        ),
        line(
            "voting_regressor",
            few_numbers.clone(),
            "VotingRegressor([('a', Ridge()), ('b', DecisionTreeRegressor(max_depth=8))])",
            &["friedman 10k"],
        ),
        line(
            "stacking",
            few,
            "StackingClassifier([('a', LogisticRegression()), ('b', GaussianNB()), \
             ('c', DecisionTreeClassifier(max_depth=8))])",
            SMALL,
        ),
        line(
            "stacking_regressor",
            few_numbers,
            "StackingRegressor([('a', Ridge()), ('b', DecisionTreeRegressor(max_depth=8))], Ridge())",
            &["friedman 10k"],
        ),
        // Neurons.
        line("mlp_classifier", json!({ "epochs": 20 }), "MLPClassifier(max_iter=20, random_state=s)", TWO).runs(2),
        line("mlp_classifier", json!({}), "MLPClassifier(random_state=s)", &["digits"]).runs(3),
        line("mlp_regressor", json!({ "epochs": 20 }), "MLPRegressor(max_iter=20, random_state=s)", NUMBERS).runs(2),
        // Clusters.
        line("kmeans", json!({}), "KMeans(8, random_state=s)", CLASSES).by(Measure::Within).runs(10),
        line("mini_batch_kmeans", json!({}), "MiniBatchKMeans(8, n_init=1, random_state=s)", CLASSES)
            .by(Measure::Within)
            .runs(40),
        line("dbscan", json!({ "eps": 0.3 }), "DBSCAN(eps=0.3)", &["blobs"]).labels(),
        line("dbscan", json!({ "eps": 4.0 }), "DBSCAN(eps=4)", &["10k"]).labels(),
        line("dbscan", json!({ "eps": 1.2 }), "DBSCAN(eps=1.2)", &["digits"]).labels(),
        line("hdbscan", json!({ "min_cluster_size": 20 }), "HDBSCAN(20, copy=True)", &["blobs", "10k", "digits"])
            .labels(),
        line("agglomerative", json!({ "clusters": 8 }), "AgglomerativeClustering(8)", &["blobs", "10k", "digits"])
            .labels(),
        line(
            "agglomerative",
            json!({ "clusters": 8, "linkage": "average" }),
            "AgglomerativeClustering(8, linkage='average')",
            &["blobs", "digits"],
        )
        .labels(),
        line("gaussian_mixture", json!({ "components": 8 }), "GaussianMixture(8, random_state=s)", TWO)
            .by(Measure::Said("log_likelihood", "m.lower_bound_", true))
            .runs(3),
        line(
            "gaussian_mixture",
            json!({ "components": 8, "covariance": "diag" }),
            "GaussianMixture(8, covariance_type='diag', random_state=s)",
            CLASSES,
        )
        .by(Measure::Said("log_likelihood", "m.lower_bound_", true))
        .runs(40),
        line(
            "mean_shift",
            json!({ "bandwidth": 1.0, "bin_seeding": true }),
            "MeanShift(bandwidth=1, bin_seeding=True)",
            &["blobs"],
        ),
        line("mean_shift", json!({ "bandwidth": 1.7 }), "MeanShift(bandwidth=1.7)", &["digits"]),
        line(
            "spectral",
            json!({ "affinity": "nearest_neighbors" }),
            "SpectralClustering(affinity='nearest_neighbors', random_state=s)",
            &["blobs", "10k"],
        )
        .labels()
        .runs(3),
        line(
            "spectral",
            json!({ "affinity": "nearest_neighbors", "clusters": 10 }),
            "SpectralClustering(10, affinity='nearest_neighbors', random_state=s)",
            &["digits"],
        )
        .labels()
        .runs(3),
        line("spectral", json!({ "clusters": 10 }), "SpectralClustering(10, random_state=s)", &["digits"])
            .labels()
            .runs(3),
        // Transforms.
        line("pca", json!({ "components": 10 }), "PCA(10)", CLASSES),
        line("kernel_pca", json!({ "components": 10, "kernel": "rbf" }), "KernelPCA(10, kernel='rbf')", &["digits"])
            .by(Measure::Square),
        line("truncated_svd", json!({ "components": 10 }), "TruncatedSVD(10, random_state=s)", CLASSES),
        line("truncated_svd", json!({ "components": 10 }), "TruncatedSVD(10, random_state=s)", &["texts"])
            .by(Measure::Square),
        line("ica", json!({ "components": 10 }), "FastICA(10, whiten='unit-variance', random_state=s)", CLASSES)
            .by(Measure::Cumulants)
            .runs(3),
        line("nmf", json!({ "components": 16 }), "NMF(16, init='nndsvda')", &["digits", "friedman 10k"])
            .by(Measure::Said("error", "m.reconstruction_err_", false)),
        line("random_projection", json!({ "components": 16 }), "GaussianRandomProjection(16, random_state=s)", CLASSES)
            .by(Measure::Distortion)
            .runs(100),
        Line {
            output: Output::Map,
            ..line("tsne", json!({}), "TSNE(random_state=s)", &["digits"]).by(Measure::Said(
                "divergence",
                "m.kl_divergence_",
                false,
            ))
        },
        line("standard_scaler", json!({}), "StandardScaler()", CLASSES).by(Measure::Square),
        line("min_max_scaler", json!({}), "MinMaxScaler()", CLASSES).by(Measure::Square),
        line("robust_scaler", json!({}), "RobustScaler()", TWO).by(Measure::Square),
        line("polynomial_features", json!({}), "PolynomialFeatures()", TWO).by(Measure::Square),
        // Graphical models.
        line("hmm", json!({ "covariance": "diag" }), "hidden_markov('diag')", &["hidden"]).by(Measure::Said(
            "log_likelihood",
            "m.score(X)",
            true,
        )),
        line("hmm", json!({ "covariance": "full" }), "hidden_markov('full')", &["hidden"]).by(Measure::Said(
            "log_likelihood",
            "m.score(X)",
            true,
        )),
        line("lda", json!({}), "LatentDirichletAllocation(random_state=s)", &["texts"])
            .by(Measure::Said("perplexity", "m.perplexity(X)", false))
            .runs(10),
        line(
            "lda",
            json!({ "method": "online" }),
            "LatentDirichletAllocation(learning_method='online', random_state=s)",
            &["texts"],
        )
        .by(Measure::Said("perplexity", "m.perplexity(X)", false))
        .runs(10),
    ]
}

/// A set of samples by its name; nothing if its file is not there.
fn set(name: &'static str) -> Option<Set> {
    let (all, y, classes, keep) = match name {
        "10k" | "100k" => {
            let keep = if name == "10k" { 10_000 } else { 100_000 };
            let settings = ClassificationSettings {
                samples: keep + 10_000,
                informative: 10,
                redundant: 4,
                class_sep: 0.8,
                flip: 0.02,
                seed: 1,
                ..Default::default()
            };
            let (x, codes) = classification(&settings).expect("the settings are good");
            (x, codes.into_iter().map(f64::from).collect(), 2, keep)
        }
        "digits" => {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/digits.csv");
            if !path.exists() {
                println!("skipped: there is no {}", path.display());
                return None;
            }
            let (x, labels, _) = read_samples(path, &CsvSettings::default()).expect("the file is whole");
            let coded = Coded::new("digits", &labels).expect("labels are numbers");
            let mut order: Vec<usize> = (0..x.rows()).collect();
            Rng::new(1).shuffle(&mut order);
            let x = x.select(&order);
            let x = Samples::new(x.rows(), x.columns(), x.values().iter().map(|v| v / 16.0).collect());
            let y = order.iter().map(|&i| f64::from(coded.codes[i])).collect();
            (x.expect("as before"), y, 10, 1297)
        }
        // Friedman (1991), "Multivariate adaptive regression splines", section 4.3.
        "friedman 10k" | "friedman 100k" => {
            let keep = if name == "friedman 10k" { 10_000 } else { 100_000 };
            let mut rng = Rng::new(2);
            let x: Vec<f64> = (0..(keep + 10_000) * 20).map(|_| rng.uniform()).collect();
            let y = x.chunks(20).map(|x| {
                let curved = 10.0 * (std::f64::consts::PI * x[0] * x[1]).sin() + 20.0 * (x[2] - 0.5).powi(2);
                curved + 10.0 * x[3] + 5.0 * x[4] + rng.normal()
            });
            let y = y.collect();
            (Samples::new(keep + 10_000, 20, x).expect("the sizes fit"), y, 0, keep)
        }
        "blobs" => {
            let centres = Centres::Count(8);
            let settings = BlobsSettings { samples: 20_000, centres, spread: 0.6, seed: 5, ..Default::default() };
            let (x, codes) = blobs(&settings).expect("the settings are good");
            (x, codes.into_iter().map(f64::from).collect(), 8, 10_000)
        }
        "texts" => texts(),
        "hidden" => hidden(),
        name => panic!("there is no set {name}"),
    };
    let places: Vec<usize> = (0..all.rows()).collect();
    let (x, test) = (all.select(&places[..keep]), all.select(&places[keep..]));
    let wanted = y[keep..].to_vec();
    Some(Set { name, x, y: y[..keep].to_vec(), test, wanted, classes })
}

/// Texts of 120 words, each word from one of the text's topics; the class is the topic with the largest share.
fn texts() -> (Samples, Vec<f64>, usize, usize) {
    const WORDS: usize = 2000;
    let mut rng = Rng::new(3);
    let mut shares = |n: usize, unequal: f64| -> Vec<f64> {
        let weights: Vec<f64> = (0..n).map(|_| (unequal * rng.normal()).exp()).collect();
        let sum: f64 = weights.iter().sum();
        let mut upto = 0.0;
        weights.iter().map(|w| (upto += w / sum, upto).1).collect()
    };
    let topics: Vec<Vec<f64>> = (0..10).map(|_| shares(WORDS, 3.0)).collect();
    let mixtures: Vec<Vec<f64>> = (0..3000).map(|_| shares(10, 2.0)).collect();
    let mut rng = Rng::new(4);
    let mut draw = |upto: &[f64]| {
        let u = rng.uniform();
        upto.partition_point(|p| *p < u).min(upto.len() - 1)
    };
    let (mut rows, mut y) = (Vec::new(), Vec::new());
    for mixture in &mixtures {
        let mut counts = vec![0.0; WORDS];
        for _ in 0..120 {
            let topic = draw(mixture);
            counts[draw(&topics[topic])] += 1.0;
        }
        rows.push(counts.into_iter().enumerate().filter(|(_, c)| *c > 0.0).collect::<Vec<(usize, f64)>>());
        let share = |k: usize| mixture[k] - if k > 0 { mixture[k - 1] } else { 0.0 };
        y.push((1..10).fold(0, |best, k| if share(k) > share(best) { k } else { best }) as f64);
    }
    (Samples::sparse(WORDS, &rows).expect("the sizes fit"), y, 10, 2000)
}

/// Points of four states, each of which stays with probability 0.85.
fn hidden() -> (Samples, Vec<f64>, usize, usize) {
    let mut rng = Rng::new(6);
    let means: Vec<[f64; 2]> = (0..4).map(|_| [3.0 * rng.normal(), 3.0 * rng.normal()]).collect();
    let (mut state, mut x, mut y) = (0, Vec::new(), Vec::new());
    for _ in 0..30_000 {
        if rng.uniform() > 0.8 {
            state = rng.below(4);
        }
        x.extend([means[state][0] + rng.normal(), means[state][1] + 0.7 * rng.normal()]);
        y.push(state as f64);
    }
    (Samples::new(30_000, 2, x).expect("the sizes fit"), y, 4, 20_000)
}

/// A hidden Markov model as a learner, begun where the peer begins.
struct Hidden(Hmm);

impl Hidden {
    fn new(options: Value) -> Self {
        let full = options["covariance"] == "full";
        let covariance = if full { HmmCovariance::Full } else { HmmCovariance::Diag };
        let settings = HmmSettings { states: 4, covariance, steps: 20, tolerance: 0.0, ..Default::default() };
        Self(Hmm::new(settings).expect("the settings are good"))
    }
}

impl Learner for Hidden {
    fn name(&self) -> &'static str {
        "hmm"
    }

    fn fit(&mut self, x: &Samples, _: Goal<'_>) -> mynah::Result<Fit> {
        let full = self.0.settings().covariance == HmmCovariance::Full;
        let means = [0, 5000, 10_000, 15_000].map(|i| x.row(i).to_vec()).to_vec();
        let spread = if full { vec![4.0, 0.0, 0.0, 4.0] } else { vec![4.0, 4.0] };
        let emission = Some(Emission::Gaussian { means, covariances: vec![spread; 4] });
        let (start, transition) = (Some(vec![0.25; 4]), Some(vec![vec![0.25; 4]; 4]));
        self.0.set_begin(HmmStart { start, transition, emission })?;
        self.0.fit(&[Sequence::Points(x.clone())])
    }

    fn predict(&self, x: &Samples) -> mynah::Result<Answer> {
        let (states, _) = self.0.viterbi(&Sequence::Points(x.clone()))?;
        Ok(Answer::Classes(states.into_iter().map(i64::from).collect()))
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        vec![("log_likelihood", Shown::Number(self.0.history().last().copied().unwrap_or(f64::NAN)))]
    }

    fn summary(&self) -> Option<String> {
        None
    }

    fn bytes(&self) -> mynah::Result<Vec<u8>> {
        without("hmm", "bytes")
    }
}

/// CPU seconds of this process so far; finer than the clock's ticks, as there is one thread only.
fn cpu_seconds() -> f64 {
    std::thread::yield_now(); // brings the count up to date
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).map_or(f64::NAN, |ns| ns / 1e9)
}

/// What one side measured.
struct Found {
    fit: f64,
    answer: f64,
    score: f64,
    error: f64, // the standard error of the score; 0 if it cannot be told from so few seeds
}

impl Found {
    fn new(fit: f64, answer: f64, scores: &[f64]) -> Self {
        let n = scores.len() as f64;
        let score = scores.iter().sum::<f64>() / n;
        let squares: f64 = scores.iter().map(|s| (s - score).powi(2)).sum();
        let error = if scores.len() < 5 { 0.0 } else { (squares / (n - 1.0) / n).sqrt() };
        Self { fit, answer, score, error }
    }
}

fn make(line: &Line, seed: u64) -> Box<dyn Learner> {
    if line.learner == "hmm" {
        return Box::new(Hidden::new(line.options.clone()));
    }
    let entry = find(line.learner).expect("it is in the list");
    let mut options = line.options.clone();
    if (entry.schema)().as_value()["properties"].get("seed").is_some() {
        options["seed"] = json!(seed);
    }
    (entry.make)(options).expect("the options are good")
}

/// Our side.
fn ours(line: &Line, set: &Set) -> mynah::Result<Found> {
    let codes: Vec<u32> = set.y.iter().map(|&y| y as u32).collect();
    let goal = match find(line.learner).map(|entry| entry.kind) {
        Ok(Kind::Classifier) => Goal::Classes { codes: &codes, classes: set.classes },
        Ok(Kind::Regressor) => Goal::Numbers(&set.y),
        _ => Goal::None,
    };
    let runs = line.runs as usize;
    let (mut fits, mut answers) = (vec![f64::INFINITY; runs], vec![f64::INFINITY; runs]);
    let (mut scores, mut total) = (Vec::new(), 0.0);
    let mut rep = 0;
    while rep < runs || (total < SECONDS && rep < 200) {
        let s = rep % runs;
        let mut learner = make(line, s as u64);
        let begun = cpu_seconds();
        learner.fit(&set.x, goal)?;
        let fit = cpu_seconds() - begun;
        let shown = |name: &str| learner.learned().into_iter().find(|(n, _)| *n == name).map(|(_, shown)| shown);
        let begun = cpu_seconds();
        let out = match line.output {
            Output::Predict => match learner.predict(&set.test)? {
                Answer::Classes(codes) => codes.into_iter().map(|c| c as f64).collect(),
                Answer::Numbers(numbers) => numbers,
            },
            Output::Transform => learner.transform(&set.test)?.into_values(),
            Output::Labels | Output::Map => Vec::new(),
        };
        let answer = cpu_seconds() - begun;
        (fits[s], answers[s]) = (fits[s].min(fit), answers[s].min(answer));
        if rep < runs {
            let out = match (line.output, shown("labels"), shown("map")) {
                (Output::Labels, Some(Shown::Numbers(labels)), _) => labels,
                (Output::Map, _, Some(Shown::Table(map))) => map.into_values(),
                _ => out,
            };
            let said = match line.measure {
                Measure::Said(name, ..) => shown(name),
                _ => None,
            };
            scores.push(match said {
                Some(Shown::Number(v)) => v,
                _ => judge(line, set, &out),
            });
        }
        total += fit + answer;
        rep += 1;
    }
    let mean = |v: &[f64]| v.iter().sum::<f64>() / runs as f64;
    Ok(Found::new(mean(&fits), mean(&answers), &scores))
}

/// The process of the peers.
struct Peers {
    child: Child,
    replies: BufReader<std::process::ChildStdout>,
}

impl Peers {
    /// Nothing where there is no Python with scikit-learn.
    fn new() -> Option<Self> {
        let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/learn_peers.py");
        let mut command = Command::new(&python);
        command.arg("-c").arg("import sklearn, scipy").stderr(Stdio::null());
        if !command.status().is_ok_and(|status| status.success()) {
            println!("{python} has no scikit-learn (set PYTHON): only our own side");
            return None;
        }
        let mut command = Command::new(&python);
        command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        for threads in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"] {
            command.env(threads, "1");
        }
        let mut child = command.spawn().ok()?;
        let replies = BufReader::new(child.stdout.take()?);
        Some(Self { child, replies })
    }

    fn ask(&mut self, line: &Line, set: &Set, folder: &Path) -> Result<Found, String> {
        let output = match line.output {
            Output::Predict => "predict",
            Output::Transform => "transform",
            Output::Labels => "labels_",
            Output::Map => "embedding_",
        };
        let score = match line.measure {
            Measure::Said(_, peer, _) => peer,
            _ => "",
        };
        let ask = json!({
            "peer": line.peer, "folder": folder, "columns": set.x.columns(), "sparse": set.x.is_sparse(),
            "classes": set.classes > 0, "runs": line.runs, "seconds": SECONDS, "output": output, "score": score,
        });
        let mut reply = String::new();
        let stdin = self.child.stdin.as_mut().ok_or("the peers are gone")?;
        writeln!(stdin, "{ask}").map_err(|e| e.to_string())?;
        self.replies.read_line(&mut reply).map_err(|e| e.to_string())?;
        let reply: Value = serde_json::from_str(&reply).map_err(|e| e.to_string())?;
        if let Some(error) = reply["error"].as_str() {
            return Err(error.into());
        }
        let number = |v: &Value| v.as_f64().unwrap_or(f64::NAN);
        let score = |s: usize| match line.measure {
            Measure::Said(..) => number(&reply["scores"][s]),
            _ => judge(line, set, &read(&folder.join(format!("answer{s}.f64")))),
        };
        let scores: Vec<f64> = (0..line.runs as usize).map(score).collect();
        Ok(Found::new(number(&reply["fit"]), number(&reply["answer"]), &scores))
    }
}

fn read(path: &Path) -> Vec<f64> {
    let bytes = std::fs::read(path).unwrap_or_default();
    bytes.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect()
}

/// The samples for the peers.
fn write(set: &Set, folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (name, x) in [("x", &set.x), ("test", &set.test)] {
        let dense = x.dense().map_err(|e| std::io::Error::other(e.to_string()))?;
        std::fs::write(folder.join(format!("{name}.f64")), bytes(dense.values()))?;
    }
    std::fs::write(folder.join("y.f64"), bytes(&set.y))
}

fn bytes(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// Codes from 0, whatever the numbers are.
fn codes(values: &[f64]) -> Vec<u32> {
    values.iter().map(|v| (v + 1.0) as u32).collect()
}

/// How good an output is.
fn judge(line: &Line, set: &Set, out: &[f64]) -> f64 {
    let fitted = matches!(line.output, Output::Labels | Output::Map);
    let (x, wanted) = if fitted { (&set.x, &set.y) } else { (&set.test, &set.wanted) };
    let k = out.len() / x.rows().max(1);
    match line.measure {
        Measure::Accuracy => accuracy(&codes(wanted), &codes(out)).unwrap_or(f64::NAN),
        Measure::R2 => r2(wanted, out).unwrap_or(f64::NAN),
        Measure::Rand => adjusted_rand(&codes(wanted), &codes(out)).unwrap_or(f64::NAN),
        Measure::Inside => out.iter().filter(|v| **v >= 0.0).count() as f64 / out.len() as f64,
        Measure::Square => out.iter().map(|v| v * v).sum::<f64>() / out.len() as f64,
        Measure::Within => {
            let labels = codes(out);
            let groups: BTreeSet<u32> = labels.iter().copied().collect();
            let mut sum = 0.0;
            for group in groups {
                let rows: Vec<&[f64]> =
                    x.iter().zip(&labels).filter(|(_, l)| **l == group).map(|(row, _)| row).collect();
                for j in 0..x.columns() {
                    let mean = rows.iter().map(|row| row[j]).sum::<f64>() / rows.len() as f64;
                    sum += rows.iter().map(|row| (row[j] - mean).powi(2)).sum::<f64>();
                }
            }
            sum / x.rows() as f64
        }
        Measure::Explained => {
            // Gram and Schmidt on the centred columns of the output.
            let column = |values: &[f64], width: usize, j: usize| -> Vec<f64> {
                let mut c: Vec<f64> = values.iter().skip(j).step_by(width).copied().collect();
                let mean = c.iter().sum::<f64>() / c.len() as f64;
                c.iter_mut().for_each(|v| *v -= mean);
                c
            };
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let mut basis: Vec<Vec<f64>> = Vec::new();
            for j in 0..k {
                let mut c = column(out, k, j);
                for _ in 0..2 {
                    for b in &basis {
                        let along = dot(&c, b);
                        c.iter_mut().zip(b).for_each(|(c, b)| *c -= along * b);
                    }
                }
                let norm = dot(&c, &c).sqrt();
                if norm > 1e-9 {
                    c.iter_mut().for_each(|v| *v /= norm);
                    basis.push(c);
                }
            }
            let (mut all, mut explained) = (0.0, 0.0);
            for j in 0..x.columns() {
                let c = column(x.values(), x.columns(), j);
                all += dot(&c, &c);
                explained += basis.iter().map(|b| dot(b, &c).powi(2)).sum::<f64>();
            }
            explained / all
        }
        Measure::Cumulants => {
            let mut sum = 0.0;
            for j in 0..k {
                let c: Vec<f64> = out.iter().skip(j).step_by(k).copied().collect();
                let n = c.len() as f64;
                let mean = c.iter().sum::<f64>() / n;
                let moment = |p: i32| c.iter().map(|v| (v - mean).powi(p)).sum::<f64>() / n;
                let deviation = moment(2).sqrt();
                sum += (moment(3) / deviation.powi(3)).powi(2) / 12.0
                    + (moment(4) / deviation.powi(4) - 3.0).powi(2) / 48.0;
            }
            sum / k as f64
        }
        Measure::Distortion => {
            let square = |v: &[f64], w: usize, a: usize, b: usize| -> f64 {
                (0..w).map(|j| (v[a * w + j] - v[b * w + j]).powi(2)).sum()
            };
            let mut rng = Rng::new(9);
            let mut sum = 0.0;
            for _ in 0..2000 {
                let (a, b) = (rng.below(x.rows()), rng.below(x.rows()));
                if a != b {
                    sum += (square(out, k, a, b) / square(x.values(), x.columns(), a, b) - 1.0).abs() / 2000.0;
                }
            }
            sum
        }
        Measure::Said(..) => f64::NAN,
    }
}

/// The measure's name, and whether more of it is better; nothing where both sides should only agree.
fn wish(measure: Measure) -> (&'static str, Option<bool>) {
    match measure {
        Measure::Accuracy => ("accuracy", Some(true)),
        Measure::R2 => ("R²", Some(true)),
        Measure::Rand => ("Rand", Some(true)),
        Measure::Within => ("within", Some(false)),
        Measure::Inside => ("inside", None),
        Measure::Explained => ("explained", Some(true)),
        Measure::Cumulants => ("cumulants", Some(true)),
        Measure::Distortion => ("distortion", Some(false)),
        Measure::Square => ("square", None),
        Measure::Said(name, _, more) => (name, Some(more)),
    }
}

/// Whether ours is worse by more than half a point, and by more than chance explains.
fn worse(measure: Measure, ours: &Found, theirs: &Found) -> bool {
    let chance = 2.0 * ours.error.hypot(theirs.error);
    let (ours, theirs) = (ours.score, theirs.score);
    let unit = match measure {
        Measure::Accuracy | Measure::R2 | Measure::Rand | Measure::Inside | Measure::Explained => 0.005,
        _ => 0.005 * theirs.abs(),
    };
    let by = match wish(measure).1 {
        Some(true) => theirs - ours,
        Some(false) => ours - theirs,
        None => (ours - theirs).abs(),
    };
    by > unit.max(chance)
}

fn time(seconds: f64) -> String {
    match seconds {
        s if s >= 1.0 => format!("{s:.2}"),
        s if s >= 0.001 => format!("{:.2}m", 1e3 * s),
        s => format!("{:.1}µ", 1e6 * s),
    }
}

fn main() {
    rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .use_current_thread()
        .build_global()
        .expect("nothing was begun before");
    let words: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let all = words.iter().any(|w| w == "all");
    let words: Vec<&String> = words.iter().filter(|w| *w != "all").collect();
    let wanted = |line: &Line, set: &str| {
        let text = format!("{} {} {set}", line.learner, line.options);
        words.is_empty() || words.iter().any(|w| text.split(' ').any(|part| part == *w))
    };
    let lines = lines();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut peers = Peers::new();
    let mut names: Vec<&'static str> = Vec::new();
    lines.iter().flat_map(|line| line.sets).for_each(|name| {
        if !names.contains(name) {
            names.push(name);
        }
    });
    println!("CPU seconds (m: thousandths, µ: millionths), ours and the peer's, and their ratio");
    println!(
        "{:28} {:13} {:>8} {:>8} {:>5}  {:>8} {:>8} {:>5}  {:10} {:>10} {:>10}",
        "learner", "samples", "fit", "peer", "", "answer", "peer", "", "score", "ours", "peer"
    );
    for name in names {
        let chosen: Vec<&Line> =
            lines.iter().filter(|l| l.sets.contains(&name) && (all || !l.slow) && wanted(l, name)).collect();
        if chosen.is_empty() {
            continue;
        }
        let Some(set) = set(name) else { continue };
        let place = folder.path().join(name.replace(' ', "-"));
        if peers.is_some() {
            write(&set, &place).expect("the folder is ours");
        }
        for line in chosen {
            let title = match line.options.as_object() {
                Some(o) if o.contains_key("learners") => line.learner.to_string(),
                Some(o) => o.iter().fold(line.learner.to_string(), |text, (name, v)| match v {
                    Value::String(v) => format!("{text} {v}"),
                    Value::Bool(_) => format!("{text} {name}"),
                    v => format!("{text} {v}"),
                }),
                None => line.learner.to_string(),
            };
            let ours = match ours(line, &set) {
                Ok(ours) => ours,
                Err(error) => {
                    println!("{title:28} {:13} {error}", set.name);
                    continue;
                }
            };
            print!("{title:28} {:13} {:>8} ", set.name, time(ours.fit));
            let (label, _) = wish(line.measure);
            match peers.as_mut().map(|peers| peers.ask(line, &set, &place)) {
                None => println!(
                    "{:>8}        {:>8} {:>8}        {label:10} {:>10.4}",
                    "",
                    time(ours.answer),
                    "",
                    ours.score
                ),
                Some(Err(error)) => println!("{error}"),
                Some(Ok(peer)) => {
                    let (fit, answer) = (ours.fit / peer.fit, ours.answer / peer.answer);
                    let answered = matches!(line.output, Output::Predict | Output::Transform);
                    let bad = fit > 1.0 || (answered && answer > 1.0) || worse(line.measure, &ours, &peer);
                    let answers = match answered {
                        true => format!("{:>8} {:>8} {answer:>5.2}", time(ours.answer), time(peer.answer)),
                        false => " ".repeat(23),
                    };
                    println!(
                        "{:>8} {fit:>5.2}  {answers}  {label:10.10} {:>10.4} {:>10.4} {}",
                        time(peer.fit),
                        ours.score,
                        peer.score,
                        if bad { "!" } else { "" }
                    );
                }
            }
        }
    }
}
