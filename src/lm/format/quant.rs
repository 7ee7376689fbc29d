//! Blocks of quantised weights as GGUF files hold them, and their numbers.
//!
//! The formats are ggml's (Gerganov 2022): 32 neighbours of a row share an f16 scale (Q4_0 … Q8_0), or 256 share a
//! scale of scales (the K-quants). Rounding is ours: the scale is chosen so that no weight is off by more than half a
//! step.

use crate::{Error, Result};
use half::{bf16, f16};

/// Numbers that share a scale in Q4_0 … Q8_0.
pub const BLOCK: usize = 32;

/// How numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Single precision.
    F32,
    /// Half precision.
    F16,
    /// The upper half of single precision.
    BF16,
    /// 32 × i8 · scale (f16).
    Q8_0,
    /// 32 × (0..=15 − 8) · scale (f16).
    Q4_0,
    /// 32 × (0..=15) · scale + minimum (f16 each).
    Q4_1,
    /// 32 × (0..=31 − 16) · scale (f16).
    Q5_0,
    /// 32 × (0..=31) · scale + minimum (f16 each).
    Q5_1,
    /// 256 × 4 bits, scales and minima of 32 in 6 bits.
    Q4K,
    /// 256 × 5 bits, scales and minima of 32 in 6 bits.
    Q5K,
    /// 256 × 6 bits, scales of 16 in 8 bits.
    Q6K,
}

impl Kind {
    /// All, in no order.
    pub const ALL: [Self; 11] = [
        Self::F32,
        Self::F16,
        Self::BF16,
        Self::Q8_0,
        Self::Q4_0,
        Self::Q4_1,
        Self::Q5_0,
        Self::Q5_1,
        Self::Q4K,
        Self::Q5K,
        Self::Q6K,
    ];

    /// Its number in GGUF files.
    pub fn ggml(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::BF16 => 30,
            Self::Q8_0 => 8,
            Self::Q4_0 => 2,
            Self::Q4_1 => 3,
            Self::Q5_0 => 6,
            Self::Q5_1 => 7,
            Self::Q4K => 12,
            Self::Q5K => 13,
            Self::Q6K => 14,
        }
    }

    /// Numbers of a block, and its bytes.
    pub fn block(self) -> (usize, usize) {
        match self {
            Self::F32 => (1, 4),
            Self::F16 | Self::BF16 => (1, 2),
            Self::Q8_0 => (BLOCK, 34),
            Self::Q4_0 => (BLOCK, 18),
            Self::Q4_1 => (BLOCK, 20),
            Self::Q5_0 => (BLOCK, 22),
            Self::Q5_1 => (BLOCK, 24),
            Self::Q4K => (256, 144),
            Self::Q5K => (256, 176),
            Self::Q6K => (256, 210),
        }
    }

    /// Bytes of rows of `cols` numbers, if they are whole blocks and no product overflows.
    pub fn bytes(self, rows: usize, cols: usize) -> Option<usize> {
        let (numbers, bytes) = self.block();
        cols.is_multiple_of(numbers).then_some(cols / numbers)?.checked_mul(bytes)?.checked_mul(rows)
    }
}

fn half_at(bytes: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([bytes[at], bytes[at + 1]]).to_f32()
}

