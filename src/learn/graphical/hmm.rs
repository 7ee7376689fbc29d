//! Hidden Markov models: a chain of states that nobody sees, each showing a symbol or a point.
//!
//! Baum, Petrie, Soules & Weiss (1970) for the fit; Rabiner (1989), "A tutorial on hidden Markov models", for all else.
//! A transition that is 0 at the start of a fit stays 0, which is how left-to-right models are made.

use super::emission::{Emission, Prepared, Sequence, Sums, check_row, check_rows, draw, estimate, normalised, settle};
use super::forward_backward::Chain;
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::cluster::{damaged, lloyd, plus_plus};
use crate::learn::{Fit, Samples, fitted, from_bytes, to_bytes};
use crate::{Error, Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "hmm";

/// More states than this are refused.
const MOST_STATES: usize = 4096;

/// What the states show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HmmKind {
    /// Symbols of an alphabet.
    Discrete,
    /// Points of a Gaussian.
    #[default]
    Gaussian,
}

/// The shape of each state's Gaussian.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HmmCovariance {
    /// An ellipsoid along the axes.
    #[default]
    Diag,
    /// Any ellipsoid.
    Full,
}

/// Which moves are possible when a fit begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Topology {
    /// From every state to every state.
    #[default]
    Full,
    /// Begins in the first state; then stays or goes to the next.
    LeftToRight,
}

/// Settings of [`Hmm`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HmmSettings {
    /// How many hidden states, 1 to 4096. Default 2.
    pub states: usize,
    /// What they show: "discrete" or "gaussian". Default "gaussian".
    pub kind: HmmKind,
    /// How many symbols there are, for "discrete"; 0 takes as many as the sequences show. Default 0.
    pub symbols: usize,
    /// The shape of each Gaussian: "diag" or "full". Default "diag".
    pub covariance: HmmCovariance,
    /// The moves possible at the start: "full" or "left_to_right". Default "full".
    pub topology: Topology,
    /// Steps of the fit at most in each start, at least 1. Default 100.
    pub steps: usize,
    /// Stop when a step raises the log likelihood of all sequences by less than this, at least 0. Default 0.01.
    pub tolerance: f64,
    /// How often to start; the best result is kept. At least 1. Default 1.
    pub starts: usize,
    /// Added to the expected count of each possible start, move and symbol, at least 0. Default 0.
    pub pseudocount: f64,
    /// No variance falls below this part of the data's, above 0. Default 1e-6.
    pub floor: f64,
    /// Whether the fit changes the start probabilities. Default true.
    pub learn_start: bool,
    /// Whether the fit changes the transitions. Default true.
    pub learn_transition: bool,
    /// Whether the fit changes what the states show. Default true.
    pub learn_emission: bool,
    /// Of the random choices. Default 0.
    pub seed: u64,
}

impl Default for HmmSettings {
    fn default() -> Self {
        Self {
            states: 2,
            kind: HmmKind::Gaussian,
            symbols: 0,
            covariance: HmmCovariance::Diag,
            topology: Topology::Full,
            steps: 100,
            tolerance: 0.01,
            starts: 1,
            pseudocount: 0.0,
            floor: 1e-6,
            learn_start: true,
            learn_transition: true,
            learn_emission: true,
            seed: 0,
        }
    }
}

/// All that a hidden Markov model knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HmmParameters {
    /// How probable each state is at first. `[states]`
    pub start: Vec<f64>,
    /// How probable each move is. `[from][to]`
    pub transition: Vec<Vec<f64>>,
    /// What each state shows.
    pub emission: Emission,
}

/// Where a fit is to begin; what is not given comes from the data and the seed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HmmStart {
    /// How probable each state is at first. `[states]`
    pub start: Option<Vec<f64>>,
    /// How probable each move is; what is 0 stays 0. `[from][to]`
    pub transition: Option<Vec<Vec<f64>>>,
    /// What each state shows.
    pub emission: Option<Emission>,
}

/// A hidden Markov model.
///
/// ```
/// use mynah::learn::graphical::{Emission, Hmm, HmmKind, HmmParameters, HmmSettings, Sequence};
/// let mut hmm = Hmm::new(HmmSettings { kind: HmmKind::Discrete, ..Default::default() }).unwrap();
/// hmm.set_parameters(HmmParameters {
///     start: vec![1.0, 0.0],
///     transition: vec![vec![0.5, 0.5], vec![0.0, 1.0]],
///     emission: Emission::Discrete(vec![vec![1.0, 0.0], vec![0.0, 1.0]]),
/// }).unwrap();
/// let (path, log) = hmm.viterbi(&Sequence::Symbols(vec![0, 0, 1])).unwrap();
/// assert_eq!((path, log), (vec![0, 0, 1], 0.25f64.ln()));
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hmm {
    settings: HmmSettings,
    begin: HmmStart,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    parameters: HmmParameters,
    history: Vec<f64>, // the log likelihood at each step of the fit
}

