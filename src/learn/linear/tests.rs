//! What the tests of this family share, and what all its learners must do alike.

use super::*;
use crate::data::Rng;
use crate::learn::{Answer, Goal, Kind, Learner, Samples, Shown};
use serde_json::{Value, json};

/// The samples of the known answers, which `known.py` makes as well:
///
/// ```python
/// n, d = 60, 4
/// X = np.array([[np.sin(1.3*i*(j+1)+j*j)*(j+1)+0.5*j for j in range(d)] for i in range(n)])
/// t = X @ [1.0,-0.5,0.3,0.2] + np.sin(5.0*np.arange(n))
/// y = 2*X[:,0] - X[:,1] + 0.5*np.sin(5.0*np.arange(n)) + 3
/// c3 = np.where(t<-0.5, 0, np.where(t<1.0, 1, 2)); c2 = (t>0.3).astype(int)
/// ```
pub struct Known {
    pub x: Samples,
    pub y: Vec<f64>,
    pub two: Vec<u32>,
    pub three: Vec<u32>,
}

pub fn known() -> Known {
    let (n, d) = (60, 4);
    let at = |i: usize, j: usize| (1.3 * (i * (j + 1)) as f64 + (j * j) as f64).sin() * (j + 1) as f64 + 0.5 * j as f64;
    let x = Samples::new(n, d, (0..n * d).map(|t| at(t / d, t % d)).collect()).unwrap();
    let noise = |i: usize| (5.0 * i as f64).sin();
    let along = |i: usize| at(i, 0) - 0.5 * at(i, 1) + 0.3 * at(i, 2) + 0.2 * at(i, 3) + noise(i);
    let y = (0..n).map(|i| 2.0 * at(i, 0) - at(i, 1) + 0.5 * noise(i) + 3.0).collect();
    let two = (0..n).map(|i| u32::from(along(i) > 0.3)).collect();
    let three = (0..n).map(|i| u32::from(along(i) >= -0.5) + u32::from(along(i) >= 1.0)).collect();
    Known { x, y, two, three }
}

/// A learner of the list with options.
pub fn make(name: &str, options: Value) -> Box<dyn Learner> {
    let entries = ENTRIES.iter().chain(crate::learn::bayes::ENTRIES);
    (entries.clone().find(|e| e.name == name).unwrap().make)(options).unwrap()
}

pub fn goal(codes: &[u32]) -> Goal<'_> {
    Goal::Classes { codes, classes: codes.iter().max().map_or(0, |&c| c as usize + 1) }
}

/// What a learner shows under a name, as one list.
pub fn shown(learner: &dyn Learner, name: &str) -> Vec<f64> {
    match learner.learned().into_iter().find(|(n, _)| *n == name).map(|(_, shown)| shown) {
        Some(Shown::Number(v)) => vec![v],
        Some(Shown::Numbers(v)) => v,
        Some(Shown::Table(table)) => table.into_values(),
        other => panic!("{name} is {other:?}"),
    }
}

pub fn close(found: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len(), "{found:?} {wanted:?}");
    let fine = found.iter().zip(wanted).all(|(a, b)| (a - b).abs() <= tolerance * b.abs().max(1.0));
    assert!(fine, "found {found:?}\nwanted {wanted:?}");
}

/// Classes in turn around centres that are `apart` deviations from each other or so.
pub fn blobs(n: usize, classes: usize, columns: usize, apart: f64, seed: u64) -> (Samples, Vec<u32>) {
    let mut rng = Rng::new(seed);
    let centres: Vec<f64> = (0..classes * columns).map(|_| apart * rng.normal()).collect();
    let codes: Vec<u32> = (0..n).map(|i| (i % classes) as u32).collect();
    let value =
        |at: usize, rng: &mut Rng| centres[codes[at / columns] as usize * columns + at % columns] + rng.normal();
    let values = (0..n * columns).map(|at| value(at, &mut rng)).collect();
    (Samples::new(n, columns, values).unwrap(), codes)
}

/// The same samples, sparse.
pub fn sparse(x: &Samples) -> Samples {
    let rows: Vec<Vec<(usize, f64)>> = (0..x.rows()).map(|i| x.entries(i).collect()).collect();
    Samples::sparse(x.columns(), &rows).unwrap()
}

pub fn all() -> impl Iterator<Item = &'static Entry> {
    ENTRIES.iter().chain(crate::learn::bayes::ENTRIES)
}

fn goal_of<'a>(entry: &Entry, codes: &'a [u32], y: &'a [f64]) -> Goal<'a> {
    if entry.kind == Kind::Regressor { Goal::Numbers(y) } else { goal(codes) }
}

