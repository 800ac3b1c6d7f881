//! One file of the Hub in the cache: whether it is there, and how it gets there.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::error::HubError;
use super::layout::Layout;
use super::lock::Lock;
use super::progress::Progress;
use super::version::{Version, is_commit};
use crate::printable::one_line;

/// One file of one revision of a model repository.
pub(super) struct Entry {
    layout: Layout,
    pub repo: String,
    pub file: String,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.repo, self.file)?;
        match self.revision() {
            "main" => Ok(()),
            revision => write!(f, " at {revision}"),
        }
    }
}

impl Entry {
    /// The names become parts of paths, so they are checked.
    ///
    /// # Errors
    /// If a name would lead out of the cache.
    pub fn new(cache: &Path, repo: &str, revision: &str, file: &str) -> Result<Self, HubError> {
        let names = [repo, revision, file];
        if !names.iter().all(|name| is_below(name)) {
            return Err(HubError::Name {
                file: one_line(&names.join("/")),
            });
        }
        let revision = match is_commit(revision) {
            true => revision.to_ascii_lowercase(),
            false => revision.to_owned(),
        };
        Ok(Self {
            layout: Layout::new(cache, repo, &revision),
            repo: repo.to_owned(),
            file: file.to_owned(),
        })
    }

    pub fn revision(&self) -> &str {
        self.layout.revision()
    }

    /// Whether the revision is a commit, which never changes.
    pub fn is_of_commit(&self) -> bool {
        is_commit(self.revision())
    }

    /// The path of the file, if it is there.
    pub fn cached(&self) -> Option<PathBuf> {
        let path = match self.is_of_commit() {
            true => self.layout.pointer(self.revision(), &self.file),
            false => self.layout.find(&self.file)?,
        };
        // A link may have lost its blob.
        path.is_file().then_some(path)
    }

    /// Whether the bytes are there. Other programs store error pages as blobs, so the size is
    /// compared too.
    pub fn has_blob(&self, version: &Version) -> bool {
        fs::metadata(self.layout.blob(&version.etag)).is_ok_and(|found| {
            found.is_file() && version.size.is_none_or(|size| size == found.len())
        })
    }

    /// Waits until no other process is writing this blob; Python's client uses the same lock.
    ///
    /// # Errors
    /// If the cache can't be written, or the user stops the download.
    pub fn lock(&self, etag: &str, progress: &dyn Progress) -> Result<Lock, HubError> {
        let blob = self.layout.blob(etag);
        create_parent(&blob)?;
        let path = self.layout.lock(etag);
        create_parent(&path)?;
        Lock::wait(&path, &blob, &self.to_string(), progress)
    }

    /// Gives a complete and verified file the name of its blob.
    ///
    /// # Errors
    /// If the cache can't be written.
    pub fn name(&self, lock: &Lock, version: &Version) -> Result<(), HubError> {
        let blob = self.layout.blob(&version.etag);
        fs::rename(lock.partial(), &blob).map_err(|e| HubError::cache(&blob, e))
    }

    /// Links to a complete blob from its snapshot, then writes the commit of the revision. Writes
    /// only what is not so already: a cache that can't be written can still be read.
    ///
    /// # Errors
    /// If the file is not in its snapshot yet and the cache can't be written.
    pub fn publish(&self, version: &Version) -> Result<PathBuf, HubError> {
        let pointer = self.layout.pointer(&version.commit, &self.file);
        let was_there = stands_for(&pointer, &self.layout.blob(&version.etag));
        if !was_there {
            create_parent(&pointer)?;
            self.link(&pointer, &version.etag)
                .map_err(|e| HubError::cache(&pointer, e))?;
        }
        // What the snapshot had already can be used although the reference can't be written, as
        // huggingface_hub does (file_download.py, `_hf_hub_download_to_cache_dir`).
        let referenced = self.refer_to(&version.commit);
        if !was_there {
            referenced?;
        }
        Ok(pointer)
    }

    /// Writes the commit of the revision, unless it is one itself.
    fn refer_to(&self, commit: &str) -> Result<(), HubError> {
        let path = self.layout.reference();
        if self.is_of_commit() || fs::read(&path).ok().as_deref() == Some(commit.as_bytes()) {
            return Ok(());
        }
        create_parent(&path)?;
        replace(&path, |new| fs::write(new, commit)).map_err(|e| HubError::cache(&path, e))
    }

    /// Replaces whatever is at `pointer` by a link to the blob; where links can't be made, by a
    /// copy.
    fn link(&self, pointer: &Path, etag: &str) -> io::Result<()> {
        let target = Layout::link_target(&self.file, etag);
        replace(pointer, |new| {
            symlink(&target, new).or_else(|_| fs::copy(self.layout.blob(etag), new).map(|_| ()))
        })
    }
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(windows)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, link)
}

/// Whether a text, joined to a folder, names something within it, and is one line.
fn is_below(text: &str) -> bool {
    let mut components = Path::new(text).components();
    !text.is_empty()
        && !text.contains(char::is_control)
        && components.all(|part| matches!(part, Component::Normal(_)))
}

/// Whether `pointer` links to the blob, or is a copy of it where links can't be made.
fn stands_for(pointer: &Path, blob: &Path) -> bool {
    let is_link = fs::symlink_metadata(pointer).is_ok_and(|found| found.is_symlink());
    if is_link {
        let ends = (pointer.canonicalize(), blob.canonicalize());
        return matches!(ends, (Ok(pointer), Ok(blob)) if pointer == blob);
    }
    let lengths = (fs::metadata(pointer), fs::metadata(blob));
    matches!(lengths, (Ok(pointer), Ok(blob)) if pointer.is_file() && pointer.len() == blob.len())
}

fn create_parent(path: &Path) -> Result<(), HubError> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent).map_err(|e| HubError::cache(parent, e))
}

/// Replaces a file in one step, so that a reader sees either the old or the new one.
fn replace(path: &Path, write: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let thread = format!("{:?}", std::thread::current().id());
    let number: String = thread.chars().filter(char::is_ascii_digit).collect();
    let new = path.with_added_extension(format!("{}-{number}.tmp", std::process::id()));
    let _ = fs::remove_file(&new);
    let replaced = write(&new).and_then(|()| fs::rename(&new, path));
    if replaced.is_err() {
        let _ = fs::remove_file(&new);
    }
    replaced
}
