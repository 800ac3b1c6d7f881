//! When to retry a request, and after which pause.

use std::thread::sleep;
use std::time::Duration;

use super::error::HubError;
use super::progress::Progress;

/// The pause after the first failed attempt; it doubles from one to the next.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// How often to check whether the user has stopped the download.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// How many attempts are left, and how long the pauses between them are.
pub(super) struct Backoff {
    attempts: u32,
    left: u32,
    pause: Duration,
    longest_pause: Duration,
}

impl Backoff {
    /// For a request whose answer is needed.
    pub fn long() -> Self {
        Self::new(5, Duration::from_secs(60))
    }

    /// For a request that has a cached file to fall back to.
    pub fn short() -> Self {
        Self::new(2, Duration::from_secs(5))
    }

    fn new(attempts: u32, longest_pause: Duration) -> Self {
        Self {
            attempts,
            left: attempts,
            pause: FIRST_PAUSE,
            longest_pause,
        }
    }

    /// Starts from the beginning, after an attempt that brought some bytes: over a connection
    /// that breaks now and then, a download still gets to its end.
    pub fn reset(&mut self) {
        self.left = self.attempts;
        self.pause = FIRST_PAUSE;
    }

    /// Pauses before the next attempt, at least as long as the server asks for.
    ///
    /// # Errors
    /// `error` itself if it is not transient, if no attempt is left, or if the server asks for
    /// too long a pause; [`HubError::Cancelled`] if the user stops the download.
    pub fn pause_after(
        &mut self,
        error: HubError,
        progress: &dyn Progress,
    ) -> Result<(), HubError> {
        self.left -= 1;
        let wait = self.pause.max(error.retry_after().unwrap_or_default());
        if self.left == 0 || !error.is_transient() || wait > self.longest_pause {
            return Err(error);
        }
        progress.note(&format!(
            "{}; trying again in {:.1} s",
            error.what(),
            wait.as_secs_f64(),
        ));
        self.pause *= 2;
        sleep_unless_cancelled(wait, progress)
    }
}

fn sleep_unless_cancelled(wait: Duration, progress: &dyn Progress) -> Result<(), HubError> {
    let mut left = wait;
    while !left.is_zero() {
        if progress.cancelled() {
            return Err(HubError::Cancelled);
        }
        sleep(left.min(POLL_INTERVAL));
        left = left.saturating_sub(POLL_INTERVAL);
    }
    Ok(())
}
