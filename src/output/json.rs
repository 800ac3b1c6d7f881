//! JSON: one array, or one object per line.

use std::io::{self, Write};

use serde::Serialize;

use super::{Record, Sink};
use crate::labels::Labels;

/// The keys and their order are a contract.
#[derive(Serialize)]
#[serde(untagged)]
enum Object<'a> {
    Answer {
        path: String,
        predictions: Vec<Prediction<'a>>,
    },
    Failure {
        path: String,
        error: Failure<'a>,
    },
}

#[derive(Serialize)]
struct Prediction<'a> {
    label: &'a str,
    score: f32,
    index: usize,
    wnid: Option<&'a str>,
}

#[derive(Serialize)]
struct Failure<'a> {
    kind: &'static str,
    message: &'a str,
}

fn object<'a>(record: &'a Record, labels: &'a Labels) -> Object<'a> {
    let path = record.path.to_string_lossy().into_owned();
    match &record.outcome {
        Ok(scored) => Object::Answer {
            path,
            predictions: scored
                .iter()
                .map(|scored| {
                    let label = labels.get(scored.index);
                    Prediction {
                        label: &label.name,
                        score: scored.score,
                        index: scored.index,
                        wnid: label.wnid.as_deref(),
                    }
                })
                .collect(),
        },
        Err(error) => Object::Failure {
            path,
            error: Failure {
                kind: error.kind.name(),
                message: &error.message,
            },
        },
    }
}

/// One object per line.
pub(super) struct Lines<'a, W: Write> {
    to: W,
    labels: &'a Labels,
}

impl<'a, W: Write> Lines<'a, W> {
    pub(super) fn new(to: W, labels: &'a Labels) -> Self {
        Self { to, labels }
    }
}

impl<W: Write> Sink for Lines<'_, W> {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        serde_json::to_writer(&mut self.to, &object(record, self.labels))?;
        self.to.write_all(b"\n")?;
        self.to.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// One array, valid from the first record to an early end.
pub(super) struct Array<'a, W: Write> {
    to: W,
    labels: &'a Labels,
    empty: bool,
}

impl<'a, W: Write> Array<'a, W> {
    pub(super) fn new(to: W, labels: &'a Labels) -> Self {
        Self {
            to,
            labels,
            empty: true,
        }
    }
}

impl<W: Write> Sink for Array<'_, W> {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        self.to
            .write_all(if self.empty { b"[\n" } else { b",\n" })?;
        self.empty = false;
        serde_json::to_writer(&mut self.to, &object(record, self.labels))?;
        self.to.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.to
            .write_all(if self.empty { b"[]\n" } else { b"\n]\n" })?;
        self.to.flush()
    }
}
