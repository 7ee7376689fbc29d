//! The perceptron: a plane that each mistake turns a little, until there are none.
//!
//! Rosenblatt (1958); that it halts if the classes are separable, Novikoff (1962). If they are not it would go on for
//! ever: so the best weights are kept in a pocket (Gallant 1990, "Perceptron-based learning algorithms", with ratchet), and
//! after some epochs [`separable`] is asked whether there is hope; where that would take long, patience alone decides.

use super::checks::usable;
use super::planes::{Planes, dot};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::cluster::{ensure_sound, vectorised};
use crate::learn::separable::separable;
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::{Error, Result, stop};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "perceptron";

/// Samples between two looks at whether someone asks to stop.
const PIECE: usize = 8192;

/// With more features, whether classes can be separated is found out when asked for only.
const WIDE: usize = 32;

/// Settings of [`Perceptron`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PerceptronSettings {
    /// Epochs at most, from 1 to 1e9. Default 1000.
    pub steps: u64,
    /// After so many epochs with mistakes, find out whether the classes can be separated at all. Default: 5 for up to 32
    /// features, else never, as that takes longer than all epochs.
    pub check_after: Option<u64>,
    /// If they cannot be, or nobody found out: end after so many epochs, but at least 2,000 samples, that bring nothing
    /// better. Default 5.
    pub patience: u64,
    /// Keep the weights with the fewest mistakes, not the last. Default true.
    pub pocket: bool,
    /// Go through the samples in another order each epoch. Default true.
    pub shuffle: bool,
    /// Of those orders. Default 0.
    pub seed: u64,
}

impl Default for PerceptronSettings {
    fn default() -> Self {
        Self { steps: 1000, check_after: None, patience: 5, pocket: true, shuffle: true, seed: 0 }
    }
}

/// The perceptron.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Perceptron {
    settings: PerceptronSettings,
    learned: Option<Learned>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Learned {
    planes: Planes,
    mistakes: Vec<f64>, // of each epoch, all planes together
    wrong: Vec<u64>,    // of each plane, among the samples fitted to
    verdict: String,
}

/// How the search for one plane ended.
enum Verdict {
    Converged,
    Separable(f64),
    Unseparable { touching: bool },
    Unknown,
}

/// One plane and its history.
struct One {
    w: Vec<f64>,
    b: f64,
    mistakes: Vec<f64>,
    wrong: u64,
    verdict: Verdict,
}

impl Perceptron {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: PerceptronSettings) -> Result<Self> {
        let s = &settings;
        ensure_setting((1..=1_000_000_000).contains(&s.steps), NAME, "steps", "from 1 to 1e9", s.steps)?;
        if let Some(epochs) = s.check_after {
            ensure_setting(epochs >= 1, NAME, "check_after", "at least 1", epochs)?;
        }
        ensure_setting(s.patience >= 1, NAME, "patience", "at least 1", s.patience)?;
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(NAME, bytes)?;
        Self::new(me.settings.clone())?;
        let sound = |l: &Learned| {
            let (one, many) = (l.planes.outputs(), l.wrong.len());
            l.planes.sound() && one != 2 && many == one && l.mistakes.iter().all(|m| (0.0..1e18).contains(m))
        };
        ensure_sound(me.learned.as_ref().is_none_or(sound), NAME)?;
        Ok(me)
    }

    /// A plane that has the samples where `positive` on its positive side, as far as can be.
    fn one(&self, x: &Samples, positive: &[bool], plane: u64) -> Result<One> {
        let s = &self.settings;
        let n = x.rows();
        let check_after = s.check_after.or((x.columns() <= WIDE).then_some(5));
        let mut rng = Rng::stream(s.seed, plane);
        let mut order: Vec<u32> = (0..n as u32).collect();
        let mut run = Run::new(x, positive);
        let (mut w, mut b) = (vec![0.0; x.columns()], 0.0);
        let mut best = (run.wrong(&w, b)?, w.clone(), b);
        let mut mistakes = Vec::new();
        let mut verdict = Verdict::Unknown;
        let mut since_better = 0;
        for epoch in 1..=s.steps {
            if s.shuffle {
                rng.shuffle(&mut order);
            }
            let before = best.0;
            let mut count = 0;
            for order in order.chunks(PIECE) {
                stop::check()?;
                count += run.learn(order, &mut w, &mut b, s.pocket.then_some(&mut best))?;
            }
            mistakes.push(count as f64);
            if count == 0 {
                best = (0, w.clone(), b);
                verdict = Verdict::Converged;
                break;
            }
            if s.pocket {
                run.compare(&w, b, &mut best)?;
            }
            if s.pocket && best.0 == 0 {
                verdict = Verdict::Converged;
                break;
            }
            since_better = if best.0 < before { 0 } else { since_better + 1 };
            if Some(epoch) == check_after {
                let codes: Vec<u32> = positive.iter().map(|&p| u32::from(p)).collect();
                verdict = match separable(x, &codes) {
                    Ok(found) if found.separable => Verdict::Separable(found.margin),
                    Ok(found) => Verdict::Unseparable { touching: found.touching },
                    Err(Error::Interrupted) => return Err(Error::Interrupted),
                    Err(_) => Verdict::Unknown,
                };
                since_better = 0;
            }
            let hopeless = !matches!(verdict, Verdict::Separable(_)) && check_after.is_none_or(|after| epoch >= after);
            if hopeless && since_better >= s.patience.max(2000 / n as u64) {
                break;
            }
        }
        if !s.pocket {
            best = (run.wrong(&w, b)?, w, b);
        }
        let (wrong, w, b) = best;
        Ok(One { w, b, mistakes, wrong: wrong as u64, verdict })
    }
}

