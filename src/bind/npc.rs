//! `mynah.npc`: characters that talk and act.
//!
//! A stage does the work (`crate::npc::Stage`); here its events find the lines that they belong to, and actions the Lua
//! functions that carry them out.

use super::convert::{FromArg, Ref, This, got};
use super::lm::{GenerateExtras, LuaFrozen, LuaLora, LuaModel, asked, constraint};
use super::options::Options;
use super::policy::{self, LuaPolicy, PolicyExtras};
use super::shim::{Outcome, Shim, fault};
use crate::lm::{ChatTemplate, Engine, Frozen, GenerateConfig, Lora, Message, Model};
use crate::nn::Device;
use crate::npc::{
    Action, ActionValue, Argument, ArgumentKind, CharacterConfig, ControllerConfig, Event, Fact, LearnConfig, Learner,
    MemoryConfig, SavedCharacter, Spoken, Stage, StageConfig, Verb,
};
use crate::{lua_class, lua_extras, lua_module, progress, stop};
use mlua::{Function, Lua, MultiValue, Table, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell, RefMut};
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

/// Who a character is, and how it chooses its words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct NpcOptions {
    /// The system prompt: who it is and how it speaks.
    pub persona: String,
    /// How strongly its adapter works; finite. Default 1.
    pub adapter_weight: f64,
    /// How facts come to its mind.
    pub memory: MemoryConfig,
    /// Tags of the shared facts that it may know.
    pub knows: Vec<String>,
    /// How it chooses its words, and the most tokens of a line. Line n is drawn with `seed` + n.
    #[serde(flatten)]
    pub draw: GenerateConfig,
}

impl Default for NpcOptions {
    fn default() -> Self {
        let CharacterConfig { persona, adapter_weight, memory, knows, .. } = CharacterConfig::default();
        Self { persona, adapter_weight, memory, knows, draw: GenerateConfig::default() }
    }
}

lua_extras! {
    /// What a character needs beside its settings.
    NpcExtras {
        /// The model that speaks; needed, or `stage`. Characters of one model share a stage.
        model: Value = "mynah.Model|mynah.Frozen",
        /// The stage that it comes onto.
        stage: Ref<LuaStage> = "mynah.Stage",
        /// Its own adapter, or the file of one.
        adapter: Value = "mynah.Lora|string",
        /// What it can do at the end of a line: names, and functions or tables by name:
        /// `{ "nod", give = { args = { { "item", { "bread", "ale" } }, { "count", { 1, 9 } } }, call = function(args) end } }`.
        /// An argument is one of a list of texts, a whole number between two, "number", "flag", "text" or, with a number, a
        /// text of at most so many characters.
        actions: Table = "table<integer|string, string|function|table>",
        /// Ends a line before any of these texts would appear.
        stop: Value = "string|string[]",
        /// Added to the logits of these tokens, by their numbers.
        logit_bias: Table = "table<integer, number>",
        /// Numbers of tokens that never come.
        banned: Vec<usize> = "integer[]"
    }
}

lua_extras! {
    /// Where a saved character comes to life again.
    LoadExtras {
        /// The model that it was saved from; needed, or `stage`.
        model: Value = "mynah.Model|mynah.Frozen",
        /// The stage that it comes onto.
        stage: Ref<LuaStage> = "mynah.Stage",
        /// What it can do, as for `mynah.npc`; those that it was saved with are carried out by these functions.
        actions: Table = "table<integer|string, string|function|table>"
    }
}

lua_extras! {
    /// What a stage needs beside its settings.
    StageExtras {
        /// The model that all its characters share; needed.
        model: Value = "mynah.Model|mynah.Frozen"
    }
}

lua_extras! {
    /// What the answer must be; at most one of these.
    SayExtras {
        /// The answer is one of these.
        choices: Vec<String> = "string[]",
        /// The whole answer matches this regular expression, in the notation of Rust's `regex`.
        regex: String = "string",
        /// The answer is JSON that fits this JSON schema, a table or its text.
        json: Value = "table|string",
        /// The answer follows this grammar, in llama.cpp's GBNF notation.
        grammar: String = "string"
    }
}

lua_extras! {
    /// What is learned beside the pairs.
    LearnExtras {
        /// Pairs that it answers well already, rehearsed along with the new ones so that it keeps them.
        keep: Vec<Vec<String>> = "string[][]",
        /// Pairs that must not become worse: if they do, what was learned is thrown away.
        held_out: Vec<Vec<String>> = "string[][]"
    }
}

/// No settings but what stands beside them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NpcLoadOptions {}

/// No settings but what stands beside them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SayOptions {}

/// How a fact is remembered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RememberOptions {
    /// How much it matters, in [0, 1]; 1 always comes to mind if there is room. Default 0.5.
    pub importance: f64,
    /// When it was learned, on the stage's clock. Default: now.
    pub time: Option<f64>,
    /// Of a shared fact: characters that know one of these tags may know it.
    pub tags: Vec<String>,
}

impl Default for RememberOptions {
    fn default() -> Self {
        Self { importance: Fact::default().importance, time: None, tags: Vec::new() }
    }
}

