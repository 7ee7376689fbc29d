//! The innermost loops of matrix products: tiles of the result that stay in registers while a sum runs.
//!
//! `c = a · b` in tiles of [`Isa::rows`] rows by up to three vectors of columns, as in BLIS (Van Zee & van de Geijn 2015,
//! doi:10.1145/2764454). `b` comes in panels, as wide as a tile, whose rows lie one after the other. Sums run over the
//! inner size in order and are fused, so AVX-512 and AVX2 give the same bits.
//!
//! In bf16 every word is a pair: two neighbours along the inner size, each rounded to 16 bits, as the instruction takes
//! them; their products are exact, and their sums are in f32.

use std::sync::OnceLock;

use bytemuck::Pod;

/// Which vector instructions are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// AVX-512.
    Avx512,
    /// AVX2 with FMA.
    Avx2,
    /// What every processor of its kind has (SSE2, NEON).
    Portable,
}

impl Isa {
    /// The fastest that this processor has, or the one that the environment variable `MYNAH_ISA` names (`avx512`,
    /// `avx2` or `portable`) if the processor has it.
    pub fn best() -> Self {
        static BEST: OnceLock<Isa> = OnceLock::new();
        *BEST.get_or_init(|| {
            let wanted = std::env::var("MYNAH_ISA").ok();
            let wanted = |isa: &&Self| wanted.as_deref().is_some_and(|name| name == format!("{isa:?}").to_lowercase());
            let has = Self::available();
            *has.iter().find(wanted).unwrap_or(&has[0])
        })
    }

    /// All that this processor has, fastest first.
    pub fn available() -> &'static [Self] {
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = pulp::x86::V3::try_new().is_some();
            return match (avx2 && pulp::x86::V4::try_new().is_some(), avx2) {
                (true, _) => &[Self::Avx512, Self::Avx2, Self::Portable],
                (_, true) => &[Self::Avx2, Self::Portable],
                _ => &[Self::Portable],
            };
        }
        #[allow(unreachable_code)]
        &[Self::Portable]
    }

    /// Rows of a tile.
    pub fn rows(self) -> usize {
        match self {
            Self::Avx512 => 8,
            Self::Avx2 => 6,
            Self::Portable => 4,
        }
    }

    /// Columns of a vector.
    pub fn lanes(self) -> usize {
        match self {
            Self::Avx512 => 16,
            Self::Avx2 => 8,
            Self::Portable => 4,
        }
    }

    /// Columns of a panel: as many vectors as leave registers for the rest.
    pub fn width(self) -> usize {
        if self == Self::Avx512 { 3 * self.lanes() } else { 2 * self.lanes() }
    }
}

/// Shows that the processor has the instructions for bf16 (AVX512-BF16).
#[derive(Clone, Copy, Debug)]
pub struct Bf16(());

impl Bf16 {
    /// Nothing if it does not have them, or may not use them.
    pub fn new() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        {
            let has = is_x86_feature_detected!("avx512bf16") && is_x86_feature_detected!("avx512bw");
            return (Isa::best() == Isa::Avx512 && has).then_some(Self(()));
        }
        #[allow(unreachable_code)]
        None
    }
}

/// Some rows of the left matrix over the whole inner size of a panel.
#[derive(Clone, Copy)]
pub enum Left<'a> {
    /// Row `i` begins at `values[i * stride]`.
    Rows {
        /// Elements (or pairs of them).
        values: &'a [f32],
        /// From one row to the next.
        stride: usize,
    },
    /// `[rows / tile][inner][tile]`: each tile's column lies together, the last tile filled up.
    Tiles(&'a [f32]),
}

/// Where the product goes: rows of `cols` elements, `stride` apart.
pub struct Out<'a> {
    /// Element `(i, j)` is `values[i * stride + j]`.
    pub values: &'a mut [f32],
    /// From one row to the next.
    pub stride: usize,
    /// How many rows.
    pub rows: usize,
    /// How many columns, at most a panel's.
    pub cols: usize,
    /// Whether the product is added to what is there.
    pub add: bool,
}

