//! A weight matrix as generation reads it: f32, or 8 or 4 bits a weight with one scale for 32 of a row.
//!
//! The quantised values are those of GGUF's Q8_0 and Q4_0 (ggml, Gerganov 2022): a block of 32 neighbours of a row is
//! `scale · q` with `q` in -127..=127, or `scale · (q − 8)` with `q` in 0..=15; the scale is an f16. In memory sixteen
//! rows form a panel, so that one vector register holds the same four columns of each of them:
//!
//! - q8 quants `[panel][block][8][16 rows][4 columns]`, each byte `q + 128`; columns count on within the block;
//! - q4 quants `[panel][block][4][16 rows][4 columns]`, column `c` of the block in the low half of a byte, `c + 16` in
//!   the high half;
//! - scales `[panel][block][16 rows]`.
//!
//! Rows that fill up the last panel have the scale 0, columns that fill up the last block the value 0.

use crate::{Error, Result};
use bytemuck::Pod;
use half::f16;
use memmap2::MmapMut;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Deref;
use std::sync::Arc;

/// Rows of a panel.
pub const ROWS: usize = 16;

/// Columns that share a scale.
pub const BLOCK: usize = 32;

/// How finely weights are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Quantization {
    /// 8 bits a weight and an f16 scale for 32: 8.5 bits; the error is at most half a step, 1/254 of the block's largest.
    Q8,
    /// 4 bits a weight and an f16 scale for 32: 4.5 bits.
    Q4,
}

/// Bytes that somebody keeps alive, such as a memory-mapped file; they must not change.
pub type SharedBytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// Numbers that are owned, or lie in shared bytes (little-endian).
#[derive(Clone)]
pub struct Storage<T>(Kept<T>);

#[derive(Clone)]
enum Kept<T> {
    Owned(Vec<T>),
    Shared { bytes: SharedBytes, from: usize, len: usize }, // in bytes
}

impl<T: Pod> Storage<T> {
    /// `len` numbers that begin at byte `from`.
    ///
    /// # Errors
    /// If they are not all there, or not aligned for their type.
    pub fn shared(bytes: SharedBytes, from: usize, len: usize) -> Result<Self> {
        let size = len.checked_mul(size_of::<T>());
        let part = size.and_then(|size| from.checked_add(size)).and_then(|to| (*bytes).as_ref().get(from..to));
        let part = part.ok_or_else(|| Error::value("engine: weights lie outside the file"))?;
        if bytemuck::try_cast_slice::<u8, T>(part).is_err() {
            return Err(Error::value(format!("engine: weights at byte {from} of the file are not aligned")));
        }
        let len = part.len();
        Ok(Self(Kept::Shared { bytes, from, len }))
    }
}

impl<T: Pod> Storage<T> {
    /// Moves owned numbers to the arena; until it is sealed, they are in `nowhere`.
    fn move_to(&mut self, arena: &mut Arena) {
        if let Kept::Owned(numbers) = &self.0 {
            let bytes: &[u8] = bytemuck::cast_slice(numbers);
            let from = arena.used;
            arena.map[from..from + bytes.len()].copy_from_slice(bytes);
            arena.used = from + bytes.len().next_multiple_of(ALIGN);
            self.0 = Kept::Shared { bytes: arena.nowhere.clone(), from, len: bytes.len() };
        }
    }

    fn settle(&mut self, nowhere: &SharedBytes, sealed: &SharedBytes) {
        if let Kept::Shared { bytes, .. } = &mut self.0
            && Arc::ptr_eq(bytes, nowhere)
        {
            *bytes = sealed.clone();
        }
    }

    /// Bytes that moving it to an arena takes there.
    fn moved_bytes(&self) -> usize {
        match &self.0 {
            Kept::Owned(numbers) => size_of_val(&numbers[..]).next_multiple_of(ALIGN),
            Kept::Shared { .. } => 0,
        }
    }
}

/// Where storages begin in an arena: a cache line.
const ALIGN: usize = 64;

/// The size of a large page.
const LARGE_PAGE: usize = 2 << 20;

/// One stretch of memory in large pages for all the weights of an engine. Streaming through it, as every token does,
/// is twice as fast as through pages of 4 kB, for which the processor looks up an address each.
struct Arena {
    map: MmapMut,
    used: usize,
    nowhere: SharedBytes,
}

