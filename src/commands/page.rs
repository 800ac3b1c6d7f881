//! The page of `--report` on its way to its file.

use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context, Result};

use crate::output::anew::{Anew, Whole, anew};
use crate::output::{Record, Report, Sink};

/// A page that takes the place of what the file held once it is whole.
pub struct Page {
    report: Report<BufWriter<Anew>>,
    whole: Whole,
    shown: String,
}

impl Page {
    /// Opens the file at `path` for a page of answers of `model`.
    ///
    /// # Errors
    /// If it can't be written, or another run is writing it.
    pub fn open(path: &Path, model: &str) -> Result<Self> {
        let (file, whole) = anew(path)?;
        Ok(Self {
            report: Report::new(BufWriter::new(file), path, model),
            whole,
            shown: path.display().to_string(),
        })
    }

    /// Adds a picture.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn write(&mut self, record: &Record) -> Result<()> {
        let written = self.report.record(record);
        written.with_context(|| format!("can't write {}", self.shown))
    }

    /// Ends the page.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn close(mut self) -> Result<()> {
        let written = self.report.finish();
        written.with_context(|| format!("can't write {}", self.shown))?;
        self.whole.finish()
    }
}
