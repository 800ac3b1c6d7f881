//! What became of the pictures of a run, told while it goes on and at its end.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::Result;

use super::outcome::Outcome;
use crate::error::PictureError;
use crate::ops::Pixels;
use crate::run::inputs::{Input, LeftOut, MORE_ON_STDIN};
use crate::run::pipeline::{Kept, Pipeline};
use crate::run::threads::INTERRUPTED;
use crate::terminal::{Terminal, human_duration};

/// How many pictures were answered.
pub struct Tally {
    /// Pictures with an answer.
    pub answered: u64,
    /// Pictures without.
    pub failed: u64,
    /// What an earlier run did, and how much of it failed.
    pub done: (u64, u64),
    left_out: LeftOut,
    started: Instant,
    terminal: Terminal,
}

impl Tally {
    /// Nothing yet; the time counts from here.
    pub fn new(left_out: LeftOut, terminal: Terminal) -> Self {
        Self {
            answered: 0,
            failed: 0,
            done: (0, 0),
            left_out,
            started: Instant::now(),
            terminal,
        }
    }

    /// Runs the pipeline, of `count` pictures where that is known, under a progress bar. `each` says
    /// of each picture of a batch what it shows, or why that can't be said; `emit` as for
    /// [`Pipeline::run`], and it `prints` if what it writes goes to a terminal.
    ///
    /// # Errors
    /// If `emit` fails.
    pub fn run<T, K: Send + 'static>(
        &mut self,
        pipeline: Pipeline<K>,
        count: Option<u64>,
        prints: bool,
        each: impl FnMut(&[Pixels]) -> Result<Vec<Result<T, PictureError>>>,
        mut emit: impl FnMut(PathBuf, Result<(T, K), PictureError>) -> Result<()>,
    ) -> Result<()> {
        let progress = self.terminal.picture_progress(count);
        let terminal = self.terminal;
        let counted = |path: PathBuf, answer: Result<(Result<T, _>, Kept<K>), _>| {
            if let Ok((
                _,
                Kept {
                    preview: Some(size),
                    ..
                },
            )) = &answer
            {
                progress.suspend(|| say_preview(terminal, &path, *size));
            }
            let answer = answer.and_then(|(shown, kept)| Ok((shown?, kept.kept)));
            self.count(answer.is_ok());
            match prints {
                true => progress.suspend(|| emit(path, answer))?,
                false => emit(path, answer)?,
            }
            progress.inc(1);
            Ok(())
        };
        let ran = pipeline.run(each, counted);
        progress.finish_and_clear();
        ran
    }

    /// Tells `emit` of those of `inputs` that can't be read, where nothing else is to be done.
    ///
    /// # Errors
    /// If `emit` fails.
    pub fn failures(
        &mut self,
        inputs: impl Iterator<Item = Input>,
        max_bytes: u64,
        mut emit: impl FnMut(PathBuf, PictureError) -> Result<()>,
    ) -> Result<()> {
        for input in inputs {
            let path = input.path().to_path_buf();
            if let Err(error) = input.read(max_bytes) {
                self.count(false);
                emit(path, error)?;
            }
        }
        Ok(())
    }

    /// Counts one picture more.
    fn count(&mut self, is_answered: bool) {
        match is_answered {
            true => self.answered += 1,
            false => self.failed += 1,
        }
    }

    /// Says how the run was.
    pub fn close(self, keep_going: bool) -> Outcome {
        let Self {
            answered, failed, ..
        } = self;
        self.terminal.say(&self.summary());
        if self.terminal.quiet && failed > 0 {
            let count = pictures(answered + failed);
            self.terminal
                .report_failure(&format!("{failed} of {count} failed"));
        }
        self.say_what_was_passed_by();
        match failed + self.done.1 {
            _ if INTERRUPTED.load(Ordering::Relaxed) => Outcome::Interrupted,
            0 => Outcome::Success,
            _ if keep_going => Outcome::Success,
            // With a single picture asked for and failed, nothing could be done either, but the
            // record was printed: it is the pictures that failed, not the run.
            _ => Outcome::SomeFailed,
        }
    }

    fn summary(&self) -> String {
        let count = self.answered + self.failed;
        let elapsed = self.started.elapsed();
        let mut parts = vec![pictures(count)];
        let (done, failed_before) = self.done;
        if done > 0 {
            let earlier = match failed_before {
                0 => String::new(),
                failed => format!(" ({failed} of them failed; --retry-failed tries them again)"),
            };
            parts.push(format!("{done} already done{earlier}"));
        }
        if self.failed > 0 {
            parts.push(format!("{} failed", self.failed));
        }
        if count > 0 {
            let rate = count as f64 / elapsed.as_secs_f64();
            let time = human_duration(elapsed);
            parts.push(format!("{time} ({rate:.1} pictures/s)"));
        }
        let left_out = self.left_out.unread();
        let left_out = left_out.map_or(String::new(), |unread| format!("; left out: {unread}"));
        parts.join(", ") + &left_out
    }

    fn say_what_was_passed_by(&self) {
        if MORE_ON_STDIN.load(Ordering::Relaxed) {
            self.terminal.warn(
                "several pictures came on standard input, and only the first was read; for many, \
                 pipe a tar archive to --tar -, or their names to --files-from -",
            );
        }
        let LeftOut { hidden, linked, .. } = self.left_out;
        if hidden > 0 {
            let message = format!("{hidden} hidden left out; --hidden takes them");
            self.terminal.detail(&message);
        }
        if linked > 0 {
            let message = format!("{linked} linked folders left out; --follow takes them");
            self.terminal.detail(&message);
        }
    }
}

/// `1 picture`, `2 pictures`.
pub fn pictures(count: u64) -> String {
    format!("{count} picture{}", if count == 1 { "" } else { "s" })
}

/// Says that what the camera saw was not developed.
fn say_preview(terminal: Terminal, path: &Path, (width, height): (usize, usize)) {
    let path = path.display();
    terminal.detail(&format!(
        "{path}: the camera's preview of {width} x {height} pixels is read, not its raw data"
    ));
}
