//! The library that a host's own Lua loads: `local mynah = require "mynah"` in LÖVE, LuaJIT, Lua 5.1 or Lua 5.4.
//!
//! `luaopen_mynah` is all that it shows. It installs no signal handler, draws no progress bar, and may be loaded into
//! any number of Lua states, each in its own thread. Its code stays in memory when Lua lets go of it (see `build.rs`), so
//! that a state may be closed, or the program left, while something is still being computed.

#[cfg(unix)]
mod flavour;

use crate::{bind, progress};
use mlua::{Lua, ffi};
use std::ffi::c_int;

/// What `require "mynah"` calls.
///
/// # Safety
/// `state` must be a valid Lua state that this thread may use; Lua itself gives it.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn luaopen_mynah(state: *mut ffi::lua_State) -> c_int {
    #[cfg(unix)]
    if let Some(wrong) = flavour::wrong() {
        // SAFETY: all Luas have this function, in this form. It does not return; nothing here waits to be dropped.
        return unsafe { ffi::luaL_error(state, wrong.as_ptr()) };
    }
    progress::off();
    // SAFETY: the state is valid, as promised, and of the flavour that this library is built for. Errors and panics
    // inside become Lua errors there.
    unsafe { Lua::entrypoint1(state, bind::install) }
}
