//! What holds for all trees and ensembles.

use super::*;
use crate::data::Rng;
use crate::learn::svm::tests::{blobs, number, numbers, read, threads};
use crate::learn::{Answer, Goal, Kind, Learner, Samples, Shown, find};
use serde_json::{Value, json};

fn goal(codes: &[u32]) -> Goal<'_> {
    Goal::Classes { codes, classes: codes.iter().max().map_or(0, |&c| c as usize + 1) }
}

fn make(name: &str, options: Value) -> Box<dyn Learner> {
    (find(name).unwrap().make)(options).unwrap()
}

fn accuracy(me: &dyn Learner, x: &Samples, codes: &[u32]) -> f64 {
    let Answer::Classes(found) = me.predict(x).unwrap() else { panic!("classes") };
    found.iter().zip(codes).filter(|(a, b)| **a == i64::from(**b)).count() as f64 / codes.len() as f64
}

fn r2(me: &dyn Learner, x: &Samples, y: &[f64]) -> f64 {
    let Answer::Numbers(found) = me.predict(x).unwrap() else { panic!("numbers") };
    let mean = y.iter().sum::<f64>() / y.len() as f64;
    let error: f64 = found.iter().zip(y).map(|(a, b)| (a - b).powi(2)).sum();
    1.0 - error / y.iter().map(|v| (v - mean).powi(2)).sum::<f64>()
}

/// Numbers that depend on two features of five, with a bend.
fn curve(n: usize, seed: u64) -> (Samples, Vec<f64>) {
    let mut rng = Rng::new(seed);
    let values: Vec<f64> = (0..n * 5).map(|_| rng.uniform() * 4.0 - 2.0).collect();
    let x = Samples::new(n, 5, values).unwrap();
    let y = x.iter().map(|r| 3.0 * (2.0 * r[0]).sin() + r[2] * r[2] + 0.1 * rng.normal()).collect();
    (x, y)
}

/// Every learner of the family with options that keep tests short.
fn all() -> Vec<(&'static Entry, Value)> {
    ENTRIES
        .iter()
        .map(|e| {
            let options = match e.name {
                "random_forest" | "random_forest_regressor" => json!({ "trees": 20, "oob": true, "seed": 3 }),
                "extra_trees" | "extra_trees_regressor" => json!({ "trees": 20, "seed": 3 }),
                "gradient_boosting" | "gradient_boosting_regressor" => {
                    json!({ "trees": 30, "early_stopping": true, "min_samples_leaf": 5 })
                }
                "bagging" | "bagging_regressor" => json!({ "oob": true, "max_features": 0.8, "max_samples": 0.9, "estimators": 30 }),
                "voting" => json!({ "voting": "soft", "weights": [1, 2], "learners": [
                    { "name": "decision_tree", "options": { "max_depth": 5 } }, { "name": "extra_trees", "options": { "trees": 10 } }] }),
                "voting_regressor" => json!({ "learners": [
                    { "name": "decision_tree_regressor" }, { "name": "extra_trees_regressor", "options": { "trees": 10 } }] }),
                "stacking" => json!({ "passthrough": true, "last": { "name": "gradient_boosting", "options": { "trees": 20 } }, "learners": [
                    { "name": "decision_tree", "options": { "max_depth": 5 } }, { "name": "svc" }] }),
                "stacking_regressor" => json!({ "last": { "name": "gradient_boosting_regressor", "options": { "trees": 60 } }, "learners": [
                    { "name": "decision_tree_regressor" }, { "name": "extra_trees_regressor", "options": { "trees": 10 } }] }),
                _ => json!({ "seed": 1 }),
            };
            (e, options)
        })
        .collect()
}

fn fit(me: &mut dyn Learner, kind: Kind, x: &Samples, codes: &[u32], y: &[f64]) {
    match kind {
        Kind::Classifier => me.fit(x, goal(codes)).unwrap(),
        _ => me.fit(x, Goal::Numbers(y)).unwrap(),
    };
}

