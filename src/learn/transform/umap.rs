//! UMAP: a picture of many features made from the graph of neighbours, faster than t-SNE for many samples.
//!
//! McInnes, Healy & Melville (2018), arXiv:1802.03426: algorithms 1 to 5.

use super::tsne::{MapInit, placed, start_map};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::cluster::{Graph, ensure_sound, nearest, sound, usable};
use crate::learn::{Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "umap";

/// Where the picture starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UmapInit {
    /// From the graph's slowest vibrations.
    #[default]
    Spectral,
    /// From principal components.
    Pca,
    /// Anywhere.
    Random,
}

/// Settings of [`Umap`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UmapSettings {
    /// Dimensions of the picture, in [1, 100]. Default 2.
    pub components: usize,
    /// Neighbours of each sample, itself among them, at least 2. Default 15.
    pub neighbors: usize,
    /// How near points may lie on the map, at least 0 and at most `spread`. Default 0.1.
    pub min_dist: f64,
    /// How far apart groups lie, positive. Default 1.
    pub spread: f64,
    /// Passes over the graph, at least 1. Default: 500 for up to 10000 samples, else 200.
    pub steps: Option<usize>,
    /// Learning rate at the start, positive. Default 1.
    pub learning_rate: f64,
    /// Points that repel for each neighbour that attracts, at most 100. Default 5.
    pub negative_samples: usize,
    /// Where to start: "spectral", "pca" or "random". Default "spectral".
    pub init: UmapInit,
    /// Of the random choices. Default 0.
    pub seed: u64,
}

impl Default for UmapSettings {
    fn default() -> Self {
        Self {
            components: 2,
            neighbors: 15,
            min_dist: 0.1,
            spread: 1.0,
            steps: None,
            learning_rate: 1.0,
            negative_samples: 5,
            init: UmapInit::Spectral,
            seed: 0,
        }
    }
}

/// UMAP.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Umap {
    settings: UmapSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    samples: Samples,
    map: Samples,
}

impl Umap {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: UmapSettings) -> Result<Self> {
        let s = &settings;
        ensure_setting((1..=100).contains(&s.components), NAME, "components", "in [1, 100]", s.components)?;
        ensure_setting(s.neighbors >= 2, NAME, "neighbors", "at least 2", s.neighbors)?;
        ensure_setting(s.spread > 0.0 && s.spread <= 1e6, NAME, "spread", "positive", s.spread)?;
        let fine = s.min_dist >= 0.0 && s.min_dist <= s.spread;
        ensure_setting(fine, NAME, "min_dist", "at least 0 and at most `spread`", s.min_dist)?;
        ensure_setting(s.steps != Some(0), NAME, "steps", "at least 1", 0)?;
        let lr = s.learning_rate;
        ensure_setting(lr > 0.0 && lr <= 1e6, NAME, "learning_rate", "positive", lr)?;
        ensure_setting(s.negative_samples <= 100, NAME, "negative_samples", "at most 100", s.negative_samples)?;
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

/// The weights of a sample's neighbours at these distances: 1 for the nearest, and `log₂ k` in all.
fn memberships(distances: &[f64], wanted: f64, mean: f64, out: &mut [f64]) {
    let rho = distances.iter().copied().find(|&d| d > 0.0).unwrap_or(0.0);
    let (mut sigma, mut low, mut high) = (1.0f64, 0.0, f64::INFINITY);
    for _ in 0..64 {
        let sum: f64 = distances.iter().map(|d| (-(d - rho).max(0.0) / sigma).exp()).sum();
        if (sum - wanted).abs() < 1e-5 {
            break;
        }
        if sum > wanted {
            high = sigma;
            sigma = 0.5 * (low + high);
        } else {
            low = sigma;
            sigma = if high.is_finite() { 0.5 * (low + high) } else { 2.0 * sigma };
        }
    }
    let own = distances.iter().sum::<f64>() / distances.len().max(1) as f64;
    let floor = 1e-3 * if rho > 0.0 { own } else { mean };
    let sigma = sigma.max(floor).max(f64::MIN_POSITIVE);
    out.iter_mut().zip(distances).for_each(|(o, d)| *o = (-(d - rho).max(0.0) / sigma).exp());
}

/// The fuzzy union of each sample's neighbourhoods: `a + b - a b` for the weights of both directions.
fn neighbourhoods(x: &Samples, neighbors: usize) -> Result<Graph> {
    let n = x.rows();
    let near = nearest(x.values(), x.values(), x.columns(), neighbors - 1, false)?;
    let k = near.k;
    let distances: Vec<f64> = near.squared.iter().map(|s| s.sqrt()).collect();
    let mean = distances.iter().sum::<f64>() / distances.len().max(1) as f64;
    let mut weights = vec![0.0; n * k];
    if k > 0 {
        let wanted = ((k + 1) as f64).log2();
        for (w, d) in weights.chunks_exact_mut(k).zip(distances.chunks_exact(k)) {
            memberships(d, wanted, mean, w);
        }
    }
    let mut pairs: Vec<(u32, u32, f64)> = (0..n * k)
        .map(|e| ((e / k) as u32, near.places[e], weights[e]))
        .map(|(a, b, w)| (a.min(b), a.max(b), w))
        .collect();
    pairs.sort_by(|p, q| (p.0, p.1).cmp(&(q.0, q.1)).then(p.2.total_cmp(&q.2)));
    let mut union: Vec<(u32, u32, f64)> = Vec::with_capacity(pairs.len());
    for (a, b, w) in pairs {
        match union.last_mut() {
            Some(last) if (last.0, last.1) == (a, b) => last.2 += w - last.2 * w,
            _ => union.push((a, b, w)),
        }
    }
    Ok(Graph::symmetric(n, &union))
}

/// `a` and `b` for which `1 / (1 + a x^2b)` is nearest to 1 up to `min_dist` and `exp(-(x - min_dist) / spread)` from
/// there (Levenberg 1944, Marquardt 1963).
fn curve(min_dist: f64, spread: f64) -> (f64, f64) {
    let points: Vec<(f64, f64)> = (1..300)
        .map(|i| 3.0 * spread * f64::from(i) / 299.0)
        .map(|x| (x, if x < min_dist { 1.0 } else { (-(x - min_dist) / spread).exp() }))
        .collect();
    let error =
        |a: f64, b: f64| points.iter().map(|(x, y)| (1.0 / (1.0 + a * x.powf(2.0 * b)) - y).powi(2)).sum::<f64>();
    let (mut a, mut b, mut damping) = (1.0, 1.0, 1e-3);
    let mut best = error(a, b);
    for _ in 0..200 {
        let (mut aa, mut ab, mut bb, mut ga, mut gb) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (x, y) in &points {
            let p = x.powf(2.0 * b);
            let q = 1.0 / (1.0 + a * p);
            let (da, db) = (-q * q * p, -q * q * a * p * 2.0 * x.ln());
            let r = q - y;
            (aa, ab, bb) = (aa + da * da, ab + da * db, bb + db * db);
            (ga, gb) = (ga + da * r, gb + db * r);
        }
        let (aa, bb) = (aa * (1.0 + damping), bb * (1.0 + damping));
        let det = aa * bb - ab * ab;
        let (sa, sb) = ((bb * ga - ab * gb) / det, (aa * gb - ab * ga) / det);
        let (na, nb) = (a - sa, b - sb);
        let new = if na > 0.0 && nb > 0.0 { error(na, nb) } else { f64::INFINITY };
        if new < best {
            let small = best - new < 1e-14 * best;
            (a, b, best, damping) = (na, nb, new, damping * 0.3);
            if small {
                break;
            }
        } else {
            damping *= 5.0;
            if damping > 1e12 {
                break;
            }
        }
    }
    (a, b)
}

/// Random numbers for the inner loop (splitmix64: Steele, Lea & Flood 2014).
struct Fast(u64);

impl Fast {
    #[inline(always)]
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        ((u128::from(z) * n as u128) >> 64) as usize
    }
}

