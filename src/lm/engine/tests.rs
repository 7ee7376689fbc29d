//! The engine against a plain reference in f64 for every shape of model, and its promises of equal bits.

use super::*;
use crate::data::Rng;
use crate::lm::{RopeScaling, Tokenizer};
use crate::nn::{Device, Tensor};
use std::sync::Arc;

fn model(kv_heads: usize) -> Model {
    // Sizes that leave rests everywhere: 24 is no multiple of 16, 37 none of 4.
    let config = ModelConfig { dim: 24, layers: 3, heads: 4, kv_heads, hidden: 37, context: 48, ..Default::default() };
    let model = Model::new(&config, Tokenizer::bytes(), Device::Cpu, 3).unwrap();
    for (_, p) in model.named_params().iter().filter(|(name, _)| !name.contains("norm")) {
        p.set_value(p.value().plain().mul_scalar(8.0).unwrap()).unwrap(); // far from the flat start
    }
    model
}

fn full(model: &Model, tokens: &[u32]) -> Vec<f32> {
    let ids = tokens.iter().map(|t| *t as i32).collect();
    let ids = Tensor::from_vec(ids, &[1, tokens.len()], Device::Cpu).unwrap();
    let logits = model.forward(&ids).unwrap().to_f32().unwrap();
    logits[logits.len() - 256..].to_vec()
}

