//! The operations a tape knows, with their first and second derivatives.
//!
//! Where a function has a corner or a jump, the derivative follows one rule each:
//! - `abs` and `sign` at 0: derivative 0.
//! - `max` and `min` of equal numbers: half to each side. `relu` at 0: derivative 0.
//! - `floor`, `ceil`, `round`, `trunc`, `sign`, `idiv`: derivative 0 everywhere; `mod` and `fmod`: that of the piece
//!   on which the point lies.
//! - `hypot` and `atan2` at (0, 0): derivatives 0.
//! - `x ^ y` at x = 0: the limit from above.
//!
//! Elsewhere infinity and NaN stand for themselves: `sqrt` has the derivative infinity at 0.

use std::f64::consts::{FRAC_2_SQRT_PI, LN_2, LN_10};

macro_rules! operations {
    ($(#[$doc:meta])* $kind:ident { $($(#[$item_doc:meta])* $item:ident = $name:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $kind { $($(#[$item_doc])* $item),* }

        impl $kind {
            /// All of them.
            pub const ALL: &[$kind] = &[$($kind::$item),*];

            /// The name, as scripts write it.
            pub fn name(self) -> &'static str {
                match self { $($kind::$item => $name),* }
            }

            /// The operation of this name.
            pub fn by_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|op| op.name() == name)
            }
        }
    };
}

operations! {
    /// An operation on one number.
    Unary {
        /// Minus x.
        Neg = "neg",
        /// e to the x.
        Exp = "exp",
        /// e to the x, less 1, exact for small x.
        Expm1 = "expm1",
        /// The natural logarithm.
        Log = "log",
        /// The logarithm of 1 + x, exact for small x.
        Log1p = "log1p",
        /// The logarithm to base 2.
        Log2 = "log2",
        /// The logarithm to base 10.
        Log10 = "log10",
        /// The square root.
        Sqrt = "sqrt",
        /// The cube root.
        Cbrt = "cbrt",
        /// x times x.
        Square = "square",
        /// The sine.
        Sin = "sin",
        /// The cosine.
        Cos = "cos",
        /// The tangent.
        Tan = "tan",
        /// The angle of this sine.
        Asin = "asin",
        /// The angle of this cosine.
        Acos = "acos",
        /// The angle of this tangent.
        Atan = "atan",
        /// The hyperbolic sine.
        Sinh = "sinh",
        /// The hyperbolic cosine.
        Cosh = "cosh",
        /// The hyperbolic tangent.
        Tanh = "tanh",
        /// The inverse of `sinh`.
        Asinh = "asinh",
        /// The inverse of `cosh`.
        Acosh = "acosh",
        /// The inverse of `tanh`.
        Atanh = "atanh",
        /// The distance from 0.
        Abs = "abs",
        /// -1, 0 or 1.
        Sign = "sign",
        /// The next whole number below.
        Floor = "floor",
        /// The next whole number above.
        Ceil = "ceil",
        /// The nearest whole number; halves away from 0.
        Round = "round",
        /// The whole part.
        Trunc = "trunc",
        /// The error function.
        Erf = "erf",
        /// 1 less the error function, exact where that is small.
        Erfc = "erfc",
        /// 1 / (1 + e^-x).
        Sigmoid = "sigmoid",
        /// log(1 + e^x).
        Softplus = "softplus",
        /// The larger of x and 0.
        Relu = "relu",
    }
}

operations! {
    /// An operation on two numbers.
    Binary {
        /// a + b.
        Add = "add",
        /// a - b.
        Sub = "sub",
        /// a times b.
        Mul = "mul",
        /// a / b.
        Div = "div",
        /// a to the b.
        Pow = "pow",
        /// The remainder with the sign of b, as Lua's `%`.
        Mod = "mod",
        /// The remainder with the sign of a, as C's `fmod`.
        Fmod = "fmod",
        /// The floor of a / b, as Lua's `//`.
        Idiv = "idiv",
        /// The angle of the point (b, a), as `atan2(y, x)`.
        Atan2 = "atan2",
        /// The root of a² + b², without overflow.
        Hypot = "hypot",
        /// The larger one; NaN if either is.
        Max = "max",
        /// The smaller one; NaN if either is.
        Min = "min",
    }
}

