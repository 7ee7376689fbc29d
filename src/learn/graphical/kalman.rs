//! The Kalman filter and smoother: where something hidden is that moves by a linear rule and is seen with noise.
//!
//! Kalman (1960); updates in Joseph's form, which keeps covariances positive whatever the rounding; smoothing by Rauch,
//! Tung & Striebel (1965), in the same form; learning by Shumway & Stoffer (1982), "An approach to time series
//! smoothing and forecasting using the EM algorithm".
//!
//! ```text
//! x[1] ~ N(start_mean, start_covariance)
//! x[t+1] = A x[t] + B u[t] + w,   w ~ N(0, Q)
//! y[t]   = H x[t] + v,            v ~ N(0, R)
//! ```

use super::dense::{cholesky, cholesky_solve, product, product_transposed, semi_cholesky, symmetrise, transposed};
use super::emission::settle;
use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::{Fit, Samples, from_bytes, to_bytes};
use crate::linalg::{Matrix, pinv};
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "kalman";

/// More dimensions than this are refused.
const MOST: usize = 512;

/// Numbers in the covariances of all steps at most (2 GB).
const LARGEST: usize = 1 << 28;

/// The matrices of a linear model with Gaussian noise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KalmanModel {
    /// A: how the state moves on by itself. `[n][n]`
    pub transition: Vec<Vec<f64>>,
    /// B: how controls move it, if there are any. `[n][controls]`
    pub control: Option<Vec<Vec<f64>>>,
    /// H: what is seen of it. `[m][n]`
    pub observation: Vec<Vec<f64>>,
    /// Q: the covariance of its own noise. `[n][n]`
    pub process_noise: Vec<Vec<f64>>,
    /// R: the covariance of the noise of what is seen. `[m][m]`
    pub observation_noise: Vec<Vec<f64>>,
    /// The mean of the first state, before the first observation; none is zero. `[n]`
    pub start_mean: Option<Vec<f64>>,
    /// The covariance of the first state; none is the identity. `[n][n]`
    pub start_covariance: Option<Vec<Vec<f64>>>,
}

/// Settings of [`Kalman::fit`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KalmanSettings {
    /// Steps of the fit at most, at least 1. Default 100.
    pub steps: usize,
    /// Stop when a step raises the log likelihood by less than this part of it, at least 0. Default 1e-6.
    pub tolerance: f64,
    /// No variance that is learned falls below this, above 0. Default 1e-9.
    pub floor: f64,
    /// Whether the fit changes the transition A. Default false.
    pub learn_transition: bool,
    /// Whether the fit changes the observation H. Default false.
    pub learn_observation: bool,
    /// Whether the fit changes the noise Q. Default true.
    pub learn_process_noise: bool,
    /// Whether the fit changes the noise R. Default true.
    pub learn_observation_noise: bool,
    /// Whether the fit changes where the state begins. Default false.
    pub learn_start: bool,
}

impl Default for KalmanSettings {
    fn default() -> Self {
        Self {
            steps: 100,
            tolerance: 1e-6,
            floor: 1e-9,
            learn_transition: false,
            learn_observation: false,
            learn_process_noise: true,
            learn_observation_noise: true,
            learn_start: false,
        }
    }
}

/// What is known of the state at each step, from what was seen until then.
#[derive(Clone, Debug, PartialEq)]
pub struct Filtered {
    /// Means after each observation. `[steps, n]`
    pub means: Samples,
    /// Covariances after each observation, row by row. `[steps, n²]`
    pub covariances: Samples,
    /// Means before each observation. `[steps, n]`
    pub predicted_means: Samples,
    /// Covariances before each observation. `[steps, n²]`
    pub predicted_covariances: Samples,
    /// The logarithm of the density of all that was seen.
    pub log_likelihood: f64,
}

/// What is known of the state at each step, from everything that was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Smoothed {
    /// `[steps, n]`
    pub means: Samples,
    /// Row by row. `[steps, n²]`
    pub covariances: Samples,
    /// The logarithm of the density of all that was seen.
    pub log_likelihood: f64,
}

/// What is expected after the last observation.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// Of the state. `[steps, n]`
    pub means: Samples,
    /// `[steps, n²]`
    pub covariances: Samples,
    /// Of what will be seen. `[steps, m]`
    pub observations: Samples,
    /// `[steps, m²]`
    pub observation_covariances: Samples,
}

/// A Kalman filter and smoother.
///
/// ```
/// use mynah::learn::Samples;
/// use mynah::learn::graphical::{Kalman, KalmanModel};
/// let one = || vec![vec![1.0]];
/// let model = KalmanModel {
///     transition: one(),
///     observation: one(),
///     process_noise: vec![vec![0.0]],
///     observation_noise: one(),
///     ..Default::default()
/// };
/// // A constant seen twice at 3, with the prior N(0, 1): the mean of 0, 3 and 3.
/// let seen = Samples::new(2, 1, vec![3.0, 3.0]).unwrap();
/// let known = Kalman::new(model).unwrap().filter(&seen, None).unwrap();
/// assert!((known.means.row(1)[0] - 2.0).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kalman {
    model: KalmanModel,
}

/// The model in flat matrices.
struct Flat {
    n: usize,
    m: usize,
    u: usize,
    a: Vec<f64>, // [n, n]
    b: Vec<f64>, // [n, u]
    h: Vec<f64>, // [m, n]
    q: Vec<f64>, // [n, n]
    r: Vec<f64>, // [m, m]
    x: Vec<f64>, // the first mean, [n]
    p: Vec<f64>, // and covariance, [n, n]
}