fn worst(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn text(n: usize) -> Vec<u32> {
    (0..n).map(|i| (i * i * 7 + 3 * i) as u32 % 256).collect()
}

/// An engine of any shape with random weights.
fn random(config: &ModelConfig) -> Arc<Engine> {
    let mut rng = Rng::new(11);
    let engine = Engine::from_parts(config, |name, [rows, cols]| {
        let (mean, std) = if name.contains("norm") { (1.0, 0.2) } else { (0.0, 0.2) };
        let numbers: Vec<f32> = (0..rows * cols).map(|_| (mean + std * rng.normal()) as f32).collect();
        Matrix::f32(rows, cols, numbers)
    });
    Arc::new(engine.unwrap())
}

/// Every kind of model: what Llama, Llama 3.1, llama2.c, Qwen2, Qwen3 and GPT-2's positions ask for.
fn shapes() -> Vec<ModelConfig> {
    let base = ModelConfig {
        vocab: 67,
        dim: 24,
        layers: 2,
        heads: 4,
        kv_heads: 2,
        hidden: 37,
        context: 40,
        ..Default::default()
    };
    let scaling = RopeScaling { factor: 8.0, low_freq_factor: 1.0, high_freq_factor: 4.0, original_context: 64 };
    vec![
        base.clone(),
        ModelConfig { positions: Positions::Interleaved, ..base.clone() },
        ModelConfig { positions: Positions::Learned, ..base.clone() },
        ModelConfig { rope_theta: 500_000.0, rope_scaling: Some(scaling), kv_heads: 1, ..base.clone() },
        ModelConfig { qkv_bias: true, ..base.clone() },
        ModelConfig { qk_norm: true, head_dim: 10, tied: false, ..base.clone() },
        ModelConfig { head_dim: 4, qkv_bias: true, qk_norm: true, tied: false, kv_heads: 4, ..base },
    ]
}

/// Logits after `tokens`, written down from the equations in f64.
fn reference(engine: &Engine, tokens: &[u32]) -> Vec<f32> {
    let c = engine.config();
    let get = |name: &str| -> Vec<f64> { engine.part(name).unwrap().to_f32().iter().map(|x| f64::from(*x)).collect() };
    let times = |x: &[f64], w: &[f64]| -> Vec<f64> {
        w.chunks(x.len()).map(|w| w.iter().zip(x).map(|(w, x)| w * x).sum()).collect()
    };
    let norm = |x: &[f64], w: &[f64]| -> Vec<f64> {
        let mean = x.iter().map(|x| x * x).sum::<f64>() / x.len() as f64;
        x.iter().zip(w).map(|(x, w)| x / (mean + c.norm_eps).sqrt() * w).collect()
    };
    let add = |x: &mut Vec<f64>, y: &[f64]| x.iter_mut().zip(y).for_each(|(x, y)| *x += y);
    let turn = |row: &mut [f64], at: usize| {
        for head in row.chunks_mut(c.head_dim) {
            for (i, f) in c.frequencies().iter().enumerate() {
                let (sin, cos) = (f * at as f64).sin_cos();
                let (a, b) = match c.positions {
                    Positions::Rope => (i, i + c.head_dim / 2),
                    Positions::Interleaved => (2 * i, 2 * i + 1),
                    Positions::Learned => return,
                };
                (head[a], head[b]) = (head[a] * cos - head[b] * sin, head[b] * cos + head[a] * sin);
            }
        }
    };
    let embed = get("embed.weight");
    let mut xs: Vec<Vec<f64>> =
        tokens.iter().map(|t| embed[*t as usize * c.dim..(*t as usize + 1) * c.dim].to_vec()).collect();
    if c.positions == Positions::Learned {
        let positions = get("positions.weight");
        xs.iter_mut().zip(positions.chunks(c.dim)).for_each(|(x, p)| add(x, p));
    }
    for l in 0..c.layers {
        let get = |name: &str| get(&format!("layers.{l}.{name}"));
        let mut qkv: [Vec<Vec<f64>>; 3] = Default::default();
        for (at, x) in xs.iter().enumerate() {
            let n = norm(x, &get("attn_norm.weight"));
            for (p, name) in ["wq", "wk", "wv"].into_iter().enumerate() {
                let mut row = times(&n, &get(&format!("{name}.weight")));
                if c.qkv_bias {
                    add(&mut row, &get(&format!("{name}.bias")));
                }
                if p < 2 {
                    if c.qk_norm {
                        let w = get(["q_norm.weight", "k_norm.weight"][p]);
                        row = row.chunks(c.head_dim).flat_map(|head| norm(head, &w)).collect();
                    }
                    turn(&mut row, at);
                }
                qkv[p].push(row);
            }
        }
        for (at, x) in xs.iter_mut().enumerate() {
            let mut out = Vec::new();
            for head in 0..c.heads {
                let part = |row: &Vec<f64>, head: usize| row[head * c.head_dim..][..c.head_dim].to_vec();
                let kv = head / (c.heads / c.kv_heads);
                let q = part(&qkv[0][at], head);
                let score = |k: &Vec<f64>| times(&q, &part(k, kv))[0] / (c.head_dim as f64).sqrt();
                let odds: Vec<f64> = qkv[1][..=at].iter().map(|k| score(k).exp()).collect();
                let total: f64 = odds.iter().sum();
                for i in 0..c.head_dim {
                    out.push(odds.iter().zip(&qkv[2]).map(|(o, v)| o / total * v[kv * c.head_dim + i]).sum());
                }
            }
            add(x, &times(&out, &get("wo.weight")));
            let n = norm(x, &get("ffn_norm.weight"));
            let (gate, up) = (times(&n, &get("w1.weight")), times(&n, &get("w3.weight")));
            let inner: Vec<f64> = gate.iter().zip(&up).map(|(g, u)| g / (1.0 + (-g).exp()) * u).collect();
            add(x, &times(&inner, &get("w2.weight")));
        }
    }
    let n = norm(xs.last().unwrap(), &get("norm.weight"));
    let output = if c.tied { embed } else { get("output.weight") };
    times(&n, &output).iter().map(|x| *x as f32).collect()
}

#[test]
fn every_shape_gives_what_the_equations_say() {
    for config in shapes() {
        let engine = random(&config);
        let tokens: Vec<u32> = text(23).iter().map(|t| t % 67).collect();
        let at_once = Session::new(&engine).read(&tokens).unwrap().to_vec();
        let off = worst(&at_once, &reference(&engine, &tokens));
        assert!(off < 1e-4, "{off} with {config:?}");
        let mut session = Session::new(&engine);
        tokens.iter().for_each(|t| _ = session.read(&[*t]).unwrap());
        assert_eq!(session.logits(0).0, at_once, "one by one, {config:?}");
    }
}

#[test]
fn quantised_engines_stay_near_and_give_the_same_bits_in_any_grouping() {
    for config in shapes() {
        let exact = random(&config);
        for (kind, most) in [(Quantization::Q8, 0.05), (Quantization::Q4, 0.6)] {
            let engine = Arc::new(exact.quantized(kind).unwrap());
            let tokens: Vec<u32> = text(23).iter().map(|t| t % 67).collect();
            let logits = Session::new(&engine).read(&tokens).unwrap().to_vec();
            // The reference reads the rounded weights; the rest of the difference is from rounded activations.
            let expected = reference(&engine, &tokens);
            let size = (expected.iter().map(|x| x * x).sum::<f32>() / 67.0).sqrt();
            let off = worst(&logits, &expected) / size;
            assert!(off < 0.15, "{off} of {size} with {kind:?} {config:?}");
            let off = worst(&expected, &reference(&exact, &tokens)) / size;
            assert!(off < most * 4.0, "{off} of {size} with {kind:?} {config:?}");
            let mut session = Session::new(&engine);
            tokens.iter().for_each(|t| _ = session.read(&[*t]).unwrap());
            assert_eq!(session.logits(0).0, logits, "one by one, {kind:?} {config:?}");
            assert!(engine.bytes() < exact.bytes());
        }
    }
}

#[test]
fn cached_logits_are_those_of_a_full_pass() {
    for kv_heads in [1, 2, 4] {
        let model = model(kv_heads);
        let engine = Arc::new(Engine::new(&model).unwrap());
        let tokens = text(48);
        let mut one_by_one = Session::new(&engine);
        for n in 1..=tokens.len() {
            let cached = one_by_one.read(&tokens[n - 1..n]).unwrap().to_vec();
            let off = worst(&cached, &full(&model, &tokens[..n]));
            assert!(off < 1e-4, "{n} tokens, {kv_heads} key-value heads: {off}");
            let at_once = Session::new(&engine).read(&tokens[..n]).unwrap().to_vec();
            assert_eq!(cached, at_once, "{n} tokens read in blocks");
        }
    }
}

#[test]
fn a_text_longer_than_the_context_goes_on_from_its_newest_half() {
    let model = model(2);
    let engine = Arc::new(Engine::new(&model).unwrap());
    let tokens = text(130);
    let mut session = Session::new(&engine);
    for token in &tokens {
        let cached = session.read(&[*token]).unwrap().to_vec();
        let window = session.tokens().to_vec();
        assert!(tokens.windows(window.len()).any(|w| w == window) && window.len() <= 48);
        assert!(worst(&cached, &full(&model, &window)) < 1e-4);
    }
    let long = Session::new(&engine).read(&tokens).unwrap().to_vec();
    assert!(worst(&long, &full(&model, &tokens[130 - 24..])) < 1e-4);
}

#[test]
fn rewinding_keeps_the_work_before() {
    let engine = Arc::new(Engine::new(&model(2)).unwrap());
    let tokens = text(20);
    let mut session = Session::new(&engine);
    let straight = session.read(&tokens).unwrap().to_vec();
    session.read(&[1, 2, 3]).unwrap();
    session.rewind(15);
    assert_eq!(session.read(&tokens[15..]).unwrap(), straight);
    assert_eq!(session.tokens_read(), 28);
}

#[test]
fn forgetting_moves_the_rest_up_without_reading_it_again() {
    for config in shapes() {
        // With one layer, keys and values depend on their own token alone: the rest is as if read in the new place.
        let config = ModelConfig { layers: 1, ..config };
        let engine = random(&config);
        let tokens: Vec<u32> = text(30).iter().map(|t| t % 67).collect();
        let mut session = Session::new(&engine);
        session.read(&tokens).unwrap();
        session.forget(3, 14).unwrap();
        let kept = [&tokens[..3], &tokens[14..]].concat();
        assert_eq!(session.tokens(), kept);
        let again = if config.positions == Positions::Learned { 16 } else { 0 };
        assert_eq!(session.tokens_read(), 30 + again);
        let slid = session.read(&[5]).unwrap().to_vec();
        let anew = Session::new(&engine).read(&[&kept[..], &[5]].concat()).unwrap().to_vec();
        assert!(worst(&slid, &anew) < 1e-4, "{config:?}");
        assert!(session.forget(3, 99).is_err());
    }
}

#[test]
fn threads_do_not_change_a_bit() {
    // Wide enough that the products are shared out.
    let config = ModelConfig { vocab: 256, dim: 512, layers: 1, heads: 8, context: 16, ..Default::default() };
    let exact = random(&config);
    for engine in [exact.clone(), Arc::new(exact.quantized(Quantization::Q4).unwrap())] {
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let (rows, row) = (text(9), text(1));
            let mut session = Session::new(&engine);
            pool.install(|| [session.read(&rows).unwrap().to_vec(), session.read(&row).unwrap().to_vec()])
        };
        assert_eq!(run(1), run(2));
        assert_eq!(run(1), run(3));
    }
}

