//! The interface for C, `mynah.h`: characters behind numbers.
//!
//! A handle is a number in a table, never an address, so that a wrong one is an error and not a crash. Each function
//! below takes its arguments apart, works in safe code under [`guarded`], and turns the outcome into a number.

use crate::lm::{Frozen, Quantization};
use crate::npc::{ActionValue, CharacterConfig, Event, Fact, Spoken, Stage, StageConfig};
use crate::{Error, Result, options};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ffi::{CStr, CString, c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The version of the interface.
const VERSION: u32 = 1;

/// How a model is loaded.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct LoadOptions {
    quantize: Option<Bits>,
    stage: StageConfig,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Bits {
    Q8,
    Q4,
}

/// What came of a line, as C sees it.
#[repr(C)]
#[derive(Debug)]
pub struct MynahEvent {
    character: u64,
    text: *const c_char,
    length: usize,
    kind: i32,
}

/// A model, its characters and what they have said.
struct Cast {
    stage: Stage,
    threads: usize,
    handles: BTreeMap<usize, u64>, // of characters, by their number on the stage
    events: VecDeque<Spoken>,
    text: Vec<u8>, // of the newest event, with a 0 behind it
}

/// What a handle stands for.
#[derive(Clone)]
enum Thing {
    Model(Arc<Mutex<Cast>>),
    Character(Arc<Mutex<Cast>>, usize),
}

/// All handles that are in use.
#[derive(Default)]
struct Handles {
    last: u64,
    things: HashMap<u64, Thing>,
}

static HANDLES: LazyLock<Mutex<Handles>> = LazyLock::new(Mutex::default);

thread_local! {
    static LAST_ERROR: RefCell<CString> = RefCell::default();
}

/// The table of handles. It is never left half changed, whatever happened to who held it.
fn handles() -> MutexGuard<'static, Handles> {
    HANDLES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep(thing: Thing) -> u64 {
    let mut handles = handles();
    handles.last += 1;
    let handle = handles.last;
    handles.things.insert(handle, thing);
    handle
}

fn thing(handle: u64) -> Result<Thing> {
    let none = || match handle {
        0 => Error::value("the handle is 0"),
        _ => Error::value(format!("there is no handle {handle}; was it freed?")),
    };
    handles().things.get(&handle).cloned().ok_or_else(none)
}

fn model(handle: u64) -> Result<Arc<Mutex<Cast>>> {
    match thing(handle)? {
        Thing::Model(cast) => Ok(cast),
        Thing::Character(..) => Err(Error::value(format!("handle {handle} is a character, but a model is wanted"))),
    }
}

fn character(handle: u64) -> Result<(Arc<Mutex<Cast>>, usize)> {
    match thing(handle)? {
        Thing::Character(cast, who) => Ok((cast, who)),
        Thing::Model(_) => Err(Error::value(format!("handle {handle} is a model, but a character is wanted"))),
    }
}

fn lock(cast: &Mutex<Cast>) -> Result<MutexGuard<'_, Cast>> {
    cast.lock().map_err(|_| Error::value("this model has failed inside before; load it again"))
}

/// Does the work of `function`; on an error, or a panic, notes why and gives `failed`.
fn guarded<T>(function: &str, failed: T, work: impl FnOnce() -> Result<T>) -> T {
    let outcome = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
        Err(Error::value(format!("internal error, please report it: {text}")))
    });
    outcome.unwrap_or_else(|error| {
        let text = format!("{function}: {error}").replace('\0', "\u{fffd}");
        LAST_ERROR.with(|last| last.replace(CString::new(text).unwrap_or_default()));
        failed
    })
}

/// The text at `text`.
///
/// # Safety
/// It must be null or end with a 0.
unsafe fn read<'a>(text: *const c_char, name: &str) -> Result<&'a str> {
    if text.is_null() {
        return Err(Error::value(format!("`{name}` is null")));
    }
    // SAFETY: it is not null, so it ends with a 0, as promised.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map_err(|_| Error::value(format!("`{name}` is not UTF-8")))
}