#[test]
fn every_learner_learns() {
    let (x, codes) = blobs(900, 3, 5, 1.2, 4);
    let (a, b): (Vec<usize>, Vec<usize>) = (0..900).partition(|i| i % 4 > 0);
    let of = |places: &[usize]| places.iter().map(|&i| codes[i]).collect::<Vec<u32>>();
    let (u, y) = curve(900, 2);
    let (v, z) = curve(300, 3);
    for (entry, options) in all() {
        let mut me = make(entry.name, options);
        let score = match entry.kind {
            Kind::Classifier => {
                me.fit(&x.select(&a), goal(&of(&a))).unwrap();
                accuracy(&*me, &x.select(&b), &of(&b))
            }
            _ => {
                me.fit(&u, Goal::Numbers(&y)).unwrap();
                r2(&*me, &v, &z)
            }
        };
        println!("{} {score:.3} {}", entry.name, me.summary().unwrap());
        let least = match entry.name {
            "adaboost_regressor" | "bagging_regressor" => 0.75,
            "decision_tree" | "adaboost" => 0.8,
            _ => 0.85,
        };
        assert!(score > least, "{} {score}", entry.name);
        for (name, shown) in me.learned() {
            match shown {
                Shown::Numbers(list) => {
                    assert!(list.iter().all(|v| v.is_finite()), "{name}");
                    if name == "importances" {
                        assert!((list.iter().sum::<f64>() - 1.0).abs() < 1e-9 && list.len() == 5);
                        assert!(entry.kind == Kind::Classifier || list[0] + list[2] > 0.8, "{list:?}");
                    }
                }
                Shown::Number(v) if name == "oob_score" => assert!((v - score).abs() < 0.12, "{name} {v} {score}"),
                _ => {}
            }
        }
    }
}

#[test]
fn the_same_on_one_and_two_threads_and_after_saving() {
    let (x, codes) = blobs(300, 3, 4, 1.0, 8);
    let (_, y) = curve(300, 1);
    for (entry, options) in all() {
        let work = || {
            let mut me = make(entry.name, options.clone());
            fit(&mut *me, entry.kind, &x, &codes, &y);
            (me.bytes().unwrap(), me.predict(&x).unwrap(), me.predict_proba(&x).ok(), me.decision(&x).ok())
        };
        let one = threads(1, work);
        assert!(one == threads(2, work), "{}", entry.name);
        let again = (entry.load)(&one.0).unwrap();
        assert_eq!(again.predict(&x).unwrap(), one.1, "{}", entry.name);
        assert_eq!(again.predict_proba(&x).ok(), one.2);
        assert_eq!(again.bytes().unwrap(), one.0);
        if entry.kind == Kind::Classifier {
            let p = one.2.unwrap();
            assert!(p.iter().all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-9 && row.iter().all(|v| *v >= 0.0)));
        }
        // Files that end early or have a wrong byte give an answer or a sentence.
        for at in [0, 1, one.0.len() / 2, one.0.len() - 1] {
            assert!((entry.load)(&one.0[..at]).is_err());
        }
        let mut rng = Rng::new(5);
        for _ in 0..60 {
            let mut bytes = one.0.clone();
            let at = rng.below(bytes.len().min(4000));
            bytes[at] ^= 1 << rng.below(8);
            if let Ok(me) = (entry.load)(&bytes) {
                let _ = (me.predict(&x), me.learned(), me.summary());
            }
        }
    }
}