/// The numbers in whole blocks of `kind`.
pub fn dequantize(kind: Kind, bytes: &[u8], out: &mut [f32]) {
    let (numbers, size) = kind.block();
    for (out, b) in out.chunks_exact_mut(numbers).zip(bytes.chunks_exact(size)) {
        match kind {
            Kind::F32 => out[0] = f32::from_le_bytes([b[0], b[1], b[2], b[3]]),
            Kind::F16 => out[0] = half_at(b, 0),
            Kind::BF16 => out[0] = bf16::from_le_bytes([b[0], b[1]]).to_f32(),
            Kind::Q8_0 => {
                let d = half_at(b, 0);
                for (out, q) in out.iter_mut().zip(&b[2..]) {
                    *out = d * f32::from(*q as i8);
                }
            }
            Kind::Q4_0 => {
                let d = half_at(b, 0);
                nibbles(out, &b[2..], |q, _| d * (f32::from(q) - 8.0));
            }
            Kind::Q4_1 => {
                let (d, m) = (half_at(b, 0), half_at(b, 2));
                nibbles(out, &b[4..], |q, _| d * f32::from(q) + m);
            }
            Kind::Q5_0 => {
                let (d, high) = (half_at(b, 0), u32::from_le_bytes([b[2], b[3], b[4], b[5]]));
                nibbles(out, &b[6..], |q, i| d * (f32::from(q | fifth(high, i)) - 16.0));
            }
            Kind::Q5_1 => {
                let (d, m, high) = (half_at(b, 0), half_at(b, 2), u32::from_le_bytes([b[4], b[5], b[6], b[7]]));
                nibbles(out, &b[8..], |q, i| d * f32::from(q | fifth(high, i)) + m);
            }
            Kind::Q4K => {
                let (d, dmin, scales, qs) = (half_at(b, 0), half_at(b, 2), &b[4..16], &b[16..]);
                for (j, out) in out.chunks_exact_mut(32).enumerate() {
                    let (scale, min) = scale_and_min(scales, j);
                    let (d, m) = (d * f32::from(scale), dmin * f32::from(min));
                    for (out, q) in out.iter_mut().zip(&qs[j / 2 * 32..]) {
                        *out = d * f32::from(q >> (j % 2 * 4) & 15) - m;
                    }
                }
            }
            Kind::Q5K => {
                let (d, dmin, scales, high, qs) = (half_at(b, 0), half_at(b, 2), &b[4..16], &b[16..48], &b[48..]);
                for (j, out) in out.chunks_exact_mut(32).enumerate() {
                    let (scale, min) = scale_and_min(scales, j);
                    let (d, m) = (d * f32::from(scale), dmin * f32::from(min));
                    for ((out, q), h) in out.iter_mut().zip(&qs[j / 2 * 32..]).zip(high) {
                        *out = d * f32::from((q >> (j % 2 * 4) & 15) | (h >> j & 1) << 4) - m;
                    }
                }
            }
            Kind::Q6K => {
                let d = half_at(b, 208);
                for (i, out) in out.iter_mut().enumerate() {
                    // Halves of 128; in each, quarters of 32 that take 2 of 8 high bits.
                    let (part, quarter, l) = (i / 128, i / 32 % 4, i % 32);
                    let low = b[part * 64 + quarter % 2 * 32 + l] >> (quarter / 2 * 4) & 15;
                    let high = b[128 + part * 32 + l] >> (quarter * 2) & 3;
                    let scale = f32::from(b[192 + i / 16] as i8);
                    *out = d * scale * (f32::from(low | high << 4) - 32.0);
                }
            }
        }
    }
}

/// 32 numbers from 16 bytes: the low halves come first.
fn nibbles(out: &mut [f32], qs: &[u8], value: impl Fn(u8, usize) -> f32) {
    for i in 0..16 {
        out[i] = value(qs[i] & 15, i);
        out[i + 16] = value(qs[i] >> 4, i + 16);
    }
}

/// The fifth bit of number `i`.
fn fifth(high: u32, i: usize) -> u8 {
    ((high >> i & 1) as u8) << 4
}

/// Scale and minimum of the 32 numbers `j` (0 to 7), 6 bits each in 12 bytes.
fn scale_and_min(s: &[u8], j: usize) -> (u8, u8) {
    if j < 4 {
        (s[j] & 63, s[j + 4] & 63)
    } else {
        ((s[j + 4] & 15) | (s[j - 4] >> 6) << 4, (s[j + 4] >> 4) | (s[j] >> 6) << 4)
    }
}

