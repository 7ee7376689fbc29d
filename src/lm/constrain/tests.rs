//! What must hold of constrained texts, for models that know nothing.

use super::grammar::tests::Recogniser;
use super::*;
use crate::data::Rng;
use crate::lm::{BpeConfig, Engine, Frozen, GenerateConfig, Matrix, ModelConfig};
use serde_json::json;

/// A model of random weights.
fn bird(tokenizer: Tokenizer) -> Frozen {
    let vocab = tokenizer.vocab_size();
    let config = ModelConfig {
        vocab,
        dim: 16,
        layers: 1,
        heads: 2,
        kv_heads: 1,
        hidden: 24,
        context: 128,
        ..Default::default()
    };
    let mut rng = Rng::new(4);
    let engine = Engine::from_parts(&config, |name, [rows, cols]| {
        let (mean, std) = if name.contains("norm") { (1.0, 0.0) } else { (0.0, 0.6) };
        Matrix::f32(rows, cols, (0..rows * cols).map(|_| (mean + std * rng.normal()) as f32).collect::<Vec<_>>())
    });
    Frozen::new(Arc::new(engine.unwrap()), Arc::new(tokenizer), None).unwrap()
}

const TEXT: &str =
    "{\"name\": \"Polly\", \"age\": 12, \"likes\": [\"a cracker\", \"磨坊主\", null]} true false -1.5e3 né? \n\\\"";

/// Byte, char, BPE with an end token, trie, and a list of words that spells no bytes.
fn tokenizers() -> Vec<Tokenizer> {
    let bpe = Tokenizer::bpe([TEXT.repeat(4).as_bytes()], &BpeConfig { vocab: 330, ..Default::default() }).unwrap();
    let letters: String = (' '..='~').chain("\n磨坊主né🐦".chars()).collect();
    let mut words: Vec<String> = (' '..='~').map(String::from).collect();
    words.extend(["\"na".into(), "\": ".into(), "true".into(), "磨".into(), "坊主".into()]);
    vec![
        Tokenizer::bytes(),
        Tokenizer::bytes().with_specials(["<eos>"]).unwrap(),
        Tokenizer::chars(&letters).unwrap(),
        bpe.with_specials(["<bos>", "<eos>", "{"]).unwrap(),
        Tokenizer::trie(vec!["\"name".into(), "\": ".into(), "}\n".into(), " 磨坊".into()]).unwrap(),
        Tokenizer::words(words, &[]).unwrap(),
    ]
}

fn settings(seed: u64) -> GenerateConfig {
    let tokens = 60 + (seed * 7 % 60) as usize;
    let base = GenerateConfig { tokens, seed: Some(seed), top_p: 1.0, temperature: 1.0, ..Default::default() };
    match seed % 6 {
        0 => base,
        1 => GenerateConfig { temperature: 0.0, ..base },
        2 => GenerateConfig { temperature: 1.5, top_k: 3, ..base },
        3 => GenerateConfig { top_p: 0.3, min_p: 0.05, repetition_penalty: 1.8, ..base },
        4 => GenerateConfig { typical_p: 0.4, frequency_penalty: 2.0, ignore_end: true, ..base },
        _ => GenerateConfig { temperature: 5.0, ..base },
    }
}

/// Texts of every tokenizer under a constraint; each must be `good`.
fn all_good(constraint: Constraint, rounds: u64, good: impl Fn(&str) -> bool) -> usize {
    let constraint = Arc::new(constraint);
    let mut texts = std::collections::HashSet::new();
    for tokenizer in tokenizers() {
        let bird = bird(tokenizer);
        for seed in 0..rounds {
            let config = GenerateConfig { constraint: Some(constraint.clone()), ..settings(seed) };
            let text = bird.generate(b"a", &config).unwrap();
            assert!(good(&text), "{} {seed}: {text:?}", bird.tokenizer().kind());
            assert!(constraint.accepts(&text).unwrap() && Recogniser::accepts(&constraint.grammar, &text), "{text:?}");
            if seed % 16 == 0 {
                assert_eq!(bird.generate(b"a", &config).unwrap(), text, "reproducible");
            }
            texts.insert(text);
        }
    }
    texts.len()
}

#[test]
fn choices_come_whole() {
    let choices = ["yes", "no", "nobody knows", "磨坊主", "🐦 né"];
    let n = all_good(Constraint::choices(choices).unwrap(), 150, |t| choices.contains(&t));
    assert!(n >= 3, "{n} of 5");
}