/// Moves the numbers that matrices own to large pages, one after the other; where there are none, all stays.
pub fn to_large_pages(matrices: &mut [&mut Matrix]) {
    let total: usize = matrices.iter().map(|m| m.moved_bytes()).sum();
    if total < LARGE_PAGE {
        return;
    }
    let Ok(map) = MmapMut::map_anon(total + LARGE_PAGE) else { return };
    #[cfg(target_os = "linux")]
    if map.advise(memmap2::Advice::HugePage).is_err() {
        return;
    }
    let used = map.as_ptr().align_offset(LARGE_PAGE).min(LARGE_PAGE);
    let nowhere: SharedBytes = Arc::new(Vec::<u8>::new());
    let mut arena = Arena { map, used, nowhere };
    for matrix in &mut *matrices {
        match &mut matrix.weights {
            Weights::F32(numbers) => numbers.move_to(&mut arena),
            Weights::Q8 { quants, scales } | Weights::Q4 { quants, scales } => {
                quants.move_to(&mut arena);
                scales.move_to(&mut arena);
            }
        }
    }
    let Arena { map, nowhere, .. } = arena;
    let sealed: SharedBytes = Arc::new(map);
    for matrix in matrices {
        match &mut matrix.weights {
            Weights::F32(numbers) => numbers.settle(&nowhere, &sealed),
            Weights::Q8 { quants, scales } | Weights::Q4 { quants, scales } => {
                quants.settle(&nowhere, &sealed);
                scales.settle(&nowhere, &sealed);
            }
        }
    }
}

impl<T> From<Vec<T>> for Storage<T> {
    fn from(numbers: Vec<T>) -> Self {
        Self(Kept::Owned(numbers))
    }
}

impl<T: Pod> Deref for Storage<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match &self.0 {
            Kept::Owned(numbers) => numbers,
            Kept::Shared { bytes, from, len } => {
                let part = (**bytes).as_ref().get(*from..from + len).unwrap_or_default();
                bytemuck::try_cast_slice(part).unwrap_or_default()
            }
        }
    }
}

/// A matrix [rows, cols]; a product with it gives one output for each row.
#[derive(Clone)]
pub struct Matrix {
    rows: usize,
    cols: usize,
    pub(super) weights: Weights,
}

#[derive(Clone)]
pub(super) enum Weights {
    F32(Storage<f32>), // [rows, cols]
    Q8 { quants: Storage<u8>, scales: Storage<u16> },
    Q4 { quants: Storage<u8>, scales: Storage<u16> },
}

impl Matrix {
    /// A matrix of f32, row by row.
    ///
    /// # Errors
    /// If there are not rows · cols numbers.
    pub fn f32(rows: usize, cols: usize, numbers: impl Into<Storage<f32>>) -> Result<Self> {
        let numbers = numbers.into();
        ensure_len("f32", rows, cols, rows.checked_mul(cols), numbers.len())?;
        Ok(Self { rows, cols, weights: Weights::F32(numbers) })
    }

    /// A matrix from the blocks of GGUF's Q8_0 (34 bytes: f16 scale, 32 × i8) or Q4_0 (18 bytes: f16 scale, 16 bytes),
    /// row by row.
    ///
    /// # Errors
    /// If the bytes are not those of so many blocks.
    pub fn from_blocks(kind: Quantization, rows: usize, cols: usize, bytes: &[u8]) -> Result<Self> {
        let (size, per_row) = (kind.bytes() + 2, cols.div_ceil(BLOCK));
        let expected = rows.checked_mul(per_row).and_then(|n| n.checked_mul(size));
        ensure_len(kind.name(), rows, cols, expected, bytes.len())?;
        let mut packer = Packer::new(kind, rows, cols);
        for (i, block) in bytes.chunks_exact(size).enumerate() {
            let (scale, quants) = block.split_at(2);
            packer.put(i / per_row, i % per_row, u16::from_le_bytes([scale[0], scale[1]]), quants);
        }
        Ok(packer.matrix())
    }

