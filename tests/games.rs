//! Every demo plays: without a screen, where what it prints and draws is checked, and in LÖVE where that is installed.

use super::cli::{Run, mynah_in};
use mynah::paint::Image;
use std::path::{Path, PathBuf};
use std::process::Command;

const DEMOS: [&str; 10] =
    ["descent", "anneal", "salesman", "painter", "maze", "perceptron", "svm", "mlp", "parrot", "meadow"];

fn game(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("games").join(name).display().to_string()
}

/// Plays a demo for some frames and answers what it printed, and the picture of its last frame.
fn play(name: &str, frames: u32, more: &[&str]) -> (Run, Image) {
    let folder = tempfile::tempdir().unwrap();
    play_in(folder.path(), name, frames, more)
}

fn play_in(folder: &Path, name: &str, frames: u32, more: &[&str]) -> (Run, Image) {
    let (game, frames) = (game(name), frames.to_string());
    let fixed = [game.as_str(), "--shot", "shot.png", "--size", "640x360", "--frames", &frames];
    let run = mynah_in(folder, &[&fixed[..], more].concat(), "");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{name} {more:?}:\n{}", run.out);
    let image = Image::read(folder.join("shot.png")).unwrap();
    assert_eq!((image.width(), image.height()), (640, 360));
    (run, image)
}

/// The numbers in the line that begins with `start`.
fn numbers(run: &Run, start: &str) -> Vec<f64> {
    let line = run.out.lines().find(|line| line.trim_start().starts_with(start));
    let line = line.unwrap_or_else(|| panic!("no line `{start}` in\n{}", run.out));
    let kept: String =
        line[start.len()..].chars().map(|c| if c.is_ascii_digit() || "-.e".contains(c) { c } else { ' ' }).collect();
    kept.split_whitespace().filter_map(|word| word.trim_end_matches('.').parse().ok()).collect()
}

/// How many pixels of a part of the picture, in the demo's own units, are near a colour.
fn near(image: &Image, [left, top, width, height]: [usize; 4], color: u32, apart: i32) -> usize {
    let wanted = [color >> 16, color >> 8 & 255, color & 255].map(|part| part as i32);
    let pixels = (top / 2..(top + height) / 2).flat_map(|y| (left / 2..(left + width) / 2).map(move |x| (x, y)));
    pixels
        .filter(|(x, y)| {
            let pixel = image.pixel(*x, *y);
            pixel.iter().zip(wanted).all(|(part, wanted)| (i32::from(*part) - wanted).abs() <= apart)
        })
        .count()
}

const BLUE: u32 = 0x5aa9e6;
const ORANGE: u32 = 0xf4a259;
const GREEN: u32 = 0x7bc47f;
const WHITE: u32 = 0xffffff;

#[test]
fn descent_walks_the_known_paths() {
    // Two wells from (150, 150) with a rate of 20: 111 steps (see `optim::smooth::descend`).
    let (run, _) = play("descent", 125, &[]);
    let found = numbers(&run, "descend");
    assert_eq!(found[0], 111.0, "{}", run.out);
    assert!((found[1] - 109.051_698).abs() < 2e-6 && (found[2] - 107.563_421).abs() < 2e-6, "{}", run.out);
    assert!(run.out.lines().any(|line| line.starts_with("descend") && line.ends_with("minimum")), "{}", run.out);
    // Its path is drawn from the start to that place: blue marks where the numbers say, when nobody else stands there.
    let alone = ["momentum", "adam", "lbfgs", "newton"].map(|other| ["--press", other]).concat();
    let (_, image) = play("descent", 140, &alone);
    let at = |x: f64, y: f64| [20.0 + x / 300.0 * 640.0, 60.0 + y / 300.0 * 640.0].map(|v| v as usize);
    let [x, y] = at(found[1], found[2]);
    assert!(near(&image, [x, y, 340 - x, 380 - y], BLUE, 40) > 15, "the path");

    let (run, _) = play("descent", 70, &["--press", "One well"]);
    let found = numbers(&run, "descend");
    assert!(found[0] == 60.0 && (found[1] - 197.459_873).abs() < 2e-6, "{}", run.out);
    let (run, _) = play("descent", 150, &["--press", "Too steep"]);
    assert!(run.out.lines().any(|line| line.starts_with("descend") && line.ends_with("oscillating")), "{}", run.out);
}

