//! Every example and every game runs, without a screen and in a few steps.

use super::cli::{Run, mynah_in};
use mynah::paint::Image;
use std::path::{Path, PathBuf};

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs a script of the project in an empty folder.
fn run(script: &str, args: &[&str], input: &str, folder: &Path) -> Run {
    let script = project(script).display().to_string();
    let all: Vec<&str> = std::iter::once(script.as_str()).chain(args.iter().copied()).collect();
    let run = mynah_in(folder, &all, input);
    assert_eq!((run.code, run.err.contains("traceback")), (0, false), "{script} {args:?}:\n{}\n{}", run.out, run.err);
    run
}

#[test]
fn every_lesson_runs() {
    let mut lessons: Vec<String> = std::fs::read_dir(project("examples"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".lua") && name.starts_with(|c: char| c.is_ascii_digit()))
        .collect();
    lessons.sort();
    assert!(lessons.len() >= 8, "{lessons:?}");
    for lesson in lessons {
        let folder = tempfile::tempdir().unwrap();
        let trains = ["02", "03", "04", "05", "06"].iter().any(|n| lesson.starts_with(n));
        let args: &[&str] = if trains { &["--steps", "6"] } else { &[] };
        let run = run(&format!("examples/{lesson}"), args, "", folder.path());
        // What each lesson is about came out.
        let wanted = match &lesson[..2] {
            "01" => "times its transpose:\ttensor 2x2 f32\n{{14, 32},\n {32, 77}}",
            "02" => "at (3, -1):\ttensor 2 f32\n{ 6, -2}",
            "03" => "of 200 points are told apart",
            "04" => "exam of 20 sums",
            "05" => "from its file: One grey bird",
            "06" => "the very same weights? yes",
            "07" => "(1, 1) is a minimum: curves up in 2 directions",
            "08" => "from cold to warm: cold, cord, card, ward, warm",
            "09" => "(-0.142, -0.031): saddle, height -0.955",
            "10" => "lbfgs      after  29 steps at (1.0000, 1.0000)",
            "11" => "80 cities: 6.9",
            "12" => "after 400 generations the best is off by",
            "13" => "linear_discriminant      97.1%    100.0%",
            "14" => "agglomerative      0.783",
            "15" => "random_forest      98.3%",
            "16" => "wet grass: rain 0.7079, sprinkler 0.4298",
            "17" => "the lasso keeps 6 of 13 measures and is off by 0.55",
            "18" => "10 of 12 right,  9 support vectors, bias -0.884108, sum of multipliers 7.6974",
            "19" => "layer 2, 16 neurons          silhouette of the digits 0.3",
            "20" => "stacking of these       96.5%",
            _ => panic!("{lesson} has no check here"),
        };
        assert!(run.out.contains(wanted), "{lesson}:\n{}", run.out);
        let drawn: &[&str] = match &lesson[..2] {
            "09" => &["terrain.png"],
            "10" => &["descent.png"],
            "11" => &["salesman.gif", "salesman.png"],
            "12" => &["evolution.gif", "evolution.png"],
            "13" => &["classes.png"],
            "14" => &["groups.png"],
            "15" => &["trees.png"],
            "16" => &["graphical.png"],
            "17" => &["regression.png"],
            "18" => &["support-vectors.png"],
            "19" => &["layers.png"],
            "20" => &["diagnosis.png"],
            _ => &[],
        };
        for picture in drawn {
            assert!(Image::read(folder.path().join(picture)).unwrap().width() >= 96, "{lesson}: {picture}");
        }
    }
}

#[test]
fn pretrain_ends_with_its_loss_and_its_model_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let text = "the mill turns, the river runs, the miller counts his sacks\n".repeat(30);
    std::fs::write(folder.path().join("book.txt"), text).unwrap();
    let args =
        ["book.txt", "--steps", "40", "--layers", "1", "--heads", "2", "--dim", "32", "--lr", "0.01", "--warmup", "5"];
    let trained = run("examples/pretrain.lua", &[&args[..], &["--checkpoint", "run"]].concat(), "", folder.path());
    let last = trained.out.lines().last().unwrap();
    let loss: f64 = last.strip_prefix("val_loss ").and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("{last}"));
    assert!((0.01..2.0).contains(&loss), "{last}");
    for from in ["book.safetensors", "run"] {
        let went =
            run("examples/continue.lua", &[from, "the mill", "--tokens", "20", "--seed", "1"], "", folder.path());
        assert!(went.out.starts_with("the mill") && went.out.trim_end().len() > 20, "{}", went.out);
    }
    let again = run(
        "examples/pretrain.lua",
        &["book.txt", "--resume", "--checkpoint", "run", "--dim", "32", "--layers", "1", "--heads", "2"],
        "",
        folder.path(),
    );
    assert_eq!(again.out.lines().last(), Some(last), "a finished run is finished");
}

