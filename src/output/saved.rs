//! Records that `classify --jsonl` wrote, read again.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::name::Name;
use super::record::{Answer, Record};
use crate::checkpoint::hierarchy::Sure;
use crate::checkpoint::labels::Prediction;
use crate::error::{ErrorKind, PictureError};

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

/// The records of the file at `path`, and the model whose they are, if it is one.
///
/// # Errors
/// If it can't be read, or a line is no record.
pub fn read(path: &Path) -> Result<(Vec<Record>, Option<String>)> {
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("can't read {shown}"))?;
    let mut records = Vec::new();
    let mut models = Vec::new();
    for (number, line) in (1..).zip(BufReader::new(file).split(b'\n')) {
        let line = line.with_context(|| format!("can't read {shown}"))?;
        let no_record = || {
            format!("line {number} of {shown} is no record; `effnet classify --jsonl` writes them")
        };
        let object: Object = serde_json::from_slice(&line).with_context(no_record)?;
        let outcome = match (object.predictions, object.error) {
            (Some(predictions), None) => Ok(Answer {
                predictions,
                sure: object.sure,
                ..Answer::default()
            }),
            (None, Some(Failure { kind, message })) => {
                let kind = ErrorKind::named(&kind).with_context(no_record)?;
                Err(PictureError::new(kind, message))
            }
            _ => return Err(anyhow::anyhow!(no_record())),
        };
        let path = object.name.path();
        records.push(Record { path, outcome });
        if let Some(model) = object.model
            && models.last() != Some(&model)
        {
            models.push(model);
        }
    }
    ensure!(!records.is_empty(), "{shown} holds no records");
    let model = models.pop().filter(|_| models.is_empty());
    Ok((records, model))
}
