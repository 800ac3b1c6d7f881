//! A download on the terminal.

use std::sync::Mutex;
use std::sync::atomic::Ordering;

use indicatif::ProgressBar;

use crate::hub::Progress;
use crate::run::threads::INTERRUPTED;
use crate::terminal::Terminal;

/// Shows a download on the terminal.
pub struct Downloads {
    terminal: Terminal,
    bar: Mutex<ProgressBar>,
}

impl Downloads {
    pub fn new(terminal: Terminal) -> Self {
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
