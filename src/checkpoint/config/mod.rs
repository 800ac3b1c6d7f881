//! A model's `config.json`, in timm's or in transformers' layout.

mod classes;
pub mod timm;
pub mod transformers;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::card::Card;
use super::text_file;
use transformers::PREPROCESSOR_FILE;

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
    text_file::read(path).with_context(|| format!("can't read {}", path.display()))
}
