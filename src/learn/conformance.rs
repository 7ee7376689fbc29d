//! What every learner in the list keeps to.

use super::{Entry, Estimator, Kind, LEARNERS, Label, Prediction, Samples};
use crate::data::Rng;
use serde_json::{Value, json};

/// Every learner, with options that make it quick.
fn all() -> impl Iterator<Item = (&'static Entry, Value)> {
    let quick = |name: &str| match name {
        "kmeans" | "mini_batch_kmeans" | "spectral" | "agglomerative" => json!({ "clusters": 3 }),
        "gaussian_mixture" | "nmf" | "lda" => json!({ "components": 2 }),
        "umap" => json!({ "steps": 30 }),
        "tsne" => json!({ "steps": 260 }),
        "mlp_classifier" | "mlp_regressor" => json!({ "hidden": [6], "epochs": 5 }),
        "perceptron" => json!({ "steps": 50 }),
        "random_forest" | "random_forest_regressor" | "extra_trees" | "extra_trees_regressor" => json!({ "trees": 5 }),
        "gradient_boosting" | "gradient_boosting_regressor" => json!({ "trees": 5, "min_samples_leaf": 2 }),
        "adaboost" | "adaboost_regressor" => json!({ "trees": 5 }),
        "voting" | "stacking" => json!({ "learners": [{ "name": "knn" }, { "name": "gaussian_nb" }] }),
        "voting_regressor" | "stacking_regressor" => {
            json!({ "learners": [{ "name": "ridge" }, { "name": "decision_tree_regressor" }] })
        }
        _ => json!({}),
    };
    LEARNERS.iter().flat_map(|family| family.iter()).map(move |entry| (entry, quick(entry.name)))
}

/// Three heaps, all numbers positive.
fn heaps(n: usize, d: usize) -> Samples {
    let mut rng = Rng::new(1);
    let values = (0..n * d).map(|i| ((i / d % 3) as f64 * 4.0 + rng.normal() + 8.0).abs()).collect();
    Samples::new(n, d, values).unwrap()
}

/// What a learner of this kind is told about `n` samples of three heaps.
fn goal(kind: Kind, n: usize) -> Option<Vec<Label>> {
    let names = ["ant", "bee", "cat"];
    match kind {
        Kind::Classifier => Some((0..n).map(|i| Label::Text(names[i % 3].into())).collect()),
        Kind::Regressor => Some((0..n).map(|i| Label::Number((i % 3) as f64 * 2.0 + 0.5)).collect()),
        Kind::Clusterer | Kind::Transformer => None,
    }
}

/// All that it says about samples, as words.
fn says(e: &Estimator, x: &Samples) -> String {
    let (p, q, d, t) = (e.predict(x).ok(), e.predict_proba(x).ok(), e.decision(x).ok(), e.transform(x).ok());
    format!("{p:?} {q:?} {d:?} {t:?}")
}

/// No answer is NaN or infinite, and probabilities sum to 1.
fn sound(e: &Estimator, x: &Samples, about: &str) {
    let name = e.name();
    for (what, s) in [("decision", e.decision(x)), ("transform", e.transform(x)), ("proba", e.predict_proba(x))] {
        let Ok(s) = s else { continue };
        assert_eq!(s.rows(), x.rows(), "{name} {what}, {about}");
        assert!(s.values().iter().all(|v| v.is_finite()), "{name} {what}, {about}");
        if what == "proba" {
            assert!(s.iter().all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-9), "{name} {what}, {about}");
        }
    }
    match e.predict(x) {
        Ok(Prediction::Numbers(found)) => assert!(found.iter().all(|v| v.is_finite()), "{name}, {about}: {found:?}"),
        Ok(Prediction::Labels(found)) => assert!(found.iter().all(|l| e.classes().contains(l)), "{name}, {about}"),
        _ => {}
    }
}

fn saved(e: &Estimator) -> Estimator {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("learner.mynah");
    e.save(&path).unwrap();
    Estimator::load(&path).unwrap()
}

