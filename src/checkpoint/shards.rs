//! Weights in several files: `model.safetensors.index.json` says which tensor is in which of
//! `model-00001-of-00002.safetensors` and so on, and `pytorch_model.bin.index.json` the same of
//! PyTorch's files (huggingface_hub/serialization).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::model::Weights;
use super::text_file;

/// More than the largest model's.
const MOST_PARTS: usize = 1000;

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// The weights in the file at `path`, or in those beside it that it is an index of.
///
/// # Errors
/// If it is an index that can't be read.
pub fn weights(path: &Path) -> Result<Weights> {
    let name = path.file_name().and_then(|name| name.to_str());
    match name.is_some_and(|name| name.ends_with(".index.json")) {
        true => by_index(path, |file| Ok(path.with_file_name(file))),
        false => Ok(Weights::File(path.to_path_buf())),
    }
}

/// The weights that the index at `path` lists; `get` finds a file by its name.
///
/// # Errors
/// If the index can't be read, or a file can't be had.
pub fn by_index(path: &Path, get: impl Fn(&str) -> Result<PathBuf>) -> Result<Weights> {
    let shown = path.display();
    let text = text_file::read(path).with_context(|| format!("can't read {shown}"))?;
    let index: Index =
        serde_json::from_str(&text).with_context(|| format!("{shown} is no index of weights"))?;
    let files: BTreeSet<_> = index.weight_map.values().collect();
    // The names come from whoever wrote the index, and must not lead out of its folder.
    let is_plain = |name: &str| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let is_weights = name.ends_with(".safetensors") || name.ends_with(".bin");
        is_weights && name.bytes().all(allowed)
    };
    let strange = files.iter().find(|file| !is_plain(file));
    ensure!(
        strange.is_none(),
        "{shown} lists {:?}, which is no file of weights beside it",
        strange.map_or("", |file| file.as_str()),
    );
    ensure!(
        (1..=MOST_PARTS).contains(&files.len()),
        "{shown} lists {} files",
        files.len()
    );
    let parts = files.into_iter().map(|file| get(file));
    Ok(Weights::Parts {
        index: path.to_path_buf(),
        parts: parts.collect::<Result<_>>()?,
    })
}
