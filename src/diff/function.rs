//! Derivatives of Rust closures.

use super::tape::{Node, Tape};
use super::var::Var;
use crate::linalg::Matrix;
use crate::{Error, Result};
use std::cell::{Cell, RefCell};

/// The value of a function with its first and second derivatives.
#[derive(Clone, Debug)]
pub struct Derivatives {
    /// f(x).
    pub value: f64,
    /// ∂f/∂x.
    pub gradient: Vec<f64>, // [n]
    /// ∂²f/∂x².
    pub hessian: Matrix, // [n, n]
}

/// The gradient of `f` at `x`.
///
/// ```
/// use mynah::diff::grad;
/// let g = grad(|p| (1.0 - p[0]).powi(2) + 100.0 * (p[1] - p[0] * p[0]).powi(2), &[-1.5, 2.0]).unwrap();
/// assert_eq!(g, [-155.0, -50.0]);
/// ```
///
/// # Errors
/// When `x` is empty or not finite, `f` is too long to record, or a derivative is infinite or NaN.
pub fn grad(f: impl for<'t> FnOnce(&[Var<'t>]) -> Var<'t>, x: &[f64]) -> Result<Vec<f64>> {
    recorded("grad", f, x, |tape, output| finite("grad", tape.gradient(output)?))
}

/// The value and the gradient of `f` at `x`.
///
/// # Errors
/// As [`grad`].
pub fn value_and_grad(f: impl for<'t> FnOnce(&[Var<'t>]) -> Var<'t>, x: &[f64]) -> Result<(f64, Vec<f64>)> {
    recorded("value_and_grad", f, x, |tape, output| {
        Ok((tape.value(output)?, finite("value_and_grad", tape.gradient(output)?)?))
    })
}

/// The Hessian of `f` at `x` times `v`, without the Hessian.
///
/// ```
/// let product = mynah::diff::hvp(|p| p[0] * p[0] * p[1], &[2.0, 3.0], &[1.0, 0.0]).unwrap();
/// assert_eq!(product, [6.0, 4.0]); // the Hessian is ((2y, 2x), (2x, 0))
/// ```
///
/// # Errors
/// As [`grad`], and when `v` has other numbers than `x` or is not finite.
pub fn hvp(f: impl for<'t> FnOnce(&[Var<'t>]) -> Var<'t>, x: &[f64], v: &[f64]) -> Result<Vec<f64>> {
    ensure_point("hvp", "v", v)?;
    recorded("hvp", f, x, |tape, output| finite("hvp", tape.hvp(output, v)?))
}

/// The matrix of second derivatives of `f` at `x`.
///
/// # Errors
/// As [`grad`].
pub fn hessian(f: impl for<'t> FnOnce(&[Var<'t>]) -> Var<'t>, x: &[f64]) -> Result<Matrix> {
    recorded("hessian", f, x, |tape, output| finite_matrix("hessian", tape.hessian(output)?))
}

/// Value, gradient and Hessian of `f` at `x` from one run.
///
/// # Errors
/// As [`grad`].
pub fn derivatives(f: impl for<'t> FnOnce(&[Var<'t>]) -> Var<'t>, x: &[f64]) -> Result<Derivatives> {
    recorded("derivatives", f, x, |tape, output| {
        Ok(Derivatives {
            value: tape.value(output)?,
            gradient: finite("derivatives", tape.gradient(output)?)?,
            hessian: finite_matrix("derivatives", tape.hessian(output)?)?,
        })
    })
}

/// Runs `f` at `x` on this thread's tape, whose memory serves one call after another.
fn recorded<R>(
    what: &str,
    f: impl for<'t> FnOnce(&[Var<'t>]) -> Var<'t>,
    x: &[f64],
    read: impl FnOnce(&mut Tape, Node) -> Result<R>,
) -> Result<R> {
    thread_local!(static TAPE: Cell<Option<Tape>> = const { Cell::new(None) });
    const KEPT: usize = 1 << 20; // a larger tape gives its memory back

    ensure_point(what, "x", x)?;
    // A derivative within a derivative finds none, and makes its own.
    let mut tape = TAPE.take().unwrap_or_default();
    tape.clear();
    let tape = RefCell::new(tape);
    let vars: Vec<Var<'_>> = x.iter().map(|&x| Var::new(&tape, x)).collect();
    let output = f(&vars).index;
    let mut tape = tape.into_inner();
    let result = tape.node(output).and_then(|output| read(&mut tape, output));
    if tape.len() <= KEPT {
        TAPE.set(Some(tape));
    }
    result
}

