//! Latent Dirichlet allocation: texts as mixtures of topics, topics as mixtures of words.
//!
//! Blei, Ng & Jordan (2003). By variational Bayes, in batches or from all texts at once (Hoffman, Blei & Bach 2010,
//! "Online learning for latent Dirichlet allocation"), or by collapsed Gibbs sampling (Griffiths & Steyvers 2004,
//! "Finding scientific topics").

use super::digamma::{digamma, ln_gamma};
use super::emission::draw;
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::cluster::{ensure_sound, exp, sound, vectorised};
use crate::learn::{Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "lda";

/// Texts in one piece of work.
const PIECE: usize = 64;

/// Rounds over one text at most, and how little its proportions must change to stop.
const ROUNDS: usize = 100;
const SETTLED: f64 = 1e-3;

/// How the topics are learned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LdaMethod {
    /// Variational Bayes, each step from all texts.
    #[default]
    Batch,
    /// Variational Bayes, each step from a few texts.
    Online,
    /// Collapsed Gibbs sampling; counts must be whole numbers.
    Gibbs,
}

/// Settings of [`Lda`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LdaSettings {
    /// How many topics, 1 to 4096. Default 10.
    pub components: usize,
    /// How to learn: "batch", "online" or "gibbs". Default "batch".
    pub method: LdaMethod,
    /// The prior of a text's topics, above 0; small makes texts of few topics. None is 1 / components. Default none.
    pub alpha: Option<f64>,
    /// The prior of a topic's words, above 0; small makes topics of few words. None is 1 / components. Default none.
    pub eta: Option<f64>,
    /// Passes over all texts at most (for "gibbs", exactly), at least 1. Default 10; sampling wants some hundred.
    pub steps: usize,
    /// Stop when a pass lowers the perplexity by less than this part of it, at least 0; measured every fifth pass; 0
    /// never measures nor stops. Default 0.
    pub tolerance: f64,
    /// Texts in each step of "online", at least 1. Default 128.
    pub batch_size: usize,
    /// How fast "online" forgets, in (0.5, 1]. Default 0.7.
    pub learning_decay: f64,
    /// How little the first steps of "online" count, at least 1. Default 10.
    pub learning_offset: f64,
    /// Of the random choices. Default 0.
    pub seed: u64,
}

impl Default for LdaSettings {
    fn default() -> Self {
        Self {
            components: 10,
            method: LdaMethod::Batch,
            alpha: None,
            eta: None,
            steps: 10,
            tolerance: 0.0,
            batch_size: 128,
            learning_decay: 0.7,
            learning_offset: 10.0,
            seed: 0,
        }
    }
}

/// Latent Dirichlet allocation. Samples are texts, their columns count words.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Lda {
    settings: LdaSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    lambda: Samples, // [components, words]: how much of each word each topic has, the prior included
    perplexity: f64, // of the texts of the fit
    steps: u64,
    updates: u64, // online steps so far
}