#[test]
fn strange_data_have_a_sentence_or_an_answer() {
    let of = |rows: usize, values: Vec<f64>| Samples::new(rows, values.len() / rows, values).unwrap();
    for (entry, options) in all() {
        let mut me = make(entry.name, options);
        let name = entry.name;
        let x = of(30, (0..60).map(f64::from).collect());
        let codes: Vec<u32> = (0..30).map(|i| i % 2).collect();
        let y: Vec<f64> = codes.iter().map(|&c| f64::from(c)).collect();
        assert!(me.predict(&x).unwrap_err().to_string().contains("not fitted yet"));
        assert!(me.learned().is_empty() && me.summary().is_none());
        assert!(me.fit(&x, Goal::None).is_err() && me.fit(&Samples::default(), goal(&[])).is_err());
        fit(&mut *me, entry.kind, &x, &codes, &y);
        assert!(me.predict(&of(1, vec![0.0; 3])).is_err(), "{name}: a wrong width");
        assert!(me.predict(&of(1, vec![f64::INFINITY, 0.0])).is_err(), "{name}: infinity");
        let nan = me.predict(&of(1, vec![f64::NAN, 0.0]));
        assert_eq!(nan.is_ok(), name.starts_with("gradient_boosting"), "{name}: NaN");
        // One class, one row, constant and huge columns, equal rows with other answers, equal answers.
        assert!(me.fit(&x, Goal::Classes { codes: &[0; 30], classes: 1 }).is_err(), "{name}");
        let huge: Vec<f64> = (0..60).map(|i| if i % 2 == 0 { 1e308 * (-1f64).powi(i / 2) } else { 5e-324 }).collect();
        for x in [of(30, vec![7.0; 60]), of(30, huge)] {
            if name == "stacking" && x.row(0)[0].abs() > 1e100 {
                continue; // too much for its svc
            }
            fit(&mut *me, entry.kind, &x, &codes, &y);
            match me.predict(&x).unwrap() {
                Answer::Numbers(found) => assert!(found.iter().all(|v| v.is_finite())),
                Answer::Classes(found) => assert!(found.iter().all(|c| (0..2).contains(c))),
            }
        }
        if entry.kind == Kind::Regressor {
            let _ = me.fit(&of(1, vec![1.0, 2.0]), Goal::Numbers(&[4.0]));
            fit(&mut *me, entry.kind, &x, &codes, &[2.5; 30]);
            let Answer::Numbers(found) = me.predict(&x).unwrap() else { panic!() };
            assert!(found.iter().all(|v| (v - 2.5).abs() < 1e-12), "{name}");
            let big: Vec<f64> = y.iter().map(|v| v * 1e99).collect();
            fit(&mut *me, entry.kind, &x, &codes, &big);
            let _ = me.predict(&x).unwrap();
            assert!(me.fit(&x, Goal::Numbers(&[1e200; 30])).is_err(), "{name}");
        } else {
            let _ = me.fit(&of(1, vec![1.0, 2.0]), Goal::Classes { codes: &[0], classes: 2 });
            // A class that no sample has.
            let _ = me.fit(&x, Goal::Classes { codes: &codes, classes: 3 });
            assert!(me.predict(&x).is_ok());
        }
    }
}

#[test]
fn a_tree_cuts_where_it_should() {
    // By hand: x2 parts the classes at 2.5; the first feature is noise.
    let x = Samples::new(6, 2, vec![5.0, 1.0, 1.0, 2.0, 3.0, 1.5, 2.0, 3.0, 4.0, 4.0, 0.0, 3.5]).unwrap();
    let mut me = DecisionTree::new(DecisionTreeSettings::default()).unwrap();
    me.fit(&x, goal(&[0, 0, 0, 1, 1, 1])).unwrap();
    let view = me.view().unwrap();
    assert_eq!(view.nodes.len(), 3);
    assert_eq!((view.nodes[0].feature, view.nodes[0].threshold, view.nodes[0].impurity), (Some(1), 2.5, 0.5));
    assert_eq!(
        view.text(None, Some(&["no".into(), "yes".into()])),
        "feature 2 <= 2.500\n|  no (3 samples)\nfeature 2 > 2.500\n|  yes (3 samples)\n"
    );
    assert_eq!(numbers(&me, "importances"), [0.0, 1.0]);
    let Some((_, Shown::Table(nodes))) = me.learned().into_iter().find(|(n, _)| *n == "nodes") else { panic!() };
    assert_eq!(nodes.row(0)[..6], [2.0, 2.5, 2.0, 3.0, 6.0, 0.5]);
    assert_eq!(nodes.row(2), [0.0, 0.0, 0.0, 0.0, 3.0, 0.0, 2.0, 0.0, 1.0]);
    // The exclusive or, where no first cut helps, is still learned.
    let x = Samples::new(4, 2, vec![0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]).unwrap();
    me.fit(&x, goal(&[0, 1, 1, 0])).unwrap();
    assert_eq!(accuracy(&me, &x, &[0, 1, 1, 0]), 1.0);
    let mut me = DecisionTreeRegressor::new(DecisionTreeRegressorSettings::default()).unwrap();
    me.fit(&x, Goal::Numbers(&[1.0, 2.0, 5.0, 7.0])).unwrap();
    let root = &me.view().unwrap().nodes[0];
    assert_eq!((root.feature, root.value[0]), (Some(0), 3.75));
    assert!((root.impurity - 5.6875).abs() < 1e-12); // the variance
}

