//! The recursions of hidden Markov models: forward, backward and Viterbi.
//!
//! Rabiner (1989), "A tutorial on hidden Markov models", section III, with the scaling of its section V. Each step's
//! emission probabilities are divided by the largest of them first, so that only their logarithms need to be in range.

use crate::learn::cluster::{exp, vectorised};
use crate::{Result, stop};

/// Start and transition probabilities.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    pub k: usize,
    pub start: Vec<f64>,      // [k]
    pub transition: Vec<f64>, // [from, to]
    pub transposed: Vec<f64>, // [to, from]
}

/// What a sequence says: sums over its steps.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    pub log_likelihood: f64,
    pub start: Vec<f64>, // [k]
    pub moves: Vec<f64>, // [from, to]
}

/// A row of one number per state: an array where the number of states is known, for the compiler's sake.
trait Row: AsRef<[f64]> + AsMut<[f64]> + Clone {}
impl<const K: usize> Row for [f64; K] {}
impl Row for Vec<f64> {}

/// Runs `$work` with `$row` as an array for few states, else as a vector.
macro_rules! for_states {
    ($k:expr, $row:ident => $work:expr) => {
        match $k {
            2 => {
                let $row = [0.0; 2];
                vectorised(
                    #[inline(always)]
                    || $work,
                )
            }
            3 => {
                let $row = [0.0; 3];
                vectorised(
                    #[inline(always)]
                    || $work,
                )
            }
            4 => {
                let $row = [0.0; 4];
                vectorised(
                    #[inline(always)]
                    || $work,
                )
            }
            5 => {
                let $row = [0.0; 5];
                vectorised(
                    #[inline(always)]
                    || $work,
                )
            }
            6 => {
                let $row = [0.0; 6];
                vectorised(
                    #[inline(always)]
                    || $work,
                )
            }
            8 => {
                let $row = [0.0; 8];
                vectorised(
                    #[inline(always)]
                    || $work,
                )
            }
            k => {
                let $row = vec![0.0; k];
                vectorised(
                    #[inline(always)]
                    || $work,
                )
            }
        }
    };
}

/// Steps between two looks at the stop sign.
fn block(k: usize) -> usize {
    (1 << 20) / (k * k) + 1
}

impl Chain {
    pub fn new(start: &[f64], transition: &[Vec<f64>]) -> Self {
        let k = start.len();
        let transition = transition.concat();
        let transposed = super::dense::transposed(&transition, k, k);
        Self { k, start: start.to_vec(), transition, transposed }
    }

    /// `exp(logs - the row's largest)` and the sum of those largest, for logarithms of `[steps, k]`.
    pub fn likelihoods(&self, logs: &[f64], out: &mut [f64]) -> f64 {
        let k = self.k;
        vectorised(
            #[inline(always)]
            || {
                let mut sum = 0.0;
                for (logs, out) in logs.chunks_exact(k).zip(out.chunks_exact_mut(k)) {
                    let mut largest = f64::NEG_INFINITY;
                    for &v in logs {
                        largest = if v > largest { v } else { largest };
                    }
                    let largest = if largest == f64::NEG_INFINITY { 0.0 } else { largest };
                    sum += largest;
                    for (o, v) in out.iter_mut().zip(logs) {
                        *o = v - largest;
                    }
                }
                for o in out.iter_mut() {
                    *o = exp(*o);
                }
                sum
            },
        )
    }

    /// The forward pass: `b` of [`Chain::likelihoods`] in, the scaled α of each step out, with its scale. Answers the
    /// sum of the scales' logarithms, or the step at which no state is possible.
    pub fn forward(
        &self,
        logs: &[f64],
        b: &mut [f64],
        alpha: &mut [f64],
        scale: &mut [f64],
    ) -> Result<Result<f64, usize>> {
        for_states!(self.k, row => self.forward_rows(row, logs, b, alpha, scale))
    }

