//! Checkpoints from the Hugging Face Hub to local files.
//!
//! The `hf-hub` crate knows repositories, revisions and the cache that is shared with Python's
//! huggingface_hub. It is not trusted with the bytes: its transfer can leave a short body, an
//! error page or a doubled file under a good name (see Cargo.toml). Here a file gets its name
//! only after its size and hash have been checked:
//!
//! - [`settings`]: the environment, as Python's client reads it;
//! - `transfer`: the requests that Python's client makes, resumed, checked and tried again;
//! - `http`: one request: where the token goes, how long to wait, what a status means;
//! - `retry`, `url`: when to try again; what a redirect means;
//! - `partial`, `digest`: the bytes on the way, and the hash that an etag stands for;
//! - `cache`, `lock`: names, links, and one writer at a time;
//! - `version`, `error`, `progress`: what the others hand to each other and to the caller.
//!
//! No two files here import each other. From the ground up: `error`, `one_line`, `url`,
//! `version`, `progress`; `digest`, `settings`, `retry`; `lock`, `partial`; `cache`; `http`;
//! `transfer`; this file.

mod cache;
mod digest;
mod error;
mod http;
mod lock;
mod one_line;
mod partial;
mod progress;
mod retry;
pub mod settings;
mod transfer;
mod url;
mod version;

use std::path::PathBuf;

pub use error::HubError;
pub use progress::Progress;
use settings::Settings;

use cache::Entry;
use partial::Partial;
use retry::Patience;
use transfer::Transfer;

/// A Hub and its local cache.
#[derive(Clone, Debug)]
pub struct Hub {
    settings: Settings,
}

impl Hub {
    /// As the environment says; `offline` forbids connecting as `HF_HUB_OFFLINE` does.
    ///
    /// # Errors
    /// If the environment says something impossible.
    pub fn from_env(offline: bool) -> anyhow::Result<Self> {
        let mut settings = Settings::from_env()?;
        settings.offline |= offline;
        Ok(Self { settings })
    }

    /// With these settings.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// The cached file, if there is one; never connects. `revision` is a branch, a tag or a
    /// commit.
    pub fn cached(&self, repo: &str, revision: &str, file: &str) -> Option<PathBuf> {
        let entry = Entry::new(&self.settings.cache, repo, revision, file).ok()?;
        entry.cached()
    }

    /// The cached file, without asking whether there is a newer one; else downloads it.
    ///
    /// # Errors
    /// If it is not cached and can't be downloaded whole.
    pub fn get(
        &self,
        repo: &str,
        revision: &str,
        file: &str,
        progress: &dyn Progress,
    ) -> Result<PathBuf, HubError> {
        let entry = Entry::new(&self.settings.cache, repo, revision, file)?;
        match entry.cached() {
            Some(path) => Ok(path),
            None => self.download(&entry, Patience::long(), progress),
        }
    }

    /// Asks the Hub for the newest version and downloads it unless it is cached; falls back to
    /// the cached file if the Hub can't be reached or is not to be. A commit never changes, so
    /// of a cached one nothing is asked.
    ///
    /// # Errors
    /// As [`Hub::get`].
    pub fn refresh(
        &self,
        repo: &str,
        revision: &str,
        file: &str,
        progress: &dyn Progress,
    ) -> Result<PathBuf, HubError> {
        let entry = Entry::new(&self.settings.cache, repo, revision, file)?;
        let Some(path) = entry.cached() else {
            return self.download(&entry, Patience::long(), progress);
        };
        if self.settings.offline || entry.is_of_commit() {
            return Ok(path);
        }
        match self.download(&entry, Patience::short(), progress) {
            Err(e) if e.leaves_older_file() => {
                let what = e.what();
                progress.note(&format!(
                    "{what}; using the file that was downloaded before"
                ));
                Ok(path)
            }
            result => result,
        }
    }

    fn download(
        &self,
        entry: &Entry,
        patience: Patience,
        progress: &dyn Progress,
    ) -> Result<PathBuf, HubError> {
        if self.settings.offline {
            return Err(HubError::Offline {
                file: entry.to_string(),
            });
        }
        let transfer = Transfer::new(&self.settings)?;
        let version = transfer.version(entry, patience, progress)?;
        if !entry.has_blob(&version) {
            let lock = entry.lock(&version.etag, progress)?;
            // Whoever held the lock may have been downloading this very file.
            if !entry.has_blob(&version) {
                let partial = Partial::open(lock.partial(), &version)?;
                transfer.body(entry, &version, partial, progress)?;
                entry.name(&lock, &version)?;
            }
        }
        entry.publish(&version)
    }
}
