//! `--sort-into`: what is asked for, and each picture with its answer to its folder.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::{Args, ValueHint};

use super::answer::Answers;
use crate::checkpoint::labels::{Labels, Prediction};
use crate::error::{ErrorKind, PictureError};
use crate::output::Answer;
use crate::run::inputs::{Input, Inputs};
use crate::sorting::{Folders, How, Sorter, UNSURE};

/// Pictures to folders by label.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sorting")]
pub struct SortArgs {
    /// Put each picture into a folder of its best label below DIR, or with --sure of the sure one
    ///
    /// Nothing is ever written over: another picture of the same name gets ~2 behind its stem. What
    /// reaches neither --min-score nor --sure goes to DIR/_unsure, and what can't be read stays where
    /// it is. Notes beside a picture (.xmp) go with it. A second run changes nothing; `effnet undo DIR`
    /// takes back what was done. DIR itself is not looked into where it lies in a folder of pictures.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub sort_into: Option<PathBuf>,

    /// Sort by links to the pictures, which stay where they are; this is the default
    #[arg(long, requires = "sort_into", conflicts_with_all = ["copy", "move"],
        hide_short_help = true)]
    link: bool,

    /// Sort copies of the pictures
    #[arg(long, requires = "sort_into", conflicts_with = "move")]
    copy: bool,

    /// Move the pictures themselves
    #[arg(id = "move", long, requires = "sort_into")]
    r#move: bool,

    /// Say what would go where, and do nothing
    #[arg(long, requires = "sort_into")]
    dry_run: bool,
}

impl SortArgs {
    /// What sorts, if anything is to be sorted.
    ///
    /// # Errors
    /// If the folder is none, or a picture is no file.
    pub fn sorter(&self, inputs: &Inputs) -> Result<Option<Sorter>> {
        let Some(root) = &self.sort_into else {
            return Ok(None);
        };
        ensure!(
            !inputs
                .named
                .iter()
                .any(|input| matches!(input, Input::Stdin(_))),
            "a picture on standard input can't be sorted; --sort-into takes files",
        );
        ensure!(
            !inputs.has_archives(),
            "pictures in archives can't be sorted; unpack them first",
        );
        let how = match (self.copy, self.r#move) {
            (true, _) => How::Copy,
            (_, true) => How::Move,
            _ => How::Link,
        };
        Sorter::new(root, how, self.dry_run).map(Some)
    }
}

/// Pictures with their answers to their folders.
pub struct Sorting {
    sorter: Sorter,
    folders: Folders,
    /// How sure the sure answer must be.
    sure: Option<f32>,
}

impl Sorting {
    /// By the labels of a model, or by what stands above them.
    pub fn new(sorter: Sorter, labels: &Labels, answers: &Answers) -> Self {
        let class = |index: usize| {
            let label = labels.get(index);
            (label.name.clone(), id(label.wnid.as_deref(), index))
        };
        let folders = match &answers.sure {
            Some((hierarchy, _)) => Folders::of(hierarchy.all()),
            None => Folders::of((0..labels.len()).map(class)),
        };
        let sure = answers.sure.as_ref().map(|(_, p)| *p);
        Self {
            sorter,
            folders,
            sure,
        }
    }

    /// Puts a picture where its answer says, and notes in the answer where that is.
    ///
    /// # Errors
    /// A picture that can't be put there is the inner error; a disk that is full or can't be written
    /// is the outer.
    pub fn sort(&mut self, path: &Path, answer: Answer) -> Result<Result<Answer, PictureError>> {
        match self.sorter.sort(path, &self.folder(&answer)) {
            Ok(to) => Ok(Ok(Answer {
                to: Some(to),
                ..answer
            })),
            Err(error) if ends_all(&error) => Err(error),
            Err(error) => Ok(Err(PictureError::new(
                ErrorKind::Write,
                format!("{error:#}"),
            ))),
        }
    }

    fn folder(&self, answer: &Answer) -> String {
        let unsure = || UNSURE.to_owned();
        match (&answer.sure, self.sure) {
            (Some(sure), Some(p)) if sure.score >= p => self.folders.name(&sure.label, &sure.wnid),
            (_, Some(_)) => unsure(),
            _ => answer.predictions.first().map_or_else(unsure, |best| {
                let Prediction {
                    label, index, wnid, ..
                } = best;
                self.folders.name(label, &id(wnid.as_deref(), *index))
            }),
        }
    }
}

/// What tells a class from another of the same name.
fn id(wnid: Option<&str>, index: usize) -> String {
    wnid.map_or_else(|| index.to_string(), str::to_owned)
}

/// Whether the next picture would meet the same.
fn ends_all(error: &anyhow::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    let mut causes = error.chain();
    causes.any(|cause| {
        let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        matches!(kind, Some(StorageFull | QuotaExceeded | ReadOnlyFilesystem))
    })
}