#[test]
fn regular_expressions_match() {
    for pattern in [
        r"[a-z]+@[a-z]{2,8}\.(com|org)",
        r"\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])",
        r"^(磨|né|🐦|[^\x00-\x7f])*!$",
        r"(a*)*b?(c|d|)+",
        r"\w{0,20} .{3}",
        r"(?i)hello (world|磨)",
    ] {
        let regex = ::regex::Regex::new(&format!("^(?:{pattern})$")).unwrap();
        let n = all_good(Constraint::regex(pattern).unwrap(), 60, |t| regex.is_match(t));
        assert!(n > 1, "{pattern}: {n}");
    }
}

#[test]
fn json_is_parsed_and_fits_its_schema() {
    let schema = json!({
        "type": "object",
        "required": ["name", "mood", "wares"],
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 12},
            "age": {"type": "integer", "minimum": -5, "maximum": 130},
            "mood": {"enum": ["glad", "sad", null]},
            "wares": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"$ref": "#/$defs/ware"}},
        },
        "$defs": {"ware": {"anyOf": [{"type": "string", "pattern": "[a-z]{1,6}"}, {"type": "number"}, {"type": "boolean"}]}},
    });
    let ware = ::regex::Regex::new("^[a-z]{1,6}$").unwrap();
    let fits = |text: &str| {
        let Ok(v) = serde_json::from_str::<Value>(text) else { return false };
        let map = v.as_object().unwrap();
        let length = v["name"].as_str().unwrap().chars().count();
        let age = map.get("age").is_none_or(|a| (-5..=130).contains(&a.as_i64().unwrap()));
        let mood = v["mood"].is_null() || ["glad", "sad"].contains(&v["mood"].as_str().unwrap());
        let wares = v["wares"].as_array().unwrap();
        let each = wares.iter().all(|w| w.is_number() || w.is_boolean() || ware.is_match(w.as_str().unwrap()));
        (1..=12).contains(&length)
            && age
            && mood
            && (1..=3).contains(&wares.len())
            && each
            && map.keys().all(|k| ["name", "age", "mood", "wares"].contains(&k.as_str()))
    };
    let n = all_good(Constraint::json(&schema).unwrap(), 250, fits);
    assert!(n > 500, "{n}");
    let parses = |text: &str| serde_json::from_str::<Value>(text).is_ok();
    assert!(all_good(Constraint::json(&json!({})).unwrap(), 250, parses) > 100);
    let object = json!({"type": "object"});
    assert!(
        all_good(Constraint::json(&object).unwrap(), 150, |t| serde_json::from_str::<Value>(t).unwrap().is_object())
            > 50
    );
}

#[test]
fn grammars_are_followed() {
    let chess = r#"
        root  ::= (move " " move "\n"?){1,3}
        move  ::= (pawn | piece | castle) [+#]?
        piece ::= [NBKQR] [a-h]? [1-8]? "x"? [a-h] [1-8]
        pawn  ::= ([a-h] "x")? [a-h] [1-8] ("=" [NBKQR])?
        castle ::= "O-O" "-O"?
    "#;
    assert!(all_good(Constraint::gbnf(chess).unwrap(), 100, |_| true) > 100);
    let nested = "root ::= \"(\" root* \")\" | \"磨\"";
    let balanced = |t: &str| t.matches('(').count() == t.matches(')').count();
    assert!(all_good(Constraint::gbnf(nested).unwrap(), 100, balanced) > 5);
}

#[test]
fn functions_biases_and_bans_cannot_bring_back_what_is_not_allowed() {
    let bird = bird(Tokenizer::bytes());
    let constraint = Some(Arc::new(Constraint::regex("[0-9]{6}").unwrap()));
    let chain = vec![crate::lm::Link::Bias, crate::lm::Link::Function(0), crate::lm::Link::Temperature];
    let logit_bias = vec![(97, 1e30)];
    let config =
        GenerateConfig { constraint, chain, logit_bias, banned: vec![49], seed: Some(1), ..Default::default() };
    let mut generation = bird.stream(b"a", &config).unwrap();
    let mut text = String::new();
    let mut lift = |_: usize, logits: &mut [f32], _: &[u32]| {
        logits[98] = 1e30;
        Ok(())
    };
    while let Some(piece) = generation.next_with(&mut lift) {
        text += &piece.unwrap();
    }
    assert!(text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit() && b != b'1'), "{text}");
    let constraint = Some(Arc::new(Constraint::choices(["1"]).unwrap()));
    let error = bird.generate(b"a", &GenerateConfig { constraint, ..config }).unwrap_err().to_string();
    assert!(error.starts_with("generate: "), "{error}");
}

