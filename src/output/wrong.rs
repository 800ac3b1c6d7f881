//! Wrong answers: `classify`'s JSON Lines, and what the pictures show.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use super::json::{Object, object};
use super::line;
use super::record::{Extras, Record};
use crate::printable::Style;

/// What a picture shows.
#[derive(Serialize)]
pub struct Truth {
    /// What it is called.
    pub label: String,
    /// The probability that the model gave it, where that is known.
    pub score: Option<f32>,
    /// Its index among the classes.
    pub index: usize,
    /// Its WordNet id, where it is one of ImageNet's.
    pub wnid: Option<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    record: Object<'a>,
    truth: &'a Truth,
}

/// Writes wrong answers, a line each.
pub struct Wrong<W: Write> {
    to: BufWriter<W>,
    model: String,
}

impl<W: Write> Wrong<W> {
    /// Those of `model`, to `to`.
    pub fn new(to: W, model: String) -> Self {
        Self {
            to: BufWriter::new(to),
            model,
        }
    }

    /// Writes one.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn record(&mut self, record: &Record, truth: &Truth) -> io::Result<()> {
        let record = object(record, &self.model, Extras::default());
        line(&mut self.to, &Line { record, truth }, Style::default())
    }
}
