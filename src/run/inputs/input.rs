//! Where one picture comes from, and its bytes.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::endings::is_called_archive;
use super::uri::of_address;
use crate::error::{ErrorKind, PictureError};
use crate::picture::decode;

/// Whether another picture came on standard input behind the first, which alone is read.
pub static MORE_ON_STDIN: AtomicBool = AtomicBool::new(false);

/// Where one picture comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A file.
    File(PathBuf),
    /// A file that was named otherwise: how, and its path.
    Address(PathBuf, PathBuf),
    /// Standard input, and how it is shown.
    Stdin(PathBuf),
    /// A tar archive, of which [`super::Inputs::counted`] makes its members; `-` is standard input.
    Archive(PathBuf),
    /// A member of an archive, and its bytes.
    Member(PathBuf, Vec<u8>),
    /// What could not be looked into or read, or is no name of a file, and why.
    Failed(PathBuf, PictureError),
}

impl Input {
    /// What can't be read.
    pub(super) fn unreadable(path: PathBuf, why: impl Into<String>) -> Self {
        Self::Failed(path, PictureError::new(ErrorKind::Read, why))
    }

    /// The file at `path`, an archive if it is called like one.
    pub(super) fn of(path: PathBuf) -> Self {
        match of_address(&path) {
            Some(real) => Self::Address(path, real),
            None if is_called_archive(&path) && path.is_file() => Self::Archive(path),
            None => Self::File(path),
        }
    }

    /// The path as it is shown.
    pub fn path(&self) -> &Path {
        match self {
            Self::File(path)
            | Self::Address(path, _)
            | Self::Stdin(path)
            | Self::Archive(path)
            | Self::Member(path, _)
            | Self::Failed(path, _) => path,
        }
    }

    /// The encoded picture.
    ///
    /// # Errors
    /// If it can't be read, is longer than `max_bytes`, or does not begin as a picture.
    pub fn read(self, max_bytes: u64) -> Result<Vec<u8>, PictureError> {
        let failed = |e: io::Error| PictureError::new(ErrorKind::Read, read_failure(&e));
        match self {
            Self::File(path) | Self::Address(_, path) => {
                let file = File::open(&path).map_err(|e| not_opened(&path, &e))?;
                let metadata = file.metadata().map_err(failed)?;
                if metadata.is_dir() {
                    let message = "it is a folder; give the folder itself as an argument";
                    return Err(PictureError::new(ErrorKind::Read, message));
                }
                if metadata.len() > max_bytes {
                    return Err(too_long(max_bytes));
                }
                read_up_to(file, metadata.len(), max_bytes).map_err(|(error, _)| error)
            }
            Self::Stdin(_) => {
                let bytes = read_up_to(io::stdin().lock(), 0, max_bytes).map_err(no_picture)?;
                if decode::is_joined(&bytes) {
                    MORE_ON_STDIN.store(true, Ordering::Relaxed);
                }
                Ok(bytes)
            }
            Self::Member(_, bytes) => {
                decode::check_start(&bytes[..bytes.len().min(decode::START_BYTES)])?;
                Ok(bytes)
            }
            Self::Archive(_) => {
                let message = "it is an archive of pictures and no picture";
                Err(PictureError::new(ErrorKind::Unsupported, message))
            }
            Self::Failed(_, error) => Err(error),
        }
    }
}

/// What the system says of a file, or of a list.
pub(super) fn read_failure(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "it may not be read (permission denied)".to_owned(),
        _ => error.to_string(),
    }
}

fn not_opened(path: &Path, error: &io::Error) -> PictureError {
    let text = path.to_string_lossy();
    let is_address = ["http://", "https://"]
        .iter()
        .any(|start| text.starts_with(start));
    let message = match error.kind() {
        _ if text.is_empty() => "the name is empty".to_owned(),
        io::ErrorKind::NotFound if is_address => {
            "it is an address and no file; fetch it, as in `curl -s ADDRESS | effnet classify -`"
                .to_owned()
        }
        _ => read_failure(error),
    };
    PictureError::new(ErrorKind::Read, message)
}

/// Adds a hint where standard input holds lines of text: mostly it was meant as a list.
fn no_picture((error, start): (PictureError, Vec<u8>)) -> PictureError {
    let is_text = std::str::from_utf8(&start).is_ok_and(|text| !text.contains('\0'));
    if error.kind != ErrorKind::Unsupported || !is_text {
        return error;
    }
    let message = "it is text and no picture; for a list of paths say `--files-from -`";
    PictureError::new(ErrorKind::Unsupported, message)
}

pub(super) fn too_long(max_bytes: u64) -> PictureError {
    let message =
        format!("it is longer than the limit of {max_bytes} bytes; raise it with --max-bytes");
    PictureError::new(ErrorKind::Limit, message)
}

/// All bytes, or what is wrong and the first of them.
fn read_up_to(
    reader: impl Read,
    expected: u64,
    max_bytes: u64,
) -> Result<Vec<u8>, (PictureError, Vec<u8>)> {
    let failed = |e: io::Error| {
        let error = PictureError::new(ErrorKind::Read, read_failure(&e));
        (error, Vec::new())
    };
    let mut reader = reader.take(max_bytes.saturating_add(1));
    let mut bytes = Vec::with_capacity(expected as usize);
    let mut start = (&mut reader).take(decode::START_BYTES as u64);
    start.read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > max_bytes {
        return Err((too_long(max_bytes), Vec::new()));
    }
    // A film or a device without end is not read to find out that it is no picture.
    if let Err(error) = decode::check_start(&bytes) {
        return Err((error, bytes));
    }
    reader.read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > max_bytes {
        return Err((too_long(max_bytes), Vec::new()));
    }
    Ok(bytes)
}
