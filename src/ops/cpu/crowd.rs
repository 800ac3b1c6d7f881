//! How many threads a machine has room for that others use too.
//!
//! A layer ends when its last task does. Where another process takes a core, the thread that ran
//! there keeps its task for some milliseconds, and the others wait: two threads are then slower
//! than one. Such a wait is noticed here, and one thread less takes part for a while.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A wait that no thread causes which has its core: longer than most layers take.
const LONG: Duration = Duration::from_micros(500);

/// How many tasks' time it must be, too.
const TASKS: u32 = 3;

/// For how long a thread stays away at first, and at most: twice as long each time that its return
/// goes wrong.
const AWAY: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(640)];

/// Threads that stay away now.
static AWAY_NOW: AtomicUsize = AtomicUsize::new(0);

/// What is known of the last wait.
static LAST: Mutex<Option<Last>> = Mutex::new(None);

struct Last {
    away: Duration,
    /// When one of the threads is to come back.
    until: Instant,
}

/// How many of `threads` take part.
pub fn room_for(threads: usize) -> usize {
    let mut away = AWAY_NOW.load(Ordering::Relaxed);
    if away > 0
        && let Ok(mut last) = LAST.try_lock()
        && let Some(last) = &mut *last
        && Instant::now() >= last.until
    {
        last.until = Instant::now() + last.away;
        away -= 1;
        AWAY_NOW.store(away, Ordering::Relaxed);
    }
    threads.saturating_sub(away).max(1)
}

/// Whether all take part.
pub fn is_empty() -> bool {
    AWAY_NOW.load(Ordering::Relaxed) == 0
}

/// Notes for how long the first of `threads` waited that had no task left, and what a task took.
pub fn waited(threads: usize, wait: Duration, task: Duration) {
    if wait < LONG || wait < task * TASKS {
        return;
    }
    let now = Instant::now();
    let Ok(mut last) = LAST.try_lock() else {
        return;
    };
    let [shortest, longest] = AWAY;
    let away = match &*last {
        // Soon after a return, or with others away.
        Some(last) if now < last.until + last.away => (last.away * 2).min(longest),
        _ => shortest,
    };
    *last = Some(Last {
        away,
        until: now + away,
    });
    let most = threads.saturating_sub(1);
    let now_away = AWAY_NOW.load(Ordering::Relaxed);
    AWAY_NOW.store((now_away + 1).min(most), Ordering::Relaxed);
}
