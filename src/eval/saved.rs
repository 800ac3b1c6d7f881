//! What `classify --jsonl` saved.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::classes::Classes;
use crate::checkpoint::demo::{self, DEMO};
use crate::checkpoint::label::Label;
use crate::checkpoint::labels::{Labels, Prediction};
use crate::checkpoint::published::Checkpoint;
use crate::output::saved::{self, Saved};

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

/// The records of the file at `path`, each with a label if the picture has an answer.
///
/// # Errors
/// If it can't be read. What is no such record is an error of its own.
pub fn records(path: &Path) -> Result<impl Iterator<Item = Result<Saved>>> {
    let shown = path.display().to_string();
    let records = saved::records(path)?.zip(1..);
    Ok(records.map(move |(saved, number)| {
        let saved = saved?;
        let answer = saved.0.outcome.as_ref().ok();
        ensure!(
            answer.is_none_or(|answer| !answer.predictions.is_empty()),
            "line {number} of {shown} has no label; save it without --min-score",
        );
        Ok(saved)
    }))
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
            let (record, name) = saved?;
            let name = name.unwrap_or_default();
            if let Some(model) = model.as_ref().filter(|model| **model != name) {
                bail!("{shown} holds answers of {model} and of {name}; score each by itself");
            }
            model = Some(name);
            paths.push(record.path);
            let predictions = record.outcome.map(|answer| answer.predictions);
            let predictions = predictions.unwrap_or_default();
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
