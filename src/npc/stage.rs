//! The stage: all characters that share one model, and the work of their lines in slices.
//!
//! A slice is small: the beginning of one line, a few tokens of one prompt, or one token of everybody who is speaking, in
//! one pass over the weights. Without a worker, [`Stage::poll`] does slices in the caller's thread as long as the next one
//! is expected to fit into its budget; with one, it only collects. What a character says is the same in any company, for
//! the engine's numbers do not depend on who else is read with it.

use super::act::{Action, Actions, MARK};
use super::character::{CharacterConfig, FORMAT, Limits, SavedCharacter};
use super::memory::{Fact, Memory};
use super::pace::{MOST, Pace};
use crate::error::ensure_setting;
use crate::lm::{Adapter, Chat, Constraint, Conversation, Frozen, GenerateConfig, Lora, Session, step_many};
use crate::nn::Device;
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How a stage works.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StageConfig {
    /// 1 (default): a worker does the work; 0: `poll` does it in the caller's thread, within its budget.
    pub threads: usize,
    /// Most tokens of a prompt in a slice, from 1 to 64. Default 16.
    pub prefill: usize,
    /// Whether a character's prompt is read before it is first spoken to. Default true.
    pub warm_up: bool,
}

impl Default for StageConfig {
    fn default() -> Self {
        Self { threads: 1, prefill: 16, warm_up: true }
    }
}

/// Something that came of a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// More of its words.
    Piece(String),
    /// What the character does at its end.
    Action(Action),
    /// It is over; true if it was broken off.
    End(bool),
    /// It could not be spoken, or not to its end, for this reason; it is over.
    Failed(String),
}

/// An event and the character whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Spoken {
    /// The number that [`Stage::add`] gave.
    pub who: usize,
    /// What came.
    pub event: Event,
}

/// All characters of a model.
pub struct Stage {
    model: Frozen,
    next: usize,
    lines: BTreeMap<usize, usize>, // of each character, those that are not over
    place: Place,
}

/// Where the work is done.
enum Place {
    Here(Box<Core>),
    Worker { orders: Option<Sender<Order>>, events: Receiver<Spoken>, thread: Option<JoinHandle<()>> },
}

/// What the worker is told.
type Order = Box<dyn FnOnce(&mut Core) + Send>;

impl Stage {
    /// An empty stage.
    ///
    /// # Errors
    /// If a setting is out of range, the model cannot continue texts, or the worker cannot be started.
    pub fn new(model: &Frozen, config: &StageConfig) -> Result<Self> {
        ensure_setting(config.threads <= 1, "stage", "threads", "0 or 1", config.threads)?;
        ensure_setting((1..=64).contains(&config.prefill), "stage", "prefill", "from 1 to 64", config.prefill)?;
        if !model.engine().config().causal {
            return Err(Error::value(
                "stage: this model sees whole texts at once (causal = false), so it cannot speak",
            ));
        }
        let core = Core::new(model, config);
        let place = if config.threads == 0 { Place::Here(Box::new(core)) } else { worker(core)? };
        Ok(Self { model: model.clone(), next: 0, lines: BTreeMap::new(), place })
    }

    /// The model that all share.
    pub fn model(&self) -> &Frozen {
        &self.model
    }

    /// Brings a character onto the stage; its number.
    ///
    /// # Errors
    /// If a setting is out of range, or its adapter's file cannot be read or is for another model.
    pub fn add(&mut self, config: &CharacterConfig) -> Result<usize> {
        self.enter(Actor::new(&self.model, config)?)
    }

    fn enter(&mut self, actor: Actor) -> Result<usize> {
        let who = self.next;
        self.order(move |core| core.enter(who, actor))?;
        self.next += 1;
        self.lines.insert(who, 0);
        Ok(who)
    }

    /// Sends a character off the stage, in the middle of a line if need be.
    ///
    /// # Errors
    /// If there is no such character, or the worker is gone.
    pub fn remove(&mut self, who: usize) -> Result<()> {
        self.known(who)?;
        self.lines.remove(&who);
        self.order(move |core| drop(core.actors.remove(&who)))
    }

