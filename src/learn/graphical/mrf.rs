//! Markov random fields on grids: each pixel has a label, its own reasons for it, and likes that of its neighbours.
//!
//! Geman & Geman (1984), "Stochastic relaxation, Gibbs distributions, and the Bayesian restoration of images". With two
//! labels it is the model of Ising (1925), with more that of Potts (1952):
//!
//! ```text
//! energy = Σ energies[i][label i] + coupling · (neighbouring pairs with different labels)
//! ```
//!
//! Gibbs sampling goes over the grid like a chess board: all white fields, which do not touch each other, then all black.

use super::pairwise::{BeliefSettings, Messages};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::{Fit, from_bytes, to_bytes};
use crate::{Error, Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "markov_field";

/// Labels at most.
const MOST_LABELS: usize = 256;

/// Settings of Gibbs sampling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GibbsSettings {
    /// Sweeps over the grid that count, at least 1. Default 20.
    pub sweeps: usize,
    /// Sweeps before those, which do not. Default 10.
    pub burn_in: usize,
    /// Of the random choices. Default 0.
    pub seed: u64,
}

impl Default for GibbsSettings {
    fn default() -> Self {
        Self { sweeps: 20, burn_in: 10, seed: 0 }
    }
}

/// A field of labels on a grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    height: usize,
    width: usize,
    labels: usize,
    periodic: bool,
    coupling: f64,
    energies: Vec<f64>, // [height, width, labels]
}

/// What sampling or messages say of a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct GridBeliefs {
    /// How probable each label of each pixel is. `[height, width, labels]`
    pub marginals: Vec<f64>,
    /// Each pixel's most probable label. `[height, width]`
    pub labels: Vec<u32>,
    /// The energy of those labels.
    pub energy: f64,
    /// Sampling only: the energy after each sweep.
    pub energies: Vec<f64>,
    /// Sampling only: the labels after the last sweep. `[height, width]`
    pub last: Vec<u32>,
    /// How it went.
    pub fit: Fit,
}

impl Grid {
    /// A grid from each pixel's own energies, `[height, width, labels]`. A positive coupling makes neighbours alike. A
    /// periodic grid has no borders: its last row touches the first, and so do the columns; it needs an even height and
    /// width.
    ///
    /// # Errors
    /// When the sizes do not fit or a number is not finite.
    pub fn new(
        height: usize,
        width: usize,
        labels: usize,
        energies: Vec<f64>,
        coupling: f64,
        periodic: bool,
    ) -> Result<Self> {
        let size = height.checked_mul(width).and_then(|n| n.checked_mul(labels));
        if size != Some(energies.len()) || energies.is_empty() || labels > MOST_LABELS {
            let why =
                format!("{height} x {width} with {labels} labels (at most {MOST_LABELS}), got {}", energies.len());
            return Err(Error::shape(NAME, why));
        }
        if energies.iter().any(|v| !(v.abs() <= 1e100)) {
            return Err(Error::value(format!("{NAME}: all energies must be finite")));
        }
        // So that the product of four messages stays a number above zero.
        ensure_setting(coupling.abs() <= 100.0, NAME, "coupling", "between -100 and 100", coupling)?;
        if periodic && (height % 2 == 1 || width % 2 == 1) {
            return Err(Error::shape(NAME, format!("a periodic grid needs even sizes, got {height} x {width}")));
        }
        Ok(Self { height, width, labels, periodic, coupling, energies })
    }

    /// The grid behind a picture in which each pixel shows another label than its own with probability `noise`: then
    /// each wrong one is equally likely.
    ///
    /// # Errors
    /// When the sizes do not fit, a label is unknown, or `noise` is not in (0, 1).
    pub fn noisy(
        picture: &[u32],
        height: usize,
        width: usize,
        labels: usize,
        noise: f64,
        coupling: f64,
    ) -> Result<Self> {
        ensure_setting(noise > 0.0 && noise < 1.0, NAME, "noise", "in (0, 1)", noise)?;
        ensure_setting((2..=MOST_LABELS).contains(&labels), NAME, "labels", "2 to 256", labels)?;
        if height.checked_mul(width) != Some(picture.len()) {
            return Err(Error::shape(NAME, format!("{height} x {width} are not {} pixels", picture.len())));
        }
        if let Some(i) = picture.iter().position(|l| *l as usize >= labels) {
            let label = u64::from(picture[i]) + 1;
            return Err(Error::value(format!("{NAME}: pixel {} has label {label}, there are {labels}", i + 1)));
        }
        let (right, wrong) = (-(1.0 - noise).ln(), -(noise / (labels - 1) as f64).ln());
        let own = |seen: &u32| (0..labels as u32).map(|l| if l == *seen { right } else { wrong }).collect::<Vec<_>>();
        Self::new(height, width, labels, picture.iter().flat_map(own).collect(), coupling, false)
    }