#[test]
fn limits_hold() {
    let (x, codes) = blobs(400, 3, 3, 1.2, 5);
    for criterion in ["gini", "entropy"] {
        for splitter in ["best", "random"] {
            let of = |more: Value| {
                let mut options = json!({ "criterion": criterion, "splitter": splitter });
                options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                let settings: DecisionTreeSettings = serde_json::from_value(options).unwrap();
                let mut me = DecisionTree::new(settings).unwrap();
                me.fit(&x, goal(&codes)).unwrap();
                me
            };
            let full = of(json!({}));
            assert_eq!(accuracy(&full, &x, &codes), 1.0, "{criterion} {splitter}");
            assert_eq!(number(&of(json!({ "max_depth": 3 })), "depth"), 3.0);
            let few = of(json!({ "max_leaves": 7 }));
            assert_eq!(number(&few, "leaves"), 7.0);
            let large = of(json!({ "min_samples_leaf": 15 })).view().unwrap();
            assert!(large.nodes.iter().all(|n| n.samples >= 15) && large.nodes.len() > 5);
            let split = of(json!({ "min_samples_split": 50 })).view().unwrap();
            assert!(split.nodes.iter().all(|n| n.samples >= 50 || n.feature.is_none()));
            let leaves: Vec<f64> =
                [0.0, 0.006, 0.01, 10.0].iter().map(|a| number(&of(json!({ "ccp_alpha": a })), "leaves")).collect();
            assert!(leaves.windows(2).all(|w| w[0] >= w[1]) && leaves[0] > leaves[2] && leaves[3] == 1.0, "{leaves:?}");
            let least = of(json!({ "min_impurity_decrease": 0.01 })).view().unwrap();
            for n in least.nodes.iter().filter(|n| n.feature.is_some()) {
                let part = |i: usize| least.nodes[i].impurity * f64::from(least.nodes[i].samples) / 400.0;
                let (l, r) = (n.left.unwrap(), n.right.unwrap());
                let own = n.impurity * f64::from(n.samples) / 400.0;
                assert!(own - part(l) - part(r) >= 0.01 - 1e-12);
            }
        }
    }
}

