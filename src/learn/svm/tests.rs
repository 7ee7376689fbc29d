//! What the tests of this family share.

use crate::data::Rng;
use crate::learn::{Learner, Samples, Shown};

/// A table of `../shared/data` and its last column; nothing (and a word) where that folder is not.
pub fn read(file: &str) -> Option<(Samples, Vec<f64>)> {
    let path = format!("{}/../shared/data/{file}", env!("CARGO_MANIFEST_DIR"));
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: there is no {path}");
        return None;
    };
    let rows: Vec<Vec<f64>> =
        text.lines().skip(1).map(|line| line.split(',').map(|v| v.parse().unwrap()).collect()).collect();
    let columns = rows[0].len() - 1;
    let labels = rows.iter().map(|row| row[columns]).collect();
    let values = rows.iter().flat_map(|row| &row[..columns]).copied().collect();
    Some((Samples::new(rows.len(), columns, values).unwrap(), labels))
}

/// Classes in turn around centres that are `apart` deviations from each other or so.
pub fn blobs(n: usize, classes: usize, columns: usize, apart: f64, seed: u64) -> (Samples, Vec<u32>) {
    let mut rng = Rng::new(seed);
    let centres: Vec<f64> = (0..classes * columns).map(|_| apart * rng.normal()).collect();
    let codes: Vec<u32> = (0..n).map(|i| (i % classes) as u32).collect();
    let values = (0..n * columns)
        .map(|at| centres[codes[at / columns] as usize * columns + at % columns] + rng.normal())
        .collect();
    (Samples::new(n, columns, values).unwrap(), codes)
}

/// What a learner shows under a name, as one list.
pub fn numbers(learner: &dyn Learner, name: &str) -> Vec<f64> {
    match learner.learned().into_iter().find(|(n, _)| *n == name).map(|(_, shown)| shown) {
        Some(Shown::Number(v)) => vec![v],
        Some(Shown::Numbers(v)) => v,
        Some(Shown::Table(table)) => table.into_values(),
        other => panic!("{name} is {other:?}"),
    }
}

/// What a learner shows first under a name.
pub fn number(learner: &dyn Learner, name: &str) -> f64 {
    numbers(learner, name)[0]
}

/// `work` on so many threads.
pub fn threads<R: Send>(n: usize, work: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(work)
}
