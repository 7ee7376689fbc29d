//! Language models from the outside: PyTorch's numbers, exact resume, one result for any number of threads.

use mynah::data::Rng;
use mynah::lm::{Model, ModelConfig, ResumeConfig, Tokenizer, TrainConfig};
use mynah::nn::{Device, Tensor};
use serde_json::Value;

const CPU: Device = Device::Cpu;

/// A text with structure that a small model can learn.
fn text(lines: usize) -> String {
    let mut rng = Rng::new(5);
    let words = ["open", "the", "bridge", "miller", "grain", "river", "wheel", "stone"];
    let line = |rng: &mut Rng| (0..6).map(|_| words[rng.below(words.len())]).collect::<Vec<_>>().join(" ");
    (0..lines).map(|_| line(&mut rng) + "\n").collect()
}

fn small(text: &str, seed: u64) -> Model {
    let config = ModelConfig { dim: 32, layers: 2, heads: 4, kv_heads: 2, context: 32, ..Default::default() };
    Model::new(&config, Tokenizer::chars(text).unwrap(), CPU, seed).unwrap()
}

fn quiet(steps: u64) -> TrainConfig {
    TrainConfig { steps, warmup: 5, batch: 8, progress: false, eval_interval: 7, ..Default::default() }
}

fn weights(model: &Model) -> Vec<Vec<f32>> {
    model.named_params().iter().map(|(_, p)| p.value().to_f32().unwrap()).collect()
}

fn losses(model: &Model, text: &str, config: &TrainConfig) -> Vec<f64> {
    let mut losses = Vec::new();
    let record = |r: &mynah::lm::StepReport| {
        losses.push(r.loss);
        Ok(true)
    };
    model.train(text.as_bytes(), config, record).unwrap();
    losses
}

fn floats(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap() as f32).collect()
}

fn ints(value: &Value) -> Tensor {
    let rows: Vec<Vec<i32>> = serde_json::from_value(value.clone()).unwrap();
    Tensor::from_vec(rows.concat(), &[rows.len(), rows[0].len()], CPU).unwrap()
}

