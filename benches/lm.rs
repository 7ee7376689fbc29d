//! How fast language models train and speak, in tokens per second.
//!
//!     cargo bench --bench lm
//!
//! Shapes are those of PyTorch's side (`bench/lm` in the shared folder: torch_train.py, torch_shakespeare.py), so that
//! both can be run on one machine, one after the other. Quote ratios, and only from a quiet machine.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mynah::data::Rng;
use mynah::lm::{Model, ModelConfig, Session, Tokenizer, TrainConfig, Trainer};
use mynah::nn::Device;
use std::hint::black_box;
use std::time::Duration;

/// Name, sizes, windows in a batch.
fn shapes() -> [(&'static str, ModelConfig, usize); 3] {
    let shape = |vocab, dim, layers, heads, hidden, context| ModelConfig {
        vocab,
        dim,
        layers,
        heads,
        hidden,
        context,
        ..Default::default()
    };
    [
        ("shakespeare", shape(65, 128, 4, 4, 344, 64), 12),
        ("small", shape(512, 128, 4, 4, 352, 256), 16),
        ("big", shape(512, 288, 6, 6, 768, 256), 16),
    ]
}

/// As many characters as tiny Shakespeare has.
const LETTERS: [u8; 65] = {
    let mut letters = [0; 65];
    let mut i = 0;
    while i < 65 {
        letters[i] = b'!' + i as u8;
        i += 1;
    }
    letters
};

fn model(config: &ModelConfig) -> Model {
    let tokenizer = Tokenizer::chars(std::str::from_utf8(&LETTERS).expect("they are ASCII")).expect("there are some");
    Model::new(config, tokenizer, Device::Cpu, 1).expect("the sizes fit")
}

fn train(c: &mut Criterion) {
    let mut rng = Rng::new(1);
    let text: Vec<u8> = (0..100_000).map(|_| LETTERS[rng.below(65)]).collect();
    let mut group = c.benchmark_group("train_step");
    group.sample_size(10).measurement_time(Duration::from_secs(15));
    for (name, config, batch) in shapes() {
        let settings = TrainConfig { batch, steps: u64::MAX / 4, eval_interval: u64::MAX, ..Default::default() };
        let mut trainer = Trainer::new(&model(&config), &text, &settings).expect("the text is long enough");
        group.throughput(Throughput::Elements((batch * config.context) as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| black_box(trainer.step().expect("the loss is finite")));
        });
    }
    group.finish();
}

/// A model of 15 million parameters, the shape of the well-known stories15M.
fn stories() -> ModelConfig {
    ModelConfig { vocab: 32_000, dim: 288, layers: 6, heads: 6, hidden: 768, context: 256, ..Default::default() }
}

fn generate(c: &mut Criterion) {
    let mut group = c.benchmark_group("generate");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    let shapes = shapes().into_iter().map(|(name, config, _)| (name, config)).chain([("stories15M", stories())]);
    for (name, config) in shapes {
        let engine = model(&config).engine().expect("the weights can be read");
        let tokens = config.context / 2;
        group.throughput(Throughput::Elements(tokens as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| {
                let mut session = Session::new(&engine);
                for token in 0..tokens {
                    session.read(&[token as u32 % 65]).expect("the token is known");
                    black_box(session.logits(0));
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, train, generate);
criterion_main!(benches);
