//! Records on their way to the sink.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::outcome::Outcome;
use super::page::Page;
use super::sort::Sorting;
use super::tally::Tally;
use crate::cli::OutputArgs;
use crate::error::PictureError;
use crate::ops::Pixels;
use crate::output::anew::{Whole, anew};
use crate::output::resume::{self, Done};
use crate::output::{self, Answer, Extras, Layout, Record, Sink, destination};
use crate::paths::Name;
use crate::picture::decode::Limits;
use crate::printable::Style;
use crate::run::inputs::{Input, Inputs};
use crate::run::pipeline::Pipeline;
use crate::terminal::Terminal;

/// What writes the records of one run.
pub struct Writer {
    records: Records,
    /// What gives the file its name at the end, where it had none.
    whole: Option<Whole>,
    /// Whether the records, or warnings, and the progress bar go to one terminal.
    shares_terminal: bool,
    /// What an earlier run wrote.
    done: Done,
    tally: Tally,
    terminal: Terminal,
}

/// Where records go.
struct Records {
    /// Nowhere, if a page is all that is wanted.
    sink: Option<Box<dyn Sink>>,
    /// The page that shows them.
    page: Option<Page>,
    /// What puts pictures into folders.
    sorting: Option<Sorting>,
    /// What is told what was wrong, where records can't say it.
    warned: Option<Terminal>,
}

/// Before what the system says.
pub const WRITING: &str = "can't write the output";

impl Writer {
    /// Opens what the records of `model` go to.
    ///
    /// # Errors
    /// If it can't be written, or can't be gone on with.
    pub fn open(
        args: &OutputArgs,
        layout: Layout,
        extras: Extras,
        model: &str,
        inputs: &Inputs,
        terminal: Terminal,
    ) -> Result<Self> {
        let mut tally = Tally::new(inputs.left_out.clone(), terminal);
        let mut whole = None;
        let (to, done, style): (Box<dyn Write>, _, _) = match &args.output {
            Some(path) if args.resume => {
                let (file, named, done) = resume::open(path, model, args.retry_failed)?;
                whole = Some(named);
                (Box::new(file), done, Style::default())
            }
            Some(path) => {
                let (file, named) = anew(path)?;
                whole = Some(named);
                (Box::new(file), Done::default(), Style::default())
            }
            None => (
                destination::stdout(),
                Done::default(),
                terminal.stdout_style(),
            ),
        };
        tally.done = (done.names.len() as u64, done.failed);
        let page = args.report.as_deref().map(|path| Page::open(path, model));
        let is_shown = !args.is_page_alone() || extras.sorted;
        let warns = matches!(layout, Layout::Template(..)) || !is_shown;
        let options = output::Options {
            layout,
            extras,
            header: !args.no_header,
            model: model.to_owned(),
            style,
        };
        Ok(Self {
            records: Records {
                sink: is_shown.then(|| output::sink(to, options)),
                page: page.transpose()?,
                sorting: None,
                warned: warns.then_some(terminal),
            },
            whole,
            shares_terminal: style.terminal || warns,
            done,
            tally,
            terminal,
        })
    }

    /// From now on pictures are put into folders before their records are written.
    pub fn sort(&mut self, sorting: Option<Sorting>) {
        self.records.sorting = sorting;
    }

    /// The inputs that no earlier run has answered, and their number where it is known before the
    /// last has come.
    pub fn left_of(
        &self,
        inputs: Inputs,
    ) -> (impl Iterator<Item = Input> + Send + use<>, Option<u64>) {
        let names = self.done.names.clone();
        let is_left = move |input: &Input| !names.contains(&Name::of(input.path()));
        inputs.only(is_left).counted()
    }

    /// Runs the pipeline into the sink. Pictures without an answer and without an error are left out.
    ///
    /// # Errors
    /// If the sink fails.
    pub fn answers(
        &mut self,
        pipeline: Pipeline<Option<Vec<u8>>>,
        count: Option<u64>,
        each: impl FnMut(&[Pixels]) -> Result<Vec<Result<Option<Answer>, PictureError>>>,
    ) -> Result<()> {
        let Self { records, tally, .. } = self;
        let mut unsorted = 0;
        let emit = |path, answer: Result<(Option<Answer>, _), _>| {
            let outcome = match answer {
                Ok((None, _)) => return Ok(()),
                Ok((Some(answer), thumbnail)) => Ok(Answer {
                    thumbnail,
                    ..answer
                }),
                Err(error) => Err(error),
            };
            unsorted += u64::from(!records.write(path, outcome)?);
            Ok(())
        };
        let ran = tally.run(pipeline, count, self.shares_terminal, each, emit);
        tally.answered -= unsorted;
        tally.failed += unsorted;
        ran
    }

    /// Writes the records of inputs that can't be read.
    ///
    /// # Errors
    /// If the sink fails.
    pub fn failures(&mut self, inputs: impl Iterator<Item = Input>, limits: Limits) -> Result<()> {
        let Self { records, tally, .. } = self;
        tally.failures(inputs, limits.max_bytes, |path, error| {
            records.write(path, Err(error)).map(|_| ())
        })
    }

    /// Closes the sink, however the run ended, and says how it was.
    ///
    /// # Errors
    /// What `written` holds, or if the sink can't be closed.
    pub fn close(self, written: Result<()>, keep_going: bool) -> Result<Outcome> {
        written?;
        let Records { sink, page, .. } = self.records;
        if let Some(mut sink) = sink {
            sink.finish().context(WRITING)?;
        }
        page.map_or(Ok(()), Page::close)?;
        let outcome = self.tally.close(keep_going);
        match self.whole {
            Some(whole) if outcome == Outcome::Interrupted => {
                if let Some(part) = whole.part() {
                    let part = part.display();
                    self.terminal.warn(&format!(
                        "what was written until then is in {part}; the same with --resume goes on"
                    ));
                }
            }
            whole => whole.map_or(Ok(()), Whole::finish)?,
        }
        Ok(outcome)
    }
}

impl Records {
    /// Puts the picture where it belongs and writes its record; says whether it is where it belongs.
    fn write(&mut self, path: PathBuf, outcome: Result<Answer, PictureError>) -> Result<bool> {
        let failed = outcome.is_err();
        let outcome = match (outcome, &mut self.sorting) {
            (Ok(answer), Some(sorting)) => sorting.sort(&path, answer)?,
            (outcome, _) => outcome,
        };
        let record = Record { path, outcome };
        if let (Some(terminal), Err(error)) = (&self.warned, &record.outcome) {
            terminal.warn_of(&record.path, error);
        }
        if let Some(sink) = &mut self.sink {
            sink.record(&record).context(WRITING)?;
        }
        if let Some(page) = &mut self.page {
            page.write(&record)?;
        }
        Ok(failed || record.outcome.is_ok())
    }
}
