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

/// Opens the file at `path` to be written anew; [`empty`] takes away what it holds.
///
/// # Errors
/// If it can't be written, or another run is writing it.
pub fn anew(path: &Path) -> Result<File> {
    open(path, OpenOptions::new().write(true).create(true))
}

/// Empties a file that is to be written anew. It comes right before the first record: a model that
/// can't be loaded is no reason to lose what the file held.
///
/// # Errors
/// If the system refuses.
pub fn empty(file: &File) -> Result<()> {
    // A pipe holds nothing.
    match file.metadata()?.is_file() {
        true => file.set_len(0).context("can't write the output anew"),
        false => Ok(()),
    }
}

/// Opens the file at `path` to append to it.
///
/// # Errors
/// If it can't be written, or another run is writing it.
pub fn append(path: &Path) -> Result<File> {
    open(path, OpenOptions::new().append(true).create(true))
}

/// Opens and locks a file: two runs that write one file would mix their records.
fn open(path: &Path, options: &OpenOptions) -> Result<File> {
    let shown = path.display();
    let file = options
        .open(path)
        .with_context(|| format!("can't write {shown}"))?;
    // What is no file, as a pipe, can be shared, and some file systems have no locks.
    let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
    if is_file && let Err(TryLockError::WouldBlock) = file.try_lock() {
        bail!("{shown} is being written by another run; wait for it, or give -o another name");
    }
    Ok(file)
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
