//! How fast language models train beside PyTorch, and how fast they speak.
//!
//!     cargo bench --bench lm                              # everything
//!     cargo bench --bench lm -- train                     # one part: train, quality, speak
//!     cargo bench --bench lm -- train big bf16            # those of its lines that have all these words
//!     MYNAH_PYTHON=/path/to/python cargo bench --bench lm # whose PyTorch is the peer; else `python3`
//!
//! Every measurement is a process of its own, ours and the peer's in turn, [`ROUNDS`] times; the table has medians and
//! the ratio of ours to the peer's. Only a quiet machine gives numbers worth quoting.

use mynah::data::Rng;
use mynah::lm::{Model, ModelConfig, Session, Tokenizer, TrainConfig, Trainer};
use mynah::nn::{Device, Precision};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How often each side is measured.
const ROUNDS: usize = 3;

/// How long one measurement takes, in seconds.
const SECONDS: f64 = 6.0;

const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/lm_peers.py");
const SHAKESPEARE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/tinyshakespeare.txt");

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    if let ["one", part, rest @ ..] = &words[..] {
        let answer = match *part {
            "train" => train(rest),
            "quality" => quality(rest),
            _ => speak(rest),
        };
        return println!("{answer}");
    }
    let wanted = |line: &str| args.iter().all(|word| line.split(' ').any(|w| w == word));
    println!("{:<28} {:>12} {:>12} {:>8} {:>10} {:>10}", "", "ours", "PyTorch", "ratio", "ours MB", "PyTorch MB");
    // Instructions, precision, threads.
    let kinds = [("", "f32", 2), ("", "f32", 1), ("", "bf16", 2), ("avx2", "f32", 2)];
    for (shape, (isa, precision, threads)) in ["big", "small"].iter().flat_map(|s| kinds.map(|k| (s, k))) {
        let line = format!("train {shape} {precision} {threads} threads {isa}");
        if wanted(line.trim_end()) {
            compare(&line, "tokens_per_second", threads, isa, &["train", shape, precision]);
        }
    }
    if wanted("quality") {
        compare("quality seconds", "seconds", 2, "", &["quality", SHAKESPEARE]);
    }
    for shape in ["shakespeare", "small", "big", "stories15M"] {
        for threads in [1, 2] {
            let line = format!("speak {shape} {threads} threads");
            if wanted(&line) {
                let ours =
                    median((0..ROUNDS).filter_map(|_| ours(&["speak", shape], threads, "")), "tokens_per_second");
                println!("{line:<28} {:>12.0}", ours.unwrap_or(f64::NAN));
            }
        }
    }
}

/// One line of the table. `what` and the arguments after it name the work to both sides.
fn compare(line: &str, key: &str, threads: usize, isa: &str, what: &[&str]) {
    let (mut own, mut other) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        other.extend(peer(what, threads, isa));
        own.extend(ours(what, threads, isa));
    }
    let of = |all: &[Value], key: &str| median(all.iter().cloned(), key).unwrap_or(f64::NAN);
    let (a, b) = (of(&own, key), of(&other, key));
    let ratio = if key == "seconds" { b / a } else { a / b };
    let peak = |all: &[Value]| of(all, "peak_mb");
    println!("{line:<28} {a:>12.1} {b:>12.1} {ratio:>8.2} {:>10.0} {:>10.0}", peak(&own), peak(&other));
    if key == "seconds" {
        println!("{:<28} {:>12.4} {:>12.4}", "quality val_loss", of(&own, "val_loss"), of(&other, "val_loss"));
    }
}

