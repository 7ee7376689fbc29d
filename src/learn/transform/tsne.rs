//! t-SNE: a picture of many features in which neighbours stay neighbours.
//!
//! van der Maaten & Hinton (2008), "Visualizing data using t-SNE"; neighbours only and a tree for the repulsion from
//! van der Maaten (2014), "Accelerating t-SNE using tree-based algorithms" (`repulsion.rs`); the learning rate from
//! Belkina et al. (2019), doi:10.1038/s41467-019-13055-y.

use super::pca::{Principal, Solver, column_means, principal, project};
use super::repulsion::{Field, LANES, repel};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::cluster::{Graph, ensure_sound, nearest, sound, usable, usable_width, vectorised};
use crate::learn::{Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result, stop};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "tsne";

/// Points in one piece of work.
const PIECE: usize = 256;

/// Steps between two measurements of the divergence.
const LOOK: usize = 50;

/// Steps with exaggerated attraction.
const EARLY: usize = 250;

/// Where the picture starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MapInit {
    /// From principal components.
    #[default]
    Pca,
    /// Anywhere.
    Random,
}

/// Settings of [`Tsne`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TsneSettings {
    /// Dimensions of the picture: 1, 2 or 3. Default 2.
    pub components: usize,
    /// About how many neighbours each sample has, at least 1. Fewer samples than three times this lower it.
    /// Default 30.
    pub perplexity: f64,
    /// How many times stronger neighbours attract in the first 250 steps, at least 1. Default 12.
    pub early_exaggeration: f64,
    /// Learning rate, positive. Default: the number of samples over `early_exaggeration`, at least 50 (or a quarter of
    /// the samples, for few).
    pub learning_rate: Option<f64>,
    /// Steps at most, at least 250. Default 1000.
    pub steps: usize,
    /// Stop when 50 steps lower the divergence by less than this share of it, at least 0. Default 2e-3.
    pub tolerance: f64,
    /// Where to start: "pca" or "random". Default "pca".
    pub init: MapInit,
    /// How coarsely far groups repel, in [0, 1]: 0 is exact. Few samples are always exact. Default 0.5.
    pub angle: f64,
    /// Of the random choices. Default 0.
    pub seed: u64,
}

impl Default for TsneSettings {
    fn default() -> Self {
        Self {
            components: 2,
            perplexity: 30.0,
            early_exaggeration: 12.0,
            learning_rate: None,
            steps: 1000,
            tolerance: 2e-3,
            init: MapInit::Pca,
            angle: 0.5,
            seed: 0,
        }
    }
}

/// t-SNE.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tsne {
    settings: TsneSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    samples: Samples,
    map: Samples,
    divergence: f64,
}

impl Tsne {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: TsneSettings) -> Result<Self> {
        let s = &settings;
        ensure_setting((1..=3).contains(&s.components), NAME, "components", "1, 2 or 3", s.components)?;
        ensure_setting(s.perplexity >= 1.0 && s.perplexity <= 1e6, NAME, "perplexity", "at least 1", s.perplexity)?;
        let e = s.early_exaggeration;
        ensure_setting((1.0..=1e6).contains(&e), NAME, "early_exaggeration", "at least 1", e)?;
        if let Some(lr) = s.learning_rate {
            ensure_setting(lr > 0.0 && lr <= 1e9, NAME, "learning_rate", "positive", lr)?;
        }
        ensure_setting(s.steps >= EARLY, NAME, "steps", "at least 250", s.steps)?;
        ensure_setting(s.tolerance >= 0.0 && s.tolerance.is_finite(), NAME, "tolerance", "at least 0", s.tolerance)?;
        ensure_setting((0.0..=1.0).contains(&s.angle), NAME, "angle", "in [0, 1]", s.angle)?;
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
            let fits = sound(&l.samples) && sound(&l.map) && l.samples.rows() == l.map.rows();
            ensure_sound(fits && l.map.columns() == me.settings.components, NAME)?;
        }
        Ok(me)
    }
}

