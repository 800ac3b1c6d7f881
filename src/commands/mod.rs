//! One file per subcommand.

mod bench;
mod classify;
mod completions;
mod download;
mod info;
mod man;
mod models;
pub mod outcome;

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use indicatif::ProgressBar;

use crate::cli::{Cli, Command};
use outcome::Outcome;

use crate::hub::Progress;
use crate::terminal::Terminal;

/// Set by Ctrl-C; whatever runs closes its output and ends.
pub static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Runs the subcommand.
///
/// # Errors
/// If it could not do anything at all.
pub fn run(cli: Cli) -> Result<Outcome> {
    let terminal = Terminal {
        quiet: cli.quiet,
        verbose: cli.verbose,
        color: cli.color,
    };
    match cli.command {
        Command::Classify(args) => classify::run(*args, terminal),
        Command::Models(args) => models::run(&args),
        Command::Info(args) => info::run(args, terminal),
        Command::Download(args) => download::run(&args, terminal),
        Command::Bench(args) => bench::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(_) => man::run(),
    }
}

/// Shows a download on the terminal.
struct Downloads {
    terminal: Terminal,
    bar: std::sync::Mutex<ProgressBar>,
}

impl Downloads {
    fn new(terminal: Terminal) -> Self {
        Self {
            terminal,
            bar: ProgressBar::hidden().into(),
        }
    }

    fn bar(&self) -> ProgressBar {
        self.bar.lock().expect("drawing does not panic").clone()
    }
}

impl Progress for Downloads {
    fn start(&self, file: &str, total: Option<u64>, already: u64) {
        let bar = self.terminal.byte_progress(file, total);
        bar.set_position(already);
        // The time to come is told by what comes now, not by what was there.
        bar.reset_eta();
        *self.bar.lock().expect("drawing does not panic") = bar;
    }

    fn advance(&self, bytes: u64) {
        self.bar().inc(bytes);
    }

    fn note(&self, message: &str) {
        self.bar().suspend(|| self.terminal.say(message));
    }

    fn finish(&self) {
        self.bar().finish_and_clear();
    }

    fn cancelled(&self) -> bool {
        INTERRUPTED.load(Ordering::Relaxed)
    }
}

/// The number of threads to use: as asked, or one per core.
fn threads(asked: Option<usize>) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    asked.unwrap_or_else(cores)
}

/// Sets up the pool that the network runs in.
fn start_pool(threads: usize) -> Result<()> {
    Ok(rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()?)
}