impl Lda {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: LdaSettings) -> Result<Self> {
        let s = &settings;
        ensure_setting((1..=4096).contains(&s.components), NAME, "components", "1 to 4096", s.components)?;
        for (name, prior) in [("alpha", s.alpha), ("eta", s.eta)] {
            let v = prior.unwrap_or(1.0);
            ensure_setting((1e-6..=1e6).contains(&v), NAME, name, "in [1e-6, 1e6]", v)?;
        }
        ensure_setting(s.steps >= 1, NAME, "steps", "at least 1", s.steps)?;
        ensure_setting(s.tolerance >= 0.0 && s.tolerance.is_finite(), NAME, "tolerance", "at least 0", s.tolerance)?;
        ensure_setting(s.batch_size >= 1, NAME, "batch_size", "at least 1", s.batch_size)?;
        let decay = s.learning_decay;
        ensure_setting(decay > 0.5 && decay <= 1.0, NAME, "learning_decay", "in (0.5, 1]", decay)?;
        let offset = s.learning_offset;
        ensure_setting(offset >= 1.0 && offset.is_finite(), NAME, "learning_offset", "at least 1", offset)?;
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
            let fine = sound(&l.lambda)
                && l.lambda.rows() == me.settings.components
                && l.lambda.values().iter().all(|v| *v > 0.0)
                && !l.perplexity.is_nan();
            ensure_sound(fine, NAME)?;
        }
        Ok(me)
    }

    fn alpha(&self) -> f64 {
        self.settings.alpha.unwrap_or(1.0 / self.settings.components as f64)
    }

    fn eta(&self) -> f64 {
        self.settings.eta.unwrap_or(1.0 / self.settings.components as f64)
    }

    /// How surprising a word of these texts is: the exponential of the mean negative bound on its log probability
    /// (Hoffman, Blei & Bach 2010, equation 4; smaller is better).
    ///
    /// # Errors
    /// As [`Learner::transform`].
    pub fn perplexity(&self, x: &Samples) -> Result<f64> {
        let l = fitted(NAME, &self.learned)?;
        check(x, Some(l.lambda.columns()))?;
        self.perplexity_of(x, &l.lambda)
    }

    fn perplexity_of(&self, x: &Samples, lambda: &Samples) -> Result<f64> {
        let topics = Topics::new(lambda);
        let texts: Vec<usize> = (0..x.rows()).collect();
        let all = self.infer(x, &texts, &topics, false)?;
        let words: f64 = x.values().iter().sum();
        if words == 0.0 {
            return Ok(1.0);
        }
        let w = lambda.columns();
        let eta = self.eta();
        let mut bound = all.bound;
        // E[log p(β | η) - log q(β | λ)]
        for row in lambda.iter() {
            let total: f64 = row.iter().sum();
            let of_total = digamma(total);
            let terms = row.iter().map(|l| (eta - l) * (digamma(*l) - of_total) + ln_gamma(*l) - ln_gamma(eta));
            bound += terms.sum::<f64>() - ln_gamma(total) + ln_gamma(eta * w as f64);
        }
        Ok((-bound / words).min(700.0).exp())
    }

    /// The step that asks what each text is made of: its γ, and (when `gather`) the expected counts of words.
    fn infer(&self, x: &Samples, texts: &[usize], topics: &Topics, gather: bool) -> Result<Inferred> {
        let (k, w, alpha) = (topics.k, x.columns(), self.alpha());
        let piece = |texts: &[usize]| -> Result<Inferred> {
            let mut out = Inferred { gamma: Vec::with_capacity(texts.len() * k), counts: vec![], bound: 0.0 };
            if gather {
                out.counts = vec![0.0; w * k];
            }
            let mut work = Work::default();
            for &i in texts {
                stop::check()?;
                work.words.clear();
                work.words.extend(x.entries(i).filter(|(_, c)| *c > 0.0));
                text(&mut work, topics, alpha);
                if gather {
                    let weights = &work.weights;
                    for ((j, _), ratio) in work.words.iter().zip(&work.ratios) {
                        let to = &mut out.counts[j * k..(j + 1) * k];
                        for t in 0..k {
                            to[t] += ratio * weights[t];
                        }
                    }
                } else {
                    out.bound += bound(&work, k, alpha);
                }
                out.gamma.extend_from_slice(&work.gamma);
            }
            Ok(out)
        };
        // Pieces large enough that their tables of counts cost little; their number does not depend on the threads.
        let size = PIECE.max(texts.len().div_ceil(16));
        let pieces: Vec<Inferred> = texts.par_chunks(size).map(piece).collect::<Result<_>>()?;
        let mut all = Inferred { gamma: vec![], counts: if gather { vec![0.0; w * k] } else { vec![] }, bound: 0.0 };
        for piece in pieces {
            all.gamma.extend(piece.gamma);
            all.counts.iter_mut().zip(&piece.counts).for_each(|(a, b)| *a += b);
            all.bound += piece.bound;
        }
        // What a topic gives a word is the same for all texts.
        all.counts.iter_mut().zip(&topics.words).for_each(|(c, b)| *c *= b);
        Ok(all)
    }

    /// λ from expected counts of `[words, k]`, mixed with what it was.
    fn mix(&self, lambda: &mut Samples, counts: &[f64], scale: f64, rho: f64) -> Result<()> {
        let (k, w) = (lambda.rows(), lambda.columns());
        let mut values = std::mem::take(lambda).into_values();
        for t in 0..k {
            for j in 0..w {
                let new = self.eta() + scale * counts[j * k + t];
                let old = &mut values[t * w + j];
                *old = (1.0 - rho) * *old + rho * new;
            }
        }
        *lambda = Samples::new(k, w, values)?;
        Ok(())
    }

    fn start(&self, words: usize) -> Result<Samples> {
        let k = self.settings.components;
        if k.checked_mul(words).is_none_or(|n| n > 1 << 28) {
            return Err(Error::value(format!("{NAME}: {k} topics x {words} words are too many")));
        }
        let mut rng = Rng::new(self.settings.seed);
        // Near to 1, as a Gamma(100, 1/100) is.
        let values = (0..k * words).map(|_| (1.0 + 0.1 * rng.normal()).clamp(0.5, 1.5)).collect();
        Samples::new(k, words, values)
    }

    fn variational(&self, x: &Samples) -> Result<(Learned, Option<String>)> {
        let s = &self.settings;
        let mut lambda = self.start(x.columns())?;
        let mut order: Vec<usize> = (0..x.rows()).collect();
        let mut rng = Rng::stream(s.seed, 1);
        let (mut updates, mut steps, mut converged) = (0, 0, false);
        let mut last = f64::INFINITY;
        while steps < s.steps && !converged {
            steps += 1;
            if s.method == LdaMethod::Batch {
                let found = self.infer(x, &order, &Topics::new(&lambda), true)?;
                self.mix(&mut lambda, &found.counts, 1.0, 1.0)?;
            } else {
                rng.shuffle(&mut order);
                for texts in order.chunks(s.batch_size) {
                    let found = self.infer(x, texts, &Topics::new(&lambda), true)?;
                    let rho = (s.learning_offset + updates as f64).powf(-s.learning_decay);
                    updates += 1;
                    self.mix(&mut lambda, &found.counts, x.rows() as f64 / texts.len() as f64, rho)?;
                }
            }
            if s.tolerance > 0.0 && steps % 5 == 0 {
                let now = self.perplexity_of(x, &lambda)?;
                converged = last - now < s.tolerance * now;
                last = now;
            }
        }
        let warning = (s.tolerance > 0.0 && !converged)
            .then(|| format!("the perplexity was still falling at {last:.6} after {steps} passes; raise `steps`"));
        let perplexity = self.perplexity_of(x, &lambda)?;
        Ok((Learned { lambda, perplexity, steps: steps as u64, updates }, warning))
    }

    /// Griffiths & Steyvers: each word's topic is drawn anew, given those of all others.
    fn gibbs(&self, x: &Samples) -> Result<Learned> {
        let s = &self.settings;
        let (k, w, alpha, eta) = (s.components, x.columns(), self.alpha(), self.eta());
        self.start(w)?; // refuses what is too large
        let mut tokens: Vec<(u32, u32)> = Vec::new(); // word, topic
        let mut ends = Vec::with_capacity(x.rows());
        let mut rng = Rng::stream(s.seed, 2);
        for i in 0..x.rows() {
            for (j, count) in x.entries(i) {
                if count.fract() != 0.0 || tokens.len() as f64 + count > 1e9 {
                    let why =
                        format!("{NAME}: \"gibbs\" needs whole counts, below 1e9 together; row {} has {count}", i + 1);
                    return Err(Error::value(why));
                }
                (0..count as usize).for_each(|_| tokens.push((j as u32, rng.below(k) as u32)));
            }
            ends.push(tokens.len());
        }
        let mut of_word = vec![0.0; w * k];
        let mut of_topic = vec![eta * w as f64; k];
        of_word.iter_mut().for_each(|c| *c = eta);
        for (j, t) in &tokens {
            of_word[*j as usize * k + *t as usize] += 1.0;
            of_topic[*t as usize] += 1.0;
        }
        let mut of_text = vec![0.0; k];
        let mut p = vec![0.0; k];
        // The mean of the second half stands for the whole.
        let mut sums = vec![0.0; w * k];
        let kept = s.steps.div_ceil(2);
        for step in 0..s.steps {
            let mut first = 0;
            for &end in &ends {
                stop::check()?;
                of_text.fill(alpha);
                tokens[first..end].iter().for_each(|(_, t)| of_text[*t as usize] += 1.0);
                for (j, topic) in &mut tokens[first..end] {
                    let row = &mut of_word[*j as usize * k..(*j as usize + 1) * k];
                    let old = *topic as usize;
                    row[old] -= 1.0;
                    of_topic[old] -= 1.0;
                    of_text[old] -= 1.0;
                    let mut total = 0.0;
                    for t in 0..k {
                        total += row[t] * of_text[t] / of_topic[t];
                        p[t] = total;
                    }
                    let u = rng.uniform() * total;
                    let new = p.iter().position(|c| u < *c).unwrap_or(k - 1);
                    row[new] += 1.0;
                    of_topic[new] += 1.0;
                    of_text[new] += 1.0;
                    *topic = new as u32;
                }
                first = end;
            }
            if step >= s.steps - kept {
                sums.iter_mut().zip(&of_word).for_each(|(s, c)| *s += c);
            }
        }
        let values = (0..k * w).map(|i| sums[i % w * k + i / w] / kept as f64).collect();
        let lambda = Samples::new(k, w, values)?;
        let perplexity = self.perplexity_of(x, &lambda)?;
        Ok(Learned { lambda, perplexity, steps: s.steps as u64, updates: 0 })
    }

    /// A text of `words` words drawn from the model, as counts.
    ///
    /// # Errors
    /// When it is not fitted, or someone asks to stop.
    pub fn sample(&self, words: usize, seed: u64) -> Result<Vec<f64>> {
        let l = fitted(NAME, &self.learned)?;
        let mut rng = Rng::new(seed);
        let theta = dirichlet(&vec![self.alpha(); l.lambda.rows()], &mut rng);
        let topics: Vec<Vec<f64>> = l.lambda.iter().map(shares).collect();
        let mut out = vec![0.0; l.lambda.columns()];
        for i in 0..words {
            if i % 256 == 0 {
                stop::check()?;
            }
            out[draw(&topics[draw(&theta, &mut rng)], &mut rng)] += 1.0;
        }
        Ok(out)
    }
}

