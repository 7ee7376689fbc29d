use super::*;
use crate::data::Rng;
use crate::lm::{ChatTemplate, Engine, LowRank, Matrix, ModelConfig, Tokenizer};
use crate::npc::act::tests::verbs;

const TEMPLATE: &str = "{% for m in messages %}{{ m.role[0] + ':' + m.content + '#\n' }}{% endfor %}\
{% if add_generation_prompt %}{{ 'a:' }}{% endif %}";

fn model() -> Frozen {
    let config = ModelConfig {
        vocab: 256,
        dim: 24,
        layers: 2,
        heads: 4,
        kv_heads: 2,
        hidden: 40,
        context: 192,
        ..Default::default()
    };
    let mut rng = Rng::new(2);
    let engine = Engine::from_parts(&config, |name, [rows, cols]| {
        let (mean, std) = if name.contains("norm") { (1.0, 0.0) } else { (0.0, 0.3) };
        Matrix::f32(rows, cols, (0..rows * cols).map(|_| (mean + std * rng.normal()) as f32).collect::<Vec<_>>())
    });
    let template = ChatTemplate::new(TEMPLATE).unwrap();
    Frozen::new(Arc::new(engine.unwrap()), Arc::new(Tokenizer::bytes()), Some(template)).unwrap()
}

fn adapter(model: &Frozen, seed: u64) -> Arc<Adapter> {
    let mut rng = Rng::new(seed);
    let mut numbers = |n: usize| (0..n).map(|_| 0.3 * rng.normal() as f32).collect::<Vec<_>>();
    let part = LowRank { name: "layers.0.wq".into(), a: numbers(2 * 24), b: numbers(24 * 2), rank: 2 };
    Arc::new(Adapter::new(model.engine().config(), 1.0, [part]).unwrap())
}

fn somebody(seed: u64) -> CharacterConfig {
    let temperature = [0.0, 0.7, 1.0, 1.3][seed as usize % 4];
    let (actions, tokens) = if seed.is_multiple_of(3) { (verbs(), 60) } else { (Vec::new(), 12 + seed as usize % 5) };
    let sampling = GenerateConfig { tokens, temperature, seed: Some(seed), ..Default::default() };
    CharacterConfig { persona: format!("You are number {seed}."), sampling, actions, ..Default::default() }
}

/// A stage that works in the caller's thread.
fn here() -> StageConfig {
    StageConfig { threads: 0, ..Default::default() }
}

const LONG: Duration = Duration::from_millis(50);

/// What all say until nobody is busy: events with their pieces joined.
fn hear(stage: &mut Stage, all: &[usize]) -> BTreeMap<usize, Vec<Event>> {
    let mut heard: BTreeMap<usize, Vec<Event>> = BTreeMap::new();
    for _ in 0..200_000 {
        for Spoken { who, event } in stage.poll(LONG).unwrap() {
            let events = heard.entry(who).or_default();
            match (events.last_mut(), event) {
                (Some(Event::Piece(before)), Event::Piece(more)) => *before += &more,
                (_, event) => events.push(event),
            }
        }
        if !all.iter().any(|who| stage.busy(*who)) {
            return heard;
        }
        if matches!(stage.place, Place::Worker { .. }) {
            std::thread::sleep(Duration::from_micros(200));
        }
    }
    panic!("nobody comes to an end");
}

#[test]
fn everybody_says_what_they_would_say_alone() {
    let model = model();
    let alone: Vec<Vec<Event>> = (0..9)
        .map(|seed| {
            let mut stage = Stage::new(&model, &StageConfig { warm_up: false, ..here() }).unwrap();
            let who = stage.add(&somebody(seed)).unwrap();
            if seed % 2 == 1 {
                stage.set_adapter(who, Some((adapter(&model, seed), 0.7))).unwrap();
            }
            for text in ["Hello", "What do you sell?", "Bye"] {
                stage.say(who, text).unwrap();
            }
            hear(&mut stage, &[who]).remove(&who).unwrap()
        })
        .collect();
    assert!(alone.iter().any(|a| a != &alone[0]));
    for (threads, prefill) in [(0, 16), (0, 3), (1, 16)] {
        let mut stage = Stage::new(&model, &StageConfig { threads, prefill, ..Default::default() }).unwrap();
        let all: Vec<usize> = (0..9).map(|seed| stage.add(&somebody(seed)).unwrap()).collect();
        for who in &all {
            if who % 2 == 1 {
                stage.set_adapter(*who, Some((adapter(&model, *who as u64), 0.7))).unwrap();
            }
            for text in ["Hello", "What do you sell?", "Bye"] {
                stage.say(*who, text).unwrap();
            }
        }
        let heard = hear(&mut stage, &all);
        for who in all {
            assert_eq!(heard[&who], alone[who], "character {who} of a stage with {threads} threads");
            let said = stage.conversation(who).unwrap();
            assert_eq!(said.messages.len(), 6);
        }
    }
}

