//! Records to text, JSON, JSON Lines, CSV or TSV.

mod json;
mod name;
mod table;
mod text;

use std::io::{self, Write};
use std::path::PathBuf;

use crate::error::PictureError;
use crate::labels::Labels;
use crate::top_k::Scored;

pub use name::Name;

/// One picture's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// As the input named it.
    pub path: PathBuf,
    /// The best classes, or what was wrong.
    pub outcome: Result<Vec<Scored>, PictureError>,
}

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One array.
    Json,
    /// One object per line, each flushed.
    Jsonl,
    /// RFC 4180, one row per prediction.
    Csv,
    /// As CSV, with tabs; tabs and line breaks within a field are escaped.
    Tsv,
}

/// Writes records one after the other.
pub trait Sink {
    /// Writes one record.
    ///
    /// # Errors
    /// If the destination can't take it.
    fn record(&mut self, record: &Record) -> io::Result<()>;

    /// Writes what closes the output; it is called however the run ends.
    ///
    /// # Errors
    /// As [`Sink::record`].
    fn finish(&mut self) -> io::Result<()>;
}

/// How text looks where it goes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Whether to use colour.
    pub color: bool,
    /// Whether it goes to a terminal, where a file name's escape sequences must not act.
    pub terminal: bool,
}

impl Format {
    /// A sink to `to`. Everything is written through a buffer that is flushed after each record,
    /// so that a reader at the other end of a pipe gets it at once.
    pub fn sink<'a>(
        self,
        to: impl Write + 'a,
        labels: &'a Labels,
        style: Style,
    ) -> Box<dyn Sink + 'a> {
        let to = io::BufWriter::new(to);
        match self {
            Self::Text => Box::new(text::Text::new(to, labels, style)),
            Self::Json => Box::new(json::Array::new(to, labels, style)),
            Self::Jsonl => Box::new(json::Lines::new(to, labels, style)),
            Self::Csv => Box::new(table::Table::csv(to, labels, style)),
            Self::Tsv => Box::new(table::Table::tsv(to, labels, style)),
        }
    }
}