/// The weights of neighbours at these squared distances whose entropy is that of `perplexity` equal ones.
fn calibrated(squared: &[f64], perplexity: f64, out: &mut [f64]) {
    let wanted = perplexity.ln();
    let nearest = squared[0];
    let spread = squared.iter().map(|v| v - nearest).sum::<f64>() / squared.len() as f64;
    let (mut beta, mut low, mut high) = (if spread > 0.0 { 1.0 / spread } else { 1.0 }, 0.0, f64::INFINITY);
    for _ in 0..64 {
        let (mut sum, mut moment) = (0.0, 0.0);
        for (o, v) in out.iter_mut().zip(squared) {
            let gap = v - nearest;
            *o = (-beta * gap).exp();
            sum += *o;
            moment += *o * gap;
        }
        let entropy = sum.ln() + beta * moment / sum;
        out.iter_mut().for_each(|o| *o /= sum);
        if (entropy - wanted).abs() < 1e-5 {
            break;
        }
        if entropy > wanted {
            low = beta;
            beta = if high.is_finite() { 0.5 * (low + high) } else { 2.0 * beta };
        } else {
            high = beta;
            beta = 0.5 * (low + high);
        }
        if !(beta < 1e300) {
            break; // nearest neighbours at equal distances: no sharper weights can tell them apart
        }
    }
}

/// Neighbours and their share of all attraction, padded for vectors.
struct Attraction {
    starts: Vec<usize>,
    ends: Vec<u32>,
    shares: Vec<f32>,
    entropy: f64, // Σ p ln p
}

impl Attraction {
    fn new(x: &Samples, perplexity: f64) -> Result<Self> {
        let n = x.rows();
        let k = ((3.0 * perplexity).ceil() as usize).clamp(1, (n - 1).max(1));
        let near = nearest(x.values(), x.values(), x.columns(), k, false)?;
        let k = near.k;
        let mut weights = vec![0.0; n * k];
        if k > 0 {
            weights.par_chunks_mut(PIECE * k).zip(near.squared.par_chunks(PIECE * k)).try_for_each(
                |(w, squared)| {
                    stop::check()?;
                    w.chunks_exact_mut(k).zip(squared.chunks_exact(k)).for_each(|(w, s)| calibrated(s, perplexity, w));
                    Ok::<(), Error>(())
                },
            )?;
        }
        let edges: Vec<(u32, u32, f64)> =
            (0..n * k).map(|e| ((e / k) as u32, near.places[e], weights[e] / (2 * n) as f64)).collect();
        let graph = Graph::symmetric(n, &edges);
        let mut me = Self { starts: vec![0], ends: vec![], shares: vec![], entropy: 0.0 };
        for i in 0..n {
            for (j, p) in graph.of(i) {
                if p > 1e-30 {
                    me.ends.push(j as u32);
                    me.shares.push(p as f32);
                    me.entropy += p * p.ln();
                }
            }
            while !me.ends.len().is_multiple_of(LANES) {
                me.ends.push(i as u32);
                me.shares.push(0.0);
            }
            me.starts.push(me.ends.len());
        }
        Ok(me)
    }

    /// `Σ p ln q` over the neighbours of the points from `first` on.
    fn logs<const D: usize>(&self, first: usize, count: usize, y: &[[f32; D]]) -> f64 {
        let mut sum = 0.0;
        for i in first..first + count {
            let range = self.starts[i]..self.starts[i + 1];
            for (&j, &p) in self.ends[range.clone()].iter().zip(&self.shares[range]) {
                let d2: f32 = y[i].iter().zip(&y[j as usize]).map(|(a, b)| (a - b) * (a - b)).sum();
                sum -= f64::from(p) * f64::from(1.0 + d2).ln();
            }
        }
        sum
    }
}

/// `Σ p q (y_i - y_j)` for the points from `first` on.
struct Pull<'a, const D: usize> {
    attraction: &'a Attraction,
    first: usize,
    y: &'a [[f32; D]],
    out: &'a mut [[f32; D]],
}