    /// One from [`Grid::to_bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let g: Self = from_bytes(NAME, bytes)?;
        Self::new(g.height, g.width, g.labels, g.energies, g.coupling, g.periodic)
    }

    /// All energies, for a file.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }

    /// Height, width and the number of labels.
    pub fn size(&self) -> (usize, usize, usize) {
        (self.height, self.width, self.labels)
    }

    /// The neighbours of a pixel: left, right, above, below.
    #[inline(always)]
    fn neighbours(&self, r: usize, c: usize) -> [Option<usize>; 4] {
        let (h, w) = (self.height, self.width);
        let at = r * w + c;
        [
            if c > 0 { Some(at - 1) } else { self.periodic.then(|| at + w - 1) },
            if c + 1 < w { Some(at + 1) } else { self.periodic.then(|| at + 1 - w) },
            if r > 0 { Some(at - w) } else { self.periodic.then(|| at + (h - 1) * w) },
            if r + 1 < h { Some(at + w) } else { self.periodic.then_some(c) },
        ]
    }

    /// The energy of labels for all pixels.
    ///
    /// # Errors
    /// When there are too few or too many, or one is unknown.
    pub fn energy(&self, labels: &[u32]) -> Result<f64> {
        let fits = labels.len() == self.height * self.width && labels.iter().all(|l| (*l as usize) < self.labels);
        if !fits {
            let why =
                format!("{NAME}: {} x {} pixels need one of {} labels each", self.height, self.width, self.labels);
            return Err(Error::value(why));
        }
        Ok(self.sum_energy(labels))
    }

    fn sum_energy(&self, labels: &[u32]) -> f64 {
        let (mut own, mut pairs) = (0.0, 0u64);
        for r in 0..self.height {
            for c in 0..self.width {
                let at = r * self.width + c;
                own += self.energies[at * self.labels + labels[at] as usize];
                let [_, right, _, below] = self.neighbours(r, c);
                for other in [right, below].into_iter().flatten() {
                    pairs += u64::from(labels[other] != labels[at]);
                }
            }
        }
        own + self.coupling * pairs as f64
    }

    /// Samples labels by Gibbs's rule, from each pixel's own best label. The marginals are the mean of what each
    /// sweep's rule says, which is less noisy than counting labels (Gelfand & Smith 1990).
    ///
    /// # Errors
    /// When a setting is out of range, or someone asks to stop.
    pub fn gibbs(&self, settings: &GibbsSettings) -> Result<GridBeliefs> {
        let s = settings;
        ensure_setting(s.sweeps >= 1, NAME, "sweeps", "at least 1", s.sweeps)?;
        let (w, l) = (self.width, self.labels);
        let mut now: Vec<u32> = self.energies.chunks_exact(l).map(|e| largest(e.iter().map(|v| -v)) as u32).collect();
        let mut next = now.clone();
        let mut sums = vec![0.0; self.energies.len()];
        let mut energies = Vec::new();
        let total = s.burn_in.saturating_add(s.sweeps);
        for sweep in 0..total {
            let counts = sweep >= s.burn_in;
            for colour in 0..2 {
                stop::check()?;
                next.par_chunks_mut(w).zip(sums.par_chunks_mut(w * l)).enumerate().with_min_len(16).for_each(
                    |(r, (row, sums))| {
                        let stream = ((sweep * 2 + colour) * self.height + r) as u64;
                        let mut rng = Rng::stream(s.seed, stream);
                        let sums = counts.then_some(sums);
                        if l == 2 {
                            self.draw_binary(r, colour, &now, row, sums, &mut rng);
                        } else {
                            self.draw_row(r, colour, &now, row, sums, &mut rng);
                        }
                    },
                );
                // Only one colour has changed, and it read only the other.
                std::mem::swap(&mut now, &mut next);
                next.copy_from_slice(&now);
            }
            energies.push(self.sum_energy(&now));
        }
        let mut beliefs = self.beliefs(sums.iter().map(|v| v / s.sweeps as f64).collect());
        beliefs.energies = energies;
        beliefs.last = now;
        beliefs.fit = Fit { steps: total as u64, warning: None };
        Ok(beliefs)
    }

    /// New labels for one colour of a row.
    fn draw_row(
        &self,
        r: usize,
        colour: usize,
        now: &[u32],
        row: &mut [u32],
        mut sums: Option<&mut [f64]>,
        rng: &mut Rng,
    ) {
        let l = self.labels;
        let mut p = vec![0.0; l];
        for c in ((r + colour) % 2..self.width).step_by(2) {
            let at = r * self.width + c;
            p.iter_mut().zip(&self.energies[at * l..]).for_each(|(p, e)| *p = -e);
            self.neighbours(r, c).into_iter().flatten().for_each(|n| p[now[n] as usize] += self.coupling);
            let most = p.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            p.iter_mut().for_each(|p| *p = (*p - most).exp());
            let total: f64 = p.iter().sum();
            p.iter_mut().for_each(|p| *p /= total);
            if let Some(sums) = &mut sums {
                sums[c * l..(c + 1) * l].iter_mut().zip(&p).for_each(|(s, p)| *s += p);
            }
            row[c] = super::emission::draw(&p, rng) as u32;
        }
    }

    /// The same for two labels: σ(difference of the energies).
    fn draw_binary(
        &self,
        r: usize,
        colour: usize,
        now: &[u32],
        row: &mut [u32],
        mut sums: Option<&mut [f64]>,
        rng: &mut Rng,
    ) {
        for c in ((r + colour) % 2..self.width).step_by(2) {
            let at = r * self.width + c;
            let (mut ones, mut all) = (0, 0);
            for n in self.neighbours(r, c).into_iter().flatten() {
                ones += now[n];
                all += 1;
            }
            let balance = 2.0 * f64::from(ones) - f64::from(all); // equal to 1, less equal to 0
            let x = self.energies[2 * at] - self.energies[2 * at + 1] + self.coupling * balance;
            let p = 1.0 / (1.0 + (-x).exp());
            if let Some(sums) = &mut sums {
                sums[2 * c] += 1.0 - p;
                sums[2 * c + 1] += p;
            }
            row[c] = u32::from(rng.uniform() < p);
        }
    }

    fn beliefs(&self, marginals: Vec<f64>) -> GridBeliefs {
        let labels: Vec<u32> = marginals.chunks_exact(self.labels).map(|m| largest(m.iter().copied()) as u32).collect();
        let energy = self.sum_energy(&labels);
        GridBeliefs { marginals, labels, energy, energies: vec![], last: vec![], fit: Fit::default() }
    }

    /// Sends messages between neighbours until they settle (loopy belief propagation). A message of Potts's model
    /// takes as many steps as there are labels, not their square (Felzenszwalb & Huttenlocher 2006).
    ///
    /// # Errors
    /// When a setting is out of range, or someone asks to stop.
    pub fn propagate(&self, settings: &BeliefSettings) -> Result<GridBeliefs> {
        settings.check()?;
        let max = settings.messages == Messages::MaxProduct;
        let (w, l) = (self.width, self.labels);
        // In probabilities for the sum, in energies for the maximum; from left, right, above, below.
        let own: Vec<f64> = self
            .energies
            .chunks_exact(l)
            .flat_map(|e| {
                let least = e.iter().copied().fold(f64::INFINITY, f64::min);
                e.iter().map(move |v| if max { v - least } else { (least - v).exp() })
            })
            .collect();
        let none = if max { 0.0 } else { 1.0 };
        let mut messages: [Vec<f64>; 4] = std::array::from_fn(|_| vec![none; own.len()]);
        let mut new = messages.clone();
        let (mut steps, mut change) = (0, 0.0);
        while steps < settings.steps {
            steps += 1;
            stop::check()?;
            change = 0.0;
            for d in 0..4 {
                let one = |(r, row): (usize, &mut [f64])| -> f64 {
                    if stop::requested() {
                        return 0.0;
                    }
                    self.send(d, r, max, settings.damping, &own, &messages, row)
                };
                let parts: Vec<f64> = new[d].par_chunks_mut(w * l).enumerate().with_min_len(16).map(one).collect();
                change = parts.into_iter().fold(change, f64::max);
            }
            std::mem::swap(&mut messages, &mut new);
            if change <= settings.tolerance {
                break;
            }
        }
        stop::check()?;
        let mut marginals = own;
        for m in &messages {
            marginals.iter_mut().zip(m).for_each(|(o, m)| if max { *o += m } else { *o *= m });
        }
        for p in marginals.chunks_exact_mut(l) {
            if max {
                let least = p.iter().copied().fold(f64::INFINITY, f64::min);
                p.iter_mut().for_each(|v| *v = (least - *v).exp());
            }
            let total: f64 = p.iter().sum();
            p.iter_mut().for_each(|v| *v /= total);
        }
        let mut beliefs = self.beliefs(marginals);
        beliefs.fit = settings.report(steps, change);
        Ok(beliefs)
    }

    /// The messages that one row gets from direction `d`; their largest change.
    #[expect(clippy::too_many_arguments)]
    fn send(
        &self,
        d: usize,
        r: usize,
        max: bool,
        damping: f64,
        own: &[f64],
        old: &[Vec<f64>; 4],
        row: &mut [f64],
    ) -> f64 {
        let l = self.labels;
        let kept = (-self.coupling).exp(); // the weight of a difference
        let others: Vec<&[f64]> = (0..4).filter(|o| *o != d ^ 1).map(|o| &old[o][..]).collect();
        let mut change: f64 = 0.0;
        let mut h = [0.0; MOST_LABELS];
        let mut rest = [0.0; MOST_LABELS];
        let (h, rest) = (&mut h[..l], &mut rest[..l]);
        for (c, to) in row.chunks_exact_mut(l).enumerate() {
            let Some(from) = self.neighbours(r, c)[d] else { continue };
            let here = from * l..(from + 1) * l;
            h.copy_from_slice(&own[here.clone()]);
            for o in &others {
                let o = &o[here.clone()];
                for x in 0..l {
                    if max {
                        h[x] += o[x];
                    } else {
                        h[x] *= o[x];
                    }
                }
            }
            let before = &old[d][(r * self.width + c) * l..][..l];
            if max {
                let (mut first, mut second, mut place) = (f64::INFINITY, f64::INFINITY, 0);
                for (x, v) in h.iter().enumerate() {
                    if *v < first {
                        (second, first, place) = (first, *v, x);
                    } else if *v < second {
                        second = *v;
                    }
                }
                let mut least = f64::INFINITY;
                for x in 0..l {
                    let other = if x == place { second } else { first };
                    h[x] = h[x].min(other + self.coupling);
                    least = least.min(h[x]);
                }
                h.iter_mut().for_each(|v| *v -= least);
            } else {
                // Each label's own weight, and that of all others: added up from both ends, since taking it from
                // the sum would leave only rounding where one label outweighs the rest.
                let mut before = 0.0;
                for (o, v) in rest.iter_mut().zip(h.iter()) {
                    *o = before;
                    before += v;
                }
                let (mut after, mut total) = (0.0, 0.0);
                for (o, v) in rest.iter().zip(h.iter_mut()).rev() {
                    let own = *v;
                    *v += kept * (o + after);
                    after += own;
                    total += *v;
                }
                h.iter_mut().for_each(|v| *v *= l as f64 / total);
            }
            for x in 0..l {
                let v = (1.0 - damping) * h[x] + damping * before[x];
                change = change.max((v - before[x]).abs());
                to[x] = v;
            }
        }
        change
    }
}