impl Kalman {
    /// One with the given matrices.
    ///
    /// # Errors
    /// When their sizes do not fit, a number is not finite, or a covariance is not one.
    pub fn new(mut model: KalmanModel) -> Result<Self> {
        let (n, m) = (model.transition.len(), model.observation.len());
        if n == 0 || m == 0 {
            return Err(Error::value(format!("{NAME}: `transition` and `observation` must be given")));
        }
        if n > MOST || m > MOST {
            return Err(Error::value(format!("{NAME}: at most {MOST} dimensions, got {n} hidden and {m} seen")));
        }
        if model.process_noise.is_empty() {
            model.process_noise = identity(n);
        }
        if model.observation_noise.is_empty() {
            model.observation_noise = identity(m);
        }
        let mean = model.start_mean.get_or_insert_with(|| vec![0.0; n]);
        size("start_mean", std::slice::from_ref(mean), 1, n)?;
        let covariance = model.start_covariance.get_or_insert_with(|| identity(n));
        size("start_covariance", covariance, n, n)?;
        size("transition", &model.transition, n, n)?;
        size("observation", &model.observation, m, n)?;
        size("process_noise", &model.process_noise, n, n)?;
        size("observation_noise", &model.observation_noise, m, m)?;
        if let Some(control) = &model.control {
            let u = control.first().map_or(0, Vec::len);
            if u == 0 || u > MOST {
                return Err(Error::shape(NAME, format!("`control` has {u} columns, wanted 1 to {MOST}")));
            }
            size("control", control, n, u)?;
        }
        for (name, c) in [
            ("process_noise", &model.process_noise),
            ("observation_noise", &model.observation_noise),
            ("start_covariance", covariance),
        ] {
            let d = c.len();
            let scale = c.iter().flatten().fold(0.0, |s: f64, v| s.max(v.abs()));
            let symmetric = (0..d).all(|i| (0..i).all(|j| (c[i][j] - c[j][i]).abs() <= 1e-9 * scale));
            if !symmetric || semi_cholesky(&c.concat(), d).is_none() {
                let why =
                    format!("{NAME}: `{name}` is no covariance: it must be symmetric, without negative variances");
                return Err(Error::value(why));
            }
        }
        Ok(Self { model })
    }

