//! Least squares: the weighted sum of the features that is nearest to the answers.
//!
//! By the normal equations and one step of refinement where they are well posed (Björck 1987, "Stability analysis of
//! the method of seminormal equations"), else through the singular values: then of several solutions the shortest.

use super::checks::{usable_answers, usable_dense};
use super::gram::{Factor, centred, means};
use super::planes::{Planes, dot};
use crate::learn::cluster::ensure_sound;
use crate::learn::{Answer, Fit, Goal, Learner, Samples, Shown, fitted, from_bytes, to_bytes};
use crate::linalg::{Matrix, lstsq};
use crate::{Error, Result, stop};
use faer::MatRef;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const NAME: &str = "linear_regression";

/// Settings of [`LinearRegression`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LinearRegressionSettings {
    /// Learn a bias. Default true.
    pub fit_intercept: bool,
}

impl Default for LinearRegressionSettings {
    fn default() -> Self {
        Self { fit_intercept: true }
    }
}

/// Least squares.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LinearRegression {
    settings: LinearRegressionSettings,
    learned: Option<Planes>,
}

impl LinearRegression {
    /// One that has learned nothing yet.
    ///
    /// # Errors
    /// Never; settings of others may be out of range.
    pub fn new(settings: LinearRegressionSettings) -> Result<Self> {
        Ok(Self { settings, learned: None })
    }

    /// One from [`Learner::bytes`].
    ///
    /// # Errors
    /// When they are damaged.
    pub fn from_saved(bytes: &[u8]) -> Result<Self> {
        let me: Self = from_bytes(NAME, bytes)?;
        ensure_sound(me.learned.as_ref().is_none_or(|l| l.sound() && l.outputs() == 1), NAME)?;
        Ok(me)
    }
}

/// Means of the columns and of the answers; zeros where no bias is wanted.
pub fn centre(x: &Samples, y: &[f64], intercept: bool) -> Result<(Vec<f64>, f64)> {
    if !intercept {
        return Ok((vec![0.0; x.columns()], 0.0));
    }
    Ok((means(x)?, y.iter().sum::<f64>() / y.len() as f64))
}

/// The plane through the centre.
pub fn plane(weights: Vec<f64>, means: &[f64], y_mean: f64) -> Planes {
    let bias = vec![y_mean - dot(&weights, means)];
    Planes { columns: weights.len(), weights, bias }
}

/// The centred samples as a matrix.
pub fn centred_matrix(x: &Samples, means: &[f64]) -> Result<Matrix> {
    Matrix::from_fn(x.rows(), x.columns(), |i, j| x.row(i)[j] - means[j])
}

/// The least squares solution.
pub fn least_squares(x: &Samples, y: &[f64], intercept: bool) -> Result<Planes> {
    let (means, y_mean) = centre(x, y, intercept)?;
    let d = x.columns();
    if x.rows() > d && d <= 2048 {
        let mut gram = centred(x, &means, y, y_mean)?;
        let by_y = gram.row(d)[..d].to_vec();
        gram.values = (0..d).flat_map(|i| gram.values[i * (d + 1)..i * (d + 1) + d].to_vec()).collect();
        gram.size = d;
        if let Some(factor) = Factor::new(&gram)
            && factor.least_pivot() > 1e-7
        {
            let mut w = factor.solve(&by_y);
            // What is left, by the samples themselves and not by their products.
            let bias = -dot(&w, &means);
            let mut left = vec![0.0; d];
            let said = Planes { columns: d, weights: w.clone(), bias: vec![bias] }.values(x)?;
            let mut sum = 0.0;
            for (i, said) in said.iter().enumerate() {
                let r = y[i] - y_mean - said;
                sum += r;
                x.add_to(i, r, &mut left);
            }
            left.iter_mut().zip(&means).for_each(|(l, m)| *l -= sum * m);
            w.iter_mut().zip(factor.solve(&left)).for_each(|(w, more)| *w += more);
            return Ok(plane(w, &means, y_mean));
        }
    }
    let (r, by_y) = reduced(x, &means, y, y_mean)?;
    let w = lstsq(&r, &Matrix::column(by_y)?)?;
    Ok(plane(w.into_data(), &means, y_mean))
}

