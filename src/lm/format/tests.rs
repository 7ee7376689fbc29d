//! Models of other programs, every format and back, and files that are not what they should be.

use super::*;
use crate::data::Rng;
use crate::lm::{ModelConfig, Positions, RopeScaling, Tokenizer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn golden(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/formats")).join(name)
}

fn json(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(golden(name)).unwrap()).unwrap()
}

fn floats(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap() as f32).collect()
}

fn ids(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as usize).collect()
}

/// The transformer in the plainest way, in double precision: logits of every position, [time][vocab].
fn reference(parts: &Parts, ids: &[usize]) -> Vec<Vec<f64>> {
    let c = &parts.config;
    let get = |name: &str| -> Vec<f64> { parts.weight(name).unwrap().to_f32().into_iter().map(f64::from).collect() };
    let norm = |x: &[f64], w: &[f64]| -> Vec<f64> {
        let scale = 1.0 / (x.iter().map(|v| v * v).sum::<f64>() / x.len() as f64 + c.norm_eps).sqrt();
        x.iter().zip(w).map(|(v, w)| v * scale * w).collect()
    };
    let mul = |w: &[f64], x: &[f64]| -> Vec<f64> {
        w.chunks_exact(x.len()).map(|row| row.iter().zip(x).map(|(a, b)| a * b).sum()).collect()
    };
    let (hd, half) = (c.head_dim, c.head_dim / 2);
    let frequencies = c.frequencies();
    let embed = get("embed.weight");
    let mut xs: Vec<Vec<f64>> = ids.iter().map(|id| embed[id * c.dim..][..c.dim].to_vec()).collect();
    for layer in 0..c.layers {
        let w = |name: &str| get(&format!("layers.{layer}.{name}"));
        let normed: Vec<Vec<f64>> = xs.iter().map(|x| norm(x, &w("attn_norm.weight"))).collect();
        let project = |part: &str, head_norm: Option<Vec<f64>>, turn: bool| -> Vec<Vec<f64>> {
            let weight = w(&format!("{part}.weight"));
            let bias = c.qkv_bias.then(|| w(&format!("{part}.bias")));
            let row = |(position, x): (usize, &Vec<f64>)| {
                let mut y = mul(&weight, x);
                if let Some(bias) = &bias {
                    y.iter_mut().zip(bias).for_each(|(y, b)| *y += b);
                }
                for head in y.chunks_exact_mut(hd) {
                    if let Some(weight) = &head_norm {
                        let normed = norm(head, weight);
                        head.copy_from_slice(&normed);
                    }
                    for i in (0..half).filter(|_| turn) {
                        let (a, b) =
                            if c.positions == Positions::Interleaved { (2 * i, 2 * i + 1) } else { (i, i + half) };
                        let (sin, cos) = (position as f64 * frequencies[i]).sin_cos();
                        (head[a], head[b]) = (head[a] * cos - head[b] * sin, head[a] * sin + head[b] * cos);
                    }
                }
                y
            };
            normed.iter().enumerate().map(row).collect()
        };
        let q = project("wq", c.qk_norm.then(|| w("q_norm.weight")), true);
        let k = project("wk", c.qk_norm.then(|| w("k_norm.weight")), true);
        let v = project("wv", None, false);
        for t in 0..xs.len() {
            let mut mixed = vec![0.0; c.q_dim()];
            for head in 0..c.heads {
                let kv = head / (c.heads / c.kv_heads) * hd;
                let q = &q[t][head * hd..][..hd];
                let score = |s: usize| q.iter().zip(&k[s][kv..]).map(|(a, b)| a * b).sum::<f64>() / (hd as f64).sqrt();
                let scores: Vec<f64> = (0..=t).map(score).collect();
                let most = scores.iter().copied().fold(f64::MIN, f64::max);
                let weights: Vec<f64> = scores.iter().map(|s| (s - most).exp()).collect();
                let total: f64 = weights.iter().sum();
                for (s, weight) in weights.iter().enumerate() {
                    for i in 0..hd {
                        mixed[head * hd + i] += weight / total * v[s][kv + i];
                    }
                }
            }
            let out = mul(&w("wo.weight"), &mixed);
            xs[t].iter_mut().zip(out).for_each(|(x, y)| *x += y);
        }
        for x in &mut xs {
            let n = norm(x, &w("ffn_norm.weight"));
            let gate = mul(&w("w1.weight"), &n);
            let up = mul(&w("w3.weight"), &n);
            let inner: Vec<f64> = gate.iter().zip(up).map(|(g, u)| g / (1.0 + (-g).exp()) * u).collect();
            x.iter_mut().zip(mul(&w("w2.weight"), &inner)).for_each(|(x, y)| *x += y);
        }
    }
    let out = if c.tied { embed } else { get("output.weight") };
    xs.iter().map(|x| mul(&out, &norm(x, &get("norm.weight")))).collect()
}

