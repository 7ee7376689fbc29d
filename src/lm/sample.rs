//! Choosing the next token from logits: a chain of links, each of which changes the logits or leaves candidates out; then a
//! draw. The caller's functions may stand anywhere in the chain.

use super::constrain::TokenMask;
use crate::data::{self, Rng};
use crate::error::ensure_setting;
use crate::{Error, Result};

/// One step of the way from logits to a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// `logit_bias`, and `banned`.
    Bias,
    /// The three penalties.
    Penalties,
    /// A function of the caller's, by its number; see [`LogitHook`].
    Function(usize),
    /// `temperature`.
    Temperature,
    /// `top_k`.
    TopK,
    /// `top_p`.
    TopP,
    /// `min_p`.
    MinP,
    /// `typical_p`.
    TypicalP,
}

impl Link {
    /// The usual chain: bias, penalties, temperature, top-k, top-p, min-p, typical.
    pub const USUAL: [Link; 7] =
        [Link::Bias, Link::Penalties, Link::Temperature, Link::TopK, Link::TopP, Link::MinP, Link::TypicalP];

    /// Its name in option tables; none for a function.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Link::Bias => "bias",
            Link::Penalties => "penalties",
            Link::Function(_) => return None,
            Link::Temperature => "temperature",
            Link::TopK => "top_k",
            Link::TopP => "top_p",
            Link::MinP => "min_p",
            Link::TypicalP => "typical_p",
        })
    }
}

/// How a token is chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// Divides the logits; 0 always takes the likeliest token.
    pub temperature: f64,
    /// Only this many of the likeliest tokens are drawn from; 0 means all.
    pub top_k: usize,
    /// Only the likeliest tokens that together have this probability are drawn from (Holtzman et al. 2020,
    /// arXiv:1904.09751), in (0, 1].
    pub top_p: f64,
    /// Only tokens with at least this part of the likeliest one's probability are drawn from (Nguyen et al. 2024,
    /// arXiv:2407.01082), in [0, 1].
    pub min_p: f64,
    /// Only the tokens whose surprise is nearest to the expected one and that together have this probability are drawn
    /// from (Meister et al. 2022, arXiv:2202.00666), in (0, 1].
    pub typical_p: f64,
    /// Makes recent tokens less likely, at least 1 (Keskar et al. 2019, arXiv:1909.05858).
    pub repetition_penalty: f64,
    /// Taken from the logit of each recent token once, at least 0.
    pub presence_penalty: f64,
    /// Taken from the logit of each recent token for each time that it came, at least 0.
    pub frequency_penalty: f64,
    /// Added to the logits of these tokens.
    pub logit_bias: Vec<(u32, f32)>,
    /// Never drawn.
    pub banned: Vec<u32>,
    /// The order of all this; what is left out has no effect.
    pub chain: Vec<Link>,
    /// Seed of the draws; none gives other draws every time.
    pub seed: Option<u64>,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 1.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            typical_p: 1.0,
            repetition_penalty: 1.0,
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
            logit_bias: Vec::new(),
            banned: Vec::new(),
            chain: Link::USUAL.to_vec(),
            seed: None,
        }
    }
}

/// The caller's functions in the chain: given a function's number, the logits `[vocab]` as they are there (−∞ for what has
/// been left out) and the recent tokens, it changes the logits; −∞ forbids a token.
pub type LogitHook<'a> = dyn FnMut(usize, &mut [f32], &[u32]) -> Result<()> + 'a;

/// The hook of a chain without functions.
pub(super) fn no_functions(_: usize, _: &mut [f32], _: &[u32]) -> Result<()> {
    Err(Error::value("generate: the chain has a function, but none was given"))
}

/// Draws tokens; needs no new memory from draw to draw.
pub struct Sampler {
    settings: Sampling,
    rng: Rng,
    order: Vec<u32>,            // candidates, likeliest first once sorted
    sorted: bool,               // whether they are
    divisor: f64,               // of the logits, from the temperature
    odds: Vec<f64>,             // of the candidates, unnormalised; the likeliest has 1. Empty when not yet known
    typical: Vec<(f64, usize)>, // distances from the expected surprise
    tally: Vec<u32>,            // the recent tokens in order
    spare: Vec<f32>,            // the candidates' logits for a moment
}