impl<const D: usize> WithSimd for Pull<'_, D> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { attraction, first, y, out } = self;
        let mut gaps: [Vec<f32>; D] = std::array::from_fn(|_| vec![]);
        for (t, out) in out.iter_mut().enumerate() {
            let i = first + t;
            let range = attraction.starts[i]..attraction.starts[i + 1];
            let ends = &attraction.ends[range.clone()];
            let me = y[i];
            gaps.iter_mut().for_each(|g| g.resize(ends.len().max(g.len()), 0.0));
            let columns = gaps.each_mut().map(|g| &mut g[..ends.len()]);
            for (t, &j) in ends.iter().enumerate() {
                let other = y[j as usize];
                for a in 0..D {
                    columns[a][t] = me[a] - other[a];
                }
            }
            let (shares, _) = S::as_simd_f32s(&attraction.shares[range]);
            let columns: [&[S::f32s]; D] = std::array::from_fn(|a| &S::as_simd_f32s(&gaps[a]).0[..shares.len()]);
            let mut sums = [simd.splat_f32s(0.0); D];
            for (c, &p) in shares.iter().enumerate() {
                let mut d2 = simd.splat_f32s(1.0);
                for column in &columns {
                    d2 = simd.mul_add_e_f32s(column[c], column[c], d2);
                }
                let pq = simd.div_f32s(p, d2);
                for a in 0..D {
                    sums[a] = simd.mul_add_e_f32s(pq, columns[a][c], sums[a]);
                }
            }
            for a in 0..D {
                out[a] = simd.reduce_sum_f32s(sums[a]);
            }
        }
    }
}

/// The map, and how the descent went.
struct Run {
    map: Vec<f64>,
    divergence: f64,
    gain: f64,
    steps: usize,
}

fn descend<const D: usize>(s: &TsneSettings, start: &Samples, attraction: &Attraction) -> Result<Run> {
    let n = start.rows();
    let mut y: Vec<[f32; D]> = start.iter().map(|r| std::array::from_fn(|a| r[a] as f32)).collect();
    let mut velocity = vec![[0.0f32; D]; n];
    let mut gains = vec![[1.0f32; D]; n];
    let mut forces = vec![([0.0f32; D], 0.0f32); n];
    let few = n as f64 / 4.0; // steps that long would throw fewer samples apart
    let rate = s.learning_rate.unwrap_or((n as f64 / s.early_exaggeration).max(few.min(50.0))) as f32;
    let mut divergence = f64::INFINITY;
    let mut gain = f64::INFINITY;
    let mut steps = 0;
    while steps < s.steps && !(gain < s.tolerance) {
        stop::check()?;
        let early = steps < EARLY;
        steps += 1;
        let look = steps % LOOK == 0 && steps > EARLY || steps == s.steps;
        let exaggeration = if early { s.early_exaggeration as f32 } else { 1.0 };
        let momentum = if early { 0.5 } else { 0.8 };
        let field = Field::new(&y, s.angle as f32);
        repel(&field, &y, &mut forces)?;
        // Z without the points themselves.
        let z = (forces.iter().map(|f| f64::from(f.1)).sum::<f64>()).max(1e-30);
        let scale = (1.0 / z) as f32;
        let points = &y;
        let logs: Vec<f64> = forces
            .par_chunks_mut(PIECE)
            .enumerate()
            .map(|(piece, forces)| {
                let mut pulls = [[0.0; D]; PIECE];
                let pulls = &mut pulls[..forces.len()];
                Arch::new().dispatch(Pull { attraction, first: piece * PIECE, y: points, out: &mut *pulls });
                for (force, pull) in forces.iter_mut().zip(pulls) {
                    for a in 0..D {
                        force.0[a] = 4.0 * (exaggeration * pull[a] - scale * force.0[a]);
                    }
                }
                if look { attraction.logs(piece * PIECE, forces.len(), points) } else { 0.0 }
            })
            .collect();
        if look {
            let now = attraction.entropy - logs.iter().sum::<f64>() + z.ln();
            gain = if divergence.is_finite() { (divergence - now) / now.abs().max(1e-9) } else { f64::INFINITY };
            divergence = now;
            if steps == s.steps || gain < s.tolerance {
                break;
            }
        }
        vectorised(
            #[inline(always)]
            || {
                for i in 0..n {
                    for a in 0..D {
                        let g = forces[i].0[a];
                        let with = velocity[i][a] * g < 0.0;
                        let up = if with { gains[i][a] + 0.2 } else { gains[i][a] * 0.8 };
                        gains[i][a] = up.max(0.01);
                        velocity[i][a] = momentum * velocity[i][a] - rate * gains[i][a] * g;
                        y[i][a] += velocity[i][a];
                    }
                }
            },
        );
    }
    let mut mean = [0.0; D];
    y.iter().for_each(|p| (0..D).for_each(|a| mean[a] += f64::from(p[a]) / n as f64));
    let map = y.iter().flat_map(|p| (0..D).map(|a| f64::from(p[a]) - mean[a])).collect();
    Ok(Run { map, divergence, gain, steps })
}

