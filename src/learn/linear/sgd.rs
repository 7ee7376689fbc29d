//! Stochastic gradient descent on linear models, shared by `sgd_classifier` and `sgd_regressor`.
//!
//! Bottou (2012), "Stochastic gradient descent tricks": weights are `scale · v`, so that shrinking all costs nothing.
//! Prices on sizes are paid cumulatively (Tsuruoka, Tsujii & Ananiadou 2009); the average of all weights is kept by what
//! changes alone. It is of the weights after those prices are paid; scikit-learn's, before.

use super::planes::{Planes, dot};
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::Samples;
use crate::learn::cluster::{moderate_numbers, vectorised};
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Samples between two looks at whether someone asks to stop.
const PIECE: usize = 8192;

/// What is kept small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SgdPenalty {
    /// The squares of the weights.
    L2,
    /// The sizes of the weights: many become 0.
    L1,
    /// Both, as `l1_ratio` says.
    #[serde(rename = "elastic_net")]
    ElasticNet,
    /// Nothing.
    None,
}

/// How long the steps are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LearningRate {
    /// `1 / (alpha · (t0 + t))`, with a `t0` by Bottou's rule.
    Optimal,
    /// `eta0`.
    Constant,
    /// `eta0 / t ^ power_t`.
    Invscaling,
    /// `eta0`, a fifth of it whenever the loss does not fall any more.
    Adaptive,
}

/// How wrong a value is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loss {
    Hinge,
    Log,
    ModifiedHuber,
    Perceptron,
    SquaredError,
    Huber(f64),
    EpsilonInsensitive(f64),
}

impl Loss {
    /// The loss of the value `p` where `y` is wanted (1 or -1 for classes), and its derivative by `p`.
    #[inline(always)]
    pub fn at(self, p: f64, y: f64) -> (f64, f64) {
        let m = p * y;
        match self {
            Self::Hinge if m <= 1.0 => (1.0 - m, -y),
            Self::Perceptron if m <= 0.0 => (-m, -y),
            Self::Hinge | Self::Perceptron => (0.0, 0.0),
            Self::Log => {
                let e = (-m.abs()).exp();
                let wrong = if m > 0.0 { e } else { 1.0 } / (1.0 + e);
                (e.ln_1p() + f64::max(-m, 0.0), -y * wrong)
            }
            Self::ModifiedHuber if m >= 1.0 => (0.0, 0.0),
            Self::ModifiedHuber if m >= -1.0 => ((1.0 - m) * (1.0 - m), -2.0 * y * (1.0 - m)),
            Self::ModifiedHuber => (-4.0 * m, -4.0 * y),
            Self::SquaredError => (0.5 * (p - y) * (p - y), p - y),
            Self::Huber(epsilon) => {
                let r = p - y;
                let near = r.abs() <= epsilon;
                let far = epsilon * r.abs() - 0.5 * epsilon * epsilon;
                (if near { 0.5 * r * r } else { far }, r.clamp(-epsilon, epsilon))
            }
            Self::EpsilonInsensitive(epsilon) => {
                let r = p - y;
                let over = r.abs() - epsilon;
                if over > 0.0 { (over, r.signum()) } else { (0.0, 0.0) }
            }
        }
    }
}

/// What both learners are set to.
#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    pub loss: Loss,
    pub penalty: SgdPenalty,
    pub alpha: f64,
    pub l1_ratio: f64,
    pub rate: LearningRate,
    pub eta0: f64,
    pub power_t: f64,
    pub fit_intercept: bool,
    pub average: bool,
    pub shuffle: bool,
    pub steps: u64,
    pub tolerance: f64,
    pub patience: u64,
    pub seed: u64,
}

impl Recipe {
    pub fn check(&self, name: &str) -> Result<()> {
        let positive = |v: f64| v > 0.0 && v <= 1e9;
        let alpha_ok = if self.rate == LearningRate::Optimal { positive } else { |v: f64| (0.0..=1e9).contains(&v) };
        let rule = "positive (not negative unless `learning_rate` is \"optimal\") and at most 1e9";
        ensure_setting(alpha_ok(self.alpha), name, "alpha", rule, self.alpha)?;
        ensure_setting((0.0..=1.0).contains(&self.l1_ratio), name, "l1_ratio", "from 0 to 1", self.l1_ratio)?;
        ensure_setting(positive(self.eta0), name, "eta0", "positive and at most 1e9", self.eta0)?;
        ensure_setting(self.power_t.abs() <= 10.0, name, "power_t", "from -10 to 10", self.power_t)?;
        ensure_setting((1..=1_000_000_000).contains(&self.steps), name, "steps", "from 1 to 1e9", self.steps)?;
        ensure_setting(self.tolerance >= 0.0, name, "tolerance", "at least 0", self.tolerance)?;
        ensure_setting(self.patience >= 1, name, "patience", "at least 1", self.patience)
    }

