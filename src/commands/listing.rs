//! What `effnet similar` writes.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

use super::writer::WRITING;
use crate::error::PictureError;
use crate::features::duplicates::Grade;
use crate::features::nearest::Hit;
use crate::output::{self, ERROR, Failure, PATH, destination};
use crate::paths::Name;
use crate::printable::Style;
use crate::terminal::Terminal;

/// How answers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// An object per line.
    Jsonl,
    /// Paths with NUL behind each.
    Null,
}

/// Writes answers to standard output, each at once.
pub struct Listing {
    to: BufWriter<Box<dyn Write>>,
    form: Form,
    model: String,
    style: Style,
    terminal: Terminal,
}

/// The keys and their order are a contract, as those of `classify`.
#[derive(Serialize)]
struct Similar<'a> {
    #[serde(flatten)]
    name: Name,
    model: &'a str,
    similar: Option<Vec<Found>>,
    error: Option<Failure<'a>>,
}

#[derive(Serialize)]
struct Found {
    #[serde(flatten)]
    name: Name,
    cosine: f32,
}

#[derive(Serialize)]
struct Copies {
    keep: Name,
    others: Vec<Copy>,
}

#[derive(Serialize)]
struct Copy {
    #[serde(flatten)]
    name: Name,
    grade: Grade,
    cosine: f32,
}

impl Listing {
    /// Nothing yet; `model` is what the model is called in JSON.
    pub fn new(form: Form, model: String, terminal: Terminal) -> Self {
        Self {
            to: BufWriter::new(destination::stdout()),
            form,
            model,
            style: terminal.stdout_style(),
            terminal,
        }
    }

    /// The pictures that are similar to the one at `path`, places in `paths`; or what is wrong.
    ///
    /// # Errors
    /// If standard output can't take it.
    pub fn similar(
        &mut self,
        path: &Path,
        hits: Result<Vec<Hit>, &PictureError>,
        paths: &[PathBuf],
    ) -> Result<()> {
        let found = hits.map(|hits| {
            let found = hits.into_iter().map(|(at, cosine)| (&*paths[at], cosine));
            found.collect::<Vec<_>>()
        });
        let written = match (self.form, &found) {
            (Form::Text, found) => self.similar_in_text(path, found),
            (Form::Jsonl, found) => self.similar_in_json(path, found),
            (Form::Null, Ok(found)) => found.iter().try_for_each(|(path, _)| self.path(path)),
            (Form::Null, Err(error)) => {
                self.terminal.warn_of(path, error);
                Ok(())
            }
        };
        self.flush(written)
    }

    /// The cosine of two pictures.
    ///
    /// # Errors
    /// If standard output can't take it.
    pub fn pair(&mut self, a: &Path, b: &Path, cosine: f32) -> Result<()> {
        let written = match self.form {
            Form::Text => writeln!(self.to, "{cosine:.4}"),
            Form::Jsonl => self.similar_in_json(a, &Ok(vec![(b, cosine)])),
            Form::Null => self.path(b),
        };
        self.flush(written)
    }

    /// A picture and its copies.
    ///
    /// # Errors
    /// If standard output can't take it.
    pub fn group(&mut self, keep: &Path, others: &[(&Path, Grade, f32)]) -> Result<()> {
        let written = match self.form {
            Form::Text => self.group_in_text(keep, others),
            Form::Jsonl => self.group_in_json(keep, others),
            Form::Null => others.iter().try_for_each(|(path, ..)| self.path(path)),
        };
        self.flush(written)
    }

    fn flush(&mut self, written: io::Result<()>) -> Result<()> {
        let flushed = written.and_then(|()| self.to.flush());
        flushed.context(WRITING)
    }

    fn shown(&self, path: &Path) -> String {
        self.style.shown(&path.to_string_lossy())
    }

    fn similar_in_text(
        &mut self,
        path: &Path,
        found: &Result<Vec<(&Path, f32)>, &PictureError>,
    ) -> io::Result<()> {
        let style = self.style;
        writeln!(
            self.to,
            "{}",
            style.paint(PATH, &style.shown(&path.to_string_lossy()))
        )?;
        match found {
            Err(error) => {
                let word = style.paint(ERROR, "error:");
                writeln!(self.to, "  {word} {}", style.shown(&error.message))
            }
            Ok(found) if found.is_empty() => writeln!(self.to, "  no picture reaches --min-cosine"),
            Ok(found) => found.iter().try_for_each(|(path, cosine)| {
                let shown = self.shown(path);
                writeln!(self.to, "  {cosine:.4}  {shown}")
            }),
        }
    }

    fn similar_in_json(
        &mut self,
        path: &Path,
        found: &Result<Vec<(&Path, f32)>, &PictureError>,
    ) -> io::Result<()> {
        let entry = |&(path, cosine): &(&Path, f32)| Found {
            name: Name::of(path),
            cosine,
        };
        let object = Similar {
            name: Name::of(path),
            model: &self.model,
            similar: found
                .as_ref()
                .ok()
                .map(|found| found.iter().map(entry).collect()),
            error: found.as_ref().err().map(|error| Failure::from(*error)),
        };
        output::line(&mut self.to, &object, self.style)
    }

    fn group_in_text(&mut self, keep: &Path, others: &[(&Path, Grade, f32)]) -> io::Result<()> {
        let shown = self.shown(keep);
        writeln!(self.to, "{}", self.style.paint(PATH, &shown))?;
        for (path, grade, cosine) in others {
            let grade = match grade {
                Grade::Bytes => "same bytes".to_owned(),
                Grade::Pixels => "same pixels".to_owned(),
                Grade::Near => format!("near {cosine:.4}"),
            };
            let shown = self.shown(path);
            writeln!(self.to, "  {grade:<11}  {shown}")?;
        }
        Ok(())
    }

    fn group_in_json(&mut self, keep: &Path, others: &[(&Path, Grade, f32)]) -> io::Result<()> {
        let copy = |&(path, grade, cosine): &(&Path, Grade, f32)| Copy {
            name: Name::of(path),
            grade,
            cosine,
        };
        let object = Copies {
            keep: Name::of(keep),
            others: others.iter().map(copy).collect(),
        };
        output::line(&mut self.to, &object, self.style)
    }

    fn path(&mut self, path: &Path) -> io::Result<()> {
        self.to.write_all(path.as_os_str().as_encoded_bytes())?;
        self.to.write_all(b"\0")
    }
}
