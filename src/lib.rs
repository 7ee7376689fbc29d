//! Mynah: a scriptable machine-learning kernel. A Rust core that you drive from Lua.
//!
//! The rooms, in the order in which they may use each other: [`error`] ← [`data`], [`linalg`] ← [`diff`], [`optim`], [`route`], [`paint`], [`nn`] ← [`lm`];
//! `bind` shows them all to Lua: [`install`] to a host's own, `module` to a program that loads the library. `capi` is for C.
#![warn(missing_docs)]

pub mod data;
pub mod diff;
pub mod error;
pub mod learn;
pub mod linalg;
pub mod lm;
pub mod nearest;
pub mod nn;
pub mod npc;
pub mod optim;
pub mod options;
pub mod paint;
pub mod plot;
pub mod progress;
pub mod route;
pub mod stop;

#[cfg(feature = "lua")]
pub mod bind;
#[cfg(feature = "capi")]
pub mod capi;
#[cfg(feature = "module")]
pub mod module;

pub use error::{Error, Result};
#[cfg(feature = "lua")]
pub use {bind::install, mlua};
