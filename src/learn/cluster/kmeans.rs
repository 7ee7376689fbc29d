//! k-means: centres, each the mean of the samples nearest to it.
//!
//! Lloyd (1982), from starting centres by k-means++ (Arthur & Vassilvitskii 2007). Most distances are never computed:
//! Hamerly (2010), "Making k-means even faster", keeps for each sample an upper bound on the distance to its own
//! centre and a lower bound on that to the second nearest, and looks again only when they cross; the result is exact.

use super::centres::{Nearest, PIECE, Panels, plus_plus};
use super::checks::{ensure_sound, sound, usable, usable_width};
use super::near::{distance2, vectorised};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "kmeans";

/// Where k-means starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Start {
    /// Samples far from each other, by k-means++.
    #[default]
    #[serde(rename = "k-means++")]
    PlusPlus,
    /// Any samples.
    #[serde(rename = "random")]
    Random,
}

/// Settings of [`Kmeans`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KmeansSettings {
    /// How many clusters, at least 1. Default 8.
    pub clusters: usize,
    /// Where to start: "k-means++" or "random". Default "k-means++".
    pub init: Start,
    /// How often to start; the best result is kept. At least 1. Default 1.
    pub starts: usize,
    /// Steps at most in each start, at least 1. Default 300.
    pub steps: usize,
    /// Stop when the centres' squared movement is at most this times the mean variance, at least 0. Default 1e-4.
    pub tolerance: f64,
    /// Of the random choices. Default 0.
    pub seed: u64,
}

impl Default for KmeansSettings {
    fn default() -> Self {
        Self { clusters: 8, init: Start::PlusPlus, starts: 1, steps: 300, tolerance: 1e-4, seed: 0 }
    }
}

/// The k-means clusterer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kmeans {
    settings: KmeansSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    centres: Samples, // [clusters, columns]
    inertia: f64,     // the sum of squared distances to the nearest centre
    steps: u64,
}

impl Kmeans {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: KmeansSettings) -> Result<Self> {
        let s = &settings;
        ensure_setting(s.clusters >= 1, NAME, "clusters", "at least 1", s.clusters)?;
        ensure_setting(s.starts >= 1, NAME, "starts", "at least 1", s.starts)?;
        ensure_setting(s.steps >= 1, NAME, "steps", "at least 1", s.steps)?;
        let fine = s.tolerance >= 0.0 && s.tolerance.is_finite();
        ensure_setting(fine, NAME, "tolerance", "at least 0", s.tolerance)?;
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(NAME, bytes)?;
        Self::new(me.settings.clone())?;
        if let Some(l) = &me.learned {
            ensure_sound(sound(&l.centres) && l.centres.rows() == me.settings.clusters, NAME)?;
        }
        Ok(me)
    }
}

