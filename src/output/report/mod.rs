//! One page of all pictures, to look at in a browser: small pictures, labels, bars; with filters where
//! scripts run, and to be read without.
//!
//! The page asks nobody for anything: what it needs is in it, and its Content-Security-Policy forbids
//! the rest. It is written as pictures come, so that memory does not grow with their number.

mod link;
mod page;
mod tile;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::record::{Record, Sink};

/// Writes records as a page.
pub struct Report<W: Write> {
    to: W,
    /// The folder that links start from.
    folder: PathBuf,
    model: String,
    pictures: u64,
    failed: u64,
}

impl<W: Write> Report<W> {
    /// A page at `path`, of answers of `model`.
    pub fn new(to: W, path: &Path, model: &str) -> Self {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        Self {
            to,
            folder: path.parent().unwrap_or(Path::new("/")).to_path_buf(),
            model: model.to_owned(),
            pictures: 0,
            failed: 0,
        }
    }

    fn start(&mut self) -> io::Result<()> {
        match self.pictures {
            0 => page::begin(&mut self.to, &self.model),
            _ => Ok(()),
        }
    }
}

impl<W: Write> Sink for Report<W> {
    fn record(&mut self, record: &Record) -> io::Result<()> {
        self.start()?;
        self.pictures += 1;
        self.failed += u64::from(record.outcome.is_err());
        tile::write(&mut self.to, record, &self.folder)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.start()?;
        page::end(&mut self.to, self.pictures, self.failed)?;
        self.to.flush()
    }
}
