//! The memory that a network on a processor keeps from one operation to the next: a fresh
//! allocation of megabytes costs the kernel's clearing of every page, about as much as computing
//! what goes there.
//!
//! It belongs to one network, whose layers share it, and is freed with the last of them.

use std::sync::{Mutex, PoisonError, TryLockError};

use candle_core::{CpuStorage, InplaceOp1, Layout, Result, Tensor};

use super::simd::Shared;

/// Fewer values than this come from the allocator, which keeps small pieces at hand itself.
const WORTH_KEEPING: usize = 32 * 1024;

/// One network's memory.
pub struct Memory {
    /// Of activations that are done with, for the next ones.
    spare: Mutex<Vec<Vec<f32>>>,
    /// One per thread, as long as no two pools run the network at the same time.
    scratch: Box<[OfThread]>,
}

/// Apart from its neighbours by two cache lines, which processors fetch together.
#[repr(align(128))]
#[derive(Default)]
struct OfThread(Mutex<Scratch>);

/// What a task needs while it runs. The next task of the same thread finds it in the cache.
#[derive(Default)]
pub(super) struct Scratch {
    /// Inputs of the task's arithmetic, in the order in which it reads them.
    pub inputs: Vec<f32>,
    /// Products that are to be summed.
    pub products: Vec<f32>,
    /// Where in `inputs` something lies.
    pub places: Vec<u32>,
}

impl Memory {
    /// Empty, for the threads of the current rayon pool.
    pub fn new() -> Self {
        let threads = rayon::current_num_threads();
        Self {
            spare: Mutex::default(),
            scratch: (0..threads).map(|_| OfThread::default()).collect(),
        }
    }

    /// Calls `task` with memory that nobody else uses meanwhile: the current thread's, if it is
    /// free.
    pub(super) fn with_scratch<R>(&self, task: impl FnOnce(&mut Scratch) -> R) -> R {
        let threads = self.scratch.len();
        let own = rayon::current_thread_index().unwrap_or(0);
        let free = (own..own + threads).find_map(|at| {
            match self.scratch[at % threads].0.try_lock() {
                Ok(scratch) => Some(scratch),
                // Whatever a task left there, the next one writes before it reads.
                Err(TryLockError::Poisoned(kept)) => Some(kept.into_inner()),
                Err(TryLockError::WouldBlock) => None,
            }
        });
        match free {
            Some(mut scratch) => task(&mut scratch),
            None => task(&mut Scratch::default()),
        }
    }

    /// A vector of `count` values that `fill` writes.
    ///
    /// # Safety
    /// `fill` must write every one of the `count` values from the pointer on.
    pub(super) unsafe fn filled(&self, count: usize, fill: impl FnOnce(Shared)) -> Vec<f32> {
        let mut values = self.with_room_for(count);
        fill(Shared(values.as_mut_ptr()));
        // SAFETY: there is room for that many, and the caller vouches that they were written.
        unsafe { values.set_len(count) };
        values
    }

    /// An empty vector with room for `count` values: the tightest spare one, or a new one.
    fn with_room_for(&self, count: usize) -> Vec<f32> {
        if count < WORTH_KEEPING {
            return Vec::with_capacity(count);
        }
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
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

    /// Takes memory whose values are not needed any more.
    pub(super) fn keep(&self, mut memory: Vec<f32>) {
        memory.clear();
        if memory.capacity() >= WORTH_KEEPING {
            let spare = self.spare.lock();
            spare.unwrap_or_else(PoisonError::into_inner).push(memory);
        }
    }

    /// Takes the memory of `x` and of every tensor that shares it, none of which is needed any
    /// more.
    pub fn recycle(&self, x: Tensor) -> Result<()> {
        x.inplace_op1(&Recycle(self))
    }
}

/// Makes room for `count` values, whatever they are.
pub(super) fn grow(buffer: &mut Vec<f32>, count: usize) {
    if buffer.len() < count {
        buffer.resize(count, 0.0);
    }
}

struct Recycle<'a>(&'a Memory);

impl InplaceOp1 for Recycle<'_> {
    fn name(&self) -> &'static str {
        "recycle"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, _: &Layout) -> Result<()> {
        if let CpuStorage::F32(values) = storage {
            self.0.keep(std::mem::take(values));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn a_recycled_activation_is_the_next_ones_memory() {
        let memory = Memory::new();
        let count = WORTH_KEEPING + 1;
        let mut values = memory.with_room_for(count);
        values.resize(count, 1.0);
        let place = values.as_ptr();
        let x = Tensor::from_vec(values, count, &Device::Cpu).expect("a tensor");
        memory.recycle(x).expect("memory");
        let [next, another] = [(); 2].map(|()| memory.with_room_for(count));
        assert_eq!(next.as_ptr(), place);
        assert_ne!(another.as_ptr(), place);
    }

    #[test]
    fn scratch_memory_is_kept_and_never_given_twice_at_a_time() {
        let memory = Memory::new();
        memory.with_scratch(|scratch| grow(&mut scratch.inputs, 100));
        memory.with_scratch(|scratch| {
            assert_eq!(scratch.inputs.len(), 100);
            memory.with_scratch(|other| grow(&mut other.inputs, 10));
            assert_eq!(scratch.inputs.len(), 100);
        });
    }
}