/// The descent: for each edge as often as its weight says, its ends attract and random points repel.
fn descend(s: &UmapSettings, graph: &Graph, start: &Samples, steps: usize) -> Result<Vec<f64>> {
    let (n, k) = (start.rows(), start.columns());
    let mut y: Vec<f32> = start.values().iter().map(|&v| v as f32).collect();
    let (a, b) = curve(s.min_dist, s.spread);
    let (a, b) = (a as f32, b as f32);
    let top = graph.weights.iter().fold(0.0f64, |m, &w| m.max(w));
    // Ends, passes between two turns, and the pass of the next.
    struct Edge {
        from: u32,
        to: u32,
        every: f32,
        next: f32,
        next_negative: f32,
    }
    let mut edges: Vec<Edge> = Vec::new();
    for i in 0..n {
        for (j, w) in graph.of(i) {
            if w * steps as f64 >= top && w > 0.0 {
                let every = (top / w) as f32;
                let next_negative = every / s.negative_samples.max(1) as f32;
                edges.push(Edge { from: i as u32, to: j as u32, every, next: every, next_negative });
            }
        }
    }
    let mut fast = Fast(Rng::new(s.seed).next_u64());
    let mut mine = vec![0.0f32; k];
    let clip = |v: f32| v.clamp(-4.0, 4.0);
    let mut work = 0usize;
    for step in 0..steps {
        stop::check()?;
        let rate = (s.learning_rate * (1.0 - step as f64 / steps as f64)) as f32;
        let now = (step + 1) as f32;
        for e in &mut edges {
            if e.next > now {
                continue;
            }
            work += 1;
            if work.is_multiple_of(4096) {
                stop::check()?;
            }
            let (i, j) = (e.from as usize * k, e.to as usize * k);
            mine.copy_from_slice(&y[i..i + k]);
            let squared = |p: &[f32], q: &[f32]| p.iter().zip(q).map(|(p, q)| (p - q) * (p - q)).sum::<f32>();
            let d2 = squared(&mine, &y[j..j + k]);
            if d2 > 0.0 {
                let power = d2.powf(b);
                let pull = -2.0 * a * b * power / d2 / (1.0 + a * power);
                for t in 0..k {
                    let g = clip(pull * (mine[t] - y[j + t])) * rate;
                    mine[t] += g;
                    y[j + t] -= g;
                }
            }
            e.next += e.every;
            if s.negative_samples > 0 {
                let each = e.every / s.negative_samples as f32;
                let count = ((now - e.next_negative) / each) as usize;
                for _ in 0..count {
                    let other = fast.below(n);
                    if other * k == i {
                        continue;
                    }
                    let other = &y[other * k..(other + 1) * k];
                    let d2 = squared(&mine, other);
                    if d2 > 0.0 {
                        let push = 2.0 * b / ((0.001 + d2) * (1.0 + a * d2.powf(b)));
                        for t in 0..k {
                            mine[t] += clip(push * (mine[t] - other[t])) * rate;
                        }
                    }
                }
                e.next_negative += count as f32 * each;
            }
            y[i..i + k].copy_from_slice(&mine);
        }
    }
    Ok(y.into_iter().map(f64::from).collect())
}

