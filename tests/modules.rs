//! Mynah in other programs: the loadable library in LuaJIT, Lua 5.4 and LÖVE, and the core in a Rust program.
//!
//! `MYNAH_MODULES` names a folder with `luajit/mynah.so` and `lua54/mynah.so`; the README tells how they are built.
//! Without them, or where a program is missing, a test says that it is skipped; `MYNAH_REFUSE_SKIPS=1` makes that a failure.

use super::api::REFUSALS;
use mynah::bind;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A Lua, and which of the libraries is for it.
struct Host {
    program: &'static str,
    library: PathBuf,
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Says that the calling test is skipped, past the test harness, which keeps the output of tests that pass.
fn skipped(why: &str) {
    assert!(std::env::var_os("MYNAH_REFUSE_SKIPS").is_none(), "a skip is refused: {why}");
    let test = std::thread::current();
    let _ = writeln!(std::io::stderr(), "skipped: {}: {why}", test.name().unwrap_or("?"));
}

fn has(program: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).stdout(Stdio::null()).status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        skipped(&format!("there is no {program}"));
    }
    found
}

/// The library for `flavour`, if it was built.
fn library(flavour: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("MYNAH_MODULES") else {
        skipped("MYNAH_MODULES does not say where the libraries are");
        return None;
    };
    let path = project("").join(folder).join(flavour).join("mynah.so");
    let there = path.is_file();
    if !there {
        skipped(&format!("there is no {}", path.display()));
    }
    there.then_some(path)
}

/// Those of LuaJIT and Lua 5.4 that are there with their library.
fn hosts() -> Vec<Host> {
    [("luajit", "luajit"), ("lua5.4", "lua54")]
        .into_iter()
        .filter_map(|(program, flavour)| {
            let library = library(flavour)?;
            has(program).then_some(Host { program, library })
        })
        .collect()
}

/// What a run came to: its output, its errors, and its exit code; -1 if it crashed.
struct Ran {
    out: String,
    err: String,
    code: i32,
}

fn run(command: &mut Command, home: &Path) -> Ran {
    command.env("HOME", home).env_remove("XDG_CACHE_HOME").env_remove("XDG_DATA_HOME").env_remove("LUA_INIT");
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { out: text(&output.stdout), err: text(&output.stderr), code: output.status.code().unwrap_or(-1) }
}

impl Host {
    /// Runs `code`, which finds the library by `require`, its folder in `LIBRARY` and an empty folder in `TMP`.
    fn run(&self, code: &str) -> Ran {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("script.lua");
        let library = self.library.parent().unwrap().display().to_string();
        let begin = format!(
            "TMP, LIBRARY = {:?}, {library:?} package.cpath = LIBRARY .. '/?.so' arg = {{}} ",
            folder.path().display().to_string()
        );
        std::fs::write(&script, begin + code).unwrap();
        run(Command::new(self.program).arg(&script).current_dir(folder.path()), folder.path())
    }

    /// The same, and it must succeed; what it printed.
    fn succeed(&self, code: &str) -> String {
        let ran = self.run(code);
        assert_eq!(ran.code, 0, "{}: {}\n{}", self.program, ran.err, ran.out);
        ran.out
    }
}

/// A bird for scripts: knows "polly wants a cracker".
const BIRD: &str = "local mynah = require 'mynah'
    local text = ('polly wants a cracker\\n'):rep(50)
    local tok = mynah.lm.tokenizer{ text = text, template = 'plain' }
    local bird = mynah.lm.model{ tokenizer = tok, dim = 32, layers = 1, heads = 2, context = 32, seed = 1 }
    bird:train{ text = text, steps = 60, lr = 1e-2, seed = 1 }\n";

#[test]
fn the_test_scripts_pass_in_every_lua() {
    for host in hosts() {
        let mut ran = 0;
        for entry in std::fs::read_dir(project("tests/lua")).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("check.lua") {
                continue;
            }
            let name = path.file_name().unwrap().to_str().unwrap();
            let code = format!(
                "mynah = require 'mynah'
                check = dofile({:?})
                local file = assert(io.open({path:?}, 'rb'))
                local load = loadstring or load
                assert(load(file:read('*a'), '={name}'))()",
                project("tests/lua/check.lua")
            );
            host.succeed(&code);
            ran += 1;
        }
        assert!(ran >= 14, "{ran}");
    }
}

