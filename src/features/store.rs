//! A file of features that is written as pictures come.
//!
//! Until it is whole, what comes goes into two files beside it: `x.npy.part` has the vectors behind
//! the place of the header, and `x.npy.part.jsonl`, the journal, says first what they are ([`About`])
//! and then a line per row. A vector is written before its line, so that a run that is killed leaves
//! at most a vector without one, and [`Store::open`] goes on behind the last that is whole. At the
//! end come the text of the rows and the header, and then the names.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::about::About;
use super::file::{Format, Opened, about_path, text_path};
use super::fingerprint::Fingerprint;
use super::row::Row;
use super::{npy, safetensors};
use crate::error::PictureError;
use crate::output::anew::anew;
use crate::output::{Failure, destination, whole_line};
use crate::paths::Name;

/// How many rows of each name there are already.
pub type Done = HashMap<Name, usize>;

/// A file that is being written.
pub struct Store {
    path: PathBuf,
    format: Format,
    about: About,
    rows: u64,
    data: File,
    journal: File,
    /// Where failures go, from the first on.
    failed: Option<File>,
}

/// The first line of a journal.
#[derive(Serialize, Deserialize)]
struct First {
    about: About,
}

/// A picture without features.
#[derive(Serialize)]
struct Failed<'a> {
    #[serde(flatten)]
    name: Name,
    model: &'a str,
    error: Failure<'a>,
}

/// How each line of the rows begins.
const LINE: &[u8] = b"{\"row\":";

impl Store {
    /// Begins the file at `path`, or with `resume` goes on with what an earlier run left, whole or
    /// not, and tells which pictures it has. Those that failed are to be tried again.
    ///
    /// # Errors
    /// If files can't be written, another run is writing them, or they are of another model.
    pub fn open(path: &Path, format: Format, about: About, resume: bool) -> Result<(Self, Done)> {
        let journal_path = journal_path(path);
        let journal = destination::append(&journal_path)?;
        let is_begun = resume && part_path(path).exists() && journal.metadata()?.len() > 0;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let data = options
            .open(part_path(path))
            .with_context(|| format!("can't write {}", path.display()))?;
        let mut store = Self {
            path: path.to_path_buf(),
            format,
            about,
            rows: 0,
            data,
            journal,
            failed: None,
        };
        let done = match (is_begun, resume && path.exists()) {
            (true, _) => store.go_on(),
            (false, true) => store.take_whole().and_then(|()| store.go_on()),
            (false, false) => store.begin().map(|()| Done::new()),
        };
        if done.is_err() && !is_begun {
            // Nothing is in them.
            let _ = fs::remove_file(part_path(path));
            let _ = fs::remove_file(journal_path);
        }
        let done = done.with_context(|| format!("can't go on with {}", path.display()))?;
        let failed = failed_path(path);
        if failed.exists() {
            fs::remove_file(&failed)
                .with_context(|| format!("can't write {} anew", failed.display()))?;
        }
        Ok((store, done))
    }

    /// Writes the vector of the picture at `path`.
    ///
    /// # Errors
    /// If there is no room.
    pub fn row(&mut self, path: &Path, features: &[f32], fingerprint: Fingerprint) -> Result<()> {
        ensure!(
            features.len() == self.about.features,
            "{} features where {} should be",
            features.len(),
            self.about.features,
        );
        let bytes: Vec<u8> = features
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let row = Row {
            row: self.rows,
            name: Name::of(path),
            fingerprint,
        };
        let write = || -> io::Result<()> {
            (&self.data).write_all(&bytes)?;
            whole_line(&self.journal, &row)
        };
        write().context("can't write the output")?;
        self.rows += 1;
        Ok(())
    }

    /// Notes that the picture at `path` has no vector, in a file of its own.
    ///
    /// # Errors
    /// If there is no room.
    pub fn failure(&mut self, path: &Path, error: &PictureError) -> Result<()> {
        let file = match &mut self.failed {
            Some(file) => file,
            none => none.insert(destination::append(&failed_path(&self.path))?),
        };
        let line = Failed {
            name: Name::of(path),
            model: &self.about.model,
            error: error.into(),
        };
        whole_line(file, &line).context("can't write the output")
    }

    /// Whether [`Store::failure`] was called.
    pub fn has_failures(&self) -> bool {
        self.failed.is_some()
    }

    /// Gives the file its header and its name.
    ///
    /// # Errors
    /// If there is no room.
    pub fn finish(mut self) -> Result<()> {
        self.close().context("can't write the output")
    }

