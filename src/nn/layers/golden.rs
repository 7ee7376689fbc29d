//! PyTorch's answers and gradients for layers, activations and losses. `tests/golden/layers.py` made the numbers.

use crate::data::Rng;
use crate::nn::layers::{Embedding, LayerNorm, Linear, RmsNorm};
use crate::nn::loss::{self, Reduction};
use crate::nn::{Activation, Device, Dtype, Module, Param, Tensor};
use serde_json::Value;

const CPU: Device = Device::Cpu;

fn tensor(value: &Value, dtype: Dtype) -> Tensor {
    let numbers: Vec<f64> = serde_json::from_value(value["data"].clone()).unwrap();
    let shape: Vec<usize> = serde_json::from_value(value["shape"].clone()).unwrap();
    Tensor::from_f64(numbers, if shape.is_empty() { &[1] } else { &shape }, dtype, CPU).unwrap()
}

/// Puts the golden parameters into `module`; PyTorch's `[out, in]` are turned.
fn fill(module: impl Module + 'static, case: &Value) -> Box<dyn Module> {
    for named in module.params() {
        let value = tensor(&case["inputs"][&named.name], Dtype::F32);
        let value = if named.turned { value.transpose(0, 1).unwrap() } else { value };
        named
            .param
            .set_value(Tensor::from_f64(value.to_f64().unwrap(), &value.shape(), Dtype::F32, CPU).unwrap())
            .unwrap();
    }
    Box::new(module)
}

/// The module that a case is about, if it is about one.
fn module(case: &Value) -> Option<Box<dyn Module>> {
    let eps = case["options"]["eps"].as_f64().unwrap_or(1e-5);
    let rng = &mut Rng::new(1);
    let has_bias = case["inputs"]["bias"].is_object();
    Some(match case["name"].as_str()? {
        "linear" => fill(Linear::new(4, 5, has_bias, CPU, rng).unwrap(), case),
        "embedding" => fill(Embedding::new(6, 4, CPU, rng).unwrap(), case),
        "rms_norm" => fill(RmsNorm::new(6, eps, CPU).unwrap(), case),
        "layer_norm" => fill(LayerNorm::new(6, eps, CPU).unwrap(), case),
        "gelu" => Box::new(Activation::Gelu),
        "gelu_tanh" => Box::new(Activation::GeluTanh),
        "silu" => Box::new(Activation::Silu),
        "tanh" => Box::new(Activation::Tanh),
        "sigmoid" => Box::new(Activation::Sigmoid),
        "softplus" => Box::new(Activation::Softplus),
        "leaky_relu" => Box::new(Activation::LeakyRelu(0.01)),
        "elu" => Box::new(Activation::Elu(1.0)),
        "softmax" => Box::new(Activation::Softmax),
        "log_softmax" => Box::new(Activation::LogSoftmax),
        _ => return None,
    })
}

/// The loss that a case is about.
fn loss(case: &Value, given: &Tensor) -> Tensor {
    let name = case["name"].as_str().unwrap();
    let targets = &case["inputs"]["targets"];
    let (numbers, classes) = (tensor(targets, Dtype::F32), || tensor(targets, Dtype::I32));
    let mean = Reduction::Mean;
    match name {
        "cross_entropy" => loss::cross_entropy(given, &classes(), mean),
        "nll" => loss::nll(given, &classes(), mean),
        "mse" => loss::mse(given, &numbers, mean),
        "l1" => loss::l1(given, &numbers, mean),
        "smooth_l1" => loss::smooth_l1(given, &numbers, 1.0, mean),
        "bce" => loss::bce(given, &numbers, mean),
        "bce_with_logits" => loss::bce_with_logits(given, &numbers, mean),
        other => panic!("no such function: {other}"),
    }
    .unwrap()
}

fn close(what: &str, ours: &Tensor, golden: &Tensor) {
    assert_eq!(ours.len(), golden.len(), "{what}");
    for (a, b) in ours.to_f64().unwrap().into_iter().zip(golden.to_f64().unwrap()) {
        assert!((a - b).abs() <= 2e-6 * (1.0 + b.abs()), "{what}: {a} is not {b}");
    }
}

#[test]
fn layers_activations_and_losses_equal_pytorchs() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/layers.json");
    let golden: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    for case in cases {
        let what = format!("{} {}", case["name"], case["case"]);
        let inputs = case["inputs"].as_object().unwrap();
        let first = ["x", "ids", "logits", "log_probs", "probs"].into_iter().find(|k| inputs.contains_key(*k)).unwrap();
        let dtype = if first == "ids" { Dtype::I32 } else { Dtype::F32 };
        let x = Param::new(tensor(&inputs[first], dtype));
        if dtype == Dtype::F32 {
            x.set_requires_grad(true).unwrap();
        }
        let module = module(case);
        let output = match &module {
            Some(module) => module.forward(&x.value()).unwrap(),
            None => loss(case, &x.value()),
        };
        close(&what, &output, &tensor(&case["output"], Dtype::F32));

        let upstream = tensor(&case["upstream"], Dtype::F32).reshape(&output.shape()).unwrap();
        let found = output.mul(&upstream).unwrap().sum().backward().unwrap();
        let mut checked = 0;
        let mut check = |name: &str, grad: Tensor| {
            close(&format!("{what}, gradient of {name}"), &grad, &tensor(&case["grads"][name], Dtype::F32));
            checked += 1;
        };
        if dtype == Dtype::F32 {
            check(first, found.get(&x.value()).unwrap());
        }
        for named in module.iter().flat_map(|m| m.params()) {
            let grad = found.get(&named.param.value()).unwrap();
            check(&named.name, if named.turned { grad.transpose(0, 1).unwrap() } else { grad });
        }
        assert_eq!(checked, case["grads"].as_object().unwrap().len(), "{what}");
    }
    assert!(cases.len() >= 30, "only {} cases", cases.len());
}