/// Both ways to sort give the same tree, and so do weights and repeated samples.
#[test]
fn weights_are_repeated_samples() {
    let (x, codes) = blobs(200, 2, 4, 0.8, 6);
    let twice: Vec<usize> = (0..200).flat_map(|i| vec![i; if codes[i] == 1 { 3 } else { 1 }]).collect();
    let again: Vec<u32> = twice.iter().map(|&i| codes[i]).collect();
    for criterion in [Criterion::Gini, Criterion::Entropy] {
        let settings = DecisionTreeSettings { criterion, ..Default::default() };
        let mut one = DecisionTree::new(settings.clone()).unwrap();
        one.fit(&x.select(&twice), goal(&again)).unwrap();
        let weighed =
            DecisionTreeSettings { class_weight: Some(crate::learn::ClassWeight::Each(vec![1.0, 3.0])), ..settings };
        let mut other = DecisionTree::new(weighed).unwrap();
        other.fit(&x, goal(&codes)).unwrap();
        let plain =
            |me: &DecisionTree| me.view().unwrap().nodes.iter().map(|n| (n.feature, n.left)).collect::<Vec<_>>();
        assert_eq!(plain(&one), plain(&other));
    }
    // Weights of too many kinds for the short keys.
    let table = super::grow::Table::new(&x, Splitter::Best);
    let limits = || super::decision_tree::Ends {
        max_depth: Some(4),
        min_samples_split: 2,
        min_samples_leaf: 1,
        max_features: MaxFeatures::All,
        max_leaves: None,
        min_impurity_decrease: 0.0,
        ccp_alpha: 0.0,
    };
    for criterion in [Criterion::Gini, Criterion::Entropy] {
        let target = super::grow::Target::Classes { codes: &codes, classes: 2, criterion };
        let job = super::grow::Job { table: &table, target, limits: limits().limits(4) };
        let even = job.grow(&[1.0; 200], Rng::new(0)).unwrap();
        let nearly: Vec<f64> = (0..200).map(|i| 1.0 + f64::from(i) * 1e-13).collect();
        let uneven = job.grow(&nearly, Rng::new(0)).unwrap();
        for (a, b) in even.importances.iter().zip(&uneven.importances) {
            assert!((a - b).abs() < 1e-9);
        }
    }
}

/// Its best cut at each node is the best of all, tried one by one.
#[test]
fn every_cut_is_the_best_there_is() {
    let mut rng = Rng::new(9);
    for round in 0..20 {
        let n = 5 + rng.below(60);
        let x = Samples::new(n, 3, (0..n * 3).map(|_| rng.below(12) as f64).collect()).unwrap();
        let y: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
        let mut me =
            DecisionTreeRegressor::new(DecisionTreeRegressorSettings { max_depth: Some(1), ..Default::default() })
                .unwrap();
        me.fit(&x, Goal::Numbers(&y)).unwrap();
        let spread = |rows: Vec<f64>| {
            let mean = rows.iter().sum::<f64>() / rows.len().max(1) as f64;
            rows.iter().map(|v| (v - mean).powi(2)).sum::<f64>()
        };
        let mut best = f64::INFINITY;
        for j in 0..3 {
            for t in 0..11 {
                let side =
                    |left: bool| (0..n).filter(|&i| (x.row(i)[j] <= f64::from(t)) == left).map(|i| y[i]).collect();
                let (l, r): (Vec<f64>, Vec<f64>) = (side(true), side(false));
                if !l.is_empty() && !r.is_empty() {
                    best = best.min(spread(l) + spread(r));
                }
            }
        }
        let nodes = me.view().unwrap().nodes;
        let found: f64 = nodes[1..].iter().map(|n| n.impurity * f64::from(n.samples)).sum();
        assert!((found - best).abs() < 1e-9, "round {round}: {found} {best}");
    }
}