fn argmax(row: &[f64]) -> usize {
    (0..row.len()).fold(0, |best, i| if row[i] > row[best] { i } else { best })
}

fn compare(name: &str, path: &Path) -> Parts {
    let expected = &json("models.json")[name];
    let parts = load_parts(path).unwrap();
    let prompt = ids(&expected["ids"]);
    let logits = reference(&parts, &prompt);
    for (row, numbers) in ids(&expected["rows"]).into_iter().zip(expected["logits"].as_array().unwrap()) {
        let numbers = floats(numbers);
        assert_eq!(numbers.len(), parts.config.vocab);
        let worst = logits[row].iter().zip(numbers).map(|(a, b)| (a - f64::from(b)).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-4, "{name}: logits of position {row} differ by {worst}");
    }
    let (mut text, greedy) = (prompt[..4].to_vec(), ids(&expected["greedy"]));
    for _ in 0..greedy.len() {
        text.push(argmax(reference(&parts, &text).last().unwrap()));
    }
    assert_eq!(text[4..], greedy, "{name}");
    parts
}

#[test]
fn folders_of_hugging_face_give_transformers_numbers() {
    for name in ["llama", "llama-tied", "qwen2", "qwen3"] {
        let parts = compare(name, &golden(name));
        let expected = &json("models.json")[name];
        let tokens = parts.tokenizer.encode(expected["text"].as_str().unwrap().as_bytes()).unwrap();
        assert_eq!(tokens.iter().map(|t| *t as usize).collect::<Vec<_>>(), ids(&expected["tokens"]));
        assert!(parts.template.unwrap().starts_with("{% for m in messages %}"));
        assert_eq!((parts.tokenizer.bos(), parts.tokenizer.eos()), (None, Some(2)));
        let c = parts.config;
        assert_eq!(
            (c.qkv_bias, c.qk_norm, c.tied),
            (name == "qwen2", name == "qwen3", !["llama", "qwen3"].contains(&name))
        );
    }
}

#[test]
fn gguf_files_give_the_numbers_of_their_dequantised_weights() {
    let parts = compare("llama-mixed", &golden("llama-mixed.gguf"));
    assert_eq!(parts.config.positions, Positions::Rope);
    let scaling = parts.config.rope_scaling.unwrap();
    assert_eq!((scaling.factor, scaling.high_freq_factor, scaling.original_context), (8.0, 4.0, 16));
    let kinds: std::collections::HashSet<_> =
        parts.weights.values().filter_map(|w| w.kind().map(|k| k.ggml())).collect();
    assert_eq!(kinds.len(), 8, "{kinds:?}");
    let t = &parts.tokenizer;
    assert_eq!(t.encode(b"x the").unwrap(), [120, 258]);
    assert_eq!((t.bos(), t.eos()), (None, Some(259)));
    assert!(parts.template.is_some());

    let parts = compare("qwen3-q8", &golden("qwen3-q8.gguf"));
    assert_eq!(parts.config.rope_theta, 1e6);
    let t = &parts.tokenizer;
    let text = "the cat é";
    assert_eq!(t.decode(&t.encode(text.as_bytes()).unwrap()).unwrap(), text.as_bytes());
    assert_eq!((t.bos(), t.eos()), (Some(1), Some(2)));
    let (kind, raw) = parts.weight("layers.1.wq.weight").unwrap().raw().unwrap();
    assert_eq!((kind, raw.all().len()), (Kind::Q8_0, 32 * 34));
}

