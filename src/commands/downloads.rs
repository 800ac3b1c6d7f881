//! A download on the terminal.

use std::sync::Mutex;
use std::sync::atomic::Ordering;

use indicatif::{HumanBytes, ProgressBar};

use crate::hub::Progress;
use crate::run::threads::INTERRUPTED;
use crate::terminal::Terminal;

/// Bytes from which on a download takes long enough to be announced.
const WORTH_A_LINE: u64 = 1 << 20;

/// Shows a download on the terminal.
pub struct Downloads {
    terminal: Terminal,
    bar: Mutex<ProgressBar>,
    /// The file that was announced last: a retry begins it again.
    announced: Mutex<String>,
}

impl Downloads {
    pub fn new(terminal: Terminal) -> Self {
        Self {
            terminal,
            bar: ProgressBar::hidden().into(),
            announced: Mutex::default(),
        }
    }

    /// Says in a line what comes: it is there without a terminal too, and has room for the name.
    fn announce(&self, file: &str, total: Option<u64>) {
        let mut announced = self.announced.lock().expect("saying does not panic");
        if total.is_some_and(|total| total < WORTH_A_LINE) || *announced == file {
            return;
        }
        file.clone_into(&mut announced);
        let size = total.map_or(String::new(), |total| format!(" ({})", HumanBytes(total)));
        self.terminal.say(&format!("downloading {file}{size}"));
    }

    fn bar(&self) -> ProgressBar {
        self.bar.lock().expect("drawing does not panic").clone()
    }
}

impl Progress for Downloads {
    fn start(&self, file: &str, total: Option<u64>, already: u64) {
        self.announce(file, total);
        let bar = self.terminal.byte_progress(total);
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