    /// Says `text` to a character and returns at once; its line comes from [`poll`](Self::poll). While it is speaking,
    /// what is said waits its turn.
    ///
    /// # Errors
    /// As [`remove`](Self::remove).
    pub fn say(&mut self, who: usize, text: &str) -> Result<()> {
        self.say_within(who, text, None)
    }

    /// As [`say`](Self::say); the line is what `constraint` allows, without an action.
    ///
    /// # Errors
    /// As [`remove`](Self::remove).
    pub fn say_within(&mut self, who: usize, text: &str, constraint: Option<Arc<Constraint>>) -> Result<()> {
        self.known(who)?;
        let text = text.to_string();
        self.order(move |core| core.say(who, Waiting { text, constraint, meaning: None }))?;
        *self.lines.entry(who).or_insert(0) += 1;
        Ok(())
    }

    /// What has been spoken since the last time. Without a worker, works for about `budget` first: a slice that is
    /// expected to take longer than what is left waits, and one that never fits is done once for as many polls as it
    /// takes budgets.
    ///
    /// # Errors
    /// If the worker is gone.
    pub fn poll(&mut self, budget: Duration) -> Result<Vec<Spoken>> {
        let spoken: Vec<Spoken> = match &mut self.place {
            Place::Here(core) => {
                core.work_for(budget);
                std::mem::take(&mut core.spoken)
            }
            Place::Worker { events, .. } => {
                let mut all = Vec::new();
                loop {
                    match events.try_recv() {
                        Ok(spoken) => all.push(spoken),
                        Err(TryRecvError::Empty) => break all,
                        Err(TryRecvError::Disconnected) if all.is_empty() => return Err(gone()),
                        Err(TryRecvError::Disconnected) => break all,
                    }
                }
            }
        };
        for Spoken { who, event } in &spoken {
            if let (Event::End(_) | Event::Failed(_), Some(lines)) = (event, self.lines.get_mut(who)) {
                *lines = lines.saturating_sub(1);
            }
        }
        Ok(spoken)
    }

    /// Whether a character has a line that is not over.
    pub fn busy(&self, who: usize) -> bool {
        self.lines.get(&who).is_some_and(|lines| *lines > 0)
    }

    /// Breaks off a character's line, and those that wait, within one token. What it has said stays in the conversation.
    ///
    /// # Errors
    /// As [`remove`](Self::remove).
    pub fn cancel(&mut self, who: usize) -> Result<()> {
        self.known(who)?;
        self.order(move |core| core.cancel(who))
    }

    /// Lets a character remember a fact.
    ///
    /// # Errors
    /// If there is no such character, or it is no fact.
    pub fn remember(&mut self, who: usize, fact: Fact) -> Result<()> {
        self.known(who)?;
        self.ask(move |core| core.actor(who).map_or(Ok(()), |actor| actor.memory.remember(fact)))?
    }

    /// Lets a character forget the fact of this text; whether it knew it.
    ///
    /// # Errors
    /// As [`remove`](Self::remove).
    pub fn forget(&mut self, who: usize, text: &str) -> Result<bool> {
        self.known(who)?;
        let text = text.to_string();
        self.ask(move |core| core.actor(who).is_some_and(|actor| actor.memory.forget(&text)))
    }

    /// What a character itself remembers.
    ///
    /// # Errors
    /// As [`remove`](Self::remove).
    pub fn facts(&mut self, who: usize) -> Result<Vec<Fact>> {
        self.known(who)?;
        self.ask(move |core| core.actor(who).map_or(Vec::new(), |actor| actor.memory.facts().to_vec()))
    }

    /// Shares a fact with every character that knows one of its tags, now or later.
    ///
    /// # Errors
    /// If it is no fact, or has no tags.
    pub fn share(&mut self, fact: Fact) -> Result<()> {
        ensure_setting(!fact.tags.is_empty(), "stage", "tags", "told for a fact that is shared", "none")?;
        self.ask(move |core| core.shared.remember(fact))?
    }

    /// Sets the game's clock, by which facts grow old.
    ///
    /// # Errors
    /// If the worker is gone.
    pub fn set_time(&mut self, now: f64) -> Result<()> {
        ensure_setting(now.is_finite(), "stage", "time", "finite", now)?;
        self.order(move |core| core.now = now)
    }