/// `out (+)= left · panel`, panel `[inner][cols rounded up to vectors]`. With `pairs`, all words are pairs of bf16.
pub fn multiply_panel(isa: Isa, pairs: Option<Bf16>, left: Left, panel: &[f32], inner: usize, out: Out) {
    #[cfg(target_arch = "x86_64")]
    match isa {
        Isa::Avx512 => {
            let v4 = pulp::x86::V4::try_new().expect("the processor has AVX-512");
            if let Some(bf16) = pairs {
                let pairs = x86::Pairs(v4, bf16);
                return bf16.vectorised(
                    #[inline(always)]
                    || by_vectors::<_, 8>(pairs, left, panel, inner, out),
                );
            }
            return pulp::Simd::vectorize(v4, x86::Run { simd: v4, left, panel, inner, out });
        }
        Isa::Avx2 => {
            let v3 = pulp::x86::V3::try_new().expect("the processor has AVX2");
            return pulp::Simd::vectorize(v3, x86::Run { simd: v3, left, panel, inner, out });
        }
        Isa::Portable => {}
    }
    debug_assert!(isa == Isa::Portable && pairs.is_none());
    by_vectors::<_, 4>(Portable, left, panel, inner, out);
}

/// Multiplies and adds vectors.
trait Arithmetic: Copy {
    type Vector: Pod;

    fn splat(self, word: f32) -> Self::Vector;
    fn multiply_add(self, a: Self::Vector, b: Self::Vector, sum: Self::Vector) -> Self::Vector;
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// Asks for the memory, soon to be written to.
    fn prefetch(self, _: &f32) {}
}

#[derive(Clone, Copy)]
struct Portable;

impl Arithmetic for Portable {
    type Vector = [f32; 4];

    #[inline(always)]
    fn splat(self, word: f32) -> [f32; 4] {
        [word; 4]
    }

    #[inline(always)]
    fn multiply_add(self, a: [f32; 4], b: [f32; 4], sum: [f32; 4]) -> [f32; 4] {
        // (Where the processor may not have the fused instruction, it would be a call for each element.)
        let fused = cfg!(any(target_feature = "fma", target_arch = "aarch64"));
        std::array::from_fn(|i| if fused { a[i].mul_add(b[i], sum[i]) } else { a[i] * b[i] + sum[i] })
    }

    #[inline(always)]
    fn add(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| a[i] + b[i])
    }
}

/// Chooses the panel's number of vectors.
#[inline(always)]
fn by_vectors<A: Arithmetic, const M: usize>(simd: A, left: Left, panel: &[f32], inner: usize, out: Out) {
    match out.cols.div_ceil(size_of::<A::Vector>() / size_of::<f32>()) {
        1 => tiles::<A, M, 1>(simd, left, panel, inner, out),
        2 => tiles::<A, M, 2>(simd, left, panel, inner, out),
        3 => tiles::<A, M, 3>(simd, left, panel, inner, out),
        other => assert!(other == 0, "a panel has up to three vectors"),
    }
}

/// Steps along the inner size between two looks at the rows' bounds.
const STEPS: usize = 4;

