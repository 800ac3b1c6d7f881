//! What the user calls a model, to its files, transform and labels.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail, ensure};

use crate::checkpoints::{Checkpoint, DEFAULT_WEIGHTS};
use crate::classifier::{Model, Weights};
use crate::config_json::ModelCard;
use crate::hub::{Hub, HubError, Progress};
use crate::labels::Labels;
use crate::model::Config;

/// The file that holds a Hub model's weights.
pub const WEIGHTS_FILE: &str = "model.safetensors";
/// The file that describes a Hub model.
pub const CONFIG_FILE: &str = "config.json";

/// The variant whose weights are within the program.
pub const DEMO: &str = "demo";
const DEMO_WEIGHTS: &[u8] = include_bytes!("../assets/demo/model.safetensors");
const DEMO_CONFIG: &str = include_str!("../assets/demo/config.json");

/// What the command line says of the model.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// `b0` to `b7` or `demo`.
    pub variant: Option<String>,
    /// Which of the variant's published weights.
    pub weights: Option<String>,
    /// A Hub id, a folder in timm's layout, or a `.safetensors` file.
    pub model: Option<String>,
    /// A branch, tag or commit on the Hub.
    pub revision: Option<String>,
    /// A file of labels instead of the model's own.
    pub labels: Option<PathBuf>,
    /// Whether connecting is forbidden.
    pub offline: bool,
}

impl Choice {
    /// Finds the model, downloading what is missing.
    ///
    /// # Errors
    /// If there is no such model, or it can't be had.
    pub fn resolve(&self, progress: &dyn Progress) -> Result<Model> {
        let mut model = match &self.model {
            None => self.published(progress)?,
            Some(name) => self.named(name, progress)?,
        };
        if let Some(path) = &self.labels {
            model.labels = Labels::open(path, model.config.classes)?;
        }
        Ok(model)
    }

    fn variant(&self) -> &str {
        self.variant.as_deref().unwrap_or("b0")
    }

    fn checkpoint(&self) -> Result<&'static Checkpoint> {
        let weights = self.weights.as_deref().unwrap_or(DEFAULT_WEIGHTS);
        Checkpoint::named(self.variant(), weights)
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
            return embedded();
        }
        let checkpoint = self.checkpoint()?;
        let file = Hub::from_env(self.offline)?
            .get(&checkpoint.repo(), self.revision(), WEIGHTS_FILE, progress)
            .map_err(not_downloaded)?;
        Ok(of_checkpoint(checkpoint, file))
    }

    fn named(&self, name: &str, progress: &dyn Progress) -> Result<Model> {
        let path = Path::new(name);
        if path.is_file() {
            return self.bare_file(path);
        }
        ensure!(
            self.variant.is_none() && self.weights.is_none(),
            "--variant and --weights go with a bare .safetensors file only; {name} is not one",
        );
        if path.is_dir() {
            return folder(path);
        }
        let repo = name.strip_prefix("hf-hub:").unwrap_or(name);
        ensure!(
            is_repo_id(repo),
            "there is no file or folder {name}, and it is no Hub id (owner/name) either",
        );
        let hub = Hub::from_env(self.offline)?;
        let get = |file| hub.get(repo, self.revision(), file, progress);
        match (get(CONFIG_FILE), Checkpoint::of_repo(repo)) {
            (Ok(config), _) => {
                let weights = get(WEIGHTS_FILE).map_err(not_downloaded)?;
                Ok(of_card(repo, ModelCard::open(&config)?, weights))
            }
            // A mirror, or the cache, may have the weights alone; the table knows the rest.
            (Err(_), Some(checkpoint)) => {
                let weights = get(WEIGHTS_FILE).map_err(not_downloaded)?;
                Ok(of_checkpoint(checkpoint, weights))
            }
            (Err(e), None) => Err(not_downloaded(e)),
        }
    }

    /// A file says nothing of its padding and transform: a `config.json` beside it does, unless
    /// `--weights` says otherwise, or the published checkpoint that `--variant` names.
    fn bare_file(&self, path: &Path) -> Result<Model> {
        let shown = path.display();
        let beside = path.with_file_name(CONFIG_FILE);
        if self.weights.is_none() && beside.is_file() {
            let card = ModelCard::open(&beside)?;
            if let Some(variant) = &self.variant {
                ensure!(
                    card.variant == variant,
                    "the {CONFIG_FILE} beside {shown} is of variant {}, not {variant}",
                    card.variant,
                );
            }
            return Ok(of_card(&shown.to_string(), card, path.to_path_buf()));
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
        let checkpoint = self.checkpoint()?;
        let classes = weights.open()?.classes().unwrap_or(checkpoint.classes);
        Ok(Model {
            name: shown.to_string(),
            config: Config {
                classes,
                ..checkpoint.config()
            },
            transform: checkpoint.transform,
            labels: Labels::for_classes(classes),
            weights,
            assumed: self.weights.is_none().then(|| checkpoint.repo()),
        })
    }
}

/// The model within the program.
fn embedded() -> Result<Model> {
    let card = ModelCard::parse(DEMO_CONFIG)?;
    Ok(Model {
        name: DEMO.to_owned(),
        config: card.config,
        transform: card.transform,
        labels: card.labels,
        weights: Weights::Embedded(DEMO_WEIGHTS),
        assumed: None,
    })
}

fn of_checkpoint(checkpoint: &Checkpoint, file: PathBuf) -> Model {
    Model {
        name: checkpoint.repo(),
        config: checkpoint.config(),
        transform: checkpoint.transform,
        labels: Labels::for_classes(checkpoint.classes),
        weights: Weights::File(file),
        assumed: None,
    }
}

fn of_card(name: &str, card: ModelCard, weights: PathBuf) -> Model {
    Model {
        name: name.to_owned(),
        config: card.config,
        transform: card.transform,
        labels: card.labels,
        weights: Weights::File(weights),
        assumed: None,
    }
}

/// A folder in timm's Hub layout.
fn folder(path: &Path) -> Result<Model> {
    let shown = path.display();
    let config = path.join(CONFIG_FILE);
    ensure!(
        config.is_file(),
        "the folder {shown} has no {CONFIG_FILE}; timm.models.save_for_hf writes one",
    );
    let weights = path.join(WEIGHTS_FILE);
    if !weights.is_file() {
        let pickled = ["pytorch_model.bin", "pytorch_model.pth", "model.pth"];
        match pickled.iter().find(|name| path.join(name).is_file()) {
            Some(pickle) => bail!(
                "the folder {shown} has {pickle} but no {WEIGHTS_FILE}; a pickle can run code \
                 when read, so save again with safe_serialization=True"
            ),
            None => bail!("the folder {shown} has no {WEIGHTS_FILE}"),
        }
    }
    Ok(of_card(
        &shown.to_string(),
        ModelCard::open(&config)?,
        weights,
    ))
}

/// `owner/name`, in the characters that the Hub allows.
pub fn is_repo_id(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    text.split_once('/')
        .is_some_and(|(owner, name)| part(owner) && part(name))
}

/// Why there is no model. Another one is no substitute, but it is good to know of.
fn not_downloaded(error: HubError) -> anyhow::Error {
    anyhow!("{error}; `--variant demo` needs no download")
}
