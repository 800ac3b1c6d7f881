//! Sharing one operation's work out over the current rayon pool.

use rayon::prelude::*;

/// Below this many multiply-adds, waking other threads costs more than they save.
const WORTH_SHARING: usize = 400_000;

/// Runs `task(0..count)`, in parallel when the whole is worth it.
pub(super) fn run(count: usize, macs: usize, task: impl Fn(usize) + Send + Sync) {
    if count == 1 || macs < WORTH_SHARING || rayon::current_num_threads() == 1 {
        (0..count).for_each(task);
    } else {
        (0..count).into_par_iter().with_max_len(1).for_each(task);
    }
}

/// Cuts `length` into bands of about `wanted`, as even as can be.
pub(super) fn bands(length: usize, wanted: usize) -> impl Fn(usize) -> std::ops::Range<usize> {
    let count = count(length, wanted);
    move |band| (band * length / count)..((band + 1) * length / count)
}

/// How many bands [`bands`] makes.
pub(super) fn count(length: usize, wanted: usize) -> usize {
    length.div_ceil(wanted).max(1)
}
