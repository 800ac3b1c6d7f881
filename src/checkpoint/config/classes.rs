//! A configuration's classes: how many, and how they are scored.

use anyhow::{Result, ensure};

use crate::checkpoint::label_names::MOST_CLASSES;
use crate::top_k::Scoring;

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