fn largest(values: impl Iterator<Item = f64>) -> usize {
    let mut best = (0, f64::NEG_INFINITY);
    for (i, v) in values.enumerate() {
        if v > best.1 {
            best = (i, v);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(height: usize, width: usize, labels: usize, coupling: f64, seed: u64) -> Grid {
        let mut rng = Rng::new(seed);
        let energies = (0..height * width * labels).map(|_| rng.normal()).collect();
        Grid::new(height, width, labels, energies, coupling, false).unwrap()
    }

    fn brute(g: &Grid) -> (Vec<f64>, Vec<u32>, f64) {
        let n = g.height * g.width;
        let (mut z, mut best) = (0.0, (f64::INFINITY, vec![]));
        let mut marginals = vec![0.0; n * g.labels];
        for code in 0..g.labels.pow(n as u32) {
            let labels: Vec<u32> = (0..n).map(|i| (code / g.labels.pow(i as u32) % g.labels) as u32).collect();
            let energy = g.energy(&labels).unwrap();
            z += (-energy).exp();
            labels.iter().enumerate().for_each(|(i, x)| marginals[i * g.labels + *x as usize] += (-energy).exp());
            if energy < best.0 {
                best = (energy, labels);
            }
        }
        (marginals.iter().map(|m| m / z).collect(), best.1, best.0)
    }

    #[test]
    fn sampling_agrees_with_all_states_of_a_small_grid() {
        for (labels, coupling) in [(2, 0.7), (3, 0.5), (2, -0.6)] {
            let g = random(3, 3, labels, coupling, 5);
            let (exact, ..) = brute(&g);
            let found = g.gibbs(&GibbsSettings { sweeps: 20_000, burn_in: 100, seed: 1 }).unwrap();
            let far = exact.iter().zip(&found.marginals).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(far < 0.01, "{far}");
        }
    }

    #[test]
    fn messages_are_exact_on_a_line_and_near_on_a_grid() {
        for labels in [2, 3] {
            let g = random(1, 8, labels, 0.9, 2);
            let (exact, best, energy) = brute(&g);
            let sum = g.propagate(&BeliefSettings { tolerance: 1e-12, ..Default::default() }).unwrap();
            assert!(exact.iter().zip(&sum.marginals).all(|(a, b)| (a - b).abs() < 1e-10) && sum.fit.warning.is_none());
            let max = g.propagate(&BeliefSettings { messages: Messages::MaxProduct, ..Default::default() }).unwrap();
            assert!(max.labels == best && (max.energy - energy).abs() < 1e-12);
            // A column is the same line.
            let column = Grid { height: 8, width: 1, ..g.clone() };
            assert_eq!(column.propagate(&BeliefSettings::default()).unwrap().labels, sum.labels);
        }
        let g = random(3, 3, 2, 0.5, 7);
        let (exact, best, _) = brute(&g);
        let sum = g.propagate(&BeliefSettings::default()).unwrap();
        let far = exact.iter().zip(&sum.marginals).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(far < 0.03, "{far}");
        let max = g.propagate(&BeliefSettings { messages: Messages::MaxProduct, ..Default::default() }).unwrap();
        assert_eq!(max.labels, best);
    }

    /// The complete elliptic integral of the first kind, by the arithmetic-geometric mean.
    fn elliptic(k: f64) -> f64 {
        let (mut a, mut b) = (1.0, (1.0 - k * k).sqrt());
        for _ in 0..30 {
            (a, b) = (0.5 * (a + b), (a * b).sqrt());
        }
        std::f64::consts::FRAC_PI_2 / a
    }

    #[test]
    fn the_energy_is_onsagers() {
        // βJ = 0.3, above the critical temperature; an equal pair has energy -J, another J: coupling 2 βJ.
        let k = 0.3f64;
        let g = Grid::new(64, 64, 2, vec![0.0; 8192], 2.0 * k, true).unwrap();
        let found = g.gibbs(&GibbsSettings { sweeps: 1500, burn_in: 200, seed: 3 }).unwrap();
        let mean = found.energies[200..].iter().sum::<f64>() / 1500.0 / 4096.0;
        // 2 pairs a pixel: βu = -2 βJ + coupling · (pairs that differ)
        let u = -2.0 * k + mean;
        let kappa = 2.0 * (2.0 * k).sinh() / (2.0 * k).cosh().powi(2);
        let tanh2 = (2.0 * k).tanh().powi(2);
        let onsager =
            -k / (2.0 * k).tanh() * (1.0 + 2.0 / std::f64::consts::PI * (2.0 * tanh2 - 1.0) * elliptic(kappa));
        assert!((u / onsager - 1.0).abs() < 0.01, "{u} {onsager}");
    }

    fn disc(size: usize, noise: f64) -> (Vec<u32>, Vec<u32>) {
        let mut rng = Rng::new(9);
        let inside = |i: usize| {
            let (r, c) = (i / size, i % size);
            let half = size as f64 / 2.0;
            u32::from((r as f64 - half).hypot(c as f64 - half) < 0.6 * half)
        };
        let clean: Vec<u32> = (0..size * size).map(inside).collect();
        let noisy = clean.iter().map(|l| if rng.uniform() < noise { 1 - l } else { *l }).collect();
        (clean, noisy)
    }

    #[test]
    fn noise_goes_away_on_any_number_of_threads() {
        let (clean, noisy) = disc(64, 0.2);
        let g = Grid::noisy(&noisy, 64, 64, 2, 0.2, 1.2).unwrap();
        let wrong = |labels: &[u32]| labels.iter().zip(&clean).filter(|(a, b)| a != b).count();
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| g.gibbs(&GibbsSettings::default()).unwrap())
        };
        let gibbs = run(1);
        assert_eq!(gibbs, run(2));
        let sum = g.propagate(&BeliefSettings::default()).unwrap();
        let max = g
            .propagate(&BeliefSettings { messages: Messages::MaxProduct, damping: 0.2, ..Default::default() })
            .unwrap();
        let all = [&noisy, &gibbs.labels, &sum.labels, &max.labels].map(|l| wrong(l));
        assert!(all[0] > 700 && all[1..].iter().all(|w| *w < 100), "{all:?}");
        assert!(gibbs.energy < g.energy(&noisy).unwrap() && max.energy <= gibbs.energy + 20.0);
    }

    #[test]
    fn unlike_neighbours_of_any_strength_are_exact_on_a_line() {
        for coupling in [-100.0, -30.0, 30.0] {
            for labels in [2, 3] {
                let g = random(1, 5, labels, coupling, 4);
                let exact = brute(&g).0;
                let found = g.propagate(&BeliefSettings { tolerance: 1e-12, ..Default::default() }).unwrap();
                let far = exact.iter().zip(&found.marginals).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                assert!(far < 1e-9, "{coupling} {labels} {far}");
            }
        }
    }

    #[test]
    fn mistakes_are_told_and_files_come_back() {
        let says = |r: Result<Grid>| r.unwrap_err().to_string();
        assert!(says(Grid::new(2, 2, 2, vec![0.0; 7], 1.0, false)).contains("2 x 2 with 2 labels"));
        assert!(says(Grid::new(3, 2, 1, vec![0.0; 6], 1.0, true)).contains("even sizes"));
        assert!(says(Grid::noisy(&[0, 2], 1, 2, 2, 0.1, 1.0)).contains("pixel 2 has label 3"));
        assert!(says(Grid::noisy(&[0], 1, 1, 2, 0.0, 1.0)).contains("`noise` must be in (0, 1)"));
        let one = Grid::new(1, 1, 1, vec![3.0], 1.0, false).unwrap();
        assert_eq!(one.gibbs(&GibbsSettings::default()).unwrap().marginals, [1.0]);
        assert_eq!(one.propagate(&BeliefSettings::default()).unwrap().energy, 3.0);
        let wild = Grid::new(2, 2, 2, vec![0.0, 1e90, -1e90, 0.0, 1e90, 0.0, 0.0, 1e90], 100.0, true).unwrap();
        assert!(wild.propagate(&BeliefSettings::default()).unwrap().marginals.iter().all(|p| p.is_finite()));
        assert!(wild.gibbs(&GibbsSettings::default()).unwrap().marginals.iter().all(|p| p.is_finite()));
        let g = random(3, 4, 2, 0.5, 1);
        let bytes = g.to_bytes().unwrap();
        assert_eq!(Grid::from_saved(&bytes).unwrap(), g);
        for i in 0..bytes.len() {
            let mut hurt = bytes.clone();
            hurt[i] ^= 0x09;
            let _ = Grid::from_saved(&hurt).map(|g| g.propagate(&BeliefSettings { steps: 2, ..Default::default() }));
        }
    }
}
