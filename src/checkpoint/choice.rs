//! What the user calls a model, to the model.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::bare;
use super::card::Card;
use super::config::Texts;
use super::config::transformers::PREPROCESSOR_FILE;
use super::demo::{self, DEMO};
use super::files::{self, CONFIG_FILE};
use super::labels::Labels;
use super::model::{Model, Weights};
use super::published::Checkpoint;
use super::shards;
use crate::hub::{Hub, HubError, Progress};

/// What the command line says of the model.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// `b0`, `v2-s`, `demo`, ..., in any of the spellings that [`super::name`] knows.
    pub variant: Option<String>,
    /// Which of the variant's published weights.
    pub weights: Option<String>,
    /// A variant, a Hub id, a folder in timm's layout, or a file of weights.
    pub model: Option<String>,
    /// A branch, tag or commit on the Hub.
    pub revision: Option<String>,
    /// Whether pictures are prepared for the size that the model was tested at.
    pub test_size: bool,
    /// A file of labels instead of the model's own.
    pub labels: Option<PathBuf>,
    /// Whether connecting is forbidden.
    pub offline: bool,
}

/// There is no model, since it could not be downloaded. Another one is no substitute, but it is
/// good to know of.
#[derive(Debug, thiserror::Error)]
#[error("{0}; `--variant demo` needs no download")]
pub struct NotDownloaded(pub HubError);

impl NotDownloaded {
    /// The same error, if it is not the Hub's.
    fn wrap(error: anyhow::Error) -> anyhow::Error {
        match error.downcast() {
            Ok(error) => Self(error).into(),
            Err(other) => other,
        }
    }
}

impl Choice {
    /// What one word names: a variant, a Hub id, a folder or a file.
    pub fn named(name: &str) -> Self {
        Self {
            model: Some(name.to_owned()),
            ..Self::default()
        }
    }

    /// Finds the model, downloading what is missing.
    ///
    /// # Errors
    /// If there is no such model, or it can't be had.
    pub fn resolve(&self, progress: &dyn Progress) -> Result<Model> {
        let choice = self.settled()?;
        let mut model = match &choice.model {
            None => choice.published(progress)?,
            Some(name) => choice.elsewhere(name, progress)?,
        };
        if self.test_size {
            model.card = model.card.at_test_size();
        }
        if let Some(path) = &self.labels {
            model.card.labels = model.card.labels.renamed(path)?;
        }
        Ok(model)
    }

    /// The name and card of a published checkpoint, which need no download unless it is pruned.
    ///
    /// # Errors
    /// If there is no such checkpoint.
    pub fn known_offline(&self) -> Result<Option<(String, Card)>> {
        let choice = self.settled()?;
        let checkpoint = match &choice.model {
            None if choice.variant() == DEMO => None,
            None => Some(choice.checkpoint()?),
            Some(repo) => Checkpoint::of_repo(repo),
        };
        let whole = checkpoint.filter(|checkpoint| !checkpoint.config().pruned);
        Ok(whole.map(|checkpoint| {
            let card = checkpoint.card();
            let card = if self.test_size {
                card.at_test_size()
            } else {
                card
            };
            (checkpoint.repo(), card)
        }))
    }

    /// What the model will be called, before it is found.
    ///
    /// # Errors
    /// If it is a published checkpoint that there is not.
    pub fn name(&self) -> Result<String> {
        let choice = self.settled()?;
        match choice.model {
            None if choice.variant() == DEMO => Ok(DEMO.to_owned()),
            None => Ok(choice.checkpoint()?.repo()),
            Some(name) => Ok(name),
        }
    }

    /// The files on this machine that the model is named by.
    pub fn local_files(&self) -> Vec<PathBuf> {
        let path = self.model.as_ref().map(PathBuf::from);
        let Some(path) = path.filter(|path| path.exists()) else {
            return Vec::new();
        };
        let folder = match path.is_dir() {
            true => path.clone(),
            false => path.parent().map(Path::to_path_buf).unwrap_or_default(),
        };
        let described = [files::CONFIG_FILE, PREPROCESSOR_FILE].map(|file| folder.join(file));
        let parts = |file: &PathBuf| {
            let weights = shards::weights(file);
            weights.map_or_else(|_| Vec::new(), |weights| weights.paths().to_vec())
        };
        let weights: Vec<_> = files::of_weights(&folder).collect();
        let parts = weights.iter().flat_map(parts).collect::<Vec<_>>();
        let all = described.into_iter().chain([path]).chain(weights);
        all.chain(parts).collect()
    }