#[test]
fn many_texts_at_once_are_each_as_alone() {
    for config in shapes() {
        let exact = random(&config);
        for engine in [exact.clone(), Arc::new(exact.quantized(Quantization::Q8).unwrap())] {
            // Texts of different lengths, one of which runs out of its context on the way.
            let prompts: Vec<Vec<u32>> = (1..12).map(|i| text(3 * i).iter().map(|t| t % 67).collect()).collect();
            let new = || -> Vec<Session> {
                let read = |p: &Vec<u32>| {
                    let mut session = Session::new(&engine);
                    session.read(p).unwrap();
                    session
                };
                prompts.iter().map(read).collect()
            };
            let (mut together, mut alone) = (new(), new());
            for step in 0..12 {
                let tokens: Vec<u32> = (0..11).map(|i| (i * 5 + step * 3) % 67).collect();
                let mut all: Vec<&mut Session> = together.iter_mut().collect();
                step_many(&mut all, &tokens).unwrap();
                for ((together, alone), token) in together.iter_mut().zip(&mut alone).zip(&tokens) {
                    assert_eq!(together.logits(0).0, alone.read(&[*token]).unwrap());
                }
            }
        }
    }
}

/// An adapter on every projection, its `B` random times `size`.
fn adapter(config: &ModelConfig, seed: u64, size: f64) -> (Vec<LowRank>, f64) {
    let mut rng = Rng::new(seed);
    let engine = random(config);
    let mut parts = Vec::new();
    for layer in 0..config.layers {
        for p in PROJECTIONS {
            let name = format!("layers.{layer}.{p}");
            let [outputs, inputs] = engine.part(&format!("{name}.weight")).unwrap().shape();
            let a = (0..3 * inputs).map(|_| (rng.normal() * 0.2) as f32).collect();
            let b = (0..3 * outputs).map(|_| (rng.normal() * size) as f32).collect();
            parts.push(LowRank { name, a, b, rank: 3 });
        }
    }
    (parts, 0.5)
}

