//! Numbers against true numbers: the errors of regressions.

use super::{finite, representable, same_length};
use crate::{Error, Result};

fn errors<'a>(name: &str, truth: &'a [f64], answers: &'a [f64]) -> Result<impl Iterator<Item = f64> + 'a> {
    same_length(name, truth.len(), answers.len())?;
    finite(name, "the true answer", truth)?;
    finite(name, "the answer", answers)?;
    Ok(truth.iter().zip(answers).map(|(t, a)| t - a))
}

fn mean_square(name: &str, truth: &[f64], answers: &[f64]) -> Result<f64> {
    representable(name, errors(name, truth, answers)?.map(|e| e * e).sum::<f64>() / truth.len() as f64)
}

/// The mean squared error.
///
/// # Errors
/// When the lengths differ, there are no numbers, one is not finite, or squares overflow.
pub fn mse(truth: &[f64], answers: &[f64]) -> Result<f64> {
    mean_square("mse", truth, answers)
}

/// The root of the mean squared error.
///
/// # Errors
/// As [`mse`].
pub fn rmse(truth: &[f64], answers: &[f64]) -> Result<f64> {
    Ok(mean_square("rmse", truth, answers)?.sqrt())
}

/// The mean absolute error.
///
/// # Errors
/// As [`mse`].
pub fn mae(truth: &[f64], answers: &[f64]) -> Result<f64> {
    representable("mae", errors("mae", truth, answers)?.map(f64::abs).sum::<f64>() / truth.len() as f64)
}

/// The share of the variance that is explained: 1 is perfect, 0 as good as always answering the mean.
///
/// Where all true numbers are equal: 1 if every answer is right, else 0.
///
/// # Errors
/// As [`mse`], and for fewer than 2 numbers.
pub fn r2(truth: &[f64], answers: &[f64]) -> Result<f64> {
    let left: f64 = errors("r2", truth, answers)?.map(|e| e * e).sum();
    if truth.len() < 2 {
        return Err(Error::value("r2: needs at least 2 numbers, got 1"));
    }
    let mean = truth.iter().sum::<f64>() / truth.len() as f64;
    let all: f64 = truth.iter().map(|t| (t - mean) * (t - mean)).sum();
    match (left == 0.0, all == 0.0) {
        (true, _) => Ok(1.0),
        (false, true) => Ok(0.0),
        _ => representable("r2", 1.0 - left / representable("r2", all)?),
    }
}

/// The median of the absolute errors.
///
/// # Errors
/// As [`mse`].
pub fn median_absolute_error(truth: &[f64], answers: &[f64]) -> Result<f64> {
    let mut errors: Vec<f64> = errors("median_absolute_error", truth, answers)?.map(f64::abs).collect();
    let half = errors.len() / 2;
    let (below, middle, _) = errors.select_nth_unstable_by(half, f64::total_cmp);
    let middle = *middle;
    if truth.len() % 2 == 1 {
        return representable("median_absolute_error", middle);
    }
    representable("median_absolute_error", (below.iter().copied().fold(0.0, f64::max) + middle) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    // scikit-learn 1.9.1: mean_squared_error, root_mean_squared_error, mean_absolute_error, r2_score and
    // median_absolute_error.
    #[test]
    fn as_in_scikit_learn() {
        let (t, a) = ([3.0, -0.5, 2.0, 7.0, 4.2], [2.5, 0.0, 2.0, 8.0, 4.0]);
        let near = |a: Result<f64>, b: f64| assert!((a.unwrap() - b).abs() < 1e-12);
        near(mse(&t, &a), 0.308);
        near(rmse(&t, &a), 0.5549774770204643);
        near(mae(&t, &a), 0.44);
        near(r2(&t, &a), 0.9496600418410042);
        near(median_absolute_error(&t, &a), 0.5);
        near(median_absolute_error(&t[..4], &a[..4]), 0.5);
        near(median_absolute_error(&[1.0, 2.0], &[2.0, 5.0]), 2.0);
    }

    #[test]
    fn edges_are_defined() {
        assert_eq!((r2(&[2.0; 3], &[2.0; 3]).unwrap(), r2(&[2.0; 3], &[2.0, 2.0, 1.0]).unwrap()), (1.0, 0.0));
        let huge = r2(&[1e200, 0.0], &[0.0, 0.0]).unwrap_err().to_string();
        assert_eq!(huge, "r2: the numbers are too large, their squares overflow");
        assert!(mse(&[1e200], &[0.0]).is_err());
        assert!(r2(&[2.0], &[2.0]).is_err() && mse(&[], &[]).is_err());
        let nan = mae(&[1.0, 2.0], &[1.0, f64::NAN]).unwrap_err().to_string();
        assert_eq!(nan, "mae: the answer 2 is NaN; all must be finite");
    }
}
