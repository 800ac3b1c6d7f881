//! Threads, bounded channels, batching and order.
//!
//! One thread walks the inputs, several decode and preprocess, and the caller's runs the network
//! and hands on the records. Each input gets a slot, a channel for one value, and the slots queue
//! up in input order: order is kept by waiting for the first slot, and memory is bounded by the
//! length of the queue.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::inputs::Input;
use crate::error::{DeviceLost, ErrorKind, PictureError};
use crate::ops::Pixels;
use crate::picture::decode::{Limits, Reading, decode};
use crate::picture::transform::Transform;
use crate::picture::{Picture, Scale};

/// How pictures are read and put together.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many pictures go through the network at once, at most.
    pub batch_size: usize,
    /// How many pictures are decoded at once.
    pub decoders: usize,
    /// What a picture may cost.
    pub limits: Limits,
    /// Whether EXIF orientation is applied.
    pub upright: bool,
    /// Whether large pictures are decoded at full size too.
    pub exact: bool,
}

/// What is kept of a picture beside the network's input.
#[derive(Debug)]
pub struct Kept<K> {
    /// What was asked for.
    pub kept: K,
    /// Width and height of what it is, where that is the preview in a camera's raw file.
    pub preview: Option<(usize, usize)>,
}

/// A picture's network input and what is kept of it, or what was wrong.
type Prepared<K> = Result<(Pixels, Kept<K>), PictureError>;

/// A path, and what is known of its picture and kept of it, or what was wrong.
type Answered<T, K> = (PathBuf, Result<(T, Kept<K>), PictureError>);

/// A place in the queue: the path, and where the prepared picture will arrive.
type Slot<K> = (PathBuf, Receiver<Prepared<K>>);

/// What is kept of a picture, made of its file's bytes and its pixels where it is decoded.
type Keep<K> = Arc<dyn Fn(&[u8], Picture) -> K + Send + Sync>;

/// How often a wait looks up to see whether the user pressed Ctrl-C.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Pictures on their way: decoding goes on while the weights are still being read.
pub struct Pipeline<'a, K> {
    queue: Queue<'a, K>,
    options: Options,
}

impl<'a, K: Send + 'static> Pipeline<'a, K> {
    /// Starts to read, decode and preprocess `inputs`, until they end or `interrupted` is set.
    /// `keep` makes what is kept of a picture, of its file's bytes and its pixels, which may be
    /// reduced; it is called on the thread that decodes.
    pub fn start(
        inputs: impl Iterator<Item = Input> + Send + 'static,
        transform: Transform,
        options: Options,
        keep: impl Fn(&[u8], Picture) -> K + Send + Sync + 'static,
        interrupted: &'a AtomicBool,
    ) -> Self {
        let queue = Queue {
            slots: start(inputs, transform, options, Arc::new(keep)),
            first: None,
            interrupted,
        };
        Self { queue, options }
    }

    /// Calls `each` with the pictures of a batch, prepared by [`Transform::apply`], and `emit` for
    /// each input in order, with what `each` made of it and what was kept, or what was wrong.
    ///
    /// # Errors
    /// If `emit` fails, or the device for good. What is wrong with a picture, or with a whole batch,
    /// is handed to `emit`.
    pub fn run<T>(
        mut self,
        mut each: impl FnMut(&[Pixels]) -> Result<Vec<T>>,
        mut emit: impl FnMut(PathBuf, Result<(T, Kept<K>), PictureError>) -> Result<()>,
    ) -> Result<()> {
        loop {
            let group = gather(&mut self.queue, self.options.batch_size);
            if group.is_empty() || self.queue.interrupted.load(Ordering::Relaxed) {
                return Ok(());
            }
            for (path, outcome) in answer(&mut each, group)? {
                emit(path, outcome)?;
            }
        }
    }
}

/// Starts the threads that read, decode and preprocess. They end when the inputs do, or when the
/// queue is dropped; they are not waited for, since one may be waiting for standard input.
fn start<K: Send + 'static>(
    inputs: impl Iterator<Item = Input> + Send + 'static,
    transform: Transform,
    options: Options,
    keep: Keep<K>,
) -> Receiver<Slot<K>> {
    let (slots, queue) = bounded::<Slot<K>>(options.batch_size + 2 * options.decoders);
    let (jobs, job) = bounded::<(Input, Sender<Prepared<K>>)>(options.decoders);
    for _ in 0..options.decoders {
        let (job, keep) = (job.clone(), Arc::clone(&keep));
        thread::spawn(move || {
            for (input, to) in job {
                // A closed slot means that the run is over.
                let _ = to.send(prepare(input, transform, options, &keep));
            }
        });
    }
    thread::spawn(move || {
        for input in inputs {
            let (to, from) = bounded(1);
            let path = input.path().to_path_buf();
            if slots.send((path, from)).is_err() || jobs.send((input, to)).is_err() {
                break;
            }
        }
    });
    queue
}