fn ensure_point(what: &str, name: &str, x: &[f64]) -> Result<()> {
    if x.is_empty() {
        return Err(Error::shape(what, format!("`{name}` must have at least one number")));
    }
    match x.iter().position(|x| !x.is_finite()) {
        Some(k) => Err(Error::value(format!("{what}: number {} of `{name}` must be finite, got {}", k + 1, x[k]))),
        None => Ok(()),
    }
}

fn finite(what: &str, derivatives: Vec<f64>) -> Result<Vec<f64>> {
    match derivatives.iter().position(|d| !d.is_finite()) {
        Some(k) => Err(Error::value(format!("{what}: derivative {} is {} here", k + 1, derivatives[k]))),
        None => Ok(derivatives),
    }
}

fn finite_matrix(what: &str, derivatives: Matrix) -> Result<Matrix> {
    match derivatives.data().iter().position(|d| !d.is_finite()) {
        Some(k) => {
            let (row, col) = (k / derivatives.cols() + 1, k % derivatives.cols() + 1);
            Err(Error::value(format!(
                "{what}: the second derivative by {row} and {col} is {} here",
                derivatives.data()[k]
            )))
        }
        None => Ok(derivatives),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rosenbrock<'t>(p: &[Var<'t>]) -> Var<'t> {
        (1.0 - p[0]).powi(2) + 100.0 * (p[1] - p[0].powi(2)).powi(2)
    }

    #[test]
    fn rosenbrock_as_by_hand() {
        // f' = (-2(1-x) - 400x(y-x²), 200(y-x²)); f'' = ((2 - 400y + 1200x², -400x), (-400x, 200)).
        let x = [-1.5, 2.0];
        let made = derivatives(rosenbrock, &x).unwrap();
        assert_eq!((made.value, &made.gradient[..]), (12.5, &[-155.0, -50.0][..]));
        assert_eq!(made.hessian.data(), [1902.0, 600.0, 600.0, 200.0]);
        assert_eq!(hvp(rosenbrock, &x, &[1.0, 2.0]).unwrap(), [3102.0, 1000.0]);
        assert_eq!(value_and_grad(rosenbrock, &x).unwrap(), (12.5, vec![-155.0, -50.0]));
        assert_eq!(hessian(rosenbrock, &x).unwrap(), made.hessian);
    }

    #[test]
    fn a_derivative_within_a_derivative_keeps_its_own_tape() {
        let g = grad(
            |p| {
                let inner = grad(|q| q[0].powi(3), &[p[0].value()]).unwrap()[0]; // 3x², a plain number
                p[0] * inner
            },
            &[2.0],
        );
        assert_eq!(g.unwrap(), [12.0]);
    }

    #[test]
    fn points_without_a_derivative_are_named() {
        let refusal = |x: f64| grad(|p| p[0].sqrt(), &[x]).unwrap_err().to_string();
        assert_eq!(refusal(0.0), "grad: derivative 1 is inf here");
        assert_eq!(refusal(-1.0), "grad: derivative 1 is NaN here");
        assert_eq!(refusal(f64::NAN), "grad: number 1 of `x` must be finite, got NaN");
        assert_eq!(grad(|p| p[0], &[]).unwrap_err().to_string(), "grad: `x` must have at least one number");
        assert!(hvp(|p| p[0], &[1.0], &[1.0, 2.0]).is_err());
        let error = hessian(|p| p[0].pow(1.5) + p[1], &[0.0, 0.0]).unwrap_err().to_string();
        assert_eq!(error, "hessian: the second derivative by 1 and 1 is inf here");
    }
}
