//! The graphics card computes what the processor does: the same seed gives the same weights, and losses stay within 1e-3
//! over 20 steps. `cargo test --features wgpu --test wgpu`; a software driver such as Mesa's lavapipe will do.

use mynah::lm::{
    Batches, BatchesConfig, ChatTemplate, Corpus, CorpusConfig, Documents, Dpo, DpoConfig, GenerateConfig, Lora,
    LoraConfig, Masked, Message, Model, ModelConfig, Packing, Parts, Positions, Preference, SaveConfig, Sft, SftConfig,
    Tokenizer, TrainConfig, TrainData, UnmaskConfig, load_parts, save_parts,
};
use mynah::nn::{Activation, Device, Param, Tensor};
use std::sync::Arc;

const DEVICES: [Device; 2] = [Device::Cpu, Device::Wgpu];
const WORDS: [&str; 6] = ["open", "the", "bridge", "miller", "grain", "river"];

fn text() -> String {
    (0..300).map(|i| format!("{} {} {}\n", WORDS[i % 6], WORDS[i * 5 / 3 % 6], WORDS[i * 7 / 4 % 6])).collect()
}

fn tokenizer() -> Tokenizer {
    Tokenizer::bytes().with_specials(["<mask>", "<|im_start|>", "<|im_end|>"]).unwrap()
}

fn config() -> ModelConfig {
    ModelConfig { dim: 32, layers: 2, heads: 4, kv_heads: 2, context: 32, ..Default::default() }
}

fn model(config: &ModelConfig, device: Device) -> Model {
    Model::new(config, tokenizer(), device, 3).unwrap()
}

fn quiet() -> TrainConfig {
    TrainConfig { steps: 20, warmup: 4, batch: 6, lr: 3e-3, progress: false, eval_interval: 9, ..Default::default() }
}

/// Losses of each step, and the last on what is held out.
fn losses(model: &Model, data: Arc<dyn TrainData>, train: &TrainConfig, lora: Option<&Lora>) -> Vec<f64> {
    let mut losses = Vec::new();
    let note = |r: &mynah::lm::StepReport| {
        losses.push(r.loss);
        Ok(true)
    };
    let report = match lora {
        Some(lora) => model.train_lora(lora, data, train, note),
        None => model.train_on(data, train, note),
    };
    losses.extend(report.unwrap().val_loss);
    losses
}

/// Both devices' losses are alike, and fell.
fn alike(what: &str, [cpu, wgpu]: [Vec<f64>; 2]) {
    assert!(cpu.len() >= 20 && cpu.len() == wgpu.len(), "{what}");
    let worst = cpu.iter().zip(&wgpu).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-3, "{what}: {worst}\n{cpu:?}\n{wgpu:?}");
    assert!(cpu[19] < cpu[0], "{what}: {cpu:?}");
}

fn packed(model: &Model, packing: Packing, time: usize) -> Arc<dyn TrainData> {
    let corpus = CorpusConfig { documents: Documents::Line, ..Default::default() };
    let corpus = Arc::new(Corpus::from_text(model.tokenizer(), text().as_bytes(), &corpus).unwrap());
    Arc::new(Batches::new(&[corpus], &BatchesConfig { time, packing, ..Default::default() }).unwrap())
}

#[test]
fn first_weights_are_the_same_to_the_bit() {
    let [cpu, wgpu] = DEVICES.map(|d| model(&config(), d));
    for ((name, a), (_, b)) in cpu.named_params().iter().zip(wgpu.named_params()) {
        assert_eq!(a.value().to_f32().unwrap(), b.value().to_f32().unwrap(), "{name}");
    }
}

#[test]
fn every_shape_of_model_learns_alike() {
    let with = |change: fn(&mut ModelConfig)| {
        let mut c = config();
        change(&mut c);
        c
    };
    for (what, config) in [
        ("llama", config()),
        ("qwen2", with(|c| (c.qkv_bias, c.tied, c.kv_heads) = (true, true, 1))),
        ("qwen3", with(|c| (c.qk_norm, c.head_dim, c.rope_theta) = (true, 12, 1e6))),
        ("interleaved", with(|c| (c.positions, c.tied) = (Positions::Interleaved, false))),
        ("learned", with(|c| c.positions = Positions::Learned)),
        ("dropout", with(|c| c.dropout = 0.1)),
    ] {
        for packing in [Packing::Packed, Packing::Stream] {
            alike(
                what,
                DEVICES.map(|device| {
                    let model = model(&config, device);
                    losses(&model, packed(&model, packing, 32), &quiet(), None)
                }),
            );
        }
    }
}

#[test]
fn optimizers_accumulation_and_recomputation_are_alike() {
    for (what, train) in [
        ("muon", TrainConfig { optimizer: "muon".into(), ..quiet() }),
        ("accumulated", TrainConfig { accumulate: 3, batch: 2, ..quiet() }),
        ("recomputed", TrainConfig { recompute: true, ..quiet() }),
    ] {
        alike(
            what,
            DEVICES.map(|device| {
                let model = model(&config(), device);
                let corpus = CorpusConfig { documents: Documents::Line, ..Default::default() };
                let corpus = Arc::new(Corpus::from_text(model.tokenizer(), text().as_bytes(), &corpus).unwrap());
                let cut = BatchesConfig { time: 32, accumulate: train.accumulate, ..Default::default() };
                losses(&model, Arc::new(Batches::new(&[corpus], &cut).unwrap()), &train, None)
            }),
        );
    }
}

