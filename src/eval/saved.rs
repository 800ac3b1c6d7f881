//! What `classify --jsonl` saved.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::classes::Classes;
use crate::checkpoint::demo::{self, DEMO};
use crate::checkpoint::label::Label;
use crate::checkpoint::labels::{Labels, Prediction};
use crate::checkpoint::published::Checkpoint;

/// A record of `classify`.
#[derive(Deserialize)]
pub struct Saved {
    pub path: PathBuf,
    pub model: Option<String>,
    /// The best first; nothing if the picture failed.
    pub predictions: Option<Vec<Prediction>>,
    error: Option<IgnoredAny>,
}

/// What can be known before the first record is scored.
pub struct Survey {
    /// The model that answered.
    pub model: String,
    /// The pictures, in order.
    pub paths: Vec<PathBuf>,
    /// The most likely class of each; nothing of those that failed.
    pub answers: Vec<Option<usize>>,
    /// The model's classes: all of them, or those that occur.
    pub classes: Classes,
    /// The labels of all classes, where the model is one that is published.
    pub labels: Option<Labels>,
    /// Whether each record has the scores of all classes.
    pub is_complete: bool,
}

/// The records of the file at `path`.
///
/// # Errors
/// If it can't be read. What is no record is an error of its own.
pub fn records(path: &Path) -> Result<impl Iterator<Item = Result<Saved>>> {
    let shown = path.display().to_string();
    let file = File::open(path).with_context(|| format!("can't read {shown}"))?;
    let lines = BufReader::new(file).lines().enumerate();
    let record = move |(at, line): (usize, std::io::Result<String>)| {
        let line = line.with_context(|| format!("can't read {shown}"))?;
        let text = match at {
            0 => line.trim_start_matches('\u{feff}'),
            _ => &line,
        };
        let number = at + 1;
        let what = || {
            format!(
                "line {number} of {shown} is no record; it must be what `classify --jsonl` wrote"
            )
        };
        let saved: Saved = serde_json::from_str(text).with_context(what)?;
        let is_one = saved.predictions.is_some() != saved.error.is_some();
        ensure!(is_one, "{}", what());
        if saved.predictions.as_ref().is_some_and(Vec::is_empty) {
            bail!("line {number} of {shown} has no label; save it without --min-score");
        }
        Ok(saved)
    };
    Ok(lines.map(record))
}

impl Survey {
    /// Reads through the file at `path`.
    ///
    /// # Errors
    /// If it can't be read twice, holds something else, or records of several models.
    pub fn of(path: &Path) -> Result<Self> {
        let shown = path.display();
        let about = path.metadata();
        let about = about.with_context(|| format!("can't read {shown}"))?;
        ensure!(
            about.is_file(),
            "{shown} is no file that can be read twice; save the records in one",
        );
        let (mut paths, mut answers) = (Vec::new(), Vec::new());
        let mut seen = BTreeMap::new();
        let mut model: Option<String> = None;
        // A model has as many classes as each record has labels, if these are the first so many.
        let mut all: Option<Option<usize>> = None;
        for saved in records(path)? {
            let saved = saved?;
            let name = saved.model.unwrap_or_default();
            if let Some(model) = model.as_ref().filter(|model| **model != name) {
                bail!("{shown} holds answers of {model} and of {name}; score each by itself");
            }
            model = Some(name);
            paths.push(saved.path);
            let predictions = saved.predictions.unwrap_or_default();
            answers.push(predictions.first().map(|first| first.index));
            let Some(end) = predictions.iter().map(|p| p.index + 1).max() else {
                continue;
            };
            let count = Some(end).filter(|end| *end == predictions.len());
            let agrees = all.is_none_or(|known| known == count);
            all = Some(count.filter(|_| agrees));
            for Prediction {
                index, label, wnid, ..
            } in predictions
            {
                seen.entry(index).or_insert(Label { wnid, name: label });
            }
        }
        let model = model.with_context(|| format!("{shown} holds no record"))?;
        let labels = known(&model).filter(|labels| {
            let same = |(&index, label): (&usize, &Label)| {
                index < labels.len() && labels.get(index) == label
            };
            seen.iter().all(same)
        });
        let count = labels.as_ref().map(Labels::len);
        let all = all
            .flatten()
            .filter(|all| count.is_none_or(|count| count == *all));
        let classes = match &labels {
            Some(labels) => Classes::of(labels),
            None => Classes::new(seen, all),
        };
        Ok(Self {
            model,
            paths,
            answers,
            classes,
            labels,
            is_complete: all.is_some(),
        })
    }
}

/// The labels of a model that needs no look at its files.
fn known(model: &str) -> Option<Labels> {
    if model == DEMO {
        return Some(demo::model().ok()?.card.labels);
    }
    Some(Checkpoint::of_repo(model)?.card().labels)
}