#[test]
fn boosting_knows_what_is_missing_and_what_is_a_category() {
    // The answer is 1 exactly where the number is missing or large.
    let mut rng = Rng::new(4);
    let values: Vec<f64> = (0..600).map(|i| if i % 3 == 0 { f64::NAN } else { rng.uniform() }).collect();
    let codes: Vec<u32> = values.iter().map(|v| u32::from(v.is_nan() || *v > 0.7)).collect();
    let x = Samples::new(600, 1, values).unwrap();
    let mut me = GradientBoosting::new(GradientBoostingSettings { trees: 30, ..Default::default() }).unwrap();
    me.fit(&x, goal(&codes)).unwrap();
    assert!(accuracy(&me, &x, &codes) > 0.99);
    let ask = Samples::new(3, 1, vec![f64::NAN, 0.2, 0.9]).unwrap();
    assert_eq!(me.predict(&ask).unwrap(), Answer::Classes(vec![1, 0, 1]));
    // Categories in no order: three leaves would be needed to part 2, 5, 11 from the others by thresholds.
    let names: Vec<f64> = (0..1200).map(|_| rng.below(14) as f64).collect();
    let y: Vec<f64> = names.iter().map(|v| if [2.0, 5.0, 11.0].contains(v) { 3.0 } else { -1.0 }).collect();
    let x = Samples::new(1200, 1, names).unwrap();
    let options = json!({ "trees": 1, "lr": 1.0, "max_leaves": 2, "categories": [1] });
    let mut me = make("gradient_boosting_regressor", options);
    me.fit(&x, Goal::Numbers(&y)).unwrap();
    assert!(r2(&*me, &x, &y) > 1.0 - 1e-9, "{}", r2(&*me, &x, &y));
    let unknown = me.predict(&Samples::new(2, 1, vec![99.0, f64::NAN]).unwrap()).unwrap();
    assert!(matches!(unknown, Answer::Numbers(v) if v.iter().all(|v| (v + 1.0).abs() < 1e-9)));
    let said = (find("gradient_boosting").unwrap().make)(json!({ "categories": [0] })).err().unwrap().to_string();
    assert_eq!(said, "gradient_boosting: `categories` must be columns counted from 1, got 0");
    let mut wide = make("gradient_boosting_regressor", json!({ "categories": [2] }));
    assert!(wide.fit(&x, Goal::Numbers(&y)).unwrap_err().to_string().contains("names column 2, but there are 1"));
}

