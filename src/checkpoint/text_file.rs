//! Small text files: a model's configuration, labels.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// A label for each of 100,000 classes needs less.
const MAX_BYTES: u64 = 16 << 20;

/// The whole file as text, without a byte order mark: UTF-8, or UTF-16 as PowerShell writes it. It
/// must not be longer than such files are, since a device would not end.
///
/// # Errors
/// If it is not text, too long, or can't be read.
pub fn read(path: &Path) -> io::Result<String> {
    read_up_to(path, MAX_BYTES)
}

/// The same of a file that may have `max_bytes`.
///
/// # Errors
/// As [`read`].
pub fn read_up_to(path: &Path, max_bytes: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(max_bytes + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        let message = format!("it is longer than {max_bytes} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<_> = bytes.as_chunks::<2>().0.iter().copied().map(unit).collect();
        String::from_utf16(&units).map_err(|_| not_text())
    };
    match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => text(rest.to_vec()),
        _ => text(bytes),
    }
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|_| not_text())
}

/// What the standard library says of it.
fn not_text() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "stream did not contain valid UTF-8",
    )
}
