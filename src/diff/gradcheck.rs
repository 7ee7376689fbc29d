//! Checks a gradient against differences of the function.
//!
//! Central differences at two step lengths, extrapolated to length 0 (Richardson 1911): the error falls with the
//! fourth power of the step.

use crate::error::ensure_setting;
use crate::{Error, Result, stop};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of [`gradcheck`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GradcheckSettings {
    /// Length of the step in a coordinate, as a share of its size (of 1 for smaller ones), in (0, 1). Default 0.001.
    pub step: f64,
    /// The largest relative error that passes, positive. Default 1e-6.
    pub tolerance: f64,
}

impl Default for GradcheckSettings {
    fn default() -> Self {
        Self { step: 1e-3, tolerance: 1e-6 }
    }
}

/// What [`gradcheck`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradcheck {
    /// The derivatives by differences.
    pub numeric: Vec<f64>, // [n]
    /// |derivative - difference|, relative to the larger of both, per coordinate. Where both are so small that the
    /// difference is lost in the function's rounding, relative to that uncertainty.
    pub errors: Vec<f64>, // [n]
    /// The coordinate with the largest error, counted from 0.
    pub worst: usize,
    /// Whether every error is within the tolerance.
    pub passed: bool,
}

impl Gradcheck {
    /// The largest relative error.
    pub fn error(&self) -> f64 {
        self.errors[self.worst]
    }
}