#[test]
fn an_adapter_is_as_if_merged_and_leaves_no_trace() {
    let config = ModelConfig { qk_norm: true, head_dim: 10, ..shapes()[0].clone() };
    let base = random(&config);
    let tokens: Vec<u32> = text(20).iter().map(|t| t % 67).collect();
    let plain = Session::new(&base).read(&tokens).unwrap().to_vec();
    let with = |adapters: &[(Arc<Adapter>, f32)]| {
        let mut session = Session::new(&base);
        session.set_adapters(adapters).unwrap();
        session.read(&tokens).unwrap().to_vec()
    };
    let make = |seed, size| {
        let (parts, scale) = adapter(&config, seed, size);
        Arc::new(Adapter::new(&config, scale, parts).unwrap())
    };
    assert_eq!(with(&[(make(1, 0.0), 1.0)]), plain, "B = 0 changes nothing");
    assert_eq!(with(&[(make(1, 0.2), 0.0)]), plain, "nor does weight 0");

    // Two stacked adapters, and a base into which they are merged: W + Σ weight · scale · B A.
    let merged = Engine::from_parts(base.config(), |name, [rows, cols]| {
        let mut w = base.part(name)?.to_f32();
        for (seed, weight) in [(1, 0.7), (2, -0.4)] {
            let (parts, scale) = adapter(&config, seed, 0.2);
            if let Some(part) = parts.iter().find(|p| format!("{}.weight", p.name) == name) {
                for (r, w) in w.chunks_mut(cols).enumerate() {
                    for (c, w) in w.iter_mut().enumerate() {
                        let product = |k: usize| part.b[r * 3 + k] * part.a[k * cols + c];
                        *w += (weight * scale) as f32 * (0..3).map(product).sum::<f32>();
                    }
                }
            }
        }
        Matrix::f32(rows, cols, w)
    });
    let merged = Session::new(&Arc::new(merged.unwrap())).read(&tokens).unwrap().to_vec();
    let stacked = [(make(1, 0.2), 0.7), (make(2, 0.2), -0.4)];
    let beside = with(&stacked);
    assert!(worst(&beside, &merged) < 1e-5 * 10.0, "{}", worst(&beside, &merged));
    assert!(worst(&beside, &plain) > 0.1);

    // Swapped between two tokens, in one pass with texts that have another or none.
    let run = |changed: bool| {
        let mut texts: Vec<Session> = (0..3).map(|_| Session::new(&base)).collect();
        texts[1].set_adapters(&stacked).unwrap();
        for token in &tokens {
            if changed {
                texts[2].set_adapters(&stacked[..1]).unwrap();
                texts[2].set_adapters(&[]).unwrap();
            }
            step_many(&mut texts.iter_mut().collect::<Vec<_>>(), &[*token; 3]).unwrap();
        }
        texts.iter_mut().map(|t| t.logits(0).0.to_vec()).collect::<Vec<_>>()
    };
    let logits = run(true);
    assert_eq!(logits, run(false));
    assert_eq!((&logits[0], &logits[1], &logits[2]), (&plain, &beside, &plain));
}