#[test]
fn every_example_of_the_reference_runs_in_every_lua() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = String::from("local all = {\n");
    for (i, (path, code)) in bind::api()
        .functions()
        .into_iter()
        .flat_map(|(path, _, f)| f.examples().into_iter().map(move |e| (path.clone(), e)))
        .enumerate()
    {
        let file = folder.path().join(format!("{i}.lua"));
        std::fs::write(&file, code).unwrap();
        list += &format!("  {{ {path:?}, {file:?} }},\n");
    }
    list += "}\n
        mynah = require 'mynah'
        local before = TMP
        for i, one in ipairs(all) do
          TMP = before .. '/' .. i
          local ok, message = pcall(assert(loadfile(one[2])))
          if not ok then error(one[1] .. ': ' .. tostring(message), 0) end
          if i % 20 == 0 then collectgarbage() end
        end
        print(#all)";
    for host in hosts() {
        let out = host.succeed(&list);
        let ran: usize = out.lines().last().unwrap().parse().unwrap();
        assert!(ran >= 300, "{ran}");
    }
}

#[test]
fn errors_are_at_the_callers_line_in_every_lua() {
    for host in hosts() {
        for (code, message) in REFUSALS {
            let driver = format!(
                "mynah = require 'mynah'
                local load = loadstring or load
                local ok, message = pcall(load({code:?}, '=game.lua'))
                io.write(type(message), ' ', tostring(message))"
            );
            assert_eq!(host.succeed(&driver), format!("string {message}"), "{} {code}", host.program);
        }
        // What a callback throws comes through as it was.
        let out = host.succeed(
            "local mynah = require 'mynah'
            local ok, e = pcall(mynah.no_grad, function() error({ code = 7 }) end)
            print(e.code)",
        );
        assert_eq!(out.trim(), "7");
    }
}

#[test]
fn all_lua_that_is_shipped_compiles_in_every_lua() {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = ["examples", "games", "lua", "src", "tests"].map(project).into();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "lua") {
                files.push(path);
            }
        }
    }
    assert!(files.len() > 60, "{}", files.len());
    for host in hosts() {
        for path in &files {
            host.succeed(&format!("assert(loadfile({path:?}))"));
        }
    }
}

#[test]
fn the_program_may_end_at_any_word() {
    let folder = tempfile::tempdir().unwrap();
    for host in hosts() {
        let path = folder.path().join(format!("{}.safetensors", host.program));
        host.succeed(&format!("{BIRD} bird:save({path:?})"));
        let stream = format!(
            "local mynah = require 'mynah'
            local bird = mynah.lm.load({path:?})
            local speech = bird:stream('polly', {{ tokens = 1000, seed = 1 }})
            local chat = bird:quantize('q8'):chat{{ tokens = 1000 }}
            local answer = chat:stream('polly')
            speech() answer() "
        );
        for (end, code) in [
            ("", 0),
            ("os.exit(3)", 3),
            ("os.exit(3, true)", 3),
            ("error('enough')", 1),
            ("for piece in speech do for piece in answer do os.exit(4) end end", 4),
            (
                "local c = coroutine.create(function() for p in speech do coroutine.yield(p) end end) coroutine.resume(c)",
                0,
            ),
            (
                "kept = coroutine.wrap(function() for p in answer do coroutine.yield(p) end end) kept() os.exit(5, true)",
                5,
            ),
            ("bird:train{ text = ('polly\\n'):rep(99), steps = 9, on_step = function() os.exit(6) end }", 6),
            ("bird:train{ text = ('polly\\n'):rep(99), steps = 9, on_step = function() os.exit(6, true) end }", 6),
            ("speech, answer, bird, chat = nil collectgarbage() collectgarbage() os.exit(7, true)", 7),
            ("package.loaded.mynah, mynah = nil collectgarbage() collectgarbage() speech() os.exit(8, true)", 8),
        ] {
            let ran = host.run(&format!("{stream} {end}"));
            assert_eq!(ran.code, code, "{}: {end}\n{}", host.program, ran.err);
        }
    }
}

