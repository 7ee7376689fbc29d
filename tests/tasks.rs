//! Small models learn to count, sort, mirror and reason: each lesson of `examples/tasks`, cut short.

use super::cli::mynah_in;
use std::path::Path;

/// Runs a task for `size` steps (or exercises) and reads the share of unseen questions that it got right, in percent.
fn share(task: &str, size: &str) -> f64 {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/tasks").join(task);
    let folder = tempfile::tempdir().unwrap();
    let run = mynah_in(folder.path(), &[&script.display().to_string(), size], "");
    assert_eq!(run.code, 0, "{task}:\n{}\n{}", run.out, run.err);
    let words: Vec<&str> = run.out.split_whitespace().collect();
    let at = words.windows(7).position(|w| w[1] == "%" && w[4..] == ["unseen", "questions", "right"]);
    let at = at.unwrap_or_else(|| panic!("{task} tells no result:\n{}", run.out));
    words[at].parse().unwrap()
}

#[test]
fn circles_are_counted() {
    let short = share("circles.lua", "150"); // 99.9 with its own 1,000 steps
    assert!(short > 85.0, "{short} %");
    let perceptron = share("circles_mlp.lua", "20000");
    assert!(perceptron > 99.0, "{perceptron} %");
}

#[test]
fn digits_are_sorted() {
    let short = share("sorting.lua", "150"); // 99.9 with its own 1,500
    assert!(short > 60.0, "{short} %");
}

#[test]
fn digits_are_sorted_all_at_once() {
    let short = share("unmask.lua", "200");
    assert!(short > 60.0, "{short} %");
}

#[test]
fn letters_are_mirrored() {
    let short = share("palindromes.lua", "300"); // 99.9 with its own 2,000; by guessing 26^-8
    assert!(short > 2.0, "{short} %");
}

#[test]
fn expressions_get_an_answer() {
    // Too short to reason; the form of the answer is there: one time in two a guess is right.
    let short = share("boolean.lua", "60");
    assert!((20.0..90.0).contains(&short), "{short} %");
}