#[test]
fn an_adapter_of_another_model_is_refused() {
    let config = &shapes()[0];
    let refusal = |change: fn(&mut Vec<LowRank>)| {
        let (mut parts, scale) = adapter(config, 1, 0.2);
        change(&mut parts);
        Adapter::new(config, scale, parts).err().unwrap().to_string()
    };
    assert_eq!(refusal(|p| p[0].name = "layers.2.wq".into()), "adapter: the model has no projection `layers.2.wq`");
    assert_eq!(refusal(|p| p[7].name = "layers.0.wq".into()), "adapter: `layers.0.wq` comes twice");
    let message = refusal(|p| p[0].b.truncate(71));
    assert_eq!(message, "adapter: `layers.0.wq` wants A [3, 24] and B [24, 3], got 72 and 71 numbers");
    let (parts, scale) = adapter(config, 1, 0.2);
    let adapter = Arc::new(Adapter::new(config, scale, parts).unwrap());
    let other = random(&ModelConfig { hidden: 40, ..config.clone() });
    let message = Session::new(&other).set_adapters(&[(adapter, 1.0)]).err().unwrap().to_string();
    assert_eq!(message, "adapter: it was made for a model of other sizes");
}

#[test]
fn what_cannot_be_read_is_refused() {
    let engine = Arc::new(Engine::new(&model(2)).unwrap());
    let mut session = Session::new(&engine);
    assert_eq!(session.read(&[256]).unwrap_err().to_string(), "generate: token 256 is outside 0..255");
    assert!(session.read(&[]).is_err() && session.tokens().is_empty());
    let engine = random(&ModelConfig { causal: false, ..shapes()[0].clone() });
    let message = Session::new(&engine).read(&[1]).unwrap_err().to_string();
    assert!(message.contains("(causal = false), so it has no next token"), "{message}");
    let wrong = Engine::from_parts(&shapes()[0], |_, [_, cols]| Matrix::f32(1, cols, vec![0.0; cols]));
    assert_eq!(wrong.err().unwrap().to_string(), "engine: `embed.weight` must be [67, 24], got [1, 24]");
}
