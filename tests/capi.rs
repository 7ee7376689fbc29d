//! The interface for C as a C program meets it: `examples/c/talk.c`, compiled and run.

use mynah::lm::{Model, ModelConfig, Tokenizer};
use mynah::nn::Device;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The library that was built together with these tests, beside them.
fn library() -> PathBuf {
    let folder = std::env::current_exe().unwrap().parent().unwrap().to_path_buf();
    let name = format!("{}mynah{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let found = [folder.join(&name), folder.join("..").join(&name)].into_iter().find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("there is no {name} in {}", folder.display()))
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn two_characters_talk_in_c() {
    let folder = tempfile::tempdir().unwrap();
    let library = library();
    let beside = library.parent().unwrap();
    let program = folder.path().join("talk");
    let mut cc = Command::new("cc");
    cc.args(["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror"]).arg(project("examples/c/talk.c"));
    cc.arg("-I").arg(project("")).arg("-L").arg(beside).arg("-lmynah").arg("-o").arg(&program);
    let compiled = cc.arg(format!("-Wl,-rpath,{}", beside.display())).output().unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));

    let model = folder.path().join("bird.safetensors");
    let config = ModelConfig { dim: 32, layers: 1, heads: 2, kv_heads: 1, context: 128, ..Default::default() };
    Model::new(&config, Tokenizer::bytes(), Device::Cpu, 1).unwrap().save(&model).unwrap();
    // Cargo names its own folders first, where a library of another kind may lie.
    let run = |file: &Path| {
        let mut talk = Command::new(&program);
        talk.env("LD_LIBRARY_PATH", beside).env("DYLD_LIBRARY_PATH", beside).arg(&model).arg(file).output().unwrap()
    };
    let (saved, nowhere) = (folder.path().join("odo.json"), folder.path().join("bird.safetensors/odo.json"));
    let talk = run(&saved);
    let said = String::from_utf8_lossy(&talk.stdout);
    assert!(talk.status.success(), "{said}\n{}", String::from_utf8_lossy(&talk.stderr));
    assert!(said.contains("\nOdo: ") && said.contains("\nMarta: "), "{said}");
    assert!(std::fs::read_to_string(&saved).unwrap().contains("The bridge is broken."));
    assert_eq!(run(&saved).stdout, talk.stdout, "the same seeds, the same talk");
    let refused = run(&nowhere);
    let why = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(1) && why.starts_with("mynah_save: ") && why.contains("odo.json"), "{why}");
}

#[test]
fn the_library_shows_what_the_header_declares() {
    let nm = Command::new("nm").args(["-D", "--defined-only"]).arg(library()).output().unwrap();
    let names = String::from_utf8(nm.stdout).unwrap();
    let mut shown: Vec<&str> = names.lines().filter_map(|line| line.split_whitespace().last()).collect();
    let header = std::fs::read_to_string(project("mynah.h")).unwrap();
    let mut declared: Vec<&str> = header
        .lines()
        .filter(|line| line.ends_with(");") && !line.starts_with([' ', '/']))
        .filter_map(|line| line.split('(').next()?.split([' ', '*']).next_back())
        .collect();
    shown.sort_unstable();
    declared.sort_unstable();
    assert_eq!(shown, declared);
    assert_eq!(shown.len(), 12);
}