impl Hmm {
    /// One that knows nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: HmmSettings) -> Result<Self> {
        let s = &settings;
        ensure_setting((1..=MOST_STATES).contains(&s.states), NAME, "states", "1 to 4096", s.states)?;
        ensure_setting(s.steps >= 1, NAME, "steps", "at least 1", s.steps)?;
        ensure_setting(s.starts >= 1, NAME, "starts", "at least 1", s.starts)?;
        ensure_setting(s.symbols <= 1 << 24, NAME, "symbols", "at most 2^24", s.symbols)?;
        for (name, v) in [("tolerance", s.tolerance), ("pseudocount", s.pseudocount)] {
            ensure_setting(v >= 0.0 && v.is_finite(), NAME, name, "at least 0", v)?;
        }
        ensure_setting(s.floor > 0.0 && s.floor <= 1.0, NAME, "floor", "in (0, 1]", s.floor)?;
        Ok(Self { settings, begin: HmmStart::default(), learned: None })
    }

    /// One from [`Hmm::to_bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let mut me: Self = from_bytes(NAME, bytes)?;
        let begin = Self::new(me.settings.clone())?.checked_begin(me.begin)?;
        me.begin = begin;
        if let Some(l) = me.learned.take() {
            if l.history.iter().any(|v| v.is_nan()) {
                return damaged(NAME);
            }
            let parameters = me.checked(l.parameters)?;
            me.learned = Some(Learned { parameters, history: l.history });
        }
        Ok(me)
    }

    /// Settings and parameters, for a file.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }

    /// Its settings.
    pub fn settings(&self) -> &HmmSettings {
        &self.settings
    }

    /// What it knows; nothing before a fit or [`Hmm::set_parameters`].
    pub fn parameters(&self) -> Option<&HmmParameters> {
        self.learned.as_ref().map(|l| &l.parameters)
    }

    /// The log likelihood of all sequences at each step of the fit.
    pub fn history(&self) -> &[f64] {
        self.learned.as_ref().map_or(&[], |l| &l.history)
    }

    /// Gives it all that it knows. A later fit begins from here.
    ///
    /// # Errors
    /// When the sizes do not fit each other and the settings, a row does not sum to 1, or a covariance is none.
    pub fn set_parameters(&mut self, parameters: HmmParameters) -> Result<()> {
        let parameters = self.checked(parameters)?;
        let p = parameters.clone();
        self.begin = HmmStart { start: Some(p.start), transition: Some(p.transition), emission: Some(p.emission) };
        self.learned = Some(Learned { parameters, history: vec![] });
        Ok(())
    }

    /// Says where a fit is to begin.
    ///
    /// # Errors
    /// As [`Hmm::set_parameters`].
    pub fn set_begin(&mut self, begin: HmmStart) -> Result<()> {
        self.begin = self.checked_begin(begin)?;
        Ok(())
    }

    fn checked_begin(&self, mut begin: HmmStart) -> Result<HmmStart> {
        let k = self.settings.states;
        if let Some(start) = &mut begin.start {
            same(start.len() == k, "start", start.len(), k)?;
            check_row(NAME, "`start`", start)?;
        }
        if let Some(rows) = &mut begin.transition {
            let wide = rows.iter().map(Vec::len).find(|n| *n != k).unwrap_or(rows.len());
            same(rows.len() == k && wide == k, "transition", wide, k)?;
            check_rows(NAME, "transition", rows)?;
        }
        if let Some(emission) = &mut begin.emission {
            same(emission.states() == k, "emission", emission.states(), k)?;
            let kind = match emission {
                Emission::Discrete(_) => HmmKind::Discrete,
                Emission::Gaussian { .. } => HmmKind::Gaussian,
            };
            if kind != self.settings.kind {
                return Err(Error::value(format!("{NAME}: `emission` is of another kind than the settings say")));
            }
            emission.check(NAME)?;
            if let Emission::Gaussian { means, covariances } = emission {
                let d = means[0].len();
                let full = self.settings.covariance == HmmCovariance::Full;
                if d > 1 && full != (covariances[0].len() != d) {
                    let why =
                        format!("{NAME}: the covariances given are not \"{}\"", if full { "full" } else { "diag" });
                    return Err(Error::value(why));
                }
            }
        }
        Ok(begin)
    }

    fn checked(&self, p: HmmParameters) -> Result<HmmParameters> {
        let begin = HmmStart { start: Some(p.start), transition: Some(p.transition), emission: Some(p.emission) };
        match self.checked_begin(begin)? {
            HmmStart { start: Some(start), transition: Some(transition), emission: Some(emission) } => {
                Ok(HmmParameters { start, transition, emission })
            }
            _ => damaged(NAME),
        }
    }

    /// Learns from sequences by Baum and Welch's steps: anew from the data, or from what was given.
    ///
    /// # Errors
    /// When the sequences are of the wrong kind or width or impossible where the fit begins (then what was known
    /// before is kept), or someone asks to stop.
    pub fn fit(&mut self, sequences: &[Sequence]) -> Result<Fit> {
        let s = &self.settings;
        let used: Vec<&Sequence> = sequences.iter().filter(|q| !q.is_empty()).collect();
        if used.is_empty() {
            return Err(Error::value(format!("{NAME}: there are no observations")));
        }
        let width = self.width(sequences)?;
        // What has the same kind and width as the emissions will have, to check the sequences with.
        let shape = match (&self.begin.emission, s.kind) {
            (Some(emission), _) => emission.clone(),
            (None, HmmKind::Discrete) => Emission::Discrete(vec![vec![0.0; width]]),
            (None, HmmKind::Gaussian) => Emission::Gaussian { means: vec![vec![0.0; width]], covariances: vec![] },
        };
        for (i, q) in sequences.iter().enumerate() {
            shape.check_sequence(NAME, i + 1, q)?;
        }
        let floor = s.floor * variance(&used).max(1e-300);
        let mut best: Option<Run> = None;
        for start in 0..s.starts {
            let first = self.guess(&used, width, floor, &mut Rng::stream(s.seed, start as u64))?;
            let run = self.baum_welch(sequences, first, floor)?;
            if best.as_ref().is_none_or(|b| run.last() > b.last()) {
                best = Some(run);
            }
        }
        let run = best.expect("there is at least one start");
        let steps = run.history.len() as u64;
        let warning = (!run.converged).then(|| {
            let gain = run.history.len().checked_sub(2).map_or(f64::NAN, |i| run.last() - run.history[i]);
            let gained = if gain.is_nan() { "was not settled".into() } else { format!("still rose by {gain:.3e}") };
            format!("the log likelihood {gained} after {steps} steps; raise `steps`")
        });
        self.learned = Some(Learned { parameters: run.parameters, history: run.history });
        Ok(Fit { steps, warning })
    }

    /// The number of symbols or dimensions.
    fn width(&self, sequences: &[Sequence]) -> Result<usize> {
        if let Some(emission) = &self.begin.emission {
            return Ok(emission.width());
        }
        let seen = sequences.iter().map(|q| match q {
            Sequence::Symbols(symbols) => symbols.iter().max().map_or(0, |s| *s as usize + 1),
            Sequence::Points(points) => points.columns(),
        });
        let s = &self.settings;
        match s.kind {
            HmmKind::Discrete if s.symbols > 0 => Ok(s.symbols),
            HmmKind::Discrete => {
                let width = seen.max().unwrap_or(0);
                let most = 1 << 24;
                ensure_setting(width <= most, NAME, "symbols", "at most 2^24", width)?;
                Ok(width.max(1))
            }
            HmmKind::Gaussian => Ok(seen.max().unwrap_or(0)),
        }
    }

    /// Where a fit begins.
    fn guess(&self, used: &[&Sequence], width: usize, floor: f64, rng: &mut Rng) -> Result<HmmParameters> {
        let s = &self.settings;
        let k = s.states;
        let (start, transition) = match s.topology {
            Topology::Full => (vec![1.0 / k as f64; k], vec![vec![1.0 / k as f64; k]; k]),
            Topology::LeftToRight => {
                let mut transition = vec![vec![0.0; k]; k];
                for i in 0..k {
                    let next = (i + 1).min(k - 1);
                    transition[i][i] += 0.5;
                    transition[i][next] += 0.5;
                }
                let mut start = vec![0.0; k];
                start[0] = 1.0;
                (start, transition)
            }
        };
        let emission = match &self.begin.emission {
            Some(emission) => emission.clone(),
            None if s.kind == HmmKind::Discrete => guess_table(used, k, width, s.topology, rng)?,
            None => self.guess_gaussians(used, width, floor, rng)?,
        };
        Ok(HmmParameters {
            start: self.begin.start.clone().unwrap_or(start),
            transition: self.begin.transition.clone().unwrap_or(transition),
            emission,
        })
    }

    /// Means by k-means, all covariances that of the whole; from left to right, both from equal cuts of each sequence.
    fn guess_gaussians(&self, used: &[&Sequence], d: usize, floor: f64, rng: &mut Rng) -> Result<Emission> {
        let s = &self.settings;
        let k = s.states;
        let rows: Vec<f64> = used.iter().flat_map(|q| points(q).iter().copied()).collect();
        let means: Vec<Vec<f64>> = match s.topology {
            Topology::Full => {
                let centres = if k == 1 || rows.len() / d < k {
                    (0..k).flat_map(|i| rows[(i * d) % rows.len()..][..d].to_vec()).collect()
                } else {
                    // A sample of the rows is enough to begin from.
                    let n = rows.len() / d;
                    let step = (n / 20_000).max(1);
                    let some: Vec<f64> = rows.chunks_exact(d).step_by(step).flatten().copied().collect();
                    let some = if some.len() / d < k { rows.clone() } else { some };
                    let centres = plus_plus(&some, d, k, rng)?;
                    lloyd(&some, d, centres, 10, 0.0)?.centres
                };
                centres.chunks_exact(d).map(<[f64]>::to_vec).collect()
            }
            Topology::LeftToRight => {
                let mut sums = vec![vec![0.0; d]; k];
                let mut counts = vec![0.0f64; k];
                for q in used {
                    let n = q.len();
                    for (t, x) in points(q).chunks_exact(d).enumerate() {
                        let state = t * k / n;
                        counts[state] += 1.0;
                        sums[state].iter_mut().zip(x).for_each(|(s, v)| *s += v);
                    }
                }
                for i in 0..k {
                    let count = counts[i].max(1.0);
                    sums[i].iter_mut().for_each(|v| *v /= count);
                }
                sums
            }
        };
        let n = (rows.len() / d) as f64;
        let mean: Vec<f64> = (0..d).map(|j| rows.iter().skip(j).step_by(d).sum::<f64>() / n).collect();
        let full = s.covariance == HmmCovariance::Full && d > 1;
        let mut covariance = vec![0.0; if full { d * d } else { d }];
        for x in rows.chunks_exact(d) {
            for j in 0..d {
                if full {
                    for i in 0..d {
                        covariance[j * d + i] += (x[j] - mean[j]) * (x[i] - mean[i]) / n;
                    }
                } else {
                    covariance[j] += (x[j] - mean[j]) * (x[j] - mean[j]) / n;
                }
            }
        }
        if full {
            settle(&mut covariance, d, floor);
        } else {
            covariance.iter_mut().for_each(|v| *v = v.max(floor));
        }
        Ok(Emission::Gaussian { means, covariances: vec![covariance; k] })
    }

    fn baum_welch(&self, sequences: &[Sequence], first: HmmParameters, floor: f64) -> Result<Run> {
        let s = &self.settings;
        let mut p = first;
        let mut history: Vec<f64> = Vec::new();
        let mut converged = false;
        let groups = groups(sequences);
        // The last round only measures.
        for step in 0..=s.steps {
            let chain = Chain::new(&p.start, &p.transition);
            let prepared = Prepared::new(&p.emission);
            let last = step == s.steps;
            let all = expect(sequences, &groups, &chain, &prepared, s.learn_emission && !last)?;
            if step > 0 {
                history.push(all.log_likelihood);
                converged = history.len() > 1 && all.log_likelihood - history[history.len() - 2] < s.tolerance
                    || s.tolerance == 0.0 && step > 1 && all.log_likelihood == history[history.len() - 2];
            }
            if last || converged {
                break;
            }
            if s.learn_start {
                p.start = normalised(&all.start, s.pseudocount, &p.start);
            }
            if s.learn_transition {
                let rows = all.moves.chunks_exact(s.states);
                p.transition =
                    p.transition.iter().zip(rows).map(|(row, moves)| normalised(moves, s.pseudocount, row)).collect();
            }
            if s.learn_emission {
                p.emission = estimate(&p.emission, &all.sums, s.pseudocount, floor);
            }
        }
        Ok(Run { parameters: p, history, converged })
    }

    /// What it knows, made ready.
    fn ready(&self) -> Result<(&HmmParameters, Chain, Prepared)> {
        let p = &fitted(NAME, &self.learned)?.parameters;
        Ok((p, Chain::new(&p.start, &p.transition), Prepared::new(&p.emission)))
    }

    /// The logarithm of a sequence's probability (for points: density); minus infinity when it is impossible.
    ///
    /// # Errors
    /// When it is not fitted, or the sequence is of the wrong kind or width.
    pub fn log_likelihood(&self, sequence: &Sequence) -> Result<f64> {
        let (p, chain, prepared) = self.ready()?;
        p.emission.check_sequence(NAME, 1, sequence)?;
        chain.log_likelihood(&prepared.logs(sequence)?)
    }

    /// How probable each state is at each step, given the whole sequence. `[steps, states]`
    ///
    /// # Errors
    /// As [`Hmm::log_likelihood`], and when the sequence is impossible.
    pub fn posterior(&self, sequence: &Sequence) -> Result<Samples> {
        let (p, chain, prepared) = self.ready()?;
        p.emission.check_sequence(NAME, 1, sequence)?;
        let mut gamma = Vec::new();
        match chain.expect(&prepared.logs(sequence)?, &mut gamma)? {
            Ok(_) => Samples::new(sequence.len(), chain.k, gamma),
            Err(t) => impossible(1, t),
        }
    }

    /// The most probable path of states, and the logarithm of its probability together with the sequence.
    ///
    /// # Errors
    /// As [`Hmm::posterior`].
    pub fn viterbi(&self, sequence: &Sequence) -> Result<(Vec<u32>, f64)> {
        let (p, chain, prepared) = self.ready()?;
        p.emission.check_sequence(NAME, 1, sequence)?;
        let logs = prepared.logs(sequence)?;
        let (path, log) = chain.viterbi(&logs)?;
        if log == f64::NEG_INFINITY {
            let step = chain.expect(&logs, &mut Vec::new())?.err();
            return impossible(1, step.unwrap_or(0));
        }
        Ok((path, log))
    }

    /// A sequence of `n` steps drawn from the model, and the states behind it.
    ///
    /// # Errors
    /// When it is not fitted, or someone asks to stop.
    pub fn sample(&self, n: usize, seed: u64) -> Result<(Sequence, Vec<u32>)> {
        let p = &fitted(NAME, &self.learned)?.parameters;
        let mut rng = Rng::new(seed);
        let (mut states, mut symbols, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for t in 0..n {
            if t % 4096 == 0 {
                stop::check()?;
            }
            let row = states.last().map_or(&p.start, |s: &u32| &p.transition[*s as usize]);
            let state = draw(row, &mut rng);
            states.push(state as u32);
            symbols.push(p.emission.draw(state, &mut rng, &mut values));
        }
        let sequence = match &p.emission {
            Emission::Discrete(_) => Sequence::Symbols(symbols),
            Emission::Gaussian { means, .. } => Sequence::Points(Samples::new(n, means[0].len(), values)?),
        };
        Ok((sequence, states))
    }
}