    /// One from [`Kalman::to_bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(NAME, bytes)?;
        Self::new(me.model)
    }

    /// The model, for a file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }

    /// Its matrices, those left out filled in.
    pub fn model(&self) -> &KalmanModel {
        &self.model
    }

    fn flat(&self) -> Flat {
        let k = &self.model;
        let b = k.control.as_ref().map(|b| b.concat()).unwrap_or_default();
        let n = k.transition.len();
        Flat {
            n,
            m: k.observation.len(),
            u: b.len() / n,
            a: k.transition.concat(),
            b,
            h: k.observation.concat(),
            q: k.process_noise.concat(),
            r: k.observation_noise.concat(),
            x: k.start_mean.clone().unwrap_or_else(|| vec![0.0; n]),
            p: k.start_covariance.clone().unwrap_or_else(|| identity(n)).concat(),
        }
    }

    /// Follows the state through observations, `[steps, m]`, where NaN stands for what was not seen. `controls`,
    /// `[steps, controls]`, move it from each step to the next.
    ///
    /// # Errors
    /// When a width is wrong, a number is infinite, something is seen without any noise and prior doubt, or someone
    /// asks to stop.
    pub fn filter(&self, observations: &Samples, controls: Option<&Samples>) -> Result<Filtered> {
        let flat = self.flat();
        check_inputs(&flat, observations, controls, observations.rows())?;
        let t = observations.rows();
        let pass = forward(&flat, observations, controls)?;
        let n = flat.n;
        Ok(Filtered {
            means: Samples::new(t, n, pass.means)?,
            covariances: Samples::new(t, n * n, pass.covariances)?,
            predicted_means: Samples::new(t, n, pass.predicted_means)?,
            predicted_covariances: Samples::new(t, n * n, pass.predicted_covariances)?,
            log_likelihood: pass.log_likelihood,
        })
    }

    /// The logarithm of the density of what was seen.
    ///
    /// # Errors
    /// As [`Kalman::filter`].
    pub fn log_likelihood(&self, observations: &Samples, controls: Option<&Samples>) -> Result<f64> {
        Ok(self.filter(observations, controls)?.log_likelihood)
    }

    /// As [`Kalman::filter`], and then looks back: each step knows of all observations.
    ///
    /// # Errors
    /// As [`Kalman::filter`].
    pub fn smooth(&self, observations: &Samples, controls: Option<&Samples>) -> Result<Smoothed> {
        let flat = self.flat();
        check_inputs(&flat, observations, controls, observations.rows())?;
        let pass = forward(&flat, observations, controls)?;
        let back = backward(&flat, &pass)?;
        let (t, n) = (observations.rows(), flat.n);
        Ok(Smoothed {
            means: Samples::new(t, n, back.means)?,
            covariances: Samples::new(t, n * n, back.covariances)?,
            log_likelihood: pass.log_likelihood,
        })
    }

    /// What is expected in the `steps` after the last observation. `controls` then has a row for each observation and
    /// for each of those steps but the last, at least.
    ///
    /// # Errors
    /// As [`Kalman::filter`].
    pub fn forecast(&self, observations: &Samples, controls: Option<&Samples>, steps: usize) -> Result<Forecast> {
        let flat = self.flat();
        let (t, n, m) = (observations.rows(), flat.n, flat.m);
        if steps > 1 << 24 {
            return Err(Error::value(format!("{NAME}: {steps} steps are too many")));
        }
        check_inputs(&flat, observations, controls, t + steps)?;
        if (t + steps).checked_mul(m * m).is_none_or(|size| size > LARGEST) {
            return Err(Error::value(format!("{NAME}: {steps} steps of {m} observations are too many")));
        }
        let mut values = observations.values().to_vec();
        values.resize((t + steps) * m, f64::NAN);
        let pass = forward(&flat, &Samples::new(t + steps, m, values)?, controls)?;
        let (means, covariances) = (pass.means[t * n..].to_vec(), pass.covariances[t * n * n..].to_vec());
        let (mut seen, mut seen_covariances) = (Vec::new(), Vec::new());
        for (x, p) in means.chunks_exact(n).zip(covariances.chunks_exact(n * n)) {
            seen.extend(product(&flat.h, x, m, n, 1));
            let hp = product(&flat.h, p, m, n, n);
            let s = product_transposed(&hp, &flat.h, m, n, m);
            seen_covariances.extend(s.iter().zip(&flat.r).map(|(s, r)| s + r));
        }
        Ok(Forecast {
            means: Samples::new(steps, n, means)?,
            covariances: Samples::new(steps, n * n, covariances)?,
            observations: Samples::new(steps, m, seen)?,
            observation_covariances: Samples::new(steps, m * m, seen_covariances)?,
        })
    }

    /// States, `[steps, n]`, and observations, `[steps, m]`, drawn from the model.
    ///
    /// # Errors
    /// When the controls have the wrong size, the states leave the range of numbers, or someone asks to stop.
    pub fn sample(&self, steps: usize, controls: Option<&Samples>, seed: u64) -> Result<(Samples, Samples)> {
        let flat = self.flat();
        let (n, m) = (flat.n, flat.m);
        if let Some(c) = controls {
            check_controls(&flat, c, steps.saturating_sub(1))?;
        }
        let mut rng = Rng::new(seed);
        let factor = |c: &[f64], d: usize| semi_cholesky(c, d).expect("covariances are checked");
        let (first, q, r) = (factor(&flat.p, n), factor(&flat.q, n), factor(&flat.r, m));
        let mut noise = |l: &[f64], d: usize| {
            let z: Vec<f64> = (0..d).map(|_| rng.normal()).collect();
            product(l, &z, d, d, 1)
        };
        let (mut states, mut seen) = (Vec::new(), Vec::new());
        let mut x: Vec<f64> = flat.x.iter().zip(noise(&first, n)).map(|(x, w)| x + w).collect();
        for t in 0..steps {
            if t % 256 == 0 {
                stop::check()?;
            }
            if t > 0 {
                x = next_mean(&flat, &x, controls, t - 1);
                x.iter_mut().zip(noise(&q, n)).for_each(|(x, w)| *x += w);
            }
            if x.iter().any(|v| !(v.abs() < 1e150)) {
                return Err(Error::value(format!("{NAME}: the state left the range of numbers at step {}", t + 1)));
            }
            states.extend_from_slice(&x);
            let y = product(&flat.h, &x, m, n, 1);
            seen.extend(y.iter().zip(noise(&r, m)).map(|(y, v)| y + v));
        }
        Ok((Samples::new(steps, n, states)?, Samples::new(steps, m, seen)?))
    }

    /// Learns the chosen matrices from sequences of observations by expectation and maximisation, from where they are.
    ///
    /// Where rows are seen in part and R is not diagonal, the step for H looks at each component alone.
    ///
    /// # Errors
    /// As [`Kalman::filter`]; and when a setting is out of range. Then the model is as before.
    pub fn fit(
        &mut self,
        sequences: &[Samples],
        controls: Option<&[Samples]>,
        settings: &KalmanSettings,
    ) -> Result<Fit> {
        let s = settings;
        ensure_setting(s.steps >= 1, NAME, "steps", "at least 1", s.steps)?;
        ensure_setting(s.tolerance >= 0.0 && s.tolerance.is_finite(), NAME, "tolerance", "at least 0", s.tolerance)?;
        ensure_setting(s.floor > 0.0 && s.floor < 1e100, NAME, "floor", "positive", s.floor)?;
        let mut flat = self.flat();
        if controls.is_some_and(|c| c.len() != sequences.len()) {
            return Err(Error::shape(NAME, "each sequence needs its controls"));
        }
        let control = |i: usize| controls.map(|c| &c[i]);
        for (i, y) in sequences.iter().enumerate() {
            check_inputs(&flat, y, control(i), y.rows())?;
        }
        let used: Vec<usize> = (0..sequences.len()).filter(|i| sequences[*i].rows() > 0).collect();
        if used.is_empty() {
            return Err(Error::value(format!("{NAME}: there are no observations")));
        }
        let mut history: Vec<f64> = Vec::new();
        let mut converged = false;
        for step in 0..=s.steps {
            let mut passes = Vec::with_capacity(used.len());
            let mut total = 0.0;
            for &i in &used {
                let pass = forward(&flat, &sequences[i], control(i))?;
                total += pass.log_likelihood;
                passes.push(pass);
            }
            if let Some(last) = history.last() {
                converged = total - last < s.tolerance * (1.0 + total.abs());
            }
            history.push(total);
            if converged || step == s.steps {
                break;
            }
            let mut smoothed = Vec::with_capacity(used.len());
            for pass in &passes {
                smoothed.push(backward(&flat, pass)?);
            }
            let runs: Vec<_> = used.iter().zip(&smoothed).map(|(&i, back)| (&sequences[i], control(i), back)).collect();
            maximise(&mut flat, &runs, s)?;
        }
        let steps = history.len() as u64 - 1;
        let gain = history.len().checked_sub(2).map_or(0.0, |i| history[i + 1] - history[i]);
        let warning = (!converged)
            .then(|| format!("the log likelihood still rose by {gain:.3e} after {steps} steps; raise `steps`"));
        let rows = |v: &[f64], width: usize| v.chunks_exact(width).map(<[f64]>::to_vec).collect::<Vec<_>>();
        let (n, m) = (flat.n, flat.m);
        let model = KalmanModel {
            transition: rows(&flat.a, n),
            control: self.model.control.clone(),
            observation: rows(&flat.h, n),
            process_noise: rows(&flat.q, n),
            observation_noise: rows(&flat.r, m),
            start_mean: Some(flat.x),
            start_covariance: Some(rows(&flat.p, n)),
        };
        *self = Self::new(model)?;
        Ok(Fit { steps, warning })
    }
}