/// A stage with what Lua keeps beside it.
struct Hall {
    stage: Stage,
    worker: bool,
    now: f64,
    lines: BTreeMap<usize, VecDeque<Rc<RefCell<Said>>>>, // of each character, those that are not over
    doers: BTreeMap<usize, Rc<BTreeMap<String, Function>>>, // of each character, its actions' functions
    base: Option<Model>,                                 // to learn on
}

/// One line as far as it has come.
#[derive(Default)]
struct Said {
    fresh: String, // not yet given out
    text: String,
    action: Option<Action>,
    ended: bool,
    cancelled: bool,
    failed: Option<String>,
}

/// The stages of a Lua state, so that characters of one model share one.
#[derive(Default)]
struct Halls(Vec<Weak<RefCell<Hall>>>);

type SharedHall = Rc<RefCell<Hall>>;

/// The most milliseconds of a poll.
const LONGEST: f64 = 60_000.0;

/// The budget of a poll for one who waits: about a token of a small model, so that words come as they are spoken.
const SLICE: Duration = Duration::from_micros(50);

fn open(hall: &SharedHall) -> Outcome<RefMut<'_, Hall>> {
    hall.try_borrow_mut().or_else(|_| fault("npc: the stage is in use"))
}

fn milliseconds(what: &str, ms: Option<f64>) -> Outcome<Duration> {
    let ms = ms.unwrap_or(0.0);
    if !(0.0..=LONGEST).contains(&ms) {
        return fault(format!("{what}: the budget is in milliseconds, from 0 to {LONGEST}, got {ms}"));
    }
    Ok(Duration::from_secs_f64(ms / 1000.0))
}

/// Lets the stage work, gives every line what came of it, and carries out what characters do.
fn poll(lua: &Lua, hall: &SharedHall, budget: Duration) -> Outcome<()> {
    let mut acts = Vec::new();
    {
        let mut hall = open(hall)?;
        let spoken = hall.stage.poll(budget)?;
        for Spoken { who, event } in spoken {
            let Some(lines) = hall.lines.get_mut(&who) else { continue };
            let Some(line) = lines.front().cloned() else { continue };
            let mut said = line.borrow_mut();
            match event {
                Event::Piece(piece) => {
                    said.text += &piece;
                    said.fresh += &piece;
                }
                Event::Action(action) => {
                    said.action = Some(action.clone());
                    if let Some(doer) = hall.doers.get(&who).and_then(|doers| doers.get(&action.name)) {
                        acts.push((doer.clone(), action, line.clone()));
                    }
                }
                Event::End(cancelled) => {
                    said.ended = true;
                    said.cancelled = cancelled;
                    hall.lines.get_mut(&who).map(VecDeque::pop_front);
                }
                Event::Failed(why) => {
                    said.ended = true;
                    said.failed = Some(why);
                    hall.lines.get_mut(&who).map(VecDeque::pop_front);
                }
            }
        }
    }
    for (doer, action, line) in acts {
        // What goes wrong in there must not end the game.
        if let Err(e) = doer.call::<MultiValue>(arguments(lua, &action)?) {
            let text = e.to_string();
            let why = text.split("\nstack traceback:").next().unwrap_or_default();
            let why = format!("action `{}`: {}", action.name, why.strip_prefix("runtime error: ").unwrap_or(why));
            progress::suspend(|| eprintln!("warning: {why}"));
            line.borrow_mut().failed = Some(why);
        }
    }
    Ok(())
}

fn arguments(lua: &Lua, action: &Action) -> Outcome<Table> {
    let table = lua.create_table()?;
    for (name, value) in &action.args {
        match value {
            ActionValue::Text(text) => table.raw_set(name.as_str(), text.as_str())?,
            ActionValue::Integer(n) => table.raw_set(name.as_str(), *n)?,
            ActionValue::Number(n) => table.raw_set(name.as_str(), *n)?,
            ActionValue::Flag(b) => table.raw_set(name.as_str(), *b)?,
        }
    }
    Ok(table)
}

/// The weights of a model or of a frozen one.
fn frozen(lua: &Lua, what: &str, model: &Value) -> Outcome<Frozen> {
    let Value::UserData(data) = model else {
        return fault(format!("{what}: `model` must be a Model or a Frozen, got {}", got(model)));
    };
    if data.is::<LuaFrozen>() {
        return Ok(<Ref<LuaFrozen>>::from_arg(model.clone(), lua)?.0.clone());
    }
    if !data.is::<LuaModel>() {
        return fault(format!("{what}: `model` must be a Model or a Frozen, got {}", got(model)));
    }
    let model = <Ref<LuaModel>>::from_arg(model.clone(), lua)?;
    Ok(Frozen::of(&model.0)?)
}

/// A stage for a model with these settings.
fn hall(model: &Frozen, config: &StageConfig) -> Outcome<SharedHall> {
    let stage = Stage::new(model, config)?;
    Ok(Rc::new(RefCell::new(Hall {
        stage,
        worker: config.threads > 0,
        now: 0.0,
        lines: BTreeMap::new(),
        doers: BTreeMap::new(),
        base: None,
    })))
}

