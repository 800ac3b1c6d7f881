//! A model's `config.json`, in timm's or in transformers' layout.

mod classes;
pub mod timm;
pub mod transformers;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::card::Card;
use super::text_file;
use transformers::PREPROCESSOR_FILE;

/// Reads `path`. For a transformers model `beside` is asked for the file of the given name that
/// tells how pictures are prepared.
///
/// # Errors
/// If the files can't be had or read, are of neither layout, or ask for what is not supported.
pub fn open(path: &Path, beside: impl FnOnce(&str) -> Result<PathBuf>) -> Result<Card> {
    let text = read(path)?;
    let card = if transformers::describes(&text) {
        transformers::card(&text, &read(&beside(PREPROCESSOR_FILE)?)?)
    } else {
        timm::card(&text)
    };
    card.with_context(|| format!("{} can't be used", path.display()))
}

fn read(path: &Path) -> Result<String> {
    text_file::read(path).with_context(|| format!("can't read {}", path.display()))
}