#[test]
fn a_text_is_whole_however_few_tokens_there_are() {
    let schema =
        json!({"properties": {"say": {"type": "string"}, "list": {"items": {"type": "array"}}}, "required": ["say"]});
    let constraint = Arc::new(Constraint::json(&schema).unwrap());
    for tokenizer in tokenizers() {
        let bird = bird(tokenizer);
        for tokens in 10..40 {
            let config = GenerateConfig { tokens, constraint: Some(constraint.clone()), ..settings(tokens as u64) };
            let config = GenerateConfig { tokens, ..config };
            let text = bird.generate(b"", &config).unwrap();
            assert!(serde_json::from_str::<Value>(&text).unwrap()["say"].is_string(), "{text}");
        }
    }
    let config = GenerateConfig { tokens: 9, constraint: Some(constraint), ..Default::default() };
    assert_eq!(
        bird(Tokenizer::bytes()).generate(b"", &config).unwrap_err().to_string(),
        "generate: the shortest text that the `constraint` allows may need 10 tokens; `tokens` is 9"
    );
}

#[test]
fn an_ending_may_follow_and_is_taken_away() {
    let template = "{% for m in messages %}{{ m.role[0] + ':' + m.content + '#\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'a:' }}{% endif %}";
    let bird = bird(Tokenizer::bytes());
    let bird = Frozen::new(
        bird.engine().clone(),
        bird.tokenizer().clone(),
        Some(crate::lm::ChatTemplate::new(template).unwrap()),
    )
    .unwrap();
    let lines = Arc::new(Constraint::regex("([ab]{1,3}#){0,3}[ab]*").unwrap());
    let mut shorter = 0;
    for seed in 0..60 {
        let config = GenerateConfig {
            tokens: 20,
            constraint: Some(lines.clone()),
            seed: Some(seed),
            top_p: 1.0,
            ..Default::default()
        };
        let mut chat = bird.chat(None);
        let said = chat.say("hello", &config).unwrap();
        assert!(lines.accepts(&said).unwrap(), "{said:?}");
        shorter += usize::from(said.len() < 19);
        let must = GenerateConfig { constraint: Some(Arc::new(Constraint::regex("a{0,4}#").unwrap())), ..config };
        let said = bird.chat(None).say("hello", &must).unwrap();
        assert!(said.ends_with('#'), "what belongs to the text stays: {said:?}");
    }
    assert!(shorter > 10, "{shorter}");
}

#[test]
fn what_cannot_be_written_is_refused() {
    let bird = bird(Tokenizer::chars("abc\n").unwrap());
    let refusal = |constraint: Constraint| {
        let config = GenerateConfig { constraint: Some(Arc::new(constraint)), ..Default::default() };
        bird.generate(b"a", &config).unwrap_err().to_string()
    };
    assert_eq!(
        refusal(Constraint::choices(["dog", "cat"]).unwrap()),
        "constraint: no text that fits can be written in the characters of this tokenizer"
    );
    let cab = Some(Arc::new(Constraint::choices(["dog", "cab"]).unwrap()));
    assert_eq!(bird.generate(b"a", &GenerateConfig { constraint: cab.clone(), ..Default::default() }).unwrap(), "cab");
    let stop = GenerateConfig { constraint: cab, stop: vec!["a".into()], ..Default::default() };
    assert!(bird.generate(b"a", &stop).unwrap_err().to_string().ends_with("leave `stop` out"));
    let none = |c: Result<Constraint>| c.err().unwrap().to_string();
    assert_eq!(
        none(Constraint::new(&ConstraintConfig::default())),
        "constraint: give one of `choices`, `regex`, `json` and `grammar`"
    );
    assert_eq!(
        none(Constraint::gbnf("root ::= item root | \"a\"\nitem ::= root \"b\"")),
        "constraint: the rule `root` calls itself before any character (left recursion); let it begin with something else"
    );
    assert!(none(Constraint::gbnf("root ::= \"a\" root")).starts_with("constraint: no text fits"));
    assert!(none(Constraint::regex("(a|bc){0,2000000}")).contains("too large"));
    assert_eq!(none(Constraint::choices([""])), "constraint: one of the `choices` is an empty text");
}

#[test]
fn memory_stays_within_its_room() {
    let nested = Constraint::gbnf("root ::= \"(\" root \")\" | [a-z] root | \".\"").unwrap();
    let mut machine = Machine::new(Program::new(&nested.grammar, None).unwrap());
    let mut state = machine.start().unwrap();
    for _ in 0..1000 {
        state = machine.step(state, b'(').unwrap();
        assert_eq!(machine.step(state, b'a').unwrap(), state, "what comes to the same is one state");
    }
    assert!(machine.bytes() < 1 << 20);
    machine.forget();
    assert_eq!(machine.bytes(), 0);
}
