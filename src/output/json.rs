//! JSON: one array, or one object per line.

use std::io::{self, Write};

use serde::Serialize;

use super::name::Name;
use super::record::{Record, Sink};
use crate::checkpoint::labels::Prediction;
use crate::error::PictureError;
use crate::printable::{Style, steers};

/// The keys and their order are a contract, [`Prediction`]'s too. All of them are there always, so
/// that a program which looks at a sample sees all of them.
#[derive(Serialize)]
struct Object<'a> {
    #[serde(flatten)]
    name: Name,
    model: &'a str,
    predictions: Option<&'a [Prediction]>,
    error: Option<Failure<'a>>,
}

/// What was wrong with a picture.
#[derive(Serialize)]
pub struct Failure<'a> {
    kind: &'static str,
    message: &'a str,
}

impl<'a> From<&'a PictureError> for Failure<'a> {
    fn from(error: &'a PictureError) -> Self {
        Self {
            kind: error.kind.name(),
            message: &error.message,
        }
    }
}

fn object<'a>(record: &'a Record, model: &'a str) -> Object<'a> {
    Object {
        name: Name::of(&record.path),
        model,
        predictions: record.outcome.as_deref().ok(),
        error: record.outcome.as_ref().err().map(Failure::from),
    }
}

/// Writes an object; on a terminal, what could steer it is escaped as JSON escapes controls.
pub(super) fn write(to: &mut impl Write, object: &impl Serialize, style: Style) -> io::Result<()> {
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
pub(super) struct Lines<W: Write> {
    to: W,
    model: String,
    style: Style,
}

impl<W: Write> Lines<W> {
    pub(super) fn new(to: W, model: String, style: Style) -> Self {
        Self { to, model, style }
    }
}

impl<W: Write> Sink for Lines<W> {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        write(&mut self.to, &object(record, &self.model), self.style)?;
        self.to.write_all(b"\n")?;
        self.to.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// One array, valid from the first record to an early end.
pub(super) struct Array<W: Write> {
    to: W,
    model: String,
    style: Style,
    empty: bool,
}

impl<W: Write> Array<W> {
    pub(super) fn new(to: W, model: String, style: Style) -> Self {
        Self {
            to,
            model,
            style,
            empty: true,
        }
    }
}

impl<W: Write> Sink for Array<W> {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        self.to
            .write_all(if self.empty { b"[\n" } else { b",\n" })?;
        self.empty = false;
        write(&mut self.to, &object(record, &self.model), self.style)?;
        self.to.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.to
            .write_all(if self.empty { b"[]\n" } else { b"\n]\n" })?;
        self.to.flush()
    }
}
