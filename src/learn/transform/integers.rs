//! Whole numbers as bytes, small ones as one: what the entropy coders are given.
//!
//! Zero, -1, 1, -2, 2, … become 0, 1, 2, 3, 4, … (as in Protocol Buffers); up to 254 that is the byte, else 255 and
//! what is beyond, seven bits at a time, the lowest first.

use super::huffman::{put_number, take_number};
use crate::{Error, Result};

const NAME: &str = "integers";
const ESCAPE: u64 = 255;

/// Whole numbers as bytes: one for each from -127 to 127, a few more for others.
///
/// ```
/// use mynah::learn::transform::{bytes_to_integers, integers_to_bytes};
/// let bytes = integers_to_bytes(&[0, -1, 1, 1000]);
/// assert_eq!(bytes, [0, 1, 2, 255, 209, 13]);
/// assert_eq!(bytes_to_integers(&bytes).unwrap(), [0, -1, 1, 1000]);
/// ```
pub fn integers_to_bytes(numbers: &[i64]) -> Vec<u8> {
    let mut out = Vec::with_capacity(numbers.len());
    for &n in numbers {
        let folded = (n << 1 ^ n >> 63) as u64;
        if folded < ESCAPE {
            out.push(folded as u8);
        } else {
            out.push(ESCAPE as u8);
            put_number(&mut out, folded - ESCAPE);
        }
    }
    out
}

/// The whole numbers that [`integers_to_bytes`] was given.
///
/// # Errors
/// When the bytes are not from there, or are cut off within a number.
pub fn bytes_to_integers(bytes: &[u8]) -> Result<Vec<i64>> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        let mut folded = u64::from(first);
        if folded == ESCAPE {
            let beyond = take_number(NAME, &mut rest)?;
            let whole = beyond.checked_add(ESCAPE);
            folded = whole.ok_or_else(|| Error::value(format!("{NAME}: damaged or cut off")))?;
        }
        out.push((folded >> 1) as i64 ^ -((folded & 1) as i64));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    #[test]
    fn numbers_come_back() {
        let mut numbers: Vec<i64> = (-400..400).collect();
        numbers.extend((0..61).flat_map(|k| [1i64 << k, -(1i64 << k), (1i64 << k) - 1]));
        let bytes = integers_to_bytes(&numbers);
        assert_eq!(bytes_to_integers(&bytes).unwrap(), numbers);
        assert_eq!(integers_to_bytes(&(-127..=127).collect::<Vec<_>>()).len(), 255);
        assert!(bytes_to_integers(&[]).unwrap().is_empty());
    }

    #[test]
    fn damage_is_told_or_gives_other_numbers() {
        for cut in [&[255][..], &[255, 128], &[1, 255, 200, 200]] {
            assert_eq!(bytes_to_integers(cut).unwrap_err().to_string(), "integers: damaged or cut off");
        }
        let mut rng = Rng::new(4);
        for _ in 0..3000 {
            let noise: Vec<u8> = (0..rng.below(40)).map(|_| rng.next_u64() as u8 | 128).collect();
            let _ = bytes_to_integers(&noise);
        }
    }
}