/// The topics in the form that the texts need. `exp(E[log β])`, `[words, k]`
struct Topics {
    k: usize,
    words: Vec<f64>,
}

impl Topics {
    fn new(lambda: &Samples) -> Self {
        let (k, w) = (lambda.rows(), lambda.columns());
        let mut words = vec![0.0; w * k];
        let totals: Vec<f64> = lambda.iter().map(|row| digamma(row.iter().sum())).collect();
        words.par_chunks_mut(k * 256).enumerate().for_each(|(piece, words)| {
            for (j, row) in words.chunks_exact_mut(k).enumerate() {
                let j = piece * 256 + j;
                for t in 0..k {
                    row[t] = (digamma(lambda.values()[t * w + j]) - totals[t]).exp().max(1e-300);
                }
            }
        });
        Self { k, words }
    }
}

/// What is known of some texts.
struct Inferred {
    gamma: Vec<f64>,  // [texts, k]
    counts: Vec<f64>, // [words, k]
    bound: f64,
}

/// One text at work.
#[derive(Default)]
struct Work {
    words: Vec<(usize, f64)>,
    rows: Vec<f64>,    // the topics' weights of its words, [its words, k]
    gamma: Vec<f64>,   // [k]
    weights: Vec<f64>, // exp(E[log θ]), [k]
    ratios: Vec<f64>,  // count / Σ weights · topics, one for each word
}

