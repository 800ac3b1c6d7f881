//! Class index to WordNet id and readable name.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, ensure};

use super::label::Label;
use super::label_file;
use crate::top_k::Scored;

/// The 1000 classes of ImageNet-1k in the order of their WordNet ids, which is the order of every
/// checkpoint's classes: timm/data/_info/imagenet_synsets.txt with the first synonym of
/// imagenet_synset_to_lemma.txt, or all synonyms where two classes share the first.
const IMAGENET_1K: &str = include_str!("../../assets/imagenet_labels.tsv");

/// The 21843 classes of ImageNet-21k in the order of timm/data/_info/imagenet21k_goog_synsets.txt,
/// and which of them are ImageNet-12k's 11821, which are in the same order.
const IMAGENET_21K: &str = include_str!("../../assets/imagenet21k_labels.tsv");

/// A class that a picture may show.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Prediction {
    /// What it is called.
    pub label: String,
    /// Its probability.
    pub score: f32,
    /// Its index among the classes.
    pub index: usize,
    /// Its WordNet id, where it is one of ImageNet's.
    pub wnid: Option<String>,
}

/// The labels of a classifier's classes, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    labels: Vec<Label>,
    /// Whether there are only indices.
    pub unnamed: bool,
}

impl Labels {
    /// ImageNet-1k's.
    pub fn imagenet() -> Self {
        Self::of_table(IMAGENET_1K.lines().skip(1))
    }

    /// ImageNet-21k's.
    fn imagenet_21k() -> Self {
        let lines = IMAGENET_21K.lines().skip(1);
        Self::of_table(lines.filter_map(|line| Some(line.rsplit_once('\t')?.0)))
    }

    /// ImageNet-12k's.
    fn imagenet_12k() -> Self {
        let lines = IMAGENET_21K.lines().skip(1);
        Self::of_table(lines.filter_map(|line| line.strip_suffix("\t1")))
    }

    /// Lines of a WordNet id and a name.
    fn of_table(lines: impl Iterator<Item = &'static str>) -> Self {
        let labels = lines.filter_map(|line| line.split_once('\t'));
        Self::from_labels(
            labels
                .map(|(wnid, name)| Label {
                    wnid: Some(wnid.to_owned()),
                    name: name.to_owned(),
                })
                .collect(),
        )
    }

    /// Names without WordNet ids.
    pub fn named(names: impl IntoIterator<Item = String>) -> Self {
        Self::from_labels(names.into_iter().map(Label::named).collect())
    }

    /// Names with a readable text for some, as where the names are WordNet ids.
    pub fn described(names: Vec<String>, descriptions: &BTreeMap<String, String>) -> Self {
        let label = |name: String| {
            let description = descriptions.get(&name).cloned();
            let label = Label::named(name);
            Label {
                name: description.unwrap_or(label.name),
                ..label
            }
        };
        Self::from_labels(names.into_iter().map(label).collect())
    }

    /// The usual labels of a head with `classes` classes: one of ImageNet's or bare indices.
    pub fn for_classes(classes: usize) -> Self {
        match classes {
            1_000 => Self::imagenet(),
            11_821 => Self::imagenet_12k(),
            21_843 => Self::imagenet_21k(),
            _ => Self {
                unnamed: true,
                ..Self::named((0..classes).map(|index| index.to_string()))
            },
        }
    }

    /// The same classes with the names of a file: a line each, or JSON. Where the file has no WordNet
    /// ids, as with translated names, the classes keep theirs.
    ///
    /// # Errors
    /// If it can't be read, or does not hold as many labels as there are classes.
    pub fn renamed(&self, path: &Path) -> Result<Self> {
        let mut labels = label_file::read(path)?;
        ensure!(
            labels.len() == self.len(),
            "{} holds {} labels, the model has {} classes",
            path.display(),
            labels.len(),
            self.len(),
        );
        let named = labels.iter().any(|label| label.wnid.is_some());
        if !named {
            for (label, known) in labels.iter_mut().zip(&self.labels) {
                label.wnid.clone_from(&known.wnid);
            }
        }
        Ok(Self::from_labels(labels))
    }

    /// Checks that labels can be read from a file, of however many classes.
    ///
    /// # Errors
    /// If they can't.
    pub fn check(path: &Path) -> Result<()> {
        label_file::read(path).map(|_| ())
    }

    fn from_labels(labels: Vec<Label>) -> Self {
        Self {
            labels,
            unnamed: false,
        }
    }

    /// How many classes there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The label of class `index`, which must be below [`Labels::len`].
    pub fn get(&self, index: usize) -> &Label {
        &self.labels[index]
    }

    /// The scored classes with what they are called; each index must be below [`Labels::len`].
    pub fn predictions(&self, scored: &[Scored]) -> Vec<Prediction> {
        let prediction = |&Scored { index, score }: &Scored| {
            let Label { wnid, name } = self.get(index).clone();
            Prediction {
                label: name,
                score,
                index,
                wnid,
            }
        };
        scored.iter().map(prediction).collect()
    }
}
