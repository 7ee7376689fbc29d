//! Products of panels of weights with rows of activations, by vector instructions. All of the engine's `unsafe` is here.
//!
//! Quantised: for a panel of sixteen rows and each block of 32 columns, `Σ q·x` is a whole number, so every kernel finds
//! the same; the blocks then add up in their order, `y ← y + Σ q·x · (scale_w · scale_x)`, fused. Stored quants have an
//! offset (128 or 8), because the instructions take one side without a sign: what it adds, offset · Σ x, is taken away
//! at the start of each sum. In f32: sixteen sums of every sixteenth product, fused, which are added by halves.
//!
//! Hence one result, bit for bit, on every processor, for any number of rows at once and of threads. Kernels: AVX-512
//! with VNNI, AVX2, NEON, and one in plain Rust; [`Isa::best`] finds at run time which the processor has.

use super::matrix::{BLOCK, ROWS};
use half::f16;

/// Thirty-two neighbours of an activation row, rounded to 8 bits.
#[derive(Clone, Copy, Default)]
pub struct Rounded {
    words: [i32; 8], // four neighbours each
    minus_sum: i32,
    scale: f32,
}

/// Which instructions are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code)] // other processors' kernels
pub enum Isa {
    /// AVX-512 with VNNI.
    Vnni,
    /// AVX2 with FMA and F16C.
    Avx2,
    /// ARM's vectors.
    Neon,
    /// Plain Rust.
    Portable,
}

impl Isa {
    /// The fastest that this processor has.
    pub fn best() -> Self {
        Self::available()[0]
    }

    /// All that this processor has, fastest first.
    pub fn available() -> &'static [Self] {
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 =
                is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c");
            let vnni = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vnni");
            return match (vnni && avx2, avx2) {
                (true, _) => &[Self::Vnni, Self::Avx2, Self::Portable],
                (_, true) => &[Self::Avx2, Self::Portable],
                _ => &[Self::Portable],
            };
        }
        #[cfg(target_arch = "aarch64")]
        {
            return if std::arch::is_aarch64_feature_detected!("neon") {
                &[Self::Neon, Self::Portable]
            } else {
                &[Self::Portable]
            };
        }
        #[allow(unreachable_code)]
        &[Self::Portable]
    }
}

/// Rounds a row to multiples of 1/127 of the largest of each 32 neighbours; a row ends in zeros. What is not finite
/// makes its block's scale NaN, so that it is not lost.
pub fn round(out: &mut [Rounded], row: &[f32]) {
    crate::nn::lanes::vectorised(
        #[inline(always)]
        || {
            let mut last = [0.0; BLOCK];
            let (whole, rest) = row.as_chunks::<BLOCK>();
            for (out, x) in out.iter_mut().zip(whole) {
                *out = round_block(x);
            }
            if !rest.is_empty() {
                last[..rest.len()].copy_from_slice(rest);
                out[whole.len()] = round_block(&last);
            }
        },
    );
}

#[inline(always)]
fn round_block(x: &[f32; BLOCK]) -> Rounded {
    /// Adding and taking away 1.5 · 2²³ rounds to a whole number, ties to even.
    const ROUND: f32 = 12_582_912.0;
    let mut bits = [0u32; BLOCK]; // of the magnitudes, which order as they do; NaN is above all
    for i in 0..BLOCK {
        bits[i] = x[i].to_bits() & 0x7fff_ffff;
    }
    let mut width = BLOCK / 2;
    while width > 0 {
        for i in 0..width {
            bits[i] = bits[i].max(bits[i + width]);
        }
        width /= 2;
    }
    let largest = f32::from_bits(bits[0]);
    let scale = if largest.is_finite() { largest / 127.0 } else { f32::NAN };
    let times = if scale >= f32::MIN_POSITIVE { 1.0 / scale } else { 0.0 };
    let (mut q, mut sum) = ([0i8; BLOCK], 0);
    for i in 0..BLOCK {
        q[i] = ((x[i] * times + ROUND).to_bits() as i32 - ROUND.to_bits() as i32) as i8;
        sum += i32::from(q[i]);
    }
    Rounded { words: bytemuck::cast(q), minus_sum: -sum, scale }
}