    /// A matrix from panels as this module lays them out, such as a memory-mapped file of Mynah.
    ///
    /// # Errors
    /// If the sizes do not fit.
    pub fn from_panels(
        kind: Quantization,
        rows: usize,
        cols: usize,
        quants: Storage<u8>,
        scales: Storage<u16>,
    ) -> Result<Self> {
        let blocks = rows.div_ceil(ROWS).checked_mul(cols.div_ceil(BLOCK)).and_then(|n| n.checked_mul(ROWS));
        ensure_len(kind.name(), rows, cols, blocks, scales.len())?;
        ensure_len(kind.name(), rows, cols, blocks.and_then(|n| n.checked_mul(kind.bytes())), quants.len())?;
        let weights = match kind {
            Quantization::Q8 => Weights::Q8 { quants, scales },
            Quantization::Q4 => Weights::Q4 { quants, scales },
        };
        Ok(Self { rows, cols, weights })
    }

    /// The quants and scales of a quantised matrix, in panels.
    pub fn panels(&self) -> Option<(Quantization, &[u8], &[u16])> {
        match &self.weights {
            Weights::F32(_) => None,
            Weights::Q8 { quants, scales } => Some((Quantization::Q8, quants, scales)),
            Weights::Q4 { quants, scales } => Some((Quantization::Q4, quants, scales)),
        }
    }

    /// The same, rounded to `kind`; one that is of this kind already stays bit for bit.
    pub fn quantized(&self, kind: Quantization) -> Self {
        if self.quantization() == Some(kind) {
            return self.clone();
        }
        let mut packer = Packer::new(kind, self.rows, self.cols);
        let mut row = vec![0.0; self.cols.next_multiple_of(BLOCK)];
        let mut quants = vec![0; kind.bytes()];
        for r in 0..self.rows {
            self.row(r, &mut row[..self.cols]);
            for (b, block) in row.chunks_exact(BLOCK).enumerate() {
                let scale = kind.quantize(block, &mut quants);
                packer.put(r, b, scale.to_bits(), &quants);
            }
        }
        packer.matrix()
    }

    /// The blocks of a quantised matrix as GGUF stores them; see [`from_blocks`](Self::from_blocks).
    pub fn to_blocks(&self) -> Option<Vec<u8>> {
        let (kind, quants, scales) = self.panels()?;
        let per_row = self.cols.div_ceil(BLOCK);
        let mut out = Vec::with_capacity(self.rows * per_row * (kind.bytes() + 2));
        for r in 0..self.rows {
            for b in 0..per_row {
                let (block, lane) = ((r / ROWS) * per_row + b, r % ROWS);
                out.extend(scales[block * ROWS + lane].to_le_bytes());
                for k in 0..kind.bytes() / 4 {
                    let at = block * ROWS * kind.bytes() + (k * ROWS + lane) * 4;
                    out.extend(quants[at..at + 4].iter().map(|q| q ^ kind.flip()));
                }
            }
        }
        Some(out)
    }

    /// How it is quantised, if it is.
    pub fn quantization(&self) -> Option<Quantization> {
        self.panels().map(|(kind, ..)| kind)
    }

    /// How many rows and columns it has.
    pub fn shape(&self) -> [usize; 2] {
        [self.rows, self.cols]
    }

    /// How many bytes its numbers take.
    pub fn bytes(&self) -> usize {
        match &self.weights {
            Weights::F32(numbers) => numbers.len() * 4,
            Weights::Q8 { quants, scales } | Weights::Q4 { quants, scales } => quants.len() + scales.len() * 2,
        }
    }

    fn moved_bytes(&self) -> usize {
        match &self.weights {
            Weights::F32(numbers) => numbers.moved_bytes(),
            Weights::Q8 { quants, scales } | Weights::Q4 { quants, scales } => {
                quants.moved_bytes() + scales.moved_bytes()
            }
        }
    }

    /// Writes row `r` to `out` [cols].
    pub fn row(&self, r: usize, out: &mut [f32]) {
        let per_row = self.cols.div_ceil(BLOCK);
        let (panel, lane) = (r / ROWS, r % ROWS);
        match &self.weights {
            Weights::F32(numbers) => out.copy_from_slice(&numbers[r * self.cols..][..self.cols]),
            Weights::Q8 { quants, scales } => {
                for (b, out) in out.chunks_mut(BLOCK).enumerate() {
                    let block = panel * per_row + b;
                    let scale = f16::from_bits(scales[block * ROWS + lane]).to_f32();
                    for (c, out) in out.iter_mut().enumerate() {
                        let q = quants[block * 512 + ((c / 4) * ROWS + lane) * 4 + c % 4];
                        *out = scale * (i32::from(q) - 128) as f32;
                    }
                }
            }
            Weights::Q4 { quants, scales } => {
                for (b, out) in out.chunks_mut(BLOCK).enumerate() {
                    let block = panel * per_row + b;
                    let scale = f16::from_bits(scales[block * ROWS + lane]).to_f32();
                    for (c, out) in out.iter_mut().enumerate() {
                        let pair = quants[block * 256 + ((c % 16 / 4) * ROWS + lane) * 4 + c % 4];
                        let q = if c < 16 { pair & 15 } else { pair >> 4 };
                        *out = scale * (i32::from(q) - 8) as f32;
                    }
                }
            }
        }
    }