/// γ = α + weights ∘ Σ count · topics / (weights · topics), until it settles (Hoffman and others, Algorithm 1).
fn text(work: &mut Work, topics: &Topics, alpha: f64) {
    let k = topics.k;
    let Work { words, rows, gamma, weights, ratios } = work;
    rows.clear();
    words.iter().for_each(|(j, _)| rows.extend_from_slice(&topics.words[j * k..(j + 1) * k]));
    gamma.clear();
    let total: f64 = words.iter().map(|(_, c)| c).sum();
    gamma.resize(k, alpha + total / k as f64);
    weights.resize(k, 0.0);
    ratios.clear();
    ratios.resize(words.len(), 0.0);
    let mut new = vec![0.0; k];
    vectorised(
        #[inline(always)]
        || {
            log_weights(gamma, weights);
            for _ in 0..ROUNDS {
                new.fill(0.0);
                for (((_, count), row), ratio) in words.iter().zip(rows.chunks_exact(k)).zip(ratios.iter_mut()) {
                    let mut dot = 0.0;
                    let mut lanes = [0.0; 8];
                    let (heads, tail) = row.as_chunks::<8>();
                    let (weight_heads, weight_tail) = weights.as_chunks::<8>();
                    for (a, b) in heads.iter().zip(weight_heads) {
                        for i in 0..8 {
                            lanes[i] += a[i] * b[i];
                        }
                    }
                    for (a, b) in tail.iter().zip(weight_tail) {
                        dot += a * b;
                    }
                    dot += lanes.iter().sum::<f64>();
                    *ratio = count / (dot + 1e-300);
                    for (n, r) in new.iter_mut().zip(row) {
                        *n += *ratio * r;
                    }
                }
                let mut change = 0.0;
                for t in 0..k {
                    let value = alpha + weights[t] * new[t];
                    change += f64::abs(value - gamma[t]);
                    gamma[t] = value;
                }
                log_weights(gamma, weights);
                if change < SETTLED * k as f64 {
                    break;
                }
            }
            // What the last weights make of each word.
            for (((_, count), row), ratio) in words.iter().zip(rows.chunks_exact(k)).zip(ratios.iter_mut()) {
                let mut dot = 0.0;
                for (a, b) in row.iter().zip(weights.iter()) {
                    dot += a * b;
                }
                *ratio = count / (dot + 1e-300);
            }
        },
    );
}