#[test]
fn a_line_is_broken_off_at_once_and_what_was_said_stays() {
    for threads in [0, 1] {
        let mut stage = Stage::new(&model(), &StageConfig { threads, ..Default::default() }).unwrap();
        let sampling = GenerateConfig { tokens: 90, seed: Some(1), ..Default::default() };
        let who = stage.add(&CharacterConfig { sampling, ..Default::default() }).unwrap();
        for round in 0..30 {
            stage.say(who, "Hi").unwrap();
            stage.say(who, "again").unwrap();
            if round % 2 == 0 {
                stage.poll(Duration::from_micros(300)).unwrap();
            }
            stage.cancel(who).unwrap();
            let mut ends = 0;
            while stage.busy(who) {
                ends += stage.poll(LONG).unwrap().iter().filter(|s| matches!(s.event, Event::End(_))).count();
            }
            assert!(ends <= 2 && stage.poll(LONG).unwrap().is_empty(), "nothing comes afterwards");
        }
        assert!(!stage.busy(who));
        stage.say(who, "Hi").unwrap(); // and exits in the middle of a line
        stage.poll(Duration::ZERO).unwrap();
    }
}

#[test]
fn work_waits_for_polls_and_their_budgets() {
    let mut stage = Stage::new(&model(), &StageConfig { warm_up: false, ..here() }).unwrap();
    let who = stage.add(&somebody(1)).unwrap();
    stage.say(who, "Hello").unwrap();
    let Place::Here(core) = &mut stage.place else { panic!() };
    core.pace.note_begin(Duration::from_millis(5));
    core.pace.note_read(1, Duration::from_millis(10));
    core.pace.note_step(1, Duration::from_millis(10));
    core.work_for(Duration::from_millis(2));
    core.work_for(Duration::from_millis(2));
    assert!(core.actors[&who].chat.conversation().messages.is_empty(), "5.5 ms do not fit into 4");
    core.work_for(Duration::from_millis(2));
    assert_eq!(core.actors[&who].chat.conversation().messages.len(), 1, "but into three times 2");
    let mut polls = 0;
    while core.actor(who).unwrap().chat.session_mut().tokens_read() == 0 {
        core.work_for(Duration::from_millis(2));
        polls += 1;
    }
    assert_eq!(polls, 6, "a token of 11 ms is worth six polls of 2");
}

#[test]
fn prompts_are_read_before_they_are_needed() {
    let mut stage = Stage::new(&model(), &here()).unwrap();
    let who = stage.add(&somebody(1)).unwrap();
    for _ in 0..100 {
        stage.poll(LONG).unwrap();
    }
    let Place::Here(core) = &mut stage.place else { panic!() };
    let warm = core.actor(who).unwrap().chat.session_mut().tokens().to_vec();
    assert_eq!(warm, b"s:You are number 1.#\nu:".map(u32::from));
    stage.say(who, "Hi").unwrap();
    hear(&mut stage, &[who]);
    let Place::Here(core) = &mut stage.place else { panic!() };
    let session = core.actor(who).unwrap().chat.session_mut();
    assert_eq!(session.tokens_read() as usize, session.tokens().len(), "nothing was read twice");
}

#[test]
fn facts_come_to_the_mind_of_those_who_may_know_them() {
    let mut stage = Stage::new(&model(), &here()).unwrap();
    let knows = vec!["village".to_string()];
    let miller = stage.add(&CharacterConfig { knows, ..somebody(1) }).unwrap();
    let stranger = stage.add(&somebody(2)).unwrap();
    let fact = |text: &str| Fact { text: text.into(), tags: vec!["village".into()], ..Default::default() };
    stage.share(fact("The bridge is broken.")).unwrap();
    stage.remember(stranger, fact("My bridge pass is forged.")).unwrap();
    for who in [miller, stranger] {
        stage.say(who, "May I cross the bridge?").unwrap();
    }
    hear(&mut stage, &[miller, stranger]);
    let mut told = |who| stage.conversation(who).unwrap().messages[0].content.clone();
    assert_eq!(told(miller), "(The bridge is broken.)\nMay I cross the bridge?");
    assert_eq!(told(stranger), "(My bridge pass is forged.)\nMay I cross the bridge?");
    stage.say(miller, "The bridge!").unwrap();
    hear(&mut stage, &[miller]);
    assert_eq!(stage.conversation(miller).unwrap().messages[2].content, "The bridge!", "it still sees the fact");
    assert!(stage.forget(stranger, "My bridge pass is forged.").unwrap());
    assert!(stage.facts(stranger).unwrap().is_empty());
}