/// A small matrix and answers with the same least squares solutions: the triangular factor of the centred samples, piece
/// by piece (Demmel, Grigori, Hoemmen & Langou 2012).
fn reduced(x: &Samples, means: &[f64], y: &[f64], y_mean: f64) -> Result<(Matrix, Vec<f64>)> {
    let d = x.columns();
    let piece = 1024.max(8 * d);
    let rows = |begin: usize, end: usize| {
        let row = |i: usize| x.row(i).iter().zip(means).map(|(v, m)| v - m).chain([y[i] - y_mean]);
        (begin..end).flat_map(row).collect::<Vec<f64>>()
    };
    if x.rows() <= piece {
        let y = y.iter().map(|y| y - y_mean).collect();
        return Ok((centred_matrix(x, means)?, y));
    }
    let pieces = x.rows().div_ceil(piece);
    let parts: Vec<Vec<f64>> = (0..pieces)
        .into_par_iter()
        .map(|p| {
            stop::check()?;
            Ok(triangle(rows(p * piece, x.rows().min((p + 1) * piece)), d + 1))
        })
        .collect::<Result<_>>()?;
    let mut r = parts.into_iter().fold(vec![], |mut all: Vec<f64>, part| {
        all.extend(part);
        if all.len() > 8 * piece * (d + 1) { triangle(all, d + 1) } else { all }
    });
    r = triangle(r, d + 1);
    let matrix = Matrix::from_fn(r.len() / (d + 1), d, |i, j| r[i * (d + 1) + j])?;
    Ok((matrix, r.chunks_exact(d + 1).map(|row| row[d]).collect()))
}

/// The triangular factor of rows of `width` numbers.
fn triangle(rows: Vec<f64>, width: usize) -> Vec<f64> {
    let made = MatRef::from_row_major_slice(&rows, rows.len() / width, width).qr();
    let r = made.thin_R();
    let (n, m) = (r.nrows(), r.ncols());
    (0..n * m).map(|at| if at % m < at / m { 0.0 } else { r[(at / m, at % m)] }).collect()
}

impl Learner for LinearRegression {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(&mut self, x: &Samples, y: Goal<'_>) -> Result<Fit> {
        usable_dense(NAME, x, None)?;
        let y = y.numbers(NAME, x.rows())?;
        usable_answers(NAME, y)?;
        let planes = least_squares(x, y, self.settings.fit_intercept)?;
        if !planes.finite() {
            return Err(Error::value(format!("{NAME}: the numbers left their range; scale the samples")));
        }
        self.learned = Some(planes);
        Ok(Fit { steps: 1, warning: None })
    }

    fn predict(&self, x: &Samples) -> Result<Answer> {
        let l = fitted(NAME, &self.learned)?;
        usable_dense(NAME, x, Some(l.columns))?;
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
    use super::super::tests::{Known, close, known, make, shown};
    use super::*;
    use serde_json::json;

    // LinearRegression().fit(X, y), of scikit-learn 1.9.1, with the samples of `known`.
    #[test]
    fn known_answers() {
        let Known { x, y, .. } = known();
        let fit = |x: &Samples, options| {
            let mut me = make(NAME, options);
            me.fit(x, Goal::Numbers(&y)).unwrap();
            (shown(&*me, "weights"), shown(&*me, "bias")[0])
        };
        let (w, b) = fit(&x, json!({}));
        close(&w, &[1.5817881632, -0.99852715450, -0.0010702033764, 0.0083118071895], 1e-9);
        close(&[b], &[2.9922718612], 1e-9);
        let (w, b) = fit(&x, json!({ "fit_intercept": false }));
        close(&w, &[1.5708659747, -0.5142462864, 0.3947204461, 0.3570894173], 1e-9);
        assert_eq!(b, 0.0);
        // np.hstack([X, X[:, :1] + X[:, 1:2]]): of all solutions the shortest.
        let wide = x.iter().flat_map(|row| row.iter().copied().chain([row[0] + row[1]])).collect();
        let (w, b) = fit(&Samples::new(60, 5, wide).unwrap(), json!({}));
        close(&w, &[1.3873678269, -1.1929474907, -0.0010702033764, 0.0083118071895, 0.19442033622], 1e-9);
        close(&[b], &[2.9922718612], 1e-9);
    }

    #[test]
    fn ill_conditioned_and_many_samples_lose_no_digits() {
        // Columns that differ by a millionth, and far from 0.
        let mut rng = crate::data::Rng::new(4);
        let rows: Vec<[f64; 3]> = (0..5000)
            .map(|_| {
                let a = rng.normal();
                [a, a + 1e-6 * rng.normal(), 1e5 + rng.normal()]
            })
            .collect();
        let y: Vec<f64> = rows.iter().map(|r| 2.0 * r[0] - 3.0 * r[1] + 0.5 * r[2] + 1.0).collect();
        let x = Samples::new(5000, 3, rows.concat()).unwrap();
        let mut me = make(NAME, json!({}));
        me.fit(&x, Goal::Numbers(&y)).unwrap();
        close(&shown(&*me, "weights"), &[2.0, -3.0, 0.5], 1e-4);
        let Answer::Numbers(found) = me.predict(&x).unwrap() else { panic!() };
        close(&found, &y, 1e-10);
    }
}
