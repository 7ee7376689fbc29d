//! The queue of the best-first searches: the entry of the lowest key first.
//!
//! Keys are cut to whole numbers of a bucket's width (Dial 1969), so that pushing and popping need no comparisons; a
//! search that may pop two entries of one bucket in the wrong order has to look at a cell again. Keys too far ahead of
//! the buckets wait in a heap.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Buckets in the ring: a power of two.
const RING: usize = 512;

/// What waits in the queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// The cost of the way to the cell when it was pushed.
    pub g: f64,
    /// The cell.
    pub cell: u32,
}

/// A queue for keys that hardly fall: one below the last popped key counts as equal to it.
#[derive(Debug, Default)]
pub struct BucketQueue {
    ring: Vec<Vec<Entry>>,
    full: [u64; RING / 64],                    // which buckets have entries
    per_key: f64,                              // buckets per unit of key
    now: u64,                                  // the bucket popped from
    far: BinaryHeap<Reverse<(u64, u64, u32)>>, // bucket, g's bits, cell
}

impl BucketQueue {
    /// Empties it; buckets will be `width` wide.
    pub fn reset(&mut self, width: f64) {
        self.ring.resize_with(RING, Vec::new);
        for bucket in &mut self.ring {
            bucket.clear();
        }
        self.full = [0; RING / 64];
        self.far.clear();
        self.now = 0;
        self.per_key = 1.0 / width;
    }

    /// The bucket of a key.
    #[inline]
    pub fn bucket(&self, key: f64) -> u64 {
        (key * self.per_key) as u64
    }

    /// Adds an entry.
    #[inline]
    pub fn push(&mut self, key: f64, entry: Entry) {
        let bucket = self.bucket(key).max(self.now);
        if bucket - self.now < RING as u64 {
            self.put(bucket, entry);
        } else {
            self.far.push(Reverse((bucket, entry.g.to_bits(), entry.cell)));
        }
    }

    #[inline]
    fn put(&mut self, bucket: u64, entry: Entry) {
        let slot = bucket as usize % RING;
        self.ring[slot].push(entry);
        self.full[slot / 64] |= 1 << (slot % 64);
    }

    /// Takes an entry of the lowest bucket, the last one put there.
    #[inline]
    pub fn pop(&mut self) -> Option<Entry> {
        if let Some(entry) = self.ring[self.now as usize % RING].pop() {
            return Some(entry);
        }
        self.advance()?;
        self.ring[self.now as usize % RING].pop()
    }

    /// The lowest key that may still be popped, cut to its bucket; nothing when the queue is empty.
    #[inline]
    pub fn lowest(&mut self) -> Option<f64> {
        if self.ring[self.now as usize % RING].is_empty() {
            self.advance()?;
        }
        Some(self.now as f64 / self.per_key)
    }

    /// Goes on to the next bucket that has entries.
    fn advance(&mut self) -> Option<()> {
        let slot = self.now as usize % RING;
        self.full[slot / 64] &= !(1 << (slot % 64));
        let near = self.next_full(slot).map(|next| self.now + ((next + RING - slot) % RING) as u64);
        let far = self.far.peek().map(|Reverse((bucket, ..))| *bucket);
        self.now = match (near, far) {
            (Some(near), Some(far)) => near.min(far),
            (near, far) => near.or(far)?,
        };
        while let Some(&Reverse((bucket, g, cell))) = self.far.peek() {
            if bucket - self.now >= RING as u64 {
                break;
            }
            self.far.pop();
            self.put(bucket, Entry { g: f64::from_bits(g), cell });
        }
        Some(())
    }

    /// The first bucket with entries from `slot` on, around the ring.
    fn next_full(&self, slot: usize) -> Option<usize> {
        let (word, bit) = (slot / 64, slot % 64);
        let here = self.full[word] >> bit << bit;
        if here != 0 {
            return Some(word * 64 + here.trailing_zeros() as usize);
        }
        (1..=self.full.len())
            .map(|i| (word + i) % self.full.len())
            .find(|&word| self.full[word] != 0)
            .map(|word| word * 64 + self.full[word].trailing_zeros() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;

    #[test]
    fn buckets_come_in_order_and_nothing_is_lost() {
        let mut rng = Rng::new(1);
        let mut queue = BucketQueue::default();
        for _ in 0..3 {
            queue.reset(0.25);
            let (mut pushed, mut popped) = (0, 0);
            let mut low = 0.0;
            queue.push(0.0, Entry { g: 0.0, cell: 0 });
            while let Some(entry) = queue.pop() {
                popped += 1;
                assert!(entry.g > low - 0.25, "{} after {low}", entry.g);
                low = entry.g.max(low);
                for _ in 0..if pushed < 20_000 { 2 } else { 0 } {
                    pushed += 1;
                    let key = entry.g + 300.0 * rng.uniform().powi(6); // mostly near, some beyond the ring
                    queue.push(key, Entry { g: key, cell: pushed });
                }
            }
            assert_eq!(popped, pushed + 1);
        }
    }
}
