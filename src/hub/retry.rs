//! Trying again, and when not to.

use std::thread::sleep;
use std::time::Duration;

use super::error::HubError;
use super::progress::Progress;

/// The pause after the first failed attempt; it doubles from one to the next.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// How often and how long to try.
pub(super) struct Patience {
    attempts: u32,
    left: u32,
    pause: Duration,
    longest: Duration,
}

impl Patience {
    /// For what can't be done without the answer.
    pub fn long() -> Self {
        Self::new(5, Duration::from_secs(60))
    }

    /// For what has something to fall back on.
    pub fn short() -> Self {
        Self::new(2, Duration::from_secs(5))
    }

    fn new(attempts: u32, longest: Duration) -> Self {
        Self {
            attempts,
            left: attempts,
            pause: FIRST_PAUSE,
            longest,
        }
    }

    /// Something came of the last attempt: a link that breaks now and then gets there in the end.
    pub fn renew(&mut self) {
        self.left = self.attempts;
        self.pause = FIRST_PAUSE;
    }

    /// Waits before the next attempt, as long as the server asks for.
    ///
    /// # Errors
    /// `error` itself if trying again would not help; [`HubError::Cancelled`].
    pub fn wait_after(&mut self, error: HubError, progress: &dyn Progress) -> Result<(), HubError> {
        self.left -= 1;
        let wait = self.pause.max(error.retry_after().unwrap_or_default());
        if self.left == 0 || !error.is_passing() || wait > self.longest {
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
    let step = Duration::from_millis(50);
    let mut left = wait;
    while !left.is_zero() {
        if progress.cancelled() {
            return Err(HubError::Cancelled);
        }
        sleep(left.min(step));
        left = left.saturating_sub(step);
    }
    Ok(())
}