/// How one start of a fit went.
struct Run {
    parameters: HmmParameters,
    history: Vec<f64>,
    converged: bool,
}

impl Run {
    fn last(&self) -> f64 {
        self.history.last().copied().unwrap_or(f64::NEG_INFINITY)
    }
}

/// Sums over all sequences.
struct All {
    log_likelihood: f64,
    start: Vec<f64>,
    moves: Vec<f64>,
    sums: Sums,
}

/// Cuts of the list of sequences, each of some thousand steps: pieces of work that do not depend on the threads.
fn groups(sequences: &[Sequence]) -> Vec<std::ops::Range<usize>> {
    let mut out = Vec::new();
    let (mut first, mut steps) = (0, 0);
    for (i, q) in sequences.iter().enumerate() {
        steps += q.len();
        if steps >= 4096 {
            out.push(first..i + 1);
            (first, steps) = (i + 1, 0);
        }
    }
    if first < sequences.len() {
        out.push(first..sequences.len());
    }
    out
}

fn expect(
    sequences: &[Sequence],
    groups: &[std::ops::Range<usize>],
    chain: &Chain,
    prepared: &Prepared,
    emissions: bool,
) -> Result<All> {
    let k = chain.k;
    let none = || All { log_likelihood: 0.0, start: vec![0.0; k], moves: vec![0.0; k * k], sums: prepared.zeros() };
    let parts: Vec<All> = groups
        .par_iter()
        .map(|range| {
            let mut all = none();
            let mut gamma = Vec::new();
            for i in range.clone() {
                let q = &sequences[i];
                if q.is_empty() {
                    continue;
                }
                match chain.expect(&prepared.logs(q)?, &mut gamma)? {
                    Err(t) => return impossible(i + 1, t),
                    Ok(e) => {
                        all.log_likelihood += e.log_likelihood;
                        all.start.iter_mut().zip(&e.start).for_each(|(a, b)| *a += b);
                        all.moves.iter_mut().zip(&e.moves).for_each(|(a, b)| *a += b);
                    }
                }
                if emissions {
                    prepared.gather(q, &gamma, &mut all.sums)?;
                }
            }
            Ok(all)
        })
        .collect::<Result<_>>()?;
    let mut all = none();
    for part in &parts {
        all.log_likelihood += part.log_likelihood;
        all.start.iter_mut().zip(&part.start).for_each(|(a, b)| *a += b);
        all.moves.iter_mut().zip(&part.moves).for_each(|(a, b)| *a += b);
        all.sums.add(&part.sums);
    }
    Ok(all)
}

