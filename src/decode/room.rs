//! Room for pixels, shared by the threads that decode: a file of a kilobyte can ask for gigabytes,
//! and one per thread would ask for them at once.

use std::num::NonZero;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;

/// In bytes, per core: two pictures of 12 megapixels with their copies.
const PER_CORE: u64 = 128 << 20;

static TAKEN: Mutex<u64> = Mutex::new(0);
static GIVEN_BACK: Condvar = Condvar::new();

/// A share of the room, given back when it is dropped.
pub(super) struct Room(u64);

impl Room {
    /// Waits for `bytes` of room; who needs more than all of it gets all, and is then alone.
    pub fn take(bytes: u64) -> Self {
        let all = PER_CORE * available_parallelism().map_or(1, NonZero::get) as u64;
        let bytes = bytes.min(all);
        let wait = |taken: &mut u64| *taken + bytes > all;
        let taken = GIVEN_BACK.wait_while(taken(), wait);
        *taken.unwrap_or_else(PoisonError::into_inner) += bytes;
        Self(bytes)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        *taken() -= self.0;
        GIVEN_BACK.notify_all();
    }
}

fn taken() -> MutexGuard<'static, u64> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}
