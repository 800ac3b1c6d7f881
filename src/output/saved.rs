//! Records that `classify --jsonl` wrote, read again.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::record::{Answer, Record};
use crate::checkpoint::hierarchy::Sure;
use crate::checkpoint::labels::Prediction;
use crate::error::{ErrorKind, PictureError};
use crate::paths::Name;

/// What tells whose record it is and whether the picture failed.
#[derive(Deserialize)]
pub(super) struct Head {
    #[serde(flatten)]
    pub name: Name,
    /// The first release did not write it.
    pub model: Option<String>,
    pub error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Object {
    #[serde(flatten)]
    name: Name,
    model: Option<String>,
    predictions: Option<Vec<Prediction>>,
    sure: Option<Sure>,
    error: Option<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    kind: String,
    message: String,
}

/// A record, and the model that answered.
pub type Saved = (Record, Option<String>);

/// The records of the file at `path`, as they are read.
///
/// # Errors
/// If it can't be read. What is no record is an error of its own.
pub fn records(path: &Path) -> Result<impl Iterator<Item = Result<Saved>> + use<>> {
    let shown = path.display().to_string();
    let file = File::open(path).with_context(|| format!("can't read {shown}"))?;
    let lines = BufReader::new(file).split(b'\n').zip(1..);
    Ok(lines.map(move |(line, number)| {
        let line = line.with_context(|| format!("can't read {shown}"))?;
        let line = match number {
            1 => line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line),
            _ => &line,
        };
        let no_record = || {
            format!(
                "line {number} of {shown} is no record; it must be what `classify --jsonl` wrote"
            )
        };
        let object: Object = serde_json::from_slice(line).with_context(no_record)?;
        object.saved().ok_or_else(|| anyhow!(no_record()))
    }))
}

impl Object {
    /// What it says, if that is either an answer or an error.
    fn saved(self) -> Option<Saved> {
        let outcome = match (self.predictions, self.error) {
            (Some(predictions), None) => Ok(Answer {
                predictions,
                sure: self.sure,
                ..Answer::default()
            }),
            (None, Some(Failure { kind, message })) => {
                Err(PictureError::new(ErrorKind::named(&kind)?, message))
            }
            _ => return None,
        };
        let path = self.name.path();
        Some((Record { path, outcome }, self.model))
    }
}
