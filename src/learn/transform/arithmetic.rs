//! Arithmetic coding: a text becomes one number, and every byte takes just as many bits as it is surprising.
//!
//! Witten, Neal & Cleary (1987), "Arithmetic coding for data compression", with a model that counts what it has seen
//! and halves its counts now and then, so that it follows change. The result: the number of bytes (seven bits at a
//! time, the lowest first), then the bits.

use super::huffman::{put_number, take_number};
use crate::{Error, Result, stop};

const NAME: &str = "arithmetic";

/// The interval's ends have 32 bits.
const HALF: u64 = 1 << 31;
const QUARTER: u64 = 1 << 30;
const TOP: u64 = (1 << 32) - 1;

/// What a byte seen adds to its count, and where all counts are halved.
const MORE: u32 = 24;
const FULL: u32 = 1 << 16;

/// Counts of the bytes so far, as a tree of sums (Fenwick 1994).
struct Model {
    tree: [u32; 257],
    total: u32,
}

impl Model {
    fn new() -> Self {
        let mut me = Self { tree: [0; 257], total: 0 };
        (0..256).for_each(|s| me.add(s, 1));
        me
    }

    fn add(&mut self, symbol: usize, more: u32) {
        let mut i = symbol + 1;
        while i <= 256 {
            self.tree[i] += more;
            i += i & i.wrapping_neg();
        }
        self.total += more;
    }

    /// The sum of the counts below a symbol.
    fn below(&self, symbol: usize) -> u32 {
        let (mut i, mut sum) = (symbol, 0);
        while i > 0 {
            sum += self.tree[i];
            i -= i & i.wrapping_neg();
        }
        sum
    }

    /// The symbol whose range holds `at`.
    fn symbol(&self, mut at: u32) -> usize {
        let mut place = 0;
        for step in [256, 128, 64, 32, 16, 8, 4, 2, 1] {
            let next: usize = place + step;
            if next <= 256 && self.tree[next] <= at {
                at -= self.tree[next];
                place = next;
            }
        }
        place.min(255)
    }

    fn see(&mut self, symbol: usize) {
        self.add(symbol, MORE);
        if self.total >= FULL {
            let counts: Vec<u32> = (0..256).map(|s| self.below(s + 1) - self.below(s)).collect();
            *self = Self { tree: [0; 257], total: 0 };
            counts.into_iter().enumerate().for_each(|(s, c)| self.add(s, c.div_ceil(2)));
        }
    }
}

/// Bits, the first highest.
#[derive(Default)]
struct Writer {
    out: Vec<u8>,
    byte: u8,
    bits: u32,
    opposite: u64, // bits owed: the opposite of the next one
}

impl Writer {
    fn bit(&mut self, bit: bool) {
        self.push(bit);
        while self.opposite > 0 {
            self.opposite -= 1;
            self.push(!bit);
        }
    }

    fn push(&mut self, bit: bool) {
        self.byte = self.byte << 1 | u8::from(bit);
        self.bits += 1;
        if self.bits == 8 {
            self.out.push(self.byte);
            (self.byte, self.bits) = (0, 0);
        }
    }
}

/// Bytes in arithmetic code.
///
/// # Errors
/// When someone asks to stop.
pub fn arithmetic_encode(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut writer = Writer::default();
    put_number(&mut writer.out, bytes.len() as u64);
    let mut model = Model::new();
    let (mut low, mut high) = (0u64, TOP);
    for piece in bytes.chunks(1 << 16) {
        stop::check()?;
        for &b in piece {
            let (from, to) = (model.below(b as usize), model.below(b as usize + 1));
            let width = high - low + 1;
            high = low + width * u64::from(to) / u64::from(model.total) - 1;
            low += width * u64::from(from) / u64::from(model.total);
            loop {
                if high < HALF {
                    writer.bit(false);
                } else if low >= HALF {
                    writer.bit(true);
                    (low, high) = (low - HALF, high - HALF);
                } else if low >= QUARTER && high < HALF + QUARTER {
                    writer.opposite += 1;
                    (low, high) = (low - QUARTER, high - QUARTER);
                } else {
                    break;
                }
                (low, high) = (2 * low, 2 * high + 1);
            }
            model.see(b as usize);
        }
    }
    if !bytes.is_empty() {
        writer.opposite += 1;
        writer.bit(low >= QUARTER);
        while writer.bits > 0 {
            writer.push(false);
        }
    }
    Ok(writer.out)
}

