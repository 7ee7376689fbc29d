//! How the library for C and for a host's Lua is linked.

use std::env::{var, var_os};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    match var("CARGO_CFG_TARGET_OS").as_deref() {
        // Its threads run on when Lua lets go of it, so it stays where it is.
        Ok("linux" | "android" | "freebsd") => println!("cargo::rustc-link-arg-cdylib=-Wl,-z,nodelete"),
        // Lua's functions are in the program that loads it.
        Ok("macos") if var_os("CARGO_FEATURE_MODULE").is_some() => {
            println!("cargo::rustc-link-arg-cdylib=-Wl,-undefined,dynamic_lookup");
        }
        _ => {}
    }
}