#[test]
fn pretrain_says_what_it_cannot_use() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("short.txt", b"too short");
    write("empty.txt", b"");
    write("latin.txt", b"caf\xe9 au lait");
    let script = project("examples/pretrain.lua").display().to_string();
    for (args, message) in [
        (&["none.txt"][..], "none.txt: no such file"),
        (&["empty.txt"], "empty.txt: the file is empty"),
        (&["short.txt"], "train: the text has 9 tokens, 9 of them to train on; a context of 64 needs at least 65"),
        (&["latin.txt"], "latin.txt: not UTF-8 text (byte 4 in line 1)"),
        (&["short.txt", "--stesp", "5"], "unknown option `--stesp`; did you mean `--steps`?"),
        (&["short.txt", "--dim", "-8"], "model: `dim` must be a whole number of at least 0, got integer `-8`"),
        (&[], "one text file to learn, please"),
    ] {
        let all: Vec<&str> = std::iter::once(script.as_str()).chain(args.iter().copied()).collect();
        let run = mynah_in(folder.path(), &all, "");
        let first = run.err.lines().next().unwrap_or_default();
        assert!(run.code == 1 && first.contains(message), "{args:?}: {}", run.err);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "nothing was written");
}

#[test]
fn the_taverns_dialogue_keeps_its_promises() {
    let folder = tempfile::tempdir().unwrap();
    let run = run("games/tavern/check.lua", &[], "", folder.path());
    let count = run.out.lines().find_map(|l| l.strip_prefix("exchanges")).unwrap().trim().parse::<usize>().unwrap();
    assert!(count >= 2000, "{count} exchanges");
}

#[test]
fn the_tavern_trains_once_and_answers_each_line_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let questions = "who are you\n\nHow is the RIVER, friend?\n";
    let first = run("games/tavern", &["--train-seconds", "2", "--who", "odo"], questions, folder.path());
    assert!(first.err.contains("A young bird") && first.err.contains("loss  "), "{}", first.err);
    assert_eq!(first.out.lines().count(), 3, "{}", first.out);

    let later = run("games/tavern", &["--who", "miller"], questions, folder.path());
    assert_eq!((later.err.as_str(), later.out.lines().count()), ("", 3), "a later start is immediate");
    let fresh = run("games/tavern", &["--fresh", "--train-seconds", "1"], "hello\n", folder.path());
    assert!(fresh.err.contains("A young bird") && fresh.out.lines().count() == 1);

    // A damaged bird is told of and trained again.
    let cache = folder.path().join(".cache/mynah/tavern");
    let kept = |e: &std::fs::DirEntry| e.path().extension().is_some_and(|e| e == "safetensors");
    let bird = std::fs::read_dir(&cache).unwrap().map(Result::unwrap).find(kept).unwrap().path();
    std::fs::write(&bird, b"not a bird").unwrap();
    let again = run("games/tavern", &["--train-seconds", "1"], "hello\n", folder.path());
    assert!(again.err.contains("not a safetensors file") && again.err.contains("A young bird"), "{}", again.err);
}

#[test]
fn the_tavern_says_what_it_cannot_do() {
    let folder = tempfile::tempdir().unwrap();
    let tavern = project("games/tavern").display().to_string();
    for (args, message) in [
        (&["--who", "cook"][..], "tavern: nobody here is called `cook`"),
        (&["--freh"], "unknown option `--freh`; did you mean `--fresh`?"),
        (&["fresh"], "tavern: unknown argument `fresh`"),
        (&["--train-seconds", "soon"], "--train-seconds needs a number, got \"soon\""),
    ] {
        let run = mynah_in(folder.path(), &[&[tavern.as_str()], args].concat(), "");
        let first = run.err.lines().next().unwrap_or_default();
        assert!(run.code == 1 && first.ends_with(message), "{args:?}: {}", run.err);
    }
}

#[test]
fn a_tour_comes_out_as_numbers_from_0() {
    let folder = tempfile::tempdir().unwrap();
    let tsp = "NAME: square\nTYPE: TSP\nDIMENSION: 4\nEDGE_WEIGHT_TYPE: EUC_2D\nNODE_COORD_SECTION\n1 0 0\n2 30 40\n3 30 0\n4 0 40\nEOF\n";
    std::fs::write(folder.path().join("square.tsp"), tsp).unwrap();
    let run = run("examples/tsp.lua", &["square.tsp", "1", "1"], "", folder.path());
    let mut tour: Vec<u32> = run.out.lines().map(|l| l.parse().unwrap()).collect();
    tour.sort_unstable();
    assert_eq!(tour, [0, 1, 2, 3]);
    assert!(run.err.starts_with("length 140 in "), "{}", run.err);
}