/// The stage of these weights in this Lua state, made if there is none.
fn usual_hall(lua: &Lua, model: &Frozen) -> Outcome<SharedHall> {
    if lua.app_data_ref::<Halls>().is_none() {
        lua.set_app_data(Halls::default());
    }
    let Some(mut halls) = lua.app_data_mut::<Halls>() else { return fault("npc: the Lua state is in use") };
    halls.0.retain(|hall| hall.strong_count() > 0);
    let same = |engine: &Arc<Engine>| Arc::ptr_eq(engine, model.engine());
    let of_it = |hall: &SharedHall| hall.try_borrow().is_ok_and(|hall| same(hall.stage.model().engine()));
    if let Some(found) = halls.0.iter().filter_map(Weak::upgrade).find(of_it) {
        return Ok(found);
    }
    let made = hall(model, &StageConfig::default())?;
    halls.0.push(Rc::downgrade(&made));
    Ok(made)
}

/// The stage that options name.
fn stage_of(lua: &Lua, what: &str, stage: &Option<Ref<LuaStage>>, model: &Option<Value>) -> Outcome<SharedHall> {
    match (stage, model) {
        (Some(stage), None) => Ok(stage.0.clone()),
        (None, Some(model)) => usual_hall(lua, &frozen(lua, what, model)?),
        (None, None) => fault(format!("{what}: needs the `model` that speaks, or a `stage`")),
        (Some(_), Some(_)) => fault(format!("{what}: takes one of `model` and `stage`; a stage has its model")),
    }
}

/// What a character can do, and the functions that do it.
type Doable = (Vec<Verb>, BTreeMap<String, Function>);

fn doable(actions: Option<Table>) -> Outcome<Doable> {
    let (mut listed, mut named, mut doers) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    let Some(actions) = actions else { return Ok((Vec::new(), doers)) };
    for pair in actions.pairs::<Value, Value>() {
        let (key, value) = pair?;
        match (key, value) {
            (Value::Integer(i), Value::String(name)) => {
                listed.push((i, Verb { name: name.to_string_lossy(), args: Vec::new() }));
            }
            (Value::String(name), value) => {
                named.insert(name.to_string_lossy(), value);
            }
            (key, value) => {
                let (key, value) = (got(&key), got(&value));
                return fault(format!(
                    "npc: `actions[{key}]` must be a name, or a name's function or table, got {value}"
                ));
            }
        }
    }
    listed.sort_by_key(|(i, _)| *i);
    let mut verbs: Vec<Verb> = listed.into_iter().map(|(_, verb)| verb).collect();
    for (name, value) in named {
        let mut args = Vec::new();
        match value {
            Value::Function(f) => {
                doers.insert(name.clone(), f);
            }
            Value::Boolean(true) => {}
            Value::Table(table) => {
                for pair in table.pairs::<String, Value>() {
                    match pair? {
                        (key, Value::Function(f)) if key == "call" => {
                            doers.insert(name.clone(), f);
                        }
                        (key, Value::Table(list)) if key == "args" => {
                            for (i, arg) in list.sequence_values::<Value>().enumerate() {
                                let arg = argument(&arg?);
                                args.push(arg.or_else(|why| {
                                    fault(format!("npc: action `{name}`: argument {}: {why}", i + 1))
                                })?);
                            }
                        }
                        (key, other) => {
                            let other = got(&other);
                            return fault(format!(
                                "npc: action `{name}`: has `args`, a list, and `call`, a function; got `{key}`, {other}"
                            ));
                        }
                    }
                }
            }
            other => {
                return fault(format!("npc: action `{name}` must be a function, a table or true, got {}", got(&other)));
            }
        }
        verbs.push(Verb { name, args });
    }
    Ok((verbs, doers))
}

/// `{ name, kind }` as an argument of a verb.
fn argument(value: &Value) -> Result<Argument, String> {
    const WANTED: &str = "must be { name, kind }; a kind is a list of texts, two whole numbers, \"number\", \"flag\", \
                          \"text\" or a text's most characters";
    let Value::Table(pair) = value else { return Err(format!("{WANTED}; got {}", got(value))) };
    let read = |i: i64| pair.raw_get::<Value>(i).unwrap_or(Value::Nil);
    let (Value::String(name), kind) = (read(1), read(2)) else { return Err(WANTED.into()) };
    let kind = match &kind {
        Value::Nil => ArgumentKind::default(),
        Value::String(s) => match s.to_string_lossy().as_str() {
            "text" => ArgumentKind::default(),
            "number" => ArgumentKind::Number,
            "flag" => ArgumentKind::Flag,
            _ => return Err(format!("{WANTED}; got {}", got(&kind))),
        },
        Value::Integer(most) if (1..=10_000).contains(most) => ArgumentKind::Text(*most as u32),
        Value::Number(most) if (1.0..=1e4).contains(most) && most.fract() == 0.0 => ArgumentKind::Text(*most as u32),
        Value::Table(list) => {
            let items: Vec<Value> = list.sequence_values().flatten().collect();
            let whole =
                |v: &Value| v.as_integer().or_else(|| v.as_number().filter(|n| n.fract() == 0.0).map(|n| n as i64));
            match items.as_slice() {
                [a, b] if whole(a).is_some() => match (whole(a), whole(b)) {
                    (Some(a), Some(b)) => ArgumentKind::Integer(a, b),
                    _ => return Err(format!("{WANTED}; got {} and {}", got(a), got(b))),
                },
                texts => {
                    let texts = texts.iter().map(|t| t.as_string().map(|s| s.to_string_lossy()).ok_or_else(|| got(t)));
                    ArgumentKind::OneOf(texts.collect::<Result<_, _>>().map_err(|t| format!("{WANTED}; got {t}"))?)
                }
            }
        }
        other => return Err(format!("{WANTED}; got {}", got(other))),
    };
    Ok(Argument { name: name.to_string_lossy(), kind })
}