    /// All its numbers, row by row.
    pub fn to_f32(&self) -> Vec<f32> {
        let mut out = vec![0.0; self.rows * self.cols];
        for (r, out) in out.chunks_exact_mut(self.cols.max(1)).enumerate() {
            self.row(r, out);
        }
        out
    }
}

fn ensure_len(kind: &str, rows: usize, cols: usize, expected: Option<usize>, got: usize) -> Result<()> {
    if expected == Some(got) {
        return Ok(());
    }
    Err(Error::shape("engine", format!("{got} numbers or bytes are not a {kind} matrix [{rows}, {cols}]")))
}

/// Fills panels from rows of blocks.
struct Packer {
    kind: Quantization,
    rows: usize,
    cols: usize,
    quants: Vec<u8>,
    scales: Vec<u16>,
}

impl Packer {
    fn new(kind: Quantization, rows: usize, cols: usize) -> Self {
        let blocks = rows.div_ceil(ROWS) * cols.div_ceil(BLOCK) * ROWS;
        let zero = if kind == Quantization::Q8 { 0x80 } else { 0x88 };
        Self { kind, rows, cols, quants: vec![zero; blocks * kind.bytes()], scales: vec![0; blocks] }
    }

    /// Puts the block `b` of row `r` in its place.
    fn put(&mut self, r: usize, b: usize, scale: u16, quants: &[u8]) {
        let (block, lane) = ((r / ROWS) * self.cols.div_ceil(BLOCK) + b, r % ROWS);
        self.scales[block * ROWS + lane] = scale;
        let panel = &mut self.quants[block * ROWS * self.kind.bytes()..][..ROWS * self.kind.bytes()];
        for (k, four) in quants.as_chunks::<4>().0.iter().enumerate() {
            panel[(k * ROWS + lane) * 4..][..4].copy_from_slice(&four.map(|q| q ^ self.kind.flip()));
        }
    }

    fn matrix(self) -> Matrix {
        let (quants, scales) = (self.quants.into(), self.scales.into());
        let weights = match self.kind {
            Quantization::Q8 => Weights::Q8 { quants, scales },
            Quantization::Q4 => Weights::Q4 { quants, scales },
        };
        Matrix { rows: self.rows, cols: self.cols, weights }
    }
}

impl Quantization {
    /// `q8` or `q4`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Q8 => "q8",
            Self::Q4 => "q4",
        }
    }

    /// Bytes of a block's quants.
    fn bytes(self) -> usize {
        match self {
            Self::Q8 => 32,
            Self::Q4 => 16,
        }
    }

    /// What turns a byte of a file's block into one of a panel.
    fn flip(self) -> u8 {
        match self {
            Self::Q8 => 0x80,
            Self::Q4 => 0,
        }
    }

    /// Rounds a block; gives its scale. Numbers that are not finite give a scale that is not.
    fn quantize(self, block: &[f32], out: &mut [u8]) -> f16 {
        let largest = block.iter().fold(0.0f32, |a, b| if b.abs() > a.abs() || b.is_nan() { *b } else { a });
        if !largest.is_finite() {
            return f16::NAN;
        }
        match self {
            Self::Q8 => {
                let scale = not_below(largest.abs() / 127.0);
                let step = scale.to_f32();
                for (out, x) in out.iter_mut().zip(block) {
                    let q = if step > 0.0 { (x / step).round_ties_even().clamp(-127.0, 127.0) } else { 0.0 };
                    *out = q as i8 as u8;
                }
                scale
            }
            Self::Q4 => {
                // The largest takes the value -8, of which there is no positive twin.
                let scale = f16::from_f32(largest / -8.0);
                let step = scale.to_f32();
                let q =
                    |x: f32| if step == 0.0 { 8 } else { (x / step + 8.0).round_ties_even().clamp(0.0, 15.0) as u8 };
                for (i, out) in out.iter_mut().enumerate() {
                    *out = q(block[i]) | q(block[i + 16]) << 4;
                }
                scale
            }
        }
    }
}