impl Sampler {
    /// Checks the settings.
    ///
    /// # Errors
    /// If one is out of its range.
    pub fn new(settings: Sampling) -> Result<Self> {
        let s = &settings;
        let ensure = |ok, name, rule, got: f64| ensure_setting(ok, "generate", name, rule, got);
        ensure(
            s.temperature.is_finite() && s.temperature >= 0.0,
            "temperature",
            "finite and at least 0",
            s.temperature,
        )?;
        ensure(s.top_p > 0.0 && s.top_p <= 1.0, "top_p", "in (0, 1]", s.top_p)?;
        ensure((0.0..=1.0).contains(&s.min_p), "min_p", "in [0, 1]", s.min_p)?;
        ensure(s.typical_p > 0.0 && s.typical_p <= 1.0, "typical_p", "in (0, 1]", s.typical_p)?;
        let penalty = s.repetition_penalty;
        ensure(penalty.is_finite() && penalty >= 1.0, "repetition_penalty", "finite and at least 1", penalty)?;
        for (name, penalty) in [("presence_penalty", s.presence_penalty), ("frequency_penalty", s.frequency_penalty)] {
            ensure(penalty.is_finite() && penalty >= 0.0, name, "finite and at least 0", penalty)?;
        }
        if let Some((_, bias)) = s.logit_bias.iter().find(|(_, bias)| !bias.is_finite()) {
            ensure(false, "logit_bias", "of finite numbers (`banned` forbids tokens)", f64::from(*bias))?;
        }
        let rng = Rng::new(settings.seed.unwrap_or_else(data::entropy));
        Ok(Self {
            settings,
            rng,
            order: Vec::new(),
            sorted: false,
            divisor: 1.0,
            odds: Vec::new(),
            typical: Vec::new(),
            tally: Vec::new(),
            spare: Vec::new(),
        })
    }

    /// Draws a token; `recent` are those that the penalties make less likely. The logits are used up.
    ///
    /// # Errors
    /// If a logit is NaN or +∞, a biased or banned token is none, nothing is left to draw, or the chain has a function.
    pub fn sample(&mut self, logits: &mut [f32], recent: &[u32]) -> Result<u32> {
        self.sample_with(logits, recent, &mut no_functions)
    }

    /// As [`sample`](Self::sample), with the chain's functions. At temperature 0 nothing is left out on the way, and the
    /// likeliest token is taken.
    ///
    /// # Errors
    /// As there, or if `hook` fails.
    pub fn sample_with(&mut self, logits: &mut [f32], recent: &[u32], hook: &mut LogitHook) -> Result<u32> {
        self.sample_among(None, logits, recent, hook)
    }

    /// As [`sample_with`](Self::sample_with), among the tokens that a constraint allows: the others are left out before
    /// the chain begins, and no function in it brings them back.
    ///
    /// # Errors
    /// As there.
    pub fn sample_among(
        &mut self,
        allowed: Option<&TokenMask>,
        logits: &mut [f32],
        recent: &[u32],
        hook: &mut LogitHook,
    ) -> Result<u32> {
        ensure_logits(logits, "the model's weights are damaged, or training went astray")?;
        let outside = |t: u32| {
            Error::value(format!("generate: `logit_bias` or `banned`: token {t} is outside 0..{}", logits.len() - 1))
        };
        let Sampling { logit_bias, banned, .. } = &self.settings;
        let named = logit_bias.iter().map(|(t, _)| *t).chain(banned.iter().copied());
        if let Some(t) = { named }.find(|t| *t as usize >= logits.len()) {
            return Err(outside(t));
        }
        let greedy = self.settings.temperature == 0.0;
        self.order.clear();
        match allowed {
            Some(allowed) => {
                allowed.apply(logits);
                self.order.extend(allowed.tokens().filter(|_| !greedy));
            }
            None if greedy => {}
            None => self.order.extend(0..logits.len() as u32),
        }
        (self.sorted, self.divisor) = (false, 1.0);
        self.odds.clear();
        for at in 0..self.settings.chain.len() {
            match self.settings.chain[at] {
                Link::Bias => {
                    self.settings.logit_bias.iter().for_each(|(token, bias)| logits[*token as usize] += bias);
                    self.settings.banned.iter().for_each(|token| logits[*token as usize] = f32::NEG_INFINITY);
                    self.forget();
                }
                Link::Penalties => {
                    self.penalise(logits, recent);
                    self.forget();
                }
                Link::Function(number) => {
                    self.lay_open(logits);
                    hook(number, logits, recent)?;
                    ensure_logits(logits, "the function that changes the logits gave it")?;
                    if let Some(allowed) = allowed {
                        allowed.apply(logits);
                    }
                    if !greedy {
                        self.order.clear();
                        self.order.extend((0..logits.len() as u32).filter(|t| logits[*t as usize] > f32::NEG_INFINITY));
                    }
                }
                Link::Temperature if !greedy => {
                    self.divisor *= self.settings.temperature;
                    self.odds.clear();
                }
                Link::TopK if !greedy => self.keep_top_k(logits),
                Link::TopP if self.settings.top_p < 1.0 && !greedy => self.keep_top_p(logits),
                Link::MinP if self.settings.min_p > 0.0 && !greedy => self.keep_min_p(logits),
                Link::TypicalP if self.settings.typical_p < 1.0 && !greedy => self.keep_typical(logits),
                _ => {}
            }
        }
        if greedy {
            let first = likeliest(logits);
            return if logits[first as usize] > f32::NEG_INFINITY { Ok(first) } else { Err(forbidden()) };
        }
        self.weigh(logits)?;
        Ok(self.draw())
    }