/// A character on its stage; it leaves when nothing holds it any more.
struct Actor {
    hall: SharedHall,
    who: usize,
    persona: String,
    own: Option<(Lora, f32)>,                    // the adapter that it was made with
    learned: RefCell<Option<Lora>>,              // in place of that
    path: Option<String>,                        // the file of `own`, if it is one that stays where it is
    lines: RefCell<VecDeque<Rc<RefCell<Said>>>>, // whose words `npc:poll` still gives
    gone: Cell<bool>,
}

impl Actor {
    /// Enters what was added to the stage as `who`.
    fn enter(
        hall: SharedHall,
        who: usize,
        persona: String,
        own: Option<(Lora, f32)>,
        path: Option<String>,
        doers: BTreeMap<String, Function>,
    ) -> Outcome<LuaNpc> {
        let mut open = open(&hall)?;
        open.lines.insert(who, VecDeque::new());
        open.doers.insert(who, Rc::new(doers));
        drop(open);
        let (learned, lines, gone) = (RefCell::default(), RefCell::default(), Cell::new(false));
        Ok(LuaNpc(Rc::new(Self { hall, who, persona, own, learned, path, lines, gone })))
    }

    fn leave(&self) {
        if let (false, Ok(mut hall)) = (self.gone.get(), self.hall.try_borrow_mut()) {
            let _ = hall.stage.remove(self.who); // a stage whose worker is gone has nobody to remove
            for line in hall.lines.remove(&self.who).unwrap_or_default() {
                let mut line = line.borrow_mut();
                (line.ended, line.cancelled) = (true, true);
            }
            hall.doers.remove(&self.who);
            self.gone.set(true);
        }
    }

    fn here(&self) -> Outcome<RefMut<'_, Hall>> {
        if self.gone.get() {
            return fault("npc: this character has left its stage");
        }
        open(&self.hall)
    }

    fn say(&self, text: &str, asked: Asked) -> Outcome<Rc<RefCell<Said>>> {
        let mut hall = self.here()?;
        hall.stage.say_within(self.who, text, asked)?;
        let line = Rc::new(RefCell::new(Said::default()));
        hall.lines.entry(self.who).or_default().push_back(line.clone());
        Ok(line)
    }

    fn cancel(&self) -> Outcome<()> {
        Ok(self.here()?.stage.cancel(self.who)?)
    }
}

type Asked = Option<Arc<crate::lm::Constraint>>;

impl Drop for Actor {
    fn drop(&mut self) {
        self.leave();
    }
}

/// A stage as Lua holds it.
pub struct LuaStage(SharedHall);

/// A character as Lua holds it.
pub struct LuaNpc(Rc<Actor>);

/// A line as Lua holds it.
pub struct LuaLine {
    actor: Rc<Actor>,
    said: Rc<RefCell<Said>>,
}

/// Learning that goes on, as Lua holds it.
pub struct LuaLearning {
    actor: Rc<Actor>,
    learner: RefCell<Option<Learner>>,
    held_out: Cell<Option<[f64; 2]>>,
    accepted: Cell<bool>,
}

/// The iterator over a line as it comes; a loop that is left early cancels it.
struct Listening(LuaLine);

impl Drop for Listening {
    fn drop(&mut self) {
        if !self.0.said.borrow().ended {
            let _ = self.0.actor.cancel();
        }
    }
}

impl LuaLine {
    /// What is new, if anything is.
    fn fresh(&self) -> Option<String> {
        Some(std::mem::take(&mut self.said.borrow_mut().fresh)).filter(|piece| !piece.is_empty())
    }

    /// Works until there is something new, or the line is over.
    fn next(&self, lua: &Lua) -> Outcome<Option<String>> {
        loop {
            stop::check()?;
            poll(lua, &self.actor.hall, SLICE)?;
            let piece = self.fresh();
            let ended = self.said.borrow().ended;
            if piece.is_some() || ended {
                return Ok(piece);
            }
            if self.actor.hall.borrow().worker {
                std::thread::sleep(Duration::from_micros(200));
            }
        }
    }
}

fn said_options(lua: &Lua, options: Option<Options<SayOptions, SayExtras>>) -> Outcome<Asked> {
    let Some(Options(_, SayExtras { choices, regex, json, grammar })) = options else { return Ok(None) };
    constraint("say", lua, choices, regex, json, grammar)
}

/// `{ question, answer }` each.
fn pairs(what: &str, list: Vec<Vec<String>>) -> Outcome<Vec<(String, String)>> {
    let pair = |(i, pair): (usize, Vec<String>)| match <[String; 2]>::try_from(pair) {
        Ok([said, answer]) => Ok((said, answer)),
        Err(other) => {
            fault(format!("learn: {what} {}: must be {{ what is said, the answer }}, got {} texts", i + 1, other.len()))
        }
    };
    list.into_iter().enumerate().map(pair).collect()
}

/// Where a character's own adapter stands beside its file.
fn adapter_beside(path: &str) -> PathBuf {
    PathBuf::from(format!("{path}.adapter.safetensors"))
}