    /// Gives a character another adapter, or none, from its next line on. Words that it has read before are read again.
    ///
    /// # Errors
    /// If there is no such character, or the adapter is for another model.
    pub fn set_adapter(&mut self, who: usize, adapter: Option<(Arc<Adapter>, f32)>) -> Result<()> {
        self.known(who)?;
        let list: Vec<_> = adapter.into_iter().collect();
        Session::new(self.model.engine()).set_adapters(&list)?;
        self.order(move |core| {
            if let Some(actor) = core.actor(who) {
                actor.adapters = Some(list);
            }
        })
    }

    /// What has been said with a character.
    ///
    /// # Errors
    /// As [`remove`](Self::remove).
    pub fn conversation(&mut self, who: usize) -> Result<Conversation> {
        Ok(self.snapshot(who)?.conversation)
    }

    /// A character as it is now, without a line that is being spoken.
    ///
    /// # Errors
    /// As [`remove`](Self::remove).
    pub fn snapshot(&mut self, who: usize) -> Result<SavedCharacter> {
        self.known(who)?;
        self.ask(move |core| core.actor(who).map(|actor| actor.saved()))?.ok_or_else(|| unknown(who))
    }

    /// Writes a character to a file: who it is, what was said, what it remembers; not the model, nor its cache.
    ///
    /// # Errors
    /// If there is no such character, or the file cannot be written.
    pub fn save(&mut self, who: usize, path: impl AsRef<Path>) -> Result<()> {
        self.snapshot(who)?.save(path)
    }

    /// Brings a character of a file onto the stage; its number.
    ///
    /// # Errors
    /// If the file is none, or as [`add`](Self::add).
    pub fn load(&mut self, path: impl AsRef<Path>) -> Result<usize> {
        let path = path.as_ref();
        let saved = SavedCharacter::load(path)?;
        self.restore(saved).map_err(|e| Error::file(path, e))
    }

    /// Brings a character onto the stage as it was.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn restore(&mut self, saved: SavedCharacter) -> Result<usize> {
        let mut actor = Actor::new(&self.model, &saved.config)?;
        actor.chat.restore(saved.conversation)?;
        for fact in saved.facts {
            actor.memory.remember(fact)?;
        }
        actor.lines = saved.lines;
        self.enter(actor)
    }

    fn known(&self, who: usize) -> Result<()> {
        if self.lines.contains_key(&who) { Ok(()) } else { Err(unknown(who)) }
    }

    fn order(&mut self, order: impl FnOnce(&mut Core) + Send + 'static) -> Result<()> {
        match &mut self.place {
            Place::Here(core) => {
                order(core);
                Ok(())
            }
            Place::Worker { orders, .. } => {
                orders.as_ref().and_then(|orders| orders.send(Box::new(order)).ok()).ok_or_else(gone)
            }
        }
    }

    /// As `order`, and waits for what comes of it: at most one slice.
    fn ask<T: Send + 'static>(&mut self, question: impl FnOnce(&mut Core) -> T + Send + 'static) -> Result<T> {
        let (answer, answered) = channel();
        self.order(move |core| drop(answer.send(question(core))))?;
        answered.recv().map_err(|_| gone())
    }
}

impl Drop for Stage {
    /// The worker ends within one token.
    fn drop(&mut self) {
        if let Place::Worker { orders, thread, .. } = &mut self.place {
            drop(orders.take());
            if let Some(thread) = thread.take() {
                let _ = thread.join();
            }
        }
    }
}

fn gone() -> Error {
    Error::value("stage: its worker has failed; make a new stage")
}

fn unknown(who: usize) -> Error {
    Error::value(format!("stage: there is no character {who}"))
}

/// A worker that does all the work of `core`.
fn worker(mut core: Core) -> Result<Place> {
    let (orders, received) = channel::<Order>();
    let (send, events) = channel();
    let work = move || {
        loop {
            // With nothing to do it waits for an order.
            let order = if core.idle() {
                match received.recv() {
                    Ok(order) => Some(order),
                    Err(_) => return,
                }
            } else {
                match received.try_recv() {
                    Ok(order) => Some(order),
                    Err(TryRecvError::Empty) => None,
                    Err(TryRecvError::Disconnected) => return,
                }
            };
            match order {
                Some(order) => order(&mut core),
                None => core.work_once(),
            }
            for spoken in core.spoken.drain(..) {
                if send.send(spoken).is_err() {
                    return;
                }
            }
        }
    };
    // A panic ends the worker; the stage then says that it is gone.
    let guarded = move || drop(catch_unwind(AssertUnwindSafe(work)));
    let thread = std::thread::Builder::new().name("mynah-stage".into()).spawn(guarded);
    let thread = thread.map_err(|e| Error::value(format!("stage: the worker cannot be started: {e}")))?;
    Ok(Place::Worker { orders: Some(orders), events, thread: Some(thread) })
}

