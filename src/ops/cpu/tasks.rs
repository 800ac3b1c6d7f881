//! Sharing one operation's work out over the current rayon pool.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use candle_core::{Result, Tensor};
use rayon::prelude::*;

/// Below this many multiply-adds, waking other threads costs more than they save.
const WORTH_SHARING: usize = 400_000;

/// Runs `task(0..count)`, in parallel when the whole is worth it. Each thread takes the next task
/// when it is done with one, so that a slower one takes fewer.
pub(super) fn run(count: usize, macs: usize, task: impl Fn(usize) + Send + Sync) {
    let threads = rayon::current_num_threads().min(count);
    if threads == 1 || macs < WORTH_SHARING {
        return (0..count).for_each(task);
    }
    let next = AtomicUsize::new(0);
    let taken = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|&at| at < count);
    let work = |_| std::iter::from_fn(taken).for_each(&task);
    (0..threads).into_par_iter().with_max_len(1).for_each(work);
}

/// See [`crate::ops::each_part`]. A thread that has no picture left helps with another's layers.
pub fn each_picture(
    pictures: &Tensor,
    network: impl Fn(&Tensor) -> Result<Tensor> + Sync,
) -> Result<Tensor> {
    let batch = pictures.dim(0)?;
    let done = AtomicBool::new(false);
    // From inside the pool, each layer's tasks start without waking it anew.
    let results = rayon::scope(|scope| {
        for _ in batch..rayon::current_num_threads() {
            scope.spawn(|_| help_until(&done));
        }
        let parts = (0..batch).into_par_iter().with_max_len(1);
        let results = parts.map(|picture| network(&pictures.narrow(0, picture, 1)?));
        let results = results.collect::<Result<Vec<_>>>();
        done.store(true, Ordering::Relaxed);
        results
    })?;
    Tensor::cat(&results, 0)
}

/// Keeps a thread without a picture awake for the layers' tasks: a thread that sleeps between
/// two layers takes longer to wake than many a layer to compute.
fn help_until(done: &AtomicBool) {
    while !done.load(Ordering::Relaxed) {
        if rayon::yield_now() != Some(rayon::Yield::Executed) {
            std::hint::spin_loop();
        }
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
