//! The Lua state of the interpreter: the standard library, `mynah`, `help`, and a way to run code in it.

use super::args::Args;
use super::interrupt;
use mlua::{Function, Lua, MultiValue, Table, Value, chunk::ChunkMode};
use mynah::{bind, progress};

/// A Lua state with everything that a script expects.
pub struct Vm {
    /// The state.
    pub lua: Lua,
    finish_line: Function,
    guarded: Function, // guarded(f, ...) -> true, results... | false, message, traceback
}

impl Vm {
    /// A fresh state for the program with these arguments.
    pub fn new(args: &Args) -> mlua::Result<Self> {
        // SAFETY: the state gets all of Lua's standard library, `debug` and C modules included, as `lua` itself
        // gives it; who runs a script trusts it with as much as any program on this machine.
        let lua = unsafe { Lua::unsafe_new() };
        let mynah = bind::install(&lua)?;
        // A script that others run says `require "mynah"`; at the keyboard the name is just there.
        if args.script().is_none() || args.interactive {
            lua.globals().set("mynah", &mynah)?;
        }
        let suspend = lua.create_function(|_, f: Function| progress::suspend(|| f.call::<()>(())))?;
        let reading = lua.create_function(|_, on: bool| {
            interrupt::reading(on);
            Ok(())
        })?;
        let help = lua.create_function(|lua, about: Value| bind::help(lua, &about))?;
        let chunk = lua.load(include_str!("prelude.lua")).set_name("=[mynah]");
        let (guarded, finish_line) = chunk.call((suspend, reading, help))?;
        let vm = Self { lua, finish_line, guarded };
        vm.set_arguments(args)?;
        Ok(vm)
    }

    /// The table `arg`: the script at 0, its arguments after it, the interpreter's own before.
    fn set_arguments(&self, args: &Args) -> mlua::Result<()> {
        let all: Vec<String> = std::env::args_os().map(|a| a.to_string_lossy().into_owned()).collect();
        let own = all.len() - args.rest().len() - usize::from(args.script().is_some());
        let first = if args.script().is_some() { own as i64 } else { 0 };
        let table = self.lua.create_table()?;
        for (i, text) in all.iter().enumerate() {
            table.set(i as i64 - first, text.as_str())?;
        }
        self.lua.globals().set("arg", table)
    }

    /// Lets `require` find modules beside the script.
    pub fn add_folder(&self, folder: &str) -> mlua::Result<()> {
        let package: Table = self.lua.globals().get("package")?;
        let old: String = package.get("path")?;
        package.set("path", format!("{folder}/?.lua;{folder}/?/init.lua;{old}"))
    }

    /// Compiles code; the error is Lua's own sentence, with the line.
    pub fn compile(&self, code: &[u8], name: &str) -> Result<Function, String> {
        let code = without_shebang(code);
        let chunk = self.lua.load(code.as_slice()).set_name(name).set_mode(ChunkMode::Text);
        chunk.into_function().map_err(|e| match e {
            mlua::Error::SyntaxError { message, .. } => message,
            other => other.to_string(),
        })
    }

    /// Runs code with arguments; a failure is the message, then a short traceback.
    pub fn run(&self, code: &[u8], name: &str, args: &[String]) -> Result<(), String> {
        let function = self.compile(code, name)?;
        let args = args.iter().map(|a| self.lua.create_string(a).map(Value::String)).collect::<mlua::Result<_>>();
        self.call(function, args.map_err(|e| e.to_string())?).map(|_| ())
    }

    /// `name = require "name"`.
    pub fn require(&self, name: &str) -> Result<(), String> {
        let code = format!("_G[{name:?}] = require {name:?}");
        self.run(code.as_bytes(), "=(command line)", &[])
    }

    /// Shows what was written, and ends its last line.
    pub fn finish_line(&self) {
        let _ = self.finish_line.call::<()>(()); // a closed output is no reason to stop
    }

    /// Calls a function; a failure is the message, then a short traceback.
    pub fn call(&self, function: Function, args: MultiValue) -> Result<MultiValue, String> {
        let mut all = args;
        all.push_front(Value::Function(function));
        let mut values: MultiValue = self.guarded.call(all).map_err(|e| e.to_string())?;
        if values.pop_front() == Some(Value::Boolean(true)) {
            return Ok(values);
        }
        let text = |v: Option<Value>| match v {
            Some(Value::String(s)) => s.to_string_lossy(),
            _ => String::new(),
        };
        let (message, trace) = (text(values.pop_front()), text(values.pop_front()));
        if interrupt::came() && message.ends_with("interrupted") {
            return Err(message);
        }
        Err(with_trace(&message, &trace))
    }
}

/// The script's first line may tell the system which interpreter to use; Lua does not know it.
fn without_shebang(code: &[u8]) -> Vec<u8> {
    if !code.starts_with(b"#") {
        return code.to_vec();
    }
    let end = code.iter().position(|b| *b == b'\n').unwrap_or(code.len());
    code[end..].to_vec()
}

/// Most lines of a traceback that are shown.
const TRACE: usize = 8;

/// The message and those lines of the traceback that are the script's.
fn with_trace(message: &str, trace: &str) -> String {
    let ours = |line: &&str| ["[mynah]", "[C]", "(...tail", "stack trace"].iter().any(|o| line.starts_with(o));
    let lines: Vec<_> = trace.lines().map(str::trim).filter(|l| !l.is_empty() && !ours(l)).collect();
    let mut out = message.to_string();
    // One line would only repeat the message's own.
    if lines.len() > 1 {
        out += "\nstack traceback:";
        for line in lines.iter().take(TRACE) {
            out += &format!("\n  {line}");
        }
        if lines.len() > TRACE {
            out += &format!("\n  ... and {} more", lines.len() - TRACE);
        }
    }
    out
}
