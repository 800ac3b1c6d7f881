//! How many threads there are, and what tells them to end.

use std::sync::atomic::AtomicBool;
use std::thread::available_parallelism;

use anyhow::Result;

/// Set by Ctrl-C; whatever runs closes its output and ends.
pub static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The number of threads to use: as asked, or one per core.
pub fn threads(asked: Option<usize>) -> usize {
    let cores = || available_parallelism().map_or(1, usize::from);
    asked.unwrap_or_else(cores)
}

/// Sets up the pool that the network runs in.
///
/// # Errors
/// If the system has no room for so many threads.
pub fn start_pool(threads: usize) -> Result<()> {
    Ok(rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()?)
}
