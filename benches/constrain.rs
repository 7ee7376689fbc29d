//! What a constraint costs per token, beside the same model's plain generation: `cargo bench --bench constrain`.
//!
//! Random weights, a vocabulary of bytes and made-up words, one thread. Cold: the first text of a constraint, which finds
//! out what its states allow; warm: a later one, which looks it up.

use mynah::data::Rng;
use mynah::lm::{Constraint, Engine, Frozen, GenerateConfig, Matrix, ModelConfig, Tokenizer};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

/// Made-up words, half of them with the space before them.
fn words(n: usize) -> Vec<String> {
    let mut rng = Rng::new(1);
    let mut words = BTreeSet::new();
    while words.len() < n {
        let space = [' '].into_iter().filter(|_| words.len() % 2 == 0);
        let letters = (0..2 + rng.below(6)).map(|_| (b'a' + rng.below(26) as u8) as char);
        words.insert(space.chain(letters).collect::<String>());
    }
    words.into_iter().collect()
}

fn model(vocab: usize, dim: usize, layers: usize) -> Frozen {
    let tokenizer = Tokenizer::trie(words(vocab - 256)).unwrap();
    let config = ModelConfig {
        vocab,
        dim,
        layers,
        heads: dim / 32,
        kv_heads: dim / 32,
        hidden: dim * 8 / 3 / 32 * 32,
        context: 512,
        ..Default::default()
    };
    let mut rng = Rng::new(2);
    let engine = Engine::from_parts(&config, |name, [rows, cols]| {
        let (mean, std) = if name.contains("norm") { (1.0, 0.0) } else { (0.0, 0.05) };
        Matrix::f32(rows, cols, (0..rows * cols).map(|_| (mean + std * rng.normal()) as f32).collect::<Vec<_>>())
    });
    Frozen::new(Arc::new(engine.unwrap()), Arc::new(tokenizer), None).unwrap()
}

/// CPU time of this thread in seconds, where the system tells it; else the clock's.
fn now(begun: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|t| t.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or(begun.elapsed().as_secs_f64(), |n| n / 1e9)
}

/// Seconds for a text, and how many tokens went through the model.
fn cost(model: &Frozen, constraint: Option<&Arc<Constraint>>, tokens: usize, seed: u64) -> (f64, usize) {
    let config = GenerateConfig {
        tokens,
        seed: Some(seed),
        temperature: 1.0,
        constraint: constraint.cloned(),
        ..Default::default()
    };
    let clock = Instant::now();
    let begun = now(clock);
    let mut generation = model.stream(b"a", &config).unwrap();
    for piece in generation.by_ref() {
        piece.unwrap();
    }
    (now(clock) - begun, generation.session_mut().tokens_read() as usize)
}

fn main() {
    rayon::ThreadPoolBuilder::new().num_threads(1).build_global().unwrap();
    for (vocab, dim, layers) in [(512, 128, 4), (4096, 128, 4), (32000, 288, 6)] {
        let model = model(vocab, dim, layers);
        let params = model.engine().bytes() / 4;
        println!("vocabulary {vocab}, {:.1}M numbers", params as f64 / 1e6);
        let text = json!({"type": "string", "minLength": 200, "maxLength": 280});
        let object =
            json!({"properties": {"say": {"type": "string"}, "list": {"items": {}}}, "required": ["say", "list"]});
        let constraints = [
            ("regex [^\"]*", Constraint::regex("[^\"]*").unwrap()),
            ("regex ([a-z]{1,5} ){40}", Constraint::regex("([a-z]{1,5} ){40}").unwrap()),
            ("JSON string of 200 to 280", Constraint::json(&text).unwrap()),
            ("JSON object", Constraint::json(&object).unwrap()),
        ];
        for (name, constraint) in constraints {
            let constraint = Arc::new(constraint);
            // As many tokens without the constraint, in turns; the least of several times, since other work only adds.
            let (mut cold, mut warm, mut plain) = (0.0, 0.0, 0.0);
            for seed in 0..4 {
                let (first, tokens) = cost(&model, Some(&constraint), 300, seed);
                let (mut constrained, mut free) = (f64::INFINITY, f64::INFINITY);
                for _ in 0..3 {
                    constrained = constrained.min(cost(&model, Some(&constraint), 300, seed).0);
                    free = free.min(cost(&model, None, tokens, seed).0);
                }
                if seed == 0 {
                    cold = first / free;
                }
                warm += constrained;
                plain += free;
                if seed == 3 {
                    let part = |ratio: f64| (ratio - 1.0) * 100.0;
                    let each = plain / 4.0 / tokens as f64 * 1e6;
                    println!(
                        "  {name}: plain about {each:.0} µs a token, cold {:+.1} %, warm {:+.1} %",
                        part(cold),
                        part(warm / plain)
                    );
                }
            }
        }
    }
}