#[test]
fn lines_end_with_actions_that_can_be_done() {
    let mut stage = Stage::new(&model(), &here()).unwrap();
    let actions = Actions::new(verbs()).unwrap();
    let mut done = 0;
    let all: Vec<usize> = (0..24)
        .map(|seed| {
            let sampling = GenerateConfig {
                tokens: 80,
                seed: Some(seed),
                temperature: 1.2,
                logit_bias: vec![(10, 3.0)],
                ..Default::default()
            };
            let who = stage.add(&CharacterConfig { sampling, actions: verbs(), ..Default::default() }).unwrap();
            stage.say(who, "Give me bread").unwrap();
            who
        })
        .collect();
    for (who, events) in hear(&mut stage, &all) {
        let line = stage.conversation(who).unwrap().messages[1].content.clone();
        let (words, action) = actions.split(&line).unwrap();
        let mut expected: Vec<Event> = Vec::new();
        expected.extend(Some(words).filter(|w| !w.is_empty()).map(|w| Event::Piece(w.into())));
        done += usize::from(action.is_some());
        expected.extend(action.map(Event::Action));
        expected.push(Event::End(false));
        assert_eq!(events, expected);
    }
    assert!(done > 3, "{done}");
}

#[test]
fn a_line_may_be_held_to_a_few_answers() {
    let mut stage = Stage::new(&model(), &here()).unwrap();
    let who = stage.add(&somebody(3)).unwrap();
    let yes_or_no = Constraint::choices(["yes", "no"]).map(Arc::new).unwrap();
    for _ in 0..6 {
        stage.say_within(who, "Is the bridge open?", Some(yes_or_no.clone())).unwrap();
        let heard = hear(&mut stage, &[who]);
        let Event::Piece(answer) = &heard[&who][0] else { panic!("{heard:?}") };
        assert!(["yes", "no"].contains(&answer.as_str()), "{answer}");
        assert_eq!(heard[&who][1..], [Event::End(false)]);
    }
}

#[test]
fn a_saved_character_goes_on_as_if_nothing_had_happened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("miller.npc");
    let model = model();
    let mut stage = Stage::new(&model, &here()).unwrap();
    let mut config = somebody(2);
    config.sampling.stop = vec!["q".into()];
    config.sampling.banned = vec![b'e'.into()];
    let who = stage.add(&config).unwrap();
    stage.remember(who, Fact { text: "I like bread.".into(), ..Default::default() }).unwrap();
    stage.say(who, "Hello").unwrap();
    hear(&mut stage, &[who]);
    stage.save(who, &path).unwrap();
    assert!(std::fs::metadata(&path).unwrap().len() < 100 << 10);
    let mut other = Stage::new(&model, &StageConfig { threads: 1, ..Default::default() }).unwrap();
    let again = other.load(&path).unwrap();
    for (stage, who) in [(&mut stage, who), (&mut other, again)] {
        stage.say(who, "Do you like bread?").unwrap();
        hear(stage, &[who]);
    }
    assert_eq!(other.snapshot(again).unwrap(), stage.snapshot(who).unwrap());
    assert_eq!(other.snapshot(again).unwrap().config.sampling, config.sampling);
    let mut long = stage.snapshot(who).unwrap();
    let once = long.conversation.messages.clone();
    (0..3000).for_each(|_| long.conversation.messages.extend(once.iter().cloned()));
    long.save(&path).unwrap();
    assert!(std::fs::metadata(&path).unwrap().len() < 100 << 10);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\"format\": 1", "\"format\": 7", 1)).unwrap();
    let message = other.load(&path).unwrap_err().to_string();
    assert!(
        message.ends_with("a character of format 7, but this build knows 1; save it again with that build"),
        "{message}"
    );
    std::fs::write(&path, "{}").unwrap();
    assert!(other.load(&path).unwrap_err().to_string().ends_with("not a saved character (it tells no format)"));
}

#[test]
fn what_cannot_be_is_refused() {
    let model = model();
    let mut stage = Stage::new(&model, &here()).unwrap();
    assert_eq!(stage.say(7, "Hi").unwrap_err().to_string(), "stage: there is no character 7");
    let refusal = |stage: &mut Stage, config| stage.add(&config).unwrap_err().to_string();
    let adapter = Some("/nowhere/miller.safetensors".into());
    assert!(refusal(&mut stage, CharacterConfig { adapter, ..Default::default() }).contains("no such file"));
    let sampling = GenerateConfig { temperature: -1.0, ..Default::default() };
    assert!(refusal(&mut stage, CharacterConfig { sampling, ..Default::default() }).contains("`temperature`"));
    let config = StageConfig { threads: 2, ..Default::default() };
    assert_eq!(Stage::new(&model, &config).err().unwrap().to_string(), "stage: `threads` must be 0 or 1, got 2");
    // A message that does not fit fails its own line alone.
    let who = stage.add(&somebody(1)).unwrap();
    stage.say(who, &"x".repeat(500)).unwrap();
    stage.say(who, "Hi").unwrap();
    let heard = hear(&mut stage, &[who]);
    assert!(matches!(&heard[&who][0], Event::Failed(why) if why.contains("the context has only 192")), "{heard:?}");
    assert_eq!(heard[&who].last(), Some(&Event::End(false)));
    stage.remove(who).unwrap();
    assert!(stage.say(who, "Hi").is_err() && stage.poll(LONG).unwrap().is_empty());
}