#[test]
fn blocks_give_the_numbers_of_the_gguf_package() {
    let all = json("quant.json");
    for kind in Kind::ALL.into_iter().filter(|k| *k != Kind::F32) {
        let name = format!("{kind:?}").replace('K', "_K");
        let case = &all[&name];
        let hex = case["bytes"].as_str().unwrap();
        let bytes: Vec<u8> =
            (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect();
        let expected = floats(&case["numbers"]);
        let mut out = vec![0.0; expected.len()];
        dequantize(kind, &bytes, &mut out);
        for (i, (a, b)) in out.iter().zip(&expected).enumerate() {
            assert!((a - b).abs() <= 1e-6 * b.abs().max(1e-3), "{name} {i}: {a} {b}");
        }
    }
}

#[test]
fn the_engine_computes_what_the_files_say() {
    let logits = |parts: &Parts| {
        let engine = std::sync::Arc::new(parts.to_engine().unwrap());
        let tokens: Vec<u32> = PROMPT.iter().map(|t| *t as u32).collect();
        let mut session = crate::lm::Session::new(&engine);
        session.read(&tokens).unwrap().iter().map(|x| f64::from(*x)).collect::<Vec<_>>()
    };
    // The engine rounds what meets 8-bit weights to 8 bits, too.
    for (name, most) in [
        ("llama", 1e-5),
        ("llama-tied", 1e-5),
        ("qwen2", 1e-5),
        ("qwen3", 1e-5),
        ("llama-mixed.gguf", 0.05),
        ("qwen3-q8.gguf", 0.05),
    ] {
        let parts = load_parts(golden(name)).unwrap();
        let exact = &reference(&parts, &PROMPT)[PROMPT.len() - 1];
        let largest = exact.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        let off = worst(&[logits(&parts)], std::slice::from_ref(exact));
        assert!(off < most * largest, "{name} {off} of {largest}");
    }
}

#[test]
fn a_model_of_parts_and_its_parts_again() {
    for file in ["llama", "llama-tied", "qwen2", "qwen3", "llama-mixed.gguf", "qwen3-q8.gguf"] {
        let parts = load_parts(golden(file)).unwrap();
        let model = parts.to_model(crate::nn::Device::Cpu).unwrap();
        let ids: Vec<i32> = PROMPT.iter().map(|t| *t as i32).collect();
        let ids = crate::nn::Tensor::from_vec(ids, &[1, PROMPT.len()], crate::nn::Device::Cpu).unwrap();
        let logits = model.forward(&ids).unwrap().to_f32().unwrap();
        let exact = reference(&parts, &PROMPT).concat();
        let off = logits.iter().zip(exact).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
        assert!(off < 1e-4, "{file}: {off}");
        let again = Parts::of_model(&model).unwrap();
        assert_eq!((&again.config, &again.template), (&parts.config, &parts.template));
        for (name, weight) in &parts.weights {
            assert_eq!(again.weight(name).unwrap().to_f32(), weight.to_f32(), "{file}: {name}");
        }
    }
}

/// A random model that every format can hold.
fn plain() -> Parts {
    random(ModelConfig {
        dim: 64,
        layers: 2,
        heads: 4,
        kv_heads: 2,
        hidden: 96,
        context: 24,
        tied: false,
        ..Default::default()
    })
}

fn random(config: ModelConfig) -> Parts {
    let tokenizer = Tokenizer::chars("abcdefghijklmnopqrs \n").unwrap();
    let config = config.resolved(tokenizer.vocab_size()).unwrap();
    let mut rng = Rng::new(9);
    let mut weights = BTreeMap::new();
    for (name, shape) in Parts::expected(&config) {
        let len = shape.iter().product();
        let size = if shape.len() == 1 { 0.1 } else { (shape[1] as f64).powf(-0.5) };
        let middle = if name.contains("norm") { 1.0 } else { 0.0 };
        let numbers: Vec<f32> = (0..len).map(|_| (middle + size * rng.normal()) as f32).collect();
        weights.insert(name, Weight::f32(&shape, &numbers));
    }
    Parts { config, tokenizer, template: None, weights, format: None }
}

const PROMPT: [usize; 9] = [3, 1, 4, 1, 5, 9, 2, 6, 5];

fn worst(a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
    a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn every_format_and_back_gives_identical_logits() {
    let folder = tempfile::tempdir().unwrap();
    let parts = plain();
    let expected = reference(&parts, &PROMPT);
    let save = |name: &str, format: Option<Format>, dtype: Stored| {
        let path = folder.path().join(name);
        save_parts(&parts, &path, &SaveConfig { format, dtype }).unwrap();
        let again = load_parts(&path).unwrap();
        assert_eq!(again.tokenizer, parts.tokenizer, "{name}");
        assert_eq!(again.config, parts.config, "{name}");
        let off = worst(&reference(&again, &PROMPT), &expected);
        let turned = reference(&again.with_positions(Positions::Interleaved), &PROMPT);
        assert!(worst(&turned, &reference(&again, &PROMPT)) < 1e-12, "the order of rotary pairs changes nothing");
        (again, off)
    };
    let exact = [
        ("a.safetensors", None, Format::Mynah),
        ("folder", None, Format::HuggingFace),
        ("a.gguf", None, Format::Gguf),
        ("v0.bin", Some(Format::Llama2c0), Format::Llama2c0),
        ("v1.bin", None, Format::Llama2c1),
    ];
    for (name, format, found) in exact {
        let (again, off) = save(name, format, Stored::F32);
        assert_eq!(again.format, Some(found), "{name}");
        assert_eq!(off, 0.0, "{name}");
        for (weight, numbers) in &parts.weights {
            assert_eq!(again.weight(weight).unwrap().to_f32(), numbers.to_f32(), "{name} {weight}");
        }
    }
    for name in ["half.safetensors", "half", "half.gguf"] {
        assert!(save(name, None, Stored::F16).1 < 2e-2, "{name}");
    }
    let mut rough = Vec::new();
    for name in ["q8.safetensors", "q8.gguf", "q8.bin"] {
        let (again, off) = save(name, None, Stored::Q8);
        assert!(off < 0.1, "{name} {off}");
        for (weight, exact) in parts.weights.iter().filter(|(_, w)| w.shape().len() == 2) {
            let numbers = again.weight(weight).unwrap().to_f32();
            for (a, b) in exact.to_f32().chunks(32).zip(numbers.chunks(32)) {
                let half_step = a.iter().fold(0f32, |m, x| m.max(x.abs())) / 254.0 * 1.001;
                assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= half_step + 4e-8), "{name} {weight}");
            }
        }
        rough.push(again);
    }
    assert_eq!(reference(&rough[0], &PROMPT), reference(&rough[1], &PROMPT), "the same blocks in both files");
    for name in ["q4.safetensors", "q4.gguf"] {
        assert!(save(name, None, Stored::Q4).1 < 1.5, "{name}");
    }
}