/// e^-|x| / (1 + e^-|x|)², the slope of the sigmoid, exact in both tails.
fn sigmoid_slope(x: f64) -> f64 {
    let e = (-x.abs()).exp();
    e / ((1.0 + e) * (1.0 + e))
}

fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

impl Unary {
    /// The function's value.
    pub fn value(self, x: f64) -> f64 {
        match self {
            Self::Neg => -x,
            Self::Exp => x.exp(),
            Self::Expm1 => x.exp_m1(),
            Self::Log => x.ln(),
            Self::Log1p => x.ln_1p(),
            Self::Log2 => x.log2(),
            Self::Log10 => x.log10(),
            Self::Sqrt => x.sqrt(),
            Self::Cbrt => x.cbrt(),
            Self::Square => x * x,
            Self::Sin => x.sin(),
            Self::Cos => x.cos(),
            Self::Tan => x.tan(),
            Self::Asin => x.asin(),
            Self::Acos => x.acos(),
            Self::Atan => x.atan(),
            Self::Sinh => x.sinh(),
            Self::Cosh => x.cosh(),
            Self::Tanh => x.tanh(),
            Self::Asinh => x.asinh(),
            Self::Acosh => x.acosh(),
            Self::Atanh => x.atanh(),
            Self::Abs => x.abs(),
            Self::Sign => sign(x),
            Self::Floor => x.floor(),
            Self::Ceil => x.ceil(),
            Self::Round => x.round(),
            Self::Trunc => x.trunc(),
            Self::Erf => libm::erf(x),
            Self::Erfc => libm::erfc(x),
            Self::Sigmoid => sigmoid(x),
            Self::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
            Self::Relu if x.is_nan() => x,
            Self::Relu => x.max(0.0),
        }
    }

    /// f'(x), of which `f` is the value at `x`.
    pub(super) fn first(self, x: f64, f: f64) -> f64 {
        match self {
            Self::Neg => -1.0,
            Self::Exp => f,
            Self::Expm1 => x.exp(),
            Self::Log => 1.0 / x,
            Self::Log1p => 1.0 / (1.0 + x),
            Self::Log2 => 1.0 / (x * LN_2),
            Self::Log10 => 1.0 / (x * LN_10),
            Self::Sqrt => 0.5 / f,
            Self::Cbrt => 1.0 / (3.0 * f * f),
            Self::Square => 2.0 * x,
            Self::Sin => x.cos(),
            Self::Cos => -x.sin(),
            Self::Tan => 1.0 + f * f,
            Self::Asin => 1.0 / ((1.0 - x) * (1.0 + x)).sqrt(),
            Self::Acos => -1.0 / ((1.0 - x) * (1.0 + x)).sqrt(),
            Self::Atan => 1.0 / (1.0 + x * x),
            Self::Sinh => x.cosh(),
            Self::Cosh => x.sinh(),
            Self::Tanh => x.cosh().powi(-2),
            Self::Asinh => 1.0 / x.hypot(1.0),
            Self::Acosh => 1.0 / ((x - 1.0).sqrt() * (x + 1.0).sqrt()),
            Self::Atanh => 1.0 / ((1.0 - x) * (1.0 + x)),
            Self::Abs => sign(x),
            Self::Sign | Self::Floor | Self::Ceil | Self::Round | Self::Trunc => 0.0,
            Self::Erf => FRAC_2_SQRT_PI * (-x * x).exp(),
            Self::Erfc => -FRAC_2_SQRT_PI * (-x * x).exp(),
            Self::Sigmoid => sigmoid_slope(x),
            Self::Softplus => sigmoid(x),
            Self::Relu => f64::from(x > 0.0),
        }
    }

