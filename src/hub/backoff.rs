//! When to retry a request, and after which pause.

use std::hash::{BuildHasher, RandomState};
use std::thread::sleep;
use std::time::Duration;

use super::error::HubError;
use super::progress::Progress;

/// The longest pause after the first failed attempt; it doubles from one to the next.
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
        let wait = self.next_pause(error.retry_after(), random_fraction());
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

    /// At least what the server asks for; else between half of the pause and the whole of it, by
    /// `fraction`. Processes that one failure hits at once, as under `xargs -P`, would otherwise
    /// all come back at the same moment, again and again.
    fn next_pause(&self, asked: Option<Duration>, fraction: f64) -> Duration {
        let half = self.pause / 2;
        let drawn = half + half.mul_f64(fraction);
        drawn.max(asked.unwrap_or_default())
    }
}

/// From 0 to 1, and another in each process and at each call: the keys of the standard library's
/// hashers come from the system's random numbers.
fn random_fraction() -> f64 {
    let bits = (RandomState::new().hash_one(()) >> 32) as u32;
    f64::from(bits) / f64::from(u32::MAX)
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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::Instant;

    use super::*;

    /// Keeps what is said.
    #[derive(Default)]
    struct Notes(RefCell<Vec<String>>);

    impl Progress for Notes {
        fn start(&self, _: &str, _: Option<u64>, _: u64) {}
        fn advance(&self, _: u64) {}
        fn note(&self, message: &str) {
            self.0.borrow_mut().push(message.to_owned());
        }
        fn finish(&self) {}
    }

    fn server_error(status: u16, retry_after: Option<Duration>) -> HubError {
        HubError::Server {
            host: "hub.example".to_owned(),
            file: "a/b/c".to_owned(),
            status,
            retry_after,
        }
    }

    #[test]
    fn a_pause_is_between_half_and_the_whole() {
        let backoff = Backoff::long();
        let pause = |fraction| backoff.next_pause(None, fraction);
        assert_eq!(pause(0.0), Duration::from_millis(125));
        assert_eq!(pause(1.0), Duration::from_millis(250));
        for _ in 0..1000 {
            let pause = pause(random_fraction());
            assert!(
                (FIRST_PAUSE / 2..=FIRST_PAUSE).contains(&pause),
                "{pause:?}"
            );
        }
    }

    #[test]
    fn pauses_differ() {
        let fractions: Vec<f64> = (0..10).map(|_| random_fraction()).collect();
        assert!(
            fractions.iter().any(|f| *f != fractions[0]),
            "{fractions:?}"
        );
    }

    #[test]
    fn what_the_server_asks_for_is_the_least() {
        let backoff = Backoff::long();
        for fraction in [0.0, 0.5, 1.0] {
            let asked = |milliseconds| Some(Duration::from_millis(milliseconds));
            assert_eq!(
                backoff.next_pause(asked(7000), fraction),
                Duration::from_secs(7)
            );
            assert!(backoff.next_pause(asked(0), fraction) >= FIRST_PAUSE / 2);
        }
    }

    #[test]
    fn pauses_double_until_no_attempt_is_left() {
        let mut backoff = Backoff::new(3, Duration::from_secs(60));
        let notes = Notes::default();
        let started = Instant::now();
        assert!(backoff.pause_after(server_error(503, None), &notes).is_ok());
        assert!(backoff.pause_after(server_error(503, None), &notes).is_ok());
        let waited = started.elapsed();
        assert!(waited >= (FIRST_PAUSE + FIRST_PAUSE * 2) / 2, "{waited:?}");
        assert_eq!(backoff.pause, FIRST_PAUSE * 4);
        assert!(
            backoff
                .pause_after(server_error(503, None), &notes)
                .is_err()
        );
        assert_eq!(notes.0.borrow().len(), 2);
    }

    #[test]
    fn what_will_not_pass_is_not_waited_for() {
        let too_long = Some(Duration::from_secs(3600));
        for error in [server_error(418, None), server_error(503, too_long)] {
            let notes = Notes::default();
            assert!(Backoff::long().pause_after(error, &notes).is_err());
            assert!(notes.0.borrow().is_empty());
        }
    }
}
