//! What a file of records holds: whether it is whole, and whose answers they are.

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::anew::PART;
use super::saved::Head;

/// What a file of records holds.
#[derive(Debug, Default)]
pub struct State {
    /// The pictures, in order.
    pub paths: Vec<PathBuf>,
    /// How many of them failed.
    pub failed: u64,
    /// How many stand there twice.
    pub repeated: u64,
    /// The models that answered.
    pub models: BTreeSet<String>,
    /// The first line that is no record; the last, if it was cut off.
    pub damaged: Option<u64>,
    /// Whether the run that writes it did not end.
    pub is_unfinished: bool,
}

impl State {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// If it can't be read. What is no record is told in the state.
    pub fn of(path: &Path) -> Result<Self> {
        let shown = path.display();
        let file = File::open(path).with_context(|| format!("can't read {shown}"))?;
        let mut state = Self {
            is_unfinished: path.extension().is_some_and(|ending| ending == PART),
            ..Self::default()
        };
        let mut known = HashSet::new();
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let read = reader.read_until(b'\n', &mut line);
            if read.with_context(|| format!("can't read {shown}"))? == 0 {
                break;
            }
            match serde_json::from_slice::<Head>(&line) {
                Ok(record) if line.ends_with(b"\n") => {
                    state.failed += u64::from(record.error.is_some());
                    state.models.extend(record.model);
                    state.paths.push(record.name.path());
                    state.repeated += u64::from(!known.insert(record.name));
                }
                _ => {
                    state.damaged = Some(number);
                    break;
                }
            }
        }
        Ok(state)
    }
}
