//! Which files a model has, in a folder and on the Hub.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail, ensure};

use super::card::Card;
use super::config::Texts;
use super::model::Weights;
use super::nearest::{nearest, one_of};
use super::published::{Checkpoint, supported_architecture};
use super::shards;
use crate::hub::HubError;
use crate::model::unreadable::is_unfinished;

/// The file that holds a model's weights.
pub const WEIGHTS_FILE: &str = "model.safetensors";
/// What there may be in its place, the best first: an index of several files, and the same of
/// PyTorch, in repositories from before safetensors.
const OTHER_FILES: [&str; 3] = [
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
];
/// The file that describes a model.
pub const CONFIG_FILE: &str = "config.json";

/// The repository of candle's own examples, with a file per variant and no description.
pub const CANDLE: &str = "lmz/candle-efficientnet";

/// What says what a repository's weights are.
pub enum Description {
    /// Its own configuration.
    Own(Texts),
    /// The table of published checkpoints: a mirror, or the cache, may have the weights alone.
    Published(&'static Checkpoint),
}

impl Description {
    /// What it says.
    ///
    /// # Errors
    /// If it is of a model that is not supported.
    pub fn card(&self) -> Result<Card> {
        match self {
            Self::Own(texts) => texts.card(),
            Self::Published(checkpoint) => Ok(checkpoint.card()),
        }
    }
}

/// What describes the repository `repo`, if anything does. `get` fetches a file, which is never
/// the weights.
///
/// # Errors
/// If the description can't be had, or the repository's name is of a model that is not supported.
pub fn description(
    repo: &str,
    get: impl Fn(&str) -> Result<PathBuf, HubError>,
) -> Result<Option<Description>> {
    let name = repo.strip_prefix("timm/");
    if let Some(name) = name.filter(|name| name.contains("efficientnet")) {
        // Before anything is downloaded.
        supported_architecture(name.split('.').next().unwrap_or(name))?;
    }
    if repo == CANDLE {
        return Ok(None);
    }
    match (get(CONFIG_FILE), Checkpoint::of_repo(repo)) {
        (Ok(path), _) => {
            let texts = Texts::read(&path, |file| Ok(get(file)?))?;
            Ok(Some(Description::Own(texts)))
        }
        (Err(HubError::Cancelled), _) => Err(HubError::Cancelled.into()),
        (Err(_), Some(checkpoint)) => Ok(Some(Description::Published(checkpoint))),
        (Err(HubError::FileNotFound { .. }), None) => Ok(None),
        (Err(error), None) => Err(error.into()),
    }
}

/// The file of the repository `repo` that holds the weights; one with a file per variant is asked
/// for `variant`'s, or for B0's.
pub fn weights(repo: &str, variant: Option<&str>) -> String {
    match repo {
        CANDLE => candle_file(variant.unwrap_or("b0")),
        _ => WEIGHTS_FILE.to_owned(),
    }
}

/// What is said of a repository without a description where only `--variant` can replace it.
pub fn needs_variant(repo: &str) -> String {
    match repo {
        CANDLE => format!("{CANDLE} holds b0 to b7; give --variant"),
        _ => format!("{repo} has no {CONFIG_FILE} to say what it is; say it with --variant"),
    }
}

/// A variant's file in candle's repository.
pub fn candle_file(variant: &str) -> String {
    format!("efficientnet-{variant}.safetensors")
}

/// The weights called `file` on the Hub, or what there is in the place of [`WEIGHTS_FILE`]. `get`
/// fetches a file.
///
/// # Errors
/// If they can't be had, or an index of them can't be read.
pub fn downloaded(file: &str, get: impl Fn(&str) -> Result<PathBuf, HubError>) -> Result<Weights> {
    let others = match file {
        WEIGHTS_FILE => &OTHER_FILES[..],
        _ => &[],
    };
    let mut missing = None;
    for file in std::iter::once(file).chain(others.iter().copied()) {
        match get(file) {
            Ok(path) if file.ends_with(".json") => {
                return shards::by_index(&path, |file| Ok(get(file)?));
            }
            Ok(path) => return Ok(Weights::File(path)),
            // Offline a file that is not in the cache may not be on the Hub either.
            Err(error @ (HubError::FileNotFound { .. } | HubError::Offline { .. })) => {
                missing.get_or_insert(error);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(missing.expect("a file that is missing").into())
}

/// The files in the folder `folder` that can hold a model's weights, the best first.
pub fn of_weights(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let files = std::iter::once(WEIGHTS_FILE).chain(OTHER_FILES);
    files.map(|file| folder.join(file))
}

/// The description and the weights in a folder in the layout of timm's or transformers'
/// repositories.
///
/// # Errors
/// If one of them is missing.
pub fn in_folder(path: &Path) -> Result<(PathBuf, Weights)> {
    let shown = path.display();
    let config = path.join(CONFIG_FILE);
    ensure!(
        config.is_file(),
        "the folder {shown} has no {CONFIG_FILE}; timm.models.save_for_hf writes one",
    );
    match of_weights(path).find(|weights| weights.is_file()) {
        Some(weights) => Ok((config, shards::weights(&weights)?)),
        None => bail!("the folder {shown} has no {WEIGHTS_FILE}{}", instead(path)),
    }
}

/// What a folder without [`WEIGHTS_FILE`] has instead, and what to do with it.
fn instead(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort_unstable();
    let with = |endings: &[&str]| {
        let has = |name: &&String| endings.iter().any(|ending| name.ends_with(ending));
        names.iter().filter(has).collect::<Vec<_>>()
    };
    for endings in [
        &[".safetensors"][..],
        &[".pth", ".pt", ".bin", ".ckpt", ".pth.tar"],
    ] {
        if let [only] = with(endings)[..] {
            let path = folder.join(only);
            return format!(" but {only}; name that one: --model {}", path.display());
        }
    }
    if let Some(unfinished) = names.iter().find(|name| is_unfinished(Path::new(name))) {
        return format!(" but {unfinished}; its download is not done");
    }
    let others = [
        ".onnx", ".h5", ".keras", ".tflite", ".gguf", ".msgpack", ".pb", ".npz",
    ];
    match with(&others)[..] {
        [other, ..] => {
            format!(
                " but {other}; only safetensors and PyTorch files are read, so save it again from \
                 PyTorch"
            )
        }
        _ => String::new(),
    }
}

/// What is said of a file or folder that does not exist: what there is instead, or what the name
/// could be otherwise.
pub fn missing(name: &str) -> anyhow::Error {
    let path = Path::new(name.trim_end_matches('/'));
    if name.starts_with("~") {
        return anyhow!(
            "there is no file or folder {name}; a shell replaces ~ only at the start of a word: \
             `--model {name}`"
        );
    }
    let parent = path.parent().filter(|parent| *parent != Path::new(""));
    if let Some(parent) = parent.filter(|parent| !parent.is_dir()) {
        return anyhow!(
            "there is no file or folder {name}, nor a folder {}",
            parent.display()
        );
    }
    let hint = match near_here(name) {
        Some(near) => format!("; did you mean {near}?"),
        None if is_repo_id(name) => format!("; `hf-hub:{name}` is the Hub's"),
        None => String::new(),
    };
    anyhow!("there is no file or folder {name}{hint}")
}

/// Which files and folders are called nearly so.
pub fn near_here(name: &str) -> Option<String> {
    let path = Path::new(name.trim_end_matches('/'));
    let parent = path.parent().filter(|parent| *parent != Path::new(""));
    let entries = std::fs::read_dir(parent.unwrap_or(Path::new("."))).ok()?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    // The order of a folder's entries is nobody's.
    names.sort_unstable();
    let last = path.file_name()?.to_string_lossy();
    let near = nearest(&last, names.iter().map(String::as_str));
    let near: Vec<String> = near
        .iter()
        .map(|near| path.with_file_name(near).display().to_string())
        .collect();
    one_of(&near.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Whether a text is `owner/name`, in the characters that the Hub allows.
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