    fn l1(&self) -> f64 {
        match self.penalty {
            SgdPenalty::L1 => self.alpha,
            SgdPenalty::ElasticNet => self.alpha * self.l1_ratio,
            _ => 0.0,
        }
    }

    fn l2(&self) -> f64 {
        match self.penalty {
            SgdPenalty::L2 => self.alpha,
            SgdPenalty::ElasticNet => self.alpha * (1.0 - self.l1_ratio),
            _ => 0.0,
        }
    }
}

/// One plane on its way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    v: Vec<f64>,
    scale: f64,
    b: f64,
    t: f64, // steps so far
    eta: f64,
    sizes: f64,     // the price on sizes that each weight should have paid so far
    paid: Vec<f64>, // what each has
    // The sum of all weights: `sum + scales · v - late`.
    sum: Vec<f64>,
    scales: f64,
    late: Vec<f64>,
    sum_b: f64,
}

/// How a descent ended.
pub struct Descent {
    pub epochs: u64,
    pub converged: bool,
    pub loss: f64,
}

impl Machine {
    pub fn new(columns: usize, recipe: &Recipe) -> Self {
        let kept = |wanted: bool| if wanted { vec![0.0; columns] } else { vec![] };
        Self {
            v: vec![0.0; columns],
            scale: 1.0,
            b: 0.0,
            t: 0.0,
            eta: recipe.eta0,
            sizes: 0.0,
            paid: kept(recipe.l1() > 0.0),
            sum: kept(recipe.average),
            scales: 0.0,
            late: kept(recipe.average),
            sum_b: 0.0,
        }
    }

    /// Whether this could be of a fit with the recipe.
    pub fn sound(&self, columns: usize, recipe: &Recipe) -> bool {
        let kept = |v: &[f64], wanted: bool| v.len() == if wanted { columns } else { 0 } && moderate_numbers(v);
        let numbers = [self.scale, self.b, self.t, self.eta, self.sizes, self.scales, self.sum_b];
        self.v.len() == columns
            && moderate_numbers(&self.v)
            && moderate_numbers(&numbers)
            && self.scale > 0.0
            && self.t >= 0.0
            && self.eta > 0.0
            && kept(&self.paid, recipe.l1() > 0.0)
            && kept(&self.sum, recipe.average)
            && kept(&self.late, recipe.average)
    }

    /// The weights and the bias to answer with.
    pub fn plane(&self) -> (Vec<f64>, f64) {
        if self.sum.is_empty() || self.t == 0.0 {
            return (self.v.iter().map(|v| self.scale * v).collect(), self.b);
        }
        let sums = self.sum.iter().zip(&self.v).zip(&self.late);
        (sums.map(|((sum, v), late)| (sum + self.scales * v - late) / self.t).collect(), self.sum_b / self.t)
    }

    /// What the weights cost: it is the sum with the mean loss that falls.
    fn price(&self, recipe: &Recipe) -> f64 {
        let w = || self.v.iter().map(|v| self.scale * v);
        0.5 * recipe.l2() * w().map(|w| w * w).sum::<f64>() + recipe.l1() * w().map(f64::abs).sum::<f64>()
    }

    /// Writes the scale into the weights.
    fn settle(&mut self) {
        for j in 0..self.sum.len() {
            self.sum[j] += self.scales * self.v[j] - self.late[j];
            self.late[j] = 0.0;
        }
        self.scales = 0.0;
        self.v.iter_mut().for_each(|v| *v *= self.scale);
        self.scale = 1.0;
    }

    /// One way through the samples in some order; the losses summed.
    pub fn epoch(
        &mut self,
        recipe: &Recipe,
        x: &Samples,
        y: &[f64],
        weights: Option<&[f64]>,
        order: &[u32],
    ) -> Result<f64> {
        let mut loss = 0.0;
        for order in order.chunks(PIECE) {
            stop::check()?;
            loss += vectorised(
                #[inline(always)]
                || self.piece(recipe, x, y, weights, order),
            );
        }
        Ok(loss)
    }

