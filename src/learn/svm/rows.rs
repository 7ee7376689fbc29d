//! A cache of kernel rows over the samples that are still active; the row used longest ago goes first.
//!
//! Shrinking drops columns: a cached row follows only when it is asked for. Growing appends columns: a cached row is
//! then right up to its length, and the rest is computed when it is asked for.

use super::kernel::{Gram, LANES, Panels};
use super::real::Real;

const NONE: u32 = u32::MAX;

/// Rows of a kernel matrix.
pub(super) struct Rows<'a, T> {
    gram: &'a Gram<'a>,
    active: Vec<u32>,
    panels: Panels<T>,
    slots: Vec<Slot<T>>,
    free: Vec<u32>,      // slots without a row
    slot_of: Vec<u32>,   // of each sample; `NONE` when its row is not here
    kept: Vec<Vec<u32>>, // for each shrinking: the columns that stayed
    newest: u32,         // ends of the list in the order of use
    oldest: u32,
    held: usize, // numbers in all rows
    room: usize, // how many there may be
}

struct Slot<T> {
    sample: u32,
    version: usize, // shrinkings that this row has followed
    columns: usize, // how many of its columns are computed
    values: Vec<T>, // filled up to whole panels
    newer: u32,
    older: u32,
}

impl<'a, T: Real> Rows<'a, T> {
    pub fn new(gram: &'a Gram<'a>, megabytes: f64) -> Self {
        let active: Vec<u32> = (0..gram.len() as u32).collect();
        let panels = gram.panels(&active);
        let room = (megabytes * 1e6) as usize / size_of::<T>();
        Self {
            gram,
            active,
            panels,
            slots: Vec::new(),
            free: Vec::new(),
            slot_of: vec![NONE; gram.len()],
            kept: Vec::new(),
            newest: NONE,
            oldest: NONE,
            held: 0,
            room,
        }
    }

    /// The samples of the columns.
    pub fn active(&self) -> &[u32] {
        &self.active
    }

    /// Only the columns in `kept` (ascending) stay.
    pub fn shrink(&mut self, kept: Vec<u32>) {
        self.active = kept.iter().map(|&k| self.active[k as usize]).collect();
        self.panels = self.gram.panels(&self.active);
        self.kept.push(kept);
    }

    /// Columns are added for `samples`.
    pub fn grow(&mut self, samples: &[u32]) {
        self.active.extend_from_slice(samples);
        self.panels = self.gram.panels(&self.active);
    }

    /// Makes the row of `sample` ready, and keeps it until two others have been asked for.
    pub fn ready(&mut self, sample: u32) {
        let columns = self.active.len();
        let whole = columns.div_ceil(LANES) * LANES;
        let slot = match self.slot_of[sample as usize] {
            NONE => self.free_slot(sample, whole),
            slot => {
                self.unlink(slot);
                slot
            }
        };
        self.link(slot);
        let s = &mut self.slots[slot as usize];
        self.held -= s.values.len();
        while s.version < self.kept.len() {
            let kept = &self.kept[s.version];
            let still = kept.partition_point(|&k| (k as usize) < s.columns);
            // In place: a column never moves to the right.
            for (to, &from) in kept[..still].iter().enumerate() {
                s.values[to] = s.values[from as usize];
            }
            s.columns = still;
            s.version += 1;
        }
        s.values.resize(whole, T::default());
        self.held += whole;
        if s.columns < columns {
            let first = s.columns / LANES;
            self.gram.fill(&[sample], &self.panels, &self.active, first, &mut s.values[first * LANES..]);
            s.columns = columns;
        }
    }

    /// A row that is ready.
    pub fn row(&self, sample: u32) -> &[T] {
        &self.slots[self.slot_of[sample as usize] as usize].values
    }

    /// A slot for the row of `sample`, not yet in the list.
    fn free_slot(&mut self, sample: u32, whole: usize) -> u32 {
        let mut spare = Vec::new();
        while self.slots.len() - self.free.len() > 2 && self.held + whole > self.room {
            let slot = self.oldest;
            self.unlink(slot);
            self.free.push(slot);
            let s = &mut self.slots[slot as usize];
            self.slot_of[s.sample as usize] = NONE;
            spare = std::mem::take(&mut s.values);
            self.held -= spare.len();
        }
        spare.clear();
        let new = Slot { sample, version: self.kept.len(), columns: 0, values: spare, newer: NONE, older: NONE };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = new;
                slot
            }
            None => {
                self.slots.push(new);
                self.slots.len() as u32 - 1
            }
        };
        self.slot_of[sample as usize] = slot;
        slot
    }

    fn unlink(&mut self, slot: u32) {
        let (newer, older) = (self.slots[slot as usize].newer, self.slots[slot as usize].older);
        match newer {
            NONE => self.newest = older,
            _ => self.slots[newer as usize].older = older,
        }
        match older {
            NONE => self.oldest = newer,
            _ => self.slots[older as usize].newer = newer,
        }
    }

    fn link(&mut self, slot: u32) {
        let newest = self.newest;
        let s = &mut self.slots[slot as usize];
        (s.newer, s.older) = (NONE, newest);
        match newest {
            NONE => self.oldest = slot,
            _ => self.slots[newest as usize].newer = slot,
        }
        self.newest = slot;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rng;
    use crate::learn::Samples;
    use crate::learn::svm::kernel::{Function, Gamma, Kernel};

    #[test]
    fn rows_are_right_after_any_shrinking_growing_and_forgetting() {
        let mut rng = Rng::new(3);
        let x = Samples::new(90, 3, (0..270).map(|_| rng.normal()).collect()).unwrap();
        let function = Function::new(Kernel::Rbf, Gamma::Scale, 0.0, 3, &x);
        let gram = Gram::new(function, &x, (0..90).collect());
        for megabytes in [0.0, 0.005, 1.0] {
            let mut rows = Rows::<f64>::new(&gram, megabytes);
            let mut left_out = Vec::new();
            for round in 0..600 {
                let (i, j) = (rng.below(90) as u32, rng.below(90) as u32);
                rows.ready(i);
                rows.ready(j);
                for s in [i, j] {
                    for (k, &other) in rows.row(s).iter().zip(rows.active()) {
                        let exact = function.value(x.row(s as usize), x.row(other as usize));
                        assert!((k - exact).abs() < 1e-12, "round {round}");
                    }
                }
                if round % 7 == 3 {
                    let kept: Vec<u32> = (0..rows.active().len() as u32).filter(|_| rng.uniform() < 0.8).collect();
                    let before = rows.active().to_vec();
                    rows.shrink(kept);
                    left_out.extend(before.into_iter().filter(|s| !rows.active().contains(s)));
                }
                if round % 21 == 20 {
                    rng.shuffle(&mut left_out);
                    let back = left_out.split_off(left_out.len() / 3);
                    rows.grow(&back);
                }
            }
            assert!(rows.held <= rows.room.max(3 * 96), "{} of {}", rows.held, rows.room);
        }
    }
}