/// A character on the stage.
struct Actor {
    config: CharacterConfig,
    chat: Chat,
    actions: Option<Actions>,
    memory: Memory,
    waiting: VecDeque<Waiting>,
    adapters: Option<Vec<(Arc<Adapter>, f32)>>, // to be put on before the next line
    warm: VecDeque<u32>,                        // to be read while nothing is said
    lines: u64,
    acts: bool,   // whether the line being spoken may end with an action
    line: String, // being spoken, with the action
    given: usize, // bytes of it that were given out
}

/// Something that was said to a character.
struct Waiting {
    text: String,
    constraint: Option<Arc<Constraint>>, // of its answer, in place of the actions'
    meaning: Option<Vec<f32>>,           // the model's mean state, empty if it has none
}

impl Actor {
    fn new(model: &Frozen, config: &CharacterConfig) -> Result<Self> {
        config.check()?;
        let persona = Some(config.persona.as_str()).filter(|p| !p.is_empty());
        let mut chat = model.chat(persona);
        let actions = if config.actions.is_empty() { None } else { Some(Actions::new(config.actions.clone())?) };
        // What a line would refuse is refused now.
        model.stream(b"", &GenerateConfig { constraint: None, ..config.sampling.clone() })?;
        if let Some(path) = &config.adapter {
            let adapter = Lora::load(path, Device::Cpu)?.adapter()?;
            let put_on = chat.session_mut().set_adapters(&[(adapter, config.adapter_weight as f32)]);
            put_on.map_err(|e| Error::file(path, e))?;
        }
        Ok(Self {
            config: config.clone(),
            chat,
            actions,
            memory: Memory::default(),
            waiting: VecDeque::new(),
            adapters: None,
            warm: VecDeque::new(),
            lines: 0,
            acts: false,
            line: String::new(),
            given: 0,
        })
    }

    fn saved(&self) -> SavedCharacter {
        SavedCharacter {
            format: FORMAT,
            config: self.config.clone(),
            limits: Limits::of(&self.config.sampling),
            conversation: self.chat.conversation().clone(),
            facts: self.memory.facts().to_vec(),
            lines: self.lines,
        }
    }

    /// Tokens that must be read before the next can be drawn; none if it is silent.
    fn unread(&mut self) -> Option<usize> {
        let (voice, _) = self.chat.speaking()?;
        Some(voice.unread().len())
    }

    /// Begins to answer what waits first; `facts` come before it.
    fn begin(&mut self, said: &Waiting, facts: &[String]) -> Result<()> {
        if let Some(adapters) = self.adapters.take() {
            let session = self.chat.session_mut();
            session.set_adapters(&adapters)?;
            session.rewind(0);
        }
        self.warm.clear();
        let mut sampling = self.config.sampling.clone();
        sampling.seed = sampling.seed.map(|seed| seed.wrapping_add(self.lines));
        let own = self.actions.as_ref().map(|actions| actions.constraint().clone());
        self.acts = own.is_some() && said.constraint.is_none();
        sampling.constraint = said.constraint.clone().or(own);
        if sampling.constraint.is_some() {
            sampling.stop.clear(); // the text ends where the constraint says
        }
        self.lines += 1;
        self.line.clear();
        self.given = 0;
        let Waiting { text, .. } = said;
        let text = if facts.is_empty() { text.clone() } else { format!("({})\n{text}", facts.join(" ")) };
        self.chat.begin(&text, &sampling)
    }