    #[inline(always)]
    fn piece(&mut self, recipe: &Recipe, x: &Samples, y: &[f64], weights: Option<&[f64]>, order: &[u32]) -> f64 {
        let (l1, l2) = (recipe.l1(), recipe.l2());
        // Bottou's rule: so that the first steps are as long as weights are expected to become large.
        let t0 = if recipe.rate == LearningRate::Optimal {
            let typical = (1.0 / recipe.alpha.sqrt()).sqrt();
            let first = typical / recipe.loss.at(-typical, 1.0).1.max(1.0);
            1.0 / (first * recipe.alpha)
        } else {
            0.0
        };
        // The bias sees every sample, a sparse weight few of them.
        let bias_rate = if x.is_sparse() { 0.01 } else { 1.0 };
        let mut loss = 0.0;
        for &i in order {
            let i = i as usize;
            let eta = match recipe.rate {
                LearningRate::Optimal => 1.0 / (recipe.alpha * (t0 + self.t)),
                LearningRate::Constant | LearningRate::Adaptive => self.eta,
                LearningRate::Invscaling => recipe.eta0 / (self.t + 1.0).powf(recipe.power_t),
            };
            self.t += 1.0;
            let along = if x.is_sparse() { x.dot(i, &self.v) } else { dot(x.row(i), &self.v) };
            let (l, slope) = recipe.loss.at(self.scale * along + self.b, y[i]);
            let weight = weights.map_or(1.0, |w| w[i]);
            loss += weight * l;
            if l2 > 0.0 {
                self.scale *= f64::max(0.0, 1.0 - eta * l2);
                if self.scale < 1e-9 {
                    self.settle();
                }
            }
            let step = -eta * weight * slope.clamp(-1e12, 1e12);
            if step != 0.0 {
                let by = step / self.scale;
                if x.is_sparse() {
                    x.add_to(i, by, &mut self.v);
                } else {
                    self.v.iter_mut().zip(x.row(i)).for_each(|(v, x)| *v += by * x);
                }
                if !self.late.is_empty() {
                    x.add_to(i, by * self.scales, &mut self.late);
                }
                if recipe.fit_intercept {
                    self.b += bias_rate * step;
                }
            }
            if l1 > 0.0 {
                self.sizes += eta * l1;
                match x.is_sparse() {
                    true => x.entries(i).for_each(|(j, _)| self.pay(j..j + 1)),
                    false => self.pay(0..x.columns()),
                }
            }
            if !self.sum.is_empty() {
                self.scales += self.scale;
                self.sum_b += self.b;
            }
        }
        loss
    }

    /// Takes from some weights what they still owe, as far as they have it.
    #[inline(always)]
    fn pay(&mut self, range: std::ops::Range<usize>) {
        let (owed, scale, inverse, scales) = (self.sizes, self.scale, 1.0 / self.scale, self.scales);
        // (Written without branches, so that many pay at once.)
        let take = |v: &mut f64, paid: &mut f64| {
            let before = scale * *v;
            let lowered = f64::max(0.0, before - (owed + *paid));
            let raised = f64::min(0.0, before + (owed - *paid));
            let moved = if before > 0.0 { lowered } else { raised };
            let after = if before == 0.0 { before } else { moved };
            *paid += after - before;
            let change = (after - before) * inverse;
            *v += change;
            change
        };
        let weights = self.v[range.clone()].iter_mut().zip(&mut self.paid[range.clone()]);
        if self.late.is_empty() {
            weights.for_each(|(v, paid)| _ = take(v, paid));
        } else {
            weights.zip(&mut self.late[range]).for_each(|((v, paid), late)| *late += take(v, paid) * scales);
        }
    }

    /// Epochs until the loss, with the price of the weights, does not fall any more.
    pub fn descend(
        &mut self,
        name: &str,
        recipe: &Recipe,
        x: &Samples,
        y: &[f64],
        weights: Option<&[f64]>,
        stream: u64,
    ) -> Result<Descent> {
        let mut rng = Rng::stream(recipe.seed, stream);
        let mut order: Vec<u32> = (0..x.rows() as u32).collect();
        let (mut best, mut since) = (f64::INFINITY, 0);
        for epoch in 1..=recipe.steps {
            if recipe.shuffle {
                rng.shuffle(&mut order);
            }
            let loss = self.epoch(recipe, x, y, weights, &order)? / x.rows() as f64 + self.price(recipe);
            self.ensure_finite(name)?;
            since = if loss > best - recipe.tolerance { since + 1 } else { 0 };
            best = best.min(loss);
            if since >= recipe.patience {
                if recipe.rate == LearningRate::Adaptive && self.eta > 1e-6 {
                    self.eta /= 5.0;
                    since = 0;
                } else {
                    self.settle();
                    return Ok(Descent { epochs: epoch, converged: true, loss });
                }
            }
            if epoch == recipe.steps {
                self.settle();
                return Ok(Descent { epochs: epoch, converged: false, loss });
            }
        }
        Ok(Descent { epochs: 0, converged: false, loss: best })
    }

