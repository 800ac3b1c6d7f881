//! One writer per blob, in this process and others, Python's client included.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use super::error::HubError;
use super::progress::Progress;

/// How often to check whether the other process has finished.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Held while a blob is written; the system releases it if the process dies.
pub(super) struct Lock {
    /// `None` where the file system has no locks.
    file: Option<File>,
    partial: PathBuf,
}

impl Lock {
    /// Waits for as long as another process holds it.
    ///
    /// # Errors
    /// If the cache can't be written, or the user stops the download.
    pub fn wait(
        path: &Path,
        blob: &Path,
        what: &str,
        progress: &dyn Progress,
    ) -> Result<Self, HubError> {
        let file = open(path).map_err(|e| HubError::cache(path, e))?;
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self::shared(file, blob)),
                Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Unsupported => {
                    return Ok(Self::alone(blob));
                }
                Err(TryLockError::Error(e)) => return Err(HubError::cache(path, e)),
                Err(TryLockError::WouldBlock) => {}
            }
            if progress.cancelled() {
                return Err(HubError::Cancelled);
            }
            if !told {
                told = true;
                progress.note(&format!("waiting: another process is downloading {what}"));
            }
            sleep(POLL_INTERVAL);
        }
    }

    fn shared(file: File, blob: &Path) -> Self {
        Self {
            file: Some(file),
            partial: blob.with_added_extension("incomplete"),
        }
    }

    /// Without a lock each process needs an unfinished file of its own, as with Python's newer
    /// clients.
    fn alone(blob: &Path) -> Self {
        let name = format!("{}.incomplete", std::process::id());
        Self {
            file: None,
            partial: blob.with_added_extension(name),
        }
    }

    /// The path of the unfinished file.
    pub fn partial(&self) -> &Path {
        &self.partial
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.file.is_none() {
            // Its name has this process's number in it, so no later run would resume it.
            let _ = fs::remove_file(&self.partial);
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    let opened = File::options().create(true).append(true).open(path);
    match opened {
        // It belongs to another user of the same cache, and can be locked without writing.
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => File::open(path).map_err(|_| e),
        opened => opened,
    }
}