/// Samples with their sides, and what the ratchet of the pocket remembers.
struct Run<'a> {
    x: &'a Samples,
    positive: &'a [bool],
    streak: usize,  // right in a row since the last mistake
    longest: usize, // the longest of those that led to a look at all samples
    looked: bool,   // at these very weights
}

type Pocket = (usize, Vec<f64>, f64);

impl<'a> Run<'a> {
    fn new(x: &'a Samples, positive: &'a [bool]) -> Self {
        Self { x, positive, streak: 0, longest: 0, looked: false }
    }

    /// How many samples are on the wrong side; a sample on the plane counts as negative.
    fn wrong(&self, w: &[f64], b: f64) -> Result<usize> {
        let values = Planes { columns: w.len(), weights: w.to_vec(), bias: vec![b] }.values(self.x)?;
        Ok(values.iter().zip(self.positive).filter(|(v, p)| (**v > 0.0) != **p).count())
    }

    fn compare(&mut self, w: &[f64], b: f64, best: &mut Pocket) -> Result<()> {
        if !self.looked {
            self.looked = true;
            let wrong = self.wrong(w, b)?;
            if wrong < best.0 {
                *best = (wrong, w.to_vec(), b);
            }
        }
        Ok(())
    }

    /// Goes through some samples and learns from each mistake; how many those were.
    fn learn(&mut self, order: &[u32], w: &mut [f64], b: &mut f64, mut best: Option<&mut Pocket>) -> Result<usize> {
        let mut mistakes = 0;
        let mut begin = 0;
        while begin < order.len() {
            let longest = if best.is_some() && !self.looked { self.longest } else { usize::MAX };
            let done = vectorised(
                #[inline(always)]
                || self.go(&order[begin..], w, b, longest, &mut mistakes),
            );
            begin += done;
            if begin < order.len()
                && let Some(best) = best.as_deref_mut()
            {
                // A quarter longer next time, as each look costs an epoch's time.
                self.longest = self.streak + self.streak / 4;
                self.compare(w, *b, best)?;
            }
        }
        Ok(mistakes)
    }

    /// As far as the streak is not above `longest`, or was broken; how many samples that were.
    #[inline(always)]
    fn go(&mut self, order: &[u32], w: &mut [f64], b: &mut f64, mut longest: usize, mistakes: &mut usize) -> usize {
        for (done, &i) in order.iter().enumerate() {
            if self.streak > longest {
                return done;
            }
            let i = i as usize;
            let value = *b + if self.x.is_sparse() { self.x.dot(i, w) } else { dot(self.x.row(i), w) };
            let positive = self.positive[i];
            if if positive { value > 0.0 } else { value < 0.0 } {
                self.streak += 1;
                continue;
            }
            *mistakes += 1;
            (self.streak, self.looked) = (0, false);
            if longest == usize::MAX {
                longest = self.longest;
            }
            let sign = if positive { 1.0 } else { -1.0 };
            if self.x.is_sparse() {
                self.x.add_to(i, sign, w);
            } else {
                w.iter_mut().zip(self.x.row(i)).for_each(|(w, v)| *w += sign * v);
            }
            *b += sign;
        }
        order.len()
    }
}

