//! The declarations and what is generated from them agree with each other and with the Lua state.

use mlua::{Lua, Table, Value};
use mynah::bind;
use mynah::bind::declare::Kind;
use std::path::Path;

/// A Lua state with `mynah` in it, as a script sees it.
pub fn vm() -> Lua {
    let lua = Lua::new();
    let mynah = bind::install(&lua).expect("the binding installs");
    lua.globals().set("mynah", mynah).expect("globals can be set");
    lua
}

/// Compares a committed file with a fresh generation; `BLESS=1` rewrites it.
fn committed(path: &str, fresh: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, fresh).unwrap();
    }
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = old.lines().zip(fresh.lines()).position(|(a, b)| a != b);
    let line = differing.unwrap_or(old.lines().count().min(fresh.lines().count()));
    assert!(
        old == fresh,
        "{} is out of date at line {}:\n  committed: {:?}\n  fresh:     {:?}\nrun `BLESS=1 cargo test`",
        path.display(),
        line + 1,
        old.lines().nth(line),
        fresh.lines().nth(line)
    );
}

#[test]
fn annotations_are_fresh() {
    committed("lua/meta/mynah.lua", &bind::api().luacats());
}

#[test]
fn reference_is_fresh() {
    committed("lua/meta/reference.md", &bind::api().reference());
}

#[test]
fn every_function_in_the_vm_is_declared() {
    let lua = vm();
    let api = bind::api();
    let declared: Vec<String> = api.functions().into_iter().map(|(path, ..)| path).collect();
    let mut seen = 0;
    let mut rooms = vec![("mynah".to_string(), lua.globals().get::<Table>("mynah").unwrap())];
    while let Some((path, table)) = rooms.pop() {
        for pair in table.pairs::<String, Value>() {
            let (name, value) = pair.unwrap();
            let path = format!("{path}.{name}");
            match value {
                Value::Function(_) => {
                    assert!(declared.contains(&path), "{path} is reachable but not declared");
                    seen += 1;
                }
                Value::Table(room) => {
                    if room.metatable().is_some_and(|meta| meta.contains_key("__call").unwrap()) {
                        assert!(declared.contains(&path), "{path} can be called but is not declared");
                        seen += 1;
                    }
                    rooms.push((path, room));
                }
                _ => {}
            }
        }
    }
    let functions = api.modules.iter().map(|m| m.functions.len()).sum::<usize>();
    assert_eq!(seen, functions, "every declared function is reachable");
}

#[test]
fn every_declaration_says_what_it_is() {
    for (path, _, f) in bind::api().functions() {
        let first = f.doc.lines().find(|l| !l.trim().is_empty()).unwrap_or_default().trim();
        assert!(first.len() > 10 && first.ends_with(['.', ':']) || first.len() > 60, "{path}: {first:?}");
    }
}

#[test]
fn every_example_runs() {
    let api = bind::api();
    let mut ran = 0;
    let folder = tempfile::tempdir().unwrap();
    for (path, _, f) in api.functions() {
        for code in f.examples() {
            let lua = vm();
            let tmp = folder.path().join(path.replace(['.', ':'], "_")).display().to_string();
            lua.globals().set("TMP", tmp).unwrap();
            lua.load(&code).set_name(format!("={path}")).exec().unwrap_or_else(|e| panic!("{path}: {e}\n{code}"));
            ran += 1;
        }
    }
    assert!(ran >= 35, "only {ran} examples");
}

#[test]
fn every_module_function_has_an_example() {
    for module in bind::api().modules {
        for f in module.functions.iter().filter(|f| matches!(f.kind, Kind::Function | Kind::Call)) {
            assert!(!f.examples().is_empty(), "{}.{} has no example", module.path, f.name);
        }
    }
}

/// Runs `code` as the script `game.lua` and returns the error it raises, which must be a plain string.
pub fn refusal(code: &str) -> String {
    let lua = vm();
    lua.globals().set("code", code).unwrap();
    let (ok, message): (bool, Value) =
        lua.load("return pcall(load(code, '=game.lua'))").set_name("=driver").eval().unwrap();
    assert!(!ok, "no error from: {code}");
    match message {
        Value::String(text) => text.to_string_lossy(),
        other => panic!("error is a {}, not a string: {code}", other.type_name()),
    }
}

/// Code, and the error that it raises.
pub const REFUSALS: &[(&str, &str)] = &[
    ("\nmynah.zeros(2, 3):matmul(mynah.zeros(2, 3))", "game.lua:2: matmul: inner sizes differ: [2, 3] x [2, 3]"),
    ("local x = mynah.zeros(2)\n\nprint(x + mynah.zeros(3))", "game.lua:3: add: shapes do not broadcast: [2] with [3]"),
    ("\nmynah.tenser{ 1 }", "game.lua:2: mynah has no `tenser`; did you mean `tensor`?"),
    ("mynah.zeros(2):smu()", "game.lua:1: Tensor has no method or field `smu`; did you mean `sum`?"),
    (
        "mynah.zeros(2).sum()",
        "game.lua:1: `sum` is a method of Tensor: call it with a colon, object:sum(...); got nothing",
    ),
    ("mynah.zeros(-1)", "game.lua:1: bad argument #1 (`rest`) to `zeros`: expected a whole number, 0 or more, got -1"),
    ("mynah.zeros(2, {dtyp = 'f64'})", "game.lua:1: unknown option `dtyp` for `zeros`; did you mean `dtype`?"),
    ("mynah.tensor{ {1, 2}, {3} }", "game.lua:1: tensor: rows differ in length: one has 2, another 1"),
    ("mynah.tensor{ 1, 'a' }", "game.lua:1: tensor: elements are numbers or booleans, got the string \"a\""),
    ("return mynah.zeros(2, 2)[3]", "game.lua:1: index 3 is outside 1..2 (dimension 1 of [2, 2])"),
    ("mynah.zeros(2)[1] = 'x'", "game.lua:1: expected a tensor or a number, got the string \"x\""),
    ("mynah.zeros(2):backward()", "game.lua:1: backward: needs one number, got shape [2]"),
    ("mynah.eye(2, {}, 3)", "game.lua:1: `eye` takes no further argument, got 3"),
    (
        "mynah.device('gpu')",
        "game.lua:1: device: this build has \"cpu\", got \"gpu\"; build with `--features wgpu` for the graphics card",
    ),
];

#[test]
fn errors_are_sentences_at_the_callers_line() {
    for (code, message) in REFUSALS {
        assert_eq!(refusal(code), *message, "{code}");
    }
}

#[test]
fn what_a_callback_throws_reaches_the_script_unchanged() {
    let lua = vm();
    let code: i64 = lua
        .load("local ok, e = pcall(mynah.no_grad, function() error({ code = 7 }) end) return e.code")
        .eval()
        .unwrap();
    assert_eq!(code, 7);
}

#[test]
fn a_host_finds_the_same_mynah_by_require() {
    let lua = Lua::new();
    let once = mynah::install(&lua).unwrap();
    let found: Table = lua.load("return require 'mynah'").eval().unwrap();
    assert!(once == found && once == mynah::install(&lua).unwrap());
    // A state without `package` has it, too.
    let bare = Lua::new_with(mlua::StdLib::NONE, mlua::LuaOptions::default()).unwrap();
    let sum = mynah::install(&bare).unwrap().get::<mlua::Function>("ones").unwrap().call::<mlua::AnyUserData>(3);
    assert!(sum.is_ok());
}
