//! How fast the kernel seeks: cells of a maze per second, what a black-box method costs per evaluation, how good tours
//! and pictures are after how much CPU time.
//!
//!     cargo bench --bench seek                # everything
//!     cargo bench --bench seek -- grids       # one part: grids, search, tours, pictures
//!
//! Tours and pictures need the files of the shared folder; without them they say "skipped".

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mynah::data::Rng;
use mynah::optim::blackbox::{self, Search};
use mynah::paint::{Image, PaintSettings, Painter};
use mynah::route::cities::{self, Method, Metric, Problem, SolveSettings};
use mynah::route::grids::{Grid, MazeSettings, PathMethod, Workspace, find_path, maze};
use serde_json::json;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The whole of a maze of 2001 x 2001 blocks, corner to corner, in cells looked at per second.
fn grids(c: &mut Criterion) {
    let settings = MazeSettings { width: 1000, height: 1000, seed: 1, ..Default::default() };
    let blocks = maze(&settings).expect("the sizes fit").blocks();
    assert_eq!((blocks.width(), blocks.height()), (2001, 2001));
    let open = Grid::new(2001, 2001, false).expect("the sizes fit");
    let mut group = c.benchmark_group("grids");
    group.sample_size(20);
    for (ground, grid) in [("maze", &blocks), ("open", &open)] {
        let (from, to) = (2001 + 1, 2001 * 2001 - 2001 - 2);
        for method in PathMethod::ALL {
            let mut room = Workspace::new();
            let found = find_path(grid, from, to, method, &mut room).expect("both cells are free");
            assert!(!found.cells.is_empty());
            group.throughput(Throughput::Elements(found.expanded));
            group.bench_function(BenchmarkId::new(ground, format!("{method:?}")), |b| {
                b.iter(|| black_box(find_path(grid, from, to, method, &mut room).expect("as before").length));
            });
        }
    }
}

/// What each method itself costs, per evaluation of a function that costs nothing, in ten dimensions.
fn search(c: &mut Criterion) {
    let mut group = c.benchmark_group("search");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    let rugged = |x: &[f64]| x.iter().map(|x| x * x + 10.0 * (1.0 - (std::f64::consts::TAU * x).cos())).sum::<f64>();
    for entry in blackbox::METHODS.iter().filter(|entry| entry.name != "bayes") {
        let begin = || -> Search {
            let bounds = json!({ "lower": vec![-5.0; 10], "upper": vec![5.0; 10], "budget": 10_000, "seed": 1 });
            (entry.make)(bounds).expect("the settings are good")
        };
        let run = || {
            let mut search = begin();
            while search.done().is_none() {
                let values: Vec<f64> = search.ask().iter().map(|x| rugged(x)).collect();
                search.tell(&values).expect("as many as were asked");
            }
            search.counts().evals
        };
        group.throughput(Throughput::Elements(run()));
        group.bench_function(entry.name, |b| b.iter(|| black_box(run())));
    }
}

fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    if !path.exists() {
        println!("skipped: there is no {}", path.display());
    }
    path.exists().then_some(path)
}

/// CPU seconds that this process has used, on all its threads.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().map(|f| f.parse().unwrap_or(0.0)).collect();
    match fields[..] {
        [_, _, _, _, _, _, _, _, _, _, _, user, system, ..] => (user + system) / 100.0,
        _ => f64::NAN,
    }
}

/// Each tour once; the figures are qualities, which criterion does not know.
fn tours() {
    if let Some(folder) = shared("data/tsplib") {
        let optima = std::fs::read_to_string(folder.join("optima.txt")).expect("the folder is whole");
        for line in optima.lines() {
            let (name, optimum) = line.split_once(' ').expect("a name and a length");
            let optimum: f64 = optimum.trim().parse().expect("a length");
            let problem = cities::read_tsp(folder.join(format!("{name}.tsp"))).expect("a TSPLIB file").problem;
            for seed in 1..=3 {
                let (begun, mut reached) = (cpu_seconds(), f64::NAN);
                let settings = SolveSettings { seconds: 10.0, seed, ..Default::default() };
                let found = cities::solve(&problem, &settings, &mut |better| {
                    let there = better.length <= optimum;
                    if there {
                        reached = cpu_seconds() - begun;
                    }
                    Ok(!there)
                });
                let length = found.expect("the file is good").length;
                println!("tours/{name} seed {seed}: {length} of {optimum}, optimum after {reached:.2} CPU s");
            }
        }
    }
    for (n, seconds) in [(100_000, 30.0), (1_000_000, 120.0)] {
        let mut rng = Rng::new(1);
        let points = (0..n).map(|_| [rng.uniform(), rng.uniform()]).collect();
        let problem = Problem::points(points, Metric::Euclid).expect("the points are finite");
        let (begun, cpu) = (Instant::now(), cpu_seconds());
        let settings = SolveSettings { method: Method::OrOpt, seconds, seed: 1, ..Default::default() };
        let found = cities::solve(&problem, &settings, &mut |_| Ok(true)).expect("there are cities");
        let excess = 100.0 * (found.length / (0.7124 * (n as f64).sqrt()) - 1.0);
        let (wall, cpu) = (begun.elapsed().as_secs_f64(), cpu_seconds() - cpu);
        println!("tours/{n} uniform points: {excess:.2} % above 0.7124 sqrt(n A) in {wall:.1} s, {cpu:.1} CPU s");
    }
}

/// The picture of the README: how close, after how much CPU time.
fn pictures() {
    let Some(path) = shared("data/images/astronaut.png") else { return };
    let image = Image::read(path).expect("a picture");
    for shapes in [100, 200] {
        for seed in 1..=3 {
            let cpu = cpu_seconds();
            let settings = PaintSettings { shapes, seed, ..Default::default() };
            let mut painter = Painter::new(&image, settings).expect("the settings are good");
            while painter.step().expect("nobody stops it").is_some() {}
            println!(
                "pictures/{shapes} triangles, seed {seed}: RMSE {:.3} in {:.2} CPU s",
                painter.rmse(),
                cpu_seconds() - cpu
            );
        }
    }
}

criterion_group!(benches, grids, search, parts);
criterion_main!(benches);

/// The parts that are not timed by criterion, when their name is given or nothing is.
fn parts(_: &mut Criterion) {
    let filter = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    let wanted = |name: &str| filter.as_ref().is_none_or(|f| name.contains(f.as_str()));
    if wanted("tours") {
        tours();
    }
    if wanted("pictures") {
        pictures();
    }
}
