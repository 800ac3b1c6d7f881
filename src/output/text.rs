//! Text for people: the path, then a line per class.

use std::io::{self, Write};

use super::record::{Record, Sink};
use crate::checkpoint::labels::Labels;
use crate::printable::{Style, printable};

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const RESET: &str = "\x1b[0m";

pub(super) struct Text<'a, W: Write> {
    to: W,
    labels: &'a Labels,
    style: Style,
}

impl<'a, W: Write> Text<'a, W> {
    pub(super) fn new(to: W, labels: &'a Labels, style: Style) -> Self {
        Self { to, labels, style }
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
}

impl<W: Write> Sink for Text<'_, W> {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        let path = self.shown(&record.path.to_string_lossy());
        writeln!(self.to, "{}", self.paint(BOLD, &path))?;
        match &record.outcome {
            Err(error) => {
                let message = self.shown(&error.message);
                let word = self.paint(RED, "error:");
                writeln!(self.to, "  {word} {message}")?;
            }
            Ok(scored) => {
                let names: Vec<_> = scored
                    .iter()
                    .map(|scored| self.shown(&self.labels.get(scored.index).name))
                    .collect();
                let width = names.iter().map(|name| name.chars().count()).max();
                for (scored, name) in scored.iter().zip(&names) {
                    let percent = format!("{:6.2}%", scored.score * 100.0);
                    let percent = self.paint(GREEN, &percent);
                    match &self.labels.get(scored.index).wnid {
                        Some(wnid) => {
                            let width = width.unwrap_or_default();
                            let wnid = self.paint(DIM, wnid);
                            writeln!(self.to, "  {percent}  {name:width$}  {wnid}")?;
                        }
                        None => writeln!(self.to, "  {percent}  {name}")?,
                    }
                }
            }
        }
        self.to.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
