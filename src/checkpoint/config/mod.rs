//! A model's `config.json`, in timm's or in transformers' layout.

mod arguments;
mod classes;
mod json;
mod processor;
pub mod timm;
pub mod transformers;
mod values;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::card::Card;
use super::text_file;
use crate::model::unreadable::what_it_is;
use transformers::PREPROCESSOR_FILE;
pub use values::wrong_channels;

/// The texts of a model's configuration, as they were read.
pub struct Texts {
    /// For messages.
    path: PathBuf,
    config: String,
    /// transformers keep in a file of its own how pictures are prepared.
    preprocessor: Option<String>,
}

impl Texts {
    /// Reads `path`. For a transformers model `beside` is asked for the other file, by its name.
    ///
    /// # Errors
    /// If the files can't be had or read.
    pub fn read(path: &Path, beside: impl FnOnce(&str) -> Result<PathBuf>) -> Result<Self> {
        let config = read(path)?;
        let preprocessor = match transformers::describes(&config) {
            true => Some(read(&beside(PREPROCESSOR_FILE)?)?),
            false => None,
        };
        Ok(Self {
            path: path.to_path_buf(),
            config,
            preprocessor,
        })
    }

    /// What they say.
    ///
    /// # Errors
    /// If they are of neither layout, or ask for what is not supported.
    pub fn card(&self) -> Result<Card> {
        let card = match &self.preprocessor {
            Some(preprocessor) => transformers::card(&self.config, preprocessor),
            None => timm::card(&self.config),
        };
        card.with_context(|| format!("{} can't be used", self.path.display()))
    }
}

fn read(path: &Path) -> Result<String> {
    let shown = path.display();
    let text = text_file::read(path).with_context(|| format!("can't read {shown}"))?;
    // A pointer of git-LFS, or a page that was saved in the file's place.
    match text.trim_start().starts_with('{') {
        true => Ok(text),
        false => match what_it_is(path, text.as_bytes()) {
            Some(what) => bail!("{shown} {what}"),
            None => Ok(text),
        },
    }
}