    /// f''(x), of which `f` is the value and `df` the first derivative at `x`.
    pub(super) fn second(self, x: f64, f: f64, df: f64) -> f64 {
        match self {
            Self::Exp | Self::Expm1 => df,
            Self::Log | Self::Log2 | Self::Log10 => -df / x,
            Self::Log1p => -df * df,
            Self::Sqrt => -0.5 * df / x,
            Self::Cbrt => -2.0 / 3.0 * df / x,
            Self::Square => 2.0,
            Self::Sin | Self::Cos => -f,
            Self::Tan => 2.0 * f * df,
            Self::Asin | Self::Acos => x * df / ((1.0 - x) * (1.0 + x)),
            Self::Atan => -2.0 * x * df * df,
            Self::Sinh | Self::Cosh => f,
            Self::Tanh => -2.0 * f * df,
            Self::Asinh => -x * df * df * df,
            Self::Acosh => -x * df * df * df,
            Self::Atanh => 2.0 * x * df * df,
            Self::Erf | Self::Erfc => -2.0 * x * df,
            Self::Sigmoid => -df * (0.5 * x).tanh(),
            Self::Softplus => sigmoid_slope(x),
            Self::Neg | Self::Abs | Self::Sign | Self::Floor | Self::Ceil | Self::Round | Self::Trunc | Self::Relu => {
                0.0
            }
        }
    }
}

impl Binary {
    /// The function's value.
    pub fn value(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Sub => a - b,
            Self::Mul => a * b,
            Self::Div => a / b,
            Self::Pow if b == 2.0 => a * a,
            Self::Pow => a.powf(b),
            Self::Mod => {
                let rest = a % b;
                if rest * b < 0.0 { rest + b } else { rest }
            }
            Self::Fmod => a % b,
            Self::Idiv => (a / b).floor(),
            Self::Atan2 => a.atan2(b),
            Self::Hypot => a.hypot(b),
            Self::Max | Self::Min if a.is_nan() || b.is_nan() => f64::NAN,
            Self::Max => a.max(b),
            Self::Min => a.min(b),
        }
    }

    /// ∂f/∂a, of which `f` is the value at (a, b).
    pub(super) fn first_a(self, a: f64, b: f64, f: f64) -> f64 {
        match self {
            Self::Add | Self::Sub | Self::Mod | Self::Fmod => 1.0,
            Self::Mul => b,
            Self::Div => 1.0 / b,
            Self::Pow if b == 2.0 => 2.0 * a,
            Self::Pow if b == 0.0 => 0.0,
            Self::Pow => b * a.powf(b - 1.0),
            Self::Idiv => 0.0,
            Self::Atan2 | Self::Hypot if a == 0.0 && b == 0.0 => 0.0,
            Self::Atan2 => {
                let r = a.hypot(b);
                b / r / r
            }
            Self::Hypot => a / f,
            Self::Max => share(a, b),
            Self::Min => share(b, a),
        }
    }

    /// ∂f/∂b, of which `f` is the value at (a, b).
    pub(super) fn first_b(self, a: f64, b: f64, f: f64) -> f64 {
        match self {
            Self::Add => 1.0,
            Self::Sub => -1.0,
            Self::Mul => a,
            Self::Div => -f / b,
            Self::Pow if a == 0.0 && b > 0.0 => 0.0,
            Self::Pow => f * a.ln(),
            Self::Mod => -(a / b).floor(),
            Self::Fmod => -(a / b).trunc(),
            Self::Idiv => 0.0,
            Self::Atan2 | Self::Hypot if a == 0.0 && b == 0.0 => 0.0,
            Self::Atan2 => {
                let r = a.hypot(b);
                -a / r / r
            }
            Self::Hypot => b / f,
            Self::Max => share(b, a),
            Self::Min => share(a, b),
        }
    }

    /// ∂²f/∂a², of which `f` is the value at (a, b).
    pub(super) fn second_aa(self, a: f64, b: f64, f: f64) -> f64 {
        match self {
            Self::Pow if b == 2.0 => 2.0,
            Self::Pow if b == 0.0 || b == 1.0 => 0.0,
            Self::Pow => b * (b - 1.0) * a.powf(b - 2.0),
            Self::Atan2 | Self::Hypot if a == 0.0 && b == 0.0 => 0.0,
            Self::Atan2 => {
                let r = a.hypot(b);
                -2.0 * (a / r) * (b / r) / r / r
            }
            Self::Hypot => (b / f) * (b / f) / f,
            _ => 0.0,
        }
    }

    /// ∂²f/∂a∂b, of which `f` is the value at (a, b).
    pub(super) fn second_ab(self, a: f64, b: f64, f: f64) -> f64 {
        match self {
            Self::Mul => 1.0,
            Self::Div => -1.0 / b / b,
            Self::Pow if a == 0.0 && b > 1.0 => 0.0,
            Self::Pow => a.powf(b - 1.0) * (1.0 + b * a.ln()),
            Self::Atan2 | Self::Hypot if a == 0.0 && b == 0.0 => 0.0,
            Self::Atan2 => {
                let r = a.hypot(b);
                ((a / r) * (a / r) - (b / r) * (b / r)) / r / r
            }
            Self::Hypot => -(a / f) * (b / f) / f,
            _ => 0.0,
        }
    }

    /// ∂²f/∂b², of which `f` is the value at (a, b).
    pub(super) fn second_bb(self, a: f64, b: f64, f: f64) -> f64 {
        match self {
            Self::Div => 2.0 * (f / b) / b,
            Self::Pow if a == 0.0 && b > 0.0 => 0.0,
            Self::Pow => f * a.ln() * a.ln(),
            Self::Atan2 | Self::Hypot if a == 0.0 && b == 0.0 => 0.0,
            Self::Atan2 => {
                let r = a.hypot(b);
                2.0 * (a / r) * (b / r) / r / r
            }
            Self::Hypot => (a / f) * (a / f) / f,
            _ => 0.0,
        }
    }
}