#[test]
fn it_may_be_loaded_twice_and_from_a_coroutine() {
    for host in hosts() {
        let out = host.succeed(
            "local once = require 'mynah'
            package.loaded.mynah = nil
            local twice = require 'mynah'
            assert(once == twice and once.ones(2):sum():item() == 2)
            -- Another copy of the file finds that mynah is there already.
            local input, output = assert(io.open(LIBRARY .. '/mynah.so', 'rb')), assert(io.open(TMP .. '/mynah.so', 'wb'))
            output:write(input:read('*a')) input:close() output:close()
            local other = assert(package.loadlib(TMP .. '/mynah.so', 'luaopen_mynah'))()
            print(other == once and (once.ones(2) + other.ones(2)):sum():item() == 4)
            for i = 1, 50 do once.ones(i) other.ones(i) end
            collectgarbage() collectgarbage()",
        );
        assert_eq!(out, "true\n");
        host.succeed(
            "local load = coroutine.wrap(function() return require 'mynah' end)
            local mynah = load()
            load = nil
            for i = 1, 200 do
              collectgarbage()
              local x = mynah.ones(i)
              assert(not pcall(mynah.cat, x) and (x + 1):sum():item() == 2 * i)
            end",
        );
    }
}

#[test]
fn objects_are_collected_and_memory_stays_flat() {
    for host in hosts() {
        let out = host.succeed(
            "local mynah = require 'mynah'
            local function resident()
              for line in io.lines('/proc/self/status') do
                local kb = line:match('^VmRSS:%s*(%d+)')
                if kb then return tonumber(kb) / 1024 end
              end
            end
            local function work(n)
              local sum = 0
              for i = 1, n do
                local x = mynah.ones(64, 64)
                sum = sum + (x * 2 + i)[1][1] + #x.shape
                pcall(x.matmul, x, mynah.ones(3))
              end
              return sum
            end
            work(2000) collectgarbage() collectgarbage()
            local before = resident()
            work(20000) collectgarbage() collectgarbage()
            print(('%.1f'):format(resident() - before))",
        );
        let grown: f64 = out.trim().parse().unwrap();
        assert!(grown < 40.0, "{}: {grown} MB more", host.program); // 20,000 of them are 940 MB
    }
}

#[test]
fn another_lua_is_told_in_one_sentence() {
    let code = "local ok, message = pcall(require, 'mynah') io.write(message)";
    let refused = |program, flavour, sentence: &str| {
        let Some(library) = library(flavour) else { return };
        let ran = Host { program, library }.run(code);
        assert_eq!((ran.out.as_str(), ran.code), (sentence, 0), "{}", ran.err);
    };
    if cfg!(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))) {
        if has("lua5.4") {
            refused(
                "lua5.4",
                "luajit",
                "mynah: this library is for LuaJIT and Lua 5.1, but Lua 5.4 has loaded it; there is `--features module,lua54` for Lua 5.4",
            );
        }
        if has("luajit") {
            refused(
                "luajit",
                "lua54",
                "mynah: this library is for Lua 5.4, but LuaJIT has loaded it; there is `--features module,luajit` for LuaJIT and Lua 5.1",
            );
        }
    }
}

#[test]
fn it_shows_one_function_and_stays_in_memory() {
    for flavour in ["luajit", "lua54"] {
        let Some(library) = library(flavour) else { continue };
        let told = |program: &str, args: &[&str]| {
            let output = Command::new(program).args(args).arg(&library).output().unwrap();
            String::from_utf8(output.stdout).unwrap()
        };
        let names: Vec<String> = told("nm", &["-D", "--defined-only"])
            .lines()
            .map(|line| line.split_whitespace().last().unwrap_or_default().to_string())
            .collect();
        assert_eq!(names, ["luaopen_mynah"]);
        assert!(told("readelf", &["-d"]).contains("NODELETE"), "{flavour}");
    }
}