/// Most rows of activations that one call takes.
pub const AT_ONCE: usize = 8;

/// One panel of q8 weights with each row `x` [blocks] → out [rows, 16].
pub fn panel_q8(isa: Isa, quants: &[u8], scales: &[u16], x: &[&[Rounded]], out: &mut [f32]) {
    panel::<8>(isa, quants, scales, x, out);
}

/// One panel of q4 weights with each row `x` [blocks] → out [rows, 16].
pub fn panel_q4(isa: Isa, quants: &[u8], scales: &[u16], x: &[&[Rounded]], out: &mut [f32]) {
    panel::<4>(isa, quants, scales, x, out);
}

/// Divides the rows into groups of a fixed size, whose sums stay in registers.
fn panel<const BITS: usize>(isa: Isa, quants: &[u8], scales: &[u16], x: &[&[Rounded]], out: &mut [f32]) {
    let mut at = 0;
    while at < x.len() {
        let left = x.len() - at;
        let n = if left >= 8 && isa == Isa::Vnni { 8 } else { [1, 1, 2, 2, 4][left.min(4)] };
        let (x, out) = (&x[at..at + n], &mut out[at * ROWS..(at + n) * ROWS]);
        match n {
            8 => some::<BITS, 8>(isa, quants, scales, x, out),
            4 => some::<BITS, 4>(isa, quants, scales, x, out),
            2 => some::<BITS, 2>(isa, quants, scales, x, out),
            _ => some::<BITS, 1>(isa, quants, scales, x, out),
        }
        at += n;
    }
}

