//! Records on their way to the sink, and what became of the pictures.

use std::fs::File;
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::{Context, Result};
use indicatif::ProgressBar;

use super::outcome::Outcome;
use crate::checkpoint::labels::Prediction;
use crate::error::PictureError;
use crate::output::resume::Done;
use crate::output::{Name, Record, Sink, destination};
use crate::picture::decode::Limits;
use crate::run::inputs::{Input, Inputs, LeftOut};
use crate::run::pipeline::Pipeline;
use crate::run::threads::INTERRUPTED;
use crate::terminal::{Terminal, human_duration};

/// How many pictures were answered.
#[derive(Clone, Copy, Default)]
pub struct Tally {
    pub classified: u64,
    pub failed: u64,
}

/// What writes the records of one run.
pub struct Writer {
    pub sink: Box<dyn Sink>,
    /// The file that is emptied before the first record.
    pub anew: Option<File>,
    /// Whether the records and the progress bar go to one terminal.
    pub shares_terminal: bool,
    /// What an earlier run wrote.
    pub done: Done,
    pub left_out: LeftOut,
    pub tally: Tally,
    pub started: Instant,
}

/// What one picture shows.
type Answer = Result<Vec<Prediction>, PictureError>;

const WRITING: &str = "can't write the output";

impl Writer {
    /// The inputs that no earlier run has answered, and their number where it is known before the
    /// last has come.
    pub fn left_of(
        &self,
        inputs: Inputs,
    ) -> (impl Iterator<Item = Input> + Send + use<>, Option<u64>) {
        let names = self.done.names.clone();
        let is_left = move |input: &Input| !names.contains(&Name::of(input.path()));
        let Inputs { named, listed, .. } = inputs;
        let named: Vec<_> = named.into_iter().filter(&is_left).collect();
        let count = listed.is_none().then_some(named.len() as u64);
        let listed = listed.into_iter().flatten().filter(is_left);
        (named.into_iter().chain(listed), count)
    }

    /// Runs the pipeline into the sink.
    ///
    /// # Errors
    /// If the sink fails.
    pub fn answers(
        &mut self,
        pipeline: Pipeline,
        each: impl FnMut(&[Vec<f32>]) -> Result<Vec<Answer>>,
        progress: &ProgressBar,
    ) -> Result<()> {
        self.begin()?;
        let emit = |path, answer: Result<Answer, PictureError>| {
            let record = Record {
                path,
                outcome: answer.flatten(),
            };
            match self.shares_terminal {
                true => progress.suspend(|| self.record(&record))?,
                false => self.record(&record)?,
            }
            progress.inc(1);
            Ok(())
        };
        let ran = pipeline.run(each, emit);
        progress.finish_and_clear();
        ran
    }

    /// Writes the records of inputs that can't be read.
    ///
    /// # Errors
    /// If the sink fails.
    pub fn failures(&mut self, inputs: impl Iterator<Item = Input>, limits: Limits) -> Result<()> {
        self.begin()?;
        for input in inputs {
            let path = input.path().to_path_buf();
            if let Err(error) = input.read(limits.max_bytes) {
                self.record(&Record {
                    path,
                    outcome: Err(error),
                })?;
            }
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<()> {
        self.anew
            .take()
            .map_or(Ok(()), |file| destination::empty(&file))
    }

    fn record(&mut self, record: &Record) -> Result<()> {
        match record.outcome {
            Ok(_) => self.tally.classified += 1,
            Err(_) => self.tally.failed += 1,
        }
        self.sink.record(record).context(WRITING)
    }

    /// Closes the sink, however the run ended, and says how it was.
    ///
    /// # Errors
    /// What `written` holds, or if the sink can't be closed.
    pub fn close(
        mut self,
        written: Result<()>,
        terminal: &Terminal,
        keep_going: bool,
    ) -> Result<Outcome> {
        written?;
        self.sink.finish().context(WRITING)?;
        let Tally { classified, failed } = self.tally;
        terminal.say(&self.summary());
        if terminal.quiet && failed > 0 {
            let count = classified + failed;
            terminal.report_failure(&format!("{failed} of {} failed", pictures(count)));
        }
        self.say_what_was_passed_by(terminal);
        Ok(match failed + self.done.failed {
            _ if INTERRUPTED.load(Ordering::Relaxed) => Outcome::Interrupted,
            0 => Outcome::Success,
            _ if keep_going => Outcome::Success,
            // With a single picture asked for and failed, nothing could be done either, but the
            // record was printed: it is the pictures that failed, not the run.
            _ => Outcome::SomeFailed,
        })
    }

    fn summary(&self) -> String {
        let Tally { classified, failed } = self.tally;
        let count = classified + failed;
        let elapsed = self.started.elapsed();
        let mut parts = vec![pictures(count)];
        let done = self.done.names.len();
        if done > 0 {
            let earlier = match self.done.failed {
                0 => String::new(),
                failed => format!(" ({failed} of them failed; --retry-failed tries them again)"),
            };
            parts.push(format!("{done} already done{earlier}"));
        }
        if failed > 0 {
            parts.push(format!("{failed} failed"));
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

    fn say_what_was_passed_by(&self, terminal: &Terminal) {
        let LeftOut { hidden, linked, .. } = self.left_out;
        if hidden > 0 {
            terminal.detail(&format!("{hidden} hidden left out; --hidden takes them"));
        }
        if linked > 0 {
            terminal.detail(&format!(
                "{linked} linked folders left out; --follow takes them"
            ));
        }
    }
}

fn pictures(count: u64) -> String {
    format!("{count} picture{}", if count == 1 { "" } else { "s" })
}