/// The slope of `max(a, b)` in `a`.
fn share(a: f64, b: f64) -> f64 {
    if a > b {
        1.0
    } else if a == b {
        0.5
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A point inside the domain of each, away from corners.
    fn points(op: Unary) -> &'static [f64] {
        match op {
            Unary::Log | Unary::Log2 | Unary::Log10 | Unary::Sqrt => &[0.3, 1.0, 2.7, 40.0],
            Unary::Log1p => &[-0.5, 0.01, 3.0],
            Unary::Asin | Unary::Acos | Unary::Atanh => &[-0.7, 0.1, 0.6],
            Unary::Acosh => &[1.2, 3.0],
            Unary::Tan => &[-0.7, 0.4, 2.9],
            _ => &[-2.3, -0.7, 0.4, 1.6, 3.2],
        }
    }

    /// The slope of `f` at `x` from four nearby values, the error of order h⁴.
    fn slope(f: impl Fn(f64) -> f64, x: f64) -> f64 {
        let h = 1e-3 * x.abs().max(0.1);
        (8.0 * (f(x + h) - f(x - h)) - (f(x + 2.0 * h) - f(x - 2.0 * h))) / (12.0 * h)
    }

    fn close(got: f64, wanted: f64, what: &str) {
        assert!((got - wanted).abs() <= 2e-9 * (1.0 + wanted.abs()), "{what}: {got} for {wanted}");
    }

    #[test]
    fn every_unary_derivative_agrees_with_differences() {
        for &op in Unary::ALL {
            for &x in points(op) {
                let df = |x: f64| op.first(x, op.value(x));
                close(df(x), slope(|x| op.value(x), x), &format!("{op:?}'({x})"));
                close(op.second(x, op.value(x), df(x)), slope(df, x), &format!("{op:?}''({x})"));
            }
        }
    }

    #[test]
    fn every_binary_derivative_agrees_with_differences() {
        for &op in Binary::ALL {
            for (a, b) in [(1.3, 0.7), (0.4, 2.3), (2.6, -1.7), (-1.1, 0.9), (-2.2, 3.0), (1.7, 2.0), (0.6, 0.0)] {
                let value = |a, b| op.value(a, b);
                let (da, db) = (|a, b| op.first_a(a, b, value(a, b)), |a, b| op.first_b(a, b, value(a, b)));
                let f = value(a, b);
                let what = |d: &str| format!("{d} {op:?}({a}, {b})");
                let skip_b = op == Binary::Pow && a < 0.0; // no neighbours in b
                if !f.is_finite() || (b == 0.0 && matches!(op, Binary::Mod | Binary::Fmod | Binary::Idiv)) {
                    continue;
                }
                if op == Binary::Pow && a < 0.0 && b.fract() != 0.0 {
                    continue;
                }
                close(da(a, b), slope(|a| value(a, b), a), &what("∂a"));
                close(op.second_aa(a, b, f), slope(|a| da(a, b), a), &what("∂aa"));
                if !skip_b {
                    close(db(a, b), slope(|b| value(a, b), b), &what("∂b"));
                    close(op.second_ab(a, b, f), slope(|b| da(a, b), b), &what("∂ab"));
                    close(op.second_ab(a, b, f), slope(|a| db(a, b), a), &what("∂ba"));
                    close(op.second_bb(a, b, f), slope(|b| db(a, b), b), &what("∂bb"));
                }
            }
        }
    }

    #[test]
    fn values_are_the_familiar_ones() {
        assert_eq!(Binary::Mod.value(-7.0, 3.0), 2.0);
        assert_eq!(Binary::Mod.value(7.0, -3.0), -2.0);
        assert_eq!(Binary::Fmod.value(-7.0, 3.0), -1.0);
        assert_eq!(Binary::Idiv.value(-7.0, 2.0), -4.0);
        assert!((Unary::Erf.value(1.0) - 0.842_700_792_949_714_9).abs() < 1e-15); // Abramowitz & Stegun, table 7.1
        assert_eq!(Unary::Sigmoid.value(0.0), 0.5);
        assert_eq!(Unary::Softplus.value(1000.0), 1000.0);
        assert!(Binary::Max.value(1.0, f64::NAN).is_nan() && Unary::Relu.value(f64::NAN).is_nan());
    }

    #[test]
    fn corners_follow_the_rules_at_the_top() {
        assert_eq!(Unary::Abs.first(0.0, 0.0), 0.0);
        assert_eq!(Unary::Relu.first(0.0, 0.0), 0.0);
        assert_eq!(
            [Binary::Max, Binary::Min].map(|op| (op.first_a(2.0, 2.0, 2.0), op.first_b(2.0, 2.0, 2.0))),
            [(0.5, 0.5); 2]
        );
        for op in [Binary::Hypot, Binary::Atan2] {
            assert_eq!((op.first_a(0.0, 0.0, 0.0), op.second_ab(0.0, 0.0, 0.0)), (0.0, 0.0));
        }
        assert_eq!(Unary::Sqrt.first(0.0, 0.0), f64::INFINITY);
    }

    #[test]
    fn powers_are_right_at_zero_and_of_negative_bases() {
        let pow = Binary::Pow;
        for (b, first, second) in [(0.0, 0.0, 0.0), (1.0, 1.0, 0.0), (2.0, 0.0, 2.0), (3.0, 0.0, 0.0)] {
            let f = pow.value(0.0, b);
            assert_eq!((pow.first_a(0.0, b, f), pow.second_aa(0.0, b, f)), (first, second), "0 ^ {b}");
        }
        assert_eq!(
            (pow.value(-2.0, 3.0), pow.first_a(-2.0, 3.0, -8.0), pow.second_aa(-2.0, 3.0, -8.0)),
            (-8.0, 12.0, -12.0)
        );
        assert_eq!(
            (pow.first_b(0.0, 2.0, 0.0), pow.second_ab(0.0, 2.0, 0.0), pow.second_bb(0.0, 2.0, 0.0)),
            (0.0, 0.0, 0.0)
        );
    }

    #[test]
    fn far_tails_neither_overflow_nor_lose_their_digits() {
        for x in [-800.0, -40.0, 40.0, 800.0] {
            for op in [Unary::Sigmoid, Unary::Softplus, Unary::Tanh, Unary::Erf, Unary::Erfc] {
                let f = op.value(x);
                let df = op.first(x, f);
                assert!(f.is_finite() && df.is_finite() && op.second(x, f, df).is_finite(), "{op:?}({x})");
            }
        }
        assert!((Unary::Sigmoid.first(40.0, 1.0) / (-40.0_f64).exp() - 1.0).abs() < 1e-14);
        assert!((Unary::Tanh.first(20.0, 1.0) / (4.0 * (-40.0_f64).exp()) - 1.0).abs() < 1e-14);
    }

    #[test]
    fn names_lead_back_to_their_operations() {
        assert!(Unary::ALL.iter().all(|op| Unary::by_name(op.name()) == Some(*op)));
        assert!(Binary::ALL.iter().all(|op| Binary::by_name(op.name()) == Some(*op)));
        assert_eq!(Unary::by_name("banana"), None);
    }
}