#[test]
fn a_formula_is_minimised() {
    let folder = tempfile::tempdir().unwrap();
    let formula = "(1 - x)^2 + 100 * (y - x^2)^2";
    let numbers = |args: &[&str]| -> Vec<f64> {
        let run = run("examples/minimize.lua", args, "", folder.path());
        run.out.lines().filter_map(|l| l.split(" = ").nth(1)?.parse().ok()).collect()
    };
    let near = |found: &[f64], wanted: &[f64]| {
        found.len() == wanted.len() && found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-5)
    };
    let smooth = numbers(&[formula, "--x0", "-1.5 2"]);
    assert!(near(&smooth, &[1.0, 1.0, 0.0]), "{smooth:?}");
    // Between bounds, with as many coordinates as the formula names.
    let bounded = numbers(&["x^2 + sin(5 * x)", "--method", "cmaes", "--lower", "-3", "--upper", "3"]);
    assert!(near(&bounded, &[-0.290839, -0.908622]), "{bounded:?}");
}

#[test]
fn scenarios_have_the_lengths_that_their_file_tells() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.map"), "type octile\nheight 3\nwidth 3\nmap\n...\n.@.\n...\n").unwrap();
    let scen = "version 1\n0\ta.map\t3\t3\t0\t0\t2\t2\t4.00000000\n0\ta.map\t3\t3\t0\t0\t2\t0\t2.00000000\n";
    std::fs::write(folder.path().join("a.scen"), scen).unwrap();
    let run = run("examples/path.lua", &["a.map", "a.scen"], "", folder.path());
    assert_eq!(run.out, "4.00000000\n2.00000000\n");
    assert!(run.err.contains("; 0 lengths differ"), "{}", run.err);
}

#[test]
fn a_benchmark_is_answered_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    // The values answer three batches' worth of questions; then the harness says stop.
    let input = "problem 2 1000 1 -5 5 -5 5\nstop\nquit\n";
    let run = run("examples/bbob.lua", &[], input, folder.path());
    assert!(run.out.starts_with("batch "), "{}", run.out);
    assert_eq!(run.out.lines().last(), Some("done"));
}

#[test]
fn antennas_recover_their_symbols() {
    let folder = tempfile::tempdir().unwrap();
    let run = run("examples/mimo.lua", &["--symbols", "200"], "", folder.path());
    let off = run.out.lines().find_map(|l| l.strip_prefix("without noise the symbols come back within ")).unwrap();
    assert!(off.parse::<f64>().unwrap() < 1e-9, "{off}");
    assert_eq!(Image::read(folder.path().join("mimo.png")).unwrap().width(), 800);
}

#[test]
fn a_picture_is_painted_and_scored_by_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let rgb =
        (0..24 * 32).flat_map(|i| if i % 32 < 14 { [240, 30, 60] } else { [(i % 32 * 5) as u8, 90, 120] }).collect();
    let target = Image::new(32, 24, rgb).unwrap();
    target.write_png(folder.path().join("in.png")).unwrap();
    for (method, size) in [("climb", "0"), ("ga", "0"), ("pixels", "32")] {
        let args = ["in.png", "out.png", "6", "ellipse", "--method", method, "--size", size, "--film", "film.gif"];
        let run = run("examples/paint.lua", &[&args[..], &["--generations", "40"]].concat(), "", folder.path());
        let said: f64 = run.out.trim().strip_prefix("out.png: RMSE ").unwrap().parse().unwrap();
        let written = Image::read(folder.path().join("out.png")).unwrap().rmse(&target).unwrap();
        assert!((said - written).abs() < 1e-3 && written < 90.0, "{method}: {said} said, {written} written");
        assert!(std::fs::read(folder.path().join("film.gif")).unwrap().starts_with(b"GIF89a"));
    }
}

