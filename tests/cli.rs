//! The interpreter as its users meet it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What a run of the interpreter came to.
pub struct Run {
    pub out: String,
    pub err: String,
    pub code: i32,
}

fn finished(output: Output) -> Run {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { out: text(output.stdout), err: text(output.stderr), code: output.status.code().unwrap_or(-1) }
}

/// Runs `mynah args…` in `folder` with `input`, away from the user's own files.
pub fn mynah_in(folder: &Path, args: &[&str], input: &str) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mynah"));
    command.args(args).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env("HOME", folder).env_remove("XDG_CACHE_HOME").env_remove("XDG_DATA_HOME");
    let mut child = command.spawn().unwrap();
    // A program that does not read its input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    finished(child.wait_with_output().unwrap())
}

fn mynah(args: &[&str], input: &str) -> Run {
    mynah_in(tempfile::tempdir().unwrap().path(), args, input)
}

#[test]
fn a_script_gets_its_arguments_as_from_lua() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.lua"), "#!/usr/bin/env mynah\nprint(arg[0], arg[1], #arg, arg[-1], ...)")
        .unwrap();
    let run = mynah_in(folder.path(), &["--threads", "1", "a.lua", "x", "--threads", "-e"], "");
    assert_eq!((run.out.as_str(), run.code), ("a.lua\tx\t3\t1\tx\t--threads\t-e\n", 0), "{}", run.err);
}

#[test]
fn a_folder_stands_for_its_main_and_finds_its_modules() {
    let folder = tempfile::tempdir().unwrap();
    let game = folder.path().join("game");
    std::fs::create_dir(&game).unwrap();
    std::fs::write(game.join("main.lua"), "print(require 'side', require 'mynah' == package.loaded.mynah)").unwrap();
    std::fs::write(game.join("side.lua"), "return 'beside'").unwrap();
    assert_eq!(mynah_in(folder.path(), &["game"], "").out, "beside\ttrue\n");
}

#[test]
fn code_modules_and_standard_input_run_in_order() {
    let run =
        mynah(&["-e", "x = 2", "-l", "string", "-e", "print(x, string.rep('a', 3), mynah.ones(2):sum():item())"], "");
    assert_eq!((run.out.as_str(), run.code), ("2\taaa\t2.0\n", 0), "{}", run.err);
    assert_eq!(mynah(&["-", "1", "2"], "print(#arg, ...)").out, "2\t1\t2\n");
    assert_eq!(mynah(&[], "print('no argument at all')").out, "no argument at all\n");
    assert!(mynah(&["-v"], "").out.starts_with(concat!("Mynah ", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn an_error_shows_its_line_first_then_a_short_traceback() {
    let folder = tempfile::tempdir().unwrap();
    let code = "local mynah = require 'mynah'\nlocal function f(x)\n  local y = x:matmul(mynah.zeros(2, 3))\n  return y\nend\nlocal z = f(mynah.zeros(2, 3))\n";
    std::fs::write(folder.path().join("a.lua"), code).unwrap();
    let run = mynah_in(folder.path(), &["a.lua"], "");
    let lines: Vec<_> = run.err.lines().collect();
    assert_eq!(lines[0], "a.lua:3: matmul: inner sizes differ: [2, 3] x [2, 3]");
    assert_eq!(lines[1..], ["stack traceback:", "  a.lua:3: in local 'f'", "  a.lua:6: in main chunk"]);
    assert_eq!(run.code, 1);
}

#[test]
fn mistakes_on_the_command_line_are_told_and_fail() {
    for (args, message) in [
        (&["none.lua"][..], "mynah: none.lua: no such file\n"),
        (&["--treads", "2"], "mynah: unknown option `--treads`; `mynah --help` lists them\n"),
        (&["-e", "x ="], "(command line):1: unexpected symbol near <eof>\n"),
        (&["-e", "error({})"], "(the error is a table value)\n"),
        (
            &["--device", "gpu", "-e", ""],
            "mynah: device: this build has \"cpu\", got \"gpu\"; build with `--features wgpu` for the graphics card\n",
        ),
    ] {
        let run = mynah(args, "");
        assert_eq!((run.err.as_str(), run.code), (message, 1), "{args:?}");
    }
    assert_eq!(mynah(&["-e", "os.exit(7)"], "").code, 7);
}

#[test]
fn print_and_write_keep_their_order_and_a_closed_reader_does_no_harm() {
    let run = mynah(&["-e", "io.write('a') print('b', nil) io.write(1, 'c\\n') print()"], "");
    assert_eq!(run.out, "ab\tnil\n1c\n\n");
}

#[cfg(unix)]
#[test]
fn ctrl_c_breaks_an_endless_loop_and_may_be_caught_once() {
    let interrupted = |code: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mynah"));
        let mut child = command.args(["-e", code]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // The program says that it has begun; only then is there something to interrupt.
        let mut begun = [0; 6];
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut begun).unwrap();
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        finished(child.wait_with_output().unwrap())
    };
    let begin = "print 'begun' io.stdout:flush() ";
    let run = interrupted(&format!("{begin} while true do end"));
    assert_eq!((run.err.as_str(), run.code), ("interrupted\n", 130));
    let run = interrupted(&format!("local ok, e = pcall(function() {begin} while true do end end) print(ok, e)"));
    assert_eq!((run.out.as_str(), run.code), ("false\tinterrupted\n", 0));
    let train = "local text = ('polly wants a cracker\\n'):rep(50)
        local tok = mynah.lm.tokenizer{ text = text }
        local bird = mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 2, context = 32 }
        bird:train{ text = text, steps = 1e9 }";
    let run = interrupted(&format!("{begin} {train}"));
    assert!(run.err.ends_with("interrupted\n") && run.code == 130, "{}", run.err);
}
