//! Language models from the outside: PyTorch's numbers, exact resume, one result for any number of threads.

use mynah::data::Rng;
use mynah::lm::{
    Batches, BatchesConfig, Corpus, CorpusConfig, Documents, Lora, LoraConfig, Model, ModelConfig, Next, Packing, Pass,
    ResumeConfig, Tokenizer, TrainBatch, TrainConfig, TrainData,
};
use mynah::nn::{Device, Tensor};
use serde_json::{Value, json};
use std::sync::Arc;

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

/// The weights and numbers of `tests/golden/llama.py` and `shapes.py`.
#[test]
fn logits_loss_and_gradients_equal_pytorchs() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    let mut worst = 0f32;
    for script in ["llama", "shapes"] {
        let golden: Value = serde_json::from_slice(&std::fs::read(format!("{folder}/{script}.json")).unwrap()).unwrap();
        let bytes = std::fs::read(format!("{folder}/{script}.safetensors")).unwrap();
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        for case in golden["configs"].as_array().unwrap() {
            worst = worst.max(check_case(case, &file));
        }
    }
    println!("largest difference of a logit: {worst:e}");
}

/// Compares a model with a case of a script; the largest difference of a logit.
fn check_case(case: &Value, file: &safetensors::SafeTensors) -> f32 {
    let name = case["name"].as_str().unwrap();
    let config: ModelConfig = serde_json::from_value(case["config"].clone()).unwrap();
    let model = Model::new(&config, Tokenizer::chars("abcdefghijklmnopqrs").unwrap(), CPU, 0).unwrap();
    let turns = |weight: &str, rank| rank == 2 && weight != "embed.weight" && weight != "positions.weight";
    for (weight, param) in model.named_params() {
        let view = file.tensor(&format!("{name}.{weight}")).unwrap();
        let stored = Tensor::from_vec(bytemuck::pod_collect_to_vec::<u8, f32>(view.data()), view.shape(), CPU).unwrap();
        let value = if turns(&weight, view.shape().len()) { stored.transpose(0, 1).unwrap() } else { stored };
        let contiguous = Tensor::from_vec(value.to_f32().unwrap(), &value.shape(), CPU).unwrap();
        assert_eq!(contiguous.shape(), param.value().shape(), "{name} {weight}");
        param.set_value(contiguous).unwrap();
    }
    let (ids, targets) = (ints(&case["ids"]), ints(&case["targets"]));
    let starts = (!case["starts"].is_null()).then(|| ints(&case["starts"]).to_i32().unwrap().into());
    let pass = Pass { starts, ..Default::default() };
    let logits = model.forward_with(&ids, &pass).unwrap().to_f32().unwrap();
    let wanted = floats(&case["logits"]["data"]);
    assert_eq!(logits.len(), wanted.len());
    let off = logits.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(off < 1e-4, "{name}: logits differ by {off}");

    let loss = model.loss_with(&ids, &targets, &pass).unwrap();
    assert!((loss.item().unwrap() - case["loss"].as_f64().unwrap()).abs() < 1e-5, "{name}");
    let found = loss.backward().unwrap();
    let params: Vec<_> = model.named_params().into_iter().map(|(_, p)| p).collect();
    let flat = targets.reshape(&[targets.len()]).unwrap();
    let again = model.gradients(&ids, &pass, &params, true, |logits| mynah::nn::cross_entropy(logits, &flat)).unwrap();
    assert_eq!(again.0, loss.item().unwrap());
    for ((weight, param), recomputed) in model.named_params().into_iter().zip(again.1) {
        let grad = found.get(&param.value()).unwrap();
        let recomputed = recomputed.unwrap().to_f32().unwrap();
        assert_eq!(grad.to_f32().unwrap(), recomputed, "{name} {weight}: recomputed bit for bit");
        let grad = if turns(&weight, grad.rank()) { grad.transpose(0, 1).unwrap() } else { grad }.to_f32().unwrap();
        let golden = &case["grads"][&weight];
        let norm = golden["norm"].as_f64().unwrap();
        let ours = grad.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
        assert!((ours - norm).abs() < 1e-4 * norm, "{name} {weight}: gradient length {ours}, not {norm}");
        for (a, b) in grad.iter().zip(floats(&golden["data"])) {
            assert!((a - b).abs() < 1e-4 * norm as f32, "{name} {weight}: {a} is not {b}");
        }
    }
    off
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
fn bf16_learns_as_f32_does() {
    let text = text(40);
    let run = |precision: &str, threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let precision = serde_json::from_value(precision.into()).unwrap();
        pool.install(|| losses(&small(&text, 1), &text, &TrainConfig { precision, lr: 3e-3, ..quiet(80) }))
    };
    let (exact, rounded) = (run("f32", 2), run("bf16", 2));
    assert_eq!(rounded, run("bf16", 1));
    let mean = |losses: &[f64]| losses[60..].iter().sum::<f64>() / 20.0;
    assert!(mean(&exact) < 0.7 * exact[0], "{exact:?}");
    assert!((mean(&exact) - mean(&rounded)).abs() < 0.01, "{} {}", mean(&exact), mean(&rounded));
    assert!(serde_json::from_str::<TrainConfig>(r#"{"precision": "f16"}"#).is_err());
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

/// Lines as documents, packed into windows.
fn packed(model: &Model, text: &str, accumulate: usize) -> Arc<Batches> {
    let config = CorpusConfig { documents: Documents::Line, ..Default::default() };
    let corpus = Arc::new(Corpus::from_text(model.tokenizer(), text.as_bytes(), &config).unwrap());
    let config = BatchesConfig { time: 32, packing: Packing::Packed, accumulate, ..Default::default() };
    Arc::new(Batches::new(&[corpus], &config).unwrap())
}

#[test]
fn packed_batches_train_and_four_parts_of_eight_are_one_of_thirty_two() {
    let text = text(80);
    let run = |batch, accumulate, recompute| {
        let model = small(&text, 1);
        let config = TrainConfig { batch, accumulate, recompute, ..quiet(4) };
        let report = model.train_on(packed(&model, &text, accumulate), &config, |_| Ok(true)).unwrap();
        (weights(&model).concat(), report.val_loss.unwrap())
    };
    let (whole, parts) = (run(32, 1, false), run(8, 4, false));
    let off = whole.0.iter().zip(&parts.0).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(off < 2e-5, "weights differ by {off}");
    assert!(run(8, 4, true) == parts, "recomputing changes nothing");
    let model = small(&text, 1);
    let config = TrainConfig { accumulate: 2, ..quiet(4) };
    let message = model.train_on(packed(&model, &text, 4), &config, |_| Ok(true)).unwrap_err().to_string();
    assert_eq!(message, "train: `accumulate` must be 4, as the batches are made for, got 2");
}

#[test]
fn any_optimizer_trains_and_those_that_cannot_are_refused() {
    let text = text(60);
    let run = |name: &str, lr: f64, options: Value| {
        let model = small(&text, 1);
        let Value::Object(optimizer_options) = options else { panic!() };
        let config = TrainConfig { optimizer: name.into(), optimizer_options, lr, ..quiet(25) };
        let losses = std::panic::AssertUnwindSafe(|| {
            let mut losses = Vec::new();
            model.train(text.as_bytes(), &config, |r| {
                losses.push(r.loss);
                Ok(true)
            })?;
            Ok::<_, mynah::Error>(losses)
        });
        losses()
    };
    for (name, lr) in [("muon", 1e-2), ("lion", 1e-3), ("schedulefree", 1e-2), ("sgd", 0.3), ("adafactor", 5e-2)] {
        let losses = run(name, lr, json!({})).unwrap();
        assert!(losses[24] < losses[0] - 0.1, "{name}: {losses:?}");
    }
    let plain = run("adamw", 1e-3, json!({})).unwrap();
    assert_ne!(plain, run("adamw", 1e-3, json!({ "eps": 1e-3 })).unwrap());
    let refusal = |name, options| run(name, 1e-3, options).unwrap_err().to_string();
    assert_eq!(refusal("adamm", json!({})), "unknown optimizer `adamm`; did you mean `adam`?");
    assert_eq!(
        refusal("muon", json!({ "momentun": 1 })),
        "unknown option `momentun` for `muon`; did you mean `momentum`?"
    );
    assert_eq!(refusal("sophia", json!({})), "train: `sophia` wants curvature, which is not computed here");
}

#[test]
fn on_step_can_change_the_rate_and_a_resumed_run_keeps_it() {
    let text = text(60);
    let folder = tempfile::tempdir().unwrap();
    let run = |model: &Model, name: &str, resume: bool, stop: u64| {
        let checkpoint = Some(folder.path().join(name).display().to_string());
        let config = TrainConfig { checkpoint, resume, warmup: 0, min_lr: 1.0, ..quiet(9) };
        let mut rates = Vec::new();
        model
            .train(text.as_bytes(), &config, |r| {
                rates.push(r.lr);
                Ok(match r.step {
                    3 => Next::Lr(1e-4),
                    s if s == stop => Next::Stop,
                    _ => Next::Go,
                })
            })
            .unwrap();
        rates
    };
    let whole = small(&text, 1);
    let rates = run(&whole, "whole", false, 9);
    assert_eq!(rates[..2], [1e-3, 1e-3]);
    assert_eq!(rates[3..], [1e-4; 6]);
    let parts = small(&text, 1);
    run(&parts, "parts", false, 5);
    run(&parts, "parts", true, 9);
    assert_eq!(weights(&whole), weights(&parts));
}

/// Data of which one step is poisoned.
struct Poisoned(Arc<Batches>, u64, f64);

impl TrainData for Poisoned {
    fn batch(&self, step: u64, part: usize, rows: usize) -> mynah::Result<TrainBatch> {
        let batch = self.0.batch(step, part, rows);
        Ok(TrainBatch { batch, extra: vec![if step == self.1 { self.2 } else { 1.0 }] })
    }
    fn held_out(&self, rows: usize, most: usize) -> Box<dyn Iterator<Item = mynah::Result<TrainBatch>> + '_> {
        self.0.held_out(rows, most)
    }
    fn time(&self) -> usize {
        self.0.config().time
    }
    fn mark(&self) -> u64 {
        self.0.mark()
    }
    fn loss(&self, batch: &TrainBatch, logits: &Tensor) -> mynah::Result<Tensor> {
        let targets = Tensor::from_vec(batch.batch.targets.clone(), &[batch.batch.targets.len()], CPU)?;
        mynah::nn::cross_entropy(logits, &targets)?.mul_scalar(batch.extra.first().copied().unwrap_or(1.0))
    }
}

#[test]
fn the_guard_goes_back_and_leaves_the_bad_batches_out() {
    let text = text(80);
    for (at, factor) in [(30, f64::NAN), (57, 50.0)] {
        let run = |guard: f64| {
            let model = small(&text, 1);
            let data = Arc::new(Poisoned(packed(&model, &text, 1), at, factor));
            let config = TrainConfig { guard, ..quiet(70) };
            let mut backs = Vec::new();
            let report = model.train_on(data, &config, |r| {
                backs.extend(r.went_back.map(|from| (from, r.step)));
                Ok(true)
            });
            (report, backs, weights(&model).concat())
        };
        let (report, backs, moved) = run(6.0);
        let report = report.unwrap();
        assert_eq!(backs, [(at + 1, at / 50 * 50)], "factor {factor}");
        assert_eq!((report.steps, report.went_back), (70, 1));
        assert!(moved.iter().all(|w| w.is_finite()) && report.loss < 2.5, "{report:?}");
        if factor.is_nan() {
            let message = run(0.0).0.unwrap_err().to_string();
            assert_eq!(message, "train: the loss is NaN at step 31; a lower `lr` or a longer `warmup` helps");
        }
    }
}

#[test]
fn checkpoints_of_the_newest_steps_stay() {
    let text = text(60);
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = Some(folder.path().display().to_string());
    let config = TrainConfig { checkpoint, checkpoint_interval: 2, checkpoint_keep: 2, ..quiet(9) };
    let model = small(&text, 1);
    model.train(text.as_bytes(), &config, |_| Ok(true)).unwrap();
    let mut names: Vec<String> =
        std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let expected =
        ["best.safetensors", "last.safetensors", "log.jsonl", "step-00000006.safetensors", "step-00000008.safetensors"];
    assert_eq!(names, expected);
    let [last, eighth] = [1, 4].map(|i| weights(&Model::load(folder.path().join(expected[i]), CPU).unwrap()));
    assert!(last == weights(&model) && eighth != last);
}

#[test]
fn an_adapter_trains_alone_and_its_run_resumes() {
    let text = text(60);
    let base = small(&text, 1);
    let before = weights(&base);
    let settings = LoraConfig { rank: 4, dropout: 0.1, ..Default::default() };
    let folder = tempfile::tempdir().unwrap();
    let data = packed(&base, &text, 1);
    let run = |lora: &Lora, name: &str, resume: bool, stop: u64| {
        let checkpoint = Some(folder.path().join(name).display().to_string());
        let config = TrainConfig { checkpoint, resume, lr: 1e-2, ..quiet(30) };
        base.train_lora(lora, data.clone(), &config, |r| Ok(r.step < stop)).unwrap()
    };
    let numbers = |lora: &Lora| -> Vec<f32> {
        lora.named_params().iter().flat_map(|(_, p)| p.value().to_f32().unwrap()).collect()
    };
    let whole = Lora::new(&base, &settings).unwrap();
    let report = run(&whole, "whole", false, 30);
    let fresh = base.evaluate(text.as_bytes()).unwrap();
    assert!(report.val_loss.unwrap() < fresh - 0.15, "{report:?} after {fresh}");
    assert_eq!(weights(&base), before, "the base does not move");
    let parts = Lora::new(&base, &settings).unwrap();
    run(&parts, "parts", false, 11);
    let parts = Lora::new(&base, &LoraConfig { seed: 9, ..settings.clone() }).unwrap();
    let parts = {
        let wrong = TrainConfig {
            checkpoint: Some(folder.path().join("parts").display().to_string()),
            resume: true,
            lr: 1e-2,
            ..quiet(30)
        };
        let message = base.train_lora(&parts, data.clone(), &wrong, |_| Ok(true)).unwrap_err().to_string();
        assert!(message.ends_with("the run there is of an adapter with other settings"), "{message}");
        Lora::new(&base, &settings).unwrap()
    };
    run(&parts, "parts", true, 30);
    assert_eq!(numbers(&whole), numbers(&parts));
    // What lies in the folder is the adapter alone.
    let loaded = Lora::load(folder.path().join("whole/last.safetensors"), CPU).unwrap();
    assert_eq!(numbers(&loaded), numbers(&whole));
    base.attach(&loaded, 1.0).unwrap();
    assert!(base.evaluate(text.as_bytes()).unwrap() < fresh - 0.15);
}

#[test]
fn dropout_applies_in_training_only_and_follows_the_seed() {
    let text = text(40);
    let config = ModelConfig { dim: 32, layers: 2, heads: 2, context: 32, dropout: 0.3, ..Default::default() };
    let model = |dropout| {
        let config = ModelConfig { dropout, ..config.clone() };
        Model::new(&config, Tokenizer::chars(&text).unwrap(), CPU, 1).unwrap()
    };
    let run = |dropout, seed| losses(&model(dropout), &text, &TrainConfig { seed, ..quiet(6) });
    assert_eq!(run(0.3, 3), run(0.3, 3));
    assert_ne!(run(0.3, 3), run(0.0, 3));
    let (with, without) = (model(0.3), model(0.0));
    assert_eq!(with.evaluate(text.as_bytes()).unwrap(), without.evaluate(text.as_bytes()).unwrap());
}