    /// One way through samples in their own order.
    pub fn learn_on(
        &mut self,
        name: &str,
        recipe: &Recipe,
        x: &Samples,
        y: &[f64],
        weights: Option<&[f64]>,
    ) -> Result<()> {
        let order: Vec<u32> = (0..x.rows() as u32).collect();
        self.epoch(recipe, x, y, weights, &order)?;
        self.settle();
        self.ensure_finite(name)
    }

    fn ensure_finite(&self, name: &str) -> Result<()> {
        let (w, b) = self.plane();
        if moderate_numbers(&w) && b.abs() <= 1e200 && moderate_numbers(&self.v) && moderate_numbers(&self.late) {
            return Ok(());
        }
        Err(Error::value(format!("{name}: the numbers left their range; scale the samples or lower `eta0`")))
    }
}

/// The planes of some machines.
pub fn planes(machines: &[Machine], columns: usize) -> Planes {
    let (weights, bias): (Vec<Vec<f64>>, Vec<f64>) = machines.iter().map(Machine::plane).unzip();
    Planes { columns, weights: weights.concat(), bias }
}

/// What to say about descents that did not converge.
pub fn warning(descents: &[Descent], tolerance: f64) -> Option<String> {
    let open = descents.iter().filter(|d| !d.converged).max_by(|a, b| a.loss.total_cmp(&b.loss))?;
    let (epochs, loss) = (open.epochs, open.loss);
    Some(format!("not converged after {epochs} epochs: the loss {loss:.6} still falls by more than {tolerance:e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_those_of_the_losses() {
        let losses = [
            Loss::Hinge,
            Loss::Log,
            Loss::ModifiedHuber,
            Loss::Perceptron,
            Loss::SquaredError,
            Loss::Huber(0.3),
            Loss::EpsilonInsensitive(0.2),
        ];
        for loss in losses {
            for i in -30..30 {
                let (p, h) = (f64::from(i) * 0.1 + 0.0371, 1e-6);
                for y in [1.0, -1.0] {
                    let slope = (loss.at(p + h, y).0 - loss.at(p - h, y).0) / (2.0 * h);
                    assert!((slope - loss.at(p, y).1).abs() < 1e-5, "{loss:?} {p} {y}");
                }
            }
        }
    }

    #[test]
    fn the_average_kept_by_changes_is_the_average() {
        let mut rng = Rng::new(3);
        let x = Samples::new(50, 3, (0..150).map(|_| rng.normal()).collect()).unwrap();
        let y: Vec<f64> = (0..50).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
        for penalty in [SgdPenalty::L2, SgdPenalty::L1, SgdPenalty::ElasticNet] {
            let recipe = Recipe {
                loss: Loss::Hinge,
                penalty,
                alpha: 0.02,
                l1_ratio: 0.4,
                rate: LearningRate::Constant,
                eta0: 0.3,
                power_t: 0.5,
                fit_intercept: true,
                average: true,
                shuffle: false,
                steps: 1,
                tolerance: 0.0,
                patience: 5,
                seed: 0,
            };
            let mut plain = Machine::new(3, &Recipe { average: false, ..recipe });
            let mut sums = [0.0; 4];
            for i in 0..50 {
                plain.epoch(&Recipe { average: false, ..recipe }, &x, &y, None, &[i]).unwrap();
                let (w, b) = plain.plane();
                sums.iter_mut().zip(w.iter().chain([&b])).for_each(|(s, w)| *s += w / 50.0);
            }
            let mut me = Machine::new(3, &recipe);
            me.descend("sgd", &recipe, &x, &y, None, 0).unwrap();
            let (w, b) = me.plane();
            w.iter().chain([&b]).zip(&sums).for_each(|(a, b)| assert!((a - b).abs() < 1e-12, "{a} {b}"));
        }
    }
}
