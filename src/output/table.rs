//! CSV and TSV: a header, then one row per prediction.

use std::borrow::Cow;
use std::io::{self, Write};

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use super::record::{Answer, Record, Sink};
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

/// A picture that failed, or with no prediction above the minimum, still has one row.
pub(super) struct Table<W: Write> {
    to: Writer<W>,
    escape: fn(&str) -> Cow<'_, str>,
    sure: bool,
    /// Whether the header is written, or none is wanted.
    started: bool,
}

impl<W: Write> Table<W> {
    /// RFC 4180, with the line ends that it asks for.
    pub(super) fn csv(to: W, header: bool, sure: bool, style: Style) -> Self {
        let mut builder = WriterBuilder::new();
        builder.terminator(Terminator::CRLF);
        let escape: fn(&str) -> Cow<'_, str> = match style.terminal {
            true => |field| printable(field).into(),
            false => |field| field.into(),
        };
        Self::new(builder.from_writer(to), header, sure, escape)
    }

    /// TSV has no quotes: what would break a line becomes `\t`, `\n`, `\r` or `\\`.
    pub(super) fn tsv(to: W, header: bool, sure: bool, style: Style) -> Self {
        let mut builder = WriterBuilder::new();
        builder.delimiter(b'\t').quote_style(QuoteStyle::Never);
        let escape: fn(&str) -> Cow<'_, str> = match style.terminal {
            true => |field| printable(&escaped(field)).into(),
            false => |field| escaped(field).into(),
        };
        Self::new(builder.from_writer(to), header, sure, escape)
    }

    fn new(to: Writer<W>, header: bool, sure: bool, escape: fn(&str) -> Cow<'_, str>) -> Self {
        Self {
            to,
            escape,
            sure,
            started: !header,
        }
    }

    fn row(&mut self, fields: [&str; 8], sure: [&str; 3]) -> io::Result<()> {
        let added = if self.sure { &sure[..] } else { &[] };
        let fields = fields.iter().chain(added);
        for field in fields {
            self.to.write_field((self.escape)(field).as_bytes())?;
        }
        Ok(self.to.write_record(None::<&[u8]>)?)
    }

    fn answer(&mut self, path: &str, answer: &Answer) -> io::Result<()> {
        let sure = answer.sure.as_ref();
        let score = sure.map_or(String::new(), |sure| sure.score.to_string());
        let sure = sure.map_or([""; 3], |sure| [&sure.label, &score, &sure.wnid]);
        if answer.predictions.is_empty() {
            self.row([path, "", "", "", "", "", "", ""], sure)?;
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
            self.row(fields, sure)?;
        }
        Ok(())
    }

    fn start(&mut self) -> io::Result<()> {
        if !self.started {
            self.started = true;
            self.row(HEADER, SURE)?;
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
                self.row([&path, "", "", "", "", "", kind, &error.message], [""; 3])?;
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
