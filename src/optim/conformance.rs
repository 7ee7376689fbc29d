//! What every optimizer in the list keeps to.

use super::*;
use serde_json::json;

/// Fills [`OptimizerEntry::with_number`]; JSON has no NaN, so the number goes past it.
macro_rules! with_number {
    ($make:ident) => {
        |option, number| {
            let options =
                serde::de::value::MapDeserializer::<_, serde::de::value::Error>::new([(option, number)].into_iter());
            $make(serde::Deserialize::deserialize(options).expect("the option is a number"))
        }
    };
}
pub(super) use with_number;

fn make(entry: &OptimizerEntry) -> Optimizer {
    // A rate with which 300 steps are enough for the quadratic below.
    let lr = match entry.name {
        "adadelta" | "prodigy" => 10.0,
        "adagrad" | "adafactor" | "adahessian" => 0.1,
        "muon" => 0.05,
        "radam" => 0.02,
        "sophia" => 1.0,
        _ => 0.01,
    };
    (entry.make)(json!({ "lr": lr })).unwrap()
}

/// The Hessian of the function below, a diagonal matrix.
fn curvature<T: Real>(n: usize) -> Vec<T> {
    (1..=n).map(|i| T::of(i as f64)).collect()
}

/// The gradient of `½ Σ i x_i²`, i from 1: convex, minimum 0 at the origin.
fn gradient<T: Real>(x: &[T]) -> Vec<T> {
    x.iter().enumerate().map(|(i, &x)| T::of(i as f64 + 1.0) * x).collect()
}

fn value<T: Real>(x: &[T]) -> f64 {
    x.iter().enumerate().map(|(i, x)| 0.5 * (i as f64 + 1.0) * x.to_f64().powi(2)).sum()
}

fn descend<T: Real>(opt: &mut Optimizer, x: &mut [T], steps: usize) {
    for _ in 0..steps {
        let (g, h) = (gradient(x), curvature::<T>(x.len()));
        opt.step(&mut [Param::new(x, &g).hessian(&h).shape(&[2, 2])]).unwrap();
    }
}

fn start<T: Real>() -> [T; 4] {
    [1.0, -0.8, 0.6, 1.5].map(T::of)
}

#[test]
fn each_decreases_a_convex_quadratic_in_both_precisions() {
    for entry in OPTIMIZERS {
        let (mut x, mut y) = (start::<f64>(), start::<f32>());
        descend(&mut make(entry), &mut x, 300);
        descend(&mut make(entry), &mut y, 300);
        assert!(value(&x) < 0.1 * value(&start::<f64>()), "{}: {x:?}", entry.name);
        assert!((value(&x) - value(&y)).abs() < 1e-3, "{}: f64 {x:?}, f32 {y:?}", entry.name);
    }
}

#[test]
fn each_is_deterministic() {
    for entry in OPTIMIZERS {
        let run = || {
            let mut x = start::<f32>();
            descend(&mut make(entry), &mut x, 50);
            x
        };
        assert_eq!(run(), run(), "{}", entry.name);
    }
}

#[test]
fn an_elementwise_one_does_not_notice_how_parameters_are_cut() {
    for entry in OPTIMIZERS.iter().filter(|entry| entry.elementwise) {
        let (mut whole, mut cut) = (start::<f64>(), start::<f64>());
        descend(&mut make(entry), &mut whole, 50);
        let mut opt = make(entry);
        for _ in 0..50 {
            let (g, h) = (gradient(&cut), curvature::<f64>(4));
            let ((x1, x2), (g1, g2), (h1, h2)) = (cut.split_at_mut(1), g.split_at(1), h.split_at(1));
            opt.step(&mut [Param::new(x1, g1).hessian(h1), Param::new(x2, g2).hessian(h2)]).unwrap();
        }
        assert_eq!(whole, cut, "{}", entry.name);
    }
}