    #[inline(always)]
    fn forward_rows<R: Row>(
        &self,
        row: R,
        logs: &[f64],
        b: &mut [f64],
        alpha: &mut [f64],
        scale: &mut [f64],
    ) -> Result<Result<f64, usize>> {
        let k = row.as_ref().len();
        let a = &self.transition[..k * k];
        let (mut last, mut next) = (row.clone(), row);
        let (mut sum, mut product) = (0.0, 1.0);
        let block = block(k);
        for (t, (alpha, b)) in alpha.chunks_exact_mut(k).zip(b.chunks_exact_mut(k)).enumerate() {
            if t % block == 0 {
                stop::check()?;
            }
            let n = next.as_mut();
            if t == 0 {
                n.copy_from_slice(&self.start);
            } else {
                n.fill(0.0);
                for (l, a) in last.as_ref().iter().zip(a.chunks_exact(k)) {
                    for j in 0..k {
                        n[j] += l * a[j];
                    }
                }
            }
            let mut c = 0.0;
            for j in 0..k {
                c += n[j] * b[j];
            }
            if c < 1e-200 {
                // The states that explain this step well cannot be reached: measure by the best of those that can.
                let logs = &logs[t * k..(t + 1) * k];
                let Some((shift, repaired)) = repair(n, logs, b) else { return Ok(Err(t)) };
                sum += shift;
                c = repaired;
            }
            let inverse = 1.0 / c;
            for j in 0..k {
                n[j] *= b[j] * inverse;
            }
            alpha.copy_from_slice(n);
            scale[t] = c;
            std::mem::swap(&mut last, &mut next);
            // One logarithm for many scales.
            if product < 1e-90 || c < 1e-90 {
                sum += f64::ln(product);
                product = 1.0;
            }
            product *= c;
        }
        Ok(Ok(sum + product.ln()))
    }

    /// The backward pass: turns α into γ, each step's state probabilities, and adds up the expected moves.
    pub fn backward(&self, b: &[f64], alpha: &mut [f64], scale: &[f64], moves: &mut [f64]) -> Result<()> {
        for_states!(self.k, row => self.backward_rows(row, b, alpha, scale, moves))
    }

    #[inline(always)]
    fn backward_rows<R: Row>(
        &self,
        row: R,
        b: &[f64],
        alpha: &mut [f64],
        scale: &[f64],
        moves: &mut [f64],
    ) -> Result<()> {
        let k = row.as_ref().len();
        let at = &self.transposed[..k * k];
        let (mut beta, mut w) = (row.clone(), row);
        beta.as_mut().fill(1.0);
        let steps = scale.len();
        let block = block(k);
        let moves = &mut moves[..k * k];
        for t in (0..steps).rev() {
            if t % block == 0 {
                stop::check()?;
            }
            let alpha = &mut alpha[t * k..(t + 1) * k];
            if t + 1 < steps {
                // w = b ∘ β / c of the next step, β = A w
                let b = &b[(t + 1) * k..(t + 2) * k];
                let inverse = 1.0 / scale[t + 1];
                let (w, beta) = (w.as_mut(), beta.as_mut());
                for j in 0..k {
                    w[j] = bounded(beta[j] * b[j] * inverse);
                }
                beta.fill(0.0);
                for (w, a) in w.iter().zip(at.chunks_exact(k)) {
                    for i in 0..k {
                        beta[i] += w * a[i];
                    }
                }
                for i in 0..k {
                    beta[i] = bounded(beta[i]);
                }
                for (a, moves) in alpha.iter().zip(moves.chunks_exact_mut(k)) {
                    for j in 0..k {
                        moves[j] += a * w[j];
                    }
                }
            }
            let beta = beta.as_ref();
            let mut sum = 0.0;
            for j in 0..k {
                alpha[j] *= beta[j];
                sum += alpha[j];
            }
            // 1 but for rounding.
            let inverse = 1.0 / sum;
            for j in 0..k {
                alpha[j] *= inverse;
            }
        }
        Ok(())
    }

