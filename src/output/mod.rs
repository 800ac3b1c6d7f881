//! Records to text, JSON, JSON Lines, CSV or TSV.

pub mod destination;
mod json;
mod name;
mod record;
pub mod resume;
mod table;
mod text;

use std::io::{self, Write};

use crate::printable::Style;

pub use name::Name;
pub use record::{Record, Sink};

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

impl Format {
    /// A sink to `to`. Everything is written through a buffer that is flushed after each record,
    /// so that a reader at the other end of a pipe gets it at once.
    pub fn sink<'a>(self, to: impl Write + 'a, style: Style) -> Box<dyn Sink + 'a> {
        let to = io::BufWriter::new(to);
        match self {
            Self::Text => Box::new(text::Text::new(to, style)),
            Self::Json => Box::new(json::Array::new(to, style)),
            Self::Jsonl => Box::new(json::Lines::new(to, style)),
            Self::Csv => Box::new(table::Table::csv(to, style)),
            Self::Tsv => Box::new(table::Table::tsv(to, style)),
        }
    }
}
