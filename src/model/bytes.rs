//! The bytes of a file of weights, or of one within the program.

use std::fs::File;
use std::io;
use std::time::SystemTime;

/// Where the bytes are.
///
/// A file is read, tensor by tensor, and not mapped: if another program cut a file under a map,
/// the process would die. Here reading fails.
pub(super) enum Bytes {
    File(File),
    Memory(&'static [u8]),
}

impl Bytes {
    pub fn length(&self) -> io::Result<u64> {
        match self {
            Self::File(file) => Ok(file.metadata()?.len()),
            Self::Memory(bytes) => Ok(bytes.len() as u64),
        }
    }

    /// When they were last written, where that is known and can change.
    pub fn modified(&self) -> Option<SystemTime> {
        match self {
            Self::File(file) => file.metadata().ok()?.modified().ok(),
            Self::Memory(_) => None,
        }
    }

    pub fn read(&self, start: u64, to: &mut [u8]) -> io::Result<()> {
        match self {
            Self::File(file) => read_at(file, start, to),
            Self::Memory(bytes) => {
                let from = bytes
                    .get(start as usize..)
                    .and_then(|rest| rest.get(..to.len()));
                to.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
        }
    }
}

/// Reads without a position that threads would have to share.
#[cfg(unix)]
fn read_at(file: &File, start: u64, to: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, to, start)
}

/// The same with a position of its own for each call; it may read less than was asked for.
#[cfg(windows)]
fn read_at(file: &File, mut start: u64, mut to: &mut [u8]) -> io::Result<()> {
    while !to.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, to, start)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                start += count as u64;
                to = &mut to[count..];
            }
        }
    }
    Ok(())
}