#[test]
fn learners_answer_refuse_and_come_back_from_files() {
    for (entry, options) in all() {
        let name = entry.name;
        let x = heaps(60, 4);
        let y = goal(entry.kind, 60);
        let mut e = Estimator::new(name, options).unwrap();
        let early = e.predict(&x).and(e.transform(&x).map(|_| ())).unwrap_err().to_string();
        assert!(early.contains("not fitted") || early.contains("has no"), "{early}");
        assert!(e.learned().is_empty() && e.to_string().ends_with("(not fitted)"), "{name}");

        e.fit(&x, y.as_deref()).unwrap();
        assert!(!e.learned().is_empty() && !e.to_string().contains("not fitted"), "{name}");
        sound(&e, &x, "heaps");
        let before = says(&e, &x);
        assert_eq!(says(&saved(&e), &x), before, "{name}: a file changes its answers");

        // Heaps this far apart are told apart; but no plane parts the middle one from both others, counts do not care
        // where a heap lies, and five epochs are few.
        let others = ["perceptron", "sgd_classifier", "multinomial_nb", "bernoulli_nb", "mlp_classifier"];
        if entry.kind == Kind::Classifier && !others.contains(&name) {
            assert!(e.score(&x, y.as_ref().unwrap()).unwrap() > 0.9, "{name}");
        }

        // What cannot be learned from is refused in a sentence, and what was learned is kept.
        let infinite = Samples::new(3, 4, (0..12).map(|i| if i == 5 { f64::INFINITY } else { f64::from(i) }).collect());
        let bad = [Samples::default(), Samples::new(3, 0, vec![]).unwrap(), infinite.unwrap()];
        for x in &bad {
            let why = e.fit(x, goal(entry.kind, x.rows()).as_deref()).unwrap_err().to_string();
            assert!(why.starts_with(name), "{why}");
        }
        let nan = Samples::new(3, 4, (0..12).map(|i| if i == 5 { f64::NAN } else { f64::from(i) }).collect()).unwrap();
        if !name.starts_with("gradient_boosting") {
            let why = e.fit(&nan, goal(entry.kind, 3).as_deref()).unwrap_err().to_string();
            assert!(why.contains("row 2, column 2 is NaN"), "{why}");
        }
        if entry.kind == Kind::Classifier || entry.kind == Kind::Regressor {
            assert!(e.fit(&x, None).unwrap_err().to_string().starts_with(name));
            assert!(e.fit(&x, goal(entry.kind, 59).as_deref()).is_err(), "{name}: 60 samples, 59 answers");
        }
        assert_eq!(says(&e, &x), before, "{name}: a refused fit changes it");
        let wide = heaps(3, 5);
        assert!(e.predict(&wide).is_err() && e.transform(&wide).is_err() && e.decision(&wide).is_err(), "{name}");
    }
}

#[test]
fn odd_samples_give_sound_answers_or_a_sentence() {
    let scaled = |by: f64, plus: f64| {
        Samples::new(30, 2, heaps(30, 2).values().iter().map(|v| v * by + plus).collect()).unwrap()
    };
    let mut constant = heaps(40, 3).into_values();
    constant.chunks_exact_mut(3).for_each(|row| row[1] = 5.0);
    let sets = [
        ("a constant column", Samples::new(40, 3, constant).unwrap()),
        ("equal samples", Samples::new(30, 2, vec![3.0; 60]).unwrap()),
        ("zeros", Samples::new(30, 2, vec![0.0; 60]).unwrap()),
        ("a single row", heaps(1, 3)),
        ("two rows", heaps(2, 3)),
        ("more columns than rows", heaps(6, 40)),
        ("one column of two values", Samples::new(50, 1, (0..50).map(|i| f64::from(i % 2)).collect()).unwrap()),
        ("large numbers", scaled(1e90, 0.0)),
        ("small numbers", scaled(1e-90, 0.0)),
        ("numbers far from zero", scaled(1.0, 1e12)),
    ];
    for (entry, options) in all() {
        for (about, x) in &sets {
            for one_class in [false, true] {
                let mut y = goal(entry.kind, x.rows());
                if one_class {
                    let Some(y) = &mut y else { continue };
                    y.iter_mut().for_each(|l| *l = Label::Number(7.0));
                }
                let mut e = Estimator::new(entry.name, options.clone()).unwrap();
                match e.fit(x, y.as_deref()) {
                    Ok(_) => {
                        sound(&e, x, about);
                        assert_eq!(says(&saved(&e), x), says(&e, x), "{}, {about}", entry.name);
                    }
                    Err(why) => assert!(why.to_string().starts_with(entry.name), "{about}: {why}"),
                }
            }
        }
    }
}

#[test]
fn one_thread_and_two_give_the_same_learner() {
    let (many, few) = (heaps(3000, 3), heaps(500, 3));
    for (entry, options) in all() {
        let slow =
            matches!(entry.name, "mean_shift" | "agglomerative" | "spectral" | "kernel_pca" | "hdbscan" | "tsne");
        let x = if slow { &few } else { &many };
        let answers = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut e = Estimator::new(entry.name, options.clone()).unwrap();
                e.fit(x, goal(entry.kind, x.rows()).as_deref()).unwrap();
                says(&e, x)
            })
        };
        assert!(answers(1) == answers(2), "{}", entry.name);
    }
}

#[test]
fn damaged_files_are_told_and_never_panic() {
    let mut rng = Rng::new(7);
    for (entry, options) in all() {
        let x = heaps(24, 3);
        let mut e = Estimator::new(entry.name, options).unwrap();
        e.fit(&x, goal(entry.kind, 24).as_deref()).unwrap();
        let bytes = e.learner().bytes().unwrap();
        for _ in 0..300 {
            let mut bad = bytes.clone();
            for _ in 0..1 + rng.below(2) {
                let at = rng.below(bad.len());
                bad[at] = rng.next_u64() as u8;
            }
            if rng.below(4) == 0 {
                bad.truncate(rng.below(bad.len()));
            }
            if let Ok(learner) = (entry.load)(&bad) {
                // Some damage only changes a number; then it must still answer in some way.
                let _ = (learner.predict(&x), learner.predict_proba(&x), learner.decision(&x), learner.transform(&x));
                let _ = (learner.learned(), learner.summary(), learner.inverse_transform(&x));
            }
        }
    }
}