lua_module! {
    /// Characters that talk and act, several at once, without holding up a frame.
    ///
    /// `mynah.npc{ model = bird, persona = "..." }` makes one. Characters of one model share its weights, and those that
    /// speak at once are read together in one pass; what each says is the same in any company.
    module "mynah.npc" {
        /// Makes a character. `say` returns at once; `poll` gives what has been spoken.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
        /// local miller = mynah.npc{ model = bird:quantize("q8"), persona = "You grind corn.", tokens = 8, seed = 1 }
        /// local line = miller:say("Good day!")
        /// while not line.done do
        ///   local piece = line:poll(2.0) -- in a game: once a frame
        ///   if piece then io.write(piece) end
        /// end
        /// ```
        fn call(@lua, options: Options<NpcOptions, NpcExtras>) -> LuaNpc {
            let Options(NpcOptions { persona, adapter_weight, memory, knows, draw }, extras) = options;
            let hall = stage_of(lua, "npc", &extras.stage, &extras.model)?;
            let NpcExtras { stop, logit_bias, banned, .. } = extras;
            let words = GenerateExtras { stop, logit_bias, banned, ..Default::default() };
            let sampling = asked(lua, Options(draw, words))?.config;
            let (actions, doers) = doable(extras.actions)?;
            let (own, path) = match extras.adapter {
                None => (None, None),
                Some(Value::String(path)) => {
                    let path = path.to_string_lossy();
                    (Some(Lora::load(&path, Device::Cpu)?), Some(path))
                }
                Some(Value::UserData(data)) if data.is::<LuaLora>() => {
                    (Some(<Ref<LuaLora>>::from_arg(Value::UserData(data), lua)?.lora.clone()), None)
                }
                Some(other) => return fault(format!("npc: `adapter` must be a Lora or the file of one, got {}", got(&other))),
            };
            let config = CharacterConfig { persona: persona.clone(), adapter_weight, memory, knows, sampling, actions, adapter: None };
            let who = open(&hall)?.stage.add(&config)?;
            let npc = Actor::enter(hall, who, persona, own.map(|lora| (lora, adapter_weight as f32)), path, doers)?;
            npc.0.wear()?;
            Ok(npc)
        }

        /// A stage: what does the work of all characters on it. `threads = 0` does it inside `poll`, within its budget, for hosts
        /// that forbid threads; otherwise a worker does it, and `poll` only collects.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
        /// local stage = mynah.npc.stage{ model = bird, threads = 0 }
        /// local miller, smith = mynah.npc{ stage = stage, tokens = 4 }, mynah.npc{ stage = stage, tokens = 4 }
        /// local a, b = miller:say("Hello"), smith:say("Hello")
        /// while stage.busy do stage:poll(2.0) end -- both, token by token
        /// assert(a.done and b.done)
        /// ```
        fn stage(@lua, options: Options<StageConfig, StageExtras>) -> LuaStage {
            let Options(config, StageExtras { model }) = options;
            let Some(model) = model else { return fault("stage: needs the `model` that its characters share") };
            Ok(LuaStage(hall(&frozen(lua, "stage", &model)?, &config)?))
        }

        /// Brings a character back that `npc:save` wrote: who it is, what was said, what it remembers and has learned.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 96, seed = 1 }
        /// local miller = mynah.npc{ model = bird, tokens = 4, seed = 1 }
        /// miller:remember("The bridge is broken."):say("Hello"):wait()
        /// miller:save(TMP .. "/miller.npc")
        /// local again = mynah.npc.load(TMP .. "/miller.npc", { model = bird })
        /// assert(again.facts[1] == "The bridge is broken." and #again.history == 2)
        /// ```
        fn load(@lua, path: String, options: Options<NpcLoadOptions, LoadExtras>) -> LuaNpc {
            let Options(_, extras) = options;
            let hall = stage_of(lua, "load", &extras.stage, &extras.model)?;
            let (actions, doers) = doable(extras.actions)?;
            let mut saved = SavedCharacter::load(&path)?;
            if !actions.is_empty() {
                saved.config.actions = actions;
            }
            let persona = saved.config.persona.clone();
            let weight = saved.config.adapter_weight as f32;
            let (mut own, mut stays) = (None, None);
            if let Some(adapter) = saved.config.adapter.take() {
                let beside = Path::new(&path).with_file_name(&adapter);
                let file = if beside.exists() { beside } else { PathBuf::from(&adapter) };
                own = Some((Lora::load(&file, Device::Cpu)?, weight));
                stays = Some(file.display().to_string()).filter(|_| file != adapter_beside(&path));
            }
            let who = open(&hall)?.stage.restore(saved).map_err(|e| crate::Error::file(&path, e))?;
            let npc = Actor::enter(hall, who, persona, own, stays, doers)?;
            npc.0.wear()?;
            Ok(npc)
        }

        /// A brain that decides what to do: a small net that is evolved or learns from rewards, or, with `brain`, a fitted
        /// learner, a net, the shortest way, a function. All are asked by `decide`.
        ///
        /// ```lua
        /// local guard = mynah.npc.policy{ inputs = 3, actions = { "stand", "follow", "flee" }, hidden = { 6 }, seed = 1 }
        /// local done = guard:decide{ 0.2, 0.9, -0.1 } -- what it sees
        /// local tree = mynah.learn.decision_tree():fit({ { 0 }, { 1 } }, { "stay", "run" })
        /// assert(mynah.npc.policy{ brain = tree }:decide{ 0.9 } == "run")
        /// ```
        fn policy(@lua, options: Options<ControllerConfig, PolicyExtras>) -> LuaPolicy { policy::policy(lua, options) }

        /// Reads a policy that `policy:save` wrote.
        ///
        /// ```lua
        /// local guard = mynah.npc.policy{ inputs = 1, actions = { "stand", "flee" }, seed = 1 }
        /// guard:save(TMP .. "/guard.policy")
        /// assert(mynah.npc.load_policy(TMP .. "/guard.policy"):decide{ 1 } == guard:decide{ 1 })
        /// ```
        fn load_policy(path: String) -> LuaPolicy { policy::load(&path) }
    }
}