/// Random tables near to the frequencies of all sequences, or of the state's equal cut of each.
fn guess_table(used: &[&Sequence], k: usize, width: usize, topology: Topology, rng: &mut Rng) -> Result<Emission> {
    if k.checked_mul(width).is_none_or(|n| n > 1 << 28) {
        return Err(Error::value(format!("{NAME}: {k} states x {width} symbols are too many")));
    }
    let mut counts = vec![vec![0.0; width]; k];
    for q in used {
        let Sequence::Symbols(symbols) = q else { return damaged(NAME) };
        for (t, s) in symbols.iter().enumerate() {
            match topology {
                Topology::Full => counts[0][*s as usize] += 1.0,
                Topology::LeftToRight => counts[t * k / symbols.len()][*s as usize] += 1.0,
            }
        }
    }
    if topology == Topology::Full {
        counts = vec![counts[0].clone(); k];
    }
    for row in &mut counts {
        let sum: f64 = row.iter().sum::<f64>() + width as f64;
        // Every symbol stays possible; exponential weights break the likeness of the states.
        row.iter_mut().for_each(|c| *c = (*c + 1.0) / sum * (0.3 - (1.0 - rng.uniform()).ln()));
        let sum: f64 = row.iter().sum();
        row.iter_mut().for_each(|c| *c /= sum);
    }
    Ok(Emission::Discrete(counts))
}

