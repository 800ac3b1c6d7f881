//! How one file gets to its place. What stands there already is never written over, also where
//! another program puts it there at the same moment.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use tempfile::{Builder, TempPath};

/// How a picture gets to its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// A symbolic link there.
    Link,
    /// A copy there, which keeps the time and the rights.
    Copy,
    /// The file itself.
    Move,
}

/// Puts `from`, an absolute path, at `to`.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`] if something stands there; otherwise what the system says.
pub fn put(how: How, from: &Path, to: &Path) -> io::Result<()> {
    match how {
        How::Link => link(from, to),
        How::Copy => copy(from, to),
        How::Move => rename(from, to),
    }
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(windows)]
fn link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(from, to)
}

/// Written whole under a hidden name, so that a copy that was cut off is none.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let metadata = source.metadata()?;
    let folder = to.parent().unwrap_or(Path::new("."));
    let mut copy = Builder::new().prefix(".effnet-").tempfile_in(folder)?;
    io::copy(&mut source, copy.as_file_mut())?;
    if let Ok(time) = metadata.modified() {
        copy.as_file().set_modified(time)?;
    }
    copy.as_file().set_permissions(metadata.permissions())?;
    copy.as_file().sync_all()?;
    copy.persist_noclobber(to).map_err(|e| e.error)?;
    Ok(())
}

/// Moves a file, to another disk too: there the original goes once the copy is whole.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    if fs::symlink_metadata(from)?.is_symlink() && fs::read_link(from)?.is_relative() {
        return Err(io::Error::other(
            "it is a link that leads nowhere from another folder; --link and --copy take it",
        ));
    }
    let mut moved = TempPath::try_from_path(from)?;
    // Whatever happens, this name is not ours to remove.
    moved.disable_cleanup(true);
    match moved.persist_noclobber(to).map_err(|e| e.error) {
        Err(e) if e.kind() == ErrorKind::CrossesDevices => {
            copy(from, to)?;
            fs::remove_file(from).inspect_err(|_| {
                let _ = fs::remove_file(to);
            })
        }
        other => other,
    }
}

/// Whether what stands at `to` is what putting `from` there would give; the original itself is.
///
/// # Errors
/// If one of them can't be read.
pub fn is_there(how: How, from: &Path, to: &Path) -> io::Result<bool> {
    let leads_to = fs::read_link(to).is_ok_and(|target| target == from);
    if leads_to || is_one_file(from, to) {
        return Ok(true);
    }
    match how {
        How::Link => Ok(false),
        How::Copy | How::Move => have_same_bytes(from, to),
    }
}

fn is_one_file(a: &Path, b: &Path) -> bool {
    let real = (fs::canonicalize(a), fs::canonicalize(b));
    matches!(real, (Ok(a), Ok(b)) if a == b)
}

/// Whether two files hold the same; what is no file holds nothing.
pub fn have_same_bytes(a: &Path, b: &Path) -> io::Result<bool> {
    let (of_a, of_b) = match (fs::metadata(a), fs::metadata(b)) {
        (Ok(of_a), Ok(of_b)) if of_a.is_file() && of_b.is_file() => (of_a, of_b),
        _ => return Ok(false),
    };
    if of_a.len() != of_b.len() {
        return Ok(false);
    }
    let (mut a, mut b) = (File::open(a)?, File::open(b)?);
    let (mut block_a, mut block_b) = (Vec::new(), Vec::new());
    loop {
        block_a.clear();
        block_b.clear();
        (&mut a).take(BLOCK).read_to_end(&mut block_a)?;
        (&mut b).take(BLOCK).read_to_end(&mut block_b)?;
        if block_a != block_b {
            return Ok(false);
        }
        if block_a.is_empty() {
            return Ok(true);
        }
    }
}

/// How many bytes are compared at once.
const BLOCK: u64 = 1 << 18;