/// What the filter leaves behind.
struct Pass {
    means: Vec<f64>,
    covariances: Vec<f64>,
    predicted_means: Vec<f64>,
    predicted_covariances: Vec<f64>,
    log_likelihood: f64,
}

/// What the smoother leaves behind.
struct Back {
    means: Vec<f64>,
    covariances: Vec<f64>,
    lagged: Vec<f64>, // Cov(x[t+1], x[t]) at t; one fewer than there are steps
}

fn next_mean(k: &Flat, x: &[f64], controls: Option<&Samples>, t: usize) -> Vec<f64> {
    let mut next = product(&k.a, x, k.n, k.n, 1);
    if let Some(controls) = controls {
        let moved = product(&k.b, controls.row(t), k.n, k.u, 1);
        next.iter_mut().zip(moved).for_each(|(x, b)| *x += b);
    }
    next
}

fn forward(k: &Flat, observations: &Samples, controls: Option<&Samples>) -> Result<Pass> {
    let (n, m, steps) = (k.n, k.m, observations.rows());
    if steps.checked_mul(n * n).is_none_or(|size| size > LARGEST) {
        return Err(Error::value(format!("{NAME}: {steps} steps of {n} x {n} covariances are too many")));
    }
    let mut out = Pass {
        means: Vec::with_capacity(steps * n),
        covariances: Vec::with_capacity(steps * n * n),
        predicted_means: Vec::with_capacity(steps * n),
        predicted_covariances: Vec::with_capacity(steps * n * n),
        log_likelihood: 0.0,
    };
    let (mut x, mut p) = (k.x.clone(), k.p.clone());
    let often = (1 << 20) / (n * n * n + m * m * m) + 1;
    for t in 0..steps {
        if t % often == 0 {
            stop::check()?;
        }
        if t > 0 {
            x = next_mean(k, &x, controls, t - 1);
            let ap = product(&k.a, &p, n, n, n);
            p = product_transposed(&ap, &k.a, n, n, n);
            p.iter_mut().zip(&k.q).for_each(|(p, q)| *p += q);
            symmetrise(&mut p, n);
        }
        if x.iter().chain(&p).any(|v| !(v.abs() < 1e150)) {
            return Err(Error::value(format!("{NAME}: the state leaves the range of numbers at step {}", t + 1)));
        }
        out.predicted_means.extend_from_slice(&x);
        out.predicted_covariances.extend_from_slice(&p);
        let y = observations.row(t);
        let seen: Vec<usize> = (0..m).filter(|j| !y[*j].is_nan()).collect();
        if !seen.is_empty() {
            out.log_likelihood += update(k, y, &seen, &mut x, &mut p).ok_or_else(|| {
                let why = "something is seen without any doubt; give `observation_noise` positive variances";
                Error::value(format!("{NAME}: step {}: {why}", t + 1))
            })?;
        }
        out.means.extend_from_slice(&x);
        out.covariances.extend_from_slice(&p);
    }
    Ok(out)
}

/// Takes in what was seen at one step; its log density, or nothing when its covariance is singular.
fn update(k: &Flat, y: &[f64], seen: &[usize], x: &mut [f64], p: &mut Vec<f64>) -> Option<f64> {
    let (n, o) = (k.n, seen.len());
    let h: Vec<f64> = seen.iter().flat_map(|j| k.h[j * n..(j + 1) * n].iter().copied()).collect();
    let r = part(&k.r, k.m, seen, seen);
    // S = H P Hᵀ + R, Kᵀ = S⁻¹ H P
    let hp = product(&h, p, o, n, n);
    let mut s = product_transposed(&hp, &h, o, n, o);
    s.iter_mut().zip(&r).for_each(|(s, r)| *s += r);
    symmetrise(&mut s, o);
    let l = cholesky(&s, o)?;
    let mut gain = hp; // [o, n], Kᵀ
    cholesky_solve(&l, &mut gain, o, n);
    let expected = product(&h, x, o, n, 1);
    let gap: Vec<f64> = seen.iter().zip(&expected).map(|(j, e)| y[*j] - e).collect();
    for i in 0..n {
        x[i] += (0..o).map(|j| gain[j * n + i] * gap[j]).sum::<f64>();
    }
    // P = (I - K H) P (I - K H)ᵀ + K R Kᵀ
    let kt = transposed(&gain, o, n); // [n, o]
    let kh = product(&kt, &h, n, o, n);
    let left: Vec<f64> = (0..n * n).map(|i| f64::from(u8::from(i % (n + 1) == 0)) - kh[i]).collect();
    let lp = product(&left, p, n, n, n);
    let mut new = product_transposed(&lp, &left, n, n, n);
    let kr = product(&kt, &r, n, o, o);
    let krk = product_transposed(&kr, &kt, n, o, n);
    new.iter_mut().zip(krk).for_each(|(p, v)| *p += v);
    symmetrise(&mut new, n);
    *p = new;
    let mut solved = gap.clone();
    cholesky_solve(&l, &mut solved, o, 1);
    let distance: f64 = solved.iter().zip(&gap).map(|(a, b)| a * b).sum();
    let log_det: f64 = 2.0 * (0..o).map(|i| l[i * o + i].ln()).sum::<f64>();
    Some(-0.5 * (o as f64 * (2.0 * std::f64::consts::PI).ln() + log_det + distance))
}

/// Some rows and columns of `[m, m]`.
fn part(r: &[f64], m: usize, rows: &[usize], columns: &[usize]) -> Vec<f64> {
    rows.iter().flat_map(|i| columns.iter().map(move |j| r[i * m + j])).collect()
}