fn talk() -> Vec<Vec<Message>> {
    [("Who?", "Odo."), ("News?", "High river."), ("Bye", "Mind it."), ("Grain?", "Two sacks.")]
        .map(|(q, a)| vec![Message::new("user", q), Message::new("assistant", a)])
        .to_vec()
}

#[test]
fn answers_adapters_and_preferences_are_learned_alike() {
    let config = ModelConfig { context: 64, ..config() };
    let template = ChatTemplate::preset("chatml").unwrap();
    let train = TrainConfig { batch: 4, ..quiet() };
    let no_val = SftConfig { val_fraction: 0.0, ..Default::default() };
    alike(
        "sft",
        DEVICES.map(|device| {
            let model = model(&config, device);
            losses(&model, Sft::new(&model, &template, &talk(), &no_val).unwrap().batches, &train, None)
        }),
    );
    alike(
        "lora",
        DEVICES.map(|device| {
            let model = model(&config, device);
            let lora = Lora::new(&model, &LoraConfig { rank: 4, ..Default::default() }).unwrap();
            let train = TrainConfig { lr: 1e-2, ..train.clone() };
            losses(&model, Sft::new(&model, &template, &talk(), &no_val).unwrap().batches, &train, Some(&lora))
        }),
    );
    alike(
        "dpo",
        DEVICES.map(|device| {
            let model = model(&config, device);
            let prefer = |messages: Vec<Message>| {
                let [question, answer] = <[Message; 2]>::try_from(messages).unwrap();
                Preference { prompt: vec![question], chosen: answer.content, rejected: "Go away.".into() }
            };
            let preferences: Vec<Preference> = talk().into_iter().map(prefer).collect();
            let config = DpoConfig { val_fraction: 0.0, ..Default::default() };
            let dpo = Dpo::new(&model, &template, &preferences, &config).unwrap();
            losses(&model, Arc::new(dpo), &train, None)
        }),
    );
}

#[test]
fn hidden_tokens_are_told_alike() {
    let config = ModelConfig { causal: false, ..config() };
    let mut texts = Vec::new();
    alike(
        "masked",
        DEVICES.map(|device| {
            let model = model(&config, device);
            let mask = model.mask_token("<mask>").unwrap();
            let data = Masked::new(packed(&model, Packing::Packed, 31), mask, 1);
            let losses = losses(&model, Arc::new(data), &quiet(), None);
            let unmask = UnmaskConfig { steps: 3, ..Default::default() };
            texts.push(model.unmask(b"open <mask><mask><mask> bridge", &unmask).unwrap());
            losses
        }),
    );
    assert_eq!(texts[0], texts[1]);
}

#[test]
fn what_was_learned_there_speaks_and_is_saved_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let [cpu, wgpu] = DEVICES.map(|device| {
        let model = model(&config(), device);
        losses(&model, packed(&model, Packing::Stream, 32), &TrainConfig { steps: 60, ..quiet() }, None);
        model
    });
    let greedy = GenerateConfig { tokens: 24, temperature: 0.0, ..Default::default() };
    let said = wgpu.generate(b"open ", &greedy).unwrap();
    assert_eq!(said, cpu.generate(b"open ", &greedy).unwrap());
    let ids = Tensor::from_vec(vec![5, 80, 7, 111, 3], &[1, 5], Device::Wgpu).unwrap();
    let logits = wgpu.forward(&ids).unwrap().to_f32().unwrap();
    for path in ["bird.safetensors", "bird.gguf", "bird/"] {
        let path = folder.path().join(path);
        save_parts(&Parts::of_model(&wgpu).unwrap(), &path, &SaveConfig::default()).unwrap();
        let back = load_parts(&path).unwrap().to_model(Device::Wgpu).unwrap();
        assert_eq!(back.forward(&ids).unwrap().to_f32().unwrap(), logits, "{}", path.display());
    }
}

#[test]
fn what_is_compared_and_chosen_is_the_same() {
    let [cpu, wgpu] = DEVICES.map(|device| {
        let x = Tensor::from_vec(vec![-1.5, -0.0, 0.25, 3.0], &[2, 2], device).unwrap();
        let leaf = Param::leaf(&x).unwrap();
        let mut all = Vec::new();
        for f in [Activation::Relu, Activation::LeakyRelu(0.1), Activation::Elu(1.0), Activation::Softplus] {
            let value = leaf.value();
            let out = f.apply(&value).unwrap();
            let found = out.mul(&out).unwrap().sum().backward().unwrap();
            all.extend(out.to_f32().unwrap());
            all.extend(found.get(&value).unwrap().to_f32().unwrap());
        }
        assert!(x.all_finite() && !x.div(&x.mul_scalar(0.0).unwrap()).unwrap().all_finite());
        all
    });
    for (a, b) in cpu.iter().zip(&wgpu) {
        assert!((a - b).abs() < 1e-5, "{cpu:?} {wgpu:?}");
    }
}