#[test]
fn a_click_on_descents_map_changes_it() {
    let (run, _) = play("descent", 8, &["--click", "340,380", "--click", "500,200", "--click", "340,380,2"]);
    assert!(run.out.starts_with("hills 3, start (150.0, 150.0)"), "{}", run.out);
    let (run, _) = play("descent", 8, &["--press", "sets the start", "--click", "340,124"]);
    assert!(run.out.starts_with("hills 2, start (150.0, 30.0)"), "{}", run.out);
    let (run, _) = play("descent", 6, &["--press", "Clear the map"]);
    assert!(run.out.starts_with("hills 0"), "{}", run.out);
}

#[test]
fn annealing_keeps_the_best_of_its_797_steps() {
    let (run, image) = play("anneal", 402, &["--set", "Steps per frame=2"]);
    assert!(run.out.starts_with("steps 797, taken ") && run.out.contains("the schedule is finished"), "{}", run.out);
    let best = numbers(&run, "best");
    assert!(best[0] < -4.0 && (best[0] - best[3]).abs() < 1e-6, "{}", run.out);
    let [x, y] = [best[1], best[2]].map(|v| v / 300.0 * 640.0);
    let star = [(20.0 + x) as usize - 6, (60.0 + y) as usize - 6, 12, 12];
    assert!(near(&image, star, 0xf2d06b, 40) > 6, "a star at the best place");
    // Heated again, it goes on.
    let (run, _) = play("anneal", 402, &["--set", "Steps per frame=2", "--set", "Temperature=100@390"]);
    assert!(run.out.contains(", walking") && numbers(&run, "temperature")[0] > 50.0, "{}", run.out);
}

#[test]
fn the_salesmans_drawn_tour_has_the_length_it_says() {
    let (run, image) = play("salesman", 120, &["--press", "Ask the kernel's solver@110"]);
    let lengths = ["Genetic:", "Annealing:", "Local search:"].map(|name| numbers(&run, name)[0]);
    let (drawn, solver) = (numbers(&run, "drawn:")[0], numbers(&run, "solver:")[0]);
    let least = lengths.iter().copied().fold(f64::INFINITY, f64::min);
    assert!((drawn - least).abs() < 1e-5 && solver <= drawn + 1e-5 && drawn < 200.0, "{}", run.out);
    let mut tour = numbers(&run, "tour:");
    tour.sort_by(f64::total_cmp);
    assert!(tour.iter().copied().eq((1..=34).map(f64::from)), "{}", run.out);
    let colors = [BLUE, ORANGE, GREEN].map(|color| near(&image, [24, 64, 630, 430], color, 30));
    assert!(colors.iter().max() > Some(&600), "the leader's tour: {colors:?}");
}

#[test]
fn the_salesman_avoids_closed_roads_and_takes_free_ones() {
    let roads = ["--press", "Lhasa–Ürümqi is closed", "--press", "Lhasa–Xining by train: free"];
    let (run, _) = play("salesman", 150, &[&roads[..], &["--press", "Ask the kernel's solver@140"]].concat());
    let tour = numbers(&run, "tour:");
    let beside = |a: f64, b: f64| (0..34).any(|k| [(a, b), (b, a)].contains(&(tour[k], tour[(k + 1) % 34])));
    assert!(!beside(5.0, 6.0) && beside(5.0, 15.0), "{}", run.out);
    let (run, _) = play("salesman", 6, &["--click", "100,200", "--click", "400,100"]);
    assert!(run.out.starts_with("cities 36"), "{}", run.out);
}

