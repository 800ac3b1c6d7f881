//! CSV and TSV: a header, then one row per prediction.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use super::record::{Answer, Extras, Record, Sink};
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

/// What `--sure` adds, on each row of a picture.
const SURE: [&str; 3] = ["sure_label", "sure_score", "sure_wnid"];

/// What `--sort-into` adds, likewise.
const SORTED: &str = "to";

/// Which columns there are beside those that always are.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    /// Whether the first row names them.
    pub(super) header: bool,
    /// See [`Extras`].
    pub(super) extras: Extras,
}

/// A picture that failed, or with no prediction above the minimum, still has one row.
pub(super) struct Table<W: Write> {
    to: Writer<W>,
    escape: fn(&str) -> Cow<'_, str>,
    columns: Columns,
    /// Whether the header is written, or none is wanted.
    started: bool,
}

impl<W: Write> Table<W> {
    /// RFC 4180, with the line ends that it asks for.
    pub(super) fn csv(to: W, columns: Columns, style: Style) -> Self {
        let mut builder = WriterBuilder::new();
        builder.terminator(Terminator::CRLF);
        let escape: fn(&str) -> Cow<'_, str> = match style.terminal {
            true => |field| printable(field).into(),
            false => |field| field.into(),
        };
        Self::new(builder.from_writer(to), columns, escape)
    }

    /// TSV has no quotes: what would break a line becomes `\t`, `\n`, `\r` or `\\`.
    pub(super) fn tsv(to: W, columns: Columns, style: Style) -> Self {
        let mut builder = WriterBuilder::new();
        builder.delimiter(b'\t').quote_style(QuoteStyle::Never);
        let escape: fn(&str) -> Cow<'_, str> = match style.terminal {
            true => |field| printable(&escaped(field)).into(),
            false => |field| escaped(field).into(),
        };
        Self::new(builder.from_writer(to), columns, escape)
    }

    fn new(to: Writer<W>, columns: Columns, escape: fn(&str) -> Cow<'_, str>) -> Self {
        Self {
            to,
            escape,
            columns,
            started: !columns.header,
        }
    }

    fn row(&mut self, fields: [&str; 8], sure: [&str; 3], place: &str) -> io::Result<()> {
        let extras = self.columns.extras;
        let sure = sure.iter().filter(|_| extras.sure);
        let fields = fields.iter().chain(sure);
        let fields = fields.chain(extras.sorted.then_some(&place));
        for field in fields {
            self.to.write_field((self.escape)(field).as_bytes())?;
        }
        Ok(self.to.write_record(None::<&[u8]>)?)
    }

    fn answer(&mut self, path: &str, answer: &Answer) -> io::Result<()> {
        let sure = answer.sure.as_ref();
        let score = sure.map_or(String::new(), |sure| sure.score.to_string());
        let sure = sure.map_or([""; 3], |sure| [&sure.label, &score, &sure.wnid]);
        let place = answer.to.as_deref().map(Path::to_string_lossy);
        let place = place.unwrap_or_default();
        if answer.predictions.is_empty() {
            self.row([path, "", "", "", "", "", "", ""], sure, &place)?;
        }
        for (rank, prediction) in answer.predictions.iter().enumerate() {
            let fields = [
                path,
                &(rank + 1).to_string(),
                &prediction.label,
                &prediction.score.to_string(),
                &prediction.index.to_string(),
                prediction.wnid.as_deref().unwrap_or_default(),
                "",
                "",
            ];
            self.row(fields, sure, &place)?;
        }
        Ok(())
    }

    fn start(&mut self) -> io::Result<()> {
        if !self.started {
            self.started = true;
            self.row(HEADER, SURE, SORTED)?;
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
                let kind = error.kind.name();
                let fields = [&path, "", "", "", "", "", kind, &error.message];
                self.row(fields, [""; 3], "")?;
            }
            Ok(answer) => self.answer(&path, answer)?,
        }
        self.to.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.start()?;
        self.to.flush()
    }
}