/// The nearest f16 that is at least `x` ≥ 0, so that no quotient by it leaves the range.
fn not_below(x: f32) -> f16 {
    let near = f16::from_f32(x);
    if near.to_f32() < x { f16::from_bits(near.to_bits() + 1) } else { near }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    fn random(rows: usize, cols: usize) -> Matrix {
        let mut rng = Rng::new(4);
        let numbers: Vec<f32> = (0..rows * cols).map(|i| (rng.normal() * (1.0 + i as f64 % 7.0)) as f32).collect();
        Matrix::f32(rows, cols, numbers).unwrap()
    }

    #[test]
    fn no_weight_is_off_by_more_than_half_a_step() {
        let exact = random(19, 70);
        for (kind, levels) in [(Quantization::Q8, 127.0), (Quantization::Q4, 8.0)] {
            let rough = exact.quantized(kind);
            assert_eq!(rough.shape(), [19, 70]);
            for (a, b) in exact.to_f32().chunks(70).zip(rough.to_f32().chunks(70)) {
                for (a, b) in a.chunks(BLOCK).zip(b.chunks(BLOCK)) {
                    let step = a.iter().fold(0f32, |m, x| m.max(x.abs())) / levels * 1.001;
                    // In 4 bits the far end of the other sign is cut off by up to a whole step.
                    let most = if kind == Quantization::Q8 { 0.5 } else { 1.0 };
                    assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() <= most * step), "{kind:?}");
                }
            }
        }
    }

    #[test]
    fn blocks_and_panels_hold_the_same() {
        for kind in [Quantization::Q8, Quantization::Q4] {
            let matrix = random(21, 64).quantized(kind);
            let again = Matrix::from_blocks(kind, 21, 64, &matrix.to_blocks().unwrap()).unwrap();
            assert_eq!(again.panels(), matrix.panels());
            let (_, quants, scales) = matrix.panels().unwrap();
            let bytes: SharedBytes = Arc::new(bytemuck::cast_slice::<u16, u8>(scales).to_vec());
            let scales = Storage::shared(bytes, 0, scales.len()).unwrap();
            let mapped = Matrix::from_panels(kind, 21, 64, quants.to_vec().into(), scales).unwrap();
            assert_eq!(mapped.to_f32(), matrix.to_f32());
        }
        // One Q8_0 block by hand: scale 0.5, quants -3, 2 and zeros.
        let mut block = vec![0u8; 34];
        block[..4].copy_from_slice(&[0x00, 0x38, 253, 2]);
        let by_hand = Matrix::from_blocks(Quantization::Q8, 1, 32, &block).unwrap().to_f32();
        assert_eq!(by_hand[..3], [-1.5, 1.0, 0.0]);
        // One Q4_0 block: scale 1, element 0 is 15 − 8, element 16 is 1 − 8.
        let mut block = vec![0x88u8; 18];
        block[..3].copy_from_slice(&[0x00, 0x3c, 0x1f]);
        let by_hand = Matrix::from_blocks(Quantization::Q4, 1, 32, &block).unwrap().to_f32();
        assert_eq!((by_hand[0], by_hand[1], by_hand[16]), (7.0, 0.0, -7.0));
    }

    #[test]
    fn sizes_that_do_not_fit_are_refused() {
        let message = Matrix::f32(2, 3, vec![0.0; 5]).err().unwrap().to_string();
        assert_eq!(message, "engine: 5 numbers or bytes are not a f32 matrix [2, 3]");
        assert!(Matrix::f32(usize::MAX, 3, vec![0.0; 5]).is_err());
        assert!(Matrix::from_blocks(Quantization::Q8, 1, 32, &[0; 33]).is_err());
        let bytes: SharedBytes = Arc::new(vec![0u8; 64]);
        assert!(Storage::<f32>::shared(bytes.clone(), 60, 2).is_err());
        assert!(Storage::<f32>::shared(bytes.clone(), usize::MAX, usize::MAX).is_err());
        assert!(Storage::<f32>::shared(bytes, 1, 2).is_err() || !cfg!(target_arch = "x86_64"));
    }
}
