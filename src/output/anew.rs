//! Files that get their names once they are whole: whoever looks at one finds all of an earlier run or
//! all of this one, whenever a run is stopped.

use std::cell::Cell;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result};

use super::destination::{lock, open};

/// What is behind a file's name until it is whole.
pub(super) const PART: &str = "part";

/// Takes what is written. What an earlier run left goes away with the first byte: a model that can't be
/// loaded is no reason to lose it.
pub struct Anew {
    file: File,
    is_begun: Rc<Cell<bool>>,
}

/// Gives the file its name. Without that, what was written stays beside it.
pub struct Whole {
    file: File,
    is_begun: Rc<Cell<bool>>,
    /// Where it is written, if not at once where it belongs.
    part: Option<PathBuf>,
    path: PathBuf,
    /// The file that is replaced, so that no other run goes on with it meanwhile.
    _old: Option<File>,
}

/// Opens the file at `path` to be written anew, beside it as `path.part`. What is no file, as a pipe or
/// the shell's own `/dev/stdout`, is written as it is.
///
/// # Errors
/// If it can't be written, or another run is writing it.
pub fn anew(path: &Path) -> Result<(Anew, Whole)> {
    let old = fs::metadata(path);
    // The shell opened it, maybe to append.
    let is_shells = ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"];
    let is_shells = is_shells.iter().any(|name| path.starts_with(name));
    let is_direct = is_shells || old.as_ref().is_ok_and(|old| !old.is_file());
    // A link stays one; what it leads to is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let part = (!is_direct).then(|| part_of(&path));
    let options = |path: &Path| open(path, OpenOptions::new().append(true).create(true));
    let opened = match &part {
        Some(part) => options(part),
        None => options(&path),
    };
    let (file, part, old) = match (opened, old) {
        (Ok(file), Ok(old)) if part.is_some() => {
            file.set_permissions(old.permissions())?;
            (file, part, lock_old(&path)?)
        }
        (Ok(file), _) => (file, part, None),
        // In a folder that can't be written the file itself may be.
        (Err(_), Ok(_)) if part.is_some() => (options(&path)?, None, None),
        (Err(error), _) => return Err(error),
    };
    let is_begun = Rc::new(Cell::new(is_shells));
    let anew = Anew {
        file: file.try_clone()?,
        is_begun: Rc::clone(&is_begun),
    };
    let whole = Whole {
        file,
        is_begun,
        part,
        path,
        _old: old,
    };
    Ok((anew, whole))
}

/// Where the file at `path` is written until it is whole.
fn part_of(path: &Path) -> PathBuf {
    path.with_added_extension(PART)
}

fn lock_old(path: &Path) -> Result<Option<File>> {
    let Ok(old) = File::open(path) else {
        return Ok(None);
    };
    lock(&old, path)?;
    Ok(Some(old))
}

/// Where a run writes that goes on with an earlier one: to the file at `path`, or, as long as there is
/// none, to what will be called so once it is whole.
pub(super) fn gone_on(path: &Path) -> PathBuf {
    match path.exists() {
        true => path.to_path_buf(),
        false => part_of(path),
    }
}

/// Takes away what a run left beside the file at `path` that was stopped before its first record.
///
/// # Errors
/// If that run goes on itself, or the system refuses.
pub(super) fn take_away_empty(path: &Path) -> Result<()> {
    let part = part_of(path);
    let Ok(file) = File::open(&part) else {
        return Ok(());
    };
    lock(&file, path)?;
    match file.metadata()?.len() {
        0 => fs::remove_file(&part).with_context(|| format!("can't take {}", part.display())),
        _ => Ok(()),
    }
}

impl Write for Anew {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_begun.replace(true) {
            empty(&self.file)?;
        }
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn empty(file: &File) -> io::Result<()> {
    // A pipe holds nothing.
    match file.metadata()?.is_file() {
        true => file.set_len(0),
        false => Ok(()),
    }
}

impl Whole {
    /// Of a `file` at the place that [`gone_on`] tells of `path`.
    pub(super) fn of(file: &File, place: &Path, path: &Path) -> Result<Self> {
        Ok(Self {
            file: file.try_clone()?,
            is_begun: Rc::new(Cell::new(true)),
            part: (place != path).then(|| place.to_path_buf()),
            path: path.to_path_buf(),
            _old: None,
        })
    }

    /// Gives the file its name; every byte is on the disk by then.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn finish(mut self) -> Result<()> {
        let part = self.part.take();
        let name = || -> io::Result<()> {
            if !self.is_begun.get() {
                empty(&self.file)?;
            }
            let Some(part) = part else {
                return Ok(());
            };
            match self.file.sync_all() {
                // Some file systems can't.
                Err(e) if e.kind() != ErrorKind::Unsupported => return Err(e),
                _ => {}
            }
            fs::rename(part, &self.path)
        };
        name().with_context(|| format!("can't write {}", self.path.display()))
    }

    /// Where what was written stays, if that is not where it belongs.
    pub fn part(&self) -> Option<&Path> {
        self.part.as_deref()
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        let is_empty = || self.file.metadata().is_ok_and(|file| file.len() == 0);
        if let Some(part) = self.part.as_ref().filter(|_| is_empty()) {
            let _ = fs::remove_file(part);
        }
    }
}