/// exp(ψ(γ)), which is exp(E[log θ]) but for a factor that all topics share.
#[inline(always)]
fn log_weights(gamma: &[f64], weights: &mut [f64]) {
    let total: f64 = gamma.iter().sum();
    let of_total = digamma(total);
    for (w, g) in weights.iter_mut().zip(gamma) {
        *w = exp((digamma(*g) - of_total).min(0.0)).max(1e-300);
    }
}

/// One text's part of the bound: E[log p(words | θ, β)] + E[log p(θ | α) - log q(θ | γ)].
fn bound(work: &Work, k: usize, alpha: f64) -> f64 {
    let mut out = 0.0;
    for ((_, count), ratio) in work.words.iter().zip(&work.ratios) {
        out += count * (count / ratio).ln();
    }
    let total: f64 = work.gamma.iter().sum();
    let of_total = digamma(total);
    for g in &work.gamma {
        out += (alpha - g) * (digamma(*g) - of_total) + ln_gamma(*g) - ln_gamma(alpha);
    }
    out + ln_gamma(alpha * k as f64) - ln_gamma(total)
}

fn shares(row: &[f64]) -> Vec<f64> {
    let sum: f64 = row.iter().sum();
    row.iter().map(|v| v / sum).collect()
}

/// Proportions drawn from a Dirichlet distribution (Marsaglia & Tsang 2000 for its gammas).
fn dirichlet(alpha: &[f64], rng: &mut Rng) -> Vec<f64> {
    let mut gamma = |shape: f64| -> f64 {
        // Logarithms, since small shapes make very small numbers: Γ(a) = Γ(a + 1) U^(1/a).
        let boost = if shape < 1.0 { (1.0 - rng.uniform()).ln() / shape } else { 0.0 };
        let d = if shape < 1.0 { shape + 1.0 } else { shape } - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let z = rng.normal();
            let v = (1.0 + c * z).powi(3);
            if v > 0.0 && (1.0 - rng.uniform()).ln() < 0.5 * z * z + d - d * v + d * v.ln() {
                return boost + (d * v).ln();
            }
        }
    };
    let logs: Vec<f64> = alpha.iter().map(|a| gamma(*a)).collect();
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    shares(&logs.iter().map(|l| (l - most).exp()).collect::<Vec<f64>>())
}

fn check(x: &Samples, columns: Option<usize>) -> Result<()> {
    x.check_any(NAME, columns)?;
    match x.values().iter().find(|v| **v < 0.0 || **v > 1e15) {
        None => Ok(()),
        Some(v) => Err(Error::value(format!("{NAME}: counts must be from 0 to 1e15, got {v}"))),
    }
}

