//! Parse, run, report, exit code.

use std::process::ExitCode;
use std::sync::atomic::Ordering;

use clap::Parser;
use effnet::cli::Cli;
use effnet::commands::{self, INTERRUPTED};
use effnet::error::Outcome;
use effnet::terminal;

/// Activations of several megabytes come and go with every layer; the system allocator would give
/// each back to the kernel and have it cleared again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // A decoder that panics on a damaged picture makes a record; its backtrace helps nobody.
    std::panic::set_hook(Box::new(|_| {}));
    let handler = ctrlc::set_handler(|| {
        // The second time, whatever is being waited for is not worth it.
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    let result = handler
        .map_err(Into::into)
        .and_then(|()| commands::run(cli));
    match result {
        Ok(outcome) => outcome.into(),
        Err(_) if INTERRUPTED.load(Ordering::Relaxed) => Outcome::Interrupted.into(),
        Err(error) => {
            terminal::fail(&error);
            Outcome::Failed.into()
        }
    }
}
