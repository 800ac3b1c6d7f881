//! What is written, and where it goes.

use std::io;
use std::path::PathBuf;

use crate::checkpoint::hierarchy::Sure;
use crate::checkpoint::labels::Prediction;
use crate::error::PictureError;

/// One picture's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// As the input named it.
    pub path: PathBuf,
    /// What it shows, or what was wrong.
    pub outcome: Result<Answer, PictureError>,
}

/// What a picture shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The best classes.
    pub predictions: Vec<Prediction>,
    /// The most precise answer that is sure enough, where one is asked for.
    pub sure: Option<Sure>,
    /// Where the picture was put, where pictures are sorted.
    pub to: Option<PathBuf>,
    /// A small JPEG of the picture, where pictures are shown.
    pub thumbnail: Option<Vec<u8>>,
}

/// What records tell beside what they always do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    /// The most precise answer that is sure enough.
    pub sure: bool,
    /// Where the picture was put.
    pub sorted: bool,
}

/// Writes records one after the other.
pub trait Sink {
    /// Writes one record.
    ///
    /// # Errors
    /// If the destination can't take it.
    fn record(&mut self, record: &Record) -> io::Result<()>;

    /// Writes what closes the output; it is called however the run ends.
    ///
    /// # Errors
    /// As [`Sink::record`].
    fn finish(&mut self) -> io::Result<()>;
}