fn backward(k: &Flat, pass: &Pass) -> Result<Back> {
    let n = k.n;
    let steps = pass.means.len() / n;
    let (mut means, mut covariances) = (pass.means.clone(), pass.covariances.clone());
    let mut lagged = vec![0.0; steps.saturating_sub(1) * n * n];
    let often = (1 << 20) / (n * n * n) + 1;
    for t in (0..steps.saturating_sub(1)).rev() {
        if t % often == 0 {
            stop::check()?;
        }
        let p = &pass.covariances[t * n * n..(t + 1) * n * n];
        let ahead = &pass.predicted_covariances[(t + 1) * n * n..(t + 2) * n * n];
        // Gᵀ = (A P Aᵀ + Q)⁻¹ A P
        let mut gt = product(&k.a, p, n, n, n);
        solve_covariance(ahead, &mut gt, n)?;
        let g = transposed(&gt, n, n);
        let gap: Vec<f64> = (0..n).map(|i| means[(t + 1) * n + i] - pass.predicted_means[(t + 1) * n + i]).collect();
        let moved = product(&g, &gap, n, n, 1);
        means[t * n..(t + 1) * n].iter_mut().zip(moved).for_each(|(x, v)| *x += v);
        // V = (I - G A) P (I - G A)ᵀ + G (V' + Q) Gᵀ: P + G (V' - A P Aᵀ - Q) Gᵀ, without the subtraction.
        let next: Vec<f64> = covariances[(t + 1) * n * n..(t + 2) * n * n].to_vec();
        lagged[t * n * n..(t + 1) * n * n].copy_from_slice(&product_transposed(&next, &g, n, n, n));
        let ga = product(&g, &k.a, n, n, n);
        let left: Vec<f64> = (0..n * n).map(|i| f64::from(u8::from(i % (n + 1) == 0)) - ga[i]).collect();
        let lp = product(&left, p, n, n, n);
        let mut v = product_transposed(&lp, &left, n, n, n);
        let noisy: Vec<f64> = next.iter().zip(&k.q).map(|(v, q)| v + q).collect();
        let gn = product(&g, &noisy, n, n, n);
        v.iter_mut().zip(product_transposed(&gn, &g, n, n, n)).for_each(|(v, w)| *v += w);
        symmetrise(&mut v, n);
        covariances[t * n * n..(t + 1) * n * n].copy_from_slice(&v);
    }
    Ok(Back { means, covariances, lagged })
}

/// `b` becomes `a⁻¹ b` for a covariance that may be singular (states without noise): then by the pseudoinverse.
fn solve_covariance(a: &[f64], b: &mut Vec<f64>, n: usize) -> Result<()> {
    let sound = cholesky(a, n).filter(|l| (0..n).all(|i| l[i * n + i] * l[i * n + i] > 1e-12 * a[i * n + i]));
    match sound {
        Some(l) => cholesky_solve(&l, b, n, n),
        None => {
            let inverse = pinv(&Matrix::new(n, n, a.to_vec())?, Some(1e-12))?;
            *b = product(inverse.data(), b, n, n, n);
        }
    }
    Ok(())
}

