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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn who_comes_when_all_is_taken_waits_until_it_is_given_back() {
        let all = Room::take(u64::MAX);
        let (sender, receiver) = mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let _some = Room::take(1);
                sender.send(()).expect("a listener");
            });
            let early = receiver.recv_timeout(Duration::from_millis(50));
            assert_eq!(early, Err(mpsc::RecvTimeoutError::Timeout));
            drop(all);
            receiver.recv().expect("room");
        });
        assert_eq!(*taken(), 0);
    }
}