impl Actor {
    /// Puts on what it has learned, or the adapter that it was made with.
    fn wear(&self) -> Outcome<()> {
        let worn = match (&*self.learned.borrow(), &self.own) {
            (Some(lora), _) => Some((lora.adapter()?, 1.0)),
            (None, Some((lora, weight))) => Some((lora.adapter()?, *weight)),
            (None, None) => None,
        };
        Ok(self.here()?.stage.set_adapter(self.who, worn)?)
    }
}

lua_class! {
    /// A character: it talks, acts, remembers and learns.
    class Npc(LuaNpc) {
        /// Who it is, as it was told.
        get persona(this) -> String { Ok(this.0.persona.clone()) }
        /// Whether it has a line that is not over.
        get busy(this) -> bool { Ok(this.0.here()?.stage.busy(this.0.who)) }
        /// What it remembers, a list of texts.
        get facts(this) -> Vec<String> {
            let facts = this.0.here()?.stage.facts(this.0.who)?;
            Ok(facts.into_iter().map(|fact| fact.text).collect())
        }
        /// What was said: a list of `{ role =, content = }`, the persona first.
        get history(this, @lua) -> Value {
            let talk = this.0.here()?.stage.conversation(this.0.who)?;
            let system = talk.system.iter().map(|s| Message::new("system", s.as_str()));
            let all: Vec<Message> = system.chain(talk.messages.iter().cloned()).collect();
            Ok(super::lm::plain(lua, &all)?)
        }
        /// The stage that it is on.
        get stage(this) -> LuaStage { Ok(LuaStage(this.0.hall.clone())) }
        /// Who it is, and whether it has learned.
        meta tostring(this) -> String {
            let learned = if this.0.learned.borrow().is_some() { ", has learned" } else { "" };
            Ok(format!("Npc ({:?}{learned})", this.0.persona))
        }

        /// Says something to it and returns at once with the line that it answers. While it speaks, what is said waits its turn.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
        /// local guard = mynah.npc{ model = bird, seed = 1 }
        /// local answer = guard:say("May I pass?", { choices = { "Yes.", "No." } }):wait()
        /// assert(answer == "Yes." or answer == "No.")
        /// ```
        fn say(this, @lua, text: String, options: Option<Options<SayOptions, SayExtras>>) -> LuaLine {
            let said = this.0.say(&text, said_options(lua, options)?)?;
            let mut lines = this.0.lines.borrow_mut();
            lines.retain(|line| !line.borrow().ended || !line.borrow().fresh.is_empty());
            lines.push_back(said.clone());
            Ok(LuaLine { actor: this.0.clone(), said })
        }

        /// Says something and gives the answer piece by piece, for a `for` loop; a loop that is left early is a `cancel`.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
        /// for piece in mynah.npc{ model = bird, tokens = 5, seed = 1 }:stream("Hello") do io.write(piece) end
        /// ```
        fn stream(this, @lua, text: String, options: Option<Options<SayOptions, SayExtras>>) -> super::lm::Pieces {
            let said = this.0.say(&text, said_options(lua, options)?)?;
            let listening = Listening(LuaLine { actor: this.0.clone(), said });
            let shim = Shim::get(lua)?;
            let next = shim.raw(lua, move |lua, _| {
                let piece = listening.0.next(lua)?;
                if let (None, Some(why)) = (&piece, listening.0.said.borrow_mut().failed.take()) {
                    return fault(format!("npc: {why}"));
                }
                Ok(MultiValue::from_iter(piece.map(|p| lua.create_string(p).map(Value::String)).transpose()?))
            })?;
            Ok(super::lm::Pieces(shim.wrap(next, None)?))
        }

        /// What it has said since the last time, nil if nothing. Works for at most about `ms` milliseconds (default 0) if its stage
        /// has no worker.
        fn poll(this, @lua, ms: Option<f64>) -> Option<String> {
            poll(lua, &this.0.hall, milliseconds("poll", ms)?)?;
            let mut lines = this.0.lines.borrow_mut();
            let pieces: String = lines.iter().map(|line| std::mem::take(&mut line.borrow_mut().fresh)).collect();
            lines.retain(|line| !line.borrow().ended);
            Ok(Some(pieces).filter(|pieces| !pieces.is_empty()))
        }

        /// Breaks off its line, and those that wait, within one token. What it has said stays in its conversation.
        fn cancel(this) -> This { this.0.cancel()?; Ok(This) }

        /// Lets it remember a fact, which comes to its mind when it fits what is said.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
        /// local miller = mynah.npc{ model = bird }
        /// miller:remember("The bridge is broken.", { importance = 1 })
        /// assert(miller.facts[1] == "The bridge is broken.")
        /// ```
        fn remember(this, text: String, options: Options<RememberOptions>) -> This {
            let Options(RememberOptions { importance, time, tags }, _) = options;
            let mut hall = this.0.here()?;
            let time = time.unwrap_or(hall.now);
            hall.stage.remember(this.0.who, Fact { text, time, importance, tags })?;
            Ok(This)
        }

        /// With a text: forgets that fact, and returns whether it knew it. Without: forgets what it has learned, so that it speaks
        /// again, bit for bit, as it was made.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
        /// local miller = mynah.npc{ model = bird }:remember("The bridge is broken.")
        /// assert(miller:forget("The bridge is broken.") and #miller.facts == 0)
        /// ```
        fn forget(this, text: Option<String>) -> bool {
            match text {
                Some(text) => Ok(this.0.here()?.stage.forget(this.0.who, &text)?),
                None => {
                    let had = this.0.learned.borrow_mut().take().is_some();
                    this.0.wear()?;
                    Ok(had)
                }
            }
        }

        /// Learns pairs of what is said and what it shall answer, in a small adapter of its own. Poll what is returned with a
        /// budget per frame; the adapter is put on when it is done, between two lines.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
        /// local miller = mynah.npc{ model = bird, seed = 1, temperature = 0 }
        /// local learning = miller:learn({ { "Who are you?", "I grind corn." } }, { steps = 3 })
        /// while not learning:poll(4.0) do end -- in a game: once a frame
        /// assert(learning.accepted)
        /// miller:forget()
        /// ```
        fn learn(this, list: Vec<Vec<String>>, options: Options<LearnConfig, LearnExtras>) -> LuaLearning {
            let Options(config, extras) = options;
            let (mut learn, held) = (pairs("pair", list)?, pairs("held-out pair", extras.held_out.unwrap_or_default())?);
            if !learn.is_empty() {
                learn.extend(pairs("pair to keep", extras.keep.unwrap_or_default())?);
            }
            let (base, template): (Model, ChatTemplate) = {
                let mut hall = this.0.here()?;
                let model = hall.stage.model().clone();
                let base = match &hall.base {
                    Some(base) => base.clone(),
                    None => hall.base.insert(model.model()?).clone(),
                };
                (base, model.template().clone())
            };
            let learned = this.0.learned.borrow();
            let before = match (&*learned, &this.0.own) {
                (Some(lora), _) => Some(lora),
                (None, Some((lora, weight))) if *weight == 1.0 => Some(lora),
                (None, Some((_, weight))) => {
                    return fault(format!("learn: its adapter works with weight {weight}; one learns on with weight 1 only"));
                }
                (None, None) => None,
            };
            let learner = Learner::new(&base, &template, &this.0.persona, &learn, &held, before, &config)?;
            Ok(LuaLearning {
                actor: this.0.clone(),
                learner: RefCell::new(Some(learner)),
                held_out: Cell::new(None),
                accepted: Cell::new(false),
            })
        }

        /// Writes it to a file: who it is, what was said, what it remembers; and what it has learned in another beside it.
        fn save(this, path: String) -> This {
            let mut saved = this.0.here()?.stage.snapshot(this.0.who)?;
            let learned = this.0.learned.borrow();
            let adapter = match (&*learned, &this.0.own) {
                (Some(lora), _) => Some((lora, 1.0, None)),
                (None, Some((lora, weight))) => Some((lora, *weight, this.0.path.clone())),
                (None, None) => None,
            };
            if let Some((lora, weight, stays)) = adapter {
                saved.config.adapter_weight = f64::from(weight);
                saved.config.adapter = match stays {
                    Some(path) => Some(path),
                    None => {
                        let beside = adapter_beside(&path);
                        lora.save(&beside)?;
                        beside.file_name().map(|name| name.to_string_lossy().into_owned())
                    }
                };
            }
            saved.save(path)?;
            Ok(This)
        }

        /// Sends it off its stage, in the middle of a line if need be. (So does the garbage collector, later.)
        fn leave(this) -> () { this.0.leave(); Ok(()) }
    }
}

