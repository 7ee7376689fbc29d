//! What may stand on the command line.

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};
use std::num::NonZeroUsize;
use std::process::ExitCode;

/// A scriptable machine-learning kernel: runs Lua scripts that `require "mynah"`; without a script, a REPL.
///
/// A folder stands for its main.lua, and `-` for standard input. What follows the script is its own,
/// in the table `arg`.
#[derive(Parser, Debug)]
#[command(
    name = "mynah",
    disable_version_flag = true,
    override_usage = "mynah [OPTIONS] [SCRIPT [ARG]...]",
    after_help = "\
Examples:
  mynah                          a REPL; help() says what there is
  mynah games/tavern             train a small bird and talk to it
  mynah script.lua 1 2           run a script; it finds \"1\" and \"2\" in arg[1] and arg[2]
  mynah -e 'print(mynah.randn(3))'"
)]
pub struct Args {
    /// Run this Lua code (may be given several times); `mynah` is there as a global
    #[arg(short = 'e', value_name = "CODE")]
    execute: Vec<String>,

    /// Require this module into a global of its name (may be given several times)
    #[arg(short = 'l', value_name = "MODULE")]
    load: Vec<String>,

    /// Enter the REPL after the script
    #[arg(short = 'i')]
    pub interactive: bool,

    /// Show the version
    #[arg(short = 'v', long = "version")]
    pub version: bool,

    /// Where tensors live unless told otherwise: cpu, or wgpu in a build that has it
    #[arg(long, value_name = "NAME")]
    pub device: Option<String>,

    /// How many threads work; results do not depend on it [default: one per core]
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,

    /// A script, a folder with a main.lua, or `-`; then the script's own arguments
    #[arg(value_name = "SCRIPT", trailing_var_arg = true, allow_hyphen_values = true)]
    script: Vec<String>,

    /// Where each -e and -l stood.
    #[arg(skip)]
    order: Vec<(usize, Before)>,
}

/// Something to do before the script.
#[derive(Clone, Debug)]
pub enum Before {
    /// Code of `-e`.
    Execute(String),
    /// A module of `-l`.
    Load(String),
}

impl Args {
    /// Reads the command line; help and mistakes are printed, and the code to end with comes back.
    pub fn read() -> Result<Self, ExitCode> {
        let matches = Self::command().try_get_matches();
        let parsed = matches.and_then(|m| Self::from_arg_matches(&m).map(|args| (m, args)));
        match parsed {
            Ok((matches, mut args)) => {
                if let Some(wrong) = args.script.first().filter(|s| s.starts_with('-') && s.as_str() != "-") {
                    eprintln!("mynah: unknown option `{wrong}`; `mynah --help` lists them");
                    return Err(ExitCode::FAILURE);
                }
                args.order = order(&matches, &args);
                Ok(args)
            }
            Err(e) => {
                // A reader that has gone away needs no help.
                let _ = e.print();
                Err(if e.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
            }
        }
    }

    /// What `-e` and `-l` ask for, in the order in which they stood.
    pub fn before(&self) -> impl Iterator<Item = Before> + '_ {
        self.order.iter().map(|(_, b)| b.clone())
    }

    /// The script, if there is one.
    pub fn script(&self) -> Option<&str> {
        self.script.first().map(String::as_str)
    }

    /// The script's own arguments.
    pub fn rest(&self) -> &[String] {
        self.script.get(1..).unwrap_or_default()
    }

    /// Whether there is neither a script nor code.
    pub fn nothing_to_run(&self) -> bool {
        self.script.is_empty() && self.execute.is_empty()
    }
}

fn order(matches: &ArgMatches, args: &Args) -> Vec<(usize, Before)> {
    let places = |name| matches.indices_of(name).into_iter().flatten();
    let code = places("execute").zip(args.execute.iter().cloned().map(Before::Execute));
    let modules = places("load").zip(args.load.iter().cloned().map(Before::Load));
    let mut all: Vec<_> = code.chain(modules).collect();
    all.sort_by_key(|(place, _)| *place);
    all
}
