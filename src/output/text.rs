//! Text for people: the path, then a line per class.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::record::{Record, Sink};
use crate::checkpoint::labels::Prediction;
use crate::printable::{Style, printable};

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const RESET: &str = "\x1b[0m";

pub(super) struct Text<W: Write> {
    to: W,
    style: Style,
}

impl<W: Write> Text<W> {
    pub(super) fn new(to: W, style: Style) -> Self {
        Self { to, style }
    }

    fn paint(&self, color: &'static str, text: &str) -> String {
        match self.style.color {
            true => format!("{color}{text}{RESET}"),
            false => text.to_owned(),
        }
    }

    fn shown(&self, text: &str) -> String {
        match self.style.terminal {
            true => printable(text),
            false => text.to_owned(),
        }
    }

    /// A line per class: the labels of those with a WordNet id are padded to the widest.
    fn predictions(&mut self, predictions: &[Prediction]) -> io::Result<()> {
        let labels: Vec<_> = predictions.iter().map(|p| self.shown(&p.label)).collect();
        let widest = labels.iter().map(|label| label.width()).max();
        for (prediction, label) in predictions.iter().zip(&labels) {
            let percent = format!("{:6.2}%", prediction.score * 100.0);
            let percent = self.paint(GREEN, &percent);
            match &prediction.wnid {
                Some(wnid) => {
                    let wnid = self.paint(DIM, wnid);
                    let padding = widest.unwrap_or_default() - label.width();
                    writeln!(self.to, "  {percent}  {label}{:padding$}  {wnid}", "")?;
                }
                None => writeln!(self.to, "  {percent}  {label}")?,
            }
        }
        Ok(())
    }
}

impl<W: Write> Sink for Text<W> {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        let path = self.shown(&record.path.to_string_lossy());
        writeln!(self.to, "{}", self.paint(BOLD, &path))?;
        match &record.outcome {
            Err(error) => {
                let message = self.shown(&error.message);
                let word = self.paint(RED, "error:");
                writeln!(self.to, "  {word} {message}")?;
            }
            Ok(predictions) => self.predictions(predictions)?,
        }
        self.to.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