#[test]
fn what_is_quantised_stays_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let (gguf, ours) = (folder.path().join("a.gguf"), folder.path().join("a.safetensors"));
    for dtype in [Stored::Q8, Stored::Q4] {
        let config = SaveConfig { dtype, ..Default::default() };
        save_parts(&plain(), &gguf, &config).unwrap();
        let once = load_parts(&gguf).unwrap();
        save_parts(&once, &ours, &config).unwrap();
        let twice = load_parts(&ours).unwrap();
        assert_eq!(twice.config, once.config);
        for (name, weight) in &once.weights {
            let (a, b) = (weight.raw().unwrap(), twice.weight(name).unwrap().raw().unwrap());
            assert_eq!((a.0, a.1.all()), (b.0, b.1.all()), "{name}");
        }
    }
}

#[test]
fn biases_head_norms_and_scaling_survive() {
    let folder = tempfile::tempdir().unwrap();
    let base =
        ModelConfig { dim: 24, layers: 1, heads: 4, kv_heads: 2, head_dim: 10, hidden: 20, ..Default::default() };
    let scaling = RopeScaling { factor: 8.0, low_freq_factor: 1.0, high_freq_factor: 4.0, original_context: 16 };
    let shapes = [
        ModelConfig { qkv_bias: true, head_dim: 6, ..base.clone() },
        ModelConfig { qk_norm: true, rope_theta: 1e6, ..base.clone() },
        ModelConfig { rope_scaling: Some(scaling), rope_theta: 5e5, norm_eps: 1e-6, tied: false, ..base.clone() },
    ];
    for config in shapes {
        let parts = random(config);
        let expected = reference(&parts, &PROMPT);
        for name in ["folder", "a.gguf", "a.safetensors"] {
            let path = folder.path().join(name);
            save_parts(&parts, &path, &SaveConfig::default()).unwrap();
            let again = load_parts(&path).unwrap();
            let off = worst(&reference(&again, &PROMPT), &expected);
            assert!(off < 1e-6, "{name} {off}");
        }
    }
    let odd = [
        ModelConfig { positions: Positions::Learned, ..Default::default() },
        ModelConfig { causal: false, ..Default::default() },
        ModelConfig { qkv_bias: true, qk_norm: true, ..Default::default() },
    ];
    for config in odd {
        let parts = random(ModelConfig { dim: 16, layers: 1, heads: 2, context: 8, ..config });
        let path = folder.path().join("odd.safetensors");
        save_parts(&parts, &path, &SaveConfig::default()).unwrap();
        assert_eq!(load_parts(&path).unwrap().config, parts.config);
        let refusal = save_parts(&parts, folder.path().join("odd"), &SaveConfig::default()).unwrap_err().to_string();
        assert!(refusal.contains("a Hugging Face folder holds"), "{refusal}");
        assert!(save_parts(&parts, folder.path().join("odd.bin"), &SaveConfig::default()).is_err());
    }
}