    /// Whether `token` may be taken without a draw where it is the only one left: nobody forbids it.
    pub(super) fn takes_alone(&self, token: u32) -> bool {
        let function = |link: &Link| matches!(link, Link::Function(_));
        !self.settings.banned.contains(&token) && !self.settings.chain.iter().any(function)
    }

    /// After a change of the logits nothing is known of the candidates but who they are.
    fn forget(&mut self) {
        self.sorted = false;
        self.odds.clear();
    }

    /// Writes into the logits what has come of them: divided by the temperature, −∞ for what is no candidate.
    fn lay_open(&mut self, logits: &mut [f32]) {
        if self.order.len() < logits.len() && self.settings.temperature > 0.0 {
            self.spare.clear();
            self.spare.extend(self.order.iter().map(|t| logits[*t as usize]));
            logits.fill(f32::NEG_INFINITY);
            self.order.iter().zip(&self.spare).for_each(|(token, logit)| logits[*token as usize] = *logit);
        }
        if self.divisor != 1.0 {
            let divisor = std::mem::replace(&mut self.divisor, 1.0) as f32;
            logits.iter_mut().for_each(|l| *l /= divisor);
        }
        self.forget();
    }

    fn sort(&mut self, logits: &[f32]) {
        if !self.sorted {
            self.order.sort_unstable_by(|a, b| by_logit(logits, *a, *b));
            self.sorted = true;
            self.odds.clear();
        }
    }

    /// Sees to it that the candidates' odds are known.
    fn weigh(&mut self, logits: &[f32]) -> Result<()> {
        let most = self.order.iter().fold(f32::NEG_INFINITY, |most, t| most.max(logits[*t as usize]));
        if most == f32::NEG_INFINITY {
            return Err(forbidden());
        }
        if self.odds.is_empty() {
            let (most, divisor) = (f64::from(most), self.divisor);
            self.odds.extend(self.order.iter().map(|t| ((f64::from(logits[*t as usize]) - most) / divisor).exp()));
        }
        Ok(())
    }

    fn keep_top_k(&mut self, logits: &[f32]) {
        let k = self.settings.top_k;
        if !(1..self.order.len()).contains(&k) {
            return;
        }
        if !self.sorted {
            // Equal logits in order of their numbers: the same choice on every machine.
            self.order.select_nth_unstable_by(k - 1, |a, b| by_logit(logits, *a, *b));
            self.odds.clear();
        }
        self.order.truncate(k);
        self.odds.truncate(k);
    }

    fn keep_top_p(&mut self, logits: &[f32]) {
        self.sort(logits);
        if self.weigh(logits).is_err() {
            return; // told at the end
        }
        let total: f64 = self.odds.iter().sum();
        let enough = enough(self.odds.iter().copied(), self.settings.top_p * total);
        self.odds.truncate(enough);
        self.order.truncate(enough);
    }