/// Counts, which all learners take.
fn counts(n: usize, d: usize, classes: usize, seed: u64) -> (Samples, Vec<u32>, Vec<f64>) {
    let (x, codes) = blobs(n, classes, d, 2.0, seed);
    let x = Samples::new(n, d, x.values().iter().map(|v| v.abs().floor()).collect()).unwrap();
    let y = x.iter().map(|row| row[0] - 0.5 * row[1] + 0.1).collect();
    (x, codes, y)
}

fn threads<R: Send>(n: usize, work: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(work)
}

#[test]
fn the_same_on_one_and_two_threads_and_after_saving() {
    for entry in all() {
        for classes in [2, 3] {
            let (x, codes, y) = counts(9000, 5, classes, 3);
            let fit = || {
                let options = if entry.name == "perceptron" { json!({ "steps": 12 }) } else { json!({}) };
                let mut me = (entry.make)(options).unwrap();
                me.fit(&x, goal_of(entry, &codes, &y)).unwrap();
                me.bytes().unwrap()
            };
            let (one, two) = (threads(1, fit), threads(2, fit));
            assert!(one == two, "{}", entry.name);
            let me = (entry.load)(&one).unwrap();
            assert!(me.bytes().unwrap() == one && me.summary().is_some(), "{}", entry.name);
            let answers = me.predict(&x).unwrap();
            assert_eq!(answers, threads(1, || me.predict(&x).unwrap()));
            if let Answer::Classes(found) = &answers {
                let right = found.iter().zip(&codes).filter(|(a, b)| **a == i64::from(**b)).count();
                assert!(right as f64 > 1.2 * 9000.0 / classes as f64, "{}: {right}", entry.name);
                let p = me.predict_proba(&x);
                assert!(p.is_err() || p.unwrap().iter().all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-9));
            }
        }
    }
}

#[test]
fn sparse_samples_give_the_same_answers() {
    let (x, codes, y) = counts(300, 6, 3, 5);
    let s = sparse(&x);
    for entry in all() {
        let mut me = (entry.make)(Value::Null).unwrap();
        if !me.takes_sparse() {
            assert!(me.fit(&s, goal_of(entry, &codes, &y)).is_err());
            me.fit(&x, goal_of(entry, &codes, &y)).unwrap();
            assert!(me.predict(&s).is_err());
            continue;
        }
        // Only there the bias moves otherwise.
        let sgd = entry.name.starts_with("sgd");
        let options = if sgd { json!({ "fit_intercept": false, "average": true, "penalty": "l1" }) } else { json!({}) };
        let mut me = (entry.make)(options.clone()).unwrap();
        let mut other = (entry.make)(options).unwrap();
        me.fit(&x, goal_of(entry, &codes, &y)).unwrap();
        other.fit(&s, goal_of(entry, &codes, &y)).unwrap();
        match (me.predict(&x).unwrap(), me.predict(&s).unwrap()) {
            (Answer::Numbers(a), Answer::Numbers(b)) => close(&a, &b, 1e-12),
            (a, b) => assert!(a == b, "{}", entry.name),
        }
        match (me.predict(&x).unwrap(), other.predict(&s).unwrap()) {
            (Answer::Classes(a), Answer::Classes(b)) => {
                let same = a.iter().zip(&b).filter(|(a, b)| a == b).count();
                let least = if entry.name.contains("nb") || entry.name.starts_with("log") { 300 } else { 270 };
                assert!(same >= least, "{}: {same}", entry.name);
            }
            (Answer::Numbers(a), Answer::Numbers(b)) => close(&a, &b, 1e-5),
            _ => panic!(),
        }
    }
}