/// The verdict in words.
fn words(one: &One, rows: usize) -> String {
    let (epochs, wrong) = (one.mistakes.len(), one.wrong);
    match one.verdict {
        Verdict::Converged => format!("separated after {epochs} epochs: no mistakes on {rows} samples"),
        Verdict::Separable(margin) => format!(
            "separable with a margin of {margin:.3e}, but after {epochs} epochs {wrong} of {rows} samples are still wrong"
        ),
        Verdict::Unseparable { touching } => {
            let how = if touching { "not strictly separable (the classes touch)" } else { "not separable" };
            format!("{how}: the best weights of {epochs} epochs have {wrong} of {rows} samples wrong")
        }
        Verdict::Unknown => format!("not separated after {epochs} epochs: {wrong} of {rows} samples are wrong"),
    }
}

impl Learner for Perceptron {
    fn name(&self) -> &'static str {
        NAME
    }

    fn takes_sparse(&self) -> bool {
        true
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x, None)?;
        let (codes, classes) = y.classes(NAME, x.rows(), 2)?;
        if x.rows() > u32::MAX as usize {
            return Err(Error::value(format!("{NAME}: {} samples are too many", x.rows())));
        }
        let outputs = if classes == 2 { 1 } else { classes };
        let found: Vec<One> = (0..outputs)
            .into_par_iter()
            .map(|c| {
                let class = if classes == 2 { 1 } else { c as u32 };
                let positive: Vec<bool> = codes.iter().map(|&code| code == class).collect();
                self.one(x, &positive, c as u64)
            })
            .collect::<Result<_>>()?;
        let longest = found.iter().map(|one| one.mistakes.len()).max().unwrap_or(0);
        let mut mistakes = vec![0.0; longest];
        for one in &found {
            mistakes.iter_mut().zip(&one.mistakes).for_each(|(m, more)| *m += more);
        }
        let verdict = |(c, one): (usize, &One)| match outputs {
            1 => words(one, x.rows()),
            _ => format!("class {}: {}", c + 1, words(one, x.rows())),
        };
        let verdicts: Vec<String> = found.iter().enumerate().map(verdict).collect();
        let unfinished = found.iter().zip(&verdicts).filter(|(one, _)| !matches!(one.verdict, Verdict::Converged));
        let unfinished: Vec<&str> = unfinished.map(|(_, verdict)| verdict.as_str()).collect();
        let warning = (!unfinished.is_empty()).then(|| unfinished.join("; "));
        let planes = Planes {
            columns: x.columns(),
            weights: found.iter().flat_map(|one| one.w.clone()).collect(),
            bias: found.iter().map(|one| one.b).collect(),
        };
        let wrong = found.iter().map(|one| one.wrong).collect();
        self.learned = Some(Learned { planes, mistakes, wrong, verdict: verdicts.join("; ") });
        Ok(Fit { steps: longest as u64, warning })
    }

    fn partial_fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x, self.learned.as_ref().map(|l| l.planes.columns))?;
        let (codes, classes) = y.classes(NAME, x.rows(), 2)?;
        let outputs = if classes == 2 { 1 } else { classes };
        let mut l = self.learned.clone().unwrap_or_else(|| Learned {
            planes: Planes::new(outputs, x.columns()),
            mistakes: vec![],
            wrong: vec![0; outputs],
            verdict: String::new(),
        });
        l.planes.ensure_fits(NAME, classes)?;
        let order: Vec<u32> = (0..x.rows() as u32).collect();
        let mut all = 0;
        for c in 0..l.planes.outputs() {
            let class = if l.planes.outputs() == 1 { 1 } else { c as u32 };
            let positive: Vec<bool> = codes.iter().map(|&code| code == class).collect();
            let mut run = Run::new(x, &positive);
            let (mut w, mut b) = (l.planes.of(c).to_vec(), l.planes.bias[c]);
            for order in order.chunks(PIECE) {
                stop::check()?;
                all += run.learn(order, &mut w, &mut b, None)?;
            }
            l.wrong[c] = run.wrong(&w, b)? as u64;
            l.planes.weights[c * x.columns()..(c + 1) * x.columns()].copy_from_slice(&w);
            l.planes.bias[c] = b;
        }
        if !l.planes.finite() {
            return Err(Error::value(format!("{NAME}: the numbers left their range; scale the samples")));
        }
        l.mistakes.push(all as f64);
        l.verdict = format!("learned on: {all} mistakes on {} samples", x.rows());
        self.learned = Some(l);
        Ok(Fit { steps: 1, warning: None })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(NAME, &self.learned)?;
        usable(NAME, x, Some(l.planes.columns))?;
        l.planes.predict(x)
    }

    fn decision(&self, x: &Samples) -> Result<Samples> {
        let l = fitted(NAME, &self.learned)?;
        usable(NAME, x, Some(l.planes.columns))?;
        Samples::new(x.rows(), l.planes.outputs(), l.planes.values(x)?)
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        let Some(l) = &self.learned else { return vec![] };
        let mut shown = l.planes.shown();
        shown.push(("mistakes", Shown::Numbers(l.mistakes.clone())));
        shown.push(("wrong", Shown::Numbers(l.wrong.iter().map(|&w| w as f64).collect())));
        shown.push(("verdict", Shown::Text(l.verdict.clone())));
        shown
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(|l| l.planes.summary())
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{blobs, goal, make, shown, sparse};
    use super::*;
    use serde_json::json;

    fn verdict(me: &dyn Learner) -> String {
        match me.learned().into_iter().find(|(name, _)| *name == "verdict") {
            Some((_, Shown::Text(text))) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn separable_classes_are_separated() {
        let (x, codes) = blobs(200, 2, 3, 8.0, 1);
        for x in [&x, &sparse(&x)] {
            let mut me = make(NAME, json!({}));
            assert_eq!(me.fit(x, goal(&codes)).unwrap().warning, None);
            assert_eq!(me.predict(x).unwrap(), Answer::Classes(codes.iter().map(|&c| i64::from(c)).collect()));
            assert!(verdict(&*me).starts_with("separated after "), "{}", verdict(&*me));
            assert_eq!(shown(&*me, "wrong"), [0.0]);
        }
    }

    #[test]
    fn what_cannot_be_separated_halts_with_a_verdict() {
        // Exclusive or: the best plane has one of four wrong.
        let xor = Samples::new(4, 2, vec![0., 0., 1., 1., 0., 1., 1., 0.]).unwrap();
        let mut me = make(NAME, json!({ "steps": 1_000_000_000 }));
        let fit = me.fit(&xor, goal(&[0, 0, 1, 1])).unwrap();
        assert!(fit.steps < 1200 && fit.warning.is_some());
        assert!(verdict(&*me).starts_with("not separable: the best weights of"), "{}", verdict(&*me));
        assert_eq!(shown(&*me, "wrong"), [1.0]);
        // The same sample in both classes; and classes that share an end.
        for values in [vec![1.0, 2.0, 1.0], vec![0.0, 1.0, 1.0], vec![5.0, 5.0, 5.0]] {
            let mut me = make(NAME, json!({ "steps": 1_000_000_000 }));
            me.fit(&Samples::new(3, 1, values).unwrap(), goal(&[0, 0, 1])).unwrap();
            assert!(verdict(&*me).starts_with("not "), "{}", verdict(&*me));
            assert_eq!(shown(&*me, "wrong"), [1.0]);
        }
        // Three classes on a line: the middle one cannot be separated from the others.
        let line = Samples::new(6, 1, vec![0.0, 1.0, 4.0, 5.0, 8.0, 9.0]).unwrap();
        let mut me = make(NAME, json!({}));
        let said = me.fit(&line, goal(&[0, 0, 1, 1, 2, 2])).unwrap().warning.unwrap();
        assert!(said.starts_with("class 2: not separable"), "{said}");
        assert!(!said.contains("class 1") && !said.contains("class 3"), "{said}");
    }

    #[test]
    fn many_features_end_by_patience_unless_asked() {
        let (x, codes) = blobs(300, 2, 40, 0.05, 2);
        let fit = |options| {
            let mut me = make(NAME, options);
            let fit = me.fit(&x, goal(&codes)).unwrap();
            assert!(fit.steps < 900, "{}", fit.steps);
            verdict(&*me)
        };
        assert!(fit(json!({})).starts_with("not separated after "));
        assert!(fit(json!({ "check_after": 3 })).starts_with("not separable: "));
    }

    #[test]
    fn the_pocket_is_no_worse_than_the_last_weights() {
        for seed in 0..5 {
            let (x, codes) = blobs(400, 2, 3, 0.5, seed);
            let wrong = |pocket: bool| {
                let mut me = make(NAME, json!({ "pocket": pocket, "steps": 20 }));
                me.fit(&x, goal(&codes)).unwrap();
                shown(&*me, "wrong")[0]
            };
            assert!(wrong(true) <= wrong(false));
        }
    }

    #[test]
    fn a_tiny_margin_is_told_when_epochs_run_out() {
        let x = Samples::new(4, 2, vec![0.0, 1000.0, 1e-6, -1000.0, 2e-6, 1000.0, 3e-6, -1000.0]).unwrap();
        let mut me = make(NAME, json!({ "steps": 50 }));
        let said = me.fit(&x, goal(&[0, 0, 1, 1])).unwrap().warning.unwrap();
        assert!(said.starts_with("separable with a margin of 5.000e-7, but after 50 epochs"), "{said}");
    }
}
