//! Ridge regression: least squares with a price on the squares of the weights.
//!
//! Hoerl & Kennard (1970). Few features: the normal equations; more features than samples: their dual; sparse samples:
//! conjugate gradients (Hestenes & Stiefel 1952).

use super::checks::{check_effort, usable, usable_answers};
use super::gram::{Factor, Gram, centred};
use super::linear_regression::{centre, centred_matrix, least_squares, plane};
use super::planes::{Planes, dot};
use crate::error::ensure_setting;
use crate::learn::cluster::{ensure_sound, products};
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::linalg::svd;
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "ridge";

/// Settings of [`Ridge`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RidgeSettings {
    /// The price of the squares of the weights: 0 (least squares) to 1e100. Default 1.
    pub alpha: f64,
    /// Learn a bias. Default true.
    pub fit_intercept: bool,
    /// Of sparse samples: the residual to reach, compared with the start; positive. Default 1e-8.
    pub tolerance: f64,
    /// Of sparse samples: steps at most. Default 10,000.
    pub steps: u64,
}

impl Default for RidgeSettings {
    fn default() -> Self {
        Self { alpha: 1.0, fit_intercept: true, tolerance: 1e-8, steps: 10_000 }
    }
}

/// Ridge regression.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ridge {
    settings: RidgeSettings,
    learned: Option<Planes>,
}

impl Ridge {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// When a setting is out of its range.
    pub fn new(settings: RidgeSettings) -> Result<Self> {
        let alpha = settings.alpha;
        ensure_setting((0.0..=1e100).contains(&alpha), NAME, "alpha", "from 0 to 1e100", alpha)?;
        check_effort(NAME, settings.tolerance, settings.steps)?;
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(NAME, bytes)?;
        Self::new(me.settings.clone())?;
        ensure_sound(me.learned.as_ref().is_none_or(|l| l.sound() && l.outputs() == 1), NAME)?;
        Ok(me)
    }

    /// Conjugate gradients on `(XᵀX + α) w = Xᵀy` of centred samples, which are never written out.
    fn sparse(&self, x: &Samples, y: &[f64]) -> Result<(Planes, Fit)> {
        let (n, d, s) = (x.rows(), x.columns(), &self.settings);
        let (means, y_mean) = centre(x, y, s.fit_intercept)?;
        // Xᵀ r for centred samples, whatever the sum of r.
        let turned = |r: &[f64]| {
            let mut out = vec![0.0; d];
            (0..n).for_each(|i| x.add_to(i, r[i], &mut out));
            let sum: f64 = r.iter().sum();
            out.iter_mut().zip(&means).for_each(|(o, m)| *o -= sum * m);
            out
        };
        let times = |v: &[f64]| {
            let shift = dot(v, &means);
            let along: Vec<f64> = (0..n).map(|i| x.dot(i, v) - shift).collect();
            let mut out = turned(&along);
            out.iter_mut().zip(v).for_each(|(o, v)| *o += s.alpha * v);
            out
        };
        let mut diagonal = vec![s.alpha; d];
        (0..n).for_each(|i| x.entries(i).for_each(|(j, v)| diagonal[j] += v * v));
        diagonal.iter_mut().zip(&means).for_each(|(t, m)| *t = (*t - n as f64 * m * m).max(1e-12 * *t).max(1e-300));

        let centred: Vec<f64> = y.iter().map(|y| y - y_mean).collect();
        let mut w = vec![0.0; d];
        let mut r = turned(&centred);
        let scaled = |r: &[f64]| r.iter().zip(&diagonal).map(|(r, t)| r / t).collect::<Vec<f64>>();
        let mut z = scaled(&r);
        let mut p = z.clone();
        let mut rz = dot(&r, &z);
        let (start, mut steps) = (dot(&r, &r).sqrt(), 0);
        let left = |r: &[f64]| dot(r, r).sqrt() / start.max(1e-300);
        while left(&r) > s.tolerance && steps < s.steps {
            stop::check()?;
            steps += 1;
            let q = times(&p);
            let pq = dot(&p, &q);
            if !(pq > 0.0) {
                break;
            }
            let t = rz / pq;
            w.iter_mut().zip(&p).for_each(|(w, p)| *w += t * p);
            r.iter_mut().zip(&q).for_each(|(r, q)| *r -= t * q);
            z = scaled(&r);
            let next = dot(&r, &z);
            p.iter_mut().zip(&z).for_each(|(p, z)| *p = z + next / rz * *p);
            rz = next;
        }
        let reached = left(&r);
        let warning = (reached > s.tolerance).then(|| {
            let wanted = s.tolerance;
            format!(
                "not converged after {steps} steps: the residual is {reached:.3e} of the first, wanted {wanted:.3e}"
            )
        });
        Ok((plane(w, &means, y_mean), Fit { steps, warning }))
    }
}

