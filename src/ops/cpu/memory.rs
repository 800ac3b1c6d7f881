//! Memory of activations that are done with, for the next ones: a fresh allocation of megabytes
//! costs the kernel's clearing of every page, about as much as computing what goes there.

use std::sync::{Mutex, PoisonError};

use candle_core::{CpuStorage, InplaceOp1, Layout, Result, Tensor};

static SPARE: Mutex<Vec<Vec<f32>>> = Mutex::new(Vec::new());

/// Fewer values than this come from the allocator, which keeps small pieces at hand itself.
const WORTH_KEEPING: usize = 32 * 1024;

/// An empty vector with room for `count` values: the tightest spare one, or a new one.
pub(super) fn with_room_for(count: usize) -> Vec<f32> {
    if count < WORTH_KEEPING {
        return Vec::with_capacity(count);
    }
    let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
    let fitting = spare.iter().enumerate();
    let fitting = fitting.filter(|(_, memory)| memory.capacity() >= count);
    let tightest = fitting.min_by_key(|(_, memory)| memory.capacity());
    match tightest.map(|(place, _)| place) {
        Some(place) => spare.swap_remove(place),
        // What was too small makes way, so that no more is kept than was ever in use.
        None => {
            drop(spare.pop());
            Vec::with_capacity(count)
        }
    }
}

struct Recycle;

impl InplaceOp1 for Recycle {
    fn name(&self) -> &'static str {
        "recycle"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, _: &Layout) -> Result<()> {
        if let CpuStorage::F32(values) = storage {
            let mut memory = std::mem::take(values);
            memory.clear();
            if memory.capacity() >= WORTH_KEEPING {
                let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
                spare.push(memory);
            }
        }
        Ok(())
    }
}

/// See [`crate::ops::recycle`].
pub fn recycle(x: Tensor) -> Result<()> {
    x.inplace_op1(&Recycle)
}