fn some<const BITS: usize, const N: usize>(isa: Isa, quants: &[u8], scales: &[u16], x: &[&[Rounded]], out: &mut [f32]) {
    let scales = scales.as_chunks::<ROWS>().0;
    let blocks = scales.len();
    assert!(x.len() == N && out.len() == N * ROWS && quants.len() == blocks * ROWS * 4 * BITS);
    let x: [&[Rounded]; N] = std::array::from_fn(|t| &x[t][..blocks]);
    match isa {
        // SAFETY: `Isa::available` gave this only where the processor has the instructions named at the function.
        #[cfg(target_arch = "x86_64")]
        Isa::Vnni => unsafe { vnni::<BITS, N>(quants, scales, x, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => unsafe { avx2::<BITS, N>(quants, scales, x, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        Isa::Neon => unsafe { neon::<BITS, N>(quants, scales, x, out) },
        _ => crate::nn::lanes::vectorised(
            #[inline(always)]
            || portable::<BITS, N>(quants, scales, x, out),
        ),
    }
}

#[inline(always)]
fn portable<const BITS: usize, const N: usize>(
    quants: &[u8],
    scales: &[[u16; ROWS]],
    x: [&[Rounded]; N],
    out: &mut [f32],
) {
    out.fill(0.0);
    for (b, (block, scales)) in quants.chunks_exact(ROWS * 4 * BITS).zip(scales).enumerate() {
        let scales = scales.map(|s| f16::from_bits(s).to_f32());
        for t in 0..N {
            let x = &x[t][b];
            let words: [[i8; 4]; 8] = bytemuck::cast(x.words);
            let mut sums = [x.minus_sum * if BITS == 8 { 128 } else { 8 }; ROWS];
            for (k, four) in block.as_chunks::<{ ROWS * 4 }>().0.iter().enumerate() {
                for r in 0..ROWS {
                    for j in 0..4 {
                        let q = i32::from(four[r * 4 + j]);
                        if BITS == 8 {
                            sums[r] += q * i32::from(words[k][j]);
                        } else {
                            sums[r] += (q & 15) * i32::from(words[k][j]) + (q >> 4) * i32::from(words[k + 4][j]);
                        }
                    }
                }
            }
            for r in 0..ROWS {
                let y = &mut out[t * ROWS + r];
                *y = (sums[r] as f32).mul_add(scales[r] * x.scale, *y);
            }
        }
    }
}

/// How far ahead of a product of one row, which waits for memory alone, weights are asked for, in bytes. What lies
/// outside the panel, or the memory, does no harm.
#[cfg(target_arch = "x86_64")]
const AHEAD: usize = 8192;

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vnni,avx2,f16c,fma")]
fn vnni<const BITS: usize, const N: usize>(quants: &[u8], scales: &[[u16; ROWS]], x: [&[Rounded]; N], out: &mut [f32]) {
    use std::arch::x86_64::*;
    let low = _mm512_set1_epi8(15);
    let mut y = [_mm512_setzero_ps(); N];
    for (b, (block, scales)) in quants.chunks_exact(ROWS * 4 * BITS).zip(scales).enumerate() {
        let mut w = [_mm512_setzero_si512(); 8];
        for k in 0..BITS {
            // SAFETY: the block has BITS · 64 bytes; the load needs no alignment.
            let four = unsafe { _mm512_loadu_si512(block.as_ptr().add(64 * k).cast()) };
            if N == 1 {
                _mm_prefetch::<_MM_HINT_T0>(block.as_ptr().wrapping_add(AHEAD + 64 * k).cast());
            }
            if BITS == 8 {
                w[k] = four;
            } else {
                w[k] = _mm512_and_si512(four, low);
                w[k + 4] = _mm512_and_si512(_mm512_srli_epi32::<4>(four), low);
            }
        }
        // SAFETY: `scales` has 16 numbers of 2 bytes; the load needs no alignment.
        let scales = _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(scales.as_ptr().cast()) });
        for t in 0..N {
            let x = &x[t][b];
            let offset = _mm512_set1_epi32(x.minus_sum);
            let mut sum = if BITS == 8 { _mm512_slli_epi32::<7>(offset) } else { _mm512_slli_epi32::<3>(offset) };
            for k in 0..8 {
                sum = _mm512_dpbusd_epi32(sum, w[k], _mm512_set1_epi32(x.words[k]));
            }
            let scale = _mm512_mul_ps(scales, _mm512_set1_ps(x.scale));
            y[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), scale, y[t]);
        }
    }
    for (y, out) in y.iter().zip(out.as_chunks_mut::<ROWS>().0) {
        // SAFETY: `out` has 16 numbers of 4 bytes; the store needs no alignment.
        unsafe { _mm512_storeu_ps(out.as_mut_ptr(), *y) };
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,f16c,fma")]
fn avx2<const BITS: usize, const N: usize>(quants: &[u8], scales: &[[u16; ROWS]], x: [&[Rounded]; N], out: &mut [f32]) {
    use std::arch::x86_64::*;
    let (low, flip, ones) = (_mm256_set1_epi8(15), _mm256_set1_epi8(-128), _mm256_set1_epi16(1));
    for half in 0..2 {
        let mut y = [_mm256_setzero_ps(); N];
        for (b, (block, scales)) in quants.chunks_exact(ROWS * 4 * BITS).zip(scales).enumerate() {
            let mut sums = [_mm256_setzero_si256(); N];
            for k in 0..BITS {
                // SAFETY: the block has BITS · 64 bytes, of which this takes 32; the load needs no alignment.
                let four = unsafe { _mm256_loadu_si256(block.as_ptr().add(64 * k + 32 * half).cast()) };
                if N == 1 && half == 0 {
                    _mm_prefetch::<_MM_HINT_T0>(block.as_ptr().wrapping_add(AHEAD + 64 * k).cast());
                }
                if BITS == 8 {
                    // Without its offset: with it, the sums of two products would not fit into 16 bits.
                    let q = _mm256_xor_si256(four, flip);
                    let size = _mm256_abs_epi8(q);
                    for t in 0..N {
                        let x = _mm256_sign_epi8(_mm256_set1_epi32(x[t][b].words[k]), q);
                        let four = _mm256_madd_epi16(_mm256_maddubs_epi16(size, x), ones);
                        sums[t] = _mm256_add_epi32(sums[t], four);
                    }
                } else {
                    let (even, odd) =
                        (_mm256_and_si256(four, low), _mm256_and_si256(_mm256_srli_epi16::<4>(four), low));
                    for t in 0..N {
                        let x = &x[t][b].words;
                        let even = _mm256_maddubs_epi16(even, _mm256_set1_epi32(x[k]));
                        let odd = _mm256_maddubs_epi16(odd, _mm256_set1_epi32(x[k + 4]));
                        let four = _mm256_madd_epi16(_mm256_add_epi16(even, odd), ones);
                        sums[t] = _mm256_add_epi32(sums[t], four);
                    }
                }
            }
            // SAFETY: `scales` has 16 numbers of 2 bytes, of which this takes 8; the load needs no alignment.
            let scales = _mm256_cvtph_ps(unsafe { _mm_loadu_si128(scales.as_ptr().add(8 * half).cast()) });
            for t in 0..N {
                let x = &x[t][b];
                let offset = _mm256_set1_epi32(if BITS == 8 { 0 } else { x.minus_sum * 8 });
                let sum = _mm256_cvtepi32_ps(_mm256_add_epi32(sums[t], offset));
                y[t] = _mm256_fmadd_ps(sum, _mm256_mul_ps(scales, _mm256_set1_ps(x.scale)), y[t]);
            }
        }
        for (y, out) in y.iter().zip(out.as_chunks_mut::<ROWS>().0) {
            // SAFETY: `out` has 16 numbers of 4 bytes, of which this fills 8; the store needs no alignment.
            unsafe { _mm256_storeu_ps(out.as_mut_ptr().add(8 * half), *y) };
        }
    }
}

#[cfg(target_arch = "aarch64")]
#[target_feature(enable = "neon")]
fn neon<const BITS: usize, const N: usize>(quants: &[u8], scales: &[[u16; ROWS]], x: [&[Rounded]; N], out: &mut [f32]) {
    use std::arch::aarch64::*;
    let (low, flip) = (vdupq_n_u8(15), vdupq_n_u8(0x80));
    let mut y = [[vdupq_n_f32(0.0); 4]; N];
    for (b, (block, scales)) in quants.chunks_exact(ROWS * 4 * BITS).zip(scales).enumerate() {
        let scales = scales.map(|s| f16::from_bits(s).to_f32());
        for quarter in 0..4 {
            let mut sums = [vdupq_n_s32(0); N];
            for k in 0..BITS {
                // SAFETY: the block has BITS · 64 bytes, of which this takes 16; the load needs no alignment.
                let four = unsafe { vld1q_u8(block.as_ptr().add(64 * k + 16 * quarter)) };
                let parts =
                    if BITS == 8 { [veorq_u8(four, flip), four] } else { [vandq_u8(four, low), vshrq_n_u8::<4>(four)] };
                for (part, q) in parts.into_iter().take(if BITS == 8 { 1 } else { 2 }).enumerate() {
                    let q = vreinterpretq_s8_u8(q);
                    for t in 0..N {
                        let x = vreinterpretq_s8_s32(vdupq_n_s32(x[t][b].words[k + 4 * part]));
                        let first = vpaddlq_s16(vmull_s8(vget_low_s8(q), vget_low_s8(x)));
                        let second = vpaddlq_s16(vmull_high_s8(q, x));
                        sums[t] = vaddq_s32(sums[t], vpaddq_s32(first, second));
                    }
                }
            }
            // SAFETY: `scales` has 16 numbers of 4 bytes, of which this takes 4.
            let scales = unsafe { vld1q_f32(scales.as_ptr().add(4 * quarter)) };
            for t in 0..N {
                let x = &x[t][b];
                let sum = vaddq_s32(sums[t], vdupq_n_s32(if BITS == 8 { 0 } else { x.minus_sum * 8 }));
                let scale = vmulq_n_f32(scales, x.scale);
                y[t][quarter] = vfmaq_f32(y[t][quarter], vcvtq_f32_s32(sum), scale);
            }
        }
    }
    for (y, out) in y.iter().zip(out.as_chunks_mut::<ROWS>().0) {
        for quarter in 0..4 {
            // SAFETY: `out` has 16 numbers of 4 bytes, of which this fills 4.
            unsafe { vst1q_f32(out.as_mut_ptr().add(4 * quarter), y[quarter]) };
        }
    }
}

/// Parallel sums of a product of two rows of f32.
const LANES: usize = 16;

/// At most sixteen rows of f32 weights `[_, cols]` with each row of x `[_, cols]` → y `[rows of x, 16]`.
pub fn panel_f32(isa: Isa, w: &[f32], cols: usize, x: &[f32], y: &mut [f32]) {
    // As many as their sums fit into registers.
    let (few, tokens) = match isa {
        Isa::Vnni => (4, 4),
        Isa::Avx2 => (2, 2),
        _ => (1, 1),
    };
    let mut t = 0;
    for x in x.chunks(tokens * cols) {
        let (mut r, n) = (0, x.len() / cols);
        let few = if n == 1 { 1 } else { few }; // one stream through the memory is the fastest
        for w in w.chunks(few * cols) {
            let m = w.len() / cols;
            let y = &mut y[t * ROWS + r..];
            match (m, n) {
                (4, 4) => tile::<4, 4>(isa, w, x, cols, y),
                (2, 2) => tile::<2, 2>(isa, w, x, cols, y),
                _ => {
                    for (r, w) in w.chunks_exact(cols).enumerate() {
                        for (t, x) in x.chunks_exact(cols).enumerate() {
                            tile::<1, 1>(isa, w, x, cols, &mut y[t * ROWS + r..]);
                        }
                    }
                }
            }
            r += m;
        }
        t += n;
    }
}

/// `R` rows of weights with `N` of activations.
#[inline(always)]
fn tile<const R: usize, const N: usize>(isa: Isa, w: &[f32], x: &[f32], cols: usize, y: &mut [f32]) {
    assert!(w.len() == R * cols && x.len() == N * cols && y.len() >= (N - 1) * ROWS + R);
    match isa {
        // SAFETY: `Isa::available` gave this only where the processor has the instructions named at the function.
        #[cfg(target_arch = "x86_64")]
        Isa::Vnni => unsafe { tile_avx512::<R, N>(w, x, cols, y) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => unsafe { tile_avx2::<R, N>(w, x, cols, y) },
        _ => crate::nn::lanes::vectorised(
            #[inline(always)]
            || {
                for (r, w) in w.chunks_exact(cols).enumerate() {
                    for (t, x) in x.chunks_exact(cols).enumerate() {
                        y[t * ROWS + r] = dot(w, x);
                    }
                }
            },
        ),
    }
}

#[inline(always)]
fn dot(w: &[f32], x: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let ((ws, w_rest), (xs, x_rest)) = (w.as_chunks::<LANES>(), x.as_chunks::<LANES>());
    for (w, x) in ws.iter().zip(xs) {
        for i in 0..LANES {
            sums[i] = w[i].mul_add(x[i], sums[i]);
        }
    }
    for (i, (w, x)) in w_rest.iter().zip(x_rest).enumerate() {
        sums[i] = w.mul_add(*x, sums[i]);
    }
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            sums[i] += sums[i + width];
        }
        width /= 2;
    }
    sums[0]
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq")]
fn tile_avx512<const R: usize, const N: usize>(w: &[f32], x: &[f32], cols: usize, y: &mut [f32]) {
    use std::arch::x86_64::*;
    let (w, x) = (w.as_ptr(), x.as_ptr());
    let whole = cols / LANES * LANES;
    let mut sums = [[_mm512_setzero_ps(); N]; R];
    let mut c = 0;
    while c < cols {
        let mask = if c < whole { !0 } else { (1u16 << (cols - whole)) - 1 };
        let mut few = [_mm512_setzero_ps(); R];
        for r in 0..R {
            // SAFETY: `w` has R · cols numbers; those that the mask leaves lie before column `cols` of row r.
            few[r] = unsafe { _mm512_maskz_loadu_ps(mask, w.add(r * cols + c)) };
            if N == 1 {
                _mm_prefetch::<_MM_HINT_T0>(w.wrapping_add(r * cols + c + AHEAD / 4).cast());
            }
        }
        for t in 0..N {
            // SAFETY: `x` has N · cols numbers; those that the mask leaves lie before column `cols` of row t.
            let x = unsafe { _mm512_maskz_loadu_ps(mask, x.add(t * cols + c)) };
            for r in 0..R {
                sums[r][t] = _mm512_fmadd_ps(few[r], x, sums[r][t]);
            }
        }
        c += LANES;
    }
    for r in 0..R {
        for t in 0..N {
            let sum = sums[r][t];
            y[t * ROWS + r] = add_halves(_mm256_add_ps(_mm512_castps512_ps256(sum), _mm512_extractf32x8_ps::<1>(sum)));
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn tile_avx2<const R: usize, const N: usize>(w: &[f32], x: &[f32], cols: usize, y: &mut [f32]) {
    use std::arch::x86_64::*;
    let whole = cols / LANES * LANES;
    let mut sums = [[[_mm256_setzero_ps(); 2]; N]; R];
    let mut c = 0;
    while c < whole {
        for half in 0..2 {
            let mut few = [_mm256_setzero_ps(); R];
            for r in 0..R {
                // SAFETY: `w` has R · cols numbers, and c + 16 is at most cols; no alignment is needed.
                few[r] = unsafe { _mm256_loadu_ps(w.as_ptr().add(r * cols + c + 8 * half)) };
                if N == 1 && half == 0 {
                    _mm_prefetch::<_MM_HINT_T0>(w.as_ptr().wrapping_add(r * cols + c + AHEAD / 4).cast());
                }
            }
            for t in 0..N {
                // SAFETY: `x` has N · cols numbers, and c + 16 is at most cols; no alignment is needed.
                let x = unsafe { _mm256_loadu_ps(x.as_ptr().add(t * cols + c + 8 * half)) };
                for r in 0..R {
                    sums[r][t][half] = _mm256_fmadd_ps(few[r], x, sums[r][t][half]);
                }
            }
        }
        c += LANES;
    }
    if whole < cols {
        let last = |row: &[f32]| {
            let mut last = [0.0; LANES];
            last[..cols - whole].copy_from_slice(&row[whole..]);
            last
        };
        for r in 0..R {
            let w = last(&w[r * cols..][..cols]);
            for t in 0..N {
                let x = last(&x[t * cols..][..cols]);
                for half in 0..2 {
                    // SAFETY: both have 16 numbers, of which this takes 8; no alignment is needed.
                    let (w, x) = unsafe {
                        (_mm256_loadu_ps(w.as_ptr().add(8 * half)), _mm256_loadu_ps(x.as_ptr().add(8 * half)))
                    };
                    sums[r][t][half] = _mm256_fmadd_ps(w, x, sums[r][t][half]);
                }
            }
        }
    }
    for r in 0..R {
        for t in 0..N {
            y[t * ROWS + r] = add_halves(_mm256_add_ps(sums[r][t][0], sums[r][t][1]));
        }
    }
}

/// The sum of eight numbers, by halves.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn add_halves(sum: std::arch::x86_64::__m256) -> f32 {
    use std::arch::x86_64::*;
    let sum = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps::<1>(sum));
    let sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
    _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)))
}

#[cfg(test)]
mod tests {
    use super::super::matrix::{Matrix, Quantization};
    use super::*;
    use crate::data::Rng;

    #[test]
    fn every_kernel_gives_the_same_bits_for_any_number_of_rows() {
        let mut rng = Rng::new(8);
        let (rows, blocks) = (13, 5);
        let cols = blocks * BLOCK - 7; // leaves a rest
        let x: Vec<f32> = (0..rows * cols).map(|_| rng.normal() as f32).collect();
        let mut rounded = vec![Rounded::default(); rows * blocks];
        for (out, x) in rounded.chunks_mut(blocks).zip(x.chunks(cols)) {
            round(out, x);
        }
        let x_rows: Vec<&[Rounded]> = rounded.chunks(blocks).collect();
        for kind in [Quantization::Q8, Quantization::Q4] {
            let w: Vec<f32> = (0..ROWS * cols).map(|_| rng.normal() as f32).collect();
            let w = Matrix::f32(ROWS, cols, w).unwrap().quantized(kind);
            let (_, quants, scales) = w.panels().unwrap();
            let run = |isa, x: &[&[Rounded]]| {
                let mut out = vec![0.0; x.len() * ROWS];
                let kernel = if kind == Quantization::Q8 { panel_q8 } else { panel_q4 };
                kernel(isa, quants, scales, x, &mut out);
                out
            };
            let portable = run(Isa::Portable, &x_rows);
            for isa in Isa::available() {
                assert_eq!(run(*isa, &x_rows), portable, "{isa:?} {kind:?}");
                let alone: Vec<f32> = x_rows.iter().flat_map(|x| run(*isa, &[x])).collect();
                assert_eq!(alone, portable, "{isa:?} {kind:?} row by row");
            }
            // Near the product of the numbers themselves.
            let w = w.to_f32();
            for (t, x) in x.chunks(cols).enumerate() {
                for (r, w) in w.chunks(cols).enumerate() {
                    let exact: f64 = x.iter().zip(w).map(|(x, w)| f64::from(*x) * f64::from(*w)).sum();
                    assert!((exact - f64::from(portable[t * ROWS + r])).abs() < 0.5, "{exact}");
                }
            }
        }
    }

    #[test]
    fn every_f32_kernel_gives_the_same_bits_for_any_number_of_rows() {
        let mut rng = Rng::new(9);
        for cols in [1, 16, 37, 200] {
            let mut numbers = |n: usize| -> Vec<f32> { (0..n).map(|_| rng.normal() as f32).collect() };
            let (w, x) = (numbers(15 * cols), numbers(11 * cols));
            let run = |isa, x: &[f32]| {
                let mut y = vec![0.0; x.len() / cols * ROWS];
                panel_f32(isa, &w, cols, x, &mut y);
                y
            };
            let portable = run(Isa::Portable, &x);
            for isa in Isa::available() {
                assert_eq!(run(*isa, &x), portable, "{isa:?} {cols}");
                let alone: Vec<f32> = x.chunks(cols).flat_map(|x| run(*isa, x)).collect();
                assert_eq!(alone, portable, "{isa:?} {cols} row by row");
            }
        }
    }

    #[test]
    fn the_extremes_do_not_overflow() {
        // A file may hold -128 too.
        for (q, x) in [(0x80u8, 1.0f32), (0x7f, 1.0), (0x81, -1.0), (0x80, -1.0)] {
            let mut block = vec![q; 34 * ROWS];
            for row in block.chunks_mut(34) {
                row[..2].copy_from_slice(&f16::ONE.to_le_bytes());
            }
            let w = Matrix::from_blocks(Quantization::Q8, ROWS, BLOCK, &block).unwrap();
            let (_, quants, scales) = w.panels().unwrap();
            let mut rounded = [Rounded::default()];
            round(&mut rounded, &[x; BLOCK]);
            let exact = f32::from(q as i8) * 127.0 * 32.0 * (x / 127.0);
            for isa in Isa::available() {
                let mut out = [0.0; ROWS];
                panel_q8(*isa, quants, scales, &[&rounded], &mut out);
                assert!(out.iter().all(|y| (y - exact).abs() < 1e-3), "{isa:?} {q} {x}: {out:?}");
            }
        }
    }

    #[test]
    fn what_is_not_finite_is_not_lost() {
        for bad in [f32::NAN, f32::INFINITY] {
            let mut row = [1.0; BLOCK];
            row[5] = bad;
            let mut rounded = [Rounded::default()];
            round(&mut rounded, &row);
            assert!(rounded[0].scale.is_nan());
        }
    }
}