    fn close(&mut self) -> Result<()> {
        let journal_path = journal_path(&self.path);
        let mut text = BufReader::new(File::open(&journal_path)?);
        text.read_until(b'\n', &mut Vec::new())?;
        let header = match self.format {
            Format::Safetensors => {
                let length = io::copy(&mut text, &mut self.data)?;
                safetensors::header(&self.about, self.rows, length)?
            }
            Format::Npy => {
                replace(&text_path(&self.path), &mut text)?;
                let about = serde_json::to_string(&self.about)? + "\n";
                replace(&about_path(&self.path), &mut about.as_bytes())?;
                npy::header(self.rows, self.about.features)
            }
        };
        self.data.seek(SeekFrom::Start(0))?;
        self.data.write_all(&header)?;
        self.data.sync_all()?;
        fs::rename(part_path(&self.path), &self.path)?;
        fs::remove_file(journal_path)?;
        Ok(())
    }

    /// Where the vectors begin.
    fn start(&self) -> Result<u64> {
        Ok(match self.format {
            Format::Npy => npy::HEADER,
            Format::Safetensors => safetensors::header(&self.about, 0, 0)?.len() as u64,
        })
    }

    fn begin(&mut self) -> Result<()> {
        self.data.set_len(0)?;
        self.data.seek(SeekFrom::Start(self.start()?))?;
        self.journal.set_len(0)?;
        let about = self.about.clone();
        Ok(whole_line(&self.journal, &First { about })?)
    }

    /// Copies a whole file into the two parts, so that it stays whole until it is replaced.
    fn take_whole(&mut self) -> Result<()> {
        let mut whole = Opened::read(&self.path, self.format)?;
        whole.about.ensure_same(&self.about)?;
        self.begin()?;
        self.journal.write_all(&whole.text()?)?;
        io::copy(&mut whole.vectors()?, &mut self.data)?;
        Ok(())
    }

    /// Cuts off what is not whole, and reads what is.
    fn go_on(&mut self) -> Result<Done> {
        let mut reader = BufReader::new(File::open(journal_path(&self.path))?);
        let mut line = Vec::new();
        let mut kept = reader.read_until(b'\n', &mut line)? as u64;
        if line.last() != Some(&b'\n') {
            self.begin()?;
            return Ok(Done::new());
        }
        let first: First = serde_json::from_slice(&line).context("its journal is damaged")?;
        first.about.ensure_same(&self.about)?;
        let start = self.start()?;
        let size = 4 * self.about.features as u64;
        let vectors = self.data.metadata()?.len().saturating_sub(start) / size;
        let mut done = Done::new();
        while self.rows < vectors {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)?;
            if line.last() != Some(&b'\n') {
                break;
            }
            let row: Row = serde_json::from_slice(&line).context("its journal is damaged")?;
            ensure!(
                row.row == self.rows,
                "its journal is damaged: row {} is missing",
                self.rows
            );
            *done.entry(row.name).or_default() += 1;
            self.rows += 1;
            kept += length as u64;
        }
        self.journal.set_len(kept)?;
        let end = start + self.rows * size;
        self.data.set_len(end)?;
        self.data.seek(SeekFrom::Start(end))?;
        Ok(done)
    }
}

/// `x.npy.part`.
pub fn part_path(path: &Path) -> PathBuf {
    path.with_added_extension("part")
}

fn journal_path(path: &Path) -> PathBuf {
    path.with_added_extension("part.jsonl")
}

/// `x.failed.jsonl`.
pub fn failed_path(path: &Path) -> PathBuf {
    path.with_extension("failed.jsonl")
}

/// What an earlier run left at `path`, whole or not, is of; nothing if it can't be told.
pub fn begun(path: &Path, format: Format) -> Option<About> {
    let mut line = Vec::new();
    let journal = File::open(journal_path(path)).map(BufReader::new);
    let first = journal.and_then(|mut journal| journal.read_until(b'\n', &mut line));
    let first: Option<First> = first.ok().and(serde_json::from_slice(&line).ok());
    let whole = || Some(Opened::read(path, format).ok()?.about);
    first.map(|first| first.about).or_else(whole)
}

/// Refuses to write over what holds something else: a model's weights, or labels beside a `.npy`.
///
/// # Errors
/// Says which file.
pub fn check(path: &Path, format: Format) -> Result<()> {
    let is_empty = fs::metadata(path).map_or(true, |found| found.len() == 0);
    if !is_empty {
        Opened::read(path, format).context("-o would write over it; give another name")?;
    }
    if format == Format::Safetensors {
        return Ok(());
    }
    for (beside, start) in [(text_path(path), LINE), (about_path(path), b"{\"model\":")] {
        let mut begins = Vec::new();
        let read =
            File::open(&beside).map(|file| file.take(start.len() as u64).read_to_end(&mut begins));
        if read.is_ok() && !begins.is_empty() && begins != start {
            bail!(
                "{} goes with {} and holds something else; give -o another name",
                beside.display(),
                path.display(),
            );
        }
    }
    Ok(())
}

/// Replaces the file at `path` in one step.
fn replace(path: &Path, content: &mut impl Read) -> Result<()> {
    let (mut file, whole) = anew(path)?;
    io::copy(content, &mut file)?;
    whole.finish()
}
