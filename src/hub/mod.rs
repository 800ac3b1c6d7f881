//! Checkpoints from the Hugging Face Hub to local files.
//!
//! The `hf-hub` crate knows repositories, revisions and the cache that is shared with Python's
//! huggingface_hub. It is not trusted with the bytes: its transfer can store a short body, an
//! error page or a body twice as if it were the file (Cargo.toml says when). Here a file gets
//! its name only after its size and hash have been checked:
//!
//! - [`settings`]: the environment, as Python's client reads it;
//! - `transfer`: the requests that Python's client makes, resumed, verified and retried;
//! - `http`: one request: where the token is sent, the timeouts, what a status means;
//! - `headers`: what an answer says about a file;
//! - `backoff`: when to retry; `url`: what a redirect means;
//! - `partial`: an unfinished file; `digest`: the hash that an etag stands for;
//! - `cache`: one file in the cache; `layout`: where it is; `lock`: one writer at a time;
//! - `version`, `error`, `progress`: what the others pass to each other and to the caller.
//!
//! No two files here import each other. Each imports only from those before it: `error`,
//! `url`, `version`, `progress`; `digest`, `layout`, `settings`, `backoff`; `lock`,
//! `partial`; `cache`; `http`; `headers`; `transfer`; this file.

mod backoff;
mod cache;
mod digest;
mod error;
mod expand;
mod headers;
mod http;
mod layout;
mod lock;
mod partial;
mod progress;
pub mod settings;
mod transfer;
mod url;
mod version;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

pub use error::HubError;
pub use progress::Progress;
use settings::Settings;

use backoff::Backoff;
use cache::Entry;
use partial::Partial;
use transfer::Transfer;

/// The commit of a repository that a file in the cache belongs to.
pub fn commit(path: &Path) -> Option<String> {
    layout::commit(path)
}

/// A Hub and its local cache. Connections stay open as long as it lives, so it is worth keeping
/// for several files; its clones share them.
#[derive(Clone)]
pub struct Hub {
    settings: Settings,
    /// Made when it is first needed: what is in the cache needs none.
    transfer: Arc<OnceLock<Transfer>>,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Hub {
    /// With the settings of the environment; `offline` forbids connecting, as `HF_HUB_OFFLINE`
    /// does.
    ///
    /// # Errors
    /// If a variable has a value that is not valid, or there is no folder for the cache.
    pub fn from_env(offline: bool) -> anyhow::Result<Self> {
        let mut settings = Settings::from_env()?;
        settings.offline |= offline;
        Ok(Self::new(settings))
    }

    /// With these settings.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            transfer: Arc::default(),
        }
    }

    /// The path of the file if it is in the cache; never connects. `revision` is a branch, a tag
    /// or a commit.
    pub fn cached(&self, repo: &str, revision: &str, file: &str) -> Option<PathBuf> {
        let entry = Entry::new(&self.settings.cache, repo, revision, file).ok()?;
        entry.cached()
    }

    /// The path of the file in the cache. Connects only if it is not there, to download it; does
    /// not ask whether the Hub has a newer one.
    ///
    /// # Errors
    /// If it is not in the cache and can't be downloaded completely.
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
            None => self.download(&entry, Backoff::long(), progress),
        }
    }

    /// Asks the Hub for the newest version of the file and downloads it unless it is in the
    /// cache. Falls back to the cached file if the Hub can't be reached, or in offline mode. The
    /// files of a commit never change, so for those a cached file is enough.
    ///
    /// # Errors
    /// If the Hub refuses the file or the cache can't be written, or if there is no cached file
    /// and it can't be downloaded completely.
    pub fn refresh(
        &self,
        repo: &str,
        revision: &str,
        file: &str,
        progress: &dyn Progress,
    ) -> Result<PathBuf, HubError> {
        let entry = Entry::new(&self.settings.cache, repo, revision, file)?;
        let Some(path) = entry.cached() else {
            return self.download(&entry, Backoff::long(), progress);
        };
        if self.settings.offline || entry.is_of_commit() {
            return Ok(path);
        }
        match self.download(&entry, Backoff::short(), progress) {
            Err(e) if e.falls_back_to_cache() => {
                let what = e.what();
                progress.note(&format!(
                    "{what}; using the file that was downloaded before"
                ));
                Ok(path)
            }
            result => result,
        }
    }

    /// # Errors
    /// If the endpoint is no address.
    fn transfer(&self) -> Result<&Transfer, HubError> {
        if let Some(transfer) = self.transfer.get() {
            return Ok(transfer);
        }
        let new = Transfer::new(&self.settings)?;
        Ok(self.transfer.get_or_init(|| new))
    }

    fn download(
        &self,
        entry: &Entry,
        backoff: Backoff,
        progress: &dyn Progress,
    ) -> Result<PathBuf, HubError> {
        if self.settings.offline {
            return Err(HubError::Offline {
                file: entry.to_string(),
            });
        }
        let transfer = self.transfer()?;
        let version = transfer.version(entry, backoff, progress)?;
        if !entry.has_blob(&version) {
            let lock = entry.lock(&version.etag, progress)?;
            // Another process may have downloaded this file while it held the lock.
            if !entry.has_blob(&version) {
                let partial = Partial::open(lock.partial(), &version)?;
                transfer.body(entry, &version, partial, progress)?;
                entry.name(&lock, &version)?;
            }
        }
        entry.publish(&version)
    }
}
