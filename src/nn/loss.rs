//! Losses: how far a net's answers are from what was wanted. All are finite for any finite logits.

use super::activation::softplus;
use super::functional;
use super::tensor::{Binary, Compare, Dtype, Operand, Reduce, Tensor, Unary};
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is made of the losses of the single elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reduction {
    /// Their mean.
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// Nothing: one number for each.
    None,
}

impl Reduction {
    fn of(self, losses: Tensor) -> Result<Tensor> {
        match self {
            Self::Mean => losses.mean(),
            Self::Sum => Ok(losses.sum()),
            Self::None => Ok(losses),
        }
    }
}

/// Checks that two tensors have one shape.
fn same_shape(what: &str, given: &Tensor, targets: &Tensor) -> Result<()> {
    let (a, b) = (given.shape(), targets.shape());
    if a == b {
        Ok(())
    } else {
        Err(Error::shape(what, format!("predictions {a:?} and targets {b:?} differ in shape")))
    }
}

/// `[.., classes]` and `[..]` as `[n, classes]` and `[n]`, with every class number checked; negative ones count not.
fn rows(what: &str, scores: &Tensor, targets: &Tensor) -> Result<(Tensor, Tensor)> {
    let (shape, wanted) = (scores.shape(), targets.shape());
    let (classes, outer) = (shape[shape.len() - 1], &shape[..shape.len() - 1]);
    let single = outer.is_empty() && wanted == [1];
    if outer != wanted && !single {
        let why =
            format!("{shape:?} ([.., classes]) does not fit the targets {wanted:?} (one class number for each row)");
        return Err(Error::shape(what, why));
    }
    let targets = targets.cast(Dtype::I32)?;
    if let Some(wrong) = targets.to_i32()?.into_iter().find(|t| *t >= 0 && *t as usize >= classes) {
        return Err(Error::shape(what, format!("there are classes 1 to {classes}, got {}", i64::from(wrong) + 1)));
    }
    let n = targets.len();
    Ok((scores.reshape(&[n, classes])?, targets.reshape(&[n])?))
}

/// Cross-entropy of `logits` `[.., classes]` against 0-based class numbers `[..]`: −log softmax(logits)[target].
/// Negative class numbers are left out, of the mean's count too.
///
/// # Errors
/// If the shapes do not fit or a class number is too large.
pub fn cross_entropy(logits: &Tensor, targets: &Tensor, reduction: Reduction) -> Result<Tensor> {
    let (logits, numbers) = rows("cross_entropy", logits, targets)?;
    if reduction == Reduction::Mean {
        return functional::cross_entropy(&logits, &numbers);
    }
    picked("cross_entropy", &logits.log_softmax(1)?, &numbers, &targets.shape(), reduction)
}

/// Negative log-likelihood: as [`cross_entropy`], of log-probabilities (what log_softmax gives).
///
/// # Errors
/// As [`cross_entropy`].
pub fn nll(log_probs: &Tensor, targets: &Tensor, reduction: Reduction) -> Result<Tensor> {
    let (log_probs, numbers) = rows("nll", log_probs, targets)?;
    picked("nll", &log_probs, &numbers, &targets.shape(), reduction)
}

/// −log_probs[target], 0 for rows that do not count.
fn picked(what: &str, log_probs: &Tensor, targets: &Tensor, shape: &[usize], reduction: Reduction) -> Result<Tensor> {
    let counts = Tensor::compare_operands(Compare::Ge, &Operand::Tensor(targets.clone()), &Operand::Scalar(0.0))?;
    let n = targets.len();
    let at = targets.clamp(0.0, f64::from(i32::MAX))?.cast(Dtype::I32)?.reshape(&[n, 1])?;
    let losses = log_probs.gather(1, &at)?.reshape(&[n])?.unary(Unary::Neg)?;
    let nothing = Tensor::full(&[1], 0.0, losses.dtype(), losses.device())?;
    let losses = Tensor::select(&counts, &losses, &nothing)?;
    match reduction {
        Reduction::None => losses.reshape(shape),
        Reduction::Sum => Ok(losses.sum()),
        Reduction::Mean => {
            let count = counts.sum().item()?;
            if count == 0.0 {
                return Err(Error::value(format!("{what}: no target counts")));
            }
            losses.sum().mul_scalar(1.0 / count)
        }
    }
}

