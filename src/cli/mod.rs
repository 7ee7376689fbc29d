//! The command line: arguments, the Lua state, running scripts, the REPL.

mod args;
mod complete;
mod interrupt;
mod repl;
mod run;
mod show;
mod vm;

use args::{Args, Before};
use mynah::{nn, progress};
use std::io::{IsTerminal, Read};
use std::process::ExitCode;
use vm::Vm;

/// Reads the arguments and does what they say.
pub fn main() -> ExitCode {
    let args = match Args::read() {
        Ok(args) => args,
        Err(code) => return code,
    };
    match work(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            progress::suspend(|| eprintln!("{message}"));
            if interrupt::came() && message.ends_with("interrupted") {
                ExitCode::from(interrupt::EXIT)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

fn work(args: &Args) -> Result<(), String> {
    if let Some(device) = &args.device {
        nn::set_default_device(device.parse().map_err(|e| format!("mynah: {e}"))?);
    }
    if let Some(threads) = args.threads {
        // A second pool would fail, but nothing has run yet.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads.get()).build_global();
    }
    if args.version {
        println!("{}", version());
    }
    let vm = Vm::new(args).map_err(|e| format!("mynah: {e}"))?;
    interrupt::watch(&vm.lua, args.interactive || (args.nothing_to_run() && std::io::stdin().is_terminal()));

    for before in args.before() {
        match before {
            Before::Execute(code) => vm.run(code.as_bytes(), "=(command line)", &[])?,
            Before::Load(module) => vm.require(&module)?,
        }
    }
    let stdin_is_script =
        args.nothing_to_run() && !args.interactive && !args.version && !std::io::stdin().is_terminal();
    match args.script() {
        Some("-") => run_stdin(&vm, args)?,
        Some(path) => {
            let outcome = run::script(&vm, path, args.rest());
            if !args.interactive {
                return outcome;
            }
            // With -i one looks at what the script left behind, even if it failed.
            outcome.unwrap_or_else(|message| eprintln!("{message}"));
        }
        None if stdin_is_script => run_stdin(&vm, args)?,
        None => {}
    }
    if args.interactive || (args.nothing_to_run() && !args.version && !stdin_is_script) {
        repl::talk(&vm)?;
    }
    Ok(())
}

fn run_stdin(vm: &Vm, args: &Args) -> Result<(), String> {
    let mut code = Vec::new();
    std::io::stdin().read_to_end(&mut code).map_err(|e| format!("mynah: stdin: {e}"))?;
    vm.run(&code, "=stdin", args.rest())
}

/// `Mynah 0.1.0 (Lua 5.4)`.
pub fn version() -> String {
    let lua = if cfg!(feature = "luajit") { "LuaJIT" } else { "Lua 5.4" };
    format!("Mynah {} ({lua})", env!("CARGO_PKG_VERSION"))
}