#[test]
fn resuming_equals_never_having_stopped() {
    for entry in OPTIMIZERS {
        let (mut whole, mut halved) = (start::<f32>(), start::<f32>());
        descend(&mut make(entry), &mut whole, 40);
        let mut first = make(entry);
        descend(&mut first, &mut halved, 20);
        let mut second = (entry.make)(Value::Null).unwrap();
        second.load_state(first.state()).unwrap();
        assert_eq!(second.state(), first.state(), "{}", entry.name);
        descend(&mut second, &mut halved, 20);
        assert_eq!(whole, halved, "{}", entry.name);
    }
}

#[test]
fn a_gradient_or_shape_that_does_not_fit_is_refused_with_both_sizes() {
    for entry in OPTIMIZERS {
        let (mut opt, mut x) = (make(entry), [1.0; 3]);
        let refusal = opt.step(&mut [Param::new(&mut x, &[1.0; 2])]).unwrap_err().to_string();
        assert_eq!(refusal, format!("{}: parameter 0 has 3 values, its gradient 2", entry.name));
        let param = Param::new(&mut x, &[1.0; 3]).hessian(&[1.0; 3]);
        let refusal = opt.step(&mut [param.shape(&[2, 2])]).unwrap_err().to_string();
        assert_eq!(refusal, format!("{}: parameter 0 has 3 values, its shape is [2, 2]", entry.name));
        opt.step(&mut [Param::new(&mut x, &[1.0; 3]).hessian(&[1.0; 3])]).unwrap();
        let (mut other, ones) = ([1.0; 5], [1.0; 5]);
        let refusal = opt.step(&mut [Param::new(&mut other, &ones).hessian(&ones)]).unwrap_err().to_string();
        assert_eq!(refusal, format!("{}: parameter 0 had shape [3] at its first step, now [5]", entry.name));
    }
}

/// The names of the options that are numbers, from the schema.
fn numbers(entry: &OptimizerEntry) -> Vec<&'static str> {
    let schema = (entry.schema)();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap();
    let numbers = properties.iter().filter(|(_, property)| property["type"] == "number");
    numbers.map(|(name, _)| &*name.clone().leak()).collect()
}

#[test]
fn no_number_may_be_nan_or_infinite() {
    for entry in OPTIMIZERS {
        let numbers = numbers(entry);
        assert!(numbers.contains(&"lr"), "{}: {numbers:?}", entry.name);
        for option in numbers {
            for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                let refusal = (entry.with_number)(option, bad).unwrap_err().to_string();
                assert!(refusal.starts_with(&format!("{}: `{option}` must be ", entry.name)), "{refusal}");
            }
            let refusal = (entry.make)(json!({ option: null })).unwrap_err().to_string();
            assert!(refusal.starts_with(&format!("{}: `{option}` must be ", entry.name)), "{refusal}");
        }
    }
}

#[test]
fn every_option_is_documented_and_an_unknown_one_is_refused() {
    for entry in OPTIMIZERS {
        let schema = (entry.schema)();
        for (option, property) in schema.get("properties").and_then(Value::as_object).unwrap() {
            let text = property["description"].as_str().unwrap_or_default();
            assert!(text.contains("Default"), "{}: `{option}` does not say its default: {text:?}", entry.name);
        }
        let refusal = by_name(entry.name, json!({ "learning_rat": 1.0 })).unwrap_err().to_string();
        assert_eq!(refusal, format!("unknown option `learning_rat` for `{}`; did you mean `lr`?", entry.name));
    }
}

#[test]
fn names_are_unique_and_a_mistyped_one_is_answered_with_the_nearest() {
    for (i, entry) in OPTIMIZERS.iter().enumerate() {
        assert_eq!(make(entry).name(), entry.name);
        assert!(OPTIMIZERS[..i].iter().all(|other| other.name != entry.name), "{}", entry.name);
    }
    let refusal = |name| by_name(name, Value::Null).unwrap_err().to_string();
    assert_eq!(refusal("adma"), "unknown optimizer `adma`; did you mean `adam`?");
    assert_eq!(refusal("AdamW"), "unknown optimizer `AdamW`; did you mean `adamw`?");
    assert!(refusal("banana").starts_with("unknown optimizer `banana`; there are `sgd`, `adam`, `adamw`"));
}