/// Mean squared error.
///
/// # Errors
/// If the shapes differ.
pub fn mse(given: &Tensor, targets: &Tensor, reduction: Reduction) -> Result<Tensor> {
    same_shape("mse", given, targets)?;
    let d = given.sub(targets)?;
    reduction.of(d.mul(&d)?)
}

/// Mean absolute error.
///
/// # Errors
/// If the shapes differ.
pub fn l1(given: &Tensor, targets: &Tensor, reduction: Reduction) -> Result<Tensor> {
    same_shape("l1", given, targets)?;
    reduction.of(given.sub(targets)?.unary(Unary::Abs)?)
}

/// Squared error up to `beta`, absolute error beyond: 0.5·d²/β where |d| < β, |d| − β/2 elsewhere (Girshick 2015,
/// arXiv:1504.08083). With β = 1 it is Huber's loss.
///
/// # Errors
/// If the shapes differ or `beta` is not positive.
pub fn smooth_l1(given: &Tensor, targets: &Tensor, beta: f64, reduction: Reduction) -> Result<Tensor> {
    same_shape("smooth_l1", given, targets)?;
    crate::error::ensure_setting(beta > 0.0 && beta.is_finite(), "smooth_l1", "beta", "finite and positive", beta)?;
    let d = given.sub(targets)?;
    let size = d.unary(Unary::Abs)?;
    let near = Tensor::compare_operands(Compare::Lt, &Operand::Tensor(size.plain()), &Operand::Scalar(beta))?;
    let losses = Tensor::select(&near, &d.mul(&d)?.mul_scalar(0.5 / beta)?, &size.add_scalar(-0.5 * beta)?)?;
    reduction.of(losses)
}

/// Binary cross-entropy of probabilities in [0, 1]; logarithms are cut off at −100, as in PyTorch.
///
/// # Errors
/// If the shapes differ, or a probability is outside [0, 1].
pub fn bce(probs: &Tensor, targets: &Tensor, reduction: Reduction) -> Result<Tensor> {
    same_shape("bce", probs, targets)?;
    if let Some(wrong) = probs.to_f64()?.into_iter().find(|p| !(0.0..=1.0).contains(p)) {
        return Err(Error::value(format!(
            "bce: probabilities are in [0, 1], got {wrong}; bce_with_logits takes logits"
        )));
    }
    let least = (-100f64).exp();
    let log = |p: &Tensor| p.clamp(least, 1.0)?.unary(Unary::Log);
    let rest = |t: &Tensor| t.unary(Unary::Neg)?.add_scalar(1.0);
    let losses = targets.mul(&log(probs)?)?.add(&rest(targets)?.mul(&log(&rest(probs)?)?)?)?;
    reduction.of(losses.unary(Unary::Neg)?)
}

/// Binary cross-entropy of logits: softplus(x) − x·target, which equals −t·ln σ(x) − (1 − t)·ln(1 − σ(x)).
///
/// # Errors
/// If the shapes differ.
pub fn bce_with_logits(logits: &Tensor, targets: &Tensor, reduction: Reduction) -> Result<Tensor> {
    same_shape("bce_with_logits", logits, targets)?;
    reduction.of(softplus(logits)?.binary(Binary::Sub, &logits.mul(targets)?)?)
}

