//! What the user calls a model, to its files, transform and labels.

mod bare;

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail, ensure};

use crate::checkpoints::{Checkpoint, supported_architecture};
use crate::classifier::{Model, Weights};
use crate::config_json::ModelCard;
use crate::hub::{Hub, HubError, Progress};
use crate::labels::Labels;
use crate::model::Config;
use crate::preprocess::Transform;
use crate::text_file;
use crate::transformers_config::{self, PREPROCESSOR_FILE};

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
    /// `b0`, `v2-s`, `demo`, ...
    pub variant: Option<String>,
    /// Which of the variant's published weights.
    pub weights: Option<String>,
    /// A Hub id, a folder in timm's layout, or a `.safetensors` file.
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
        if self.test_size {
            model.transform = model.test.unwrap_or(model.transform);
        }
        if let Some(path) = &self.labels {
            model.labels = Labels::open(path, model.config.classes)?;
        }
        Ok(model)
    }

    /// The name, shape and transform of a published checkpoint, which need no download unless it is
    /// pruned.
    ///
    /// # Errors
    /// If there is no such checkpoint.
    pub fn described(&self) -> Result<Option<(String, Config, Transform)>> {
        let checkpoint = match &self.model {
            None if self.variant() == DEMO => None,
            None => Some(self.checkpoint()?),
            Some(repo) => Checkpoint::of_repo(repo),
        };
        let whole = checkpoint.filter(|checkpoint| !checkpoint.config().pruned);
        Ok(whole.map(|checkpoint| {
            let test = checkpoint.test_transform().filter(|_| self.test_size);
            let transform = test.unwrap_or(checkpoint.transform);
            (checkpoint.repo(), checkpoint.config(), transform)
        }))
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
        if path.is_dir() {
            return self.of_card(name, &folder(path)?);
        }
        let repo = name.strip_prefix("hf-hub:").unwrap_or(name);
        ensure!(
            is_repo_id(repo),
            "there is no file or folder {name}, and it is no Hub id (owner/name) either",
        );
        self.on_the_hub(repo, progress)
    }

    fn on_the_hub(&self, repo: &str, progress: &dyn Progress) -> Result<Model> {
        if let Some(name) = repo
            .strip_prefix("timm/")
            .filter(|name| name.contains("efficientnet"))
        {
            // Before anything is downloaded.
            supported_architecture(name.split('.').next().unwrap_or(name))?;
        }
        ensure!(
            self.variant.as_deref() != Some(DEMO),
            "--variant and --weights say what bare weights are like; {repo} is not {DEMO}",
        );
        let hub = Hub::from_env(self.offline)?;
        let get = |file: &str| hub.get(repo, self.revision(), file, progress);
        let bare = |file: &str| {
            let model = self.bare_file(&get(file).map_err(not_downloaded)?)?;
            Ok(Model {
                name: repo.to_owned(),
                ..model
            })
        };
        if repo == bare::CANDLE {
            let file = bare::candle_file(self.variant.as_deref())?;
            return bare(&file);
        }
        match (get(CONFIG_FILE), Checkpoint::of_repo(repo)) {
            (Ok(config), _) => {
                let text = text_file::read(&config).unwrap_or_default();
                if transformers_config::describes(&text) {
                    get(PREPROCESSOR_FILE).map_err(not_downloaded)?;
                }
                let weights = get(WEIGHTS_FILE).map_err(not_downloaded)?;
                self.of_card(repo, &Files { config, weights })
            }
            // A mirror, or the cache, may have the weights alone; the table knows the rest.
            (Err(_), Some(checkpoint)) => {
                let weights = get(WEIGHTS_FILE).map_err(not_downloaded)?;
                Ok(of_checkpoint(checkpoint, weights))
            }
            (Err(HubError::FileNotFound { .. }), None) if self.variant.is_some() => {
                bare(WEIGHTS_FILE)
            }
            (Err(e), None) => Err(not_downloaded(e)),
        }
    }

    /// A model that its configuration describes; `--variant` may say so too.
    fn of_card(&self, name: &str, files: &Files) -> Result<Model> {
        ensure!(
            self.weights.is_none(),
            "--weights goes with a bare .safetensors file or a variant; {name} says itself what it is",
        );
        let card = ModelCard::open(&files.config)?;
        if let Some(variant) = &self.variant {
            ensure!(
                card.variant == variant,
                "the {CONFIG_FILE} of {name} is of variant {}, not {variant}",
                card.variant,
            );
        }
        Ok(Model {
            name: name.to_owned(),
            config: card.config,
            transform: card.transform,
            test: card.test,
            labels: card.labels,
            weights: Weights::File(files.weights.clone()),
            assumed: None,
        })
    }
}

/// A model's files.
struct Files {
    config: PathBuf,
    weights: PathBuf,
}

/// The model within the program.
fn embedded() -> Result<Model> {
    let card = ModelCard::parse(DEMO_CONFIG)?;
    Ok(Model {
        name: DEMO.to_owned(),
        config: card.config,
        transform: card.transform,
        test: None,
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
        test: checkpoint.test_transform(),
        labels: Labels::for_classes(checkpoint.classes),
        weights: Weights::File(file),
        assumed: None,
    }
}

/// A folder in the layout of timm's or transformers' Hub repositories.
fn folder(path: &Path) -> Result<Files> {
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
    Ok(Files { config, weights })
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