/// The step that maximises: new matrices from what is expected under the old ones.
fn maximise(k: &mut Flat, runs: &[(&Samples, Option<&Samples>, &Back)], s: &KalmanSettings) -> Result<()> {
    let (n, m) = (k.n, k.m);
    let square = |back: &Back, t: usize| -> Vec<f64> {
        let x = &back.means[t * n..(t + 1) * n];
        let v = &back.covariances[t * n * n..(t + 1) * n * n];
        (0..n * n).map(|i| v[i] + x[i / n] * x[i % n]).collect()
    };
    let add = |to: &mut [f64], what: &[f64]| to.iter_mut().zip(what).for_each(|(t, w)| *t += w);
    let moved = |k: &Flat, controls: Option<&Samples>, t: usize| match controls {
        Some(c) => product(&k.b, c.row(t), n, k.u, 1),
        None => vec![0.0; n],
    };
    let moves: usize = runs.iter().map(|r| r.0.rows() - 1).sum();
    if s.learn_transition && moves > 0 {
        // Aᵀ = (Σ E[x xᵀ])⁻¹ Σ E[x (x' - B u)ᵀ]
        let (mut past, mut cross) = (vec![0.0; n * n], vec![0.0; n * n]);
        for (_, controls, back) in runs {
            for t in 0..back.means.len() / n - 1 {
                add(&mut past, &square(back, t));
                let b = moved(k, *controls, t);
                let (x, next) = (&back.means[t * n..], &back.means[(t + 1) * n..]);
                let c = &back.lagged[t * n * n..(t + 1) * n * n];
                for i in 0..n {
                    for j in 0..n {
                        cross[i * n + j] += x[i] * (next[j] - b[j]) + c[j * n + i];
                    }
                }
            }
        }
        solve_covariance(&past, &mut cross, n)?;
        k.a = transposed(&cross, n, n);
    }
    if s.learn_process_noise && moves > 0 {
        let mut q = vec![0.0; n * n];
        for (_, controls, back) in runs {
            for t in 0..back.means.len() / n - 1 {
                let (x, next) = (&back.means[t * n..(t + 1) * n], &back.means[(t + 1) * n..(t + 2) * n]);
                let b = moved(k, *controls, t);
                let ax = product(&k.a, x, n, n, 1);
                let gap: Vec<f64> = (0..n).map(|i| next[i] - ax[i] - b[i]).collect();
                let (v, w) = (&back.covariances[t * n * n..], &back.covariances[(t + 1) * n * n..]);
                let c = &back.lagged[t * n * n..(t + 1) * n * n];
                let ca = product_transposed(c, &k.a, n, n, n);
                let av = product(&k.a, &v[..n * n], n, n, n);
                let ava = product_transposed(&av, &k.a, n, n, n);
                for i in 0..n {
                    for j in 0..n {
                        let at = i * n + j;
                        q[at] += gap[i] * gap[j] + w[at] - ca[at] - ca[j * n + i] + ava[at];
                    }
                }
            }
        }
        q.iter_mut().for_each(|v| *v /= moves as f64);
        symmetrise(&mut q, n);
        settle(&mut q, n, s.floor);
        k.q = q;
    }
    if s.learn_observation {
        for j in 0..m {
            let (mut squares, mut cross) = (vec![0.0; n * n], vec![0.0; n]);
            for (y, _, back) in runs {
                for t in (0..y.rows()).filter(|t| !y.row(*t)[j].is_nan()) {
                    add(&mut squares, &square(back, t));
                    let x = &back.means[t * n..(t + 1) * n];
                    cross.iter_mut().zip(x).for_each(|(c, x)| *c += x * y.row(t)[j]);
                }
            }
            if squares.iter().any(|v| *v != 0.0) {
                let inverse = pinv(&Matrix::new(n, n, squares)?, Some(1e-12))?;
                k.h[j * n..(j + 1) * n].copy_from_slice(&product(inverse.data(), &cross, n, n, 1));
            }
        }
    }
    if s.learn_observation_noise {
        let mut r = vec![0.0; m * m];
        let mut rows = 0.0;
        for (y, _, back) in runs {
            for t in 0..y.rows() {
                let seen: Vec<usize> = (0..m).filter(|j| !y.row(t)[*j].is_nan()).collect();
                if seen.is_empty() {
                    continue;
                }
                rows += 1.0;
                let o = seen.len();
                let h: Vec<f64> = seen.iter().flat_map(|j| k.h[j * n..(j + 1) * n].iter().copied()).collect();
                let expected = product(&h, &back.means[t * n..(t + 1) * n], o, n, 1);
                let gap: Vec<f64> = seen.iter().zip(&expected).map(|(j, e)| y.row(t)[*j] - e).collect();
                let hv = product(&h, &back.covariances[t * n * n..(t + 1) * n * n], o, n, n);
                let mut e = product_transposed(&hv, &h, o, n, o);
                (0..o * o).for_each(|i| e[i] += gap[i / o] * gap[i % o]);
                if o == m {
                    add(&mut r, &e);
                    continue;
                }
                // What was not seen follows what was seen by the old R: T = R[:, o] R[o, o]⁻¹.
                let all: Vec<usize> = (0..m).collect();
                let roo = part(&k.r, m, &seen, &seen);
                let mut tt = part(&k.r, m, &seen, &all); // [o, m], Tᵀ
                let inverse = pinv(&Matrix::new(o, o, roo.clone())?, Some(1e-12))?;
                tt = product(inverse.data(), &tt, o, o, m);
                let tr = transposed(&tt, o, m);
                let inner: Vec<f64> = e.iter().zip(&roo).map(|(e, r)| e - r).collect();
                let ti = product(&tr, &inner, m, o, o);
                add(&mut r, &product_transposed(&ti, &tr, m, o, m));
                add(&mut r, &k.r);
            }
        }
        if rows > 0.0 {
            r.iter_mut().for_each(|v| *v /= rows);
            symmetrise(&mut r, m);
            settle(&mut r, m, s.floor);
            k.r = r;
        }
    }
    if s.learn_start {
        let count = runs.len() as f64;
        let mut mean = vec![0.0; n];
        runs.iter().for_each(|(.., back)| add(&mut mean, &back.means[..n]));
        mean.iter_mut().for_each(|v| *v /= count);
        let mut p = vec![0.0; n * n];
        for (.., back) in runs {
            for i in 0..n * n {
                let (a, b) = (back.means[i / n] - mean[i / n], back.means[i % n] - mean[i % n]);
                p[i] += (back.covariances[i] + a * b) / count;
            }
        }
        symmetrise(&mut p, n);
        settle(&mut p, n, s.floor);
        (k.x, k.p) = (mean, p);
    }
    Ok(())
}

