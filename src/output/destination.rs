//! Where the output goes.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::picture::decode;

/// Standard output.
pub fn stdout() -> Box<dyn Write> {
    Box::new(io::stdout().lock())
}

/// Checks what can be checked of the file at `path` before anything else is done: that it is no
/// picture, none of the files in `read` that this run reads, and in a folder.
///
/// # Errors
/// If writing there would destroy something, or can't work.
pub fn check(path: &Path, read: &[&Path]) -> Result<()> {
    let shown = path.display();
    ensure!(
        !holds_picture(path),
        "{shown} is a picture; write to another file"
    );
    ensure!(!path.is_dir(), "can't write {shown}: it is a folder");
    for other in read {
        ensure!(
            !is_same(path, other),
            "{shown} is read by this run, and writing would destroy it; write to another file",
        );
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => {
            bail!(
                "can't write {shown}: there is no folder {}",
                folder.display()
            )
        }
        _ => Ok(()),
    }
}

/// Opens the file at `path` to append to it.
///
/// # Errors
/// If it can't be written, or another run is writing it.
pub fn append(path: &Path) -> Result<File> {
    open(path, OpenOptions::new().append(true).create(true))
}

/// Opens and locks a file.
pub(super) fn open(path: &Path, options: &OpenOptions) -> Result<File> {
    let shown = path.display();
    let file = options
        .open(path)
        .with_context(|| format!("can't write {shown}"))?;
    lock(&file, path)?;
    Ok(file)
}

/// Locks a file that is called `path`: two runs that write one file would mix their records.
///
/// # Errors
/// If another run has locked it.
pub(super) fn lock(file: &File, path: &Path) -> Result<()> {
    // What is no file, as a pipe, can be shared, and some file systems have no locks.
    let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
    if is_file && let Err(TryLockError::WouldBlock) = file.try_lock() {
        let shown = path.display();
        bail!("{shown} is being written by another run; wait for it, or write to another file");
    }
    Ok(())
}

/// Whether two paths lead to one file.
pub fn is_same(a: &Path, b: &Path) -> bool {
    match (fs::canonicalize(a), fs::canonicalize(b)) {
        (Ok(real_a), Ok(real_b)) => real_a == real_b || is_linked(&real_a, &real_b),
        _ => false,
    }
}

/// Whether two paths are names of one file, by hard links.
#[cfg(unix)]
fn is_linked(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |path| {
        fs::metadata(path)
            .ok()
            .map(|found| (found.dev(), found.ino()))
    };
    let identities = (identity(a), identity(b));
    matches!(identities, (Some(a), Some(b)) if a == b)
}

#[cfg(not(unix))]
fn is_linked(_: &Path, _: &Path) -> bool {
    false
}

/// Whether writing would destroy what looks like an input. A pipe holds nothing.
fn holds_picture(path: &Path) -> bool {
    path.is_file() && decode::start_of(path).is_ok_and(|start| decode::is_picture(&start))
}
