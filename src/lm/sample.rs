//! Choosing the next token from logits: repetition penalty, temperature, top-k, top-p, in this order.

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
    /// Makes recent tokens less likely, at least 1 (Keskar et al. 2019, arXiv:1909.05858).
    pub repetition_penalty: f64,
    /// Seed of the draws; none gives other draws every time.
    pub seed: Option<u64>,
}

/// Draws tokens; needs no new memory from draw to draw.
pub struct Sampler {
    settings: Sampling,
    rng: Rng,
    order: Vec<u32>, // candidates, likeliest first once sorted
    odds: Vec<f64>,  // of the candidates, unnormalised
}

impl Sampler {
    /// Checks the settings.
    ///
    /// # Errors
    /// If one is out of its range.
    pub fn new(settings: Sampling) -> Result<Self> {
        let Sampling { temperature, top_p, repetition_penalty, seed, .. } = settings;
        let ensure = |ok, name, rule, got| ensure_setting(ok, "generate", name, rule, got);
        ensure(temperature.is_finite() && temperature >= 0.0, "temperature", "finite and at least 0", temperature)?;
        ensure(top_p > 0.0 && top_p <= 1.0, "top_p", "in (0, 1]", top_p)?;
        let penalty = repetition_penalty;
        ensure(penalty.is_finite() && penalty >= 1.0, "repetition_penalty", "finite and at least 1", penalty)?;
        let rng = Rng::new(seed.unwrap_or_else(data::entropy));
        Ok(Self { settings, rng, order: Vec::new(), odds: Vec::new() })
    }

    /// Draws a token; `recent` are those that the penalty makes less likely. The logits are used up.
    ///
    /// # Errors
    /// If a logit is NaN or +∞.
    pub fn sample(&mut self, logits: &mut [f32], recent: &[u32]) -> Result<u32> {
        if let Some(bad) = logits.iter().find(|l| l.is_nan() || **l == f32::INFINITY) {
            let why = "the model's weights are damaged, or training went astray";
            return Err(Error::value(format!("generate: a logit is {bad}; {why}")));
        }
        self.penalise(logits, recent);
        let Sampling { temperature, top_k, top_p, .. } = self.settings;
        if temperature == 0.0 || top_k == 1 {
            return Ok(likeliest(logits));
        }
        self.order.clear();
        self.order.extend(0..logits.len() as u32);
        // Equal logits in order of their numbers: the same choice on every machine.
        let by_logit = |a: &u32, b: &u32| logits[*b as usize].total_cmp(&logits[*a as usize]).then(a.cmp(b));
        if (1..logits.len()).contains(&top_k) {
            self.order.select_nth_unstable_by(top_k - 1, by_logit);
            self.order.truncate(top_k);
        }
        if top_p < 1.0 {
            self.order.sort_unstable_by(by_logit);
        }
        let most = f64::from(logits[likeliest(logits) as usize]);
        let odds = |token: &u32| ((f64::from(logits[*token as usize]) - most) / temperature).exp();
        self.odds.clear();
        self.odds.extend(self.order.iter().map(odds));
        let mut total: f64 = self.odds.iter().sum();
        if top_p < 1.0 {
            let mut within = 0.0;
            let enough = self.odds.iter().position(|o| {
                within += o;
                within >= top_p * total
            });
            if let Some(last) = enough {
                self.odds.truncate(last + 1);
                total = within;
            }
        }
        let mut left = self.rng.uniform() * total;
        for (token, odds) in self.order.iter().zip(&self.odds) {
            left -= odds;
            if left < 0.0 {
                return Ok(*token);
            }
        }
        // Rounding may leave a crumb: it belongs to the last that is possible at all.
        let last = self.odds.iter().rposition(|o| *o > 0.0).unwrap_or(0);
        Ok(self.order[last])
    }

    /// Recent tokens' logits move down: positive ones are divided by the penalty, negative ones multiplied.
    fn penalise(&mut self, logits: &mut [f32], recent: &[u32]) {
        let penalty = self.settings.repetition_penalty as f32;
        if penalty == 1.0 {
            return;
        }
        self.order.clear();
        self.order.extend(recent);
        self.order.sort_unstable();
        self.order.dedup(); // each token once, however often it came
        for token in &self.order {
            let logit = &mut logits[*token as usize];
            *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
        }
    }
}

/// The token with the highest logit, the first of equals.
fn likeliest(logits: &[f32]) -> u32 {
    let better = |best: usize, i: usize| if logits[i] > logits[best] { i } else { best };
    (0..logits.len()).reduce(better).unwrap_or(0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Sampling = Sampling { temperature: 1.0, top_k: 0, top_p: 1.0, repetition_penalty: 1.0, seed: Some(1) };

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
    fn the_penalty_never_raises_a_repeated_token() {
        let before = [2.0, -1.0, 0.5, -3.0, 0.0];
        let mut sampler = Sampler::new(Sampling { repetition_penalty: 1.5, ..PLAIN }).unwrap();
        let mut after = before;
        sampler.penalise(&mut after, &[0, 1, 4, 0, 0]);
        assert_eq!(after, [2.0 / 1.5, -1.5, 0.5, -3.0, 0.0]);
        assert!(after.iter().zip(before).all(|(a, b)| *a <= b));
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