/// How far the distribution `targets` is from the one whose logarithms are `log_probs`, both `[.., classes]`: the sum
/// of t·(ln t − log_prob) over classes (Kullback & Leibler 1951), its mean over rows.
///
/// # Errors
/// If the shapes differ.
pub fn kl_div(log_probs: &Tensor, targets: &Tensor, reduction: Reduction) -> Result<Tensor> {
    same_shape("kl_div", log_probs, targets)?;
    // t·ln t is 0 at 0.
    let logs = targets.clamp(f64::from(f32::MIN_POSITIVE), f64::MAX)?.unary(Unary::Log)?;
    let losses = targets.mul(&logs.sub(log_probs)?)?;
    reduction.of(losses.reduce(Reduce::Sum, Some(losses.rank() - 1), false)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Device;

    fn t(values: &[f64], shape: &[usize]) -> Tensor {
        Tensor::from_f64(values.to_vec(), shape, Dtype::F32, Device::Cpu).unwrap()
    }

    #[test]
    fn huge_logits_give_finite_losses() {
        let logits = t(&[1e4, -1e4, 0.0, 1e4], &[2, 2]);
        let targets = t(&[1.0, 1.0], &[2]).cast(Dtype::I32).unwrap();
        assert_eq!(cross_entropy(&logits, &targets, Reduction::Mean).unwrap().item().unwrap(), 1e4);
        assert_eq!(cross_entropy(&logits, &targets, Reduction::None).unwrap().to_f64().unwrap(), [2e4, 0.0]);
        let wanted = t(&[0.0, 1.0, 0.5, 1.0], &[2, 2]);
        let bits = bce_with_logits(&logits, &wanted, Reduction::None).unwrap().to_f64().unwrap();
        assert_eq!(bits[..2], [1e4, 1e4]);
        assert!((bits[2] - 2f64.ln()).abs() < 1e-6 && bits[3] == 0.0, "{bits:?}");
    }

    #[test]
    fn reductions_agree_with_one_another() {
        let logits = t(&[1.0, 2.0, 3.0, 0.5, 0.0, -1.0], &[2, 3]);
        let targets = t(&[2.0, -1.0], &[2]).cast(Dtype::I32).unwrap();
        let run = |r| cross_entropy(&logits, &targets, r).unwrap().to_f64().unwrap();
        let each = run(Reduction::None);
        assert_eq!(each[1], 0.0, "a negative target is left out");
        assert!((run(Reduction::Mean)[0] - each[0]).abs() < 1e-6 && run(Reduction::Sum)[0] == each[0]);
        let (a, b) = (t(&[1.0, 2.0], &[2]), t(&[0.0, 4.0], &[2]));
        assert_eq!(mse(&a, &b, Reduction::Sum).unwrap().item().unwrap(), 5.0);
        assert_eq!(l1(&a, &b, Reduction::Mean).unwrap().item().unwrap(), 1.5);
    }

    #[test]
    fn a_distribution_is_no_distance_from_itself() {
        let p = t(&[0.5, 0.5, 1.0, 0.0], &[2, 2]);
        let logs = p.clamp(1e-30, 1.0).unwrap().unary(Unary::Log).unwrap();
        assert!(kl_div(&logs, &p, Reduction::Mean).unwrap().item().unwrap().abs() < 1e-6);
        let even = t(&[0.5f64.ln(); 4], &[2, 2]);
        let each = kl_div(&even, &p, Reduction::None).unwrap().to_f64().unwrap();
        assert!(each[0].abs() < 1e-6 && (each[1] - 2f64.ln()).abs() < 1e-6, "{each:?}");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refusal = |l: &Tensor, t: &Tensor| cross_entropy(l, t, Reduction::Mean).unwrap_err().to_string();
        let logits = t(&[0.0; 6], &[2, 3]);
        assert_eq!(refusal(&logits, &t(&[0.0, 3.0], &[2])), "cross_entropy: there are classes 1 to 3, got 4");
        assert_eq!(
            refusal(&logits, &t(&[0.0; 3], &[3])),
            "cross_entropy: [2, 3] ([.., classes]) does not fit the targets [3] (one class number for each row)"
        );
        assert!(bce(&logits, &t(&[0.0; 2], &[2]), Reduction::Mean).is_err());
        assert!(bce(&t(&[2.0], &[1]), &t(&[1.0], &[1]), Reduction::Mean).unwrap_err().to_string().contains("got 2"));
    }
}
