//! Mynah in a Rust program, without Lua: a small bird learns the lines of two people, who then talk frame by frame.
//!
//!     cargo run --release --no-default-features --example embed [STEPS]

use mynah::lm::{
    ChatTemplate, Frozen, GenerateConfig, Message, Model, ModelConfig, Quantization, Sft, SftConfig, Tokenizer,
    TrainConfig,
};
use mynah::nn::Device;
use mynah::npc::{CharacterConfig, Event, Spoken, Stage, StageConfig};
use std::time::{Duration, Instant};

/// Who they are, and what they answer to what.
const PEOPLE: [(&str, [[&str; 2]; 3]); 2] = [
    (
        "You are Odo, a miller.",
        [
            ["Who are you?", "Odo, the miller. And you stand in my flour."],
            ["Is the bridge open?", "No. The flood took it in spring."],
            ["Any work for me?", "Carry these sacks up to the inn, friend."],
        ],
    ),
    (
        "You are Marta. You keep the inn.",
        [
            ["Who are you?", "Marta. If you are hungry, sit down."],
            ["Is the bridge open?", "Ask Odo, he sees it from his window."],
            ["Any work for me?", "The floor will not sweep itself, dear."],
        ],
    ),
];

fn main() -> mynah::Result<()> {
    let bird = Frozen::of(&learned()?)?.quantized(Quantization::Q8)?;
    println!("The bird takes {} bytes.", bird.engine().bytes());

    // One stage for all who share the bird. `threads: 0`: the work is done inside `poll`.
    let mut stage = Stage::new(&bird, &StageConfig { threads: 0, ..Default::default() })?;
    let sampling = GenerateConfig { tokens: 60, temperature: 0.0, ..Default::default() };
    let people = PEOPLE.map(|(persona, _)| {
        stage.add(&CharacterConfig { persona: persona.into(), sampling: sampling.clone(), ..Default::default() })
    });
    let [odo, marta] = people;
    let (odo, marta) = (odo?, marta?);

    for question in ["Is the bridge open?", "Any work for me?"] {
        println!("\nYou: {question}");
        stage.say(odo, question)?;
        stage.say(marta, question)?;
        let mut said = [String::new(), String::new()];
        let (mut frames, mut longest) = (0, Duration::ZERO);
        while stage.busy(odo) || stage.busy(marta) {
            // What a game does once a frame: at most two milliseconds of work, then show what came.
            let begun = Instant::now();
            let spoken = stage.poll(Duration::from_millis(2))?;
            longest = longest.max(begun.elapsed());
            for Spoken { who, event } in spoken {
                match event {
                    Event::Piece(piece) => said[usize::from(who == marta)] += &piece,
                    Event::Failed(why) => println!("({why})"),
                    Event::Action(_) | Event::End(_) => {}
                }
            }
            frames += 1;
        }
        println!("Odo: {}\nMarta: {}", said[0], said[1]);
        println!("({frames} frames, the longest poll {:.1} ms)", longest.as_secs_f64() * 1e3);
    }
    Ok(())
}

/// A model that knows the lines by heart.
fn learned() -> mynah::Result<Model> {
    let mut conversations = Vec::new();
    for (persona, lines) in PEOPLE {
        for [said, answer] in lines {
            conversations.push(vec![
                Message::new("system", persona),
                Message::new("user", said),
                Message::new("assistant", answer),
            ]);
        }
    }
    let letters: String = conversations.iter().flatten().map(|m| m.content.as_str()).collect();
    let specials = ChatTemplate::preset_specials("plain").iter().copied();
    let tokenizer = Tokenizer::chars(&letters)?.with_specials(specials)?;
    let config = ModelConfig { dim: 64, layers: 2, heads: 4, kv_heads: 2, context: 128, ..Default::default() };
    let model = Model::new(&config, tokenizer, Device::Cpu, 1)?;

    let template = ChatTemplate::of(model.tokenizer())?;
    let sft = SftConfig { val_fraction: 0.0, ..Default::default() };
    let lessons = Sft::new(&model, &template, &conversations, &sft)?.batches;
    let steps = std::env::args().nth(1).and_then(|steps| steps.parse().ok()).unwrap_or(200);
    let train = TrainConfig { steps, batch: 6, lr: 5e-3, val_fraction: 0.0, ..Default::default() };
    let report = model.train_on(lessons, &train, |_| Ok(true))?;
    println!("{} steps of learning took {:.1} s.", report.steps, report.seconds);
    Ok(model)
}