    fn keep_min_p(&mut self, logits: &[f32]) {
        if self.weigh(logits).is_err() {
            return;
        }
        let min_p = self.settings.min_p; // the likeliest has odds of 1
        let mut odds = self.odds.iter();
        self.order.retain(|_| odds.next().is_some_and(|o| *o >= min_p));
        self.odds.retain(|o| *o >= min_p);
    }

    /// Keeps the candidates whose surprise −ln p is nearest to their expected one, the entropy.
    fn keep_typical(&mut self, logits: &[f32]) {
        self.sort(logits);
        if self.weigh(logits).is_err() {
            return;
        }
        let typical_p = self.settings.typical_p;
        let total: f64 = self.odds.iter().sum();
        let surprise = |odds: f64| -(odds / total).ln();
        let expected: f64 = self.odds.iter().filter(|o| **o > 0.0).map(|o| o / total * surprise(*o)).sum();
        self.typical.clear();
        self.typical.extend(self.odds.iter().enumerate().map(|(i, o)| ((surprise(*o) - expected).abs(), i)));
        self.typical.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let kept = enough(self.typical.iter().map(|(_, i)| self.odds[*i]), typical_p * total);
        self.typical.truncate(kept);
        self.typical.sort_unstable_by_key(|(_, i)| *i);
        for (to, (_, from)) in self.typical.iter().enumerate() {
            // In rising order, so nothing is overwritten that is still needed.
            (self.order[to], self.odds[to]) = (self.order[*from], self.odds[*from]);
        }
        self.order.truncate(kept);
        self.odds.truncate(kept);
    }

    fn draw(&mut self) -> u32 {
        let mut left = self.rng.uniform() * self.odds.iter().sum::<f64>();
        for (token, odds) in self.order.iter().zip(&self.odds) {
            left -= odds;
            if left < 0.0 {
                return *token;
            }
        }
        // Rounding may leave a crumb: it belongs to the last that is possible at all.
        let last = self.odds.iter().rposition(|o| *o > 0.0).unwrap_or(0);
        self.order[last]
    }

    /// Recent tokens' logits move down: positive ones are divided by the repetition penalty, negative ones multiplied;
    /// then the other two are taken away.
    fn penalise(&mut self, logits: &mut [f32], recent: &[u32]) {
        let Sampling { repetition_penalty, presence_penalty, frequency_penalty, .. } = self.settings;
        if (repetition_penalty, presence_penalty, frequency_penalty) == (1.0, 0.0, 0.0) {
            return;
        }
        self.tally.clear();
        self.tally.extend(recent);
        self.tally.sort_unstable();
        for same in self.tally.chunk_by(|a, b| a == b) {
            let logit = &mut logits[same[0] as usize];
            let penalty = repetition_penalty as f32;
            *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
            *logit -= (presence_penalty + frequency_penalty * same.len() as f64) as f32;
        }
    }
}

fn ensure_logits(logits: &[f32], why: &str) -> Result<()> {
    match logits.iter().find(|l| l.is_nan() || **l == f32::INFINITY) {
        Some(bad) => Err(Error::value(format!("generate: a logit is {bad}; {why}"))),
        None => Ok(()),
    }
}

fn by_logit(logits: &[f32], a: u32, b: u32) -> std::cmp::Ordering {
    logits[b as usize].total_cmp(&logits[a as usize]).then(a.cmp(&b))
}

fn forbidden() -> Error {
    Error::value("generate: every token is forbidden")
}

/// How many of `odds` are needed for a sum of `wanted`.
fn enough(odds: impl ExactSizeIterator<Item = f64>, wanted: f64) -> usize {
    let (mut within, all) = (0.0, odds.len());
    let last = { odds }.position(|o| {
        within += o;
        within >= wanted
    });
    last.map_or(all, |last| last + 1)
}