#[test]
fn a_compressed_picture_loses_less_in_more_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let run = run("examples/compress.lua", &["--size", "64", "--bytes", "1500"], "", folder.path());
    let number = |line: &str, i: usize| line.split_whitespace().nth(i)?.parse::<f64>().ok();
    let mut ways: Vec<Vec<(f64, f64)>> = Vec::new(); // bytes and errors
    for line in run.out.lines().skip(1) {
        match (number(line, 0), number(line, 7)) {
            (Some(bytes), Some(error)) => ways.last_mut().expect("a way has a name").push((bytes, error)),
            _ if line.contains(',') || line.starts_with("codebook of") => ways.push(Vec::new()),
            _ => {}
        }
    }
    assert_eq!(ways.iter().map(Vec::len).collect::<Vec<_>>(), [6; 5], "{}", run.out);
    for way in &ways {
        assert!(way.windows(2).all(|w| w[0].0 > w[1].0 && w[0].1 < w[1].1), "{way:?}");
    }
    for picture in ["compress.png", "cosines.png", "wavelets.png", "codebook.png"] {
        assert!(Image::read(folder.path().join(picture)).unwrap().width() >= 64, "{picture}");
    }
}

#[test]
fn a_model_is_taught_saved_converted_and_spoken_with() {
    let folder = tempfile::tempdir().unwrap();
    let taught = run("examples/sft.lua", &["--out", "talker.safetensors"], "", folder.path());
    assert!(taught.out.contains("> Who are you?\nI am Odo, the miller."), "{}", taught.out);
    // From file to file to file, in every format; the last one still knows its lines.
    for (from, to, dtype) in [
        ("talker.safetensors", "talker/", "f32"),
        ("talker/", "talker.gguf", "f32"),
        ("talker.gguf", "again.safetensors", "q8"),
    ] {
        let told = run("examples/convert.lua", &[from, to, "--dtype", dtype], "", folder.path());
        assert!(told.out.contains(&format!("saved as {to}")), "{}", told.out);
    }
    for model in ["talker/", "talker.gguf", "again.safetensors"] {
        let args = [model, "--temperature", "0", "--save", "talk.json"];
        let spoken = run("examples/chat.lua", &args, "Who are you?\nFarewell\n\n", folder.path());
        assert_eq!(spoken.out, "I am Odo, the miller.\nMind the river.\n", "{model}");
        std::fs::remove_file(folder.path().join("talk.json")).unwrap();
    }
    let speed = run("examples/bench.lua", &["talker.safetensors"], "", folder.path());
    assert_eq!(speed.out.lines().filter(|l| l.ends_with("tokens a second")).count(), 3, "{}", speed.out);
    for threads in ["0", "1"] {
        let args = ["talker.safetensors", "--seconds", "0.5", "--characters", "3", "--threads", threads];
        let frames = run("examples/frames.lua", &args, "", folder.path()).out;
        assert!(frames.contains("30 frames at 60 a second, 3 characters"), "{frames}");
        assert!(frames.contains("at full speed one speaks"), "{frames}");
    }
}

#[test]
fn two_characters_are_laid_over_one_model() {
    let folder = tempfile::tempdir().unwrap();
    let run = run("examples/lora.lua", &[], "", folder.path());
    let said: Vec<&str> = run.out.lines().skip_while(|line| !line.starts_with("base")).collect();
    let base = "base   I am nobody in particular. | There is no news today.";
    let odo = "odo    I am Odo, the miller. | The river is high.";
    let marta = "marta  I am Marta, I keep the inn. | The stew is hot tonight.";
    assert_eq!(said, [base, odo, marta, base]);
    assert!(folder.path().join("odo.safetensors").exists() && folder.path().join("marta.safetensors").exists());
}

#[test]
fn preferred_answers_are_given_more_often() {
    let folder = tempfile::tempdir().unwrap();
    let run = run("examples/dpo.lua", &[], "", folder.path());
    let polite = |line: &str| -> f64 {
        let line = run.out.lines().find_map(|l| l.strip_prefix(line)).unwrap();
        line.trim().split(' ').next().unwrap().parse().unwrap()
    };
    let (before, after) = (polite("before:"), polite("after:"));
    assert!((25.0..75.0).contains(&before) && after > 90.0, "{before} {after}");
}

#[test]
fn longer_tokens_are_weighed_by_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("book.txt"), "the miller grinds the corn by the river.\n".repeat(60)).unwrap();
    let args = ["book.txt", "--steps", "300", "--vocab", "280", "--dim", "32", "--layers", "1", "--context", "32"];
    let run = run("examples/tokenizers.lua", &args, "", folder.path());
    for (kind, bytes) in [("char", "1.00 bytes"), ("bpe", "")] {
        let line = run.out.lines().find(|l| l.starts_with(kind)).unwrap();
        assert!(line.contains(bytes) && line.contains("300 steps of 384"), "{line}");
        // A line of 41 bytes that always comes again holds next to nothing.
        let bits: f64 = line.split_whitespace().rev().nth(3).unwrap().parse().unwrap();
        assert!(bits < 0.5, "{line}");
    }
}