fn identity(n: usize) -> Vec<Vec<f64>> {
    (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect()
}

fn size(name: &str, rows: &[Vec<f64>], wanted: usize, columns: usize) -> Result<()> {
    if rows.len() != wanted || rows.iter().any(|r| r.len() != columns) {
        let got = rows.iter().map(Vec::len).find(|n| *n != columns).unwrap_or(columns);
        let why = format!("`{name}` is {} x {got}, wanted {wanted} x {columns}", rows.len());
        return Err(Error::shape(NAME, why));
    }
    if rows.iter().flatten().any(|v| !(v.abs() <= 1e100)) {
        return Err(Error::value(format!("{NAME}: `{name}` holds numbers that are not finite or beyond 1e100")));
    }
    Ok(())
}

fn check_inputs(k: &Flat, observations: &Samples, controls: Option<&Samples>, moves: usize) -> Result<()> {
    if observations.is_sparse() {
        return Err(Error::value(format!("{NAME}: does not take sparse samples")));
    }
    if observations.rows() > 0 && observations.columns() != k.m {
        let why = format!("each observation has {} numbers, the model shows {}", observations.columns(), k.m);
        return Err(Error::shape(NAME, why));
    }
    if let Some(at) = observations.values().iter().position(|v| !v.is_nan() && !(v.abs() <= 1e100)) {
        let value = observations.values()[at];
        return Err(Error::value(format!("{NAME}: row {} holds {value:e}; at most 1e100 works", at / k.m + 1)));
    }
    match controls {
        Some(c) => check_controls(k, c, moves.saturating_sub(1)),
        None => Ok(()),
    }
}

fn check_controls(k: &Flat, c: &Samples, moves: usize) -> Result<()> {
    if k.u == 0 {
        return Err(Error::value(format!("{NAME}: the model has no `control`")));
    }
    if c.is_sparse() || c.columns() != k.u || c.rows() < moves {
        let why = format!("controls are {} x {}, wanted {moves} x {}", c.rows(), c.columns(), k.u);
        return Err(Error::shape(NAME, why));
    }
    match c.values().iter().all(|v| v.abs() <= 1e100) {
        true => Ok(()),
        false => Err(Error::value(format!("{NAME}: controls must be finite, at most 1e100"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::{inv, slogdet};

    fn level(q: f64, r: f64) -> Kalman {
        Kalman::new(KalmanModel {
            transition: vec![vec![1.0]],
            observation: vec![vec![1.0]],
            process_noise: vec![vec![q]],
            observation_noise: vec![vec![r]],
            start_covariance: Some(vec![vec![2.0]]),
            ..Default::default()
        })
        .unwrap()
    }

    fn column(values: &[f64]) -> Samples {
        Samples::new(values.len(), 1, values.to_vec()).unwrap()
    }

    #[test]
    fn the_local_level_settles_at_the_golden_ratio() {
        // P = (q + √(q² + 4 q r)) / 2
        let f = level(1.0, 1.0).filter(&column(&[0.0; 60]), None).unwrap();
        let golden = 0.5 * (1.0 + 5f64.sqrt());
        assert!((f.predicted_covariances.row(59)[0] - golden).abs() < 1e-12);
        let f = level(0.5, 2.0).filter(&column(&[0.0; 60]), None).unwrap();
        assert!((f.predicted_covariances.row(59)[0] - 0.5 * (0.5 + (0.25f64 + 4.0).sqrt())).abs() < 1e-12);
    }

    #[test]
    fn likelihood_and_smoother_are_those_of_the_joint_gaussian() {
        // y ~ N(0, 2 + q min(s, t) + r δ); the states' conditional mean and covariance by matrices.
        let (q, r) = (0.3, 0.7);
        let y = [0.5, -1.0, f64::NAN, 2.0, 1.5, f64::NAN];
        let seen: Vec<usize> = (0..6).filter(|t| !f64::is_nan(y[*t])).collect();
        let cov = |s: usize, t: usize| 2.0 + q * s.min(t) as f64;
        let yy = Matrix::from_fn(4, 4, |i, j| cov(seen[i], seen[j]) + if i == j { r } else { 0.0 }).unwrap();
        let inverse = inv(&yy).unwrap();
        let v: Vec<f64> = seen.iter().map(|t| y[*t]).collect();
        let solved = product(inverse.data(), &v, 4, 4, 1);
        let distance: f64 = v.iter().zip(&solved).map(|(a, b)| a * b).sum();
        let log = -0.5 * (4.0 * (2.0 * std::f64::consts::PI).ln() + slogdet(&yy).unwrap().ln + distance);
        let s = level(q, r).smooth(&column(&y), None).unwrap();
        assert!((s.log_likelihood - log).abs() < 1e-10, "{} {log}", s.log_likelihood);
        for t in 0..6 {
            let c: Vec<f64> = seen.iter().map(|u| cov(t, *u)).collect();
            let mean: f64 = c.iter().zip(&solved).map(|(a, b)| a * b).sum();
            let ci = product(&c, inverse.data(), 1, 4, 4);
            let variance = cov(t, t) - ci.iter().zip(&c).map(|(a, b)| a * b).sum::<f64>();
            assert!((s.means.row(t)[0] - mean).abs() < 1e-10 && (s.covariances.row(t)[0] - variance).abs() < 1e-10);
        }
    }

    fn moving() -> KalmanModel {
        // Position and speed; the position is seen, with a push as control.
        KalmanModel {
            transition: vec![vec![1.0, 1.0], vec![0.0, 1.0]],
            control: Some(vec![vec![0.0], vec![1.0]]),
            observation: vec![vec![1.0, 0.0]],
            process_noise: vec![vec![0.01, 0.0], vec![0.0, 0.02]],
            observation_noise: vec![vec![1.0]],
            ..Default::default()
        }
    }

    #[test]
    fn controls_without_noise_are_followed_exactly() {
        let still = KalmanModel {
            process_noise: vec![vec![0.0; 2]; 2],
            start_covariance: Some(vec![vec![0.0; 2]; 2]),
            ..moving()
        };
        let kalman = Kalman::new(still).unwrap();
        let pushes = column(&[1.0, 0.0, -1.0, 0.0]);
        let (x, _) = kalman.sample(5, Some(&pushes), 1).unwrap();
        assert_eq!(x.values(), [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 2.0, 0.0, 2.0, 0.0]);
        let s = kalman.smooth(&column(&[f64::NAN, 5.0, f64::NAN, 1.0, 0.0]), Some(&pushes)).unwrap();
        assert!(s.means.values().iter().zip(x.values()).all(|(a, b)| (a - b).abs() < 1e-12));
        let ahead = kalman.forecast(&column(&[0.0, 0.0]), Some(&pushes), 3).unwrap();
        assert_eq!(ahead.observations.values(), [1.0, 2.0, 2.0]);
        assert!(kalman.forecast(&column(&[0.0, 0.0]), Some(&pushes), 4).is_err());
        assert!(ahead.observation_covariances.values().iter().all(|v| (v - 1.0).abs() < 1e-12));
    }

    #[test]
    fn smoothing_is_better_than_filtering_and_that_than_seeing() {
        let kalman = Kalman::new(KalmanModel { control: None, ..moving() }).unwrap();
        let (x, y) = kalman.sample(3000, None, 5).unwrap();
        let f = kalman.filter(&y, None).unwrap();
        let s = kalman.smooth(&y, None).unwrap();
        let error = |seen: &dyn Fn(usize) -> f64| (0..3000).map(|t| (seen(t) - x.row(t)[0]).powi(2)).sum::<f64>() / 3e3;
        let (raw, filtered, smoothed) =
            (error(&|t| y.row(t)[0]), error(&|t| f.means.row(t)[0]), error(&|t| s.means.row(t)[0]));
        assert!(smoothed < filtered * 0.8 && filtered < raw * 0.7, "{smoothed} {filtered} {raw}");
        // The covariances tell the truth about the error.
        let claimed = s.covariances.iter().map(|c| c[0]).sum::<f64>() / 3e3;
        assert!((claimed / smoothed - 1.0).abs() < 0.15, "{claimed} {smoothed}");
    }

    #[test]
    fn learning_finds_the_noise_and_never_gets_worse() {
        let truth = level(0.5, 2.0);
        let (_, y) = truth.sample(4000, None, 2).unwrap();
        let mut values = y.into_values();
        (0..4000).step_by(7).for_each(|t| values[t] = f64::NAN);
        let y = column(&values);
        let mut kalman = level(1.0, 1.0);
        let mut last = f64::NEG_INFINITY;
        for _ in 0..60 {
            let settings = KalmanSettings { steps: 1, tolerance: 0.0, ..Default::default() };
            kalman.fit(std::slice::from_ref(&y), None, &settings).unwrap();
            let now = kalman.log_likelihood(&y, None).unwrap();
            assert!(now >= last - 1e-7, "{now} {last}");
            last = now;
        }
        assert!(last >= truth.log_likelihood(&y, None).unwrap() - 0.5);
        let (q, r) = (kalman.model().process_noise[0][0], kalman.model().observation_noise[0][0]);
        assert!((q - 0.5).abs() < 0.12 && (r - 2.0).abs() < 0.25, "{q} {r}");
    }

    #[test]
    fn all_matrices_can_be_learned_with_rows_seen_in_part() {
        let two = KalmanModel {
            transition: vec![vec![0.9, 0.2], vec![-0.2, 0.9]],
            observation: vec![vec![1.0, 0.0], vec![0.0, 1.0]],
            process_noise: vec![vec![0.1, 0.0], vec![0.0, 0.1]],
            observation_noise: vec![vec![0.3, 0.1], vec![0.1, 0.2]],
            ..Default::default()
        };
        let (_, y) = Kalman::new(two.clone()).unwrap().sample(1500, None, 8).unwrap();
        let mut values = y.into_values();
        (0..3000).step_by(11).for_each(|t| values[t] = f64::NAN);
        let y = Samples::new(1500, 2, values).unwrap();
        let begin = KalmanModel { transition: vec![vec![0.5, 0.0], vec![0.0, 0.5]], ..two };
        let mut kalman = Kalman::new(begin).unwrap();
        let settings = KalmanSettings { learn_transition: true, learn_start: true, ..Default::default() };
        let before = kalman.log_likelihood(&y, None).unwrap();
        let fit = kalman.fit(std::slice::from_ref(&y), None, &settings).unwrap();
        assert!(fit.steps > 3 && kalman.log_likelihood(&y, None).unwrap() > before);
        let a = &kalman.model().transition;
        assert!((a[0][0] - 0.9).abs() < 0.06 && (a[0][1] - 0.2).abs() < 0.06, "{a:?}");
        let all = KalmanSettings { learn_observation: true, ..settings };
        kalman.fit(&[y.clone(), y], None, &all).unwrap();
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let says = |m: KalmanModel| Kalman::new(m).unwrap_err().to_string();
        assert!(says(KalmanModel::default()).contains("must be given"));
        assert!(
            says(KalmanModel { observation: vec![vec![1.0]], ..moving() })
                .contains("`observation` is 1 x 1, wanted 1 x 2")
        );
        let bad = KalmanModel { process_noise: vec![vec![1.0, 2.0], vec![2.0, 1.0]], ..moving() };
        assert!(says(bad).contains("`process_noise` is no covariance"));
        assert!(level(1.0, 1.0).filter(&Samples::new(1, 2, vec![0.0; 2]).unwrap(), None).is_err());
        assert!(level(1.0, 1.0).filter(&column(&[f64::INFINITY]), None).is_err());
        assert!(
            level(1.0, 1.0)
                .filter(&column(&[0.0]), Some(&column(&[0.0])))
                .unwrap_err()
                .to_string()
                .contains("no `control`")
        );
        let sure = Kalman::new(KalmanModel {
            observation_noise: vec![vec![0.0]],
            start_covariance: Some(vec![vec![0.0; 2]; 2]),
            ..moving()
        });
        let seen = sure.unwrap().filter(&column(&[1.0]), None);
        assert!(seen.unwrap_err().to_string().contains("step 1: something is seen without any doubt"));
        let wild = Kalman::new(KalmanModel {
            transition: vec![vec![1e90]],
            observation: vec![vec![1.0]],
            ..Default::default()
        });
        assert!(
            wild.unwrap().smooth(&column(&[f64::NAN; 9]), None).unwrap_err().to_string().contains("range of numbers")
        );
        assert_eq!(level(1.0, 1.0).filter(&column(&[]), None).unwrap().log_likelihood, 0.0);
    }

    #[test]
    fn saved_and_read_back_it_is_the_same_and_damage_is_told() {
        let kalman = Kalman::new(moving()).unwrap();
        let bytes = kalman.to_bytes().unwrap();
        assert_eq!(Kalman::from_saved(&bytes).unwrap().model(), kalman.model());
        for i in 0..bytes.len() {
            let mut hurt = bytes.clone();
            hurt[i] ^= 0x0b;
            if let Ok(k) = Kalman::from_saved(&hurt) {
                let _ = k.smooth(&column(&[1.0, 2.0, 3.0]), None);
            }
        }
    }
}
