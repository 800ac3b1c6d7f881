//! Names, locks and links in the cache, as Python's huggingface_hub lays them out:
//!
//! ```text
//! models--owner--name/blobs/<etag>                    the bytes; <etag>.incomplete while they come
//! models--owner--name/snapshots/<commit>/<file>       a link to the blob
//! models--owner--name/refs/<revision>                 the commit of a branch or tag
//! .locks/models--owner--name/<etag>.lock              held while the blob is written
//! ```

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use hf_hub::{Cache, Repo, RepoType};

use super::{HubError, Progress};

/// One file of one revision of a model repository.
pub(super) struct Entry {
    cache: PathBuf,
    pub repo: String,
    pub revision: String,
    pub file: String,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.repo, self.file)?;
        match self.revision.as_str() {
            "main" => Ok(()),
            revision => write!(f, " at {revision}"),
        }
    }
}

/// Whether a text names something below a folder and nothing else.
fn is_below(text: &str) -> bool {
    let mut components = Path::new(text).components();
    !text.is_empty()
        && !text.contains('\0')
        && components.all(|part| matches!(part, Component::Normal(_)))
}

/// Whether a text is a git commit.
pub(super) fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

impl Entry {
    /// Checks what will become part of paths.
    ///
    /// # Errors
    /// If a name would lead out of the cache.
    pub fn new(cache: &Path, repo: &str, revision: &str, file: &str) -> Result<Self, HubError> {
        let entry = Self {
            cache: cache.to_path_buf(),
            repo: repo.to_owned(),
            revision: revision.to_owned(),
            file: file.to_owned(),
        };
        if !(is_below(repo) && is_below(revision) && is_below(file)) {
            return Err(HubError::Malformed {
                file: entry.to_string(),
                what: "its name is not one that the Hub allows".to_owned(),
            });
        }
        Ok(entry)
    }

    fn hf_repo(&self) -> Repo {
        Repo::with_revision(self.repo.clone(), RepoType::Model, self.revision.clone())
    }

    fn folder(&self) -> PathBuf {
        self.cache.join(self.hf_repo().folder_name())
    }

    fn pointer(&self, commit: &str) -> PathBuf {
        self.folder()
            .join("snapshots")
            .join(commit)
            .join(&self.file)
    }

    /// The file, if it is there whole.
    pub fn cached(&self) -> Option<PathBuf> {
        if is_commit(&self.revision) {
            let path = self.pointer(&self.revision);
            return path.is_file().then_some(path);
        }
        Cache::new(self.cache.clone())
            .repo(self.hf_repo())
            .get(&self.file)
    }

    /// Where the bytes are kept.
    pub fn blob(&self, etag: &str) -> PathBuf {
        self.folder().join("blobs").join(etag)
    }

    /// Where they are kept while they come.
    pub fn partial(&self, etag: &str) -> PathBuf {
        self.blob(&format!("{etag}.incomplete"))
    }

    /// Waits until nobody else, Python's client included, is writing this blob.
    ///
    /// # Errors
    /// If the cache can't be written, or the user gives up.
    pub fn lock(&self, etag: &str, progress: &dyn Progress) -> Result<File, HubError> {
        create_parent(&self.blob(etag))?;
        let path = self
            .cache
            .join(".locks")
            .join(self.hf_repo().folder_name())
            .join(format!("{etag}.lock"));
        create_parent(&path)?;
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(|e| HubError::cache(&path, e))?;
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(e)) => return Err(HubError::cache(&path, e)),
                Err(TryLockError::WouldBlock) if progress.cancelled() => {
                    return Err(HubError::Cancelled);
                }
                Err(TryLockError::WouldBlock) => {
                    if !told {
                        told = true;
                        progress.note(&format!("waiting: another process is downloading {self}"));
                    }
                    sleep(Duration::from_millis(100));
                }
            }
        }
    }

    /// Gives a whole blob its name: the link in the snapshot, then the revision's commit.
    ///
    /// # Errors
    /// If the cache can't be written.
    pub fn publish(&self, commit: &str, etag: &str) -> Result<PathBuf, HubError> {
        let pointer = self.pointer(commit);
        create_parent(&pointer)?;
        if !links_to(&pointer, &self.blob(etag)) {
            self.link(&pointer, etag)
                .map_err(|e| HubError::cache(&pointer, e))?;
        }
        if !is_commit(&self.revision) {
            let path = self.folder().join("refs").join(&self.revision);
            create_parent(&path)?;
            write_whole(&path, commit).map_err(|e| HubError::cache(&path, e))?;
        }
        Ok(pointer)
    }

    /// Replaces whatever is at `pointer`, in one step, by a link to the blob; where links can't
    /// be made, by a copy.
    fn link(&self, pointer: &Path, etag: &str) -> io::Result<()> {
        // From snapshots/<commit>/<file>, however deep the file.
        let depth = 2 + Path::new(&self.file).components().count() - 1;
        let target = PathBuf::from("../".repeat(depth)).join("blobs").join(etag);
        let temporary = pointer.with_added_extension(format!("{}.tmp", std::process::id()));
        let _ = fs::remove_file(&temporary);
        #[cfg(unix)]
        let linked = std::os::unix::fs::symlink(&target, &temporary);
        #[cfg(windows)]
        let linked = std::os::windows::fs::symlink_file(&target, &temporary);
        if linked.is_err() {
            fs::copy(self.blob(etag), &temporary)?;
        }
        fs::rename(&temporary, pointer)
    }
}

fn links_to(pointer: &Path, blob: &Path) -> bool {
    match (pointer.canonicalize(), blob.canonicalize()) {
        (Ok(pointer), Ok(blob)) => pointer == blob,
        _ => false,
    }
}

fn create_parent(path: &Path) -> Result<(), HubError> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent).map_err(|e| HubError::cache(parent, e))
}

/// Writes a small file so that a reader sees either the old or the new content.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let temporary = path.with_added_extension(format!("{}.tmp", std::process::id()));
    let mut file = File::create(&temporary)?;
    file.write_all(text.as_bytes())?;
    drop(file);
    fs::rename(&temporary, path)
}

/// Checks a name that a server gave before it becomes part of a path.
pub(super) fn is_safe_name(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && !text.starts_with('.')
        && !text.contains("..")
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}
