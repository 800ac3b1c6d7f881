//! Records to text, JSON, JSON Lines, CSV, TSV or a template.

pub mod anew;
pub mod destination;
pub mod explained;
mod json;
pub mod pictures;
mod record;
mod report;
pub mod resume;
pub mod saved;
pub mod state;
mod table;
mod template;
mod text;
mod wrong;

use std::io::{self, Write};
use std::path::Path;

use crate::printable::Style;

pub use json::Failure;
pub use record::{Answer, Extras, Record, Sink};
pub use report::Report;
pub use template::Template;
pub use text::{ERROR, PATH};
pub use wrong::{Truth, Wrong};

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

/// What records look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One of the usual.
    Format(Format),
    /// A template, and the byte behind each record.
    Template(Template, u8),
}

impl Layout {
    /// A template, with NUL or a line end behind each record.
    pub fn of_template(template: Template, null: bool) -> Self {
        Self::Template(template, if null { 0 } else { b'\n' })
    }

    /// How many predictions it needs of each record, beside those that were asked for.
    pub fn ranks(&self) -> usize {
        match self {
            Self::Template(template, _) => template.ranks(),
            Self::Format(_) => 0,
        }
    }
}

/// How records are written, and what is said with them.
#[derive(Clone, Debug)]
pub struct Options {
    /// See [`Layout`].
    pub layout: Layout,
    /// See [`Extras`].
    pub extras: Extras,
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

/// Writes an object as a line of JSON in one piece: what is killed meanwhile leaves a part of the line at
/// most.
///
/// # Errors
/// As [`line()`].
pub fn whole_line(mut to: impl Write, object: &impl serde::Serialize) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(object)?;
    bytes.push(b'\n');
    to.write_all(&bytes)
}

/// Writes what a command has to say as a whole to standard output: as a line of JSON, or as text.
///
/// # Errors
/// If it can't take it.
pub fn print(
    is_json: bool,
    object: &impl serde::Serialize,
    text: impl FnOnce() -> String,
) -> io::Result<()> {
    let mut to = destination::stdout();
    match is_json {
        true => line(&mut to, object, Style::default()),
        false => to.write_all(text().as_bytes()).and_then(|()| to.flush()),
    }
}

/// A sink to `to`. Everything is written through a buffer that is flushed after each record, so
/// that a reader at the other end of a pipe gets it at once.
pub fn sink<'a>(to: impl Write + 'a, options: Options) -> Box<dyn Sink + 'a> {
    let to = io::BufWriter::new(to);
    let Options {
        layout,
        extras,
        header,
        model,
        style,
    } = options;
    let format = match layout {
        Layout::Format(format) => format,
        Layout::Template(template, end) => {
            return Box::new(template::Filled::new(to, template, end, model, style));
        }
    };
    let columns = table::Columns { header, extras };
    match format {
        Format::Text => Box::new(text::Text::new(to, style)),
        Format::Json | Format::Jsonl => Box::new(json::Records {
            objects: json::Objects::new(to, format == Format::Json, style),
            model,
            extras,
        }),
        Format::Csv => Box::new(table::Table::csv(to, columns, style)),
        Format::Tsv => Box::new(table::Table::tsv(to, columns, style)),
    }
}
