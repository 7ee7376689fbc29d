//! The same trajectories as PyTorch in double precision. `golden_torch.py`, beside the data, made the numbers.

use super::{Param, by_name};
use serde_json::{Value, json};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/golden/golden_torch.json");

/// Largest difference allowed, relative to the point's largest coordinate.
const TOLERANCE: f64 = 1e-12;

fn gradient(problem: &str, x: &[f64]) -> Vec<f64> {
    match (problem, x) {
        ("rosenbrock", &[x, y]) => {
            let r = y - x * x;
            vec![-400.0 * r * x - 2.0 * (1.0 - x), 200.0 * r]
        }
        ("himmelblau", &[x, y]) => {
            let (a, b) = (x * x + y - 11.0, x + y * y - 7.0);
            vec![4.0 * a * x + 2.0 * b, 2.0 * a + 4.0 * b * y]
        }
        ("beale", &[x, y]) => {
            let a = [1.5 - x + x * y, 2.25 - x + x * y.powi(2), 2.625 - x + x * y.powi(3)];
            let dx = 2.0 * (a[0] * (y - 1.0) + a[1] * (y.powi(2) - 1.0) + a[2] * (y.powi(3) - 1.0));
            vec![dx, 2.0 * x * (a[0] + 2.0 * a[1] * y + 3.0 * a[2] * y.powi(2))]
        }
        ("illcond_quad", x) => x.iter().zip([1.0, 1e1, 1e2, 1e3, 1e4]).map(|(x, c)| c * x).collect(),
        _ => panic!("no gradient for {problem}"),
    }
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().expect("a list of numbers").iter().map(|x| x.as_f64().expect("a number")).collect()
}

/// Follows every recorded trajectory of `recorded`; returns the largest difference found.
fn follow(golden: &Value, recorded: &str, name: &str, options: &Value) -> f64 {
    let mut worst: f64 = 0.0;
    for (problem, record) in golden[recorded].as_object().expect("a table of problems") {
        let mut opt = by_name(name, options.clone()).unwrap();
        let mut x = numbers(&record["x0"]);
        for step in 1..=200 {
            let g = gradient(problem, &x);
            opt.step(&mut [Param::new(&mut x, &g)]).unwrap();
            let Some(wanted) = record["traj"].get(step.to_string()) else { continue };
            let wanted = numbers(wanted);
            let scale = wanted.iter().fold(0.0, |scale: f64, x| scale.max(x.abs()));
            for (x, wanted) in x.iter().zip(&wanted) {
                let difference = (x - wanted).abs() / scale;
                assert!(difference <= TOLERANCE, "{recorded} on {problem}, step {step}: {x} but PyTorch {wanted}");
                worst = worst.max(difference);
            }
        }
    }
    worst
}

#[test]
fn trajectories_equal_pytorch() {
    let Ok(text) = std::fs::read_to_string(GOLDEN) else {
        eprintln!("skipped: no golden trajectories at {GOLDEN}");
        return;
    };
    let golden: Value = serde_json::from_str(&text).unwrap();
    for (recorded, name, options) in [
        ("SGD", "sgd", json!({ "lr": 1e-5 })),
        ("SGD_momentum", "sgd", json!({ "lr": 1e-5, "momentum": 0.9 })),
        ("SGD_nesterov", "sgd", json!({ "lr": 1e-5, "momentum": 0.9, "nesterov": true })),
        ("Adam", "adam", json!({ "lr": 0.01 })),
        ("AMSGrad", "adam", json!({ "lr": 0.01, "amsgrad": true })),
        ("AdamW", "adamw", json!({ "lr": 0.01 })),
    ] {
        println!("{recorded}: largest difference {:.1e}", follow(&golden, recorded, name, &options));
    }
}
