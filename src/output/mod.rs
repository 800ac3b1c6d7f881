//! Records to text, JSON, JSON Lines, CSV or TSV.

pub mod destination;
mod json;
mod name;
mod record;
pub mod resume;
mod table;
mod text;

use std::io::{self, Write};
use std::path::Path;

use crate::printable::Style;

pub use json::Failure;
pub use name::Name;
pub use record::{Record, Sink};
pub use text::{ERROR, PATH};

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
    /// The format that a file's ending names.
    pub fn of_file(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "txt" => Some(Self::Text),
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "csv" => Some(Self::Csv),
            "tsv" | "tab" => Some(Self::Tsv),
            _ => None,
        }
    }
}

/// How records are written, and what is said with them.
#[derive(Clone, Debug)]
pub struct Options {
    /// See [`Format`].
    pub format: Format,
    /// Whether a table begins with the names of its columns.
    pub header: bool,
    /// What the model is called in JSON.
    pub model: String,
    /// How text looks.
    pub style: Style,
}

/// Writes an object as a line of JSON.
///
/// # Errors
/// If the destination can't take it.
pub fn line(mut to: impl Write, object: &impl serde::Serialize, style: Style) -> io::Result<()> {
    json::write(&mut to, object, style)?;
    to.write_all(b"\n")?;
    to.flush()
}

/// A sink to `to`. Everything is written through a buffer that is flushed after each record, so
/// that a reader at the other end of a pipe gets it at once.
pub fn sink<'a>(to: impl Write + 'a, options: Options) -> Box<dyn Sink + 'a> {
    let to = io::BufWriter::new(to);
    let Options {
        format,
        header,
        model,
        style,
    } = options;
    match format {
        Format::Text => Box::new(text::Text::new(to, style)),
        Format::Json => Box::new(json::Array::new(to, model, style)),
        Format::Jsonl => Box::new(json::Lines::new(to, model, style)),
        Format::Csv => Box::new(table::Table::csv(to, header, style)),
        Format::Tsv => Box::new(table::Table::tsv(to, header, style)),
    }
}