/// The weights and numbers of `tests/golden/llama.py`.
#[test]
fn logits_loss_and_gradients_equal_pytorchs() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    let golden: Value = serde_json::from_slice(&std::fs::read(format!("{folder}/llama.json")).unwrap()).unwrap();
    let bytes = std::fs::read(format!("{folder}/llama.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let mut worst = 0f32;
    for case in golden["configs"].as_array().unwrap() {
        let (name, c) = (case["name"].as_str().unwrap(), &case["config"]);
        let size = |key: &str| c[key].as_u64().unwrap() as usize;
        let config = ModelConfig {
            vocab: size("vocab"),
            dim: size("dim"),
            layers: size("layers"),
            heads: size("heads"),
            kv_heads: size("kv_heads"),
            hidden: size("hidden"),
            context: size("context"),
            rope_theta: c["rope_theta"].as_f64().unwrap(),
            norm_eps: c["norm_eps"].as_f64().unwrap(),
            ..Default::default()
        };
        let model = Model::new(&config, Tokenizer::chars("abcdefghijklmnopqrs").unwrap(), CPU, 0).unwrap();
        for (weight, param) in model.named_params() {
            let view = file.tensor(&format!("{name}.{weight}")).unwrap();
            let stored =
                Tensor::from_vec(bytemuck::pod_collect_to_vec::<u8, f32>(view.data()), view.shape(), CPU).unwrap();
            let turn = view.shape().len() == 2 && weight != "embed.weight";
            let value = if turn { stored.transpose(0, 1).unwrap() } else { stored };
            let contiguous = Tensor::from_vec(value.to_f32().unwrap(), &value.shape(), CPU).unwrap();
            param.set_value(contiguous).unwrap();
        }
        let (ids, targets) = (ints(&case["ids"]), ints(&case["targets"]));
        let logits = model.forward(&ids).unwrap().to_f32().unwrap();
        let wanted = floats(&case["logits"]["data"]);
        assert_eq!(logits.len(), wanted.len());
        let off = logits.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(off < 1e-4, "{name}: logits differ by {off}");
        worst = worst.max(off);

        let loss = model.loss(&ids, &targets).unwrap();
        assert!((loss.item().unwrap() - case["loss"].as_f64().unwrap()).abs() < 1e-5, "{name}");
        let found = loss.backward().unwrap();
        for (weight, param) in model.named_params() {
            let grad = found.get(&param.value()).unwrap();
            let turn = grad.rank() == 2 && weight != "embed.weight";
            let grad = if turn { grad.transpose(0, 1).unwrap() } else { grad }.to_f32().unwrap();
            let golden = &case["grads"][&weight];
            let norm = golden["norm"].as_f64().unwrap();
            let ours = grad.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
            assert!((ours - norm).abs() < 1e-4 * norm, "{name} {weight}: gradient length {ours}, not {norm}");
            for (a, b) in grad.iter().zip(floats(&golden["data"])) {
                assert!((a - b).abs() < 1e-4 * norm as f32, "{name} {weight}: {a} is not {b}");
            }
        }
    }
    println!("largest difference of a logit: {worst:e}");
}

#[test]
fn a_resumed_run_ends_with_the_very_same_weights() {
    let text = text(60);
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| Some(folder.path().join(name).display().to_string());
    let whole = TrainConfig { checkpoint: at("whole"), accumulate: 2, ..quiet(12) };
    let (a, b) = (small(&text, 1), small(&text, 1));
    a.train(text.as_bytes(), &whole, |_| Ok(true)).unwrap();

    let first = TrainConfig { checkpoint: at("parts"), ..whole.clone() };
    let stopped = b.train(text.as_bytes(), &first, |r| Ok(r.step < 5)).unwrap();
    assert!(stopped.stopped && stopped.steps == 5);
    let resumed = small(&text, 99); // its own weights must not matter
    let second = TrainConfig { resume: true, ..first };
    let half = resumed.train(text.as_bytes(), &second, |r| Ok(r.step < 9)).unwrap();
    assert_eq!((half.steps, half.stopped), (9, true));
    let resume = ResumeConfig { checkpoint: at("parts"), progress: false, ..Default::default() };
    let resumed = small(&text, 98);
    let report = resumed.resume(text.as_bytes(), &resume, |_| Ok(true)).unwrap();
    assert_eq!((report.steps, report.stopped), (12, false));
    assert_eq!(weights(&a), weights(&resumed));

    let other = TrainConfig { lr: 0.5, ..second };
    let message = resumed.train(text.as_bytes(), &other, |_| Ok(true)).unwrap_err().to_string();
    assert!(message.ends_with("the run there has `lr` = 0.001, not 0.5"), "{message}");
    let backwards = text.chars().rev().collect::<String>();
    let message = resumed.resume(backwards.as_bytes(), &resume, |_| Ok(true)).unwrap_err().to_string();
    assert!(message.ends_with("the run there was trained on another text"), "{message}");
    let nowhere = ResumeConfig { checkpoint: at("none"), ..resume };
    let message = resumed.resume(text.as_bytes(), &nowhere, |_| Ok(true)).unwrap_err().to_string();
    assert!(message.ends_with("no such file; there is no run to resume here"), "{message}");
}

#[test]
fn one_seed_gives_one_run_on_any_number_of_threads() {
    let text = text(40);
    let run = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| losses(&small(&text, 1), &text, &TrainConfig { seed, ..quiet(6) }))
    };
    assert_eq!(run(1, 3), run(2, 3));
    assert_ne!(run(1, 3), run(1, 4));
}