/// The settings in the JSON at `text`; the defaults if it is null.
///
/// # Safety
/// As for [`read`].
unsafe fn settings<S: DeserializeOwned + Default>(what: &str, text: *const c_char) -> Result<S> {
    if text.is_null() {
        return Ok(S::default());
    }
    // SAFETY: as promised to this function.
    let text = unsafe { read(text, what) }?;
    let json = serde_json::from_str(text).map_err(|e| Error::value(format!("`{what}` is not JSON: {e}")))?;
    options::read(what, json)
}

/// See `mynah.h`.
#[unsafe(no_mangle)]
pub extern "C" fn mynah_version() -> u32 {
    VERSION
}

/// See `mynah.h`.
#[unsafe(no_mangle)]
pub extern "C" fn mynah_last_error() -> *const c_char {
    // While its thread ends there is no error to tell any more.
    LAST_ERROR.try_with(|last| last.borrow().as_ptr()).unwrap_or(c"".as_ptr())
}

/// See `mynah.h`.
///
/// # Safety
/// Both texts must be null or end with a 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mynah_load(path: *const c_char, options: *const c_char) -> u64 {
    guarded("mynah_load", 0, || {
        // SAFETY: as promised to this function.
        let (path, options): (_, LoadOptions) = unsafe { (read(path, "path")?, settings("options", options)?) };
        let model = Frozen::load(path)?;
        let model = match options.quantize {
            Some(Bits::Q8) => model.quantized(Quantization::Q8)?,
            Some(Bits::Q4) => model.quantized(Quantization::Q4)?,
            None => model,
        };
        let stage = Stage::new(&model, &options.stage)?;
        let threads = options.stage.threads;
        let cast = Cast { stage, threads, handles: BTreeMap::new(), events: VecDeque::new(), text: Vec::new() };
        Ok(keep(Thing::Model(Arc::new(Mutex::new(cast)))))
    })
}

/// Brings somebody onto a model's stage.
fn enter(model_handle: u64, add: impl FnOnce(&mut Stage) -> Result<usize>) -> Result<u64> {
    let cast = model(model_handle)?;
    let mut locked = lock(&cast)?;
    let who = add(&mut locked.stage)?;
    let handle = keep(Thing::Character(cast.clone(), who));
    locked.handles.insert(who, handle);
    Ok(handle)
}

/// See `mynah.h`.
///
/// # Safety
/// `config` must be null or end with a 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mynah_character(model: u64, config: *const c_char) -> u64 {
    guarded("mynah_character", 0, || {
        // SAFETY: as promised to this function.
        let config: CharacterConfig = unsafe { settings("config", config)? };
        enter(model, |stage| stage.add(&config))
    })
}

/// See `mynah.h`.
///
/// # Safety
/// `path` must be null or end with a 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mynah_restore(model: u64, path: *const c_char) -> u64 {
    guarded("mynah_restore", 0, || {
        // SAFETY: as promised to this function.
        let path = unsafe { read(path, "path")? };
        enter(model, |stage| stage.load(path))
    })
}

/// Does something with a character and the text at `text`; 0, or -1 if it fails.
///
/// # Safety
/// As for [`read`].
unsafe fn with_text(
    function: &str,
    handle: u64,
    text: *const c_char,
    name: &str,
    work: impl FnOnce(&mut Stage, usize, &str) -> Result<()>,
) -> c_int {
    guarded(function, -1, || {
        let (cast, who) = character(handle)?;
        // SAFETY: as promised to this function.
        let text = unsafe { read(text, name)? };
        work(&mut lock(&cast)?.stage, who, text)?;
        Ok(0)
    })
}

/// See `mynah.h`.
///
/// # Safety
/// `path` must be null or end with a 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mynah_save(handle: u64, path: *const c_char) -> c_int {
    // SAFETY: as promised to this function.
    unsafe { with_text("mynah_save", handle, path, "path", |stage, who, path| stage.save(who, path)) }
}

/// See `mynah.h`.
///
/// # Safety
/// `text` must be null or end with a 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mynah_say(handle: u64, text: *const c_char) -> c_int {
    // SAFETY: as promised to this function.
    unsafe { with_text("mynah_say", handle, text, "text", |stage, who, text| stage.say(who, text)) }
}