fn points(sequence: &Sequence) -> &[f64] {
    match sequence {
        Sequence::Points(points) => points.values(),
        Sequence::Symbols(_) => &[],
    }
}

/// The mean variance of a dimension over all sequences; 1 for symbols and for constants.
fn variance(used: &[&Sequence]) -> f64 {
    let Some(Sequence::Points(first)) = used.first() else { return 1.0 };
    let d = first.columns();
    let n = used.iter().map(|q| q.len()).sum::<usize>() as f64;
    let rows = || used.iter().flat_map(|q| points(q).chunks_exact(d));
    let mut mean = vec![0.0; d];
    rows().for_each(|x| mean.iter_mut().zip(x).for_each(|(m, v)| *m += v / n));
    let sum: f64 = rows().map(|x| x.iter().zip(&mean).map(|(v, m)| (v - m) * (v - m)).sum::<f64>()).sum();
    let variance = sum / (n * d as f64);
    let largest = mean.iter().fold(0.0, |a: f64, m| a.max(m.abs()));
    if variance > 1e-24 * largest * largest { variance } else { 1.0f64.max(1e-12 * largest * largest) }
}

fn same(ok: bool, what: &str, got: usize, states: usize) -> Result<()> {
    if ok { Ok(()) } else { Err(Error::shape(NAME, format!("`{what}` speaks of {got} states, wanted {states}"))) }
}