/// The token with the highest logit, the first of equals.
fn likeliest(logits: &[f32]) -> u32 {
    let better = |best: usize, i: usize| if logits[i] > logits[best] { i } else { best };
    (0..logits.len()).reduce(better).unwrap_or(0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Sampling {
        Sampling { seed: Some(1), ..Default::default() }
    }

    fn logs(p: &[f64]) -> Vec<f32> {
        p.iter().map(|p| p.ln() as f32).collect()
    }

    fn counts(settings: Sampling, logits: &[f32], draws: usize) -> Vec<usize> {
        let mut sampler = Sampler::new(settings).unwrap();
        let mut seen = vec![0; logits.len()];
        for _ in 0..draws {
            seen[sampler.sample(&mut logits.to_vec(), &[]).unwrap() as usize] += 1;
        }
        seen
    }

    #[test]
    fn draws_follow_the_probabilities() {
        // χ² with 4 degrees of freedom is above 18.47 once in a thousand.
        for (temperature, p) in [(1.0, [0.1, 0.4, 0.2, 0.25, 0.05]), (0.5, [0.1, 0.4, 0.2, 0.25, 0.05])] {
            let seen = counts(Sampling { temperature, ..plain() }, &logs(&p), 100_000);
            let sharp = p.map(|p: f64| p.powf(1.0 / temperature));
            let total: f64 = sharp.iter().sum();
            let expected = sharp.map(|s| s / total * 100_000.0);
            let chi: f64 = seen.iter().zip(expected).map(|(s, e)| (*s as f64 - e).powi(2) / e).sum();
            assert!(chi < 18.47, "χ² {chi} at temperature {temperature}: {seen:?}");
        }
    }

    #[test]
    fn top_k_and_top_p_keep_exactly_the_likeliest() {
        let logits = logs(&[0.1, 0.4, 0.2, 0.25, 0.05]);
        let support = |settings| {
            let seen = counts(settings, &logits, 4000);
            (0..5).filter(|i| seen[*i] > 0).collect::<Vec<_>>()
        };
        assert_eq!(support(Sampling { top_k: 2, ..plain() }), [1, 3]);
        assert_eq!(support(Sampling { top_k: 9, ..plain() }), [0, 1, 2, 3, 4]);
        assert_eq!(support(Sampling { top_p: 0.39, ..plain() }), [1]);
        assert_eq!(support(Sampling { top_p: 0.6, ..plain() }), [1, 3]);
        assert_eq!(support(Sampling { top_p: 0.66, ..plain() }), [1, 2, 3]);
        // Of the three kept by top-k, 0.85 of the whole, the first two have 0.76.
        assert_eq!(support(Sampling { top_k: 3, top_p: 0.75, ..plain() }), [1, 3]);
        assert_eq!(support(Sampling { temperature: 0.0, ..plain() }), [1]);
    }

    #[test]
    fn min_p_typical_bias_and_bans_keep_exactly_what_they_say() {
        let p = [0.1, 0.4, 0.2, 0.25, 0.05];
        let logits = logs(&p);
        let support = |settings| {
            let seen = counts(settings, &logits, 4000);
            (0..5).filter(|i| seen[*i] > 0).collect::<Vec<_>>()
        };
        assert_eq!(support(Sampling { min_p: 0.51, ..plain() }), [1, 3]);
        assert_eq!(support(Sampling { min_p: 0.49, ..plain() }), [1, 2, 3]);
        assert_eq!(support(Sampling { min_p: 1.0, ..plain() }), [1]);
        // The entropy is 1.415 nats; surprises lie off by 0.888, 0.498, 0.195, 0.028 and 1.581.
        assert_eq!(support(Sampling { typical_p: 0.2, ..plain() }), [3]);
        assert_eq!(support(Sampling { typical_p: 0.4, ..plain() }), [2, 3]);
        assert_eq!(support(Sampling { typical_p: 0.5, ..plain() }), [1, 2, 3]);
        assert_eq!(support(Sampling { typical_p: 0.9, ..plain() }), [0, 1, 2, 3]);
        // After top-p has left 1 and 3 with 0.615 and 0.385, the entropy is 0.666, and 1 is the nearer.
        assert_eq!(support(Sampling { top_p: 0.6, typical_p: 0.5, ..plain() }), [1]);
        assert_eq!(support(Sampling { banned: vec![1, 4], ..plain() }), [0, 2, 3]);
        assert_eq!(support(Sampling { logit_bias: vec![(0, 30.0)], ..plain() }), [0]);
        assert_eq!(
            support(Sampling { logit_bias: vec![(0, 30.0)], banned: vec![0], temperature: 0.0, ..plain() }),
            [1]
        );
        let refusal = |settings| Sampler::new(settings).unwrap().sample(&mut logits.clone(), &[]).unwrap_err();
        assert!(refusal(Sampling { banned: vec![5], ..plain() }).to_string().ends_with("token 5 is outside 0..4"));
        let none = refusal(Sampling { banned: (0..5).collect(), ..plain() }).to_string();
        assert_eq!(none, "generate: every token is forbidden");
    }

    #[test]
    fn what_is_kept_is_drawn_in_proportion() {
        // χ² above 13.82 with 2 degrees of freedom, 10.83 with 1, once in a thousand.
        let logits = logs(&[0.1, 0.4, 0.2, 0.25, 0.05]);
        let chi = |settings, kept: &[(usize, f64)]| {
            let seen = counts(settings, &logits, 50_000);
            let total: f64 = kept.iter().map(|(_, p)| p).sum();
            let part = |(i, p): &(usize, f64)| (seen[*i] as f64 - p / total * 5e4).powi(2) / (p / total * 5e4);
            kept.iter().map(part).sum::<f64>()
        };
        assert!(chi(Sampling { min_p: 0.3, ..plain() }, &[(1, 0.4), (2, 0.2), (3, 0.25)]) < 13.82);
        assert!(chi(Sampling { typical_p: 0.4, ..plain() }, &[(2, 0.2), (3, 0.25)]) < 10.83);
        let biased = Sampling { logit_bias: vec![(4, 4f32.ln())], top_k: 3, ..plain() };
        assert!(chi(biased, &[(1, 0.4), (3, 0.25), (2, 0.2)]) < 13.82);
    }

    #[test]
    fn the_function_sees_penalised_logits_and_has_its_way_before_temperature() {
        let mut sampler =
            Sampler::new(Sampling { temperature: 0.0, presence_penalty: 1.0, frequency_penalty: 0.5, ..plain() })
                .unwrap();
        sampler.settings.chain = vec![Link::Bias, Link::Penalties, Link::Function(3), Link::Temperature];
        let mut set = |number: usize, logits: &mut [f32], recent: &[u32]| {
            assert_eq!((number, &*logits, recent), (3, &[1.0, 2.0 - 1.0 - 2.0 * 0.5][..], &[1, 1][..]));
            logits[1] = 7.0;
            Ok(())
        };
        assert_eq!(sampler.sample_with(&mut [1.0, 2.0], &[1, 1], &mut set).unwrap(), 1);
        let mut spoil = |_: usize, logits: &mut [f32], _: &[u32]| {
            logits[0] = f32::NAN;
            Ok(())
        };
        let refusal = sampler.sample_with(&mut [1.0, 2.0], &[], &mut spoil).unwrap_err().to_string();
        assert!(refusal.contains("the function"));
        let mut fail = |_: usize, _: &mut [f32], _: &[u32]| Err(Error::Callback);
        assert!(matches!(sampler.sample_with(&mut [1.0, 2.0], &[], &mut fail), Err(Error::Callback)));
        assert!(sampler.sample(&mut [1.0, 2.0], &[]).unwrap_err().to_string().contains("none was given"));
    }

    #[test]
    fn functions_stand_anywhere_and_links_in_any_order() {
        let p = [0.1, 0.4, 0.2, 0.25, 0.05];
        let support = |settings: Sampling, hook: &mut LogitHook| {
            let mut sampler = Sampler::new(settings).unwrap();
            let mut seen = [false; 5];
            (0..2000).for_each(|_| seen[sampler.sample_with(&mut logs(&p), &[], hook).unwrap() as usize] = true);
            (0..5).filter(|i| seen[*i]).collect::<Vec<_>>()
        };
        // After temperature and top-k the function sees the two that are left, divided.
        let chain = vec![Link::Temperature, Link::TopK, Link::Function(0), Link::MinP];
        let mut seen = Vec::new();
        let mut look = |_: usize, logits: &mut [f32], _: &[u32]| {
            seen = logits.to_vec();
            logits[0] = logits[1]; // brings back what was left out
            Ok(())
        };
        let settings = Sampling { chain, temperature: 0.5, top_k: 2, min_p: 0.5, ..plain() };
        assert_eq!(support(settings, &mut look), [0, 1]); // .25² / .4² is below a half
        let before = logs(&p);
        assert_eq!(seen, [f32::NEG_INFINITY, 2.0 * before[1], f32::NEG_INFINITY, 2.0 * before[3], f32::NEG_INFINITY]);
        // Two functions, each under its own number.
        let chain = vec![Link::Function(0), Link::TopK, Link::Function(1)];
        let mut two = |number: usize, logits: &mut [f32], _: &[u32]| {
            logits[if number == 0 { 1 } else { 3 }] = f32::NEG_INFINITY;
            Ok(())
        };
        assert_eq!(support(Sampling { chain, top_k: 2, ..plain() }, &mut two), [2]);
        // Top-p before temperature looks at the plain probabilities, after it at the sharpened ones.
        let usual = Sampling { temperature: 0.5, top_p: 0.6, ..plain() };
        let turned = Sampling { chain: vec![Link::TopP, Link::Temperature], ..usual.clone() };
        assert_eq!(support(usual, &mut no_functions), [1, 3]); // .4² + .25² of .285 is .78; .4² alone .56
        assert_eq!(support(Sampling { top_p: 0.66, ..turned }, &mut no_functions), [1, 2, 3]);
        let unused = Sampling { chain: vec![Link::Temperature], top_k: 1, banned: vec![1], ..plain() };
        assert_eq!(support(unused, &mut no_functions), [0, 1, 2, 3, 4]);
        // At temperature 0 the functions still have their say.
        let mut none = |_: usize, logits: &mut [f32], _: &[u32]| {
            logits[1] = -9.0;
            Ok(())
        };
        let greedy = Sampling { temperature: 0.0, top_k: 1, chain: vec![Link::TopK, Link::Function(0)], ..plain() };
        assert_eq!(support(greedy, &mut none), [3]);
    }

    #[test]
    fn the_penalty_never_raises_a_repeated_token() {
        let before = [2.0, -1.0, 0.5, -3.0, 0.0];
        let mut sampler = Sampler::new(Sampling { repetition_penalty: 1.5, ..plain() }).unwrap();
        let mut after = before;
        sampler.penalise(&mut after, &[0, 1, 4, 0, 0]);
        assert_eq!(after, [2.0 / 1.5, -1.5, 0.5, -3.0, 0.0]);
        assert!(after.iter().zip(before).all(|(a, b)| *a <= b));
        let all = Sampling { repetition_penalty: 1.3, presence_penalty: 0.7, frequency_penalty: 0.2, ..plain() };
        let (mut sampler, mut after) = (Sampler::new(all).unwrap(), before);
        sampler.penalise(&mut after, &[3, 2, 2]);
        let by_hand = [2.0, -1.0, 0.5 / 1.3 - 1.1, -3.9 - 0.9, 0.0];
        assert!(after.iter().zip(by_hand).all(|(a, b): (&f32, f32)| (a - b).abs() < 1e-6), "{after:?}");
        assert!(Sampler::new(Sampling { presence_penalty: -0.1, ..plain() }).is_err());
        let message = Sampler::new(Sampling { repetition_penalty: 0.9, ..plain() }).err().unwrap().to_string();
        assert_eq!(message, "generate: `repetition_penalty` must be finite and at least 1, got 0.9");
    }

    #[test]
    fn one_seed_gives_one_sequence() {
        let logits = logs(&[0.2; 5]);
        let draw = |seed| {
            let mut s = Sampler::new(Sampling { seed, ..plain() }).unwrap();
            (0..40).map(|_| s.sample(&mut logits.clone(), &[]).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(draw(Some(7)), draw(Some(7)));
        assert_ne!(draw(Some(7)), draw(Some(8)));
        assert_ne!(draw(None), draw(None));
    }

    #[test]
    fn damaged_logits_are_refused_and_impossible_tokens_never_drawn() {
        let mut sampler = Sampler::new(plain()).unwrap();
        assert!(sampler.sample(&mut [0.0, f32::NAN], &[]).unwrap_err().to_string().contains("a logit is NaN"));
        for _ in 0..200 {
            assert_eq!(sampler.sample(&mut [f32::NEG_INFINITY, 0.0, f32::NEG_INFINITY], &[]).unwrap(), 1);
        }
    }
}