/// See `mynah.h`.
///
/// # Safety
/// `fact` must be null or end with a 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mynah_remember(handle: u64, fact: *const c_char) -> c_int {
    let remember =
        |stage: &mut Stage, who, text: &str| stage.remember(who, Fact { text: text.into(), ..Default::default() });
    // SAFETY: as promised to this function.
    unsafe { with_text("mynah_remember", handle, fact, "fact", remember) }
}

/// See `mynah.h`.
#[unsafe(no_mangle)]
pub extern "C" fn mynah_busy(handle: u64) -> c_int {
    guarded("mynah_busy", -1, || {
        let (cast, who) = character(handle)?;
        let cast = lock(&cast)?;
        // What was not given out yet is not over either.
        Ok(c_int::from(cast.stage.busy(who) || cast.events.iter().any(|spoken| spoken.who == who)))
    })
}

/// See `mynah.h`.
#[unsafe(no_mangle)]
pub extern "C" fn mynah_cancel(handle: u64) -> c_int {
    guarded("mynah_cancel", -1, || {
        let (cast, who) = character(handle)?;
        lock(&cast)?.stage.cancel(who)?;
        Ok(0)
    })
}

/// See `mynah.h`.
///
/// # Safety
/// `event` must be null or have room for an event.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mynah_poll(handle: u64, milliseconds: f64, event: *mut MynahEvent) -> c_int {
    guarded("mynah_poll", -1, || {
        let cast = model(handle)?;
        if event.is_null() {
            return Err(Error::value("`event` is null"));
        }
        let budget = Duration::try_from_secs_f64(milliseconds / 1e3)
            .map_err(|_| Error::setting("stage", "milliseconds", "finite and at least 0", milliseconds))?;
        let mut cast = lock(&cast)?;
        let Some(next) = cast.next(budget)? else { return Ok(0) };
        // SAFETY: it is not null, so there is room, as promised.
        unsafe { event.write(next) };
        Ok(1)
    })
}

/// See `mynah.h`.
#[unsafe(no_mangle)]
pub extern "C" fn mynah_free(handle: u64) -> c_int {
    guarded("mynah_free", -1, || {
        if handle == 0 {
            return Ok(0);
        }
        match thing(handle)? {
            Thing::Character(cast, who) => {
                handles().things.remove(&handle);
                let mut cast = lock(&cast)?;
                cast.handles.remove(&who);
                cast.events.retain(|spoken| spoken.who != who);
                cast.stage.remove(who)?;
            }
            Thing::Model(cast) => {
                // The model itself goes with the last call that still uses it.
                let of_model = |thing: &Thing| match thing {
                    Thing::Model(other) | Thing::Character(other, _) => Arc::ptr_eq(other, &cast),
                };
                let gone: Vec<Thing> = {
                    let mut handles = handles();
                    let gone: Vec<u64> =
                        handles.things.iter().filter(|(_, thing)| of_model(thing)).map(|(handle, _)| *handle).collect();
                    gone.iter().filter_map(|handle| handles.things.remove(handle)).collect()
                };
                drop(gone);
            }
        }
        Ok(0)
    })
}

impl Cast {
    /// Works for `budget`, then gives the next event.
    fn next(&mut self, budget: Duration) -> Result<Option<MynahEvent>> {
        if self.threads > 0 || !budget.is_zero() {
            let spoken = self.stage.poll(budget)?;
            self.events.extend(spoken);
        }
        while let Some(Spoken { who, event }) = self.events.pop_front() {
            let Some(character) = self.handles.get(&who).copied() else { continue }; // freed in the meantime
            let (kind, text) = match event {
                Event::Piece(text) => (1, text),
                Event::Action(action) => {
                    let args: serde_json::Map<_, _> =
                        action.args.into_iter().map(|(name, value)| (name, json(value))).collect();
                    (2, serde_json::json!({ "name": action.name, "args": args }).to_string())
                }
                Event::End(false) => (3, String::new()),
                Event::End(true) => (4, String::new()),
                Event::Failed(why) => (5, why),
            };
            self.text = text.into_bytes();
            let length = self.text.len();
            self.text.push(0);
            return Ok(Some(MynahEvent { character, text: self.text.as_ptr().cast(), length, kind }));
        }
        Ok(None)
    }
}

