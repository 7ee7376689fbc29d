//! What Ctrl-C does: it asks the kernel's long work to stop and breaks into Lua code, even into an endless loop.
//!
//! As in `lua` itself, the signal plants a hook that fails at the next instruction; a hook that is always there would
//! make every loop in Lua more than twice as slow. A script may catch the failure with `pcall` and save its work.
//! Lua code inside a coroutine is reached when it calls the kernel or yields.

use mlua::Lua;
use mynah::stop;
use std::sync::atomic::{AtomicBool, Ordering};

/// Exit code after Ctrl-C, as shells have it.
pub const EXIT: u8 = 130;

/// Whether Ctrl-C came at all.
static CAME: AtomicBool = AtomicBool::new(false);

/// Whether the script waits for a line of input.
static READING: AtomicBool = AtomicBool::new(false);

/// Whether nothing but the present work may end.
static REPL: AtomicBool = AtomicBool::new(false);

/// Whether Ctrl-C came since the program, or the newest line of the REPL, began.
pub fn came() -> bool {
    CAME.load(Ordering::SeqCst)
}

/// Forgets what came before a new line of the REPL.
pub fn clear() {
    CAME.store(false, Ordering::SeqCst);
    stop::clear();
}

/// Notes that the script waits for a line of input, or no longer does.
pub fn reading(on: bool) {
    READING.store(on, Ordering::SeqCst);
}

/// Whether Ctrl-C must end the program at once: outside the REPL the second time, or while it waits for input.
fn is_final() -> bool {
    let again = CAME.swap(true, Ordering::SeqCst);
    !REPL.load(Ordering::SeqCst) && (again || READING.load(Ordering::SeqCst))
}

/// From now on Ctrl-C interrupts `lua`. In the `repl` it ends nothing else.
pub fn watch(lua: &Lua, repl: bool) {
    REPL.store(repl, Ordering::SeqCst);
    system::watch(lua);
}

#[cfg(unix)]
mod system {
    use super::{EXIT, is_final};
    use mlua::Lua;
    use mlua::ffi::{self, lua_State};
    use mynah::stop;
    use std::ffi::c_int;
    use std::ptr::null_mut;
    use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

    /// The main Lua thread, and the system's thread that runs it.
    static STATE: AtomicPtr<lua_State> = AtomicPtr::new(null_mut());
    static THREAD: AtomicUsize = AtomicUsize::new(0);

    pub fn watch(lua: &Lua) {
        // SAFETY: the closure only stores its argument. `pthread_self` has no preconditions. The handler does
        // nothing but atomics, `_exit`, `pthread_kill` and `lua_sethook`, which may be called in a signal handler.
        unsafe {
            let stored = lua.exec_raw::<()>((), |state| {
                STATE.store(main_thread(state), Ordering::SeqCst);
            });
            if stored.is_err() {
                return; // Ctrl-C then ends the program, as without a handler
            }
            THREAD.store(libc::pthread_self() as usize, Ordering::SeqCst);
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_signal as *const () as usize;
            action.sa_flags = libc::SA_RESTART;
            libc::sigaction(libc::SIGINT, &action, null_mut());
        }
    }

    /// The main Lua thread of a state that is not running anything.
    #[cfg(not(feature = "luajit"))]
    unsafe fn main_thread(state: *mut lua_State) -> *mut lua_State {
        // SAFETY: the registry of a valid state always holds its main thread; the stack is left as it was.
        unsafe {
            ffi::lua_rawgeti(state, ffi::LUA_REGISTRYINDEX, ffi::LUA_RIDX_MAINTHREAD as _);
            let main = ffi::lua_tothread(state, -1);
            ffi::lua_pop(state, 1);
            main
        }
    }

    /// LuaJIT does not tell; but at the program's start the running thread is the main one.
    #[cfg(feature = "luajit")]
    unsafe fn main_thread(state: *mut lua_State) -> *mut lua_State {
        state
    }

    extern "C" fn on_signal(signal: c_int) {
        // SAFETY: see `watch`. Lua's state is touched on its own thread only.
        unsafe {
            let lua_thread = THREAD.load(Ordering::SeqCst) as libc::pthread_t;
            if libc::pthread_equal(libc::pthread_self(), lua_thread) == 0 {
                libc::pthread_kill(lua_thread, signal);
                return;
            }
            if is_final() {
                libc::_exit(c_int::from(EXIT));
            }
            stop::request();
            let all = ffi::LUA_MASKCALL | ffi::LUA_MASKRET | ffi::LUA_MASKLINE | ffi::LUA_MASKCOUNT;
            ffi::lua_sethook(STATE.load(Ordering::SeqCst), Some(on_hook), all, 1);
        }
    }

    unsafe extern "C-unwind" fn on_hook(state: *mut lua_State, _: *mut ffi::lua_Debug) {
        // SAFETY: Lua calls its hook with a valid state and lets it raise errors; no Rust value is alive here.
        unsafe {
            ffi::lua_sethook(state, None, 0, 0);
            // The kernel may have stopped on its own already.
            if stop::requested() {
                stop::clear();
                ffi::lua_pushstring(state, c"interrupted".as_ptr()); // `luaL_error` would put a place in front
                ffi::lua_error(state);
            }
        }
    }
}

#[cfg(not(unix))]
mod system {
    use super::{EXIT, is_final};
    use mlua::Lua;
    use mynah::stop;

    // Handlers run on a thread of their own here, from where Lua must not be touched: the kernel's work stops, and an
    // endless loop in Lua ends with the second Ctrl-C.
    pub fn watch(_: &Lua) {
        let handler = || {
            if is_final() {
                std::process::exit(i32::from(EXIT));
            }
            stop::request();
        };
        let _ = ctrlc::set_handler(handler); // fails only if there is one already, and there is none
    }
}
