//! Vector quantisation: every pixel (a palette) or patch of a picture becomes the number of the nearest of a few.
//!
//! Linde, Buzo & Gray (1980); the few are found by k-means.

use crate::data::Rng;
use crate::error::ensure_setting;
use crate::learn::Samples;
use crate::learn::cluster::{Panels, lloyd, plus_plus, usable, usable_width};
use crate::{Error, Result};

const NAME: &str = "codebook";

/// A few vectors that stand for many.
#[derive(Clone, Debug, PartialEq)]
pub struct Codebook {
    entries: Samples,
}

impl Codebook {
    /// The best `entries` vectors (at most as many as samples) for these samples, by at most `steps` steps of k-means.
    ///
    /// # Errors
    /// When there are no samples, one is not finite, or `entries` is 0.
    pub fn learn(x: &Samples, entries: usize, steps: usize, seed: u64) -> Result<Self> {
        usable(NAME, x)?;
        ensure_setting(entries >= 1, NAME, "entries", "at least 1", entries)?;
        let d = x.columns();
        let centres = plus_plus(x.values(), d, entries.min(x.rows()), &mut Rng::new(seed))?;
        let run = lloyd(x.values(), d, centres, steps, 0.0)?;
        Ok(Self { entries: Samples::new(entries.min(x.rows()), d, run.centres)? })
    }

    /// A codebook of given vectors.
    ///
    /// # Errors
    /// When there are none or one is not finite.
    pub fn new(entries: Samples) -> Result<Self> {
        usable(NAME, &entries)?;
        Ok(Self { entries })
    }

    /// The vectors.
    pub fn entries(&self) -> &Samples {
        &self.entries
    }

    /// For each sample the place (from 0) of the nearest vector.
    ///
    /// # Errors
    /// When the samples have another width or one is not finite.
    pub fn encode(&self, x: &Samples) -> Result<Vec<u32>> {
        usable_width(NAME, x, self.entries.columns())?;
        let found = Panels::new(self.entries.values(), self.entries.columns()).nearest(x.values())?;
        Ok(found.iter().map(|f| f.centre).collect())
    }

    /// The vectors at these places (from 0).
    ///
    /// # Errors
    /// When there is no such vector.
    pub fn decode(&self, places: &[u32]) -> Result<Samples> {
        let n = self.entries.rows();
        if let Some(bad) = places.iter().find(|&&p| p as usize >= n) {
            return Err(Error::value(format!("{NAME}: there is no vector {bad}; it has {n}, counted from 0")));
        }
        let places: Vec<usize> = places.iter().map(|&p| p as usize).collect();
        Ok(self.entries.select(&places))
    }
}

/// The squares of `side` pixels that a picture is made of, row by row, each a sample of `side * side * channels`
/// numbers; at the right and lower edge the last pixels are repeated. `picture` is `[height, width * channels]`.
///
/// # Errors
/// When `side` or `channels` is 0 or the picture's width is no multiple of `channels`.
pub fn patches(picture: &Samples, channels: usize, side: usize) -> Result<Samples> {
    let (height, width) = picture_size("patches", picture, channels, side)?;
    let mut out = Vec::new();
    for top in (0..height).step_by(side) {
        for left in (0..width).step_by(side) {
            for y in top..top + side {
                for x in left..left + side {
                    let at = x.min(width - 1) * channels;
                    out.extend_from_slice(&picture.row(y.min(height - 1))[at..at + channels]);
                }
            }
        }
    }
    Samples::new(height.div_ceil(side) * width.div_ceil(side), side * side * channels, out)
}

fn picture_size(what: &str, picture: &Samples, channels: usize, side: usize) -> Result<(usize, usize)> {
    ensure_setting(channels >= 1, what, "channels", "at least 1", channels)?;
    let (height, width) = (picture.rows(), picture.columns() / channels);
    if picture.values().is_empty() || !picture.columns().is_multiple_of(channels) {
        let why = format!("[{height}, {}] is no picture of {channels} channels", picture.columns());
        return Err(Error::shape(what, why));
    }
    ensure_setting((1..=4096).contains(&side), what, "side", "in [1, 4096]", side)?;
    Ok((height, width))
}

/// The picture of `height` and `width` pixels made of these squares: undoes [`patches`].
///
/// # Errors
/// When the squares are not as many or not as large as the picture needs.
pub fn from_patches(squares: &Samples, height: usize, width: usize, channels: usize, side: usize) -> Result<Samples> {
    let across = if side > 0 { width.div_ceil(side) } else { 0 };
    let wanted = side.checked_mul(side).and_then(|s| s.checked_mul(channels));
    let count = if side > 0 { height.div_ceil(side).checked_mul(across) } else { None };
    let empty = height == 0 || width == 0 || channels == 0 || side == 0;
    if empty || count != Some(squares.rows()) || wanted != Some(squares.columns()) {
        let why = format!(
            "{} squares of {} numbers do not make {height} x {width} pixels of {channels} channels in squares of {side}",
            squares.rows(),
            squares.columns()
        );
        return Err(Error::shape("from_patches", why));
    }
    let mut out = Vec::with_capacity(height * width * channels);
    for y in 0..height {
        for x in 0..width {
            let square = squares.row(y / side * across + x / side);
            let at = (y % side * side + x % side) * channels;
            out.extend_from_slice(&square[at..at + channels]);
        }
    }
    Samples::new(height, width * channels, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_of_three_colours_needs_a_palette_of_three() {
        let colours = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.5], [0.2, 0.9, 0.1]];
        let x = Samples::new(30, 3, (0..30).flat_map(|i| colours[i * i % 3]).collect()).unwrap();
        let book = Codebook::learn(&x, 3, 100, 1).unwrap();
        let codes = book.encode(&x).unwrap();
        assert_eq!(book.decode(&codes).unwrap(), x.clone());
        assert!(book.decode(&[3]).is_err());
        assert_eq!(Codebook::learn(&x.select(&[0, 1]), 5, 10, 1).unwrap().entries().rows(), 2);
    }

    #[test]
    fn patches_make_the_picture_again() {
        for (height, width, channels, side) in [(1, 1, 1, 1), (5, 7, 3, 4), (8, 8, 1, 2), (3, 10, 2, 5)] {
            let values: Vec<f64> = (0..height * width * channels).map(|v| v as f64).collect();
            let picture = Samples::new(height, width * channels, values).unwrap();
            let squares = patches(&picture, channels, side).unwrap();
            assert_eq!(from_patches(&squares, height, width, channels, side).unwrap(), picture);
            assert!(from_patches(&squares, height + side, width, channels, side).is_err());
        }
        assert!(patches(&Samples::default(), 1, 1).is_err());
        let picture = Samples::new(1, 4, vec![0.0; 4]).unwrap();
        assert!(patches(&picture, 3, 2).is_err() && patches(&picture, 1, 0).is_err());
        assert!(from_patches(&picture, 1, usize::MAX, 4, 1).is_err());
    }
}