#[test]
fn tokenizer_bin_of_llama2c() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.bin");
    let mut pieces: Vec<Vec<u8>> = vec![b"<unk>".to_vec(), b"\n<s>\n".to_vec(), b"\n</s>\n".to_vec()];
    pieces.extend((0..256).map(|b| format!("<0x{b:02X}>").into_bytes()));
    pieces.extend([b" ".to_vec(), b"t".to_vec(), b"h".to_vec(), b" t".to_vec(), b" th".to_vec()]);
    let mut parts = random(ModelConfig { dim: 16, layers: 1, heads: 2, context: 8, vocab: 264, ..Default::default() });
    parts.tokenizer = Tokenizer::bytes();
    save_parts(&parts, &path, &SaveConfig::default()).unwrap();
    std::fs::remove_file(folder.path().join("m.tokenizer.json")).unwrap();
    let message = load_parts(&path).err().unwrap().to_string();
    assert!(message.ends_with("put llama2.c's tokenizer.bin into its folder"), "{message}");
    let write = |pieces: &[Vec<u8>]| {
        let mut bytes = 8u32.to_le_bytes().to_vec();
        for (i, piece) in pieces.iter().enumerate() {
            bytes.extend((i as f32).to_le_bytes());
            bytes.extend((piece.len() as u32).to_le_bytes());
            bytes.extend(piece);
        }
        std::fs::write(folder.path().join("tokenizer.bin"), bytes).unwrap();
    };
    write(&pieces);
    let t = load_parts(&path).unwrap().tokenizer;
    assert_eq!(t.encode(b"th").unwrap(), [263], "a space is put before a text");
    assert_eq!(t.decode(&t.encode("tä".as_bytes()).unwrap()).unwrap(), "tä".as_bytes());
    assert_eq!((t.bos(), t.eos()), (Some(1), Some(2)));
    write(&pieces[..200]);
    let message = load_parts(&path).err().unwrap().to_string();
    assert!(message.ends_with("has 200 tokens, the model beside it 264"), "{message}");
}

#[test]
fn tokenizers_are_written_as_other_programs_read_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.gguf");
    let kept = |parts: &Parts| {
        save_parts(parts, &path, &SaveConfig::default()).unwrap();
        // Without our own entry, the format's fields must do.
        let mut bytes = std::fs::read(&path).unwrap();
        let at = bytes.windows(15).position(|w| w == b"mynah.tokenizer").unwrap();
        bytes[at] = b'M';
        std::fs::write(&path, bytes).unwrap();
        load_parts(&path).unwrap().tokenizer
    };
    let text = "the cat sat on the mat; 42 times".as_bytes();
    for name in ["llama-mixed.gguf", "qwen3-q8.gguf"] {
        let parts = load_parts(golden(name)).unwrap();
        let t = kept(&parts);
        assert_eq!(t.encode(text).unwrap(), parts.tokenizer.encode(text).unwrap(), "{name}");
        assert_eq!((t.bos(), t.eos()), (parts.tokenizer.bos(), parts.tokenizer.eos()));
        assert_eq!(t.chat_template(), parts.tokenizer.chat_template());
    }
    // Byte pairs that were learned here.
    let config = crate::lm::BpeConfig { vocab: 280, ..Default::default() };
    let learned = Tokenizer::bpe([&text.repeat(3)[..]], &config).unwrap().with_specials(["<end>"]).unwrap();
    let mut parts = random(ModelConfig { dim: 16, layers: 1, heads: 2, context: 8, vocab: 300, ..Default::default() });
    parts.tokenizer = learned.clone();
    let t = kept(&parts);
    assert_eq!(t.encode(text).unwrap(), learned.encode(text).unwrap());
    assert_eq!(t.special("<end>"), learned.special("<end>"));

    // A tokenizer.json goes back into the folder as it came; pieces go into a tokenizer.bin.
    let mut parts = load_parts(golden("llama-tied")).unwrap();
    save_parts(&parts, folder.path().join("hf"), &SaveConfig::default()).unwrap();
    let again = load_parts(folder.path().join("hf")).unwrap();
    assert_eq!(again.tokenizer, parts.tokenizer);
    assert!(folder.path().join("hf/tokenizer.json").exists());
    assert!(!folder.path().join("hf/mynah_tokenizer.json").exists());
    parts = random(ModelConfig { dim: 16, layers: 1, heads: 2, context: 8, vocab: 300, ..Default::default() });
    parts.tokenizer = load_parts(golden("qwen3-q8.gguf")).unwrap().tokenizer;
    parts.config.vocab = parts.tokenizer.vocab_size();
    let parts = Parts { tokenizer: parts.tokenizer, ..random(parts.config) };
    let path = folder.path().join("a.bin");
    save_parts(&parts, &path, &SaveConfig::default()).unwrap();
    assert!(folder.path().join("a.tokenizer.bin").exists());
    std::fs::remove_file(folder.path().join("a.tokenizer.json")).unwrap();
    let again = load_parts(&path).unwrap().tokenizer;
    assert_eq!(again.encode(text).unwrap(), parts.tokenizer.encode(text).unwrap());
}