/// Compares `gradient` with differences of `f` about `x`.
///
/// ```
/// use mynah::diff::{GradcheckSettings, gradcheck};
/// let check = |slope| {
///     gradcheck(|x| Ok(x[0].exp()), &[slope], &[0.0], &GradcheckSettings::default()).unwrap()
/// };
/// assert!(check(1.0).passed && !check(1.001).passed);
/// ```
///
/// # Errors
/// When the sizes differ or are 0, `x` is not finite, a setting is out of its range, `f` fails, or the user asks to
/// stop.
pub fn gradcheck(
    mut f: impl FnMut(&[f64]) -> Result<f64>,
    gradient: &[f64],
    x: &[f64],
    settings: &GradcheckSettings,
) -> Result<Gradcheck> {
    let GradcheckSettings { step, tolerance } = *settings;
    ensure_setting(step > 0.0 && step < 1.0, "gradcheck", "step", "in (0, 1)", step)?;
    ensure_setting(tolerance > 0.0 && tolerance.is_finite(), "gradcheck", "tolerance", "positive", tolerance)?;
    if x.is_empty() || x.len() != gradient.len() {
        let why = format!("a point of {} numbers with a gradient of {}", x.len(), gradient.len());
        return Err(Error::shape("gradcheck", why));
    }
    if let Some(k) = x.iter().position(|x| !x.is_finite()) {
        return Err(Error::value(format!("gradcheck: number {} of the point must be finite, got {}", k + 1, x[k])));
    }

    let mut at = x.to_vec();
    let (mut numeric, mut errors) = (Vec::with_capacity(x.len()), Vec::with_capacity(x.len()));
    for k in 0..x.len() {
        let mut largest = 0.0_f64; // of the function's values, for their rounding
        let h = step * x[k].abs().max(1.0);
        let mut slope = |h: f64| -> Result<f64> {
            stop::check()?;
            let (above, below) = (x[k] + h, x[k] - h);
            at[k] = above;
            let f_above = f(&at)?;
            at[k] = below;
            let f_below = f(&at)?;
            at[k] = x[k];
            largest = largest.max(f_above.abs()).max(f_below.abs());
            Ok((f_above - f_below) / (above - below))
        };
        let (whole, half) = (slope(h)?, slope(0.5 * h)?);
        let difference = (4.0 * half - whole) / 3.0;
        let noise = 4.0 * f64::EPSILON * largest / h;
        let size = gradient[k].abs().max(difference.abs()).max(noise / tolerance);
        let distance = (gradient[k] - difference).abs();
        numeric.push(difference);
        // NaN on either side is no agreement.
        errors.push(if distance == 0.0 {
            0.0
        } else if distance.is_nan() {
            f64::INFINITY
        } else {
            distance / size
        });
    }
    let worst = (0..errors.len()).max_by(|&i, &j| errors[i].total_cmp(&errors[j]).then(j.cmp(&i))).unwrap_or(0);
    let passed = errors[worst] <= tolerance;
    Ok(Gradcheck { numeric, errors, worst, passed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{Var, grad};

    fn check(f: fn(&[f64]) -> f64, gradient: &[f64], x: &[f64]) -> Gradcheck {
        gradcheck(|x| Ok(f(x)), gradient, x, &GradcheckSettings::default()).unwrap()
    }

    #[test]
    fn a_right_gradient_passes_and_a_wrong_one_is_found() {
        let f = |x: &[f64]| x[0].sin() * x[1].exp() + x[2].powi(3);
        let x: [f64; 3] = [0.7, -0.2, 1.5];
        let right = [x[0].cos() * x[1].exp(), x[0].sin() * x[1].exp(), 3.0 * x[2] * x[2]];
        let made = check(f, &right, &x);
        assert!(made.passed && made.error() < 1e-10, "{made:?}");
        let wrong = [right[0], -right[1], right[2]];
        let made = check(f, &wrong, &x);
        assert!(!made.passed && made.worst == 1, "{made:?}");
    }

    #[test]
    fn tapes_agree_with_differences_on_a_long_function() {
        fn long<'t>(p: &[Var<'t>]) -> Var<'t> {
            let mut sum = p[0].constant(0.0);
            for (i, &x) in p.iter().enumerate() {
                let y = p[(i + 1) % p.len()];
                sum = sum
                    + (x * y).tanh()
                    + (x - y).square().ln_1p() * x.sigmoid()
                    + x.hypot(y).sqrt()
                    + x.erf() / (2.0 + y.cos());
            }
            sum
        }
        let x: Vec<f64> = (0..20).map(|i| (i as f64 * 0.37).sin() + 0.1).collect();
        let g = grad(long, &x).unwrap();
        let value = |x: &[f64]| crate::diff::value_and_grad(long, x).map(|(f, _)| f);
        let made = gradcheck(value, &g, &x, &GradcheckSettings::default()).unwrap();
        assert!(made.passed && made.error() < 1e-7, "{made:?}");
    }

    #[test]
    fn scale_does_not_matter_and_noise_is_forgiven() {
        for scale in [1e-12, 1.0, 1e12] {
            let made = gradcheck(|x| Ok(scale * x[0].exp()), &[scale], &[0.0], &GradcheckSettings::default()).unwrap();
            assert!(made.passed, "{scale}: {made:?}");
            let made = gradcheck(|x| Ok(scale * x[0].exp()), &[1.01 * scale], &[0.0], &GradcheckSettings::default());
            assert!(!made.unwrap().passed, "{scale}");
        }
        let made = check(|x| 1e6 + x[0] * x[0], &[0.0], &[0.0]); // flat in the midst of rounding
        assert!(made.passed, "{made:?}");
        assert!(!check(|x| x[0] / x[0] * f64::NAN, &[0.0], &[1.0]).passed);
    }

    #[test]
    fn misfits_are_refused() {
        let refusal = |g: &[f64], x: &[f64], settings: GradcheckSettings| {
            gradcheck(|x| Ok(x[0]), g, x, &settings).unwrap_err().to_string()
        };
        let plain = GradcheckSettings::default;
        assert_eq!(refusal(&[1.0, 2.0], &[1.0], plain()), "gradcheck: a point of 1 numbers with a gradient of 2");
        assert!(refusal(&[1.0], &[f64::NAN], plain()).contains("must be finite"));
        let error = refusal(&[1.0], &[1.0], GradcheckSettings { step: 0.0, ..plain() });
        assert_eq!(error, "gradcheck: `step` must be in (0, 1), got 0");
        assert!(gradcheck(|_| Err(Error::Callback), &[1.0], &[1.0], &plain()).is_err());
    }
}
