//! CSV and TSV: a header, then one row per prediction.

use std::borrow::Cow;
use std::io::{self, Write};

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use super::record::{Record, Sink};
use crate::printable::{Style, printable};

const HEADER: [&str; 8] = [
    "path",
    "rank",
    "label",
    "score",
    "index",
    "wnid",
    "error_kind",
    "error",
];

/// A picture that failed, or with no prediction above the minimum, still has one row.
pub(super) struct Table<W: Write> {
    to: Writer<W>,
    escape: fn(&str) -> Cow<'_, str>,
    /// Whether the header is written, or none is wanted.
    started: bool,
}

impl<W: Write> Table<W> {
    /// RFC 4180, with the line ends that it asks for.
    pub(super) fn csv(to: W, header: bool, style: Style) -> Self {
        let mut builder = WriterBuilder::new();
        builder.terminator(Terminator::CRLF);
        let escape: fn(&str) -> Cow<'_, str> = match style.terminal {
            true => |field| printable(field).into(),
            false => |field| field.into(),
        };
        Self::new(builder.from_writer(to), header, escape)
    }

    /// TSV has no quotes: what would break a line becomes `\t`, `\n`, `\r` or `\\`.
    pub(super) fn tsv(to: W, header: bool, style: Style) -> Self {
        let mut builder = WriterBuilder::new();
        builder.delimiter(b'\t').quote_style(QuoteStyle::Never);
        let escape: fn(&str) -> Cow<'_, str> = match style.terminal {
            true => |field| printable(&escaped(field)).into(),
            false => |field| escaped(field).into(),
        };
        Self::new(builder.from_writer(to), header, escape)
    }

    fn new(to: Writer<W>, header: bool, escape: fn(&str) -> Cow<'_, str>) -> Self {
        Self {
            to,
            escape,
            started: !header,
        }
    }

    fn row(&mut self, fields: [&str; 8]) -> io::Result<()> {
        let escape = self.escape;
        let fields = fields.map(escape);
        Ok(self.to.write_record(fields.iter().map(|f| f.as_bytes()))?)
    }

    fn start(&mut self) -> io::Result<()> {
        if !self.started {
            self.started = true;
            self.row(HEADER)?;
        }
        Ok(())
    }
}

fn escaped(field: &str) -> String {
    let escaped = field.replace('\\', "\\\\").replace('\t', "\\t");
    escaped.replace('\n', "\\n").replace('\r', "\\r")
}

impl<W: Write> Sink for Table<W> {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        self.start()?;
        let path = record.path.to_string_lossy();
        match &record.outcome {
            Err(error) => {
                self.row([&path, "", "", "", "", "", error.kind.name(), &error.message])?;
            }
            Ok(predictions) if predictions.is_empty() => {
                self.row([&path, "", "", "", "", "", "", ""])?;
            }
            Ok(predictions) => {
                for (rank, prediction) in predictions.iter().enumerate() {
                    self.row([
                        &path,
                        &(rank + 1).to_string(),
                        &prediction.label,
                        &prediction.score.to_string(),
                        &prediction.index.to_string(),
                        prediction.wnid.as_deref().unwrap_or_default(),
                        "",
                        "",
                    ])?;
                }
            }
        }
        self.to.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.start()?;
        self.to.flush()
    }
}
