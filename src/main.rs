//! Parse, run, report, exit code.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use clap::Parser;
use effnet::cli::Cli;
use effnet::commands::{self, INTERRUPTED};
use effnet::decode;
use effnet::error::Outcome;
use effnet::terminal;

/// Activations of several megabytes come and go with every layer; the system allocator would give
/// each back to the kernel and have it cleared again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    std::panic::set_hook(Box::new(|panic| {
        if !decode::is_guarded() {
            terminal::fail(&anyhow::anyhow!("this is a bug: {panic}"));
        }
    }));
    let handler = ctrlc::set_handler(|| {
        // The second time, whatever is being waited for is not worth it.
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    let run = || {
        handler
            .map_err(Into::into)
            .and_then(|()| commands::run(cli))
    };
    let Ok(result) = catch_unwind(AssertUnwindSafe(run)) else {
        return Outcome::Failed.into();
    };
    match result {
        Ok(outcome) => outcome.into(),
        Err(error) if is_broken_pipe(&error) => Outcome::Success.into(),
        Err(_) if INTERRUPTED.load(Ordering::Relaxed) => Outcome::Interrupted.into(),
        Err(error) => {
            terminal::fail(&error);
            Outcome::Failed.into()
        }
    }
}

/// Whether the reader of our output went away, as `head` does.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let error = cause.downcast_ref::<io::Error>();
        error.is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
    })
}
