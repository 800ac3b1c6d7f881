//! Going on with a JSON Lines file that an earlier run left.

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::name::Name;

/// The paths that the file holds. A last line that was cut short is removed, so that what is
/// appended starts on a line of its own.
///
/// # Errors
/// If the file exists and can't be read, cut, or understood.
pub fn prepare(path: &Path) -> Result<HashSet<Name>> {
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(HashSet::new()),
        Err(e) => return Err(e).with_context(|| format!("can't go on with {}", path.display())),
    };
    let shown = path.display();
    ensure!(
        file.metadata()?.is_file(),
        "can't go on with {shown}: it is no file that keeps what is written",
    );
    let mut reader = BufReader::new(&file);
    let mut done = HashSet::new();
    let (mut whole, mut number) = (0, 0);
    let mut text = Vec::new();
    loop {
        text.clear();
        number += 1;
        let length = reader.read_until(b'\n', &mut text)?;
        let is_cut = text.last() != Some(&b'\n');
        if is_cut && (RECORD.starts_with(&text) || text.starts_with(RECORD)) {
            break;
        }
        let name: Name = serde_json::from_slice(&text)
            .with_context(|| format!("can't go on with {shown}: line {number} is no record"))?;
        done.insert(name);
        whole += length as u64;
    }
    drop(reader);
    file.set_len(whole)
        .with_context(|| format!("can't cut the unfinished line of {shown}"))?;
    Ok(done)
}

/// How every record begins.
const RECORD: &[u8] = b"{\"path\":";