fn json(value: ActionValue) -> serde_json::Value {
    match value {
        ActionValue::Text(text) => text.into(),
        ActionValue::Integer(n) => n.into(),
        ActionValue::Number(x) => x.into(),
        ActionValue::Flag(flag) => flag.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lm::{Model, ModelConfig, Tokenizer};
    use crate::nn::Device;
    use std::ptr::null;

    fn last_error() -> String {
        // SAFETY: the text lives until the next failure in this thread.
        unsafe { CStr::from_ptr(mynah_last_error()) }.to_str().unwrap().to_string()
    }

    fn text(text: &str) -> CString {
        CString::new(text).unwrap()
    }

    /// A model's file in a folder that lives as long as the first of these.
    fn bird() -> (tempfile::TempDir, CString) {
        let folder = tempfile::tempdir().unwrap();
        let config = ModelConfig { dim: 32, layers: 1, heads: 2, kv_heads: 1, context: 64, ..Default::default() };
        let path = folder.path().join("bird.safetensors");
        Model::new(&config, Tokenizer::bytes(), Device::Cpu, 1).unwrap().save(&path).unwrap();
        (folder, text(path.to_str().unwrap()))
    }

    /// What comes until `handle` is silent: (kind, text) with pieces joined.
    fn hear(model: u64, handle: u64) -> Vec<(i32, Vec<u8>)> {
        let mut heard: Vec<(i32, Vec<u8>)> = Vec::new();
        while mynah_busy(handle) == 1 {
            let mut event = MynahEvent { character: 0, text: null(), length: 0, kind: 0 };
            // SAFETY: the event is there.
            while unsafe { mynah_poll(model, 5.0, &mut event) } == 1 {
                assert_eq!(event.character, handle);
                // SAFETY: the text lives until the next poll, and a 0 follows it.
                let (bytes, end) = unsafe {
                    let bytes = std::slice::from_raw_parts(event.text.cast::<u8>(), event.length + 1);
                    (bytes[..event.length].to_vec(), bytes[event.length])
                };
                assert_eq!(end, 0);
                match heard.last_mut() {
                    Some((1, before)) if event.kind == 1 => before.extend(bytes),
                    _ => heard.push((event.kind, bytes)),
                }
            }
        }
        heard
    }

    #[test]
    fn characters_talk_act_and_come_back_from_their_files() {
        let (folder, path) = bird();
        let config = text(
            r#"{ "persona": "You nod.", "sampling": { "tokens": 60, "seed": 3 },
                 "actions": [{ "name": "give", "args": [{ "name": "count", "kind": { "integer": [7, 7] } }] }] }"#,
        );
        for options in [r#"{ "quantize": "q8", "stage": { "threads": 0 } }"#, r#"{ "stage": { "threads": 1 } }"#] {
            // SAFETY: all texts end with a 0.
            unsafe {
                let model = mynah_load(path.as_ptr(), text(options).as_ptr());
                assert_ne!(model, 0, "{}", last_error());
                let odo = mynah_character(model, config.as_ptr());
                assert_ne!(odo, 0, "{}", last_error());
                assert_eq!(mynah_remember(odo, c"The bridge is out.".as_ptr()), 0);
                assert_eq!(mynah_say(odo, c"Hello".as_ptr()), 0);
                let heard = hear(model, odo);
                assert_eq!(heard.last().unwrap().0, 3, "{heard:?}");
                for (kind, words) in &heard {
                    assert!(*kind != 2 || words == br#"{"name":"give","args":{"count":7}}"#, "{heard:?}");
                }
                // The same again from where it was saved.
                let saved = text(folder.path().join("odo.json").to_str().unwrap());
                assert_eq!(mynah_save(odo, saved.as_ptr()), 0, "{}", last_error());
                let again = mynah_restore(model, saved.as_ptr());
                assert_eq!(mynah_say(odo, c"Bye".as_ptr()), 0);
                let heard = hear(model, odo);
                assert_eq!(mynah_say(again, c"Bye".as_ptr()), 0);
                assert_eq!(hear(model, again), heard);
                // A line that is broken off, and one whose character goes.
                assert_eq!(mynah_say(odo, c"Go".as_ptr()) + mynah_cancel(odo), 0);
                assert_eq!(hear(model, odo), [(4, vec![])]);
                assert_eq!(mynah_say(odo, c"Go".as_ptr()) + mynah_free(odo), 0);
                assert_eq!(mynah_free(model), 0);
                assert_eq!(mynah_busy(again), -1, "it went with its model");
            }
        }
    }

    #[test]
    fn whatever_is_wrong_is_told_and_harms_nobody() {
        let (_folder, path) = bird();
        // SAFETY: all texts end with a 0 or are null.
        unsafe {
            let model = mynah_load(path.as_ptr(), null());
            let odo = mynah_character(model, null());
            assert!(model != 0 && odo != 0);
            let mut event = MynahEvent { character: 0, text: null(), length: 0, kind: 0 };
            let refused = |failed: bool, why: &str| {
                assert!(failed, "no failure: {why}");
                assert!(last_error().contains(why), "{:?} is not {why:?}", last_error());
            };
            refused(mynah_load(null(), null()) == 0, "mynah_load: `path` is null");
            refused(mynah_load(c"no/such/file.gguf".as_ptr(), null()) == 0, "no/such/file.gguf: no such file");
            refused(mynah_load(path.as_ptr(), c"q8".as_ptr()) == 0, "`options` is not JSON");
            refused(mynah_load(path.as_ptr(), c"{\"quantise\": 8}".as_ptr()) == 0, "did you mean `quantize`?");
            refused(mynah_character(model, c"\xff".as_ptr()) == 0, "`config` is not UTF-8");
            refused(mynah_character(model, c"{\"persna\": 1}".as_ptr()) == 0, "did you mean `persona`?");
            refused(mynah_character(odo, null()) == 0, "is a character, but a model is wanted");
            refused(mynah_restore(model, path.as_ptr()) == 0, "bird.safetensors");
            refused(mynah_say(model, c"x".as_ptr()) == -1, "is a model, but a character is wanted");
            refused(mynah_say(odo, null()) == -1, "`text` is null");
            refused(mynah_say(0, c"x".as_ptr()) == -1, "the handle is 0");
            refused(mynah_cancel(u64::MAX) == -1, "there is no handle 18446744073709551615; was it freed?");
            refused(mynah_poll(model, 1.0, std::ptr::null_mut()) == -1, "`event` is null");
            refused(mynah_poll(model, f64::NAN, &mut event) == -1, "must be finite and at least 0, got NaN");
            refused(mynah_poll(model, -1.0, &mut event) == -1, "must be finite and at least 0, got -1");
            refused(mynah_save(odo, c"/dev/null/odo".as_ptr()) == -1, "cannot be written");
            refused(mynah_remember(odo, c"".as_ptr()) == -1, "mynah_remember");
            assert_eq!((mynah_poll(model, 0.0, &mut event), mynah_busy(odo), mynah_free(0)), (0, 0, 0));
            assert_eq!(mynah_free(model), 0);
            refused(mynah_free(model) == -1, "was it freed?");
        }
    }

    #[test]
    fn threads_may_call_as_they_like() {
        let (_folder, path) = bird();
        // SAFETY: the texts end with a 0, and the events are there.
        let model = unsafe { mynah_load(path.as_ptr(), null()) };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| unsafe {
                    let config = c"{\"sampling\": {\"tokens\": 5, \"seed\": 1}}";
                    let who = mynah_character(model, config.as_ptr());
                    assert_eq!(mynah_say(who, c"Hello".as_ptr()), 0);
                    let mut event = MynahEvent { character: 0, text: null(), length: 0, kind: 0 };
                    while mynah_busy(who) == 1 {
                        assert!(mynah_poll(model, 1.0, &mut event) >= 0);
                    }
                    assert_eq!(mynah_free(who), 0);
                });
            }
        });
        assert_eq!(mynah_free(model), 0);
    }
}