/// The weights of least `|y - X w|² + alpha |w|²` for dense samples.
pub fn dense_ridge(x: &Samples, y: &[f64], alpha: f64, intercept: bool) -> Result<Planes> {
    let (n, d) = (x.rows(), x.columns());
    let (means, y_mean) = centre(x, y, intercept)?;
    let solve = |mut gram: Gram, b: &[f64]| {
        (0..gram.size).for_each(|i| gram.values[i * gram.size + i] += alpha);
        Factor::new(&gram).filter(|f| f.least_pivot() > 1e-10).map(|f| f.solve(b))
    };
    let w = if d <= n.max(64) {
        let all = centred(x, &means, y, y_mean)?;
        let values = (0..d).flat_map(|i| all.row(i)[..d].to_vec()).collect();
        solve(Gram { size: d, values }, &all.row(d)[..d])
    } else {
        let rows = centred_matrix(x, &means)?;
        let mut values = vec![0.0; n * n];
        products(rows.data(), rows.data(), d, &mut values);
        let y: Vec<f64> = y.iter().map(|y| y - y_mean).collect();
        solve(Gram { size: n, values }, &y).map(|dual| {
            let mut w = vec![0.0; d];
            (0..n).for_each(|i| w.iter_mut().zip(rows.row(i)).for_each(|(w, v)| *w += dual[i] * v));
            w
        })
    };
    if let Some(w) = w {
        return Ok(plane(w, &means, y_mean));
    }
    // Too close to singular for products of the samples: through their singular values.
    let made = svd(&centred_matrix(x, &means)?, false)?;
    let mut w = vec![0.0; d];
    for (k, &s) in made.s.iter().enumerate().filter(|(_, s)| **s > 0.0) {
        let along: f64 = (0..n).map(|i| made.u[(i, k)] * (y[i] - y_mean)).sum();
        let factor = along / (s + alpha / s);
        (0..d).for_each(|j| w[j] += factor * made.v[(j, k)]);
    }
    Ok(plane(w, &means, y_mean))
}

impl Learner for Ridge {
    fn name(&self) -> &'static str {
        NAME
    }

    fn takes_sparse(&self) -> bool {
        true
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        usable(NAME, x, None)?;
        let y = y.numbers(NAME, x.rows())?;
        usable_answers(NAME, y)?;
        let (planes, fit) = match (x.is_sparse(), self.settings.alpha) {
            (true, _) => self.sparse(x, y)?,
            (false, 0.0) => (least_squares(x, y, self.settings.fit_intercept)?, Fit { steps: 1, warning: None }),
            (false, _) => {
                (dense_ridge(x, y, self.settings.alpha, self.settings.fit_intercept)?, Fit { steps: 1, warning: None })
            }
        };
        if !planes.finite() {
            return Err(Error::value(format!("{NAME}: the numbers left their range; scale the samples")));
        }
        self.learned = Some(planes);
        Ok(fit)
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(NAME, &self.learned)?;
        usable(NAME, x, Some(l.columns))?;
        Ok(Answer::Numbers(l.values(x)?))
    }

    fn learned(&self) -> Vec<(&'static str, Shown)> {
        self.learned.as_ref().map_or(vec![], Planes::shown)
    }

    fn summary(&self) -> Option<String> {
        self.learned.as_ref().map(|l| format!("{} features", l.columns))
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        to_bytes(NAME, self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Known, close, known, make, shown, sparse};
    use super::*;
    use serde_json::json;

    // Ridge(alpha=2.5).fit(X, y) and .fit(X[:3], y[:3]), of scikit-learn 1.9.1, with the samples of `known`.
    #[test]
    fn known_answers() {
        let Known { x, y, .. } = known();
        let fit = |x: &Samples, options| {
            let mut me = make(NAME, options);
            assert_eq!(me.fit(x, Goal::Numbers(&y[..x.rows()])).unwrap().warning, None);
            [shown(&*me, "weights"), shown(&*me, "bias")].concat()
        };
        let wanted = [1.4600550732, -0.97885400247, 0.00063414165001, 0.0092382158315, 2.9809313617];
        close(&fit(&x, json!({ "alpha": 2.5 })), &wanted, 1e-9);
        close(&fit(&sparse(&x), json!({ "alpha": 2.5 })), &wanted, 1e-7);
        let wanted = [0.1638719898, -0.5585461469, 0.2221960888, 0.1909615924, 2.4405033948];
        close(&fit(&x.select(&[0, 1, 2]), json!({ "alpha": 2.5 })), &wanted, 1e-9);
    }

    #[test]
    fn more_features_than_samples_and_no_price() {
        let mut rng = crate::data::Rng::new(4);
        let x = Samples::new(20, 90, (0..1800).map(|_| rng.normal()).collect()).unwrap();
        let y: Vec<f64> = x.iter().map(|row| row[0] + 1.0).collect();
        // The dual gives what the normal equations give.
        let dual = dense_ridge(&x, &y, 0.5, true).unwrap();
        let mut me = make(NAME, json!({ "alpha": 0.5, "tolerance": 1e-12 }));
        me.fit(&sparse(&x), Goal::Numbers(&y)).unwrap();
        close(&dual.weights, &shown(&*me, "weights"), 1e-8);
        let mut me = make(NAME, json!({ "alpha": 0 }));
        me.fit(&x, Goal::Numbers(&y)).unwrap();
        assert!(
            matches!(me.predict(&x).unwrap(), Answer::Numbers(found) if found.iter().zip(&y).all(|(a, b)| (a - b).abs() < 1e-9))
        );
    }
}