#[test]
fn the_salesmans_cities_are_those_of_the_file() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/china34.csv");
    let Ok(text) = std::fs::read_to_string(&file) else {
        return eprintln!("skipped: no {}", file.display());
    };
    let game = std::fs::read_to_string(format!("{}/main.lua", game("salesman"))).unwrap();
    let list = &game[game.find("local CITIES").unwrap()..game.find("local ROADS").unwrap()];
    let places: Vec<[f64; 2]> = list
        .split("{ \"")
        .skip(1)
        .map(|city| {
            let numbers: Vec<f64> = city.split(['"', ',', '}']).filter_map(|word| word.trim().parse().ok()).collect();
            [numbers[0], numbers[1]]
        })
        .collect();
    let wanted: Vec<[f64; 2]> = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').skip(1).map(|n| n.parse().unwrap()).collect::<Vec<f64>>().try_into().unwrap())
        .collect();
    assert_eq!(places, wanted);
}

#[test]
fn the_painter_comes_nearer_and_says_by_how_much() {
    let folder = tempfile::tempdir().unwrap();
    let exports = ["--press", "PNG@20", "--press", "SVG@22", "--press", "GIF@24"];
    let (run, _) = play_in(folder.path(), "painter", 30, &exports);
    let off = numbers(&run, "off by");
    assert!((off[0] - off[1]).abs() < 1e-5 && off[0] < 0.7 * off[2], "{}", run.out);
    for file in ["painting.png", "painting.svg", "painting.gif"] {
        assert!(folder.path().join(file).metadata().unwrap().len() > 500, "{file}");
    }
    for how in ["picture GA", "pixel GA"] {
        let (run, _) = play("painter", 20, &["--press", &format!("How:{how}")]);
        let off = numbers(&run, "off by");
        assert!(off[0] < off[2] && (off[0] - off[1]).abs() < 1e-5, "{how}: {}", run.out);
    }
}

#[test]
fn searches_through_one_maze_agree_on_its_length() {
    let (run, image) = play("maze", 60, &["--press", "Dig all", "--set", "Cells per frame=60"]);
    let lines: Vec<Vec<f64>> = run
        .out
        .lines()
        .skip(1)
        .map(|line| {
            let after = line.split_once(": ").unwrap().1;
            after.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect()
        })
        .collect();
    // Passages, cells looked at, of all that will be, length: A*, Dijkstra, greedy, from both ends.
    let [astar, dijkstra, greedy, both] = &lines[..] else { panic!("{}", run.out) };
    for search in &lines {
        assert_eq!((search[0], search[1]), (astar[0], search[2]), "all is shown: {}", run.out);
    }
    assert!(astar[3] == dijkstra[3] && astar[3] == both[3] && greedy[3] >= astar[3], "{}", run.out);
    assert!(astar[2] <= dijkstra[2], "{}", run.out);
    assert!(near(&image, [20, 60, 948, 640], WHITE, 20) > 300, "the ways are drawn");

    let (run, _) = play("maze", 6, &["--press", "Side by side:four generators"]);
    for how in ["backtracking", "prim", "kruskal", "wilson"] {
        assert!(run.out.contains(&format!("{how}, astar: ")), "{}", run.out);
    }
    let (run, _) = play("maze", 6, &["--set", "Loops: walls that fall too=0", "--set", "Columns=20"]);
    assert!(run.out.contains("20 x 12") && run.out.contains(": 239 passages"), "a perfect maze: {}", run.out);
}

#[test]
fn the_perceptron_stops_where_a_line_can_be_and_only_there() {
    let (run, image) = play("perceptron", 240, &["--set", "Points per frame=20"]);
    assert!(run.out.starts_with("points 30, wrong 0,") && run.out.contains("finished"), "{}", run.out);
    assert!(run.out.contains("separable: true"), "{}", run.out);
    assert!(near(&image, [24, 64, 630, 630], WHITE, 25) > 100, "the line");
    let (run, _) = play("perceptron", 60, &["--press", "Exclusive or", "--set", "Points per frame=40"]);
    assert!(run.out.contains("separable: false") && run.out.contains("learning"), "{}", run.out);
    let clicks = ["--press", "Clear", "--click", "200,200", "--click", "200,240", "--click", "500,500,2"];
    let (run, _) = play("perceptron", 60, &clicks);
    assert!(run.out.starts_with("points 3, wrong 0,"), "{}", run.out);
}

