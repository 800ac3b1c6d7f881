//! Where the output goes.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::picture::decode;

/// Standard output.
pub fn stdout() -> Box<dyn Write> {
    Box::new(io::stdout().lock())
}

/// The file at `path`, from its beginning or, with `append`, from its end on.
///
/// # Errors
/// If it can't be written, or is a picture.
pub fn file(path: &Path, append: bool) -> Result<Box<dyn Write>> {
    ensure!(
        !holds_picture(path),
        "{} is a picture; give -o another name",
        path.display(),
    );
    let file = match append {
        true => OpenOptions::new().append(true).create(true).open(path),
        false => File::create(path),
    };
    let file = file.with_context(|| format!("can't write {}", path.display()))?;
    Ok(Box::new(file))
}

/// Whether writing would destroy what looks like an input. A pipe holds nothing.
fn holds_picture(path: &Path) -> bool {
    if !path.is_file() {
        return false;
    }
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(64).read_to_end(&mut start));
    read.is_ok() && decode::is_picture(&start)
}
