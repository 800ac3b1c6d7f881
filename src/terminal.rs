//! Standard error: warnings, progress and the summary.

use std::fmt;
use std::io::{IsTerminal, Stdout, Write, stderr, stdout};
use std::path::Path;
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::error::PictureError;
use crate::printable::{Style, printable};

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`.
    #[default]
    Auto,
    /// Also into files and pipes.
    Always,
    /// Not at all.
    Never,
}

/// What is said beside the data, and how.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// Say nothing but errors.
    pub quiet: bool,
    /// Say what is done and how long it took.
    pub verbose: bool,
    /// See [`Color`].
    pub color: Color,
}

fn set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

impl Terminal {
    /// How text on standard output looks.
    pub fn stdout_style(&self) -> Style {
        let terminal = stdout().is_terminal();
        let color = match self.color {
            Color::Always => true,
            Color::Never => false,
            // NO_COLOR, CLICOLOR_FORCE, CLICOLOR and TERM, as other programs understand them.
            Color::Auto => AutoStream::choice(&stdout()) != ColorChoice::Never,
        };
        if color {
            // Older consoles of Windows show escape sequences only when asked to.
            let _ = anstyle_query::windows::enable_ansi_colors();
        }
        Style { color, terminal }
    }

    /// Something that the user should know.
    pub fn warn(&self, message: &str) {
        if !self.quiet {
            write_line(&format!("warning: {}", shown(message)));
        }
    }

    /// A picture that has no answer, where no record says so.
    pub fn warn_of(&self, path: &Path, error: &PictureError) {
        self.warn(&format!("{}: {}", path.display(), error.message));
    }

    /// A remark on the run as a whole.
    pub fn say(&self, message: &str) {
        if !self.quiet {
            write_line(&shown(message));
        }
    }

    /// What went wrong with a part of the run, where nothing else says so.
    pub fn report_failure(&self, message: &str) {
        write_line(&shown(message));
    }

    /// A detail, with `-v`.
    pub fn detail(&self, message: &str) {
        if self.verbose {
            self.say(message);
        }
    }

    fn draws_progress(&self) -> bool {
        !self.quiet && stderr().is_terminal()
    }

    /// A bar over `total` pictures, or a count where the total is not known.
    pub fn picture_progress(&self, total: Option<u64>) -> ProgressBar {
        // One picture is done before a bar could be read. What reads a pipe mostly writes to the same
        // terminal, and would tear the bar.
        if !self.draws_progress() || total == Some(1) || is_pipe(&stdout()) {
            return ProgressBar::hidden();
        }
        let template = match total {
            Some(_) => "{bar:30} {pos}/{len} pictures  {rate}  {eta} left",
            None => "{spinner} {pos} pictures  {rate}",
        };
        bar(total, template)
    }

    /// A bar over the bytes of a file.
    pub fn byte_progress(&self, total: Option<u64>) -> ProgressBar {
        if !self.draws_progress() || set("HF_HUB_DISABLE_PROGRESS_BARS") {
            return ProgressBar::hidden();
        }
        let template = match total {
            Some(_) => {
                "{bar:30} {binary_bytes}/{binary_total_bytes}  {binary_bytes_per_sec}  {eta} left"
            }
            None => "{spinner} {binary_bytes}  {binary_bytes_per_sec}",
        };
        bar(total, template)
    }
}

#[cfg(unix)]
fn is_pipe(stdout: &Stdout) -> bool {
    use std::fs::File;
    use std::os::fd::AsFd;
    use std::os::unix::fs::FileTypeExt;
    let copy = stdout.as_fd().try_clone_to_owned().map(File::from);
    let metadata = copy.and_then(|file| file.metadata());
    metadata.is_ok_and(|metadata| metadata.file_type().is_fifo())
}

/// What is neither a terminal nor a file can't be told from a pipe.
#[cfg(not(unix))]
fn is_pipe(stdout: &Stdout) -> bool {
    !stdout.is_terminal()
}

fn bar(total: Option<u64>, template: &str) -> ProgressBar {
    // Ten frames a second cost next to nothing.
    let target = ProgressDrawTarget::stderr_with_hz(10);
    let bar = ProgressBar::with_draw_target(total, target);
    let style = ProgressStyle::with_template(template).expect("templates are constants");
    let rate = |state: &ProgressState, to: &mut dyn fmt::Write| {
        // A bar that can't be drawn is no reason to stop.
        let _ = write!(to, "{:.1} pictures/s", state.per_sec());
    };
    bar.set_style(style.with_key("rate", rate));
    bar
}

/// A duration as a person would say it.
pub fn human_duration(duration: Duration) -> String {
    match duration.as_secs() {
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{:.1} s", duration.as_secs_f64()),
        _ => HumanDuration(duration).to_string(),
    }
}

fn shown(message: &str) -> String {
    if stderr().is_terminal() {
        printable(message)
    } else {
        message.to_owned()
    }
}

/// Says why nothing could be done: one line, the causes behind it.
pub fn fail(error: &anyhow::Error) {
    write_line(&shown(&format!("{error:#}")));
}

/// A closed standard error is no reason to end the run.
fn write_line(text: &str) {
    let _ = writeln!(stderr(), "effnet: {text}");
}
