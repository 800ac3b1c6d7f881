//! Resuming a JSON Lines file that an earlier run left.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};

use super::anew::{Whole, gone_on, take_away_empty};
use super::destination;
use super::saved::Head;
use crate::paths::Name;

/// What the file holds already.
#[derive(Default)]
pub struct Done {
    /// The names of the pictures; shared, since the inputs are compared with them as they come.
    pub names: Arc<HashSet<Name>>,
    /// How many of them failed.
    pub failed: u64,
}

/// Opens the file at `path` to append records of `model` to it, and tells what it holds; a new one gets
/// its name once it is whole. A last line that was cut short is removed, so that what is appended starts
/// on a line of its own; and with `retry_failed` so are the records of pictures that failed.
///
/// # Errors
/// If the file exists and can't be read, cut, locked or understood, or has another model's records.
pub fn open(path: &Path, model: &str, retry_failed: bool) -> Result<(File, Whole, Done)> {
    let place = gone_on(path);
    if place == path {
        take_away_empty(path)?;
    }
    let (file, done) = open_at(&place, model, retry_failed)?;
    let whole = Whole::of(&file, &place, path)?;
    Ok((file, whole, done))
}

fn open_at(path: &Path, model: &str, retry_failed: bool) -> Result<(File, Done)> {
    let shown = path.display();
    let reading = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return Ok((destination::append(path)?, Done::default()));
        }
        Err(e) => return Err(e).with_context(|| format!("can't go on with {shown}")),
    };
    ensure!(
        reading.metadata()?.is_file(),
        "can't go on with {shown}: it is no file that keeps what is written",
    );
    let file = destination::append(path)?;
    let mut scan = Scan {
        kept: retry_failed.then(Vec::new),
        ..Scan::default()
    };
    scan.read(&reading, model)
        .with_context(|| format!("can't go on with {shown}"))?;
    let done = Done {
        names: scan.names.into(),
        failed: scan.failed,
    };
    match scan.kept {
        Some(kept) if (kept.len() as u64) < scan.whole => {
            let file = replace(path, &kept).with_context(|| format!("can't write {shown} anew"))?;
            Ok((file, done))
        }
        _ => {
            file.set_len(scan.whole)
                .with_context(|| format!("can't cut the unfinished line of {shown}"))?;
            Ok((file, done))
        }
    }
}

/// Checks what is known to fail before a download: that the file at `path`, if there is one, holds
/// records, and of `model`.
///
/// # Errors
/// If it does not.
pub fn check(path: &Path, model: &str) -> Result<()> {
    let path = &gone_on(path);
    // What can't be read is told when it is opened; a pipe would be waited for.
    let file = match fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        true => File::open(path).ok(),
        false => None,
    };
    let checked = file.map_or(Ok(()), |file| Scan::default().read(&file, model));
    checked.with_context(|| format!("can't go on with {}", path.display()))
}

#[derive(Default)]
struct Scan {
    names: HashSet<Name>,
    failed: u64,
    /// The length of all whole lines.
    whole: u64,
    /// The lines of pictures that did not fail, where the others are to be tried again.
    kept: Option<Vec<u8>>,
}

/// How every record begins.
const RECORD: &[u8] = b"{\"path\":";

impl Scan {
    fn read(&mut self, file: &File, model: &str) -> Result<()> {
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)?;
            let is_cut = line.last() != Some(&b'\n');
            if is_cut && (RECORD.starts_with(&line) || line.starts_with(RECORD)) {
                break;
            }
            let record: Head = serde_json::from_slice(&line)
                .with_context(|| format!("line {number} is no record"))?;
            let other = record.model.filter(|other| other != model);
            ensure!(
                other.is_none(),
                "its records are of {}, and this run's would be of {model}; \
                 give -o another name, or ask for the same model",
                other.unwrap_or_default(),
            );
            self.whole += length as u64;
            match (record.error, &mut self.kept) {
                (Some(_), Some(_)) => continue,
                (Some(_), None) => self.failed += 1,
                (None, Some(kept)) => kept.extend_from_slice(&line),
                (None, None) => {}
            }
            self.names.insert(record.name);
        }
        Ok(())
    }
}

/// Replaces the file's content in one step: a run that is killed meanwhile loses nothing.
fn replace(path: &Path, content: &[u8]) -> Result<File> {
    // A link stays one; what it leads to is replaced.
    let path = fs::canonicalize(path)?;
    let new = path.with_added_extension(format!("{}.tmp", std::process::id()));
    let write = || -> Result<File> {
        let mut file = destination::append(&new)?;
        file.set_len(0)?;
        file.write_all(content)?;
        file.sync_all()?;
        file.set_permissions(fs::metadata(&path)?.permissions())?;
        fs::rename(&new, &path)?;
        Ok(file)
    };
    write().inspect_err(|_| {
        let _ = fs::remove_file(&new);
    })
}
