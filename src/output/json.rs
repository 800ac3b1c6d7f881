//! JSON: one array, or one object per line.

use std::io::{self, Write};

use serde::Serialize;

use super::name::Name;
use super::record::{Record, Sink};
use crate::checkpoint::labels::Labels;
use crate::printable::{Style, steers};

/// The keys and their order are a contract.
#[derive(Serialize)]
#[serde(untagged)]
enum Object<'a> {
    Answer {
        #[serde(flatten)]
        name: Name,
        predictions: Vec<Prediction<'a>>,
    },
    Failure {
        #[serde(flatten)]
        name: Name,
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
    let name = Name::of(&record.path);
    match &record.outcome {
        Ok(scored) => Object::Answer {
            name,
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
            name,
            error: Failure {
                kind: error.kind.name(),
                message: &error.message,
            },
        },
    }
}

/// Writes an object; on a terminal, what could steer it is escaped as JSON escapes controls.
fn write(to: &mut impl Write, object: &Object, style: Style) -> io::Result<()> {
    if !style.terminal {
        return Ok(serde_json::to_writer(to, object)?);
    }
    for c in serde_json::to_string(object)?.chars() {
        if steers(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(to, "\\u{unit:04x}")?;
            }
        } else {
            write!(to, "{c}")?;
        }
    }
    Ok(())
}

/// One object per line.
pub(super) struct Lines<'a, W: Write> {
    to: W,
    labels: &'a Labels,
    style: Style,
}

impl<'a, W: Write> Lines<'a, W> {
    pub(super) fn new(to: W, labels: &'a Labels, style: Style) -> Self {
        Self { to, labels, style }
    }
}

impl<W: Write> Sink for Lines<'_, W> {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        write(&mut self.to, &object(record, self.labels), self.style)?;
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
    style: Style,
    empty: bool,
}

impl<'a, W: Write> Array<'a, W> {
    pub(super) fn new(to: W, labels: &'a Labels, style: Style) -> Self {
        Self {
            to,
            labels,
            style,
            empty: true,
        }
    }
}

impl<W: Write> Sink for Array<'_, W> {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        self.to
            .write_all(if self.empty { b"[\n" } else { b",\n" })?;
        self.empty = false;
        write(&mut self.to, &object(record, self.labels), self.style)?;
        self.to.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.to
            .write_all(if self.empty { b"[]\n" } else { b"\n]\n" })?;
        self.to.flush()
    }
}