lua_class! {
    /// A line that a character speaks.
    class Line(LuaLine) {
        /// Whether it is over.
        get done(this) -> bool { Ok(this.said.borrow().ended) }
        /// What has been spoken so far, without the action.
        get text(this) -> String { Ok(this.said.borrow().text.clone()) }
        /// What the character did at its end: `{ name =, args = }`; nil if nothing.
        get action(this, @lua) -> Option<Table> {
            let said = this.said.borrow();
            let Some(action) = &said.action else { return Ok(None) };
            let table = lua.create_table()?;
            table.raw_set("name", action.name.as_str())?;
            table.raw_set("args", arguments(lua, action)?)?;
            Ok(Some(table))
        }
        /// Whether it was broken off.
        get cancelled(this) -> bool { Ok(this.said.borrow().cancelled) }
        /// Why it could not be spoken, or its action not be done; nil if all is well.
        get error(this) -> Option<String> { Ok(this.said.borrow().failed.clone()) }
        /// What was spoken so far.
        meta tostring(this) -> String {
            let said = this.said.borrow();
            Ok(format!("Line ({:?}{})", said.text, if said.ended { "" } else { ", going on" }))
        }

        /// What is new of it, nil if nothing. Works for at most about `ms` milliseconds (default 0) if its stage has no worker.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
        /// local line, text = mynah.npc{ model = bird, tokens = 8, seed = 1 }:say("Hello"), ""
        /// while not line.done do text = text .. (line:poll(2.0) or "") end
        /// assert(text == line.text)
        /// ```
        fn poll(this, @lua, ms: Option<f64>) -> Option<String> {
            poll(lua, &this.actor.hall, milliseconds("poll", ms)?)?;
            Ok(this.fresh())
        }

        /// Waits for its end and returns the whole text. An error if it could not be spoken.
        fn wait(this, @lua) -> String {
            while !this.said.borrow().ended {
                this.next(lua)?;
            }
            let said = this.said.borrow();
            match &said.failed {
                Some(why) if said.action.is_none() => fault(format!("npc: {why}")),
                _ => Ok(said.text.clone()),
            }
        }

        /// Breaks off what its character is saying.
        fn cancel(this) -> This { this.actor.cancel()?; Ok(This) }
    }
}

