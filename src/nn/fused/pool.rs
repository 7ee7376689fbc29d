//! Memory that is used again instead of going back to the system.
//!
//! Training needs the same large buffers at every step. Given back and asked for again, each of their pages costs a
//! fault and a fill with zeros: a third of a small model's training time. So the operations' buffers, results
//! included, return here when burn drops them, and the next step takes them up as they are.

use std::collections::VecDeque;
use std::mem::{self, MaybeUninit};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};

use burn::tensor::Bytes;
use burn_std::{AccessError, AccessPolicy, AllocationController, AllocationProperty};

/// The shortest buffer worth keeping, in floats: below it the allocator is as fast.
const SHORTEST: usize = 16 * 1024;

/// How many unused floats are kept at most (1 GiB); past it, those that lay longest are freed.
const LIMIT: usize = 1 << 28;

struct Pool {
    unused: VecDeque<Box<[f32]>>, // the last one came last
    floats: usize,                // in all of them
}

fn pool() -> MutexGuard<'static, Pool> {
    static POOL: Mutex<Pool> = Mutex::new(Pool { unused: VecDeque::new(), floats: 0 });
    // A panic elsewhere while it was locked leaves it whole.
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Frees the memory that waits to be used again. For a host that has done its training.
pub fn release_memory() {
    let mut pool = pool();
    pool.floats = 0;
    let unused = mem::take(&mut pool.unused);
    drop(pool);
    drop(unused);
}

/// Some floats of memory that, on drop, wait for the next buffer of their number.
#[derive(Debug, Default)]
pub struct Buffer(Box<[f32]>);

impl Buffer {
    /// `length` floats with whatever values an earlier use left there: write all before reading any.
    pub fn unfilled(length: usize) -> Self {
        if length >= SHORTEST {
            let mut pool = pool();
            if let Some(i) = pool.unused.iter().rposition(|buffer| buffer.len() == length) {
                pool.floats -= length;
                return Self(pool.unused.remove(i).expect("its place was just found"));
            }
        }
        Self(vec![0.0; length].into_boxed_slice())
    }

    /// Like [`unfilled`](Self::unfilled), perhaps longer: short ones too come from what is kept.
    pub fn scratch(length: usize) -> Self {
        match length {
            0 => Self::default(),
            _ => Self::unfilled(length.next_power_of_two().max(SHORTEST)),
        }
    }

    /// As the memory of a tensor.
    pub fn into_bytes(self) -> Bytes {
        let bytes = size_of_val(&self[..]);
        // SAFETY: the controller holds just as many bytes, all initialised: they are floats.
        unsafe { Bytes::from_controller(Box::new(self), bytes) }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.len() < SHORTEST {
            return;
        }
        let mut pool = pool();
        pool.floats += self.len();
        pool.unused.push_back(mem::take(&mut self.0));
        while pool.floats > LIMIT {
            let Some(oldest) = pool.unused.pop_front() else { break };
            pool.floats -= oldest.len();
        }
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}

impl AllocationController for Buffer {
    fn alloc_align(&self) -> usize {
        align_of::<f32>()
    }

    fn property(&self) -> AllocationProperty {
        AllocationProperty::Native
    }

    fn memory(&self, _: AccessPolicy) -> Result<&[MaybeUninit<u8>], AccessError> {
        let bytes: &[u8] = bytemuck::cast_slice(&self.0);
        // SAFETY: `MaybeUninit<u8>` has the layout of `u8` and allows no less to be read.
        Ok(unsafe { &*(bytes as *const [u8] as *const [MaybeUninit<u8>]) })
    }

    unsafe fn memory_mut(&mut self, _: AccessPolicy) -> Result<&mut [MaybeUninit<u8>], AccessError> {
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut self.0);
        // SAFETY: `MaybeUninit<u8>` has the layout of `u8`, and our caller promises to write initialised bytes only.
        Ok(unsafe { &mut *(bytes as *mut [u8] as *mut [MaybeUninit<u8>]) })
    }

    /// Hands the memory over to a `Vec`; it does not come back here.
    fn try_detach(&mut self) -> Option<NonNull<u8>> {
        Some(NonNull::from(Box::leak(mem::take(&mut self.0))).cast())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_used_again() {
        let length = SHORTEST + 12_345; // of no other test
        let mut buffer = Buffer::unfilled(length);
        buffer[0] = 7.0;
        let place = buffer.as_ptr();
        drop(buffer.into_bytes());
        let again = Buffer::unfilled(length);
        assert_eq!((again.as_ptr(), again[0]), (place, 7.0));
        assert_ne!(Buffer::unfilled(length).as_ptr(), place);
    }

    #[test]
    fn tensors_memory_reads_writes_and_becomes_a_vec() {
        for length in [0, 3, SHORTEST + 1] {
            let mut buffer = Buffer::unfilled(length);
            buffer.fill(1.5);
            let mut bytes = buffer.into_bytes();
            assert_eq!(bytes.len(), 4 * length);
            bytemuck::cast_slice_mut::<u8, f32>(&mut bytes).iter_mut().for_each(|x| *x += 1.0);
            assert_eq!(bytes.clone().try_into_vec::<f32>().unwrap(), vec![2.5; length]);
            assert_eq!(bytes.try_into_vec::<f32>().unwrap(), vec![2.5; length]);
        }
    }
}