/// Where the map starts: small, so that nothing is far from anything.
pub(super) fn start_map(x: &Samples, k: usize, init: MapInit, size: f64, seed: u64) -> Result<Samples> {
    let n = x.rows();
    let mut rng = Rng::new(seed);
    let noise: Vec<f64> = (0..n * k).map(|_| rng.normal()).collect();
    let have = k.min(n.min(x.columns()));
    let mut out: Vec<f64> = noise.iter().map(|v| v * size * if init == MapInit::Pca { 0.01 } else { 1.0 }).collect();
    if init == MapInit::Pca {
        let mean = column_means(x);
        let Principal { directions, variances, .. } = principal(x, &mean, have, Solver::Auto, seed)?;
        if variances[0] > 0.0 {
            let scale = vec![variances[0].sqrt() / size; have];
            let map = project(x, &mean, &directions, &scale)?;
            for i in 0..n {
                (0..have).for_each(|a| out[i * k + a] += map.row(i)[a]);
            }
        }
    }
    Samples::new(n, k, out)
}

/// Places of new samples on a map: an old sample's own, else the mean of the nearest ones' by nearness.
pub(super) fn placed(name: &str, old: &Samples, map: &Samples, x: &Samples) -> Result<Samples> {
    usable_width(name, x, old.columns())?;
    let near = nearest(old.values(), x.values(), x.columns(), 10, true)?;
    let k = map.columns();
    let mut out = Vec::with_capacity(x.rows() * k);
    for (i, row) in x.iter().enumerate() {
        let places = &near.places[i * near.k..(i + 1) * near.k];
        let squared = &near.squared[i * near.k..(i + 1) * near.k];
        // Of equal samples each has its own place; the first one's row counts.
        if let Some(&same) = places.iter().find(|&&p| old.row(p as usize) == row) {
            let own = if old.rows() == x.rows() && old.row(i) == row { i } else { same as usize };
            out.extend_from_slice(map.row(own));
            continue;
        }
        let scale = squared[near.k / 2].max(f64::MIN_POSITIVE);
        let weights: Vec<f64> = squared.iter().map(|s| (-(s - squared[0]) / scale).exp()).collect();
        let total: f64 = weights.iter().sum();
        for a in 0..k {
            out.push(places.iter().zip(&weights).map(|(&p, w)| w * map.row(p as usize)[a]).sum::<f64>() / total);
        }
    }
    Samples::new(x.rows(), k, out)
}