    /// Gives out what is certain of the line; true at its end.
    fn give(&mut self, who: usize, spoken: &mut Vec<Spoken>) -> bool {
        let Some((voice, _)) = self.chat.speaking() else { return true };
        let piece = voice.certain();
        let finished = voice.finished();
        self.line += &piece;
        self.chat.heard(&piece);
        let mut tell = |event| spoken.push(Spoken { who, event });
        let actions = self.actions.as_ref().filter(|_| self.acts);
        let words = match actions {
            Some(_) => self.line.find('\n').unwrap_or(self.line.len()),
            None => self.line.len(),
        };
        if words > self.given {
            tell(Event::Piece(self.line[self.given..words].to_string()));
            self.given = words;
        }
        if finished {
            // An action that the limit of tokens has cut in two is none.
            let action = actions.filter(|_| self.line.contains(MARK)).map(|actions| actions.split(&self.line));
            self.chat.cancel(); // over, and kept
            match action {
                Some(Ok((_, Some(action)))) => {
                    tell(Event::Action(action));
                    tell(Event::End(false));
                }
                Some(Err(e)) => tell(Event::Failed(e.to_string())),
                _ => tell(Event::End(false)),
            }
        }
        finished
    }
}

/// A slice of work.
enum Slice {
    Mean(usize),          // of what was said to this character
    Begin(usize),         // this character's line
    Read(usize, usize),   // so many tokens of this character's prompt
    Step(Vec<usize>),     // a token for each of these
    Warm(usize, usize),   // so many tokens of this character's next prompt
    Clear(Option<usize>), // the meaning of one fact, of a character or shared
}

/// Characters and their work.
struct Core {
    model: Frozen,
    config: StageConfig,
    actors: BTreeMap<usize, Actor>,
    shared: Memory,
    now: f64,
    spoken: Vec<Spoken>,
    pace: Pace,
    turn: usize,      // who comes first next time
    stepped: bool,    // whether the last slice was a token of those who speak
    saved: f64,       // budget of polls that was too small for anything, in seconds
    scratch: Session, // for meanings
}

impl Core {
    fn new(model: &Frozen, config: &StageConfig) -> Self {
        Self {
            model: model.clone(),
            config: config.clone(),
            actors: BTreeMap::new(),
            shared: Memory::default(),
            now: 0.0,
            spoken: Vec::new(),
            pace: Pace::new(),
            turn: 0,
            stepped: false,
            saved: 0.0,
            scratch: Session::new(model.engine()),
        }
    }

    fn actor(&mut self, who: usize) -> Option<&mut Actor> {
        self.actors.get_mut(&who)
    }

    fn enter(&mut self, who: usize, mut actor: Actor) {
        if self.config.warm_up {
            actor.warm = actor.chat.beginning().map(VecDeque::from).unwrap_or_default();
            actor.warm.truncate(self.model.engine().config().context / 2);
        }
        self.actors.insert(who, actor);
    }

    fn say(&mut self, who: usize, said: Waiting) {
        if let Some(actor) = self.actor(who) {
            actor.waiting.push_back(said);
        }
    }

    fn cancel(&mut self, who: usize) {
        let Some(actor) = self.actors.get_mut(&who) else { return };
        let lines = actor.waiting.len() + usize::from(actor.chat.answering());
        actor.waiting.clear();
        actor.chat.cancel();
        self.spoken.extend((0..lines).map(|_| Spoken { who, event: Event::End(true) }));
    }

    fn fail(&mut self, who: usize, why: &Error) {
        if let Some(actor) = self.actors.get_mut(&who) {
            actor.chat.cancel();
            self.spoken.push(Spoken { who, event: Event::Failed(why.to_string()) });
        }
    }

    fn idle(&mut self) -> bool {
        self.plan(f64::INFINITY).is_none()
    }

    /// Does slices until the next one would not fit.
    fn work_for(&mut self, budget: Duration) {
        let (begun, budget) = (Instant::now(), budget.as_secs_f64());
        let mut done = false;
        loop {
            let left = budget - begun.elapsed().as_secs_f64();
            let Some(slice) = self.plan(left.max(0.0)) else { return };
            let cost = self.cost(&slice) * 1.1;
            if cost > left {
                if done || left <= 0.0 {
                    return;
                }
                // It never fits: done once in as many polls as it takes.
                self.saved += budget;
                if self.saved < cost {
                    return;
                }
            }
            self.saved = 0.0;
            self.work(slice);
            done = true;
        }
    }