#[inline(always)]
fn tiles<A: Arithmetic, const M: usize, const V: usize>(simd: A, left: Left, panel: &[f32], inner: usize, out: Out) {
    let panel: &[A::Vector] = bytemuck::cast_slice(panel);
    let panel = &panel.as_chunks::<V>().0[..inner];
    let Out { values, stride, rows, cols, add } = out;
    let mut first = 0;
    while first < rows {
        let mut sums = [[simd.splat(0.0); V]; M];
        // The result's lines are on their way while the sums run.
        for i in 0..M.min(rows - first) {
            let out = &values[(first + i) * stride..][..cols];
            (0..cols).step_by(16).for_each(|j| simd.prefetch(&out[j]));
        }
        match left {
            Left::Rows { values: left, stride } => {
                // Rows past the last are the last again, and not stored.
                let row = |i: usize| &left[(first + i).min(rows - 1) * stride..][..inner];
                let lefts: [&[f32]; M] = std::array::from_fn(row);
                let (steps, rest) = panel.as_chunks::<STEPS>();
                for (s, step) in steps.iter().enumerate() {
                    let lefts: [&[f32; STEPS]; M] = std::array::from_fn(|i| &lefts[i].as_chunks().0[s]);
                    for (p, right) in step.iter().enumerate() {
                        for i in 0..M {
                            let a = simd.splat(lefts[i][p]);
                            for v in 0..V {
                                sums[i][v] = simd.multiply_add(a, right[v], sums[i][v]);
                            }
                        }
                    }
                }
                for (p, right) in rest.iter().enumerate() {
                    for i in 0..M {
                        let a = simd.splat(lefts[i][steps.len() * STEPS + p]);
                        for v in 0..V {
                            sums[i][v] = simd.multiply_add(a, right[v], sums[i][v]);
                        }
                    }
                }
            }
            Left::Tiles(left) => {
                let left = &left[first * inner..][..M * inner];
                for (left, right) in left.as_chunks::<M>().0.iter().zip(panel) {
                    for i in 0..M {
                        let a = simd.splat(left[i]);
                        for v in 0..V {
                            sums[i][v] = simd.multiply_add(a, right[v], sums[i][v]);
                        }
                    }
                }
            }
        }
        let whole = V * size_of::<A::Vector>() / size_of::<f32>();
        for (i, sums) in sums.into_iter().enumerate().take(rows - first) {
            let out = &mut values[(first + i) * stride..][..cols];
            if cols == whole {
                let out: &mut [A::Vector] = bytemuck::cast_slice_mut(out);
                for (out, sum) in out.iter_mut().zip(sums) {
                    *out = if add { simd.add(*out, sum) } else { sum };
                }
            } else {
                let sums: &[f32] = bytemuck::cast_slice(&sums);
                for (out, sum) in out.iter_mut().zip(sums) {
                    *out = if add { *out + sum } else { *sum };
                }
            }
        }
        first += M;
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Arithmetic, Bf16, Left, Out, by_vectors};
    use pulp::x86::{V3, V4};
    use pulp::{Simd, WithSimd, f32x8, f32x16};
    use std::arch::x86_64::*;
    use std::mem::transmute;

    /// One call of `multiply_panel`, to be compiled for one kind of processor.
    pub struct Run<'a, S> {
        pub simd: S,
        pub left: Left<'a>,
        pub panel: &'a [f32],
        pub inner: usize,
        pub out: Out<'a>,
    }

    impl WithSimd for Run<'_, V4> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            by_vectors::<_, 8>(self.simd, self.left, self.panel, self.inner, self.out);
        }
    }

    impl WithSimd for Run<'_, V3> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            by_vectors::<_, 6>(self.simd, self.left, self.panel, self.inner, self.out);
        }
    }

    impl Arithmetic for V4 {
        type Vector = f32x16;

        #[inline(always)]
        fn splat(self, word: f32) -> f32x16 {
            self.splat_f32s(word)
        }

        #[inline(always)]
        fn multiply_add(self, a: f32x16, b: f32x16, sum: f32x16) -> f32x16 {
            self.mul_add_f32s(a, b, sum)
        }

        #[inline(always)]
        fn add(self, a: f32x16, b: f32x16) -> f32x16 {
            self.add_f32s(a, b)
        }

        #[inline(always)]
        fn prefetch(self, place: &f32) {
            prefetch(place);
        }
    }

    impl Arithmetic for V3 {
        type Vector = f32x8;

        #[inline(always)]
        fn splat(self, word: f32) -> f32x8 {
            self.splat_f32s(word)
        }

        #[inline(always)]
        fn multiply_add(self, a: f32x8, b: f32x8, sum: f32x8) -> f32x8 {
            self.mul_add_f32s(a, b, sum)
        }

        #[inline(always)]
        fn add(self, a: f32x8, b: f32x8) -> f32x8 {
            self.add_f32s(a, b)
        }

        #[inline(always)]
        fn prefetch(self, place: &f32) {
            prefetch(place);
        }
    }

    #[inline(always)]
    fn prefetch(place: &f32) {
        // SAFETY: a hint about memory, which a reference shows to be there.
        unsafe { _mm_prefetch::<_MM_HINT_ET0>(std::ptr::from_ref(place).cast()) }
    }

    /// Products of pairs of bf16.
    #[derive(Clone, Copy)]
    pub struct Pairs(pub V4, pub Bf16);

    impl Arithmetic for Pairs {
        type Vector = f32x16;

        #[inline(always)]
        fn splat(self, word: f32) -> f32x16 {
            self.0.splat_f32s(word)
        }

        #[inline(always)]
        fn multiply_add(self, a: f32x16, b: f32x16, sum: f32x16) -> f32x16 {
            // SAFETY: `self.1` shows that the instruction is there. All of these types are 64 bytes of any content.
            unsafe {
                let (a, b) = (transmute::<f32x16, __m512bh>(a), transmute::<f32x16, __m512bh>(b));
                transmute(_mm512_dpbf16_ps(transmute::<f32x16, __m512>(sum), a, b))
            }
        }

        #[inline(always)]
        fn add(self, a: f32x16, b: f32x16) -> f32x16 {
            self.0.add_f32s(a, b)
        }

        #[inline(always)]
        fn prefetch(self, place: &f32) {
            prefetch(place);
        }
    }

    impl Bf16 {
        /// Runs `work` compiled for these instructions.
        #[inline(always)]
        pub fn vectorised<R>(self, work: impl FnOnce() -> R) -> R {
            #[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512bf16,avx2,fma,bmi1,bmi2")]
            fn run<R>(work: impl FnOnce() -> R) -> R {
                work()
            }
            // SAFETY: `self` shows that the processor has AVX512-BF16 and AVX-512 as `Isa::Avx512` has it.
            unsafe { run(work) }
        }

        /// Neighbours, each rounded to the nearest bf16 (ties to even), as words: the first of two in its low half.
        #[inline(always)]
        pub fn neighbours(self, x: &[f32; 32]) -> [f32; 16] {
            let [low, high] = bytemuck::cast::<[f32; 32], [[f32; 16]; 2]>(*x);
            // SAFETY: `self` shows that the instruction is there. All of these types are 64 bytes of any content.
            unsafe {
                let (low, high) = (transmute::<[f32; 16], __m512>(low), transmute::<[f32; 16], __m512>(high));
                transmute(_mm512_cvtne2ps_pbh(high, low))
            }
        }

        /// Words of one rounded float of each: of `low` in the low half.
        #[inline(always)]
        pub fn interleave(self, low: &[f32; 16], high: &[f32; 16]) -> [f32; 16] {
            const ORDER: [u16; 32] = order();
            // SAFETY: as for `neighbours`.
            unsafe {
                let (low, high) = (transmute::<[f32; 16], __m512>(*low), transmute::<[f32; 16], __m512>(*high));
                let both = transmute::<__m512bh, __m512i>(_mm512_cvtne2ps_pbh(high, low));
                transmute(_mm512_permutexvar_epi16(transmute::<[u16; 32], __m512i>(ORDER), both))
            }
        }

        /// The same, of eight.
        #[inline(always)]
        pub fn interleave_8(self, low: &[f32; 8], high: &[f32; 8]) -> [f32; 8] {
            const ORDER: [u16; 16] = order();
            // SAFETY: as for `neighbours`, with 32 bytes.
            unsafe {
                let (low, high) = (transmute::<[f32; 8], __m256>(*low), transmute::<[f32; 8], __m256>(*high));
                let both = transmute::<__m256bh, __m256i>(_mm256_cvtne2ps_pbh(high, low));
                transmute(_mm256_permutexvar_epi16(transmute::<[u16; 16], __m256i>(ORDER), both))
            }
        }
    }

    /// The first of each half, then the second of each, and so on.
    const fn order<const N: usize>() -> [u16; N] {
        let mut order = [0; N];
        let mut i = 0;
        while i < N {
            order[i] = (i / 2 + i % 2 * (N / 2)) as u16;
            i += 1;
        }
        order
    }
}

/// Where there are no such instructions, nothing shows that there are.
#[cfg(not(target_arch = "x86_64"))]
#[allow(missing_docs)]
impl Bf16 {
    pub fn vectorised<R>(self, work: impl FnOnce() -> R) -> R {
        work()
    }

    pub fn neighbours(self, _: &[f32; 32]) -> [f32; 16] {
        unreachable!("there is no `Bf16` here")
    }

    pub fn interleave(self, _: &[f32; 16], _: &[f32; 16]) -> [f32; 16] {
        unreachable!("there is no `Bf16` here")
    }

    pub fn interleave_8(self, _: &[f32; 8], _: &[f32; 8]) -> [f32; 8] {
        unreachable!("there is no `Bf16` here")
    }
}