#[test]
fn support_vectors_hold_the_known_streets() {
    let (run, image) = play("svm", 12, &[]);
    let line = numbers(&run, "w =");
    for (found, known) in line.iter().zip([-0.016_038_63, 0.022_419_59, -0.884_107_96]) {
        assert!((found - known).abs() < 1.5e-8, "{}", run.out);
    }
    // On its very middle the line is white: where w · x + b = 0 at x = 160.
    let y = (0.884_107_96 + 0.016_038_63 * 160.0) / 0.022_419_59;
    let there = [340 - 8, (700.0 - y * 2.0) as usize - 8, 16, 16];
    assert!(near(&image, there, WHITE, 30) > 5, "the street's middle");
    let (run, _) = play("svm", 16, &["--press", "Spiral"]);
    assert!((numbers(&run, "support vectors")[2] - 47.118_47).abs() < 1e-4, "{}", run.out);
    let (run, _) = play("svm", 16, &["--press", "XOR"]);
    assert!(run.out.contains(", 20 right"), "{}", run.out);
    let (run, _) = play("svm", 12, &["--press", "Clear", "--click", "200,200", "--click", "400,400,2"]);
    assert!(run.out.starts_with("points 2, kernel linear") && run.out.contains("2 right"), "{}", run.out);
}

#[test]
fn a_net_learns_the_five_moons() {
    let (run, image) = play("mlp", 90, &[]);
    assert!(run.out.contains("points 256, layers 2-8-8-5, tanh"), "{}", run.out);
    let found = numbers(&run, "steps");
    assert!(found[0] == 360.0 && found[1] < 0.5 && found[2] > 215.0, "{}", run.out);
    assert!(near(&image, [20, 60, 452, 452], BLUE, 40) > 100, "points of a class");
    let changes = ["--press", "Add a layer", "--press", "Activation:relu", "--click", "100,100"];
    let (run, _) = play("mlp", 12, &changes);
    assert!(run.out.contains("points 257, layers 2-8-8-6-5, relu"), "{}", run.out);
}

#[test]
fn the_parrot_learns_and_its_chances_add_up() {
    let (run, _) = play("parrot", 80, &["--set", "Top k=5", "--press", "layer 2, head 3"]);
    let found = numbers(&run, "steps");
    assert!(found[0] == 60.0 && found[2] < 0.75 * found[1], "{}", run.out);
    assert!((numbers(&run, "candidates")[1] - 1.0).abs() < 1e-5, "{}", run.out);
    assert!((numbers(&run, "looks: layer 1, head 1, last row adds up to")[0] - 1.0).abs() < 1e-4, "{}", run.out);
    let said = run.out.lines().find_map(|line| line.strip_prefix("said: the ")).unwrap();
    assert!(said.chars().count() >= 15, "{said}");
}

#[test]
fn one_seed_plays_one_game() {
    for name in ["anneal", "parrot"] {
        let (a, b) = (play(name, 20, &["--seed", "7"]), play(name, 20, &["--seed", "7"]));
        assert_eq!((a.0.out, a.1), (b.0.out, b.1), "{name}");
        assert_ne!(play(name, 20, &["--seed", "8"]).1, play(name, 20, &["--seed", "7"]).1, "{name}");
    }
}

#[test]
fn the_kit_says_what_it_cannot_do() {
    let folder = tempfile::tempdir().unwrap();
    for (args, message) in [
        (&[][..], "Descent is played with LÖVE: love games/descent"),
        (&["--shto", "a.png"], "unknown option `--shto`; options: --shot"),
        (&["--shot"], "--shot needs a value"),
        (&["--shot", "a.png", "--frames", "none"], "--frames needs a whole number of at least 1, got \"none\""),
        (&["--shot", "a.png", "--size", "large"], "--size needs WIDTHxHEIGHT, got \"large\""),
        (&["--shot", "a.png", "--click", "10"], "--click needs 2 numbers, got \"10\""),
        (&["--shot", "a.png", "--press", "Fly"], "there is nothing called \"Fly\" to press; there are "),
        (&["--shot", "no/folder/a.txt", "--frames", "1"], "a canvas is written to a name that ends in .png"),
    ] {
        let game = game("descent");
        let run = mynah_in(folder.path(), &[&[game.as_str()], args].concat(), "");
        assert!(run.code == 1 && run.err.contains(message), "{args:?}: {}", run.err);
    }
}

