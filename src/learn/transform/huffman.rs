//! Huffman coding: frequent bytes become few bits.
//!
//! Huffman (1952), with canonical codes (Schwartz & Kallick 1964), so that their lengths are all that is stored.
//! The result: the number of bytes (seven bits at a time, the lowest first), which bytes occur (256 bits), the length
//! of each one's code (4 bits each), and the codes, the first bit highest.

use crate::{Error, Result, stop};

const NAME: &str = "huffman";

/// The longest code: lengths fit in 4 bits.
const LONGEST: u32 = 15;

/// The lengths of the codes of symbols with these counts; 0 for those that do not occur.
fn lengths(counts: &[u64; 256]) -> [u8; 256] {
    let mut counts = *counts;
    loop {
        let mut lengths = [0u8; 256];
        // Nodes: symbols, then pairs; each step joins the two rarest (the earlier made of equals).
        let mut open: Vec<(u64, usize)> = (0..256).filter(|&s| counts[s] > 0).map(|s| (counts[s], s)).collect();
        if let [(_, only)] = open[..] {
            lengths[only] = 1;
            return lengths;
        }
        let mut parent = vec![0; 512];
        let mut next = 256;
        while open.len() > 1 {
            open.sort_unstable_by(|a, b| b.cmp(a));
            let (a, b) = (open.pop().expect("two"), open.pop().expect("two"));
            parent[a.1] = next;
            parent[b.1] = next;
            open.push((a.0 + b.0, next));
            next += 1;
        }
        let mut longest = 0;
        for s in (0..256).filter(|&s| counts[s] > 0) {
            let (mut node, mut depth) = (s, 0);
            while node != next - 1 {
                node = parent[node];
                depth += 1;
            }
            lengths[s] = depth as u8;
            longest = longest.max(depth);
        }
        if longest <= LONGEST {
            return lengths;
        }
        // Too long: flatter counts make shorter codes.
        counts.iter_mut().filter(|c| **c > 0).for_each(|c| *c = (*c).div_ceil(2));
    }
}

/// The code of each symbol: shorter ones first, equal ones in the order of the symbols.
fn codes(lengths: &[u8; 256]) -> [u32; 256] {
    let mut codes = [0; 256];
    let mut code = 0;
    for length in 1..=LONGEST as u8 {
        for s in (0..256).filter(|&s| lengths[s] == length) {
            codes[s] = code;
            code += 1;
        }
        code <<= 1;
    }
    codes
}

/// The code of one byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HuffmanCode {
    /// The byte.
    pub byte: u8,
    /// How often it occurs.
    pub count: u64,
    /// Its code, a row of 0 and 1.
    pub bits: String,
}

/// The codes that [`huffman_encode`] gives the bytes that occur, the shortest first.
///
/// ```
/// let codes = mynah::learn::transform::huffman_codes(b"abracadabra");
/// assert_eq!((codes[0].byte, codes[0].count, codes[0].bits.as_str()), (b'a', 5, "0"));
/// ```
pub fn huffman_codes(bytes: &[u8]) -> Vec<HuffmanCode> {
    let counts = counts(bytes);
    if bytes.is_empty() {
        return Vec::new();
    }
    let lengths = lengths(&counts);
    let codes = codes(&lengths);
    let mut list: Vec<u8> = (0..=255).filter(|&s| lengths[s as usize] > 0).collect();
    list.sort_by_key(|&s| (lengths[s as usize], codes[s as usize]));
    let code = |byte: u8| {
        let s = byte as usize;
        HuffmanCode { byte, count: counts[s], bits: format!("{:0width$b}", codes[s], width = lengths[s] as usize) }
    };
    list.into_iter().map(code).collect()
}

fn counts(bytes: &[u8]) -> [u64; 256] {
    let mut counts = [0u64; 256];
    bytes.iter().for_each(|&b| counts[b as usize] += 1);
    counts
}

/// Bytes in Huffman's code; what [`huffman_decode`] needs comes with them.
///
/// # Errors
/// When someone asks to stop.
pub fn huffman_encode(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    put_number(&mut out, bytes.len() as u64);
    if bytes.is_empty() {
        return Ok(out);
    }
    let lengths = lengths(&counts(bytes));
    let codes = codes(&lengths);
    for eight in lengths.chunks(8) {
        out.push(eight.iter().enumerate().fold(0, |bits, (i, &l)| bits | u8::from(l > 0) << i));
    }
    let used: Vec<u8> = lengths.iter().copied().filter(|&l| l > 0).collect();
    out.extend(used.chunks(2).map(|two| two[0] | two.get(1).unwrap_or(&0) << 4));
    let (mut bits, mut waiting) = (0u64, 0u32);
    for piece in bytes.chunks(1 << 20) {
        stop::check()?;
        for &b in piece {
            let length = u32::from(lengths[b as usize]);
            bits = bits << length | u64::from(codes[b as usize]);
            waiting += length;
            while waiting >= 8 {
                waiting -= 8;
                out.push((bits >> waiting) as u8);
            }
        }
    }
    if waiting > 0 {
        out.push((bits << (8 - waiting)) as u8);
    }
    Ok(out)
}