    fn work_once(&mut self) {
        if let Some(slice) = self.plan(f64::INFINITY) {
            self.work(slice);
        }
    }

    /// The next slice, cut to `left` seconds if it can be; nothing if there is nothing to do.
    fn plan(&mut self, left: f64) -> Option<Slice> {
        let prefill = self.config.prefill;
        let (mut begin, mut read, mut step, mut warm) = (None, None, Vec::new(), None);
        let turn = self.turn;
        let (before, after): (Vec<_>, Vec<_>) = self.actors.iter_mut().partition(|(who, _)| **who < turn);
        for (who, actor) in after.into_iter().chain(before) {
            match actor.unread() {
                Some(0 | 1) => step.push(*who),
                Some(n) => read = read.or(Some((*who, n - 1))),
                None => match actor.waiting.front() {
                    Some(said) => {
                        let knows = !actor.memory.facts().is_empty() || !self.shared.facts().is_empty();
                        let mean = said.meaning.is_none() && knows && actor.config.memory.meaning > 0.0;
                        begin = begin.or(Some(if mean { Slice::Mean(*who) } else { Slice::Begin(*who) }));
                    }
                    None if !actor.warm.is_empty() => warm = warm.or(Some((*who, actor.warm.len()))),
                    None => {}
                },
            }
        }
        let within = |n: usize, pace: &Pace| pace.tokens_within(n.min(prefill), left);
        let other = begin.or(read.map(|(who, n)| Slice::Read(who, within(n, &self.pace))));
        if !step.is_empty() && (other.is_none() || !self.stepped) {
            step.truncate(self.pace.texts_within(step.len(), left));
            return Some(Slice::Step(step));
        }
        if other.is_some() {
            return other;
        }
        if let Some((who, n)) = warm {
            return Some(Slice::Warm(who, within(n, &self.pace)));
        }
        let unclear = |actor: &Actor| actor.config.memory.meaning > 0.0 && actor.memory.unclear().is_some();
        if let Some((who, _)) = self.actors.iter().find(|(_, actor)| unclear(actor)) {
            return Some(Slice::Clear(Some(*who)));
        }
        self.shared.unclear().map(|_| Slice::Clear(None))
    }

    fn cost(&self, slice: &Slice) -> f64 {
        let tokens = |text: &str| self.pace.read(text.len().div_ceil(3).max(4));
        match slice {
            Slice::Begin(_) => self.pace.begin(),
            Slice::Read(_, n) | Slice::Warm(_, n) => self.pace.read(*n),
            Slice::Step(who) => self.pace.step(who.len()),
            Slice::Mean(who) => self.actors[who].waiting.front().map_or(0.0, |said| tokens(&said.text)),
            Slice::Clear(Some(who)) => self.actors[who].memory.unclear().map_or(0.0, tokens),
            Slice::Clear(None) => self.shared.unclear().map_or(0.0, tokens),
        }
    }

    fn work(&mut self, slice: Slice) {
        self.stepped = matches!(slice, Slice::Step(_));
        let begun = Instant::now();
        match slice {
            Slice::Begin(who) => {
                if let Err(e) = self.begin(who) {
                    self.fail(who, &e);
                }
                self.pace.note_begin(begun.elapsed());
            }
            Slice::Read(who, n) => {
                let Some(actor) = self.actors.get_mut(&who) else { return };
                let Some((voice, session)) = actor.chat.speaking() else { return };
                let done = session.read(&voice.unread()[..n]).map(|_| ());
                voice.unread().drain(..n);
                self.pace.note_read(n, begun.elapsed());
                if let Err(e) = done {
                    self.fail(who, &e);
                }
            }
            Slice::Warm(who, n) => {
                let Some(actor) = self.actors.get_mut(&who) else { return };
                let tokens: Vec<u32> = actor.warm.drain(..n).collect();
                if actor.chat.session_mut().read(&tokens).is_err() {
                    actor.warm.clear(); // the line will say why
                }
                self.pace.note_read(n, begun.elapsed());
            }
            Slice::Step(who) => {
                let n = who.len();
                self.turn = who.last().map_or(0, |last| last + 1);
                self.step(&who);
                self.pace.note_step(n, begun.elapsed());
            }
            Slice::Mean(who) => {
                let text = self.actors[&who].waiting.front().map(|said| said.text.clone()).unwrap_or_default();
                let meaning = self.meaning(&text);
                if let Some(said) = self.actors.get_mut(&who).and_then(|actor| actor.waiting.front_mut()) {
                    said.meaning = Some(meaning);
                }
            }
            Slice::Clear(who) => {
                let memory = who.map_or(&self.shared, |who| &self.actors[&who].memory);
                let text = memory.unclear().unwrap_or_default().to_string();
                let meaning = self.meaning(&text);
                let memory = match who {
                    None => &mut self.shared,
                    Some(who) => &mut self.actors.get_mut(&who).expect("planned for it").memory,
                };
                memory.clear_up(&text, meaning);
            }
        }
    }