/// Says that the calling test is skipped; `MYNAH_REFUSE_SKIPS=1` makes that a failure.
fn skipped(why: &str) {
    assert!(std::env::var_os("MYNAH_REFUSE_SKIPS").is_none(), "a skip is refused: {why}");
    eprintln!("skipped: {why}");
}

/// The folder of a `mynah.so` that LÖVE can load: `luajit` in the one that MYNAH_MODULES names.
fn library() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(std::env::var_os("MYNAH_MODULES")?).join("luajit");
    folder.join("mynah.so").exists().then_some(folder)
}

#[test]
fn every_demo_opens_in_love_takes_clicks_and_is_seen() {
    let has = |program: &str| Command::new("which").arg(program).output().is_ok_and(|o| o.status.success());
    if !has("love") || !has("xvfb-run") {
        return skipped("there is no love or no xvfb-run");
    }
    let Some(library) = library() else {
        return skipped("MYNAH_MODULES names no folder with luajit/mynah.so");
    };
    let folder = tempfile::tempdir().unwrap();
    for (name, click) in DEMOS.iter().zip([
        "340,380", "340,380", "300,300", "800,200", "300,200", "300,300", "300,300", "200,200", "740,300", "1060,87",
    ]) {
        let shot = folder.path().join(format!("{name}.png"));
        let game = game(name);
        let run = Command::new("xvfb-run")
            .args(["-a", "-s", "-screen 0 1280x800x24", "love", &game, "--frames", "25", "--click", click, "--shot"])
            .arg(&shot)
            .env("MYNAH_LIB", &library)
            .env("HOME", folder.path())
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success(), "{name}: {said}{}", String::from_utf8_lossy(&run.stderr));
        let image = Image::read(&shot).unwrap_or_else(|e| panic!("{name}: {e}\n{said}"));
        assert_eq!((image.width(), image.height()), (1280, 720), "{name}");
        assert!(near(&image, [0, 0, 1280, 80], 0xe8ecf2, 40) > 100, "{name}: its title");
        let mut colors: Vec<[u8; 3]> = image.rgb().chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect();
        colors.sort_unstable();
        colors.dedup();
        assert!(colors.len() > 200, "{name}: {} colours", colors.len());
        if *name == "descent" {
            assert!(said.contains("hills 3"), "the click was seen: {said}");
        }
    }
}

#[test]
fn hens_learn_to_find_grain() {
    let (run, _) = play("meadow", 12, &["--press", "Skip ten@2", "--press", "Skip ten@6"]);
    let scores = numbers(&run, "mean score of the first five generations");
    assert!(scores[0] < 2.5 && scores[1] > scores[0] + 1.5, "{}", run.out);
}

#[test]
fn the_tavern_is_a_room_whose_people_answer_act_and_learn() {
    let folder = tempfile::tempdir().unwrap();
    let more =
        ["--train-seconds", "6", "--press", "An ale, please@4", "--press", "Teach a phrase@150", "--frames", "700"];
    let tavern = game("tavern");
    let args = [&[tavern.as_str(), "--shot", "room.png", "--size", "640x360"][..], &more].concat();
    let run = mynah_in(folder.path(), &args, "");
    assert_eq!(run.code, 0, "{}\n{}", run.out, run.err);
    assert!(run.out.lines().any(|l| l == "You: An ale, please"), "{}", run.out);
    let names = ["Marta", "Odo", "Bryn", "Finch"];
    let said = |l: &str| names.iter().any(|n| l.strip_prefix(&format!("{n}: ")).is_some_and(|words| words.len() > 3));
    assert!(run.out.lines().any(said), "{}", run.out);
    assert!(run.out.contains(" does: serve") && run.out.contains("served: 1"), "{}", run.out);
    let image = Image::read(folder.path().join("room.png")).unwrap();
    assert!(near(&image, [528, 260, 256, 146], 0x7a2f35, 12) > 3000, "the rug");
}