/// One tree by hand: Newton's step from the mean.
#[test]
fn a_boosted_tree_takes_newtons_step() {
    let x = Samples::new(8, 1, (0..8).map(f64::from).collect()).unwrap();
    let options = json!({ "trees": 1, "lr": 0.5, "min_samples_leaf": 1, "max_leaves": 2, "l2": 1 });
    let mut me = make("gradient_boosting_regressor", options.clone());
    me.fit(&x, Goal::Numbers(&[0.0, 0.0, 0.0, 0.0, 8.0, 8.0, 8.0, 8.0])).unwrap();
    // Mean 4; a leaf's step is 0.5 · 16 / (4 + 1) = 1.6.
    let Answer::Numbers(found) = me.predict(&x).unwrap() else { panic!() };
    assert!(found.iter().zip([2.4, 2.4, 2.4, 2.4, 5.6, 5.6, 5.6, 5.6]).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
    let mut me = make("gradient_boosting", options);
    me.fit(&x, goal(&[0, 0, 0, 0, 1, 1, 1, 1])).unwrap();
    // Log odds 0; gradients ±1/2, second derivatives 1/4: 0.5 · 2 / (1 + 1) = 0.5.
    assert!((me.decision(&x).unwrap().row(7)[0] - 0.5).abs() < 1e-9);
    let loss = numbers(&*me, "loss_curve");
    assert!((loss[0] - (1.0 + (-0.5f64).exp()).ln()).abs() < 1e-9);
}

#[test]
fn boosting_stops_early_and_says_when_it_cannot_cut() {
    let (x, codes) = blobs(600, 2, 4, 1.0, 3);
    let options = json!({ "trees": 500, "early_stopping": true, "lr": 0.3 });
    let mut me = make("gradient_boosting", options);
    let fit = me.fit(&x, goal(&codes)).unwrap();
    let curve = numbers(&*me, "validation_curve");
    assert!(fit.steps < 200 && curve.len() == fit.steps as usize + 10, "{} {}", fit.steps, curve.len());
    let least = curve.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(curve[fit.steps as usize - 1], least);
    let few = Samples::new(10, 1, (0..10).map(f64::from).collect()).unwrap();
    let mut me = make("gradient_boosting", Value::Null);
    let said = me.fit(&few, goal(&[0, 1, 0, 1, 0, 1, 0, 1, 0, 1])).unwrap().warning.unwrap();
    assert!(said.starts_with("no cut was possible: of 10 samples, 20 at least"), "{said}");
    assert!(me.predict(&few).is_ok() && (find("gradient_boosting").unwrap().load)(&me.bytes().unwrap()).is_ok());
}

#[test]
fn members_are_checked() {
    let says = |name: &str, options: Value| (find(name).unwrap().make)(options).err().unwrap().to_string();
    assert!(says("bagging", json!({ "learner": { "name": "svr" } })).contains("`svr` does not"));
    assert!(
        says("bagging", json!({ "learner": { "name": "decision_tree", "options": { "max_dept": 3 } } }))
            .contains("max_depth")
    );
    assert!(says("voting", json!({ "learners": [] })).contains("at least one"));
    assert!(says("voting", json!({ "weights": [1] })).contains("`weights` holds 1 numbers, but there are 3"));
    assert!(says("voting_regressor", json!({ "weights": [0, 0, 0] })).contains("all `weights` are 0"));
    assert!(says("stacking", json!({ "folds": 1 })).contains("at least 2"));
    let mut deep = json!({ "name": "decision_tree" });
    for _ in 0..20 {
        deep = json!({ "name": "bagging", "options": { "learner": deep } });
    }
    assert!(says("bagging", json!({ "learner": deep })).contains("at most 8 deep"));
    let (x, codes) = blobs(60, 2, 2, 2.0, 3);
    let mut soft = make("voting", json!({ "voting": "soft", "learners": [{ "name": "svc" }] }));
    assert!(soft.fit(&x, goal(&codes)).unwrap_err().to_string().contains("`svc` has none"));
    let mut hard =
        make("voting", json!({ "learners": [{ "name": "svc" }, { "name": "decision_tree" }, { "name": "adaboost" }] }));
    hard.fit(&x, goal(&codes)).unwrap();
    assert!(accuracy(&*hard, &x, &codes) > 0.9 && hard.predict_proba(&x).is_err());
}

#[test]
fn stacking_ends_in_a_linear_learner_by_default() {
    let (x, codes) = blobs(200, 3, 3, 1.2, 3);
    let learners = json!([{ "name": "decision_tree" }, { "name": "extra_trees", "options": { "trees": 10 } }]);
    let mut me = make("stacking", json!({ "learners": learners }));
    me.fit(&x, goal(&codes)).unwrap();
    assert_eq!(me.summary().unwrap(), "3 features, decision_tree + extra_trees under logistic_regression, 3 classes");
    assert!(accuracy(&*me, &x, &codes) > 0.9);
    let (x, y) = curve(300, 4);
    let learners = json!([{ "name": "decision_tree_regressor" }, { "name": "extra_trees_regressor" }]);
    let mut me = make("stacking_regressor", json!({ "learners": learners }));
    me.fit(&x, Goal::Numbers(&y)).unwrap();
    assert!(me.summary().unwrap().ends_with("under ridge") && r2(&*me, &x, &y) > 0.9);
}

#[test]
fn known_data_are_told_apart() {
    let Some((x, labels)) = read("iris.csv") else { return };
    let mut classes: Vec<f64> = labels.clone();
    classes.sort_by(f64::total_cmp);
    classes.dedup();
    let codes: Vec<u32> = labels.iter().map(|l| classes.iter().position(|c| c == l).unwrap() as u32).collect();
    let mut me = make("random_forest", json!({ "oob": true }));
    me.fit(&x, goal(&codes)).unwrap();
    assert!(number(&*me, "oob_score") > 0.93);
    let mut me = make("decision_tree", json!({ "max_depth": 2 }));
    me.fit(&x, goal(&codes)).unwrap();
    assert!((accuracy(&*me, &x, &codes) - 0.96).abs() < 1e-9);
}
