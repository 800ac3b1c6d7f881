//! Text for people: the path, then a line per class; `=` stands before the sure answer. Of a picture
//! that was sorted, a line with the paths that it had and has.

use std::io::{self, Write};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use super::record::{Answer, Record, Sink};
use crate::checkpoint::labels::Prediction;
use crate::error::PictureError;
use crate::printable;

/// A picture's path.
pub const PATH: Style = Style::new().bold();
const WNID: Style = Style::new().dimmed();
/// What was wrong.
pub const ERROR: Style = AnsiColor::Red.on_default();
const SURE: Style = AnsiColor::Green.on_default();
const LIKELY: Style = AnsiColor::Yellow.on_default();
const UNLIKELY: Style = Style::new().dimmed();

/// More likely than not, one of a few, one of many.
fn of_score(score: f32) -> Style {
    match score {
        0.5.. => SURE,
        0.1.. => LIKELY,
        _ => UNLIKELY,
    }
}

/// What is written for people.
pub struct Text<W: Write> {
    to: W,
    look: printable::Style,
}

impl<W: Write> Text<W> {
    pub(super) fn new(to: W, look: printable::Style) -> Self {
        Self { to, look }
    }

    fn paint(&self, style: Style, text: &str) -> String {
        self.look.paint(style, text)
    }

    fn shown(&self, text: &str) -> String {
        self.look.shown(text)
    }

    /// What begins a record.
    pub(super) fn path(&mut self, path: &Path) -> io::Result<()> {
        let path = self.shown(&path.to_string_lossy());
        writeln!(self.to, "{}", self.paint(PATH, &path))
    }

    /// The record of a picture that failed.
    pub(super) fn failed(&mut self, path: &Path, error: &PictureError) -> io::Result<()> {
        self.path(path)?;
        let message = self.shown(&error.message);
        let word = self.paint(ERROR, "error:");
        writeln!(self.to, "  {word} {message}")
    }

    /// One class, on a line.
    pub(super) fn prediction(&mut self, prediction: &Prediction) -> io::Result<()> {
        self.answer(&Answer {
            predictions: vec![prediction.clone()],
            ..Answer::default()
        })
    }

    /// What there is to say of the class above it, on a line.
    pub(super) fn remark(&mut self, remark: &str) -> io::Result<()> {
        let remark = self.shown(remark);
        writeln!(self.to, "           {remark}")
    }

    /// Hands on what was written.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }

    /// A line per answer, the sure one first: the labels of those with a WordNet id are padded to
    /// the widest.
    fn answer(&mut self, answer: &Answer) -> io::Result<()> {
        let Answer {
            predictions, sure, ..
        } = answer;
        let sure = sure
            .iter()
            .map(|sure| (&sure.label, sure.score, Some(&sure.wnid), "= "));
        let predictions = predictions
            .iter()
            .map(|p| (&p.label, p.score, p.wnid.as_ref(), "  "));
        let lines: Vec<_> = sure.chain(predictions).collect();
        let labels: Vec<_> = lines.iter().map(|(label, ..)| self.shown(label)).collect();
        let widest = labels.iter().map(|label| label.width()).max();
        for (&(_, score, wnid, mark), label) in lines.iter().zip(&labels) {
            let percent = format!("{:6.2}%", score * 100.0);
            let percent = self.paint(of_score(score), &percent);
            match wnid {
                Some(wnid) => {
                    let wnid = self.paint(WNID, wnid);
                    let padding = widest.unwrap_or_default() - label.width();
                    writeln!(self.to, "{mark}{percent}  {label}{:padding$}  {wnid}", "")?;
                }
                None => writeln!(self.to, "{mark}{percent}  {label}")?,
            }
        }
        if answer.predictions.is_empty() {
            let none = self.paint(UNLIKELY, "no label reaches --min-score");
            writeln!(self.to, "  {none}")?;
        }
        Ok(())
    }
}

impl<W: Write> Sink for Text<W> {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        if let Ok(Answer { to: Some(to), .. }) = &record.outcome {
            let path = self.shown(&record.path.to_string_lossy());
            let path = self.paint(PATH, &path);
            let to = self.shown(&to.to_string_lossy());
            writeln!(self.to, "{path} -> {to}")?;
            return self.to.flush();
        }
        match &record.outcome {
            Err(error) => self.failed(&record.path, error)?,
            Ok(answer) => {
                self.path(&record.path)?;
                self.answer(answer)?;
            }
        }
        self.to.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
