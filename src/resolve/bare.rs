//! A `.safetensors` file without a configuration: it does not say how it pads and how its pictures
//! were prepared, but its tensors' names tell which library wrote it.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::{CONFIG_FILE, Choice, DEMO, Files, embedded};
use crate::checkpoints::Checkpoint;
use crate::checkpoints::torchvision::Preset;
use crate::classifier::{Model, Weights};
use crate::labels::Labels;
use crate::model::Config;
use crate::model::names::Naming;
use crate::preprocess::Transform;

/// The repository of candle's own examples, one file per variant.
pub(super) const CANDLE: &str = "lmz/candle-efficientnet";

/// The file in that repository.
pub(super) fn candle_file(variant: Option<&str>) -> Result<String> {
    let variant = variant.with_context(|| format!("{CANDLE} holds b0 to b7; give --variant"))?;
    Ok(format!("efficientnet-{variant}.safetensors"))
}

/// What a file is taken to be.
struct Likeness {
    name: String,
    config: Config,
    transform: Transform,
    test: Option<Transform>,
}

impl Choice {
    /// What `--weights` says, else a `config.json` beside the file, else what its tensors' names
    /// make likely.
    pub(super) fn bare_file(&self, path: &Path) -> Result<Model> {
        let shown = path.display().to_string();
        let config = path.with_file_name(CONFIG_FILE);
        if self.weights.is_none() && config.is_file() {
            let weights = path.to_path_buf();
            return self.of_card(&shown, &Files { config, weights });
        }
        ensure!(
            self.variant.is_some(),
            "{shown} needs --variant: a bare file does not say what it is",
        );
        let weights = Weights::File(path.to_path_buf());
        if self.variant() == DEMO {
            return Ok(Model {
                weights,
                ..embedded()?
            });
        }
        let file = weights.open()?;
        let naming = file.naming().unwrap_or(Naming::Timm);
        let like = self.likeness(path, naming, file.classes())?;
        Ok(Model {
            name: shown,
            transform: like.transform,
            test: like.test,
            labels: Labels::for_classes(like.config.classes),
            config: like.config,
            weights,
            assumed: self.weights.is_none().then_some(like.name),
        })
    }

    /// Padding and eps go with the library that the network was trained in, as its names do.
    fn likeness(&self, path: &Path, naming: Naming, classes: Option<usize>) -> Result<Likeness> {
        let tag = self.weights.as_deref();
        let checkpoint = match (naming, tag) {
            (Naming::Torchvision, tag)
                if tag.map_or(!is_candles(path, self.variant()), Preset::is_tag) =>
            {
                let preset = Preset::named(self.variant(), tag)?;
                return Ok(Likeness {
                    name: format!("torchvision's {} {}", self.variant(), preset.tag),
                    config: preset.config(classes.unwrap_or(1000)),
                    transform: preset.transform,
                    test: None,
                });
            }
            (_, Some(_)) | (Naming::Timm, None) => self.checkpoint()?,
            // Converted from TensorFlow, with its padding and eps.
            (Naming::Lukemelas | Naming::Torchvision, None) => {
                Checkpoint::named(self.variant(), "aa")?
            }
            (Naming::Transformers, None) => bail!(
                "{} has transformers' names; put its {CONFIG_FILE} and {} beside it",
                path.display(),
                crate::transformers_config::PREPROCESSOR_FILE,
            ),
        };
        let config = checkpoint.config();
        Ok(Likeness {
            name: checkpoint.repo(),
            config: Config {
                classes: classes.unwrap_or(config.classes),
                ..config
            },
            transform: checkpoint.transform,
            test: checkpoint.test_transform(),
        })
    }
}

/// Whether a file with torchvision's names is called as in candle's repository: candle's network
/// pads as TensorFlow does and adds its eps (candle-transformers, models/efficientnet.rs), so what
/// gives right answers there came from TensorFlow.
fn is_candles(path: &Path, variant: &str) -> bool {
    let name = candle_file(Some(variant)).ok();
    name.is_some_and(|name| path.file_name().is_some_and(|file| *file == *name))
}
