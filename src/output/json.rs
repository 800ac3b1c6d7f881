//! JSON: one array, or one object per line.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use super::name::Name;
use super::record::{Record, Sink};
use crate::checkpoint::hierarchy::Sure;
use crate::checkpoint::labels::Prediction;
use crate::error::PictureError;
use crate::printable::{Style, steers};

/// The keys and their order are a contract, [`Prediction`]'s too. All of them are there always, so
/// that a program which looks at a sample sees all of them.
#[derive(Serialize)]
pub(super) struct Object<'a> {
    #[serde(flatten)]
    name: Name,
    model: &'a str,
    predictions: Option<&'a [Prediction]>,
    /// Only where `--sure` is given; then always.
    #[serde(skip_serializing_if = "Option::is_none")]
    sure: Option<Option<&'a Sure>>,
    /// Only where `--sort-into` is given; then always.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Option<Cow<'a, str>>>,
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

pub(super) fn object<'a>(
    record: &'a Record,
    model: &'a str,
    sure: bool,
    sorted: bool,
) -> Object<'a> {
    let answer = record.outcome.as_ref().ok();
    Object {
        name: Name::of(&record.path),
        model,
        predictions: answer.map(|answer| answer.predictions.as_slice()),
        sure: sure.then(|| answer?.sure.as_ref()),
        to: sorted.then(|| Some(answer?.to.as_ref()?.to_string_lossy())),
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

/// Writes records as objects.
pub(super) struct Objects<W: Write> {
    pub(super) to: W,
    pub(super) model: String,
    /// Whether they have the key `sure`.
    pub(super) sure: bool,
    /// Whether they have the key `to`.
    pub(super) sorted: bool,
    pub(super) style: Style,
}

impl<W: Write> Objects<W> {
    fn write(&mut self, record: &Record) -> io::Result<()> {
        let object = object(record, &self.model, self.sure, self.sorted);
        write(&mut self.to, &object, self.style)
    }
}

/// One object per line.
pub(super) struct Lines<W: Write>(pub(super) Objects<W>);

impl<W: Write> Sink for Lines<W> {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        self.0.write(record)?;
        self.0.to.write_all(b"\n")?;
        self.0.to.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.0.to.flush()
    }
}

/// One array, valid from the first record to an early end.
pub(super) struct Array<W: Write> {
    objects: Objects<W>,
    empty: bool,
}

impl<W: Write> Array<W> {
    pub(super) fn new(objects: Objects<W>) -> Self {
        Self {
            objects,
            empty: true,
        }
    }
}

impl<W: Write> Sink for Array<W> {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        let before = if self.empty { b"[\n" } else { b",\n" };
        self.objects.to.write_all(before)?;
        self.empty = false;
        self.objects.write(record)?;
        self.objects.to.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        let to = &mut self.objects.to;
        to.write_all(if self.empty { b"[]\n" } else { b"\n]\n" })?;
        to.flush()
    }
}
