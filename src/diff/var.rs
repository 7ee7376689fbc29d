//! A number that writes what is done with it on a tape, for Rust closures.

use super::op::{Binary, Unary};
use super::tape::Tape;
use std::cell::RefCell;
use std::fmt;
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

/// A number on a tape, with the operators and the functions of `f64`.
#[derive(Clone, Copy)]
pub struct Var<'t> {
    tape: &'t RefCell<Tape>,
    pub(super) index: u32,
}

impl<'t> Var<'t> {
    pub(super) fn new(tape: &'t RefCell<Tape>, value: f64) -> Self {
        Self { tape, index: tape.borrow_mut().write_variable(value) }
    }

    /// The number itself, for comparisons.
    pub fn value(self) -> f64 {
        self.tape.borrow().value_at(self.index)
    }

    /// A constant beside this number, for sums that begin with nothing.
    pub fn constant(self, value: f64) -> Self {
        Self { tape: self.tape, index: self.tape.borrow_mut().write_constant(value) }
    }

    /// Any operation by its name on the tape.
    pub fn unary(self, op: Unary) -> Self {
        Self { tape: self.tape, index: self.tape.borrow_mut().write_unary(op, self.index) }
    }

    /// Any operation on two numbers by its name on the tape.
    ///
    /// # Panics
    /// If the two are from different tapes.
    pub fn binary(self, op: Binary, b: impl Operand<'t>) -> Self {
        let b = b.on(self);
        assert!(std::ptr::eq(self.tape, b.tape), "numbers of two tapes in one operation");
        Self { tape: self.tape, index: self.tape.borrow_mut().write_binary(op, self.index, b.index) }
    }

    /// This number to a power.
    pub fn pow(self, exponent: impl Operand<'t>) -> Self {
        self.binary(Binary::Pow, exponent)
    }

    /// This number to a whole power.
    pub fn powi(self, exponent: i32) -> Self {
        self.binary(Binary::Pow, f64::from(exponent))
    }

    /// The larger one; of equal numbers each has half of the derivative.
    pub fn max(self, other: impl Operand<'t>) -> Self {
        self.binary(Binary::Max, other)
    }

    /// The smaller one; of equal numbers each has half of the derivative.
    pub fn min(self, other: impl Operand<'t>) -> Self {
        self.binary(Binary::Min, other)
    }

    /// The root of the sum of squares.
    pub fn hypot(self, other: impl Operand<'t>) -> Self {
        self.binary(Binary::Hypot, other)
    }

    /// The angle of the point (other, self).
    pub fn atan2(self, other: impl Operand<'t>) -> Self {
        self.binary(Binary::Atan2, other)
    }
}

/// What may stand beside a [`Var`] in an operation: another, or a plain number.
pub trait Operand<'t> {
    /// It on the tape of `beside`.
    fn on(self, beside: Var<'t>) -> Var<'t>;
}

impl<'t> Operand<'t> for Var<'t> {
    fn on(self, _beside: Var<'t>) -> Var<'t> {
        self
    }
}

impl<'t> Operand<'t> for f64 {
    fn on(self, beside: Var<'t>) -> Var<'t> {
        beside.constant(self)
    }
}

macro_rules! functions {
    ($($name:ident $op:ident),* $(,)?) => {
        impl Var<'_> {
            $(
                #[doc = concat!("As `Unary::", stringify!($op), "`.")]
                pub fn $name(self) -> Self { self.unary(Unary::$op) }
            )*
        }
    };
}

functions! {
    exp Exp, exp_m1 Expm1, ln Log, ln_1p Log1p, log2 Log2, log10 Log10, sqrt Sqrt, cbrt Cbrt, square Square,
    sin Sin, cos Cos, tan Tan, asin Asin, acos Acos, atan Atan, sinh Sinh, cosh Cosh, tanh Tanh,
    asinh Asinh, acosh Acosh, atanh Atanh, abs Abs, signum Sign, floor Floor, ceil Ceil, round Round, trunc Trunc,
    erf Erf, erfc Erfc, sigmoid Sigmoid, softplus Softplus, relu Relu,
}

macro_rules! operators {
    ($($trait:ident $method:ident $op:ident),* $(,)?) => {
        $(
            impl<'t, B: Operand<'t>> $trait<B> for Var<'t> {
                type Output = Self;

                fn $method(self, b: B) -> Self { self.binary(Binary::$op, b) }
            }

            impl<'t> $trait<Var<'t>> for f64 {
                type Output = Var<'t>;

                fn $method(self, b: Var<'t>) -> Var<'t> { b.constant(self).binary(Binary::$op, b) }
            }
        )*
    };
}

operators! { Add add Add, Sub sub Sub, Mul mul Mul, Div div Div, Rem rem Fmod }

impl Neg for Var<'_> {
    type Output = Self;

    fn neg(self) -> Self {
        self.unary(Unary::Neg)
    }
}

impl fmt::Debug for Var<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Var({})", self.value())
    }
}

#[cfg(test)]
mod tests {
    use crate::diff::grad;

    #[test]
    fn operators_mix_variables_and_numbers() {
        let x = [1.7, -0.6];
        let g = grad(|v| 2.0 * v[0] - v[1] * 3.0 + 1.0 / v[0] + (4.0 - v[1]) / 2.0 + -v[0] + v[0] % 1.0, &x).unwrap();
        assert!((g[0] - (2.0 - 1.0 / (1.7 * 1.7) - 1.0 + 1.0)).abs() < 1e-15);
        assert!((g[1] + 3.5).abs() < 1e-15);
    }

    #[test]
    fn functions_and_numbers_beside_them() {
        let g = grad(|v| v[0].pow(3.0) + v[0].powi(2) + v[0].max(0.0) + v[0].min(1.0) + v[0].hypot(v[1]), &[3.0, 4.0]);
        assert_eq!(g.unwrap(), [27.0 + 6.0 + 1.0 + 0.6, 0.8]);
        let g = grad(|v| if v[0].value() > 0.0 { v[0].atan2(1.0) } else { v[0] }, &[1.0]).unwrap();
        assert!((g[0] - 0.5).abs() < 1e-15);
        assert_eq!(grad(|v| v[0].constant(3.0), &[1.0]).unwrap(), [0.0]);
    }
}
