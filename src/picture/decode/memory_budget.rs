//! A memory budget for pixels, shared by the threads that decode: a file of a kilobyte can ask for
//! gigabytes, and one file per thread would ask for them at once. It is a counting semaphore.

use std::num::NonZero;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;

/// In bytes, per core: two pictures of 12 megapixels with their copies.
const PER_CORE: u64 = 128 << 20;

static TAKEN: Mutex<u64> = Mutex::new(0);
static RELEASED: Condvar = Condvar::new();

/// A part of the budget, given back when it is dropped.
pub(super) struct MemoryBudget(u64);

impl MemoryBudget {
    /// Waits until `bytes` are free. A picture that needs more than the whole budget waits for
    /// the whole budget, so that it is decoded while no other is.
    pub fn take(bytes: u64) -> Self {
        let all = PER_CORE * available_parallelism().map_or(1, NonZero::get) as u64;
        let bytes = bytes.min(all);
        let is_too_much = |taken: &mut u64| *taken + bytes > all;
        let taken = RELEASED.wait_while(taken(), is_too_much);
        *taken.unwrap_or_else(PoisonError::into_inner) += bytes;
        Self(bytes)
    }
}

impl Drop for MemoryBudget {
    fn drop(&mut self) {
        *taken() -= self.0;
        RELEASED.notify_all();
    }
}

fn taken() -> MutexGuard<'static, u64> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_thread_waits_while_the_whole_budget_is_taken() {
        let all = MemoryBudget::take(u64::MAX);
        let (sender, receiver) = mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let _some = MemoryBudget::take(1);
                sender.send(()).expect("a listener");
            });
            let early = receiver.recv_timeout(Duration::from_millis(50));
            assert_eq!(early, Err(mpsc::RecvTimeoutError::Timeout));
            drop(all);
            receiver.recv().expect("a free budget");
        });
        assert_eq!(*taken(), 0);
    }
}