/// A Nano file of a model, written as its exporter does: since 2025.12, or before.
fn nano_file(parts: &Parts, group: Option<usize>, since: bool) -> Vec<u8> {
    let parts = parts.with_positions(Positions::Interleaved);
    let c = &parts.config;
    let mut words: Vec<u32> = vec![0x4244_3453, 0x5552_4c4d];
    words.extend(if since { [2025, 12] } else { [2024, 10] });
    words.extend([0, 32]);
    let sizes = [c.context, c.vocab, c.layers, c.dim, c.heads, c.kv_heads, c.hidden, usize::from(c.tied)];
    words.extend(sizes.map(|n| n as u32));
    if since {
        words.push(c.head_dim as u32);
    }
    words.extend(group.map_or([0, 0], |g| [10, g as u32]));
    words.resize(64, 0);
    let texts: Vec<String> = (0..c.vocab)
        .map(|i| match i {
            0 => "<|bos|>".into(),
            1 => "<|eos|>".into(),
            2 => "鹦鹉".into(),
            i => char::from_u32('a' as u32 + i as u32 - 3).unwrap().to_string(),
        })
        .collect();
    words.push(8 + texts.iter().map(|t| 8 + 4 * t.chars().count() as u32).sum::<u32>());
    words.push(c.vocab as u32);
    for (i, text) in texts.iter().enumerate() {
        words.push(text.chars().count() as u32 | u32::from(i < 2) << 8 | 0xffff_0000);
        words.push(i as u32);
        words.extend(text.chars().map(u32::from));
    }
    let mut out: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    let f32s = |out: &mut Vec<u8>, x: &[f32]| x.iter().for_each(|x| out.extend(x.to_le_bytes()));
    let order = match (since, group) {
        (true, _) => "attn_norm ffn_norm norm embed wq wk wv wo w1 w2 w3 tables output",
        (_, None) => "embed attn_norm wq wk wv wo ffn_norm w1 w2 w3 norm tables output",
        _ => "attn_norm ffn_norm norm embed wq wk wv wo w1 w2 w3 output tables",
    };
    for kind in order.split(' ') {
        if kind == "tables" {
            for function in [f64::cos, f64::sin] {
                for p in 0..c.context {
                    let row: Vec<f32> = c.frequencies().iter().map(|f| function(p as f64 * f) as f32).collect();
                    f32s(&mut out, &row);
                }
            }
            continue;
        }
        for (name, shape) in llama2c::of_kind(c, kind) {
            let numbers = parts.weight(&name).unwrap().to_f32();
            match group.filter(|_| shape.len() == 2) {
                None => f32s(&mut out, &numbers),
                Some(group) => {
                    let scale = |b: &[f32]| b.iter().fold(0f32, |m, x| m.max(x.abs())) / 127.0;
                    let scales: Vec<f32> = numbers.chunks(group).map(scale).collect();
                    out.extend(numbers.iter().enumerate().map(|(i, x)| (x / scales[i / group]).round() as i8 as u8));
                    f32s(&mut out, &scales);
                }
            }
        }
    }
    out
}

#[test]
fn nano_files_of_every_layout() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nano.bin");
    for tied in [true, false] {
        let config = ModelConfig { tied, rope_theta: 50_000.0, ..plain().config };
        let parts = random(config);
        let expected = reference(&parts, &PROMPT);
        for since in [true, false] {
            for group in [None, Some(32)] {
                std::fs::write(&path, nano_file(&parts, group, since)).unwrap();
                let again = load_parts(&path).unwrap();
                assert_eq!((again.format, again.config.rope_theta), (Some(Format::Nano), 50_000.0));
                let off = worst(&reference(&again, &PROMPT), &expected);
                assert!(off < if group.is_some() { 0.2 } else { 1e-9 }, "{since} {group:?} {off}");
                let t = &again.tokenizer;
                assert_eq!(t.encode("a鹦鹉b".as_bytes()).unwrap(), [3, 2, 4]);
                assert_eq!((t.bos(), t.eos()), (Some(0), Some(1)));
            }
        }
    }
    let mut lora = nano_file(&plain(), None, true);
    lora[16] = 10;
    std::fs::write(&path, lora).unwrap();
    assert!(load_parts(&path).err().unwrap().to_string().contains("a LoRA module of Nano"));
}