lua_class! {
    /// All characters of a model, and the work of their lines.
    class Stage(LuaStage) {
        /// Whether anybody has a line that is not over.
        get busy(this) -> bool { Ok(open(&this.0)?.lines.values().any(|lines| !lines.is_empty())) }
        /// How many characters are on it.
        get characters(this) -> usize { Ok(open(&this.0)?.lines.len()) }
        /// The clock by which facts grow old; set it with `set_time`.
        get time(this) -> f64 { Ok(open(&this.0)?.now) }
        /// Who is on it.
        meta tostring(this) -> String { Ok(format!("Stage ({} characters)", open(&this.0)?.lines.len())) }

        /// Works for at most about `ms` milliseconds, if there is no worker, and gives every line what came of it. A game with several
        /// characters calls it once a frame, and then `line:poll()` for each.
        fn poll(this, @lua, ms: Option<f64>) -> This {
            poll(lua, &this.0, milliseconds("poll", ms)?)?;
            Ok(This)
        }

        /// Shares a fact with every character that knows one of its `tags`, now or later.
        ///
        /// ```lua
        /// local tok = mynah.lm.tokenizer{ kind = "byte" }
        /// local bird = mynah.lm.model{ tokenizer = tok, dim = 16, layers = 1, heads = 1, context = 64, seed = 1 }
        /// local stage = mynah.npc.stage{ model = bird }
        /// local miller = mynah.npc{ stage = stage, knows = { "village" } }
        /// stage:share("The bridge is broken.", { tags = { "village" } })
        /// ```
        fn share(this, text: String, options: Options<RememberOptions>) -> This {
            let Options(RememberOptions { importance, time, tags }, _) = options;
            let mut hall = open(&this.0)?;
            let time = time.unwrap_or(hall.now);
            hall.stage.share(Fact { text, time, importance, tags })?;
            Ok(This)
        }

        /// Sets the game's clock, in any unit; `memory.half_life` is in the same.
        fn set_time(this, now: f64) -> This {
            let mut hall = open(&this.0)?;
            hall.stage.set_time(now)?;
            hall.now = now;
            Ok(This)
        }
    }
}

lua_class! {
    /// What a character is learning.
    class Learning(LuaLearning) {
        /// Whether it is over.
        get done(this) -> bool { Ok(this.learner.borrow().is_none()) }
        /// Whether what was learned was put on; false if it would have made the held-out pairs worse, or is not done.
        get accepted(this) -> bool { Ok(this.accepted.get()) }
        /// The mean loss of the held-out pairs before and after, in nats per token; nil without such pairs.
        get held_out(this) -> Option<Vec<f64>> { Ok(this.held_out.get().map(Vec::from)) }
        /// How far it is.
        meta tostring(this) -> String {
            Ok(match (this.learner.borrow().is_none(), this.accepted.get()) {
                (false, _) => "Learning (going on)".into(),
                (true, true) => "Learning (done, put on)".into(),
                (true, false) => "Learning (done, refused)".into(),
            })
        }

        /// Learns for at most about `ms` milliseconds; true when all is done.
        fn poll(this, ms: f64) -> bool { this.work(milliseconds("poll", Some(ms))?) }

        /// Learns to the end; returns whether it was accepted.
        fn wait(this) -> bool {
            while !this.work(Duration::from_millis(100))? {
                stop::check()?;
            }
            Ok(this.accepted.get())
        }
    }
}

impl LuaLearning {
    fn work(&self, budget: Duration) -> Outcome<bool> {
        let mut learner = self.learner.borrow_mut();
        let Some(going) = &mut *learner else { return Ok(true) };
        if !going.work(budget)? {
            return Ok(false);
        }
        let Some(done) = learner.take() else { return Ok(true) };
        let learned = done.finish()?;
        self.held_out.set(learned.held_out);
        if let Some(lora) = learned.lora {
            *self.actor.learned.borrow_mut() = Some(lora);
            self.actor.wear()?;
            self.accepted.set(true);
        }
        Ok(true)
    }
}
