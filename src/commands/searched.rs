//! What `effnet similar` compares: pictures that are embedded now, and those of a file.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::embedding::{Embedded, embed, manner};
use super::plan::Plan;
use super::tally::Tally;
use crate::checkpoint::choice::Choice;
use crate::checkpoint::model::Model;
use crate::cli::{ModelArgs, WorkArgs};
use crate::error::PictureError;
use crate::features::about::About;
use crate::features::file::Format;
use crate::features::index::Index;
use crate::picture::decode;
use crate::run::inputs::{Input, Inputs, LeftOut, Selection};
use crate::run::threads::{start_pool, threads};
use crate::terminal::Terminal;

/// Where to look.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// A file of `effnet embed`.
    File(&'a Path, Format),
    /// Pictures and folders.
    Pictures(&'a [PathBuf]),
}

/// How pictures become vectors.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    pub model: &'a ModelArgs,
    pub work: &'a WorkArgs,
    /// Whether folders are searched to the bottom.
    pub recursive: bool,
    pub terminal: Terminal,
}

/// Queries, and what they are compared with.
pub struct Searched {
    /// In their order, with their features or what was wrong.
    pub queries: Vec<(PathBuf, Result<Vec<f32>, PictureError>)>,
    pub index: Index,
    /// Of the pictures that were embedded.
    pub tally: Tally,
    /// What the model is called in JSON.
    pub model: String,
    /// Whether the pictures of the index were turned as EXIF says.
    pub upright: bool,
}

impl<'a> Source<'a> {
    /// Nowhere.
    pub const NONE: Self = Self::Pictures(&[]);

    /// A file of features is told by its ending, and stands alone.
    ///
    /// # Errors
    /// If one stands among other things, or the only file is neither that nor a picture.
    pub fn of(paths: &'a [PathBuf]) -> Result<Self> {
        let format = |path: &Path| Format::of(path).filter(|_| !path.is_dir());
        if let [path] = paths {
            if let Some(format) = format(path) {
                return Ok(Self::File(path, format));
            }
            let start = path.is_file().then(|| decode::start_of(path));
            ensure!(
                !start.is_some_and(|start| start.is_ok_and(|start| !decode::is_picture(&start))),
                "{} is no folder, no picture, and no .npy or .safetensors of `effnet embed`",
                path.display(),
            );
        }
        if let Some(path) = paths.iter().find(|path| format(path).is_some()) {
            bail!(
                "{} is a file of features; it can be searched alone, not together with others",
                path.display(),
            );
        }
        Ok(Self::Pictures(paths))
    }
}

impl Means<'_> {
    /// Embeds the queries, and the pictures that are to be searched; a file of features is read.
    ///
    /// # Errors
    /// If the model can't be used, or the features in the file are of another.
    pub fn searched(self, queries: &[PathBuf], source: Source) -> Result<Searched> {
        let asked = self.select(queries, false)?;
        asked.ensure_some_there()?;
        match source {
            Source::File(path, format) => {
                let (about, index) = Index::read(path, format)?;
                match asked.named.is_empty() {
                    true => self.of_file(about, index),
                    false => self.beside_file(asked, about, index, path),
                }
            }
            Source::Pictures(paths) => {
                let found = self.select(paths, self.recursive)?;
                ensure!(
                    !found.are_all_missing(),
                    "none of the pictures to search is there; the first is {}",
                    found.named[0].path().display(),
                );
                let plan = self.plan(self.model.choice())?;
                let model = plan.resolve()?;
                self.embedded(plan, &model, (asked, found), Index::default())
            }
        }
    }

    /// What a file holds; nothing has to be embedded.
    fn of_file(self, about: About, index: Index) -> Result<Searched> {
        start_pool(threads(self.work.threads))?;
        Ok(Searched {
            queries: Vec::new(),
            index,
            tally: Tally::new(LeftOut::default(), self.terminal),
            model: about.model,
            upright: about.upright,
        })
    }

    /// What a file holds, and pictures that are embedded as those of the file were.
    fn beside_file(
        self,
        asked: Inputs,
        about: About,
        index: Index,
        path: &Path,
    ) -> Result<Searched> {
        let shown = path.display();
        let named = self.model.named();
        let choice = named
            .clone()
            .unwrap_or_else(|| about.choice(self.model.choice()));
        let comparable = about.ensure_named(&choice);
        comparable.with_context(|| format!("can't search {shown}"))?;
        let plan = self.plan(choice)?;
        let mut model = match named {
            Some(_) => plan.resolve()?,
            None => plan.resolve().with_context(|| {
                let made = &about.model;
                format!("{shown} was made with {made}; --model says where it is now")
            })?,
        };
        about.prepare(&mut model.card)?;
        let mine = About::of(&model, manner(self.work, false, plan.dtype()))?;
        let comparable = about.ensure_comparable(&mine);
        comparable.with_context(|| format!("can't search {shown}"))?;
        self.embedded(plan, &model, (asked, Inputs::default()), index)
    }

    fn plan(&self, choice: Choice) -> Result<Plan<'_>> {
        Plan::with(None, choice, self.work, self.terminal)
    }

    fn embedded(
        self,
        plan: Plan,
        model: &Model,
        (asked, found): (Inputs, Inputs),
        mut index: Index,
    ) -> Result<Searched> {
        let (mut queries, count) = (Vec::new(), asked.named.len());
        let mut tally = Tally::new(found.left_out, self.terminal);
        let emit = |path: PathBuf, embedded: Embedded| {
            match embedded {
                embedded if queries.len() < count => {
                    queries.push((path, embedded.map(|(features, _)| features)));
                }
                Ok((features, fingerprint)) => index.push(path, fingerprint, &features),
                Err(error) => self.terminal.warn_of(&path, &error),
            }
            Ok(())
        };
        let inputs: Vec<Input> = asked.named.into_iter().chain(found.named).collect();
        let all = inputs.len() as u64;
        let inputs = (inputs.into_iter(), Some(all));
        embed(plan, model, inputs, (&mut tally, true), emit)?;
        Ok(Searched {
            queries,
            index,
            tally,
            model: model.name.clone(),
            upright: !self.work.decode.no_exif,
        })
    }

    fn select(&self, paths: &[PathBuf], recursive: bool) -> Result<Inputs> {
        let selection = Selection {
            paths: paths.to_vec(),
            recursive,
            ..Selection::default()
        };
        match paths {
            [] => Ok(Inputs::default()),
            _ => selection.inputs(),
        }
    }
}
