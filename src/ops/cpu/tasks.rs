//! Sharing one operation's work out over the current rayon pool.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::crowd;

/// Below this many multiply-adds, waking other threads costs more than they save.
const WORTH_SHARING: usize = 400_000;

/// Looks for work before the core is offered to others, some tens of microseconds' worth.
const PATIENCE: usize = 1000;

/// Pictures that are going through networks now.
static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// Runs `task(0..count)`, in parallel when the whole is worth it. Each thread begins with a share of
/// its own, the same part of the picture in each layer, so that what it reads is mostly what it wrote
/// into its own cache; when it is done it takes from the others' shares, so that a slower one does
/// fewer.
fn share_out(count: usize, macs: usize, task: impl Fn(usize) + Send + Sync) {
    let threads = rayon::current_num_threads();
    if threads == 1 || count == 1 || macs < WORTH_SHARING {
        return (0..count).for_each(task);
    }
    let threads = crowd::room_for(threads).min(count);
    if threads == 1 {
        return (0..count).for_each(task);
    }
    let share = |number: usize| number * count / threads..(number + 1) * count / threads;
    let next: Vec<_> = (0..threads)
        .map(|own| AtomicUsize::new(share(own).start))
        .collect();
    let start = Instant::now();
    // When the first thread found no task left, in nanoseconds from the start.
    let idle_from = AtomicU64::new(u64::MAX);
    let work = |number: usize| {
        let own = rayon::current_thread_index().unwrap_or(number);
        for of in (own..own + threads).map(|number| number % threads) {
            let end = share(of).end;
            let taken = || Some(next[of].fetch_add(1, Ordering::Relaxed)).filter(|&at| at < end);
            std::iter::from_fn(taken).for_each(&task);
        }
        idle_from.fetch_min(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
    };
    (0..threads).into_par_iter().with_max_len(1).for_each(work);
    let busy = Duration::from_nanos(idle_from.into_inner());
    let of_a_task = busy * threads as u32 / count as u32;
    // With several pictures a thread may have been busy with another's tasks.
    if RUNNING.load(Ordering::Relaxed) < 2 {
        crowd::waited(threads, start.elapsed().saturating_sub(busy), of_a_task);
    }
}

/// Runs `network` on each picture of a batch, and joins what it returns along the batch. A thread
/// that has no picture left helps with another's layers.
pub fn each_picture(
    pictures: &Tensor,
    network: impl Fn(&Tensor) -> Result<Tensor> + Sync,
) -> Result<Tensor> {
    let batch = pictures.dim(0)?;
    let done = AtomicBool::new(false);
    // From inside the pool, each layer's tasks start without waking it anew.
    let results = rayon::scope(|scope| {
        for _ in batch..crowd::room_for(rayon::current_num_threads()) {
            scope.spawn(|_| help_until(&done));
        }
        let parts = (0..batch).into_par_iter().with_max_len(1);
        let results = parts.map(|picture| {
            let picture = pictures.narrow(0, picture, 1)?;
            RUNNING.fetch_add(1, Ordering::Relaxed);
            let result = network(&picture);
            RUNNING.fetch_sub(1, Ordering::Relaxed);
            result
        });
        let results = results.collect::<Result<Vec<_>>>();
        done.store(true, Ordering::Relaxed);
        results
    })?;
    Tensor::cat(&results, 0)
}

/// Keeps a thread without a picture awake for the layers' tasks: a thread that sleeps between
/// two layers takes longer to wake than many a layer to compute. Where others want the cores it
/// lets them have its own.
fn help_until(done: &AtomicBool) {
    let mut idle = 0;
    while !done.load(Ordering::Relaxed) {
        if rayon::yield_now() == Some(rayon::Yield::Executed) {
            idle = 0;
        } else if !crowd::is_empty() {
            return; // The end of the pass would wait for this thread to get a core.
        } else if idle < PATIENCE {
            idle += 1;
            std::hint::spin_loop();
        } else {
            std::thread::yield_now();
        }
    }
}

/// A length cut into parts.
#[derive(Clone, Copy)]
pub(super) struct Split {
    length: usize,
    parts: usize,
}

impl Split {
    /// Parts of about `wanted`, as even as can be.
    pub fn new(length: usize, wanted: usize) -> Self {
        Self {
            length,
            parts: length.div_ceil(wanted).max(1),
        }
    }

    /// At least `wanted` parts, where there is that much to cut.
    pub fn into_parts(length: usize, wanted: usize) -> Self {
        Self::new(length, length.div_ceil(wanted))
    }

    /// Some more parts, if there are more than two, so that two threads or four have as many each.
    pub fn even(self) -> Self {
        match self.parts {
            0..=2 => self,
            parts => Self {
                parts: parts.next_multiple_of(4).min(self.length),
                ..self
            },
        }
    }

    /// How many parts there are.
    pub fn parts(self) -> usize {
        self.parts
    }

    fn part(self, number: usize) -> Range<usize> {
        let Self { length, parts } = self;
        number * length / parts..(number + 1) * length / parts
    }
}

/// How an operation is cut into tasks: pictures, then bands of rows, then groups of the weights'
/// panels. By shape alone, so that the number of threads changes no result.
#[derive(Clone, Copy)]
pub(super) struct Tasks {
    pub batch: usize,
    pub bands: Split,
    pub groups: Split,
}

/// What one task does.
pub(super) struct Task {
    pub picture: usize,
    /// The number of the band, and its rows.
    pub band: usize,
    pub rows: Range<usize>,
    pub panels: Range<usize>,
}

impl Tasks {
    /// Runs `run` for each task; `macs` is what all of them multiply and add.
    pub fn run(self, macs: usize, run: impl Fn(Task) + Send + Sync) {
        let Self {
            batch,
            bands,
            groups,
        } = self;
        share_out(batch * bands.parts * groups.parts, macs, |number| {
            let band = number / groups.parts % bands.parts;
            run(Task {
                picture: number / groups.parts / bands.parts,
                band,
                rows: bands.part(band),
                panels: groups.part(number % groups.parts),
            });
        });
    }
}
