//! Which Lua has loaded the library.
//!
//! A library that is built for another Lua cannot be loaded as a rule: some function is missing, and the system's linker
//! says which, in words that help nobody. On Linux the functions that not all Luas have are therefore looked up when the
//! library is opened; if one is missing, `require` fails with a sentence.

use std::ffi::{CStr, CString, c_void};
use std::sync::OnceLock;

/// What a Lua is recognised by: the first that is there. Functions never went away without others coming.
const FLAVOURS: [(&CStr, &str); 6] = [
    (c"luaJIT_setmode", "LuaJIT"),
    (c"lua_numbertocstring", "Lua 5.5"),
    (c"lua_newuserdatauv", "Lua 5.4"),
    (c"lua_rotate", "Lua 5.3"),
    (c"lua_callk", "Lua 5.2"),
    (c"lua_cpcall", "Lua 5.1"),
];

/// Which of them this library serves.
#[cfg(feature = "luajit")]
const OURS: [&str; 2] = ["LuaJIT", "Lua 5.1"];
#[cfg(not(feature = "luajit"))]
const OURS: [&str; 1] = ["Lua 5.4"];

/// Why this Lua cannot use the library, if it cannot.
pub fn wrong() -> Option<&'static CStr> {
    let host = FLAVOURS.into_iter().find(|(mark, _)| !find(mark).is_null());
    let host = host.map_or("another Lua", |(_, name)| name);
    if OURS.contains(&host) && late::found() {
        return None;
    }
    let other =
        if OURS.contains(&"LuaJIT") { "module,lua54` for Lua 5.4" } else { "module,luajit` for LuaJIT and Lua 5.1" };
    let ours = OURS.join(" and ");
    let text = format!("mynah: this library is for {ours}, but {host} has loaded it; there is `--features {other}");
    static TEXT: OnceLock<CString> = OnceLock::new(); // Lua's error leaves without coming back: nothing may wait to be dropped
    Some(TEXT.get_or_init(|| CString::new(text).unwrap_or_default()))
}

/// Where the program has this function; null if nowhere.
fn find(name: &CStr) -> *mut c_void {
    // SAFETY: the name is a C string; looking a name up has no other condition.
    unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) }
}

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod late {
    use super::find;
    use std::arch::global_asm;
    use std::ffi::{CStr, c_void};
    use std::ptr::null_mut;
    use std::sync::atomic::{AtomicPtr, Ordering};

    /// Defines each of these functions, for this library alone, as a jump to where `found` saw it.
    macro_rules! late {
        ($($name:ident)*) => {
            #[allow(non_upper_case_globals)]
            mod places {
                use super::*;
                $(pub static $name: AtomicPtr<c_void> = AtomicPtr::new(null_mut());)*
            }

            const LATE: &[(&str, &AtomicPtr<c_void>)] = &[$((concat!(stringify!($name), "\0"), &places::$name)),*];

            $(
                #[cfg(target_arch = "x86_64")]
                global_asm!(
                    concat!(".globl ", stringify!($name), "\n.hidden ", stringify!($name)),
                    concat!(".type ", stringify!($name), ",@function\n", stringify!($name), ":"),
                    "jmp qword ptr [rip + {place}]",
                    place = sym places::$name,
                );
                #[cfg(target_arch = "aarch64")]
                global_asm!(
                    concat!(".globl ", stringify!($name), "\n.hidden ", stringify!($name)),
                    concat!(".type ", stringify!($name), ",@function\n", stringify!($name), ":"),
                    "adrp x16, {place}",
                    "ldr x16, [x16, :lo12:{place}]",
                    "br x16",
                    place = sym places::$name,
                );
            )*
        };
    }

    // Those that mlua uses and some other Lua lacks.
    #[cfg(feature = "luajit")]
    late! {
        lua_call lua_cpcall lua_equal lua_insert lua_lessthan lua_newuserdata lua_objlen lua_pcall lua_remove lua_replace lua_setfenv
        lua_tointeger lua_tonumber luaL_loadbuffer luaL_loadfile
    }
    #[cfg(not(feature = "luajit"))]
    late! {
        lua_absindex lua_callk lua_compare lua_copy lua_geti lua_isinteger lua_len lua_newuserdatauv lua_pcallk lua_rawgetp
        lua_rawlen lua_rawsetp lua_rotate lua_tointegerx lua_tonumberx lua_seti luaL_len luaL_loadbufferx luaL_tolstring
        luaL_traceback
    }

    /// Looks for all of them; whether they are there.
    pub fn found() -> bool {
        LATE.iter().all(|(name, place)| {
            let at = CStr::from_bytes_with_nul(name.as_bytes()).map_or(null_mut(), find);
            place.store(at, Ordering::Relaxed);
            !at.is_null()
        })
    }
}

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod late {
    /// The system's linker has found all.
    pub fn found() -> bool {
        true
    }
}
