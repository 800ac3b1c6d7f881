//! A file of weights without a configuration: it does not say how it pads and how its pictures
//! were prepared, but its tensors' names tell which library wrote it.

use std::path::Path;

use anyhow::{Result, bail};

use super::card::Card;
use super::config::transformers::PREPROCESSOR_FILE;
use super::config::wrong_channels;
use super::demo::{self, DEMO};
use super::files::{CONFIG_FILE, candle_file};
use super::labels::Labels;
use super::model::{Model, Weights};
use super::published::Checkpoint;
use super::published::torchvision::Preset;
use crate::model::Config;
use crate::model::names::Naming;
use crate::top_k::Scoring;

/// What the weights `file` are, as a network of `variant`: like the published weights called
/// `weights`, or else like what its tensors' names make likely.
///
/// # Errors
/// If it can't be read, or nothing is known that it could be like.
pub fn model(file: Weights, variant: &str, weights: Option<&str>) -> Result<Model> {
    if variant == DEMO {
        return Ok(Model {
            weights: file,
            ..demo::model()?
        });
    }
    let opened = file.open()?;
    let path = file.path();
    let naming = opened.naming().unwrap_or(Naming::Timm);
    let (like, card) = alike(path, naming, variant, weights)?;
    let classes = opened.classes().unwrap_or(card.config.classes);
    let channels = opened.channels().unwrap_or(card.config.channels);
    let transform = match channels {
        1 => card.transform.in_grey(),
        3 => card.transform,
        4 => card.transform.with_alpha(),
        _ => bail!("{} {}", path.display(), wrong_channels(channels)),
    };
    let name = path.display().to_string();
    Ok(Model {
        name,
        card: Card {
            labels: Labels::for_classes(classes),
            scoring: Scoring::for_classes(classes),
            config: Config {
                channels,
                classes,
                ..card.config
            },
            transform,
            ..card
        },
        weights: file,
        assumed: weights.is_none().then_some(like),
    })
}

/// The published weights that a file is taken to be like, and their card. Padding and eps go with
/// the library that the network was trained in, as its names do.
fn alike(
    path: &Path,
    naming: Naming,
    variant: &str,
    weights: Option<&str>,
) -> Result<(String, Card)> {
    let checkpoint = match (naming, weights) {
        (Naming::Torchvision, tag) if tag.map_or(!is_candles(path, variant), Preset::is_tag) => {
            let preset = Preset::named(variant, tag)?;
            let name = format!("torchvision's {variant} {}", preset.tag);
            return Ok((name, preset.card()));
        }
        (_, Some(_)) | (Naming::Timm, None) => Checkpoint::chosen(variant, weights)?,
        (Naming::Lukemelas | Naming::Torchvision, None) => Checkpoint::of_tensorflow(variant)?,
        (Naming::Transformers, None) => bail!(
            "{} has transformers' names; put its {CONFIG_FILE} and {PREPROCESSOR_FILE} beside it",
            path.display(),
        ),
    };
    Ok((checkpoint.repo(), checkpoint.card()))
}

/// Whether a file with torchvision's names is called as in candle's repository: candle's network
/// pads as TensorFlow does and adds its eps (candle-transformers, models/efficientnet.rs), so what
/// gives right answers there came from TensorFlow.
fn is_candles(path: &Path, variant: &str) -> bool {
    path.file_name()
        .is_some_and(|file| *file == *candle_file(variant))
}