    /// The model's mean state for the newest 64 tokens of a text; empty if it has none.
    fn meaning(&mut self, text: &str) -> Vec<f32> {
        let begun = Instant::now();
        let tokens = self.model.tokenizer().encode_known(text);
        let tokens = &tokens[tokens.len().saturating_sub(64)..];
        let meaning = self.scratch.mean_state(tokens).unwrap_or_default();
        self.pace.note_read(tokens.len(), begun.elapsed());
        meaning
    }

    fn begin(&mut self, who: usize) -> Result<()> {
        let Some(actor) = self.actors.get_mut(&who) else { return Ok(()) };
        let Some(said) = actor.waiting.pop_front() else { return Ok(()) };
        let Waiting { text, meaning, .. } = &said;
        let (config, tags) = (&actor.config.memory, &actor.config.knows);
        let meaning = meaning.as_deref().filter(|m| !m.is_empty());
        let mut found = actor.memory.recall(text, meaning, self.now, config, |_| true);
        let may = |fact: &Fact| fact.tags.iter().any(|tag| tags.contains(tag));
        found.extend(self.shared.recall(text, meaning, self.now, config, may));
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        // Those that it still sees need not be told again.
        let talk = actor.chat.conversation();
        let seen = |fact: &Fact| talk.messages[talk.dropped..].iter().any(|m| m.content.contains(&fact.text));
        let (mut facts, mut room) = (Vec::new(), config.tokens);
        for (_, fact) in found {
            let tokens = self.model.tokenizer().encode_known(&fact.text).len();
            if facts.len() < config.facts && tokens <= room && !seen(fact) && !facts.contains(&fact.text) {
                room -= tokens;
                facts.push(fact.text.clone());
            }
        }
        actor.begin(&said, &facts)
    }

    /// A token for each of these, in one pass.
    fn step(&mut self, who: &[usize]) {
        debug_assert!(who.len() <= MOST);
        let mut failed: Vec<(usize, Error)> = Vec::new();
        let mut parts = Vec::new();
        for (id, actor) in self.actors.iter_mut().filter(|(id, _)| who.contains(id)) {
            let Some((voice, session)) = actor.chat.speaking() else { continue };
            match voice.take_forced() {
                Ok(false) => parts.push((*id, voice, session)),
                Ok(true) => {} // no look at the model was needed
                Err(e) => failed.push((*id, e)),
            }
        }
        let tokens: Vec<u32> = parts.iter_mut().map(|(_, voice, _)| voice.unread()[0]).collect();
        let mut sessions: Vec<&mut Session> = parts.iter_mut().map(|(_, _, session)| &mut **session).collect();
        match step_many(&mut sessions, &tokens) {
            Ok(()) => {
                for (id, voice, session) in parts {
                    voice.unread().clear();
                    let hook = &mut |_: usize, _: &mut [f32], _: &[u32]| Ok(());
                    if let Err(e) = voice.draw(session, hook) {
                        failed.push((id, e));
                    }
                }
            }
            Err(e) => {
                let why = e.to_string();
                failed.extend(parts.iter().map(|(id, ..)| (*id, Error::value(why.clone()))));
            }
        }
        for (id, why) in &failed {
            self.fail(*id, why);
        }
        for id in who.iter().filter(|id| !failed.iter().any(|(other, _)| other == *id)) {
            if let Some(actor) = self.actors.get_mut(id) {
                actor.give(*id, &mut self.spoken);
            }
        }
    }
}

#[cfg(test)]
mod tests;
