//! A configuration's classes: how many, and what they are called.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow, ensure};
use serde::Deserialize;

use crate::top_k::Scoring;

/// Each class has a label in memory before the weights are looked at. ImageNet-21k has 21,843.
const MOST_CLASSES: usize = 100_000;

/// A list, or a table from index to name where some classes have none.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum LabelNames {
    List(Vec<String>),
    Table(BTreeMap<String, String>),
}

impl LabelNames {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::List(names) => names.len(),
            Self::Table(table) => table.len(),
        }
    }

    /// The names of `classes` classes; those without one are called by their index.
    pub(super) fn into_names(self, classes: usize) -> Result<Vec<String>> {
        let names = match self {
            Self::List(names) => names,
            Self::Table(table) => {
                let mut names: Vec<_> = (0..classes).map(|i| i.to_string()).collect();
                for (index, name) in table {
                    let slot = index.parse().ok().and_then(|i: usize| names.get_mut(i));
                    *slot.ok_or_else(|| anyhow!("label index `{index}` is no class"))? = name;
                }
                names
            }
        };
        ensure!(
            names.len() == classes,
            "it names {} labels for {classes} classes",
            names.len(),
        );
        Ok(names)
    }
}

/// Checks a number of classes before anything is made for each of them.
pub(super) fn check_classes(classes: usize) -> Result<()> {
    ensure!(classes > 0, "its head has no classes, so it can't classify");
    ensure!(
        classes <= MOST_CLASSES,
        "its head has {classes} classes, more than {MOST_CLASSES} are not supported",
    );
    Ok(())
}

/// How the scores of a model are computed whose configuration has this `problem_type`
/// (transformers, configuration_utils.py; timm's wrapper writes it too).
pub(super) fn scoring(problem_type: Option<&str>, classes: usize) -> Scoring {
    match problem_type {
        Some("multi_label_classification") => Scoring::Sigmoid,
        _ => Scoring::for_classes(classes),
    }
}
