//! What was done, in the order in which it was done, so that it can be taken back.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::place::How;
use crate::output::{destination, whole_line};
use crate::paths::Name;

/// The log's name in the folder that pictures are sorted into.
pub const LOG: &str = "_sorted.jsonl";

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "lowercase")]
pub enum Entry {
    /// A folder was made; its path below the log's folder, which may be that folder itself.
    Folder { to: Name },
    /// A file was put somewhere.
    File {
        how: How,
        /// Where it was, as an absolute path.
        from: Name,
        /// Where it is, below the log's folder.
        to: Name,
    },
}

/// The log as it is written: each line before what it tells of, so that nothing is done that no line
/// tells of.
pub struct Log(File);

impl Log {
    /// Goes on with the log in `folder`.
    ///
    /// # Errors
    /// If it can't be written, or another run sorts into this folder.
    pub fn open(folder: &Path) -> Result<Self> {
        destination::append(&folder.join(LOG)).map(Self)
    }

    /// Appends a line.
    pub fn add(&mut self, entry: &Entry) -> io::Result<()> {
        whole_line(&self.0, entry)
    }
}

/// The folder that a log tells of, and the log's lines. `path` is the log or its folder.
///
/// # Errors
/// If there is no such log, or a line of it is none.
pub fn read(path: &Path) -> Result<(PathBuf, PathBuf, Vec<Entry>)> {
    let log = match path.is_dir() {
        true => path.join(LOG),
        false => path.to_path_buf(),
    };
    let shown = log.display();
    let bytes = fs::read(&log).with_context(|| {
        format!("can't read {shown}, the log of what was sorted; name the folder of --sort-into")
    })?;
    let mut entries = Vec::new();
    for (line, number) in bytes.split_inclusive(|byte| *byte == b'\n').zip(1..) {
        match serde_json::from_slice(line) {
            Ok(entry) => entries.push(entry),
            // A run that was killed while it wrote this line did nothing after it.
            Err(_) if !line.ends_with(b"\n") => break,
            Err(error) => {
                return Err(error).with_context(|| {
                    format!("line {number} of {shown} tells of nothing that was sorted")
                });
            }
        }
    }
    let folder = log.parent().unwrap_or(Path::new("")).to_path_buf();
    Ok((log, folder, entries))
}
