//! Small text files: a model's configuration, labels.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// A label for each of 100,000 classes needs less.
const MAX_BYTES: u64 = 16 << 20;

/// The whole file, if it is UTF-8 and not longer than such files are: a device would not end.
///
/// # Errors
/// If it is not, or can't be read.
pub fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let mut file = File::open(path)?.take(MAX_BYTES + 1);
    file.read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        let message = format!("it is longer than {MAX_BYTES} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(text)
}
