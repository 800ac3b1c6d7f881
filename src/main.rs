//! Parse, run, report, exit code.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use clap::Parser;
use effnet::program::{Cli, INTERRUPTED, Outcome, fail, is_guarded, run};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

/// Activations of several megabytes come and go with every layer; the system allocator would give
/// each back to the kernel and have it cleared again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ! {
    let cli = Cli::parse();
    std::panic::set_hook(Box::new(|panic| {
        if !is_guarded() {
            fail(&anyhow::anyhow!("this is a bug: {panic}"));
        }
    }));
    let run = || listen_for_signals().and_then(|()| run(cli));
    let outcome = match catch_unwind(AssertUnwindSafe(run)) {
        Err(_) => Outcome::Failed,
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) if is_broken_pipe(&error) => Outcome::Success,
        Ok(Err(_)) if INTERRUPTED.load(Ordering::Relaxed) => Outcome::Interrupted,
        Ok(Err(error)) => {
            fail(&error);
            Outcome::Failed
        }
    };
    // Everything was flushed, with its errors told, where it was written. What is left is memory,
    // and the kernel takes that back at once where the allocator would do so piece by piece.
    let _ = io::stdout().flush();
    low_level::exit(outcome.code())
}

/// The first signal ends the run in good order; the second ends the process, since whatever it
/// waits for is not worth it.
fn listen_for_signals() -> anyhow::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        let code = Outcome::Interrupted.code();
        flag::register_conditional_shutdown(signal, code, &INTERRUPTED)?;
        flag::register(signal, &INTERRUPTED)?;
    }
    Ok(())
}

/// Whether the reader of our output went away, as `head` does.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let error = cause.downcast_ref::<io::Error>();
        error.is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
    })
}