/// One file of each format, with what to load.
fn one_of_each(folder: &Path) -> Vec<(PathBuf, PathBuf)> {
    let parts =
        random(ModelConfig { dim: 32, layers: 1, heads: 4, kv_heads: 2, hidden: 32, context: 8, ..Default::default() });
    let mut files = Vec::new();
    for (name, format, dtype) in [
        ("a.safetensors", Format::Mynah, Stored::Q8),
        ("a.gguf", Format::Gguf, Stored::Q4),
        ("v0.bin", Format::Llama2c0, Stored::F32),
        ("v1.bin", Format::Llama2c1, Stored::F32),
        ("v2.bin", Format::Llama2c2, Stored::F32),
        ("hf", Format::HuggingFace, Stored::F16),
    ] {
        let path = folder.join(name);
        save_parts(&parts, &path, &SaveConfig { format: Some(format), dtype }).unwrap();
        let inner = if path.is_dir() { path.join("model.safetensors") } else { path.clone() };
        files.push((path, inner));
    }
    let nano = folder.join("nano.bin");
    std::fs::write(&nano, nano_file(&parts, Some(32), true)).unwrap();
    files.push((nano.clone(), nano));
    files
}

#[test]
fn files_cut_anywhere_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (path, inner) in one_of_each(folder.path()) {
        let whole = std::fs::read(&inner).unwrap();
        // Every length of the header, then every so many.
        let lengths = (0..600.min(whole.len())).chain((600..whole.len()).step_by(331)).chain([whole.len() - 1]);
        for cut in lengths {
            std::fs::write(&inner, &whole[..cut]).unwrap();
            let message = load_parts(&path).err().unwrap_or_else(|| panic!("{path:?} cut at {cut}")).to_string();
            assert!(!message.contains('\n'), "{message}");
        }
        let longer = [&whole[..], &[0; 40]].concat();
        std::fs::write(&inner, longer).unwrap();
        let is_gguf = path.extension().is_some_and(|e| e == "gguf");
        assert!(is_gguf || load_parts(&path).is_err(), "{path:?} with 40 bytes more");
    }
}

#[test]
fn damaged_bytes_give_an_error_or_a_model_and_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let mut rng = Rng::new(12);
    for (path, inner) in one_of_each(folder.path()) {
        let whole = std::fs::read(&inner).unwrap();
        let head = whole.len().min(2600);
        for _ in 0..150 {
            let mut bytes = whole.clone();
            for _ in 0..1 + rng.below(3) {
                let at = rng.below(head);
                match rng.below(3) {
                    0 => bytes[at] = rng.below(256) as u8,
                    1 => bytes[at] ^= 1 << rng.below(8),
                    _ => {
                        let wild = [u32::MAX, 1 << 31, 1 << 30, 0, 1_000_000_000][rng.below(5)].to_le_bytes();
                        for (to, from) in bytes[at..].iter_mut().zip(wild) {
                            *to = from;
                        }
                    }
                }
            }
            std::fs::write(&inner, &bytes).unwrap();
            if let Ok(parts) = load_parts(&path) {
                let numbers: usize = parts.weights.values().map(|w| w.to_f32().len()).sum();
                assert!(numbers as u128 == parts.config.params() && numbers < 1 << 20);
            }
        }
    }
}