fn median(answers: impl Iterator<Item = Value>, key: &str) -> Option<f64> {
    let mut values: Vec<f64> = answers.filter_map(|answer| answer[key].as_f64()).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// What this program says when it is called for one measurement.
fn ours(what: &[&str], threads: usize, isa: &str) -> Option<Value> {
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command.arg("one").args(what).env("MYNAH_ISA", isa).env("RAYON_NUM_THREADS", threads.to_string());
    answer(command)
}

/// What PyTorch says; nothing where it is not installed.
fn peer(what: &[&str], threads: usize, isa: &str) -> Option<Value> {
    let mut command = Command::new(std::env::var("MYNAH_PYTHON").unwrap_or_else(|_| "python3".into()));
    command.arg(PEERS).args(what).arg(threads.to_string()).arg(SECONDS.to_string());
    if !isa.is_empty() {
        command.env("ATEN_CPU_CAPABILITY", isa);
    }
    answer(command)
}

fn answer(mut command: Command) -> Option<Value> {
    let output = command.stderr(std::process::Stdio::null()).output().ok()?;
    serde_json::from_slice(&output.stdout).ok()
}

/// Sizes, and windows in a batch.
fn shape(name: &str) -> (ModelConfig, usize) {
    let shape = |vocab, dim, layers, heads, hidden, context| ModelConfig {
        vocab,
        dim,
        layers,
        heads,
        hidden,
        context,
        ..Default::default()
    };
    match name {
        "shakespeare" => (shape(65, 128, 4, 4, 344, 64), 12),
        "small" => (shape(512, 128, 4, 4, 352, 256), 16),
        "big" => (shape(512, 288, 6, 6, 768, 256), 16),
        _ => (shape(32_000, 288, 6, 6, 768, 256), 16),
    }
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

/// Median time of a whole step: forward, backward, clipping, AdamW.
fn train(args: &[&str]) -> Value {
    let (config, batch) = shape(args[0]);
    let mut rng = Rng::new(1);
    let text: Vec<u8> = (0..100_000).map(|_| LETTERS[rng.below(65)]).collect();
    let precision = serde_json::from_value(args[1].into()).expect("f32 or bf16");
    let (steps, eval_interval) = (u64::MAX / 4, u64::MAX);
    let settings = TrainConfig { batch, steps, eval_interval, precision, ..Default::default() };
    let mut trainer = Trainer::new(&model(&config), &text, &settings).expect("the text is long enough");
    let mut times = Vec::new();
    let begun = Instant::now();
    while begun.elapsed().as_secs_f64() < SECONDS || times.len() < 3 {
        let start = Instant::now();
        trainer.step().expect("the loss is finite");
        times.push(start.elapsed());
    }
    times.remove(0);
    times.sort();
    let tokens = (batch * config.context) as f64;
    json!({ "tokens_per_second": tokens / times[times.len() / 2].as_secs_f64(), "peak_mb": peak_mb() })
}

/// nanoGPT's CPU task on tiny Shakespeare: the first nine tenths to learn from, the last to be judged by. The recipe:
/// 2,000 steps of 12 windows, AdamW, a warm-up to 0.001 over 100 steps and half a cosine down to a tenth, products in bf16.
fn quality(args: &[&str]) -> Value {
    let text = std::fs::read(args[0]).expect("the text is there");
    let letters = std::str::from_utf8(&text).expect("it is text");
    let tokenizer = Tokenizer::chars(letters).expect("it has letters");
    let model = Model::new(&shape("shakespeare").0, tokenizer, Device::Cpu, 1337).expect("the sizes fit");
    let (eval_interval, precision) = (u64::MAX, Precision::Bf16);
    let settings = TrainConfig { eval_interval, precision, progress: false, ..Default::default() };
    let report = model.train(&text, &settings, |_| Ok(true)).expect("it trains");
    json!({ "seconds": report.seconds, "val_loss": report.val_loss, "peak_mb": peak_mb() })
}

/// One token after the other, to half of the context.
fn speak(args: &[&str]) -> Value {
    let (config, _) = shape(args[0]);
    let engine = model(&config).engine().expect("the weights can be read");
    let tokens = config.context / 2;
    let mut times: Vec<Duration> = Vec::new();
    let begun = Instant::now();
    while begun.elapsed().as_secs_f64() < SECONDS / 3.0 {
        let start = Instant::now();
        let mut session = Session::new(&engine);
        for token in 0..tokens {
            session.read(&[token as u32 % 65]).expect("the token is known");
            std::hint::black_box(session.logits(0));
        }
        times.push(start.elapsed());
    }
    times.sort();
    json!({ "tokens_per_second": tokens as f64 / times[times.len() / 2].as_secs_f64() })
}

/// Most memory that this process has had, in MB; nothing where the system does not say.
fn peak_mb() -> Option<f64> {
    let status = std::fs::read_to_string(Path::new("/proc/self/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0)
}
