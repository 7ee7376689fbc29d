//! The Lua face of the kernel: one file per room, every function declared once.
//!
//! [`declare`] turns declarations into data, [`shim`] raises errors at the caller's line, [`convert`] and [`options`]
//! read arguments, [`docs`] writes the annotations, the reference page and `help`.
#![allow(clippy::redundant_closure_call)] // a declaration's body is called as a closure, so that `?` works in it

pub mod convert;
mod data;
pub mod declare;
pub mod docs;
pub mod options;
pub mod shim;

mod args;
mod canvas;
mod code;
mod curve;
mod diff;
mod genetic;
mod graphical;
mod learn;
mod linalg;
mod lm;
mod memory;
mod metrics;
mod minimize;
mod minimizer;
mod nn;
mod npc;
mod optim;
mod paint;
mod params;
mod plot;
mod policy;
mod root;
mod route;
mod rows;
mod search;
mod tensor;
mod testfns;

pub use shim::{Callback, Fault, Outcome};

use docs::Api;
use mlua::{Function, Lua, Table, Value};
use shim::Shim;

/// Everything that Lua can reach, as data.
pub fn api() -> Api {
    Api {
        modules: vec![
            root::module(),
            diff::module(),
            linalg::module(),
            nn::module(),
            optim::module(),
            testfns::module(),
            route::module(),
            paint::module(),
            learn::module(),
            graphical::module(),
            data::module(),
            code::module(),
            metrics::module(),
            lm::module(),
            npc::module(),
            plot::module(),
        ],
        classes: vec![
            tensor::LuaTensor::class(),
            diff::LuaVariable::class(),
            linalg::LuaComplex::class(),
            nn::LuaModule::class(),
            optim::LuaOptimizer::class(),
            search::LuaSearch::class(),
            genetic::LuaGenetic::class(),
            minimizer::LuaMinimizer::class(),
            route::LuaTourSearch::class(),
            route::LuaGrid::class(),
            route::LuaMaze::class(),
            learn::LuaLearner::class(),
            learn::LuaSparse::class(),
            data::LuaWordCounts::class(),
            code::LuaCodebook::class(),
            graphical::LuaHmm::class(),
            graphical::LuaMarkov::class(),
            graphical::LuaBayesNet::class(),
            graphical::LuaField::class(),
            graphical::LuaKalman::class(),
            paint::LuaPainting::class(),
            paint::LuaPicture::class(),
            paint::LuaImage::class(),
            plot::LuaFigure::class(),
            plot::LuaSheet::class(),
            plot::LuaFilm::class(),
            canvas::LuaCanvas::class(),
            lm::LuaTokenizer::class(),
            lm::LuaModel::class(),
            lm::LuaFrozen::class(),
            lm::LuaCorpus::class(),
            lm::LuaLora::class(),
            lm::LuaChat::class(),
            npc::LuaNpc::class(),
            npc::LuaLine::class(),
            npc::LuaStage::class(),
            npc::LuaLearning::class(),
            policy::LuaPolicy::class(),
        ],
    }
}

/// Makes the `mynah` table in `lua`, so that `require "mynah"` finds it there; gives the same table again if it is there.
///
/// ```
/// let lua = mynah::mlua::Lua::new();
/// let mynah = mynah::install(&lua)?;
/// lua.globals().set("mynah", mynah)?; // by choice; a script may `require` it
/// assert_eq!(lua.load(r#"return require "mynah".tensor{ 1, 2 }:sum():item()"#).eval::<f64>()?, 3.0);
/// # Ok::<(), mynah::mlua::Error>(())
/// ```
///
/// # Errors
/// Only when Lua is out of memory.
pub fn install(lua: &Lua) -> mlua::Result<Table> {
    if let Value::Table(mynah) = lua.named_registry_value(ROOT)? {
        return Ok(mynah);
    }
    let mynah = lua.create_table()?;
    for module in api().modules {
        let table = match module.path.strip_prefix("mynah.") {
            None => mynah.clone(),
            Some(name) => {
                let table = lua.create_table()?;
                mynah.raw_set(name, &table)?;
                table
            }
        };
        module.install(lua, &table)?;
    }
    mynah.raw_set("_VERSION", concat!("Mynah ", env!("CARGO_PKG_VERSION")))?;
    lua.set_named_registry_value(ROOT, &mynah)?;
    // A state without `package` has no such table.
    if let Value::Table(loaded) = lua.named_registry_value("_LOADED")? {
        loaded.raw_set("mynah", &mynah)?;
    }
    Ok(mynah)
}

/// Where the `mynah` table is kept.
const ROOT: &str = "mynah";

/// The path of a bound function, such as `mynah.zeros`; nothing for any other.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn name_of(lua: &Lua, function: &Function) -> mlua::Result<Option<String>> {
    Shim::get(lua)?.names.raw_get(function)
}

/// What `help(value)` says about a function, an object, a module or a name.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn help(lua: &Lua, value: &Value) -> mlua::Result<String> {
    let api = api();
    Ok(match value {
        Value::Nil => api.overview(),
        Value::String(name) => api.help(&name.to_string_lossy()),
        Value::Function(f) => match name_of(lua, f)? {
            Some(path) => api.help(&path),
            None => "A Lua function without documentation.".into(),
        },
        Value::UserData(data) => match data.metatable().and_then(|m| m.get::<String>("__name")) {
            Ok(class) => api.help(&class),
            Err(_) => "An object that is not Mynah's.".into(),
        },
        Value::Table(table) => match &lua.named_registry_value::<Value>(ROOT)? {
            Value::Table(root) if root == table => api.help("mynah"),
            Value::Table(root) => {
                let room = root.pairs::<String, Value>().filter_map(Result::ok).find(|(_, v)| v == value);
                room.map_or_else(|| "A plain table.".into(), |(name, _)| api.help(&format!("mynah.{name}")))
            }
            _ => "A plain table.".into(),
        },
        other => format!("A {}: {}", other.type_name(), other.to_string()?),
    })
}