#[test]
fn strange_data_has_a_sentence_or_an_answer() {
    let two = |values: Vec<f64>| Samples::new(2, values.len() / 2, values).unwrap();
    let strange = [
        two(vec![3.0, 3.0]),
        two(vec![0.0, 0.0]),
        two(vec![0.0, 1e-300]),
        two(vec![-1e99, 1e99]),
        two(vec![0.0, 1e99]),
        two(vec![0.0, 0.0, 1.0, 1.0]),
        two(vec![1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1e-9]),
        two(vec![1e-160, 1.0, 3e-160, 1.0]),
        Samples::new(4, 2, vec![1e8, 1.0, 1e8 + 1.0, 1.0, 1e8, 2.0, 1e8 + 2.0, 1.0]).unwrap(),
        Samples::new(5, 1, vec![1.0, 1.0, 1.0, 1.0, 2.0]).unwrap(),
    ];
    for entry in all() {
        let mut me = (entry.make)(Value::Null).unwrap();
        assert!(me.predict(&strange[0]).unwrap_err().to_string().contains("not fitted yet"));
        let says = |me: &mut Box<dyn Learner>, x: &Samples, y| me.fit(x, y).unwrap_err().to_string();
        let nan = two(vec![0.0, f64::NAN]);
        let of = |codes, y| goal_of(entry, codes, y);
        assert!(says(&mut me, &nan, of(&[0, 1], &[0.0, 1.0])).contains("row 2, column 1 is NaN"), "{}", entry.name);
        assert!(says(&mut me, &two(vec![0.0, 1e150]), of(&[0, 1], &[0.0, 1.0])).contains("at most"));
        assert!(says(&mut me, &Samples::default(), of(&[], &[])).contains("no samples"));
        assert!(says(&mut me, &strange[0], of(&[0, 1, 1], &[0.0; 3])).contains("2 samples, but 3 answers"));
        assert!(me.fit(&strange[0], Goal::None).is_err());
        for x in &strange {
            let codes: Vec<u32> = (0..x.rows()).map(|i| u32::from(i > 0)).collect();
            for y in [vec![0.0, 1.0, 2.0, 3.0, 4.0], vec![7.0; 5], vec![1e99, -1e99, 0.0, 0.0, 0.0]] {
                let mut me = (entry.make)(Value::Null).unwrap();
                if me.fit(x, goal_of(entry, &codes, &y[..x.rows()])).is_err() {
                    continue;
                }
                match me.predict(x).unwrap() {
                    Answer::Numbers(found) => assert!(found.iter().all(|v| v.is_finite()), "{}", entry.name),
                    Answer::Classes(found) => assert!(found.iter().all(|c| (0..2).contains(c))),
                }
                if let Ok(p) = me.predict_proba(x) {
                    assert!(p.values().iter().all(|p| (0.0..=1.0).contains(p)), "{} {p:?} {x:?}", entry.name);
                }
                let again = (entry.load)(&me.bytes().unwrap()).unwrap_or_else(|e| panic!("{e} {x:?} {y:?}"));
                assert_eq!(again.predict(x).unwrap(), me.predict(x).unwrap());
                assert!(me.predict(&Samples::new(1, 9, vec![0.0; 9]).unwrap()).is_err());
            }
        }
        // One class, one sample.
        let one = Samples::new(1, 1, vec![1.0]).unwrap();
        let mut me = (entry.make)(Value::Null).unwrap();
        let _ = me.fit(&one, of(&[0], &[3.0]));
        let _ = me.fit(&strange[0], of(&[0, 0], &[3.0, 3.0]));
        let _ = me.fit(&strange[0], Goal::Classes { codes: &[0, 0], classes: 2 });
        let _ = me.fit(&one, Goal::Classes { codes: &[1], classes: 3 });
    }
}

#[test]
fn damaged_files_are_refused() {
    let (x, codes, y) = counts(60, 3, 3, 5);
    for entry in all() {
        let mut me = (entry.make)(Value::Null).unwrap();
        me.fit(&x, goal_of(entry, &codes, &y)).unwrap();
        let bytes = me.bytes().unwrap();
        assert!((entry.load)(&[]).is_err() && (entry.load)(&[0xff; 40]).is_err());
        assert!((entry.load)(&bytes[..bytes.len() - 1]).is_err());
        let mut rng = Rng::new(1);
        for _ in 0..2000 {
            let mut damaged = bytes.clone();
            for _ in 0..1 + rng.below(3) {
                let at = rng.below(damaged.len());
                damaged[at] = rng.next_u64() as u8;
            }
            if let Ok(me) = (entry.load)(&damaged) {
                // What is accepted must work.
                let _ = (me.predict(&x), me.predict_proba(&x), me.decision(&x), me.transform(&x));
                let _ = (me.learned(), me.summary(), me.bytes());
            }
        }
    }
}

#[test]
fn learning_on_is_learning() {
    for entry in all() {
        let (x, codes, y) = counts(600, 4, 3, 9);
        let mut me = (entry.make)(json!({})).unwrap();
        if me.partial_fit(&x, goal_of(entry, &codes, &y)).is_err() {
            continue;
        }
        for _ in 0..30 {
            for part in 0..3 {
                let places: Vec<usize> = (part * 200..(part + 1) * 200).collect();
                let some: Vec<u32> = places.iter().map(|&i| codes[i]).collect();
                me.partial_fit(&x.select(&places), goal_of(entry, &some, &y[part * 200..(part + 1) * 200])).unwrap();
            }
        }
        match me.predict(&x).unwrap() {
            Answer::Classes(found) => {
                let right = found.iter().zip(&codes).filter(|(a, b)| **a == i64::from(**b)).count();
                assert!(right > 270, "{}: {right}", entry.name);
            }
            Answer::Numbers(found) => close(&found, &y, 0.2),
        }
        let more = Goal::Classes { codes: &[3, 0, 1], classes: 4 };
        assert!(me.partial_fit(&x.select(&[0, 1, 2]), more).is_err(), "{}", entry.name);
        let again = (entry.load)(&me.bytes().unwrap()).unwrap();
        assert_eq!(again.predict(&x).unwrap(), me.predict(&x).unwrap());
    }
}