fn prepare<K>(input: Input, transform: Transform, options: Options, keep: &Keep<K>) -> Prepared<K> {
    let bytes = input.read(options.limits.max_bytes)?;
    let scale = |original_size| match options.exact {
        true => Scale::Full,
        false => transform.scale(original_size),
    };
    let reading = Reading {
        upright: options.upright,
        alpha: transform.alpha.is_some(),
        scale: &scale,
    };
    let picture = decode(&bytes, options.limits, reading)?;
    let preview = picture.is_preview.then_some(picture.original_size);
    let input = transform.apply(&picture);
    let kept = keep(&bytes, picture);
    Ok((input, Kept { kept, preview }))
}

/// The slots in order.
struct Queue<'a, K> {
    slots: Receiver<Slot<K>>,
    first: Option<Slot<K>>,
    interrupted: &'a AtomicBool,
}

impl<K> Queue<'_, K> {
    /// The next picture; without `wait`, only if it is ready.
    fn next(&mut self, wait: bool) -> Option<(PathBuf, Prepared<K>)> {
        if self.first.is_none() {
            self.first = self.receive(&self.slots, wait);
        }
        let (_, from) = self.first.as_ref()?;
        let prepared = match self.receive(from, wait) {
            Some(prepared) => prepared,
            None if wait && !self.interrupted.load(Ordering::Relaxed) => {
                let message = "the decoder gave up on it; the file is probably damaged";
                Err(PictureError::new(ErrorKind::Decode, message))
            }
            None => return None,
        };
        let (path, _) = self.first.take()?;
        Some((path, prepared))
    }

    fn receive<T>(&self, from: &Receiver<T>, wait: bool) -> Option<T> {
        if !wait {
            return from.try_recv().ok();
        }
        loop {
            match from.recv_timeout(POLL_INTERVAL) {
                Ok(value) => return Some(value),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) if self.interrupted.load(Ordering::Relaxed) => {
                    return None;
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

/// Waits for one picture and takes along those that are ready behind it, up to a batch: a slow
/// trickle of inputs is answered one by one, a folder in batches.
fn gather<K>(queue: &mut Queue<K>, batch_size: usize) -> Vec<(PathBuf, Prepared<K>)> {
    let mut group = Vec::new();
    let mut pictures = 0;
    while pictures < batch_size {
        let Some(next) = queue.next(group.is_empty()) else {
            break;
        };
        pictures += usize::from(next.1.is_ok());
        group.push(next);
    }
    group
}

/// Runs the pictures of a group and puts the answers in their places.
///
/// # Errors
/// If no other group would have an answer.
fn answer<T, K>(
    each: impl FnOnce(&[Pixels]) -> Result<Vec<T>>,
    group: Vec<(PathBuf, Prepared<K>)>,
) -> Result<Vec<Answered<T, K>>> {
    let (mut pictures, mut places) = (Vec::new(), Vec::new());
    for (path, prepared) in group {
        let kept = prepared.map(|(picture, kept)| {
            pictures.push(picture);
            kept
        });
        places.push((path, kept));
    }
    let mut answers = match pictures.is_empty() {
        true => Ok(Vec::new().into_iter()),
        false => match each(&pictures) {
            Err(e) if e.chain().any(|cause| cause.is::<DeviceLost>()) => return Err(e),
            answers => answers
                .map(Vec::into_iter)
                .map_err(|e| PictureError::new(ErrorKind::Model, format!("{e:#}"))),
        },
    };
    let mut next = || match &mut answers {
        Ok(answers) => Ok(answers.next().expect("an answer for each picture")),
        Err(e) => Err(e.clone()),
    };
    let answered = places
        .into_iter()
        .map(|(path, kept)| (path, kept.and_then(|kept| Ok((next()?, kept)))));
    Ok(answered.collect())
}
