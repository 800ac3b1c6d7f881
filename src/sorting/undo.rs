//! Takes back what was sorted, the last first.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::log::{Entry, read};
use super::place::{How, have_same_bytes, rename};
use crate::output::anew::anew;
use crate::output::{destination, whole_line};

/// What became of one line of the log.
pub enum Undone {
    /// A file is where it was.
    Back {
        /// Where it had been put.
        from: PathBuf,
        /// Where it was and is.
        to: PathBuf,
    },
    /// A link or a copy is gone.
    Gone(PathBuf),
    /// A file stays, and why.
    Kept(PathBuf, String),
}

/// Takes back all that a log tells of, and tells it; what can't be taken back stays in the log.
/// `path` is the log or its folder.
///
/// # Errors
/// If the log can't be read or written, or `tell` fails.
pub fn undo(path: &Path, is_dry: bool, mut tell: impl FnMut(Undone) -> Result<()>) -> Result<()> {
    let (log, folder, entries) = read(path)?;
    // A run that sorts into it at this moment holds the lock.
    let file = destination::append(&log)?;
    let mut left = Vec::new();
    let mut folders = Vec::new();
    for entry in entries.into_iter().rev() {
        match &entry {
            Entry::Folder { to } => folders.push((folder.join(to.path()), entry)),
            Entry::File { how, from, to } => {
                let (from, to) = (from.path(), folder.join(to.path()));
                let Some(undone) = take_back(*how, from, to, is_dry) else {
                    continue;
                };
                if matches!(undone, Undone::Kept(..)) {
                    left.push(entry);
                }
                tell(undone)?;
            }
        }
    }
    if is_dry {
        return Ok(());
    }
    drop(file);
    let is_whole = left.is_empty();
    if is_whole {
        fs::remove_file(&log).with_context(|| format!("can't remove {}", log.display()))?;
    }
    // A folder that is not empty stays.
    folders.retain(|(folder, _)| fs::remove_dir(folder).is_err() && folder.is_dir());
    if !is_whole {
        left.extend(folders.into_iter().map(|(_, entry)| entry));
        write_anew(&log, &left).with_context(|| format!("can't write {}", log.display()))?;
    }
    Ok(())
}

/// Takes one file back; nothing where that was done, or never came about.
fn take_back(how: How, from: PathBuf, to: PathBuf, is_dry: bool) -> Option<Undone> {
    let found = match fs::symlink_metadata(&to) {
        Ok(found) => found,
        Err(e) if e.kind() == ErrorKind::NotFound => return None,
        Err(e) => return Some(Undone::Kept(to, e.to_string())),
    };
    let why_not = match how {
        How::Link if !found.is_symlink() => Some("it is no link any more"),
        How::Link if !fs::read_link(&to).is_ok_and(|target| target == from) => {
            Some("it leads elsewhere now")
        }
        How::Copy if !have_same_bytes(&from, &to).unwrap_or(false) => {
            Some("it is not the same as its original any more")
        }
        How::Move if fs::symlink_metadata(&from).is_ok() => Some("there is a file where it was"),
        _ => None,
    };
    if let Some(why) = why_not {
        return Some(Undone::Kept(to, why.to_owned()));
    }
    let done = match how {
        _ if is_dry => Ok(()),
        How::Link | How::Copy => fs::remove_file(&to),
        How::Move => rename(&to, &from),
    };
    Some(match (done, how) {
        (Err(e), _) => Undone::Kept(to, e.to_string()),
        (Ok(()), How::Move) => Undone::Back { from: to, to: from },
        (Ok(()), How::Link | How::Copy) => Undone::Gone(to),
    })
}

/// Writes what is left of the log, the first first, in one step.
fn write_anew(log: &Path, left: &[Entry]) -> Result<()> {
    let (mut file, whole) = anew(log)?;
    for entry in left.iter().rev() {
        whole_line(&mut file, entry)?;
    }
    whole.finish()
}