/// The bytes that [`huffman_encode`] was given.
///
/// # Errors
/// When `coded` is not from there, or is cut off.
pub fn huffman_decode(coded: &[u8]) -> Result<Vec<u8>> {
    let mut rest = coded;
    let size = take_number(NAME, &mut rest)?;
    if size == 0 {
        return Ok(vec![]);
    }
    let damaged = || Error::value(format!("{NAME}: damaged or cut off"));
    let (present, after) = rest.split_at_checked(32).ok_or_else(damaged)?;
    let symbols: Vec<usize> = (0..256).filter(|s| present[s / 8] >> (s % 8) & 1 == 1).collect();
    let (packed, body) = after.split_at_checked(symbols.len().div_ceil(2)).ok_or_else(damaged)?;
    let mut lengths = [0u8; 256];
    for (i, &s) in symbols.iter().enumerate() {
        lengths[s] = packed[i / 2] >> (4 * (i % 2)) & 15;
    }
    // No two codes may begin alike (Kraft's inequality), and every symbol has one.
    let room: u32 = symbols.iter().map(|&s| 1 << (LONGEST - u32::from(lengths[s]))).sum();
    if symbols.is_empty() || symbols.iter().any(|&s| lengths[s] == 0) || room > 1 << LONGEST {
        return Err(damaged());
    }
    // Each byte takes a bit at least.
    if size > 8 * body.len() as u64 {
        return Err(damaged());
    }
    // For every 15 bits that may come: symbol and length.
    let codes = codes(&lengths);
    let mut table = vec![(0u8, 0u8); 1 << LONGEST];
    for &s in &symbols {
        let free = LONGEST - u32::from(lengths[s]);
        let start = (codes[s] as usize) << free;
        table[start..start + (1 << free)].fill((s as u8, lengths[s]));
    }
    let mut out = Vec::with_capacity(size as usize);
    let (mut bits, mut waiting, mut at) = (0u64, 0u32, 0usize);
    let mut real = 8 * body.len() as u64;
    while (out.len() as u64) < size {
        if out.len() % (1 << 16) == 0 {
            stop::check()?;
        }
        while waiting <= 48 {
            bits = bits << 8 | u64::from(body.get(at).copied().unwrap_or(0));
            at += 1;
            waiting += 8;
        }
        let (symbol, length) = table[(bits >> (waiting - LONGEST)) as usize & ((1 << LONGEST) - 1)];
        if length == 0 || u64::from(length) > real {
            return Err(damaged());
        }
        waiting -= u32::from(length);
        real -= u64::from(length);
        out.push(symbol);
    }
    Ok(out)
}

/// A number, seven bits at a time, the lowest first.
pub(super) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 128 {
        out.push(number as u8 | 128);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Undoes [`put_number`].
pub(super) fn take_number(name: &str, rest: &mut &[u8]) -> Result<u64> {
    let mut number = 0u64;
    for i in 0..9 {
        let Some((&byte, after)) = rest.split_first() else { break };
        *rest = after;
        number |= u64::from(byte & 127) << (7 * i);
        if byte < 128 {
            return Ok(number);
        }
    }
    Err(Error::value(format!("{name}: damaged or cut off")))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::data::Rng;

    /// Bytes of several kinds.
    pub fn sorts() -> Vec<Vec<u8>> {
        let mut rng = Rng::new(9);
        let mut fibonacci = vec![];
        let (mut a, mut b) = (1usize, 1usize);
        for s in 0..24u8 {
            fibonacci.extend(std::iter::repeat_n(s, a));
            (a, b) = (b, a + b);
        }
        vec![
            vec![],
            vec![7],
            vec![0; 1000],
            b"abracadabra".to_vec(),
            (0..=255).collect(),
            (0..5000).map(|_| rng.next_u64() as u8).collect(),
            (0..5000).map(|_| (rng.normal().abs() * 3.0) as u8).collect(),
            fibonacci,
        ]
    }

    #[test]
    fn bytes_come_back_and_frequent_ones_are_short() {
        for bytes in sorts() {
            let coded = huffman_encode(&bytes).unwrap();
            assert_eq!(huffman_decode(&coded).unwrap(), bytes);
        }
        let text = include_bytes!("huffman.rs");
        let p = counts(text).map(|c| c as f64 / text.len() as f64);
        let entropy: f64 = p.iter().filter(|p| **p > 0.0).map(|p| -p * p.log2()).sum();
        let bits = 8.0 * huffman_encode(text).unwrap().len() as f64 / text.len() as f64;
        assert!(bits > entropy && bits < entropy + 0.15, "{bits} {entropy}");
    }

    #[test]
    fn the_classic_example() {
        // abracadabra: a 5, b 2, r 2, c 1, d 1 make codes of 23 bits in all.
        let codes = huffman_codes(b"abracadabra");
        let bits: u64 = codes.iter().map(|c| c.count * c.bits.len() as u64).sum();
        assert_eq!((bits, codes[0].bits.as_str()), (23, "0"));
        for a in &codes {
            assert!(codes.iter().all(|b| a == b || !b.bits.starts_with(&a.bits)), "{a:?}");
        }
        assert_eq!((huffman_codes(b"").len(), huffman_codes(b"zzz")[0].bits.len()), (0, 1));
    }

    #[test]
    fn damage_is_told() {
        let mut rng = Rng::new(1);
        let coded = huffman_encode(b"to be or not to be, that is the question").unwrap();
        for cut in 0..coded.len() {
            assert!(huffman_decode(&coded[..cut]).is_err());
        }
        for _ in 0..3000 {
            let mut bad = coded.clone();
            let at = rng.below(bad.len());
            bad[at] = rng.next_u64() as u8;
            let _ = huffman_decode(&bad);
            let noise: Vec<u8> = (0..rng.below(80)).map(|_| rng.next_u64() as u8).collect();
            let _ = huffman_decode(&noise);
        }
    }
}
