//! A line of one's own for each picture: `{path}\t{label}\t{score:.2}`.

mod field;
mod parse;

use std::io::{self, Write};
use std::str::FromStr;

use super::record::{Record, Sink};
use crate::printable::{Style, printable};
use field::{Field, Precision, value};
use parse::{Part, parts};

/// What is printed for each picture: text, and fields of its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

impl Template {
    /// One field and nothing else.
    fn of(field: Field) -> Self {
        let part = Part::Field {
            field,
            rank: 0,
            precision: Precision::Shortest,
        };
        Self { parts: vec![part] }
    }

    /// The path alone.
    pub fn path() -> Self {
        Self::of(Field::Path)
    }

    /// The label alone: the best, or with `--sure` the sure one.
    pub fn label(is_sure: bool) -> Self {
        Self::of(match is_sure {
            true => Field::SureLabel,
            false => Field::Label,
        })
    }

    /// How many predictions it asks for.
    pub fn ranks(&self) -> usize {
        let rank = |part: &Part| match part {
            Part::Field { field, rank, .. } if field.is_of_a_prediction() => rank + 1,
            _ => 0,
        };
        self.parts.iter().map(rank).max().unwrap_or(0)
    }

    /// Whether it asks for what `--sure` says.
    pub fn asks_for_sure(&self) -> bool {
        self.asks_for(Field::is_sure)
    }

    /// Whether it asks for what `--sort-into` says.
    pub fn asks_for_place(&self) -> bool {
        self.asks_for(|field| field == Field::To)
    }

    fn asks_for(&self, is_asked: impl Fn(Field) -> bool) -> bool {
        let is_asked = |part: &Part| matches!(part, Part::Field { field, .. } if is_asked(*field));
        self.parts.iter().any(is_asked)
    }
}

impl FromStr for Template {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parts(text).map(|parts| Self { parts })
    }
}

/// Writes a template for each record, and a line end or NUL behind it. What a picture that failed
/// does not have is empty.
pub(super) struct Filled<W: Write> {
    to: W,
    template: Template,
    end: u8,
    model: String,
    style: Style,
}

impl<W: Write> Filled<W> {
    pub(super) fn new(to: W, template: Template, end: u8, model: String, style: Style) -> Self {
        Self {
            to,
            template,
            end,
            model,
            style,
        }
    }
}

impl<W: Write> Sink for Filled<W> {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        for part in &self.template.parts {
            match part {
                Part::Text(text) => self.to.write_all(text.as_bytes())?,
                Part::Field {
                    field,
                    rank,
                    precision,
                } => {
                    let bytes = value(*field, *rank, *precision, record, &self.model);
                    // On a terminal a file's name must not act.
                    match self.style.terminal {
                        true => {
                            let text = printable(&String::from_utf8_lossy(&bytes));
                            self.to.write_all(text.as_bytes())?;
                        }
                        false => self.to.write_all(&bytes)?,
                    }
                }
            }
        }
        self.to.write_all(&[self.end])?;
        self.to.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
