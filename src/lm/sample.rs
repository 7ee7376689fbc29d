//! Choosing the next token from logits. In this order: logit bias, banned tokens, penalties, the caller's function,
//! temperature, top-k, top-p, min-p, typical; then a draw.

use crate::data::{self, Rng};
use crate::error::ensure_setting;
use crate::{Error, Result};

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
            seed: None,
        }
    }
}

/// A function that changes the logits `[vocab]` before temperature; −∞ forbids a token.
pub type LogitHook = Box<dyn FnMut(&mut [f32]) -> Result<()> + Send>;

/// Draws tokens; needs no new memory from draw to draw.
pub struct Sampler {
    settings: Sampling,
    hook: Option<LogitHook>,
    rng: Rng,
    order: Vec<u32>,            // candidates, likeliest first once sorted
    odds: Vec<f64>,             // of the candidates, unnormalised
    typical: Vec<(f64, usize)>, // distances from the expected surprise
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
        Ok(Self { settings, hook: None, rng, order: Vec::new(), odds: Vec::new(), typical: Vec::new() })
    }

    /// Lets `hook` change the logits of every draw, after the penalties and before temperature.
    pub fn set_hook(&mut self, hook: Option<LogitHook>) {
        self.hook = hook;
    }

    /// Takes the hook away.
    pub fn take_hook(&mut self) -> Option<LogitHook> {
        self.hook.take()
    }

    /// Draws a token; `recent` are those that the penalties make less likely. The logits are used up.
    ///
    /// # Errors
    /// If a logit is NaN or +∞, a biased or banned token is none, nothing is left to draw, or the hook fails.
    pub fn sample(&mut self, logits: &mut [f32], recent: &[u32]) -> Result<u32> {
        ensure_logits(logits, "the model's weights are damaged, or training went astray")?;
        let outside = |t: u32| {
            Error::value(format!("generate: `logit_bias` or `banned`: token {t} is outside 0..{}", logits.len() - 1))
        };
        let Sampling { logit_bias, banned, .. } = &self.settings;
        let named = logit_bias.iter().map(|(t, _)| *t).chain(banned.iter().copied());
        if let Some(t) = { named }.find(|t| *t as usize >= logits.len()) {
            return Err(outside(t));
        }
        logit_bias.iter().for_each(|(token, bias)| logits[*token as usize] += bias);
        banned.iter().for_each(|token| logits[*token as usize] = f32::NEG_INFINITY);
        self.penalise(logits, recent);
        if let Some(hook) = &mut self.hook {
            hook(logits)?;
            ensure_logits(logits, "the function that changes the logits gave it")?;
        }
        let first = likeliest(logits);
        if logits[first as usize] == f32::NEG_INFINITY {
            return Err(Error::value("generate: every token is forbidden"));
        }
        let Sampling { temperature, top_k, top_p, min_p, typical_p, .. } = self.settings;
        if temperature == 0.0 || top_k == 1 {
            return Ok(first);
        }
        self.order.clear();
        self.order.extend(0..logits.len() as u32);
        // Equal logits in order of their numbers: the same choice on every machine.
        let by_logit = |a: &u32, b: &u32| logits[*b as usize].total_cmp(&logits[*a as usize]).then(a.cmp(b));
        if (1..logits.len()).contains(&top_k) {
            self.order.select_nth_unstable_by(top_k - 1, by_logit);
            self.order.truncate(top_k);
        }
        if top_p < 1.0 || typical_p < 1.0 {
            self.order.sort_unstable_by(by_logit);
        }
        let most = f64::from(logits[first as usize]);
        let odds = |token: &u32| ((f64::from(logits[*token as usize]) - most) / temperature).exp();
        self.odds.clear();
        self.odds.extend(self.order.iter().map(odds));
        if top_p < 1.0 {
            let total: f64 = self.odds.iter().sum();
            let enough = enough(self.odds.iter().copied(), top_p * total);
            self.odds.truncate(enough);
            self.order.truncate(enough);
        }
        if min_p > 0.0 {
            // The likeliest has odds of 1.
            let mut odds = self.odds.iter();
            self.order.retain(|_| odds.next().is_some_and(|o| *o >= min_p));
            self.odds.retain(|o| *o >= min_p);
        }
        if typical_p < 1.0 {
            self.keep_typical(typical_p);
        }
        Ok(self.draw())
    }

    /// Keeps the candidates whose surprise −ln p is nearest to their expected one, the entropy.
    fn keep_typical(&mut self, typical_p: f64) {
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
        self.order.clear();
        self.order.extend(recent);
        self.order.sort_unstable();
        for same in self.order.chunk_by(|a, b| a == b) {
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

    const PLAIN: Sampling = Sampling {
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
        seed: Some(1),
    };

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
            let seen = counts(Sampling { temperature, ..PLAIN }, &logs(&p), 100_000);
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
        assert_eq!(support(Sampling { top_k: 2, ..PLAIN }), [1, 3]);
        assert_eq!(support(Sampling { top_k: 9, ..PLAIN }), [0, 1, 2, 3, 4]);
        assert_eq!(support(Sampling { top_p: 0.39, ..PLAIN }), [1]);
        assert_eq!(support(Sampling { top_p: 0.6, ..PLAIN }), [1, 3]);
        assert_eq!(support(Sampling { top_p: 0.66, ..PLAIN }), [1, 2, 3]);
        // Of the three kept by top-k, 0.85 of the whole, the first two have 0.76.
        assert_eq!(support(Sampling { top_k: 3, top_p: 0.75, ..PLAIN }), [1, 3]);
        assert_eq!(support(Sampling { temperature: 0.0, ..PLAIN }), [1]);
    }

    #[test]
    fn min_p_typical_bias_and_bans_keep_exactly_what_they_say() {
        let p = [0.1, 0.4, 0.2, 0.25, 0.05];
        let logits = logs(&p);
        let support = |settings| {
            let seen = counts(settings, &logits, 4000);
            (0..5).filter(|i| seen[*i] > 0).collect::<Vec<_>>()
        };
        assert_eq!(support(Sampling { min_p: 0.51, ..PLAIN }), [1, 3]);
        assert_eq!(support(Sampling { min_p: 0.49, ..PLAIN }), [1, 2, 3]);
        assert_eq!(support(Sampling { min_p: 1.0, ..PLAIN }), [1]);
        // The entropy is 1.415 nats; surprises lie off by 0.888, 0.498, 0.195, 0.028 and 1.581.
        assert_eq!(support(Sampling { typical_p: 0.2, ..PLAIN }), [3]);
        assert_eq!(support(Sampling { typical_p: 0.4, ..PLAIN }), [2, 3]);
        assert_eq!(support(Sampling { typical_p: 0.5, ..PLAIN }), [1, 2, 3]);
        assert_eq!(support(Sampling { typical_p: 0.9, ..PLAIN }), [0, 1, 2, 3]);
        // After top-p has left 1 and 3 with 0.615 and 0.385, the entropy is 0.666, and 1 is the nearer.
        assert_eq!(support(Sampling { top_p: 0.6, typical_p: 0.5, ..PLAIN }), [1]);
        assert_eq!(support(Sampling { banned: vec![1, 4], ..PLAIN }), [0, 2, 3]);
        assert_eq!(support(Sampling { logit_bias: vec![(0, 30.0)], ..PLAIN }), [0]);
        assert_eq!(support(Sampling { logit_bias: vec![(0, 30.0)], banned: vec![0], temperature: 0.0, ..PLAIN }), [1]);
        let refusal = |settings| Sampler::new(settings).unwrap().sample(&mut logits.clone(), &[]).unwrap_err();
        assert!(refusal(Sampling { banned: vec![5], ..PLAIN }).to_string().ends_with("token 5 is outside 0..4"));
        let none = refusal(Sampling { banned: (0..5).collect(), ..PLAIN }).to_string();
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
        assert!(chi(Sampling { min_p: 0.3, ..PLAIN }, &[(1, 0.4), (2, 0.2), (3, 0.25)]) < 13.82);
        assert!(chi(Sampling { typical_p: 0.4, ..PLAIN }, &[(2, 0.2), (3, 0.25)]) < 10.83);
        let biased = Sampling { logit_bias: vec![(4, 4f32.ln())], top_k: 3, ..PLAIN };
        assert!(chi(biased, &[(1, 0.4), (3, 0.25), (2, 0.2)]) < 13.82);
    }

    #[test]
    fn the_function_sees_penalised_logits_and_has_its_way_before_temperature() {
        let mut sampler =
            Sampler::new(Sampling { temperature: 0.0, presence_penalty: 1.0, frequency_penalty: 0.5, ..PLAIN })
                .unwrap();
        sampler.set_hook(Some(Box::new(|logits| {
            assert_eq!(logits, [1.0, 2.0 - 1.0 - 2.0 * 0.5]);
            logits[1] = 7.0;
            Ok(())
        })));
        assert_eq!(sampler.sample(&mut [1.0, 2.0], &[1, 1]).unwrap(), 1);
        sampler.set_hook(Some(Box::new(|logits| {
            logits[0] = f32::NAN;
            Ok(())
        })));
        assert!(sampler.sample(&mut [1.0, 2.0], &[]).unwrap_err().to_string().contains("the function"));
        sampler.set_hook(Some(Box::new(|_| Err(Error::Callback))));
        assert!(matches!(sampler.sample(&mut [1.0, 2.0], &[]), Err(Error::Callback)));
    }

    #[test]
    fn the_penalty_never_raises_a_repeated_token() {
        let before = [2.0, -1.0, 0.5, -3.0, 0.0];
        let mut sampler = Sampler::new(Sampling { repetition_penalty: 1.5, ..PLAIN }).unwrap();
        let mut after = before;
        sampler.penalise(&mut after, &[0, 1, 4, 0, 0]);
        assert_eq!(after, [2.0 / 1.5, -1.5, 0.5, -3.0, 0.0]);
        assert!(after.iter().zip(before).all(|(a, b)| *a <= b));
        let all = Sampling { repetition_penalty: 1.3, presence_penalty: 0.7, frequency_penalty: 0.2, ..PLAIN };
        let (mut sampler, mut after) = (Sampler::new(all).unwrap(), before);
        sampler.penalise(&mut after, &[3, 2, 2]);
        let by_hand = [2.0, -1.0, 0.5 / 1.3 - 1.1, -3.9 - 0.9, 0.0];
        assert!(after.iter().zip(by_hand).all(|(a, b): (&f32, f32)| (a - b).abs() < 1e-6), "{after:?}");
        assert!(Sampler::new(Sampling { presence_penalty: -0.1, ..PLAIN }).is_err());
        let message = Sampler::new(Sampling { repetition_penalty: 0.9, ..PLAIN }).err().unwrap().to_string();
        assert_eq!(message, "generate: `repetition_penalty` must be finite and at least 1, got 0.9");
    }

    #[test]
    fn one_seed_gives_one_sequence() {
        let logits = logs(&[0.2; 5]);
        let draw = |seed| {
            let mut s = Sampler::new(Sampling { seed, ..PLAIN }).unwrap();
            (0..40).map(|_| s.sample(&mut logits.clone(), &[]).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(draw(Some(7)), draw(Some(7)));
        assert_ne!(draw(Some(7)), draw(Some(8)));
        assert_ne!(draw(None), draw(None));
    }

    #[test]
    fn damaged_logits_are_refused_and_impossible_tokens_never_drawn() {
        let mut sampler = Sampler::new(PLAIN).unwrap();
        assert!(sampler.sample(&mut [0.0, f32::NAN], &[]).unwrap_err().to_string().contains("a logit is NaN"));
        for _ in 0..200 {
            assert_eq!(sampler.sample(&mut [f32::NEG_INFINITY, 0.0, f32::NEG_INFINITY], &[]).unwrap(), 1);
        }
    }
}