impl Learner for Umap {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x)?;
        let s = &self.settings;
        let (n, k) = (x.rows(), s.components);
        let graph = neighbourhoods(x, s.neighbors)?;
        let steps = s.steps.unwrap_or(if n <= 10_000 { 500 } else { 200 });
        let start = match s.init {
            UmapInit::Spectral if n > k + 1 => {
                let found = graph.slowest(k + 1, 1e-4, 30, s.seed)?;
                let top = found.vectors[1..].iter().flatten().fold(1e-12f64, |m, v| m.max(v.abs()));
                let mut rng = Rng::new(s.seed);
                let mut at = |i: usize, a: usize| 10.0 * found.vectors[a + 1][i] / top + 1e-4 * rng.normal();
                let mut values = Vec::with_capacity(n * k);
                (0..n).for_each(|i| values.extend((0..k).map(|a| at(i, a))));
                Samples::new(n, k, values)?
            }
            UmapInit::Pca => start_map(x, k, MapInit::Pca, 3.0, s.seed)?,
            _ => start_map(x, k, MapInit::Random, 3.0, s.seed)?,
        };
        let map = Samples::new(n, k, descend(s, &graph, &start, steps)?)?;
        let warning = (s.neighbors > n).then(|| format!("{NAME}: {n} samples have {} neighbours at most", n - 1));
        self.learned = Some(Learned { samples: x.clone(), map });
        Ok(Fit { steps: steps as u64, warning })
    }

    /// The map of the samples of the fit; a new sample lies among its nearest ones.
    fn transform(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        placed(NAME, &l.samples, &l.map, x)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        vec![("map", Shown::Table(l.map.clone()))]
    }

    fn summary(&self) -> Option<String> {
        let l = self.learned.as_ref()?;
        let (n, d) = (l.samples.rows(), l.samples.columns());
        Some(format!("{n} samples of {d} features in {} dimensions", l.map.columns()))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_is_the_known_one() {
        let (a, b) = curve(0.1, 1.0);
        assert!((a - 1.577).abs() < 2e-3 && (b - 0.895).abs() < 2e-3, "{a} {b}"); // as umap-learn 0.5 finds
    }

    #[test]
    fn heaps_stay_apart_on_the_map() {
        let mut rng = Rng::new(1);
        let values = (0..1800).map(|i| if i / 6 % 3 == i % 6 { 30.0 } else { 0.0 } + rng.normal()).collect();
        let x = Samples::new(300, 6, values).unwrap();
        for init in [UmapInit::Spectral, UmapInit::Pca, UmapInit::Random] {
            let mut model = Umap::new(UmapSettings { init, ..Default::default() }).unwrap();
            model.fit(&x, Goal::None).unwrap();
            let y = model.transform(&x).unwrap();
            assert_eq!(y, model.learned.as_ref().unwrap().map);
            let near = nearest(y.values(), y.values(), 2, 5, false).unwrap();
            let wrong = near.places.iter().enumerate().filter(|(e, p)| e / 5 % 3 != **p as usize % 3).count();
            assert!(wrong <= 15, "{init:?}: {wrong} of 1500");
            let again = Umap::from_saved(&model.bytes().unwrap()).unwrap();
            assert_eq!(again.transform(&x).unwrap(), y);
        }
    }

    #[test]
    fn few_and_equal_samples() {
        for n in [1, 2, 3, 10, 40] {
            let mut model = Umap::new(UmapSettings::default()).unwrap();
            let x = Samples::new(n, 2, (0..2 * n).map(|v| (v * v % 7) as f64).collect()).unwrap();
            model.fit(&x, Goal::None).unwrap();
            model.fit(&Samples::new(n, 2, vec![1.0; 2 * n]).unwrap(), Goal::None).unwrap();
            assert!(model.learned.as_ref().unwrap().map.values().iter().all(|v| v.is_finite()));
        }
    }
}
