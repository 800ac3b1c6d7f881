//! Going on with a JSON Lines file that an earlier run left.

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

#[derive(Deserialize)]
struct Line {
    path: String,
}

/// The paths that the file holds. A last line that was cut short is removed, so that what is
/// appended starts on a line of its own.
///
/// # Errors
/// If the file exists and can't be read, cut, or understood.
pub fn prepare(path: &Path) -> Result<HashSet<String>> {
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(HashSet::new()),
        Err(e) => return Err(e).with_context(|| format!("can't go on with {}", path.display())),
    };
    let mut reader = BufReader::new(&file);
    let mut done = HashSet::new();
    let mut whole = 0;
    let mut text = Vec::new();
    loop {
        text.clear();
        let length = reader.read_until(b'\n', &mut text)?;
        if text.last() != Some(&b'\n') {
            break;
        }
        let line: Line = serde_json::from_slice(&text).with_context(|| {
            let number = done.len() + 1;
            format!(
                "can't go on with {}: line {number} is no record",
                path.display()
            )
        })?;
        done.insert(line.path);
        whole += length as u64;
    }
    drop(reader);
    file.set_len(whole)
        .with_context(|| format!("can't cut the unfinished line of {}", path.display()))?;
    Ok(done)
}

/// Whether the file holds a record of `path`.
pub fn holds(done: &HashSet<String>, path: &Path) -> bool {
    !done.is_empty() && done.contains(path.to_string_lossy().as_ref())
}
