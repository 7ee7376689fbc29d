//! One weight of a model as a file holds it, read when it is asked for.

use super::bytes::Part;
use super::quant::{self, BLOCK, Kind};
use crate::{Error, Result};

/// Numbers with a shape, row by row; matrices are [out, in]. Cloning shares the bytes.
#[derive(Clone)]
pub struct Weight {
    shape: Vec<usize>,
    stored: Stored,
}

#[derive(Clone)]
enum Stored {
    /// Whole blocks, row by row.
    Blocks(Kind, Part),
    /// i8 for each number, then one f32 scale for every `group` of them (llama2.c v2, Nano).
    Groups { group: usize, quants: Part, scales: Part },
}

/// Rows and columns of a shape; a vector is one row.
fn rows_and_cols(shape: &[usize]) -> Option<(usize, usize)> {
    let cols = *shape.last()?;
    let rows = shape[..shape.len() - 1].iter().try_fold(1usize, |n, s| n.checked_mul(*s))?;
    Some((rows, cols))
}

impl Weight {
    /// Numbers in single precision.
    pub fn f32(shape: &[usize], numbers: &[f32]) -> Self {
        let bytes = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
        Self { shape: shape.to_vec(), stored: Stored::Blocks(Kind::F32, Part::owned(bytes)) }
    }

    /// Blocks of `kind`, row by row.
    ///
    /// # Errors
    /// If the bytes are not those of the shape.
    pub fn blocks(shape: &[usize], kind: Kind, part: Part) -> Result<Self> {
        let expected = rows_and_cols(shape).and_then(|(rows, cols)| kind.bytes(rows, cols));
        if expected != Some(part.all().len()) {
            return Err(Error::value(format!("{} bytes are no {kind:?} of shape {shape:?}", part.all().len())));
        }
        Ok(Self { shape: shape.to_vec(), stored: Stored::Blocks(kind, part) })
    }

    /// i8 numbers in groups with f32 scales.
    ///
    /// # Errors
    /// If the bytes are not those of the shape.
    pub fn groups(shape: &[usize], group: usize, quants: Part, scales: Part) -> Result<Self> {
        let len = quants.all().len();
        let fits = rows_and_cols(shape).and_then(|(r, c)| r.checked_mul(c)) == Some(len)
            && group > 0
            && len.is_multiple_of(group)
            && scales.all().len() == len / group * 4;
        if !fits {
            return Err(Error::value(format!("{len} bytes in groups of {group} are not of shape {shape:?}")));
        }
        Ok(Self { shape: shape.to_vec(), stored: Stored::Groups { group, quants, scales } })
    }

    /// Its sizes; a matrix is [out, in].
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn cols(&self) -> usize {
        self.shape.last().copied().unwrap_or(1)
    }

    /// How it is stored; nothing for groups with f32 scales.
    pub fn kind(&self) -> Option<Kind> {
        match &self.stored {
            Stored::Blocks(kind, _) => Some(*kind),
            Stored::Groups { .. } => None,
        }
    }

    /// The raw blocks with their kind: Q8_0 is an f16 scale and 32 × i8, Q4_0 an f16 scale and 16 bytes, row by row.
    /// Nothing for groups with f32 scales.
    pub fn raw(&self) -> Option<(Kind, &Part)> {
        match &self.stored {
            Stored::Blocks(kind, part) => Some((*kind, part)),
            Stored::Groups { .. } => None,
        }
    }

    /// The i8 numbers, the scales (f32, little-endian) and the size of a group, if it is stored so.
    pub fn raw_groups(&self) -> Option<(&[i8], &[u8], usize)> {
        match &self.stored {
            Stored::Blocks(..) => None,
            Stored::Groups { group, quants, scales } => {
                Some((bytemuck::cast_slice(quants.all()), scales.all(), *group))
            }
        }
    }

    /// All its numbers in single precision.
    pub fn to_f32(&self) -> Vec<f32> {
        let mut out = vec![0.0; self.len()];
        match &self.stored {
            Stored::Blocks(kind, part) => quant::dequantize(*kind, part.all(), &mut out),
            Stored::Groups { group, quants, scales } => {
                let scales = scales.all().as_chunks::<4>().0.iter().map(|s| f32::from_le_bytes(*s));
                for ((out, quants), scale) in out.chunks_mut(*group).zip(quants.all().chunks(*group)).zip(scales) {
                    for (out, q) in out.iter_mut().zip(quants) {
                        *out = scale * f32::from(*q as i8);
                    }
                }
            }
        }
        out
    }

    /// Whether `kind` can hold it: its rows must be whole blocks.
    pub fn fits(&self, kind: Kind) -> bool {
        self.cols().is_multiple_of(kind.block().0)
    }

    /// Its bytes as `kind` stores them; those that are of this kind already stay bit for bit.
    ///
    /// # Errors
    /// If the rows are no whole blocks, or a number does not fit the kind.
    pub fn to_bytes(&self, kind: Kind) -> Result<std::borrow::Cow<'_, [u8]>> {
        match &self.stored {
            Stored::Blocks(own, part) if *own == kind => Ok(part.all().into()),
            _ if !self.fits(kind) => {
                let why = format!("rows of {} numbers are no whole blocks of {BLOCK}", self.cols());
                Err(Error::value(why))
            }
            _ => quant::quantize(kind, &self.to_f32()).map(Into::into),
        }
    }

    /// The same with rows (or, of a vector, numbers) in the order `from`: row `i` is the old row `from(i)`, in 0..rows.
    pub fn reordered(&self, from: impl Fn(usize) -> usize) -> Self {
        let vector = self.shape.len() == 1;
        let rows = if vector { self.cols() } else { self.shape[0] };
        let moved = |part: &Part| {
            let size = part.all().len() / rows.max(1);
            Part::owned((0..rows).flat_map(|i| &part.all()[from(i) * size..][..size]).copied().collect())
        };
        match &self.stored {
            Stored::Blocks(kind, part) if !vector || kind.block().0 == 1 => {
                Self { shape: self.shape.clone(), stored: Stored::Blocks(*kind, moved(part)) }
            }
            Stored::Groups { group, quants, scales } if !vector && self.cols().is_multiple_of(*group) => {
                let stored = Stored::Groups { group: *group, quants: moved(quants), scales: moved(scales) };
                Self { shape: self.shape.clone(), stored }
            }
            _ => {
                let (numbers, size) = (self.to_f32(), if vector { 1 } else { self.cols() });
                let moved: Vec<f32> = (0..rows).flat_map(|i| &numbers[from(i) * size..][..size]).copied().collect();
                Self::f32(&self.shape, &moved)
            }
        }
    }
}