#[test]
fn accumulated_gradients_are_those_of_one_large_batch() {
    // Two equal windows are the whole text, so every batch is the same.
    let text = "abcdefgh".repeat(5);
    let run = |batch, accumulate| {
        let config = ModelConfig { dim: 16, layers: 1, heads: 2, context: 39, ..Default::default() };
        let model = Model::new(&config, Tokenizer::chars(&text).unwrap(), CPU, 1).unwrap();
        let config = TrainConfig { batch, accumulate, val_fraction: 0.0, ..quiet(5) };
        losses(&model, &text, &config)
    };
    let (one, four) = (run(4, 1), run(1, 4));
    assert!(one.iter().zip(&four).all(|(a, b)| (a - b).abs() < 1e-5), "{one:?} {four:?}");
}

#[test]
fn one_batch_is_learned_by_heart() {
    let text = text(2);
    let config = ModelConfig { dim: 64, layers: 2, heads: 4, context: text.len() - 1, ..Default::default() };
    let model = Model::new(&config, Tokenizer::chars(&text).unwrap(), CPU, 1).unwrap();
    let config = TrainConfig { batch: 1, lr: 3e-3, weight_decay: 0.0, val_fraction: 0.0, ..quiet(150) };
    let losses = losses(&model, &text, &config);
    let vocab = model.config().vocab as f64;
    assert!((losses[0] - vocab.ln()).abs() < 0.1, "first loss {}, ln(vocabulary) {}", losses[0], vocab.ln());
    assert!(*losses.last().unwrap() < 0.05, "last loss {:?}", losses.last());
}

#[test]
fn held_out_text_is_never_trained_on() {
    // The held-out tenth is of characters that occur nowhere else: a model that saw them would learn them.
    let text = "ab".repeat(450) + &"xy".repeat(50);
    let model = small(&text, 1);
    let config = TrainConfig { lr: 1e-2, ..quiet(250) };
    let report = model.train(text.as_bytes(), &config, |_| Ok(true)).unwrap();
    assert!(report.loss < 0.1 && report.val_loss.unwrap() > 3.0, "{report:?}");
}

#[test]
fn training_refuses_what_it_cannot_use() {
    let text = text(20);
    let model = small(&text, 1);
    let refusal = |text: &str, change: fn(&mut TrainConfig)| {
        let mut config = quiet(3);
        change(&mut config);
        model.train(text.as_bytes(), &config, |_| Ok(true)).unwrap_err().to_string()
    };
    assert_eq!(refusal("", |_| ()), "train: the text is empty");
    assert_eq!(
        refusal("open the", |_| ()),
        "train: the text has 8 tokens, 8 of them to train on; a context of 32 needs at least 33"
    );
    assert_eq!(refusal("open THE", |_| ()), "encode: character 'T' (number 6) is not in the alphabet of 19");
    assert_eq!(refusal(&text, |c| c.lr = f64::NAN), "train: `lr` must be finite and at least 0, got NaN");
    assert_eq!(refusal(&text, |c| c.batch = 0), "train: `batch` must be at least 1, got 0");
    assert_eq!(refusal(&text, |c| c.clip = 0.0), "train: `clip` must be positive, got 0");
    let nowhere = refusal(&text, |c| {
        c.checkpoint = Some("/proc/none".into());
    });
    assert!(nowhere.contains("/proc/none") && nowhere.contains("cannot be written"), "{nowhere}");
}

#[test]
fn a_run_leaves_a_log_and_a_best_model() {
    let text = text(60);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let config = TrainConfig { checkpoint: Some(path.display().to_string()), log_interval: 2, ..quiet(14) };
    let report = small(&text, 1).train(text.as_bytes(), &config, |_| Ok(true)).unwrap();
    let log = std::fs::read_to_string(path.join("log.jsonl")).unwrap();
    let lines: Vec<Value> = log.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 8, "steps 2, 4, ... 14 and the evaluation at 7");
    assert!(lines.iter().any(|l| l["step"] == 7 && l["val_loss"].is_f64()));
    let best = Model::load(&path, CPU).unwrap();
    let held = &text.as_bytes()[text.len() - text.len() / 10..];
    assert!(best.evaluate(held).unwrap() <= report.val_loss.unwrap() + 1e-6);
}