/// The bytes that [`arithmetic_encode`] was given.
///
/// # Errors
/// When `coded` is not from there, or is cut off.
pub fn arithmetic_decode(coded: &[u8]) -> Result<Vec<u8>> {
    let mut rest = coded;
    let size = take_number(NAME, &mut rest)?;
    let mut out = Vec::new();
    let mut model = Model::new();
    let mut at = 0u64; // bits taken
    let bits = 8 * rest.len() as u64;
    let mut next = || {
        let bit = at < bits && rest[(at / 8) as usize] >> (7 - at % 8) & 1 == 1;
        at += 1;
        (u64::from(bit), at)
    };
    let mut code = 0;
    if size > 0 {
        (0..32).for_each(|_| code = code << 1 | next().0);
    }
    let (mut low, mut high) = (0u64, TOP);
    while (out.len() as u64) < size {
        if out.len() % (1 << 16) == 0 {
            stop::check()?;
        }
        let width = high - low + 1;
        let place = ((code - low + 1) * u64::from(model.total) - 1) / width;
        let symbol = model.symbol(place as u32);
        let (from, to) = (model.below(symbol), model.below(symbol + 1));
        high = low + width * u64::from(to) / u64::from(model.total) - 1;
        low += width * u64::from(from) / u64::from(model.total);
        loop {
            if high < HALF {
            } else if low >= HALF {
                (low, high, code) = (low - HALF, high - HALF, code - HALF);
            } else if low >= QUARTER && high < HALF + QUARTER {
                (low, high, code) = (low - QUARTER, high - QUARTER, code - QUARTER);
            } else {
                break;
            }
            let (bit, taken) = next();
            (low, high, code) = (2 * low, 2 * high + 1, 2 * code + bit);
            // The encoder writes all but the last 30 bits that are looked at.
            if taken > bits + 30 {
                return Err(Error::value(format!("{NAME}: damaged or cut off")));
            }
        }
        model.see(symbol);
        out.push(symbol as u8);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::super::huffman::tests::sorts;
    use super::*;
    use crate::data::Rng;

    #[test]
    fn bytes_come_back() {
        for bytes in sorts() {
            let coded = arithmetic_encode(&bytes).unwrap();
            assert_eq!(arithmetic_decode(&coded).unwrap(), bytes);
        }
        // What never changes costs next to nothing, and no byte costs much more than 8 bits.
        assert!(arithmetic_encode(&[5; 100_000]).unwrap().len() < 400);
        let mut rng = Rng::new(2);
        let noise: Vec<u8> = (0..100_000).map(|_| rng.next_u64() as u8).collect();
        assert!(arithmetic_encode(&noise).unwrap().len() < 103_000);
    }

    #[test]
    fn damage_is_told_or_gives_other_bytes() {
        let mut rng = Rng::new(3);
        let coded = arithmetic_encode(b"to be or not to be, that is the question").unwrap();
        for cut in 0..coded.len() - 5 {
            assert!(arithmetic_decode(&coded[..cut]).is_err(), "{cut}");
        }
        for _ in 0..3000 {
            let mut bad = coded.clone();
            let at = rng.below(bad.len());
            bad[at] = rng.next_u64() as u8;
            let _ = arithmetic_decode(&bad);
            let noise: Vec<u8> = (0..rng.below(60)).map(|_| rng.next_u64() as u8).collect();
            let _ = arithmetic_decode(&noise);
        }
    }
}