/// Numbers as `kind` stores them: F32, F16, BF16, Q8_0 or Q4_0, whole blocks. No number is off by more than half a
/// step of its block (Q8_0: 1/254 of the block's largest; Q4_0: 1/15 at most).
///
/// # Errors
/// If a number is not finite or too large for the kind.
pub fn quantize(kind: Kind, numbers: &[f32]) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(numbers.len() / kind.block().0 * kind.block().1);
    match kind {
        Kind::F32 => numbers.iter().for_each(|x| out.extend(x.to_le_bytes())),
        Kind::F16 => {
            for x in numbers {
                let y = f16::from_f32(*x);
                if y.is_finite() != x.is_finite() {
                    return Err(Error::value(format!("{x} is too large for f16")));
                }
                out.extend(y.to_le_bytes());
            }
        }
        Kind::BF16 => numbers.iter().for_each(|x| out.extend(bf16::from_f32(*x).to_le_bytes())),
        Kind::Q8_0 => {
            for block in numbers.chunks(BLOCK) {
                let d = scale(block.iter().fold(0.0, |m: f32, x| m.max(x.abs())) / 127.0, block)?;
                out.extend(d.to_le_bytes());
                out.extend(block.iter().map(|x| step(*x, d).clamp(-127.0, 127.0) as i8 as u8));
            }
        }
        Kind::Q4_0 => {
            for block in numbers.chunks(BLOCK) {
                // The side that reaches further takes the value −8, of which there is no positive twin; the other
                // side ends at 7, and half a step beyond.
                let (low, high) = block.iter().fold((0.0f32, 0.0f32), |(l, h), x| (l.min(*x), h.max(*x)));
                let size = scale(
                    if -low > high { (-low / 8.0).max(high / 7.5) } else { (high / 8.0).max(-low / 7.5) },
                    block,
                )?;
                let d = if -low > high { size } else { -size };
                let q: Vec<u8> = block.iter().map(|x| (step(*x, d) + 8.0).clamp(0.0, 15.0) as u8).collect();
                out.extend(d.to_le_bytes());
                out.extend((0..16).map(|i| q[i] | q[i + 16] << 4));
            }
        }
        other => return Err(Error::value(format!("{other:?} is read, not written"))),
    }
    Ok(out)
}

/// The nearest whole number of steps `d` to `x`.
fn step(x: f32, d: f16) -> f32 {
    if d == f16::ZERO || d == f16::NEG_ZERO { 0.0 } else { (x / d.to_f32()).round_ties_even() }
}

/// The smallest f16 that is at least `x` ≥ 0.
fn scale(x: f32, block: &[f32]) -> Result<f16> {
    if !block.iter().all(|x| x.is_finite()) {
        return Err(Error::value("a weight is not finite"));
    }
    let near = f16::from_f32(x);
    let d = if near.to_f32() < x { f16::from_bits(near.to_bits() + 1) } else { near };
    if d.is_finite() { Ok(d) } else { Err(Error::value("weights are too large to quantise")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    fn back(kind: Kind, bytes: &[u8]) -> Vec<f32> {
        let (numbers, size) = kind.block();
        let mut out = vec![0.0; bytes.len() / size * numbers];
        dequantize(kind, bytes, &mut out);
        out
    }

    #[test]
    fn no_weight_is_off_by_more_than_half_a_step() {
        let mut rng = Rng::new(7);
        for kind in [Kind::Q8_0, Kind::Q4_0] {
            for round in 0..400 {
                let size = 10f64.powi(round % 9 - 5);
                let lean = (round % 3) as f64 - 1.0; // blocks that lie on one side, too
                let block: Vec<f32> = (0..BLOCK).map(|_| (size * (rng.normal() + 2.0 * lean)) as f32).collect();
                let bytes = quantize(kind, &block).unwrap();
                let step = half_at(&bytes, 0).abs();
                for (x, y) in block.iter().zip(back(kind, &bytes)) {
                    assert!((x - y).abs() <= 0.5001 * step, "{kind:?} {x} {y} {step}");
                }
                let largest = block.iter().fold(0f32, |m, x| m.max(x.abs()));
                let coarsest = if kind == Kind::Q8_0 { largest / 127.0 } else { largest / 7.5 };
                assert!(step <= coarsest * 1.001 + 6e-8, "{kind:?} {step} {coarsest}");
            }
        }
    }

    #[test]
    fn zeros_stay_zeros_and_wild_numbers_are_refused() {
        for kind in [Kind::F32, Kind::F16, Kind::BF16, Kind::Q8_0, Kind::Q4_0] {
            assert_eq!(back(kind, &quantize(kind, &[0.0; 64]).unwrap()), [0.0; 64]);
        }
        assert!(quantize(Kind::Q8_0, &[f32::NAN; 32]).is_err());
        assert!(quantize(Kind::Q4_0, &[f32::INFINITY; 32]).is_err());
        assert!(quantize(Kind::Q8_0, &[3e38; 32]).is_err());
        assert!(quantize(Kind::F16, &[1e6]).is_err());
    }

    #[test]
    fn what_is_quantised_already_stays() {
        let numbers: Vec<f32> = (0..64).map(|i| (i as f32 - 20.0) * 0.37).collect();
        for kind in [Kind::Q8_0, Kind::Q4_0] {
            let once = back(kind, &quantize(kind, &numbers).unwrap());
            let twice = back(kind, &quantize(kind, &once).unwrap());
            let worst = once.iter().zip(&twice).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst <= 0.02, "{kind:?} {worst}");
        }
    }
}