impl Learner for Lda {
    fn name(&self) -> &'static str {
        NAME
    }

    fn takes_sparse(&self) -> bool {
        true
    }

    fn fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        check(x, None)?;
        let (learned, warning) = match self.settings.method {
            LdaMethod::Gibbs => (self.gibbs(x)?, None),
            _ => self.variational(x)?,
        };
        let steps = learned.steps;
        self.learned = Some(learned);
        Ok(Fit { steps, warning })
    }

    /// One online step from these texts, whatever the method.
    fn partial_fit(&mut self, x: &Samples, _y: Goal<'_>) -> Result<Fit> {
        let columns = self.learned.as_ref().map(|l| l.lambda.columns());
        check(x, columns)?;
        let (mut lambda, updates, steps) = match &self.learned {
            Some(l) => (l.lambda.clone(), l.updates, l.steps),
            None => (self.start(x.columns())?, 0, 0),
        };
        let s = &self.settings;
        let order: Vec<usize> = (0..x.rows()).collect();
        let mut done = updates;
        for texts in order.chunks(s.batch_size) {
            let found = self.infer(x, texts, &Topics::new(&lambda), true)?;
            let rho = (s.learning_offset + done as f64).powf(-s.learning_decay);
            // How many texts there will be is unknown: these stand for as many.
            self.mix(&mut lambda, &found.counts, x.rows() as f64 / texts.len() as f64, rho)?;
            done += 1;
        }
        let perplexity = self.perplexity_of(x, &lambda)?;
        self.learned = Some(Learned { lambda, perplexity, steps: steps + 1, updates: done });
        Ok(Fit { steps: steps + 1, warning: None })
    }

    /// Each text's shares of the topics.
    fn transform(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        check(x, Some(l.lambda.columns()))?;
        let texts: Vec<usize> = (0..x.rows()).collect();
        let found = self.infer(x, &texts, &Topics::new(&l.lambda), false)?;
        let k = l.lambda.rows();
        Samples::new(x.rows(), k, found.gamma.chunks_exact(k).flat_map(shares).collect())
    }

    /// The words that a text with these shares of the topics would have, as probabilities.
    fn inverse_transform(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        x.check_width(NAME, l.lambda.rows())?;
        let topics: Vec<Vec<f64>> = l.lambda.iter().map(shares).collect();
        let w = l.lambda.columns();
        let mut out = vec![0.0; x.rows() * w];
        for (row, theta) in out.chunks_exact_mut(w).zip(x.iter()) {
            stop::check()?;
            for (topic, share) in topics.iter().zip(theta) {
                row.iter_mut().zip(topic).for_each(|(r, p)| *r += share * p);
            }
        }
        Samples::new(x.rows(), w, out)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        let (k, w) = (l.lambda.rows(), l.lambda.columns());
        let topics = Samples::new(k, w, l.lambda.iter().flat_map(shares).collect());
        vec![
            ("topics", Shown::Table(topics.unwrap_or_default())),
            ("perplexity", Shown::Number(l.perplexity)),
            ("steps", Shown::Number(l.steps as f64)),
        ]
    }

    fn summary(&self) -> Option<String> {
        let l = self.learned.as_ref()?;
        Some(format!("{} words, {} topics", l.lambda.columns(), l.lambda.rows()))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts from topics that are known: topic t has the words 5 t to 5 t + 4.
    fn texts(n: usize, k: usize, seed: u64) -> (Samples, Vec<Vec<f64>>) {
        let mut rng = Rng::new(seed);
        let (mut rows, mut thetas) = (vec![], vec![]);
        for _ in 0..n {
            let theta = dirichlet(&vec![0.2; k], &mut rng);
            let mut counts = vec![0.0; 5 * k];
            (0..80).for_each(|_| counts[5 * draw(&theta, &mut rng) + rng.below(5)] += 1.0);
            rows.push(counts.into_iter().enumerate().collect::<Vec<_>>());
            thetas.push(theta);
        }
        (Samples::sparse(5 * k, &rows).unwrap(), thetas)
    }

    #[test]
    fn known_topics_are_found_by_all_methods() {
        let (x, thetas) = texts(300, 4, 1);
        for (method, steps) in [(LdaMethod::Batch, 40), (LdaMethod::Online, 20), (LdaMethod::Gibbs, 100)] {
            // From a bad start even a good method stays with a bad answer: the best of three.
            let fitted = (0..3).map(|seed| {
                let settings = LdaSettings { components: 4, method, steps, seed, ..Default::default() };
                let mut lda = Lda::new(settings).unwrap();
                lda.fit(&x, Goal::None).unwrap();
                (lda.perplexity(&x).unwrap(), lda)
            });
            let (perplexity, lda) = fitted.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
            assert!(perplexity < 14.0, "{method:?} {perplexity}"); // 20 words, 5 in a topic
            let Shown::Table(topics) = &lda.learned()[0].1 else { panic!() };
            // Each topic holds its five words, each a fifth.
            let mut which = vec![];
            for topic in topics.iter() {
                let sums: Vec<f64> = topic.chunks_exact(5).map(|c| c.iter().sum()).collect();
                let best = (0..4).max_by(|a, b| sums[*a].total_cmp(&sums[*b])).unwrap();
                assert!(sums[best] > 0.95, "{method:?} {sums:?}");
                which.push(best);
            }
            let shares = lda.transform(&x).unwrap();
            let error: f64 = shares
                .iter()
                .zip(&thetas)
                .map(|(a, b)| a.iter().zip(&which).map(|(a, w)| (a - b[*w]).abs()).sum::<f64>())
                .sum::<f64>()
                / 300.0;
            assert!(error < 0.15, "{method:?} {error}");
            assert!(shares.iter().all(|r| (r.iter().sum::<f64>() - 1.0).abs() < 1e-12));
        }
    }

    #[test]
    fn the_perplexity_falls_from_pass_to_pass() {
        let (x, _) = texts(200, 3, 4);
        let after = |steps| {
            let mut lda = Lda::new(LdaSettings { components: 3, steps, ..Default::default() }).unwrap();
            lda.fit(&x, Goal::None).unwrap();
            lda.perplexity(&x).unwrap()
        };
        let all: Vec<f64> = [1, 2, 4, 8, 16].into_iter().map(after).collect();
        assert!(all.windows(2).all(|w| w[1] <= w[0] * (1.0 + 1e-4)), "{all:?}");
        let mut lda =
            Lda::new(LdaSettings { components: 3, steps: 500, tolerance: 1e-3, ..Default::default() }).unwrap();
        let fit = lda.fit(&x, Goal::None).unwrap();
        assert!(fit.warning.is_none() && fit.steps < 500);
    }

    #[test]
    fn dense_and_sparse_agree_on_any_number_of_threads() {
        let (x, _) = texts(150, 3, 2);
        let run = |x: &Samples, threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut lda = Lda::new(LdaSettings { components: 3, ..Default::default() }).unwrap();
                lda.fit(x, Goal::None).unwrap();
                lda.transform(x).unwrap()
            })
        };
        assert_eq!(run(&x, 1), run(&x, 2));
        assert_eq!(run(&x, 1), run(&x.dense().unwrap(), 2));
    }

    #[test]
    fn odd_texts_saved_files_and_further_texts() {
        let mut lda = Lda::new(LdaSettings { components: 2, ..Default::default() }).unwrap();
        let says = |r: Result<Fit>| r.unwrap_err().to_string();
        assert!(says(lda.fit(&Samples::new(1, 1, vec![-1.0]).unwrap(), Goal::None)).contains("counts must be from 0"));
        let empty = Samples::sparse(3, &[vec![], vec![]]).unwrap();
        lda.fit(&empty, Goal::None).unwrap();
        assert!(lda.transform(&empty).unwrap().values().iter().all(|v| (v - 0.5).abs() < 1e-9));
        let (x, _) = texts(40, 2, 3);
        lda.fit(&x, Goal::None).unwrap();
        let before = lda.learned();
        lda.partial_fit(&x, Goal::None).unwrap();
        assert!(lda.learned() != before && lda.transform(&empty).is_err());
        let bytes = lda.bytes().unwrap();
        let back = Lda::from_saved(&bytes).unwrap();
        assert_eq!(back.transform(&x).unwrap(), lda.transform(&x).unwrap());
        let words = back.inverse_transform(&back.transform(&x).unwrap()).unwrap();
        assert!(words.iter().all(|r| (r.iter().sum::<f64>() - 1.0).abs() < 1e-9));
        assert_eq!(back.sample(50, 1).unwrap().iter().sum::<f64>(), 50.0);
        for i in 0..bytes.len() {
            let mut hurt = bytes.clone();
            hurt[i] ^= 0x13;
            let _ = Lda::from_saved(&hurt).map(|l| l.transform(&x));
        }
        let mut gibbs = Lda::new(LdaSettings { method: LdaMethod::Gibbs, ..Default::default() }).unwrap();
        assert!(says(gibbs.fit(&Samples::new(1, 1, vec![0.5]).unwrap(), Goal::None)).contains("whole counts"));
    }
}
