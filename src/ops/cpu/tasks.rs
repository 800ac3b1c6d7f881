//! Sharing one operation's work out over the current rayon pool.

use candle_core::{Result, Tensor};
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

/// See [`crate::ops::each_part`]. A thread that has no picture left helps with another's layers.
pub fn each_picture(
    pictures: &Tensor,
    network: impl Fn(&Tensor) -> Result<Tensor> + Sync,
) -> Result<Tensor> {
    let batch = pictures.dim(0)?;
    // From inside the pool, each layer's tasks start without waking it anew.
    let results = rayon::scope(|_| {
        let parts = (0..batch).into_par_iter().with_max_len(1);
        let results = parts.map(|picture| network(&pictures.narrow(0, picture, 1)?));
        results.collect::<Result<Vec<_>>>()
    })?;
    Tensor::cat(&results, 0)
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
