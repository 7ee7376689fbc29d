//! What a matrix may hold: real or complex numbers in double precision.

use faer::linalg::solvers::Eigen;
use faer::traits::ComplexField;
use std::fmt::{Debug, Display};
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

/// A complex number in double precision (num-complex's).
pub type Complex = faer::c64;

/// A number that a [`Matrix`](super::Matrix) can hold: `f64` or [`Complex`].
pub trait Scalar:
    ComplexField<Real = f64>
    + Copy
    + Debug
    + Display
    + Default
    + PartialEq
    + Add<Output = Self>
    + AddAssign
    + Sub<Output = Self>
    + SubAssign
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + sealed::Sealed
{
    /// The number 0.
    const ZERO: Self;
    /// The number 1.
    const ONE: Self;

    /// A real number as this kind.
    fn of(real: f64) -> Self;
    /// The real part.
    fn re(self) -> f64;
    /// The complex conjugate; a real number is its own.
    fn conjugate(self) -> Self;
    /// The distance from 0, without overflow on the way.
    fn modulus(self) -> f64;
    /// The number `factor` times as large.
    fn times(self, factor: f64) -> Self;
    /// Neither infinite nor NaN, in both parts.
    fn finite(self) -> bool;
    /// The same number as a complex one.
    fn complex(self) -> Complex;
    /// The eigenvalues and eigenvectors of a square matrix; nothing when the iteration does not converge.
    #[doc(hidden)]
    fn eigen(a: faer::MatRef<'_, Self>) -> Option<Eigen<f64>>;
}

mod sealed {
    /// Only this module decides what is a scalar.
    pub trait Sealed {}
    impl Sealed for f64 {}
    impl Sealed for super::Complex {}
}

impl Scalar for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    fn of(real: f64) -> Self {
        real
    }

    fn re(self) -> f64 {
        self
    }

    fn conjugate(self) -> Self {
        self
    }

    fn modulus(self) -> f64 {
        f64::abs(self)
    }

    fn times(self, factor: f64) -> Self {
        self * factor
    }

    fn finite(self) -> bool {
        self.is_finite()
    }

    fn complex(self) -> Complex {
        Complex::new(self, 0.0)
    }

    fn eigen(a: faer::MatRef<'_, Self>) -> Option<Eigen<f64>> {
        Eigen::new_from_real(a).ok()
    }
}

impl Scalar for Complex {
    const ZERO: Self = Complex::new(0.0, 0.0);
    const ONE: Self = Complex::new(1.0, 0.0);

    fn of(real: f64) -> Self {
        Complex::new(real, 0.0)
    }

    fn re(self) -> f64 {
        self.re
    }

    fn conjugate(self) -> Self {
        Complex::new(self.re, -self.im)
    }

    fn modulus(self) -> f64 {
        self.re.hypot(self.im)
    }

    fn times(self, factor: f64) -> Self {
        Complex::new(self.re * factor, self.im * factor)
    }

    fn finite(self) -> bool {
        self.re.is_finite() && self.im.is_finite()
    }

    fn complex(self) -> Complex {
        self
    }

    fn eigen(a: faer::MatRef<'_, Self>) -> Option<Eigen<f64>> {
        Eigen::new(a).ok()
    }
}
