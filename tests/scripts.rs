//! The Lua scripts in `tests/lua`, each in a fresh Lua state. A script fails by raising an error.

use super::api::vm;
use std::path::Path;

/// Runs `tests/lua/NAME.lua` with an empty folder's path in `TMP`.
fn script(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lua").join(format!("{name}.lua"));
    let code = std::fs::read_to_string(&path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let lua = vm();
    lua.globals().set("TMP", folder.path().display().to_string()).unwrap();
    let check = lua.load(include_str!("lua/check.lua")).set_name("=check.lua").into_function().unwrap();
    lua.globals().set("check", check.call::<mlua::Table>(()).unwrap()).unwrap();
    lua.load(&code).set_name(format!("={name}.lua")).exec().unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn tensors_from_lua() {
    script("tensor");
}

#[test]
fn nets_from_lua() {
    script("nn");
}

#[test]
fn optimizers_from_lua() {
    script("optim");
}

#[test]
fn language_models_from_lua() {
    script("lm");
}

#[test]
fn more_of_language_models_from_lua() {
    script("lm_more");
}

#[test]
fn linear_algebra_from_lua() {
    script("linalg");
}

#[test]
fn derivatives_from_lua() {
    script("diff");
}

#[test]
fn routes_from_lua() {
    script("route");
}

#[test]
fn minimising_from_lua() {
    script("minimize");
}

#[test]
fn pictures_from_lua() {
    script("paint");
}

#[test]
fn plots_from_lua() {
    script("plot");
}

#[test]
fn learners_from_lua() {
    script("learn");
}

#[test]
fn tables_from_lua() {
    script("data");
}

#[test]
fn graphical_models_from_lua() {
    script("graphical");
}

#[test]
fn coders_from_lua() {
    script("code");
}

#[test]
fn a_canvas_and_searches_to_watch_from_lua() {
    script("canvas");
}

#[test]
fn characters_from_lua() {
    script("npc");
}