impl Learner for Kmeans {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x)?;
        let s = &self.settings;
        enough(NAME, x, s.clusters)?;
        let (values, d) = (x.values(), x.columns());
        let enough_movement = s.tolerance * mean_variance(x);
        let mut best: Option<Run> = None;
        for start in 0..s.starts {
            let mut rng = Rng::stream(s.seed, start as u64);
            let centres = match s.init {
                Start::PlusPlus => plus_plus(values, d, s.clusters, &mut rng)?,
                Start::Random => some_rows(x, s.clusters, &mut rng),
            };
            let run = lloyd(values, d, centres, s.steps, enough_movement)?;
            if best.as_ref().is_none_or(|b| run.inertia < b.inertia) {
                best = Some(run);
            }
        }
        let run = best.expect("there is at least one start");
        let warning = if run.empty > 0 {
            let found = s.clusters - run.empty;
            Some(format!("{NAME}: only {found} of {} clusters have samples; are many samples equal?", s.clusters))
        } else if !run.converged {
            Some(format!("{NAME}: the centres still moved after {} steps; raise `steps`", s.steps))
        } else {
            None
        };
        let centres = Samples::new(s.clusters, d, run.centres)?;
        self.learned = Some(Learned { centres, inertia: run.inertia, steps: run.steps });
        Ok(Fit { steps: run.steps, warning })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(NAME, &self.learned)?;
        nearest_centres(NAME, &l.centres, x)
    }

    fn transform(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        centre_distances(NAME, &l.centres, x)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        vec![
            ("centres", Shown::Table(l.centres.clone())),
            ("inertia", Shown::Number(l.inertia)),
            ("steps", Shown::Number(l.steps as f64)),
        ]
    }

    fn summary(&self) -> Option<String> {
        let l = self.learned.as_ref()?;
        Some(format!("{} features, {} clusters", l.centres.columns(), l.centres.rows()))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

/// Refuses fewer samples than clusters.
pub(super) fn enough(name: &str, x: &Samples, clusters: usize) -> Result<()> {
    if x.rows() >= clusters {
        return Ok(());
    }
    Err(Error::value(format!("{name}: {clusters} clusters need at least as many samples, got {}", x.rows())))
}

/// The cluster of each sample: its nearest centre.
pub(super) fn nearest_centres(name: &str, centres: &Samples, x: &Samples) -> Result<Answer> {
    usable_width(name, x, centres.columns())?;
    let found = Panels::new(centres.values(), centres.columns()).nearest(x.values())?;
    Ok(Answer::Classes(found.iter().map(|f| i64::from(f.centre)).collect()))
}

/// The distance of each sample to each centre.
pub(super) fn centre_distances(name: &str, centres: &Samples, x: &Samples) -> Result<Samples> {
    usable_width(name, x, centres.columns())?;
    let mut out = Vec::with_capacity(x.rows() * centres.rows());
    for (i, row) in x.iter().enumerate() {
        if i % 256 == 0 {
            stop::check()?;
        }
        out.extend(centres.iter().map(|c| distance2(row, c).sqrt()));
    }
    Samples::new(x.rows(), centres.rows(), out)
}

/// The variance of a feature, on average.
pub(super) fn mean_variance(x: &Samples) -> f64 {
    let (n, d) = (x.rows() as f64, x.columns());
    let mut mean = vec![0.0; d];
    for row in x.iter() {
        mean.iter_mut().zip(row).for_each(|(m, v)| *m += v);
    }
    mean.iter_mut().for_each(|m| *m /= n);
    vectorised(
        #[inline(always)]
        || {
            let mut sum = 0.0;
            for row in x.values().chunks_exact(d) {
                sum += distance2(row, &mean);
            }
            sum
        },
    ) / (n * d as f64)
}

/// Different rows drawn at random.
fn some_rows(x: &Samples, k: usize, rng: &mut Rng) -> Vec<f64> {
    let mut places: Vec<usize> = (0..x.rows()).collect();
    for i in 0..k {
        places.swap(i, i + rng.below(x.rows() - i));
    }
    x.select(&places[..k]).into_values()
}

/// How one start went.
pub(in crate::learn) struct Run {
    /// `[k, d]`
    pub centres: Vec<f64>,
    /// The centre of each row, the nearest of `centres`.
    pub places: Vec<u32>,
    pub inertia: f64,
    pub steps: u64,
    pub converged: bool,
    /// Centres that are nearest to no row.
    pub empty: usize,
}

/// Where a row stands: its centre, a distance that is at least the one to it, and one that is at most the one to any
/// other.
#[derive(Clone, Copy)]
struct Bounds {
    centre: u32,
    upper: f64,
    lower: f64,
}

/// k-means from given centres, by Hamerly's algorithm.
pub(in crate::learn) fn lloyd(x: &[f64], d: usize, mut centres: Vec<f64>, steps: usize, tolerance: f64) -> Result<Run> {
    let (n, k) = (x.len() / d, centres.len() / d);
    let mut rows = vec![Bounds { centre: 0, upper: f64::INFINITY, lower: 0.0 }; n];
    let mut sums = vec![0.0; k * d];
    let mut counts = vec![0i64; k];
    let mut first = true;
    let mut done = 0;
    let mut converged = false;
    while done < steps && !converged {
        done += 1;
        let half_gaps = half_gaps(&centres, d);
        let changed = assign(x, d, &centres, &half_gaps, &mut rows, &mut sums, &mut counts, first)?;
        let mut relocated = false;
        if counts.contains(&0) {
            relocated = relocate(x, d, &mut centres, &mut rows, &mut sums, &mut counts)?;
        }
        // Each centre moves to the mean of its rows.
        let mut moves = vec![0.0; k]; // distances
        for c in 0..k {
            if counts[c] > 0 {
                let mut squared = 0.0;
                for j in 0..d {
                    let new = sums[c * d + j] / counts[c] as f64;
                    squared += (new - centres[c * d + j]) * (new - centres[c * d + j]);
                    centres[c * d + j] = new;
                }
                moves[c] = squared.sqrt();
            }
        }
        let moved: f64 = moves.iter().map(|m| m * m).sum();
        converged = !relocated && (changed == 0 && !first || moved <= tolerance);
        first = false;
        if relocated {
            // Bounds say nothing about centres that jumped.
            rows.iter_mut().for_each(|r| (r.upper, r.lower) = (f64::INFINITY, 0.0));
        } else {
            loosen(&mut rows, &moves);
        }
    }
    // The sums were kept by additions and subtractions: now once more without their rounding.
    means(x, d, &rows, &mut centres)?;
    let nearest = Panels::new(&centres, d).nearest(x)?;
    let inertia = nearest.chunks(PIECE).map(|piece| piece.iter().map(|f| f.first).sum::<f64>()).sum();
    let places: Vec<u32> = nearest.iter().map(|f| f.centre).collect();
    let mut used = vec![false; k];
    places.iter().for_each(|&c| used[c as usize] = true);
    let empty = used.iter().filter(|&&u| !u).count();
    Ok(Run { centres, places, inertia, steps: done as u64, converged, empty })
}

/// Half the distance from each centre to the nearest other one.
fn half_gaps(centres: &[f64], d: usize) -> Vec<f64> {
    let k = centres.len() / d;
    let mut least = vec![f64::INFINITY; k];
    vectorised(
        #[inline(always)]
        || {
            for a in 0..k {
                for b in a + 1..k {
                    let gap = distance2(&centres[a * d..(a + 1) * d], &centres[b * d..(b + 1) * d]);
                    least[a] = least[a].min(gap);
                    least[b] = least[b].min(gap);
                }
            }
        },
    );
    least.iter().map(|g| 0.5 * g.sqrt()).collect()
}

/// Gives every row its nearest centre and corrects sums and counts; how many rows changed theirs.
#[expect(clippy::too_many_arguments)]
fn assign(
    x: &[f64],
    d: usize,
    centres: &[f64],
    half_gaps: &[f64],
    rows: &mut [Bounds],
    sums: &mut [f64],
    counts: &mut [i64],
    first: bool,
) -> Result<usize> {
    let k = counts.len();
    let panels = Panels::new(centres, d);
    type Piece = (usize, Vec<f64>, Vec<i64>);
    let pieces: Vec<Piece> = rows
        .par_chunks_mut(PIECE)
        .zip(x.par_chunks(PIECE * d))
        .map(|(rows, x)| {
            stop::check()?;
            let mut sums = vec![0.0; k * d];
            let mut counts = vec![0i64; k];
            let mut changed = 0;
            vectorised(
                #[inline(always)]
                || {
                    let mut look = Vec::with_capacity(rows.len());
                    for (i, r) in rows.iter_mut().enumerate() {
                        let safe = half_gaps[r.centre as usize].max(r.lower);
                        if r.upper <= safe && !first {
                            continue;
                        }
                        if k > 8 && !first {
                            let c = r.centre as usize * d;
                            r.upper = distance2(&x[i * d..(i + 1) * d], &centres[c..c + d]).sqrt();
                            if r.upper <= safe {
                                continue;
                            }
                        }
                        look.push(i as u32);
                    }
                    panels.nearest_of(x, &look, |i, Nearest { centre, first: near, second }| {
                        let i = i as usize;
                        let r = &mut rows[i];
                        let row = &x[i * d..(i + 1) * d];
                        if first || centre != r.centre {
                            let to = centre as usize;
                            counts[to] += 1;
                            sums[to * d..(to + 1) * d].iter_mut().zip(row).for_each(|(s, v)| *s += v);
                            if !first {
                                let from = r.centre as usize;
                                counts[from] -= 1;
                                sums[from * d..(from + 1) * d].iter_mut().zip(row).for_each(|(s, v)| *s -= v);
                            }
                            changed += 1;
                        }
                        *r = Bounds { centre, upper: near.sqrt(), lower: second.sqrt() };
                    });
                },
            );
            Ok((changed, sums, counts))
        })
        .collect::<Result<_>>()?;
    let mut changed = 0;
    for (piece_changed, piece_sums, piece_counts) in pieces {
        if piece_changed > 0 {
            changed += piece_changed;
            sums.iter_mut().zip(piece_sums).for_each(|(s, p)| *s += p);
            counts.iter_mut().zip(piece_counts).for_each(|(c, p)| *c += p);
        }
    }
    Ok(changed)
}

/// Bounds after the centres moved.
fn loosen(rows: &mut [Bounds], moves: &[f64]) {
    let k = moves.len();
    let far = (0..k).fold(0, |f, c| if moves[c] > moves[f] { c } else { f });
    let next = (0..k).filter(|&c| c != far).fold(0.0, |m: f64, c| m.max(moves[c]));
    for r in rows {
        let c = r.centre as usize;
        r.upper += moves[c];
        r.lower -= if c == far { next } else { moves[far] };
    }
}

/// Gives each centre without rows the row that is farthest from its own; whether any was moved.
fn relocate(
    x: &[f64],
    d: usize,
    centres: &mut [f64],
    rows: &mut [Bounds],
    sums: &mut [f64],
    counts: &mut [i64],
) -> Result<bool> {
    let gaps = Panels::new(centres, d).nearest(x)?;
    let mut far: Vec<usize> = (0..gaps.len()).collect();
    far.sort_by(|&a, &b| gaps[b].first.total_cmp(&gaps[a].first).then(a.cmp(&b)));
    let mut far = far.into_iter();
    let mut moved = false;
    for c in 0..counts.len() {
        if counts[c] > 0 {
            continue;
        }
        let Some(i) = far.find(|&i| gaps[i].first == 0.0 || counts[rows[i].centre as usize] > 1) else { break };
        if gaps[i].first == 0.0 {
            break; // every row lies on a centre already
        }
        let from = rows[i].centre as usize;
        for j in 0..d {
            let v = x[i * d + j];
            sums[from * d + j] -= v;
            sums[c * d + j] = v;
            centres[c * d + j] = v;
        }
        counts[from] -= 1;
        counts[c] = 1;
        rows[i].centre = c as u32;
        moved = true;
    }
    Ok(moved)
}

/// The mean of each centre's rows; a centre without rows stays.
fn means(x: &[f64], d: usize, rows: &[Bounds], centres: &mut [f64]) -> Result<()> {
    let k = centres.len() / d;
    let pieces: Vec<(Vec<f64>, Vec<usize>)> = rows
        .par_chunks(PIECE)
        .zip(x.par_chunks(PIECE * d))
        .map(|(rows, x)| {
            stop::check()?;
            let mut sums = vec![0.0; k * d];
            let mut counts = vec![0; k];
            for (r, row) in rows.iter().zip(x.chunks_exact(d)) {
                let c = r.centre as usize;
                counts[c] += 1;
                sums[c * d..(c + 1) * d].iter_mut().zip(row).for_each(|(s, v)| *s += v);
            }
            Ok((sums, counts))
        })
        .collect::<Result<_>>()?;
    for c in 0..k {
        let count: usize = pieces.iter().map(|p| p.1[c]).sum();
        if count > 0 {
            for j in c * d..(c + 1) * d {
                centres[j] = pieces.iter().map(|p| p.0[j]).sum::<f64>() / count as f64;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize, d: usize, seed: u64) -> Samples {
        let mut rng = Rng::new(seed);
        Samples::new(n, d, (0..n * d).map(|_| rng.normal()).collect()).unwrap()
    }

    /// Lloyd's algorithm as its paper has it.
    fn plain(x: &Samples, mut centres: Vec<f64>) -> Vec<f64> {
        let d = x.columns();
        let k = centres.len() / d;
        let mut before = vec![usize::MAX; x.rows()];
        loop {
            let places: Vec<usize> = x
                .iter()
                .map(|r| {
                    let gap = |c: usize| distance2(r, &centres[c * d..(c + 1) * d]);
                    (0..k).fold(0, |b, c| if gap(c) < gap(b) { c } else { b })
                })
                .collect();
            if places == before {
                return centres;
            }
            for c in 0..k {
                let mine: Vec<usize> = (0..x.rows()).filter(|&i| places[i] == c).collect();
                for j in 0..d {
                    centres[c * d + j] = mine.iter().map(|&i| x.row(i)[j]).sum::<f64>() / mine.len() as f64;
                }
            }
            before = places;
        }
    }

    #[test]
    fn bounds_change_nothing_in_the_result() {
        for (k, seed) in [(2, 1), (5, 2), (12, 3), (30, 4)] {
            let x = noise(1000, 3, seed);
            let start = plus_plus(x.values(), 3, k, &mut Rng::new(seed)).unwrap();
            let slow = plain(&x, start.clone());
            let fast = lloyd(x.values(), 3, start, 10_000, 0.0).unwrap();
            assert!(fast.converged);
            for (a, b) in slow.iter().zip(&fast.centres) {
                assert!((a - b).abs() < 1e-9, "{a} {b}");
            }
        }
    }

    #[test]
    fn three_heaps_are_found_and_saving_changes_nothing() {
        let mut x = noise(300, 2, 5).into_values();
        x.iter_mut().enumerate().for_each(|(i, v)| *v += (i / 200) as f64 * 50.0);
        let x = Samples::new(300, 2, x).unwrap();
        let mut model = Kmeans::new(KmeansSettings { clusters: 3, ..Default::default() }).unwrap();
        assert_eq!(model.fit(&x, Goal::None).unwrap().warning, None);
        let Answer::Classes(codes) = model.predict(&x).unwrap() else { panic!() };
        for heap in codes.chunks(100) {
            assert!(heap.iter().all(|&c| c == heap[0]));
        }
        let again = Kmeans::from_saved(&model.bytes().unwrap()).unwrap();
        assert_eq!(again.transform(&x).unwrap(), model.transform(&x).unwrap());
        assert!(Kmeans::from_saved(b"nonsense").is_err());
        let mut bad = model.clone();
        bad.settings.clusters = 4;
        assert!(Kmeans::from_saved(&to_bytes(NAME, &bad).unwrap()).is_err());
    }

    #[test]
    fn equal_samples_leave_clusters_empty_with_a_warning() {
        let x = Samples::new(6, 1, vec![1.0, 1.0, 1.0, 2.0, 2.0, 2.0]).unwrap();
        let mut model = Kmeans::new(KmeansSettings { clusters: 4, ..Default::default() }).unwrap();
        let fit = model.fit(&x, Goal::None).unwrap();
        assert!(fit.warning.unwrap().contains("only 2 of 4 clusters"));
        let mut model = Kmeans::new(KmeansSettings { clusters: 7, ..Default::default() }).unwrap();
        assert!(model.fit(&x, Goal::None).unwrap_err().to_string().contains("at least as many samples, got 6"));
    }

    #[test]
    fn random_starts_are_made_good_where_they_leave_clusters_empty() {
        let x = Samples::new(9, 1, vec![0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 5.0, 9.0, 20.0]).unwrap();
        for seed in 0..20 {
            let settings = KmeansSettings { clusters: 4, init: Start::Random, seed, ..Default::default() };
            let mut model = Kmeans::new(settings).unwrap();
            assert_eq!(model.fit(&x, Goal::None).unwrap().warning, None, "seed {seed}");
            assert_eq!(model.learned.unwrap().inertia, 0.0);
        }
    }
}