fn impossible<T>(sequence: usize, step: usize) -> Result<T> {
    let why = format!("{NAME}: sequence {sequence} is impossible for the model from step {} on", step + 1);
    Err(Error::value(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The probability of everything, summed over all paths.
    fn brute(p: &HmmParameters, symbols: &[u32]) -> (f64, f64, Vec<u32>, Vec<f64>) {
        let Emission::Discrete(table) = &p.emission else { panic!() };
        let k = p.start.len();
        let (mut total, mut best, mut best_path) = (0.0, 0.0, vec![]);
        let mut gamma = vec![0.0; symbols.len() * k];
        for code in 0..k.pow(symbols.len() as u32) {
            let path: Vec<usize> = (0..symbols.len()).map(|t| code / k.pow(t as u32) % k).collect();
            let mut q = p.start[path[0]] * table[path[0]][symbols[0] as usize];
            for t in 1..path.len() {
                q *= p.transition[path[t - 1]][path[t]] * table[path[t]][symbols[t] as usize];
            }
            total += q;
            path.iter().enumerate().for_each(|(t, s)| gamma[t * k + s] += q);
            if q > best {
                (best, best_path) = (q, path.iter().map(|s| *s as u32).collect());
            }
        }
        gamma.iter_mut().for_each(|g| *g /= total);
        (total, best, best_path, gamma)
    }

    fn discrete(states: usize) -> HmmSettings {
        HmmSettings { states, kind: HmmKind::Discrete, ..Default::default() }
    }

    fn random_parameters(k: usize, symbols: usize, seed: u64) -> HmmParameters {
        let mut rng = Rng::new(seed);
        let mut row = |n: usize| {
            let row: Vec<f64> = (0..n).map(|_| rng.uniform()).collect();
            let sum: f64 = row.iter().sum();
            row.iter().map(|v| v / sum).collect::<Vec<f64>>()
        };
        HmmParameters {
            start: row(k),
            transition: (0..k).map(|_| row(k)).collect(),
            emission: Emission::Discrete((0..k).map(|_| row(symbols)).collect()),
        }
    }

    #[test]
    fn all_passes_agree_with_the_sum_over_all_paths() {
        for k in [1, 2, 3, 4, 7] {
            let mut hmm = Hmm::new(discrete(k)).unwrap();
            hmm.set_parameters(random_parameters(k, 3, k as u64)).unwrap();
            let symbols = vec![0, 2, 1, 1, 0];
            let (total, best, path, gamma) = brute(hmm.parameters().unwrap(), &symbols);
            let q = Sequence::Symbols(symbols);
            assert!((hmm.log_likelihood(&q).unwrap() - total.ln()).abs() < 1e-12);
            let (found, log) = hmm.viterbi(&q).unwrap();
            assert!(found == path && (log - best.ln()).abs() < 1e-12);
            let posterior = hmm.posterior(&q).unwrap();
            assert!(posterior.values().iter().zip(&gamma).all(|(a, b)| (a - b).abs() < 1e-12));
        }
    }

    #[test]
    fn the_casino_of_durbin_and_others() {
        // A fair and a loaded die; the posterior at each step by brute force above. Here the whole is long.
        let mut hmm = Hmm::new(discrete(2)).unwrap();
        let p = HmmParameters {
            start: vec![0.5, 0.5],
            transition: vec![vec![0.95, 0.05], vec![0.1, 0.9]],
            emission: Emission::Discrete(vec![vec![1.0 / 6.0; 6], vec![0.1, 0.1, 0.1, 0.1, 0.1, 0.5]]),
        };
        hmm.set_parameters(p.clone()).unwrap();
        let (q, states) = hmm.sample(30_000, 3).unwrap();
        let sixes = match &q {
            Sequence::Symbols(s) => s.iter().filter(|s| **s == 5).count() as f64 / 30_000.0,
            Sequence::Points(_) => 0.0,
        };
        assert!((sixes - (2.0 / 3.0 / 6.0 + 0.5 / 3.0)).abs() < 0.02, "{sixes}");
        let (path, _) = hmm.viterbi(&q).unwrap();
        let right = path.iter().zip(&states).filter(|(a, b)| a == b).count() as f64 / 30_000.0;
        assert!(right > 0.78, "{right}");
        // The fit finds the dice again, and never does worse from one step to the next.
        let mut learned = Hmm::new(HmmSettings { tolerance: 1e-3, steps: 500, starts: 3, ..discrete(2) }).unwrap();
        let fit = learned.fit(std::slice::from_ref(&q)).unwrap();
        assert!(learned.history().windows(2).all(|w| w[1] >= w[0] - 1e-6), "{fit:?}");
        assert!(learned.log_likelihood(&q).unwrap() >= hmm.log_likelihood(&q).unwrap());
        let Emission::Discrete(table) = &learned.parameters().unwrap().emission else { panic!() };
        let loaded = usize::from(table[1][5] > table[0][5]);
        assert!((table[loaded][5] - 0.5).abs() < 0.03 && (table[1 - loaded][5] - 1.0 / 6.0).abs() < 0.02);
    }

    fn moving(n: usize, d: usize, seed: u64) -> (Sequence, Vec<u32>) {
        let mut hmm = Hmm::new(HmmSettings { states: 3, ..Default::default() }).unwrap();
        let means = (0..3).map(|s| (0..d).map(|j| 3.0 * (s as f64) - j as f64).collect()).collect();
        let stay = |i: usize| (0..3).map(|j| if i == j { 0.9 } else { 0.05 }).collect();
        hmm.set_parameters(HmmParameters {
            start: vec![1.0, 0.0, 0.0],
            transition: (0..3).map(stay).collect(),
            emission: Emission::Gaussian { means, covariances: vec![vec![0.5; d]; 3] },
        })
        .unwrap();
        hmm.sample(n, seed).unwrap()
    }

    #[test]
    fn gaussians_are_found_again_diagonal_and_full() {
        let sequences: Vec<Sequence> = (0..4).map(|i| moving(1500, 2, i).0).collect();
        for covariance in [HmmCovariance::Diag, HmmCovariance::Full] {
            let mut hmm = Hmm::new(HmmSettings { states: 3, covariance, ..Default::default() }).unwrap();
            let fit = hmm.fit(&sequences).unwrap();
            assert!(fit.warning.is_none() && fit.steps > 1);
            assert!(hmm.history().windows(2).all(|w| w[1] >= w[0] - 1e-6));
            let Emission::Gaussian { means, covariances } = &hmm.parameters().unwrap().emission else { panic!() };
            let mut firsts: Vec<f64> = means.iter().map(|m| m[0]).collect();
            firsts.sort_by(f64::total_cmp);
            assert!(firsts.iter().zip([0.0, 3.0, 6.0]).all(|(a, b)| (a - b).abs() < 0.1), "{firsts:?}");
            assert!(covariances.iter().all(|c| (c[0] - 0.5).abs() < 0.1), "{covariances:?}");
            let (q, states) = moving(500, 2, 9);
            let (path, log) = hmm.viterbi(&q).unwrap();
            // States may have other numbers: compare where they change.
            let changes = |p: &[u32]| p.windows(2).map(|w| w[0] != w[1]).collect::<Vec<_>>();
            let same = changes(&path).iter().zip(changes(&states)).filter(|(a, b)| **a == *b).count();
            assert!(same > 480, "{same}");
            assert!(log <= hmm.log_likelihood(&q).unwrap());
        }
    }

    #[test]
    fn full_covariances_of_one_state_are_the_samples_own() {
        let (q, _) = moving(400, 3, 1);
        let mut hmm =
            Hmm::new(HmmSettings { states: 1, covariance: HmmCovariance::Full, ..Default::default() }).unwrap();
        hmm.fit(std::slice::from_ref(&q)).unwrap();
        let Sequence::Points(x) = &q else { panic!() };
        let Emission::Gaussian { means, covariances } = &hmm.parameters().unwrap().emission else { panic!() };
        let n = 400.0;
        for a in 0..3 {
            let mean = x.iter().map(|r| r[a]).sum::<f64>() / n;
            assert!((means[0][a] - mean).abs() < 1e-10);
            for b in 0..3 {
                let other = x.iter().map(|r| r[b]).sum::<f64>() / n;
                let c = x.iter().map(|r| (r[a] - mean) * (r[b] - other)).sum::<f64>() / n;
                assert!((covariances[0][a * 3 + b] - c).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn zeros_stay_zeros_from_left_to_right() {
        let mut hmm = Hmm::new(HmmSettings { states: 4, topology: Topology::LeftToRight, ..discrete(4) }).unwrap();
        let words = [vec![0, 0, 1, 2, 2, 3], vec![0, 1, 1, 1, 2, 3], vec![0, 1, 2, 3, 3, 3]];
        let sequences: Vec<Sequence> = words.into_iter().map(Sequence::Symbols).collect();
        hmm.fit(&sequences).unwrap();
        let p = hmm.parameters().unwrap();
        assert_eq!(p.start, [1.0, 0.0, 0.0, 0.0]);
        for i in 0..4 {
            for j in 0..4 {
                assert!(j == i || j == i + 1 || p.transition[i][j] == 0.0);
            }
        }
        assert_eq!(hmm.viterbi(&sequences[0]).unwrap().0, [0, 0, 1, 2, 2, 3]);
        // Wrong order: no path.
        let sure = (0..4).map(|i| (0..4).map(|j| f64::from(u8::from(i == j))).collect()).collect();
        hmm.set_parameters(HmmParameters { emission: Emission::Discrete(sure), ..p.clone() }).unwrap();
        let wrong = Sequence::Symbols(vec![0, 1, 0, 1]);
        let says = |r: Result<(Vec<u32>, f64)>| r.unwrap_err().to_string();
        assert!(says(hmm.viterbi(&wrong)).contains("impossible for the model from step 3 on"));
        assert!(hmm.posterior(&wrong).unwrap_err().to_string().contains("from step 3 on"));
        assert_eq!(hmm.log_likelihood(&wrong).unwrap(), f64::NEG_INFINITY);
        assert!(hmm.fit(&[wrong]).unwrap_err().to_string().contains("sequence 1 is impossible"));
        // A path that exists, but only through what Gaussians find all but impossible.
        let mut far = Hmm::new(HmmSettings { topology: Topology::LeftToRight, ..Default::default() }).unwrap();
        far.set_parameters(HmmParameters {
            start: vec![1.0, 0.0],
            transition: vec![vec![0.5, 0.5], vec![0.0, 1.0]],
            emission: Emission::Gaussian {
                means: vec![vec![0.0], vec![1000.0]],
                covariances: vec![vec![1.0], vec![1.0]],
            },
        })
        .unwrap();
        let q = Sequence::Points(Samples::new(5, 1, vec![1000.0, 0.0, 1000.0, 1000.0, 0.0]).unwrap());
        let log = far.log_likelihood(&q).unwrap();
        let (path, best) = far.viterbi(&q).unwrap();
        assert_eq!(path, [0, 0, 1, 1, 1]);
        assert!(
            (log - best).abs() < 1e-6 * log.abs() && far.posterior(&q).unwrap().values().iter().all(|v| v.is_finite())
        );
    }

    #[test]
    fn what_is_given_and_not_to_be_learned_is_kept() {
        let begin = HmmStart {
            transition: Some(vec![vec![0.5, 0.5], vec![0.5, 0.5]]),
            emission: Some(Emission::Gaussian { means: vec![vec![0.0], vec![5.0]], covariances: vec![vec![1.0]; 2] }),
            ..Default::default()
        };
        let settings = HmmSettings { learn_transition: false, ..Default::default() };
        let mut hmm = Hmm::new(settings).unwrap();
        hmm.set_begin(begin).unwrap();
        let q = Sequence::Points(Samples::new(6, 1, vec![0.1, -0.1, 5.2, 0.0, 4.8, 5.0]).unwrap());
        hmm.fit(&[q]).unwrap();
        let p = hmm.parameters().unwrap();
        assert_eq!(p.transition, [[0.5, 0.5], [0.5, 0.5]]);
        let Emission::Gaussian { means, .. } = &p.emission else { panic!() };
        assert!((means[0][0]).abs() < 1e-6 && (means[1][0] - 5.0).abs() < 1e-6, "{means:?}");
    }

    #[test]
    fn saved_and_read_back_it_is_the_same_and_damage_is_told() {
        let (q, _) = moving(300, 2, 4);
        let mut hmm = Hmm::new(HmmSettings { states: 3, ..Default::default() }).unwrap();
        assert!(hmm.log_likelihood(&q).unwrap_err().to_string().contains("not fitted"));
        hmm.fit(std::slice::from_ref(&q)).unwrap();
        let bytes = hmm.to_bytes().unwrap();
        let back = Hmm::from_saved(&bytes).unwrap();
        assert_eq!(back.log_likelihood(&q).unwrap(), hmm.log_likelihood(&q).unwrap());
        assert!(Hmm::from_saved(&bytes[..bytes.len() / 2]).is_err());
        for i in (0..bytes.len()).step_by(3) {
            let mut hurt = bytes.clone();
            hurt[i] ^= 0x15;
            if let Ok(h) = Hmm::from_saved(&hurt) {
                let _ = h.viterbi(&q);
                let _ = h.posterior(&q);
            }
        }
    }

    #[test]
    fn odd_data_gets_a_sentence_or_an_answer() {
        let says = |r: Result<Fit>| r.unwrap_err().to_string();
        let mut hmm = Hmm::new(HmmSettings::default()).unwrap();
        assert_eq!(says(hmm.fit(&[])), "hmm: there are no observations");
        assert!(says(hmm.fit(&[Sequence::Symbols(vec![1])])).contains("must hold points"));
        let nan = Sequence::Points(Samples::new(2, 1, vec![0.0, f64::NAN]).unwrap());
        assert!(says(hmm.fit(&[nan])).contains("NaN"));
        // One row; constants; a constant column; more states than rows.
        let full = HmmSettings { covariance: HmmCovariance::Full, states: 3, ..Default::default() };
        for values in [vec![1.0, 2.0], vec![7.0; 20], vec![1.0, 5.0, 2.0, 5.0, 3.0, 5.0, 4.0, 5.0], vec![1e90; 8]] {
            let q = Sequence::Points(Samples::new(values.len() / 2, 2, values).unwrap());
            let mut hmm = Hmm::new(full.clone()).unwrap();
            hmm.fit(std::slice::from_ref(&q)).unwrap();
            assert!(hmm.log_likelihood(&q).unwrap().is_finite());
            assert!(hmm.posterior(&q).unwrap().values().iter().all(|v| v.is_finite()));
        }
        let mut one = Hmm::new(discrete(2)).unwrap();
        one.fit(&[Sequence::Symbols(vec![0]), Sequence::Symbols(vec![])]).unwrap();
        assert!(one.log_likelihood(&Sequence::Symbols(vec![])).unwrap() == 0.0);
        assert!(one.viterbi(&Sequence::Symbols(vec![3])).unwrap_err().to_string().contains("symbol 4 is not one of 1"));
        let bad = HmmParameters { start: vec![0.5, 0.6], ..random_parameters(2, 2, 0) };
        assert!(one.set_parameters(bad).unwrap_err().to_string().contains("`start` sums to 1.1"));
    }

    #[test]
    fn one_and_two_threads_agree() {
        let sequences: Vec<Sequence> = (0..5).map(|i| moving(5000, 2, i).0).collect();
        let run = |threads| {
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
                let mut hmm = Hmm::new(HmmSettings { states: 3, steps: 5, ..Default::default() }).unwrap();
                hmm.fit(&sequences).unwrap();
                hmm.history().to_vec()
            })
        };
        assert_eq!(run(1), run(2));
    }
}
