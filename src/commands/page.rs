//! The page of `--report` on its way to its file.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context, Result};

use crate::output::{Record, Report, Sink, destination};

/// A page that takes the place of what the file held with its first picture.
pub struct Page {
    report: Report<BufWriter<File>>,
    /// The file until then.
    anew: Option<File>,
    shown: String,
}

impl Page {
    /// Opens the file at `path` for a page of answers of `model`.
    ///
    /// # Errors
    /// If it can't be written, or another run is writing it.
    pub fn open(path: &Path, model: &str) -> Result<Self> {
        let file = destination::anew(path)?;
        let anew = Some(file.try_clone()?);
        Ok(Self {
            report: Report::new(BufWriter::new(file), path, model),
            anew,
            shown: path.display().to_string(),
        })
    }

    /// Adds a picture.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn write(&mut self, record: &Record) -> Result<()> {
        self.begin()?;
        let written = self.report.record(record);
        written.with_context(|| format!("can't write {}", self.shown))
    }

    /// Ends the page.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn close(mut self) -> Result<()> {
        self.begin()?;
        let written = self.report.finish();
        written.with_context(|| format!("can't write {}", self.shown))
    }

    fn begin(&mut self) -> Result<()> {
        self.anew
            .take()
            .map_or(Ok(()), |file| destination::empty(&file))
    }
}
