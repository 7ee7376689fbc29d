//! Loops over f32 in a form that the compiler turns into vector instructions.
//!
//! A float sum in order is a chain that no processor can widen, so sums and maxima here run in [`LANES`] parallel
//! lanes that are combined at the end. Compiled for the widest instructions that the processor has, by
//! [`vectorised`]. The lanes' number is fixed, so one machine always gives the same bits.

use super::tiles::Isa;

/// How many partial results a reduction keeps: one AVX-512 register, two AVX or four NEON ones.
const LANES: usize = 16;

/// Runs `work` compiled for the vector instructions found at run time (AVX2, AVX-512, NEON, …).
///
/// Functions called inside must be `#[inline(always)]` to take part.
#[inline(always)]
pub fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    match Isa::best() {
        Isa::Avx512 => {}
        Isa::Avx2 => return pulp::x86::V3::try_new().expect("the processor has AVX2").vectorize(work),
        Isa::Portable => return work(),
    }
    pulp::Arch::new().dispatch(work)
}

/// `exp(x)` for `x` clamped to [-87, 88], with a relative error below 1.3e-7 (two units in the last place).
///
/// Cody & Waite's reduction `x = n ln 2 + r` and the polynomial of Cephes' `expf` (Moshier 1992). NaN gives NaN.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Adding and taking away 1.5 · 2²³ rounds to a whole number, which the sum's low bits then hold.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts: n times the first is exact.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;

    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 88.0 { 88.0 } else { x };
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = x - n * LN_2_HIGH - n * LN_2_LOW;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_2e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let exp_r = p * (r * r) + r + 1.0;
    let two_to_n = f32::from_bits((rounded.to_bits() << 23).wrapping_add(127 << 23));
    exp_r * two_to_n
}

/// `1 / (1 + exp(-x))`.
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The largest element, or -∞ of none.
#[inline(always)]
pub fn max(row: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (whole, rest) = row.as_chunks::<LANES>();
    for chunk in whole {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = if x > *lane { x } else { *lane };
        }
    }
    lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |a, &b| if b > a { b } else { a })
}

/// The sum of `f` over the row.
#[inline(always)]
pub fn sum(row: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let (whole, rest) = row.as_chunks::<LANES>();
    for chunk in whole {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += f(x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane += f(x);
    }
    total(lanes)
}

/// Replaces each element `x` by `f(x)` and gives the sum of the new ones.
#[inline(always)]
pub fn map_sum(row: &mut [f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let (whole, rest) = row.as_chunks_mut::<LANES>();
    for chunk in whole {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *x = f(*x);
            *lane += *x;
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *x = f(*x);
        *lane += *x;
    }
    total(lanes)
}

/// `Σ aᵢ bᵢ`.
#[inline(always)]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    debug_assert_eq!(a.len(), b.len());
    let mut lanes = [0.0; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for ((lane, &a), &b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    for ((lane, &a), &b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        *lane += a * b;
    }
    total(lanes)
}

/// The lanes' sum, by halves.
#[inline(always)]
fn total(mut lanes: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] += lanes[i + width];
        }
        width /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_within_two_units_in_the_last_place() {
        let mut worst = 0.0f64;
        for i in -870_000..880_000 {
            let x = i as f32 * 1e-4;
            let exact = f64::from(x).exp();
            worst = worst.max(((f64::from(exp(x)) - exact) / exact).abs());
        }
        assert!(worst < 1.3e-7, "worst relative error {worst:e}");
    }

    #[test]
    fn exp_at_the_edges() {
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NEG_INFINITY) < 2e-38 && exp(f32::NEG_INFINITY) >= 0.0);
        assert!(exp(f32::INFINITY).is_finite() && exp(f32::INFINITY) > 1e38);
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn reductions_of_every_length() {
        for n in 0..70 {
            let row: Vec<f32> = (0..n).map(|i| i as f32).collect();
            let expected = (n * n.max(1) - n) as f32 / 2.0;
            assert_eq!(sum(&row, |x| x), expected);
            assert_eq!(dot(&row, &vec![2.0; n]), 2.0 * expected);
            assert_eq!(map_sum(&mut row.clone(), |x| x + 1.0), expected + n as f32);
            assert_eq!(max(&row), if n == 0 { f32::NEG_INFINITY } else { (n - 1) as f32 });
        }
    }
}
