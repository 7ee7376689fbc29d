//! The REPL: read a line or several, evaluate, print what comes of it, loop.

use super::show::show;
use super::vm::Vm;
use super::{complete, interrupt};
use etcetera::BaseStrategy;
use mlua::{Function, Lua, MultiValue};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper, Highlighter, Hinter};
use std::path::PathBuf;

/// Talks until the end of input.
pub fn talk(vm: &Vm) -> Result<(), String> {
    println!("{}. help() says what there is; Ctrl-C stops work, Ctrl-D leaves.", super::version());
    let config = Config::builder().history_ignore_dups(true).map_err(|e| e.to_string())?;
    let config = config.completion_type(CompletionType::List).auto_add_history(true).build();
    let mut editor: Editor<Lines, DefaultHistory> = Editor::with_config(config).map_err(|e| e.to_string())?;
    editor.set_helper(Some(Lines { lua: vm.lua.clone() }));
    let history = history_file();
    if let Some(file) = &history {
        let _ = editor.load_history(file); // there may be none yet
    }
    loop {
        match editor.readline("> ") {
            Ok(line) => {
                if let Some(file) = &history {
                    let _ = editor.save_history(file); // a full disk must not end the session
                }
                evaluate(vm, &line);
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => return Ok(()),
            Err(e) => return Err(format!("mynah: {e}")),
        }
    }
}

fn evaluate(vm: &Vm, line: &str) {
    interrupt::clear();
    let outcome = compile(&vm.lua, line).and_then(|f| vm.call(f, MultiValue::new()));
    interrupt::clear();
    vm.finish_line();
    match outcome {
        Ok(values) => values.iter().for_each(|v| println!("{}", show(&vm.lua, v))),
        Err(message) => eprintln!("{message}"),
    }
}

/// Compiles an expression as `return expression`, anything else as it is. A `local` at the beginning is left out, so
/// that the name is still there on the next line.
fn compile(lua: &Lua, line: &str) -> Result<Function, String> {
    let line = line.trim().strip_prefix('=').unwrap_or(line.trim()); // `=x` was once how one asked for a value
    let line = match line.strip_prefix("local") {
        Some(rest) if rest.starts_with(char::is_whitespace) => rest.trim_start(),
        _ => line,
    };
    let load = |code: &str| lua.load(code).set_name("=stdin").into_function();
    load(&format!("return {line}")).or_else(|_| load(line)).map_err(|e| match e {
        mlua::Error::SyntaxError { message, .. } => message,
        other => other.to_string(),
    })
}

/// Where the lines of earlier sessions are kept.
fn history_file() -> Option<PathBuf> {
    let folder = etcetera::choose_base_strategy().ok()?.data_dir().join("mynah");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history.txt"))
}

/// Knows when a line is complete and how a word may go on.
#[derive(Helper, Hinter, Highlighter)]
struct Lines {
    lua: Lua,
}

impl Validator for Lines {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        // Lua says itself that it came to the end too early.
        Ok(match compile(&self.lua, context.input()) {
            Err(message) if message.ends_with("<eof>") => ValidationResult::Incomplete,
            _ => ValidationResult::Valid(None),
        })
    }
}

impl Completer for Lines {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(complete::candidates(&self.lua, line, at))
    }
}