    /// Both passes over one sequence; γ of `[steps, k]` is left in `gamma`. Or the step that is impossible.
    pub fn expect(&self, logs: &[f64], gamma: &mut Vec<f64>) -> Result<Result<Expected, usize>> {
        let k = self.k;
        let steps = logs.len() / k;
        let mut b = vec![0.0; logs.len()];
        let mut scale = vec![0.0; steps];
        gamma.clear();
        gamma.resize(logs.len(), 0.0);
        let largest = self.likelihoods(logs, &mut b);
        let sum = match self.forward(logs, &mut b, gamma, &mut scale)? {
            Ok(sum) => sum,
            Err(t) => return Ok(Err(t)),
        };
        let mut moves = vec![0.0; k * k];
        self.backward(&b, gamma, &scale, &mut moves)?;
        moves.iter_mut().zip(&self.transition).for_each(|(m, a)| *m *= a);
        Ok(Ok(Expected { log_likelihood: sum + largest, start: gamma[..k.min(gamma.len())].to_vec(), moves }))
    }

    /// Only the log likelihood; minus infinity when the sequence is impossible.
    pub fn log_likelihood(&self, logs: &[f64]) -> Result<f64> {
        let mut b = vec![0.0; logs.len()];
        let mut alpha = vec![0.0; logs.len()];
        let mut scale = vec![0.0; logs.len() / self.k];
        let largest = self.likelihoods(logs, &mut b);
        Ok(self.forward(logs, &mut b, &mut alpha, &mut scale)?.map_or(f64::NEG_INFINITY, |sum| sum + largest))
    }

    /// The most probable path and the logarithm of its joint probability with the sequence (Viterbi 1967).
    pub fn viterbi(&self, logs: &[f64]) -> Result<(Vec<u32>, f64)> {
        for_states!(self.k, row => self.viterbi_rows(row, logs))
    }

    #[inline(always)]
    fn viterbi_rows<R: Row>(&self, row: R, logs: &[f64]) -> Result<(Vec<u32>, f64)> {
        let k = row.as_ref().len();
        let steps = logs.len() / k;
        if steps == 0 {
            return Ok((vec![], 0.0));
        }
        let a: Vec<f64> = self.transition.iter().map(|p| p.ln()).collect();
        let (mut best, mut next) = (row.clone(), row);
        let mut from = vec![0u16; steps * k];
        for (j, b) in best.as_mut().iter_mut().enumerate() {
            *b = self.start[j].ln() + logs[j];
        }
        let block = block(k);
        for t in 1..steps {
            if t % block == 0 {
                stop::check()?;
            }
            let (n, l) = (next.as_mut(), best.as_ref());
            let from = &mut from[t * k..(t + 1) * k];
            n.fill(f64::NEG_INFINITY);
            for i in 0..k {
                let (value, a) = (l[i], &a[i * k..(i + 1) * k]);
                for j in 0..k {
                    let through = value + a[j];
                    from[j] = if through > n[j] { i as u16 } else { from[j] };
                    n[j] = if through > n[j] { through } else { n[j] };
                }
            }
            for (n, b) in n.iter_mut().zip(&logs[t * k..(t + 1) * k]) {
                *n += b;
            }
            std::mem::swap(&mut best, &mut next);
        }
        let mut state = 0;
        for j in 1..k {
            if best.as_ref()[j] > best.as_ref()[state] {
                state = j;
            }
        }
        let value = best.as_ref()[state];
        let mut path = vec![0; steps];
        for t in (0..steps).rev() {
            path[t] = state as u32;
            state = from[t * k + state] as usize;
        }
        Ok((path, value))
    }
}

/// β of a state that cannot be reached may grow without bound; its α is 0, and the product must be too.
#[inline(always)]
fn bounded(v: f64) -> f64 {
    if v < 1e300 { v } else { 1e300 }
}

/// New `b` measured by the best reachable state: how much its logarithm is below the old measure, and the new scale.
#[cold]
fn repair(reachable: &[f64], logs: &[f64], b: &mut [f64]) -> Option<(f64, f64)> {
    let largest = |all: bool| {
        let some = reachable.iter().zip(logs).filter(|(p, _)| all || **p > 0.0);
        some.map(|(_, l)| *l).fold(f64::NEG_INFINITY, f64::max)
    };
    let best = largest(false);
    if best == f64::NEG_INFINITY {
        return None;
    }
    let mut c = 0.0;
    for ((b, p), l) in b.iter_mut().zip(reachable).zip(logs) {
        *b = if *p > 0.0 { (l - best).exp() } else { 0.0 };
        c += *b * p;
    }
    (c > 1e-300).then_some((best - largest(true), c))
}
