//! Parse, run, report, exit code.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use effnet::program::{INTERRUPTED, Outcome, fail, is_guarded, parse, run};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

/// Activations of several megabytes come and go with every layer; the system allocator would give
/// each back to the kernel and have it cleared again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ! {
    let cli = parse();
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
    if outcome == Outcome::Interrupted {
        // The shell must see the signal, or a loop around this program would go on.
        let _ = low_level::emulate_default_handler(SIGNAL.load(Ordering::Relaxed) as i32);
    }
    low_level::exit(outcome.code())
}

/// The signal that came.
static SIGNAL: AtomicUsize = AtomicUsize::new(0);

/// The first signal ends the run in good order; the second ends the process, since whatever it
/// waits for is not worth it.
fn listen_for_signals() -> anyhow::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_default(signal, &INTERRUPTED)?;
        flag::register_usize(signal, &SIGNAL, signal as usize)?;
        flag::register(signal, &INTERRUPTED)?;
    }
    Ok(())
}

/// Whether the reader of our output went away, as `head` does.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref().map(io::Error::kind);
        // serde_json does not name the cause of its own errors.
        let json = cause
            .downcast_ref()
            .and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(io::ErrorKind::BrokenPipe)
    })
}