impl Learner for Tsne {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x)?;
        let s = &self.settings;
        let n = x.rows();
        let most = ((n - 1) as f64 / 3.0).max(1.0);
        let perplexity = s.perplexity.min(most);
        let run = if n == 1 {
            Run { map: vec![0.0; s.components], divergence: 0.0, gain: 0.0, steps: 0 }
        } else {
            let attraction = Attraction::new(x, perplexity)?;
            let start = start_map(x, s.components, s.init, 1e-4, s.seed)?;
            match s.components {
                1 => descend::<1>(s, &start, &attraction)?,
                2 => descend::<2>(s, &start, &attraction)?,
                _ => descend::<3>(s, &start, &attraction)?,
            }
        };
        if run.map.iter().any(|v| !v.is_finite()) {
            return Err(Error::value(format!("{NAME}: the map flew apart; lower `learning_rate`")));
        }
        let warning = if perplexity < s.perplexity {
            Some(format!("{NAME}: {n} samples allow a perplexity of {perplexity:.1} only, {} was wanted", s.perplexity))
        } else {
            (run.gain >= s.tolerance && run.gain.is_finite()).then(|| {
                format!(
                    "{NAME}: the last steps still lowered the divergence by {:.2}%; raise `steps`",
                    100.0 * run.gain
                )
            })
        };
        let map = Samples::new(n, s.components, run.map)?;
        self.learned = Some(Learned { samples: x.clone(), map, divergence: run.divergence });
        Ok(Fit { steps: run.steps as u64, warning })
    }

    /// The map of the samples of the fit; a new sample lies among its nearest ones.
    fn transform(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        placed(NAME, &l.samples, &l.map, x)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        vec![("map", Shown::Table(l.map.clone())), ("divergence", Shown::Number(l.divergence))]
    }

    fn summary(&self) -> Option<String> {
        let l = self.learned.as_ref()?;
        let (n, d) = (l.samples.rows(), l.samples.columns());
        Some(format!("{n} samples of {d} features in {} dimensions, divergence {:.3}", l.map.columns(), l.divergence))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heaps(n: usize, d: usize) -> Samples {
        let mut rng = Rng::new(1);
        let values = (0..n * d).map(|i| if i / d % 3 == i % d { 30.0 } else { 0.0 } + rng.normal()).collect();
        Samples::new(n, d, values).unwrap()
    }

    #[test]
    fn weights_have_the_wanted_perplexity() {
        let squared: Vec<f64> = (1..=90).map(|i| f64::from(i) * 0.7).collect();
        let mut w = vec![0.0; 90];
        calibrated(&squared, 30.0, &mut w);
        let entropy: f64 = w.iter().map(|p| -p * p.ln()).sum();
        assert!((entropy.exp() - 30.0).abs() < 1e-3 && (w.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        calibrated(&[0.0; 90], 30.0, &mut w);
        assert!(w.iter().all(|p| (p - 1.0 / 90.0).abs() < 1e-12));
    }

    #[test]
    fn heaps_stay_apart_on_the_map() {
        for components in [1, 2, 3] {
            let x = heaps(150, 6);
            let settings = TsneSettings { components, perplexity: 15.0, ..Default::default() };
            let mut model = Tsne::new(settings).unwrap();
            model.fit(&x, Goal::None).unwrap();
            let y = model.transform(&x).unwrap();
            assert_eq!(y, model.learned.as_ref().unwrap().map);
            let near = nearest(y.values(), y.values(), components, 5, false).unwrap();
            let wrong = near.places.iter().enumerate().filter(|(e, p)| e / 5 % 3 != **p as usize % 3).count();
            // On a line heaps have to pass through each other, and some points are left behind.
            assert!(wrong <= if components == 1 { 60 } else { 10 }, "{components}: {wrong} of 750");
            let again = Tsne::from_saved(&model.bytes().unwrap()).unwrap();
            assert_eq!(again.transform(&x).unwrap(), y);
        }
    }

    #[test]
    fn few_and_equal_samples() {
        for n in [1, 2, 3, 10] {
            let mut model = Tsne::new(TsneSettings::default()).unwrap();
            model.fit(&heaps(n, 4), Goal::None).unwrap();
            model.fit(&Samples::new(n, 2, vec![1.0; 2 * n]).unwrap(), Goal::None).unwrap();
        }
    }
}
