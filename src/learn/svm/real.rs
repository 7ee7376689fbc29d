//! The two precisions in which kernel rows are computed.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// f32 or f64, with what a kernel needs of them in a form that the compiler turns into vector instructions.
pub(in crate::learn) trait Real:
    Copy
    + Default
    + Send
    + Sync
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + 'static
{
    /// 1.
    const ONE: Self;

    /// The nearest one.
    fn of(x: f64) -> Self;

    /// Exactly.
    fn wide(self) -> f64;

    /// `exp(self)` for arguments of at most 80, to a few units in the last place; next to nothing far below 0.
    fn exp(self) -> Self;

    /// `tanh(self)`.
    #[inline(always)]
    fn tanh(self) -> Self {
        let far = Self::of(20.0);
        let x = if self > far { far } else { self };
        let x = if x < -far { -far } else { x };
        let e = (x + x).exp();
        (e - Self::ONE) / (e + Self::ONE)
    }
}

impl Real for f32 {
    const ONE: Self = 1.0;

    #[inline(always)]
    fn of(x: f64) -> Self {
        x as f32
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        f64::from(self)
    }

    /// `x = n ln 2 + r` (Cody & Waite) and the polynomial of Cephes' `expf` (Moshier 1992).
    #[inline(always)]
    fn exp(self) -> Self {
        const ROUND: f32 = 12_582_912.0; // 1.5 · 2²³: the sum's low bits hold the whole number
        let x = if self < -87.0 { -87.0 } else { self };
        let rounded = x * std::f32::consts::LOG2_E + ROUND;
        let n = rounded - ROUND;
        let r = x - n * 0.693_359_4 - n * -2.121_944_4e-4;
        let p = 1.987_569_1e-4;
        let p = p * r + 1.398_2e-3;
        let p = p * r + 8.333_452e-3;
        let p = p * r + 4.166_579_6e-2;
        let p = p * r + 1.666_666_5e-1;
        let p = p * r + 0.5;
        (p * (r * r) + r + 1.0) * f32::from_bits((rounded.to_bits() << 23).wrapping_add(127 << 23))
    }
}

impl Real for f64 {
    const ONE: Self = 1.0;

    #[inline(always)]
    fn of(x: f64) -> Self {
        x
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        self
    }

    /// `x = n ln 2 + r` (Cody & Waite) and the Taylor polynomial of degree 12 for |r| ≤ ln 2 / 2.
    #[inline(always)]
    fn exp(self) -> Self {
        const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 · 2⁵²
        let x = if self < -708.0 { -708.0 } else { self };
        let rounded = x * std::f64::consts::LOG2_E + ROUND;
        let n = rounded - ROUND;
        let r = x - n * 6.931_471_803_691_238e-1 - n * 1.908_214_929_270_587_7e-10;
        let mut p = 1.0 / 479_001_600.0;
        for c in [
            1.0 / 39_916_800.0,
            1.0 / 3_628_800.0,
            1.0 / 362_880.0,
            1.0 / 40_320.0,
            1.0 / 5_040.0,
            1.0 / 720.0,
            1.0 / 120.0,
            1.0 / 24.0,
            1.0 / 6.0,
            0.5,
            1.0,
            1.0,
        ] {
            p = p * r + c;
        }
        p * f64::from_bits((rounded.to_bits() << 52).wrapping_add(1023 << 52))
    }
}

#[cfg(test)]
mod tests {
    use super::Real;

    #[test]
    fn both_precisions_are_near_the_library() {
        for i in -8_000..8_000 {
            let x = f64::from(i) * 0.01;
            assert!((Real::exp(x) / x.exp() - 1.0).abs() < 1e-14, "{x}");
            let narrow = f64::from(Real::exp(x as f32));
            assert!((narrow / f64::from(x as f32).exp() - 1.0).abs() < 3e-7, "{x}");
            assert!((Real::tanh(x) - x.tanh()).abs() < 1e-14, "{x}");
        }
        assert!(Real::exp(f32::NEG_INFINITY) < 2e-38 && Real::exp(f64::NEG_INFINITY) < 1e-300);
        assert_eq!((Real::exp(0.0f32), Real::exp(0.0f64)), (1.0, 1.0));
    }
}