#[test]
fn hostile_headers_are_refused_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let message = load_parts(&path).err().unwrap().to_string();
        message.rsplit('/').next().unwrap().to_string()
    };
    assert_eq!(refusal("empty", b""), "empty: the file is empty");
    assert!(
        refusal("text", b"once upon a time there was a parrot")
            .starts_with("text: not a model that this program knows")
    );
    assert!(refusal("ones", &[0xff; 64]).starts_with("ones: not a model that this program knows"));
    let gguf =
        |words: &[u64]| [b"GGUF\x03\0\0\0".to_vec(), words.iter().flat_map(|w| w.to_le_bytes()).collect()].concat();
    assert!(refusal("many.gguf", &gguf(&[u64::MAX, 1])).contains("damaged or cut off"));
    assert!(refusal("long.gguf", &gguf(&[0, 1, u64::MAX, 0, 0])).contains("damaged or cut off"));
    assert!(
        refusal("big-endian.gguf", b"GGUF\0\0\0\x03aaaaaaaaaaaaaaaaaa").contains("GGUF version 50331648 is not read")
    );

    // A billion layers, in every format that says how many.
    let v1 = |layers: i32| {
        let mut b = llama2c::MAGIC.to_le_bytes().to_vec();
        [1, 64, 64, layers, 4, 4, 100, 64].iter().for_each(|n: &i32| b.extend(n.to_le_bytes()));
        b.resize(4096, 0);
        b
    };
    assert!(refusal("layers.bin", &v1(1_000_000_000)).contains("`layers` must be from 1 to 1048576, got 1000000000"));
    assert!(refusal("many.bin", &v1(60_000)).contains("weights do not fit in its 4096 bytes"));
    assert!(refusal("minus.bin", &v1(-1)).contains("has a size of -1"));
    let parts = random(ModelConfig { dim: 16, layers: 1, heads: 2, context: 8, ..Default::default() });
    let ours = folder.path().join("ours.safetensors");
    save_parts(&parts, &ours, &SaveConfig::default()).unwrap();
    let swapped = |from: &str, to: &str| {
        let bytes = std::fs::read(&ours).unwrap();
        let at = bytes.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
        let mut bytes = [&bytes[..at], to.as_bytes(), &bytes[at + from.len()..]].concat();
        let more = to.len() as i64 - from.len() as i64;
        let told = u64::from_le_bytes(bytes[..8].try_into().unwrap());
        bytes[..8].copy_from_slice(&((told as i64 + more) as u64).to_le_bytes());
        refusal("swapped.safetensors", &bytes)
    };
    let message = swapped(r#"\"layers\":1"#, r#"\"layers\":99999"#);
    assert!(message.contains("tells of 99999 layers with 899993 weights, but it has 11"), "{message}");
    assert!(swapped(r#"\"layers\":1"#, r#"\"layers\":1000000000"#).contains("`layers` must be from 1"));
    let json = folder.path().join("hf/config.json");
    save_parts(&parts, folder.path().join("hf"), &SaveConfig::default()).unwrap();
    let config = std::fs::read_to_string(&json).unwrap();
    let folder_refusal = |from: &str, to: &str| {
        assert!(config.contains(from), "{from}");
        std::fs::write(&json, config.replace(from, to)).unwrap();
        load_parts(folder.path().join("hf")).err().unwrap().to_string()
    };
    let message = folder_refusal("\"num_hidden_layers\": 1", "\"num_hidden_layers\": 500000");
    assert!(message.contains("tells of 500000 layers"), "{message}");
    assert!(folder_refusal("\"llama\"", "\"gpt_neox\"").contains("models of type `gpt_neox` are not read"));
    assert!(
        folder_refusal("\"hidden_size\": 16", "\"hidden_size\": -16")
            .contains("`hidden_size` should be a whole number")
    );
    assert!(folder_refusal("\"intermediate_size\"", "\"size\"").contains("has no `intermediate_size`"));
    assert!(folder_refusal("{", "").contains("not JSON"));
    let message = folder_refusal("\"vocab_size\": 21", "\"vocab_size\": 20");
    assert!(message.contains("20"), "{message}");

    // An index that leads out of its folder.
    std::fs::write(&json, &config).unwrap();
    std::fs::rename(folder.path().join("hf/model.safetensors"), folder.path().join("out.safetensors")).unwrap();
    let index = r#"{"weight_map": {"lm_head.weight": "../out.safetensors"}}"#;
    std::fs::write(folder.path().join("hf/model.safetensors.index.json"), index).unwrap();
    let message = load_parts(folder.path().join("hf")).err().unwrap().to_string();
    assert!(message.ends_with("`../out.safetensors` is no name of a shard"), "{message}");
}

#[test]
fn gguf_names_that_stand_there_twice_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.gguf");
    let parts = random(ModelConfig { dim: 16, layers: 1, heads: 2, context: 8, ..Default::default() });
    save_parts(&parts, &path, &SaveConfig::default()).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let renamed = |from: &str, to: &str| {
        let mut bytes = whole.clone();
        while let Some(at) = bytes.windows(from.len()).position(|w| w == from.as_bytes()) {
            bytes[at..at + from.len()].copy_from_slice(to.as_bytes());
        }
        std::fs::write(&path, bytes).unwrap();
        load_parts(&path).err().unwrap().to_string()
    };
    assert!(renamed("blk.0.ffn_up.weight", "blk.0.ffn_xx.weight").ends_with("has no tensor `blk.0.ffn_up.weight`"));
    assert!(renamed("blk.0.attn_q.weight", "blk.0.attn_k.weight").contains("stands twice"));
    assert!(renamed("llama.block_count", "llama.vocab_size!").contains("`llama.block_count`"));
    assert!(renamed("general.file_type", "general.alignment").contains("stands twice"));
    let mut wrong = whole.clone();
    let at = whole.windows(19).position(|w| w == b"blk.0.attn_q.weight").unwrap() + 19 + 4 + 16;
    wrong[at] = 10; // the type Q2_K
    std::fs::write(&path, &wrong).unwrap();
    assert!(load_parts(&path).err().unwrap().to_string().contains("`blk.0.attn_q.weight` is of type Q2_K"));
    wrong[at] = 0;
    wrong[at + 4..at + 12].copy_from_slice(&u64::MAX.to_le_bytes());
    std::fs::write(&path, &wrong).unwrap();
    assert!(load_parts(&path).err().unwrap().to_string().contains("lies outside its"));
}