    /// Checks that the file of labels can be read, which is known to fail before a download.
    ///
    /// # Errors
    /// If it can't.
    pub fn check_labels(&self) -> Result<()> {
        self.labels.as_deref().map_or(Ok(()), Labels::check)
    }

    fn variant(&self) -> &str {
        self.variant.as_deref().unwrap_or("b0")
    }

    /// The published checkpoint that `--variant` and `--weights` name.
    fn checkpoint(&self) -> Result<&'static Checkpoint> {
        Checkpoint::chosen(self.variant(), self.weights.as_deref())
    }

    fn revision(&self) -> &str {
        self.revision.as_deref().unwrap_or("main")
    }

    fn published(&self, progress: &dyn Progress) -> Result<Model> {
        if self.variant() == DEMO {
            ensure!(
                self.weights.is_none(),
                "--variant demo has only its own weights"
            );
            ensure!(
                self.revision.is_none(),
                "--revision goes with a model on the Hub; demo is built in",
            );
            return demo::model();
        }
        let checkpoint = self.checkpoint()?;
        let file = Hub::from_env(self.offline)?
            .get(
                &checkpoint.repo(),
                self.revision(),
                files::WEIGHTS_FILE,
                progress,
            )
            .map_err(NotDownloaded)?;
        Ok(Model {
            name: checkpoint.repo(),
            card: checkpoint.card(),
            weights: Weights::File(file),
            assumed: None,
        })
    }

    fn elsewhere(&self, name: &str, progress: &dyn Progress) -> Result<Model> {
        let path = Path::new(name);
        if !path.exists() {
            return self.on_the_hub(name, progress);
        }
        ensure!(
            self.revision.is_none(),
            "--revision goes with a model on the Hub; {name} is here",
        );
        if path.is_dir() {
            let (config, weights) = files::in_folder(path)?;
            return self.described(name, &config, weights);
        }
        self.file(path)
    }

    /// A file of weights: what `--weights` says, else what a `config.json` beside it says, else
    /// what its tensors' names make likely.
    fn file(&self, path: &Path) -> Result<Model> {
        let shown = path.display().to_string();
        let config = path.with_file_name(CONFIG_FILE);
        if self.weights.is_none() && config.is_file() {
            return self.described(&shown, &config, shards::weights(path)?);
        }
        ensure!(
            self.variant.is_some(),
            "{shown} needs --variant: a bare file does not say what it is",
        );
        bare::model(
            shards::weights(path)?,
            self.variant(),
            self.weights.as_deref(),
        )
    }

    /// A model that the file `config` describes.
    fn described(&self, name: &str, config: &Path, weights: Weights) -> Result<Model> {
        self.describes_itself(name)?;
        let texts = Texts::read(config, |file| Ok(config.with_file_name(file)))?;
        self.of_card(name, texts.card()?, weights)
    }

    fn on_the_hub(&self, repo: &str, progress: &dyn Progress) -> Result<Model> {
        ensure!(
            self.variant.as_deref() != Some(DEMO),
            "--variant and --weights say what bare weights are like; {repo} is not {DEMO}",
        );
        let hub = Hub::from_env(self.offline)?;
        let get = |file: &str| hub.get(repo, self.revision(), file, progress);
        let description = files::description(repo, get).map_err(NotDownloaded::wrap)?;
        let file = files::weights(repo, self.variant.as_deref());
        let Some(description) = description else {
            ensure!(self.variant.is_some(), "{}", files::needs_variant(repo));
            let weights = files::downloaded(&file, get).map_err(NotDownloaded::wrap)?;
            let model = bare::model(weights, self.variant(), self.weights.as_deref())?;
            return Ok(Model {
                name: repo.to_owned(),
                ..model
            });
        };
        self.describes_itself(repo)?;
        let card = description.card()?;
        let weights = files::downloaded(&file, get).map_err(NotDownloaded::wrap)?;
        self.of_card(repo, card, weights)
    }

    /// `--weights` says what bare weights are like.
    fn describes_itself(&self, name: &str) -> Result<()> {
        ensure!(
            self.weights.is_none(),
            "--weights goes with a bare file of weights or a variant; {name} says itself what it is",
        );
        Ok(())
    }

    /// A model that describes itself; `--variant` may say so too.
    fn of_card(&self, name: &str, card: Card, weights: Weights) -> Result<Model> {
        if let Some(variant) = &self.variant {
            ensure!(
                card.variant == variant,
                "the {CONFIG_FILE} of {name} is of variant {}, not {variant}",
                card.variant,
            );
        }
        Ok(Model {
            name: name.to_owned(),
            card,
            weights,
            assumed: None,
        })
    }
}
