//! JSON: one array, or one object per line.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use super::record::{Extras, Record, Sink};
use crate::checkpoint::hierarchy::Sure;
use crate::checkpoint::labels::Prediction;
use crate::error::PictureError;
use crate::paths::Name;
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

pub(super) fn object<'a>(record: &'a Record, model: &'a str, extras: Extras) -> Object<'a> {
    let answer = record.outcome.as_ref().ok();
    Object {
        name: Name::of(&record.path),
        model,
        predictions: answer.map(|answer| answer.predictions.as_slice()),
        sure: extras.sure.then(|| answer?.sure.as_ref()),
        to: extras
            .sorted
            .then(|| Some(answer?.to.as_ref()?.to_string_lossy())),
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

/// Objects one after the other, each flushed: one array, valid from the first object to an early end, or
/// one object per line.
pub struct Objects<W: Write> {
    to: W,
    is_array: bool,
    style: Style,
    empty: bool,
}

impl<W: Write> Objects<W> {
    pub(super) fn new(to: W, is_array: bool, style: Style) -> Self {
        Self {
            to,
            is_array,
            style,
            empty: true,
        }
    }

    pub(super) fn object(&mut self, object: &impl Serialize) -> io::Result<()> {
        let (before, behind): (&[u8], &[u8]) = match (self.is_array, self.empty) {
            (false, _) => (b"", b"\n"),
            (true, true) => (b"[\n", b""),
            (true, false) => (b",\n", b""),
        };
        self.to.write_all(before)?;
        self.empty = false;
        write(&mut self.to, object, self.style)?;
        self.to.write_all(behind)?;
        self.to.flush()
    }

    pub(super) fn finish(&mut self) -> io::Result<()> {
        let end: &[u8] = match (self.is_array, self.empty) {
            (false, _) => b"",
            (true, true) => b"[]\n",
            (true, false) => b"\n]\n",
        };
        self.to.write_all(end)?;
        self.to.flush()
    }
}

/// Records as objects.
pub(super) struct Records<W: Write> {
    pub objects: Objects<W>,
    pub model: String,
    /// Whether they have the keys `sure` and `to`.
    pub extras: Extras,
}

impl<W: Write> Sink for Records<W> {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        let object = object(record, &self.model, self.extras);
        self.objects.object(&object)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.objects.finish()
    }
}