#[test]
fn signals_and_the_screen_are_left_to_the_host() {
    for host in hosts() {
        let out = host.succeed(&format!(
            "local function caught()
              for line in io.lines('/proc/self/status') do
                local mask = line:match('^SigCgt:%s*(%x+)')
                if mask then return tonumber(mask:sub(-8), 16) % 2 ^ 31 end -- above are those that the C library keeps for threads
              end
            end
            local before = caught()
            {BIRD}
            print(before == caught())"
        ));
        assert_eq!(out, "true\n", "no handler was installed");
        // On a terminal of its own, nothing is drawn.
        if !has("script") {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("train.lua");
        let library = host.library.parent().unwrap().display();
        std::fs::write(&path, format!("package.cpath = '{library}/?.so' {BIRD} print('done')")).unwrap();
        let line = format!("{} {}", host.program, path.display());
        let ran = run(Command::new("script").args(["-qec", &line, "/dev/null"]), folder.path());
        assert_eq!((ran.out.as_str(), ran.code), ("done\r\n", 0));
    }
}

/// Runs LÖVE on a game's folder, without a screen.
fn love(game: &Path, args: &[&str], home: &Path) -> Ran {
    let mut command = Command::new("xvfb-run");
    command.args(["-a", "-s", "-screen 0 1280x800x24", "love"]).arg(game).args(args);
    run(command.env("SDL_AUDIODRIVER", "dummy").env("LIBGL_ALWAYS_SOFTWARE", "1"), home)
}

/// A copy of a game with the library beside it, as a player has it; nothing if something is missing.
fn game(files: &[(&str, String)]) -> Option<tempfile::TempDir> {
    let library = library("luajit")?;
    if !has("love") || !has("xvfb-run") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    std::os::unix::fs::symlink(library, folder.path().join("mynah.so")).unwrap();
    Some(folder)
}

#[test]
fn a_bird_talks_in_love() {
    let file = |name| (name, std::fs::read_to_string(project("examples/love").join(name)).unwrap());
    let Some(folder) = game(&[file("main.lua"), file("conf.lua")]) else { return };
    let home = tempfile::tempdir().unwrap();
    for time in ["first", "second"] {
        // The second time it has learned already.
        let ran = love(folder.path(), &["--steps", "40", "--once"], home.path());
        assert_eq!(ran.code, 0, "the {time} time: {}\n{}", ran.out, ran.err);
        assert!(ran.out.contains("the bird said: Five grey birds"), "the {time} time: {}\n{}", ran.out, ran.err);
    }
}

#[test]
fn love_may_quit_at_any_word() {
    for (end, code) in [
        ("love.event.quit(3)", 3),
        ("os.exit(4)", 4),
        ("love.event.push('quit', 5) speech = nil collectgarbage()", 5),
        // (LÖVE itself cannot start anew beside a thread of before.)
        ("speaker:wait() love.event.quit('restart') love.filesystem.write('again', 'yes')", 6),
    ] {
        let main = format!(
            "package.cpath = love.filesystem.getSource() .. '/?.so'
            function love.errorhandler(message) print(message) os.exit(99) end
            {BIRD}
            if love.filesystem.getInfo('again') then os.exit(6) end
            speech = bird:stream('polly', {{ tokens = 1000, seed = 1 }})
            -- Another Lua state in another thread speaks, too.
            speaker = love.thread.newThread([[
              package.cpath = ...
              {BIRD}
              for piece in bird:stream('polly', {{ tokens = 300, seed = 1 }}) do love.thread.getChannel('words'):push(piece) end
            ]])
            speaker:start(package.cpath)
            local frames = 0
            function love.update()
              if speech then speech() end
              if not love.thread.getChannel('words'):peek() then return end
              frames = frames + 1
              if frames == 3 then {end} end
            end"
        );
        let conf = "function love.conf(t) t.identity = 'mynah-test' t.modules.audio = false end".to_string();
        let Some(folder) = game(&[("main.lua", main), ("conf.lua", conf)]) else { return };
        let home = tempfile::tempdir().unwrap();
        let ran = love(folder.path(), &[], home.path());
        assert_eq!(ran.code, code, "{end}: {}\n{}", ran.out, ran.err);
    }
}

#[test]
fn a_rust_program_needs_no_lua() {
    // `cargo test` builds it; `cargo test --test main` alone does not.
    let program = std::env::current_exe().unwrap().with_file_name("../examples/embed");
    if !program.is_file() {
        return skipped("the example `embed` was not built");
    }
    let home = tempfile::tempdir().unwrap();
    let ran = run(Command::new(program).arg("30"), home.path());
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.out.matches("\nOdo: ").count(), 2, "{}", ran.out);
}
